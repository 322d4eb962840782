"""Where a check's private inputs come from, reproducibly. Runs in the grader's process, and in a learner's notebook."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch

from autograder.boundary.randomness import preserved, seed_everything

_seed: ContextVar[int | None] = ContextVar("seed", default=None)


class Draws:
    """Private inputs of a check, reproducible from one seed. Tensors are float64 unless ``dtype`` is given."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generator = torch.Generator().manual_seed(seed)

    @classmethod
    def begin(cls) -> Draws:
        """The inputs of a check that runs now: new ones each time, unless a seed is in force."""
        seed = _seed.get()
        # Not the seed itself: the learner's draws start from it, and would repeat the inputs.
        return cls(derive_seed(secrets.randbits(56) if seed is None else seed, "inputs"))

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Standard normal numbers of the given shape."""
        return torch.randn(shape, generator=self._generator, dtype=torch.float64).to(dtype)

    def uniform(self, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Uniform numbers between ``low`` and ``high``."""
        unit = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        return (low + (high - low) * unit).to(dtype)

    def new_seed(self) -> int:
        """A seed to replay one random state with ``replay``."""
        return int(torch.randint(2**62, (), generator=self._generator))


def replay(seed: int) -> None:
    """Put the random state that the learner's next call sees into a known place (torch, NumPy and ``random``)."""
    seed_everything(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Every check inside draws its inputs from ``seed``; the global random state starts from it too."""
    token = _seed.set(seed)
    try:
        with preserved():
            seed_everything(seed)
            yield
    finally:
        _seed.reset(token)


def derive_seed(seed: int, name: str) -> int:
    """An independent seed for ``name`` (a grade cell's id)."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=7).digest(), "big")
