"""pick_device: its checks and wrong answers. Grader's side.

Which questions an answer asked of torch is testimony: it may fail an answer, and it says which mistake explains one.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import torch

from autograder import expect
from autograder.beside.lesson00_start import pretend, stop_pretending
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import CannotCross, for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("pick_device", reread="Where your code runs")

AS_TEXT = Mistake("as_text", "the name of a device, which is a text. torch.device(name) makes the device.")
BUILT = Mistake(
    "built", "is_built() says for what PyTorch was compiled. What this computer has is the answer of is_available()."
)
REPLACED = Mistake("replaced", "a device that is missing was replaced by another in silence. Raise a ValueError.")
ASKED_BEFORE = Mistake(
    "asked_before",
    "nothing was asked while the function ran. Call is_available() inside it: what was asked before may have changed.",
)
NOT_ASKED = Mistake("not_asked", "the preferred device was taken without asking whether it is available.")

Computer = tuple[str, ...]
COMPUTERS: dict[Computer, str] = {("cuda",): "cuda", ("mps",): "mps", ("cuda", "mps"): "cuda", (): "cpu"}
"""What a computer has beside its processor, and the device to take there."""


class Choice(NamedTuple):
    """What an answer chose, and the questions that it asked of torch before."""

    device: object
    asked: list[str]

    @property
    def kind(self) -> str:
        """cuda, mps or cpu. The first of its kind may have its index; a text counts, for another check minds that."""
        return str(self.device).removesuffix(":0")


def chosen(pick_device: LearnerObject, others: Computer, *preferred: str) -> Choice:
    """The choice on a computer with these devices."""
    beside(pretend, pick_device, list(others))
    try:
        with for_inputs(words(others, *preferred)):
            device = pick_device(*preferred)
    finally:
        asked = beside(stop_pretending)
    return Choice(device, asked)


def words(others: Computer, *preferred: str) -> str:
    """The inputs in words."""
    asked = f"preferred={preferred[0]!r}" if preferred else "no preference"
    where = f"a computer with {' and '.join(others)}" if others else "a computer with neither cuda nor mps"
    return f"{asked} on {where}"


def free_choices(pick_device: LearnerObject) -> dict[Computer, Choice]:
    """What it takes on each computer without a preference."""
    return {others: chosen(pick_device, others) for others in COMPUTERS}


def preferences(pick_device: LearnerObject) -> dict[tuple[Computer, str], Choice]:
    """What it takes on each computer for each device that is there."""
    return {(others, name): chosen(pick_device, others, name) for others in COMPUTERS for name in (*others, "cpu")}


def kinds(choices: Mapping[Any, Choice]) -> dict[Any, str]:
    """The choices alone."""
    return {where: choice.kind for where, choice in choices.items()}


def built_alone(choice: Choice) -> bool:
    """Whether a device was taken that PyTorch was built for, without asking whether it is available."""
    built, available = f"torch.backends.{choice.kind}.is_built", f"{choice.kind}.is_available"
    return built in choice.asked and not any(question.endswith(available) for question in choice.asked)


@exercise.check
def type_(pick_device: LearnerObject, rng: Draws) -> None:
    """The result is a torch.device, with and without a preference."""
    for preferred in ((), ("cpu",)):
        device = chosen(pick_device, (), *preferred).device
        if not isinstance(device, torch.device):
            likely = (
                AS_TEXT if isinstance(device, str) and device == "cpu" else expect.NO_RETURN if device is None else None
            )
            raise Failure("the result is no device", "a torch.device", f"{device!r}", likely)


@exercise.check
def order(pick_device: LearnerObject, rng: Draws) -> None:
    """Without a preference: cuda, else mps, else cpu."""
    choices = free_choices(pick_device)
    for others, expected in COMPUTERS.items():
        choice = choices[others]
        if choice.kind != expected:
            same = (mistake for mistake, wrong in exercise.mistaken(free_choices) if kinds(wrong) == kinds(choices))
            told = next((each for each in same if each not in (BUILT, ASKED_BEFORE)), None)
            likely = BUILT if built_alone(choice) else told if choice.asked else ASKED_BEFORE
            raise Failure(f"{words(others)} gives the wrong device", expected, f"{choice.device!r}", likely)
        if not choice.asked:
            observed = f"{choice.kind}, chosen without a question"
            raise Failure(f"{words(others)}: torch was not asked", "a call of is_available()", observed)


@exercise.check
def preferred(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is available is taken."""
    choices = preferences(pick_device)
    for (others, name), choice in choices.items():
        if choice.kind != name:
            same = (mistake for mistake, wrong in exercise.mistaken(preferences) if kinds(wrong) == kinds(choices))
            raise Failure(f"{words(others, name)} gives the wrong device", name, f"{choice.device!r}", next(same, None))


