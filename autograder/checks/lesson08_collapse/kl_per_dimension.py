"""kl_per_dimension: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.closed_forms import kl_between
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT, HALF, ROOT, SIGN
from autograder.checks.lesson08_collapse.judging import judge_each, judge_shape
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("kl_per_dimension", reread="Which latents speak?")

PER_IMAGE = Mistake(
    "per_image", "one number for each image: keep the latents apart, and average over the batch, the first dimension."
)
ONE_NUMBER = Mistake("one_number", "one number for everything: average over the batch alone, and keep the latents.")
UNREDUCED = Mistake("unreduced", "one number for each image and latent: average over the batch, the first dimension.")
KEPT = Mistake("kept", "the batch is kept, with size 1: return shape (latent,), without keepdim.")
BATCH_SUM = Mistake("batch_sum", "a sum over the batch: take the mean, or the price grows with the batch.")
DIVIDED = Mistake("divided", "divided by the number of latents: each latent has its own price, and nothing is shared.")
LOG_SIGMA = Mistake("log_sigma", "logvar is read as log sigma: sigma^2 = exp(logvar), and log sigma^2 = logvar.")
MINUS_ONE = Mistake("minus_one", "the -1 is missing: a latent that equals the prior would then not be free.")
REVERSE = Mistake("reverse", "KL(p || q), the reverse: q, with mu and logvar, comes first, and N(0, 1) second.")
OF_MEANS = Mistake(
    "of_means",
    "the KL of the averaged mu and logvar: average over the batch last. The KL of a mean is smaller than the mean KL.",
)
OF_AGGREGATE = Mistake(
    "of_aggregate",
    "the KL of one normal with the mean and the variance of all codes together: "
    "take the KL of each row, then the mean.",
)
BITS = Mistake("bits", "the price in bits: it is in nats. Do not divide by log 2.")


def right(mu: Tensor, logvar: Tensor) -> Tensor:
    """The mean price of each latent."""
    # One latent at a time, so that nothing is summed over latents.
    columns = zip(mu.unbind(1), logvar.unbind(1), strict=True)
    prices = [kl_between(m[:, None], v[:, None], 0 * m[:, None], 0 * v[:, None]).mean() for m, v in columns]
    return torch.stack(prices)


def beliefs(rng: Draws) -> Cases:
    """Five beliefs of three latents; four with one latent near the prior and one far from it; one row."""
    mu, logvar = rng.normal(4, 2), rng.uniform(-2, 1, 4, 2)
    mu[:, 0], logvar[:, 0] = 0.03 * mu[:, 0], 0.05 * logvar[:, 0]
    mu[:, 1] += 2
    return {
        "": {"mu": 1.5 * rng.normal(5, 3), "logvar": rng.uniform(-3, 2, 5, 3)},
        " where one latent is quiet": {"mu": mu, "logvar": logvar},
        " of one row": {"mu": rng.normal(1, 4), "logvar": rng.uniform(-6, 2, 1, 4)},
    }


@exercise.check
def shape(kl_per_dimension: LearnerObject, rng: Draws) -> None:
    """There is one number for each latent, in the dtype and on the device of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float64), (1, 4, torch.float32), (4, 1, torch.float64)]:
        inputs = {"mu": rng.normal(batch, latent, dtype=dtype), "logvar": rng.normal(batch, latent, dtype=dtype)}
        judge_shape(exercise, kl_per_dimension, "the KL", (latent,), inputs)


@exercise.check
def values(kl_per_dimension: LearnerObject, rng: Draws) -> None:
    """Each number is the mean over the batch of the KL of its latent, in nats."""
    rule = "the mean of the closed form over the batch"
    judge_each(exercise, kl_per_dimension, right, beliefs(rng), "the KL by latent", rule)


@exercise.check
def gradients(kl_per_dimension: LearnerObject, rng: Draws) -> None:
    """The gradients are those of the mean: mu / batch and (sigma^2 - 1) / (2 batch)."""
    judge_gradients(exercise, kl_per_dimension, right, beliefs(rng), ("mu", "logvar"), rng)


# Wrong answers


@exercise.wrong(unnamed("wrong shape"), shape=PER_IMAGE, gradients=unnamed("is wrong"))
def mean_over_latent(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(dim=1)


@exercise.wrong(unnamed("wrong shape"), shape=PER_IMAGE, gradients=unnamed("is wrong"))
def sum_over_latent(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


@exercise.wrong(unnamed("wrong shape"), shape=ONE_NUMBER, gradients=unnamed("is wrong"))
def scalar(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean()


# Its total is right, and so are its gradients.
@exercise.wrong(shape=ONE_NUMBER, values=unnamed("wrong shape"))
def total(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1).mean()


@exercise.wrong(unnamed("wrong shape"), shape=UNREDUCED, gradients=unnamed("is wrong"))
def unreduced(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


@exercise.wrong(shape=KEPT)
def keepdim(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(dim=0, keepdim=True)


@exercise.wrong(BATCH_SUM, "values", "gradients")
def sum_over_batch(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=0)


@exercise.wrong(DIVIDED, "values", "gradients")
def divided(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(dim=0) / mu.shape[1]


@exercise.wrong(HALF, "values", "gradients")
def no_half(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).mean(dim=0)


@exercise.wrong(SIGN, "values", "gradients")
def sign(mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).mean(dim=0)


@exercise.wrong(LOG_SIGMA, "values", "gradients")
def log_sigma(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).mean(dim=0)


@exercise.wrong(ROOT, "values", "gradients")
def root(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).mean(dim=0)


# No gradient sees it.
@exercise.wrong(values=MINUS_ONE)
def minus_one(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).mean(dim=0)


@exercise.wrong(REVERSE, "values", "gradients")
def reverse(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).mean(dim=0)


@exercise.wrong(OF_MEANS, "values", "gradients")
def of_means(mu, logvar):
    mu, logvar = mu.mean(dim=0), logvar.mean(dim=0)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


@exercise.wrong(OF_AGGREGATE, "values", "gradients")
def of_aggregate(mu, logvar):
    mean = mu.mean(dim=0)
    variance = logvar.exp().mean(dim=0) + mu.var(dim=0, correction=0)
    return 0.5 * (mean**2 + variance - 1 - variance.log())


@exercise.wrong(BITS, "values", "gradients")
def bits(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(dim=0) / math.log(2)


@exercise.wrong(values="logvar is clamped: the formula has it as it is.", gradients=unnamed("the gradient in logvar"))
def clamped(mu, logvar):
    held = logvar.clamp(-1, 1)
    return 0.5 * (mu**2 + held.exp() - 1 - held).mean(dim=0)


@exercise.wrong("logvar is added: the formula subtracts log sigma^2, which is logvar.", "values", "gradients")
def logvar_added(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).mean(dim=0)


@exercise.wrong("mu is not squared: the formula has mu^2.", "values", "gradients")
def mu_unsquared(mu, logvar):
    return 0.5 * (mu + logvar.exp() - 1 - logvar).mean(dim=0)


@exercise.wrong(gradients=CUT)
def mu_cut(mu, logvar):
    return 0.5 * (mu.detach() ** 2 + logvar.exp() - 1 - logvar).mean(dim=0)


# Cuts the graph, and the dtype with it.
@exercise.wrong(gradients=CUT, shape=unnamed("wrong dtype"))
def made_anew(mu, logvar):
    means = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(dim=0)
    return torch.tensor(means.tolist())
