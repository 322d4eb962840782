"""How lesson 4's closed forms and estimates are judged. Grader's side.

Closed forms are judged against oracles in float64 (``closed_forms``), values and autograd gradients alike, with room
for float32 arithmetic. Two exercises estimate from draws. The mean of m draws is then judged against the truth with the
limit 9 s / sqrt(m), where s is the standard deviation of one draw in the worst of the ways to write a right
answer. One draw is a quadratic form in normal noise, whose mean is off by more than
s (sqrt(2 t) + sqrt(2) t / sqrt(m)) / sqrt(m) with probability below 2 exp(-t) (Laurent and Massart, 2000): for
m = 4,000 that is the limit at t = 33. So a right answer fails a check, of at most twelve such bounds, with probability
below 1e-12, or below 1e-9 where its noise is recovered and judged too: 20,000 numbers of it, by ``judge_noise``. Inputs
are such that a listed mistake is off by much more than the limit. Where sigma is near zero and mu is large an estimate
has almost no noise, and is judged to four digits; 1,000 draws suffice there, for which the limit is at t = 29: each of
three such bounds fails with probability below 1e-12.

A mistake is named when it explains all that a check has measured, in every case: another formula may agree with it in
one. A wrong answer that draws is recognised by the mean and the spread of RUNS runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo.mistakes import (
    BATCH_AXIS,
    BATCH_SUM,
    CUT,
    KEPT,
    UNSCALED,
    UNSUMMED,
    VARIANCE_AS_SIGMA,
)
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost an answer to float64 inputs: only a shape check minds the dtype."""

Parts = dict[str, Tensor]
"""What a check measures, by what its messages call it."""
Wrong = Iterable[tuple[Mistake, Parts]]
"""Mistakes, each with the parts that it would have given; for estimates, in several runs, one above the other."""
Cases = Mapping[str, dict[str, Any]]
"""Arguments of an answer in its order, by the words that tell them apart in a message."""
Oracle = Callable[..., Tensor]
"""The right result for the same arguments."""

RUNS = 8


def judge_row_shape(answer: LearnerObject, what: str, *more: object, **inputs: Tensor) -> None:
    """One number for each row, in the dtype and on the device of the inputs, which are left alone."""
    first = next(iter(inputs.values()))
    batch, last = first.shape
    with expect.untouched(**inputs):
        result = answer(*inputs.values(), *more)
    mistakes = [(BATCH_SUM, ()), (BATCH_AXIS, (last,)), (UNSUMMED, (batch, last)), (KEPT, (batch, 1))]
    # A dimension of one does not tell them apart.
    known = () if 1 in first.shape else mistakes
    expect.kept(result, first, f"the {what} of {batch} by {last} numbers", (batch,), known)
    expect.device_kept(answer, *inputs.values(), *more, what=f"the {what}")


def called(answer: LearnerObject, case: Mapping[str, Any]) -> Any:
    """What an answer returns for the arguments of a case."""
    return answer(*case.values())


def judge_rows(exercise: Exercise, answer: LearnerObject, oracle: Oracle, cases: Cases, what: str, rule: str) -> None:
    """Row by row, in every case; an answer of another shape by its total, since the shape has a check of its own."""
    right = {what + where: oracle(*case.values()) for where, case in cases.items()}

    def found(answer: LearnerObject) -> Parts:
        rows = zip(right, (expect.tensor(called(answer, case), what) for case in cases.values()), strict=True)
        return {name: value if value.shape == right[name].shape else value.sum() for name, value in rows}

    observed = found(answer)
    fitting = {name: value if observed[name].shape == value.shape else value.sum() for name, value in right.items()}
    judge_parts(observed, fitting, rule, exercise.mistaken(found))


