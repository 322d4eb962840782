"""A class's graded work on a lesson, read from the gradebook and the graded notebooks. Grader's side."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import BaseCell, Grade, Gradebook
from sqlalchemy.orm import with_polymorphic

from autograder.classes.classroom import RECORD
from autograder.course import Course
from autograder.lesson import Lesson, is_grade, marks
from autograder.predictions import written_in
from autograder.verdict import Message, Mistake, Verdict

PASSED, NAMED, WRONG = "passed", "named mistake", "other wrong answer"
STOPPED, UNANSWERED, JUDGE_ERROR, UNKNOWN = "error or limit", "not answered", "judge error", "not known"
NOT_JUDGED = "not judged"
OUTCOMES = (PASSED, NAMED, WRONG, STOPPED, UNANSWERED, JUDGE_ERROR, NOT_JUDGED, UNKNOWN)
"""What became of a check, in the order in which pictures and tables show it."""


@dataclass(frozen=True)
class GradeCell:
    """One grade cell of the lesson: a check, or what a person grades (``by_hand``)."""

    notebook: str
    grade_id: str
    exercise: str
    max_points: float
    by_hand: bool = False


@dataclass(frozen=True)
class Result:
    """What became of one check of one learner."""

    check: GradeCell
    points: float | None
    """What counts: by the check, or by a person; None while it waits for one."""
    checked_points: float | None
    message: Message | None
    """What the check said; None where the record does not hold it, no more than a verdict where it is an old one."""

    @property
    def verdict(self) -> Verdict | None:
        """The message's verdict."""
        return self.message.verdict if self.message else None

    @property
    def is_known(self) -> bool:
        """Whether the record holds what was wrong, if anything was."""
        return self.message is not None and bool(self.message.what or self.verdict is Verdict.ACCEPTED)

    @property
    def mistake(self) -> Mistake | None:
        """The mistake that the check named."""
        return self.message.mistake if self.message else None

    @property
    def outcome(self) -> str:
        """One of OUTCOMES."""
        match self.verdict:
            case Verdict.ACCEPTED:
                return PASSED
            case Verdict.JUDGE_ERROR:
                return JUDGE_ERROR
            case Verdict.NOT_JUDGED:
                return NOT_JUDGED
            case None:
                return UNKNOWN
        if self.message and not self.message.answered:
            return UNANSWERED
        if self.mistake:
            return NAMED
        return WRONG if self.verdict in (Verdict.WRONG_ANSWER, Verdict.PARTIALLY_ACCEPTED) else STOPPED


@dataclass(frozen=True)
class Work:
    """One learner's graded notebook."""

    student: str
    name: str
    """The learner's name, if the gradebook knows it."""
    notebook: str
    score: float
    """What counts: with what people gave by hand, less the late penalty."""
    penalty: float
    results: dict[str, Result]
    seconds: float | None
    cpu_seconds: float | None
    peak_bytes: int | None
    isolation: tuple[str, ...] | None
    fingerprinted: bool
    """Whether the record tells what was graded; what nbgrader's own commands write does not."""
    graded: Path
    feedback: Path
    predicted: dict[str, str] = field(default_factory=dict)
    """What the learner wrote as predictions, whatever it is, by their names."""

    @property
    def mistakes(self) -> set[Mistake]:
        """The mistakes that checks named in it."""
        return {result.mistake for result in self.results.values() if result.mistake}

    def has_solved(self, exercise: str) -> bool:
        """Whether all checks of an exercise were passed."""
        return {result.outcome for result in self.results.values() if result.check.exercise == exercise} == {PASSED}

    @property
    def unanswered(self) -> list[str]:
        """The exercises that are as they were released."""
        by_exercise: dict[str, set[str]] = defaultdict(set)
        for result in self.results.values():
            by_exercise[result.check.exercise].add(result.outcome)
        return [exercise for exercise, outcomes in by_exercise.items() if outcomes == {UNANSWERED}]


