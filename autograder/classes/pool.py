"""Work that runs side by side, in processes that end with the one that started them. Grader's side.

A task holds all that it needs, so any ``concurrent.futures.Executor`` can run it: this process, a pool, a cluster.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import Any, Generic, Protocol, TypeVar

from autograder.problems import Problem

PATIENCE = 5.0
Outcome = TypeVar("Outcome")


class ClusterError(Problem):
    """The machines that should grade cannot; the message says which and what to do there."""


class Bench(Protocol):
    """What a process of a pool sets up before its first task and clears away after its last. It travels there."""

    def begin(self) -> None:
        """Set up."""

    def end(self, orphaned: bool) -> None:
        """Clear away, also while setting up; ``orphaned``: nobody is left to clear away what is shared."""


class NothingToSetUp:
    """The bench of tasks that need none."""

    def begin(self) -> None:
        """Nothing."""

    def end(self, orphaned: bool) -> None:
        """Nothing."""


class InThisProcess(Executor):
    """Runs each task here and now."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """A future that is done already."""
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def processes(
    jobs: int, preloaded: list[str], bench: Bench, folder: str | None = None
) -> Iterator[Callable[[], Executor]]:
    """``with processes(4, modules, bench) as start``: ``start()`` is an executor of four; none is left at the end.

    What Python keeps in a temporary folder is kept in ``folder``, if others see to it that nothing stays there.
    """
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    if os.name == "posix":
        with out_of_reach_of_ctrl_c(), _keeping_in(folder):
            context.set_forkserver_preload(preloaded)
            forkserver.ensure_running()

    def start() -> Executor:
        executor = ProcessPoolExecutor(jobs, context, _begin, (bench,))
        with out_of_reach_of_ctrl_c():
            executor.submit(os.getpid)
        return executor

    try:
        yield start
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        for process in multiprocessing.active_children():
            process.join(PATIENCE)
            process.kill()
        if folder and os.name == "posix":
            vars(forkserver)["_forkserver"]._stop()  # its socket goes with the folder


@contextmanager
def _keeping_in(folder: str | None) -> Iterator[None]:
    # Python has no other way to say so, and a folder that it makes itself stays when this process is killed.
    config: dict[str, Any] = vars(multiprocessing.current_process())["_config"]
    before = config.get("tempdir")
    config["tempdir"] = folder or before
    try:
        yield
    finally:
        config["tempdir"] = before


@contextmanager
def out_of_reach_of_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches every process of the terminal; those that start in here are told by this one what to do.

    One that comes meanwhile ends this process afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):  # no processes are forked there
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ctrl-C ends this process after what is done in here, so that it is whole; a second one does not wait."""
    by_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not by_default or threading.current_thread() is not threading.main_thread():
        yield
        return
    came = False

    def note(*_: object) -> None:
        nonlocal came
        came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if came:
            raise KeyboardInterrupt


def _begin(bench: Bench) -> None:
    """Make a process of the pool ready: it ends when it is told to, or when the coordinator is gone."""
    coordinator: Any = multiprocessing.parent_process()

    def end(*_: object) -> None:
        try:
            bench.end(orphaned=not coordinator.is_alive())
        finally:
            os._exit(1)

    def watch() -> None:
        wait([coordinator.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        # The handler waits for the interpreter, which may be deep in a long computation.
        time.sleep(PATIENCE)
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=watch, daemon=True).start()
    bench.begin()


class Hall(Generic[Outcome]):
    """The tasks that run now. One that breaks its executor costs no other task its result."""

    def __init__(self, start: Callable[[], Executor], at_once: Callable[[], int]) -> None:
        self._start, self._at_once = start, at_once
        self._executor: Executor | None = None  # none is started where there is nothing to do
        self._running: dict[Future, tuple[Callable[[], Any], Callable[[Future], Outcome]]] = {}

    def __enter__(self) -> Hall[Outcome]:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop(wait=not self._running)

    def send(self, task: Callable[[], Any], record: Callable[[Future], Outcome]) -> None:
        """Have a task done, which must travel to where that is; ``record`` makes an outcome of what came of it."""
        self._running[self._submit(task)] = task, record

    def make_room(self) -> Iterator[Outcome]:
        """Outcomes, until one more task may be sent."""
        while len(self._running) >= self._at_once():
            yield from self._some()

    def empty(self) -> Iterator[Outcome]:
        """All outcomes that are still to come."""
        while self._running:
            yield from self._some()

    def _some(self) -> Iterator[Outcome]:
        done, _ = wait_for(self._running, return_when=FIRST_COMPLETED)
        broken = []
        for future in done:
            task, record = self._running.pop(future)
            if isinstance(future.exception(), BrokenExecutor):
                broken.append((task, record))
            else:
                yield record(future)
        if broken:
            # Any of those that ran may have done it: each gets another try, alone.
            yield from self.empty()
            for task, record in broken:
                self._stop(wait=False)
                alone = self._submit(task)
                wait_for([alone])
                yield record(alone)
            self._stop(wait=False)

    def _submit(self, task: Callable[[], Any]) -> Future:
        self._executor = self._executor or self._start()
        try:
            return self._executor.submit(task)
        except BrokenExecutor as error:
            future: Future = Future()
            future.set_exception(error)
            return future

    def _stop(self, wait: bool) -> None:
        if self._executor:
            self._executor.shutdown(wait, cancel_futures=True)
        self._executor = None
