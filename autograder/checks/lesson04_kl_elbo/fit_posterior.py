"""fit_posterior: its checks and wrong answers. Grader's side.

A fit is judged with limits that leave room over the worst of the recipes in the lesson's range: with 32 draws a step,
learning rates of 0.02 to 0.05 and 1,000 steps, over 12 sets of data, mu was off by 0.15 posterior standard deviations
at most and logvar by 0.16, where the limits are 0.5 and 0.4. Of the listed mistakes in the mean each is off by 0.7 or
more, for 600 sets of data.

A wrong answer that says in closed form where a wrong climb ends recognises that climb. Those that climb do so with the
learner's own bayes_elbo, and are run in a lesson only.
"""
# ruff: noqa: F821

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Parts, distance, judge_estimates
from autograder.checks.lesson04_kl_elbo.mistakes import DATA_MEAN, NOISE_VARIANCE
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("fit_posterior", reread="Climbing the bound")

STEPS = 1_000
NAMES = ("mu", "logvar")
NOT_MOVED = Mistake(
    "not_moved",
    "mu or logvar has not moved: it is 0, as the prior has it. Give both to the optimizer, call its step(), and return "
    "what it moved.",
)
EXCHANGED = Mistake("exchanged", "the two have changed places: return mu first, then logvar.")
DOWNHILL = Mistake(
    "downhill",
    "a logvar has grown above 20, where the ELBO falls without end. An optimizer minimises: it needs -ELBO.",
)
NO_LOGARITHM = Mistake("no_logarithm", "sigma or its square, not the logarithm of the variance.")

Data = tuple[Tensor, Tensor, float]
"""x, y and noise_sigma."""


def correlated(rng: Draws, knowledge: float = 20) -> Data:
    """A design with two columns that are nearly the same: 1 / Lambda_jj is about a third of (Lambda^-1)_jj there.

    ``knowledge`` is Lambda_jj less that of the prior; noise_sigma is far from its square, which it must not pass for.
    The noise is at right angles to the columns, and the two weights that belong together lie where they are known
    well: so what a wrong precision does to the mean does not depend on the draw. The third weight is so large that the
    prior's pull on it shows. Steps of 0.001 do not reach them.
    """
    gram = torch.eye(3, dtype=torch.float64)
    sign = 1.0 if rng.normal() > 0 else -1.0
    gram[0, 1] = gram[1, 0] = 0.85 * sign
    sigma = float(rng.uniform(2.2, 2.6))
    directions = torch.linalg.qr(rng.normal(20, 3)).Q
    x = math.sqrt(knowledge) * sigma * directions @ torch.linalg.cholesky(gram).T
    noise = rng.normal(20)
    weights = torch.cat([rng.uniform(1.2, 1.7, 2), rng.uniform(6, 7, 1)]) * torch.tensor([1, sign, -sign])
    return x, x @ weights + sigma * (noise - directions @ (directions.T @ noise)), sigma


def fitted(answer: LearnerObject, data: Data) -> Parts:
    """What a fit of STEPS steps returns, and how large a logvar above 0 is: a sigma is told from a sigma so."""
    x, y, sigma = data
    pair = expect.pair(answer(x, y, sigma, STEPS), "the result", NAMES)
    mu, logvar = (expect.shaped(value, (x.shape[1],), name) for name, value in zip(NAMES, pair, strict=True))
    return {"mu": mu, "logvar": logvar, "size": logvar.detach().clamp(min=1e-9).log()}


def best_fit(data: Data) -> tuple[Parts, Parts]:
    """mu and logvar where the ELBO is highest, and how far a fit may be from them."""
    mean, covariance = exact.regression_posterior(*data)
    right = {"mu": mean, "logvar": -torch.linalg.inv(covariance).diagonal().log()}
    limits = {"mu": 0.5 * covariance.diagonal().sqrt(), "logvar": torch.tensor(0.4), "size": torch.tensor(0.2)}
    return right, limits


def once(answer: LearnerObject, data: Data) -> Parts:
    """One run of a fit: the climbs among the wrong answers are not repeated."""
    return {name: part[None] for name, part in fitted(answer, data).items()}


def judge_fit(answer: LearnerObject, name: str, rule: str, rng: Draws) -> None:
    """One of the two tensors; a mistake has to explain both, for two sets of data."""
    first, second = correlated(rng), correlated(rng, knowledge=7)
    observed, (right, limits) = fitted(answer, first), best_fit(first)
    if not observed[name].any():
        raise Failure(f"{name} is wrong", f"{name} of the fitted q", "0 for every weight", NOT_MOVED)

    def explained() -> Iterator[tuple[Mistake, Parts]]:
        again, (_, allowed) = fitted(answer, second), best_fit(second)
        for mistake, (given, other) in exercise.mistaken(lambda wrong: (once(wrong, first), once(wrong, second))):
            if all(distance(again[part], other[part], limit) <= 1 for part, limit in allowed.items()):
                yield mistake, given

    try:
        judge_estimates(observed, {name: right[name]}, limits, rule, explained())
    except Failure as failure:
        likely = failure.message.mistake or (DOWNHILL if has_gone_downhill(observed) else None)
        raise Failure(replace(failure.message, mistake=likely)) from None


