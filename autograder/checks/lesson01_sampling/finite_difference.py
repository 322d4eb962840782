"""finite_difference: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson01_sampling import FUNCTIONS, recorded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson01_sampling.means import (
    FIXED_SEED,
    FLOAT32,
    NOT_AVERAGED,
    ONE_REPEATED,
    VARIANCE,
    agrees,
    judge_digits,
    judge_estimate,
    judge_fresh,
    judge_spread,
    single,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("finite_difference", reread="A slope from two sides")

FORWARD = Mistake(
    "forward",
    "a forward difference, (E at mu + h) - (E at mu), over 2h or h. The left side stands at mu - h.",
)
BACKWARD = Mistake(
    "backward",
    "a backward difference, (E at mu) - (E at mu - h), over 2h or h. The right side stands at mu + h.",
)
ONE_NUMBER = Mistake("one_number", "f of the mean in place of the mean of f, or one draw a side.")
FRESH = Mistake("fresh", "fresh noise on both sides. Draw eps once, and use the same eps for mu + h and for mu - h.")
SHARED = Mistake("shared", "the noise is shared although common_noise is False. Draw new noise for the second side.")


def sides(function: LearnerObject, *args: Any) -> tuple[Tensor, Tensor, Any]:
    """The draws on the left and on the right in ascending order, and the result.

    args: kind, mu, sigma, n, h, common_noise, with h so large that the sides cannot overlap.
    """
    kind, _, _, n, _, _ = args
    [(result, z)] = beside(recorded, function, kind, 1, *args[1:])
    if len(z) != 2 * n:
        likely, expected = ONE_NUMBER if len(z) == 2 else None, f"{2 * n}: n draws on each side, each once"
        raise Failure(f"f was not given the right number of draws for n = {n}", expected, f"{len(z)}", likely)
    z = z.double().sort().values
    return z[:n], z[n:], result


def judge_formula(function: LearnerObject, mu: float, h: float, common: bool) -> None:
    """The slope where there is nearly no noise, not even where sigma is taken for the variance."""

    def found(answer: LearnerObject) -> Tensor:
        [(result, _)] = beside(recorded, answer, "cube", 1, mu, 1e-20, 3, h, common)
        return single(result)

    what = f"the slope of z^3 at mu = {mu:.4g} for h = {h:.4g} and almost no noise"
    agrees(found(function), 3 * mu**2 + h**2, what, mistakes=exercise.mistaken(found))


def offset(z: Tensor, mu: float, h: float) -> Tensor:
    """The draws of the left side, each less its mean, in the order of drawing; the mean may be a mistaken one."""
    left = z[z < z.mean()]
    centres = torch.tensor([mu - h, mu - h / 2, mu], dtype=torch.float64)
    return left - centres[(left.median() - centres).abs().argmin()] if len(left) else left


@exercise.check
def shape(finite_difference: LearnerObject, rng: Draws) -> None:
    """The slope is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    with expect.untouched(mu=mu, sigma=sigma):
        for common in (True, False):
            for m, s, n in [(float(mu), float(sigma), 4), (mu, sigma, 4), (mu, float(sigma), 1)]:
                [(result, z)] = beside(recorded, finite_difference, "cube", 1, m, s, n, 0.5, common)
                judge_estimate(result, z, n)
            # With mu = h, the left side stands at 0: its draws are the noise itself.
            [(_, z)] = beside(recorded, finite_difference, "cube", 1, 128.0, 1.0, 8, 128.0, common)
            judge_digits(z[z < 64])


@exercise.check
def central(finite_difference: LearnerObject, rng: Draws) -> None:
    """The difference of the means at mu + h and mu - h is divided by 2h."""
    mu, h = float(rng.uniform(1, 2)), float(rng.uniform(0.4, 0.6))
    for common in (True, False):
        judge_formula(finite_difference, mu, h, common)
        # With noise, for a left side at mu - h or not: what is averaged is what f was given.
        step, n = 300.0, 5
        left, right, result = sides(finite_difference, "wave", mu, 2.0, n, step, common)
        if float((right - left).mean()) < step + 100:  # A side stands elsewhere, and the first call has said so.
            continue
        found = (FUNCTIONS["wave"](right).mean() - FUNCTIONS["wave"](left).mean()) / (2 * step)
        expect.close(single(result), found, "the slope", rule="(right mean - left mean) / (2 h)", rtol=1e-5)


