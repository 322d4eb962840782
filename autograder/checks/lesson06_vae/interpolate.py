"""interpolate: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson06_vae import Known, Weights, interpolated
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson06_vae.known import binary, in_lesson, known_weights
from autograder.checks.lesson06_vae.measured import LOGITS, judge_detached, judge_probabilities
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("interpolate", reread="From one image to another")

BETWEEN = in_lesson("From one image to another")
# interpolate

SAMPLED_ENDS = Mistake(
    "sampled_ends",
    "z of encode is a draw in train mode. Interpolate between the two mu, which are the same in both modes.",
)


class Between(NamedTuple):
    """Two images, the model's weights, and its mu for both."""

    weights: Weights
    a: Tensor
    b: Tensor
    mu_a: Tensor
    mu_b: Tensor

    def logits(self, z: Tensor) -> Tensor:
        """The model's logits for z."""
        return z @ self.weights["to_logits"]


def two_images(rng: Draws) -> Between:
    """Two images that differ in most pixels, but not in all."""
    weights, a = known_weights(rng, 12, 3), binary(rng, 1, 12)[0]
    b = torch.cat([a[:2], 1 - a[2:]])
    mu_a, mu_b = Known(weights).heads(torch.stack([a, b]))[0].detach()
    return Between(weights, a, b, mu_a, mu_b)


def run_between(interpolate: LearnerObject, pair: Between, steps: int, training: bool) -> Tensor:
    """The learner's interpolation."""
    found = beside(interpolated, interpolate, pair.weights, pair.a, pair.b, steps, training)
    return expect.shaped(found, (steps, len(pair.a)), f"the result for {steps} steps")


def along(start: Tensor, end: Tensor, steps: int) -> Tensor:
    """``steps`` points on the line from start to end, both included."""
    return start + torch.linspace(0, 1, steps)[:, None] * (end - start)


@exercise.check
def shape(interpolate: LearnerObject, rng: Draws) -> None:
    """The result has shape (steps, input_dim), and carries no graph."""
    for steps in (5, 2):
        judge_detached(run_between(interpolate, two_images(rng), steps, False))


@exercise.check
def ends(interpolate: LearnerObject, rng: Draws) -> None:
    """The first row reconstructs a and the last row b, from mu, also while the model is in train mode."""
    pair = two_images(rng)
    found, again = (run_between(interpolate, pair, 5, True).detach()[[0, -1]] for _ in range(2))
    right = pair.logits(torch.stack([pair.mu_a, pair.mu_b]))
    if not torch.equal(found, again):
        raise Failure("the ends change from call to call", "the reconstructions from mu", "other numbers", SAMPLED_ENDS)
    mistakes = {
        "the first row is b and the last row is a. Start at a.": torch.sigmoid(right.flip(0)),
        "the ends are the images themselves. Decode mu of a and of b.": torch.stack([pair.a, pair.b]),
        "the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.": torch.sigmoid(
            pair.logits(torch.stack([pair.mu_a, pair.mu_a + 0.8 * (pair.mu_b - pair.mu_a)]))
        ),
    }
    judge_probabilities(found, right, "the first or last row", "sigmoid(decode(mu)) of a and of b", mistakes)


@exercise.check
def line(interpolate: LearnerObject, rng: Draws) -> None:
    """Between the ends mu moves on a straight line, in equal steps."""
    pair = two_images(rng)
    found = run_between(interpolate, pair, 5, False).detach()
    images = along(pair.a, pair.b, 5)
    by_images = pair.logits(Known(pair.weights).heads(images)[0].detach())
    ends = torch.sigmoid(pair.logits(torch.stack([pair.mu_a, pair.mu_b])))
    logits = pair.logits(along(pair.mu_a, pair.mu_b, 5))
    short = pair.mu_a + torch.arange(5)[:, None] / 5 * (pair.mu_b - pair.mu_a)
    mistakes = {
        "the pixels are interpolated, then encoded. Encode a and b first, and interpolate mu.": torch.sigmoid(
            by_images
        ),
        "the pixels of a and b are interpolated. Interpolate mu, and decode each point.": images,
        "the two reconstructions are blended. Interpolate mu, and decode each point.": along(ends[0], ends[1], 5),
        "from b to a: the line runs the wrong way. Start at a.": torch.sigmoid(logits.flip(0)),
        "the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.": torch.sigmoid(
            pair.logits(short)
        ),
    }
    judge_probabilities(found, logits, "the result", "sigmoid(decode(mu_a + t (mu_b - mu_a)))", mistakes)


# Wrong answers


# Walks from b to a.
@exercise.wrong(
    ends="the first row is b and the last row is a. Start at a.",
    line="from b to a: the line runs the wrong way. Start at a.",
)
def backwards(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([b, a]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# Blends the two reconstructions.
@exercise.wrong(line="the two reconstructions are blended. Interpolate mu, and decode each point.")
def blends_reconstructions(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        ends = torch.sigmoid(model.decode(mu))
        return ends[0] + t * (ends[1] - ends[0])


# Returns logits.
@exercise.wrong(ends=LOGITS, line=LOGITS)
def logits(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return model.decode(mu[0] + t * (mu[1] - mu[0]))


# Blends the pixels.
@exercise.wrong(
    ends="the ends are the images themselves. Decode mu of a and of b.",
    line="the pixels of a and b are interpolated. Interpolate mu, and decode each point.",
)
def pixels(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return a + t * (b - a)


# Blends the pixels, then encodes each blend.
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


# Gives the steps between the ends, without the ends.
@exercise.wrong(ends=unnamed("the first or last row is wrong"), line=unnamed("the result is wrong"))
def steps_between(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps + 2)[1:-1].unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# Leaves the last step out.
@exercise.wrong(
    ends="the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.",
    line="the last step stops short of b. torch.linspace(0, 1, steps) includes both ends.",
)
def stops_short(model, a, b, steps):
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = (torch.arange(steps) / steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))


# Leaves the graph on.
@exercise.wrong(shape="torch.no_grad() is missing.")
def with_graph(model, a, b, steps):
    if True:
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