def judge_gradients(
    exercise: Exercise,
    answer: LearnerObject,
    oracle: Oracle,
    cases: Cases,
    inputs: tuple[str, ...],
    rng: Draws,
    call: Callable[[LearnerObject, Mapping[str, Any]], Any] = called,
) -> None:
    """Gradients in these inputs, in every case, are those of the oracle; a mistake has to explain the values too."""
    ready = {where: case | leaves(**{name: case[name] for name in inputs}) for where, case in cases.items()}
    weights = {where: rng.uniform(1, 2, *oracle(*case.values()).shape) for where, case in cases.items()}

    def measured(answer: LearnerObject, through: Callable[..., Parts]) -> Parts:
        parts: Parts = {}
        for where, case in ready.items():
            output = parts[f"the result{where}"] = expect.tensor(call(answer, case), "the result")
            own = weights[where] if output.shape == weights[where].shape else None
            slopes = through(partial(call, answer), case, inputs, output, own)
            parts |= {f"the gradient in {name}{where}": slope for name, slope in slopes.items()}
        return parts

    observed = measured(answer, reached)
    right: Parts = {}
    for where, case in ready.items():
        own = weights[where] if observed[f"the result{where}"].shape == weights[where].shape else None
        slopes = derivatives(oracle(*case.values()), {name: case[name] for name in inputs}, own)
        right |= {f"the gradient in {name}{where}": slope for name, slope in slopes.items()}

    def without_path(_: Any, case: Mapping[str, Any], names: tuple[str, ...], output: Tensor, own: Any) -> Parts:
        return derivatives(output, {name: case[name] for name in names}, own)

    judge_parts(observed, right, "", exercise.mistaken(lambda wrong: measured(wrong, without_path)))


def reached(
    of: Callable[[Mapping[str, Any]], Any],
    case: Mapping[str, Any],
    names: tuple[str, ...],
    output: Tensor,
    weights: Tensor | None = None,
) -> Parts:
    """The gradients in the inputs of these names; a missing path is a cut where the result moves with the input."""
    inputs = {name: case[name] for name in names}
    cut = {
        name: CUT if not has_path(output, value) and moves(of, case, name) else None for name, value in inputs.items()
    }
    return expect.gradients(output, inputs, weights, cut=next(filter(None, cut.values()), None), unused=cut)


def has_path(output: Tensor, value: Tensor) -> bool:
    """Whether a gradient would reach the value."""
    if not output.requires_grad:
        return False
    return torch.autograd.grad(output.sum(), value, retain_graph=True, allow_unused=True)[0] is not None


def moves(of: Callable[[Mapping[str, Any]], Any], case: Mapping[str, Any], name: str) -> bool:
    """Whether a result changes with an input, by more than it changes from call to call."""
    first, second, other = (
        float(expect.tensor(of(arguments), "the result").detach().double().sum())
        for arguments in (case, case, {**case, name: case[name].detach() + 3})
    )
    return abs(other - first) > 10 * abs(second - first)


def judge_parts(observed: Parts, expected: Parts, rule: str, wrong: Wrong) -> None:
    """Each part is the expected one; parts that are only observed help to recognise a mistake."""
    for what, right in expected.items():
        agrees(observed[what], right, what, rule=rule, mistakes=alike(observed, wrong, what))


def alike(observed: Parts, wrong: Wrong, name: str) -> Iterator[tuple[Mistake, Tensor]]:
    """One part of the mistakes that agree in all parts: one alone may not tell them apart."""
    for mistake, parts in wrong:
        if expect.recognised(flat(observed), None, [(mistake, flat(parts))], rtol=1e-4, atol=1e-4):
            yield mistake, parts[name]


def flat(parts: Mapping[str, Tensor]) -> Tensor:
    """All numbers of several tensors, one after the other."""
    return torch.cat([part.detach().double().flatten() for part in parts.values()])


def derivatives(output: Tensor, inputs: Mapping[str, Tensor], weights: Tensor | None = None) -> Parts:
    """Gradients of sum(weights * output), zeros where there is no path."""
    total = (output * (1 if weights is None else weights)).sum() + sum(0 * value.sum() for value in inputs.values())
    return dict(zip(inputs, torch.autograd.grad(total, list(inputs.values()), retain_graph=True), strict=True))


