"""train_epoch: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, after_epoch, training_run
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import (
    ENCODED,
    SIGMOID_IN_DECODER,
    binary,
    flat,
    in_lesson,
    judge_float,
    kl,
    known_weights,
    named,
    nll,
    number,
    tensors,
)
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.data import binarize, digits

exercise = Exercise("train_epoch", reread="One pass over the data")

ONE_PASS = in_lesson("One pass over the data")
TARGET = in_lesson("What your model must reach")
MEAN_OF_MEANS = Mistake(
    "mean_of_means",
    "the mean of the batch means: a short batch counts as much as a full one. Multiply by len(x), add up, and divide by the number of images.",
)
SUMMED = Mistake(
    "summed",
    "the losses are added up but never divided. Divide by the number of images.",
)
LAST = Mistake(
    "last",
    "that is the loss of the last batch alone. Add up over all batches.",
)
BY_BATCHES = Mistake(
    "by_batches",
    "losses times sizes, divided by the number of batches. Divide by the number of images.",
)
NO_ZERO_GRAD = Mistake(
    "no_zero_grad",
    "zero_grad is missing: gradients of earlier batches are added to this one's. Call it before backward.",
)
NO_STEP = Mistake(
    "no_step",
    "nothing moved: step is missing, or zero_grad stands between backward and step.",
)
ONE_STEP = Mistake(
    "one_step",
    "one step for the whole epoch. Take a step after every batch.",
)
SUM_LOSS = Mistake(
    "sum_loss",
    "the loss is multiplied by the batch size. Minimise the loss that vae_loss returns.",
)
STAYS_IN_EVAL = Mistake(
    "stays_in_eval",
    "the model stays in eval mode, where z is mu. Call model.train() first.",
)
BETA_IGNORED = Mistake(
    "beta_ignored",
    "beta is ignored: that is the value for beta = 1. Hand it on to vae_loss.",
)
NO_KL = Mistake(
    "no_kl",
    "the KL term is missing: that is the reconstruction alone.",
)
SUMMED_RECONSTRUCTION = Mistake(
    "summed_reconstruction",
    "the reconstruction is summed over the batch while the KL is averaged: beta is divided by the batch size. Minimise the loss that vae_loss returns.",
)
MEAN_OVER_PIXELS = Mistake(
    "mean_over_pixels",
    "the reconstruction is a mean over pixels. Minimise the loss that vae_loss returns.",
)
BETA_MISPLACED = Mistake(
    "beta_misplaced",
    "beta multiplies the reconstruction. It weighs the KL term.",
)
BETA_ON_BOTH = Mistake(
    "beta_on_both",
    "beta multiplies the whole loss. It weighs the KL term alone.",
)
Loss = Callable[[Tensor, Tensor, int, float], Tensor]
"""(reconstruction, kl, images, beta) -> what is minimised; both terms are batch means."""
PIXELS_OF_KNOWN = 6
LOSSES: dict[str, Loss] = {
    SUM_LOSS: lambda reconstruction, rate, images, beta: images * (reconstruction + beta * rate),
    SUMMED_RECONSTRUCTION: lambda reconstruction, rate, images, beta: images * reconstruction + beta * rate,
    MEAN_OVER_PIXELS: lambda reconstruction, rate, images, beta: reconstruction / PIXELS_OF_KNOWN + beta * rate,
    NO_KL: lambda reconstruction, rate, images, beta: reconstruction,
}
WRONG_BETA: dict[str, Loss] = {
    BETA_IGNORED: lambda reconstruction, rate, images, beta: reconstruction + rate,
    BETA_MISPLACED: lambda reconstruction, rate, images, beta: beta * reconstruction + rate,
    BETA_ON_BOTH: lambda reconstruction, rate, images, beta: beta * (reconstruction + rate),
}
RETURNED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    MEAN_OF_MEANS: lambda losses, sizes: losses.mean(),
    BY_BATCHES: lambda losses, sizes: (losses * sizes).sum() / len(losses),
    SUMMED: lambda losses, sizes: (losses * sizes).sum(),
    SUMMED + " (Here the means of the batches were added.)": lambda losses, sizes: losses.sum(),
    "batch means are added, then divided by the number of images. Multiply each by len(x) first.": (
        lambda losses, sizes: losses.sum() / sizes.sum()
    ),
    LAST: lambda losses, sizes: losses[-1],
}
# The gate

RECIPE = "100 epochs with batches of 64, Adam at 1e-3, hidden 128 and latent 8"
COLLAPSED = Mistake(
    "collapsed",
    "the latents say nothing: posterior collapse. The KL term outweighs the reconstruction (a mean over pixels, or KL summed over the batch), or z does not reach the decoder.",
)
NEARLY_FREE = Mistake(
    "nearly_free",
    "the KL term hardly counts: the reconstruction is summed over the batch, or beta is too small. Average both terms over the batch.",
)
UNREADABLE = Mistake(
    "unreadable",
    "worse than knowing nothing, which costs 44.4 nats: the decoder never saw a draw. It was fed with mu, or trained in eval mode; or the training diverged.",
)
LEARNS, FULL = 21.0, 20.3
PIXEL_MEANS = 25.2
"""What a model without latents reaches. Who is above it after half of the epochs is given up."""
SIZES_OF_GATE = 128, 8
EPOCHS, LOOK_EVERY = 100, 10


def right_loss(reconstruction: Tensor, rate: Tensor, images: int, beta: float) -> Tensor:
    """The loss of the lesson."""
    return reconstruction + beta * rate


class Epoch(NamedTuple):
    """One epoch as it should be, or as a mistake would have it."""

    losses: Tensor
    weights: Weights
    sizes: Tensor

    @property
    def mean(self) -> Tensor:
        """The mean loss of an image."""
        return (self.losses * self.sizes).sum() / self.sizes.sum()

    def results(self) -> list[Tensor]:
        """What the epoch would return, the ways to average it wrongly included."""
        return [self.mean, *(wrong(self.losses, self.sizes) for wrong in RETURNED.values())]


def batches_for(rng: Draws) -> list[Tensor]:
    """Three batches of unequal sizes; the last one is short and greyer than the others."""
    x = binary(rng, 12, PIXELS_OF_KNOWN, torch.float64)
    return [x[:5], x[5:10], torch.ones(2, PIXELS_OF_KNOWN, dtype=torch.float64) - 0.5 * x[10:]]


def simulate(
    weights: Weights,
    batches: list[Tensor],
    rate: float,
    beta: float = 1.0,
    loss: Loss = right_loss,
    clear: bool = True,
    only_at_the_end: bool = False,
) -> Epoch:
    """One epoch of plain gradient descent on a known model, in float64, with the mistakes that are asked for."""
    model = Known(weights, noisy=False)
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=rate), []
    for x in batches:
        logits, mu, logvar = model(x)
        value = loss(nll(logits, x).mean(), kl(mu, logvar).mean(), len(x), beta)
        if clear and not only_at_the_end:
            optimizer.zero_grad()
        value.backward()
        if not only_at_the_end:
            optimizer.step()
        losses.append(value.detach())
    if only_at_the_end:
        optimizer.step()
    return Epoch(torch.stack(losses), model.weights(), torch.tensor([float(len(x)) for x in batches]))


def epoch_weights(rng: Draws) -> Weights:
    """Weights of a known model that trains in float64."""
    return known_weights(rng, PIXELS_OF_KNOWN, 3, torch.float64)


def judge_beta_of_weights(plain: Tensor, weighed: Tensor, weights: Weights, batches: list[Tensor], beta: float) -> None:
    """The weights went another way than for beta = 1, and none that a misplaced beta would lead to."""
    if torch.equal(weighed, flat(weights)):  # Nothing moved, which another check minds.
        return
    right = flat(simulate(weights, batches, 0.05, beta).weights)
    wrong = {key: flat(simulate(weights, batches, 0.05, beta, loss).weights) for key, loss in WRONG_BETA.items()}
    if torch.equal(plain, weighed):
        wrong[BETA_IGNORED] = weighed
    if expect.recognise(weighed, right, wrong, rtol=1e-4, atol=1e-4):
        agrees(weighed, right, f"the weights for beta = {beta}", rule="as this beta leaves them", mistakes=wrong)


def _near(found: float, value: Tensor) -> bool:
    return abs(found - float(value)) <= 1e-4 * (1 + abs(float(value)))


def measured_elbo(model: LearnerObject, x: Tensor, rng: Draws, draws: int = 16) -> tuple[float, float]:
    """-ELBO and KL of a learner's model, in nats per image, from its mu, its logvar and its logits for the grader's z.

    A right model's -ELBO has a standard error of about 0.02 from these draws.
    """
    parts = tensors(model.encode(x), ENCODED, "encode(x)")
    mu, logvar = (
        expect.shaped(part, (len(x), parts[1].shape[-1]), "mu or logvar").detach().double() for part in parts[1:]
    )
    order = torch.cat([rng.normal(len(x)).argsort() for _ in range(draws)])
    z = mu[order] + torch.exp(logvar[order] / 2) * rng.normal(*mu[order].shape)
    model.encode(x.flip(0))  # A model that remembers its last input, and decodes that, remembers the wrong one.
    logits = expect.shaped(model.decode(z.float()), (len(z), x.shape[1]), "decode(z)").detach().double()
    if float(logits.min()) >= 0 and float(logits.max()) <= 1:
        observed = f"numbers from {float(logits.min()):.3g} to {float(logits.max()):.3g}"
        raise Failure("decode does not return logits", "numbers of any size and sign", observed, SIGMOID_IN_DECODER)
    rate = float(kl(mu, logvar).mean())
    return float(nll(logits, x[order].double()).mean()) + rate, rate


def gate_images(split: int, rng: Draws) -> tuple[Tensor, Tensor]:
    """Binarized digits to train and to test on, their pixels in an order that nobody is told."""
    images, order = digits(split), rng.normal(64).argsort()
    return binarize(images.train)[:, order], binarize(images.test)[:, order]


def judge_gate(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws, most: float) -> None:
    """The learner's model, trained by the learner's epochs, has -ELBO at most ``most`` within 100 of them."""
    train, test = gate_images(rng.new_seed() % 5, rng)
    model, go_on = named(beside(training_run, VAE, train_epoch, train, SIZES_OF_GATE), ("model", "go_on"), "the run")
    for epochs in range(LOOK_EVERY, EPOCHS + 1, LOOK_EVERY):
        go_on(LOOK_EVERY)
        elbo, rate = measured_elbo(model, test, rng)
        if elbo <= most:
            return
        if epochs >= EPOCHS / 2 and elbo > PIXEL_MEANS:
            break
    likely = NEARLY_FREE if rate > 12 else UNREADABLE if elbo > 55 else COLLAPSED if rate < 0.5 else ""
    observed = f"{elbo:.2f} nats per image, of which KL {rate:.2f}, on the 360 test images after {epochs} epochs"
    raise Failure("the trained model is not good enough", f"-ELBO at most {most} after {RECIPE}", observed, likely)


@exercise.check
def result(train_epoch: LearnerObject, rng: Draws) -> None:
    """The result is a float, with no graph behind it."""
    weights = epoch_weights(rng)
    judge_float(beside(after_epoch, train_epoch, weights, batches_for(rng), 0.0)["result"], "the result")


@exercise.check
def mean(train_epoch: LearnerObject, rng: Draws) -> None:
    """The result is the mean over images, also when the last batch is short."""
    weights, batches = epoch_weights(rng), batches_for(rng)
    found = number(beside(after_epoch, train_epoch, weights, batches, 0.0)["result"], "the result")
    right = simulate(weights, batches, 0.0)
    mistakes = {sentence: wrong(right.losses, right.sizes) for sentence, wrong in RETURNED.items()}
    mistakes |= {sentence: simulate(weights, batches, 0.0, loss=loss).mean for sentence, loss in LOSSES.items()}
    what, rule = "the result for batches of 5, 5 and 2 images", "the mean loss of the 12 images"
    agrees(found, right.mean, what, rule=rule, mistakes=mistakes)


@exercise.check
def steps(train_epoch: LearnerObject, rng: Draws) -> None:
    """Every batch gives one step along its own gradient."""
    weights, batches, rate = epoch_weights(rng), batches_for(rng), 0.05
    found = beside(after_epoch, train_epoch, weights, batches, rate)["weights"]
    run = partial(simulate, weights, batches)
    mistakes = {
        NO_STEP: weights,
        NO_ZERO_GRAD: run(rate, clear=False).weights,
        ONE_STEP: run(rate / len(batches), only_at_the_end=True).weights,
        ONE_STEP + " (Here along the sum of all gradients.)": run(rate, only_at_the_end=True).weights,
    }
    mistakes |= {sentence: run(rate, loss=loss).weights for sentence, loss in LOSSES.items()}
    wrong = {sentence: flat(value) for sentence, value in mistakes.items()}
    rule = "as one step for each batch leaves them"
    agrees(flat(found), flat(run(rate).weights), "the weights after an epoch", rule=rule, mistakes=wrong)


@exercise.check
def beta(train_epoch: LearnerObject, rng: Draws) -> None:
    """beta weighs the KL term, in the gradient and in the result."""
    weights, batches, beta = epoch_weights(rng), batches_for(rng), 0.3
    ran = {
        (rate, given): beside(after_epoch, train_epoch, weights, batches, rate, given)
        for rate in (0.0, 0.05)
        for given in (None, beta)
    }
    moved = {given: flat(ran[0.05, given]["weights"]) for given in (None, beta)}
    judge_beta_of_weights(moved[None], moved[beta], weights, batches, beta)
    plain, weighed = (number(ran[0.0, given]["result"], "the result") for given in (None, beta))
    right = simulate(weights, batches, 0.0, beta)
    if any(_near(weighed, value) for value in right.results()):
        return
    what, rule = f"the result for beta = {beta}", "the loss with this beta"
    for sentence, loss in WRONG_BETA.items():
        if any(_near(weighed, value) for value in simulate(weights, batches, 0.0, beta, loss).results()):
            agrees(weighed, right.mean, what, rule=rule, mistakes={sentence: torch.tensor(weighed)})
    # Another loss, or another mean, is for other checks; here the two only have to differ.
    if _near(weighed, torch.tensor(plain)):
        agrees(weighed, right.mean, what, rule=rule, mistakes={BETA_IGNORED: torch.tensor(weighed)})


@exercise.check
def mode(train_epoch: LearnerObject, rng: Draws) -> None:
    """The model is in train mode for every batch, also if it came in eval mode."""
    weights, batches = epoch_weights(rng), batches_for(rng)
    modes = beside(after_epoch, train_epoch, weights, batches, 0.0)["modes"]
    if not modes or not all(modes):
        observed = f"eval mode for {sum(not mode for mode in modes)} of {len(modes)} batches"
        raise Failure("the model does not train in train mode", "train mode for every batch", observed, STAYS_IN_EVAL)


@exercise.check(reread="What your model must reach")
def gate(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws) -> None:
    """Your VAE, trained by your epochs, has -ELBO at most 21 nats per test image, by the check's own draws."""
    judge_gate(train_epoch, VAE, rng, LEARNS)


