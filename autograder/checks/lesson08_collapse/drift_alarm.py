"""drift_alarm: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, judge_numbers
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("drift_alarm", reread="An alarm for codes that move away")

N_COUNTS = Mistake(
    "n_counts",
    "the number of rows counts: a norm or a sum over the whole tensor grows with its rows. "
    "Take the norm of each row, then the mean.",
)
FROM_THE_START = Mistake(
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
    """Tensors whose rows have norms with these means, some above and some below, all in one direction."""
    counts = [rows] * len(norms) if isinstance(rows, int) else rows
    spreads = [spread] * len(norms) if isinstance(spread, float) else spread
    direction = rng.normal(latent)
    direction /= direction.norm()
    return [(norm + wide * apart(n))[:, None] * direction for norm, n, wide in zip(norms, counts, spreads, strict=True)]


def apart(n: int) -> Tensor:
    """Numbers with the mean 0, whose median is no more than -1 for most n."""
    rest = {0: [], 1: [0.0], 2: [1.0, -1.0]}[n % 3]
    return torch.tensor([2.0, -1.0, -1.0] * (n // 3) + rest, dtype=torch.float64)


def turning() -> list[Tensor]:
    """Rows of one norm, which point in opposite directions, along an axis, between the axes, and back; then longer."""
    opposed = torch.tensor([[3.0, 0, 0], [-3, 0, 0], [0, 3, 0], [0, -3, 0]], dtype=torch.float64)
    along, across = opposed[:1].expand(4, 3), torch.full((4, 3), 3 / 3**0.5, dtype=torch.float64)
    turns = [opposed, opposed, along, along, across, across, along, along, 2 * opposed, 2 * opposed]
    return [each.clone() for each in turns]


def cases(rng: Draws) -> list[Case]:
    """Histories that fall and grow, whose rows differ in number, in size and in direction, or that give no alarm."""
    main, many = history(rng, NORMS, ROWS), [5, 5, 5, 5, 40, 5, 5, 5]
    uneven = history(rng, [5.0] * 8 + [7.0], 4, [0.0, 0.0, 0.4, 4.0, 4.9, 4.9, 4.9, 4.9, 6.9])
    small = [entry.float() for entry in history(rng, (1, 1.2, 1.4, 1.3, 3, 3), latent=1)]
    zeros = [torch.zeros(4, 3, dtype=torch.float64) for _ in range(6)]
    return [
        Case("values", "14 epochs, window = 3, factor = 1.5", (main, 3, 1.5), 8),
        Case("values", "14 epochs, window = 1, factor = 1.3", (main, 1, 1.3), 12),
        Case("values", "14 epochs, window = 5, factor = 2", (main, 5, 2.0), 9),
        Case("values", "6 epochs of one latent, window = 1, factor = 2", (small, 1, 2.0), 4),
        Case("rows", "8 epochs, one of many rows", (history(rng, [3.0] * 7 + [6.0], many), 2, 1.5), 7),
        Case(
            "rows", "5 epochs of fewer and fewer rows", (history(rng, (2, 2, 2, 4, 4), (40, 20, 10, 5, 3)), 2, 1.5), 3
        ),
        Case("rows", "9 epochs whose rows differ more and more", (uneven, 2, 1.15), 8),
        Case("rows", "10 epochs whose rows turn", (turning(), 2, 1.5), 8),
        Case("window", "6 epochs with a valley, window = 2", (history(rng, VALLEY), 2, 1.5), 3),
        Case("window", "5 epochs, window = 2", (history(rng, (1, 1.1, 3, 3, 3)), 2, 1.5), 2),
        Case("window", "9 epochs that fall, window = 3", (history(rng, (5, 5, 5, 5, 1, 1, 1, 1, 1)), 3, 1.5), None),
        Case("window", "7 epochs with a peak, window = 3", (history(rng, (2, 2, 4, 2, 2, 3.5, 3)), 3, 1.4), 6),
        Case("window", "6 epochs with a peak, window = 3", (history(rng, (1, 1, 3, 1, 2, 2)), 3, 1.5), 4),
        Case("none", "7 epochs that grow slowly", (history(rng, SLOW), 2, 1.5), None),
        Case("none", "2 epochs, window = 4", (history(rng, (1, 9)), 4, 1.5), None),
        Case("none", "6 epochs of zeros", (zeros, 2, 1.5), None),
        Case("none", "no epoch", ([], 2, 1.5), None),
    ]


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


@exercise.wrong(
    "the norm of the mean row: rows that point in opposite directions cancel. "
    "Take the norm of each row, then the mean.",
    "rows",
)
def norm_of_mean(mu_history, window, factor):
    r = [mu.mean(dim=0).norm() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(N_COUNTS, "values", "rows")
def frobenius(mu_history, window, factor):
    r = [mu.norm() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(N_COUNTS, "values", "rows")
def sum_of_norms(mu_history, window, factor):
    r = [mu.norm(dim=1).sum() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(N_COUNTS, "values", "rows")
def norm_of_each_latent(mu_history, window, factor):
    r = [mu.norm(dim=0).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(
    "the mean of |mu|, number by number: it changes when rows turn. Take the Euclidean norm of each row.", "rows"
)
def mean_size(mu_history, window, factor):
    r = [mu.abs().mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(
    "the largest number of each row: it changes when rows turn. Take the Euclidean norm of each row.", "rows"
)
def largest_number(mu_history, window, factor):
    r = [mu.abs().amax(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(values=unnamed("is no int"))
def a_float(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return float(t)
    return None


@exercise.wrong("the squared norm: take its square root, row by row, before the mean.", "values", "rows")
def squares(mu_history, window, factor):
    r = [mu.square().sum(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(
    "the root of the mean squared norm: it grows when rows differ more. Take the root row by row, then the mean.",
    "rows",
)
def root_mean_square(mu_history, window, factor):
    r = [mu.square().sum(dim=1).mean().sqrt() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong("the largest row: take the mean of the norms.", "values", "rows", "window")
def largest_row(mu_history, window, factor):
    r = [mu.norm(dim=1).max() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong(
    "compared with the first epoch: compare with the epoch that lies window epochs before.", "values", "window"
)
def against_first(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[0]:
            return t
    return None


@exercise.wrong(
    "compared with the epoch just before: compare with the epoch that lies window epochs before.", "values", "window"
)
def against_previous(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - 1]:
            return t
    return None


@exercise.wrong(
    "compared with the mean of the last window epochs: compare with the one epoch at t - window.", "values", "window"
)
def against_mean(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * sum(r[t - window : t]) / window:
            return t
    return None


@exercise.wrong(
    "compared with the largest of the last window epochs: compare with the one epoch at t - window.", "values", "window"
)
def against_largest(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * max(r[t - window : t]):
            return t
    return None


@exercise.wrong(
    "compared with the smallest of the last window epochs: compare with the one epoch at t - window.", "window"
)
def against_smallest(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * min(r[t - window : t]):
            return t
    return None


@exercise.wrong(
    "counted from the first epoch that can be compared, or the epoch at t - window: the alarm is t itself.",
    "values",
    "rows",
    "window",
)
def index_in_slice(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t - window
    return None


@exercise.wrong("counted from 1: the first entry of mu_history is epoch 0.", "values", "rows", "window")
def one_later(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t + 1
    return None


@exercise.wrong("the last epoch that exceeds the limit: return the first.", "values", "rows", "window")
def last_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    found = None
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            found = t
    return found


@exercise.wrong("whether there is an alarm: return the epoch, or None if there is none.")
def truth_value(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    return any(bool(r[t] > factor * r[t - window]) for t in range(window, len(r)))


@exercise.wrong("-1 where there is no alarm: return None.", "window", "none")
def minus_one(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return -1


@exercise.wrong(none="an epoch that is equal to the limit gives no alarm: with >=, zeros give one at once. Use >.")
def equal_is_enough(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] >= factor * r[t - window]:
            return t
    return None


@exercise.wrong(window=FROM_THE_START, none=stops("IndexError"))
def from_the_start(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(0, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong("factor is added: it multiplies the earlier norm.", "values", "window")
def factor_added(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor + r[t - window]:
            return t
    return None


@exercise.wrong("the alarm rings when the norm falls: it should ring when it grows.", "values", "rows", "window")
def falls(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t - window] > factor * r[t]:
            return t
    return None


@exercise.wrong("factor has no effect: the norm may grow up to factor times.", "values", "rows", "none")
def any_growth(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > r[t - window]:
            return t
    return None


@exercise.wrong("one epoch too far back: compare with the epoch at t - window.", "values", "window")
def one_more(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window + 1, len(r)):
        if r[t] > factor * r[t - window - 1]:
            return t
    return None


@exercise.wrong(window="the epoch at t = window is left out: it can be compared with epoch 0 already.")
def starts_late(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window + 1, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None


@exercise.wrong("all epochs that exceed the limit: return the first, as an int, or None.")
def every_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    return [t for t in range(window, len(r)) if r[t] > factor * r[t - window]]


@exercise.wrong(values=A_TENSOR)
def a_tensor(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return torch.tensor(t)
    return None
