"""affine: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("affine", reread="Moving and stretching")

CUT = Mistake("cut", "detach(), .data, no_grad() or a tensor made anew: the result forgets where it came from.")

Inputs = tuple[Tensor, Tensor | float, Tensor | float]


def cases(rng: Draws) -> list[Inputs]:
    """eps, shift and scale: numbers, one for each column or row, full tensors, and what widens eps; both signs."""
    eps = rng.normal(5, 3)
    return [
        (eps, 2.5, -4.0),
        (eps, rng.uniform(2, 3, 3), rng.uniform(4, 5, 3)),
        (eps, rng.uniform(-3, -2, 5, 1), rng.uniform(-5, -4, 5, 1)),
        (eps, rng.uniform(2, 3, 5, 3), rng.uniform(0.1, 0.9, 5, 3)),
        (eps, rng.uniform(2, 3, 2, 1, 1), rng.uniform(4, 5, 3)),
        (rng.normal(4), -1.5, 0.25),
    ]


def words(inputs: Inputs) -> str:
    """The inputs in words."""
    shown = [f"of shape {tuple(each.shape)}" if isinstance(each, Tensor) else f"{each:g}" for each in inputs]
    return f"eps {shown[0]}, shift {shown[1]} and scale {shown[2]}"


def results(inputs: list[Inputs], answer: LearnerObject) -> list[Any]:
    """What an answer gives for each case."""
    found = []
    for each in inputs:
        with for_inputs(words(each)):
            found.append(answer(*each))
    return found


@exercise.check
def values(affine: LearnerObject, rng: Draws) -> None:
    """shift + scale * eps, for numbers and for tensors that broadcast."""
    inputs = cases(rng)
    found = results(inputs, affine)
    for place, (eps, shift, scale) in enumerate(inputs):
        right, mistakes = shift + scale * eps, exercise.mistaken(partial(results, inputs))
        named = ((mistake, wrong[place]) for mistake, wrong in mistakes if alike(found, wrong))
        expect.close(found[place], right, "z", rule="shift + scale * eps", rtol=1e-12, mistakes=named)


def alike(found: Sequence[Any], wrong: Sequence[Any]) -> bool:
    """Tensors that agree one by one, to rounding."""
    # A complex number is none of the real ones: made real, it would lose its imaginary part.
    return all(
        isinstance(a, Tensor)
        and (a.shape, a.is_complex()) == (b.shape, b.is_complex())
        and torch.allclose(a.to(b), b, 1e-6, 1e-6, equal_nan=True)
        for a, b in zip(found, wrong, strict=True)
    )


@exercise.check
def inputs(affine: LearnerObject, rng: Draws) -> None:
    """eps, shift and scale are what they were before the call."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    with expect.untouched(eps=eps, shift=shift, scale=scale), for_inputs(words((eps, shift, scale))):
        affine(eps, shift, scale)


@exercise.check
def gradients(affine: LearnerObject, rng: Draws) -> None:
    """dz/dshift = 1 and dz/dscale = eps, element by element."""
    eps, shift, scale = rng.normal(5, 3), rng.uniform(2, 3, 5, 3), rng.uniform(4, 5, 5, 3)
    inputs = {"shift": shift.requires_grad_(), "scale": scale.requires_grad_()}
    with for_inputs(f"{words((eps, shift, scale))} that require grad"):
        z = expect.kept(affine(eps, shift, scale), eps, "z")
        moves = not torch.equal(z, affine(eps, shift + 1, scale * 2))
    found = list(expect.gradients(z, inputs, cut=CUT if moves else None).values())
    probe = partial(slopes, eps, shift, scale)
    for place, (name, right, rule) in enumerate((("shift", torch.ones_like(shift), "1"), ("scale", eps, "eps"))):
        named = ((mistake, wrong[place]) for mistake, wrong in exercise.mistaken(probe) if alike(found, wrong))
        expect.close(found[place], right, f"dz/d{name}", rule=rule, rtol=1e-12, mistakes=named)


def slopes(eps: Tensor, shift: Tensor, scale: Tensor, answer: LearnerObject) -> tuple[Tensor, ...]:
    """dz/dshift and dz/dscale of an answer, element by element."""
    return torch.autograd.grad(answer(eps, shift, scale).sum(), [shift, scale])


# Wrong answers


# The result forgets where it came from.
@exercise.wrong(gradients=CUT)
def detached(eps, shift, scale):
    with torch.no_grad():
        return shift + scale * eps


@exercise.wrong(
    "shift * eps + scale: the two have changed places. scale multiplies, shift is added.", "values", "gradients"
)
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
@exercise.wrong("(shift + eps) * scale: scale stretches shift too. Multiply first, then add.", "values", "gradients")
def moved_first(eps, shift, scale):
    return (shift + eps) * scale


@exercise.wrong(
    "eps + shift * scale: the parameters stand in another order. They are eps, shift, scale.", "values", "gradients"
)
def parameters_moved(shift, scale, eps):
    return shift + scale * eps


# Widths of a normal distribution have no sign; scale has.
@exercise.wrong("the size of scale alone: its sign is lost. Multiply by scale itself.", "values")
def without_sign(eps, shift, scale):
    return shift + abs(scale) * eps


@exercise.wrong(
    "shift + sqrt(scale) * eps: scale is a standard deviation, not a variance. Multiply by scale itself.",
    "values",
    "gradients",
)
def root_of_scale(eps, shift, scale):
    return shift + scale**0.5 * eps


# Draws in place of using what is given.
@exercise.wrong(unnamed("is wrong"), "values", "gradients")
def noise_of_its_own(eps, shift, scale):
    return shift + scale * torch.randn_like(eps)


@exercise.wrong(
    values=stops("eps of shape (5, 3), shift 2.5 and scale -4"), gradients=unnamed("the gradient in shift is zero")
)
def drawn_by_torch(eps, shift, scale):
    return torch.normal(shift * torch.ones_like(eps), scale * torch.ones_like(eps))


# Forgets that shift and scale may be larger.
@exercise.wrong(values=stops("shift of shape (2, 1, 1) and scale of shape (3,)"))
def shape_of_eps(eps, shift, scale):
    return (shift + scale * eps).reshape(eps.shape)


@exercise.wrong(
    "part of it is computed in float32, where eps is float64. Stay in the dtype of eps.", "values", "gradients"
)
def in_float32(eps, shift, scale):
    return shift + (scale * eps.float()).to(eps.dtype)
