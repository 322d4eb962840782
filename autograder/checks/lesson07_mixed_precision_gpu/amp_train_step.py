"""amp_train_step: its checks and wrong answers. Grader's side.

All are identities: what the step must do follows from weights and pixels that were made here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import NoneType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder import expect
from autograder.beside import lesson07_mixed_precision_gpu as watch
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("amp_train_step", reread="One training step")

NO_AUTOCAST = Mistake(
    "no_autocast", "the model ran without autocast. Put model(x) inside `with autocast_for(x.device):`."
)
OTHER_CONTEXT = Mistake("other_context", "the context is not that of autocast_for(x.device).")
BACKWARD_INSIDE = Mistake(
    "backward_under_autocast", "backward() ran while autocast was on. Leave the with statement first."
)
AS_TENSOR = Mistake(
    "as_tensor", "the loss is returned as a tensor. loss.item() is the number, and keeps no graph alive."
)
BETA_IGNORED = Mistake("beta_ignored", "beta is ignored: the loss is reconstruction + beta * kl.")
NO_KL = Mistake(
    "no_kl",
    "the reconstruction alone: the KL is missing, or was cut from its path by item() or detach(). "
    "The loss is reconstruction + beta * kl.",
)
NOT_CALLED = Mistake("not_called", "a function is returned in place of its result: () is missing, as in loss.item().")
KL_IN_HALF = Mistake(
    "kl_in_half", "the KL was computed in half precision. Raise mu and logvar with .float() before the loss."
)
SCALED_STEP = Mistake(
    "scaled_step",
    "optimizer.step() used the scaled gradients. Call scaler.step(optimizer), which unscales, in its place.",
)
UNSCALED_LOSS = Mistake(
    "unscaled_loss", "the loss was never scaled, and its gradients were unscaled. Use scaler.scale(loss).backward()."
)
NO_STEP = Mistake("no_step", "the weights did not move. Call scaler.step(optimizer) after backward().")
STALE = Mistake(
    "stale", "zero_grad() is missing, or comes after backward() only. Call optimizer.zero_grad() before backward()."
)
CLIPPED_ALONE = Mistake(
    "clipped_alone", "each gradient was clipped alone. clip_grad_norm_ limits the norm of all of them together."
)
STEPPED_ON_OVERFLOW = Mistake(
    "stepped_on_overflow",
    "optimizer.step() ran although the gradients had overflowed. Only scaler.step(optimizer) knows when to skip.",
)

NOT_UPDATED = Mistake(
    "not_updated", "scaler.update() is missing: it lowers the scale after an overflow and raises it after clean steps."
)
OWN_STEP = Mistake(
    "optimizers_own_step",
    "optimizer.step() stands where scaler.step(optimizer) should, which unscales and looks for overflow.",
)
TOO_SOON = Mistake(
    "updated_too_soon",
    "scaler.update() comes before scaler.step(optimizer), which looks whether gradients overflowed. Step first.",
)
MODE = Mistake("mode_changed", "model.eval() in a training step switches dropout off. Leave the mode to the caller.")
ALL_TRAIN = Mistake(
    "all_set_to_train",
    "model.train() switches all layers to training, also those that the caller did not. Leave the mode to the caller.",
)
AGAIN = Mistake("called_again", "the model ran twice, at twice the price. Call it once, and unpack the three outputs.")

Weights = dict[str, Tensor]
Courses = list[tuple[dict[str, Any], Callable[[Any], dict[str, Any]]]]
"""Records of steps, each with the probe that gave it."""
SCALE, LARGEST = 1024.0, 2.0**127
"""What the scaler starts from: a scale for every day, and one at which gradients overflow."""
PIXELS, LATENT, ROWS = 12, 3, 6


def vae_loss(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """(loss, reconstruction, kl) in nats a sample, as the lesson gives it: computed in the dtype of the inputs."""
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = (0.5 * (mu.square() + logvar.exp() - 1 - logvar)).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


def autocast_for(device: torch.device) -> torch.autocast:
    """What the wrong answers find under this name."""
    return torch.autocast(device.type, dtype=torch.bfloat16)


def case(rng: Draws, spread: float = 1.0) -> tuple[Weights, Tensor]:
    """Weights of three linear maps, and a batch of pixels; mu and logvar are of size ``spread``.

    With these signs the KL is far from that of mu and logvar exchanged.
    """
    weights = {
        "logits": rng.uniform(-1.2, 1.2, PIXELS, PIXELS, dtype=torch.float32),
        "mu": -spread * rng.uniform(0.1, 0.4, LATENT, PIXELS, dtype=torch.float32),
        "logvar": spread * rng.uniform(0.05, 0.3, LATENT, PIXELS, dtype=torch.float32),
    }
    weights["logvar"][1] *= -1
    return weights, rng.uniform(0, 1, ROWS, PIXELS, dtype=torch.float32)


def overflowing(weights: Weights) -> Weights:
    """The weights, with a mu whose gradient overflows at the largest scale."""
    return weights | {"mu": -40 * weights["mu"]}


def outputs_of(weights: Weights, x: Tensor) -> Weights:
    """The three linear maps in float64."""
    return {name: x.double() @ weight.double().T for name, weight in weights.items()}


def slopes(outputs: Weights, x: Tensor, beta: float) -> Weights:
    """Gradients of the loss in the model's outputs, in float64."""
    leaves = {name: value.detach().double().requires_grad_() for name, value in outputs.items()}
    found = torch.autograd.grad(vae_loss(x=x.double(), beta=beta, **leaves)[0], list(leaves.values()))
    return dict(zip(leaves, found, strict=True))


