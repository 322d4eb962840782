"""softplus_sigma: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.exponentials import closest, far_out
from autograder.checks.lesson05_stability.judging import SIGMA, finite, in_lesson, keeps, slope, value
from autograder.checks.lesson05_stability.mistakes import (
    CUT,
    EXPONENTIAL,
    FIXED_FLOOR,
    NO_FLOOR,
    OVERFLOW,
    UNUSED_BRANCH,
    slopes_of,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure

exercise = Exercise("softplus_sigma", reread="Another road to a positive number")

ROAD = in_lesson("Another road to a positive number")

# softplus_sigma


def judge_sigma(found: Tensor, raw: Tensor, floor: float) -> None:
    """softplus(raw) <= sigma <= softplus(raw) + floor, so that a floor may be added, be the larger, or be a bend."""
    plain = F.softplus(raw.double())
    sentence = wrong.road(found, raw, floor)
    what, rule = f"{SIGMA} for floor = {floor:g}", "from softplus(raw) to softplus(raw) + floor"
    mistakes = {sentence: found} if sentence else {}
    nearest = closest(found, plain, plain + floor)
    expect.close(found, nearest, what, rule=rule, rtol=1e-5, atol=1e-7, mistakes=mistakes)


@exercise.check
def shape(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma has the shape, dtype and device of raw, and raw is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(softplus_sigma, SIGMA, rng.normal(*shape, dtype=dtype))


@exercise.check
def values(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma lies between softplus(raw) and softplus(raw) + floor."""
    raw = rng.uniform(-6, 6, 8, 5)
    judge_sigma(value(softplus_sigma, SIGMA, raw), raw, 1e-4)
    judge_sigma(value(softplus_sigma, SIGMA, raw, floor=0.25), raw, 0.25)


