"""Checks of lesson 7: autocast, float32 islands, gradient scaling, batches on a device, timing. Grader's side.

What the grader recomputes from numbers, and what it believes because the learner's side says so (testimony):

- Recomputed: sigma in float32 (ratios of draws under one seed); all of z's properties; which dtype the model's outputs
  have; that the KL and the reconstruction are differentiated in float32 (the gradients that arrive at the outputs);
  every movement of the weights (unscaled, clipped after unscaling, one step, gradients fresh, none after an overflow);
  the loss; the batches; the rate on the driven clock. The tensors come from the learner's side; what they must be is
  computed here from inputs that were made here.
- Testimony only: that autocast was on or off (the context's state; inside backward()); the scaler's scale; which
  operations met a tensor of the processor; the order of clock readings, waits and steps; the operations of a sampler
  whose noise no seed reaches.

Error rates, per check: the noise as in ``location_scale`` (a right answer fails below 1e-9, a listed mistake passes
below 1e-6). The ratio of two draws under one seed, over n = 50,000 of them, is sigma up to roundings of at most
u = 2^-11 each (float16), weighted by eps^2: by Hoeffding's inequality it is off by more than t with probability at most
2 exp(-n t^2 / (2 * 3 * (2u)^2)), 4e-12 at the limit of 5.5e-5, for each of four values. exp(logvar / 2) in float16 is
off by 4e-4 or more for each of them, so that it passes with probability below 1e-40. For bfloat16 the limits are eight
times as wide, and the offsets 2e-3. Noise that was drawn in half precision adds an offset that no n removes: below
1e-5 and 1e-4 at these values of logvar (measured). A shuffle of 43 rows repeats with probability 2e-53. All else is an
identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.checking import Draws, Failure, check, describe_value, replay
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
from autograder.learner import LearnerObject, beside

in_lesson = 'Lesson 7, "{}"'.format

DEVICE: ContextVar[str] = ContextVar("device", default="cpu")
"""Where inputs are put: the processor, or a graphics card in the tests for machines that have one."""

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


# amp_train_step

Weights = dict[str, Tensor]

NOT_CALLED = "the model was not called."
NO_AUTOCAST = "the model ran without autocast. Put model(x) inside `with autocast_for(x.device):`."
OTHER_CONTEXT = "autocast has another dtype than autocast_for(x.device) gives."
BACKWARD_INSIDE = "backward() ran while autocast was on. Leave the with statement first."
AS_TENSOR = "a tensor keeps its whole graph alive. loss.item() is the number."
SCALED_LOSS = "the scaled loss. Return the loss as it was before scaler.scale."
BETA_IGNORED = "beta is ignored: the loss is reconstruction + beta * kl."
NO_KL = "the reconstruction alone. The loss is reconstruction + beta * kl."
KL_HALF = "the KL was computed in half precision. Raise mu and logvar with .float() before the loss."
LOGITS_HALF = "the reconstruction was computed in half precision. Raise the logits with .float() before the loss."
TWO_STEPS = "optimizer.step() beside scaler.step(optimizer): the weights move twice. scaler.step calls it for you."
SCALED_STEP = "optimizer.step() used the scaled gradients. Call scaler.step(optimizer), which unscales, in its place."
UNSCALED_LOSS = "the loss was never scaled, and its gradients were unscaled. Use scaler.scale(loss).backward()."
NO_STEP = "the weights did not move. Call scaler.step(optimizer) after backward()."
STALE = "zero_grad() is missing, or comes after backward() only. Call optimizer.zero_grad() before backward()."
CLIP_FIRST = "clipped before unscaling: the limit met gradients that were still multiplied by the scale."
CLIP_IGNORED = "clip is ignored. When it is not None, clip the norm of all gradients together."
CLIP_VALUES = "each gradient was clipped alone. clip_grad_norm_ limits the norm of all of them together."
STEPPED_ON_OVERFLOW = (
    "optimizer.step() ran although the gradients had overflowed. Only scaler.step(optimizer) knows when to skip."
)
NOT_UPDATED = "scaler.update() is missing: it lowers the scale after an overflow and raises it after clean steps."

SCALE = 1024.0
PIXELS, LATENT, ROWS = 12, 3, 6


def case(rng: Draws, spread: float = 1.0) -> tuple[Weights, Tensor]:
    """Weights of three linear maps, and a batch of pixels; mu and logvar are of size ``spread``."""
    weights = {
        "logits": rng.uniform(-1.2, 1.2, PIXELS, PIXELS, dtype=torch.float32),
        "mu": spread * rng.uniform(0.1, 0.4, LATENT, PIXELS, dtype=torch.float32),
        "logvar": spread * rng.uniform(0.05, 0.3, LATENT, PIXELS, dtype=torch.float32),
    }
    return weights, rng.uniform(0, 1, ROWS, PIXELS, dtype=torch.float32)


def outputs_of(weights: Weights, x: Tensor) -> Weights:
    """The three linear maps in float64."""
    return {name: x.double() @ weight.double().T for name, weight in weights.items()}


def loss_of(outputs: Weights, x: Tensor, beta: float) -> Tensor:
    """Reconstruction + beta * KL in nats a sample, in the dtype of the outputs."""
    logits, mu, logvar = outputs["logits"], outputs["mu"], outputs["logvar"]
    reconstruction = F.binary_cross_entropy_with_logits(logits, x.to(logits.dtype), reduction="none").sum(1).mean()
    kl = (0.5 * (mu.square() + logvar.exp() - 1 - logvar)).sum(1).mean()
    return reconstruction + beta * kl


def slopes(outputs: Weights, x: Tensor, beta: float) -> Weights:
    """Gradients of the loss in the model's outputs, computed in the outputs' own dtype."""
    leaves = {name: value.detach().requires_grad_() for name, value in outputs.items()}
    found = torch.autograd.grad(loss_of(leaves, x, beta), list(leaves.values()))
    return dict(zip(leaves, found, strict=True))


def weight_gradients(weights: Weights, x: Tensor, beta: float) -> Weights:
    """Gradients of the loss in the weights, in float64."""
    return {name: slope.T @ x.double() for name, slope in slopes(outputs_of(weights, x), x, beta).items()}


def run(step: LearnerObject, weights: Weights, x: Tensor, **more: float | None) -> dict:
    """The record of one watched step."""
    settings = {"scale": SCALE, "beta": 1.0} | more
    record = beside(watch.watched_step, step, weights, x, device=DEVICE.get(), **settings)
    if not record["forward"]:
        raise Failure("nothing was computed", "one call of model(x)", "none", NOT_CALLED)
    return record


def movement(record: dict, weights: Weights) -> Tensor:
    """How far all weights went downhill, one after the other, in float64."""
    return flat({name: weights[name].double() - record["after"][name].double() for name in weights})


def flat(values: Weights) -> Tensor:
    """All numbers in one row."""
    return torch.cat([value.double().flatten() for value in values.values()])


@check("amp_train_step", "forward", in_lesson("One training step"))
def amp_train_step_forward(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The model ran under autocast: its outputs are what the half-precision format gives."""
    weights, x = case(rng)
    record = run(amp_train_step, weights, x)
    native = torch.device(DEVICE.get()).type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if native else torch.float16
    for name, exact in outputs_of(weights, x).items():
        output = record["outputs"][name]
        if output.dtype != dtype:
            shown = (
                NO_AUTOCAST if output.dtype == torch.float32 else "the context is not that of autocast_for(x.device)."
            )
            raise Failure(f"{name} has the wrong dtype", f"{dtype}, by autocast", str(output.dtype), shown)
        expect.close(output.double(), exact, name, rtol=2e-2, atol=2e-2, show=False)


