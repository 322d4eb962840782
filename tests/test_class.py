"""A class graded by several processes: the same grades, whatever stops or breaks them."""

import json
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import psutil
import pytest
from class_of_four import PATCHED, RIGHT, STEM, WRONG, hand_in, small_course, whole_class
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event, text
from typer.testing import CliRunner

import autograder.classes.classroom
import autograder.classes.task
import autograder.submission
from autograder.classes.classroom import grade_class, students
from autograder.classes.pool import NothingToSetUp, processes
from autograder.classes.task import graders
from autograder.cli import app
from autograder.course import Course
from autograder.gradebook import opened, save
from autograder.packages import Packages

COMMAND = [sys.executable, "-c", "from autograder.cli import app; app()", "grade", STEM, "--jobs", "2"]
# A call takes long enough for a class to be stopped in its middle.
SLOW = "import time\n\ndef treble(x):\n    time.sleep(0.1)\n    return 3 * x"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path, original, monkeypatch):
    """A built course; nobody has handed in anything. Commands keep their temporary files in a folder of their own."""
    shutil.copytree(original, tmp_path / "course")
    # Not in tmp_path, whose name is too long for a socket.
    with TemporaryDirectory(prefix="class-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Course(tmp_path / "course")


def slow_class(course: Course, size: int) -> None:
    """Right, wrong and untouched work in turn; the right answers take their time."""
    for number in range(size):
        hand_in(course, f"student{number:02}", [{"treble": SLOW}, {"treble": WRONG}, {}][number % 3])


def scores(course: Course) -> dict[tuple[str, str], float]:
    """The gradebook: student and grade cell to score."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        submissions = book.assignment_submissions(STEM)
        return {(s.student.id, g.name): g.score for s in submissions for n in s.notebooks for g in n.grades}


def graded(course: Course) -> int:
    """How many students' graded notebooks are there."""
    return len(list(course.root.glob("autograded/*/*/*.ipynb")))


def start(course: Course) -> subprocess.Popen:
    """`autograder grade --jobs 2` in a process group of its own, as a terminal would start it."""
    pipe = subprocess.PIPE
    # Tests that run in the background of a shell ignore Ctrl-C, and what they start would ignore it too.
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    options: dict = {"stdout": pipe, "stderr": pipe, "text": True, "start_new_session": True, "preexec_fn": heed}
    return subprocess.Popen(COMMAND, cwd=course.root, **options)


def stop_after(course: Course, enough: int, stop: signal.Signals, delay: float = 0.0) -> tuple[int, str]:
    """Grade until there are so many graded notebooks, then stop; exit status and what was said. Nothing stays."""
    process = start(course)
    while graded(course) < enough and process.poll() is None:
        time.sleep(0.02)
    time.sleep(delay)
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    if stop is signal.SIGINT:
        os.killpg(process.pid, stop)  # as a terminal does: to all of them
    else:
        process.kill()
    _, said = process.communicate(timeout=60)
    _, alive = psutil.wait_procs(family, timeout=15)
    assert not alive, [(p.pid, p.cmdline()) for p in alive]
    assert list(Path(os.environ["TMPDIR"]).glob("autograder-*")) == []
    return process.returncode, said


def finish(course: Course) -> str:
    """Run to the end; the table."""
    process = start(course)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out


def test_two_processes_and_one_write_the_same_gradebook(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)
    alone = {o.student: o.score for o in grade_class(course, STEM, students(course, STEM))}
    before = scores(course)
    with graders(2, course.packages) as executors:
        outcomes = list(grade_class(course, STEM, students(course, STEM), executors, at_once=4, force=True))
    assert {o.student: o.score for o in outcomes} == alone == {"ada": 3.0, "ben": 0.0, "chloe": 0.0, "dan": 0.0}
    assert all(outcome.grade for outcome in outcomes)
    assert scores(course) == before


def test_a_grade_travels_between_processes(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    hand_in(course, "ada", {"treble": PATCHED})
    (outcome,) = grade_class(course, STEM, ["ada"])
    travelled = pickle.loads(pickle.dumps(outcome.grade))
    assert travelled == outcome.grade
    assert travelled.notebook == outcome.grade.notebook and isinstance(travelled.notebook, nbformat.NotebookNode)


def test_the_gradebook_is_asked_as_much_for_a_class_in_which_nothing_is_new_as_for_one_student(
    course, template, monkeypatch
):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)
    everybody, asked = students(course, STEM), []
    first = {each.student: each.score for each in grade_class(course, STEM, everybody)}
    event.listen(Engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
    try:
        one = [*grade_class(course, STEM, everybody[:1])]
        questions, asked[:] = len(asked), []
        again = {each.student: each.score for each in grade_class(course, STEM, everybody)}
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert (one[0].grade, again) == (None, first)
    assert len(asked) == questions


def test_a_notebooks_grades_are_found_without_a_look_at_those_of_the_course(course):
    with opened(course.directory) as gradebook:
        for table in ("grade", "comment"):
            question = text(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE notebook_id = 'x'")
            assert "USING INDEX" in str(gradebook.db.execute(question).all())


def test_a_process_that_dies_costs_the_submission_that_killed_it(course, monkeypatch):
    source = course.root / "solutions" / f"{STEM}.py"
    deadly = "import os\nif treble(2) == 666: os._exit(3)\nassert math.isclose"
    source.write_text(source.read_text().replace("assert math.isclose", deadly))
    hand_in(course, "ada", {"treble": RIGHT})
    hand_in(course, "ben", {"treble": "def treble(x):\n    return 666"})
    hand_in(course, "chloe", {"treble": RIGHT})
    with graders(2, course.packages) as executors:
        outcomes = {o.student: o for o in grade_class(course, STEM, ["ada", "ben", "chloe"], executors, at_once=4)}
    assert outcomes["ben"].reason == "could not be graded: the process that graded it died."
    assert (outcomes["ada"].score, outcomes["chloe"].score) == (3.0, 3.0)
    assert {student for student, _ in scores(course)} == {"ada", "chloe"}
    # And where notebooks are checked, without a gradebook.
    monkeypatch.chdir(course.root)
    paths = [str(course.folder("submitted", each, STEM) / f"{STEM}.ipynb") for each in ("ben", "ada")]
    said = CliRunner().invoke(app, ["check", "--json", *paths])
    died, graded = map(json.loads, said.stdout.splitlines())
    assert died["error"] == "This notebook could not be graded: the process that graded it died."
    assert (graded["points"], said.exit_code) == (3.0, 2)


def test_a_class_is_graded_where_other_processes_were_started_before(course):
    whole_class(course)
    with processes(1, [], NothingToSetUp()) as start, start() as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
    with graders(1, course.packages) as executors:
        outcomes = list(grade_class(course, STEM, ["ada", "ben"], executors))
    assert [outcome.score for outcome in outcomes] == [3.0, 0.0]


def test_an_error_of_the_grader_costs_one_submission_and_is_named(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)
    parse = autograder.submission.parse_submission

    def broken(content, path):
        if "ben" in path.parts:
            raise ZeroDivisionError("no such thing")
        return parse(content, path)

    monkeypatch.setattr(autograder.submission, "parse_submission", broken)
    outcomes = {o.student: o for o in grade_class(course, STEM, students(course, STEM))}
    assert outcomes["ben"].reason == "could not be graded: ZeroDivisionError: no such thing"
    assert [o.student for o in outcomes.values() if o.grade] == ["ada", "chloe", "dan"]


def test_a_mended_check_grades_again_without_force(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)
    list(grade_class(course, STEM, students(course, STEM)))
    source = course.root / "solutions" / f"{STEM}.py"
    source.write_text(source.read_text().replace("math.isclose(treble(0.5), 1.5)", "abs(treble(0.5) - 1.5) < 0.1"))
    again = {o.student: o for o in grade_class(course, STEM, students(course, STEM))}
    assert all(outcome.grade for outcome in again.values())
    assert again["ben"].score == 1.0, "3.1 times a half is near enough now"


def test_the_command_tells_a_program_what_became_of_each_student(course):
    hand_in(course, "ada", {"treble": RIGHT})
    hand_in(course, "ben", {"treble": WRONG}).write_text("")
    command = [*COMMAND, "--json"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    lines = {line["student"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 2
    assert lines["ben"]["error"].endswith("is empty. Save the notebook in Jupyter and hand it in again.")
    ada = lines["ada"]
    assert (ada["score"], ada["max_score"], ada["points"], ada["max_points"]) == (3.0, 7.0, 3.0, 3.0)
    assert [check["verdict"] for check in ada["checks"]] == ["accepted", "accepted"]
    assert ada["notebook"] == str(course.root / "submitted" / "ada" / STEM / f"{STEM}.ipynb")
    assert done.stderr == f"ben: {lines['ben']['error']}\n", "no progress where there is no terminal"


def test_ctrl_c_saves_what_is_graded_and_the_next_run_goes_on(course):
    slow_class(course, 15)
    status, said = stop_after(course, 3, signal.SIGINT)
    assert status == 130, said
    match = re.fullmatch(
        r"Stopped\. Done and saved: (\d+) of 15\.\nNot done: (.*)\. Run the same command again to go on\.\n", said
    )
    assert match, said
    done, left = int(match[1]), match[2].split(", ")
    assert done == 15 - len(left)
    # What was written in the last moment may be one more than was counted.
    assert 3 <= graded(course) in (done, done + 1)
    table = finish(course)
    assert table.count("graded already") >= done
    assert {score for (_, cell), score in scores(course).items() if cell == "treble-integers"} == {2.0, 0.0}


@pytest.fixture
def heard():
    """Ctrl-C is heard, also where whoever runs the tests has had it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_a_grade_is_written_waits_until_it_is_whole(course, template, monkeypatch, heard):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)

    def interrupted(*args):
        os.kill(os.getpid(), signal.SIGINT)
        return save(*args)

    monkeypatch.setattr(autograder.classes.classroom, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(grade_class(course, STEM, ["ada", "ben"]))
    assert graded(course) == 1
    assert {student for student, _ in scores(course)} == {"ada"}


def test_a_second_ctrl_c_does_not_wait(course, template, monkeypatch, heard):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)

    def hangs(*_):
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("still here")

    monkeypatch.setattr(autograder.classes.classroom, "save", hangs)
    with pytest.raises(KeyboardInterrupt):
        list(grade_class(course, STEM, ["ada"]))
    assert graded(course) == 0
    assert scores(course) == {}


def killed_and_resumed(course: Course, size: int, kills: int) -> None:
    slow_class(course, size)
    choose = random.Random(size)
    for _ in range(kills):
        already = graded(course)
        status, _ = stop_after(course, min(already + choose.randint(0, 3), size), signal.SIGKILL, choose.random() / 2)
        assert status in (-signal.SIGKILL, 0)
    finish(course)
    resumed = scores(course)
    shutil.rmtree(course.root / "autograded")
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        for student in students(course, STEM):
            book.remove_student(student)
    finish(course)
    assert len(resumed) == 3 * size
    assert resumed == scores(course)


def test_a_grader_killed_and_resumed_ends_with_the_same_gradebook(course):
    killed_and_resumed(course, 15, 1)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_grader_killed_twenty_times_and_resumed_ends_with_the_same_gradebook(course):
    killed_and_resumed(course, 40, 20)


def test_a_graded_notebook_is_one_that_jupyter_reads(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    whole_class(course)
    list(grade_class(course, STEM, students(course, STEM)))
    for path in course.root.glob("autograded/*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))


def _environments(packages: Packages) -> tuple[str | None, bytes]:
    """What a process that grades has of the coordinator's environment; all that the mother of its template has."""
    own = autograder.classes.task.template(packages)
    own.wait()
    assert own._process is None, "it was not forked from its mother"
    return os.environ.get("A_SECRET"), Path(f"/proc/{psutil.Process(own._pid).ppid()}/environ").read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux")
def test_what_grades_gets_the_environment_and_the_template_that_was_imported_with_it_does_not(course, monkeypatch):
    monkeypatch.setenv("A_SECRET", "canary")
    with graders(1, course.packages) as start:
        grades, template = start().submit(_environments, course.packages).result()
    assert grades == "canary"
    assert b"AUTOGRADER_TEMPLATE" in template and b"canary" not in template
