"""interpolate: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, interpolated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import (
    GRADIENTS_OFF,
    LOGITS,
    SIGMOID_TWICE,
    WITH_GRAPH,
    binary,
    judge_detached,
    known_weights,
)
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("interpolate", reread="From one image to another")

SAMPLED_ENDS = Mistake(
    "samples",
    "z of encode is a draw in train mode. Interpolate between the two mu, which are the same in both modes.",
)
BACKWARDS = Mistake("backwards", "from b to a: the line runs the wrong way. Start at a.")
PIXELS = Mistake("pixels", "the pixels of a and b are interpolated. Interpolate mu, and decode each point.")
STOPS_SHORT = Mistake("stops_short", "the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.")


class Between(NamedTuple):
    """Two images, and the weights of the model that encodes them."""

    weights: Weights
    a: Tensor
    b: Tensor

    def probabilities(self, steps: int) -> Tensor:
        """What the model decodes at so many points on the line from its mu of a to its mu of b, both included."""
        model = Known(self.weights)
        start, end = model.heads(torch.stack([self.a, self.b]))[0]
        return torch.sigmoid(model.logits(start + torch.linspace(0, 1, steps)[:, None] * (end - start))).detach()


def two_images(rng: Draws) -> Between:
    """Two images that differ in most pixels, but not in all."""
    weights, a = known_weights(rng, 12, 3), binary(rng, 1, 12)[0]
    return Between(weights, a, torch.cat([a[:2], 1 - a[2:]]))


def run_between(interpolate: LearnerObject, pair: Between, steps: int, training: bool) -> Tensor:
    """The learner's interpolation."""
    return record_between(interpolate, pair, steps, training)["result"].detach()


def record_between(interpolate: LearnerObject, pair: Between, steps: int, training: bool) -> dict[str, Any]:
    """The same, and whether gradients are enabled afterwards."""
    with for_inputs(f"a model, two images and steps = {steps}"):
        record: dict[str, Any] = beside(interpolated, interpolate, pair.weights, pair.a, pair.b, steps, training)
    expect.shaped(record["result"], (steps, len(pair.a)), f"the result for {steps} steps")
    return record


@exercise.check
def shape(interpolate: LearnerObject, rng: Draws) -> None:
    """The result has shape (steps, input_dim), and carries no graph."""
    pair = two_images(rng)
    for steps in (5, 2):
        with expect.untouched(a=pair.a, b=pair.b):
            record = record_between(interpolate, pair, steps, False)
        judge_detached(record)


@exercise.check
def ends(interpolate: LearnerObject, rng: Draws) -> None:
    """The first row reconstructs a and the last row b, from mu, also while the model is in train mode."""
    pair = two_images(rng)

    def found(answer: LearnerObject, training: bool = True) -> Tensor:
        return run_between(answer, pair, 5, training)[[0, -1]]

    observed = found(interpolate)
    if not torch.equal(observed, found(interpolate)):
        steady = torch.equal(found(interpolate, False), found(interpolate, False))
        likely = SAMPLED_ENDS if steady else None
        raise Failure("the ends change from call to call", "the reconstructions from mu", "other numbers", likely)
    what, rule = "the first or last row", "sigmoid(decode(mu)) of a and of b"
    agrees(observed, pair.probabilities(2), what, rule=rule, mistakes=exercise.mistaken(found))


@exercise.check
def line(interpolate: LearnerObject, rng: Draws) -> None:
    """Between the ends mu moves on a straight line, in equal steps, in both modes."""
    pair, rule = two_images(rng), "sigmoid(decode(mu_a + t (mu_b - mu_a)))"
    for steps, training in ((5, False), (8, True), (2, False)):

        def found(answer: LearnerObject, steps: int = steps, training: bool = training) -> Tensor:
            return run_between(answer, pair, steps, training)

        observed, right = found(interpolate), pair.probabilities(steps)
        if training and not torch.equal(observed, found(interpolate)):  # That it draws is for another check.
            continue
        agrees(observed, right, f"the result for {steps} steps", rule=rule, mistakes=exercise.mistaken(found))


# Wrong answers


@exercise.wrong(BACKWARDS, "ends", "line")
def backwards(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([b, a]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


@exercise.wrong(line="the two reconstructions are blended. Interpolate mu, and decode each point.")
def blends_reconstructions(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        ends = torch.sigmoid(model.decode(mu))
        return ends[0] + t * (ends[1] - ends[0])


@exercise.wrong(LOGITS, "ends", "line")
def logits(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return model.decode(mu[0] + t * (mu[1] - mu[0]))


@exercise.wrong(PIXELS, "ends", "line")
def pixels(model, a, b, steps):
    with torch.no_grad():
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return a + t * (b - a)


@exercise.wrong(line="the pixels are interpolated, then encoded. Encode a and b first, and interpolate mu.")
def pixels_then_encodes(model, a, b, steps):
    with torch.no_grad():
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(model.encode(a + t * (b - a))[1]))


# Takes the z of encode.
@exercise.wrong(ends=SAMPLED_ENDS)
def samples(model, a, b, steps):
    with torch.no_grad():
        mu, _, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


@exercise.wrong(SIGMOID_TWICE, "ends", "line")
def sigmoid_twice(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return model.decode(mu[0] + t * (mu[1] - mu[0])).sigmoid().sigmoid()


# Gives the steps between the ends, without the ends.
@exercise.wrong(ends=unnamed("the first or last row is wrong"), line=unnamed("the result for 5 steps is wrong"))
def steps_between(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps + 2)[1:-1].unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


@exercise.wrong(STOPS_SHORT, "ends", "line")
def stops_short(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = (torch.arange(steps) / steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


@exercise.wrong(shape=WITH_GRAPH)
def with_graph(model, a, b, steps):
    _, mu, _ = model.encode(torch.stack([a, b]))
    t = torch.linspace(0, 1, steps).unsqueeze(1)
    return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


@exercise.wrong(shape=GRADIENTS_OFF)
def gradients_off(model, a, b, steps):
    torch.set_grad_enabled(False)
    _, mu, _ = model.encode(torch.stack([a, b]))
    t = torch.linspace(0, 1, steps).unsqueeze(1)
    return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
