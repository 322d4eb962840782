"""The numbers that lesson 8 quotes, the formulas that it states, and what its checks must not mind."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from autograder.checks.lesson08_collapse import iwae_bound, log_weights
from autograder.checks.lesson08_collapse.effective_beta import case
from autograder.course import Course
from autograder.draws import Draws
from autograder.lesson import Lesson
from lessonkit.data import binarize, digits
from lessonkit.vae import VAE, measure, negative_elbo, train, vae_loss

ROOT = Path(__file__).parents[1]
NOISE = 0.1


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return Course(ROOT).lesson("lesson08_collapse")


@pytest.fixture(scope="module")
def prose(lesson: Lesson) -> str:
    return "\n".join(cell.source for cell in lesson.source.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def eigenvalues() -> Tensor:
    grey = digits().train.double()
    grey = grey - grey.mean(0)
    return torch.linalg.eigvalsh(grey.T @ grey / len(grey)).flip(0)


def test_every_row_of_a_recorded_table_stands_in_the_benchmark(prose: str) -> None:
    record = (ROOT / "benchmarks" / "collapse.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in prose.splitlines() if re.match(r"\| .*\d \|$", line) and "this notebook" not in line]
    assert len(rows) == 12
    assert set(rows) <= set(record)


def test_the_loss_of_another_course_has_the_betas_that_the_lesson_names() -> None:
    beta = case(0.1, 784, 5, pixel_mean=True, latent_mean=True).right
    assert beta == pytest.approx(15.7, abs=0.05)  # "about 16"
    assert beta / 2 == pytest.approx(7.8, abs=0.05)  # "about 8"


def test_a_variance_of_a_hundredth_is_a_kl_of_five_thousandths() -> None:
    for variance in (0.01, 0.3, 0.9):
        sigma = math.sqrt(1 - variance)
        beliefs = Normal(math.sqrt(variance) * torch.tensor([-1.0, 1.0], dtype=torch.float64), sigma)
        kl = float(kl_divergence(beliefs, Normal(0.0, 1.0)).mean())
        assert kl == pytest.approx(-0.5 * math.log(1 - variance))
        assert variance == pytest.approx(1 - math.exp(-2 * kl))
    assert -0.5 * math.log(1 - 0.01) == pytest.approx(0.005, abs=5e-5)


def test_the_kl_of_the_averaged_parameters_is_smaller() -> None:
    mu, logvar = Draws(0).normal(50, 1), Draws(1).uniform(-2, 1, 50, 1)
    each = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).mean()
    assert kl_divergence(Normal(mu.mean(), (logvar.mean() / 2).exp()), Normal(0.0, 1.0)) < each


def test_the_first_four_latents_fall_silent_where_the_lesson_says(eigenvalues: Tensor) -> None:
    assert [round(float(value), 1) for value in eigenvalues[:4] / NOISE] == [6.9, 6.4, 5.5, 4.0]


@pytest.mark.parametrize("beta", [0.7, 1.3, 4.0, 9.0])
def test_the_best_error_of_a_direction_is_beta_times_the_noise_or_all_of_its_variance(beta: float) -> None:
    variance = 0.547
    left = torch.linspace(1e-4, variance, 200_001, dtype=torch.float64)
    cost = left / (2 * NOISE) + beta * 0.5 * torch.log(variance / left)
    assert float(left[cost.argmin()]) == pytest.approx(min(beta * NOISE, variance), abs=1e-5)


@pytest.mark.parametrize("beta", [1.0, 2.2, 5.0, 7.2])
def test_no_linear_vae_is_better_than_the_formula(eigenvalues: Tensor, beta: float) -> None:
    """At the formula's weights all gradients are 0, and weights nearby cost more."""
    top = eigenvalues[:8]
    kept = (beta * NOISE / top).clamp(max=1)  # sigma^2
    gain = (1 - kept).sqrt()
    encoder, decoder = gain / top.sqrt(), gain * top.sqrt()
    parameters = torch.stack([encoder, decoder, kept.log()]).requires_grad_()

    def cost(weights: Tensor) -> Tensor:
        e, d, logvar = weights
        error = (1 - d * e).square() * top + d.square() * logvar.exp()
        kl = 0.5 * (e.square() * top + logvar.exp() - 1 - logvar)
        return (error / (2 * NOISE) + beta * kl).sum()

    best = cost(parameters)
    (slope,) = torch.autograd.grad(best, parameters)
    assert slope.abs().max() < 1e-9
    rate = (0.5 * torch.log(top / (beta * NOISE))).clamp(min=0)
    assert float(best.detach()) == pytest.approx(float((top.clamp(max=beta * NOISE) / (2 * NOISE) + beta * rate).sum()))
    draws = Draws(0)
    for _ in range(100):
        assert cost(parameters.detach() + 0.05 * draws.normal(3, 8)) > best


