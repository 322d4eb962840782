"""gaussian_kl: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import HALF, LATENT_MEAN, LOG_SIGMA, MINUS_ONE, REVERSE, ROOT, SIGN
from autograder.checks.lesson04_kl_elbo.judging import (
    BATCH_AXIS,
    BATCH_SUM,
    CUT,
    in_lesson,
    judge_gradients,
    judge_row_shape,
    judge_rows,
    leaves,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("gaussian_kl", reread="The price of one belief")

PRICE = in_lesson("The price of one belief")


@exercise.check
def shape(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        judge_row_shape(gaussian_kl, "the KL", mu=mu, logvar=logvar)


@exercise.check
def values(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The KL divergence from N(0, I) in nats, and 0 where q is N(0, I) itself."""
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 2, 5, 3)
    rule = "the closed form, in nats"
    mistakes = exact.kl_mistakes(mu, logvar)
    right = exact.kl(mu, logvar)
    judge_rows(gaussian_kl(mu.clone(), logvar.clone()), right, "the KL", rule, mistakes)
    mu = torch.zeros(5, 3, dtype=torch.float64)
    judge_rows(gaussian_kl(mu, mu.clone()), mu.sum(-1), "the KL where q is N(0, I)", "0", {})


@exercise.check
def gradients(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The gradients are mu and (sigma^2 - 1) / 2."""
    inputs = leaves(mu=rng.normal(5, 3), logvar=rng.uniform(-2, 2, 5, 3))
    mistakes = exact.kl_mistakes(**inputs)
    judge_gradients(gaussian_kl(*inputs.values()), exact.kl(**inputs), inputs, rng, mistakes)


# Wrong answers


# Calls math.exp with a tensor.
@exercise.wrong(
    shape=stops("line 2 of your cell"), values=stops("line 2 of your cell"), gradients=stops("line 2 of your cell")
)
def math_exp(mu, logvar):
    return 0.5 * (mu**2 + math.exp(logvar) - 1 - logvar).sum(-1)


# Sums over the batch and keeps the latents.
@exercise.wrong(shape=BATCH_AXIS)
def batch_axis(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(0)


# Sums over everything.
@exercise.wrong(shape=BATCH_SUM)
def batch_sum(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()


# Cuts the graph and the dtype.
@exercise.wrong(shape=unnamed("wrong dtype"), gradients=CUT)
def kl_float(mu, logvar):
    return torch.tensor(
        [0.5 * sum(m**2 + math.exp(v) - 1 - v for m, v in zip(a, b)) for a, b in zip(mu.tolist(), logvar.tolist())]
    )


# Averages over the latents.
@exercise.wrong(values=LATENT_MEAN, gradients=LATENT_MEAN)
def latent_mean(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(-1)


# Reads logvar as the logarithm of sigma.
@exercise.wrong(values=LOG_SIGMA, gradients=LOG_SIGMA)
def log_sigma(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(2 * logvar) - 1 - 2 * logvar).sum(-1)


# Forgets the -1, which no gradient sees.
@exercise.wrong(values=MINUS_ONE)
def minus_one(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)


# Forgets the factor 1/2.
@exercise.wrong(values=HALF, gradients=HALF)
def no_half(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


# Computes KL(p || q).
@exercise.wrong(values=REVERSE, gradients=REVERSE)
def reverse(mu, logvar):
    return 0.5 * ((1 + mu**2) / logvar.exp() - 1 + logvar).sum(-1)


# Takes sigma for the variance.
@exercise.wrong(values=ROOT, gradients=ROOT)
def sigma(mu, logvar):
    return 0.5 * (mu**2 + torch.exp(logvar / 2) - 1 - logvar).sum(-1)


# Turns the sign.
@exercise.wrong(values=SIGN, gradients=SIGN)
def sign(mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(-1)
