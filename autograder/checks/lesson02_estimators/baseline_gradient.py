"""baseline_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from autograder import expect
from autograder.beside.lesson02_estimators import wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.closed_forms import normal_score, score_function_gradient, scores
from autograder.checks.lesson02_estimators.estimates import (
    AVERAGED,
    DIFFERENTIATES,
    DRAWS,
    FIXED_SEED,
    FLOAT32_NOISE,
    OWN_DRAWS,
    SCORES,
    TRANSPOSED,
    Point,
    agrees,
    judge_column,
    judge_draws,
    judge_shape,
    mistaken_tables,
    near,
    refusal,
    some_parameters,
    tables,
    take,
)
from autograder.checks.lesson02_estimators.normal_score import mistaken_scores
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("baseline_gradient", reread="A baseline from the other draws")

NO_BASELINE = Mistake("no_baseline", "f(z) * score: no baseline is subtracted here. It belongs in both columns.")
BASELINE_ALONE = Mistake("baseline_alone", "the baseline alone multiplies the score: subtract it from f(z).")
OWN_SAMPLE = Mistake(
    "own_sample",
    "the baseline includes the own sample: that shrinks the estimate by (n-1)/n. Average the other draws.",
)
MULTIPLIES = Mistake("multiplies", "the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score.")
MEAN_MULTIPLIES = Mistake(
    "mean_multiplies",
    "the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score, and with the own sample left out.",
)
ADDED = Mistake("added", "the baseline is added: it must be subtracted.")
OTHERS_SUMMED = Mistake("others_summed", "the sum of the others, not their mean: divide it by n - 1.")
DIVIDED_BY_N = Mistake("divided_by_n", "the sum of the others is divided by n: there are n - 1 of them.")
OF_ESTIMATES = Mistake(
    "of_estimates",
    "the mean of the estimates is subtracted: their mean is then zero, whatever f is. Subtract from f.",
)
AFTER_SCORE = Mistake(
    "after_score",
    "the baseline is subtracted after the product: subtract it from f, then multiply by the score.",
)


def centred(f: Tensor) -> Tensor:
    """Each entry less the mean of the other ones."""
    return f - (f.sum() - f) / (len(f) - 1)


def baseline_estimates(z: Tensor, mu: float, sigma: float) -> Tensor:
    """f(z) minus the mean of f over the other draws, times the scores."""
    return centred(wave(z))[:, None] * scores(z, mu, sigma)


def judge_baseline_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the estimates with a baseline, from so few draws that the own sample matters."""

    def wrong_scores(points: Sequence[Point]) -> expect.Mistakes:
        return mistaken_scores(lambda z: centred(wave(z)), points)

    rule = f"(f(z) - mean of f over the other draws) * {SCORES[column]}"
    judge_column(exercise, estimator, column, 4, rng, baseline_estimates, rule, wrong_scores)


