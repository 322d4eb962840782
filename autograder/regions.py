"""Solutions, hidden tests and mark schemes in a course's own notebook: each begins and ends. Grader's side.

nbgrader stops at a beginning without an end, and hands out what stands above an end without a beginning.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    """LessonError, if a region of the notebook has no beginning or no end; ``name`` is how the notebook is called."""
    for number, cell in enumerate(notebook.cells, 1):
        for kind, begin, end, begins, ends in _REGIONS:
            options = config[kind]
            for line, what in _open(cell.source, options.get(begin, begins), options.get(end, ends)):
                grade_id = marks(cell).get("grade_id")
                which = f"cell {number} ({grade_id})" if grade_id else f"cell {number}"
                raise LessonError(f"{name}, {which}, line {line}: {what}")


def _open(source: str, begin: str, end: str) -> Iterator[tuple[int, str]]:
    """The lines of a cell's regions that lack another, and what to do."""
    begun = 0
    for number, line in enumerate(source.split("\n"), 1):
        if begin in line:
            if begun:
                yield begun, f"{begin} has no {end} before the next {begin}. Write {end} where it ends."
            begun = number
        elif end in line:
            if not begun:
                yield number, f"{end} has no {begin} above it, and hides nothing. Write {begin} where it begins."
            begun = 0
    if begun:
        yield begun, f"{begin} has no {end} below it. Write {end} where it ends."
