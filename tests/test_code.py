"""Which code a grade follows from: what is mended grades again, and nothing else does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from class_of_four import ROOT

from autograder.classes import code
from autograder.course import Course
from autograder.packages import Packages

COURSE = Course(ROOT)


def reached(lesson: str) -> set[str]:
    packages = COURSE.packages
    return set(code.modules_from(packages, [*code._JUDGES, *packages.beside, packages.checks_of(lesson)]))


def test_a_grade_follows_from_the_judge_the_lessons_checks_and_what_runs_beside_it() -> None:
    assert {
        "autograder.grading",
        "autograder.exercise",
        "autograder.expect",
        "autograder.boundary.remote",
        "autograder.boundary.worker",
        "autograder.boundary.sandbox",
        "autograder.beside.lesson06_vae",
        "autograder.checks.location_scale",
        "autograder.checks.lesson06_vae.evaluate",
        "lessonkit.data",
    } <= reached("lesson06_vae")


def test_a_grade_does_not_follow_from_a_page_a_command_or_another_lessons_checks() -> None:
    others = ("autograder.results", "autograder.commands", "autograder.proofs.verify", "autograder.checks.lesson06_vae")
    assert [name for name in reached("lesson03_reparameterization") if name.startswith(others)] == []


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """A course with checks and beside functions in a package of its own, which lies in the course's folder."""
    for name, text in {
        "harbour/checks/lesson_tides/ebb.py": "from harbour.shared import table\n",
        "harbour/checks/lesson_ships/hull.py": "",
        "harbour/beside/gauges.py": "",
        "harbour/shared.py": "table = [1]\n",
        "harbour/reports.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.parents:
            if folder != tmp_path and tmp_path in folder.parents:
                (folder / "__init__.py").touch()
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield Packages(str(tmp_path), checks=("harbour.checks",), beside=("harbour.beside",))
    for name in [name for name in sys.modules if name.partition(".")[0] == "harbour"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("changed", "grades_again"),
    [
        ("harbour/checks/lesson_tides/ebb.py", True),
        ("harbour/shared.py", True),
        ("harbour/beside/gauges.py", True),
        ("harbour/checks/lesson_ships/hull.py", False),
        ("harbour/reports.py", False),
    ],
)
def test_a_change_in_a_package_of_the_course_grades_again_what_follows_from_it(
    own: Packages, changed: str, grades_again: bool
) -> None:
    before = code.digest.__wrapped__(own, "lesson_tides")
    (Path(own.root) / changed).write_text("import math\n", encoding="utf-8")
    assert (code.digest.__wrapped__(own, "lesson_tides") != before) is grades_again
    assert own.checks_of("lesson_tides") == "harbour.checks.lesson_tides"
    assert own.checks_of("lesson_moons") == ""


def test_checks_in_a_folder_that_is_not_called_a_package_are_followed_too(own: Packages) -> None:
    for file in ("__init__.py", "lesson_tides/__init__.py"):
        Path(own.root, "harbour/checks", file).unlink()
    before = code.digest.__wrapped__(own, "lesson_tides")
    Path(own.root, "harbour/checks/lesson_tides/ebb.py").write_text("import math\n", encoding="utf-8")
    assert own.checks_of("lesson_tides") == "harbour.checks.lesson_tides"
    assert code.digest.__wrapped__(own, "lesson_tides") != before
