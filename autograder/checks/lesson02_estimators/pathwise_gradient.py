"""pathwise_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.closed_forms import path_estimates, score_function_gradient
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    FLOAT32_NOISE,
    MU_ALONE,
    ROWS_AVERAGED,
    SHARED_EPS,
    TRANSPOSED,
    UNIFORM,
    VARIANCE_SCALES,
    agrees,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    some_parameters,
    table,
    take,
)
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("pathwise_gradient", reread="Move the points: the pathwise estimator")

SUMMED = Mistake(
    "summed",
    "the gradient of the sum is returned once: mu and sigma are shared, so autograd adds the draws up.",
)
ROWS_SUMMED = Mistake(
    "rows_summed",
    "gradient of the sum, returned once and repeated: give each draw its own copy of mu and sigma.",
)
SHARE = Mistake(
    "share",
    "divided by n: that is the part of this row in the gradient of the mean. Differentiate the sum instead.",
)
SWAPPED = Mistake("swapped", "the two columns have changed places: the gradient in mu comes first.")
PATH_CUT = Mistake(
    "path_cut",
    "zeros: no gradient arrives, as after sample(), detach() or torch.normal. "
    "Make z = mu + sigma * eps, and differentiate f(z).",
)
IS_SCORE = Mistake(
    "is_score",
    "the score-function estimate: here the gradient goes through z = mu + sigma * eps into f.",
)
IS_VALUE = Mistake("is_value", "f(z) itself: its derivative is asked for.")
NO_GRAPH = Mistake(
    "no_graph",
    "autograd refuses an output without a graph. Ask f(z).requires_grad first; if it is False, return zeros.",
)


def judge_path_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the pathwise estimates."""
    rule = ("f'(z)", "f'(z) * eps")[column] + ", at the row's own draw z"
    judge_column(exercise, estimator, column, 5, rng, partial(path_estimates, wave), rule, swapped=SWAPPED)


