"""A lesson that changes after its release: nothing goes on with what does not fit, and what was graded stays."""

import csv
import shutil
import subprocess

import jupytext
import nbformat
import pytest
from class_of_four import LESSON, NBGRADER, RIGHT, STEM, grade_here, hand_in, small_course, whole_class
from nbgrader.api import Gradebook
from typer.testing import CliRunner

import autograder.cli
from autograder.commands import instructor
from autograder.course import Course
from autograder.lesson import answered

NEGATIVE = (
    '# %% nbgrader={"grade": true, "grade_id": "treble-negative", "locked": true, "points": 1, "schema_version": 3, '
    '"solution": false, "task": false}\nassert treble(-1) == -3\n\n'
)
WHY = "# %% [markdown] nbgrader="
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def original(tmp_path_factory, template):
    """A class of four, graded, with what people gave by hand: scores, extra credit, comments."""
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    whole_class(course)
    with pytest.MonkeyPatch.context() as patch:
        grade_here(patch, template)
        patch.chdir(course.root)
        assert run("grade", STEM)[0] == 0
    with opened(course) as book:
        book.find_grade("why", STEM, STEM, "ada").manual_score = 3.5
        book.find_grade("treble-floats", STEM, STEM, "ben").manual_score = 0.5
        book.find_grade("treble-integers", STEM, STEM, "ada").extra_credit = 0.25
        book.find_comment("why", STEM, STEM, "ada").manual_comment = "Well said."
        book.find_comment("treble", STEM, STEM, "ben").manual_comment = "=Nearly; look again."
        book.db.commit()
    return course.root


