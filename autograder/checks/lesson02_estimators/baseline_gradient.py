"""baseline_gradient: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.beside.lesson02_estimators import hundred, wave
from autograder.boundary.learner import LearnerObject
from autograder.checks.lesson02_estimators.estimates import (
    DRAWS,
    FIXED_SEED,
    OWN_DRAWS,
    SCORES,
    SHAPE_AVERAGED,
    Case,
    agrees,
    drawn,
    judge_column,
    judge_draws,
    judge_shape,
    refusal,
    score,
    some_parameters,
    table,
    take,
)
from autograder.checks.lesson02_estimators.score_function import DIFFERENTIATES
from autograder.draws import Draws
from autograder.exercise import Exercise, stops, unnamed
from autograder.verdict import Mistake

exercise = Exercise("baseline_gradient", reread="A baseline from the other draws")

BASELINE = 'Lesson 2, "A baseline from the other draws"'
OWN_SAMPLE = Mistake(
    "own_sample",
    "the baseline includes the own sample: that shrinks the estimate by (n-1)/n. Average the other draws.",
)
MULTIPLIES = Mistake(
    "multiplies",
    "the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score.",
)
ADDS = Mistake(
    "adds",
    "the baseline is added: it must be subtracted.",
)
NO_BASELINE = Mistake(
    "no_baseline",
    "f(z) * score: no baseline is subtracted here. It belongs in both columns.",
)
OTHERS_SUMMED = Mistake(
    "others_summed",
    "the sum of the others, not their mean: divide it by n - 1.",
)
DIVIDED_BY_N = Mistake(
    "divided_by_n",
    "the sum of the others is divided by n: there are n - 1 of them.",
)
OF_ESTIMATES = Mistake(
    "of_estimates",
    "the mean of the estimates is subtracted: their mean is then zero, whatever f is. Subtract from f.",
)
NEITHER = Mistake(
    "neither",
    "f(z) * score, or baseline * score: subtract the baseline from f(z), in both columns.",
)
BASELINE_ALONE = Mistake(
    "baseline_alone",
    "the baseline alone multiplies the score: subtract it from f(z).",
)
AFTER_SCORE = Mistake(
    "after_score",
    "the baseline is subtracted after the product: subtract it from f, then multiply by the score.",
)

# baseline_gradient


def mean_of_others(f: Tensor) -> Tensor:
    """For each entry, the mean of the other ones."""
    return (f.sum() - f) / (len(f) - 1)


def baseline_estimates(case: Case) -> Tensor:
    """f(z) minus the mean of f over the other draws, times the score."""
    f = wave(case.z)
    return (f - mean_of_others(f))[:, None] * case.scores


def wrong_baselines(f: Tensor, right_score: Tensor) -> dict[str, Tensor]:
    """What the listed mistakes about the baseline give in one column."""
    others, plain = mean_of_others(f), f * right_score
    return {
        NO_BASELINE: plain,
        OWN_SAMPLE: (f - f.mean()) * right_score,
        MULTIPLIES: f * others * right_score,
        f"{MULTIPLIES[:-1]}, and with the own sample left out.": f * f.mean() * right_score,
        ADDS: (f + others) * right_score,
        OTHERS_SUMMED: (f - (f.sum() - f)) * right_score,
        DIVIDED_BY_N: (f - (f.sum() - f) / len(f)) * right_score,
        OF_ESTIMATES: plain - plain.mean(),
        AFTER_SCORE: plain - others,
        BASELINE_ALONE: others * right_score,
    }


def wrong_baseline_estimates(case: Case, column: int) -> dict[str, Tensor]:
    """What the listed mistakes of the estimator with a baseline give."""
    f, centred = wave(case.z), wave(case.z) - mean_of_others(wave(case.z))
    scores = {sentence: centred * wrong for sentence, wrong in case.wrong_scores(column).items()}
    return wrong_baselines(f, case.scores[:, column]) | scores


def judge_baseline_column(estimator: LearnerObject, column: int, rng: Draws) -> None:
    """One column of the estimates with a baseline, from so few draws that the own sample matters."""
    rule = f"(f(z) - mean of f over the other draws) * {SCORES[column]}"
    judge_column(estimator, column, 4, rng, baseline_estimates, wrong_baseline_estimates, rule, SHAPE_AVERAGED)


def constant_baselines(z: Tensor, mu: float, sigma: float) -> dict[str, Tensor]:
    """What the listed mistakes about the baseline give for f = 100, where two of them are the same."""
    each = [wrong_baselines(hundred(z), column) for column in score(z, mu, sigma).unbind(dim=1)]
    named = {sentence: torch.stack([wrong[sentence] for wrong in each], dim=1) for sentence in each[0]}
    del named[BASELINE_ALONE]
    return {NEITHER: named.pop(NO_BASELINE), **named}


@exercise.check
def shape(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """One row of two numbers for each draw, in float64, also for only two draws."""
    judge_shape(baseline_gradient, rng, (5, 2), SHAPE_AVERAGED)


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
    judge_draws(baseline_gradient, DRAWS)


@exercise.check
def constant(baseline_gradient: LearnerObject, rng: Draws) -> None:
    """For f = 100 every estimate is exactly 0: there is nothing to learn from a constant."""
    mu, sigma = some_parameters(rng)
    with refusal(DIFFERENTIATES, "estimates for f = 100: only values of f are needed"):
        result, seen = take(baseline_gradient, "hundred", mu, sigma, 5)
    rows = table(result, 5, SHAPE_AVERAGED)
    mistakes = {} if rows.abs().max() < 1e-5 else constant_baselines(drawn(seen, 5), mu, sigma)
    rule = "0: the mean of f over the other draws is f"
    agrees(rows, torch.zeros(5, 2), "the result for f = 100", rule=rule, mistakes=mistakes)


# Wrong answers


# Averages over a dimension that is not there.
@exercise.wrong(
    shape=stops("IndexError"),
    mu=stops("IndexError"),
    sigma=stops("IndexError"),
    draws=stops("IndexError"),
    constant=stops("IndexError"),
)
def of_two_dimensions(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean(dim=1)).unsqueeze(1) * score


# Adds the baseline.
@exercise.wrong(mu=ADDS, sigma=ADDS, constant=ADDS)
def added(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return (values + baseline).unsqueeze(1) * score


# Subtracts the baseline from the product.
@exercise.wrong(mu=AFTER_SCORE, sigma=AFTER_SCORE, constant=AFTER_SCORE)
def after_score(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return values.unsqueeze(1) * score - baseline.unsqueeze(1)


# Multiplies the score by the baseline alone.
@exercise.wrong(mu=BASELINE_ALONE, sigma=BASELINE_ALONE, constant=NEITHER)
def alone(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return baseline.unsqueeze(1) * score


# Returns the mean over the draws.
@exercise.wrong(shape=SHAPE_AVERAGED, mu=SHAPE_AVERAGED, sigma=SHAPE_AVERAGED, constant=SHAPE_AVERAGED)
def averaged(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * ((values - values.mean()).unsqueeze(1) * score).mean(dim=0)


# Divides the sum of the others by n.
@exercise.wrong(mu=DIVIDED_BY_N, sigma=DIVIDED_BY_N, constant=DIVIDED_BY_N)
def divided_by_n(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / n
    return (values - baseline).unsqueeze(1) * score


# Starts every call from the same seed.
@exercise.wrong(draws=FIXED_SEED)
def fixed_seed(f, mu, sigma, n):
    torch.manual_seed(1)
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return n / (n - 1) * (values - values.mean()).unsqueeze(1) * score


# Estimates the baseline from draws of its own.
@exercise.wrong(mu=OWN_DRAWS, sigma=OWN_DRAWS, draws=OWN_DRAWS)
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


# Multiplies f by the mean over all draws.
@exercise.wrong(
    mu="the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score, and with the own sample left out.",
    sigma="the baseline multiplies f: it must be subtracted, (f(z) - baseline) * score, and with the own sample left out.",
    constant=MULTIPLIES,
)
def mean_multiplies(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values * values.mean()).unsqueeze(1) * score


# Subtracts nothing.
@exercise.wrong(mu=NO_BASELINE, sigma=NO_BASELINE, constant=NEITHER)
def missing(f, mu, sigma, n):
    return score_function_gradient(f, mu, sigma, n)


# Multiplies f by the baseline.
@exercise.wrong(mu=MULTIPLIES, sigma=MULTIPLIES, constant=MULTIPLIES)
def multiplies(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = (values.sum() - values) / (n - 1)
    return (values * baseline).unsqueeze(1) * score


# Subtracts the mean of the estimates.
@exercise.wrong(mu=OF_ESTIMATES, sigma=OF_ESTIMATES, constant=OF_ESTIMATES)
def of_estimates(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    estimates = f(z).unsqueeze(1) * score
    return estimates - estimates.mean(dim=0)


# Subtracts the mean over all draws.
@exercise.wrong(mu=OWN_SAMPLE, sigma=OWN_SAMPLE)
def own_sample(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - values.mean()).unsqueeze(1) * score


# Forgets to divide the sum of the others.
@exercise.wrong(mu=OTHERS_SUMMED, sigma=OTHERS_SUMMED, constant=OTHERS_SUMMED)
def sum_of_others(f, mu, sigma, n):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    baseline = values.sum() - values
    return (values - baseline).unsqueeze(1) * score
