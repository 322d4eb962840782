"""Checks of lesson 7: the context of autocast, and a sampler whose sigma is computed in float32. Grader's side.

Error rates, per check: the noise as in ``location_scale`` (a right answer fails below 1e-9, a listed mistake passes
below 1e-6). The ratio of two draws under one seed, over n = 50,000 of them, is sigma up to roundings of at most
u = 2^-11 each (float16), weighted by eps^2: by Hoeffding's inequality it is off by more than t with probability at most
2 exp(-n t^2 / (2 * 3 * (2u)^2)), 4e-12 at the limit of 5.5e-5, for each of four values. exp(logvar / 2) in float16 is
off by 4e-4 or more for each of them, so that it passes with probability below 1e-40. For bfloat16 the limits are eight
times as wide, and the offsets 2e-3. Noise that was drawn in half precision adds an offset that no n removes: below
1e-5 and 1e-4 at these values of logvar (measured). All else is an identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checking import Draws, Failure, check, replay
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE, in_lesson
from autograder.checks.location_scale import (
    CUT,
    NO_NOISE,
    SIGMAS,
    ZERO,
    Sample,
    judge_noise,
    judge_path,
    sampler,
    unit_logvar,
)

# autocast_for

EMULATED = (
    "torch.cuda.is_bf16_supported() is also true where bfloat16 is only emulated, which is slow. "
    "Ask with including_emulation=False."
)
ALWAYS_HALF = "float16 although this card computes with bfloat16 natively. bfloat16 needs no scaler: prefer it."
OFF_ELSEWHERE = "autocast is left off here. The processor and other devices have it too: ask is_autocast_available."
HALF_ELSEWHERE = "float16 belongs to CUDA cards without native bfloat16 only. Pass dtype=torch.bfloat16 elsewhere."
WRONG_KIND = "autocast is switched on for another kind of device. Its first argument is device.type."


def judge_state(state: dict, kind: str, expected: torch.dtype | None, where: str, likely: Mapping) -> None:
    """Inside the context autocast is on for ``kind`` with this dtype and for nothing else; outside it is off."""
    if not state["context"]:
        raise Failure("the result is no context", "something for a with statement", f"a {state['type']}")
    inside = state["inside"]
    if extra := sorted(set(inside) - {kind}):
        raise Failure(f"{where}: autocast is on for {extra[0]}", f"nothing but {kind}", f"{extra[0]} too", WRONG_KIND)
    if inside.get(kind) != expected:
        shown = [f"autocast with {dtype}" if dtype else "autocast off" for dtype in (expected, inside.get(kind))]
        raise Failure(f"{where}: the wrong context", shown[0], shown[1], likely.get(inside.get(kind), ""))
    if state["after"]:
        raise Failure(f"{where}: autocast is still on afterwards", "off again after the with statement", "on")


@check("autocast_for", "cuda", in_lesson("Three floating-point formats"))
def autocast_for_cuda(autocast_for: LearnerObject, rng: Draws) -> None:
    """On cuda: bfloat16 where the card has it natively, else float16."""
    for device in (torch.device("cuda"), torch.device("cuda", 0)):
        for native, expected in ((True, torch.bfloat16), (False, torch.float16)):
            state = beside(watch.autocast_state, autocast_for, device, native)
            where = f"a card {'with' if native else 'without'} native bfloat16"
            likely = {torch.bfloat16: EMULATED, torch.float16: ALWAYS_HALF}
            judge_state(state, "cuda", expected, where, likely)


@check("autocast_for", "elsewhere", in_lesson("Three floating-point formats"))
def autocast_for_elsewhere(autocast_for: LearnerObject, rng: Draws) -> None:
    """On the processor and on other devices that have autocast: bfloat16."""
    for kind in ("cpu", "xpu"):
        state = beside(watch.autocast_state, autocast_for, torch.device(kind))
        judge_state(state, kind, torch.bfloat16, kind, {None: OFF_ELSEWHERE, torch.float16: HALF_ELSEWHERE})


@check("autocast_for", "unsupported", in_lesson("Three floating-point formats"))
def autocast_for_unsupported(autocast_for: LearnerObject, rng: Draws) -> None:
    """Where a device has no autocast, a context that changes nothing."""
    state = beside(watch.autocast_state, autocast_for, torch.device("meta"))
    judge_state(state, "meta", None, "meta, which has no autocast", {})


# reparameterize_amp

HALVES = (torch.float16, torch.bfloat16)
RETURNED_FLOAT32 = "z is returned in float32. Compute there, then go back: .to(mu.dtype)."
EXP_IN_HALF = "exp(logvar / 2) was computed in {}, where it has 3 digits. Use logvar.float() before exp."
SQRT_IN_HALF = "sqrt(exp(logvar)) was computed in half precision. Halve first: exp(logvar.float() / 2)."
SQRT_OF_EXP = "sqrt(exp(logvar)) in float16 is inf above logvar = 11.09. Halve first: exp(logvar.float() / 2)."
CPU_NOISE = "randn(shape) draws on the CPU, wherever mu is. Use randn_like(mu), or pass device=mu.device."
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


@check("reparameterize_amp", "dtype", in_lesson("The float32 island"))
def reparameterize_amp_dtype(reparameterize_amp: LearnerObject, rng: Draws) -> None:
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


@check("reparameterize_amp", "device", in_lesson("The float32 island"))
def reparameterize_amp_device(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is made on the device of the inputs."""
    mu, logvar = rng.normal(5, 3, dtype=torch.float16), rng.normal(5, 3, dtype=torch.float16)
    expect.device_kept(reparameterize_amp, mu, logvar, what="z", likely=CPU_NOISE)


