"""What grading costs: one remote call, one fork, one submission; beside stock nbgrader on the same submissions.

Everything happens in a folder that is removed at the end. Peak memory is read on Linux only.
"""

from __future__ import annotations

import copy
import importlib.metadata
import json
import logging
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
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
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.boundary.learner import hold
from autograder.boundary.limits import Limits
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template
from autograder.build import build
from autograder.classes import classroom
from autograder.classes.classroom import grade_class, students
from autograder.course import CONFIG, Course
from autograder.gradebook import opened
from autograder.lesson import Lesson, is_demo
from autograder.proofs.verify import in_one_process

STEM = "lesson03_reparameterization"
SAMPLER = """
import torch

def reparameterize(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
"""
MIB = 2**20
QUIET = logging.Logger("nbgrader", logging.ERROR)
out = Console(highlight=False, soft_wrap=True)


def main(
    submissions: Annotated[int, typer.Option(min=2, help="How many students hand in the reference solution.")] = 40,
    stock: Annotated[int, typer.Option(min=2, help="How many of them stock nbgrader grades; it takes longer.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="How many submissions ours grades at the same time.")] = 2,
    calls: Annotated[int, typer.Option(min=1, help="How many remote calls to take the median of.")] = 500,
) -> None:
    """Measure what grading costs on this machine."""
    cores = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    torch.set_num_threads(1)  # as a Grader does
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "nbgrader"))
    out.print(f"{platform.machine()}, {cores}, Python {platform.python_version()}, {versions}")
    out.print(f"What is handed in: the reference solution of {STEM}.\n")
    # nbgrader builds its rows before it adds them, which SQLAlchemy remarks on.
    warnings.simplefilter("ignore", SAWarning)
    # nbgrader starts alembic by name, so that of this environment must be the first on PATH.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with TemporaryDirectory(prefix="benchmark-") as folder:
        ours = our_course(Path(folder) / "ours", submissions)
        out.print(boundary(calls))
        out.print(class_of(ours, Path(folder), submissions, stock, jobs))
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
    columns = ("median, ms", "fastest tenth, ms", "slowest twentieth, ms")
    table = Table("the boundary", *(Column(name, justify="right") for name in columns))
    started = time.perf_counter()
    with Template() as template:
        template.wait()
        table.add_row("template process ready, once a class", ms(time.perf_counter() - started))
        table.add_row("fork request to first result", *spread([first_result(template) for _ in range(40)]))
        table.add_row("the same without isolation", *spread([first_result(template, "none") for _ in range(40)]))
        worker = RemoteWorker(template, Limits(cell_seconds=600))
        worker.run(SAMPLER)
        places = {"remote": worker.lookup("reparameterize"), "in one process": hold(names["reparameterize"])}
        for place, function in places.items():
            for name, use in {"forward": forward, "forward and backward": backward}.items():
                worker.begin()
                seconds = [elapsed(partial(use, function, mu, logvar)) for _ in range(calls)]
                table.add_row(f"one call, {name}, {place}", *spread(seconds))
        worker.close()
    return table


def first_result(template: Template, isolation: str = "strongest") -> float:
    """Seconds from the request for a worker to the outputs of its first cell."""
    started = time.perf_counter()
    worker = RemoteWorker(template, Limits(isolation=isolation))
    worker.run("1 + 1")
    seconds = time.perf_counter() - started
    worker.close()
    return seconds


