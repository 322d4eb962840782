"""score_function_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.beside.lesson02_estimators import one, wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.estimates import (
    AT_MU,
    DRAWS,
    FIXED_SEED,
    OWN_DRAWS,
    ROOT_SCALES,
    ROWS_AVERAGED,
    SCORES,
    SHAPE_AVERAGED,
    SHAPE_ONE,
    SHAPE_TURNED,
    SHARED_EPS,
    SIGMA_ONCE,
    SIGN,
    SWAPPED,
    TWO_TENSORS,
    UNDIVIDED,
    VARIANCE_SCALES,
    Case,
    agrees,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    slope,
    some_parameters,
    table,
    wrong_scores,
)
from autograder.checks.lesson02_estimators.score_function import DIFFERENTIATES, score_estimates
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("score_function_gradient", reread="The score-function estimator")

SCORE_FUNCTION = 'Lesson 2, "The score-function estimator"'
F_AVERAGED = Mistake(
    "f_averaged",
    "averages first: the mean of f over the draws multiplies each score. Use f of the row's own draw.",
)
AT_MU_OR_PATH = Mistake(
    "at_mu_or_path",
    "gradient of the log density at mu, or at a z that moves with mu (rsample): take the score at a draw held fixed.",
)
PATH_OPEN = Mistake(
    "path_open",
    "z carries a path (rsample), so f is differentiated too. Draw z with sample(), or detach it.",
)
F_MISSING = Mistake(
    "f_missing",
    "the score alone: multiply it by f(z).",
)
F_AT_MU = Mistake(
    "f_at_mu",
    "f is taken at mu: take it at the draw z.",
)


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


@exercise.check
def shape(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for a single draw."""
    judge_shape(score_function_gradient, rng, (5, 1), SHAPE_AVERAGED)


@exercise.check
def mu(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """The first column is f(z) times the score in mu, row by row."""
    judge_score_column(score_function_gradient, 0, rng)


@exercise.check
def sigma(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """The second column is f(z) times the score in sigma, row by row."""
    judge_score_column(score_function_gradient, 1, rng)


@exercise.check
def draws(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(score_function_gradient, DRAWS)


@exercise.check
def constant(score_function_gradient: LearnerObject, rng: Draws) -> None:
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


# Wrong answers


# Multiplies a row by a table.
@exercise.wrong(
    shape=stops("your code stopped with an error"),
    mu=stops("your code stopped with an error"),
    sigma=stops("your code stopped with an error"),
    draws=stops("your code stopped with an error"),
    constant=stops("your code stopped with an error"),
)
def shapes_clash(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z) * score


# Returns the mean over the draws.
@exercise.wrong(shape=SHAPE_AVERAGED, mu=SHAPE_AVERAGED, sigma=SHAPE_AVERAGED, constant=SHAPE_AVERAGED)
def averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0)


# Repeats the mean in every row.
@exercise.wrong(mu=ROWS_AVERAGED, sigma=ROWS_AVERAGED, constant=ROWS_AVERAGED)
def averaged_rows(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0).expand(n, 2)


# Puts sigma into the first column.
@exercise.wrong(mu=SWAPPED, sigma=SWAPPED, constant=SWAPPED)
def columns_swapped(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_sigma, f(z) * in_mu], dim=1)


# Differentiates f at the draw.
@exercise.wrong(mu=DIFFERENTIATES, sigma=DIFFERENTIATES, constant=DIFFERENTIATES)
def differentiates_f(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    z = mus + sigmas * torch.randn(n, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(f(z).sum(), [mus, sigmas]), dim=1)


# Multiplies each score by the mean of f.
@exercise.wrong(mu=F_AVERAGED, sigma=F_AVERAGED)
def f_averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).mean() * score


# Returns the score alone.
@exercise.wrong(mu=F_MISSING, sigma=F_MISSING)
def f_missing(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return score


# Seeds a generator in every call.
@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    source = torch.Generator().manual_seed(0)
    z = mu + sigma * torch.randn(n, dtype=torch.float64, generator=source)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Draws in float32.
@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Returns the gradient in mu alone.
@exercise.wrong(shape=SHAPE_ONE, mu=SHAPE_ONE, sigma=SHAPE_ONE, constant=SHAPE_ONE)
def mu_alone(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * normal_score(z, mu, sigma)[0]


# Draws again for the second column.
@exercise.wrong(mu=OWN_DRAWS, sigma=OWN_DRAWS, draws=OWN_DRAWS, constant=unnamed("g_sigma for f = 1 is wrong"))
def new_draws_for_sigma(f, mu, sigma, n):
    columns = []
    for column in range(2):
        z = mu + sigma * torch.randn(n, dtype=torch.float64)
        columns.append(f(z) * normal_score(z, mu, sigma)[column])
    return torch.stack(columns, dim=1)


# Repeats one draw n times.
@exercise.wrong(draws=SHARED_EPS)
def one_draw(f, mu, sigma, n):
    z = (mu + sigma * torch.randn((), dtype=torch.float64)).expand(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Takes sigma for the variance when it draws.
@exercise.wrong(draws=ROOT_SCALES)
def root_scales(f, mu, sigma, n):
    z = mu + sigma**0.5 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Leaves the path through z open.
@exercise.wrong(mu=PATH_OPEN, sigma=PATH_OPEN, constant=AT_MU_OR_PATH)
def rsample(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    q = torch.distributions.Normal(mus, sigmas)
    z = q.rsample()
    surrogate = f(z) * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), [mus, sigmas]), dim=1)


# Takes the score at the mean.
@exercise.wrong(mu=AT_MU, sigma=AT_MU, constant=AT_MU_OR_PATH)
def score_at_mu(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    at_mu = torch.full_like(z, float(mu))
    score = torch.stack(normal_score(at_mu, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Turns the sign of the second column.
@exercise.wrong(sigma=SIGN, constant=SIGN)
def sigma_sign(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_mu, -f(z) * in_sigma], dim=1)


# Multiplies the slope of f by the score.
@exercise.wrong(
    mu="differentiates f: f'(z) multiplies the score. The score function needs the values of f only.",
    sigma="differentiates f: f'(z) multiplies the score. The score function needs the values of f only.",
    constant=DIFFERENTIATES,
)
def slope_times_score(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    z.requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    z = z.detach()
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return slope.unsqueeze(1) * score


# Stacks along the wrong dimension.
@exercise.wrong(shape=SHAPE_TURNED)
def transposed(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * torch.stack(normal_score(z, mu, sigma))


# Returns the columns as a pair.
@exercise.wrong(shape=TWO_TENSORS)
def two_tensors(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return f(z) * in_mu, f(z) * in_sigma


# Scales the noise by the variance.
@exercise.wrong(draws=VARIANCE_SCALES)
def variance_scales(f, mu, sigma, n):
    z = mu + sigma**2 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