@exercise.check
def shape(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for a single draw."""
    judge_shape(exercise, pathwise_gradient, rng, (5, 1), partial(path_estimates, wave))
    mu, sigma = (torch.tensor(value, dtype=torch.float64) for value in some_parameters(rng))
    with expect.untouched(mu=mu, sigma=sigma):
        take(pathwise_gradient, "wave", mu, sigma, 5)
    with suppress(LearnerError):  # That it stops there, another check says.
        zeros = take(pathwise_gradient, "step", *some_parameters(rng), 5).result
        if isinstance(zeros, Tensor):
            expect.kept(zeros, torch.zeros(5, 2, dtype=torch.float64), "the result for an f without a graph")


@exercise.check
def mu(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """The first column is the derivative of f(mu + sigma * eps) in mu, row by row."""
    judge_path_column(pathwise_gradient, 0, rng)


@exercise.check
def sigma(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """The second column is the derivative of f(mu + sigma * eps) in sigma, row by row."""
    judge_path_column(pathwise_gradient, 1, rng)


@exercise.check
def draws(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(exercise, pathwise_gradient, DRAWS)


@exercise.check
def step(pathwise_gradient: LearnerObject, rng: Draws) -> None:
    """Where the output of f carries no graph, every estimate is 0."""
    for name in ("step", "one"):
        with refusal(NO_GRAPH, "zeros where f's output carries no graph"):
            result = take(pathwise_gradient, name, *some_parameters(rng), 5).result
        agrees(table(result, 5), torch.zeros(5, 2), "the result for an f without a graph", rule="zeros")


# Wrong answers


# Asks for the gradient of many values at once.
@exercise.wrong(stops("grad can be implicitly created"), "shape", "mu", "sigma", "draws")
def grad_of_no_scalar(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    values[:, None].expand(n, 2).backward()
    return torch.stack((mus.grad, sigmas.grad), dim=1)


@exercise.wrong(SWAPPED, "mu", "sigma")
def columns_swapped(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (sigmas, mus)), dim=1)


@exercise.wrong(draws=SHARED_EPS)
def eps_shared(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn((), dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), requires_grad=True)
    sigmas = torch.full((n,), float(sigma), requires_grad=True)
    values = f(mus + sigmas * torch.randn(n))
    if not values.requires_grad:
        return torch.zeros(n, 2)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


# Keeps one parameter in float32: its column is rounded, and the other one makes float64 of both.
@exercise.wrong(shape=unnamed("not as exact as float64 is"))
def float32_mu(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


# Draws without the dtype: the parameters make float64 of what has the digits of float32.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


# Forgets the dtype where there is no graph.
@exercise.wrong(shape=unnamed("wrong dtype"))
def float32_zeros(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(mu="the gradient in eps, f'(z) * sigma. dz/dmu = 1.")
def in_eps(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * eps)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), eps)
    return torch.stack([slope, slope / sigma * eps.detach()], dim=1)


@exercise.wrong(MU_ALONE, "shape", "mu", "sigma", step=unnamed("wrong shape"))
def mu_alone(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, dtype=torch.float64)
    return torch.autograd.grad(values.sum(), mus)[0]


@exercise.wrong(ROWS_AVERAGED, "mu", "sigma")
def mean_repeated(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.mean(), (mu, sigma))).expand(n, 2)


@exercise.wrong(step=NO_GRAPH)
def no_guard(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(SHARE, "mu", "sigma")
def of_the_mean(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.mean(), (mus, sigmas)), dim=1)


# Takes the missing graph for that of f.
@exercise.wrong(PATH_CUT, "mu", "sigma")
def sample(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(torch.distributions.Normal(mus, sigmas).sample())
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(IS_SCORE, "mu", "sigma", step=unnamed("the result for an f without a graph is wrong"))
def score_function(f, mu, sigma, n):
    return score_function_gradient(f, mu, sigma, n)


@exercise.wrong(sigma="the sigma column misses eps: dz/dsigma = eps, so it is f'(z) * eps.")
def sigma_misses_eps(f, mu, sigma, n):
    z = (mu + sigma * torch.randn(n, dtype=torch.float64)).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, slope], dim=1)


@exercise.wrong(SUMMED, "shape", "mu", "sigma")
def summed(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mu, sigma)))


@exercise.wrong(ROWS_SUMMED, "mu", "sigma")
def sum_repeated(f, mu, sigma, n):
    mu = torch.tensor(float(mu), dtype=torch.float64, requires_grad=True)
    sigma = torch.tensor(float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mu + sigma * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mu, sigma))).expand(n, 2)


@exercise.wrong(sigma="f'(z) * (z - mu): that is the gradient in log sigma. dz/dsigma = eps = (z - mu) / sigma.")
def times_offset(f, mu, sigma, n):
    z = (mu + sigma * torch.randn(n, dtype=torch.float64)).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, slope * (z.detach() - mu)], dim=1)


@exercise.wrong(sigma="f'(z) * z: dz/dsigma = eps, not z.")
def times_z(f, mu, sigma, n):
    z = (mu + sigma * torch.randn(n, dtype=torch.float64)).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, slope * z.detach()], dim=1)


@exercise.wrong(PATH_CUT, "mu", "sigma")
def torch_normal(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(torch.normal(mus, sigmas))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(shape=TRANSPOSED)
def transposed(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(2, n, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)))


@exercise.wrong(draws=UNIFORM)
def uniform_noise(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.rand(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(IS_VALUE, "mu", "sigma", step=unnamed("the result for an f without a graph is wrong"))
def values(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    return torch.stack([values, values], dim=1)


# Scales the noise by the variance, outside of the graph.
@exercise.wrong(draws=VARIANCE_SCALES)
def variance_scales(f, mu, sigma, n):
    eps = sigma * torch.randn(n, dtype=torch.float64)
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * eps)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)


@exercise.wrong(sigma="the gradient in logvar = log sigma^2: that is sigma / 2 times the one in sigma.")
def in_logvar(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    logvars = torch.full((n,), float(sigma), dtype=torch.float64).log().mul(2).requires_grad_()
    values = f(mus + torch.exp(logvars / 2) * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, logvars)), dim=1)


@exercise.wrong(sigma="f(z) * eps: the sigma column is the derivative f'(z) times eps, not the value.")
def value_times_eps(f, mu, sigma, n):
    eps = torch.randn(n, dtype=torch.float64)
    z = (mu + sigma * eps).requires_grad_()
    values = f(z)
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    (slope,) = torch.autograd.grad(values.sum(), z)
    return torch.stack([slope, values.detach() * eps], dim=1)
