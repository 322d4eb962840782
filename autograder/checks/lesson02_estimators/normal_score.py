"""normal_score: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.closed_forms import scores
from autograder.checks.lesson02_estimators.estimates import (
    KINDS,
    SCORES,
    Point,
    agrees,
    explaining,
    some_parameters,
    two_parameters,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("normal_score", reread="Move the probabilities: the score")

SIGN = Mistake("sign", "the sign is turned: this is the derivative of -log q.")
SIGMA_ONCE = Mistake("sigma_once", "divided by sigma: that is (z - mu) / sigma. The derivative divides by sigma^2.")
OF_DENSITY = Mistake(
    "of_density",
    "the derivative of q, not of log q. Divide it by q: the score is the derivative of the logarithm.",
)
SWAPPED = Mistake("swapped", "the two derivatives have changed places: the one in mu comes first.")


def mistaken_scores(weigh: Callable[[Tensor], Tensor], points: Sequence[Point]) -> expect.Mistakes:
    """What wrong scores make of estimates that are products of a weight for each draw and its scores."""

    def found(answer: LearnerObject) -> Tensor:
        return torch.stack([weigh(z)[:, None] * torch.stack(answer(z, mu, sigma), dim=1) for z, mu, sigma in points])

    return exercise.mistaken(found)


def judge_score(normal_score: LearnerObject, column: int, rng: Draws) -> None:
    """One of the two derivatives is right, for two pairs of parameters."""
    points = [(rng.uniform(-3, 3, 6), mu, sigma) for mu, sigma in two_parameters(rng)]

    def found(answer: LearnerObject) -> Tensor:
        return torch.stack([columns(answer(*point), column) for point in points])

    rows = found(normal_score)
    for call, point in enumerate(points):
        named = (
            (mistake, given[call]) for mistake, given in explaining(rows, exercise.mistaken(found), column, SWAPPED)
        )
        right = scores(*point)[:, column]
        agrees(rows[call, :, column], right, SCORES[column], rule="autograd's derivative", mistakes=named)


def columns(result: Any, column: int) -> Tensor:
    """Both derivatives as columns; what is wrong with the other one's shape is for its own check."""
    pair = list(expect.pair(result, "the result", SCORES))
    expect.shaped(pair[column], (6,), SCORES[column])
    other = pair[1 - column]
    if not isinstance(other, Tensor) or tuple(other.shape) != (6,):
        pair[1 - column] = torch.full((6,), torch.nan)
    return torch.stack([each.detach().double() for each in pair], dim=1)


@exercise.check
def shape(normal_score: LearnerObject, rng: Draws) -> None:
    """Both derivatives have the shape of z, in float64, for any shape; mu and sigma are numbers or 0-dim tensors."""
    for shape in [(5,), (3, 4), ()]:
        for kind in KINDS:
            z, (mu, sigma) = rng.normal(*shape), (kind(value) for value in some_parameters(rng))
            with expect.untouched(z=z):
                pair = expect.pair(normal_score(z, mu, sigma), "the result", SCORES)
            for name, derivative in zip(SCORES, pair, strict=True):
                expect.kept(derivative, z, f"{name} for z of shape {shape}")


@exercise.check
def mu(normal_score: LearnerObject, rng: Draws) -> None:
    """The derivative of log q in mu, for every z."""
    judge_score(normal_score, 0, rng)


@exercise.check
def sigma(normal_score: LearnerObject, rng: Draws) -> None:
    """The derivative of log q in sigma, for every z."""
    judge_score(normal_score, 1, rng)


# Wrong answers


# Uses math.sqrt on a tensor.
@exercise.wrong(stops("your code stopped with an error"))
def math_sqrt(z, mu, sigma):
    return (z - mu) / math.sqrt(sigma * z) ** 4, z


# Keeps a factor of two from the square.
@exercise.wrong(mu=unnamed("d log q / d mu is wrong"))
def factor_two(z, mu, sigma):
    return 2 * (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3


@exercise.wrong(shape=unnamed("wrong dtype"))
def in_float32(z, mu, sigma):
    z = z.float()
    return (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3


@exercise.wrong(sigma="the derivative in log sigma: that is sigma times the one in sigma.")
def in_log_sigma(z, mu, sigma):
    return (z - mu) / sigma**2, ((z - mu) / sigma) ** 2 - 1


@exercise.wrong(sigma="the derivative in logvar = log sigma^2: that is sigma / 2 times the one in sigma.")
def in_logvar(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / 2


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(z, mu, sigma):
    z -= mu
    return z / sigma**2, (z**2 - sigma**2) / sigma**3


@exercise.wrong(sigma="the derivative in the variance: that is the one in sigma divided by 2 sigma.")
def in_variance(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / (2 * sigma**2)


@exercise.wrong(mu="z - mu alone: divide it by sigma^2.")
def not_divided(z, mu, sigma):
    return z - mu, ((z - mu) ** 2 - sigma**2) / sigma**3


@exercise.wrong(OF_DENSITY, "mu", "sigma")
def of_density(z, mu, sigma):
    q = torch.exp(torch.distributions.Normal(mu, sigma).log_prob(z))
    return q * (z - mu) / sigma**2, q * ((z - mu) ** 2 - sigma**2) / sigma**3


@exercise.wrong(mu=SIGMA_ONCE, sigma="sigma is read as the variance. It is the standard deviation.")
def sigma_as_variance(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma) / (2 * sigma**2)


@exercise.wrong(mu=SIGMA_ONCE)
def sigma_once(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma**2) / sigma**3


@exercise.wrong(SIGN, "mu", "sigma")
def sign(z, mu, sigma):
    return (mu - z) / sigma**2, 1 / sigma - (z - mu) ** 2 / sigma**3


@exercise.wrong(sigma="(z - mu)^2 is divided by sigma^2: the derivative in sigma divides it by sigma^3.")
def square_for_cube(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**2 - 1 / sigma


# Returns the derivatives of the sum over all draws.
@exercise.wrong(unnamed("wrong shape"))
def summed(z, mu, sigma):
    m = torch.tensor(float(mu), dtype=z.dtype, requires_grad=True)
    s = torch.tensor(float(sigma), dtype=z.dtype, requires_grad=True)
    return torch.autograd.grad(torch.distributions.Normal(m, s).log_prob(z).sum(), (m, s))


@exercise.wrong(SWAPPED, "mu", "sigma")
def swapped(z, mu, sigma):
    return ((z - mu) ** 2 - sigma**2) / sigma**3, (z - mu) / sigma**2


@exercise.wrong(sigma="the term -1/sigma is missing: q has the factor 1/sigma, and its logarithm depends on sigma too.")
def term_missing(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**3
