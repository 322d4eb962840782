"""amp_train_step: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("amp_train_step", reread="One training step")

Weights = dict[str, Tensor]
NOT_CALLED = Mistake(
    "not_called",
    "the model was not called.",
)
NO_AUTOCAST = Mistake(
    "no_autocast",
    "the model ran without autocast. Put model(x) inside `with autocast_for(x.device):`.",
)
BACKWARD_INSIDE = Mistake(
    "backward_inside",
    "backward() ran while autocast was on. Leave the with statement first.",
)
AS_TENSOR = Mistake(
    "as_tensor",
    "a tensor keeps its whole graph alive. loss.item() is the number.",
)
SCALED_LOSS = Mistake(
    "scaled_loss",
    "the scaled loss. Return the loss as it was before scaler.scale.",
)
BETA_IGNORED = Mistake(
    "beta_ignored",
    "beta is ignored: the loss is reconstruction + beta * kl.",
)
NO_KL = Mistake(
    "no_kl",
    "the reconstruction alone. The loss is reconstruction + beta * kl.",
)
KL_HALF = Mistake(
    "kl_half",
    "the KL was computed in half precision. Raise mu and logvar with .float() before the loss.",
)
LOGITS_HALF = Mistake(
    "logits_half",
    "the reconstruction was computed in half precision. Raise the logits with .float() before the loss.",
)
TWO_STEPS = Mistake(
    "two_steps",
    "optimizer.step() beside scaler.step(optimizer): the weights move twice. scaler.step calls it for you.",
)
SCALED_STEP = Mistake(
    "scaled_step",
    "optimizer.step() used the scaled gradients. Call scaler.step(optimizer), which unscales, in its place.",
)
UNSCALED_LOSS = Mistake(
    "unscaled_loss",
    "the loss was never scaled, and its gradients were unscaled. Use scaler.scale(loss).backward().",
)
NO_STEP = Mistake(
    "no_step",
    "the weights did not move. Call scaler.step(optimizer) after backward().",
)
STALE = Mistake(
    "stale",
    "zero_grad() is missing, or comes after backward() only. Call optimizer.zero_grad() before backward().",
)
CLIP_FIRST = Mistake(
    "clip_first",
    "clipped before unscaling: the limit met gradients that were still multiplied by the scale.",
)
CLIP_IGNORED = Mistake(
    "clip_ignored",
    "clip is ignored. When it is not None, clip the norm of all gradients together.",
)
CLIP_VALUES = Mistake(
    "clip_values",
    "each gradient was clipped alone. clip_grad_norm_ limits the norm of all of them together.",
)
STEPPED_ON_OVERFLOW = Mistake(
    "stepped_on_overflow",
    "optimizer.step() ran although the gradients had overflowed. Only scaler.step(optimizer) knows when to skip.",
)
NOT_UPDATED = Mistake(
    "not_updated",
    "scaler.update() is missing: it lowers the scale after an overflow and raises it after clean steps.",
)
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


def near(moved: Tensor, wrong: Tensor) -> bool:
    """Equal to within what half precision costs, on the scale of the wrong one itself."""
    return torch.allclose(moved, wrong, rtol=2e-2, atol=2e-2 * float(wrong.abs().max()))


def one_by_one(weights: Weights, gradient: Tensor, clip: float) -> float:
    """What is left of the norm when the gradient of each weight is clipped by its own."""
    parts = gradient.split([weight.numel() for weight in weights.values()])
    return float(torch.stack([part.norm().clamp(max=clip) for part in parts]).norm() / gradient.norm())


@exercise.check
def forward(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check
def backward(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Autocast was off while backward() ran."""
    record = run(amp_train_step, *case(rng))
    if not record["backward"]:
        raise Failure("no gradient reached the weights", "one call of backward()", "none")
    if any(record["backward"]):
        raise Failure("backward() ran under autocast", "autocast off in backward()", "autocast on", BACKWARD_INSIDE)


