"""A class graded by Dask's workers: the same gradebook as here, whatever happens to them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from class_of_four import RIGHT, STEM, WRONG, hand_in, small_course
from nbgrader.api import Gradebook
from typer.testing import CliRunner

import autograder
import autograder.classes.cluster
import autograder.cli
import lessonkit
from autograder.boundary import sandbox
from autograder.classes.classroom import grade_class
from autograder.course import Course

PATIENCE = 600
PACKAGES = Course(Path(__file__).parents[1]).packages
SLOW = "import time\n\ndef treble(x):\n    time.sleep(0.2)\n    return 3 * x"
# Right only where nothing of the cluster can be reached.
CURIOUS = """\
import os, socket, stat

def ways():
    yield from (name for name in os.environ if "DASK" in name.upper())
    for number in range(3, 256):
        try:
            is_socket = stat.S_ISSOCK(os.fstat(number).st_mode)
            if is_socket and socket.socket(fileno=os.dup(number)).family != socket.AF_UNIX:
                yield f"descriptor {{number}}"
        except OSError:
            pass
    try:
        socket.create_connection(("127.0.0.1", {port}), timeout=2)
        yield "a connection"
    except OSError:
        pass
    try:
        from distributed import Client
        Client("tcp://127.0.0.1:{port}", timeout=2).close()
        yield "a client"
    except BaseException:
        pass
    try:
        open(f"/proc/{{os.getppid()}}/environ").close()
        yield "the template's environment"
    except OSError:
        pass

found = list(ways())
print("found:", found)

def treble(x):
    return 0 if found else 3 * x
"""


def server(test: Callable) -> Callable:
    """Marks what starts a scheduler, which on a busy machine takes its time."""
    return pytest.mark.server(pytest.mark.timeout(2 * PATIENCE)(test))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("original") / "course").root


@pytest.fixture
def course(tmp_path, original):
    shutil.copytree(original, tmp_path / "course")
    return Course(tmp_path / "course")


class Cluster:
    """A scheduler and its workers, as people start them: by Dask's own commands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.started = folder, []
        self.environment = os.environ | {
            "TMPDIR": str(folder),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        }
        known = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(known))
        while not known.exists():
            time.sleep(0.1)
        self.address = json.loads(known.read_text())["address"]

    def worker(self, *options: str, **environment: str) -> psutil.Process:
        """One more worker; the process that looks after it."""
        return self._start("worker", self.address, "--local-directory", str(self.folder), *options, **environment)

    def _start(self, *command: str, **environment: str) -> psutil.Process:
        with (self.folder / f"{len(self.started)}.log").open("w") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "dask", *command, "--no-dashboard"],
                cwd=self.folder,
                env=self.environment | environment,
                stdout=log,
                stderr=log,
            )
        self.started.append(psutil.Process(started.pid))
        return self.started[-1]

    def grade(self, course: Course, *options: str) -> subprocess.Popen:
        """`autograder grade --scheduler`, started."""
        program = [sys.executable, "-c", "from autograder.cli import app; app()", "grade", STEM]
        command = [*program, "--scheduler", self.address, *options]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=course.root, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def close(self) -> None:
        """End it; nothing is left of it, nor of what graded there."""
        family = [child for each in self.started if each.is_running() for child in each.children(recursive=True)]
        for process in reversed(self.started):
            if process.is_running():
                process.terminate()
        _, alive = psutil.wait_procs(self.started + family, timeout=PATIENCE)
        for process in alive:
            process.kill()
        assert not alive, [process.name() for process in alive]
        assert list(self.folder.glob("autograder-*")) == []


@contextmanager
def started() -> Iterator[Cluster]:
    pytest.importorskip("distributed")
    # Not in tmp_path, whose name is too long for a socket.
    with TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            yield cluster
        finally:
            cluster.close()


@pytest.fixture
def bare() -> Iterator[Cluster]:
    """A scheduler without workers."""
    with started() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A scheduler with two workers. A test may kill their processes, which Dask starts again."""
    with started() as cluster:
        for _ in range(2):
            cluster.worker("--nthreads", "1", DASK_SECRET="the cluster's")
        yield cluster


def finished(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def graded(course: Course) -> int:
    return len(list(course.root.glob("autograded/*/*/*.ipynb")))


def scores(course: Course) -> dict[tuple[str, str], float]:
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        submissions = book.assignment_submissions(STEM)
        return {(s.student.id, g.name): g.score for s in submissions for n in s.notebooks for g in n.grades}


def grading_process(nanny: psutil.Process) -> psutil.Process:
    """The process of Dask's in which grading runs, as its nanny started it."""
    return next(child for child in nanny.children() if "spawn_main" in " ".join(child.cmdline()))


