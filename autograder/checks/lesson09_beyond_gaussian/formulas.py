"""How a formula of parameters and given noise is judged: what it keeps, values, tail and slopes. Grader's side.

A mistake is named where a wrong answer gives the same numbers at all inputs of a check, or where a property of the
numbers shows it: another result in a second call, an x that is the same for every small u.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject, hold
from autograder.checks.location_scale import fits_float32
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, explain
from autograder.verdict import Mistake

X = "x"
LAW = ("values", "tail", "gradients")
"""The checks that an answer with another formula fails."""
TAIL = ((-22, -20), (-18.5, -17.5), (-13, -11), (-9, -2), (-0.3, -0.0044))
"""Powers of ten between which the u of a tail lie."""
CUT = Mistake(
    "cut", "detach(), .data, item(), no_grad() or a tensor made anew: x moves with a parameter, and has no path to it."
)
UNUSED = Mistake("unused", "x does not move with this parameter at all: it is not used.")
OWN_NOISE = Mistake(
    "own_noise",
    "two calls with the same inputs give different x: random numbers are drawn inside. The noise is given; draw none.",
)
NOISE_UNUSED = Mistake(
    "noise_unused",
    "other noise gives the same x: what is given is not used. It is all the randomness that there is; draw none.",
)
FLOAT32 = Mistake("float32_inside", "float32 inside: the digits of float64 are lost. Stay in the dtype of the noise.")
REDUCED = Mistake(
    "reduced", "one number for all elements, as a mean or a sum gives: return one number for each element."
)
FALLING = Mistake(
    "falling",
    "x falls as u rises: this x has F(x) = 1 - u. Its law is right, but it is not the inverse of F. "
    "Solve F(x) = u, in which 1 - u stands where this has u.",
)
LOST = Mistake(
    "lost_beside_one",
    "u was lost beside 1: float64 has 16 digits, so 1 - u is exactly 1 for a u of 1e-20, and x is what u = 0 gives. "
    "Use functions that take u itself and never form 1 - u, such as log1p(-u).",
)
LIMITED = Mistake(
    "limited",
    "something is clamped, or a small number is added: in the tail x no longer follows u. "
    "u is strictly between 0 and 1; take it as it is.",
)

SHAPES: list[tuple[list[tuple[int, ...]], tuple[int, ...], torch.dtype]] = [
    ([(5, 3)], (5, 3), torch.float32),
    ([()], (), torch.float64),
    ([(1,)], (6,), torch.float64),
    ([(3,)], (1, 4, 3), torch.float32),
    ([(2, 1), (1,)], (3,), torch.float32),
    ([(2, 3), (4, 1, 1)], (3,), torch.float64),
]
"""Shapes of the parameters (in turn, where there are more of them), shape of the noise, and the dtype of all."""

NAN_PATH = Mistake(
    "nan_path",
    "x is right, and its gradient is nan: 0 * inf on the way back, as from a branch that torch.where did not choose. "
    "No step may be infinitely steep, also where its result is not used.",
)


@dataclass(frozen=True)
class Formula:
    """An elementwise answer: its exercise, its parameters with the ranges to try, its noise, and what is right."""

    exercise: Exercise
    ranges: dict[str, tuple[float, float]]
    right: Callable[..., Tensor]
    rule: str
    noise: str = "u"
    ends: tuple[float, float] = (0.01, 0.99)
    cdf: Callable[..., Tensor] | None = None
    """F(x; parameters), exact in the left tail."""
    atol: float = 0.0
    """Where x may be near 0, between much larger numbers."""
    rtol: float = 1e-5
    """Of ordinary values: all digits, where there is no check of the tail."""

    def names(self) -> list[str]:
        """What the arguments are called."""
        return [*self.ranges, self.noise]

    def inputs(self, rng: Draws, *shape: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
        """Parameters, and noise that is not far out."""
        return [rng.uniform(*ends, *shape, dtype=dtype) for ends in (*self.ranges.values(), self.ends)]

    def tail(self, rng: Draws) -> list[Tensor]:
        """Parameters and u, (6, 5): in each row a u below 1e-20, one near 1e-18, one near 1e-12 and two larger ones.

        Each sixth of a parameter's range has a row.
        """
        sixths = [
            (torch.tensor(order) + rng.uniform(0, 1, 6)) / 6 for order in ((0, 1, 2, 3, 4, 5), (3, 0, 5, 2, 4, 1))
        ]
        spread = zip(self.ranges.values(), sixths, strict=False)
        exponents = torch.stack([rng.uniform(*ends, 6) for ends in TAIL], dim=1)
        return [*((low + (high - low) * at)[:, None].repeat(1, 5) for (low, high), at in spread), 10**exponents]


@contextmanager
def result_for(formula: Formula, inputs: Sequence[Tensor]) -> Iterator[None]:
    """An error inside says for which inputs it came."""
    try:
        yield
    except LearnerError as error:
        message = explain(error, "")
        if not message.answered:
            raise
        given = "; ".join(
            f"{name} of shape {tuple(each.shape)}, {each.dtype}, from {each.min():.3g} to {each.max():.3g}"
            for name, each in zip(formula.names(), inputs, strict=True)
        )
        raise Failure(replace(message, expected=f"a result for {given}")) from None


def value(formula: Formula, function: LearnerObject, inputs: Sequence[Tensor]) -> Tensor:
    """What the answer returns, as float64."""
    with result_for(formula, inputs):
        output = function(*inputs)
    return expect.shaped(output, tuple(inputs[-1].shape), X, [(REDUCED, ())]).double()


def agrees(
    formula: Formula,
    function: LearnerObject,
    found: Tensor,
    right: Tensor,
    inputs: Sequence[Tensor],
    what: str,
    mistakes: expect.Mistakes,
    rtol: float,
    atol: float,
) -> None:
    """x is right; of an answer that draws noise of its own, no formula is named."""

    def likely() -> expect.Mistakes:
        again, other = (value(formula, function, [*inputs[:-1], noise]) for noise in (inputs[-1], inputs[-1].flip(0)))
        if not torch.equal(again.nan_to_num(), found.nan_to_num()):
            yield OWN_NOISE, found
        if torch.equal(other, found):
            yield NOISE_UNUSED, found
        yield from mistakes

    expect.close(found, right, what, rule=formula.rule, rtol=rtol, atol=atol, mistakes=likely())


# Judgements


def judge_shape(formula: Formula, function: LearnerObject, rng: Draws) -> None:
    """x has the shape to which the inputs broadcast, dtype and device of the noise, and the inputs are left alone."""
    for shapes, shape, dtype in SHAPES:
        sizes = [shapes[i % len(shapes)] for i in range(len(formula.ranges))]
        ends = [*formula.ranges.values(), formula.ends]
        inputs = [rng.uniform(*end, *size, dtype=dtype) for end, size in zip(ends, [*sizes, shape], strict=True)]
        named = dict(zip(formula.names(), inputs, strict=True))
        with expect.untouched(**named), result_for(formula, inputs):
            output = function(*inputs)
        whole = tuple(torch.broadcast_shapes(*(each.shape for each in inputs)))
        what = f"{X} for " + ", ".join(f"{name} of shape {tuple(each.shape)}" for name, each in named.items())
        expect.kept(output, inputs[-1], what, whole, [(REDUCED, ())] if whole else ())
        expect.device_kept(function, *inputs, what=X)


def judge_values(formula: Formula, function: LearnerObject, rng: Draws, inputs: Sequence[Tensor] | None = None) -> None:
    """x is what the formula gives, at 60 private inputs with noise that is not far out, or at these inputs."""
    inputs = inputs or formula.inputs(rng, 12, 5)

    def found(answer: LearnerObject) -> Tensor:
        return value(formula, answer, inputs)

    x, right = found(function), formula.right(*inputs)

    def mistakes() -> expect.Mistakes:
        yield from formula.exercise.mistaken(found)
        if only_float32(x, right):
            yield FLOAT32, x

    agrees(formula, function, x, right, inputs, X, mistakes(), rtol=formula.rtol, atol=formula.atol)


def judge_tail(formula: Formula, function: LearnerObject, rng: Draws) -> None:
    """x is right to 9 digits in float64, for u from 1e-22 to nearly 1."""
    inputs = formula.tail(rng)

    def found(answer: LearnerObject) -> Tensor:
        return value(formula, answer, inputs)

    x, right = found(function), formula.right(*inputs)

    def mistakes() -> expect.Mistakes:
        yield from formula.exercise.mistaken(found)
        ordinary = formula.inputs(rng, 12, 5)
        if torch.allclose(value(formula, function, ordinary), formula.right(*ordinary), rtol=1e-4, atol=formula.atol):
            yield from ((likely, x) for likely in shown_by_tail(formula, x, inputs))

    what = f"{X} for u from 1e-22 to 0.99"
    agrees(formula, function, x, right, inputs, what, mistakes(), rtol=1e-9, atol=1e-7 * formula.atol)


def only_float32(x: Tensor, right: Tensor) -> bool:
    """Whether x is right, and every number of it is one of float32."""
    return fits_float32(x) and torch.allclose(x, right, rtol=1e-4, atol=0)


def shown_by_tail(formula: Formula, x: Tensor, inputs: Sequence[Tensor]) -> Iterator[Mistake]:
    """What is wrong with an x that is right for ordinary u: the digits of float32, or the u that it belongs to.

    That is 0, and has few digits at 1e-12; or it stops falling with u.
    """
    assert formula.cdf
    *parameters, u = inputs
    reached = formula.cdf(x, *parameters)
    if only_float32(x, formula.right(*inputs)):
        yield FLOAT32
    lost, apart = reached[:, :2] == 0, (reached / u - 1).abs()[:, 2]
    if lost.all() and (apart > 1e-9).all() and (apart < 0.1).all():
        yield LOST
    shift = reached - u
    moved = (reached[:, 0] / u[:, 0] - 1).abs() > 1e-6
    same = torch.isclose(reached[:, 0], reached[:, 1], rtol=1e-3, atol=0)
    added = torch.isclose(shift[:, 0], shift[:, 1], rtol=1e-2, atol=0)
    if (moved & (same | added)).all() and not lost.any():
        yield LIMITED


def judge_gradients(
    formula: Formula, function: LearnerObject, rng: Draws, inputs: Sequence[Tensor] | None = None, where: str = ""
) -> None:
    """The derivative of x in every parameter is right, element by element."""
    inputs = inputs or formula.inputs(rng, 6, 5)

    def found(answer: LearnerObject) -> Tensor:
        return curve(formula, answer, inputs)

    slopes, right = found(function), curve(formula, hold(formula.right), inputs)

    def mistakes(i: int) -> expect.Mistakes:
        # The values tell apart what has the same slopes.
        yield from ((mistake, given[i]) for mistake, given in formula.exercise.mistaken(found) if alike(given, slopes))
        if slopes[i].isnan().any() and torch.allclose(slopes[0], right[0], rtol=1e-6, atol=0):
            yield NAN_PATH, slopes[i]

    for i, name in enumerate(formula.ranges, start=1):
        rule, what = f"the derivative of {formula.rule}", f"the gradient in {name}{where}"
        expect.close(slopes[i], right[i], what, rule=rule, rtol=1e-4, atol=formula.atol, mistakes=mistakes(i))


def curve(formula: Formula, function: LearnerObject, inputs: Sequence[Tensor]) -> Tensor:
    """The values, and below them the derivatives in each parameter, as float64."""
    *parameters, noise = inputs
    leaves = {name: each.clone().requires_grad_() for name, each in zip(formula.ranges, parameters, strict=True)}
    with result_for(formula, inputs):
        output = function(*leaves.values(), noise)
        expect.shaped(output, tuple(noise.shape), X, [(REDUCED, ())])
        # Weights that differ, lest an answer that sums or averages over elements passes.
        weights = torch.linspace(1, 2, noise.numel(), dtype=output.dtype).reshape(noise.shape)
        causes = {name: cause(formula, function, inputs, i) for i, name in enumerate(leaves)}
        found = expect.gradients(output, leaves, weights, cut=next(iter(causes.values())), unused=causes)
    return torch.stack([output.detach().double(), *(slope.double() / weights.double() for slope in found.values())])


def cause(formula: Formula, function: LearnerObject, inputs: Sequence[Tensor], i: int) -> Mistake | None:
    """Why no path leads to parameter ``i``: it moves x, or does not."""
    moved = [each * 1.1 if j == i else each for j, each in enumerate(inputs)]
    here, there, again = (value(formula, function, at).nan_to_num() for at in (inputs, moved, inputs))
    if not torch.equal(here, again):
        return None  # noise of its own
    return UNUSED if torch.equal(here, there) else CUT


def alike(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors hold the same numbers, infinite ones and nan included."""
    return a.shape == b.shape and torch.allclose(a, b, 1e-6, 1e-9, equal_nan=True)
