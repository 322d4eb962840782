"""What lesson 13 measures a model with: by its decoder alone, by the best Gaussian code, by its own encoder."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lessonkit.vae import Parts

DRAWS = 20_000
"""How many codes of the prior a decoder is asked for."""


class Price(NamedTuple):
    """What images cost, in nats per image: -log p(x), and the part of it that goes into their codes."""

    nll: float
    kl: float


def prices(logits: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """-log p(x) of each image, and the KL of its posterior from the prior: each (n,), float64, in nats.

    logits: what the decoder gives for codes of the prior, (draws, pixels). x: binary images, (n, pixels).
    p(x) is the mean of p(x | z) over the codes, and the posterior gives code k the share p(x | z_k) / sum.
    """
    # The bound keeps absurd logits from being rounded into a likelihood above 1.
    logits = logits.double().clamp(-1e4, 1e4)
    off = F.softplus(logits).sum(dim=1)
    nll, kl = [], []
    for part in x.double().split(256):
        log_likelihood = part @ logits.T - off  # log p(x | z), (images, draws)
        log_p = log_likelihood.logsumexp(dim=1) - math.log(len(logits))
        nll.append(-log_p)
        kl.append(((log_likelihood.softmax(dim=1) * log_likelihood).sum(dim=1) - log_p).clamp(min=0))
    return torch.cat(nll), torch.cat(kl)


def by_decoder(model: Any, x: Tensor, draws: int = DRAWS) -> Price:
    """The price of images by the decoder alone: codes of the prior go in, and no image.

    The model has latent_dim and decode(z); its mode stays.
    """
    mode = model.training
    model.eval()
    with torch.no_grad():
        nll, kl = prices(model.decode(torch.randn(draws, model.latent_dim)), x)
    model.train(mode)
    return Price(nll.mean().item(), kl.mean().item())


def by_best_gaussian(model: Any, x: Tensor, steps: int = 150, draws: int = 4) -> float:
    """-ELBO in nats per image with the best q = N(m, s^2) for each image, found by Adam; the encoder is not asked."""
    mode = model.training
    model.eval()
    m = torch.zeros(len(x), model.latent_dim, requires_grad=True)
    log_s2 = torch.full_like(m, -1).requires_grad_()
    optimizer = torch.optim.Adam([m, log_s2], lr=0.05)
    cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        _cost(model, x, m, log_s2, draws).backward(inputs=[m, log_s2])
        optimizer.step()
        cooling.step()
    with torch.no_grad():
        cost = _cost(model, x, m, log_s2, 64).item() / len(x)
    model.train(mode)
    return cost


def _cost(model: Any, x: Tensor, m: Tensor, log_s2: Tensor, draws: int) -> Tensor:
    """The sum over images of -ELBO with q = N(m, s^2), by so many draws."""
    z = m + torch.exp(log_s2 / 2) * torch.randn(draws, *m.shape)
    logits = model.decode(z.flatten(0, 1)).reshape(draws, *x.shape)
    loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="sum") / draws
    return loss + 0.5 * (m.square() + torch.expm1(log_s2) - log_s2).sum()


def iwae_loss(draws: int) -> Callable[[Any, Tensor, float], Parts]:
    """A loss for ``train``: minus lesson 8's importance-weighted bound, by so many draws; beta has no part in it."""

    def loss(model: Any, x: Tensor, beta: float = 1.0) -> Parts:
        _, mu, logvar = model.encode(x)
        eps = torch.randn(draws, *mu.shape)
        z = mu + torch.exp(logvar / 2) * eps
        logits = model.decode(z.flatten(0, 1)).reshape(draws, *x.shape)
        log_likelihood = -F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(dim=-1)
        log_weight = log_likelihood + 0.5 * (eps.square() + logvar - z.square()).sum(dim=-1)
        bound = log_weight.logsumexp(dim=0) - math.log(draws)
        kl = 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1).mean()
        return -bound.mean(), -log_likelihood.mean(), kl

    return loss
