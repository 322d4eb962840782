"""Checks of lesson 0: moving and stretching, and the device to compute on. Grader's side.

No check here is statistical: all are identities.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson00_start import on_computer
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check

STRETCHING = 'Lesson 0, "Moving and stretching"'
DEVICES = 'Lesson 0, "Where your code runs"'

EXCHANGED = "shift * eps + scale: the two have changed places. scale multiplies, shift is added."
MOVED_FIRST = "(shift + eps) * scale: scale stretches shift too. Multiply first, then add."
AS_TEXT = "the name of a device, which is a text. torch.device(name) makes the device."
IGNORED = "preferred is ignored. Look at it first, and choose freely only when it is None."
COMPUTERS: dict[tuple[str, ...], str] = {("cuda",): "cuda", ("mps",): "mps", ("cuda", "mps"): "cuda", (): "cpu"}
"""What a computer has beside its processor, and the device to take there."""


@check("affine", "values", STRETCHING)
def affine_values(affine: LearnerObject, rng: Draws) -> None:
    """shift + scale * eps, for numbers and for tensors that broadcast."""
    eps = rng.normal(5, 3)
    numbers = 2.5, -4.0
    per_column = rng.uniform(2, 3, 3), rng.uniform(4, 5, 3)
    per_row = rng.uniform(2, 3, 5, 1), rng.uniform(4, 5, 5, 1)
    widening = rng.uniform(2, 3, 2, 1, 1), rng.uniform(4, 5, 3)
    pairs: list[tuple[Tensor | float, Tensor | float]] = [numbers, per_column, per_row, widening]
    for shift, scale in pairs:
        right = shift + scale * eps
        mistakes = {EXCHANGED: shift * eps + scale, MOVED_FIRST: (shift + eps) * scale}
        expect.close(affine(eps, shift, scale), right, "z", rule="shift + scale * eps", mistakes=mistakes)


@check("affine", "inputs", STRETCHING)
def affine_inputs(affine: LearnerObject, rng: Draws) -> None:
    """eps, shift and scale are what they were before the call."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    with expect.untouched(eps=eps, shift=shift, scale=scale):
        affine(eps, shift, scale)


@check("affine", "gradients", STRETCHING)
def affine_gradients(affine: LearnerObject, rng: Draws) -> None:
    """dz/dshift = 1 and dz/dscale = eps, element by element."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    inputs = {"shift": shift.requires_grad_(), "scale": scale.requires_grad_()}
    # A copy, since another check minds what becomes of eps.
    z = expect.kept(affine(eps.clone(), shift, scale), eps, "z")
    cut = "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from."
    found = expect.gradients(z, inputs, cut=cut)
    mistakes = {MOVED_FIRST: scale, EXCHANGED: eps}
    expect.close(found["shift"], torch.ones_like(shift), "dz/dshift", rule="1", mistakes=mistakes)
    mistakes = {MOVED_FIRST: shift + eps, EXCHANGED: torch.ones_like(scale)}
    expect.close(found["scale"], eps, "dz/dscale", rule="eps", mistakes=mistakes)


@check("pick_device", "type", DEVICES)
def pick_device_type(pick_device: LearnerObject, rng: Draws) -> None:
    """The result is a torch.device, with and without a preference."""
    for preferred in (None, "cpu"):
        device = beside(on_computer, pick_device, preferred, [])
        if not isinstance(device, torch.device):
            likely = AS_TEXT if isinstance(device, str) else "a missing return." if device is None else ""
            raise Failure("the result is no device", "a torch.device", f"{device!r}", likely)


@check("pick_device", "order", DEVICES)
def pick_device_order(pick_device: LearnerObject, rng: Draws) -> None:
    """Without a preference: cuda, else mps, else cpu."""
    for others, expected in COMPUTERS.items():
        agrees(beside(on_computer, pick_device, None, list(others)), expected, others, "no preference")


@check("pick_device", "preferred", DEVICES)
def pick_device_preferred(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is available is taken."""
    for others, free_choice in COMPUTERS.items():
        for preferred in (*others, "cpu"):
            device = beside(on_computer, pick_device, preferred, list(others))
            ignored = IGNORED if preferred != free_choice and kind(device) == free_choice else ""
            agrees(device, preferred, others, f"preferred={preferred!r}", ignored)


@check("pick_device", "error", DEVICES)
def pick_device_error(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is missing gives a ValueError that names those that are there."""
    for others, preferred in [((), "cuda"), (("mps",), "cuda"), (("cuda",), "mps")]:
        asked = f"preferred={preferred!r} {where(others)}"
        message = expect.raises(ValueError, bound(pick_device, preferred, others), what=asked)
        for name in (*others, "cpu"):
            if name not in message.lower():
                raise Failure(f"{asked}: the message does not name what is available", f"{name} in it", f"{message!r}")


def bound(pick_device: LearnerObject, preferred: str, others: tuple[str, ...]) -> Callable[[], object]:
    """The call to make, for an expectation that makes it."""
    return lambda: beside(on_computer, pick_device, preferred, list(others))


def agrees(device: object, expected: str, others: tuple[str, ...], asked: str, likely: str = "") -> None:
    """The device is of the expected kind; a text counts here, since another check minds the type."""
    if kind(device) != expected:
        raise Failure(f"{asked}, {where(others)}, gives the wrong device", expected, f"{device!r}", likely)


def kind(device: object) -> str:
    """cuda, mps or cpu, whatever the index."""
    return str(device).partition(":")[0]


def where(others: tuple[str, ...]) -> str:
    """The computer in words."""
    return f"on a computer with {' and '.join(others)}" if others else "on a computer with neither cuda nor mps"
