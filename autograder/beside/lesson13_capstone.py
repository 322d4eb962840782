"""What builds and trains a learner's model, and tells what it is. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def built(build_model: Callable, pixels: int) -> dict[str, Any]:
    """What ``build_model`` returns: a model, or what else it is; its latent_dim, or of which type that is."""
    model = build_model(pixels)
    if not isinstance(model, nn.Module):
        return {"model": None, "is": "a class" if isinstance(model, type) else f"{type(model).__name__}"[:60]}
    latent = getattr(model, "latent_dim", None)
    return {
        "model": model,
        "latent": latent if type(latent) is int else type(latent).__name__[:60],
        "parameters": [parameter.requires_grad for parameter in model.parameters()],
    }


def apart(model: nn.Module, other: nn.Module) -> bool:
    """Whether two models have no parameter in common."""
    return not {id(each) for each in model.parameters()} & {id(each) for each in other.parameters()}


def trained(train_model: Callable, model: nn.Module, images: Tensor) -> dict[str, Any]:
    """Train a model on one core; whether another model was returned, and whether gradients are recorded afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.enable_grad():
            result = train_model(model, images)
            recording = torch.is_grad_enabled()
    finally:
        torch.set_num_threads(threads)
    return {"returned another": isinstance(result, nn.Module) and result is not model, "recording": recording}


def answers(function: Callable, texts: list[str]) -> list[Any]:
    """What a function of one text returns for each of them: the bool, or of which type it is."""
    found = [function(text) for text in texts]
    return [each if type(each) is bool else _kind(each) for each in found]


def _kind(value: Any) -> str:
    """The name of a value's type, with that of its module if it is not Python's own."""
    kind = type(value)
    return (kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}")[:60]
