"""GaussianSampler: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import nn

from autograder import expect
from autograder.beside.lesson03_reparameterization import parameters_of
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.location_scale import (
    CPU_NOISE,
    CUT,
    FLOAT32_NOISE,
    MU_CUT,
    SHARED,
    VARIANCE,
    judge_dtype,
    judge_gradients,
    judge_noise,
    judge_values,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("GaussianSampler", reread="A layer that knows its mode")

ALWAYS_MU = Mistake(
    "always_mu",
    "forward returns mu in train mode too. Sample when self.training is True, return mu when it is False.",
)
ALWAYS_SAMPLES = Mistake(
    "always_samples",
    "forward samples in eval mode too. Return mu itself where self.training is False: that is what eval() sets, and "
    "no other flag.",
)
SWAPPED = Mistake(
    "modes_swapped",
    "the modes are the wrong way round. Sample when self.training is True, return mu when it is False.",
)
OWN_FLAG = Mistake(
    "own_flag",
    "a flag that only the layer's own eval() sets: a model calls train(False) on its layers. Ask self.training.",
)
TIMES_ZERO = Mistake(
    "times_zero", "the noise is drawn and multiplied by 0 in eval mode: 0 * inf is nan. Return mu before any draw."
)
PARAMETER = Mistake("parameter", "the layer has a parameter of its own. It needs none: mu and logvar say it all.")

REQUIRES_GRAD = Mistake(
    "requires_grad",
    "a number that the layer keeps, or its noise, was made with requires_grad=True. Neither is a parameter.",
)


def in_mode(GaussianSampler: LearnerObject, training: bool) -> LearnerObject:
    """A new layer whose train() or eval() was called."""
    layer = GaussianSampler()
    if training:
        layer.train()
    else:
        layer.eval()
    return layer


def samples(layer: LearnerObject, rng: Draws) -> bool:
    """Whether the layer gives two different results for the same input."""
    mu, logvar = rng.normal(5, 3), rng.uniform(0.3, 1.2, 5, 3)
    one, other = (expect.shaped(layer(mu, logvar), (5, 3), "z") for _ in range(2))
    return not torch.equal(one.nan_to_num(), other.nan_to_num())


def why_it_samples(GaussianSampler: LearnerObject, rng: Draws) -> Mistake:
    """What a layer that samples in eval mode does."""
    return ALWAYS_SAMPLES if samples(in_mode(GaussianSampler, True), rng) else SWAPPED


def why_it_does_not(GaussianSampler: LearnerObject, rng: Draws) -> Mistake:
    """What a layer that returns mu in train mode does."""
    return SWAPPED if samples(in_mode(GaussianSampler, False), rng) else ALWAYS_MU


@exercise.check
def train(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In train mode the layer, which has no parameters, samples N(mu, sigma^2) afresh; gradients pass through it."""
    layer, mu, logvar = in_mode(GaussianSampler, True), rng.normal(5, 3), rng.normal(5, 3)
    with expect.untouched(mu=mu, logvar=logvar):
        z = layer(mu, logvar)
    if torch.equal(expect.kept(z, mu, "z in train mode"), mu):
        likely = why_it_does_not(GaussianSampler, rng)
        raise Failure("z has no noise in train mode", "a fresh draw from N(mu, sigma^2)", "z = mu", likely)
    if names := beside(parameters_of, layer):
        raise Failure("the layer has parameters", "a module without parameters", ", ".join(names), PARAMETER)
    sample = sampler(layer)
    judge_values(sample, rng, reach=16)
    mu = 3 * rng.normal(10, 500, 4)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "position", "latent"))
    judge_gradients(sample, rng, REQUIRES_GRAD)
    judge_dtype(layer, rng)
    expect.device_kept(layer, logvar, logvar, what="z", likely=CPU_NOISE)


