"""sample_kumaraswamy: its checks and wrong answers. Grader's side."""

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
    NAN_PATH,
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

exercise = Exercise("sample_kumaraswamy", reread="A law on the unit interval")

formula = Formula(
    exercise,
    ranges={"a": (0.3, 4), "b": (0.3, 5)},
    right=lambda a, b, u: (-torch.expm1(torch.log1p(-u) / b)) ** (1 / a),
    cdf=lambda x, a, b: -torch.expm1(b * torch.log1p(-(x**a))),
    rule="the x with 1 - (1 - x^a)^b = u",
)


@exercise.check
def shape(sample_kumaraswamy: LearnerObject, rng: Draws) -> None:
    """x has the shape to which a, b and u broadcast, dtype and device of u, and the inputs are left alone."""
    judge_shape(formula, sample_kumaraswamy, rng)


@exercise.check
def values(sample_kumaraswamy: LearnerObject, rng: Draws) -> None:
    """F(x) = u, for u between 0.01 and 0.99."""
    judge_values(formula, sample_kumaraswamy, rng)


@exercise.check(reread="Far out in the tail")
def tail(sample_kumaraswamy: LearnerObject, rng: Draws) -> None:
    """x is right to 9 digits in float64, for u from 1e-22 to 0.99."""
    judge_tail(formula, sample_kumaraswamy, rng)


@exercise.check
def gradients(sample_kumaraswamy: LearnerObject, rng: Draws) -> None:
    """The derivatives of x in a and in b are right, and finite for u down to 1e-22."""
    judge_gradients(formula, sample_kumaraswamy, rng)
    judge_gradients(formula, sample_kumaraswamy, rng, formula.tail(rng), " for u from 1e-22 to 0.99")


# Wrong answers


@exercise.wrong(LOST, "tail", "gradients")
def naive(a, b, u):
    return (1 - (1 - u) ** (1 / b)) ** (1 / a)


@exercise.wrong(LOST, "tail", "gradients")
def log_of_one_minus_u(a, b, u):
    return (-torch.expm1(torch.log(1 - u) / b)) ** (1 / a)


@exercise.wrong(LOST, "tail", "gradients")
def one_minus_exp(a, b, u):
    return (1 - torch.exp(torch.log1p(-u) / b)) ** (1 / a)


@exercise.wrong(LOST, "tail", "gradients")
def of_torch(a, b, u):
    return torch.distributions.Kumaraswamy(a, b).icdf(u)


# Chooses between two ways to write log(1 - e^v).
@exercise.wrong(gradients=NAN_PATH)
def chosen_afterwards(a, b, u):
    v = torch.log1p(-u) / b
    log_inner = torch.where(v > -0.693, torch.log(-torch.expm1(v)), torch.log1p(-torch.exp(v)))
    return torch.exp(log_inner / a)


@exercise.wrong(FALLING, *LAW)
def falling(a, b, u):
    return (1 - u ** (1 / b)) ** (1 / a)


@exercise.wrong("a and b have changed places: b belongs to the inner root, of 1 - u.", *LAW)
def exchanged(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / a)) ** (1 / b)


@exercise.wrong("powers a and b in place of roots 1 / a and 1 / b.", *LAW)
def powers(a, b, u):
    return (-torch.expm1(torch.log1p(-u) * b)) ** a


@exercise.wrong("the power a in place of the root 1 / a.", *LAW)
def outer_power(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / b)) ** a


@exercise.wrong("the power b in place of the root 1 / b.", *LAW)
def inner_power(a, b, u):
    return (-torch.expm1(torch.log1p(-u) * b)) ** (1 / a)


@exercise.wrong("the outer root, 1 / a, is missing.", "values", "tail", shape=unnamed("wrong shape"), gradients=UNUSED)
def no_outer_root(a, b, u):
    return -torch.expm1(torch.log1p(-u) / b)


@exercise.wrong("1 - x: take the root 1 / a of 1 - (1 - u)^(1 / b), and nothing else.", *LAW)
def mirrored(a, b, u):
    return 1 - (-torch.expm1(torch.log1p(-u) / b)) ** (1 / a)


@exercise.wrong("(1 - u)^(1 / b) is 1 - x^a: it must be taken from 1 before the outer root.", *LAW)
def not_from_one(a, b, u):
    return torch.exp(torch.log1p(-u) / b) ** (1 / a)


@exercise.wrong("F(u), the distribution function itself: solve F(x) = u for x.", *LAW)
def distribution_function(a, b, u):
    return 1 - (1 - u**a) ** b


@exercise.wrong(tail=LIMITED, gradients=unnamed("the gradient in a for u from 1e-22 to 0.99 is wrong"))
def result_clamped(a, b, u):
    return ((-torch.expm1(torch.log1p(-u) / b)) ** (1 / a)).clamp(min=1e-12)


@exercise.wrong(LIMITED, "tail", "gradients")
def clamped(a, b, u):
    return (-torch.expm1(torch.log1p(-u.clamp(min=1e-7)) / b)) ** (1 / a)


@exercise.wrong(LIMITED, "tail", "gradients")
def small_number(a, b, u):
    return (1e-10 - torch.expm1(torch.log1p(-u) / b)) ** (1 / a)


@exercise.wrong(gradients=CUT)
def a_detached(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / b)) ** (1 / a.detach())


@exercise.wrong(gradients=CUT)
def b_detached(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / b.data)) ** (1 / a)


@exercise.wrong(OWN_NOISE, "values", "tail", gradients=unnamed("the gradient in a is wrong"))
def own_noise(a, b, u):
    return (-torch.expm1(torch.log1p(-torch.rand_like(a + b + u)) / b)) ** (1 / a)


@exercise.wrong(FLOAT32, "tail")
def float32_inside(a, b, u):
    return (-torch.expm1(torch.log1p(-u.float().to(u.dtype)) / b)) ** (1 / a)


@exercise.wrong(shape=unnamed("wrong dtype"))
def always_float64(a, b, u):
    return (-torch.expm1(torch.log1p(-u.double()) / b)) ** (1 / a)


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / b)) ** (torch.ones(u.shape, dtype=u.dtype) / a)


@exercise.wrong(shape=stops("number of sizes provided"))
def shape_of_u(a, b, u):
    return (-torch.expm1(torch.log1p(-u) / b.expand_as(u))) ** (1 / a.expand_as(u))


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(a, b, u):
    return (-torch.expm1(u.neg_().log1p() / b)) ** (1 / a)


@exercise.wrong(REDUCED)
def mean(a, b, u):
    return ((-torch.expm1(torch.log1p(-u) / b)) ** (1 / a)).mean()
