"""log_mean_exp: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import CUT, FLOAT32, confirmed, finite, given, rounding
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed

exercise = Exercise("log_mean_exp", reread="The mean of very small numbers")

MEAN = "the log-mean-exp"
OTHERS = torch.linspace(0, 40, 42, dtype=torch.float64).sin().reshape(2, 3, 7)


def without(values: Tensor, dim: int) -> tuple[int, ...]:
    """The shape that is left when ``dim`` is gone."""
    return tuple(values.select(dim, 0).shape)


def mean(function: LearnerObject, values: Tensor, dim: int) -> Tensor:
    """What the learner's function returns, as float64; that ``dim`` is kept is for another check."""
    with given(values, f"dim = {dim}"):
        found = expect.tensor(function(values, dim), MEAN)
    return (
        found.squeeze(dim) if kept(found, values, dim) else expect.shaped(found, without(values, dim), MEAN)
    ).double()


def kept(found: Tensor, values: Tensor, dim: int) -> bool:
    """Whether ``dim`` is there, with size 1."""
    return found.dim() == values.dim() and found.shape[dim] == 1


def slope(function: LearnerObject, values: Tensor, dim: int) -> Tensor:
    """The derivative of each slice's result in its values, as float64."""
    values = values.detach().requires_grad_()
    with given(values.detach(), f"dim = {dim}"):
        output = mean(function, values, dim)
        weights = torch.linspace(1, 2, output.numel(), dtype=torch.float64).reshape(output.shape)
        found = expect.gradients(output, {"values": values}, weights, cut=CUT)["values"]
    return found.double() / weights.unsqueeze(dim)


def judge_shape(function: LearnerObject, values: Tensor, dim: int) -> None:
    """``dim`` is gone, dtype and device are kept, and ``values`` is left alone."""
    with expect.untouched(values=values), given(values, f"dim = {dim}"):
        found = function(values, dim)
    mistakes = exercise.mistaken(lambda answer: tuple(answer(values, dim).shape))
    expect.kept(found, values, f"{MEAN} of shape {tuple(values.shape)} over dim {dim}", without(values, dim), mistakes)
    expect.device_kept(function, values, dim, what=MEAN)


def elsewhere(answer: LearnerObject) -> Tensor:
    """The means of other numbers, over another dimension."""
    return mean(answer, OTHERS, 2)


def judge_mean(function: LearnerObject, values: Tensor, dim: int, what: str, atol: float = 0) -> None:
    """The result is the logarithm of the mean of the exponentials."""

    def found(answer: LearnerObject) -> Tensor:
        return mean(answer, values, dim)

    right, rule = values.double().logsumexp(dim) - math.log(values.shape[dim]), "log(mean(exp(values)))"
    mistakes, rtol = confirmed(exercise, function, found, elsewhere), rounding(function, values, dim)
    atol = max(atol, rtol)
    expect.close(found(function), right, what, rule=rule, rtol=rtol, atol=atol, infinite=True, mistakes=mistakes)


def judge_slope(function: LearnerObject, values: Tensor, dim: int, tolerance: float) -> None:
    """The derivative of each slice's result in its values is their softmax."""

    def found(answer: LearnerObject) -> Tensor:
        return slope(answer, values, dim)

    what, rule = "the gradient in values", "softmax(values) over dim"
    slopes, right = found(function), values.double().softmax(dim)
    finite(slopes, values, what, "value", rule)
    mistakes = confirmed(exercise, function, found, elsewhere)
    expect.close(slopes, right, what, rule=rule, rtol=tolerance, atol=tolerance, mistakes=mistakes)


