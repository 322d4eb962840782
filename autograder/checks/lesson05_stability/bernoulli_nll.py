"""bernoulli_nll: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.exponentials import closest, far_out
from autograder.checks.lesson05_stability.judging import LOSS, finite, in_lesson, keeps, slope, value
from autograder.checks.lesson05_stability.mistakes import (
    CUT,
    EXP_LOGIT,
    FLAT,
    LOG_SIGMOID,
    REDUCED,
    REDUCED_ROWS,
    slopes_of,
    values_of,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("bernoulli_nll", reread="Stay with the logits")

LOGITS = in_lesson("Stay with the logits")

# bernoulli_nll


def right_loss(logits: Tensor, x: Tensor) -> Tensor:
    """The loss in float64."""
    return F.binary_cross_entropy_with_logits(logits.double(), x.double(), reduction="none")


def judge_loss(found: Tensor, logits: Tensor, x: Tensor, likely: str) -> None:
    """The loss is right to 1e-6 * max(1, |logit|)."""
    right, allowed = right_loss(logits, x), 1e-6 * logits.double().abs().clamp(min=1)
    nearest, mistakes = closest(found, right - allowed, right + allowed), {likely: found} if likely else {}
    rule = "right to 1e-6 * max(1, |logit|)"
    expect.close(found, nearest, LOSS, rule=rule, rtol=0, atol=1e-12, mistakes=mistakes)


def pairs(rng: Draws) -> tuple[Tensor, Tensor]:
    """float32 logits up to 1e4 in size, each with x = 0 and with x = 1."""
    logits = torch.cat([far_out(rng), rng.uniform(0.5, 9, 5).float(), -rng.uniform(0.5, 9, 5).float()])
    return logits.repeat(2, 1), torch.tensor([[0.0], [1.0]]).expand(2, len(logits)).clone()


def hopeless(logits: Tensor, x: Tensor) -> Tensor:
    """Where the logit is far on the wrong side."""
    return (1 - 2 * x) * logits > 90


def _log_of_zero(found: Tensor, logits: Tensor, x: Tensor) -> str:
    """The sentence about log(0), if the loss is infinite or nan exactly where sigmoid rounds to 0 or 1."""
    p = logits.sigmoid()
    expected = (p == 1) & (x == 0) | (p == 0) & (x == 1)
    bad = ~found.isfinite()
    return wrong.LOG_SIGMOID if bad[expected].all() and not bad[(p > 0) & (p < 1)].any() else ""


@exercise.check
def shape(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """There is one loss for each element, in the dtype and on the device of logits; the inputs are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(bernoulli_nll, LOSS, rng.normal(*shape, dtype=dtype), (rng.normal(*shape) > 0).to(dtype))


