"""An end in time and in memory to what this process does with one submission. Grader's side.

What a submission sends is small, and yet what is made of it may not be: a tensor of a million rows, taken apart.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from autograder.boundary.limits import MIB

if sys.platform != "win32":
    import resource


# Of malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


class TimeUp(BaseException):
    """The alarm rang. No Exception: nothing that puts up with errors may put up with it."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """What runs inside is ended by TimeUp after so many seconds; one alarm may stand within another.

    Only the main thread of a process can be woken, and not on Windows: elsewhere nothing happens.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    started, before = time.monotonic(), signal.signal(signal.SIGALRM, _ring)
    outer, again = signal.getitimer(signal.ITIMER_REAL)
    try:
        # Again and again: where Python ignores exceptions, as in __del__, one would be lost.
        signal.setitimer(signal.ITIMER_REAL, max(min(seconds, outer or seconds), 1e-3), 1.0)
        yield
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        left = max(outer - (time.monotonic() - started), 1e-3) if outer else 0.0
        signal.setitimer(signal.ITIMER_REAL, left, again)
        signal.signal(signal.SIGALRM, before)


def _ring(*_: object) -> None:
    raise TimeUp


@contextmanager
def memory(most: int) -> Iterator[None]:
    """What runs inside gets no more than ``most`` bytes beyond those that are mapped now, on Linux."""
    if sys.platform != "linux":
        yield
        return
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    wanted = mapped + most
    allowed = [each for each in (wanted, before, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(allowed), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


@cache
def keep_freed_memory() -> None:
    """From now on this process uses again what it frees, on Linux: from the system it comes with a fault for each page.

    A large tensor goes back to the system otherwise, and the next check makes one of the same size.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # glibc has it
            change = ctypes.CDLL(None).mallopt
            change(M_MMAP_THRESHOLD, 64 * MIB)
            change(M_TRIM_THRESHOLD, 512 * MIB)


@contextmanager
def last_resort(seconds: float) -> Iterator[None]:
    """This process ends if it is still inside after so many seconds, whatever holds it up."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
