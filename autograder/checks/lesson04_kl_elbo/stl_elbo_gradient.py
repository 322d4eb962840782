"""stl_elbo_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson04_kl_elbo import with_log_joint
from autograder.boundary.learner import LearnerObject, beside
from autograder.checks.lesson04_kl_elbo.judging import agrees, in_lesson
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("stl_elbo_gradient", reread="Sticking the landing")

STICKING = in_lesson("Sticking the landing")
NAMES = ("grad_mu", "grad_logvar")
PLAIN = Mistake(
    "plain",
    "the ordinary gradient: log q(z) was differentiated in mu and logvar too. Hold them, not z.",
)
SCORE = Mistake(
    "score",
    "z is detached: what remains is the score of q, whose mean is 0. Hold mu and logvar in log q(z), not z.",
)
INNER_CUT = Mistake(
    "inner_cut",
    "z is detached inside log q: its path is lost there, and the score is kept. Hold mu and logvar instead, not z.",
)
NO_LOG_Q = Mistake(
    "no_log_q",
    "log q(z) is detached or missing: only log_joint is differentiated. Its path through z is needed.",
)
LOG_Q_ADDED = Mistake(
    "log_q_added",
    "log q(z) is added: the ELBO has log_joint(z) - log q(z).",
)
CLIMBS_DOWN = Mistake(
    "climbs_down",
    "the sign is turned: this is the gradient of -ELBO.",
)
LOG_SIGMA_GRADIENT = Mistake(
    "log_sigma_gradient",
    "the factor 1/2 is missing: that is the gradient in log sigma, and logvar = 2 log sigma.",
)
SIGMA_GRADIENT = Mistake(
    "sigma_gradient",
    "that is the gradient in sigma: multiply it by dsigma/dlogvar = sigma / 2.",
)


def stl_case(rng: Draws) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
    """The parameters of a log joint density, then mu, logvar and eps."""
    root = rng.normal(3, 3)
    precision = root @ root.T + torch.eye(3, dtype=torch.float64)
    target = {"centre": rng.normal(3), "precision": precision, "waves": rng.uniform(0.5, 1, 3)}
    return target, rng.normal(3), rng.uniform(-1, 1, 3), rng.normal(6, 3)


def call_stl(function: LearnerObject, target: Mapping[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The learner's two gradients for this log joint density."""
    result = beside(with_log_joint, function, *target.values(), *inputs)
    first, second = expect.pair(result, "the result", NAMES)
    return expect.tensor(first, NAMES[0]), expect.tensor(second, NAMES[1])


