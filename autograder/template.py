"""Where workers come from: a template process that has imported everything, or a cold start. Grader's side."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from autograder.wire import WireError, receive, send

START_SECONDS = 120.0


class Template:
    """A process that has imported everything, from which workers are forked in milliseconds.

    Where forking does not serve (not Linux), every worker is started cold instead: the same worker, seconds later.
    """

    def __init__(self) -> None:
        self.scratch = tempfile.mkdtemp(prefix="autograder-")
        self.forks = sys.platform == "linux" and os.environ.get("AUTOGRADER_WORKERS") != "cold"
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None

    def __enter__(self) -> Template:
        if self.forks:
            self._ready_control()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the template, its workers and their folders."""
        if self._control:
            self._control.close()
        if self._process:
            self._process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def start(self) -> tuple[socket.socket, str, Callable[[float], int]]:
        """A new worker: its channel, its folder, and a function that ends it and tells its exit code."""
        scratch = tempfile.mkdtemp(prefix="worker-", dir=self.scratch)
        ours, theirs = socket.socketpair()
        with theirs:
            if not self.forks:
                return ours, scratch, _ender(self._exec("cold", theirs, scratch))
            control = self._ready_control()
            socket.send_fds(control, [b"f"], [theirs.fileno()])
            send(control, {"scratch": scratch})
        pid = receive(control)[0]["pid"]

        def end(grace: float) -> int:
            try:
                control.sendall(b"k")
                send(control, {"pid": pid, "grace": grace})
                return receive(control)[0]["status"]
            except (OSError, WireError):
                # The submission killed the template; its workers went with it, and the next one gets a new template.
                self._control = None
                return -signal.SIGKILL

        return ours, scratch, end

    def _ready_control(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                self._process = self._exec("template", theirs)
            receive(ours, time.monotonic() + START_SECONDS)
            ours.settimeout(None)
            self._control = ours
        return self._control

    def _exec(self, kind: str, channel: socket.socket, *rest: str) -> subprocess.Popen:
        # A clean environment: what the grader's holds (tokens, paths) is no business of a submission's.
        environment = {
            name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ
        }
        environment |= {"HOME": self.scratch, "IPYTHONDIR": self.scratch, "MPLCONFIGDIR": self.scratch}
        environment |= {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # one thread, or a fork would hang
        environment |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        descriptor = channel.fileno()
        return subprocess.Popen(
            [sys.executable, "-m", "autograder.worker", kind, str(descriptor), *rest],
            pass_fds=[descriptor],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("AUTOGRADER_DEBUG") else subprocess.DEVNULL,
        )


def _ender(process: subprocess.Popen) -> Callable[[float], int]:
    def end(grace: float) -> int:
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    return end
