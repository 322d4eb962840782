"""A class of forty, half of it odd or hostile: the other half is graded exactly as it is without them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from class_of_four import PATCHED, RIGHT, ROOT, STEM, WRONG, hand_in, small_course

from autograder.classes.classroom import RECORD
from autograder.course import Course
from autograder.gradebook import opened

ANSWERS = [RIGHT, WRONG, PATCHED, "", "def treble(x:", "def treble(x): return str(x)", "1 / 0", "treble = [].append"]
ORDINARY = {f"student{number:02}": ANSWERS[number % len(ANSWERS)] for number in range(20)}

Make = Callable[[Path], object]
"""Changes the notebook at a path, or what lies beside it."""


def answering(answer: str) -> Make:
    """Another answer."""

    def make(path: Path) -> None:
        notebook = nbformat.read(path, as_version=4)
        next(cell for cell in notebook.cells if "def treble" in cell.source).source = answer
        nbformat.write(notebook, path)

    return make


def edited(change: Callable[[dict], object]) -> Make:
    """The notebook's JSON, changed."""

    def make(path: Path) -> None:
        notebook = json.loads(path.read_text())
        change(notebook)
        path.write_text(json.dumps(notebook))

    return make


def beside(name: str, content: bytes) -> Make:
    """A file beside the notebook."""
    return lambda path: path.with_name(name).write_bytes(content)


def cell(source: str, kind: str = "code", **parts: object) -> dict:
    """A cell of the student's own."""
    return {"cell_type": kind, "source": source, "metadata": {}, **parts}


def truncated(path: Path) -> None:
    path.write_text(path.read_text()[:-200])


def in_conflict(path: Path) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], "<<<<<<< HEAD", lines[5], "=======", lines[5], ">>>>>>> mine", *lines[6:]]))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[2] / "student00" / STEM / path.name)


PRINTING = f"{RIGHT}\nfor _ in range(10**9): print('x' * 1000)"
DRAWING = f"{RIGHT}\nfrom IPython.display import Image\nfor _ in range(400): display(Image(b'\\x89PNG' + bytes(10**6)))"
NOT_GRADED: dict[str, tuple[Make, str]] = {
    "a link": (linked, "is a link or no ordinary file. Hand in the file itself."),
    "a pipe": (pipe, "is a link or no ordinary file. Hand in the file itself."),
    "no date": (beside("timestamp.txt", b"yesterday"), "timestamp.txt"),
    "no text": (beside("timestamp.txt", b"\xff\xfe2026"), "timestamp.txt"),
    "a far year": (beside("timestamp.txt", b"9999999999-01-01 00:00:00 UTC"), "timestamp.txt"),
    "a pipe for a date": (lambda path: os.mkfifo(path.with_name("timestamp.txt")), "timestamp.txt"),
    "truncated": (truncated, "line "),
    "in conflict": (in_conflict, "line 6"),
    "in UTF-16": (lambda path: path.write_bytes(path.read_text().encode("utf-16")), "UTF-16"),
    "a list": (lambda path: path.write_text("[]"), "is not a Jupyter notebook"),
    "8,000 cells": (edited(lambda notebook: notebook["cells"].extend(cell("1") for _ in range(8_000))), "cells"),
}
"""What nobody can grade, and the words that say why."""

GRADED: dict[str, tuple[Make, float]] = {
    "a million letters": (edited(lambda notebook: notebook["cells"].append(cell("a." * 500_000, "markdown"))), 3),
    "a long line of code": (edited(lambda notebook: notebook["cells"].append(cell("a." * 500_000 + "a"))), 3),
    "prints for ever": (answering(PRINTING), 0),
    "four hundred pictures": (answering(DRAWING), 3),
    "ends its process": (answering("import os\nos._exit(0)"), 0),
    "kills its group": (answering("import os, signal\nos.killpg(0, signal.SIGKILL)"), 0),
    "eats memory": (answering("hoard = []\nwhile True: hoard.append(bytearray(10**9))"), 0),
    "a page beside it": (beside("index.html", b"<script>alert(1)</script>"), 3),
    "metadata of forty MB": (
        edited(lambda notebook: notebook["metadata"].update(picture=base64.b64encode(bytes(30 * 2**20)).decode())),
        3,
    ),
}
"""What is graded all the same, and the points that its answer deserves."""


def ordinary_class(root: Path) -> Course:
    """A course with the ordinary half of the class."""
    course = small_course(root)
    for student, answer in ORDINARY.items():
        hand_in(course, student, {"treble": answer, "why": "Because."} if answer else {})
    return course


def graded(course: Course) -> subprocess.CompletedProcess[str]:
    """What the command says when it has graded the class with two processes."""
    code = "import sys; from autograder.cli import app; app()"
    command = [sys.executable, "-c", code, "grade", STEM, "--jobs", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "300"}
    return subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=False)


def told(course: Course, student: str) -> tuple[object, ...]:
    """All that a student's grade consists of."""
    notebook = nbformat.read(course.folder("autograded", student, STEM) / f"{STEM}.ipynb", as_version=4)
    with opened(course.directory) as gradebook:
        row = gradebook.find_submission_notebook(STEM, STEM, student)
        points = {grade.name: (grade.auto_score, grade.manual_score, grade.max_score) for grade in row.grades}
    return points, notebook.metadata[RECORD]["checks"], [(each.source, each.get("outputs")) for each in notebook.cells]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The ordinary half, graded."""
    course = ordinary_class(tmp_path_factory.mktemp("alone") / "course")
    done = graded(course)
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, subprocess.CompletedProcess[str]]:
    """The whole class, graded, and what the command said."""
    course = ordinary_class(tmp_path_factory.mktemp("together") / "course")
    for student, (make, _) in (NOT_GRADED | GRADED).items():
        make(hand_in(course, student, {"treble": RIGHT}))
    return course, graded(course)


def test_the_ordinary_half_has_the_grades_and_messages_that_it_has_alone(alone, together) -> None:
    course, _ = together
    assert len(ORDINARY | NOT_GRADED | GRADED) == 40
    for student in ORDINARY:
        assert told(course, student) == told(alone, student), student


def test_who_cannot_be_graded_is_named_with_the_reason_and_has_no_grade(together) -> None:
    course, done = together
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for student, (_, reason) in NOT_GRADED.items():
        assert any(student in line and reason in line for line in done.stderr.splitlines()), (student, done.stderr)
        assert not course.folder("autograded", student, STEM).exists()


def test_the_other_odd_ones_have_what_their_answers_deserve(together) -> None:
    course, _ = together
    with opened(course.directory) as gradebook:
        scores = {row.student.id: row.score for row in gradebook.assignment_submissions(STEM)}
    assert {student: scores[student] for student in GRADED} == {
        student: worth for student, (_, worth) in GRADED.items()
    }
    assert scores.keys() == ORDINARY.keys() | GRADED.keys()


def test_no_folder_of_theirs_holds_more_than_a_page_can_show(together) -> None:
    course, _ = together
    for path in course.folder("autograded", "*", STEM).parent.parent.rglob("*"):
        assert path.suffix not in {".html", ".svg"}, path
        assert not path.is_file() or path.stat().st_size < 16 * 2**20, path
