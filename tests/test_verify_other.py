"""``autograder verify`` on a course without checks of ours: the same as stock, or waits, and why."""

# ruff: noqa: E501

import csv
import json
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from class_of_four import NBGRADER, grade_here
from courses import answer, locked, plain, test
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests
from typer.testing import CliRunner

from autograder.boundary.sandbox import landlock_abi
from autograder.boundary.template import Template
from autograder.cli import app
from autograder.commands import author, learner
from autograder.course import Course
from autograder.grading import Grader
from autograder.proofs.stock import Compared, by_stock, tried

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
MADE_BY = "of the test's cannot cross to the learner's side"
SOLUTION = "def {0}(x):\n    ### BEGIN SOLUTION\n    return {1}\n    ### END SOLUTION"
CELLS = [
    plain("import json"),
    locked("from helper import check"),
    answer(SOLUTION.format("double", "2 * x"), "double"),
    test("check(double(2), 4)", "double-values", 2),
    test("n = sum(double(k) == 2 * k for k in range(4))\nn / 2", "double-part", 2),
    answer(SOLUTION.format("mark", "x.set_title('t')"), "draw"),
    test(
        "from matplotlib.figure import Figure\nax = Figure().subplots()\nmark(ax)\nassert ax.get_title()",
        "draw-title",
        1,
    ),
    test(
        "import pytest\nwith pytest.raises(Exception):\n    double()\nassert double([1]) is not double([1])", "loose", 1
    ),
]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of another's, in nbgrader's own folders."""
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    folder = tmp_path / "source" / "ps1"
    folder.mkdir(parents=True)
    (folder / "helper.py").write_text("def check(a, b):\n    assert a == b\n")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=CELLS, metadata=kernel), folder / "problem 1.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def warm(template, monkeypatch: pytest.MonkeyPatch) -> None:
    """The template process of all tests, which the commands leave running."""
    monkeypatch.setattr(template, "close", lambda: None)
    for module in (learner, author):
        monkeypatch.setattr(module, "Template", lambda _: template)
    grade_here(monkeypatch, template)


def test_each_grade_cell_has_a_line_with_the_reason_and_the_cure(course: Path, warm: None) -> None:
    told = CliRunner().invoke(app, ["verify"])
    title = "ps1/problem 1: "
    assert told.stdout.splitlines() == [
        f"! {title}loose: pytest.raises(Exception) passes for any mistake that stops: name the exception.",
        f"✓ {title}reference double-values: 2 of 2, the same as stock nbgrader",
        f"✓ {title}reference double-part: 2 of 2, the same as stock nbgrader",
        f"? {title}reference draw-title: waits for a person, stock nbgrader gives 1. a Axes of the test's cannot cross "
        "to the learner's side. Cure: make it in the answer, or test what the answer returns.",
        f"✓ {title}reference loose: 1 of 1, the same as stock nbgrader",
        f"✓ {title}untouched double-values: 0 of 2, the same as stock nbgrader",
        f"✓ {title}untouched double-part: 0 of 2, the same as stock nbgrader",
        f"? {title}untouched draw-title: waits for a person, stock nbgrader gives 0. a Axes of the test's cannot cross "
        "to the learner's side. Cure: make it in the answer, or test what the answer returns.",
        f"✓ {title}untouched loose: 0 of 1, the same as stock nbgrader",
        "ps1: 6 the same as stock nbgrader, 2 wait, 0 differ",
    ]
    assert told.exit_code == 0


def test_who_wrote_a_hidden_test_reads_why_it_waits(course: Path, template: Template) -> None:
    path = course / "source" / "ps1" / "problem 1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    draw = notebook.cells[6]
    draw.source = draw.source.replace("mark(ax)", "### BEGIN HIDDEN TESTS\nmark(ax)") + "\n### END HIDDEN TESTS"
    nbformat.write(notebook, path)
    (one,) = tried(Course(course), "ps1")
    with Grader(one.lesson, template) as grader:
        waits = Compared("draw-title", "reference", grader.grade(one.reference, 1).checks[2], 1)
    assert (waits.fate, waits.reason) == ("waits", f"a Axes {MADE_BY}")
    with Grader(Course(course).lesson("ps1", "problem 1"), template) as grader:
        assert "Axes" not in str(grader.grade(one.reference, 1).checks[2].message)


def given(course: Path) -> dict[str, tuple[float | None, float, bool]]:
    """What the gradebook says of ben's grade cells: the score, the maximum, whether a person has to look at it."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        notebook = gradebook.find_submission_notebook("problem 1", "ps1", "ben")
        return {each.name: (each.auto_score, each.max_score, each.needs_manual_grade) for each in notebook.grades}


