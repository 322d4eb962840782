"""What a learner predicts before a cell runs: question, options, and what is said of each afterwards.

Runs in the grader's process, and in a learner's notebook. A lesson's predictions stand in ``predictions.toml`` in its
package of checks:

    [error]
    question = "How many draws make the error ten times smaller?"
    right = "b"
    a = ["10 times as many", "Ten times the draws make it only 3.2 times smaller."]
    b = ["100 times as many", "The error falls like one over the square root of the number of draws."]
    shown = [8, 12.5]                # where the run's own number lies if it shows what is right
    exercise = "standard_error"      # what the class report compares it with, where there is such an exercise
"""

from __future__ import annotations

import math
import re
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

TABLE = "predictions.toml"
NONE, OTHER = "none", "other"
"""What is said of a notebook in which no option was chosen: nothing written, or something else."""
_LETTERS = re.compile(r"[a-e]")
_WRITTEN = re.compile(r"""^prediction_(\w{1,64}) *= *(["'])(.{0,80}?)\2 *(?:#.*)?$""", re.MULTILINE)

_TOLD = re.compile(r'^outcome\(\s*"[\w.]+", "(\w+)"', re.MULTILINE)


class PredictionError(Exception):
    """A lesson's predictions cannot be read; the message says which, and what to write."""


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from, and the sentence that it deserves."""

    text: str
    because: str


@dataclass(frozen=True)
class Prediction:
    """A question that is asked before a cell runs."""

    name: str
    question: str
    options: dict[str, Option]
    right: str
    shown: tuple[float, float] | None = None
    exercise: str = ""

    @property
    def letters(self) -> str:
        """What to choose from, in words."""
        *first, last = (f'"{letter}"' for letter in self.options)
        return f"{', '.join(first)} or {last}"

    @property
    def prompt(self) -> str:
        """The question with its options, in Markdown."""
        options = "\n".join(f"- **{letter}** · {option.text}" for letter, option in self.options.items())
        return f"**Predict first.**\n{self.question}\n\n{options}"

    def cell(self, said: str = "") -> str:
        """The line in which a learner writes the prediction, with what is ``said`` there."""
        return f'prediction_{self.name} = "{said}"  # write {self.letters}, then run this cell'

    @property
    def answer(self) -> str:
        """What is right, and why."""
        option = self.options[self.right]
        return f"{self.right}: {sentence(option.text)} {option.because}"

    @property
    def answers(self) -> str:
        """What is said of each option, in Markdown."""
        signs = {letter: "✓" if letter == self.right else "✗" for letter in self.options}
        return "\n".join(
            f"- {signs[letter]} **{letter}** · {sentence(option.text)} {option.because}"
            for letter, option in self.options.items()
        )

    def chosen(self, said: object) -> str:
        """The option that a learner chose; ``NONE`` or ``OTHER`` where that is none of them."""
        letter = said.strip().strip(".)").lower() if isinstance(said, str) else OTHER
        return letter if letter in self.options else OTHER if letter else NONE

    def told(self, said: object, value: object = None) -> str:
        """What a learner reads after the run, which gave ``value``."""
        if self.shown and not _lies_between(value, *self.shown):
            low, high = self.shown
            between = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            return (
                f"This run gave {_number(value)} where {between} was to be expected, so it decides nothing. "
                "Do the cells above hold your final answers, and did all of them run?"
            )
        match self.chosen(said):
            case self.right:
                return f"✓ You predicted {self.answer}"
            case chosen if chosen in self.options:
                option = self.options[chosen]
                return f"✗ You predicted {chosen}: {sentence(option.text)}\n{option.because}\nIt is {self.answer}"
            case chosen:
                missing = "nothing" if chosen == NONE else f"something else than {self.letters}"
                return f"You predicted {missing}, which costs nothing.\nIt is {self.answer}"


def sentence(text: str) -> str:
    """The text with a full stop, if nothing ends it."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _lies_between(value: object, low: float, high: float) -> bool:
    number = _number(value)
    return isinstance(number, float) and low <= number <= high


