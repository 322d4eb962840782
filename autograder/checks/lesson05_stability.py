"""Checks of lesson 5: clamps, softplus, losses from logits, means of exponentials, hunting a NaN. Grader's side.

No check here is statistical: all are identities or bounds, element by element, at private inputs. No input lies on the
border of a clamp, at a logit of 0, or at any other place where right answers have different derivatives.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson05_stability import remains, search
from autograder.checking import Draws, Failure, check, describe_value
from autograder.checks import stability_mistakes as wrong
from autograder.checks.stability_mistakes import slopes_of, values_of
from autograder.learner import LearnerObject, beside

in_lesson = 'Lesson 5, "{}"'.format
RANGE = in_lesson("Keep logvar in a safe range")
BEND = in_lesson("A clamp that still listens")
ROAD = in_lesson("Another road to a positive number")
LOGITS = in_lesson("Stay with the logits")
MEANS = in_lesson("The mean of very small numbers")
HUNT = in_lesson("Who was the first?")

CLAMPED, BENT, SIGMA, LOSS, MEAN = (
    "the clamped logvar",
    "the softly clamped logvar",
    "sigma",
    "the loss",
    "the log-mean-exp",
)


def keeps(function: LearnerObject, what: str, *inputs: Tensor) -> None:
    """``function`` keeps shape, dtype and device of its first input, and leaves its inputs alone."""
    names = ("logits", "x") if len(inputs) == 2 else ("raw",) if what == SIGMA else ("logvar",)
    with expect.untouched(**dict(zip(names, inputs, strict=True))):
        output, shape = function(*inputs), tuple(inputs[0].shape)
    expect.kept(output, inputs[0], f"{what} for an input of shape {shape}", mistakes=reduced(inputs[0]))
    expect.device_kept(function, *inputs, what=what)


def reduced(like: Tensor) -> dict[str, tuple[int, ...]]:
    """The shapes of an answer that should be elementwise, and sums or averages."""
    return {wrong.REDUCED: (), wrong.REDUCED_ROWS: tuple(like.shape[:-1])}


def value(function: LearnerObject, what: str, at: Tensor, *more: Tensor, **options: float) -> Tensor:
    """What an elementwise ``function`` returns for copies of its inputs, as float64."""
    output = function(*(item.clone() for item in (at, *more)), **options)
    return expect.shaped(output, tuple(at.shape), what, reduced(at)).double()


def slope(function: LearnerObject, what: str, name: str, at: Tensor, *more: Tensor, zero: str = "") -> Tensor:
    """The derivative of an elementwise ``function`` in its first input, called ``name``, as float64."""
    at = at.detach().requires_grad_()
    output = expect.shaped(function(at, *more), tuple(at.shape), what, reduced(at))
    # Weights that differ, lest an answer that sums or averages over elements passes; a float32 gradient keeps them.
    weights = torch.linspace(1, 2, at.numel(), dtype=output.dtype).reshape(at.shape)
    return expect.gradients(output, {name: at}, weights, cut=wrong.CUT, zero=zero)[name].double() / weights.double()


def finite(found: Tensor, at: Tensor, what: str, name: str, expected: str, likely: str = "") -> None:
    """No element of ``found`` is nan or infinite; the message says at which input one is."""
    bad = ~found.isfinite()
    if bad.any():
        observed = f"{found[bad][0]} at {name} = {at[bad][0]:.6g}   ({int(bad.sum())} of {bad.numel()} elements)"
        raise Failure(f"{what} is not finite", expected, observed, likely)


def closest(found: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The number between ``low`` and ``high`` that is closest to ``found``."""
    return torch.where(found.isnan(), low, found.clamp(low, high))


def grid(rng: Draws, low: float, high: float, n: int) -> Tensor:
    """``n`` evenly spaced float64 numbers between ``low`` and ``high``, all shifted by the same random distance."""
    step = (high - low) / (n + 1)
    return low + step * (torch.arange(n, dtype=torch.float64) + 1 + 0.5 * rng.uniform(-1, 1))


# clamp_logvar


def three_ranges(rng: Draws, low: float, high: float) -> Tensor:
    """Numbers below, inside and above an interval, none of them near its border."""
    margin, far = (high - low) / 10, rng.uniform(1, 12, 2, 6, 4)
    return torch.cat([low - far[0], grid(rng, low + margin, high - margin, 24).reshape(6, 4), high + far[1]])


