"""What a worker cannot do: refused by the sandbox, and possible without it, so that the refusals mean something."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))

from class_of_four import ROOT
from probes import LET_THROUGH, PROBES, program
from sides import worker_running

import autograder
from autograder.boundary import policy, sandbox
from autograder.boundary.limits import IsolationError, Limits
from autograder.boundary.outputs import Allowance, Room
from autograder.boundary.process import WorkerLost
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader
from autograder.proofs.verify import examples, training
from autograder.verdict import Verdict

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
COURSE = Course(ROOT)
SOME = ("lesson00_start", "lesson03_reparameterization", "lesson06_vae")
"""Lessons whose submissions are tried with and without isolation each time; the others with the slow tests."""
complete = pytest.mark.skipif(bool(sandbox.available()), reason="a layer is missing here")


def got_through(template: Template, folder: Path, isolation: str) -> set[str]:
    """The probes that get through, each tried in a worker of its own against fresh targets."""
    return {name for name, body in PROBES.items() if _tried(template, folder, isolation, body)}


def _tried(template: Template, folder: Path, isolation: str, body: str) -> bool:
    secret = folder / "secret"
    secret.write_text("the canary")
    secret.chmod(0o644)
    victim = subprocess.Popen(["sleep", "60"], start_new_session=True)
    package = str(Path(autograder.__file__).parent)
    source = program(body, SECRET=str(secret), OUTSIDE=str(folder), VICTIM=victim.pid, PACKAGE=package)
    worker = RemoteWorker(template, Limits(isolation=isolation, cell_seconds=10))
    try:
        worker.run(source)
        worker.begin()
        return worker.lookup("through")
    except WorkerLost:
        return False
    finally:
        worker.close()
        victim.kill()
        victim.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder outside every worker's own."""
    return tmp_path


@complete
def test_there_are_at_least_60_probes_and_each_one_let_through_has_a_reason() -> None:
    assert len(PROBES) >= 60
    assert set(LET_THROUGH) <= set(PROBES)


@complete
@pytest.mark.parametrize("abi", [None, 1, *(pytest.param(each, marks=pytest.mark.slow) for each in (2, 5))])
def test_only_the_harmless_named_probes_get_through(
    folder: Path, monkeypatch: pytest.MonkeyPatch, abi: int | None
) -> None:
    if abi:
        monkeypatch.setenv("AUTOGRADER_LANDLOCK_ABI", str(abi))
    with Template() as template:
        with worker_running(template, limits=Limits(isolation="full")) as worker:
            layer = f"landlock {abi}" if abi else f"landlock {min(sandbox.landlock_abi(), 7)}"
            assert layer in worker.layers
        assert got_through(template, folder, "full") <= set(LET_THROUGH)


def test_without_isolation_most_probes_get_through(template: Template, folder: Path) -> None:
    assert len(got_through(template, folder, "none")) >= 40


HONEST = """
import asyncio, shutil, tempfile, threading
import matplotlib.pyplot as plt, numpy as np, torch
model = torch.nn.Linear(4, 4)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(3):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).pow(2).mean().backward()
    optimizer.step()
torch.save(model.state_dict(), "model.pt")
shutil.copy("model.pt", "copy.pt")
model.load_state_dict(torch.load("copy.pt"))
with torch.autocast("cpu", dtype=torch.bfloat16):
    assert model(torch.ones(2, 4)).dtype == torch.bfloat16
from torch.distributions import Normal
Normal(0.0, 1.0).rsample()
np.random.default_rng().normal()
with tempfile.TemporaryDirectory() as directory:
    open(directory + "/file", "w").close()
thread = threading.Thread(target=print, args=("from a thread",))
thread.start()
thread.join()
await asyncio.sleep(0.001)
plt.plot([1, 2])
plt.show()
%timeit -n 1 -r 1 1 + 1
"""


def test_what_honest_notebooks_do_works_inside(template: Template) -> None:
    with worker_running(template) as worker:
        outputs, problem = worker.run(HONEST)
        assert problem is None
        assert "from a thread" in outputs[0]["text"] and "per loop" in outputs[0]["text"]
        assert any("image/png" in output.get("data", {}) for output in outputs)


@complete
def test_every_system_call_of_the_policy_has_a_number_on_both_architectures() -> None:
    names = {*policy.ALLOWED, *policy.PRETENDED, *policy.ABSENT, *(name for name, _ in policy.CONDITIONAL)}
    library = policy.libseccomp()
    x86_64, aarch64, unknown = 0xC000003E, 0xC00000B7, -1
    for architecture in (x86_64, aarch64):
        numbers = {
            name: library.seccomp_syscall_resolve_name_arch(architecture, name.encode())
            for name in names - NEWER_THAN_THE_LIBRARY
        }
        assert [name for name, number in numbers.items() if number == unknown] == []


