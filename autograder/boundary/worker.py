"""The worker: runs a submission's cells and calls its functions, and judges nothing. Learner's side."""

from __future__ import annotations

import builtins
import ctypes
import importlib
import os
import signal
import socket
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.boundary import sandbox
from autograder.boundary.calls import same, vector_jacobian_product
from autograder.boundary.changes import whole
from autograder.boundary.frames import Closed, TooLarge
from autograder.boundary.given import Given
from autograder.boundary.kinds import SINGLE, TYPES
from autograder.boundary.mirror import Mirror
from autograder.boundary.operators import OPERATORS, known_of
from autograder.boundary.raised import BUILT_IN, MAX_BEHIND, notes, told
from autograder.boundary.randomness import random_state, seed_everything, set_random_state
from autograder.boundary.shared import Shared
from autograder.boundary.shell import Capped, Shell, leave_tools_out, run_cell
from autograder.boundary.wire import (
    Parcel,
    decode,
    encode,
    is_callable,
    items_of,
    parts,
    receive,
    refuse_value,
    resolve_path,
    send,
)
from autograder.errors import CannotCross, LearnerError
from autograder.packages import Packages


def work(channel: socket.socket, scratch: str, limits: dict, shell: Shell, packages: Packages) -> None:
    """Serve one submission."""
    try:
        send(channel, {"layers": enter(channel, scratch, limits, packages)})
    except (sandbox.SandboxError, OSError) as error:
        send(channel, {"refused": str(error)})
        return
    leave_tools_out(shell)
    Worker(channel, shell, limits["output_characters"]).serve()


def enter(channel: socket.socket, scratch: str, limits: dict, packages: Packages) -> list[str]:
    """Make this process the worker of one submission, locked in; the active layers."""
    os.setsid()
    os.environ.update(HOME=scratch, TMPDIR=scratch, IPYTHONDIR=scratch)
    os.chdir(scratch)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no worker outlives its template
    if limits["isolation"] != "none":
        sandbox.close_descriptors(keep=channel.fileno())
    layers = sandbox.lock_in(scratch, limits, limits["isolation"], packages)
    # As in a notebook, what lies in the working folder can be imported. What is compiled is not kept: it would be taken
    # for that of a file which is written again within the same second.
    sys.path.insert(0, scratch)
    sys.dont_write_bytecode = True
    return layers


MAX_NAME = 200
MAX_WARNINGS = 20
MAX_TEXT = 1_000
"""Characters of a warning."""


