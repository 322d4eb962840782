"""gaussian_kl: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients, judge_row_shape, judge_rows
from autograder.checks.lesson04_kl_elbo.mistakes import (
    BATCH_AXIS,
    BATCH_SUM,
    CUT,
    HALF,
    KEPT,
    LATENT_MEAN,
    LOG_SIGMA,
    MINUS_ONE,
    ROOT,
    SIGN,
    UNSUMMED,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("gaussian_kl", reread="The price of one belief")

LOGVAR_ADDED = Mistake("logvar_added", "logvar is added: the formula subtracts log sigma^2, which is logvar.")
MU_UNSQUARED = Mistake("mu_unsquared", "mu is not squared: the formula has mu^2.")
HALF_OF_MU = Mistake("half_of_mu", "the factor 1/2 is on mu^2 alone: it is on the whole sum.")
BITS = Mistake("bits", "the price in bits, as logarithms to base 2 give it: it is in nats. Do not divide by log 2.")
CLAMPED = Mistake("clamped", "logvar is clamped: the formula has it as it is, however large or small.")
REVERSE = Mistake("reverse", "KL(p || q), the reverse: q, with mu and logvar, comes first, and N(0, I) second.")


def beliefs(rng: Draws) -> Cases:
    """Five beliefs of three numbers with sigma from 0.01 to 7, one of four, and two with sigma near 1e-4 and 200."""
    return {
        "": {"mu": 2 * rng.normal(5, 3), "logvar": rng.uniform(-9, 4, 5, 3)},
        " of one row": {"mu": rng.normal(1, 4), "logvar": rng.uniform(-2, 2, 1, 4)},
        " of a sharp q": {"mu": 0.1 * rng.normal(2, 3), "logvar": rng.uniform(-22, -14, 2, 3)},
        " of a wide q": {"mu": 40 * rng.normal(2, 3), "logvar": rng.uniform(10, 11, 2, 3)},
    }


@exercise.check
def shape(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype and on the device of the inputs, which are left alone."""
    for shape, dtype in [((5, 3), torch.float64), ((1, 4), torch.float32), ((4, 1), torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        judge_row_shape(gaussian_kl, "KL", mu=mu, logvar=logvar)


@exercise.check
def values(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The KL divergence from N(0, I) in nats, and 0 where q is N(0, I) itself."""
    zero = torch.zeros(5, 3, dtype=torch.float64)
    cases = {**beliefs(rng), " where q is N(0, I)": {"mu": zero, "logvar": zero.clone()}}
    judge_rows(exercise, gaussian_kl, exact.kl, cases, "the KL", "the closed form, in nats")


@exercise.check
def gradients(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The gradients are mu and (sigma^2 - 1) / 2."""
    judge_gradients(exercise, gaussian_kl, exact.kl, beliefs(rng), ("mu", "logvar"), rng)


# Wrong answers


# Calls math.exp with a tensor.
@exercise.wrong(stops("line 2 of your cell"))
def math_exp(mu, logvar):
    return 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(-1)


@exercise.wrong(shape=BATCH_AXIS)
def batch_axis(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(0)


@exercise.wrong(shape=BATCH_SUM)
def batch_sum(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


@exercise.wrong(shape=UNSUMMED)
def unsummed(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


@exercise.wrong(shape=KEPT)
def kept(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1, keepdim=True)


# Cuts the graph, and the dtype with it.
@exercise.wrong(shape=unnamed("wrong dtype"), gradients=CUT)
def made_anew(mu, logvar):
    rows = zip(mu.tolist(), logvar.tolist(), strict=True)
    return torch.tensor([0.5 * sum(m**2 + math.exp(v) - 1 - v for m, v in zip(*row, strict=True)) for row in rows])


@exercise.wrong(LATENT_MEAN, "values", "gradients")
def latent_mean(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(-1)


@exercise.wrong(LOG_SIGMA, "values", "gradients")
def log_sigma(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum(-1)


# No gradient sees it.
@exercise.wrong(values=MINUS_ONE)
def minus_one(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)


@exercise.wrong(HALF, "values", "gradients")
def no_half(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(REVERSE, "values", "gradients")
def reverse(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).sum(-1)


@exercise.wrong(ROOT, "values", "gradients")
def root(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).sum(-1)


@exercise.wrong(BITS, "values", "gradients")
def bits(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1) / math.log(2)


@exercise.wrong(SIGN, "values", "gradients")
def sign(mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(-1)


@exercise.wrong(LOGVAR_ADDED, "values", "gradients")
def logvar_added(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1)


@exercise.wrong(MU_UNSQUARED, "values", "gradients")
def mu_unsquared(mu, logvar):
    return 0.5 * (mu + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(HALF_OF_MU, "values", "gradients")
def half_of_mu(mu, logvar):
    return (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(-1)


# Keeps exp out of harm's way.
@exercise.wrong(values=CLAMPED, gradients=unnamed("the gradient in logvar is zero"))
def clamped(mu, logvar):
    held = logvar.clamp(-10, 10)
    return 0.5 * (mu**2 + held.exp() - 1 - held).sum(-1)


# Makes the prior on the CPU, in the right dtype.
@exercise.wrong(shape=expect.ON_CPU)
def cpu_prior(mu, logvar):
    zeros = torch.zeros(mu.shape, dtype=mu.dtype)
    return 0.5 * ((mu - zeros) ** 2 + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(gradients=CUT)
def logvar_cut(mu, logvar):
    held = logvar.detach()
    return 0.5 * (mu**2 + held.exp() - 1 - held).sum(-1)
