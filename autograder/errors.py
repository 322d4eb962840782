"""What went wrong in the learner's code, in the learner's terms. Both sides."""

from __future__ import annotations

import builtins
import linecache
import re
import traceback
import types
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_CELL_FILE = re.compile(r"^<(ipython-input|cell)|ipykernel_")
MOST = 2_000
"""So many characters of a text of the learner's are told."""


def writable(text: str) -> str:
    """The text without lone surrogates, which no file or database takes."""
    return text.encode("utf-8", "replace").decode()


def printable(text: str) -> str:
    """The text on one line: what moves the cursor, turns the writing or shows nothing is written as Python escapes it.

    Accents that no letter takes up are among it: a heap of them covers the lines around.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        each if each.isprintable() and not unicodedata.combining(each) else ascii(each)[1:-1] for each in composed
    )


def quoted(text: str, most: int = MOST) -> str:
    """The learner's words in quotation marks, which they cannot end, on one line without gaps; cut to ``most``."""
    shown = re.sub(" {2,}", " ", printable(text[: most + 1])).translate(_MARKS)
    return f"“{shown[:most]}”" + (" ..." if len(text) > most or len(shown) > most else "")


_MARKS = {ord(mark): ascii(mark)[1:-1] for mark in "“”"}


incidents: ContextVar[list[Exception] | None] = ContextVar("incidents", default=None)
"""What could not be had across the boundary while a grade cell ran, whether or not the cell let anybody know."""


def _remember(incident: Exception) -> None:
    if (so_far := incidents.get()) is not None:
        so_far.append(incident)


class AuthoringError(Exception):
    """A lesson asks for something that cannot be had across the boundary; the message says what to write instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        _remember(self)


class IsModule(AuthoringError):
    """A name stands for a module of the learner's side, where a test asks for something else."""


class CannotCross(Exception):
    """A value of the learner's, described here, is of a kind that no check can take: a person has to look at it."""

    def __init__(self, description: str) -> None:
        super().__init__(description)
        _remember(self)
        self.description = description

    def __str__(self) -> str:
        if _DESCRIBED.fullmatch(self.description) or self.description.removeprefix("a ") in _TYPES:
            return self.description
        name = self.description.removeprefix("a ")
        of = next((words for words in _NAMED if name.startswith(words)), "")
        return f"a {of}{quoted(name.removeprefix(of), 60)}"

    @property
    def why(self) -> str:
        """What to say to somebody whose test met it."""
        return next((why for words, why in _WHY if self.description.startswith(words)), _LENT)


# What the boundary says itself; all else is the name of a type, which may be the learner's own.
_DESCRIBED = re.compile(
    r"a (value nested more than \d+ deep|value over the limit of what crosses|time zone|"
    r"change of (what an object of the test's holds|a \w{1,60} of the test's)|"
    r"NumPy array of [<>|]?\w{1,30}|tensor of layout [\w.]{1,30})"
)
_NAMED = ("file ", "column of ")
"""What has a name of its own behind the boundary's words."""
_NOT_SENT = "it is not sent to where tests run"
_LENT = "a test may read it, call it and compare it with its like, and no more"
_WHY = [
    ("a file ", "it does not lie where tests run"),
    ("a change ", "a test does not see it"),
    ("a ExceptionGroup", "what it holds is not sent to where tests run"),
    *((f"a {words}", _NOT_SENT) for words in ("value ", "NumPy array ", "tensor of ", "column of ", "range", "time")),
    *((f"a {words}", _NOT_SENT) for words in ("defaultdict", "int", "Fraction", "Decimal", "datetime")),
]
"""By the words that a description begins with."""
_TYPES = {each.__name__ for module in (builtins, types) for each in vars(module).values() if isinstance(each, type)}


class LearnerError(Exception):
    """The learner's code raised ``kind: message`` at this line of their cell (0: not known), which reads ``code``.

    ``bases`` are the built-in exceptions that it is one of; ``missing`` is the name that a NameError did not find.
    All of it is what the learner's side says of itself.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        line: int = 0,
        code: str = "",
        bases: tuple[str, ...] = (),
        missing: str = "",
    ) -> None:
        super().__init__(kind, message, line, code, bases, missing)
        self.kind, self.message, self.line, self.code = kind, message, line, code
        self.bases, self.missing = bases, missing
        self.inputs = ""
        """What the code was called with, in words, where a check of ours called it."""

    @property
    def is_stub(self) -> bool:
        """Whether this is what an exercise raises as it was released; others of the kind have something to say."""
        return self.kind == "NotImplementedError" and not self.message

    def is_a(self, kind: type[BaseException]) -> bool:
        """Whether it is an exception of this built-in kind, or of one that the learner derived from it."""
        return kind.__name__ in self.bases

    @property
    def named(self) -> str:
        """Its kind, as a name or in quotation marks."""
        is_name = self.kind.isidentifier() and printable(self.kind) == self.kind and len(self.kind) <= 60
        return self.kind if is_name else quoted(self.kind, 60)

    @property
    def said(self) -> str:
        """Its kind, and its message in quotation marks."""
        return f"{self.named}: {quoted(self.message)}" if self.message else self.named

    @property
    def where(self) -> str:
        """The learner's line ('' if it is not known)."""
        return f"line {self.line} of your cell: {printable(self.code[:500])}" if self.line else ""

    @property
    def told(self) -> str:
        """What it says and, on a line of its own, where it happened."""
        return self.said + (f"\n{self.where}" if self.where else "")

    def __str__(self) -> str:
        return self.said + (f" ({self.where})" if self.where else "")

    @classmethod
    def of(cls, error: BaseException) -> LearnerError:
        """Describe an exception by its last line in a notebook cell; also one whose own methods stop."""
        try:
            kind, message = type(error).__name__, _message(error)
            line, code = _place(error)
            bases = tuple(base.__name__ for base in type(error).__mro__ if vars(builtins).get(base.__name__) is base)
            missing = str(error.name or "") if type(error) is NameError else ""
            return cls(str(kind), message, line, code, bases, missing)
        except (Exception, SystemExit):
            return cls("Exception", "(it cannot be read)")

    @classmethod
    def read(cls, told: Any) -> LearnerError:
        """The error of which a worker sent the parts; raises on what no honest worker sends."""
        kind, message, line, code, bases, missing = told
        known = tuple(short(base) for base in list(bases)[:20])
        return cls(short(kind), short(message), min(int(line), 10**6), short(code), known, short(missing))


def of_learner(error: BaseException) -> LearnerError | None:
    """The error of the learner's code that an exception stands for in a plain grade cell, if it stands for one."""
    found = vars(error).get("_of_learner")
    return found if isinstance(found, LearnerError) else None


def short(part: Any) -> str:
    """What a worker sent as a text, cut to a length for people."""
    return writable(str(part)[: MOST + 1])


def _message(error: BaseException) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except (Exception, SystemExit) as stopped:
        return f"(its text cannot be read: to ask for it raises {type(stopped).__name__})"
    return str.__getitem__(text, slice(MOST + 1))  # a plain text, also of one that the learner derived


def _place(error: BaseException) -> tuple[int, str]:
    """The last line of a notebook cell on an exception's way, and its number."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno, (error.text or "").strip()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if _CELL_FILE.search(frame.filename) and frame.lineno:
            return frame.lineno, linecache.getline(frame.filename, frame.lineno).strip()
    return 0, ""


@contextmanager
def for_inputs(words: str) -> Iterator[None]:
    """An error of the learner's code inside happened for these inputs, and its message says so."""
    try:
        yield
    except LearnerError as error:
        error.inputs = words
        raise
