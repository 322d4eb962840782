"""The tables of lesson 12 that do not fit its time: trainings over seeds and splits, by the lesson's own functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from record import answers, measured
from torch import Tensor
from torch.nn import functional as F

from lessonkit.data import Images, digits
from lessonkit.frontiers import STEPS, NoiseModel, best_noise, centres, ring, schedule, shares

STEM = "lesson12_frontiers"
RECORD = Path(__file__).with_suffix(".md")
ALPHA_BAR = schedule()
Data = Callable[[int], Tensor]


def main(write: Annotated[bool, typer.Option(help=f"Keep the tables in {RECORD.name}.")] = False) -> None:
    """Measure what the text of lesson 12 quotes and does not run."""
    torch.set_num_threads(1)
    names = answers(STEM)
    tables = [*diffusion(names), *memory(names), *targets(names), *entropies(names), *bottleneck(names)]
    lines = [
        "# What lesson 12 quotes and does not run",
        "",
        "Each training has one thread. The functions are those of the solved lesson.",
        "",
        *tables,
        measured(__file__),
    ]
    text = "\n".join(lines)
    print(text)
    if write:
        RECORD.write_text(text + "\n", encoding="utf-8")


def trained(names: dict[str, Any], data: Data, seed: int, steps: int = 4_000, target: str = "eps") -> NoiseModel:
    """A network trained as in the lesson, on what ``data(n)`` gives, to predict ``target``."""
    torch.manual_seed(seed)
    network = NoiseModel()
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        x0, t, eps = data(256), torch.randint(STEPS, (256,)), torch.randn(256, 2)
        a = ALPHA_BAR[t][:, None]
        wanted = {"eps": eps, "x0": x0, "v": a.sqrt() * eps - (1 - a).sqrt() * x0}[target]
        loss = (network(names["q_sample"](x0, t, eps, ALPHA_BAR), t) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        cooling.step()
    return network


@torch.no_grad()
def said(names: dict[str, Any], network: NoiseModel, x: Tensor, step: int, target: str = "eps") -> Tensor:
    """The network's prediction of eps."""
    output: Tensor = network(x, torch.full((len(x),), step))
    found: Tensor = names["to_eps"](output, x, ALPHA_BAR[step], target)
    return found


@torch.no_grad()
def drawn(names: dict[str, Any], predict: Callable[[Tensor, int], Tensor], n: int = 5_000) -> Tensor:
    """Samples in 100 steps."""
    x = torch.randn(n, 2)
    for step in reversed(range(STEPS)):
        x = names["reverse_step"](x, step, predict(x, step), torch.randn(n, 2), ALPHA_BAR)
    return x


@torch.no_grad()
def errors(
    names: dict[str, Any], predict: Callable[[Tensor, int], Tensor], data: Data, means: Tensor, sd: float
) -> Any:
    """At every step: how far the best prediction is from eps, and how far this one is from the best (mean squares)."""
    floor, excess = torch.zeros(STEPS), torch.zeros(STEPS)
    for step in range(STEPS):
        x0, eps = data(4_000), torch.randn(4_000, 2)
        x = names["q_sample"](x0, torch.full((4_000,), step), eps, ALPHA_BAR)
        best = best_noise(x, ALPHA_BAR[step], means, sd)
        floor[step] = (best - eps).square().mean()
        excess[step] = (predict(x, step) - best).square().mean()
    return floor, excess


def diffusion(names: dict[str, Any]) -> Iterable[str]:
    """How near networks come to the floor, and what their samples are."""
    columns = ("steps", "seed", "floor", "excess", "excess at t = 0", "within 3 sd", "within 1 sd")
    yield from heading("The ring: networks and the floor", *columns)
    for steps, seed in [(1_000, 0), (2_000, 0), (4_000, 0), (4_000, 1), (4_000, 2)]:
        network = trained(names, ring, seed, steps)

        def predict(x: Tensor, step: int, network: NoiseModel = network) -> Tensor:
            return said(names, network, x, step)

        floor, excess = errors(names, predict, ring, centres(), 0.1)
        wide, narrow = shares(drawn(names, predict))
        numbers = [f"{value:.4f}" for value in (floor.mean(), excess.mean(), excess[0])]
        yield row(f"{steps}", f"{seed}", *numbers, f"{wide:.2f}", f"{narrow:.2f}")
    yield ""


def memory(names: dict[str, Any]) -> Iterable[str]:
    """The perfect minimiser of a finite set, a network trained on the same set, and fresh points."""
    title = "Finite sets: median distance to the nearest training point"
    yield from heading(title, "points", "perfect minimiser", "fresh points", "network", "floor", "loss of the network")
    for n in (50, 200):
        torch.manual_seed(0)
        points = ring(n)

        def some(m: int, points: Tensor = points) -> Tensor:
            return points[torch.randint(len(points), (m,))]

        def perfect(x: Tensor, step: int, points: Tensor = points) -> Tensor:
            return best_noise(x, ALPHA_BAR[step], points, 0.0)

        network = trained(names, some, 0)

        def predict(x: Tensor, step: int, network: NoiseModel = network) -> Tensor:
            return said(names, network, x, step)

        floor, excess = errors(names, predict, some, points, 0.0)
        near = [
            torch.cdist(x, points).min(dim=1).values.median().item()
            for x in (drawn(names, perfect, 1_000), ring(1_000), drawn(names, predict, 1_000))
        ]
        losses = floor.mean().item(), (floor + excess).mean().item()
        yield row(f"{n}", *(f"{value:.3f}" for value in near), *(f"{value:.4f}" for value in losses))
    yield ""


