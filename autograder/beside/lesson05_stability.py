"""Models with a known flaw, for a learner's function to search, and what the search left on them. Learner's side."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as registry

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Deliberate(RuntimeError):
    """What the models called "broken" and "spoilt" raise."""


class Spoil(nn.Module):
    """Pass the input on, with ``value`` as one of its elements."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        """The input with its last element replaced."""
        place = torch.arange(x.numel()).reshape(x.shape) == x.numel() - 1
        return torch.where(place, torch.full_like(x, self.value), x)


class Pack(nn.Module):
    """Return several things, one of which may hold ``value``."""

    def __init__(self, container: str, value: float) -> None:
        super().__init__()
        self.container, self.value = container, value

    def forward(self, x: Tensor) -> Any:
        """The input, some things that are no floating-point tensors, and a tensor that holds ``value``."""
        spoilt = Spoil(self.value)(x)
        match self.container:
            case "tuple":
                return x, None, spoilt
            case "list":
                return [x, x.argmax(-1), spoilt]
            case "dict":
                return {"first": x, "mask": x > 0, "second": spoilt}
        return x, {"inner": [x.argmax(-1), (spoilt, "a text")], "count": len(x)}


class Unpack(nn.Module):
    """Take the first tensor out of what ``Pack`` returned."""

    def forward(self, packed: Any) -> Tensor:
        """The tensor that holds nothing unusual."""
        return packed["first"] if isinstance(packed, dict) else packed[0]


class Reciprocal(nn.Module):
    """1 / x: infinite where x is 0, and 0 where x is infinite."""

    def forward(self, x: Tensor) -> Tensor:
        """One over every element."""
        return 1 / x


class Picky(nn.Module):
    """exp(x) and log(x): for x around 100, finite in float64 alone, and with x's own sign."""

    def forward(self, x: Tensor) -> Tensor:
        """The two, one above the other."""
        return torch.stack([x.exp(), x.log()])


class Repair(nn.Module):
    """Replace what is not finite: all that follows is finite again."""

    def forward(self, x: Tensor) -> Tensor:
        """The input with finite elements only."""
        return torch.nan_to_num(x, 0.0, 1.0, -1.0)


class Shift(nn.Module):
    """Subtract the first element from all, which makes it 0."""

    def forward(self, x: Tensor) -> Tensor:
        """The input, moved."""
        return x - x[0, 0]


class Flood(nn.Module):
    """Replace every element by ``value``."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        """As many elements as the input has, all alike."""
        return torch.full_like(x, self.value)


class Count(nn.Module):
    """What counts as finite: whole numbers, truth values, and what is no tensor."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, None, float]:
        """The place of the largest element of each row, which elements are positive, and what is no tensor."""
        return x.argmax(-1), x > 0, None, math.inf


class Raise(nn.Module):
    """Stop with an error."""

    ran = False

    def forward(self, x: Tensor) -> Tensor:
        """No result."""
        self.ran = True
        raise Deliberate("the model stopped here")


class Steps(nn.Module):
    """Call modules by name in an order of its own, which is not the order in which they were registered."""

    def __init__(self, modules: dict[str, nn.Module], order: list[str], finish: str = "") -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.order, self.finish = order, finish

    def forward(self, x: Tensor) -> Any:
        """The last module's result; with ``finish="log"``, the logarithm of a negative number."""
        for name in self.order:
            x = getattr(self, name)(x)
        return (-1 - x.square()).log() if self.finish == "log" else x


def chain(*pairs: tuple[str, nn.Module]) -> nn.Sequential:
    """A Sequential with names."""
    return nn.Sequential(OrderedDict(pairs))


def linear(weight: float = 0.5) -> nn.Linear:
    """A small layer of constant weights, which draws nothing at random."""
    layer = nn.Linear(4, 4)
    nn.init.constant_(layer.weight, weight)
    nn.init.constant_(layer.bias, 0.1)
    return layer


