"""The longer tables of lesson 10: digits whose codes are choices, by estimator; codebooks, by loss; priors of codes.

Every row trains the lesson's given models with the lesson's own functions, by the recipe of the lesson (60 epochs,
batches of 64, Adam at 1e-3), for two seeds, on one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from record import answers, table
from record import measured as measured_on
from torch import Tensor

from lessonkit.data import binarize, digits, pixels_off
from lessonkit.discrete import ChoiceVAE, CodebookAutoencoder, CodePrior, choice_kl, pixel_nats, train

STEM = "lesson10_discrete"
RECORD = Path(__file__).with_suffix(".md")
SEEDS = (0, 1)
EPOCHS = 60
IMAGES, TEST = (binarize(part) for part in (digits().train, digits().test))
Choose = Callable[[Tensor, int], Tensor]


def main(write: Annotated[bool, typer.Option(help=f"Keep the tables in {RECORD.name}.")] = False) -> None:
    """Measure the tables."""
    torch.set_num_threads(1)
    lesson = answers(STEM)
    text = report(estimators(lesson), codebooks(lesson))
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def uniform(like: Tensor) -> Tensor:
    """Uniform noise, strictly between 0 and 1."""
    return torch.rand_like(like).clamp(1e-7, 1 - 1e-7)


# Codes that are choices


def estimators(lesson: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    """For each way to choose, and each seed: -ELBO with hard choices, and with those of the training."""
    hard, soft, through = lesson["gumbel_max"], lesson["gumbel_softmax"], lesson["straight_through"]

    def through_logits(logits: Tensor, step: int) -> Tensor:
        return logits + (hard(logits, uniform(logits)) - logits).detach()

    def through_shares(logits: Tensor, step: int) -> Tensor:
        shares = torch.softmax(logits, -1)
        return shares + (hard(logits, uniform(logits)) - shares).detach()

    def falling(logits: Tensor, step: int) -> Tensor:
        return soft(logits, lesson["anneal_temperature"](step, 1.0, 0.2, 0.0015), uniform(logits))

    ways: dict[str, Choose] = {
        "none": lambda logits, step: hard(logits, uniform(logits)).detach(),
        "straight-through, of the logits themselves": through_logits,
        "straight-through, of softmax(logits)": through_shares,
        **{f"straight-through, tau {tau}": at(through, tau) for tau in (1.0, 0.5, 0.2)},
        **{f"soft, tau {tau}": at(soft, tau) for tau in (1.0, 0.5, 0.2)},
        "soft, tau 1 to 0.2": falling,
    }
    found = {name: [measured(trained(choose, seed), choose, hard) for seed in SEEDS] for name, choose in ways.items()}
    for draws in (2, 8):
        models = [trained_by_score(hard, draws, seed) for seed in SEEDS]
        nobody: Choose = lambda logits, step: hard(logits, uniform(logits))  # noqa: E731
        found[f"score function, {draws} draws"] = [measured(model, nobody, hard) for model in models]
    return found


def at(choose: Callable[[Tensor, float, Tensor], Tensor], tau: float) -> Choose:
    """A way to choose at one temperature."""
    return lambda logits, step: choose(logits, tau, uniform(logits))


def trained(choose: Choose, seed: int) -> ChoiceVAE:
    """A model whose choices were made by ``choose`` in training."""
    torch.manual_seed(seed)
    model = ChoiceVAE()

    def loss(x: Tensor, step: int) -> Tensor:
        logits = model.encode(x)
        return (pixel_nats(model.decode(choose(logits, step)), x) + choice_kl(logits)).mean()

    train(model, loss, IMAGES, EPOCHS)
    return model


def trained_by_score(hard: Callable[[Tensor, Tensor], Tensor], draws: int, seed: int) -> ChoiceVAE:
    """A model trained by the score function, with the mean of the other draws as baseline."""
    torch.manual_seed(seed)
    model = ChoiceVAE()

    def loss(x: Tensor, step: int) -> Tensor:
        logits = model.encode(x)
        many = logits.detach().expand(draws, *logits.shape)
        b = hard(many, uniform(many))
        nats = pixel_nats(model.decode(b), x)
        others = (nats.sum(0) - nats) / (draws - 1)
        log_q = (b * torch.log_softmax(logits, -1)).sum((-2, -1))
        return (nats + (nats - others).detach() * log_q).mean() + choice_kl(logits).mean()

    train(model, loss, IMAGES, EPOCHS)
    return model


@torch.no_grad()
def measured(model: ChoiceVAE, choose: Choose, hard: Callable[[Tensor, Tensor], Tensor]) -> tuple[float, float]:
    """-ELBO on the test images in nats, by 20 draws: with hard choices, and with those of the end of the training."""
    logits = model.encode(TEST)
    many, kl = logits.expand(20, *logits.shape), choice_kl(logits).mean()
    ways = hard(many, uniform(many)), choose(many, 10**6)
    first, second = ((pixel_nats(model.decode(b), TEST).mean() + kl).item() for b in ways)
    return first, second


# Codebooks


def codebooks(lesson: dict[str, Any]) -> dict[str, list[dict[str, float]]]:
    """For each way to train a codebook, and each seed, what came of it."""
    quantize = lesson["vector_quantize"]

    def no_path(z: Tensor, codebook: Tensor) -> tuple[Tensor, ...]:
        z_q, *rest = quantize(z, codebook)
        return z_q.detach(), *rest

    def at_z_q(z: Tensor, codebook: Tensor) -> tuple[Tensor, ...]:
        z_q, indices, _, commitment = quantize(z, codebook)
        return z_q, indices, (z_q - z.detach()).square().mean(), commitment

    rows = {
        "losses times 1": (quantize, 1.0, 0.25),
        "losses times 30": (quantize, 30.0, 7.5),
        "codebook loss alone times 30": (quantize, 30.0, 0.25),
        "commitment loss alone times 30": (quantize, 1.0, 7.5),
        "times 1, no commitment loss": (quantize, 1.0, 0.0),
        "times 1, no straight-through": (no_path, 1.0, 0.25),
        "times 1, codebook loss on the straight-through z_q": (at_z_q, 1.0, 0.25),
        "times 1, weights exchanged": (quantize, 0.25, 1.0),
    }
    return {name: [codebook(lesson, *row, seed) for seed in SEEDS] for name, row in rows.items()}


def codebook(lesson: dict[str, Any], quantize: Callable, first: float, second: float, seed: int) -> dict[str, float]:
    """Train an autoencoder with these weights of its two losses; what it does with the test images."""
    torch.manual_seed(seed)
    model = CodebookAutoencoder()

    def loss(x: Tensor, step: int) -> Tensor:
        z_q, _, codebook_loss, commitment_loss = quantize(model.encode(x), model.codebook)
        return pixel_nats(model.decode(z_q), x).mean() + first * codebook_loss + second * commitment_loss

    train(model, loss, IMAGES, EPOCHS)
    with torch.no_grad():
        z = model.encode(TEST)
        z_q, codes, _, _ = quantize(z, model.codebook)
        _, known, _, _ = quantize(model.encode(IMAGES), model.codebook)
        found = {
            "nats": pixel_nats(model.decode(z_q), TEST).mean().item(),
            "from z": pixel_nats(model.decode(z), TEST).mean().item(),
            "used": float(len(codes.unique())),
            "perplexity": float(lesson["perplexity"](known, 32)),
            "length": z.norm(dim=-1).mean().item(),
        }
    return found | priors(model, known, codes)


def priors(model: CodebookAutoencoder, known: Tensor, codes: Tensor) -> dict[str, float]:
    """What the codes of the test images cost under three priors, and how far drawn images are from training images."""
    counts = torch.stack([torch.bincount(known[:, place], minlength=32) for place in range(4)]) + 1
    by_place = counts / counts.sum(1, keepdim=True)
    in_a_row = CodePrior()
    train(in_a_row, lambda rows, step: in_a_row.nats(rows).mean(), known, 20)
    drawn = {
        "uniform": torch.randint(32, (1_000, 4)),
        "by place": torch.multinomial(by_place, 1_000, replacement=True).T,
        "in a row": in_a_row.sample(1_000),
        "test codes": codes,
    }
    with torch.no_grad():
        prices = {
            "uniform": 4 * math.log(32),
            "by place": -by_place[torch.arange(4), codes].log().sum(1).mean().item(),
            "in a row": in_a_row.nats(codes).mean().item(),
        }
        off = {
            name: pixels_off(torch.sigmoid(model.decode(model.codebook[rows])), IMAGES) for name, rows in drawn.items()
        }
    return {f"price {name}": each for name, each in prices.items()} | {
        f"off {name}": each for name, each in off.items()
    }


# The record


def report(by_estimator: dict[str, list[tuple[float, float]]], by_loss: dict[str, list[dict[str, float]]]) -> str:
    """The tables, with what they were measured on."""
    seeds = [f"seed {seed}" for seed in SEEDS]
    lines = [
        "# Codes that are choices, and codebooks",
        "",
        f"Digits of 8x8 pixels, split 0, binarized; {EPOCHS} epochs; nats per test image.",
        "",
        "## 8 choices of 4 classes, by estimator",
        "",
        "-ELBO with hard choices, and in brackets with the choices of the end of the training.",
        "",
        *table(
            ["estimator", *seeds],
            ([name, *(f"{a:.2f} ({b:.2f})" for a, b in row)] for name, row in by_estimator.items()),
        ),
        "",
        "## A codebook of 32 codes, 4 vectors of 4 numbers",
        "",
        "Reconstruction from the codes; from the vectors before they are quantized; codes used for the test images; "
        "perplexity on the training images; mean length of a vector.",
        "",
        *table(
            ["training", *seeds],
            ([name, *map(words, row)] for name, row in by_loss.items()),
        ),
        "",
        "## Priors of the codes, losses times 30",
        "",
        "Nats for the code of a test image, and in brackets how many pixels a drawn image is off from the nearest "
        "training image.",
        "",
        *table(["prior", *seeds], ([name, *row] for name, row in prior_rows(by_loss["losses times 30"]).items())),
        "",
        measured_on(__file__),
    ]
    return "\n".join(lines)


def words(each: dict[str, float]) -> str:
    """One training in one cell."""
    return (
        f"{each['nats']:.2f}; {each['from z']:.4g}; {each['used']:.0f}; {each['perplexity']:.1f}; {each['length']:.4g}"
    )


def prior_rows(found: list[dict[str, float]]) -> dict[str, list[str]]:
    """The priors, and the decoded codes of test images for comparison."""
    names = ("uniform", "by place", "in a row")
    rows = {name: [f"{each[f'price {name}']:.2f} ({each[f'off {name}']:.1f})" for each in found] for name in names}
    return rows | {"decoded test codes": [f"({each['off test codes']:.1f})" for each in found]}


if __name__ == "__main__":
    typer.run(main)
