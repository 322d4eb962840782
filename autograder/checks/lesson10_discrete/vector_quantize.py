"""vector_quantize: its checks and wrong answers. Grader's side.

Values and gradients are judged at the answer's own indices, where it has some: which code is the nearest is a check of
its own. The six ways that a gradient can go from the results to the inputs tell the mistakes apart.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.judging import FLOAT32, Parts, judge_parts
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

exercise = Exercise("vector_quantize", reread="The nearest code")

NAMES = ("z_q", "indices", "codebook_loss", "commitment_loss")
ORDER = Mistake("order", f"the four results stand in another order: ({', '.join(NAMES)}).")
DOT = Mistake("dot", "the largest product with z, where long codes win: take the smallest distance, |z - e|^2.")
SUMMED = Mistake("summed", "the squares are added up: take their mean over all elements.")
ROW_SUMS = Mistake("row_sums", "the squares are added up over d, then averaged: take their mean over all elements.")

NO_PATH = Mistake(
    "no_path",
    "z_q hands its gradient to the codebook, and none to z: z + (code - z).detach() has the value of the code, and the "
    "path of z.",
)
LEAK = Mistake("leak", "z_q hands its gradient to the codebook too: detach the code in z + (code - z).detach().")
CUT = Mistake("cut", "z_q has no gradient at all: z + (code - z).detach() hands it on to z.")
EXCHANGED = Mistake(
    "exchanged",
    "the codebook loss moves z, and the commitment loss the codebook: exchanged, or detached on the wrong side.",
)
NONE_STOPPED = Mistake(
    "none_stopped", "both losses move both: detach z in the codebook loss, and the code in the other."
)
BOTH_STOPPED = Mistake("both_stopped", "neither loss moves anything: in each, detach one of the two and not both.")
CODEBOOK_AT_Z = Mistake(
    "codebook_at_z",
    "the codebook loss moves z, and nothing moves the codebook: it compares z_q, which hands its gradient to z, or it "
    "detaches the code. Compare the code itself with z.detach().",
)
CODEBOOK_OPEN = Mistake("codebook_open", "the codebook loss moves z too: in it, z counts as a constant.")
COMMITMENT_OPEN = Mistake(
    "commitment_open", "the commitment loss moves the codebook too: in it, the code counts as a constant."
)

PATHS = tuple((name, to) for name in ("z_q", "codebook_loss", "commitment_loss") for to in ("z", "codebook"))
RIGHT = (1, 0, 0, 1, 1, 0)
PATTERNS: dict[tuple[int, ...], Mistake] = {
    (0, 1, 0, 1, 1, 0): NO_PATH,
    (1, 1, 0, 1, 1, 0): LEAK,
    (0, 0, 0, 1, 1, 0): CUT,
    (1, 0, 1, 0, 0, 1): EXCHANGED,
    (1, 0, 1, 1, 1, 1): NONE_STOPPED,
    (1, 0, 0, 0, 0, 0): BOTH_STOPPED,
    (1, 0, 1, 0, 1, 0): CODEBOOK_AT_Z,
    (1, 0, 1, 1, 1, 0): CODEBOOK_OPEN,
    (1, 0, 0, 1, 1, 1): COMMITMENT_OPEN,
}
"""Which of the six paths carry a gradient, in the order of ``PATHS``, and what that tells."""


class Quantized(NamedTuple):
    """What an answer returns."""

    z_q: Tensor
    indices: Tensor
    codebook_loss: Tensor
    commitment_loss: Tensor


def quantized(answer: LearnerObject, z: Tensor, codebook: Tensor) -> Quantized:
    """The four results, as tensors in their order."""
    result = answer(z, codebook)
    if not isinstance(result, tuple | list) or len(result) != 4:
        raise Failure("the result should be four values", f"a tuple ({', '.join(NAMES)})", describe_value(result))
    found = Quantized(*(expect.tensor(value, name) for value, name in zip(result, NAMES, strict=True)))
    shapes, right = [tuple(each.shape) for each in found], [tuple(z.shape), tuple(z.shape[:-1]), (), ()]
    if shapes != right and sorted(shapes) == sorted(right):
        raise Failure("the four values stand in another order", f"({', '.join(NAMES)})", f"shapes {shapes}", ORDER)
    return found


def own_codes(found: Quantized, z: Tensor, codebook: Tensor) -> Tensor:
    """The codes at the answer's indices; the nearest, where these are no numbers of codes."""
    indices = found.indices
    fits = indices.dtype == torch.int64 and indices.shape == z.shape[:-1]
    if not fits or indices.min() < 0 or indices.max() >= len(codebook):
        indices = nearest(z, codebook)
    return codebook[indices]


