"""A learner's self-check: what each notebook in work/ has earned so far. Grader's side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.classes import companions
from autograder.course import Course, Written
from autograder.grading import Grader
from autograder.lesson import Lesson
from autograder.problems import Problem
from autograder.submission import SubmissionError, read_submission
from autograder.verdict import Verdict


@dataclass(frozen=True)
class Standing:
    """How far a learner is with one lesson; ``points`` is None where the notebook cannot be graded."""

    lesson: str
    points: float | None
    max_points: float
    begun: bool
    next_exercise: str | None = None
    """The first exercise with a check that does not pass yet."""
    waiting: int = 0
    """Checks that wait for a person, and count nothing until then."""
    error: str | None = None
    """Why the notebook cannot be graded."""

    def as_json(self) -> dict[str, Any]:
        """The object that ``autograder status --json`` prints."""
        return asdict(self)

    @property
    def in_words(self) -> str:
        """What the last column of the table says."""
        if self.error:
            return self.error
        if not self.begun:
            return "not begun"
        if not self.waiting:
            return self.next_exercise or "all passed"
        waits = f"{self.waiting} {'checks wait' if self.waiting > 1 else 'check waits'} for a person"
        return f"{self.next_exercise}; {waits}" if self.next_exercise else waits


def standing(course: Course, written: Written, template: Template, seed: int, limits: Limits) -> Standing:
    """How far one notebook in work/ is; it is graded only if a code cell was changed."""
    assignment, name = written
    lesson, title = course.lesson(assignment, name), written.title
    most = sum(lesson.points(grade_id) for grade_id in lesson.exercises)
    path = course.work / assignment / f"{name}.ipynb"
    # One of another name is not passed by: the error below names it.
    others = {each.stem for each in path.parent.glob("*.ipynb")} - set(course.notebooks(assignment))
    if not path.exists() and not path.is_symlink() and not others:
        return Standing(title, 0.0, most, begun=False)
    try:
        submitted = read_submission(path)
        if _code(submitted) == _released(course, written):
            return Standing(title, 0.0, most, begun=False)
        with Grader(lesson, template, limits) as grader:
            grade = grader.grade(submitted, seed, files=_beside(path.parent))
    except Problem as error:
        # The folder is the course's own, as every learner knows.
        return Standing(title, None, most, begun=True, error=str(error).replace(f"{course.root}/", ""))
    waiting = sum(check.verdict.waits for check in grade.checks)
    left = (each.grade_id for each in grade.checks if each.verdict is not Verdict.ACCEPTED and not each.verdict.waits)
    following = _exercise(lesson, next(left, None))
    return Standing(title, grade.points, most, begun=True, next_exercise=following, waiting=waiting)


def _beside(folder: Path) -> companions.Files:
    """The files beside the notebook, if they are not too many to be handed in with it."""
    try:
        return companions.read(folder)
    except SubmissionError:
        return {}


def _exercise(lesson: Lesson, grade_id: str | None) -> str | None:
    return grade_id and (lesson.exercises[grade_id] or grade_id)


def _released(course: Course, written: Written) -> list[str] | None:
    """The code of the notebook as it was released, if it can be had."""
    try:
        return _code(read_submission(course.folder("release", ".", written.assignment) / f"{written.notebook}.ipynb"))
    except SubmissionError:
        return None


def _code(notebook: NotebookNode) -> list[str]:
    """What runs in a notebook: a learner may answer in a cell of their own."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def as_table(standings: list[Standing]) -> Table:
    """A row for every lesson, and the total."""
    lesson, points = Column("lesson", no_wrap=True), Column("points", justify="right", no_wrap=True)
    table = Table(lesson, Column("", width=10), points, Column("next exercise", overflow="fold"))
    for each in standings:
        table.add_row(each.lesson, *_progress(each.points, each.max_points), Text(each.in_words))
    table.add_section()
    earned = sum(each.points or 0.0 for each in standings)
    table.add_row("total", *_progress(earned, sum(each.max_points for each in standings)), "")
    return table


def _progress(points: float | None, most: float) -> tuple[ProgressBar, str]:
    """A bar, and the same in numbers."""
    shown = "?" if points is None else f"{points:g}"
    bar = ProgressBar(total=most or 1.0, completed=points or 0.0, complete_style="cyan", finished_style="green")
    return bar, f"{shown}/{most:g}"
