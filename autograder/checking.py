"""What a check is: a property of one exercise, judged on private inputs, with a four-part message when it fails.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import hashlib
import secrets
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, signature
from types import ModuleType
from typing import Any

import torch

from autograder.boundary.learner import LearnerObject, hold
from autograder.boundary.randomness import preserved, seed_everything
from autograder.errors import LearnerError
from autograder.verdict import NOT_IMPLEMENTED, Verdict

_passed: dict[str, bool] = {}
"""Whether the check of this title passed when it last ran in this process."""
_seed: ContextVar[int | None] = ContextVar("seed", default=None)


class Failure(AssertionError):
    """A property does not hold: what was checked, expected, observed, and the likely mistake if it was recognised."""

    def __init__(
        self,
        what: str,
        expected: str = "",
        observed: str = "",
        likely: str = "",
        *,
        title: str = "",
        hint: str = "",
        verdict: Verdict = Verdict.WRONG_ANSWER,
    ) -> None:
        super().__init__(what)
        self.what, self.expected, self.observed, self.likely = what, expected, observed, likely
        self.title, self.hint, self.verdict = title, hint, verdict

    def __reduce__(self) -> tuple:
        return _rebuild_failure, (self.__dict__,)

    @property
    def parts(self) -> dict[str, str]:
        """The parts below the first line that have something to say."""
        names = ("expected", "observed", "likely", "hint")
        return {name: getattr(self, name) for name in names if getattr(self, name)}

    def __str__(self) -> str:
        head = f"{self.title}: {self.what}" if self.title else self.what
        return "\n".join([head, *(_line(name, text) for name, text in self.parts.items())])

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback, in lines that fit: it breaks longer ones inside words."""
        first, *rest = str(self).splitlines()
        head = [f"\033[1;31m{line}\033[0m" for line in _folded(f"✗ {first}", 2)]
        return head + [piece for line in rest for piece in _weighted(line)]


def _rebuild_failure(state: dict) -> Failure:
    failure = Failure(state["what"])
    failure.__dict__.update(state)
    return failure


def _line(name: str, text: str) -> str:
    return f"  {name:<10}" + text.replace("\n", "\n" + " " * 12)


def _folded(line: str, indent: int) -> list[str]:
    """The line in pieces of the width of JupyterLab on a small screen."""
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(line, 78, subsequent_indent=" " * indent, **options) or [line]


def _weighted(line: str) -> list[str]:
    # Bold rather than a colour, since Jupyter shows an error on pink, where most colours are hard to read.
    label, pieces = line[:12], _folded(line, 12)
    if label.strip() == "likely":
        return [f"\033[1m{piece}\033[0m" for piece in pieces]
    return [f"\033[1m{label}\033[0m{pieces[0][12:]}", *pieces[1:]]


class Draws:
    """Private inputs of a check, reproducible from one seed. Tensors are float64 unless ``dtype`` is given."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generator = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Standard normal numbers of the given shape."""
        return torch.randn(shape, generator=self._generator, dtype=torch.float64).to(dtype)

    def uniform(self, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
        """Uniform numbers between ``low`` and ``high``."""
        unit = torch.rand(shape, generator=self._generator, dtype=torch.float64)
        return (low + (high - low) * unit).to(dtype)

    def new_seed(self) -> int:
        """A seed to replay one random state with ``replay``."""
        return int(torch.randint(2**62, (), generator=self._generator))


def replay(seed: int) -> None:
    """Put the random state that the learner's next call sees into a known place (torch, NumPy and ``random``)."""
    seed_everything(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Every check inside draws its inputs from ``seed``; the global random state starts from it too."""
    token = _seed.set(seed)
    try:
        with preserved():
            seed_everything(seed)
            yield
    finally:
        _seed.reset(token)


def derive_seed(seed: int, name: str) -> int:
    """An independent seed for ``name`` (a grade cell's id)."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=7).digest(), "big")


def check(exercise: str, property_: str, hint: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make ``function(*learner_objects, rng)`` the check of a property; its docstring says what passing establishes."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        title = f"{exercise} - {property_}"
        established = (function.__doc__ or "").strip().splitlines()[0]
        parameters = list(signature(function).parameters.values())

        @wraps(function)
        def run(*learner: Any) -> None:
            seed = _seed.get()
            # Not the seed itself: the learner's draws start from it, and would repeat the inputs.
            rng = Draws(derive_seed(secrets.randbits(56) if seed is None else seed, "inputs"))
            _passed[title] = False
            with preserved():
                try:
                    function(*map(_held, parameters, learner), rng)
                except Failure as failure:
                    failure.title, failure.hint = title, failure.hint or hint
                    raise failure.with_traceback(None) from None
                except LearnerError as error:
                    raise explain(error, exercise, title, hint) from None
            _passed[title] = True
            # Jupyter breaks longer lines inside words.
            print(textwrap.fill(f"✓ {title}: {established}", width=92, subsequent_indent="  "))

        run.title, run.hint = title, hint  # type: ignore[attr-defined]
        return run

    return decorate


def progress(checks: ModuleType) -> None:
    """Tell a learner how many of a lesson's checks have passed since the kernel started, and where some are open."""
    titles = [each.title for each in vars(checks).values() if callable(each) and hasattr(each, "title")]
    done = sum(_passed.get(title, False) for title in titles)
    filled = round(20 * done / len(titles))
    bar = "█" * filled + "·" * (20 - filled)
    print(f"{checks.__name__.rpartition('.')[2]}  {bar}  {done} of {len(titles)} checks passed")
    still_open = Counter(title.partition(" - ")[0] for title in titles if not _passed.get(title, False))
    if still_open:
        listed = ", ".join(f"{exercise} ({count})" for exercise, count in still_open.items())
        print(textwrap.fill(f"still open: {listed}", width=92, subsequent_indent="  "))


def _held(parameter: Parameter, value: Any) -> Any:
    """What the check gets for a parameter; one that is declared a LearnerObject must be something to call."""
    value = hold(value)
    if "LearnerObject" in str(parameter.annotation) and not isinstance(value, LearnerObject):
        expected = f"a function or class called {parameter.name}"
        raise Failure(f"{parameter.name} is nothing that can be called", expected, describe_value(value))
    return value


def describe_value(value: Any) -> str:
    """A short description of a value for a message."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {value.dtype}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    return f"{value!r}" if value is None or isinstance(value, bool | int | float | str) else f"a {type(value).__name__}"


def explain(error: LearnerError, exercise: str, title: str, hint: str = "") -> Failure:
    """An exception from the learner's code as a failure that quotes the learner's line."""
    if error.kind == "NotImplementedError":
        next_step = "Write your answer in its cell, run that cell, then run this check again."
        return Failure(f"{NOT_IMPLEMENTED}. {next_step}", title=exercise)
    # In Python's words, or in torch's.
    out_of_memory = error.kind.endswith("MemoryError") or "can't allocate memory" in error.message
    return Failure(
        "your code stopped with an error",
        expected=f"{exercise} returns a result for these inputs",
        observed=f"{error.kind}: {error.message}" + (f"\n{error.where}" if error.where else ""),
        title=title,
        hint=hint,
        verdict=Verdict.MEMORY_LIMIT_EXCEEDED if out_of_memory else Verdict.RUN_TIME_ERROR,
    )
