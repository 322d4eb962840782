"""Functions of a random draw, and a record of where a learner's estimator evaluates them. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.beside.tape import Recorded, Tape


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


def record(estimator: Callable, name: str, mu: Any, sigma: Any, n: int) -> tuple[Any, Tensor]:
    """Call ``estimator`` on the function ``name``; its result, and all values that it evaluated the function at."""
    tape, function = Tape(), FUNCTIONS[name]
    result = estimator(lambda z: function(Recorded.apply(z, tape)), mu, sigma, n)
    return result, tape.numbers().double()
