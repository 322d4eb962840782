"""A call without autograd, and the parameters of a module. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def without_autograd(function: Callable, *args: Any) -> Any:
    """Call ``function`` where autograd records nothing, whatever is asked of it."""
    with torch.inference_mode():
        return function(*args)


def parameters_of(module: nn.Module) -> list[str]:
    """The names of the module's parameters."""
    return [name for name, _ in module.named_parameters()]
