"""gaussian_kl_between: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.closed_forms import (
    BY_Q,
    HALF,
    LATENT_MEAN,
    LOG_RATIO,
    MINUS_ONE,
    RATIO,
    ROOT,
    SWAPPED,
    UNSCALED,
)
from autograder.checks.lesson04_kl_elbo.judging import (
    BATCH_SUM,
    in_lesson,
    judge_gradients,
    judge_row_shape,
    judge_rows,
    leaves,
)
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed

exercise = Exercise("gaussian_kl_between", reread="The price of changing your mind")

BETWEEN = in_lesson("The price of changing your mind")

# gaussian_kl_between


def between_inputs(rng: Draws, batch: int, latent: int, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Two normal distributions for each row, different in every number."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    return {name: rng.uniform(-1.5, 1.5, batch, latent, dtype=dtype) for name in names}


@exercise.check
def shape(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        judge_row_shape(gaussian_kl_between, "the KL", **between_inputs(rng, batch, latent, dtype))


@exercise.check
def values(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """KL(q || p) in nats, and 0 where q is p."""
    inputs = between_inputs(rng, 5, 3)
    copies = (value.clone() for value in inputs.values())
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_rows(gaussian_kl_between(*copies), exact.kl_between(**inputs), "the KL", "KL(q || p)", mistakes)
    mu, logvar = inputs["mu_q"], inputs["logvar_q"]
    same = gaussian_kl_between(mu, logvar, mu.clone(), logvar.clone())
    judge_rows(same, torch.zeros(5, dtype=torch.float64), "the KL where q is p", "0", {})


@exercise.check
def gradients(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """Gradients reach all four inputs, and agree with the closed form."""
    inputs = leaves(**between_inputs(rng, 5, 3))
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_gradients(gaussian_kl_between(*inputs.values()), exact.kl_between(**inputs), inputs, rng, mistakes)


# Wrong answers


# Averages over the batch as well.
@exercise.wrong(shape=BATCH_SUM, values=unnamed("the KL is wrong"), gradients=unnamed("is wrong"))
def batch_mean(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    return 0.5 * (d.exp() + (mu_q - mu_p) ** 2 / logvar_p.exp() - 1 - d).sum(-1).mean()


# Divides the distance of the means by the variance of q.
@exercise.wrong(values=BY_Q, gradients=BY_Q)
def by_q(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_q.exp() - 1 - d).sum(-1)


# Averages over the latents.
@exercise.wrong(values=LATENT_MEAN, gradients=LATENT_MEAN)
def latent_mean(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_p.exp() - 1 - d).mean(-1)


# Turns the logarithm of the ratio.
@exercise.wrong(values=LOG_RATIO, gradients=LOG_RATIO)
def log_ratio(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_p.exp() - 1 + d).sum(-1)


# Forgets the -1.
@exercise.wrong(values=MINUS_ONE)
def minus_one(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e / logvar_p.exp() - d).sum(-1)


# Forgets the factor 1/2.
@exercise.wrong(values=HALF, gradients=HALF)
def no_half(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return (d.exp() + e / logvar_p.exp() - 1 - d).sum(-1)


# Turns the ratio of the variances.
@exercise.wrong(values=RATIO, gradients=RATIO)
def ratio(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (torch.exp(-d) + e / logvar_p.exp() - 1 - d).sum(-1)


# Takes sigmas for variances.
@exercise.wrong(values=ROOT, gradients=ROOT)
def sigma(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (torch.exp(d / 2) + e / torch.exp(logvar_p / 2) - 1 - d).sum(-1)


# Exchanges the two distributions.
@exercise.wrong(values=SWAPPED, gradients=SWAPPED)
def swapped(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (torch.exp(-d) + e / logvar_q.exp() - 1 + d).sum(-1)


# Leaves the distance of the means unscaled.
@exercise.wrong(values=UNSCALED, gradients=UNSCALED)
def unscaled(mu_q, logvar_q, mu_p, logvar_p):
    d = logvar_q - logvar_p
    e = (mu_q - mu_p) ** 2
    return 0.5 * (d.exp() + e - 1 - d).sum(-1)
