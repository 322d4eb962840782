"""Two states of this repository, measured in turn in one run: the one that is here, and an earlier one. Linux only.

Each has a course of its own with one lesson, whose reference solution is handed in. Processor time is that of all
processes together, from the first to the end of the last, so that a busy machine matters less.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[1]
STEM = "lesson03_reparameterization"
BEFORE = "2b77327"
"""What the present state is compared with."""
_BECOME_REAPER = 36  # of prctl.h: who has lost its parent becomes this process's child


class Cost(NamedTuple):
    """What a command took, in seconds."""

    processor: float
    wall: float


@dataclass(frozen=True)
class Side:
    """A checkout, and a course that it has built."""

    checkout: Path
    course: Path

    def environment(self) -> dict[str, str]:
        """In which Python finds this checkout."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        return os.environ | {"PYTHONPATH": str(self.checkout), "PATH": path, "OMP_NUM_THREADS": "1"}

    def costs(self, *arguments: str, status: int = 0) -> Cost:
        """What ``python ARGUMENTS`` costs in the course, until the last of its processes has ended."""
        command = [sys.executable, *arguments]
        before, started = _used(), time.perf_counter()
        done = subprocess.run(command, cwd=self.course, env=self.environment(), capture_output=True, text=True)
        with suppress(ChildProcessError):
            while True:
                os.wait()
        cost = Cost(_used() - before, time.perf_counter() - started)
        if done.returncode != status:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return cost

    def says(self, program: str, *arguments: str) -> str:
        """What a program prints in the course."""
        command = [sys.executable, "-c", program, *arguments]
        where = {"cwd": self.course, "env": self.environment()}
        return subprocess.run(command, **where, check=True, stdout=subprocess.PIPE, text=True).stdout


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def sides(before: str = BEFORE, submissions: int = 1) -> Iterator[dict[str, Side]]:
    """Both, by the names "before" and "now"; removed at the end."""
    ctypes.CDLL(None).prctl(_BECOME_REAPER, 1)
    with TemporaryDirectory(prefix="benchmark-") as folder:
        earlier = Path(folder, "earlier")
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(earlier), before], check=True)
        try:
            places = {"before": earlier, "now": HERE}
            yield {name: _with_course(place, Path(folder, name), submissions) for name, place in places.items()}
        finally:
            subprocess.run([*git, "remove", "--force", str(earlier)], check=True)


def _with_course(checkout: Path, root: Path, submissions: int) -> Side:
    """A course of one lesson in ``root``; the lesson's solution is handed in so many times."""
    (root / "solutions").mkdir(parents=True)
    shutil.copy(checkout / "nbgrader_config.py", root)
    shutil.copy(checkout / "solutions" / f"{STEM}.py", root / "solutions")
    side = Side(checkout, root)
    side.costs("-m", "autograder", "build", STEM)
    solved = root / "build" / "source" / STEM / f"{STEM}.ipynb"
    for number in range(submissions):
        target = root / "submitted" / f"student{number:03}" / STEM / f"{STEM}.ipynb"
        target.parent.mkdir(parents=True)
        shutil.copy(solved, target)
    return side


def in_turn(measure: Callable[[Side], Cost], found: dict[str, Side], rounds: int) -> dict[str, Cost]:
    """The median cost on each side; a first round does not count. Each round measures both, one after the other."""
    costs: dict[str, list[Cost]] = {name: [] for name in found}
    for round_ in range(rounds + 1):
        for name, side in found.items():
            cost = measure(side)
            costs[name] += [cost] if round_ else []
    return {name: Cost(*map(statistics.median, zip(*all_of, strict=True))) for name, all_of in costs.items()}