def has_gone_downhill(found: Parts) -> bool:
    """Whether a variance has grown as it does in a search for the lowest ELBO, past a hundred million."""
    return bool((found["logvar"] > 20).any())


@exercise.check
def shape(fit_posterior: LearnerObject, rng: Draws) -> None:
    """A pair (mu, logvar), a number for each weight, in dtype and on the device of the data, which are left alone."""
    for d, dtype in [(3, torch.float64), (1, torch.float32)]:
        x, y = rng.normal(6, d, dtype=dtype), rng.normal(6, dtype=dtype)
        with expect.untouched(x=x, y=y):
            pair = expect.pair(fit_posterior(x, y, 0.7, 3), "the result", NAMES)
        for name, value in zip(NAMES, pair, strict=True):
            expect.kept(value, x, name, (d,))
        expect.device_kept(fit_posterior, x, y, 0.7, 3, what="the fitted q")


@exercise.check
def mean(fit_posterior: LearnerObject, rng: Draws) -> None:
    """mu is the mean of the exact posterior, within half of its standard deviation."""
    judge_fit(fit_posterior, "mu", "the mean of the exact posterior", rng)


@exercise.check
def variance(fit_posterior: LearnerObject, rng: Draws) -> None:
    """The variances are those of the best mean-field q, 1 / Lambda_jj; logvar is within 0.4."""
    judge_fit(fit_posterior, "logvar", "log(1 / Lambda_jj)", rng)


# Wrong answers


# Where a climb ends that averages over the data.
@exercise.wrong(DATA_MEAN, "mean", "variance")
def data_mean(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / (len(y) * noise_sigma**2)
    return torch.linalg.solve(precision, x.T @ y) / (len(y) * noise_sigma**2), -torch.log(precision.diagonal())


# That climb: errors that are sqrt(N) times as large have the mean of the log likelihood as their sum.
@exercise.wrong(DATA_MEAN, "mean", "variance")
def data_mean_climbed(x, y, noise_sigma, steps):
    mu, logvar = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -bayes_elbo(x, y, mu, logvar, noise_sigma * len(y) ** 0.5, 16)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


@exercise.wrong(mean="least squares: the prior is missing, which pulls the mean to 0.")
def least_squares(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(x.T @ x, x.T @ y), -torch.log(precision.diagonal())


# Minimises the ELBO.
@exercise.wrong(DOWNHILL, "mean", "variance")
def downhill(x, y, noise_sigma, steps):
    mu, logvar = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = bayes_elbo(x, y, mu, logvar, noise_sigma, 4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


@exercise.wrong(shape=expect.ON_CPU)
def on_the_cpu(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, -torch.log(precision.diagonal())


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1]) + (x.T @ x).float() / noise_sigma**2
    return torch.linalg.solve(precision, (x.T @ y).float()) / noise_sigma**2, -torch.log(precision.diagonal())


@exercise.wrong(
    variance="(Lambda^-1)_jj, the variance of one weight under the exact posterior. "
    "The ELBO of a mean-field q is highest at 1 / Lambda_jj, which is smaller."
)
def marginal(x, y, noise_sigma, steps):
    covariance = torch.linalg.inv(torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2)
    return covariance @ x.T @ y / noise_sigma**2, torch.log(covariance.diagonal())


# Computes gradients and never steps.
@exercise.wrong(NOT_MOVED, "mean", "variance")
def never_steps(x, y, noise_sigma, steps):
    mu, logvar = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True) for _ in range(2))
    for _ in range(steps):
        (-bayes_elbo(x, y, mu, logvar, noise_sigma, 1)).backward()
    return mu.detach(), logvar.detach()


@exercise.wrong(variance="log sigma in place of logvar: the logarithm of the variance is twice that.")
def log_sigma(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, -0.5 * torch.log(precision.diagonal())


@exercise.wrong(variance="the logarithm of the precision: turn its sign.")
def log_precision(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, torch.log(precision.diagonal())


@exercise.wrong(variance=NO_LOGARITHM)
def sigma(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, precision.diagonal() ** -0.5


@exercise.wrong(variance=NO_LOGARITHM)
def sigma_squared(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma**2, 1 / precision.diagonal()


# Where a climb ends that takes noise_sigma for the variance of the noise.
@exercise.wrong(NOISE_VARIANCE, "mean", "variance")
def noise_variance(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma
    return torch.linalg.solve(precision, x.T @ y) / noise_sigma, -torch.log(precision.diagonal())


@exercise.wrong(EXCHANGED, "mean", "variance")
def exchanged(x, y, noise_sigma, steps):
    precision = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + x.T @ x / noise_sigma**2
    return -torch.log(precision.diagonal()), torch.linalg.solve(precision, x.T @ y) / noise_sigma**2
