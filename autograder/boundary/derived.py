"""What is told of an object whose class is derived from data: a list, a number, a text. Both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograder.boundary import kinds

DATA: dict[type, Callable[[Any], Any]] = {
    bool: bool,
    int: int.__index__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    list: lambda value: list(list.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
}
"""How the data of an object are had, whatever its class makes of them."""
MAX_NAMES = 500


def base_of(value: Any) -> type | None:
    """The class of data that an object's class is derived from; None, if the object is nothing but data, or no data."""
    kind = type(value)
    is_data = kind in DATA or isinstance(value, np.generic | torch.Size)
    if is_data or (kinds.kind_of(value) and not kinds.is_foreign(value)):
        return None
    return next((each for each in kind.__mro__ if each in DATA), None)


def told(value: Any) -> tuple[str, list[str], Any]:
    """The name of an object's class, the names of what it has beyond its base, and its data."""
    base: Any = base_of(value)
    line = type(value).__mro__
    above = line.index(base)
    own = {name for kind in line[:above] for name in vars(kind)}
    own |= {name for kind in line[above:-1] for name in vars(kind) if not hasattr(base, name)}
    return type(value).__name__[:MAX_NAMES], sorted(own)[:MAX_NAMES], DATA[base](value)