@exercise.check
def shape(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """dim is gone, dtype and device are those of values, and values is left alone."""
    cases = [
        ((5, 3), 0, torch.float32),
        ((4, 5, 3), 1, torch.float64),
        ((4, 3), -1, torch.float32),
        ((5, 1), 1, torch.float64),
        ((2, 3, 4), -2, torch.float32),
        ((2, 3, 4), 2, torch.float32),
        ((4,), 0, torch.float64),
    ]
    for shape, dim, dtype in cases:
        judge_shape(log_mean_exp, rng.normal(*shape, dtype=dtype), dim)


@exercise.check
def values(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The result is the logarithm of the mean of the exponentials over dim, for moderate values."""
    for shape, dim in [((4, 5, 3), 1), ((6, 4), 0), ((2, 7), -1), ((4, 4, 4), -1)]:
        what = f"{MEAN} of shape {shape} over dim {dim}"
        judge_mean(log_mean_exp, 2 * rng.normal(*shape), dim, what)


@exercise.check
def extremes(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """It is right for values near 1000 and -1000 in float32, for entries of -inf, and -inf for a slice of -inf only."""
    centres = torch.tensor([[1000.0], [-1000.0], [-90.0], [0.0], [0.0], [0.0]], dtype=torch.float64)
    values = rng.normal(6, 7) + centres
    values[3, ::2], values[4] = -math.inf, -math.inf
    values[5, 1::3] += 1000
    values[5, 2::3] -= 1000
    values = values.float()
    for seen, dim in [(values, 1), (values.T.contiguous(), 0)]:
        judge_mean(log_mean_exp, seen, dim, MEAN, atol=2e-4)


@exercise.check
def gradients(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The gradient is the softmax of values over dim; it is 0 at -inf, and finite near 1000."""
    values = 2 * rng.normal(4, 5, 3)
    values[1, 2], values[2, 3, 0] = -math.inf, -math.inf
    judge_slope(log_mean_exp, values, 1, 1e-6)
    if mean(log_mean_exp, far := (rng.normal(4, 6) + 1000).float(), 1).isfinite().all():
        judge_slope(log_mean_exp, far, 1, 1e-3)


# Wrong answers


@exercise.wrong(
    "the logarithm of the number of all elements is subtracted: n is the size of dim.", "values", "extremes"
)
def all_elements(values, dim):
    return torch.logsumexp(values, dim) - math.log(values.numel())


@exercise.wrong(unnamed("the wrong shape"), shape="one number for all elements: the mean should run over dim alone.")
def everything(values, dim):
    return torch.logsumexp(values.flatten(), 0) - math.log(values.numel())


@exercise.wrong(
    extremes="in a slice of -inf only, the largest value is -inf too, and inf - inf, 0 * inf or 0 / 0 is nan. "
    "Put 0 in its place there."
)
def inf_minus_inf(values, dim):
    top = values.amax(dim, keepdim=True)
    return torch.log(torch.exp(values - top).mean(dim)) + top.squeeze(dim)


@exercise.wrong(shape="dim is kept with size 1: drop it (keepdim=False).")
def keepdim(values, dim):
    return torch.logsumexp(values, dim, keepdim=True) - math.log(values.shape[dim])


@exercise.wrong("the largest value: it bounds the mean, and it is not the mean.", "values", "extremes", "gradients")
def largest(values, dim):
    return values.amax(dim)


@exercise.wrong("n is subtracted, not log(n).", "values", "extremes")
def minus_n(values, dim):
    return torch.logsumexp(values, dim) - values.shape[dim]


@exercise.wrong(
    extremes="exp, then mean, then log: exp overflows to inf or underflows to 0. Subtract the largest value first."
)
def naive(values, dim):
    return torch.log(torch.mean(torch.exp(values), dim))


@exercise.wrong("the mean of the exponentials: take its logarithm.", "values", "extremes", "gradients")
def no_log(values, dim):
    return values.exp().mean(dim)


@exercise.wrong(gradients=CUT)
def detached(values, dim):
    copy = values.detach()
    return torch.logsumexp(copy, dim) - math.log(copy.shape[dim])


@exercise.wrong(
    "the mean of the values: take the exponential first, and the logarithm of the mean.",
    "values",
    "extremes",
    "gradients",
)
def of_values(values, dim):
    return values.mean(dim)


@exercise.wrong("log(n) is added: a mean is a sum divided by n, so subtract it.", "values", "extremes")
def plus_log_n(values, dim):
    return torch.logsumexp(values, dim) + math.log(values.shape[dim])


@exercise.wrong("a sum in place of the mean: subtract log(n), where n is the size of dim.", "values", "extremes")
def sum_for_mean(values, dim):
    return torch.logsumexp(values, dim)


@exercise.wrong("the largest value was subtracted and not added again.", "values", "extremes")
def top_not_added(values, dim):
    top = values.detach().amax(dim, keepdim=True).clamp(min=-1e30)
    return torch.log(torch.exp(values - top).mean(dim))


@exercise.wrong(unnamed("the wrong shape"))
def last_dim(values, dim):
    return torch.logsumexp(values, -1) - math.log(values.shape[-1])


@exercise.wrong("log of the size of the first dimension: n is the size of dim.", "values", "extremes")
def first_size(values, dim):
    return torch.logsumexp(values, dim) - math.log(values.shape[0])


@exercise.wrong("the logarithm of the sum is divided by n: subtract log(n) from it.", "values", "extremes", "gradients")
def divided_by_n(values, dim):
    return torch.logsumexp(values, dim) / values.shape[dim]


@exercise.wrong(
    gradients=unnamed("not finite"),
    extremes="the mean was subtracted: values far above it overflow. Subtract the largest value.",
)
def mean_subtracted(values, dim):
    centre = values.clamp(min=-1e4).mean(dim, keepdim=True)
    return (values - centre).exp().mean(dim).log() + centre.squeeze(dim)


@exercise.wrong(extremes="the largest of all values was subtracted: slices far below it underflow. Take that of dim.")
def largest_of_all(values, dim):
    top = values.detach().max()
    return (values - top).exp().mean(dim).log() + top


@exercise.wrong(values=FLOAT32)
def float32_inside(values, dim):
    single = values.float()
    return (torch.logsumexp(single, dim) - math.log(single.shape[dim])).to(values.dtype)


# Exchanges dim with the first dimension, and so the order of the others.
@exercise.wrong(shape=unnamed("wrong shape"), values=unnamed("is wrong"))
def transposed(values, dim):
    return torch.logsumexp(values.transpose(0, dim), 0) - math.log(values.shape[dim])


@exercise.wrong("log of the size of the last dimension: n is the size of dim.", "values", "extremes")
def last_size(values, dim):
    return torch.logsumexp(values, dim) - math.log(values.shape[-1])


@exercise.wrong("the sign: that is the negative of the log-mean-exp.", "values", "extremes", "gradients")
def sign(values, dim):
    return math.log(values.shape[dim]) - torch.logsumexp(values, dim)
