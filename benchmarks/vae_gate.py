"""The margin of lesson 6's gate: -log p(x) of right and wrong answers over seeds and splits, as the check measures it.

Each run trains the lesson's own VAE with the recipe of the gate, on one thread: by its own train_epoch, or by a wrong
one which the gate rejects.
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
    GIVEN_UP,
    LEARNS,
    LOOK_EVERY,
    RECIPE,
    SIZES_OF_GATE,
    exercise,
    gate_images,
    measured_elbo,
    measured_nll,
)
from autograder.course import Course
from autograder.draws import Draws, seeded
from autograder.magics import python
from autograder.submission import runs

STEM = "lesson06_vae"
RECORD = Path(__file__).with_suffix(".md")
REFERENCE = "the reference solution"
WRONG = {wrong.name: wrong.definition for wrong in exercise.wrong_answers if "gate" in wrong.fails}


class Run(NamedTuple):
    """One training: -log p(x) at every look; at the end -ELBO on the test images, and KL on the training images."""

    answer: str
    split: int
    looks: list[float]
    elbo: float
    kl: float
    seconds: float


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds for each split.")] = 20,
    splits: Annotated[int, typer.Option(min=1, help="How many ways to divide the digits.")] = 5,
    wrong_seeds: Annotated[int, typer.Option(min=1, help="How many seeds for each split and wrong answer.")] = 4,
    jobs: Annotated[int, typer.Option(min=1, help="How many runs at the same time, each on one thread.")] = 2,
    write: Annotated[bool, typer.Option(help=f"Keep the table in {RECORD.name}.")] = False,
) -> None:
    """Measure how far from the limits of lesson 6 right and wrong answers end."""
    which = [*product([REFERENCE], range(splits), range(seeds)), *product(WRONG, range(splits), range(wrong_seeds))]
    with ProcessPoolExecutor(jobs) as pool:
        runs_ = list(pool.map(one_run, which))
    text = report(runs_, splits)
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def one_run(which: tuple[str, int, int]) -> Run:
    """An answer's training for a split and a seed."""
    answer, split, seed = which
    torch.set_num_threads(1)
    names = reference()
    with seeded(seed):
        train, test = gate_images(split, rng := Draws(seed))
        started = time.perf_counter()
        model, go_on = training_run(names["VAE"], WRONG.get(answer, names["train_epoch"]), train, SIZES_OF_GATE)
        looks = []
        for _ in range(EPOCHS // LOOK_EVERY):
            go_on(LOOK_EVERY)
            looks.append(measured_nll(hold(model), test, rng))
        seconds = time.perf_counter() - started
        elbo, kl = measured_elbo(hold(model), test, rng)[0], measured_elbo(hold(model), train, rng)[1]
    return Run(answer, split, looks, elbo, kl, seconds)


def epochs_to(limit: float, run: Run) -> int:
    """The epoch at which the gate would stop; one look more than there are if it would not."""
    return LOOK_EVERY * (1 + next((at for at, nats in enumerate(run.looks) if nats <= limit), len(run.looks)))


def reference() -> dict[str, Any]:
    """The names that the solved lesson defines."""
    names: dict[str, Any] = {}
    for cell in filter(runs, Course.containing(Path(__file__).parent).lesson(STEM).source.cells):
        exec(python(cell.source), names)
    return names


def report(found: list[Run], splits: int) -> str:
    """The runs as tables, with what they were measured on."""
    versions = f"Python {platform.python_version()}, torch {importlib.metadata.version('torch')}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, one thread for each run"
    right = [run for run in found if run.answer == REFERENCE]
    lines = [
        "# The margin of lesson 6's gate",
        "",
        f"-log p(x) in nats per test image, as the check measures it, with the recipe of the gate: {RECIPE}.",
        f"The gate passes at {LEARNS} and gives full points at {FULL}. "
        f"It looks after every {LOOK_EVERY} epochs, and stops when its limit is met.",
        "",
        f"## {REFERENCE.capitalize()}, at the end",
        "",
        "| split | runs | lowest | mean | highest | standard deviation | -ELBO by the encoder, mean "
        f"| KL on the training images | epochs to {LEARNS} | epochs to {FULL} |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row(str(split), [run for run in right if run.split == split]) for split in range(splits)),
        row("all", right),
        "",
        margin(torch.tensor([run.looks[-1] for run in right], dtype=torch.float64)),
        f"After half of the epochs the worst run is at {max(map(halfway, right)):.2f}; "
        f"above {GIVEN_UP} it would be given up.",
        f"One training, with its looks, took {statistics.median(run.seconds for run in right):.1f} s (median).",
        "",
        "## Wrong answers, at the look at which they are lowest, were they not given up",
        "",
        "| train_epoch | runs | lowest | mean | highest | after half of the epochs "
        "| -ELBO by the encoder, at the end | KL, at the end |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(wrong_row(name, [run for run in found if run.answer == name]) for name in WRONG),
        "",
        f"The nearest is {min(min(run.looks) for run in found if run.answer != REFERENCE) - LEARNS:.2f} nats above "
        "the limit for passing.",
        "",
        f"Measured on {date.today().isoformat()}: {machine}; {versions}. "
        "`python benchmarks/vae_gate.py --write` measures it again.",
    ]
    return "\n".join(lines)


def row(name: str, found: list[Run]) -> str:
    """One line of the reference's table."""
    ends, kls = [run.looks[-1] for run in found], [run.kl for run in found]
    spread = statistics.stdev(ends) if len(ends) > 1 else 0.0
    elbo = statistics.mean(run.elbo for run in found)
    epochs = ([epochs_to(limit, run) for run in found] for limit in (LEARNS, FULL))
    stops = " | ".join(f"{min(each)} to {max(each)}" for each in epochs)
    return f"| {name} | {len(found)} | {three(ends)} | {spread:.2f} | {elbo:.2f} | {span(kls)} | {stops} |"


def wrong_row(name: str, found: list[Run]) -> str:
    """One line of the table of wrong answers."""
    others = (span(each) for each in ([*map(halfway, found)], [run.elbo for run in found], [run.kl for run in found]))
    return f"| {name} | {len(found)} | {three([min(run.looks) for run in found])} | {' | '.join(others)} |"


def halfway(run: Run) -> float:
    """What the gate sees when it gives up who is too far off."""
    return run.looks[len(run.looks) // 2 - 1]


def three(numbers: list[float]) -> str:
    """The lowest, the mean and the highest, as cells of a table."""
    return f"{min(numbers):.2f} | {statistics.mean(numbers):.2f} | {max(numbers):.2f}"


def span(numbers: list[float]) -> str:
    """The lowest and the highest, in one cell."""
    return f"{min(numbers):.2f} to {max(numbers):.2f}"


def margin(nats: Tensor) -> str:
    """How far the worst run is from the limits, in nats and in standard deviations of all runs."""
    away = (FULL - nats.mean()) / nats.std(correction=0)
    return (
        f"The worst run is {FULL - nats.max():.2f} nats below the limit for full points; "
        f"that limit is {away:.1f} standard deviations above the mean."
    )


if __name__ == "__main__":
    typer.run(main)
