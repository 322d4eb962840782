"""Checks of lesson 5: the clamp of a log-variance, hard and soft. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.judging import BENT, CLAMPED, finite, in_lesson, keeps, slope, value
from autograder.checks.lesson05_stability.mistakes import slopes_of, values_of

RANGE = in_lesson("Keep logvar in a safe range")
BEND = in_lesson("A clamp that still listens")


def grid(rng: Draws, low: float, high: float, n: int) -> Tensor:
    """``n`` evenly spaced float64 numbers between ``low`` and ``high``, all shifted by the same random distance."""
    step = (high - low) / (n + 1)
    return low + step * (torch.arange(n, dtype=torch.float64) + 1 + 0.5 * rng.uniform(-1, 1))


# clamp_logvar


def three_ranges(rng: Draws, low: float, high: float) -> Tensor:
    """Numbers below, inside and above an interval, none of them near its border."""
    margin, far = (high - low) / 10, rng.uniform(1, 12, 2, 6, 4)
    return torch.cat([low - far[0], grid(rng, low + margin, high - margin, 24).reshape(6, 4), high + far[1]])


@check("clamp_logvar", "shape", RANGE)
def clamp_logvar_shape(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float16)]:
        keeps(clamp_logvar, CLAMPED, 20 * rng.normal(*shape, dtype=dtype))


@check("clamp_logvar", "values", RANGE)
def clamp_logvar_values(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """logvar is unchanged between low and high, and limited to them outside."""
    for low, high in [(-10.0, 10.0), (-3.0, 5.0), (1.5, 6.5)]:
        x = three_ranges(rng, low, high)
        found = value(clamp_logvar, CLAMPED, x, **({} if low == -10 else {"low": low, "high": high}))
        what, rule = f"{CLAMPED} for low = {low:g}, high = {high:g}", "logvar, limited to low and high"
        mistakes = values_of(wrong.LIMITS, x, low, high)
        expect.close(found, x.clamp(low, high), what, rule=rule, mistakes=mistakes)


@check("clamp_logvar", "gradients", RANGE)
def clamp_logvar_gradients(clamp_logvar: LearnerObject, rng: Draws) -> None:
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


# soft_clamp


@check("soft_clamp", "shape", BEND)
def soft_clamp_shape(soft_clamp: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(soft_clamp, BENT, 8 * rng.normal(*shape, dtype=dtype))


@check("soft_clamp", "middle", BEND)
def soft_clamp_middle(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| < 5 the result is logvar itself, to 0.05."""
    x = grid(rng, -5, 5, 400)
    found = value(soft_clamp, BENT, x)
    likely = expect.recognise(found, x, values_of(wrong.BENDS, x), rtol=1e-4, atol=1e-4)
    mistakes = {likely: found} if likely else {}
    what, rule = f"{BENT}, for |logvar| < 5,", "logvar to within 0.05"
    expect.close(found, x, what, rule=rule, rtol=0, atol=0.05, mistakes=mistakes)


@check("soft_clamp", "bounds", BEND)
def soft_clamp_bounds(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 the result stays within the bounds, to 1e-6, and never falls as logvar rises."""
    x = grid(rng, -50, 50, 1_000)
    found = value(soft_clamp, BENT, x)
    finite(found, x, BENT, "logvar", "a number between -10 and 10")
    worst = int(found.abs().argmax())
    if found[worst].abs() > 10 + 1e-6:
        likely = expect.recognise(found, None, {wrong.UNLIMITED: x})
        observed = f"{found[worst]:.8g} at logvar = {x[worst]:.4g}"
        raise Failure(f"{BENT} leaves the bounds", "a number between -10 and 10, to 1e-6", observed, likely)
    i = int(found.diff().argmin())
    if found[i + 1] - found[i] < -1e-9:
        observed = f"it falls from {found[i]:.6g} at {x[i]:.4g} to {found[i + 1]:.6g} at {x[i + 1]:.4g}"
        raise Failure(f"{BENT} falls where logvar rises", "a curve that never falls", observed)


@check("soft_clamp", "gradients", BEND)
def soft_clamp_gradients(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 in float64 the gradient is positive, is the slope of the result, and has no jumps."""
    what, wide, near = "the gradient of the soft clamp", grid(rng, -50, 50, 500), grid(rng, -16, 16, 3_200)
    found, bent = slope(soft_clamp, BENT, "logvar", torch.cat([wide, near])), value(soft_clamp, BENT, near)
    _positive(found, torch.cat([wide, near]), what, _flattened(bent, near))
    found = found[len(wide) :]
    i = int(found.diff().abs().argmax())
    if found.diff()[i].abs() > 0.2:
        observed = f"from {found[i]:.4g} to {found[i + 1]:.4g} near logvar = {near[i]:.4g}"
        raise Failure(f"{what} jumps", "a smooth curve, whose gradient changes gradually", observed)
    rise, between = bent.diff() / near.diff(), (found[1:] + found[:-1]) / 2
    i = int((rise - between).abs().argmax())
    if not (rise - between)[i].abs() <= 0.25:
        observed = f"gradient {between[i]:.4g}, slope {rise[i]:.4g} at logvar = {near[i]:.4g}"
        raise Failure(f"{what} is not the slope of its values", "the two are the same", observed, wrong.STAIRS)


def _positive(found: Tensor, x: Tensor, what: str, likely: str) -> None:
    bad = ~(found > 0)
    if bad.any():
        i = int(torch.where(bad, x.abs(), torch.inf).argmin())
        observed = f"{found[i]:.4g} at logvar = {x[i]:.5g}   ({int(bad.sum())} of {len(x)} elements)"
        raise Failure(f"{what} is not positive", "more than 0 for |logvar| <= 50, in float64", observed, likely)


def _flattened(bent: Tensor, x: Tensor) -> str:
    """Why a curve that is known by its values has no gradient far out."""
    known = expect.recognise(bent, None, values_of(wrong.BENDS, x), rtol=1e-4, atol=1e-4)
    if not known and torch.allclose(bent, F.softplus(x + 10) - F.softplus(x - 10) - 10, atol=1e-6):
        return wrong.CANCELS
    return wrong.SATURATED if "tanh" in known or "sigmoid" in known else wrong.HARD if known == wrong.HARD else ""
