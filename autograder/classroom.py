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
from autograder.remote import Limits, Template
from autograder.submission import SubmissionError, read_submission
from autograder.verdict import Grade

RECORD = "autograder"


@dataclass(frozen=True)
class Outcome:
    """What became of one student's notebook: a grade, nothing new to do, or the reason why it cannot be graded."""

    student: str
    notebook: str
    grade: Grade | None = None
    reason: str = ""


def students(course: Course, assignment: str) -> list[str]:
    """Who has handed in the assignment."""
    pattern = course.folder("submitted", "*", assignment)
    return sorted(path.parent.name for path in pattern.parent.parent.glob(f"*/{assignment}") if path.is_dir())


def grade_class(
    course: Course, assignment: str, who: list[str], force: bool = False, limits: Limits | None = None
) -> Iterator[Outcome]:
    """Grade what is new or changed (everything, with ``force``), one outcome for each student and notebook."""
    lessons = {name: course.lesson(assignment, name) for name in course.notebooks(assignment)}
    seed = secrets.randbits(48)
    with opened(course.directory) as gradebook, Template() as template:
        for name, lesson in lessons.items():
            with Grader(lesson, template, limits) as grader:
                for student in who:
                    yield _grade_one(course, gradebook, grader, assignment, name, student, seed, force)


def _grade_one(
    course: Course,
    gradebook: Gradebook,
    grader: Grader,
    assignment: str,
    name: str,
    student: str,
    seed: int,
    force: bool,
) -> Outcome:
    folder = course.folder("submitted", student, assignment)
    source, target = folder / f"{name}.ipynb", course.folder("autograded", student, assignment) / f"{name}.ipynb"
    try:
        submitted = read_submission(source)
    except SubmissionError as error:
        return Outcome(student, name, reason=str(error))
    fingerprint = _fingerprint(source, grader.lesson)
    if not force and _is_graded(gradebook, assignment, name, student, target, fingerprint):
        return Outcome(student, name)
    grade = grader.grade(submitted, seed)
    timestamp = course.directory.get_existing_timestamp(str(folder))
    with one_transaction(gradebook):
        save(gradebook, grade, assignment, name, student, timestamp)
    _penalise(course, gradebook, assignment, name, student)
    # The notebook is written last: its record says that the gradebook has the grade.
    verdicts = {check.grade_id: check.verdict.value for check in grade.checks}
    record = {"fingerprint": fingerprint, "isolation": list(grade.isolation), "seed": seed, "verdicts": verdicts}
    grade.notebook.metadata[RECORD] = record
    _write(grade, folder, target)
    return Outcome(student, name, grade)


def _fingerprint(source: Path, lesson: Lesson) -> str:
    """Changes with the submission, the lesson, and the code that judges."""
    digest = hashlib.sha256(source.read_bytes())
    digest.update(nbformat.writes(lesson.source).encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_graded(gradebook: Gradebook, assignment: str, name: str, student: str, target: Path, fingerprint: str) -> bool:
    try:
        gradebook.find_submission_notebook(name, assignment, student)
        record = nbformat.read(target, as_version=4).metadata.get(RECORD, {})
    except (MissingEntry, OSError, ValueError):
        return False
    return record.get("fingerprint") == fingerprint


def _penalise(course: Course, gradebook: Gradebook, assignment: str, name: str, student: str) -> None:
    """Apply nbgrader's late penalty plugin where the submission is late, or was before."""
    late = gradebook.find_submission(assignment, student).total_seconds_late > 0
    if late or gradebook.find_submission_notebook(name, assignment, student).late_submission_penalty:
        about = {"assignment": assignment, "notebook": name, "student": student, "db_url": course.directory.db_url}
        AssignLatePenalties(config=course.config).preprocess(nbformat.v4.new_notebook(), {"nbgrader": about})


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
