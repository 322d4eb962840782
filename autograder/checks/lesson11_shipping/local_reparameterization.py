"""local_reparameterization: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.judging import reached
from autograder.checks.lesson04_kl_elbo.mistakes import CUT
from autograder.checks.lesson11_shipping.noise import CPU, FIXED, FLOAT32, UNIFORM, judge_digits
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("local_reparameterization", reread="Noise for every row, without a weight for every row")

ROWS, IN, OUT, REPEATS = 5, 4, 3, 4_000
OUTPUT, NOISE = "the output", "the noise (out - mean) / standard deviation"

ONE_WEIGHT = Mistake(
    "one_weight", "one W for the whole batch: equal rows get equal outputs. Each row needs noise of its own."
)
ONE_EPS = Mistake("one_eps", "one row of eps serves all rows of the batch. Draw it in the shape of the output.")
ONE_FOR_OUTPUTS = Mistake("one_for_outputs", "one eps serves all outputs of a row. Draw it in the shape of the output.")
LARGE_GUARD = Mistake(
    "large_guard",
    "a row of zeros gets noise: what keeps the root away from 0 is too large. Inside the root, 1e-30 will do.",
)
NO_BIAS = Mistake("no_bias", "the bias is missing. The mean is x W^T + b.")
NO_NOISE = Mistake("no_noise", "x W^T + b alone: nothing random is added.")
NAN_AT_ZERO = Mistake(
    "nan_at_zero",
    "the root of 0 has an infinite slope, and 0 times that is nan. Keep its argument away from 0, before the root.",
)
DEVIATIONS_ADD = Mistake(
    "deviations_add", "|x| sigma^T: standard deviations do not add. Variances do: x^2 (sigma^2)^T, then the root."
)
SIGNED = Mistake("signed", "x sigma^T: squares are missing. Variances add: x^2 (sigma^2)^T, then the root.")
SIGMA_AS_VARIANCE = Mistake(
    "sigma_as_variance", "x^2 sigma^T: sigma is a standard deviation. Square it before you add."
)
NO_ROOT = Mistake("no_root", "the variance scales eps. Its root is the standard deviation.")
UNSCALED = Mistake("unscaled", "eps is not scaled. Multiply it by the root of x^2 (sigma^2)^T.")
X_UNSQUARED = Mistake(
    "x_unsquared", "|x| (sigma^2)^T: x is to be squared too, as x sigma eps has variance x^2 sigma^2."
)
SCALES = {
    DEVIATIONS_ADD: lambda x, sigma: x.abs() @ sigma.mT,
    SIGNED: lambda x, sigma: (x @ sigma.mT).abs(),
    SIGMA_AS_VARIANCE: lambda x, sigma: (x.square() @ sigma.mT).sqrt(),
    NO_ROOT: lambda x, sigma: x.square() @ sigma.square().mT,
    X_UNSQUARED: lambda x, sigma: (x.abs() @ sigma.square().mT).sqrt(),
    UNSCALED: lambda x, sigma: torch.ones(len(x), len(sigma), dtype=x.dtype),
}
"""What eps may be multiplied with in place of the standard deviation."""

Inputs = tuple[Tensor, ...]
"""x, weight, sigma, bias."""


def inputs(rng: Draws, rows: int = ROWS, spread: float = 1.0) -> Inputs:
    """Inputs of both signs and several sizes, and sigmas that differ tenfold."""
    x = rng.uniform(0.3, 2, rows, IN) * rng.normal(rows, IN).sign()
    sigma = spread * torch.exp(rng.uniform(-1.6, 0.7, OUT, IN))
    return x, rng.normal(OUT, IN), sigma, rng.normal(OUT)


def above_one(rng: Draws) -> Inputs:
    """Inputs of which x and sigma are above 1 in size, so that none of them passes for its square or for its root."""
    x, weight, sigma, bias = inputs(rng)
    return x + x.sign(), weight, 1 + 2 * sigma, bias


def mean_of(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The mean of the output."""
    return x @ weight.mT + bias


def called(answer: LearnerObject, given: Inputs, what: str = OUTPUT) -> Tensor:
    """What an answer returns, (batch, out)."""
    return expect.shaped(answer(*given), (len(given[0]), len(given[3])), what)