@pytest.fixture
def course(tmp_path, original, monkeypatch, template):
    """The same, for one test, with a template process that is warm."""
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(instructor, "cores", lambda: 1)
    grade_here(monkeypatch, template)
    return Course(tmp_path / "course")


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    result = RUNNER.invoke(autograder.cli.app, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def opened(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def edit(course: Course, old: str, new: str) -> None:
    """Change the lesson's source in one place."""
    source = course.root / "solutions" / f"{STEM}.py"
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    source.write_text(text.replace(old, new), encoding="utf-8")


def rows(course: Course) -> dict[tuple[str, str], tuple]:
    """Student and cell: automatic score, score by hand, extra credit, whether it waits, most points."""
    with opened(course) as book:
        return {
            (s.student.id, g.name): (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade, g.max_score)
            for s in book.assignment_submissions(STEM)
            for notebook in s.notebooks
            for g in notebook.grades
        }


def comments(course: Course) -> dict[tuple[str, str], str | None]:
    """Student and cell: what a person said."""
    with opened(course) as book:
        return {
            (s.student.id, c.name): c.manual_comment
            for s in book.assignment_submissions(STEM)
            for notebook in s.notebooks
            for c in notebook.comments
        }


def exported(course: Course) -> dict[str, str]:
    """Student to the grade in the file for Canvas, and the most points there are."""
    status, _, err = run("export", STEM, "--format", "canvas", "-o", "grades.csv")
    assert status == 0, err
    table = list(csv.DictReader((course.root / "grades.csv").open(encoding="utf-8")))
    return {row["SIS User ID"] or "points": row[STEM] for row in table}


ADD = ("# %% [markdown] nbgrader=", NEGATIVE + WHY)
POINTS = ('"treble-integers", "locked": true, "points": 2', '"treble-integers", "locked": true, "points": 20')
TASK = (
    'true, "grade_id": "why", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false',
    'false, "grade_id": "why", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": true',
)
FLOATS = '"treble-floats"', '"treble-fractions"'
CHANGES = {
    "a check is new": (*ADD, "'treble-negative' is new (1 point)"),
    "points changed": (*POINTS, "'treble-integers' is worth 20 points, and was worth 2"),
    "a check has another name": (
        *FLOATS,
        "'treble-fractions' is new (1 point); 'treble-floats' is gone (1 point)",
    ),
    "an answer is a task now": (*TASK, "'why' is a task, and was an answer that a person grades"),
    "a locked cell is new": (
        "import math\n",
        'import math\n\n# %% [markdown] nbgrader={"grade": false, "grade_id": "rules", "locked": true, '
        '"schema_version": 3, "solution": false, "task": false}\n# Be fair.\n',
        "'rules' is new",
    ),
}


@pytest.mark.parametrize("command", ["grade", "feedback", "report", "export"])
@pytest.mark.parametrize(("old", "new", "said"), CHANGES.values(), ids=CHANGES)
def test_a_command_stops_where_the_lesson_changed_and_says_what_differs_and_what_to_run(
    course, command, old, new, said
):
    edit(course, old, new)
    before = rows(course)
    assert run(command, STEM) == (
        2,
        "",
        f"The source of {STEM} has changed since it was released. It differs from\n"
        f"  the gradebook: {said}\n"
        f"  course/{STEM}/{STEM}.ipynb: {said}\n"
        f"Run `autograder build {STEM} --keep-grades` (what is graded already follows the lesson), "
        f"then `autograder grade {STEM}`.\n",
    )
    assert rows(course) == before
    assert not (course.root / "grades.csv").exists()


def keep(course: Course, *options: str) -> str:
    """What `autograder build --keep-grades` says of the lesson, if it works; without what it built."""
    status, out, err = run("build", STEM, "--keep-grades", *options)
    assert (status, err) == (0, ""), err
    said, built = out[: out.index("built ")], out[out.index("built ") :]
    assert built == f"built course/{STEM}/{STEM}.ipynb\n"
    return said


def kept(*lines: str) -> str:
    return "".join(
        f"{line}\n"
        for line in (
            f"{STEM}: what is graded follows the lesson.",
            *(f"  {line}" for line in lines),
            f"  Now run `autograder grade {STEM}`.",
        )
    )


def test_the_build_refuses_to_change_what_is_graded_and_says_how_to_go_on(course):
    edit(course, *ADD)
    edit(course, *FLOATS)
    before = rows(course)
    assert run("build", STEM) == (
        2,
        "",
        f"{STEM} has submissions in the gradebook, and has changed since:\n"
        "  'treble-fractions' is new (1 point)\n"
        "  'treble-negative' is new (1 point)\n"
        "  'treble-floats' is gone (1 point)\n"
        f"Run `autograder build {STEM} --keep-grades`: scores and comments stay with each cell that stays. "
        "Where a cell only has another name, add `--renamed OLD=NEW`.\n",
    )
    assert rows(course) == before


def test_a_new_check_is_added_to_what_is_graded_and_everything_given_by_hand_stays(course):
    before, said = rows(course), comments(course)
    edit(course, *ADD)
    assert keep(course) == kept("'treble-negative' is new (1 point)")
    now = rows(course)
    assert {key: now[key] for key in before} == before
    new = {who: now[who, name] for who, name in now.keys() - before.keys() if name == "treble-negative"}
    assert new == dict.fromkeys(["ada", "ben", "chloe", "dan"], (None, None, None, True, 1.0))
    assert comments(course) == said
    assert run("grade", STEM)[0] == 0
    now = rows(course)
    assert now["ada", "treble-negative"] == (1.0, None, None, False, 1.0)
    assert now["ben", "treble-negative"] == (0.0, None, None, False, 1.0)
    assert now["ada", "why"] == before["ada", "why"] and now["ben", "treble-floats"][:2] == (0.0, 0.5)
    assert now["ada", "treble-integers"] == (2.0, None, 0.25, False, 2.0)
    assert comments(course) == said
    assert exported(course) == {"points": "8", "ada": "7.75", "ben": "0.5", "chloe": "0", "dan": "0"}
    assert run("feedback", STEM)[::2] == (0, "4 new, 0 were up to date\n")
    page = (course.folder("feedback", "ada", STEM) / f"{STEM}.html").read_text(encoding="utf-8")
    assert "7.75 of 8" in page and "Well said." in page
    assert run("report", STEM)[::2] == (0, "")
    assert "of 8 points" in run("report", STEM)[1]


def test_until_it_is_graded_again_what_is_older_than_the_lesson_is_named(course):
    edit(course, *ADD)
    keep(course)
    older = f"{STEM}, ada, ben, chloe and 1 more: graded before the lesson changed. Run `autograder grade {STEM}`.\n"
    assert run("export", STEM)[::2] == (0, older)
    assert run("report", STEM)[::2] == (0, older)
    each = f"graded before the lesson changed. Run `autograder grade {STEM}`.\n"
    status, _, err = run("feedback", STEM)
    assert status == 2
    assert err == "".join(f"{who}: {each}" for who in ("ada", "ben", "chloe", "dan")) + (
        "0 new, 0 were up to date, 4 missing\n"
    )
    assert run("grade", STEM, "--student", "ada")[0] == 0
    assert run("export", STEM)[2].startswith(f"{STEM}, ben, chloe, dan: graded before")


def test_where_points_change_what_checks_gave_is_scaled_and_what_people_gave_is_not(course):
    with opened(course) as book:
        book.find_grade("treble-integers", STEM, STEM, "ben").manual_score = 1.5
        book.db.commit()
    edit(course, *POINTS)
    assert keep(course) == kept(
        "'treble-integers' is worth 20 points, and was worth 2", "  what people gave stays as it is: ben 1.5"
    )
    now = rows(course)
    assert now["ada", "treble-integers"] == (20.0, None, 0.25, False, 20.0)
    assert now["ben", "treble-integers"][:2] == (0.0, 1.5)
    assert run("grade", STEM)[0] == 0
    assert rows(course)["ada", "treble-integers"] == (20.0, None, 0.25, False, 20.0)
    assert exported(course) == {"points": "25", "ada": "24.75", "ben": "2", "chloe": "0", "dan": "0"}


def test_a_score_by_hand_above_the_new_points_is_named_first(course):
    with opened(course) as book:
        for student, score in {"ben": 0.5, "chloe": 4.0, "dan": 1.0}.items():
            book.find_grade("why", STEM, STEM, student).manual_score = score
        book.db.commit()
    edit(course, '"why", "locked": false, "points": 4', '"why", "locked": false, "points": 3.75')
    assert keep(course) == kept(
        "'why' is worth 3.75 points, and was worth 4",
        "  what people gave stays as it is: chloe 4 (more than it is worth), ada 3.5, ben 0.5 and 1 more",
    )


def test_what_was_worth_nothing_waits_for_its_check_where_it_is_worth_something(course):
    nothing = '"treble-integers", "locked": true, "points": 0'
    edit(course, POINTS[0], nothing)
    keep(course)
    assert run("grade", STEM)[0] == 0
    edit(course, nothing, POINTS[0])
    keep(course)
    assert rows(course)["ada", "treble-integers"] == (None, None, 0.25, True, 2.0)
    assert run("grade", STEM)[0] == 0
    assert rows(course)["ada", "treble-integers"] == (2.0, None, 0.25, False, 2.0)


def test_a_renamed_cell_keeps_its_scores_and_comments(course):
    edit(course, *FLOATS)
    edit(course, '"grade_id": "why"', '"grade_id": "why_so"')
    before, said = rows(course), comments(course)
    new = {"treble-floats": "treble-fractions", "why": "why_so"}
    options = [f"--renamed={old}={name}" for old, name in new.items()]
    assert keep(course, *options) == kept("'treble-fractions' was 'treble-floats'", "'why_so' was 'why'")
    assert rows(course) == {(who, new.get(name, name)): row for (who, name), row in before.items()}
    assert comments(course) == {(who, new.get(name, name)): comment for (who, name), comment in said.items()}
    assert run("grade", STEM)[0] == 0
    assert exported(course) == {"points": "7", "ada": "6.75", "ben": "0.5", "chloe": "0", "dan": "0"}


def test_what_a_cell_had_that_is_gone_is_kept_in_a_file(course):
    floats = course.root.joinpath("solutions", f"{STEM}.py").read_text(encoding="utf-8")
    start = floats.index('# %% nbgrader={"grade": true, "grade_id": "treble-floats"')
    edit(course, floats[start:], "")
    assert keep(course) == kept(
        "'treble-floats' is gone (1 point)",
        "'why' is gone (4 points)",
        f"What is gone is kept in reports/{STEM}-removed-1.csv",
    )
    assert {name for _, name in rows(course)} == {"treble-integers"}
    assert {name for _, name in comments(course)} == {"treble"}
    table = list(csv.reader((course.root / "reports" / f"{STEM}-removed-1.csv").open(encoding="utf-8")))
    assert table[0] == ["student", "notebook", "cell", "auto_score", "manual_score", "extra_credit", "manual_comment"]
    assert ["ada", STEM, "why", "", "3.5", "", ""] in table
    assert ["ada", STEM, "why", "", "", "", "Well said."] in table
    assert ["ben", STEM, "treble-floats", "0.0", "0.5", "", ""] in table
    assert run("grade", STEM)[0] == 0
    assert exported(course) == {"points": "2", "ada": "2.25", "ben": "0", "chloe": "0", "dan": "0"}


def test_a_cell_that_becomes_another_kind_keeps_what_people_gave(course):
    edit(course, *TASK)
    assert keep(course) == kept(
        "'why' is a task, and was an answer that a person grades", "  what people gave stays as it is: ada 3.5"
    )
    assert rows(course)["ada", "why"] == (None, 3.5, None, True, 4.0)
    assert rows(course)["ben", "why"] == (None, None, None, True, 4.0), "what was not answered waits for a person now"
    assert comments(course)["ada", "why"] == "Well said."
    assert run("grade", STEM)[0] == 0
    assert exported(course) == {"points": "7", "ada": "6.75", "ben": "0.5", "chloe": "0", "dan": "0"}


def test_keeping_grades_again_changes_nothing(course):
    edit(course, *ADD)
    keep(course)
    before = rows(course)
    assert keep(course) == ""
    assert rows(course) == before


def test_a_lesson_that_cannot_be_released_leaves_the_gradebook_as_it_was(course):
    edit(course, *ADD)
    edit(course, "    ### END SOLUTION\n", "")
    before = rows(course)
    status, out, err = run("build", STEM, "--keep-grades")
    assert (status, out) == (2, "") and "`### END SOLUTION`" in err
    assert rows(course) == before


OPTIONS = {
    "a name that the gradebook lacks": (
        ["--keep-grades", "--renamed", "nothing=treble-fractions"],
        f"--renamed nothing=treble-fractions does not fit {STEM}: the first is a cell in the gradebook that the lesson "
        "has no more, the second one that is new.",
    ),
    "a name that the lesson has still": (
        ["--keep-grades", "--renamed", "why=treble-fractions"],
        f"--renamed why=treble-fractions does not fit {STEM}: the first is a cell in the gradebook that the lesson "
        "has no more, the second one that is new.",
    ),
    "no pair": (
        ["--keep-grades", "--renamed", "treble-floats"],
        "--renamed treble-floats is not OLD=NEW, the cell's name in the gradebook and the one in the lesson.",
    ),
    "not kept": (
        ["--renamed", "treble-floats=treble-fractions"],
        "--renamed goes with --keep-grades and the name of one lesson.",
    ),
    "a check": (["--keep-grades", "--check"], "--check writes nothing: give it without --keep-grades."),
}


@pytest.mark.parametrize(("options", "said"), OPTIONS.values(), ids=OPTIONS)
def test_options_that_do_not_fit_are_explained_and_change_nothing(course, options, said):
    edit(course, *FLOATS)
    before = rows(course)
    assert run("build", STEM, *options) == (2, "", f"{said}\n")
    assert rows(course) == before


def test_where_nothing_is_graded_yet_an_ordinary_build_is_enough(course):
    with opened(course) as book:
        for student in ("ada", "ben", "chloe", "dan"):
            book.remove_student(student)
    edit(course, *POINTS)
    said = run("grade", STEM)[2]
    assert said.endswith(f"\nRun `autograder build {STEM}`, then `autograder grade {STEM}`.\n")
    assert run("build", STEM)[0] == 0
    assert run("grade", STEM)[0] == 0
    assert exported(course)["ada"] == "21"


def test_a_release_that_is_not_what_is_graded_is_named(course):
    release = course.folder("release", ".", STEM) / f"{STEM}.ipynb"
    release.write_text(release.read_text().replace('"points": 2,', '"points": 3,'))
    assert run("grade", STEM) == (
        2,
        "",
        f"The source of {STEM} has changed since it was released. It differs from\n"
        f"  course/{STEM}/{STEM}.ipynb: 'treble-integers' is worth 2 points, and was worth 3\n"
        f"Run `autograder build {STEM}`, then `autograder grade {STEM}`.\n",
    )
    assert run("build", STEM)[0] == 0
    assert run("grade", STEM)[0] == 0


def test_a_lesson_whose_source_is_gone_is_exported(course):
    (course.root / "solutions" / f"{STEM}.py").unlink()
    shutil.rmtree(course.root / "build")
    assert exported(course)["ada"] == "6.75"


def test_a_lesson_that_was_never_built_is_named(course):
    shutil.copy(course.root / "solutions" / f"{STEM}.py", course.root / "solutions" / "lesson 79 [b].py")
    hand_in(course, "ada", {})
    shutil.copytree(course.folder("submitted", "ada", STEM), course.folder("submitted", "ada", "lesson 79 [b]"))
    assert run("grade", "lesson 79 [b]") == (
        2,
        "",
        "The gradebook does not know lesson 79 [b]. Run `autograder build 'lesson 79 [b]'`.\n",
    )


def test_nbgrader_autograde_stops_there_too_and_says_the_same(course):
    edit(course, *ADD)
    before = rows(course)
    done = subprocess.run(
        [*NBGRADER, "autograde", STEM, "--force", "--student", "ada"],
        cwd=course.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "the gradebook: 'treble-negative' is new (1 point)" in done.stderr
    assert f"Run `autograder build {STEM} --keep-grades`" in done.stderr
    assert rows(course) == before


def nbgrader(course: Course, *arguments: str) -> None:
    subprocess.run([*NBGRADER, *arguments], cwd=course.root, check=True, capture_output=True)


def test_an_assignment_that_nbgrader_made_keeps_its_grades_too(course):
    """Its source is a notebook, and nbgrader releases it."""
    source = course.folder("source", ".", "ps1") / "problem.ipynb"
    source.parent.mkdir(parents=True)
    lesson = jupytext.reads(LESSON, fmt="py:percent")
    nbformat.write(lesson, source)
    nbgrader(course, "generate_assignment", "ps1")
    target = course.folder("submitted", "ada", "ps1") / "problem.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(
        answered(nbformat.read(source.parents[3] / "course/ps1/problem.ipynb", 4), {"treble": RIGHT}), target
    )
    assert run("grade", "ps1")[0] == 0
    with opened(course) as book:
        book.find_grade("treble-floats", "problem", "ps1", "ada").manual_score = 0.5
        book.db.commit()
    lesson.cells += jupytext.reads(NEGATIVE, fmt="py:percent").cells
    nbformat.write(lesson, source)
    said = run("grade", "ps1")[2]
    assert "  course/ps1/problem.ipynb: 'treble-negative' is new (1 point)\n" in said
    assert "Run `autograder build ps1 --keep-grades` " in said
    assert run("build", "ps1", "--keep-grades") == (
        0,
        "ps1: what is graded follows the lesson.\n"
        "  'treble-negative' is new (1 point)\n"
        "  Now run `nbgrader generate_assignment ps1 --force`, then `autograder grade ps1`.\n",
        "",
    )
    said = run("grade", "ps1")[2]
    assert said.endswith("\nRun `nbgrader generate_assignment ps1 --force`, then `autograder grade ps1`.\n")
    nbgrader(course, "generate_assignment", "ps1", "--force")
    assert "3.5 of 8" in run("grade", "ps1")[1]
    source.write_text(source.read_text(encoding="utf-8").replace('"points": 2', '"points": 5'), encoding="utf-8")
    nbgrader(course, "generate_assignment", "ps1", "--force")
    assert run("export", "ps1")[::2] == (
        0,
        "ps1, ada: graded before the lesson changed. Run `autograder grade ps1`.\n",
    ), "nbgrader leaves the old scores where points change"
