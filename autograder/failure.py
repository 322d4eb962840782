"""What a check raises when a property does not hold, and how Jupyter shows it.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import torch

from autograder.boundary.kinds import is_fields
from autograder.errors import CannotCross, LearnerError
from autograder.verdict import Message, Mistake, Verdict, fold


class Failure(AssertionError):
    """A property does not hold; ``message`` says what was checked, expected and observed, and the likely mistake."""

    def __init__(
        self,
        what: str | Message,
        expected: str = "",
        observed: str = "",
        mistake: Mistake | None = None,
        *,
        verdict: Verdict = Verdict.WRONG_ANSWER,
    ) -> None:
        """``what`` is the first line, or the message as a whole."""
        message = what if isinstance(what, Message) else Message(what, expected, observed, mistake, verdict=verdict)
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback, in lines that fit: it breaks longer ones inside words."""
        first, *rest = str(self.message).split("\n")
        head = [f"\033[1;31m{line}\033[0m" for line in fold(f"✗ {first}", 2)]
        return head + [piece for line in rest for piece in _weighted(line)]


def _weighted(line: str) -> list[str]:
    # Bold rather than a colour, since Jupyter shows an error on pink, where most colours are hard to read.
    label, pieces = line[:12], fold(line, 12)
    if label.strip() == "likely":
        return [f"\033[1m{piece}\033[0m" for piece in pieces]
    return [f"\033[1m{label}\033[0m{pieces[0][12:]}", *pieces[1:]]


def explain(error: LearnerError, exercise: str, check: str = "") -> Message:
    """What to say of an exception from the learner's code; it quotes the learner's line."""
    about = Message("", exercise=exercise, check=check)
    if error.is_stub:
        what = "not implemented yet. Write your answer in its cell, run that cell, then run this check again."
        return replace(about, what=what, check="", answered=False)
    # In Python's words, or in torch's.
    out_of_memory = error.kind.endswith("MemoryError") or "can't allocate memory" in error.message
    return replace(
        about,
        what="your code stopped with an error",
        expected=f"{exercise} returns a result for {error.inputs or 'these inputs'}",
        observed=error.told,
        verdict=Verdict.MEMORY_LIMIT_EXCEEDED if out_of_memory else Verdict.RUN_TIME_ERROR,
    )


CAN_CROSS = (
    "None, a number, a string, a date, a tensor, an array, a table of pandas, a function, "
    "or a list, tuple, set or dict of these"
)


def uncrossable(value: CannotCross) -> Message:
    """What to say of a value that no check can take."""
    return Message(
        f"{value} cannot be judged here", CAN_CROSS, f"{value}: a person has to look at it", verdict=Verdict.NOT_JUDGED
    )


def describe_value(value: Any) -> str:
    """A short description of a value for a message."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {value.dtype}"
    if is_fields(value):
        return f"a named tuple of {len(value)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    plain = value is None or isinstance(value, bool | int | float | str)
    return textwrap.shorten(f"{value!r}", 200) if plain else f"a {type(value).__name__}"
