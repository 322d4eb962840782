"""soft_clamp: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import CUT, UNLIMITED, curve, finite, grid, keeps, value
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


def judge_sign(found: Tensor, x: Tensor) -> None:
    """The slopes are positive; ``found`` are values and slopes at ``x``."""
    _, slopes = found
    bad = ~(slopes > 0)
    if bad.any():
        i = int(torch.where(bad, x.abs(), torch.inf).argmin())
        observed = f"{slopes[i]:.4g} at logvar = {x[i]:.5g}   ({int(bad.sum())} of {len(x)} elements)"
        mistakes = exercise.mistaken(lambda answer: curve(answer, BENT, "logvar", x))
        likely = expect.recognised(found, None, mistakes, 1e-4, 1e-4)
        raise Failure(f"{SLOPE} is not positive", "more than 0 for |logvar| <= 50, in float64", observed, likely)


def judge_smoothness(found: Tensor, x: Tensor) -> None:
    """The slopes do not jump, and are those of the values."""
    values, slopes = found
    jump = slopes.diff()
    i = int(jump.abs().argmax())
    if jump[i].abs() > 0.2:
        observed = f"from {slopes[i]:.4g} to {slopes[i + 1]:.4g} near logvar = {x[i]:.4g}"
        raise Failure(f"{SLOPE} jumps", "a smooth curve, whose gradient changes gradually", observed)
    rise, between = values.diff() / x.diff(), (slopes[1:] + slopes[:-1]) / 2
    i = int((rise - between).abs().argmax())
    if not (rise - between)[i].abs() <= 0.25:
        observed = f"gradient {between[i]:.4g}, slope {rise[i]:.4g} at logvar = {x[i]:.4g}"
        raise Failure(f"{SLOPE} is not the slope of its values", "the two are the same", observed, STAIRS)


@exercise.check
def shape(soft_clamp: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(soft_clamp, BENT, logvar=8 * rng.normal(*shape, dtype=dtype))


@exercise.check
def middle(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| < 5 the result is logvar itself, to 0.05."""
    x = grid(rng, -5, 5, 400)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, BENT, x)

    what, rule, mistakes = f"{BENT}, for |logvar| < 5,", "logvar to within 0.05", exercise.mistaken(found)
    expect.close(found(soft_clamp), x, what, rule=rule, rtol=0, atol=0.05, mistakes=mistakes, alike=1e-4)


@exercise.check
def bounds(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 the result stays within the bounds, to 1e-6, and never falls as logvar rises."""
    x = grid(rng, -50, 50, 1_000)
    found = value(soft_clamp, BENT, x)
    finite(found, x, BENT, "logvar", "a number between -10 and 10")
    worst = int(found.abs().argmax())
    if found[worst].abs() > 10 + 1e-6:
        likely = expect.recognised(found, None, exercise.mistaken(lambda answer: value(answer, BENT, x)))
        observed = f"{found[worst]:.8g} at logvar = {x[worst]:.4g}"
        raise Failure(f"{BENT} leaves the bounds", "a number between -10 and 10, to 1e-6", observed, likely)
    i = int(found.diff().argmin())
    if found[i + 1] - found[i] < -1e-9:
        observed = f"it falls from {found[i]:.6g} at {x[i]:.4g} to {found[i + 1]:.6g} at {x[i + 1]:.4g}"
        raise Failure(f"{BENT} falls where logvar rises", "a curve that never falls", observed)


@exercise.check
def gradients(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 in float64 the gradient is positive, is the slope of the result, and has no jumps."""
    wide, near = grid(rng, -50, 50, 500), grid(rng, -16, 16, 3_200)
    x = torch.cat([wide, near])
    found = curve(soft_clamp, BENT, "logvar", x)
    judge_sign(found, x)
    judge_smoothness(found[:, len(wide) :], near)


# Wrong answers


@exercise.wrong(gradients=CUT)
def detached(logvar, low=-10.0, high=10.0):
    u = logvar.detach() / high
    return high * u / (1 + u**6) ** (1 / 6)


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
    u = logvar / high
    return high * u / (1 + u**4) ** 0.25


@exercise.wrong(middle="the power 2 bends too early: at 5 it gives 4.47. A larger power keeps the middle straight.")
def power_two(logvar, low=-10.0, high=10.0):
    u = logvar / high
    return high * u / torch.sqrt(1 + u**2)


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
    return high * F.softsign(logvar / high)


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
    return high * torch.tanh(logvar)


@exercise.wrong(bounds=UNLIMITED)
def unlimited(logvar, low=-10.0, high=10.0):
    return logvar * 1
