"""Grade a class: submitted/ into the gradebook and autograded/. Grader's side; the one that writes."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from glob import escape
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.boundary.limits import Limits
from autograder.classes import code, companions
from autograder.classes.pool import ClusterError, Hall, InThisProcess, undisturbed
from autograder.classes.task import Task, as_sent, grade
from autograder.classes.times import TIMESTAMP, time_of
from autograder.course import Course
from autograder.files import write_whole
from autograder.gradebook import Standing, make_room_for_many, one_transaction, opened, save, standings
from autograder.lesson import Lesson, LessonError
from autograder.submission import SubmissionError, parse_submission, read_content
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


def students(course: Course, assignment: str, step: str = "submitted") -> list[str]:
    """Who has handed in the assignment; or whose is graded, with the step "autograded"."""
    pattern = course.folder(step, "*", assignment)
    return sorted(path.parent.name for path in pattern.parent.parent.glob(f"*/{escape(assignment)}") if path.is_dir())


def grade_class(
    course: Course,
    assignment: str,
    who: list[str],
    start: Callable[[], Executor] = InThisProcess,
    *,
    at_once: int | Callable[[], int] = 1,
    force: bool = False,
    limits: Limits | None = None,
) -> Iterator[Outcome]:
    """Grade what is new or changed (everything, with ``force``), one outcome for each student and notebook.

    Submissions are graded in executors that ``start`` makes, ``at_once`` of them (a function of the machines that come
    and go, or a number); outcomes come as they are ready. This process alone writes. Whenever it is stopped, what was
    graded stays graded.
    """
    seed = secrets.randbits(48)
    with opened(course.directory) as gradebook:
        for name in course.notebooks(assignment):
            desk = _Desk(course, gradebook, assignment, name, course.lesson(assignment, name), seed, limits or Limits())
            make_room_for_many(gradebook)
            with Hall[Outcome](start, at_once if callable(at_once) else lambda: at_once) as hall:
                for student in who:
                    yield from hall.make_room()
                    task = desk.task(student, force)
                    if isinstance(task, Outcome):
                        yield task
                    else:
                        hall.send(partial(grade, task), partial(desk.record, student, task))
                yield from hall.empty()


def to_be_graded(course: Course, assignment: str, name: str, who: list[str]) -> dict[str, str]:
    """Whose notebook has no grade, or an older one: each such student, and why it cannot be graded ("" if it can)."""
    found: dict[str, str] = {}
    with opened(course.directory) as gradebook:
        desk = _Desk(course, gradebook, assignment, name, course.lesson(assignment, name), 0, Limits())
        for student in who:
            task = desk.task(student, force=False)
            if isinstance(task, Outcome):
                found |= {student: task.reason} if task.reason else {}
                continue
            try:
                parse_submission(task.content, task.path)
                found[student] = ""
            except SubmissionError as error:
                found[student] = str(error)
    return found


@dataclass(frozen=True)
class _Desk:
    """Where one notebook of an assignment is handed out to be graded, and its grades are written down."""

    course: Course
    gradebook: Gradebook
    assignment: str
    name: str
    lesson: Lesson
    seed: int
    limits: Limits

    @undisturbed()
    def task(self, student: str, force: bool) -> Task | Outcome:
        """What there is to grade; the outcome, if there is nothing."""
        source = self._file("submitted", student)
        try:
            _refuse_links(source)
            content, handed_in = read_content(source), time_of(source.parent)
            task = Task(content, source, self._pickled, self.seed, self.limits, companions.read(source.parent))
        except SubmissionError as error:
            return Outcome(student, self.name, reason=str(error))
        if not force and (standing := self._standings.get(student)) and self._is_graded(student, task):
            if standing.is_late or standing.penalty or (handed_in and standing.handed_in != handed_in):
                self._follow(student, handed_in)
                return self._outcome(student)
            return Outcome(student, self.name, max(0.0, standing.score), standing.max_score)
        return task

    @undisturbed()
    def record(self, student: str, task: Task, future: Future[Grade]) -> Outcome:
        """Write down what came of a task."""
        try:
            grade, handed_in = future.result(), time_of(task.path.parent)
        except SubmissionError as error:
            return Outcome(student, self.name, reason=str(error))
        except (LessonError, ClusterError):
            raise
        except BrokenProcessPool:
            return Outcome(student, self.name, reason="could not be graded: the process that graded it died.")
        except BrokenExecutor as error:
            return Outcome(student, self.name, reason=f"could not be graded: {error}.")
        except Exception as error:
            return Outcome(student, self.name, reason=f"could not be graded: {type(error).__name__}: {error}")
        with one_transaction(self.gradebook):
            save(self.gradebook, grade, self.assignment, self.name, student, handed_in)
        self._penalise(student)
        # The notebook is written last: its record says that the gradebook has the grade.
        found = {"fingerprint": self._fingerprint(task), "seed": task.seed}
        grade.notebook.metadata[RECORD] = found | grade.as_record()
        own = self.course.folder("source", ".", self.assignment)
        _write(grade, task.path.parent, self._file("autograded", student), own)
        return self._outcome(student, grade)

    def _file(self, step: str, student: str) -> Path:
        """The student's notebook in a step of the work."""
        return self.course.folder(step, student, self.assignment) / f"{self.name}.ipynb"

    @cached_property
    def _standings(self) -> dict[str, Standing]:
        """How the class stands before it is graded."""
        return standings(self.gradebook, self.assignment, self.name)

    @cached_property
    def _pickled(self) -> bytes:
        return as_sent(self.lesson)

    @cached_property
    def _judge(self) -> bytes:
        """Changes with the lesson and the code that its grades follow from, so that what is mended grades again."""
        lesson = self.lesson
        parts = (nbformat.v4.writes(lesson.source).encode(), code.digest(lesson.packages, lesson.stem))
        own = (hashlib.sha256(os.fsencode(name) + b"/" + lesson.files[name]).digest() for name in sorted(lesson.files))
        return hashlib.sha256(b"".join((*parts, bytes([lesson.count_once]), *own))).digest()

    def _fingerprint(self, task: Task) -> str:
        parts = [task.content]
        for name in sorted(task.files):
            parts += [os.fsencode(name), task.files[name]]
        digests = (hashlib.sha256(part).digest() for part in parts)
        return hashlib.sha256(b"".join((self._judge, *digests))).hexdigest()

    def _is_graded(self, student: str, task: Task) -> bool:
        try:
            record = json.loads(self._file("autograded", student).read_bytes())["metadata"][RECORD]
            return record["fingerprint"] == self._fingerprint(task)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _outcome(self, student: str, grade: Grade | None = None) -> Outcome:
        entry = self.gradebook.find_submission_notebook(self.name, self.assignment, student)
        score = max(0.0, entry.score - (entry.late_submission_penalty or 0.0))
        outcome = Outcome(student, self.name, score, entry.max_score, grade)
        self._let_go()
        return outcome

    def _let_go(self) -> None:
        """End what reading began: a server holds a transaction for it, and may end the connection of one that waits."""
        self.gradebook.db.rollback()

    def _follow(self, student: str, handed_in: datetime | None) -> None:
        """Bring what is graded in line with its time, its due date and what people gave by hand since then."""
        entry = self.gradebook.find_submission(self.assignment, student)
        if handed_in and entry.timestamp != handed_in:
            entry.timestamp = handed_in
            self.gradebook.db.commit()
        self._penalise(student)

    def _penalise(self, student: str) -> None:
        """Apply nbgrader's late penalty plugin where the submission is late, or was before."""
        late = self.gradebook.find_submission(self.assignment, student).total_seconds_late > 0
        entry = self.gradebook.find_submission_notebook(self.name, self.assignment, student)
        if late or entry.late_submission_penalty:
            from nbgrader.preprocessors import (
                AssignLatePenalties,
            )  # only here: it comes with all that converts notebooks

            about = {"assignment": self.assignment, "notebook": self.name, "student": student}
            resources = {"nbgrader": about | {"db_url": self.course.directory.db_url}}
            AssignLatePenalties(config=self.course.config).preprocess(nbformat.v4.new_notebook(), resources)
            self.gradebook.db.expire_all()  # nbgrader wrote through a connection of its own


def _refuse_links(source: Path) -> None:
    """A folder that is a link could hand in another student's work."""
    for folder in (source.parent, source.parent.parent):
        if folder.is_symlink():
            raise SubmissionError(f"{folder} is a link. Put the submission itself there.")


def _write(grade: Grade, submitted: Path, target: Path, own: Path) -> None:
    """The graded notebook into autograded/, with when it was handed in and what is harmless of the files beside it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    stamp = submitted / TIMESTAMP
    # Never through a link: it could point at anything of the instructor's.
    if stamp.is_file() and not stamp.is_symlink():
        shutil.copyfile(stamp, target.parent / TIMESTAMP)
    companions.show(submitted, target.parent, own)
    # On one line: that takes a tenth of nbformat's time, and people read it in Jupyter.
    write_whole(target, json.dumps(grade.notebook))
