"""Objects of libraries' classes that a test hands over: made anew from what the grader pickles. Both sides.

The other way nothing is pickled. The object on the other side is another one, which holds the same: handed back, it is
the test's again, by its number, and a call that changes it lets the cell wait, since the test's own has not changed.
"""

from __future__ import annotations

import inspect
import io
import pickle
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import torch

from autograder.errors import CannotCross

MOST_OBJECTS, MOST_BYTES = 1_000, 8 << 20
"""What is handed over to one submission: with each call all of it is compared with what it was."""
_ELSEWHERE = ("matplotlib", "logging", "multiprocessing", "concurrent", "asyncio")
"""Libraries whose objects are nothing without what else their process holds."""
_NOTED = ("_has_sorted_indices", "_has_canonical_format")
"""What scipy notes of a sparse matrix."""
_GLOBAL = "the numbers of numpy.random"


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, is_library: Callable[[str], bool], had: dict[int, frozenset[str]]) -> None:
        super().__init__(file, protocol=5)
        self._is_library, self._had = is_library, had

    def persistent_id(self, value: Any) -> str | None:
        return _GLOBAL if value is np.random.mtrand._rand else None

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        module = getattr(value if isinstance(value, type) or kind.__name__ == "function" else kind, "__module__", "")
        if not isinstance(module, str) or not self._is_library(module) or module.startswith(_ELSEWHERE):
            raise pickle.PicklingError(f"a {kind.__name__}")
        if isinstance(value, torch.Tensor) and value.requires_grad:
            raise pickle.PicklingError("a tensor with a gradient")
        return self._without_new_caches(value)

    def _without_new_caches(self, value: Any) -> Any:
        """How to pickle an object that keeps what its properties have given since: that changes nothing in it."""
        own = getattr(value, "__dict__", None)
        if type(own) is not dict or isinstance(value, type):
            return NotImplemented
        had = self._had.setdefault(id(value), frozenset(own))
        kept = [name for name in own if name not in had and _is_cache(type(value), name)]
        made = value.__reduce_ex__(5) if kept else None
        if not isinstance(made, tuple) or len(made) < 3 or made[2] is not own:
            return NotImplemented
        return (*made[:2], {name: each for name, each in own.items() if name not in kept}, *made[3:])


def _is_cache(kind: type, name: str) -> bool:
    """Whether a class has a property of this name that an object's own attribute takes the place of."""
    if name in _NOTED:
        return True
    found = type(inspect.getattr_static(kind, name, None))
    is_function = found in (FunctionType, staticmethod, classmethod)
    return hasattr(found, "__get__") and not hasattr(found, "__set__") and not is_function


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, name: str) -> Any:
        return np.random.mtrand._rand


def _pickled(
    value: Any, is_library: Callable[[str], bool], had: dict[int, frozenset[str]] | None = None
) -> bytes | None:
    """All that an object is, if that can be told and made again; ``had`` are the attributes of its parts before."""
    file = io.BytesIO()
    try:
        _Pickler(file, is_library, {} if had is None else had).dump(value)
    except Exception:  # objects refuse in whatever way they like
        return None
    return file.getvalue()


class HandedOver:
    """What one submission was handed. Grader's."""

    def __init__(self, is_library: Callable[[str], bool]) -> None:
        self._is_library = is_library
        self._objects: dict[int, tuple[Any, bytes]] = {}
        self._bytes = 0
        self.spoiled: list[Any] = []
        """Those that a call has changed: of what they are in a notebook nothing is known here."""

    def told(self, value: Any) -> list | None:
        """An object's number, and its pickle where the other side has not got it as it is now; None if none can be."""
        state = None if any(each is value for each in self.spoiled) else _pickled(value, self._is_library)
        if state is None:
            return None
        for number, (known, was) in self._objects.items():
            if known is value and was == state:
                return [number]
        self._bytes += len(state)
        if len(self._objects) >= MOST_OBJECTS or self._bytes > MOST_BYTES:
            return None
        number = len(self._objects) + 1
        self._objects[number] = value, state
        return [number, state.decode("latin-1")]

    def __getitem__(self, number: int) -> Any:
        """The object that was told of under this number."""
        return self._objects[number][0]

    def spoil(self, numbers: list[int]) -> str:
        """Take note that the other side's are no more what the test's are; what to call the first of them."""
        self.spoiled += [self[int(number)] for number in numbers[:MOST_OBJECTS]]
        return type(self[int(numbers[0])]).__name__


class Received:
    """What a submission was handed. Learner's."""

    def __init__(self) -> None:
        self._objects: dict[int, tuple[Any, bytes | None]] = {}
        self._had: dict[int, frozenset[str]] = {}

    def found(self, number: int, state: str = "") -> Any:
        """The object of this number, made when it is told of for the first time."""
        if number not in self._objects:
            try:
                value = _Unpickler(io.BytesIO(state.encode("latin-1"))).load()
            except Exception as error:  # no error of the submission's
                raise CannotCross("a object of a library") from error
            self._objects[number] = value, _pickled(value, _any_library, self._had)
        return self._objects[number][0]

    def number_of(self, value: Any) -> int:
        """The number of this very object; 0, if it was not handed over."""
        return next((number for number, (each, _) in self._objects.items() if each is value), 0)

    def changed(self) -> list[int]:
        """The numbers of those that are no more what they were, once each."""
        now = {number: _pickled(value, _any_library, self._had) for number, (value, _) in self._objects.items()}
        changed = [number for number, (_, was) in self._objects.items() if now[number] != was]
        self._objects |= {number: (self._objects[number][0], now[number]) for number in changed}
        return changed


def _any_library(_: str) -> bool:
    return True
