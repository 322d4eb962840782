"""Models of known numbers that keep a record, and a training run, for a learner's functions to work on. Learner's side.

What comes back is raw: what a function returned, which z were decoded, which weights were left. The grader judges it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

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
        self.decoded: list[Tensor] = []
        self.modes: list[bool] = []
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
        self.modes.append(self.training)
        self.graphs.append(torch.is_grad_enabled())
        mu, logvar = self.heads(x)
        drawn = self.training and self.noisy
        return (mu + torch.exp(logvar / 2) * torch.randn_like(mu) if drawn else mu), mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """The logits for z, which is written down."""
        self.decoded.append(z.detach().reshape(-1, z.shape[-1]).clone())
        return self.logits(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, mu, logvar)."""
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar

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


def heads_of(layer: nn.Module) -> dict[str, Tensor | None]:
    """The weight of each head that the layer should have, None where it has no such linear layer."""
    heads = {name: getattr(layer, name, None) for name in ("fc_mu", "fc_logvar")}
    return {name: head.weight.detach() if isinstance(head, nn.Linear) else None for name, head in heads.items()}


def hand_on(layer: nn.Module) -> nn.Module:
    """Let the layer's heads hand on the two halves of x, as mu and logvar; in train mode, in float64."""
    heads = {name: getattr(layer.double(), name) for name in ("fc_mu", "fc_logvar")}
    latent = heads["fc_mu"].out_features
    eye, zero = torch.eye(latent).double(), torch.zeros(latent, latent).double()
    with torch.no_grad():
        for name, halves in (("fc_mu", [eye, zero]), ("fc_logvar", [zero, eye])):
            heads[name].weight.copy_(torch.cat(halves, dim=1))
            if heads[name].bias is not None:
                heads[name].bias.zero_()
    return layer.train()


def layer_on_meta(layer: nn.Module, x: Tensor) -> Any:
    """What a copy of the layer returns on the meta device."""
    return copy.deepcopy(layer).to("meta")(x.to("meta"))


def latent_dim_of(model: nn.Module) -> Any:
    """The model's attribute latent_dim."""
    return model.latent_dim


def gradients_of_logits(model: nn.Module, x: Tensor, weights: Tensor) -> dict[str, Tensor | None]:
    """The gradient of sum(weights * logits) in every parameter, in train mode."""
    model.train()
    parameters = dict(model.named_parameters())
    total = (model(x)[0] * weights).sum()
    if not total.requires_grad:
        return dict.fromkeys(parameters)
    return dict(zip(parameters, torch.autograd.grad(total, list(parameters.values()), allow_unused=True), strict=True))


def after_epoch(
    train_epoch: Callable, weights: Weights, batches: list[Tensor], rate: float, beta: float | None = None
) -> dict[str, Any]:
    """One epoch of plain gradient descent on a known model without noise, which comes in eval mode."""
    model = Known(weights, noisy=False).eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    result = train_epoch(model, iter(batches), optimizer, **({} if beta is None else {"beta": beta}))
    return {"result": _without_history(result), "weights": model.weights(), "modes": model.modes}


def evaluated(evaluate: Callable, weights: Weights, x: Tensor, training: bool) -> dict[str, Any]:
    """An evaluation of a known model, and what happened to the model."""
    model = Known(weights).train(training)
    with torch.enable_grad():
        result = evaluate(model, x)
    record = {"decoded": model.decoded, "modes": model.modes, "graphs": model.graphs, "training": model.training}
    return {"result": result, **record}


def generated(generate: Callable, weights: Weights, n: int) -> dict[str, Any]:
    """What is generated by a known model, and from which z."""
    model = Known(weights).eval()
    return {"result": generate(model, n), "decoded": model.decoded}


def interpolated(interpolate: Callable, weights: Weights, a: Tensor, b: Tensor, steps: int, training: bool) -> Any:
    """An interpolation by a known model."""
    return interpolate(Known(weights).train(training), a, b, steps)


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
