"""How often lesson 3's checks of a distribution would miss a mistake that they name."""

from __future__ import annotations

import math

import pytest
import torch

from autograder import expect
from autograder.checks.location_scale import (
    SIGMAS,
    WRONG_NOISE,
    Scale,
    judge_digits,
    judge_gradients,
    judge_repeats,
    judge_scale,
    judge_values,
)
from autograder.draws import Draws
from autograder.failure import Failure
from autograder.verdict import Mistake


def missed(off_by: float, draws: int) -> float:
    """The bound on the probability that a distribution function that is wrong by ``off_by`` passes."""
    limit = math.sqrt(math.log(2 / expect.ERROR_RATE) / (2 * draws))
    return 2 * math.exp(-2 * draws * (off_by - limit) ** 2) if off_by > limit else 1.0


@pytest.mark.parametrize(("mistake", "sigma"), SIGMAS, ids=[mistake.name for mistake, _ in SIGMAS])
def test_a_listed_sigma_is_missed_less_than_once_in_a_million_where_no_seed_helps(
    mistake: Mistake, sigma: Scale
) -> None:
    """Every check of a distribution looks at 40,000 draws or more."""
    eps = torch.linspace(-6, 6, 6_001, dtype=torch.float64)
    logvar = Draws(0).uniform(0.3, 1.2, 2_000, 1)
    ratio = (logvar / 2).exp() / sigma(logvar)
    off_by = float((torch.special.ndtr(eps * ratio).mean(0) - torch.special.ndtr(eps)).abs().max())
    assert missed(off_by, 40_000) < 1e-6


@pytest.mark.parametrize(("mistake", "cdf"), WRONG_NOISE, ids=[mistake.name for mistake, _ in WRONG_NOISE])
def test_a_listed_noise_is_missed_less_than_once_in_a_million(mistake: Mistake, cdf: expect.Cdf) -> None:
    eps = torch.linspace(-6, 6, 6_001, dtype=torch.float64)
    off_by = float((cdf(eps) - torch.special.ndtr(eps)).abs().max())
    assert missed(off_by, 40_000) < 1e-6


def draw(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """A right sampler."""
    return mu + (logvar / 2).exp() * torch.randn_like(mu)


def test_a_right_sampler_passes_with_fifty_seeds() -> None:
    for seed in range(50):
        judge_values(draw, Draws(seed), reach=16)
        judge_gradients(draw, Draws(seed))


def test_the_spread_is_judged_whatever_the_noise_is() -> None:
    judge_scale(lambda mu, logvar: mu + (logvar / 2).exp() * torch.rand_like(mu), Draws(0))
    judge_scale(lambda mu, logvar: mu + 7 * (logvar / 2).exp() * torch.randn(3), Draws(0))
    with pytest.raises(Failure, match="the spread of z is wrong"):
        judge_scale(lambda mu, logvar: mu + torch.randn_like(mu), Draws(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_normal_numbers_repeat_no_number_and_dropped_ones_do(dtype: torch.dtype) -> None:
    noise = Draws(0).normal(40_000, dtype=dtype)
    mu = 3 * Draws(1).normal(40_000, dtype=dtype)
    judge_repeats((mu + noise) - mu)
    noise[:100] = 0
    with pytest.raises(Failure, match="0 comes 100 times among 40000 numbers"):
        judge_repeats(noise)
    mirrored = torch.cat([mu[:20_000], -mu[:20_000].flip(0)])
    with pytest.raises(Failure, match="of 40000 numbers come again"):
        judge_repeats(mirrored)


def test_digits_that_float32_has_not_are_missed_and_other_values_are_no_matter() -> None:
    right = Draws(0).normal(5, 3)
    for other in (right, right * (1 + 1e-15), right.float(), -right, right[:2]):
        judge_digits(other, right, "z")
    with pytest.raises(Failure, match="z has lost digits of float64 inputs"):
        judge_digits(right.float().double(), right, "z")
