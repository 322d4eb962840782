"""drift_alarm: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, judge_numbers
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("drift_alarm", reread="An alarm for codes that move away")

N_COUNTS = Mistake(
    "n_counts",
    "the number of rows counts: a norm or a sum over the whole tensor grows with its rows. "
    "Take the norm of each row, then the mean.",
)
OWN_FIRST = Mistake(
    "from_the_start",
    "an entry before the first is taken: r[t - window] with a negative index counts from the end. Start at t = window.",
)

NORMS = (5, 5, 4.8, 2, 2.1, 2.3, 2.6, 3, 3.6, 4.4, 5.4, 6.8, 9, 12)
ROWS = (6, 4, 5, 6, 3, 6, 6, 5, 6, 4, 6, 6, 3, 6)
VALLEY = (4, 1, 2, 2.5, 2.2, 2.6)
SLOW = (3, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6)


def history(
    rng: Draws,
    norms: Sequence[float],
    rows: Sequence[int] | int = 4,
    spread: Sequence[float] | float = 0.5,
    latent: int = 3,
) -> list[Tensor]:
    """Tensors whose rows have norms with these means, half of them above by ``spread`` and half of them below."""
    counts = [rows] * len(norms) if isinstance(rows, int) else rows
    spreads = [spread] * len(norms) if isinstance(spread, float) else spread
    entries = []
    for norm, n, wide in zip(norms, counts, spreads, strict=True):
        pairs = torch.tensor([wide, -wide] * (n // 2) + [0.0] * (n % 2), dtype=torch.float64)
        direction = rng.normal(n, latent)
        entries.append((norm + pairs)[:, None] * direction / direction.norm(dim=1, keepdim=True))
    return entries


def cases(rng: Draws) -> list[Case]:
    """Histories that fall and grow, whose rows differ in number and in spread, and that give no alarm."""
    main, many = history(rng, NORMS, ROWS), [5, 5, 5, 5, 40, 5, 5, 5]
    wide = [0.0, 1.0, 2.0, 3.5, 4.5, 4.9, 4.9, 4.9, 5.0]
    return [
        Case("values", "14 epochs, window = 3, factor = 1.5", (main, 3, 1.5), 8),
        Case("values", "14 epochs, window = 1, factor = 1.3", (main, 1, 1.3), 12),
        Case("values", "14 epochs, window = 5, factor = 2", (main, 5, 2.0), 9),
        Case("values", "6 epochs of one latent, window = 1, factor = 2", (one(rng), 1, 2.0), 4),
        Case("rows", "8 epochs, one of many rows", (history(rng, [3.0] * 7 + [6.0], many), 2, 1.5), 7),
        Case("rows", "9 epochs whose rows differ more and more", (uneven(rng, wide), 2, 1.3), 8),
        Case("rows", "5 epochs of fewer and fewer rows", (history(rng, (2, 2, 2, 4, 4), (40, 20, 10, 5, 3)), 2, 1.5), 3),
        Case("window", "6 epochs with a valley, window = 2", (history(rng, VALLEY), 2, 1.5), 3),
        Case("window", "9 epochs that fall, window = 3", (history(rng, (5, 5, 5, 5, 1, 1, 1, 1, 1)), 3, 1.5), None),
        Case("window", "7 epochs with a peak, window = 3", (history(rng, (2, 2, 4, 2, 2, 3.5, 3)), 3, 1.4), 5),
        Case("none", "7 epochs that grow slowly", (history(rng, SLOW), 2, 1.5), None),
        Case("none", "2 epochs, window = 4", (history(rng, (1, 9)), 4, 1.5), None),
        Case("none", "6 epochs of zeros", ([torch.zeros(4, 3, dtype=torch.float64)] * 6, 2, 1.5), None),
        Case("none", "no epoch", ([], 2, 1.5), None),
    ]


def one(rng: Draws) -> list[Tensor]:
    """A single latent of float32, whose size doubles at 4."""
    return [each.float() for each in history(rng, (1, 1.2, 1.4, 1.3, 3, 3), latent=1)]


def uneven(rng: Draws, spread: Sequence[float]) -> list[Tensor]:
    """Rows with the same mean norm, which differ more and more; at the end the norm grows."""
    return history(rng, [5.0] * (len(spread) - 1) + [7.0], spread=spread)


@exercise.check
def values(drift_alarm: LearnerObject, rng: Draws) -> None:
    """The alarm is the first epoch whose mean norm exceeds factor times that of window epochs before, as an int."""
    judge_numbers(exercise, drift_alarm, cases(rng), "values", "the alarm", plain=True)


@exercise.check
def rows(drift_alarm: LearnerObject, rng: Draws) -> None:
    """The mean runs over the norms of the rows, however many there are, and however much they differ."""
    judge_numbers(exercise, drift_alarm, cases(rng), "rows", "the alarm")


@exercise.check
def window(drift_alarm: LearnerObject, rng: Draws) -> None:
    """An epoch is compared with the one that lies window epochs before it, and with no other."""
    judge_numbers(exercise, drift_alarm, cases(rng), "window", "the alarm")


@exercise.check
def none(drift_alarm: LearnerObject, rng: Draws) -> None:
    """Where no epoch exceeds the limit, the result is None: short histories and zeros too."""
    judge_numbers(exercise, drift_alarm, cases(rng), "none", "the alarm")


# Wrong answers


def sizes(history):
    return [mu.norm(dim=1).mean() for mu in history]
