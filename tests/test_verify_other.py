"""``autograder verify`` on a course without checks of ours: the same as stock, or waits, and why."""

# ruff: noqa: E501

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import answer, locked, plain, test
from typer.testing import CliRunner

from autograder.cli import app

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
SOLUTION = "def {0}(x):\n    ### BEGIN SOLUTION\n    return {1}\n    ### END SOLUTION"
CELLS = [
    plain("import json"),
    locked("from helper import check"),
    answer(SOLUTION.format("double", "2 * x"), "double"),
    test("check(double(2), 4)", "double-values", 2),
    test("n = sum(double(k) == 2 * k for k in range(4))\nn / 2", "double-part", 2),
    answer(SOLUTION.format("mark", "x.set_title('t')"), "draw"),
    test("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nmark(ax)\nassert ax.get_title()", "draw-title", 1),
    test(
        "import pytest\nwith pytest.raises(Exception):\n    double()\nassert double([1]) is not double([1])", "loose", 1
    ),
]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of another's, in nbgrader's own folders."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    folder = tmp_path / "source" / "ps1"
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text("def check(a, b):\n    assert a == b\n")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS, metadata=kernel), folder / "problem 1.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_grade_cell_has_a_line_with_the_reason_and_the_cure(course: Path) -> None:
    told = CliRunner().invoke(app, ["verify"])
    title = "ps1/problem 1: "
    assert told.stdout.splitlines() == [
        f"! {title}loose: pytest.raises(Exception) passes for any mistake that stops: name the exception.",
        f"! {title}loose: `is` compares what a call returned, which comes as a copy: compare it with ==.",
        f"✓ {title}reference double-values: 2 of 2, the same as stock nbgrader",
        f"✓ {title}reference double-part: 2 of 2, the same as stock nbgrader",
        f"? {title}reference draw-title: waits for a person, stock nbgrader gives 1. AuthoringError: a Axes cannot cross "
        "to the learner's side: make it by a beside function. Cure: make it in the answer, or test what the answer returns.",
        f"✓ {title}reference loose: 1 of 1, the same as stock nbgrader",
        f"✓ {title}untouched double-values: 0 of 2, the same as stock nbgrader",
        f"✓ {title}untouched double-part: 0 of 2, the same as stock nbgrader",
        f"? {title}untouched draw-title: waits for a person, stock nbgrader gives 0. AuthoringError: a Axes cannot cross "
        "to the learner's side: make it by a beside function. Cure: make it in the answer, or test what the answer returns.",
        f"✓ {title}untouched loose: 0 of 1, the same as stock nbgrader",
        "ps1: 6 the same as stock nbgrader, 2 wait, 0 differ",
    ]
    assert told.exit_code == 0


def test_a_class_is_told_once_which_cells_wait_for_everybody(course: Path) -> None:
    nbgrader = os.path.join(os.path.dirname(sys.executable), "nbgrader")
    subprocess.run([nbgrader, "generate_assignment", "ps1", "--force"], check=True, capture_output=True)
    for student in ("ada", "ben"):
        folder = course / "submitted" / student / "ps1"
        shutil.copytree(course / "source" / "ps1", folder)
    told = CliRunner().invoke(app, ["grade", "ps1", "--jobs", "1"])
    assert told.output.count("draw-title waits for a person, for ada, ben: ") == 1
    assert (
        told.output.count(
            "What the reference fails waits for everybody: `autograder verify ps1` says why, and the cure."
        )
        == 1
    )
    assert "5 of 6" in told.output
