"""The worker: runs a submission's cells and calls its functions, and judges nothing. Learner's side."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from types import ModuleType
from typing import Any

import torch

from autograder.boundary import sandbox
from autograder.boundary.calls import same, vector_jacobian_product
from autograder.boundary.frames import Closed
from autograder.boundary.randomness import seed_everything
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


class Worker:
    """One submission's side of the boundary: a shell, the objects lent to the grader, the graphs of recent calls."""

    def __init__(self, channel: socket.socket, shell: Shell, most_output: int) -> None:
        self.channel, self.shell, self.most_output = channel, shell, most_output
        self.objects: dict[int, Any] = {}
        self.graphs: dict[int, tuple[list[torch.Tensor], list[torch.Tensor | None]]] = {}
        self.count = 0

    def serve(self) -> None:
        """Answer requests until the grader goes away."""
        actions: dict[str, Callable[[dict, Parcel], tuple[dict, Parcel]]] = {
            "run": self.run,
            "lookup": self.lookup,
            "call": self.call,
            "backward": self.backward,
        }
        while True:
            try:
                request, parcel = receive(self.channel)
            except Closed:
                return
            for number in request.get("release", ()):
                self.objects.pop(number, None)
                self.graphs.pop(number, None)
            try:
                reply, sent = actions[request["do"]](request, parcel)
                reply["left_out"], self.shell.left_out = self.shell.left_out, []
                send(self.channel, reply, sent)
            except CannotCross as value:
                send(self.channel, {"uncrossable": value.description[:MAX_NAME]})
            except BaseException as error:  # of whatever kind a submission raises
                send(self.channel, {"error": LearnerError.of(error).args})

    def run(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """Run a cell; its outputs are for people."""
        self.shell.commands = request["commands"]
        importlib.invalidate_caches()  # the cell before may have written a module
        outputs, error = run_cell(self.shell, request["source"], self.most_output, *request["room"])
        return {"outputs": outputs, "problem": LearnerError.of(error).args if error else None}, Parcel()

    def lookup(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """What a name of the submission's stands for: a value, something callable, a module, or nothing."""
        name, parcel = request["name"], Parcel()
        if name not in self.shell.user_ns:
            return {"missing": True}, parcel
        value = self.shell.user_ns[name]
        if isinstance(value, ModuleType):
            return {"module": value.__name__}, parcel
        return {"value": encode(value, parcel, self._lend)}, parcel

    def call(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """Call an object with plain values, and keep the graph of its outputs for ``backward``."""
        self.shell.commands = False
        target = self._find(request["target"])
        # The learner's code gets copies, which it may resize; what came stays, to compare them with.
        before = received.tensors
        received.tensors = {name: tensor.clone() for name, tensor in before.items()}
        args = decode(request["args"], received, self._find)
        kwargs = decode(request["kwargs"], received, self._find)
        # Noted before the call: an operation in place may give a history to an input that had none.
        inputs = [item for item in received.originals.values() if item.requires_grad]
        known = [(part, items_of(part)) for part in parts([*args, *kwargs.values()])]
        seed_everything(request["seed"])
        silence, grad_enabled = Capped(self.most_output), torch.set_grad_enabled(request["grad"])
        with redirect_stdout(silence), redirect_stderr(silence), self.shell.builtin_trap, grad_enabled:
            result = target(*args, **kwargs)
        sent = Parcel()
        value = encode(result, sent, self._lend)
        outputs = [item if isinstance(item, torch.Tensor) else None for item in sent.originals.values()]
        graph = None
        if any(output is not None and output.requires_grad for output in outputs):
            graph = self._number()
            self.graphs[graph] = inputs, outputs
        leaves = ((name, item) for name, item in received.originals.items() if item.is_leaf)
        grads = {name: item.grad for name, item in leaves if item.grad is not None}
        changed = {name: item for name, item in received.originals.items() if not same(item, before[name])}
        damage = {"tensors": changed, "grads": grads, "containers": _rearranged(known)}
        damage = {kind: what for kind, what in damage.items() if what}
        damage = encode(damage, sent, lambda item: item.tree if isinstance(item, _Known) else self._lend(item))
        return {"value": value, "graph": graph, "damage": damage}, sent

    def backward(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """The vector-Jacobian product of an earlier call; with ``accumulate`` the parameters get their .grad too."""
        inputs, outputs = self.graphs[request["graph"]]
        weights = decode(request["grads"], received, self._find)
        grads = vector_jacobian_product(inputs, outputs, weights, request["accumulate"])
        sent = Parcel()
        return {"grads": encode(grads, sent, refuse_value)}, sent

    def _number(self) -> int:
        self.count += 1
        return self.count

    def _lend(self, value: Any) -> dict:
        if isinstance(value, ModuleType) or not is_callable(value):
            refuse_value(value)
        number = self._number()
        self.objects[number] = value
        return {"callable": number}

    def _find(self, reference: dict) -> Any:
        if "beside" in reference:
            module, name = reference["beside"].split(":")
            return getattr(importlib.import_module(module), name)
        number, path = reference["object"]
        return resolve_path(self.objects[number], path)


class _Known:
    """Stands for the part of the arguments with this number, which the grader has already."""

    def __init__(self, number: int) -> None:
        self.tree = {"known": number}


def _rearranged(known: list[tuple[Any, list]]) -> dict[int, list]:
    """The containers among a call's arguments that no longer hold what they held, and what they hold now."""
    numbers = {id(part): number for number, (part, _) in enumerate(known)}
    changed = {}
    for number, (part, before) in enumerate(known):
        now = items_of(part)
        if len(now) != len(before) or any(new is not old for new, old in zip(now, before, strict=True)):
            changed[number] = [_Known(numbers[id(item)]) if id(item) in numbers else item for item in now]
    return changed
