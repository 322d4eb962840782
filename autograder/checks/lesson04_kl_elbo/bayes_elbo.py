"""bayes_elbo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.bounds import regression
from autograder.checks.lesson04_kl_elbo.closed_forms import (
    AT_MEAN,
    DATA_MEAN,
    DRAW_SUM,
    KL_ADDED,
    NEGATIVE,
    NO_CONSTANT,
    NO_CONSTANTS,
    NO_KL,
    NO_LOG_NOISE,
    NOISE_VARIANCE,
)
from autograder.checks.lesson04_kl_elbo.judging import CUT, Z_CUT, derivatives, flat, in_lesson, judge_estimate, leaves
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure

exercise = Exercise("bayes_elbo", reread="A bound that touches the truth")

BOUND = in_lesson("A bound that touches the truth")
# bayes_elbo

DRAWS = 4_000


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


def one_number(observed: Any) -> Tensor:
    """The ELBO, whatever its shape: that is for the shape check alone."""
    return expect.tensor(observed, "the ELBO").detach().double().sum()


@exercise.check
def shape(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """One number, in the dtype of the inputs, which are left alone."""
    for n, d, draws, dtype in [(6, 3, 5, torch.float64), (1, 2, 4, torch.float32), (4, 1, 1, torch.float64)]:
        names = ("x", "y", "mu", "logvar")
        inputs = {name: value.to(dtype) for name, value in zip(names, regression(rng, n, d), strict=True)}
        mistakes = {
            "one number for each draw: average over the draws.": (draws,),
            "one number for each observation: sum the log likelihood over the data.": (n,),
            "one number for each weight: sum the KL over the weights.": (d,),
        }
        with expect.untouched(**inputs):
            result = bayes_elbo(*inputs.values(), 0.7, draws)
        expect.kept(result, inputs["mu"], f"the ELBO of {n} observations from {draws} draws", (), mistakes)


@exercise.check
def values(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased: expected log likelihood of all the data minus KL, with all constants."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    # With these numbers the listed mistakes are far apart, from the truth and from each other.
    sigma = float(rng.uniform(1.45, 1.55))
    mu, logvar = w + 0.02 * signs(rng, 3), rng.uniform(-5.6, -5.3, 3)
    observed = one_number(bayes_elbo(x, y, mu, logvar, sigma, DRAWS))
    right, limit = exact.regression_elbo(x, y, mu, logvar, sigma), elbo_limit(x, y, mu, logvar, sigma)
    mistakes = exact.regression_mistakes(x, y, mu, logvar, sigma, DRAWS)
    judge_estimate(observed, right, limit, f"the ELBO from {DRAWS} draws", "the exact ELBO", mistakes)


@exercise.check
def evidence(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """For an orthogonal design it is never above the log evidence, and equal to it at the exact posterior."""
    x, y, _ = sharp_regression(rng, mixed=0)
    sigma = float(rng.uniform(1.25, 1.35))
    mean, covariance = exact.regression_posterior(x, y, sigma)
    best, evidence = covariance.diagonal().log(), exact.regression_evidence(x, y, sigma)
    rule = "the log evidence, log p(y)"
    for step in (0.0, 0.5, -0.5):
        mu, logvar = mean + step * covariance.diagonal().sqrt(), best + step
        observed = one_number(bayes_elbo(x, y, mu, logvar, sigma, DRAWS))
        limit = elbo_limit(x, y, mu, logvar, sigma)
        mistakes = exact.regression_mistakes(x, y, mu, logvar, sigma, DRAWS)
        if not step:
            judge_estimate(observed, evidence, limit, "the ELBO at the exact posterior", rule, mistakes)
        elif not observed <= evidence + limit:
            raise Failure("the ELBO is above the log evidence", f"at most {evidence:.4g}", f"{observed:.4g}")


@exercise.check
def gradients(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased: the bound can be climbed."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    sigma = float(rng.uniform(2, 2.2))
    mu, logvar = w + signs(rng, 3) * rng.uniform(0.15, 0.25, 3), rng.uniform(-5.6, -5.3, 3)
    inputs = leaves(mu=mu, logvar=logvar)
    observed = expect.tensor(bayes_elbo(x, y, *inputs.values(), sigma, DRAWS), "the ELBO")
    found = expect.gradients(observed, inputs, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right = derivatives(exact.regression_elbo(x, y, **inputs, sigma=sigma), inputs)
    mistakes = exact.regression_mistakes(x, y, **inputs, sigma=sigma, n=DRAWS) | {Z_CUT: -exact.kl(**inputs)}
    named = {sentence: flat(derivatives(value, inputs)) for sentence, value in mistakes.items()}
    root = (logvar / 2).exp()
    variances = []
    for slope, curvature in forms(x, y, mu, logvar, sigma):
        by_weight = (curvature * root).square()
        of_logvar = root.square() * (slope.square() + by_weight.sum(-1) + by_weight.diagonal()) / 4
        variances.append(torch.cat([by_weight.sum(-1), of_logvar]))
    limit = 9 * (torch.stack(variances).amax(0) / DRAWS).sqrt()
    what, rule = "the gradient (in mu, then in logvar)", "that of the exact ELBO"
    judge_estimate(flat(found), flat(right), limit, what, rule, named)


# Wrong answers


# Puts the mean in place of draws.
@exercise.wrong(values=AT_MEAN, evidence=AT_MEAN, gradients=AT_MEAN)
def at_mean(x, y, mu, logvar, noise_sigma, n):
    w = mu[None]
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() - kl


# Draws without a path.
@exercise.wrong(gradients=Z_CUT)
def cut(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    w = w.detach()
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() - kl


# Averages the log likelihood over the data.
@exercise.wrong(values=DATA_MEAN, evidence=DATA_MEAN, gradients=DATA_MEAN)
def data_mean(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() / len(y) - kl


# Sums over the draws.
@exercise.wrong(values=DRAW_SUM, evidence=DRAW_SUM, gradients=unnamed("is wrong"))
def draw_sum(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.sum() - kl


# Adds the KL.
@exercise.wrong(values=KL_ADDED, evidence=KL_ADDED, gradients=KL_ADDED)
def kl_added(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() + kl


# Returns a loss.
@exercise.wrong(values=NEGATIVE, evidence=NEGATIVE, gradients=NEGATIVE)
def negative(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return kl - log_lik.mean()


# Leaves log(2 pi) out.
@exercise.wrong(values=NO_CONSTANT, evidence=NO_CONSTANT)
def no_constant(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() + 0.5 * len(y) * math.log(2 * math.pi) - kl


# Leaves all constants out.
@exercise.wrong(values=NO_CONSTANTS, evidence=NO_CONSTANTS)
def no_constants(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() + len(y) * constant - kl


# Forgets the KL.
@exercise.wrong(values=NO_KL, evidence=NO_KL, gradients=NO_KL)
def no_kl(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean()


# Leaves log noise_sigma out.
@exercise.wrong(values=NO_LOG_NOISE, evidence=NO_LOG_NOISE)
def no_log_noise(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik.mean() + len(y) * math.log(noise_sigma) - kl


# Takes noise_sigma for a variance.
@exercise.wrong(values=NOISE_VARIANCE, evidence=NOISE_VARIANCE, gradients=NOISE_VARIANCE)
def noise_variance(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = 0.5 * math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / math.sqrt(noise_sigma)) ** 2 - constant).sum(-1)
    return log_lik.mean() - kl


# Returns one number for each draw.
@exercise.wrong(
    shape="one number for each draw: average over the draws.",
    values=unnamed("is wrong"),
    evidence=unnamed("is wrong"),
    gradients=unnamed("is wrong"),
)
def per_draw(x, y, mu, logvar, noise_sigma, n):
    w = mu + torch.exp(logvar / 2) * torch.randn(n, len(mu), dtype=mu.dtype)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_lik = (-0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - constant).sum(-1)
    return log_lik - kl
