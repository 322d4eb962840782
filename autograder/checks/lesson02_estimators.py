"""Checks of lesson 2: the score function, the pathwise gradient, a baseline, and what each costs. Grader's side.

How estimates are judged, and with which error rates, stands in ``estimates``.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import hundred, one, step, wave
from autograder.checking import Draws, Failure, check
from autograder.checks.estimates import (
    DRAWS,
    KINDS,
    LOGVAR,
    ROWS_AVERAGED,
    SCORES,
    SHAPE_AVERAGED,
    SIGMA_ONCE,
    SWAPPED,
    UNDIVIDED,
    Case,
    agrees,
    drawn,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    score,
    slope,
    some_parameters,
    table,
    take,
    wrong_scores,
)
from autograder.learner import LearnerObject

SCORE = 'Lesson 2, "Move the probabilities: the score"'
SCORE_FUNCTION = 'Lesson 2, "The score-function estimator"'
PATHWISE = 'Lesson 2, "Move the points: the pathwise estimator"'
BASELINE = 'Lesson 2, "A baseline from the other draws"'
COST = 'Lesson 2, "What one draw costs"'

VARIANCES = ("var_score", "var_pathwise")

SHAPE_SUMMED = "the gradient of the sum is returned once: mu and sigma are shared, so autograd adds the draws up."

F_AVERAGED = "averages first: the mean of f over the draws multiplies each score. Use f of the row's own draw."
AT_MU_OR_PATH = (
    "gradient of the log density at mu, or at a z that moves with mu (rsample): take the score at a draw held fixed."
)
DIFFERENTIATES = "differentiates f: f'(z) takes the place of f(z). The score function needs the values of f only."
PATH_OPEN = "z carries a path (rsample), so f is differentiated too. Draw z with sample(), or detach it."
F_MISSING = "the score alone: multiply it by f(z)."
F_AT_MU = "f is taken at mu: take it at the draw z."

ROWS_SUMMED = "gradient of the sum, returned once and repeated: give each draw its own copy of mu and sigma."
NO_EPS = "the sigma column misses eps: dz/dsigma = eps, so it is f'(z) * eps."
TIMES_OFFSET = "f'(z) * (z - mu): that is the gradient in log sigma. dz/dsigma = eps = (z - mu) / sigma."
TIMES_Z = "f'(z) * z: dz/dsigma = eps, not z."
IN_EPS = "the gradient in eps, f'(z) * sigma. dz/dmu = 1."
IS_SCORE = "the score-function estimate: here the gradient goes through z = mu + sigma * eps into f."
IS_VALUE = "f(z) itself: its derivative is asked for."
COLUMNS_TURNED = "the two columns have changed places: the gradient in mu comes first."
PATH_CUT = "zeros: the draw was cut from mu and sigma (sample, detach, torch.normal). Make z = mu + sigma * eps."
NO_GRAPH = "autograd refuses an output without a graph. Ask f(z).requires_grad first; if it is False, return zeros."

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


# normal_score


@check("normal_score", "shape", SCORE)
def normal_score_shape(normal_score: LearnerObject, rng: Draws) -> None:
    """Both derivatives have the shape of z, in float64, for any shape; mu and sigma are numbers or 0-dim tensors."""
    for shape in [(5,), (3, 4), ()]:
        for kind in KINDS:
            z, (mu, sigma) = rng.normal(*shape), (kind(value) for value in some_parameters(rng))
            with expect.untouched(z=z):
                pair = expect.pair(normal_score(z, mu, sigma), "the result", SCORES)
            for name, derivative in zip(SCORES, pair, strict=True):
                expect.kept(derivative, z, f"{name} for z of shape {shape}")


@check("normal_score", "mu", SCORE)
def normal_score_mu(normal_score: LearnerObject, rng: Draws) -> None:
    """The derivative of log q in mu, for every z."""
    judge_score(normal_score, 0, rng)


@check("normal_score", "sigma", SCORE)
def normal_score_sigma(normal_score: LearnerObject, rng: Draws) -> None:
    """The derivative of log q in sigma, for every z."""
    judge_score(normal_score, 1, rng)


def judge_score(normal_score: LearnerObject, column: int, rng: Draws) -> None:
    """One of the two derivatives is right."""
    z, (mu, sigma) = rng.uniform(-1, 3, 6), some_parameters(rng)
    found = expect.pair(normal_score(z.clone(), mu, sigma), "the result", SCORES)[column]
    mistakes = wrong_scores(z, mu, sigma, column)
    agrees(found, score(z, mu, sigma)[:, column], SCORES[column], rule="autograd's derivative", mistakes=mistakes)


# score_function_gradient


def score_estimates(case: Case) -> Tensor:
    """f(z) times the score."""
    return wave(case.z)[:, None] * case.scores


def wrong_score_estimates(case: Case, column: int) -> dict[str, Tensor]:
    """What the listed mistakes of the score-function estimator give."""
    f, derivative = wave(case.z), slope(case.z)
    right = case.scores[:, column]
    log_density = torch.distributions.Normal(case.mu, case.sigma).log_prob(case.z)
    through_z, explicit = [(derivative, 0), (derivative * case.eps, -f / case.sigma)][column]
    return {
        **{sentence: f * wrong for sentence, wrong in case.wrong_scores(column).items()},
        DIFFERENTIATES: through_z,
        "differentiates f: f'(z) multiplies the score. The score function needs the values of f only.": derivative
        * right,
        PATH_OPEN: through_z * log_density + explicit,
        F_AVERAGED: f.mean() * right,
        F_MISSING: right,
        F_AT_MU: wave(torch.full_like(f, case.mu)) * right,
    }


def judge_score_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the score-function estimates."""
    rule = f"f(z) * {SCORES[column]}, at the row's own draw z"
    judge_column(estimator, column, 5, rng, score_estimates, wrong_score_estimates, rule, SHAPE_AVERAGED)


