"""How estimates are judged, row by row, at the draws that they were made from. Grader's side.

The function that an estimator works on writes down where it was evaluated (testimony), so that every estimate is judged
draw by draw, without statistics; for two pairs of mu and sigma, and a mistake is named only if it explains both. The
draws themselves are judged by their distribution: 10,000 of them, around several means with several sigmas, from calls
with 200 draws each, few enough for an answer that goes backward from every value. A right answer fails with probability
below 1e-9 (at most five bounds of 1e-10 are added up). Draws that are spread by 1.1 sigma pass with probability below
1e-9, those of a logistic distribution of the right variance once in twenty. An answer with draws for each of two
estimators gives twice as many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import FUNCTIONS, record
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson02_estimators.closed_forms import Noise
from autograder.checks.location_scale import judge_standard_draws
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-5)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""
near = partial(torch.allclose, rtol=1e-4, atol=1e-5)
COLUMNS = ("mu", "sigma")
SCORES = ("d log q / d mu", "d log q / d sigma")
WORDS = {
    "wave": "f(z) = sin(2 z) + 2 z",
    "one": "f(z) = 1",
    "hundred": "f(z) = 100",
    "step": "f(z) = 1 where z > 0, else 0",
}
DRAWS, CALLS = 200, 50
KINDS = (float, partial(torch.tensor, dtype=torch.float64))
"""What mu and sigma may be given as."""

AVERAGED = Mistake("averaged", "averages first: the mean over the draws is taken inside. Return one row for each draw.")
ROWS_AVERAGED = Mistake(
    "rows_averaged", "averages first: every row is the mean of all rows. Return the estimate of each draw."
)
MU_ALONE = Mistake("mu_alone", "one number for each draw: the second column, for sigma, is missing.")
TRANSPOSED = Mistake("transposed", "(2, n): the columns stand in rows. Give torch.stack dim=1.")
TWO_TENSORS = Mistake(
    "two_tensors", "the columns as separate tensors: torch.stack(columns, dim=1) makes one tensor of them."
)
DIFFERENTIATES = Mistake(
    "differentiates",
    "differentiates f. The score function needs the values of f only: f(z) multiplies the score.",
)
FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)
SHARED_EPS = Mistake("shared_eps", "eps is shared: one draw serves all n rows. Draw n numbers.")
OWN_DRAWS = Mistake(
    "own_draws",
    "new draws for a second use of f: draw once, and use the same z in both columns and in a baseline.",
)
F_AT_MU = Mistake("f_at_mu", "f is taken at mu: take it at the draw, z = mu + sigma * eps.")
VARIANCE_SCALES = Mistake("variance_scales", "sigma**2 scales the noise: that is the variance. z = mu + sigma * eps.")
ROOT_SCALES = Mistake("root_scales", "the root of sigma scales the noise: sigma is the standard deviation already.")
UNSCALED = Mistake("unscaled", "the noise is not scaled: z = mu + sigma * eps.")
UNSHIFTED = Mistake("unshifted", "mu is not added: z = mu + sigma * eps.")
UNIFORM = Mistake("uniform", "rand draws uniform numbers from [0, 1). Normal noise comes from randn.")
FLOAT32_NOISE = Mistake(
    "float32_noise",
    "the noise is drawn in float32, as randn(n) does: what it is multiplied with adds no digits. Pass "
    "dtype=torch.float64.",
)

Point = tuple[Tensor, float, float]
"""Draws, mu, sigma."""
Form = Callable[[Tensor, float, float], Tensor]
"""(draws, mu, sigma) -> the right estimates at these draws, (n, 2)."""
Others = Callable[[Sequence[Point]], expect.Mistakes]
"""Points -> mistakes, each with its estimates at these points, (points, n, 2)."""


def some_parameters(rng: Draws) -> tuple[float, float]:
    """mu and sigma far from 0 and 1, where mistakes look alike."""
    return float(rng.uniform(0.5, 1.5)), float(rng.uniform(0.4, 0.6))


def two_parameters(rng: Draws) -> list[tuple[float, float]]:
    """A mu above 0 with a small sigma, and one below 0 with a large sigma."""
    return [some_parameters(rng), (float(rng.uniform(-1.5, -0.5)), float(rng.uniform(1.6, 2.2)))]


# Where an estimator evaluates f


class Taken(NamedTuple):
    """What an estimator was asked, what it returned, and the values that it evaluated the function at."""

    name: str
    mu: Any
    sigma: Any
    n: int
    result: Any
    seen: Tensor

    def replayed(self, answer: LearnerObject) -> Any:
        """What another estimator returns for the same question, with the same draws."""
        with Noise((draws_among(self.seen, self.n) - self.mu) / self.sigma):
            return answer(FUNCTIONS[self.name], self.mu, self.sigma, self.n)


def take(estimator: LearnerObject, name: str, mu: Any, sigma: Any, n: int) -> Taken:
    """Ask the estimator for the function ``name``."""
    try:
        told = beside(record, estimator, name, mu, sigma, n)
    except LearnerError as error:
        error.inputs = f"{WORDS[name]}, mu = {mu:.4g}, sigma = {sigma:.4g}, n = {n}"
        raise
    result, seen = expect.pair(told, "the result", ("estimates", "draws"))
    return Taken(name, mu, sigma, n, result, expect.tensor(seen, "what f was called with"))


def draws_among(seen: Tensor, *sizes: int, likely: Mistake | None = None) -> Tensor:
    """The draws among the values that f saw: evaluating it several times at the same draw is an answer's own affair."""
    n = sizes[0]
    if len(seen) in sizes:
        calls = seen.reshape(-1, n)
        return calls[0] if (calls == calls[0]).all() else seen
    if len(seen) and len(seen) % n == 0 and (seen.reshape(-1, n) == seen[:n]).all():
        return seen[:n]
    different = torch.tensor(list(dict.fromkeys(seen.tolist())), dtype=torch.float64)
    if len(different) == 1:
        return different.expand(n)
    if len(different) not in sizes:
        allowed = " or ".join(map(str, sizes))
        observed = f"{len(different)} different values"
        raise Failure(f"f was not called at {n} draws", f"{allowed} different values of z", observed, likely)
    return different


