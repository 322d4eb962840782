"""sample_gumbel: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

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
    OWN_NOISE,
    REDUCED,
    UNUSED,
    Formula,
    judge_gradients,
    judge_shape,
    judge_tail,
    judge_values,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("sample_gumbel", reread="The largest of many")

formula = Formula(
    exercise,
    ranges={"loc": (-3, 3), "scale": (0.2, 4)},
    right=lambda loc, scale, u: loc - scale * torch.log(-torch.log(u)),
    cdf=lambda x, loc, scale: torch.exp(-torch.exp(-(x - loc) / scale)),
    rule="the x with exp(-exp(-(x - loc) / scale)) = u",
    atol=1e-5,
)

OF_NEGATIVE = Mistake(
    "of_negative",
    "the logarithm of a negative number, which is nan: u is below 1, so log(u) is below 0. "
    "Turn its sign before the second logarithm.",
)


@exercise.check
def shape(sample_gumbel: LearnerObject, rng: Draws) -> None:
    """x has the shape to which loc, scale and u broadcast, dtype and device of u, and the inputs are left alone."""
    judge_shape(formula, sample_gumbel, rng)


@exercise.check
def values(sample_gumbel: LearnerObject, rng: Draws) -> None:
    """F(x) = u, for u between 0.01 and 0.99."""
    judge_values(formula, sample_gumbel, rng)


@exercise.check(reread="Far out in the tail")
def tail(sample_gumbel: LearnerObject, rng: Draws) -> None:
    """x is right to 9 digits in float64, for u from 1e-22 to 0.99."""
    judge_tail(formula, sample_gumbel, rng)


@exercise.check
def gradients(sample_gumbel: LearnerObject, rng: Draws) -> None:
    """The derivatives of x in loc and in scale, element by element."""
    judge_gradients(formula, sample_gumbel, rng)


# Wrong answers


@exercise.wrong("one logarithm: F has an exp inside an exp, so its inverse has a log inside a log.", *LAW)
def one_logarithm(loc, scale, u):
    return loc - scale * torch.log(u)


@exercise.wrong(OF_NEGATIVE, *LAW)
def log_of_log(loc, scale, u):
    return loc - scale * torch.log(torch.log(u))


@exercise.wrong(OF_NEGATIVE, *LAW)
def log_of_minus_u(loc, scale, u):
    return loc - scale * torch.log(torch.log(-u))


@exercise.wrong(
    "the sign before scale: that is the distribution mirrored at loc, and x falls as u rises. Subtract.", *LAW
)
def sign(loc, scale, u):
    return loc + scale * torch.log(-torch.log(u))


@exercise.wrong(FALLING, *LAW)
def survival(loc, scale, u):
    return loc - scale * torch.log(-torch.log1p(-u))


@exercise.wrong("the Gumbel distribution of minima, with F(x) = 1 - exp(-exp((x - loc) / scale)).", *LAW)
def of_minima(loc, scale, u):
    return loc + scale * torch.log(-torch.log1p(-u))


@exercise.wrong(tail=LIMITED)
def tiny_number(loc, scale, u):
    return loc - scale * torch.log(-torch.log(u + 1e-20) + 1e-20)


@exercise.wrong(tail=LIMITED)
def small_number(loc, scale, u):
    return loc - scale * torch.log(-torch.log(u + 1e-10) + 1e-10)


@exercise.wrong(tail=LOST)
def through_one_minus_u(loc, scale, u):
    return loc - scale * torch.log(-torch.log1p(-(1 - u)))


@exercise.wrong(tail=LIMITED)
def of_torch(loc, scale, u):
    return torch.distributions.Gumbel(loc, scale).icdf(u)


@exercise.wrong(
    "loc is read as the mean, and 0.5772 scale is subtracted. Here F is exp(-exp(-(x - loc) / scale)).", *LAW
)
def loc_as_mean(loc, scale, u):
    return loc - 0.5772156649015329 * scale - scale * torch.log(-torch.log(u))


@exercise.wrong(
    "scale is read as the standard deviation, and a factor sqrt(6) / pi stands before it. "
    "Here F is exp(-exp(-(x - loc) / scale)).",
    *LAW,
)
def standard_deviation(loc, scale, u):
    return loc - math.sqrt(6) / math.pi * scale * torch.log(-torch.log(u))


@exercise.wrong("F(u), the distribution function itself: solve F(x) = u for x.", *LAW)
def distribution_function(loc, scale, u):
    return torch.exp(-torch.exp(-(u - loc) / scale))


@exercise.wrong("divided by scale: F divides by scale, so its inverse multiplies.", *LAW)
def over_scale(loc, scale, u):
    return loc - torch.log(-torch.log(u)) / scale


@exercise.wrong("scale stretches loc too: first multiply by scale, then add loc.", *LAW)
def loc_stretched(loc, scale, u):
    return (loc - torch.log(-torch.log(u))) * scale


@exercise.wrong("loc and scale have changed places.", *LAW)
def exchanged(loc, scale, u):
    return scale - loc * torch.log(-torch.log(u))


@exercise.wrong("loc is missing.", "values", "tail", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_loc(loc, scale, u):
    return -scale * torch.log(-torch.log(u))


@exercise.wrong("scale is missing.", "values", "tail", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_scale(loc, scale, u):
    return loc - torch.log(-torch.log(u))


@exercise.wrong(gradients=CUT)
def scale_detached(loc, scale, u):
    return loc - scale.detach() * torch.log(-torch.log(u))


@exercise.wrong(gradients=CUT)
def loc_detached(loc, scale, u):
    return loc.detach() - scale * torch.log(-torch.log(u))


@exercise.wrong(OWN_NOISE, "values", "tail", gradients=unnamed("the gradient in scale is wrong"))
def own_noise(loc, scale, u):
    return loc - scale * torch.log(-torch.log(torch.rand_like(loc + scale + u)))


@exercise.wrong(tail=FLOAT32)
def float32_inside(loc, scale, u):
    return (loc.float() - scale.float() * torch.log(-torch.log(u.float()))).to(u.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"), tail=FLOAT32)
def always_float32(loc, scale, u):
    return (loc - scale * torch.log(-torch.log(u))).float()


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(loc, scale, u):
    return loc - scale * torch.log(-torch.log(u)) * torch.ones(u.shape, dtype=u.dtype)


@exercise.wrong(shape=stops("number of sizes provided"))
def shape_of_u(loc, scale, u):
    return loc.expand_as(u) - scale.expand_as(u) * torch.log(-torch.log(u))


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(loc, scale, u):
    return loc - scale * torch.log(-u.log_())


@exercise.wrong(REDUCED)
def mean(loc, scale, u):
    return (loc - scale * torch.log(-torch.log(u))).mean()
