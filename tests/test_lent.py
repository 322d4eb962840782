"""Objects lent to plain grade cells, functions that are called back: what they do, and what they may cost."""

# ruff: noqa: E501

import time

import pytest
from courses import answer, locked, test
from test_other_course import grading, points, said

from autograder.boundary import formulas
from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.verdict import Verdict

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
VECTOR = """\
class Vector:
    dims = 2
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __rmul__(self, k): return Vector(k * self.x, k * self.y)
    def __neg__(self): return Vector(-self.x, -self.y)
    def __abs__(self): return (self.x**2 + self.y**2) ** 0.5
    def __len__(self): return 2
    def __iter__(self): return iter((self.x, self.y))
    def __getitem__(self, at): return (self.x, self.y)[at]
    def __contains__(self, item): return item in (self.x, self.y)
    def __lt__(self, other): return abs(self) < abs(other)
    def __bool__(self): return bool(self.x or self.y)
    def __str__(self): return f"({self.x}, {self.y})"
    __repr__ = __str__
    def scale(self, k): self.x *= k; return self
    def raises(self): raise KeyError("no")
"""
USES = """\
v, w = Vector(3, 4), Vector(1, 0)
assert v + w == Vector(4, 4) and v != w and 2 * w == Vector(2, 0) and -w == Vector(-1, 0)
assert abs(v) == 5 and len(v) == 2 and list(v) == [3, 4] and v[1] == 4 and 4 in v and 7 not in v
assert sorted([v, w])[0] == w and bool(v) and not Vector(0, 0) and str(v) == "(3, 4)" and f"{v}" == repr(v)
v.x = 5
assert v.x == 5 and v.scale(2).x == 10 and v.x == 10 and Vector.dims == 2
assert isinstance(v, Vector) and not isinstance(3, Vector) and hasattr(v, "y") and not hasattr(v, "z")
assert v is not None and v != None
try:
    v.raises()
except KeyError as error:
    assert error.args == ("no",)
else:
    assert False
"""


def test_an_instance_does_in_a_grade_cell_what_it_does_in_a_notebook(template: Template) -> None:
    with grading(template, answer(VECTOR), test(USES)) as grade:
        right = grade()
        assert points(right) == [2], said(right)
        for part, wrong in [
            ("x + other.x", "x"),
            ("return 2\n", "return 3\n"),
            ("self.x *= k; ", ""),
            ("y)[at]", "x)[at]"),
        ]:
            assert points(grade(answer=VECTOR.replace(part, wrong))) == [0], part


UNIVERSAL = """\
class Any:
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __bool__ = lambda *_: True
    __ne__ = lambda *_: False
    __sub__ = __rsub__ = __abs__ = __add__ = __getattr__ = __getitem__ = lambda self, *_: self
    __hash__ = lambda self: 0
    __len__ = lambda self: 2
    __float__ = lambda self: 2.0
def f(x): return Any()
"""


@pytest.mark.parametrize(
    "check",
    [
        *("assert f(1) == 2", "assert 2 == f(1)", "assert f(1) in (1, 2)", "assert 2 in f(1)", "assert not f(1) != 2"),
        *("assert abs(f(1) - 2) < 1e-9", "assert [f(1)] == [2]", "assert {'a': f(1)} == {'a': 2}", "assert f(1) > 1"),
        *("assert (f(1), 1) == (2, 1)", "import numpy as np\nassert np.isclose(f(1), 2) and f(1) == 2"),
        *("import numpy as np\nassert np.array_equal(f(1), [2, 2])", "assert f(1).item == 2", "assert 0 < f(1) < 3"),
        "import unittest\nunittest.TestCase().assertEqual(f(1), 2)",
    ],
)
def test_an_object_that_agrees_with_everything_passes_no_test(template: Template, check: str) -> None:
    reference = "def f(x): return 2"
    with grading(template, answer(reference), test(check)) as grade:
        for name in ("Any", "function", "method"):  # also where it claims to be of a class that it is not of
            feigned = "__class__ = property(lambda self: int)\n    __module__ = 'types'\n    __len__"
            universal = UNIVERSAL.replace("class Any", f"class {name}").replace("return Any()", f"return {name}()")
            assert points(grade(answer=universal.replace("__len__", feigned, 1)))[0] in (None, 0)


