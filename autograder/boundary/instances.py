"""Objects of classes that an instructor's cells define, as an answer uses them: by calls back. Grader's side.

What an answer reads are data, methods and other such objects. It changes them by methods, and gives a value to those
attributes that the reference gives one; whatever else it does with one waits for a person: whether a notebook would do
the same is not known, or nobody meant answers to do it.
"""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Container
from types import FunctionType
from typing import Any, NoReturn
from unittest.mock import MagicMock

from autograder.boundary.given import ASKED
from autograder.boundary.protocols import Lent
from autograder.boundary.wire import parts
from autograder.errors import AuthoringError


def is_instance(value: Any, folder: str) -> bool:
    """Whether a value is of a class that the instructor wrote from nothing, in a cell or in a module in this folder."""
    return type(value) is not type and all(each is object or _is_own(each, folder) for each in type(value).__mro__)


def _is_own(kind: type, folder: str) -> bool:
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return kind.__module__ == "__main__" or (bool(folder) and file.startswith(folder))


_HOLDERS: tuple[Any, ...] = ([], (), set(), {}, {}.values(), {}.items())
_ITERATORS = tuple(type(iter(each)) for each in _HOLDERS)
"""Those that only hand out what something holds."""


class Instance:
    """One such object: what it is asked for, it does itself."""

    def __init__(self, value: Any, settable: Container[str] = ()) -> None:
        """``settable`` are the attributes that an answer may give a value."""
        self.value, self._settable = value, settable

    def __call__(self, operation: Any, *args: Any, **more: Any) -> Any:
        """What comes of an attribute that is read, or of an operator of the object's own."""
        if operation == "getattr" and isinstance(args[0], str) and not args[0].startswith("_"):
            return getattr(self.value, args[0])
        if operation == "setattr" and self._may_set(args[0]):
            return setattr(self.value, args[0], args[1])
        method = getattr(type(self.value), f"__{operation}__", None) if operation in ASKED else None
        if isinstance(method, FunctionType):
            return _held(method(self.value, *args, **more))
        match operation:
            case "eq" | "ne" if method in (object.__eq__, object.__ne__):
                return (self.value is args[0]) == (operation == "eq")
            case "hash" if method is object.__hash__:
                return hash(self.value)
            case "bool" if not hasattr(type(self.value), "__len__"):
                return True
            case "len" if method is None:  # which list() asks of everything, and does without
                raise TypeError(f"object of type {type(self.value).__name__!r} has no len()")
        self._refuse(operation, args)

    def _may_set(self, name: Any) -> bool:
        """Whether an answer may give this attribute a value: never one by which it takes a method's place."""
        if type(name) is not str or name.startswith("_") or name not in self._settable:
            return False
        kind: Any = type(self.value)
        is_plain = isinstance(kind.__setattr__, FunctionType) or kind.__setattr__ is object.__setattr__
        of_class = inspect.getattr_static(kind, name, None)
        return is_plain and not (callable(of_class) or isinstance(of_class, (classmethod, staticmethod)))

    def _refuse(self, operation: Any, args: tuple) -> NoReturn:
        what = args[0] if operation in ("getattr", "setattr") and args and isinstance(args[0], str) else operation
        raise AuthoringError(
            f"a {type(self.value).__name__} of the test's cannot cross to the learner's side for {str(what)[:40]!r}: "
            "an answer reads its public attributes, calls its methods and sets what the reference sets"
        )


def is_iterator(value: Any) -> bool:
    """Whether a value is a generator, or one of Python's own iterators: a test's, which an answer goes on with."""
    return type(value).__module__ in ("builtins", "itertools", "_csv") and hasattr(type(value), "__next__")


def is_to_be_read(value: Any) -> bool:
    """Whether a value is a file on the disk that a test has opened to read it."""
    return type(value) in (io.TextIOWrapper, io.BufferedReader) and not value.closed and not value.writable()


class Taken(Instance):
    """An iterator: an answer takes what comes next."""

    def __call__(self, operation: Any, *args: Any, **more: Any) -> Any:
        """What comes next, or itself."""
        match operation:
            case "iter":
                return self.value
            case "next":
                return next(self.value)
        return super().__call__(operation, *args, **more)


class Method(Instance):
    """What is called of such an object."""

    def __call__(self, operation: Any, *args: Any, **more: Any) -> Any:
        """What comes of the call."""
        return self.value(*args, **more) if operation == "call" else super().__call__(operation, *args)


class Opened(Taken):
    """A file that an answer reads."""

    def __call__(self, operation: Any, *args: Any, **more: Any) -> Any:
        """What comes of reading it, which moves the file on."""
        if operation == "getattr" and args[0] in _OF_FILES:
            found = getattr(self.value, args[0])
            return Method(found) if callable(found) else found
        if operation == "enter":
            return self.value
        if operation == "exit":
            return self.value.close()
        return super().__call__(operation, *args, **more)


_OF_FILES = ("read", "readline", "readlines", "seek", "tell", "close", "closed", "name", "mode", "encoding", "readable")


class Mocked(Instance):
    """A mock: an answer reads its attributes, sets others, and calls it; what a test asks of it is the test's."""

    def __call__(self, operation: Any, *args: Any, **more: Any) -> Any:
        """What comes of it, noted by the mock."""
        name = args[0] if operation in ("getattr", "setattr") and args and isinstance(args[0], str) else ""
        if name.startswith("__") and operation == "getattr" and not hasattr(self.value, name):
            raise AttributeError(name)
        if name and not name.startswith(("_", "assert")) and name not in _OF_MOCKS:
            if operation == "getattr":
                return getattr(self.value, name)
            if not any(isinstance(each, Lent) for each in parts(args[1])):  # it would answer what a test asks the mock
                return setattr(self.value, *args)
        if operation == "call" and callable(self.value):
            return self.value(*args, **more)
        if operation == "bool":
            return bool(self.value)
        method = getattr(self.value, f"__{operation}__", None) if operation in ASKED else None
        return self._refuse(operation, args) if method is None else _held(method(*args))


_OF_MOCKS = frozenset(dir(MagicMock()))
"""What a test sets of a mock, and asks it about its calls."""


def _held(given: Any) -> Any:
    return list(given) if type(given) in _ITERATORS else given