@exercise.check
def common(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=True, both sides use the same noise."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, True)
    apart = right - left
    if float(apart.max() - apart.min()) > 1e-3:
        expected = "every draw on the right has its partner on the left, the same distance away"
        observed = f"sorted, they are from {apart.min():.4f} to {apart.max():.4f} apart"
        raise Failure("the two sides do not share their noise", expected, observed, FRESH)


@exercise.check
def fresh(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=False, each side has noise of its own."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, False)
    apart = right - left
    if float(apart.max() - apart.min()) <= 1e-3:
        observed = "every draw on the right has a partner on the left, the same distance away"
        likely = ONE_REPEATED if len(left.unique()) == 1 else SHARED
        raise Failure("the two sides share their noise", "noise of its own for each side", observed, likely)


@exercise.check(reread="The mean over draws")
def noise(finite_difference: LearnerObject, rng: Draws) -> None:
    """The draws of a side follow N(its mean, sigma^2), and are fresh within a call and from call to call."""
    mu, sigma, h = float(rng.uniform(3, 4)), float(rng.uniform(12, 18)), 1e4
    for common in (True, False):
        calls = beside(recorded, finite_difference, "wave", 2, mu, sigma, 2_000, h, common)
        noise = [offset(z.double(), mu, h) for _, z in calls]
        judge_fresh(*(eps / sigma for eps in noise))
        judge_spread(noise[0], mu, sigma)


# Wrong answers


# Tries autograd, where mu is a float.
@exercise.wrong(stops("does not require grad"))
def autograd(f, mu, sigma, n, h, common_noise):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z).mean().backward()
    return mu.grad


@exercise.wrong(central=BACKWARD)
def backward(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central=BACKWARD)
def backward_by_2h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="divided by h. The two sides are 2h apart: divide by 2h.")
def by_h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / h


# Shares the noise by a fixed seed.
@exercise.wrong(noise=FIXED_SEED)
def fixed_seed(f, mu, sigma, n, h, common_noise):
    torch.manual_seed(0)
    right = f(mu + h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    if common_noise:
        torch.manual_seed(0)
    left = f(mu - h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    return (right - left) / (2 * h)


@exercise.wrong(ONE_NUMBER, "central", "common", "fresh")
def f_of_mean(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f((mu + h + sigma * eps).mean())
    left = f((mu - h + sigma * other).mean())
    return (right - left) / (2 * h)


@exercise.wrong(shape=FLOAT32)
def float32(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n)
    other = eps if common_noise else torch.randn(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


@exercise.wrong(central=FORWARD)
def forward(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central=FORWARD)
def forward_by_2h(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(common=FRESH)
def fresh_always(f, mu, sigma, n, h, common_noise):
    right = f(mu + h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    left = f(mu - h + sigma * torch.randn(n, dtype=torch.float64)).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sides stand at mu + h/2 and mu - h/2. Here they stand at mu + h and mu - h, 2h apart.")
def half_step(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h / 2 + sigma * eps).mean()
    left = f(mu - h / 2 + sigma * other).mean()
    return (right - left) / h


@exercise.wrong(central="/ 2 * h multiplies by h. Put the divisor in brackets: / (2 * h).")
def no_brackets(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / 2 * h


@exercise.wrong(central="it is not divided by 2h: that is a difference, not a slope.")
def not_divided(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return right - left


# Has noise of its own on each side, but only one number of it.
@exercise.wrong(ONE_REPEATED, "fresh", "noise")
def one_repeated(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(1, dtype=torch.float64).expand(n)
    other = eps if common_noise else torch.randn(1, dtype=torch.float64).expand(n)
    return (f(mu + h + sigma * eps).mean() - f(mu - h + sigma * other).mean()) / (2 * h)


# Returns the n slopes of the pairs.
@exercise.wrong(NOT_AVERAGED, "shape", "central")
def pairs(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    return (f(mu + h + sigma * eps) - f(mu - h + sigma * other)) / (2 * h)


@exercise.wrong(fresh=SHARED)
def shared_always(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(common=FRESH, fresh=SHARED)
def swapped(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = torch.randn(n, dtype=torch.float64) if common_noise else eps
    right = f(mu + h + sigma * eps).mean()
    left = f(mu - h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(central="the sign is turned: right side (mu + h) minus left side (mu - h).")
def turned(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu - h + sigma * eps).mean()
    left = f(mu + h + sigma * other).mean()
    return (right - left) / (2 * h)


@exercise.wrong(noise=VARIANCE)
def variance(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(n, dtype=torch.float64)
    other = eps if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma**0.5 * eps).mean()
    left = f(mu - h + sigma**0.5 * other).mean()
    return (right - left) / (2 * h)
