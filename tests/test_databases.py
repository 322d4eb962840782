"""What is wrong with the database itself is said in words, with what to do, and leaves it as it is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from class_of_four import NBGRADER, STEM, grade_here, small_course, whole_class
from nbgrader.api import Base
from test_gradebook import gradebook
from typer.testing import CliRunner

import autograder.cli
from autograder.build import build
from autograder.course import Course


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A course with a class's work in it, to copy: nbgrader takes seconds to make a gradebook."""
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    whole_class(course)
    return course.root


@pytest.fixture
def course(tmp_path, original):
    shutil.copytree(original, tmp_path / "course")
    return Course(tmp_path / "course")


def said_by_grade(course: Course, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `autograder grade` says where it cannot open the gradebook; nothing else came of it."""
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(autograder.cli.app, ["grade", STEM, "--jobs", "1"])
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert not (course.root / "autograded").exists()
    return result.stderr


def keep_in(course: Course, url: str) -> None:
    """Name another database in the configuration."""
    with (course.root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(f"\nc.CourseDirectory.db_url = {url!r}\n")


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("mysql://ada:secret@host/course", "mysqlclient"),
        ("mysql+pymysql://ada:secret@host/course", "pymysql"),
        ("oracle://ada:secret@host/course", "oracledb"),
    ],
)
def test_a_database_without_its_driver_is_answered_with_how_to_install_it(course, monkeypatch, url, package):
    keep_in(course, url)
    assert said_by_grade(course, monkeypatch) == (
        f"{url.replace('secret', '***')} needs the Python package {package}, which is not here. "
        f"Install it with: {sys.executable} -m pip install {package}\nTried here are SQLite and PostgreSQL.\n"
    )


@pytest.mark.parametrize("url", ["mongodb://host/course", "gradebook.db"])
def test_what_is_no_address_of_a_database_is_said_with_what_is_one(course, monkeypatch, url):
    keep_in(course, url)
    said = said_by_grade(course, monkeypatch)
    assert said.startswith("c.CourseDirectory.db_url in nbgrader_config.py is no address of a database: ")
    assert said.endswith("For a file it begins with sqlite:///. For PostgreSQL it begins with postgresql://\n")


def test_a_file_that_is_no_database_is_left_as_it_is(course, monkeypatch):
    file = course.root / "gradebook.db"
    file.write_text("student,grade\nada,3\n" * 50)
    assert said_by_grade(course, monkeypatch) == (
        f"sqlite:///{file}: file is not a database\n"
        "Put a copy of your gradebook there, or name another as c.CourseDirectory.db_url in nbgrader_config.py.\n"
    )
    assert file.read_text().startswith("student,grade")


def test_a_folder_that_is_not_there_is_said_to_hold_no_database(course, monkeypatch):
    keep_in(course, f"sqlite:///{course.root}/none/gradebook.db")
    assert said_by_grade(course, monkeypatch) == (
        f"sqlite:///{course.root}/none/gradebook.db: unable to open database file\n"
        "Put a copy of your gradebook there, or name another as c.CourseDirectory.db_url in nbgrader_config.py.\n"
    )


def test_a_gradebook_that_may_not_be_written_is_named(course, monkeypatch, template):
    # Permissions would not stop root, who may run this test.
    grade_here(monkeypatch, template)
    keep_in(course, f"sqlite:///file:{course.root}/gradebook.db?mode=ro&uri=true")
    assert said_by_grade(course, monkeypatch) == (
        f"sqlite:///file:{course.root}/gradebook.db: attempt to write a readonly database\n"
        "Get the right to write to the file and to its folder, then run the same command again.\n"
    )


def older_gradebook(file: Path) -> None:
    """A gradebook as nbgrader 0.6 made it, with a student."""
    file.unlink()
    engine = sqlalchemy.create_engine(f"sqlite:///{file}")
    later, old = {"student.lms_user_id", "assignment.course_id"}, sqlalchemy.MetaData()
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if str(column) not in later]
        if table.name != "course":
            made = [sqlalchemy.Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable) for c in columns]
            sqlalchemy.Table(table.name, old, *made)
    old.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES ('167914646830')"))
        connection.execute(sqlalchemy.text("INSERT INTO student (id) VALUES ('zoe')"))
    engine.dispose()


def test_an_older_gradebook_is_left_as_it_is_until_nbgrader_has_upgraded_it(course, monkeypatch, template):
    file = course.root / "gradebook.db"
    older_gradebook(file)
    before = file.read_bytes()
    assert said_by_grade(course, monkeypatch) == (
        f"sqlite:///{file} was made by an older nbgrader (what is new is in assignment, course, student). "
        f"Run `nbgrader db upgrade` in {course.root}, then the same command again. nbgrader keeps a copy.\n"
    )
    assert file.read_bytes() == before
    command = [*NBGRADER, "db", "upgrade"]
    subprocess.run(command, cwd=course.root, check=True, capture_output=True)
    build([], course.root)
    with gradebook(course) as book:
        assert [student.id for student in book.students] == ["zoe"]
        assert book.find_assignment(STEM).max_score == 7
