"""gaussian_kl_between: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from typing import Any

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    Parts,
    copies,
    judge_gradients,
    judge_row_shape,
    judge_rows,
    leaves,
)
from autograder.checks.lesson04_kl_elbo.mistakes import BATCH_SUM, HALF, LATENT_MEAN, MINUS_ONE, ROOT, SIGN
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("gaussian_kl_between", reread="The price of changing your mind")

SWAPPED = Mistake("swapped", "KL(p || q): the two distributions have changed places. q comes first.")
RATIO = Mistake("ratio", "the ratio of the variances is upside down: it is sigma_q^2 / sigma_p^2.")
LOG_RATIO = Mistake("log_ratio", "the logarithm of the ratio is upside down: it is logvar_p - logvar_q.")
UNSCALED = Mistake("unscaled", "the squared difference of the means is not divided by the variance of p.")
BY_Q = Mistake("by_q", "the squared difference of the means is divided by the variance of q: divide it by that of p.")


def two_normals(rng: Draws, batch: int, latent: int, dtype: torch.dtype = torch.float64) -> Parts:
    """Two normal distributions for each row, different in every number."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    return {name: rng.uniform(-1.5, 1.5, batch, latent, dtype=dtype) for name in names}


@exercise.check
def shape(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        judge_row_shape(gaussian_kl_between, "the KL", **two_normals(rng, batch, latent, dtype))


@exercise.check
def values(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """KL(q || p) in nats, and 0 where q is p."""
    inputs = two_normals(rng, 5, 3)

    def found(answer: LearnerObject) -> Any:
        return answer(*copies(inputs))

    right, mistakes = exact.kl_between(**inputs), exercise.mistaken(found)
    judge_rows(found(gaussian_kl_between), right, "the KL", "KL(q || p)", mistakes)
    mu, logvar = inputs["mu_q"], inputs["logvar_q"]
    same = gaussian_kl_between(mu, logvar, mu.clone(), logvar.clone())
    judge_rows(same, torch.zeros_like(right), "the KL where q is p", "0")


@exercise.check
def gradients(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """Gradients reach all four inputs, and agree with the closed form."""
    inputs = leaves(**two_normals(rng, 5, 3))

    def found(answer: LearnerObject) -> Any:
        return answer(*inputs.values())

    right, mistakes = exact.kl_between(**inputs), exercise.mistaken(found)
    judge_gradients(found(gaussian_kl_between), right, inputs, rng, mistakes)


# Wrong answers


@exercise.wrong(shape=BATCH_SUM, values=unnamed("the KL is wrong"), gradients=unnamed("is wrong"))
def batch_mean(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - rise).sum(-1).mean()


@exercise.wrong(BY_Q, "values", "gradients")
def by_q(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / logvar_q.exp() - 1 - rise).sum(-1)


@exercise.wrong(LATENT_MEAN, "values", "gradients")
def latent_mean(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - rise).mean(-1)


@exercise.wrong(LOG_RATIO, "values", "gradients")
def log_ratio(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 + rise).sum(-1)


# No gradient sees it.
@exercise.wrong(values=MINUS_ONE)
def minus_one(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - rise).sum(-1)


@exercise.wrong(HALF, "values", "gradients")
def no_half(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return (rise.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - rise).sum(-1)


@exercise.wrong(RATIO, "values", "gradients")
def ratio(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (torch.exp(-rise) + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - rise).sum(-1)


@exercise.wrong(ROOT, "values", "gradients")
def root(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (torch.exp(rise / 2) + (mu_q - mu_p) ** 2 / torch.exp(logvar_p / 2) - 1 - rise).sum(-1)


@exercise.wrong(SIGN, "values", "gradients")
def sign(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (1 + rise - rise.exp() - (mu_q - mu_p) ** 2 / logvar_p.exp()).sum(-1)


@exercise.wrong(SWAPPED, "values", "gradients")
def swapped(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (torch.exp(-rise) + (mu_q - mu_p) ** 2 / logvar_q.exp() - 1 + rise).sum(-1)


@exercise.wrong(UNSCALED, "values", "gradients")
def unscaled(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 - 1 - rise).sum(-1)
