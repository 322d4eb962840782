"""Graphics cards to believe in, training steps that are watched, clocks that are driven. Learner's side.

All of it returns raw records: states, tensors, lists of events.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

KINDS = ("cpu", "cuda", "mps", "xpu")
"""Device types whose autocast state is looked at."""


def autocast_state(autocast_for: Callable, device: torch.device, native_bf16: bool | None = None) -> dict[str, Any]:
    """What entering the context for ``device`` switches on; ``native_bf16`` describes a simulated graphics card."""
    with ExitStack() as stack:
        if native_bf16 is not None:
            stack.enter_context(_graphics_card(native_bf16))
        context = autocast_for(device)
        if not hasattr(context, "__enter__"):
            return {"context": False, "type": type(context).__name__, "inside": {}, "after": {}}
        with context:
            inside = _switched_on()
        return {"context": True, "type": type(context).__name__, "inside": inside, "after": _switched_on()}


def _switched_on() -> dict[str, torch.dtype]:
    return {kind: torch.get_autocast_dtype(kind) for kind in KINDS if torch.is_autocast_enabled(kind)}


@contextmanager
def _graphics_card(native_bf16: bool) -> Iterator[None]:
    """A CUDA card for which PyTorch can emulate bfloat16 if the card itself cannot compute with it."""

    def is_bf16_supported(including_emulation: bool = True) -> bool:
        return native_bf16 or including_emulation

    capability = (8, 0) if native_bf16 else (7, 5)
    properties = SimpleNamespace(major=capability[0], minor=capability[1], name="a simulated card")
    with ExitStack() as stack:
        for name, replacement in {
            "is_available": lambda: True,
            "device_count": lambda: 1,
            "current_device": lambda: 0,
            "is_bf16_supported": is_bf16_supported,
            "get_device_capability": lambda *_: capability,
            "get_device_properties": lambda *_: properties,
        }.items():
            stack.enter_context(patch(f"torch.cuda.{name}", replacement))
        yield


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


class Heads(nn.Module):
    """Logits, mu and logvar as three linear maps of x; notes its outputs, their gradients, and autocast's state."""

    def __init__(self, weights: dict[str, Tensor], device: torch.device) -> None:
        super().__init__()
        self.heads: dict[str, nn.Linear] = {}
        for name, weight in weights.items():
            layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device=device)
            layer.weight.data.copy_(weight)
            layer.weight.register_hook(self._note_backward)
            self.heads[name] = layer
            self.add_module(name, layer)
        self.record: dict[str, Any] = {"forward": [], "backward": [], "outputs": {}, "gradients": {}}

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What a VAE returns."""
        on = torch.is_autocast_enabled(x.device.type)
        self.record["forward"].append(torch.get_autocast_dtype(x.device.type) if on else None)
        return self._watch("logits", x), self._watch("mu", x), self._watch("logvar", x)

    def _watch(self, name: str, x: Tensor) -> Tensor:
        output = self.heads[name](x)
        self.record["outputs"][name] = output.detach().cpu()

        def note(gradient: Tensor) -> None:
            self.record["gradients"][name] = gradient.detach().cpu()

        if output.requires_grad:
            output.register_hook(note)
        return output

    def _note_backward(self, gradient: Tensor) -> None:
        self.record["backward"].append(torch.is_autocast_enabled(gradient.device.type))


def watched_step(
    amp_train_step: Callable,
    weights: dict[str, Tensor],
    x: Tensor,
    *,
    device: str,
    scale: float | None,
    beta: float = 1.0,
    clip: float | None = None,
    stale: float | None = None,
) -> dict[str, Any]:
    """One step of plain gradient descent with rate 1; ``scale=None`` is a disabled scaler.

    The scaler doubles its scale after every clean step. ``stale`` is what the gradients hold before the call.
    """
    place = torch.device(device)
    model = Heads(weights, place)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scaler = torch.amp.GradScaler(
        place.type, init_scale=1.0 if scale is None else scale, growth_interval=1, enabled=scale is not None
    )
    for parameter in model.parameters():
        parameter.grad = None if stale is None else torch.full_like(parameter, stale)
    loss = amp_train_step(model, x.to(place), optimizer, scaler, beta=beta, clip=clip)
    return {
        "loss": loss.detach().cpu() if isinstance(loss, Tensor) else loss,
        "after": {name: layer.weight.detach().cpu() for name, layer in model.heads.items()},
        "scale": scaler.get_scale(),
        **model.record,
    }


def epochs(
    device_batches: Callable[..., Iterable[Tensor]], x: Tensor, batch_size: int, seed: int | None, n: int
) -> list[list[Tensor]]:
    """The batches of ``n`` epochs that share one generator, started from ``seed`` (None: no generator)."""
    generator = None if seed is None else torch.Generator(x.device).manual_seed(seed)
    return [[batch.cpu() for batch in device_batches(x, batch_size, generator)] for _ in range(n)]


def on_processor(device_batches: Callable[..., Iterable[Tensor]], x: Tensor, batch_size: int) -> dict[str, Any]:
    """For ``x`` on the meta device: where its batches are, and which operations met a tensor of the processor."""
    there = x.to("meta")
    with _Watched() as watched:
        devices = [str(batch.device) for batch in device_batches(there, batch_size, None)]
    met = [name for name, tensors in watched.seen if any(t.dim() and t.device.type == "cpu" for t in tensors)]
    return {"devices": devices, "operations": met}


def timed(
    throughput: Callable, samples: int, warmup: int, repeats: int, device: str, launch: float, work: list[float]
) -> dict[str, Any]:
    """Time a step on a simulated device with a driven clock; call i takes ``launch`` and then ``work[i]`` seconds.

    A processor works during the call. A graphics card puts the work in a queue, and ``synchronize`` waits for it.
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

    def wait(*_: Any, **__: Any) -> None:
        if device == "cpu":
            raise AssertionError("Torch not compiled with CUDA enabled: a processor has nothing to synchronize")
        events.append("wait")
        clock.now += clock.queued
        clock.queued = 0.0

    def read() -> float:
        events.append("clock")
        return clock.now

    with _driven(throughput, read, wait, device == "cuda"):
        rate = throughput(step, samples, warmup, repeats, torch.device(device))
    return {"rate": rate.detach().cpu() if isinstance(rate, Tensor) else rate, "events": events}


@contextmanager
def _driven(function: Callable, read: Callable[[], float], wait: Callable, has_cuda: bool) -> Iterator[None]:
    """Every way to read the clock and to wait for the device, replaced; also under names of the function's own."""
    clocks = {
        time.perf_counter: read,
        time.perf_counter_ns: lambda: round(read() * 1e9),
        torch.cuda.synchronize: wait,
    }
    own = getattr(function, "__globals__", {})
    renamed = {name: value for name, value in own.items() if callable(value) and _among(value, clocks)}
    with ExitStack() as stack:
        own.update({name: clocks[value] for name, value in renamed.items()})
        stack.callback(own.update, renamed)
        stack.enter_context(patch.object(time, "perf_counter", read))
        stack.enter_context(patch.object(time, "perf_counter_ns", clocks[time.perf_counter_ns]))
        stack.enter_context(patch.object(timeit, "default_timer", read))
        for name in ("torch.cuda.synchronize", "torch.mps.synchronize", "torch.accelerator.synchronize"):
            stack.enter_context(patch(name, wait))
        stack.enter_context(patch("torch.cuda.is_available", lambda: has_cuda))
        yield


def _among(value: Any, clocks: dict[Any, Any]) -> bool:
    try:
        return value in clocks
    except TypeError:
        return False
