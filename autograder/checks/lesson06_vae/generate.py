"""generate: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import generated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import in_lesson, known_weights
from autograder.checks.lesson06_vae.measured import LOGITS, PIXELS, TWICE, judge_detached, judge_probabilities
from autograder.checks.location_scale import SHARED
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("generate", reread="New images")

NEW_IMAGES = in_lesson("New images")
UNIFORM_PRIOR = Mistake(
    "uniform_prior",
    "rand draws uniform numbers from [0, 1). The prior is N(0, I): use randn.",
)
ONE_PRIOR = Mistake(
    "one_prior",
    "one z for all images. Draw a z for every image.",
)


def decoded_by(decoded: Any, rows: int) -> Tensor:
    """The z that were decoded, as many as there are images."""
    if not decoded:
        likely = "noise in place of images: the decoder was never asked. Draw z, then decode it."
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode", likely)
    z = torch.cat([expect.tensor(part, "z") for part in decoded])
    return z if len(z) == rows else z.expand(rows, -1) if len(z) == 1 else z[:rows]


@exercise.check
def shape(generate: LearnerObject, rng: Draws) -> None:
    """The result has shape (n, input_dim), for one image too, and carries no graph."""
    weights = known_weights(rng, 6, 3)
    for n in (5, 1):
        found = expect.shaped(beside(generated, generate, weights, n)["result"], (n, 6), f"the result for n = {n}")
        judge_detached(found)


@exercise.check
def values(generate: LearnerObject, rng: Draws) -> None:
    """The result is the probabilities that the decoder gives for its z."""
    weights = known_weights(rng, 6, 3)
    found = beside(generated, generate, weights, 5)
    result = expect.shaped(found["result"], (5, 6), "the result").detach()
    z = decoded_by(found["decoded"], 5)
    judge_probabilities(result, z @ weights["to_logits"], "the result", "sigmoid(model.decode(z))")


@exercise.check
def prior(generate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from the prior, N(0, I)."""
    weights = known_weights(rng, 6, 20)
    z = torch.stack([decoded_by(beside(generated, generate, weights, 2000)["decoded"], 2000) for _ in range(2)])
    if not z.any():
        likely = "z = 0 is the mean of the prior, and gives one image only. Draw z."
        raise Failure("z is no draw", "z from N(0, I)", "z = 0", likely)
    axes = {"call": SHARED["call"], "row": ONE_PRIOR, "latent": SHARED["latent"]}
    expect.independent(z, axes, "z")
    expect.standard_normal(z, "z", mistakes={UNIFORM_PRIOR: lambda value: value.clamp(0, 1)})


# Wrong answers


# Sets a seed.
@exercise.wrong(prior=SHARED["call"])
def fixed_seed(model, n):
    torch.manual_seed(0)
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))


# Returns logits.
@exercise.wrong(values=LOGITS)
def logits(model, n):
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent_dim))


# Returns noise in place of images.
@exercise.wrong(
    values=unnamed("sigmoid(model.decode(z))"),
    prior="z = 0 is the mean of the prior, and gives one image only. Draw z.",
)
def noise_images(model, n):
    with torch.no_grad():
        return torch.rand(n, model.decode(torch.zeros(1, model.latent_dim)).shape[1])


# Draws one code for all images.
@exercise.wrong(prior=ONE_PRIOR)
def one_code(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(1, model.latent_dim).expand(n, -1)))


# Draws the pixels.
@exercise.wrong(values=PIXELS)
def pixels_drawn(model, n):
    with torch.no_grad():
        return torch.bernoulli(torch.sigmoid(model.decode(torch.randn(n, model.latent_dim))))


# Applies the sigmoid twice.
@exercise.wrong(values=TWICE)
def sigmoid_twice(model, n):
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent_dim)).sigmoid().sigmoid()


# Draws uniform codes.
@exercise.wrong(prior=UNIFORM_PRIOR)
def uniform_noise(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.rand(n, model.latent_dim)))


# Leaves the graph on.
@exercise.wrong(shape="torch.no_grad() is missing.")
def with_graph(model, n):
    if True:
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))


# Decodes the mean of the prior.
@exercise.wrong(prior="z = 0 is the mean of the prior, and gives one image only. Draw z.")
def zeros(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.zeros(n, model.latent_dim)))
