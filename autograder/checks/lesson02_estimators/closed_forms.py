"""What is right at given draws, and the lesson's own functions as its wrong answers call them. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

F = Callable[[Tensor], Tensor]


def scores(z: Tensor, mu: float, sigma: float) -> Tensor:
    """The derivatives of log q in mu and sigma, as last dimension."""
    offset = z - mu
    return torch.stack([offset / sigma**2, (offset**2 - sigma**2) / sigma**3], dim=-1)


def score_estimates(f: F, z: Tensor, mu: float, sigma: float) -> Tensor:
    """f(z) times the scores, (n, 2)."""
    return f(z)[:, None] * scores(z, mu, sigma)


def path_estimates(f: F, z: Tensor, mu: float, sigma: float) -> Tensor:
    """f'(z) times dz/dmu and dz/dsigma, (n, 2)."""
    z = z.detach().requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    return torch.stack([slope, slope * (z.detach() - mu) / sigma], dim=1)


# What wrong answers call


class Noise(TorchFunctionMode):
    """Inside, ``torch.randn`` gives these tensors, one a call; only after the last of them it draws."""

    def __init__(self, *noise: Tensor) -> None:
        super().__init__()
        self.noise = list(noise)

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Noise in place of a draw; what every other function gives."""
        kwargs = kwargs or {}
        if function is torch.randn and self.noise:
            return self.noise.pop(0).clone().requires_grad_(kwargs.get("requires_grad", False))
        return function(*args, **kwargs)


def normal_score(z: Tensor, mu: float, sigma: float) -> tuple[Tensor, ...]:
    """Both scores, apart."""
    return scores(z, mu, sigma).unbind(dim=-1)


def score_function_gradient(f: F, mu: float, sigma: float, n: int) -> Tensor:
    """``score_estimates`` at new draws."""
    return score_estimates(f, mu + sigma * torch.randn(n, dtype=torch.float64), mu, sigma)


def pathwise_gradient(f: F, mu: float, sigma: float, n: int) -> Tensor:
    """``path_estimates`` at new draws."""
    return path_estimates(f, mu + sigma * torch.randn(n, dtype=torch.float64), mu, sigma)
