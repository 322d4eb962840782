"""What lesson 13 quotes and does not run: how far answers are from its limits, decoders of strings, MNIST."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from record import answers, measured, table
from torch import Tensor

from autograder.checks.lesson13_capstone import train_model
from autograder.checks.lesson13_capstone.anomaly_score import FINDS, HELD_OUT, auroc
from autograder.checks.lesson13_capstone.measuring import SPLITS
from autograder.checks.lesson13_capstone.train_model import LEARNS, SEEN, TARGET
from lessonkit.capstone import by_decoder, iwae_loss
from lessonkit.data import Images, binarize, digits, mnist
from lessonkit.strings import StringModel, as_numbers, report, some_strings, train_strings
from lessonkit.vae import VAE, measure, negative_elbo, train

STEM = "lesson13_capstone"
RECORD = Path(__file__).with_suffix(".md")
SEEDS = (0, 1)
DIVISIONS, VALIDATION = range(1, 29), (1, 6, 7)

Recipe = tuple[Callable[[int], Any], Callable[[Any, Tensor], Any]]
"""build_model and train_model."""


def main(
    write: Annotated[bool, typer.Option(help=f"Keep the tables in {RECORD.name}.")] = False,
    mnist_folder: Annotated[
        Path | None, typer.Option(help="Where MNIST's four files lie; without it, a download.")
    ] = None,
) -> None:
    """Measure what the text of lesson 13 quotes and does not run."""
    torch.set_num_threads(1)
    names, pictures = answers(STEM), mnist(mnist_folder)  # first what may be missing, then the minutes
    tables = [*gates(names), *divisions(), *changes(names), *anomalies(names), *decoders(names), *larger(pictures)]
    lines = ["# What lesson 13 quotes and does not run", "", "Each training has one thread.", "", *tables]
    text = "\n".join([*lines, measured(__file__)])
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def lesson_6(model: Any, images: Tensor) -> None:
    """Lesson 6's recipe."""
    train(model, images, 100)


def everything(model: Any, images: Tensor) -> None:
    """Who trains on all images that are public, test images included."""
    whole = digits(0)
    train(model, binarize(torch.cat([whole.train, whole.test])), 80)


def importance_weighted(model: Any, images: Tensor) -> None:
    """The bound with five draws."""
    train(model, images, 60, loss=iwae_loss(5), lr=2e-3)


def recipes(names: dict[str, Any]) -> dict[str, Recipe]:
    """Right and wrong answers, by what they are called."""
    wrong = ("too_short", "decodes_mu", "mean_over_pixels", "no_kl")
    return {
        "the solved lesson": (names["build_model"], names["train_model"]),
        "lesson 6's model": (VAE, lesson_6),
        "importance-weighted, 5 draws, 60 epochs": (VAE, importance_weighted),
        "lesson 6's model, on all 1,797 images": (VAE, everything),
    } | {name.replace("_", " "): (VAE, getattr(train_model, name)) for name in wrong}


def one_run(recipe: Recipe, split: int, seed: int) -> tuple[float, float, float]:
    """-log p(x) of test images, its part for the code, and -log p(x) of training images, in nats."""
    images = digits(split)
    torch.manual_seed(seed)
    model = recipe[0](64)
    recipe[1](model, binarize(images.train))
    price, seen = (by_decoder(model, binarize(part)) for part in (images.test, images.train))
    return price.nll, price.kl, seen.nll


def gates(names: dict[str, Any]) -> Iterable[str]:
    """How far answers are from the two limits, on the grader's divisions."""
    yield from heading("The gates", f"{LEARNS} and {TARGET} nats; divisions {SPLITS}, seeds {SEEDS}.")
    rows = []
    for name, recipe in recipes(names).items():
        runs = [one_run(recipe, split, seed) for split in SPLITS for seed in SEEDS]
        nll, kl, gap = [run[0] for run in runs], [run[1] for run in runs], [run[0] - run[2] for run in runs]
        passed = (f"{sum(each <= most for each in nll)} of {len(nll)}" for most in (LEARNS, TARGET))
        noted = f"{sum(each < SEEN for each in gap)} of {len(gap)}"
        rows.append([name, three(nll), f"{statistics.stdev(nll):.2f}", three(kl), three(gap), *passed, noted])
    head = ["recipe", "-log p(x): lowest, mean, highest", "sd", "KL", "test minus training"]
    yield from table([*head, f"at most {LEARNS}", f"at most {TARGET}", f"gap below {SEEN}"], rows)
    yield ""


def divisions() -> Iterable[str]:
    """How easy the test images of a division are."""
    yield from heading("Divisions", "-log p(x) of lesson 6's model, one seed, on the test images of each division.")
    found = {split: one_run((VAE, lesson_6), split, 0)[0] for split in DIVISIONS}
    numbers = list(found.values())
    yield f"Divisions {min(DIVISIONS)} to {max(DIVISIONS)}: {three(numbers)} nats, sd {statistics.stdev(numbers):.2f}."
    chosen = [found[split] for split in SPLITS]
    yield f"The grader's, {SPLITS}: {three(chosen)}, sd {statistics.stdev(chosen):.2f}."
    yield ""


