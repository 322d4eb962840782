"""How lesson 4's closed forms and estimates are judged. Grader's side.

Closed forms are judged against oracles in float64 (``closed_forms``), values and autograd gradients alike, with room
for float32 arithmetic. Two exercises estimate from draws. The mean of m draws is then judged against the truth with the
limit 9 s / sqrt(m), where s is the standard deviation of one draw in the worst of the ways to write a right
answer. One draw is a quadratic form in normal noise, whose mean is off by more than
s (sqrt(2 t) + sqrt(2) t / sqrt(m)) / sqrt(m) with probability below 2 exp(-t) (Laurent and Massart, 2000): for
m = 4,000 that is the limit at t = 33. So a right answer fails a check, of at most twelve such bounds, with probability
below 1e-12. Inputs are such that a listed mistake is off by much more than the limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.draws import Draws
from autograder.failure import Failure
from autograder.verdict import Mistake

in_lesson = 'Lesson 4, "{}"'.format


agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost an answer to float64 inputs: only a shape check minds the dtype."""


CUT = Mistake(
    "cut",
    "detach(), .data, .item(), no_grad() or a tensor made anew: the result forgets where it came from.",
)


BATCH_SUM = Mistake(
    "batch_sum",
    "the batch is summed too: return one number for each row, a sum over the last dimension alone.",
)


BATCH_AXIS = Mistake(
    "batch_axis",
    "the sum runs over the batch: sum over the last dimension, and return one number for each row.",
)


UNSUMMED = Mistake(
    "unsummed",
    "nothing is summed over the last dimension: return one number for each row.",
)


KEPT = Mistake(
    "kept",
    "the summed dimension is kept: return shape (batch,), without keepdim.",
)


Z_CUT = Mistake(
    "z_cut",
    "z was cut (.sample(), detach() or no_grad()): the path through z is lost. Use z = mu + sigma * eps.",
)


def judge_row_shape(call: Callable[..., Any], what: str, **inputs: Tensor) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    first = next(iter(inputs.values()))
    batch, last = len(first), first.shape[-1]
    with expect.untouched(**inputs):
        result = call(*inputs.values())
    mistakes = {BATCH_SUM: (), BATCH_AXIS: tuple(first.shape[1:]), UNSUMMED: tuple(first.shape), KEPT: (batch, 1)}
    expect.kept(result, first, f"{what} for inputs with rows of {last}", (batch,), mistakes)


def judge_rows(observed: Any, expected: Tensor, what: str, rule: str, mistakes: expect.Mistakes) -> None:
    """Row by row; an answer of another shape by its total, since the shape has a check of its own."""
    observed = expect.tensor(observed, what)
    if observed.shape != expected.shape:
        observed, expected = observed.sum(), expected.sum()
        mistakes = {sentence: torch.as_tensor(values).sum() for sentence, values in mistakes.items()}
    agrees(observed, expected, what, rule=rule, mistakes=mistakes)


def judge_gradients(
    observed: Any, expected: Tensor, inputs: Mapping[str, Tensor], rng: Draws, mistakes: expect.Mistakes
) -> None:
    """Gradients in all inputs are those of ``expected``; what is listed is recognised by its gradients."""
    observed = expect.tensor(observed, "the result")
    weights = rng.uniform(1, 2, *expected.shape) if observed.shape == expected.shape else None
    found = expect.gradients(observed, inputs, weights, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right = derivatives(expected, inputs, weights)
    wrong = {sentence: derivatives(torch.as_tensor(values), inputs, weights) for sentence, values in mistakes.items()}
    # One input alone may not tell two mistakes apart.
    observed, values = flat(found), {sentence: flat(gradients) for sentence, gradients in wrong.items()}
    likely = expect.recognise(observed, flat(right), values, rtol=1e-4, atol=1e-4)
    for name, gradient in found.items():
        named = {likely: wrong[likely][name]} if likely else {}
        agrees(gradient, right[name], f"the gradient in {name}", mistakes=named)


def flat(parts: Mapping[str, Tensor]) -> Tensor:
    """All numbers of several tensors, one after the other."""
    return torch.cat([part.detach().double().flatten() for part in parts.values()])


def derivatives(output: Tensor, inputs: Mapping[str, Tensor], weights: Tensor | None = None) -> dict[str, Tensor]:
    """Gradients of sum(weights * output), zeros where there is no path."""
    total = (output * (1 if weights is None else weights)).sum() + sum(0 * value.sum() for value in inputs.values())
    return dict(zip(inputs, torch.autograd.grad(total, list(inputs.values()), retain_graph=True), strict=True))


def judge_estimate(
    observed: Tensor, expected: Tensor, limit: Tensor | float, what: str, rule: str, mistakes: expect.Mistakes
) -> None:
    """Every element is within its limit of the truth; the listed mistake that comes nearest, within it, is named."""
    observed, expected, limit = observed.detach().double(), expected.detach(), torch.as_tensor(limit).detach()
    if ((observed - expected).abs() <= limit).all():
        return
    worst = int(torch.nan_to_num((observed - expected).abs() / limit, nan=math.inf).flatten().argmax())
    place = f" at [{worst}]" if observed.ndim else ""
    distances = {}
    for sentence, given in mistakes.items():
        values = torch.as_tensor(given).detach()
        distance = float(((observed - values).abs() / (limit + 2e-3 * values.abs())).max())
        if distance <= 1 and not ((values - expected).abs() <= limit).all():
            distances[sentence] = distance
    likely = min(distances, key=lambda sentence: distances[sentence], default="")
    right, found, allowed = (float(value.expand_as(observed).flatten()[worst]) for value in (expected, observed, limit))
    expected_text = f"{rule}, {right:.4g}{place}, within {allowed:.2g}"
    raise Failure(f"{what} is wrong", expected_text, f"{found:.4g}{place}", likely)


def leaves(**inputs: Tensor) -> dict[str, Tensor]:
    """The inputs, ready to be differentiated in."""
    return {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}
