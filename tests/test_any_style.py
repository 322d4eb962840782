"""Right answers in any style: what they are made of, what stands around them, and what of it grading leaves out."""

import contextlib

import nbformat
import pytest
from class_of_four import ROOT, grade_here
from nbformat import NotebookNode
from sides import in_this_process
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.boundary.template import Template
from autograder.commands import learner as command
from autograder.course import Course
from autograder.dependence import statements
from autograder.grading import Grader
from autograder.lesson import Lesson, answered
from autograder.results.feedback_content import Page
from autograder.results.gradescope import results
from autograder.verdict import Grade, Verdict

COURSE = Course(ROOT)
LESSON = COURSE.lesson("lesson00_start")
CHECKS = {name: {each for each, of in LESSON.exercises.items() if of == name} for name in ("affine", "pick_device")}
BODY = "def affine(eps, shift, scale):\n    return shift + scale * eps\n"
LEAVES_OUT = "grading leaves out magics, commands of the system, compilers and debuggers."
METHOD = "(self, eps, shift, scale):\n        return shift + scale * eps\n"
MODULE = f"class A(torch.nn.Module):\n    def forward{METHOD}"
LOUD = "def loud(f):\n    def g(*given):\n        print('called', given)\n        return f(*given)\n    return g\n"
EMPTY = {"score": 0.0, "max_score": 0.0, "penalty": 0.0, "grades": {}, "comments": {}}


@pytest.fixture(scope="module")
def grader(template: Template):
    with Grader(LESSON, template) as grader:
        yield grader


def graded(grader: Grader, source: str, exercise: str = "affine", **more: str) -> Grade:
    """The grade of one answer; ``more`` are cells that its author added at the start."""
    notebook = answered(LESSON.source, {exercise: source})
    added = [nbformat.v4.new_code_cell(text, id=name) for name, text in more.items()]
    notebook.cells = added + notebook.cells
    return grader.grade(notebook, 3, CHECKS[exercise])


def failures(grade: Grade) -> list[str]:
    return [str(check.message) for check in grade.checks if check.verdict is not Verdict.ACCEPTED]


STYLES = {
    "a lambda": "affine = lambda eps, shift, scale: shift + scale * eps",
    "a partial": "from functools import partial\ndef f(a, eps, shift, scale):\n    return shift + a * scale * eps\n"
    "affine = partial(f, 1)",
    "an object": f"class A:\n    def __call__{METHOD}affine = A()",
    "a class": f"class affine:\n    def __new__{METHOD}",
    "a method": f"class A:\n    def f{METHOD}affine = A().f",
    "a module": f"{MODULE}affine = A()",
    "a dataclass": "from dataclasses import dataclass\n@dataclass\nclass A:\n    unit: float\n"
    "    def __call__(self, eps, shift, scale):\n        return self.unit * shift + scale * eps\naffine = A(1.0)",
    "cached": f"from functools import lru_cache\n@lru_cache\n{BODY}",
    "decorated": f"{LOUD}@loud\n{BODY}",
    "dispatched": f"from functools import singledispatch\n@singledispatch\n{BODY}",
    "scripted": "@torch.jit.script\ndef moved(eps: Tensor, shift: Tensor, scale: Tensor):\n"
    "    return shift + scale * eps\ndef affine(eps, shift, scale):\n"
    "    return moved(eps, *(torch.as_tensor(each, dtype=eps.dtype) for each in (shift, scale)))",
    "wrong hints": "def affine(eps: int, shift: str, scale: 'Nonsense') -> None:\n    return shift + scale * eps",
    "hints of the future": f"from __future__ import annotations\n{BODY.replace('eps,', 'eps: Nonsense,')}",
    "global state": "calls = 0\ndef affine(eps, shift, scale):\n    global calls\n    calls += 1\n"
    "    return shift + scale * eps",
    "star imports": f"from math import *\nfrom torch import *\n{BODY}",
    "main": f"{BODY}if __name__ == '__main__':\n    print(affine(1.0, 2.0, 3.0))",
    "main alone": "if __name__ == '__main__':\n    affine = lambda eps, shift, scale: shift + scale * eps",
    "awaited": f"import asyncio\nawait asyncio.sleep(0)\n{BODY}",
    "asyncio inside": "import asyncio\nasync def f(eps, shift, scale):\n    return shift + scale * eps\n"
    "def affine(*given):\n    return asyncio.run(f(*given))",
    "display": BODY.replace("    return", "    display(eps)\n    return"),
    "a figure": BODY.replace("    return", "    plt.plot([1, 2])\n    plt.show()\n    return"),
    "get_ipython": BODY.replace("    return", "    get_ipython().user_ns\n    return"),
    "threads": "from concurrent.futures import ThreadPoolExecutor\ndef affine(eps, shift, scale):\n"
    "    with ThreadPoolExecutor() as pool:\n        return pool.submit(lambda: shift + scale * eps).result()",
    "raises at the end": f"{BODY}raise SystemExit",
}


