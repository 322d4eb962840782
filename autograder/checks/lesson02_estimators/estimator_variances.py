"""estimator_variances: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    FIXED_SEED,
    Case,
    agrees,
    drawn,
    judge_draws,
    score,
    some_parameters,
    take,
)
from autograder.checks.lesson02_estimators.pathwise import path_estimates
from autograder.checks.lesson02_estimators.score_function import score_estimates
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("estimator_variances", reread="What one draw costs")

COST = 'Lesson 2, "What one draw costs"'
VARIANCES = ("var_score", "var_pathwise")
BIASED = Mistake(
    "biased",
    "the biased variance, divided by n. The unbiased one divides by n - 1.",
)
OF_MEAN = Mistake(
    "of_mean",
    "the variance of the mean: that is the variance per draw, divided by n.",
)
DEVIATION = Mistake(
    "deviation",
    "the standard deviation: the variance is its square.",
)
MOMENT = Mistake(
    "moment",
    "the mean of the squares: the squared mean was not subtracted.",
)
OTHER_COLUMN = Mistake(
    "other_column",
    "the variance of the sigma column: the gradient in mu is column 0.",
)
SHAPE_COLUMNS = Mistake(
    "shape_columns",
    "one variance for each column: only that of column 0, the gradient in mu, is asked for.",
)
BOTH_COLUMNS = Mistake(
    "both_columns",
    "the variance over both columns together: the gradient in mu is column 0.",
)
PAIR_TURNED = Mistake(
    "pair_turned",
    "the pair is the wrong way round: return var_score first, then var_pathwise.",
)

# estimator_variances


def mu_columns(z: Tensor, mu: float, sigma: float) -> tuple[Tensor, Tensor]:
    """Both estimators' estimates at these draws, (n, 2) each."""
    case = Case(z, z, mu, sigma)
    return score_estimates(case), path_estimates(case)


def possible_draws(z: Tensor, n: int) -> list[tuple[Tensor, Tensor]]:
    """(draws of the score function, draws of the pathwise estimator): shared, one after the other, or in turn."""
    if len(z) == n:
        return [(z, z)]
    first, second, even, odd = z[:n], z[n:], z[::2], z[1::2]
    return [(first, second), (second, first), (even, odd), (odd, even)]


def variance_in(result: Any, which: int) -> Tensor:
    """One of the two variances; what kind of number it is, is for the shape check alone."""
    if isinstance(result, Tensor) and tuple(result.shape) == (2,):
        result = result.unbind()
    found = expect.pair(result, "the result", VARIANCES)[which]
    if isinstance(found, (int, float)):
        return torch.tensor(found, dtype=torch.float64)
    if isinstance(found, Tensor) and found.numel() == 1:
        found = found.reshape(())
    return expect.shaped(found, (), VARIANCES[which], {SHAPE_COLUMNS: (2,)}).detach().double()


def judge_variance(estimator_variances: LearnerObject, which: int, rng: Draws) -> None:
    """One of the two variances is the unbiased one of the mu column, per draw.

    Of few draws the mean may be 0, or the variance 1, so that a mistake changes nothing: in at most 3 of 10,000 calls
    (of 20,000 tried), or four times that where the draws may belong to the estimators in four ways. Five calls let it
    pass with probability below 1e-14.
    """
    for _ in range(5):
        judge_variance_of(estimator_variances, which, *some_parameters(rng))


def judge_variance_of(estimator_variances: LearnerObject, which: int, mu: float, sigma: float, n: int = 4) -> None:
    """The variance that one call of n draws returns."""
    result, seen = take(estimator_variances, "wave", mu, sigma, n)
    observed = variance_in(result, which)
    cases = []
    for draws in possible_draws(drawn(seen, n, 2 * n), n):
        both = [mu_columns(z, mu, sigma)[i] for i, z in enumerate(draws)]
        right = both[which][:, 0].var()
        if torch.isclose(observed, right, rtol=1e-4, atol=1e-5):
            return
        named = wrong_variances(both[which], both[1 - which])
        cases.append((right, expect.recognise(observed, right, named, rtol=1e-4, atol=1e-5)))
    right, likely = next((case for case in cases if case[1]), cases[0])
    rule = "the unbiased variance of the mu column"
    agrees(observed, right, VARIANCES[which], rule=rule, mistakes={likely: observed})


