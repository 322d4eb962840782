"""linear_gaussian_elbo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import copies, judge_gradients, judge_rows, leaves, shape_for
from autograder.checks.lesson04_kl_elbo.mistakes import BATCH_SUM, KL_ADDED, NEGATIVE, NO_KL, NOISE_VARIANCE
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("linear_gaussian_elbo", reread="A whole model in closed form")

NO_TRACE = Mistake(
    "no_trace", "the trace term is missing: E|x - W z|^2 is |x - W mu|^2 plus the sum of sigma_k^2 |W_k|^2."
)
TRACE_OF_SIGMA = Mistake("trace_of_sigma", "the trace term has sigma_k in place of sigma_k^2 = exp(logvar).")
NO_LOG_DET = Mistake("no_log_det", "the log-determinant of the noise is missing: -D log noise_sigma, for D pixels.")
NO_CONSTANTS = Mistake(
    "no_constants", "the constants -D/2 log(2 pi) and -D log noise_sigma of the density of x are missing."
)
NO_TWO_PI = Mistake("no_two_pi", "the constant -D/2 log(2 pi) is missing, for D pixels.")
ONE_PIXEL = Mistake("one_pixel", "log noise_sigma and the constant count once: they count for each of the D pixels.")
NO_LOG_DET_OF_Q = Mistake("no_log_det_of_q", "the log-determinant of q is missing: the sum of logvar in the KL.")


def linear_case(rng: Draws, n: int = 4, d: int = 5, k: int = 3) -> dict[str, Any]:
    """Arguments of the ELBO of a linear-Gaussian model, with a W whose columns are not orthogonal."""
    x, W, sigma = 2 * rng.normal(n, d), rng.normal(d, k), float(rng.uniform(0.5, 0.8))
    return {"x": x, "W": W, "sigma": sigma, "mu": rng.normal(n, k), "logvar": rng.uniform(-2, 1, n, k)}


@exercise.check
def shape(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """One number for each row of x, in the dtype of x; the inputs are left alone."""
    for n, d, k, dtype in [(4, 5, 3, torch.float32), (1, 4, 2, torch.float64), (3, 5, 1, torch.float64)]:
        case = linear_case(rng, n, d, k)
        inputs = {name: case[name].to(dtype) for name in ("x", "W", "mu", "logvar")}
        case |= inputs
        with expect.untouched(**inputs):
            result = linear_gaussian_elbo(*case.values())
        mistakes = exercise.mistaken(partial(shape_for, case=case))
        expect.kept(result, case["x"], f"the ELBO of {n} rows with {d} pixels", (n,), mistakes)


@exercise.check
def values(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """The exact ELBO of each row, with all constants."""
    case = linear_case(rng)

    def found(answer: LearnerObject) -> Any:
        return answer(*copies(case))

    right, mistakes = exact.linear_elbo(**case), exercise.mistaken(found)
    judge_rows(found(linear_gaussian_elbo), right, "the ELBO", "the exact ELBO", mistakes)


@exercise.check
def evidence(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """It touches the log evidence where q is the posterior and W has orthogonal columns, and is below it elsewhere."""
    case = linear_case(rng)
    x, sigma, step = case["x"], case["sigma"], rng.uniform(0.5, 1, 4, 3)
    W = case["W"] = torch.linalg.qr(case["W"]).Q * rng.uniform(1.2, 2, 3)
    mean, covariance = exact.linear_posterior(x, W, sigma)
    case["mu"], case["logvar"] = mean, covariance.diagonal().log().expand(4, -1).clone()

    def found(answer: LearnerObject) -> Any:
        return answer(*copies(case))

    evidence, rule = exact.linear_evidence(x, W, sigma), "the log evidence, log p(x)"
    judge_rows(found(linear_gaussian_elbo), evidence, "the ELBO at the exact posterior", rule, exercise.mistaken(found))
    elsewhere = expect.tensor(linear_gaussian_elbo(x, W, sigma, mean + step, case["logvar"] - step), "the ELBO")
    if not elsewhere.sum() < evidence.sum():
        expected, observed = f"below {evidence.sum():.4g}", f"{elsewhere.sum():.4g}"
        raise Failure("the ELBO is above the log evidence where q is not the posterior", expected, observed)


@exercise.check
def gradients(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """Gradients reach W, mu and logvar, and agree with the closed form."""
    case = linear_case(rng)
    inputs = leaves(W=case["W"], mu=case["mu"], logvar=case["logvar"])
    case |= inputs

    def found(answer: LearnerObject) -> Any:
        return answer(*case.values())

    right, mistakes = exact.linear_elbo(**case), exercise.mistaken(found)
    judge_gradients(found(linear_gaussian_elbo), right, inputs, rng, mistakes)


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
