"""to_eps: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson12_frontiers.judging import Case, Cases, in_float32, judge_cases, judge_kept
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("to_eps", reread="Four names for one prediction")

SQUARES = Mistake("squares", "the roots are missing: both factors are square roots.")
WITHOUT_ROOT = Mistake("score_without_root", "the score is multiplied with 1 - a: take the root.")
EXCHANGED = Mistake("exchanged", "a and 1 - a have changed places.")


def right(output: Tensor, x: Tensor, alpha_bar_t: float | Tensor, target: str) -> Tensor:
    """The noise."""
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    formulas = {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }
    return formulas[target]


def case(rng: Draws, target: str, *shape: int, as_tensor: bool = False) -> dict[str, Any]:
    """A prediction, a point and a number, in float or tensor."""
    a = rng.uniform(0.1, 0.4)
    return {
        "output": 0.5 + rng.normal(*shape),
        "x": 2 * rng.normal(*shape) - 1,
        "alpha_bar_t": a if as_tensor else float(a),
        "target": target,
    }


def cases(rng: Draws, target: str) -> Cases:
    """Rows, images, and one number; a float and a tensor."""
    return {
        f' of target "{target}"': case(rng, target, 4, 3),
        f' of target "{target}", for images and a tensor': case(rng, target, 2, 3, 4, as_tensor=True),
        f' of target "{target}", with alpha_bar_t near 1': {**case(rng, target, 5), "alpha_bar_t": 0.9},
    }


def judge(to_eps: LearnerObject, rng: Draws, target: str, rule: str) -> None:
    """One target, in several cases; dtype and device are kept."""
    judge_cases(exercise, to_eps, right, cases(rng, target), "eps", rule)
    ready: Case = case(rng, target, 4, 3, as_tensor=True)
    for each in (ready, in_float32(ready)):
        judge_kept(to_eps, f'target "{target}"', each, eps=(4, 3))


@exercise.check
def x0(to_eps: LearnerObject, rng: Draws) -> None:
    """From "x0" eps is (x - sqrt(a) x0) / sqrt(1 - a); from "eps" it is the prediction itself."""
    judge(to_eps, rng, "eps", "the prediction as it is")
    judge(to_eps, rng, "x0", "(x - sqrt(a) output) / sqrt(1 - a)")


@exercise.check
def v(to_eps: LearnerObject, rng: Draws) -> None:
    """From "v" eps is sqrt(a) v + sqrt(1 - a) x."""
    judge(to_eps, rng, "v", "sqrt(a) output + sqrt(1 - a) x")


@exercise.check
def score(to_eps: LearnerObject, rng: Draws) -> None:
    """From "score" eps is -sqrt(1 - a) times the score."""
    judge(to_eps, rng, "score", "-sqrt(1 - a) output")


# Wrong answers


@exercise.wrong(score="the sign: the score points away from the noise, eps = -sqrt(1 - a) * score.")
def score_sign(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": noise * output,
    }[target]


@exercise.wrong(score="the score is divided by sqrt(1 - a): multiply it.")
def score_divided(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -output / noise,
    }[target]


@exercise.wrong(score=WITHOUT_ROOT)
def score_without_root(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -(1 - alpha_bar_t) * output,
    }[target]


@exercise.wrong(score="the score is multiplied with sqrt(a): its factor is sqrt(1 - a).")
def score_with_signal(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -signal * output,
    }[target]


@exercise.wrong(v="the sign of x: the two terms are added, sqrt(a) v + sqrt(1 - a) x.")
def v_sign(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output - noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(v="that is the data, x0 = sqrt(a) x - sqrt(1 - a) v: eps is sqrt(a) v + sqrt(1 - a) x.")
def data_from_v(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * x - noise * output,
        "score": -noise * output,
    }[target]


@exercise.wrong(
    v="v is solved for eps as if x were x0: (v + sqrt(1 - a) x) / sqrt(a) would need the data, and x is the mixture."
)
def v_of_data(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": (output + noise * x) / signal,
        "score": -noise * output,
    }[target]


@exercise.wrong(v=EXCHANGED)
def v_exchanged(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": noise * output + signal * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0="divided by sqrt(a): eps is what is multiplied with sqrt(1 - a), so divide by that.")
def divided_by_signal(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - signal * output) / signal,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0="not divided: x - sqrt(a) x0 is sqrt(1 - a) eps.")
def not_divided(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": x - signal * output,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0="x0 is not multiplied with sqrt(a) before it is taken from x.")
def unscaled_data(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - output) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0="that is x0 from a noise prediction, (x - sqrt(1 - a) eps) / sqrt(a): here output is x0.")
def data_from_noise(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (x - noise * output) / signal,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0="the sign is turned: x stands first, (x - sqrt(a) x0) / sqrt(1 - a).")
def turned(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    return {
        "eps": output,
        "x0": (signal * output - x) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(SQUARES, "x0", "v", score=WITHOUT_ROOT)
def squares(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t, 1 - alpha_bar_t
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(x0='for the target "eps" the prediction comes back as it is: nothing is to be done.')
def eps_as_data(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    if target == "v":
        return signal * output + noise * x
    if target == "score":
        return -noise * output
    return (x - signal * output) / noise


@exercise.wrong(v='the output comes back as it is, for the target "v" too.')
def forgot_v(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    if target == "x0":
        return (x - signal * output) / noise
    if target == "score":
        return -noise * output
    return output


# Takes tensors alone.
@exercise.wrong(stops("has no attribute"))
def tensors_alone(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t.sqrt(), (1 - alpha_bar_t).sqrt()
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]


@exercise.wrong(v=expect.IN_PLACE)
def in_place(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    if target == "v":
        output *= signal
        return output + noise * x
    return {"eps": output, "x0": (x - signal * output) / noise, "score": -noise * output}[target]


@exercise.wrong(x0=unnamed("wrong dtype"), v=unnamed("wrong dtype"), score=unnamed("wrong dtype"))
def in_float64(output, x, alpha_bar_t, target):
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    output, x = output.double(), x.double()
    return {
        "eps": output,
        "x0": (x - signal * output) / noise,
        "v": signal * output + noise * x,
        "score": -noise * output,
    }[target]
