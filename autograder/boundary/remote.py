"""The grader's end of the boundary: a worker that is told what to run and answers with plain values. Grader's side."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.boundary.calls import MOST_LEFT_OUT
from autograder.boundary.copies import Damage, noted
from autograder.boundary.frames import Closed, Deadline, WireError
from autograder.boundary.learner import LearnerObject, path_of
from autograder.boundary.limits import IsolationError, Limits
from autograder.boundary.nodes import connected
from autograder.boundary.outputs import WHOLE, Room, shown
from autograder.boundary.randomness import digest_of_state, seed_everything
from autograder.boundary.template import NO_FILES, START_SECONDS, Ended, Template
from autograder.boundary.wire import Parcel, decode, encode, is_callable, parts, receive, send
from autograder.errors import AuthoringError, CannotCross, LearnerError, short
from autograder.verdict import Verdict


class WorkerLost(Exception):
    """The worker ended, ran out of time, or answered nonsense; it is gone, and the verdict says why."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(verdict, message)
        self.verdict, self.message = verdict, message


class RemoteWorker:
    """One submission's process, as the grader sees it."""

    def __init__(
        self, template: Template, limits: Limits, ends: float = math.inf, files: Mapping[str, bytes] = NO_FILES
    ) -> None:
        """Start a worker; ``ends`` is the moment (of ``time.monotonic``) at which the submission's time is over.

        ``files`` lie in its folder.
        """
        self.limits, self.ends = limits, ends
        self._template, self._beside = template, template.packages.beside
        self._channel, self._scratch, self._end = template.start(limits, files)
        self._released: list[int] = []
        self._deadline = time.monotonic() + START_SECONDS
        self._key = b""
        self.alive = True
        self.loss: WorkerLost | None = None
        """How the grader lost it, once it has."""
        self.ended = Ended(0)
        self.left_out: dict[str, None] = {}
        """What of the submission's code was not run, as it says itself."""
        self.layers = self._active_layers()

    def begin(self, key: int = 0) -> None:
        """Start the clock of a cell; ``key`` fixes the random streams of a grade cell's calls."""
        self._deadline = min(time.monotonic() + self.limits.cell_seconds, self.ends)
        self._key = key.to_bytes(8, "big")

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.alive:
            self._stop(grace=0.0)

    def give_up(self) -> None:
        """End the process where a message may have been cut in two, to it or to the template: that goes as well."""
        if self.alive:
            self._template.lose()
            self._stop(grace=0.0)

    def run(self, source: str, commands: bool = True, room: Room = WHOLE) -> tuple[list[dict], LearnerError | None]:
        """Run a cell: its outputs, for people, as many as there is room for, and the exception that ended it.

        Without ``commands`` its magics and its commands for the system are left out.
        """
        self.begin()
        reply, _ = self._ask({"do": "run", "source": source, "commands": commands, "room": room})
        return self._trusting(
            lambda: (shown(reply["outputs"], room), reply["problem"] and LearnerError.read(reply["problem"]))
        )

    def lookup(self, name: str) -> Any:
        """The value or callable that ``name`` stands for; KeyError if there is none."""
        reply, parcel = self._ask({"do": "lookup", "name": name})
        if "missing" in reply:
            raise KeyError(name)
        if "module" in reply:
            raise AuthoringError(
                f"{name} is the module {str(reply['module'])[:100]!r} on the learner's side, and modules do not cross: "
                f"import it in the grade cell, or in an ordinary cell of the lesson."
            )
        return self._trusting(lambda: decode(reply["value"], parcel, self._hold))

    def call_beside(self, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run a function of the course's next to the learner's code."""
        return self.call({"beside": path_of(function, self._beside)}, args, kwargs)

    def call(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call an object of the learner's; its outputs stay connected to the inputs for autograd."""
        sent = Parcel()
        request = {
            "do": "call",
            "target": target,
            "args": encode(list(args), sent, self._refer),
            "kwargs": encode(kwargs, sent, self._refer),
            "seed": self._advance(),
            "grad": torch.is_grad_enabled(),
        }
        reply, parcel = self._ask(request, sent)
        value, outputs = self._trusting(lambda: self._connected(reply, parcel, sent))
        self._trusting(lambda: self._take_note(reply["damage"], parcel, sent, [*args, *kwargs.values()]))
        return self._trusting(lambda: decode(value, outputs, self._hold))

    def backward(self, graph: _Graph, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product of an earlier call, computed where its graph is."""
        sent = Parcel()
        request = {
            "do": "backward",
            "graph": graph.number,
            "accumulate": accumulate,
            "grads": encode(grads, sent, self._refer),
        }
        reply, parcel = self._ask(request, sent)
        return self._trusting(lambda: graph.fitting(decode(reply["grads"], parcel, self._hold)))

    def release(self, number: int) -> None:
        """Tell the worker, with the next request, that an object or a graph is no longer needed."""
        self._released.append(number)

    def _advance(self) -> int:
        """A seed for the next call, from the grader's random state, which moves on in a way no worker can foresee."""
        digest = digest_of_state(self._key)
        seed_everything(int.from_bytes(digest[8:15], "big"))
        return int.from_bytes(digest[:7], "big")

    def _connected(self, reply: dict, parcel: Parcel, sent: Parcel) -> tuple[Any, Parcel]:
        """The reply's value and a parcel whose tensors have this side's autograd history."""
        decode(reply["value"], parcel, lambda _: None)
        if reply["graph"] is None:
            return reply["value"], parcel
        names = [name for name, item in parcel.originals.items() if isinstance(item, torch.Tensor)]
        # The order of a graph's outputs is the order in which the worker encoded them.
        names.sort(key=int)
        inputs = [item for item in sent.originals.values() if isinstance(item, torch.Tensor) and item.requires_grad]
        differentiable = [parcel.originals[name].requires_grad for name in names]
        graph = _Graph(self, int(reply["graph"]), inputs, differentiable)
        outputs = connected(graph, [parcel.originals[name] for name in names], inputs)
        return _without_grad_flags(reply["value"]), Parcel(dict(zip(names, outputs, strict=True)))

    def _take_note(self, damage: Any, parcel: Parcel, sent: Parcel, args: list) -> None:
        """Note what the function did to its copies of a check's values; do it to the values of any other grade cell."""
        known = list(parts(args))
        damage = decode(damage, parcel, lambda tree: known[tree["known"]] if "known" in tree else self._hold(tree))
        # A tensor in the place of one of them would be taken apart into its rows.
        tensors, grads, containers = (_a_dict(damage.get(kind, {})) for kind in ("tensors", "grads", "containers"))
        notes = noted.get()
        if notes is not None:
            notes += [Damage(sent.originals[name], "values") for name in tensors]
            notes += [Damage(sent.originals[name], "grad") for name in grads]
            notes += [Damage(known[number], "items") for number in containers]
            return
        for name, value in tensors.items():
            _restore(sent.originals[name], value)
        for name, grad in grads.items():
            sent.originals[name].grad = grad.detach()
        for number, items in containers.items():
            _refill(known[number], items)

    def _ask(self, request: dict, parcel: Parcel | None = None) -> tuple[dict, Parcel]:
        try:
            return self._asked(request, parcel)
        except WorkerLost as loss:
            self.loss = loss
            raise

    def _asked(self, request: dict, parcel: Parcel | None) -> tuple[dict, Parcel]:
        if not self.alive:
            raise WorkerLost(Verdict.RUN_TIME_ERROR, "the submission's process has ended")
        request["release"], self._released = self._released, []
        try:
            send(self._channel, request, parcel, self._deadline)
            reply, received = receive(self._channel, self._deadline)
        except Deadline:
            self._stop(grace=0.0)
            message = f"stopped after {self.limits.cell_seconds:g} s without an answer"
            if self._deadline == self.ends:
                message = f"stopped: the whole submission took more than {self.limits.submission_seconds:g} s"
            raise WorkerLost(Verdict.TIME_LIMIT_EXCEEDED, message) from None
        except Closed:
            self._stop(grace=1.0)
            raise _ending(self.ended, self.limits) from None
        except WireError as error:
            self._stop(grace=0.0)
            raise WorkerLost(Verdict.RUN_TIME_ERROR, f"the submission's process sent {error}") from None
        if described := self._trusting(lambda: reply.get("uncrossable")):
            raise CannotCross(self._trusting(lambda: short(described)))
        if problem := self._trusting(lambda: reply.get("error")):
            raise self._trusting(lambda: LearnerError.read(problem))
        told = self._trusting(lambda: [*map(short, reply.get("left_out", ()))])
        self.left_out |= dict.fromkeys(told[: MOST_LEFT_OUT - len(self.left_out)])
        return reply, received

    def _active_layers(self) -> tuple[str, ...]:
        """What the worker says first: how it has locked itself in, before it has read a line of the submission."""
        try:
            said, _ = receive(self._channel, self._deadline)
        except WireError as error:
            self._stop(grace=0.0)
            raise IsolationError(f"The process that runs a submission could not be started: {error}") from None
        if "refused" in said:
            self._stop(grace=0.0)
            raise IsolationError(said["refused"])
        return tuple(said["layers"])

    def _trusting(self, read: Callable[[], Any]) -> Any:
        """Read a reply; whatever is wrong with it is the submission's fault, never the grader's crash."""
        try:
            return read()
        except Exception as error:
            self._stop(grace=0.0)
            message = f"the submission's process sent a reply that makes no sense ({type(error).__name__})"
            self.loss = WorkerLost(Verdict.RUN_TIME_ERROR, message)
            raise self.loss from None

    def _stop(self, grace: float) -> None:
        self.alive = False
        self._channel.close()
        self.ended = self._end(grace)
        try:
            os.rmdir(self._scratch)
        except OSError:  # it is not empty; `rm` rather than shutil.rmtree, which a thousand folders deep would break
            subprocess.run(["rm", "-rf", self._scratch], check=False)

    def _hold(self, reference: dict) -> LearnerObject:
        return LearnerObject(RemoteHandle(self, int(reference["callable"])))

    def _refer(self, value: Any) -> dict:
        if isinstance(value, LearnerObject):
            return {"object": [value._handle.number, value._path]}  # type: ignore[attr-defined]
        if is_callable(value):
            return {"beside": path_of(value, self._beside)}
        raise AuthoringError(
            f"a {type(value).__name__} cannot cross to the learner's side: make it by a beside function"
        )


class RemoteHandle:
    """One callable object in a worker, which forgets it when the grader does."""

    def __init__(self, worker: RemoteWorker, number: int) -> None:
        self.worker, self.number = worker, number

    def __del__(self) -> None:
        self.worker.release(self.number)

    def call(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call the object, or what is at the dotted attribute ``path`` of it."""
        return self.worker.call({"object": [self.number, path]}, args, kwargs)


class _Graph:
    """A call's graph in the worker; the worker forgets it when the grader does."""

    def __init__(
        self, worker: RemoteWorker, number: int, inputs: list[torch.Tensor], differentiable: list[bool]
    ) -> None:
        self.worker, self.number, self.differentiable = worker, number, differentiable
        self._inputs = [(item.shape, item.device, item.dtype) for item in inputs]

    def __del__(self) -> None:
        self.worker.release(self.number)

    def backward(self, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product, from where the graph is."""
        return self.worker.backward(self, grads, accumulate)

    def fitting(self, grads: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """The gradients, if they are one for each input and of its shape; else ValueError."""
        for grad, (shape, _, _) in zip(_a_list(grads), self._inputs, strict=True):
            if grad is not None and grad.shape != shape:
                raise ValueError("a gradient of another shape than its input")
        return [
            grad if grad is None else grad.to(device, dtype)
            for grad, (_, device, dtype) in zip(grads, self._inputs, strict=True)
        ]


def _without_grad_flags(tree: Any) -> Any:
    """The same tree, its tensors taken as they are: their history is already this side's."""
    if isinstance(tree, list):
        return [_without_grad_flags(item) for item in tree]
    if isinstance(tree, dict):
        return {key: False if key == "grad" else _without_grad_flags(value) for key, value in tree.items()}
    return tree


def _a_dict(value: Any) -> dict:
    if not isinstance(value, dict):
        raise TypeError("no dict")
    return value


def _a_list(value: Any) -> list:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _restore(original: Any, value: Any) -> None:
    """Make ``original`` equal to ``value`` in place."""
    if isinstance(original, torch.Tensor):
        same_kind = original.shape == value.shape and original.dtype == value.dtype
        original.data = original.data.copy_(value.detach()) if same_kind else value.detach()
    else:
        original[...] = value.numpy()


def _refill(container: Any, items: list) -> None:
    """Make a list or dict hold these items (of a dict, its keys and values in turn)."""
    items = _a_list(items)
    container.clear()
    if isinstance(container, list):
        container.extend(items)
    else:
        container.update(zip(items[::2], items[1::2], strict=True))


def _ending(ended: Ended, limits: Limits) -> WorkerLost:
    """What an ending tells; a flood of output and too much processor time end a worker by signals of their own."""
    if ended.status >= 0:
        message = f"the submission ended its own process (exit status {ended.status})"
        return WorkerLost(Verdict.RUN_TIME_ERROR, message)
    number = signal.Signals(-ended.status)
    # A submission may ignore SIGXCPU; the system then kills it some seconds of processor time later.
    ignored = number.name == "SIGKILL" and (ended.cpu_seconds or 0.0) >= limits.cpu_seconds
    if number.name == "SIGXCPU" or ignored:
        message = f"stopped after {limits.cpu_seconds} s of processor time"
        return WorkerLost(Verdict.TIME_LIMIT_EXCEEDED, message)
    if number.name == "SIGXFSZ":
        message = f"stopped after printing more than {limits.output_characters:,} characters"
        return WorkerLost(Verdict.OUTPUT_LIMIT_EXCEEDED, message)
    return WorkerLost(Verdict.RUN_TIME_ERROR, f"the submission's process was ended by {number.name}")
