"""effective_beta: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson08_collapse.judging import A_TENSOR, Case, judge_numbers
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.verdict import Mistake

exercise = Exercise("effective_beta", reread="The beta that you really have")

LATENTS_IGNORED = Mistake("latents_ignored", "latent_mean has no effect: a mean over the latents makes the KL smaller.")
HALF_TURNED = Mistake(
    "half_turned", "the factor for half is 1/2: without its 1/2 the KL is twice as large, so beta doubles."
)


def cases(rng: Draws) -> list[Case]:
    """Losses of the kinds that occur, and two whose sizes nobody knows beforehand."""
    weight, pixels, latent = float(rng.uniform(0.2, 3)), int(rng.uniform(100, 900)), int(rng.uniform(3, 40))
    return [
        case(1.0, 64, 8, True, False),
        case(0.1, 784, 5, True, True),
        case(1.0, 64, 8, True, True),
        case(1.0, 64, 8, False, True),
        case(0.25, 64, 4, False, False),
        case(weight, pixels, latent, True, True),
        case(weight, pixels, latent, False, True),
        case(0.5, 784, 20, False, False, half=False),
        case(2.0, 100, 10, True, True, half=False),
        case(weight, pixels, latent, True, False, half=False),
        case(weight, pixels, latent, True, True, half=True),
    ]


def case(weight: float, pixels: int, latent: int, pixel_mean: bool, latent_mean: bool, **half: bool) -> Case:
    """One loss, and its beta."""
    right = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    named = {"weight": f"{weight:.4g}", "pixels": pixels, "latent": latent} | dict(
        pixel_mean=pixel_mean, latent_mean=latent_mean, **half
    )
    words = ", ".join(f"{name} = {value}" for name, value in named.items())
    arguments = weight, pixels, latent, pixel_mean, latent_mean
    right *= 2 if half.get("half") is False else 1
    return Case("half" if half else "values", words, arguments, right, dict(half))


@exercise.check
def values(effective_beta: LearnerObject, rng: Draws) -> None:
    """The effective beta is right for sums and for means, as a plain number."""
    judge_numbers(exercise, effective_beta, cases(rng), "values", "the beta", plain=True)


@exercise.check
def half(effective_beta: LearnerObject, rng: Draws) -> None:
    """A KL without its 1/2 counts twice."""
    judge_numbers(exercise, effective_beta, cases(rng), "half", "the beta")


# Wrong answers


@exercise.wrong(
    "upside down: a mean makes its term smaller. A smaller reconstruction gives the KL more weight, "
    "a smaller KL has less."
)
def upside_down(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight / (pixels if pixel_mean else 1) * (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong(LATENTS_IGNORED)
def latents_ignored(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong("pixel_mean has no effect: a mean over the pixels makes the reconstruction smaller.")
def pixels_ignored(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight / (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong("latent multiplies: a mean over the latents makes the KL smaller, so it divides.")
def latents_multiply(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) * (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong("pixels divide: a mean over the pixels makes the reconstruction smaller, so the KL weighs more.")
def pixels_divide(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight / (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong(half=HALF_TURNED)
def half_as_one_half(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else beta / 2


@exercise.wrong(half="half has no effect: a KL without its 1/2 is twice as large.")
def half_ignored(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    return weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)


@exercise.wrong("the KL counts twice where half is True: half says that it has its 1/2, as it should.")
def half_doubles(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return 2 * beta if half else beta


@exercise.wrong("half of beta where half is True: a KL with its 1/2 is as it should be, and needs no factor.")
def half_halves(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta / 2 if half else beta


@exercise.wrong("the two flags have no effect: only where there is a mean does its size matter.")
def flags_ignored(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * pixels / latent
    return beta if half else 2 * beta


@exercise.wrong("the flags are turned: True is a mean, and a sum changes nothing.")
def flags_turned(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (1 if pixel_mean else pixels) / (1 if latent_mean else latent)
    return beta if half else 2 * beta


@exercise.wrong("the flags have changed places: pixel_mean goes with pixels, latent_mean with latent.")
def flags_exchanged(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if latent_mean else 1) / (latent if pixel_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong("weight has no effect: it multiplies the KL in every case.")
def weight_ignored(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong("the division drops its remainder, as // and int() do: beta is seldom a whole number.")
def whole_numbers(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = weight * (pixels if pixel_mean else 1) // (latent if latent_mean else 1)
    return beta if half else 2 * beta


@exercise.wrong(values=A_TENSOR)
def a_tensor(weight, pixels, latent, pixel_mean, latent_mean, half=True):
    beta = torch.tensor(weight) * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 2 * beta
