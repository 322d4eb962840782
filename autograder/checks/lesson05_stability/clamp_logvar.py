"""clamp_logvar: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import (
    CUT,
    UNLIMITED,
    curve,
    finite,
    grid,
    keeps,
    loses_gradient,
    slope,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("clamp_logvar", reread="Keep logvar in a safe range")

CLAMPED = "the clamped logvar"
CONSTANT = Mistake(
    "constant",
    "are the bounds swapped? Then every element becomes the same number, and none passes its gradient on.",
)
PASSES = Mistake(
    "passes", "the gradient passes as if there were no clamp. Let autograd differentiate the clamp itself."
)


def three_ranges(rng: Draws, low: float, high: float) -> Tensor:
    """Numbers below, inside and above an interval, none of them near its border."""
    margin, far = (high - low) / 10, rng.uniform(1, 12, 2, 6, 4)
    return torch.cat([low - far[0], grid(rng, low + margin, high - margin, 24).reshape(6, 4), high + far[1]])


def judge_values(function: LearnerObject, rng: Draws, low: float, high: float) -> None:
    """logvar is limited to ``low`` and ``high``; -10 and 10 are the defaults."""
    logvar = three_ranges(rng, low, high)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, CLAMPED, logvar, **({} if low == -10 else {"low": low, "high": high}))

    what, rule = f"{CLAMPED} for low = {low:g}, high = {high:g}", "logvar, limited to low and high"
    expect.close(found(function), logvar.clamp(low, high), what, rule=rule, mistakes=exercise.mistaken(found))


def judge_slopes(function: LearnerObject, logvar: Tensor) -> None:
    """The gradient is 1 where ``logvar`` is between -10 and 10, and 0 outside."""
    what, rule = "the gradient in logvar", "1 where logvar is between the bounds, 0 outside"
    limited = value(function, CLAMPED, logvar)
    found = slope(function, CLAMPED, "logvar", logvar, zero=CONSTANT if limited.unique().numel() == 1 else None)
    curves = exercise.mistaken(lambda answer: curve(answer, CLAMPED, "logvar", logvar))
    finite(found, logvar, what, "logvar", rule, lambda: loses_gradient(limited, curves))
    # A gradient of 1 everywhere may mean no clamp, or one that is bypassed: the values tell.
    mistakes = ((mistake, slopes) for mistake, (other, slopes) in curves if torch.allclose(other, limited))
    expect.close(found, (logvar.abs() < 10).double(), what, rule=rule, mistakes=mistakes)


@exercise.check
def shape(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float16)]:
        keeps(clamp_logvar, CLAMPED, logvar=20 * rng.normal(*shape, dtype=dtype))


@exercise.check
def values(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """logvar is unchanged between low and high, and limited to them outside."""
    for low, high in [(-10.0, 10.0), (-3.0, 5.0), (1.5, 6.5)]:
        judge_values(clamp_logvar, rng, low, high)


@exercise.check
def gradients(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 inside the interval and 0 outside, however far."""
    judge_slopes(clamp_logvar, three_ranges(rng, -10, 10))
    far = torch.cat([rng.uniform(*ends, 4) for ends in ((-400, -200), (-9, 9), (200, 400))])
    judge_slopes(clamp_logvar, far.float())


# Wrong answers


@exercise.wrong(stops("Boolean value of Tensor"))
def python_max(logvar, low=-10.0, high=10.0):
    return min(max(logvar, low), high)


@exercise.wrong(gradients=CUT)
def data(logvar, low=-10.0, high=10.0):
    return logvar.data.clamp(low, high)


@exercise.wrong(shape=expect.IN_PLACE, gradients=PASSES)
def data_in_place(logvar, low=-10.0, high=10.0):
    logvar.data.clamp_(low, high)
    return logvar


@exercise.wrong(values="the limits are always -10 and 10: use low and high.")
def fixed_bounds(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-10, 10)


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(logvar, low=-10.0, high=10.0):
    return logvar.float().clamp(low, high)


@exercise.wrong("only low is used: large values pass. Limit on both sides.", "values", "gradients")
def lower_only(logvar, low=-10.0, high=10.0):
    return logvar.clamp(min=low)


@exercise.wrong(gradients=CUT)
def no_grad(logvar, low=-10.0, high=10.0):
    with torch.no_grad():
        return torch.clamp(logvar, low, high)


@exercise.wrong(UNLIMITED, "values", "gradients")
def unlimited(logvar, low=-10.0, high=10.0):
    return logvar * 1


@exercise.wrong("clamps sigma: exp(logvar / 2) was limited. Limit logvar itself.", "values", "gradients")
def sigma(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2)
    return torch.clamp(sigma, low, high)


@exercise.wrong(
    "clamps sigma, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
    "values",
    "gradients",
)
def sigma_and_back(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2).clamp(low, high)
    return 2 * torch.log(sigma)


@exercise.wrong(gradients=PASSES)
def straight_through(logvar, low=-10.0, high=10.0):
    return logvar + (logvar.clamp(low, high) - logvar).detach()


@exercise.wrong(
    values="the bounds are swapped: every element becomes low. low comes first, then high.", gradients=CONSTANT
)
def swapped(logvar, low=-10.0, high=10.0):
    return torch.clamp(logvar, high, low)


@exercise.wrong(
    values="the bounds are swapped: every element becomes high. Raise to low, and cut at high.", gradients=CONSTANT
)
def swapped_min_max(logvar, low=-10.0, high=10.0):
    return logvar.clamp(max=low).clamp(min=high)


# Limits sigma to the right bounds, so that only the overflow of exp is left.
@exercise.wrong(
    gradients="the way goes through exp, which overflows before the clamp: 0 * inf is nan. Limit logvar itself."
)
def through_exp(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar.float() / 2) if logvar.dtype == torch.float16 else torch.exp(logvar / 2)
    sigma = sigma.clamp(math.exp(low / 2), math.exp(high / 2))
    return (2 * torch.log(sigma)).to(logvar.dtype)


@exercise.wrong("only high is used: small values pass. Limit on both sides.", "values", "gradients")
def upper_only(logvar, low=-10.0, high=10.0):
    return logvar.clamp(max=high)


@exercise.wrong("clamps the variance: exp(logvar) was limited. Limit logvar itself.", "values", "gradients")
def variance(logvar, low=-10.0, high=10.0):
    return torch.exp(logvar).clamp(low, high)


@exercise.wrong(
    "clamps the variance, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
    "values",
    "gradients",
)
def variance_and_back(logvar, low=-10.0, high=10.0):
    return torch.exp(logvar).clamp(low, high).log()
