"""monte_carlo_kl: its checks and wrong answers. Grader's side.

Drawing afresh is told from not drawing by two results that are equal in every element, which chance does not bring
about. How estimates are judged, and with which error rates, stands in ``judging``.

Where mu is large and sigma is 1, an estimate from one draw is a straight line in the noise, mu^2 / 2 + mu eps, but for
one part in mu, in whatever way a right answer is written: so the noise is recovered from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    SCALES,
    Parts,
    called,
    derivatives,
    judge_estimates,
    judge_noise,
    judge_row_shape,
    leaves,
    reached,
    repeated,
    scale_of,
    wrong_scale,
)
from autograder.checks.lesson04_kl_elbo.mistakes import (
    CUT,
    LATENT_MEAN,
    N_IGNORED,
    UNSCALED,
    VARIANCE_AS_SIGMA,
    Z_CUT,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("monte_carlo_kl", reread="When there is no formula")

ROWS, NOISES = 8_000, 20_000
DIRECTIONS = ((1.0,), (1.0, 1.0, -2.0))
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
NOT_AVERAGED = Mistake("not_repeated", "the n draws are summed, or returned one by one: average them.")
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
SHARED_LATENT = Mistake(
    "shared_latent", "one eps for all latents of a row. Draw a number for every element: shape (n, batch, latent)."
)
CLAMPED = Mistake(
    "clamped",
    "a clamp at 0: a single log q(z) - log p(z) may be negative, and the mean needs those draws.",
)
FROM_PRIOR = Mistake("from_prior", "z is drawn from the prior: the mean is over draws from q, z = mu + sigma * eps.")


def same_rows(
    rng: Draws, means: tuple[float, float], logvars: tuple[float, float], n: int = 1, rows: int = ROWS
) -> dict[str, Any]:
    """Many times the same mu and the same logvar, and n: one row's estimate, many times over."""
    mu, logvar = rng.uniform(*means, 1, 3), rng.uniform(*logvars, 1, 3)
    return {"mu": mu.repeat(rows, 1), "logvar": logvar.repeat(rows, 1), "n": n}


def sharp_rows(rng: Draws) -> dict[str, Any]:
    """Rows of a q so narrow and so far from the prior that its estimates have almost no noise."""
    return same_rows(rng, (25, 30), (-14, -10), 2)


def right_kl(case: Mapping[str, Any]) -> Tensor:
    """The KL of one row."""
    return exact.kl(case["mu"][0], case["logvar"][0])


def estimates(answer: LearnerObject, case: Mapping[str, Any]) -> Tensor:
    """An estimate for each row, if the answer returns what it should."""
    return expect.tensor(called(answer, case), "the estimate").double()


def own_draws(found: Tensor, again: Callable[[], Tensor]) -> None:
    """Rows that are equal in this call, and others in the next, share their draws: that says little of a mean."""
    if found.ndim == 0 or len(found) == 1 or (found != found[0]).any() or torch.equal(found, again()):
        return
    raise Failure("all rows have the same estimate", "draws of its own for every row", "no difference", SHARED_ROW)


