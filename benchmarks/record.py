"""What the records of lessons have in common: the solved lesson's functions, tables, and the line that says how."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.magics import python
from autograder.submission import runs


@cache
def answers(stem: str) -> dict[str, Any]:
    """The names that a solved lesson defines in its locked cells and answers."""
    names: dict[str, Any] = {}
    for cell in filter(runs, Course.containing(Path(__file__).parent).lesson(stem).source.cells):
        exec(python(cell.source), names)
    return names


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]


def measured(script: str) -> str:
    """When and on what a record was measured, and by which script of this folder."""
    return (
        f"Measured on {date.today().isoformat()}: {platform.machine()}, one thread; "
        f"Python {platform.python_version()}, torch {importlib.metadata.version('torch')}. "
        f"`python benchmarks/{Path(script).name} --write` measures it again."
    )
