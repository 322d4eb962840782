"""reparameterize_backward: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson03_reparameterization import without_autograd
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.location_scale import agrees
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("reparameterize_backward", reread="The backward pass by hand")

LOCAL = Mistake("local_derivatives", "dz/dmu or dz/dlogvar alone: the chain rule multiplies either of them by grad_z.")
SWAPPED = Mistake("swapped", "the pair is the wrong way round: return grad_mu first, then grad_logvar.")
AUTOGRAD = Mistake("autograd", "autograd computes the gradient. Write the chain rule as a product of tensors.")
GRADIENTS = ("grad_mu", "grad_logvar")


def judge_gradient(function: LearnerObject, place: int, rule: str, rng: Draws) -> None:
    """One of the two gradients that a backward pass by hand returns."""
    grad_z, eps = rng.normal(5, 3), rng.normal(5, 3)
    logvar = torch.linspace(-16, 16, 15, dtype=torch.float64).reshape(5, 3)
    expected = grad_z, 0.5 * grad_z * eps * (logvar / 2).exp()

    def found(answer: LearnerObject) -> Any:
        return expect.pair(answer(grad_z, eps, logvar), "the result", GRADIENTS)

    pair = found(function)
    turned = all(isinstance(one, Tensor) and near(one, other) for one, other in zip(pair, expected[::-1], strict=True))
    mistakes = (
        (mistake, given[place]) for mistake, given in exercise.mistaken(found) if turned or mistake is not SWAPPED
    )
    agrees(pair[place], expected[place], GRADIENTS[place], rule=rule, mistakes=mistakes, rtol=1e-12, atol=1e-12)


def near(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors agree as far as float32 goes."""
    return one.shape == other.shape and torch.allclose(one.double(), other, rtol=1e-4, atol=1e-4)


@exercise.check
def shape(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """Both gradients have the shape and dtype of the inputs, and the inputs are left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((4, 1), torch.float64),
        ((2, 3, 4), torch.float64),
    ]:
        grad_z, eps, logvar = (rng.normal(*shape, dtype=dtype) for _ in range(3))
        with expect.untouched(grad_z=grad_z, eps=eps, logvar=logvar):
            pair = expect.pair(reparameterize_backward(grad_z, eps, logvar), "the result", GRADIENTS)
        for name, gradient in zip(GRADIENTS, pair, strict=True):
            expect.kept(gradient, grad_z, f"{name} for inputs of shape {shape}")


@exercise.check
def mu(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """grad_mu agrees with autograd to 1e-12: what arrives at z goes on to mu unchanged."""
    judge_gradient(reparameterize_backward, 0, "grad_z * dz/dmu", rng)


@exercise.check
def logvar(reparameterize_backward: LearnerObject, rng: Draws) -> None:
    """grad_logvar agrees with autograd to 1e-12, and is computed without it."""
    judge_gradient(reparameterize_backward, 1, "grad_z * dz/dlogvar", rng)
    try:
        beside(without_autograd, reparameterize_backward, *(rng.normal(5, 3) for _ in range(3)))
    except LearnerError as error:
        observed = error.told
        what, expected = "your code stops where autograd records nothing", "arithmetic only, without autograd"
        raise Failure(what, expected, observed, AUTOGRAD) from None


# Wrong answers


# Lets autograd do the work.
@exercise.wrong(logvar=AUTOGRAD)
def autograd(grad_z, eps, logvar):
    mu = torch.zeros_like(logvar).requires_grad_()
    logvar = logvar.clone().requires_grad_()
    return torch.autograd.grad(mu + torch.exp(logvar / 2) * eps, (mu, logvar), grad_z)


# Divides whole numbers in place.
@exercise.wrong(stops("RuntimeError"))
def in_place_on_wrong_dtype(grad_z, eps, logvar):
    half = torch.ones(1, dtype=torch.long)
    half /= 2
    return grad_z, half * grad_z * eps * torch.exp(logvar / 2)


# Reads the sizes of two dimensions.
@exercise.wrong(shape=stops("too many values to unpack"))
def two_dimensions_only(grad_z, eps, logvar):
    rows, columns = grad_z.shape
    return grad_z, 0.5 * grad_z * eps * torch.exp(logvar.reshape(rows, columns) / 2)


# Stops at the gradient in sigma.
@exercise.wrong(logvar="grad_z * eps: that is the gradient in sigma. Multiply it by dsigma/dlogvar = sigma / 2.")
def gradient_in_sigma(grad_z, eps, logvar):
    return grad_z, grad_z * eps


# Overwrites the noise.
@exercise.wrong(shape=expect.IN_PLACE)
def in_place(grad_z, eps, logvar):
    eps *= 0.5 * torch.exp(logvar / 2)
    return grad_z, grad_z * eps


# Returns dz/dmu and dz/dlogvar, without the chain rule.
@exercise.wrong(LOCAL, "mu", "logvar")
def local_derivatives(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return torch.ones_like(grad_z), 0.5 * eps * sigma


# Forgets the noise.
@exercise.wrong(logvar="eps is missing: logvar acts on z through sigma * eps.")
def no_eps(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z, 0.5 * grad_z * sigma


# Forgets the factor 1/2.
@exercise.wrong(logvar="the factor 1/2 is missing: that is the gradient in log sigma, and logvar = 2 log sigma.")
def no_half(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z, grad_z * eps * sigma


# Forgets sigma.
@exercise.wrong(logvar="sigma is missing: the derivative of exp(logvar / 2) keeps the factor exp(logvar / 2).")
def no_sigma(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps


# Returns the gradient in logvar alone.
@exercise.wrong(unnamed("the result should be a pair"))
def one_tensor(grad_z, eps, logvar):
    return 0.5 * grad_z * eps * torch.exp(logvar / 2)


# Scales the gradient in mu.
@exercise.wrong(mu="grad_z * sigma: sigma scales eps, not mu. dz/dmu = 1.")
def sigma_in_grad_mu(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z * sigma, 0.5 * grad_z * eps * sigma


# Sums over the batch.
@exercise.wrong(unnamed("wrong shape"))
def summed(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z.sum(0), (0.5 * grad_z * eps * sigma).sum(0)


# Returns the two gradients in the wrong order.
@exercise.wrong(SWAPPED, "mu", "logvar")
def swapped(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return 0.5 * grad_z * eps * sigma, grad_z


# Takes the variance for the standard deviation.
@exercise.wrong(logvar="exp(logvar) in place of exp(logvar / 2): that is the variance, and sigma is its root.")
def variance(grad_z, eps, logvar):
    return grad_z, 0.5 * grad_z * eps * torch.exp(logvar)
