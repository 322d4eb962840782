"""What a grade cell may do with an object of the learner's, by name: done where the object is. Both sides."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from typing import Any

BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **{each.__name__: each for each in (bool, len, int, float, complex, str, repr, abs, reversed, dir)},
    **{name: getattr(operator, name) for name in ("neg", "pos", "invert", "index")},
}


def signature_of(function: Any) -> list:
    """Of each parameter its name, its kind, and whether it has a default."""
    found = inspect.signature(function).parameters.values()
    return [[each.name, int(each.kind), each.default is not each.empty] for each in found]


OPERATORS: dict[str, Callable] = {
    **{name: getattr(operator, name) for name in (*BINARY, *COMPARISONS, "getitem", "setitem", "delitem", "contains")},
    **CONVERSIONS,
    **{each.__name__: each for each in (iter, next, getattr, setattr, delattr, round, isinstance, issubclass, divmod)},
    "signature": signature_of,
    "source": inspect.getsource,
}
