"""What a class's grades say, as rows of a table for other programs: one for each learner and check. Grader's side."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from autograder.results.classwork import Result, Work
from autograder.results.exports import identifier, text
from autograder.results.report import ClassReport, write
from autograder.verdict import Message


def write_rows(report: ClassReport, path: Path) -> None:
    """A CSV file with one row for each learner and check."""
    found = [_row(report, work, result) for work in report.works for result in work.results.values()]
    file = io.StringIO()
    rows = csv.DictWriter(file, found[0] if found else [], lineterminator="\n")
    rows.writeheader()
    rows.writerows(found)
    write(path, file.getvalue())


def _row(report: ClassReport, work: Work, result: Result) -> dict[str, object]:
    """``points`` is what counts, by hand or by the check, and empty where a person has to decide."""
    message = result.message or Message("")
    about_check: dict[str, object] = {
        "lesson": text(report.lesson),
        "student": identifier(work.student),
        "name": text(work.name),
        "notebook": text(work.notebook),
        "exercise": text(result.check.exercise),
        "check": text(result.check.grade_id),
        "verdict": result.verdict or "",
        "points": result.points,
        "max_points": result.check.max_points,
        "points_by_check": result.checked_points,
        "what": text(message.what),
        "mistake_id": text(message.mistake_id),
        "mistake": text(message.mistake.sentence if message.mistake else ""),
        "note": text(message.note),
    }
    about_notebook = {
        "score": work.score,
        "late_penalty": work.penalty,
        "seconds": work.seconds,
        "cpu_seconds": work.cpu_seconds,
        "peak_bytes": work.peak_bytes,
        "isolation": text(", ".join(work.isolation or ())),
    }
    return about_check | about_notebook
