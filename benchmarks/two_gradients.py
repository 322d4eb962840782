"""The picture at the top of the README: one loss, the same draws, two gradients through them.

A draw z has mean mu and standard deviation 1, and mu goes downhill on the mean of (z - 3)^2 by one draw a step.
`python benchmarks/two_gradients.py` writes two_gradients.png, the same picture each time.
"""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

PICTURE = Path(__file__).with_suffix(".png")
GOAL, RATE, STEPS, RUNS, EVERY = 3.0, 0.015, 240, 10, 3
STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


def descents(noise: np.ndarray) -> dict[str, np.ndarray]:
    """Where mu is after each step, (steps + 1, runs), by either estimator of the gradient; noise: (steps, runs)."""
    found = {}
    for name in ("score function", "reparameterization"):
        mu = [np.zeros(noise.shape[1])]
        for eps in noise:
            z = mu[-1] + eps
            loss, through = (z - GOAL) ** 2, 2 * (z - GOAL)
            # d log N(z; mu, 1) / d mu is z - mu, which is eps; and dz / dmu is 1.
            mu.append(mu[-1] - RATE * (loss * eps if name == "score function" else through))
        found[name] = np.array(mu)
    return found


def ratio(distance: float) -> float:
    """How many times the other's variance the score function's gradient has, so far from the goal.

    The variance of (eps - d)^2 eps is 15 + 14 d^2 + d^4, by the moments of a normal number; that of 2 (eps - d) is 4.
    """
    return (15 + 14 * distance**2 + distance**4) / 4


def draw() -> bytes:
    """The picture, as the bytes of its file."""
    noise = np.random.default_rng(0).standard_normal((STEPS, RUNS))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 2.9), layout="constrained")
        panels = figure.subplots(1, 2, sharey=True)
        looks = zip(panels, descents(noise).items(), ("#D55E00", "#0072B2"), strict=True)
        for axes, (name, mu), color in looks:
            axes.plot(range(0, STEPS + 1, EVERY), mu[::EVERY].round(2), color=color, linewidth=0.9, alpha=0.8)
            axes.axhline(GOAL, color="black", linestyle=":", linewidth=1)
            axes.set(title=name, xlabel="step")
        panels[0].set_ylabel("mu (the goal is 3)")
        figure.suptitle(f"One loss, the same draws: at the start, {ratio(GOAL):.1f} times the variance on the left")
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    return file.getvalue()


if __name__ == "__main__":
    PICTURE.write_bytes(draw())
