"""Every closed form that lesson 2 states, against quadrature; and the record of where an estimator evaluates f."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import jupytext
import pytest
import torch

from autograder.beside.lesson02_estimators import record

SOURCE = Path(__file__).parents[1] / "solutions" / "lesson02_estimators.py"
PARAMETERS = [(1.0, 0.5), (1.0, 2.0), (-0.7, 0.3), (0.0, 1.0)]


@pytest.fixture(scope="module")
def lesson() -> dict[str, Any]:
    """What the solved lesson defines in the cells that this file needs."""
    names: dict[str, Any] = {}
    for cell in jupytext.read(SOURCE).cells:
        named = {"imports", "normal_score"} & {cell.metadata.get("locked"), cell.metadata.get("answer")}
        if named or "closed_forms: dict" in cell.source or "def cosine_variances" in cell.source:
            # What follows the definitions measures and plots.
            exec(cell.source.partition("\n\ndef measure")[0].partition("\n\nfine =")[0], names)
    return names


def expectation(integrand: torch.Tensor, weights: torch.Tensor) -> float:
    """The mean of an integrand over a standard normal variable."""
    return float((integrand * weights).sum())


@pytest.fixture(scope="module")
def nodes() -> tuple[torch.Tensor, torch.Tensor]:
    """Points and weights of a fine rule for the standard normal distribution; exact far beyond the tolerances."""
    eps = torch.linspace(-14, 14, 40_001, dtype=torch.float64)
    weights = torch.exp(-(eps**2) / 2) / math.sqrt(2 * math.pi) * (eps[1] - eps[0])
    return eps, weights


def variance(estimates: torch.Tensor, weights: torch.Tensor) -> float:
    """The variance of estimates given at the nodes."""
    return expectation(estimates**2, weights) - expectation(estimates, weights) ** 2


@pytest.mark.parametrize(("mu", "sigma"), PARAMETERS)
def test_variances_for_the_square_are_as_stated(lesson, nodes, mu, sigma) -> None:
    eps, weights = nodes
    z, score = mu + sigma * eps, eps / sigma
    estimates = {
        "score function": z**2 * score,
        "with the mean of f as baseline": (z**2 - (mu**2 + sigma**2)) * score,
        "with the best constant baseline": (z**2 - (mu**2 + 3 * sigma**2)) * score,
        "pathwise": 2 * z,
    }
    assert estimates.keys() == lesson["closed_forms"].keys()
    for name, values in estimates.items():
        assert expectation(values, weights) == pytest.approx(2 * mu, abs=1e-9)
        assert variance(values, weights) == pytest.approx(lesson["closed_forms"][name](mu, sigma), rel=1e-9)


@pytest.mark.parametrize(("mu", "sigma"), PARAMETERS)
def test_no_constant_baseline_is_better_than_the_best(nodes, mu, sigma) -> None:
    eps, weights = nodes
    z, best = mu + sigma * eps, mu**2 + 3 * sigma**2
    least = variance((z**2 - best) * eps / sigma, weights)
    for b in (best - 0.1, best + 0.1, mu**2 + sigma**2):
        assert variance((z**2 - b) * eps / sigma, weights) > least


@pytest.mark.parametrize(("mu", "sigma"), PARAMETERS)
def test_variances_for_the_identity_and_the_score_are_as_stated(lesson, nodes, mu, sigma) -> None:
    eps, weights = nodes
    z = mu + sigma * eps
    in_mu, in_sigma = lesson["normal_score"](z, mu, sigma)
    assert expectation(in_mu, weights) == pytest.approx(0, abs=1e-9)
    assert expectation(in_sigma, weights) == pytest.approx(0, abs=1e-9)
    assert variance(in_mu, weights) == pytest.approx(1 / sigma**2)
    assert variance(in_sigma, weights) == pytest.approx(2 / sigma**2)
    assert variance(100 * in_mu, weights) == pytest.approx(1e4 / sigma**2)
    assert variance(z * in_mu, weights) == pytest.approx(2 + mu**2 / sigma**2)
    assert variance(z * in_sigma, weights) == pytest.approx(10 + 2 * mu**2 / sigma**2)
    assert variance(eps, weights) == pytest.approx(1)  # Pathwise, in sigma.


@pytest.mark.parametrize("c", [0.3, 1.0, 1.064, 3.0, 10.0])
def test_variances_for_the_cosine_are_as_stated(lesson, nodes, c) -> None:
    eps, weights = nodes
    by_score, by_path = lesson["cosine_variances"](torch.tensor(c, dtype=torch.float64))
    assert variance(torch.cos(c * (1 + eps)) * eps, weights) == pytest.approx(float(by_score), rel=1e-9)
    assert variance(-c * torch.sin(c * (1 + eps)), weights) == pytest.approx(float(by_path), rel=1e-9)


def test_the_cosine_variances_cross_where_the_lesson_says(lesson) -> None:
    c = torch.linspace(0.05, 40, 400_000, dtype=torch.float64)
    by_score, by_path = lesson["cosine_variances"](c)
    assert bool((by_path < by_score)[c < 1.0635].all()) and bool((by_path > by_score)[c > 1.0645].all())


@pytest.mark.parametrize("dimensions", [1, 10, 100])
def test_variances_for_a_sum_of_squares_are_as_stated(dimensions) -> None:
    # By symmetry E[(sum e^2)^2 e_1^2] is E[X^3] / D, with X the sum: chi-square moments are D (D+2) (D+4).
    chi = torch.distributions.Chi2(torch.tensor(float(dimensions), dtype=torch.float64))
    x = torch.linspace(1e-9, 60 * dimensions + 400, 400_001, dtype=torch.float64)
    third = torch.trapezoid(chi.log_prob(x).exp() * x**3, x)
    assert float(third / dimensions) == pytest.approx((dimensions + 2) * (dimensions + 4), rel=1e-4)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_a_baseline_with_the_own_value_shrinks_and_leave_one_out_does_not(nodes, n) -> None:
    eps, weights = nodes
    z, score = 1 + 0.5 * eps, eps / 0.5
    # The others are independent of the own score, whose mean is 0: only the own value's part survives.
    own = expectation((z**2 - z**2 / n) * score, weights)
    assert own == pytest.approx((n - 1) / n * 2)
    assert expectation(z**2 * score, weights) - expectation(score, weights) == pytest.approx(2)


@pytest.mark.parametrize(("mu", "variances"), [(-1.5, 0.04), (0.0, 1.4), (1.5, 3.96)])
def test_the_variance_for_a_step_grows_with_the_part_of_the_throws_that_go_too_far(nodes, mu, variances) -> None:
    eps, weights = nodes
    found = variance((mu + 0.5 * eps > 0).double() * eps / 0.5, weights)
    assert found == pytest.approx(variances, abs=0.05)
    assert found < 1 / 0.5**2


def test_without_domination_the_score_function_has_the_wrong_sign() -> None:
    """Uniform between 0 and theta: one curve over the difference quotients in theta has an area that never ends."""
    theta, start = torch.tensor(2.0, dtype=torch.float64, requires_grad=True), 2.0
    [truth] = torch.autograd.grad(theta / 2, theta)
    z = torch.linspace(0, start, 100_001, dtype=torch.float64)
    by_score = torch.trapezoid(z * (-1 / start) / start, z)
    assert (float(truth), float(by_score)) == pytest.approx((0.5, -0.5))
    areas = []
    for smallest in (1e-2, 1e-4, 1e-6):
        beyond = torch.logspace(math.log10(smallest), 0, 4_001, dtype=torch.float64)  # z - theta
        # At theta + x the quotient with h is 1 / ((theta + h) h) for every h above x: the least such curve has h = x.
        areas.append(float(torch.trapezoid(1 / ((start + beyond) * beyond), beyond)))
    steps = [after - before for before, after in pairwise(areas)]
    assert steps == pytest.approx([math.log(100) / start] * 2, rel=0.01)


def by_vmap(f, mu, sigma, n) -> torch.Tensor:
    """Estimates by torch.func, which hands f stand-ins for single draws."""
    eps, theta = torch.randn(n, dtype=torch.float64), torch.tensor([mu, sigma], dtype=torch.float64)
    return torch.vmap(torch.func.grad(lambda t, e: f(t[0] + t[1] * e)), in_dims=(None, 0))(theta, eps)


def by_forward_mode(f, mu, sigma, n) -> torch.Tensor:
    """Estimates by tangents."""
    eps, theta = torch.randn(n, dtype=torch.float64), torch.tensor([mu, sigma], dtype=torch.float64)
    return torch.func.jacfwd(lambda t: f(t[0] + t[1] * eps))(theta)


def by_batched_backward(f, mu, sigma, n) -> torch.Tensor:
    """Estimates by a Jacobian whose rows go backward together."""
    eps, theta = torch.randn(n, dtype=torch.float64), torch.tensor([mu, sigma], dtype=torch.float64)
    return torch.autograd.functional.jacobian(lambda t: f(t[0] + t[1] * eps), theta, vectorize=True)


@pytest.mark.parametrize("estimator", [by_vmap, by_forward_mode, by_batched_backward])
def test_the_record_sees_every_draw_whatever_transforms_the_estimator_uses(estimator) -> None:
    rows, z = record(estimator, "wave", 0.7, 0.5, 6)
    slope = 2 * torch.cos(2 * z) + 2
    assert z.shape == (6,)
    torch.testing.assert_close(rows, torch.stack([slope, slope * (z - 0.7) / 0.5], dim=1))