class Worker:
    """One submission's side of the boundary: a shell, the objects lent to the grader, the graphs of recent calls."""

    def __init__(self, channel: socket.socket, shell: Shell, most_output: int) -> None:
        self.channel, self.shell, self.most_output = channel, shell, most_output
        self.objects: dict[int, Any] = {}
        self.graphs: dict[int, tuple[list[torch.Tensor], list[torch.Tensor | None]]] = {}
        self.shared = Shared(-1, self._lend, self._find)
        """The values that the grader holds too, where grade cells are plain ones."""
        self.found: dict[str, Any] = {}
        """What the grader was told that names stand for, of what it may call."""
        self.warned: list[list[str]] = []
        self.raisable: dict[int, type] = {}
        self.patched: dict[tuple[str, str], Any] = {}
        self.given: dict[int, Given] = {}
        self.mirror = Mirror(Path.cwd())
        self.read: list[tuple[Any, Any]] = []
        """What answers have read of the grade cell's objects, and what that was: nobody would see a copy change."""
        self.runs = False
        """Whether the submission's code has the word."""
        self.count = 0
        self.lends = False
        self.actions: dict[str, Callable[[dict, Parcel], tuple[dict, Parcel]]] = {
            "run": self.run,
            "lookup": self.lookup,
            "assign": self.assign,
            "folder": self.begin_folder,
            "patch": self.patch,
            "call": self.call,
            "backward": self.backward,
        }

    def serve(self) -> None:
        """Answer requests until the grader goes away."""
        with suppress(Closed):
            while True:
                self._answer(*self._received())

    def _received(self) -> tuple[dict, Parcel]:
        """The next message, once the values that both sides hold are as it says."""
        message, parcel = receive(self.channel)
        self.shared.take(message, parcel)
        return message, parcel

    def _parcel(self) -> Parcel:
        """For a message: to a plain grade cell, all values that may change are shared."""
        return self.shared.parcel() if self.lends else Parcel()

    def _answer(self, request: dict, parcel: Parcel) -> None:
        """Do what is asked, and say what came of it."""
        for number in request.get("release", ()):
            for kept in (self.objects, self.graphs):
                kept.pop(number, None)
        self.lends = request.get("lends", False)
        try:
            if "folder" in request and request["do"] != "folder":
                self.mirror.apply(request["folder"], lambda *_: True)
            reply, sent = self.actions[request["do"]](request, parcel)
            reply |= self._folder(request) | self._warnings()
            if self.shell.left_out:
                reply["left_out"], self.shell.left_out = self.shell.left_out, []
            send(self.channel, reply | self._stale(), sent)
        except CannotCross as value:
            self._answer_in_any_case({"uncrossable": value.description[:MAX_NAME]}, request)
        except TooLarge:
            self._answer_in_any_case({"uncrossable": "a value over the limit of what crosses"}, request)
        except BaseException as error:  # of whatever kind a submission raises
            about = self._raised(error) if self.lends else {"error": LearnerError.of(error).args}
            number = error.number if isinstance(error, FromTest) else 0
            self._answer_in_any_case(about | {"thrown": number}, request)

    def _raised(self, error: BaseException, depth: int = 0) -> dict:
        """What a plain grade cell is told of an exception, and of those behind it."""
        about: dict[str, Any] = {"error": LearnerError.of(error).args, "args": told(error), "notes": notes(error)}
        if _is_learners(type(error)):
            about |= {"kind": self._exception(type(error)), "raised": self._lend(error)}
        for name, behind in (("cause", error.__cause__), ("context", error.__context__)):
            if behind is not None and depth < MAX_BEHIND:
                about[name] = self._raised(behind, depth + 1)
        return about | ({"suppressed": True} if error.__suppress_context__ else {})

    def _answer_in_any_case(self, reply: dict, request: dict) -> None:
        """Say what went wrong, and what else the grader has to know, as far as that can be told."""
        reply |= self._stale() | self._warnings()
        with suppress(CannotCross, TooLarge):
            send(self.channel, reply | self._folder(request), self._parcel())
            return
        send(self.channel, reply)

    def _stale(self) -> dict:
        """Whether a name now stands for something else than the grader was told, which then asks again."""
        names = self.shell.user_ns
        return {} if all(names.get(name) is value for name, value in self.found.items()) else {"stale": True}

    def _warnings(self) -> dict:
        """What a call warned of."""
        warned, self.warned = self.warned[:MAX_WARNINGS], []
        return {"warned": warned} if warned else {}

    def _folder(self, request: dict) -> dict:
        """What was written meanwhile, where the grade cell may read it."""
        return {"folder": self.mirror.changes()} if "folder" in request else {}

    def run(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """Run a cell; its outputs are for people."""
        self.shell.commands = request["commands"]
        if request["seed"] is not None:
            seed_everything(request["seed"])
        importlib.invalidate_caches()  # the cell before may have written a module
        outputs, cut, error = run_cell(self.shell, request["source"], self.most_output, *request["room"])
        return {"outputs": outputs, "cut": cut, "problem": LearnerError.of(error).args if error else None}, Parcel()

    def lookup(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """What a name of the submission's stands for: a value, something callable, a module, or nothing."""
        name, parcel = request["name"], self._parcel()
        if stale := self._stale():
            self.found.clear()
        if name not in self.shell.user_ns:
            return {"missing": True} | stale, parcel
        value = self.shell.user_ns[name]
        if isinstance(value, ModuleType):
            return {"module": value.__name__} | stale, parcel
        if callable(value) and not self.lends:
            self.found[name] = value
        named = f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', '')}" if callable(value) else ""
        return {"value": encode(value, parcel, self._lend), "named": named} | stale, parcel

    def assign(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Give a name another value, or none: a test may put something else in its place."""
        self.shell.user_ns.pop(request["name"], None)
        if "value" in request:
            self.shell.user_ns[request["name"]] = decode(request["value"], received, self._find)
        return {}, self._parcel()

    def patch(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Give a module another value under a name, as a test has done in the grader, or what it had before."""
        module, name = importlib.import_module(request["module"]), request["name"]
        own = self.patched.setdefault((module.__name__, name), getattr(module, name, None))
        setattr(module, name, decode(request["value"], received, self._find) if "value" in request else own)
        return {}, self._parcel()

    def begin_folder(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """From here on the folder is told of: first all that the grade cell has not, beside the course's own files."""
        self.mirror.begin(request["common"])
        return {}, self._parcel()

    def call_back(self, number: int, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function of the grade cell's; what it asks for meanwhile is answered."""
        before, self.runs = (self.lends, self.runs), False
        try:
            return self._called_back(number, args, kwargs)
        finally:
            self.lends, self.runs = before

    def _called_back(self, number: int, args: tuple, kwargs: dict[str, Any]) -> Any:
        sent = self._parcel()
        request = {"callback": number, "args": encode(list(args), sent, self._lend)}
        send(self.channel, request | {"kwargs": encode(kwargs, sent, self._lend)}, sent)
        lends = self.lends
        while True:
            message, received = self._received()
            if "do" in message:
                self._answer(message, received)
                continue
            self.lends = lends
            if "raised" in message:
                raise from_test(*message["raised"])
            return decode(message["returned"], received, self._find)

    def call(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Call an object with plain values, and keep the graph of its outputs for ``backward``."""
        self.shell.commands = False
        target = self._find(request["target"])
        # The learner's code gets copies, which it may resize; what came stays, to compare them with.
        before = received.tensors
        received.tensors = {name: tensor.clone() for name, tensor in before.items()}
        args = decode(request["args"], received, self._find)
        kwargs = decode(request["kwargs"], received, self._find) if "kwargs" in request else {}
        # Noted before the call: an operation in place may give a history to an input that had none.
        inputs = [item for item in received.originals.values() if item.requires_grad]
        known = [(part, items_of(part)) for part in parts([*args, *kwargs.values()])]
        # Of those that both sides hold, every message tells what has become of them.
        own = {number for number, (part, _) in enumerate(known) if self.shared.number_of(part) is None}
        told_before = {number: whole(known[number][0]) for number in own if _is_whole(known[number][0])}
        if "seed" in request:
            seed_everything(request["seed"])
        elif request.get("state"):
            set_random_state(request["state"])
        begins_with = random_state() if "state" in request else None
        silence, grad_enabled = Capped(self.most_output), torch.set_grad_enabled(request["grad"])
        quiet = redirect_stdout(silence), redirect_stderr(silence)
        with quiet[0], quiet[1], self.shell.builtin_trap, grad_enabled, self._noting_warnings():
            result = self._running(lambda: target(*args, **kwargs))
        if [part for part, was in self.read if whole(part) != was]:
            raise CannotCross("a change of what an object of the test's holds")
        sent = self._parcel()
        leaves, changes = self.shared.leaves() if self.lends else {}, len(sent.originals)
        value = encode(result, sent, self._lend)
        originals = list(sent.originals.values())[changes:]
        outputs = [item if isinstance(item, torch.Tensor) else None for item in originals]
        graph = None
        if any(output is not None and output.requires_grad for output in outputs):
            graph = self._number()
            self.graphs[graph] = [*inputs, *leaves.values()], outputs
        arrived = ((name, item) for name, item in received.originals.items() if item.is_leaf)
        grads = {name: item.grad for name, item in arrived if item.grad is not None}
        changed = {name: item for name, item in received.originals.items() if not same(item, before[name])}
        tables = {number: known[number][0] for number, told in told_before.items() if whole(known[number][0]) != told}
        rearranged = {number: items for number, items in _rearranged(known).items() if number in own}
        damage = {"tensors": changed, "grads": grads, "containers": rearranged, "tables": tables}
        damage = {kind: what for kind, what in damage.items() if what}
        if damage:
            damage = encode(damage, sent, lambda item: item.tree if isinstance(item, _Known) else self._lend(item))
        reply = {"value": value, "graph": graph, "damage": damage or None}
        if graph and leaves:
            reply["leaves"] = list(leaves)
        if "state" in request:
            reply["state"] = None if (state := random_state()) == begins_with else state
        return reply | ({"printed": silence.shown()} if request.get("lends") and silence.tell() else {}), sent

    @contextmanager
    def _noting_warnings(self) -> Iterator[None]:
        """Inside, a plain grade cell's call: what it warns of is told with what comes of it."""
        if not self.lends:
            yield
            return
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                self.warned += [[str(each.message)[:MAX_TEXT], *_names_of(each.category)] for each in found]

    def _running(self, call: Callable[[], Any]) -> Any:
        before, self.runs = self.runs, True
        try:
            return call()
        finally:
            self.runs = before

    def backward(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """The vector-Jacobian product of an earlier call; with ``accumulate`` the parameters get their .grad too."""
        inputs, outputs = self.graphs[request["graph"]]
        weights = decode(request["grads"], received, self._find)
        grads = vector_jacobian_product(inputs, outputs, weights, request["accumulate"])
        sent = self._parcel()
        return {"grads": encode(grads, sent, refuse_value)}, sent

    def _stand_in(self, number: int, name: str) -> Callable:
        """A function in the place of the grade cell's."""

        def function(*args: Any, **kwargs: Any) -> Any:
            return self.call_back(number, args, kwargs)

        function.__name__ = function.__qualname__ = name
        return function

    def _given(self, number: int) -> Given:
        """What stands for an object of the grade cell's: always the same."""

        def ask(*args: Any) -> Any:
            found = self.call_back(number, args, {})
            before, self.runs = self.runs, False
            may_change = isinstance(found, list | dict | set | np.ndarray | torch.Tensor) or _is_whole(found)
            if may_change and self.shared.number_of(found) is None:
                self.read.append((found, whole(found)))
            self.runs = before
            return found

        return self.given.setdefault(number, Given(number, ask, lambda: self.runs))

    def _number(self) -> int:
        self.count += 1
        return self.count

    def _lend(self, value: Any) -> dict:
        if type(value) is Given:
            return {"given": value.number}
        if isinstance(value, ModuleType) or not (self.lends or is_callable(value)):
            refuse_value(value)
        if self.lends and (single := next((name for name, each in SINGLE.items() if each is value), "")):
            return {"type": single}
        if self.lends and isinstance(value, type) and value in (TYPES.get(name := value.__name__), BUILT_IN.get(name)):
            return {"type": name}
        number = self._number()
        self.objects[number] = value
        if not self.lends:
            return {"callable": number}
        if isinstance(value, type) and issubclass(value, Exception):
            return {"exception": self._exception(value)}
        return {"lent": [number, type(value).__name__, known_of(value)]}

    def _exception(self, kind: type) -> list:
        """An exception class of the learner's as the grader is told of it: always under the same number."""
        number = next((known for known, each in self.raisable.items() if each is kind), 0) or self._number()
        self.objects[number] = self.raisable[number] = kind
        parents = [self._exception(base) for base in kind.__bases__ if _is_learners(base)]
        path = f"{kind.__module__}:{kind.__qualname__}"
        return [number, kind.__name__, [base.__name__ for base in kind.__mro__[1:]], parents, path]

    def _find(self, reference: dict) -> Any:
        if "operator" in reference:
            return OPERATORS[reference["operator"]]
        if "library" in reference:
            module, _, name = reference["library"].partition(":")
            return resolve_path(importlib.import_module(module), name)
        if "error" in reference:
            kind, args = reference["error"]
            return getattr(builtins, kind)(*args)
        if "given" in reference:
            return self._given(reference["given"])
        if "callback" in reference:
            return self._stand_in(*reference["callback"])
        if "path" in reference:
            return Path(reference["path"])
        if "beside" in reference:
            module, name = reference["beside"].split(":")
            return getattr(importlib.import_module(module), name)
        number, path = reference["object"]
        return resolve_path(self.objects[number], path)


def _names_of(kind: type) -> list[str]:
    """Where a class is found, and which of Python's own it is one of."""
    return [f"{kind.__module__}:{kind.__qualname__}", *(base.__name__ for base in kind.__mro__)]


def _is_learners(kind: type) -> bool:
    return issubclass(kind, Exception) and vars(builtins).get(kind.__name__) is not kind


class FromTest:
    """What the exceptions have in common that a function of the grade cell raised."""

    number = 0


def from_test(number: int, kind: str, message: str) -> Exception:
    """An exception of the same built-in kind as that which the grade cell's function raised."""
    base = getattr(builtins, kind, Exception)
    base = base if isinstance(base, type) and issubclass(base, Exception) else Exception
    made: Exception = type(base.__name__, (FromTest, base), {"number": number, "__str__": lambda _: message})()
    return made


class _Known:
    """Stands for the part of the arguments with this number, which the grader has already."""

    def __init__(self, number: int) -> None:
        self.tree = {"known": number}


def _is_whole(value: Any) -> bool:
    """Whether it is a value that may change, and is told as a whole: a table of pandas, a deque."""
    return isinstance(value, deque) or type(value).__name__ in ("DataFrame", "Series")


def _rearranged(known: list[tuple[Any, list]]) -> dict[int, list]:
    """The containers among a call's arguments that no longer hold what they held, and what they hold now."""
    numbers = {id(part): number for number, (part, _) in enumerate(known)}
    changed = {}
    for number, (part, before) in enumerate(known):
        now = items_of(part)
        if len(now) != len(before) or any(new is not old for new, old in zip(now, before, strict=True)):
            changed[number] = [_Known(numbers[id(item)]) if id(item) in numbers else item for item in now]
    return changed
