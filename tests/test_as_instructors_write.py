"""What real courses hold that nobody thought of: a file that is there already, a cell that stops, a warning."""

import sqlite3
from pathlib import Path

import nbformat
import pytest
from courses import answer, lesson_of, locked, plain, test
from test_other_course import grading, points, said
from typer.testing import CliRunner

from autograder.boundary.limits import MAX_MESSAGE
from autograder.boundary.template import Template
from autograder.cli import app
from autograder.commands import author
from autograder.grading import Grader
from autograder.lesson import Lesson, answered

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
FILL = "c.execute('CREATE TABLE t (n INTEGER)')\nc.execute('INSERT INTO t VALUES (8)')\ndb.commit()"
COUNT = "again = connect('sums.db')\nassert again.execute('SELECT n FROM t').fetchall() == [(8,)]"


@pytest.fixture
def filled(tmp_path: Path) -> bytes:
    """A database in which somebody has run the solution."""
    with sqlite3.connect(path := tmp_path / "sums.db") as database:
        database.execute("CREATE TABLE t (n INTEGER)")
        database.execute("INSERT INTO t VALUES (8)")
    database.close()
    return path.read_bytes()


def graded(template: Template, lesson: Lesson, wrong: str) -> list[float | None]:
    """Of the last grade cell: the points of the reference, and of this answer."""
    with Grader(lesson, template) as grader:
        return [points(grader.grade(answered(lesson.source, {"fill": each}), 1))[-1] for each in (FILL, wrong)]


def test_a_database_that_the_notebook_writes_anew_is_not_read_as_the_course_left_it(
    template: Template, filled: bytes
) -> None:
    begin = locked("from sqlite3 import connect\ndb = connect('sums.db')\nc = db.cursor()\nc.execute('DROP TABLE t')")
    lesson = lesson_of(begin, answer(FILL, "fill"), test(COUNT), files={"sums.db": filled})
    assert graded(template, lesson, "pass") == [None, None]


def test_nor_where_cells_before_the_test_use_what_only_another_test_defines(template: Template, filled: bytes) -> None:
    lesson = lesson_of(
        answer("one = 1", "first"),
        test("from sqlite3 import connect\ndb = connect('sums.db')\nassert one == 1", "one"),
        plain("c = db.cursor()\nc.execute('DROP TABLE t')"),
        answer(FILL, "fill"),
        test(COUNT),
        files={"sums.db": filled},
    )
    assert graded(template, lesson, "pass") == [None, None]


CELLS = (
    locked("import math, nothing_of_that_name\nhalf = 0.5"),
    answer("def f(x): return half * x"),
    test("assert f(2) == 1"),
)


def test_a_name_that_is_not_there_is_said_to_be_in_the_cell_that_stopped(template: Template) -> None:
    with grading(template, answer("import json\nn = json.loads('{')", "made"), test("assert n == 1")) as grade:
        told = said(grade())
        assert "n is not defined" in told and "its cell stopped with JSONDecodeError: “Expecting property name" in told
        told = said(grade(made="raise NotImplementedError()\nn = 1"))
        assert "not implemented yet" in told
    with grading(template, *CELLS) as grade:
        assert "the cell of half stopped with ModuleNotFoundError: “No module named 'nothing_of_that_name'”" in said(
            grade()
        )


def test_a_value_that_is_too_large_to_hand_over_waits_also_where_the_test_expects_an_error(template: Template) -> None:
    large = f"import numpy as np, pytest\nwith pytest.raises(TypeError):\n    g(np.zeros({MAX_MESSAGE // 8}))"
    with grading(template, answer("def g(x): raise TypeError"), test(large)) as grade:
        assert points(grade()) == [None] and "is over the 64 MiB limit" in said(grade())


def test_a_class_has_a_signature_where_its_source_is_nowhere(template: Template) -> None:
    asks = "import inspect\nassert list(inspect.signature(A).parameters) == ['name']"
    with grading(
        template, answer("class A:\n    def __init__(self, name): self.name = name", "a"), test(asks)
    ) as grade:
        assert points(grade()) == [2], said(grade())
        assert points(grade(a="class A:\n    def __init__(self, nam): pass")) == [0]


