"""A learner's self-check: how far each notebook in work/ is, shown as people read it."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from class_of_four import LESSON, RIGHT, ROOT, WRONG
from typer.testing import CliRunner

import autograder.cli
from autograder.build import build
from autograder.commands import learner
from autograder.lesson import answered, marks
from autograder.status import Standing

RUNNER = CliRunner()
DAY, NIGHT, DUSK = "lesson70_day", "lesson71_night", "lesson72_dusk"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three lessons, built."""
    root = tmp_path_factory.mktemp("original") / "course"
    (root / "solutions").mkdir(parents=True)
    for stem in (DAY, NIGHT, DUSK):
        (root / "solutions" / f"{stem}.py").write_text(LESSON, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build([], root)
    return root


@pytest.fixture
def course(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the course, which the command runs in; to grade anything needs ``warm`` too."""
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setenv("COLUMNS", "80")
    return (tmp_path / "course").resolve()


@pytest.fixture
def warm(template, monkeypatch: pytest.MonkeyPatch) -> None:
    """The template process of all tests, which the command leaves running."""
    monkeypatch.setattr(template, "close", lambda: None)
    monkeypatch.setattr(learner, "Template", lambda _: template)


def begin(course: Path, stem: str, *added: str, **answers: str) -> Path:
    """Put a released notebook into work/, with these answers and with cells added after the first answer cell."""
    notebook = answered(nbformat.read(course / "course" / stem / f"{stem}.ipynb", as_version=4), answers)
    after = 1 + next(index for index, cell in enumerate(notebook.cells) if marks(cell).get("solution"))
    notebook.cells[after:after] = [nbformat.v4.new_code_cell(source) for source in added]
    target = course / "work" / stem / f"{stem}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)
    return target


def status(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error of `autograder status`."""
    result = RUNNER.invoke(autograder.cli.app, ["status", *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_every_lesson_has_a_row_with_a_bar_points_and_what_comes_next(course: Path, warm: None) -> None:
    begin(course, DAY, treble=RIGHT)
    begin(course, NIGHT, treble="def treble(x):\n    return int(3 * x)")
    assert status() == (
        0,
        "┏━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━━━━┓\n"
        "┃ lesson         ┃            ┃ points ┃ next exercise ┃\n"
        "┡━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━━━━┩\n"
        "│ lesson70_day   │ ━━━━━━━━━━ │    3/3 │ all passed    │\n"
        "│ lesson71_night │ ━━━━━━╸    │    2/3 │ treble        │\n"
        "│ lesson72_dusk  │            │    0/3 │ not begun     │\n"
        "├────────────────┼────────────┼────────┼───────────────┤\n"
        "│ total          │ ━━━━━╸     │    5/9 │               │\n"
        "└────────────────┴────────────┴────────┴───────────────┘\n",
        "",
    )


def test_json_has_one_object_a_lesson_on_one_line(course: Path, warm: None) -> None:
    begin(course, NIGHT, treble=WRONG)
    code, out, _ = status("--json")
    assert code == 0
    nothing = {"points": 0.0, "max_points": 3.0, "begun": False, "next_exercise": None, "waiting": 0, "error": None}
    assert [json.loads(line) for line in out.splitlines()] == [
        nothing | {"lesson": DAY},
        nothing | {"lesson": NIGHT, "begun": True, "next_exercise": "treble"},
        nothing | {"lesson": DUSK},
    ]


def test_what_nobody_changed_is_not_graded(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object) -> None:
        raise AssertionError("nothing here needs a worker")

    monkeypatch.setattr(autograder.boundary.template.Template, "_ready_control", start)
    begin(course, DAY)
    begin(course, NIGHT, "", why="Because I wrote this, which nobody grades yet.")
    code, out, _ = status()
    assert code == 0 and out.count("0/3 │ not begun") == 3 and "0/9" in out


def test_an_answer_in_a_cell_of_ones_own_counts(course: Path, warm: None) -> None:
    begin(course, DAY, RIGHT)
    assert "│ lesson70_day   │ ━━━━━━━━━━ │    3/3 │ all passed    │" in status()[1]


def test_a_notebook_that_cannot_be_read_says_why_in_its_row_and_the_others_are_shown(course: Path, warm: None) -> None:
    begin(course, DAY, treble=RIGHT).write_text("{")
    begin(course, NIGHT, treble=RIGHT)
    code, out, err = status()
    assert (code, err) == (2, "")
    assert (
        "│ lesson70_day   │            │    ?/3 │ work/lesson70_day/lesson70_day.ipynb  │\n"
        "│                │            │        │ is only the beginning of a notebook:  │\n"
        "│                │            │        │ it ends in line 1. Save it and hand   │\n"
        "│                │            │        │ it in as a whole.                     │\n"
        "│ lesson71_night │ ━━━━━━━━━━ │    3/3 │ all passed                            │\n"
    ) in out
    assert "│ total          │ ━━━        │    3/9 │" in out
    line = json.loads(status("--json")[1].splitlines()[0])
    assert line["points"] is None and line["error"].startswith("work/lesson70_day/lesson70_day.ipynb is only the")


def test_a_notebook_of_another_name_is_named_and_not_passed_by(course: Path, warm: None) -> None:
    begin(course, DAY, treble=RIGHT).rename(course / "work" / DAY / "my day.ipynb")
    code, out, _ = status("--json")
    assert code == 2
    assert json.loads(out.splitlines()[0])["error"] == (
        f"work/{DAY}/{DAY}.ipynb is not there; its folder holds 'my day.ipynb'. Rename what is meant to be it."
    )


@pytest.mark.parametrize(
    ("following", "waiting", "words"),
    [
        ("treble", 0, "treble"),
        (None, 0, "all passed"),
        (None, 1, "1 check waits for a person"),
        ("treble", 2, "treble; 2 checks wait for a person"),
    ],
)
def test_what_waits_for_a_person_is_not_what_comes_next(following: str | None, waiting: int, words: str) -> None:
    assert Standing(DAY, 1.0, 3.0, begun=True, next_exercise=following, waiting=waiting).in_words == words


def test_before_the_first_lesson_it_says_how_to_begin(course: Path) -> None:
    code, out, err = status()
    assert code == 0 and out.count("not begun") == 3
    assert err == "There is no folder work/ yet: `autograder lab` puts the lessons there.\n"