def own_draws(exercise: Exercise, taken: Taken) -> Mistake | None:
    """Whether the estimates are those of an answer that draws anew for a second use of f."""
    noise = [(z - taken.mu) / taken.sigma for z in taken.seen.split(taken.n)]

    def found(answer: LearnerObject) -> Tensor:
        with Noise(*noise):
            return table(answer(FUNCTIONS[taken.name], taken.mu, taken.sigma, taken.n), taken.n)

    if not isinstance(taken.result, Tensor) or len(noise) != 2:
        return None
    named = ((mistake, rows) for mistake, rows in exercise.mistaken(found) if mistake is OWN_DRAWS)
    return expect.recognised(taken.result.detach(), None, named, 1e-4, 1e-5)


# What an estimator returns


def shapes(exercise: Exercise, taken: Taken) -> expect.Shapes:
    """The shape of the result, for each mistake that gives these very numbers in it."""
    for mistake, given in exercise.mistaken(taken.replayed):
        observed = taken.result
        alike = isinstance(given, Tensor) and isinstance(observed, Tensor) and given.shape == observed.shape
        if alike and near(given.detach().double(), observed.detach().double()):
            yield mistake, tuple(given.shape)


def table(result: Any, n: int, mistakes: expect.Shapes = ()) -> Tensor:
    """Estimates as float64 of shape (n, 2); whether the columns stand upright is for a shape check alone."""
    if isinstance(result, (tuple, list)) and len(result) == 2:
        result = torch.stack([expect.shaped(column, (n,), "a column of the estimates") for column in result], dim=1)
    result = expect.tensor(result, "the result")
    if tuple(result.shape) == (2, n):
        result = result.mT
    return expect.shaped(result, (n, 2), "the result", mistakes).detach().double()


