"""What lesson 1 says in words, computed: closed forms of the coffee machine, and the zeros that arrive in silence."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from autograder.beside import lesson01_sampling as samplers

MU, SIGMA, LABEL = 253.0, 2.0, 250.0
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


def mean(f, mu=MU):
    """E[f(z)] for z from N(mu, SIGMA^2), exact for polynomials."""
    return float((WEIGHTS * f(mu + SIGMA * NODES)).sum() / math.sqrt(2 * math.pi))


def cost(z):
    return (z - LABEL) ** 2


def test_the_mean_cost_is_13_cents_and_the_cost_of_the_mean_bag_is_9():
    assert mean(cost) == pytest.approx(13)
    assert cost(MU) == 9


def test_one_cost_has_the_variance_176():
    assert mean(lambda z: (cost(z) - 13) ** 2) == pytest.approx(176)


def test_the_mean_cost_has_the_slope_6_in_mu():
    assert (mean(cost, MU + 1e-3) - mean(cost, MU - 1e-3)) / 2e-3 == pytest.approx(6)


@pytest.mark.parametrize("h", [1e-3, 1.0])
def test_with_common_noise_the_slope_of_a_smooth_cost_has_the_same_variance_at_every_h(h):
    variance = mean(lambda z: ((cost(z + h) - cost(z - h)) / (2 * h) - 6) ** 2)
    assert variance == pytest.approx(4 * SIGMA**2)


def test_the_bill_falls_with_mu_although_the_price_of_coffee_rises():
    fine = 100 * Normal(0.0, 1.0).log_prob(torch.tensor((LABEL - MU) / SIGMA)).exp().item() / SIGMA
    assert 2 - fine == pytest.approx(-4.476, abs=1e-3)


@pytest.mark.parametrize("draw", [samplers.normal_of_torch, samplers.rounded, torch.poisson])
def test_a_gradient_of_zeros_arrives_in_silence(draw):
    mu = torch.tensor([MU, MU + 1], dtype=torch.float64, requires_grad=True)
    z = draw(mu)
    assert z.requires_grad
    assert torch.equal(torch.autograd.grad(z.square().sum(), mu)[0], torch.zeros_like(mu))


def test_a_scale_that_is_wrong_by_a_factor_of_three_is_seen():
    """The distance that the error rates of the checks build on."""
    x = torch.linspace(-10, 10, 20_001, dtype=torch.float64)
    distance = (torch.special.ndtr(x) - torch.special.ndtr(x / math.sqrt(12))).abs().max()
    assert distance > 0.24
    assert 2 * math.exp(-2 * 2_000 * (0.24 - 0.077) ** 2) < 1e-40
