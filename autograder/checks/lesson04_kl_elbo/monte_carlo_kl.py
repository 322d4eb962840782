"""monte_carlo_kl: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import LATENT_MEAN
from autograder.checks.lesson04_kl_elbo.judging import CUT, Z_CUT, in_lesson, judge_estimate, judge_row_shape, leaves
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("monte_carlo_kl", reread="When there is no formula")

DRAWN = in_lesson("When there is no formula")
# monte_carlo_kl

ROWS = 8_000
LOG_P_FIRST = Mistake(
    "log_p_first",
    "log p(z) - log q(z): the order is turned. The KL is the mean of log q(z) - log p(z).",
)
ABSOLUTE = Mistake(
    "absolute",
    "an absolute value: a single log q(z) - log p(z) may be negative, and the mean needs those draws.",
)
ONE_CONSTANT = Mistake(
    "one_constant",
    "log(2 pi) / 2 stands in only one of the two log densities: give it to both, or to neither.",
)
ONE_LOG_SIGMA = Mistake(
    "one_log_sigma",
    "log q(z) lacks its -logvar / 2: only log(2 pi) / 2 is common to both densities.",
)
CLOSED_FORM = Mistake(
    "closed_form",
    "the closed form: nothing is drawn. Average log q(z) - log p(z) over n draws of z; it differs from draw to draw wherever q is not p.",
)
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)
SHARED_ROW = Mistake(
    "shared_row",
    "one eps shared across the batch. Draw a number for every element: shape (n, batch, latent).",
)
N_IGNORED = Mistake(
    "n_ignored",
    "n is ignored, or one draw is repeated n times. Draw n times, and average over the n.",
)


def same_rows(rng: Draws, means: tuple[float, float], logvars: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """ROWS times the same mu and the same logvar: one row's estimate, many times over."""
    mu, logvar = rng.uniform(*means, 1, 3), rng.uniform(*logvars, 1, 3)
    return mu.repeat(ROWS, 1), logvar.repeat(ROWS, 1)


def with_n(function: LearnerObject, n: int, mu: Tensor, logvar: Tensor) -> Any:
    """The estimate from n draws."""
    return function(mu, logvar, n)


def own_draws(estimates: Tensor, closed_form: Tensor | None = None) -> None:
    """Rows that share their draws are one estimate, which says little of a mean; a closed form is for another check."""
    if estimates.ndim == 0 or len(estimates) == 1 or (estimates != estimates[0]).any():
        return
    if closed_form is None or not torch.isclose(estimates[0].double(), closed_form.detach(), rtol=1e-6).all():
        raise Failure("all rows have the same estimate", "draws of its own for every row", "no difference", SHARED_ROW)


def absolute_values(mu: Tensor, logvar: Tensor, n: int, rng: Draws) -> expect.Mistakes:
    """The measured values of estimates with an absolute value in them."""
    eps = rng.normal(n, *mu.shape)
    z = mu + (logvar / 2).exp() * eps
    difference = (z.square() - eps.square() - logvar) / 2
    return {
        ABSOLUTE: difference.sum(-1).abs().mean(),
        ABSOLUTE[:-1] + ", in every dimension.": difference.abs().sum(-1).mean(),
        ABSOLUTE[:-1] + ", also after the mean over n.": difference.sum(-1).mean(0).abs().mean(),
    }


def drawn_mistakes(mu: Tensor, logvar: Tensor, n: int, rng: Draws) -> expect.Mistakes:
    """The expected values of wrong estimates."""
    right, constant = exact.kl(mu, logvar)[0], mu.shape[-1] * exact.LOG_2PI / 2
    return {
        **absolute_values(mu, logvar, n, rng),
        LOG_P_FIRST: -right,
        ONE_CONSTANT: right + constant,
        ONE_CONSTANT[:-1] + "; here log p(z) lacks it.": right - constant,
        ONE_LOG_SIGMA: right + logvar[0].sum() / 2,
        exact.LATENT_MEAN: right / mu.shape[-1],
        "the n draws are summed: average them.": n * right,
    }


