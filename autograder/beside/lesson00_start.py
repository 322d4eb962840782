"""Other computers, for a learner's function to believe in. Learner's side.

``pretend`` begins and ``stop_pretending`` ends it, and the check calls the function between them: nothing that runs
while the function does holds the answer that is expected of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import ExitStack
from functools import _lru_cache_wrapper
from pkgutil import resolve_name
from types import CodeType
from typing import Any

import torch

_computer = ExitStack()
_answers: dict[str, Any] = {}
_asked: list[str] = []
"""The questions that torch was asked since ``pretend``."""


def pretend(function: Callable, others: list[str]) -> None:
    """From now on torch says that it was built for cuda and mps, and that ``others`` are there beside the processor.

    So do all names that its questions have got: their code is exchanged. What ``function`` has cached is forgotten.
    """
    stop_pretending()
    _answers.update(_of(others))
    for name in filter(_known, _answers):
        question = resolve_name(name)
        plain = inspect.unwrap(question)
        _computer.callback(_forget, question)
        _computer.callback(setattr, plain, "__code__", plain.__code__)
        plain.__code__ = _asking(name)
        _forget(question)
    for value in [function, *getattr(inspect.unwrap(function), "__globals__", {}).values()]:
        _forget(value)


def stop_pretending() -> list[str]:
    """Torch says again what is true; what it was asked meanwhile."""
    _computer.close()
    asked = _asked.copy()
    _asked.clear()
    return asked


def answer(question: str) -> Any:
    """What torch is made to say."""
    _asked.append(question)
    return _answers[question]


def _known(question: str) -> bool:
    """Whether this version of torch has it."""
    module, _, name = question.rpartition(".")
    return hasattr(resolve_name(module), name)


def _of(others: list[str]) -> dict[str, Any]:
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


def _asking(question: str) -> CodeType:
    """Code that needs no names of the function that it is put into."""
    here = f"__import__({__name__!r}, fromlist=['answer'])"
    code: CodeType = eval(f"lambda *_, **__: {here}.answer({question!r})").__code__
    return code


def _forget(function: Any) -> None:
    """Empty the cache of a function that has one."""
    if isinstance(function, _lru_cache_wrapper):
        function.cache_clear()