def test_a_text_of_an_object_is_never_run_by_sympy(template: Template, tmp_path) -> None:
    mark = tmp_path / "mark"
    own = f"open({str(mark)!r}, 'w')"
    cells = (
        answer("import sympy\ndef f(): return sympy.Symbol('x')"),
        test("import sympy\nsympy.sympify(f())\nsympy.simplify(f())"),
        test("import sympy\nassert sympy.lambdify(sympy.Symbol('x'), f())(1) == 1", "made"),
        test("import sympy\nsympy.lambdify(sympy.Symbol('x'), [f()])(1)", "listed"),
    )
    chars = " + ".join(f"sympy.Function('chr')({ord(each)})" for each in own)
    with grading(template, *cells) as grade:
        assert points(grade()) == [2, 2, 2]
        for text in (
            f"def f(): return {own!r}",
            f"class F:\n    __str__ = __repr__ = lambda _: {own!r}\ndef f(): return F()",
            f"class F(int):\n    __str__ = __repr__ = lambda _: {own!r}\ndef f(): return F()",
            f"import sympy\ndef f(): return sympy.Symbol({own!r})",
            f"import sympy\ndef f(): return sympy.Function('eval')({chars})",
            f"import sympy\ndef f(): return sympy.Function({own!r})(1)",
        ):
            assert all(each in (None, 0) for each in points(grade(answer=text))[1:]), text
    assert not mark.exists()


def test_names_of_a_formula_call_nothing() -> None:
    for tree in (
        ["symbol", "open('x')", {}],
        ["symbol", "a b", {}],
        ["function", "eval", []],
        ["function", "chr", [["rational", "1", "1"]]],
        ["of", "Symbol", []],
        ["of", "sympify", []],
        ["of", "Poly", []],
        ["of", "Add", [1]],
        ["single", "One"],
        ["rational", "1", 1],
        ["float", 0, "1", 0, 1, "x"],
        [],
    ):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            formulas.made("formula", tree, lambda part: part)


@pytest.mark.parametrize(
    "answers",
    [
        "class Endless:\n    def __iter__(self): return self\n    def __next__(self): return 1\ndef f(x): return Endless()",
        "def f(x):\n    while True: yield 1",
        "class Slow:\n    def __len__(self):\n        while True: pass\n    __iter__ = __len__\ndef f(x): return Slow()",
        "class Deep:\n    def __getattr__(self, name): return Deep()\n    __iter__ = lambda self: self\n    __next__ = __iter__\n"
        "def f(x): return Deep()",
    ],
    ids=["endless", "a generator", "slow", "objects without end"],
)
def test_an_object_without_an_end_costs_its_time_and_no_more(template: Template, answers: str) -> None:
    cells = (answer("def f(x): return [1, 2]"), test("assert list(f(1)) == [1, 2]"), test("assert 1", "other"))
    with grading(template, *cells, limits=Limits(cell_seconds=2)) as grade:
        started = time.monotonic()
        lost = grade(answer=answers)
    assert points(lost)[0] in (0, None) and points(lost)[1] in (0, 2)
    assert time.monotonic() - started < 30


def test_functions_of_a_grade_cell_are_called_back(template: Template) -> None:
    cells = (
        locked("def cube(x): return x**3"),
        answer("def twice(f, x): return f(f(x))\ndef each(f, xs, **more): return [f(x, **more) for x in xs]"),
        test("import math\nassert twice(lambda x: x + 1, 1) == 3 and twice(cube, 2) == 512 and twice(math.sqrt, 16) == 2", "a"),
        test("seen = []\ndef note(x, by=1):\n    seen.append(x * by)\n    return twice(lambda y: y * 2, x)\n"
             "assert each(note, [1, 2], by=3) == [4, 8] and seen == [3, 6]", "b"),
        test("def stop(x): raise ValueError('stop')\ntry:\n    twice(stop, 1)\nexcept ValueError as e:\n    assert str(e) == 'stop'\n"
             "else: assert False", "c"),
        test("def fails(x): assert x == 2, 'x is not two'\ntwice(fails, 1);", "d"),
    )  # fmt: skip
    with grading(template, *cells) as grade:
        right = grade()
        assert points(right) == [2, 2, 2, None], said(right)
        assert points(grade(answer="def twice(f, x): return x\ndef each(f, xs, **more): return xs")) == [0, 0, 0, 2]


