"""What several exercises of lesson 13 share: images, a model of the learner's, its price, mistakes. Grader's side."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson13_capstone import built, trained
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.decoder_alone import logits_of
from autograder.checks.lesson06_vae.known import ENCODED, tensors
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.capstone import DRAWS, prices
from lessonkit.data import Images, binarize, digits

PIXELS = 64
NOTHING = PIXELS * math.log(2)
"""What an image costs, in nats, if every pixel is a coin."""
MOST_LATENTS = 64
SPLITS = (2, 4, 5, 19, 20, 28)
"""Ways to divide the digits whose test images are neither easy nor hard: benchmarks/capstone.md has the choice."""

RETURNS_CLASS = Mistake("returns_class", "the class itself. Call it, so that a model is made: return Model(...).")
NO_LATENT = Mistake("no_latent", "the model has no attribute latent_dim. Assign it in __init__: self.latent_dim = ...")


class Model(NamedTuple):
    """A model of the learner's, and how many latents it has."""

    module: LearnerObject
    latent: int

    def price(self, x: Tensor, rng: Draws, draws: int = DRAWS) -> tuple[float, float]:
        """-log p(x) and the KL of the posterior, in nats per image, by the decoder alone."""
        nll, kl = prices(logits_of(self.module, self.latent, x.shape[1], rng, draws), x)
        return nll.mean().item(), kl.mean().item()

    def encoded(self, x: Tensor, what: str = "encode(x)") -> list[Tensor]:
        """z, mu and logvar of images, each (n, latent) in float32."""
        parts = tensors(self.module.encode(x), ENCODED, what)
        like = x.new_zeros(len(x), self.latent)
        return [expect.kept(part, like, f"{name} of {what}") for name, part in zip(ENCODED, parts, strict=True)]


def model_of(build_model: LearnerObject, pixels: int = PIXELS) -> Model:
    """A model that the learner builds."""
    with for_inputs(f"{pixels} pixels"):
        found = beside(built, build_model, pixels)
    if found["model"] is None:
        likely = {"a class": RETURNS_CLASS, "NoneType": expect.NO_RETURN}.get(found["is"])
        raise Failure("build_model makes no module", "an nn.Module", f"it returns {found['is']}", likely)
    latent, expected = found["latent"], f"an int from 1 to {MOST_LATENTS}"
    if latent == "NoneType":
        raise Failure("the model has no latent_dim", expected, "no such attribute", NO_LATENT)
    if type(latent) is not int or not 1 <= latent <= MOST_LATENTS:
        raise Failure("latent_dim is no number of latents", expected, f"{latent}")
    return Model(found["model"], latent)


def fit(train_model: LearnerObject, model: Model, images: Tensor) -> dict[str, bool]:
    """Train it as the learner does, and leave it in eval mode."""
    with for_inputs(f"a model of yours and {len(images):,} images"):
        found: dict[str, bool] = beside(trained, train_model, model.module, images)
    model.module.eval()
    return found


def some_split(rng: Draws) -> Images:
    """Binarized digits to train and to test on, with their labels."""
    images = digits(SPLITS[rng.new_seed() % len(SPLITS)])
    return images._replace(train=binarize(images.train), test=binarize(images.test))


def some_images(rng: Draws, rows: int, pixels: int) -> Tensor:
    """Images of zeros and ones, in float32."""
    return (rng.uniform(0, 1, rows, pixels) < 0.5).to(torch.float32)


def some_codes(rng: Draws, rows: int, latent: int) -> Tensor:
    """Codes of the prior, in float32."""
    return rng.normal(rows, latent, dtype=torch.float32)
