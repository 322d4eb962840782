"""What Python's operators do with an object of the learner's that is lent to a grade cell. Grader's side.

Each is a call to where the object is, and its result is data, or another object that is lent. None of them can decide:
compared with a value of the cell's own, which an object could call equal to all, the object cannot be judged.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any

from autograder.boundary.operators import BINARY, COMPARISONS
from autograder.errors import CannotCross

if TYPE_CHECKING:
    from autograder.boundary.learner import LearnerObject

MAX_PARAMETERS = 100
MAX_LINES = 2_000
_STUB = compile("def stub(*args, **kwargs): ...", "<stub>", "exec").co_consts[0]


def asking(name: str) -> Callable:
    """A method that has this operator done where the object is."""

    def method(self: LearnerObject, *args: Any) -> Any:
        return self._operate(name, self, *args)

    return method


def asking_reflected(name: str) -> Callable:
    """The same, with the object on the right."""

    def method(self: LearnerObject, other: Any) -> Any:
        return self._operate(name, other, self)

    return method


def comparing(name: str) -> Callable:
    """A comparison: of two objects of the learner's it is theirs; of one with anything else it is nobody's."""

    def method(self: LearnerObject, other: Any) -> Any:
        self._must_be_lent()
        if self._is_learners(other):
            return bool(self._operate(name, self, other))
        if other is None and name in ("eq", "ne"):
            return name == "ne"  # None would have come as None
        raise CannotCross(f"a {self._kind}")

    return method


def contains(self: LearnerObject, item: Any) -> bool:
    """Whether the object says that it contains something, and what it holds one by one says so too."""
    said = bool(self._operate("contains", self, item))
    if said and not any(each is item or each == item for each in iter(self)):
        raise CannotCross(f"a {self._kind}")
    return said


def operators() -> dict[str, Callable]:
    """The methods by which Python's operators reach an object."""
    found: dict[str, Callable] = {f"__{name}__": comparing(name) for name in COMPARISONS}
    for name in BINARY:
        plain = name.rstrip("_")
        found |= {f"__{plain}__": asking(name), f"__r{plain}__": asking_reflected(name)}
    for name in ("bool", "len", "int", "float", "complex", "abs", "neg", "pos", "invert", "index", "round", "reversed"):
        found[f"__{name}__"] = asking(name)
    found |= {f"__{name}__": asking(name) for name in ("getitem", "setitem", "delitem", "iter", "next")}
    return found | {"__contains__": contains}


def signature(told: Any) -> inspect.Signature:
    """The signature that was told as names, kinds, and whether there is a default (which is not told)."""
    kinds = list(inspect._ParameterKind)
    return inspect.Signature(
        [
            inspect.Parameter(str(name), kinds[int(kind)], default=... if default else inspect.Parameter.empty)
            for name, kind, default in told[:MAX_PARAMETERS]
        ]
    )


def with_source(name: str, text: Any) -> FunctionType:
    """A function that does nothing, and of which ``inspect`` finds this source."""
    lines = [f"{line}\n" for line in str(text).splitlines()[:MAX_LINES]]
    file = f"<source of {name[:60]}>"
    linecache.cache[file] = (0, None, lines, file)
    return FunctionType(_STUB.replace(co_filename=file, co_firstlineno=1), {})
