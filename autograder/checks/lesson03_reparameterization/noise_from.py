"""noise_from: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import math
from typing import Any

import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.location_scale import agrees, judge_digits
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed

exercise = Exercise("noise_from", reread="Reading the noise back")


@exercise.check
def shape(noise_from: LearnerObject, rng: Draws) -> None:
    """eps has the shape and dtype of z, and the inputs are left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((4, 1), torch.float64),
        ((2, 3, 4), torch.float64),
    ]:
        z, mu, logvar = (rng.normal(*shape, dtype=dtype) for _ in range(3))
        with expect.untouched(z=z, mu=mu, logvar=logvar):
            eps = expect.kept(noise_from(z, mu, logvar), z, f"eps for inputs of shape {shape}")
        judge_digits(eps, (z - mu) / (logvar / 2).exp(), "eps")


@exercise.check
def values(noise_from: LearnerObject, rng: Draws) -> None:
    """eps is the noise that z was made with."""
    logvar, eps = torch.linspace(-16, 16, 15, dtype=torch.float64).reshape(5, 3), rng.normal(5, 3)
    sigma = (logvar / 2).exp()
    mu = sigma * rng.normal(5, 3)  # of the size of sigma, so that z - mu has its digits in float32 too
    z = mu + sigma * eps

    def found(answer: LearnerObject) -> Any:
        return answer(z, mu, logvar)

    rule = "the eps that gave z = mu + sigma * eps"
    agrees(found(noise_from), eps, "eps", rule=rule, mistakes=exercise.mistaken(found))


# Wrong answers


# Uses math.exp on a tensor.
@exercise.wrong(stops("line 2 of your cell: return (z - mu) / math.exp(logvar / 2)"))
def math_exp(z, mu, logvar):
    return (z - mu) / math.exp(logvar / 2)


# Reads the sizes of two dimensions.
@exercise.wrong(shape=stops("too many values to unpack"))
def two_dimensions_only(z, mu, logvar):
    rows, columns = z.shape
    return (z - mu) / torch.exp(logvar.reshape(rows, columns) / 2)


# Forgets the brackets.
@exercise.wrong(values="z - mu / sigma: division comes before the minus. Put z - mu in brackets.")
def brackets(z, mu, logvar):
    return z - mu / torch.exp(logvar / 2)


# Returns float32, whatever the inputs are.
@exercise.wrong(shape=unnamed("torch.float64, as the inputs have"))
def float32(z, mu, logvar):
    return ((z - mu) / torch.exp(logvar / 2)).float()


# Overwrites z to save memory.
@exercise.wrong(shape=expect.IN_PLACE)
def in_place(z, mu, logvar):
    z -= mu
    z /= torch.exp(logvar / 2)
    return z


# Subtracts the mean after the division.
@exercise.wrong(values="z / sigma - mu: mu has to go before the division. Put z - mu in brackets.")
def late_minus(z, mu, logvar):
    return z * torch.exp(-logvar / 2) - mu


# Divides by the log-variance.
@exercise.wrong(values="(z - mu) / logvar: that is the logarithm of the variance. Divide by sigma = exp(logvar / 2).")
def logvar_as_sigma(z, mu, logvar):
    return (z - mu) / logvar


# Halves the variance, not the log-variance.
@exercise.wrong(values="(z - mu) / (exp(logvar) / 2): that halves the variance. Halve before exp: exp(logvar / 2).")
def half_variance(z, mu, logvar):
    return (z - mu) / (torch.exp(logvar) / 2)


# Multiplies by sigma once more.
@exercise.wrong(values="(z - mu) * sigma: sigma multiplies. To undo the scaling, divide by it.")
def multiplies(z, mu, logvar):
    return (z - mu) * torch.exp(logvar / 2)


# Subtracts the mean and stops.
@exercise.wrong(values="z - mu: it is not divided by sigma. eps = (z - mu) / sigma.")
def not_divided(z, mu, logvar):
    return z - mu


# Subtracts the wrong way round.
@exercise.wrong(values="(mu - z) / sigma: the sign is turned. eps = (z - mu) / sigma.")
def sign(z, mu, logvar):
    return (mu - z) / torch.exp(logvar / 2)


# Divides by the variance.
@exercise.wrong(values="(z - mu) / exp(logvar): that divides by the variance. Divide by sigma = exp(logvar / 2).")
def variance(z, mu, logvar):
    return (z - mu) / torch.exp(logvar)
