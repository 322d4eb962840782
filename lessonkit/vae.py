"""The VAE of lesson 6 on binary images, given: the model, its loss, its training, and a measurement that draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

Draw = Callable[[Tensor, Tensor], Tensor]
"""(mu, logvar) -> z."""


def reparameterize(mu: Tensor, logvar: Tensor) -> Tensor:
    """A fresh draw from N(mu, sigma^2), through which gradients pass."""
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


class VAE(nn.Module):
    """Encoder and decoder of one hidden layer each, with a draw between them; see lesson 6."""

    def __init__(
        self, input_dim: int = 64, hidden_dim: int = 128, latent_dim: int = 8, draw: Draw = reparameterize
    ) -> None:
        """``draw`` makes z in train mode; in eval mode z is mu."""
        super().__init__()
        self.latent_dim, self.draw = latent_dim, draw
        self.hidden = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.ReLU())
        self.fc_mu, self.fc_logvar = nn.Linear(hidden_dim, latent_dim), nn.Linear(hidden_dim, latent_dim)
        for head in (self.fc_mu, self.fc_logvar):
            nn.init.xavier_uniform_(head.weight)
            nn.init.zeros_(head.bias)
        self.decoder = nn.Sequential(nn.Linear(latent_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, input_dim))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(z, mu, logvar), each (batch, latent); logvar is clamped to [-10, 10]."""
        hidden = self.hidden(x)
        mu, logvar = self.fc_mu(hidden), self.fc_logvar(hidden).clamp(-10, 10)
        return self.draw(mu, logvar) if self.training else mu, mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Logits, (batch, pixels)."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, mu, logvar)."""
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


Parts = tuple[Tensor, Tensor, Tensor]
"""(loss, reconstruction, kl), each the mean over a batch, in nats per image; kl without its weight."""


def vae_loss(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> Parts:
    """(loss, reconstruction, kl) of Bernoulli pixels, as in lesson 6: loss = reconstruction + beta * kl."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kl = 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1).mean()
    return reconstruction + beta * kl, reconstruction, kl


def negative_elbo(model: nn.Module, x: Tensor, beta: float = 1.0) -> Parts:
    """The parts of the loss of a model on images, with weight beta on its KL."""
    logits, mu, logvar = model(x)
    return vae_loss(logits, x, mu, logvar, beta)


def train(
    model: nn.Module,
    x: Tensor,
    epochs: int,
    beta: float | Callable[[int], float] = 1.0,
    *,
    loss: Callable[[nn.Module, Tensor, float], Parts] = negative_elbo,
    lr: float = 1e-3,
    batch: int = 64,
    after_epoch: Callable[[nn.Module], Any] | None = None,
    name: str = "training",
) -> list[Any]:
    """Train a model on images by Adam, in batches that are shuffled anew in every epoch.

    ``beta`` is a number, or a function of the step, which counts batches from 0. ``loss(model, x, beta)`` gives the
    parts of the loss of a batch. The bar shows the two terms. Returns what ``after_epoch(model)`` gave, by epoch.
    """
    optimizer, step, history = torch.optim.Adam(model.parameters(), lr=lr), 0, []
    bar = tqdm(range(epochs), desc=name)
    for _ in bar:
        model.train()
        totals = torch.zeros(2)
        for rows in torch.randperm(len(x)).split(batch):
            weight = beta(step) if callable(beta) else beta
            whole, reconstruction, kl = loss(model, x[rows], weight)
            optimizer.zero_grad()
            whole.backward()
            optimizer.step()
            totals += torch.stack([reconstruction, kl]).detach() * len(rows)
            step += 1
        words = "reconstruction {:.2f}, kl {:.2f}".format(*(totals / len(x)).tolist())
        bar.set_postfix_str(words, refresh=False)  # a notebook takes longer to redraw than to train for an epoch
        if after_epoch is not None:
            history.append(after_epoch(model))
    return history


class Terms(NamedTuple):
    """The two terms of the negative ELBO, in nats per image."""

    reconstruction: float
    kl: float

    @property
    def nelbo(self) -> float:
        """Their sum."""
        return self.reconstruction + self.kl


def measure(model: nn.Module, x: Tensor, draws: int = 10) -> Terms:
    """Both terms on images, with z drawn: means over images and draws. The model's mode is as before afterwards."""
    mode = model.training
    model.train()  # in which z is drawn
    with torch.no_grad():
        parts = torch.tensor([[float(part) for part in negative_elbo(model, x)[1:]] for _ in range(draws)])
    model.train(mode)
    return Terms(*parts.mean(dim=0).tolist())
