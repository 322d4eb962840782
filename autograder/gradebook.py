"""Grades into nbgrader's gradebook, through nbgrader's own API, one transaction a submission. Grader's side."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from shlex import quote
from typing import Any, NamedTuple

import nbgrader.api
from nbformat import NotebookNode
from nbgrader.api import (
    Base,
    BaseCell,
    Comment,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Grade as GradeRow
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.utils import compute_checksum
from sqlalchemy import URL, Engine, Index, create_engine, func, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, SAWarning
from sqlalchemy.orm import with_polymorphic
from tornado.log import app_log

from autograder.lesson import is_answer, is_grade, marks
from autograder.problems import Problem
from autograder.verdict import Grade


class GradebookError(Problem):
    """The gradebook does not know what it is asked for; the message says what to do."""


@cache
def _newest_tables() -> str:
    """The version of a new gradebook's tables."""
    from alembic.script import ScriptDirectory  # only where a gradebook is new

    return ScriptDirectory(ALEMBIC_DIR).get_current_head() or ""


# nbgrader starts a process for it, of a program that it looks for in PATH.
nbgrader.api.get_alembic_version = _newest_tables


@contextmanager
def opened(directory: CourseDirectory) -> Iterator[Gradebook]:
    """The course's gradebook."""
    engine, was_silent = _engine(directory.db_url), app_log.disabled
    try:
        _refuse_old_tables(engine, directory.root)
        app_log.disabled = True  # nbgrader logs, with its traceback, what it raises
        with Gradebook(directory.db_url, directory.course_id) as gradebook:
            yield gradebook
    except (DatabaseError, InvalidEntry) as error:
        cause = error if isinstance(error, DatabaseError) else error.__context__
        reason = str(getattr(cause, "orig", error)).strip()
        cure = next((cure for found, cure in _CURES.items() if found in reason), _TRY_AGAIN)
        raise GradebookError(f"{address(engine.url)}: {reason}\n{cure}") from error
    finally:
        app_log.disabled = was_silent
        engine.dispose()


# What a database says, and what to do. The server may be away too, or somebody else wrote the same row.
_TRY_AGAIN = "What was written stays. Run the same command again."
_OTHER_FILE = "Put a copy of your gradebook there, or name another as c.CourseDirectory.db_url in nbgrader_config.py."
_CURES = {
    "file is not a database": _OTHER_FILE,
    "malformed": _OTHER_FILE,
    "unable to open database file": _OTHER_FILE,
    "readonly": "Get the right to write to the file and to its folder, then run the same command again.",
}
_PACKAGES = {"MySQLdb": "mysqlclient"}


def address(url: URL) -> str:
    """Where a database is, as people read it: without its password, and with a file's path as it is."""
    return (
        f"sqlite:///{url.database}" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    )


def _engine(url: str) -> Engine:
    """A way to the database, if the address is one and there is a driver for it."""
    try:
        return create_engine(url)
    except ArgumentError as error:
        message = f"c.CourseDirectory.db_url in nbgrader_config.py is no address of a database: {error}."
        forms = "For a file it begins with sqlite:///. For PostgreSQL it begins with postgresql://"
        raise GradebookError(f"{message} {forms}") from None
    except ModuleNotFoundError as error:
        shown, install = address(make_url(url)), f"{sys.executable} -m pip install"
        if error.name in ("psycopg", "psycopg2"):
            needs = f'a driver for PostgreSQL. Install it with: {install} -c constraints.txt -e ".[postgres]"'
        else:
            package = _PACKAGES.get(str(error.name), error.name)
            needs = f"the Python package {package}, which is not here. Install it with: {install} {package}\n"
            needs += "Tried here are SQLite and PostgreSQL."
        raise GradebookError(f"{shown} needs {needs}") from None


def _refuse_old_tables(engine: Engine, root: str) -> None:
    """Leave a gradebook alone that an older nbgrader made: to open it adds tables, and every question then fails."""
    columns = inspect(engine).get_multi_columns()
    found = {table: {column["name"] for column in columns[schema, table]} for schema, table in columns}
    needed = {name: {column.name for column in table.columns} for name, table in Base.metadata.tables.items()}
    lacking = [name for name in sorted(needed) if needed[name] - found.get(name, set())]
    if lacking and found.keys() & needed.keys():
        copy = "nbgrader keeps a copy" if engine.dialect.name == "sqlite" else "Copy the database before"
        raise GradebookError(
            f"{address(engine.url)} was made by an older nbgrader (what is new is in {', '.join(lacking)}). "
            f"Run `nbgrader db upgrade` in {root}, then the same command again. {copy}."
        )


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


# nbgrader's tables have none by which the rows of one notebook are found: it looks through those of the whole course.
_INDEXES = [Index(f"{table.__tablename__}_of_notebook", table.__table__.c.notebook_id) for table in (GradeRow, Comment)]


def make_room_for_many(gradebook: Gradebook) -> None:
    """See to it that a question about one student takes no longer the more students there are."""
    for index in _INDEXES:
        # Another command may just have made it, and a server may let nobody but the owner do so: then it takes longer.
        with suppress(DatabaseError):
            index.create(gradebook.engine, checkfirst=True)


class Standing(NamedTuple):
    """What the gradebook says of a notebook that is graded."""

    score: float
    max_score: float
    penalty: float
    handed_in: datetime | None
    is_late: bool


def standings(gradebook: Gradebook, assignment: str, notebook: str) -> dict[str, Standing]:
    """How each student stands whose notebook is there, in one question for the whole class."""
    try:
        source = gradebook.find_notebook(notebook, assignment)
    except MissingEntry:
        return {}
    score = func.coalesce(func.sum(GradeRow.score), 0.0)
    question = (
        gradebook.db.query(SubmittedAssignment, SubmittedNotebook.late_submission_penalty, score)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .outerjoin(GradeRow, GradeRow.notebook_id == SubmittedNotebook.id)
        .filter(SubmittedNotebook.notebook_id == source.id)
        .group_by(SubmittedAssignment.id, SubmittedNotebook.id)
    )
    found = {
        entry.student_id: Standing(got, source.max_score, penalty or 0.0, entry.timestamp, entry.total_seconds_late > 0)
        for entry, penalty, got in question
    }
    gradebook.db.rollback()  # what reading began: a server holds a transaction for it
    return found


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
    judged, answers = {check.grade_id for check in grade.checks}, [*filter(is_answer, grade.notebook.cells)]
    unknown = judged - grades.keys() | {marks(cell)["grade_id"] for cell in answers} - comments.keys()
    if unknown:  # the lesson was changed while it was graded
        known = f"The gradebook knows {assignment} without {', '.join(sorted(unknown))}"
        raise GradebookError(f"{known}. Run `autograder build {quote(assignment)} --keep-grades`.")
    for check in grade.checks:
        row = grades[check.grade_id]
        if not check.verdict.waits:
            row.auto_score = check.points
        row.needs_manual_grade = row.manual_score is not None or check.points is None
    released = {cell.name: cell.checksum for cell in entry.notebook.source_cells}
    for cell in answers:
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
