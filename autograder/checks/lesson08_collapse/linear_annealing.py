"""linear_annealing: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, judge_numbers
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("linear_annealing", reread="Raise the price slowly")

DIVIDED = Mistake("divided", "the step is divided by warmup, which is 0 here: ask for that first.")
GUARDED = Mistake(
    "guarded",
    "warmup = 0 is treated as a very short warm-up, by max(1, warmup) or a small number added: then step 0 gives 0. "
    "Without a warm-up, beta is beta_max from the first step.",
)
JUMPS = Mistake(
    "jumps",
    "beta is 0 during the warm-up, and then jumps to beta_max, as step // warmup makes it: "
    "it should rise in a straight line. Divide with /.",
)
WRONG_SLOPE = Mistake(
    "wrong_slope", "min(beta_max, step / warmup): the slope does not know beta_max. Limit the share, then multiply."
)


def cases(rng: Draws) -> list[Case]:
    """Steps before, at and after the end of warm-ups, with beta_max below 1, above 1, and left out."""
    warmup, beta_max = int(rng.uniform(50, 500)), float(rng.uniform(1.5, 4))
    step = int(warmup * rng.uniform(0.3, 0.8))
    return [
        case(3, 8, 0.4),
        case(0, 8, 0.4),
        case(8, 8, 0.4),
        case(20, 8, 0.4),
        case(3, 8, 2.5),
        case(7, 8, 2.5),
        case(20, 8, 2.5),
        case(3, 8),
        case(step, warmup, beta_max),
        case(3 * warmup, warmup, beta_max),
        case(0, 0, 0.4),
        case(5, 0, 2.5),
        case(0, 0),
    ]


def case(step: int, warmup: int, *beta_max: float) -> Case:
    """One step."""
    (top,) = beta_max or (1.0,)
    right = top * min(1.0, step / warmup) if warmup else top
    words = f"step = {step}, warmup = {warmup}" + (f", beta_max = {top:.4g}" if beta_max else "")
    return Case("values" if warmup else "instant", words, (step, warmup, *beta_max), right)


@exercise.check
def values(linear_annealing: LearnerObject, rng: Draws) -> None:
    """beta rises in a straight line from 0 to beta_max at step = warmup, and stays there; it is a plain number."""
    judge_numbers(exercise, linear_annealing, cases(rng), "values", "beta", plain=True)


@exercise.check
def instant(linear_annealing: LearnerObject, rng: Draws) -> None:
    """Without a warm-up, beta is beta_max at every step, also at step 0."""
    several = cases(rng)
    try:
        judge_numbers(exercise, linear_annealing, several, "instant", "beta")
    except LearnerError as error:
        if not error.is_a(ZeroDivisionError):
            raise
        raise Failure("beta without a warm-up stops", "beta_max", error.told, DIVIDED) from None


# Wrong answers


@exercise.wrong(values=JUMPS)
def whole_division(step, warmup, beta_max=1.0):
    return beta_max * min(1, step // warmup) if warmup else beta_max


@exercise.wrong(values="beta goes on rising after the warm-up: limit it to beta_max.")
def overshoots(step, warmup, beta_max=1.0):
    return beta_max * step / warmup if warmup else beta_max


@exercise.wrong(instant=DIVIDED)
def divides_by_zero(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / warmup)


@exercise.wrong(instant=GUARDED)
def at_least_one(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / max(1, warmup))


@exercise.wrong(instant=GUARDED)
def small_number(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / (warmup + 1e-12))


@exercise.wrong(instant="beta is 0 without a warm-up: it should be beta_max, at every step.")
def never_without(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / warmup) if warmup else 0.0


@exercise.wrong(instant="beta is 1 without a warm-up, whatever beta_max is.")
def one_without(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / warmup) if warmup else 1.0


@exercise.wrong(values=WRONG_SLOPE)
def wrong_slope(step, warmup, beta_max=1.0):
    return min(beta_max, step / warmup) if warmup else beta_max


@exercise.wrong("beta_max has no effect: it multiplies the share of the warm-up that is over.")
def no_beta_max(step, warmup, beta_max=1.0):
    return min(1.0, step / warmup) if warmup else 1.0


@exercise.wrong(values="one step too early: step 0 gives 0.")
def one_early(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, (step + 1) / warmup) if warmup else beta_max


@exercise.wrong(values="the warm-up is one step too short: beta_max is reached at step = warmup.")
def one_short(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / (warmup - 1)) if warmup else beta_max


@exercise.wrong(values="beta falls: it starts at 0 and rises.")
def falls(step, warmup, beta_max=1.0):
    return beta_max * max(0.0, 1 - step / warmup) if warmup else beta_max


@exercise.wrong(values=JUMPS)
def jumps(step, warmup, beta_max=1.0):
    return beta_max if step >= warmup else 0.0


@exercise.wrong(values="the limit is 1, and not beta_max: limit the share of the warm-up, then multiply.")
def limit_one(step, warmup, beta_max=1.0):
    return min(1.0, beta_max * step / warmup) if warmup else beta_max


@exercise.wrong(values="an S-shaped curve, such as a sigmoid or a cosine: the rise is a straight line.")
def cosine(step, warmup, beta_max=1.0):
    return beta_max * (1 - math.cos(math.pi * min(1.0, step / warmup))) / 2 if warmup else beta_max


@exercise.wrong(values=A_TENSOR)
def a_tensor(step, warmup, beta_max=1.0):
    return torch.tensor(beta_max * min(1.0, step / warmup) if warmup else beta_max)