def build(kind: str, names: list[str], value: float) -> nn.Module:
    """A model with a flaw of this ``kind``; its modules are called after ``names``, its bad element is ``value``."""
    a, b, c, d = names
    match kind:
        case "nested":
            inner = chain((c, linear()), (d, Spoil(value)), (a, linear()))
            return chain((a, linear()), (b, chain((a, linear()), (c, inner))), (c, linear()))
        case "reordered":
            return Steps({a: Spoil(value), b: linear(), c: Spoil(value), d: Spoil(value)}, [b, c, a, d])
        case "repaired":
            return Steps({a: Spoil(value), b: Spoil(value), c: Spoil(value), d: Repair()}, [c, a, b, d])
        case "turned":
            return Steps({a: Spoil(value), b: Spoil(value), c: Spoil(value), d: Repair()}, [c, b, a, d])
        case "shallow":
            return chain((a, linear()), (b, Spoil(value)), (c, chain((d, linear()), (a, linear()))))
        case "masked":
            return chain((a, linear()), (b, Spoil(value)), (c, Repair()), (d, linear()))
        case "flooded":
            return chain((a, linear()), (b, Flood(value)), (c, Repair()), (d, linear()))
        case "container":
            return chain((a, linear()), (b, Steps({c: linear(), d: linear()}, [c, d], finish="log")), (c, linear()))
        case "twice":
            return chain((a, Shift()), (b, Steps({c: Reciprocal(), d: linear()}, [c, c, d])))
        case "tuple" | "list" | "dict" | "mixed":
            return chain((a, linear()), (b, Pack(kind, value)), (c, Unpack()), (d, linear()))
        case "counts":
            return chain((a, linear()), (b, Count()))
        case "large":
            return chain((a, linear()), (b, Flood(3e38)))
        case "peak":
            return chain((a, linear()), (b, Spoil(3e38)))
        case "root":
            return Steps({a: linear(), b: linear()}, [a, b], finish="log")
        case "alone":
            return Spoil(value)
        case "picky":
            return chain((a, Picky()), (b, nn.Identity()))
        case "unused":
            return Steps({a: linear(), b: linear(value), c: linear()}, [a, c])
        case "broken":
            return chain((a, linear()), (b, chain((c, linear()), (d, Raise()))))
        case "spoilt":
            return chain((a, linear()), (b, chain((c, Spoil(value)), (d, Raise()))))
    return chain((a, linear()), (b, chain((c, linear()), (d, nn.Dropout(0.5)))))


def search(function: Callable, kind: str, names: list[str], value: float) -> Any:
    """What ``function(model, x)`` returns for a model of this kind."""
    x = example_input()
    return function(build(kind, names, value), 60 * x.double() if kind == "picky" else x)


def remains(function: Callable, kind: str, names: list[str], value: float) -> list[dict[str, Any]]:
    """The model before and after ``function(model, x)``, whether it raised its error, and which error passed on."""
    model = build(kind, names, value)
    model.train()
    next(model.children()).eval()
    model.register_forward_hook(nothing)
    weight = next(model.parameters())
    weight.grad = torch.ones_like(weight)
    before, passed = state(model), ""
    try:
        function(model, example_input())
    except Exception as error:
        if not any(isinstance(part, Raise) for part in model.modules()):
            raise
        passed = type(error).__name__
    ran = any(part.ran for part in model.modules() if isinstance(part, Raise))
    return [before, state(model) | {"error": passed, "ran": ran}]


def nothing(module: nn.Module, args: Any, output: Any) -> None:
    """A hook of somebody else's, which should stay."""


def state(model: nn.Module) -> dict[str, Any]:
    """How many hooks and replaced methods the model has; its modes, its numbers, and its gradients."""
    parts, parameters = list(model.modules()), list(model.parameters())
    everywhere = [hooks for name, hooks in vars(registry).items() if name.startswith("_global_") and "hook" in name]
    hooks = sum(len(getattr(part, name)) for part in parts for name in HOOKS)
    numbers = [value.detach().flatten() for value in itertools.chain(parameters, model.buffers())]
    return {
        "hooks": hooks + sum(len(hooks) for hooks in everywhere if isinstance(hooks, dict)),
        "replaced": sum("forward" in vars(part) or "__call__" in vars(part) for part in parts),
        "modes": [part.training for part in parts],
        "numbers": torch.cat([torch.zeros(1), *numbers]),
        "frozen": [not value.requires_grad for value in parameters],
        "gradients": [None if value.grad is None else float(value.grad.sum()) for value in parameters],
    }


def example_input() -> Tensor:
    """Three rows of four finite numbers."""
    return torch.linspace(0.5, 2.0, 12).reshape(3, 4)
