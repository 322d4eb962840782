"""How lesson 11 judges noise in a learner's own layer or function: its digits and its law. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from autograder import expect
from autograder.failure import Failure
from autograder.verdict import Mistake

UNIFORM = Mistake(
    "uniform",
    "uniform noise with the right standard deviation. (Rounding errors are more like it; but the contract is N(0, 1).)",
)
UNIFORM_01 = Mistake("uniform_01", "rand draws uniform numbers from [0, 1). Normal noise comes from randn.")
FLOAT32 = Mistake(
    "float32_noise",
    "the noise is drawn in float32, as randn(shape) does. Use randn_like, or pass the dtype.",
)
CPU = Mistake(
    "cpu_noise",
    "a tensor was made on the CPU, as randn(shape) does, wherever the inputs are. Use randn_like, or pass the device.",
)
FIXED = Mistake(
    "fixed",
    "a seed fixed inside, or noise drawn outside of the call. Draw at every call; seeds are the caller's.",
)


def judge_law(noise: Tensor, what: str, axes: Mapping[str, Mistake | None]) -> None:
    """Noise of mean square 1 is fresh along its dimensions, and standard normal."""
    expect.independent(noise, axes, what)
    root = math.sqrt(3)
    wrong: expect.Alternatives = [
        (UNIFORM, lambda x: ((x / root + 1) / 2).clamp(0, 1)),
        (UNIFORM_01, lambda x: (x / root).clamp(0, 1)),  # whose mean square is 1/3 before it is made 1
    ]
    expect.standard_normal(noise, what, mistakes=wrong)


def judge_digits(noise: Tensor, what: str) -> None:
    """Noise that was recovered from float64 results has more digits than float32 has."""
    if noise.any() and float((noise - noise.float().double()).abs().max()) < 1e-11:
        raise Failure(
            f"{what} has the digits of float32", "noise in the dtype of the inputs", "float32 holds it", FLOAT32
        )
