"""The grader's end of the boundary: a worker that is told what to run and answers with plain values. Grader's side."""

from __future__ import annotations

import importlib
import math
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from autograder.boundary.answers import Answers
from autograder.boundary.callbacks import course_classes
from autograder.boundary.calls import MOST_LEFT_OUT
from autograder.boundary.caught import seen_of, warning_of
from autograder.boundary.copies import Damage, noted
from autograder.boundary.effects import (
    Graph,
    a_dict,
    a_leaf,
    a_list,
    headers,
    refill,
    replace,
    restore,
    without_grad_flags,
)
from autograder.boundary.handles import RemoteHandle, one_at_a_time
from autograder.boundary.learner import LearnerObject, path_of
from autograder.boundary.limits import MAX_REQUESTS, MAX_TEXT, Limits
from autograder.boundary.mirror import Mirror
from autograder.boundary.nodes import connected
from autograder.boundary.outputs import Allowance, Overheard, shown
from autograder.boundary.parcel import Parcel, load
from autograder.boundary.process import Process, WorkerLost
from autograder.boundary.process_state import State
from autograder.boundary.references import References
from autograder.boundary.stream import Stream
from autograder.boundary.template import NO_FILES, Ended, Template
from autograder.boundary.wire import decode, encode, parts, resolve_path
from autograder.errors import CannotCross, IsModule, LearnerError, short
from autograder.verdict import Verdict


class _Raised(LearnerError):
    """An error of the learner's code, and how a plain grade cell sees it."""

    def __init__(self, error: LearnerError, seen: Exception) -> None:
        super().__init__(*error.args)
        self.error, self.seen = error, seen


MAX_NAMES, MAX_NAME = 10_000, 1_000
"""Global names of a submission's, and characters of one."""
MOST_COUNTED = 10**9
"""Outputs that a worker says it has not sent."""
FORGOTTEN = object()
"""What a name is given that is to be no name any more."""


def imported(path: str) -> Any:
    """A module, or what it has under a name, of those that are installed here."""
    module, _, name = path.partition(":")
    found: Any = importlib.import_module(module)
    return resolve_path(found, name)


