"""The hostile submissions, the surroundings that they attack, and what has come of it.

A submission is a file ``submissions/<class>/<name>.py``: the cells that the attacker adds (at the notebook's start) or
answers (``grade_id="..."``); where it answers nothing, ``double`` is wrong and the other questions are right. Its
header says the class, the attack, and for each grade cell that must fail the verdicts that it may get:
``# expects <grade_id>: <verdict>[, <verdict>]``. Words like ``@secret@`` stand for what the attacker found out before.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import jupytext
import nbformat
import psutil
from nbformat import NotebookNode

import autograder
from autograder.build import build
from autograder.course import Course
from autograder.lesson import Lesson, answered
from autograder.verdict import Grade

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STEM = "lesson79_double"
WRONG = "def double(x):\n    return 3 * x + 1"
SHARED = ("/tmp", "/dev/shm", "/var/tmp", str(Path.home()))


@dataclass(frozen=True)
class Attack:
    """One hostile submission: what its header says, and its cells."""

    path: Path
    kind: str
    summary: str
    needs_sandbox: bool
    expects: dict[str, set[str]]
    cells: list[NotebookNode]

    @classmethod
    def read(cls, path: Path) -> Attack:
        """Read one file of the corpus."""
        text = path.read_text(encoding="utf-8")
        header = dict(re.findall(r"^# (class|attack|needs): (.+)$", text, re.MULTILINE))
        expects = {name: set(said.split(", ")) for name, said in re.findall(r"^# expects (\S+): (.+)$", text, re.M)}
        cells = jupytext.reads(text[text.index("# %%") :], fmt="py:percent").cells
        return cls(path, header["class"], header["attack"], header.get("needs") == "sandbox", expects, cells)

    def submission(self, lesson: Lesson, places: dict[str, str]) -> NotebookNode:
        """The notebook that is handed in, with what the attacker knows filled in."""
        cells = [copy.deepcopy(cell) for cell in self.cells]
        for cell in cells:
            cell.source = re.sub(r"@(\w+)@", lambda match: places.get(match[1], match[0]), cell.source)
        answers = {"double": WRONG} | {
            cell.metadata["grade_id"]: cell.source for cell in cells if "grade_id" in cell.metadata
        }
        notebook = answered(lesson.source, answers)
        notebook.cells = [cell for cell in cells if "grade_id" not in cell.metadata] + notebook.cells
        return notebook


def corpus() -> list[Attack]:
    """Every hostile submission, in order."""
    return [Attack.read(path) for path in sorted((HERE / "submissions").glob("*/*.py"))]


class Surroundings:
    """A course with a gradebook, a neighbour's work and secrets; a process and a listener; all that can be harmed."""

    def __init__(self, root: Path) -> None:
        self.canaries = {
            name: f"canary-{name}-{secrets.token_hex(8)}"
            for name in ("file", "environment", "neighbour", "check", "memory")
        }
        self.mark = f"mark{secrets.token_hex(6)}"
        self.root = root / "course"
        (self.root / "solutions").mkdir(parents=True)
        source = (HERE / "lesson.py").read_text(encoding="utf-8").replace("@check@", self.canaries["check"])
        (self.root / "solutions" / f"{STEM}.py").write_text(source, encoding="utf-8")
        shutil.copy(ROOT / "nbgrader_config.py", self.root)
        (self.root / "secret.txt").write_text(self.canaries["file"])
        build([], self.root)
        self.course = Course(self.root)
        self.lesson = self.course.lesson(STEM)
        self.neighbour = copy.deepcopy(self.lesson.source)
        self.neighbour.cells[-1].source = self.canaries["neighbour"]
        target = self.root / "submitted" / "neighbour" / STEM / f"{STEM}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(self.neighbour, target)
        # Beyond what a scan of this process's memory would find anyway: something that only this process holds.
        self.in_memory = self.canaries["memory"].encode() * 1000
        self._pristine = root / "pristine"
        self._stack = ExitStack()
        self._stack.enter_context(patch.dict(os.environ, GRADER_TOKEN=self.canaries["environment"]))

    def __enter__(self) -> Surroundings:
        self._victim = self._start_victim()
        self._tcp, self._udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self._tcp.bind(("127.0.0.1", 0))
        self._udp.bind(("127.0.0.1", 0))
        self._tcp.listen(20)
        self._unix, self._unix_datagrams = (
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM),
        )
        self._unix.bind(str(self.root / "unix.socket"))
        self._unix.listen(20)
        self._unix_datagrams.bind(str(self.root / "datagrams.socket"))
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0{self.mark}")
        self._abstract.listen(20)
        for listener in self.listeners:
            listener.setblocking(False)
            self._stack.enter_context(listener)
        return self

    def __exit__(self, *_: object) -> None:
        self._victim.kill()
        self._victim.wait()
        self._stack.close()

    @property
    def listeners(self) -> list[socket.socket]:
        return [self._tcp, self._udp, self._unix, self._unix_datagrams, self._abstract]

    @property
    def places(self) -> dict[str, str]:
        """What the words in a submission stand for."""
        return {
            "course": str(self.root),
            "stem": STEM,
            "secret": str(self.root / "secret.txt"),
            "neighbour": str(self.root / "submitted" / "neighbour" / STEM / f"{STEM}.ipynb"),
            "gradebook": str(self.root / "gradebook.db"),
            "package": str(Path(autograder.__file__).parent),
            "grader": str(os.getpid()),
            "victim": str(self._victim.pid),
            "mark": self.mark,
            "tcp": str(self._tcp.getsockname()[1]),
            "udp": str(self._udp.getsockname()[1]),
        }

    def remember(self) -> None:
        """Take the course as it is now for its right state."""
        self._right = self._state()
        shutil.copytree(self.root, self._pristine, ignore=shutil.ignore_patterns("*.socket"), dirs_exist_ok=True)

    def leaked(self, grade: Grade) -> list[str]:
        """The secrets that people, or the network, got to see."""
        seen = nbformat.writes(grade.notebook) + repr(grade.checks)
        received = b"".join(self._received()).decode(errors="replace")
        seen = seen.replace(self.canaries["neighbour"], "") if grade.notebook is self.neighbour else seen
        found = []
        for name, canary in self.canaries.items():
            forms = (
                canary,
                canary[::-1],
                canary.encode().hex(),
                base64.b64encode(canary.encode()).decode().rstrip("="),
            )
            found += [name] if any(form in seen + received for form in forms) else []
        return found + [f"the checks' source: {line}" for line in _lines_of_checks() if line in seen + received][:1]

    def harmed(self) -> list[str]:
        """What is no longer as it was: files of the course, the process next door."""
        now = self._state()
        changed = [
            f"{name} changed"
            for name in sorted(self._right.keys() | now.keys())
            if self._right.get(name) != now.get(name)
        ]
        alive = self._victim.poll() is None and psutil.Process(self._victim.pid).status() != psutil.STATUS_STOPPED
        return changed + ([] if alive and self._unlimited() else ["a process next door was harmed"])

    def left_over(self, scratch: str) -> list[str]:
        """Processes and files of the submission that are still there."""
        processes = [f"process {process.pid}" for process in self._processes(scratch)]
        folders = [str(path) for path in Path(scratch).glob("worker-*")]
        places = [
            *SHARED,
            *map(os.path.dirname, [sys.executable, autograder.__file__, nbformat.__path__[0]]),
            ".",
            str(self.root.parent),
        ]
        marked = [str(path) for place in places for path in Path(place).glob(f"*{self.mark}*")]
        marked += [str(path) for path in (Path(autograder.__file__).parent / "checks").rglob(f"*{self.mark}*")]
        return processes + folders + marked

    def repair(self, scratch: str) -> None:
        """Put everything back as it was, after an attack without protection."""
        for process in self._processes(scratch):
            process.kill()
        for place in self.left_over(scratch):
            if os.path.isdir(place):
                subprocess.run(["rm", "-rf", place], check=False)
            elif os.path.lexists(place):
                os.unlink(place)
        if self._state() != self._right:
            for path in self.root.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    path.chmod(0o644)
            shutil.copytree(self._pristine, self.root, dirs_exist_ok=True)
            for name in self._state().keys() - self._right.keys():
                os.unlink(self.root / name)
        self._victim.kill()
        self._victim.wait()
        self._victim = self._start_victim()

    def _start_victim(self) -> subprocess.Popen:
        return subprocess.Popen(["sleep", "3600"], start_new_session=True)

    def _unlimited(self) -> bool:
        process = psutil.Process(self._victim.pid)
        return process.rlimit(psutil.RLIMIT_CPU)[0] != 1 and len(process.cpu_affinity()) == len(
            psutil.Process().cpu_affinity()
        )

    def _state(self) -> dict[str, tuple]:
        """Content and permissions of every file of the course, by name."""
        files = (path for path in self.root.rglob("*") if path.is_symlink() or path.is_file())
        return {str(path.relative_to(self.root)): _state_of(path) for path in files if "__pycache__" not in path.parts}

    def _processes(self, scratch: str) -> Iterator[psutil.Process]:
        """The processes that come from the template of this folder, wherever they went; not the template itself."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                started_here = process.environ().get("MPLCONFIGDIR", "").startswith(scratch)
                marked = self.mark in " ".join(process.cmdline())
                if (started_here or marked) and os.getpid() not in (process.pid, process.ppid()):
                    yield process

    def _received(self) -> Iterator[bytes]:
        """What arrived at the listeners; that somebody came at all counts as a leak of the file."""
        for listener in self.listeners:
            with suppress(BlockingIOError):
                while True:
                    if listener.type == socket.SOCK_STREAM:
                        listener.accept()[0].close()
                        yield self.canaries["file"].encode()
                    else:
                        yield listener.recv(2**16)


def _state_of(path: Path) -> tuple:
    if path.is_symlink():
        return ("link", os.readlink(path))
    return hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode


def _lines_of_checks() -> list[str]:
    """Lines that are only in the source of the judging half."""
    text = (
        Path(autograder.__file__).parent / "checks" / "lesson03_reparameterization" / "reparameterize.py"
    ).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if len(line.strip()) > 50]
