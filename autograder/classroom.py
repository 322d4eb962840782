"""Grade a class: submitted/ into the gradebook and autograded/. Grader's side; the one that writes."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties

from autograder.course import Course
from autograder.gradebook import one_transaction, opened, save
from autograder.grading import Grader
from autograder.lesson import Lesson
from autograder.limits import Limits
from autograder.submission import SubmissionError, read_submission
from autograder.template import Template
from autograder.verdict import Grade

RECORD = "autograder"


@dataclass(frozen=True)
class Outcome:
    """What became of one student's notebook: its score in the gradebook, or the reason why it cannot be graded.

    ``grade`` is None where there was nothing new to do. The score counts what people gave by hand and late penalties.
    """

    student: str
    notebook: str
    score: float = 0.0
    max_score: float = 0.0
    grade: Grade | None = None
    reason: str = ""


def students(course: Course, assignment: str) -> list[str]:
    """Who has handed in the assignment."""
    pattern = course.folder("submitted", "*", assignment)
    return sorted(path.parent.name for path in pattern.parent.parent.glob(f"*/{assignment}") if path.is_dir())


def grade_class(
    course: Course,
    assignment: str,
    who: list[str],
    template: Template,
    *,
    force: bool = False,
    limits: Limits | None = None,
) -> Iterator[Outcome]:
    """Grade what is new or changed (everything, with ``force``), one outcome for each student and notebook."""
    seed = secrets.randbits(48)
    with opened(course.directory) as gradebook:
        for name in course.notebooks(assignment):
            lesson = course.lesson(assignment, name)
            desk = _Desk(course, gradebook, assignment, name, _fingerprint(lesson), seed)
            with Grader(lesson, template, limits) as grader:
                for student in who:
                    yield _grade_one(desk, grader, student, force)


@dataclass(frozen=True)
class _Desk:
    """Where one notebook of an assignment is graded for every student."""

    course: Course
    gradebook: Gradebook
    assignment: str
    name: str
    judge: str
    seed: int

    def file(self, step: str, student: str) -> Path:
        """The student's notebook in a step of the work."""
        return self.course.folder(step, student, self.assignment) / f"{self.name}.ipynb"


def _grade_one(desk: _Desk, grader: Grader, student: str, force: bool) -> Outcome:
    source, target = desk.file("submitted", student), desk.file("autograded", student)
    try:
        submitted = read_submission(source)
    except SubmissionError as error:
        return Outcome(student, desk.name, reason=str(error))
    fingerprint = hashlib.sha256(desk.judge.encode() + source.read_bytes()).hexdigest()
    if not force and _is_graded(desk, student, target, fingerprint):
        return _outcome(desk, student)
    grade = grader.grade(submitted, desk.seed)
    timestamp = desk.course.directory.get_existing_timestamp(str(source.parent))
    with one_transaction(desk.gradebook):
        save(desk.gradebook, grade, desk.assignment, desk.name, student, timestamp)
    _penalise(desk, student)
    # The notebook is written last: its record says that the gradebook has the grade.
    verdicts = {check.grade_id: check.verdict.value for check in grade.checks}
    record = {"fingerprint": fingerprint, "isolation": list(grade.isolation), "seed": desk.seed, "verdicts": verdicts}
    grade.notebook.metadata[RECORD] = record
    _write(grade, source.parent, target)
    return _outcome(desk, student, grade)


def _outcome(desk: _Desk, student: str, grade: Grade | None = None) -> Outcome:
    entry = desk.gradebook.find_submission_notebook(desk.name, desk.assignment, student)
    score = max(0.0, entry.score - (entry.late_submission_penalty or 0.0))
    return Outcome(student, desk.name, score, entry.max_score, grade)


def _fingerprint(lesson: Lesson) -> str:
    """Changes with the lesson and with the code that judges, so that a mended check grades again."""
    digest = hashlib.sha256(nbformat.writes(lesson.source).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_graded(desk: _Desk, student: str, target: Path, fingerprint: str) -> bool:
    try:
        desk.gradebook.find_submission_notebook(desk.name, desk.assignment, student)
        record = nbformat.read(target, as_version=4).metadata.get(RECORD, {})
    except (MissingEntry, OSError, ValueError):
        return False
    return record.get("fingerprint") == fingerprint


def _penalise(desk: _Desk, student: str) -> None:
    """Apply nbgrader's late penalty plugin where the submission is late, or was before."""
    late = desk.gradebook.find_submission(desk.assignment, student).total_seconds_late > 0
    entry = desk.gradebook.find_submission_notebook(desk.name, desk.assignment, student)
    if late or entry.late_submission_penalty:
        about = {"assignment": desk.assignment, "notebook": desk.name, "student": student}
        resources = {"nbgrader": about | {"db_url": desk.course.directory.db_url}}
        AssignLatePenalties(config=desk.course.config).preprocess(nbformat.v4.new_notebook(), resources)
        desk.gradebook.db.expire_all()  # nbgrader wrote through a connection of its own


def _write(grade: Grade, submitted: Path, target: Path) -> None:
    """The graded notebook into autograded/, with the files that were handed in beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in submitted.iterdir():
        # Never through a link: it could point at anything of the instructor's.
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb":
            shutil.copyfile(path, target.parent / path.name)
    part = target.with_suffix(".part")
    nbformat.write(grade.notebook, part)
    os.replace(part, target)
