"""GaussianSampler: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from autograder import expect
from autograder.boundary.learner import LearnerObject, beside
from autograder.boundary.probes import inside_parent
from autograder.checks.location_scale import (
    CUT,
    SHARED,
    SIGMAS,
    VARIANCE,
    WRONG_NOISE,
    Sample,
    judge_path,
    path_inputs,
    sampler,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("GaussianSampler", reread="A layer that knows its mode")

ALWAYS_MU = Mistake(
    "always_mu",
    "forward returns mu in train mode. Sample when self.training is True, return mu when it is False.",
)
ALWAYS_SAMPLES = Mistake(
    "always_samples",
    "forward samples in eval mode: it ignores self.training, or goes by a flag of its own.",
)
OWN_FLAG = Mistake(
    "own_flag",
    "a flag of the layer's own, which the model's train() and eval() never reach. Ask self.training, which they set.",
)


def judge_mean(forward: Sample, rng: Draws, what: str, likely: Mistake) -> None:
    """``forward`` returns mu; ``likely`` is said when it returns something else at every call."""
    mu, logvar = rng.normal(5, 3), rng.normal(5, 3)
    z = forward(mu, logvar)
    if not torch.equal(z, forward(mu, logvar)):
        raise Failure(f"{what} is wrong", "mu", "another draw at every call", likely)
    expect.close(z, mu, what, rule="mu")


@exercise.check
def train(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In train mode the layer samples N(mu, sigma^2) afresh at every call, and gradients pass through it."""
    layer = GaussianSampler()
    layer.train()
    sample, mu, logvar = sampler(layer), rng.normal(400, 50), rng.uniform(0.3, 1.2, 400, 50)
    offsets = torch.stack([sample(mu, logvar) - mu for _ in range(2)])
    if not offsets.any():
        raise Failure("z has no noise in train mode", "a fresh draw from N(mu, sigma^2)", "z = mu", ALWAYS_MU)
    noise = offsets / (logvar / 2).exp()
    expect.independent(noise, {axis: SHARED[axis] for axis in ("call", "row", "latent")})
    alternatives = [(mistake, offsets / sigma(logvar)) for mistake, sigma in SIGMAS]
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=[*WRONG_NOISE, *alternatives])
    mu, logvar = path_inputs(rng)
    judge_path(sample(mu, logvar), mu, logvar, rng)


@exercise.check
def eval_(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """In eval mode the layer returns mu, at every call."""
    layer = GaussianSampler()
    layer.eval()
    judge_mean(sampler(layer), rng, "z in eval mode", ALWAYS_SAMPLES)


@exercise.check
def mode(GaussianSampler: LearnerObject, rng: Draws) -> None:
    """The layer follows the mode of the model that holds it, there and back."""
    layer = GaussianSampler()
    judge_mean(sampler(partial(beside, inside_parent, layer, False)), rng, "z after model.eval()", OWN_FLAG)
    mu, logvar = rng.normal(5, 3), rng.normal(5, 3)
    if torch.equal(sampler(partial(beside, inside_parent, layer, True))(mu, logvar), mu):
        raise Failure("z after model.train() has no noise", "a draw from N(mu, sigma^2)", "z = mu", OWN_FLAG)


# Wrong answers


# Forgets to initialise nn.Module.
@exercise.wrong(stops("AttributeError"))
class without_super(nn.Module):
    def __init__(self):
        self.scale = nn.Linear(1, 1)

    def forward(self, mu, logvar):
        return mu


# Returns the mean whatever the mode is.
@exercise.wrong(train=ALWAYS_MU, mode=OWN_FLAG)
class always_mu(nn.Module):
    def forward(self, mu, logvar):
        return mu


# Samples without a path for gradients.
@exercise.wrong(train=CUT)
class detached(nn.Module):
    def forward(self, mu, logvar):
        if not self.training:
            return mu
        with torch.no_grad():
            return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Samples in eval mode and returns the mean in train mode.
@exercise.wrong(train=ALWAYS_MU, eval=ALWAYS_SAMPLES, mode=OWN_FLAG)
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
@exercise.wrong(eval=ALWAYS_SAMPLES, mode=OWN_FLAG)
class own_flag(nn.Module):
    def __init__(self):
        super().__init__()
        self.sampling = True

    def forward(self, mu, logvar):
        if not self.sampling:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# Samples whatever the mode is.
@exercise.wrong(eval=ALWAYS_SAMPLES, mode=OWN_FLAG)
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