@exercise.check
def error(pick_device: LearnerObject, rng: Draws) -> None:
    """A preferred device that is missing gives a ValueError that names those that are there."""
    messages = {}
    for others, name in [((), "cuda"), (("mps",), "cuda"), (("cuda",), "mps"), ((), "mps")]:
        inputs = words(others, name)
        said = expect.raises(ValueError, partial(refused, pick_device, others, name), what=inputs)
        for there in (*others, "cpu"):
            if there not in said.lower():
                what = f"{inputs}: the message does not name what is available"
                raise Failure(what, f"{there} in it", f"{said!r}")
        messages[others, name] = said
    if messages[(), "cuda"] == messages[("mps",), "cuda"]:
        what = "the message does not depend on what is available"
        expected = "another message where mps is available than where it is not"
        raise Failure(what, expected, f"{said!r} on both computers")


def refused(pick_device: LearnerObject, others: Computer, name: str) -> object:
    """Ask for a device that is missing: what comes back, if it is no device; a device is a failure of its own."""
    inputs = words(others, name)
    try:
        choice = chosen(pick_device, others, name)
    except CannotCross as value:
        raise Failure(f"{inputs} raises no error", "ValueError", f"it returned {value}") from None
    if isinstance(choice.device, torch.device | str):
        replaced = REPLACED if choice.kind in (*others, "cpu") else None
        likely = BUILT if built_alone(choice) else NOT_ASKED if choice.kind == name else replaced
        raise Failure(f"{inputs} raises no error", "ValueError", f"it returned {choice.device!r}", likely)
    return choice.device


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


# The error names what PyTorch knows.
@exercise.wrong(error=unnamed("the message does not depend on what is available"))
def message_names_all(preferred=None):
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if preferred is not None and not has[preferred]:
        raise ValueError("choose from cuda, mps and cpu")
    return torch.device(preferred or next(name for name in has if has[name]))


@exercise.wrong(order="mps is taken before cuda. With None, cuda comes first.")
def mps_first(preferred=None):
    names = (
        (["mps"] if torch.backends.mps.is_available() else [])
        + (["cuda"] if torch.cuda.is_available() else [])
        + ["cpu"]
    )
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


@exercise.wrong(order="the processor is taken whatever there is. With None, cuda comes first, then mps.")
def processor_first(preferred=None):
    names = ["cpu"]
    if torch.cuda.is_available():
        names.append("cuda")
    if torch.backends.mps.is_available():
        names.append("mps")
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


# Right on the computer on which it was defined.
@exercise.wrong(order=ASKED_BEFORE, preferred=stops("available: ['cpu']"), error=unnamed("mps in it"))
def asked_before(preferred=None, cuda=torch.cuda.is_available(), mps=torch.backends.mps.is_available()):  # noqa: B008
    names = (["cuda"] if cuda else []) + (["mps"] if mps else []) + ["cpu"]
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


@exercise.wrong(BUILT, "order", "error")
def is_built(preferred=None):
    names = (
        (["cuda"] if torch.cuda.is_available() else []) + (["mps"] if torch.backends.mps.is_built() else []) + ["cpu"]
    )
    if preferred is not None and preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred or names[0])


# Always takes the best device.
@exercise.wrong(
    preferred="preferred is ignored. Look at it first, and choose freely only when it is None.", error=REPLACED
)
def preferred_ignored(preferred=None):
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


@exercise.wrong(preferred='"cpu" is treated as no preference. Who asks for the processor gets the processor.')
def processor_refused(preferred=None):
    names = (
        (["cuda"] if torch.cuda.is_available() else [])
        + (["mps"] if torch.backends.mps.is_available() else [])
        + ["cpu"]
    )
    if preferred is None or preferred == "cpu":
        preferred = names[0]
    if preferred not in names:
        raise ValueError(f"available: {names}")
    return torch.device(preferred)


@exercise.wrong(error=REPLACED)
def falls_back(preferred=None):
    names = (
        (["cuda"] if torch.cuda.is_available() else [])
        + (["mps"] if torch.backends.mps.is_available() else [])
        + ["cpu"]
    )
    return torch.device(preferred if preferred in names else "cpu" if preferred else names[0])


@exercise.wrong(error=NOT_ASKED)
def takes_what_is_asked(preferred=None):
    if preferred is not None:
        return torch.device(preferred)
    return torch.device("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
