"""reparameterize_many: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.location_scale import (
    CPU_NOISE,
    CUT,
    FLOAT32_NOISE,
    NO_NOISE,
    NOISE_REQUIRES_GRAD,
    ROWS_MIXED,
    SHARED,
    SIGMA_CUT,
    VARIANCE,
    judge_dtype,
    judge_gradients,
    judge_noise,
    judge_values,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure

exercise = Exercise("reparameterize_many", reread="Many draws at once")


SIZES = ((4, 5, 3), (1, 2, 3), (3, 1, 2))
"""k, batch and latent of the inputs that the shape is judged by."""


@exercise.check
def shape(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """z has shape (k, batch, latent) and the dtype and device of mu, and the inputs are left alone."""
    inputs = [(rng.normal(*size, dtype=torch.float64), k) for k, *size in SIZES]

    def found(answer: LearnerObject) -> list[tuple[int, ...]]:
        return [tuple(expect.tensor(answer(mu, mu, k), "z").shape) for mu, k in inputs]

    shapes = found(reparameterize_many)
    for size, observed in zip(SIZES, shapes, strict=True):
        if observed != size:
            what = f"z for k = {size[0]} and inputs of shape {size[1:]} has the wrong shape"
            likely = next((mistake for mistake, given in exercise.mistaken(found) if given == shapes), None)
            raise Failure(what, f"shape {size}", f"shape {observed}", likely)
    judge_dtype(lambda mu, logvar: reparameterize_many(mu, logvar, 4), rng)
    for dtype in (torch.float32, torch.float64):
        mu, logvar = rng.normal(5, 3, dtype=dtype), rng.normal(5, 3, dtype=dtype)
        with expect.untouched(mu=mu, logvar=logvar):
            expect.kept(reparameterize_many(mu, logvar, 4), mu, "z", (4, 5, 3))
    expect.device_kept(reparameterize_many, mu, logvar, 4, what="z", likely=CPU_NOISE)


@exercise.check
def values(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """Every draw is centred on mu, and its spread follows exp(logvar / 2)."""
    for k in (4, 1):
        judge_values(sampler(reparameterize_many, k), rng, reach=16)


@exercise.check
def noise(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every draw, every element and every call."""
    sample, mu = sampler(reparameterize_many, 10), 3 * rng.normal(500, 4)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("draw", "row", "latent"))


@exercise.check
def gradients(reparameterize_many: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of every draw."""
    judge_gradients(sampler(reparameterize_many, 4), rng)


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


# Removes the dimension of k where k is 1.
@exercise.wrong(
    shape="k = 1 loses its dimension: z has shape (1, batch, latent) there. Leave out squeeze() and the special case.",
)
def k_of_one(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return (mu + torch.exp(logvar / 2) * eps).squeeze(0)


# Returns a list.
@exercise.wrong(unnamed("z is not a tensor"))
def list_of_draws(mu, logvar, k):
    return [mu + torch.exp(logvar / 2) * torch.randn_like(mu) for _ in range(k)]


# Draws once, whatever k is.
@exercise.wrong(
    unnamed("wrong shape"), shape="z has no dimension for k: its shape is that of mu. Return k draws, k first."
)
def no_dimension(mu, logvar, k):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Draws the noise on the default device.
@exercise.wrong(shape=CPU_NOISE)
def noise_on_cpu(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype)
    return mu + torch.exp(logvar / 2) * eps


# Repeats the rows and never gives k its own dimension.
@exercise.wrong(
    unnamed("wrong shape"), shape="the draws are laid end to end in one dimension. Give k a dimension of its own."
)
def laid_end_to_end(mu, logvar, k):
    mu, logvar = mu.repeat(k, 1), logvar.repeat(k, 1)
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Lays the draws of a row side by side, and gives k its dimension by view.
@exercise.wrong(
    values=ROWS_MIXED, noise=unnamed("the noise repeats along the calls"), gradients=unnamed("dz/dmu is wrong")
)
def interleaved(mu, logvar, k):
    mu, logvar = (each.repeat_interleave(k, 0) for each in (mu, logvar))
    return (mu + torch.exp(logvar / 2) * torch.randn_like(mu)).view(k, -1, mu.shape[1])


# Makes the noise a variable to differentiate by.
@exercise.wrong(gradients=NOISE_REQUIRES_GRAD)
def noise_requires_grad(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device, requires_grad=True)
    return mu + torch.exp(logvar / 2) * eps


# Draws once and repeats the draw k times.
@exercise.wrong(noise=SHARED["draw"])
def same_draw_expanded(mu, logvar, k):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.expand(k, *mu.shape)


# Returns the mean, k times.
@exercise.wrong(NO_NOISE, "values", "noise", "gradients")
def returns_mu(mu, logvar, k):
    return mu.expand(k, *mu.shape)


# Computes sigma where no gradient is recorded.
@exercise.wrong(gradients=SIGMA_CUT)
def sigma_detached(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2).detach() * eps


# Draws with sample() where rsample() was needed.
@exercise.wrong(gradients=CUT)
def sample_for_rsample(mu, logvar, k):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample((k,))


# Takes the variance for the standard deviation.
@exercise.wrong(VARIANCE, "values", "gradients")
def variance_as_sigma(mu, logvar, k):
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar) * eps
