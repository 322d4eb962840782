"""What grading can conclude, as values that travel and compare. Grader's side."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Verdict(StrEnum):
    """Outcome of one check, in the vocabulary of the Kattis problem format."""

    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    WRONG_ANSWER = "wrong_answer"
    RUN_TIME_ERROR = "run_time_error"
    TIME_LIMIT_EXCEEDED = "time_limit_exceeded"
    MEMORY_LIMIT_EXCEEDED = "memory_limit_exceeded"
    OUTPUT_LIMIT_EXCEEDED = "output_limit_exceeded"
    JUDGE_ERROR = "judge_error"


@dataclass(frozen=True)
class CheckResult:
    """One grade cell's outcome. ``points`` is None where only a person can decide (a judge error)."""

    grade_id: str
    verdict: Verdict
    points: float | None
    max_points: float
    message: str
    seed: int


@dataclass(frozen=True)
class Grade:
    """One notebook's outcome: a result per grade cell, and the notebook as people will read it."""

    lesson: str
    checks: tuple[CheckResult, ...]
    seconds: float
    isolation: tuple[str, ...]
    notebook: NotebookNode = field(repr=False, compare=False)

    @property
    def points(self) -> float:
        return sum(check.points or 0.0 for check in self.checks)

    @property
    def max_points(self) -> float:
        return sum(check.max_points for check in self.checks)

    def as_json(self, notebook: str) -> dict[str, Any]:
        """The object that ``autograder check --json`` prints for the file ``notebook``."""
        return {
            "lesson": self.lesson,
            "notebook": notebook,
            "points": self.points,
            "max_points": self.max_points,
            "seconds": round(self.seconds, 3),
            "isolation": list(self.isolation),
            "checks": [asdict(check) for check in self.checks],
        }