def nearest(z: Tensor, codebook: Tensor) -> Tensor:
    """The number of the nearest code for each vector."""
    return (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)


LENGTHS = torch.tensor([0.3, 1.0, 2.0, 1.0, 0.5])


def telling(rng: Draws, *shape: int) -> tuple[Tensor, Tensor]:
    """Vectors and codes without near ties, for which other measures than the distance choose other codes."""
    while True:
        z, codebook = 1.5 * rng.normal(*shape, 4), rng.normal(5, 4) * LENGTHS.double()[:, None]
        offset = z.unsqueeze(-2) - codebook
        first, second = offset.square().sum(-1).topk(2, largest=False).values.unbind(-1)
        others = [
            -(z @ codebook.T),
            -F.cosine_similarity(z.unsqueeze(-2), codebook, dim=-1),
            offset.abs().sum(-1),
            offset.abs().amax(-1),
            -offset.square().sum(-1),
            (z.unsqueeze(-2) + codebook).square().sum(-1),
        ]
        chosen = [nearest(z, codebook), *(each.argmin(-1) for each in others)]
        differ = all(not torch.equal(a, b) for i, a in enumerate(chosen) for b in chosen[:i])
        if differ and (second - first).min() > 0.02 and len(chosen[0].unique()) > 2:
            return z, codebook


@exercise.check
def shape(vector_quantize: LearnerObject, rng: Draws) -> None:
    """z_q is like z, indices are int64, losses have no dimensions; devices are kept, z and codebook left alone."""
    for shape, dtype in [((6, 4), torch.float32), ((2, 3, 4), torch.float64), ((1, 2), torch.float32)]:
        z, codebook = rng.normal(*shape, dtype=dtype), rng.normal(5, shape[-1], dtype=dtype)
        with expect.untouched(z=z, codebook=codebook):
            found = quantized(vector_quantize, z, codebook)
        where = f"for z of shape {shape}"
        expect.kept(found.z_q, z, f"z_q {where}")
        expect.shaped(found.indices, shape[:-1], f"indices {where}")
        if found.indices.dtype != torch.int64:
            raise Failure("indices have the wrong dtype", "torch.int64", str(found.indices.dtype))
        for name in NAMES[2:]:
            expect.kept(getattr(found, name), z, f"{name} {where}", shape=())
        expect.device_kept(vector_quantize, z, codebook, what="a result")


@exercise.check
def indices(vector_quantize: LearnerObject, rng: Draws) -> None:
    """Each vector gets the number of its nearest code, by Euclidean distance."""
    cases = {f"the chosen code for z of shape {(*shape, 4)}": telling(rng, *shape) for shape in [(6,), (2, 3), (40,)]}

    def found(answer: LearnerObject) -> Parts:
        given = {what: (quantized(answer, *case).indices.detach(), case[0]) for what, case in cases.items()}
        return {what: expect.shaped(got, tuple(z.shape[:-1]), what).double() for what, (got, z) in given.items()}

    right = {what: nearest(*case).double() for what, case in cases.items()}
    judge_parts(exercise, vector_quantize, found, right, "the number of the nearest code")


@exercise.check
def values(vector_quantize: LearnerObject, rng: Draws) -> None:
    """z_q holds the chosen codes, and both losses are the mean of the same squares over all elements."""
    cases = {f" for z of shape {(*shape, 4)}": telling(rng, *shape) for shape in [(6,), (2, 3)]}

    def right(answer: LearnerObject) -> Parts:
        parts: Parts = {}
        for where, (z, codebook) in cases.items():
            codes = own_codes(quantized(answer, z, codebook), z, codebook)
            loss = (z - codes).square().mean()
            parts |= {f"z_q{where}": codes, f"codebook_loss{where}": loss, f"commitment_loss{where}": loss}
        return parts

    def found(answer: LearnerObject) -> Parts:
        parts: Parts = {}
        for where, (z, codebook) in cases.items():
            results = quantized(answer, z, codebook)
            shapes = {"z_q": tuple(z.shape), "codebook_loss": (), "commitment_loss": ()}
            parts |= {
                f"{name}{where}": expect.shaped(getattr(results, name), shape, name).detach()
                for name, shape in shapes.items()
            }
        return parts

    rule = "for z_q the codes at the indices, for a loss the mean of (z - code)^2"
    judge_parts(exercise, vector_quantize, found, right(vector_quantize), rule, digits=1e-11)


