"""sample_exponential: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson09_beyond_gaussian.formulas import (
    CUT,
    FALLING,
    FLOAT32,
    LAW,
    LIMITED,
    LOST,
    NOISE_UNUSED,
    OWN_NOISE,
    REDUCED,
    Formula,
    judge_gradients,
    judge_shape,
    judge_tail,
    judge_values,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("sample_exponential", reread="Read the distribution function backwards")

formula = Formula(
    exercise,
    ranges={"rate": (0.2, 5)},
    right=lambda rate, u: -torch.log1p(-u) / rate,
    cdf=lambda x, rate: -torch.expm1(-rate * x),
    rule="the x with 1 - exp(-rate x) = u",
)


@exercise.check
def shape(sample_exponential: LearnerObject, rng: Draws) -> None:
    """x has the shape to which rate and u broadcast, dtype and device of u, and the inputs are left alone."""
    judge_shape(formula, sample_exponential, rng)


@exercise.check
def values(sample_exponential: LearnerObject, rng: Draws) -> None:
    """F(x) = u, for u between 0.01 and 0.99."""
    judge_values(formula, sample_exponential, rng)


@exercise.check(reread="Far out in the tail")
def tail(sample_exponential: LearnerObject, rng: Draws) -> None:
    """x is right to 9 digits in float64, for u from 1e-22 to 0.99."""
    judge_tail(formula, sample_exponential, rng)


@exercise.check
def gradients(sample_exponential: LearnerObject, rng: Draws) -> None:
    """The derivative of x in rate, element by element."""
    judge_gradients(formula, sample_exponential, rng)


# Wrong answers


# Calls a function that tensors do not have.
@exercise.wrong(stops("has no attribute 'ln'"))
def misspelt(rate, u):
    return -(1 - u).ln() / rate


@exercise.wrong(FALLING, *LAW)
def survival(rate, u):
    return -torch.log(u) / rate


@exercise.wrong("multiplied by rate: the mean is 1 / rate, so a high rate means a small x. Divide by rate.", *LAW)
def times_rate(rate, u):
    return -torch.log1p(-u) * rate


@exercise.wrong(tail=LOST)
def naive(rate, u):
    return -torch.log(1 - u) / rate


@exercise.wrong("the sign: log1p(-u) is negative, and x is not. Put a minus sign in front.", *LAW)
def sign(rate, u):
    return torch.log1p(-u) / rate


@exercise.wrong("log1p(u) is log(1 + u): F(x) = u leads to log(1 - u), which is log1p(-u).", *LAW)
def log_one_plus_u(rate, u):
    return torch.log1p(u) / rate


@exercise.wrong("F(u), the distribution function itself: solve F(x) = u for x.", *LAW)
def distribution_function(rate, u):
    return 1 - torch.exp(-rate * u)


@exercise.wrong("the density at u: solve F(x) = u for x.", *LAW)
def density(rate, u):
    return rate * torch.exp(-rate * u)


@exercise.wrong("exp in place of log: the inverse of exp is the logarithm.", *LAW)
def exp_for_log(rate, u):
    return -torch.expm1(-u) / rate


@exercise.wrong(tail=LIMITED)
def clamped(rate, u):
    return -torch.log1p(-u.clamp(1e-6, 1 - 1e-6)) / rate


@exercise.wrong(tail=LIMITED)
def small_number(rate, u):
    return -torch.log(1 - u + 1e-8) / rate


@exercise.wrong(tail=LIMITED)
def tiny_number(rate, u):
    return -torch.log1p(-(u + 1e-20)) / rate


@exercise.wrong(gradients=CUT)
def detached(rate, u):
    return -torch.log1p(-u) / rate.detach()


@exercise.wrong(gradients=CUT)
def sampled(rate, u):
    with torch.no_grad():
        return torch.distributions.Exponential(rate).icdf(u)


@exercise.wrong(OWN_NOISE, "values", "tail", gradients=unnamed("the gradient in rate is wrong"))
def own_noise(rate, u):
    return -torch.log1p(-torch.rand_like(u + rate)) / rate


@exercise.wrong(OWN_NOISE, "values", "tail", shape=unnamed("x for"), gradients=unnamed("the gradient in rate is wrong"))
def rsample(rate, u):
    return torch.distributions.Exponential(rate).rsample()


@exercise.wrong(tail=FLOAT32)
def float32_inside(rate, u):
    return (-torch.log1p(-u.float()) / rate.float()).to(u.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"))
def always_float64(rate, u):
    return -torch.log1p(-u.double()) / rate.double()


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(rate, u):
    return -torch.log1p(-u) * torch.ones(u.shape, dtype=u.dtype) / rate


@exercise.wrong(shape=stops("number of sizes provided"))
def shape_of_u(rate, u):
    return -torch.log1p(-u) / rate.expand_as(u)


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(rate, u):
    return -u.neg_().log1p() / rate


@exercise.wrong(REDUCED)
def mean(rate, u):
    return (-torch.log1p(-u) / rate).mean()


@exercise.wrong("divided by rate squared: the mean is 1 / rate.", *LAW)
def rate_squared(rate, u):
    return -torch.log1p(-u) / rate**2


@exercise.wrong("the logarithm to base 2: the inverse of exp is the natural logarithm.", *LAW)
def base_2(rate, u):
    return -torch.log2(1 - u) / rate


# Draws after a seed of its own.
@exercise.wrong(NOISE_UNUSED, "values", "tail", gradients=unnamed("the gradient in rate is wrong"))
def seeded(rate, u):
    torch.manual_seed(0)
    return -torch.log1p(-torch.rand_like(u + rate)) / rate


# Makes a new tensor of numbers.
@exercise.wrong(shape=unnamed("is on the wrong device"), gradients=CUT)
def made_anew(rate, u):
    x = (-torch.log1p(-u) / rate).tolist()
    return torch.tensor(x, dtype=u.dtype)
