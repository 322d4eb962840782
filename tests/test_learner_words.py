"""What a learner's code says when it stops: quoted, on one line, wherever people read it; nothing of hidden tests."""

import contextlib
import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html import unescape
from io import StringIO
from pathlib import Path

import nbclient
import nbformat
import pytest
from class_of_four import STEM, grade_here, hand_in, small_course
from rich.console import Console
from sides import Get
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.classes.classroom import grade_class, students
from autograder.commands import learner as command
from autograder.course import Course
from autograder.errors import CannotCross, LearnerError, quoted
from autograder.results.feedback import make_feedback
from autograder.verdict import folded

Learner = Callable[[str], AbstractContextManager[Get]]
POSING = r"x\r  likely    no\n  likely    the check is wrong\x1b[2K\u202e\u200b passed”"
POSED = r"“x\r likely no\n likely the check is wrong\x1b[2K\u202e\u200b passed\u201d”"
STOPS = f"def treble(x):\n    raise ValueError('{POSING}')"


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path, original, monkeypatch, template) -> Iterator[Course]:
    """A course that commands are run in, with a template process that is warm already."""
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(command, "Template", lambda: contextlib.nullcontext(template))
    grade_here(monkeypatch, template)
    yield Course(tmp_path / "course")


def check(course: Course, answer: str, *options: str) -> str:
    """What `autograder check` prints."""
    path = hand_in(course, "someone", {"treble": answer})
    return CliRunner().invoke(autograder.cli.app, ["check", str(path), *options]).stdout


def raised(learner: Learner, source: str) -> LearnerError:
    """The error that f() stops with, as a check meets it."""
    with learner(source) as get, pytest.raises(LearnerError) as caught:
        get("f")()
    return caught.value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("too large", "“too large”"),
        ("x\r  likely    right", r"“x\r likely right”"),
        ("x\n  likely    right", r"“x\n likely right”"),
        ("\x1b[1mlikely\x1b[0m \x9b31m", r"“\x1b[1mlikely\x1b[0m \x9b31m”"),
        ("passed” - full marks", r"“passed\u201d - full marks”"),
        ("\u202edessap\u2066 \u200b\ufeff\u2028", r"“\u202edessap\u2066 \u200b\ufeff\u2028”"),
        ("a\u0301\u0301\u0301 \ue000 \ud800", r"“á\u0301\u0301 \ue000 \ud800”"),
        ("<b>likely</b> &amp;", "“<b>likely</b> &amp;”"),
        ("größer als π, 大きい", "“größer als π, 大きい”"),
    ],
    ids=["plain", "return", "lines", "escapes", "end of quote", "direction", "accents", "markup", "other languages"],
)
def test_a_quotation_is_one_line_that_the_quoted_text_cannot_leave(text: str, shown: str) -> None:
    assert quoted(text) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    assert quoted("A" * 1_000_000) == f"“{'A' * 2_000}” ..."
    assert quoted("\x00" * 1_000_000, 8) == r"“\x00\x00” ..."


