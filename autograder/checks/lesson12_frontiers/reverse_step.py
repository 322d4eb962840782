"""reverse_step: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson12_frontiers.judging import Case, Cases, alike, called, in_float32, judge_cases, judge_kept
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("reverse_step", reread="The way back")

WHAT, RULE = "x_{t-1}", "mean + sqrt(variance) * noise"
BETA = Mistake(
    "beta_as_variance",
    "beta is taken for the variance: a choice that others make. Here it is (1 - alpha_bar[t-1]) / (1 - alpha_bar[t]) "
    "* beta.",
)
WRAPS = Mistake("wraps", "at t = 0 alpha_bar[t - 1] is alpha_bar[-1], the last of all: before index 0 it is 1.")
OWN_BETAS = Mistake(
    "own_betas",
    "the betas are those of the lesson's schedule, whatever alpha_bar is: take them from alpha_bar alone.",
)


def right(x: Tensor, t: int, eps_hat: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """The step."""
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


def schedule() -> Tensor:
    """The lesson's alpha_bar, in float64."""
    return torch.cumprod(1 - torch.linspace(1e-3, 0.12, 100, dtype=torch.float64), 0)


def case(rng: Draws, t: int, alpha_bar: Tensor, *shape: int) -> dict[str, Any]:
    """A point, a prediction and noise for step t."""
    x, eps_hat, noise = (rng.normal(*shape) for _ in range(3))
    return {"x": 1 + 2 * x, "t": t, "eps_hat": eps_hat - 0.5, "noise": noise, "alpha_bar": alpha_bar}


def cases_at(rng: Draws, alpha_bar: Tensor, *steps: int) -> Cases:
    """Steps of a schedule, of several shapes."""
    shapes = [(4, 2), (3, 2, 5), (1, 3), (7,)]
    return {
        f" at t = {t} of {len(alpha_bar)}": case(rng, t, alpha_bar, *shape)
        for t, shape in zip(steps, shapes, strict=False)
    }


@exercise.check
def values(reverse_step: LearnerObject, rng: Draws) -> None:
    """The mean and the noise of a step are right; dtype, device and the arguments are kept."""
    cases = cases_at(rng, schedule(), 20, 1, 99, 60)
    judge_cases(exercise, reverse_step, right, cases, WHAT, RULE)
    for each in (case(rng, 5, schedule(), 4, 2), in_float32(case(rng, 5, schedule(), 4, 2))):
        judge_kept(reverse_step, "t = 5", each, **{WHAT: (4, 2)})


@exercise.check
def last(reverse_step: LearnerObject, rng: Draws) -> None:
    """At t = 0 the number before alpha_bar[0] is 1: the step goes to the data, and adds no noise."""
    rule = "(x - sqrt(1 - alpha_bar[0]) * eps_hat) / sqrt(alpha_bar[0])"
    cases, single = {**cases_at(rng, schedule(), 0), **cases_at(rng, schedule()[9::10], 0)}, schedule()[50:51]
    try:
        judge_cases(exercise, reverse_step, right, cases, WHAT, rule)
    except Failure as failure:
        # Not a number may have other reasons; of a schedule of one number the last is the first, and x stays.
        if failure.message.mistake is WRAPS and not stays(reverse_step, case(rng, 0, single, 4, 2)):
            raise Failure(replace(failure.message, mistake=None)) from None
        raise
    judge_cases(exercise, reverse_step, right, cases_at(rng, single, 0), WHAT, rule)


def stays(answer: LearnerObject, case: Case) -> bool:
    """Whether the answer returns x as it is."""
    try:
        return alike(called(answer, case), case["x"])
    except LearnerError:
        return False


@exercise.check
def subset(reverse_step: LearnerObject, rng: Draws) -> None:
    """A falling schedule of any kind will do, such as every tenth number of a longer one."""
    other = torch.linspace(0.9, 0.1, 6, dtype=torch.float64) + rng.uniform(-0.05, 0.05, 6)
    cases = {**cases_at(rng, schedule()[9::10], 3, 1, 9), **cases_at(rng, other, 2, 5)}
    judge_cases(exercise, reverse_step, right, cases, WHAT, RULE)


# Wrong answers


@exercise.wrong(last=WRAPS)
def wraps(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1]
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    variance = (1 - previous) / (1 - alpha_bar[t]) * beta
    return mean + variance.abs().sqrt() * noise


