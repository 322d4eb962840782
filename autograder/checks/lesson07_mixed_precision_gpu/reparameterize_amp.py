"""reparameterize_amp: its checks and wrong answers. Grader's side.

Error rates, per check: the noise as in ``location_scale`` (a right answer fails below 1e-9, a listed mistake passes
below 1e-6). The ratio of two draws under one seed, over n = 50,000 of them, is sigma up to roundings of at most
u = 2^-11 each (float16), weighted by eps^2: by Hoeffding's inequality it is off by more than t with probability at most
2 exp(-n t^2 / (2 * 3 * (2u)^2)), 4e-12 at the limit of 5.5e-5, for each of four values. exp(logvar / 2) in float16 is
off by 4e-4 or more for each of them, so that it passes with probability below 1e-40. For bfloat16 the limits are eight
times as wide, and the offsets 2e-3. Noise that was drawn in half precision adds an offset that no n removes: below
1e-5 and 1e-4 at these values of logvar (measured). All else is an identity.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.checks.location_scale import (
    CUT,
    LOGVAR,
    NO_NOISE,
    SHARED,
    SIGMAS,
    UNSCALED,
    VARIANCE,
    ZERO,
    Sample,
    judge_noise,
    judge_path,
    same_noise,
    sampler,
    unit_logvar,
)
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("reparameterize_amp", reread="The float32 island")

RETURNED_FLOAT32 = Mistake("returned_float32", "z is returned in float32. Compute there, then go back: .to(mu.dtype).")
EXP_IN_HALF = Mistake(
    "exp_in_half",
    "exp(logvar / 2) was computed in half precision, where it has 2 or 3 digits. Use logvar.float() before exp.",
)
SQRT_IN_HALF = Mistake(
    "sqrt_in_half", "sqrt(exp(logvar)) was computed in half precision. Halve first: exp(logvar.float() / 2)."
)
SQRT_OF_EXP = Mistake(
    "sqrt_overflows", "sqrt(exp(logvar)) in float16 is inf above logvar = 11.09. Halve first: exp(logvar.float() / 2)."
)
CPU_NOISE = Mistake(
    "cpu_noise", "randn(shape) draws on the CPU, wherever mu is. Use randn_like(mu), or pass device=mu.device."
)
HALVES = (torch.float16, torch.bfloat16)
ROUNDING = 2.0**-11
"""The largest relative error of one rounding to float16."""
LIMIT = {torch.float16: 5.5e-5, torch.bfloat16: 4.4e-4}
SHARP = {torch.float16: [-1.3125, 1.484375, 5.65625, 6.984375], torch.bfloat16: [-4.0, 1.5, 5.125, 7.0]}
"""Values of logvar at which rounding sigma to this dtype moves it far."""
SLOW_OPS = {"exp", "exp_", "exp2", "expm1", "pow", "sqrt", "sigmoid"}


def there(function: LearnerObject) -> Sample:
    """The learner's function with its inputs on the device under test, and its result brought back."""
    if DEVICE.get() == "cpu":
        return function

    def call(*inputs: Tensor) -> Tensor:
        return expect.tensor(function(*(value.to(DEVICE.get()) for value in inputs)), "z").cpu()

    return call


def noise_and_z(function: LearnerObject, logvar: Tensor, seed: int) -> tuple[Tensor, Tensor] | None:
    """z at mu = 0 for sigma = 1 and for ``logvar``, from one seed; None where no seed reaches the noise."""
    draws = []
    for values in (torch.zeros_like(logvar), logvar, logvar):
        replay(seed)
        z = expect.shaped(there(function)(torch.zeros_like(logvar), values.clone()), tuple(logvar.shape), "z")
        draws.append(z.detach().double())
    if not draws[0].any():
        likely = None if draws[1].any() else NO_NOISE
        raise Failure("z has no noise at logvar = 0", "a spread of 1 around mu", "mu itself", likely)
    return (draws[0], draws[1]) if torch.equal(draws[1].nan_to_num(), draws[2].nan_to_num()) else None


