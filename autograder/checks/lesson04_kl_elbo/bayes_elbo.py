"""bayes_elbo: its checks and wrong answers. Grader's side.

How estimates are judged, and with which error rates, stands in ``judging``.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import averaged, derivatives, flat, judge_estimate, leaves, shape_for
from autograder.checks.lesson04_kl_elbo.mistakes import (
    CUT,
    DATA_MEAN,
    KL_ADDED,
    NEGATIVE,
    NO_KL,
    NOISE_VARIANCE,
    Z_CUT,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("bayes_elbo", reread="A bound that touches the truth")

DRAWS = 4_000
AT_MEAN = Mistake("at_mean", "the log likelihood at w = mu: that is not its mean over draws of w.")
DRAW_SUM = Mistake("draw_sum", "the log likelihood is summed over the draws: average it over them.")
NO_CONSTANT = Mistake("no_constant", "the constant -N/2 log(2 pi) of the normal density is missing.")
NO_LOG_NOISE = Mistake("no_log_noise", "the constant -N log noise_sigma of the normal density is missing.")
NO_CONSTANTS = Mistake(
    "no_constants", "the constants -N/2 log(2 pi) and -N log noise_sigma of the normal density are missing."
)


def sharp_regression(rng: Draws, mixed: float) -> tuple[Tensor, Tensor, Tensor]:
    """x, y, and the weights that fit best: long columns, perpendicular for mixed=0, and errors of a fixed size.

    The noise of the estimate is then small beside all that the listed mistakes change, for every seed.
    """
    basis = torch.linalg.qr(rng.normal(9, 4)).Q
    mixing = torch.eye(3, dtype=torch.float64) + mixed * rng.uniform(0.5, 1, 3, 3).tril(-1)
    x = basis[:, :3] * rng.uniform(18, 20, 3) @ mixing
    w = signs(rng, 3) * rng.uniform(0.2, 0.5, 3)
    return x, x @ w + 6.5 * basis[:, 3], w


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


def elbo_limit(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> float:
    """Nine standard errors of an estimate of the ELBO from DRAWS draws."""
    root = (logvar / 2).exp()
    variances = []
    # Drawn with the KL, log q takes its curvature from the draw too.
    for slope, curvature in forms(x, y, mu, logvar, sigma):
        scaled = root[:, None] * curvature * root
        variances.append((root * slope).square().sum() + scaled.square().sum() / 2)
    return 9 * math.sqrt(float(max(variances)) / DRAWS)


def gradient_limit(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> Tensor:
    """Nine standard errors of its gradients in mu, then in logvar."""
    root = (logvar / 2).exp()
    variances = []
    for slope, curvature in forms(x, y, mu, logvar, sigma):
        by_weight = (curvature * root).square()
        of_logvar = root.square() * (slope.square() + by_weight.sum(-1) + by_weight.diagonal()) / 4
        variances.append(torch.cat([by_weight.sum(-1), of_logvar]))
    return 9 * (torch.stack(variances).amax(0) / DRAWS).sqrt()


def estimate(answer: LearnerObject, *case: Tensor | float) -> Tensor:
    """The ELBO from DRAWS draws, whatever its shape: that is for the shape check alone."""
    return expect.tensor(answer(*case, DRAWS), "the ELBO").double().sum()


@exercise.check
def shape(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """One number, in the dtype of the inputs, which are left alone."""
    for n, d, draws, dtype in [(6, 3, 5, torch.float64), (1, 2, 4, torch.float32), (4, 1, 1, torch.float64)]:
        x, y, mu = rng.normal(n, d, dtype=dtype), rng.normal(n, dtype=dtype), rng.normal(d, dtype=dtype)
        inputs = {"x": x, "y": y, "mu": mu, "logvar": rng.uniform(-3, -1.5, d, dtype=dtype)}
        case = {**inputs, "noise_sigma": 0.7, "n": draws}
        with expect.untouched(**inputs):
            result = bayes_elbo(*case.values())
        mistakes = exercise.mistaken(partial(shape_for, case=case))
        expect.kept(result, mu, f"the ELBO of {n} observations from {draws} draws", (), mistakes)


@exercise.check
def values(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased: expected log likelihood of all the data minus KL, with all constants."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    # With these numbers the listed mistakes are far apart, from the truth and from each other.
    sigma = float(rng.uniform(1.45, 1.55))
    mu, logvar = w + 0.02 * signs(rng, 3), rng.uniform(-5.6, -5.3, 3)
    case = (x, y, mu, logvar, sigma)

    def found(answer: LearnerObject) -> Tensor:
        return estimate(answer, *case)

    right, what = exact.regression_elbo(*case), f"the ELBO from {DRAWS} draws"
    judge_estimate(
        found(bayes_elbo), right, elbo_limit(*case), what, "the exact ELBO", exercise.mistaken(averaged(found))
    )


@exercise.check
def evidence(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """For an orthogonal design it is never above the log evidence, and equal to it at the exact posterior."""
    x, y, _ = sharp_regression(rng, mixed=0)
    sigma = float(rng.uniform(1.25, 1.35))
    mean, covariance = exact.regression_posterior(x, y, sigma)
    best, evidence = covariance.diagonal().log(), exact.regression_evidence(x, y, sigma)
    case = (x, y, mean, best, sigma)

    def found(answer: LearnerObject) -> Tensor:
        return estimate(answer, *case)

    what, rule = "the ELBO at the exact posterior", "the log evidence, log p(y)"
    judge_estimate(found(bayes_elbo), evidence, elbo_limit(*case), what, rule, exercise.mistaken(averaged(found)))
    for step in (0.5, -0.5):
        case_beside = (x, y, mean + step * covariance.diagonal().sqrt(), best + step, sigma)
        observed = estimate(bayes_elbo, *case_beside)
        if not observed <= evidence + elbo_limit(*case_beside):
            raise Failure("the ELBO is above the log evidence", f"at most {evidence:.4g}", f"{observed:.4g}")


@exercise.check
def gradients(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased: the bound can be climbed."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    sigma = float(rng.uniform(2, 2.2))
    inputs = leaves(mu=w + signs(rng, 3) * rng.uniform(0.15, 0.25, 3), logvar=rng.uniform(-5.6, -5.3, 3))
    case = (x, y, inputs["mu"], inputs["logvar"], sigma)

    def found(answer: LearnerObject) -> Tensor:
        return estimate(answer, *case)

    observed = expect.gradients(found(bayes_elbo), inputs, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right, limit = derivatives(exact.regression_elbo(*case), inputs), gradient_limit(*case)
    mistakes = exercise.mistaken(averaged(lambda answer: flat(derivatives(found(answer), inputs))))
    what, rule = "the gradient (in mu, then in logvar)", "that of the exact ELBO"
    judge_estimate(flat(observed), flat(right), limit, what, rule, mistakes)


# Wrong answers


# Puts the mean in place of draws.
@exercise.wrong(AT_MEAN, "values", "evidence", "gradients")
def at_mean(x, y, mu, logvar, noise_sigma, n):
    errors = (y - x @ mu) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(gradients=Z_CUT)
def cut(x, y, mu, logvar, noise_sigma, n):
    w = (mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)).detach()
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(DATA_MEAN, "values", "evidence", "gradients")
def data_mean(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(DRAW_SUM, "values", "evidence", gradients=unnamed("is wrong"))
def draw_sum(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(KL_ADDED, "values", "evidence", "gradients")
def kl_added(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() + 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NEGATIVE, "values", "evidence", "gradients")
def negative(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() - log_likelihood.sum(-1).mean()


@exercise.wrong(NO_CONSTANT, "values", "evidence")
def no_constant(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - math.log(noise_sigma)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NO_CONSTANTS, "values", "evidence")
def no_constants(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NO_KL, "values", "evidence", "gradients")
def no_kl(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean()


@exercise.wrong(NO_LOG_NOISE, "values", "evidence")
def no_log_noise(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    log_likelihood = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(NOISE_VARIANCE, "values", "evidence", "gradients")
def noise_variance(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    log_likelihood = -0.5 * (y - w @ x.T) ** 2 / noise_sigma - 0.5 * math.log(2 * math.pi * noise_sigma)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each draw: average over the draws.")
def per_draw(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1) - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each observation: sum the log likelihood over the data.")
def per_observation(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.mean(0) - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(unnamed("is wrong"), shape="one number for each weight: sum the KL over the weights.")
def per_weight(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    errors = (y - w @ x.T) / noise_sigma
    log_likelihood = -0.5 * errors**2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
    return log_likelihood.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