def judge_estimates(
    observed: Parts, expected: Parts, limits: Parts, rule: str, wrong: Wrong, place: str = "[{}]"
) -> None:
    """Every element of each part is within its limit of the truth; other parts help to recognise a mistake.

    ``place`` is where an element of a part stands in what the learner made.
    """
    for what, right in expected.items():
        found, right, limit = observed[what].detach().double(), right.detach(), limits[what].detach()
        off = (found - right).abs() / limit
        if (off <= 1).all():
            continue
        worst = int(torch.nan_to_num(off, nan=math.inf).flatten().argmax())
        there = f" at {place.format(worst)}" if found.ndim else ""
        value, true, allowed = (float(each.expand_as(off).flatten()[worst]) for each in (found, right, limit))
        expected_text = f"{rule}, {true:.5g}{there}, within {allowed:.2g}"
        raise Failure(
            f"{what} is wrong", expected_text, f"{value:.5g}{there}", nearest(observed, expected, limits, wrong)
        )


def nearest(observed: Parts, expected: Parts, limits: Parts, wrong: Wrong) -> Mistake | None:
    """The mistake that comes nearest, if all its parts are within the limits and not within those of the truth."""
    near: list[tuple[float, Mistake]] = []
    for mistake, runs in wrong:
        if any(runs[name].shape[1:] != observed[name].shape for name in limits):
            continue
        off = max(distance(observed[name], runs[name], limit) for name, limit in limits.items())
        if off <= 1 and max(distance(right, runs[name], limits[name]) for name, right in expected.items()) > 1:
            near.append((off, mistake))
    return min(near, key=itemgetter(0))[1] if near else None


def distance(value: Tensor, runs: Tensor, limit: Tensor) -> float:
    """How far from the mean of a mistake's runs, in limits; one that is noisier than a right answer has its own."""
    runs = runs.detach().double()
    own = torch.maximum(limit.detach().double(), 8 * runs.std(0, correction=0))
    off = float(((value.detach().double() - runs.mean(0)).abs() / own).max())
    return math.inf if math.isnan(off) else off


def repeated(found: Callable[[LearnerObject], Parts], runs: int = RUNS) -> Callable[[LearnerObject], Parts]:
    """What ``found`` gives for an answer that draws, in several runs, one above the other."""

    def stacked(answer: LearnerObject) -> Parts:
        each = [found(answer) for _ in range(runs)]
        return {name: torch.stack([run[name].detach() for run in each]) for name in each[0]}

    return stacked


def judge_noise(eps: Tensor, what: str, axes: Mapping[str, Mistake | None]) -> None:
    """Recovered noise is fresh along its axes, and standard normal."""
    eps = eps.detach().double()
    for dim, (axis, mistake) in enumerate(axes.items()):
        if ((eps - eps.narrow(dim, 0, 1)).abs() < 1e-3).all():
            raise Failure(
                f"{what} is the same in every {axis}", f"a fresh draw for every {axis}", "no difference", mistake
            )
    expect.standard_normal(eps, what)
    expect.independent(eps, dict.fromkeys(axes), what)


SCALES: dict[Mistake, Callable[[Tensor], Tensor]] = {VARIANCE_AS_SIGMA: torch.exp, UNSCALED: torch.ones_like}
"""What is taken for sigma, and what that makes of logvar."""


def scale_of(noise: Tensor, logvar: Tensor) -> Mistake | None:
    """What is taken for sigma, if the noise is standard normal beside it, for small logvars and for large ones."""
    logvar = logvar.expand_as(noise)
    small = logvar < logvar.median()
    for mistake, sigma in SCALES.items():
        eps = noise / sigma(logvar)
        if not (expect.off_normal(eps[small]) or expect.off_normal(eps[~small])):
            return mistake
    return None


@contextmanager
def wrong_scale(find: Callable[[], Mistake | None]) -> Iterator[None]:
    """A failure inside names what the noise is multiplied with, if that is not sigma: all else may follow from it."""
    try:
        yield
    except Failure as failure:
        raise Failure(replace(failure.message, mistake=find() or failure.message.mistake)) from None


def leaves(**inputs: Tensor) -> Parts:
    """The inputs, ready to be differentiated in."""
    return {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}


def shape_for(answer: LearnerObject, case: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of what an answer returns for the arguments of a case."""
    return tuple(called(answer, case).shape)
