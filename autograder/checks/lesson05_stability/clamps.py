"""Checks of lesson 5: the clamp of a log-variance, hard and soft. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.draws import Draws


def grid(rng: Draws, low: float, high: float, n: int) -> Tensor:
    """``n`` evenly spaced float64 numbers between ``low`` and ``high``, all shifted by the same random distance."""
    step = (high - low) / (n + 1)
    return low + step * (torch.arange(n, dtype=torch.float64) + 1 + 0.5 * rng.uniform(-1, 1))
