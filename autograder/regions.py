"""Solutions, hidden tests and mark schemes in a course's own notebook: each begins and ends. Grader's side.

nbgrader stops at a beginning without an end, and hands out what stands above an end without a beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbformat import NotebookNode
from traitlets.config.loader import Config

from autograder.lesson import LessonError, marks

_REGIONS = (
    ("ClearSolutions", "begin_solution_delimeter", "end_solution_delimeter", "BEGIN SOLUTION", "END SOLUTION"),
    ("ClearHiddenTests", "begin_test_delimeter", "end_test_delimeter", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"),
    (
        *("ClearMarkScheme", "begin_mark_scheme_delimeter", "end_mark_scheme_delimeter"),
        *("BEGIN MARK SCHEME", "END MARK SCHEME"),
    ),
)
"""By nbgrader's preprocessor: its options, and what they are if nobody sets them."""


def refuse_open_ones(notebook: NotebookNode, name: str, config: Config) -> None:
    """LessonError, if a region of the notebook has no end; ``name`` is how the notebook is called."""
    for place, line, what in _of_cells(notebook, config, _without_end):
        raise LessonError(f"{name}, {place}, line {line}: {what}")


def ends_alone(notebook: NotebookNode, config: Config) -> Iterator[tuple[str, str]]:
    """(cell, warning): ends of regions that have no beginning, over which nbgrader passes."""
    for place, line, what in _of_cells(notebook, config, _without_beginning):
        yield place, f"line {line}: {what}"


def _of_cells(
    notebook: NotebookNode, config: Config, find: Callable[[str, str, str], Iterator[tuple[int, str]]]
) -> Iterator[tuple[str, int, str]]:
    for number, cell in enumerate(notebook.cells, 1):
        grade_id = marks(cell).get("grade_id")
        place = f"cell {number} ({grade_id})" if grade_id else f"cell {number}"
        for kind, begin, end, begins, ends in _REGIONS:
            options = config[kind]
            found = find(cell.source, options.get(begin, begins), options.get(end, ends))
            yield from ((place, line, what) for line, what in found)


def _without_end(source: str, begin: str, end: str) -> Iterator[tuple[int, str]]:
    begun = 0
    for number, line in enumerate(source.split("\n"), 1):
        if begin in line:
            if begun:
                yield begun, f"{begin} has no {end} before the next {begin}. Write {end} where it ends."
            begun = number
        elif end in line:
            begun = 0
    if begun:
        yield begun, f"{begin} has no {end} below it. Write {end} where it ends."


def _without_beginning(source: str, begin: str, end: str) -> Iterator[tuple[int, str]]:
    begun = False
    for number, line in enumerate(source.split("\n"), 1):
        if begin in line:
            begun = True
        elif end in line:
            if not begun:
                yield number, f"{end} has no {begin} above it, and hides nothing"
            begun = False
