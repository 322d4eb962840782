"""A record of what a function is given, whatever transforms the caller uses. Learner's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Tape:
    """The values that a function was called with, one tensor a call."""

    def __init__(self) -> None:
        self.calls: list[Tensor] = []

    def numbers(self) -> Tensor:
        """All of them in the order of the calls, flat."""
        flat = [z.flatten() for z in self.calls]
        return torch.cat(flat) if flat else torch.empty(0, dtype=torch.float64)


class Recorded(torch.autograd.Function):
    """The identity, which writes down what passes; under vmap it sees the whole batch, not a stand-in for one draw."""

    @staticmethod
    def forward(z: Tensor, tape: Tape) -> Tensor:
        """Write z down."""
        tape.calls.append(z.detach().clone())
        return z.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        """Nothing is kept for the way back."""

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """The gradient as it came."""
        return gradients[0], None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Tensor:
        """The tangent as it came."""
        return tangents[0].clone()

    @staticmethod
    def vmap(info: Any, in_dims: tuple, z: Tensor, tape: Tape) -> tuple[Tensor, int]:
        """The batch, its own dimension first."""
        return Recorded.apply(z.movedim(in_dims[0], 0), tape), 0
