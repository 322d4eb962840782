"""How lesson 8's plain numbers are judged, and what its tensors keep. Grader's side.

A plain number is judged in several cases, which belong to the checks of its exercise. A mistake is named when it gives
what the answer gave in all cases, those of the other checks included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from autograder import expect
from autograder.boundary.copies import noting
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Cases, Oracle, judge_rows
from autograder.errors import CannotCross, LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

A_TENSOR = Mistake("a_tensor", "a tensor: return a plain number, as .item(), float() or int() makes one.")


@dataclass(frozen=True)
class Case:
    """Arguments of an answer, what it should return for them, and the check that judges this."""

    check: str
    words: str
    arguments: tuple[Any, ...]
    right: float | int | None
    options: dict[str, Any] = field(default_factory=dict)


def judge_numbers(
    exercise: Exercise, answer: LearnerObject, cases: Sequence[Case], check: str, what: str, plain: bool = False
) -> None:
    """The answer is right in the cases of this check; if ``plain``, as a number that is no tensor."""
    for case in cases:
        if case.check != check:
            continue
        found = given(answer, case)
        where = f"{what} for {case.words}"
        if plain and isinstance(found, Tensor):
            raise Failure(f"{where} is a tensor", "a plain number", describe_value(found), single(found))
        if plain and isinstance(case.right, int) and seen(found) == case.right and not whole(found):
            raise Failure(f"{where} is no int", f"{case.right}", describe_value(found))
        if not same(seen(found), case.right):
            likely = (
                expect.NO_RETURN if found is None and all_none(answer, cases) else explained(exercise, answer, cases)
            )
            raise Failure(f"{where} is wrong", shown(case.right), shown(seen(found)), likely)


def shown(result: Any) -> str:
    """A result as it stands in a message."""
    return f"{result:.6g}" if isinstance(result, float) else str(result)


def single(found: Tensor) -> Mistake | None:
    """Whether a tensor holds one number, which could be returned by itself."""
    return A_TENSOR if found.ndim == 0 else None


def whole(found: Any) -> bool:
    """Whether it is a whole number of Python's, or of NumPy's."""
    return isinstance(found, int | np.integer) and not isinstance(found, bool)


def given(answer: LearnerObject, case: Case) -> Any:
    """What the answer returns in a case; its arguments stay as they are."""
    with noting() as damage:
        found = answer(*case.arguments, **case.options)
    if damage:
        raise Failure(
            "an argument was changed", "arguments as they were before the call", "other values", expect.IN_PLACE
        )
    return found


def seen(found: Any) -> Any:
    """What an answer returned, to be compared: a number, None, a truth value, or a description of anything else."""
    if isinstance(found, Tensor) and found.ndim == 0:
        found = found.item()
    if found is None or isinstance(found, bool | np.bool_):
        return found
    if isinstance(found, int | float | np.number):
        return float(found)
    return describe_value(found)


def same(a: Any, b: Any) -> bool:
    """Whether two results are the same number, up to rounding, or the same thing."""
    if any(each is None or isinstance(each, bool | np.bool_ | str) for each in (a, b)):
        return type(a) is type(b) and bool(a == b)
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)


def outcomes(answer: LearnerObject, cases: Sequence[Case]) -> list[Any]:
    """What the answer gives in every case; for one in which it stops, the kind of the error."""
    return [outcome(answer, case) for case in cases]


def outcome(answer: LearnerObject, case: Case) -> Any:
    """What the answer gives in one case."""
    try:
        return seen(answer(*case.arguments, **case.options))
    except (LearnerError, CannotCross) as error:
        return error.kind if isinstance(error, LearnerError) else str(error)


def all_none(answer: LearnerObject, cases: Sequence[Case]) -> bool:
    """Whether the answer returns nothing, ever."""
    return all(each is None for each in outcomes(answer, cases))


def explained(exercise: Exercise, answer: LearnerObject, cases: Sequence[Case]) -> Mistake | None:
    """The mistake that gives the same in all cases, if there is one; one that gives the right numbers explains none."""
    found, right = outcomes(answer, cases), [case.right for case in cases]
    for mistake, wrong in exercise.mistaken(lambda other: outcomes(other, cases)):
        if all(map(same, found, wrong)) and not all(map(same, right, wrong)):
            return mistake
    return None


def judge_shape(
    exercise: Exercise, answer: LearnerObject, what: str, shape: tuple[int, ...], inputs: dict[str, Tensor], *more: Any
) -> None:
    """The result has this shape, and the dtype and device of the inputs, which are left alone."""
    first = next(iter(inputs.values()))
    sizes = [size for value in inputs.values() for size in value.shape]
    with expect.untouched(**inputs):
        result = answer(*inputs.values(), *more)
    # Dimensions of one do not tell mistakes apart.
    shapes = exercise.mistaken(lambda wrong: tuple(wrong(*inputs.values(), *more).shape)) if 1 not in sizes else ()
    given_shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in inputs.items())
    expect.kept(result, first, f"{what} for {given_shapes}", shape, shapes)
    expect.device_kept(answer, *inputs.values(), *more, what=what)


def judge_each(exercise: Exercise, answer: LearnerObject, oracle: Oracle, cases: Cases, what: str, rule: str) -> None:
    """Number by number, in every case; how they are arranged is for the check of the shape alone."""
    for where, case in cases.items():
        right, found = oracle(*case.values()), expect.tensor(answer(*case.values()), f"{what}{where}")
        if found.numel() != right.numel():
            expected, observed = (f"shape {tuple(each.shape)}" for each in (right, found))
            raise Failure(f"{what}{where} has the wrong shape", expected, observed)
    judge_rows(exercise, answer, oracle, cases, what, rule)
