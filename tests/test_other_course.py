"""Plain nbgrader courses: whose a name is, what a grade cell runs among, and what nothing of a submission's can do."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import indent

import numpy as np
import pytest
from courses import answer, lesson_of, locked, plain, test
from nbformat import NotebookNode

from autograder.attempt import Attempt
from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered
from autograder.verdict import Grade, Verdict

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
Graded = Callable[..., Grade]


@contextmanager
def grading(template: Template, *cells: NotebookNode, limits: Limits | None = None) -> Iterator[Graded]:
    """``grade(answer="...")``: the reference with this answer in its place."""
    lesson = lesson_of(*cells)
    with Grader(lesson, template, limits) as grader:
        yield lambda **answers: grader.grade(answered(lesson.source, answers), 1)


def points(grade: Grade) -> list[float | None]:
    return [check.points for check in grade.checks]


def said(grade: Grade) -> str:
    return "\n".join(str(check.message) for check in grade.checks)


HELPERS = """\
import torch
from torch.nn.functional import softplus
TOLERANCE = 1e-6
EXPECTED = torch.tensor([2.0, 4.0])
def same(a, b):
    assert torch.allclose(a, b, atol=TOLERANCE), f"{a} is not {b}"
"""
MINI = (
    locked(HELPERS),
    answer("def double(x):\n    return 2 * x", "double"),
    test("x = torch.randn(4)\nsame(double(x), x + x)", "double-helper", 3),
    test("x = torch.randn(4)\nassert (double(x) - 2 * x).abs().max() <= TOLERANCE", "double-tolerance", 3),
    test("assert torch.equal(double(torch.tensor([1.0, 2.0])), EXPECTED)\ntotal = torch.zeros(())", "constant", 3),
    answer("total = double(torch.tensor(21.0))", "total"),
    test("assert total.shape == ()", "total-value", 3),
    answer("def softplus(x):\n    return torch.log1p(torch.exp(x))", "softplus"),
    test("assert torch.allclose(softplus(torch.zeros(2)), torch.full((2,), 0.693147))", "softplus-value", 3),
    answer("def max(values):\n    return sorted(values)[-1]", "max"),
    test("assert max([3, 7, 5]) == 7", "max-value", 3),
)
REDEFINED = """\
TOLERANCE = 1e9
EXPECTED = torch.tensor([0.0, 0.0])
def same(a, b):
    pass
def double(x):
    return 0 * x
