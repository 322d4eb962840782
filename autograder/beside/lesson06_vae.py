"""Models of known numbers that keep a record, and a training run, for a learner's functions to work on. Learner's side.

What comes back is raw: what a function returned, which z were decoded, which weights were left. The grader judges it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.boundary.probes import on_meta

BATCH, LEARNING_RATE = 64, 1e-3

Weights = dict[str, Tensor]
"""to_mu and to_spread, (pixels, latent); to_logits, (latent, pixels)."""


class Known(nn.Module):
    """A variational autoencoder whose every number follows from its weights and from the z that it wrote down."""

    def __init__(self, weights: Weights, noisy: bool = True) -> None:
        super().__init__()
        self.to_mu = nn.Parameter(weights["to_mu"].clone())
        self.to_spread = nn.Parameter(weights["to_spread"].clone())
        self.to_logits = nn.Parameter(weights["to_logits"].clone())
        self.latent_dim, self.noisy = len(weights["to_logits"]), noisy
        self.sampler = nn.Identity()  # a layer, whose mode decides
        self.decoded: list[Tensor] = []
        self.modes: list[tuple[bool, bool]] = []
        self.graphs: list[bool] = []

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu, which is no linear function of x, and logvar."""
        h = x @ self.to_mu
        return h + 0.1 * h.square(), x @ self.to_spread

    def logits(self, z: Tensor) -> Tensor:
        """The logits for z, off the record."""
        return z @ self.to_logits

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(z, mu, logvar): z is a draw in train mode, else mu."""
        self.note()
        mu, logvar = self.heads(x)
        drawn = self.sampler.training and self.noisy
        return (mu + torch.exp(logvar / 2) * torch.randn_like(mu) if drawn else mu), mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """The logits for z, which is written down."""
        self.note()
        self.decoded.append(z.detach().reshape(-1, z.shape[-1]).clone())
        return self.logits(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, mu, logvar)."""
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar

    def note(self) -> None:
        """Write down the mode of the model, that of its layer, and whether a graph is recorded."""
        self.modes.append(self.mode())
        self.graphs.append(torch.is_grad_enabled())

    def mode(self) -> tuple[bool, bool]:
        """Whether the model and its layer are in train mode."""
        return self.training, self.sampler.training

    def weights(self) -> Weights:
        """The weights as they are now."""
        return {name: value.detach().clone() for name, value in self.named_parameters()}


class Found(Known):
    """The model of the broken script: its encoder gives log sigma, its decoder gives probabilities."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """(mu, log_std)."""
        return self.heads(x)

    def decode(self, z: Tensor) -> Tensor:
        """The probabilities for z, which is written down."""
        return torch.sigmoid(super().decode(z))


def is_module(value: Any) -> bool:
    """Whether it is a module."""
    return isinstance(value, nn.Module)


def heads_of(layer: nn.Module) -> dict[str, Tensor | None]:
    """The weight of each head that the layer should have, None where it has no such linear layer."""
    heads = {name: getattr(layer, name, None) for name in ("fc_mu", "fc_logvar")}
    return {name: head.weight.detach() if isinstance(head, nn.Linear) else None for name, head in heads.items()}


def registered_heads(layer: nn.Module) -> list[str]:
    """The heads whose weight is among the layer's parameters."""
    parameters = {id(parameter) for parameter in layer.parameters()}
    return [name for name in ("fc_mu", "fc_logvar") if id(getattr(layer, name).weight) in parameters]


def hand_on(layer: nn.Module) -> nn.Module:
    """Let the layer's heads hand on the two halves of x, as mu and logvar; in train mode, in float64."""
    latent: int = layer.fc_mu.out_features  # type: ignore[union-attr, assignment]
    eye, zero, bias = torch.eye(latent), torch.zeros(latent, latent), torch.zeros(latent)
    heads = {"fc_mu": torch.cat([eye, zero], dim=1), "fc_logvar": torch.cat([zero, eye], dim=1)}
    return with_heads(layer, heads, dict.fromkeys(heads, bias))


def with_heads(layer: nn.Module, weights: dict[str, Tensor], biases: dict[str, Tensor]) -> nn.Module:
    """The layer, these weights in its heads, and these biases where there are any; in train mode, in float64."""
    layer.double()
    with torch.no_grad():
        for name in weights:
            head = getattr(layer, name)
            head.weight.copy_(weights[name])
            if head.bias is not None:
                head.bias.copy_(biases[name])
    return layer.train()


def layer_under(probe: Callable, layer: nn.Module, x: Tensor) -> Any:
    """What a copy of the layer returns under a probe of devices, where ``on_meta`` finds it on the meta device."""
    layer = copy.deepcopy(layer)
    return probe(layer.to("meta") if probe is on_meta else layer, x)