@pytest.mark.parametrize("style", STYLES)
def test_a_right_answer_passes_whatever_it_is_made_of(grader: Grader, style: str) -> None:
    grade = graded(grader, STYLES[style])
    assert (failures(grade), grade.notes) == ([], ())


LEFT_OUT = {
    f"!pip install einops\n{BODY}": "“!pip install einops”",
    f"%pip install einops\n{BODY}": "“%pip install einops”",
    f"files = !ls\nassert files == []\n{BODY}": "“!ls”",
    f"{BODY}%timeit affine(torch.ones(3), 1.0, 2.0)": "“%timeit affine(torch.ones(3), 1.0, 2.0)”",
    f"%matplotlib inline\n%load_ext autoreload\n{BODY}": "“%matplotlib inline” and “%load_ext autoreload”",
    f"%%time\n{BODY}": "“%%time”",
    f"\n%%capture printed\n!pip install einops\n{BODY}": "“%%capture printed” and “!pip install einops”",
    f"%%timeit -n 3\n{BODY}": "“%%timeit -n 3”",
    "%time affine = lambda eps, shift, scale: shift + scale * eps": "“%time”",
    BODY.replace("    return", "    %matplotlib inline\n    z = %time shift + scale * eps\n    return z if 1 else"): (
        "“%matplotlib inline” and “%time”"
    ),
    f"get_ipython().system('ls')\nget_ipython().run_line_magic('matplotlib', 'inline')\n{BODY}": (
        "“!ls” and “%matplotlib inline”"
    ),
    f"@torch.compile\n{BODY}": "“torch.compile”",
    f"@torch.compile(fullgraph=True, dynamic=True)\n{BODY}": "“torch.compile”",
    f"from torch import compile\n{BODY}affine = compile(affine, mode='max-autotune')": "“torch.compile”",
    f"{MODULE}affine = torch.compile(A())": "“torch.compile”",
    f"{MODULE}affine = A()\naffine.compile()": "“torch.compile”",
    BODY.replace("    return", "    breakpoint()\n    return"): "“breakpoint()”",
}


@pytest.mark.parametrize("source", LEFT_OUT)
def test_what_only_a_notebook_has_is_left_out_and_noted_once(grader: Grader, source: str) -> None:
    grade = graded(grader, source)
    assert (failures(grade), grade.notes) == ([], (f"In affine, {LEFT_OUT[source]} did not run: {LEAVES_OUT}",))


def test_a_cell_of_another_language_is_left_out(grader: Grader) -> None:
    grade = graded(grader, BODY, shell="%%bash\nrm -r /")
    assert (failures(grade), grade.notes) == ([], (f"In a cell of your own, “%%bash” did not run: {LEAVES_OUT}",))


def test_a_note_quotes_and_does_not_flood(grader: Grader) -> None:
    posing = "get_ipython().system('x\\r  likely    \\x1b[2Kall right”')\n"
    many = "".join(f"!command {n}\n" for n in range(50))
    (note,) = graded(grader, posing + many + BODY).notes
    assert r"“!x\r likely \x1b[2Kall right\u201d”, “!command 0”, “!command 1”," in note
    assert note.count("“") == 20 and "“!command 18”" in note and "“!command 19”" not in note


def test_an_error_below_a_magic_names_the_line_of_the_cell(grader: Grader) -> None:
    found = failures(graded(grader, "%%time\n\ndef affine(eps, shift, scale):\n    return 1 / 0"))
    assert "line 4 of your cell: return 1 / 0" in found[0]
    found = failures(graded(grader, f"one = 1\n%time one / 0\n{BODY}"))
    assert "ZeroDivisionError" in found[0] and "line 2 of your cell:" in found[0]


def test_the_magics_of_an_instructors_own_cell_run(tmp_path, template: Template) -> None:
    source = tmp_path / "lesson79_magic.py"
    answer = (
        '{"grade": false, "grade_id": "one", "locked": false, "schema_version": 3, "solution": true, "task": false}'
    )
    test = '{"grade": true, "grade_id": "one-t", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}'  # noqa: E501
    source.write_text(
        "# %%\nget_ipython().run_line_magic('time', 'unit = 1')\n\n"
        f"# %% nbgrader={answer}\ndef one(): return unit\n\n# %% nbgrader={test}\nassert one() == 1\n"
    )
    lesson = Lesson.read(source)
    with Grader(lesson, template) as grader:
        grade = grader.grade(answered(lesson.source, {"one": "%matplotlib inline\none = lambda: unit"}), 1)
    assert (grade.points, grade.notes) == (1, (f"In one, “%matplotlib inline” did not run: {LEAVES_OUT}",))


