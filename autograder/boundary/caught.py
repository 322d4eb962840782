"""Exceptions of a learner's code as a plain grade cell catches them: built-in ones as themselves. Grader's side."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograder.boundary.callbacks import library_path
from autograder.boundary.raised import BUILT_IN, MAX_ARGS, MAX_BEHIND
from autograder.errors import CannotCross, LearnerError, short

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from autograder.boundary.references import References

_RAISED: dict[str, Any] = {**BUILT_IN, "SystemExit": SystemExit}
"""What a grade cell sees as itself."""


class Theirs:
    """What the exceptions of learners' own classes have in common here: what one has of its own, it is asked for."""

    number: int = 0
    """Of the class, where it is."""
    theirs: Any = None
    """What stands for the class."""
    original: type[Exception] | None = None
    """The class itself, where a library has it."""
    _lent: Any = None

    def __init__(self, *args: Any, **more: Any) -> None:
        """Made by a grade cell: where the class is."""
        self.of(type(self).theirs(*args, **more))

    def of(self, lent: Any) -> None:
        """Stand for this one, which is lent."""
        self._lent = lent
        args = getattr(lent, "args", ())
        self.args = args if type(args) is tuple else ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self._lent is None:
            raise AttributeError(name)
        return getattr(self._lent, name)

    def __str__(self) -> str:
        return str(self._lent)


def library_exception(path: Any, path_of: Callable[[Any], str] = library_path) -> type[Exception] | None:
    """The exception class that a library has at ``module:name``, where the library is in use here already.

    ``path_of`` says where both sides have a class: also in the course's modules.
    """
    module, _, name = str(path)[:1_000].partition(":")
    found = dict.get(vars(sys.modules.get(module, builtins)), name)  # nothing is asked for: __main__ would ask
    is_one = isinstance(found, type) and issubclass(found, Exception) and path_of(found) == path
    return found if is_one else None


def class_of(
    number: int,
    name: str,
    bases: Sequence[str],
    parents: Sequence[type],
    theirs: Any,
    original: type[Exception] | None = None,
) -> type[Exception]:
    """A class that stands for one of a learner's, to be caught by; ``parents`` stand for their classes above it."""
    base = next((BUILT_IN[each] for each in bases if each in BUILT_IN), Exception)
    names = {"number": int(number), "theirs": theirs, "original": original, "__module__": "__main__"}
    try:
        if original is not None:
            return type(str(name)[:100], (Theirs, original), names)
        return type(str(name)[:100], (*parents, base) if parents else (Theirs, base), names)
    except TypeError:  # of bases that do not go together
        return type(str(name)[:100], (Theirs, base), names)


def seen_of(about: dict, references: References, depth: int = 0) -> Exception:
    """What a grade cell sees of what a submission's process says of an exception, and of those behind it.

    It is of the built-in class, of a library's, or of one that stands for the learner's.
    """
    error = LearnerError.read(about["error"])
    kind = references.kind(*about["kind"]) if about.get("kind") else None
    seen = _as_seen(error, about.get("args"), kind, references.hold(about["raised"]) if kind else None)
    if seen is not error:
        vars(seen)["_of_learner"] = error
    for note in about.get("notes", [])[:MAX_ARGS]:
        seen.add_note(short(note))
    if depth < MAX_BEHIND:
        seen.__cause__, seen.__context__ = (
            seen_of(about[name], references, depth + 1) if name in about else None for name in ("cause", "context")
        )
    seen.__suppress_context__ = bool(about.get("suppressed"))
    return seen


def _as_seen(error: LearnerError, args: Any, kind: type[Exception] | None, lent: Any) -> Exception:
    if "BaseExceptionGroup" in error.bases:  # nobody here knows what it holds
        return CannotCross("a ExceptionGroup")
    if kind is not None and lent is not None and issubclass(kind, Theirs):
        made: Any = kind.__new__(kind)
        made._lent, made.args = lent, tuple(_plain(args) or ())
        return made
    built_in = _RAISED.get(error.kind) if error.bases[:1] == (error.kind,) else None
    if built_in is None:
        return error
    given = _plain(args)
    if given is None:
        given = [error.message] if error.message else []
    try:
        return built_in(*given)
    except Exception:  # one that wants arguments of a form of its own
        made = built_in.__new__(built_in)
        made.args = tuple(given)
        return made


def _plain(args: Any) -> list | None:
    if not isinstance(args, list) or any(type(each) not in (str, int, float, bool) for each in args):
        return None
    return [short(each) if isinstance(each, str) else each for each in args[:MAX_ARGS]]


def warning_of(text: Any, path: Any, *bases: Any) -> tuple[str, type[Warning]]:
    """A warning's text, and its class: a library's that is in use here, or the first that Python has."""
    found = library_exception(path)
    kinds = [found, *(BUILT_IN.get(base) for base in bases)]
    return short(text), next(kind for kind in kinds if kind is not None and issubclass(kind, Warning))
