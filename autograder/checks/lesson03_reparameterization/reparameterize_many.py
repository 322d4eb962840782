"""reparameterize_many: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.location_scale import (
    CUT,
    FLOAT32_NOISE,
    SHARED,
    VARIANCE,
    judge_dtype,
    judge_noise,
    judge_path,
    judge_values,
    path_inputs,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed

exercise = Exercise("reparameterize_many", reread="Many draws at once")


@exercise.check
def shape(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """z has shape (k, batch, latent) and the dtype of mu, and the inputs are left alone."""
    mu, logvar = torch.zeros(2, 5, 3, dtype=torch.float64)
    judge_dtype(lambda mu, logvar: reparameterize_many(mu, logvar, 4), mu, logvar)
    for k, batch, latent, dtype in [(4, 5, 3, torch.float32), (1, 2, 3, torch.float64), (3, 1, 2, torch.float64)]:
        mu, logvar = rng.normal(batch, latent, dtype=dtype), rng.normal(batch, latent, dtype=dtype)
        with expect.untouched(mu=mu, logvar=logvar):
            z = reparameterize_many(mu, logvar, k)
        mistakes = exercise.mistaken(partial(shape_of, mu, logvar, k))
        expect.kept(z, mu, f"z for k = {k} and inputs of shape {(batch, latent)}", (k, batch, latent), mistakes)


def shape_of(mu: Tensor, logvar: Tensor, k: int, answer: LearnerObject) -> tuple[int, ...]:
    """The shape of what an answer returns."""
    return tuple(answer(mu.clone(), logvar.clone(), k).shape)


@exercise.check
def values(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """Every draw is centred on mu, and its spread follows exp(logvar / 2)."""
    judge_values(sampler(reparameterize_many, 4), rng)


@exercise.check
def noise(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every draw, every element and every call."""
    sample, mu = sampler(reparameterize_many, 10), rng.normal(50, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("draw", "row", "latent"))


@exercise.check
def gradients(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of every draw."""
    mu, logvar = path_inputs(rng)
    for z in sampler(reparameterize_many, 4)(mu, logvar):
        judge_path(z, mu, logvar, rng)


# Wrong answers


# Puts the draws in the second dimension.
@exercise.wrong(shape="(batch, k, latent): the draws are the second dimension. Put k first.")
def batch_first(mu, logvar, k):
    sigma = torch.exp(logvar / 2).unsqueeze(1)
    eps = torch.randn(len(mu), k, mu.shape[1], dtype=mu.dtype, device=mu.device)
    return mu.unsqueeze(1) + sigma * eps


# Puts the draws in the last dimension.
@exercise.wrong(unnamed("wrong shape"), shape="(batch, latent, k): the draws are the last dimension. Put k first.")
def draws_last(mu, logvar, k):
    sigma = torch.exp(logvar / 2).unsqueeze(-1)
    eps = torch.randn(*mu.shape, k, dtype=mu.dtype, device=mu.device)
    return mu.unsqueeze(-1) + sigma * eps


# Draws a noise vector a draw and uses it for every row.
@exercise.wrong(noise=SHARED["row"])
def eps_shared_across_batch(mu, logvar, k):
    eps = torch.randn(k, 1, mu.shape[-1], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Draws the noise in float32, whatever the inputs are.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Repeats the rows and never gives k its own dimension.
@exercise.wrong(
    unnamed("wrong shape"), shape="the draws are laid end to end in one dimension. Give k a dimension of its own."
)
def laid_end_to_end(mu, logvar, k):
    mu, logvar = mu.repeat(k, 1), logvar.repeat(k, 1)
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Draws once and repeats the draw k times.
@exercise.wrong(noise=SHARED["draw"])
def same_draw_expanded(mu, logvar, k):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.expand(k, *mu.shape)


# Draws with sample() where rsample() was needed.
@exercise.wrong(gradients=CUT)
def sample_for_rsample(mu, logvar, k):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample((k,))


# Takes the variance for the standard deviation.
@exercise.wrong(VARIANCE, "values", "gradients")
def variance_as_sigma(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar) * eps
