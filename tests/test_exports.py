"""The gradebook as files that Canvas and Moodle import."""

import csv
import subprocess

import pytest
from class_of_four import NBGRADER, RIGHT, STEM, WRONG, hand_in, small_course
from typer.testing import CliRunner

import autograder.cli
from autograder.classes.classroom import grade_class
from autograder.course import Course
from autograder.gradebook import opened
from autograder.results.exports import identifier, text

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def graded(tmp_path_factory, template):
    """Ada and Ben handed in, Zoe did not; a person has to read Ada's words, and gave Ben half a point."""
    course = small_course(tmp_path_factory.mktemp("graded") / "course")
    with opened(course.directory) as gradebook:
        gradebook.add_student("zoe", first_name="Zoë", last_name="O'Zed, Jr; III", email="zoe@example.edu")
        gradebook.add_student(
            "ada", first_name="Ada", last_name="Lovelace", email="ada@example.edu", lms_user_id="12345"
        )
        gradebook.add_student(
            "ben", first_name='=HYPERLINK("http://x","y")', last_name="@SUM(1)", email="b@example.edu"
        )
    hand_in(course, "ada", {"treble": RIGHT, "why": "Because."})
    hand_in(course, "ben", {"treble": WRONG})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.classes.task.template", lambda _: template)
        list(grade_class(course, STEM, ["ada", "ben"]))
    with opened(course.directory) as gradebook:
        gradebook.find_grade("treble-floats", STEM, STEM, "ben").manual_score = 0.5
        gradebook.db.commit()
    return course


@pytest.fixture
def course(graded, monkeypatch, tmp_path):
    monkeypatch.chdir(graded.root)
    return graded


