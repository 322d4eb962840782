"""What must hold of draws and of the mean over them, for a mean and for a slope. Grader's side.

Most checks of the lesson are identities over the draws that the learner's function gave to f. Error rates of the
statistical judgements, per check: a right answer fails with probability below 1e-9 (at most five bounds of 1e-10 are
added up). The spread is judged by 20,000 draws or more around several means, with several sigmas: draws that are
spread by 1.1 sigma pass with probability below 1e-25, those of a logistic distribution of the right variance below
1e-5. A mean of three draws is told from a single draw by 2,000 calls: either is taken for the other with probability
below 1e-9.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson01_sampling import recorded
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.location_scale import judge_standard_draws
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""

A_NUMBER = Mistake(
    "a_number", "a plain number is returned, as item(), float() and the math module make it. Return a tensor."
)
FLOAT32 = Mistake(
    "float32",
    "the draws have the digits of float32 alone: randn(n), and Normal or torch.normal of plain floats, draw in "
    "float32, and .float() rounds to it. Ask for dtype=torch.float64.",
)
FLOAT32_RESULT = Mistake(
    "float32_result",
    "the draws are float64, and what is made of them is not: torch.tensor of a number, torch.zeros and .float() give "
    "float32. Pass dtype=torch.float64.",
)
NOT_AVERAGED = Mistake("not_averaged", "one number for each draw is returned: their mean is missing.")
VARIANCE = Mistake(
    "variance", "sigma is used as the variance: sqrt(sigma) scales the noise. sigma is the standard deviation itself."
)
SIGMA_SQUARED = Mistake("sigma_squared", "sigma**2 scales the noise: that is the variance. Multiply eps by sigma.")
UNSCALED = Mistake("unscaled", "the noise is not scaled: sigma has no effect. Multiply eps by sigma.")
UNSHIFTED = Mistake("unshifted", "mu is not added: the draws stand around 0. z = mu + sigma * eps.")
MEAN_SCALED = Mistake("mean_scaled", "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu.")
UNIFORM = Mistake("uniform", "torch.rand draws uniform numbers from [0, 1). Normal noise comes from torch.randn.")
NO_NOISE = Mistake("no_noise", "nothing random is added to the mean: there is no noise. Draw z from N(mu, sigma^2).")
ONE_REPEATED = Mistake(
    "one_repeated", "one draw repeated n times. Draw n numbers: torch.randn(n, dtype=torch.float64)."
)
REPEATED = Mistake("repeated", "draws are used more than once. Draw n numbers: torch.randn(n, dtype=torch.float64).")
F_AGAIN = Mistake("f_again", "f is called again at draws that it was given before. Call it once, and keep its values.")
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)

Place = tuple[float, float]
"""mu and sigma."""


# What a function gave to f


def calls_of(function: LearnerObject, kind: str, calls: int, *args: Any) -> list[tuple[Any, Tensor]]:
    """For each of so many calls the result, and all numbers that f was given; an error says what the call was given."""
    try:
        return [(result, z) for result, z in beside(recorded, function, kind, calls, *args)]
    except LearnerError as error:
        named = zip(("mu", "sigma", "n", "h", "common_noise"), args, strict=False)
        error.inputs = ", ".join(f"{name} = {_in_words(value)}" for name, value in named)
        raise


def _in_words(value: Any) -> str:
    return (
        f"tensor({value:.4g})"
        if isinstance(value, Tensor)
        else f"{value:.4g}"
        if isinstance(value, float)
        else f"{value}"
    )


def miscounted(z: Tensor, n: int) -> Mistake | None:
    """Why f was given more than n numbers."""
    return F_AGAIN if len(z) > n and len(z.unique()) == n else None


def places(rng: Draws, count: int) -> list[Place]:
    """Means of both signs, with sigmas from 0.3 to 18."""
    means, powers = rng.uniform(2, 4, count), torch.linspace(math.log(0.3), math.log(18), count, dtype=torch.float64)
    jitter = rng.uniform(-0.05, 0.05, count)
    return [
        (float(mean) * (-1) ** i, float((power + shift).exp()))
        for i, (mean, power, shift) in enumerate(zip(means, powers, jitter, strict=True))
    ]


# Judgements


def judge_estimate(result: Any, z: Tensor, right: Tensor) -> None:
    """The result is a 0-dim float64 tensor, and so are the draws float64."""
    if isinstance(result, float | int):
        likely = A_NUMBER if isinstance(result, float) else None
        raise Failure("the estimate is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", likely)
    likely = unaveraged(result, right)
    result = expect.shaped(result, (), "the estimate", [(likely, tuple(result.shape))] if likely else ())
    for what, dtype, likely in [("what f was given", z.dtype, FLOAT32), ("the estimate", result.dtype, FLOAT32_RESULT)]:
        if dtype != torch.float64:
            named = likely if dtype == torch.float32 else None
            raise Failure(f"{what} has the wrong dtype", "torch.float64", str(dtype), named)


def judge_exact(result: Any, right: Tensor) -> None:
    """The estimate has all of float64's digits, if it is right in those of float32; others judge the rest."""
    result = result.detach()
    if torch.allclose(result, right, 1e-5, 0.0) and not torch.allclose(result, right, 1e-10, 0.0):
        what = "the estimate is not as exact as float64 is"
        raise Failure(what, f"{float(right):.12g}", f"{float(result):.12g}")