def targets(names: dict[str, Any]) -> Iterable[str]:
    """The same network, trained to predict other things."""
    title = "Targets: mean squared error in eps above the exact prediction"
    yield from heading(title, "target", "seed", "at t = 0", "mean over t", "within 3 sd", "within 1 sd")
    for target in ("eps", "x0", "v"):
        for seed in (0, 1):
            network = trained(names, ring, seed, target=target)

            def predict(x: Tensor, step: int, network: NoiseModel = network, target: str = target) -> Tensor:
                return said(names, network, x, step, target)

            _, excess = errors(names, predict, ring, centres(), 0.1)
            wide, narrow = shares(drawn(names, predict))
            numbers = (f"{value:.3f}" for value in (excess[0], excess.mean()))
            yield row(target, f"{seed}", *numbers, f"{wide:.2f}", f"{narrow:.2f}")
    yield ""


def entropies(names: dict[str, Any]) -> Iterable[str]:
    """Policies that are paid for entropy alone, with the correction and with the path through u cut."""
    title = "Entropy alone: what 3,000 steps reach (uniform: 0.693 nats)"
    yield from heading(title, "seed", "log_prob", "its u detached")
    squashed = names["squashed_gaussian"]

    def cut(mu: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
        u = (mu + log_std.exp() * eps).detach()
        found: Tensor = squashed(mu, log_std, (u - mu) / log_std.exp())[1]
        return found

    for seed in range(4):
        reached = []
        for density in (lambda *inputs: squashed(*inputs)[1], cut):
            torch.manual_seed(seed)
            weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
            optimizer = torch.optim.Adam(weights, lr=0.02)
            for _ in range(3_000):
                optimizer.zero_grad()
                density(*(weight.expand(256, 1) for weight in weights), torch.randn(256, 1)).mean().backward()
                optimizer.step()
            eps = torch.linspace(-8, 8, 20_001)[:, None]
            given = (weight.detach().expand_as(eps) for weight in weights)
            density_of_eps = torch.exp(-0.5 * eps[:, 0].square()) / math.sqrt(2 * math.pi)
            reached.append(-torch.trapezoid(density_of_eps * squashed(*given, eps)[1], eps[:, 0]).item())
        yield row(f"{seed}", *(f"{value:.3f}" for value in reached))
    yield ""


class Classifier(torch.nn.Module):
    """The lesson's classifier with a code of 8."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU())
        self.fc_mu, self.fc_logvar = torch.nn.Linear(128, 8), torch.nn.Linear(128, 8)
        self.classes = torch.nn.Linear(8, 10)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(mu, logvar)."""
        hidden = self.hidden(x)
        return self.fc_mu(hidden), self.fc_logvar(hidden)


def bottleneck(names: dict[str, Any]) -> Iterable[str]:
    """Classifiers of 200 digits, at several weights of the price of their code."""
    title = "200 labels: mean over 5 splits, and its standard deviation over splits"
    yield from heading(title, "beta", "accuracy", "nats per label", "calibration error", "KL")
    for beta in (0, 1e-3, 1e-2, 1e-1, 1.0):
        found = [judged(names, beta, digits(split)) for split in range(5)]
        columns = zip(*found, strict=True)
        cells = (f"{statistics.mean(column):.3f} ({statistics.stdev(column):.3f})" for column in columns)
        yield row(f"{beta:g}", *cells)
    yield ""


def judged(names: dict[str, Any], beta: float, images: Images) -> tuple[float, ...]:
    """Train on 200 images; accuracy, nats per label, calibration error and KL on the test images, 64 draws averaged."""
    torch.manual_seed(0)
    classifier, x, y = Classifier(), images.train[:200], images.train_labels[:200]
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    for _ in range(150):
        for rows in torch.randperm(len(x)).split(50):
            mu, logvar = classifier.encode(x[rows])
            z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if beta else mu
            optimizer.zero_grad()
            names["vib_loss"](classifier.classes(z), y[rows], mu, logvar, beta)[0].backward()
            optimizer.step()
    with torch.no_grad():
        mu, logvar = classifier.encode(images.test)
        noise = torch.randn(64, *mu.shape) * torch.exp(logvar / 2) if beta else 0
        p = classifier.classes(mu + noise).softmax(-1)
        p = p.mean(0) if beta else p
        sure, guess = p.max(1)
        right = (guess == images.test_labels).float()
        bins = (sure * 10).long().clamp(max=9)
        off = sum((right[bins == b] - sure[bins == b]).sum().abs() for b in range(10)) / len(p)
        kl = names["vib_loss"](p.log(), images.test_labels, mu, logvar, 1.0)[2] if beta else torch.zeros(())
    return right.mean().item(), F.nll_loss(p.log(), images.test_labels).item(), float(off), kl.item()


def heading(title: str, *columns: str) -> list[str]:
    """The title of a table, and its first two lines."""
    return [f"## {title}", "", row(*columns), row(*["---"] * len(columns))]


def row(*cells: str) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    typer.run(main)
