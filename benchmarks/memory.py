"""How much memory a large class takes while it is graded: all processes together, as the class goes on. Linux only."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import psutil
import typer
from grading import MIB, STEM, our_course, out, proportional
from rich.table import Column, Table


def main(
    submissions: Annotated[int, typer.Option(min=20, help="How many students hand in the reference solution.")] = 1000,
    jobs: Annotated[int, typer.Option(min=1, help="How many submissions are graded at the same time.")] = 2,
) -> None:
    """Grade a class in one go, and print the memory at each tenth of it."""
    with TemporaryDirectory(prefix="benchmark-") as folder:
        course = our_course(Path(folder) / "course", submissions)
        command = [sys.executable, "-c", "from autograder.cli import app; app()", "grade", STEM, "--jobs", str(jobs)]
        started = time.perf_counter()
        grading = subprocess.Popen(command, cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        samples: list[tuple[int, int, int]] = []
        while grading.poll() is None:
            done = len(list(course.root.glob(f"autograded/*/{STEM}/{STEM}.ipynb")))
            here = psutil.Process(grading.pid)
            family = [proportional(process) for process in [here, *children(here)]]
            samples.append((done, sum(family), family[0]))
            time.sleep(1)
        seconds = time.perf_counter() - started
        if grading.returncode:
            raise typer.Exit(grading.returncode)
    columns = ("all processes, MiB, median", "most", "coordinator alone")
    table = Table(f"graded of {submissions}, --jobs {jobs}, {seconds / submissions:.3f} s each", *map(right, columns))
    for tenth in range(10):
        low, high = tenth * submissions // 10, (tenth + 1) * submissions // 10
        found = sorted((all_of, own) for done, all_of, own in samples if low <= done < high)
        if found:
            middle, own = found[len(found) // 2][0], max(own for _, own in found)
            row = (middle, found[-1][0], own)
            table.add_row(f"{low} to {high}", *(f"{value / MIB:.0f}" for value in row))
    out.print(table)


def children(process: psutil.Process) -> list[psutil.Process]:
    """All processes below it, if it is still there."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def right(name: str) -> Column:
    """A column of numbers."""
    return Column(name, justify="right")


if __name__ == "__main__":
    typer.run(main)
