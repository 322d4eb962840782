"""clamp_logvar: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.clamps import grid
from autograder.checks.lesson05_stability.judging import CLAMPED, finite, in_lesson, keeps, slope, value
from autograder.checks.lesson05_stability.mistakes import (
    CUT,
    PASSES,
    SWAPPED,
    THROUGH_EXP,
    UNLIMITED,
    slopes_of,
    values_of,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("clamp_logvar", reread="Keep logvar in a safe range")

RANGE = in_lesson("Keep logvar in a safe range")

# clamp_logvar


def three_ranges(rng: Draws, low: float, high: float) -> Tensor:
    """Numbers below, inside and above an interval, none of them near its border."""
    margin, far = (high - low) / 10, rng.uniform(1, 12, 2, 6, 4)
    return torch.cat([low - far[0], grid(rng, low + margin, high - margin, 24).reshape(6, 4), high + far[1]])


@exercise.check
def shape(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float16)]:
        keeps(clamp_logvar, CLAMPED, 20 * rng.normal(*shape, dtype=dtype))


@exercise.check
def values(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """logvar is unchanged between low and high, and limited to them outside."""
    for low, high in [(-10.0, 10.0), (-3.0, 5.0), (1.5, 6.5)]:
        x = three_ranges(rng, low, high)
        found = value(clamp_logvar, CLAMPED, x, **({} if low == -10 else {"low": low, "high": high}))
        what, rule = f"{CLAMPED} for low = {low:g}, high = {high:g}", "logvar, limited to low and high"
        mistakes = values_of(wrong.LIMITS, x, low, high)
        expect.close(found, x.clamp(low, high), what, rule=rule, mistakes=mistakes)


@exercise.check
def gradients(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 inside the interval and 0 outside, however far."""
    what, rule = "the gradient in logvar", "1 where logvar is between the bounds, 0 outside"
    x = three_ranges(rng, -10, 10)
    found = slope(clamp_logvar, CLAMPED, "logvar", x, zero=wrong.SWAPPED)
    passes = expect.recognise(value(clamp_logvar, CLAMPED, x), None, {wrong.PASSES: x.clamp(-10, 10)})
    mistakes = {passes: torch.ones_like(x)} if passes else {}
    mistakes |= slopes_of(wrong.LIMITS, x, -10.0, 10.0)
    expect.close(found, (x.abs() < 10).double(), what, rule=rule, mistakes=mistakes)
    far = torch.cat([rng.uniform(-400, -200, 4), rng.uniform(-9, 9, 4), rng.uniform(200, 400, 4)]).float()
    found = slope(clamp_logvar, CLAMPED, "logvar", far)
    finite(found, far, what, "logvar", rule, wrong.THROUGH_EXP)
    expect.close(found, (far.abs() < 10).double(), what, rule=rule)


# Wrong answers


# Uses Python's own max on a tensor.
@exercise.wrong(
    shape=stops("Boolean value of Tensor"),
    values=stops("Boolean value of Tensor"),
    gradients=stops("Boolean value of Tensor"),
)
def python_max(logvar, low=-10.0, high=10.0):
    return min(max(logvar, low), high)


# Clamps the data of the tensor.
@exercise.wrong(gradients=CUT)
def data(logvar, low=-10.0, high=10.0):
    return logvar.data.clamp(low, high)


# Clamps the data in place.
@exercise.wrong(shape=expect.IN_PLACE, gradients=PASSES)
def data_in_place(logvar, low=-10.0, high=10.0):
    logvar.data.clamp_(low, high)
    return logvar


# Uses 10 in place of the bounds.
@exercise.wrong(values="the limits are always -10 and 10: use low and high.")
def fixed_bounds(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-10, 10)


# Computes in float32 and stays there.
@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(logvar, low=-10.0, high=10.0):
    return logvar.float().clamp(low, high)


# Limits from below only.
@exercise.wrong(
    values="only low is used: large values pass. Limit on both sides.",
    gradients="only low is used: large values pass. Limit on both sides.",
)
def lower_only(logvar, low=-10.0, high=10.0):
    return logvar.clamp(min=low)


# Clamps without recording it.
@exercise.wrong(gradients=CUT)
def no_grad(logvar, low=-10.0, high=10.0):
    with torch.no_grad():
        return torch.clamp(logvar, low, high)


# Returns logvar.
@exercise.wrong(values=UNLIMITED, gradients=UNLIMITED)
def nothing(logvar, low=-10.0, high=10.0):
    return logvar * 1


# Limits sigma, and returns it.
@exercise.wrong(
    values="clamps sigma: exp(logvar / 2) was limited. Limit logvar itself.",
    gradients="clamps sigma: exp(logvar / 2) was limited. Limit logvar itself.",
)
def sigma(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2)
    return torch.clamp(sigma, low, high)


# Limits sigma, and takes its logarithm again.
@exercise.wrong(
    values="clamps sigma, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
    gradients="clamps sigma, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
)
def sigma_and_back(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar / 2).clamp(low, high)
    return 2 * torch.log(sigma)


# Lets the gradient pass outside the interval.
@exercise.wrong(gradients=PASSES)
def straight_through(logvar, low=-10.0, high=10.0):
    return logvar + (logvar.clamp(low, high) - logvar).detach()


# Gives the upper bound first.
@exercise.wrong(
    values="the bounds are swapped: every element becomes low. low comes first, then high.", gradients=SWAPPED
)
def swapped(logvar, low=-10.0, high=10.0):
    return torch.clamp(logvar, high, low)


# Takes the maximum with the upper bound and the minimum with the lower one.
@exercise.wrong(
    values="the bounds are swapped: every element becomes high. Raise to low, and cut at high.", gradients=SWAPPED
)
def swapped_min_max(logvar, low=-10.0, high=10.0):
    return logvar.clamp(max=low).clamp(min=high)


# Limits sigma to the right bounds, so that only the overflow of exp is left.
@exercise.wrong(gradients=THROUGH_EXP)
def through_exp(logvar, low=-10.0, high=10.0):
    sigma = torch.exp(logvar.float() / 2) if logvar.dtype == torch.float16 else torch.exp(logvar / 2)
    sigma = sigma.clamp(math.exp(low / 2), math.exp(high / 2))
    return (2 * torch.log(sigma)).to(logvar.dtype)


# Limits from above only.
@exercise.wrong(
    values="only high is used: small values pass. Limit on both sides.",
    gradients="only high is used: small values pass. Limit on both sides.",
)
def upper_only(logvar, low=-10.0, high=10.0):
    return logvar.clamp(max=high)


# Limits the variance, and returns it.
@exercise.wrong(
    values="clamps the variance: exp(logvar) was limited. Limit logvar itself.",
    gradients="clamps the variance: exp(logvar) was limited. Limit logvar itself.",
)
def variance(logvar, low=-10.0, high=10.0):
    return torch.exp(logvar).clamp(low, high)


# Limits the variance, and takes its logarithm again.
@exercise.wrong(
    values="clamps the variance, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
    gradients="clamps the variance, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.",
)
def variance_and_back(logvar, low=-10.0, high=10.0):
    return torch.exp(logvar).clamp(low, high).log()
