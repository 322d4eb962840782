"""Checks of lesson 1: the mean over draws, its error, the path of a gradient, finite differences. Grader's side.

Most are identities over the draws that the learner's function gave to f. Error rates of the statistical judgements, per
check: a right answer fails with probability below 1e-9 (at most six bounds of 1e-10 are added up), a listed mistake
passes with probability below 1e-6 (with 2,000 draws, distribution functions may be 0.077 apart; a scale that is wrong
by a factor above 3 puts them 0.24 apart, which is missed with probability below 1e-40). A mean of draws is told from a
single draw by five calls with 10,000 draws: either is taken for the other with probability below 1e-6.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson01_sampling as samplers
from autograder.beside.lesson01_sampling import FUNCTIONS, after, recorded
from autograder.checking import Draws, Failure, check, describe_value
from autograder.errors import LearnerError
from autograder.learner import LearnerObject, beside

MEANS = 'Lesson 1, "The mean over draws"'
ERRORS = 'Lesson 1, "How wrong is the estimate?"'
PATHS = 'Lesson 1, "Draws with and without a path"'
ZEROS = 'Lesson 1, "A gradient of zeros"'
SLOPES = 'Lesson 1, "A slope from two sides"'

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""

Shapes = tuple[tuple[int, ...], ...]

FLOAT32 = "randn(n), and Normal or torch.normal of plain floats, draw in float32. Ask for dtype=torch.float64."
A_NUMBER = "item() or float() makes a number of it. Return the tensor."
NOT_AVERAGED = "the n values of f themselves. Return their mean."
F_OF_MEAN = "f of the mean, f(z.mean()), in place of the mean of f, f(z).mean(): apply f to each draw first."
ONE_DRAW = "f was given a single draw, whatever n is. Draw n numbers."
SUMMED = "the sum over the draws. Divide it by n."
AS_VARIANCE = "sigma is used as the variance: sqrt(sigma) scales the noise. sigma is the standard deviation itself."
SQUARED = "sigma**2 scales the noise: that is the variance. Multiply eps by sigma."
UNSCALED = "the noise is not scaled: sigma has no effect. Multiply eps by sigma."
MEAN_SCALED = "(eps + mu) * sigma: sigma stretches mu too. Scale eps alone, then add mu."
UNIFORM = "torch.rand draws uniform numbers from [0, 1). Normal noise comes from torch.randn."
NO_NOISE = "f was given mu itself: nothing random is added. Draw z from N(mu, sigma^2)."
REPEATED = "one draw repeated n times. Draw n numbers: torch.randn(n, dtype=torch.float64)."
SEED = "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's."

CONSTANT = "every sampler gets the same answer. The result must depend on the gradient that you find."
REQUIRES_GRAD = (
    "z.requires_grad (or z.grad_fn) alone: it says that z depends on something, not that it depends on mu. "
    "Ask for the gradient in mu."
)
NOT_NONE = "the gradient is not None, but it is zeros: there is a path, and it carries nothing. Look at its numbers."
RAISED = (
    "torch.autograd.grad stops with an error where there is no path. "
    "Ask z.requires_grad first, and pass allow_unused=True."
)
SUM_CANCELS = (
    "the gradient of one sum: what comes from several outputs, or goes to several elements of mu, may cancel. "
    "Ask output by output, or with random weights."
)
EVERY = "all() asks for every element. One derivative that is not zero is enough: any()."
TOLERANCE = "a tolerance: small derivatives count too. Compare with 0 exactly."
SIGN = "the sign: a negative derivative is a derivative too. Compare with 0 by !=."
FLAGGED = "requires_grad_() on mu itself. Work on a copy: mu.detach().clone().requires_grad_()."
FILLED = "backward() on mu itself fills mu.grad. Work on a copy: mu.detach().clone().requires_grad_()."

FORWARD = "a forward difference, (E at mu + h) - (E at mu), over 2h or h. The left side stands at mu - h."
BACKWARD = "a backward difference, (E at mu) - (E at mu - h), over 2h or h. The right side stands at mu + h."
ONE_H = "divided by h. The two sides are 2h apart: divide by 2h."
TIMES_H = "/ 2 * h multiplies by h. Put the divisor in brackets: / (2 * h)."
NOT_DIVIDED = "it is not divided by 2h: that is a difference, not a slope."
HALF_STEP = "the sides stand at mu + h/2 and mu - h/2. Here they stand at mu + h and mu - h, 2h apart."
TURNED = "the sign is turned: right side (mu + h) minus left side (mu - h)."
FRESH = "fresh noise on both sides. Draw eps once, and use the same eps for mu + h and for mu - h."
SHARED = "the noise is shared although common_noise is False. Draw new noise for the second side."


# monte_carlo


@check("monte_carlo", "shape", MEANS)
def monte_carlo_shape(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The estimate is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    cases: list[tuple[Any, Any, int]] = [(float(mu), float(sigma), 4), (mu, sigma, 4), (mu, float(sigma), 1)]
    with expect.untouched(mu=mu, sigma=sigma):
        for m, s, n in cases:
            [(result, z)] = beside(recorded, monte_carlo, "cube", 1, m, s, n)
            judge_estimate(result, z, n)
    judge_digits(beside(recorded, monte_carlo, "cube", 1, 0.0, 1.0, 4)[0][1])


@check("monte_carlo", "estimate", MEANS)
def monte_carlo_estimate(monte_carlo: LearnerObject, rng: Draws) -> None:
    """f is given n draws, and the estimate is the mean of the n values."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(2, 3))
    for kind, n in [("cube", 7), ("wave", 12)]:
        [(result, z)] = beside(recorded, monte_carlo, kind, 1, mu, sigma, n)
        if len(z) != n:
            likely = one_number(monte_carlo, mu, sigma) if len(z) == 1 else ""
            raise Failure(
                f"f was not given the right number of draws for n = {n}", f"{n} draws, each once", f"{len(z)}", likely
            )
        values = FUNCTIONS[kind](z.double())
        mistakes = {SUMMED: values.sum(), F_OF_MEAN: FUNCTIONS[kind](z.double().mean())}
        rule = "the mean of f over the draws that f was given"
        agrees(single(result), values.mean(), "the estimate", rule=rule, mistakes=mistakes)