@pytest.fixture
def course(tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of another's with two assignments: nbgrader cannot release the first."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    outside = plain("### BEGIN SOLUTION\nn = 1\n### END SOLUTION")
    warns = "def f():\n    ### BEGIN SOLUTION\n    warnings.warn('old')\n    return 1\n    ### END SOLUTION"
    for name, cells in {
        "broken": [outside, test("assert n == 1")],
        "whole": [answer(f"import warnings\n{warns}"), test("assert f() == 1")],
    }.items():
        (folder := tmp_path / "source" / name).mkdir(parents=True)
        notebook = nbformat.v4.new_notebook(cells=cells)
        for cell in notebook.cells:
            del cell["id"]
        (folder / f"{name}.ipynb").write_text(nbformat.v4.writes(notebook))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(template, "close", lambda: None)
    monkeypatch.setattr(author, "Template", lambda _: template)
    return tmp_path


@pytest.mark.filterwarnings("ignore:old")
def test_what_nbgrader_cannot_release_is_said_and_the_others_are_verified(course: Path) -> None:
    told = CliRunner().invoke(app, ["verify"])
    assert told.stderr.splitlines()[0] == (
        "broken/broken: nbgrader itself cannot release it. It says: Solution region detected in a non-solution cell; "
        "please make sure all solution regions are within solution cells."
    )
    reference, untouched, end = told.stdout.splitlines()
    assert reference.startswith(
        "✗ whole: reference test: 2, and stock nbgrader gives 0: there, what a cell prints to stderr costs its points: "
    )
    assert untouched == "✓ whole: untouched test: 0 of 2, the same as stock nbgrader"
    assert end == "whole: 1 the same as stock nbgrader, 0 wait, 1 differ"


def test_a_course_that_nbgrader_cannot_release_alone_ends_with_status_2(course: Path) -> None:
    assert CliRunner().invoke(app, ["verify", "broken"]).exit_code == 2


USES = "import pandas as pd\ndef doubled(t): return t.apply(lambda column: 2 * column)"
FORBIDS = """\
import pandas as pd
table, kept = pd.DataFrame({"a": [1, 2]}), pd.DataFrame.apply
assert doubled(table)["a"].tolist() == [2, 4]
def fail(): raise ValueError("Did you really use apply?")
setattr(pd.DataFrame, "apply", fail)
try: doubled(table)
except (ValueError, TypeError): pass
else: assert False, "apply was not used"
finally: setattr(pd.DataFrame, "apply", kept)
assert doubled(table)["a"].tolist() == [2, 4]
"""
MOCKS = """\
from unittest.mock import patch
with patch.object(pd.DataFrame, "apply", return_value=7): assert doubled(table) == 7
with patch("pandas.DataFrame.apply", return_value=8): assert doubled(table) == 8
assert doubled(table)["a"].tolist() == [2, 4]
"""


def test_what_a_test_puts_into_a_class_of_a_library_an_answer_finds_there(template: Template) -> None:
    with grading(template, answer(USES, "doubled"), test(FORBIDS, "forbids"), test(MOCKS, "mocks")) as grade:
        right = grade()
        assert points(right) == [2, 2], said(right)
        assert points(grade(doubled="def doubled(t): return 2 * t")) == [0, 0]
        again = grade()
        assert points(again) == [2, 2], said(again)


DATA = (
    b"import numpy as np\nnp.random.seed(1000)\ndef made(): return np.random.rand(3)\ndef pearson_normal(x): return x\n"
)
MADE = "import numpy as np\nnp.random.seed(1000)\nfirst, second = np.random.rand(3), np.random.rand(3)"


def test_numbers_that_a_module_seeds_go_on_from_cell_to_cell_whatever_is_called_between(template: Template) -> None:
    lesson = lesson_of(
        locked("import data\nfirst = data.made()"),
        answer("def total(x): return float(x.sum())", "total"),
        test("assert total(first) == float(first.sum())", "first"),
        locked("second = data.made()\nnormal = data.pearson_normal(second)", "again"),
        answer("largest = float(second.max())", "largest"),
        test(f"{MADE}\nassert largest == second.max()", "second"),
        files={"data.py": DATA},
    )
    with Grader(lesson, template) as grader:
        right = grader.grade(lesson.source, 1)
        assert points(right) == [2, 2], said(right)
        assert points(grader.grade(answered(lesson.source, {"largest": "largest = float(second.min())"}), 1)) == [2, 0]
