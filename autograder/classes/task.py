"""One submission as a pure task, and the processes that grade. Grader's side."""

from __future__ import annotations

import multiprocessing.util
import os
import pickle
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.bounds import last_resort
from autograder.classes.pool import PATIENCE, processes
from autograder.packages import Packages

# What grades is imported where it is used: who starts processes that grade, imports the rest while they start.
if TYPE_CHECKING:
    from autograder.classes.companions import Files
    from autograder.grading import Grader
    from autograder.lesson import Lesson
    from autograder.verdict import Grade


@dataclass(frozen=True)
class Task:
    """Everything that the grade of one submission follows from."""

    content: bytes
    """The file that was handed in."""
    path: Path
    """What messages call it."""
    lesson: bytes
    """The lesson, pickled once for the class."""
    seed: int
    limits: Limits
    files: Files
    """What was handed in beside it."""


def as_sent(lesson: Lesson) -> bytes:
    """The lesson as it travels to who grades."""
    _ = lesson.shown  # goes along, made: who grades does without nbgrader
    return pickle.dumps(lesson)


def grade(task: Task) -> Grade:
    """Grade one submission; SubmissionError says why it cannot be graded."""
    from autograder.submission import parse_submission

    grader = _grader(task.lesson, task.limits)
    grader.template.wait()
    with last_resort(task.limits.task_seconds + PATIENCE):
        notebook = parse_submission(task.content, task.path)
        return grader.grade(notebook, task.seed, files=task.files)


_mother: socket.socket | None = None
"""The control of the template that the templates of a pool's processes are forked from."""


@cache
def template(packages: Packages) -> Template:
    """This process's template, made when it is first needed and closed when the process ends."""
    made = Template(packages, _mother).__enter__()
    # Unlike atexit, this also runs at the end of a process that multiprocessing started.
    multiprocessing.util.Finalize(None, made.close, exitpriority=1)
    return made


_graders: dict[tuple[bytes, Limits], Grader] = {}


def _grader(lesson: bytes, limits: Limits) -> Grader:
    """This process's grader: one, of the lesson that is being graded."""
    read: Lesson = pickle.loads(lesson)
    workers = template(read.packages)  # it imports while this process does
    from autograder.grading import Grader

    if (lesson, limits) not in _graders:
        while _graders:
            _graders.popitem()[1].close()
        _graders[lesson, limits] = Grader(read, workers, limits)
    return _graders[lesson, limits]


@contextmanager
def graders(jobs: int, packages: Packages, needed: bool = False) -> Iterator[Callable[[], Executor]]:
    """``with graders(4, packages) as start``: ``start()`` is an executor of four processes that grade.

    Nothing is started where there is nothing to grade; what is ``needed`` imports while the class is looked at.
    """
    mother = Template(packages)
    with ExitStack() as stack:
        stack.callback(mother.close)

        @cache
        def pool() -> Callable[[], Executor]:
            # She and the pool's server are twins: what both need is imported once.
            with mother.as_twin() as control:
                bench = _GradingBench(mother.scratch, control, packages, dict(os.environ))
                return stack.enter_context(processes(jobs, ["autograder.classes.preloaded"], bench, mother.scratch))

        if needed:
            pool()
        yield lambda: pool()()


@dataclass(frozen=True)
class _GradingBench:
    """A template of its own. All is kept in the mother's folder, which she removes even where nobody else is left."""

    scratch: str
    mother: socket.socket | None
    packages: Packages
    environment: dict[str, str]
    """The coordinator's, which the server was not given."""

    def begin(self) -> None:
        """Fork the template from the mother."""
        global _mother
        os.environ.clear()
        os.environ.update(self.environment)
        tempfile.tempdir, _mother = self.scratch, self.mother
        template(self.packages)

    def end(self, orphaned: bool) -> None:
        """End the template."""
        template(self.packages).close()
        if orphaned:
            shutil.rmtree(self.scratch, ignore_errors=True)
