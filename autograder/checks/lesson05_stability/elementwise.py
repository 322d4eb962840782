"""How the elementwise functions of lesson 5 are judged: what they keep, their values, their slopes. Grader's side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, explain
from autograder.verdict import Mistake

Probe = Callable[[Any], Tensor]

CUT = Mistake("cut", "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from.")
REDUCED = Mistake(
    "reduced", "one number for all elements, as a mean or a sum gives: return one number for each element."
)
REDUCED_ROWS = Mistake(
    "reduced_rows",
    "one number for each row, as a mean or a sum over the last dimension gives: return one number for each element.",
)
UNLIMITED = Mistake("unlimited", "logvar itself: nothing is limited.")
UNUSED_BRANCH = Mistake(
    "unused_branch",
    "torch.where, a mask or nan_to_num drops the inf from the value, not from the gradient: 0 * inf is nan. "
    "Make the argument of exp safe before you use it.",
)


FLOAT32 = Mistake("float32_inside", "float32 inside: the digits of float64 are lost. Stay in the dtype of the input.")


@contextmanager
def result_for(inputs: str) -> Iterator[None]:
    """An error inside says for which inputs it came."""
    try:
        yield
    except LearnerError as error:
        message = explain(error, "")
        if not message.answered:
            raise
        raise Failure(replace(message, expected=f"a result for {inputs}")) from None


def given(at: Tensor, *more: object) -> AbstractContextManager[None]:
    """The same, for a tensor and whatever else was given."""
    return result_for(
        ", ".join(map(str, (f"shape {tuple(at.shape)}", at.dtype, f"from {at.min():.5g} to {at.max():.5g}", *more)))
    )


def keeps(function: LearnerObject, what: str, **inputs: Tensor) -> None:
    """``function`` keeps shape, dtype and device of its first input, and leaves its inputs alone."""
    first = next(iter(inputs.values()))
    with expect.untouched(**inputs), given(first):
        output = function(*inputs.values())
    expect.kept(output, first, f"{what} for an input of shape {tuple(first.shape)}", mistakes=reduced(first))
    expect.device_kept(function, *inputs.values(), what=what)


def reduced(like: Tensor) -> expect.Shapes:
    """The shapes of an answer that should be elementwise, and sums or averages."""
    return [(REDUCED, ()), (REDUCED_ROWS, tuple(like.shape[:-1]))]


def value(function: LearnerObject, what: str, at: Tensor, *more: Tensor | float, **options: float) -> Tensor:
    """What an elementwise ``function`` returns for its inputs, as float64."""
    with given(at, *(f"{name} = {number:g}" for name, number in options.items())):
        output = function(at, *more, **options)
    return expect.shaped(output, tuple(at.shape), what, reduced(at)).double()


def rounding(function: LearnerObject, at: Tensor, *more: Tensor | float, **options: float) -> float:
    """How well the result should agree: to the digits of its dtype, which may be wrong."""
    with given(at):
        output = function(at, *more, **options)
    return 1e-9 if getattr(output, "dtype", None) == torch.float64 else 1e-6


def slope(
    function: LearnerObject, what: str, name: str, at: Tensor, *more: Tensor | float, zero: Mistake | None = None
) -> Tensor:
    """The derivative of an elementwise ``function`` in its first input, called ``name``, as float64."""
    at = at.detach().clone().requires_grad_()
    with given(at.detach()):
        output = expect.shaped(function(at, *more), tuple(at.shape), what, reduced(at))
        # Weights that differ, lest an answer that sums or averages over elements passes; a float32 gradient keeps them.
        weights = torch.linspace(1, 2, at.numel(), dtype=output.dtype).reshape(at.shape)
        found = expect.gradients(output, {name: at}, weights, cut=CUT, zero=zero)[name]
    return found.double() / weights.double()


def curve(function: LearnerObject, what: str, name: str, at: Tensor, *more: Tensor | float) -> Tensor:
    """Values and slopes of an elementwise ``function``, one above the other."""
    return torch.stack([value(function, what, at, *more), slope(function, what, name, at, *more)])


def confirmed(exercise: Exercise, function: LearnerObject, probe: Probe, second: Probe) -> expect.Mistakes:
    """What ``probe`` gives for each wrong answer that agrees with ``function`` under ``second``, on another input."""
    try:
        seen = second(function)
    except (LearnerError, Failure):
        return
    for mistake, (given, there) in exercise.mistaken(lambda answer: (probe(answer), second(answer))):
        if alike(there, seen):
            yield mistake, given


def alike(a: Tensor, b: Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors hold the same numbers, infinite ones and nan included."""
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), tolerance, tolerance, equal_nan=True)


def finite(
    found: Tensor,
    at: Tensor,
    what: str,
    name: str,
    expected: str,
    likely: Callable[[], Mistake | None] = lambda: None,
) -> None:
    """No element of ``found`` is nan or infinite; the message says at which input one is."""
    bad = ~found.isfinite()
    if bad.any():
        observed = f"{found[bad][0]} at {name} = {at[bad][0]:.6g}   ({int(bad.sum())} of {bad.numel()} elements)"
        raise Failure(f"{what} is not finite", expected, observed, likely())


def same_curve(found: Tensor, curves: expect.Mistakes) -> Mistake | None:
    """The mistake that has these values and these slopes, and is not finite where these are not."""
    return expect.recognised(found, None, curves, 1e-3, 1e-3)


def grid(rng: Draws, low: float, high: float, n: int) -> Tensor:
    """``n`` evenly spaced float64 numbers between ``low`` and ``high``, all shifted by the same random distance."""
    step = (high - low) / (n + 1)
    return low + step * (torch.arange(n, dtype=torch.float64) + 1 + 0.5 * rng.uniform(-1, 1))


def far_out(rng: Draws) -> Tensor:
    """float32 numbers up to 1e4 in size, on both sides, sorted."""
    sizes = torch.cat([rng.uniform(25, 80, 5), rng.uniform(90, 200, 5), rng.uniform(9e3, 1e4, 5)])
    return torch.cat([-sizes, sizes]).sort().values.float()


def closest(found: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The number between ``low`` and ``high`` that is closest to ``found``."""
    return torch.where(found.isnan(), low, found.clamp(low, high))