@exercise.check
def floor(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma is never below floor, in the dtype of raw."""
    for floor, dtype in [(1e-4, torch.float32), (1e-4, torch.float64), (0.25, torch.float32)]:
        raw = torch.cat([-rng.uniform(0, 4, 40).exp(), rng.uniform(-1e4, -100, 10)]).sort().values.to(dtype)
        found = value(softplus_sigma, SIGMA, raw, **({} if floor == 1e-4 else {"floor": floor}))
        lowest = torch.tensor(floor, dtype=dtype).double()
        below = ~(found >= lowest)
        if below.any():
            plain = F.softplus(raw).double()
            fixed = {wrong.FIXED_FLOOR: plain + 1e-4, f"{wrong.FIXED_FLOOR} ": plain.clamp(min=1e-4)}
            likely = expect.recognise(found, None, {wrong.NO_FLOOR: plain} | fixed, rtol=1e-5, atol=1e-6).strip()
            likely = likely or wrong.road(found, raw, floor)
            observed = (
                f"{found[below][0]:.6g} at raw = {raw[below][0]:.5g}   ({int(below.sum())} of {len(raw)} elements)"
            )
            raise Failure(f"{SIGMA} is below floor", f"at least {floor:g}, in {dtype}", observed, likely)


@exercise.check
def extremes(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """For |raw| up to 1e4 in float32, sigma is finite and right."""
    raw = far_out(rng)
    found = value(softplus_sigma, SIGMA, raw)
    finite(found, raw, SIGMA, "raw", "a finite sigma for |raw| up to 1e4", wrong.road(found, raw, 1e-4))
    judge_sigma(found, raw, 1e-4)


@exercise.check
def gradients(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """The gradient in raw is sigmoid(raw) where softplus exceeds the floor, and finite for |raw| up to 1e4."""
    what, raw = "the gradient in raw", rng.uniform(-3, 6, 8, 5)
    found = slope(softplus_sigma, SIGMA, "raw", raw)
    mistakes = slopes_of(wrong.ROADS, raw, 1e-4)
    expect.close(found, raw.sigmoid(), what, rule="sigmoid(raw)", rtol=1e-3, atol=1e-6, mistakes=mistakes)
    raw = far_out(rng)
    found, sigma = slope(softplus_sigma, SIGMA, "raw", raw), value(softplus_sigma, SIGMA, raw)
    likely = wrong.UNUSED_BRANCH if sigma.isfinite().all() else wrong.road(sigma, raw, 1e-4)
    finite(found, raw, what, "raw", "a finite gradient for |raw| up to 1e4", likely)
    expect.close(found[raw > 0], torch.ones(15), f"{what} for large raw", rule="1", rtol=1e-3)


# Wrong answers


# Calls a method that tensors do not have.
@exercise.wrong(
    shape=stops("has no attribute 'softplus'"),
    values=stops("has no attribute 'softplus'"),
    floor=stops("has no attribute 'softplus'"),
    extremes=stops("has no attribute 'softplus'"),
    gradients=stops("has no attribute 'softplus'"),
)
def misnamed(raw, floor=1e-4):
    return raw.softplus() + floor


# Makes a new tensor of the result.
@exercise.wrong(gradients=CUT)
def cut(raw, floor=1e-4):
    return torch.tensor((F.softplus(raw) + floor).tolist(), dtype=raw.dtype)


# Takes the exponential.
@exercise.wrong(values=EXPONENTIAL, extremes=EXPONENTIAL, gradients=EXPONENTIAL)
def exp(raw, floor=1e-4):
    return torch.exp(raw) + floor


# Takes raw for a log-variance.
@exercise.wrong(
    values="exp(raw / 2): here raw is no log-variance. Use softplus.",
    extremes="exp(raw / 2): here raw is no log-variance. Use softplus.",
    gradients="exp(raw / 2): here raw is no log-variance. Use softplus.",
)
def exp_half(raw, floor=1e-4):
    return torch.exp(raw / 2).clamp(min=floor)


# Uses 1e-4 whatever floor is.
@exercise.wrong(floor=FIXED_FLOOR)
def fixed_floor(raw, floor=1e-4):
    return F.softplus(raw) + 1e-4


# Adds the floor to raw.
@exercise.wrong(floor="softplus(raw + floor): the floor is added to raw. Add it to the result.")
def floor_inside(raw, floor=1e-4):
    return F.softplus(raw + floor)


# Takes the smaller of softplus and floor.
@exercise.wrong(
    values="min in place of max: sigma never exceeds floor. Keep the larger of the two.",
    floor="min in place of max: sigma never exceeds floor. Keep the larger of the two.",
    extremes="min in place of max: sigma never exceeds floor. Keep the larger of the two.",
    gradients=unnamed("the gradient in raw is zero"),
)
def min_for_max(raw, floor=1e-4):
    return F.softplus(raw).clamp(max=floor)


# Subtracts the floor.
@exercise.wrong(
    values="the floor is subtracted: add it.",
    floor="the floor is subtracted: add it.",
    extremes="the floor is subtracted: add it.",
)
def minus_floor(raw, floor=1e-4):
    return F.softplus(raw) - floor


# Writes log(1 + exp(raw)) as it stands.
@exercise.wrong(extremes=OVERFLOW, gradients=OVERFLOW)
def naive(raw, floor=1e-4):
    return torch.log(1 + torch.exp(raw)) + floor


# Writes log(1 + exp(raw)) as it stands, without a floor.
@exercise.wrong(floor=NO_FLOOR, extremes=OVERFLOW, gradients=OVERFLOW)
def naive_no_floor(raw, floor=1e-4):
    return torch.log(1 + torch.exp(raw))


# Forgets the floor.
@exercise.wrong(floor=NO_FLOOR)
def no_floor(raw, floor=1e-4):
    return F.softplus(raw)


# Uses a ReLU.
@exercise.wrong(
    values="relu(raw): it has a corner, and no gradient for negative raw. Use softplus.",
    gradients="relu(raw): it has a corner, and no gradient for negative raw. Use softplus.",
)
def relu(raw, floor=1e-4):
    return F.relu(raw) + floor


# Uses a sigmoid.
@exercise.wrong(
    values="sigmoid(raw) never exceeds 1. Use softplus.",
    extremes="sigmoid(raw) never exceeds 1. Use softplus.",
    gradients="sigmoid(raw) never exceeds 1. Use softplus.",
)
def sigmoid(raw, floor=1e-4):
    return torch.sigmoid(raw) + floor


# Chooses the value only, and leaves the infinite branch in the graph.
@exercise.wrong(gradients=UNUSED_BRANCH)
def where(raw, floor=1e-4):
    return torch.where(raw > 20, raw, torch.log(1 + torch.exp(raw))) + floor
