"""stl_elbo_gradient: its checks and wrong answers. Grader's side.

No check here is statistical: the draws are handed over, and each has a gradient of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson04_kl_elbo import with_log_joint
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson04_kl_elbo.judging import agrees
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("stl_elbo_gradient", reread="Sticking the landing")

NAMES = ("grad_mu", "grad_logvar")
PLAIN = Mistake("plain", "the ordinary gradient: log q(z) was differentiated in mu and logvar too. Hold them, not z.")
PLAIN_OR_DETACHED = Mistake("plain_or_z_detached", f"{PLAIN} (Or z is detached, which gives the same numbers here.)")
CUT_IN_LOG_Q = Mistake(
    "z_detached_in_log_q",
    "z is detached inside log q: its path is lost there, and the score is kept. Hold mu and logvar instead, not z.",
)
NO_LOG_Q = Mistake(
    "no_log_q",
    "log q(z) is detached or missing: only log_joint is differentiated. Its path through z is needed.",
)
LOG_Q_ADDED = Mistake("log_q_added", "log q(z) is added: the ELBO has log_joint(z) - log q(z).")


def stl_case(rng: Draws) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
    """The parameters of a log joint density, then mu, logvar and eps."""
    root = rng.normal(3, 3)
    precision = root @ root.T + torch.eye(3, dtype=torch.float64)
    target = {"centre": rng.normal(3), "precision": precision, "waves": rng.uniform(0.5, 1, 3)}
    return target, rng.normal(3), rng.uniform(-1, 1, 3), rng.normal(6, 3)


def both(answer: LearnerObject, target: Mapping[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The two gradients that an answer gives for this log joint density."""
    result = beside(with_log_joint, answer, *target.values(), *inputs)
    first, second = expect.pair(result, "the result", NAMES)
    return expect.tensor(first, NAMES[0]), expect.tensor(second, NAMES[1])


def stacked(answer: LearnerObject, target: Mapping[str, Tensor], *inputs: Tensor) -> Tensor:
    """grad_mu above grad_logvar: the two together tell the mistakes apart."""
    copies = (value.clone() for value in inputs)
    return torch.cat([part.double() for part in both(answer, target, *copies)])


@exercise.check
def shape(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Both gradients have a row for each draw and a column for each parameter; the inputs are left alone."""
    target, mu, logvar, eps = stl_case(rng)
    with expect.untouched(mu=mu, logvar=logvar, eps=eps):
        result = both(stl_elbo_gradient, target, mu, logvar, eps)
    mistakes = exercise.mistaken(lambda answer: tuple(both(answer, target, mu, logvar, eps)[0].shape))
    for name, gradient in zip(NAMES, result, strict=True):
        expect.kept(gradient, eps, name, (6, 3), mistakes)


@exercise.check
def values(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Draw by draw, the gradient takes the path through z alone."""
    target, mu, logvar, eps = stl_case(rng)

    def found(answer: LearnerObject) -> Tensor:
        return stacked(answer, target, mu, logvar, eps)

    sigma = (logvar / 2).exp()
    z = mu + sigma * eps
    slope = (target["centre"] - z) @ target["precision"] + z.cos() * target["waves"] + eps / sigma
    right = torch.cat([slope, slope * sigma * eps / 2])
    what = "the gradients (grad_mu above grad_logvar)"
    rule = "the gradient of log_joint(z) - log q(z) through z alone"
    agrees(found(stl_elbo_gradient), right, what, rule=rule, mistakes=exercise.mistaken(found))


@exercise.check
def optimum(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Where q is the posterior, the gradient of every single draw is 0."""
    _, mu, logvar, eps = stl_case(rng)
    target = {"centre": mu, "precision": torch.diag((-logvar).exp()), "waves": 0 * mu}

    def found(answer: LearnerObject) -> Tensor:
        return stacked(answer, target, mu, logvar, eps)

    right = torch.zeros(12, 3, dtype=torch.float64)
    what = "the gradients at the optimum (grad_mu above grad_logvar)"
    agrees(found(stl_elbo_gradient), right, what, rule="0 for every draw", mistakes=exercise.mistaken(found))


# Wrong answers


@exercise.wrong(unnamed("wrong shape"), shape="the draws are averaged (or summed): return one row for each draw.")
def averaged(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_joint(z) - log_q).mean(), [m, v])
    return grad_mu.sum(0), grad_logvar.sum(0)


# Draws noise of its own.
@exercise.wrong(values=unnamed("is wrong"))
def fresh_noise(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * torch.randn_like(eps)
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


@exercise.wrong(LOG_Q_ADDED, "values", "optimum")
def log_q_added(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) + log_q).sum(), [m, v])


@exercise.wrong(NO_LOG_Q, "values", "optimum")
def log_q_detached(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q.detach()).sum(), [m, v])


@exercise.wrong(values="the factor 1/2 is missing: that is the gradient in log sigma, and logvar = 2 log sigma.")
def in_log_sigma(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
    return grad_mu, 2 * grad_logvar


@exercise.wrong(values="that is the gradient in sigma: multiply it by dsigma/dlogvar = sigma / 2.")
def in_sigma(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(logvar / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    (grad_mu,) = torch.autograd.grad((log_joint(z) - log_q).sum(), m)
    return grad_mu, grad_mu * eps


# Holds nothing.
@exercise.wrong(values=PLAIN, optimum=PLAIN_OR_DETACHED)
def plain(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


# Returns the gradient of the loss.
@exercise.wrong(values="the sign is turned: this is the gradient of -ELBO.")
def sign(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_q - log_joint(z)).sum(), [m, v])


@exercise.wrong(
    values=Mistake(
        "z_detached",
        "z is detached: what remains is the score of q, whose mean is 0. Hold mu and logvar in log q(z), not z.",
    ),
    optimum=PLAIN_OR_DETACHED,
)
def z_detached(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = (m + torch.exp(v / 2) * eps).detach()
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


@exercise.wrong(CUT_IN_LOG_Q, "values", "optimum")
def z_detached_in_log_q(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z.detach() - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
