"""How lesson 5's elementwise functions are judged, at values and slopes. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.failure import Failure

in_lesson = 'Lesson 5, "{}"'.format


CLAMPED, BENT, SIGMA, LOSS, MEAN = (
    "the clamped logvar",
    "the softly clamped logvar",
    "sigma",
    "the loss",
    "the log-mean-exp",
)


def keeps(function: LearnerObject, what: str, *inputs: Tensor) -> None:
    """``function`` keeps shape, dtype and device of its first input, and leaves its inputs alone."""
    names = ("logits", "x") if len(inputs) == 2 else ("raw",) if what == SIGMA else ("logvar",)
    with expect.untouched(**dict(zip(names, inputs, strict=True))):
        output, shape = function(*inputs), tuple(inputs[0].shape)
    expect.kept(output, inputs[0], f"{what} for an input of shape {shape}", mistakes=reduced(inputs[0]))
    expect.device_kept(function, *inputs, what=what)


def reduced(like: Tensor) -> dict[str, tuple[int, ...]]:
    """The shapes of an answer that should be elementwise, and sums or averages."""
    return {wrong.REDUCED: (), wrong.REDUCED_ROWS: tuple(like.shape[:-1])}


def value(function: LearnerObject, what: str, at: Tensor, *more: Tensor, **options: float) -> Tensor:
    """What an elementwise ``function`` returns for copies of its inputs, as float64."""
    output = function(*(item.clone() for item in (at, *more)), **options)
    return expect.shaped(output, tuple(at.shape), what, reduced(at)).double()


def slope(function: LearnerObject, what: str, name: str, at: Tensor, *more: Tensor, zero: str = "") -> Tensor:
    """The derivative of an elementwise ``function`` in its first input, called ``name``, as float64."""
    at = at.detach().requires_grad_()
    output = expect.shaped(function(at, *more), tuple(at.shape), what, reduced(at))
    # Weights that differ, lest an answer that sums or averages over elements passes; a float32 gradient keeps them.
    weights = torch.linspace(1, 2, at.numel(), dtype=output.dtype).reshape(at.shape)
    return expect.gradients(output, {name: at}, weights, cut=wrong.CUT, zero=zero)[name].double() / weights.double()


def finite(found: Tensor, at: Tensor, what: str, name: str, expected: str, likely: str = "") -> None:
    """No element of ``found`` is nan or infinite; the message says at which input one is."""
    bad = ~found.isfinite()
    if bad.any():
        observed = f"{found[bad][0]} at {name} = {at[bad][0]:.6g}   ({int(bad.sum())} of {bad.numel()} elements)"
        raise Failure(f"{what} is not finite", expected, observed, likely)
