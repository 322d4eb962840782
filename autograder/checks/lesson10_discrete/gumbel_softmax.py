"""gumbel_softmax: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson10_discrete.closed_forms import gumbel_softmax as softened
from autograder.checks.lesson10_discrete.judging import (
    CHANGES,
    FLOAT32,
    Case,
    Parts,
    curves,
    judge_parts,
    steady,
    value,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("gumbel_softmax", reread="A softer choice")

SOFT = "the soft choice"
CUT = Mistake(
    "cut",
    "the way back to the logits is cut, by detach(), no_grad(), argmax or a new tensor. Use the softmax as it is.",
)
TAU_MULTIPLIES = Mistake("tau_multiplies", "tau multiplies: divide by it.")
TAU_IGNORED = Mistake("tau_ignored", "tau has no effect: divide the noisy logits by it.")
OVERFLOW = Mistake(
    "overflow", "exp, then divided by the sum: exp overflows to inf, and inf / inf is nan. torch.softmax does not."
)


def cases(rng: Draws) -> dict[str, Case]:
    """Arguments with two and three dimensions, tau below and above 1, by what a message calls the result."""
    found = {}
    for tau, shape in [(0.6, (4, 3)), (2.0, (4, 3)), (0.6, (2, 4, 5)), (2.0, (2, 4, 5))]:
        case = rng.normal(*shape), tau, rng.uniform(0.1, 0.9, *shape)
        found[f"{SOFT} for logits of shape {shape}, tau = {tau}"] = case
    return found


@exercise.check
def shape(gumbel_softmax: LearnerObject, rng: Draws) -> None:
    """The soft choice has the shape, dtype and device of logits; logits and u are left alone."""
    for shape, dtype in [
        ((5, 3), torch.float32),
        ((1, 4), torch.float64),
        ((2, 3, 4), torch.float32),
        ((6,), torch.float64),
    ]:
        logits, u = rng.normal(*shape, dtype=dtype), rng.uniform(0.1, 0.9, *shape, dtype=dtype)
        with expect.untouched(logits=logits, u=u):
            result = gumbel_softmax(logits, 0.7, u)
        expect.kept(result, logits, f"{SOFT} for logits of shape {shape}")
        expect.device_kept(gumbel_softmax, logits, 0.7, u, what=SOFT)


@exercise.check
def values(gumbel_softmax: LearnerObject, rng: Draws) -> None:
    """Each row is the softmax of (logits - log(-log u)) / tau, for tau below and above 1."""
    given = cases(rng)
    steady(gumbel_softmax, SOFT, *next(iter(given.values())))

    def found(answer: LearnerObject) -> Parts:
        return {what: value(answer, SOFT, case) for what, case in given.items()}

    right = {what: softened(*case) for what, case in given.items()}
    judge_parts(exercise, gumbel_softmax, found, right, "softmax((logits - log(-log u)) / tau)")


@exercise.check
def stable(gumbel_softmax: LearnerObject, rng: Draws) -> None:
    """In float32, 900 more or less in all logits of a row changes nothing, and logits far apart give no nan."""
    # Numbers that float32 still has when 900 is added.
    logits, u = (512 * rng.normal(6, 5)).round() / 512, rng.uniform(0.05, 0.95, 6, 5)
    levels = 900 * torch.tensor([1.0, -1.0, 1.0, -1.0, 0.0, 0.0])[:, None]
    plain, shifted, apart = (each.float() for each in (logits, logits + levels, 900 * logits))
    what = f"{SOFT} for rows of logits near 900 and -900"

    def found(answer: LearnerObject) -> Parts:
        return {
            what: value(answer, SOFT, (shifted, 0.6, u.float())),
            "apart": value(answer, SOFT, (apart, 0.6, u.float())),
        }

    own = value(gumbel_softmax, SOFT, (plain, 0.6, u.float()))
    rule = "the same as for the same logits near 0"
    judge_parts(exercise, gumbel_softmax, found, {what: own}, rule, single=2e-3)
    if not value(gumbel_softmax, SOFT, (apart, 0.6, u.float())).isfinite().all():
        raise Failure(
            f"{SOFT} is not finite", "a softmax for logits that are 900 and more apart", "nan or inf", OVERFLOW
        )


@exercise.check
def gradients(gumbel_softmax: LearnerObject, rng: Draws) -> None:
    """The gradient in the logits is that of the softmax, 1 / tau times its slopes."""
    given = cases(rng)
    weights = {what: rng.normal(*logits.shape) for what, (logits, _, _) in given.items()}
    found = curves(SOFT, given, weights, CUT)
    right = {what: part for what, part in found(softened).items() if what not in given}
    judge_parts(exercise, gumbel_softmax, found, right, "that of softmax((logits - log(-log u)) / tau)", digits=1e-5)


# Wrong answers


@exercise.wrong("log(u) is added: Gumbel noise is -log(-log u).", "values", "gradients")
def log_u(logits, tau, u):
    return torch.softmax((logits + u.log()) / tau, -1)


@exercise.wrong("-log(u) is added, one logarithm short: Gumbel noise is -log(-log u).", "values", "gradients")
def one_logarithm(logits, tau, u):
    return torch.softmax((logits - u.log()) / tau, -1)


@exercise.wrong("the sign of the noise is turned: add -log(-log u), or subtract log(-log u).", "values", "gradients")
def sign(logits, tau, u):
    return torch.softmax((logits + (-u.log()).log()) / tau, -1)


@exercise.wrong(TAU_MULTIPLIES, "values", "gradients")
def tau_multiplies(logits, tau, u):
    return torch.softmax((logits - (-u.log()).log()) * tau, -1)


@exercise.wrong("only the noise is divided by tau: divide the sum of logits and noise.", "values", "gradients")
def noise_divided(logits, tau, u):
    return torch.softmax(logits - (-u.log()).log() / tau, -1)


@exercise.wrong("only the logits are divided by tau: divide the sum of logits and noise.", "values", "gradients")
def logits_divided(logits, tau, u):
    return torch.softmax(logits / tau - (-u.log()).log(), -1)


@exercise.wrong(TAU_IGNORED, "values", "gradients")
def tau_ignored(logits, tau, u):
    return torch.softmax(logits - (-u.log()).log(), -1)


@exercise.wrong("the root of tau divides: divide by tau itself.", "values", "gradients")
def root_of_tau(logits, tau, u):
    return torch.softmax((logits - (-u.log()).log()) / tau**0.5, -1)


@exercise.wrong(
    "the softmax runs over dimension 0: the classes stand in the last one.", "values", "stable", "gradients"
)
def first_dimension(logits, tau, u):
    return torch.softmax((logits - (-u.log()).log()) / tau, 0)


@exercise.wrong(
    "the softmax runs over dimension 1: the classes stand in the last one, which may be another.", "values", "gradients"
)
def second_dimension(logits, tau, u):
    return torch.softmax((logits - (-u.log()).log()) / tau, min(1, logits.ndim - 1))


@exercise.wrong("the noise is added after the softmax: add it to the logits.", "values", "gradients")
def noise_after(logits, tau, u):
    return torch.softmax(logits / tau, -1) - (-u.log()).log()


@exercise.wrong("the noise is added to probabilities: add it to the logits.", "values", "gradients")
def on_probabilities(logits, tau, u):
    return torch.softmax((torch.softmax(logits, -1) - (-u.log()).log()) / tau, -1)


@exercise.wrong("a softmax of a softmax: take it once.", "values", "gradients")
def twice(logits, tau, u):
    return torch.softmax(torch.softmax((logits - (-u.log()).log()) / tau, -1), -1)


@exercise.wrong(
    "a sigmoid of each number: the classes of a row should share 1. Use a softmax.", "values", "stable", "gradients"
)
def sigmoid(logits, tau, u):
    return torch.sigmoid((logits - (-u.log()).log()) / tau)


@exercise.wrong("the logarithm of the soft choice: use softmax, not log_softmax.", "values", "gradients")
def logarithm(logits, tau, u):
    return torch.log_softmax((logits - (-u.log()).log()) / tau, -1)


@exercise.wrong(values="hard: a row of 0 and 1. Return the softmax itself.", gradients=CUT)
def hard(logits, tau, u):
    return F.one_hot((logits - (-u.log()).log()).argmax(-1), logits.shape[-1]).to(logits.dtype)


@exercise.wrong(stable=OVERFLOW)
def naive(logits, tau, u):
    weights = torch.exp((logits - (-u.log()).log()) / tau)
    return weights / weights.sum(-1, keepdim=True)


@exercise.wrong(
    stable="the largest of all noisy logits is subtracted: rows far below it underflow. Subtract that of each row."
)
def largest_of_all(logits, tau, u):
    noisy = (logits - (-u.log()).log()) / tau
    weights = torch.exp(noisy - noisy.max())
    return weights / weights.sum(-1, keepdim=True)


@exercise.wrong(gradients=CUT)
def detached(logits, tau, u):
    return torch.softmax((logits.detach() - (-u.log()).log()) / tau, -1)


@exercise.wrong(values=CHANGES, stable=unnamed("is wrong"), gradients=unnamed("is wrong"))
def own_noise(logits, tau, u):
    return F.gumbel_softmax(logits, tau)


@exercise.wrong(
    "softmax(logits / tau): the noise is not added, or all classes of a row get the same.", "values", "gradients"
)
def without_noise(logits, tau, u):
    return torch.softmax(logits / tau, -1)


@exercise.wrong("u itself is added: turn it into Gumbel noise, -log(-log u).", "values", "gradients")
def uniform(logits, tau, u):
    return torch.softmax((logits + u) / tau, -1)


@exercise.wrong(values=FLOAT32)
def float32_inside(logits, tau, u):
    noise = -torch.log(-torch.log(u.float()))
    return torch.softmax((logits.float() + noise) / tau, -1).to(logits.dtype)


@exercise.wrong(
    values="a small number inside the logarithms: it changes the noise. u is between 0 and 1, so none is needed."
)
def small_number(logits, tau, u):
    return torch.softmax((logits - torch.log(-torch.log(u + 1e-6) + 1e-6)) / tau, -1)


@exercise.wrong(shape=unnamed("wrong dtype"))
def float32(logits, tau, u):
    return torch.softmax((logits - (-u.log()).log()) / tau, -1).float()


@exercise.wrong(shape=expect.IN_PLACE)
def in_place(logits, tau, u):
    return torch.softmax((logits - u.log_().neg_().log_()) / tau, -1)


@exercise.wrong(
    "the logits are divided by their sum after the noise, without exp: use a softmax.", "values", "stable", "gradients"
)
def shares(logits, tau, u):
    noisy = (logits - (-u.log()).log()) / tau
    return noisy / noisy.sum(-1, keepdim=True)
