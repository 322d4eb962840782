"""A lesson as its author wrote it: cells, exercises, points. Grader's side."""

from __future__ import annotations

import copy
import hashlib
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.marks import MarkError, expand
from autograder.packages import Packages
from autograder.problems import Problem

NO_PACKAGES = Packages()
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class LessonError(Problem):
    """A lesson cannot be read; the message says what, where and what to do."""


def marks(cell: NotebookNode) -> dict:
    """The cell's nbgrader metadata, empty for an ordinary cell."""
    found: dict = cell["metadata"].get("nbgrader", {})  # by keys, as below: of every cell it is asked again and again
    return found


def is_grade(cell: NotebookNode) -> bool:
    """A cell that earns points by running: a test, not a written answer."""
    own = marks(cell)
    return bool(own.get("grade")) and not own.get("solution") and cell["cell_type"] == "code"


def is_answer(cell: NotebookNode) -> bool:
    """A cell that the learner fills in."""
    return bool(marks(cell).get("solution"))


def is_locked(cell: NotebookNode) -> bool:
    """A cell whose text is the instructor's whatever was handed in."""
    return is_grade(cell) or (bool(marks(cell).get("locked")) and not is_answer(cell))


def is_demo(cell: NotebookNode) -> bool:
    """A cell that only shows something; grading does not run it."""
    return "demo" in cell["metadata"].get("tags", [])


def is_folded(cell: NotebookNode) -> bool:
    """A cell that only draws: Jupyter shows its first line until somebody opens it."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def answered(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of the notebook with these texts in the cells of these ``grade_id``."""
    copied = copy.deepcopy(notebook)
    for cell in copied.cells:
        cell.source = answers.get(marks(cell).get("grade_id", ""), cell.source)
    return copied


def read_source(path: Path, packages: Packages) -> NotebookNode:
    """Read a lesson's source, percent script or notebook, as a notebook with stable cell ids."""
    try:
        if path.suffix == ".py":
            notebook = copy.deepcopy(_of_script(path.read_text(encoding="utf-8")))
        else:
            with warnings.catch_warnings():  # of cells without ids, which get some below
                warnings.simplefilter("ignore")
                notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise LessonError(f"{path}: cannot be read as a lesson source: {error}") from error
    try:
        expand(notebook, packages.checks_of(path.stem))
    except MarkError as error:
        raise LessonError(f"{path}, {error}") from None
    return read_cells(notebook)


@lru_cache(maxsize=32)
def _of_script(text: str) -> NotebookNode:
    """A script as a notebook, read once: a command asks for its lesson again and again."""
    import jupytext  # only where a source is read: who grades has got the lesson

    return jupytext.reads(text, {"extension": ".py"})


def read_cells(notebook: NotebookNode) -> NotebookNode:
    """The notebook, its cells with stable ids, and of nbgrader's marks those that nbgrader keeps."""
    notebook.metadata = NotebookNode(kernelspec=KERNELSPEC, language_info={"name": "python"})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        # Without a name nbgrader itself keeps nothing of a cell: it is an ordinary one.
        if marks(cell).get("grade_id") is None:
            cell.metadata.pop("nbgrader", None)
    _name_cells(notebook)
    return notebook


def _name_cells(notebook: NotebookNode) -> None:
    """Ids that depend on the cell alone, so that builds repeat and an inserted cell renames no other."""
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        name = marks(cell).get("grade_id") or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[name] += 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


@dataclass(frozen=True)
class Lesson:
    """A lesson's source notebook, solutions included; the authority on grade cells and points."""

    stem: str
    source: NotebookNode
    packages: Packages = NO_PACKAGES
    count_once: bool = True
    """Whether a check that fails because of another answer is judged again with a right one in its place."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """What lies beside it in the course: data, and modules of the instructor's."""

    @classmethod
    def read(
        cls,
        path: Path,
        packages: Packages = NO_PACKAGES,
        count_once: bool = True,
        files: Mapping[str, bytes] | None = None,
    ) -> Lesson:
        """Read the lesson whose source is ``path`` (its stem is the lesson's name)."""
        return cls(path.stem, read_source(path, packages), packages, count_once, files or {})

    @cached_property
    def cells(self) -> dict[str, NotebookNode]:
        """Every cell that nbgrader knows, by ``grade_id``."""
        return {marks(cell)["grade_id"]: cell for cell in self.source.cells if marks(cell)}

    @cached_property
    def exercises(self) -> dict[str, str]:
        """Grade cell -> its exercise: the answer cell before it ('' when there is none)."""
        exercises, current = {}, ""
        for cell in self.source.cells:
            if is_answer(cell):
                current = marks(cell)["grade_id"]
            elif is_grade(cell):
                exercises[marks(cell)["grade_id"]] = current
        return exercises

    def last(self, grade_ids: set[str]) -> str | None:
        """Which of these grade cells comes last; None of none."""
        return next((grade_id for grade_id in reversed(self.exercises) if grade_id in grade_ids), None)

    @cached_property
    def shown(self) -> dict[str, str]:
        """The source of each grade cell as people get to see it, without hidden tests, by ``grade_id``."""
        return {name: _without_hidden_tests(self.cells[name]) for name in self.exercises}

    def points(self, grade_id: str) -> float:
        """The points that the grade cell is worth."""
        return float(marks(self.cells[grade_id])["points"])


def _without_hidden_tests(cell: NotebookNode) -> str:
    """The source of a grade cell as nbgrader releases it."""
    if "HIDDEN TESTS" not in cell.source:
        return str(cell.source)
    from nbgrader.preprocessors import ClearHiddenTests  # only where there are some, as above

    return str(ClearHiddenTests().preprocess_cell(copy.deepcopy(cell), {}, 0)[0].source)