@pytest.mark.parametrize("function", ["eval", "exec", "open", "__import__", "print", "getattr", "compile"])
def test_no_function_of_pythons_is_called_back_in_the_grader(template: Template, function: str) -> None:
    attack = "import os\ndef f(g):\n    try: g('import os; os.mkdir(\"/tmp/w\")')\n    except BaseException: pass\n    return os.getpid()"
    cells = (answer("def f(g): return 1"), test(f"import os\nassert f({function}) != os.getpid()"))
    with grading(template, *cells) as grade:
        assert points(grade(answer=attack)) == [2]  # called where the submission is


@pytest.mark.parametrize(
    "answers",
    [
        "def f(g):\n    while True: g(1)",
        "def f(g):\n    def again(x): return g(again)\n    return g(again)",
        "def f(g):\n    import threading\n    for _ in range(9): threading.Thread(target=g, args=(1,)).start()\n    return g(1)",
        "kept = []\ndef f(g):\n    kept.append(g)\n    return kept[0](2)",
        "def f(g): return g(object(), *range(10**6))",
        "def f(g):\n    import os\n    os._exit(1)",
    ],
    ids=["endless", "nested", "threads", "kept", "many", "exits"],
)
def test_a_call_back_costs_no_more_than_a_call(template: Template, answers: str) -> None:
    cells = (
        answer("def f(g): return 1"),
        test("def g(x, *more): return x(1) if callable(x) else x\nassert f(g) == 1\nassert f(lambda x: x - 1) == 1"),
        test("assert f(1) == 1", "other"),
    )
    with grading(template, *cells, limits=Limits(cell_seconds=2)) as grade:
        started = time.monotonic()
        assert points(grade(answer=answers))[0] in (0, None)
    assert time.monotonic() - started < 30


def test_exceptions_arrive_as_a_notebook_would_see_them(template: Template) -> None:
    source = "class Bad(ValueError): pass\nclass Worse(Bad): pass\ndef f(x):\n    raise {1: Bad('b'), 2: Worse('w'), 3: OSError(2, 'no')}[x]"
    check = """\
import pytest
with pytest.raises(Bad, match="b"):
    f(1)
with pytest.raises(Bad) as caught:
    f(2)
assert str(caught.value) == "w" and caught.type.__name__ == "Worse"
with pytest.raises(ValueError):
    f(1)
with pytest.raises(FileNotFoundError):
    f(3)
with pytest.raises(KeyError):
    f(4)
try:
    f(2)
except Worse:
    pass
"""
    with grading(template, answer(source), test(check)) as grade:
        right = grade()
        assert points(right) == [2], said(right)
        assert points(grade(answer=source.replace("Bad(ValueError)", "Bad(TypeError)"))) == [0]
        assert points(grade(answer=source.replace("Worse(Bad)", "Worse(ValueError)"))) == [0]


def test_a_text_that_cannot_be_read_ends_its_check_alone(template: Template) -> None:
    own = "class F:\n    def __str__(self): {}\n    __repr__ = __str__\ndef f(): return F()"
    cells = (
        answer("def f(): return 1"),
        test("x = f()\nassert False if str(type(x)) != str(int) else True, x"),
        test("1", "b", 1),
    )
    with grading(template, *cells) as grade:
        for way in ("1 / 0", "return 5", "raise SystemExit", "raise KeyboardInterrupt"):
            assert points(grade(answer=own.format(way))) == [0, 1], way


