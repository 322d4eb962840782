"""Checks of lesson 5: softplus, the loss from logits and the log-mean-exp, where exp overflows. Grader's side."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson05_stability import mistakes as wrong
from autograder.checks.lesson05_stability.judging import LOSS, MEAN, SIGMA, finite, in_lesson, keeps, slope, value
from autograder.checks.lesson05_stability.mistakes import slopes_of, values_of

ROAD = in_lesson("Another road to a positive number")
LOGITS = in_lesson("Stay with the logits")
MEANS = in_lesson("The mean of very small numbers")


def closest(found: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The number between ``low`` and ``high`` that is closest to ``found``."""
    return torch.where(found.isnan(), low, found.clamp(low, high))


# softplus_sigma


def judge_sigma(found: Tensor, raw: Tensor, floor: float) -> None:
    """softplus(raw) <= sigma <= softplus(raw) + floor, so that a floor may be added, be the larger, or be a bend."""
    plain = F.softplus(raw.double())
    sentence = wrong.road(found, raw, floor)
    what, rule = f"{SIGMA} for floor = {floor:g}", "from softplus(raw) to softplus(raw) + floor"
    mistakes = {sentence: found} if sentence else {}
    nearest = closest(found, plain, plain + floor)
    expect.close(found, nearest, what, rule=rule, rtol=1e-5, atol=1e-7, mistakes=mistakes)


