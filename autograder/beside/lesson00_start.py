"""Other computers, for a learner's function to believe in. Learner's side.

``pretend`` begins and ``stop_pretending`` ends it, and the check calls the function between them: nothing that runs
while the function does holds the answer that is expected of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

import torch

_computer = ExitStack()
_asked: list[str] = []
"""The questions that torch was asked since ``pretend``."""


def pretend(function: Callable, others: list[str]) -> None:
    """From now on torch says that it was built for cuda and mps, and that ``others`` are there beside the processor.

    So do the names under which the cell of ``function`` has imported its questions.
    """
    stop_pretending()
    questions = {name: partial(_answer, name, answer) for name, answer in _answers(others).items() if _known(name)}
    by_identity = {id(resolve_name(name)): question for name, question in questions.items()}
    names = getattr(function, "__globals__", {})
    imported = {name: value for name, value in names.items() if id(value) in by_identity}
    names.update({name: by_identity[id(value)] for name, value in imported.items()})
    _computer.callback(names.update, imported)
    for name, question in questions.items():
        _computer.enter_context(patch(name, question))


def stop_pretending() -> list[str]:
    """Torch says again what is true; what it was asked meanwhile."""
    _computer.close()
    asked = _asked.copy()
    _asked.clear()
    return asked


def _known(question: str) -> bool:
    """Whether this version of torch has it."""
    module, _, name = question.rpartition(".")
    return hasattr(resolve_name(module), name)


def _answers(others: list[str]) -> dict[str, Any]:
    best = torch.device(others[0]) if others else None
    return {
        "torch.cuda.is_available": "cuda" in others,
        "torch.cuda.device_count": int("cuda" in others),
        "torch.backends.cuda.is_built": True,
        "torch.mps.is_available": "mps" in others,
        "torch.mps.device_count": int("mps" in others),
        "torch.backends.mps.is_available": "mps" in others,
        "torch.backends.mps.is_built": True,
        "torch.accelerator.is_available": bool(others),
        "torch.accelerator.device_count": int(bool(others)),
        "torch.accelerator.current_accelerator": best,
    }


def _answer(question: str, answer: Any, *_: Any, **__: Any) -> Any:
    _asked.append(question)
    return answer
