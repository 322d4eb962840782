"""What stands for an object of a learner's class that is data too: a list, and asked for all else. Grader's side.

``class Stack(list)``, a named tuple with methods, an ``IntEnum``. What stands for one in a plain grade cell is of the
same class of data. What the object's class defines itself, and its attributes, are asked for where the object is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

from autograder.boundary.derived import DATA, MAX_NAMES
from autograder.boundary.protocols import Lent, operators
from autograder.errors import CannotCross, printable, short

_LIBRARIES_ASK = ("__", "_repr_", "_ipython", "_sympy_")
_FORWARDED = ("call", "missing", "trunc", "floor", "ceil", "length_hint", "divmod", "rdivmod")
"""Beside the operators: no others of Python's names, by which a library would let an object decide."""


class LentData(Lent):
    """What all that stand so for an object have in common."""

    __slots__ = ()
    _known = ()
    _lent = True

    def _asks(self, target: dict, args: tuple, kwargs: dict) -> Any:
        """Have an operator done where the object is: each has its own."""
        raise NotImplementedError

    def _operate(self, name: str, *args: Any) -> Any:
        return self._asks({"operator": name}, args, {})

    def _must_be_lent(self) -> None:
        """It always is."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_LIBRARIES_ASK):
            raise AttributeError(name)
        return self._operate("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._operate("delattr", self, name)

    def __dir__(self) -> list[str]:
        return list(map(str, self._operate("dir", self)))

    def __copy__(self) -> Any:
        return self._operate("copy", self)

    def __deepcopy__(self, _: Any) -> Any:
        return self._operate("deepcopy", self)

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise CannotCross(f"a {self._kind}")


def lent_data(kind: Any, own: Any, data: Any, asks: Callable) -> LentData:
    """What stands for an object of the class of this name, which has ``own`` beyond the class of its ``data``."""
    base: Any = type(data)
    if base not in DATA or not all(isinstance(name, str) for name in own[:MAX_NAMES]):
        raise TypeError("no object of data")
    made: LentData = _class_of(printable(short(kind))[:100], tuple(own[:MAX_NAMES]), base)(data)
    object.__setattr__(made, "_asks", asks)
    return made


@lru_cache(maxsize=1000)
def _class_of(kind: str, own: tuple[str, ...], base: Any) -> Any:
    of_python = operators() | _TEXTS | {f"__{name}__": _forwarded(f"__{name}__") for name in _FORWARDED}
    names: dict[str, Any] = {name: of_python[name] for name in own if name in of_python}
    names |= {name: _asked(name) for name in own if not name.startswith("__") and name not in vars(LentData)}
    names |= {"_kind": kind, "__module__": "__main__", "__dict__": _asked("__dict__")}
    return type(kind, (LentData, base), names)


def _asked(name: str) -> property:
    return property(
        lambda self: self._operate("getattr", self, name),
        lambda self, value: self._operate("setattr", self, name, value),
        lambda self: self._operate("delattr", self, name),
    )


def _forwarded(name: str) -> Callable:
    def method(self: LentData, *args: Any, **kwargs: Any) -> Any:
        return self._operate("getattr", self, name)(*args, **kwargs)

    return method


_TEXTS: dict[str, Callable] = {
    "__str__": lambda self: str(self._operate("str", self)),
    "__repr__": lambda self: str(self._operate("repr", self)),
    "__hash__": lambda self: int(self._operate("hash", self)),
}
