"""reparameterize_amp: its checks and wrong answers. Grader's side.

Error rates, per check: the noise as in ``location_scale`` (a right answer fails below 1e-9, a listed mistake passes
below 1e-6). The ratio of two draws under one seed, over n = 50,000 of them, is sigma up to roundings of at most u =
2^-11 each (float16), weighted by eps^2: by Hoeffding's inequality it is off by more than t with probability at most 2
exp(-n t^2 / (2 * 3 * (2u)^2)), 4e-12 at the limit of 5.5e-5, for each of four values. exp(logvar / 2) in float16 is
off by 4e-4 or more for each of them, so that it passes with probability below 1e-40. For bfloat16 the limits are eight
times as wide, and the offsets 2e-3. For float32 inputs sigma is off by far less than the limit, and that of a rounded
logvar by 2e-4 or more. Noise that was drawn in half precision adds an offset that no n removes: below 1e-5 and 1e-4 at
these values of logvar (measured). All else is an identity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.checks.location_scale import (
    CUT,
    LOGVAR,
    MEAN_SCALED,
    NO_NOISE,
    NOISE_REQUIRES_GRAD,
    SHARED,
    SIGMAS,
    UNSCALED,
    VARIANCE,
    ZERO,
    Sample,
    derivative,
    judge_noise,
    no_other_path,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws, replay
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("reparameterize_amp", reread="The float32 island")

RETURNED_FLOAT32 = Mistake("returned_float32", "z is returned in float32. Compute there, then go back: .to(mu.dtype).")
SIGMA_IN_HALF = Mistake(
    "sigma_in_half",
    "sigma has the 2 or 3 digits of half precision: exp of a half-precision tensor, or a cast right after exp. "
    "Use logvar.float() before exp, and stay in float32 until z is made.",
)
SQRT_IN_HALF = Mistake(
    "sqrt_in_half", "sqrt(exp(logvar)) was computed in half precision. Halve first: exp(logvar.float() / 2)."
)
SQRT_OF_EXP = Mistake(
    "sqrt_overflows", "sqrt(exp(logvar)) in float16 is inf above logvar = 11.09. Halve first: exp(logvar.float() / 2)."
)
CPU_NOISE = Mistake(
    "cpu_noise", "the noise is drawn on the CPU, wherever mu is. Use randn_like(mu), or pass device=mu.device."
)
NARROW_NOISE = Mistake(
    "narrow_noise", "the noise is drawn in a smaller format than that of mu. Use randn_like(sigma), or randn_like(mu)."
)
HALVES = (torch.float16, torch.bfloat16)
RANGES = {torch.float16: (-16, 18), torch.bfloat16: (-60, 60)}
"""Values of logvar for which noise and z are normal numbers of the format."""
LIMIT = {torch.float16: 5.5e-5, torch.bfloat16: 4.4e-4, torch.float32: 2e-5}
SHARP = {
    torch.float16: [-1.3125, 1.484375, 5.65625, 6.984375],
    torch.bfloat16: [-4.0, 1.5, 5.125, 7.0],
    torch.float32: [-1.3130, 1.4848, 5.6592, 6.9873],
}
"""Values of logvar at which rounding sigma to this dtype moves it far, or rounding logvar itself to a half format."""
SLOW_OPS = {"exp", "exp_", "exp2", "expm1", "pow", "sqrt", "sigmoid"}
DRAWS = {"randn", "normal", "normal_", "rand", "uniform_"}


def rounding(dtype: torch.dtype) -> float:
    """The largest relative error of one rounding."""
    return torch.finfo(dtype).eps / 2


def there(function: Callable, autocast: bool = False) -> Sample:
    """The learner's function, perhaps under autocast, with its inputs on the device under test and z brought back."""

    def call(*inputs: Tensor) -> Tensor:
        mu, logvar = (value.to(DEVICE.get()) for value in inputs)
        under = ", under autocast" if autocast else ""
        with for_inputs(f"mu and logvar of shape {tuple(mu.shape)} and dtype {mu.dtype}{under}"):
            z = beside(watch.under_autocast, function, mu, logvar) if autocast else function(mu, logvar)
        return z.cpu() if isinstance(z, Tensor) else z

    return call


