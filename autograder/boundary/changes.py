"""Values that may change: how it is seen that one has, and how another becomes as it is. Both sides."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from operator import is_
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from autograder.boundary import attributes, formulas, positions
from autograder.boundary.calls import same
from autograder.boundary.parcel import Parcel, fresh, leaf, pack
from autograder.boundary.wire import content, decode

Refer = Callable[[Any], dict]
_BYTES_AN_ITEM = 64
"""Compared as quickly as one item of a list."""


class Kind(Protocol):
    """One of the kinds below."""

    def size(self, value: Any) -> int:
        """How many items are compared to see whether it has changed."""

    def state(self, value: Any) -> Any:
        """What it is now, to be compared later."""

    def is_as(self, value: Any, state: Any) -> bool:
        """Whether it still is what it was; asks no object of anybody's."""

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        """What the other side is told of what it is now."""

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        """Make it, in place, what the other side has told; raises whatever it likes if that makes no sense."""


class _Containers:
    """Lists, dicts, sets, deques and bytearrays: by the very items that they hold."""

    def size(self, value: Any) -> int:
        return 1 + len(_items(value))

    def state(self, value: Any) -> list:
        return _items(value)

    def is_as(self, value: Any, state: list) -> bool:
        now = _items(value)
        return len(now) == len(state) and all(map(is_, now, state))

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        return content(_items(value), parcel, refer)

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        items = decode(told, parcel, resolve)
        if type(items) is not list:
            raise TypeError("no items")
        kind = _base(value)
        kind.clear(value)
        if issubclass(kind, dict):
            kind.update(value, zip(items[::2], items[1::2], strict=True))
        elif kind is set:
            kind.update(value, items)
        else:
            kind.extend(value, items)


class _Arrays:
    """NumPy's arrays: by their bytes, or by their items where these are objects, and by whether they are read-only."""

    def size(self, value: np.ndarray) -> int:
        return 1 + value.nbytes // _BYTES_AN_ITEM

    def state(self, value: np.ndarray) -> tuple[np.ndarray, bool]:
        return value.copy(), value.flags.writeable

    def is_as(self, value: np.ndarray, state: tuple[np.ndarray, bool]) -> bool:
        was, writeable = state
        return value.flags.writeable == writeable and _same_items(value, was)

    def told(self, value: np.ndarray, parcel: Parcel, refer: Refer) -> Any:
        return content(value, parcel, refer)

    def become(self, value: np.ndarray, told: Any, parcel: Parcel, resolve: Callable) -> None:
        new = decode(told, parcel, resolve)
        if type(new) is not np.ndarray or new.dtype != value.dtype:
            raise TypeError("no such array")
        if new.shape != value.shape:
            value.resize(new.shape, refcheck=False)
        if not _same_items(value, new):  # as a view of what has become so already is
            value.flags.writeable = True
            value[...] = new
        if value.flags.writeable != new.flags.writeable:
            value.flags.writeable = new.flags.writeable


class _Tensors:
    """Tensors without a history: by their bytes, and with their gradient."""

    def size(self, value: Tensor) -> int:
        return 1 + value.nbytes // _BYTES_AN_ITEM

    def state(self, value: Tensor) -> tuple[Tensor, Tensor | None, bool]:
        grad = None if value.grad is None else value.grad.detach().clone()
        return value.detach().clone(), grad, value.requires_grad

    def is_as(self, value: Tensor, state: tuple[Tensor, Tensor | None, bool]) -> bool:
        data, grad, requires_grad = state
        if value.requires_grad != requires_grad or (value.grad is None) != (grad is None):
            return False
        return same(value, data) and (value.grad is None or grad is None or same(value.grad, grad))

    def told(self, value: Tensor, parcel: Parcel, _: Refer) -> Any:
        return leaf(value, parcel)

    def become(self, value: Tensor, told: Any, parcel: Parcel, _: Callable) -> None:
        new, grad, requires_grad, _ = told
        data = fresh(new, parcel)
        if value.dtype != data.dtype or value.shape != data.shape:
            value.data = data
        elif not same(value, data):  # a graph that has seen it is of use only as long as nothing writes into it
            with torch.no_grad():
                value.copy_(data)
        if value.is_leaf:
            value.requires_grad_(bool(requires_grad))
        value.grad = None if grad is None else fresh(grad, parcel)