@exercise.check
def gradients(vector_quantize: LearnerObject, rng: Draws) -> None:
    """z_q hands its gradient on to z, the codebook loss moves the codebook alone, the commitment loss z alone."""
    for shape in [(6,), (2, 3)]:
        z, codebook = telling(rng, *shape)
        weights, own = rng.normal(*z.shape), own_codes(quantized(vector_quantize, z, codebook), z, codebook)
        judge_paths(vector_quantize, z, codebook, weights)

        def found(
            answer: LearnerObject, z: Tensor = z, codebook: Tensor = codebook, weights: Tensor = weights
        ) -> Parts:
            slopes = six_slopes(answer, z, codebook, weights)
            kept = [path for path, there in zip(PATHS, RIGHT, strict=True) if there]
            return {f"the gradient of {name} in {to}": slopes[name, to] for name, to in kept}

        pull = 2 * (z - own) / z.numel()
        chosen = (own.unsqueeze(-2) == codebook).all(-1).double()
        right = [weights, -(chosen.unsqueeze(-1) * pull.unsqueeze(-2)).flatten(0, -3).sum(0), pull]
        names = list(found(vector_quantize))
        judge_parts(exercise, vector_quantize, found, dict(zip(names, right, strict=True)), digits=1e-5)


def six_slopes(answer: LearnerObject, z: Tensor, codebook: Tensor, weights: Tensor) -> dict[tuple[str, str], Tensor]:
    """The gradient of each differentiable result in both inputs, zeros where there is no path."""
    inputs = {"z": z.clone().requires_grad_(), "codebook": codebook.clone().requires_grad_()}
    found = quantized(answer, *inputs.values())
    slopes = {}
    for name in ("z_q", "codebook_loss", "commitment_loss"):
        output = getattr(found, name)
        own = weights.to(output.dtype) if output.shape == weights.shape else torch.ones_like(output)
        for to, value in inputs.items():
            slope = None
            if output.requires_grad:
                (slope,) = torch.autograd.grad(output, value, own, retain_graph=True, allow_unused=True)
            slopes[name, to] = torch.zeros_like(value) if slope is None else slope
    return slopes


def judge_paths(answer: LearnerObject, z: Tensor, codebook: Tensor, weights: Tensor) -> None:
    """A gradient comes where it should, and nowhere else."""
    slopes = six_slopes(answer, z, codebook, weights)
    pattern = tuple(int(bool(slopes[path].any())) for path in PATHS)
    if pattern != RIGHT:
        expected, observed = words(RIGHT), words(pattern)
        raise Failure("gradients come to other places", expected, observed, PATTERNS.get(pattern))


def words(pattern: tuple[int, ...]) -> str:
    """Paths in words."""
    there = [f"{name} -> {to}" for (name, to), one in zip(PATHS, pattern, strict=True) if one]
    return ", ".join(there) or "no gradient anywhere"


# Wrong answers: which code


@exercise.wrong(indices=DOT)
def largest_product(z, codebook):
    indices = (z @ codebook.T).argmax(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices=DOT)
def codes_without_length(z, codebook):
    indices = (z.square().sum(-1, keepdim=True) - 2 * z @ codebook.T).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the smallest angle (cosine): take the smallest distance, |z - e|^2.")
