"""Where workers come from: a template process that has imported everything, or a cold start. Grader's side."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from autograder.boundary.frames import WireError, receive, send
from autograder.boundary.limits import Limits
from autograder.boundary.twins import runs_already, started_as_twins
from autograder.packages import Packages

NO_PACKAGES = Packages()
NO_FILES: Mapping[str, bytes] = {}
START_SECONDS = 120.0
# What the template does at once, on a machine that is busy.
ANSWER_SECONDS = 20.0
# A message that fits in is taken at once; the system gives less where it allows less.
SEND_BYTES = 2**20
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "AUTOGRADER_LANDLOCK_ABI")


class Ended(NamedTuple):
    """How a worker ended: its exit code, or minus its signal; and what it used, which cold ones do not tell."""

    status: int
    cpu_seconds: float | None = None
    peak_bytes: int | None = None


class Template:
    """A process that has imported everything, from which workers are forked in milliseconds.

    Where forking does not serve (not Linux), every worker is started cold instead: the same worker, seconds later.
    """

    def __init__(self, packages: Packages = NO_PACKAGES, mother: socket.socket | None = None) -> None:
        """``mother``: the control of a template to fork this one from, rather than to import everything again.

        Workers hold the functions of ``packages`` that run beside a submission, and may read none of the checks.
        """
        self.packages = packages
        self.scratch = tempfile.mkdtemp(prefix="autograder-")
        # A worker with a user of its own passes through, and sees nothing on its way.
        os.chmod(self.scratch, 0o711)
        self.forks = sys.platform == "linux" and os.environ.get("AUTOGRADER_WORKERS") != "cold"
        self._mother = mother
        self._pid = 0
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Template:
        """Begin to start it: it imports while the grader does."""
        if self.forks:
            self._started()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def as_twin(self) -> Iterator[socket.socket | None]:
        """Inside, it begins as the twin of a forkserver that starts; where one runs already, on its own."""
        if not self.forks or runs_already():
            yield self.control
            return
        self._control, theirs = socket.socketpair()
        with theirs, started_as_twins(theirs, self.packages.as_text(), self._environment()):
            yield self._control
        send(self._control, {"scratch": self.scratch})

    @property
    def control(self) -> socket.socket | None:
        """What a ``mother`` is: other templates may be forked by it, also from other processes."""
        return self._started() if self.forks else None

    def close(self) -> None:
        """End the template, its workers and their folders."""
        if self._control:
            self._hang_up(self._control)
        self._end_process(ANSWER_SECONDS)
        shutil.rmtree(self.scratch, ignore_errors=True)

    @staticmethod
    def _hang_up(control: socket.socket) -> None:
        """Say that no more requests come, and wait until the other side has gone too."""
        with control, suppress(OSError):
            control.shutdown(socket.SHUT_WR)
            control.settimeout(ANSWER_SECONDS)
            while control.recv(2**16):
                pass

    def wait(self) -> None:
        """Wait until a worker takes milliseconds to start."""
        if self.forks:
            self._ready_control()

    def start(
        self, limits: Limits, files: Mapping[str, bytes] = NO_FILES
    ) -> tuple[socket.socket, str, Callable[[float], Ended]]:
        """A new worker: its channel, its folder, with these files; a function that ends it and tells how it ended."""
        scratch = tempfile.mkdtemp(prefix="worker-", dir=self.scratch)
        lay_out(files, Path(scratch))
        ours, theirs = socket.socketpair()
        for side in (ours, theirs):
            side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        with theirs:
            if not self.forks:
                end_cold = _ender(self._exec("cold", theirs, scratch, json.dumps(limits.for_worker())))
                return ours, scratch, lambda grace: Ended(end_cold(grace))
            request = {"scratch": scratch, "limits": limits.for_worker()}
            try:
                pid = self._tell(b"f", request, theirs)["pid"]
            except (OSError, WireError):
                self.lose()
                pid = self._tell(b"f", request, theirs)["pid"]

        control = self._control

        def end(grace: float) -> Ended:
            if self._control is not control:  # it went with its template
                return Ended(-signal.SIGKILL)
            try:
                return Ended(**self._tell(b"k", {"pid": pid, "grace": grace}))
            except (OSError, WireError):
                # The submission killed or froze the template; its workers go with it, and the next gets a new one.
                self.lose()
                return Ended(-signal.SIGKILL)

        return ours, scratch, end

    def _tell(self, command: bytes, request: dict, lent: socket.socket | None = None) -> dict:
        """One request to the template and its answer, which it owes at once."""
        control = self._ready_control()
        deadline = time.monotonic() + request.get("grace", 0.0) + ANSWER_SECONDS
        if lent:
            socket.send_fds(control, [command], [lent.fileno()])
        else:
            control.sendall(command)
        send(control, request, deadline=deadline)
        return receive(control, deadline)[0]

    def lose(self) -> None:
        """Give the template up with all its workers: the next worker comes from a new one."""
        # Killed first, since a template whose grader only goes away removes the folder.
        if self._pid:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._end_process(0.0)
        if self._control:
            self._control.close()
        self._control, self._pid = None, 0

    def _end_process(self, grace: float) -> None:
        if self._process:
            _ender(self._process)(grace)
            self._process = None

    def _ready_control(self) -> socket.socket:
        control = self._started()
        if not self._pid:
            self._pid = receive(control, time.monotonic() + START_SECONDS)[0]["ready"]
            control.settimeout(None)
        return control

    def _started(self) -> socket.socket:
        if self._control is None:
            os.makedirs(self.scratch, mode=0o711, exist_ok=True)
            self._control, theirs = socket.socketpair()
            with theirs:
                if not self._forked(theirs):
                    self._process = self._exec("template", theirs)
            send(self._control, {"scratch": self.scratch})
        return self._control

    def _forked(self, theirs: socket.socket) -> bool:
        """Whether the mother took the request for another template."""
        try:
            return bool(self._mother and socket.send_fds(self._mother, [b"t"], [theirs.fileno()]))
        except OSError:
            self._mother = None  # it is gone
            return False

    def _exec(self, kind: str, channel: socket.socket, *rest: str) -> subprocess.Popen:
        descriptor, packages = channel.fileno(), self.packages.as_text()
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.boundary.forks", kind, str(descriptor), packages, *rest],
            pass_fds=[descriptor],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("AUTOGRADER_DEBUG") else subprocess.DEVNULL,
            # Out of reach of what ends all of the grader's processes: it sees that they are gone, and clears away.
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """A clean one: what the grader's holds (tokens, paths) is no business of a submission's."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"HOME": self.scratch, "IPYTHONDIR": self.scratch, "MPLCONFIGDIR": self.scratch}
        copy_font_list(self.scratch)
        environment |= {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), self.packages.root]))
        }
        # Pages of 2 MiB: a fork copies the table of all pages, which is short then, and a worker waits for it.
        environment |= {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # one thread, or a fork would hang
        return environment | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def copy_font_list(folder: str) -> None:
    """Put the list of this machine's fonts where matplotlib looks for it, if whoever grades has drawn something before.

    To make it takes a quarter of matplotlib's import, and longer where there are many fonts.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for known in Path(os.environ.get("MPLCONFIGDIR") or Path(cache, "matplotlib")).glob("fontlist-*.json"):
        with suppress(OSError):
            shutil.copyfile(known, Path(folder, known.name))


def lay_out(files: Mapping[str, bytes], folder: Path, mode: int = 0o666) -> None:
    """Write the files into a new folder; by default whoever works there, another user, may change them."""
    for name, content in files.items():
        path = folder / name
        for parent in reversed(path.parents):
            if folder in parent.parents and not parent.exists():
                parent.mkdir()
                parent.chmod(0o777)
        path.write_bytes(content)
        path.chmod(mode)


def _ender(process: subprocess.Popen) -> Callable[[float], int]:
    def end(grace: float) -> int:
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    return end
