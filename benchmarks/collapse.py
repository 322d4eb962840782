"""The longer tables that lesson 8 quotes: what beta, the gradient of the draw, and treatments do to a code.

Every run is the digit VAE of ``lessonkit.vae`` with its own recipe, on one thread, from a seed. A number stands for the
mean over seeds, or two for the lowest and the highest. ``--write`` keeps the tables in ``collapse.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from record import answers, measured, table
from torch import Tensor, nn

from lessonkit.data import binarize, digits, pixels_off
from lessonkit.vae import VAE, Parts, Terms, measure, reparameterize, train, vae_loss

STEM = "lesson08_collapse"
RECORD = Path(__file__).with_suffix(".md")
BATCHES = 23
"""Of an epoch."""
TRAIN, TEST = (binarize(part) for part in (digits().train, digits().test))


def trained(
    seed: int, epochs: int, beta: Any = 1.0, latent: int = 8, draw: Any = reparameterize, **options: Any
) -> VAE:
    """A new model, trained on the digits."""
    torch.manual_seed(seed)
    model = VAE(latent_dim=latent, draw=draw)
    train(model, TRAIN, epochs, beta, name=f"seed {seed}", **options)
    return model


def beliefs(model: VAE, x: Tensor) -> tuple[Tensor, Tensor]:
    """mu and logvar of images."""
    with torch.no_grad():
        return model.encode(x)[1:]


# What beta does


def rates(seeds: Sequence[int]) -> Iterable[list[str]]:
    """Rate and distortion on the test images; the parts of the KL on the training images; what draws decode to."""
    for beta in (0, 0.1, 0.25, 0.5, 1, 2, 3, 4, 6):
        found = [rate(trained(seed, 100, float(beta))) for seed in seeds]
        yield [f"{beta}", *(span(each) for each in zip(*found, strict=True))]


def rate(model: VAE) -> tuple[float, ...]:
    """One model's numbers, in the order of the table."""
    terms = measure(model, TEST)
    information, distance, z = parts_of_kl(model.eval())
    pairs = TEST[torch.randint(len(TEST), (1_000, 2))]
    middle = sum(beliefs(model, pairs[:, side])[0] for side in (0, 1)) / 2
    codes = torch.randn(1_000, 8), z[torch.randperm(len(z))[:1_000]], middle
    return (
        terms.kl,
        terms.reconstruction,
        terms.nelbo,
        information,
        distance,
        *(pixels_off(torch.sigmoid(model.decode(each)), TRAIN) for each in codes),
    )


@torch.no_grad()
def parts_of_kl(model: VAE) -> tuple[float, float, Tensor]:
    """Information, distance of the aggregate from the prior, and a draw for each training image."""
    mu, logvar = beliefs(model, TRAIN)
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample()
    own = q.log_prob(z).sum(1)
    aggregate = q.log_prob(z[:, None]).sum(2).logsumexp(1) - math.log(len(mu))
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    return float((own - aggregate).mean()), float((aggregate - prior).mean()), z


@torch.no_grad()
# What the gradient of the draw does


def score_function(model: nn.Module, x: Tensor, beta: float) -> Parts:
    """A loss whose gradient through the draw is the score function's, with a leave-one-out baseline over the batch."""
    _, mu, logvar = model.encode(x)
    z = reparameterize(mu, logvar).detach()
    logits = model.decode(z)
    loss, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
    costs = nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).detach()
    log_q = torch.distributions.Normal(mu, torch.exp(logvar / 2)).log_prob(z).sum(1)
    others = (costs.sum() - costs) / (len(costs) - 1)
    # A zero in value, whose gradient is the estimator.
    score = ((costs - others) * (log_q - log_q.detach())).mean()
    return loss + score, reconstruction, kl


def held(mu: Tensor, logvar: Tensor) -> Tensor:
    """A draw from which no gradient comes back."""
    return reparameterize(mu, logvar).detach()


def half_held(mu: Tensor, logvar: Tensor) -> Tensor:
    """A draw whose gradient comes back through mu alone."""
    return mu + (reparameterize(mu, logvar) - mu).detach()


GRADIENTS: dict[str, dict[str, Any]] = {
    "the trick": {},
    "score function, leave-one-out baseline over the batch": {"loss": score_function},
    "none": {"draw": held},
    "through mu alone": {"draw": half_held},
}


def gradients(seeds: Sequence[int]) -> Iterable[list[str]]:
    """KL and -ELBO at beta 1 and at beta 6, for each gradient."""
    for name, options in GRADIENTS.items():
        terms = [[measure(trained(seed, 60, beta, **options), TEST) for seed in seeds] for beta in (1.0, 6.0)]
        yield [name, *(cell for each in terms for cell in kl_and_elbo(each))]


# What treatments do


