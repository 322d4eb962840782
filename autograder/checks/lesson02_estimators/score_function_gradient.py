"""score_function_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.closed_forms import normal_score, score_estimates
from autograder.checks.lesson02_estimators.estimates import (
    AVERAGED,
    DIFFERENTIATES,
    DRAWS,
    F_AT_MU,
    FIXED_SEED,
    FLOAT32_NOISE,
    MU_ALONE,
    OWN_DRAWS,
    ROOT_SCALES,
    ROWS_AVERAGED,
    SCORES,
    SHARED_EPS,
    TRANSPOSED,
    TWO_TENSORS,
    UNSCALED,
    UNSHIFTED,
    VARIANCE_SCALES,
    Point,
    agrees,
    explaining,
    judge_column,
    judge_draws,
    judge_shape,
    mistaken_tables,
    near,
    refusal,
    some_parameters,
    tables,
    take,
)
from autograder.checks.lesson02_estimators.normal_score import SIGN, SWAPPED, mistaken_scores
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("score_function_gradient", reread="The score-function estimator")

SLOPE_TIMES_SCORE = Mistake(
    "slope_times_score",
    "differentiates f: f'(z) multiplies the score. The score function needs the values of f only.",
)
F_AVERAGED = Mistake(
    "f_averaged",
    "averages first: the mean of f over the draws multiplies each score. Use f of the row's own draw.",
)
F_MISSING = Mistake("f_missing", "the score alone: multiply it by f(z).")
AT_MU = Mistake("at_mu", "gradient of the log density at mu: take the score at the draw z, not at mu.")
PATH_OPEN = Mistake(
    "path_open",
    "z carries a path (rsample), so f is differentiated too. Draw z with sample(), or detach it.",
)
AT_OTHERS = Mistake(
    "at_others",
    "f(z) is multiplied by a score that is not its own: one at another point than z, or for another mu. "
    "Take both at the same draw.",
)
RESHAPED = Mistake(
    "reshaped", "reshape reads (2, n) as (n, 2) and mixes the rows. Turn it by .T, or give torch.stack dim=1."
)


def at_others(rows: Tensor, points: Sequence[Point]) -> Mistake | None:
    """Whether every row is f(z) times the two scores at one point, whichever it is; and z may be mu itself."""
    if all((z == mu).all() for z, mu, _ in points):
        return F_AT_MU
    for own, (z, _, sigma) in zip(rows, points, strict=True):
        g_mu, g_sigma = (own / wave(z)[:, None]).unbind(dim=1)
        if not near(g_sigma, (sigma**2 * g_mu**2 - 1) / sigma):
            return None
    return AT_OTHERS


def judge_score_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the score-function estimates."""
    right, rule = partial(score_estimates, wave), f"f(z) * {SCORES[column]}, at the row's own draw z"
    judge_column(exercise, estimator, column, 5, rng, right, rule, partial(mistaken_scores, wave), SWAPPED, at_others)


