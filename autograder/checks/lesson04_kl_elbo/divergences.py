"""Checks of lesson 4: the KL divergence, in closed form and from draws. Grader's side.

How they are judged, and with which error rates, stands in ``judging``. Drawing afresh is told from not drawing by two
results that are equal in every element, which chance does not bring about.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    CUT,
    Z_CUT,
    in_lesson,
    judge_estimate,
    judge_gradients,
    judge_row_shape,
    judge_rows,
    leaves,
)

PRICE = in_lesson("The price of one belief")
BETWEEN = in_lesson("The price of changing your mind")
DRAWN = in_lesson("When there is no formula")


# gaussian_kl


@check("gaussian_kl", "shape", PRICE)
def gaussian_kl_shape(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        judge_row_shape(gaussian_kl, "the KL", mu=mu, logvar=logvar)


@check("gaussian_kl", "values", PRICE)
def gaussian_kl_values(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The KL divergence from N(0, I) in nats, and 0 where q is N(0, I) itself."""
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 2, 5, 3)
    rule = "the closed form, in nats"
    mistakes = exact.kl_mistakes(mu, logvar)
    right = exact.kl(mu, logvar)
    judge_rows(gaussian_kl(mu.clone(), logvar.clone()), right, "the KL", rule, mistakes)
    mu = torch.zeros(5, 3, dtype=torch.float64)
    judge_rows(gaussian_kl(mu, mu.clone()), mu.sum(-1), "the KL where q is N(0, I)", "0", {})


@check("gaussian_kl", "gradients", PRICE)
def gaussian_kl_gradients(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The gradients are mu and (sigma^2 - 1) / 2."""
    inputs = leaves(mu=rng.normal(5, 3), logvar=rng.uniform(-2, 2, 5, 3))
    mistakes = exact.kl_mistakes(**inputs)
    judge_gradients(gaussian_kl(*inputs.values()), exact.kl(**inputs), inputs, rng, mistakes)


# gaussian_kl_between


def between_inputs(rng: Draws, batch: int, latent: int, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Two normal distributions for each row, different in every number."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    return {name: rng.uniform(-1.5, 1.5, batch, latent, dtype=dtype) for name in names}


@check("gaussian_kl_between", "shape", BETWEEN)
def gaussian_kl_between_shape(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        judge_row_shape(gaussian_kl_between, "the KL", **between_inputs(rng, batch, latent, dtype))


@check("gaussian_kl_between", "values", BETWEEN)
def gaussian_kl_between_values(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """KL(q || p) in nats, and 0 where q is p."""
    inputs = between_inputs(rng, 5, 3)
    copies = (value.clone() for value in inputs.values())
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_rows(gaussian_kl_between(*copies), exact.kl_between(**inputs), "the KL", "KL(q || p)", mistakes)
    mu, logvar = inputs["mu_q"], inputs["logvar_q"]
    same = gaussian_kl_between(mu, logvar, mu.clone(), logvar.clone())
    judge_rows(same, torch.zeros(5, dtype=torch.float64), "the KL where q is p", "0", {})


@check("gaussian_kl_between", "gradients", BETWEEN)
def gaussian_kl_between_gradients(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """Gradients reach all four inputs, and agree with the closed form."""
    inputs = leaves(**between_inputs(rng, 5, 3))
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_gradients(gaussian_kl_between(*inputs.values()), exact.kl_between(**inputs), inputs, rng, mistakes)


# monte_carlo_kl

ROWS = 8_000
LOG_P_FIRST = "log p(z) - log q(z): the order is turned. The KL is the mean of log q(z) - log p(z)."
ABSOLUTE = "an absolute value: a single log q(z) - log p(z) may be negative, and the mean needs those draws."
ONE_CONSTANT = "log(2 pi) / 2 stands in only one of the two log densities: give it to both, or to neither."
ONE_LOG_SIGMA = "log q(z) lacks its -logvar / 2: only log(2 pi) / 2 is common to both densities."
CLOSED_FORM = (
    "the closed form: nothing is drawn. Average log q(z) - log p(z) over n draws of z; "
    "it differs from draw to draw wherever q is not p."
)
FIXED_SEED = "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's."
SHARED_ROW = "one eps shared across the batch. Draw a number for every element: shape (n, batch, latent)."
N_IGNORED = "n is ignored, or one draw is repeated n times. Draw n times, and average over the n."


def same_rows(rng: Draws, means: tuple[float, float], logvars: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """ROWS times the same mu and the same logvar: one row's estimate, many times over."""
    mu, logvar = rng.uniform(*means, 1, 3), rng.uniform(*logvars, 1, 3)
    return mu.repeat(ROWS, 1), logvar.repeat(ROWS, 1)


@check("monte_carlo_kl", "shape", DRAWN)
def monte_carlo_kl_shape(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone, for every n."""
    for shape, n, dtype in [((5, 3), 7, torch.float32), ((1, 4), 1, torch.float64), ((4, 1), 6, torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        call = partial(with_n, monte_carlo_kl, n)
        judge_row_shape(call, f"the estimate from {n} draws", mu=mu, logvar=logvar)


def with_n(function: LearnerObject, n: int, mu: Tensor, logvar: Tensor) -> Any:
    """The estimate from n draws."""
    return function(mu, logvar, n)


@check("monte_carlo_kl", "draws", DRAWN)
def monte_carlo_kl_draws(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
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


def own_draws(estimates: Tensor, closed_form: Tensor | None = None) -> None:
    """Rows that share their draws are one estimate, which says little of a mean; a closed form is for another check."""
    if estimates.ndim == 0 or len(estimates) == 1 or (estimates != estimates[0]).any():
        return
    if closed_form is None or not torch.isclose(estimates[0].double(), closed_form.detach(), rtol=1e-6).all():
        raise Failure("all rows have the same estimate", "draws of its own for every row", "no difference", SHARED_ROW)


@check("monte_carlo_kl", "values", DRAWN)
def monte_carlo_kl_values(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
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


@check("monte_carlo_kl", "gradients", DRAWN)
def monte_carlo_kl_gradients(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
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
