"""generate: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Weights, generated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import (
    GRADIENTS_OFF,
    LOGITS,
    SIGMOID_TWICE,
    WITH_GRAPH,
    judge_detached,
    known_weights,
)
from autograder.checks.location_scale import SHARED, agrees
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("generate", reread="New images")

ROUNDED = Mistake("rounded", "the probabilities are rounded to 0 and 1. Return them as they are.")
SOFTMAX = Mistake(
    "softmax", "a softmax makes the pixels of an image add up to 1. Each pixel has a probability of its own: sigmoid."
)
PIXELS_DRAWN = Mistake("pixels_drawn", "zeros and ones: that is a draw of the pixels. Return their probabilities.")
NEVER_DECODES = Mistake("never_decodes", "the decoder was never asked. Draw z, then decode it.")
ZEROS = Mistake("zeros", "z = 0 is the mean of the prior, and gives one image only. Draw z.")
UNIFORM_PRIOR = Mistake("uniform_prior", "rand draws uniform numbers from [0, 1). The prior is N(0, I): use randn.")
ONE_CODE = Mistake("one_code", "one z for all images. Draw a z for every image.")
ONE_NUMBER = Mistake("one_number", "one number for all latents of an image. Draw a number for every latent.")


def images_by(generate: LearnerObject, weights: Weights, n: int) -> Any:
    """What ``generated`` tells of n images."""
    with for_inputs(f"a model and n = {n}"):
        return beside(generated, generate, weights, n)


def decoded_by(decoded: Any, rows: int) -> Tensor:
    """The z that were decoded, as many as there are images."""
    if not decoded:
        raise Failure("nothing was decoded", "model.decode(z)", "no call of decode", NEVER_DECODES)
    z = torch.cat([expect.tensor(part, "z") for part in decoded])
    return z if len(z) == rows else z.expand(rows, -1) if len(z) == 1 else z[:rows]


@exercise.check
def shape(generate: LearnerObject, rng: Draws) -> None:
    """The result has shape (n, input_dim), for one image too, and carries no graph."""
    weights = known_weights(rng, 6, 3)
    for n in (5, 1):
        record = images_by(generate, weights, n)
        expect.shaped(record["result"], (n, 6), f"the result for n = {n}")
        judge_detached(record)


@exercise.check
def values(generate: LearnerObject, rng: Draws) -> None:
    """The result is the probabilities that the decoder gives for its z."""
    weights = known_weights(rng, 6, 3)
    found = images_by(generate, weights, 200)
    result = expect.shaped(found["result"], (200, 6), "the result").detach()
    logits, rule = decoded_by(found["decoded"], 200) @ weights["to_logits"], "sigmoid(model.decode(z))"
    right = torch.sigmoid(logits)
    if bool(((result == 0) | (result == 1)).all()):
        # Of 1,200 draws some are 0 where the probability is higher than where others are 1.
        drawn = bool(right[result == 0].max() > right[result == 1].min()) if 0 < result.mean() < 1 else False
        likely = ROUNDED if torch.equal(result, right.round()) else PIXELS_DRAWN if drawn else None
        raise Failure("the result is wrong", rule, "zeros and ones alone", likely)
    mistakes = [(LOGITS, logits), (SIGMOID_TWICE, right.sigmoid()), (SOFTMAX, logits.softmax(1))]
    agrees(result, right, "the result", rule=rule, mistakes=mistakes)


@exercise.check
def prior(generate: LearnerObject, rng: Draws) -> None:
    """The z that are decoded are fresh draws from the prior, N(0, I)."""
    weights = known_weights(rng, 6, 20)
    found = [images_by(generate, weights, 2000) for _ in range(2)]
    z = torch.stack([decoded_by(each["decoded"], 2000) for each in found])
    if not z.any():
        image = expect.tensor(found[0]["result"], "the result")
        raise Failure("z is no draw", "z from N(0, I)", "z = 0", ZEROS if (image == image[:1]).all() else None)
    axes = {"call": SHARED["call"], "row": ONE_CODE, "latent": ONE_NUMBER}
    expect.independent(z, axes, "z")
    expect.standard_normal(z, "z", mistakes=[(UNIFORM_PRIOR, lambda value: value.clamp(0, 1))])


# Wrong answers


@exercise.wrong(prior=SHARED["call"])
def fixed_seed(model, n):
    torch.manual_seed(0)
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))


@exercise.wrong(values=LOGITS)
def logits(model, n):
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent_dim))


# Returns noise in place of images, and decodes for the number of pixels alone.
@exercise.wrong(
    values=unnamed("sigmoid(model.decode(z))"),
    prior=unnamed("z = 0"),
)
def noise_images(model, n):
    with torch.no_grad():
        return torch.rand(n, model.decode(torch.zeros(1, model.latent_dim)).shape[1])


# Returns its draw of z.
@exercise.wrong(unnamed("wrong shape"), prior=NEVER_DECODES)
def never_decodes(model, n):
    return torch.randn(n, model.latent_dim)


@exercise.wrong(prior=ONE_CODE)
def one_code(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(1, model.latent_dim).expand(n, -1)))


@exercise.wrong(prior=ONE_NUMBER)
def one_number(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, 1).expand(-1, model.latent_dim)))


@exercise.wrong(values=PIXELS_DRAWN)
def pixels_drawn(model, n):
    with torch.no_grad():
        return torch.bernoulli(torch.sigmoid(model.decode(torch.randn(n, model.latent_dim))))


@exercise.wrong(values=SIGMOID_TWICE)
def sigmoid_twice(model, n):
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent_dim)).sigmoid().sigmoid()


# Draws uniform codes.
@exercise.wrong(prior=UNIFORM_PRIOR)
def uniform_prior(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.rand(n, model.latent_dim)))


@exercise.wrong(shape=WITH_GRAPH)
def with_graph(model, n):
    return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))


# Decodes the mean of the prior.
@exercise.wrong(prior=ZEROS)
def zeros(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.zeros(n, model.latent_dim)))


@exercise.wrong(shape=GRADIENTS_OFF)
def gradients_off(model, n):
    torch.set_grad_enabled(False)
    return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))


@exercise.wrong(values=ROUNDED)
def rounded(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim))).round()


@exercise.wrong(values=SOFTMAX)
def softmax(model, n):
    with torch.no_grad():
        return torch.softmax(model.decode(torch.randn(n, model.latent_dim)), dim=1)