def pair_of_draws(function: Sample, logvar: Tensor, rng: Draws) -> tuple[Tensor, Tensor] | None:
    """z at mu = 0 for sigma = 1 and for ``logvar``, from one seed; None where no seed reaches the noise."""
    seed = rng.new_seed()
    draws = []
    for values in (torch.zeros_like(logvar), logvar, logvar):
        replay(seed)
        z = expect.shaped(function(torch.zeros_like(logvar), values.clone()), tuple(logvar.shape), "z")
        draws.append(z.detach().double())
    if not draws[0].any() and not draws[1].any():
        raise Failure("z has no noise", "a spread of sigma around mu", "mu itself", NO_NOISE)
    return (draws[0], draws[1]) if torch.equal(draws[1].nan_to_num(), draws[2].nan_to_num()) else None


@check("reparameterize_amp", "range", in_lesson("The float32 island"))
def reparameterize_amp_range(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """For logvar from -16 to 18 in float16, z is finite and follows sigma to within its roundings."""
    logvar = torch.linspace(-16, 18, 69, dtype=torch.float16).expand(600, 69).contiguous()
    draws = pair_of_draws(there(reparameterize_amp), logvar, rng)
    sigma = (logvar.double() / 2).exp()
    half = {SQRT_OF_EXP: logvar.exp().sqrt().double()}
    if draws is None:
        z = expect.tensor(there(reparameterize_amp)(torch.zeros_like(logvar), logvar), "z").double()
        if not z.isfinite().all():
            raise Failure("z is not finite", "finite numbers", "inf or nan", SQRT_OF_EXP)
        alternatives = {sentence: z / of(logvar.double()) for sentence, of in SIGMAS.items()}
        return expect.standard_normal(z / sigma, "(z - mu) / sigma", mistakes=alternatives)
    eps, z = draws
    wrong = half | {sentence: of(logvar.double()) for sentence, of in SIGMAS.items()}
    # Where noise and z are normal numbers of float16, so that each rounding is a relative one; three are allowed, for
    # whether sigma itself was rounded is for the next check.
    clear = eps.abs() > 0.25
    found, right = z[clear], (sigma * eps)[clear]
    # An inf of a wrong answer may be the largest number in its formula here, by one rounding.
    edges = partial(torch.clamp, min=-6e4, max=6e4)
    named = {sentence: edges((factor * eps)[clear]) for sentence, factor in wrong.items()}
    likely = expect.recognise(edges(found), right, named, rtol=3.2 * ROUNDING, atol=1.3e-7)
    expect.close(
        found,
        right,
        "z at mu = 0, compared with the same noise at logvar = 0,",
        rule="exp(logvar / 2) * eps to within the roundings of float16",
        rtol=3.2 * ROUNDING,
        mistakes={likely: found} if likely else {},
        show=False,
    )


@check("reparameterize_amp", "precision", in_lesson("The float32 island"))
def reparameterize_amp_precision(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """exp(logvar / 2) keeps the digits of float32, for float16 and for bfloat16 inputs."""
    for dtype in HALVES:
        logvar = torch.tensor(SHARP[dtype], dtype=dtype)[:, None].expand(4, 50_000).contiguous()
        draws = pair_of_draws(there(reparameterize_amp), logvar, rng)
        in_half = EXP_IN_HALF.format(str(dtype).removeprefix("torch."))
        if draws is None:
            judge_operations(reparameterize_amp, logvar[:, :2], in_half)
            continue
        eps, z = draws
        at = logvar[:, 0]
        sigma, rounded = (at.double() / 2).exp(), (at / 2).exp().double()
        expect.close(
            (z * eps).sum(1) / (eps * eps).sum(1) / sigma,
            torch.ones(4, dtype=torch.float64),
            f"sigma for {dtype}, the mean ratio of 50,000 draws to the same noise at logvar = 0, over its value,",
            rule="1",
            rtol=LIMIT[dtype],
            mistakes={in_half: rounded / sigma, SQRT_IN_HALF: at.exp().sqrt().double() / sigma},
        )


def judge_operations(function: LearnerObject, logvar: Tensor, sentence: str) -> None:
    """No exponential, power or root met a half-precision tensor: for noise that no seed reaches."""
    inputs = torch.zeros_like(logvar).to(DEVICE.get()), logvar.to(DEVICE.get())
    halves = {str(dtype) for dtype in HALVES}
    for name, dtypes in beside(watch.operations, function, *inputs):
        if name in SLOW_OPS and halves & set(dtypes):
            raise Failure("sigma lost digits", "exp(logvar / 2) in float32", f"{name} of {dtypes[0]}", sentence)


@check("reparameterize_amp", "noise", in_lesson("The float32 island"))
def reparameterize_amp_noise(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """The noise is standard normal, and fresh for every element and every call."""
    sample, mu = sampler(there(reparameterize_amp)), rng.normal(500, 40)
    judge_noise(sample, mu, unit_logvar(sample, mu), ("row", "latent"))


@check("reparameterize_amp", "gradients", in_lesson("The float32 island"))
def reparameterize_amp_gradients(reparameterize_amp: LearnerObject, rng: Draws) -> None:
    """dz/dmu = 1 and dz/dlogvar = (z - mu) / 2 for every element, in float32 and in float16."""
    mu, logvar = (rng.uniform(*ends, 5, 3).float().requires_grad_() for ends in ((-2, 2), (0.3, 1.2)))
    sample = sampler(there(reparameterize_amp))
    judge_path(sample(mu, logvar), mu, logvar, rng)
    mu = torch.zeros(5, 3, dtype=torch.float16, requires_grad=True)
    logvar = rng.uniform(0.3, 1.2, 5, 3, dtype=torch.float16).requires_grad_()
    z = sample(mu, logvar)
    found = expect.gradients(z, {"mu": mu, "logvar": logvar}, cut=CUT, zero=ZERO, unused={"mu": CUT, "logvar": CUT})
    near = partial(expect.close, rtol=4e-3, atol=1e-6)
    near(found["mu"].double(), torch.ones(5, 3).double(), "dz/dmu in float16", rule="1")
    near(found["logvar"].double(), z.detach() / 2, "dz/dlogvar in float16", rule="0.5 * (z - mu)")
