"""What grading costs: one remote call, one fork, one submission; beside stock nbgrader on the same submissions.

Everything happens in a folder that is removed at the end. Peak memory is read on Linux only.
"""

from __future__ import annotations

import copy
import importlib.metadata
import logging
import os
import platform
import shutil
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from unittest.mock import patch

import nbformat
import psutil
import torch
import typer
from nbformat import NotebookNode
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from rich.console import Console
from rich.table import Column, Table
from traitlets.config import Config

from autograder import classroom
from autograder.build import build
from autograder.classroom import grade_class, students
from autograder.course import CONFIG, Course
from autograder.gradebook import opened
from autograder.learner import hold
from autograder.lesson import Lesson, is_demo
from autograder.remote import Limits, RemoteWorker, Template
from autograder.verify import in_one_process

STEM = "lesson03_reparameterization"
SAMPLER = """
import torch

def reparameterize(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
"""
MIB = 2**20
out = Console(highlight=False)


def main(
    submissions: Annotated[int, typer.Option(min=1, help="How many students hand in the reference solution.")] = 6,
    calls: Annotated[int, typer.Option(min=1, help="How many remote calls to take the median of.")] = 500,
) -> None:
    """Measure what grading costs on this machine."""
    cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "nbgrader"))
    out.print(f"{platform.machine()}, {cores}, Python {platform.python_version()}, {versions}")
    out.print(f"Lesson: {STEM}; {submissions} submissions of its reference solution.\n")
    # nbgrader starts alembic by name, so that of this environment must be the first on PATH.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with TemporaryDirectory(prefix="benchmark-") as folder:
        ours = our_course(Path(folder) / "ours", submissions)
        lesson = ours.lesson(STEM)
        out.print(boundary(calls))
        out.print(class_of(ours, lesson, Path(folder), submissions))
        out.print(breakdown(ours))


def our_course(root: Path, submissions: int) -> Course:
    """This course, built in ``root``, its reference solution handed in many times."""
    here = Path(__file__).resolve().parents[1]
    root.mkdir()
    shutil.copy(here / CONFIG, root)
    shutil.copytree(here / "solutions", root / "solutions")
    build([STEM], root)
    course = Course(root)
    hand_in(root, course.lesson(STEM).source, submissions)
    return course


def hand_in(root: Path, notebook: NotebookNode, submissions: int) -> None:
    """Put the same notebook into submitted/ for so many students."""
    for number in range(submissions):
        target = root / "submitted" / f"student{number:03}" / STEM / f"{STEM}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)


def boundary(calls: int) -> Table:
    """The cost of a fork, and of calls with tensors of 8 x 5 float64."""
    mu, logvar = torch.zeros(2, 8, 5, dtype=torch.float64).requires_grad_()
    names: dict[str, Any] = {}
    exec(SAMPLER, names)
    table = Table(Column("across the boundary, median"), Column("ms", justify="right"), title_justify="left")
    with Template() as template:
        table.add_row("template process: start, once a class", ms(median(lambda: template._ready_control(), 1)))
        table.add_row("fork request to first result", ms(median(lambda: first_result(template), 20)))
        worker = RemoteWorker(template, Limits())
        worker.run(SAMPLER)
        places = {"remote": worker.lookup("reparameterize"), "in one process": hold(names["reparameterize"])}
        for place, function in places.items():
            for name, use in {"forward": forward, "forward and backward": backward}.items():
                worker.begin()
                table.add_row(f"one call, {name}, {place}", ms(median(lambda: use(function, mu, logvar), calls)))  # noqa: B023
        worker.close()
    return table


def first_result(template: Template) -> None:
    """Fork a worker and run a cell in it; ending it is measured too."""
    worker = RemoteWorker(template, Limits())
    worker.run("1 + 1")
    worker.close()