def checks_of(notebook: str, lesson: Lesson) -> Iterator[GradeCell]:
    """What earns points in a notebook, in order."""
    for grade_id, cell in lesson.cells.items():
        if is_grade(cell):
            yield GradeCell(notebook, grade_id, lesson.exercises[grade_id] or grade_id, lesson.points(grade_id))
        elif marks(cell).get("grade") or marks(cell).get("task"):
            yield GradeCell(notebook, grade_id, grade_id, lesson.points(grade_id), by_hand=True)


def graded_work(course: Course, gradebook: Gradebook, lesson: str, checks: list[GradeCell]) -> Iterator[Work]:
    """Everybody's graded notebooks."""
    # One query for all cells, which the rows of grades name: else each row would take one.
    cells = gradebook.db.query(with_polymorphic(BaseCell, "*")).all()
    for submission in gradebook.assignment_submissions(lesson):
        student = submission.student
        name = " ".join(part for part in (student.first_name, student.last_name) if part)
        for entry in submission.notebooks:
            rows = {row.name: row for row in entry.grades}
            if all(row.auto_score is None and row.manual_score is None for row in rows.values()):
                continue
            graded = course.folder("autograded", student.id, lesson) / f"{entry.name}.ipynb"
            notebook = _read(graded)
            record = record_in(notebook.get("metadata", {}))
            results = {
                check.grade_id: _result(check, rows[check.grade_id], record)
                for check in checks
                if check.notebook == entry.name and check.grade_id in rows
            }
            penalty = entry.late_submission_penalty or 0.0
            yield Work(
                student=student.id,
                name=name,
                notebook=entry.name,
                score=max(0.0, entry.score - penalty),
                penalty=penalty,
                results=results,
                seconds=record.get("seconds"),
                cpu_seconds=record.get("cpu_seconds"),
                peak_bytes=record.get("peak_bytes"),
                isolation=tuple(record["isolation"]) if "isolation" in record else None,
                fingerprinted="fingerprint" in record,
                graded=graded,
                feedback=course.folder("feedback", student.id, lesson) / f"{entry.name}.html",
                predicted=written_in(_code_of(notebook)),
            )
    del cells


def graded_before(course: Course, assignment: str, who: list[str]) -> list[str]:
    """Whose work was graded before the lesson changed which checks judge it, or for how many points."""
    found = set()
    for notebook in course.notebooks(assignment):
        checks = checks_of(notebook, course.lesson(assignment, notebook))
        now = {check.grade_id: check.max_points for check in checks if not check.by_hand}
        for student in who:
            graded = course.folder("autograded", student, assignment) / f"{notebook}.ipynb"
            judged = record_in(_read(graded).get("metadata", {})).get("checks")
            if judged is not None and {name: check.get("max_points") for name, check in judged.items()} != now:
                found.add(student)
    return sorted(found)


def _read(graded: Path) -> dict[str, Any]:
    """A graded notebook; an empty one, if it cannot be read."""
    try:
        found = json.loads(graded.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _code_of(notebook: Mapping[str, Any]) -> Iterator[str]:
    """The sources of a notebook's code cells."""
    for cell in notebook.get("cells", ()):
        if cell.get("cell_type") == "code":
            yield "".join(cell.get("source", ""))  # one text, or a list of lines


def record_in(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What grading wrote into a notebook's metadata; nothing, if other means graded it."""
    return dict(metadata.get(RECORD) or {})


def message_in(record: Mapping[str, Any], grade_id: str) -> Message | None:
    """What a check said, if the record holds it. The oldest records hold no more than the verdicts."""
    said = record.get("checks", {}).get(grade_id) or {"verdict": record.get("verdicts", {}).get(grade_id)}
    return Message.read(said) if said.get("verdict") in list(Verdict) else None


def _result(check: GradeCell, row: Grade, record: dict[str, Any]) -> Result:
    """A row of the gradebook, with what the record says of it."""
    points = None if row.needs_manual_grade and row.manual_score is None else row.score
    checked_points = record.get("checks", {}).get(check.grade_id, {}).get("points", row.auto_score)
    return Result(check, points, checked_points, message_in(record, check.grade_id))
