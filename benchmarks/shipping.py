"""What rounded weights cost the VAE of lesson 6, by method and bits, and which held-out digit its score finds strange.

Each split trains, from seed 0 and with the recipe of lesson 6's gate: the plain model; one with normal noise on its
weights and one through its rounded weights, for each of 8, 4 and 3 bits. Then models of which one digit is held out.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
import typer
from record import measured, table
from torch import Tensor, nn

from lessonkit.data import binarize, digits
from lessonkit.vae import VAE, measure, negative_elbo

RECORD = Path(__file__).with_suffix(".md")
EPOCHS, BATCH, LEARNING_RATE, DRAWS = 100, 64, 1e-3, 64
BITS, TRAINED = (8, 6, 5, 4, 3, 2), (8, 4, 3)
FACTORS, UNITS = (1, 10, 100), 13

Rounding = Callable[[Tensor, int], Tensor]


def per_tensor(w: Tensor, bits: int) -> Tensor:
    """Rounded with one step for the whole tensor."""
    return on_grid(w, w.abs().max(), bits)


def per_row(w: Tensor, bits: int) -> Tensor:
    """Rounded with a step for each row."""
    return on_grid(w, w.abs().amax(dim=1, keepdim=True), bits)


def clipped(w: Tensor, bits: int) -> Tensor:
    """Rounded with the one range, of 100 up to the largest size, that leaves the least squared error."""
    ranges = w.abs().max() * torch.arange(1, 101) / 100
    return min((on_grid(w, limit, bits) for limit in ranges), key=lambda q: float((q - w).square().sum()))


def on_grid(w: Tensor, limit: Tensor, bits: int) -> Tensor:
    """The nearest multiple of limit / (2^(bits - 1) - 1), not beyond the limit."""
    n = 2 ** (bits - 1) - 1
    step = limit / n
    return step * (w / step).round().clamp(-n, n)


class Noisy(nn.Linear):
    """A linear layer with normal noise on its weight while it trains, of the size of the rounding error."""

    bits = 8

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output."""
        sigma = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1) / 12**0.5
        weight = self.weight + sigma * torch.randn_like(self.weight) if self.training else self.weight
        return F.linear(x, weight, self.bias)