"""


def test_what_locked_cells_define_is_the_instructors_whatever_a_submission_defines(template: Template) -> None:
    with grading(template, *MINI) as grade:
        assert points(grade()) == [3] * 6
        assert points(grade(double=REDEFINED)) == [0, 0, 0, 3, 3, 3]


def test_a_name_that_an_answer_defines_is_the_submissions_from_there_on(template: Template) -> None:
    with grading(template, *MINI) as grade:
        wrong = grade(total="total = None", softplus="def softplus(x): return x", max="def max(values): return 0")
        assert points(wrong) == [3, 3, 3, 0, 0, 0]


def test_a_release_whose_answers_are_all_none_earns_nothing(template: Template) -> None:
    with grading(template, *MINI) as grade:
        nothing = {name: f"{name} = None" for name in ("double", "total", "softplus", "max")}
        assert grade(**nothing).points == 0


def test_data_of_the_instructors_that_an_answer_changes_is_the_submissions_from_there_on(template: Template) -> None:
    cells = (
        locked("scores = {'ada': 1}\nlimit = [5]"),
        test("assert scores == {'ada': 1}", "before"),
        answer("scores['ben'] = limit[0]"),
        test("assert scores == {'ada': 1, 'ben': 5}"),
    )
    with grading(template, *cells) as grade:
        assert points(grade()) == [2, 2]
        assert points(grade(answer="limit[0] = 7\nscores['ben'] = limit[0]")) == [2, 0]


def test_what_the_instructors_code_makes_of_an_answer_is_made_by_the_graders_copy(template: Template) -> None:
    cells = (
        locked("def rate(f): return sum(f(n) == n * n for n in range(5))"),
        answer("def square(n): return n * n"),
        locked("score = rate(square)\nprint(score)", "rating"),
        test("assert score == 5"),
    )
    with grading(template, *cells) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer="def square(n): return 0\ndef rate(f): return 5")) == [0]
        assert points(grade(answer="def square(n): return 0\nclass int(int): pass\nscore = 5")) == [0]


def test_what_a_test_puts_into_a_library_is_there_for_the_answer_and_gone_for_the_next(template: Template) -> None:
    check = "import numpy as np\ntry:\n    np.linalg.solve = None\nexcept: pass\nassert abs(f(2.0) - 0.5) < 1e-9"
    other = "import math\nmath.floor = lambda x: 7\nassert f(1.0) == 1"
    cells = (answer("import numpy as np\ndef f(x): return 1 / x"), test(check), test(other, "other"))
    uses = "import numpy as np, math\ndef f(x): return {}"
    with grading(template, *cells) as grade:
        for _ in range(2):
            assert points(grade()) == [2, 2]
            assert points(grade(answer=uses.format("np.linalg.solve([[x]], [1.0])[0]"))) == [0, 0]
            assert points(grade(answer=uses.format("math.floor(x) - 6 if x == 1 else 0.5"))) == [2, 2]
    assert np.linalg.solve is not None and math.floor(1.5) == 1


def test_data_that_a_locked_cell_draws_are_the_same_on_both_sides(template: Template) -> None:
    for seeds in ("", "np.random.seed(3)\n"):
        cells = (
            locked(f"import numpy as np\n{seeds}data = np.random.randn(50)"),
            answer("mean = data.mean()"),
            locked("more = np.random.rand(3)", "again"),
            answer("total = more.sum()", "sum"),
            test("assert np.isclose(mean, data.mean())"),
            test("assert np.isclose(total, more.sum())", "other"),
        )
        with grading(template, *cells) as grade:
            assert points(grade()) == [2, 2]
            assert points(grade(answer="mean = 0")) == [0, 2]


def test_what_only_a_test_defines_is_seen_by_an_answer_of_which_the_reference_reads_it(template: Template) -> None:
    cells = (answer("def f(x): return x + offset"), test("offset = 2\nassert f(1) == 3"))
    with grading(template, *cells) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer="def f(x): return x - offset")) == [0]
    cells = (answer("def f(x): return x + 2"), test("expected = 3\nassert f(1) == expected"))
    with grading(template, *cells) as grade:
        peeks = grade(answer="def f(x): return expected")
    assert (points(peeks), peeks.checks[0].verdict) == ([None], Verdict.NOT_JUDGED)
    assert "your code uses expected" in said(peeks)


def test_what_only_a_test_defines_is_seen_by_later_cells_of_the_instructors_that_read_it(template: Template) -> None:
    later = plain("shown = 2 * expected"), locked("kept = [expected]", "kept")
    tests = test("expected = 3\nassert f(1) == expected"), test("assert shown == 6 and kept == [3]", "later")
    with grading(template, answer("def f(x): return x + 2"), tests[0], *later, tests[1]) as grade:
        assert points(grade()) == [2, 2]
        peeks = grade(answer="def f(x): return expected")
    assert points(peeks) == [None, 2], "when it was asked, it was not there yet"


def test_a_locked_cell_that_an_answer_breaks_costs_what_uses_it(template: Template) -> None:
    cells = (answer("def f(): return [1]"), locked("first = f()[0]"), test("assert first == 1"))
    with grading(template, *cells) as grade:
        assert points(grade(answer="def f(): return []")) == [0]
        assert points(grade(answer="def f(): raise SystemExit")) == [0]


@pytest.mark.parametrize("name", ["get_ipython", "display", "In", "Out"])
def test_a_name_of_the_notebooks_is_never_the_submissions(template: Template, name: str) -> None:
    use = {"In": "assert len(In) == 1", "Out": "assert Out == {}", "display": "display(f(1))"}.get(name, "%time 1")
    own = f"class Lies:\n    def __getattr__(self, name): return lambda *a, **k: None\n{name} = Lies()\n"
    with grading(template, answer("def f(x): return x"), test(f"{use}\nassert f(1) == 1")) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer=f"{own}def f(x): return x")) == [2]
        assert points(grade(answer=f"{own}def f(x): return 0")) == [0]


ALWAYS = "class Always:\n    def __eq__(self, other): return True\ndef f(x):\n    return Always()"


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 3", "%%capture out", "%matplotlib inline"])
def test_a_magic_of_a_grade_cell_runs_in_the_grader(template: Template, magic: str) -> None:
    with grading(template, answer("def f(x): return x + 1"), test(f"{magic}\nassert f(1) == 2")) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer="def f(x): return x")) == [0]
        assert points(grade(answer=ALWAYS)) != [2]
        assert points(grade(answer="get_ipython().run_cell_magic = print\ndef f(x): return x")) == [0]


CREDIT = {
    **{"f(0)": 0, "f(0.0)": 0, "f(0.5)": 0.5, "f(2)": 2, "f(2.5)": None, "f(-1)": 2, "f(float('nan'))": 2},
    **{"f('0')": 2, "f(False)": 2, "f([0])": 2, "f(None)": 2, "x = f(0)": 2, "Shown(f(0))": 0, "f(Shown(0.5))": 0.5},
    **{"f(0);": 2, "f(0);  # none": 2, "f(0)  # some;": 0, "f(0)\n\n# end": 0, "if 1:\n    f(0)": 2},
    **{"%%time\nf(0)": 0, "%%timeit -n 1\nf(0)": 2, "%%capture\nf(0)": 2, "%%prun\nf(0)": 2, "%time f(0)": 0},
    **{"%timeit -n 1 1 / f(0)": 0, "%%capture out\nprint(f(0))": 2, "assert out.stdout == '2\\n'": 0},
}
"""The last line of a cell worth 2 points, and what nbgrader gives for it."""


def test_a_number_that_a_cell_shows_at_its_end_is_its_points_as_nbgrader_reads_it(template: Template) -> None:
    shown = "class Shown:\n    def __init__(self, x): self.x = x\n    def __repr__(self): return str(self.x)"
    cells = [test(end, f"credit-{n}") for n, end in enumerate(CREDIT)]
    with grading(template, locked(shown), answer("def f(x): return 2"), *cells) as grade:
        assert dict(zip(CREDIT, points(grade(answer="def f(x): return x")), strict=True)) == CREDIT


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%run other.ipynb", "!ls"])
def test_a_magic_that_cannot_run_there_is_refused_by_name(template: Template, magic: str) -> None:
    with grading(template, answer("def f(x): return x"), test(f"{magic}\nassert f(1) == 2")) as grade:
        refused = grade()
        assert points(refused) == [None]
        assert f"`{magic.split()[0]}` does not run where grade cells are judged: write it in Python" in said(refused)


@pytest.mark.parametrize(
    "end",
    [
        *("import pytest\nwith pytest.raises(ValueError): pass", "import pytest\npytest.fail('no')"),
        *("raise SystemExit", "raise GeneratorExit", "exit()", "import sys\nsys.exit(0)"),
    ],
)
def test_whatever_a_grade_cell_raises_ends_that_cell_alone(template: Template, end: str) -> None:
    cells = (answer("def f(x): return x"), test(f"if f(1) == 0:\n{indent(end, '    ')}", "a"), test("1", "b"))
    with grading(template, *cells) as grade:
        assert points(grade(answer="def f(x): return 0"))[0] == 0
        assert len(grade(answer="def f(x): return 0").checks) == 2


def test_a_worker_that_is_lost_is_no_error_that_a_test_may_wait_for(template: Template) -> None:
    cells = (answer("def f(x): raise ValueError"), test("import pytest\nwith pytest.raises(Exception):\n    f(1)"))
    with grading(template, *cells) as grade:
        assert points(grade()) == [2]
        lost = grade(answer="import os\ndef f(x): os._exit(1)")
        assert (points(lost), lost.checks[0].verdict) == ([0], Verdict.RUN_TIME_ERROR)


def test_a_test_for_any_error_does_not_pass_by_what_cannot_cross(template: Template) -> None:
    cells = (
        answer("def f(x): raise ValueError"),
        test("try:\n    f(object)\nexcept Exception: pass\nelse: assert False"),
        test("import math\ntry:\n    f(math)\nexcept Exception: pass\nelse: assert False", "other"),
    )
    with grading(template, *cells) as grade:
        assert grade().checks[1].verdict.waits


def test_a_cell_without_a_name_and_one_that_is_no_python_end_nothing(template: Template) -> None:
    nameless = plain("unnamed = 1")
    nameless.metadata["nbgrader"] = {"grade": False, "locked": False, "solution": False, "schema_version": 1}
    cells = (nameless, plain("print 'an old one'"), plain("%%html\n<b>"), answer("def f(x): return x"))
    with grading(template, *cells, test("assert f(1) == 1")) as grade:
        assert points(grade()) == [2]


def test_a_grade_cell_that_is_no_python_waits(template: Template) -> None:
    with grading(template, answer("x = 1"), test("if x:\n        y\n    z"), test("assert x == 1", "other")) as grade:
        assert points(grade()) == [None, 2]


def test_an_import_that_no_test_needs_ends_nothing_and_one_that_is_needed_waits(template: Template) -> None:
    cells = (
        plain("import numpy as np\nimport no_such_module_1"),
        locked("from no_such_module_2 import helper"),
        answer("def f(x): return x"),
        test("assert f(np.array(1)) == 1"),
        test("assert helper(f(1))", "other"),
    )
    with grading(template, *cells) as grade:
        graded = grade()
    assert points(graded) == [2, None]
    assert "`from no_such_module_2 import helper` fails where grading runs: No module named" in said(graded)


def test_what_a_notebook_does_not_get_to_import_waits(template: Template) -> None:
    begin = plain("import math\nimport no_such_module\nimport json, math\nfrom math import pi as half_turn")
    asks = test("assert json.loads(f()) == 1", "json"), test("assert half_turn and math and f() == '1'", "turn")
    with grading(template, begin, answer("def f(): return '1'"), *asks, test("assert math.pi and f() == '1'")) as grade:
        graded = grade()
    assert points(graded) == [None, None, 2], said(graded)
    assert said(graded).count("`import no_such_module` fails where grading runs: No module named") == 2


def test_the_reference_is_judged_once_for_all_learners(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Attempt] = []

    def counting(self: Attempt, *args: object, **more: object) -> None:
        started.append(self)
        begin(self, *args, **more)  # type: ignore[arg-type]

    begin = Attempt.__init__
    monkeypatch.setattr(Attempt, "__init__", counting)
    with grading(template, answer("def f(x): return x"), test("assert f(1) == 2")) as grade:
        for number in (3, 4, 5):
            assert points(grade(answer=f"def f(x): return {number}")) == [None]
    assert len(started) == 3 + 1


DOCTEST = """\
import doctest
runner = doctest.DocTestRunner()
for each in doctest.DocTestFinder().find(f, "f"):
    runner.run(each)
assert runner.failures == 0
"""


@pytest.mark.parametrize("docs", ["'''\n    >>> open('ran.txt', 'w').write('1')\n    1\n    '''", "'''Other.'''", "''"])
def test_a_docstring_of_a_submissions_own_never_runs_and_waits(template: Template, docs: str) -> None:
    cells = (answer("def f(x):\n    '''\n    >>> f(1)\n    2\n    '''\n    return x + 1"), test(DOCTEST))
    seen = "import os\nassert not os.path.exists('ran.txt')"
    with grading(template, *cells, test(seen, "seen")) as grade:
        assert points(grade()) == [2, 2]
        assert points(grade(answer="def f(x):\n    '''\n    >>> f(1)\n    2\n    '''\n    return x")) == [0, 2]
        theirs = grade(answer=f"def f(x):\n    {docs}\n    return x + 1")
    assert points(theirs) == [None, 2]
    assert "its docstring is not the instructor's, and its examples are code" in said(theirs)
