"""monte_carlo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch

from autograder import expect
from autograder.beside.lesson01_sampling import FUNCTIONS, recorded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson01_sampling.means import (
    A_NUMBER,
    FIXED_SEED,
    FLOAT32,
    MEAN_SCALED,
    NO_NOISE,
    NOT_AVERAGED,
    ONE_REPEATED,
    REPEATED,
    SIGMA_SQUARED,
    UNIFORM,
    UNSCALED,
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

exercise = Exercise("monte_carlo", reread="The mean over draws")

F_OF_MEAN = Mistake(
    "f_of_mean",
    "f of the mean, f(z.mean()), in place of the mean of f, f(z).mean(): apply f to each draw first.",
)
ONE_DRAW = Mistake("one_draw", "f was given a single draw, whatever n is. Draw n numbers.")
SUMMED = Mistake("summed", "the sum over the draws. Divide it by n.")


def one_number(monte_carlo: LearnerObject, mu: float, sigma: float) -> Mistake:
    """Why f was given one number: the mean of many draws lies close to mu, a draw does not five times in a row."""
    calls = beside(recorded, monte_carlo, "cube", 5, mu, sigma, 10_000)
    off = [abs(float(z.mean()) - mu) if len(z) == 1 else sigma for _, z in calls]
    if max(off) < 1e-6:
        return NO_NOISE
    return F_OF_MEAN if max(off) < 0.06 * sigma else ONE_DRAW


@exercise.check
def shape(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The estimate is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    cases: list[tuple[Any, Any, int]] = [(float(mu), float(sigma), 4), (mu, sigma, 4), (mu, float(sigma), 1)]
    with expect.untouched(mu=mu, sigma=sigma):
        for m, s, n in cases:
            [(result, z)] = beside(recorded, monte_carlo, "cube", 1, m, s, n)
            judge_estimate(result, z, n)
    judge_digits(beside(recorded, monte_carlo, "cube", 1, 0.0, 1.0, 4)[0][1])


@exercise.check
def estimate(monte_carlo: LearnerObject, rng: Draws) -> None:
    """f is given n draws, and the estimate is the mean of the n values."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(2, 3))
    for kind, n in [("cube", 7), ("wave", 12)]:
        [(result, z)] = beside(recorded, monte_carlo, kind, 1, mu, sigma, n)
        if len(z) != n:
            likely = one_number(monte_carlo, mu, sigma) if len(z) == 1 else None
            raise Failure(
                f"f was not given the right number of draws for n = {n}", f"{n} draws, each once", f"{len(z)}", likely
            )
        values = FUNCTIONS[kind](z.double())
        mistakes = [(SUMMED, values.sum()), (F_OF_MEAN, FUNCTIONS[kind](z.double().mean()))]
        rule = "the mean of f over the draws that f was given"
        agrees(single(result), values.mean(), "the estimate", rule=rule, mistakes=mistakes)


@exercise.check
def spread(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws follow N(mu, sigma^2)."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(12, 18))
    [(_, z)] = beside(recorded, monte_carlo, "wave", 1, mu, sigma, 2_000)
    if len(z) != 2_000 or len(z.unique()) < 1_000:  # Not this check's matter: then 2,000 calls, one draw each.
        z = torch.cat([z for _, z in beside(recorded, monte_carlo, "wave", 2_000, mu, sigma, 1)])
    judge_spread(z.double() - mu, mu, sigma)


@exercise.check
def draws(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws are fresh, within a call and from call to call."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(2, 3))
    two = [(z.double() - mu) / sigma for _, z in beside(recorded, monte_carlo, "wave", 2, mu, sigma, 400)]
    judge_fresh(*two)


# Wrong answers


# Gives torch.normal a number where it needs a shape.
@exercise.wrong(stops("line 2 of your cell"))
def size_is_a_number(f, mu, sigma, n):
    z = torch.normal(float(mu), float(sigma), n)
    return f(z).mean()


@exercise.wrong(stops("f takes a tensor of draws, and was given a float"))
def f_of_numbers(f, mu, sigma, n):
    import random

    return torch.tensor(sum(f(random.gauss(float(mu), float(sigma))) for _ in range(n)) / n)


@exercise.wrong(shape=A_NUMBER)
def a_number(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean().item()


@exercise.wrong(estimate=F_OF_MEAN)
def f_of_mean(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z.mean())


@exercise.wrong(NO_NOISE, "estimate", "spread", "draws")
def no_noise(f, mu, sigma, n):
    return f(torch.as_tensor(mu, dtype=torch.float64))


@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    torch.manual_seed(0)
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean()


@exercise.wrong(shape=FLOAT32)
def float32(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n)
    return f(z).mean()


# Draws in float32 and converts afterwards.
@exercise.wrong(shape=FLOAT32)
def float32_noise(f, mu, sigma, n):
    eps = torch.randn(n).double()
    return f(mu + sigma * eps).mean()


@exercise.wrong(draws=REPEATED)
def half_the_draws(f, mu, sigma, n):
    eps = torch.randn((n + 1) // 2, dtype=torch.float64)
    eps = torch.cat([eps, eps])[:n]
    return f(mu + sigma * eps).mean()


@exercise.wrong(spread=MEAN_SCALED)
def mean_scaled(f, mu, sigma, n):
    z = (torch.randn(n, dtype=torch.float64) + mu) * sigma
    return f(z).mean()


@exercise.wrong(expect.NO_RETURN, "shape", "estimate")
def no_return(f, mu, sigma, n):
    f(mu + sigma * torch.randn(n, dtype=torch.float64)).mean()


@exercise.wrong(NOT_AVERAGED, "shape", "estimate")
def not_averaged(f, mu, sigma, n):
    return f(mu + sigma * torch.randn(n, dtype=torch.float64))


@exercise.wrong(spread=UNSCALED)
def unscaled(f, mu, sigma, n):
    z = mu + torch.randn(n, dtype=torch.float64)
    return f(z).mean()


@exercise.wrong(estimate=ONE_DRAW)
def one_draw(f, mu, sigma, n):
    z = mu + sigma * torch.randn((), dtype=torch.float64)
    return f(z).mean()


@exercise.wrong(draws=ONE_REPEATED)
def one_repeated(f, mu, sigma, n):
    z = mu + sigma * torch.randn(1, dtype=torch.float64).expand(n)
    return f(z).mean()


@exercise.wrong(spread=SIGMA_SQUARED)
def sigma_squared(f, mu, sigma, n):
    z = mu + sigma**2 * torch.randn(n, dtype=torch.float64)
    return f(z).mean()


@exercise.wrong(estimate=SUMMED)
def summed(f, mu, sigma, n):
    total = torch.zeros((), dtype=torch.float64)
    for _ in range(n):
        total = total + f(mu + sigma * torch.randn((), dtype=torch.float64))
    return total


@exercise.wrong(spread=UNIFORM)
def uniform(f, mu, sigma, n):
    z = mu + sigma * torch.rand(n, dtype=torch.float64)
    return f(z).mean()


@exercise.wrong(spread=VARIANCE)
def variance(f, mu, sigma, n):
    z = mu + sigma**0.5 * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
