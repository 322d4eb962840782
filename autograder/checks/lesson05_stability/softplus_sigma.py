"""softplus_sigma: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import (
    CUT,
    FLOAT32,
    UNUSED_BRANCH,
    alike,
    closest,
    confirmed,
    curve,
    far_out,
    finite,
    keeps,
    rounding,
    same_curve,
    slope,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("softplus_sigma", reread="Another road to a positive number")

SIGMA = "sigma"
OVERFLOW = Mistake(
    "overflow",
    "log(1 + exp(raw)): in float32, exp overflows above 88.7. Use a softplus that takes exp of -|raw| only.",
)
NO_FLOOR = Mistake(
    "no_floor", "there is no floor: for very negative raw, sigma comes to 0. Add floor, or cut at it from below."
)
RELU = Mistake("relu", "relu(raw), or raw cut from below: it has a corner, and no gradient below. Use softplus.")
FIXED_FLOOR = Mistake("fixed_floor", "the floor is always 1e-4: use floor.")


NEAR_ZERO = torch.linspace(-3, 3, 61, dtype=torch.float64)


def wrong_sigmas(function: LearnerObject, raw: Tensor, floor: float) -> expect.Mistakes:
    """The sigma of each wrong answer, and what it would be without a floor, or with one that is added or cut at.

    Those that ``function`` differs from near 0 stay away.
    """
    there = value(function, SIGMA, NEAR_ZERO, floor=floor)

    def found(answer: LearnerObject) -> list[tuple[Tensor, ...]]:
        return [variants(answer, at, floor) for at in (raw, NEAR_ZERO)]

    for mistake, (here, near) in exercise.mistaken(found):
        yield from ((mistake, sigma) for sigma, other in zip(here, near, strict=True) if alike(other, there, 1e-6))


def variants(answer: LearnerObject, raw: Tensor, floor: float) -> tuple[Tensor, ...]:
    """What an answer makes of ``raw``, and the same with other floors."""
    sigma, plain = value(answer, SIGMA, raw, floor=floor), value(answer, SIGMA, raw, floor=0.0)
    return sigma, plain, plain + floor, plain.clamp(min=floor)


def judge_sigma(function: LearnerObject, raw: Tensor, floor: float, *args: float) -> None:
    """softplus(raw) <= sigma <= softplus(raw) + floor, so that a floor may be added, be the larger, or be a bend."""
    found, plain = value(function, SIGMA, raw, *args), torch.logaddexp(raw.double(), torch.zeros(()).double())
    what, rule = f"{SIGMA} for floor = {floor:g}", "from softplus(raw) to softplus(raw) + floor"
    nearest, mistakes = closest(found, plain, plain + floor), wrong_sigmas(function, raw, floor)
    rtol = rounding(function, raw, *args)
    expect.close(found, nearest, what, rule=rule, rtol=rtol, atol=rtol, mistakes=mistakes)


def judge_floor(function: LearnerObject, raw: Tensor, floor: float) -> None:
    """sigma is never below ``floor`` in the dtype of ``raw``."""
    options = {} if floor == 1e-4 else {"floor": floor}

    def sigma(answer: LearnerObject) -> Tensor:
        return value(answer, SIGMA, raw, **options)

    def elsewhere(answer: LearnerObject) -> Tensor:
        return value(answer, SIGMA, NEAR_ZERO, **options)

    found = sigma(function)
    least = torch.tensor(floor, dtype=raw.dtype).double()
    below = ~(found >= least)
    if below.any():
        mistakes = confirmed(exercise, function, sigma, elsewhere)
        mistakes = ((mistake, other) for mistake, other in mistakes if not (other >= least).all())
        likely = expect.recognised(found, None, mistakes, rtol=1e-5, atol=1e-6) or without_floor(function)
        observed = f"{found[below][0]:.6g} at raw = {raw[below][0]:.5g}   ({int(below.sum())} of {len(raw)} elements)"
        raise Failure(f"{SIGMA} is below floor", f"at least {floor:g}, in {raw.dtype}", observed, likely)


def without_floor(function: LearnerObject) -> Mistake | None:
    """The mistake of a sigma that does not depend on floor, and comes to 0."""
    one, other = (value(function, SIGMA, NEAR_ZERO, floor=floor) for floor in (0.25, 0.5))
    far = value(function, SIGMA, torch.tensor([-1000.0]), floor=0.5)
    return NO_FLOOR if torch.equal(one, other) and far == 0 else None


@exercise.check
def shape(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma has the shape, dtype and device of raw, and raw is left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((2, 3, 4), torch.float32),
        ((), torch.float64),
    ]:
        keeps(softplus_sigma, SIGMA, raw=rng.normal(*shape, dtype=dtype))


@exercise.check
def values(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma lies between softplus(raw) and softplus(raw) + floor."""
    raw = rng.uniform(-6, 6, 8, 5)
    judge_sigma(softplus_sigma, raw, 1e-4)
    judge_sigma(softplus_sigma, raw, 0.25, 0.25)