@check("clamp_logvar", "shape", RANGE)
def clamp_logvar_shape(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float16)]:
        keeps(clamp_logvar, CLAMPED, 20 * rng.normal(*shape, dtype=dtype))


@check("clamp_logvar", "values", RANGE)
def clamp_logvar_values(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """logvar is unchanged between low and high, and limited to them outside."""
    for low, high in [(-10.0, 10.0), (-3.0, 5.0), (1.5, 6.5)]:
        x = three_ranges(rng, low, high)
        found = value(clamp_logvar, CLAMPED, x, **({} if low == -10 else {"low": low, "high": high}))
        what, rule = f"{CLAMPED} for low = {low:g}, high = {high:g}", "logvar, limited to low and high"
        mistakes = values_of(wrong.LIMITS, x, low, high)
        expect.close(found, x.clamp(low, high), what, rule=rule, mistakes=mistakes)


@check("clamp_logvar", "gradients", RANGE)
def clamp_logvar_gradients(clamp_logvar: LearnerObject, rng: Draws) -> None:
    """The gradient is 1 inside the interval and 0 outside, however far."""
    what, rule = "the gradient in logvar", "1 where logvar is between the bounds, 0 outside"
    x = three_ranges(rng, -10, 10)
    found = slope(clamp_logvar, CLAMPED, "logvar", x, zero=wrong.SWAPPED)
    passes = expect.recognise(value(clamp_logvar, CLAMPED, x), None, {wrong.PASSES: x.clamp(-10, 10)})
    mistakes = {passes: torch.ones_like(x)} if passes else {}
    mistakes |= slopes_of(wrong.LIMITS, x, -10.0, 10.0)
    expect.close(found, (x.abs() < 10).double(), what, rule=rule, mistakes=mistakes)
    far = torch.cat([rng.uniform(-400, -200, 4), rng.uniform(-9, 9, 4), rng.uniform(200, 400, 4)]).float()
    found = slope(clamp_logvar, CLAMPED, "logvar", far)
    finite(found, far, what, "logvar", rule, wrong.THROUGH_EXP)
    expect.close(found, (far.abs() < 10).double(), what, rule=rule)


# soft_clamp


@check("soft_clamp", "shape", BEND)
def soft_clamp_shape(soft_clamp: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of logvar, and logvar is left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float32)]:
        keeps(soft_clamp, BENT, 8 * rng.normal(*shape, dtype=dtype))


