"""What a submission's process and the grader call by name across the boundary, rather than send. Learner's side."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any

from autograder.boundary import described
from autograder.boundary.changes import kind_of, whole
from autograder.boundary.given import Given
from autograder.boundary.handed import Received
from autograder.boundary.kinds import SINGLE, TYPES
from autograder.boundary.operators import OPERATORS, known_of
from autograder.boundary.parcel import Parcel
from autograder.boundary.raised import BUILT_IN, MAX_BEHIND, notes, told
from autograder.boundary.shared import Shared
from autograder.boundary.wire import is_callable, refuse_value, resolve_path
from autograder.errors import CannotCross, LearnerError


class Changed(Exception):
    """A call has changed what a test handed over: objects of these numbers."""


class Lending:
    """The submission's objects that are lent to the grader, and what stands for those of grade cells."""

    def __init__(self, call_back: Callable[[int, tuple, dict[str, Any]], Any]) -> None:
        """``call_back`` calls a function of the grade cell's, by its number."""
        self._call_back = call_back
        self.lends = False
        """Whether what is asked for is asked by a plain grade cell."""
        self.shared = Shared(-1, self.lend, self.find)
        """The values that a plain grade cell holds too."""
        self._objects: dict[int, Any] = {}
        self._raisable: dict[int, type] = {}
        self._given: dict[int, Given] = {}
        self._handed = Received()
        self._read: list[tuple[Any, Any]] = []
        self._runs = False
        self._count = 0

    def parcel(self) -> Parcel:
        """For a message: to a plain grade cell, all values that may change are shared."""
        return self.shared.parcel() if self.lends else Parcel()

    def number(self) -> int:
        """A number that nothing has yet."""
        self._count += 1
        return self._count

    def release(self, number: int) -> None:
        """The grader holds the object no more."""
        self._objects.pop(number, None)

    def running(self, call: Callable[[], Any]) -> Any:
        """What the submission's code returns, which has the word meanwhile."""
        before, self._runs = self._runs, True
        try:
            result = call()
        finally:
            self._runs = before
        if [value for value, was in self._read if whole(value) != was]:
            raise CannotCross("a change of what an object of the test's holds")
        if changed := self._handed.changed():
            raise Changed(changed)
        return result

    def calling_back(self, call: Callable[[], Any]) -> Any:
        """What the grade cell returns, which has the word meanwhile."""
        before, self._runs = (self.lends, self._runs), False
        try:
            return call()
        finally:
            self.lends, self._runs = before

    def raised(self, error: BaseException, depth: int = 0) -> dict:
        """What a plain grade cell is told of an exception, and of those behind it."""
        about: dict[str, Any] = {"error": LearnerError.of(error).args, "args": told(error), "notes": notes(error)}
        if _is_learners(type(error)):
            about |= {"kind": self._exception(type(error)), "raised": self.lend(error)}
        for name, behind in (("cause", error.__cause__), ("context", error.__context__)):
            if behind is not None and depth < MAX_BEHIND:
                about[name] = self.raised(behind, depth + 1)
        return about | ({"suppressed": True} if error.__suppress_context__ else {})

    def lend(self, value: Any) -> dict:
        """How the grader is told of a value that is no data."""
        if type(value) is Given:
            return {"given": value.number}
        if self.lends and (handed := self._handed.number_of(value)):
            return {"handed": handed}
        if isinstance(value, ModuleType) or not (self.lends or is_callable(value)):
            refuse_value(value)
        if self.lends and (single := next((name for name, each in SINGLE.items() if each is value), "")):
            return {"type": single}
        if self.lends and isinstance(value, type) and value in (TYPES.get(name := value.__name__), BUILT_IN.get(name)):
            return {"type": name}
        if self.lends and isinstance(value, PurePath):
            return {"path": str(value)}
        number = self.number()
        self._objects[number] = value
        if not self.lends:
            return {"callable": number}
        if isinstance(value, type) and issubclass(value, Exception):
            return {"exception": self._exception(value)}
        return {"lent": [number, type(value).__name__, known_of(value)]}

    def _exception(self, kind: type) -> list:
        """An exception class of the learner's as the grader is told of it: always under the same number."""
        number = next((known for known, each in self._raisable.items() if each is kind), 0) or self.number()
        self._objects[number] = self._raisable[number] = kind
        parents = [self._exception(base) for base in kind.__bases__ if _is_learners(base)]
        path = f"{kind.__module__}:{kind.__qualname__}"
        return [number, kind.__name__, [base.__name__ for base in kind.__mro__[1:]], parents, path]

    def find(self, reference: dict) -> Any:
        """What the grader means."""
        if "operator" in reference:
            return OPERATORS[reference["operator"]]
        if "library" in reference:
            module, _, name = reference["library"].partition(":")
            return resolve_path(importlib.import_module(module), name)
        if "error" in reference:
            kind, args = reference["error"]
            return getattr(builtins, kind)(*args)
        if "given" in reference:
            return self._standing_for(reference["given"])
        if "handed" in reference:
            return self._handed.found(*reference["handed"])
        if "callback" in reference:
            number, *looks = reference["callback"]
            return described.stand_in(lambda args, kwargs: self._call_back(number, tuple(args), kwargs), *looks)
        if "path" in reference:
            return Path(reference["path"])
        if "beside" in reference:
            module, name = reference["beside"].split(":")
            return getattr(importlib.import_module(module), name)
        number, path = reference["object"]
        return resolve_path(self._objects[number], path)

    def _standing_for(self, number: int) -> Given:
        """What stands for an object of the grade cell's: always the same."""

        def ask(*args: Any, **more: Any) -> Any:
            found = self._call_back(number, args, more)
            before, self._runs = self._runs, False
            # A copy, since too much is shared: nobody would see it change.
            if kind_of(found) and self.shared.number_of(found) is None:
                self._read.append((found, whole(found)))
            self._runs = before
            return found

        return self._given.setdefault(number, Given(number, ask, lambda: self._runs))


def _is_learners(kind: type) -> bool:
    return issubclass(kind, Exception) and vars(builtins).get(kind.__name__) is not kind


class FromTest:
    """What the exceptions have in common that a function of the grade cell raised."""

    number = 0


def from_test(number: int, kind: str, message: str) -> Exception:
    """An exception of the same built-in kind as that which the grade cell's function raised."""
    base = getattr(builtins, kind, Exception)
    base = base if isinstance(base, type) and issubclass(base, Exception) else Exception
    made: Exception = type(base.__name__, (FromTest, base), {"number": number, "__str__": lambda _: message})()
    return made
