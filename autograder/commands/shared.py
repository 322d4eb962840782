"""What the commands have in common: options, exit statuses, errors in words. Grader's side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from autograder.boundary.limits import Isolation, IsolationError
from autograder.problems import Problem

# Names of lessons, students and files may hold brackets and colons, which are no markup.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

Lessons = Annotated[
    list[str] | None, typer.Argument(metavar="[LESSON]...", help="Lessons by name; all if none is given.")
]
Isolations = Annotated[
    Isolation, typer.Option(help="How far submissions are locked in; full refuses to start where a layer is missing.")
]


class Exit:
    """Exit statuses that scripts rely on."""

    FULL_MARKS, NOT_FULL_MARKS, UNGRADABLE, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def explained() -> Iterator[None]:
    """A problem is told in words, not in a traceback."""
    try:
        yield
    except (Problem, IsolationError) as error:
        err.print(Text(str(error)))
        raise typer.Exit(Exit.UNGRADABLE) from None