def unaveraged(result: Any, right: Tensor) -> Mistake | None:
    """Whether a result holds several numbers whose mean is right."""
    if not isinstance(result, Tensor) or result.numel() < 2:
        return None
    near = torch.isclose(result.detach().double().mean(), right, rtol=1e-4, atol=1e-4)
    return NOT_AVERAGED if near else None


def judge_each(
    observed: Tensor,
    expected: Tensor,
    names: Sequence[str],
    mistakes: expect.Mistakes,
    rule: str = "",
    rtol: float = 1e-4,
) -> None:
    """Several numbers are right, each called by its name; a mistake is one that explains them all."""

    def explaining(i: int) -> expect.Mistakes:
        for mistake, given in mistakes:
            if torch.allclose(given, observed, rtol=1e-5, atol=1e-6):
                yield mistake, given[i]

    for i, name in enumerate(names):
        expect.close(observed[i], expected[i], name, rule=rule, rtol=rtol, atol=1e-6, mistakes=explaining(i))


def judge_digits(z: Tensor) -> None:
    """Draws from N(0, 1) use all of float64's digits."""
    judge_standard_draws(z, "the draws are float64 and carry float32 noise", FLOAT32)


def single(result: Any, likely: Mistake | None = None) -> Tensor:
    """A number as a 0-dim float64 tensor, since only a shape check minds how it comes; ``likely`` is why it is none."""
    result = torch.as_tensor(result) if isinstance(result, float | int) else expect.tensor(result, "the result")
    if result.numel() != 1:
        raise Failure("the result is not a single number", "one number", describe_value(result), likely)
    return result.detach().double().reshape(())


def judge_spread(draws: Iterable[tuple[Tensor, Place]]) -> None:
    """z - mu has the spread of sigma * eps, at all places alike."""
    z, mu, sigma = (torch.cat(column) for column in zip(*(_columns(*each) for each in draws), strict=True))
    noise = z - mu
    if not len(noise):
        raise Failure("f was never called", "n draws, each given to f once", "none")
    if not noise.any():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    wrong: expect.Alternatives = [
        (VARIANCE, noise / sigma.sqrt()),
        (SIGMA_SQUARED, noise / sigma**2),
        (UNSCALED, noise),
        (UNSHIFTED, z / sigma),
        (MEAN_SCALED, z / sigma - mu),
        (UNIFORM, lambda eps: eps.clamp(0, 1)),
    ]
    expect.standard_normal(noise / sigma, "(z - mu) / sigma", mistakes=wrong)


def _columns(z: Tensor, place: Place) -> tuple[Tensor, Tensor, Tensor]:
    mu, sigma = (torch.full((len(z),), value, dtype=torch.float64) for value in place)
    return z.double(), mu, sigma


def judge_fresh(first: Tensor, second: Tensor) -> None:
    """Noise of two calls is fresh, call by call and draw by draw; of single numbers, only the former can be asked."""
    if len(first) != len(second) or not len(first):
        observed = f"{len(first)} numbers, then {len(second)}"
        raise Failure("f was not given as many numbers by each call", "n draws a call", observed)
    if not first.any() and not second.any():
        raise Failure("z has no noise", "fresh draws from N(mu, sigma^2)", "mu itself", NO_NOISE)
    same = torch.equal(first, second)
    if len(first) < 400:
        if same:
            raise Failure("the draw is the same in every call", "a fresh draw", "the same draw twice", FIXED_SEED)
        return
    distinct = len(first.unique())
    if distinct < 0.9 * len(first):
        # Numbers that come again in the next call are no repeated draws: there are few numbers to draw from.
        few = not same and bool(torch.isin(first, second).any())
        likely = None if few else ONE_REPEATED if distinct == 1 else REPEATED
        raise Failure("draws are repeated", f"{len(first)} different draws", f"{distinct} different draws", likely)
    expect.independent(first, {"draw": None}, "the noise")
    expect.independent(torch.stack([first, second]), {"call": FIXED_SEED}, "the noise")