def _number(value: object) -> object:
    """The value as a number to be read, if it is one: a tensor of one element is."""
    try:
        # torch warns where a number is made of a tensor that requires a gradient.
        number = float(value.detach() if hasattr(value, "detach") else value)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        return type(value).__name__
    return float(f"{number:.4g}") if math.isfinite(number) else number


def predictions_of(package: str) -> dict[str, Prediction]:
    """The predictions of a lesson, in order, by the package of its checks; none where it has no such table."""
    # Not imported: the checks would bring torch, and a lesson is read without.
    spec = find_spec(package) if package else None
    path = Path(next(iter((spec and spec.submodule_search_locations) or ()), ""), TABLE)
    if not package or not path.is_file():
        return {}
    return dict(_table(path, path.read_bytes()))


@cache
def _table(path: Path, content: bytes) -> dict[str, Prediction]:
    """The predictions of a table, of which each is asked for when its cell is read."""
    try:
        table = tomllib.loads(content.decode())
    except ValueError as error:
        raise PredictionError(f"{path} is no TOML: {error}.") from None
    return {name: _prediction(path, name, entry) for name, entry in table.items()}


def _prediction(path: Path, name: str, entry: object) -> Prediction:
    """One entry of the table, if it is whole."""

    def must(holds: bool, what: str) -> None:
        if not holds:
            raise PredictionError(f"{path}, [{name}]: {what}.")

    must(name.isidentifier() and isinstance(entry, dict), "a prediction is a table, called as Python calls variables")
    assert isinstance(entry, dict)
    found = {letter: value for letter, value in entry.items() if _LETTERS.fullmatch(letter)}
    unknown = entry.keys() - found.keys() - {"question", "right", "shown", "exercise"}
    must(not unknown, f"{', '.join(sorted(unknown))} is not understood")
    must(_is_text(entry.get("question")), "it has no question")
    must(len(found) > 1, "it needs two options or more: a, b, ...")
    must(list(found) == list("abcde")[: len(found)], "its options are a, b, ... in this order")
    for letter, value in found.items():
        whole = isinstance(value, list) and len(value) == 2 and all(map(_is_text, value))
        must(whole, f"{letter} is the option, and the sentence that is said of it: two texts")
    must(entry.get("right") in found, "right is the letter of one of its options")
    shown = entry.get("shown")
    is_range = isinstance(shown, list) and len(shown) == 2 and all(isinstance(end, int | float) for end in shown)
    must(shown is None or (is_range and shown[0] <= shown[1]), "shown is the least and the greatest number")
    return Prediction(
        name=name,
        question=entry["question"],
        options={letter: Option(*value) for letter, value in found.items()},
        right=entry["right"],
        shown=(float(shown[0]), float(shown[1])) if shown else None,
        exercise=entry.get("exercise", ""),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def outcome(package: str, name: str, names: Mapping[str, object], value: object = None) -> None:
    """Tell a learner whether the prediction of this name was right, and why.

    ``names`` are those of the notebook, in which ``prediction_<name>`` is what the learner wrote.
    ``value`` is what the run gave, where a number of it decides.
    """
    told = predictions_of(package)[name].told(names.get(f"prediction_{name}", ""), value)
    # Jupyter breaks longer lines inside words.
    first, *more = (textwrap.wrap(line, width=90) for line in told.splitlines())
    print("\n  ".join([*first, *(line for lines in more for line in lines)]))


def told_in(source: str) -> str:
    """The name of the prediction whose outcome a cell tells ('' where it tells none)."""
    found = _TOLD.search(source)
    return found[1] if found else ""


def written_in(sources: Iterable[str]) -> dict[str, str]:
    """What the cells of a notebook say was predicted, by the prediction's name; read, not run.

    Of several, the last that is not empty counts.
    """
    found: dict[str, str] = {}
    for source in sources:
        for name, _, said in _WRITTEN.findall(source) if "prediction_" in source else ():
            found[name] = said if said.strip() else found.get(name, "")
    return found
