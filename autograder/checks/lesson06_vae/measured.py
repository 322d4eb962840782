"""The evaluation and the pictures of lesson 6. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.checks.location_scale import agrees
from autograder.failure import Failure
from autograder.verdict import Mistake

# generate

LOGITS = Mistake(
    "logits",
    "logits, not probabilities. Apply torch.sigmoid.",
)


TWICE = Mistake(
    "twice",
    "the sigmoid is applied twice. Once turns logits into probabilities.",
)


PIXELS = Mistake(
    "pixels",
    "zeros and ones: that is a draw of the pixels. Return their probabilities.",
)


def judge_probabilities(
    found: Tensor, logits: Tensor, what: str, rule: str, more: expect.Mistakes | None = None
) -> None:
    """``found`` is the sigmoid of the logits."""
    right = torch.sigmoid(logits)
    mistakes = {LOGITS: logits, TWICE: torch.sigmoid(right), **(more or {})}
    if bool(((found == 0) | (found == 1)).all()):
        mistakes[PIXELS] = found
    agrees(found, right, what, rule=rule, mistakes=mistakes)


def judge_detached(found: Tensor) -> None:
    """``found`` carries no graph."""
    if found.requires_grad:
        raise Failure("the result carries a graph", "no graph", "requires_grad is True", "torch.no_grad() is missing.")
