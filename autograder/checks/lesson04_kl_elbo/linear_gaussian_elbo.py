"""linear_gaussian_elbo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Cases, called, judge_gradients, judge_rows, shape_for
from autograder.checks.lesson04_kl_elbo.mistakes import (
    BATCH_SUM,
    CUT,
    KL_ADDED,
    LATENT_MEAN,
    LOG_SIGMA,
    NEGATIVE,
    NO_KL,
    NOISE_VARIANCE,
)
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("linear_gaussian_elbo", reread="A whole model in closed form (optional)")

NO_TRACE = Mistake(
    "no_trace", "the trace term is missing: E|x - W z|^2 is |x - W mu|^2 plus the sum of sigma_k^2 |W_k|^2."
)
TRACE_OF_SIGMA = Mistake("trace_of_sigma", "the trace term has sigma_k in place of sigma_k^2 = exp(logvar).")
CROSS_TERMS = Mistake(
    "cross_terms",
    "|W sigma|^2 in the trace term mixes the columns of W: the latents are independent. Add sigma_k^2 |W_k|^2.",
)
ALL_COLUMNS = Mistake(
    "all_columns", "the trace term pairs every sigma_k^2 with all of W: it is the sum of sigma_k^2 |W_k|^2, by column."
)
NO_HALF = Mistake("no_half", "the factor 1/2 is missing before the squared error.")
NO_LOG_DET = Mistake("no_log_det", "the log-determinant of the noise is missing: -D log noise_sigma, for D pixels.")
NO_CONSTANTS = Mistake(
    "no_constants", "the constants -D/2 log(2 pi) and -D log noise_sigma of the density of x are missing."
)
NO_TWO_PI = Mistake("no_two_pi", "the constant -D/2 log(2 pi) is missing, for D pixels.")
ONE_PIXEL = Mistake("one_pixel", "log noise_sigma and the constant count once: they count for each of the D pixels.")
NO_LOG_DET_OF_Q = Mistake("no_log_det_of_q", "the log-determinant of q is missing: the sum of logvar in the KL.")


def linear_case(rng: Draws, n: int = 4, d: int = 5, k: int = 3, noise: float = 0.6) -> dict[str, Any]:
    """Arguments of the ELBO of a linear-Gaussian model, with a W whose columns are not orthogonal."""
    x, W, sigma = 2 * rng.normal(n, d), rng.normal(d, k), float(rng.uniform(0.8, 1.2)) * noise
    return {"x": x, "W": W, "noise_sigma": sigma, "mu": rng.normal(n, k), "logvar": rng.uniform(-5, 1.5, n, k)}


def models(rng: Draws) -> Cases:
    """One model with little noise, and one row of another with much."""
    return {"": linear_case(rng), " of one row": linear_case(rng, 1, 6, 2, noise=2.5)}


def at_posterior(case: dict[str, Any]) -> dict[str, Any]:
    """The case with the columns of W made orthogonal, and q at the exact posterior."""
    W = torch.linalg.qr(case["W"]).Q * case["W"].norm(dim=0)
    mean, covariance = exact.linear_posterior(case["x"], W, case["noise_sigma"])
    return {**case, "W": W, "mu": mean, "logvar": covariance.diagonal().log().expand_as(mean).clone()}


def log_evidence(x: Tensor, W: Tensor, noise_sigma: float, mu: Tensor, logvar: Tensor) -> Tensor:
    """log p(x), which no belief changes."""
    return exact.linear_evidence(x, W, noise_sigma)


@exercise.check
def shape(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """One number for each row of x, in the dtype and on the device of x; the inputs are left alone."""
    for n, d, k, dtype in [(4, 5, 3, torch.float32), (1, 4, 2, torch.float64), (3, 5, 1, torch.float64)]:
        case = linear_case(rng, n, d, k)
        inputs = {name: case[name].to(dtype) for name in ("x", "W", "mu", "logvar")}
        case |= inputs
        with expect.untouched(**inputs):
            result = linear_gaussian_elbo(*case.values())
        mistakes = exercise.mistaken(partial(shape_for, case=case))
        expect.kept(result, case["x"], f"the ELBO of {n} rows with {d} pixels", (n,), mistakes)
        expect.device_kept(linear_gaussian_elbo, *case.values(), what="the ELBO")


@exercise.check
def values(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """The exact ELBO of each row, with all constants."""
    judge_rows(exercise, linear_gaussian_elbo, exact.linear_elbo, models(rng), "the ELBO", "the exact ELBO")


@exercise.check
def evidence(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """It touches the log evidence where q is the posterior and W has orthogonal columns, and is below it elsewhere."""
    cases = {where: at_posterior(case) for where, case in models(rng).items()}
    what, rule = "the ELBO at the exact posterior", "the log evidence, log p(x)"
    judge_rows(exercise, linear_gaussian_elbo, log_evidence, cases, what, rule)
    case = cases[""]
    evidence, step = log_evidence(**case).sum(), rng.uniform(0.5, 1, 4, 3)
    moved = {**case, "mu": case["mu"] + step, "logvar": case["logvar"] - step}
    elsewhere = expect.tensor(called(linear_gaussian_elbo, moved), "the ELBO").sum()
    if not elsewhere < evidence:
        what = "the ELBO is above the log evidence where q is not the posterior"
        raise Failure(what, f"below {evidence:.4g}", f"{elsewhere:.4g}")


@exercise.check
def gradients(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """Gradients reach W, mu and logvar, and agree with the closed form."""
    judge_gradients(exercise, linear_gaussian_elbo, exact.linear_elbo, models(rng), ("W", "mu", "logvar"), rng)


# Wrong answers


@exercise.wrong(KL_ADDED, "values", "evidence", "gradients")
def kl_added(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant + kl


@exercise.wrong(NO_KL, "values", "evidence", "gradients")
def no_kl(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    return -0.5 * squares / noise_sigma**2 - constant


@exercise.wrong(NEGATIVE, "values", "evidence", "gradients")
def negative(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return 0.5 * squares / noise_sigma**2 + constant + kl


@exercise.wrong(NO_CONSTANTS, "values", "evidence")
def no_constants(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - kl


@exercise.wrong(NO_LOG_DET, "values", "evidence")
def no_log_det(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * 0.5 * math.log(2 * math.pi)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(NO_LOG_DET_OF_Q, "values", "evidence", "gradients")
def no_log_det_of_q(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(NO_TRACE, "values", "evidence", "gradients")
def no_trace(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(TRACE_OF_SIGMA, "values", "evidence", "gradients")
def trace_of_sigma(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + torch.exp(logvar / 2) @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(NO_TWO_PI, "values", "evidence")
def no_two_pi(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * math.log(noise_sigma)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(NOISE_VARIANCE, "values", "evidence", "gradients")
def noise_variance(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * 0.5 * math.log(2 * math.pi * noise_sigma)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma - constant - kl


@exercise.wrong(ONE_PIXEL, "values", "evidence")
def one_pixel(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(shape=BATCH_SUM)
def batch_sum(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return (-0.5 * squares / noise_sigma**2 - constant - kl).sum()


@exercise.wrong(LATENT_MEAN, "values", "evidence", "gradients")
def latent_mean(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(ALL_COLUMNS, "values", "evidence", "gradients")
def all_columns(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp().sum(-1) * (W**2).sum()
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(LOG_SIGMA, "values", "evidence", "gradients")
def log_sigma(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + torch.exp(2 * logvar) @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


# Columns that are perpendicular hide it.
@exercise.wrong(CROSS_TERMS, "values", "gradients")
def cross_terms(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + ((torch.exp(logvar / 2) @ W.T) ** 2).sum(-1)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl


@exercise.wrong(NO_HALF, "values", "evidence", "gradients")
def no_half(x, W, noise_sigma, mu, logvar):
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -squares / noise_sigma**2 - constant - kl


@exercise.wrong(gradients=CUT)
def weights_cut(x, W, noise_sigma, mu, logvar):
    W = W.detach()
    squares = ((x - mu @ W.T) ** 2).sum(-1) + logvar.exp() @ (W**2).sum(0)
    constant = x.shape[1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)
    return -0.5 * squares / noise_sigma**2 - constant - kl
