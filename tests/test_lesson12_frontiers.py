"""The numbers that lesson 12 quotes, and the closed forms that it and its checks rest on."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks.lesson12_frontiers import reverse_step, squashed_gaussian, to_eps
from autograder.checks.lesson12_frontiers.couplings import backward, forward, some_case
from autograder.draws import Draws
from lessonkit.frontiers import STEPS, NoiseModel, best_noise, centres, ring, schedule, shares


def test_the_line_as_a_map_has_the_density_of_the_normal_distribution() -> None:
    rng = Draws(0)
    mu, logvar, eps = rng.normal(4, 3), rng.normal(4, 3), rng.normal(4, 3)
    sigma = torch.exp(logvar / 2)
    by_the_map = -0.5 * (eps.square() + math.log(2 * math.pi)).sum(1) - sigma.log().sum(1)
    by_the_formula = torch.distributions.Normal(mu, sigma).log_prob(mu + sigma * eps).sum(1)
    assert (by_the_map - by_the_formula).abs().max() < 1e-14


@pytest.mark.parametrize("d", [2, 4, 5])
def test_log_det_is_that_of_the_whole_jacobian_and_the_inverse_goes_back(d: int) -> None:
    case = some_case(Draws(d), d)
    there = forward(**case)
    for row, log_det in zip(case["z"], there["log_det"], strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda z: forward(z[None], case["weight"])["z'"][0], row)
        assert (jacobian.triu(1) == 0).all()
        assert jacobian.det().abs().log().item() == pytest.approx(log_det.item(), abs=1e-12)
    back = backward(there["z'"], case["weight"])
    assert torch.allclose(back["z"], case["z"], atol=1e-12)
    assert torch.allclose(back["log_det"], -there["log_det"])


@pytest.mark.parametrize("step", [0, 10, 50, 99])
def test_the_best_noise_is_the_score_of_the_mixture(step: int) -> None:
    a, means = schedule().double()[step], centres().double()
    x = Draws(step).normal(50, 2).requires_grad_()
    variance = a * 0.1**2 + 1 - a
    log_p = torch.logsumexp(-(x[:, None] - a.sqrt() * means).square().sum(-1) / (2 * variance), dim=1)
    (score,) = torch.autograd.grad(log_p.sum(), x)
    assert torch.allclose(best_noise(x.detach(), a, means), -(1 - a).sqrt() * score, atol=1e-9)


def test_the_floor_of_the_loss_is_a_quarter_and_falls_from_0_9_to_0() -> None:
    alpha_bar, floors = schedule(), {}
    torch.manual_seed(0)
    for step in range(0, STEPS, 3):
        x0, eps = ring(2_000), torch.randn(2_000, 2)
        a = alpha_bar[step]
        floors[step] = (best_noise(a.sqrt() * x0 + (1 - a).sqrt() * eps, a, centres()) - eps).square().mean().item()
    assert sum(floors.values()) / len(floors) == pytest.approx(0.25, abs=0.02)
    assert floors[0] == pytest.approx(0.9, abs=0.05) and floors[99] < 0.01
    assert floors[6] == pytest.approx(0.33, abs=0.04)
    assert all(0.5 < floors[step] < 0.62 for step in range(15, 25, 3))


def test_the_shares_of_the_ring_are_those_of_a_normal_distribution_in_the_plane() -> None:
    assert (1 - math.exp(-4.5), 1 - math.exp(-0.5)) == pytest.approx((0.989, 0.3935), abs=5e-4)
    torch.manual_seed(0)
    assert shares(ring(20_000)) == pytest.approx((0.989, 0.393), abs=0.02)


def test_a_perfect_minimiser_draws_its_training_points_again() -> None:
    torch.manual_seed(0)
    points, alpha_bar, x = ring(50), schedule(), torch.randn(300, 2)
    for t in reversed(range(STEPS)):
        x = reverse_step.right(x, t, best_noise(x, alpha_bar[t], points, 0.0), torch.randn_like(x), alpha_bar)
    assert torch.cdist(x, points).min(1).values.median() < 0.02
    assert torch.cdist(ring(300), points).min(1).values.median() > 0.04


def test_the_mean_of_a_reverse_step_is_that_of_the_two_terms() -> None:
    alpha_bar, (x, eps_hat) = schedule().double(), Draws(1).normal(2, 5, 2)
    now, before = alpha_bar[20], alpha_bar[19]
    x0 = (x - (1 - now).sqrt() * eps_hat) / now.sqrt()
    beta = 1 - now / before
    two = before.sqrt() * beta / (1 - now) * x0 + (1 - beta).sqrt() * (1 - before) / (1 - now) * x
    assert torch.allclose(reverse_step.right(x, 20, eps_hat, 0 * x, alpha_bar), two)
    last = reverse_step.right(x, 0, eps_hat, torch.ones_like(x), alpha_bar)
    assert torch.allclose(last, (x - (1 - alpha_bar[0]).sqrt() * eps_hat) / alpha_bar[0].sqrt())


@pytest.mark.parametrize(
    ("steps", "beta_gap", "posterior_gap"),
    [
        (2, 0.07602, 0.186),
        (10, 0.06972, 1.378),
        (20, 0.03410, 1.390),
        (50, 0.01340, 1.394),
        (100, 0.00666, 1.396),
        (1_000, 0.00067, 1.399),
    ],
)
def test_the_bound_of_a_diffusion_is_tight_with_the_best_variance(
    steps: int, beta_gap: float, posterior_gap: float
) -> None:
    a = torch.exp(-6 * torch.linspace(0, 1, steps + 1, dtype=torch.float64).square())
    V, beta = 4 * a + 1 - a, 1 - a[1:] / a[:-1]
    best = V[:-1] * beta / V[1:]
    posterior = torch.cat([best[:1], ((1 - a[:-1]) / (1 - a[1:]) * beta)[1:]])
    prior = 0.5 * (V[-1] - 1 - V[-1].log())

    def gap(chosen: Tensor) -> float:
        return float(prior + 0.5 * (best / chosen - 1 - (best / chosen).log()).sum())

    assert gap(best) == pytest.approx(1e-5, abs=5e-6)
    assert gap(torch.cat([best[:1], beta[1:]])) == pytest.approx(beta_gap, abs=1e-5)
    assert gap(posterior) == pytest.approx(posterior_gap, abs=1e-3)
    # The best variance is the true one: x_{k-1} given x_k is normal with it.
    joint_covariance = (1 - beta).sqrt() * V[:-1]
    assert torch.allclose(best, V[:-1] - joint_covariance.square() / V[1:])


@pytest.mark.parametrize(
    ("u", "exact", "padded", "slope"),
    [
        (2.0, -2.650, -2.650, -1.928),
        (5.0, -8.614, -8.608, -1.989),
        (7.0, -12.614, -12.348, -1.539),
        (9.0, -16.614, -13.703, -0.213),
        (12.0, -22.614, -13.816, 0.0),
    ],
)
def test_a_small_number_inside_the_logarithm_is_wrong_in_silence(
    u: float, exact: float, padded: float, slope: float
) -> None:
    at = torch.tensor(u, requires_grad=True)
    value = torch.log(1 - torch.tanh(at).square() + 1e-6)
    value.backward()
    assert 2 * (math.log(2) - u - math.log1p(math.exp(-2 * u))) == pytest.approx(exact, abs=5e-4)
    assert value.item() == pytest.approx(padded, abs=2e-2) and at.grad is not None
    assert at.grad.item() == pytest.approx(slope, abs=1e-2)


def test_tanh_rounds_to_1_in_float32_just_above_9() -> None:
    assert torch.tanh(torch.tensor(9.0)) < 1 and torch.tanh(torch.tensor(9.02)) == 1


def entropy(log_std: float, k: float = 1.0) -> float:
    """Of k tanh(u), u ~ N(0, exp(log_std)^2), in nats."""
    eps = torch.linspace(-8, 8, 8_001, dtype=torch.float64)[:, None]
    zero = torch.zeros_like(eps)
    log_prob = squashed_gaussian.right(zero, zero + log_std, eps, k)["log_prob"]
    return -float(torch.trapezoid(torch.exp(-0.5 * eps[:, 0].square()) / math.sqrt(2 * math.pi) * log_prob, eps[:, 0]))


def test_the_best_entropy_of_a_squashed_normal_is_just_below_ln_2() -> None:
    best = max((entropy(math.log(std)), std) for std in torch.linspace(0.7, 1.1, 41).tolist())
    assert best == pytest.approx((0.6836, 0.87), abs=2e-4) and best[0] < math.log(2)


@pytest.mark.parametrize(("k", "std"), [(1.0, 0.0895), (2.0, 0.0446), (0.4, 0.2349)])
def test_an_entropy_of_minus_one_asks_for_another_policy_at_another_scale(k: float, std: float) -> None:
    assert entropy(math.log(std), k) == pytest.approx(-1.0, abs=5e-3)


@pytest.mark.parametrize(
    ("target", "output", "eps"), [("x0", 1.0, 1.7321), ("v", 0.3, 1.8821), ("score", -1.5, 1.2990)]
)
def test_the_four_targets_are_one(target: str, output: float, eps: float) -> None:
    found = to_eps.right(torch.tensor(output), torch.tensor(2.0), 0.25, target)
    assert found.item() == pytest.approx(eps, abs=5e-5)


def test_an_error_in_x0_is_32_times_as_large_in_eps_at_the_first_step() -> None:
    assert 1 / math.sqrt(1 - schedule()[0].item()) == pytest.approx(31.6, abs=0.1)


def test_a_detached_mixture_leaves_every_gradient_of_a_network_as_it_is() -> None:
    torch.manual_seed(0)
    network, x0, eps, t = NoiseModel(), ring(32).requires_grad_(), torch.randn(32, 2), torch.randint(STEPS, (32,))
    a = schedule()[t][:, None]
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
    found = [
        torch.autograd.grad((network(x, t) - eps).square().mean(), list(network.parameters()), retain_graph=True)
        for x in (x_t, x_t.detach())
    ]
    assert all(map(torch.equal, *found))


def test_the_derivatives_of_the_log_density_of_a_squashed_action() -> None:
    case = squashed_gaussian.inputs(Draws(3), 6, 3)
    mu, log_std = (case[name].requires_grad_() for name in ("mu", "log_std"))
    log_prob = squashed_gaussian.right(mu, log_std, case["eps"])["log_prob"]
    in_mu, in_log_std = torch.autograd.grad(log_prob.sum(), [mu, log_std])
    std, u = log_std.exp(), mu + log_std.exp() * case["eps"]
    assert torch.allclose(in_mu, 2 * torch.tanh(u))
    assert torch.allclose(in_log_std, -1 + 2 * torch.tanh(u) * std * case["eps"])
    assert torch.allclose(F.softplus(-2 * u) + u, F.softplus(2 * u) - u)
