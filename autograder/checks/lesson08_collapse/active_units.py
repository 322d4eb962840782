"""active_units: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, explained, given, judge_numbers, single, whole
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("active_units", reread="Which latents speak?")

A_SHARE = Mistake("a_share", "the share of active latents: return their number.")
A_MASK = Mistake("a_mask", "which latents are active, and not how many: return their number.")

VARIANCES = (0.0, 0.0025, 0.0036, 0.04, 0.25, 2.0)
CENTRES = (3.0, 0.0, -2.0, 0.5, 1.0, 0.0)
FEW = (0.0025, 0.04, 0.3, 0.7)


def codes(rng: Draws, rows: int, variances: tuple[float, ...], centres: tuple[float, ...]) -> Tensor:
    """Means of ``rows`` images whose columns have these variances (divisor: rows) around these centres."""
    noise = rng.normal(rows, len(variances))
    noise = (noise - noise.mean(0)) / noise.std(0, correction=0)
    wide = torch.tensor(variances, dtype=torch.float64).sqrt()
    return torch.tensor(centres, dtype=torch.float64) + wide * noise


def cases(rng: Draws) -> list[Case]:
    """Latents from constant to wide, of nine images, of two and of many, with several thresholds.

    No variance is near a threshold, whatever its divisor is, and no count is that of the rows. Of many images some are
    within 4%, where both divisors give nearly the same; a constant latent is compared with 0.
    """
    many = codes(rng, 9, VARIANCES, CENTRES)
    two = codes(rng, 2, FEW, (0.1, -0.3, 1.0, 0.0))
    close = codes(rng, 2_000, (0.0096, 0.0104, 0.2), (0.0, 1.0, -1.0))
    rare = torch.zeros(100, 2, dtype=torch.float64)
    rare[7, 0], rare[40, 1] = 2.0, -2.0
    constant = torch.tensor([[3.0, 1.0], [3.0, 2.0], [3.0, 4.0], [3.0, 1.0]], dtype=torch.float64)
    return [
        Case("values", "9 rows, 6 latents", (many,), 3),
        Case("values", "2 rows, 4 latents", (two,), 3),
        Case("values", "9 rows of one constant latent", (many[:, :1].clone(),), 0),
        Case("values", "9 rows in float32", (many.float(),), 3),
        Case("values", "2,000 rows, 3 latents", (close,), 2),
        Case("threshold", "9 rows, 6 latents, threshold = 0.1", (many, 0.1), 2),
        Case("threshold", "9 rows, 6 latents, threshold = 1.0", (many,), 1, {"threshold": 1.0}),
        Case("threshold", "9 rows, 6 latents, threshold = 0.001", (many, 0.001), 5),
        Case("threshold", "2 rows, 4 latents, threshold = 0.2", (two, 0.2), 2),
        Case("threshold", "100 rows, 2 latents, each with one number that is not 0, threshold = 0.1", (rare, 0.1), 0),
        Case("threshold", "4 rows, 2 latents, one of them constant, threshold = 0", (constant, 0.0), 1),
    ]


@exercise.check
def result(active_units: LearnerObject, rng: Draws) -> None:
    """The result is an int of Python's, and mu is left alone."""
    several = cases(rng)
    found = given(active_units, several[0])
    if not whole(found):
        likely = single(found) if isinstance(found, Tensor) else None
        shown = describe_value(found)
        raise Failure("the result is no int", "an int", shown, likely or explained(exercise, active_units, several))


@exercise.check
def values(active_units: LearnerObject, rng: Draws) -> None:
    """The number of latents whose mu varies by more than 0.01 from row to row."""
    judge_numbers(exercise, active_units, cases(rng), "values", "the number of active units")


@exercise.check
def threshold(active_units: LearnerObject, rng: Draws) -> None:
    """The threshold is the one that is given."""
    judge_numbers(exercise, active_units, cases(rng), "threshold", "the number of active units")


# Wrong answers


@exercise.wrong("the standard deviation was compared: the threshold is one of the variance.", "values", "threshold")
def standard_deviation(mu, threshold=0.01):
    return int((mu.std(dim=0) > threshold).sum())


@exercise.wrong(
    "the mean of mu^2: a latent that never changes can be far from 0. Subtract the mean, as var does.",
    "values",
    "threshold",
)
def mean_square(mu, threshold=0.01):
    return int((mu.square().mean(dim=0) > threshold).sum())


@exercise.wrong("the size of the mean of mu: what counts is how much mu varies.", "values", "threshold")
def size_of_mean(mu, threshold=0.01):
    return int((mu.mean(dim=0).abs() > threshold).sum())


@exercise.wrong("the mean of |mu|: what counts is how much mu varies.", "values", "threshold")
def mean_size(mu, threshold=0.01):
    return int((mu.abs().mean(dim=0) > threshold).sum())


@exercise.wrong(
    "the variance over the latents of a row: take it over the rows, dim=0, for each latent.", "values", "threshold"
)
def over_latents(mu, threshold=0.01):
    return int((mu.var(dim=1, correction=0) > threshold).sum())


@exercise.wrong(threshold="threshold has no effect: 0.01 is only its default.")
def fixed_threshold(mu, threshold=0.01):
    return int((mu.var(dim=0) > 0.01).sum())


@exercise.wrong(
    "the sum of the squared deviations, which grows with the rows: divide it by their number.", "values", "threshold"
)
def sum_of_squares(mu, threshold=0.01):
    return int(((mu - mu.mean(dim=0)).square().sum(dim=0) > threshold).sum())


@exercise.wrong("the latents at or below the threshold are counted: those above it are active.", "values", "threshold")
def inactive(mu, threshold=0.01):
    return int((mu.var(dim=0) <= threshold).sum())


@exercise.wrong(
    "the variances are divided by the largest: the threshold is compared with the variance itself.",
    "values",
    "threshold",
)
def relative(mu, threshold=0.01):
    variances = mu.var(dim=0)
    return int((variances > threshold * variances.max()).sum())


@exercise.wrong("one variance for all numbers of mu: each latent has its own.", "values", "threshold")
def one_variance(mu, threshold=0.01):
    return int(mu.var() > threshold)


@exercise.wrong("the range of each latent was compared: the threshold is one of the variance.", "values", "threshold")
def range_of_each(mu, threshold=0.01):
    return int((mu.amax(dim=0) - mu.amin(dim=0) > threshold).sum())


@exercise.wrong("all latents are counted: count those whose variance is above the threshold.", "values", "threshold")
def all_latents(mu, threshold=0.01):
    return mu.shape[1]


@exercise.wrong(A_SHARE)
def a_share(mu, threshold=0.01):
    return float((mu.var(dim=0) > threshold).double().mean())


@exercise.wrong(A_MASK)
def a_mask(mu, threshold=0.01):
    return mu.var(dim=0) > threshold


@exercise.wrong(result=A_TENSOR)
def a_tensor(mu, threshold=0.01):
    return (mu.var(dim=0) > threshold).sum()


@exercise.wrong(result=unnamed("3.0"))
def a_float(mu, threshold=0.01):
    return float((mu.var(dim=0) > threshold).sum())
