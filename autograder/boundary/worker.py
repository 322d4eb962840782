"""The worker: runs a submission's cells and calls its functions, and judges nothing. Learner's side.

With the arguments ``template FD PACKAGES`` it is a process that has imported everything and forks one worker per
request; with ``cold FD PACKAGES SCRATCH LIMITS`` a single worker, for platforms where forking does not serve.
"""

from __future__ import annotations

import base64
import ctypes
import gc
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from types import ModuleType
from typing import Any

import matplotlib.pyplot as plt  # noqa: F401  (imported for the workers that are forked from here)
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

import lessonkit.data
from autograder.boundary import probes, sandbox  # noqa: F401  (probes are called by their path)
from autograder.boundary.frames import Closed
from autograder.boundary.randomness import seed_everything
from autograder.boundary.wire import (
    MAX_OUTPUTS,
    MAX_TEXT,
    Parcel,
    decode,
    encode,
    is_callable,
    items_of,
    numbers_of,
    parts,
    receive,
    refuse_value,
    resolve_path,
    send,
)
from autograder.errors import LearnerError
from autograder.packages import Packages

OUTPUT_KINDS = ("text/plain", "image/png")


class Worker:
    """One submission's side of the boundary: a shell, the objects lent to the grader, the graphs of recent calls."""

    def __init__(self, channel: socket.socket, shell: InteractiveShell, most_output: int) -> None:
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
                send(self.channel, reply, sent)
            except (Exception, SystemExit) as error:
                problem = LearnerError.of(error)
                send(self.channel, {"error": [problem.kind, problem.message, problem.where]})

    def run(self, request: dict, _: Parcel) -> tuple[dict, Parcel]:
        """Run a cell; its outputs are for people."""
        outputs: list[dict] = []
        stdout, stderr = Capped(self.most_output), Capped(self.most_output)
        with redirect_stdout(stdout), redirect_stderr(stderr), capture_output(stdout=False, stderr=False) as captured:
            result = self.shell.run_cell(request["source"], store_history=True)
        outputs += [{"output_type": "stream", "name": "stdout", "text": stdout.shown()}] if stdout.tell() else []
        outputs += [{"output_type": "stream", "name": "stderr", "text": stderr.shown()}] if stderr.tell() else []
        outputs += [_display(output) for output in captured.outputs[:MAX_OUTPUTS]]
        error = result.error_before_exec or result.error_in_exec
        problem = LearnerError.of(error) if error else None
        return {"outputs": outputs, "problem": problem and [problem.kind, problem.message, problem.where]}, Parcel()

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
        changed = {name: item for name, item in received.originals.items() if not _same(item, before[name])}
        damage = {"tensors": changed, "grads": grads, "containers": _rearranged(known)}
        damage = {kind: what for kind, what in damage.items() if what}
        damage = encode(damage, sent, lambda item: item.tree if isinstance(item, _Known) else self._lend(item))
        return {"value": value, "graph": graph, "damage": damage}, sent

    def backward(self, request: dict, received: Parcel) -> tuple[dict, Parcel]:
        """The vector-Jacobian product of an earlier call; with ``accumulate`` the parameters get their .grad too."""
        inputs, outputs = self.graphs[request["graph"]]
        pairs = zip(outputs, decode(request["grads"], received, self._find), strict=True)
        used = [(out, weight) for out, weight in pairs if out is not None and out.requires_grad and weight is not None]
        outs, weights = [out for out, _ in used], [weight for _, weight in used]
        if request["accumulate"]:
            for item in inputs:
                item.grad = None
            torch.autograd.backward(outs, weights, retain_graph=True)
            grads = [item.grad for item in inputs]
        else:
            grads = list(torch.autograd.grad(outs, inputs, weights, retain_graph=True, allow_unused=True))
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


