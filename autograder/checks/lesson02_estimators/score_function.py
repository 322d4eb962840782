"""Checks of lesson 2: the score, and the score-function estimator. Grader's side.

How estimates are judged, and with which error rates, stands in ``estimates``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import one, wave
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    KINDS,
    ROWS_AVERAGED,
    SCORES,
    SHAPE_AVERAGED,
    SIGMA_ONCE,
    SWAPPED,
    UNDIVIDED,
    Case,
    agrees,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    score,
    slope,
    some_parameters,
    table,
    wrong_scores,
)

SCORE = 'Lesson 2, "Move the probabilities: the score"'
SCORE_FUNCTION = 'Lesson 2, "The score-function estimator"'

F_AVERAGED = "averages first: the mean of f over the draws multiplies each score. Use f of the row's own draw."
AT_MU_OR_PATH = (
    "gradient of the log density at mu, or at a z that moves with mu (rsample): take the score at a draw held fixed."
)
DIFFERENTIATES = "differentiates f: f'(z) takes the place of f(z). The score function needs the values of f only."
PATH_OPEN = "z carries a path (rsample), so f is differentiated too. Draw z with sample(), or detach it."
F_MISSING = "the score alone: multiply it by f(z)."
F_AT_MU = "f is taken at mu: take it at the draw z."


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
