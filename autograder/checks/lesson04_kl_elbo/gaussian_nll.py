"""gaussian_nll: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import (
    DENSITY_ONCE,
    LIKELIHOOD,
    LOG_SIGMA_ONCE,
    LOG_VARIANCE,
    NLL_CONSTANT,
    NO_LOG_SIGMA,
    PIXEL_MEAN,
    SQUARE_HALF,
    UNSQUARED,
)
from autograder.checks.lesson04_kl_elbo.judging import (
    CUT,
    KEPT,
    UNSUMMED,
    in_lesson,
    judge_gradients,
    judge_rows,
    leaves,
)
from autograder.draws import Draws
from autograder.exercise import Exercise

exercise = Exercise("gaussian_nll", reread="Squared error has a noise level")

NOISE = in_lesson("Squared error has a noise level")

# gaussian_nll


def noise_level(rng: Draws) -> Tensor:
    """log sigma of the noise: a 0-dim tensor, away from 0."""
    return rng.uniform(-1.2, -0.5)


@exercise.check
def shape(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """One number for each image, flat or not, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 7), torch.float32), ((1, 6), torch.float64), ((4, 3, 2), torch.float64)]:
        x_hat, x, log_sigma = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype), noise_level(rng)
        mistakes = {
            "the batch is summed too: return one number for each image.": (),
            UNSUMMED: shape,
            KEPT: (shape[0], 1),
            "the sum runs over the last dimension alone: an image may have several.": shape[:-1],
        }
        inputs = {"x_hat": x_hat, "x": x, "log_sigma": log_sigma.to(dtype)}
        with expect.untouched(**inputs):
            result = gaussian_nll(*inputs.values())
        expect.kept(result, x, f"the loss for images of shape {shape}", shape[:1], mistakes)


@exercise.check
def values(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """-log N(x; x_hat, sigma^2) summed over the pixels, with its constant."""
    x_hat, x, log_sigma = rng.normal(5, 7), rng.normal(5, 7), noise_level(rng)
    observed = gaussian_nll(x_hat.clone(), x.clone(), log_sigma.clone())
    mistakes = exact.nll_mistakes(x_hat, x, log_sigma)
    judge_rows(observed, exact.nll(x_hat, x, log_sigma), "the loss", "-log N(x; x_hat, sigma^2)", mistakes)


@exercise.check
def gradients(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """Gradients reach x_hat and log_sigma: the noise level can be learned."""
    x, inputs = rng.normal(5, 7), leaves(x_hat=rng.normal(5, 7), log_sigma=noise_level(rng))
    x_hat, log_sigma = inputs.values()
    right, mistakes = exact.nll(x_hat, x, log_sigma), exact.nll_mistakes(x_hat, x, log_sigma)
    judge_gradients(gaussian_nll(x_hat, x, log_sigma), right, inputs, rng, mistakes)


# Wrong answers


# Sums over everything.
@exercise.wrong(shape="the batch is summed too: return one number for each image.")
def batch_sum(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return (0.5 * sq / var + P * (log_sigma + half)).sum()


# Adds log sigma and the constant once.
@exercise.wrong(values=DENSITY_ONCE, gradients=LOG_SIGMA_ONCE)
def density_once(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var + log_sigma + half


# Takes sigma out of the graph.
@exercise.wrong(gradients=CUT)
def detached_noise(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    s = log_sigma.item()
    return 0.5 * sq / math.exp(2 * s) + P * (s + half)


# Sums over the last dimension alone.
@exercise.wrong(shape="the sum runs over the last dimension alone: an image may have several.")
def last_dimension(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return (0.5 * e / var + log_sigma + half).sum(-1)


# Returns the log likelihood.
@exercise.wrong(values=LIKELIHOOD, gradients=LIKELIHOOD)
def likelihood(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return -0.5 * sq / var - P * (log_sigma + half)


# Adds log sigma once.
@exercise.wrong(values=LOG_SIGMA_ONCE, gradients=LOG_SIGMA_ONCE)
def log_sigma_once(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var + log_sigma + P * half


# Reads log_sigma as a log-variance.
@exercise.wrong(values=LOG_VARIANCE, gradients=LOG_VARIANCE)
def log_variance(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / log_sigma.exp() + P * (0.5 * log_sigma + half)


# Forgets the constant.
@exercise.wrong(values=NLL_CONSTANT)
def no_constant(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var + P * log_sigma


# Forgets the factor 1/2.
@exercise.wrong(values=SQUARE_HALF, gradients=SQUARE_HALF)
def no_half(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return sq / var + P * (log_sigma + half)


# Forgets log sigma.
@exercise.wrong(values=NO_LOG_SIGMA, gradients=NO_LOG_SIGMA)
def no_log_sigma(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var + P * half


# Averages over the pixels.
@exercise.wrong(values=PIXEL_MEAN, gradients=PIXEL_MEAN)
def pixel_mean(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var / P + log_sigma + half


# Divides by sigma.
@exercise.wrong(values=UNSQUARED, gradients=UNSQUARED)
def unsquared(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / log_sigma.exp() + P * (log_sigma + half)
