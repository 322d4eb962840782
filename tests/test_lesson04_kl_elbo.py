"""What lesson 4 says in words holds in numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
import torch

from autograder.checks.lesson04_kl_elbo import bayes_elbo
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import distance, judge_noise
from autograder.course import Course
from autograder.draws import Draws, seeded
from autograder.failure import Failure
from autograder.verdict import Mistake


def test_the_robot_that_pays_keeps_the_spread_that_the_lesson_names() -> None:
    x = torch.tensor([0.2, 0.4, 0.6, 0.8, 1.0, 1.2], dtype=torch.float64)
    _, covariance = exact.regression_posterior(x[:, None], x, 0.5)
    assert float(covariance.sqrt()) == pytest.approx(0.25, abs=0.005)
    assert 0.5 / float(x.square().sum().sqrt()) == pytest.approx(0.26, abs=0.005)


def test_a_factor_of_ten_in_sigma_costs_at_most_the_logarithm_of_ten() -> None:
    logvar = -torch.linspace(0, 20, 50, dtype=torch.float64)[:, None]
    zero = torch.zeros_like(logvar)
    step = exact.kl(zero, logvar - 2 * math.log(10)) - exact.kl(zero, logvar)
    assert (step <= math.log(10)).all()
    assert math.log(10) == pytest.approx(2.3, abs=0.01)
    assert 1 / math.log(2) == pytest.approx(1.44, abs=0.005)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_price_near_the_prior_is_lost_in_sixteen_bits(dtype: torch.dtype) -> None:
    mu = logvar = torch.full((1, 1), 0.01, dtype=dtype)
    price = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
    right = exact.kl(mu.double(), logvar.double()).item()
    assert right == pytest.approx(7.5e-5, rel=0.01)
    assert price <= 0


def test_squared_error_is_the_gaussian_loss_at_a_variance_of_one_half() -> None:
    x, x_hat = torch.randn(2, 4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    half = torch.tensor(0.5 * math.log(0.5), dtype=torch.float64)
    difference = exact.nll(x_hat, x, half) - (x - x_hat).square().sum(-1)
    assert torch.allclose(difference, difference[0])
    assert half.exp().item() == pytest.approx(0.71, abs=0.005)


def test_sticking_the_landing_is_better_above_one_over_the_root_of_two_only() -> None:
    sigma = torch.linspace(0.3, 3, 500, dtype=torch.float64)
    of_mu = (1 / sigma - sigma).square() < sigma.square()
    of_logvar = (1 - sigma.square()).square() < sigma**4
    assert torch.equal(of_mu, sigma > 1 / math.sqrt(2))
    assert torch.equal(of_logvar, of_mu)


def test_the_score_cancels_the_path_through_log_q_in_every_draw_so_the_ordinary_gradient_in_mu_is_minus_z() -> None:
    eps = torch.randn(200_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean, sigma = 0.5, 0.4
    inside, outside = (torch.full_like(eps, mean, requires_grad=True) for _ in range(2))
    z = outside + sigma * eps
    log_p, log_q = -0.5 * z.square(), -0.5 * ((z - inside) / sigma).square() - math.log(sigma)
    [of_log_p] = torch.autograd.grad(log_p.sum(), outside, retain_graph=True)
    of_log_q, score = torch.autograd.grad(-log_q.sum(), [outside, inside])
    torch.testing.assert_close(of_log_p, -z.detach())
    torch.testing.assert_close(of_log_q, eps / sigma)
    torch.testing.assert_close(score, -eps / sigma)
    for gradient, variance in [(of_log_p, sigma**2), (of_log_p + of_log_q, (1 / sigma - sigma) ** 2)]:
        assert gradient.mean().item() == pytest.approx(-mean, abs=0.03)
        assert gradient.var().item() == pytest.approx(variance, rel=0.02)


def test_what_is_optional_comes_last_and_says_so() -> None:
    lesson = Course.containing(Path(__file__).parent).lesson("lesson04_kl_elbo")
    sources = [cell.source for cell in lesson.source.cells]
    headings = [heading for source in sources for heading in re.findall(r"^## (.+)", source, re.MULTILINE)]
    first = headings.index("Optional: three roads further")
    assert "Recap" in headings[:first]
    assert headings[-1] == "How far you are"
    assert all(heading.endswith(" (optional)") for heading in headings[first + 1 : -1])
    assert not any("optional" in heading.lower() for heading in headings[:first])
    exercises = re.findall(r"^### Exercise (\d+): `(\w+)`", "\n".join(sources), re.MULTILINE)
    assert [int(number) for number, _ in exercises] == list(range(1, 10))
    assert [name for _, name in exercises[5:]] == [
        "vae_loss",
        "linear_gaussian_elbo",
        "gaussian_nll",
        "stl_elbo_gradient",
    ]
    optional = {name for _, name in exercises[6:]}
    points = sum(lesson.points(grade_id) for grade_id, name in lesson.exercises.items() if name in optional)
    assert f"Their exercises are {points:g} of the lesson's 57 points." in "\n".join(sources)


def test_the_line_from_the_web_has_the_beta_that_the_lesson_names() -> None:
    betas = {batch: 0.1 / batch for batch in (16, 128)}
    assert betas == pytest.approx({16: 0.00625, 128: 0.00078}, abs=5e-6)
    assert 64 * math.log(2) == pytest.approx(44.4, abs=0.05)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_the_mistakes_that_the_check_of_an_elbo_names_are_told_apart_for_every_seed(monkeypatch) -> None:
    """Two limits apart in one of its parts, no other mistake can be as near to an answer as its own."""
    judged: list[tuple] = []
    monkeypatch.setattr(bayes_elbo, "judge_estimates", lambda *judge: judged.append((*judge[:-1], dict(judge[-1]))))
    monkeypatch.setattr(bayes_elbo, "judge_own_draws", lambda *_: None)
    for seed in range(20):
        with seeded(seed):
            bayes_elbo.values(lambda *arguments: torch.zeros(()))
    assert len(judged) == 20
    for _, right, limits, _, mistakes in judged:
        truth = {name: value[None] for name, value in right.items()}
        known = {mistake.name: runs for mistake, runs in mistakes.items()}
        # Those of the draws are told by the draws, and so is what takes their place.
        by_draws = {"fixed_seed", "variance_as_sigma", "unscaled", "at_mean"}
        named = [runs for name, runs in known.items() if name not in by_draws]
        assert len(named) == 14
        for one, other in combinations([truth, *named], 2):
            assert max(distance(one[name].mean(0), other[name], limit) for name, limit in limits.items()) > 2


def test_noise_that_only_looks_normal_is_told_from_normal_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    axes = {"half": None, "row": Mistake("one_for_all", "one for all.")}
    for _ in range(20):
        normal, uniform = (
            make(2, 10_000, generator=generator, dtype=torch.float64) for make in (torch.randn, torch.rand)
        )
        judge_noise(normal, "noise", axes)
        laplace = (uniform - 0.5).sign() * torch.log(1 - 2 * (uniform - 0.5).abs()) / math.sqrt(2)
        wrong = [1.1 * normal, 0.9 * normal, normal + 0.15, normal.sign(), (uniform - 0.5) * math.sqrt(12), laplace]
        pairs = [normal[:1].repeat(2, 1), normal[:, ::2].repeat_interleave(2, dim=1)]
        for noise in [*wrong, *pairs]:
            with pytest.raises(Failure):
                judge_noise(noise, "noise", axes)
    with pytest.raises(Failure) as failed:
        judge_noise(normal[:, :1].expand(2, 10_000), "noise", axes)
    assert failed.value.message.mistake == axes["row"]


def test_one_draw_for_all_weights_is_named() -> None:
    def shared(x, y, mu, logvar, noise_sigma, n):
        w = mu + torch.exp(logvar / 2) * torch.randn(n, 1, dtype=mu.dtype)
        log_density = -0.5 * ((y - w @ x.T) / noise_sigma) ** 2 - math.log(noise_sigma) - 0.5 * math.log(2 * math.pi)
        return log_density.sum(-1).mean() - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()

    with seeded(0), pytest.raises(Failure) as failed:
        bayes_elbo.judge_own_draws(shared, Draws.begin())
    assert failed.value.message.mistake == bayes_elbo.SHARED_WEIGHT


def test_mean_field_has_the_highest_bound_at_the_inverse_of_the_diagonal_of_the_precision() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 2, generator=generator, dtype=torch.float64)
    x[:, 1] += 2 * x[:, 0]
    y = x.sum(-1)
    mean, covariance = exact.regression_posterior(x, y, 1.0)
    best = -torch.linalg.inv(covariance).diagonal().log()
    logvar = best.clone().requires_grad_()
    exact.regression_elbo(x, y, mean, logvar, 1.0).backward()
    assert logvar.grad is not None and logvar.grad.abs().max() < 1e-10
    assert (covariance.diagonal().log() > best).all()
