"""Ways to call a learner's object that need its side of the boundary. Learner's side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.distributions import Distribution


def on_meta(function: Callable, *args: Any) -> Any:
    """Call ``function`` with every tensor argument moved to the meta device."""
    with _without_validation(), _no_numbers_on_meta():
        return function(*(arg.to("meta") if isinstance(arg, torch.Tensor) else arg for arg in args))


def away_from_meta(function: Callable, *args: Any) -> Any:
    """Call ``function`` where a tensor for which no device is named lands on the meta device."""
    with _without_validation(), torch.device("meta"):
        return function(*args)


@contextmanager
def _without_validation() -> Iterator[None]:
    # Argument validation reads values, which meta tensors do not have: it would reject right answers.
    validate = Distribution._validate_args
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        Distribution.set_default_validate_args(validate)


@contextmanager
def _no_numbers_on_meta() -> Iterator[None]:
    # tolist stops there with the error of cpu(), which moves a tensor; but it reads numbers, as item does.
    def tolist(tensor: torch.Tensor) -> Any:
        return tensor.item() if tensor.is_meta else torch._C.TensorBase.tolist(tensor)

    with patch.object(torch.Tensor, "tolist", tolist):
        yield


def close_figures() -> None:
    """Close what pyplot has open, as a kernel does at the end of a cell: whoever holds a figure may still read it."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def inside_parent(module: torch.nn.Module, training: bool, *args: Any) -> Any:
    """Set the mode of a parent of ``module``, then call ``module``: how a mode reaches a layer in a real model."""
    parent = torch.nn.ModuleList([module])
    parent.train() if training else parent.eval()
    return module(*args)
