"""What a call gets of a check's values, and what it did to them. Grader's side, and a learner's notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np
import torch

from autograder.boundary.calls import same, vector_jacobian_product
from autograder.boundary.wire import items_of
from autograder.errors import LearnerError


class Damage(NamedTuple):
    """What a call did to the copy of one of the check's values; the value itself is as it was."""

    value: Any
    kind: str
    """values, grad or items: the numbers in it, its .grad, or what the container holds."""


noted: ContextVar[list[Damage] | None] = ContextVar("noted", default=None)
"""What the calls of the check that runs did to their arguments.

None where a grade cell is no check of an exercise: a call gets the cell's own values there, since a cell may ask for
work in place.
"""


@contextmanager
def noting() -> Iterator[list[Damage]]:
    """Calls inside get copies; what they do to them is noted in the list that this gives."""
    found: list[Damage] = []
    token = noted.set(found)
    try:
        yield found
    finally:
        noted.reset(token)


class Copies:
    """Copies of a call's arguments, made once for each of the check's values."""

    def __init__(self, release: Callable[[Any], Any]) -> None:
        """``release`` is what the call gets for a value that is no tensor, array or container."""
        self._release = release
        self._made: dict[int, tuple[Any, Any]] = {}
        self.inputs: list[tuple[torch.Tensor, torch.Tensor]] = []
        """The tensors that require grad: the check's, and the call's."""

    def of(self, value: Any) -> Any:
        """The copy of an argument."""
        if id(value) not in self._made:
            self._made[id(value)] = value, self._copied(value)
        return self._made[id(value)][1]

    def _copied(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            copy = value.detach().clone().requires_grad_(value.requires_grad)
            self.inputs += [(value, copy)] if value.requires_grad else []
            return copy
        if isinstance(value, np.ndarray):
            return value.copy()
        if type(value) in (list, tuple):
            return type(value)(self.of(item) for item in value)
        if type(value) is dict:
            return {self.of(key): self.of(item) for key, item in value.items()}
        return self._release(value)

    def damage(self) -> Iterator[Damage]:
        """What became of the copies."""
        for value, copy in self._made.values():
            if isinstance(value, torch.Tensor):
                if not same(copy, value):
                    yield Damage(value, "values")
                if copy.is_leaf and copy.grad is not None:
                    yield Damage(value, "grad")
            elif isinstance(value, np.ndarray):
                if value.shape != copy.shape or value.tobytes() != copy.tobytes():
                    yield Damage(value, "values")
            elif type(value) in (list, dict):
                then, now = [self.of(item) for item in items_of(value)], items_of(copy)
                if len(then) != len(now) or any(a is not b for a, b in zip(then, now, strict=True)):
                    yield Damage(value, "items")


class LocalGraph:
    """The graph of a call in this very process."""

    def __init__(self, inputs: Sequence[torch.Tensor], outputs: list[torch.Tensor]) -> None:
        self._inputs, self._outputs = inputs, outputs
        self.differentiable = [output.requires_grad for output in outputs]

    def backward(self, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product; an error in the learner's own backward is the learner's."""
        try:
            return vector_jacobian_product(self._inputs, self._outputs, grads, accumulate)
        except Exception as error:
            raise LearnerError.of(error) from error
