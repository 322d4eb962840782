"""What the grader does with one submission has an end in time and memory, and costs nobody else."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
import torch
from class_of_four import RIGHT, STEM, hand_in, small_course

import autograder.attempt
import autograder.classes.task
from autograder.boundary.limits import Limits
from autograder.bounds import TimeUp, alarm, keep_freed_memory, last_resort, memory
from autograder.classes.classroom import Outcome, grade_class
from autograder.classes.task import graders
from autograder.course import Course

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="alarms and limits of memory are Linux's")


def busy(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_an_alarm_ends_what_puts_up_with_every_exception() -> None:
    with pytest.raises(TimeUp), alarm(0.1):
        while True:
            with suppress(Exception):  # what a careless check would do
                busy(60)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_alarm_that_rings_where_exceptions_are_ignored_rings_again() -> None:
    class Slow:
        def __del__(self) -> None:
            busy(0.5)

    def run() -> None:
        with alarm(0.1):
            Slow()
            busy(60)

    with pytest.raises(TimeUp):
        run()


def test_the_outer_of_two_alarms_rings_though_the_inner_one_has_time() -> None:
    with pytest.raises(TimeUp), alarm(0.1), alarm(60):
        busy(60)


def test_the_inner_of_two_alarms_leaves_the_outer_one_its_time() -> None:
    with pytest.raises(TimeUp), alarm(0.5):
        with pytest.raises(TimeUp), alarm(0.1):
            busy(60)
        busy(60)


def test_memory_beyond_the_limit_is_refused_and_none_afterwards() -> None:
    with memory(2**28), pytest.raises(MemoryError):
        bytearray(2**29)
    assert len(bytearray(2**29)) == 2**29


def test_a_process_that_nothing_wakes_ends() -> None:
    program = (
        "from autograder.bounds import last_resort\nwith last_resort(0.5): import ctypes; ctypes.PyDLL(None).pause()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_process_that_is_done_in_time_goes_on() -> None:
    with last_resort(0.2):
        pass
    time.sleep(0.4)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path: Path, original: Path) -> Course:
    shutil.copytree(original, tmp_path / "course")
    return Course(tmp_path / "course")


def with_check(course: Course, check: str) -> None:
    """Let the first check of the lesson also do this with the value ``found`` that the answer returns."""
    source = course.root / "solutions" / f"{STEM}.py"
    text = source.read_text()
    source.write_text(text.replace("assert treble(2) == 6", f"found = treble(2)\n{check}\nassert treble(2) == 6"))


def outcomes(course: Course, answers: dict[str, str], **options) -> dict[str, Outcome]:
    for student, answer in answers.items():
        hand_in(course, student, {"treble": answer})
    return {each.student: each for each in grade_class(course, STEM, list(answers), **options)}


def test_a_value_that_a_check_never_gets_to_the_end_of_costs_its_exercise(course, template, monkeypatch) -> None:
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    monkeypatch.setattr(autograder.attempt, "ANSWERED_WITHIN", 0.0)
    with_check(course, "while found == 7: pass")
    answers = {"ada": "def treble(x):\n    return 7 if x == 2 else 3 * x", "ben": RIGHT}
    found = outcomes(course, answers, limits=Limits(cell_seconds=2))
    assert found["ben"].score == 3.0
    first, second = found["ada"].grade.checks
    assert first.verdict == second.verdict == "time_limit_exceeded"
    assert first.message.what == "stopped: to judge what your code returned took more than 2 s"


def test_a_value_that_a_check_makes_too_much_of_costs_its_check(course, template, monkeypatch) -> None:
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    with_check(course, "found * (10**9 if isinstance(found, str) else 1)")
    answers = {"ada": "def treble(x):\n    return 'x' if x == 2 else 3 * x", "ben": RIGHT}
    found = outcomes(course, answers, limits=Limits(memory_bytes=2**29))
    assert found["ben"].score == 3.0
    first, second = found["ada"].grade.checks
    assert (first.verdict, second.verdict) == ("memory_limit_exceeded", "accepted")
    assert first.message.what == "to judge what your code returned takes more memory than the grader has for it"


def test_a_submission_that_keeps_the_grader_is_reported_and_the_others_are_graded(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    answers = {"ada": RIGHT, "ben": "import time\ntime.sleep(60)", "chloe": RIGHT}
    found = outcomes(course, answers, limits=Limits(task_seconds=3))
    assert found["ben"].reason == "To grade this notebook takes more than 3 s: a person has to look at it."
    assert (found["ada"].score, found["chloe"].score) == (3.0, 3.0)


@pytest.mark.slow
def test_a_task_that_no_alarm_wakes_is_reported_and_the_others_are_graded(course) -> None:
    deaf = "import ctypes, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])"
    with_check(course, f"if found == 666: {deaf}; ctypes.PyDLL(None).pause()")
    answers = {"ada": RIGHT, "ben": "def treble(x):\n    return 666", "chloe": RIGHT}
    with graders(2, course.packages) as start:
        found = outcomes(course, answers, start=start, at_once=4, limits=Limits(task_seconds=5))
    assert found["ben"].reason == "could not be graded: the process that graded it died."
    assert (found["ada"].score, found["chloe"].score) == (3.0, 3.0)


def test_nothing_is_started_where_there_is_nothing_to_grade(course, monkeypatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(os, "posix_spawn", None)
    with graders(2, course.packages):
        pass


SLOW = "import time\n\ndef treble(x):\n    time.sleep(0.2)\n    return 3 * x"


@pytest.mark.parametrize(
    "stop",
    [
        signal.SIGTERM,
        signal.SIGKILL,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGINT, signal.SIGHUP)),
    ],
    ids=str,
)
def test_what_ends_all_processes_of_a_class_leaves_no_process_and_no_folder(course, monkeypatch, stop) -> None:
    for number in range(30):
        hand_in(course, f"student{number:02}", {"treble": SLOW})
    command = [sys.executable, "-c", "from autograder.cli import app; app()", "grade", STEM, "--jobs", "2"]
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with TemporaryDirectory(prefix="class-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        options: dict = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "preexec_fn": heed}
        process = subprocess.Popen(command, cwd=course.root, start_new_session=True, **options)
        while not list(Path(folder).glob("*/*/worker-*")) and process.poll() is None:
            time.sleep(0.02)
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, stop)
        process.wait(60)
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not alive, [(each.pid, each.cmdline()) for each in alive]
        until = time.monotonic() + 60
        while os.listdir(folder) and time.monotonic() < until:
            time.sleep(0.05)
        assert os.listdir(folder) == []


def test_a_process_that_grades_uses_its_memory_again() -> None:
    keep_freed_memory()
    size = 10 * 2**20  # numbers on 10,240 pages
    torch.ones(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(size)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 5 * 10_240  # without: 20
