"""gaussian_nll: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from functools import partial

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients, judge_rows, shape_for
from autograder.checks.lesson04_kl_elbo.mistakes import CUT, LAST_DIMENSION, LIKELIHOOD
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.verdict import Mistake

exercise = Exercise("gaussian_nll", reread="Squared error has a noise level (optional)")

NO_LOG_SIGMA = Mistake("no_log_sigma", "log sigma is missing: without it a larger sigma would always be better.")
LOG_SIGMA_SUBTRACTED = Mistake(
    "log_sigma_subtracted", "log sigma is subtracted: -log N adds it, so that a larger sigma has its price."
)
NO_HALF = Mistake("no_half", "the factor 1/2 is missing before the squared error.")
PIXEL_MEAN = Mistake("pixel_mean", "the mean over the pixels: the likelihood of an image is a product over them. Sum.")
LOG_SIGMA_ONCE = Mistake("log_sigma_once", "log_sigma is added once: add it for every pixel.")
LOG_VARIANCE = Mistake("log_variance", "log_sigma is read as a log-variance: sigma^2 = exp(2 * log_sigma).")
UNSQUARED = Mistake("unsquared", "the squared error is divided by sigma: divide it by sigma^2 = exp(2 * log_sigma).")


def images(rng: Draws) -> Cases:
    """Five flat images with little noise, two of two dimensions with much, and three with hardly any."""
    x, log_sigma = rng.normal(3, 4), rng.uniform(-10, -9)
    return {
        "": {"x_hat": rng.normal(5, 7), "x": rng.normal(5, 7), "log_sigma": rng.uniform(-1.2, -0.5)},
        " of images of 2 by 3": {
            "x_hat": 3 * rng.normal(2, 2, 3),
            "x": 3 * rng.normal(2, 2, 3),
            "log_sigma": rng.uniform(0.5, 1.2),
        },
        " for a small sigma": {"x_hat": x + log_sigma.exp() * rng.normal(3, 4), "x": x, "log_sigma": log_sigma},
    }


@exercise.check
def shape(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """One number for each image, flat or not, in dtype and on the device of the inputs, which are left alone."""
    for shape, dtype in [((5, 7), torch.float32), ((1, 6), torch.float64), ((4, 3, 2), torch.float64)]:
        x_hat, x, log_sigma = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype), rng.uniform(-1.2, -0.5)
        inputs = {"x_hat": x_hat, "x": x, "log_sigma": log_sigma.to(dtype)}
        with expect.untouched(**inputs):
            result = gaussian_nll(*inputs.values())
        mistakes = exercise.mistaken(partial(shape_for, case=inputs))
        expect.kept(result, x, f"the loss for images of shape {shape}", shape[:1], mistakes)
        expect.device_kept(gaussian_nll, *inputs.values(), what="the loss")


@exercise.check
def values(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """-log N(x; x_hat, sigma^2) summed over the pixels, with its constant."""
    judge_rows(exercise, gaussian_nll, exact.nll, images(rng), "the loss", "-log N(x; x_hat, sigma^2)")


@exercise.check
def gradients(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """Gradients reach x_hat and log_sigma: the noise level can be learned."""
    judge_gradients(exercise, gaussian_nll, exact.nll, images(rng), ("x_hat", "log_sigma"), rng)


# Wrong answers


@exercise.wrong(shape="one number for the whole batch: return one number for each image.")
def batch_sum(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).sum()


@exercise.wrong(shape="one number for each pixel: sum over them, and return one number for each image.")
def unsummed(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return squares + log_sigma + 0.5 * math.log(2 * math.pi)


@exercise.wrong(shape=LAST_DIMENSION)
def last_dimension(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).sum(-1)


@exercise.wrong(gradients=CUT)
def detached_noise(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / math.exp(2 * log_sigma.item())
    return (squares + log_sigma.item() + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(LIKELIHOOD, "values", "gradients")
def likelihood(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return -(squares + log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(LOG_SIGMA_ONCE, "values", "gradients")
def log_sigma_once(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1) + log_sigma


# The gradient knows no constant.
@exercise.wrong(
    values=Mistake("density_once", "log_sigma and the constant are added once: add them for every pixel."),
    gradients=LOG_SIGMA_ONCE,
)
def density_once(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return squares.flatten(1).sum(1) + log_sigma + 0.5 * math.log(2 * math.pi)


@exercise.wrong(LOG_VARIANCE, "values", "gradients")
def log_variance(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(log_sigma)
    return (squares + 0.5 * log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(values="the constant log(2 pi) / 2 for each pixel is missing.")
def no_constant(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma).flatten(1).sum(1)


@exercise.wrong(NO_HALF, "values", "gradients")
def no_half(x_hat, x, log_sigma):
    squares = (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(NO_LOG_SIGMA, "values", "gradients")
def no_log_sigma(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(PIXEL_MEAN, "values", "gradients")
def pixel_mean(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).mean(1)


@exercise.wrong(UNSQUARED, "values", "gradients")
def unsquared(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(log_sigma)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(
    "a small number is added to the variance: a small sigma is then another one. Divide by the variance as it is.",
    "values",
    "gradients",
)
def small_number(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / (torch.exp(2 * log_sigma) + 1e-8)
    return (squares + log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)


@exercise.wrong(LOG_SIGMA_SUBTRACTED, "values", "gradients")
def log_sigma_subtracted(x_hat, x, log_sigma):
    squares = 0.5 * (x - x_hat) ** 2 / torch.exp(2 * log_sigma)
    return (squares - log_sigma + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
