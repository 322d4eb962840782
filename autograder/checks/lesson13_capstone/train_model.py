"""train_model: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson06_vae.known import GRADIENTS_OFF, SIGMOID_IN_DECODER  # noqa: F401 (the decoder is told it)
from autograder.checks.lesson06_vae.train_epoch import (
    COLLAPSED,
    NEARLY_FREE,
    UNREADABLE,
    measured_elbo,
    trained_in_vain,
)
from autograder.checks.lesson13_capstone.measuring import NOTHING, fit, model_of, some_codes, some_split
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.vae import VAE, train

exercise = Exercise("train_model", reread="A training of your own")

LEARNS, TARGET = 18.3, 17.6
"""Nats per test image: what lesson 6's model does, and what it does not."""
SEEN = 0.3
"""Nats: a model that costs test images so little more than training images has perhaps seen both."""
FEW, SOME = 100, 720
"""How many training images a small training has, and how many are measured after a large one."""

STOOD = Mistake("stood", "decode gives for the same z what it gave before: nothing that it uses was trained.")
TRAINS_A_COPY = Mistake(
    "trains_a_copy",
    "the model that came in stays as it was, and another one is returned. Train the model itself: the result of "
    "train_model is not used.",
)
IGNORES_Z = Mistake("ignores_z", "decode gives the same for every z: z does not reach what it returns.")
ANOTHER_WAY = Mistake(
    "another_way",
    "decode gives other logits for the same z after other images were encoded: they reach it by another way than z. By "
    "the decoder alone there is no image.",
)


@exercise.check
def place(train_model: LearnerObject, build_model: LearnerObject, rng: Draws) -> None:
    """The model that comes in is the one that learns, from images which stay as they are."""
    images = some_split(rng).train[:FEW]
    model = model_of(build_model)
    codes = some_codes(rng, 30, model.latent)
    model.module.eval()
    before, (costly, _) = model.module.decode(codes).detach(), model.price(images, rng, 2_000)
    with expect.untouched(images=images):
        found = fit(train_model, model, images)
    after = model.module.decode(codes).detach()
    if torch.equal(after, before):
        likely = TRAINS_A_COPY if found["returned another"] else STOOD
        raise Failure("the model does not learn", "other logits after the training", "the same logits", likely)
    if not after.isfinite().all():
        raise Failure("the trained model is not finite", "finite logits", "inf or nan")
    if torch.equal(after, after[:1].expand_as(after)):
        raise Failure("decode(z) does not depend on z", "other logits for other codes", "equal rows", IGNORES_Z)
    if not found["recording"]:
        expected = "gradients enabled afterwards, as before"
        raise Failure("gradients stay off after the call", expected, "gradients are disabled", GRADIENTS_OFF)
    cheap, _ = model.price(images, rng, 2_000)
    if cheap >= costly:
        expected = f"less than the {costly:.1f} nats of before, on {FEW} images that it was trained on"
        raise Failure("the model does not learn", expected, f"-log p(x) of {cheap:.1f} nats")


@exercise.check(reread="What your model must reach", trains=True)
def learns(train_model: LearnerObject, build_model: LearnerObject, rng: Draws) -> str:
    """Your model has -log p(x) at most 18.3 nats per test image, by its decoder alone."""
    return judge_gate(train_model, build_model, rng, LEARNS)


@exercise.check(reread="What your model must reach", trains=True)
def target(train_model: LearnerObject, build_model: LearnerObject, rng: Draws) -> str:
    """Your model has -log p(x) at most 17.6 nats per test image, by its decoder alone."""
    return judge_gate(train_model, build_model, rng, TARGET)


