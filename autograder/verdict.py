"""What grading can conclude, as values that travel and compare. Grader's side."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

WIDTH = 78
"""Of JupyterLab on a small screen, in characters."""


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
    NOT_JUDGED = "not_judged"

    @property
    def waits(self) -> bool:
        """Whether only a person can decide."""
        return self in (Verdict.JUDGE_ERROR, Verdict.NOT_JUDGED)


@dataclass(frozen=True)
class Mistake:
    """A way to be wrong that has a name, and the sentence that a learner reads when it is recognised."""

    name: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Message:
    """What a check says: one line, and up to five parts below it that help to go on."""

    what: str
    expected: str = ""
    observed: str = ""
    mistake: Mistake | None = None
    reread: str = ""
    """The heading in the lesson that a hint leads back to."""
    verdict: Verdict = Verdict.WRONG_ANSWER
    exercise: str = ""
    check: str = ""
    """The property of the exercise that was checked."""
    answered: bool = True
    """False where the exercise is still as it was released."""
    note: str = ""
    """What another answer, which this one uses, has to do with it."""
    credit: float = 0.0
    """Points that a grade cell gives for a part, by a number in its last line."""

    @property
    def title(self) -> str:
        """The exercise, and the property of it that was checked."""
        return " - ".join(part for part in (self.exercise, self.check) if part)

    @property
    def head(self) -> str:
        """The first line."""
        return ": ".join(part for part in (self.title, self.what) if part)

    @property
    def hint(self) -> str:
        """What to do now ('' if there is nothing to read again)."""
        return f'Read "{self.reread}" again.' if self.reread else ""

    @property
    def parts(self) -> dict[str, str]:
        """The parts below the first line that have something to say."""
        likely = self.mistake.sentence if self.mistake else ""
        found = {"expected": self.expected, "observed": self.observed, "likely": likely}
        parts = found | {"note": self.note, "hint": self.hint}
        return {name: text for name, text in parts.items() if text}

    @property
    def has_text(self) -> bool:
        """Whether it says more than its title."""
        return bool(self.what or self.parts)

    @property
    def mistake_id(self) -> str:
        """The name of the mistake in its exercise ('' if none was recognised, or it has no name)."""
        return f"{self.exercise}/{self.mistake.name}" if self.mistake and self.mistake.name else ""

    def __str__(self) -> str:
        return "\n".join([self.head, *(f"  {name:<10}" + _in_column(text) for name, text in self.parts.items())])

    def as_record(self) -> dict[str, Any]:
        """Plain values, from which ``read`` makes the message again."""
        said = asdict(self) | {"credit": self.credit or None}
        return {name: value for name, value in said.items() if value not in ("", None) and value is not True}

    @classmethod
    def read(cls, record: dict[str, Any]) -> Message:
        """The message of which this is the record; other keys are passed by."""
        known = {name: record[name] for name in cls.__dataclass_fields__ if name in record}
        mistake = known.pop("mistake", None)
        if isinstance(mistake, str):  # as it was recorded before mistakes had names: its sentence, or nothing
            mistake = {"name": "", "sentence": mistake} if mistake else None
            known["answered"] = not known.get("what", "").startswith("not implemented yet")
        verdict = Verdict(known.pop("verdict", Verdict.WRONG_ANSWER))
        return cls(known.pop("what", ""), mistake=mistake and Mistake(**mistake), verdict=verdict, **known)


def _in_column(text: str) -> str:
    return text.replace("\n", "\n" + " " * 12)


@dataclass(frozen=True)
class CheckResult:
    """One grade cell's outcome. ``points`` is None where only a person can decide."""

    grade_id: str
    points: float | None
    max_points: float
    message: Message
    seed: int

    @property
    def verdict(self) -> Verdict:
        """The message's verdict."""
        return self.message.verdict

    @property
    def failed(self) -> bool:
        """Whether the submission is known to be wrong here."""
        passed = self.verdict in (Verdict.ACCEPTED, Verdict.PARTIALLY_ACCEPTED)
        return not passed and not self.verdict.waits

    def as_json(self) -> dict[str, Any]:
        """Plain values: the message's parts, and its ``text`` as a learner reads it."""
        about = {"grade_id": self.grade_id, "points": self.points, "max_points": self.max_points, "seed": self.seed}
        return about | {"text": str(self.message), "mistake_id": self.message.mistake_id} | asdict(self.message)


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
    notes: tuple[str, ...] = ()
    """What its reader should know of the run as a whole: what in the learner's cells did not run."""

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
            "notes": list(self.notes),
            "checks": [check.as_json() for check in self.checks],
        } | self._cost()

    def as_record(self) -> dict[str, Any]:
        """What the graded notebook's metadata say of the grade: all that a report and a feedback page need."""
        checks = {
            check.grade_id: {"points": check.points, "max_points": check.max_points} | check.message.as_record()
            for check in self.checks
        }
        return {"isolation": list(self.isolation), "notes": list(self.notes), "checks": checks} | self._cost()

    def _cost(self) -> dict[str, float | None]:
        cpu_seconds = None if self.cpu_seconds is None else round(self.cpu_seconds, 3)
        return {"seconds": round(self.seconds, 3), "cpu_seconds": cpu_seconds, "peak_bytes": self.peak_bytes}


def folded(message: Message | str, width: int = WIDTH) -> list[str]:
    """A message in lines that fit: left to themselves, screens go on at their edge, where only labels stand."""
    first, *rest = str(message).split("\n")
    return fold(first, 2, width) + [piece for line in rest for piece in fold(line, 12, width)]


def fold(line: str, indent: int, width: int = WIDTH) -> list[str]:
    """A line in pieces that fit, all but the first indented."""
    return textwrap.wrap(line, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [line]
