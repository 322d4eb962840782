"""Exceptions of a learner's code as a plain grade cell catches them: built-in ones as themselves. Both sides."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from autograder.errors import LearnerError, short

_BUILT_IN: dict[str, type[Exception]] = {
    name: each for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, Exception)
}
MAX_ARGS = 20


class Theirs:
    """What the exceptions of learners' own classes have in common here."""

    number: int = 0
    """Of the class, where it is."""


def class_of(number: int, name: str, bases: Sequence[str]) -> type[Exception]:
    """A class that stands for one of a learner's, to be caught by; ``bases`` are those that it comes from."""
    base = next((_BUILT_IN[each] for each in bases if each in _BUILT_IN), Exception)
    return type(str(name)[:100], (Theirs, base), {"number": int(number)})


def as_raised(error: LearnerError, args: Any, kinds: Sequence[type[Exception]]) -> Exception:
    """The exception that a grade cell sees: of the built-in class, or of those which stand for the learner's."""
    built_in = _BUILT_IN.get(error.kind) if error.bases[:1] == (error.kind,) else None
    if built_in is None and not kinds:
        return error
    try:
        kind = built_in or type(short(error.kind)[:100], tuple(dict.fromkeys(kinds)), {})
    except (TypeError, ValueError):  # of bases that do not go together, or under no name
        return error
    plain = args if isinstance(args, list) and all(type(each) in (str, int, float, bool) for each in args) else None
    given = [short(each) if isinstance(each, str) else each for each in (plain or [])[:MAX_ARGS]]
    if plain is None:
        given = [error.message] if error.message else []
    try:
        return kind(*given)
    except Exception:  # one that wants arguments of a form of its own
        made: Exception = kind.__new__(kind)  # type: ignore[call-overload]
        made.args = tuple(given)
        return made


def told(error: BaseException) -> list | None:
    """The arguments of an exception, if they are plain."""
    args = error.args
    plain = (
        type(args) is tuple and len(args) <= MAX_ARGS and all(type(each) in (str, int, float, bool) for each in args)
    )
    return [each[:5_000] if isinstance(each, str) else each for each in args] if plain else None
