"""The random state that a check controls: torch, NumPy and ``random``. Both sides."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def seed_everything(seed: int) -> None:
    """Seed every global generator that a learner's function may draw from."""
    # torch.manual_seed queues work for devices that may never be initialised; the generator itself does not.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def digest_of_state(key: bytes) -> bytes:
    """32 bytes drawn from the present random state, which moves on; only the holder of ``key`` can foresee them."""
    digest = hashlib.blake2b(key=key, digest_size=32)
    drawn = torch.empty(2, dtype=torch.int64).random_(0, 2**62, generator=torch.default_generator)
    digest.update(drawn.numpy().tobytes())
    digest.update(np.random.random(2).tobytes() + random.randbytes(16))
    return digest.digest()


def random_state() -> list:
    """The state of every global generator, as plain values."""
    kind, keys, *rest = np.random.get_state()
    numpys: list = [kind, np.asarray(keys).tolist(), *rest]
    return [numpys, list(random.getstate()), torch.default_generator.get_state().tolist()]


def set_random_state(state: list) -> None:
    """Put every global generator where ``random_state`` found it."""
    (kind, keys, *rest), plain, numbers = state
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    version, internal, gauss = plain
    random.setstate((version, tuple(internal), gauss))
    torch.default_generator.set_state(torch.tensor(numbers, dtype=torch.uint8))


def where_it_stands() -> tuple:
    """The state of every global generator, for ``go_on_from`` in the same process."""
    return torch.default_generator.get_state(), np.random.get_state(), random.getstate()


def go_on_from(state: tuple) -> None:
    """Put every global generator where it stood."""
    torch.default_generator.set_state(state[0])
    np.random.set_state(state[1])
    random.setstate(state[2])


@contextmanager
def preserved() -> Iterator[None]:
    """Leave the global random state as it was found."""
    before = where_it_stands()
    try:
        yield
    finally:
        go_on_from(before)
