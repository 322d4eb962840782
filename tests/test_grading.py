"""One submission's grade: what each kind of answer, mistake and misbehaviour earns and costs."""

import base64
import textwrap
from collections.abc import Callable

import pytest
from nbformat import NotebookNode, from_dict

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import Lesson, answered
from autograder.verdict import Grade, Verdict

LESSON = """\
# %%
import torch

# %% tags=["demo"]
demo_ran = True

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    return 2 * x

# %% nbgrader={"grade": true, "grade_id": "double-values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert double(3) == 6
### BEGIN HIDDEN TESTS
secret = -4.5
assert double(secret) == -9.0
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "square", "locked": false, "schema_version": 3, "solution": true, "task": false}
def square(x):
    return x**2

# %% nbgrader={"grade": true, "grade_id": "square-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
x = torch.linspace(-2, 2, 5, dtype=torch.float64, requires_grad=True)
assert isinstance(square(x), torch.Tensor), "square(x) is a tensor"
assert torch.allclose(square(x), x**2), "square(x) is x * x"

# %% nbgrader={"grade": true, "grade_id": "square-gradients", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
(grad,) = torch.autograd.grad(square(x).sum(), x)
assert len(grad) == 5 and all(abs(grad - 2 * x) < 1e-9)

# %% nbgrader={"grade": false, "grade_id": "noise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def noise(n):
    return torch.randn(n)

# %% nbgrader={"grade": true, "grade_id": "noise-fresh", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
first, second = noise(4), noise(4)
assert not torch.equal(first, second), f"two draws are {first.tolist()} and {second.tolist()}"
print(f"drew {first[0].item()}")
"""  # noqa: E501
CHECKS = ("double-values", "square-values", "square-gradients", "noise-fresh")
RIGHT = {"double": "def double(x): return x + x", "square": "def square(x): return x * x"}
SQUARE_LOST = {"double-values": 2, "square-values": 0, "square-gradients": 0, "noise-fresh": 3}
Grading = Callable[..., Grade]
IMPATIENT = Limits(cell_seconds=3)


def read(tmp_path_factory: pytest.TempPathFactory, source: str) -> Lesson:
    path = tmp_path_factory.mktemp("solutions") / "lesson79_functions.py"
    path.write_text(source, encoding="utf-8")
    return Lesson.read(path)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    return read(tmp_path_factory, LESSON)


@pytest.fixture(scope="module")
def grade(lesson: Lesson, template: Template):
    """``grade({exercise: answer})`` over the reference's other answers; ``extra`` cells come first."""
    with Grader(lesson, template) as patient, Grader(lesson, template, IMPATIENT) as impatient:

        def grade(answers: dict[str, str], extra: tuple[str, ...] = (), seed: int = 1) -> Grade:
            grader = impatient if "while True" in str(answers) else patient
            return grader.grade(handed_in(lesson, answers, extra), seed)

        yield grade


def handed_in(lesson: Lesson, answers: dict[str, str], extra: tuple[str, ...] = ()) -> NotebookNode:
    """The lesson with these answers, and cells that the learner added at its start."""
    notebook = answered(lesson.source, {name: textwrap.dedent(text) for name, text in answers.items()})
    added = [
        {"cell_type": "code", "source": source, "metadata": {}, "id": f"own-{n}"} for n, source in enumerate(extra)
    ]
    notebook.cells = [from_dict(cell) for cell in added] + notebook.cells
    return notebook


def points(grade: Grade) -> dict[str, float | None]:
    """What each check earned."""
    return {check.grade_id: check.points for check in grade.checks}


def outcome(grade: Grade, grade_id: str) -> tuple[Verdict, str]:
    """Verdict and message of one check."""
    return next((check.verdict, str(check.message)) for check in grade.checks if check.grade_id == grade_id)


def outputs(grade: Grade, cell_id: str) -> list[dict]:
    """What people see below a cell."""
    return next(cell.outputs for cell in grade.notebook.cells if cell.id == cell_id)


def test_right_answers_earn_full_marks(grade: Grading) -> None:
    graded = grade(RIGHT)
    assert (graded.points, graded.max_points, graded.lesson) == (8, 8, "lesson79_functions")
    assert [check.grade_id for check in graded.checks] == list(CHECKS)
    assert {check.verdict for check in graded.checks} == {Verdict.ACCEPTED}


def test_a_wrong_answer_costs_its_own_check_alone(grade: Grading) -> None:
    graded = grade({"square": "def square(x): return x.detach() ** 2 + 0 * x"})
    assert points(graded) == {"double-values": 2, "square-values": 1, "square-gradients": 0, "noise-fresh": 3}
    assert outcome(graded, "square-gradients") == (
        Verdict.WRONG_ANSWER,
        "square - gradients: this check does not hold\n  observed  AssertionError",
    )


