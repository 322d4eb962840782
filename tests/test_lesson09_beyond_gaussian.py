"""The numbers that lesson 9 quotes, what its checks must not mind, and the question that a person grades."""

from __future__ import annotations

import ast
import io
import math
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from class_of_four import ROOT, grade_here
from nbgrader.api import Gradebook
from scipy import special
from torch import Tensor
from torch.distributions import Categorical, Exponential, Gamma, Kumaraswamy, MixtureSameFamily, Normal

from autograder.beside import lesson09_beyond_gaussian as laws
from autograder.boundary.template import Template
from autograder.build import build
from autograder.checks.lesson09_beyond_gaussian import implicit_gradient, sample_kumaraswamy
from autograder.classes.classroom import grade_class
from autograder.course import Course
from autograder.draws import seeded
from autograder.lesson import answered
from autograder.results.feedback import make_feedback

STEM = "lesson09_beyond_gaussian"


def double(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def implicit(cdf: Callable[[Tensor, Tensor], Tensor], x: Tensor, theta: Tensor) -> Tensor:
    return implicit_gradient.quotient(cdf, x, theta)


# A draw without a path


def test_a_mixture_is_refused_chosen_without_a_path_or_blended_to_another_law() -> None:
    w = torch.tensor(0.7, requires_grad=True)
    mixture = MixtureSameFamily(Categorical(torch.stack([w, 1 - w])), Normal(torch.tensor([2.0, -2.0]), 1.0))
    with pytest.raises(NotImplementedError):
        mixture.rsample()
    assert not torch.where(torch.rand(5) < w, 2.0, -2.0).requires_grad
    assert mixture.stddev.item() == pytest.approx(math.sqrt(1 + 16 * 0.7 * 0.3)) and math.hypot(0.7, 0.3) < 0.77


# Far out in the tail


def test_float32_draws_are_multiples_of_two_to_the_minus_24_beside_which_one_is_exact() -> None:
    u = torch.rand(200_000)
    assert (u * 2**24 % 1 == 0).all() and torch.equal((1 - u).double(), 1 - u.double())


@pytest.mark.parametrize(("u", "least", "most"), [(1e-3, 0, 1e-12), (1e-12, 1e-5, 1e-4), (1e-20, 1, 1)])
def test_the_naive_logarithm_loses_the_digits_of_u(u: float, least: float, most: float) -> None:
    assert least <= abs(math.log(1 - u) / math.log1p(-u) - 1) <= most


def test_the_logistic_and_the_gumbel_have_the_moments_that_are_quoted() -> None:
    u = (torch.arange(1_000_000, dtype=torch.float64) + 0.5) / 1_000_000
    logistic, gumbel = torch.logit(u), -torch.log(-torch.log(u))
    assert logistic.std().item() == pytest.approx(math.pi / math.sqrt(3), rel=1e-3)
    assert gumbel.mean().item() == pytest.approx(0.5772, abs=1e-4)
    assert gumbel.std().item() == pytest.approx(math.pi / math.sqrt(6), rel=1e-3)


def test_the_difference_of_two_gumbel_numbers_is_logistic() -> None:
    # P(X - Y <= t) is the mean of F(Y + t) over Y.
    y = -torch.log(-torch.log((torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000))
    for t in (-2.0, 0.5, 3.0):
        below = torch.exp(-torch.exp(-(y + t))).mean()
        assert below.item() == pytest.approx(1 / (1 + math.exp(-t)), abs=1e-4)


def test_a_small_number_inside_ends_the_gumbel_tail() -> None:
    def padded(u: float, c: float) -> float:
        return -math.log(-math.log(u + c) + c)

    assert padded(1e-20, 1e-8) == pytest.approx(-2.9135, abs=1e-4) == padded(1e-12, 1e-8)
    assert padded(2**-24, 1e-20) == pytest.approx(padded(2**-24, 0), rel=1e-12) == pytest.approx(-2.8115, abs=1e-4)
    assert padded(1e-20, 1e-20) - padded(1e-20, 0) > 0.015
    assert abs(padded(1e-6, 1e-8) - padded(1e-6, 0)) < 1e-3 < abs(padded(1e-7, 1e-8) - padded(1e-7, 0))


# A law on the unit interval


@pytest.mark.parametrize("of", ["formula", "PyTorch"])
def test_the_plain_kumaraswamy_is_0_in_the_tail_and_its_gradient_in_b_is_nan(of: str) -> None:
    a, b = (torch.tensor(2.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    u = torch.tensor(1e-20, dtype=torch.float64)
    x = (1 - (1 - u) ** (1 / b)) ** (1 / a) if of == "formula" else Kumaraswamy(a, b).icdf(u)
    by_a, by_b = torch.autograd.grad(x, (a, b))
    assert x == 0 and by_a == 0 and by_b.isnan()


def test_in_float32_with_b_50_the_24_smallest_draws_are_lost() -> None:
    u = torch.arange(1, 2_000) / 2**24
    assert ((1 - (1 - u) ** (1 / torch.tensor(50.0))) == 0).sum() == 24


def test_the_form_of_the_stick_breaking_program_has_f_of_x_equal_to_1_minus_u() -> None:
    u, a, b = torch.linspace(0.01, 0.99, 99, dtype=torch.float64), 0.7, 2.5
    x = (1 - u ** (1 / b)) ** (1 / a)
    assert torch.allclose(1 - (1 - x**a) ** b, 1 - u)


def test_the_kumaraswamy_of_the_lesson_is_right_far_out() -> None:
    a, b, u = double(0.3, 2, 4), double(5, 2, 0.3), double(1e-22, 1e-18, 1e-9)
    x = sample_kumaraswamy.formula.right(a, b, u)
    assert torch.allclose(x, (u / b) ** (1 / a), rtol=1e-8, atol=0)
    assert sample_kumaraswamy.formula.cdf is not None
    assert torch.allclose(sample_kumaraswamy.formula.cdf(x, a, b), u, rtol=1e-9, atol=0)


# When nobody can solve for x

SHAPES = torch.logspace(math.log10(0.05), 2, 8, dtype=torch.float64)
PROBABILITIES = double(1e-6, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6)


def test_the_series_is_the_distribution_function_of_a_gamma() -> None:
    a, u = (each.flatten() for each in torch.meshgrid(SHAPES, PROBABILITIES, indexing="ij"))
    x = torch.from_numpy(special.gammaincinv(a.numpy(), u.numpy()))
    assert torch.allclose(laws.gamma_cdf(x, a), u, rtol=1e-10, atol=0)


def test_the_lesson_and_its_checks_have_the_same_series() -> None:
    tree = ast.parse((ROOT / "solutions" / f"{STEM}.py").read_text(encoding="utf-8"))
    names: dict[str, Any] = {"torch": torch, "Tensor": Tensor}
    given = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "gamma_cdf"]
    exec(compile(ast.Module(given, []), STEM, "exec"), names)
    x, a = torch.rand(2, 3, 4, dtype=torch.float64) * 5 + 0.1
    assert torch.equal(names["gamma_cdf"](x, a), laws.gamma_cdf(x, a))


def test_the_implicit_gradient_of_the_series_is_that_of_the_exact_inverse() -> None:
    a, u = (each.flatten() for each in torch.meshgrid(SHAPES, PROBABILITIES[2:9], indexing="ij"))
    h = 1e-4 * a

    def inverse(a: Tensor) -> Tensor:
        return torch.from_numpy(special.gammaincinv(a.numpy(), u.numpy()))

    decided = (8 * (inverse(a + h) - inverse(a - h)) - inverse(a + 2 * h) + inverse(a - 2 * h)) / (12 * h)
    ours = implicit(laws.gamma_cdf, inverse(a), a)
    assert torch.allclose(ours, decided, rtol=1e-8, atol=1e-30)


def test_the_gamma_gradient_of_pytorch_is_right_to_three_digits_and_not_to_five() -> None:
    torch.manual_seed(0)
    for shape in (0.5, 2.5, 20.0):
        a = torch.full((1_000,), shape, dtype=torch.float64, requires_grad=True)
        x = Gamma(a, 1.0).rsample()
        (of_torch,) = torch.autograd.grad(x.sum(), a)
        off = (of_torch / implicit(laws.gamma_cdf, x.detach(), a.detach()) - 1).abs().max()
        assert 1e-5 < off < 1e-3


def test_pytorch_neither_inverts_a_gamma_nor_differentiates_it_in_its_shape() -> None:
    with pytest.raises(NotImplementedError):
        Gamma(2.0, 1.0).icdf(torch.tensor(0.5))
    with pytest.raises((NotImplementedError, RuntimeError)):
        torch.special.gammainc(torch.tensor(2.0, requires_grad=True), torch.tensor(1.5)).backward()


def test_the_quotient_is_0_over_0_where_the_density_has_underflowed() -> None:
    assert implicit(laws.exponential_cdf, double(30, 800), double(1, 1)).isnan().tolist() == [False, True]


# One number has one path, two have many


@pytest.mark.parametrize("falls", [False, True])
def test_every_map_from_one_number_has_the_same_derivative(falls: bool) -> None:
    u = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    rate = torch.full_like(u, 1.5).requires_grad_()
    x = Exponential(rate).icdf(1 - u if falls else u)
    (explicit,) = torch.autograd.grad(x.sum(), rate)
    assert torch.allclose(explicit, implicit(laws.exponential_cdf, x.detach(), rate.detach()), rtol=1e-13)


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9])
def test_the_variances_of_two_factors_have_their_closed_forms(r: float) -> None:
    # 40 points of Gauss and Hermite in each direction are exact for polynomials of degree 4.
    points, weights = special.roots_hermitenorm(40)
    e = torch.from_numpy(points)
    first, second = (each.flatten() for each in torch.meshgrid(e, e, indexing="ij"))
    p = torch.from_numpy(weights / weights.sum())
    p, s = torch.outer(p, p).flatten(), 1 - r**2

    def moments(z: Callable[[Tensor], tuple[Tensor, Tensor]]) -> list[tuple[float, float]]:
        at = torch.full_like(first, r).requires_grad_()
        one, two = z(at)
        slopes = [torch.autograd.grad(f.sum(), at, retain_graph=True)[0] for f in (one * two, two**2)]
        return [(float(p @ g), float(p @ g**2 - (p @ g) ** 2)) for g in slopes]

    def by_root(at: Tensor) -> tuple[Tensor, Tensor]:
        high, low = (1 + at).sqrt(), (1 - at).sqrt()
        return ((high + low) * first + (high - low) * second) / 2, ((high - low) * first + (high + low) * second) / 2

    cholesky = moments(lambda at: (first, at * first + (1 - at**2).sqrt() * second))
    assert cholesky == [
        pytest.approx((1, 1 + 1 / s), abs=1e-9),
        pytest.approx((0, 16 * r**2 + 4 * (1 - 2 * r**2) ** 2 / s), abs=1e-9),
    ]
    assert moments(by_root) == [pytest.approx((1, 1), abs=1e-9), pytest.approx((0, 1 / s), abs=1e-9)]


# A heavy tail


def test_a_log_normal_draw_deviates_by_90_times_its_mean_at_sigma_3() -> None:
    found = [math.sqrt(math.expm1(sigma**2)) for sigma in (1, 2, 3)]
    assert found == pytest.approx([1.3, 7.3, 90], rel=0.02) and math.sqrt(math.expm1(0.01)) < 0.11


def test_most_means_of_1000_log_normal_draws_are_too_low() -> None:
    generator = torch.Generator().manual_seed(0)
    eps = torch.randn(2_000, 1_000, generator=generator, dtype=torch.float64)
    for sigma, least in ((2.0, 0.55), (3.0, 0.7)):
        below = (torch.exp(sigma * eps).mean(dim=1) < math.exp(sigma**2 / 2)).double().mean()
        assert below > least


# Two hills and a valley


def pathwise_and_score(d: float, w: float) -> tuple[list[float], list[float]]:
    """Mean and variance of one draw's gradient in the logit of the weight, for both estimators."""
    z = torch.linspace(-d / 2 - 12, d / 2 + 12, 40_001, dtype=torch.float64)
    right, left = (torch.exp(-((z - c) ** 2) / 2) / math.sqrt(2 * math.pi) for c in (d / 2, -d / 2))
    p = w * right + (1 - w) * left
    flow = -w * (1 - w) * (torch.special.ndtr(z - d / 2) - torch.special.ndtr(z + d / 2))
    score = z * w * (1 - w) * (right - left)

    def moments(times_p: Tensor) -> list[float]:
        mean = torch.trapezoid(times_p, z).item()
        return [mean, torch.trapezoid(times_p**2 / p, z).item() - mean**2]

    return moments(flow), moments(score)


@pytest.mark.parametrize("d", [1.0, 3.0, 8.0])
def test_both_gradients_of_a_mixture_are_unbiased(d: float) -> None:
    path, score = pathwise_and_score(d, 0.4)
    assert path[0] == pytest.approx(0.24 * d) == score[0]


def test_the_implicit_gradient_of_a_mixture_costs_more_from_a_distance_of_3_16_on() -> None:
    variances = {d: [each[1] for each in pathwise_and_score(d, 0.4)] for d in (1.0, 3.155, 3.165, 8.0)}
    assert variances[1.0] == pytest.approx([0.00096, 0.082], rel=0.02)
    assert variances[3.155][0] < variances[3.155][1] and variances[3.165][0] > variances[3.165][1]
    assert 300 < variances[8.0][0] < 450 and variances[8.0][1] == pytest.approx(0.39, abs=0.01)


def test_in_the_valley_one_draw_says_more_than_a_thousand() -> None:
    z = torch.linspace(-1, 1, 201, dtype=torch.float64)
    p = (0.4 * torch.exp(-((z - 4) ** 2) / 2) + 0.6 * torch.exp(-((z + 4) ** 2) / 2)) / math.sqrt(2 * math.pi)
    flow = 0.24 * (torch.special.ndtr(z + 4) - torch.special.ndtr(z - 4))
    assert (flow / p).max() > 1_000


# What the checks must not mind


@pytest.mark.parametrize("seed", range(5))
def test_central_differences_are_exact_enough(seed: int) -> None:
    def answer(cdf: Callable[[Tensor, Tensor], Tensor], x: Tensor, theta: Tensor) -> Tensor:
        x, theta, h = x.detach(), theta.detach(), 1e-5
        return (cdf(x, theta - h) - cdf(x, theta + h)) / (cdf(x + h, theta) - cdf(x - h, theta))

    with seeded(seed), redirect_stdout(io.StringIO()):
        for check in implicit_gradient.exercise.checks.values():
            check(answer)


# The question that a person grades


def text_of(path: Path, name: str) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return next(cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def test_the_release_says_what_each_point_is_for_and_holds_no_model_answer() -> None:
    path = ROOT / "course" / STEM / f"{STEM}.ipynb"
    assert text_of(path, "mixture") == "YOUR ANSWER HERE"
    assert "four parts below, of one point each" in path.read_text() and "A model answer" not in path.read_text()


@pytest.mark.slow
def test_a_written_answer_waits_for_a_person_and_its_points_stay(tmp_path: Path, template: Template) -> None:
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / f"{STEM}.py", tmp_path / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    build([], tmp_path)
    course = Course(tmp_path)
    released = nbformat.read(course.folder("release", ".", STEM) / f"{STEM}.ipynb", as_version=4)
    for student, answers in {"ada": {"mixture": "1. Choosing has no path."}, "ben": {}}.items():
        path = course.folder("submitted", student, STEM) / f"{STEM}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(answered(released, answers), path)

    def grade() -> None:
        assert all(outcome.grade for outcome in grade_class(course, STEM, ["ada", "ben"], force=True))

    def opened() -> Gradebook:
        return Gradebook(course.directory.db_url, course.directory.course_id)

    with pytest.MonkeyPatch.context() as patch:
        grade_here(patch, template)
        grade()
        seen = course.folder("autograded", "ada", STEM) / f"{STEM}.ipynb"
        assert text_of(seen, "mixture") == "1. Choosing has no path."
        assert "four parts below, of one point each" in seen.read_text()
        with opened() as book:
            row, other = (book.find_grade("mixture", STEM, STEM, student) for student in ("ada", "ben"))
            assert row.needs_manual_grade and row.max_score == 4 and book.find_assignment(STEM).max_score == 34
            assert not other.needs_manual_grade and other.score == 0
            row.manual_score, row.needs_manual_grade = 2.5, False
            book.db.commit()
        grade()
        with opened() as book:
            assert book.find_grade("mixture", STEM, STEM, "ada").score == 2.5
        list(make_feedback(course, STEM, ["ada"]))
    page = course.folder("feedback", "ada", STEM) / f"{STEM}.html"
    assert "2.5 of 4 points" in page.read_text(encoding="utf-8")