@exercise.check
def shape(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for only two draws."""
    judge_shape(exercise, baseline_gradient, rng, (5, 2), baseline_estimates)


@exercise.check
def mu(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """The first column subtracts from f(z) the mean over the other draws, row by row."""
    judge_baseline_column(baseline_gradient, 0, rng)


@exercise.check
def sigma(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """The second column subtracts from f(z) the same baseline, row by row."""
    judge_baseline_column(baseline_gradient, 1, rng)


@exercise.check
def draws(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """f is evaluated at independent draws from N(mu, sigma^2), fresh in every call."""
    judge_draws(exercise, baseline_gradient, DRAWS)


@exercise.check
def constant(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """For f = 100 every estimate is exactly 0: there is nothing to learn from a constant."""
    mu, sigma = some_parameters(rng)
    with refusal(DIFFERENTIATES, "estimates for f = 100: only values of f are needed"):
        taken = [take(baseline_gradient, name, mu, sigma, 5) for name in ("hundred", "wave")]
    rows = tables(exercise, taken)
    # For f = 100 alone, several mistakes give the same numbers.
    named = ((mistake, given[0]) for mistake, given in mistaken_tables(exercise, taken) if near(given, rows))
    rule = "0: the mean of f over the other draws is f"
    agrees(rows[0], torch.zeros(5, 2), "the result for f = 100", rule=rule, mistakes=named)


# Wrong answers


# Averages over a dimension that is not there.
@exercise.wrong(stops("IndexError"))
def of_two_dimensions(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean(dim=1)).unsqueeze(1) * score


@exercise.wrong(ADDED, "mu", "sigma", "constant")
def added(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return (values + baseline).unsqueeze(1) * score


@exercise.wrong(AFTER_SCORE, "mu", "sigma", "constant")
def after_score(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return values.unsqueeze(1) * score - baseline.unsqueeze(1)


@exercise.wrong(BASELINE_ALONE, "mu", "sigma", "constant")
def baseline_alone(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return baseline.unsqueeze(1) * score


@exercise.wrong(AVERAGED, "shape", "mu", "sigma", "constant")
def averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * ((values - values.mean()).unsqueeze(1) * score).mean(dim=0)


@exercise.wrong(DIVIDED_BY_N, "mu", "sigma", "constant")
def divided_by_n(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / n
    return (values - baseline).unsqueeze(1) * score


@exercise.wrong(DIFFERENTIATES, "mu", "sigma", "constant")
def differentiates_f(f, mu, sigma, n):
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    baseline = ((values.sum() - values) / (n - 1)).detach()
    return torch.stack(torch.autograd.grad((values - baseline).sum(), (mus, sigmas)), dim=1)


# Draws without the dtype, and makes float64 of what has the digits of float32.
@exercise.wrong(shape=FLOAT32_NOISE)
def float32_noise(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n).double()
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score


@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    torch.manual_seed(1)
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score


@exercise.wrong(OWN_DRAWS, "mu", "sigma", "draws")
def from_new_draws(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    other = mu + sigma * torch.randn(n, dtype=torch.float64)
    return (f(z) - f(other).mean()).unsqueeze(1) * score


# Subtracts the baseline in the first column only.
@exercise.wrong(sigma=NO_BASELINE, constant=unnamed("the result for f = 100 is wrong"))
def in_mu_alone(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = (values.sum() - values) / (n - 1)
    in_mu, in_sigma = normal_score(z, mu, sigma)
    return torch.stack([(values - baseline) * in_mu, values * in_sigma], dim=1)


@exercise.wrong(MEAN_MULTIPLIES, "mu", "sigma", "constant")
def mean_multiplies(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values * values.mean()).unsqueeze(1) * score


@exercise.wrong(NO_BASELINE, "mu", "sigma", "constant")
def no_baseline(f, mu, sigma, n):
    return score_function_gradient(f, mu, sigma, n)


@exercise.wrong(MULTIPLIES, "mu", "sigma", "constant")
def multiplies(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return (values * baseline).unsqueeze(1) * score


@exercise.wrong(OF_ESTIMATES, "mu", "sigma", "constant")
def of_estimates(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    estimates = f(z).unsqueeze(1) * score
    return estimates - estimates.mean(dim=0)


@exercise.wrong(OWN_SAMPLE, "mu", "sigma")
def own_sample(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean()).unsqueeze(1) * score


@exercise.wrong(OTHERS_SUMMED, "mu", "sigma", "constant")
def others_summed(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = values.sum() - values
    return (values - baseline).unsqueeze(1) * score


@exercise.wrong(shape=TRANSPOSED)
def transposed(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    return n / (n - 1) * (values - values.mean()) * torch.stack(normal_score(z, mu, sigma))


# Calls the estimator without a baseline, and subtracts the mean of the other estimates.
@exercise.wrong(OF_ESTIMATES, "mu", "sigma", "constant")
def of_other_estimates(f, mu, sigma, n):
    estimates = score_function_gradient(f, mu, sigma, n)
    return estimates - (estimates.sum(dim=0) - estimates) / (n - 1)


@exercise.wrong("divided by the standard deviation of f: that changes the gradient. Only subtract.", "mu", "sigma")
def standardised(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return ((values - baseline) / (values.std() + 1e-8)).unsqueeze(1) * score
