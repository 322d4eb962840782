"""The commands, as people use them."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import psutil
import pytest
from class_of_four import PATCHED, RIGHT, STEM, WRONG, grade_here, hand_in, small_course, whole_class
from typer.testing import CliRunner

import autograder.cli
from autograder.commands import instructor, learner
from autograder.course import Course

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path, original, monkeypatch, template):
    """A built course that the command is run in, with a template process that is warm already."""
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(learner, "Template", lambda: contextlib.nullcontext(template))
    monkeypatch.setattr(instructor, "cores", lambda: 1)
    grade_here(monkeypatch, template)
    return Course(tmp_path / "course")


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    result = RUNNER.invoke(autograder.cli.app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def notebook(course: Course, **answers: str) -> Path:
    return hand_in(course, "someone", answers)


def test_check_shows_a_table_and_exits_0_for_full_marks(course):
    status, out, _ = run("check", notebook(course, treble=RIGHT))
    assert status == 0
    assert "│ treble-integers │ ✓ accepted │ 2 of 2 │" in out
    assert "3 of 3 points in" in out and "isolation: process" in out


def test_check_shows_the_messages_and_exits_1_for_less(course):
    status, out, _ = run("check", notebook(course, treble=WRONG))
    assert status == 1
    assert "│ treble-floats   │ ✗ wrong answer │ 0 of 1 │" in out
    assert "treble - integers: this check does not hold\n  observed  AssertionError: three times two is six\n" in out


def test_ctrl_c_ends_a_check_also_while_it_starts(course):
    command = [sys.executable, "-m", "autograder", "check", str(notebook(course, treble=RIGHT))]
    # Tests that run in the background of a shell ignore Ctrl-C, and what they start would ignore it too.
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=course.root, stdout=pipe, stderr=pipe, preexec_fn=heed)
    while not psutil.Process(process.pid).children():
        time.sleep(0.02)
    time.sleep(0.2)  # these import now
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and b"points" not in out


def test_check_says_once_that_an_exercise_is_not_implemented(course):
    status, out, _ = run("check", notebook(course))
    assert status == 1
    told = "treble: not implemented yet. Write your answer in its cell, run that cell, then run this check again."
    assert out.count(told) == 1


def test_check_prints_one_json_object_a_notebook_on_one_line(course):
    path = notebook(course, treble=PATCHED)
    status, out, _ = run("check", "--json", "--seed", 5, path)
    printed = json.loads(out)
    assert status == 1
    assert printed.pop("seconds") > 0
    assert printed.pop("cpu_seconds") > 0
    assert printed.pop("peak_bytes") > 2**20
    floats = printed["checks"].pop()
    assert printed == {
        "lesson": STEM,
        "notebook": str(path),
        "points": 0.0,
        "max_points": 3.0,
        "isolation": printed["isolation"],
        "notes": [],
        "checks": [
            {
                "grade_id": "treble-integers",
                "points": 0.0,
                "max_points": 2.0,
                "seed": 5,
                "text": "treble - integers: this check does not hold\n"
                "  observed  AssertionError: three times two is six",
                "mistake_id": "",
                "verdict": "wrong_answer",
                "exercise": "treble",
                "check": "integers",
                "answered": True,
                "what": "this check does not hold",
                "expected": "",
                "observed": "AssertionError: three times two is six",
                "mistake": None,
                "note": "",
                "credit": 0.0,
                "reread": "",
            }
        ],
    }
    assert floats["verdict"] == "wrong_answer", "patching math.isclose in the submission changes nothing"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{path} is empty. Save the notebook in Jupyter and hand it in again."),
        (
            "print(1)",
            "{path} is not a Jupyter notebook (Notebook does not appear to be JSON: 'print(1)'). "
            "Hand in the .ipynb file.",
        ),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            f"This notebook is no lesson of this course: none of its cells belongs to {STEM}. "
            "Hand in the notebook that you opened from the course, or name the lesson with --lesson.",
        ),
        (None, "{path} cannot be opened: No such file or directory."),
        (
            '{"nbformat": 4,\n<<<<<<< HEAD\n"cells": [],\n=======\n"cells": [1],\n>>>>>>> other\n}',
            "{path} holds a merge conflict (line 2: '<<<<<<< HEAD'). Keep one of the two versions "
            "(`git checkout --ours` or `--theirs`, then the file's name) and hand it in again.",
        ),
        (
            '{"nbformat": 4,\n"cells": [{"source": "x',
            "{path} is only the beginning of a notebook: it ends in line 2. Save it and hand it in as a whole.",
        ),
    ],
)
def test_check_exits_2_and_says_why_where_nothing_can_be_graded(course, content, message):
    path = course.root / "handed in.ipynb"
    if content is not None:
        path.write_text(content)
    status, out, err = run("check", path)
    assert (status, out, err.strip()) == (2, "", message.format(path=path))


def test_check_goes_on_after_a_notebook_that_cannot_be_graded(course):
    bad = course.root / "bad.ipynb"
    bad.write_text("")
    status, out, _ = run("check", "--json", bad, notebook(course, treble=RIGHT))
    first, second = map(json.loads, out.splitlines())
    assert status == 2
    assert first == {
        "notebook": str(bad),
        "error": f"{bad} is empty. Save the notebook in Jupyter and hand it in again.",
    }
    assert second["points"] == 3.0


def test_check_knows_a_lesson_by_its_cells_whatever_the_file_is_called(course):
    path = notebook(course, treble=RIGHT)
    renamed = path.rename(path.with_name("homework final (2).ipynb"))
    assert run("check", renamed)[0] == 0


def delete(cells, name):
    cells[:] = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") != name]


def named(cells, name):
    return next(cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


DAMAGE = {
    "grade cells deleted": (3.0, lambda cells: delete(cells, "treble-integers")),
    "answer cell deleted": (0.0, lambda cells: delete(cells, "treble")),
    "answer cell repeated": (3.0, lambda cells: cells.append(nbformat.from_dict(named(cells, "treble")))),
    "cells in reverse": (3.0, lambda cells: cells.reverse()),
    "answer flagged as a test": (
        3.0,
        lambda cells: named(cells, "treble").metadata.nbgrader.update(grade=True, solution=False),
    ),
    "answer renamed": (3.0, lambda cells: named(cells, "treble").metadata.nbgrader.update(grade_id="mine")),
    "metadata lost": (3.0, lambda cells: [cell.metadata.clear() for cell in cells]),
    "points raised": (3.0, lambda cells: named(cells, "treble-floats").metadata.nbgrader.update(points=100)),
    "test rewritten": (3.0, lambda cells: named(cells, "treble-floats").update(source="assert True")),
    "syntax error in another cell": (3.0, lambda cells: cells.append(nbformat.v4.new_code_cell("def f(:"))),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_notebook_gets_a_grade_for_all_that_can_be_graded(course, damage):
    path = notebook(course, treble=RIGHT)
    expected, do = DAMAGE[damage]
    damaged = nbformat.read(path, as_version=4)
    do(damaged.cells)
    damaged.metadata.kernelspec = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}
    nbformat.write(damaged, path)
    _, out, _ = run("check", "--json", "--lesson", STEM, path)
    assert json.loads(out)["points"] == expected
    assert json.loads(out)["max_points"] == 3.0


def test_grade_shows_the_class_and_where_its_work_lies(course):
    whole_class(course)
    status, out, _ = run("grade", STEM)
    assert status == 0
    assert "│ ada     │ 3 of 7 │ 2 accepted     │" in out
    assert "│ chloe   │ 0 of 7 │ 2 wrong answer │" in out
    assert f"gradebook: sqlite:///{course.root}/gradebook.db" in out
    assert f"graded notebooks: {course.root}/autograded/*/{STEM}" in out
    assert "│ ada     │ 3 of 7 │ graded already │" in run("grade", STEM, "--student", "ada")[1]
    assert "│ ada     │ 3 of 7 │ 2 accepted │" in run("grade", STEM, "--student", "ada", "--force")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "lesson00"], f"No lesson is called 'lesson00'. The lessons are: {STEM}."),
        (["grade", STEM], f"Nobody has handed in {STEM}: {{root}}/submitted/STUDENT/{STEM}/ holds nothing yet."),
        (["build", "lesson00"], f"No lesson is called 'lesson00'. The lessons are: {STEM}."),
        (["feedback", "lesson00"], f"No lesson is called 'lesson00'. The lessons are: {STEM}."),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(course, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out, err.strip()) == (2, "", message.format(root=course.root))


def test_grade_names_a_student_who_handed_in_nothing(course):
    whole_class(course)
    status, _, err = run("grade", STEM, "--student", "zoe")
    assert (status, err) == (2, f"Nothing was handed in for {STEM} by zoe (looked in submitted/).\n")


def test_feedback_makes_a_page_a_student(course):
    whole_class(course)
    run("grade", STEM)
    status, out, _ = run("feedback", STEM)
    assert (status, out) == (0, f"feedback: {course.root}/feedback/*/{STEM}\n")
    page = (course.root / "feedback" / "ben" / STEM / f"{STEM}.html").read_text()
    assert "three times two is six" in page
    assert "treble(41)" not in page


def test_outside_a_course_every_command_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = run("build")
    assert status == 2
    assert err == (
        f"No course at or above {tmp_path}: no folder there holds nbgrader_config.py. Go to the course's folder.\n"
    )


@pytest.mark.parametrize("name", ["week 1 [intro]", "Woche-ü", "a*b?", "{x}", "%41", "lesson.2", ":smile:"])
def test_a_lesson_may_be_called_what_a_folder_may_be_in_a_folder_of_such_a_name(course, name, tmp_path, monkeypatch):
    root = tmp_path / "my [course] *#% ü"
    (root / "solutions").mkdir(parents=True)
    for file in ("nbgrader_config.py", "gradebook.db"):
        shutil.copy(course.root / file, root)
    shutil.copy(course.root / "solutions" / f"{STEM}.py", root / "solutions" / f"{name}.py")
    monkeypatch.chdir(root)
    assert run("build")[:2] == (0, f"built course/{name}/{name}.ipynb\n")
    shutil.copytree(root / "course" / name, root / "submitted" / "ada" / name)
    status, out, err = run("grade", name)
    assert (status, err) == (0, "") and out.startswith(f"{name}\n")
    assert "│ ada     │ 0 of 7 │ 2 wrong answer │" in out
    assert out.endswith(f"gradebook: sqlite:///{root}/gradebook.db\ngraded notebooks: {root}/autograded/*/{name}\n")
    assert run("feedback", name) == (0, f"feedback: {root}/feedback/*/{name}\n", "1 new, 0 were up to date\n")
    assert (root / "feedback" / "ada" / name / f"{name}.html").is_file()
    assert run("report", name)[1].endswith(f"report: {root}/reports/{name}.html\n")
    assert run("export", name) == (0, "grades: grades.csv\n", "")
    assert run("build", "--check") == (0, "course/ is up to date.\n", "")


def test_lab_fills_the_work_folder_and_never_overwrites(course, monkeypatch):
    started = []
    monkeypatch.setenv("PYTHONPATH", "/already/there")
    monkeypatch.setattr(learner.os, "execve", lambda *arguments: started.append(arguments))
    run("lab")
    mine = course.root / "work" / STEM / f"{STEM}.ipynb"
    assert mine.read_bytes() == (course.root / "course" / STEM / f"{STEM}.ipynb").read_bytes()
    mine.write_text("mine")
    run("lab")
    assert mine.read_text() == "mine"
    _, command, environment = started[0]
    assert command[-1] == f"--notebook-dir={course.root / 'work'}"
    # Grade cells import the checks of a course that are not installed.
    assert environment["PYTHONPATH"] == f"/already/there{os.pathsep}{course.root}"


def test_build_check_names_what_is_out_of_date(course):
    assert run("build", "--check")[:2] == (0, "course/ is up to date.\n")
    source = course.root / "solutions" / f"{STEM}.py"
    source.write_text(source.read_text().replace("three times ``x``", "thrice ``x``"))
    status, _, err = run("build", "--check")
    assert (status, err) == (1, f"course/{STEM}/{STEM}.ipynb is out of date. Run `autograder build`.\n")
