"""train_epoch: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, after_epoch, training_run
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.decoder_alone import logits_of
from autograder.checks.lesson06_vae.known import (
    ENCODED,
    SIGMOID_IN_DECODER,  # noqa: F401 (the decoder is told it)
    TENSOR,
    binary,
    flat,
    gaussian_kl,
    judge_float,
    known_weights,
    named,
    nll,
    number,
    tensors,
    vae_loss,
)
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.capstone import DRAWS, prices
from lessonkit.data import binarize, digits

exercise = Exercise("train_epoch", reread="One pass over the data")

NO_STEP = Mistake("no_step", "nothing moved: step is missing, or zero_grad stands between backward and step.")
ONE_STEP = Mistake("one_step", "one step for the whole epoch. Take a step after every batch.")
NO_KL = Mistake("no_kl", "the KL term is missing: that is the reconstruction alone.")
KL_NUMBER = Mistake(
    "kl_number", "the KL is a plain number or cut off (.item(), detach()): it counts in the result, and trains nothing."
)
RECONSTRUCTION_NUMBER = Mistake(
    "reconstruction_number",
    "the reconstruction is a plain number or cut off (.item(), detach()): it counts in the result, and trains nothing.",
)
AFTER_STEP = Mistake("after_step", "that is the loss after the step of its batch. Keep the one that gave the gradient.")
SUMMED_RECONSTRUCTION = Mistake(
    "summed_reconstruction",
    "the reconstruction is summed over the batch while the KL is averaged: beta is divided by the batch size. "
    "Minimise the loss that vae_loss returns.",
)
MEAN_OVER_PIXELS = Mistake(
    "mean_over_pixels", "the reconstruction is a mean over pixels. Minimise the loss that vae_loss returns."
)
BETA_IGNORED = Mistake("beta_ignored", "beta is ignored: that is the value for beta = 1. Hand it on to vae_loss.")
STAYS_IN_EVAL = Mistake("stays_in_eval", "the model stays in eval mode, where z is mu. Call model.train() first.")

OWN_FLAG = Mistake(
    "own_flag", "the flag of the model alone is set, and not those of the layers in it. Call model.train()."
)
LEFT_IN_EVAL = Mistake(
    "left_in_eval",
    "model.eval() at the end, or the old mode is put back. Leave the model in train mode: evaluate sees to its own.",
)
SEEDED = Mistake("seeded", "a seed fixed inside: every epoch has the same noise. Seeds are the caller's.")

# What the gate says of a model that was trained in vain.
COLLAPSED = Mistake(
    "collapsed",
    "the latents say nothing: posterior collapse. The KL term outweighs the reconstruction (a mean over pixels, or KL "
    "summed over the batch), or z does not reach the decoder, or brings no gradient back.",
)
NEARLY_FREE = Mistake(
    "nearly_free",
    "the KL term hardly counts: it is left out, the reconstruction is summed over the batch, or beta is too small. "
    "Average both terms over the batch.",
)
UNREADABLE = Mistake(
    "unreadable",
    "the decoder cannot read what is drawn from your encoder: to know nothing costs 44.4 nats, and this costs more. It "
    "learned with hardly any noise: it was fed with mu, or trained in eval mode, or sigma is not exp(logvar / 2).",
)

DECODER_STOOD = Mistake(
    "decoder_stood",
    "decode gives for the same z what it gave before the training, while encode has learned: its layers are not among "
    "model.parameters(), or no gradient reaches them. Make them once, in __init__, and assign them to names of self.",
)

PIXELS, LATENTS, BETAS, RATE = 6, 3, (0.3, 0.0, 4.0), 0.05
RECIPE = "100 epochs with batches of 64, Adam at 1e-3, hidden 128 and latent 8"
SIZES_OF_GATE = 128, 8
EPOCHS, LOOK_EVERY = 100, 10
LEARNS, FULL = 19.0, 18.6
GIVEN_UP = 20.0
"""Who is above it after half of the epochs is given up. What a model without latents reaches is 25."""


def epoch_inputs(rng: Draws) -> tuple[Weights, list[Tensor]]:
    """Weights of a known model, and three batches of unequal sizes: the last is one image, greyer than the others."""
    x = binary(rng, 12, PIXELS, torch.float64)
    return known_weights(rng, PIXELS, LATENTS, torch.float64), [x[:5], x[5:11], 1 - 0.5 * x[11:]]


def epoch(train_epoch: LearnerObject, weights: Weights, batches: list[Tensor], *more: Any, **options: Any) -> Any:
    """What ``after_epoch`` tells of an epoch over these batches."""
    sizes = " and ".join(str(len(batch)) for batch in batches)
    with for_inputs(f"a model, batches of {sizes} images, and an optimizer"):
        return beside(after_epoch, train_epoch, weights, batches, *more, **options)


def descent(weights: Weights, batches: list[Tensor], rate: float, beta: float = 1.0) -> tuple[float, Tensor]:
    """The mean loss of an image, and the weights that are left, after plain gradient descent on a known model."""
    model, total = Known(weights, noisy=False), 0.0
    for x in batches:
        logits, mu, logvar = model(x)
        loss = vae_loss(logits, x, mu, logvar, beta)[0]
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(model.parameters(), gradients, strict=True):
                parameter.sub_(rate * gradient)
        total += len(x) * loss.item()
    return total / sum(map(len, batches)), flat(model.weights())


def measured_nll(model: LearnerObject, x: Tensor, rng: Draws, draws: int = DRAWS) -> float:
    """-log p(x) of a learner's model in nats per image, from its logits for codes of the grader's.

    p(x) is the mean of p(x | z) over the prior. So z follows from no image, and no image goes to the learner's side. A
    right model's number is too large by about 0.05 (the log of a mean of draws), with a standard error of about 0.02.
    """
    return float(prices(logits_of(model, SIZES_OF_GATE[1], x.shape[1], rng, draws), x)[0].mean())


def measured_elbo(model: LearnerObject, x: Tensor, rng: Draws, draws: int = 4) -> tuple[float, float]:
    """-ELBO and KL of a learner's model, in nats per image, with draws from its encoder's mu and logvar."""
    parts = tensors(model.encode(x), ENCODED, "encode(x)")
    mu, logvar = (
        expect.shaped(part, (len(x), parts[1].shape[-1]), "mu or logvar").detach().double().repeat(draws, 1)
        for part in parts[1:]
    )
    z = mu + torch.exp(logvar / 2) * rng.normal(*mu.shape)
    logits = expect.shaped(model.decode(z.float()), (len(z), x.shape[1]), "decode(z)").detach().double()
    rate = float(gaussian_kl(mu, logvar).mean())
    return float(nll(logits, x.double().repeat(draws, 1)).mean()) + rate, rate


def gate_images(split: int, rng: Draws) -> tuple[Tensor, Tensor]:
    """Binarized digits to train and to test on, their pixels in an order that nobody is told."""
    images, order = digits(split), rng.normal(64).argsort()
    return binarize(images.train)[:, order], binarize(images.test)[:, order]


def judge_gate(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws, most: float) -> None:
    """The learner's model, trained by the learner's epochs, has -log p(x) at most ``most`` within 100 of them."""
    train, test = gate_images(rng.new_seed() % 5, rng)
    model, go_on = named(beside(training_run, VAE, train_epoch, train, SIZES_OF_GATE), ("model", "go_on"), "the run")
    codes = rng.normal(7, SIZES_OF_GATE[1], dtype=torch.float32)
    untrained = both_sides(model, train, codes)
    for epochs in range(LOOK_EVERY, EPOCHS + 1, LOOK_EVERY):
        go_on(LOOK_EVERY)
        nats = measured_nll(model, test, rng)
        if nats <= most:
            return
        if epochs >= EPOCHS / 2 and nats > GIVEN_UP:
            break
    elbo, rate = measured_elbo(model, train, rng)
    observed = (
        f"{nats:.2f} nats after {epochs} epochs;\n"
        f"by your encoder, on the training images: -ELBO {elbo:.2f}, of which KL {rate:.2f}"
    )
    expected = f"-log p(x) at most {most} nats per test image after {RECIPE}"
    moved = [not torch.equal(*pair) for pair in zip(untrained, both_sides(model, train, codes), strict=True)]
    likely = DECODER_STOOD if moved == [True, False] else trained_in_vain(nats, elbo, rate)
    raise Failure("the trained model is not good enough", expected, observed, likely)


def both_sides(model: LearnerObject, x: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """mu of some images, and the logits of some codes."""
    mu = tensors(model.encode(x), ENCODED, "encode(x)")[1]
    return mu.detach(), expect.tensor(model.decode(codes), "decode(z)").detach()


def trained_in_vain(nats: float, elbo: float, rate: float) -> Mistake | None:
    """What a failed training did wrong, by -log p(x), and by -ELBO and KL on the images that it saw."""
    # No code that costs its full price gives such a reconstruction: a right model's is 13 nats.
    if rate > 20 and elbo - rate < 12:
        return NEARLY_FREE
    # The decoder knows the images, but not from these draws; a KL that runs away has other reasons.
    if nats < 30 and elbo > 55 and rate < 20:
        return UNREADABLE
    # A model that has not learned the pixel means either may never have moved.
    return COLLAPSED if rate < 0.1 and elbo < 35 else None


@exercise.check
def result(train_epoch: LearnerObject, rng: Draws) -> None:
    """The result is a float, with no graph behind it, for batches from a generator and from a list; none is changed."""
    weights, batches = epoch_inputs(rng)
    for once in (True, False):
        with expect.untouched(**{f"batch {number}": batch for number, batch in enumerate(batches)}):
            found = epoch(train_epoch, weights, batches, 0.0, once=once)
        judge_float(found["result"], "the result")


@exercise.check
def mean(train_epoch: LearnerObject, rng: Draws) -> None:
    """The result is the mean over images, each with its loss before the step, also when the last batch is short."""
    weights, batches = epoch_inputs(rng)

    def found(answer: LearnerObject) -> float:
        return number(epoch(answer, weights, batches, 0.0)["result"], "the result")

    right, _ = descent(weights, batches, 0.0)
    what, rule = "the result for batches of 5, 6 and 1 images", "the mean loss of the 12 images"
    agrees(found(train_epoch), right, what, rule=rule, mistakes=exercise.mistaken(found))
    record, (right, _) = (
        epoch(train_epoch, weights, batches[:1], RATE),
        descent(weights, batches[:1], RATE),
    )
    what, rule = "the result for one batch", "its mean loss before the step"
    after, _ = descent(record["weights"], batches[:1], 0.0)
    agrees(number(record["result"], "the result"), right, what, rule=rule, mistakes=[(AFTER_STEP, after)])
    if (calls := len(record["decoded"])) != 1:
        expected = "the loss of the draw that gave the gradient: one call of the model for each batch"
        raise Failure("the model is called more than once for a batch", expected, f"{calls} calls for one batch")


@exercise.check
def steps(train_epoch: LearnerObject, rng: Draws) -> None:
    """Every batch gives one step along its own gradient."""
    weights, batches = epoch_inputs(rng)

    def found(answer: LearnerObject) -> tuple[Tensor, float]:
        record = epoch(answer, weights, batches, RATE)
        return flat(record["weights"]), number(record["result"], "the result")

    _, right = descent(weights, batches, RATE)
    rule, (moved, result) = "as one step for each batch leaves them", found(train_epoch)
    # A term may be left out, or cut off: the weights are the same, and the result tells which.
    mistakes = (
        (mistake, other)
        for mistake, (other, loss) in exercise.mistaken(found)
        if math.isclose(loss, result, rel_tol=1e-4)
    )
    agrees(moved, right, "what the weights are after an epoch", rule=rule, mistakes=mistakes)


@exercise.check
def beta(train_epoch: LearnerObject, rng: Draws) -> None:
    """beta weighs the KL term, in the gradient and in the result."""
    weights, batches = epoch_inputs(rng)
    batch, rule = batches[:1], "as a step on reconstruction + beta * kl does"

    def found(answer: LearnerObject, beta: float | None) -> Tensor:
        moved, stayed = (epoch(answer, weights, batch, rate, beta) for rate in (RATE, 0.0))
        return torch.cat([flat(moved["weights"]), torch.tensor([number(stayed["result"], "the result")])])

    plain, without = found(train_epoch, None), found(train_epoch, 0.0)
    for beta in BETAS:
        loss, left = descent(weights, batch, RATE, beta)
        observed, right = found(train_epoch, beta), torch.cat([left, torch.tensor([loss])])

        def mistakes(beta: float = beta) -> Iterator[tuple[Mistake, Tensor]]:
            yield from exercise.mistaken(lambda answer: found(answer, beta))
            yield BETA_IGNORED, plain

        # What is wrong whatever beta is, is for other checks.
        in_proportion = torch.allclose(observed, without + beta * (plain - without), rtol=1e-4, atol=1e-4)
        if not in_proportion or expect.recognised(observed, right, mistakes(), rtol=1e-4, atol=1e-4):
            what = f"what one batch returns, or leaves as weights, for beta = {beta:g}"
            agrees(observed, right, what, rule=rule, mistakes=mistakes())


@exercise.check
def mode(train_epoch: LearnerObject, rng: Draws) -> None:
    """The model is in train mode for every batch, also if it came in eval mode, and stays in it; the noise is fresh."""
    weights, batches = epoch_inputs(rng)
    record, other = (epoch(train_epoch, weights, batches, 0.0, noisy=True) for _ in range(2))
    modes = record["modes"]
    if not modes:
        raise Failure("the model does not train", "model(x) for every batch", "no call of the model")
    if wrong := [mode for mode in modes if not all(mode)]:
        observed = f"eval mode for {len(wrong)} of {len(modes)} calls"
        likely = STAYS_IN_EVAL if not any(map(any, modes)) else OWN_FLAG if (True, False) in map(tuple, wrong) else None
        raise Failure("the model does not train in train mode", "train mode for every batch", observed, likely)
    if not all(record["mode"]):
        raise Failure("the model does not stay in train mode", "train mode after the epoch", "eval mode", LEFT_IN_EVAL)
    if all(torch.equal(*pair) for pair in zip(record["decoded"], other["decoded"], strict=False)):
        raise Failure("two epochs draw the same z", "fresh noise in every epoch", "equal z for every batch", SEEDED)


@exercise.check(reread="What your model must reach", trains=True)
def gate(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws) -> None:
    """Your VAE, trained by your epochs, has -log p(x) at most 19.0 nats per test image, by its decoder alone."""
    judge_gate(train_epoch, VAE, rng, LEARNS)


@exercise.check(reread="What your model must reach", trains=True)
def target(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws) -> None:
    """Your VAE, trained by your epochs, has -log p(x) at most 18.6 nats per test image, by its decoder alone."""
    judge_gate(train_epoch, VAE, rng, FULL)


# Wrong answers


# Asks a generator for its length.
@exercise.wrong(stops("TypeError"), "result", "mean", "steps", "beta", "mode")
def counts_batches(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / len(batches)


# Returns the loss without beta.
@exercise.wrong(beta=BETA_IGNORED)
def beta_in_gradient_only(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += (reconstruction + kl).item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(beta="beta multiplies the whole loss. It weighs the KL term alone.")
def beta_on_everything(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss = beta * vae_loss(logits, x, mu, logvar)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(beta="beta multiplies the reconstruction. It weighs the KL term.")
def beta_on_reconstruction(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
        loss = beta * reconstruction + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(mean="losses times sizes, divided by the number of batches. Divide by the number of images.")
def divides_by_batches(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += 1
    return total / count


@exercise.wrong(mean="batch means are added, then divided by the number of images. Multiply each by len(x) first.")
def divides_by_images_only(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += len(x)
    return total / count


@exercise.wrong(beta=BETA_IGNORED)
def ignores_beta(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(UNREADABLE, "gate", "target", mode=STAYS_IN_EVAL)
def in_eval(model, batches, optimizer, beta=1.0):
    model.eval()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(mean="that is the loss of the last batch alone. Add up over all batches.")
def last_loss(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return loss.item()


@exercise.wrong(
    mean="the mean of the batch means: a short batch counts as much as a full one. Multiply by len(x), add up, and "
    "divide by the number of images."
)
def mean_of_means(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += 1
    return total / count


# Averages the reconstruction over the pixels.
@exercise.wrong(MEAN_OVER_PIXELS, "mean", "steps", gate=COLLAPSED, target=COLLAPSED)
def mean_over_pixels(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, _, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = F.binary_cross_entropy_with_logits(logits, x) + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


# Minimises the reconstruction alone.
@exercise.wrong(NO_KL, "mean", "steps", "beta", gate=NEARLY_FREE, target=NEARLY_FREE)
def no_kl(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, loss, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(steps=NO_STEP, gate=unnamed("-log p(x) at most 19.0"), target=unnamed("-log p(x) at most 18.6"))
def no_step(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(
    steps="zero_grad is missing: gradients of earlier batches are added to this one's. Call it before backward.",
    gate=unnamed("-log p(x) at most 19.0"),
    target=unnamed("-log p(x) at most 18.6"),
)
def no_zero_grad(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


# Takes one step for the whole epoch.
@exercise.wrong(steps=ONE_STEP, gate=unnamed("-log p(x) at most 19.0"), target=unnamed("-log p(x) at most 18.6"))
def one_step(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    losses = []
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        losses.append(loss)
        total += loss.item() * len(x)
        count += len(x)
    optimizer.zero_grad()
    torch.stack(losses).mean().backward()
    optimizer.step()
    return total / count


@exercise.wrong(steps=ONE_STEP)
def step_after_the_loop(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    optimizer.zero_grad()
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        loss.backward()
        total += loss.item() * len(x)
        count += len(x)
    optimizer.step()
    return total / count


# Minimises the sum over the batch.
@exercise.wrong(steps="the loss is multiplied by the batch size. Minimise the loss that vae_loss returns.")
def summed_loss(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss = len(x) * vae_loss(logits, x, mu, logvar, beta)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += len(x)
    return total / count


# Sums the reconstruction over the batch, and averages the KL.
@exercise.wrong(SUMMED_RECONSTRUCTION, "mean", "steps", gate=NEARLY_FREE, target=NEARLY_FREE)
def summed_reconstruction(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = reconstruction * len(x) + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


# Adds up tensors, which keep their graphs.
@exercise.wrong(result=TENSOR)
def returns_a_tensor(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss * len(x)
        count += len(x)
    return total / count


# Does not switch the mode.
@exercise.wrong(mode=STAYS_IN_EVAL)
def stays_in_eval(model, batches, optimizer, beta=1.0):
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(
    mean="the means of the batches are added up, and never divided. Multiply each by len(x), then divide by "
    "the number of images."
)
def sum_of_means(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += len(x)
    return total


# Returns the sum over all images.
@exercise.wrong(mean="the losses are added up but never divided. Divide by the number of images.")
def sum_of_all(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total


@exercise.wrong(steps=NO_STEP, gate=unnamed("-log p(x) at most 19.0"), target=unnamed("-log p(x) at most 18.6"))
def zero_grad_before_step(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(mean=AFTER_STEP)
def after_step(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        total += loss.item() * len(x)
        count += len(x)
    return total / count


# Takes a beta of 0 for none.
@exercise.wrong(beta=BETA_IGNORED)
def beta_or_one(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta or 1.0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(steps=KL_NUMBER)
def kl_number(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = reconstruction + beta * kl.item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(mode=LEFT_IN_EVAL)
def left_in_eval(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    model.eval()
    return total / count


@exercise.wrong(mode=OWN_FLAG)
def own_flag(model, batches, optimizer, beta=1.0):
    model.training = True
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(steps=RECONSTRUCTION_NUMBER)
def reconstruction_number(model, batches, optimizer, beta=1.0):
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        _, reconstruction, kl = vae_loss(logits, x, mu, logvar, beta)
        loss = reconstruction.item() + beta * kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count


@exercise.wrong(mode=SEEDED)
def seeded(model, batches, optimizer, beta=1.0):
    model.train()
    torch.manual_seed(0)
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