@check("amp_train_step", "backward", in_lesson("One training step"))
def amp_train_step_backward(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Autocast was off while backward() ran."""
    record = run(amp_train_step, *case(rng))
    if not record["backward"]:
        raise Failure("no gradient reached the weights", "one call of backward()", "none")
    if any(record["backward"]):
        raise Failure("backward() ran under autocast", "autocast off in backward()", "autocast on", BACKWARD_INSIDE)


@check("amp_train_step", "loss", in_lesson("One training step"))
def amp_train_step_loss(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The result is a float: reconstruction + beta * KL in nats a sample, not scaled."""
    weights, x = case(rng)
    outputs, beta = outputs_of(weights, x), 2.5
    loss = run(amp_train_step, weights, x, beta=beta)["loss"]
    if not isinstance(loss, float):
        likely = AS_TENSOR if isinstance(loss, Tensor) else "a missing return." if loss is None else ""
        raise Failure("the loss is no float", "a Python float", describe_value(loss), likely)
    expected = loss_of(outputs, x, beta)
    mistakes = {
        SCALED_LOSS: SCALE * expected,
        BETA_IGNORED: loss_of(outputs, x, 1.0),
        NO_KL: loss_of(outputs, x, 0.0),
    }
    # Half-precision outputs cost up to one per cent; whether the loss itself lost digits is for the next check.
    expect.close(loss, expected, "the loss", rule="reconstruction + beta * kl", rtol=3e-2, mistakes=mistakes)


@check("amp_train_step", "precision", in_lesson("One training step"))
def amp_train_step_precision(amp_train_step: LearnerObject, rng: Draws) -> None:
    """KL and reconstruction ran in float32: the gradients at the model's outputs have their digits."""
    weights, x = case(rng, spread=0.05)
    record = run(amp_train_step, weights, x, scale=None)
    outputs = record["outputs"]
    exact = slopes({name: value.double() for name, value in outputs.items()}, x, 1.0)
    half = slopes(outputs, x, 1.0)
    for name, sentence in {"logits": LOGITS_HALF, "logvar": KL_HALF, "mu": KL_HALF}.items():
        if name not in record["gradients"]:
            raise Failure(f"no gradient reached {name}", f"a loss that depends on {name}", "no path")
        found = record["gradients"][name].double()
        recognised = expect.recognise(found, exact[name], {sentence: half[name]}, rtol=2e-2)
        expect.close(
            found,
            exact[name],
            f"the gradient of the loss in {name}",
            rule="its closed form in float32",
            rtol=1.2e-2,  # three roundings of the bfloat16 gradient that is noted
            atol=1e-9,
            mistakes={recognised: found} if recognised else {},
        )


@check("amp_train_step", "step", in_lesson("One training step"))
def amp_train_step_step(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The weights make one step along the unscaled gradients, with the scaler on and with the scaler off."""
    weights, x = case(rng)
    right = flat(weight_gradients(weights, x, 2.0))
    mistakes = {
        TWO_STEPS: 2 * right,
        SCALED_STEP: SCALE * right,
        UNSCALED_LOSS: right / SCALE,
        NO_STEP: 0 * right,
        BETA_IGNORED: flat(weight_gradients(weights, x, 1.0)),
    }
    for scale, where in ((SCALE, "with the scaler on"), (None, "with the scaler off")):
        moved = movement(run(amp_train_step, weights, x, scale=scale, beta=2.0), weights)
        size = float(right.abs().max())
        likely = next((sentence for sentence, wrong in mistakes.items() if near(moved, wrong)), "")
        what = f"the movement of the weights {where}, in gradients,"
        recognised = {likely: moved} if likely else {}
        expect.close(
            moved, right, what, rule="1 gradient", rtol=2e-2, atol=2e-2 * size, mistakes=recognised, show=False
        )


def near(moved: Tensor, wrong: Tensor) -> bool:
    """Equal to within what half precision costs, on the scale of the wrong one itself."""
    return torch.allclose(moved, wrong, rtol=2e-2, atol=2e-2 * float(wrong.abs().max()))


@check("amp_train_step", "fresh", in_lesson("One training step"))
def amp_train_step_fresh(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Gradients that were left over from before the call have no effect."""
    weights, x = case(rng)
    clean = movement(run(amp_train_step, weights, x, scale=None), weights)
    stale = movement(run(amp_train_step, weights, x, scale=None, stale=0.5), weights)
    what, rule = "the movement of the weights after left-over gradients of 0.5", "the same as without them"
    mistakes = {STALE: clean + 0.5}
    expect.close(stale, clean, what, rule=rule, rtol=1e-4, atol=1e-4, mistakes=mistakes, show=False)


@check("amp_train_step", "clip", in_lesson("One training step"))
def amp_train_step_clip(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Clipping came after unscaling: clip limits the norm of the true gradients, all of them together."""
    weights, x = case(rng)
    gradient = flat(weight_gradients(weights, x, 1.0))
    free = movement(run(amp_train_step, weights, x), weights)
    if not free.any():
        raise Failure("the weights did not move", "a step along the gradients", "no movement", NO_STEP)
    if near(free, gradient / SCALE):
        raise Failure("the step without clip is too short", "1 gradient", f"1/{SCALE:g} of it", UNSCALED_LOSS)
    for fraction in (0.05, 3.0):
        clip = fraction * float(gradient.norm())
        moved = movement(run(amp_train_step, weights, x, clip=clip), weights)
        alone = gradient.clamp(-clip, clip)
        mistakes = {CLIP_FIRST: min(1.0, fraction / SCALE), CLIP_IGNORED: 1.0}
        if fraction < 1:
            mistakes |= {CLIP_VALUES: float(alone.norm() / gradient.norm())}
            mistakes |= {CLIP_VALUES + " ": one_by_one(weights, gradient, clip)}
        expect.close(
            float(moved.norm() / free.norm()),
            min(1.0, fraction),
            f"the length of a step with clip at {fraction:g} of the norm, over that without clip,",
            rule="the smaller of clip / norm and 1",
            rtol=2e-2,
            atol=0,
            mistakes=mistakes,
        )


def one_by_one(weights: Weights, gradient: Tensor, clip: float) -> float:
    """What is left of the norm when the gradient of each weight is clipped by its own."""
    parts = gradient.split([weight.numel() for weight in weights.values()])
    return float(torch.stack([part.norm().clamp(max=clip) for part in parts]).norm() / gradient.norm())


@check("amp_train_step", "overflow", in_lesson("When a step must be skipped"))
def amp_train_step_overflow(amp_train_step: LearnerObject, rng: Draws) -> None:
    """When the scaled gradients overflow, the step is skipped: the weights are unchanged."""
    weights, x = case(rng)
    weights["mu"] = 40 * weights["mu"]
    for clip in (None, 1.0):
        moved = movement(run(amp_train_step, weights, x, scale=2.0**127, clip=clip), weights)
        if not moved.isfinite().all() or moved.any():
            ruined = int((~moved.isfinite()).sum())
            observed = f"{ruined} of {len(moved)} weights are nan or inf" if ruined else "weights that moved"
            likely = STEPPED_ON_OVERFLOW if ruined else ""
            raise Failure("an overflowed step was made", "weights as they were before the call", observed, likely)


@check("amp_train_step", "update", in_lesson("When a step must be skipped"))
def amp_train_step_update(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The scale halves after an overflow, and grows after clean steps."""
    weights, x = case(rng)
    clean = run(amp_train_step, weights, x)["scale"]
    weights["mu"] = 40 * weights["mu"]
    overflow = run(amp_train_step, weights, x, scale=2.0**127)["scale"]
    for found, start, factor, when in ((overflow, 2.0**127, 0.5, "an overflow"), (clean, SCALE, 2.0, "a clean step")):
        what, rule = f"the scale after {when}, over that before,", "half" if factor < 1 else "twice, with this scaler"
        expect.close(found / start, factor, what, rule=rule, mistakes={NOT_UPDATED: 1.0})


# device_batches

REPLACED = "some rows come twice and others never: drawn with replacement. A permutation has every row once."
TAIL_DROPPED = "the last, shorter batch is missing. The rows that are left over are data too."
IN_ORDER = "the rows come in their own order. Draw a permutation."
SAME_ORDER = "the same order in every epoch: a seed fixed inside, or an order drawn once. Draw it anew at every call."
GENERATOR_IGNORED = "the order does not come from generator. Pass it on: torch.randperm(..., generator=generator)."
BLOCKS = "neighbours stay together: only the order of the batches is shuffled. Shuffle rows, then cut."
CPU_INDEX = "the index lives on the CPU: every batch waits for a copy. Draw it with device=x.device."


def rows_of(rng: Draws, n: int, *shape: int) -> Tensor:
    """Rows that are told apart by their first number, which is their place."""
    x = rng.normal(n, *shape, dtype=torch.float32)
    x.reshape(n, -1)[:, 0] = torch.arange(n)
    return x.to(DEVICE.get())


def order_of(batches: list[Tensor]) -> list[int]:
    """The places of the rows in the order in which they came."""
    return [int(row.flatten()[0]) for batch in batches for row in expect.tensor(batch, "a batch")]


def judge_epoch(batches: list[Tensor], x: Tensor, size: int) -> None:
    """Every row comes once, in batches of the right sizes."""
    n, order = len(x), order_of(batches)
    if len(set(order)) < len(order):
        raise Failure("an epoch repeats rows", f"each of {n} rows once", f"{len(set(order))} different rows", REPLACED)
    if len(order) < n:
        likely = TAIL_DROPPED if len(order) == n - n % size else ""
        raise Failure("an epoch misses rows", f"{n} rows", f"{len(order)} rows", likely)
    sizes, expected = [len(batch) for batch in batches], [size] * (n // size) + [n % size] * (n % size > 0)
    if sizes != expected:
        raise Failure("the batches have the wrong sizes", f"{expected}", f"{sizes}")
    found = torch.cat(list(batches))
    if found.dtype != x.dtype or not torch.equal(found, x.cpu()[order]):
        raise Failure("the rows have changed", "the rows of x as they are", "other shapes, dtypes or values")


@check("device_batches", "rows", in_lesson("Data that stays on the device"))
def device_batches_rows(device_batches: LearnerObject, rng: Draws) -> None:
    """Every row comes once in an epoch, the last short batch included."""
    for x, size in ((rows_of(rng, 23, 4), 5), (rows_of(rng, 11, 1, 2, 3), 4)):
        for seed in (rng.new_seed(), None):
            (batches,) = beside(watch.epochs, device_batches, x, size, seed, 1)
            judge_epoch(batches, x, size)


@check("device_batches", "edges", in_lesson("Data that stays on the device"))
def device_batches_edges(device_batches: LearnerObject, rng: Draws) -> None:
    """Batches of one row, batches that fit exactly, and a batch larger than the data."""
    for n, size in ((3, 1), (12, 4), (5, 8)):
        x = rows_of(rng, n, 2)
        (batches,) = beside(watch.epochs, device_batches, x, size, rng.new_seed(), 1)
        judge_epoch(batches, x, size)


@check("device_batches", "order", in_lesson("Data that stays on the device"))
def device_batches_order(device_batches: LearnerObject, rng: Draws) -> None:
    """Each epoch has an order of its own, and a seeded generator gives the same orders again."""
    x, size, seed = rows_of(rng, 43, 4), 3, rng.new_seed()
    first = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, seed, 2)]
    replay(rng.new_seed())
    again = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, seed, 2)]
    free = [order_of(batches) for batches in beside(watch.epochs, device_batches, x, size, None, 2)]
    for what, orders in (("with a generator", first), ("without a generator", free)):
        expected = "a new order in every epoch"
        if orders[0] == sorted(orders[0]):
            raise Failure(f"the rows are not shuffled {what}", expected, "0, 1, 2, ...", IN_ORDER)
        if all(b == a + 1 for start in range(0, 42, size) for a, b in pairwise(orders[0][start : start + size])):
            raise Failure(f"only batches are shuffled {what}", "shuffled rows", "runs of neighbours", BLOCKS)
        if orders[0] == orders[1]:
            raise Failure(f"two epochs have the same order {what}", expected, "the same order twice", SAME_ORDER)
    if first != again:
        expected = "the same orders from the same seed"
        raise Failure("a seeded generator does not decide the order", expected, "other orders", GENERATOR_IGNORED)