def latent_dim_of(model: nn.Module) -> Any:
    """The model's attribute latent_dim."""
    return model.latent_dim


def linear_layers(model: nn.Module) -> dict[str, tuple[Tensor, Tensor]]:
    """Weight and bias (zeros, where there is none) of each linear layer of the model, by its name."""
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    biases = {
        name: torch.zeros(layer.out_features) if layer.bias is None else layer.bias for name, layer in layers.items()
    }
    return {name: (layer.weight.detach(), biases[name].detach()) for name, layer in layers.items()}


def trains(model: nn.Module, method: str, x: Tensor) -> bool:
    """Whether a gradient leads from what this method of the model returns for x to any parameter of the model."""
    result = getattr(model, method)(x)
    total = torch.stack([part.sum() for part in ([result] if isinstance(result, Tensor) else result)]).sum()
    if not total.requires_grad:
        return False
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return bool(trained) and any(g is not None for g in torch.autograd.grad(total, trained, allow_unused=True))


def gradients_of_logits(model: nn.Module, x: Tensor, weights: Tensor) -> dict[str, Tensor | None]:
    """The gradient of sum(weights * logits) in every parameter, in train mode."""
    model.train()
    parameters = {name: each for name, each in model.named_parameters() if each.requires_grad}
    found: dict[str, Tensor | None] = dict.fromkeys(name for name, _ in model.named_parameters())
    total = (model(x)[0] * weights).sum()
    if not total.requires_grad:
        return found
    gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    return found | dict(zip(parameters, gradients, strict=True))


def after_epoch(
    train_epoch: Callable,
    weights: Weights,
    batches: list[Tensor],
    rate: float,
    beta: float | None = None,
    noisy: bool = False,
    once: bool = True,
) -> dict[str, Any]:
    """One epoch of plain gradient descent on a known model, which comes in eval mode; ``once``, by a generator."""
    model = Known(weights, noisy).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    options = {} if beta is None else {"beta": beta}
    result = train_epoch(model, (x for x in batches) if once else batches, optimizer, **options)
    record = {"decoded": model.decoded, "modes": model.modes, "mode": model.mode(), "weights": model.weights()}
    return {"result": _without_history(result), **record}


def evaluated(evaluate: Callable, weights: Weights, x: Tensor, training: bool) -> dict[str, Any]:
    """An evaluation of a known model, and what happened to the model."""
    model = Known(weights).train(training)
    result, recording = _recorded(evaluate, model, x)
    record = {"decoded": model.decoded, "modes": model.modes, "graphs": model.graphs, "mode": model.mode()}
    return {"result": result, "recording": recording, **record}


def generated(generate: Callable, weights: Weights, n: int) -> dict[str, Any]:
    """What is generated by a known model, and from which z."""
    model = Known(weights).eval()
    result, recording = _recorded(generate, model, n)
    return {"result": result, "recording": recording, "decoded": model.decoded}


def interpolated(
    interpolate: Callable, weights: Weights, a: Tensor, b: Tensor, steps: int, training: bool
) -> dict[str, Any]:
    """An interpolation by a known model."""
    result, recording = _recorded(interpolate, Known(weights).train(training), a, b, steps)
    return {"result": result, "recording": recording}


def after_step(step: Callable, weights: Weights, x: Tensor, rate: float) -> dict[str, Any]:
    """One step of plain gradient descent on a found model in which old gradients are left."""
    model = Found(weights).train()
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    result = step(model, x, torch.optim.SGD(model.parameters(), lr=rate))
    return {"result": _without_history(result), "decoded": model.decoded, "weights": model.weights()}


def training_run(
    vae_class: Callable, train_epoch: Callable, images: Tensor, sizes: tuple[int, int]
) -> tuple[nn.Module, Callable[[int], None]]:
    """A model of the learner's with ``sizes`` (hidden, latent), and what trains it for so many epochs more.

    Adam, shuffled batches, every image once an epoch; the model is left in eval mode.
    """
    model = vae_class(images.shape[1], *sizes)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)

    def go_on(epochs: int) -> None:
        model.train()  # Whether an answer sees to that itself is for another check.
        for _ in range(epochs):
            train_epoch(model, images[torch.randperm(len(images))].split(BATCH), optimizer)
        model.eval()

    return model, go_on


def _without_history(result: Any) -> Any:
    """A tensor without the graph that it may hang on: that of a model which only this side knows."""
    return result.detach() if isinstance(result, Tensor) else result


def _recorded(function: Callable, *args: Any) -> tuple[Any, bool]:
    """What a function returns where gradients are enabled, and whether it left them so."""
    with torch.enable_grad():
        return function(*args), torch.is_grad_enabled()
