"""soft_clamp: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import (
    CUT,
    UNLIMITED,
    confirmed,
    curve,
    finite,
    grid,
    keeps,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("soft_clamp", reread="A clamp that still listens")

BENT = "the softly clamped logvar"
SLOPE = "the gradient of the soft clamp"
SATURATED = Mistake(
    "saturated",
    "tanh and sigmoid round to exactly 1, and their gradient to 0. Use a curve that approaches more slowly.",
)
STAIRS = Mistake(
    "stairs", "the value is clamped, but the gradient is not its slope. Let autograd differentiate the curve itself."
)
WIDE = torch.linspace(-500, 500, 40, dtype=torch.float64)
OTHER_BOUNDS = [(-6, 10), (-10, 6), (-20, 30)]


def elsewhere(answer: LearnerObject) -> Tensor:
    """What an answer makes of logvar up to 500 in size."""
    return value(answer, BENT, WIDE)


def judge_limited(function: LearnerObject, x: Tensor) -> None:
    """Far out, a clamp of any kind is nearer to its bounds than to logvar."""
    found = value(function, BENT, x)
    finite(found, x, BENT, "logvar", "a number between -10 and 10")
    if not (found.abs() < 25).all():
        i = int(found.abs().argmax())
        mistakes = confirmed(exercise, function, lambda answer: value(answer, BENT, x), elsewhere)
        likely = expect.recognised(found, None, mistakes)
        observed = f"{found[i]:.5g} at logvar = {x[i]:.5g}"
        raise Failure(f"{BENT} is not limited", "about -10 and 10, for logvar near -50 and 50", observed, likely)


def with_other_bounds(low: float, high: float) -> Tensor:
    """Numbers on both sides of the interval and inside; the one in the middle is its centre."""
    return (low + high) / 2 + (high - low) / 2 * torch.linspace(-4, 4, 201, dtype=torch.float64)


def limited_by_others(answer: LearnerObject) -> Tensor:
    """What an answer gives with other bounds than the default, a row for each pair."""
    return torch.stack([value(answer, BENT, with_other_bounds(*bounds), *bounds) for bounds in OTHER_BOUNDS])


def judge_others(function: LearnerObject, rule: str, excess: Callable[[Tensor, Tensor, float, float], Tensor]) -> None:
    """``excess(found, logvar, low, high)``, by how much the result breaks the rule, is 0 or less for other bounds."""
    found = limited_by_others(function)
    for (low, high), row in zip(OTHER_BOUNDS, found, strict=True):
        x, what = with_other_bounds(low, high), f"{BENT} for low = {low:g}, high = {high:g}"
        finite(row, x, what, "logvar", rule)
        i = int(excess(row, x, low, high).argmax())
        if excess(row, x, low, high)[i] > 0:
            likely = expect.recognised(found, None, exercise.mistaken(limited_by_others))
            raise Failure(f"{what} is wrong", rule, f"{row[i]:.5g} at logvar = {x[i]:.5g}", likely)


def beyond(found: Tensor, x: Tensor, low: float, high: float) -> Tensor:
    """How far the result leaves the bounds, less 0.001."""
    return torch.maximum(low - found, found - high) - 1e-3


def off_centre(found: Tensor, x: Tensor, low: float, high: float) -> Tensor:
    """How far the result differs from logvar next to the centre, less 0.05."""
    return torch.where((x - (low + high) / 2).abs() < 1, (found - x).abs() - 0.05, -1.0)


def judge_sign(function: LearnerObject, x: Tensor, found: Tensor) -> None:
    """The slopes are positive; ``found`` are values and slopes at ``x``."""
    _, slopes = found
    bad = ~(slopes > 0)
    if bad.any():
        i = int(torch.where(bad, x.abs(), torch.inf).argmin())
        observed = f"{slopes[i]:.4g} at logvar = {x[i]:.5g}   ({int(bad.sum())} of {len(x)} elements)"
        mistakes = confirmed(exercise, function, lambda answer: curve(answer, BENT, "logvar", x), elsewhere)
        likely = expect.recognised(found, None, mistakes, 1e-4, 1e-4)
        raise Failure(f"{SLOPE} is not positive", "more than 0 for |logvar| <= 50, in float64", observed, likely)


def judge_smoothness(found: Tensor, x: Tensor) -> None:
    """The slopes do not jump."""
    _, slopes = found
    jump = slopes.diff()
    i = int(jump.abs().argmax())
    if jump[i].abs() > 0.1:
        observed = f"from {slopes[i]:.4g} to {slopes[i + 1]:.4g} near logvar = {x[i]:.4g}"
        raise Failure(f"{SLOPE} jumps", "a smooth curve, whose gradient changes gradually", observed)


def judge_slopes(found: Tensor, x: Tensor) -> None:
    """The slopes are those of the values."""
    values, slopes = found
    rise, between = values.diff() / x.diff(), (slopes[1:] + slopes[:-1]) / 2
    off = (rise - between).abs()
    i = int(off.argmax())
    if off[i] <= 0.05:
        return
    if (off > 0.05).double().mean() < 0.02:  # here and there: steps between curves, each of which has its own slope
        observed = f"from {values[i]:.6g} to {values[i + 1]:.6g} near logvar = {x[i]:.4g}"
        raise Failure(f"{BENT} jumps", "a smooth curve", observed)
    observed = f"gradient {between[i]:.4g}, slope {rise[i]:.4g} at logvar = {x[i]:.4g}"
    raise Failure(f"{SLOPE} is not the slope of its values", "the two are the same", observed, STAIRS)


@exercise.check
def shape(soft_clamp: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((2, 3, 4), torch.float32),
        ((), torch.float64),
    ]:
        keeps(soft_clamp, BENT, logvar=8 * rng.normal(*shape, dtype=dtype))


@exercise.check
def middle(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| < 5 the result is logvar itself, to 0.05, though it is limited far out."""
    x = grid(rng, -5, 5, 400)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, BENT, x)

    what, rule = f"{BENT}, for |logvar| < 5,", "logvar to within 0.05"
    mistakes = confirmed(exercise, soft_clamp, found, elsewhere)
    expect.close(found(soft_clamp), x, what, rule=rule, rtol=0, atol=0.05, mistakes=mistakes, alike=1e-4)
    judge_limited(soft_clamp, torch.cat([rng.uniform(-50, -45, 3), rng.uniform(45, 50, 3)]))
    judge_others(soft_clamp, "logvar to within 0.05, within 1 of the centre of low and high", off_centre)


