"""Checks of lesson 1: the mean over draws and its error. Grader's side.

Most are identities over the draws that the learner's function gave to f. Error rates of the statistical judgements, per
check, here and in ``finite_differences``: a right answer fails with probability below 1e-9 (at most six bounds of 1e-10
are added up), a listed mistake passes with probability below 1e-6 (with 2,000 draws, distribution functions may be
0.077 apart; a scale that is wrong by a factor above 3 puts them 0.24 apart, which is missed with probability below
1e-40). A mean of draws is told from a single draw by five calls with 10,000 draws: either is taken for the other with
probability below 1e-6.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson01_sampling import FUNCTIONS, recorded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check, describe_value

MEANS = 'Lesson 1, "The mean over draws"'
ERRORS = 'Lesson 1, "How wrong is the estimate?"'

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""

FLOAT32 = "randn(n), and Normal or torch.normal of plain floats, draw in float32. Ask for dtype=torch.float64."
A_NUMBER = "item() or float() makes a number of it. Return the tensor."
NOT_AVERAGED = "the n values of f themselves. Return their mean."
F_OF_MEAN = "f of the mean, f(z.mean()), in place of the mean of f, f(z).mean(): apply f to each draw first."
ONE_DRAW = "f was given a single draw, whatever n is. Draw n numbers."
SUMMED = "the sum over the draws. Divide it by n."
AS_VARIANCE = "sigma is used as the variance: sqrt(sigma) scales the noise. sigma is the standard deviation itself."
SQUARED = "sigma**2 scales the noise: that is the variance. Multiply eps by sigma."
UNSCALED = "the noise is not scaled: sigma has no effect. Multiply eps by sigma."
MEAN_SCALED = "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu."
UNIFORM = "torch.rand draws uniform numbers from [0, 1). Normal noise comes from torch.randn."
NO_NOISE = "f was given mu itself: nothing random is added. Draw z from N(mu, sigma^2)."
REPEATED = "one draw repeated n times. Draw n numbers: torch.randn(n, dtype=torch.float64)."
SEED = "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's."


# monte_carlo


@check("monte_carlo", "shape", MEANS)
def monte_carlo_shape(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The estimate is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    cases: list[tuple[Any, Any, int]] = [(float(mu), float(sigma), 4), (mu, sigma, 4), (mu, float(sigma), 1)]
    with expect.untouched(mu=mu, sigma=sigma):
        for m, s, n in cases:
            [(result, z)] = beside(recorded, monte_carlo, "cube", 1, m, s, n)
            judge_estimate(result, z, n)
    judge_digits(beside(recorded, monte_carlo, "cube", 1, 0.0, 1.0, 4)[0][1])


@check("monte_carlo", "estimate", MEANS)
def monte_carlo_estimate(monte_carlo: LearnerObject, rng: Draws) -> None:
    """f is given n draws, and the estimate is the mean of the n values."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(2, 3))
    for kind, n in [("cube", 7), ("wave", 12)]:
        [(result, z)] = beside(recorded, monte_carlo, kind, 1, mu, sigma, n)
        if len(z) != n:
            likely = one_number(monte_carlo, mu, sigma) if len(z) == 1 else ""
            raise Failure(
                f"f was not given the right number of draws for n = {n}", f"{n} draws, each once", f"{len(z)}", likely
            )
        values = FUNCTIONS[kind](z.double())
        mistakes = {SUMMED: values.sum(), F_OF_MEAN: FUNCTIONS[kind](z.double().mean())}
        rule = "the mean of f over the draws that f was given"
        agrees(single(result), values.mean(), "the estimate", rule=rule, mistakes=mistakes)


