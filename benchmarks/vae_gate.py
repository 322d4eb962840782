"""The margin of lesson 6's gate: the reference solution's -ELBO over seeds and splits, measured as the check does.

Each run trains the lesson's own VAE by its own train_epoch with the recipe of the gate, on one thread.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import torch
import typer
from torch import Tensor

from autograder.beside.lesson06_vae import training_run
from autograder.boundary.learner import hold
from autograder.checks.lesson06_vae.train_epoch import (
    EPOCHS,
    FULL,
    LEARNS,
    LOOK_EVERY,
    RECIPE,
    SIZES_OF_GATE,
    gate_images,
    measured_elbo,
)
from autograder.course import Course
from autograder.draws import Draws, seeded
from autograder.judging import python
from autograder.submission import runs

STEM = "lesson06_vae"
RECORD = Path(__file__).with_suffix(".md")


class Run(NamedTuple):
    """One training: what the gate measures at its end, and the epochs after which the gate would have stopped."""

    split: int
    elbo: float
    kl: float
    learns: int
    full: int
    seconds: float


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds for each split.")] = 20,
    splits: Annotated[int, typer.Option(min=1, help="How many ways to divide the digits.")] = 5,
    jobs: Annotated[int, typer.Option(min=1, help="How many runs at the same time, each on one thread.")] = 2,
    write: Annotated[bool, typer.Option(help=f"Keep the table in {RECORD.name}.")] = False,
) -> None:
    """Measure how far from its limits a right solution of lesson 6 ends."""
    with ProcessPoolExecutor(jobs) as pool:
        runs_ = list(pool.map(one_run, product(range(splits), range(seeds))))
    text = report(runs_, splits)
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def one_run(which: tuple[int, int]) -> Run:
    """The reference solution trained for a split and a seed."""
    split, seed = which
    torch.set_num_threads(1)
    names = reference()
    with seeded(seed):
        train, test = gate_images(split, rng := Draws(seed))
        started = time.perf_counter()
        model, go_on = training_run(names["VAE"], names["train_epoch"], train, SIZES_OF_GATE)
        looks = []
        for _ in range(EPOCHS // LOOK_EVERY):
            go_on(LOOK_EVERY)
            looks.append(measured_elbo(hold(model), test, rng))
        seconds = time.perf_counter() - started
    elbo, kl = looks[-1]
    return Run(
        split, elbo, kl, first([look[0] for look in looks], LEARNS), first([look[0] for look in looks], FULL), seconds
    )


def first(elbos: list[float], limit: float) -> int:
    """The epoch at which the gate would stop; one look more than there are if it would not."""
    return LOOK_EVERY * (1 + next((at for at, elbo in enumerate(elbos) if elbo <= limit), len(elbos)))


def reference() -> dict[str, Any]:
    """The names that the solved lesson defines."""
    names: dict[str, Any] = {}
    for cell in filter(runs, Course.containing(Path(__file__).parent).lesson(STEM).source.cells):
        exec(python(cell.source), names)
    return names


def report(found: list[Run], splits: int) -> str:
    """The runs as a table, with what they were measured on."""
    versions = f"Python {platform.python_version()}, torch {importlib.metadata.version('torch')}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, one thread for each run"
    lines = [
        "# The margin of lesson 6's gate",
        "",
        f"The reference solution after {RECIPE}: -ELBO in nats per test image, as the check measures it.",
        f"The gate passes at {LEARNS} and gives full points at {FULL}. "
        f"It looks after every {LOOK_EVERY} epochs, and stops when its limit is met.",
        "",
        "| split | runs | lowest | mean | highest | standard deviation | KL, lowest to highest "
        f"| epochs to {LEARNS} | epochs to {FULL} |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(str(split), [run for run in found if run.split == split]) for split in range(splits)),
        row("all", found),
        "",
        margin(torch.tensor([run.elbo for run in found], dtype=torch.float64)),
        f"One training, with its looks, took {statistics.median(run.seconds for run in found):.1f} s (median).",
        "",
        f"Measured on {date.today().isoformat()}: {machine}; {versions}. "
        "`python benchmarks/vae_gate.py --write` measures it again.",
    ]
    return "\n".join(lines)


def row(name: str, found: list[Run]) -> str:
    """One line of the table."""
    elbos, kls = [run.elbo for run in found], [run.kl for run in found]
    spread = statistics.stdev(elbos) if len(elbos) > 1 else 0.0
    ends = f"{min(kls):.2f} to {max(kls):.2f}"
    numbers = f"{min(elbos):.2f} | {statistics.mean(elbos):.2f} | {max(elbos):.2f} | {spread:.2f}"
    epochs = (f"{min(ends)} to {max(ends)}" for ends in ([run.learns for run in found], [run.full for run in found]))
    return f"| {name} | {len(found)} | {numbers} | {ends} | {' | '.join(epochs)} |"


def margin(elbos: Tensor) -> str:
    """How far the worst run is from the limits, in nats and in standard deviations of all runs."""
    away = (FULL - elbos.mean()) / elbos.std(correction=0)
    return (
        f"The worst run is {FULL - elbos.max():.2f} nats below the limit for full points; "
        f"that limit is {away:.1f} standard deviations above the mean."
    )


if __name__ == "__main__":
    typer.run(main)
