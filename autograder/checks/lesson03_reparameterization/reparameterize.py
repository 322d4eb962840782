"""reparameterize: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.location_scale import (
    CLAMPED,
    CPU_NOISE,
    CUT,
    EXCHANGED,
    FLOAT32_NOISE,
    HALF_LOGVAR,
    HALF_VARIANCE,
    LOGVAR,
    MEAN_SCALED,
    MU_CUT,
    NO_EPS,
    NO_MU,
    NO_NOISE,
    NOISE_REQUIRES_GRAD,
    ROOT_OF_LOGVAR,
    SHARED,
    SIGMA_CUT,
    TINY,
    UNIFORM,
    UNSCALED,
    VARIANCE,
    ZERO,
    judge_dtype,
    judge_gradients,
    judge_noise,
    judge_values,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("reparameterize", reread="Move the randomness out of the way")


@exercise.check
def shape(reparameterize: LearnerObject, rng: Draws) -> None:
    """z has the shape and dtype of mu for every batch and latent size, and the inputs are left alone."""
    judge_dtype(reparameterize, rng)
    for shape in [(5, 3), (1, 4), (4, 1), (2, 3, 4)]:
        for dtype in (torch.float32, torch.float64):
            mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
            with expect.untouched(mu=mu, logvar=logvar):
                expect.kept(reparameterize(mu, logvar), mu, f"z for inputs of shape {shape}")


@exercise.check
def device(reparameterize: LearnerObject, rng: Draws) -> None:
    """The noise is made on the device of the inputs."""
    expect.device_kept(reparameterize, rng.normal(5, 3), rng.normal(5, 3), what="z", likely=CPU_NOISE)


@exercise.check(reread="Why the network predicts log-variance")
def values(reparameterize: LearnerObject, rng: Draws) -> None:
    """z is centred on mu, and its spread follows exp(logvar / 2)."""
    judge_values(sampler(reparameterize), rng, reach=16)


@exercise.check(reread="What must hold for every draw")
def noise(reparameterize: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu = sampler(reparameterize), 3 * rng.normal(10, 500, 4)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "position", "latent"))


@exercise.check(reread="What must hold for every draw")
def gradients(reparameterize: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2, for every element of a draw."""
    judge_gradients(sampler(reparameterize), rng)


# Wrong answers


# Keeps logvar in a range of its own.
@exercise.wrong(values=CLAMPED)
def clamps_logvar(mu, logvar):
    return mu + torch.exp(logvar.clamp(-5, 2) / 2) * torch.randn_like(mu)


# Scales the noise by mu, and adds sigma.
@exercise.wrong(EXCHANGED, "values", "gradients", noise=unnamed("the noise repeats along the calls"))
def exchanged(mu, logvar):
    eps = torch.randn_like(mu)
    sigma = torch.exp(logvar / 2)
    return sigma + mu * eps


# Halves the variance, not the log-variance.
@exercise.wrong(
    HALF_VARIANCE, "values", "gradients", noise=unnamed("the noise (z - mu) / sigma has the wrong distribution")
)
def half_variance_as_sigma(mu, logvar):
    return mu + torch.exp(logvar) / 2 * torch.randn_like(mu)


# Takes log sigma for sigma.
@exercise.wrong(HALF_LOGVAR, "values", "gradients")
def log_sigma_as_sigma(mu, logvar):
    return mu + logvar / 2 * torch.randn_like(mu)


# Uses the numbers of mu without its path.
@exercise.wrong(gradients=MU_CUT)
def mu_detached(mu, logvar):
    return mu.detach() + torch.exp(logvar / 2) * torch.randn_like(mu)


# Forgets the noise.
@exercise.wrong(noise=NO_EPS)
def no_eps(mu, logvar):
    return mu + torch.exp(logvar / 2)


# Forgets the mean.
@exercise.wrong(NO_MU, "values", "gradients", noise=unnamed("the noise repeats along the calls"))
def no_mu(mu, logvar):
    return torch.exp(logvar / 2) * torch.randn_like(mu)


# Computes sigma where no gradient is recorded.
@exercise.wrong(gradients=SIGMA_CUT)
def sigma_detached(mu, logvar):
    with torch.no_grad():
        sigma = torch.exp(logvar / 2)
    return mu + sigma * torch.randn_like(mu)


# Reads a dimension that the inputs do not have.
@exercise.wrong(stops("IndexError"))
def index_beyond_shape(mu, logvar):
    depth = mu.shape[7]
    return mu + torch.exp(logvar / 2) * torch.randn(depth)


