"""Checks of lesson 2: the variance of an estimate, and a baseline that lowers it. Grader's side.

How estimates are judged, and with which error rates, stands in ``estimates``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import hundred, wave
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, check
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    SCORES,
    SHAPE_AVERAGED,
    Case,
    agrees,
    drawn,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    score,
    some_parameters,
    table,
    take,
)
from autograder.checks.lesson02_estimators.pathwise import path_estimates
from autograder.checks.lesson02_estimators.score_function import DIFFERENTIATES, score_estimates

BASELINE = 'Lesson 2, "A baseline from the other draws"'
COST = 'Lesson 2, "What one draw costs"'

VARIANCES = ("var_score", "var_pathwise")

OWN_SAMPLE = "the baseline includes the own sample: that shrinks the estimate by (n-1)/n. Average the other draws."
MULTIPLIES = "the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score."
ADDS = "the baseline is added: it must be subtracted."
NO_BASELINE = "f(z) * score: no baseline is subtracted here. It belongs in both columns."
OTHERS_SUMMED = "the sum of the others, not their mean: divide it by n - 1."
DIVIDED_BY_N = "the sum of the others is divided by n: there are n - 1 of them."
OF_ESTIMATES = "the mean of the estimates is subtracted: their mean is then zero, whatever f is. Subtract from f."
NEITHER = "f(z) * score, or baseline * score: subtract the baseline from f(z), in both columns."
BASELINE_ALONE = "the baseline alone multiplies the score: subtract it from f(z)."
AFTER_SCORE = "the baseline is subtracted after the product: subtract it from f, then multiply by the score."

BIASED = "the biased variance, divided by n. The unbiased one divides by n - 1."
OF_MEAN = "the variance of the mean: that is the variance per draw, divided by n."
DEVIATION = "the standard deviation: the variance is its square."
MOMENT = "the mean of the squares: the squared mean was not subtracted."
OTHER_COLUMN = "the variance of the sigma column: the gradient in mu is column 0."
SHAPE_COLUMNS = "one variance for each column: only that of column 0, the gradient in mu, is asked for."
BOTH_COLUMNS = "the variance over both columns together: the gradient in mu is column 0."
PAIR_TURNED = "the pair is the wrong way round: return var_score first, then var_pathwise."


# baseline_gradient


def mean_of_others(f: Tensor) -> Tensor:
    """For each entry, the mean of the other ones."""
    return (f.sum() - f) / (len(f) - 1)


def baseline_estimates(case: Case) -> Tensor:
    """f(z) minus the mean of f over the other draws, times the score."""
    f = wave(case.z)
    return (f - mean_of_others(f))[:, None] * case.scores


def wrong_baselines(f: Tensor, right_score: Tensor) -> dict[str, Tensor]:
    """What the listed mistakes about the baseline give in one column."""
    others, plain = mean_of_others(f), f * right_score
    return {
        NO_BASELINE: plain,
        OWN_SAMPLE: (f - f.mean()) * right_score,
        MULTIPLIES: f * others * right_score,
        f"{MULTIPLIES[:-1]}, and with the own sample left out.": f * f.mean() * right_score,
        ADDS: (f + others) * right_score,
        OTHERS_SUMMED: (f - (f.sum() - f)) * right_score,
        DIVIDED_BY_N: (f - (f.sum() - f) / len(f)) * right_score,
        OF_ESTIMATES: plain - plain.mean(),
        AFTER_SCORE: plain - others,
        BASELINE_ALONE: others * right_score,
    }


def wrong_baseline_estimates(case: Case, column: int) -> dict[str, Tensor]:
    """What the listed mistakes of the estimator with a baseline give."""
    f, centred = wave(case.z), wave(case.z) - mean_of_others(wave(case.z))
    scores = {sentence: centred * wrong for sentence, wrong in case.wrong_scores(column).items()}
    return wrong_baselines(f, case.scores[:, column]) | scores


def judge_baseline_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the estimates with a baseline, from so few draws that the own sample matters."""
    rule = f"(f(z) - mean of f over the other draws) * {SCORES[column]}"
    judge_column(estimator, column, 4, rng, baseline_estimates, wrong_baseline_estimates, rule, SHAPE_AVERAGED)


@check("baseline_gradient", "shape", BASELINE)
def baseline_gradient_shape(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for only two draws."""
    judge_shape(baseline_gradient, rng, (5, 2), SHAPE_AVERAGED)


@check("baseline_gradient", "mu", BASELINE)
def baseline_gradient_mu(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """The first column subtracts from f(z) the mean over the other draws, row by row."""
    judge_baseline_column(baseline_gradient, 0, rng)


@check("baseline_gradient", "sigma", BASELINE)
def baseline_gradient_sigma(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """The second column subtracts from f(z) the same baseline, row by row."""
    judge_baseline_column(baseline_gradient, 1, rng)


@check("baseline_gradient", "draws", BASELINE)
def baseline_gradient_draws(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(baseline_gradient, DRAWS)


@check("baseline_gradient", "constant", BASELINE)
def baseline_gradient_constant(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """For f = 100 every estimate is exactly 0: there is nothing to learn from a constant."""
    mu, sigma = some_parameters(rng)
    with refusal(DIFFERENTIATES, "estimates for f = 100: only values of f are needed"):
        result, seen = take(baseline_gradient, "hundred", mu, sigma, 5)
    rows = table(result, 5, SHAPE_AVERAGED)
    mistakes = {} if rows.abs().max() < 1e-5 else constant_baselines(drawn(seen, 5), mu, sigma)
    rule = "0: the mean of f over the other draws is f"
    agrees(rows, torch.zeros(5, 2), "the result for f = 100", rule=rule, mistakes=mistakes)


def constant_baselines(z: Tensor, mu: float, sigma: float) -> dict[str, Tensor]:
    """What the listed mistakes about the baseline give for f = 100, where two of them are the same."""
    each = [wrong_baselines(hundred(z), column) for column in score(z, mu, sigma).unbind(dim=1)]
    named = {sentence: torch.stack([wrong[sentence] for wrong in each], dim=1) for sentence in each[0]}
    del named[BASELINE_ALONE]
    return {NEITHER: named.pop(NO_BASELINE), **named}


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


@check("estimator_variances", "shape", COST)
def estimator_variances_shape(estimator_variances: LearnerObject, rng: Draws) -> None:
    """A pair of single numbers, as 0-dim tensors in float64, also for only two draws."""
    for n in (5, 2):
        pair = expect.pair(estimator_variances(wave, *some_parameters(rng), n), "the result", VARIANCES)
        for name, variance in zip(VARIANCES, pair, strict=True):
            expect.kept(variance, torch.zeros((), dtype=torch.float64), name, mistakes={SHAPE_COLUMNS: (2,)})


@check("estimator_variances", "score", COST)
def estimator_variances_score(estimator_variances: LearnerObject, rng: Draws) -> None:
    """var_score is the unbiased variance, per draw, of the score-function gradient in mu."""
    judge_variance(estimator_variances, 0, rng)


@check("estimator_variances", "pathwise", COST)
def estimator_variances_pathwise(estimator_variances: LearnerObject, rng: Draws) -> None:
    """var_pathwise is the unbiased variance, per draw, of the pathwise gradient in mu."""
    judge_variance(estimator_variances, 1, rng)


@check("estimator_variances", "draws", COST)
def estimator_variances_draws(estimator_variances: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(estimator_variances, DRAWS, 2 * DRAWS)
