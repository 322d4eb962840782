"""Functions of rows of 0 and 1, and a record of the rows that they were given. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.beside.tape import Recorded, Tape


def bumpy(b: Tensor) -> Tensor:
    """A smooth function in which every entry counts in another way, and the entries count together."""
    weights = torch.sin(1.7 * torch.arange(b.shape[-1], dtype=b.dtype, device=b.device) + 0.4)
    return torch.exp(b @ weights) + 3 * b.prod(-1) + torch.cos(2 * b.sum(-1))


def listed(b: Tensor) -> Tensor:
    """A number looked up in a list, without a path back to b."""
    place = (b.detach() * 2 ** torch.arange(b.shape[-1], dtype=b.dtype, device=b.device)).sum(-1)
    return torch.sin(place.round() ** 2 + 1)


def hundred(b: Tensor) -> Tensor:
    """100 for every row."""
    return 100 + 0 * b.sum(-1)


def rows_seen(function: Callable, d: int, *args: Any) -> Tensor:
    """The rows of d numbers that ``function(f, *args)`` gives to f, (rows, d)."""
    tape = Tape()
    function(lambda b: bumpy(Recorded.apply(b, tape)), *args)
    return tape.numbers().double().reshape(-1, d)
