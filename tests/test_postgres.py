"""What holds of a gradebook in SQLite holds of one in PostgreSQL: the same tests, on a server of their own."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pytest
import test_gradebook
from class_of_four import RIGHT, STEM, hand_in, small_course, whole_class
from sqlalchemy import create_engine, make_url, text
from test_gradebook import grade, gradebook, rows
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.build import build
from autograder.classes.classroom import grade_class, students
from autograder.classes.pool import InThisProcess
from autograder.course import Course

pytestmark = pytest.mark.server
# All of them, also those that are still to be written, and the fixture that they ask for.
globals().update({name: each for name, each in vars(test_gradebook).items() if name.startswith("test_")})
globals().update(grade=grade)
_numbers = count()


def _postgres(command: str) -> str:
    """Where a command of PostgreSQL's server is; Debian keeps them out of PATH."""
    places = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    if not (found := shutil.which(command, path=os.pathsep.join(places))):
        pytest.skip(f"PostgreSQL's {command} is not here (Debian: apt-get install postgresql)")
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server for these tests alone, reached by a socket in its own folder; the address of its first database."""
    pytest.importorskip("psycopg")
    initdb, pg_ctl = _postgres("initdb"), _postgres("pg_ctl")
    folder = mkdtemp(prefix="postgres-")
    # The server refuses to run as root.
    who = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, **who)

    def run(*command: str) -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, **who)

    data = f"{folder}/data"
    run(initdb, "-D", data, "-A", "trust", "-U", "instructor", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    run(pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield f"postgresql://instructor@/postgres?host={folder}"
    finally:
        run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def database(server: str, copied_from: str = "template1") -> str:
    """A new database's address."""
    name = f"course{next(_numbers)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {copied_from}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def kept_in(root: Path, url: str) -> Course:
    """The course in a folder, its gradebook at this address."""
    config = root / "nbgrader_config.py"
    lines = [line for line in config.read_text().splitlines() if "db_url" not in line]
    config.write_text("\n".join([*lines, f"c.CourseDirectory.db_url = {url!r}", ""]))
    return Course(root)


@pytest.fixture(scope="module")
def original(tmp_path_factory, server) -> tuple[Path, str]:
    """A course with a class's work in it, and its database, to copy."""
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    (course.root / "gradebook.db").unlink()
    url = database(server)
    course = kept_in(course.root, url)
    build([], course.root)
    whole_class(course)
    return course.root, make_url(url).database or ""


@pytest.fixture
def course(tmp_path, original, server) -> Course:
    root, name = original
    shutil.copytree(root, tmp_path / "course")
    return kept_in(tmp_path / "course", database(server, name))


def test_a_lost_gradebook_is_filled_again(course, grade):
    grade(course)
    with gradebook(course) as book:
        book.db.execute(text("DROP SCHEMA public CASCADE"))
        book.db.execute(text("CREATE SCHEMA public"))
        book.db.commit()
    build([], course.root)
    assert grade(course)["ada"].score == 3.0


class Meanwhile(InThisProcess):
    """Grades, and lets something happen between a submission's grade and its record."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens

    def submit(self, function, /, *args, **kwargs):
        """The grade, after what happens."""
        future = super().submit(function, *args, **kwargs)
        self.happens()
        return future


def test_no_transaction_is_held_open_while_a_submission_is_graded(course, grade):
    grade(course, "ada")
    states: list[str] = []
    watching = create_engine(course.directory.db_url)
    query = "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def look() -> None:
        with watching.connect() as connection:
            states.extend(connection.execute(text(query)).scalars())

    list(grade_class(course, STEM, students(course, STEM), lambda: Meanwhile(look)))
    watching.dispose()
    assert set(states) == {"idle"}


def test_a_score_that_is_given_by_hand_at_the_same_moment_is_kept(course, grade):
    grade(course, "ben")
    by_hand = create_engine(course.directory.db_url).connect()
    give = """
        UPDATE grade SET manual_score = 0.5, needs_manual_grade = false FROM base_cell
        WHERE base_cell.id = grade.cell_id AND base_cell.name = 'treble-floats'
    """

    def begin() -> None:
        by_hand.execute(text(give))  # holds the row, which the record has to wait for
        threading.Timer(1.0, by_hand.commit).start()

    hand_in(course, "ben", {"treble": RIGHT})
    (outcome,) = grade_class(course, STEM, ["ben"], lambda: Meanwhile(begin))
    by_hand.close()
    assert outcome.grade and outcome.grade.points == 3.0
    assert [row[:4] for row in rows(course) if row[:2] == ("ben", "treble-floats")] == [
        ("ben", "treble-floats", 1.0, 0.5)
    ]


def test_two_who_grade_the_same_class_write_the_same_rows_once(course, grade):
    grade(course)
    alone = rows(course)

    def another() -> None:
        grade(course, force=True)

    list(grade_class(course, STEM, students(course, STEM), lambda: Meanwhile(another), force=True))
    assert rows(course) == alone


def said_by_grade(course: Course, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `autograder grade` says when it refuses."""
    monkeypatch.chdir(course.root)
    result = CliRunner().invoke(autograder.cli.app, ["grade", STEM, "--jobs", "1"])
    assert result.exit_code == 2, result
    return result.stderr


def test_a_server_that_is_away_is_named_without_its_password(course, monkeypatch):
    kept_in(course.root, "postgresql://instructor:secret@localhost:9/course")
    said = said_by_grade(course, monkeypatch)
    assert said.startswith("postgresql://instructor:***@localhost:9/course: ")
    assert said.endswith("\nWhat was written stays. Run the same command again.\n")
    assert "secret" not in said


def test_the_address_is_printed_without_its_password(course, server, monkeypatch, template):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    monkeypatch.chdir(course.root)
    url = make_url(course.directory.db_url).set(password="secret").render_as_string(hide_password=False)
    kept_in(course.root, url)
    result = CliRunner().invoke(autograder.cli.app, ["grade", STEM, "--jobs", "1"])
    assert result.exit_code == 0, result.output
    assert "gradebook: postgresql://instructor:***@/course" in result.stdout
    assert "secret" not in result.output


def test_without_a_driver_the_way_to_install_it_is_named(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = said_by_grade(course, monkeypatch)
    assert said.endswith(f'Install it with: {sys.executable} -m pip install -c constraints.txt -e ".[postgres]"\n')


def test_an_address_of_another_kind_is_explained(course, monkeypatch):
    kept_in(course.root, "postgres://instructor@localhost/course")
    said = said_by_grade(course, monkeypatch)
    assert said.startswith("c.CourseDirectory.db_url in nbgrader_config.py is no address of a database: ")
    assert said.endswith("For PostgreSQL it begins with postgresql://\n")