def noise_of(answer: LearnerObject, given: Inputs) -> Tensor:
    """(out - mean) of an answer, for rows that are repeated; (repeats, rows, out)."""
    x, weight, sigma, bias = given
    out = called(answer, (x.repeat(REPEATS, 1), weight, sigma, bias)).detach().double()
    return out.reshape(REPEATS, len(x), OUT) - mean_of(x, weight, bias)


def judge_repeats(noise: Tensor, x: Tensor) -> None:
    """Noise of repeated rows is another for each repetition; (repeats, rows, out)."""
    if not noise.abs().max() > 1e-9:
        raise Failure(f"{OUTPUT} has no noise", "a fresh draw for each row", "x W^T + b", NO_NOISE)
    if (noise[1:] - noise[0]).abs().max() < 1e-9:
        # Five rows of four numbers: what one weight makes of them lies on a plane.
        off = x @ torch.linalg.lstsq(x, noise[0]).solution - noise[0]
        shared = (
            ONE_WEIGHT if off.abs().max() < 1e-6 else ONE_EPS if (noise[0].sign() == noise[0, 0].sign()).all() else None
        )
        raise Failure("equal rows get the same noise", "noise of its own for each row", "no difference", shared)


@exercise.check
def distribution(local_reparameterization: LearnerObject, rng: Draws) -> None:
    """Each output is normal with mean x W^T + b and variance x^2 (sigma^2)^T, in the dtype and on the device of x."""
    for rows, dtype in ((5, torch.float32), (1, torch.float64)):
        given = tuple(value.to(dtype) for value in inputs(rng, rows))
        with expect.untouched(**dict(zip(("x", "weight", "sigma", "bias"), given, strict=True))):
            result = local_reparameterization(*given)
        expect.kept(result, given[0], f"{OUTPUT} for x of shape {(rows, IN)}", (rows, OUT))
    expect.device_kept(local_reparameterization, *given, what=OUTPUT, likely=CPU)
    still = inputs(rng, spread=1e-12)
    first, second = (called(local_reparameterization, still).detach() for _ in range(2))
    if torch.allclose(first, second, 1e-3, 1e-3):  # else it is the noise that is to be looked at first
        judge_mean(first, still)
    given = above_one(rng)
    x, _, sigma, _ = given
    noise = noise_of(local_reparameterization, given)
    judge_repeats(noise, x)
    deviation = (x.square() @ sigma.square().mT).sqrt()
    root = 3**0.5
    wrong: expect.Alternatives = [
        *((mistake, noise / scale(x, sigma)) for mistake, scale in SCALES.items() if is_one(noise / scale(x, sigma))),
        (UNIFORM, lambda value: ((value / root + 1) / 2).clamp(0, 1)),
    ]
    eps = noise / deviation
    expect.standard_normal(eps, NOISE, mistakes=wrong)
    for row in range(ROWS):
        expect.standard_normal(eps[:, row], f"{NOISE} of row {row}")
    judge_digits(eps, NOISE)
    judge_mean(first, still)


def is_one(eps: Tensor) -> bool:
    """Whether noise has mean square 1 for every row and output.

    Of 4,000 squares the mean is off by 0.12, five standard deviations, once in ten million.
    """
    return bool(((eps.square().mean(0) - 1).abs() < 0.12).all())


def judge_mean(observed: Tensor, still: Inputs) -> None:
    """Where sigma is next to nothing, the output is its mean."""
    mistakes = exercise.mistaken(lambda answer: called(answer, still))
    right, what = mean_of(still[0], still[1], still[3]), f"{OUTPUT} for sigma near 0"
    expect.close(observed, right, what, rule="x W^T + b", rtol=1e-3, atol=1e-3, mistakes=mistakes, alike=1e-3)


@exercise.check
def independence(local_reparameterization: LearnerObject, rng: Draws) -> None:
    """The noise is independent from row to row, from output to output and from call to call."""
    given = inputs(rng)
    noise = torch.stack([noise_of(local_reparameterization, given) for _ in range(2)])
    if noise.abs().max() > 1e-9 and torch.equal(noise[0], noise[1]):
        raise Failure("the noise is the same in every call", "a fresh draw in every call", "no difference", FIXED)
    judge_repeats(noise[0], given[0])
    # Around which mean, and how far it spreads, is for another check.
    noise = noise - noise.mean((0, 1), keepdim=True)
    eps = noise / noise.square().mean((0, 1), keepdim=True).sqrt()
    axes = {"call": FIXED, "repetition": None, "row": None, "output": ONE_FOR_OUTPUTS}
    signs = eps / eps[..., :1]
    if (signs[0] - signs[0, 0]).abs().max() < 1e-6:
        raise Failure(
            "all outputs of a row have the same noise",
            "noise of its own for each output",
            "no difference",
            ONE_FOR_OUTPUTS,
        )
    expect.independent(eps, axes, NOISE)


