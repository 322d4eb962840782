"""How lesson 4's closed forms and estimates are judged. Grader's side.

Closed forms are judged against oracles in float64 (``closed_forms``), values and autograd gradients alike, with room
for float32 arithmetic. Two exercises estimate from draws. The mean of m draws is then judged against the truth with the
limit 9 s / sqrt(m), where s is the standard deviation of one draw in the worst of the ways to write a right
answer. One draw is a quadratic form in normal noise, whose mean is off by more than
s (sqrt(2 t) + sqrt(2) t / sqrt(m)) / sqrt(m) with probability below 2 exp(-t) (Laurent and Massart, 2000): for
m = 4,000 that is the limit at t = 33. So a right answer fails a check, of at most twelve such bounds, with probability
below 1e-12. Inputs are such that a listed mistake is off by much more than the limit.

A wrong answer that draws is recognised by the mean of RUNS runs, which is nearly what it gives on average.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.mistakes import BATCH_AXIS, BATCH_SUM, CUT, KEPT, UNSUMMED
from autograder.draws import Draws
from autograder.failure import Failure
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost an answer to float64 inputs: only a shape check minds the dtype."""

Parts = dict[str, Tensor]
"""A gradient for each input, by the input's name."""

RUNS = 8


def judge_row_shape(call: Callable[..., Any], what: str, **inputs: Tensor) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    first = next(iter(inputs.values()))
    batch, last = first.shape
    with expect.untouched(**inputs):
        result = call(*inputs.values())
    mistakes = [(BATCH_SUM, ()), (BATCH_AXIS, (last,)), (UNSUMMED, (batch, last)), (KEPT, (batch, 1))]
    # A dimension of one does not tell them apart.
    expect.kept(result, first, f"{what} for inputs with rows of {last}", (batch,), () if 1 in first.shape else mistakes)


def judge_rows(observed: Any, expected: Tensor, what: str, rule: str, mistakes: expect.Mistakes = ()) -> None:
    """Row by row; an answer of another shape by its total, since the shape has a check of its own."""
    observed = expect.tensor(observed, what)
    if observed.shape != expected.shape:
        observed, expected = observed.sum(), expected.sum()
        mistakes = ((mistake, given.sum()) for mistake, given in mistakes)
    agrees(observed, expected, what, rule=rule, mistakes=mistakes)


def judge_gradients(
    observed: Any, expected: Tensor, inputs: Mapping[str, Tensor], rng: Draws, mistakes: expect.Mistakes
) -> None:
    """Gradients in all inputs are those of ``expected``; a mistake is recognised by the gradients of what it gives."""
    observed = expect.tensor(observed, "the result")
    weights = rng.uniform(1, 2, *expected.shape) if observed.shape == expected.shape else None
    found = expect.gradients(observed, inputs, weights, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right = derivatives(expected, inputs, weights)
    wrong = ((mistake, derivatives(given, inputs, weights)) for mistake, given in mistakes)
    for name, gradient in found.items():
        agrees(gradient, right[name], f"the gradient in {name}", mistakes=alike(found, wrong, name))


def alike(found: Parts, wrong: Iterator[tuple[Mistake, Parts]], name: str) -> Iterator[tuple[Mistake, Tensor]]:
    """The gradient in one input of the mistakes that agree in all inputs: one alone may not tell them apart."""
    for mistake, parts in wrong:
        if expect.recognised(flat(found), None, [(mistake, flat(parts))], rtol=1e-4, atol=1e-4):
            yield mistake, parts[name]


def flat(parts: Mapping[str, Tensor]) -> Tensor:
    """All numbers of several tensors, one after the other."""
    return torch.cat([part.detach().double().flatten() for part in parts.values()])


def derivatives(output: Tensor, inputs: Mapping[str, Tensor], weights: Tensor | None = None) -> Parts:
    """Gradients of sum(weights * output), zeros where there is no path."""
    total = (output * (1 if weights is None else weights)).sum() + sum(0 * value.sum() for value in inputs.values())
    return dict(zip(inputs, torch.autograd.grad(total, list(inputs.values()), retain_graph=True), strict=True))


def judge_estimate(
    observed: Tensor, expected: Tensor, limit: Tensor | float, what: str, rule: str, mistakes: expect.Mistakes
) -> None:
    """Every element is within its limit of the truth; the mistake that comes nearest, within the limit, is named."""
    observed, expected, limit = observed.detach().double(), expected.detach(), torch.as_tensor(limit).detach()
    if ((observed - expected).abs() <= limit).all():
        return
    worst = int(torch.nan_to_num((observed - expected).abs() / limit, nan=math.inf).flatten().argmax())
    place = f" at [{worst}]" if observed.ndim else ""
    right, found, allowed = (float(value.expand_as(observed).flatten()[worst]) for value in (expected, observed, limit))
    expected_text = f"{rule}, {right:.4g}{place}, within {allowed:.2g}"
    likely = nearest(observed, expected, limit, mistakes)
    raise Failure(f"{what} is wrong", expected_text, f"{found:.4g}{place}", likely)


def nearest(observed: Tensor, expected: Tensor, limit: Tensor, mistakes: expect.Mistakes) -> Mistake | None:
    """The mistake that comes nearest, if one is within the limit and not within the limit of the truth."""
    near: list[tuple[float, Mistake]] = []
    for mistake, given in mistakes:
        given = given.detach().double()
        distance = float(((observed - given).abs() / (limit + 5e-3 * given.abs())).max())
        if distance <= 1 and not ((given - expected).abs() <= limit).all():
            near.append((distance, mistake))
    return min(near, key=itemgetter(0))[1] if near else None


def averaged(found: Callable[[LearnerObject], Tensor]) -> Callable[[LearnerObject], Tensor]:
    """What ``found`` gives for an answer that draws, as a mean over RUNS runs."""
    return lambda answer: torch.stack([found(answer) for _ in range(RUNS)]).mean(0)


def leaves(**inputs: Tensor) -> Parts:
    """The inputs, ready to be differentiated in."""
    return {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}


def copies(case: Mapping[str, Any]) -> list[Any]:
    """The arguments of a case, which a call may then change."""
    return [value.clone() if isinstance(value, Tensor) else value for value in case.values()]


def shape_for(answer: LearnerObject, case: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of what an answer returns for the arguments of a case."""
    return tuple(answer(*copies(case)).shape)