def export(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    result = RUNNER.invoke(autograder.cli.app, ["export", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


CANVAS = f"""\
Student,ID,SIS User ID,SIS Login ID,Section,{STEM}
    Points Possible,,,,,7
"'@SUM(1), '=HYPERLINK(""http://x"",""y"")",,ben,ben,,0.5
"Lovelace, Ada",12345,ada,ada,,3
"O'Zed, Jr III, Zoë",,zoe,zoe,,
"""
MOODLE = f"""\
First name,Last name,Username,Email address,{STEM}
"'=HYPERLINK(""http://x"",""y"")",'@SUM(1),ben,b@example.edu,0.5
Ada,Lovelace,ada,ada@example.edu,3
Zoë,"O'Zed, Jr III",zoe,zoe@example.edu,-
"""
WAITS = f"ada: {STEM} waits for a person's grade; exported as it is now.\n"
NO_NUMBER = "The column 'ID number' is left out: 2 of 3 have none (ben, zoe).\n"


@pytest.mark.parametrize(("format", "content", "said"), [("canvas", CANVAS, ""), ("moodle", MOODLE, NO_NUMBER)])
def test_a_file_for_a_platform_has_its_columns_and_no_grade_where_nothing_was_handed_in(
    course, tmp_path, format, content, said
):
    path = tmp_path / "grades.csv"
    assert export("--format", format, "-o", path) == (0, f"grades: {path}\n", said + WAITS)
    assert path.read_text(encoding="utf-8") == content


def test_canvas_reads_the_header_as_one_of_its_own(course, tmp_path):
    """The conditions of GradebookImporter#row_has_student_headers?, #update_column_count and #header?, in Python."""
    export("--format", "canvas", "-o", tmp_path / "grades.csv")
    header, points, *students = csv.reader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines())
    assert len(header) > 3 and "Student" in header[0] and "ID" in header[1]
    assert (header[2], header[3]) == ("SIS User ID", "SIS Login ID")
    columns = 3 + 2
    assert "Section" in header[columns - 1]
    assert header[columns:] == [STEM]
    assert "Points Possible" in points[0]
    assert not any("Points Possible" in row[0] for row in students)


def test_nbgrader_exports_the_same_by_its_own_command(course, tmp_path):
    path = tmp_path / "grades.csv"
    exporter = "--exporter=autograder.results.exports.CanvasExportPlugin"
    command = [*NBGRADER, "export", exporter, f"--to={path}"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.read_text(encoding="utf-8") == CANVAS
    assert WAITS.strip() in done.stderr


def test_nbgraders_own_file_stays_as_it_is(course, tmp_path):
    assert export("-o", tmp_path / "grades.csv", STEM)[0] == 0
    head, *rows = (tmp_path / "grades.csv").read_text().splitlines()
    assert head.startswith("assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score")
    assert rows[-1].endswith(",0.0,0.0,0.0,7.0"), "nbgrader gives 0 where nothing was handed in"


def test_a_lesson_gets_the_platforms_title_from_the_configuration(course, tmp_path, monkeypatch):
    config = course.root / "nbgrader_config.py"
    before = config.read_text()
    try:
        config.write_text(before + f'\nc.CanvasExportPlugin.titles = {{"{STEM}": "Lesson 78 (4711)"}}\n')
        export("--format", "canvas", "-o", tmp_path / "grades.csv")
    finally:
        config.write_text(before)
    assert (
        (tmp_path / "grades.csv")
        .read_text(encoding="utf-8")
        .startswith("Student,ID,SIS User ID,SIS Login ID,Section,Lesson 78 (4711)\n")
    )


def test_a_student_who_is_called_like_the_row_of_points_is_not_read_as_it(course, tmp_path):
    with opened(course.directory) as gradebook:
        gradebook.add_student("eve", last_name="Points Possible", email="e@example.edu")
    export("--format", "canvas", "-o", tmp_path / "grades.csv")
    with opened(course.directory) as gradebook:
        gradebook.remove_student("eve")
    assert ",,eve,eve,,\n" in (tmp_path / "grades.csv").read_text(encoding="utf-8")


def test_a_late_penalty_is_taken_off_and_never_below_zero(course, tmp_path):
    with opened(course.directory) as gradebook:
        entries = {who: gradebook.find_submission_notebook(STEM, STEM, who) for who in ("ada", "ben")}
        for entry in entries.values():
            entry.late_submission_penalty = 1.25
        gradebook.db.commit()
        export("--format", "canvas", "-o", tmp_path / "grades.csv")
        for entry in entries.values():
            entry.late_submission_penalty = None
        gradebook.db.commit()
    rows = list(csv.reader((tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()))
    assert {row[2]: row[-1] for row in rows[2:]} == {"ada": "1.75", "ben": "0", "zoe": ""}


def test_a_lesson_that_the_gradebook_does_not_know_is_named(course, tmp_path):
    status, out, err = export("lesson00", "-o", tmp_path / "grades.csv")
    assert (status, out, err) == (2, "", f"The gradebook does not know lesson00. It knows: {STEM}.\n")
    assert not (tmp_path / "grades.csv").exists()


def test_an_empty_gradebook_is_no_file(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text("")
    (tmp_path / "solutions").mkdir()
    monkeypatch.chdir(tmp_path)
    status, _, err = export("--format", "moodle")
    assert (status, err) == (2, "The gradebook holds no students yet. Run `autograder grade LESSON` first.\n")
    assert not (tmp_path / "grades.csv").exists()
    assert isinstance(Course(tmp_path), Course)


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_no_text_begins_a_formula(name):
    assert text(name).startswith("'")
    assert not set(text(name)) & set("\t\r\n")


@pytest.mark.parametrize("name", ["x;=1+1", "x\n=1", "x\t=1", "x\N{LINE SEPARATOR}=1", "x\x00=1"])
def test_no_text_becomes_two_cells(name):
    assert text(name) == ("x =1+1" if ";" in name else "x =1")


@pytest.mark.parametrize("id_", ["12345", "ada", "ada@example.edu", "+45123", "-7", "@ada", "o.b-i_t+x@y.z", "Åsa"])
def test_an_id_stays_as_it_is(id_):
    assert identifier(id_) == id_


@pytest.mark.parametrize("id_", ["=1", "=cmd|'/c calc'!A1", "@SUM(1)", "+cmd|x!a", "-1+cmd|x!a"])
def test_an_id_that_could_do_something_does_nothing(id_):
    assert identifier(id_) == "'" + id_
