"""The given models of lesson 10: codes that are choices, codes that are numbers of a codebook, and a prior for these.

How a choice is made, and how a code is found, is for the lesson: the models only know what comes before and after.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

PIXELS, HIDDEN, BATCH = 64, 128, 64


class ChoiceVAE(nn.Module):
    """A VAE whose code is ``latents`` choices, each of ``classes``; the prior of every choice is uniform."""

    def __init__(self, latents: int = 8, classes: int = 4) -> None:
        super().__init__()
        self.latents, self.classes = latents, classes
        self.encoder = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, latents * classes))
        self.decoder = nn.Sequential(nn.Linear(latents * classes, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, PIXELS))

    def encode(self, x: Tensor) -> Tensor:
        """The logits of the choices for images (batch, pixels): (batch, latents, classes)."""
        return self.encoder(x).unflatten(-1, (self.latents, self.classes))

    def decode(self, choices: Tensor) -> Tensor:
        """The logits of the pixels for choices (..., latents, classes), one-hot or soft: (..., pixels)."""
        return self.decoder(choices.flatten(-2))


class CodebookAutoencoder(nn.Module):
    """An autoencoder whose code is ``slots`` vectors of ``size`` numbers, and a codebook of ``codes`` such vectors."""

    def __init__(self, slots: int = 4, size: int = 4, codes: int = 32) -> None:
        super().__init__()
        self.slots, self.size = slots, size
        self.encoder = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, slots * size))
        self.decoder = nn.Sequential(nn.Linear(slots * size, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, PIXELS))
        self.codebook = nn.Parameter(torch.randn(codes, size))

    def encode(self, x: Tensor) -> Tensor:
        """The vectors of images (batch, pixels), before they are quantized: (batch, slots, size)."""
        return self.encoder(x).unflatten(-1, (self.slots, self.size))

    def decode(self, z_q: Tensor) -> Tensor:
        """The logits of the pixels for vectors (batch, slots, size): (batch, pixels)."""
        return self.decoder(z_q.flatten(-2))


class CodePrior(nn.Module):
    """A distribution of rows of ``slots`` numbers: each given those before it, by a network of its own."""

    def __init__(self, slots: int = 4, codes: int = 32) -> None:
        super().__init__()
        self.slots, self.codes = slots, codes
        self.networks = nn.ModuleList(
            nn.Sequential(nn.Linear(1 + slot * codes, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, codes))
            for slot in range(slots)
        )

    def logits(self, before: Tensor) -> Tensor:
        """The logits of the next number, given those before it (batch, so many): (batch, codes)."""
        n, slot = before.shape
        seen = F.one_hot(before, self.codes).float().reshape(n, slot * self.codes)
        return self.networks[slot](torch.cat([torch.ones(n, 1), seen], dim=1))

    def nats(self, indices: Tensor) -> Tensor:
        """-log p of codes (batch, slots): (batch,)."""
        each = [
            F.cross_entropy(self.logits(indices[:, :slot]), indices[:, slot], reduction="none")
            for slot in range(self.slots)
        ]
        return torch.stack(each).sum(0)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Draw codes, number by number: (n, slots)."""
        indices = torch.zeros(n, 0, dtype=torch.int64)
        for _ in range(self.slots):
            drawn = torch.distributions.Categorical(logits=self.logits(indices)).sample()
            indices = torch.cat([indices, drawn[:, None]], dim=1)
        return indices


def pixel_nats(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x | code) of binary images in nats, summed over the pixels, for logits (..., batch, pixels)."""
    return F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)


def choice_kl(logits: Tensor) -> Tensor:
    """KL of the choices from uniform ones in nats, summed over the latents: (batch,)."""
    log_q = torch.log_softmax(logits, dim=-1)
    return (log_q.exp() * (log_q + math.log(logits.shape[-1]))).sum((-2, -1))


def train(
    model: nn.Module, loss: Callable[[Tensor, int], Tensor], rows: Tensor, epochs: int, name: str = "training"
) -> None:
    """Train by Adam in shuffled batches of 64: minimise ``loss(batch, step)``, where steps count from 0."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    step = 0
    for _ in tqdm(range(epochs), desc=name):
        for batch in rows[torch.randperm(len(rows))].split(BATCH):
            value = loss(batch, step)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            step += 1
