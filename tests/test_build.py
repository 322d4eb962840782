"""The one-way authoring build, through its front door, on a lesson of one exercise."""

import importlib
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.build import build, stale
from autograder.course import Course
from autograder.lesson import LessonError

ROOT = Path(__file__).parents[1]
STEM = "lesson77_doubling"
SCRIPT = f"solutions/{STEM}.py"
NOTEBOOK = f"course/{STEM}/{STEM}.ipynb"
LESSON = '''\
# %% [markdown]
# # Doubling
# How do you double a number?

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math

# %% tags=["demo"]
# %matplotlib inline
math.pi


# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    """Return twice ``x``, a number."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "double-values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert double(3) == 6
### BEGIN HIDDEN TESTS
assert double(-4.5) == -9.0
### END HIDDEN TESTS
'''  # noqa: E501


def course_in(folder: Path, lesson: str = LESSON) -> Path:
    """A course with one lesson and this project's nbgrader configuration."""
    (folder / "solutions").mkdir(parents=True)
    (folder / SCRIPT).write_text(lesson, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


@pytest.fixture(scope="module")
def empty_gradebook(tmp_path_factory):
    """A gradebook to copy: nbgrader takes seconds to make one."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    Gradebook(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def course(tmp_path, empty_gradebook):
    course = course_in(tmp_path / "a course")
    shutil.copy(empty_gradebook, course)
    return course


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course, built; to be read only."""
    course = course_in(tmp_path_factory.mktemp("built") / "course")
    build([], course)
    return course


def edit(course: Path, old: str, new: str) -> None:
    """Change the lesson's source in one place."""
    text = (course / SCRIPT).read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands once in the lesson"
    (course / SCRIPT).write_text(text.replace(old, new), encoding="utf-8")


def gradebook(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course.resolve()}/gradebook.db")


def files(course: Path) -> dict[str, bytes]:
    """Every file of the course, and what is in it."""
    return {str(path.relative_to(course)): path.read_bytes() for path in course.rglob("*") if path.is_file()}


def mistakes(course: Path) -> list[str]:
    """What the build says of the lesson's source, line by line."""
    before = files(course)
    with pytest.raises(LessonError) as caught:
        build([], course)
    assert files(course) == before, "a refused build writes nothing"
    return str(caught.value).splitlines()


# What is released


def test_the_released_notebook_is_the_lesson_without_its_solutions(built):
    released = nbformat.read(built / NOTEBOOK, as_version=4)
    assert [cell.source for cell in released.cells] == [
        "# Doubling\nHow do you double a number?",
        "import math",
        "%matplotlib inline\nmath.pi",
        'def double(x):\n    """Return twice ``x``, a number."""\n    raise NotImplementedError',
        "assert double(3) == 6",
    ]


def test_the_release_holds_no_outputs_pairing_metadata_or_hidden_tests(built):
    text = (built / NOTEBOOK).read_text(encoding="utf-8")
    for word in ("SOLUTION", "HIDDEN", "-9.0", "2 * x", "jupytext", "lines_to_next_cell"):
        assert word not in text
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_points_tags_and_locks_reach_the_release(built):
    released = {cell.id: cell for cell in nbformat.read(built / NOTEBOOK, as_version=4).cells}
    assert released["double-values"].metadata.nbgrader.points == 2
    assert released["double-values"].metadata.editable is False
    assert released["double"].metadata.nbgrader.solution is True
    assert [cell.metadata.tags[:-1] for cell in released.values() if "tags" in cell.metadata] == [["demo"], [], []]


def test_run_all_goes_on_after_every_cell_in_which_a_learners_work_runs(built):
    released = nbformat.read(built / NOTEBOOK, as_version=4)
    goes_on = {
        cell.source.partition("(")[0]: "raises-exception" in cell.metadata.get("tags", ()) for cell in released.cells
    }
    assert goes_on == {
        "# Doubling\nHow do you double a number?": False,
        "import math": False,
        "%matplotlib inline\nmath.pi": True,
        "def double": True,
        "assert double": True,
    }


def test_the_first_build_makes_a_gradebook_that_knows_the_lesson_and_its_points(built):
    with gradebook(built) as book:
        assert book.find_assignment(STEM).max_score == 2


def test_building_says_which_notebooks_it_released(course):
    assert build([STEM], course) == [course / NOTEBOOK]


def test_the_build_is_silent(course, capfd):
    build([], course)
    assert capfd.readouterr() == ("", "")


# What repeats


def test_a_second_build_changes_no_byte_of_the_release(course):
    build([], course)
    first = (course / NOTEBOOK).stat().st_mtime_ns, (course / NOTEBOOK).read_bytes()
    build([], course)
    assert ((course / NOTEBOOK).stat().st_mtime_ns, (course / NOTEBOOK).read_bytes()) == first


def test_another_folder_and_another_process_build_the_same_bytes(tmp_path, built):
    course = course_in(tmp_path)
    command = "import sys, pathlib; from autograder.build import build; build([], pathlib.Path(sys.argv[1]))"
    environment = {"PATH": str(Path(sys.executable).parent), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    environment["PYTHONPATH"] = str(ROOT)
    subprocess.run([sys.executable, "-c", command, str(course)], check=True, env=environment, timeout=120)
    assert (course / NOTEBOOK).read_bytes() == (built / NOTEBOOK).read_bytes()


def test_a_cell_added_in_the_middle_leaves_the_ids_of_the_others(course, built):
    edit(course, "# %% tags", "# %%\nmath.e\n\n# %% tags")
    build([], course)
    before, after = ([cell.id for cell in nbformat.read(path / NOTEBOOK, 4).cells] for path in (built, course))
    assert [name for name in after if name in before] == before


# What is stale


def test_nothing_is_stale_after_a_build(built):
    assert stale([], built) == []


def test_a_lesson_that_was_never_built_is_named(course):
    assert stale([], course) == [f"{NOTEBOOK} is missing. Run `autograder build`."]


def test_an_edited_lesson_is_named(course):
    build([], course)
    edit(course, "double a number", "double a natural number")
    assert stale([STEM], course) == [f"{NOTEBOOK} is out of date. Run `autograder build`."]


def test_an_edited_release_is_named(course):
    build([], course)
    (course / NOTEBOOK).write_text("{}", encoding="utf-8")
    assert stale([STEM], course) == [f"{NOTEBOOK} is out of date. Run `autograder build`."]


def test_a_release_without_a_source_is_named(course):
    build([], course)
    (course / SCRIPT).rename(course / "solutions" / "lesson78_tripling.py")
    assert stale([], course) == [
        "course/lesson78_tripling/lesson78_tripling.ipynb is missing. Run `autograder build`.",
        f"{NOTEBOOK} has no source {SCRIPT}. Delete it.",
    ]


def test_asking_what_is_stale_writes_nothing(course):
    before = files(course)
    stale([], course)
    assert files(course) == before


# What an author gets wrong


def test_an_unknown_lesson_is_answered_with_those_that_exist(course):
    assert Course(course).stems == [STEM]
    with pytest.raises(LessonError) as caught:
        build(["lesson03"], course)
    assert str(caught.value) == f"No lesson is called 'lesson03'. The lessons are: {STEM}."


def test_a_folder_that_is_no_course_is_said_to_be_none(tmp_path):
    with pytest.raises(LessonError, match=r"solutions holds no lesson\. Run this in the root of the course\."):
        stale([], tmp_path)


MISTAKES = {
    "a grade_id used twice": (
        '"grade_id": "double-values"',
        '"grade_id": "double"',
        [
            """cell 5 ("double"): a grade cell after the answer 'double' is called 'double-<property>'.""",
            'cell 5 ("double"): the grade_id is taken by cell 4. Every grade_id names one cell.',
        ],
    ),
    "a grade cell without points": (
        '"points": 2, ',
        "",
        [
            'cell 5 ("double-values"): a grade cell has a number of points, 0 or more, not None. '
            'Write "points": 2 in its metadata.'
        ],
    ),
    "a grade cell of another exercise": (
        "double-values",
        "triple-values",
        ["""cell 5 ("triple-values"): a grade cell after the answer 'double' is called 'double-<property>'."""],
    ),
    "an answer that defines something else": (
        "def double",
        "def twice",
        ["""cell 4 ("double"): the answer does not define 'double'. Define it, or mend the grade_id."""],
    ),
    "an answer without its marks": (
        "    ### END SOLUTION\n",
        "",
        [
            'cell 4 ("double"): the solution stands between `### BEGIN SOLUTION` and `### END SOLUTION`; '
            "1 and 0 of them were found."
        ],
    ),
    "a solution outside an answer": (
        '"solution": true',
        '"solution": false',
        [
            'cell 4 ("double"): a solution stands in a cell that is no answer. '
            'Write "solution": true in its nbgrader metadata.',
            'cell 5 ("double-values"): a grade cell follows the answer cell of its exercise, and none comes before it.',
        ],
    ),
    "metadata with a field left out": (
        '"locked": false, "schema_version": 3, ',
        "",
        ['cell 4 ("double"): its nbgrader metadata lacks locked, schema_version.'],
    ),
    "metadata that is not JSON": (
        '"points": 2, "schema_version": 3, "solution": false',
        '"points": 2, "schema_version": 3, "solution": False',
        [
            'cell 5 ("assert double(3) == 6"): the metadata on a `# %%` line is not understood. '
            "It is JSON: true and false, no comma at the end."
        ],
    ),
    "a cell line without its space": (
        '# %% nbgrader={"grade": true',
        '# %%nbgrader={"grade": true',
        [
            'cell 4 ("double"): the metadata on a `# %%` line is not understood. '
            "It is JSON: true and false, no comma at the end."
        ],
    ),
    "a cell that is not Python": (
        "import math",
        "import math\ndef (",
        ['cell 2 ("imports"): line 2 is not Python: invalid syntax.'],
    ),
    "an ordinary cell that is not Python": (
        "math.pi\n",
        "math.pi +\n",
        ['cell 3 ("%matplotlib inline"): line 2 is not Python: invalid syntax.'],
    ),
    "a grade_id that is a number": (
        '"grade_id": "imports"',
        '"grade_id": 7',
        ['cell 2 ("7"): a grade_id is 1 to 64 letters, digits, hyphens and underscores.'],
    ),
    "a grade_id with a space": (
        '"grade_id": "imports"',
        '"grade_id": "the imports"',
        ['cell 2 ("the imports"): a grade_id is 1 to 64 letters, digits, hyphens and underscores.'],
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_an_authoring_mistake_is_named_with_its_file_and_cell(course, old, new, said):
    edit(course, old, new)
    assert mistakes(course) == [f"{SCRIPT}, {line}" for line in said]


@pytest.mark.parametrize("name", ["a+b", " a", "a "])
def test_a_name_that_nbgrader_refuses_is_said_to_be_one(course, name):
    (course / SCRIPT).rename(course / "solutions" / f"{name}.py")
    assert mistakes(course) == [
        f"solutions/{name}.py: nbgrader takes no name with + in it, or with a blank at an end. Rename the file."
    ]


# What is never lost


@pytest.fixture
def course_with_a_submission(course):
    build([], course)
    with gradebook(course) as book:
        book.add_student("ada")
        book.add_submission(STEM, "ada")
    return course


def test_a_lesson_with_submissions_keeps_its_cells(course_with_a_submission):
    edit(course_with_a_submission, "double-values", "double-numbers")
    assert mistakes(course_with_a_submission) == [
        f"{STEM} has submissions in the gradebook, and has changed since:",
        "  'double-numbers' is new (2 points)",
        "  'double-values' is gone (2 points)",
        f"Run `autograder build {STEM} --keep-grades`: scores and comments stay with each cell that stays. "
        "Where a cell only has another name, add `--renamed OLD=NEW`.",
    ]


def test_a_lesson_with_submissions_keeps_its_points(course_with_a_submission):
    edit(course_with_a_submission, '"points": 2', '"points": 2.5')
    assert mistakes(course_with_a_submission)[1] == "  'double-values' is worth 2.5 points, and was worth 2"


def test_the_text_of_a_lesson_with_submissions_may_change(course_with_a_submission):
    edit(course_with_a_submission, "double a number", "double a natural number")
    build([], course_with_a_submission)
    assert "natural" in (course_with_a_submission / NOTEBOOK).read_text(encoding="utf-8")
    with gradebook(course_with_a_submission) as book:
        assert book.find_submission(STEM, "ada").max_score == 2


def test_files_beside_the_released_notebook_stay(course):
    build([], course)
    (course / NOTEBOOK).with_name("notes.txt").write_text("mine")
    edit(course, "double a number", "double a natural number")
    build([], course)
    assert (course / NOTEBOOK).with_name("notes.txt").read_text() == "mine"


# What JupyterLab does with a source


@cache
def jupyters_side_of_jupytext() -> ModuleType:
    del sys.modules["jupytext.sync_contentsmanager"]  # our commands do without
    return importlib.import_module("jupytext.sync_contentsmanager")


def saved_in_jupyter(folder: Path, script: Path) -> str:
    """The script's text after opening it as a notebook in Jupyter and saving it there."""
    shutil.copy(script, folder)
    shutil.copy(ROOT / "jupytext.toml", folder)
    contents = jupyters_side_of_jupytext().TextFileContentsManager(root_dir=str(folder))
    model = contents.get(script.name, type="notebook")
    model["content"].metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    model["content"].metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    contents.save(model, script.name)
    return (folder / script.name).read_text(encoding="utf-8")


def test_saving_a_source_in_jupyter_leaves_its_bytes(course, tmp_path):
    assert saved_in_jupyter(tmp_path, course / SCRIPT) == LESSON


@pytest.mark.parametrize("stem", Course(ROOT).stems)
def test_saving_a_lesson_of_this_course_in_jupyter_leaves_its_bytes(stem, tmp_path):
    script = ROOT / "solutions" / f"{stem}.py"
    assert saved_in_jupyter(tmp_path, script) == script.read_text(encoding="utf-8")
