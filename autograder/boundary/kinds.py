"""Values beyond numbers, texts and tensors that cross the boundary as data: one table. Both sides.

Each kind has a name, a type, what is sent of a value, and how it is made again from that. What arrives is checked as if
it were hostile: sizes and depths are the message's, names of dtypes are matched, nothing is evaluated or imported.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import torch

from autograder.boundary.limits import MAX_PARTS
from autograder.errors import CannotCross

Part = Callable[[Any], Any]
"""Sends a part of a value, or makes it again."""
MAX_DIGITS = 100_000
"""Characters of a number that is written out."""
MAX_EXPONENT = 10_000
"""Of a Decimal: one of more could not be made an int."""
_RAW = re.compile(r"[<>|=]?([US]\d{1,7}|[biufc]\d{1,2}|[mM]8(\[\d{0,3}[A-Za-zμ]{1,2}\])?)")
"""The dtypes of arrays that cross as bytes."""
TYPES = {
    kind.__name__: kind for kind in (int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset, object)
}
"""Classes that cross to a plain grade cell as themselves: whoever calls one gets data."""
SINGLE = {"Ellipsis": ..., "NotImplemented": NotImplemented}
"""Objects of which there is one."""
_FACTORIES = {kind.__name__: kind for kind in (int, float, str, list, dict, set, bool, tuple)}


class Kind(NamedTuple):
    """A kind of value: how it is told, and how it is made."""

    name: str
    type: type
    sent: Callable[[Any, Part], Any]
    made: Callable[[Any, Part], Any]


class Fields(tuple):
    """A named tuple of the other side's: its items, also by their names."""

    _fields: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in self._fields:
            return self[self._fields.index(name)]
        raise AttributeError(name)

    def __repr__(self) -> str:
        named = ", ".join(f"{name}={item!r}" for name, item in self._asdict().items())
        return f"{type(self).__name__}({named})"

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **items: Any) -> Fields:
        if unknown := set(items) - set(self._fields):
            raise ValueError(f"Got unexpected field names: {sorted(unknown)!r}")
        return type(self)((self._asdict() | items).values())


def is_fields(value: Any) -> bool:
    """Whether a tuple has names for its items."""
    names = getattr(value, "_fields", None) if isinstance(value, tuple) else None
    return isinstance(names, tuple) and len(names) == len(value)


def sent_fields(value: Any, part: Part) -> list:
    """A named tuple as its class's name, its names and items."""
    return [type(value).__name__[:200], [str(name)[:200] for name in value._fields], [part(item) for item in value]]


def made_fields(content: Any, part: Part) -> Fields:
    """A named tuple again."""
    kind, names, items = content
    if len(names) != len(items) or not all(isinstance(name, str) for name in [kind, *names]):
        raise ValueError("names that do not fit their items")
    return _fields(kind[:200], tuple(names))(part(item) for item in items)


@lru_cache(maxsize=1000)
def _fields(kind: str, names: tuple[str, ...]) -> type[Fields]:
    return type(kind, (Fields,), {"_fields": names})


def _listed(items: Iterable[Any], part: Part) -> list:
    return [part(item) for item in items]


def _pairs(value: Any, part: Part) -> list:
    return [[part(key), part(item)] for key, item in value.items()]


def _dict(content: Any, part: Part) -> dict:
    return {part(key): part(item) for key, item in content}


def _defaultdict(content: Any, part: Part) -> defaultdict:
    factory, pairs = content
    return defaultdict(_FACTORIES[factory] if factory else None, _dict(pairs, part))


def _sent_defaultdict(value: defaultdict, part: Part) -> list:
    factory = value.default_factory
    if factory is not None and factory not in _FACTORIES.values():
        raise CannotCross("a defaultdict")
    return [factory.__name__ if factory else "", _pairs(value, part)]


def _text(value: Any, _: Part) -> str:
    text = f"{value:x}" if isinstance(value, int) else str(value)
    if len(text) > MAX_DIGITS:
        raise CannotCross(f"a {type(value).__name__}")
    return text


