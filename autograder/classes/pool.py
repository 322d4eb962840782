"""One submission as a pure task, and the processes that tasks run in. Grader's side.

A task holds all that it needs, so any ``concurrent.futures.Executor`` can run it: this process, a pool, a cluster.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.util
import os
import pickle
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import forkserver
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.lesson import Lesson
from autograder.packages import Packages
from autograder.submission import parse_submission
from autograder.verdict import Grade

# What grades is imported where it is used: the coordinator, which imports this module too, starts without torch.
if TYPE_CHECKING:
    from autograder.grading import Grader

PATIENCE = 5.0
# What every process of a pool uses: the last two are what lessons import, and what a check on the meta device needs.
PRELOADED = ["autograder.faststart", "autograder.grading", "matplotlib.pyplot", "torch.fx.experimental.symbolic_shapes"]


class ClusterError(Exception):
    """The machines that should grade cannot; the message says which and what to do there."""


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


def grade(task: Task) -> Grade:
    """Grade one submission; SubmissionError says why it cannot be graded."""
    return _grader(task.lesson, task.limits).grade(parse_submission(task.content, task.path), task.seed)


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


class InThisProcess(Executor):
    """Runs each task here and now."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """A future that is done already."""
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def processes(jobs: int, packages: Packages) -> Iterator[Callable[[], Executor]]:
    """``with processes(4, packages) as start``: ``start()`` is an executor of four; no process is left at the end."""
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    mother = Template(packages)
    # Both import what they need side by side.
    with _out_of_reach_of_ctrl_c():
        control = mother.control
        if os.name == "posix":
            context.set_forkserver_preload(PRELOADED)
            forkserver.ensure_running()

    def start() -> Executor:
        # Everything is kept in the mother's folder, which she removes even where nobody else is left to do so.
        executor = ProcessPoolExecutor(jobs, context, _begin, (mother.scratch, control, packages))
        with _out_of_reach_of_ctrl_c():
            executor.submit(os.getpid)
        return executor

    try:
        yield start
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        for process in multiprocessing.active_children():
            process.join(PATIENCE)
            process.kill()
        mother.close()


@contextmanager
def _out_of_reach_of_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches every process of the terminal; those that start in here are told by this one what to do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _begin(scratch: str, mother: socket.socket | None, packages: Packages) -> None:
    """Make a process of the pool ready: it ends when it is told to, or when the coordinator is gone."""
    global _mother
    tempfile.tempdir, _mother = scratch, mother
    signal.signal(signal.SIGTERM, partial(_end, packages))
    threading.Thread(target=_watch, daemon=True).start()
    template(packages)


def _end(packages: Packages, *_: object) -> None:
    try:
        template(packages).close()
        if not _coordinator().is_alive():
            shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    finally:
        os._exit(1)


def _watch() -> None:
    wait([_coordinator().sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
    # The handler waits for the interpreter, which may be deep in a long computation.
    time.sleep(PATIENCE)
    os._exit(1)


def _coordinator() -> Any:
    """The process that started this one, as multiprocessing sees it."""
    return multiprocessing.parent_process()
