"""bayes_elbo: its checks and wrong answers. Grader's side.

How estimates are judged, and with which error rates, stands in ``judging``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
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
    leaves,
    reached,
    repeated,
    scale_of,
    shape_for,
    wrong_scale,
)
from autograder.checks.lesson04_kl_elbo.mistakes import (
    DATA_MEAN,
    KL_ADDED,
    LATENT_MEAN,
    LOG_SIGMA,
    N_IGNORED,
    NEGATIVE,
    NO_KL,
    NOISE_VARIANCE,
    UNSCALED,
    VARIANCE_AS_SIGMA,
)
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("bayes_elbo", reread="A bound that touches the truth")

DRAWS = 4_000
FEW = 1_000
"""Draws of a narrow q, whose estimates have almost no noise."""
AT_MEAN = Mistake("at_mean", "the log likelihood at w = mu: that is not its mean over draws of w.")
DRAW_SUM = Mistake("draw_sum", "the log likelihood is summed over the draws: average it over them.")
NO_CONSTANT = Mistake("no_constant", "the constant -N/2 log(2 pi) of the normal density is missing.")
NO_LOG_NOISE = Mistake("no_log_noise", "the constant -N log noise_sigma of the normal density is missing.")
NO_CONSTANTS = Mistake(
    "no_constants", "the constants -N/2 log(2 pi) and -N log noise_sigma of the normal density are missing."
)
CONSTANTS_ONCE = Mistake(
    "constants_once", "the constants of the normal density count once: they count for each of the N observations."
)
NO_HALF = Mistake("no_half", "the factor 1/2 is missing before the squared error.")
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)
W_CUT = Mistake(
    "w_cut", "w was cut (.sample(), detach() or no_grad()): the path through w is lost. Use w = mu + sigma * eps."
)
SIGMA_CUT = Mistake(
    "sigma_cut", "sigma was cut inside w (detach(), .data or no_grad()): logvar moves the bound through w as well."
)
SHARED_WEIGHT = Mistake("shared_weight", "one eps for all weights. Draw a number for every weight: shape (n, D).")


def sharp_regression(rng: Draws, mixed: float) -> tuple[Tensor, Tensor, Tensor]:
    """x, y, and the weights that fit best: long columns, perpendicular for mixed=0, and errors of a fixed size.

    The noise of the estimate is then small beside all that the listed mistakes change, for every seed.
    """
    basis = torch.linalg.qr(rng.normal(9, 4)).Q
    mixing = torch.eye(3, dtype=torch.float64) + mixed * rng.uniform(0.5, 1, 3, 3).tril(-1)
    x = basis[:, :3] * rng.uniform(18, 20, 3) @ mixing
    w = signs(rng, 3) * rng.uniform(0.2, 0.5, 3)
    return x, x @ w + 6.5 * basis[:, 3], w


def narrow_case(rng: Draws) -> dict[str, Any]:
    """A belief so narrow, and so far from the prior and from the data, that its estimates have almost no noise."""
    x, mu, logvar = rng.normal(60, 3), 15 * signs(rng, 3) + rng.normal(3), rng.uniform(-12, -10, 3)
    sigma = float(rng.uniform(2.8, 3.2))
    return regression(x, x @ mu + 50 * rng.normal(60), mu, logvar, sigma, FEW)


def quiet_case(rng: Draws) -> dict[str, Any]:
    """The same with a noise_sigma below 1, whose logarithm is negative."""
    case, sigma = narrow_case(rng), float(rng.uniform(0.2, 0.3))
    return {**case, "y": case["x"] @ case["mu"] + 3 * rng.normal(60), "noise_sigma": sigma}


def silent_case(rng: Draws) -> dict[str, Any]:
    """Data that say nothing of the weights, x = 0, and a wide q: the KL is all that moves, and is seen as it is."""
    mu, logvar = 2 * signs(rng, 3) + 0.3 * rng.normal(3), rng.uniform(0.8, 1.2, 3)
    return regression(torch.zeros(9, 3, dtype=torch.float64), 2 * rng.normal(9), mu, logvar, 1.5)


def regression(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float, n: int = DRAWS) -> dict[str, Any]:
    """The arguments of an answer."""
    return {"x": x, "y": y, "mu": mu, "logvar": logvar, "noise_sigma": sigma, "n": n}


def right_elbo(case: Mapping[str, Any]) -> Tensor:
    """The exact ELBO of a case."""
    return exact.regression_elbo(*list(case.values())[:-1])


def signs(rng: Draws, n: int) -> Tensor:
    """Numbers that are 1 or -1."""
    return rng.normal(n).sign()


def forms(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> list[tuple[Tensor, Tensor]]:
    """(slope, curvature) in w at mu of what right answers draw: with a KL in closed form, drawn, or drawn with its
    parameters held."""
    identity = torch.eye(len(mu), dtype=torch.float64)
    slope, curvature = x.T @ (y - x @ mu) / sigma**2, -x.T @ x / sigma**2
    held = torch.diag((-logvar).exp())
    return [(slope, curvature), (slope - mu, curvature - identity), (slope - mu, curvature - identity + held)]


def elbo_limit(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, noise_sigma: float, n: int) -> Tensor:
    """Nine standard errors of an estimate of the ELBO from n draws."""
    root = (logvar / 2).exp()
    variances = []
    # Drawn with the KL, log q takes its curvature from the draw too.
    for slope, curvature in forms(x, y, mu, logvar, noise_sigma):
        scaled = root[:, None] * curvature * root
        variances.append((root * slope).square().sum() + scaled.square().sum() / 2)
    return 9 * (torch.stack(variances).max() / n).sqrt()


def gradient_limits(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, noise_sigma: float, n: int) -> Parts:
    """Nine standard errors of its gradients."""
    root = (logvar / 2).exp()
    of_mu, of_logvar = [], []
    for slope, curvature in forms(x, y, mu, logvar, noise_sigma):
        by_weight = (curvature * root).square()
        of_mu.append(by_weight.sum(-1))
        of_logvar.append(root.square() * (slope.square() + by_weight.sum(-1) + by_weight.diagonal()) / 4)
    squares = {"mu": torch.stack(of_mu).amax(0), "logvar": torch.stack(of_logvar).amax(0)}
    return {f"the gradient in {name}": 9 * (square / n).sqrt() for name, square in squares.items()}


def estimate(answer: LearnerObject, case: Mapping[str, Any]) -> Tensor:
    """The ELBO, whatever its shape: that is for the shape check alone."""
    return expect.tensor(called(answer, case), "the ELBO").double().sum()


@exercise.check
def shape(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """One number, in the dtype and on the device of the inputs, which are left alone."""
    for n, d, draws, dtype in [(6, 3, 5, torch.float64), (1, 2, 4, torch.float32), (4, 1, 1, torch.float64)]:
        x, y, mu = rng.normal(n, d, dtype=dtype), rng.normal(n, dtype=dtype), rng.normal(d, dtype=dtype)
        inputs = {"x": x, "y": y, "mu": mu, "logvar": rng.uniform(-3, -1.5, d, dtype=dtype)}
        case = {**inputs, "noise_sigma": 0.7, "n": draws}
        with expect.untouched(**inputs):
            result = bayes_elbo(*case.values())
        mistakes = exercise.mistaken(partial(shape_for, case=case))
        expect.kept(result, mu, f"the ELBO of {n} observations from {draws} draws", (), mistakes)
        expect.device_kept(bayes_elbo, *case.values(), what="the ELBO")


@exercise.check
def values(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased: expected log likelihood of all the data minus KL, with all constants, by draws of q."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    # With these numbers the listed mistakes are far apart, from the truth and from each other.
    sigma = float(rng.uniform(1.45, 1.55))
    narrow = f"the ELBO from {FEW} draws of a narrow q"
    cases = {
        f"the ELBO from {DRAWS} draws": regression(x, y, w + 0.02 * signs(rng, 3), rng.uniform(-5.6, -5.3, 3), sigma),
        narrow: narrow_case(rng),
        f"{narrow}, for a small noise_sigma,": quiet_case(rng),
        f"the ELBO from {DRAWS} draws of a wide q, for x = 0,": silent_case(rng),
    }
    judge_elbos(bayes_elbo, cases, "the exact ELBO", cases, rng)
    judge_own_draws(bayes_elbo, rng)


def judge_elbos(
    answer: LearnerObject, cases: Mapping[str, dict[str, Any]], rule: str, judged: Iterable[str], rng: Draws
) -> None:
    """The judged cases have the exact ELBO; the others help to recognise a mistake."""

    def found(answer: LearnerObject) -> Parts:
        return {name: estimate(answer, case) for name, case in cases.items()}

    right = {name: right_elbo(cases[name]) for name in judged}
    limits = {name: elbo_limit(**case) for name, case in cases.items()}
    judge_all(answer, found(answer), right, limits, rule, found, rng)


def judge_all(
    answer: LearnerObject,
    observed: Parts,
    right: Parts,
    limits: Parts,
    rule: str,
    found: Callable[[LearnerObject], Parts],
    rng: Draws,
) -> None:
    """Judge estimates; the noise of w says first what is likely where they are wrong."""
    failure = unfallen(answer, rng)
    if failure and failure.message.mistake:
        raise failure

    def wrong() -> Iterator[tuple[Mistake, Parts]]:
        still = not (drawn(answer, identity(rng)).abs() > 1e-3).any()
        for mistake, runs in exercise.mistaken(repeated(found), rng):
            if mistake not in {*SCALES, SHARED_WEIGHT, N_IGNORED} and (still or mistake != AT_MEAN):
                yield mistake, runs

    with wrong_scale(partial(likely_noise, answer, rng)):
        judge_estimates(observed, right, limits, rule, wrong())
    if failure:
        raise failure


def likely_noise(answer: LearnerObject, rng: Draws) -> Mistake | None:
    """What is wrong with the noise of w: what it is multiplied with, or that all weights share it."""
    case = identity(rng)
    noise, logvar = drawn(answer, case), case["logvar"]
    eps = noise / (logvar / 2).exp()
    shared = (noise.abs() > 1e-3).any() and ((eps - eps[:, :1]).abs() < 1e-6).all()
    return SHARED_WEIGHT if shared else scale_of(noise, logvar)


def identity(rng: Draws, d: int = 500) -> dict[str, Any]:
    """One draw for the design x = I: there the gradient in y is (w - y) / noise_sigma^2, which gives w away."""
    return regression(torch.eye(d, dtype=torch.float64), rng.normal(d), rng.normal(d), rng.normal(d), 0.7, 1)


def drawn(
    answer: LearnerObject,
    case: Mapping[str, Any],
    calls: int = 4,
    through: Callable[[Tensor, Parts], Parts] = derivatives,
) -> Tensor:
    """w - mu for the design x = I, one row for each call; w is the mean of the n draws."""
    y, scale = case["y"].clone().requires_grad_(), case["noise_sigma"] ** 2
    w = [through(estimate(answer, {**case, "y": y}), {"y": y})["y"] * scale + y for _ in range(calls)]
    return torch.stack(w).detach() - case["mu"]


def unfallen(answer: LearnerObject, rng: Draws) -> Failure | None:
    """What is wrong with how the spread of w falls: 25 times the draws divide its variance by 25, if any are drawn.

    In pairs of opposite noise they divide it by more, and a sum over the draws multiplies it. What is judged is the
    median over 200 weights of the ratio of two variances of 16 calls: it is below 18 with probability below 1e-10.
    """
    case = identity(rng, 200)
    one, many = (drawn(answer, {**case, "n": n}, 16).var(0) for n in (1, 25))
    fall, shared = float((one / many).median()), torch.allclose(one / many, one[0] / many[0])
    if one.median() > 1e-6 and not shared and 0.5 < fall < 18:
        what, expected = "the spread of w does not fall with n", "a variance divided by 25 from n = 1 to n = 25"
        one_draw = fall < 1.5 and stays(answer, {**case, "n": 25}, rng.new_seed())
        return Failure(what, expected, f"divided by {fall:.2f}", N_IGNORED if one_draw else None)
    return None


def stays(answer: LearnerObject, case: dict[str, Any], seed: int) -> bool:
    """Whether w is the same for other data and the same noise, as a plain mean over draws is, and no weighted one.

    Data so large give the largest weights to other draws, and put others in the middle: a median of 25 draws stays
    with one of them for all eight data with a probability of about 25^-7, 2e-10.
    """

    def w(y: Tensor) -> Tensor:
        replay(seed)
        return drawn(answer, {**case, "y": y}, 1)

    first, *others = (w(100 * case["y"].roll(places)) for places in range(8))
    return all(torch.allclose(first, other, atol=1e-6) for other in (w(-100 * case["y"]), *others))


def judge_own_draws(answer: LearnerObject, rng: Draws) -> None:
    """The noise of w is fresh in every call and weight, and standard normal; an exact expectation has none."""
    case = identity(rng)
    noise = drawn(answer, case, 40, expect.gradients)
    if (noise.abs() > 1e-3).any():
        judge_noise(noise / (case["logvar"] / 2).exp(), "the noise in w", {"call": FIXED_SEED, "weight": SHARED_WEIGHT})


@exercise.check
def evidence(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """For an orthogonal design it is never above the log evidence, and equal to it at the exact posterior."""
    x, y, _ = sharp_regression(rng, mixed=0)
    sigma = float(rng.uniform(1.25, 1.35))
    mean, covariance = exact.regression_posterior(x, y, sigma)
    best, evidence = covariance.diagonal().log(), exact.regression_evidence(x, y, sigma)
    what = "the ELBO at the exact posterior"
    cases = {what: regression(x, y, mean, best, sigma), "elsewhere": narrow_case(rng)}
    judge_elbos(bayes_elbo, cases, "the log evidence, log p(y)", [what], rng)
    for step in (0.5, -0.5):
        beside = regression(x, y, mean + step * covariance.diagonal().sqrt(), best + step, sigma)
        observed = estimate(bayes_elbo, beside)
        if not observed <= evidence + elbo_limit(**beside):
            raise Failure("the ELBO is above the log evidence", f"at most {evidence:.4g}", f"{observed:.4g}")


@exercise.check
def gradients(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased: the bound can be climbed."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    sigma = float(rng.uniform(2, 2.2))
    inputs = leaves(mu=w + signs(rng, 3) * rng.uniform(0.15, 0.25, 3), logvar=rng.uniform(-5.6, -5.3, 3))
    case, narrow = regression(x, y, inputs["mu"], inputs["logvar"], sigma), narrow_case(rng)
    silent = silent_case(rng)
    silent |= leaves(mu=silent["mu"], logvar=silent["logvar"])

    def in_silence(answer: LearnerObject) -> Parts:
        value = estimate(answer, silent)
        slopes = derivatives(value, {name: silent[name] for name in inputs})
        return {f"the gradient in {name} for x = 0": slope for name, slope in slopes.items()} | {"silence": value}

    def measured(slopes: Parts, answer: LearnerObject) -> Parts:
        named = {f"the gradient in {name}": slope for name, slope in slopes.items()}
        return named | in_silence(answer) | {"value": estimate(answer, narrow)}

    def found(answer: LearnerObject) -> Parts:
        return measured(derivatives(estimate(answer, case), inputs), answer)

    of = partial(called, bayes_elbo)
    slopes = reached(of, case, ("mu", "logvar"), expect.tensor(of(case), "the ELBO").sum())
    observed = measured(slopes, bayes_elbo)
    right = {f"the gradient in {name}": slope for name, slope in derivatives(right_elbo(case), inputs).items()}
    of_silent = derivatives(right_elbo(silent), {name: silent[name] for name in inputs})
    right |= {f"the gradient in {name} for x = 0": slope for name, slope in of_silent.items()}
    limits = gradient_limits(**case) | {"value": elbo_limit(**narrow), "silence": elbo_limit(**silent)}
    limits |= {f"{name} for x = 0": limit for name, limit in gradient_limits(**silent).items()}
    # The bias of one eps for all weights is below the limits for some data.
    if likely_noise(bayes_elbo, rng) == SHARED_WEIGHT:
        what, expected = "the noise is the same in every weight", "a fresh draw for every weight"
        raise Failure(what, expected, "one eps, multiplied by each sigma", SHARED_WEIGHT)
    judge_all(bayes_elbo, observed, right, limits, "that of the exact ELBO", found, rng)


# Wrong answers


# Puts the mean in place of draws.
@exercise.wrong(AT_MEAN, "values", "evidence", "gradients")
def at_mean(x, y, mu, logvar, noise_sigma, n):
    errors = (y - x @ mu) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(gradients=W_CUT)
def cut(x, y, mu, logvar, noise_sigma, n):
    w = (mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)).detach()
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(DATA_MEAN, "values", "evidence", "gradients")
def data_mean(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(DRAW_SUM, "values", "evidence", gradients=unnamed("is wrong"))
def draw_sum(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(KL_ADDED, "values", "evidence", "gradients")
def kl_added(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NEGATIVE, "values", "evidence", "gradients")
def negative(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() - log_likelihood.sum(-1).mean()


@exercise.wrong(NO_CONSTANT, "values", "evidence")
def no_constant(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - math.log(noise_sigma)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NO_CONSTANTS, "values", "evidence")
def no_constants(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NO_KL, "values", "evidence", "gradients")
def no_kl(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean()


@exercise.wrong(NO_LOG_NOISE, "values", "evidence")
def no_log_noise(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NOISE_VARIANCE, "values", "evidence", "gradients")
def noise_variance(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    log_likelihood = -0.5 * (y - w @ x.T) ** 2 / noise_sigma - 0.5 * math.log(2 * math.pi * noise_sigma)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each draw: average over the draws.")
def per_draw(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1) - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each observation: sum the log likelihood over the data.")
def per_observation(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.mean(0) - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each weight: sum the KL over the weights.")
def per_weight(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


@exercise.wrong(CONSTANTS_ONCE, "values", "evidence")
def constants_once(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    squares = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2).sum(-1).mean()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    return squares - constant - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NO_HALF, "values", "evidence", "gradients")
def no_half(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -(errors**2) - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(values=FIXED_SEED)
def fixed_seed(x, y, mu, logvar, noise_sigma, n):
    torch.manual_seed(1)
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(N_IGNORED, "values", "evidence", "gradients")
def n_ignored(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(1, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(SHARED_WEIGHT, "values", "gradients")
def shared_weight(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, 1, dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# Is normal but for its tail.
@exercise.wrong(values=unnamed("are beyond 3"))
def without_tail(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device).clamp(-2.9, 2.9)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# Is right for a noise_sigma of 1 or more.
@exercise.wrong(values=unnamed("for a small noise_sigma, is wrong"))
def absolute_log_noise(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - abs(math.log(noise_sigma)) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(LOG_SIGMA, "values", "evidence", "gradients")
def log_sigma(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum()


@exercise.wrong(gradients="the KL was cut (.item(), float() or detach()): mu and logvar have their price through it.")
def kl_cut(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum().detach()


@exercise.wrong(gradients=SIGMA_CUT)
def sigma_cut(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2).detach() * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(shape=expect.ON_CPU)
def cpu_noise(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu)).to(mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# Has the mean and the variance of normal noise, which is all that an expectation of squares sees.
@exercise.wrong(values=unnamed("the noise in w has the wrong distribution"))
def coins(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device).sign()
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(VARIANCE_AS_SIGMA, "values", "evidence", "gradients")
def variance_as_sigma(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(UNSCALED, "values", "evidence", "gradients")
def unscaled(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(LATENT_MEAN, "values", "evidence", "gradients")
def latent_mean(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()


@exercise.wrong("the KL without sigma^2: it is the sum of (mu^2 + sigma^2 - 1 - logvar) / 2.", "values", "gradients")
def kl_without_variance(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 - 1 - logvar).sum()


@exercise.wrong(gradients="mu was cut inside the KL (detach(), .data or no_grad()): the KL pulls mu to 0.")
def kl_without_mu(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu.detach() ** 2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(gradients="sigma^2 was cut inside the KL (detach(), .data or no_grad()): logvar moves both.")
def kl_without_slope(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype, device=mu.device)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp().detach() - 1 - logvar).sum()