NEWER_THAN_THE_LIBRARY = {"fchmodat2"}


@pytest.mark.parametrize(
    ("source", "limits", "verdict", "message"),
    [
        (
            "while True: print('x' * 1000)",
            Limits(output_characters=10**6),
            Verdict.OUTPUT_LIMIT_EXCEEDED,
            "stopped after printing more than 1,000,000 characters",
        ),
        (
            "while True: pass",
            Limits(cpu_seconds=1),
            Verdict.TIME_LIMIT_EXCEEDED,
            "stopped after 1 s of processor time",
        ),
        (
            "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
            Limits(cpu_seconds=1, cell_seconds=120),
            Verdict.TIME_LIMIT_EXCEEDED,
            "stopped after 1 s of processor time",
        ),
        (
            "import time; time.sleep(60)",
            Limits(submission_seconds=1),
            Verdict.TIME_LIMIT_EXCEEDED,
            "stopped: the whole submission took more than 1 s",
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
            Limits(cell_seconds=1),
            Verdict.TIME_LIMIT_EXCEEDED,
            "stopped after 1 s without an answer",
        ),
    ],
)
def test_a_limit_has_its_verdict_and_message(
    template: Template, source: str, limits: Limits, verdict: Verdict, message: str
) -> None:
    worker = RemoteWorker(template, limits, ends=time.monotonic() + limits.submission_seconds)
    with pytest.raises(WorkerLost) as lost:
        worker.run(source)
    assert (lost.value.verdict, lost.value.message) == (verdict, message)


def test_output_that_was_cut_says_so(template: Template) -> None:
    with worker_running(template) as worker:
        outputs, _ = worker.run("print('x' * 200_000)")
        assert outputs[0]["text"].endswith("[output cut: 200,001 characters were printed]")


DISPLAYS = "from IPython.display import Pretty, display\nfor _ in range(300): display(Pretty({text}))"


@pytest.mark.parametrize(("text", "kept"), [("'x'", 197), ("'x' * 90_000", 93)])
def test_of_many_displays_some_are_kept_and_a_note_says_how_many_are_not(template: Template, text: str, kept: int):
    with worker_running(template) as worker:
        (*displays, note), _ = worker.run(DISPLAYS.format(text=text))
    assert len(displays) == kept
    assert note["text"] == (
        f"[{300 - kept} of 300 outputs cut: of a cell 200 are kept, of a submission 8 MiB and 100 pictures]"
    )


def test_no_more_is_sent_than_there_is_room_for(template: Template) -> None:
    with worker_running(template) as worker:
        outputs, _ = worker.run(DISPLAYS.format(text="'x' * 9"), allowance=Allowance(Room(characters=100)))
    *displays, note = outputs
    assert len(displays) == 11
    assert note["text"].startswith("[289 of 300 outputs cut: ")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x = bytearray(6 * 2**30)", "MemoryError"),
        ("import numpy; x = numpy.ones(2**30)", "MemoryError"),
        ("import torch; x = torch.zeros(2**30)", "RuntimeError"),
        ("open('big', 'wb').truncate(2**40)", "OSError"),
    ],
)
def test_too_much_memory_or_disk_is_an_error_of_the_learners(template: Template, source: str, kind: str) -> None:
    worker = RemoteWorker(template, Limits(memory_bytes=2**30))
    try:
        _, problem = worker.run(source)
        assert problem and problem.kind.endswith(kind)
    finally:
        worker.close()


ROOM = """
import os
held, taken = [], 0
try:
    for number in range({times}):
        {take}
        taken += 1
except OSError as error:
    problem = error.strerror
"""
WAYS_TO_TAKE_ROOM = {
    "many files": "open(f'f{number}', 'wb').write(bytes(2**20))",
    "files without names": (
        "held.append(open(f'f{number}', 'wb')); os.unlink(f'f{number}'); held[-1].write(bytes(2**20))"
    ),
    "reserved blocks": "os.posix_fallocate(os.open(f'f{number}', os.O_CREAT | os.O_RDWR), 0, 2**20)",
    "folders": "os.mkdir(f'd{number}')",
    "links": "os.symlink('x' * 4000, f'l{number}')",
}


@complete
@pytest.mark.parametrize("take", WAYS_TO_TAKE_ROOM.values(), ids=WAYS_TO_TAKE_ROOM.keys())
def test_all_files_of_a_submission_together_have_a_limit(template: Template, take: str) -> None:
    limits = Limits(disk_bytes=8 * 2**20, files=500)
    with worker_running(template, ROOM.format(times=1000, take=take), limits) as worker:
        if not any(layer.startswith("disk") for layer in worker.layers):
            pytest.skip("this system lets nobody but root have a disk of their own")
        worker.begin()
        assert worker.lookup("problem") == "No space left on device"
        assert worker.lookup("taken") < (9 if "2**20" in take else 500)