@check("soft_clamp", "middle", BEND)
def soft_clamp_middle(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| < 5 the result is logvar itself, to 0.05."""
    x = grid(rng, -5, 5, 400)
    found = value(soft_clamp, BENT, x)
    likely = expect.recognise(found, x, values_of(wrong.BENDS, x), rtol=1e-4, atol=1e-4)
    mistakes = {likely: found} if likely else {}
    what, rule = f"{BENT}, for |logvar| < 5,", "logvar to within 0.05"
    expect.close(found, x, what, rule=rule, rtol=0, atol=0.05, mistakes=mistakes)


@check("soft_clamp", "bounds", BEND)
def soft_clamp_bounds(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 the result stays within the bounds, to 1e-6, and never falls as logvar rises."""
    x = grid(rng, -50, 50, 1_000)
    found = value(soft_clamp, BENT, x)
    finite(found, x, BENT, "logvar", "a number between -10 and 10")
    worst = int(found.abs().argmax())
    if found[worst].abs() > 10 + 1e-6:
        likely = expect.recognise(found, None, {wrong.UNLIMITED: x})
        observed = f"{found[worst]:.8g} at logvar = {x[worst]:.4g}"
        raise Failure(f"{BENT} leaves the bounds", "a number between -10 and 10, to 1e-6", observed, likely)
    i = int(found.diff().argmin())
    if found[i + 1] - found[i] < -1e-9:
        observed = f"it falls from {found[i]:.6g} at {x[i]:.4g} to {found[i + 1]:.6g} at {x[i + 1]:.4g}"
        raise Failure(f"{BENT} falls where logvar rises", "a curve that never falls", observed)


@check("soft_clamp", "gradients", BEND)
def soft_clamp_gradients(soft_clamp: LearnerObject, rng: Draws) -> None:
    """For |logvar| <= 50 in float64 the gradient is positive, is the slope of the result, and has no jumps."""
    what, wide, near = "the gradient of the soft clamp", grid(rng, -50, 50, 500), grid(rng, -16, 16, 3_200)
    found, bent = slope(soft_clamp, BENT, "logvar", torch.cat([wide, near])), value(soft_clamp, BENT, near)
    _positive(found, torch.cat([wide, near]), what, _flattened(bent, near))
    found = found[len(wide) :]
    i = int(found.diff().abs().argmax())
    if found.diff()[i].abs() > 0.2:
        observed = f"from {found[i]:.4g} to {found[i + 1]:.4g} near logvar = {near[i]:.4g}"
        raise Failure(f"{what} jumps", "a smooth curve, whose gradient changes gradually", observed)
    rise, between = bent.diff() / near.diff(), (found[1:] + found[:-1]) / 2
    i = int((rise - between).abs().argmax())
    if not (rise - between)[i].abs() <= 0.25:
        observed = f"gradient {between[i]:.4g}, slope {rise[i]:.4g} at logvar = {near[i]:.4g}"
        raise Failure(f"{what} is not the slope of its values", "the two are the same", observed, wrong.STAIRS)


def _positive(found: Tensor, x: Tensor, what: str, likely: str) -> None:
    bad = ~(found > 0)
    if bad.any():
        i = int(torch.where(bad, x.abs(), torch.inf).argmin())
        observed = f"{found[i]:.4g} at logvar = {x[i]:.5g}   ({int(bad.sum())} of {len(x)} elements)"
        raise Failure(f"{what} is not positive", "more than 0 for |logvar| <= 50, in float64", observed, likely)


def _flattened(bent: Tensor, x: Tensor) -> str:
    """Why a curve that is known by its values has no gradient far out."""
    known = expect.recognise(bent, None, values_of(wrong.BENDS, x), rtol=1e-4, atol=1e-4)
    if not known and torch.allclose(bent, F.softplus(x + 10) - F.softplus(x - 10) - 10, atol=1e-6):
        return wrong.CANCELS
    return wrong.SATURATED if "tanh" in known or "sigmoid" in known else wrong.HARD if known == wrong.HARD else ""


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


# first_nonfinite

NAMES = ("alpha", "beta", "stem", "core", "pool", "norm", "left", "right")
CLASSES = ("Spoil", "Linear", "Sequential", "Steps", "Pack", "Reciprocal")
MODELS = {
    "nested": "a module inside two containers returns {}",
    "reordered": "three modules return {}, and the one that is registered first does not run first",
    "masked": "one module returns {}, and the next one replaces it by a finite number",
    "twice": "one module runs twice, and returns {} the first time only",
    "tuple": "one module returns a tuple with {} in it",
    "list": "one module returns a list with {} in it",
    "dict": "one module returns a dict with {} in it",
    "mixed": "one module returns a tuple, with a dict, with a list, with a tuple with {} in it",
    "counts": "all is finite, and some outputs are whole numbers, truth values or None",
    "alone": "there is one module only, which returns {}",
    "root": "all parts are finite, and the model itself makes nan in its forward",
    "unused": "all outputs are finite, and a module that never runs has parameters that are {}",
    "fine": "all is finite",
}
Answers = dict[str | None, str]
"""Wrong answers for one model, and what each is a sign of."""


def four_names(rng: Draws) -> list[str]:
    """Different names for modules."""
    return [NAMES[int(i)] for i in rng.uniform(0, 1, len(NAMES)).argsort()[:4]]


def judge_name(
    function: LearnerObject, kind: str, called: list[str], bad: float, right: str | None, signs: Answers
) -> None:
    """``function`` names the module ``right`` of a model of this kind, whose modules are ``called`` so."""
    answer = beside(search, function, kind, called, bad)
    if type(answer) is type(right) and answer == right:
        return
    if answer in CLASSES or not (answer is None or isinstance(answer, str)):
        likely = wrong.A_MODULE
    else:
        likely = _blind_to(function, called) or signs.get(answer, "")
    what = f"the answer is wrong where {MODELS[kind].format(bad)}"
    raise Failure(what, repr(right), describe_value(answer), likely)


def _blind_to(function: LearnerObject, called: list[str]) -> str:
    """What an answer that was wrong once never looks at, or ''."""
    _, b, c, d = called
    asked = {(kind, bad): beside(search, function, kind, called, bad) for kind, bad in PROBES}
    if asked["unused", math.nan] in (b, f"{b}.weight", f"{b}.bias"):
        return wrong.PARAMETERS
    found = [asked["nested", bad] == f"{b}.{c}.{d}" for bad in (math.inf, math.nan)]
    return wrong.ISINF if found == [True, False] else wrong.ISNAN if found == [False, True] else ""


PROBES = (("unused", math.nan), ("nested", math.inf), ("nested", math.nan))


@check("first_nonfinite", "order", HUNT)
def first_nonfinite_order(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The name is that of the first module, in order of execution, whose output is not finite."""
    a, b, c, d = called = four_names(rng)
    containers: Answers = {"": wrong.CONTAINER, b: wrong.CONTAINER, f"{b}.{c}": wrong.CONTAINER}
    nested = containers | {d: wrong.LAST_PART, f"{b}.{c}.{a}": wrong.LATER, c: wrong.LATER}
    for bad in (math.inf, math.nan):
        judge_name(first_nonfinite, "nested", called, bad, f"{b}.{c}.{d}", nested)
    signs: Answers = {"": wrong.CONTAINER, a: wrong.REGISTERED, d: wrong.LATER}
    judge_name(first_nonfinite, "reordered", called, -math.inf, c, signs)
    judge_name(first_nonfinite, "masked", called, math.nan, b, {None: wrong.OWN_OUTPUT})
    signs = {None: wrong.OVERWRITTEN, b: wrong.CONTAINER, c: wrong.LAST_PART}
    judge_name(first_nonfinite, "twice", called, math.inf, f"{b}.{c}", signs)


@check("first_nonfinite", "outputs", HUNT)
def first_nonfinite_outputs(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """Tuples, lists and dicts are searched, and what is no floating-point number is finite."""
    called = four_names(rng)
    for kind, bad in [("tuple", math.inf), ("list", math.nan), ("dict", -math.inf), ("mixed", math.nan)]:
        judge_name(first_nonfinite, kind, called, bad, called[1], {None: wrong.INSIDE})
    judge_name(first_nonfinite, "counts", called, 0.0, None, {"": wrong.NONE_FOR_FINE})


@check("first_nonfinite", "edges", HUNT)
def first_nonfinite_edges(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model's own name is the empty string, and None says that all outputs are finite."""
    called = four_names(rng)
    judge_name(first_nonfinite, "fine", called, 0.0, None, {"": wrong.NONE_FOR_FINE})
    judge_name(first_nonfinite, "unused", called, math.nan, None, {"": wrong.NONE_FOR_FINE})
    for kind in ("alone", "root"):
        judge_name(first_nonfinite, kind, called, math.inf, "", {None: wrong.ROOT_MISSED})


@check("first_nonfinite", "hooks", HUNT)
def first_nonfinite_hooks(first_nonfinite: LearnerObject, rng: Draws) -> None:
    """The model is as it was: no hook is added, also after an error, and modes and numbers are the same."""
    called = four_names(rng)
    for kind, likely in [("fine", wrong.HOOKS_LEFT), ("nested", wrong.HOOKS_LEFT), ("broken", wrong.HOOKS_AFTER_ERROR)]:
        when = "after an error in the model" if kind == "broken" else "after the search"
        before, after = beside(remains, first_nonfinite, kind, called, math.inf)
        added = int(after["hooks"]) - int(before["hooks"])
        if added:
            observed = f"{abs(added)} {'more' if added > 0 else 'fewer'} than before"
            reason = likely if added > 0 else wrong.HOOKS_GONE
            raise Failure(f"the number of hooks on the model changed {when}", "as many as before", observed, reason)
        if before["modes"] != after["modes"]:
            raise Failure(f"modules changed their mode {when}", "the modes of before", "others", wrong.MODE)
        if not torch.equal(before["numbers"], after["numbers"]) or before["gradients"] != after["gradients"]:
            expected = "parameters, buffers and gradients of before"
            raise Failure(f"the numbers of the model changed {when}", expected, "others")
