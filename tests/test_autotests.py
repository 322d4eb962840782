"""Tests that nbgrader makes of a course's AUTOTEST lines: its releases have them, and so has what is graded here."""

from pathlib import Path

import nbformat
import pytest
from courses import answer, test
from nbgrader.preprocessors import InstantiateTests

from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader
from autograder.lesson import LessonError, answered

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
TEMPLATES = """\
python3:
    setup: "from hashlib import sha1"
    hash: 'sha1({{snippet}}.encode("utf-8")+b"{{salt}}").hexdigest()'
    dispatch: "type({{snippet}})"
    normalize: "str({{snippet}})"
    check: 'assert {{snippet}} == \"\"\"{{value}}\"\"\", \"\"\"{{message}}\"\"\"'
    templates:
        default:
            - test: "type({{snippet}})"
              fail: "type of {{snippet}} is not correct"
            - test: "{{snippet}}"
              fail: "value of {{snippet}} is not correct"
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course whose one test is a line for nbgrader, and one for it to hide."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (folder := tmp_path / "source" / "ps1").mkdir(parents=True)
    cells = [
        answer("def double(x): return 2 * x", "double"),
        test("### AUTOTEST double(2)\n### HASHED AUTOTEST double(3); double('a')"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "ps1.ipynb")
    return Course(tmp_path)


def test_what_is_graded_is_what_nbgrader_tests_in_the_release(course: Course, template: Template) -> None:
    (course.root / "autotests.yml").write_text(TEMPLATES)
    lesson = course.lesson("ps1")
    with Grader(lesson, template) as grader:

        def graded(source: str) -> tuple[float | None, str]:
            check = grader.grade(answered(lesson.source, {"double": source}), 1).checks[0]
            return check.points, check.message.observed

        assert graded("def double(x): return x + x") == (2, "")
        assert graded("def double(x): return x * x") == (0, "AssertionError: value of double(3) is not correct")
        assert graded("def double(x): return 2.0 * x") == (0, "AssertionError: type of double(2) is not correct")
    assert "double(3)" in lesson.cells["test"].source and "'6'" not in lesson.cells["test"].source


def test_lines_that_nobody_says_the_meaning_of_are_no_tests(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def why_not() -> str:
        with pytest.raises(LessonError) as refused:
            course.lesson("ps1")
        return str(refused.value).replace(str(course.root), "")

    assert why_not() == (
        "ps1 has AUTOTEST lines, and there is no autotests.yml that says what they test: "
        "put it into /source/ps1 or into the course's folder."
    )
    monkeypatch.setattr(InstantiateTests, "preprocess", lambda *_: 1 / 0)
    assert why_not() == (
        "ps1: nbgrader makes no tests of its AUTOTEST lines (ZeroDivisionError: division by zero). "
        "`nbgrader generate_assignment ps1` says more."
    )
