"""squashed_gaussian: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Parts, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson12_frontiers.judging import (
    ORDER,
    Cases,
    called,
    in_float32,
    judge,
    judge_kept,
    judge_named,
    named,
)
from autograder.checks.location_scale import judge_digits
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("squashed_gaussian", reread="A policy that is paid for randomness")

NAMES = ("action", "log_prob")
SMALL_NUMBER = Mistake(
    "small_number",
    "1 - tanh^2 with a small number, or a limit, that keeps it from 0: where tanh nears 1, the log-density is wrong "
    "and its gradient dies. Write the correction in terms of u.",
)
NAIVE = Mistake(
    "naive", "log(1 - tanh^2) as it stands: tanh rounds to 1, and log(0) is -inf. Write the correction in terms of u."
)
NO_CORRECTION = Mistake("no_correction", "the density of u: the correction for tanh is missing, -log(1 - tanh(u)^2).")
SCALE_ONCE = Mistake(
    "scale_once",
    "log_prob falls by log(scale) once, and not once for each coordinate: it is subtracted after the sum, or the sum "
    "is a mean.",
)
STD_SQUARED = Mistake(
    "half_log_std", "log_std is read as a log-variance: the standard deviation is exp(log_std), without a half."
)


def right(mu: Tensor, log_std: Tensor, eps: Tensor, scale: float = 1.0) -> Parts:
    """The action, and its log-density."""
    u = mu + log_std.exp() * eps
    correction = 2 * (math.log(2) - u - F.softplus(-2 * u, threshold=1e9)) + math.log(scale)
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    return {"action": scale * torch.tanh(u), "log_prob": (normal - correction).sum(-1)}


def inputs(rng: Draws, *shape: int) -> dict[str, Any]:
    """Inputs for which |u| is below 2: there a small number inside the logarithm is no matter yet."""
    mu, log_std, eps = rng.uniform(-0.8, 0.8, *shape), rng.uniform(-1.2, -0.2, *shape), rng.uniform(-1.2, 1.2, *shape)
    return {"mu": mu, "log_std": log_std, "eps": eps}


def cases(rng: Draws) -> Cases:
    """Rows of three, one number, several dimensions."""
    return {"": inputs(rng, 6, 3), " of one row of 1": inputs(rng, 1, 1), " of 2 by 4 by 3": inputs(rng, 2, 4, 3)}


def judge_one(answer: LearnerObject, cases: Cases, name: str, rule: str) -> None:
    """One of the two results in every case."""
    judge_named(exercise, answer, called, lambda case: right(**case), cases, rule, name, digits=name == "action")


@exercise.check
def shape(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """The action has the shape of mu, log_prob lacks its last dimension; dtype, device and the inputs are kept."""
    judge_float64(squashed_gaussian, {name: value / 2 for name, value in inputs(rng, 6, 3).items()})
    for size in ((6, 3), (3,), (1, 2), (2, 4, 3)):
        case = inputs(rng, *size)
        for each in (case, in_float32(case)):
            judge_shapes(squashed_gaussian, each, size)


def judge_float64(answer: LearnerObject, case: dict[str, Any]) -> None:
    """log_prob has the digits of float64: a small number of 1e-6 inside a logarithm is off by more than float32 is."""
    found, expected = named(called(answer, case), NAMES)["log_prob"], right(**case)["log_prob"]
    if isinstance(found, Tensor) and found.shape == expected.shape and not 3e-7 < (found - expected).abs().max() < 1e-4:
        judge_digits(found.detach(), expected, "log_prob")


def judge_shapes(answer: LearnerObject, case: dict[str, Any], size: tuple[int, ...]) -> None:
    """Both shapes; a sum over other dimensions than the last has a name."""
    right_shapes = size, size[:-1]

    def shapes(answer: LearnerObject) -> list[tuple[int, ...]]:
        results = named(called(answer, case), NAMES)
        return [tuple(expect.tensor(value, name).shape) for name, value in results.items()]

    # Dimensions of one do not tell mistakes apart.
    if (observed := shapes(answer)) != list(right_shapes) and 1 not in size:
        likely = next((mistake for mistake, wrong in exercise.mistaken(shapes) if wrong == observed), None)
        what = f"a result has the wrong shape, for mu of shape {size}"
        raise Failure(what, f"action {size}, log_prob {size[:-1]}", f"{observed[0]} and {observed[1]}", likely)
    judge_kept(answer, f"mu of shape {size}", case, action=size, log_prob=size[:-1])


@exercise.check
def action(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """The action is tanh(mu + exp(log_std) * eps)."""
    judge_one(squashed_gaussian, cases(rng), "action", "tanh(mu + exp(log_std) * eps)")


@exercise.check
def density(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """log_prob is the log-density of the action, summed over the last dimension."""
    judge_one(squashed_gaussian, cases(rng), "log_prob", "the sum of log N(u; mu, std) - log(1 - tanh(u)^2)")


@exercise.check
def scale(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """With a scale k the action is k times as large, and log_prob less by log k for each coordinate."""
    case = inputs(rng, 6, 3)
    factors = (2.0, 0.4)

    def found(answer: LearnerObject) -> Parts:
        # Against its own results without a scale, which have checks of their own.
        plain = named(called(answer, case), NAMES)
        parts = {}
        for k in factors:
            result = named(answer(*case.values(), k), NAMES)
            parts[f"action / (action without a scale), k = {k:g}"] = result["action"] / plain["action"]
            parts[f"log_prob - (log_prob without a scale), k = {k:g}"] = result["log_prob"] - plain["log_prob"]
        return parts

    expected = {}
    for k in factors:
        expected[f"action / (action without a scale), k = {k:g}"] = torch.full((6, 3), k, dtype=torch.float64)
        expected[f"log_prob - (log_prob without a scale), k = {k:g}"] = torch.full(
            (6,), -3 * math.log(k), dtype=torch.float64
        )
    plain = named(called(squashed_gaussian, case), NAMES)
    if tuple(expect.tensor(plain["log_prob"], "log_prob").shape) != (6,):
        expected = {name: value for name, value in expected.items() if name.startswith("action")}
    judge(exercise, squashed_gaussian, found, expected, "k, and -log k for each of 3 coordinates")
    by_name = named(squashed_gaussian(*case.values(), scale=2.0), NAMES)["action"]
    expect.close(by_name, 2 * plain["action"], "the action for scale=2.0", rule="2 * tanh(u)", rtol=1e-4, atol=1e-6)


@exercise.check
def stable(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """For |u| up to 200 in float32, log_prob is finite and right to 1e-5, and its gradient in mu is right too."""
    far = torch.tensor([20.0, 9.0, 6.0, 200.0, 40.0, 12.0, 7.5])
    mu = torch.cat([far, -far, torch.tensor([-3.0, 3.0, 0.0])])
    eps = rng.uniform(-0.3, 0.3, len(mu)).float()

    def found(answer: LearnerObject) -> tuple[Tensor, Tensor]:
        pairs = [value_and_slope(answer, *each) for each in zip(mu, eps, strict=True)]
        return tuple(torch.tensor(column, dtype=torch.float64) for column in zip(*pairs, strict=True))  # type: ignore[return-value]

    log_std = torch.full_like(mu, LOG_STD).double()
    u = mu.double() + log_std.exp() * eps.double()
    expected = right(mu.double()[:, None], log_std[:, None], eps.double()[:, None])["log_prob"]
    observed, slopes = found(squashed_gaussian)
    # An answer that is wrong at mu = 0 too is so for another reason, which has a check of its own.
    offset = (observed - expected)[-1]
    allowed = 1e-5 * expected.abs().clamp(min=1)
    fine = ((observed - expected).abs() <= allowed) | ((observed - expected - offset).abs() <= allowed)
    judge_far(found, (observed, slopes), (expected, 2 * torch.tanh(u)), fine, mu)


LOG_STD = -0.5
"""Of all inputs far out."""


def value_and_slope(answer: LearnerObject, mu: Tensor, eps: Tensor) -> tuple[float, float]:
    """log_prob of one number, and its derivative in mu; 0 where there is no path."""
    at = mu.reshape(1, 1).clone().requires_grad_()
    result = expect.tensor(
        named(answer(at, torch.full_like(at, LOG_STD).detach(), eps.reshape(1, 1)), NAMES)["log_prob"], "log_prob"
    )
    if result.numel() != 1:
        expect.shaped(result, (1,), "log_prob")
    slopes = torch.autograd.grad(result.sum(), at, allow_unused=True) if result.requires_grad else (None,)
    return float(result.detach()), 0.0 if slopes[0] is None else float(slopes[0])


def judge_far(
    found: Callable[[LearnerObject], tuple[Tensor, Tensor]],
    observed: tuple[Tensor, Tensor],
    expected: tuple[Tensor, Tensor],
    fine: Tensor,
    mu: Tensor,
) -> None:
    """Values, of which some are fine, and gradients; the first that is wrong is told."""

    def likely() -> Mistake | None:
        wrong = ((mistake, torch.cat(pair)) for mistake, pair in exercise.mistaken(found))
        return expect.recognised(torch.cat(observed), None, wrong, 1e-3, 1e-3)

    slopes_fine = (observed[1] - expected[1]).abs() < 1e-3
    for good, seen, wanted, what in (
        (fine, observed[0], expected[0], "log_prob in float32"),
        (slopes_fine, observed[1], expected[1], "the gradient of log_prob in mu, in float32,"),
    ):
        if not good.all():
            at = int((~good).nonzero()[0])
            place = f"mu = {mu[at]:g}"
            raise Failure(f"{what} is wrong", f"{wanted[at]:.5g} at {place}", f"{seen[at]:.5g} at {place}", likely())


@exercise.check
def gradients(squashed_gaussian: LearnerObject, rng: Draws) -> None:
    """The gradients of action and log_prob reach mu and log_std, as they follow from the formulas."""
    for name in NAMES:

        def one(answer: LearnerObject, case: Any, name: str = name) -> Any:
            return named(called(answer, case), NAMES)[name]

        def oracle(mu: Tensor, log_std: Tensor, eps: Tensor, name: str = name) -> Tensor:
            return right(mu, log_std, eps)[name]

        given = {f", for {name},": inputs(rng, 6, 3)}
        judge_gradients(exercise, squashed_gaussian, oracle, given, ("mu", "log_std"), rng, one)


# Wrong answers


@exercise.wrong(NO_CORRECTION, "density", "stable", gradients=unnamed("no path to mu"))
def no_correction(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    return scale * torch.tanh(u), (normal - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    "the correction is added: tanh shrinks, so that the density of the action is larger, by -log(1 - tanh(u)^2).",
    "density",
    "stable",
    "gradients",
)
def correction_added(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal + log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    "a mean over the last dimension: independent coordinates multiply their densities, so sum the logarithms.",
    "density",
    "gradients",
    scale=SCALE_ONCE,
)
def mean(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).mean(dim=-1)


@exercise.wrong("the density of eps: that of u has -log_std too.", "density", "gradients")
def density_of_eps(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    "log_std is taken for the standard deviation: that is exp(log_std).", "action", "density", "stable", "gradients"
)
def log_std_as_std(mu, log_std, eps, scale=1.0):
    u = mu + log_std * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(STD_SQUARED, "action", "density", "stable", "gradients")
def half_log_std(mu, log_std, eps, scale=1.0):
    u = mu + (log_std / 2).exp() * eps
    normal = -0.5 * eps.square() - log_std / 2 - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    "log_prob keeps the summed dimension: its shape is that of mu without the last dimension.",
    "shape",
    density=unnamed("wrong shape"),
)
def kept(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1, keepdim=True)


@exercise.wrong(
    "log_prob is not summed over the last dimension.",
    "shape",
    density=unnamed("wrong shape"),
)
def unsummed(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), normal - log_slope - math.log(scale)


@exercise.wrong(
    "log_prob is summed over all dimensions: it is one number for each row.",
    "shape",
    density=unnamed("wrong shape"),
)
def summed_over_all(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum()


@exercise.wrong(density="the constant -log(2 pi) / 2 of each coordinate is missing.")
def no_constant(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    "the correction is taken at the action, tanh(tanh(u)): its argument is u.", "density", "stable", "gradients"
)
def correction_of_action(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    a = torch.tanh(u)
    log_slope = 2 * (math.log(2) - a - F.softplus(-2 * a))
    return scale * a, (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong("the slope of tanh is 1 - tanh(u)^2: the square is missing.", "density", "stable", "gradients")
def no_square(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = torch.log(1 - torch.tanh(u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(stable=NAIVE)
def naive(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = torch.log(1 - torch.tanh(u).square())
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(stable=SMALL_NUMBER)
def small_number(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = torch.log(1 - torch.tanh(u).square() + 1e-6)
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(stable=SMALL_NUMBER)
def clamped(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = torch.log((1 - torch.tanh(u).square()).clamp(min=1e-6))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    stable="u is taken back from the action by atanh: where tanh rounds to 1, u is lost. Keep u, and use it."
)
def back_by_atanh(mu, log_std, eps, scale=1.0):
    a = torch.tanh(mu + log_std.exp() * eps)
    u = torch.atanh(a.clamp(-0.999999, 0.999999))
    normal = -0.5 * ((u - mu) / log_std.exp()).square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = torch.log(1 - a.square() + 1e-6)
    return scale * a, (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(
    gradients="u is detached in log_prob: its value is right, and its path is cut, so that d log_prob / d mu is "
    "eps / std in place of 2 tanh(u).",
    stable=unnamed("gradient"),
)
def path_cut(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    fixed = u.detach()
    normal = -0.5 * ((fixed - mu) / log_std.exp()).square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - fixed - F.softplus(-2 * fixed))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(gradients=CUT)
def action_cut(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u).detach(), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(gradients=CUT, stable=unnamed("gradient"))
def log_prob_cut(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1).detach()


@exercise.wrong(scale="log_prob leaves the scale out: subtract log(scale) for each coordinate.")
def scale_left_out(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope).sum(dim=-1)


@exercise.wrong(scale="log(scale) is added: a larger scale makes the density smaller, so subtract it.")
def scale_added(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope + math.log(scale)).sum(dim=-1)


@exercise.wrong(scale=SCALE_ONCE)
def scale_once(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope).sum(dim=-1) - math.log(scale)


@exercise.wrong(
    scale="the correction is taken from the scaled action: 1 - (scale * tanh(u))^2 is not the slope of tanh.",
    stable=NAIVE,
)
def slope_of_scaled(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    a = scale * torch.tanh(u)
    return a, (normal - torch.log(1 - a.square()) - math.log(scale)).sum(dim=-1)


@exercise.wrong(scale="scale has no effect: the action is scale * tanh(u).")
def scale_ignored(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return torch.tanh(u), (normal - log_slope).sum(dim=-1)


@exercise.wrong(scale="scale multiplies u: it multiplies tanh(u).")
def scale_inside(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return torch.tanh(scale * u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong("u itself is returned: the action is scale * tanh(u).", "action", "gradients")
def not_squashed(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * u, (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(ORDER, "shape", "action", "density", "scale", "stable", "gradients")
def order(mu, log_std, eps, scale=1.0):
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return (normal - log_slope - math.log(scale)).sum(dim=-1), scale * torch.tanh(u)


@exercise.wrong(unnamed("should be 2 tensors"))
def action_alone(mu, log_std, eps, scale=1.0):
    return scale * torch.tanh(mu + log_std.exp() * eps)


@exercise.wrong(unnamed("is wrong"), "action", "density", "scale", "stable", "gradients")
def fresh_noise(mu, log_std, eps, scale=1.0):
    eps = torch.randn_like(mu)
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(mu, log_std, eps, scale=1.0):
    eps *= log_std.exp()
    u = mu + eps
    normal = -0.5 * (eps / log_std.exp()).square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)


@exercise.wrong(shape=unnamed("wrong dtype"))
def in_float64(mu, log_std, eps, scale=1.0):
    mu, log_std, eps = mu.double(), log_std.double(), eps.double()
    u = mu + log_std.exp() * eps
    normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    return scale * torch.tanh(u), (normal - log_slope - math.log(scale)).sum(dim=-1)