def wrong_variances(rows: Tensor, other: Tensor) -> dict[str, Tensor]:
    """What the listed mistakes give for the variance of the first column of ``rows``."""
    column, n = rows[:, 0], len(rows)
    return {
        BIASED: column.var(correction=0),
        OF_MEAN: column.var() / n,
        f"{BIASED[:-1]}, and {OF_MEAN}": column.var(correction=0) / n,
        DEVIATION: column.std(),
        MOMENT: column.square().mean(),
        OTHER_COLUMN: rows[:, 1].var(),
        BOTH_COLUMNS: rows.var(),
        PAIR_TURNED: other[:, 0].var(),
    }


@exercise.check
def shape(estimator_variances: LearnerObject, rng: Draws) -> None:
    """A pair of single numbers, as 0-dim tensors in float64, also for only two draws."""
    for n in (5, 2):
        pair = expect.pair(estimator_variances(wave, *some_parameters(rng), n), "the result", VARIANCES)
        for name, variance in zip(VARIANCES, pair, strict=True):
            expect.kept(variance, torch.zeros((), dtype=torch.float64), name, mistakes={SHAPE_COLUMNS: (2,)})


@exercise.check
def score(estimator_variances: LearnerObject, rng: Draws) -> None:
    """var_score is the unbiased variance, per draw, of the score-function gradient in mu."""
    judge_variance(estimator_variances, 0, rng)


@exercise.check
def pathwise(estimator_variances: LearnerObject, rng: Draws) -> None:
    """var_pathwise is the unbiased variance, per draw, of the pathwise gradient in mu."""
    judge_variance(estimator_variances, 1, rng)


@exercise.check
def draws(estimator_variances: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(estimator_variances, DRAWS, 2 * DRAWS)


# Wrong answers


# Asks a float for its variance.
@exercise.wrong(
    shape=stops("AttributeError"),
    score=stops("AttributeError"),
    pathwise=stops("AttributeError"),
    draws=stops("AttributeError"),
)
def of_floats(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.mean().item().var(), by_path.var()


# Returns floats.
@exercise.wrong(shape=unnamed("is not a tensor"))
def as_floats(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var().item(), by_path.var().item()


# Divides by n.
@exercise.wrong(score=BIASED, pathwise=BIASED)
def biased(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0), by_path.var(correction=0)


# Returns the biased variance of the mean.
@exercise.wrong(
    score="the biased variance, divided by n. The unbiased one divides by n - 1, and the variance of the mean: that is the variance per draw, divided by n.",
    pathwise="the biased variance, divided by n. The unbiased one divides by n - 1, and the variance of the mean: that is the variance per draw, divided by n.",
)
def biased_of_the_mean(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0) / n, by_path.var(correction=0) / n


# Returns standard deviations.
@exercise.wrong(score=DEVIATION, pathwise=DEVIATION)
def deviations(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.std(), by_path.std()


# Starts both estimators from seed 0.
@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    torch.manual_seed(0)
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_path.var()


# Does not subtract the mean.
@exercise.wrong(score=MOMENT, pathwise=MOMENT)
def mean_squares(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.square().mean(), by_path.square().mean()


# Gives half of the draws to each estimator.
@exercise.wrong(
    score=unnamed("the unbiased variance of the mu column"), pathwise=unnamed("the unbiased variance of the mu column")
)
def of_half(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n // 2)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n - n // 2)[:, 0]
    return by_score.var(), by_path.var()


# Takes the column of sigma.
@exercise.wrong(score=OTHER_COLUMN, pathwise=OTHER_COLUMN)
def of_sigma(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score[:, 1].var(), by_path[:, 1].var()


# Returns the variance of the mean.
@exercise.wrong(score=OF_MEAN, pathwise=OF_MEAN)
def of_the_mean(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var() / n, by_path.var() / n


# Returns one tensor of two numbers.
@exercise.wrong(shape=unnamed("should be a pair"))
def one_tensor(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return torch.stack([by_score.var(), by_path.var()])


# Takes the variance over all numbers.
@exercise.wrong(score=BOTH_COLUMNS, pathwise=BOTH_COLUMNS)
def over_both_columns(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(), by_path.var()


# Returns one variance for each column.
@exercise.wrong(shape=SHAPE_COLUMNS, score=SHAPE_COLUMNS, pathwise=SHAPE_COLUMNS)
def per_column(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(dim=0), by_path.var(dim=0)


# Returns the pathwise variance first.
@exercise.wrong(score=PAIR_TURNED, pathwise=PAIR_TURNED)
def swapped(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_path.var(), by_score.var()