def test_the_text_of_an_assert_is_said(grade: Grading) -> None:
    assert outcome(grade({"square": "def square(x): return 3 * x"}), "square-values") == (
        Verdict.WRONG_ANSWER,
        "square - values: this check does not hold\n  observed  AssertionError: square(x) is x * x",
    )


def test_a_hidden_tests_source_is_nowhere_in_what_people_read(grade: Grading) -> None:
    graded = grade({"double": "def double(x): return 6"})
    assert points(graded)["double-values"] == 0
    everything = str(graded.notebook) + str(graded.checks)
    for fragment in ("secret", "-4.5", "-9.0", "HIDDEN"):
        assert fragment not in everything


def test_an_answer_not_written_yet_is_said_as_such(grade: Grading) -> None:
    graded = grade({"double": "def double(x):\n    raise NotImplementedError"})
    assert outcome(graded, "double-values") == (
        Verdict.WRONG_ANSWER,
        "double: not implemented yet. Write your answer in its cell, run that cell, then run this check again.",
    )
    assert graded.points == 6


def test_a_missing_name_is_said_as_such(grade: Grading) -> None:
    graded = grade({"square": "def sqaure(x): return x**2"})
    assert points(graded) == SQUARE_LOST
    assert outcome(graded, "square-gradients") == (
        Verdict.RUN_TIME_ERROR,
        "square - gradients: square is not defined\n  expected  a cell that defines square\n"
        "  observed  no cell that ran defines this name",
    )


@pytest.mark.parametrize(
    ("answer", "observed"),
    [
        ("def square(x:\n    return x", ["SyntaxError: “'(' was never closed”", "line 1 of your cell: def square(x:"]),
        ("y = 1 / 0\ndef square(x): pass", ["ZeroDivisionError: “division by zero”", "line 1 of your cell: y = 1 / 0"]),
        ("def square(x):\n    return y", ["NameError: “name 'y' is not defined”", "line 2 of your cell: return y"]),
    ],
    ids=["in its syntax", "at its definition", "in a call"],
)
def test_an_error_in_one_answer_leaves_the_others(grade: Grading, answer: str, observed: list[str]) -> None:
    graded = grade({"square": answer})
    assert points(graded) == SQUARE_LOST
    assert outcome(graded, "square-values") == (
        Verdict.RUN_TIME_ERROR,
        "square - values: your code stopped with an error\n"
        f"  expected  square returns a result for these inputs\n  observed  {observed[0]}\n            {observed[1]}",
    )


@pytest.mark.parametrize(
    ("answer", "verdict", "message"),
    [
        ("import os; os._exit(3)", "run_time_error", "the submission ended its own process (exit status 3)"),
        ("def square(x):\n    import os; os._exit(3)", "run_time_error", "the submission ended its own process (exit "),
        ("while True: pass", "time_limit_exceeded", "stopped after 3 s without an answer"),
        ("def square(x):\n    while True: pass", "time_limit_exceeded", "stopped after 3 s without an answer"),
        ("import os; os.kill(os.getpid(), 11)", "run_time_error", "the submission's process was ended by SIGSEGV"),
    ],
    ids=["exits", "exits when called", "loops", "loops when called", "crashes"],
)
def test_what_ends_the_process_costs_one_exercise(grade: Grading, answer: str, verdict: str, message: str) -> None:
    graded = grade({"square": answer})
    assert points(graded) == SQUARE_LOST
    for property_ in ("values", "gradients"):
        found, said = outcome(graded, f"square-{property_}")
        assert found == verdict
        assert said.startswith(f"square - {property_}: {message}")


def test_a_cell_of_the_learners_that_ends_the_process_costs_nothing(grade: Grading) -> None:
    assert grade(RIGHT, extra=("import os; os._exit(0)", "x = 1")).points == 8


def test_an_answer_may_use_what_cells_before_it_defined_even_after_a_crash(grade: Grading) -> None:
    graded = grade(
        {"double": "import os; os._exit(1)", "square": "def square(x): return helper(x)"},
        extra=("def helper(x): return x * x",),
    )
    assert points(graded) == {"double-values": 0, "square-values": 1, "square-gradients": 2, "noise-fresh": 3}


