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
from typing import Any, NamedTuple

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import record, wave
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.failure import Failure, describe_value
from autograder.verdict import Mistake

agrees = partial(expect.close, rtol=1e-4, atol=1e-5)
"""Equal within what float32 arithmetic may cost: only a shape check minds the dtype."""


COLUMNS = ("mu", "sigma")


SCORES = ("d log q / d mu", "d log q / d sigma")


DRAWS = 500


KINDS = (float, partial(torch.tensor, dtype=torch.float64))
"""What mu and sigma may be given as."""


SIGN = Mistake(
    "sign",
    "the sign is turned: this is the derivative of -log q.",
)


SIGMA_ONCE = Mistake(
    "sigma_once",
    "divided by sigma: that is (z - mu) / sigma. The derivative divides by sigma^2.",
)


UNDIVIDED = Mistake(
    "undivided",
    "z - mu alone: divide it by sigma^2.",
)


OF_DENSITY = Mistake(
    "of_density",
    "the derivative of q, not of log q. Divide it by q: the score is the derivative of the logarithm.",
)


SWAPPED = Mistake(
    "swapped",
    "the two derivatives have changed places: the one in mu comes first.",
)


NO_TERM = Mistake(
    "no_term",
    "the term -1/sigma is missing: q has the factor 1/sigma, and its logarithm depends on sigma too.",
)


LOG_SIGMA = Mistake(
    "log_sigma",
    "the derivative in log sigma: that is sigma times the one in sigma.",
)


LOGVAR = Mistake(
    "logvar",
    "the derivative in logvar = log sigma^2: that is sigma / 2 times the one in sigma.",
)


IN_VARIANCE = Mistake(
    "in_variance",
    "the derivative in the variance: that is the one in sigma divided by 2 sigma.",
)


READ_AS_VARIANCE = Mistake(
    "read_as_variance",
    "sigma is read as the variance. It is the standard deviation.",
)


SQUARE = Mistake(
    "square",
    "(z - mu)^2 is divided by sigma^2: the derivative in sigma divides it by sigma^3.",
)


AT_MU = Mistake(
    "at_mu",
    "gradient of the log density at mu: take the score at the draw z, not at mu.",
)


SHAPE_AVERAGED = Mistake(
    "shape_averaged",
    "averages first: the mean over the draws is taken inside. Return one row for each draw.",
)


SHAPE_TURNED = Mistake(
    "shape_turned",
    "(2, n): the columns stand in rows. Give torch.stack dim=1.",
)


SHAPE_ONE = Mistake(
    "shape_one",
    "one number for each draw: the second column, for sigma, is missing.",
)


TWO_TENSORS = Mistake(
    "two_tensors",
    "the columns as separate tensors: torch.stack(columns, dim=1) makes one tensor of them.",
)


ROWS_AVERAGED = Mistake(
    "rows_averaged",
    "averages first: every row is the mean of all rows. Return the estimate of each draw.",
)


FIXED_SEED = Mistake(
    "fixed_seed",
    "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's.",
)


SHARED_EPS = Mistake(
    "shared_eps",
    "eps is shared: one draw serves all n rows. Draw n numbers.",
)


NO_NOISE = Mistake(
    "no_noise",
    "z = mu: nothing random is added. z = mu + sigma * eps.",
)


OWN_DRAWS = Mistake(
    "own_draws",
    "new draws for a second use of f: draw once, and use the same z in both columns and in a baseline.",
)


VARIANCE_SCALES = Mistake(
    "variance_scales",
    "sigma**2 scales the noise: that is the variance. z = mu + sigma * eps.",
)


ROOT_SCALES = Mistake(
    "root_scales",
    "the root of sigma scales the noise: sigma is the standard deviation already.",
)


UNSCALED = Mistake(
    "unscaled",
    "the noise is not scaled: z = mu + sigma * eps.",
)


UNSHIFTED = Mistake(
    "unshifted",
    "mu is not added: z = mu + sigma * eps.",
)


