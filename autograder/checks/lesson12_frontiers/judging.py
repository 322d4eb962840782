"""How lesson 12's results are judged: by name, in several cases, which a mistake must explain all. Grader's side.

Mistakes are told apart to 1e-4; what is right to that must be right in the digits of float64 too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Parts
from autograder.checks.lesson04_kl_elbo.mistakes import ITEM
from autograder.checks.location_scale import judge_digits
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

Case = Mapping[str, Any]
Cases = Mapping[str, dict[str, Any]]
"""Arguments of an answer in its order, by the words that tell them apart in a message."""
Call = Callable[[LearnerObject, Case], Any]
Found = Callable[[LearnerObject], Parts]

ORDER = Mistake("order", "the results are in another order than the contract has them.")


def called(answer: LearnerObject, case: Case) -> Any:
    """What an answer returns for the arguments of a case."""
    return answer(*case.values())


def named(result: Any, names: Sequence[str]) -> dict[str, Any]:
    """The results by name: a tuple (or list) of as many tensors."""
    if not isinstance(result, (tuple, list)) or len(result) != len(names):
        what, expected = f"the result should be {len(names)} tensors", f"a tuple ({', '.join(names)})"
        shown = f"{len(result)} values" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"
        raise Failure(what, expected, shown, expect.NO_RETURN if result is None else None)
    for name, value in zip(names, result, strict=True):
        if isinstance(value, float):
            raise Failure(f"{name} is not a tensor", "a torch.Tensor", f"{value!r}, a number of Python's", ITEM)
    return dict(zip(names, result, strict=True))


def judge(
    exercise: Exercise,
    answer: LearnerObject,
    found: Found,
    right: Parts,
    rule: str,
    judged: Sequence[str] = (),
    digits: bool = True,
) -> None:
    """The judged parts of what the answer gives have the right shape and numbers: all parts, unless some are named.

    The other parts help to tell mistakes apart. With ``digits`` what is right is so in the digits of float64.
    """
    observed = {name: expect.tensor(value, name) for name, value in found(answer).items()}
    for what in judged or right:
        likely = explained(observed, right, exercise.mistaken(found), judged or tuple(right), what)
        if observed[what].shape != right[what].shape:
            shapes = ((mistake, tuple(wrong.shape)) for mistake, wrong in likely)
            expect.shaped(observed[what], tuple(right[what].shape), what, shapes)
        expect.close(observed[what], right[what], what, rule=rule, rtol=1e-4, atol=1e-5, mistakes=likely)
    for what in (judged or right) if digits else ():
        judge_digits(observed[what].detach(), right[what].detach(), what)


def explained(
    observed: Parts, right: Parts, wrong: Iterable[tuple[Mistake, Parts]], judged: Sequence[str], what: str
) -> Iterator[tuple[Mistake, Tensor]]:
    """One part of the mistakes that give all parts; then of those that give the judged ones and touch no other."""
    partly = []
    for mistake, parts in wrong:
        same = [name for name, value in parts.items() if alike(value, observed[name])]
        if len(same) == len(parts):
            yield mistake, parts[what]
        elif all(name in same or (name not in judged and alike(parts[name], right[name])) for name in parts):
            partly.append((mistake, parts[what]))
    yield from partly


def alike(a: Any, b: Any) -> bool:
    """Whether two results are tensors of the same numbers, to rounding."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor) or a.shape != b.shape or a.is_complex() != b.is_complex():
        return False
    dtype = torch.complex128 if a.is_complex() else torch.float64
    return torch.allclose(a.detach().to(dtype), b.detach().to(dtype), 1e-4, 1e-5, equal_nan=True)


def judge_cases(
    exercise: Exercise, answer: LearnerObject, oracle: Callable[..., Tensor], cases: Cases, what: str, rule: str
) -> None:
    """An answer of one result is right in every case."""
    right = {what + where: oracle(*case.values()) for where, case in cases.items()}

    def found(answer: LearnerObject) -> Parts:
        return dict(zip(right, (called(answer, case) for case in cases.values()), strict=True))

    judge(exercise, answer, found, right, rule)


def judge_named(
    exercise: Exercise,
    answer: LearnerObject,
    call: Call,
    right: Callable[[Case], Parts],
    cases: Cases,
    rule: str,
    *judged: str,
    digits: bool = True,
) -> None:
    """The ``judged`` ones of an answer's results are right in every case; ``right`` gives all by name, in order."""
    expected = {f"{name}{where}": value for where, case in cases.items() for name, value in right(case).items()}
    names = tuple(right(next(iter(cases.values()))))

    def found(answer: LearnerObject) -> Parts:
        results = {where: named(call(answer, case), names) for where, case in cases.items()}
        return {f"{name}{where}": value for where, parts in results.items() for name, value in parts.items()}

    parts = [f"{name}{where}" for where in cases for name in judged]
    judge(exercise, answer, found, expected, rule, parts, digits)


def judge_kept(answer: LearnerObject, what: str, arguments: Case, *probed: Any, **shapes: tuple[int, ...]) -> None:
    """Every result has its shape, the dtype and device of the first argument; all arguments are left as they were.

    ``shapes`` are those of the results, by name. ``probed`` are the arguments to try devices with, if others.
    """
    tensors = {name: value for name, value in arguments.items() if isinstance(value, Tensor)}
    like = next(iter(tensors.values()))
    with expect.untouched(**tensors):
        result = called(answer, arguments)
    values = named(result, tuple(shapes)) if len(shapes) > 1 else dict.fromkeys(shapes, result)
    for name, value in values.items():
        expect.kept(value, like, f"{name} for {what}", shapes[name])
    expect.device_kept(answer, *(probed or arguments.values()), what=" and ".join(shapes))


def in_float32(case: Case) -> dict[str, Any]:
    """The case with its float64 tensors in float32."""
    wide = torch.float64
    return {
        name: value.float() if isinstance(value, Tensor) and value.dtype == wide else value
        for name, value in case.items()
    }