@exercise.check
def eval_(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In eval mode the layer returns mu, at every call and whatever logvar is; gradients pass through it."""
    layer = in_mode(GaussianSampler, False)
    if samples(layer, rng):
        likely = why_it_samples(GaussianSampler, rng)
        raise Failure("z in eval mode is wrong", "mu", "another draw at every call", likely)
    for dtype in (torch.float32, torch.float64):
        mu, logvar = rng.normal(5, 3, dtype=dtype), rng.normal(5, 3, dtype=dtype)
        with expect.untouched(mu=mu, logvar=logvar):
            z = layer(mu, logvar)
        expect.close(expect.kept(z, mu, "z in eval mode"), mu, "z in eval mode", rule="mu")
        z = layer(mu.requires_grad_(), logvar)
        slope = expect.gradients(z, {"mu": mu}, cut=MU_CUT)["mu"]
        expect.close(slope, torch.ones_like(mu), "dz/dmu in eval mode", rule="1")
        z = layer(mu, logvar + 2_000)
        if not torch.equal(z, mu):
            is_nan = bool(expect.tensor(z, "z in eval mode").isnan().all())
            observed = "not a number" if is_nan else "another value"
            what = "z in eval mode is wrong where exp(logvar / 2) is infinite"
            raise Failure(what, "mu", observed, TIMES_ZERO if is_nan else None)
        expect.close(layer(mu, logvar + math.inf), mu, "z in eval mode, where logvar is infinite,", rule="mu")
    expect.device_kept(layer, mu.detach(), logvar, what="z in eval mode")


@exercise.check
def mode(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """The layer follows the mode of the model that holds it, there and back."""
    layer, mu, logvar = GaussianSampler(), rng.normal(5, 3), rng.normal(5, 3)
    layer.train(False)  # What eval() of a model calls on its layers.
    if samples(layer, rng):
        follows_eval = not samples(in_mode(GaussianSampler, False), rng)
        likely = OWN_FLAG if follows_eval else why_it_samples(GaussianSampler, rng)
        raise Failure("z after model.eval() is wrong", "mu", "another draw at every call", likely)
    expect.close(layer(mu, logvar), mu, "z after model.eval()", rule="mu")
    layer.train(True)
    if torch.equal(layer(mu, logvar), mu):
        likely = why_it_does_not(GaussianSampler, rng)
        raise Failure("z after model.train() has no noise", "a draw from N(mu, sigma^2)", "z = mu", likely)


# Wrong answers


# Keeps a number to learn where nn.Module does not look.
@exercise.wrong(train=REQUIRES_GRAD)
class learned_in_secret(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = [torch.ones((), requires_grad=True)]

    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + self.scale[0] * torch.exp(logvar / 2) * torch.randn_like(mu)


# Forgets to initialise nn.Module.
@exercise.wrong(stops("AttributeError"))
class without_super(nn.Module):
    def __init__(self):
        self.scale = nn.Linear(1, 1)

    def forward(self, mu, logvar):
        return mu


# Returns the mean whatever the mode is.
@exercise.wrong(ALWAYS_MU, "train", "mode")
class always_mu(nn.Module):
    def forward(self, mu, logvar):
        return mu


# Draws in the default dtype.
@exercise.wrong(train=FLOAT32_NOISE)
class float32_noise(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn(mu.shape, device=mu.device)


# Draws for the last two dimensions, however many there are.
@exercise.wrong(train=SHARED["row"])
class noise_of_two_dimensions(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        eps = torch.randn(mu.shape[-2:], dtype=mu.dtype, device=mu.device)
        return mu + torch.exp(logvar / 2) * eps


# Learns a factor of sigma.
@exercise.wrong(train=PARAMETER)
class learned_scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + self.scale * torch.exp(logvar / 2) * torch.randn_like(mu)


# Switches the noise off by a factor.
@exercise.wrong(eval=TIMES_ZERO)
class times_training(nn.Module):
    def forward(self, mu, logvar):
        return mu + self.training * torch.exp(logvar / 2) * torch.randn_like(mu)


# Samples without a path for gradients.
@exercise.wrong(train=CUT)
class detached(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        with torch.no_grad():
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Returns the numbers of mu without its path.
@exercise.wrong(eval=MU_CUT)
class detached_in_eval(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu.detach()
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Samples in eval mode and returns the mean in train mode.
@exercise.wrong(SWAPPED)
class modes_swapped(nn.Module):
    def forward(self, mu, logvar):
        if self.training:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Sets a flag of its own in eval(), which a model never calls on its layers.
@exercise.wrong(mode=OWN_FLAG)
class own_eval(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = True

    def eval(self):
        self.sampling = False
        return super().eval()

    def forward(self, mu, logvar):
        if not self.sampling:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Goes by a flag of its own, set by hand.
@exercise.wrong(ALWAYS_SAMPLES, "eval", "mode")
class own_flag(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = True

    def forward(self, mu, logvar):
        if not self.sampling:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Samples whatever the mode is.
@exercise.wrong(ALWAYS_SAMPLES, "eval", "mode")
class samples_in_eval(nn.Module):
    def forward(self, mu, logvar):
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Takes the variance for the standard deviation.
@exercise.wrong(train=VARIANCE)
class variance_as_sigma(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        return mu + torch.exp(logvar) * torch.randn_like(mu)


# Returns zeros in eval mode.
@exercise.wrong(eval=unnamed("z in eval mode is wrong"), mode=unnamed("z after model.eval() is wrong"))
class zero_in_eval(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return torch.zeros_like(mu)
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