@exercise.check
def shape(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Both gradients have a row for each draw and a column for each parameter; the inputs are left alone."""
    target, mu, logvar, eps = stl_case(rng)
    mistakes = {
        "the draws are averaged (or summed): return one row for each draw.": (3,),
        "one number for each draw: return a column for each parameter.": (6,),
    }
    with expect.untouched(mu=mu, logvar=logvar, eps=eps):
        result = call_stl(stl_elbo_gradient, target, mu, logvar, eps)
    for name, gradient in zip(NAMES, result, strict=True):
        expect.kept(gradient, eps, name, (6, 3), mistakes)


@exercise.check
def values(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Draw by draw, the gradient takes the path through z alone."""
    target, mu, logvar, eps = stl_case(rng)
    found = call_stl(stl_elbo_gradient, target, mu.clone(), logvar.clone(), eps.clone())
    sigma = (logvar / 2).exp()
    z = mu + sigma * eps
    slope = (target["centre"] - z) @ target["precision"] + z.cos() * target["waves"]
    whole = slope + eps / sigma
    ways = {
        PLAIN: (slope, slope * sigma * eps / 2 + 0.5),
        SCORE: (-eps / sigma, (1 - eps.square()) / 2),
        NO_LOG_Q: (slope, slope * sigma * eps / 2),
        INNER_CUT: (slope - eps / sigma, slope * sigma * eps / 2 + (1 - eps.square()) / 2),
        LOG_Q_ADDED: (
            slope - eps / sigma,
            (slope - eps / sigma) * sigma * eps / 2,
        ),
        CLIMBS_DOWN: (-whole, -whole * sigma * eps / 2),
        LOG_SIGMA_GRADIENT: (whole, whole * sigma * eps),
        SIGMA_GRADIENT: (whole, whole * eps),
        "mu was taken away from the path: z = mu + sigma * eps.": (0 * whole, whole * sigma * eps / 2),
    }
    right = (whole, whole * sigma * eps / 2)
    # The two gradients together tell the mistakes apart.
    observed, expected = torch.cat([part.double() for part in found]), torch.cat(right)
    named = {sentence: torch.cat(pair) for sentence, pair in ways.items()}
    rule = "the gradient of log_joint(z) - log q(z) through z alone"
    agrees(observed, expected, "the gradients (grad_mu above grad_logvar)", rule=rule, mistakes=named)


@exercise.check
def optimum(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Where q is the posterior, the gradient of every single draw is 0."""
    _, mu, logvar, eps = stl_case(rng)
    target = {"centre": mu, "precision": torch.diag((-logvar).exp()), "waves": 0 * mu}
    found = call_stl(stl_elbo_gradient, target, mu.clone(), logvar.clone(), eps)
    zero, sigma = torch.zeros_like(eps), (logvar / 2).exp()
    plain = -eps / sigma
    ways = {
        PLAIN: (plain, (1 - eps.square()) / 2),
        NO_LOG_Q: (plain, -eps.square() / 2),
        INNER_CUT: (2 * plain, 0.5 - eps.square()),
        LOG_Q_ADDED: (2 * plain, -eps.square()),
    }
    observed = torch.cat([part.double() for part in found])
    named = {sentence: torch.cat(pair) for sentence, pair in ways.items()}
    # The score of q has the same numbers at this place: one sentence for both.
    named = {f"{PLAIN} (Or z is detached, which gives the same numbers here.)": named.pop(PLAIN), **named}
    what = "the gradients at the optimum (grad_mu above grad_logvar)"
    agrees(observed, torch.cat([zero, zero]), what, rule="0 for every draw", mistakes=named)


# Wrong answers


# Averages over the draws.
@exercise.wrong(
    shape="the draws are averaged (or summed): return one row for each draw.",
    values=unnamed("wrong shape"),
    optimum=unnamed("wrong shape"),
)
def averaged(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    g = torch.autograd.grad((log_joint(z) - log_q).mean(), [m, v])
    return g[0].sum(0), g[1].sum(0)


# Draws noise of its own.
@exercise.wrong(values=unnamed("is wrong"))
def fresh_noise(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * torch.randn_like(eps)
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


# Adds log q.
@exercise.wrong(values=LOG_Q_ADDED, optimum=LOG_Q_ADDED)
def log_q_added(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_joint(z) + log_q).sum(), [m, v])


# Detaches log q altogether.
@exercise.wrong(values=NO_LOG_Q, optimum=NO_LOG_Q)
def log_q_detached(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q.detach()).sum(), [m, v])


# Returns the gradient in log sigma.
@exercise.wrong(values=LOG_SIGMA_GRADIENT)
def log_sigma_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    g = torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
    return g[0], 2 * g[1]


# Holds nothing: the ordinary gradient.
@exercise.wrong(
    values=PLAIN,
    optimum="the ordinary gradient: log q(z) was differentiated in mu and logvar too. Hold them, not z. (Or z is detached, which gives the same numbers here.)",
)
def plain(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


# Returns the gradient in sigma.
@exercise.wrong(values=SIGMA_GRADIENT)
def sigma_gradient(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    g = torch.autograd.grad((log_joint(z) - log_q).sum(), m)[0]
    return g, g * eps


# Returns the gradient of the loss.
@exercise.wrong(values=CLIMBS_DOWN)
def sign(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    log_q = -0.5 * ((z - mu) ** 2 / logvar.exp() + logvar).sum(-1)
    return torch.autograd.grad((log_q - log_joint(z)).sum(), [m, v])


# Detaches z.
@exercise.wrong(
    values=SCORE,
    optimum="the ordinary gradient: log q(z) was differentiated in mu and logvar too. Hold them, not z. (Or z is detached, which gives the same numbers here.)",
)
def z_detached(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    z = z.detach()
    log_q = -0.5 * ((z - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])


# Detaches z inside log q.
@exercise.wrong(values=INNER_CUT, optimum=INNER_CUT)
def z_detached_in_log_q(log_joint, mu, logvar, eps):
    m = mu.expand_as(eps).clone().requires_grad_()
    v = logvar.expand_as(eps).clone().requires_grad_()
    z = m + torch.exp(v / 2) * eps
    d = z.detach()
    log_q = -0.5 * ((d - m) ** 2 / v.exp() + v).sum(-1)
    return torch.autograd.grad((log_joint(z) - log_q).sum(), [m, v])
