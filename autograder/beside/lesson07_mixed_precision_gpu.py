"""Graphics cards to believe in, training steps that are watched, clocks that are driven. Learner's side.

All of it returns raw records: states, tensors, lists of events.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

KINDS = ("cpu", "cuda", "mps", "xpu")
"""Device types whose autocast state is looked at."""

OTHER_CLOCKS = ("time", "monotonic", "process_time", "thread_time")

_card = ExitStack()


def put_card(native: bool, emulated: bool) -> None:
    """From now on torch says that there is a CUDA card, and whether bfloat16 is native on it or can be emulated."""

    def is_bf16_supported(including_emulation: bool = True) -> bool:
        return native or (emulated and including_emulation)

    take_card()
    capability = (8, 0) if native else (7, 5)
    properties = SimpleNamespace(major=capability[0], minor=capability[1], name="a simulated card")
    for name, replacement in {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "is_bf16_supported": is_bf16_supported,
        "get_device_capability": lambda *_: capability,
        "get_device_properties": lambda *_: properties,
    }.items():
        _card.enter_context(patch(f"torch.cuda.{name}", replacement))


def take_card() -> None:
    """Torch says again what is true."""
    _card.close()


def autocast_state(autocast_for: Callable, device: torch.device) -> dict[str, Any]:
    """What two contexts for ``device``, one inside the other, switch on, and what they leave on."""
    with _autocast_off():
        contexts = autocast_for(device), autocast_for(device)
        kind = "class" if isinstance(contexts[0], type) else type(contexts[0]).__name__
        if kind == "class" or not all(hasattr(context, "__enter__") for context in contexts):
            return {"context": False, "type": kind}
        with contexts[0]:
            outer = _switched_on()
            with contexts[1]:
                inner = _switched_on()
        same = contexts[0] is contexts[1]
        return {"context": True, "type": kind, "inside": [outer, inner], "after": _switched_on(), "same": same}


@contextmanager
def _autocast_off() -> Iterator[None]:
    """Off for every kind of device, and afterwards as it was, also where a context that was entered stays open."""
    before = {kind: (torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in KINDS}
    depth = _open_contexts()
    try:
        for kind in KINDS:
            torch.set_autocast_enabled(kind, False)
        yield
    finally:
        for kind, (enabled, dtype) in before.items():
            torch.set_autocast_enabled(kind, enabled)
            torch.set_autocast_dtype(kind, dtype)
        while _open_contexts() > depth:
            torch.autocast_decrement_nesting()
        # Casts of weights are kept until the outermost context ends; they would outlive an optimizer's step.
        if not depth:
            torch.clear_autocast_cache()


def _open_contexts() -> int:
    torch.autocast_increment_nesting()  # torch says how many there are only where that changes
    return torch.autocast_decrement_nesting()


def _switched_on() -> dict[str, torch.dtype]:
    return {kind: torch.get_autocast_dtype(kind) for kind in KINDS if torch.is_autocast_enabled(kind)}


def under_autocast(function: Callable, mu: Tensor, logvar: Tensor) -> Any:
    """Call ``function`` where bfloat16 autocast is on."""
    with torch.autocast(mu.device.type, dtype=torch.bfloat16):
        return function(mu, logvar)


class _Watched(TorchDispatchMode):
    """Notes the operations that PyTorch carries out, and the tensors that they meet."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[Tensor]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        met = [item for item in _flat([args, kwargs or {}, result]) if isinstance(item, Tensor)]
        self.seen.append((func.overloadpacket.__name__, met))
        return result


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def operations(function: Callable, mu: Tensor, logvar: Tensor) -> list[tuple[str, list[str]]]:
    """The operations behind ``function(mu, logvar)``, each with the dtypes of the tensors that it met."""
    with _Watched() as watched:
        function(mu, logvar)
    return [(name, [str(tensor.dtype) for tensor in met]) for name, met in watched.seen]


def met_on_processor(function: Callable, *args: Tensor) -> list[str]:
    """The operations that met a tensor of the processor, for inputs on the meta device, until the call ended."""
    there = [arg.to("meta") for arg in args]
    with _Watched() as watched, suppress(Exception):
        function(*there)
    return _on_processor(watched)


