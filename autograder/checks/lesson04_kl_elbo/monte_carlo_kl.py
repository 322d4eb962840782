"""monte_carlo_kl: its checks and wrong answers. Grader's side.

Drawing afresh is told from not drawing by two results that are equal in every element, which chance does not bring
about. How estimates are judged, and with which error rates, stands in ``judging``.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    Parts,
    averaged,
    derivatives,
    judge_estimate,
    judge_row_shape,
    leaves,
)
from autograder.checks.lesson04_kl_elbo.mistakes import CUT, LATENT_MEAN, Z_CUT
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("monte_carlo_kl", reread="When there is no formula")

ROWS = 8_000
LOG_P_FIRST = Mistake(
    "log_p_first", "log p(z) - log q(z): the order is turned. The KL is the mean of log q(z) - log p(z)."
)
ABSOLUTE = Mistake(
    "absolute",
    "an absolute value: a single log q(z) - log p(z) may be negative, and the mean needs those draws.",
)
ONE_CONSTANT = Mistake(
    "one_constant",
    "log(2 pi) / 2 stands in only one of the two log densities: give it to both, or to neither.",
)
NO_LOG_SIGMA = Mistake(
    "no_log_sigma", "log q(z) lacks its -logvar / 2: only log(2 pi) / 2 is common to both densities."
)
NOT_AVERAGED = Mistake("not_averaged", "the n draws are summed, or returned one by one: average them.")
CLOSED_FORM = Mistake(
    "closed_form",
    "the closed form: nothing is drawn. Average log q(z) - log p(z) over n draws of z; "
    "it differs from draw to draw wherever q is not p.",
)
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)
SHARED_ROW = Mistake(
    "shared_row", "one eps shared across the batch. Draw a number for every element: shape (n, batch, latent)."
)


def same_rows(rng: Draws, means: tuple[float, float], logvars: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """ROWS times the same mu and the same logvar: one row's estimate, many times over."""
    mu, logvar = rng.uniform(*means, 1, 3), rng.uniform(*logvars, 1, 3)
    return mu.repeat(ROWS, 1), logvar.repeat(ROWS, 1)


def own_draws(estimates: Tensor, closed_form: Tensor | None = None) -> None:
    """Rows that share their draws are one estimate, which says little of a mean; a closed form is for another check."""
    if estimates.ndim == 0 or len(estimates) == 1 or (estimates != estimates[0]).any():
        return
    if closed_form is None or not torch.isclose(estimates[0].double(), closed_form.detach(), rtol=1e-6).all():
        raise Failure("all rows have the same estimate", "draws of its own for every row", "no difference", SHARED_ROW)