def test_exceptions_of_bases_that_do_not_go_together_are_the_learners_error(template: Template) -> None:
    source = "class A(OSError): pass\nclass B(KeyError, A): pass\ndef f(): raise B('x')"
    with grading(
        template,
        answer(source),
        test("try:\n    f()\nexcept Exception as e:\n    assert e is not None"),
        test("1", "b", 1),
    ) as grade:
        assert points(grade()) == [2, 1]


def test_what_a_function_does_to_a_table_a_set_or_a_deque_is_seen(template: Template) -> None:
    pytest.importorskip("pandas")
    check = """\
import pandas as pd
from collections import deque
table, row = pd.DataFrame({"a": [1, 2]}), pd.Series([1, 2])
some, few = {1}, deque([1])
f(table, row, some, few)
assert list(table.columns) == ["a"] and row.sum() == 3 and some == {1} and few == deque([1])
"""
    with grading(template, answer("def f(table, row, some, few): return table.assign(b=1)"), test(check)) as grade:
        assert points(grade()) == [2]
        for change in ("table['b'] = 1", "row[0] = 5", "some.add(2)", "few.append(3)"):
            assert points(grade(answer=f"def f(table, row, some, few): {change}")) == [0], change


def test_what_cannot_cross_waits_also_where_a_test_made_another_error_of_it(template: Template) -> None:
    check = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertEqual(f(), 1)\nassert unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T)).wasSuccessful()"
    with grading(template, answer("def f(): return 1"), test(check)) as grade:
        assert points(grade()) == [2]
        assert points(grade(answer="def f(): return 2")) == [0]
        waits = grade(answer="class One:\n    def __eq__(self, other): return other == 1\ndef f(): return One()")
        assert (points(waits), waits.checks[0].verdict) == ([None], Verdict.NOT_JUDGED)


ASKS = "def ask(): return int(input('n? ')) * 2\ndef hi(): print('hi', 'you')\ndef roll():\n    import random\n    return random.randint(1, 6)"
PATCHES = """\
from unittest.mock import call, patch
import random
with patch("builtins.input", side_effect=["1", "2"]) as asked:
    assert ask() == 2 and ask() == 4
asked.assert_called_with("n? ")
with patch("builtins.print") as printed:
    hi()
assert printed.call_args_list == [call("hi", "you")]
with patch.object(random, "randint", return_value=9):
    assert roll() == 9
"""
AFTERWARDS = """\
import io
from contextlib import redirect_stdout
with redirect_stdout(io.StringIO()) as out:
    hi()
assert out.getvalue() == "hi you\\n" and roll() < 7
try:
    ask()
except EOFError:
    pass
else:
    assert False
"""


def test_what_a_test_patches_is_there_for_the_answer_and_gone_when_it_ends(template: Template) -> None:
    with grading(template, answer(ASKS), test(PATCHES), test(AFTERWARDS, "after")) as grade:
        right = grade()
        assert points(right) == [2, 2], said(right)
        for old, new in (("* 2", "* 3"), ("'you'", "'me'"), ("random.randint(1, 6)", "4")):
            assert points(grade(answer=ASKS.replace(old, new)))[0] == 0, new
        assert points(grade(answer=f"{UNIVERSAL}\n{ASKS}".replace("'hi', 'you'", "Any(), Any()")))[0] in (None, 0)


@pytest.mark.parametrize("mock", ["Mock(wraps=eval)", "Mock(side_effect=eval)", "MagicMock(side_effect=print)"])
def test_a_mock_that_stands_for_what_acts_is_never_called_from_the_submission(
    template: Template, mock: str, tmp_path
) -> None:
    mark = tmp_path / "mark"
    cells = (answer("def f(g): return 1"), test(f"from unittest.mock import MagicMock, Mock\nf({mock})"))
    with grading(template, *cells) as grade:
        assert points(grade(answer=f"def f(g): g(\"open({str(mark)!r}, 'w')\")")) == [None]
    assert not mark.exists()


