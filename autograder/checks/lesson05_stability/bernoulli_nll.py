"""bernoulli_nll: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability.elementwise import (
    CUT,
    REDUCED,
    REDUCED_ROWS,
    UNUSED_BRANCH,
    alike,
    closest,
    confirmed,
    curve,
    far_out,
    finite,
    keeps,
    same_curve,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("bernoulli_nll", reread="Stay with the logits")

LOSS = "the loss"
LOG_SIGMOID = Mistake(
    "log_sigmoid",
    "the logarithm of a probability: sigmoid rounds to 0 or 1, and log(0) is -inf. "
    "Write the loss in terms of the logit.",
)
EXP_LOGIT = Mistake(
    "exp_logit", "log(1 + exp(logit)): in float32, exp overflows above 88.7. Take exp of -|logit| only."
)
CEILING = Mistake(
    "ceiling",
    "the loss stops growing, however wrong the logit is: a small number inside the log, or a limit. "
    "Write the loss in terms of the logit.",
)
FLAT = Mistake("flat", "a small number inside the log, or a limit: where the loss stops growing, its gradient is 0.")


ORDINARY = (
    torch.linspace(-3, 3, 12, dtype=torch.float64).repeat(2, 1),
    torch.tensor([[0.0], [1.0]], dtype=torch.float64).expand(2, 12),
)
"""Small logits, each with x = 0 and with x = 1."""


def judge_loss(found: Tensor, logits: Tensor, x: Tensor, mistakes: expect.Mistakes, near: float) -> None:
    """The loss is right to 1e-6 * max(1, |logit|); a mistake gives the same to ``near``."""
    right = exact(logits, x)
    allowed = 1e-6 * logits.double().abs().clamp(min=1)
    nearest, rule = closest(found, right - allowed, right + allowed), "right to 1e-6 * max(1, |logit|)"
    expect.close(found, nearest, LOSS, rule=rule, rtol=0, atol=1e-12, mistakes=mistakes, alike=near)


def exact(logits: Tensor, x: Tensor) -> Tensor:
    """The loss in float64."""
    return F.binary_cross_entropy_with_logits(logits.double(), x.double(), reduction="none")


def ordinary(answer: LearnerObject) -> Tensor:
    """The loss of small logits."""
    return value(answer, LOSS, *ORDINARY)


def ends_early(function: LearnerObject, loss: Tensor, logits: Tensor, x: Tensor) -> bool:
    """Whether the loss, which is right for small logits, is the same for all that are far on the wrong side."""
    stuck = loss[hopeless(logits, x)]
    return bool(stuck.max() < 1.05 * stuck.min()) and alike(ordinary(function), exact(*ORDINARY), 0.05)


def pairs(rng: Draws) -> tuple[Tensor, Tensor]:
    """float32 logits up to 1e4 in size, each with x = 0 and with x = 1."""
    logits = torch.cat([far_out(rng), rng.uniform(0.5, 9, 5).float(), -rng.uniform(0.5, 9, 5).float()])
    return logits.repeat(2, 1), torch.tensor([[0.0], [1.0]]).expand(2, len(logits)).clone()


def hopeless(logits: Tensor, x: Tensor) -> Tensor:
    """Where the logit is far on the wrong side."""
    return (1 - 2 * x) * logits > 90


@exercise.check
def shape(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """There is one loss for each element, in the dtype and on the device of logits; the inputs are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((2, 3, 4), torch.float32)]:
        keeps(bernoulli_nll, LOSS, logits=rng.normal(*shape, dtype=dtype), x=(rng.normal(*shape) > 0).to(dtype))


@exercise.check
def values(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """The loss is the negative log-likelihood of x, for moderate logits."""
    logits, x = rng.uniform(-4, 4, 6, 5), (rng.uniform(-1, 1, 6, 5) > 0).double()

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, LOSS, logits, x)

    mistakes = confirmed(exercise, bernoulli_nll, found, ordinary)
    judge_loss(found(bernoulli_nll), logits, x, mistakes, near=1e-4)


@exercise.check
def extremes(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """For |logit| up to 1e4 in float32 the loss is finite, and right to 1e-6 * max(1, |logit|)."""
    logits, x = pairs(rng)

    def found(answer: LearnerObject) -> Tensor:
        return value(answer, LOSS, logits, x)

    def likely() -> Mistake | None:
        return expect.recognised(loss, None, mistakes, 1e-3, 1e-3)

    loss, mistakes = found(bernoulli_nll), confirmed(exercise, bernoulli_nll, found, ordinary)
    finite(loss, logits, LOSS, "logit", "a finite loss for |logit| up to 1e4", likely)
    if ends_early(bernoulli_nll, loss, logits, x):
        far = logits[hopeless(logits, x)].abs()
        observed = f"{loss[hopeless(logits, x)][0]:.1f}, from |logit| = {far.min():.5g} to {far.max():.5g}"
        what = f"{LOSS} is wrong for a logit far on the wrong side"
        raise Failure(what, "about |logit|", observed, CEILING)
    judge_loss(loss, logits, x, mistakes, near=1e-3)


@exercise.check
def gradients(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """The gradient in the logit is sigmoid(logit) - x, for |logit| up to 1e4 in float32."""
    logits, x = pairs(rng)
    what, rule = "the gradient in logits", "sigmoid(logit) - x"

    def found(answer: LearnerObject) -> Tensor:
        return curve(answer, LOSS, "logits", logits, x)

    (loss, slopes), curves = found(bernoulli_nll), confirmed(exercise, bernoulli_nll, found, ordinary)
    finite(slopes, logits, what, "logit", rule, lambda: same_curve(torch.stack([loss, slopes]), curves))
    if not slopes[hopeless(logits, x)].any() and ends_early(bernoulli_nll, loss, logits, x):
        raise Failure(f"{what} is wrong", rule, "0 for every logit that is far on the wrong side", FLAT)
    mistakes = ((mistake, slopes) for mistake, (other, slopes) in curves if alike(other, loss, 1e-3))
    expect.close(slopes, logits.double().sigmoid() - x, what, rule=rule, rtol=0, atol=1e-5, mistakes=mistakes)


# Wrong answers


# Calls a method that tensors do not have.
@exercise.wrong(stops("has no attribute 'log_sigmoid'"))
def misnamed(logits, x):
    return -(x * logits.log_sigmoid() + (1 - x) * (-logits).log_sigmoid())


# Gives the probability to the loss for probabilities.
@exercise.wrong(extremes=CEILING, gradients=FLAT)
def bce_of_sigmoid(logits, x):
    return F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none")


@exercise.wrong(extremes=CEILING, gradients=FLAT)
def clamped_logits(logits, x):
    return F.binary_cross_entropy_with_logits(logits.clamp(-50, 50), x, reduction="none")


@exercise.wrong(extremes=CEILING, gradients=FLAT)
def clamped_probability(logits, x):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))