def exception(body: str, of: str = "Exception", raising: str = "E('said')") -> str:
    return f"class E({of}):\n    {body}\ndef f():\n    raise {raising}"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (exception("pass"), "E: “said”"),
        ("class likely(Exception): pass\ndef f():\n    raise likely('you are right')", "likely: “you are right”"),
        (r"def f(): raise type('\n  likely    all is well', (Exception,), {})('x')", r"“\n likely all is well”: “x”"),
        (
            exception("def __str__(self): raise RuntimeError"),
            "E: “(its text cannot be read: to ask for it raises RuntimeError)”",
        ),
        (exception("def __str__(self): return 1"), "E: “(its text cannot be read: to ask for it raises TypeError)”"),
        (
            exception("def __str__(self): raise SystemExit"),
            "E: “(its text cannot be read: to ask for it raises SystemExit)”",
        ),
        ("n = []\n" + exception("def __str__(self): n.append(1); return str(len(n))"), "E: “1”"),
        (exception("def _render_traceback_(self): return ['likely']"), "E: “said”"),
        (exception("__traceback__ = property(lambda self: 1 / 0)"), "Exception: “(it cannot be read)”"),
        (exception("pass", of="BaseException"), "E: “said”"),
        ("def f(): raise ExceptionGroup('both', [ValueError('likely')])", "ExceptionGroup: “both (1 sub-exception)”"),
        ("def f(): raise ValueError('outer') from KeyError('likely')", "ValueError: “outer”"),
        ("def f():\n    e = ValueError('said')\n    e.add_note('  likely    x')\n    raise e", "ValueError: “said”"),
        ("def f(): raise ValueError", "ValueError"),
        ("def f(): raise GeneratorExit('x')", "GeneratorExit: “x”"),
    ],
    ids=[
        *("plain", "named likely", "a text for a name", "str raises", "str is a number", "str exits", "str counts"),
        *("traceback of its own", "unreadable", "no Exception", "group", "cause", "note", "silent", "a system's"),
    ],
)
def test_whatever_an_exception_is_its_kind_and_its_text_are_told_once(learner: Learner, source: str, said: str) -> None:
    error = raised(learner, source)
    assert error.said == said
    error.__cause__ = error.__context__ = None  # where Dask is imported, what caused it would travel too
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_subclass_of_the_promised_exception_is_one(learner: Learner) -> None:
    error = raised(learner, exception("pass", of="ValueError"))
    assert error.is_a(ValueError) and error.is_a(Exception) and not error.is_a(TypeError)
    assert not raised(learner, "class ValueError(Exception): pass\ndef f(): raise ValueError").is_a(ValueError)


def test_the_name_of_a_type_that_cannot_be_judged_is_quoted_unless_it_is_pythons(learner: Learner) -> None:
    for value, named in [
        ("iter([])", "a “list_iterator”"),
        ("type('fine', (), {})()", "a “fine”"),
        (r"type('set.\n  likely    all is well', (), {})()", r"a “set.\n likely all is well”"),
    ]:
        with learner(f"def f(): return {value}") as get, pytest.raises(CannotCross) as caught:
            get("f")()
        assert str(caught.value) == named


def test_check_quotes_an_exception_on_a_line_of_its_own(course: Course) -> None:
    told = check(course, STOPS)
    assert f"  observed  ValueError: {POSED}\n            line 2 of your cell: raise ValueError('" in told
    assert [line for line in told.splitlines() if line.startswith("  likely")] == []
    assert not any(each in told for each in "\r\x1b\u202e\u200b")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_terminal_no_line_of_a_quotation_begins_where_labels_stand(
    course: Course, monkeypatch, width: int
) -> None:
    screen = Console(file=StringIO(), force_terminal=True, color_system=None, width=width, soft_wrap=True)
    monkeypatch.setattr(command, "out", screen)
    check(course, f"def treble(x):\n    raise ValueError('{'likely the check is wrong ' * 30}')")
    told = screen.file.getvalue()  # type: ignore[attr-defined]
    assert told.count("likely the check") > 5
    message = told[told.index("treble - integers: your code") :].splitlines()
    assert all(len(line) <= width for line in message[:-1])
    assert not any(line[:12].strip() == "likely" for line in message)


def test_a_message_is_folded_into_its_column() -> None:
    assert folded("what: it\n  observed  ValueError: “one two three likely four, and-so-on”", 30) == [
        "what: it",
        "  observed  ValueError: “one",
        "            two three likely",
        "            four, and-so-on”",
    ]
    assert folded(f"what\n  observed  {'x' * 30}", 24) == [
        "what",
        "  observed  " + "x" * 12,
        " " * 12 + "x" * 12,
        " " * 12 + "x" * 6,
    ]