@exercise.check
def shape(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone, for every n."""
    for shape, n, dtype in [((5, 3), 7, torch.float32), ((1, 4), 1, torch.float64), ((4, 1), 6, torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        call = partial(with_n, monte_carlo_kl, n)
        judge_row_shape(call, f"the estimate from {n} draws", mu=mu, logvar=logvar)


@exercise.check
def draws(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """Every call and every row draws afresh, and more draws bring the estimates closer together."""
    mu, logvar = same_rows(rng, (1, 2), (-1, 1))
    first, second, many = (expect.tensor(monte_carlo_kl(mu, logvar, n), "the estimate").double() for n in (1, 1, 25))
    if torch.equal(first, second):
        same = torch.isclose(first.sum() / ROWS, exact.kl(mu, logvar)[0], rtol=1e-3)
        likely = CLOSED_FORM if same else FIXED_SEED
        raise Failure("two calls give the same value", "an estimate from fresh draws", "no difference", likely)
    if first.shape != mu.shape[:1]:
        return  # The shape has a check of its own, and rows cannot be told apart.
    own_draws(first)
    ratio = float(first.std() / many.std())
    if not ratio > 2.5:
        observed = f"it falls by the factor {ratio:.2f}"
        raise Failure("the spread does not fall with n", "a fall by about 5 from n = 1 to n = 25", observed, N_IGNORED)


@exercise.check
def values(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased, far from the prior and near it."""
    # Near the prior a draw of log q(z) - log p(z) is often negative; all other mistakes show far from it.
    for n, (mu, logvar), mistaken in [
        (2, same_rows(rng, (2, 2.4), (-1.5, -0.7)), drawn_mistakes),
        (1, same_rows(rng, (0.3, 0.5), (-0.4, 0.4)), absolute_values),
    ]:
        observed = expect.tensor(monte_carlo_kl(mu, logvar, n), "the estimate").double()
        right, var = exact.kl(mu, logvar)[0], logvar[0].exp()
        # Drawn as log q - log p, or with log p alone drawn and the entropy exact.
        spread = mu[0].square() * var + torch.maximum((var - 1).square(), var.square()) / 2
        limit = 9 * float(spread.sum().sqrt()) / math.sqrt(ROWS * n)
        mistakes = mistaken(mu, logvar, n, rng)
        own_draws(observed, right)
        judge_estimate(observed.sum() / ROWS, right, limit, f"the mean of {ROWS} estimates", "the KL", mistakes)


@exercise.check
def gradients(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased."""
    mu, logvar = same_rows(rng, (2.2, 2.6), (-2.5, -2))  # A negative draw is rare here.
    inputs = leaves(mu=mu, logvar=logvar)
    observed = expect.tensor(monte_carlo_kl(*inputs.values(), 1), "the estimate")
    found = expect.gradients(observed, inputs, cut=CUT, unused=dict.fromkeys(inputs, Z_CUT))
    (mu, logvar), var = (mu[0], logvar[0]), logvar[0].exp()
    truths = {"mu": mu, "logvar": (var - 1) / 2}
    # Of one draw, through log q(z) in its parameters as well, or through z alone.
    of_mu, of_logvar = torch.maximum(var, var - 2 + 1 / var), torch.maximum(var, 1 - var).square()
    spreads = {"mu": of_mu, "logvar": mu.square() * var / 4 + of_logvar / 2}
    for name, right in truths.items():
        limit = 9 * (spreads[name] / ROWS).sqrt()
        mistakes = {Z_CUT: 0 * right, LOG_P_FIRST: -right, exact.LATENT_MEAN: right / len(right)}
        own_draws(found[name], right)
        what = f"the mean of {ROWS} gradients in {name}"
        judge_estimate(found[name].mean(0), right, limit, what, "the gradient of the KL", mistakes)


# Wrong answers


# Takes the absolute value of every draw.
@exercise.wrong(values=ABSOLUTE)
def drawn_abs(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).sum(-1).abs().mean(0)


# Takes the absolute value of every element.
@exercise.wrong(
    values="an absolute value: a single log q(z) - log p(z) may be negative, and the mean needs those draws, in every dimension."
)
def abs_elements(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).abs().sum(-1).mean(0)


# Takes the absolute value at the end.
@exercise.wrong(values=ABSOLUTE)
def abs_last(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).sum(-1).mean(0).abs()


# Returns the closed form.
@exercise.wrong(draws=CLOSED_FORM)
def closed_form(mu, logvar, n):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


# Draws without a path.
@exercise.wrong(gradients=Z_CUT)
def detached(mu, logvar, n):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample((n,))
    return (q.log_prob(z) + 0.5 * z**2 + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


# Sets a seed.
@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(mu, logvar, n):
    torch.manual_seed(0)
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# Averages over everything but the batch.
@exercise.wrong(values=LATENT_MEAN, gradients=LATENT_MEAN)
def latent_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).mean((0, 2))


# Draws once, whatever n is.
@exercise.wrong(draws=N_IGNORED)
def n_ignored(mu, logvar, n):
    eps = torch.randn_like(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


# Leaves logvar out of log q.
@exercise.wrong(values=ONE_LOG_SIGMA, gradients=Z_CUT)
def no_log_sigma(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2).sum(-1).mean(0)


# Sums over the draws.
@exercise.wrong(draws=N_IGNORED, values="the n draws are summed: average them.")
def not_averaged(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum((0, 2))


# Has log(2 pi) in log p alone.
@exercise.wrong(values=ONE_CONSTANT)
def one_constant(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (-0.5 * eps**2 - 0.5 * logvar + 0.5 * z**2 + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


# Has log(2 pi) in log q alone.
@exercise.wrong(
    values="log(2 pi) / 2 stands in only one of the two log densities: give it to both, or to neither; here log p(z) lacks it."
)
def other_constant(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return (-0.5 * eps**2 - 0.5 * logvar + 0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


# Returns every draw.
@exercise.wrong(shape=unnamed("has the wrong shape"), values="the n draws are summed: average them.")
def per_draw(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


# Shares one eps across the batch.
@exercise.wrong(draws=SHARED_ROW, values=SHARED_ROW, gradients=SHARED_ROW)
def shared(mu, logvar, n):
    eps = torch.randn(n, 1, mu.shape[-1], dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# Computes log p - log q.
@exercise.wrong(values=LOG_P_FIRST, gradients=LOG_P_FIRST)
def sign(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (eps**2 + logvar - z**2).sum(-1).mean(0)
