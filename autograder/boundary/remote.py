"""The grader's end of the boundary: a worker that is told what to run and answers with plain values. Grader's side."""

from __future__ import annotations

import builtins
import importlib
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.boundary.callbacks import MAX_DEPTH as DEEPEST
from autograder.boundary.callbacks import library_path, may_be_called_back
from autograder.boundary.calls import MOST_LEFT_OUT
from autograder.boundary.copies import Damage, noted
from autograder.boundary.effects import Graph, a_dict, a_list, refill, replace, restore, without_grad_flags
from autograder.boundary.frames import Closed, Deadline, WireError
from autograder.boundary.kinds import TYPES
from autograder.boundary.learner import LearnerObject, lent, path_of
from autograder.boundary.limits import MAX_BESIDE_BYTES, MAX_REQUESTS, MAX_TEXT, IsolationError, Limits
from autograder.boundary.nodes import connected
from autograder.boundary.outputs import Allowance, Overheard, shown
from autograder.boundary.raised import Theirs, as_raised, class_of, told
from autograder.boundary.randomness import digest_of_state, random_state, seed_everything
from autograder.boundary.template import NO_FILES, START_SECONDS, Ended, Template
from autograder.boundary.wire import Parcel, decode, encode, is_callable, parts, receive, resolve_path, send
from autograder.bounds import TimeUp
from autograder.errors import AuthoringError, CannotCross, LearnerError, short
from autograder.verdict import Verdict


class WorkerLost(Exception):
    """The worker ended, ran out of time, or answered nonsense; it is gone, and the verdict says why."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(verdict, message)
        self.verdict, self.message = verdict, message


class _Raised(LearnerError):
    """An error of the learner's code, and how a plain grade cell sees it."""

    def __init__(self, error: LearnerError, seen: Exception) -> None:
        super().__init__(*error.args)
        self.error, self.seen = error, seen


MOST_COUNTED = 10**9
"""Outputs that a worker says it has not sent."""
MAX_KINDS = 30
"""So many classes an exception may have; and the square of it, all exceptions of a submission."""
FORGOTTEN = object()
"""What a name is given that is to be no name any more."""


