"""How lesson 10's answers are judged: everything that a check measures at once, to rounding. Grader's side.

A mistake is named when it gives all the numbers that a check has measured, for every input: one alone may not tell two
mistakes apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.closed_forms import gumbel, gumbel_softmax
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

Parts = dict[str, Tensor]
"""What a check measures, by what its messages call it."""
Found = Callable[[LearnerObject], Parts]

FLOAT32 = Mistake("float32_inside", "float32 inside: the digits of float64 are lost. Stay in the dtype of the input.")
CHANGES = Mistake("changes", "the result changes from call to call, for the same inputs. Draw nothing yourself.")


def judge_parts(
    exercise: Exercise,
    answer: LearnerObject,
    found: Found,
    right: Parts,
    rule: str = "",
    *,
    digits: float = 2e-9,
    single: float = 1e-5,
) -> None:
    """Every part that ``found`` measures of an answer is the right one.

    It is so to ``digits``; to those of float32 (``single``) where a part has another dtype, which may be wrong.
    """
    observed = found(answer)
    tolerance = digits if all(part.dtype in (torch.float64, torch.int64) for part in observed.values()) else single
    for what, expected in right.items():
        mistakes = explaining(exercise, found, observed, what, tolerance)
        expect.close(observed[what], expected, what, rule=rule, rtol=tolerance, atol=tolerance, mistakes=mistakes)


def explaining(
    exercise: Exercise, found: Found, observed: Parts, what: str, tolerance: float
) -> Iterator[tuple[Mistake, Tensor]]:
    """One part of the mistakes that give all parts."""
    for mistake, parts in exercise.mistaken(found):
        if all(alike(parts[name], part, tolerance) for name, part in observed.items()):
            yield mistake, parts[what]


def alike(a: Tensor, b: Tensor, tolerance: float) -> bool:
    """Whether two tensors hold the same numbers, infinite ones and nan included."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), tolerance, tolerance, equal_nan=True)


def steady(answer: LearnerObject, what: str, *args: Any, likely: Mistake = CHANGES) -> Tensor:
    """What an answer returns, which is the same in every call."""
    first, again = (expect.tensor(answer(*args), what).detach() for _ in range(2))
    if first.shape == again.shape and not alike(first, again, 1e-12):
        raise Failure(f"{what} changes from call to call", "the same for the same inputs", "another result", likely)
    return first


def single(result: Any, what: str) -> Tensor:
    """A number, or a tensor without dimensions, in float64."""
    if isinstance(result, int | float) and not isinstance(result, bool):
        return torch.tensor(float(result), dtype=torch.float64)
    if not isinstance(result, Tensor) or result.ndim:
        raise Failure(f"{what} is not a number", "a number, or a tensor without dimensions", describe_value(result))
    return result.detach().double()


Case = tuple[Tensor, float, Tensor]
"""Logits, tau, u."""


def value(answer: Callable, what: str, case: Case) -> Tensor:
    """What an answer returns for logits, tau and u, which must have the shape of the logits."""
    logits, tau, u = case
    return expect.shaped(answer(logits, tau, u), tuple(logits.shape), what).detach()


def curves(
    what: str, cases: dict[str, Case], weights: Parts, cut: Mistake, zero: Mistake | None = None
) -> Callable[[Any], Parts]:
    """What measures an answer's values, and the gradients of their weighted sums in the logits."""

    def slope(answer: Callable, case: Case, weight: Tensor) -> Tensor:
        logits, tau, u = case[0].detach().clone().requires_grad_(), *case[1:]
        output = expect.shaped(answer(logits, tau, u), tuple(logits.shape), what)
        return expect.gradients(output, {"logits": logits}, weight.to(output.dtype), cut=cut, zero=zero)["logits"]

    def found(answer: Callable) -> Parts:
        slopes = {
            name.replace(what, "the gradient"): slope(answer, case, weights[name]) for name, case in cases.items()
        }
        return {name: value(answer, what, case) for name, case in cases.items()} | slopes

    return found


def separated(rng: Draws, *shape: int, spread: float = 2, tau: float = 0) -> tuple[Tensor, Tensor]:
    """Logits and u without a near tie between the two largest noisy logits of a row.

    Given a ``tau``, no soft choice comes near 1/2 either.
    """
    logits, u = spread * rng.normal(*shape), rng.uniform(0.1, 0.9, *shape)
    while True:
        first, second = (logits + gumbel(u)).topk(2).values.unbind(-1)
        bad = first - second < 1e-3
        if tau:
            bad |= gumbel_softmax(logits, tau, u).amax(-1) > 0.48
        if not bad.any():
            return logits, u
        again = bad[..., None]
        logits = torch.where(again, spread * rng.normal(*shape), logits)
        u = torch.where(again, rng.uniform(0.1, 0.9, *shape), u)
