"""Nets for a learner's coupling, models for a learner's loss, and a record of what these are given. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def ripple(first: Tensor) -> tuple[Tensor, Tensor]:
    """A shift and a log-scale for as many columns as it is given; it makes no tensor of its own."""
    return 2 * torch.sin(3 * first) + 1, 0.2 + 0.7 * torch.cos(2 * first)


def coupled(function: Callable, z: Tensor, weight: Tensor) -> Any:
    """Call ``function(z, net)`` with a net of these weights, (2, columns in, columns out), which minds its input."""

    def net(first: Tensor) -> tuple[Tensor, Tensor]:
        wanted = (len(z), weight.shape[1])
        if tuple(first.shape) != wanted:
            raise ValueError(f"net takes the first part, shape {wanted}, and was given shape {tuple(first.shape)}")
        # The log-scale lies between -0.5 and 0.9, and is 0 nowhere but by chance.
        return 2 * torch.sin(first @ weight[0]) + 1, 0.2 + 0.7 * torch.cos(first @ weight[1])

    return function(z, net)


def plain_model(x: Tensor, t: Tensor) -> Tensor:
    """A prediction of the shape of x."""
    return torch.sin(x) + 0.01 * t.to(x.dtype).reshape(-1, *[1] * (x.dim() - 1))


def recorded(function: Callable, x0: Tensor, t: Tensor, alpha_bar: Tensor, weight: Tensor) -> tuple[Any, list[Any]]:
    """Call ``function(model, x0, t, alpha_bar)``; its result, and what the model was given, call by call.

    The model is ``weight`` times the sine of x_t, plus t / 100.
    """
    calls: list[Any] = []

    def model(x: Tensor, steps: Tensor) -> Tensor:
        calls.append([x.detach().clone(), steps.detach().clone() if isinstance(steps, Tensor) else steps])
        rows = torch.as_tensor(steps, dtype=torch.float64).reshape(-1, *[1] * (x.dim() - 1))
        return weight * torch.sin(x) + 0.01 * rows

    return function(model, x0, t, alpha_bar), calls