def _number(text: Any) -> Any:
    return int(_short(text), 16)


def _decimal(text: Any) -> Decimal:
    made = Decimal(_short(text))
    if made.is_finite() and abs(made.adjusted()) > MAX_EXPONENT:
        raise ValueError("a number that nobody could write out")
    return made


def _sent_range(value: range, _: Part) -> list:
    if not -(2**63) <= value.start <= 2**63 or not -(2**63) <= value.stop <= 2**63 or len(value) > MAX_PARTS:
        raise CannotCross("a range")
    return [value.start, value.stop, value.step]


def _range(content: Any, _: Part) -> range:
    made = range(*content)
    if len(made) > MAX_PARTS:  # what counts through it would not end
        raise ValueError("a range over the limit")
    return made


def _short(text: Any) -> str:
    if not isinstance(text, str) or len(text) > MAX_DIGITS:
        raise ValueError("no text of a number")
    return text


def _sent_time(value: Any, _: Part) -> str:
    if type(getattr(value, "tzinfo", None)) not in (type(None), dt.timezone):
        raise CannotCross(f"a {type(value).__name__}")
    return str(value.isoformat())


def _sent_datetime(value: dt.datetime, part: Part) -> Any:
    if type(value.tzinfo) is ZoneInfo and value.tzinfo.key:
        return [value.replace(tzinfo=None).isoformat(), value.tzinfo.key, value.fold]
    return _sent_time(value, part)


def _datetime(content: Any, _: Part) -> dt.datetime:
    if not isinstance(content, list):
        return dt.datetime.fromisoformat(content)
    moment, zone, fold = content
    return dt.datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(str(zone)[:100]), fold=int(fold))


def _sent_deque(value: deque, part: Part) -> list:
    return [value.maxlen, _listed(value, part)]


def _slice(content: Any, part: Part) -> slice:
    start, stop, step = map(part, content)
    return slice(start, stop, step)


def _matrix(content: Any, part: Part) -> np.matrix:
    return _an_array(part(content)).view(np.matrix)


def _sent_masked(value: Any, part: Part) -> list:
    return [part(np.asarray(value.data)), part(np.ma.getmaskarray(value))]


def _masked(content: Any, part: Part) -> Any:
    data, mask = map(_an_array, map(part, content))
    return np.ma.MaskedArray(data, mask)


def _an_array(value: Any) -> np.ndarray:
    if type(value) is not np.ndarray:
        raise TypeError("no array")
    return value


_EMPTY: dict[str, int] = {}
_KEYS, _VALUES, _ITEMS = map(type, (_EMPTY.keys(), _EMPTY.values(), _EMPTY.items()))