@server
def test_a_worker_killed_in_the_middle_costs_nobody_a_grade(course, cluster, tmp_path):
    everyone = [f"student{number:02}" for number in range(18)]
    for number, student in enumerate(everyone):
        hand_in(course, student, [{"treble": SLOW}, {"treble": WRONG}, {}][number % 3])
    here = Course(shutil.copytree(course.root, tmp_path / "here"))
    process = cluster.grade(course, "--json")
    wait_until(lambda: graded(course) >= 4 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    killed = next(busy for busy in map(grading_process, cluster.started[1:]) if busy.children())
    family = killed.children(recursive=True)
    killed.kill()
    status, out, err = finished(process)
    assert status == 0, err
    assert sorted(json.loads(line)["student"] for line in out.splitlines()) == everyone, "each once"
    _, alive = psutil.wait_procs(family, timeout=30)
    assert family and not alive, "the template and the workers of a dead process of Dask's end with it"
    assert all(outcome.grade for outcome in grade_class(here, STEM, everyone))
    assert scores(course) == scores(here)
    assert "graded already" in finished(cluster.grade(course))[1]


@server
def test_a_submission_that_kills_every_worker_costs_itself_and_is_named(course, cluster):
    source = course.root / "solutions" / f"{STEM}.py"
    deadly = "import os\nif treble(2) == 666: os._exit(3)\nassert math.isclose"
    source.write_text(source.read_text().replace("assert math.isclose", deadly))
    for student in ("ada", "chloe", "dan"):
        hand_in(course, student, {"treble": RIGHT})
    hand_in(course, "ben", {"treble": "def treble(x):\n    return 666"})
    status, _, err = finished(cluster.grade(course))
    assert status == 2
    assert re.fullmatch(
        r"ben: could not be graded: 2 workers of the cluster died while they graded it, the last one "
        r"tcp://127\.0\.0\.1:\d+; its log may say more\.",
        err.splitlines()[-1],
    ), err
    assert {student: score for (student, cell), score in scores(course).items() if cell == "treble-floats"} == {
        "ada": 1.0,
        "chloe": 1.0,
        "dan": 1.0,
    }


@server
@pytest.mark.skipif(bool(sandbox.available()), reason="needs every layer of the sandbox")
def test_a_submission_on_a_worker_has_no_way_to_the_scheduler(course, cluster):
    hand_in(course, "ada", {"treble": CURIOUS.format(port=cluster.address.rpartition(":")[2])})
    assert finished(cluster.grade(course, "--isolation", "none"))[0] == 0
    unlocked = course.folder("autograded", "ada", STEM) / f"{STEM}.ipynb"
    assert "a connection" in unlocked.read_text(), "the submission looks in the right place"
    status, out, err = finished(cluster.grade(course, "--isolation", "full", "--force"))
    assert status == 0, err
    assert "found: []" in unlocked.read_text()
    assert "3 of 7" in out


@server
def test_a_worker_that_comes_late_is_used_and_one_of_several_threads_is_remarked_on(course, bare):
    hand_in(course, "ada", {"treble": RIGHT})
    process = bare.grade(course)
    assert process.stderr
    assert process.stderr.readline() == (
        f"The cluster has no workers: waiting for some. Start one with: dask worker {bare.address} --nthreads 1\n"
    )
    bare.worker("--nthreads", "3")
    status, out, err = finished(process)
    assert status == 0 and "3 of 7" in out
    assert err == "" or err.startswith("A worker grades one submission at a time, whatever threads it has.")


@server
def test_a_worker_with_other_code_or_without_any_is_named_and_nothing_is_graded(course, bare, tmp_path):
    hand_in(course, "ada", {"treble": RIGHT})
    for package in (autograder, lessonkit):
        source = Path(package.__path__[0])
        shutil.copytree(source, tmp_path / "other" / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "other" / "autograder" / "expect.py").open("a").write("# mended here only\n")
    (tmp_path / "none" / "autograder").mkdir(parents=True)
    missing = 'raise ModuleNotFoundError("No module named \'autograder\'", name="autograder")\n'
    (tmp_path / "none" / "autograder" / "__init__.py").write_text(missing)
    worker = bare.worker("--nthreads", "1", PYTHONPATH=str(tmp_path / "other"))
    status, _, err = finished(bare.grade(course))
    assert status == 2
    assert re.search(
        r"The worker tcp://\S+ on \S+ cannot grade this class: autograder's code is [0-9a-f]{12} there, "
        r"[0-9a-f]{12} here\.\nInstall this version of the course and its packages there, start its Dask worker again, "
        r"and run the same command again\. What is graded is saved\.\n$",
        err,
    ), err
    worker.terminate()
    worker.wait(60)
    bare.worker("--nthreads", "1", PYTHONPATH=str(tmp_path / "none"))
    status, _, err = finished(bare.grade(course))
    assert status == 2
    assert f"A worker of {bare.address} has no autograder (No module named 'autograder')." in err
    assert graded(course) == 0


@server
def test_a_scheduler_that_goes_away_is_named(course, bare):
    hand_in(course, "ada", {"treble": RIGHT})
    process = bare.grade(course)
    assert process.stderr and "waiting for some" in process.stderr.readline()
    bare.scheduler.kill()
    status, _, err = finished(process)
    assert status == 2
    assert err.splitlines()[-1] == (
        f"The scheduler at {bare.address} went away. What is graded is saved: start it again (`dask scheduler`), "
        "and run the same command again."
    )
    assert "Traceback" not in err


@server
def test_ctrl_c_gives_the_cluster_back(course, cluster):
    for number in range(12):
        hand_in(course, f"student{number:02}", {"treble": SLOW})
    process = cluster.grade(course)
    wait_until(lambda: graded(course) >= 2 or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    status, _, err = finished(process)
    assert status == 130, err
    assert "Run the same command again to go on." in err
    status, out, err = finished(cluster.grade(course))
    assert status == 0, err
    assert out.count("graded already") >= 2 and len({student for student, _ in scores(course)}) == 12


def refused(course: Course, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What `autograder grade` says when it refuses."""
    monkeypatch.chdir(course.root)
    hand_in(course, "ada", {"treble": RIGHT})
    result = CliRunner().invoke(autograder.cli.app, ["grade", STEM, *options])
    assert result.exit_code == 2, result
    return result.stderr


def test_a_scheduler_that_does_not_answer_is_named_within_seconds(course, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(autograder.classes.cluster, "PATIENCE", 0.5)
    said = refused(course, monkeypatch, "--scheduler", "tcp://127.0.0.1:9")
    assert said.startswith("No Dask scheduler answers at tcp://127.0.0.1:9: ")
    assert said.endswith(
        "Start one with `dask scheduler`, which prints its address, or mend the address (such as tcp://host:8786).\n"
    )


def test_a_scheduler_that_wants_a_certificate_is_not_called_without_one(course, monkeypatch):
    pytest.importorskip("distributed")
    assert refused(course, monkeypatch, "--scheduler", "tls://127.0.0.1:9") == (
        "tls://127.0.0.1:9 wants a certificate, and Dask's configuration names none (distributed.comm.tls). "
        'See "Grade on a cluster" in solutions/README.md.\n'
    )


def test_without_the_extra_the_way_to_install_it_is_named(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused(course, monkeypatch, "--scheduler", "tcp://127.0.0.1:9") == (
        "Grading on a cluster needs dask.distributed. Install it with: "
        f'{sys.executable} -m pip install -c constraints.txt -e ".[cluster]"\n'
    )


def test_jobs_are_of_this_machine_and_not_of_a_cluster(course, monkeypatch):
    assert refused(course, monkeypatch, "--scheduler", "tcp://127.0.0.1:9", "--jobs", "2") == (
        "--jobs counts processes of this machine; with --scheduler the cluster's workers count.\n"
    )


def test_a_reason_of_a_broken_executor_is_told(course):
    hand_in(course, "ada", {"treble": RIGHT})

    class Broken(autograder.classes.classroom.InThisProcess):
        def submit(self, *_: object) -> Future:
            future: Future = Future()
            future.set_exception(BrokenExecutor("the power failed"))
            return future

    (outcome,) = grade_class(course, STEM, ["ada"], Broken)
    assert outcome.reason == "could not be graded: the power failed."


def test_a_process_that_would_judge_otherwise_says_in_what(monkeypatch):
    same = autograder.classes.cluster.installed(PACKAGES)
    assert autograder.classes.cluster.unfit(same, "strongest", PACKAGES) == ""
    assert (
        autograder.classes.cluster.unfit(same | {"torch": "9.9"}, "strongest", PACKAGES)
        == f"torch is {same['torch']} there, 9.9 here"
    )
    monkeypatch.setattr(sandbox, "available", lambda: {"landlock": "Linux 5.13"})
    assert "landlock: needs Linux 5.13" in autograder.classes.cluster.unfit(same, "full", PACKAGES)