@check("monte_carlo", "spread", MEANS)
def monte_carlo_spread(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws follow N(mu, sigma^2)."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(12, 18))
    [(_, z)] = beside(recorded, monte_carlo, "wave", 1, mu, sigma, 2_000)
    if len(z) != 2_000 or len(z.unique()) < 1_000:  # Not this check's matter: then 2,000 calls, one draw each.
        z = torch.cat([z for _, z in beside(recorded, monte_carlo, "wave", 2_000, mu, sigma, 1)])
    judge_spread(z.double() - mu, mu, sigma)


@check("monte_carlo", "draws", MEANS)
def monte_carlo_draws(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws are fresh, within a call and from call to call."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(2, 3))
    two = [(z.double() - mu) / sigma for _, z in beside(recorded, monte_carlo, "wave", 2, mu, sigma, 400)]
    judge_fresh(*two)


def judge_estimate(result: Any, z: Tensor, n: int) -> None:
    """The result is a 0-dim float64 tensor, and so are the draws float64."""
    if isinstance(result, float | int):
        raise Failure("the estimate is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
    result = expect.shaped(result, (), "the estimate", {NOT_AVERAGED: (n,)} if n > 1 else None)
    for what, dtype in [("the estimate", result.dtype), ("what f was given", z.dtype)]:
        if dtype != torch.float64:
            raise Failure(f"{what} has the wrong dtype", "torch.float64", str(dtype), FLOAT32)


def judge_digits(z: Tensor) -> None:
    """Draws from N(0, 1) are the noise itself: they use all of float64's digits."""
    if torch.equal(z, z.float().double()) and z.any():
        what = "the draws are float64 and carry float32 noise"
        raise Failure(what, "noise drawn in float64", "every draw from N(0, 1) fits in float32", FLOAT32)


def single(result: Any) -> Tensor:
    """The estimate as a 0-dim float64 tensor, since only a shape check minds how it comes."""
    result = torch.as_tensor(result) if isinstance(result, float | int) else expect.tensor(result, "the estimate")
    if result.numel() != 1:
        likely = NOT_AVERAGED if result.numel() > 1 else ""
        raise Failure("the estimate is not a single number", "one number", describe_value(result), likely)
    return result.detach().double().reshape(())


def one_number(monte_carlo: LearnerObject, mu: float, sigma: float) -> str:
    """Why f was given one number: the mean of many draws lies close to mu, a draw does not five times in a row."""
    calls = beside(recorded, monte_carlo, "cube", 5, mu, sigma, 10_000)
    close = [abs(float(z.mean()) - mu) < 0.06 * sigma for _, z in calls if len(z) == 1]
    return F_OF_MEAN if len(close) == 5 and all(close) else ONE_DRAW


def judge_spread(noise: Tensor, mu: float, sigma: float) -> None:
    """z - mu has the spread of sigma * eps."""
    if not len(noise):
        raise Failure("f was never called", "n draws, each given to f once", "none")
    eps = noise / sigma
    wrong: expect.Alternatives = {
        AS_VARIANCE: noise / sigma**0.5,
        SQUARED: noise / sigma**2,
        UNSCALED: noise,
        MEAN_SCALED: (noise + mu) / sigma - mu,
        UNIFORM: lambda eps: eps.clamp(0, 1),
    }
    if not noise.any():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    expect.standard_normal(eps, "(z - mu) / sigma", mistakes=wrong)


def judge_fresh(first: Tensor, second: Tensor) -> None:
    """Noise of two calls is fresh, call by call and draw by draw; of single numbers, only the former can be asked."""
    if len(first) != len(second) or not len(first):
        observed = f"{len(first)} numbers, then {len(second)}"
        raise Failure("f was not given as many numbers by each call", "n draws a call", observed)
    if not first.any() and not second.any():
        raise Failure("z has no noise", "fresh draws from N(mu, sigma^2)", "mu itself", NO_NOISE)
    if len(first) < 400:
        if torch.equal(first, second):
            raise Failure("the draw is the same in every call", "a fresh draw", "the same draw twice", SEED)
        return
    expect.independent(torch.stack([first, second]), {"call": SEED, "draw": REPEATED}, "the noise")
    if (distinct := len(first.unique())) < 0.9 * len(first):
        raise Failure("draws are repeated", f"{len(first)} different draws", f"{distinct} different draws", REPEATED)


# standard_error


@check("standard_error", "shape", ERRORS)
def standard_error_shape(standard_error: LearnerObject, rng: Draws) -> None:
    """The standard error is a 0-dim float64 tensor, and the values are left alone."""
    for n in (2, 5):
        values = 3 + rng.normal(n)
        with expect.untouched(values=values):
            result = standard_error(values)
        if isinstance(result, float | int):
            raise Failure("the result is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
        expect.kept(result, values, "the result", shape=())


def errors(values: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The standard error of the mean, and what wrong formulas give."""
    n, deviation = len(values), values.std()
    biased = values.std(correction=0)
    likely = {
        "the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).": deviation,
        "divided by n. The variance is divided by n, so the standard deviation by sqrt(n).": deviation / n,
        "the variance of the mean. Take its square root.": deviation**2 / n,
        "the root of the mean square: the mean was not subtracted.": (values**2).mean().sqrt() / n**0.5,
        "the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.": biased,
        "the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.": biased / n**0.5,
        "the divisor n - 1 was used twice. The unbiased variance is divided by n.": deviation / (n - 1) ** 0.5,
    }
    return deviation / n**0.5, likely


@check("standard_error", "values", ERRORS)
def standard_error_values(standard_error: LearnerObject, rng: Draws) -> None:
    """The error falls as 1 / sqrt(n), whatever the mean is."""
    for n in (2_000, 32_000):
        values = 30 + 3 * rng.normal(n)
        right, mistakes = errors(values)
        # At these n, the biased variance is right to three digits: it has a check of its own.
        expect.close(
            single(standard_error(values.clone())), right, f"the result for n = {n}", rtol=1e-3, mistakes=mistakes
        )


@check("standard_error", "unbiased", ERRORS)
def standard_error_unbiased(standard_error: LearnerObject, rng: Draws) -> None:
    """The variance has the divisor n - 1: it shows for n from 2 to 5."""
    samples = [3 + rng.normal(n) for n in (2, 3, 4, 5)]
    # All four at once: at n = 2, several mistakes give the same number.
    found = torch.stack([single(standard_error(values.clone())) for values in samples])
    right = torch.stack([errors(values)[0] for values in samples])
    mistakes = {
        sentence: torch.stack([errors(values)[1][sentence] for values in samples]) for sentence in errors(samples[0])[1]
    }
    agrees(found, right, "the result for n = 2, 3, 4 and 5", mistakes=mistakes, atol=1e-7)