@exercise.wrong(gradients=CUT)
def detached(logits, x):
    return F.softplus(logits.detach()) - x * logits.detach()


@exercise.wrong(
    "x and 1 - x are exchanged: x belongs to log(p), 1 - x to log(1 - p).", "values", "extremes", "gradients"
)
def exchanged(logits, x):
    return F.softplus(logits) - (1 - x) * logits


# Takes the logarithm of the probability of what was seen.
@exercise.wrong(LOG_SIGMOID, "extremes", "gradients")
def log_of_chosen(logits, x):
    p = torch.sigmoid(logits)
    return -torch.log(torch.where(x == 1, p, 1 - p))


@exercise.wrong(LOG_SIGMOID, "extremes", "gradients")
def log_of_sigmoid(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))


@exercise.wrong(REDUCED)
def mean(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x)


@exercise.wrong(EXP_LOGIT, "extremes", "gradients")
def naive_softplus(logits, x):
    return torch.log(1 + torch.exp(logits)) - x * logits


@exercise.wrong("the term for x = 0 is missing: add (1 - x) * log(1 - p).", "values", "extremes", "gradients")
def ones_only(logits, x):
    return -x * F.logsigmoid(logits)


@exercise.wrong("sigmoid twice: the loss takes logits, and applies sigmoid itself.", "values", "extremes", "gradients")
def sigmoid_twice(logits, x):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="none")


@exercise.wrong("the sign: that is the log-likelihood. The loss is its negative.", "values", "extremes", "gradients")
def sign(logits, x):
    return x * logits - F.softplus(logits)


@exercise.wrong(extremes=CEILING, gradients=FLAT)
def small_number(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8))


@exercise.wrong("the squared error of the probability: this loss is a logarithm.", "values", "extremes", "gradients")
def squared_error(logits, x):
    return (torch.sigmoid(logits) - x) ** 2


@exercise.wrong(REDUCED_ROWS)
def sum_over_pixels(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


@exercise.wrong(gradients=UNUSED_BRANCH)
def where(logits, x):
    return torch.where(logits > 20, logits, torch.log(1 + torch.exp(logits))) - x * logits


@exercise.wrong("the term for x = 1 is missing: add x * log(p).", "values", "extremes", "gradients")
def zeros_only(logits, x):
    return -(1 - x) * F.logsigmoid(-logits)


@exercise.wrong(
    "logits and x are exchanged: the logits come first, then x, here and in PyTorch's loss.",
    "values",
    "extremes",
    "gradients",
)
def arguments_exchanged(logits, x):
    return F.binary_cross_entropy_with_logits(x, logits, reduction="none")


@exercise.wrong("the logarithm to base 2: that is the loss in bits. Use nats.", "values", "extremes", "gradients")
def bits(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none") / math.log(2)


@exercise.wrong("x * logit is added: subtract it.", "values", "extremes", "gradients")
def plus_x(logits, x):
    return F.softplus(logits) + x * logits


# Computes the probability in float64.
@exercise.wrong(LOG_SIGMOID, "extremes", "gradients")
def log_of_sigmoid_in_float64(logits, x):
    p = torch.sigmoid(logits.double())
    return -(x * torch.log(p) + (1 - x) * torch.log1p(-p)).to(logits.dtype)


@exercise.wrong(LOG_SIGMOID, "extremes", "gradients")
def log_one_minus_p(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log1p(-p))


# Drops the inf from the loss.
@exercise.wrong(gradients=UNUSED_BRANCH)
def nan_to_num(logits, x):
    return torch.nan_to_num(torch.log1p(torch.exp(logits)) - logits, nan=0.0, posinf=0.0) + (1 - x) * logits


@exercise.wrong(gradients="x * logits is detached: its part of the gradient, -x, is missing.")
def product_detached(logits, x):
    return F.softplus(logits) - x * logits.detach()


@exercise.wrong(EXP_LOGIT, "extremes", "gradients")
def naive_on_both_sides(logits, x):
    return torch.where(x == 1, torch.log(1 + torch.exp(-logits)), torch.log(1 + torch.exp(logits)))


@exercise.wrong("the loss for x = 0 only, softplus(logit): subtract x * logit.", "values", "extremes", "gradients")
def softplus_only(logits, x):
    return F.softplus(logits)


@exercise.wrong("the absolute error of the probability: this loss is a logarithm.", "values", "extremes", "gradients")
def absolute_error(logits, x):
    return (torch.sigmoid(logits) - x).abs()
