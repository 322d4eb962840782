"""What a process has beside names, and a test may set: environment variables, settings of libraries. Both sides."""

from __future__ import annotations

import decimal
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

State = dict[str, Any]
"""Values by name; None of an environment variable that is not there."""


class _Setting(NamedTuple):
    now: Callable[[], Any]
    put: Callable[[Any], Any]


_SETTINGS = {
    "the limit of recursion": _Setting(sys.getrecursionlimit, sys.setrecursionlimit),
    "digits of decimals": _Setting(
        lambda: decimal.getcontext().prec, lambda digits: setattr(decimal.getcontext(), "prec", digits)
    ),
    "errors of numpy": _Setting(np.geterr, lambda kinds: np.seterr(**kinds)),
    "dtype of torch": _Setting(
        lambda: str(torch.get_default_dtype()).removeprefix("torch."),
        lambda name: torch.set_default_dtype(getattr(torch, name)),
    ),
}


def now() -> State:
    """All of it."""
    return {**os.environ, **{name: setting.now() for name, setting in _SETTINGS.items()}}


def become(state: State) -> None:
    """Set what this says; the rest stays as it is."""
    for name, value in state.items():
        if name in _SETTINGS:
            _SETTINGS[name].put(value)
        elif value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
