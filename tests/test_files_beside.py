"""Files that were handed in beside a notebook: the submission has them, and nobody else runs or serves them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from class_of_four import RIGHT, STEM, grade_here, hand_in, small_course
from nbgrader.apps import NbGraderAPI
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.boundary.limits import Limits
from autograder.classes.classroom import Outcome, grade_class
from autograder.course import Course

HELPED = "from helpers import thrice as treble"
HELPER = "def thrice(x):\n    return 3 * x\n"
PAGE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path: Path, original: Path, template, monkeypatch: pytest.MonkeyPatch) -> Course:
    shutil.copytree(original, tmp_path / "course")
    grade_here(monkeypatch, template)
    monkeypatch.chdir(tmp_path / "course")
    return Course(tmp_path / "course")


def submit(
    course: Course, answer: str, files: dict[str, str] | None = None, cells: tuple[str, ...] = (), student: str = "ada"
) -> Path:
    """Put a notebook with this answer, with cells before it and files beside it, into submitted/; that folder."""
    path = hand_in(course, student, {"treble": answer})
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1:1] = map(nbformat.v4.new_code_cell, cells)
    nbformat.write(notebook, path)
    for name, content in (files or {}).items():
        (path.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (path.parent / name).write_text(content)
    return path.parent


def graded(course: Course, student: str = "ada", isolation: str = "strongest") -> Outcome:
    (outcome,) = grade_class(course, STEM, [student], limits=Limits(isolation=isolation))
    return outcome


def shown(course: Course, student: str = "ada") -> list[str]:
    """What lies in the folder that formgrader serves."""
    folder = course.folder("autograded", student, STEM)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


WRONG_HELPER = HELPER.replace("3", "4")
WRITTEN = f"%%writefile helpers.py\n{HELPER}"
ANSWERS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "a module": (HELPED, {"helpers.py": HELPER}, ()),
    "a package": ("from tools.a import thrice as treble", {"tools/__init__.py": "", "tools/a.py": HELPER}, ()),
    "data": ("def treble(x):\n    return int(open('data/three.txt').read()) * x", {"data/three.txt": "3"}, ()),
    "a module that a cell writes": (HELPED, {}, (WRITTEN,)),
    "a module that a cell writes over": (HELPED, {"helpers.py": WRONG_HELPER}, (WRITTEN,)),
    "a module that is written again within a second": (
        "from importlib import reload\ntreble = reload(helpers).thrice",
        {},
        (f"%%writefile helpers.py\n{WRONG_HELPER}", "import helpers", WRITTEN),
    ),
    "two modules that are written one after the other": (
        "from helpers import thrice as treble",
        {},
        ("%%writefile other.py\n", "import other", WRITTEN),
    ),
    "data that is written over": (
        "open('data/a.txt', 'a').write('3')\ndef treble(x):\n    return int(open('data/a.txt').read()) * x",
        {"data/a.txt": ""},
        (),
    ),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_a_submission_has_what_was_handed_in_beside_it_and_what_it_writes(course: Course, what: str) -> None:
    submit(course, *ANSWERS[what])
    outcome = graded(course)
    assert (outcome.reason, outcome.score) == ("", 3)


def test_a_worker_that_takes_over_has_the_files_again(course: Course) -> None:
    answer = f"{HELPED}\nfrom pathlib import Path"
    submit(course, answer, {"helpers.py": HELPER}, ("import os\nos._exit(1)",))
    assert graded(course).score == 3


def test_a_file_that_changes_grades_again_and_one_that_stays_does_not(course: Course) -> None:
    folder = submit(course, HELPED, {"helpers.py": WRONG_HELPER})
    assert graded(course).score == 0
    assert graded(course).grade is None
    (folder / "helpers.py").write_text(HELPER)
    outcome = graded(course)
    assert (outcome.score, outcome.grade is None) == (3, False)
    (folder / "more.py").write_text("")
    assert graded(course).grade is not None, "a file more"
    (folder / "more.py").rename(folder / "other.py")
    assert graded(course).grade is not None, "another name"
    assert graded(course).grade is None


def test_no_process_of_the_graders_runs_what_lies_beside_a_notebook(course: Course, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    leave_a_trace = f"open({str(trace)!r}, 'a').write(__name__)\n"
    names = (
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "nbgrader_config.py",
        "math.py",
        "json.py",
        "late.py",
    )
    submit(course, RIGHT, dict.fromkeys(names, leave_a_trace))
    assert graded(course, isolation="none").score == 3
    assert not trace.exists()
    submit(course, f"import conftest\n{RIGHT}")
    assert graded(course, isolation="none").score == 3
    assert trace.read_text() == "conftest", "the submission itself may"


FILES = {
    "page.html": PAGE,
    "drawing.svg": f"<svg>{PAGE}</svg>",
    "deep/er/page.HTM": PAGE,
    "page.xhtml": PAGE,
    "helpers.py": HELPER,
    "no_ending": PAGE,
    ".hidden.html": PAGE,
    "page.html.txt": PAGE,
    "data.csv": "1",
    "deep/sketch.PNG": "",
}


def press_autograde(course: Course) -> None:
    result = NbGraderAPI(course.directory, config=course.config).autograde(STEM, "ada")
    assert result["success"], result["log"]


@pytest.mark.parametrize("way", [graded, press_autograde])
def test_no_page_or_drawing_of_a_learners_lies_where_formgrader_serves_it(course: Course, way) -> None:
    submit(course, HELPED, FILES)
    way(course)
    harmless = ["data.csv", "deep/sketch.PNG", f"{STEM}.ipynb", "page.html.txt"]
    assert shown(course) == harmless
    (path,) = course.root.glob(f"autograded/*/{STEM}/{STEM}.ipynb")
    assert json.loads(path.read_text())["metadata"]["autograder"]["checks"]["treble-floats"]["verdict"] == "accepted"


def test_what_a_person_put_beside_a_graded_notebook_stays(course: Course) -> None:
    submit(course, RIGHT, {"page.html": PAGE})
    graded(course)
    folder = course.folder("autograded", "ada", STEM)
    (folder / "my notes.md").write_text("mine")
    (folder / "page.html").write_text(PAGE)
    submit(course, HELPED, {"helpers.py": HELPER})
    graded(course)
    assert shown(course) == [f"{STEM}.ipynb", "my notes.md"]


def test_more_than_a_submission_may_bring_is_refused(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.classes.companions.MAX_BESIDE", 2)
    monkeypatch.setattr("autograder.classes.companions.MAX_BESIDE_BYTES", 2**20)
    cure = "Take out what grading does not need, then grade again."
    folder = submit(course, RIGHT, {f"{n}.txt": "" for n in range(3)})
    assert graded(course).reason == f"{folder} holds more than 2 files beside the notebook. {cure}"
    (folder / "0.txt").unlink()
    (folder / "1.txt").write_text("0" * (2**20 + 1))
    assert graded(course).reason == f"{folder} holds more than 1 MiB beside the notebook, with '1.txt'. {cure}"
    (folder / "1.txt").unlink()
    assert graded(course).score == 3


def test_a_link_beside_a_notebook_brings_nothing(course: Course, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("3")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "three.txt").write_text("3")
    answer = (
        "import os\nfound = sorted(os.listdir('.'))\ndef treble(x):\n    return x * (3 if found == ['own.txt'] else 0)"
    )
    folder = submit(course, answer, {"own.txt": "", "__pycache__/helpers.pyc": "", ".hidden": "", "timestamp.txt": ""})
    (folder / "secret.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    assert graded(course).score == 3
    assert shown(course) == [f"{STEM}.ipynb", "own.txt", "timestamp.txt"]


def check(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    result = CliRunner().invoke(autograder.cli.app, ["check", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_learners_check_has_them_too_where_the_folder_is_the_lessons_own(course: Course, tmp_path: Path) -> None:
    folder = submit(course, HELPED, {"helpers.py": HELPER})
    assert "3 of 3 points" in check(folder / f"{STEM}.ipynb")[1]
    downloads = shutil.copytree(folder, tmp_path / "downloads")
    assert "0 of 3 points" in check(downloads / f"{STEM}.ipynb")[1], "it may hold another's work"
    assert "3 of 3 points" in check(downloads / f"{STEM}.ipynb", "--gradescope", tmp_path / "results.json")[1]


def test_a_learners_check_says_so_where_they_are_too_many(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.classes.companions.MAX_BESIDE", 0)
    folder = submit(course, RIGHT, {"helpers.py": HELPER})
    _, out, err = check(folder / f"{STEM}.ipynb")
    assert "3 of 3 points" in out
    assert err.startswith(f"Checked without the files beside it: {folder} holds more than 0 files beside the notebook.")


def test_the_links_of_a_learners_prose_lead_to_nothing_that_was_handed_in(course: Course) -> None:
    links = "[a](page.html) [b](..%2F..%2Fsubmitted%2Fada%2Fpage.html) [c](https://x.example)"
    hand_in(course, "ada", {"treble": RIGHT, "why": links})
    graded(course)
    notebook = nbformat.read(course.folder("autograded", "ada", STEM) / f"{STEM}.ipynb", as_version=4)
    assert f"```\n{links}\n```" in notebook.cells[-1].source, "as text"
    assert CliRunner().invoke(autograder.cli.app, ["feedback", STEM, "--jobs", "1"]).exit_code == 0
    page = (course.folder("feedback", "ada", STEM) / f"{STEM}.html").read_text(encoding="utf-8")
    assert 'href="page.html"' not in page and 'href="..%2F' not in page
