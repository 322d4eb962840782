"""What an instructor sees of a class: progress, a table, or one JSON object a student. Grader's side."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import make_url

from autograder.classes.classroom import Outcome
from autograder.course import Course
from autograder.gradebook import address
from autograder.grading import FAILS_TOO
from autograder.judging import CANNOT_RUN
from autograder.verdict import Message


@dataclass
class GradingRun:
    """One run of grading; it keeps a line of each outcome, not the graded notebook."""

    course: Course
    lesson: str
    who: list[str]
    as_json: bool = False
    done: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    waiting: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    """Grade cell and reason: whose it is that only a person can decide."""

    def __post_init__(self) -> None:
        self._expected = [(student, name) for student in self.who for name in self.course.notebooks(self.lesson)]
        # Names may hold brackets and colons, which are no markup.
        self._out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
        self._err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        counts = TextColumn("{task.fields[counts]}")
        self._progress = Progress(
            *columns, counts, console=self._err, transient=True, disable=not self._err.is_terminal
        )
        self._bar = self._progress.add_task(escape(self.lesson), total=len(self._expected), counts="")

    def __enter__(self) -> GradingRun:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def add(self, outcome: Outcome) -> None:
        """One more notebook is done."""
        score = "" if outcome.reason else f"{outcome.score:g} of {outcome.max_score:g}"
        key = outcome.student, outcome.notebook
        self.done[key] = score, _in_short(outcome)
        self.verdicts += _counts(outcome)
        for check in outcome.grade.checks if outcome.grade else ():
            if check.verdict.waits:
                self.waiting[check.grade_id, _why(check.message)].append(outcome.student)
        if outcome.reason:
            self.reasons[key] = outcome.reason
        if self.as_json:
            print(json.dumps(_as_json(outcome, str(self._handed_in(outcome)))), flush=True)
        self._progress.update(self._bar, advance=1, counts=_listed(self.verdicts))

    def _handed_in(self, outcome: Outcome) -> Path:
        return self.course.folder("submitted", outcome.student, self.lesson) / f"{outcome.notebook}.ipynb"

    def say(self, text: str) -> None:
        """Something to know while it goes on."""
        self._err.print(Text(text))

    def stopped(self) -> None:
        """What is done and what is left when grading is stopped."""
        left = dict.fromkeys(student for student, name in self._expected if (student, name) not in self.done)
        self._err.print(f"Stopped. Done and saved: {len(self.done)} of {len(self._expected)}.")
        self._err.print(Text(f"Not done: {', '.join(left)}. Run the same command again to go on."))

    def show(self) -> None:
        """Everybody's points, who could not be graded and why, and where the work lies."""
        if not self.as_json:
            table = Table("student", Column("points", justify="right"), "verdicts", title=self.lesson)
            table.title_justify = "left"
            for (student, _), row in sorted(self.done.items()):
                table.add_row(student, *row)
            self._out.print(table)
        for (student, _), reason in sorted(self.reasons.items()):
            self._err.print(Text(f"{student}: {reason}"))
        for (grade_id, why), students in self.waiting.items():
            self._err.print(Text(f"{grade_id} waits for a person, for {_some(students)}: {why}."))
        if self.waiting:
            self._err.print("Grade these by hand in formgrader; what you give stays when you grade again.")
        if any(FAILS_TOO in why for _, why in self.waiting):
            command = f"`autograder verify {self.lesson}`"
            self._err.print(Text(f"What the reference fails waits for everybody: {command} says why, and the cure."))
        if not self.as_json:
            self._out.print(Text(f"gradebook: {address(make_url(self.course.directory.db_url))}"))
            self._out.print(f"graded notebooks: {self.course.folder('autograded', '*', self.lesson)}")


def _why(message: Message) -> str:
    """Why a check waits, in one line that is the same for all of whom it is true."""
    reason = message.observed.partition("\n")[0].rstrip(".") if message.what.startswith(CANNOT_RUN) else ""
    return f"{CANNOT_RUN}: {reason}{message.what.removeprefix(CANNOT_RUN)}" if reason else message.what


def _some(students: list[str]) -> str:
    return ", ".join(students[:5]) + (f" and {len(students) - 5} more" if len(students) > 5 else "")


def _counts(outcome: Outcome) -> Counter[str]:
    checks = outcome.grade.checks if outcome.grade else ()
    return Counter(check.verdict.replace("_", " ") for check in checks)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def _in_short(outcome: Outcome) -> str:
    if outcome.grade is None:
        return "could not be graded" if outcome.reason else "graded already"
    return _listed(_counts(outcome))


def _as_json(outcome: Outcome, notebook: str) -> dict:
    """What `check --json` prints, with the student and the score that the gradebook holds."""
    if outcome.reason:
        return {"student": outcome.student, "notebook": notebook, "error": outcome.reason}
    about = {"student": outcome.student, "score": outcome.score, "max_score": outcome.max_score}
    return about | (outcome.grade.as_json(notebook) if outcome.grade else {"notebook": notebook, "graded": "already"})
