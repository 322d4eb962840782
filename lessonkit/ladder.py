"""How fast can a VAE be trained here, and does it still learn the same? Run: python -m lessonkit.ladder

Each rung changes one thing. Samples per second stand beside the roofline: the rate at which this device would train if
it did nothing but the multiplications. Every rung must reach the training loss of the first; a fast rung that does not
is no rung. `--quick` takes seconds, `--write FILE` adds a table with machine, versions and date to a Markdown file.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from lessonkit.data import binarize, digits

PIXELS, HIDDEN, LATENT = 784, 400, 20
WEIGHTS = PIXELS * HIDDEN + 2 * HIDDEN * LATENT + LATENT * HIDDEN + HIDDEN * PIXELS
# Two operations a weight forward and four backward; the first layer needs no gradient of its input.
FLOP_PER_SAMPLE = 6 * WEIGHTS - 2 * PIXELS * HIDDEN
SAME_LOSS = 0.05
"""How far the mean loss of the last steps may be from that of the first rung: each rung draws noise of its own."""


@dataclass(frozen=True)
class Rung:
    """What is switched on."""

    name: str
    resident: bool = False
    tf32: bool = False
    autocast: bool = False
    fused: bool = False
    compiled: str = ""


@dataclass(frozen=True)
class Measurement:
    """What a rung reached."""

    name: str
    rate: float
    loss: float
    roof: float


class VAE(nn.Module):
    """784-400-20-400-784."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU())
        self.fc_mu, self.fc_logvar = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)
        self.decoder = nn.Sequential(nn.Linear(LATENT, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, PIXELS))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits in whatever dtype autocast gives; mu and logvar in float32."""
        h = self.encoder(x)
        mu, logvar = self.fc_mu(h).float(), self.fc_logvar(h).float()
        return self.decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu)), mu, logvar


def loss_of(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Nats a sample, in float32."""
    reconstruction = F.binary_cross_entropy_with_logits(logits.float(), x, reduction="none").sum(1).mean()
    return reconstruction + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean()


def images() -> Tensor:
    """The binarized digits, enlarged to 28 x 28 pixels: (1437, 784)."""
    small = digits().train.reshape(-1, 1, 8, 8)
    return binarize(F.interpolate(small, size=(28, 28), mode="bilinear").flatten(1))


def ladder(device: torch.device, compile_too: bool) -> tuple[list[Rung], list[str]]:
    """The rungs that this device has, each with one change, and why the others are left out."""
    cuda, left_out = device.type == "cuda", []
    rung = Rung("eager float32, DataLoader")
    rungs = [rung]
    rungs.append(rung := replace(rung, name="data on the device", resident=True))
    if cuda:
        rungs.append(rung := replace(rung, name="TF32", tf32=True))
    else:
        left_out.append("TF32: a format of NVIDIA cards")
    rungs.append(rung := replace(rung, name="bfloat16 autocast", autocast=True))
    rungs.append(rung := replace(rung, name="fused Adam", fused=True))
    if compile_too:
        rungs.append(rung := replace(rung, name="torch.compile", compiled="default"))
    else:
        left_out.append("torch.compile: ask for it with --compile (it needs a C++ compiler and a minute)")
    if cuda and compile_too:
        rungs.append(replace(rung, name="CUDA graph", compiled="reduce-overhead"))
    else:
        left_out.append("CUDA graph: for NVIDIA cards, with --compile")
    return rungs, left_out


def batches(x: Tensor, size: int, resident: bool, device: torch.device) -> Iterator[Tensor]:
    """Full batches for ever: cut from a tensor on the device, or collected row by row and copied to it."""
    source = torch.Generator(device if resident else "cpu").manual_seed(0)
    if not resident:
        loader = DataLoader(TensorDataset(x), batch_size=size, shuffle=True, drop_last=True, generator=source)
        while True:
            for (batch,) in loader:
                yield batch.to(device)
    x = x.to(device)
    while True:
        order = torch.randperm(len(x), device=device, generator=source)
        for index in order.split(size):
            if len(index) == size:
                yield x[index]


def make_step(rung: Rung, device: torch.device, source: Iterator[Tensor]) -> Callable[[], Tensor]:
    """One training step of the rung."""
    torch.manual_seed(0)
    model = VAE().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=rung.fused)

    def forward(x: Tensor) -> Tensor:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=rung.autocast):
            logits, mu, logvar = model(x)
        return loss_of(logits, x, mu, logvar)

    if rung.compiled:
        forward = torch.compile(forward, mode=rung.compiled)

    def step() -> Tensor:
        loss = forward(next(source))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        # Without resident data, the usual loop: a number for the log at every step, which waits for the device.
        # A clone, since a CUDA graph writes the next loss to the same place.
        return torch.tensor(loss.item()) if not rung.resident else loss.detach().clone()

    return step


