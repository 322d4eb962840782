"""What a class predicted before it ran a cell, and what it could do afterwards. Grader's side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.predictions import NONE, OTHER, Prediction
from autograder.results.classwork import Work


@dataclass(frozen=True)
class Choice:
    """How many chose an option, and how many of them passed all checks of the prediction's exercise."""

    text: str
    is_right: bool
    learners: int
    solved: int | None
    """None where the prediction names no exercise."""


@dataclass(frozen=True)
class Forecast:
    """A prediction, and what learners chose."""

    question: str
    exercise: str
    choices: list[Choice]
    none: int
    other: int

    @property
    def made(self) -> bool:
        """Whether anybody predicted anything."""
        return self.other > 0 or any(choice.learners for choice in self.choices)


def forecast(asked: Prediction, notebook: str, works: Iterable[Work]) -> Forecast:
    """Count what was predicted: of what learners wrote, nothing is taken but which option it is."""
    chose: dict[str, list[Work]] = defaultdict(list)
    for work in works:
        if work.notebook == notebook:
            chose[asked.chosen(work.predicted.get(asked.name, ""))].append(work)
    choices = [
        Choice(
            f"{letter}: {option.text}",
            letter == asked.right,
            len(chose[letter]),
            sum(work.has_solved(asked.exercise) for work in chose[letter]) if asked.exercise else None,
        )
        for letter, option in asked.options.items()
    ]
    return Forecast(asked.question, asked.exercise, choices, len(chose[NONE]), len(chose[OTHER]))
