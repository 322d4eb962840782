"""Generators of random numbers, and files in memory: told by where they stand, and only where both sides hold them.

A copy of one would draw the same numbers again. Both sides.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch


class _Kind(NamedTuple):
    type: type
    at: Callable[[Any], Any]
    """Where a value stands, as plain data."""
    made: Callable[[Any], Any]
    """One that stands anywhere, to be put where ``at`` says."""
    put: Callable[[Any, Any], Any]


_BITS = {name: getattr(np.random, name) for name in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")}


def _plain(state: Any) -> Any:
    """A state without arrays, so that it can be compared."""
    if isinstance(state, dict):
        return {name: _plain(each) for name, each in state.items()}
    return [int(each) for each in state] if isinstance(state, np.ndarray) else state


def _with_arrays(state: Any) -> Any:
    if isinstance(state, dict):
        return {name: _with_arrays(each) for name, each in state.items()}
    return np.array(state, dtype=np.uint64) if isinstance(state, list) else state


def _put_bits(generator: np.random.Generator, state: dict) -> None:
    generator.bit_generator.state = _with_arrays(state)


def _put_legacy(generator: np.random.RandomState, state: dict) -> None:
    generator.set_state(_with_arrays(state))


def _put_python(generator: random.Random, state: list) -> None:
    version, internal, gauss = state
    generator.setstate((version, tuple(internal), gauss))


def _put_file(file: Any, state: list) -> None:
    text, at = state
    file.seek(0)
    file.truncate()
    file.write(text)
    file.seek(at)


_KINDS = {
    "generator": _Kind(
        np.random.Generator,
        lambda value: _plain(value.bit_generator.state),
        lambda at: np.random.Generator(_BITS[at["bit_generator"]]()),
        _put_bits,
    ),
    "legacy": _Kind(
        np.random.RandomState,
        lambda value: _plain(value.get_state(legacy=False)),
        lambda _: np.random.RandomState(),
        _put_legacy,
    ),
    "python": _Kind(
        random.Random,
        lambda value: [value.getstate()[0], list(value.getstate()[1]), value.getstate()[2]],
        lambda _: random.Random(),
        _put_python,
    ),
    "torch": _Kind(
        torch.Generator,
        lambda value: value.get_state().tolist(),
        lambda _: torch.Generator(),
        lambda value, state: value.set_state(torch.tensor(state, dtype=torch.uint8)),
    ),
    "text": _Kind(io.StringIO, lambda value: [value.getvalue(), value.tell()], lambda _: io.StringIO(), _put_file),
    "bytes": _Kind(io.BytesIO, lambda value: [value.getvalue(), value.tell()], lambda _: io.BytesIO(), _put_file),
}
_NAMES = {kind.type: name for name, kind in _KINDS.items()}


def has(value: Any) -> bool:
    """Whether a value is one of these, and open."""
    return type(value) in _NAMES and not getattr(value, "closed", False)


def name_of(value: Any) -> str:
    """Which of these it is."""
    return _NAMES[type(value)]


def at(value: Any) -> Any:
    """Where it stands, as plain data; None, once it is closed."""
    return _KINDS[name_of(value)].at(value) if has(value) else None


def made(name: str, state: Any) -> Any:
    """One of this kind that stands so."""
    value = _KINDS[name].made(state)
    put(value, state)
    return value


def put(value: Any, state: Any) -> None:
    """Let it stand so."""
    if state is None:
        value.close()
    else:
        _KINDS[name_of(value)].put(value, state)