@check("device_batches", "device", in_lesson("Data that stays on the device"))
def device_batches_device(device_batches: LearnerObject, rng: Draws) -> None:
    """Nothing meets the processor: the order is drawn, and the rows are taken, on the device of x."""
    record = beside(watch.on_processor, device_batches, rng.normal(23, 4), 5)
    if off := [device for device in record["devices"] if device != "meta"]:
        raise Failure("a batch is on another device", "batches on the device of x", off[0])
    if not record["devices"]:
        raise Failure("there are no batches", "five batches of 23 rows", "none")
    if met := record["operations"]:
        observed = f"a tensor on the CPU (in {met[0]})"
        raise Failure("a tensor left the device of x", expect.DEVICE, observed, CPU_INDEX)


# throughput

WARMUP_INSIDE = "the warm-up is inside the timing. Read the clock after it."
MEAN_OF_RATES = "the mean of rates: short steps count too much. Divide all samples by the whole time."
ONE_STEP = "samples of one step over the time of all of them. Multiply by repeats."
NO_SAMPLES = "steps per second. Each step is worth `samples` samples."
SECONDS_PER = "seconds per sample, the rate upside down."
NO_WAIT_AT_ALL = "no synchronise at all: only the launches were timed. Wait before both readings of the clock."
NO_WAIT_END = "no synchronise before the last reading: the queue was still full. Wait, then read the clock."
NO_WAIT_START = "no synchronise before the first reading: the warm-up was still running, and its rest was timed too."
NO_CLOCK = "time.perf_counter() is the clock that this exercise asks for."
NO_WARMUP = "the warm-up is missing: call step() `warmup` times before the clock starts."