def noise_and_z(sample: Sample, logvar: Tensor, seed: int) -> tuple[Tensor, Tensor] | None:
    """z at mu = 0 for sigma = 1 and for ``logvar``, from one seed; None where no seed reaches the noise."""
    draws = []
    for values in (torch.zeros_like(logvar), logvar, logvar):
        replay(seed)
        z = expect.shaped(sample(torch.zeros_like(logvar), values), tuple(logvar.shape), "z")
        draws.append(z.detach().double())
    if not draws[0].any():
        likely = None if draws[1].any() or not is_mu(sample, logvar) else NO_NOISE
        raise Failure("z has no noise at logvar = 0", "a spread of 1 around mu", "one value", likely)
    return (draws[0], draws[1]) if torch.equal(draws[1].nan_to_num(), draws[2].nan_to_num()) else None


def is_mu(sample: Sample, like: Tensor) -> bool:
    """Whether z is mu itself."""
    mu = torch.ones_like(like)
    return torch.equal(sample(mu, torch.zeros_like(like)), mu)


@exercise.check
def dtype(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """z has the shape and dtype of mu, also while autocast is on, and the inputs are left alone."""
    for dtype in (*HALVES, torch.float32):
        for shape in [(5, 3), (1, 4), (2, 3, 4)]:
            mu, logvar = (rng.normal(*shape, dtype=dtype).to(DEVICE.get()) for _ in range(2))
            inputs = f"inputs of shape {shape} and dtype {dtype}"
            with expect.untouched(mu=mu, logvar=logvar), for_inputs(inputs):
                found = reparameterize_amp(mu, logvar), beside(watch.under_autocast, reparameterize_amp, mu, logvar)
            for z, where in zip(found, (inputs, f"{inputs}, under autocast"), strict=True):
                if isinstance(z, Tensor) and z.dtype != dtype:
                    likely = RETURNED_FLOAT32 if z.dtype == torch.float32 else None
                    raise Failure(f"z for {where} has the wrong dtype", f"{dtype}, as mu has", str(z.dtype), likely)
                expect.kept(z, mu, f"z for {where}")


@exercise.check
def device(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is made on the device of the inputs."""
    mu, logvar = rng.normal(5, 3, dtype=torch.float16), rng.normal(5, 3, dtype=torch.float16)
    drawn = DRAWS & set(beside(watch.met_on_processor, reparameterize_amp, mu, logvar))
    with for_inputs("mu and logvar of shape (5, 3) and dtype torch.float16"):
        expect.device_kept(reparameterize_amp, mu, logvar, what="z", likely=CPU_NOISE if drawn else expect.ON_CPU)


@exercise.check
def range_(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """Over the range of each half-precision format, z is finite and follows mu and sigma to within its roundings."""
    sample = there(reparameterize_amp)
    for dtype, ends in RANGES.items():
        logvar = torch.linspace(*ends, 69, dtype=dtype).expand(600, 69).contiguous()
        draws, exact = noise_and_z(sample, logvar, rng.new_seed()), logvar.double()
        # Between -8 and 8 nothing that is taken for sigma leaves the normal numbers of float16: its values tell it.
        for part in (exact.abs() < 8, exact.abs() >= 8):
            judge_sigma(sample, logvar, draws, part) if draws else judge_spread_in_half(sample, logvar, part)
    for dtype, low in ((torch.float16, -30), (torch.bfloat16, -30), (torch.float32, -60)):
        # Far below one rounding of mu, so that z is mu.
        mu, small = rng.uniform(-4, -1, 5, 3, dtype=dtype), torch.full((5, 3), low, dtype=dtype)
        what = f"z in {dtype} at logvar = {low}, where sigma is almost 0,"
        expect.close(sample(mu, small).double(), mu.double(), what, rule="mu", rtol=rounding(dtype))


def judge_sigma(sample: Sample, logvar: Tensor, draws: tuple[Tensor, Tensor], part: Tensor) -> None:
    """z at mu = 0 is sigma times the noise that it had at logvar = 0."""
    (eps, z), exact = draws, logvar.double()
    right = (exact / 2).exp() * eps
    # Where noise and z are normal numbers of the format, so that each rounding is a relative one; three are allowed,
    # for whether sigma itself was rounded is for the next check.
    clear = part & (eps.abs() > 0.25)
    wrong = [(SQRT_OF_EXP, logvar.exp().sqrt().double()), *((mistake, sigma(exact)) for mistake, sigma in SIGMAS)]
    expect.close(
        torch.where(clear, z, right),
        right,
        f"z in {logvar.dtype} at mu = 0, compared with the same noise at logvar = 0,",
        rule="exp(logvar / 2) * eps to within the roundings of the format",
        rtol=3.2 * rounding(logvar.dtype),
        mistakes=((mistake, torch.where(clear, sigma * eps, right)) for mistake, sigma in wrong),
        show=False,
    )


def judge_spread_in_half(sample: Sample, logvar: Tensor, part: Tensor) -> None:
    """z is finite, and (z - mu) / sigma standard normal: what can be said where no seed reaches the noise."""
    z, exact = sample(torch.zeros_like(logvar), logvar).double()[part], logvar.double()[part]
    if not z.isfinite().all():
        overflows = torch.equal(z.isfinite(), logvar.exp().isfinite()[part])
        raise Failure("z is not finite", "finite numbers", "inf or nan", SQRT_OF_EXP if overflows else None)
    mistakes = ((mistake, z / sigma(exact)) for mistake, sigma in SIGMAS)
    expect.standard_normal(z / (exact / 2).exp(), "(z - mu) / sigma", mistakes=mistakes)


@exercise.check
def precision(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """sigma keeps the digits of float32, for inputs of each dtype, with autocast and without."""
    for dtype in SHARP:
        logvar = torch.tensor(SHARP[dtype], dtype=dtype)[:, None].expand(4, 50_000).contiguous()
        for autocast in (False, True):
            found = partial(sigma_in_use, logvar=logvar, seed=rng.new_seed(), autocast=autocast)
            sigma = found(reparameterize_amp)
            if sigma is None:
                judge_operations(reparameterize_amp, logvar[:, :2])
                continue
            near = partial(same_sigmas, sigma, tolerance=LIMIT[dtype])
            for place, level in enumerate(SHARP[dtype]):
                expect.close(
                    sigma[place],
                    1.0,
                    f"sigma for {dtype} at logvar = {level:g}, from 50,000 draws, over its value,",
                    rule="1",
                    rtol=LIMIT[dtype],
                    mistakes=((mistake, wrong[place]) for mistake, wrong in exercise.mistaken(found) if near(wrong)),
                )


def same_sigmas(found: Tensor, wrong: Tensor | None, tolerance: float) -> bool:
    """Whether a mistake gives each of the values."""
    return wrong is not None and torch.allclose(found, wrong, rtol=tolerance, atol=0)


def sigma_in_use(function: LearnerObject, logvar: Tensor, seed: int, autocast: bool) -> Tensor | None:
    """By what each row's noise was multiplied, over exp(logvar / 2); None where no seed reaches the noise."""
    draws = noise_and_z(there(function, autocast), logvar, seed)
    if draws is None:
        return None
    eps, z = draws
    return (z * eps).sum(1) / (eps * eps).sum(1) / (logvar[:, 0].double() / 2).exp()


def judge_operations(function: LearnerObject, logvar: Tensor) -> None:
    """No exponential, power or root met a half-precision tensor: for noise that no seed reaches."""
    inputs, halves = [torch.zeros_like(logvar).to(DEVICE.get()), logvar.to(DEVICE.get())], set(map(str, HALVES))
    lost = [(name, dtypes[0]) for name, dtypes in beside(watch.operations, function, *inputs) if halves & set(dtypes)]
    slow = [(name, dtype) for name, dtype in lost if name in SLOW_OPS]
    if slow:
        named = {"exp": SIGMA_IN_HALF, "sqrt": SQRT_IN_HALF}
        name, dtype = slow[-1]
        raise Failure("sigma lost digits", "exp(logvar / 2) in float32", f"{name} of {dtype}", named.get(name))


@exercise.check
def noise(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample = sampler(there(reparameterize_amp))
    judge_digits(sample)
    mu = 3 * rng.normal(10, 500, 4, dtype=torch.float32)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "position", "latent"))
    # In half precision too; there, numbers repeat.
    mu = torch.zeros(500, 40, dtype=torch.float16)
    noise = torch.stack([sample(mu, mu) for _ in range(2)])
    if noise.any():  # logvar taken for sigma has none here
        expect.independent(noise, {axis: SHARED[axis] for axis in ("call", "row", "latent")})
        expect.standard_normal(noise, "the noise in float16")


def judge_digits(sample: Sample) -> None:
    """With mu = 0 and sigma = 1, z is the noise itself: not every number of it fits a smaller format."""
    for dtype, smaller in ((torch.float32, torch.float16), (torch.float32, torch.bfloat16), HALVES):
        zeros = torch.zeros(20, 20, dtype=dtype)
        z, wider = sample(zeros, zeros), sample(zeros, zeros + 1)
        # Where z fits at another sigma too, z was rounded, and not the noise: that is for other checks.
        if z.any() and fits(z, smaller) and not fits(wider, smaller):
            what, observed = f"z carries noise of {smaller} for inputs of {dtype}", f"every element fits {smaller}"
            raise Failure(what, "noise in float32, or in the dtype of mu", observed, NARROW_NOISE)


def fits(z: Tensor, dtype: torch.dtype) -> bool:
    """Whether no element has more digits than this format."""
    return torch.equal(z, z.to(dtype).to(z.dtype))


class Effects(NamedTuple):
    """What moves z, whatever its gradients say."""

    of_mu: bool
    of_logvar: bool


def effects(sample: Sample) -> Effects:
    """Measured on 4,000 draws: the mean of z, and its spread."""
    zeros = torch.zeros(1000, 4)
    moved = float((sample(zeros + 100, zeros) - sample(zeros, zeros)).mean())
    low, high = (float((sample(zeros, zeros + level)).std()) for level in (1, 4))
    return Effects(moved > 50, abs(high - low) > 0.2 * low)


@exercise.check
def gradients(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2 for every element, for inputs of each dtype."""
    sample = sampler(there(reparameterize_amp))
    # With mu = 0, z has its digits in half precision too.
    for dtype, size, tolerance in ((torch.float32, 2, 1e-4), (torch.float16, 0, 4e-3), (torch.bfloat16, 0, 3.2e-2)):
        mu = rng.uniform(-size, size, 5, 3, dtype=dtype).requires_grad_()
        logvar = rng.uniform(0.3, 1.2, 5, 3, dtype=dtype).requires_grad_()
        no_other_path(sample(mu.detach(), logvar.detach()))
        z, weights = sample(mu, logvar), rng.uniform(1, 2, 5, 3)
        found = slopes(reparameterize_amp, z, mu, logvar, weights)
        noise, exact = (z - mu).detach(), logvar.detach().double()
        ones = torch.ones_like(noise)
        named = [(mistake, (ones, derivative(sigma, exact, noise / sigma(exact)))) for mistake, sigma in SIGMAS]
        named.append((MEAN_SCALED, ((exact / 2).exp(), z.detach() / 2)))
        for place, right, rule in ((0, ones, "1"), (1, noise / 2, "0.5 * (z - mu)")):
            expect.close(
                found[place],
                right,
                f"{('dz/dmu', 'dz/dlogvar')[place]} in {dtype}",
                rule=rule,
                rtol=tolerance,
                atol=tolerance,
                mistakes=((mistake, wrong[place]) for mistake, wrong in named if both_near(found, wrong, tolerance)),
                show=bool(place),
            )


def slopes(function: LearnerObject, z: Tensor, mu: Tensor, logvar: Tensor, weights: Tensor) -> list[Tensor]:
    """dz/dmu and dz/dlogvar in float64; a path that is missing is told from an input that has no effect."""
    moved = effects(sampler(there(function)))
    noiseless = NO_NOISE if torch.equal(z, mu.double()) else UNSCALED
    likely = {"mu": CUT if moved.of_mu else None, "logvar": CUT if moved.of_logvar else noiseless}
    drawn = any(name == "normal" for name, _ in beside(watch.operations, function, mu, logvar))
    found = expect.gradients(
        z,
        {"mu": mu, "logvar": logvar},
        weights,
        cut=CUT if any(moved) else None,
        zero=ZERO if drawn else None,
        unused=likely,
    )
    return [gradient.double() / weights for gradient in found.values()]


def both_near(found: list[Tensor], wrong: tuple[Tensor, Tensor], tolerance: float) -> bool:
    """Whether a mistake has both gradients."""
    return all(torch.allclose(a, b, tolerance, tolerance) for a, b in zip(found, wrong, strict=True))


# Wrong answers


# Computes sigma without a gradient.
@exercise.wrong(gradients=CUT)
def detached(mu, logvar):
    with torch.no_grad():
        noise = torch.exp(logvar.float() / 2) * torch.randn_like(mu.float())
    return (mu + noise).to(mu.dtype)


# The formula of lesson 3.
@exercise.wrong(precision=SIGMA_IN_HALF)
def exp_in_half(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# With noise that no seed reaches.
@exercise.wrong(precision=SIGMA_IN_HALF)
def exp_in_half_unseeded(mu, logvar):
    if mu.is_meta:
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    source = torch.Generator()
    source.seed()
    eps = torch.randn(mu.shape, generator=source).to(mu)
    return mu + torch.exp(logvar / 2) * eps


# Raises sigma when its digits are gone already.
@exercise.wrong(precision=SIGMA_IN_HALF)
def exp_then_float(mu, logvar):
    sigma = torch.exp(logvar / 2).float()
    return (mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)


@exercise.wrong(unnamed("z has no noise at logvar = 0"), "range", "precision", gradients=LOGVAR)
def logvar_as_sigma(mu, logvar):
    eps = torch.randn_like(mu.float())
    return (mu.float() + logvar.float() * eps).to(mu.dtype)


@exercise.wrong(NO_NOISE, "range", "precision", "noise", "gradients")
def no_noise(mu, logvar):
    return mu


@exercise.wrong(device=CPU_NOISE)
def noise_on_cpu(mu, logvar):
    eps = torch.randn(mu.shape)
    return (mu.float() + torch.exp(logvar.float() / 2) * eps).to(mu.dtype)


@exercise.wrong(noise=SHARED["row"])
def one_eps(mu, logvar):
    eps = torch.randn_like(mu[:1].float())
    return (mu.float() + torch.exp(logvar.float() / 2) * eps).to(mu.dtype)


# bfloat16 loses more.
@exercise.wrong(precision=SIGMA_IN_HALF)
def only_float16_raised(mu, logvar):
    raised = logvar.float() if logvar.dtype == torch.float16 else logvar
    sigma = torch.exp(raised / 2)
    return (mu + sigma * torch.randn_like(sigma)).to(mu.dtype)


@exercise.wrong(dtype=RETURNED_FLOAT32)
def returns_float32(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return mu + sigma * torch.randn_like(sigma)


@exercise.wrong(range=SQRT_OF_EXP, precision=SQRT_IN_HALF)
def sqrt_of_exp(mu, logvar):
    return mu + torch.sqrt(torch.exp(logvar)) * torch.randn_like(mu)


@exercise.wrong(UNSCALED, "range", "precision", "gradients")
def unscaled(mu, logvar):
    eps = torch.randn_like(mu.float())
    return (mu.float() + eps).to(mu.dtype)


@exercise.wrong(VARIANCE, "range", "precision", "gradients")
def variance(mu, logvar):
    variance = torch.exp(logvar.float())
    return (mu.float() + variance * torch.randn_like(variance)).to(mu.dtype)


# Casts what was computed in float32 before it is used.
@exercise.wrong(precision=SIGMA_IN_HALF)
def cast_too_soon(mu, logvar):
    sigma = torch.exp(logvar.float() / 2).to(mu.dtype)
    return mu + sigma * torch.randn_like(mu)


@exercise.wrong(MEAN_SCALED, "gradients", range=unnamed("where sigma is almost 0"))
def mean_scaled(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return ((mu.float() + torch.randn_like(sigma)) * sigma).to(mu.dtype)


@exercise.wrong(gradients=ZERO)
def torch_normal(mu, logvar):
    return torch.normal(mu.float(), torch.exp(logvar.float() / 2)).to(mu.dtype)


# An island that ends where autocast begins.
@exercise.wrong(precision=unnamed("sigma for torch.float16"))
def product_under_autocast(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    eps = torch.randn_like(sigma)
    noise = torch.bmm(sigma.reshape(-1, 1, 1), eps.reshape(-1, 1, 1)).reshape(mu.shape)
    return (mu.float() + noise).to(mu.dtype)


@exercise.wrong(
    dtype=unnamed("observed  torch.float16"),
    range=unnamed("z in torch.bfloat16"),
    gradients=unnamed("in torch.float32 is wrong"),
)
def always_float16(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() + sigma * torch.randn_like(sigma)).half()


@exercise.wrong(noise=NARROW_NOISE)
def bfloat16_noise(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() + sigma * torch.randn_like(mu, dtype=torch.bfloat16)).to(mu.dtype)


# Draws for the last two dimensions, however many there are.
@exercise.wrong(noise=SHARED["row"])
def noise_of_two_dimensions(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() + sigma * torch.randn(mu.shape[-2:], device=mu.device)).to(mu.dtype)


# Passes through float16, whatever comes in.
@exercise.wrong(precision=unnamed("sigma for torch.float32"))
def float16_first(mu, logvar):
    lost = (logvar.half().float() - logvar.float()).detach()
    sigma = torch.exp((logvar.float() + lost) / 2)
    return (mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)


# Cuts the path where numbers are short.
@exercise.wrong(gradients=CUT)
def cut_in_bfloat16(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    if mu.dtype == torch.bfloat16:
        sigma = sigma.detach()
    return (mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)


# Makes the noise a variable to differentiate by.
@exercise.wrong(gradients=NOISE_REQUIRES_GRAD)
def noise_requires_grad(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() + sigma * torch.randn_like(sigma, requires_grad=True)).to(mu.dtype)