@pytest.mark.parametrize(("v", "kl"), [(4, 0), (3, 0.14), (2, 0.35), (1, 0.69), (0.1, 1.84), (0.001, 4.15)])
def test_every_decoder_variance_has_the_same_elbo(v: float, kl: float) -> None:
    assert 0.5 * math.log(4 / v) == pytest.approx(kl, abs=0.005)
    assert 0.5 * math.log(2 * math.pi * math.e * v) + 0.5 * math.log(4 / v) == pytest.approx(2.1121, abs=5e-5)
    # The exact posterior of z, of which the lesson takes its mu and logvar.
    w, x = math.sqrt(4 - v), 1.3
    precision = 1 + w**2 / v
    assert (1 / precision, w * x / v / precision) == pytest.approx((v / 4, w * x / 4))


def test_the_entropy_of_the_chains_is_what_no_code_can_beat() -> None:
    flips = -(0.1 * math.log(0.1) + 0.9 * math.log(0.9))
    assert math.log(2) + 63 * flips == pytest.approx(21.17, abs=0.005)


def test_the_weights_of_a_model_whose_evidence_is_known_have_it_as_their_mean() -> None:
    """x is one pixel that is always 1 with logit 0, whatever z is: p(x) = 1/2."""
    rng = Draws(0)
    mu, logvar = torch.tensor([[0.3, -0.4]], dtype=torch.float64), torch.tensor([[-0.3, 0.2]], dtype=torch.float64)
    z = mu + (logvar / 2).exp() * rng.normal(200_000, 1, 2)
    logits, x = torch.zeros(200_000, 1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    weights = log_weights.right(logits, x, z, mu, logvar)
    assert float(iwae_bound.right(weights[:2_000])) == pytest.approx(-math.log(2), abs=0.1)
    assert float(weights.logsumexp(0) - math.log(200_000)) == pytest.approx(-math.log(2), abs=0.01)
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum()
    assert float(weights.mean()) == pytest.approx(-math.log(2) - float(kl), abs=0.01)


def test_the_toy_of_the_last_figure_has_the_evidence_that_the_lesson_computes() -> None:
    z = torch.linspace(-12, 12, 100_001, dtype=torch.float64)
    joint = Normal(0.0, 1.0).log_prob(z) + Normal(z, 1.0).log_prob(torch.tensor(2.0))
    evidence = math.log(torch.trapezoid(joint.exp(), z))
    assert evidence == pytest.approx(-0.5 * 2**2 / 2 - 0.5 * math.log(2 * math.pi * 2), abs=1e-9)


def test_the_doubly_reparameterized_gradient_has_the_mean_of_the_ordinary_one() -> None:
    torch.manual_seed(0)
    eps = torch.randn(4, 200_000, dtype=torch.float64)
    mu = torch.full((200_000,), 0.7, dtype=torch.float64, requires_grad=True)

    def weights(z: Tensor, mean: Tensor) -> Tensor:
        return -0.5 * z.square() - 0.5 * (2 - z).square() + 0.5 * ((z - mean) / 0.8).square()

    (ordinary,) = torch.autograd.grad(torch.logsumexp(weights(mu + 0.8 * eps, mu), 0).sum(), mu)
    z = (mu + 0.8 * eps).detach().requires_grad_()
    found = weights(z, mu.detach())
    (slope,) = torch.autograd.grad(found.sum(), z)
    repaired = (torch.softmax(found.detach(), 0).square() * slope).sum(0)
    assert float(ordinary.mean()) == pytest.approx(float(repaired.mean()), abs=0.01)
    assert repaired.std() < ordinary.std() / 5


def test_the_given_vae_has_the_habits_of_lesson_6() -> None:
    torch.manual_seed(0)
    model, x = VAE(), binarize(digits().test)[:20]
    first, second = (model.encode(x)[0] for _ in range(2))
    assert not torch.equal(first, second)
    z, mu, logvar = model.eval().encode(x)
    assert torch.equal(z, mu) and logvar.shape == (20, 8) and model.decode(z).shape == (20, 64)
    loss, reconstruction, kl = vae_loss(*(part.double() for part in (model.decode(z), x, mu, logvar)), 2.5)
    assert float(loss.detach()) == pytest.approx(float((reconstruction + 2.5 * kl).detach()))
    assert float(kl.detach()) == pytest.approx(
        float(kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(1).mean().detach()), rel=1e-4
    )
    terms = measure(model, x, 3)
    assert not model.training and terms.nelbo == terms.reconstruction + terms.kl


def test_training_counts_steps_and_gives_back_what_was_looked_at() -> None:
    torch.manual_seed(0)
    seen: list[int] = []

    def beta(step: int) -> float:
        seen.append(step)
        return 0.5

    def loss(model: torch.nn.Module, x: Tensor, weight: float) -> tuple[Tensor, Tensor, Tensor]:
        assert model.training and weight == 0.5
        return negative_elbo(model, x, weight)

    x = binarize(digits().train)[:100]
    looks = train(model := VAE(), x, 3, beta, loss=loss, batch=40, after_epoch=lambda model: measure(model, x).nelbo)
    assert seen == list(range(9)) and len(looks) == 3
    assert looks[-1] < looks[0] and model.training


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_a_model_collapses_without_a_gradient_through_the_draw() -> None:
    torch.manual_seed(0)
    model = VAE(draw=lambda mu, logvar: mu.detach() + torch.exp(logvar.detach() / 2) * torch.randn_like(mu))
    train(model, binarize(digits().train), 6)
    assert measure(model, binarize(digits().test)).kl < 0.1
