"""How lesson 12's results are judged: by name, in several cases, with a mistake that explains all of them. Grader's side.

Right answers to float64 inputs agree to 1e-4 at least, in float32 arithmetic too: only what keeps the dtype minds that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Parts, flat
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

Case = Mapping[str, Any]
Cases = Mapping[str, Case]
"""Arguments of an answer in its order, by the words that tell them apart in a message."""
Call = Callable[[LearnerObject, Case], Any]
Found = Callable[[LearnerObject], Parts]

CUT = Mistake(
    "cut", "detach(), .data, .item(), no_grad() or a tensor made anew: the result forgets where it came from."
)
ITEM = Mistake("item", "item() (or float()) makes a Python number, which has no history: return the tensor itself.")
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


def judge(exercise: Exercise, answer: LearnerObject, found: Found, right: Parts, rule: str) -> None:
    """Each part that the answer gives has the right shape and numbers; what else it gives helps to name a mistake."""
    observed = {name: expect.tensor(value, name) for name, value in found(answer).items()}
    for what, value in right.items():
        likely = explained(observed, exercise.mistaken(found), what)
        if observed[what].shape != value.shape:
            shapes = ((mistake, tuple(wrong.shape)) for mistake, wrong in likely)
            expect.shaped(observed[what], tuple(value.shape), what, shapes)
        expect.close(observed[what], value, what, rule=rule, rtol=1e-4, atol=1e-5, mistakes=likely)


def explained(observed: Parts, wrong: Iterator[tuple[Mistake, Parts]], what: str) -> Iterator[tuple[Mistake, Tensor]]:
    """One part of the mistakes that give the same in all parts: one alone may not tell them apart."""
    for mistake, parts in wrong:
        alike = all(isinstance(value, Tensor) and value.shape == observed[name].shape for name, value in parts.items())
        if alike and expect.recognised(flat(observed), None, [(mistake, flat(parts))], rtol=1e-4, atol=1e-5):
            yield mistake, parts[what]


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
    names: Sequence[str],
    right: Mapping[str, Parts],
    cases: Cases,
    rule: str,
) -> None:
    """Those results of an answer with several which ``right`` has, by the words of each case, are right.

    An answer that returns them in another order is told so.
    """

    def found(answer: LearnerObject) -> Parts:
        return {
            f"{name}{where}": named(call(answer, case), names)[name]
            for where, case in cases.items()
            for name in right[where]
        }

    expected = {f"{name}{where}": value for where, parts in right.items() for name, value in parts.items()}
    judge(exercise, answer, found, expected, rule)


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
