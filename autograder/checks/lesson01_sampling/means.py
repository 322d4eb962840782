"""What must hold of draws and of the mean over them, for a mean and for a slope. Grader's side.

Most checks of the lesson are identities over the draws that the learner's function gave to f. Error rates of the
statistical judgements, per check: a right answer fails with probability below 1e-9 (at most six bounds of 1e-10 are
added up), a listed mistake passes with probability below 1e-6 (with 2,000 draws, distribution functions may be 0.077
apart; a scale that is wrong by a factor above 3 puts them 0.24 apart, which is missed with probability below 1e-40).
A mean of draws is told from a single draw by five calls with 10,000 draws: either is taken for the other with
probability below 1e-6.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""

A_NUMBER = Mistake("a_number", "item() or float() makes a number of it. Return the tensor.")
FLOAT32 = Mistake(
    "float32", "randn(n), and Normal or torch.normal of plain floats, draw in float32. Ask for dtype=torch.float64."
)
NOT_AVERAGED = Mistake("not_averaged", "the n values of f themselves. Return their mean.")
VARIANCE = Mistake(
    "variance", "sigma is used as the variance: sqrt(sigma) scales the noise. sigma is the standard deviation itself."
)
SIGMA_SQUARED = Mistake("sigma_squared", "sigma**2 scales the noise: that is the variance. Multiply eps by sigma.")
UNSCALED = Mistake("unscaled", "the noise is not scaled: sigma has no effect. Multiply eps by sigma.")
MEAN_SCALED = Mistake("mean_scaled", "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu.")
UNIFORM = Mistake("uniform", "torch.rand draws uniform numbers from [0, 1). Normal noise comes from torch.randn.")
NO_NOISE = Mistake("no_noise", "f was given mu itself: nothing random is added. Draw z from N(mu, sigma^2).")
ONE_REPEATED = Mistake(
    "one_repeated", "one draw repeated n times. Draw n numbers: torch.randn(n, dtype=torch.float64)."
)
REPEATED = Mistake("repeated", "draws are used more than once. Draw n numbers: torch.randn(n, dtype=torch.float64).")
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)


def judge_estimate(result: Any, z: Tensor, n: int) -> None:
    """The result is a 0-dim float64 tensor, and so are the draws float64."""
    if isinstance(result, float | int):
        raise Failure("the estimate is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
    result = expect.shaped(result, (), "the estimate", [(NOT_AVERAGED, (n,))] if n > 1 else ())
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
        likely = NOT_AVERAGED if result.numel() > 1 else None
        raise Failure("the estimate is not a single number", "one number", describe_value(result), likely)
    return result.detach().double().reshape(())


def judge_spread(noise: Tensor, mu: float, sigma: float) -> None:
    """z - mu has the spread of sigma * eps."""
    if not len(noise):
        raise Failure("f was never called", "n draws, each given to f once", "none")
    if not noise.any():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    wrong: expect.Alternatives = [
        (VARIANCE, noise / sigma**0.5),
        (SIGMA_SQUARED, noise / sigma**2),
        (UNSCALED, noise),
        (MEAN_SCALED, (noise + mu) / sigma - mu),
        (UNIFORM, lambda eps: eps.clamp(0, 1)),
    ]
    expect.standard_normal(noise / sigma, "(z - mu) / sigma", mistakes=wrong)


def judge_fresh(first: Tensor, second: Tensor) -> None:
    """Noise of two calls is fresh, call by call and draw by draw; of single numbers, only the former can be asked."""
    if len(first) != len(second) or not len(first):
        observed = f"{len(first)} numbers, then {len(second)}"
        raise Failure("f was not given as many numbers by each call", "n draws a call", observed)
    if not first.any() and not second.any():
        raise Failure("z has no noise", "fresh draws from N(mu, sigma^2)", "mu itself", NO_NOISE)
    if len(first) < 400:
        if torch.equal(first, second):
            raise Failure("the draw is the same in every call", "a fresh draw", "the same draw twice", FIXED_SEED)
        return
    distinct = len(first.unique())
    likely = ONE_REPEATED if distinct == 1 else REPEATED if distinct < 0.9 * len(first) else None
    expect.independent(torch.stack([first, second]), {"call": FIXED_SEED, "draw": likely}, "the noise")
    if likely:
        raise Failure("draws are repeated", f"{len(first)} different draws", f"{distinct} different draws", likely)
