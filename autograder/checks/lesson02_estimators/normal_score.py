"""normal_score: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.estimates import (
    IN_VARIANCE,
    KINDS,
    LOG_SIGMA,
    LOGVAR,
    NO_TERM,
    OF_DENSITY,
    READ_AS_VARIANCE,
    SCORES,
    SIGMA_ONCE,
    SIGN,
    SQUARE,
    SWAPPED,
    UNDIVIDED,
    agrees,
    score,
    some_parameters,
    wrong_scores,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("normal_score", reread="Move the probabilities: the score")

SCORE = 'Lesson 2, "Move the probabilities: the score"'


def judge_score(normal_score: LearnerObject, column: int, rng: Draws) -> None:
    """One of the two derivatives is right."""
    z, (mu, sigma) = rng.uniform(-1, 3, 6), some_parameters(rng)
    found = expect.pair(normal_score(z.clone(), mu, sigma), "the result", SCORES)[column]
    mistakes = wrong_scores(z, mu, sigma, column)
    agrees(found, score(z, mu, sigma)[:, column], SCORES[column], rule="autograd's derivative", mistakes=mistakes)


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


# Takes a logarithm of a tensor with the math module.
@exercise.wrong(
    shape=stops("your code stopped with an error"),
    mu=stops("your code stopped with an error"),
    sigma=stops("your code stopped with an error"),
)
def math_log(z, mu, sigma):
    return (z - mu) / math.sqrt(sigma * z) ** 4, z


# Keeps a factor of two from the square.
@exercise.wrong(mu=unnamed("d log q / d mu is wrong"))
def factor_two(z, mu, sigma):
    return 2 * (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3


# Computes in float32.
@exercise.wrong(shape=unnamed("wrong dtype"))
def in_float32(z, mu, sigma):
    z = z.float()
    return (z - mu) / sigma**2, ((z - mu) ** 2 - sigma**2) / sigma**3


# Differentiates in log sigma.
@exercise.wrong(sigma=LOG_SIGMA)
def in_log_sigma(z, mu, sigma):
    return (z - mu) / sigma**2, ((z - mu) / sigma) ** 2 - 1


# Differentiates in the log-variance.
@exercise.wrong(sigma=LOGVAR)
def in_logvar(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / 2


# Overwrites z.
@exercise.wrong(shape=expect.IN_PLACE)
def in_place(z, mu, sigma):
    z -= mu
    return z / sigma**2, (z**2 - sigma**2) / sigma**3


# Differentiates in the variance.
@exercise.wrong(sigma=IN_VARIANCE)
def in_variance(z, mu, sigma):
    return (z - mu) / sigma**2, (((z - mu) / sigma) ** 2 - 1) / (2 * sigma**2)


# Leaves the difference undivided.
@exercise.wrong(mu=UNDIVIDED)
def not_divided(z, mu, sigma):
    return z - mu, ((z - mu) ** 2 - sigma**2) / sigma**3


# Differentiates the density, not its logarithm.
@exercise.wrong(mu=OF_DENSITY, sigma=OF_DENSITY)
def of_density(z, mu, sigma):
    q = torch.exp(torch.distributions.Normal(mu, sigma).log_prob(z))
    return q * (z - mu) / sigma**2, q * ((z - mu) ** 2 - sigma**2) / sigma**3


# Takes sigma for the variance.
@exercise.wrong(mu=SIGMA_ONCE, sigma=READ_AS_VARIANCE)
def sigma_as_variance(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma) / (2 * sigma**2)


# Divides by sigma in place of its square.
@exercise.wrong(mu=SIGMA_ONCE)
def sigma_once(z, mu, sigma):
    return (z - mu) / sigma, ((z - mu) ** 2 - sigma**2) / sigma**3


# Turns the sign in both derivatives.
@exercise.wrong(mu=SIGN, sigma=SIGN)
def sign(z, mu, sigma):
    return (mu - z) / sigma**2, 1 / sigma - (z - mu) ** 2 / sigma**3


# Divides by the square where the cube is due.
@exercise.wrong(sigma=SQUARE)
def square_for_cube(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**2 - 1 / sigma


# Returns the derivatives of the sum over all draws.
@exercise.wrong(shape=unnamed("wrong shape"), mu=unnamed("wrong shape"), sigma=unnamed("wrong shape"))
def summed(z, mu, sigma):
    m = torch.tensor(float(mu), dtype=z.dtype, requires_grad=True)
    s = torch.tensor(float(sigma), dtype=z.dtype, requires_grad=True)
    return torch.autograd.grad(torch.distributions.Normal(m, s).log_prob(z).sum(), (m, s))


# Returns the derivative in sigma first.
@exercise.wrong(mu=SWAPPED, sigma=SWAPPED)
def swapped(z, mu, sigma):
    return ((z - mu) ** 2 - sigma**2) / sigma**3, (z - mu) / sigma**2


# Forgets that log sigma depends on sigma.
@exercise.wrong(sigma=NO_TERM)
def term_missing(z, mu, sigma):
    return (z - mu) / sigma**2, (z - mu) ** 2 / sigma**3
