"""standard_error: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson01_sampling.means import A_NUMBER, judge_each, single
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("standard_error", reread="How wrong is the estimate?")

OF_VALUES = Mistake(
    "of_values",
    "the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).",
)
BIASED_OF_VALUES = Mistake(
    "biased_of_values",
    "the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.",
)
BIASED = Mistake("biased", "the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.")
BY_N = Mistake("by_n", "divided by n. The variance is divided by n, so the standard deviation by sqrt(n).")
SQUARED = Mistake("squared", "the variance of the mean. Take its square root.")
MEAN_SQUARE = Mistake("mean_square", "the root of the mean square: the mean was not subtracted.")


def right(values: Tensor) -> Tensor:
    """The standard error of the mean."""
    return values.std() / len(values) ** 0.5


@exercise.check
def shape(standard_error: LearnerObject, rng: Draws) -> None:
    """The standard error is a 0-dim float64 tensor, and the values are left alone."""
    for n in (2, 5):
        values = 3 + rng.normal(n)
        with expect.untouched(values=values):
            result = standard_error(values)
        if isinstance(result, float | int):
            likely = A_NUMBER if isinstance(result, float) else None
            raise Failure("the result is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", likely)
        expect.kept(result, values, "the result", shape=())


def judge_errors(standard_error: LearnerObject, samples: list[Tensor], rtol: float) -> None:
    """The standard errors of samples: of one alone, several mistakes may give the same number."""

    def found(answer: LearnerObject) -> Tensor:
        return torch.stack([single(answer(values)) for values in samples])

    names = [f"the result for n = {len(values)}" for values in samples]
    expected = torch.stack([right(values) for values in samples])
    judge_each(found(standard_error), expected, names, exercise.mistaken(found), rtol=rtol)


@exercise.check
def values(standard_error: LearnerObject, rng: Draws) -> None:
    """The error falls as 1 / sqrt(n), whatever the mean is."""
    # At these n, the biased variance is right to three digits: it has a check of its own.
    judge_errors(standard_error, [30 + 3 * rng.normal(n) for n in (2_000, 32_000)], rtol=1e-3)


@exercise.check
def unbiased(standard_error: LearnerObject, rng: Draws) -> None:
    """The variance has the divisor n - 1: it shows for n from 2 to 5."""
    judge_errors(standard_error, [3 + rng.normal(n) for n in (2, 3, 4, 5)], rtol=1e-4)


# Wrong answers


# Takes the root of a shape.
@exercise.wrong(stops("line 2 of your cell"))
def sqrt_of_shape(values):
    return values.std() / math.sqrt(values.shape)


@exercise.wrong(shape=A_NUMBER)
def a_number(values):
    return values.std().item() / math.sqrt(len(values))


@exercise.wrong(unbiased=BIASED)
def biased(values):
    return values.std(correction=0) / math.sqrt(len(values))


@exercise.wrong(unbiased=BIASED)
def biased_by_hand(values):
    n = values.numel()
    variance = (values - values.mean()).square().mean()
    return torch.sqrt(variance / n)


@exercise.wrong(BIASED_OF_VALUES, "values", "unbiased")
def biased_of_values(values):
    return values.std(correction=0)


@exercise.wrong(unbiased="the divisor n - 1 was used twice. The unbiased variance is divided by n.")
def corrected_twice(values):
    return values.std() / math.sqrt(len(values) - 1)


@exercise.wrong(shape=unnamed("torch.float64, as the inputs have"))
def float32(values):
    return values.float().std() / math.sqrt(len(values))


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(values):
    n = len(values)
    values -= values.mean()
    return torch.sqrt(values.square().sum() / (n - 1) / n)


@exercise.wrong(MEAN_SQUARE, "values", "unbiased")
def mean_square(values):
    return values.square().mean().sqrt() / math.sqrt(len(values))


@exercise.wrong(BY_N, "values", "unbiased")
def by_n(values):
    return values.std() / len(values)


@exercise.wrong(SQUARED, "values", "unbiased")
def squared(values):
    return values.var() / len(values)


@exercise.wrong(OF_VALUES, "values", "unbiased")
def of_values(values):
    return values.std()