def test_gradescope_and_json_get_the_same_quotation(course: Course, tmp_path) -> None:
    check(course, STOPS, "--gradescope", str(tmp_path / "results.json"))
    told = json.loads((tmp_path / "results.json").read_text())["tests"][0]["output"].splitlines()
    assert told[4].startswith(f"  observed  ValueError: {POSED}")
    found = json.loads(check(course, STOPS, "--json"))["checks"][0]
    assert found["observed"].splitlines()[0] == f"ValueError: {POSED}"


def page(course: Course, answer: str) -> str:
    """A feedback page, as text with its markup."""
    hand_in(course, "ada", {"treble": answer})
    assert all(outcome.grade for outcome in grade_class(course, STEM, students(course, STEM)))
    list(make_feedback(course, STEM, ["ada"]))
    return (course.folder("feedback", "ada", STEM) / f"{STEM}.html").read_text(encoding="utf-8")


def test_a_feedback_page_quotes_it_beside_its_label_and_runs_nothing(course: Course) -> None:
    made = page(course, f"{STOPS.replace('passed', '<script>alert(1)</script>')}\nprint('✓ treble: passed')")
    quotation = POSED.replace("passed", "<script>alert(1)</script>")
    assert f"ValueError: {quotation}" in unescape(made)
    assert "<script" not in made and "<dt>likely</dt>" not in made
    assert '<span class="label">printed</span><pre>✓ treble: passed' in made


def test_a_notebook_shows_it_without_control_characters(tmp_path, monkeypatch) -> None:
    source = f"def affine(eps, shift, scale):\n    raise ValueError('{POSING}')"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(source),
            nbformat.v4.new_code_cell(
                "from autograder.checks.lesson00_start import affine as check\ncheck.exercise.checks['values'](affine)"
            ),
        ]
    )
    nbclient.NotebookClient(notebook, allow_errors=True, timeout=120).execute()
    (error,) = notebook.cells[1].outputs
    lines = [line.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[1;31m", "") for line in error.traceback]
    assert lines[0] == "✗ affine - values: your code stopped with an error"
    assert r"  observed  ValueError: “x\r likely no\n likely the check is" in " ".join(lines)
    assert not any(each in "".join(lines) for each in "\r\x1b\u202e\u200b\n")
    assert not any(line[:12].strip() == "likely" for line in lines)


TELLS = "def treble(x):\n    if x > 9:\n        {}\n    return 3 * x"


@pytest.mark.parametrize(
    ("stops", "observed"),
    [
        (
            "raise ValueError(f'x is {x}')",
            "ValueError. What it says is not shown: it could tell what is hidden\n"
            "line 3 of your cell: raise ValueError(f'x is {x}')",
        ),
        (
            "raise type(f'x is {x}', (Exception,), {})",
            "an exception of its own kind. What it says is not shown: it could tell what is hidden\n"
            "line 3 of your cell: raise type(f'x is {x}', (Exception,), {})",
        ),
        (
            "exec(compile(f'raise ValueError({x})', '<ipython-input>', 'exec'))",
            "ValueError. What it says is not shown: it could tell what is hidden",
        ),
        (
            "return type(f'x is {x}', (), {'__eq__': lambda *_: True})()",
            "another value: a person has to look at it",
        ),
        (
            "return {str(x): x}['x']",
            "KeyError. What it says is not shown: it could tell what is hidden\n"
            "line 3 of your cell: return {str(x): x}['x']",
        ),
    ],
    ids=["text", "name", "line", "type", "Python's own"],
)
def test_no_exception_carries_a_hidden_input_into_what_people_read(course: Course, stops: str, observed: str) -> None:
    made = page(course, TELLS.format(stops))
    found = json.loads(check(course, TELLS.format(stops), "--json"))["checks"][0]
    assert found["observed"] == observed
    assert "41" not in found["text"] and "x is 41" not in made and "123" not in found["text"]


def test_an_exception_before_the_hidden_tests_is_told_in_full(course: Course) -> None:
    found = json.loads(check(course, "def treble(x):\n    raise ValueError(f'x is {x}')", "--json"))["checks"][0]
    assert found["observed"].startswith("ValueError: “x is 2”")
