"""What a call did to its arguments, noted where it ran. Learner's side."""

from __future__ import annotations

from collections import deque
from typing import Any

import torch

from autograder.boundary.calls import same
from autograder.boundary.changes import whole
from autograder.boundary.parcel import Parcel
from autograder.boundary.wire import items_of, parts


class Arguments:
    """Those of one call, as they came; values that both sides hold are no business of this."""

    def __init__(self, received: Parcel, came: dict[str, torch.Tensor], values: list, contained: bool) -> None:
        """``came`` are the tensors as they came; ``contained`` says whether containers are looked at too."""
        self._originals, self._came = received.originals, came
        self._known = [(part, items_of(part)) for part in parts(values)] if contained else []
        self._whole = {at: whole(part) for at, (part, _) in enumerate(self._known) if _is_whole(part)}
        # Noted before the call: an operation in place may give a history to an input that had none.
        self.inputs = [item for item in self._originals.values() if item.requires_grad]

    def damage(self) -> dict[str, dict]:
        """What became of them, by kind; empty, if nothing did."""
        arrived = ((name, item) for name, item in self._originals.items() if item.is_leaf)
        found: dict[str, dict] = {
            "tensors": {name: item for name, item in self._originals.items() if not same(item, self._came[name])},
            "grads": {name: item.grad for name, item in arrived if item.grad is not None},
            "containers": _rearranged(self._known),
            "tables": {at: self._known[at][0] for at, was in self._whole.items() if whole(self._known[at][0]) != was},
        }
        return {kind: what for kind, what in found.items() if what}


class Known:
    """Stands for the part of the arguments with this number, which the grader has already."""

    def __init__(self, number: int) -> None:
        self.tree = {"known": number}


def _is_whole(value: Any) -> bool:
    """Whether it is a value that may change, and is told as a whole: a table of pandas, a deque."""
    return isinstance(value, deque) or type(value).__name__ in ("DataFrame", "Series")


def _rearranged(known: list[tuple[Any, list]]) -> dict[int, list]:
    """The containers among a call's arguments that no longer hold what they held, and what they hold now."""
    numbers = {id(part): number for number, (part, _) in enumerate(known)}
    changed = {}
    for number, (part, before) in enumerate(known):
        now = items_of(part)
        if len(now) != len(before) or any(new is not old for new, old in zip(now, before, strict=True)):
            changed[number] = [Known(numbers[id(item)]) if id(item) in numbers else item for item in now]
    return changed