def treatments(seeds: Sequence[int]) -> Iterable[list[str]]:
    """Both terms, active units and latents below 0.05 nats, for models that are ill, at the edge, and well."""
    names = answers(STEM)
    for words, latent, epochs, beta, floors in [
        ("8 latents, beta 6", 8, 60, 6.0, (0.25,)),
        ("8 latents, beta 3.5", 8, 60, 3.5, ()),
        ("32 latents, beta 1", 32, 100, 1.0, (0.1, 0.25)),
    ]:
        steps = epochs * BATCHES
        ways: dict[str, dict[str, Any]] = {
            "none": {"beta": beta},
            "annealing, half of the epochs": {"beta": schedule(names["linear_annealing"], steps // 2, beta)},
            "cyclical, four cycles": {"beta": schedule(names["cyclical_annealing"], steps // 4, 0.5, beta)},
        } | {f"free bits, {floor}": {"beta": beta, "loss": with_floor(floor)} for floor in floors}
        for way, options in ways.items():
            models = [trained(seed, epochs, latent=latent, **options) for seed in seeds]
            mus = [beliefs(model, TEST) for model in models]
            active = span([names["active_units"](mu) for mu, _ in mus], 0)
            quiet = span([int((names["kl_per_dimension"](*each) < 0.05).sum()) for each in mus], 0)
            terms = [measure(model, TEST) for model in models]
            loss = span([each.reconstruction + beta * each.kl for each in terms], 1)
            yield [words, way, *kl_and_elbo(terms), loss, active, quiet]


def schedule(of: Callable[..., float], *numbers: float) -> Callable[[int], float]:
    """A schedule as a function of the step alone."""
    return lambda step: of(step, *numbers)


def with_floor(floor: float) -> Callable[[nn.Module, Tensor, float], Parts]:
    """The loss with free bits."""
    names = answers(STEM)

    def loss(model: nn.Module, x: Tensor, beta: float) -> Parts:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
        price = names["free_bits"](names["kl_per_dimension"](mu, logvar), floor)
        return reconstruction + beta * price, reconstruction, kl

    return loss


# The bound, and drift


def bounds(seeds: Sequence[int]) -> Iterable[list[str]]:
    """The mean bound on the test images, for more and more draws."""
    names, found = answers(STEM), []
    for seed in seeds:
        model = trained(seed, 60)
        mu, logvar = beliefs(model, TEST)
        z = mu + torch.exp(logvar / 2) * torch.randn(500, *mu.shape)
        with torch.no_grad():
            weights = names["log_weights"](model.decode(z), TEST, z, mu, logvar)
        found.append([mean_bound(names["iwae_bound"], weights, k) for k in (1, 2, 5, 20, 100, 500)])
    for k, each in zip((1, 2, 5, 20, 100, 500), zip(*found, strict=True), strict=True):
        yield [f"{k}", span(each)]


def mean_bound(iwae_bound: Callable[[Tensor], Tensor], weights: Tensor, k: int) -> float:
    """The bound of k draws, each draw used once."""
    return float(torch.stack([iwae_bound(each).mean() for each in weights.split(k)]).mean())


def drift(seeds: Sequence[int]) -> Iterable[list[str]]:
    """The mean norm of mu of the test images after 40 epochs, for four learning rates."""
    for beta in (0.0, 0.01, 0.1, 1.0):
        norms = []
        for lr in (3e-4, 1e-3, 3e-3, 1e-2):
            models = [trained(seed, 40, beta, lr=lr) for seed in seeds]
            norms.append(span([float(beliefs(model, TEST)[0].norm(dim=1).mean()) for model in models], 1))
        yield [f"{beta:g}", *norms]


# The record


def span(numbers: Sequence[float], digits_: int = 2) -> str:
    """The lowest and the highest number, or one of them if they look alike."""
    low, high = (f"{number:.{digits_}f}" for number in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"


def kl_and_elbo(terms: Sequence[Terms]) -> list[str]:
    """Two cells of a table."""
    return [span([each.kl for each in terms]), span([each.nelbo for each in terms], 1)]


TABLES: list[tuple[str, str, Callable[[Sequence[int]], Iterable[list[str]]], int]] = [
    (
        "What beta does (100 epochs)",
        "beta | rate, the KL | distortion | -ELBO | information | aggregate from prior | pixels off: prior | aggregate "
        "| middle of two codes",
        rates,
        2,
    ),
    (
        "What the gradient of the draw does (60 epochs)",
        "gradient | beta 1: KL | -ELBO | beta 6: KL | -ELBO",
        gradients,
        3,
    ),
    (
        "What treatments do (60 epochs; 100 for 32 latents)",
        "model | treatment | KL | -ELBO | reconstruction + beta KL | active, above 0.01 | latents below 0.05 nats",
        treatments,
        2,
    ),
    ("The bound of more draws (60 epochs)", "k | bound", bounds, 2),
    ("The norm of mu (40 epochs)", "beta | lr 3e-4 | 1e-3 | 3e-3 | 1e-2", drift, 1),
]


def main(write: Annotated[bool, typer.Option(help=f"Keep the tables in {RECORD.name}.")] = False) -> None:
    """Train, and print the tables."""
    torch.set_num_threads(1)
    lines = [
        "# What becomes of a code",
        "",
        "Of the digit VAE of lesson 8: binarized 8x8 digits, split 0, 1,437 to train on and 360 to test on; "
        "hidden 128, 8 latents unless said; batches of 64, Adam at 1e-3 unless said. Nats per test image; information "
        "and the distance of the aggregate from the prior on the training images.",
    ]
    for title, heads, rows, seeds in TABLES:
        lines += ["", f"## {title}, seeds 0 to {seeds - 1}" if seeds > 1 else f"## {title}, seed 0", ""]
        lines += table(heads.split(" | "), rows(range(seeds)))
        print("\n".join(lines[-20:]), flush=True)
    lines += ["", measured(__file__)]
    if write:
        RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
