"""What lesson 6 quotes and does not run: its optional training on MNIST, and its model without convolutions."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from nbformat import NotebookNode
from record import answers, measured, table
from torch import Tensor, nn

from autograder.course import Course
from lessonkit.data import binarize, mnist

HERE = Path(__file__)
STEM = "lesson06_vae"
RECORD = HERE.with_suffix(".md")
EPOCHS, LATENT, HIDDEN = 5, 16, 400


def main(
    write: Annotated[bool, typer.Option(help=f"Keep the table in {RECORD.name}.")] = False,
    mnist_folder: Annotated[
        Path | None, typer.Option(help="Where MNIST's four files lie; without it, a download.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="Where to put the lesson's figure, as PNG.")] = None,
) -> None:
    """Measure what the text of lesson 6 quotes and does not run."""
    torch.set_num_threads(1)
    names, images = dict(answers(STEM)), mnist(mnist_folder)
    train, test = binarize(images.train), binarize(images.test)
    exec(cell_with("class ConvVAE").source, names)
    wide, rows = trained(names, lambda: names["ConvVAE"](LATENT), "the lesson's", train, test)
    if picture:
        exec(cell_with("def show_images").source.replace("plt.show()", f"figure.savefig({str(picture)!r})"), names)
        exec(cell_with("# Draws figure 6").source, names | {"with_mnist": True, "wide": wide, "others": test})
    _, more = trained(names, lambda: names["VAE"](784, HIDDEN, LATENT), f"VAE(784, {HIDDEN}, {LATENT})", train, test)
    head = ["model", "weights", "epoch", "-ELBO", "KL", "processor, s"]
    words = (
        "60,000 pictures to train on, made binary at 0.5 once; batches of 128, Adam at 2e-3, seed 0. "
        "Both numbers in nats per test image, of all 10,000, with one draw each. Times are those of training alone."
    )
    text = "\n".join(["# MNIST in lesson 6", "", words, "", *table(head, rows + more), "", measured(__file__)])
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def cell_with(words: str) -> NotebookNode:
    """The lesson's cell that holds these words."""
    cells = Course.containing(HERE.parent).lesson(STEM).source.cells
    return next(cell for cell in cells if cell.cell_type == "code" and words in cell.source)


def trained(
    names: dict[str, Any], make: Callable[[], nn.Module], what: str, train: Tensor, test: Tensor
) -> tuple[nn.Module, list[list[str]]]:
    """A model after the lesson's training, and a row for each of its epochs."""
    torch.manual_seed(0)
    model, seconds, rows = make(), 0.0, []
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    weights = sum(weight.numel() for weight in model.parameters())
    for epoch in range(1, EPOCHS + 1):
        batches = train[torch.randperm(len(train))].split(128)
        start = time.process_time()
        names["train_epoch"](model, batches, optimizer)
        seconds += time.process_time() - start
        elbo, _, kl = names["evaluate"](model, test)
        rows.append([what, f"{weights:,}", f"{epoch}", f"{-elbo:.1f}", f"{kl:.1f}", f"{seconds:.0f}"])
    return model, rows


if __name__ == "__main__":
    typer.run(main)
