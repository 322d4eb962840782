"""Grades into nbgrader's gradebook, through nbgrader's own API, one transaction a submission. Grader's side."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import BaseCell, Gradebook, InvalidEntry, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import compute_checksum
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, SAWarning
from sqlalchemy.orm import with_polymorphic

from autograder.lesson import is_answer, is_grade, marks
from autograder.verdict import Grade


class GradebookError(Exception):
    """The gradebook does not know what it is asked for; the message says what to do."""


@contextmanager
def opened(directory: CourseDirectory) -> Iterator[Gradebook]:
    """The course's gradebook."""
    # nbgrader creates a new database by running `alembic` from PATH: that of this environment.
    path = os.environ.get("PATH", "")
    here = str(Path(sys.executable).parent)
    if here not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([here, path])
    try:
        url = make_url(directory.db_url).render_as_string(hide_password=True)
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            yield gradebook
    except ArgumentError as error:
        message = f"c.CourseDirectory.db_url in nbgrader_config.py is no address of a database: {error}."
        raise GradebookError(f"{message} For PostgreSQL it begins with postgresql://") from None
    except ModuleNotFoundError as error:
        if error.name not in ("psycopg", "psycopg2"):
            raise
        install = f'{sys.executable} -m pip install -c constraints.txt -e ".[postgres]"'
        raise GradebookError(f"{url} needs a driver for PostgreSQL. Install it with: {install}") from None
    except (OperationalError, IntegrityError, InvalidEntry) as error:
        # The server is away, or somebody else wrote the same row.
        reason = str(getattr(error, "orig", error)).strip()
        raise GradebookError(f"{url}: {reason}\nWhat was written stays. Run the same command again.") from error


@contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[None]:
    """nbgrader's API commits at every step; in here each step is only flushed, and one commit ends them all."""
    session = gradebook.db
    session.commit = session.flush
    try:
        with warnings.catch_warnings():
            # nbgrader builds its rows before it adds them, which SQLAlchemy remarks on at every flush.
            warnings.simplefilter("ignore", SAWarning)
            yield
        del session.commit
        session.commit()
    except BaseException:
        session.__dict__.pop("commit", None)
        session.rollback()
        raise


def save(
    gradebook: Gradebook, grade: Grade, assignment: str, notebook: str, student: str, timestamp: datetime | None = None
) -> None:
    """Write one notebook's grade. Scores given by hand stay; a judge error leaves the score as it is, for a person."""
    try:
        gradebook.find_notebook(notebook, assignment)
    except MissingEntry:
        message = f"The gradebook does not know {assignment}. Run `autograder build {assignment}`."
        raise GradebookError(message) from None
    gradebook.update_or_create_student(student)
    when = {"timestamp": timestamp} if timestamp else {}
    gradebook.update_or_create_submission(assignment, student, **when)
    # One query for all rows of a kind, and for the cells that they name: find_grade and find_comment take one each.
    entry = gradebook.find_submission_notebook(notebook, assignment, student)
    every = with_polymorphic(BaseCell, "*")
    named = gradebook.db.query(every).filter(every.notebook_id == entry.notebook_id).all()  # held until they are used
    grades = {row.name: row for row in entry.grades}
    comments = {row.name: row for row in entry.comments}
    for check in grade.checks:
        row = grades[check.grade_id]
        if not check.verdict.waits:
            row.auto_score = check.points
        row.needs_manual_grade = row.manual_score is not None or check.points is None
    released = {cell.name: cell.checksum for cell in entry.notebook.source_cells}
    for cell in grade.notebook.cells:
        if is_answer(cell):
            name = marks(cell)["grade_id"]
            _save_answer(cell, compute_checksum(cell) == released[name], comments[name], grades.get(name))
    del named
    gradebook.db.commit()


def _save_answer(cell: NotebookNode, untouched: bool, comment: Any, row: Any) -> None:
    """What nbgrader records about an answer: whether it was left as released, and whether a person must grade it."""
    comment.auto_comment = "No response." if untouched else None
    if marks(cell).get("grade") and not is_grade(cell):
        row.auto_score = 0.0 if untouched else None
        row.needs_manual_grade = row.manual_score is not None or not untouched