def test_people_read_the_note_wherever_they_read_the_grade(grader: Grader, tmp_path, monkeypatch, template) -> None:
    grade = graded(grader, f"%%time\n{BODY}")
    note = f"In affine, “%%time” did not run: {LEAVES_OUT}"
    assert note in results(grade)["output"].splitlines()
    assert grade.as_json("x")["notes"] == [note]
    grade.notebook.metadata["autograder"] = grade.as_record()
    assert note in Page.of(grade.notebook, EMPTY, "ada", "x", "").notes

    path = tmp_path / "lesson00_start.ipynb"
    nbformat.write(answered(LESSON.source, {"affine": f"%%time\n{BODY}"}), path)
    monkeypatch.setattr(command, "Template", lambda: contextlib.nullcontext(template))
    grade_here(monkeypatch, template)
    monkeypatch.chdir(COURSE.root)
    told = CliRunner().invoke(autograder.cli.app, ["check", str(path), "--lesson", "lesson00_start"])
    assert told.stdout.count(note) == 1 and told.exit_code == 0


def test_what_uses_what_is_read_below_the_magic_of_a_whole_cell() -> None:
    for magic in ("%%time", "%%timeit -n 3", "\n%%capture out"):
        *_, statement = statements(f"{magic}\ndef f(x):\n    return g(x)")
        assert (statement.defines, "g" in statement.reads) == ({"f"}, True)
    assert not any("f" in each.defines for each in statements("%%bash\ndef f(x): pass"))
    assert statements("!ls\n" * 20 + "x = 1") and not statements("!ls\n" * 30_000 + "x = 1")


def test_a_compiled_answer_of_another_lesson_passes(template: Template) -> None:
    kl = "@torch.compile\ndef gaussian_kl(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)"
    lesson = COURSE.lesson("lesson04_kl_elbo")
    checks = {name for name, of in lesson.exercises.items() if of == "gaussian_kl"}
    with Grader(lesson, template) as grader:
        grade = grader.grade(answered(lesson.source, {"gaussian_kl": kl}), 3, checks)
    assert (failures(grade), len(grade.checks), len(grade.notes)) == ([], len(checks), 1)


def test_nobody_is_asked_anything(grader: Grader) -> None:
    first, *_ = failures(graded(grader, f"n = input('which?')\n{BODY}"))
    assert "  observed  EOFError: “input() waits for a person, and nobody is there when an answer is graded”" in first


# Helpers that stand where grading does not run


HELPED = "def affine(eps, shift, scale):\n    return moved(eps, shift, scale)"


def with_demo(source: str, answers: dict[str, str]) -> NotebookNode:
    """The lesson with another text in its first cell that draws a figure."""
    notebook = answered(LESSON.source, answers)
    next(cell for cell in notebook.cells if "plt.show()" in cell.source).source = source
    return notebook


def test_a_helper_in_a_cell_that_only_shows_something_is_found_and_its_cell_named(grader: Grader) -> None:
    helper = "def moved(eps, shift, scale):\n    return shift + scale * eps"
    first, *_ = failures(grader.grade(with_demo(helper, {"affine": HELPED}), 3, CHECKS["affine"]))
    assert first == (
        "affine - values: your code uses moved, which is not there when it is graded\n"
        "  expected  moved in the cell of affine, or in a cell of your own: copy it there\n"
        "  observed  NameError: “name 'moved' is not defined”\n"
        "            line 2 of your cell: return moved(eps, shift, scale)\n"
        "            moved is defined in code cell 6 below “Exercise 1: `affine`”, which only shows something: grading "
        "does not run it"
    )


def test_where_an_error_is_promised_too(grader: Grader) -> None:
    answer = "def pick_device(preferred=None):\n    return moved(preferred)"
    found = failures(grader.grade(with_demo("moved = torch.device", {"pick_device": answer}), 3, CHECKS["pick_device"]))
    assert len(found) == 4 and all(
        "your code uses moved, which is not there when it is graded" in each for each in found
    )


def test_a_name_that_an_answer_needs_at_once_is_found_there_too(grader: Grader) -> None:
    notebook = with_demo("unit = 1.0", {"affine": f"one = unit\n{BODY}"})
    assert "code cell 6 below “Exercise 1: `affine`”" in failures(grader.grade(notebook, 3, CHECKS["affine"]))[0]


