"""How estimates are judged, row by row, at the draws that they were made from. Grader's side.

The function that an estimator works on writes down where it was evaluated (testimony), so that every estimate is judged
draw by draw, without statistics. The draws themselves are judged by their distribution, from two calls with 500 draws
each, few enough for an answer that goes backward from every value: a right answer fails with probability below 1e-9
(three bounds of 1e-10 are added up). A listed mistake repeats its draws, or is off by 0.25 or more somewhere in its
distribution function, where 0.109 is allowed: it passes with probability below 1e-17. An answer with draws for each of
two estimators gives twice as many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import record, wave
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson02_estimators.closed_forms import F, Noise
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-5)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""
COLUMNS = ("mu", "sigma")
SCORES = ("d log q / d mu", "d log q / d sigma")
DRAWS = 500
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
    "differentiates f: f'(z) takes the place of f(z). The score function needs the values of f only.",
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

Form = Callable[[Tensor, float, float], Tensor]
"""(draws, mu, sigma) -> the right estimates at these draws, (n, 2)."""
Others = Callable[[Tensor, float, float], expect.Mistakes]
"""(draws, mu, sigma) -> mistakes, each with its estimates at these draws."""


def some_parameters(rng: Draws) -> tuple[float, float]:
    """mu and sigma far from 0 and 1, where mistakes look alike."""
    return float(rng.uniform(0.5, 1.5)), float(rng.uniform(0.4, 0.6))


# Where an estimator evaluates f


def take(estimator: LearnerObject, name: str, mu: float, sigma: float, n: int) -> tuple[Any, Tensor]:
    """What the estimator returns for the function ``name``, and the values that it evaluated the function at."""
    result, seen = expect.pair(beside(record, estimator, name, mu, sigma, n), "the result", ("estimates", "draws"))
    return result, expect.tensor(seen, "what f was called with")


def draws_among(seen: Tensor, *sizes: int) -> Tensor:
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
        likely = OWN_DRAWS if len(different) > n else None
        observed = f"{len(different)} different values"
        raise Failure(f"f was not called at {n} draws", f"{allowed} different values of z", observed, likely)
    return different


# What an estimator returns


def shapes(exercise: Exercise, *args: Any) -> expect.Shapes:
    """The shapes that wrong answers return for these arguments."""
    return exercise.mistaken(lambda answer: tuple(answer(*args).shape))


def table(result: Any, n: int, mistakes: expect.Shapes = ()) -> Tensor:
    """Estimates as float64 of shape (n, 2); whether the columns stand upright is for a shape check alone."""
    if isinstance(result, (tuple, list)) and len(result) == 2:
        result = torch.stack([expect.shaped(column, (n,), "a column of the estimates") for column in result], dim=1)
    result = expect.tensor(result, "the result")
    if tuple(result.shape) == (2, n):
        result = result.mT
    return expect.shaped(result, (n, 2), "the result", mistakes).detach().double()


def mistaken_rows(exercise: Exercise, f: F, seen: Tensor, mu: float, sigma: float, n: int) -> expect.Mistakes:
    """The estimates that wrong answers make from the draws at which an answer evaluated f."""

    def found(answer: LearnerObject) -> Tensor:
        with Noise((draws_among(seen, n) - mu) / sigma):
            return table(answer(f, mu, sigma, n), n)

    return exercise.mistaken(found)


def in_column(column: int, rows: Tensor, mistakes: expect.Mistakes) -> expect.Mistakes:
    """Mistakes with their estimates in one column; those that explain all ``rows`` come first."""
    ranked = sorted(mistakes, key=lambda named: not torch.allclose(named[1], rows, rtol=1e-4, atol=1e-5))
    yield from ((mistake, given[:, column]) for mistake, given in ranked)


# Judgements


def judge_shape(exercise: Exercise, estimator: LearnerObject, rng: Draws, sizes: tuple[int, ...]) -> None:
    """(n, 2) in float64, for parameters that are floats and for 0-dim tensors."""
    for n in sizes:
        for kind in KINDS:
            mu, sigma = (kind(value) for value in some_parameters(rng))
            result = estimator(wave, mu, sigma, n)
            if isinstance(result, (tuple, list)):
                raise Failure("the result is no tensor", f"shape {(n, 2)}", describe_value(result), TWO_TENSORS)
            like, mistakes = torch.zeros(n, 2, dtype=torch.float64), shapes(exercise, wave, mu, sigma, n)
            expect.kept(result, like, f"the result for n = {n}", mistakes=mistakes)


def judge_column(
    exercise: Exercise,
    estimator: LearnerObject,
    column: int,
    n: int,
    rng: Draws,
    right: Form,
    rule: str,
    others: Others = lambda z, mu, sigma: (),
) -> None:
    """One column of the estimates is right, row by row; ``others`` gives mistakes that are not the exercise's own."""
    mu, sigma = some_parameters(rng)
    result, seen = take(estimator, "wave", mu, sigma, n)
    rows, z = table(result, n, shapes(exercise, wave, mu, sigma, n)), draws_among(seen, n)
    observed, expected = rows[:, column], right(z, mu, sigma)[:, column]
    if len(seen) % n or (seen.reshape(-1, n) != seen[:n]).any():
        # In a call at many values the draws may have another order than the rows.
        nearest = (observed[:, None] - expected).abs().argmin(dim=1)
        if len(nearest.unique()) == n:
            z, expected = z[nearest], expected[nearest]

    def mistakes() -> expect.Mistakes:
        yield from mistaken_rows(exercise, wave, z, mu, sigma, n)
        yield from others(z, mu, sigma)

    named = in_column(column, rows, mistakes())
    agrees(observed, expected, f"the {COLUMNS[column]} column", rule=rule, mistakes=named)


def judge_draws(estimator: LearnerObject, *sizes: int) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    mu, sigma = 2.0, 0.1
    calls = [draws_among(take(estimator, "wave", mu, sigma, DRAWS)[1], *sizes) for _ in range(2)]
    if len(calls[0]) != len(calls[1]):
        observed = f"{len(calls[0])}, then {len(calls[1])}"
        raise Failure("the number of draws changes from call to call", f"{DRAWS} draws", observed)
    noise = (torch.stack(calls) - mu) / sigma
    if not noise.any():
        raise Failure("z has no noise", "a fresh draw for every row", "z = mu in every row", F_AT_MU)
    expect.independent(noise, {"call": FIXED_SEED, "row": SHARED_EPS})
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=wrong_noise(mu, sigma))


def wrong_noise(mu: float, sigma: float) -> expect.Alternatives:
    """Distribution functions of (z - mu) / sigma that mistakes lead to."""
    normal = torch.special.ndtr
    return [
        (UNIFORM, lambda x: x.clamp(0, 1)),
        (VARIANCE_SCALES, lambda x: normal(x / sigma)),
        (ROOT_SCALES, lambda x: normal(x * sigma**0.5)),
        (UNSCALED, lambda x: normal(x * sigma)),
        (UNSHIFTED, lambda x: normal(x + mu / sigma)),
    ]


@contextmanager
def refusal(likely: Mistake, expected: str) -> Iterator[None]:
    """An error of autograd's about a missing graph is a wrong answer with a name; other errors stay what they are."""
    try:
        yield
    except LearnerError as error:
        if "does not require grad" not in error.message and "not have been used" not in error.message:
            raise
        observed = f"{error.kind}: {error.message}" + (f"\n{error.where}" if error.where else "")
        raise Failure("f carries no graph here, and the answer stops", expected, observed, likely) from None
