"""claim: its checks. Grader's side."""

from __future__ import annotations

import math
from typing import Any

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson13_capstone.measuring import NOTHING, PIXELS, fit, model_of, some_split
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("claim", reread="Say what you expect")

LEAST = 8.0
"""Nats: no model of this course, and none that was tried, has a test image for so little."""
WITHIN = {"nll": 0.5, "kl": 1.0}

SIGN = Mistake("sign", "the sign: that is log p(x). A price is -log p(x), which is above 0.")
PER_PIXEL = Mistake("per_pixel", "a mean over the pixels. nll is for an image: sum over its 64 pixels.")
SWAPPED = Mistake("swapped", "the two have changed places: nll is the whole price, and kl a part of it.")
BITS = Mistake("bits", "both are in bits. Multiply by ln 2 = 0.693 for nats.")
TRAINING = Mistake(
    "training", "that is near what training images cost. Claim what images cost that the model has not seen."
)


def numbers(claim: Any) -> dict[str, float]:
    """The two numbers of a claim; a Failure if it has not both."""
    if not isinstance(claim, dict):
        raise Failure("claim is no dict", 'a dict, {"nll": ..., "kl": ...}', describe_value(claim))
    if all(type(value) in (int, float) and value == 0 for value in claim.values()):  # as it was released
        raise LearnerError("NotImplementedError", "")
    for name in WITHIN:
        if name not in claim:
            raise Failure(f'claim has no "{name}"', 'the keys "nll" and "kl"', f"{list(claim)}"[:200])
        value = claim[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise Failure(f'"{name}" is no finite float', "a float such as 20.0", describe_value(value))
    return {name: float(claim[name]) for name in WITHIN}


@exercise.check
def units(claim: dict[str, float], rng: Draws) -> None:
    """nll and kl are numbers that can be prices of an image in nats."""
    found = numbers(claim)
    nll, kl = found["nll"], found["kl"]
    if not LEAST <= nll <= NOTHING:
        likely = None
        if LEAST <= -nll <= NOTHING:
            likely = SIGN
        elif LEAST <= nll * PIXELS <= NOTHING:
            likely = PER_PIXEL
        elif 1 <= nll <= LEAST <= kl <= NOTHING:
            likely = SWAPPED
        expected = f"a price between {LEAST:g} and {NOTHING:.1f} nats, which is 64 ln 2"
        raise Failure("nll is no price of an image in nats", expected, f"{nll:.4g}", likely)
    if not 0 <= kl <= nll:
        raise Failure("kl is no part of nll", f"a number between 0 and {nll:.4g}", f"{kl:.4g}")


@exercise.check(trains=True)
def measured(claim: dict[str, float], build_model: LearnerObject, train_model: LearnerObject, rng: Draws) -> str:
    """nll is within 0.5 nats, and kl within 1, of what your model turns out to have on images that nobody saw."""
    units.function(claim, rng)
    found, images, model = numbers(claim), some_split(rng), model_of(build_model)
    fit(train_model, model, images.train)
    right = dict(zip(WITHIN, model.price(images.test, rng), strict=True))
    if all(abs(found[name] - right[name]) <= most for name, most in WITHIN.items()):
        return f"Measured: nll {right['nll']:.2f} and kl {right['kl']:.2f}."
    on_training, _ = model.price(images.train[: len(images.test)], rng)
    likely = None
    if all(abs(found[name] * math.log(2) - right[name]) <= most for name, most in WITHIN.items()):
        likely = BITS
    elif abs(found["nll"] - on_training) <= 0.3 and abs(found["kl"] - right["kl"]) <= WITHIN["kl"]:
        likely = TRAINING
    expected = f"nll {right['nll']:.2f}, or at most 0.5 from it, and kl {right['kl']:.2f}, or at most 1 from it"
    observed = f"nll {found['nll']:.2f} and kl {found['kl']:.2f}; training images cost {on_training:.2f}"
    raise Failure("the claim does not hold", expected, observed, likely)
