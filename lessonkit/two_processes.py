"""Two processes share a batch and get the gradients of one. Run: torchrun --nproc-per-node 2 -m lessonkit.two_processes

Each process computes the mean loss of its own part, and `DistributedDataParallel` averages the gradients. With parts of
equal size, the mean of the means is the mean, so that the result is what one process gets from the whole batch.
"""

from __future__ import annotations

import os
import sys

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

LATENT, PIXELS, ROWS = 8, 64, 64
ALLOWED = 1e-5
"""The largest difference, over the largest gradient: float32 sums in another order."""


class LossOfVAE(nn.Module):
    """A small VAE that returns its loss; the noise comes in, so that both computations use the same."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS, 128), nn.ReLU(), nn.Linear(128, 2 * LATENT))
        self.decoder = nn.Sequential(nn.Linear(LATENT, 128), nn.ReLU(), nn.Linear(128, PIXELS))

    def forward(self, x: Tensor, eps: Tensor) -> Tensor:
        """Mean loss of the rows of x in nats, for the noise eps."""
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        logits = self.decoder(mu + torch.exp(logvar / 2) * eps)
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)
        return (reconstruction + kl).mean()


def whole_batch(device: torch.device) -> tuple[Tensor, Tensor]:
    """The same images and the same noise in every process."""
    source = torch.Generator().manual_seed(1)
    x = torch.rand(ROWS, PIXELS, generator=source).round()
    return x.to(device), torch.randn(ROWS, LATENT, generator=source).to(device)


def gradients(model: nn.Module, x: Tensor, eps: Tensor) -> Tensor:
    """Gradients of the loss in all parameters, as one row."""
    model.zero_grad()
    model(x, eps).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).clone()


def compare(rank: int, processes: int, device: torch.device) -> float:
    """The largest difference between the shared gradients and those of one process, over the largest gradient."""
    torch.manual_seed(0)  # the same weights in every process
    model = LossOfVAE().to(device)
    x, eps = whole_batch(device)
    alone = gradients(model, x, eps)
    mine = slice(rank, None, processes)  # every other row, for two processes
    shared = gradients(DistributedDataParallel(model), x[mine], eps[mine])
    local = gradients(model, x[mine], eps[mine])
    print(f"process {rank} of {processes} on {device}: {len(x[mine])} of {len(x)} rows", flush=True)
    dist.barrier()
    if rank == 0:
        print(f"largest gradient:                       {alone.abs().max():.3e}")
        print(f"one process against its own part alone: {(local - alone).abs().max():.3e}")
        print(f"one process against {processes} together:        {(shared - alone).abs().max():.3e}")
    return float((shared - alone).abs().max() / alone.abs().max())


def main() -> int:
    """Compare, and say by the exit status whether the gradients agree."""
    if "RANK" not in os.environ:
        print("Start this with: torchrun --nproc-per-node 2 -m lessonkit.two_processes")
        return 2
    rank, processes = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    if ROWS % processes:
        print(f"{ROWS} rows cannot be shared equally by {processes} processes, and unequal parts give another mean.")
        return 2
    cards = torch.cuda.device_count() >= processes
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if cards else torch.device("cpu")
    torch.set_num_threads(1)
    dist.init_process_group("nccl" if cards else "gloo")
    try:
        agree = compare(rank, processes, device) <= ALLOWED
    finally:
        dist.destroy_process_group()
    if rank == 0:
        print("The gradients are the same." if agree else "The gradients differ.")
    return 0 if agree else 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DistributedDataParallel keeps gloo's threads beyond destroy_process_group. At an ordinary exit they are now and
    # then still running when C++ ends, which aborts the process ("terminate called without an active exception").
    os._exit(status)