def test_an_answer_that_stands_in_such_a_cell_is_told_where_it_belongs(grader: Grader) -> None:
    first, *_ = failures(grader.grade(with_demo(BODY, {"affine": ""}), 3, CHECKS["affine"]))
    assert first == (
        "affine - values: affine is not defined\n"
        "  expected  affine in its own cell\n"
        "  observed  affine is defined in code cell 6 below “Exercise 1: `affine`”, which only shows something: "
        "grading does not run it"
    )


def test_a_name_that_is_nowhere_stays_the_error_that_it_is(grader: Grader) -> None:
    first, *_ = failures(graded(grader, HELPED))
    assert "your code stopped with an error" in first and "below" not in first


def test_a_helper_in_a_cell_of_their_own_is_there(grader: Grader) -> None:
    assert failures(graded(grader, HELPED, own="def moved(eps, shift, scale):\n    return shift + scale * eps")) == []


def test_lesson_0_says_once_what_grading_does_not_run() -> None:
    prose = "\n".join(cell.source for cell in LESSON.source.cells if cell.cell_type == "markdown")
    assert prose.count("Grading does not run the course's cells that only draw or print") == 1


# pick_device, which is asked about other computers


CHOOSES = """def pick_device(preferred=None):
    names = [*(["cuda"] if torch.cuda.is_available() else []), *(["mps"] if torch.backends.mps.is_available() else [])]
    names.append("cpu")
    if preferred is None:
        return torch.device(names[0])
    if preferred not in names:
        raise ValueError(f"choose from {names}")
    return torch.device(preferred)
"""
CUDA, MPS = "torch.cuda.is_available()", "torch.backends.mps.is_available()"
BOTH = "cuda, mps = torch.cuda.is_available, torch.backends.mps.is_available\n"
SHORT = CHOOSES.replace(CUDA, "cuda()").replace(MPS, "mps()")
DEVICES = {
    "torch.mps": CHOOSES.replace("torch.backends.mps", "torch.mps"),
    "imported questions": "from torch.cuda import is_available as cuda\nfrom torch.mps import is_available as mps\n"
    + SHORT,
    "questions in variables": BOTH + SHORT,
    "questions in a table": "has = {'cuda': torch.cuda.is_available, 'mps': torch.backends.mps.is_available}\n"
    + CHOOSES.replace(CUDA, "has['cuda']()").replace(MPS, "has['mps']()"),
    "questions as defaults": BOTH + SHORT.replace("preferred=None", "preferred=None, cuda=cuda, mps=mps"),
    "cached": f"from functools import cache\n@cache\n{CHOOSES}",
    "a cached helper": f"from functools import lru_cache\n@lru_cache\ndef cuda():\n    return {CUDA}\n"
    f"mps = torch.mps.is_available\n{SHORT}",
    "a partial": f"from functools import partial\n{BOTH}{SHORT}pick_device = partial(pick_device)",
    "compiled": f"@torch.compile\n{CHOOSES}",
    "an error of its own": f"class NoDevice(ValueError):\n    pass\n{CHOOSES.replace('ValueError', 'NoDevice')}",
    "an error of two kinds": "class NoDevice(KeyError, ValueError):\n    pass\n"
    + CHOOSES.replace("ValueError", "NoDevice"),
    "an error of Python's": CHOOSES.replace("ValueError", "UnicodeError"),
}


@pytest.mark.parametrize("style", DEVICES)
def test_a_device_may_be_chosen_in_any_style(grader: Grader, style: str) -> None:
    assert failures(graded(grader, DEVICES[style], "pick_device")) == []


@pytest.mark.parametrize("style", [each for each in DEVICES if each != "compiled"])
def test_in_a_notebook_too(style: str) -> None:
    from autograder.checks.lesson00_start.pick_device import exercise

    with in_this_process("import torch\n" + DEVICES[style]) as get:
        for check in exercise.checks.values():
            check(get("pick_device"))


def test_an_answer_that_asked_before_it_was_called_is_told_so(grader: Grader) -> None:
    asked = "cuda, mps = torch.cuda.is_available(), torch.mps.is_available()\n"
    found = failures(graded(grader, asked + SHORT.replace("cuda()", "cuda").replace("mps()", "mps"), "pick_device"))
    assert "  likely    nothing was asked while the function ran. Call is_available() inside it" in found[0]


def test_an_error_that_only_has_the_right_name_is_not_the_promised_one(grader: Grader) -> None:
    found = failures(graded(grader, f"class ValueError(Exception):\n    pass\n{CHOOSES}", "pick_device"))
    assert len(found) == 1 and "raises the wrong error\n  expected  ValueError\n  observed  ValueError: “" in found[0]
    assert "” (another class of that name)" in found[0]
