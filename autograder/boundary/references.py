"""What the grader and a submission's process call by name across the boundary, rather than send. Grader's side."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Any
from unittest.mock import NonCallableMock

from autograder.boundary import described
from autograder.boundary.callbacks import course_path, is_library, library_path, may_be_called_back, only_records
from autograder.boundary.caught import Theirs, class_of, library_exception
from autograder.boundary.copies import noted
from autograder.boundary.handed import HandedOver
from autograder.boundary.instances import (
    Instance,
    Method,
    Mocked,
    Opened,
    Taken,
    is_instance,
    is_iterator,
    is_to_be_read,
)
from autograder.boundary.kinds import SINGLE, TYPES
from autograder.boundary.learner import Handle, LearnerObject, lent, path_of
from autograder.boundary.lent_data import lent_data
from autograder.boundary.parcel import Parcel
from autograder.boundary.raised import BUILT_IN, told
from autograder.boundary.shared import Shared
from autograder.boundary.wire import is_callable
from autograder.errors import AuthoringError, printable, short

MAX_PATH = 4_096
MAX_KINDS = 1_000
"""Classes of exceptions of one submission."""


class References:
    """Of one submission: its objects that are held here, and the functions of grade cells that it may call."""

    def __init__(self, handle: Callable[[int], Handle], beside: Sequence[str], asks: Callable) -> None:
        """``handle`` is for an object of this number; ``asks`` has an operator done where the objects are."""
        self._handle, self._beside, self._asks = handle, beside, asks
        self.lends = False
        """Whether grade cells are plain ones, to which the submission's objects are lent."""
        self.folder: Callable[[], str] = str
        """Where the instructor's modules lie, whose functions may be called back ('' if there are none)."""
        self.settable: frozenset[str] = frozenset()
        """The attributes of a test's objects that an answer may give a value."""
        self.here = ""
        """The folder in which a grade cell runs that works with files."""
        self.called: dict[int, Any] = {}
        """The functions that may be called back, by number."""
        self.shared = Shared(1, self.refer, self.hold)
        """The values that both sides hold."""
        self.handed = HandedOver(is_library)
        """Objects of libraries that the submission was handed."""
        self._kinds: dict[int, type[Exception]] = {}
        self._numbers: dict[int, int] = {}

    def parcel(self) -> Parcel:
        """For a message: to the calls of a plain grade cell all values that may change are shared."""
        return self.shared.parcel() if self.lends and noted.get() is None else Parcel()

    def across(self, value: Any) -> Any:
        """A path into the grade cell's folder as it is in the submission's; any other value as it is."""
        return os.path.relpath(value, self.here) if type(value) is str and self._is_here(value) else value

    def _is_here(self, path: str) -> bool:
        return bool(self.here) and (path == self.here or path.startswith(self.here + os.sep))

    def hold(self, reference: dict) -> Any:
        """What stands here for an object of the submission's."""
        if "lent" in reference:
            number, kind, known = reference["lent"]
            return lent(self._handle(int(number)), printable(short(kind))[:100], tuple(map(str, known[:10])))
        if "path" in reference:
            return Path(str(reference["path"])[:MAX_PATH])
        if "derived" in reference:
            kind, own, data = reference["derived"]
            return lent_data(kind, own, data, self._asks)
        if "type" in reference:
            return {**SINGLE, **BUILT_IN, **TYPES}[reference["type"]]
        if "given" in reference:
            return self._given(reference["given"])
        if "handed" in reference:
            return self.handed[int(reference["handed"])]
        if "exception" in reference:
            return self.kind(*reference["exception"])
        return LearnerObject(self._handle(int(reference["callable"])))

    def _given(self, number: Any) -> Any:
        instance = self.called[int(number)]
        if not isinstance(instance, Instance):
            raise TypeError("no object of the test's")
        return instance.value

    def kind(self, number: int, name: str, bases: list[str], parents: list, path: str) -> type[Exception]:
        """The class that stands for an exception class of the learner's, below those that stand for its parents.

        ``path`` is where it is defined: below the class itself, where a library has it that is in use here too.
        """
        if number not in self._kinds:
            if len(self._kinds) > MAX_KINDS:
                return Exception
            above = [kind for each in parents[:MAX_KINDS] if (kind := self.kind(*each)) is not Exception]
            theirs = lent(self._handle(int(number)), "type", ("class",))
            original = library_exception(path, self.path_of)
            self._kinds[int(number)] = class_of(number, name, bases[:MAX_KINDS], above, theirs, original)
        return self._kinds[number]

    def path_of(self, value: Any) -> str:
        """Where both sides have this function or class: in a library, or in a module of the course's; else ''."""
        return library_path(value) or (course_path(value, self.folder()) if isinstance(value, type) else "")

    def _of_a_plain_cell(self, value: Any) -> dict | None:
        """How a plain grade cell's function, class or exception is told of, if it can be."""
        if path := self.path_of(value) if callable(value) else "":
            return {"library": path}
        if found := self._asked(value):
            if id(value) not in self._numbers:
                self.called[number := len(self.called) + 1] = value if found is Method else found(value, self.settable)
                self._numbers[id(value)] = number  # which stays its own: it is kept
            return {"given": self._numbers[id(value)]}
        if callable(value) and may_be_called_back(value, self.folder()):
            self.called[number := len(self.called) + 1] = value
            return {"callback": [number, *described.told(value)]}
        is_built_in = isinstance(value, Exception) and library_path(type(value)).startswith("builtins:")
        if is_built_in and (args := told(value)) is not None:
            return {"error": [type(value).__name__, args]}
        if not isinstance(value, type) and (handed := self.handed.told(value)):
            return {"handed": handed}
        return None

    def _asked(self, value: Any) -> type[Instance] | None:
        """How an object is had that stays here and is asked by the submission; None of any that is not."""
        if issubclass(type(value), NonCallableMock):
            return Mocked if only_records(value) else None
        if isinstance(value, Method):
            return Method
        if is_to_be_read(value):
            return Opened
        if is_iterator(value):
            return Taken
        return Instance if is_instance(value, self.folder()) else None

    def refer(self, value: Any) -> dict:
        """How the submission is told of a value that is not plain."""
        if isinstance(value, LearnerObject):
            return {"object": [value._handle.number, value._path]}  # type: ignore[attr-defined]
        if isinstance(value, type) and issubclass(value, Theirs):
            return {"object": [value.number, ""]}
        if isinstance(value, Theirs) and value._lent is not None:
            return self.refer(value._lent)
        if self.lends and isinstance(value, PurePath):
            return {"path": os.path.relpath(value, self.here) if self._is_here(str(value)) else str(value)}
        if self.lends and noted.get() is None and (found := self._of_a_plain_cell(value)):
            return found
        if self.lends:
            what = f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
            can = " as it is; a function of the cell that calls it can" if callable(value) else ""
            raise AuthoringError(f"{what} of the test's cannot cross to the learner's side{can}")
        if is_callable(value):
            return {"beside": path_of(value, self._beside)}
        raise AuthoringError(
            f"a {type(value).__name__} cannot cross to the learner's side: make it by a beside function"
        )
