"""What other courses ask for: a reference answer, a test, a wrong answer, a right answer of another make."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from courses import answer, lesson_of, locked, test

from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered
from autograder.verdict import Grade, Verdict

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
FEATURES = {each["name"]: each for each in json.loads((Path(__file__).parent / "other_course.json").read_text())}
if find_spec("pandas") is None:
    FEATURES = {name: each for name, each in FEATURES.items() if "pandas" not in each["reference"]}
FILES = {"data.csv": b"1\n2\n", "helper.py": b"def check(a, b): assert a == b\ndef kind(x): return type(x).__name__\n"}
NO_MORE = "cannot be judged here: a test may read it, call it and compare it with its like, and no more"
MADE_BY = "of the test's cannot cross to the learner's side"
WAIT = {
    "doctest_testmod": "doctest finds no docstrings of a submission here: call the function and check what it returns",
    "mock_stdin": "input() waits for a person, and nobody is there when an answer is graded",
    "figure_of_both": "pyplot has a figure of the test's and one of the answer's, and which is the current one is not ",
    "sqlite": f"a Connection {MADE_BY} as it is; a function of the cell that calls it can",
    "subclass_in_test": f"a type {NO_MORE}",
    "dataclass_fields": f"a “dataclass” {NO_MORE}",
    "pickled": f"a “Pk” {NO_MORE}",
    "exception_group": "a ExceptionGroup cannot be judged here: what it holds is not sent to where tests run",
    "file_database": "a file “fd.db” cannot be judged here: it does not lie where tests run",
    "file_of_python": "a file “made.py” cannot be judged here: it does not lie where tests run",
    "pandas_period": "a column of “period[M]” cannot be judged here: it is not sent to where tests run",
}
"""Which wait, and what is said of each."""


@pytest.fixture(scope="module")
def grades(template: Template):
    """Of the reference, of the wrong answers, of the right ones of another make: what each test gives."""
    cells = [locked("%load_ext autoreload\n!pip install nothing\ndef same_as(a, b): assert a == b")]
    cells += [locked("%%writefile written.py\ndef twice(x): return 2 * x", "written")]
    for name, each in FEATURES.items():
        cells += [answer(each["reference"], f"{name}-answer"), test(each["test"], name)]
    lesson = lesson_of(*cells, files=FILES)
    with Grader(lesson, template) as grader:

        def graded(kind: str) -> dict[str, Grade]:
            answers = {f"{name}-answer": each[kind] for name, each in FEATURES.items() if each[kind]}
            grade = grader.grade(answered(lesson.source, answers), 1)
            return {check.grade_id: check for check in grade.checks}

        yield {kind: graded(kind) for kind in ("reference", "wrong", "alternative")}


@pytest.mark.parametrize("name", FEATURES)
def test_a_reference_has_full_marks_or_waits(grades, name: str) -> None:
    check = grades["reference"][name]
    assert check.points == (None if name in WAIT else 2), str(check.message)
    assert WAIT.get(name, "") in str(check.message)


@pytest.mark.parametrize("name", FEATURES)
def test_a_wrong_answer_never_has(grades, name: str) -> None:
    check = grades["wrong"][name]
    assert check.points == (None if name in WAIT or "patched" in name else 0), str(check.message)


@pytest.mark.parametrize("name", [name for name, each in FEATURES.items() if each["alternative"]])
def test_a_right_answer_of_another_make_has_full_marks(grades, name: str) -> None:
    check = grades["alternative"][name]
    assert (check.points, check.verdict) == (2, Verdict.ACCEPTED), str(check.message)