@exercise.check
def bounds(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 the result stays between low and high, and never falls as logvar rises."""
    x = grid(rng, -50, 50, 1_000)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, BENT, x)

    limited = found(soft_clamp)
    finite(limited, x, BENT, "logvar", "a number between -10 and 10")
    worst = int(limited.abs().argmax())
    if limited[worst].abs() > 10 + 1e-6:
        likely = expect.recognised(limited, None, confirmed(exercise, soft_clamp, found, elsewhere))
        observed = f"{limited[worst]:.8g} at logvar = {x[worst]:.4g}"
        raise Failure(f"{BENT} leaves the bounds", "a number between -10 and 10, to 1e-6", observed, likely)
    i = int(limited.diff().argmin())
    if limited[i + 1] - limited[i] < -1e-9:
        observed = f"it falls from {limited[i]:.6g} at {x[i]:.4g} to {limited[i + 1]:.6g} at {x[i + 1]:.4g}"
        raise Failure(f"{BENT} falls where logvar rises", "a curve that never falls", observed)
    judge_others(soft_clamp, "a number between low and high", beyond)
    rule = "the same as for low = -10, high = 10"
    expect.close(limited, value(soft_clamp, BENT, x, -10.0, 10.0), f"{BENT} without bounds", rule=rule, mistakes=())


@exercise.check
def gradients(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 in float64 the gradient is positive, is the slope of the result, and has no jumps."""
    wide, near = grid(rng, -50, 50, 500), grid(rng, -16, 16, 3_200)
    x = torch.cat([wide, near])
    judge_limited(soft_clamp, wide)
    found = curve(soft_clamp, BENT, "logvar", x)
    judge_sign(soft_clamp, x, found)
    judge_smoothness(found[:, len(wide) :], near)
    judge_slopes(found[:, : len(wide)], wide)
    judge_slopes(found[:, len(wide) :], near)


# Wrong answers


@exercise.wrong(gradients=CUT)
def detached(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar.detach() - c) / h
    return c + h * u / (1 + u**6) ** (1 / 6)


@exercise.wrong(
    gradients="a difference of two softplus: far out, their slopes both round to 1 and cancel. "
    "Nest them: bend at one bound, then bend the result at the other."
)
def difference_of_softplus(logvar, low=-10.0, high=10.0):
    return low + F.softplus(logvar - low) - F.softplus(logvar - high)


@exercise.wrong(
    gradients="a hard clamp: outside the interval its gradient is 0. Bend before the border, and approach it slowly."
)
def hard(logvar, low=-10.0, high=10.0):
    return logvar.clamp(low, high)


# Clamps the value and lets the gradient pass as it is.
@exercise.wrong(gradients=STAIRS)
def hard_value(logvar, low=-10.0, high=10.0):
    return logvar + (logvar.clamp(low, high) - logvar).detach()


# Leaves a small slope outside the bounds.
@exercise.wrong(bounds=unnamed("leaves the bounds"), gradients=unnamed("jumps"))
def leaky(logvar, low=-10.0, high=10.0):
    hard = logvar.clamp(low, high)
    return hard + 0.01 * (logvar - hard)


# Uses an odd power, which falls apart on the left.
@exercise.wrong(bounds=unnamed("falls where logvar rises"), gradients=unnamed("is not positive"))
def odd_power(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / (1 + u.abs() ** 7) ** (1 / 6)


@exercise.wrong(
    middle="the power 4 bends a little too early: at 5 it gives 4.92. A larger power keeps the middle straight."
)
def power_four(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * u / (1 + u**4) ** 0.25


@exercise.wrong(middle="the power 2 bends too early: at 5 it gives 4.47. A larger power keeps the middle straight.")
def power_two(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    u = (logvar - c) / h
    return c + h * u / torch.sqrt(1 + u**2)


@exercise.wrong(
    middle="20 sigmoid(logvar) - 10 is not the identity in the middle: its slope at 0 is 5.", gradients=SATURATED
)
def sigmoid(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar)


@exercise.wrong(middle="20 sigmoid(logvar / 20) - 10 is not the identity in the middle: its slope at 0 is 1/4.")
def sigmoid_over_width(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar / (high - low))


@exercise.wrong(middle="20 sigmoid(logvar / 10) - 10 is not the identity in the middle: its slope at 0 is 1/2.")
def sigmoid_scaled(logvar, low=-10.0, high=10.0):
    return low + (high - low) * torch.sigmoid(logvar / high)


@exercise.wrong(middle="logvar / (1 + |logvar| / 10) is not the identity in the middle: at 5 it gives 3.33.")
def softsign(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    return c + h * F.softsign((logvar - c) / h)


# Clamps the value and lets the gradient of the soft curve pass.
@exercise.wrong(middle=unnamed("within 0.05"), gradients=STAIRS)
def stairs(logvar, low=-10.0, high=10.0):
    u = logvar / high
    soft = high * u / (1 + u**6) ** (1 / 6)
    return soft + (logvar.clamp(low, high).round() - soft).detach()


@exercise.wrong(middle="10 tanh(logvar / 10) is not the identity in the middle: at 5 it gives 4.62.")
def tanh(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    return c + h * torch.tanh((logvar - c) / h)


@exercise.wrong(middle="10 tanh(logvar) is not the identity in the middle: its slope at 0 is 10.", gradients=SATURATED)
def tanh_steep(logvar, low=-10.0, high=10.0):
    c, h = (low + high) / 2, (high - low) / 2
    return c + h * torch.tanh(logvar - c)


@exercise.wrong(UNLIMITED, "middle", "bounds", "gradients")
def unlimited(logvar, low=-10.0, high=10.0):
    return logvar * 1


@exercise.wrong(bounds="the bounds are always -10 and 10: use low and high.")
def fixed_bounds(logvar, low=-10.0, high=10.0):
    u = logvar / 10
    return 10 * u / (1 + u**6) ** (1 / 6)


@exercise.wrong(bounds=unnamed("without bounds is wrong"))
def other_defaults(logvar, low=-9.0, high=9.0):
    centre, half = (low + high) / 2, (high - low) / 2
    u = (logvar - centre) / half
    return centre + half * u / (1 + u**6) ** (1 / 6)


@exercise.wrong(bounds="the centre is always 0, and high is half the width: use low as well.")
def centred_at_zero(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / (1 + u**6) ** (1 / 6)


@exercise.wrong("only high limits: very negative values pass. Bend at both bounds.", "middle", "bounds", "gradients")
def upper_only(logvar, low=-10.0, high=10.0):
    return high - F.softplus(high - logvar)


@exercise.wrong(
    "the root is missing: divide by the root of 1 + u**p of order p.",
    "middle",
    "gradients",
    bounds=unnamed("falls where logvar rises"),
)
def no_root(logvar, low=-10.0, high=10.0):
    u = (2 * logvar - low - high) / (high - low)
    return (low + high) / 2 + (high - low) / 2 * u / (1 + u**6)


@exercise.wrong(middle="the centre is added at the end, and was not subtracted first: u is (logvar - centre) / half.")
def centre_not_subtracted(logvar, low=-10.0, high=10.0):
    u = 2 * logvar / (high - low)
    return (low + high) / 2 + (high - low) / 2 * u / (1 + u**6) ** (1 / 6)


@exercise.wrong("the centre was subtracted, and is not added again at the end.", "middle", "bounds")
def centre_not_added(logvar, low=-10.0, high=10.0):
    u = (2 * logvar - low - high) / (high - low)
    return (high - low) / 2 * u / (1 + u**6) ** (1 / 6)


@exercise.wrong(bounds="the whole width in place of half of it: the result reaches twice as far.")
def whole_width(logvar, low=-10.0, high=10.0):
    u = (logvar - (low + high) / 2) / (high - low)
    return (low + high) / 2 + (high - low) * u / (1 + u**6) ** (1 / 6)
