"""Files made to harm whoever opens them cost their own submission, in a class graded by the command."""

import copy
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))

from corpus import STEM, WRONG, Surroundings
from pages import live_markup, page_of

from autograder.gradebook import opened

Make = Callable[[Path, dict, Surroundings], object]


def changed(**parts: object) -> Make:
    """A wrong notebook in which these parts are as given."""
    return lambda path, notebook, _: path.write_text(json.dumps(notebook | parts))


def with_cells(*cells: dict) -> Make:
    """A wrong notebook with these cells before its own."""
    return lambda path, notebook, _: path.write_text(json.dumps(notebook | {"cells": [*cells, *notebook["cells"]]}))


def deep(path: Path, notebook: dict, _: Surroundings) -> None:
    path.write_text('{"nbformat": 4, "cells": ' + "[" * 10**6 + "]" * 10**6 + "}")


def double_keys(path: Path, notebook: dict, _: Surroundings) -> None:
    text = json.dumps(notebook)
    path.write_text('{"cells": [], "nbformat": 3, ' + text[1:-1] + ', "metadata": {}}')


SCRIPT = "<script>payload()</script>"
REFUSED: dict[str, tuple[Make, str]] = {
    "link-to-neighbour": (lambda path, _, world: path.symlink_to(world.places["neighbour"]), "is a link"),
    "link-to-solution": (
        lambda path, _, world: path.symlink_to(world.root / "build" / "source" / STEM / f"{STEM}.ipynb"),
        "is a link",
    ),
    "link-to-device": (lambda path, *_: path.symlink_to("/dev/zero"), "is a link"),
    "pipe": (lambda path, *_: os.mkfifo(path), "no ordinary file"),
    "folder": (lambda path, *_: path.mkdir(), "is a folder"),
    "no-text": (lambda path, *_: path.write_bytes(b"\xff\xfe\x00{"), "is not text"),
    "deep": (deep, "nested too deeply"),
    "huge": (lambda path, *_: path.write_bytes(b" " * (51 * 2**20)), "is over 50 MiB"),
    "nothing": (lambda path, *_: path.write_text(""), "is empty"),
    "number": (lambda path, *_: path.write_text("1" * 10**5), "is not a Jupyter notebook"),
    "damaged": (changed(cells=7), "damaged notebook"),
    "too-many-cells": (with_cells(*[{}] * 8000), "has 8,011 cells, and up to 3,000 are read."),
}
GRADED: dict[str, Make] = {
    "same-key-twice": double_keys,
    "many-cells": with_cells(*({"cell_type": "code", "source": "", "metadata": {}} for _ in range(2000))),
    "long-code": with_cells({"cell_type": "code", "source": "a." * 500_000, "metadata": {}}),
    "code-slow-to-colour": with_cells(*[{"cell_type": "code", "source": " \n" * 10_000, "metadata": {}}] * 5),
    "long-prose": with_cells({"cell_type": "markdown", "source": "|a|\n" * 250_000, "metadata": {}}),
    "long-formula": with_cells({"cell_type": "markdown", "source": f"${'{' * 10**6}$", "metadata": {}}),
    "code-in-prose": with_cells({"cell_type": "markdown", "source": f"```ipython3\n{' ' * 9_000}", "metadata": {}}),
    "long-marks": with_cells(
        {"cell_type": "code", "id": "x" * 10**6, "source": "1",
         "metadata": {"tags": ["t" * 10**6] * 10, "nbgrader": {"grade_id": "g" * 10**6}}},
    ),
    "large-metadata": changed(metadata={"all": [{"key": number} for number in range(10**6)]}),
    "many-attachments": with_cells(
        {"cell_type": "markdown", "source": "x", "metadata": {},
         "attachments": {f"{number}.png": {"image/png": ""} for number in range(10**5)}}
    ),
    "path-for-an-id": with_cells(
        {"cell_type": "code", "id": "../../../secret.txt", "source": "1",
         "metadata": {"nbgrader": {"grade_id": "/etc/passwd"}}}
    ),
    "lone-surrogate": with_cells({"cell_type": "code", "source": "'\ud800'", "metadata": {}}),
    "claimed-outputs": with_cells(
        {
            "cell_type": "code",
            "source": "1",
            "metadata": {"nbgrader": {"grade": True, "grade_id": "double-values", "points": 100, "solution": False}},
            "outputs": [{"output_type": "execute_result", "data": {"text/html": SCRIPT}, "metadata": {}}],
        }
    ),
    "points-of-its-own": with_cells(
        {
            "cell_type": "code",
            "source": "100",
            "metadata": {
                "nbgrader": {"grade": True, "grade_id": "mine", "points": 100, "solution": False, "locked": False}
            },
        }
    ),
    "scripts": with_cells(
        {"cell_type": "markdown", "source": f"{SCRIPT} ![x](attachment:x.svg)", "metadata": {"title": SCRIPT},
         "attachments": {"x.svg": {"image/svg+xml": "<svg onload=payload()>"}}},
        {"cell_type": SCRIPT, "source": SCRIPT, "metadata": {}},
        {"cell_type": "raw", "source": SCRIPT, "metadata": {"raw_mimetype": "text/html"}},
    ),
    "metadata": changed(metadata={"widgets": SCRIPT, "title": SCRIPT, "kernelspec": {"name": "../../bin/sh"}}),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory):
    """The class, after `autograder grade` has gone through it."""
    with Surroundings(tmp_path_factory.mktemp("files")) as surroundings:
        wrong = copy.deepcopy(surroundings.lesson.source)
        next(cell for cell in wrong.cells if cell.id == "double").source = WRONG
        notebook = json.loads(nbformat.writes(wrong))
        for name, make in ({name: make for name, (make, _) in REFUSED.items()} | GRADED).items():
            folder = surroundings.root / "submitted" / name / STEM
            folder.mkdir(parents=True)
            make(folder / f"{STEM}.ipynb", notebook, surroundings)
            (folder / "beside.txt").symlink_to(surroundings.places["secret"])
        yield surroundings, run_command(surroundings, "grade")


