"""Where workers come from: a process that has imported everything and forks one for each request. Learner's side.

``python -m autograder.boundary.forks template FD PACKAGES`` is that process; ``cold FD PACKAGES SCRATCH LIMITS`` makes
it a single worker itself, for platforms where forking does not serve.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from autograder.imports import many_imports, put_off_the_compiler

with many_imports():
    import matplotlib.pyplot as plt  # noqa: F401  (imported for the workers that are forked from here)
    import torch

    put_off_the_compiler()
    import lessonkit.data
    from autograder.boundary import probes, sandbox  # noqa: F401  (probes are called by their path)
    from autograder.boundary.limits import MAX_TEXT
    from autograder.boundary.shell import Shell, make_shell, run_cell
    from autograder.boundary.wire import receive, send
    from autograder.boundary.worker import work
    from autograder.packages import Packages


def serve_forks(control: socket.socket, shell: Shell, packages: Packages) -> None:
    """Fork a worker for every request on ``control``, kill and reap on request, and end when the grader does.

    On request it also forks another template, which serves another process of the grader's.
    """
    scratch = receive(control)[0]["scratch"]
    workers: set[int] = set()
    with _clearing(workers, scratch):
        send(control, {"ready": os.getpid()})
        while True:
            command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not command:
                return
            if command == b"t":
                other = socket.socket(fileno=descriptors[0])
                forked(control, partial(serve_forks, other, shell, packages))
                other.close()
                continue
            request, _ = receive(control)
            if command == b"k":
                workers.discard(request["pid"])
                send(control, _end(request["pid"], request["grace"]))
                continue
            channel = socket.socket(fileno=descriptors[0])
            pid = forked(control, partial(work, channel, request["scratch"], request["limits"], shell, packages))
            channel.close()
            workers.add(pid)
            send(control, {"pid": pid})


def forked(control: socket.socket, task: Callable[[], None]) -> int:
    """A child process that does this task, and nothing else of what its parent does."""
    pid = os.fork()
    if pid == 0:
        try:
            control.close()
            task()
        finally:
            os._exit(0)
    return pid


def _end(pid: int, grace: float) -> dict[str, float]:
    """Kill a worker unless it ends by itself within ``grace`` seconds; how it ended and what it used.

    ``status`` is its exit code, or minus its signal. Its memory counts the libraries that it shares with the template.
    """
    deadline = time.monotonic() + grace
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return {
                "status": os.waitstatus_to_exitcode(status),
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "peak_bytes": used.ru_maxrss * 1024,  # Linux, where alone workers are forked, counts KiB
            }
        if time.monotonic() >= deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1e-3)


@contextmanager
def _clearing(workers: set[int], scratch: str) -> Iterator[None]:
    """At the end, kill the workers and remove their folders, which a grader that was killed cannot do."""
    try:
        yield
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        # Templates that were forked from this one keep their folders in its folder; they end when their graders do.
        with suppress(ChildProcessError):
            while True:
                os.wait()
        subprocess.run(["rm", "-rf", scratch], check=False)


def import_everything(packages: Packages) -> Shell:
    """Make this process ready for submissions, before it has seen any; the shell that their cells run in."""
    with many_imports():
        shell = make_shell()
        torch.set_num_threads(1)
        warm_up(packages)
        run_cell(shell, "1 + 1", MAX_TEXT, characters=MAX_TEXT, pictures=0)
        lessonkit.data.digits()
        sandbox.prepare(packages)
    shell.reset()
    # Garbage stays where it is. Workers forked after a collection took more processor time, it seems because what they
    # allocate then fills holes in pages that are shared.
    gc.freeze()
    return shell


def warm_up(packages: Packages) -> None:
    """Import and touch what most lessons use, on one thread: a thread pool made before a fork hangs every child."""
    for package in (*packages.beside, "lessonkit"):
        # A worker that is locked in could not read lessonkit where the course is installed editable.
        for module in pkgutil.iter_modules(map(str, packages.folders([package]))):
            importlib.import_module(f"{package}.{module.name}")
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(2, 2)).sum().backward()
    optimizer.step()
    torch.randn(2, device="meta").exp()


def become(kind: str, descriptor: int, named: str, *rest: str) -> None:
    """Make this process a template, or a single worker."""
    connection, own = socket.socket(fileno=descriptor), Packages.read(named)
    if kind == "template":
        serve_forks(connection, import_everything(own), own)
    else:
        folder, limits = rest
        work(connection, folder, json.loads(limits), import_everything(own), own)
        os._exit(0)


if __name__ == "__main__":
    kind, descriptor, *rest = sys.argv[1:]
    become(kind, int(descriptor), *rest)
