"""anomaly_score: its checks and wrong answers. Grader's side.

Test images go to the learner's side here, since a score is a function of them; labels never do. So what is believed is
that a score looks at the image alone: the digits are public, and who looks a picture up knows its label.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson13_capstone.measuring import PIXELS, Model, fit, model_of, some_images, some_split
from autograder.checks.location_scale import agrees
from autograder.draws import Draws, replay
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("anomaly_score", reread="A score for what was never seen")

HELD_OUT = (0, 5, 7)
FINDS = 0.88

FRESH = Mistake("fresh", "fresh noise in every call. Draw it from a generator of your own with a fixed seed.")
BY_BATCH = Mistake(
    "by_batch",
    "the score of an image depends on its place or on the other images: noise of its own for each row, or numbers that "
    "are normalised over the batch.",
)
BATCH_MEAN = Mistake("batch_mean", "one number for all images. Return one for each.")
SIGN = Mistake("sign", "the sign: unusual digits get the low scores, and usual ones the high. Turn it.")


def scores(
    answer: LearnerObject, model: Model, x: Tensor, rng: Draws, what: str = "the score", likely: Mistake | None = None
) -> Tensor:
    """The scores of images, (n,) and finite, in float64; whatever random state the call finds."""
    replay(rng.new_seed())
    found = expect.shaped(answer(model.module, x), (len(x),), "the score", [(BATCH_MEAN, ())]).detach()
    if not found.is_floating_point():
        raise Failure("the score has the wrong dtype", "floats", f"{found.dtype}")
    if not found.isfinite().all():
        raise Failure(f"{what} is not finite", "finite numbers", "inf or nan", likely)
    return found.double()


@exercise.check
def steady(anomaly_score: LearnerObject, build_model: LearnerObject, rng: Draws) -> None:
    """An image has one finite score: the same in every call, alone and in any batch."""
    model, x = model_of(build_model), some_images(rng, 9, PIXELS)
    model.module.eval()
    with expect.untouched(x=x):
        first, again = (scores(anomaly_score, model, x, rng) for _ in range(2))
    agrees(again, first, "the score in a second call", rule="the same number", mistakes=[(FRESH, again)])
    # In a batch they were finite.
    singly = [
        scores(anomaly_score, model, image[None], rng, "the score of an image alone", BY_BATCH) for image in x[:3]
    ]
    alone = torch.cat(singly)
    turned = scores(anomaly_score, model, x.flip(0), rng).flip(0)
    for what, found, right in (("in a batch in reverse order", turned, first), ("alone", alone, first[:3])):
        agrees(found, right, f"the score {what}", rule="the same number", mistakes=[(BY_BATCH, found)])


@exercise.check(trains=True)
def finds(anomaly_score: LearnerObject, build_model: LearnerObject, train_model: LearnerObject, rng: Draws) -> str:
    """Your model, trained without three of the digits, scores them higher: a mean AUROC of 0.88 or more."""
    images, model = some_split(rng), model_of(build_model)
    model.module.eval()
    scores(anomaly_score, model, images.test[:5], rng)  # Who has no score waits for no training.
    strange = torch.tensor(HELD_OUT)
    fit(train_model, model, images.train[~torch.isin(images.train_labels, strange)])
    found = scores(anomaly_score, model, images.test, rng)
    usual = found[~torch.isin(images.test_labels, strange)]
    by_digit = {digit: auroc(found[images.test_labels == digit], usual) for digit in HELD_OUT}
    mean = sum(by_digit.values()) / len(by_digit)
    observed = f"{mean:.3f} on average: " + ", ".join(f"{value:.3f} for {digit}" for digit, value in by_digit.items())
    if mean < FINDS:
        likely = SIGN if mean <= 1 - FINDS else None
        raise Failure("the score does not find the digits", f"a mean AUROC of at least {FINDS}", observed, likely)
    return f"Measured: {observed}."


def auroc(strange: Tensor, usual: Tensor) -> float:
    """The probability that a strange image has the higher score; ties count half."""
    difference = strange[:, None] - usual
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


# Wrong answers


@exercise.wrong(steady=FRESH)
def fresh(model, x):
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn(16, 1, mu.shape[1])
        logits = model.decode(z.flatten(0, 1)).reshape(16, *x.shape)
    loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return loss.mean(0) + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(steady=BY_BATCH)
def by_batch(model, x):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn(16, *mu.shape, generator=generator)
        logits = model.decode(z.flatten(0, 1)).reshape(16, *x.shape)
    loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
    return loss.mean(0) + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(steady=BY_BATCH)
def normalised(model, x):
    with torch.no_grad():
        mu = model.encode(x)[1]
        logits = model.decode(mu)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    return loss - loss.mean()


# One image has no spread: its score is nan.
@exercise.wrong(steady=BY_BATCH)
def standardised(model, x):
    with torch.no_grad():
        mu = model.encode(x)[1]
        logits = model.decode(mu)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    return loss / loss.std()


@exercise.wrong(BATCH_MEAN)
def batch_mean(model, x):
    with torch.no_grad():
        mu = model.encode(x)[1]
        logits = model.decode(mu)
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1).mean()


@exercise.wrong(finds=SIGN)
def sign(model, x):
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        logits = model.decode(mu)
    loss = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)
    return -loss - 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(finds=unnamed("does not find the digits"))
def kl_alone(model, x):
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(-1)


@exercise.wrong(finds=unnamed("does not find the digits"))
def ink(model, x):
    return x.sum(-1)


@exercise.wrong(steady=expect.IN_PLACE)
def changes_x(model, x):
    with torch.no_grad():
        mu = model.encode(x)[1]
        logits = model.decode(mu)
    return F.binary_cross_entropy_with_logits(logits, x.clamp_(0.01, 0.99), reduction="none").sum(-1)


@exercise.wrong(unnamed("wrong dtype"))
def whole_numbers(model, x):
    return x.sum(-1).long()


@exercise.wrong(unnamed("not finite"))
def divides_by_zero(model, x):
    return x.sum(-1) / 0


@exercise.wrong(stops("TypeError"))
def one_argument(x):
    return x.sum(-1)