@exercise.check
def shape(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype and on the device of the inputs, which are left alone, for every n."""
    for shape, n, dtype in [((5, 3), 7, torch.float32), ((1, 4), 1, torch.float64), ((4, 1), 6, torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        judge_row_shape(monte_carlo_kl, f"estimate from {n} draws", n, mu=mu, logvar=logvar)


@exercise.check
def draws(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """Every call, row and latent number draws afresh from q, and more draws bring the estimates closer together."""
    case = same_rows(rng, (2, 3), (-1, 0))  # a negative draw is rare here: the values show what becomes of those
    first, second = estimates(monte_carlo_kl, case), estimates(monte_carlo_kl, case)
    if torch.equal(first, second):
        likely = not_drawn(monte_carlo_kl, case, same_rows(rng, (-1, 0), (-2, -1)))
        raise Failure("two calls give the same value", "an estimate from fresh draws", "no difference", likely)
    if first.shape != case["mu"].shape[:1]:
        return  # The shape has a check of its own, and rows cannot be told apart.
    judge_fall(monte_carlo_kl, case)
    for direction in DIRECTIONS:
        judge_direction(monte_carlo_kl, torch.tensor(direction, dtype=torch.float64))


def not_drawn(answer: LearnerObject, *cases: Mapping[str, Any]) -> Mistake | None:
    """Why an answer gives the same twice: noise that rows of the same q show is there, and fixed."""
    found = [estimates(answer, case) for case in cases]
    if any((each != each.flatten()[0]).any() for each in found):
        return FIXED_SEED
    close = (torch.isclose(each, right_kl(case), rtol=1e-5).all() for each, case in zip(found, cases, strict=True))
    return CLOSED_FORM if all(close) else None


def judge_fall(answer: LearnerObject, case: Mapping[str, Any]) -> None:
    """25 times the draws divide the spread by 5, within 4% (noise in pairs by more), and leave the mean where it is."""

    def change(answer: LearnerObject) -> Tensor:
        one, many = estimates(answer, case), estimates(answer, {**case, "n": 25})
        own_draws(one, lambda: estimates(answer, case))
        if not one.std() > 1e-6 * one.abs().mean():
            raise ValueError("nothing is drawn")
        return torch.stack([one.std() / many.std(), many.mean() / one.mean()])

    found = change(answer)
    if not found[0] > 4.2:
        what, expected = "the spread does not fall with n as it should", "a fall by about 5 from n = 1 to n = 25"
        named = expect.recognised(found, None, exercise.mistaken(change), rtol=0.1)
        raise Failure(what, expected, f"it falls by the factor {found[0]:.2f}", named)


def judge_direction(answer: LearnerObject, direction: Tensor) -> None:
    """Far along a direction the estimates give their noise away, which is standard normal."""
    mu = 700 * direction.repeat(NOISES, 1)
    size = float(mu[0].norm())
    eps = (estimates(answer, {"mu": mu, "logvar": 0 * mu, "n": 1}) - size**2 / 2) / size
    if abs(eps.mean()) > 0.01 * size:
        return  # Estimates of something else: that is for the values.
    if len(direction) == 1 and (eps.abs() < 0.1).all():
        what, expected = "the estimates hardly vary, far from the prior", "log q(z) - log p(z) at draws z from q"
        raise Failure(what, expected, f"a spread of {eps.std():.1e} of what the draws of z would give")
    if len(direction) > 1 and (eps.abs() < 0.1).all():
        what, expected = "all latents have the same noise", "a draw of its own for every latent number"
        raise Failure(what, expected, "z - mu is the same in all latents of every row", SHARED_LATENT)
    judge_noise(eps.reshape(2, -1), "the noise in z", {"half of the batch": None, "row": None})


def likely_scale(answer: LearnerObject, rng: Draws) -> Mistake | None:
    """What the noise is multiplied with in place of sigma."""
    mu, logvar = torch.full((ROWS, 1), 700.0, dtype=torch.float64), rng.uniform(-2, 1, ROWS, 1)
    found = estimates(answer, {"mu": mu, "logvar": logvar, "n": 1})
    if found.shape != mu.shape[:1]:
        return None
    return scale_of((found[:, None] - mu**2 / 2) / mu, logvar)


@exercise.check
def values(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased, far from the prior and near it."""
    what = f"the mean of {ROWS} estimates"
    # Near the prior a draw of log q(z) - log p(z) is often negative, by little: so there are more of them. All other
    # mistakes show far from it.
    cases = {
        f"{what}, far from the prior,": same_rows(rng, (2, 2.4), (-1.5, -0.7), 3),
        f"the mean of {4 * ROWS} estimates, near the prior,": same_rows(rng, (0.3, 0.5), (-0.4, 0.4), rows=4 * ROWS),
        f"{what}, of a narrow q far from the prior,": sharp_rows(rng),
    }

    def found(answer: LearnerObject) -> Parts:
        return {name: mean_estimate(answer, case) for name, case in cases.items()}

    right = {name: right_kl(case) for name, case in cases.items()}
    limits = {name: mean_limit(**case) for name, case in cases.items()}
    with wrong_scale(partial(likely_scale, monte_carlo_kl, rng)):
        judge_estimates(found(monte_carlo_kl), right, limits, "the KL", by_numbers(found, rng))


def by_numbers(found: Callable[[LearnerObject], Parts], rng: Draws) -> Iterator[tuple[Mistake, Parts]]:
    """What the mistakes give, but for those that have to be told otherwise: by the noise, or by a path that is cut."""
    mistakes = exercise.mistaken(repeated(found), rng)
    return ((mistake, runs) for mistake, runs in mistakes if mistake not in {*SCALES, CUT})


def mean_estimate(answer: LearnerObject, case: Mapping[str, Any]) -> Tensor:
    """The mean over the rows."""
    found = estimates(answer, case)
    own_draws(found, lambda: estimates(answer, case))
    return found.sum() / len(case["mu"])


def mean_limit(mu: Tensor, logvar: Tensor, n: int) -> Tensor:
    """Nine standard errors of the mean over the rows."""
    var = logvar[0].exp()
    # Drawn as log q - log p, or with log p alone drawn and the entropy exact.
    spread = mu[0].square() * var + torch.maximum((var - 1).square(), var.square()) / 2
    return 9 * (spread.sum() / (len(mu) * n)).sqrt()


@exercise.check
def gradients(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased, for a narrow q and a wide one."""
    # A negative draw is rare here.
    cases = {"": same_rows(rng, (2.2, 2.6), (-2.5, -2)), " of a wide q": same_rows(rng, (12, 14), (2.2, 2.6))}
    cases = {where: case | leaves(mu=case["mu"], logvar=case["logvar"]) for where, case in cases.items()}
    sharp, of = sharp_rows(rng), partial(called, monte_carlo_kl)
    observed: Parts = {}
    right: Parts = {}
    limits: Parts = {"value": mean_limit(**sharp)}
    for where, case in cases.items():
        slopes = reached(of, case, ("mu", "logvar"), expect.tensor(of(case), "the estimate"))
        for name, slope in slopes.items():
            own_draws(slope, partial(slope_of, monte_carlo_kl, case, name))
        observed |= means(slopes, where)
        mu, logvar = case["mu"].detach()[0], case["logvar"].detach()[0]
        right |= {f"the gradient in mu{where}": mu, f"the gradient in logvar{where}": (logvar.exp() - 1) / 2}
        limits |= gradient_limits(mu, logvar, where)

    def found(answer: LearnerObject) -> Parts:
        parts = {"value": mean_estimate(answer, sharp)}
        for where, case in cases.items():
            parts |= means(slopes_of(answer, case), where)
        return parts

    observed["value"] = mean_estimate(monte_carlo_kl, sharp)
    rule, place = f"the gradient of the KL, as a mean over {ROWS} rows", "[:, {}]"
    with wrong_scale(partial(likely_scale, monte_carlo_kl, rng)):
        judge_estimates(observed, right, limits, rule, by_numbers(found, rng), place)


def slopes_of(answer: LearnerObject, case: Mapping[str, Any]) -> Parts:
    """The gradients of the estimates of a case, zeros where there is no path."""
    return derivatives(estimates(answer, case), {name: case[name] for name in ("mu", "logvar")})


def slope_of(answer: LearnerObject, case: Mapping[str, Any], name: str) -> Tensor:
    """One of them."""
    return slopes_of(answer, case)[name]


def means(slopes: Parts, where: str) -> Parts:
    """The mean gradients over the rows, by what a message calls them."""
    return {f"the gradient in {name}{where}": slope.mean(0) for name, slope in slopes.items()}


def gradient_limits(mu: Tensor, logvar: Tensor, where: str) -> Parts:
    """Nine standard errors of the mean gradients: through log q(z) in its parameters as well, or through z alone."""
    var = logvar.exp()
    of_mu, of_logvar = torch.maximum(var, var - 2 + 1 / var), torch.maximum(var, 1 - var).square()
    squares = {"mu": of_mu, "logvar": mu.square() * var / 4 + of_logvar / 2}
    return {f"the gradient in {name}{where}": 9 * (square / ROWS).sqrt() for name, square in squares.items()}


# Wrong answers


# Takes the absolute value of every draw.
@exercise.wrong(values=ABSOLUTE)
def absolute(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).sum(-1).abs().mean(0)


# Takes it of every element.
@exercise.wrong(values=ABSOLUTE)
def absolute_elements(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar)).abs().sum(-1).mean(0)


# Takes it at the end.
@exercise.wrong(values=ABSOLUTE)
def absolute_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
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
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(LATENT_MEAN, "values", "gradients")
def latent_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).mean((0, 2))


# Saves time where n is large.
@exercise.wrong(draws=unnamed("the spread does not fall with n as it should"))
def at_most_ten(mu, logvar, n):
    eps = torch.randn(min(n, 10), *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(draws=N_IGNORED)
def n_ignored(mu, logvar, n):
    eps = torch.randn_like(mu)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


@exercise.wrong(NO_LOG_SIGMA, "values", "gradients")
def no_log_sigma(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2).sum(-1).mean(0)


@exercise.wrong(NOT_AVERAGED, "draws", "values")
def summed_over_draws(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum((0, 2))


# The check adds up what has another shape.
@exercise.wrong(shape=unnamed("has the wrong shape"), values=NOT_AVERAGED)
def per_draw(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1)


# Has log(2 pi) in log p alone.
@exercise.wrong(values=ONE_CONSTANT)
def constant_in_log_p(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar) + 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


# Has log(2 pi) in log q alone.
@exercise.wrong(values=ONE_CONSTANT)
def constant_in_log_q(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return (0.5 * (z**2 - eps**2 - logvar) - 0.5 * math.log(2 * math.pi)).sum(-1).mean(0)


@exercise.wrong(SHARED_ROW, "draws", "values", "gradients")
def shared_row(mu, logvar, n):
    eps = torch.randn(n, 1, mu.shape[-1], dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(LOG_P_FIRST, "values", "gradients")
def log_p_first(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (eps**2 + logvar - z**2).sum(-1).mean(0)


@exercise.wrong(values=CLAMPED)
def clamped(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).clamp(min=0).mean(0)


# Clamps at the end.
@exercise.wrong(values=CLAMPED)
def clamped_mean(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return torch.relu(0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0))


@exercise.wrong(FROM_PRIOR, "values", "gradients")
def from_prior(mu, logvar, n):
    z = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    return 0.5 * (z**2 - (z - mu) ** 2 / logvar.exp() - logvar).sum(-1).mean(0)


@exercise.wrong(draws=SHARED_LATENT)
def shared_latent(mu, logvar, n):
    eps = torch.randn(n, len(mu), 1, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# The first two latents have noise of their own.
@exercise.wrong(draws=unnamed("the noise in z has the wrong distribution"))
def shared_by_pairs(mu, logvar, n):
    half = torch.randn(n, len(mu), mu.shape[1] - mu.shape[1] // 2, dtype=mu.dtype, device=mu.device)
    eps = torch.cat([half, half], dim=-1)[..., : mu.shape[1]]
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# Is normal but for its tail.
@exercise.wrong(draws=unnamed("are beyond 3"))
def without_tail(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device).clamp(-2.9, 2.9)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(shape=expect.ON_CPU)
def cpu_noise(mu, logvar, n):
    eps = torch.randn(n, *mu.shape).to(mu.dtype)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# Has the mean and the variance of normal noise, so that no mean shows it.
@exercise.wrong(draws=unnamed("the noise in z has the wrong distribution"))
def uniform(mu, logvar, n):
    eps = math.sqrt(12) * (torch.rand(n, *mu.shape, dtype=mu.dtype, device=mu.device) - 0.5)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


# Is the closed form with noise upon it.
@exercise.wrong(draws=unnamed("the estimates hardly vary, far from the prior"))
def noisy_closed_form(mu, logvar, n):
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return kl + 0.3 * torch.randn_like(kl) / math.sqrt(n)


@exercise.wrong(gradients=CUT)
def result_cut(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0).detach()


# Knows the entropy of q, and cuts sigma in the draws for log p: a narrow q does not show it.
@exercise.wrong(gradients=unnamed("of a wide q is wrong"))
def sigma_cut(mu, logvar, n):
    z = mu + torch.exp(logvar / 2).detach() * torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    return 0.5 * (z**2 - 1 - logvar).sum(-1).mean(0)


# A narrow q shows neither scale to a gradient.
@exercise.wrong(VARIANCE_AS_SIGMA, "values", "gradients")
def variance_as_sigma(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar) * eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)


@exercise.wrong(UNSCALED, "values", "gradients")
def unscaled(mu, logvar, n):
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + eps
    return 0.5 * (z**2 - eps**2 - logvar).sum(-1).mean(0)