@exercise.check(reread="What your model must reach")
def target(train_epoch: LearnerObject, VAE: LearnerObject, rng: Draws) -> None:
    """Your VAE, trained by your epochs, has -ELBO at most 20.3 nats per test image, by the check's own draws."""
    judge_gate(train_epoch, VAE, rng, FULL)


# Wrong answers


# Asks a generator for its length.
@exercise.wrong(
    result=stops("TypeError"),
    mean=stops("TypeError"),
    steps=stops("TypeError"),
    beta=stops("TypeError"),
    mode=stops("TypeError"),
)
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


# Multiplies the whole loss by beta.
@exercise.wrong(beta=BETA_ON_BOTH)
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


# Weighs the reconstruction with beta.
@exercise.wrong(beta=BETA_MISPLACED)
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


# Adds up the losses of all images, and divides by the number of batches.
@exercise.wrong(mean=BY_BATCHES)
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


# Adds up batch means, and divides by the number of images.
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


# Does not hand beta on.
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


# Trains in eval mode.
@exercise.wrong(mode=STAYS_IN_EVAL, gate=UNREADABLE, target=UNREADABLE)
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


# Returns the loss of the last batch.
@exercise.wrong(mean=LAST)
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


# Averages the batch means.
@exercise.wrong(mean=MEAN_OF_MEANS)
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
@exercise.wrong(mean=MEAN_OVER_PIXELS, steps=MEAN_OVER_PIXELS, gate=COLLAPSED, target=COLLAPSED)
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
@exercise.wrong(mean=NO_KL, steps=NO_KL, beta=BETA_IGNORED, gate=NEARLY_FREE, target=NEARLY_FREE)
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


