"""iwae_bound: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import Cases, judge_gradients
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson08_collapse.judging import judge_each, judge_shape
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("iwae_bound", reread="A tighter bound")

PER_DRAW = Mistake(
    "per_draw", "one number for each draw: the mean runs over the draws, dim 0, and the images are kept apart."
)
ONE_NUMBER = Mistake("one_number", "one number for the whole batch: return one bound for each image.")
UNDERFLOW = Mistake(
    "underflow", "exp comes before anything is subtracted: it underflows to 0, and log(0) is -inf. Use logsumexp."
)
LARGEST_OF_ALL = Mistake(
    "largest_of_all",
    "the largest of all log-weights was subtracted: an image far below it underflows. Take that of each image.",
)


def right(log_weights: Tensor) -> Tensor:
    """The bound of each image, one draw after the other."""
    first, *rest = log_weights
    for more in rest:
        first = torch.logaddexp(first, more)
    return first - math.log(len(log_weights))


def ordinary(rng: Draws) -> Cases:
    """Four draws for three images; seven draws for two; one draw."""
    return {
        "": {"log_weights": 2 * rng.normal(4, 3) - 3},
        " for k = 7": {"log_weights": rng.normal(7, 2)},
        " for k = 1": {"log_weights": rng.normal(1, 4) - 20},
    }


def far(rng: Draws) -> Cases:
    """Images near -3, -800 and -2000, and some draws whose weight is 0."""
    several = rng.normal(4, 3) + torch.tensor([-3.0, -800.0, -2000.0], dtype=torch.float64)
    empty = several.clone()
    empty[1, 0] = empty[2, 1] = empty[0, 2] = empty[3, 2] = -math.inf
    return {
        " near -3, -800 and -2000": {"log_weights": several},
        " near -2000": {"log_weights": rng.normal(3, 2) - 2000},
        " with draws of weight 0": {"log_weights": empty},
    }


@exercise.check
def shape(iwae_bound: LearnerObject, rng: Draws) -> None:
    """There is one bound for each image, in the dtype and on the device of log_weights, which is left alone."""
    for k, batch, dtype in [(4, 3, torch.float64), (3, 1, torch.float32), (1, 5, torch.float32), (3, 5, torch.float32)]:
        judge_shape(exercise, iwae_bound, "the bound", (batch,), {"log_weights": rng.normal(k, batch, dtype=dtype)})


@exercise.check
def values(iwae_bound: LearnerObject, rng: Draws) -> None:
    """The bound is the logarithm of the mean of the weights over the draws."""
    judge_each(exercise, iwae_bound, right, ordinary(rng), "the bound", "log(mean(exp(log_weights))) over the draws")


@exercise.check
def extremes(iwae_bound: LearnerObject, rng: Draws) -> None:
    """It is right for log-weights near -2000, beside others near -3, and where a few are -inf."""
    judge_each(exercise, iwae_bound, right, far(rng), "the bound", "log(mean(exp(log_weights))) over the draws")


@exercise.check
def gradients(iwae_bound: LearnerObject, rng: Draws) -> None:
    """The gradient of an image's bound in its log-weights is their softmax over the draws."""
    judge_gradients(exercise, iwae_bound, right, ordinary(rng), ("log_weights",), rng)


# Wrong answers


@exercise.wrong(
    "the mean of the log-weights: that is an estimate of the ELBO. Take the mean of the weights, then the logarithm.",
    "values",
    "gradients",
    extremes=unnamed("is wrong"),
)
def elbo(log_weights):
    return log_weights.mean(dim=0)


@exercise.wrong("log k is missing: a mean is a sum divided by k, so subtract log k.", "values", "extremes")
def no_log_k(log_weights):
    return torch.logsumexp(log_weights, dim=0)


@exercise.wrong("the logarithm of the batch size is subtracted: k is the number of draws, dim 0.", "values", "extremes")
def log_batch(log_weights):
    return torch.logsumexp(log_weights, dim=0) - math.log(log_weights.shape[1])


@exercise.wrong(unnamed("wrong shape"), shape=PER_DRAW, gradients=unnamed("is wrong"))
def over_batch(log_weights):
    return torch.logsumexp(log_weights, dim=1) - math.log(log_weights.shape[1])


@exercise.wrong(extremes=UNDERFLOW)
def naive(log_weights):
    return log_weights.exp().mean(dim=0).log()


@exercise.wrong(extremes=LARGEST_OF_ALL)
def largest_of_all(log_weights):
    top = log_weights.detach().max()
    return (log_weights - top).exp().mean(dim=0).log() + top


@exercise.wrong("the logarithm of the sum is divided by k: subtract log k from it.", "values", "extremes", "gradients")
def divided_by_k(log_weights):
    return torch.logsumexp(log_weights, dim=0) / len(log_weights)


@exercise.wrong("the largest log-weight: it is never below the bound.", "values", "extremes", "gradients")
def largest(log_weights):
    return log_weights.amax(dim=0)


@exercise.wrong(unnamed("wrong shape"), shape=ONE_NUMBER, gradients=unnamed("is wrong"))
def mean_over_batch(log_weights):
    return (torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))).mean()


@exercise.wrong("the sign is turned: that is a loss. Return the bound itself.", "values", "extremes", "gradients")
def sign(log_weights):
    return math.log(len(log_weights)) - torch.logsumexp(log_weights, dim=0)


@exercise.wrong(
    "the log-weights are averaged with their softmax as weights: that is never below the bound that is asked for, and "
    "no bound itself. Take the logarithm of the mean of the weights.",
    "values",
    "gradients",
    extremes=unnamed("is wrong"),
)
def weighted_sum(log_weights):
    return (torch.softmax(log_weights, dim=0) * log_weights).sum(dim=0)


@exercise.wrong(
    extremes="a small number inside the logarithm: below it, all weights look alike. Use logsumexp.",
    values=unnamed("the bound"),
    gradients=unnamed("is wrong"),
)
def small_number(log_weights):
    return torch.log(log_weights.exp().mean(dim=0) + 1e-8)


@exercise.wrong("a logarithm to base 2: all logarithms here are natural.", "values", "extremes", "gradients")
def bits(log_weights):
    return (torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))) / math.log(2)


@exercise.wrong("k is subtracted, not log k.", "values", "extremes")
def minus_k(log_weights):
    return torch.logsumexp(log_weights, dim=0) - len(log_weights)


@exercise.wrong("log k is added: subtract it.", "values", "extremes")
def plus_log_k(log_weights):
    return torch.logsumexp(log_weights, dim=0) + math.log(len(log_weights))


@exercise.wrong("the mean of the weights: take its logarithm.", "values", "extremes", "gradients")
def no_log(log_weights):
    return log_weights.exp().mean(dim=0)


@exercise.wrong(
    values="the mean was subtracted, and not added again.", gradients=unnamed("is zero"), extremes=unnamed("is wrong")
)
def mean_not_added(log_weights):
    return (log_weights - log_weights.mean(dim=0)).exp().mean(dim=0).log()


@exercise.wrong("the largest log-weight was subtracted, and not added again.", "values", "extremes")
def top_not_added(log_weights):
    return (log_weights - log_weights.detach().amax(dim=0)).exp().mean(dim=0).log()


@exercise.wrong(gradients=CUT)
def detached(log_weights):
    return torch.logsumexp(log_weights.detach(), dim=0) - math.log(len(log_weights))