@exercise.check
def gradients(local_reparameterization: LearnerObject, rng: Draws) -> None:
    """Gradients reach x, weight, sigma and bias, and are those of this draw."""
    given = tuple(value.requires_grad_() for value in inputs(rng))
    x, weight, sigma, bias = given
    c = rng.uniform(1, 2, ROWS, OUT)
    names = dict(zip(("x", "weight", "sigma", "bias"), given, strict=True))
    seed = rng.new_seed()

    def again(case: Mapping[str, Tensor]) -> Tensor:
        replay(seed)
        return called(local_reparameterization, tuple(case.values()))

    out = again(names)
    found = reached(again, names, tuple(names), out, c)
    with torch.no_grad():
        noise = out - mean_of(x, weight, bias)
        in_sigma, in_x = (c * noise).sum(0), (c * (out - bias)).sum(1)
        if torch.equal(out, again(names)):
            # As they are for this answer, however it scales its noise: that is for another check.
            in_sigma, in_x = (slope(again, names, name, c).sum(dim) for name, dim in (("sigma", 0), ("x", 1)))
        judge = [
            ("the gradient in weight", found["weight"], c.mT @ x, "c^T x, for sum(c out)"),
            ("the gradient in bias", found["bias"], c.sum(0), "the sum of c over the rows, for sum(c out)"),
            # Both hold of every draw, however it is made: the noise is proportional to sigma, and to x.
            ("sigma times its gradient", (sigma * found["sigma"]).sum(1), in_sigma, "c times the noise, by output"),
            ("x times its gradient", (x * found["x"]).sum(1), in_x, "c times (out - bias), by row"),
        ]
        for what, observed, right, rule in judge:
            expect.close(observed, right, what, rule=rule, rtol=1e-4, atol=1e-4)


def slope(again: Callable[[Mapping[str, Tensor]], Tensor], case: Mapping[str, Tensor], name: str, c: Tensor) -> Tensor:
    """How c times the output moves with the relative size of an input, under the same noise, (batch, out)."""
    h = 1e-5
    high, low = (again({**case, name: case[name] * (1 + sign * h)}) for sign in (1, -1))
    return c * (high - low) / (2 * h)


@exercise.check
def zeros(local_reparameterization: LearnerObject, rng: Draws) -> None:
    """A row of zeros gives the bias, to 1e-5, and all gradients are finite."""
    for dtype in (torch.float64, torch.float32):
        x, weight, sigma, bias = (value.to(dtype) for value in inputs(rng, 12))
        x[::2] = 0
        given = (x.requires_grad_(), weight.requires_grad_(), sigma.requires_grad_(), bias.requires_grad_())
        out = called(local_reparameterization, given)
        off = (out[::2] - bias).detach().abs().max()
        guarded = (
            [(LARGE_GUARD, out[::2])] if off < 0.1 and (out - called(local_reparameterization, given)).any() else []
        )
        mistakes = chain(guarded, exercise.mistaken(partial(at_zeros, given=given)))
        what = f"{OUTPUT} for a row of zeros"
        expect.close(out[::2], bias.expand(6, OUT), what, rule="the bias", rtol=0, atol=1e-5, mistakes=mistakes)
        if not out.requires_grad:
            continue
        found = torch.autograd.grad(out.sum(), given, allow_unused=True)
        for name, gradient in zip(("x", "weight", "sigma", "bias"), found, strict=True):
            if gradient is not None and not gradient.isfinite().all():
                bad = f"{int((~gradient.isfinite()).sum())} of {gradient.numel()} elements are nan or infinite"
                at_zero = not _infinite_anyway(local_reparameterization, given)
                raise Failure(
                    f"the gradient in {name} is not finite", "a number", bad, NAN_AT_ZERO if at_zero else None
                )


def at_zeros(answer: LearnerObject, given: Inputs) -> Tensor:
    """What an answer gives for every second row."""
    return called(answer, given)[::2]