@check("throughput", "rate", in_lesson("A clock that tells the truth"))
def throughput_rate(throughput: LearnerObject, rng: Draws) -> None:
    """Samples of the timed steps over the time they took together; the warm-up is not timed."""
    samples, warmup, repeats, launch = 48, 2, 5, 0.125
    work = rng.uniform(3, 5, warmup).tolist() + rng.uniform(0.25, 2, repeats).tolist()
    rate = beside(watch.timed, throughput, samples, warmup, repeats, "cpu", launch, work)["rate"]
    each = launch + torch.tensor(work, dtype=torch.float64)
    timed, whole = each[warmup:].sum(), each.sum()
    right = repeats * samples / timed
    mistakes = {
        WARMUP_INSIDE: repeats * samples / whole,
        WARMUP_INSIDE + " ": (warmup + repeats) * samples / whole,
        MEAN_OF_RATES: (samples / each[warmup:]).mean(),
        ONE_STEP: samples / timed,
        NO_SAMPLES: repeats / timed,
        SECONDS_PER: 1 / right,
    }
    expect.close(rate, right, "the rate", rule="repeats * samples / elapsed", mistakes=mistakes)


@check("throughput", "synchronise", in_lesson("A clock that tells the truth"))
def throughput_synchronise(throughput: LearnerObject, rng: Draws) -> None:
    """On cuda, the device has finished before each reading of the clock."""
    work, launch = rng.uniform(0.5, 2, 7).tolist(), 1 / 1024
    record = beside(watch.timed, throughput, 48, 3, 4, "cuda", launch, work)
    events = record["events"]
    waiting, late = 0, []
    for event in events:
        waiting = waiting + 1 if event == "step" else 0 if event == "wait" else waiting
        if event == "clock":
            late.append(waiting)
    if not late:
        raise Failure("the clock was never read", "readings of time.perf_counter()", "none", NO_CLOCK)
    if any(late):
        likely = NO_WAIT_AT_ALL if "wait" not in events else NO_WAIT_END if late[-1] else NO_WAIT_START
        observed = f"{max(late)} steps still in the queue at a reading"
        raise Failure("the clock was read while the device was working", "an empty queue", observed, likely)


@check("throughput", "calls", in_lesson("A clock that tells the truth"))
def throughput_calls(throughput: LearnerObject, rng: Draws) -> None:
    """step is called warmup + repeats times, also without a warm-up."""
    for warmup, repeats in ((3, 4), (0, 2)):
        events = beside(watch.timed, throughput, 48, warmup, repeats, "cpu", 0.125, [1.0])["events"]
        steps = events.count("step")
        if steps != warmup + repeats:
            likely = NO_WARMUP if steps == repeats else ""
            expected = f"{warmup} + {repeats} = {warmup + repeats} calls of step"
            raise Failure("step was called another number of times", expected, f"{steps} calls", likely)
