"""The right results of a coupling and of its inverse, and how both are called. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson12_frontiers import coupled, ripple
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson12_frontiers.judging import Case, Cases, in_float32, named
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.failure import Failure
from autograder.verdict import Mistake

NAMES = ("z'", "log_det")
LONGER_FIRST = Mistake(
    "longer_first",
    "net gets as many columns as the longer part has: for an odd number of columns the first part is the shorter one, "
    "d // 2. (chunk(2) makes it the longer one.)",
)
LOG_DET_SIGN = Mistake("log_det_sign", "the sign of log_det is turned.")


def some_case(rng: Draws, d: int, batch: int = 3) -> dict[str, Tensor]:
    """Rows of d columns, and the weights of a net for them."""
    half = d // 2
    return {"z": rng.normal(batch, d), "weight": rng.normal(2, half, d - half)}


def even_cases(rng: Draws) -> Cases:
    """Rows of four columns, two, and six; one row alone."""
    return {
        "": some_case(rng, 4),
        " of 2 columns": some_case(rng, 2, 5),
        " of one row of 6": some_case(rng, 6, 1),
    }


def odd_cases(rng: Draws) -> Cases:
    """Rows of five columns and of three."""
    return {" of 5 columns": some_case(rng, 5), " of 3 columns": some_case(rng, 3, 4)}


def call(answer: LearnerObject, case: Case) -> Any:
    """What an answer gives for a case; a net that is given other columns than its own says so."""
    try:
        return beside(coupled, answer, case["z"], case["weight"])
    except LearnerError as error:
        if "net takes the first part" not in error.message:
            raise
        batch, d = case["z"].shape
        longer = f"given shape {(batch, d - d // 2)}" in error.message and d % 2 == 1
        expected = f"its first d // 2 columns, shape {(batch, d // 2)}"
        what = f"net is given another part of z, for {d} columns"
        raise Failure(what, expected, error.told, LONGER_FIRST if longer else None) from None


def shift_and_log_scale(z: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both parts of z, and what the net makes of the first."""
    a, b = z.split([weight.shape[1], weight.shape[2]], dim=1)
    return a, b, 2 * torch.sin(a @ weight[0]) + 1, 0.2 + 0.7 * torch.cos(a @ weight[1])


def forward(z: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """The coupling and its log-determinant."""
    a, b, shift, log_scale = shift_and_log_scale(z, weight)
    return {"z'": torch.cat([a, b * log_scale.exp() + shift], dim=1), "log_det": log_scale.sum(1)}


def backward(z: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """The inverse and its log-determinant."""
    a, b, shift, log_scale = shift_and_log_scale(z, weight)
    return {"z": torch.cat([a, (b - shift) * (-log_scale).exp()], dim=1), "log_det": -log_scale.sum(1)}


def keeps(answer: LearnerObject, rng: Draws) -> None:
    """The first result is of the dtype and on the device of z, which is left alone."""
    for case in (some_case(rng, 4), in_float32(some_case(rng, 4))):
        with expect.untouched(z=case["z"]):
            result = named(call(answer, case), NAMES)
        expect.kept(result["z'"], case["z"], "the result")
    expect.device_kept(answer, rng.normal(3, 4), ripple, what="a result")
