"""What a grade cell may do with an object of the learner's, by name: done where the object is. Both sides."""

from __future__ import annotations

import inspect
import operator
import sys
from collections.abc import Callable
from copy import copy, deepcopy
from typing import Any

from autograder.boundary import coroutines

BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
IN_PLACE = tuple(f"i{name.rstrip('_')}" for name in BINARY)
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **{each.__name__: each for each in (bool, len, int, float, complex, str, repr, abs, reversed, dir)},
    **{name: getattr(operator, name) for name in ("neg", "pos", "invert", "index")},
}


def signature_of(function: Any) -> list:
    """Of each parameter its name, its kind, its default and its annotation, and what it returns; [] of what is not."""
    found = inspect.signature(function)
    parameters = [
        [each.name, int(each.kind), _if_any(each.default), _if_any(each.annotation)]
        for each in found.parameters.values()
    ]
    return [parameters, _if_any(found.return_annotation)]


def _if_any(value: Any) -> list:
    return [] if value is inspect.Parameter.empty else [value]


def entered(manager: Any) -> Any:
    """What a ``with`` begins with."""
    return type(manager).__enter__(manager)


def left(manager: Any, *error: Any) -> bool:
    """What a ``with`` ends with; whether the exception is over by that."""
    return bool(type(manager).__exit__(manager, *error))


KNOWN = {
    "function": "types:FunctionType",
    "builtin": "types:BuiltinFunctionType",
    "method": "types:MethodType",
    "generator": "types:GeneratorType",
    "class": "builtins:type",
    "property": "builtins:property",
    "module of torch": "torch.nn:Module",
    "axes": "matplotlib.axes:Axes",
    "figure": "matplotlib.figure:Figure",
    "artist": "matplotlib.artist:Artist",
    "estimator": "sklearn.base:BaseEstimator",
    **coroutines.KNOWN,
}
"""Classes that both sides have and a test asks ``isinstance`` for; none of data, which an object could feign to be."""


IDENTITY = "equal to itself alone"
"""Said beside these of an object whose class has no other comparison."""


def known(word: str) -> type | None:
    """The class, where what has it is imported already."""
    module, _, name = KNOWN[word].partition(":")
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) else None


def known_of(value: Any) -> list[str]:
    """Which of these an object is one of."""
    found = [word for word in KNOWN if (kind := known(word)) and issubclass(type(value), kind)]
    return found + ([IDENTITY] if getattr(type(value), "__eq__", None) is object.__eq__ else [])


OPERATORS: dict[str, Callable] = {
    **{name: getattr(operator, name) for name in (*BINARY, *COMPARISONS, "getitem", "setitem", "delitem", "contains")},
    **CONVERSIONS,
    **{each.__name__: each for each in (iter, next, getattr, setattr, delattr, round, isinstance, issubclass, divmod)},
    **{each.__name__: each for each in (type, callable, hasattr, id, copy, deepcopy, operator.is_)},
    **{name: getattr(operator, name) for name in IN_PLACE},
    **{each.__name__: each for each in (hash, format)},
    "enter": entered,
    "exit": left,
    "signature": signature_of,
    "source": inspect.getsource,
    **coroutines.OPERATORS,
}
