"""A class graded on a cluster: Dask's workers as an executor. Grader's side, also in each of Dask's workers.

Dask brings tasks to workers and grades back, and gives to another worker what one that died has left. It knows nothing
of submissions: each Dask worker has a template of its own, and what it forks is locked in as on one machine.
"""

from __future__ import annotations

import logging
import pickle
import platform
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from autograder.boundary import sandbox
from autograder.boundary.limits import Isolation
from autograder.classes import code
from autograder.classes.pool import ClusterError
from autograder.packages import Packages

# Imported where it is used: only those who have a cluster need it.
if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10.0
# Handed out while a cluster has no workers, so that one which grows with its work has a reason to.
FEW = 8
INSTALL = f'{sys.executable} -m pip install -c constraints.txt -e ".[cluster]"'
_one_at_a_time = threading.Lock()


@contextmanager
def cluster(
    address: str, isolation: str, say: Callable[[str], None], packages: Packages
) -> Iterator[tuple[Callable[[], Executor], Callable[[], int]]]:
    """What makes executors of a scheduler's workers, and how many submissions to give them at a time, now.

    Workers without the layers of full ``isolation`` are refused if that is asked for. ``say`` is told what slows a
    class down without an error.
    """
    client = _connected(address)
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(client, address, say, over), daemon=True)
    watch.start()

    def at_once() -> int:
        try:
            # One waits for each that runs, so that no worker waits while a grade is written.
            return max(FEW, 2 * len(client.nthreads()))
        except OSError:
            raise ClusterError(_gone(address)) from None

    try:
        yield lambda: _OnCluster(client, address, isolation, packages), at_once
    finally:
        over.set()
        watch.join(PATIENCE)
        client.close(PATIENCE)


def _connected(address: str) -> Client:
    try:
        from distributed import Client, Security
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "dask"):
            raise
        raise ClusterError(f"Grading on a cluster needs dask.distributed. Install it with: {INSTALL}") from None
    if address.startswith("tls://") and not Security().get_connection_args("client")["ssl_context"]:
        raise ClusterError(
            f"{address} wants a certificate, and Dask's configuration names none (distributed.comm.tls). "
            f'See "Grade on a cluster" in solutions/README.md.'
        )
    # A submission with pictures in it is a large task, and no mistake; a grade that a dead worker held is made again.
    warnings.filterwarnings("ignore", "Sending large graph")
    logging.getLogger("distributed.client").setLevel(logging.ERROR)
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False, name="autograder")
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address}: {error}\n"
            f"Start one with `dask scheduler`, which prints its address, or mend the address (such as tcp://host:8786)."
        ) from None


class _OnCluster(Executor):
    """Dask's own executor, with the endings that a class knows."""

    def __init__(self, client: Client, address: str, isolation: str, packages: Packages) -> None:
        self._dask = client.get_executor(pure=False)  # never the result of an earlier try
        self._address, self._isolation, self._packages = address, isolation, packages

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Call the function in one of the workers, if that is fit to."""

        def graded(call: bytes) -> Any:  # goes by value, since the scheduler reads it too and need not have the course
            return pickle.loads(call)()

        told: Future = Future()
        task = partial(function, *args, **kwargs)
        call = partial(in_worker, installed(self._packages), self._isolation, self._packages, task)
        theirs = self._dask.submit(graded, pickle.dumps(call))
        theirs.add_done_callback(lambda done: self._pass_on(done, told))
        return told

    def _pass_on(self, done: Future, told: Future) -> None:
        from distributed import KilledWorker

        error = ClusterError(_gone(self._address)) if done.cancelled() else done.exception()
        if isinstance(error, KilledWorker):
            died = f"{error.allowed_failures + 1} workers of the cluster died while they graded it"
            error = BrokenExecutor(f"{died}, the last one {error.last_worker.address}; its log may say more")
        elif isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "autograder":
            error = ClusterError(f"A worker of {self._address} has no autograder ({error}). {_TO_DO}")
        if error:
            told.set_exception(error)
        else:
            told.set_result(done.result())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what is not done, or give it up."""
        self._dask.shutdown(wait)


def in_worker(expected: dict[str, str], isolation: str, packages: Packages, function: Callable[[], Any]) -> Any:
    """Call the function in a worker of Dask's, if grades from there are those of the machine that asks for them."""
    import distributed

    if reasons := unfit(expected, isolation, packages):
        where = f"The worker {distributed.get_worker().address} on {socket.gethostname()}"
        raise ClusterError(f"{where} cannot grade this class: {reasons}.\n{_TO_DO}")
    # A worker of several threads gives each a task, but random state and the template are the process's.
    with _one_at_a_time:
        return function()


_TO_DO = (
    "Install this version of the course and its packages there, start its Dask worker again, and run the same command "
    "again. What is graded is saved."
)


def unfit(expected: dict[str, str], isolation: str, packages: Packages) -> str:
    """Why grades from this process would not be those of the machine that ``expected`` describes; else nothing."""
    here = installed(packages)
    reasons = [
        f"{name} is {here[name]} there, {wanted} here" for name, wanted in expected.items() if here[name] != wanted
    ]
    if isolation == Isolation.FULL and (missing := sandbox.available()):
        reasons.append(sandbox.refusal(missing))
    return "; ".join(reasons)


@cache
def installed(packages: Packages) -> dict[str, str]:
    """What has to be the same wherever a class is graded."""
    libraries = ("nbformat", "numpy", "torch")
    # One build of torch is for one kind of machine, such as +cpu.
    versions = {name: version(name).partition("+")[0] for name in libraries}
    python = ".".join(platform.python_version_tuple()[:2])
    return {"autograder's code": code.digest_of_all(packages).hex()[:12], "Python": python, **versions}


def _gone(address: str) -> str:
    return (
        f"The scheduler at {address} went away. What is graded is saved: start it again (`dask scheduler`), "
        f"and run the same command again."
    )


def _watch(client: Client, address: str, say: Callable[[str], None], over: threading.Event) -> None:
    """Tell of what slows a class down without an error: no workers, and threads that wait for each other."""
    waiting = crowded = False
    while not over.is_set():
        try:
            threads = client.nthreads()
        except (OSError, RuntimeError):
            return  # whoever needs the scheduler next says so
        if not threads and not waiting:
            say(f"The cluster has no workers: waiting for some. Start one with: dask worker {address} --nthreads 1")
        if not crowded and (crowded := any(count > 1 for count in threads.values())):
            say(
                "A worker grades one submission at a time, whatever threads it has. To use all cores, start it with: "
                f"dask worker {address} --nthreads 1 --nworkers auto"
            )
        waiting = not threads
        over.wait(PATIENCE)
