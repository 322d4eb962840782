"""estimator_variances: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.closed_forms import (
    Noise,
    path_estimates,
    pathwise_gradient,
    score_estimates,
    score_function_gradient,
)
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    FIXED_SEED,
    KINDS,
    Taken,
    agrees,
    draws_among,
    judge_draws,
    near,
    some_parameters,
    take,
    two_parameters,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("estimator_variances", reread="What one draw costs")

VARIANCES = ("var_score", "var_pathwise")
BIASED = Mistake("biased", "the biased variance, divided by n. The unbiased one divides by n - 1.")
OF_MEAN = Mistake("of_the_mean", "the variance of the mean: that is the variance per draw, divided by n.")
BIASED_OF_MEAN = Mistake(
    "biased_of_the_mean",
    "the biased variance, divided by n. The unbiased one divides by n - 1, "
    "and the variance of the mean: that is the variance per draw, divided by n.",
)
DEVIATION = Mistake("deviation", "the standard deviation: the variance is its square.")
MOMENT = Mistake("moment", "the squares without the squared mean: subtract the mean of the estimates first.")
OF_SIGMA = Mistake("of_sigma", "the variance of the sigma column: the gradient in mu is column 0.")
PER_COLUMN = Mistake(
    "per_column",
    "one variance for each column: only that of column 0, the gradient in mu, is asked for.",
)
BOTH_COLUMNS = Mistake("both_columns", "the variance over both columns together: the gradient in mu is column 0.")
SWAPPED = Mistake("swapped", "the pair is the wrong way round: return var_score first, then var_pathwise.")

Pair = tuple[Tensor, Tensor]
"""Draws of the score function, and of the pathwise estimator."""


def possible_draws(z: Tensor, n: int) -> list[Pair]:
    """Whose draws these may be: shared, one estimator's after the other's, or in turn."""
    if len(z) == n:
        return [(z, z)]
    first, second, even, odd = z[:n], z[n:], z[::2], z[1::2]
    return [(first, second), (second, first), (even, odd), (odd, even)]


def variance_in(result: Any, which: int, mistakes: expect.Shapes = ()) -> Tensor:
    """One of the two variances; what kind of number it is, is for the shape check alone."""
    if isinstance(result, Tensor) and tuple(result.shape) == (2,):
        result = result.unbind()
    found = expect.pair(result, "the result", VARIANCES)[which]
    if isinstance(found, (int, float)):
        return torch.tensor(found, dtype=torch.float64)
    if isinstance(found, Tensor) and found.numel() == 1:
        found = found.reshape(())
    return expect.shaped(found, (), VARIANCES[which], mistakes).detach().double()


def shapes(which: int, taken: Taken) -> expect.Shapes:
    """The shape of one of the two variances, for each mistake that gives these very numbers in it."""
    observed = taken.result[which]
    for draws in possible_draws(draws_among(taken.seen, taken.n, 2 * taken.n), taken.n):
        for mistake, pair in exercise.mistaken(partial(replayed, taken=taken, draws=draws)):
            given = pair[which]
            alike = isinstance(given, Tensor) and isinstance(observed, Tensor) and given.shape == observed.shape
            if alike and near(given.double(), observed.detach().double()):
                yield mistake, tuple(given.shape)


def replayed(answer: LearnerObject, taken: Taken, draws: Pair) -> Any:
    """What another answer returns to the same question, with these draws: wrong ones ask the score function first."""
    with Noise(*((z - taken.mu) / taken.sigma for z in draws)):
        return answer(wave, taken.mu, taken.sigma, taken.n)


def judge_variance(estimator_variances: LearnerObject, which: int, rng: Draws) -> None:
    """One of the two variances is the unbiased one of the mu column, per draw, in six calls.

    Of few draws the mean may be 0, or the variance 1, so that a mistake changes nothing: in at most 3 of 10,000 calls
    (of 20,000 tried), or four times that where the draws may belong to the estimators in four ways. Six calls let it
    pass with probability below 1e-14. A mistake is named if it explains all calls that fail, and more than one.
    """
    failures = []
    for n in (4, 5, 7):
        for mu, sigma in two_parameters(rng):
            try:
                judge_call(take(estimator_variances, "wave", mu, sigma, n), which)
            except Failure as failure:
                failures.append(failure)
    if failures:
        mistakes = {failure.message.mistake for failure in failures}
        likely = mistakes.pop() if len(mistakes) == 1 and len(failures) > 1 else None
        raise Failure(replace(failures[0].message, mistake=likely))


def judge_call(taken: Taken, which: int) -> None:
    """The variance that one call returned is right for one way in which the draws may be shared out."""
    observed = variance_in(taken.result, which, shapes(which, taken))
    failures = []
    for draws in possible_draws(draws_among(taken.seen, taken.n, 2 * taken.n), taken.n):
        try:
            return judge_at(draws, observed, which, taken)
        except Failure as failure:
            failures.append(failure)
    raise next((failure for failure in failures if failure.message.mistake), failures[0])


def judge_at(draws: Pair, observed: Tensor, which: int, taken: Taken) -> None:
    """The variance is right if the draws are these."""

    def found(answer: LearnerObject) -> Tensor:
        pair = replayed(answer, taken, draws)
        return torch.stack([variance_in(pair, 0), variance_in(pair, 1)])

    def mistakes() -> expect.Mistakes:
        theirs = taken.result[1 - which]
        for mistake, pair in exercise.mistaken(found):
            # Variances that are swapped are so both.
            if mistake is not SWAPPED or (isinstance(theirs, Tensor) and near(pair[1 - which], theirs.double())):
                yield mistake, pair[which]

    estimates = (score_estimates, path_estimates)[which](wave, draws[which], taken.mu, taken.sigma)
    right, rule = estimates[:, 0].var(), "the unbiased variance of the mu column"
    agrees(observed, right, f"{VARIANCES[which]} for n = {taken.n}", rule=rule, mistakes=mistakes())


@exercise.check
def shape(estimator_variances: LearnerObject, rng: Draws) -> None:
    """A pair of single numbers, as 0-dim tensors in float64, also for only two draws."""
    for n in (5, 2):
        for kind in KINDS:
            mu, sigma = (kind(value) for value in some_parameters(rng))
            taken = take(estimator_variances, "wave", mu, sigma, n)
            for which, variance in enumerate(expect.pair(taken.result, "the result", VARIANCES)):
                like, mistakes = torch.zeros((), dtype=torch.float64), shapes(which, taken)
                expect.kept(variance, like, VARIANCES[which], mistakes=mistakes)


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
    judge_draws(exercise, estimator_variances, DRAWS, 2 * DRAWS)


# Wrong answers


# Asks a float for its variance.
@exercise.wrong(stops("AttributeError"))
def of_floats(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.mean().item().var(), by_path.var()


@exercise.wrong(shape=unnamed("is not a tensor"))
def as_floats(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var().item(), by_path.var().item()


@exercise.wrong(BIASED, "score", "pathwise")
def biased(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0), by_path.var(correction=0)


@exercise.wrong(BIASED_OF_MEAN, "score", "pathwise")
def biased_of_the_mean(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(correction=0) / n, by_path.var(correction=0) / n


@exercise.wrong(DEVIATION, "score", "pathwise")
def deviations(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.std(), by_path.std()


@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    torch.manual_seed(0)
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_path.var()


@exercise.wrong(MOMENT, "score", "pathwise")
def mean_of_squares(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.square().mean(), by_path.square().mean()


# Gives half of the draws to each estimator.
@exercise.wrong(unnamed("the unbiased variance of the mu"), "score", "pathwise")
def of_half(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n // 2)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n - n // 2)[:, 0]
    return by_score.var(), by_path.var()


@exercise.wrong(OF_SIGMA, "score", "pathwise")
def of_sigma(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score[:, 1].var(), by_path[:, 1].var()


@exercise.wrong(OF_MEAN, "score", "pathwise")
def of_the_mean(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var() / n, by_path.var() / n


@exercise.wrong(shape=unnamed("should be a pair"))
def one_tensor(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return torch.stack([by_score.var(), by_path.var()])


@exercise.wrong(BOTH_COLUMNS, "score", "pathwise")
def both_columns(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(), by_path.var()


@exercise.wrong(PER_COLUMN, "shape", "score", "pathwise")
def per_column(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.var(dim=0), by_path.var(dim=0)


@exercise.wrong(SWAPPED, "score", "pathwise")
def swapped(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_path.var(), by_score.var()


@exercise.wrong(MOMENT, "score", "pathwise")
def unbiased_squares(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.square().sum() / (n - 1), by_path.square().sum() / (n - 1)
