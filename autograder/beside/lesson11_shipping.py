"""Models that keep a record, and layers with known weights, for a learner's functions to work on. Learner's side.

What comes back is raw: what a function returned, in which modes it was computed, what was left. The grader judges it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from autograder.beside.lesson06_vae import Known, Weights


class Record(list):
    """A list that a copy of its model goes on writing to."""

    def __deepcopy__(self, memo: Any) -> Record:
        return self


class Drawing(nn.Module):
    """An encoder with a batch norm and a dropout, which draws z in both modes."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        hidden, pixels = weights["first"].shape
        self.first, self.norm = nn.Linear(pixels, hidden, dtype=torch.float64), nn.BatchNorm1d(hidden)
        self.drop = nn.Dropout(0.5)
        self.second = nn.Linear(hidden, len(weights["second"]), dtype=torch.float64)
        self.norm.double()
        with torch.no_grad():
            self.first.weight.copy_(weights["first"])
            self.second.weight.copy_(weights["second"])
            self.first.bias.zero_()
            self.second.bias.zero_()
            self.norm.running_mean.copy_(weights["mean"])  # type: ignore[union-attr]
            self.norm.running_var.copy_(weights["variance"])  # type: ignore[union-attr]
        self.drawn: Record = Record()
        self.modes: Record = Record()

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(z, mu, logvar); z is a draw, always."""
        self.modes.append([module.training for module in self.modules()])
        mu, logvar = self.second(self.drop(torch.tanh(self.norm(self.first(x))))).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        self.drawn.append(z.detach().clone())
        return z, mu, logvar

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The same."""
        return self.encode(x)


MODES = ("eval", "train", "train, norm frozen", "eval, dropout on")


def set_mode(model: Drawing, mode: str) -> Drawing:
    """The model in one of these modes."""
    model.train(mode.startswith("train"))
    if mode == "train, norm frozen":
        model.norm.eval()
    if mode == "eval, dropout on":
        model.drop.train()
    return model


def encoded(answer: Callable, weights: dict[str, Tensor], x: Tensor, mode: str) -> dict[str, Any]:
    """Two calls of an answer on one model in this mode, and what became of the model."""
    model = set_mode(Drawing(weights), mode)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    before = [module.training for module in model.modules()]
    with torch.enable_grad():
        results = [answer(model, x) for _ in range(2)]
        recording = torch.is_grad_enabled()
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, state[name])]
    changed += [f"{name}.requires_grad" for name, value in model.named_parameters() if not value.requires_grad]
    return {
        "results": [_bare(result) for result in results],
        "graph": any(isinstance(result, Tensor) and result.requires_grad for result in results),
        "recording": recording,
        "before": before,
        "after": [module.training for module in model.modules()],
        "names": [name or "the model" for name, _ in model.named_modules()],
        "modes": list(model.modes),
        "drawn": list(model.drawn),
        "changed": changed,
    }


def layer_with(kind: Callable, weight: Tensor, bias: Tensor | None, options: dict[str, Any]) -> dict[str, Any]:
    """A layer of the learner's class with this weight and bias, in float64 and in train mode; its parameters' names."""
    layer = kind(weight.shape[1], weight.shape[0], **options)
    if not isinstance(layer, nn.Module):
        return {"layer": None, "names": []}
    names = sorted(name for name, _ in layer.named_parameters())
    if set(names) == ({"weight"} if bias is None else {"weight", "bias"}):
        layer.double().train()
        set_weight(layer, weight, bias)
    return {"layer": layer, "names": names}


def set_weight(layer: nn.Module, weight: Tensor, bias: Tensor | None = None) -> None:
    """Give a layer this weight, in place, and this bias if there is one."""
    with torch.no_grad():
        layer.weight.copy_(weight)  # type: ignore[operator]
        if bias is not None:
            layer.bias.copy_(bias)  # type: ignore[operator]


def outputs(layer: nn.Module, x: Tensor, calls: int, training: bool) -> dict[str, Tensor]:
    """What a layer gives for x in several calls, in a mode that its parent sets; its weights before each, and after."""
    nn.ModuleList([layer]).train(training)
    weights, results = [], []
    for _ in range(calls):
        weights.append(layer.weight.detach().clone())  # type: ignore[operator]
        results.append(_bare(layer(x.clone())))
    left = {name: value.detach().clone() for name, value in layer.named_parameters()}
    return {"weights": torch.stack(weights), "results": torch.stack(results)} | left


def gradients_of(layer: nn.Module, x: Tensor, c: Tensor, training: bool) -> dict[str, Tensor | None]:
    """The output y of a layer for x, and the gradients of sum(c * y) in x, weight and bias."""
    layer.train(training)
    x, names = x.clone().requires_grad_(), ("x", "weight", "bias")
    y = layer(x)
    found: dict[str, Tensor | None] = dict.fromkeys(names)
    if y.requires_grad:
        inputs: Any = [x, layer.weight, layer.bias]
        found = dict(zip(names, torch.autograd.grad((c * y).sum(), inputs, allow_unused=True), strict=True))
    return {"y": y.detach().clone()} | found


OFF = 0.5


class Apart(Known):
    """A known model whose z in eval mode is no draw, and not mu either: so many sigma away from it."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(z, mu, logvar)."""
        z, mu, logvar = super().encode(x)
        return z + OFF * torch.exp(logvar / 2), mu, logvar


def scored(answer: Callable, weights: Weights, x: Tensor, training: bool) -> dict[str, Any]:
    """The scores that an answer gives for images by a known model, and what happened to the model and the world."""
    model = Apart(weights).train(training)
    model.decoded, model.modes, model.graphs = Record(), Record(), Record()
    before = _random_state()
    with torch.enable_grad():
        result = answer(model, x)
        recording = torch.is_grad_enabled()
    return {
        "result": _bare(result),
        "graph": isinstance(result, Tensor) and result.requires_grad,
        "recording": recording,
        "decoded": list(model.decoded),
        "modes": list(model.modes),
        "mode": model.mode(),
        "moved": before != _random_state(),
    }


def _random_state() -> tuple[Any, ...]:
    numpy_state: Any = np.random.get_state()
    return torch.random.get_rng_state().tolist(), numpy_state[1].tolist(), numpy_state[2], random.getstate()


def _bare(result: Any) -> Any:
    """A tensor without the graph that it may hang on: that of a model which only this side knows."""
    return result.detach().clone() if isinstance(result, Tensor) else result
