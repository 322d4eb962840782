"""What the gradient of Pyro's mixture of two normal distributions costs, in two and in four dimensions (lesson 9).

Pyro is no part of this course: `pip install pyro-ppl` into an environment of its own, then run this there.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import pyro
import torch
from pyro.distributions import MixtureOfDiagNormals

DRAWS, WEIGHT = 200_000, 0.4
DISTANCES, DIMENSIONS = (1, 2, 3, 4, 6, 8), (2, 4)


def measured(distance: float, dimensions: int) -> tuple[float, float]:
    """Mean and variance of one draw's gradient, of the first coordinate in the logit of the weight."""
    logit = torch.full((DRAWS,), WEIGHT, dtype=torch.float64).logit().requires_grad_()
    centres = torch.zeros(DRAWS, 2, dimensions, dtype=torch.float64)
    centres[:, 0, 0], centres[:, 1, 0] = distance / 2, -distance / 2
    logits = torch.stack([logit, torch.zeros_like(logit)], dim=-1)
    z = MixtureOfDiagNormals(centres, torch.ones_like(centres), logits).rsample()
    (gradient,) = torch.autograd.grad(z[:, 0].sum(), logit)
    return float(gradient.mean()), float(gradient.var())


def main() -> None:
    """Write the table beside this script."""
    torch.manual_seed(0)
    rows = []
    for distance in DISTANCES:
        found = [measured(distance, dimensions) for dimensions in DIMENSIONS]
        cells = " | ".join(f"{mean:.3f} | {variance:.3g}" for mean, variance in found)
        rows.append(f"| {distance} | {WEIGHT * (1 - WEIGHT) * distance:.2f} | {cells} |")
    table = "\n".join(rows)
    Path(__file__).with_suffix(".md").write_text(
        "# The price of a valley in Pyro\n\n"
        "Written by `python benchmarks/pyro_mixture.py`; do not edit.\n"
        f"`MixtureOfDiagNormals`, two components with deviation 1 and a distance d between them, weight {WEIGHT}.\n"
        f"Gradient in the logit of the weight, f = first coordinate, {DRAWS:,} draws, seed 0.\n\n"
        f"Pyro {pyro.__version__}, torch {torch.__version__}; {datetime.datetime.now(datetime.UTC).date()}\n\n"
        "| d | truth | mean, 2-D | variance of one draw, 2-D | mean, 4-D | variance of one draw, 4-D |\n"
        f"| ---: | ---: | ---: | ---: | ---: | ---: |\n{table}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