@exercise.check
def loss(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check
def precision(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check
def step(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check
def fresh(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Gradients that were left over from before the call have no effect."""
    weights, x = case(rng)
    clean = movement(run(amp_train_step, weights, x, scale=None), weights)
    stale = movement(run(amp_train_step, weights, x, scale=None, stale=0.5), weights)
    what, rule = "the movement of the weights after left-over gradients of 0.5", "the same as without them"
    mistakes = {STALE: clean + 0.5}
    expect.close(stale, clean, what, rule=rule, rtol=1e-4, atol=1e-4, mistakes=mistakes, show=False)


@exercise.check
def clip(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check(reread="When a step must be skipped")
def overflow(amp_train_step: LearnerObject, rng: Draws) -> None:
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


@exercise.check(reread="When a step must be skipped")
def update(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The scale halves after an overflow, and grows after clean steps."""
    weights, x = case(rng)
    clean = run(amp_train_step, weights, x)["scale"]
    weights["mu"] = 40 * weights["mu"]
    overflow = run(amp_train_step, weights, x, scale=2.0**127)["scale"]
    for found, start, factor, when in ((overflow, 2.0**127, 0.5, "an overflow"), (clean, SCALE, 2.0, "a clean step")):
        what, rule = f"the scale after {when}, over that before,", "half" if factor < 1 else "twice, with this scaler"
        expect.close(found / start, factor, what, rule=rule, mistakes={NOT_UPDATED: 1.0})


# Wrong answers


# Clips without asking whether it should.
@exercise.wrong(
    forward=stops("TypeError"),
    backward=stops("TypeError"),
    loss=stops("TypeError"),
    precision=stops("TypeError"),
    step=stops("TypeError"),
    fresh=stops("TypeError"),
    clip=stops("TypeError"),
    overflow=stops("TypeError"),
    update=stops("TypeError"),
)
def clip_none(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Never shows the loss to the scaler.
@exercise.wrong(
    forward=stops("your script did not use scaler.scale(loss or outputs)"),
    backward=stops("your script did not use scaler.scale(loss or outputs)"),
    loss=stops("your script did not use scaler.scale(loss or outputs)"),
    step=stops("your script did not use scaler.scale(loss or outputs)"),
    clip=stops("your script did not use scaler.scale(loss or outputs)"),
    overflow=stops("your script did not use scaler.scale(loss or outputs)"),
    update=stops("your script did not use scaler.scale(loss or outputs)"),
)
def never_scales(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    loss.backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# backward() under autocast.
@exercise.wrong(backward=BACKWARD_INSIDE)
def backward_inside(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
        loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
        scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# optimizer.step() before scaler.step().
@exercise.wrong(step=SCALED_STEP, clip=unnamed("the length of a step"), overflow=STEPPED_ON_OVERFLOW)
def before_scaler(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Ignores beta.
@exercise.wrong(loss=BETA_IGNORED, step=BETA_IGNORED)
def beta_ignored(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float())[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Clips what is still scaled.
@exercise.wrong(clip=CLIP_FIRST)
def clip_before_unscale(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Never clips.
@exercise.wrong(clip=CLIP_IGNORED)
def clip_ignored(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Clips the norm of each parameter by itself.
@exercise.wrong(clip="each gradient was clipped alone. clip_grad_norm_ limits the norm of all of them together. ")
def clip_one_by_one(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        for parameter in model.parameters():
            nn.utils.clip_grad_norm_(parameter, clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Clips each number.
@exercise.wrong(clip=CLIP_VALUES)
def clip_values(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_value_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# The loss from half-precision tensors, under autocast.
@exercise.wrong(precision=KL_HALF)
def kl_in_half(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
        loss = vae_loss(logits, x, mu, logvar, beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Raises the logits and forgets mu and logvar.
@exercise.wrong(precision=KL_HALF)
def kl_in_half_outside(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu, logvar, beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Raises mu and logvar and forgets the logits.
@exercise.wrong(precision=LOGITS_HALF)
def logits_in_half(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits, x.to(logits.dtype), mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Computes the scaled loss and goes on with the other one.
@exercise.wrong(step=UNSCALED_LOSS, clip=UNSCALED_LOSS, update=NOT_UPDATED)
def loss_not_scaled(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss)
    loss.backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Runs the model in float32.
@exercise.wrong(forward=NO_AUTOCAST)
def no_autocast(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# optimizer.step() in place of scaler.step().
@exercise.wrong(step=SCALED_STEP, clip=CLIP_FIRST, overflow=STEPPED_ON_OVERFLOW)
def not_the_scalers(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer) if clip is not None else None
    if clip is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    if clip is not None:
        scaler.update()
    else:
        scaler.unscale_(optimizer)
        scaler.update()
    return loss.item()


# Forgets scaler.update().
@exercise.wrong(update=NOT_UPDATED)
def not_updated(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    return loss.item()


# Returns the scaled loss.
@exercise.wrong(loss=SCALED_LOSS)
def returns_scaled(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    loss = scaler.scale(loss)
    loss.backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Returns the loss with its graph.
@exercise.wrong(loss=AS_TENSOR)
def returns_tensor(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss


# No zero_grad.
@exercise.wrong(fresh=STALE)
def stale_gradients(model, x, optimizer, scaler, beta=1.0, clip=None):
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# optimizer.step() after scaler.step().
@exercise.wrong(step=TWO_STEPS, overflow=STEPPED_ON_OVERFLOW)
def twice(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    optimizer.step()
    scaler.update()
    return loss.item()


# Forgets to move the weights.
@exercise.wrong(step=NO_STEP, clip=NO_STEP)
def without_steps(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    scaler.update()
    return loss.item()


# zero_grad at the end, which does not help what was there before.
@exercise.wrong(fresh=STALE)
def zero_grad_late(model, x, optimizer, scaler, beta=1.0, clip=None):
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
    return loss.item()
