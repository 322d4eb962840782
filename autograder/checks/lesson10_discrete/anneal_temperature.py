"""anneal_temperature: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.judging import Parts, judge_parts
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("anneal_temperature", reread="A temperature that falls")

TENSOR = Mistake("tensor", "a tensor: return a Python float, as math.exp or float() gives.")
CASES = (
    (0, 2.0, 0.3, 0.05),
    (7, 2.0, 0.3, 0.05),
    (500, 2.0, 0.3, 0.05),
    (3, 0.8, 0.1, 0.2),
    (10, 1.6, 0.5, 0.11),
    (2, 2.0, 0.1, 0.9),
    (10**6, 1.5, 0.4, 0.02),
)
"""step, start, end, rate: at the start, on the way, and at the end."""


def temperature(answer: LearnerObject, case: tuple[int, float, float, float]) -> torch.Tensor:
    """What an answer returns, which must be a float."""
    found = answer(*case)
    if isinstance(found, float):
        return torch.tensor(found, dtype=torch.float64)
    likely = TENSOR if isinstance(found, torch.Tensor) else None
    raise Failure("the temperature is no float", "a Python float", describe_value(found), likely)


@exercise.check
def values(anneal_temperature: LearnerObject, rng: Draws) -> None:
    """The temperature is start * exp(-rate * step), and never below end."""
    own = int(rng.uniform(3, 9)), float(rng.uniform(1, 2)), float(rng.uniform(0.05, 0.1)), float(rng.uniform(0.05, 0.2))
    cases = *CASES, own
    names = [f"the temperature for step = {n}, start = {a:.4g}, end = {b:.4g}, rate = {c:.4g}" for n, a, b, c in cases]

    def found(answer: LearnerObject) -> Parts:
        return dict(zip(names, (temperature(answer, case) for case in cases), strict=True))

    right = [torch.tensor(max(end, start * math.exp(-rate * step))).double() for step, start, end, rate in cases]
    rule = "max(end, start * exp(-rate * step))"
    judge_parts(exercise, anneal_temperature, found, dict(zip(names, right, strict=True)), rule, digits=1e-6)


# Wrong answers


@exercise.wrong(values="the smaller of the two: the temperature should never fall below end. Take the larger.")
def smaller(step, start, end, rate):
    return min(end, start * math.exp(-rate * step))


@exercise.wrong(values="exp(rate * step) grows: the exponent is negative.")
def growing(step, start, end, rate):
    return max(end, start * math.exp(min(700, rate * step)))


@exercise.wrong(values="it falls along a straight line: it should fall by the same factor in every step.")
def linear(step, start, end, rate):
    return max(end, start - rate * step)


@exercise.wrong(
    values="it falls along a straight line, by rate times start: it should fall by the same factor in every step."
)
def linear_share(step, start, end, rate):
    return max(end, start * (1 - rate * step))


@exercise.wrong(values="rate is the factor of a step: the factor is exp(-rate).")
def power(step, start, end, rate):
    return max(end, start * rate**step)


@exercise.wrong(values="1 - rate is the factor of a step: the factor is exp(-rate).")
def one_minus_rate(step, start, end, rate):
    return max(end, start * (1 - rate) ** step)


@exercise.wrong(values="end + (start - end) * exp: it approaches end. It should fall to end, and stay there.")
def approaches(step, start, end, rate):
    return end + (start - end) * math.exp(-rate * step)


@exercise.wrong(values="start multiplies the floor too: end itself is the smallest temperature.")
def floor_of_factor(step, start, end, rate):
    return start * max(end, math.exp(-rate * step))


@exercise.wrong(values="there is no floor: the temperature should not fall below end.")
def no_floor(step, start, end, rate):
    return start * math.exp(-rate * step)


@exercise.wrong(values="start is missing: it multiplies the exponential.")
def without_start(step, start, end, rate):
    return max(end, math.exp(-rate * step))


@exercise.wrong(values="end is added: take the larger of the two.")
def end_added(step, start, end, rate):
    return end + start * math.exp(-rate * step)


@exercise.wrong(values="2 ** (-rate * step): the base is e.")
def halves(step, start, end, rate):
    return max(end, start * 2 ** (-rate * step))


@exercise.wrong(values="start / (1 + rate * step): it should fall as exp(-rate * step).")
def hyperbola(step, start, end, rate):
    return max(end, start / (1 + rate * step))


@exercise.wrong(values="it falls once for step + 1: at step 0 it should be start.")
def one_step_ahead(step, start, end, rate):
    return max(end, start * math.exp(-rate * (step + 1)))


@exercise.wrong(values=TENSOR)
def tensor(step, start, end, rate):
    return torch.clamp(start * torch.exp(torch.tensor(-rate * step)), min=end)
