"""fit_posterior: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.bounds import regression
from autograder.checks.lesson04_kl_elbo.closed_forms import DATA_MEAN
from autograder.checks.lesson04_kl_elbo.judging import in_lesson, judge_estimate
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("fit_posterior", reread="Climbing the bound")

CLIMB = in_lesson("Climbing the bound")
# fit_posterior

STEPS = 1_000
NOT_MOVED = Mistake(
    "not_moved",
    "mu or logvar has not moved: it is 0, as the prior has it. Give both to the optimizer, and call its step().",
)
MARGINAL = Mistake(
    "marginal",
    "(Lambda^-1)_jj, the variance of one weight under the exact posterior. The ELBO of a mean-field q is highest at 1 / Lambda_jj, which is smaller.",
)


def correlated(rng: Draws) -> tuple[Tensor, Tensor, float]:
    """A design with two columns that are nearly the same: 1 / Lambda_jj is about a third of (Lambda^-1)_jj there."""
    gram = torch.eye(3, dtype=torch.float64)
    gram[0, 1] = gram[1, 0] = 0.85 if rng.normal() > 0 else -0.85
    x = math.sqrt(20) * torch.linalg.qr(rng.normal(20, 3)).Q @ torch.linalg.cholesky(gram).T
    sigma = float(rng.uniform(0.8, 1.0))
    return x, x @ rng.uniform(0.8, 1.6, 3) + sigma * rng.normal(20), sigma


def fitted(fit_posterior: LearnerObject, x: Tensor, y: Tensor, sigma: float, steps: int) -> tuple[Tensor, Tensor]:
    """What the learner's fit returns, as two tensors."""
    names = ("mu", "logvar")
    first, second = expect.pair(fit_posterior(x.clone(), y.clone(), sigma, steps), "the result", names)
    return expect.tensor(first, "mu"), expect.tensor(second, "logvar")


@exercise.check
def shape(fit_posterior: LearnerObject, rng: Draws) -> None:
    """A pair (mu, logvar) with a number for each weight, in the dtype of the data, which are left alone."""
    for d, dtype in [(3, torch.float64), (1, torch.float32)]:
        x, y = (value.to(dtype) for value in regression(rng, 6, d)[:2])
        with expect.untouched(x=x, y=y):
            pair = expect.pair(fit_posterior(x, y, 0.7, 3), "the result", ("mu", "logvar"))
        for name, value in zip(("mu", "logvar"), pair, strict=True):
            expect.kept(value, x, name, (d,))


@exercise.check
def mean(fit_posterior: LearnerObject, rng: Draws) -> None:
    """mu is the mean of the exact posterior, within half of its standard deviation."""
    x, y, sigma = correlated(rng)
    mu, _ = fitted(fit_posterior, x, y, sigma, STEPS)
    right, covariance = exact.regression_posterior(x, y, sigma)
    averaged, _ = exact.regression_posterior(x, y, sigma * math.sqrt(len(x)))
    mistakes = {
        NOT_MOVED: 0 * right,
        exact.DATA_MEAN: averaged,
    }
    limit = 0.5 * covariance.diagonal().sqrt()
    judge_estimate(expect.shaped(mu, (3,), "mu"), right, limit, "mu", "the mean of the exact posterior", mistakes)


@exercise.check
def variance(fit_posterior: LearnerObject, rng: Draws) -> None:
    """The variances are those of the best mean-field q, 1 / Lambda_jj; logvar is within 0.4."""
    x, y, sigma = correlated(rng)
    _, logvar = fitted(fit_posterior, x, y, sigma, STEPS)
    _, covariance = exact.regression_posterior(x, y, sigma)
    right = -torch.linalg.inv(covariance).diagonal().log()
    unmoved = {NOT_MOVED: 0 * right} if not logvar.any() else {}
    averaged = -(1 + x.square().sum(0) / (len(x) * sigma**2)).log()
    mistakes = unmoved | {
        MARGINAL: covariance.diagonal().log(),
        "log sigma in place of logvar: the logarithm of the variance is twice that.": right / 2,
        "sigma or its square, not the logarithm of the variance.": (right / 2).exp(),
        "the logarithm of the precision: turn its sign.": -right,
        exact.DATA_MEAN: averaged,
    }
    what, rule = "logvar", "log(1 / Lambda_jj)"
    judge_estimate(expect.shaped(logvar, (3,), what), right, 0.4, what, rule, mistakes)


# Wrong answers


# Averages the log likelihood over the data.
@exercise.wrong(mean=DATA_MEAN, variance=DATA_MEAN)
def data_mean(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -(bayes_elbo(x, y, mu, logvar, noise_sigma * len(y) ** 0.5, 16))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


# Minimises the ELBO.
@exercise.wrong(mean=unnamed("mu is wrong"), variance=unnamed("logvar is wrong"))
def downhill(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = bayes_elbo(x, y, mu, logvar, noise_sigma, 4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


# Fits in float32, whatever the data are.
@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1]) + (x.T @ x).float() / noise_sigma**2
    return torch.linalg.solve(precision, (x.T @ y).float()) / noise_sigma**2, -torch.log(precision.diagonal())


# Returns the variance of each weight under the exact posterior.
@exercise.wrong(variance=MARGINAL)
def marginal(x, y, noise_sigma, steps):
    covariance = torch.linalg.inv(torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / noise_sigma**2)
    return covariance @ x.T @ y / noise_sigma**2, torch.log(covariance.diagonal())


# Computes gradients and never steps.
@exercise.wrong(mean=NOT_MOVED, variance=NOT_MOVED)
def never_steps(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -bayes_elbo(x, y, mu, logvar, noise_sigma, 1)
        optimizer.zero_grad()
        loss.backward()
        pass
    return mu.detach(), logvar.detach()


# Returns log sigma.
@exercise.wrong(variance="log sigma in place of logvar: the logarithm of the variance is twice that.")
def returns_log_sigma(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -bayes_elbo(x, y, mu, logvar, noise_sigma, 16)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach() / 2


# Returns sigma.
@exercise.wrong(variance="sigma or its square, not the logarithm of the variance.")
def returns_sigma(x, y, noise_sigma, steps):
    mu = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    logvar = torch.zeros(x.shape[1], dtype=x.dtype, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -bayes_elbo(x, y, mu, logvar, noise_sigma, 16)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), torch.exp(logvar / 2).detach()
