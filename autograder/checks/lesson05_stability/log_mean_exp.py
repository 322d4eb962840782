"""log_mean_exp: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.judging import MEAN, finite, in_lesson
from autograder.checks.lesson05_stability.mistakes import CUT, EXP_THEN_LOG, INF_MINUS_INF, slopes_of, values_of
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed

exercise = Exercise("log_mean_exp", reread="The mean of very small numbers")

MEANS = in_lesson("The mean of very small numbers")

# log_mean_exp


def means(function: LearnerObject, values: Tensor, dim: int) -> Tensor:
    """What the learner's function returns for a copy of ``values``, as float64; its shape is for another check."""
    found, shape = expect.tensor(function(values.clone(), dim), MEAN), _without(values, dim)
    return (found.squeeze(dim) if found.dim() == values.dim() else expect.shaped(found, shape, MEAN)).double()


def _without(values: Tensor, dim: int) -> tuple[int, ...]:
    return tuple(values.select(dim, 0).shape)


def right_mean(values: Tensor, dim: int) -> Tensor:
    """The log-mean-exp in float64."""
    return values.double().logsumexp(dim) - math.log(values.shape[dim])


def judge_softmax(function: LearnerObject, values: Tensor, dim: int, tolerance: float) -> None:
    """The derivative of each slice's result in its values is their softmax."""
    values = values.detach().requires_grad_()
    output = means(function, values, dim)
    weights = torch.linspace(1, 2, output.numel(), dtype=torch.float64).reshape(output.shape)
    found = expect.gradients(output, {"values": values}, weights, cut=wrong.CUT)["values"]
    found = found.double() / weights.unsqueeze(dim)
    inside = values.detach()
    finite(found, inside, "the gradient in values", "value", "softmax(values) over dim")
    mistakes = {
        sentence: slopes for sentence, slopes in slopes_of(wrong.MEANS, inside, dim).items() if slopes.isfinite().all()
    }
    right = inside.double().softmax(dim)
    what, rule = "the gradient in values", "softmax(values) over dim"
    expect.close(found, right, what, rule=rule, rtol=tolerance, atol=tolerance, mistakes=mistakes)