def tables(exercise: Exercise, taken: Sequence[Taken]) -> Tensor:
    """The estimates of several calls, (calls, n, 2)."""
    return torch.stack([table(each.result, each.n, shapes(exercise, each)) for each in taken])


def mistaken_tables(exercise: Exercise, taken: Sequence[Taken]) -> expect.Mistakes:
    """The estimates that wrong answers make from the draws of these calls, (calls, n, 2)."""
    return exercise.mistaken(lambda answer: torch.stack([table(each.replayed(answer), each.n) for each in taken]))


def explaining(rows: Tensor, mistakes: expect.Mistakes, column: int, swapped: Mistake | None = None) -> expect.Mistakes:
    """Mistakes that give one column of all these tables, each with it; those that give all columns come first.

    Columns that are ``swapped`` are so both.
    """
    ranked = sorted(mistakes, key=lambda named: not near(named[1], rows))
    for mistake, given in ranked:
        alike = rows if mistake is swapped else rows[..., column]
        if near(given if mistake is swapped else given[..., column], alike):
            yield mistake, given[..., column]


# Judgements


def judge_shape(exercise: Exercise, estimator: LearnerObject, rng: Draws, sizes: tuple[int, ...], right: Form) -> None:
    """(n, 2) in float64 and exact in it, for parameters that are floats and for 0-dim tensors."""
    for n in sizes:
        for kind in KINDS:
            # Numbers that float32 has too: to round them on the way is an answer's own affair.
            mu, sigma = (kind(round(value * 1024) / 1024) for value in some_parameters(rng))
            taken = take(estimator, "wave", mu, sigma, n)
            if isinstance(taken.result, (tuple, list)):
                raise Failure("the result is no tensor", f"shape {(n, 2)}", describe_value(taken.result), TWO_TENSORS)
            like = torch.zeros(n, 2, dtype=torch.float64)
            expect.kept(taken.result, like, f"the result for n = {n}", mistakes=shapes(exercise, taken))
            judge_exact(exercise, taken, right)
    noise = take(estimator, "wave", 0.0, 1.0, 5).seen
    judge_standard_draws(noise, "z carries float32 noise", FLOAT32_NOISE)


def judge_exact(exercise: Exercise, taken: Taken, right: Form) -> None:
    """Estimates that are right in the digits of float32 are so in those of float64; others judge the rest."""
    rows = taken.result.detach()
    try:
        z = _in_rows(exercise, taken, rows[:, 0], right, 0)
    except Failure:  # f was not called at n draws
        return
    expected = right(z, float(taken.mu), float(taken.sigma))
    if near(rows, expected) and not torch.allclose(rows, expected, 1e-10, 1e-10):
        observed = f"off by up to {float((rows - expected).abs().max()):.1g}"
        raise Failure("the result is not as exact as float64 is", "float64 throughout", observed)


def judge_column(
    exercise: Exercise,
    estimator: LearnerObject,
    column: int,
    n: int,
    rng: Draws,
    right: Form,
    rule: str,
    others: Others = lambda points: (),
    swapped: Mistake | None = None,
    otherwise: Callable[[Tensor, Sequence[Point]], Mistake | None] = lambda rows, points: None,
) -> None:
    """One column of the estimates is right, row by row, for two pairs of parameters.

    ``others`` gives mistakes that are not the exercise's own, ``swapped`` is that of both columns. ``otherwise`` says
    what the tables have in common with a mistake whose numbers cannot be had, if no other explains them.
    """
    taken = [take(estimator, "wave", *parameters, n) for parameters in two_parameters(rng)]
    rows = tables(exercise, taken)
    points = [
        (_in_rows(exercise, each, own[:, column], right, column), each.mu, each.sigma)
        for each, own in zip(taken, rows, strict=True)
    ]

    def mistakes() -> expect.Mistakes:
        again = [each._replace(seen=z) for each, (z, _, _) in zip(taken, points, strict=True)]
        yield from mistaken_tables(exercise, again)
        yield from others(points)

    for call, (own, point) in enumerate(zip(rows, points, strict=True)):
        named = ((mistake, given[call]) for mistake, given in explaining(rows, mistakes(), column, swapped))
        try:
            agrees(own[:, column], right(*point)[:, column], f"the {COLUMNS[column]} column", rule=rule, mistakes=named)
        except Failure as failure:
            likely = failure.message.mistake or otherwise(rows, points)
            raise Failure(replace(failure.message, mistake=likely)) from None