# Forgets the step.
@exercise.wrong(steps=NO_STEP, gate=COLLAPSED, target=unnamed("-ELBO at most 20.3"))
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


# Never clears the gradients.
@exercise.wrong(steps=NO_ZERO_GRAD, gate=unnamed("-ELBO at most 21"), target=unnamed("-ELBO at most 20.3"))
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
@exercise.wrong(steps=ONE_STEP, gate=unnamed("-ELBO at most 21"), target=unnamed("-ELBO at most 20.3"))
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


# Sums the reconstruction over the batch, and averages the KL.
@exercise.wrong(mean=SUMMED_RECONSTRUCTION, steps=SUMMED_RECONSTRUCTION, gate=NEARLY_FREE, target=NEARLY_FREE)
def reconstruction_summed_over_batch(model, batches, optimizer, beta=1.0):
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
@exercise.wrong(result="a tensor, which keeps its graph in memory. .item() gives the number alone.")
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


# Returns the sum of the batch means.
@exercise.wrong(
    mean="the losses are added up but never divided. Divide by the number of images. (Here the means of the batches were added.)"
)
def epoch_sum(model, batches, optimizer, beta=1.0):
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
@exercise.wrong(mean=SUMMED)
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


# Clears the gradients between backward and step.
@exercise.wrong(steps=NO_STEP, gate=COLLAPSED, target=unnamed("-ELBO at most 20.3"))
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
