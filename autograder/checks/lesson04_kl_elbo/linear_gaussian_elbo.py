"""linear_gaussian_elbo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import (
    KL_ADDED,
    LOG_DET,
    LOG_DETS,
    NOISE_VARIANCE,
    ONE_PIXEL,
    PIXEL_CONSTANT,
    Q_LOG_DET,
    TRACE,
    TRACE_ROOT,
)
from autograder.checks.lesson04_kl_elbo.judging import (
    BATCH_SUM,
    KEPT,
    UNSUMMED,
    in_lesson,
    judge_gradients,
    judge_rows,
    leaves,
)
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure

exercise = Exercise("linear_gaussian_elbo", reread="A whole model in closed form")

LINEAR = in_lesson("A whole model in closed form")

# linear_gaussian_elbo


def linear_case(rng: Draws, n: int = 4, d: int = 5, k: int = 3) -> dict[str, Any]:
    """Arguments of the ELBO of a linear-Gaussian model, with a W whose columns are not orthogonal."""
    x, W, sigma = 2 * rng.normal(n, d), rng.normal(d, k), float(rng.uniform(0.5, 0.8))
    return {"x": x, "W": W, "sigma": sigma, "mu": rng.normal(n, k), "logvar": rng.uniform(-2, 1, n, k)}


@exercise.check
def shape(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """One number for each row of x, in the dtype of x; the inputs are left alone."""
    for n, d, k, dtype in [(4, 5, 3, torch.float32), (1, 4, 2, torch.float64), (3, 5, 1, torch.float64)]:
        case = linear_case(rng, n, d, k)
        sigma = case.pop("sigma")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        x, W, mu, logvar = inputs.values()
        mistakes = {BATCH_SUM: (), UNSUMMED: (n, d), UNSUMMED + " ": (n, k), KEPT: (n, 1)}
        with expect.untouched(**inputs):
            result = linear_gaussian_elbo(x, W, sigma, mu, logvar)
        expect.kept(result, x, f"the ELBO of {n} rows with {d} pixels", (n,), mistakes)


@exercise.check
def values(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """The exact ELBO of each row, with all constants."""
    case = linear_case(rng)
    observed = linear_gaussian_elbo(*(value.clone() if isinstance(value, Tensor) else value for value in case.values()))
    judge_rows(observed, exact.linear_elbo(**case), "the ELBO", "the exact ELBO", exact.linear_mistakes(**case))


@exercise.check
def evidence(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """It touches the log evidence where q is the posterior and W has orthogonal columns, and is below it elsewhere."""
    case = linear_case(rng)
    x, sigma, step = case["x"], case["sigma"], rng.uniform(0.5, 1, 4, 3)
    W = case["W"] = torch.linalg.qr(case["W"]).Q * rng.uniform(1.2, 2, 3)
    mean, covariance = exact.linear_posterior(x, W, sigma)
    case["mu"], case["logvar"] = mean, covariance.diagonal().log().expand(4, -1).clone()
    evidence = exact.linear_evidence(x, W, sigma)
    observed = linear_gaussian_elbo(*case.values())
    what, rule = "the ELBO at the exact posterior", "the log evidence, log p(x)"
    judge_rows(observed, evidence, what, rule, exact.linear_mistakes(**case))
    elsewhere = expect.tensor(linear_gaussian_elbo(x, W, sigma, mean + step, case["logvar"] - step), "the ELBO")
    if not elsewhere.sum() < evidence.sum():
        expected, found = f"below {evidence.sum():.4g}", f"{elsewhere.sum():.4g}"
        raise Failure("the ELBO is above the log evidence where q is not the posterior", expected, found)


@exercise.check
def gradients(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """Gradients reach W, mu and logvar, and agree with the closed form."""
    case = linear_case(rng)
    inputs = leaves(W=case["W"], mu=case["mu"], logvar=case["logvar"])
    case |= inputs
    mistakes = exact.linear_mistakes(**case)
    judge_gradients(linear_gaussian_elbo(*case.values()), exact.linear_elbo(**case), inputs, rng, mistakes)


# Wrong answers


# Adds the KL.
@exercise.wrong(values=KL_ADDED, evidence=KL_ADDED, gradients=KL_ADDED)
def kl_added(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma**2 - D * (log_noise + half) + kl


# Forgets all constants of the density.
@exercise.wrong(values=LOG_DETS, evidence=LOG_DETS)
def no_constants(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma**2 - kl


# Forgets the log-determinant of the noise.
@exercise.wrong(values=LOG_DET, evidence=LOG_DET)
def no_log_det(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma**2 - D * half - kl


# Forgets logvar in the KL.
@exercise.wrong(values=Q_LOG_DET, evidence=Q_LOG_DET, gradients=Q_LOG_DET)
def no_q_log_det(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    kl = 0.5 * (mu**2 + logvar.exp() - 1).sum(-1)
    return -0.5 * (errors + trace) / noise_sigma**2 - D * (log_noise + half) - kl


# Forgets the trace term.
@exercise.wrong(values=TRACE, evidence=TRACE, gradients=TRACE)
def no_trace(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * errors / noise_sigma**2 - D * (log_noise + half) - kl


# Forgets log(2 pi).
@exercise.wrong(values=PIXEL_CONSTANT, evidence=PIXEL_CONSTANT)
def no_two_pi(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma**2 - D * log_noise - kl


# Takes noise_sigma for a variance.
@exercise.wrong(values=NOISE_VARIANCE, evidence=NOISE_VARIANCE, gradients=NOISE_VARIANCE)
def noise_variance(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma - D * (log_noise / 2 + half) - kl


# Counts the constants once.
@exercise.wrong(values=ONE_PIXEL, evidence=ONE_PIXEL)
def one_pixel(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return -0.5 * (errors + trace) / noise_sigma**2 - log_noise - half - kl


# Sums over the rows.
@exercise.wrong(shape=BATCH_SUM)
def summed(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    return (-0.5 * (errors + trace) / noise_sigma**2 - D * (log_noise + half) - kl).sum()


# Takes sigma for the variance in the trace.
@exercise.wrong(values=TRACE_ROOT, evidence=TRACE_ROOT, gradients=TRACE_ROOT)
def trace_of_sigma(x, W, noise_sigma, mu, logvar):
    D = x.shape[1]
    errors = ((x - mu @ W.T) ** 2).sum(-1)
    trace = logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    log_noise = math.log(noise_sigma)
    half = 0.5 * math.log(2 * math.pi)
    trace = torch.exp(logvar / 2) @ (W**2).sum(0)
    return -0.5 * (errors + trace) / noise_sigma**2 - D * (log_noise + half) - kl
