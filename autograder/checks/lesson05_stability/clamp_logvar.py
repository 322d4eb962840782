"""clamp_logvar: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import (
    CUT,
    FLOAT32,
    UNLIMITED,
    confirmed,
    curve,
    finite,
    grid,
    keeps,
    rounding,
    same_curve,
    slope,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("clamp_logvar", reread="Keep logvar in a safe range")

CLAMPED = "the clamped logvar"
CONSTANT = Mistake(
    "constant", "the bounds are swapped: every element becomes the same number, and none passes its gradient on."
)
PASSES = Mistake(
    "passes", "the gradient passes as if there were no clamp. Let autograd differentiate the clamp itself."
)
EVERYWHERE = torch.cat([torch.linspace(-500, 500, 40, dtype=torch.float64), torch.tensor([-math.inf, math.inf])])


def three_ranges(rng: Draws, low: float, high: float) -> Tensor:
    """Numbers below, inside and above an interval, none of them near its border."""
    margin, far = (high - low) / 10, rng.uniform(1, 12, 2, 6, 4)
    return torch.cat([low - far[0], grid(rng, low + margin, high - margin, 24).reshape(6, 4), high + far[1]])


def judge_values(
    function: LearnerObject, rng: Draws, low: float, high: float, *args: float, by_name: bool = False
) -> None:
    """logvar is limited to ``low`` and ``high``, which the function gets as ``args``, by name, or as defaults."""
    options = {"low": low, "high": high} if by_name else {}
    logvar = three_ranges(rng, low, high)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, CLAMPED, logvar, *args, **options)

    def elsewhere(answer: LearnerObject) -> Tensor:
        return value(answer, CLAMPED, EVERYWHERE, *args, **options)

    what, rule = f"{CLAMPED} for low = {low:g}, high = {high:g}", "logvar, limited to low and high"
    mistakes, rtol = confirmed(exercise, function, found, elsewhere), rounding(function, logvar, *args, **options)
    expect.close(found(function), logvar.clamp(low, high), what, rule=rule, rtol=rtol, atol=1e-12, mistakes=mistakes)


def judge_slopes(function: LearnerObject, logvar: Tensor, *bounds: float) -> None:
    """The gradient is 1 where ``logvar`` is between the bounds (-10 and 10 by default), and 0 outside."""
    low, high = bounds or (-10, 10)
    where, rule = f" for low = {low:g}, high = {high:g}", "1 where logvar is between the bounds, 0 outside"
    what = f"the gradient in logvar{where if bounds else ''}"
    limited = value(function, CLAMPED, logvar, *bounds)
    found = slope(function, CLAMPED, "logvar", logvar, *bounds, zero=swapped_bounds(limited, low, high))

    def elsewhere(answer: LearnerObject) -> Tensor:
        return value(answer, CLAMPED, EVERYWHERE, *bounds)

    curves = confirmed(exercise, function, lambda answer: curve(answer, CLAMPED, "logvar", logvar, *bounds), elsewhere)
    finite(found, logvar, what, "logvar", rule, lambda: same_curve(torch.stack([limited, found]), curves))
    # A gradient of 1 everywhere may mean no clamp, or one that is bypassed: the values tell.
    mistakes = ((mistake, slopes) for mistake, (other, slopes) in curves if torch.allclose(other, limited))
    inside = (low < logvar) & (logvar < high)
    expect.close(found, inside.double(), what, rule=rule, mistakes=mistakes)


def swapped_bounds(limited: Tensor, low: float, high: float) -> Mistake | None:
    """The mistake that makes one of the bounds of every number."""
    return CONSTANT if (limited == low).all() or (limited == high).all() else None


@exercise.check
def shape(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((4, 1), torch.float16),
        ((2, 3, 4), torch.float32),
        ((), torch.float64),
    ]:
        keeps(clamp_logvar, CLAMPED, logvar=20 * rng.normal(*shape, dtype=dtype))


@exercise.check
def values(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """logvar is unchanged between low and high, and limited to them outside."""
    judge_values(clamp_logvar, rng, -10, 10)
    judge_values(clamp_logvar, rng, -3, 5, by_name=True)
    judge_values(clamp_logvar, rng, 1.5, 6.5, 1.5, 6.5)


@exercise.check
def gradients(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 inside the interval and 0 outside, however far."""
    judge_slopes(clamp_logvar, three_ranges(rng, -10, 10))
    far = torch.cat([rng.uniform(*ends, 4) for ends in ((-400, -200), (-9, 9), (200, 400))])
    judge_slopes(clamp_logvar, far.float())
    judge_slopes(clamp_logvar, three_ranges(rng, 4.5, 16.5), 4.5, 16.5)


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


@exercise.wrong("the limits are always -10 and 10: use low and high.", "values", "gradients")
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


# Holds what is outside with the default bounds.
@exercise.wrong(gradients="no gradient where logvar is beyond -10 or 10: use low and high.")
def held_outside_the_default(logvar, low=-10.0, high=10.0):
    limited = logvar.clamp(low, high)
    return torch.where(logvar.abs() < 10, limited, limited.detach())


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


@exercise.wrong("the lower limit is always -high: use low.", "values", "gradients")
def symmetric(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-high, high)


@exercise.wrong(values="outside the interval the result is 0: it should be the bound that was passed.")
def zero_outside(logvar, low=-10.0, high=10.0):
    return torch.where((logvar < low) | (logvar > high), torch.zeros_like(logvar), logvar)


@exercise.wrong("exp of the limited logvar: that is the variance. Return the limited logvar.", "values", "gradients")
def variance_of_limited(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low, high).exp()


@exercise.wrong("a smooth curve: this clamp leaves every logvar inside the interval as it is.", "values", "gradients")
def tanh(logvar, low=-10.0, high=10.0):
    centre, half_width = (low + high) / 2, (high - low) / 2
    return centre + half_width * torch.tanh((logvar - centre) / half_width)


@exercise.wrong(values=FLOAT32)
def float32_inside(logvar, low=-10.0, high=10.0):
    return logvar.float().clamp(low, high).to(logvar.dtype)


@exercise.wrong("the lower limit is always -10: use low.", "values", "gradients")
def fixed_low(logvar, low=-10.0, high=10.0):
    return logvar.clamp(-10, high)


@exercise.wrong("the upper limit is always 10: use high.", "values", "gradients")
def fixed_high(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low, 10)
