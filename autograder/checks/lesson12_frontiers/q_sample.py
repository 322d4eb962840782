"""q_sample: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson12_frontiers.judging import Cases, in_float32, judge_cases, judge_kept
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("q_sample", reread="Noise in a hundred steps")

WHAT, RULE = "x_t", "sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps"


def right(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """The mixture."""
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def case(rng: Draws, *shape: int, steps: int = 9, t: list[int] | None = None) -> dict[str, Any]:
    """Data, steps that are neither the first nor the last unless given, noise, and a schedule."""
    inner = 1 + (torch.arange(shape[0]) * 3 + int(rng.uniform(0, steps - 2))) % (steps - 2)
    alpha_bar = torch.linspace(0.95, 0.05, steps, dtype=torch.float64) + rng.uniform(-0.04, 0.04, steps)
    chosen = inner if t is None else torch.tensor(t)
    return {"x0": 2 + rng.normal(*shape), "t": chosen, "eps": rng.normal(*shape), "alpha_bar": alpha_bar}


@exercise.check
def values(q_sample: LearnerObject, rng: Draws) -> None:
    """Every row is mixed by the number of its own step; dtype, device and the arguments are kept."""
    # Where rows and columns are as many, factors along the wrong ones raise no error.
    judge_cases(exercise, q_sample, right, {" of 3 rows of 3": case(rng, 3, 3)}, WHAT, RULE)
    cases = {
        "": case(rng, 4, 3),
        " of one row": case(rng, 1, 4),
        " of one column": case(rng, 4, 1, steps=6),
    }
    judge_cases(exercise, q_sample, right, cases, WHAT, RULE)
    for each in (cases[""], in_float32(cases[""])):
        judge_kept(q_sample, "rows of 3", each, x_t=(4, 3))


@exercise.check
def images(q_sample: LearnerObject, rng: Draws) -> None:
    """It is the same for rows of several dimensions."""
    judge_cases(exercise, q_sample, right, {" of shape (3, 3, 3)": case(rng, 3, 3, 3)}, WHAT, RULE)
    cases: Cases = {f" of shape {shape}": case(rng, *shape) for shape in [(5, 2, 3), (3, 2, 4, 4), (4, 1, 4)]}
    judge_cases(exercise, q_sample, right, cases, WHAT, RULE)


@exercise.check
def ends(q_sample: LearnerObject, rng: Draws) -> None:
    """It is the same for the first step, index 0, and for the last."""
    cases = {
        " with t = 0": case(rng, 3, 2, t=[0, 0, 0]),
        " with t = 0 and the last": case(rng, 4, 3, t=[8, 0, 4, 8]),
    }
    judge_cases(exercise, q_sample, right, cases, WHAT, RULE)


# Wrong answers


@exercise.wrong("the roots are missing: alpha_bar is a share of the variance. Multiply with square roots.")
def no_roots(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a * x0 + (1 - a) * eps


@exercise.wrong("the noise is multiplied with 1 - alpha_bar: take the root of it, as of the other factor.")
def noise_without_root(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a) * eps


@exercise.wrong("x0 is multiplied with alpha_bar: take the root of it, as of the other factor.")
def signal_without_root(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a * x0 + (1 - a).sqrt() * eps


@exercise.wrong("x0 and eps have changed places: alpha_bar is what is left of the data.")
def exchanged(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return (1 - a).sqrt() * x0 + a.sqrt() * eps


@exercise.wrong("1 - sqrt(alpha_bar): subtract first, and take the root of 1 - alpha_bar.")
def root_first(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a.sqrt()) * eps


@exercise.wrong("alpha_bar[t] / alpha_bar[t-1], the share of one step: alpha_bar is the share of all steps so far.")
def one_step(x0, t, eps, alpha_bar):
    alphas = torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])
    a = alphas[t].reshape(-1, *[1] * (x0.dim() - 1)).clamp(max=1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong("t - 1 is taken for the index: t counts from 0, and is the index itself.")
def one_less(x0, t, eps, alpha_bar):
    a = alpha_bar[t - 1].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong("the product over the steps is taken again: alpha_bar is that product already.")
def product_again(x0, t, eps, alpha_bar):
    a = torch.cumprod(alpha_bar, 0)[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong(
    "the factors run along the last dimension in place of the rows: give alpha_bar[t] a dimension of length 1 for each "
    "dimension of x0 after the first.",
    "values",
    "images",
    ends=stops("must match"),
)
def along_columns(x0, t, eps, alpha_bar):
    a = alpha_bar[t]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong(
    images="alpha_bar[t] has one dimension of length 1: give it one for each dimension of x0 after the first."
)
def two_dimensions_alone(x0, t, eps, alpha_bar):
    a = alpha_bar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong("at t = 0 nothing is mixed: alpha_bar[0] is after one step, and a little noisy.", "ends")
def clean_at_zero(x0, t, eps, alpha_bar):
    padded = torch.where(t == 0, torch.ones_like(alpha_bar[t]), alpha_bar[t])
    a = padded.reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong(
    "t + 1 is taken for the index, as for steps that count from 1: here t is the index itself.",
    "values",
    "images",
    ends=stops("out of"),
)
def one_more(x0, t, eps, alpha_bar):
    a = alpha_bar[t + 1].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong("the step of the first row is taken for all rows: each row has its own.")
def first_step_for_all(x0, t, eps, alpha_bar):
    a = alpha_bar[t[0]]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@exercise.wrong(unnamed("is wrong"))
def fresh_noise(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * torch.randn_like(x0)


@exercise.wrong("the noise is subtracted: add it.")
def subtracted(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 - (1 - a).sqrt() * eps


@exercise.wrong("x0 is not scaled: multiply it with sqrt(alpha_bar[t]).")
def unscaled_data(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return x0 + (1 - a).sqrt() * eps


@exercise.wrong(values=expect.IN_PLACE)
def in_place(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    x0 *= a.sqrt()
    x0 += (1 - a).sqrt() * eps
    return x0


@exercise.wrong(values=unnamed("wrong dtype"))
def in_float64(x0, t, eps, alpha_bar):
    a = alpha_bar.double()[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps
