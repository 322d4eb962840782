"""The import rule: nothing that runs beside a learner's code imports the judging side; each module says its side."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "autograder"
COPIED = PACKAGE / "new_course"  # what `autograder new` copies: no part of the package
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" and COPIED not in path.parents)
SIDES = ("Grader's side", "Learner's side", "Both sides", "Runs in the grader's process")
BESIDE_THE_LEARNER = {
    "autograder",
    "autograder.boundary",
    "autograder.boundary.arguments",
    "autograder.boundary.calls",
    "autograder.boundary.changes",
    "autograder.boundary.derived",
    "autograder.boundary.forks",
    "autograder.boundary.formulas",
    "autograder.boundary.given",
    "autograder.boundary.lending",
    "autograder.boundary.shell",
    "autograder.boundary.worker",
    "autograder.boundary.sandbox",
    "autograder.boundary.shared",
    "autograder.boundary.policy",
    "autograder.boundary.positions",
    "autograder.boundary.frames",
    "autograder.boundary.limits",
    "autograder.boundary.wire",
    "autograder.boundary.kinds",
    "autograder.boundary.mirror",
    "autograder.boundary.operators",
    "autograder.boundary.parcel",
    "autograder.boundary.raised",
    "autograder.boundary.tables",
    "autograder.boundary.torch_objects",
    "autograder.boundary.attributes",
    "autograder.boundary.handed",
    "autograder.boundary.described",
    "autograder.boundary.coroutines",
    "autograder.boundary.process_state",
    "autograder.boundary.probes",
    "autograder.boundary.randomness",
    "autograder.errors",
    "autograder.imports",
    "autograder.packages",
}


def name_of(path: Path) -> str:
    """The import name of a module of the package."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_on_its_first_lines_which_side_it_runs_on(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert sum(side in said for side in SIDES) == 1, f"{path} names no side, or two: {said!r}"


def test_a_worker_with_everything_that_it_imports_holds_nothing_of_the_judging_side() -> None:
    program = (
        "import sys; from autograder.boundary.forks import warm_up; from autograder.packages import Packages; "
        "warm_up(Packages(beside=('autograder.beside',))); "
        "print(*(name for name in sys.modules if name.split('.')[0] == 'autograder'))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    loaded = set(found.stdout.split())
    assert "autograder.beside.lesson06_vae" in loaded
    assert {name for name in loaded if not name.startswith("autograder.beside")} == BESIDE_THE_LEARNER


def test_what_the_judging_side_says_of_itself_agrees() -> None:
    learners = {name_of(path) for path in MODULES if "Grader's side" not in path.read_text(encoding="utf-8")[:1_000]}
    for path in MODULES:
        if name_of(path) in BESIDE_THE_LEARNER or name_of(path).startswith("autograder.beside"):
            assert name_of(path) in learners


READERS = {"lark", "isoduration", "rfc3986_validator", "rfc3987_syntax"}
PAGES = {"nbgrader.apps", "nbgrader.exchange", "nbgrader.preprocessors", "nbconvert", "jupyter_server"}


@pytest.mark.parametrize(
    ("start", "needless", "most"),
    [
        ("autograder.__main__", {"autograder.cli", "nbgrader", "nbformat", "typer"}, 150),
        ("autograder.cli", {"torch", "nbgrader", "nbformat", "sqlalchemy", "rich.progress"}, 350),
        ("autograder.cli, autograder.classes.classroom, jupytext", {"torch"} | READERS | PAGES, 1_000),
        (
            "autograder.cli, autograder.classes.task, autograder.classes.companions, autograder.course, jupytext",
            {"torch", "nbgrader", "nbconvert", "jupyter_server"} | READERS,
            700,
        ),
        (
            "autograder.classes.preloaded",
            {"autograder.cli", "nbgrader", "nbconvert", "mistune", "sqlalchemy", "jupytext", "sympy"} | READERS,
            1_600,
        ),
        ("autograder.boundary.forks", {"autograder.judging", "nbgrader", "nbformat"}, 1_700),
    ],
)
def test_a_process_starts_without_what_only_others_need(start: str, needless: set[str], most: int) -> None:
    program = f"import sys, {start}; print(*(name for name, found in sys.modules.items() if found))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = found.stdout.split()
    assert needless & set(loaded) == set()
    assert len(loaded) < most


STEPS = """
import sys, torch, {start}
layer = torch.nn.Linear(2, 1)
for make in (torch.optim.Adam, torch.optim.SGD):
    optimizer = make(layer.parameters(), lr=0.1)
    layer(torch.ones(2)).backward()
    optimizer.step()
print(len([name for name in sys.modules if name.startswith("torch._dynamo")]))
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item(), torch._dynamo.config.disable)
print(len([name for name in sys.modules if name.startswith("torch._dynamo")]) > 50)
"""


@pytest.mark.parametrize("start", ["autograder.classes.preloaded", "autograder.boundary.forks"])
def test_to_train_imports_no_compiler_which_is_there_for_who_asks(start: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", STEPS.format(start=start)], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["1", "2.0", "False", "True"]


JUDGES = """
import sys, autograder.classes.preloaded, torch
import matplotlib.pyplot as plt
x = torch.ones(2, requires_grad=True)
print(*torch.autograd.grad(x * 2, [x], torch.ones(2))[0].tolist())
try:
    torch.autograd.grad(x * 2, [x], torch.ones(3))
except RuntimeError as error:
    print(error)
print({"sympy", "matplotlib.figure"} & {*sys.modules})
print((torch.ones(2, device="meta").exp() + torch.ones(3, 1, device="meta")).shape, torch.rand(2, device="meta").shape)
print(plt.figure.__module__, "matplotlib.figure" in sys.modules, plt.__name__)
"""


def test_to_judge_imports_neither_algebra_nor_pictures_which_are_there_for_who_asks() -> None:
    found = subprocess.run([sys.executable, "-c", JUDGES], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines() == [
        "2.0 2.0",
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) "
        "and output[0] has a shape of torch.Size([2]).",
        "set()",
        "torch.Size([3, 2]) torch.Size([2])",
        "matplotlib.pyplot True matplotlib.pyplot",
    ]


@pytest.mark.parametrize("start", ["autograder.classes.preloaded", "autograder.boundary.forks"])
def test_what_a_process_imports_at_its_start_is_not_looked_through_for_garbage_again(start: str) -> None:
    program = f"import gc, {start}; print(gc.isenabled(), gc.get_freeze_count())"
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    enabled, frozen = found.stdout.split()
    assert enabled == "True"
    assert int(frozen) > 50_000


def test_a_submission_runs_with_its_garbage_collected(learner) -> None:
    with learner("import gc\nis_collected = gc.isenabled") as get:
        assert get("is_collected")() is True
