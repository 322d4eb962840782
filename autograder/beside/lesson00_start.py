"""Other computers, for a learner's function to believe in. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch


def on_computer(function: Callable, preferred: str | None, others: list[str]) -> Any:
    """Call ``function`` where torch says that the devices ``others`` are available beside the processor."""
    best = torch.device(others[0]) if others else None
    answers = {
        "torch.cuda.is_available": "cuda" in others,
        "torch.cuda.device_count": int("cuda" in others),
        "torch.backends.mps.is_available": "mps" in others,
        "torch.backends.mps.is_built": "mps" in others,
        "torch.accelerator.is_available": bool(others),
        "torch.accelerator.current_accelerator": best,
    }
    with ExitStack() as stack:
        for name, answer in answers.items():
            stack.enter_context(patch(name, lambda *_, answer=answer, **__: answer))
        return function() if preferred is None else function(preferred)
