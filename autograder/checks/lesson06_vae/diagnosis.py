"""diagnosis: its checks. Grader's side."""

from __future__ import annotations

from typing import Any

from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value

exercise = Exercise("diagnosis", reread="A script that runs and is wrong")

LINES = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
SAMPLER_BUGS = ("log-std read as log-variance", "uniform noise", "sampler never called")
LOSS_BUGS = ("sigmoid twice", "reconstruction averaged over pixels")


def judge_diagnosis(diagnosis: Any, bugs: tuple[str, ...]) -> None:
    """Each of the bugs has its line."""
    if not isinstance(diagnosis, dict):
        raise Failure("diagnosis is no dict", "a dict from bug to line number", describe_value(diagnosis))
    if all(type(line) is int and line == 0 for line in diagnosis.values()):  # as it was released
        raise LearnerError("NotImplementedError", "")
    for bug in bugs:
        if bug not in diagnosis:
            raise Failure(f'diagnosis has no "{bug}"', "the five keys of the exercise", f"{list(diagnosis)}"[:200])
        line = diagnosis[bug]
        if type(line) is not int:
            raise Failure(f'the line of "{bug}" is no int', "a line number, an int", describe_value(line))
        if line != LINES[bug]:
            others = [f', where the bug is "{other}"' for other, number in LINES.items() if number == line]
            raise Failure(f'"{bug}" is not there', "the line to change", "".join([f"line {line}", *others]))


@exercise.check
def sampler(diagnosis: dict[str, int], rng: Draws) -> None:
    """The three bugs in drawing z are found on their lines."""
    judge_diagnosis(diagnosis, SAMPLER_BUGS)


@exercise.check
def loss(diagnosis: dict[str, int], rng: Draws) -> None:
    """The two bugs in the loss are found on their lines."""
    judge_diagnosis(diagnosis, LOSS_BUGS)