@exercise.check
def shape(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for a single draw."""
    judge_shape(exercise, score_function_gradient, rng, (5, 1), partial(score_estimates, wave))


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
    judge_draws(exercise, score_function_gradient, DRAWS)


@exercise.check
def constant(score_function_gradient: LearnerObject, rng: Draws) -> None:
    """For f = 1, which has nothing to differentiate, g_sigma = (sigma^2 g_mu^2 - 1) / sigma in every row."""
    mu, sigma = some_parameters(rng)
    with refusal(DIFFERENTIATES, "estimates for f = 1: only values of f are needed"):
        taken = [take(score_function_gradient, name, mu, sigma, 5) for name in ("one", "wave")]
    rows = tables(exercise, taken)
    g_mu, g_sigma = rows[0].unbind(dim=1)
    if not g_mu.any():
        likely = expect.recognised(rows, None, mistaken_tables(exercise, taken), 1e-4, 1e-5)
        raise Failure("g_mu is 0 in every row for f = 1", "the score in mu", "0 in 5 of 5 rows", likely)
    expected, rule = (sigma**2 * g_mu**2 - 1) / sigma, "(sigma^2 g_mu^2 - 1) / sigma, from the g_mu of the same row"
    named = ((mistake, given[0]) for mistake, given in explaining(rows, mistaken_tables(exercise, taken), 1, SWAPPED))
    agrees(g_sigma, expected, "g_sigma for f = 1", rule=rule, mistakes=named)


# Wrong answers


# Multiplies a row by a table.
@exercise.wrong(stops("your code stopped with an error"))
def shapes_clash(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z) * score


@exercise.wrong(AVERAGED, "shape", "mu", "sigma", "constant")
def averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0)


@exercise.wrong(ROWS_AVERAGED, "mu", "sigma", "constant")
def averaged_rows(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (f(z).unsqueeze(1) * score).mean(dim=0).expand(n, 2)


@exercise.wrong(SWAPPED, "mu", "sigma", "constant")
def columns_swapped(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_sigma, f(z) * in_mu], dim=1)


@exercise.wrong(DIFFERENTIATES, "mu", "sigma", "constant")
def differentiates_f(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    z = mus + sigmas * torch.randn(n, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(f(z).sum(), [mus, sigmas]), dim=1)


@exercise.wrong(F_AVERAGED, "mu", "sigma")
def f_averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).mean() * score


@exercise.wrong(F_MISSING, "mu", "sigma")
def f_missing(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return score


@exercise.wrong(F_AT_MU, "mu", "sigma", "draws")
def f_at_mu(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    at_mu = torch.full_like(z, float(mu))
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(at_mu).unsqueeze(1) * score


# Draws without the dtype, and makes float64 of what has the digits of float32.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n).double()
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Seeds a generator in every call.
@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    source = torch.Generator().manual_seed(0)
    z = mu + sigma * torch.randn(n, dtype=torch.float64, generator=source)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# Rounds the score on its way.
@exercise.wrong(shape=unnamed("not as exact as float64 is"))
def float32_score(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z.float(), mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(MU_ALONE, "shape", "mu", "sigma", "constant")
def mu_alone(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * normal_score(z, mu, sigma)[0]


@exercise.wrong(OWN_DRAWS, "mu", "sigma", "draws", constant=unnamed("g_sigma for f = 1 is wrong"))
def new_draws_for_sigma(f, mu, sigma, n):
    columns = []
    for column in range(2):
        z = mu + sigma * torch.randn(n, dtype=torch.float64)
        columns.append(f(z) * normal_score(z, mu, sigma)[column])
    return torch.stack(columns, dim=1)


@exercise.wrong(draws=SHARED_EPS)
def one_draw(f, mu, sigma, n):
    z = (mu + sigma * torch.randn((), dtype=torch.float64)).expand(n)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(draws=ROOT_SCALES)
def root_scales(f, mu, sigma, n):
    z = mu + sigma**0.5 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


# As rsample() does.
@exercise.wrong(PATH_OPEN, "mu", "sigma", "constant")
def path_open(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    q = torch.distributions.Normal(mus, sigmas)
    z = mus + sigmas * torch.randn(n, dtype=torch.float64)
    surrogate = f(z) * q.log_prob(z)
    return torch.stack(torch.autograd.grad(surrogate.sum(), [mus, sigmas]), dim=1)


@exercise.wrong(AT_MU, "mu", "sigma", "constant")
def score_at_mu(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    at_mu = torch.full_like(z, float(mu))
    score = torch.stack(normal_score(at_mu, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(SIGN, "sigma", "constant")
def sigma_sign(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([f(z) * in_mu, -f(z) * in_sigma], dim=1)


@exercise.wrong(SLOPE_TIMES_SCORE, "mu", "sigma", constant=DIFFERENTIATES)
def slope_times_score(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    z.requires_grad_()
    (slope,) = torch.autograd.grad(f(z).sum(), z)
    z = z.detach()
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return slope.unsqueeze(1) * score


@exercise.wrong(shape=TRANSPOSED)
def transposed(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z) * torch.stack(normal_score(z, mu, sigma))


@exercise.wrong(shape=TWO_TENSORS)
def two_tensors(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return f(z) * in_mu, f(z) * in_sigma


@exercise.wrong(draws=UNSCALED)
def unscaled(f, mu, sigma, n):
    z = mu + torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(draws=UNSHIFTED)
def unshifted(f, mu, sigma, n):
    z = sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(draws=VARIANCE_SCALES)
def variance_scales(f, mu, sigma, n):
    z = mu + sigma**2 * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score


@exercise.wrong(RESHAPED, "mu", "sigma", "constant")
def reshaped(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return (f(z) * torch.stack(normal_score(z, mu, sigma))).reshape(n, 2)


@exercise.wrong(AT_OTHERS, "mu", "sigma")
def at_new_draws(f, mu, sigma, n):
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return values.unsqueeze(1) * torch.stack(normal_score(z, mu, sigma), dim=1)


@exercise.wrong("the score is taken at eps: take it at z = mu + sigma * eps.", "mu", "sigma")
def at_eps(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(eps, mu, sigma), dim=1)
    return f(mu + sigma * eps).unsqueeze(1) * score