def test_a_class_is_told_once_which_cells_wait_and_part_of_the_points_arrives_everywhere(course: Path) -> None:
    subprocess.run([*NBGRADER, "generate_assignment", "ps1", "--force"], check=True, capture_output=True)
    for student in ("ada", "ben"):
        folder = course / "submitted" / student / "ps1"
        shutil.copytree(course / "source" / "ps1", folder)
    text = (folder / "problem 1.ipynb").read_text()  # right of 0, wrong of 1, 2 and 3
    (folder / "problem 1.ipynb").write_text(text.replace("return 2 * x", "return x * x * (x != 2)"))
    told = CliRunner().invoke(app, ["grade", "ps1", "--jobs", "1"])
    why = f"this check cannot run where grading runs: a Axes {MADE_BY}"
    too = "The reference solution fails this check too, so a person has to decide."
    assert told.output.count(f"draw-title waits for a person, for ada, ben: {why}. {too}") == 1
    assert (
        told.output.count(
            "What the reference fails waits for everybody: `autograder verify ps1` says why, and the cure."
        )
        == 1
    )
    assert "5 of 6" in told.output and "0.5 of 6" in told.output
    assert given(course) == {
        "double-values": (0.0, 2.0, False),
        "double-part": (0.5, 2.0, False),
        "draw-title": (None, 1.0, True),
        "loose": (0.0, 1.0, False),
    }
    assert CliRunner().invoke(app, ["export", "ps1"]).exit_code == 0
    row = next(csv.DictReader(line for line in (course / "grades.csv").read_text().splitlines() if "ada" not in line))
    assert (row["student_id"], row["score"], row["max_score"]) == ("ben", "0.5", "6.0")
    assert CliRunner().invoke(app, ["feedback", "ps1", "--student", "ben", "--jobs", "1"]).exit_code == 0
    page = (course / "feedback" / "ben" / "ps1" / "problem 1.html").read_text()
    assert ">0.5 of 2 points</span>" in page and ">0 of 2 points</span>" in page


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("verify ps2", "No assignment is called 'ps2': source/ps2/ holds no notebook. The assignments are: ps1."),
        ("grade ps2", "No assignment is called 'ps2': source/ps2/ holds no notebook. The assignments are: ps1."),
        ("feedback ps2", "No assignment is called 'ps2': source/ps2/ holds no notebook. The assignments are: ps1."),
        ("verify ps1 --exercise double", "--exercise goes with lessons in solutions/, and ps1 is none."),
        ("mutants", "There is no lesson in solutions/, and of others no mutants are made."),
        ("mutants ps1", "ps1: only a lesson in solutions/ has exercises with checks of ours."),
        (
            "build ps1",
            "{root}/solutions holds no lesson, and source/ is nbgrader's to release: `nbgrader generate_assignment ps1`.",
        ),
        (
            "lab",
            "Nothing is released yet: {root}/release/ holds no notebook. Run `nbgrader generate_assignment ASSIGNMENT`.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_the_words_of_that_course(course: Path, command: str, message: str) -> None:
    told = CliRunner().invoke(app, command.split())
    assert (told.exit_code, told.stderr) == (2, message.format(root=course) + "\n")


def test_a_learner_of_that_course_sees_its_notebooks_and_their_points(course: Path, warm: None) -> None:
    notebook = course / "work" / "ps1" / "problem 1.ipynb"
    shutil.copytree(course / "source" / "ps1", notebook.parent)
    told = CliRunner().invoke(app, ["status", "--json"])
    assert (told.exit_code, json.loads(told.stdout)["lesson"], json.loads(told.stdout)["points"]) == (
        0,
        "ps1/problem 1",
        5,
    )
    told = CliRunner().invoke(app, ["check", "--json", str(notebook)])
    assert (told.exit_code, json.loads(told.stdout)["points"]) == (2, 5)


@pytest.fixture
def released_only(course: Path) -> Path:
    """The same course, of which only the released notebook is here, and one that somebody has solved elsewhere."""
    released, _ = ClearHiddenTests().preprocess(nbformat.v4.new_notebook(cells=deepcopy([CELLS[2], CELLS[4]])), {})
    released.cells[0].source = "def double(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    released.cells.insert(1, test("### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", "hidden"))
    (course / "release" / "ps1").mkdir(parents=True)
    nbformat.write(released, course / "release" / "ps1" / "problem 1.ipynb")
    solved = deepcopy(released)
    solved.cells[0].source = "def double(x):\n    return twice(x)"
    solved.cells.insert(0, plain("def twice(x): return 2 * x"))
    nbformat.write(solved, course / "solved.ipynb")
    shutil.rmtree(course / "source")
    return course


def test_a_release_without_its_source_says_how_it_can_be_verified(released_only: Path) -> None:
    for command in (["verify", "ps1"], ["grade", "ps1"], ["status"]):
        folder = "ps1" if "ps1" in command else "ASSIGNMENT"
        told = CliRunner().invoke(app, command)
        assert (told.exit_code, told.stderr) == (
            2,
            f"source/{folder}/ holds no notebook, and what is released has neither solutions nor hidden tests. Put the "
            "notebook there that it was made from; or verify the release: "
            "`autograder verify ps1 --reference SOLVED.ipynb`.\n",
        )
    told = CliRunner().invoke(app, ["verify", "ps1", "--reference", "no.ipynb"])
    assert told.stderr == "no.ipynb is not there; its folder holds 'solved.ipynb'. Rename what is meant to be it.\n"


def test_a_release_is_verified_beside_a_notebook_that_somebody_solved(released_only: Path, warm: None) -> None:
    told = CliRunner().invoke(app, ["verify", "ps1", "--reference", "solved.ipynb"])
    title = "ps1/problem 1: "
    assert told.stdout.splitlines() == [
        f"! {title}read from its release: what hidden tests ask is not tried.",
        f"✓ {title}reference hidden: 2 of 2, the same as stock nbgrader",
        f"✓ {title}reference double-part: 2 of 2, the same as stock nbgrader",
        f"✓ {title}untouched hidden: 2 of 2, the same as stock nbgrader",
        f"✓ {title}untouched double-part: 0 of 2, the same as stock nbgrader",
        "ps1: 4 the same as stock nbgrader, 0 wait, 0 differ",
    ]


@pytest.mark.skipif(
    not landlock_abi(), reason="the kernel has no Landlock, by which the notebook is kept in its folder"
)
def test_a_notebook_that_clears_away_clears_nothing_away_but_its_own(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("seven years")
    cells = [
        plain(f"!rm -rf {precious}"),
        plain("import os, shutil, tempfile\nfrom pathlib import Path\nfolder = tempfile.mkdtemp()"),
        plain("Path('here.txt').write_text('x')\nos.remove('here.txt')\nshutil.rmtree(folder)"),
        plain("import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])"),
        plain("import multiprocessing\nlock = multiprocessing.Lock()"),
        test(
            "assert not Path('here.txt').exists() and not Path(folder).exists() and Path('data.txt').exists()\n"
            "with lock:\n    print(plt.gca())",
            "cleared",
            2,
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert by_stock(notebook, {"data.txt": b"1"}, 60) == {"cleared": (2.0, "")}
    assert (precious / "thesis.txt").read_text() == "seven years"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "double-values",
            "check(double(1), 2)\n### BEGIN HIDDEN TESTS\ncheck(double(2), 4)",
            "cell 4 (double-values), line 2: BEGIN HIDDEN TESTS has no END HIDDEN TESTS below it. "
            "Write END HIDDEN TESTS where it ends.",
        ),
        (
            "double",
            "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x",
            "cell 3 (double), line 2: BEGIN SOLUTION has no END SOLUTION below it. Write END SOLUTION where it ends.",
        ),
        (
            "double",
            "### BEGIN MARK SCHEME\n### BEGIN MARK SCHEME\n### END MARK SCHEME",
            "cell 3 (double), line 1: BEGIN MARK SCHEME has no END MARK SCHEME before the next BEGIN MARK SCHEME. "
            "Write END MARK SCHEME where it ends.",
        ),
    ],
)
@pytest.mark.parametrize("command", ["verify", "grade"])
def test_a_region_that_does_not_end_is_named(course: Path, command: str, name: str, text: str, said: str) -> None:
    path = course / "source" / "ps1" / "problem 1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name).source = text
    handed_in = course / "submitted" / "amy" / "ps1" / path.name
    handed_in.parent.mkdir(parents=True)
    for each in (path, handed_in):
        nbformat.write(notebook, each)
    told = CliRunner().invoke(app, [command, "ps1"])
    assert told.exit_code == 2
    assert " ".join(told.output.split()).endswith(f"source/ps1/problem 1.ipynb, {said}")


def test_an_end_without_a_beginning_is_named_and_judged_as_nbgrader_does(course: Path, warm: None) -> None:
    path = course / "source" / "ps1" / "problem 1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = notebook.cells[:4]
    notebook.cells[3].source += "\n### END HIDDEN TESTS"
    nbformat.write(notebook, path)
    told = CliRunner().invoke(app, ["verify"]).stdout.splitlines()
    assert told == [
        "! ps1/problem 1: cell 4 (double-values): line 2: END HIDDEN TESTS has no BEGIN HIDDEN TESTS above it, and hides nothing.",
        "✓ ps1/problem 1: reference double-values: 2 of 2, the same as stock nbgrader",
        "✓ ps1/problem 1: untouched double-values: 0 of 2, the same as stock nbgrader",
        "ps1: 2 the same as stock nbgrader, 0 wait, 0 differ",
    ]


def test_commands_of_the_system_that_do_nothing_are_named(course: Path, warm: None) -> None:
    path = course / "source" / "ps1" / "problem 1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [*notebook.cells[:4], plain("!pip install x\nfiles = !ls"), locked("%%bash\nls", "made")]
    notebook.cells.insert(0, plain("!wget https://example.org/d.csv"))
    nbformat.write(notebook, path)
    told = CliRunner().invoke(app, ["verify"]).stdout.splitlines()
    why = (
        "does nothing when a submission is graded, where no program starts and no network is: "
        "put what it fetches or makes beside the notebook in the course's source folder."
    )
    assert told[:3] == [
        f"! ps1/problem 1: cell 1: `!wget https://example.org/d.csv` {why}",
        f"! ps1/problem 1: cell 6: `!ls` {why}",
        f"! ps1/problem 1: cell 7 (made): `%%bash` {why}",
    ]


def test_the_header_that_nbgrader_puts_before_a_notebook_is_part_of_it(course: Path, warm: None) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.IncludeHeaderFooter.header = 'header.ipynb'\n")
    header = nbformat.v4.new_notebook(cells=[plain("import math\ndef half(x): return x / 2")])
    nbformat.write(header, course / "header.ipynb")
    cells = [
        answer(SOLUTION.format("area", "math.pi * x"), "area"),
        test("assert half(area(2)) == math.pi", "area-1", 1),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), course / "source" / "ps1" / "problem 1.ipynb")
    told = CliRunner().invoke(app, ["verify"]).stdout.splitlines()
    assert told[:2] == [
        "✓ ps1/problem 1: reference area-1: 1 of 1, the same as stock nbgrader",
        "✓ ps1/problem 1: untouched area-1: 0 of 1, the same as stock nbgrader",
    ]


def test_a_header_that_is_not_there_is_named(course: Path) -> None:
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.IncludeHeaderFooter.footer = 'footer.ipynb'\n")
    told = CliRunner().invoke(app, ["verify"])
    assert told.exit_code == 2
    assert "footer.ipynb: cannot be read as a header or footer of notebooks" in " ".join(told.output.split())
