"""What a process has beside names and a test may set: environment variables, the limit of recursion. Both sides."""

from __future__ import annotations

import os
import sys

State = dict[str, str | int | None]
"""Values by name; None of a variable that is not there."""
_LIMIT = "the limit of recursion"


def now() -> State:
    """All of it."""
    return {**os.environ, _LIMIT: sys.getrecursionlimit()}


def become(state: State) -> None:
    """Set what this says; the rest stays as it is."""
    for name, value in state.items():
        if name == _LIMIT:
            sys.setrecursionlimit(int(value or 0))
        elif value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)