class Capped(io.StringIO):
    """A stream that keeps its first MAX_TEXT characters; a flood of more than ``most`` ends the process."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._seen = most, 0

    def write(self, text: str) -> int:
        self._seen += len(text)
        if self._seen > self._most:
            end_by(signal.SIGXFSZ)
        super().write(text[: max(0, MAX_TEXT - self.tell())])
        return len(text)

    def shown(self) -> str:
        """What was kept, with a note if that is not all."""
        text = self.getvalue()
        if self._seen <= len(text):
            return text
        note = f"\n[output cut: {self._seen:,} characters were printed]"
        return text[: MAX_TEXT - len(note)] + note


def end_by(number: int) -> None:
    """End this process by a signal, whatever the submission has set up for it: the grader sees which one it was."""
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
    os._exit(1)


def _display(output: RichOutput) -> dict:
    data = {}
    for kind in OUTPUT_KINDS:
        if content := output.data.get(kind):
            text = base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
            data[kind] = text if kind == "image/png" else text[:MAX_TEXT]
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _same(tensor: torch.Tensor, before: torch.Tensor) -> bool:
    """Whether a tensor still holds what it held, by its bytes: not a number equals itself."""
    if tensor.is_meta:  # it holds nothing
        return True
    if tensor.dtype != before.dtype or tensor.shape != before.shape:
        return False
    return numbers_of(tensor.detach().cpu().contiguous()) == numbers_of(before)


def make_shell() -> InteractiveShell:
    """An IPython shell without history, colours or tracebacks on the terminal."""
    shell: Any = InteractiveShell.instance(history_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    shell.enable_gui = lambda gui=None: None  # `%matplotlib inline` asks for an event loop; there is none
    shell.displayhook.write_output_prompt = lambda: None
    shell.displayhook.write_format_data = lambda data, metadata=None: shell.display_pub.publish(data, metadata)
    shell._showtraceback = lambda etype, evalue, stb: None  # errors travel in the reply
    return shell


def warm_up(packages: Packages) -> None:
    """Import and touch what most lessons use, on one thread: a thread pool made before a fork hangs every child."""
    for package in (*packages.beside, "lessonkit"):
        # A worker that is locked in could not read lessonkit where the course is installed editable.
        for module in pkgutil.iter_modules(map(str, packages.folders([package]))):
            importlib.import_module(f"{package}.{module.name}")
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    layer(torch.ones(2, 2)).sum().backward()
    optimizer.step()
    torch.randn(2, device="meta").exp()


def enter(channel: socket.socket, scratch: str, limits: dict, packages: Packages) -> list[str]:
    """Make this process the worker of one submission, locked in; the active layers."""
    os.setsid()
    os.environ.update(HOME=scratch, TMPDIR=scratch, IPYTHONDIR=scratch)
    os.chdir(scratch)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no worker outlives its template
    if limits["isolation"] != "none":
        sandbox.close_descriptors(keep=channel.fileno())
    return sandbox.lock_in(scratch, limits, limits["isolation"], packages)


def serve_forks(control: socket.socket, shell: InteractiveShell, packages: Packages) -> None:
    """Fork a worker for every request on ``control``, kill and reap on request, and end when the grader does.

    On request it also forks another template, which serves another process of the grader's.
    """
    scratch = receive(control)[0]["scratch"]
    workers: set[int] = set()
    with _clearing(workers, scratch):
        send(control, {"ready": os.getpid()})
        while True:
            command, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not command:
                return
            if command == b"t":
                other = socket.socket(fileno=descriptors[0])
                forked(control, partial(serve_forks, other, shell, packages))
                other.close()
                continue
            request, _ = receive(control)
            if command == b"k":
                workers.discard(request["pid"])
                send(control, _end(request["pid"], request["grace"]))
                continue
            channel = socket.socket(fileno=descriptors[0])
            pid = forked(control, partial(work, channel, request["scratch"], request["limits"], shell, packages))
            channel.close()
            workers.add(pid)
            send(control, {"pid": pid})


def forked(control: socket.socket, task: Callable[[], None]) -> int:
    """A child process that does this task, and nothing else of what its parent does."""
    pid = os.fork()
    if pid == 0:
        try:
            control.close()
            task()
        finally:
            os._exit(0)
    return pid


def work(channel: socket.socket, scratch: str, limits: dict, shell: InteractiveShell, packages: Packages) -> None:
    """Serve one submission."""
    try:
        send(channel, {"layers": enter(channel, scratch, limits, packages)})
    except (sandbox.SandboxError, OSError) as error:
        send(channel, {"refused": str(error)})
        return
    Worker(channel, shell, limits["output_characters"]).serve()


def _end(pid: int, grace: float) -> dict[str, float]:
    """Kill a worker unless it ends by itself within ``grace`` seconds; how it ended and what it used.

    ``status`` is its exit code, or minus its signal. Its memory counts the libraries that it shares with the template.
    """
    deadline = time.monotonic() + grace
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return {
                "status": os.waitstatus_to_exitcode(status),
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "peak_bytes": used.ru_maxrss * 1024,  # Linux, where alone workers are forked, counts KiB
            }
        if time.monotonic() >= deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(1e-3)


@contextmanager
def _clearing(workers: set[int], scratch: str) -> Iterator[None]:
    """At the end, kill the workers and remove their folders, which a grader that was killed cannot do."""
    try:
        yield
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        # Templates that were forked from this one keep their folders in its folder; they end when their graders do.
        with suppress(ChildProcessError):
            while True:
                os.wait()
        subprocess.run(["rm", "-rf", scratch], check=False)


def import_everything(packages: Packages) -> InteractiveShell:
    """Make this process ready for submissions, before it has seen any; the shell that their cells run in."""
    shell = make_shell()
    torch.set_num_threads(1)
    warm_up(packages)
    Worker(socket.socket(), shell, MAX_TEXT).run({"source": "1 + 1"}, Parcel())
    shell.reset()
    lessonkit.data.digits()
    sandbox.prepare(packages)
    gc.collect()
    gc.freeze()
    return shell


if __name__ == "__main__":
    kind, descriptor, named, *rest = sys.argv[1:]
    connection, own = socket.socket(fileno=int(descriptor)), Packages.read(named)
    if kind == "template":
        serve_forks(connection, import_everything(own), own)
    else:
        folder, limits = rest
        work(connection, folder, json.loads(limits), import_everything(own), own)
        os._exit(0)
