"""implicit_gradient: its checks and wrong answers. Grader's side.

That the arguments are left alone is seen beside the learner's code (testimony); the numbers are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product

import torch
from torch import Tensor

from autograder import expect
from autograder.beside import lesson09_beyond_gaussian as laws
from autograder.beside.lesson09_beyond_gaussian import after, of_a_draw
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson09_beyond_gaussian.formulas import FLOAT32, REDUCED
from autograder.checks.location_scale import fits_float32
from autograder.draws import Draws
from autograder.errors import LearnerError
from autograder.exercise import Exercise, stops, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("implicit_gradient", reread="When nobody can solve for x")

RESULT = "dx/dtheta"
NAMES = ("x", "theta")
RULE = "-(dF/dtheta) / (dF/dx), element by element"
FLAGGED = Mistake(
    "flagged", "requires_grad_() on an argument itself. Work on a copy: x.detach().clone().requires_grad_()."
)
FILLED = Mistake(
    "filled",
    "backward() fills .grad of an argument. Work on copies, or use torch.autograd.grad, which fills nothing.",
)
HISTORY = Mistake(
    "history",
    "x has a path to theta here, and dF/dtheta followed it too: along it F does not change, and the sum is 0. "
    "Hold x fixed: x.detach().",
)
NEEDS_GRAD = Mistake(
    "needs_grad",
    "autograd stops where an argument requires no grad. Make copies that do: x.detach().clone().requires_grad_().",
)

Case = tuple[Callable[[Tensor, Tensor], Tensor], Tensor, Tensor, Tensor]
"""A distribution function, x, theta, and the right derivative."""


def cases(rng: Draws) -> list[Case]:
    """Four laws whose derivative has a closed form, one of them near F = 1 too, where float32 has few digits left."""
    rate, scale, loc, shape = (rng.uniform(*ends, 4, 3) for ends in ((0.3, 3), (0.4, 3), (-2, 2), (0.6, 2.5)))
    wait, offset, size = rng.uniform(0.1, 3, 4, 3), rng.uniform(-4, 4, 4, 3), rng.uniform(0.2, 1.8, 4, 3)
    far = rng.uniform(4, 5, 4, 3)
    return [
        (laws.exponential_cdf, wait / rate, rate, -wait / rate**2),
        (laws.logistic_cdf, scale * offset, scale, offset),
        (laws.logistic_cdf, scale * far, scale, far),
        (laws.shifted_cdf, loc + offset, loc, torch.ones_like(loc)),
        (laws.weibull_cdf, size, shape, -size * size.log() / shape),
    ]


def asked(function: LearnerObject, cdf: Callable, x: Tensor, theta: Tensor) -> Tensor:
    """What the answer returns, as float64."""
    try:
        result = function(cdf, x, theta)
    except LearnerError as error:
        if needs_grad(error):
            raise Failure("an x and a theta that require no grad are refused", RULE, error.told, NEEDS_GRAD) from None
        raise
    return expect.shaped(result, tuple(x.shape), RESULT, [(REDUCED, ())]).detach().double()


def needs_grad(error: LearnerError) -> bool:
    """Whether autograd stopped for want of a graph."""
    return "does not require grad" in error.message or "appears to not have been used" in error.message


def judge(function: LearnerObject, given: Sequence[Case], of: str = "") -> None:
    """The derivative is right for these laws; a mistake is one that gives the same for all of them."""

    def found(answer: LearnerObject) -> Tensor:
        return torch.stack([asked(answer, *case[:3]) for case in given])

    observed, right = found(function), torch.stack([case[3] for case in given])
    if fits_float32(observed) and torch.allclose(observed, right, rtol=1e-3):
        raise Failure(f"{RESULT}{of} lacks digits", RULE, "only numbers that fit in float32", FLOAT32)
    expect.close(observed, right, RESULT + of, rule=RULE, mistakes=exercise.mistaken(found))


@exercise.check
def shape(implicit_gradient: LearnerObject, rng: Draws) -> None:
    """The result has the shape, dtype and device of x."""
    for size, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((2, 3, 4), torch.float32),
        ((), torch.float64),
    ]:
        x, theta = rng.uniform(-2, 2, *size, dtype=dtype), rng.uniform(0.5, 2, *size, dtype=dtype)
        expect.kept(
            implicit_gradient(laws.logistic_cdf, x, theta), x, f"{RESULT} for x of shape {size}", None, reduced(size)
        )
        expect.device_kept(implicit_gradient, laws.logistic_cdf, x, theta, what=RESULT)


def reduced(size: tuple[int, ...]) -> expect.Shapes:
    """The shape of one number for all elements, where that is another shape."""
    return [(REDUCED, ())] if size else []


@exercise.check
def values(implicit_gradient: LearnerObject, rng: Draws) -> None:
    """-(dF/dtheta) / (dF/dx), for four distributions and every element."""
    judge(implicit_gradient, cases(rng))


@exercise.check
def gamma(implicit_gradient: LearnerObject, rng: Draws) -> None:
    """It is right for the shape of a Gamma distribution, whose F nobody can solve for x."""
    a = rng.uniform(math.log(0.2), math.log(20), 12).exp()
    x = a * (rng.uniform(-1, 1, 12) / a.clamp(min=1).sqrt()).exp()
    judge(implicit_gradient, [(laws.gamma_cdf, x, a, quotient(laws.gamma_cdf, x, a))], " of a Gamma distribution")


def quotient(cdf: Callable[[Tensor, Tensor], Tensor], x: Tensor, theta: Tensor) -> Tensor:
    """The right derivative, by autograd."""
    x, theta = x.clone().requires_grad_(), theta.clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x


@exercise.check(reread="Two hills and a valley")
def mixture(implicit_gradient: LearnerObject, rng: Draws) -> None:
    """It is right for the weight of a mixture of two normal distributions."""
    x, logit = rng.uniform(-4, 4, 12), rng.uniform(-2, 2, 12)
    w, near, far = torch.sigmoid(logit), x - 1.5, x + 1.5
    density = (w * (-(near**2) / 2).exp() + (1 - w) * (-(far**2) / 2).exp()) / math.sqrt(2 * math.pi)
    right = -w * (1 - w) * (torch.special.ndtr(near) - torch.special.ndtr(far)) / density
    judge(implicit_gradient, [(laws.mixture_cdf, x, logit, right)], " of a mixture")


@exercise.check
def arguments(implicit_gradient: LearnerObject, rng: Draws) -> None:
    """x and theta are taken as numbers, whatever their history, and are left as they were."""
    u, rate = rng.uniform(0.1, 0.9, 5), rng.uniform(0.3, 3, 5)
    x = -torch.log1p(-u) / rate
    plain = asked(implicit_gradient, laws.exponential_cdf, x, rate)
    for flags in product((False, True), repeat=2):
        given = [each.clone().requires_grad_(flag) for each, flag in zip((x, rate), flags, strict=True)]
        judge_arguments(implicit_gradient, given, plain)
    result = expect.shaped(beside(of_a_draw, implicit_gradient, u, rate), (5,), RESULT).detach().double()
    rule, zeros = "the same as for plain numbers", [(HISTORY, torch.zeros_like(plain))]
    expect.close(result, plain, f"{RESULT} for an x that has a path to theta", rule=rule, mistakes=zeros)


def judge_arguments(function: LearnerObject, given: Sequence[Tensor], plain: Tensor) -> None:
    """Numbers, requires_grad and .grad of x and theta are what they were; the result is that of plain numbers."""
    case = ", ".join(f"{name}.requires_grad = {each.requires_grad}" for name, each in zip(NAMES, given, strict=True))
    try:
        result, told = beside(after, function, laws.exponential_cdf, *given)
    except LearnerError as error:
        error.inputs = case
        raise
    for name, before, (numbers, flag, grad) in zip(NAMES, given, told, strict=True):
        if flag is not before.requires_grad:
            observed, likely = str(flag), FLAGGED if flag else None
            raise Failure(f"{name}.requires_grad was changed", str(before.requires_grad), observed, likely)
        if grad is not None:
            expected = f"{name}.grad as it was before the call"
            raise Failure(f"{name}.grad was changed", expected, "a gradient in it", FILLED)
        if not torch.equal(expect.tensor(numbers, name), before):
            expected = f"{name} as it was before the call"
            raise Failure(f"{name} was changed", expected, "other values in it", expect.IN_PLACE)
    result = expect.shaped(result, (5,), RESULT).detach().double()
    expect.close(result, plain, f"{RESULT} for {case}", rule="the same as for plain numbers")


# Wrong answers

LAWS = ("values", "gamma", "mixture")
"""The checks of numbers."""


# Asks for the gradient by an attribute that is empty.
@exercise.wrong(stops("NoneType"), shape=stops("NoneType"))
def grad_of_a_copy(cdf, x, theta):
    cdf(x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()).sum().backward()
    return -theta.grad / x.grad


@exercise.wrong("the minus sign is missing: where F rises with theta, x must fall to keep F.", *LAWS)
def sign(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return by_theta / by_x


@exercise.wrong("the quotient is upside down: dF/dtheta is divided by dF/dx, the density.", *LAWS)
def upside_down(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_x / by_theta


@exercise.wrong("-dF/dtheta alone: that is how F falls, not how x moves. Divide by the density dF/dx.", *LAWS)
def not_divided(cdf, x, theta):
    x, theta = x.detach().clone(), theta.detach().clone().requires_grad_()
    return -torch.autograd.grad(cdf(x, theta).sum(), theta)[0]


@exercise.wrong("the density dF/dx multiplies: divide by it.", *LAWS)
def times_density(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta * by_x


@exercise.wrong("dF/dx alone: that is the density at x.", *LAWS)
def density(cdf, x, theta):
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(cdf(x, theta.detach()).sum(), x)[0]


@exercise.wrong("one quotient of two sums for all elements: divide element by element.", *LAWS)
def quotient_of_sums(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return (-by_theta.sum() / by_x.sum()).expand_as(x)


@exercise.wrong(REDUCED)
def one_number(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return (-by_theta / by_x).mean()


@exercise.wrong(values="the sign is lost: x may rise or fall with theta.")
def absolute(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return (by_theta / by_x).abs()


@exercise.wrong("zeros: x moves when theta does and F stays.", *LAWS)
def zeros(cdf, x, theta):
    return torch.zeros_like(x)


@exercise.wrong("divided by F: divide by its derivative in x.", *LAWS)
def over_value(cdf, x, theta):
    x, theta = x.detach().clone(), theta.detach().clone().requires_grad_()
    value = cdf(x, theta)
    return -torch.autograd.grad(value.sum(), theta)[0] / value.detach()


@exercise.wrong("a number is added to the density: divide by dF/dx itself.", *LAWS)
def small_number(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / (by_x + 1e-3)


@exercise.wrong(arguments=HISTORY)
def follows_history(cdf, x, theta):
    x = x if x.requires_grad else x.clone().requires_grad_()
    theta = theta if theta.requires_grad else theta.clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x


@exercise.wrong(arguments=FILLED)
def fills_grad(cdf, x, theta):
    x = x if x.requires_grad else x.clone().requires_grad_()
    theta = theta if theta.requires_grad else theta.clone().requires_grad_()
    x.retain_grad()
    cdf(x, theta).sum().backward()
    return -theta.grad / x.grad


@exercise.wrong(arguments=FLAGGED)
def flags(cdf, x, theta):
    x.requires_grad_(), theta.requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x


@exercise.wrong(NEEDS_GRAD, *LAWS, "arguments", shape=stops("does not require grad"))
def needs_grad_of_inputs(cdf, x, theta):
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x


@exercise.wrong(arguments=expect.IN_PLACE)
def in_place(cdf, x, theta):
    a, b = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(a, b).sum(), (a, b))
    x.data.copy_(-by_theta / by_x)
    return x.detach().clone()


@exercise.wrong(shape=expect.ON_CPU)
def on_the_processor(cdf, x, theta):
    x, theta = x.detach().clone().requires_grad_(), theta.detach().clone().requires_grad_()
    ones = torch.ones(x.shape, dtype=x.dtype)
    by_x, by_theta = torch.autograd.grad((cdf(x, theta) * ones).sum(), (x, theta))
    return -by_theta / by_x


@exercise.wrong(shape=unnamed("wrong dtype"))
def always_float64(cdf, x, theta):
    x, theta = x.detach().double().requires_grad_(), theta.detach().double().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x


@exercise.wrong(FLOAT32, *LAWS)
def float32_inside(cdf, x, theta):
    a, b = x.detach().float().requires_grad_(), theta.detach().float().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(a, b).sum(), (a, b))
    return (-by_theta / by_x).to(x.dtype)


# A forward difference with a wide step.
@exercise.wrong(unnamed("dx/dtheta"), *LAWS)
def wide_step(cdf, x, theta):
    x, theta, h = x.detach(), theta.detach(), 1e-3
    by_theta = (cdf(x, theta + h) - cdf(x, theta)) / h
    by_x = (cdf(x + h, theta) - cdf(x, theta)) / h
    return -by_theta / by_x
