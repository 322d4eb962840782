"""Two processes from one import of torch: one grades, of the other workers are forked. Grader's side.

The process that imports is started with a template's environment, and parts in two before it knows anything that a
submission may not: no lesson, no seed, no variable of the grader's environment. Those reach the one that grades later.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker, util

from autograder.imports import many_imports, put_off_the_compiler

_TOLD = "AUTOGRADER_TEMPLATE"
"""The variable by which a process is told of the template that it is to part from."""


def runs_already() -> bool:
    """Whether this process has a forkserver, so that none starts when it is asked for."""
    return vars(forkserver)["_forkserver"]._forkserver_pid is not None


@contextmanager
def started_as_twins(control: socket.socket, packages: str, environment: dict[str, str]) -> Iterator[None]:
    """Inside, a forkserver that starts begins as a template's twin: ``control`` is the template's, as ``packages``."""
    resource_tracker.ensure_running()  # which is started in the same way, but for nobody's twin

    def spawn(path: bytes, arguments: list, descriptors: Sequence[int]) -> int:
        for descriptor in (*descriptors, control.fileno()):
            os.set_inheritable(descriptor, True)
        told = {_TOLD: json.dumps([control.fileno(), packages])}
        return os.posix_spawn(path, arguments, environment | told)

    python = vars(util)
    before, python["spawnv_passfds"] = python["spawnv_passfds"], spawn
    try:
        yield
    finally:
        python["spawnv_passfds"] = before


def part() -> None:
    """Become two, where this process was started for it: the other is a template, and never comes back."""
    if not (told := os.environ.pop(_TOLD, "")):
        return
    descriptor, packages = json.loads(told)
    with many_imports():
        import torch  # noqa: F401

        put_off_the_compiler()
    _as_orphan(lambda: _become_template(descriptor, packages))
    os.close(descriptor)


def _as_orphan(task: Callable[[], None]) -> None:
    """Do this in a process that nobody here waits for."""
    if child := os.fork():
        os.waitpid(child, 0)
        return
    try:
        if not os.fork():
            task()
    finally:
        os._exit(0)


def _become_template(descriptor: int, packages: str) -> None:
    from autograder.boundary import sandbox

    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1) if os.environ.get("AUTOGRADER_DEBUG") else (0, 1, 2):
        os.dup2(nowhere, stream)
    sandbox.close_descriptors(keep=descriptor)
    sys.path[:] = filter(None, sys.path)  # not the working folder, in which anything may lie
    from autograder.boundary import forks

    forks.become("template", descriptor, packages)
