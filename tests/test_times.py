"""When work was handed in, however it is written, and what follows when that changes."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest
from class_of_four import RIGHT, STEM, hand_in, small_course

import autograder.classes.task
from autograder.classes.classroom import grade_class
from autograder.classes.times import read_time, time_of
from autograder.gradebook import opened
from autograder.submission import SubmissionError


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [
        ("2026-11-21 15:00 UTC", 15, 0),
        ("2026-11-21 15:00", 15, 0),
        ("2026-11-21 15:00:00.000000 UTC", 15, 0),
        ("2026-11-21T15:00:00Z", 15, 0),
        ("2026-11-21 15:00 +0200", 13, 0),
        ("2026-11-21 15:00 -0130", 16, 30),
        ("2026-11-21T17:00+01:00", 16, 0),
        ("2026-11-21 15:00 Europe/Berlin", 14, 0),
        ("2026-11-21", 0, 0),
        ("2026-11-21 3pm", 15, 0),
        ("2026-11-21 3:00 PM", 15, 0),
        ("2026-11-21 15:00 utc", 15, 0),
        ("2026-11-21 15:00+0200", 13, 0),
        ("2026-11-21 15:00 UTC+2", 13, 0),
        ("2026-11-21-15-00-00", 15, 0),
    ],
)
def test_a_time_is_read_as_it_is_meant(written: str, hour: int, minute: int) -> None:
    assert read_time(written) == datetime(2026, 11, 21, hour, minute)


NO_TIMES = ["soon", "9999999999-01-01", "2026-13-01", "2026-21-11", "", "15:00", "2026-11", "2026 15:00"]
NO_ZONES = ["2026-11-21 15:00 MARS", "2026-11-21 15:00 IST", "2026-11-21 15:00 +0260", "2026-11-21 15:00 +9900"]


@pytest.mark.parametrize("written", NO_TIMES + NO_ZONES)
def test_what_is_no_time_is_refused_with_one_that_is(written: str) -> None:
    with pytest.raises(SubmissionError) as refused:
        read_time(written)
    assert str(refused.value) == f"{written!r} is no date and time. Write it as '2026-11-21 15:00 UTC'."


@pytest.mark.parametrize("written", ["05.11.2026", "11/05/2026 15:00", "5-11-26"])
def test_a_date_that_may_be_two_is_refused(written: str) -> None:
    with pytest.raises(SubmissionError) as refused:
        read_time(written)
    assert str(refused.value) == f"{written!r} may be two dates. Begin with the year, as in '2026-11-21 15:00 UTC'."


def test_an_empty_timestamp_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "timestamp.txt").write_text("\n")
    assert time_of(tmp_path) is None


def no_date(path: Path) -> None:
    path.write_text("soon")


def not_utf8(path: Path) -> None:
    path.write_bytes(b"\xff\xfe2026")


def far_future(path: Path) -> None:
    path.write_text("9999999999-01-01 00:00:00 UTC")


def huge(path: Path) -> None:
    path.write_bytes(b"2" * 100_000)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [no_date, not_utf8, far_future, huge, fifo, link, folder])
def test_a_file_that_tells_no_time_costs_its_student_alone(
    spoil, tmp_path: Path, template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    course = small_course(tmp_path)
    for student in ("ada", "ben"):
        hand_in(course, student, {"treble": RIGHT})
    spoil(course.folder("submitted", "ada", STEM) / "timestamp.txt")
    outcomes = {outcome.student: outcome for outcome in grade_class(course, STEM, ["ada", "ben"])}
    assert "timestamp.txt" in outcomes["ada"].reason
    assert (outcomes["ben"].reason, outcomes["ben"].score) == ("", 3)


def test_late_penalties_follow_a_time_a_due_date_and_a_grade_by_hand_that_change_after_grading(
    tmp_path: Path, template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    course = small_course(tmp_path)
    (tmp_path / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Half(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return score / 2\n"
    )
    config = tmp_path / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.AssignLatePenalties.plugin_class = 'late.Half'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    hand_in(course, "ada", {"treble": "def treble(x):\n    return 3 * x if isinstance(x, int) else 0"})
    stamp = course.folder("submitted", "ada", STEM) / "timestamp.txt"
    course = type(course)(tmp_path)

    def score() -> tuple[float, bool]:
        (outcome,) = grade_class(course, STEM, ["ada"])
        return outcome.score, outcome.grade is not None

    def set_due(when: datetime | None) -> None:
        with opened(course.directory) as gradebook:
            gradebook.update_or_create_assignment(STEM, duedate=when)

    set_due(datetime(2026, 11, 20))
    stamp.write_text("2026-11-19 12:00 UTC")
    first, graded = score()
    assert graded and first > 0
    stamp.write_text("2026-11-21 12:00 UTC")
    assert score() == (first / 2, False), "the time was changed"
    set_due(datetime(2026, 11, 25))
    assert score() == (first, False), "the due date was moved"
    set_due(datetime(2026, 11, 20))
    with opened(course.directory) as gradebook:
        gradebook.find_grade("treble-floats", STEM, STEM, "ada").manual_score = 1.0
        gradebook.db.commit()
    by_hand, graded = score()
    assert (by_hand, graded) == ((first + 1) / 2, False), "a point was given by hand"
