"""affine: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.verdict import Mistake

exercise = Exercise("affine", reread="Moving and stretching")

CUT = Mistake("cut", "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from.")
EXCHANGED = Mistake("exchanged", "shift * eps + scale: the two have changed places. scale multiplies, shift is added.")
MOVED_FIRST = Mistake("moved_first", "(shift + eps) * scale: scale stretches shift too. Multiply first, then add.")


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
        right, mistakes = shift + scale * eps, exercise.mistaken(partial(called, eps, shift, scale))
        expect.close(affine(eps, shift, scale), right, "z", rule="shift + scale * eps", mistakes=mistakes)


def called(eps: Tensor, shift: Tensor | float, scale: Tensor | float, answer: LearnerObject) -> Any:
    """What an answer gives."""
    return answer(eps.clone(), shift, scale)


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
    found = expect.gradients(z, inputs, cut=CUT)
    for name, right, rule in (("shift", torch.ones_like(shift), "1"), ("scale", eps, "eps")):
        mistakes = exercise.mistaken(partial(slope, eps, shift, scale, inputs[name]))
        expect.close(found[name], right, f"dz/d{name}", rule=rule, mistakes=mistakes)


def slope(eps: Tensor, shift: Tensor, scale: Tensor, parameter: Tensor, answer: LearnerObject) -> Tensor:
    """dz/dparameter of an answer, element by element."""
    return torch.autograd.grad(called(eps, shift, scale, answer).sum(), parameter)[0]


# Wrong answers


# The result forgets where it came from.
@exercise.wrong(gradients=CUT)
def detached(eps, shift, scale):
    with torch.no_grad():
        return shift + scale * eps


# shift and scale have changed places.
@exercise.wrong(EXCHANGED, "values", "gradients")
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
@exercise.wrong(MOVED_FIRST, "values", "gradients")
def moved_first(eps, shift, scale):
    return (shift + eps) * scale