def forward(function: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> None:
    """One call."""
    function(mu, logvar)


def backward(function: Callable, mu: torch.Tensor, logvar: torch.Tensor) -> None:
    """One call and the gradient through it."""
    torch.autograd.grad(function(mu, logvar).sum(), [mu, logvar])


def class_of(ours: Course, folder: Path, submissions: int, few: int, jobs: int) -> Table:
    """Seconds for a class and for one of it; peak memory of all processes together.

    Ours is the command with its start-up. Stock nbgrader is timed without its own, on ``few`` submissions.
    """
    lesson = ours.lesson(STEM)
    short = copy.deepcopy(lesson.source)
    short.cells = [cell for cell in short.cells if not is_demo(cell)]
    classes = {
        "cells and checks alone, one process": (submissions, bare(lesson, submissions)),
        f"autograder grade --jobs {jobs}, with start-up": (submissions, ours_grades(ours, jobs)),
        "nbgrader autograde, as handed in": (
            few,
            stock_grades(stock_course(folder / "stock", ours, lesson.source, few)),
        ),
        "nbgrader autograde, demo cells removed": (few, stock_grades(stock_course(folder / "short", ours, short, few))),
    }
    columns = ("students", "in all, s", "each, s", "times ours", "peak MiB")
    table = Table("a class", *(Column(name, justify="right") for name in columns))
    own = 0.0
    for name, (count, graded) in classes.items():
        with peak_memory() as memory:
            total = sum(steps(graded))
        own = total / count if name.startswith("autograder") else own
        ratio = f"{total / count / own:.1f}" if own else ""
        peak = f"{memory['peak'] / MIB:.0f}" if memory["peak"] else "?"
        table.add_row(name, str(count), f"{total:.1f}", f"{total / count:.3f}", ratio, peak)
    return table


def bare(lesson: Lesson, submissions: int) -> Iterator[None]:
    """The same cells and checks, all in this process."""
    for seed in range(submissions):
        yield in_one_process(lesson, lesson.source, seed)


def ours_grades(course: Course, jobs: int) -> Iterator[None]:
    """The command, from start to end: from submitted/ to the gradebook and autograded/."""
    command = [sys.executable, "-c", "from autograder.cli import app; app()", "grade", STEM, "--force", "--json"]
    done = subprocess.run([*command, "--jobs", str(jobs)], cwd=course.root, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(students(course, STEM)) and all(line["score"] == line["max_score"] for line in lines)
    yield


def graded_here(course: Course) -> Iterator[None]:
    """The same in this process, one by one."""
    for outcome in grade_class(course, STEM, students(course, STEM), force=True):
        assert outcome.grade and outcome.grade.points == outcome.grade.max_points, outcome
        yield


def stock_course(root: Path, ours: Course, notebook: NotebookNode, submissions: int) -> Config:
    """A course with nbgrader's own configuration and the same source; ``notebook`` handed in many times."""
    shutil.copytree(ours.folder("source", ".", STEM), root / "source" / STEM)
    hand_in(root, notebook, submissions)
    config = Config(CourseDirectory={"root": str(root), "assignment_id": STEM})
    config.Execute.extra_arguments = ["--log-level=ERROR"]  # a kernel warns about its transport each time
    GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=QUIET).start()
    return config


def stock_grades(config: Config) -> Iterator[None]:
    """What `nbgrader autograde` does, student by student."""
    for path in sorted(Path(config.CourseDirectory.root, "submitted").iterdir()):
        coursedir = CourseDirectory(config=config, student_id=path.name)
        Autograde(coursedir=coursedir, config=config, log=QUIET).start()
        yield
        with opened(coursedir) as gradebook:
            submission = gradebook.find_submission(STEM, path.name)
            assert submission.score == submission.max_score, submission


def breakdown(course: Course) -> Table:
    """Where the time of one submission goes, over a class graded once more, without its first."""
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
        # The first one pays for what is done once a class: it is graded, and not counted.
        graded = graded_here(course)
        next(graded)
        spent.clear()
        total = elapsed(lambda: list(graded))
    count = len(students(course, STEM)) - 1
    table = Table("one further submission, mean", Column("ms", justify="right"), Column("share", justify="right"))
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


def steps(graded: Iterator[None]) -> list[float]:
    """Seconds of each step."""
    seconds, started = [], time.perf_counter()
    for _ in graded:
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    return seconds


def spread(seconds: list[float]) -> list[str]:
    """The median, and how far a quiet and a busy moment are from it, in milliseconds, for a table."""
    cuts = statistics.quantiles(seconds, n=20)
    return [ms(cuts[place]) for place in (9, 1, 18)]


def ms(seconds: float) -> str:
    """Milliseconds, for a table."""
    return f"{1000 * seconds:.2f}"


@contextmanager
def peak_memory() -> Iterator[dict[str, int]]:
    """The most memory that this process and all below it held together, pages that they share counted once."""
    memory, done = {"peak": 0}, threading.Event()

    def watch() -> None:
        while not done.wait(0.5):  # to look costs some milliseconds a process
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