class RemoteWorker:
    """One submission's process, as the grader sees it."""

    def __init__(
        self, template: Template, limits: Limits, ends: float = math.inf, files: Mapping[str, bytes] = NO_FILES
    ) -> None:
        """Start a worker; ``ends`` is the moment (of ``time.monotonic``) at which the submission's time is over.

        ``files`` lie in its folder.
        """
        self._process = Process(template, limits, ends, files)
        self._references = References(partial(RemoteHandle, self), template.packages.beside, self.operate)
        self._beside = template.packages.beside
        self._released: list[int] = []
        self._found: dict[tuple[str, str], LearnerObject] = {}
        """What names stand for, as long as the worker does not say that one stands for something else."""
        self.stream = Stream()
        """Where random numbers of calls come from."""
        self.before_call: Callable[[], None] = lambda: None
        """What a plain grade cell's calls begin with."""
        self._answers = Answers(self._process, self._references)
        self._requests = 0
        self.lock = threading.RLock()
        self.met: list[Exception] | None = None
        """What the cell that runs could not have."""
        self._mirror: Mirror | None = None
        self._accepts: Callable[[str, bytes], bool] = lambda *_: False
        self.left_out: dict[str, None] = {}
        """What of the submission's code was not run, as it says itself."""

    def lend(self, folder: Callable[[], str], settable: Iterable[str] = ()) -> None:
        """From now on grade cells are plain ones: objects are lent to them, and their functions are called back.

        So are those of the instructor's modules, which lie in ``folder`` ('' if there are none). ``settable`` are the
        attributes of a cell's objects that an answer may give a value.
        """
        self._references.lends, self._references.folder = True, folder
        self._references.settable = frozenset(settable)
        self._process.shared = self._references.shared

    @property
    def lends(self) -> bool:
        """Whether the submission's objects are lent to grade cells."""
        return self._references.lends

    def path_of(self, value: Any) -> str:
        """Where both sides have this function or class, as ``module:name``; '' if only one has."""
        return self._references.path_of(value)

    def classes(self) -> Iterator[type]:
        """The classes of the course's modules, which both sides have."""
        return course_classes(self._references.folder())

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.alive

    @property
    def loss(self) -> WorkerLost | None:
        """How the grader lost it, once it has."""
        return self._process.loss

    @property
    def ended(self) -> Ended:
        """What is known of it, once it has ended."""
        return self._process.ended

    @property
    def layers(self) -> tuple[str, ...]:
        """How it has locked itself in."""
        return self._process.layers

    def close(self) -> None:
        """End the process and remove its folder."""
        self._process.close()

    def give_up(self) -> None:
        """End the process where a message may have been cut in two, to it or to the template: that goes as well."""
        self._process.give_up()

    def begin(self, key: int = 0) -> None:
        """Start the clock of a cell; ``key`` fixes the random streams of a grade cell's calls."""
        self._requests = 0
        self._process.begin()
        self.stream.begin(key)

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
        request = {"do": "run", "source": source, "commands": commands, "seed": seed, "room": room}
        reply, _ = self._ask(request, self._references.parcel())
        outputs, cut, problem = self._process.trusting(
            lambda: (
                shown(reply["outputs"], room),
                min(abs(int(reply["cut"])), MOST_COUNTED),
                reply["problem"] and LearnerError.read(reply["problem"]),
            )
        )
        return allowance.kept(outputs, cut), problem

    @one_at_a_time
    def lookup(self, name: str, own: str = "") -> Any:
        """The value or callable that ``name`` stands for; KeyError if there is none.

        ``own`` is what the reference imports under this name, as ``module`` or ``module:name``: where the submission
        has the same, it is the grader's own.
        """
        if (name, own) in self._found:
            return self._found[name, own]
        request = {"do": "lookup", "name": name}
        reply, parcel = self._ask(request, self._references.parcel())
        if "missing" in reply:
            raise KeyError(name)
        if own and own in (reply.get("module"), reply.get("named")):
            return imported(own)
        if "module" in reply:
            raise IsModule(
                f"{name} is the module {str(reply['module'])[:100]!r} on the learner's side, and modules do not cross: "
                f"import it in the grade cell, or in an ordinary cell of the lesson."
            )
        value = self._process.trusting(lambda: decode(reply["value"], parcel, self._references.hold))
        if isinstance(value, LearnerObject) and not self.lends:
            self._found[name, own] = value
        return value

    def call_beside(self, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run a function of the course's next to the learner's code."""
        return self.call({"beside": path_of(function, self._beside)}, args, kwargs)

    @one_at_a_time
    def call(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call an object of the learner's; its outputs stay connected to the inputs for autograd."""
        self.before_call()
        sent = self._references.parcel()
        if self._mirror:
            args, kwargs = tuple(map(self._references.across, args)), dict(kwargs)
        request = {
            "do": "call",
            "target": target,
            "args": encode(list(args), sent, self._references.refer),
            "grad": torch.is_grad_enabled(),
        }
        if kwargs:
            request["kwargs"] = encode(kwargs, sent, self._references.refer)
        request |= self.stream.of_a_call()
        if self._mirror:
            request["folder"] = self._mirror.changes()
        reply, parcel = self._ask(request, sent)
        if (printed := reply.get("printed")) and not isinstance(sys.stdout, Overheard):
            self._process.trusting(lambda: sys.stdout.write(str(printed)[:MAX_TEXT]))
        self._process.trusting(lambda: self.stream.go_on_from(reply.get("state")))
        value = self._process.trusting(lambda: self._value(reply, parcel, sent))
        if self._process.trusting(lambda: reply["damage"]) is not None:
            self._process.trusting(lambda: self._take_note(reply["damage"], parcel, sent, [*args, *kwargs.values()]))
        return value

    @one_at_a_time
    def backward(self, graph: Graph, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product of an earlier call, computed where its graph is."""
        sent = self._references.parcel()
        request = {
            "do": "backward",
            "graph": graph.number,
            "accumulate": accumulate,
            "grads": encode(grads, sent, self._references.refer),
        }
        reply, parcel = self._ask(request, sent)
        return self._process.trusting(lambda: graph.fitting(decode(reply["grads"], parcel, self._references.hold)))

    def release(self, number: int) -> None:
        """Tell the worker, with the next request, that an object or a graph is no longer needed."""
        self._released.append(number)

    def _value(self, reply: dict, parcel: Parcel, sent: Parcel) -> Any:
        """What the call returned, its tensors with this side's autograd history."""
        if reply["graph"] is None:
            return decode(reply["value"], parcel, self._references.hold)
        # The order of a graph's outputs is the order in which the worker encoded them.
        outputs = {header["name"]: load(header, parcel) for header in headers(reply["value"])}
        names = sorted(outputs, key=int)
        inputs = [item for item in sent.originals.values() if isinstance(item, torch.Tensor) and item.requires_grad]
        inputs += [a_leaf(self._references.shared[number]) for number in reply.get("leaves", ())]
        differentiable = [outputs[name].requires_grad for name in names]
        graph = Graph(self, int(reply["graph"]), inputs, differentiable)
        ready = connected(graph, [outputs[name] for name in names], inputs)
        with_history = Parcel(parcel.tensors | dict(zip(names, ready, strict=True)), parcel.shared)
        return decode(without_grad_flags(reply["value"]), with_history, self._references.hold)

    def _take_note(self, damage: Any, parcel: Parcel, sent: Parcel, args: list) -> None:
        """Note what the function did to its copies of a check's values; do it to the values of any other grade cell."""
        known = list(parts(args))
        damage = decode(
            damage, parcel, lambda tree: known[tree["known"]] if "known" in tree else self._references.hold(tree)
        )
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

    def operate(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """A call for a plain grade cell: it sees exceptions as a notebook's cell would."""
        try:
            return self.call(target, args, kwargs)
        except _Raised as raised:
            seen = raised.seen
        # Outside the handler: what is behind the exception is what was behind it there.
        raise seen

    @one_at_a_time
    def assign(self, name: str, value: Any) -> None:
        """Give a name of the submission's another value, or (``FORGOTTEN``) none."""
        sent = self._references.parcel()
        content = {} if value is FORGOTTEN else {"value": encode(value, sent, self._references.refer)}
        self._ask({"do": "assign", "name": name} | content, sent)

    @one_at_a_time
    def patch(self, module: str, name: str, value: Any) -> None:
        """Give a module on the submission's side what a test has put into the grader's; or (``FORGOTTEN``) its own."""
        sent = self._references.parcel()
        content = {} if value is FORGOTTEN else {"value": encode(value, sent, self._references.refer)}
        self._ask({"do": "patch", "module": module, "name": name} | content, sent)

    @property
    def spoiled(self) -> list[Any]:
        """Objects of the test's of which is not known here what a call made of them."""
        return self._references.handed.spoiled

    @one_at_a_time
    def surround(self, new: State, as_before: list[str]) -> None:
        """Set environment variables and the like on the submission's side; others to what they were there."""
        self._ask({"do": "surround", "new": new, "as_before": as_before}, self._references.parcel())

    @one_at_a_time
    def names(self) -> list[str]:
        """The global names of the submission's."""
        reply, _ = self._ask({"do": "names"}, self._references.parcel())
        return self._process.trusting(lambda: [str(name)[:MAX_NAME] for name in a_list(reply["names"])[:MAX_NAMES]])

    @contextmanager
    def mirroring(self, mirror: Mirror, common: Iterable[str], accepts: Callable[[str, bytes], bool]) -> Iterator[None]:
        """Inside, a folder of the grade cell's and the submission's hold the same files, as each call finds them.

        ``common`` are files of the course's own; ``accepts`` says of a submission's file whether it may lie here.
        """
        self._mirror, self._accepts, self._references.here = mirror, accepts, str(mirror.root)
        try:
            mirror.begin(common)
            self._ask({"do": "folder", "common": list(common), "folder": {}})
            yield
        finally:
            self._mirror, self._references.here = None, ""

    def _ask(self, request: dict, parcel: Parcel | None = None) -> tuple[dict, Parcel]:
        """Ask the process, and answer what it asks meanwhile; raises what came of it, where that was no answer."""
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            message = f"stopped: a test asked for more than {MAX_REQUESTS:,} things without an end"
            raise self._process.over(Verdict.TIME_LIMIT_EXCEEDED, message)
        if self.lends and noted.get() is None:
            request["lends"] = True
        if self._released:
            request["release"], self._released = self._released, []
        reply, received = self._process.exchange(request, parcel)
        while "callback" in reply:
            reply, received = self._answers.to(reply, received)
        if reply.get("stale"):
            self._found.clear()
        if self._mirror and "folder" in reply:
            mirror = self._mirror
            self._process.trusting(lambda: mirror.apply(reply["folder"], self._accepts))
        if "warned" in reply and self.lends:
            for text, kind in self._process.trusting(lambda: [warning_of(*told) for told in reply["warned"]]):
                warnings.warn(text, kind, stacklevel=5)
        if described := self._process.trusting(lambda: reply.get("uncrossable")):
            raise CannotCross(self._process.trusting(lambda: short(described)))
        if "changed" in reply:
            kind = self._process.trusting(lambda: self._references.handed.spoil(a_list(reply["changed"])))
            raise CannotCross(f"a change of a {kind} of the test's")
        if problem := self._process.trusting(lambda: reply.get("error")):
            if thrown := self._process.trusting(lambda: self._answers.thrown.get(reply.get("thrown", 0))):
                raise thrown
            raised = self._process.trusting(lambda: LearnerError.read(problem))
            if request.get("lends") and request["do"] == "call":
                seen = self._process.trusting(lambda: seen_of(reply, self._references))
                raise _Raised(raised, seen)
            raise raised
        if "left_out" in reply:
            left_out = self._process.trusting(lambda: [*map(short, reply["left_out"])])
            self.left_out |= dict.fromkeys(left_out[: MOST_LEFT_OUT - len(self.left_out)])
        return reply, received
