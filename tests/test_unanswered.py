"""What a learner's notebook shows where a cell needs an exercise that is not answered yet, in IPython's own shell."""

from collections.abc import Callable

import nbclient
import nbformat
import pytest
from class_of_four import ROOT
from IPython.core.interactiveshell import InteractiveShell

from autograder.unanswered import watch

STUB = "def double(x):\n    raise NotImplementedError"
CLASS = "class Sampler:\n    def forward(self):\n        raise NotImplementedError"
NEEDS_DOUBLE = "This cell needs double: do that exercise, then run it again."
WAITS_FOR_DOUBLE = "An earlier cell needs double: do that exercise, then run on from there."

Show = Callable[[str], str]


@pytest.fixture
def run(capsys) -> Show:
    """Run a cell; what the notebook shows of it."""
    shell = InteractiveShell(history_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    watch(shell)

    def run(source: str) -> str:
        shell.run_cell(source)
        return capsys.readouterr().out.strip()

    return run


def test_a_cell_that_needs_an_open_exercise_says_which_in_one_line(run: Show) -> None:
    run(STUB)
    run(CLASS)
    assert run("x = 1\nprint(double(x))") == NEEDS_DOUBLE
    assert run("sampler = Sampler()\nsampler.forward()") == NEEDS_DOUBLE.replace("double", "Sampler")
    assert run("[double(x) for x in (1, 2)]") == NEEDS_DOUBLE


def test_an_answer_cell_that_is_a_stub_itself_says_what_to_do_there(run: Show) -> None:
    said = "This exercise is open: replace `raise NotImplementedError` by your answer."
    assert run("found = {'a': 0}\nraise NotImplementedError") == said


def test_a_wrong_answer_that_stops_keeps_its_traceback(run: Show) -> None:
    run("def double(x):\n    return x + None")
    shown = run("double(1)")
    assert (
        "Traceback" in shown
        and "return x + None" in shown
        and shown.endswith("TypeError: unsupported operand type(s) for +: 'int' and 'NoneType'")
    )
    run("def double(x):\n    raise NotImplementedError('for tensors only')")
    assert run("double(1)").endswith("NotImplementedError: for tensors only")
    assert "Traceback" in run("raise KeyError('mu')") and "Traceback" in run("nowhere")


def test_a_cell_that_needs_what_the_stopped_cell_makes_says_the_same(run: Show) -> None:
    run(STUB)
    run("losses = []\nfor x in (1, 2):\n    losses.append(double(x))\nbest = min(losses)")
    assert run("print(best)") == WAITS_FOR_DOUBLE
    assert run("print(losses[0])") == WAITS_FOR_DOUBLE, "a list that the loop would have filled"
    assert run("worst = best + 1") == WAITS_FOR_DOUBLE
    assert run("worst") == WAITS_FOR_DOUBLE, "what a cell makes that waited itself"


def test_what_the_stopped_cell_made_before_it_stopped_waits_for_nothing(run: Show) -> None:
    run(STUB)
    run("rows = [1, 2]\ntwice = double(rows)")
    assert run("rows[7]").endswith("IndexError: list index out of range")
    run("axes = double(1)")
    assert "KeyError" in run("axes = {}\naxes['left']"), "a name that the cell gives a value of its own"


def test_once_the_exercise_is_answered_mistakes_have_tracebacks_again(run: Show) -> None:
    run(STUB)
    assert run("pair = double([1])") == NEEDS_DOUBLE
    run("def double(x):\n    return 2 * x")
    assert run("pair[5]") == WAITS_FOR_DOUBLE, "the cell above did not run again yet"
    run("pair = double([1])")
    assert run("pair[5]").endswith("IndexError: list index out of range")
    run("def double(x):\n    return x.twice")
    run("pair = double([1])")
    assert run("pair[6]").endswith("IndexError: list index out of range")


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["lesson00_start", "lesson04_kl_elbo"])
def test_an_untouched_lesson_runs_to_its_last_cell_and_shows_no_traceback(stem: str) -> None:
    notebook = nbformat.read(ROOT / "course" / stem / f"{stem}.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=240, kernel_name="python3").execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "0 of " in code[-1].outputs[0].text
    errors = ["\n".join(each.traceback) for cell in code for each in cell.outputs if each.output_type == "error"]
    assert errors and not [error for error in errors if "Traceback" in error or "Cell In[" in error]
