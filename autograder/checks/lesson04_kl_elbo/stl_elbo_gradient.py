"""stl_elbo_gradient: its checks and wrong answers. Grader's side.

No check here is statistical: the draws are handed over, and each has a gradient of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson04_kl_elbo import with_log_joint
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson04_kl_elbo.judging import Parts, judge_parts
from autograder.checks.lesson04_kl_elbo.mistakes import LOG_SIGMA
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake

exercise = Exercise("stl_elbo_gradient", reread="Sticking the landing (optional)")

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
BY_VARIANCE = Mistake(
    "by_variance",
    "eps / sigma^2: the slope of log q(z) is -(z - mu) / sigma^2, and z - mu is sigma * eps, so -eps / sigma.",
)
KL_TO_PRIOR = Mistake(
    "kl_to_prior", "the KL in closed form, from N(0, I): the gradient is that of log_joint(z) - log q(z), at the draws."
)
LATENT_MEAN = Mistake("latent_mean", "log q(z) is a mean over the latent dimension: it is a sum over it.")
LOG_Q_ADDED = Mistake("log_q_added", "log q(z) is added: the ELBO has log_joint(z) - log q(z).")


FRESH_NOISE = Mistake("fresh_noise", "noise is drawn inside: eps is drawn already. Use z = mu + sigma * eps.")

Case = tuple[Parts, Tensor, Tensor, Tensor]
"""The parameters of a log joint density, then mu, logvar and eps."""


def stl_case(rng: Draws, n: int = 6, d: int = 3) -> Case:
    """A log joint density with a ripple, and a q that is not its posterior."""
    root = rng.normal(d, d)
    precision = root @ root.T + torch.eye(d, dtype=torch.float64)
    target = {"centre": rng.normal(d), "precision": precision, "waves": rng.uniform(0.5, 1, d)}
    return target, rng.normal(d), rng.uniform(-4, 1, d), rng.normal(n, d)


def at_optimum(case: Case) -> Case:
    """A log joint density whose posterior is q."""
    _, mu, logvar, eps = case
    return {"centre": mu, "precision": torch.diag((-logvar).exp()), "waves": 0 * mu}, mu, logvar, eps


def both(answer: LearnerObject, case: Case) -> Parts:
    """The two gradients that an answer gives."""
    target, *inputs = case
    result = expect.pair(beside(with_log_joint, answer, *target.values(), *inputs), "the result", NAMES)
    return {name: expect.tensor(value, name) for name, value in zip(NAMES, result, strict=True)}


def shape_of(answer: LearnerObject, case: Case, name: str) -> tuple[int, ...]:
    """The shape of one of them."""
    return tuple(both(answer, case)[name].shape)


def right_gradients(case: Case) -> Parts:
    """The gradients through z alone."""
    target, mu, logvar, eps = case
    sigma = (logvar / 2).exp()
    z = mu + sigma * eps
    slope = (target["centre"] - z) @ target["precision"] + z.cos() * target["waves"] + eps / sigma
    return {"grad_mu": slope, "grad_logvar": slope * sigma * eps / 2}


def judge_both(answer: LearnerObject, cases: Mapping[str, Case], rule: str) -> None:
    """Both gradients, in every case: the two together tell the mistakes apart."""

    def found(answer: LearnerObject) -> Parts:
        given = {where: both(answer, case) for where, case in cases.items()}
        return {name + where: part for where, parts in given.items() for name, part in parts.items()}

    observed, again = found(answer), found(answer)
    for name, part in observed.items():
        if not torch.allclose(part, again[name], atol=1e-4, equal_nan=True):
            what, expected = f"{name} differs from call to call", "one result for one eps"
            raise Failure(what, expected, "another result for the same inputs", FRESH_NOISE)
    right = {where: right_gradients(case) for where, case in cases.items()}
    named = {name + where: part for where, parts in right.items() for name, part in parts.items()}
    judge_parts(observed, named, rule, exercise.mistaken(found))


@exercise.check
def shape(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """A row for each draw, a column for each parameter and the dtype of eps, for both; the inputs are left alone."""
    for n, d, dtype in [(6, 3, torch.float64), (1, 2, torch.float32)]:
        target, *inputs = stl_case(rng, n, d)
        mu, logvar, eps = (value.to(dtype) for value in inputs)
        case = {name: value.to(dtype) for name, value in target.items()}, mu, logvar, eps
        with expect.untouched(mu=mu, logvar=logvar, eps=eps):
            result = both(stl_elbo_gradient, case)
        for name, gradient in result.items():
            mistakes = exercise.mistaken(partial(shape_of, case=case, name=name))
            expect.kept(gradient, eps, name, (n, d), mistakes)


@exercise.check
def values(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Draw by draw, the gradient takes the path through z alone."""
    cases = {"": stl_case(rng), " of one draw": stl_case(rng, 1, 2)}
    judge_both(stl_elbo_gradient, cases, "the gradient of log_joint(z) - log q(z) through z alone")


@exercise.check
def optimum(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Where q is the posterior, the gradient of every single draw is 0."""
    cases = {
        " at the optimum": at_optimum(stl_case(rng)),
        " at the optimum, of one draw": at_optimum(stl_case(rng, 1, 2)),
    }
    judge_both(stl_elbo_gradient, cases, "0 for every draw")


# Wrong answers


@exercise.wrong(unnamed("wrong shape"), shape="one row for all draws: return one row for each draw.")
def averaged(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_joint(z) - log_q).mean(), [m, v])
    return grad_mu.sum(0), grad_logvar.sum(0)


# At the optimum every noise gives zeros.
@exercise.wrong(values=FRESH_NOISE)
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


@exercise.wrong(BY_VARIANCE, "values", "optimum")
def by_variance(log_joint, mu, logvar, eps):
    sigma = torch.exp(logvar / 2)
    z = (mu + sigma * eps).detach().requires_grad_()
    slope = torch.autograd.grad(log_joint(z).sum(), z)[0] + eps / logvar.exp()
    return slope, slope * sigma * eps / 2


@exercise.wrong(KL_TO_PRIOR, "values", "optimum")
def kl_to_prior(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    kl = 0.5 * (m**2 + v.exp() - 1 - v).sum(-1)
    return torch.autograd.grad((log_joint(z) - kl).sum(), [m, v])


@exercise.wrong(LATENT_MEAN, "values", "optimum")
def latent_mean(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).mean(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


@exercise.wrong(LOG_SIGMA, "values", "optimum")
def log_sigma(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v) * eps
    log_q = -0.5 * ((z - mu) ** 2 / torch.exp(2 * logvar) + 2 * logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


@exercise.wrong(shape=unnamed("wrong dtype"))
def float64(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
    return grad_mu.double(), grad_logvar.double()


# At the optimum both are 0.
@exercise.wrong(values="the two have changed places: return grad_mu first, then grad_logvar.")
def exchanged(log_joint, mu, logvar, eps):
    m, v = (each.expand_as(eps).clone().requires_grad_() for each in (mu, logvar))
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    grad_mu, grad_logvar = torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
    return grad_logvar, grad_mu
