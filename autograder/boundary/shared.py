"""Values that both sides of a plain grade cell hold: one list is one list, whichever side changes it. Both sides.

A value that may change crosses once, under a number; from then on both sides call it by that. Every message begins with
what has become of such values since the last one, so that code on either side finds them as within one process. Objects
that are data too (``derived``) have a number as well: what their class makes of them is asked for by it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import Tensor

from autograder.boundary import torch_objects
from autograder.boundary.changes import Kind, kind_of
from autograder.boundary.derived import base_of
from autograder.boundary.parcel import Parcel

MOST_VALUES = 10_000
"""So many values are kept the same; further ones cross as copies."""
MOST_ITEMS = 1_000_000
"""So many items of them: before each message all are compared with what they were."""


@dataclass
class _Held:
    """A value, and what it was when the other side last heard of it."""

    value: Any
    kind: Kind | None
    """None of what cannot change."""
    state: Any = None
    size: int = 1

    @classmethod
    def now(cls, value: Any) -> _Held:
        kind = kind_of(value)
        return cls(value, kind, kind.state(value), kind.size(value)) if kind else cls(value, None)

    @property
    def has_changed(self) -> bool:
        return self.kind is not None and not self.kind.is_as(self.value, self.state)


class Shared:
    """The values of one submission and its grade cells, by number."""

    def __init__(self, first: int, refer: Callable[[Any], dict], resolve: Callable[[dict], Any]) -> None:
        """``first`` is the first number that this side gives: 1 or -1, so that no number is given by both.

        ``refer`` and ``resolve`` name what is no data, as for ``encode`` and ``decode``. The side that begins with 1,
        the grader's, forgets what nothing there holds any more; the other side forgets what it is told to.
        """
        self._next, self._step = first, first
        self._refer, self._resolve = refer, resolve
        self._held: dict[int, _Held] = {}
        self._numbers: dict[int, int] = {}
        self._items = 0

    def __getitem__(self, number: int) -> Any:
        """The value of this number; KeyError if there is none."""
        return self._held[number].value

    def number_of(self, value: Any) -> int | None:
        """The number of this very value, if it has one."""
        return self._numbers.get(id(value))

    def leaves(self) -> dict[int, Tensor]:
        """The tensors that gradients may be asked of: the grade cell's own, and the parameters that it has seen."""
        tensors = ((number, held.value) for number, held in self._held.items() if isinstance(held.value, Tensor))
        return {number: value for number, value in tensors if value.is_leaf and value.requires_grad}

    def parcel(self) -> Parcel:
        """A parcel that begins with what has changed here since the last one was sent."""
        parcel = Parcel(shared=self)
        if self._step > 0:
            parcel.forgotten = [number for number in self._held if _holders(self._held[number]) <= _NOBODY]
        for number, held in list(self._held.items()):
            if held.kind and held.has_changed:
                parcel.changed[number] = held.kind.state(held.value)
                parcel.changes.append([number, held.kind.told(held.value, parcel, self._refer)])
        return parcel

    def keeps(self, value: Any, parcel: Parcel) -> bool:
        """Whether a value is from now on to be the same on both sides."""
        kind = kind_of(value)
        if kind is None and not self.is_derived(value) and not self.is_of_torch(value):
            return False
        items = self._items + parcel.items + (kind.size(value) if kind else 1)
        return len(self._held) + len(parcel.added) < MOST_VALUES and items <= MOST_ITEMS

    def is_derived(self, value: Any) -> bool:
        """Whether it is an object of the submission's that is data too: what a test defines crosses as the data."""
        return self._step < 0 and base_of(value) is not None

    def is_of_torch(self, value: Any) -> bool:
        """Whether it is a model or the like that a test hands over."""
        return self._step > 0 and torch_objects.has(value)

    def is_more_than_data(self, value: Mapping) -> bool:
        """Whether a mapping is no dict, and a dict of what it holds would not do: it may change, or has methods.

        A test's that cannot change is told of as a dict.
        """
        kind = MutableMapping if self._step > 0 else Mapping
        return isinstance(value, kind) and not isinstance(value, dict | MappingProxyType)

    def of_torch(self, name: Any, holds: Any) -> Any:
        """What a test has handed over; a submission hands over none."""
        if self._step > 0:
            raise TypeError("an object of torch's")
        return torch_objects.made(name, holds)

    def add(self, value: Any, parcel: Parcel) -> int:
        """The number under which the other side hears of a value with this parcel."""
        number, self._next = self._next, self._next + self._step
        parcel.added[number], parcel.numbers[id(value)] = _Held.now(value), number
        parcel.items += parcel.added[number].size
        return number

    def keep(self, number: Any, value: Any) -> Any:
        """Take note of a value that the other side has told of under this number."""
        if type(number) is not int or number * self._step >= 0 or number in self._held:
            raise ValueError("no number of a value")
        if len(self._held) >= 2 * MOST_VALUES:
            raise ValueError("more values than the limit")
        self._hold(number, _Held.now(value))
        return value

    def sent(self, parcel: Parcel) -> None:
        """The other side has now heard of all that is in the parcel."""
        for number, held in parcel.added.items():
            self._hold(number, held)
        for number, state in parcel.changed.items():
            self._held[number].state = state
        self._forget(parcel.forgotten)

    def take(self, message: dict, parcel: Parcel) -> None:
        """Make the values here what a message says that they have become."""
        parcel.shared = self
        for number, content in message.pop("changes", ()):
            held = self._held[number]
            if held.kind is None:
                raise ValueError("a value that cannot change")
            held.kind.become(held.value, content, parcel, self._resolve)
            held.state = held.kind.state(held.value)
        self._forget(message.pop("forgotten", ()))

    def _hold(self, number: int, held: _Held) -> None:
        self._held[number], self._numbers[id(held.value)] = held, number
        self._items += held.size

    def _forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            if held := self._held.pop(number, None):
                del self._numbers[id(held.value)]
                self._items -= held.size


def _holders(held: _Held) -> int:
    return sys.getrefcount(held.value)


_NOBODY = _holders(_Held(object(), None))
"""Holders of a value that is held by this list alone."""
