"""affine: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.verdict import Mistake

exercise = Exercise("affine", reread="Moving and stretching")

STRETCHING = 'Lesson 0, "Moving and stretching"'
EXCHANGED = Mistake(
    "exchanged",
    "shift * eps + scale: the two have changed places. scale multiplies, shift is added.",
)
MOVED_FIRST = Mistake(
    "moved_first",
    "(shift + eps) * scale: scale stretches shift too. Multiply first, then add.",
)


@exercise.check
def values(affine: LearnerObject, rng: Draws) -> None:
    """shift + scale * eps, for numbers and for tensors that broadcast."""
    eps = rng.normal(5, 3)
    numbers = 2.5, -4.0
    per_column = rng.uniform(2, 3, 3), rng.uniform(4, 5, 3)
    per_row = rng.uniform(2, 3, 5, 1), rng.uniform(4, 5, 5, 1)
    widening = rng.uniform(2, 3, 2, 1, 1), rng.uniform(4, 5, 3)
    pairs: list[tuple[Tensor | float, Tensor | float]] = [numbers, per_column, per_row, widening]
    for shift, scale in pairs:
        right = shift + scale * eps
        mistakes = {EXCHANGED: shift * eps + scale, MOVED_FIRST: (shift + eps) * scale}
        expect.close(affine(eps, shift, scale), right, "z", rule="shift + scale * eps", mistakes=mistakes)


@exercise.check
def inputs(affine: LearnerObject, rng: Draws) -> None:
    """eps, shift and scale are what they were before the call."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    with expect.untouched(eps=eps, shift=shift, scale=scale):
        affine(eps, shift, scale)


@exercise.check
def gradients(affine: LearnerObject, rng: Draws) -> None:
    """dz/dshift = 1 and dz/dscale = eps, element by element."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    inputs = {"shift": shift.requires_grad_(), "scale": scale.requires_grad_()}
    # A copy, since another check minds what becomes of eps.
    z = expect.kept(affine(eps.clone(), shift, scale), eps, "z")
    cut = "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from."
    found = expect.gradients(z, inputs, cut=cut)
    mistakes = {MOVED_FIRST: scale, EXCHANGED: eps}
    expect.close(found["shift"], torch.ones_like(shift), "dz/dshift", rule="1", mistakes=mistakes)
    mistakes = {MOVED_FIRST: shift + eps, EXCHANGED: torch.ones_like(scale)}
    expect.close(found["scale"], eps, "dz/dscale", rule="eps", mistakes=mistakes)


# Wrong answers


# The result forgets where it came from.
@exercise.wrong(gradients="detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from.")
def detached(eps, shift, scale):
    with torch.no_grad():
        return shift + scale * eps


# shift and scale have changed places.
@exercise.wrong(values=EXCHANGED, gradients=EXCHANGED)
def exchanged(eps, shift, scale):
    return shift * eps + scale


# Works on eps itself.
@exercise.wrong(inputs=expect.IN_PLACE)
def in_place(eps, shift, scale):
    if eps.shape == torch.broadcast_shapes(eps.shape, torch.as_tensor(shift).shape):
        eps *= scale
        return eps + shift
    return eps * scale + shift


# Brackets in the wrong place.
@exercise.wrong(values=MOVED_FIRST, gradients=MOVED_FIRST)
def moved_first(eps, shift, scale):
    return (shift + eps) * scale
