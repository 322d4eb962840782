"""A course proven by several processes at the same time. Grader's side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.boundary.limits import Limits
from autograder.classes.task import template
from autograder.course import Course
from autograder.grading import Grader
from autograder.problems import Problem
from autograder.proofs.verify import about_lesson, to_try, try_example

TOGETHER = 8
"""So many examples a process tries before it is asked for others."""

Claims = list[tuple[str, list[str]]]
"""Each with what is wrong with it: nothing, if it holds."""


@dataclass(frozen=True)
class Proof:
    """How a course is proven: all that ``verify`` takes, beside the lesson."""

    root: Path
    limits: Limits
    seed: int
    full: bool = False
    exercise: str | None = None

    def parts(self, stem: str) -> list[slice | None]:
        """What processes are asked about a lesson: of the lesson itself (None), and of some of its examples each."""
        count = len(to_try(_course(self.root), stem, self.exercise))
        return [None, *(slice(first, first + TOGETHER) for first in range(0, count, TOGETHER))]

    def claims(self, stem: str, part: slice | None) -> Claims:
        """The claims of one part. Runs in a process that grades."""
        course, grader = _course(self.root), _grader(self.root, stem, self.limits)
        if part is None:
            return list(about_lesson(course, stem, grader, self.seed, self.full))
        tried = to_try(course, stem, self.exercise)[part]
        return [(example.name, try_example(example, grader, self.seed, self.full)) for example in tried]


def side_by_side(proof: Proof, stems: list[str], start: Callable[[], Executor]) -> Iterator[tuple[str, str, list[str]]]:
    """Every claim about these lessons, in their order: (lesson, claim, what is wrong with it)."""
    executor = start()
    parts = [(stem, part) for stem in stems for part in proof.parts(stem)]
    futures = [executor.submit(proof.claims, *part) for part in parts]
    for (stem, _), future in zip(parts, futures, strict=True):
        try:
            claims = future.result()
        except BrokenExecutor:
            raise Problem(f"{stem}: a process that tried its examples died, after the last claim above.") from None
        yield from ((stem, *claim) for claim in claims)


@cache
def _course(root: Path) -> Course:
    return Course(root)


@cache
def _grader(root: Path, stem: str, limits: Limits) -> Grader:
    course = _course(root)
    return Grader(course.lesson(stem), template(course.packages), limits)
