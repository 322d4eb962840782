"""Whether a lesson's source, its release and the gradebook agree on what earns points. Grader's side."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, Notebook
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from autograder.course import Course
from autograder.gradebook import GradebookError
from autograder.lesson import marks
from autograder.submission import SubmissionError, read_submission

CHECK, WRITTEN, ANSWER = "a check", "an answer that a person grades", "an answer"
TASK, LOCKED = "a task", "a locked cell"


@dataclass(frozen=True)
class Marked:
    """A cell of which the gradebook has rows: what it is, and what it is worth where it is graded."""

    kind: str
    points: float | None
    cell_type: str = field(default="code", compare=False)

    @property
    def worth(self) -> str:
        """Its points in words."""
        return "" if self.points is None else f"{self.points:g} point{'s' * (self.points != 1)}"


def marked(notebook: NotebookNode) -> dict[str, Marked]:
    """The cells of a notebook that nbgrader enters in the gradebook, by ``grade_id``."""
    found = {}
    for cell in notebook.cells:
        kind = _kind(is_grade(cell), is_solution(cell), is_task(cell), is_locked(cell))
        if kind and (name := marks(cell).get("grade_id")):
            # A grade cell without points is a mistake that the build names.
            points = float(marks(cell).get("points") or 0) if kind in (CHECK, WRITTEN, TASK) else None
            found[name] = Marked(kind, points, cell.cell_type)
    return found


def entered(notebook: Notebook) -> dict[str, Marked]:
    """The cells of a notebook as the gradebook has them."""
    graded = {cell.name: cell.max_score for cell in notebook.grade_cells}
    tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    return {
        cell.name: Marked(
            _kind(cell.name in graded, cell.name in solutions, cell.name in tasks, locked=True),
            graded.get(cell.name, tasks.get(cell.name)),
            cell.cell_type,
        )
        for cell in notebook.source_cells
    }


def _kind(grade: bool, solution: bool, task: bool, locked: bool) -> str:
    if grade:
        return WRITTEN if solution else CHECK
    return ANSWER if solution else TASK if task else LOCKED if locked else ""


def differences(now: Mapping[str, Marked], before: Mapping[str, Marked]) -> dict[str, str]:
    """How cells differ from what they were: by name, in words."""
    found = {}
    for name in {**now, **before}:
        if name not in before:
            found[name] = f"'{name}' is new" + (f" ({now[name].worth})" if now[name].worth else "")
        elif name not in now:
            found[name] = f"'{name}' is gone" + (f" ({before[name].worth})" if before[name].worth else "")
        elif now[name].kind != before[name].kind:
            found[name] = f"'{name}' is {now[name].kind}, and was {before[name].kind}"
        elif now[name] != before[name]:
            found[name] = f"'{name}' is worth {now[name].worth}, and was worth {before[name].points:g}"
    return found


def require_agreement(course: Course, gradebook: Gradebook, assignment: str) -> None:
    """Raise GradebookError unless all agree on an assignment: it says which cells differ, where, and what to run."""
    name, by_nbgrader = shlex.quote(assignment), assignment not in course.stems
    build = f"nbgrader generate_assignment {name} --force" if by_nbgrader else f"autograder build {name}"
    said, graded = [], False
    for each in course.notebooks(assignment):
        now = marked(course.lesson(assignment, each).source)
        try:
            entry = gradebook.find_notebook(each, assignment)
        except MissingEntry:
            raise GradebookError(f"The gradebook does not know {assignment}. Run `{build}`.") from None
        release = course.folder("release", ".", assignment) / f"{each}.ipynb"
        if found := differences(now, entered(entry)).values():
            said.append(f"  the gradebook: {'; '.join(found)}")
            graded |= bool(entry.submissions)
        if found := _in_release(now, release).values():
            said.append(f"  {os.path.relpath(release, course.root)}: {'; '.join(found)}")
    if said:
        keep = f"`autograder build {name} --keep-grades` (what is graded already follows the lesson)"
        first = f"The source of {assignment} has changed since it was released. It differs from"
        last = f"Run {keep if graded else f'`{build}`'}, then `autograder grade {name}`."
        raise GradebookError("\n".join([first, *said, last]))


def _in_release(now: Mapping[str, Marked], release: Path) -> dict[str, str]:
    """How the source differs from what was released, if that is there."""
    if not release.exists():
        return {}
    try:
        return differences(now, marked(read_submission(release)))
    except SubmissionError as error:
        return {"": str(error)}
