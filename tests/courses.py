"""Small lessons of other courses: plain nbgrader cells, and no checks of ours."""

import nbformat
from nbformat import NotebookNode

from autograder.lesson import Lesson, read_cells


def locked(source: str, name: str = "setup") -> NotebookNode:
    """An ordinary cell that nobody changes."""
    return _cell(source, name, locked=True)


def answer(source: str, name: str = "answer") -> NotebookNode:
    """An answer cell, with the reference's answer in it."""
    return _cell(source, name, solution=True)


def test(source: str, name: str = "test", points: float = 2) -> NotebookNode:
    """A grade cell."""
    return _cell(source, name, grade=True, locked=True, points=points)


def plain(source: str) -> NotebookNode:
    """A cell that nbgrader does not know."""
    return nbformat.v4.new_code_cell(source)


def lesson_of(*cells: NotebookNode, **more: object) -> Lesson:
    """The lesson that these cells make."""
    return Lesson("ps1", read_cells(nbformat.v4.new_notebook(cells=list(cells))), **more)  # type: ignore[arg-type]


def _cell(source: str, name: str, **marks: object) -> NotebookNode:
    kept = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "task": False, "grade_id": name}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": kept | marks})
