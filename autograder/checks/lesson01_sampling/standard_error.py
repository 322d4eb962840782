"""standard_error: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson01_sampling.means import A_NUMBER, agrees, single
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure

exercise = Exercise("standard_error", reread="How wrong is the estimate?")

ERRORS = 'Lesson 1, "How wrong is the estimate?"'


def errors(values: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The standard error of the mean, and what wrong formulas give."""
    n, deviation = len(values), values.std()
    biased = values.std(correction=0)
    likely = {
        "the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).": deviation,
        "divided by n. The variance is divided by n, so the standard deviation by sqrt(n).": deviation / n,
        "the variance of the mean. Take its square root.": deviation**2 / n,
        "the root of the mean square: the mean was not subtracted.": (values**2).mean().sqrt() / n**0.5,
        "the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.": biased,
        "the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.": biased / n**0.5,
        "the divisor n - 1 was used twice. The unbiased variance is divided by n.": deviation / (n - 1) ** 0.5,
    }
    return deviation / n**0.5, likely


@exercise.check
def shape(standard_error: LearnerObject, rng: Draws) -> None:
    """The standard error is a 0-dim float64 tensor, and the values are left alone."""
    for n in (2, 5):
        values = 3 + rng.normal(n)
        with expect.untouched(values=values):
            result = standard_error(values)
        if isinstance(result, float | int):
            raise Failure("the result is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
        expect.kept(result, values, "the result", shape=())


@exercise.check
def values(standard_error: LearnerObject, rng: Draws) -> None:
    """The error falls as 1 / sqrt(n), whatever the mean is."""
    for n in (2_000, 32_000):
        values = 30 + 3 * rng.normal(n)
        right, mistakes = errors(values)
        # At these n, the biased variance is right to three digits: it has a check of its own.
        expect.close(
            single(standard_error(values.clone())), right, f"the result for n = {n}", rtol=1e-3, mistakes=mistakes
        )


@exercise.check
def unbiased(standard_error: LearnerObject, rng: Draws) -> None:
    """The variance has the divisor n - 1: it shows for n from 2 to 5."""
    samples = [3 + rng.normal(n) for n in (2, 3, 4, 5)]
    # All four at once: at n = 2, several mistakes give the same number.
    found = torch.stack([single(standard_error(values.clone())) for values in samples])
    right = torch.stack([errors(values)[0] for values in samples])
    mistakes = {
        sentence: torch.stack([errors(values)[1][sentence] for values in samples]) for sentence in errors(samples[0])[1]
    }
    agrees(found, right, "the result for n = 2, 3, 4 and 5", mistakes=mistakes, atol=1e-7)


# Wrong answers


# Takes the root of a shape.
@exercise.wrong(
    shape=stops("line 2 of your cell"), values=stops("line 2 of your cell"), unbiased=stops("line 2 of your cell")
)
def sqrt_of_shape(values):
    return values.std() / math.sqrt(values.shape)


# Returns a Python number.
@exercise.wrong(shape=A_NUMBER)
def a_number(values):
    return values.std().item() / math.sqrt(len(values))


# Uses the biased variance.
@exercise.wrong(unbiased="the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.")
def biased(values):
    return values.std(correction=0) / math.sqrt(len(values))


# Uses the biased variance, written out.
@exercise.wrong(unbiased="the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.")
def biased_by_hand(values):
    n = values.numel()
    variance = (values - values.mean()).square().mean()
    return torch.sqrt(variance / n)


# Returns the biased standard deviation.
@exercise.wrong(
    values="the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.",
    unbiased="the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.",
)
def biased_deviation(values):
    return values.std(correction=0)


# Uses n - 1 twice.
@exercise.wrong(unbiased="the divisor n - 1 was used twice. The unbiased variance is divided by n.")
def corrected_twice(values):
    return values.std() / math.sqrt(len(values) - 1)


# Returns float32.
@exercise.wrong(shape=unnamed("torch.float64, as the inputs have"))
def float32(values):
    return values.float().std() / math.sqrt(len(values))


# Subtracts the mean in place.
@exercise.wrong(shape=expect.IN_PLACE)
def in_place(values):
    n = len(values)
    values -= values.mean()
    return torch.sqrt(values.square().sum() / (n - 1) / n)


# Forgets to subtract the mean.
@exercise.wrong(
    values="the root of the mean square: the mean was not subtracted.",
    unbiased="the root of the mean square: the mean was not subtracted.",
)
def mean_square(values):
    return values.square().mean().sqrt() / math.sqrt(len(values))


# Divides the standard deviation by n.
@exercise.wrong(
    values="divided by n. The variance is divided by n, so the standard deviation by sqrt(n).",
    unbiased="divided by n. The variance is divided by n, so the standard deviation by sqrt(n).",
)
def of_n(values):
    return values.std() / len(values)


# Forgets the square root.
@exercise.wrong(
    values="the variance of the mean. Take its square root.", unbiased="the variance of the mean. Take its square root."
)
def squared(values):
    return values.var() / len(values)


# Returns the standard deviation.
@exercise.wrong(
    values="the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).",
    unbiased="the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).",
)
def standard_deviation(values):
    return values.std()
