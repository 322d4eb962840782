"""What is told of an exception of a learner's code to a plain grade cell. Both sides."""

from __future__ import annotations

import builtins

BUILT_IN: dict[str, type[Exception]] = {
    name: each for name, each in vars(builtins).items() if isinstance(each, type) and issubclass(each, Exception)
}
MAX_ARGS = 20
MAX_BEHIND = 5
"""Exceptions behind an exception, each the cause or the context of the one before."""


def notes(error: BaseException) -> list[str]:
    """What was added to an exception."""
    found = getattr(error, "__notes__", None)
    return [each[:1_000] for each in found[:MAX_ARGS] if type(each) is str] if type(found) is list else []


def told(error: BaseException) -> list | None:
    """The arguments of an exception, if they are plain."""
    args = error.args
    plain = (
        type(args) is tuple and len(args) <= MAX_ARGS and all(type(each) in (str, int, float, bool) for each in args)
    )
    return [each[:5_000] if isinstance(each, str) else each for each in args] if plain else None