# Reads the sizes of two dimensions.
@exercise.wrong(stops("too many values to unpack"), "shape", "noise")
def two_dimensions_only(mu, logvar):
    rows, columns = mu.shape
    eps = torch.randn(rows, columns, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Returns the mean of the draws over the batch.
@exercise.wrong(unnamed("wrong shape"), "shape", "values", "noise", "gradients")
def averaged_over_batch(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.mean(0)


# Draws the noise with neither the dtype nor the device of the inputs.
@exercise.wrong(shape=FLOAT32_NOISE, device=CPU_NOISE)
def bare_randn(mu, logvar):
    eps = torch.randn(mu.shape)
    return mu + torch.exp(logvar / 2) * eps


# Draws rightly, then detaches the result.
@exercise.wrong(gradients=CUT)
def detached_sample(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.detach()


# Adds the noise without scaling it.
@exercise.wrong(UNSCALED, "values", "gradients")
def eps_not_scaled(mu, logvar):
    return mu + torch.randn_like(mu)


# Draws one noise vector and uses it for every row.
@exercise.wrong(noise=SHARED["row"])
def eps_shared_across_batch(mu, logvar):
    eps = torch.randn(mu.shape[-1], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Draws one number a row and uses it for every latent.
@exercise.wrong(noise=SHARED["latent"])
def eps_shared_across_latents(mu, logvar):
    eps = torch.randn_like(mu[..., :1])
    return mu + torch.exp(logvar / 2) * eps


# Fixes the global seed inside the function.
@exercise.wrong(noise=SHARED["call"])
def fixed_seed(mu, logvar):
    torch.manual_seed(0)
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Makes its own generator at every call, always from the same seed.
@exercise.wrong(noise=SHARED["call"])
def fixed_seed_of_own_generator(mu, logvar):
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(mu.shape, generator=generator, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Draws the noise in float32, whatever the inputs are.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(mu, logvar):
    eps = torch.randn(mu.shape, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Takes the log-variance for the standard deviation.
@exercise.wrong(LOGVAR, "values", "gradients")
def logvar_as_sigma(mu, logvar):
    return mu + logvar * torch.randn_like(mu)


# Adds noise whose mean is not zero.
@exercise.wrong(noise=unnamed("the noise (z - mu) / sigma has the wrong distribution"))
def noise_off_centre(mu, logvar):
    eps = torch.randn_like(mu) + 0.2
    return mu + torch.exp(logvar / 2) * eps


# Draws the noise on the default device.
@exercise.wrong(device=CPU_NOISE)
def noise_on_cpu(mu, logvar):
    eps = torch.randn(mu.shape, dtype=mu.dtype)
    return mu + torch.exp(logvar / 2) * eps


# Makes the noise a variable to differentiate by.
@exercise.wrong(gradients=NOISE_REQUIRES_GRAD)
def noise_requires_grad(mu, logvar):
    eps = torch.randn_like(mu, requires_grad=True)
    return mu + torch.exp(logvar / 2) * eps


# Draws a single number for the whole tensor.
@exercise.wrong(noise=SHARED["row"])
def one_number_as_noise(mu, logvar):
    eps = torch.randn((), dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# Returns float32, whatever the inputs are.
@exercise.wrong(shape=unnamed("torch.float64, as the inputs have"))
def result_in_float32(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.float()


# Returns the mean.
@exercise.wrong(NO_NOISE, "values", "noise", "gradients")
def returns_mu(mu, logvar):
    return mu


# Takes the root of the log-variance, not of the variance.
@exercise.wrong(ROOT_OF_LOGVAR, "values", "gradients")
def root_of_logvar_as_sigma(mu, logvar):
    return mu + torch.sqrt(logvar) * torch.randn_like(mu)


# Draws with sample() where rsample() was needed.
@exercise.wrong(gradients=CUT)
def sample_for_rsample(mu, logvar):
    return torch.distributions.Normal(mu, torch.exp(logvar / 2)).sample()


# Puts the brackets in the wrong place.
@exercise.wrong(MEAN_SCALED, "values", "gradients")
def sigma_scales_mu_too(mu, logvar):
    return (torch.randn_like(mu) + mu) * torch.exp(logvar / 2)


# Makes sigma positive with softplus, a mistake that no list names.
@exercise.wrong(
    values=unnamed("exp(move / 2) times what it was"),
    noise=unnamed("the noise (z - mu) / sigma has the wrong distribution"),
    gradients=unnamed("0.5 * (z - mu)"),
)
def softplus_as_sigma(mu, logvar):
    sigma = torch.log(1 + torch.exp(logvar))
    return mu + sigma * torch.randn_like(mu)


# Makes the noise a hundred times smaller.
@exercise.wrong(noise=TINY)
def tiny_noise(mu, logvar):
    eps = 0.01 * torch.randn_like(mu)
    return mu + torch.exp(logvar / 2) * eps


# Draws with torch.normal, which takes the inputs and passes no gradient.
@exercise.wrong(gradients=ZERO)
def torch_normal(mu, logvar):
    return torch.normal(mu, torch.exp(logvar / 2))


# Draws uniform noise: rand_like for randn_like.
@exercise.wrong(noise=UNIFORM)
def uniform_noise(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.rand_like(mu)


# Takes the variance for the standard deviation.
@exercise.wrong(VARIANCE, "values", "gradients")
def variance_as_sigma(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)
