"""sample_lognormal: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson09_beyond_gaussian.formulas import (
    CUT,
    FLOAT32,
    NOISE_UNUSED,
    OWN_NOISE,
    REDUCED,
    UNUSED,
    Formula,
    judge_gradients,
    judge_shape,
    judge_values,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("sample_lognormal", reread="A heavy tail")

formula = Formula(
    exercise,
    ranges={"mu": (-3, 3), "sigma": (0.1, 3)},
    right=lambda mu, sigma, eps: torch.exp(mu + sigma * eps),
    rule="the x whose logarithm is mu + sigma * eps",
    noise="eps",
    ends=(-4, 4),
    rtol=1e-9,
)


def wide_inputs(rng: Draws) -> list[Tensor]:
    """Ordinary inputs, and below them two rows with exponents near 15 and two near -15."""
    ends = ((2.8, 3), (2.9, 3), (3.9, 4))
    high = [rng.uniform(*each, 2, 5) for each in ends]
    mu, sigma, eps = (rng.uniform(*each, 2, 5) for each in ends)
    rows = zip(formula.inputs(rng, 8, 5), high, (-mu, sigma, -eps), strict=True)
    return [torch.cat(each) for each in rows]


@exercise.check
def shape(sample_lognormal: LearnerObject, rng: Draws) -> None:
    """x has the shape to which mu, sigma and eps broadcast, dtype and device of eps, and the inputs are left alone."""
    judge_shape(formula, sample_lognormal, rng)


@exercise.check
def values(sample_lognormal: LearnerObject, rng: Draws) -> None:
    """The logarithm of x is mu + sigma * eps, for exponents from -15 to 15, to 9 digits in float64."""
    judge_values(formula, sample_lognormal, rng, wide_inputs(rng))


@exercise.check
def gradients(sample_lognormal: LearnerObject, rng: Draws) -> None:
    """The derivatives of x in mu and in sigma, element by element."""
    judge_gradients(formula, sample_lognormal, rng, wide_inputs(rng))


# Wrong answers

LAW = ("values", "gradients")
"""What an answer fails that has another formula."""


@exercise.wrong("exp is taken of sigma * eps alone: first add mu, then take exp of the sum.", *LAW)
def mu_outside(mu, sigma, eps):
    return mu + torch.exp(sigma * eps)


@exercise.wrong("exp is taken of mu alone: first add sigma * eps, then take exp of the sum.", *LAW)
def sigma_outside(mu, sigma, eps):
    return torch.exp(mu) + sigma * eps


@exercise.wrong("sigma^2 / 2 is subtracted, which makes the mean exp(mu). Here exp(mu) is the median.", *LAW)
def mean_matched(mu, sigma, eps):
    return torch.exp(mu - sigma**2 / 2 + sigma * eps)


@exercise.wrong("sigma is read as a log-variance, in exp(sigma / 2). It is the standard deviation itself.", *LAW)
def log_variance(mu, sigma, eps):
    return torch.exp(mu + torch.exp(sigma / 2) * eps)


@exercise.wrong("exp(sigma) multiplies eps: sigma is no logarithm.", *LAW)
def log_sigma(mu, sigma, eps):
    return torch.exp(mu + torch.exp(sigma) * eps)


@exercise.wrong("sigma is read as the variance, and its root taken. It is the standard deviation itself.", *LAW)
def variance(mu, sigma, eps):
    return torch.exp(mu + sigma.sqrt() * eps)


@exercise.wrong("sigma^2 multiplies eps: that is the variance. Multiply by sigma.", *LAW)
def squared(mu, sigma, eps):
    return torch.exp(mu + sigma**2 * eps)


@exercise.wrong("the logarithm of x: take exp of it.", *LAW)
def normal(mu, sigma, eps):
    return mu + sigma * eps


@exercise.wrong("a logarithm in place of exp: x is exp of the normal number.", *LAW)
def logarithm(mu, sigma, eps):
    return torch.log(mu + sigma * eps)


@exercise.wrong("expm1 subtracts 1: here nothing is subtracted.", "values")
def expm1(mu, sigma, eps):
    return torch.expm1(mu + sigma * eps)


@exercise.wrong("softplus is no exp: it grows like a straight line.", *LAW)
def softplus(mu, sigma, eps):
    return torch.nn.functional.softplus(mu + sigma * eps)


@exercise.wrong("the exponent is clamped to 10, or to -10 and 10. It may be larger; take it as it is.", *LAW)
def clamped(mu, sigma, eps):
    return torch.exp((mu + sigma * eps).clamp(-10, 10))


@exercise.wrong("the sign of eps: x should rise with it.", *LAW)
def sign(mu, sigma, eps):
    return torch.exp(mu - sigma * eps)


@exercise.wrong(
    "mu is the factor here, and its logarithm the mean of log x. Here mu itself is the mean of log x.", *LAW
)
def mu_as_factor(mu, sigma, eps):
    return mu * torch.exp(sigma * eps)


@exercise.wrong("mu and sigma have changed places.", *LAW)
def exchanged(mu, sigma, eps):
    return torch.exp(sigma + mu * eps)


@exercise.wrong("sigma stretches mu too: first multiply eps by sigma, then add mu.", *LAW)
def mu_stretched(mu, sigma, eps):
    return torch.exp((mu + eps) * sigma)


@exercise.wrong("exp(mu) is missing.", "values", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_mu(mu, sigma, eps):
    return torch.exp(sigma * eps)


@exercise.wrong("sigma is missing.", "values", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_sigma(mu, sigma, eps):
    return torch.exp(mu + eps)


@exercise.wrong(OWN_NOISE, "values", gradients=unnamed("the gradient in mu is wrong"))
def own_noise(mu, sigma, eps):
    return torch.exp(mu + sigma * torch.randn_like(mu + sigma + eps))


@exercise.wrong(OWN_NOISE, "values", shape=unnamed("x for"), gradients=unnamed("the gradient in mu is wrong"))
def rsample(mu, sigma, eps):
    return torch.distributions.LogNormal(mu, sigma).rsample()


@exercise.wrong(NOISE_UNUSED, "values", gradients=unnamed("the gradient in mu is wrong"))
def of_its_mean(mu, sigma, eps):
    return torch.exp(mu + sigma**2 / 2) * torch.ones_like(eps)


@exercise.wrong(gradients=CUT)
def detached(mu, sigma, eps):
    return torch.exp((mu + sigma * eps).detach())


@exercise.wrong(gradients=CUT)
def sigma_detached(mu, sigma, eps):
    return torch.exp(mu + sigma.detach() * eps)


@exercise.wrong(gradients=CUT)
def mu_detached(mu, sigma, eps):
    return torch.exp(mu.data + sigma * eps)


@exercise.wrong(values=FLOAT32)
def float32_inside(mu, sigma, eps):
    return torch.exp((mu + sigma * eps).float()).to(eps.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"), values=FLOAT32)
def always_float32(mu, sigma, eps):
    return torch.exp((mu + sigma * eps).float())


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(mu, sigma, eps):
    return torch.exp(mu + sigma * eps + torch.zeros(eps.shape, dtype=eps.dtype))


@exercise.wrong(shape=stops("number of sizes provided"))
def shape_of_eps(mu, sigma, eps):
    return torch.exp(mu.expand_as(eps) + sigma.expand_as(eps) * eps)


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(mu, sigma, eps):
    return torch.exp(eps.mul_(sigma.expand_as(eps)) + mu) if sigma.dim() < 2 else torch.exp(sigma * eps + mu)


@exercise.wrong(REDUCED)
def mean(mu, sigma, eps):
    return torch.exp(mu + sigma * eps).mean()
