"""``autograder new``: a course of one's own, that builds, grades and passes its tests at once."""

import glob
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from class_of_four import ROOT, grade_here
from typer.testing import CliRunner

from autograder.boundary.template import Template
from autograder.cli import app
from autograder.commands import instructor
from autograder.lesson import answered
from autograder.new import EXAMPLE

STEM = "lesson01_cooling"
RIGHT = "def temperature(minutes, start, room, rate):\n    return room + (start - room) * torch.exp(-rate * minutes)"
WRONG = RIGHT.replace("room + (start - room)", "start")
SENTENCE = (
    "start * exp(-rate * minutes) cools down to 0 degrees: what shrinks is start - room, the distance to the room."
)


def run(*arguments: object) -> tuple[int, str]:
    """Exit status, and all that was said."""
    told = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if told.exception and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told.exit_code, told.output


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, template: Template):
    """The new course, built; commands run in its folder."""
    root = tmp_path_factory.mktemp("teaching") / "harbour"
    with pytest.MonkeyPatch.context() as patch:
        assert run("new", root)[0] == 0
        patch.chdir(root)
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(instructor, "cores", lambda: 1)
        grade_here(patch, template)
        assert run("build") == (0, f"built course/{STEM}/{STEM}.ipynb\n")
        yield root
        for name in [name for name in sys.modules if name.startswith("harbour_checks")]:
            del sys.modules[name]


def test_a_new_course_holds_everything_under_its_name(course: Path) -> None:
    there = {path.relative_to(course).as_posix() for path in course.rglob("*") if path.is_file()}
    copied = {path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*") if path.is_file()}
    expected = {name.replace("mycourse", "harbour") for name in copied if "__pycache__" not in name}
    assert expected <= there
    assert [name for name in expected if "mycourse" in (course / name).read_text(encoding="utf-8")] == []


def test_a_new_course_passes_its_own_tests_in_which_every_example_gets_its_verdict(course: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    told = subprocess.run(command, cwd=course, capture_output=True, text=True, env=environment, check=False)
    assert "2 passed" in told.stdout, told.stdout + told.stderr


def test_a_class_of_the_new_course_is_collected_graded_and_told_its_mistake(course: Path) -> None:
    released = nbformat.read(course / "course" / STEM / f"{STEM}.ipynb", as_version=4)
    for student, text in {"ada": RIGHT, "ben": WRONG}.items():
        nbformat.write(answered(released, {"temperature": text}), course / f"{student}.ipynb")
    assert run("collect", STEM, "ada.ipynb", "ben.ipynb")[0] == 0
    status, told = run("grade", STEM)
    assert (status, "│ ada     │ 4 of 4 │" in told, "│ ben     │ 0 of 4 │" in told) == (0, True, True), told
    assert SENTENCE in run("report", STEM)[1]
    assert run("feedback", STEM)[0] == 0
    assert SENTENCE in (course / "feedback" / "ben" / STEM / f"{STEM}.html").read_text(encoding="utf-8")


def test_the_made_up_class_of_a_new_course_is_judged_by_its_own_checks(course: Path) -> None:
    status, told = run("demo")
    os.chdir(course)
    assert (course / "build" / "demo" / "harbour_checks" / STEM / "temperature.py").is_file()
    assert status == 0
    assert (
        told
        == f"""\
{STEM}, handed in by 5 made-up learners:
  ada     right predictions and answers
  ben     wrong predictions, right answers in other words
  chloe   the first half; the rest untouched
  dan     wrong predictions, and a common mistake in every exercise
  fay     nothing: the notebook as released
5 learners handed in; the median score is 0 of 4 points.
Most points were lost in temperature: 2.4 of 4 by a learner on average. 2 of 5 learners passed all its checks, 2 left \
it unanswered.
The commonest mistake, made by 1 of 5 learners (temperature): {SENTENCE}
report: {course}/build/demo/reports/{STEM}.html
Open it: what the class got wrong, who made which mistake, and links to what each learner reads.
"""
    )


def test_a_new_course_is_never_laid_over_something(course: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    refused = f"{course} is there already, with something in it. Nothing was written: name a new folder.\n"
    assert run("new", course) == (2, refused)
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    (tmp_path / "notes").write_text("mine")
    assert run("new", tmp_path / "notes")[0] == 2
    assert (tmp_path / "notes").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "empty")
        assert run("new", ".")[0] == 0
        assert Path("nbgrader_config.py").is_file()
    assert (tmp_path / "empty" / "empty_checks" / STEM / "temperature.py").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "notes"]


@pytest.mark.parametrize(
    ("name", "other"),
    [("my-course 2", "my_course"), ("2nd", "nd"), ("_", "mycourse"), ("tides_", "tides"), ("Fälle", "f_lle")],
)
def test_a_name_that_no_package_can_have_is_refused_with_one_that_it_can(tmp_path: Path, name: str, other: str) -> None:
    status, told = run("new", tmp_path / name)
    assert status == 2
    assert told == (
        f"{name!r} cannot be the name of a course: its checks are a Python package called after it, so it is made of "
        f"letters, digits and _, from a letter to a letter or digit. For example: autograder new {other}\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_installed_autograder_brings_all_that_a_new_course_is_made_of() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = setup["package-data"]["autograder"]
    # As setuptools reads them: a star takes no name that begins with a dot.
    brought = {name for each in patterns for name in glob.glob(each, root_dir=ROOT / "autograder", recursive=True)}
    needed = {path.relative_to(EXAMPLE.parent).as_posix() for path in EXAMPLE.rglob("*") if path.is_file()}
    assert needed <= brought
