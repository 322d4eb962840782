"""pick_device: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable

import torch

from autograder import expect
from autograder.beside.lesson00_start import on_computer
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("pick_device", reread="Where your code runs")

AS_TEXT = Mistake(
    "as_text",
    "the name of a device, which is a text. torch.device(name) makes the device.",
)
IGNORED = Mistake(
    "ignored",
    "preferred is ignored. Look at it first, and choose freely only when it is None.",
)
COMPUTERS: dict[tuple[str, ...], str] = {("cuda",): "cuda", ("mps",): "mps", ("cuda", "mps"): "cuda", (): "cpu"}
"""What a computer has beside its processor, and the device to take there."""


def bound(pick_device: LearnerObject, preferred: str, others: tuple[str, ...]) -> Callable[[], object]:
    """The call to make, for an expectation that makes it."""
    return lambda: beside(on_computer, pick_device, preferred, list(others))


def agrees(device: object, expected: str, others: tuple[str, ...], asked: str, likely: Mistake | None = None) -> None:
    """The device is of the expected kind; a text counts here, since another check minds the type."""
    if kind(device) != expected:
        raise Failure(f"{asked}, {where(others)}, gives the wrong device", expected, f"{device!r}", likely)


def kind(device: object) -> str:
    """cuda, mps or cpu, whatever the index."""
    return str(device).partition(":")[0]


def where(others: tuple[str, ...]) -> str:
    """The computer in words."""
    return f"on a computer with {' and '.join(others)}" if others else "on a computer with neither cuda nor mps"


@exercise.check
def type_(pick_device: LearnerObject, rng: Draws) -> None:
    """The result is a torch.device, with and without a preference."""
    for preferred in (None, "cpu"):
        device = beside(on_computer, pick_device, preferred, [])
        if not isinstance(device, torch.device):
            likely = AS_TEXT if isinstance(device, str) else expect.NO_RETURN if device is None else None
            raise Failure("the result is no device", "a torch.device", f"{device!r}", likely)


@exercise.check
def order(pick_device: LearnerObject, rng: Draws) -> None:
    """Without a preference: cuda, else mps, else cpu."""
    for others, expected in COMPUTERS.items():
        agrees(beside(on_computer, pick_device, None, list(others)), expected, others, "no preference")


@exercise.check
def preferred(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is available is taken."""
    for others, free_choice in COMPUTERS.items():
        for preferred in (*others, "cpu"):
            device = beside(on_computer, pick_device, preferred, list(others))
            ignored = IGNORED if preferred != free_choice and kind(device) == free_choice else None
            agrees(device, preferred, others, f"preferred={preferred!r}", ignored)


@exercise.check
def error(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is missing gives a ValueError that names those that are there."""
    for others, preferred in [((), "cuda"), (("mps",), "cuda"), (("cuda",), "mps")]:
        asked = f"preferred={preferred!r} {where(others)}"
        message = expect.raises(ValueError, bound(pick_device, preferred, others), what=asked)
        for name in (*others, "cpu"):
            if name not in message.lower():
                raise Failure(f"{asked}: the message does not name what is available", f"{name} in it", f"{message!r}")


# Wrong answers


# Returns the name of the device.
@exercise.wrong(type=AS_TEXT)
def device_as_text(preferred=None):
    names = (
        (["cuda"] if torch.cuda.is_available() else [])
        + (["mps"] if torch.backends.mps.is_available() else [])
        + ["cpu"]
    )
    if preferred is None:
        return names[0]
    if preferred not in names:
        raise ValueError(f"available: {names}")
    return preferred


# The error does not say what to do next.
@exercise.wrong(error=unnamed("the message does not name what is available"))
def message_names_nothing(preferred=None):
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is not None and not has[preferred]:
        raise ValueError("not available")
    return torch.device(preferred or next(name for name in has if has[name]))


# Prefers mps to cuda.
@exercise.wrong(order=unnamed("no preference, on a computer with cuda and mps, gives the wrong device"))
def mps_first(preferred=None):
    names = (
        (["mps"] if torch.backends.mps.is_available() else [])
        + (["cuda"] if torch.cuda.is_available() else [])
        + ["cpu"]
    )
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


# Always takes the best device.
@exercise.wrong(preferred=IGNORED, error=unnamed("raises no error"))
def preferred_ignored(preferred=None):
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
