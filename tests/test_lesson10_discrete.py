"""The numbers that lesson 10 quotes, and what its given models do."""

from __future__ import annotations

import math
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor

from autograder.checks.lesson10_discrete.closed_forms import (
    all_rows,
    chances,
    exact_gradient,
    gumbel,
    gumbel_max,
    gumbel_softmax,
)
from autograder.checks.lesson10_discrete.perplexity import GIVEN, right
from lessonkit.data import binarize, digits
from lessonkit.discrete import ChoiceVAE, CodebookAutoencoder, CodePrior, choice_kl, pixel_nats, train

ROOT = Path(__file__).parents[1]
LESSON = (ROOT / "solutions" / "lesson10_discrete.py").read_text(encoding="utf-8")
RECORD = (ROOT / "benchmarks" / "discrete.md").read_text(encoding="utf-8")
LOGISTIC = torch.logit((torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000)


def slopes(p: float, tau: float) -> tuple[Tensor, Tensor]:
    """The soft choice of right, and its derivative in the logit of p, at quantiles of the noise."""
    x = (math.log(p / (1 - p)) + LOGISTIC) / tau
    return torch.sigmoid(x), torch.sigmoid(x) * torch.sigmoid(-x) / tau


def test_ten_junctions_have_the_derivative_that_the_lesson_solves_on_paper() -> None:
    found = exact_gradient(lambda b: (b.sum(1) - 6) ** 2 + 10, torch.full((10,), 0.3, dtype=torch.float64))
    on_paper = 2 * (0.3 * 9 - 6) + 1
    assert on_paper == pytest.approx(-5.6) and found.tolist() == pytest.approx([on_paper] * 10)


def test_the_derivative_is_the_mean_with_a_one_less_the_mean_with_a_zero() -> None:
    b, p = all_rows(3), torch.tensor([0.2, 0.6, 0.7]).double()
    f = torch.sin(torch.arange(8)).double()
    for i in range(3):
        means = [(chances(b, p) * f)[b[:, i] == side].sum() / (p[i] if side else 1 - p[i]) for side in (1, 0)]
        assert exact_gradient(lambda _: f, p)[i] == pytest.approx(float(means[0] - means[1]))


@pytest.mark.parametrize(("p", "shortcut"), [(0.2, -0.5), (0.5, 0.1), (0.8, 0.7)])
def test_the_slope_of_the_cost_at_p_is_right_at_one_half_alone(p: float, shortcut: float) -> None:
    truth = (1 - 0.45) ** 2 - 0.45**2
    assert truth == pytest.approx(0.1)
    assert 2 * (p - 0.45) == pytest.approx(shortcut) and (abs(shortcut - truth) < 1e-9) is (p == 0.5)


def test_the_largest_noisy_logit_is_the_first_to_arrive_and_has_the_probability_of_the_softmax() -> None:
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0]).double()
    u = (torch.rand(200_000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)).clamp(1e-12)
    waiting = -torch.log(u) * torch.exp(-logits)
    assert torch.allclose(torch.exp(-(logits + gumbel(u))), waiting)
    chosen = gumbel_max(logits.expand_as(u), u)
    assert torch.equal(chosen.argmax(1), waiting.argmin(1))
    # Four shares of 200,000 draws: each is within 0.0075 but for 4 * 2 exp(-2 * 200,000 * 0.0075^2) < 1e-8.
    assert torch.allclose(chosen.mean(0), torch.softmax(logits, 0), rtol=0, atol=0.0075)


@pytest.mark.parametrize(
    ("tau", "mean", "median", "variance", "small"),
    [
        (1.0, 0.166, 1.9e-1, 0.006, 0.00),
        (0.5, 0.213, 1.8e-1, 0.032, 0.04),
        (0.25, 0.237, 4.6e-2, 0.106, 0.23),
        (0.1, 0.246, 1.5e-4, 0.351, 0.57),
        (0.05, 0.247, 4.7e-9, 0.763, 0.76),
        (0.01, 0.247, 7.1e-47, 4.064, 0.94),
    ],
)
def test_at_a_low_temperature_the_median_vanishes_and_the_mean_does_not(
    tau: float, mean: float, median: float, variance: float, small: float
) -> None:
    _, found = slopes(0.45, tau)
    assert found.mean() == pytest.approx(mean, abs=6e-4) and found.median() == pytest.approx(median, rel=0.03)
    assert found.var() == pytest.approx(variance, rel=0.08) and (found < 1e-3).double().mean() == pytest.approx(
        small, abs=0.006
    )


def test_bias_and_variance_of_the_soft_gradient_have_the_powers_of_tau_that_the_lesson_says() -> None:
    truth = 0.45 * 0.55
    assert 1 - slopes(0.45, 1)[1].mean() / truth == pytest.approx(0.33, abs=0.005)
    bias = [float(truth - slopes(0.45, tau)[1].mean()) for tau in (0.2, 0.1)]
    assert bias[0] / bias[1] == pytest.approx(4, rel=0.1)
    assert slopes(0.45, 0.02)[1].var() == pytest.approx(truth / (6 * 0.02), rel=0.05)


@pytest.mark.parametrize(
    ("tau", "hard", "soft"), [(1.0, 0.43, 0.38), (0.5, 0.41, 0.36), (0.2, 0.31, 0.23), (0.1, 0.14, 0.0)]
)
def test_the_estimators_stall_where_the_truth_never_does(tau: float, hard: float, soft: float) -> None:
    def mean(p: float, at_choice: bool) -> float:
        y, slope = slopes(p, tau)
        return float((2 * (((y > 0.5).double() if at_choice else y) - 0.45) * slope).mean())

    for at_choice, at in ((True, hard), (False, soft)):
        assert mean(at + 0.006, at_choice) > 0 and (at == 0 or mean(at - 0.006, at_choice) < 0)


