"""The worker: runs a submission's cells and calls its functions, and judges nothing. Learner's side."""

from __future__ import annotations

import ctypes
import importlib
import inspect
import os
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from contextlib import nullcontext, redirect_stderr, redirect_stdout, suppress
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from IPython.core.async_helpers import get_asyncio_loop

from autograder.boundary import process_state, sandbox
from autograder.boundary.arguments import Arguments, Known
from autograder.boundary.calls import vector_jacobian_product
from autograder.boundary.coroutines import Counting
from autograder.boundary.frames import Closed, TooLarge
from autograder.boundary.lending import Changed, FromTest, Lending, from_test
from autograder.boundary.mirror import Mirror
from autograder.boundary.parcel import Parcel
from autograder.boundary.randomness import (
    go_on_from,
    random_state,
    seed_everything,
    set_random_state,
    where_it_stands,
)
from autograder.boundary.shell import Capped, Shell, leave_tools_out, run_cell
from autograder.boundary.wire import decode, encode, receive, refuse_value, resolve_path, send
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
        self.lending = Lending(self.call_back)
        self.graphs: dict[int, tuple[list[torch.Tensor], list[torch.Tensor | None]]] = {}
        self.found: dict[str, Any] = {}
        """What the grader was told that names stand for, of what it may call."""
        self.warned: list[warnings.WarningMessage] = []
        self.patched: dict[tuple[str, str], Any] = {}
        self.surroundings: process_state.State = {}
        """What they were before a test has set them."""
        self.stands: tuple = ()
        """Where the random numbers of the notebook's cells have come to."""
        self.mirror = Mirror(Path.cwd())
        self._folders_before = len(sys.path_importer_cache)
        self.actions: dict[str, Callable[[dict, Parcel], tuple[dict, Parcel]]] = {
            "run": self.run,
            "lookup": self.lookup,
            "assign": self.assign,
            "folder": self.begin_folder,
            "patch": self.patch,
            "surround": self.surround,
            "names": self.names,
            "call": self.call,
            "backward": self.backward,
        }

    def serve(self) -> None:
        """Answer requests until the grader goes away."""
        with suppress(Closed), Counting(get_asyncio_loop()):
            while True:
                self._answer(*self._received())

    def _received(self) -> tuple[dict, Parcel]:
        """The next message, once the values that both sides hold are as it says."""
        message, parcel = receive(self.channel)
        self.lending.shared.take(message, parcel)
        return message, parcel

    def _answer(self, request: dict, parcel: Parcel) -> None:
        """Do what is asked, and say what came of it."""
        for number in request.get("release", ()):
            self.lending.release(number)
            self.graphs.pop(number, None)
        self.lending.lends = request.get("lends", False)
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
        except Changed as changed:
            self._answer_in_any_case({"changed": changed.args[0]}, request)
        except TooLarge:
            self._answer_in_any_case({"uncrossable": "a value over the limit of what crosses"}, request)
        except BaseException as error:  # of whatever kind a submission raises
            about = self.lending.raised(error) if self.lending.lends else {"error": LearnerError.of(error).args}
            number = error.number if isinstance(error, FromTest) else 0
            self._answer_in_any_case(about | {"thrown": number}, request)

    def _answer_in_any_case(self, reply: dict, request: dict) -> None:
        """Say what went wrong, and what else the grader has to know, as far as that can be told."""
        reply |= self._stale() | self._warnings()
        with suppress(CannotCross, TooLarge):
            send(self.channel, reply | self._folder(request), self.lending.parcel())
            return
        send(self.channel, reply)

    def _stale(self) -> dict:
        """Whether a name now stands for something else than the grader was told, which then asks again."""
        names = self.shell.user_ns
        return {} if all(names.get(name) is value for name, value in self.found.items()) else {"stale": True}

    def _warnings(self) -> dict:
        """What a call warned of."""
        warned, self.warned = self.warned[:MAX_WARNINGS], []
        told = [[str(each.message)[:MAX_TEXT], *_names_of(each.category)] for each in warned]
        return {"warned": told} if told else {}

    def _folder(self, request: dict) -> dict:
        """What was written meanwhile, where the grade cell may read it."""
        return {"folder": self.mirror.changes()} if "folder" in request else {}

    def run(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """Run a cell; its outputs are for people."""
        self.shell.commands = request["commands"]
        if request["seed"] is not None:
            seed_everything(request["seed"])
        elif self.stands:  # as in a notebook, whatever was called between the cells
            go_on_from(self.stands)
        self._look_into_folders_anew()
        outputs, cut, error = run_cell(self.shell, request["source"], self.most_output, *request["room"])
        self.stands = where_it_stands() if self.lending.lends else ()
        return {"outputs": outputs, "cut": cut, "problem": LearnerError.of(error).args if error else None}, Parcel()

    def _look_into_folders_anew(self) -> None:
        """The cell before may have written a module, in a folder of the submission's.

        To ask the same of all folders would touch some hundred pages that are shared with the template.
        """
        cache = sys.path_importer_cache
        for finder in [*islice(reversed(cache.values()), max(0, len(cache) - self._folders_before))]:
            if finder and hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()

    def lookup(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """What a name of the submission's stands for: a value, something callable, a module, or nothing."""
        name, parcel = request["name"], self.lending.parcel()
        if stale := self._stale():
            self.found.clear()
        if name not in self.shell.user_ns:
            return {"missing": True} | stale, parcel
        value = self.shell.user_ns[name]
        if isinstance(value, ModuleType):
            return {"module": value.__name__} | stale, parcel
        if callable(value) and not self.lending.lends:
            self.found[name] = value
        named = f"{getattr(value, '__module__', '')}:{getattr(value, '__qualname__', '')}" if callable(value) else ""
        return {"value": encode(value, parcel, self.lending.lend), "named": named} | stale, parcel

    def assign(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Give a name another value, or none: a test may put something else in its place."""
        self.shell.user_ns.pop(request["name"], None)
        if "value" in request:
            self.shell.user_ns[request["name"]] = decode(request["value"], received, self.lending.find)
        return {}, self.lending.parcel()

    def patch(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Give a module or class another value under a name, as a test has done in the grader, or what it had."""
        module, _, path = request["module"].partition(":")
        owner, name = resolve_path(importlib.import_module(module), path), request["name"]
        has = inspect.getattr_static if path else getattr
        own = self.patched.setdefault((request["module"], name), has(owner, name, None))
        setattr(owner, name, decode(request["value"], received, self.lending.find) if "value" in request else own)
        return {}, self.lending.parcel()

    def surround(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """Set environment variables and the like, as a test has done in the grader, or back to what they were here."""
        own = process_state.now()
        self.surroundings = {name: own.get(name) for name in request["new"]} | self.surroundings
        process_state.become(request["new"] | {name: self.surroundings.pop(name) for name in request["as_before"]})
        return {}, self.lending.parcel()

    def names(self, _: dict, __: Parcel) -> tuple[dict, Parcel]:
        """The global names that there are."""
        return {"names": [name for name in self.shell.user_ns if isinstance(name, str)]}, self.lending.parcel()

    def begin_folder(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """From here on the folder is told of: first all that the grade cell has not, beside the course's own files."""
        self.mirror.begin(request["common"])
        return {}, self.lending.parcel()

    def call_back(self, number: int, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call a function of the grade cell's; what it asks for meanwhile is answered."""
        return self.lending.calling_back(lambda: self._called_back(number, args, kwargs))

    def _called_back(self, number: int, args: tuple, kwargs: dict[str, Any]) -> Any:
        sent = self.lending.parcel()
        request = {"callback": number, "args": encode(list(args), sent, self.lending.lend)}
        send(self.channel, request | {"kwargs": encode(kwargs, sent, self.lending.lend)}, sent)
        lends = self.lending.lends
        while True:
            message, received = self._received()
            if "do" in message:
                self._answer(message, received)
                continue
            self.lending.lends = lends
            if "raised" in message:
                raise from_test(*message["raised"])
            return decode(message["returned"], received, self.lending.find)

    def call(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Call an object with plain values, and keep the graph of its outputs for ``backward``."""
        self.shell.commands = False
        target = self.lending.find(request["target"])
        # The learner's code gets copies, which it may resize; what came stays, to compare them with.
        before = received.tensors
        received.tensors = {name: tensor.clone() for name, tensor in before.items()}
        args = decode(request["args"], received, self.lending.find)
        kwargs = decode(request["kwargs"], received, self.lending.find) if "kwargs" in request else {}
        arguments = Arguments(received, before, [*args, *kwargs.values()], contained=not self.lending.lends)
        if "seed" in request:
            seed_everything(request["seed"])
        elif request.get("state"):
            set_random_state(request["state"])
        begins_with = random_state() if "state" in request else None
        silence, grad_enabled = Capped(self.most_output), torch.set_grad_enabled(request["grad"])
        warned = warnings.catch_warnings(record=True) if self.lending.lends else nullcontext()
        # A call of a check is no cell: what it does with loops of its own is its own affair.
        loop = nullcontext() if self.lending.lends else Counting(None)
        printed = redirect_stdout(silence), redirect_stderr(silence)
        with printed[0], printed[1], self.shell.builtin_trap, grad_enabled, loop, warned as found:
            if found is not None:  # as a test for warnings has it
                warnings.simplefilter("always")
            try:
                result = self.lending.running(lambda: target(*args, **kwargs))
            finally:
                self.warned = found or []
        sent = self.lending.parcel()
        leaves, changes = self.lending.shared.leaves() if self.lending.lends else {}, len(sent.originals)
        value = encode(result, sent, self.lending.lend)
        originals = list(sent.originals.values())[changes:]
        outputs = [item if isinstance(item, torch.Tensor) else None for item in originals]
        graph = None
        if any(output is not None and output.requires_grad for output in outputs):
            graph = self.lending.number()
            self.graphs[graph] = [*arguments.inputs, *leaves.values()], outputs
        damage: Any = arguments.damage()
        if damage:
            damage = encode(
                damage, sent, lambda item: item.tree if isinstance(item, Known) else self.lending.lend(item)
            )
        reply = {"value": value, "graph": graph, "damage": damage or None}
        if graph and leaves:
            reply["leaves"] = list(leaves)
        if "state" in request:
            self.stands = where_it_stands() if self.lending.lends else ()
            reply["state"] = None if (state := random_state()) == begins_with else state
        return reply | ({"printed": silence.shown()} if request.get("lends") and silence.tell() else {}), sent

    def backward(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """The vector-Jacobian product of an earlier call; with ``accumulate`` the parameters get their .grad too."""
        inputs, outputs = self.graphs[request["graph"]]
        weights = decode(request["grads"], received, self.lending.find)
        grads = vector_jacobian_product(inputs, outputs, weights, request["accumulate"])
        sent = self.lending.parcel()
        return {"grads": encode(grads, sent, refuse_value)}, sent


def _names_of(kind: type) -> list[str]:
    """Where a class is found, and which of Python's own it is one of."""
    return [f"{kind.__module__}:{kind.__qualname__}", *(base.__name__ for base in kind.__mro__)]