@exercise.check
def shape(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """dim is gone, dtype and device are those of values, and values is left alone."""
    cases = [
        ((5, 3), 0, torch.float32),
        ((4, 5, 3), 1, torch.float64),
        ((4, 3), -1, torch.float32),
        ((5, 1), 1, torch.float64),
    ]
    for shape, dim, dtype in cases:
        values = rng.normal(*shape, dtype=dtype)
        kept = tuple(values.sum(dim, keepdim=True).shape)
        mistakes = {
            "dim is kept with size 1: drop it (keepdim=False).": kept,
            "the mean runs over all elements: it should run over dim alone.": (),
        }
        with expect.untouched(values=values):
            found = log_mean_exp(values, dim)
        expect.kept(found, values, f"{MEAN} of shape {shape} over dim {dim}", _without(values, dim), mistakes)
        expect.device_kept(log_mean_exp, values, dim, what=MEAN)


@exercise.check
def values(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The result is the logarithm of the mean of the exponentials over dim, for moderate values."""
    for shape, dim in [((4, 5, 3), 1), ((6, 4), 0), ((2, 7), -1)]:
        values = 2 * rng.normal(*shape)
        mistakes = values_of(wrong.MEANS, values, dim)
        what, rule = f"{MEAN} over dim {dim} of {len(shape)}", "log(mean(exp(values)))"
        right = right_mean(values, dim)
        expect.close(means(log_mean_exp, values, dim), right, what, rule=rule, rtol=1e-5, atol=1e-5, mistakes=mistakes)


@exercise.check
def extremes(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """It is right for values near 1000 and -1000 in float32, for entries of -inf, and -inf for a slice of -inf only."""
    values = rng.normal(5, 6) + torch.tensor([[1000.0], [-1000.0], [-90.0], [0.0], [0.0]], dtype=torch.float64)
    values[3, ::2], values[4] = -math.inf, -math.inf
    values = values.float()
    for seen, dim in [(values, 1), (values.T.contiguous(), 0)]:
        found, unstable = means(log_mean_exp, seen, dim), values_of({**wrong.UNSTABLE_MEANS, **wrong.MEANS}, seen, dim)
        mistakes = {sentence: mean.double() for sentence, mean in unstable.items()}
        expect.close(
            found, right_mean(seen, dim), MEAN, rule="log(mean(exp(values)))", rtol=1e-6, atol=2e-4, mistakes=mistakes
        )


@exercise.check
def gradients(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The gradient is the softmax of values over dim; it is 0 at -inf, and finite near 1000."""
    values = 2 * rng.normal(4, 5, 3)
    values[1, 2], values[2, 3, 0] = -math.inf, -math.inf
    judge_softmax(log_mean_exp, values, 1, 1e-6)
    if means(log_mean_exp, far := (rng.normal(4, 6) + 1000).float(), 1).isfinite().all():
        judge_softmax(log_mean_exp, far, 1, 1e-3)


# Wrong answers


# Divides by the number of all elements.
@exercise.wrong(
    values="the logarithm of the number of all elements is subtracted: n is the size of dim.",
    extremes="the logarithm of the number of all elements is subtracted: n is the size of dim.",
)
def all_elements(values, dim):
    return torch.logsumexp(values, dim) - math.log(values.numel())


# Takes the mean over all elements.
@exercise.wrong(
    shape="the mean runs over all elements: it should run over dim alone.",
    values=unnamed("the wrong shape"),
    extremes=unnamed("the wrong shape"),
    gradients=unnamed("the wrong shape"),
)
def everything(values, dim):
    return torch.logsumexp(values.flatten(), 0) - math.log(values.numel())


# Subtracts the largest value, also when it is -inf.
@exercise.wrong(extremes=INF_MINUS_INF)
def inf_minus_inf(values, dim):
    top = values.amax(dim, keepdim=True)
    return torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim)


# Keeps the dimension.
@exercise.wrong(shape="dim is kept with size 1: drop it (keepdim=False).")
def keepdim(values, dim):
    return torch.logsumexp(values, dim, keepdim=True) - math.log(values.shape[dim])


# Returns the largest value.
@exercise.wrong(
    values="the largest value: it bounds the mean, and it is not the mean.",
    extremes="the largest value: it bounds the mean, and it is not the mean.",
    gradients="the largest value: it bounds the mean, and it is not the mean.",
)
def largest(values, dim):
    return values.amax(dim)


# Subtracts n.
@exercise.wrong(values="n is subtracted, not log(n).", extremes="n is subtracted, not log(n).")
def minus_n(values, dim):
    return torch.logsumexp(values, dim) - values.shape[dim]


# Takes the exponential first.
@exercise.wrong(extremes=EXP_THEN_LOG)
def naive(values, dim):
    return torch.log(torch.mean(torch.exp(values), dim))


# Forgets the logarithm.
@exercise.wrong(
    values="the mean of the exponentials: take its logarithm.",
    extremes="the mean of the exponentials: take its logarithm.",
    gradients="the mean of the exponentials: take its logarithm.",
)
def no_log(values, dim):
    return values.exp().mean(dim)


# Computes from a detached copy.
@exercise.wrong(gradients=CUT)
def numpy(values, dim):
    copy = values.detach()
    return torch.logsumexp(copy, dim) - math.log(copy.shape[dim])


# Averages the log-weights.
@exercise.wrong(
    values="the mean of the values: take the exponential first, and the logarithm of the mean.",
    extremes="the mean of the values: take the exponential first, and the logarithm of the mean.",
    gradients="the mean of the values: take the exponential first, and the logarithm of the mean.",
)
def of_values(values, dim):
    return values.mean(dim)


# Adds log(n).
@exercise.wrong(
    values="log(n) is added: a mean is a sum divided by n, so subtract it.",
    extremes="log(n) is added: a mean is a sum divided by n, so subtract it.",
)
def plus_log_n(values, dim):
    return torch.logsumexp(values, dim) + math.log(values.shape[dim])


# Forgets to divide by n.
@exercise.wrong(
    values="a sum in place of the mean: subtract log(n), where n is the size of dim.",
    extremes="a sum in place of the mean: subtract log(n), where n is the size of dim.",
)
def means_sum(values, dim):
    return torch.logsumexp(values, dim)


# Does not add the largest value again.
@exercise.wrong(values="the largest value was subtracted and not added again.", extremes=unnamed("is wrong"))
def top_not_added(values, dim):
    top = values.detach().amax(dim, keepdim=True).clamp(min=-1e30)
    return torch.log(torch.exp(values - top).mean(dim))


# Always takes the last dimension.
@exercise.wrong(
    shape=unnamed("the wrong shape"),
    values=unnamed("the wrong shape"),
    extremes=unnamed("the wrong shape"),
    gradients=unnamed("the wrong shape"),
)
def wrong_dim(values, dim):
    return torch.logsumexp(values, -1) - math.log(values.shape[-1])
