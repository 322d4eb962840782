"""What went wrong in the learner's code, in the learner's terms. Both sides."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

_CELL_FILE = re.compile(r"^<(ipython-input|cell)|ipykernel_")


def writable(text: str) -> str:
    """The text without lone surrogates, which no file or database takes."""
    return text.encode("utf-8", "replace").decode()


class AuthoringError(Exception):
    """A lesson asks for something that cannot be had across the boundary; the message says what to write instead."""


class CannotCross(Exception):
    """A value of the learner's, described here, is of a kind that no check can take: a person has to look at it."""


class LearnerError(Exception):
    """The learner's code raised ``kind: message``; ``where`` quotes their line, or is empty."""

    def __init__(self, kind: str, message: str, where: str = "") -> None:
        super().__init__(kind, message, where)
        self.kind, self.message, self.where = kind, message, where
        self.inputs = ""
        """What the code was called with, in words, where a check of ours called it."""

    @property
    def is_stub(self) -> bool:
        """Whether this is what an exercise raises as it was released; others of the kind have something to say."""
        return self.kind == "NotImplementedError" and not self.message

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" + (f" ({self.where})" if self.where else "")

    @classmethod
    def of(cls, error: BaseException) -> LearnerError:
        """Describe an exception by its last line in a notebook cell."""
        where = ""
        for frame in traceback.extract_tb(error.__traceback__):
            if _CELL_FILE.search(frame.filename) and frame.lineno:
                line = linecache.getline(frame.filename, frame.lineno).strip()
                where = f"line {frame.lineno} of your cell: {line}"
        if isinstance(error, SyntaxError) and error.lineno:
            where = f"line {error.lineno} of your cell: {(error.text or '').strip()}"
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        return cls(type(error).__name__, message[:2_000], where[:500])


@contextmanager
def for_inputs(words: str) -> Iterator[None]:
    """An error of the learner's code inside happened for these inputs, and its message says so."""
    try:
        yield
    except LearnerError as error:
        error.inputs = words
        raise