class Rounded(nn.Linear):
    """A linear layer that works with its rounded weight; the gradient passes as if it were not rounded."""

    bits = 8

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output."""
        rounded = per_tensor(self.weight.detach(), self.bits)
        return F.linear(x, self.weight + (rounded - self.weight).detach(), self.bias)


def trained(images: Tensor, kind: type[nn.Linear] = nn.Linear, bits: int = 8) -> VAE:
    """A model of plain layers, with the weights that layers of this kind learned."""
    torch.manual_seed(0)
    model = VAE()
    for module in model.modules():
        if type(module) is nn.Linear and kind is not nn.Linear:
            module.__class__, module.bits = kind, bits
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(images)).split(BATCH):
            loss = negative_elbo(model, images[rows])[0]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    plain = VAE()
    plain.load_state_dict(model.state_dict())
    return plain


def rounded(model: VAE, method: Rounding, bits: int) -> VAE:
    """A copy whose weights are rounded, its biases not."""
    copy = VAE()
    copy.load_state_dict(
        {name: method(value, bits) if value.dim() == 2 else value for name, value in model.state_dict().items()}
    )
    return copy


def nelbo(model: VAE, images: Tensor) -> float:
    """-ELBO in nats per image, by the same draws for every model."""
    torch.manual_seed(1)
    return measure(model, images, DRAWS).nelbo


def rescaled(model: VAE, factor: float) -> VAE:
    """The same function: what enters 13 of 128 units of both hidden layers is multiplied, what leaves them divided."""
    copy = VAE()
    copy.load_state_dict(model.state_dict())
    with torch.no_grad():
        for layer in (copy.hidden[0], copy.decoder[0]):
            layer.weight[:UNITS] *= factor
            layer.bias[:UNITS] *= factor
        for layer in (copy.fc_mu, copy.fc_logvar, copy.decoder[2]):
            layer.weight[:, :UNITS] /= factor
    return copy


def score(model: VAE, images: Tensor, terms: str = "both") -> Tensor:
    """-ELBO of each image, with the same 16 draws for all; or its KL alone."""
    eps = torch.randn(16, 1, model.latent_dim, generator=torch.Generator().manual_seed(0))
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(images)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, images.expand_as(logits), reduction="none").sum(-1).mean(0)
    return kl if terms == "kl" else loss + kl


def auroc(strange: Tensor, usual: Tensor) -> float:
    """The probability that a strange image has the higher score; ties count half."""
    difference = strange[:, None] - usual
    return float(((difference > 0).double() + 0.5 * (difference == 0).double()).mean())


def main(
    splits: Annotated[int, typer.Option(min=1, help="How many ways to divide the digits.")] = 6,
    held_out: Annotated[int, typer.Option(min=0, help="On how many of these each digit is held out.")] = 2,
    write: Annotated[bool, typer.Option(help=f"Keep the tables in {RECORD.name}.")] = False,
) -> None:
    """Train and measure; print the tables."""
    torch.set_num_threads(1)
    losses: dict[tuple[str, int | str], list[float]] = {}
    units: dict[tuple[str, int], list[float]] = {}
    for split in range(splits):
        images = digits(split)
        train, test = binarize(images.train), binarize(images.test)
        plain = trained(train)
        base = nelbo(plain, test)
        for (name, method), bits in product(AFTER.items(), BITS):
            losses.setdefault((name, bits), []).append(nelbo(rounded(plain, method, bits), test) - base)
        for (name, kind), bits in product(DURING.items(), TRAINED):
            model = trained(train, kind, bits)
            losses.setdefault((name, bits), []).append(nelbo(rounded(model, per_tensor, bits), test) - base)
            losses.setdefault((f"{name}, not rounded", bits), []).append(nelbo(model, test) - base)
        for factor in FACTORS if split < 2 else ():
            same = rescaled(plain, factor)
            units.setdefault(("float32", factor), []).append(nelbo(same, test) - base)
            for bits, (name, method) in product((8, 4), list(AFTER.items())[:2]):
                column = f"{name.removeprefix('plain, ')}, {bits} bits"
                units.setdefault((column, factor), []).append(nelbo(rounded(same, method, bits), test) - base)
        print(f"split {split}: done", flush=True)
    found: dict[tuple[int, str], list[float]] = {}
    for split, digit in product(range(held_out), range(10)):
        images = digits(split)
        train, test = binarize(images.train), binarize(images.test)
        model = trained(train[images.train_labels != digit])
        strange = images.test_labels == digit
        for terms in ("both", "kl"):
            by = score(model, test, terms)
            found.setdefault((digit, terms), []).append(auroc(by[strange], by[~strange]))
    text = report(splits, held_out, losses, units, found)
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


AFTER: dict[str, Rounding] = {
    "plain, one step a tensor": per_tensor,
    "plain, a step a row": per_row,
    "plain, range of least squared error": clipped,
}
DURING: dict[str, type[nn.Linear]] = {"trained with normal noise": Noisy, "trained through the rounding": Rounded}


def report(
    splits: int,
    held_out: int,
    losses: dict[tuple[str, int | str], list[float]],
    units: dict[tuple[str, int], list[float]],
    found: dict[tuple[int, str], list[float]],
) -> str:
    """The record."""
    methods, columns = (dict.fromkeys(name for name, _ in found) for found in (losses, units))
    lines = [
        "# What rounded weights cost, and what the anomaly score sees",
        "",
        f"The VAE of lesson 6 (64-128-8) and its recipe: {EPOCHS} epochs with batches of {BATCH}, Adam at "
        f"{LEARNING_RATE:g}, from seed 0, on splits 0 to {splits - 1} of the binarized digits.",
        f"-ELBO on the test images ({DRAWS} draws, the same for all), less that of the plain model of the same split "
        "in float32: mean [lowest, highest] in nats per image. Weights are rounded, biases are not.",
        "",
        "## By method",
        "",
        *table(["bits", *methods], ([str(b), *(cell(losses.get((m, b), [])) for m in methods)] for b in BITS)),
        "",
        "## The same function in other units",
        "",
        f"What enters {UNITS} of the 128 units of both hidden layers is multiplied by a factor, and what leaves them "
        "is divided by it. Splits 0 and 1.",
        "",
        *table(
            ["factor", *columns],
            ([str(factor), *(cell(units[column, factor]) for column in columns)] for factor in FACTORS),
        ),
        "",
        "## AUROC of a digit that was held out of training",
        "",
        f"Its test images against those of the other nine, splits 0 to {held_out - 1}: mean [lowest, highest].",
        "",
        *table(
            ["digit", "-ELBO, 16 draws", "KL alone"],
            ([str(d), cell(found[d, "both"], 2), cell(found[d, "kl"], 2)] for d in range(10) if found),
        ),
        "",
        *(
            f"Mean over the ten digits, {name}: {sum(sum(found[d, key]) for d in range(10)) / 10 / held_out:.3f}."
            for key, name in (("both", "-ELBO"), ("kl", "KL alone"))
            if found
        ),
        "",
        measured(__file__),
    ]
    return "\n".join(lines)


def cell(values: list[float], digits: int = 4) -> str:
    """Mean [lowest, highest]."""
    if not values:
        return ""
    return f"{sum(values) / len(values):.{digits}f} [{min(values):.{digits}f}, {max(values):.{digits}f}]"


if __name__ == "__main__":
    typer.run(main)