@check("monte_carlo", "spread", MEANS)
def monte_carlo_spread(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws follow N(mu, sigma^2)."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(12, 18))
    [(_, z)] = beside(recorded, monte_carlo, "wave", 1, mu, sigma, 2_000)
    if len(z) != 2_000 or len(z.unique()) < 1_000:  # Not this check's matter: then 2,000 calls, one draw each.
        z = torch.cat([z for _, z in beside(recorded, monte_carlo, "wave", 2_000, mu, sigma, 1)])
    judge_spread(z.double() - mu, mu, sigma)


@check("monte_carlo", "draws", MEANS)
def monte_carlo_draws(monte_carlo: LearnerObject, rng: Draws) -> None:
    """The draws are fresh, within a call and from call to call."""
    mu, sigma = float(rng.uniform(3, 4)), float(rng.uniform(2, 3))
    two = [(z.double() - mu) / sigma for _, z in beside(recorded, monte_carlo, "wave", 2, mu, sigma, 400)]
    judge_fresh(*two)


def judge_estimate(result: Any, z: Tensor, n: int) -> None:
    """The result is a 0-dim float64 tensor, and so are the draws float64."""
    if isinstance(result, float | int):
        raise Failure("the estimate is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
    result = expect.shaped(result, (), "the estimate", {NOT_AVERAGED: (n,)} if n > 1 else None)
    for what, dtype in [("the estimate", result.dtype), ("what f was given", z.dtype)]:
        if dtype != torch.float64:
            raise Failure(f"{what} has the wrong dtype", "torch.float64", str(dtype), FLOAT32)


def judge_digits(z: Tensor) -> None:
    """Draws from N(0, 1) are the noise itself: they use all of float64's digits."""
    if torch.equal(z, z.float().double()) and z.any():
        what = "the draws are float64 and carry float32 noise"
        raise Failure(what, "noise drawn in float64", "every draw from N(0, 1) fits in float32", FLOAT32)


def single(result: Any) -> Tensor:
    """The estimate as a 0-dim float64 tensor, since only a shape check minds how it comes."""
    result = torch.as_tensor(result) if isinstance(result, float | int) else expect.tensor(result, "the estimate")
    if result.numel() != 1:
        likely = NOT_AVERAGED if result.numel() > 1 else ""
        raise Failure("the estimate is not a single number", "one number", describe_value(result), likely)
    return result.detach().double().reshape(())


def one_number(monte_carlo: LearnerObject, mu: float, sigma: float) -> str:
    """Why f was given one number: the mean of many draws lies close to mu, a draw does not five times in a row."""
    calls = beside(recorded, monte_carlo, "cube", 5, mu, sigma, 10_000)
    close = [abs(float(z.mean()) - mu) < 0.06 * sigma for _, z in calls if len(z) == 1]
    return F_OF_MEAN if len(close) == 5 and all(close) else ONE_DRAW


def judge_spread(noise: Tensor, mu: float, sigma: float) -> None:
    """z - mu has the spread of sigma * eps."""
    if not len(noise):
        raise Failure("f was never called", "n draws, each given to f once", "none")
    eps = noise / sigma
    wrong: expect.Alternatives = {
        AS_VARIANCE: noise / sigma**0.5,
        SQUARED: noise / sigma**2,
        UNSCALED: noise,
        MEAN_SCALED: (noise + mu) / sigma - mu,
        UNIFORM: lambda eps: eps.clamp(0, 1),
    }
    if not noise.any():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    expect.standard_normal(eps, "(z - mu) / sigma", mistakes=wrong)


def judge_fresh(first: Tensor, second: Tensor) -> None:
    """Noise of two calls is fresh, call by call and draw by draw; of single numbers, only the former can be asked."""
    if len(first) != len(second) or not len(first):
        observed = f"{len(first)} numbers, then {len(second)}"
        raise Failure("f was not given as many numbers by each call", "n draws a call", observed)
    if not first.any() and not second.any():
        raise Failure("z has no noise", "fresh draws from N(mu, sigma^2)", "mu itself", NO_NOISE)
    if len(first) < 400:
        if torch.equal(first, second):
            raise Failure("the draw is the same in every call", "a fresh draw", "the same draw twice", SEED)
        return
    expect.independent(torch.stack([first, second]), {"call": SEED, "draw": REPEATED}, "the noise")
    if (distinct := len(first.unique())) < 0.9 * len(first):
        raise Failure("draws are repeated", f"{len(first)} different draws", f"{distinct} different draws", REPEATED)


# standard_error


@check("standard_error", "shape", ERRORS)
def standard_error_shape(standard_error: LearnerObject, rng: Draws) -> None:
    """The standard error is a 0-dim float64 tensor, and the values are left alone."""
    for n in (2, 5):
        values = 3 + rng.normal(n)
        with expect.untouched(values=values):
            result = standard_error(values)
        if isinstance(result, float | int):
            raise Failure("the result is not a tensor", "a 0-dim tensor", f"the number {result:.5g}", A_NUMBER)
        expect.kept(result, values, "the result", shape=())


def errors(values: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The standard error of the mean, and what wrong formulas give."""
    n, deviation = len(values), values.std()
    biased = values.std(correction=0)
    likely = {
        "the standard deviation of the values: that of their mean is smaller. Divide by sqrt(n).": deviation,
        "divided by n. The variance is divided by n, so the standard deviation by sqrt(n).": deviation / n,
        "the variance of the mean. Take its square root.": deviation**2 / n,
        "the root of the mean square: the mean was not subtracted.": (values**2).mean().sqrt() / n**0.5,
        "the biased standard deviation, without / sqrt(n). Divide by n - 1 in the variance, then by n.": biased,
        "the variance with the divisor n is biased. Divide by n - 1, as correction=1 does.": biased / n**0.5,
        "the divisor n - 1 was used twice. The unbiased variance is divided by n.": deviation / (n - 1) ** 0.5,
    }
    return deviation / n**0.5, likely


@check("standard_error", "values", ERRORS)
def standard_error_values(standard_error: LearnerObject, rng: Draws) -> None:
    """The error falls as 1 / sqrt(n), whatever the mean is."""
    for n in (2_000, 32_000):
        values = 30 + 3 * rng.normal(n)
        right, mistakes = errors(values)
        # At these n, the biased variance is right to three digits: it has a check of its own.
        expect.close(
            single(standard_error(values.clone())), right, f"the result for n = {n}", rtol=1e-3, mistakes=mistakes
        )


@check("standard_error", "unbiased", ERRORS)
def standard_error_unbiased(standard_error: LearnerObject, rng: Draws) -> None:
    """The variance has the divisor n - 1: it shows for n from 2 to 5."""
    samples = [3 + rng.normal(n) for n in (2, 3, 4, 5)]
    # All four at once: at n = 2, several mistakes give the same number.
    found = torch.stack([single(standard_error(values.clone())) for values in samples])
    right = torch.stack([errors(values)[0] for values in samples])
    mistakes = {
        sentence: torch.stack([errors(values)[1][sentence] for values in samples]) for sentence in errors(samples[0])[1]
    }
    agrees(found, right, "the result for n = 2, 3, 4 and 5", mistakes=mistakes, atol=1e-7)


# gradient_reaches


def asked(gradient_reaches: LearnerObject, sampler: Any, mu: Tensor) -> Any:
    """The answer; None for an error that says that there is no path."""
    try:
        # Not the learner's type, which has a check of its own.
        answer = gradient_reaches(sampler, mu.clone())
    except LearnerError as error:
        if "does not require grad" in error.message or "appears to not have been used" in error.message:
            return None
        raise
    return answer if answer is None or isinstance(answer, LearnerObject) else judged(answer)


def judged(answer: Any) -> Any:
    """True or False, for whatever has a truth value."""
    if isinstance(answer, Tensor) and answer.numel() != 1:
        return answer
    return bool(answer)


def judge_answers(
    gradient_reaches: LearnerObject, rng: Draws, right: bool, zoo: dict[Any, str], shapes: Shapes = ((), (3,), (2, 2))
) -> None:
    """The answer is ``right`` for every sampler of ``zoo``, and not the same for all that there are."""
    for shape in shapes:
        mu = 2 + rng.normal(*shape)
        for sampler, likely in zoo.items():
            answer = asked(gradient_reaches, sampler, mu)
            if answer is right:
                continue
            what = f"the answer is wrong for a sampler that returns\n  {sampler.__doc__}"
            observed = "an error, or None" if answer is None else describe_value(answer)
            raise Failure(what, str(right), observed, RAISED if answer is None else likely)
    judge_difference(gradient_reaches, mu)


def judge_difference(gradient_reaches: LearnerObject, mu: Tensor) -> None:
    """Not one answer for all: True with a path, and not True for each of three samplers without one."""
    cut = (samplers.drawn, samplers.normal_of_torch, samplers.noise_alone)
    without = {asked(gradient_reaches, sampler, mu) for sampler in cut}
    if asked(gradient_reaches, samplers.placed, mu) is not True or without == {True}:
        expected = "True with a path and False without one"
        raise Failure("samplers with and without a path get the same answer", expected, "one answer for all", CONSTANT)


def goes_by_flag(gradient_reaches: LearnerObject, rng: Draws) -> bool:
    """Whether the answer is True for a draw that requires grad and has nothing to do with mu."""
    return asked(gradient_reaches, samplers.through_scale_unused, 2 + rng.normal(3)) is True


@check("gradient_reaches", "type", PATHS)
def gradient_reaches_type(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """The answer is a bool: True or False."""
    mu = 2 + rng.normal(3)
    for sampler in (samplers.placed, samplers.normal_of_torch):
        answer = gradient_reaches(sampler, mu.clone())
        if not isinstance(answer, bool):
            likely = "a tensor or an array. bool(...) makes True or False of it." if hasattr(answer, "dtype") else ""
            likely = "a missing return." if answer is None else likely
            raise Failure("the answer is no bool", "True or False", describe_value(answer), likely)
    judge_difference(gradient_reaches, mu)


@check("gradient_reaches", "open", PATHS)
def gradient_reaches_open(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True when any output depends on any element of mu, however weakly, and with whatever sign."""
    zoo = {
        samplers.placed: "",
        samplers.drawn_with_path: "",
        samplers.many_rows: "",
        samplers.with_other_parameter: "",
        samplers.falling: SIGN,
        samplers.in_one_number: EVERY,
        samplers.in_one_output: EVERY,
        samplers.faint: TOLERANCE,
    }
    judge_answers(gradient_reaches, rng, True, zoo)


@check("gradient_reaches", "cut", PATHS)
def gradient_reaches_cut(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw has no history, or when mu is not used, and no error."""
    cut = (samplers.drawn, samplers.detached, samplers.without_grad, samplers.compared, samplers.noise_alone)
    judge_answers(gradient_reaches, rng, False, dict.fromkeys(cut, ""))


@check("gradient_reaches", "elsewhere", PATHS)
def gradient_reaches_elsewhere(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the draw requires grad through something else only."""
    likely = REQUIRES_GRAD if goes_by_flag(gradient_reaches, rng) else ""
    zoo = dict.fromkeys((samplers.through_scale, samplers.through_scale_unused), likely)
    judge_answers(gradient_reaches, rng, False, zoo)


@check("gradient_reaches", "zeros", ZEROS)
def gradient_reaches_zeros(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """False when the gradient is zeros, as for torch.normal."""
    content = asked(gradient_reaches, samplers.times_zero, 2 + rng.normal(3)) is True
    likely = REQUIRES_GRAD if goes_by_flag(gradient_reaches, rng) else NOT_NONE if content else ""
    zoo = dict.fromkeys((samplers.normal_of_torch, samplers.rounded, samplers.times_zero), likely)
    judge_answers(gradient_reaches, rng, False, zoo)


@check("gradient_reaches", "cancelling", PATHS)
def gradient_reaches_cancelling(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """True also when the gradient of a sum of outputs, or a sum over mu, is zero."""
    zoo = dict.fromkeys((samplers.mirrored, samplers.difference, samplers.on_circle), SUM_CANCELS)
    judge_answers(gradient_reaches, rng, True, zoo, shapes=((3,), (2, 2)))


@check("gradient_reaches", "inputs", PATHS)
def gradient_reaches_inputs(gradient_reaches: LearnerObject, rng: Draws) -> None:
    """mu, its requires_grad and its .grad are what they were, whether mu requires grad or not."""
    for sampler in (samplers.placed, samplers.normal_of_torch):
        for requires in (False, True):
            mu = (2 + rng.normal(3)).requires_grad_(requires)
            before = mu.detach().clone()
            _, values, flag, grad = beside(after, gradient_reaches, sampler, mu)
            if flag is not requires:
                raise Failure("mu.requires_grad was changed", str(requires), str(flag), FLAGGED)
            if grad is not None:
                raise Failure("mu.grad was changed", "mu.grad as it was before the call", "a gradient in it", FILLED)
            agrees(values, before, "mu after the call", rule="mu as it was")


# finite_difference


def sides(function: LearnerObject, *args: Any) -> tuple[Tensor, Tensor, Any]:
    """The draws on the left and on the right in ascending order, and the result.

    args: kind, mu, sigma, n, h, common_noise, with h so large that the sides cannot overlap.
    """
    kind, _, _, n, _, _ = args
    [(result, z)] = beside(recorded, function, kind, 1, *args[1:])
    if len(z) != 2 * n:
        likely = "f of the mean in place of the mean of f, or one draw a side." if len(z) == 2 else ""
        expected = f"{2 * n}: n draws on each side, each once"
        raise Failure(f"f was not given the right number of draws for n = {n}", expected, f"{len(z)}", likely)
    z = z.double().sort().values
    return z[:n], z[n:], result


def slopes(kind: str, mu: float, h: float) -> dict[str, Tensor]:
    """What wrong formulas give where there is no noise."""

    def f(z: float) -> Tensor:
        return FUNCTIONS[kind](torch.tensor(z, dtype=torch.float64))

    right, left, middle = f(mu + h), f(mu - h), f(mu)
    return {
        ONE_H: (right - left) / h,
        TIMES_H: (right - left) / 2 * h,
        NOT_DIVIDED: right - left,
        TURNED: (left - right) / (2 * h),
        HALF_STEP: (f(mu + h / 2) - f(mu - h / 2)) / h,
        FORWARD: (right - middle) / h,
        BACKWARD: (middle - left) / h,
        FORWARD + " ": (right - middle) / (2 * h),
        BACKWARD + " ": (middle - left) / (2 * h),
    }


@check("finite_difference", "shape", SLOPES)
def finite_difference_shape(finite_difference: LearnerObject, rng: Draws) -> None:
    """The slope is a 0-dim float64 tensor, for floats and for tensors, and the draws are float64."""
    mu, sigma = rng.uniform(2, 3), rng.uniform(1, 2)
    with expect.untouched(mu=mu, sigma=sigma):
        for common in (True, False):
            for m, s, n in [(float(mu), float(sigma), 4), (mu, sigma, 4), (mu, float(sigma), 1)]:
                [(result, z)] = beside(recorded, finite_difference, "cube", 1, m, s, n, 0.5, common)
                judge_estimate(result, z, n)
            # With mu = h, the left side stands at 0: its draws are the noise itself.
            [(_, z)] = beside(recorded, finite_difference, "cube", 1, 128.0, 1.0, 8, 128.0, common)
            judge_digits(z[z < 64])


@check("finite_difference", "central", SLOPES)
def finite_difference_central(finite_difference: LearnerObject, rng: Draws) -> None:
    """The difference of the means at mu + h and mu - h is divided by 2h."""
    mu, h = float(rng.uniform(1, 2)), float(rng.uniform(0.4, 0.6))
    for common in (True, False):
        # Nearly no noise: the formula stands alone.
        [(result, _)] = beside(recorded, finite_difference, "cube", 1, mu, 1e-9, 3, h, common)
        what = f"the slope of z^3 at mu = {mu:.4g} for h = {h:.4g} and almost no noise"
        agrees(single(result), 3 * mu**2 + h**2, what, mistakes=slopes("cube", mu, h))
        # With noise, for a left side at mu - h or not: what is averaged is what f was given.
        step, n = 300.0, 5
        left, right, result = sides(finite_difference, "wave", mu, 2.0, n, step, common)
        if float((right - left).mean()) < step + 100:  # A side stands elsewhere, and the first call has said so.
            continue
        found = (FUNCTIONS["wave"](right).mean() - FUNCTIONS["wave"](left).mean()) / (2 * step)
        expect.close(single(result), found, "the slope", rule="(right mean - left mean) / (2 h)", rtol=1e-5)


@check("finite_difference", "common", SLOPES)
def finite_difference_common(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=True, both sides use the same noise."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, True)
    apart = right - left
    if float(apart.max() - apart.min()) > 1e-3:
        expected = "every draw on the right has its partner on the left, the same distance away"
        observed = f"sorted, they are from {apart.min():.4f} to {apart.max():.4f} apart"
        raise Failure("the two sides do not share their noise", expected, observed, FRESH)


@check("finite_difference", "fresh", SLOPES)
def finite_difference_fresh(finite_difference: LearnerObject, rng: Draws) -> None:
    """With common_noise=False, each side has noise of its own."""
    mu, sigma = float(rng.uniform(1, 2)), float(rng.uniform(1, 2))
    left, right, _ = sides(finite_difference, "cube", mu, sigma, 200, 100.0, False)
    apart = right - left
    if float(apart.max() - apart.min()) <= 1e-3:
        observed = "every draw on the right has a partner on the left, the same distance away"
        raise Failure("the two sides share their noise", "noise of its own for each side", observed, SHARED)


@check("finite_difference", "noise", MEANS)
def finite_difference_noise(finite_difference: LearnerObject, rng: Draws) -> None:
    """The draws of a side follow N(its mean, sigma^2), and are fresh within a call and from call to call."""
    mu, sigma, h = float(rng.uniform(3, 4)), float(rng.uniform(12, 18)), 1e4
    for common in (True, False):
        calls = beside(recorded, finite_difference, "wave", 2, mu, sigma, 2_000, h, common)
        noise = [offset(z.double(), mu, h) for _, z in calls]
        judge_fresh(*(eps / sigma for eps in noise))
        judge_spread(noise[0], mu, sigma)


def offset(z: Tensor, mu: float, h: float) -> Tensor:
    """The draws of the left side, each less its mean, in the order of drawing; the mean may be a mistaken one."""
    left = z[z < z.mean()]
    centres = torch.tensor([mu - h, mu - h / 2, mu], dtype=torch.float64)
    return left - centres[(left.median() - centres).abs().argmin()] if len(left) else left
