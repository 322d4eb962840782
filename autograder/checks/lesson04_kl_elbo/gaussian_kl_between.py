"""gaussian_kl_between: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch

from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import Cases, Parts, judge_gradients, judge_row_shape, judge_rows
from autograder.checks.lesson04_kl_elbo.mistakes import BATCH_SUM, CUT, HALF, LATENT_MEAN, MINUS_ONE, ROOT, SIGN
from autograder.draws import Draws
from autograder.exercise import Exercise, unnamed
from autograder.verdict import Mistake

exercise = Exercise("gaussian_kl_between", reread="The price of changing your mind")

SWAPPED = Mistake("swapped", "KL(p || q): the two distributions have changed places. q comes first.")
RATIO = Mistake("ratio", "the ratio of the variances is upside down: it is sigma_q^2 / sigma_p^2.")
LOG_RATIO = Mistake("log_ratio", "the logarithm of the ratio is upside down: it is logvar_p - logvar_q.")
UNSCALED = Mistake("unscaled", "the squared difference of the means is not divided by the variance of p.")
BY_SIGMA = Mistake("by_sigma", "the squared difference of the means is divided by sigma_p: divide it by sigma_p^2.")
LOG_SIGMAS = Mistake(
    "log_sigmas", "the log-variances are read as log sigmas: exp(2 * logvar) is not the variance. It is exp(logvar)."
)
SQUARES = Mistake("squares", "mu_q^2 - mu_p^2: it is the difference of the means that is squared.")
TWO_PRICES = Mistake(
    "two_prices", "KL(q || N(0, I)) - KL(p || N(0, I)): prices in N(0, I) do not subtract. Measure q in units of p."
)
BY_Q = Mistake("by_q", "the squared difference of the means is divided by the variance of q: divide it by that of p.")


def two_normals(rng: Draws, batch: int, latent: int, wide: float = 1.5, dtype: torch.dtype = torch.float64) -> Parts:
    """Two normal distributions for each row, different in every number."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    return {name: rng.uniform(-wide, wide, batch, latent, dtype=dtype) for name in names}


def pairs(rng: Draws) -> Cases:
    """Five rows with sigma from 0.2 to 4.5, one row, and two rows of sigmas near 1e-4."""
    narrow = two_normals(rng, 2, 3)
    sharp = {name: value - 18 if "logvar" in name else 1e-4 * value for name, value in narrow.items()}
    return {
        "": {**two_normals(rng, 5, 3, wide=3)},
        " of one row": {**two_normals(rng, 1, 4)},
        " of sharp distributions": sharp,
    }


@exercise.check
def shape(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype and on the device of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        judge_row_shape(gaussian_kl_between, "KL", **two_normals(rng, batch, latent, dtype=dtype))


@exercise.check
def values(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """KL(q || p) in nats, and 0 where q is p."""
    q = two_normals(rng, 5, 3)
    mu, logvar = q["mu_q"], q["logvar_q"]
    same = {"mu_q": mu, "logvar_q": logvar, "mu_p": mu.clone(), "logvar_p": logvar.clone()}
    cases = {**pairs(rng), " where q is p": same}
    judge_rows(exercise, gaussian_kl_between, exact.kl_between, cases, "the KL", "KL(q || p)")


@exercise.check
def gradients(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """Gradients reach all four inputs, and agree with the closed form."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    judge_gradients(exercise, gaussian_kl_between, exact.kl_between, pairs(rng), names, rng)


# Wrong answers


# Averages over the batch, whose total is then another.
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


@exercise.wrong(BY_SIGMA, "values", "gradients")
def by_sigma(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / torch.exp(logvar_p / 2) - 1 - rise).sum(-1)


@exercise.wrong(LOG_SIGMAS, "values", "gradients")
def log_sigmas(mu_q, logvar_q, mu_p, logvar_p):
    rise = 2 * (logvar_q - logvar_p)
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / torch.exp(2 * logvar_p) - 1 - rise).sum(-1)


@exercise.wrong(SQUARES, "values", "gradients")
def squares(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q**2 - mu_p**2) / logvar_p.exp() - 1 - rise).sum(-1)


@exercise.wrong(TWO_PRICES, "values", "gradients")
def two_prices(mu_q, logvar_q, mu_p, logvar_p):
    of_q, of_p = (0.5 * (m**2 + v.exp() - 1 - v).sum(-1) for m, v in ((mu_q, logvar_q), (mu_p, logvar_p)))
    return of_q - of_p


# Only a p that is narrow shows it.
@exercise.wrong(
    "a small number is added to a variance: where p is narrow, it is another p. Divide by the variance as it is.",
    "values",
    "gradients",
)
def small_number(mu_q, logvar_q, mu_p, logvar_p):
    rise = logvar_q - logvar_p
    return 0.5 * (rise.exp() + (mu_q - mu_p) ** 2 / (logvar_p.exp() + 1e-8) - 1 - rise).sum(-1)


# One path is cut, and no value shows it.
@exercise.wrong(gradients=CUT)
def p_detached(mu_q, logvar_q, mu_p, logvar_p):
    rise, distance = logvar_q - logvar_p.detach(), mu_q - mu_p.detach()
    return 0.5 * (rise.exp() + distance**2 / logvar_p.detach().exp() - 1 - rise).sum(-1)