@exercise.check
def shape(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone, for every n."""
    for shape, n, dtype in [((5, 3), 7, torch.float32), ((1, 4), 1, torch.float64), ((4, 1), 6, torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        call = partial(with_n, monte_carlo_kl, n)
        judge_row_shape(call, f"the estimate from {n} draws", mu=mu, logvar=logvar)


def with_n(function: LearnerObject, n: int, mu: Tensor, logvar: Tensor) -> Any:
    """The estimate from n draws."""
    return function(mu, logvar, n)


@exercise.check
def draws(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """Every call and every row draws afresh, and more draws bring the estimates closer together."""
    mu, logvar = same_rows(rng, (1, 2), (-1, 1))

    def estimates(answer: LearnerObject, n: int) -> Tensor:
        return expect.tensor(answer(mu, logvar, n), "the estimate").double()

    def fall(answer: LearnerObject) -> Tensor:
        one, many = estimates(answer, 1), estimates(answer, 25)
        own_draws(one)
        return one.std() / many.std()

    first, second = estimates(monte_carlo_kl, 1), estimates(monte_carlo_kl, 1)
    if torch.equal(first, second):
        same = torch.isclose(first.sum() / ROWS, exact.kl(mu, logvar)[0], rtol=1e-3)
        likely = CLOSED_FORM if same else FIXED_SEED
        raise Failure("two calls give the same value", "an estimate from fresh draws", "no difference", likely)
    if first.shape != mu.shape[:1]:
        return  # The shape has a check of its own, and rows cannot be told apart.
    factor = fall(monte_carlo_kl)
    if not factor > 2.5:
        what, expected = "the spread does not fall with n", "a fall by about 5 from n = 1 to n = 25"
        named = expect.recognised(factor, None, exercise.mistaken(fall), rtol=0.1)
        raise Failure(what, expected, f"it falls by the factor {factor:.2f}", named)


@exercise.check
def values(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased, far from the prior and near it."""
    # Near the prior a draw of log q(z) - log p(z) is often negative; all other mistakes show far from it.
    far, near = same_rows(rng, (2, 2.4), (-1.5, -0.7)), same_rows(rng, (0.3, 0.5), (-0.4, 0.4))
    cases = [(*far, 2), (*near, 1)]

    def found(answer: LearnerObject) -> Tensor:
        return torch.stack([mean_estimate(answer, *case) for case in cases])

    right = torch.stack([exact.kl(mu, logvar)[0] for mu, logvar, _ in cases])
    limit = torch.stack([mean_limit(*case) for case in cases])
    what = f"the mean of {ROWS} estimates (far from the prior, then near it)"
    judge_estimate(found(monte_carlo_kl), right, limit, what, "the KL", exercise.mistaken(averaged(found)))


def mean_estimate(answer: LearnerObject, mu: Tensor, logvar: Tensor, n: int) -> Tensor:
    """The mean over the rows."""
    estimates = expect.tensor(answer(mu, logvar, n), "the estimate").double()
    own_draws(estimates, exact.kl(mu, logvar)[0])
    return estimates.sum() / ROWS


def mean_limit(mu: Tensor, logvar: Tensor, n: int) -> Tensor:
    """Nine standard errors of the mean over the rows."""
    var = logvar[0].exp()
    # Drawn as log q - log p, or with log p alone drawn and the entropy exact.
    spread = mu[0].square() * var + torch.maximum((var - 1).square(), var.square()) / 2
    return 9 * (spread.sum() / (ROWS * n)).sqrt()


@exercise.check
def gradients(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased."""
    mu, logvar = same_rows(rng, (2.2, 2.6), (-2.5, -2))  # A negative draw is rare here.
    inputs = leaves(mu=mu, logvar=logvar)
    truths = {"mu": mu[0], "logvar": (logvar[0].exp() - 1) / 2}

    def estimates(answer: LearnerObject) -> Tensor:
        return expect.tensor(answer(*inputs.values(), 1), "the estimate")

    def mean(parts: Parts) -> Tensor:
        for name, right in truths.items():
            own_draws(parts[name], right)
        return torch.cat([part.mean(0) for part in parts.values()])

    found = expect.gradients(estimates(monte_carlo_kl), inputs, cut=CUT, unused=dict.fromkeys(inputs, Z_CUT))
    mistakes = exercise.mistaken(averaged(lambda answer: mean(derivatives(estimates(answer), inputs))))
    what, rule = f"the mean of {ROWS} gradients (in mu, then in logvar)", "the gradient of the KL"
    judge_estimate(mean(found), torch.cat(list(truths.values())), gradient_limit(mu, logvar), what, rule, mistakes)


def gradient_limit(mu: Tensor, logvar: Tensor) -> Tensor:
    """Nine standard errors of the mean gradients: through log q(z) in its parameters as well, or through z alone."""
    mean, var = mu[0], logvar[0].exp()
    of_mu, of_logvar = torch.maximum(var, var - 2 + 1 / var), torch.maximum(var, 1 - var).square()
    return 9 * (torch.cat([of_mu, mean.square() * var / 4 + of_logvar / 2]) / ROWS).sqrt()


# Wrong answers


# Takes the absolute value of every draw.
@exercise.wrong(values=ABSOLUTE)
def absolute(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).sum(-1).abs().mean(0)


# Takes it of every element.
@exercise.wrong(values=ABSOLUTE)
def absolute_elements(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).abs().sum(-1).mean(0)


# Takes it at the end.
@exercise.wrong(values=ABSOLUTE)
def absolute_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).sum(-1).mean(0).abs()


@exercise.wrong(draws=CLOSED_FORM)
def closed_form(mu, logvar, n):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(gradients=Z_CUT)
def sample_for_rsample(mu, logvar, n):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample((n,))
    return (q.log_prob(z) + 0.5 * z**2 + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(mu, logvar, n):
    torch.manual_seed(0)
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(LATENT_MEAN, "values", "gradients")
def latent_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).mean((0, 2))


@exercise.wrong(draws="n is ignored, or one draw is repeated n times. Draw n times, and average over the n.")
def n_ignored(mu, logvar, n):
    eps = torch.randn_like(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


@exercise.wrong(NO_LOG_SIGMA, "values", "gradients")
def no_log_sigma(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2).sum(-1).mean(0)


@exercise.wrong(NOT_AVERAGED, "draws", "values")
def summed_over_draws(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum((0, 2))


# The check adds up what has another shape.
@exercise.wrong(shape=unnamed("has the wrong shape"), values=NOT_AVERAGED)
def per_draw(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


# Has log(2 pi) in log p alone.
@exercise.wrong(values=ONE_CONSTANT)
def constant_in_log_p(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar) + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


# Has log(2 pi) in log q alone.
@exercise.wrong(values=ONE_CONSTANT)
def constant_in_log_q(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar) - 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


@exercise.wrong(SHARED_ROW, "draws", "values", "gradients")
def shared_row(mu, logvar, n):
    eps = torch.randn(n, 1, mu.shape[-1], dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(LOG_P_FIRST, "values", "gradients")
def log_p_first(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (eps**2 + logvar - z**2).sum(-1).mean(0)