def _on_processor(watched: _Watched) -> list[str]:
    return [name for name, met in watched.seen if any(t.dim() and t.device.type == "cpu" for t in met)]


class Heads(nn.Module):
    """Logits, mu and logvar as linear maps of x; notes outputs, their gradients, autocast's state and all modes.

    The first outputs count, if there are more. It trains, and one of its layers does not.
    """

    def __init__(self, weights: dict[str, Tensor], device: torch.device) -> None:
        super().__init__()
        self.heads: dict[str, nn.Linear] = {}
        for name, weight in weights.items():
            layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device=device)
            layer.weight.data.copy_(weight)
            layer.weight.register_hook(self._note_backward)
            self.heads[name] = layer
            self.add_module(name, layer)
        self.heads["mu"].eval()
        self.record: dict[str, Any] = {
            **{name: [] for name in ("forward", "backward")},
            **{name: {} for name in ("outputs", "gradients")},
            "modes": [self.modes()],
        }

    def modes(self) -> list[bool]:
        """Whether it trains, and each of its layers."""
        return [module.training for module in self.modules()]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What a VAE returns."""
        on = torch.is_autocast_enabled(x.device.type)
        self.record["forward"].append(torch.get_autocast_dtype(x.device.type) if on else None)
        self.record["modes"].append(self.modes())
        return self._watch("logits", x), self._watch("mu", x), self._watch("logvar", x)

    def _watch(self, name: str, x: Tensor) -> Tensor:
        output = self.heads[name](x)
        self.record["outputs"].setdefault(name, output.detach().cpu())

        def note(gradient: Tensor) -> None:
            self.record["gradients"][name] = gradient.detach().cpu()

        if output.requires_grad:
            output.register_hook(note)
        return output

    def _note_backward(self, gradient: Tensor) -> None:
        self.record["backward"].append(torch.is_autocast_enabled(gradient.device.type))


class Scaler(torch.amp.GradScaler):
    """Notes its updates, and who calls ``optimizer.step``: the scaler, or the function alone."""

    def note(self, optimizer: torch.optim.Optimizer) -> None:
        """Begin with the steps of this optimizer."""
        self.updates, self.steps, self._stepping = 0, list[str](), False
        self.unchecked: list[str] | None = None
        optimizer.register_step_pre_hook(lambda *_: self.steps.append("scaler" if self._stepping else "alone"))

    def step(self, optimizer: torch.optim.Optimizer, *args: Any, **kwargs: Any) -> float | None:
        """As before."""
        self._stepping = True
        try:
            return super().step(optimizer, *args, **kwargs)
        finally:
            self._stepping = False

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """As before; where no gradient was looked at yet, it notes who stepped before, and goes on."""
        try:
            super().update(new_scale)
        except AssertionError as error:
            if "No inf checks" not in str(error):
                raise
            self.unchecked = [*self.steps]
        self.updates += 1


def watched_step(
    amp_train_step: Callable,
    weights: dict[str, Tensor],
    x: Tensor,
    *,
    device: str,
    scale: float | None,
    stale: float | None = None,
    **options: float,
) -> dict[str, Any]:
    """One step of plain gradient descent with rate 1; ``scale=None`` is a disabled scaler.

    The scaler doubles its scale after every clean step. ``stale`` is what the gradients hold before the call.
    ``options`` are beta and clip, where they are not left to their defaults.
    """
    place = torch.device(device)
    model = Heads(weights, place)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scaler = Scaler(place.type, init_scale=scale or 1.0, growth_interval=1, enabled=scale is not None)
    scaler.note(optimizer)
    for parameter in model.parameters():
        parameter.grad = None if stale is None else torch.full_like(parameter, stale)
    loss = amp_train_step(model, x.to(place), optimizer, scaler, **options)
    model.record["modes"].append(model.modes())
    return {
        "loss": loss.detach().cpu() if isinstance(loss, Tensor) else loss,
        "after": {name: layer.weight.detach().cpu() for name, layer in model.heads.items()},
        "scale": scaler.get_scale(),
        "steps": scaler.steps,
        "updates": scaler.updates,
        "unchecked": scaler.unchecked,
        **model.record,
    }


def epochs(
    device_batches: Callable[..., Iterable[Tensor]], x: Tensor, batch_size: int, seed: int | None, n: int
) -> list[Any]:
    """The batches of ``n`` epochs that share one generator, started from ``seed`` (None: no generator).

    At most two batches more than there are rows are taken. What is no collection comes as it is.
    """
    generator = None if seed is None else torch.Generator(x.device).manual_seed(seed)
    return [_taken(device_batches(x, batch_size, generator), x) for _ in range(n)]


def _taken(batches: Any, x: Tensor) -> Any:
    if not isinstance(batches, Iterable):
        return batches
    # Copies, since the next batch or epoch may use the same memory.
    return [
        batch.clone().cpu() if isinstance(batch, Tensor) and not batch.is_meta else batch
        for batch in islice(batches, len(x) + 2)
    ]


def on_processor(device_batches: Callable[..., Iterable[Tensor]], x: Tensor, batch_size: int) -> dict[str, Any]:
    """For ``x`` on the meta device: its batches, and which operations met a tensor of the processor."""
    there = x.to("meta")
    with _Watched() as watched:
        batches = _taken(device_batches(there, batch_size, None), there)
    return {"batches": batches, "operations": _on_processor(watched)}


def timed(
    throughput: Callable, samples: int, warmup: int, repeats: int, device: str, launch: float, work: list[float]
) -> dict[str, Any]:
    """Time a step on a simulated device with a driven clock; call i takes ``launch`` and then ``work[i]`` seconds.

    A processor works during the call. A graphics card puts the work in a queue, and ``synchronize`` waits for it. That
    card is the second of two: a wait that names none is one for the first.
    """
    clock = SimpleNamespace(now=1000.0, queued=0.0)
    events: list[str] = []

    def step() -> None:
        seconds = work[min(events.count("step"), len(work) - 1)]
        events.append("step")
        clock.now += launch
        if device == "cpu":
            clock.now += seconds
        else:
            clock.queued += seconds

    place = torch.device(device, 1) if device == "cuda" else torch.device(device)

    def wait(device: Any = None) -> None:
        if place.type == "cpu":
            raise AssertionError("Torch not compiled with CUDA enabled: a processor has nothing to synchronize")
        if device is None or (device != place.index and torch.device(device) != place):
            events.append("wait for another card")
            return
        events.append("wait")
        clock.now += clock.queued
        clock.queued = 0.0

    def read() -> float:
        events.append("clock")
        clock.now += 1e-9  # to read it takes time too
        return clock.now

    def other() -> float:
        events.append("another clock")
        return clock.now

    with _driven(throughput, read, other, wait, device == "cuda"):
        rate = throughput(step, samples, warmup, repeats, place)
    return {"rate": rate.detach().cpu() if isinstance(rate, Tensor) else rate, "events": events}


@contextmanager
def _driven(
    function: Callable, read: Callable[[], float], other: Callable[[], float], wait: Callable, has_cuda: bool
) -> Iterator[None]:
    """Every way to read the clock and to wait for the device, replaced; also under names of the function's own.

    Other clocks are replaced there alone: the rest of the process needs them.
    """
    driven = {
        time.perf_counter: read,
        time.perf_counter_ns: lambda: round(read() * 1e9),
        torch.cuda.synchronize: wait,
    }
    for name in OTHER_CLOCKS:
        driven |= {getattr(time, name): other, getattr(time, f"{name}_ns"): lambda: round(other() * 1e9)}
    module = ModuleType("time")
    vars(module).update(vars(time) | {clock.__name__: new for clock, new in driven.items()})
    by_identity = {id(time): module, **{id(clock): new for clock, new in driven.items()}}
    own = getattr(function, "__globals__", {})
    renamed = {name: value for name, value in own.items() if id(value) in by_identity}
    with ExitStack() as stack:
        own.update({name: by_identity[id(value)] for name, value in renamed.items()})
        stack.callback(own.update, renamed)
        stack.enter_context(patch.object(time, "perf_counter", read))
        stack.enter_context(patch.object(time, "perf_counter_ns", driven[time.perf_counter_ns]))
        stack.enter_context(patch.object(timeit, "default_timer", read))
        for name in ("torch.cuda.synchronize", "torch.mps.synchronize", "torch.accelerator.synchronize"):
            stack.enter_context(patch(name, wait))
        stack.enter_context(patch("torch.cuda.is_available", lambda: has_cuda))
        yield