def judge_gate(train_model: LearnerObject, build_model: LearnerObject, rng: Draws, most: float) -> str:
    """The learner's model, trained by the learner on 1,437 images, costs at most ``most`` on 360 others."""
    images, model = some_split(rng), model_of(build_model)
    codes = some_codes(rng, 30, model.latent)
    model.module.eval()
    before = model.module.decode(codes).detach()
    fit(train_model, model, images.train)
    nats, kl = model.price(images.test, rng)
    on_training, _ = model.price(images.train[:SOME], rng)
    measured = f"a test image {nats:.2f} nats, {kl:.2f} of them for its code; a training image {on_training:.2f}"
    if nats <= most:
        near = nats - on_training < SEEN
        note = " The two hardly differ: so would a model that has seen both." if near else ""
        return f"Measured: {measured}.{note}"
    elbo, rate = measured_elbo(model.module, images.train, rng)
    observed = f"{measured};\nby your encoder, on the training images: -ELBO {elbo:.2f}, of which KL {rate:.2f}"
    expected = f"-log p(x) at most {most} nats; a model that knows nothing has {NOTHING:.1f}"
    now = model.module.decode(codes).detach()
    likely = STOOD if torch.equal(now, before) else trained_in_vain(nats, elbo, rate)
    model.module.encode(images.train[: len(codes)])
    if not torch.equal(model.module.decode(codes), now):
        likely = ANOTHER_WAY
    raise Failure("the trained model is not good enough", expected, observed, likely)


# Wrong answers


# Trains for nothing at all.
@exercise.wrong(STOOD)
def does_nothing(model, images):
    model.train()


@exercise.wrong(STOOD, "learns", "target", place=TRAINS_A_COPY)
def trains_a_copy(model, images):
    import copy

    trained = copy.deepcopy(model)
    train(trained, images, 2)
    return trained


# Starts anew from a model of its own.
@exercise.wrong(STOOD, "learns", "target", place=TRAINS_A_COPY)
def another_model(model, images):
    other = VAE(images.shape[1])
    train(other, images, 2)
    return other


@exercise.wrong(place=GRADIENTS_OFF)
def gradients_off(model, images):
    train(model, images, 5)
    torch.set_grad_enabled(False)


@exercise.wrong(place=expect.IN_PLACE)
def changes_images(model, images):
    train(model, images, 5)
    images.clamp_(0.01, 0.99)


@exercise.wrong(place=unnamed("not finite"))
def far_too_fast(model, images):
    train(model, images, 5, lr=1e18)


@exercise.wrong(place=unnamed("the model does not learn"))
def uphill(model, images):
    from lessonkit.vae import negative_elbo

    def wrong_sign(model, x, beta):
        loss, reconstruction, kl = negative_elbo(model, x, beta)
        return -loss.clamp(max=500), reconstruction, kl

    train(model, images, 5, loss=wrong_sign)


# The loss of a mean over pixels: the KL weighs 64 times as much.
@exercise.wrong(COLLAPSED, "learns", "target")
def mean_over_pixels(model, images):
    train(model, images, 15, beta=64.0, lr=2e-3)


@exercise.wrong(NEARLY_FREE, "learns", "target")
def no_kl(model, images):
    train(model, images, 15, beta=0.0, lr=2e-3)


# An autoencoder: decodes mu.
@exercise.wrong(UNREADABLE, "learns", "target")
def decodes_mu(model, images):
    from lessonkit.vae import vae_loss

    def loss(model, x, beta):
        _, mu, logvar = model.encode(x)
        return vae_loss(model.decode(mu), x, mu, logvar, beta)

    train(model, images, 15, loss=loss, lr=2e-3)


# The sign of the KL is turned: it grows without end, and no name of a mistake that is known is true.
@exercise.wrong(unnamed("not good enough"), "learns", "target")
def rewards_the_kl(model, images):
    train(model, images, 15, beta=-1.0, lr=4e-3)


@exercise.wrong(unnamed("not good enough"), "learns", "target")
def too_short(model, images):
    train(model, images, 5)


# What lesson 6 does.
@exercise.wrong(target=unnamed("not good enough"))
def as_in_lesson_6(model, images):
    model.__init__(images.shape[1])
    train(model, images, 100)
