"""What a call did to the cell's own values, and the graph that it left on the other side. Grader's side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from autograder.boundary.remote import RemoteWorker


class Graph:
    """A call's graph in the worker; the worker forgets it when the grader does."""

    def __init__(
        self, worker: RemoteWorker, number: int, inputs: list[torch.Tensor], differentiable: list[bool]
    ) -> None:
        self.worker, self.number, self.differentiable = worker, number, differentiable
        self._inputs = [(item.shape, item.device, item.dtype) for item in inputs]

    def __del__(self) -> None:
        self.worker.release(self.number)

    def backward(self, grads: list[torch.Tensor | None], accumulate: bool) -> list[torch.Tensor | None]:
        """The vector-Jacobian product, from where the graph is."""
        return self.worker.backward(self, grads, accumulate)

    def fitting(self, grads: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """The gradients, if they are one for each input and of its shape; else ValueError."""
        for grad, (shape, _, _) in zip(a_list(grads), self._inputs, strict=True):
            if grad is not None and grad.shape != shape:
                raise ValueError("a gradient of another shape than its input")
        return [
            grad if grad is None else grad.to(device, dtype)
            for grad, (_, device, dtype) in zip(grads, self._inputs, strict=True)
        ]


def without_grad_flags(tree: Any) -> Any:
    """The same tree, its tensors taken as they are: their history is already this side's."""
    if isinstance(tree, list):
        return [without_grad_flags(item) for item in tree]
    if isinstance(tree, dict):
        return {key: False if key == "grad" else without_grad_flags(value) for key, value in tree.items()}
    return tree


def headers(tree: Any) -> Iterator[dict]:
    """What a tree says of its tensors."""
    if isinstance(tree, dict) and "name" in tree:
        yield tree
    elif isinstance(tree, list | dict):
        for item in tree if isinstance(tree, list) else tree.values():
            yield from headers(item)


def a_leaf(value: Any) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or not value.is_leaf or not value.requires_grad:
        raise TypeError("nothing that a gradient is asked of")
    return value


def a_dict(value: Any) -> dict:
    if not isinstance(value, dict):
        raise TypeError("no dict")
    return value


def a_list(value: Any) -> list:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def restore(original: Any, value: Any) -> None:
    """Make ``original`` equal to ``value`` in place."""
    if isinstance(original, torch.Tensor):
        same_kind = original.shape == value.shape and original.dtype == value.dtype
        original.data = original.data.copy_(value.detach()) if same_kind else value.detach()
    else:
        original[...] = value.numpy()


def refill(container: Any, items: list) -> None:
    """Make a list or dict hold these items (of a dict, its keys and values in turn)."""
    items = a_list(items)
    container.clear()
    if isinstance(container, list):
        container.extend(items)
    elif isinstance(container, set):
        container.update(items)
    else:
        dict.update(container, zip(items[::2], items[1::2], strict=True))


def replace(original: Any, value: Any) -> None:
    """Make a table, or a deque, what it became in the submission's process, in place."""
    if type(value) is not type(original):
        raise TypeError("another type")
    if isinstance(original, deque):
        original.clear()
        original.extend(value)
    else:
        original._update_inplace(value)
