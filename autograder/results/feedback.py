"""A class's feedback pages: from autograded/ and the gradebook into feedback/. Grader's side; it runs nobody's code."""

from __future__ import annotations

import copy
import logging
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateFeedback, NbGraderException

from autograder.boundary.limits import PAGE_BYTES, PAGE_SECONDS
from autograder.bounds import TimeUp, alarm, last_resort, memory
from autograder.classes.pool import PATIENCE, Hall, NothingToSetUp, processes
from autograder.course import Course, only_notebook
from autograder.gradebook import opened
from autograder.results.feedback_page import MADE_FROM, FeedbackPage, ReadGrades, digest, grades_of

# A process of its own pays from about so many pages.
PAGES_A_PROCESS = 8


@dataclass(frozen=True)
class Wanted:
    """One page to be made, in words that travel to another process."""

    root: Path
    assignment: str
    notebook: str
    student: str

    @property
    def source(self) -> Path:
        """The graded notebook."""
        return Course(self.root).folder("autograded", self.student, self.assignment) / f"{self.notebook}.ipynb"

    @property
    def target(self) -> Path:
        """The page."""
        return Course(self.root).folder("feedback", self.student, self.assignment) / f"{self.notebook}.html"


@dataclass(frozen=True)
class Made:
    """What became of a page: it is new, it was up to date, or there is none for a reason."""

    student: str
    is_new: bool = False
    reason: str = ""


def make_feedback(
    course: Course, assignment: str, who: list[str], jobs: int = 1, *, force: bool = False
) -> Iterator[Made]:
    """Make the pages that are missing or out of date (all, with ``force``), in up to ``jobs`` processes."""
    wanted = []
    with opened(course.directory) as gradebook:
        for name in course.notebooks(assignment):
            for student in who:
                page = Wanted(course.root, assignment, name, student)
                try:
                    grades = grades_of(gradebook, assignment, name, student)
                    made_from = digest(page.source.read_bytes(), grades)
                except (MissingEntry, OSError):
                    run = f"Run `autograder grade {assignment} --student {student}`."
                    yield Made(student, reason=f"{name} is not both in autograded/ and in the gradebook. {run}")
                    continue
                if not force and _made_from(page.target) == MADE_FROM.format(made_from):
                    yield Made(student)
                else:
                    wanted.append(page)
    yield from _all(wanted, min(jobs, 1 + len(wanted) // PAGES_A_PROCESS))


def make_page(page: Wanted) -> Made:
    """Make one page with nbgrader's converter."""
    course = Course(page.root)
    config = copy.deepcopy(course.config)
    if "exporter_class" not in config.GenerateFeedback:
        config.GenerateFeedback.update(exporter_class=FeedbackPage, preprocessors=[ReadGrades])
    directory = course.directory
    directory.assignment_id, directory.notebook_id, directory.student_id = page.assignment, page.notebook, page.student
    converter = _Converter(coursedir=directory, config=config, force=True)
    converter.log = _silent
    try:
        with alarm(PAGE_SECONDS), memory(PAGE_BYTES), last_resort(PAGE_SECONDS + PATIENCE):
            converter.start()
        if not page.target.is_file():
            raise NbGraderException("nbgrader's configuration leaves it out")
    except TimeUp:
        return Made(page.student, reason=f"{page.notebook} has no page: it took more than {PAGE_SECONDS:g} s.")
    except Exception as error:
        reason = converter.error or error
        return Made(page.student, reason=f"{page.notebook} has no page: {type(reason).__name__}: {reason}")
    return Made(page.student, is_new=True)


class _Converter(GenerateFeedback):
    """nbgrader's converter. It keeps the error that it would only log, and copies no file that a student handed in."""

    error: Exception | None = None

    def init_notebooks(self) -> None:
        self.assignments = only_notebook(self, self.coursedir.notebook_id)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        try:
            super().convert_single_notebook(notebook_filename)
        except Exception as error:
            self.error = error
            raise

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        graded = Path(self._format_source(assignment_id, student_id))
        pages = Path(self._format_dest(assignment_id, student_id))
        for name in ("timestamp.txt", "submission_secret.txt"):  # `nbgrader release_feedback` reads these
            if (graded / name).is_file():
                pages.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(graded / name, pages / name)


_silent = logging.Logger("feedback", logging.CRITICAL + 1)


def _made_from(path: Path) -> str:
    """A page's last line, if there is one: an interrupted page has another."""
    try:
        with path.open("rb") as page:
            page.seek(-min(200, path.stat().st_size), os.SEEK_END)
            return page.read().decode(errors="replace").rstrip().rpartition("\n")[2]
    except OSError:
        return ""


def _all(wanted: list[Wanted], jobs: int) -> Iterator[Made]:
    """Make pages, side by side if there are jobs for it. One that breaks its process costs no other page."""
    if jobs == 1:
        yield from map(make_page, wanted)
        return
    with processes(jobs, [__name__], NothingToSetUp()) as start, Hall[Made](start, lambda: len(wanted)) as hall:
        for page in wanted:
            hall.send(partial(make_page, page), partial(_made, page))
        yield from hall.empty()


def _made(page: Wanted, future: Future) -> Made:
    try:
        made: Made = future.result()
    except BrokenExecutor:
        return Made(page.student, reason=f"{page.notebook} has no page: the process that made it died.")
    return made