def test_an_object_of_a_class_that_libraries_know_is_one_to_isinstance_and_no_more(template: Template) -> None:
    source = "import torch\nclass Net(torch.nn.Linear): pass\ndef f(): return Net(2, 1)\nclass Bare: pass\ndef g(): return Bare()"
    check = """\
import torch, types
assert isinstance(f(), torch.nn.Module) and isinstance(f, types.FunctionType) and not isinstance(g(), torch.nn.Module)
assert f().__class__.__name__ == "Net" and not isinstance(f(), (int, str, list, torch.Tensor))
"""
    makes = "assert f().__class__(2, 1).in_features == 2"  # which is made where the class is
    with grading(template, answer(source), test(check), test(makes, "makes")) as grade:
        assert points(grade()) == [2, 2], said(grade())


LINKED = """\
class Node:
    def __init__(self, value, after=None): self.value, self.after, self.marks, self._own = value, after, [], 1
    def mark(self, word): self.marks.append(word); return self
    def __len__(self): return 1 + (len(self.after) if self.after else 0)
    @property
    def doubled(self): return 2 * self.value
last = Node(3)
first = Node(1, Node(2, last))
assert walk(first) is last and first.marks == ["seen"] and last.marks == ["seen"]
"""
WALK = """\
def walk(node):
    seen = set()
    while node.after is not None and node not in seen:
        assert len(node) == 1 + len(node.after) and node.doubled == 2 * node.value and node.after == node.after
        seen.add(node.mark("seen"))
        node = node.after
    return node.mark("seen")
"""


def test_an_answer_reads_an_object_of_the_tests_and_calls_its_methods(template: Template) -> None:
    with grading(template, answer(WALK), test(LINKED)) as grade:
        right = grade()
        assert points(right) == [2], said(right)
        for part, wrong in (
            ('node.mark("seen")\n', "node\n"),
            ("node = node.after", "return node"),
            ("node.doubled", "3"),
        ):
            assert points(grade(answer=WALK.replace(part, wrong))) == [0], part


@pytest.mark.parametrize(
    "does",
    [
        *("node.value = 3", "del node.value", "node.marks += ['seen']", "node._own"),
        *("node.__dict__['value'] = 3", "node.__class__", "isinstance(node, int)", "import copy; copy.copy(node)"),
        *("node + 1", "setattr(node, 'mark', print)"),
    ],
)
def test_what_else_an_answer_does_with_it_waits_also_where_it_hides_that(template: Template, does: str) -> None:
    hides = f"def walk(node):\n    try:\n        {does}\n    except BaseException: pass\n"
    with grading(template, answer(WALK), test(LINKED)) as grade:
        assert points(grade(answer=hides + WALK.replace("def walk(node):\n", ""))) == [None]


def test_what_an_answer_does_to_a_list_that_it_holds_is_done_to_that_list(template: Template) -> None:
    with grading(template, answer(WALK), test(LINKED)) as grade:
        marked = "def walk(node):\n    node.marks.append('seen')\n"
        assert points(grade(answer=marked + WALK.replace("def walk(node):\n", ""))) == [0]
        cleared = "def walk(node):\n    node.marks.extend([1]); node.marks.clear()\n"
        assert points(grade(answer=cleared + WALK.replace("def walk(node):\n", ""))) == [2]


@pytest.mark.parametrize(
    "asks",
    [
        "node.ask('getattr', '__class__')",
        "object.__getattribute__(node, 'ask')('getattr', '__class__')",
        "object.__getattribute__(node, 'ask')('init', 9)",
        "object.__getattribute__(node, 'ask')('setattr', 'value', 9)",
        "object.__getattribute__(node, 'ask')(['getattr'])",
        "object.__getattribute__(node, 'ask')('getattr', 3)",
        "object.__getattribute__(node, 'ask')()",
    ],
)
def test_a_submission_that_asks_for_more_gets_nothing(template: Template, asks: str) -> None:
    with grading(template, answer(WALK), test(LINKED), test("assert first.value == 1", "same")) as grade:
        graded = grade(answer=f"def walk(node):\n    return {asks}")
        assert points(graded)[0] in (None, 0) and points(graded)[1] == 2, said(graded)