def test_files_that_were_handed_in_lie_on_that_disk_and_none_stays(template: Template) -> None:
    source = (
        "text = open('folder/data.txt').read()\nfor name in ('data.txt', 'new'): open(f'folder/{name}', 'a').close()"
    )
    others = {*Path(template.scratch).glob("worker-*")}
    worker = RemoteWorker(template, Limits(), files={"folder/data.txt": b"some data"})
    assert worker.run(source) == ([], None)
    worker.begin()
    assert worker.lookup("text") == "some data"
    worker.close()
    assert {*Path(template.scratch).glob("worker-*")} <= others


def test_of_what_lies_beside_certificates_only_these_can_be_read() -> None:
    readable = sandbox.readable(COURSE.packages)
    assert not [path for path in readable if path.startswith(("/etc/ssl", "/etc/pki")) and os.path.isdir(path)]


LOCKING = """
import fcntl, os, sqlite3, ssl
with open("own", "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_EX)
for _ in range(2):
    with sqlite3.connect("data.db") as database:
        database.execute("create table if not exists numbers (n)")
        database.execute("insert into numbers values (1)")
rows = len(sqlite3.connect("data.db").execute("select * from numbers").fetchall())
os.posix_fallocate(os.open("room", os.O_CREAT | os.O_RDWR), 0, 2**20)
size = os.path.getsize("room")
context = ssl.create_default_context()
"""


def test_honest_code_that_locks_files_reserves_room_or_asks_for_certificates_goes_on(template: Template) -> None:
    with worker_running(template) as worker:
        assert worker.run(LOCKING) == ([], None)
        worker.begin()
        assert (worker.lookup("rows"), worker.lookup("size")) == (2, 2**20)


def test_a_template_that_is_lost_is_replaced() -> None:
    with Template() as template:
        with worker_running(template):
            assert template._process
            frozen = template._process.pid
            template.lose()
        with worker_running(template, "x = 1") as worker:
            assert worker.lookup("x") == 1 and template._process.pid != frozen


@complete
def test_full_isolation_refuses_to_start_where_a_layer_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRADER_LANDLOCK_ABI", "0")
    with Template() as template:
        with pytest.raises(IsolationError, match=r"Full isolation cannot be had here.\n  landlock: needs Linux 5.13"):
            RemoteWorker(template, Limits(isolation="full"))
        with worker_running(template) as worker:
            assert "seccomp" in worker.layers and not any("landlock" in layer for layer in worker.layers)


KILLED_GRADER = """
import time
from autograder.boundary.limits import Limits
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template
with Template() as template:
    worker = RemoteWorker(template, Limits())
    worker.run("import os; open('file', 'w').close(); pid = os.getpid()")
    print(worker.lookup("pid"), template._process.pid, template.scratch, flush=True)
    worker.run("while True: pass")
"""


def test_a_grader_that_is_killed_leaves_no_process_and_no_file() -> None:
    grader = subprocess.Popen([sys.executable, "-c", KILLED_GRADER], stdout=subprocess.PIPE, text=True)
    assert grader.stdout
    worker, template, scratch = grader.stdout.readline().split()
    time.sleep(0.2)
    os.kill(grader.pid, signal.SIGKILL)
    grader.communicate()
    left = [Path("/proc", worker, "exe"), Path("/proc", template, "exe"), Path(scratch)]
    until = time.monotonic() + 5
    while any(os.path.lexists(path) and _is_live(path) for path in left) and time.monotonic() < until:
        time.sleep(0.05)
    assert [path for path in left if _is_live(path)] == []


def _is_live(path: Path) -> bool:
    """Whether the file, or the process that the path is of, is still there (a zombie is not)."""
    try:
        return bool(os.readlink(path)) if path.name == "exe" else path.exists()
    except OSError:
        return False


@pytest.mark.parametrize(
    "stem", [pytest.param(each, marks=[] if each in SOME else [pytest.mark.slow]) for each in COURSE.stems]
)
def test_honest_notebooks_get_the_same_verdicts_with_isolation_on_and_off(template: Template, stem: str) -> None:
    lesson = COURSE.lesson(stem)
    wrong = [example for example in examples(COURSE, stem) if example.verdict == Verdict.WRONG_ANSWER]
    # Every twentieth wrong answer, and the solution, but for what trains it for seconds.
    quick = set(lesson.exercises) - training(lesson)
    notebooks = [(example.submission(lesson), example.touched(lesson)) for example in wrong[::20]]
    with Grader(lesson, template, Limits(isolation="none")) as without, Grader(lesson, template) as locked_in:
        for notebook, only in [(lesson.source, quick), *notebooks]:
            first, second = (grader.grade(notebook, 1, only).checks for grader in (without, locked_in))
            assert [(check.grade_id, check.verdict) for check in first] == [
                (check.grade_id, check.verdict) for check in second
            ]
