"""A log joint density for a learner's function to climb. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def with_log_joint(
    function: Callable,
    centre: torch.Tensor,
    precision: torch.Tensor,
    waves: torch.Tensor,
    mu: torch.Tensor,
    logvar: torch.Tensor,
    eps: torch.Tensor,
) -> Any:
    """Call ``function`` with a normal log density, unnormalised, to which ``waves`` adds a smooth ripple."""

    def log_joint(z: torch.Tensor) -> torch.Tensor:
        offset = z - centre
        return -0.5 * torch.einsum("ni,ij,nj->n", offset, precision, offset) + torch.sin(z) @ waves

    return function(log_joint, mu, logvar, eps)