@exercise.check
def floor(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma is never below floor, in the dtype of raw."""
    for floor, dtype in [(1e-4, torch.float32), (1e-4, torch.float64), (0.25, torch.float32)]:
        raw = torch.cat([-rng.uniform(0, 4, 40).exp(), rng.uniform(-1e4, -100, 10)]).sort().values
        judge_floor(softplus_sigma, raw.to(dtype), floor)


@exercise.check
def extremes(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """For |raw| up to 1e4 in float32, sigma is finite and right."""
    raw = far_out(rng)
    found = value(softplus_sigma, SIGMA, raw)

    def likely() -> Mistake | None:
        return expect.recognised(found, None, wrong_sigmas(softplus_sigma, raw, 1e-4), rtol=1e-5, atol=1e-7)

    finite(found, raw, SIGMA, "raw", "a finite sigma for |raw| up to 1e4", likely)
    judge_sigma(softplus_sigma, raw, 1e-4)


@exercise.check
def gradients(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """The gradient in raw is sigmoid(raw) where softplus exceeds the floor, and finite for |raw| up to 1e4."""
    what, raw = "the gradient in raw", rng.uniform(-3, 6, 8, 5)

    def found(answer: LearnerObject) -> Tensor:
        return slope(answer, SIGMA, "raw", raw)

    def elsewhere(answer: LearnerObject) -> Tensor:
        return slope(answer, SIGMA, "raw", NEAR_ZERO)

    slopes, mistakes = found(softplus_sigma), confirmed(exercise, softplus_sigma, found, elsewhere)
    expect.close(slopes, raw.sigmoid(), what, rule="sigmoid(raw)", rtol=1e-3, atol=1e-6, mistakes=mistakes)
    far = far_out(rng)
    sigma, slopes = curve(softplus_sigma, SIGMA, "raw", far)
    curves = exercise.mistaken(lambda answer: curve(answer, SIGMA, "raw", far))
    expected = "a finite gradient for |raw| up to 1e4"
    finite(slopes, far, what, "raw", expected, lambda: same_curve(torch.stack([sigma, slopes]), curves))
    expect.close(slopes, torch.where(far > 0, 1.0, slopes), f"{what} for large raw", rule="1", rtol=1e-3)


# Wrong answers


# Calls a method that tensors do not have.
@exercise.wrong(stops("has no attribute 'softplus'"))
def misnamed(raw, floor=1e-4):
    return raw.softplus() + floor


# Makes a new tensor of the result.
@exercise.wrong(gradients=CUT, shape=unnamed("is on the wrong device"))
def cut(raw, floor=1e-4):
    return torch.tensor((F.softplus(raw) + floor).tolist(), dtype=raw.dtype)


@exercise.wrong(
    "exp(raw): it is positive, but it is not a softplus. For large raw, sigma should be close to raw.",
    "values",
    "extremes",
    "gradients",
)
def exp(raw, floor=1e-4):
    return torch.exp(raw) + floor


@exercise.wrong("exp(raw / 2): here raw is no log-variance. Use softplus.", "values", "extremes", "gradients")
def exp_half(raw, floor=1e-4):
    return torch.exp(raw / 2).clamp(min=floor)


@exercise.wrong(floor=FIXED_FLOOR)
def fixed_floor(raw, floor=1e-4):
    return F.softplus(raw) + 1e-4


@exercise.wrong(floor=FIXED_FLOOR)
def cut_at_fixed_floor(raw, floor=1e-4):
    return F.softplus(raw).clamp(min=1e-4)


@exercise.wrong(floor="softplus(raw + floor): the floor is added to raw. Add it to the result.")
def floor_inside(raw, floor=1e-4):
    return F.softplus(raw + floor)


@exercise.wrong(
    "min in place of max: sigma never exceeds floor. Keep the larger of the two.",
    "values",
    "floor",
    "extremes",
    gradients=unnamed("the gradient in raw is zero"),
)
def min_for_max(raw, floor=1e-4):
    return F.softplus(raw).clamp(max=floor)


@exercise.wrong("the floor is subtracted: add it.", "values", "floor", "extremes")
def minus_floor(raw, floor=1e-4):
    return F.softplus(raw) - floor


@exercise.wrong(OVERFLOW, "extremes", "gradients")
def naive(raw, floor=1e-4):
    return torch.log(1 + torch.exp(raw)) + floor


@exercise.wrong(OVERFLOW, "extremes", "gradients", floor=NO_FLOOR)
def naive_no_floor(raw, floor=1e-4):
    return torch.log(1 + torch.exp(raw))


@exercise.wrong(floor=NO_FLOOR)
def no_floor(raw, floor=1e-4):
    return F.softplus(raw)


@exercise.wrong(RELU, "values", "gradients")
def relu(raw, floor=1e-4):
    return F.relu(raw) + floor


@exercise.wrong("sigmoid(raw) never exceeds 1. Use softplus.", "values", "extremes", "gradients")
def sigmoid(raw, floor=1e-4):
    return torch.sigmoid(raw) + floor


@exercise.wrong(gradients=UNUSED_BRANCH)
def where(raw, floor=1e-4):
    return torch.where(raw > 20, raw, torch.log(1 + torch.exp(raw))) + floor


@exercise.wrong(FLOAT32, "values", "floor")
def float32_inside(raw, floor=1e-4):
    return (F.softplus(raw.float()) + floor).to(raw.dtype)


@exercise.wrong("softplus(-raw): sigma should rise with raw.", "values", "extremes", "gradients")
def sign(raw, floor=1e-4):
    return F.softplus(-raw) + floor


@exercise.wrong("softplus is multiplied by floor: add it.", "values", "floor", "extremes", "gradients")
def times_floor(raw, floor=1e-4):
    return F.softplus(raw) * floor


@exercise.wrong("the logarithm of softplus: sigma is softplus itself.", "values", "floor", "extremes", "gradients")
def logarithm(raw, floor=1e-4):
    return torch.log(F.softplus(raw) + floor)


@exercise.wrong("|raw|: it has a corner, and it is no softplus.", "values", "extremes", "gradients")
def absolute(raw, floor=1e-4):
    return raw.abs() + floor


@exercise.wrong(RELU, "values", "gradients")
def raw_cut_at_floor(raw, floor=1e-4):
    return raw.clamp(min=floor)


# Limits raw, so that exp stays finite.
@exercise.wrong(
    extremes="raw was limited before exp: sigma stops growing. Use a softplus that takes exp of -|raw| only.",
    gradients=unnamed("large raw"),
)
def limited(raw, floor=1e-4):
    return torch.log1p(torch.exp(raw.clamp(max=80))) + floor


# Drops the inf from sigma.
@exercise.wrong(gradients=UNUSED_BRANCH)
def nan_to_num(raw, floor=1e-4):
    return torch.nan_to_num(torch.log1p(torch.exp(raw)) - raw, nan=0.0, posinf=0.0) + raw + floor
