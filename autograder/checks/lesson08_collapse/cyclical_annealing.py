"""cyclical_annealing: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, judge_numbers
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.verdict import Mistake

exercise = Exercise("cyclical_annealing", reread="Again and again")

WRONG_SLOPE = Mistake(
    "wrong_slope", "min(beta_max, r / ratio): the slope does not know beta_max. Limit the share, then multiply."
)


def cases(rng: Draws) -> list[Case]:
    """Steps in rising parts of the first cycle and of later ones, and in plateaus, with beta_max below 1 and above."""
    period, ratio, beta_max = int(rng.uniform(40, 400)), float(rng.uniform(0.3, 0.7)), float(rng.uniform(1.5, 4))
    rising, held = int(0.6 * ratio * period), int((ratio + 0.6 * (1 - ratio)) * period)
    return [
        case("values", 0, 10, 0.4, 0.7),
        case("values", 1, 10, 0.4, 0.7),
        case("values", 3, 10, 0.4, 2.5),
        case("values", 9, 10, 1.0, 1.3),
        case("values", 3, 10),
        case("values", 2, 9, 0.5),
        case("values", rising, period, ratio, beta_max),
        case("reset", 10, 10, 0.4, 0.7),
        case("reset", 20, 10, 0.4, 0.7),
        case("reset", 23, 10, 0.4, 0.7),
        case("reset", 11, 10, 0.4, 2.5),
        case("reset", 10 + 9, 10, 1.0, 1.3),
        case("reset", 32, 10),
        case("reset", 4 * period + rising, period, ratio, beta_max),
        case("plateau", 7, 10, 0.4, 0.7),
        case("plateau", 4, 10, 0.4, 0.7),
        case("plateau", 27, 10, 0.4, 0.7),
        case("plateau", 38, 10, 0.4, 2.5),
        case("plateau", 17, 10),
        case("plateau", 3 * period + held, period, ratio, beta_max),
    ]


def case(check: str, step: int, period: int, *more: float) -> Case:
    """One step."""
    ratio, beta_max = (*more, 0.5, 1.0)[:2] if len(more) != 1 else (more[0], 1.0)
    named = zip(("ratio", "beta_max"), more, strict=False)
    words = ", ".join([f"step = {step}, period = {period}", *(f"{name} = {value:.4g}" for name, value in named)])
    right = beta_max * min(1.0, (step % period) / period / ratio)
    return Case(check, words, (step, period, *more), right)


@exercise.check
def values(cyclical_annealing: LearnerObject, rng: Draws) -> None:
    """In the first cycle beta rises in a straight line, from 0 at its start; it is a plain number."""
    judge_numbers(exercise, cyclical_annealing, cases(rng), "values", "beta", plain=True)


@exercise.check
def reset(cyclical_annealing: LearnerObject, rng: Draws) -> None:
    """Every cycle starts at 0 again, and rises as the first one does."""
    judge_numbers(exercise, cyclical_annealing, cases(rng), "reset", "beta")


@exercise.check
def plateau(cyclical_annealing: LearnerObject, rng: Draws) -> None:
    """After the rising part, beta is beta_max until the cycle ends."""
    judge_numbers(exercise, cyclical_annealing, cases(rng), "plateau", "beta")


# Wrong answers


@exercise.wrong(reset="beta never starts again: take the step within its cycle, step % period.")
def never_resets(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * min(1.0, step / period / ratio)


@exercise.wrong("ratio has no effect: beta rises in this share of a cycle, and is held for the rest of it.")
def no_ratio(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * (step % period) / period


@exercise.wrong(
    "ratio is read as the share that is held: it is the share of a cycle in which beta rises.",
)
def share_held(step, period, ratio=0.5, beta_max=1.0):
    rising = 1 - ratio
    return beta_max * min(1.0, (step % period) / period / rising) if rising else beta_max


@exercise.wrong("r is multiplied by ratio: divide by it, so that beta_max is reached at r = ratio.")
def times_ratio(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * min(1.0, (step % period) / period * ratio)


@exercise.wrong("a cycle is ratio * period long, and nothing is held: a cycle has period steps.", "reset", "plateau")
def short_cycles(step, period, ratio=0.5, beta_max=1.0):
    rising = ratio * period
    return beta_max * (step % rising) / rising


@exercise.wrong(plateau="the plateau is at 1, whatever beta_max is (a widely copied schedule starts from ones).")
def plateau_at_one(step, period, ratio=0.5, beta_max=1.0):
    r = (step % period) / period
    return beta_max * r / ratio if r < ratio else 1.0


@exercise.wrong(plateau="beta falls again after the rising part: it should be held at beta_max.")
def triangle(step, period, ratio=0.5, beta_max=1.0):
    r = (step % period) / period
    return beta_max * (r / ratio if r <= ratio else (1 - r) / (1 - ratio))


@exercise.wrong(plateau="beta goes on rising after the rising part: limit it to beta_max.")
def overshoots(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * (step % period) / period / ratio


@exercise.wrong(plateau="beta is 0 after the rising part: it should be held at beta_max.")
def drops(step, period, ratio=0.5, beta_max=1.0):
    r = (step % period) / period
    return beta_max * r / ratio if r < ratio else 0.0


@exercise.wrong("step // period is the number of the cycle: the step within it is step % period.")
def number_of_cycle(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * min(1.0, (step // period) / ratio)


@exercise.wrong("one step too early: the first step of a cycle gives 0.", "values", "reset")
def one_early(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * min(1.0, ((step + 1) % period) / period / ratio)


@exercise.wrong(WRONG_SLOPE)
def wrong_slope(step, period, ratio=0.5, beta_max=1.0):
    return min(beta_max, (step % period) / period / ratio)


@exercise.wrong("beta_max has no effect: it multiplies the share of the rising part that is over.")
def no_beta_max(step, period, ratio=0.5, beta_max=1.0):
    return min(1.0, (step % period) / period / ratio)


@exercise.wrong(
    "a cosine in place of a straight line: within the rising part, beta grows by the same amount in every step.",
    "values",
    "reset",
)
def cosine(step, period, ratio=0.5, beta_max=1.0):
    share = min(1.0, (step % period) / period / ratio)
    return beta_max * (1 - math.cos(math.pi * share)) / 2


@exercise.wrong("beta starts at beta_max and falls: it starts at 0 and rises.")
def falls(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * max(0.0, 1 - (step % period) / period / ratio)


@exercise.wrong(reset="the remainder by period + 1: a cycle has period steps, so step = period is 0 again.")
def period_plus_one(step, period, ratio=0.5, beta_max=1.0):
    return beta_max * min(1.0, (step % (period + 1)) / period / ratio)


@exercise.wrong(values=A_TENSOR)
def a_tensor(step, period, ratio=0.5, beta_max=1.0):
    return torch.tensor(beta_max * min(1.0, (step % period) / period / ratio))