@exercise.check
def values(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """The loss is the negative log-likelihood of x, for moderate logits."""
    logits, x = rng.uniform(-4, 4, 6, 5), (rng.uniform(-1, 1, 6, 5) > 0).double()
    found = value(bernoulli_nll, LOSS, logits, x)
    mistakes = values_of(wrong.LOSSES, logits, x)
    judge_loss(found, logits, x, expect.recognise(found, right_loss(logits, x), mistakes, rtol=1e-4, atol=1e-4))


@exercise.check
def extremes(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """For |logit| up to 1e4 in float32 the loss is finite, and right to 1e-6 * max(1, |logit|)."""
    logits, x = pairs(rng)
    found = value(bernoulli_nll, LOSS, logits, x)
    unstable = {
        sentence.strip(): loss.double() for sentence, loss in values_of(wrong.UNSTABLE_LOSSES, logits, x).items()
    }
    likely = expect.recognise(found, None, unstable, rtol=1e-3, atol=1e-3)
    finite(
        found, logits, LOSS, "logit", "a finite loss for |logit| up to 1e4", likely or _log_of_zero(found, logits, x)
    )
    stuck = found[hopeless(logits, x)]
    if stuck.max() < 1.05 * stuck.min():
        likely = wrong.CEILING.format(float(stuck[0]))
    judge_loss(found, logits, x, likely)


@exercise.check
def gradients(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """The gradient in the logit is sigmoid(logit) - x, for |logit| up to 1e4 in float32."""
    logits, x = pairs(rng)
    what, rule = "the gradient in logits", "sigmoid(logit) - x"
    found = slope(bernoulli_nll, LOSS, "logits", logits, x)
    loss = value(bernoulli_nll, LOSS, logits, x)
    unstable = {
        sentence.strip(): loss.double() for sentence, loss in values_of(wrong.UNSTABLE_LOSSES, logits, x).items()
    }
    likely = expect.recognise(loss, None, unstable, rtol=1e-3, atol=1e-3) or _log_of_zero(loss, logits, x)
    likely = wrong.UNUSED_BRANCH if loss.isfinite().all() else likely
    finite(found, logits, what, "logit", rule, likely)
    mistakes = {sentence: slopes.double() for sentence, slopes in slopes_of(wrong.LOSSES, logits, x).items()}
    if not found[hopeless(logits, x)].any():
        mistakes[wrong.FLAT] = found
    expect.close(found, logits.double().sigmoid() - x, what, rule=rule, rtol=0, atol=1e-5, mistakes=mistakes)


# Wrong answers


# Calls a method that tensors do not have.
@exercise.wrong(
    shape=stops("has no attribute 'log_sigmoid'"),
    values=stops("has no attribute 'log_sigmoid'"),
    extremes=stops("has no attribute 'log_sigmoid'"),
    gradients=stops("has no attribute 'log_sigmoid'"),
)
def misnamed(logits, x):
    return -(x * logits.log_sigmoid() + (1 - x) * (-logits).log_sigmoid())


# Gives the probability to the loss for probabilities.
@exercise.wrong(
    extremes="the loss stops at 100.0, however wrong the logit is: a small number inside the log, or a limit. Write the loss in terms of the logit.",
    gradients=FLAT,
)
def bce_of_sigmoid(logits, x):
    return F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none")


# Limits the logits to 50.
@exercise.wrong(
    extremes="the loss stops at 50.0, however wrong the logit is: a small number inside the log, or a limit. Write the loss in terms of the logit.",
    gradients=FLAT,
)
def clamped_logits(logits, x):
    return F.binary_cross_entropy_with_logits(logits.clamp(-50, 50), x, reduction="none")


# Keeps the probability away from 0 and 1.
@exercise.wrong(
    extremes="the loss stops at 13.8, however wrong the logit is: a small number inside the log, or a limit. Write the loss in terms of the logit.",
    gradients=FLAT,
)
def clamped_probability(logits, x):
    p = torch.sigmoid(logits).clamp(1e-6, 1 - 1e-6)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))


# Cuts the logits from their history.
@exercise.wrong(gradients=CUT)
def detached(logits, x):
    return F.softplus(logits.detach()) - x * logits.detach()


# Exchanges the two cases.
@exercise.wrong(
    values="x and 1 - x are exchanged: x belongs to log(p), 1 - x to log(1 - p).",
    extremes=unnamed("the loss"),
    gradients="x and 1 - x are exchanged: x belongs to log(p), 1 - x to log(1 - p).",
)
def exchanged(logits, x):
    return F.softplus(logits) - (1 - x) * logits


# Takes the logarithm of the probability of what was seen.
@exercise.wrong(extremes=LOG_SIGMOID, gradients=LOG_SIGMOID)
def log_of_chosen(logits, x):
    p = torch.sigmoid(logits)
    return -torch.log(torch.where(x == 1, p, 1 - p))


# Takes the logarithm of the probability.
@exercise.wrong(extremes=LOG_SIGMOID, gradients=LOG_SIGMOID)
def log_of_sigmoid(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p))


# Averages over all pixels.
@exercise.wrong(shape=REDUCED, values=REDUCED, extremes=REDUCED, gradients=REDUCED)
def mean(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x)


# Writes log(1 + exp(logit)) as it stands.
@exercise.wrong(extremes=EXP_LOGIT, gradients=EXP_LOGIT)
def naive_softplus(logits, x):
    return torch.log(1 + torch.exp(logits)) - x * logits


# Counts the pixels that are 1 only.
@exercise.wrong(
    values="the term for x = 0 is missing: add (1 - x) * log(1 - p).",
    extremes=unnamed("the loss"),
    gradients="the term for x = 0 is missing: add (1 - x) * log(1 - p).",
)
def ones_only(logits, x):
    return -x * F.logsigmoid(logits)


# Applies the sigmoid before a loss that applies it too.
@exercise.wrong(
    values="sigmoid twice: the loss takes logits, and applies sigmoid itself.",
    extremes=unnamed("the loss"),
    gradients="sigmoid twice: the loss takes logits, and applies sigmoid itself.",
)
def sigmoid_twice(logits, x):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x, reduction="none")


# Returns the log-likelihood.
@exercise.wrong(
    values="the sign: that is the log-likelihood. The loss is its negative.",
    extremes=unnamed("the loss"),
    gradients="the sign: that is the log-likelihood. The loss is its negative.",
)
def sign(logits, x):
    return x * logits - F.softplus(logits)


# Adds 1e-8 inside the logarithm.
@exercise.wrong(
    extremes="the loss stops at 18.4, however wrong the logit is: a small number inside the log, or a limit. Write the loss in terms of the logit.",
    gradients=FLAT,
)
def small_number(logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p + 1e-8) + (1 - x) * torch.log(1 - p + 1e-8))


# Sums over the last dimension.
@exercise.wrong(shape=REDUCED_ROWS, values=REDUCED_ROWS, extremes=REDUCED_ROWS, gradients=REDUCED_ROWS)
def sum_over_pixels(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