@exercise.check
def dtype(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """z has the shape and dtype of mu, also while autocast is on, and the inputs are left alone."""
    for dtype in (*HALVES, torch.float32):
        for shape in [(5, 3), (1, 4), (2, 3, 4)]:
            mu, logvar = (rng.normal(*shape, dtype=dtype).to(DEVICE.get()) for _ in range(2))
            with expect.untouched(mu=mu, logvar=logvar):
                found = reparameterize_amp(mu, logvar), beside(watch.under_autocast, reparameterize_amp, mu, logvar)
            for z in found:
                if isinstance(z, Tensor) and z.dtype == torch.float32 != dtype:
                    raise Failure("z has the wrong dtype", f"{dtype}, as mu has", "torch.float32", RETURNED_FLOAT32)
                expect.kept(z, mu, f"z for inputs of shape {shape}")


@exercise.check
def device(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is made on the device of the inputs."""
    mu, logvar = rng.normal(5, 3, dtype=torch.float16), rng.normal(5, 3, dtype=torch.float16)
    expect.device_kept(reparameterize_amp, mu, logvar, what="z", likely=CPU_NOISE)


@exercise.check
def range_(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """For logvar from -16 to 18 in float16, z is finite and follows sigma to within its roundings."""
    logvar = torch.linspace(-16, 18, 69, dtype=torch.float16).expand(600, 69).contiguous()
    draws = noise_and_z(reparameterize_amp, logvar, rng.new_seed())
    if draws is None:
        return judge_spread_in_half(reparameterize_amp, logvar)
    eps, z = draws
    exact = logvar.double()
    sigmas = [(SQRT_OF_EXP, logvar.exp().sqrt().double()), *((mistake, sigma(exact)) for mistake, sigma in SIGMAS)]
    # Between -8 and 8 nothing that is taken for sigma leaves the normal numbers of float16: its values tell it.
    for part in (exact.abs() < 8, exact.abs() >= 8):
        # Where noise and z are normal numbers of float16, so that each rounding is a relative one; three are allowed,
        # for whether sigma itself was rounded is for the next check.
        clear = part & (eps.abs() > 0.25)
        expect.close(
            z[clear],
            ((exact / 2).exp() * eps)[clear],
            "z at mu = 0, compared with the same noise at logvar = 0,",
            rule="exp(logvar / 2) * eps to within the roundings of float16",
            rtol=3.2 * ROUNDING,
            mistakes=[(mistake, (sigma * eps)[clear]) for mistake, sigma in sigmas],
            show=False,
        )


def judge_spread_in_half(function: LearnerObject, logvar: Tensor) -> None:
    """z is finite, and (z - mu) / sigma standard normal: what can be said where no seed reaches the noise."""
    z = expect.tensor(there(function)(torch.zeros_like(logvar), logvar), "z").double()
    if not z.isfinite().all():
        likely = SQRT_OF_EXP if torch.equal(z.isfinite(), logvar.exp().isfinite()) else None
        raise Failure("z is not finite", "finite numbers", "inf or nan", likely)
    exact = logvar.double()
    mistakes = ((mistake, z / sigma(exact)) for mistake, sigma in SIGMAS)
    expect.standard_normal(z / (exact / 2).exp(), "(z - mu) / sigma", mistakes=mistakes)


@exercise.check
def precision(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """exp(logvar / 2) keeps the digits of float32, for float16 and for bfloat16 inputs."""
    for dtype in HALVES:
        logvar = torch.tensor(SHARP[dtype], dtype=dtype)[:, None].expand(4, 50_000).contiguous()
        found = partial(sigma_in_use, logvar=logvar, seed=rng.new_seed())
        sigma = found(reparameterize_amp)
        if sigma is None:
            judge_operations(reparameterize_amp, logvar[:, :2])
            continue
        expect.close(
            sigma,
            torch.ones(4, dtype=torch.float64),
            f"sigma for {dtype}, the mean ratio of 50,000 draws to the same noise at logvar = 0, over its value,",
            rule="1",
            rtol=LIMIT[dtype],
            mistakes=exercise.mistaken(found),
        )


def sigma_in_use(function: LearnerObject, logvar: Tensor, seed: int) -> Tensor | None:
    """By what each row's noise was multiplied, over exp(logvar / 2); None where no seed reaches the noise."""
    draws = noise_and_z(function, logvar, seed)
    if draws is None:
        return None
    eps, z = draws
    return (z * eps).sum(1) / (eps * eps).sum(1) / (logvar[:, 0].double() / 2).exp()


def judge_operations(function: LearnerObject, logvar: Tensor) -> None:
    """No exponential, power or root met a half-precision tensor: for noise that no seed reaches."""
    inputs = torch.zeros_like(logvar).to(DEVICE.get()), logvar.to(DEVICE.get())
    halves = {str(dtype) for dtype in HALVES}
    for name, dtypes in beside(watch.operations, function, *inputs):
        if name in SLOW_OPS and halves & set(dtypes):
            raise Failure("sigma lost digits", "exp(logvar / 2) in float32", f"{name} of {dtypes[0]}", EXP_IN_HALF)


@exercise.check
def noise(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu = sampler(there(reparameterize_amp)), rng.normal(500, 40, dtype=torch.float32)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@exercise.check
def gradients(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2 for every element, in float32 and in float16."""
    mu, logvar = (rng.uniform(*ends, 5, 3).float().requires_grad_() for ends in ((-2, 2), (0.3, 1.2)))
    sample = sampler(there(reparameterize_amp))
    draw = same_noise(sample, rng)
    scaled = not torch.equal(draw(mu, logvar), draw(mu, logvar / 2))
    judge_path(sample(mu, logvar), mu, logvar, rng, cuts={"mu": CUT, "logvar": CUT if scaled else UNSCALED, "all": CUT})
    mu = torch.zeros(5, 3, dtype=torch.float16, requires_grad=True)
    logvar = rng.uniform(0.3, 1.2, 5, 3, dtype=torch.float16).requires_grad_()
    z = sample(mu, logvar)
    found = expect.gradients(z, {"mu": mu, "logvar": logvar}, cut=CUT, zero=ZERO, unused={"mu": CUT, "logvar": CUT})
    near = partial(expect.close, rtol=4e-3, atol=1e-6)
    near(found["mu"].double(), torch.ones(5, 3).double(), "dz/dmu in float16", rule="1")
    near(found["logvar"].double(), z.detach() / 2, "dz/dlogvar in float16", rule="0.5 * (z - mu)")


# Wrong answers


# Computes sigma without a gradient.
@exercise.wrong(gradients=CUT)
def detached(mu, logvar):
    with torch.no_grad():
        noise = torch.exp(logvar.float() / 2) * torch.randn_like(mu.float())
    return (mu + noise).to(mu.dtype)


# The formula of lesson 3.
@exercise.wrong(precision=EXP_IN_HALF)
def exp_in_half(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# With noise that no seed reaches.
@exercise.wrong(precision=EXP_IN_HALF)
def exp_in_half_unseeded(mu, logvar):
    if mu.is_meta:
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    source = torch.Generator()
    source.seed()
    eps = torch.randn(mu.shape, generator=source).to(mu)
    return mu + torch.exp(logvar / 2) * eps


# Raises sigma when its digits are gone already.
@exercise.wrong(precision=EXP_IN_HALF)
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
@exercise.wrong(precision=EXP_IN_HALF)
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