KINDS = [
    Kind("set", set, _listed, lambda content, part: {part(item) for item in content}),
    Kind("frozenset", frozenset, _listed, lambda content, part: frozenset([part(item) for item in content])),
    Kind("range", range, _sent_range, _range),
    Kind("complex", complex, lambda value, _: [value.real, value.imag], lambda content, _: complex(*content)),
    Kind("bytes", bytes, lambda value, _: value.decode("latin-1"), lambda content, _: content.encode("latin-1")),
    Kind(
        "bytearray",
        bytearray,
        lambda value, _: value.decode("latin-1"),
        lambda content, _: bytearray(content.encode("latin-1")),
    ),
    Kind("int", int, _text, lambda content, _: _number(content)),
    Kind(
        "fraction",
        Fraction,
        lambda value, _: [_text(value.numerator, _), _text(value.denominator, _)],
        lambda content, _: Fraction(*map(_number, content)),
    ),
    Kind("decimal", Decimal, _text, lambda content, _: _decimal(content)),
    Kind("datetime", dt.datetime, _sent_datetime, _datetime),
    Kind("date", dt.date, _sent_time, lambda content, _: dt.date.fromisoformat(content)),
    Kind("time", dt.time, _sent_time, lambda content, _: dt.time.fromisoformat(content)),
    Kind(
        "timedelta",
        dt.timedelta,
        lambda value, _: [value.days, value.seconds, value.microseconds],
        lambda content, _: dt.timedelta(*content),
    ),
    Kind("slice", slice, lambda value, part: _listed([value.start, value.stop, value.step], part), _slice),
    Kind("ordered", OrderedDict, _pairs, lambda content, part: OrderedDict(_dict(content, part))),
    Kind("matrix", np.matrix, lambda value, part: part(np.asarray(value)), _matrix),
    Kind("masked", np.ma.MaskedArray, _sent_masked, _masked),
    Kind("counter", Counter, _pairs, lambda content, part: Counter(_dict(content, part))),
    Kind("defaultdict", defaultdict, _sent_defaultdict, _defaultdict),
    Kind(
        "deque",
        deque,
        _sent_deque,
        lambda content, part: deque([part(item) for item in content[1]], content[0]),
    ),
    Kind("keys", _KEYS, _listed, lambda content, part: dict.fromkeys([part(item) for item in content]).keys()),
    Kind("values", _VALUES, _listed, lambda content, part: dict(enumerate([part(i) for i in content])).values()),
    Kind(
        "items",
        _ITEMS,
        lambda value, part: [[part(key), part(item)] for key, item in value],
        lambda content, part: _dict(content, part).items(),
    ),
]
BY_TYPE = {kind.type: kind for kind in KINDS}
BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(value: Any) -> Kind | None:
    """The kind of exactly this type, if it has one here: a class that a learner derived may be anything."""
    return BY_TYPE.get(type(value))


def is_foreign(value: Any) -> bool:
    """Whether it is a defaultdict whose missing items are made by code: it is an object that is data too."""
    factory = getattr(value, "default_factory", None)
    return type(value) is defaultdict and factory is not None and factory not in _FACTORIES.values()


def records_of(array: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The fields of a structured array as arrays; CannotCross for one of another layout than follows from them."""
    found = [(name, array[name]) for name in array.dtype.names or ()]
    if array.dtype.hasobject or _record_type(found, array.ndim) != array.dtype:
        raise CannotCross("a structured NumPy array")
    return found


def records(shape: Any, fields: list[tuple[str, np.ndarray]]) -> np.ndarray:
    """The structured array of which ``records_of`` gave the fields."""
    if not fields or any(list(field.shape[: len(shape)]) != shape for _, field in fields):
        raise ValueError("fields of another shape")
    array = np.empty(shape, _record_type(fields, len(shape)))
    for name, field in fields:
        array[name] = field
    return array


def _record_type(fields: list[tuple[str, np.ndarray]], dimensions: int) -> np.dtype:
    return np.dtype([(name, _an_array(field).dtype, field.shape[dimensions:]) for name, field in fields])


def raw_of(array: np.ndarray) -> tuple[str, torch.Tensor]:
    """The dtype and the bytes of an array whose items torch does not know; CannotCross for items that are objects."""
    if not _RAW.fullmatch(array.dtype.str):
        raise CannotCross(f"a NumPy array of {array.dtype}")
    whole = np.ascontiguousarray(array)
    return array.dtype.str, torch.from_numpy(np.frombuffer(whole.tobytes(), dtype=np.uint8).copy())


def raw_array(dtype: Any, shape: Any, content: torch.Tensor) -> np.ndarray:
    """The array of which ``raw_of`` told the dtype, and ``shape``, and the bytes."""
    if not isinstance(dtype, str) or not _RAW.fullmatch(dtype) or len(shape) > 16:
        raise ValueError("no dtype of an array")
    kind = np.dtype(dtype)
    if kind.itemsize * math.prod(map(int, shape)) != content.numel() or content.dtype != torch.uint8:
        raise ValueError("other bytes than the shape says")
    return np.frombuffer(bytearray(content.numpy().tobytes()), dtype=kind).reshape([int(size) for size in shape])