def cosine(z, codebook):
    indices = F.cosine_similarity(z.unsqueeze(-2), codebook, dim=-1).argmax(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the smallest sum of absolute differences: the distance is Euclidean, so add up squares.")
def absolute(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).abs().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the smallest of the largest differences: the distance is Euclidean, so add up squares.")
def largest_difference(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).abs().amax(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the farthest code: take argmin of the distances.")
def farthest(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmax(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the sign of the product is turned: |z - e|^2 = |z|^2 - 2 z e + |e|^2.")
def plus_product(z, codebook):
    distance = z.square().sum(-1, keepdim=True) + 2 * z @ codebook.T + codebook.square().sum(-1)
    indices = distance.argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(indices="the product is not doubled: |z - e|^2 = |z|^2 - 2 z e + |e|^2.")
def single_product(z, codebook):
    distance = z.square().sum(-1, keepdim=True) - z @ codebook.T + codebook.square().sum(-1)
    indices = distance.argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


# Wrong answers: values


@exercise.wrong(SUMMED, "values", gradients=unnamed("is wrong"))
def summed(z, codebook):
    indices = torch.cdist(z, codebook).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, (code - z.detach()).square().sum(), (z - code.detach()).square().sum()


@exercise.wrong(ROW_SUMS, "values", "gradients")
def row_sums(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    losses = (code - z.detach()).square().sum(-1).mean(), (z - code.detach()).square().sum(-1).mean()
    return z + (code - z).detach(), indices, *losses


@exercise.wrong(
    "0.25 inside the commitment loss: its weight belongs to the sum of the losses, outside.", "values", "gradients"
)
def weight_inside(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), 0.25 * F.mse_loss(z, code.detach())


@exercise.wrong(
    "0.25 inside the codebook loss: a weight belongs to the sum of the losses, outside, and to the commitment loss.",
    "values",
    "gradients",
)
def weight_on_the_other(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, 0.25 * F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong("absolute differences: take squares.", "values", "gradients")
def absolute_losses(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.l1_loss(code, z.detach()), F.l1_loss(z, code.detach())


@exercise.wrong("the root of the mean square: take the mean of the squares itself.", "values", "gradients")
def roots(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    losses = F.mse_loss(code, z.detach()).sqrt(), F.mse_loss(z, code.detach()).sqrt()
    return z + (code - z).detach(), indices, *losses


@exercise.wrong("the mean length of z - code: take the mean of the squares.", "values", "gradients")
def lengths(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    losses = (code - z.detach()).norm(dim=-1).mean(), (z - code.detach()).norm(dim=-1).mean()
    return z + (code - z).detach(), indices, *losses


@exercise.wrong("half of the mean square: the losses have no 1/2.", "values", "gradients")
def halved(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()) / 2, F.mse_loss(z, code.detach()) / 2


@exercise.wrong(values="z_q is z itself: it should have the values of the codes.")
def not_quantized(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z * 1, indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(values=FLOAT32)
def float32_inside(z, codebook):
    z32, codebook32 = z.float(), codebook.float()
    indices = (z32.unsqueeze(-2) - codebook32).square().sum(-1).argmin(-1)
    code = codebook32[indices]
    found = z32 + (code - z32).detach(), F.mse_loss(code, z32.detach()), F.mse_loss(z32, code.detach())
    z_q, first, second = (each.to(z.dtype) for each in found)
    return z_q, indices, first, second


# Wrong answers: gradients


@exercise.wrong(gradients=NO_PATH)
def no_straight_through(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return code, indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(gradients=LEAK)
def leak(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + code - z.detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(gradients=CUT)
def detached(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return code.detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(gradients=EXCHANGED)
def exchanged(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code.detach(), z), F.mse_loss(z.detach(), code)


@exercise.wrong(gradients=NONE_STOPPED)
def none_stopped(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z), F.mse_loss(z, code)


@exercise.wrong(gradients=BOTH_STOPPED)
def both_stopped(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    loss = F.mse_loss(code, z).detach()
    return z + (code - z).detach(), indices, loss, loss.clone()


@exercise.wrong(gradients=CODEBOOK_AT_Z)
def codebook_at_z_q(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    z_q = z + (code - z).detach()
    return z_q, indices, F.mse_loss(z_q, z.detach()), F.mse_loss(z, z_q.detach())


@exercise.wrong(gradients=CODEBOOK_AT_Z)
def code_detached_in_both(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices].detach()
    return z + (code - z).detach(), indices, F.mse_loss(code, z), F.mse_loss(z, code)


@exercise.wrong(gradients=CODEBOOK_OPEN)
def codebook_open(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z), F.mse_loss(z, code.detach())


@exercise.wrong(gradients=COMMITMENT_OPEN)
def commitment_open(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code)


# Wrong answers: the form of the result


@exercise.wrong(ORDER)
def losses_first(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    return z + (code - z).detach(), F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach()), indices


@exercise.wrong(unnamed("four values"))
def one_loss(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    loss = F.mse_loss(code, z.detach()) + 0.25 * F.mse_loss(z, code.detach())
    return z + (code - z).detach(), indices, loss


@exercise.wrong(shape=unnamed("wrong dtype"))
def int32(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices]
    found = F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())
    return z + (code - z).detach(), indices.int(), *found


# Moves the codes by a running mean, as an alternative to the codebook loss does.
@exercise.wrong(shape=expect.IN_PLACE, gradients=stops("in-place operation"))
def running_mean(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    code = codebook[indices].clone()
    codebook.mul_(0.9).index_add_(0, indices.flatten(), 0.1 * z.flatten(0, -2))
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())


@exercise.wrong(shape=expect.ON_CPU)
def on_processor(z, codebook):
    indices = (z.unsqueeze(-2) - codebook).square().sum(-1).argmin(-1)
    choice = torch.eye(len(codebook), dtype=z.dtype)[indices]
    code = choice @ codebook
    return z + (code - z).detach(), indices, F.mse_loss(code, z.detach()), F.mse_loss(z, code.detach())
