"""Functions of a random draw, and a record of where a learner's estimator evaluates them. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def wave(z: Tensor) -> Tensor:
    """A smooth function that, with its derivative, takes both signs and grows."""
    return torch.sin(2 * z) + 2 * z


def one(z: Tensor) -> Tensor:
    """1 everywhere, without a path back to z."""
    return torch.ones_like(z.detach())


def hundred(z: Tensor) -> Tensor:
    """100 everywhere, without a path back to z."""
    return 100 * one(z)


def step(z: Tensor) -> Tensor:
    """1 where z is positive, else 0; a comparison carries no path back to z."""
    return (z > 0).to(z.dtype)


FUNCTIONS = {function.__name__: function for function in (wave, one, hundred, step)}


class Tape:
    """The values that a function was called with, one tensor a call."""

    def __init__(self) -> None:
        self.calls: list[Tensor] = []


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


def record(estimator: Callable, name: str, mu: Any, sigma: Any, n: int) -> tuple[Any, Tensor]:
    """Call ``estimator`` on the function ``name``; its result, and all values that it evaluated the function at."""
    tape, function = Tape(), FUNCTIONS[name]
    result = estimator(lambda z: function(Recorded.apply(z, tape)), mu, sigma, n)
    seen = [z.double().flatten() for z in tape.calls]
    return result, torch.cat(seen) if seen else torch.empty(0, dtype=torch.float64)