def changes(names: dict[str, Any]) -> Iterable[str]:
    """What one change does, on three divisions for validation."""
    yield from heading(
        "One change at a time", f"-log p(x) on the test images of divisions {VALIDATION}, one seed each."
    )

    def wide(pixels: int) -> VAE:
        return VAE(pixels, hidden_dim=256)

    def trained(**options: Any) -> Callable[[Any, Tensor], Any]:
        return lambda model, images: train(model, images, **{"epochs": 100} | options)

    tried: dict[str, Recipe] = {
        "lesson 6's model": (VAE, trained()),
        "200 epochs": (VAE, trained(epochs=200)),
        "learning rate 2e-3": (VAE, trained(lr=2e-3)),
        "256 hidden numbers": (wide, trained()),
        "256 hidden numbers, learning rate 2e-3": (wide, trained(lr=2e-3)),
        "the solved lesson: 256, 4e-3, batches of 128": (names["build_model"], names["train_model"]),
        "the same at 1e-3": (wide, trained(batch=128)),
    }
    rows = []
    for name, recipe in tried.items():
        runs = [one_run(recipe, split, split) for split in VALIDATION]
        mean, code = (statistics.mean(run[place] for run in runs) for place in (0, 1))
        rows.append([name, *(f"{run[0]:.2f}" for run in runs), f"{mean:.2f}", f"{code:.2f}"])
    yield from table(["recipe", *(f"division {split}" for split in VALIDATION), "mean", "mean KL"], rows)
    yield ""


def anomalies(names: dict[str, Any]) -> Iterable[str]:
    """AUROC of three digits: all held out in one training, or one training for each."""
    yield from heading("Held-out digits", f"Mean AUROC of {HELD_OUT}; the limit is {FINDS}. Divisions {SPLITS}.")

    def held_out(recipe: Recipe, split: int, digits_out: tuple[int, ...]) -> list[float]:
        images, out = digits(split), torch.tensor(digits_out)
        torch.manual_seed(split)
        model = recipe[0](64)
        recipe[1](model, binarize(images.train[~torch.isin(images.train_labels, out)]))
        scores, labels = names["anomaly_score"](model.eval(), binarize(images.test)), images.test_labels
        usual = scores[~torch.isin(labels, out)]
        return [auroc(scores[labels == digit], usual) for digit in digits_out]

    rows, few = [], recipes(names)
    for name in ("the solved lesson", "lesson 6's model", "too short", "mean over pixels"):
        together = [statistics.mean(held_out(few[name], split, HELD_OUT)) for split in SPLITS]
        apart = [statistics.mean(held_out(few[name], split, (d,))[0] for d in HELD_OUT) for split in SPLITS[:2]]
        rows.append([name, three(together, 3), three(apart, 3)])
    yield from table(["recipe", "one training without the three", "one training for each, two divisions"], rows)
    ones = [held_out(few["the solved lesson"], split, (1,))[0] for split in SPLITS]
    yield from ("", f"The solved lesson, 1 held out: {three(ones, 3)}.", "")


def decoders(names: dict[str, Any]) -> Iterable[str]:
    """Decoders of strings: the better the samples, the emptier the code."""
    yield from heading("Strings", "4,000 strings to train on, 500 others to measure on, 1,000 steps, seed 0.")
    strings = some_strings(4_500)
    known, fresh = as_numbers(strings[:4_000]), as_numbers(strings[4_000:])
    seen = set(strings[:4_000])
    new = as_numbers(sorted(set(strings[4_000:]) - seen))
    tried: dict[str, tuple[bool, float, Callable[[int], float]]] = {
        "all places at once": (False, 0.0, lambda step: 1.0),
        "GRU": (True, 0.0, lambda step: 1.0),
        "GRU, half of its input hidden": (True, 0.5, lambda step: 1.0),
        "GRU, beta 0.3": (True, 0.0, lambda step: 0.3),
        "GRU, beta warmed up over 600 steps": (True, 0.0, lambda step: min(1.0, step / 600)),
    }
    rows = []
    for name, (recurrent, dropped, beta) in tried.items():
        torch.manual_seed(0)
        model = StringModel(recurrent, dropped)
        train_strings(model, known, beta=beta)
        found = report(model, fresh, names["is_valid"])
        unseen = report(model, new, names["is_valid"]).reconstructed
        shares = (f"{share:.3f}" for share in (found.valid, found.different, found.reconstructed, unseen))
        rows.append([name, f"{found.nelbo:.2f}", f"{found.kl:.2f}", *shares])
    yield f"{len(seen):,} of the 4,000 strings are different."
    again = sum(each in seen for each in strings[4_000:])
    yield f"{again} of the 500 others are among them; {len(new)} new ones remain."
    yield ""
    yield from table(
        ["decoder", "-ELBO", "KL", "valid", "valid and different", "given back exactly", "of new strings"], rows
    )
    yield ""


def larger(images: Images) -> Iterable[str]:
    """Lesson 6's model with 784-400-20 on MNIST, by epochs."""
    yield from heading(
        "MNIST",
        "VAE(784, 400, 20), batches of 128, Adam at 1e-3, pixels drawn anew in each epoch; -ELBO on the first 2,000 "
        "test images with drawn pixels, 4 draws, one seed.",
    )
    rows = []
    torch.manual_seed(0)
    model, others = VAE(784, 400, 20), torch.bernoulli(images.test[:2_000])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, 6):
        pictures = torch.bernoulli(images.train)
        one_epoch(model, optimizer, pictures)
        rows.append([f"{epoch}", f"{measure(model, others, 4).nelbo:.1f}"])
    yield from table(["epochs of 60,000 images", "-ELBO, nats"], rows)
    yield ""


def one_epoch(model: VAE, optimizer: torch.optim.Optimizer, pictures: Tensor) -> None:
    """One pass over the pictures."""
    model.train()
    for rows in torch.randperm(len(pictures)).split(128):
        loss, _, _ = negative_elbo(model, pictures[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def heading(title: str, words: str) -> Iterable[str]:
    """A title, and what is below it."""
    yield from (f"## {title}", "", words, "")


def three(numbers: list[float], digits: int = 2) -> str:
    """The lowest, the mean and the highest."""
    return ", ".join(f"{each:.{digits}f}" for each in (min(numbers), statistics.mean(numbers), max(numbers)))


if __name__ == "__main__":
    typer.run(main)
