"""Data in the plane whose best noise prediction is known, and a network that predicts noise: for lesson 12."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

STEPS = 100
"""How many noise levels the lesson's diffusion has."""
SD = 0.1
"""Standard deviation of each of the eight normal distributions, in each direction."""
RADIUS = 1.33
"""Distance of their centres from the origin."""


def schedule() -> Tensor:
    """alpha_bar of the lesson, float32 of shape (STEPS,): the products of 1 - beta, beta from 0.001 to 0.12."""
    return torch.cumprod(1 - torch.linspace(1e-3, 0.12, STEPS), dim=0)


def centres() -> Tensor:
    """The eight centres on a ring, (8, 2)."""
    angles = torch.arange(8) * math.pi / 4
    return RADIUS * torch.stack([angles.cos(), angles.sin()], dim=1)


def ring(n: int) -> Tensor:
    """``n`` fresh points, (n, 2), each from one of the eight normal distributions."""
    return centres()[torch.randint(8, (n,))] + SD * torch.randn(n, 2)


def best_noise(x: Tensor, alpha_bar_t: Tensor, means: Tensor, sd: float = SD) -> Tensor:
    """The mean of eps given x = sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps, for x0 from an equal mixture.

    x: (n, 2). alpha_bar_t: one number, or one for each row. means: the centres, (k, 2). sd: their spread; 0 for points.
    """
    a = alpha_bar_t.reshape(-1, 1, 1)
    apart = x[:, None] - a.sqrt() * means  # (n, k, 2)
    variance = a * sd**2 + 1 - a
    share = torch.softmax(-apart.square().sum(-1, keepdim=True) / (2 * variance), dim=1)
    return (1 - a[:, 0]).sqrt() * (share * apart / variance).sum(1)


def shares(x: Tensor) -> tuple[float, float]:
    """Which share of the points lies within 3 standard deviations of the nearest centre, and within 1."""
    distance = torch.cdist(x, centres()).min(dim=1).values / SD
    return (distance < 3).double().mean().item(), (distance < 1).double().mean().item()


class NoiseModel(nn.Module):
    """Predict eps from x_t and t: three hidden layers of 128, with waves of t beside x_t."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (2 + 16, 128, 128, 128)
        layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.SiLU())]
        self.layers = nn.Sequential(*layers, nn.Linear(128, 2))

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """x: (batch, 2); t: (batch,) int64, from 0. Returns (batch, 2)."""
        angles = (t[:, None] + 1) * (math.pi / 2 / STEPS * 2.0 ** torch.arange(8))
        return self.layers(torch.cat([x, angles.sin(), angles.cos()], dim=1))
