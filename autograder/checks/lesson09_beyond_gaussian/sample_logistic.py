"""sample_logistic: its checks and wrong answers. Grader's side."""

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

exercise = Exercise("sample_logistic", reread="The sigmoid as a distribution function")

formula = Formula(
    exercise,
    ranges={"loc": (-3, 3), "scale": (0.2, 4)},
    right=lambda loc, scale, u: loc + scale * (torch.log(u) - torch.log1p(-u)),
    cdf=lambda x, loc, scale: torch.sigmoid((x - loc) / scale),
    rule="the x with sigmoid((x - loc) / scale) = u",
    atol=1e-5,
)


@exercise.check
def shape(sample_logistic: LearnerObject, rng: Draws) -> None:
    """x has the shape to which loc, scale and u broadcast, dtype and device of u, and the inputs are left alone."""
    judge_shape(formula, sample_logistic, rng)


@exercise.check
def values(sample_logistic: LearnerObject, rng: Draws) -> None:
    """F(x) = u, for u between 0.01 and 0.99."""
    judge_values(formula, sample_logistic, rng)


@exercise.check(reread="Far out in the tail")
def tail(sample_logistic: LearnerObject, rng: Draws) -> None:
    """x is right to 9 digits in float64, for u from 1e-22 to 0.99."""
    judge_tail(formula, sample_logistic, rng)


@exercise.check
def gradients(sample_logistic: LearnerObject, rng: Draws) -> None:
    """The derivatives of x in loc and in scale, element by element."""
    judge_gradients(formula, sample_logistic, rng)


# Wrong answers


@exercise.wrong(FALLING, *LAW)
def sign(loc, scale, u):
    return loc - scale * torch.logit(u)


@exercise.wrong(tail=LIMITED)
def eps_of_logit(loc, scale, u):
    return loc + scale * torch.logit(u, 1e-6)


@exercise.wrong(tail=LIMITED)
def small_number(loc, scale, u):
    return loc + scale * (torch.log(u + 1e-10) - torch.log(1 - u + 1e-10))


@exercise.wrong(tail=LIMITED)
def tiny_number(loc, scale, u):
    return loc + scale * torch.log(u / (1 - u) + 1e-20)


@exercise.wrong(tail=LOST)
def atanh(loc, scale, u):
    return loc + 2 * scale * torch.atanh(2 * u - 1)


@exercise.wrong("u / (1 - u) are the odds: x is linear in their logarithm.", *LAW)
def no_logarithm(loc, scale, u):
    return loc + scale * u / (1 - u)


@exercise.wrong("sigmoid in place of its inverse: the inverse is log(u / (1 - u)).", *LAW)
def sigmoid(loc, scale, u):
    return loc + scale * torch.sigmoid(u)


@exercise.wrong("F(u), the distribution function itself: solve F(x) = u for x.", *LAW)
def distribution_function(loc, scale, u):
    return torch.sigmoid((u - loc) / scale)


@exercise.wrong("divided by scale: F divides by scale, so its inverse multiplies.", *LAW)
def over_scale(loc, scale, u):
    return loc + torch.logit(u) / scale


@exercise.wrong("scale stretches loc too: first multiply by scale, then add loc.", *LAW)
def loc_stretched(loc, scale, u):
    return (loc + torch.logit(u)) * scale


@exercise.wrong("the quantile of a normal distribution: the logistic one has log(u / (1 - u)) in its place.", *LAW)
def probit(loc, scale, u):
    return loc + scale * torch.special.ndtri(u)


@exercise.wrong(
    "scale is read as the standard deviation, and a factor sqrt(3) / pi stands before it. "
    "Here F is sigmoid((x - loc) / scale), without a factor.",
    *LAW,
)
def standard_deviation(loc, scale, u):
    return loc + scale * math.sqrt(3) / math.pi * torch.logit(u)


@exercise.wrong("loc and scale have changed places: scale multiplies the logit, loc is added.", *LAW)
def exchanged(loc, scale, u):
    return scale + loc * torch.logit(u)


@exercise.wrong("log(u) alone: the inverse of the sigmoid is log(u) - log(1 - u).", *LAW)
def half(loc, scale, u):
    return loc + scale * torch.log(u)


@exercise.wrong("log(u) / log(1 - u): the logarithm of a quotient is a difference of logarithms.", *LAW)
def quotient_of_logarithms(loc, scale, u):
    return loc + scale * torch.log(u) / torch.log1p(-u)


@exercise.wrong("log(u) + log(1 - u): the logarithm of u / (1 - u) is a difference.", *LAW)
def sum_of_logarithms(loc, scale, u):
    return loc + scale * (torch.log(u) + torch.log1p(-u))


@exercise.wrong("loc is subtracted: add it.", *LAW)
def minus_loc(loc, scale, u):
    return scale * torch.logit(u) - loc


@exercise.wrong("loc is missing.", "values", "tail", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_loc(loc, scale, u):
    return scale * torch.logit(u)


@exercise.wrong("scale is missing.", "values", "tail", shape=unnamed("wrong shape"), gradients=UNUSED)
def without_scale(loc, scale, u):
    return loc + torch.logit(u)


@exercise.wrong("exp(scale) multiplies: scale is no logarithm.", *LAW)
def log_scale(loc, scale, u):
    return loc + scale.exp() * torch.logit(u)


@exercise.wrong(gradients=CUT)
def scale_detached(loc, scale, u):
    return loc + scale.detach() * torch.logit(u)


@exercise.wrong(gradients=CUT)
def loc_detached(loc, scale, u):
    return loc.data + scale * torch.logit(u)


@exercise.wrong(OWN_NOISE, "values", "tail", gradients=unnamed("the gradient in scale is wrong"))
def own_noise(loc, scale, u):
    return loc + scale * torch.logit(torch.rand_like(loc + scale + u))


@exercise.wrong(tail=FLOAT32)
def float32_inside(loc, scale, u):
    return (loc + scale * torch.logit(u.float())).float().to(u.dtype)


@exercise.wrong(shape=unnamed("wrong dtype"), tail=FLOAT32)
def always_float32(loc, scale, u):
    return (loc + scale * torch.logit(u)).float()


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(loc, scale, u):
    return loc + scale * torch.logit(u) + torch.zeros(u.shape, dtype=u.dtype)


@exercise.wrong(shape=stops("number of sizes provided"))
def shape_of_u(loc, scale, u):
    return loc.expand_as(u) + scale.expand_as(u) * torch.logit(u)


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(loc, scale, u):
    return loc + scale * u.logit_()


@exercise.wrong(REDUCED)
def total(loc, scale, u):
    return (loc + scale * torch.logit(u)).sum()