# The root of a negative number.
@exercise.wrong(last=WRAPS)
def wraps_to_nan(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1]
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong(last="at t = 0 the index is held at 0: alpha is then 1, and no step is taken. Before index 0 it is 1.")
def held_at_zero(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[max(t - 1, 0)]
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong(BETA)
def beta_as_variance(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + beta.sqrt() * noise


# With no noise in the last step, as it is usual.
@exercise.wrong(BETA, "values", "subset")
def beta_but_at_zero(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + beta.sqrt() * noise if t else mean


@exercise.wrong("the variance multiplies the noise: take its root, the standard deviation.", "values", "subset")
def variance_as_sd(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + (1 - previous) / (1 - alpha_bar[t]) * beta * noise


@exercise.wrong("beta is divided by 1 - alpha_bar[t]: divide by its root.")
def no_root_below_beta(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]) * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong(
    "the mean is divided by sqrt(alpha_bar[t]): divide by sqrt(alpha), the share of this one step.", "values", "subset"
)
def alpha_bar_for_alpha(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    beta = 1 - alpha_bar[t] / previous
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha_bar[t].sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong("the factor 1 / sqrt(alpha) of the mean is missing.")
def not_rescaled(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    beta = 1 - alpha_bar[t] / previous
    mean = x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong("the mean is divided by alpha: divide by its root.")
def no_root_of_alpha(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong("the predicted noise is added: take it away.")
def noise_added(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x + beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong(
    "the step without noise of another sampler (DDIM): here the mean and the variance of the contract.",
    "values",
    "subset",
)
def ddim(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    x0 = (x - (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha_bar[t].sqrt()
    return previous.sqrt() * x0 + (1 - previous).sqrt() * eps_hat


@exercise.wrong("the implied x0 itself: go back one step, to x_{t-1}.", "values", "subset")
def to_the_data(x, t, eps_hat, noise, alpha_bar):
    return (x - (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha_bar[t].sqrt()


@exercise.wrong("the mean alone: add sqrt(variance) * noise.", "values", "subset")
def mean_alone(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    return (x - (1 - alpha) / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()


@exercise.wrong(unnamed("is wrong"))
def fresh_noise(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + beta.sqrt() * torch.randn_like(x)


@exercise.wrong("the noise is not scaled: multiply it with the root of the variance.")
def unscaled_noise(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    mean = (x - (1 - alpha) / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + noise


@exercise.wrong(
    "the fraction of the variance is upside down: (1 - alpha_bar[t-1]) / (1 - alpha_bar[t]).",
    "values",
    "subset",
    last=unnamed("is wrong"),
)
def upside_down(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - alpha_bar[t]) / (1 - previous) * beta).sqrt() * noise


# Right for the lesson's own schedule.
@exercise.wrong(subset=OWN_BETAS, last=OWN_BETAS)
def own_betas(x, t, eps_hat, noise, alpha_bar):
    beta = torch.linspace(1e-3, 0.12, len(alpha_bar), dtype=alpha_bar.dtype)[t].to(x.device)
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    mean = (x - beta / (1 - alpha_bar[t]).sqrt() * eps_hat) / (1 - beta).sqrt()
    return mean + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


# Takes the variance of the step before for the last one, whose own logarithm is not finite.
@exercise.wrong(last="at t = 0 noise is added: the variance is 0 there.")
def variance_of_next(x, t, eps_hat, noise, alpha_bar):
    def posterior(t):
        previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
        return (1 - previous) / (1 - alpha_bar[t]) * (1 - alpha_bar[t] / previous)

    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    mean = (x - (1 - alpha) / (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + posterior(max(t, 1)).sqrt() * noise


@exercise.wrong("t - 1 is taken for t: alpha_bar[t] is where x is now.", last=unnamed("is wrong"))
def one_less(x, t, eps_hat, noise, alpha_bar):
    now = alpha_bar[t - 1]
    previous = alpha_bar[t - 2] if t > 1 else torch.ones_like(now)
    alpha = now / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - now).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - now) * beta).sqrt() * noise


@exercise.wrong(stops("out of"), "values", "subset", last=unnamed("is wrong"))
def padded_on_the_right(x, t, eps_hat, noise, alpha_bar):
    alpha = alpha_bar[t + 1] / alpha_bar[t]
    beta = 1 - alpha
    mean = (x - beta / (1 - alpha_bar[t + 1]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - alpha_bar[t]) / (1 - alpha_bar[t + 1]) * beta).sqrt() * noise


@exercise.wrong(values=expect.IN_PLACE)
def in_place(x, t, eps_hat, noise, alpha_bar):
    previous = alpha_bar[t - 1] if t else torch.ones_like(alpha_bar[0])
    alpha = alpha_bar[t] / previous
    beta = 1 - alpha
    x -= beta / (1 - alpha_bar[t]).sqrt() * eps_hat
    return x / alpha.sqrt() + ((1 - previous) / (1 - alpha_bar[t]) * beta).sqrt() * noise


@exercise.wrong(values=unnamed("wrong dtype"))
def in_float64(x, t, eps_hat, noise, alpha_bar):
    a = alpha_bar.double().reshape(-1, *[1] * x.dim())
    previous = a[t - 1] if t else torch.ones_like(a[0])
    alpha = a[t] / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - a[t]).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - a[t]) * beta).sqrt() * noise