@pytest.mark.parametrize("answer", ["import os; os._exit(1)", "def {name}(x):\n    import os; os._exit(1)"])
def test_if_every_exercise_crashes_there_are_no_more_workers_than_exercises_and_one(
    lesson: Lesson, template: Template, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    started = []
    start = template.start
    with Grader(lesson, template) as grader:
        grader.grade(handed_in(lesson, {"double": "", "square": "", "noise": ""}), 1)  # the reference has its worker
        monkeypatch.setattr(template, "start", lambda *given: started.append(1) or start(*given))
        answers = {name: answer.format(name=name) for name in ("double", "square", "noise")}
        graded = grader.grade(handed_in(lesson, answers, extra=("import os; os._exit(1)",) * 3), 1)
    assert (graded.points, len(graded.checks)) == (0, 4)
    assert {check.verdict for check in graded.checks} == {Verdict.RUN_TIME_ERROR}
    assert len(started) <= 3 + 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert double(3) == 6", "assert double(3) == 7"),
        ("assert double(3) == 6", "assert double(3) == undefined"),
        ("assert double(3) == 6", "assert tool.double(3) == 6"),
        ("return 2 * x", "import os; os._exit(1)"),
        ("return 2 * x", "while True: pass"),
    ],
    ids=["a wrong check", "a missing name", "a module", "a reference that exits", "a reference that loops"],
)
def test_a_check_that_the_reference_fails_is_for_a_person_to_decide(
    tmp_path_factory: pytest.TempPathFactory, template: Template, before: str, after: str
) -> None:
    lesson = read(tmp_path_factory, LESSON.replace(before, after).replace("demo_ran = True", "pass"))
    with Grader(lesson, template, IMPATIENT) as grader:
        graded = grader.grade(
            handed_in(lesson, RIGHT | {"double": "def double(x): return 1"}, ("import math as tool",)), 1
        )
    found, said = outcome(graded, "double-values")
    assert found is Verdict.JUDGE_ERROR
    first = said.splitlines()[0]
    assert first.startswith("double - values: ")
    assert first.endswith(". The reference solution fails this check too, so a person has to decide")
    assert points(graded) == {"double-values": None, "square-values": 1, "square-gradients": 2, "noise-fresh": 3}


def test_a_name_that_stands_for_a_module_earns_nothing_and_says_why(grade: Grading) -> None:
    graded = grade({"square": "import torch as square"})
    assert points(graded) == SQUARE_LOST
    assert "square is the module 'torch' on the learner's side, and modules do not cross" in str(graded.checks)


@pytest.mark.parametrize(
    "prank",
    [
        "print = len = all = abs = isinstance = lambda *a, **k: True",
        "import builtins; builtins.all = builtins.isinstance = lambda *a, **k: True",
        "import torch; torch.allclose = lambda *a, **k: True; torch.Tensor.__lt__ = lambda *a: torch.tensor(True)",
        "torch = None; x = None; first = second = 0",
        "import sys; sys.modules['torch'] = sys.modules['autograder.grading'] = None",
        "class AssertionError(Exception): pass",
    ],
    ids=["builtins", "the builtins module", "torch", "names of the checks", "sys.modules", "AssertionError"],
)
def test_what_a_submission_does_to_its_own_process_changes_no_verdict(grade: Grading, prank: str) -> None:
    graded = grade(
        {"double": "def double(x): return 5", "square": f"def square(x): return x * 3\n{prank}"}, extra=(prank,)
    )
    assert {check: points(graded)[check] for check in CHECKS[:3]} == dict.fromkeys(CHECKS[:3], 0)


def test_an_object_that_equals_everything_is_for_a_person_to_look_at(grade: Grading) -> None:
    source = """
        class Yes:
            __eq__ = __lt__ = __call__ = lambda *args: True
            def __sub__(self, other): return self
        def double(x): return Yes()
        def square(x): return Yes()
    """
    graded = grade({"double": source, "square": source})
    assert points(graded) == {"double-values": None, "square-values": 0, "square-gradients": 0, "noise-fresh": 3}


def test_the_same_seed_gives_the_same_grade_and_another_seed_other_draws(grade: Grading) -> None:
    drawn = [outcome(grade(RIGHT, seed=seed), "noise-fresh")[1] for seed in (5, 5, 6)]
    assert drawn[0].startswith("noise - fresh: drew ")
    assert drawn[0] == drawn[1] != drawn[2]
    once, again = (grade({"noise": "def noise(n): return torch.zeros(n)"}, seed=5) for _ in range(2))
    assert once.checks == again.checks
    assert {check.seed for check in once.checks} == {5}


def test_the_draws_of_a_check_do_not_depend_on_the_checks_before_it(grade: Grading) -> None:
    assert outcome(grade(RIGHT), "noise-fresh") == outcome(grade({"double": "", "square": ""}), "noise-fresh")