UNIFORM = Mistake(
    "uniform",
    "rand draws uniform numbers from [0, 1). Normal noise comes from randn.",
)


SHARE = Mistake(
    "share",
    "divided by n: that is the part of this row in the gradient of the mean. Differentiate the sum instead.",
)


# The score of a normal distribution


def score(z: Tensor, mu: float, sigma: float) -> Tensor:
    """The right derivatives of log q in mu and sigma, as last dimension."""
    offset = z - mu
    return torch.stack([offset / sigma**2, (offset**2 - sigma**2) / sigma**3], dim=-1)


def wrong_scores(z: Tensor, mu: float, sigma: float, column: int) -> dict[str, Tensor]:
    """What the listed mistakes give for one of the two derivatives."""
    offset, right = z - mu, score(z, mu, sigma)[..., column]
    density = torch.distributions.Normal(mu, sigma).log_prob(z).exp()
    named = {SIGN: -right, OF_DENSITY: right * density, SWAPPED: score(z, mu, sigma)[..., 1 - column]}
    if column == 0:
        return named | {SIGMA_ONCE: offset / sigma, UNDIVIDED: offset, AT_MU: torch.zeros_like(z)}
    return named | {
        NO_TERM: offset**2 / sigma**3,
        LOG_SIGMA: right * sigma,
        LOGVAR: right * sigma / 2,
        IN_VARIANCE: right / (2 * sigma),
        READ_AS_VARIANCE: (offset**2 - sigma) / (2 * sigma**2),
        SQUARE: offset**2 / sigma**2 - 1 / sigma,
        AT_MU: torch.full_like(z, -1 / sigma),
    }


# Where an estimator evaluates f


def take(estimator: LearnerObject, name: str, mu: float, sigma: float, n: int) -> tuple[Any, Tensor]:
    """What the estimator returns for the function ``name``, and the values that it evaluated the function at."""
    result, seen = expect.pair(beside(record, estimator, name, mu, sigma, n), "the result", ("estimates", "draws"))
    return result, expect.tensor(seen, "what f was called with")


def drawn(seen: Tensor, *sizes: int) -> Tensor:
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
        likely = OWN_DRAWS if len(different) > n else ""
        observed = f"{len(different)} different values"
        raise Failure(f"f was not called at {n} draws", f"{allowed} different values of z", observed, likely)
    return different


def table(result: Any, n: int, once: str) -> Tensor:
    """Estimates as float64 of shape (n, 2); whether the columns stand upright is for a shape check alone."""
    if isinstance(result, (tuple, list)) and len(result) == 2:
        result = torch.stack([expect.shaped(column, (n,), "a column of the estimates") for column in result], dim=1)
    result = expect.tensor(result, "the result")
    if tuple(result.shape) == (2, n):
        result = result.mT
    return expect.shaped(result, (n, 2), "the result", {once: (2,), SHAPE_ONE: (n,)}).detach().double()


def slope(z: Tensor) -> Tensor:
    """The derivative of ``wave``."""
    z = z.detach().requires_grad_()
    return torch.autograd.grad(wave(z).sum(), z)[0]


class Case(NamedTuple):
    """Estimates of one call, the draws that they were made from, and what follows from those."""

    rows: Tensor
    z: Tensor
    mu: float
    sigma: float

    @property
    def eps(self) -> Tensor:
        """The noise of each draw."""
        return (self.z - self.mu) / self.sigma

    @property
    def scores(self) -> Tensor:
        """Both scores of each draw, (n, 2)."""
        return score(self.z, self.mu, self.sigma)

    def wrong_scores(self, column: int) -> dict[str, Tensor]:
        """What the listed mistakes give for one score of each draw."""
        return wrong_scores(self.z, self.mu, self.sigma, column)


Estimate = Callable[[Case], Tensor]
"""A case -> (n, 2)."""


Named = Callable[[Case, int], dict[str, Tensor]]
"""A case and a column -> what the listed mistakes give in that column."""


