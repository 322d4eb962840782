"""What is asked of a call where the learner's code runs. Both sides."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from autograder.boundary.parcel import numbers_of, plain

RUN_PYTHON = ("time", "timeit", "prun", "capture")
"""The magics of whole cells that run the cell as Python, once or often."""
WRITE_FILES = ("writefile", "file")
"""The magics that write a cell into a file, which another cell may import."""
MOST_LEFT_OUT = 20
"""So many things that do not run when grading are told of a submission."""


def same(tensor: torch.Tensor, before: torch.Tensor) -> bool:
    """Whether a tensor still holds what it held, by its bytes: not a number equals itself."""
    if tensor.is_meta:  # it holds nothing
        return True
    if tensor.dtype != before.dtype or tensor.shape != before.shape:
        return False
    return numbers_of(plain(tensor)) == numbers_of(plain(before))


def vector_jacobian_product(
    inputs: Sequence[torch.Tensor],
    outputs: Sequence[torch.Tensor | None],
    grads: Sequence[torch.Tensor | None],
    accumulate: bool,
) -> list[torch.Tensor | None]:
    """The gradients in ``inputs`` of ``outputs`` weighted by ``grads``, where the graph itself lies."""
    pairs = zip(outputs, grads, strict=True)
    used = [(out, weight) for out, weight in pairs if out is not None and out.requires_grad and weight is not None]
    outs, weights = [out for out, _ in used], [weight for _, weight in used]
    if not accumulate:
        return list(torch.autograd.grad(outs, inputs, weights, retain_graph=True, allow_unused=True))
    before = [item.grad for item in inputs]
    for item in inputs:
        item.grad = None
    torch.autograd.backward(outs, weights, retain_graph=True)
    found = [item.grad for item in inputs]
    for item, grad in zip(inputs, before, strict=True):
        item.grad = grad
    return found
