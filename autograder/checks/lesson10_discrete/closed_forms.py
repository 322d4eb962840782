"""What is right for given draws and noise, and the lesson's own functions as its wrong answers call them.

Grader's side.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def all_rows(d: int) -> Tensor:
    """Every row of d zeros and ones, (2**d, d)."""
    return (torch.arange(2**d)[:, None] >> torch.arange(d) & 1).double()


def chances(b: Tensor, p: Tensor) -> Tensor:
    """The probability of each row of draws, (n,)."""
    return torch.where(b == 1, p, 1 - p).prod(-1)


def exact_gradient(f: Callable[[Tensor], Tensor], p: Tensor) -> Tensor:
    """The derivative of the mean of f in each probability, (d,)."""
    b = all_rows(len(p))
    return (chances(b, p) * f(b)) @ ((b - p) / (p * (1 - p)))


def score_rows(f: Callable[[Tensor], Tensor], b: Tensor, p: Tensor) -> Tensor:
    """f of each row, less the mean of f over the other rows, times the score of the row, (n, d)."""
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others)[:, None] * (b - p) / (p * (1 - p))


def gumbel(u: Tensor) -> Tensor:
    """Gumbel noise from uniform noise."""
    return -torch.log(-torch.log(u))


def gumbel_max(logits: Tensor, u: Tensor) -> Tensor:
    """The one-hot of the largest noisy logit."""
    return F.one_hot((logits + gumbel(u)).argmax(-1), logits.shape[-1]).to(logits.dtype)


def gumbel_softmax(logits: Tensor, tau: float, u: Tensor) -> Tensor:
    """The softmax of the noisy logits divided by tau."""
    return torch.softmax((logits + gumbel(u)) / tau, -1)