def judge_column(
    estimator: LearnerObject, column: int, n: int, rng: Draws, right: Estimate, named: Named, rule: str, once: str
) -> None:
    """One column of the estimates is right, row by row."""
    mu, sigma = some_parameters(rng)
    result, seen = take(estimator, "wave", mu, sigma, n)
    case = Case(table(result, n, once), drawn(seen, n), mu, sigma)
    observed, expected = case.rows[:, column], right(case)[:, column]
    if len(seen) % n or (seen.reshape(-1, n) != seen[:n]).any():
        # In a call at many values the draws may have another order than the rows.
        nearest = (observed[:, None] - expected).abs().argmin(dim=1)
        if len(nearest.unique()) == n:
            case = case._replace(z=case.z[nearest])
            expected = right(case)[:, column]
    mistakes = {**named(case, column), ROWS_AVERAGED: expected.mean().expand(n), SHARE: expected / n}
    agrees(observed, expected, f"the {COLUMNS[column]} column", rule=rule, mistakes=mistakes)


def some_parameters(rng: Draws) -> tuple[float, float]:
    """mu and sigma far from 0 and 1, where mistakes look alike."""
    return float(rng.uniform(0.5, 1.5)), float(rng.uniform(0.4, 0.6))


def judge_shape(estimator: LearnerObject, rng: Draws, sizes: tuple[int, ...], once: str) -> None:
    """(n, 2) in float64, for parameters that are floats and for 0-dim tensors."""
    for n in sizes:
        for kind in KINDS:
            mu, sigma = (kind(value) for value in some_parameters(rng))
            result = estimator(wave, mu, sigma, n)
            if isinstance(result, (tuple, list)):
                raise Failure("the result is no tensor", f"shape {(n, 2)}", describe_value(result), TWO_TENSORS)
            shapes = {once: (2,), SHAPE_ONE: (n,), SHAPE_TURNED: (2, n)}
            expect.kept(result, torch.zeros(n, 2, dtype=torch.float64), f"the result for n = {n}", mistakes=shapes)


def judge_draws(estimator: LearnerObject, *sizes: int) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    mu, sigma = 2.0, 0.1
    calls = [drawn(take(estimator, "wave", mu, sigma, DRAWS)[1], *sizes) for _ in range(2)]
    if len(calls[0]) != len(calls[1]):
        observed = f"{len(calls[0])}, then {len(calls[1])}"
        raise Failure("the number of draws changes from call to call", f"{DRAWS} draws", observed)
    noise = (torch.stack(calls) - mu) / sigma
    if not noise.any():
        raise Failure("z has no noise", "a fresh draw for every row", "z = mu in every row", NO_NOISE)
    expect.independent(noise, {"call": FIXED_SEED, "row": SHARED_EPS})
    expect.standard_normal(noise, "the noise (z - mu) / sigma", mistakes=wrong_noise(mu, sigma))


def wrong_noise(mu: float, sigma: float) -> dict[str, expect.Cdf]:
    """Distribution functions of (z - mu) / sigma that the listed mistakes lead to."""
    normal = torch.special.ndtr
    return {
        UNIFORM: lambda x: x.clamp(0, 1),
        VARIANCE_SCALES: lambda x: normal(x / sigma),
        ROOT_SCALES: lambda x: normal(x * sigma**0.5),
        UNSCALED: lambda x: normal(x * sigma),
        UNSHIFTED: lambda x: normal(x + mu / sigma),
    }


@contextmanager
def refusal(likely: str, expected: str) -> Iterator[None]:
    """An error of autograd's about a missing graph is a wrong answer with a name; other errors stay what they are."""
    try:
        yield
    except LearnerError as error:
        if "does not require grad" not in error.message and "not have been used" not in error.message:
            raise
        observed = f"{error.kind}: {error.message}" + (f"\n{error.where}" if error.where else "")
        raise Failure("f carries no graph here, and the answer stops", expected, observed, likely) from None