def measure(rung: Rung, x: Tensor, size: int, steps: int, device: torch.device, roof: float) -> Measurement:
    """Train for ``steps`` steps, time the last three quarters, and take the mean loss of the last quarter."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if rung.tf32 else "highest")
    try:
        step = make_step(rung, device, batches(x, size, rung.resident, device))
        warmup = max(steps // 4, 3)
        losses = [step() for _ in range(warmup)]
        wait(device)
        start = time.perf_counter()
        losses += [step() for _ in range(steps)]
        wait(device)
        elapsed = time.perf_counter() - start
    finally:
        torch.set_float32_matmul_precision(before)
    loss = torch.stack([value.cpu() for value in losses[-max(steps // 4, 3) :]]).mean()
    return Measurement(rung.name, steps * size / elapsed, float(loss), roof)


def wait(device: torch.device) -> None:
    """Until the device has done all that it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def matmul_peak(device: torch.device, dtype: torch.dtype, tf32: bool, batch: int, quick: bool) -> float:
    """FLOP per second of the best matrix product: a large square one, or of the model's first layer, either way round.

    A processor has other routines for other shapes and for a transposed factor; the fastest one is the roof.
    """
    n = (256 if quick else 1024) if device.type == "cpu" else 8192
    before, best = torch.get_float32_matmul_precision(), 0.0
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    for rows, inner, columns in ((n, n, n), (batch, PIXELS, HIDDEN), (256, 256, 256)):
        x = torch.ones(rows, inner, device=device, dtype=dtype)
        weight = torch.ones(columns, inner, device=device, dtype=dtype)
        output = F.linear(x, weight)
        for product in (partial(F.linear, x, weight), partial(torch.matmul, output.T, x)):
            best = max(best, 2 * rows * inner * columns / shortest(product, device))
    torch.set_float32_matmul_precision(before)
    return best


def shortest(call: Callable[[], Tensor], device: torch.device) -> float:
    """Seconds of the fastest of five calls."""
    seconds = []
    for _ in range(5):
        wait(device)
        start = time.perf_counter()
        call()
        wait(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def name_of(device: torch.device) -> str:
    """The machine in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def table(found: list[Measurement]) -> str:
    """The rungs as a Markdown table."""
    lines = ["| rung | samples/s | roofline | of the roofline | loss, nats |", "| --- | ---: | ---: | ---: | ---: |"]
    for m in found:
        lines.append(f"| {m.name} | {m.rate:,.0f} | {m.roof:,.0f} | {m.rate / m.roof:.1%} | {m.loss:.1f} |")
    return "\n".join(lines)


def heading(device: torch.device, batch: int, steps: int, peak_given: bool) -> str:
    """What a number needs in order to mean something."""
    where = "peak given by hand" if peak_given else "peak of a measured matrix product"
    date = datetime.now(UTC).date().isoformat()
    return (
        f"### {name_of(device)}\n\n{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}, "
        f"{date}; batch {batch}, {steps} timed steps; {FLOP_PER_SAMPLE / 1e6:.2f} MFLOP a sample; {where}."
    )


def arguments(words: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m lessonkit.ladder", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=400, help="timed steps of each rung")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device, from its data sheet; else it is measured")
    parser.add_argument("--quick", action="store_true", help="few steps: to see that it runs, not to quote")
    parser.add_argument("--compile", action="store_true", help="the rungs with torch.compile too")
    parser.add_argument("--write", type=Path, metavar="FILE", help="add the table to this Markdown file")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Climb, print, and say by the exit status whether every rung learned the same."""
    args = arguments(words)
    device, steps = torch.device(args.device), 12 if args.quick else args.steps
    rungs, left_out = ladder(device, args.compile)
    x, found, peaks = images(), list[Measurement](), dict[tuple[bool, bool], float]()
    title = heading(device, args.batch, steps, args.peak is not None)
    print(title, flush=True)
    for rung in rungs:
        kind = rung.autocast, rung.tf32
        if kind not in peaks:
            dtype = torch.bfloat16 if rung.autocast else torch.float32
            given = args.peak is not None
            peaks[kind] = args.peak * 1e12 if given else matmul_peak(device, dtype, rung.tf32, args.batch, args.quick)
        found.append(measure(rung, x, args.batch, steps, device, peaks[kind] / FLOP_PER_SAMPLE))
        print(f"  {rung.name}: {found[-1].rate:,.0f} samples/s, loss {found[-1].loss:.1f}", flush=True)
    rows = table(found)
    print("\n" + rows)
    for reason in left_out:
        print("left out:", reason)
    first = found[0].loss
    wrong = [m for m in found if not abs(m.loss - first) <= SAME_LOSS * first]
    for m in wrong:
        print(f"{m.name}: the loss is {m.loss:.1f}, and {first:.1f} on the first rung. Faster, but not the same.")
    if args.write:
        with args.write.open("a", encoding="utf-8") as file:
            file.write(f"\n{title}\n\n{rows}\n")
        print("added to", args.write)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