def forward(function: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> None:
    """One call."""
    function(mu, logvar)


def backward(function: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> None:
    """One call and the gradient through it."""
    torch.autograd.grad(function(mu, logvar).sum(), [mu, logvar])


def class_of(ours: Course, lesson: Lesson, folder: Path, submissions: int) -> Table:
    """Seconds for each submission: this grader, stock nbgrader, and the bare cells and checks."""
    table = Table("a whole class", *(Column(name, justify="right") for name in ("s each", "ratio", "peak MiB")))
    short = copy.deepcopy(lesson.source)
    short.cells = [cell for cell in short.cells if not is_demo(cell)]
    rows = {
        "cells and checks in one process, no gradebook": lambda: bare(lesson, submissions),
        "autograder grade": lambda: ours_grades(ours),
        "nbgrader autograde": stock(folder / "stock", ours, lesson.source, submissions),
        "nbgrader autograde, demo cells deleted": stock(folder / "short", ours, short, submissions),
    }
    seconds = {}
    for name, grade in rows.items():
        with peak_memory() as memory:
            seconds[name] = elapsed(grade) / submissions
        ratio = seconds[name] / seconds.get("autograder grade", float("nan"))
        shown = "" if ratio != ratio else f"{ratio:.1f}"
        table.add_row(name, f"{seconds[name]:.2f}", shown, f"{memory['peak'] / MIB:.0f}" if memory["peak"] else "?")
    return table


def bare(lesson: Lesson, submissions: int) -> None:
    """The same cells and checks, all in this process."""
    for seed in range(submissions):
        in_one_process(lesson, lesson.source, seed)


def ours_grades(course: Course) -> None:
    """What `autograder grade` does: from submitted/ to the gradebook and autograded/."""
    for outcome in grade_class(course, STEM, students(course, STEM), force=True):
        assert outcome.grade and outcome.grade.points == outcome.grade.max_points, outcome


def stock(root: Path, ours: Course, notebook: NotebookNode, submissions: int) -> Callable[[], None]:
    """A course with nbgrader's own configuration, the same source and the same submissions; call it to grade them."""
    shutil.copytree(ours.folder("source", ".", STEM), root / "source" / STEM)
    hand_in(root, notebook, submissions)
    config = Config(CourseDirectory={"root": str(root), "assignment_id": STEM})
    coursedir, log = CourseDirectory(config=config), logging.Logger("nbgrader", logging.ERROR)
    GenerateAssignment(coursedir=coursedir, config=config, log=log).start()

    def grade() -> None:
        Autograde(coursedir=coursedir, config=config, log=log).start()
        with opened(coursedir) as gradebook:
            scores = [submission.score for submission in gradebook.assignment_submissions(STEM)]
            full = gradebook.find_assignment(STEM).max_score
        assert scores == [full] * submissions, scores

    return grade


def breakdown(course: Course) -> Table:
    """Where the time of one submission goes, over a class graded once more."""
    spent: Counter[str] = Counter()
    parts = {
        "fork": (RemoteWorker, ["__init__"]),
        "cells of the submission": (RemoteWorker, ["run"]),
        "look-ups, calls and their gradients": (RemoteWorker, ["lookup", "call", "call_beside", "backward"]),
        "end of the worker": (RemoteWorker, ["close"]),
        "gradebook": (classroom, ["save"]),
    }
    with ExitStack() as stack:
        for part, (owner, names) in parts.items():
            for name in names:
                stack.enter_context(patch.object(owner, name, timed(getattr(owner, name), part, spent)))
        with Template() as template:
            template._ready_control()
            stack.enter_context(patch.object(classroom, "Template", lambda: template))
            total = elapsed(lambda: ours_grades(course))
    count = len(students(course, STEM))
    table = Table("one submission, mean", Column("ms", justify="right"), Column("share", justify="right"))
    spent["the rest: checks, rebuilding, files"] = total - spent.total()
    for part, seconds in spent.items():
        table.add_row(part, ms(seconds / count), f"{seconds / total:.0%}")
    return table


def timed(function: Callable, part: str, spent: Counter[str]) -> Callable:
    """The function, its time added to ``part``; a call from within another timed one counts once."""

    def measured(*args: Any, **kwargs: Any) -> Any:
        before, started = spent.total(), time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[part] += time.perf_counter() - started - (spent.total() - before)

    return measured


def elapsed(function: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def median(function: Callable[[], object], times: int) -> float:
    """Median seconds of a call, after a few that are not counted."""
    for _ in range(min(times - 1, 10)):
        function()
    return statistics.median(elapsed(function) for _ in range(times))


def ms(seconds: float) -> str:
    """Milliseconds, for a table."""
    return f"{1000 * seconds:.2f}"


@contextmanager
def peak_memory() -> Iterator[dict[str, int]]:
    """The most memory that this process and all below it held together, pages that they share counted once."""
    memory, done = {"peak": 0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            memory["peak"] = max(memory["peak"], sum(map(proportional, family())))

    thread = threading.Thread(target=watch)
    if sys.platform == "linux":
        thread.start()
    try:
        yield memory
    finally:
        done.set()
        if thread.ident:
            thread.join()


def family() -> list[psutil.Process]:
    """This process and all below it."""
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def proportional(process: psutil.Process) -> int:
    """A process's share of the memory that it uses; 0 when it has just ended."""
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


if __name__ == "__main__":
    typer.run(main)