def _in_rows(exercise: Exercise, taken: Taken, observed: Tensor, right: Form, column: int) -> Tensor:
    """The draws of a call, in the order of its rows."""
    seen, n = taken.seen, taken.n
    z = draws_among(seen, n, likely=own_draws(exercise, taken) if len(seen) == 2 * n else None)
    if len(seen) % n or (seen.reshape(-1, n) != seen[:n]).any():
        # In a call at many values the draws may have another order than the rows.
        nearest = (observed[:, None] - right(z, taken.mu, taken.sigma)[:, column]).abs().argmin(dim=1)
        if len(nearest.unique()) == n:
            return z[nearest]
    return z


def judge_draws(exercise: Exercise, estimator: LearnerObject, *sizes: int) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""

    def draws_of(mu: float, sigma: float) -> Tensor:
        taken = take(estimator, "wave", mu, sigma, DRAWS)
        return draws_among(
            taken.seen, *sizes, likely=own_draws(exercise, taken) if len(taken.seen) == 2 * DRAWS else None
        )

    mu, sigma = 2.0, 0.1
    calls = [draws_of(mu, sigma) for _ in range(2)]
    if len(calls[0]) != len(calls[1]):
        observed = f"{len(calls[0])}, then {len(calls[1])}"
        raise Failure("the number of draws changes from call to call", f"{DRAWS} draws", observed)
    noise = (torch.stack(calls) - mu) / sigma
    if not noise.any():
        raise Failure("z has no noise", "a fresh draw for every row", "z = mu in every row", F_AT_MU)
    expect.independent(noise[0], {"row": SHARED_EPS})
    expect.independent(noise, {"call": FIXED_SEED})
    judge_spread(draws_of)


def judge_spread(draws_of: Callable[[float, float], Tensor]) -> None:
    """The draws follow N(mu, sigma^2), for means of both signs and sigmas from 0.05 to 5."""
    sigmas = torch.linspace(math.log(0.05), math.log(5), CALLS, dtype=torch.float64).exp()
    mus = torch.linspace(1, 3, CALLS, dtype=torch.float64) * (-1) ** torch.arange(CALLS)
    pairs = zip(mus.tolist(), sigmas.tolist(), strict=True)
    columns = [
        (z, torch.full_like(z, mu), torch.full_like(z, sigma)) for mu, sigma in pairs for z in [draws_of(mu, sigma)]
    ]
    z, mu, sigma = (torch.cat(column) for column in zip(*columns, strict=True))
    noise = (z - mu) / sigma
    wrong: expect.Alternatives = [
        (UNIFORM, lambda x: x.clamp(0, 1)),
        (VARIANCE_SCALES, noise / sigma),
        (ROOT_SCALES, noise * sigma.sqrt()),
        (UNSCALED, noise * sigma),
        (UNSHIFTED, z / sigma),
    ]
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=wrong)


@contextmanager
def refusal(likely: Mistake, expected: str) -> Iterator[None]:
    """An error of autograd's about a missing graph is a wrong answer with a name; other errors stay what they are."""
    try:
        yield
    except LearnerError as error:
        if "does not require grad" not in error.message and "not have been used" not in error.message:
            raise
        observed = error.told
        raise Failure("f carries no graph here, and the answer stops", expected, observed, likely) from None
