"""What Python's operators do with an object of the learner's that is lent to a grade cell. Grader's side.

Each is a call to where the object is, and its result is data, or another object that is lent. None of them can decide:
compared with a value of the cell's own, which an object could call equal to all, the object cannot be judged.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from autograder.boundary.callbacks import library_path
from autograder.boundary.kinds import TYPES
from autograder.boundary.operators import BINARY, COMPARISONS, IDENTITY, IN_PLACE, KNOWN, known
from autograder.errors import AuthoringError, CannotCross

if TYPE_CHECKING:
    from autograder.boundary.learner import LearnerObject

MAX_PARAMETERS = 100
MAX_LINES = 2_000
_STUB = compile("def stub(*args, **kwargs): ...", "<stub>", "exec").co_consts[0]


class Lent:
    """What all objects of a learner's have in common here that are lent to a grade cell."""

    __slots__ = ()
    _kind = ""  # no annotation: a class with some would answer for those of an object

    @staticmethod
    def _is_learners(value: Any) -> bool:
        return issubclass(type(value), Lent)


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
        if "class" in self._known and isinstance(other, type) and name in ("eq", "ne"):
            if other in TYPES.values():  # it would have come as itself
                return name == "ne"
            if library_path(other):
                return bool(self._operate("is_", self, other)) == (name == "eq")
        if IDENTITY in self._known and name in ("eq", "ne"):
            return NotImplemented  # as its class says: a value of the cell's own may know better
        raise CannotCross(f"a {self._kind}")

    return method


def contains(self: LearnerObject, item: Any) -> bool:
    """Whether the object says that it contains something, and what it holds one by one says so too."""
    said = bool(self._operate("contains", self, item))
    if said and not any(each is item or each == item for each in iter(self)):
        raise CannotCross(f"a {self._kind}")
    return said


def leave(self: LearnerObject, kind: Any, error: Any, _: Any) -> bool:
    """The end of a ``with``, told of the exception in it and not of its way here; whether it is over by that."""
    return passed_over(bool(self._operate("exit", self, kind, error, None)), error)


def passed_over(said: bool, error: Any) -> bool:
    """Whether an exception is over, as an object says that has not to decide over a cell's own assertions."""
    if said and isinstance(error, AssertionError):
        AuthoringError("a context manager of an answer's passed over an assertion that failed")  # which is remembered
    return said


def operators() -> dict[str, Callable]:
    """The methods by which Python's operators reach an object."""
    found: dict[str, Callable] = {f"__{name}__": comparing(name) for name in COMPARISONS}
    for name in BINARY:
        plain = name.rstrip("_")
        found |= {f"__{plain}__": asking(name), f"__r{plain}__": asking_reflected(name)}
    for name in ("bool", "len", "int", "float", "complex", "abs", "neg", "pos", "invert", "index", "round", "reversed"):
        found[f"__{name}__"] = asking(name)
    for name in ("getitem", "setitem", "delitem", "iter", "next", "format", "enter", *IN_PLACE):
        found[f"__{name}__"] = asking(name)
    return found | {"__contains__": contains, "__exit__": leave}


def not_of_functions() -> dict[str, None]:
    """Those that nothing has which is only called: libraries look whether it has them."""
    kept = {f"__{name}__" for name in ("bool", "format", *COMPARISONS)}
    return dict.fromkeys(name for name in operators() if name not in kept)


def identity(same: bool) -> Callable:
    """Whether a function is the same as another thing: as another of the learner's, they say; as anything else, no."""

    def method(self: LearnerObject, other: Any) -> bool:
        self._must_be_lent()
        if self._is_learners(other):
            return bool(self._operate("eq" if same else "ne", self, other))
        return not same

    return method


def stand_in(name: str, words: tuple[str, ...]) -> type:
    """What ``isinstance`` sees as the class of an object that is one of these; nobody can make another of it."""
    return _derived(name, *[kind for word in words if word in KNOWN and (kind := known(word))][:1])


@lru_cache(maxsize=1000)
def _derived(name: str, *base: type) -> type:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise CannotCross(f"a {name}")

    # Some classes do something when another derives from them, and from a function's none can.
    if base and any("__init_subclass__" in vars(each) for each in base[0].__mro__[:-1]):
        return base[0]
    try:
        return type(name, base, {"__new__": refuse})
    except TypeError:
        return base[0]


def signature(told: Any) -> inspect.Signature:
    """The signature that was told as names, kinds, defaults and annotations, and what is returned."""
    kinds, empty = list(inspect._ParameterKind), inspect.Parameter.empty
    parameters, returns = told
    return inspect.Signature(
        [
            inspect.Parameter(str(name), kinds[int(kind)], default=[*default, empty][0], annotation=[*of, empty][0])
            for name, kind, default, of in parameters[:MAX_PARAMETERS]
        ],
        return_annotation=[*returns, empty][0],
    )


def with_source(name: str, text: Any) -> FunctionType:
    """A function that does nothing, and of which ``inspect`` finds this source."""
    lines = [f"{line}\n" for line in str(text).splitlines()[:MAX_LINES]]
    file = f"<source of {name[:60]}>"
    linecache.cache[file] = (0, None, lines, file)
    return FunctionType(_STUB.replace(co_filename=file, co_firstlineno=1), {})
