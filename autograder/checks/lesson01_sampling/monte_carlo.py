"""monte_carlo: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch

from autograder import expect
from autograder.beside.lesson01_sampling import FUNCTIONS
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson01_sampling.means import (
    A_NUMBER,
    F_AGAIN,
    FIXED_SEED,
    FLOAT32,
    FLOAT32_RESULT,
    MEAN_SCALED,
    NO_NOISE,
    NOT_AVERAGED,
    ONE_REPEATED,
    REPEATED,
    SIGMA_SQUARED,
    UNIFORM,
    UNSCALED,
    UNSHIFTED,
    VARIANCE,
    calls_of,
    judge_digits,
    judge_each,
    judge_estimate,
    judge_exact,
    judge_fresh,
    judge_spread,
    miscounted,
    places,
    single,
    unaveraged,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("monte_carlo", reread="The mean over draws")

F_OF_MEAN = Mistake(
    "f_of_mean",
    "f of the mean, f(z.mean()), in place of the mean of f, f(z).mean(): apply f to each draw first.",
)
ONE_DRAW = Mistake("one_draw", "f was given a single draw, whatever n is. Draw n numbers.")
SUMMED = Mistake("summed", "the sum over the draws. Divide it by n.")
DIVIDED_AGAIN = Mistake("divided_again", "the mean is divided by n once more. A mean is divided by n already.")


def one_number(monte_carlo: LearnerObject) -> Mistake | None:
    """Why f was given one number: by 4,000 calls with three draws, whose mean has the variance sigma^2 / 3."""
    noise = torch.cat([z.double() for _, z in calls_of(monte_carlo, "cube", 4_000, 0.0, 1.0, 3)])
    if not noise.any():
        return NO_NOISE
    if not expect.off_normal(noise):
        return ONE_DRAW
    return None if expect.off_normal(3**0.5 * noise) else F_OF_MEAN


@exercise.check
def shape(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The estimate is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    m, s = float(mu), float(sigma)
    cases: list[tuple[Any, Any, int]] = [(m, s, 4), (mu, sigma, 4), (mu, s, 1), (m, sigma, 2)]
    with expect.untouched(mu=mu, sigma=sigma):
        for case in cases:
            [(result, z)] = calls_of(monte_carlo, "cube", 1, *case)
            right = FUNCTIONS["cube"](z.double()).mean()
            judge_estimate(result, z, right)
            judge_exact(result, right)
    judge_digits(calls_of(monte_carlo, "cube", 1, 0.0, 1.0, 4)[0][1])


@exercise.check
def estimate(monte_carlo: LearnerObject, rng: Draws) -> None:
    """f is given n draws, and the estimate is the mean of the n values."""
    sigma, cases = float(rng.uniform(2, 3)), [("cube", 7, rng.uniform(-6, -5)), ("wave", 12, rng.uniform(1, 2))]
    observed, expected, summed, divided = [], [], [], []
    for kind, n, mu in cases:
        [(result, z)] = calls_of(monte_carlo, kind, 1, float(mu), sigma, n)
        if len(z) != n:
            likely = one_number(monte_carlo) if len(z) == 1 else miscounted(z, n)
            raise Failure(
                f"f was not given the right number of draws for n = {n}", f"{n} draws, each once", f"{len(z)}", likely
            )
        values = FUNCTIONS[kind](z.double())
        expected.append(values.mean())
        summed.append(values.sum())
        divided.append(values.mean() / n)
        observed.append(single(result, unaveraged(result, values.mean())))
    mistakes = [(SUMMED, torch.stack(summed)), (DIVIDED_AGAIN, torch.stack(divided))]
    rule, names = "the mean of f over the draws that f was given", [f"the estimate for n = {n}" for _, n, _ in cases]
    judge_each(torch.stack(observed), torch.stack(expected), names, mistakes, rule)


@exercise.check
def spread(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws follow N(mu, sigma^2)."""
    drawn = []
    for mu, sigma in places(rng, 8):
        [(_, z)] = calls_of(monte_carlo, "wave", 1, mu, sigma, 2_500)
        z = z.unique()  # Whether draws are repeated is not this check's matter.
        if len(z) < 1_000:  # Nor whether one call has as many as it should.
            z = torch.cat([z for _, z in calls_of(monte_carlo, "wave", 400, mu, sigma, 1)])
        drawn.append((z, (mu, sigma)))
    judge_spread(drawn)


@exercise.check
def draws(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws are fresh, within a call and from call to call."""
    mu, sigma, n = float(rng.uniform(3, 4)), float(rng.uniform(2, 3)), 400
    two = [(z.double() - mu) / sigma for _, z in calls_of(monte_carlo, "wave", 2, mu, sigma, n)]
    judge_fresh(*(z[:n] if miscounted(z, n) else z for z in two))


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


@exercise.wrong(estimate=DIVIDED_AGAIN)
def divided_again(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean() / n


@exercise.wrong(estimate=F_AGAIN)
def f_again(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    largest = f(z).max()
    return torch.minimum(f(z).mean(), largest)


@exercise.wrong(shape=FLOAT32_RESULT)
def float32_result(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return torch.tensor(f(z).mean().item())


# Rounds the values on their way.
@exercise.wrong(shape=unnamed("not as exact as float64 is"))
def float32_values(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).float().mean().double()


@exercise.wrong(spread=UNSHIFTED)
def unshifted(f, mu, sigma, n):
    z = sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
