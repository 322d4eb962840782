"""What each lesson holds, and how long its solved notebook runs and its grading takes, on this machine."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import secrets
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import nbformat
import typer
from nbclient import NotebookClient
from rich.console import Console
from rich.table import Column, Table

from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader
from autograder.lesson import marks
from autograder.proofs.verify import examples
from autograder.verdict import Verdict

HERE = Path(__file__).resolve()
THREADS = 2
GRADINGS = 3
HEADINGS = ("lesson", "exercises", "points", "notebook, s", "grading, s", "wrong", "right")
out = Console(highlight=False, soft_wrap=True, width=100)


@dataclass(frozen=True)
class Row:
    """One lesson, in the order of the headings."""

    lesson: str
    exercises: int
    points: float
    notebook: float
    grading: float
    wrong: int
    right: int

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        counts = f"{self.exercises}", f"{self.points:g}"
        return self.lesson, *counts, f"{self.notebook:.1f}", f"{self.grading:.2f}", f"{self.wrong}", f"{self.right}"


def main(
    lesson: Annotated[list[str] | None, typer.Argument(help="Lessons by name; all if none is given.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Store the table of all lessons beside this script.")] = False,
) -> None:
    """Measure the lessons."""
    if write and lesson:
        raise typer.BadParameter("--write stores the table of all lessons; name none.")
    course = Course(HERE.parents[1])
    # What the kernels of the notebooks inherit.
    os.environ |= {"OMP_NUM_THREADS": str(THREADS), "MKL_NUM_THREADS": str(THREADS)}
    rows = []
    with Template(course.packages) as template:
        for stem in lesson or course.stems:
            rows.append(measured(course, stem, template))
            out.print("  ".join(rows[-1].cells()))
    rows.append(total(rows))
    out.print(f"\n{machine()}")
    out.print(as_table(rows))
    if write:
        HERE.with_suffix(".md").write_text(as_markdown(rows, reading_edition(course)), encoding="utf-8")


def measured(course: Course, stem: str, template: Template) -> Row:
    """Run and grade the solved lesson; it must run to its end, and have full marks."""
    lesson = course.lesson(stem)
    verdicts = [example.verdict for example in examples(course, stem)]
    right = verdicts.count(Verdict.ACCEPTED)
    return Row(
        lesson=stem,
        exercises=len(set(lesson.exercises.values())),
        points=sum(marks(cell).get("points", 0) for cell in lesson.cells.values() if marks(cell).get("grade")),
        notebook=seconds_to_run(lesson.source),
        grading=seconds_to_grade(Grader(lesson, template)),
        wrong=len(verdicts) - right,
        right=right,
    )


def seconds_to_run(notebook: nbformat.NotebookNode) -> float:
    """From the start of a kernel to the end of the last cell, figures and demo cells included."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
        client.extra_arguments = ["--log-level=ERROR"]  # a kernel warns about its transport each time
        started = time.perf_counter()
        client.execute()
        return time.perf_counter() - started


def seconds_to_grade(grader: Grader) -> float:
    """The median of a few gradings of the solution, each in a worker from a template that is warm."""
    with grader:
        grades = [grader.grade(grader.lesson.source, secrets.randbits(48)) for _ in range(GRADINGS)]
    assert all(grade.points == grade.max_points for grade in grades), grades
    return statistics.median(grade.seconds for grade in grades)


def total(rows: list[Row]) -> Row:
    """All lessons together."""
    names = ("exercises", "points", "notebook", "grading", "wrong", "right")
    return Row("all", **{name: sum(getattr(row, name) for row in rows) for name in names})


def reading_edition(course: Course) -> str:
    """What `make site` makes of the lessons, and what that costs once they have run."""
    from autograder.reading.edition import Edition

    edition = Edition.of(course)
    list(edition.pages(jobs=os.cpu_count() or 1))  # runs what was not run before
    started = time.process_time()
    pages = dict(edition.pages(jobs=1))
    seconds, size = time.process_time() - started, sum(len(page.encode()) for page in pages.values())
    return (
        f"The reading edition (`make site`) is {len(pages)} pages, {size / 1e6:.1f} MB in all. "
        f"From lessons that ran before it takes {seconds:.1f} s of processor time. "
        "A lesson whose code has changed runs first, as long as its notebook in the table.\n"
    )


def machine() -> str:
    """What this was measured on, with what, and when."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "nbclient", "nbgrader"))
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}; {today}"


def as_table(rows: list[Row]) -> Table:
    """The rows for a terminal."""
    table = Table(Column(HEADINGS[0], no_wrap=True), *(Column(heading, justify="right") for heading in HEADINGS[1:]))
    for row in rows:
        table.add_row(*row.cells())
    return table


def as_markdown(rows: list[Row], edition: str) -> str:
    """The rows for the repository, and what is said of the reading edition."""
    lines = [HEADINGS, ("---", *["---:"] * (len(HEADINGS) - 1)), *(row.cells() for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return (
        "# What each lesson holds and costs\n\n"
        "Written by `make bench-lessons`; do not edit.\n"
        f"The notebook is the solved one, run from the start of a kernel to its last figure with {THREADS} threads.\n"
        f"Grading is that of the solved notebook in a worker from a warm template, the median of {GRADINGS}.\n"
        "Wrong and right are the example submissions in `tests/submissions/`.\n\n"
        f"{machine()}\n\n{table}\n\n{edition}"
    )


if __name__ == "__main__":
    typer.run(main)
