"""temperature: its checks and wrong answers."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("temperature", reread="What shrinks")

CUT = Mistake("cut", "detach(), .item(), float() or no_grad(): the result forgets where it came from.")


def cups(rng: Draws) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Three cups at five times each: no two numbers are equal, and none is 0 or 1, which would hide a mistake."""
    return rng.uniform(2, 30, 5, 1), rng.uniform(60, 90, 3), rng.uniform(15, 25, 3), rng.uniform(0.02, 0.2, 3)


@exercise.check
def values(temperature: LearnerObject, rng: Draws) -> None:
    """room + (start - room) * exp(-rate * minutes), for many cups at once."""
    minutes, start, room, rate = cups(rng)
    right = room + (start - room) * (-rate * minutes).exp()

    def found(answer: LearnerObject) -> Tensor:
        return answer(minutes, start, room, rate)

    # Each wrong answer below is asked what it would have given: who gave the same reads its sentence.
    rule = "room + (start - room) * exp(-rate * minutes)"
    expect.close(found(temperature), right, "the temperature", rule=rule, rtol=1e-9, mistakes=exercise.mistaken(found))


@exercise.check
def gradients(temperature: LearnerObject, rng: Draws) -> None:
    """The derivatives in minutes, start, room and rate, cup by cup."""
    minutes, start, room, rate = cups(rng)
    left = (-rate * minutes).exp()
    right = {  # summed over the dimension in which an input is the same for all
        "minutes": (-(start - room) * rate * left).sum(1, keepdim=True),
        "start": left.sum(0),
        "room": (1 - left).sum(0),
        "rate": (-(start - room) * minutes * left).sum(0),
    }
    inputs = dict(zip(right, (each.requires_grad_() for each in (minutes, start, room, rate)), strict=True))

    def found(answer: LearnerObject) -> dict[str, Tensor]:
        degrees = expect.shaped(answer(minutes, start, room, rate), (5, 3), "the temperature")
        return expect.gradients(degrees, inputs, cut=CUT)

    slopes = found(temperature)
    for name in inputs:
        named = ((mistake, wrong[name]) for mistake, wrong in exercise.mistaken(found))
        what, rule = f"the derivative in {name}", "that of room + (start - room) * exp(-rate * minutes)"
        expect.close(slopes[name], right[name], what, rule=rule, rtol=1e-9, mistakes=named)


# Wrong answers: what a learner may write, and the sentence that it deserves.


@exercise.wrong(
    "start * exp(-rate * minutes) cools down to 0 degrees: what shrinks is start - room, the distance to the room.",
    gradients=unnamed("no gradient reaches room"),
)
def down_to_zero(minutes, start, room, rate):
    return start * torch.exp(-rate * minutes)


@exercise.wrong(
    "start + (room - start) * exp(-rate * minutes): start and room have changed places. At minute 0 this cup is "
    "as warm as the room."
)
def changed_places(minutes, start, room, rate):
    return start + (room - start) * torch.exp(-rate * minutes)


@exercise.wrong(
    "exp(rate * minutes) grows without end: the minus is missing. The distance shrinks as exp(-rate * minutes)."
)
def without_minus(minutes, start, room, rate):
    return room + (start - room) * torch.exp(rate * minutes)


@exercise.wrong("room + start * exp(-rate * minutes) begins too warm, at start + room: what shrinks is start - room.")
def room_on_top(minutes, start, room, rate):
    return room + start * torch.exp(-rate * minutes)


# Right numbers, and no path back to them.
@exercise.wrong(gradients=CUT)
def detached(minutes, start, room, rate):
    with torch.no_grad():
        return room + (start - room) * torch.exp(-rate * minutes)


# One cup has all rates: wrong in a way that deserves no sentence, and it must not get that of another.
@exercise.wrong(unnamed("is wrong"))
def mean_rate(minutes, start, room, rate):
    return room + (start - room) * torch.exp(-rate.mean() * minutes)