@check("softplus_sigma", "shape", ROAD)
def softplus_sigma_shape(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma has the shape, dtype and device of raw, and raw is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(softplus_sigma, SIGMA, rng.normal(*shape, dtype=dtype))


@check("softplus_sigma", "values", ROAD)
def softplus_sigma_values(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma lies between softplus(raw) and softplus(raw) + floor."""
    raw = rng.uniform(-6, 6, 8, 5)
    judge_sigma(value(softplus_sigma, SIGMA, raw), raw, 1e-4)
    judge_sigma(value(softplus_sigma, SIGMA, raw, floor=0.25), raw, 0.25)


@check("softplus_sigma", "floor", ROAD)
def softplus_sigma_floor(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """sigma is never below floor, in the dtype of raw."""
    for floor, dtype in [(1e-4, torch.float32), (1e-4, torch.float64), (0.25, torch.float32)]:
        raw = torch.cat([-rng.uniform(0, 4, 40).exp(), rng.uniform(-1e4, -100, 10)]).sort().values.to(dtype)
        found = value(softplus_sigma, SIGMA, raw, **({} if floor == 1e-4 else {"floor": floor}))
        lowest = torch.tensor(floor, dtype=dtype).double()
        below = ~(found >= lowest)
        if below.any():
            plain = F.softplus(raw).double()
            fixed = {wrong.FIXED_FLOOR: plain + 1e-4, f"{wrong.FIXED_FLOOR} ": plain.clamp(min=1e-4)}
            likely = expect.recognise(found, None, {wrong.NO_FLOOR: plain} | fixed, rtol=1e-5, atol=1e-6).strip()
            likely = likely or wrong.road(found, raw, floor)
            observed = (
                f"{found[below][0]:.6g} at raw = {raw[below][0]:.5g}   ({int(below.sum())} of {len(raw)} elements)"
            )
            raise Failure(f"{SIGMA} is below floor", f"at least {floor:g}, in {dtype}", observed, likely)


def far_out(rng: Draws) -> Tensor:
    """float32 numbers up to 1e4 in size, on both sides, sorted."""
    sizes = torch.cat([rng.uniform(25, 80, 5), rng.uniform(90, 200, 5), rng.uniform(9e3, 1e4, 5)])
    return torch.cat([-sizes, sizes]).sort().values.float()


@check("softplus_sigma", "extremes", ROAD)
def softplus_sigma_extremes(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """For |raw| up to 1e4 in float32, sigma is finite and right."""
    raw = far_out(rng)
    found = value(softplus_sigma, SIGMA, raw)
    finite(found, raw, SIGMA, "raw", "a finite sigma for |raw| up to 1e4", wrong.road(found, raw, 1e-4))
    judge_sigma(found, raw, 1e-4)


@check("softplus_sigma", "gradients", ROAD)
def softplus_sigma_gradients(softplus_sigma: LearnerObject, rng: Draws) -> None:
    """The gradient in raw is sigmoid(raw) where softplus exceeds the floor, and finite for |raw| up to 1e4."""
    what, raw = "the gradient in raw", rng.uniform(-3, 6, 8, 5)
    found = slope(softplus_sigma, SIGMA, "raw", raw)
    mistakes = slopes_of(wrong.ROADS, raw, 1e-4)
    expect.close(found, raw.sigmoid(), what, rule="sigmoid(raw)", rtol=1e-3, atol=1e-6, mistakes=mistakes)
    raw = far_out(rng)
    found, sigma = slope(softplus_sigma, SIGMA, "raw", raw), value(softplus_sigma, SIGMA, raw)
    likely = wrong.UNUSED_BRANCH if sigma.isfinite().all() else wrong.road(sigma, raw, 1e-4)
    finite(found, raw, what, "raw", "a finite gradient for |raw| up to 1e4", likely)
    expect.close(found[raw > 0], torch.ones(15), f"{what} for large raw", rule="1", rtol=1e-3)


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


@check("bernoulli_nll", "shape", LOGITS)
def bernoulli_nll_shape(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """There is one loss for each element, in the dtype and on the device of logits; the inputs are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(bernoulli_nll, LOSS, rng.normal(*shape, dtype=dtype), (rng.normal(*shape) > 0).to(dtype))


@check("bernoulli_nll", "values", LOGITS)
def bernoulli_nll_values(bernoulli_nll: LearnerObject, rng: Draws) -> None:
    """The loss is the negative log-likelihood of x, for moderate logits."""
    logits, x = rng.uniform(-4, 4, 6, 5), (rng.uniform(-1, 1, 6, 5) > 0).double()
    found = value(bernoulli_nll, LOSS, logits, x)
    mistakes = values_of(wrong.LOSSES, logits, x)
    judge_loss(found, logits, x, expect.recognise(found, right_loss(logits, x), mistakes, rtol=1e-4, atol=1e-4))


@check("bernoulli_nll", "extremes", LOGITS)
def bernoulli_nll_extremes(bernoulli_nll: LearnerObject, rng: Draws) -> None:
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


def _log_of_zero(found: Tensor, logits: Tensor, x: Tensor) -> str:
    """The sentence about log(0), if the loss is infinite or nan exactly where sigmoid rounds to 0 or 1."""
    p = logits.sigmoid()
    expected = (p == 1) & (x == 0) | (p == 0) & (x == 1)
    bad = ~found.isfinite()
    return wrong.LOG_SIGMOID if bad[expected].all() and not bad[(p > 0) & (p < 1)].any() else ""


@check("bernoulli_nll", "gradients", LOGITS)
def bernoulli_nll_gradients(bernoulli_nll: LearnerObject, rng: Draws) -> None:
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


@check("log_mean_exp", "shape", MEANS)
def log_mean_exp_shape(log_mean_exp: LearnerObject, rng: Draws) -> None:
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


@check("log_mean_exp", "values", MEANS)
def log_mean_exp_values(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The result is the logarithm of the mean of the exponentials over dim, for moderate values."""
    for shape, dim in [((4, 5, 3), 1), ((6, 4), 0), ((2, 7), -1)]:
        values = 2 * rng.normal(*shape)
        mistakes = values_of(wrong.MEANS, values, dim)
        what, rule = f"{MEAN} over dim {dim} of {len(shape)}", "log(mean(exp(values)))"
        right = right_mean(values, dim)
        expect.close(means(log_mean_exp, values, dim), right, what, rule=rule, rtol=1e-5, atol=1e-5, mistakes=mistakes)


@check("log_mean_exp", "extremes", MEANS)
def log_mean_exp_extremes(log_mean_exp: LearnerObject, rng: Draws) -> None:
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


@check("log_mean_exp", "gradients", MEANS)
def log_mean_exp_gradients(log_mean_exp: LearnerObject, rng: Draws) -> None:
    """The gradient is the softmax of values over dim; it is 0 at -inf, and finite near 1000."""
    values = 2 * rng.normal(4, 5, 3)
    values[1, 2], values[2, 3, 0] = -math.inf, -math.inf
    judge_softmax(log_mean_exp, values, 1, 1e-6)
    if means(log_mean_exp, far := (rng.normal(4, 6) + 1000).float(), 1).isfinite().all():
        judge_softmax(log_mean_exp, far, 1, 1e-3)


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