@check("score_function_gradient", "shape", SCORE_FUNCTION)
def score_function_gradient_shape(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for a single draw."""
    judge_shape(score_function_gradient, rng, (5, 1), SHAPE_AVERAGED)


@check("score_function_gradient", "mu", SCORE_FUNCTION)
def score_function_gradient_mu(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """The first column is f(z) times the score in mu, row by row."""
    judge_score_column(score_function_gradient, 0, rng)


@check("score_function_gradient", "sigma", SCORE_FUNCTION)
def score_function_gradient_sigma(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """The second column is f(z) times the score in sigma, row by row."""
    judge_score_column(score_function_gradient, 1, rng)


@check("score_function_gradient", "draws", SCORE_FUNCTION)
def score_function_gradient_draws(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(score_function_gradient, DRAWS)


@check("score_function_gradient", "constant", SCORE_FUNCTION)
def score_function_gradient_constant(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """For f = 1, which has nothing to differentiate, g_sigma = (sigma^2 g_mu^2 - 1) / sigma in every row."""
    mu, sigma = some_parameters(rng)
    with refusal(DIFFERENTIATES, "estimates for f = 1: only values of f are needed"):
        result = score_function_gradient(one, mu, sigma, 5)
    g_mu, g_sigma = table(result, 5, SHAPE_AVERAGED).unbind(dim=1)
    if not g_mu.any():
        likely = AT_MU_OR_PATH if g_sigma.any() else DIFFERENTIATES
        raise Failure("g_mu is 0 in every row for f = 1", "the score in mu", "0 in 5 of 5 rows", likely)
    mistakes = {
        **wrong_scores(mu + sigma**2 * g_mu, mu, sigma, 1),
        SIGMA_ONCE: (g_mu**2 - 1) / sigma,
        UNDIVIDED: (g_mu**2 / sigma**2 - 1) / sigma,
        # Two that show in g_mu.
        SWAPPED: torch.where(((sigma**2 * g_sigma**2 - 1) / sigma - g_mu).abs() < 1e-4, g_sigma, torch.nan),
        ROWS_AVERAGED: torch.where(g_mu == g_mu[0], g_sigma, torch.nan),
    }
    expected, rule = (sigma**2 * g_mu**2 - 1) / sigma, "(sigma^2 g_mu^2 - 1) / sigma, from the g_mu of the same row"
    agrees(g_sigma, expected, "g_sigma for f = 1", rule=rule, mistakes=mistakes)


# pathwise_gradient


def path_estimates(case: Case) -> Tensor:
    """f'(z) times dz/dmu and dz/dsigma."""
    return torch.stack([slope(case.z), slope(case.z) * case.eps], dim=1)


def wrong_path_estimates(case: Case, column: int) -> dict[str, Tensor]:
    """What the listed mistakes of the pathwise estimator give."""
    f, derivative, right = wave(case.z), slope(case.z), path_estimates(case)
    turned = torch.allclose(case.rows, right.flip(1), rtol=1e-4, atol=1e-5)
    named = {
        **({COLUMNS_TURNED: case.rows[:, column]} if turned else {}),
        PATH_CUT: torch.zeros_like(f),
        ROWS_SUMMED: right[:, column].sum().expand_as(f),
        IS_SCORE: f * case.scores[:, column],
        IS_VALUE: f,
    }
    if column == 0:
        return named | {IN_EPS: derivative * case.sigma}
    return named | {
        NO_EPS: derivative,
        TIMES_OFFSET: derivative * (case.z - case.mu),
        TIMES_Z: derivative * case.z,
        LOGVAR: right[:, 1] * case.sigma / 2,
    }


def judge_path_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the pathwise estimates."""
    rule = ("f'(z)", "f'(z) * eps")[column] + ", at the row's own draw z"
    judge_column(estimator, column, 5, rng, path_estimates, wrong_path_estimates, rule, SHAPE_SUMMED)


@check("pathwise_gradient", "shape", PATHWISE)
def pathwise_gradient_shape(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for a single draw."""
    judge_shape(pathwise_gradient, rng, (5, 1), SHAPE_SUMMED)


@check("pathwise_gradient", "mu", PATHWISE)
def pathwise_gradient_mu(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """The first column is the derivative of f(mu + sigma * eps) in mu, row by row."""
    judge_path_column(pathwise_gradient, 0, rng)


@check("pathwise_gradient", "sigma", PATHWISE)
def pathwise_gradient_sigma(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """The second column is the derivative of f(mu + sigma * eps) in sigma, row by row."""
    judge_path_column(pathwise_gradient, 1, rng)


@check("pathwise_gradient", "draws", PATHWISE)
def pathwise_gradient_draws(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(pathwise_gradient, DRAWS)


@check("pathwise_gradient", "step", PATHWISE)
def pathwise_gradient_step(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """Where the output of f carries no graph, every estimate is 0."""
    for f in (step, one):
        with refusal(NO_GRAPH, "zeros where f's output carries no graph"):
            result = pathwise_gradient(f, *some_parameters(rng), 5)
        rows = table(result, 5, SHAPE_SUMMED)
        agrees(rows, torch.zeros(5, 2), "the result for an f without a graph", rule="zeros")


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
    """One of the two variances is the unbiased one of the mu column, per draw."""
    n, (mu, sigma) = 4, some_parameters(rng)
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