def _infinite_anyway(answer: LearnerObject, given: Inputs) -> bool:
    """Whether the gradients are not finite for the rows without zeros either."""
    some = tuple(value.detach().clone().requires_grad_() for value in (given[0][1::2], *given[1:]))
    found = torch.autograd.grad(called(answer, some).sum(), some, allow_unused=True)
    return any(gradient is not None and not gradient.isfinite().all() for gradient in found)


# Wrong answers


@exercise.wrong(distribution=DEVIATIONS_ADD)
def deviations_add(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + (x.abs() @ sigma.T) * torch.randn_like(mean)


@exercise.wrong(distribution=SIGNED)
def signed(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + (x @ sigma.T) * torch.randn_like(mean)


@exercise.wrong(distribution=SIGMA_AS_VARIANCE)
def sigma_as_variance(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.T + 1e-30) * torch.randn_like(mean)


@exercise.wrong(distribution=NO_ROOT)
def no_root(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + (x.square() @ sigma.square().T) * torch.randn_like(mean)


@exercise.wrong(distribution=X_UNSQUARED)
def x_unsquared(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.abs() @ sigma.square().T + 1e-30) * torch.randn_like(mean)


@exercise.wrong(distribution=UNSCALED, zeros=unnamed(), gradients=unnamed("no gradient reaches sigma"))
def unscaled(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + 1.0 * torch.randn_like(mean)


@exercise.wrong(NO_BIAS, "distribution", "zeros", gradients=unnamed("no gradient reaches bias"))
def no_bias(x, weight, sigma, bias):
    mean = x @ weight.T
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn_like(mean)


@exercise.wrong(distribution=UNIFORM)
def uniform(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * math.sqrt(12) * (torch.rand_like(mean) - 0.5)


@exercise.wrong(distribution=ONE_WEIGHT, independence=ONE_WEIGHT)
def one_weight(x, weight, sigma, bias):
    return F.linear(x, weight + sigma * torch.randn_like(weight), bias)


@exercise.wrong(distribution=ONE_EPS, independence=ONE_EPS)
def one_eps(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn_like(mean[:1])


@exercise.wrong(independence=ONE_FOR_OUTPUTS)
def one_for_outputs(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn_like(mean[:, :1])


@exercise.wrong(distribution=NO_NOISE, independence=NO_NOISE, gradients=unnamed("no gradient reaches sigma"))
def no_noise(x, weight, sigma, bias):
    return F.linear(x, weight, bias)


@exercise.wrong(independence=FIXED)
def seeded(x, weight, sigma, bias):
    torch.manual_seed(0)
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn_like(mean)


@exercise.wrong(distribution=FLOAT32)
def float32_noise(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return (mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn(mean.shape, device=x.device)).to(
        x.dtype
    )


@exercise.wrong(distribution=CPU)
def cpu_noise(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-30) * torch.randn(
        mean.shape, dtype=x.dtype, device="cpu"
    )


@exercise.wrong(zeros=NAN_AT_ZERO)
def nan_at_zero(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T) * torch.randn_like(mean)


# A mask on the result of the root comes too late.
@exercise.wrong(zeros=NAN_AT_ZERO)
def masked_after(x, weight, sigma, bias):
    deviation = torch.sqrt(x.square() @ sigma.square().T)
    deviation = torch.where(deviation > 0, deviation, torch.zeros_like(deviation))
    return x @ weight.T + bias + deviation * torch.randn_like(deviation)


@exercise.wrong(zeros=LARGE_GUARD)
def large_guard(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return mean + torch.sqrt(x.square() @ sigma.square().T + 1e-8) * torch.randn_like(mean)


@exercise.wrong(gradients=CUT)
def sigma_cut(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    deviation = torch.sqrt(x.square() @ sigma.square().T + 1e-30).detach()
    return mean + deviation * torch.randn_like(mean)


@exercise.wrong(gradients=CUT)
def sampled(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    return torch.distributions.Normal(mean, torch.sqrt(x.square() @ sigma.square().T + 1e-30)).sample()


@exercise.wrong(gradients=unnamed("x times its gradient"))
def x_cut_in_noise(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    deviation = torch.sqrt(x.detach().square() @ sigma.square().T + 1e-30)
    return mean + deviation * torch.randn_like(mean)


@exercise.wrong(distribution=expect.IN_PLACE, gradients=unnamed())
def in_place(x, weight, sigma, bias):
    mean = x @ weight.T + bias
    x.data.square_()
    return mean + torch.sqrt(x @ sigma.square().T + 1e-30) * torch.randn_like(mean)
