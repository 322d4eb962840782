"""What grading can conclude, as values that travel and compare. Grader's side."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


NOT_IMPLEMENTED = "not implemented yet"
"""How a check says that an exercise is still as it was released."""


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
    what: str = ""
    """The property that does not hold, in a few words: the message without its title, numbers and hint."""
    mistake: str = ""
    """The named mistake that the answer was recognised by."""


@dataclass(frozen=True)
class Grade:
    """One notebook's outcome: a result per grade cell, and the notebook as people will read it."""

    lesson: str
    checks: tuple[CheckResult, ...]
    seconds: float
    isolation: tuple[str, ...]
    notebook: NotebookNode = field(repr=False, compare=False)
    cpu_seconds: float | None = field(default=None, compare=False)
    """Processor time of the submission's workers; None where the system does not tell."""
    peak_bytes: int | None = field(default=None, compare=False)
    """Most memory that one of them held at a time, the libraries included that it shares with others."""

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
            "isolation": list(self.isolation),
            "checks": [asdict(check) for check in self.checks],
        } | self._cost()

    def as_record(self) -> dict[str, Any]:
        """What the graded notebook's metadata say of the grade: all that a report needs, without the messages."""
        kept = ("verdict", "points", "max_points", "what", "mistake")
        checks = {check.grade_id: {name: getattr(check, name) for name in kept} for check in self.checks}
        return {"isolation": list(self.isolation), "checks": checks} | self._cost()

    def _cost(self) -> dict[str, float | None]:
        cpu_seconds = None if self.cpu_seconds is None else round(self.cpu_seconds, 3)
        return {"seconds": round(self.seconds, 3), "cpu_seconds": cpu_seconds, "peak_bytes": self.peak_bytes}
