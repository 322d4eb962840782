"""How grading grows with the class: what the one process that writes takes for each submission, early and late.

Every submission is graded for real once; the class then gets that grade, so that what is measured is the coordinator:
reading, fingerprints, gradebook, autograded/. A small class is graded on Dask's workers besides, some at a time.
Prints the record; ``--write`` writes benchmarks/scale.md.
"""

from __future__ import annotations

import dataclasses
import logging
import resource
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from distributed import LocalCluster
from grading import STEM, our_course
from record import measured, table

from autograder.boundary.limits import Isolation
from autograder.boundary.template import Template
from autograder.classes.classroom import grade_class, students
from autograder.classes.cluster import cluster
from autograder.commands.instructor import cores
from autograder.course import Course
from autograder.grading import Grader
from autograder.verdict import Grade

MIB = 2**10  # ru_maxrss counts KiB
FEW, WORKERS = 24, (1, 2, 4)


class Given(Executor):
    """Has graded already: whatever is submitted, gets this grade."""

    def __init__(self, grade: Grade) -> None:
        self._grade = grade

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """A future that is done."""
        future: Future = Future()
        future.set_result(dataclasses.replace(self._grade, notebook=deepcopy(self._grade.notebook)))
        return future


def main(
    submissions: Annotated[int, typer.Option(min=10, help="How many students hand in.")] = 10_000,
    write: Annotated[bool, typer.Option("--write", help="Write the record, benchmarks/scale.md.")] = False,
) -> None:
    """Measure how the coordinator's time and memory grow."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        course = our_course(Path(folder) / "course", submissions)
        grade, processor = graded(course)
        written, peaks = recorded(course, grade)
        started = time.process_time()
        assert not any(each.grade for each in grade_class(course, STEM, students(course, STEM), lambda: Given(grade)))
        unchanged = time.process_time() - started
        few = our_course(Path(folder) / "few", FEW)
        on_workers = {workers: on_dask(few, workers) for workers in WORKERS}
    tenth = len(written) // 10
    rows = [
        [f"{at * tenth:,} to {(at + 1) * tenth:,}", f"{1000 * sum(part) / len(part):.1f}", f"{peaks[at] / MIB:.0f}"]
        for at, part in enumerate(written[n : n + tenth] for n in range(0, 10 * tenth, tenth))
    ]
    each = sum(written) / len(written)
    model = [[f"{workers:,}", f"{submissions * max(processor / workers, each):,.0f}"] for workers in (2, 32, 1_000)]
    text = "\n".join(
        [
            "# How grading grows with the class",
            "",
            f"{submissions:,} copies of lesson 3's reference solution, whose grades one process writes: processor time "
            "of that process, and the most memory that it held (with torch, which `autograder grade` does without).",
            "",
            *table(["submissions", "ms each", "MiB"], rows),
            "",
            f"The same command once more, when nothing is new: {unchanged:.1f} s for all of them.",
            "",
            f"To grade one takes {processor:.2f} s of processor time, in the process that judges and in its worker; to "
            f"write its grade {1000 * each:.1f} ms in the one that writes, which so keeps {processor / each:.0f} cores "
            "busy and no more. From that follows, for as many submissions, without the start:",
            "",
            *table(["cores", "seconds"], model),
            "",
            f"{FEW} of them graded for real by workers of Dask on this machine, whose {cores()} cores they share with "
            "the one that writes; each had graded before, so that the start is left out:",
            "",
            *table(
                ["workers", "time, one worker = 1"],
                [[str(workers), f"{seconds / on_workers[1]:.2f}"] for workers, seconds in on_workers.items()],
            ),
            "",
            measured(__file__),
        ]
    )
    print(text)
    if write:
        Path(__file__).with_suffix(".md").write_text(f"{text}\n", encoding="utf-8")


def graded(course: Course) -> tuple[Grade, float]:
    """The grade of a submission, and the processor time that one takes, after the first."""
    lesson = course.lesson(STEM)
    with Template(course.packages) as template, Grader(lesson, template) as grader:
        grader.grade(lesson.source, seed=1)
        started, worker = time.process_time(), 0.0
        for _ in range(5):
            grade = grader.grade(lesson.source, seed=1)
            worker += grade.cpu_seconds or 0.0
        return grade, (time.process_time() - started + worker) / 5


def recorded(course: Course, grade: Grade) -> tuple[list[float], list[int]]:
    """Seconds of processor time for each student's grade, and the most memory after each tenth of them."""
    who, seconds, peaks = students(course, STEM), [], []
    started = time.process_time()
    for number, _ in enumerate(grade_class(course, STEM, who, lambda: Given(grade), force=True), start=1):
        seconds.append(time.process_time() - started)
        started = time.process_time()
        if number % (len(who) // 10) == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return seconds, peaks


def on_dask(course: Course, workers: int) -> float:
    """Seconds in which so many workers of Dask grade the class, when each of them has graded before."""
    local = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR)
    with local, cluster(local.scheduler_address, Isolation.STRONGEST, print, course.packages) as (start, at_once):
        for _ in range(2):
            started = time.perf_counter()
            outcomes = grade_class(course, STEM, students(course, STEM), start, at_once=at_once, force=True)
            assert all(each.grade for each in outcomes)
    return time.perf_counter() - started


if __name__ == "__main__":
    typer.run(main)