def run_command(surroundings: Surroundings, name: str) -> subprocess.CompletedProcess[str]:
    """`autograder NAME` on the lesson."""
    code = f"import sys; from autograder.cli import app; sys.argv = ['autograder', {name!r}, {STEM!r}]; app()"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    options: dict = {"cwd": surroundings.root, "env": environment, "capture_output": True, "text": True}
    return subprocess.run([sys.executable, "-c", code], **options, check=False)


def test_the_command_grades_the_others_and_says_who_cannot_be_graded(graded) -> None:
    surroundings, done = graded
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for name, (_, reason) in REFUSED.items():
        assert any(name in line and reason in line for line in done.stderr.splitlines()), (name, done.stderr)
    with opened(surroundings.course.directory) as gradebook:
        scores = {row.student.id: row.score for row in gradebook.assignment_submissions(STEM)}
    assert scores == {"neighbour": 8} | dict.fromkeys(GRADED, 3)


def test_nothing_of_anybody_elses_is_in_the_graded_folders(graded) -> None:
    surroundings, _ = graded
    for path in (surroundings.root / "autograded").rglob("*"):
        if path.is_file() and "neighbour" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert not [name for name, canary in surroundings.canaries.items() if canary in text], path


def test_what_is_cut_says_so_and_no_graded_notebook_is_large(graded) -> None:
    surroundings, _ = graded
    text = {path.parts[-3]: path.read_text() for path in (surroundings.root / "autograded").glob("*/*/*.ipynb")}
    assert max(map(len, text.values())) < 10**6
    assert "this cell has 1,000,000 characters, and up to 100,000 are run" in text["long-code"]
    assert "[cut: 1,000,000 characters were handed in]" in text["long-prose"]
    assert "# [cut: " not in text["code-slow-to-colour"], "blank lines alone are nothing to cut"
    assert "too long to be shown as a page" in text["long-formula"]


def test_feedback_pages_of_them_take_seconds(graded) -> None:
    surroundings, _ = graded
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_command(surroundings, "feedback")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert len(list((surroundings.root / "feedback").glob("*/*/*.html"))) == len(GRADED) + 1
    assert after.ru_utime - used.ru_utime < 120


@pytest.mark.parametrize("student", GRADED)
def test_a_page_of_such_a_notebook_runs_nothing(graded, student: str) -> None:
    surroundings, _ = graded
    notebook = nbformat.read(surroundings.root / "autograded" / student / STEM / f"{STEM}.ipynb", as_version=4)
    assert live_markup(page_of(notebook, "feedback")) == []
