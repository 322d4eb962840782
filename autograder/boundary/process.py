"""A submission's process as such: it is started, asked, waited for and ended. Grader's side."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from autograder.boundary.frames import Closed, Deadline, WireError
from autograder.boundary.limits import IsolationError, Limits
from autograder.boundary.parcel import Parcel
from autograder.boundary.shared import Shared
from autograder.boundary.template import NO_FILES, START_SECONDS, Ended, Template
from autograder.boundary.wire import receive, send
from autograder.bounds import TimeUp
from autograder.errors import AuthoringError
from autograder.verdict import Verdict


class WorkerLost(Exception):
    """The worker ended, ran out of time, or answered nonsense; it is gone, and the verdict says why."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(verdict, message)
        self.verdict, self.message = verdict, message


class Process:
    """One process, until it ends by itself, by its time, or by an answer that makes no sense."""

    def __init__(
        self, template: Template, limits: Limits, ends: float = math.inf, files: Mapping[str, bytes] = NO_FILES
    ) -> None:
        """``ends`` is the moment at which the submission's time is over; ``files`` lie in its folder."""
        self.limits, self._ends, self._template = limits, ends, template
        self._channel, self._scratch, self._end = template.start(limits, files)
        self._deadline = time.monotonic() + START_SECONDS
        self.alive = True
        self.loss: WorkerLost | None = None
        """How the grader lost it, once it has."""
        self.ended = Ended(0)
        self._was_interrupted = False
        self.shared: Shared | None = None
        """The values that both sides hold, where grade cells are plain ones."""
        self.layers = self._active_layers()

    def begin(self) -> None:
        """Start the clock of a cell."""
        self._deadline = min(time.monotonic() + self.limits.cell_seconds, self._ends)

    def exchange(self, message: dict[str, Any], parcel: Parcel | None = None) -> tuple[dict, Parcel]:
        """Send a message and wait for the one that comes next; WorkerLost, if none does."""
        if self._was_interrupted:
            raise AuthoringError("a signal of the test's has interrupted a call: nothing is asked after that")
        if not self.alive:
            raise self._lost(Verdict.RUN_TIME_ERROR, "the submission's process has ended")
        try:
            send(self._channel, message, parcel, self._deadline)
            reply, received = self._reply()
        except Deadline:
            self.stop()
            said = f"stopped after {self.limits.cell_seconds:g} s without an answer"
            if self._deadline == self._ends:
                said = f"stopped: the whole submission took more than {self.limits.submission_seconds:g} s"
            raise self._lost(Verdict.TIME_LIMIT_EXCEEDED, said) from None
        except Closed:
            self.stop(grace=1.0)
            raise self._lost(*_ending(self.ended, self.limits)) from None
        except WireError as error:
            self.stop()
            raise self._lost(Verdict.RUN_TIME_ERROR, f"the submission's process sent {error}") from None
        if (shared := self.shared) is not None:
            self.trusting(lambda: shared.take(reply, received))
        return reply, received

    def _reply(self) -> tuple[dict, Parcel]:
        try:
            return receive(self._channel, self._deadline)
        except (WireError, TimeUp, KeyboardInterrupt):
            raise
        except BaseException:  # of a signal's handler in a test: what comes next would be the answer to this
            self._was_interrupted = True
            self.stop()
            raise

    def over(self, verdict: Verdict, message: str) -> WorkerLost:
        """End it for this reason; what to raise."""
        self.stop()
        return self._lost(verdict, message)

    def _lost(self, verdict: Verdict, message: str) -> WorkerLost:
        self.loss = WorkerLost(verdict, message)
        return self.loss

    def _active_layers(self) -> tuple[str, ...]:
        """What the worker says first: how it has locked itself in, before it has read a line of the submission."""
        try:
            said, _ = receive(self._channel, self._deadline)
        except WireError as error:
            self.stop()
            raise IsolationError(f"The process that runs a submission could not be started: {error}") from None
        if "refused" in said:
            self.stop()
            raise IsolationError(said["refused"])
        return tuple(said["layers"])

    def trusting(self, read: Callable[[], Any]) -> Any:
        """Read a reply; whatever is wrong with it is the submission's fault, never the grader's crash."""
        try:
            return read()
        except Exception as error:
            message = f"the submission's process sent a reply that makes no sense ({type(error).__name__})"
            raise self.over(Verdict.RUN_TIME_ERROR, message) from None

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.alive:
            self.stop()

    def give_up(self) -> None:
        """End the process where a message may have been cut in two, to it or to the template: that goes as well."""
        if self.alive:
            self._template.lose()
            self.stop()

    def stop(self, grace: float = 0.0) -> None:
        """End it, and remove its folder; with ``grace``, after so many seconds in which it may end by itself."""
        self.alive = False
        self._channel.close()
        self.ended = self._end(grace)
        try:
            os.rmdir(self._scratch)
        except OSError:  # it is not empty; `rm` rather than shutil.rmtree, which a thousand folders deep would break
            subprocess.run(["rm", "-rf", self._scratch], check=False)


def _ending(ended: Ended, limits: Limits) -> tuple[Verdict, str]:
    """What an ending tells; a flood of output and too much processor time end a worker by signals of their own."""
    if ended.status >= 0:
        message = f"the submission ended its own process (exit status {ended.status})"
        return Verdict.RUN_TIME_ERROR, message
    number = signal.Signals(-ended.status)
    # A submission may ignore SIGXCPU; the system then kills it some seconds of processor time later.
    ignored = number.name == "SIGKILL" and (ended.cpu_seconds or 0.0) >= limits.cpu_seconds
    if number.name == "SIGXCPU" or ignored:
        message = f"stopped after {limits.cpu_seconds} s of processor time"
        return Verdict.TIME_LIMIT_EXCEEDED, message
    if number.name == "SIGXFSZ":
        message = f"stopped after printing more than {limits.output_characters:,} characters"
        return Verdict.OUTPUT_LIMIT_EXCEEDED, message
    return Verdict.RUN_TIME_ERROR, f"the submission's process was ended by {number.name}"
