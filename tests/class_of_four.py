"""A course of one small lesson in plain nbgrader style, and a class of four that hands it in."""

import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest

import autograder.classes.task
from autograder.boundary.template import Template
from autograder.build import build
from autograder.classes.pool import InThisProcess
from autograder.course import Course
from autograder.lesson import answered

ROOT = Path(__file__).parents[1]
STEM = "lesson78_trebling"
LESSON = '''\
# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math


# %% nbgrader={"grade": false, "grade_id": "treble", "locked": false, "schema_version": 3, "solution": true, "task": false}
def treble(x):
    """Return three times ``x``, a number."""
    ### BEGIN SOLUTION
    return 3 * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "treble-integers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert treble(2) == 6, "three times two is six"
### BEGIN HIDDEN TESTS
assert treble(41) == 123
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "treble-floats", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert math.isclose(treble(0.5), 1.5)

# %% [markdown] nbgrader={"grade": true, "grade_id": "why", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# Say why.
'''  # noqa: E501

# nbgrader's command, without its web pages and what else costs it two thirds of its start.
_MAIN = "import autograder.faststart; from nbgrader.apps.nbgraderapp import main; main()"
NBGRADER = [sys.executable, "-c", _MAIN]

RIGHT = "def treble(x):\n    return x + x + x"
WRONG = "def treble(x):\n    return 3.1 * x"
PATCHED = "import math\nmath.isclose = lambda *args: True\n" + WRONG


def small_course(root: Path) -> Course:
    """The lesson, built."""
    (root / "solutions").mkdir(parents=True)
    (root / "solutions" / f"{STEM}.py").write_text(LESSON, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build([], root)
    return Course(root)


def hand_in(course: Course, student: str, answers: dict[str, str]) -> Path:
    """Put the released notebook with these answers into submitted/."""
    path = course.folder("release", ".", STEM) / f"{STEM}.ipynb"
    notebook = answered(nbformat.read(path, as_version=4), answers)
    target = course.folder("submitted", student, STEM) / f"{STEM}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    return target


def whole_class(course: Course) -> None:
    """Right, wrong, tricky and untouched work."""
    hand_in(course, "ada", {"treble": RIGHT, "why": "Because."})
    hand_in(course, "ben", {"treble": WRONG})
    hand_in(course, "chloe", {"treble": PATCHED, "why": "Because I can."})
    hand_in(course, "dan", {})


def grade_here(patch: pytest.MonkeyPatch, template: Template) -> None:
    """Let commands grade in this process, with a template that is warm already."""
    patch.setattr(autograder.classes.task, "template", lambda _: template)
    patch.setattr(autograder.classes.task, "graders", lambda *_: nullcontext(InThisProcess))
