"""Distribution functions to differentiate, and what a call does to its arguments. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def exponential_cdf(x: Tensor, rate: Tensor) -> Tensor:
    """Of the exponential distribution."""
    return -torch.expm1(-rate * x)


def logistic_cdf(x: Tensor, scale: Tensor) -> Tensor:
    """Of the logistic distribution around 0, in its scale."""
    return torch.sigmoid(x / scale)


def shifted_cdf(x: Tensor, loc: Tensor) -> Tensor:
    """Of the logistic distribution of scale 1, in its loc."""
    return torch.sigmoid(x - loc)


def weibull_cdf(x: Tensor, shape: Tensor) -> Tensor:
    """Of the Weibull distribution of scale 1, in its shape."""
    return -torch.expm1(-(x**shape))


def mixture_cdf(x: Tensor, logit: Tensor) -> Tensor:
    """Of two normal distributions around 1.5 and -1.5; the first has the weight sigmoid(logit)."""
    first, second = torch.special.ndtr(x - 1.5), torch.special.ndtr(x + 1.5)
    return torch.sigmoid(logit) * first + torch.sigmoid(-logit) * second


def gamma_cdf(x: Tensor, a: Tensor) -> Tensor:
    """Of the Gamma distribution of rate 1, in its shape a, by a series of 200 terms."""
    n = torch.arange(1, 200, dtype=x.dtype, device=x.device)
    terms = torch.cumprod(x.unsqueeze(-1) / (a.unsqueeze(-1) + n), dim=-1)
    return torch.exp(a * torch.log(x) - x - torch.lgamma(a + 1)) * (1 + terms.sum(dim=-1))


def after(function: Callable, cdf: Callable, x: Tensor, theta: Tensor) -> tuple[Any, list[tuple[Any, ...]]]:
    """``function(cdf, x, theta)``, and of x and theta: numbers, whether they require grad, their gradients."""
    result = function(cdf, x, theta)
    return result, [(each.detach().clone(), each.requires_grad, each.grad) for each in (x, theta)]


def of_a_draw(function: Callable, u: Tensor, rate: Tensor) -> Any:
    """``function(cdf, x, theta)`` for an exponential draw x that was made from u and has a path back to its rate."""
    rate = rate.clone().requires_grad_()
    return function(exponential_cdf, -torch.log1p(-u) / rate, rate)