class _Tables:
    """Frames and series of pandas: by all that is told of them."""

    def size(self, value: Any) -> int:
        return 1 + int(value.size)

    def state(self, value: Any) -> tuple[str, bytes]:
        return whole(value)

    def is_as(self, value: Any, state: tuple[str, bytes]) -> bool:
        return whole(value) == state

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        return content(value, parcel, refer)

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        new = decode(told, parcel, resolve)
        if type(new) is not type(value):
            raise TypeError("no such table")
        value._update_inplace(new)


class _Matrices:
    """Matrices of formulas: by their cells."""

    def size(self, value: Any) -> int:
        return 1 + 10 * len(value)

    def state(self, value: Any) -> Any:
        return value.as_immutable()

    def is_as(self, value: Any, state: Any) -> bool:
        return bool(value.as_immutable() == state)

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        return content(value, parcel, refer)

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        new = decode(told, parcel, resolve)
        if type(new) is not type(value) or new.shape != value.shape:
            raise TypeError("no such matrix")
        for at, cell in enumerate(new):
            value[at] = cell


class _Positions:
    """Generators of random numbers and files in memory: by where they stand."""

    def size(self, value: Any) -> int:
        return 1_000

    def state(self, value: Any) -> Any:
        return positions.at(value)

    def is_as(self, value: Any, state: Any) -> bool:
        return bool(positions.at(value) == state)

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        return content(positions.at(value), parcel, refer)

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        positions.put(value, decode(told, parcel, resolve))


class _Attributes:
    """Namespaces and their like: by the very values of their attributes."""

    def size(self, value: Any) -> int:
        return 1 + len(vars(value))

    def state(self, value: Any) -> list:
        return _items(attributes.of(value))

    def is_as(self, value: Any, state: list) -> bool:
        now = self.state(value)
        return len(now) == len(state) and all(map(is_, now, state))

    def told(self, value: Any, parcel: Parcel, refer: Refer) -> Any:
        return content(attributes.of(value), parcel, refer)

    def become(self, value: Any, told: Any, parcel: Parcel, resolve: Callable) -> None:
        attributes.put(value, decode(told, parcel, resolve))


_CONTAINERS, _ARRAYS, _TENSORS, _TABLES = _Containers(), _Arrays(), _Tensors(), _Tables()
_POSITIONS, _MATRICES, _ATTRIBUTES = _Positions(), _Matrices(), _Attributes()
_BASES = (list, OrderedDict, dict, set, deque, bytearray)


def kind_of(value: Any) -> Kind | None:
    """The kind of value that it is, if it is one that may change and whose changes are seen."""
    kind = type(value)
    if issubclass(kind, _BASES):
        return _CONTAINERS
    if kind is np.ndarray:
        return None if value.dtype.names and value.dtype.hasobject else _ARRAYS
    if kind in (Tensor, torch.nn.Parameter):
        plain = value.is_leaf and value.layout is torch.strided and value.is_cpu and not value.is_quantized
        return _TENSORS if plain else None
    if positions.has(value):
        return _POSITIONS
    if formulas.may_change(value):
        return _MATRICES
    if attributes.name_of(value):
        return _ATTRIBUTES
    pandas = sys.modules.get("pandas")
    return _TABLES if pandas is not None and kind in (pandas.DataFrame, pandas.Series) else None


def whole(value: Any) -> tuple[str, bytes]:
    """All that is told of a value, to be compared with what it was."""
    parcel = Parcel()
    tree = content(value, parcel, lambda item: {"object": id(item)})
    table, numbers = pack(parcel.tensors)
    return json.dumps([tree, table]), numbers


def _base(value: Any) -> Any:
    return next(kind for kind in _BASES if issubclass(type(value), kind))


def _items(value: Any) -> list:
    """What a container holds, of a dict its keys and values in turn: whatever its own class makes of it."""
    kind = _base(value)
    if issubclass(kind, dict):
        return [item for pair in kind.items(value) for item in pair]
    return list(kind.__iter__(value))


def _same_items(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind == "O":
        return all(map(is_, one.ravel().tolist(), other.ravel().tolist()))
    return bool(np.array_equal(_bytes_of(one), _bytes_of(other)))


def _bytes_of(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