def weight_gradients(weights: Weights, x: Tensor, beta: float) -> Tensor:
    """Gradients of the loss in all weights, one after the other, in float64."""
    return flat({name: slope.T @ x.double() for name, slope in slopes(outputs_of(weights, x), x, beta).items()})


def flat(values: Weights) -> Tensor:
    """All numbers in one row, in float64."""
    return torch.cat([value.double().flatten() for value in values.values()])


def run(function: LearnerObject, weights: Weights, x: Tensor, **more: float | None) -> dict[str, Any]:
    """The record of one watched step; beta and clip are left to their defaults where they are not given."""
    settings = {"scale": SCALE} | more
    with for_inputs(words(x, **settings)):
        record = beside(watch.watched_step, function, weights, x, device=DEVICE.get(), **settings)
    if not record["forward"]:
        raise Failure("nothing was computed", "one call of model(x)", "none")
    if record["unchecked"] is not None:
        alone = "alone" in record["unchecked"]
        observed = "after optimizer.step() without the scaler" if alone else "with no step before it"
        expected = "scaler.step(optimizer) before scaler.update()"
        raise Failure("scaler.update() was called too soon", expected, observed, OWN_STEP if alone else TOO_SOON)
    record["moved"] = flat(weights) - flat(record["after"])
    return record


def words(x: Tensor, scale: float | None, stale: float | None = None, **options: float | None) -> str:
    """The inputs in words."""
    scaler = f"a scaler at {scale:g}" if scale else "a scaler that is off"
    left_over = [] if stale is None else [f"gradients of {stale:g} left over"]
    given = [f"{name}={value or 0:g}" for name, value in options.items()]
    return ", ".join([f"x of shape {tuple(x.shape)}", scaler, *left_over, *given])


def near(found: Tensor, wrong: Tensor, tolerance: float = 2e-2) -> bool:
    """Equal to within what half precision costs, on the scale of the wrong one itself."""
    return torch.allclose(found, wrong, rtol=tolerance, atol=tolerance * float(wrong.abs().max()))