def test_where_straight_through_stalls_the_robot_pays_what_the_lesson_says() -> None:
    paid = 0.433 * 0.3025 + 0.567 * 0.2025
    assert paid == pytest.approx(0.246, abs=5e-4)


def test_two_classes_of_the_soft_choice_are_a_sigmoid_of_logistic_noise() -> None:
    u = torch.rand(100, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64).clamp(1e-6, 1 - 1e-6)
    logits = torch.tensor([0.7, 0.0]).double().expand(100, 2)
    noise = gumbel(u)[:, 0] - gumbel(u)[:, 1]
    assert torch.allclose(gumbel_softmax(logits, 0.4, u)[:, 0], torch.sigmoid((0.7 + noise) / 0.4))


def test_the_perplexity_of_the_example_and_of_its_usual_mistakes() -> None:
    assert float(right(GIVEN, 8)) == pytest.approx(3.3636, abs=1e-4)
    price = 4 * math.log(32)
    assert price == pytest.approx(13.86, abs=5e-3)


def numbers_in(rows: list[str], cells: slice) -> dict[str, list[str]]:
    """The numbers of the rows of a table, by their first cell."""
    split = [[cell.strip() for cell in row.strip("# |\n").split("|")] for row in rows]
    return {row[0]: row[cells] for row in split}


@pytest.mark.parametrize("head", ["| estimator |", "| training |"])
def test_the_tables_in_the_text_are_those_on_record(head: str) -> None:
    told, kept = (
        numbers_in(re.search(re.escape(head) + r".*\n.*---.*\n((?:#? ?\|.*\n)+)", text)[1].splitlines(), slice(1, None))
        for text in (LESSON, RECORD)
    )
    assert told.keys() == kept.keys() and len(told) >= 6
    for name, cells in told.items():
        found = [number for cell in kept[name] for number in re.findall(r"[\d.]+(?:e\+\d+)?", cell)]
        picked = [found[0], found[2], found[5], found[7]] if len(found) == 10 else [found[0], found[2]]
        assert cells == picked, name


# The given models


def test_the_kl_of_choices_is_0_for_uniform_ones_and_log_4_each_for_certain_ones() -> None:
    assert choice_kl(torch.zeros(2, 8, 4)).tolist() == pytest.approx([0, 0], abs=1e-6)
    certain = torch.zeros(1, 8, 4)
    certain[..., 1] = 100
    assert float(choice_kl(certain)) == pytest.approx(8 * math.log(4))


def test_codes_have_the_shapes_that_the_lesson_says() -> None:
    x, choices, books = torch.zeros(5, 64), ChoiceVAE(), CodebookAutoencoder()
    assert choices.encode(x).shape == (5, 8, 4) and choices.decode(torch.zeros(3, 5, 8, 4)).shape == (3, 5, 64)
    assert books.encode(x).shape == (5, 4, 4) and books.decode(torch.zeros(5, 4, 4)).shape == (5, 64)
    assert books.codebook.shape == (32, 4) and pixel_nats(torch.zeros(3, 5, 64), x).shape == (3, 5)
    assert pixel_nats(torch.zeros(5, 64), x).tolist() == pytest.approx([64 * math.log(2)] * 5)


def test_a_prior_of_codes_is_a_distribution_and_looks_back_alone() -> None:
    torch.manual_seed(0)
    prior = CodePrior(slots=3, codes=4)
    every = torch.tensor(list(product(range(4), repeat=3)))
    assert torch.exp(-prior.nats(every)).sum().item() == pytest.approx(1, abs=1e-5)
    drawn = prior.sample(7)
    assert drawn.shape == (7, 3) and drawn.dtype == torch.int64 and 0 <= drawn.min() <= drawn.max() < 4


def test_training_takes_every_row_once_an_epoch_and_counts_its_steps() -> None:
    rows, seen, steps = torch.arange(130.0).unsqueeze(1), [], []
    model = torch.nn.Linear(1, 1)

    def loss(batch: Tensor, step: int) -> Tensor:
        seen.append(batch.flatten())
        steps.append(step)
        return model(batch).square().mean()

    train(model, loss, rows, 2)
    assert steps == list(range(6)) and torch.equal(torch.cat(seen[:3]).sort().values, rows.flatten())


def test_the_pixel_means_cost_25_07_nats() -> None:
    images, test = binarize(digits().train), binarize(digits().test)
    share = ((images.sum(0) + 1) / (len(images) + 2)).clamp(1e-3, 1 - 1e-3)
    assert float(pixel_nats(torch.logit(share).expand_as(test), test).mean()) == pytest.approx(25.07, abs=5e-3)


def test_adam_does_not_mind_the_size_of_a_gradient_that_nothing_else_is_added_to() -> None:
    ends = []
    for weight in (1.0, 30.0):
        code = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([code], lr=1e-2)
        for _ in range(50):
            (slope,) = torch.autograd.grad(weight * (code - torch.arange(1.0, 4.0)).square().mean(), code)
            code.grad = slope
            optimizer.step()
        ends.append(code.detach())
    assert torch.allclose(*ends, rtol=1e-6) and 0.4 < ends[0][0] < 0.6