def imported(path: str) -> Any:
    """A module, or what it has under a name, of those that are installed here."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    return resolve_path(found, name)


def _a_small_file(content: Any) -> bytes:
    if len(content) > MAX_BESIDE_BYTES:  # no honest worker sends it
        raise ValueError("a file over the limit")
    return bytes(content)


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
        self.lends = False
        """Whether grade cells are plain ones, to which the submission's objects are lent."""
        self.shares_stream = False
        """Whether the grade cell seeds the random state itself, so that its numbers are no secret."""
        self._seen = ""
        self.before_call: Callable[[], None] = lambda: None
        """What a plain grade cell's calls begin with."""
        self.folder: Callable[[], str] = str
        """Where the instructor's modules lie, whose functions may be called back ('' if there are none)."""
        self._called: dict[int, Any] = {}
        self._thrown: dict[int, BaseException] = {}
        self._depth = 0
        self._requests = 0
        self._kinds: dict[int, type[Exception]] = {}
        self.left_out: dict[str, None] = {}
        """What of the submission's code was not run, as it says itself."""
        self.layers = self._active_layers()

    def begin(self, key: int = 0) -> None:
        """Start the clock of a cell; ``key`` fixes the random streams of a grade cell's calls."""
        self._requests = 0
        self._deadline = min(time.monotonic() + self.limits.cell_seconds, self.ends)
        self._key = key.to_bytes(8, "big")
        self._seen = repr(random_state()) if self.shares_stream else ""

    def close(self) -> None:
        """End the process and remove its folder."""
        if self.alive:
            self._stop(grace=0.0)

    def give_up(self) -> None:
        """End the process where a message may have been cut in two, to it or to the template: that goes as well."""
        if self.alive:
            self._template.lose()
            self._stop(grace=0.0)

    def run(
        self, source: str, commands: bool = True, seed: int | None = None, allowance: Allowance | None = None
    ) -> tuple[list[dict], LearnerError | None]:
        """Run a cell: its outputs, for people, as far as the allowance goes, and the exception that ended it.

        Without ``commands`` its magics and its commands for the system are left out. What it draws follows from
        ``seed``, if there is one.
        """
        self.begin()
        allowance = allowance or Allowance()
        room = allowance.room
        reply, _ = self._ask({"do": "run", "source": source, "commands": commands, "seed": seed, "room": room})
        outputs, cut, problem = self._trusting(
            lambda: (
                shown(reply["outputs"], room),
                min(abs(int(reply["cut"])), MOST_COUNTED),
                reply["problem"] and LearnerError.read(reply["problem"]),
            )
        )
        return allowance.kept(outputs, cut), problem

    def lookup(self, name: str, own: str = "") -> Any:
        """The value or callable that ``name`` stands for; KeyError if there is none.

        ``own`` is what the reference imports under this name, as ``module`` or ``module:name``: where the submission
        has the same, it is the grader's own.
        """
        reply, parcel = self._ask({"do": "lookup", "name": name, "lends": self.lends})
        if "missing" in reply:
            raise KeyError(name)
        if own and own in (reply.get("module"), reply.get("named")):
            return imported(own)
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
        self.before_call()
        sent = Parcel()
        request = {
            "do": "call",
            "target": target,
            "args": encode(list(args), sent, self._refer),
            "kwargs": encode(kwargs, sent, self._refer),
            "seed": self._advance() if not self.shares_stream else None,
            "state": self._state() if self.shares_stream else None,
            "grad": torch.is_grad_enabled(),
            "lends": self.lends and noted.get() is None,
        }
        reply, parcel = self._ask(request, sent)
        if (printed := reply.get("printed")) and not isinstance(sys.stdout, Overheard):
            self._trusting(lambda: sys.stdout.write(str(printed)[:MAX_TEXT]))
        value, outputs = self._trusting(lambda: self._connected(reply, parcel, sent))
        self._trusting(lambda: self._take_note(reply["damage"], parcel, sent, [*args, *kwargs.values()]))
        return self._trusting(lambda: decode(value, outputs, self._hold))

    def backward(self, graph: Graph, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
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

    def _state(self) -> Any:
        """The random state where the cell has seeded it since the last call, as a seeded test means it; else None."""
        state = random_state()
        if (seen := repr(state)) == self._seen:
            return None
        self._seen = seen
        return state

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
        graph = Graph(self, int(reply["graph"]), inputs, differentiable)
        outputs = connected(graph, [parcel.originals[name] for name in names], inputs)
        return without_grad_flags(reply["value"]), Parcel(dict(zip(names, outputs, strict=True)))

    def _take_note(self, damage: Any, parcel: Parcel, sent: Parcel, args: list) -> None:
        """Note what the function did to its copies of a check's values; do it to the values of any other grade cell."""
        known = list(parts(args))
        damage = decode(damage, parcel, lambda tree: known[tree["known"]] if "known" in tree else self._hold(tree))
        # A tensor in the place of one of them would be taken apart into its rows.
        kinds = ("tensors", "grads", "containers", "tables")
        tensors, grads, containers, whole = (a_dict(damage.get(kind, {})) for kind in kinds)
        notes = noted.get()
        if notes is not None:
            notes += [Damage(sent.originals[name], "values") for name in tensors]
            notes += [Damage(sent.originals[name], "grad") for name in grads]
            notes += [Damage(known[number], "items") for number in [*containers, *whole]]
            return
        for name, value in tensors.items():
            restore(sent.originals[name], value)
        for name, grad in grads.items():
            sent.originals[name].grad = grad.detach()
        for number, items in containers.items():
            refill(known[number], items)
        for number, value in whole.items():
            replace(known[number], value)

    def _ask(self, request: dict, parcel: Parcel | None = None) -> tuple[dict, Parcel]:
        try:
            return self._asked(request, parcel)
        except WorkerLost as loss:
            self.loss = loss
            raise

    def operate(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A call for a plain grade cell: it sees exceptions as a notebook's cell would."""
        try:
            return self.call(target, args, kwargs)
        except _Raised as raised:
            seen = raised.seen
            if seen is raised.error:
                raise raised.error from None
            raise seen from raised.error

    def assign(self, name: str, value: Any) -> None:
        """Give a name of the submission's another value, or (``FORGOTTEN``) none."""
        sent = Parcel()
        content = {} if value is FORGOTTEN else {"value": encode(value, sent, self._refer)}
        self._ask({"do": "assign", "name": name} | content, sent)

    def patch(self, module: str, name: str, value: Any) -> None:
        """Give a module on the submission's side what a test has put into the grader's; or (``FORGOTTEN``) its own."""
        sent = Parcel()
        content = {} if value is FORGOTTEN else {"value": encode(value, sent, self._refer)}
        self._ask({"do": "patch", "module": module, "name": name} | content, sent)

    def file(self, name: str) -> bytes | None:
        """What a file of this name holds in the submission's folder; None, if there is none or it is too large."""
        reply, parcel = self._ask({"do": "file", "name": name})
        if reply.get("content") is None:
            return None
        return self._trusting(lambda: _a_small_file(decode(reply["content"], parcel, self._hold)))

    def _asked(self, request: dict, parcel: Parcel | None) -> tuple[dict, Parcel]:
        if not self.alive:
            raise WorkerLost(Verdict.RUN_TIME_ERROR, "the submission's process has ended")
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            self._stop(grace=0.0)
            message = f"stopped: a test asked for more than {MAX_REQUESTS:,} things without an end"
            raise WorkerLost(Verdict.TIME_LIMIT_EXCEEDED, message)
        request["release"], self._released = self._released, []
        try:
            send(self._channel, request, parcel, self._deadline)
            reply, received = receive(self._channel, self._deadline)
            while "callback" in reply:
                self._answer_to(reply, received)
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
            if thrown := self._trusting(lambda: self._thrown.get(reply.get("thrown", 0))):
                raise thrown
            raised = self._trusting(lambda: LearnerError.read(problem))
            if request.get("lends") and request["do"] == "call":
                kinds = self._trusting(lambda: [self._kind(*each) for each in reply["kinds"][:MAX_KINDS]])
                raise _Raised(raised, as_raised(raised, reply.get("args"), kinds))
            raise raised
        left_out = self._trusting(lambda: [*map(short, reply.get("left_out", ()))])
        self.left_out |= dict.fromkeys(left_out[: MOST_LEFT_OUT - len(self.left_out)])
        return reply, received

    def _answer_to(self, reply: dict, received: Parcel) -> None:
        """Call the grade cell's function that the submission asks for; say what it returned or raised."""
        function = self._trusting(lambda: self._called[int(reply["callback"])])
        args, kwargs = self._trusting(
            lambda: (
                a_list(decode(reply["args"], received, self._hold)),
                {str(name): value for name, value in a_dict(decode(reply["kwargs"], received, self._hold)).items()},
            )
        )
        self._depth += 1
        sent = Parcel()
        try:
            if any(each.requires_grad for each in received.originals.values() if isinstance(each, torch.Tensor)):
                raise AuthoringError("gradients do not reach a function of the grade cell: put it in a beside module")
            if self._depth > DEEPEST:
                raise RecursionError("calls from one side to the other and back")
            returned = {"returned": encode(function(*args, **kwargs), sent, self._refer)}
            send(self._channel, returned, sent, self._deadline)
        except (WorkerLost, WireError, TimeUp, KeyboardInterrupt):
            raise
        except BaseException as error:  # pytest's own are no Exceptions
            self._thrown[number := len(self._thrown) + 1] = error
            name = type(error).__name__
            raised = [number, name if hasattr(builtins, name) else "Exception", str(error)[:1_000]]
            send(self._channel, {"raised": raised}, None, self._deadline)
        finally:
            self._depth -= 1

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

    def _hold(self, reference: dict) -> Any:
        if "lent" in reference:
            number, kind, known = reference["lent"]
            return lent(RemoteHandle(self, int(number)), str(kind)[:100], tuple(map(str, known)))
        if "type" in reference:
            return TYPES[reference["type"]]
        if "exception" in reference:
            return self._kind(*reference["exception"])
        return LearnerObject(RemoteHandle(self, int(reference["callable"])))

    def _kind(self, number: int, name: str, bases: list[str]) -> type[Exception]:
        """The class that stands for an exception class of the learner's."""
        if number not in self._kinds:
            if len(self._kinds) > MAX_KINDS**2:
                return Exception
            self._kinds[int(number)] = class_of(number, name, bases[:MAX_KINDS])
        return self._kinds[number]

    def _refer(self, value: Any) -> dict:
        if isinstance(value, LearnerObject):
            return {"object": [value._handle.number, value._path]}  # type: ignore[attr-defined]
        if isinstance(value, type) and issubclass(value, Theirs):
            return {"object": [value.number, ""]}
        if (
            self.lends
            and isinstance(value, Exception)
            and library_path(type(value)).startswith("builtins:")
            and (args := told(value)) is not None
        ):
            return {"error": [type(value).__name__, args]}
        if self.lends and callable(value) and noted.get() is None:
            if path := library_path(value):
                return {"library": path}
            if may_be_called_back(value, self.folder()):
                self._called[number := len(self._called) + 1] = value
                return {"callback": [number, str(getattr(value, "__name__", "function"))]}
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

    @property
    def lends(self) -> bool:
        """Whether a grade cell may do with the object what it likes."""
        return self.worker.lends

    def operate(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Do an operator, or call, for a plain grade cell."""
        return self.worker.operate(target, args, kwargs)

    def call(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call the object, or what is at the dotted attribute ``path`` of it."""
        return self.worker.call({"object": [self.number, path]}, args, kwargs)


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
