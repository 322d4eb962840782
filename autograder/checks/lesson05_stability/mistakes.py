"""The wrong formulas of lesson 5, each with the sentence that it deserves. Grader's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.verdict import Mistake

Formula = Callable[..., Tensor]


Formulas = Mapping[str, Formula]
"""Sentences about wrong answers, and what each of them computes."""


def values_of(formulas: Formulas, *inputs: Any) -> dict[str, Tensor]:
    """What each wrong answer gives for these inputs."""
    return {sentence: formula(*inputs) for sentence, formula in formulas.items()}


def slopes_of(formulas: Formulas, at: Tensor, *more: Any) -> dict[str, Tensor]:
    """The derivative that each wrong answer has in its first input, element by element."""
    return {sentence: derivative(formula, at, *more) for sentence, formula in formulas.items()}


def derivative(formula: Formula, at: Tensor, *more: Any) -> Tensor:
    """The derivative of sum(formula(at, *more)) in ``at``; zero where it does not depend on it."""
    at = at.detach().requires_grad_()
    return torch.autograd.grad(formula(at, *more).sum() + 0 * at.sum(), at)[0]


CUT = Mistake(
    "cut",
    "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from.",
)


REDUCED = Mistake(
    "reduced",
    "a mean or a sum over all elements: return one number for each element.",
)


REDUCED_ROWS = Mistake(
    "reduced_rows",
    "a mean or a sum over the last dimension: return one number for each element.",
)


UNLIMITED = Mistake(
    "unlimited",
    "logvar itself: nothing is limited.",
)


LIMITS: Formulas = {
    "clamps sigma: exp(logvar / 2) was limited. Limit logvar itself.": (
        lambda x, low, high: (x / 2).exp().clamp(low, high)
    ),
    "clamps sigma, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.": (
        lambda x, low, high: 2 * (x / 2).exp().clamp(low, high).log()
    ),
    "clamps the variance: exp(logvar) was limited. Limit logvar itself.": (
        lambda x, low, high: x.exp().clamp(low, high)
    ),
    "clamps the variance, then takes the logarithm: low and high are limits of logvar. Limit logvar itself.": (
        lambda x, low, high: x.exp().clamp(low, high).log()
    ),
    "the bounds are swapped: every element becomes low. low comes first, then high.": (
        lambda x, low, high: torch.full_like(x, low)
    ),
    "the bounds are swapped: every element becomes high. Raise to low, and cut at high.": (
        lambda x, low, high: torch.full_like(x, high)
    ),
    "only high is used: small values pass. Limit on both sides.": lambda x, low, high: x.clamp(max=high),
    "only low is used: large values pass. Limit on both sides.": lambda x, low, high: x.clamp(min=low),
    UNLIMITED: lambda x, low, high: x.clone(),
    "the limits are always -10 and 10: use low and high.": lambda x, low, high: x.clamp(-10, 10),
}


SWAPPED = Mistake(
    "swapped",
    "are the bounds swapped? Then every element becomes the same number, and none passes its gradient on.",
)


THROUGH_EXP = Mistake(
    "through_exp",
    "the way goes through exp, which overflows before the clamp: 0 * inf is nan. Limit logvar itself.",
)


PASSES = Mistake(
    "passes",
    "the gradient passes as if there were no clamp. Let autograd differentiate the clamp itself.",
)


HARD = Mistake(
    "hard",
    "a hard clamp: outside the interval its gradient is 0. Bend before the border, and approach it slowly.",
)


SATURATED = Mistake(
    "saturated",
    "tanh and sigmoid round to exactly 1, and their gradient to 0. Use a curve that approaches more slowly.",
)


CANCELS = Mistake(
    "cancels",
    "a difference of two softplus: far out, their slopes both round to 1 and cancel. Nest them: bend at one bound, then bend the result at the other.",
)


STAIRS = Mistake(
    "stairs",
    "the value is clamped, but the gradient is not its slope. Let autograd differentiate the curve itself.",
)


BENDS: Formulas = {
    "10 tanh(logvar / 10) is not the identity in the middle: at 5 it gives 4.62.": lambda x: 10 * torch.tanh(x / 10),
    "10 tanh(logvar) is not the identity in the middle: its slope at 0 is 10.": lambda x: 10 * torch.tanh(x),
    "20 sigmoid(logvar) - 10 is not the identity in the middle: its slope at 0 is 5.": lambda x: 20 * x.sigmoid() - 10,
    "20 sigmoid(logvar / 10) - 10 is not the identity in the middle: its slope at 0 is 1/2.": (
        lambda x: 20 * torch.sigmoid(x / 10) - 10
    ),
    "20 sigmoid(logvar / 20) - 10 is not the identity in the middle: its slope at 0 is 1/4.": (
        lambda x: 20 * torch.sigmoid(x / 20) - 10
    ),
    "logvar / (1 + |logvar| / 10) is not the identity in the middle: at 5 it gives 3.33.": lambda x: (
        x / (1 + x.abs() / 10)
    ),
    "the power 2 bends too early: at 5 it gives 4.47. A larger power keeps the middle straight.": (
        lambda x: x / (1 + (x / 10) ** 2) ** (1 / 2)
    ),
    "the power 4 bends a little too early: at 5 it gives 4.92. A larger power keeps the middle straight.": (
        lambda x: x / (1 + (x / 10) ** 4) ** (1 / 4)
    ),
    HARD: lambda x: x.clamp(-10, 10),
}


OVERFLOW = Mistake(
    "overflow",
    "log(1 + exp(raw)): in float32, exp overflows above 88.7. Use a softplus that takes exp of -|raw| only.",
)


EXPONENTIAL = Mistake(
    "exponential",
    "exp(raw): it is positive, but it is not a softplus. For large raw, sigma should be close to raw.",
)


UNUSED_BRANCH = Mistake(
    "unused_branch",
    "torch.where drops the inf from the value, not from the gradient: 0 * inf is nan. Make the argument of exp safe before you use it.",
)


NO_FLOOR = Mistake(
    "no_floor",
    "there is no floor: for very negative raw, softplus comes to 0. Add floor, or cut at it from below.",
)


FIXED_FLOOR = Mistake(
    "fixed_floor",
    "the floor is always 1e-4: use floor.",
)


ROADS: Formulas = {
    OVERFLOW: lambda raw, floor: (1 + raw.exp()).log(),
    EXPONENTIAL: lambda raw, floor: raw.exp(),
    "exp(raw / 2): here raw is no log-variance. Use softplus.": lambda raw, floor: (raw / 2).exp(),
    "relu(raw): it has a corner, and no gradient for negative raw. Use softplus.": lambda raw, floor: raw.relu(),
    "sigmoid(raw) never exceeds 1. Use softplus.": lambda raw, floor: raw.sigmoid(),
    "softplus(raw + floor): the floor is added to raw. Add it to the result.": lambda raw, floor: F.softplus(
        raw + floor
    ),
    "min in place of max: sigma never exceeds floor. Keep the larger of the two.": (
        lambda raw, floor: F.softplus(raw).clamp(max=floor)
    ),
    "the floor is subtracted: add it.": lambda raw, floor: F.softplus(raw) - floor,
}


def road(found: Tensor, raw: Tensor, floor: float) -> str:
    """The sentence about the wrong softplus that ``found`` comes from, with or without a floor, or ''."""
    for sentence, formula in ROADS.items():
        plain = formula(raw, floor).double()
        for sigma in (plain, plain + floor, plain.clamp(min=floor)):
            if torch.allclose(found, sigma, rtol=1e-5, atol=1e-7, equal_nan=True):
                return sentence
    return ""


LOG_SIGMOID = Mistake(
    "log_sigmoid",
    "the logarithm of a probability: sigmoid rounds to 0 or 1, and log(0) is -inf. Write the loss in terms of the logit.",
)


EXP_LOGIT = Mistake(
    "exp_logit",
    "log(1 + exp(logit)): in float32, exp overflows above 88.7. Take exp of -|logit| only.",
)


CEILING = Mistake(
    "ceiling",
    "the loss stops at {:.1f}, however wrong the logit is: a small number inside the log, or a limit. Write the loss in terms of the logit.",
)


FLAT = Mistake(
    "flat",
    "a small number inside the log, or a limit: where the loss stops growing, its gradient is 0.",
)


LOSSES: Formulas = {
    "the sign: that is the log-likelihood. The loss is its negative.": (
        lambda logits, x: -F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    ),
    "x and 1 - x are exchanged: x belongs to log(p), 1 - x to log(1 - p).": (
        lambda logits, x: F.binary_cross_entropy_with_logits(logits, 1 - x, reduction="none")
    ),
    "sigmoid twice: the loss takes logits, and applies sigmoid itself.": (
        lambda logits, x: F.binary_cross_entropy_with_logits(logits.sigmoid(), x, reduction="none")
    ),
    "the term for x = 0 is missing: add (1 - x) * log(1 - p).": lambda logits, x: -x * F.logsigmoid(logits),
    "the term for x = 1 is missing: add x * log(p).": lambda logits, x: -(1 - x) * F.logsigmoid(-logits),
    "the squared error of the probability: this loss is a logarithm.": lambda logits, x: (
        logits.sigmoid() - x
    ).square(),
}


UNSTABLE_LOSSES: Formulas = {
    LOG_SIGMOID: lambda logits, x: -(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()),
    f"{LOG_SIGMOID} ": lambda logits, x: -torch.where(x > 0.5, logits.sigmoid(), 1 - logits.sigmoid()).log(),
    EXP_LOGIT: lambda logits, x: (1 + logits.exp()).log() - x * logits,
}


EXP_THEN_LOG = Mistake(
    "exp_then_log",
    "exp, then mean, then log: exp overflows to inf or underflows to 0. Subtract the largest value first.",
)


INF_MINUS_INF = Mistake(
    "inf_minus_inf",
    "-inf minus -inf is nan: in a slice of -inf only, the maximum is -inf too. Subtract 0 there.",
)


MEANS: Formulas = {
    "a sum in place of the mean: subtract log(n), where n is the size of dim.": lambda v, dim: v.logsumexp(dim),
    "the mean of the values: take the exponential first, and the logarithm of the mean.": lambda v, dim: v.mean(dim),
    "log(n) is added: a mean is a sum divided by n, so subtract it.": (
        lambda v, dim: v.logsumexp(dim) + torch.tensor(v.shape[dim]).log()
    ),
    "the logarithm of the number of all elements is subtracted: n is the size of dim.": (
        lambda v, dim: v.logsumexp(dim) - torch.tensor(v.numel()).log()
    ),
    "n is subtracted, not log(n).": lambda v, dim: v.logsumexp(dim) - v.shape[dim],
    "the largest value was subtracted and not added again.": (
        lambda v, dim: v.logsumexp(dim) - torch.tensor(v.shape[dim]).log() - v.amax(dim)
    ),
    "the largest value: it bounds the mean, and it is not the mean.": lambda v, dim: v.amax(dim),
    "the mean of the exponentials: take its logarithm.": lambda v, dim: v.exp().mean(dim),
}


UNSTABLE_MEANS: Formulas = {
    EXP_THEN_LOG: lambda v, dim: v.exp().mean(dim).log(),
    INF_MINUS_INF: lambda v, dim: (v - v.amax(dim, keepdim=True)).exp().mean(dim).log() + v.amax(dim),
}


PARAMETERS = Mistake(
    "parameters",
    "parameters were searched: what overflows is mostly an output. Look at what each module returns.",
)


ISNAN = Mistake(
    "isnan",
    "isnan alone: inf is not finite either. Use isfinite.",
)


ISINF = Mistake(
    "isinf",
    "isinf alone: nan is not finite either. Use isfinite.",
)


CONTAINER = Mistake(
    "container",
    "a container was reported before its children. Its output comes after theirs, and so should its turn.",
)


REGISTERED = Mistake(
    "registered",
    "the order of registration: named_modules() does not know which module runs first. Look while the model runs.",
)


LATER = Mistake(
    "later",
    "a later module: keep the first one that you meet.",
)


LAST_PART = Mistake(
    "last_part",
    "only the last part of the name. named_modules() gives the whole path.",
)


OWN_OUTPUT = Mistake(
    "own_output",
    "only the last output was looked at: a bad number can be hidden later. Look at every module's output.",
)


OVERWRITTEN = Mistake(
    "overwritten",
    "this module runs twice, and its second output was taken in place of its first.",
)


INSIDE = Mistake(
    "inside",
    "a tensor within a tuple, a list or a dict was missed. Search inside them, however deep.",
)


ROOT_MISSED = Mistake(
    "root_missed",
    "the root was not reported. It is a module too; its name, the empty string, counts as false: compare with None.",
)


NONE_FOR_FINE = Mistake(
    "none_for_fine",
    "where all is finite, the answer is None. The empty string is the name of the root.",
)


A_MODULE = Mistake(
    "a_module",
    "the class of a module, or the module itself. Return its name in named_modules().",
)


HOOKS_LEFT = Mistake(
    "hooks_left",
    "hooks stay on the model: every later call pays for them. Keep each handle, and remove it at the end.",
)


HOOKS_AFTER_ERROR = Mistake(
    "hooks_after_error",
    "hooks stay when the model raises an error. Remove them in a finally block.",
)


HOOKS_GONE = Mistake(
    "hooks_gone",
    "hooks of somebody else were removed. Remove only what you added: each handle has remove().",
)


MODE = Mistake(
    "mode",
    "the mode was changed: train() and eval() set every module. Leave the mode as it is.",
)