def test_only_the_checks_asked_for_are_judged(lesson: Lesson, template: Template) -> None:
    with Grader(lesson, template) as grader:
        graded = grader.grade(handed_in(lesson, RIGHT), 1, only={"double-values", "noise-fresh"})
    assert points(graded) == {"double-values": 2, "noise-fresh": 3}


def test_demo_cells_are_not_run(grade: Grading) -> None:
    graded = grade({"noise": LESSON[LESSON.index("def noise") :].split("# %%")[0] + "\nprint('demo_ran' in globals())"})
    assert outputs(graded, "noise")[0]["text"] == "False\n"


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline",
        "%timeit -n 1 -r 1 1 + 1",
        "!ls",
        "%%capture\nprint(1)",
        "input('name? ')",
        "exit()",
        "%no_such_magic",
        "from IPython.display import HTML; HTML('<b>')",
        "import sys; sys.exit(1)",
        "raise KeyboardInterrupt",
    ],
)
def test_what_people_write_in_notebooks_breaks_nothing(grade: Grading, source: str) -> None:
    assert grade(RIGHT, extra=(source,)).points == 8


def test_what_a_cell_prints_is_shown_and_its_error_too(grade: Grading) -> None:
    graded = grade({}, extra=("print('seen')\n1 / 0",))
    printed, error = outputs(graded, "own-0")
    assert (printed["name"], printed["text"]) == ("stdout", "seen\n")
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "“division by zero”")


def test_a_cell_that_ended_the_process_says_so(grade: Grading) -> None:
    (error,) = outputs(grade({}, extra=("import os; os._exit(4)",)), "own-0")
    assert error["evalue"] == "the submission ended its own process (exit status 4)"


def test_a_figure_comes_back_as_an_image(grade: Grading) -> None:
    source = "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    (figure,) = outputs(grade({}, extra=(source,)), "own-0")
    assert base64.b64decode(figure["data"]["image/png"]).startswith(b"\x89PNG")


def test_only_text_and_images_come_back(grade: Grading) -> None:
    source = (
        "from IPython.display import HTML, Javascript\ndisplay(HTML('<script>'), Javascript('alert(1)'))\nHTML('<b>')"
    )
    assert {kind for output in outputs(grade({}, extra=(source,)), "own-0") for kind in output["data"]} == {
        "text/plain"
    }


def test_a_flood_of_output_is_cut(grade: Grading) -> None:
    graded = grade({}, extra=("for _ in range(300): print('x' * 10_000)", "for n in range(1_000): display(n)"))
    assert len(outputs(graded, "own-0")[0]["text"]) == 100_000
    *_, note = outputs(graded, "own-1")
    assert note["text"] == (
        "[803 of 1,000 outputs cut: of a cell 200 are kept, of a submission 8 MiB and 100 pictures]"
    )
    assert graded.points == 8


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("memoryview(bytes([x]))", "a memoryview"),
        ("type('fine', (), {'__eq__': lambda *_: True})()", "a “fine”"),
    ],
)
def test_a_value_that_cannot_cross_waits_for_a_person_and_costs_nothing_else(
    grade: Grading, answer: str, kind: str
) -> None:
    graded = grade({"double": f"def double(x): return {answer}"})
    assert outcome(graded, "double-values") == (
        Verdict.NOT_JUDGED,
        f"double - values: {kind} cannot be judged here: "
        "a test may read it, call it and compare it with its like, and no more",
    )
    assert points(graded) == {"double-values": None, "square-values": 1, "square-gradients": 2, "noise-fresh": 3}


def test_an_object_that_equals_itself_alone_is_no_right_answer(grade: Grading) -> None:
    graded = grade({"double": "def double(x): return object()"})
    assert points(graded) == {"double-values": 0, "square-values": 1, "square-gradients": 2, "noise-fresh": 3}


def test_where_nothing_more_is_kept_the_note_counts_what_there_was(grade: Grading) -> None:
    picture = "import os\nfrom IPython.display import Image, display\n"
    picture += "for _ in range(3): display(Image(b'\\x89PNG\\r\\n\\x1a\\n' + os.urandom(3_000_000), format='png'))"
    graded = grade({}, extra=(picture, picture))
    (*shown, first), (second,) = outputs(graded, "own-0"), outputs(graded, "own-1")
    assert len(shown) == 2
    assert first["text"].startswith("[1 of 3 outputs cut: ")
    assert second["text"].startswith("[3 of 3 outputs cut: ")