def same_course(found: dict[str, Any], wrong: dict[str, Any]) -> bool:
    """The same movement, from the same gradients at the model's outputs, by the same callers of optimizer.step."""
    if found["steps"] != wrong["steps"] or found["gradients"].keys() != wrong["gradients"].keys():
        return False
    pairs = [(gradient, wrong["gradients"][name]) for name, gradient in found["gradients"].items()]
    return all(near(a.double(), b.double()) for a, b in (*pairs, (found["moved"], wrong["moved"])))


@exercise.check
def forward(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The model ran once, under autocast and in its mode: its outputs are what the half-precision format gives."""
    weights, x = case(rng)
    record = run(amp_train_step, weights, x)
    native = torch.device(DEVICE.get()).type != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    dtype, states = torch.bfloat16 if native else torch.float16, record["forward"]
    for name, exact in outputs_of(weights, x).items():
        output = record["outputs"][name]
        if output.dtype != dtype:
            likely = NO_AUTOCAST if set(states) == {None} else OTHER_CONTEXT if dtype not in states else None
            raise Failure(f"{name} has the wrong dtype", f"{dtype}, by autocast", str(output.dtype), likely)
        expect.close(output.double(), exact, name, rtol=2e-2, atol=2e-2, show=False)
    judge_modes(*record["modes"])
    if len(states) > 1:
        raise Failure("the model was called more than once", "one call of model(x)", f"{len(states)} calls", AGAIN)


def judge_modes(before: list[bool], *modes: list[bool]) -> None:
    """All modes are as they were: that of the model, and those of its layers, one of which was not training."""
    for now in modes:
        if now != before:
            shown = [f"{each.count(True)} of {len(each)} modules in training mode" for each in (before, now)]
            likely = ALL_TRAIN if all(now) else None if any(now) else MODE
            raise Failure("the mode of the model was changed", f"{shown[0]}, as before the call", shown[1], likely)


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

    betas: dict[str, dict[str, Any]] = {"beta by default": {}, "beta=2.5": {"beta": 2.5}}

    def found(answer: LearnerObject) -> list[dict[str, Any]]:
        return [run(answer, weights, x, **options) for options in betas.values()]

    records = found(amp_train_step)
    for place, (where, options) in enumerate(betas.items()):
        record, value = records[place], records[place]["loss"]
        if not isinstance(value, float):
            kinds = ((Tensor, AS_TENSOR), (NoneType, expect.NO_RETURN), (LearnerObject, NOT_CALLED))
            likely = next((mistake for kind, mistake in kinds if isinstance(value, kind)), None)
            shown = "a function" if likely is NOT_CALLED else describe_value(value)
            raise Failure("the loss is no float", "a Python float", shown, likely)
        outputs = {name: output.double() for name, output in record["outputs"].items()}
        right = vae_loss(x=x.double(), **outputs, **options)[0]
        mistakes = (
            (mistake, wrong[place]["loss"])
            for mistake, wrong in exercise.mistaken(found)
            if same_losses(records, wrong)
        )
        # Whether the loss itself lost digits is for the next check.
        rule = "reconstruction + beta * kl"
        expect.close(value, right, f"the loss with {where}", rule=rule, rtol=1e-2, mistakes=mistakes)


def same_losses(found: list[dict[str, Any]], wrong: list[dict[str, Any]]) -> bool:
    """Whether a mistake gives each of the losses, but for a rounding to bfloat16 that goes another way after a step."""
    pairs = [(a["loss"], b["loss"]) for a, b in zip(found, wrong, strict=True)]
    return all(isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=3e-3) for a, b in pairs)


@exercise.check
def precision(amp_train_step: LearnerObject, rng: Draws) -> None:
    """KL and reconstruction ran in float32: the gradients at the model's outputs have their digits, and so the loss."""
    weights, x = case(rng, spread=0.05)

    def found(answer: LearnerObject) -> dict[str, Any]:
        return run(answer, weights, x, scale=None)

    record = found(amp_train_step)
    outputs = {name: output.double() for name, output in record["outputs"].items()}
    exact, gradients = slopes(outputs, x, 1.0), record["gradients"]
    for name in ("logits", "logvar", "mu"):
        if name not in gradients:
            raise Failure(f"no gradient reached {name}", f"a loss that depends on {name}", "no path")
        mistakes = (
            (mistake, wrong["gradients"][name])
            for mistake, wrong in exercise.mistaken(found)
            if all(near(gradients[each].double(), wrong["gradients"][each].double(), 1e-6) for each in exact)
        )
        expect.close(
            gradients[name].double(),
            exact[name],
            f"the gradient of the loss in {name}",
            rule="its closed form in float32",
            rtol=1.2e-2,  # three roundings of the bfloat16 gradient that is noted
            atol=1e-9,
            mistakes=mistakes,
        )
    judge_digits(amp_train_step, weights, x)


def judge_digits(amp_train_step: LearnerObject, weights: Weights, x: Tensor) -> None:
    """The loss itself has its digits where mu, in half precision, has a square that has not."""
    x, mu = x.clone(), torch.zeros_like(weights["mu"])
    x[:, 0], mu[:, 0] = 1, 32 * (1.5 + 1 / 128)
    record = run(amp_train_step, weights | {"mu": mu}, x, scale=None)
    outputs = {name: output.double() for name, output in record["outputs"].items()}
    right = float(vae_loss(x=x.double(), **outputs)[0])
    # What is far off, or no number, is for the check of the loss.
    if isinstance(record["loss"], float) and 1e-4 < abs(record["loss"] / right - 1) < 1e-2:
        raise Failure("the loss lost digits", f"{right:.6g}, its closed form in float32", f"{record['loss']:.6g}")


@exercise.check
def step(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The weights make one step along the unscaled gradients, with the scaler on and with the scaler off."""
    weights, x = case(rng)
    right = weight_gradients(weights, x, 2.0)
    size = float(right.abs().max())
    for scale, where in ((SCALE, "with the scaler on"), (None, "with the scaler off")):
        found = partial(run, weights=weights, x=x, scale=scale, beta=2.0)
        record = found(amp_train_step)
        # A step that is a thousand times too short is near any other that is, by the tolerances of the right one.
        mistakes = explanations(record, found)
        judge_movement(record["moved"], right, weights, where, "1 gradient", mistakes, rtol=2e-2, atol=2e-2 * size)


def judge_movement(
    moved: Tensor,
    right: Tensor,
    weights: Weights,
    where: str,
    rule: str,
    mistakes: Iterable[tuple[Mistake, Tensor]],
    rtol: float,
    atol: float,
) -> None:
    """Each weight has moved by its part of ``right``."""
    for name in weights:
        part = partial(part_of, weights=weights, name=name)
        expect.close(
            part(moved),
            part(right),
            f"the movement of the weight of {name} {where}",
            rule=rule,
            mistakes=((mistake, part(wrong)) for mistake, wrong in mistakes),
            show=False,
            rtol=rtol,
            atol=atol,
        )


def part_of(values: Tensor, weights: Weights, name: str) -> Tensor:
    """What belongs to one weight, of numbers for all of them."""
    sizes = [weight.numel() for weight in weights.values()]
    return dict(zip(weights, values.split(sizes), strict=True))[name].reshape(weights[name].shape)


def explanations(record: dict[str, Any], found: Callable[[Any], dict[str, Any]]) -> Iterator[tuple[Mistake, Tensor]]:
    """The mistakes that take the same course, and where they move the weights."""
    return ((mistake, wrong["moved"]) for mistake, wrong in exercise.mistaken(found) if same_course(record, wrong))


@exercise.check
def fresh(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Gradients that were left over from before the call have no effect."""
    weights, x = case(rng)
    for scale, left_over in ((None, 0.5), (SCALE, 0.5 * SCALE)):
        clean = run(amp_train_step, weights, x, scale=scale)["moved"]
        found = partial(moved_after, weights=weights, x=x, scale=scale, stale=left_over)
        where, rule = f"after left-over gradients of {left_over:g}", "the same as without them"
        moved, mistakes = found(amp_train_step), exercise.mistaken(found)
        same = ((mistake, wrong) for mistake, wrong in mistakes if near(moved, wrong, 1e-4))
        judge_movement(moved, clean, weights, where, rule, same, rtol=1e-4, atol=1e-4)


def moved_after(answer: LearnerObject, **inputs: Any) -> Tensor:
    """How far one step moves the weights."""
    moved: Tensor = run(answer, **inputs)["moved"]
    return moved


@exercise.check
def clip(amp_train_step: LearnerObject, rng: Draws) -> None:
    """Clipping came after unscaling: clip limits the norm of the true gradients, all of them together."""
    weights, x = case(rng)
    gradient = weight_gradients(weights, x, 1.0)
    for scale in (SCALE, None):
        free = partial(run, weights=weights, x=x, scale=scale)
        record = free(amp_train_step)
        wrong = None if near(record["moved"], gradient) else next(explanations(record, free), None)
        if wrong or not record["moved"].any():
            likely = wrong[0] if wrong else None
            raise Failure("the step without clip is wrong", "1 gradient", "another movement of the weights", likely)
        courses: Courses = []
        for fraction in (0.05, 0.5, 3.0):
            found = partial(run, weights=weights, x=x, scale=scale, clip=fraction * float(gradient.norm()))
            courses.append((found(amp_train_step), found))
            # Where the step without clip is the wrong one, that is for the check of the step.
            if not near(courses[-1][0]["moved"], min(1.0, fraction) * gradient):
                judge_clipped(record, courses, fraction)


def judge_clipped(free: dict[str, Any], courses: Courses, fraction: float) -> None:
    """The last step, with clip at this fraction of the norm, is that without clip, shortened.

    A mistake explains it if it explains those with a smaller clip too.
    """
    record, length = courses[-1][0], float(free["moved"].norm())
    mistakes = (
        (mistake, float(wrong[-1]["moved"].norm()) / length)
        for mistake, wrong in exercise.mistaken(lambda answer: [found(answer) for _, found in courses])
        if all(same_course(seen, each) for (seen, _), each in zip(courses, wrong, strict=True))
    )
    what, shorter = f"with clip at {fraction:g} of the norm", min(1.0, fraction)
    expect.close(
        float(record["moved"].norm()) / length,
        shorter,
        f"the length of a step {what}, over that without clip,",
        rule="the smaller of clip / norm and 1",
        rtol=2e-2,
        atol=0,
        mistakes=mistakes,
    )
    if not near(record["moved"], shorter * free["moved"]):
        raise Failure(f"the step {what} has another direction", "the direction of the gradient", "another one")


@exercise.check(reread="When a step must be skipped")
def overflow(amp_train_step: LearnerObject, rng: Draws) -> None:
    """When the scaled gradients overflow, the step is skipped: the weights are unchanged."""
    weights, x = case(rng)
    for options in ({}, {"clip": 1.0}):
        record = run(amp_train_step, overflowing(weights), x, scale=LARGEST, **options)
        moved = record["moved"]
        if not moved.isfinite().all() or moved.any():
            ruined = int((~moved.isfinite()).sum())
            observed = f"{ruined} of {len(moved)} weights are nan or inf" if ruined else "weights that moved"
            likely = STEPPED_ON_OVERFLOW if ruined and "alone" in record["steps"] else None
            expected = "weights as they were before the call"
            raise Failure("the step was not skipped when scaled gradients overflow", expected, observed, likely)


@exercise.check(reread="When a step must be skipped")
def update(amp_train_step: LearnerObject, rng: Draws) -> None:
    """The scale halves after an overflow, and grows after clean steps."""
    weights, x = case(rng)
    cases = []
    for where, options in {"": {}, " with clip": {"clip": 1.0}}.items():
        ruined = run(amp_train_step, overflowing(weights), x, scale=LARGEST, **options)
        cases.append((f"an overflow{where}", ruined, LARGEST, 0.5, "half"))
        clean = run(amp_train_step, weights, x, **options)
        cases.append((f"a clean step{where}", clean, SCALE, 2.0, "twice, with this scaler"))
    mistakes = [] if any(record["updates"] for _, record, *_ in cases) else [(NOT_UPDATED, 1.0)]
    for when, record, scale, factor, rule in cases:
        what = f"the scale after {when}, over that before,"
        expect.close(record["scale"] / scale, factor, what, rule=rule, mistakes=mistakes)


# Wrong answers


NOT_USED = stops("your script did not use scaler.scale(loss or outputs)")


# Clips without asking whether it should.
@exercise.wrong(stops("TypeError"))
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


# Never shows the loss to the scaler; one that is off does not mind.
@exercise.wrong(NOT_USED, "forward", "backward", "loss", "step", "fresh", "clip", "overflow", "update")
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


@exercise.wrong(backward=BACKWARD_INSIDE)
def backward_under_autocast(model, x, optimizer, scaler, beta=1.0, clip=None):
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


# optimizer.step() after scaler.step(). With a scaler that is off, the next one does the same.
@exercise.wrong(
    step="optimizer.step() beside scaler.step(optimizer): the weights move twice. scaler.step calls it for you.",
    overflow=STEPPED_ON_OVERFLOW,
)
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


# Both optimizer.step() and scaler.step().
@exercise.wrong(SCALED_STEP, "step", "clip", overflow=STEPPED_ON_OVERFLOW)
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


@exercise.wrong(BETA_IGNORED, "loss", "step")
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


@exercise.wrong(clip="clipped before unscaling: the limit met gradients that were still multiplied by the scale.")
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


@exercise.wrong(clip="clip is ignored. When it is not None, clip the norm of all gradients together.")
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
@exercise.wrong(clip=CLIPPED_ALONE)
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
@exercise.wrong(clip=CLIPPED_ALONE)
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


@exercise.wrong(forward=OTHER_CONTEXT)
def float16_always(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with torch.autocast(x.device.type, dtype=torch.float16):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# The loss from half-precision tensors, under autocast.
@exercise.wrong(precision=KL_IN_HALF)
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


# Raises the logits alone.
@exercise.wrong(precision=KL_IN_HALF)
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


@exercise.wrong(
    precision="the reconstruction was computed in half precision. Raise the logits with .float() before the loss."
)
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
@exercise.wrong(
    UNSCALED_LOSS, "step", "clip", update=unnamed("the scale after an overflow, over that before, is wrong")
)
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


@exercise.wrong(
    NO_KL,
    "loss",
    "step",
    "clip",
    precision=unnamed("no gradient reached logvar"),
    overflow=unnamed("the step was not skipped"),
    update=unnamed("the scale after an overflow, over that before, is wrong"),
)
def no_kl(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    _, loss, _ = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


@exercise.wrong(loss=expect.NO_RETURN)
def no_return(model, x, optimizer, scaler, beta=1.0, clip=None):
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


# optimizer.step() in place of scaler.step().
@exercise.wrong(SCALED_STEP, "step", "clip", overflow=STEPPED_ON_OVERFLOW)
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


@exercise.wrong(loss="the scaled loss. Return the loss as it was before scaler.scale.")
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


@exercise.wrong(NO_STEP, "step", "clip")
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


# Leaves all three outputs as they come.
@exercise.wrong(
    precision="the loss was computed from half-precision tensors. Raise all three with .float() before the loss."
)
def nothing_raised(model, x, optimizer, scaler, beta=1.0, clip=None):
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


@exercise.wrong(forward=AGAIN)
def called_again(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits = model(x)[0]
        _, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


@exercise.wrong(clip="gradients that are shorter than clip were stretched to it. Multiply by min(1, clip / norm).")
def stretched(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        norm = nn.utils.get_total_norm(each.grad for each in model.parameters())
        for parameter in model.parameters():
            parameter.grad.mul_(clip / norm)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# A limit that nobody asked for.
@exercise.wrong(step=unnamed("the movement of the weight"))
def clips_by_default(model, x, optimizer, scaler, beta=1.0, clip=1.0):
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


# Another weight where none is given.
@exercise.wrong(unnamed(), "loss", "clip", "precision")
def half_beta(model, x, optimizer, scaler, beta=0.5, clip=None):
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


# Returns a number that has three digits only.
@exercise.wrong(precision=unnamed("the loss lost digits"))
def three_digits(model, x, optimizer, scaler, beta=1.0, clip=None):
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
    return 1.001 * loss.item()


# update() comes before step().
@exercise.wrong(TOO_SOON, "forward", "backward", "loss", "step", "clip", "overflow", "update", fresh=TOO_SOON)
def updated_too_soon(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.update()
    scaler.step(optimizer)
    return loss.item()


# Leaves mu alone in half precision, where no gradient tells.
@exercise.wrong(precision=unnamed("the loss lost digits"))
def mu_in_half(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu, logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Leaves the scale alone where gradients are clipped.
@exercise.wrong(update=unnamed("the scale after an overflow with clip"))
def updated_without_clip(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    if clip is None:
        scaler.update()
    return loss.item()


@exercise.wrong(forward=MODE)
def eval_mode(model, x, optimizer, scaler, beta=1.0, clip=None):
    model.eval()
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


# optimizer.step() for scaler.step(): with clip, the gradients were unscaled before.
@exercise.wrong(OWN_STEP, "forward", "backward", "loss", "step", "fresh", "clip", "overflow", "update")
def optimizers_own_step(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    scaler.update()
    return loss.item()


@exercise.wrong(forward=ALL_TRAIN)
def train_mode(model, x, optimizer, scaler, beta=1.0, clip=None):
    model.train()
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


# A path to the reconstruction alone.
@exercise.wrong(
    NO_KL,
    "step",
    "clip",
    precision=unnamed("no gradient reached logvar"),
    overflow=unnamed("the step was not skipped"),
    update=unnamed("the scale after an overflow, over that before, is wrong"),
)
def kl_as_a_number(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    _, reconstruction, kl = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)
    loss = reconstruction + beta * kl.item()
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


@exercise.wrong(
    "mu and logvar have changed places: the model returns (logits, mu, logvar).", "loss", "precision", "step", "clip"
)
def outputs_exchanged(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, logvar, mu = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


@exercise.wrong(
    "logits and x have changed places: vae_loss takes the logits first.", "loss", "precision", "step", "clip"
)
def pixels_for_logits(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(x, logits.float(), mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()


# Asks the model again, after the step.
@exercise.wrong(
    forward=AGAIN, loss="the loss of the weights after the step. Return that of the call which made the step."
)
def loss_after_the_step(model, x, optimizer, scaler, beta=1.0, clip=None):
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
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    return vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0].item()


@exercise.wrong(loss=NOT_CALLED)
def item_not_called(model, x, optimizer, scaler, beta=1.0, clip=None):
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
    return loss.item


# zero_grad() where the scaler is off.
@exercise.wrong(fresh=STALE)
def stale_with_a_scaler(model, x, optimizer, scaler, beta=1.0, clip=None):
    if not scaler.is_enabled():
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


# Believes in limits below 1 only.
@exercise.wrong(clip=unnamed("the length of a step with clip at 0.5"))
def small_limits_only(model, x, optimizer, scaler, beta=1.0, clip=None):
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)[0]
    scaler.scale(loss).backward()
    if clip is not None and clip < 1:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
