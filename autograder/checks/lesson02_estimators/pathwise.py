"""Checks of lesson 2: the pathwise estimator. Grader's side.

How estimates are judged, and with which error rates, stands in ``estimates``.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.beside.lesson02_estimators import one, step, wave
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, check
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    LOGVAR,
    Case,
    agrees,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    slope,
    some_parameters,
    table,
)

PATHWISE = 'Lesson 2, "Move the points: the pathwise estimator"'

SHAPE_SUMMED = "the gradient of the sum is returned once: mu and sigma are shared, so autograd adds the draws up."

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
