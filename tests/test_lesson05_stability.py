"""The numbers that lesson 5 quotes, and what its checks must not mind."""

from __future__ import annotations

import io
import math
from contextlib import redirect_stdout

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks.lesson05_stability.soft_clamp import bounds, gradients, middle
from autograder.draws import seeded


def half(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float16)


def test_exp_leaves_float16_between_two_neighbours_near_11_09() -> None:
    assert torch.exp(half(11.0859375)).isfinite() and torch.exp(half(11.09375)).isinf()
    assert round(math.log(torch.finfo(torch.float16).max), 2) == 11.09


def test_a_clamp_to_10_fits_float16_and_a_clamp_to_minus_30_and_20_does_not() -> None:
    assert torch.exp(half(10)) == 22_032 and torch.exp(half(-10)) > 0
    assert torch.exp(half(20)).isinf() and torch.exp(half(-30)) == 0


def test_the_loss_of_the_first_experiment_is_finite_one_step_before_its_gradient() -> None:
    logvar = torch.tensor(499.9995, requires_grad=True)
    loss = 0.5 * (logvar + 1000.0**2 / torch.exp(logvar))
    assert 249 < loss < 251
    assert torch.autograd.grad(loss, logvar)[0].isnan()


@pytest.mark.parametrize(("batch", "fits"), [(120, True), (121, False)])
def test_a_float16_sum_of_784_pixels_overflows_at_121_images(batch: int, fits: bool) -> None:
    assert bool(torch.full((batch, 784), math.log(2), dtype=torch.float16).sum().isfinite()) == fits


def kl_with_expm1(mean: float, v: float, dtype: torch.dtype) -> tuple[float, float]:
    """The KL of one latent number with expm1 in this dtype, and the exact one."""
    mu, logvar = torch.tensor(mean, dtype=dtype), torch.tensor(v, dtype=dtype)
    assert -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)) == 0 or dtype == torch.float32
    return 0.5 * (torch.expm1(logvar) - logvar + mu**2).item(), 0.5 * (math.expm1(v) - v + mean**2)


@pytest.mark.parametrize(
    ("mean", "v", "dtype", "lost"),
    [
        (0.01, 0.01, torch.float16, 0.022),
        (0.01, 0.01, torch.bfloat16, 0.073),
        (0.005, 0.005, torch.bfloat16, 0.333),
        (0.0, 0.005, torch.bfloat16, 1.0),
        (0.0, -0.005, torch.bfloat16, 1.0),
        (0.0, 0.005, torch.float32, 0.0),
    ],
)
def test_expm1_alone_keeps_the_kl_near_the_prior_in_float32_only(
    mean: float, v: float, dtype: torch.dtype, lost: float
) -> None:
    found, exact = kl_with_expm1(mean, v, dtype)
    assert abs(found / exact - 1) == pytest.approx(lost, abs=1e-3)


def test_a_series_or_float32_keeps_what_expm1_in_bfloat16_loses() -> None:
    every = torch.arange(2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
    v = every[(every >= 0.001) & (every <= 0.5)]
    exact = torch.expm1(v.double()) - v.double()

    def error(found: Tensor, where: Tensor = v > 0) -> Tensor:
        return (found.double() / exact - 1).abs()[where]

    assert (error(torch.exp(v) - 1 - v, v < 0.005) > 100).all()
    assert (error(torch.expm1(v) - v, v < 0.005) == 1).all()
    assert error(v * v * (1 / 2 + v * (1 / 6 + v / 24))).max() < 0.01
    assert error(torch.expm1(v.float()) - v.float()).max() < 0.001


@pytest.mark.parametrize(("dtype", "found"), [(torch.bfloat16, 0.0039), (torch.float32, 0.0025)])
def test_the_gradient_of_a_kl_with_expm1_is_lost_in_bfloat16_too(dtype: torch.dtype, found: float) -> None:
    v = torch.tensor(0.005, dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(0.5 * (torch.expm1(v) - v), v)
    assert gradient.item() == pytest.approx(found, abs=5e-5)


def test_the_tangent_has_the_larger_gradient_between_10_3_and_79_5() -> None:
    v = torch.linspace(0.01, 120, 12_000, dtype=torch.float64)
    power, tangent = (1 + (v / 10) ** 6) ** (-7 / 6), torch.cosh(v / 10) ** -2
    larger = v[tangent > power]
    assert len(larger) == ((v >= larger.min()) & (v <= larger.max())).sum()
    assert (larger.min().item(), larger.max().item()) == pytest.approx((10.3, 79.5), abs=0.05)


@pytest.mark.parametrize(("at", "stuck"), [(90.0, False), (91.0, True), (100.0, True)])
def test_the_gradient_of_the_tangent_rounds_to_zero_in_float32_above_90(at: float, stuck: bool) -> None:
    v = torch.tensor(at, requires_grad=True)
    (gradient,) = torch.autograd.grad(10 * torch.tanh(v / 10), v)
    assert (gradient == 0) == stuck


@pytest.mark.parametrize(("low", "high", "right"), [(10, 110, True), (120, 130, False)])
def test_autograd_has_the_gradient_of_the_sixth_power_up_to_about_110_in_float32(
    low: float, high: float, right: bool
) -> None:
    v = torch.linspace(low, high, 1_001, requires_grad=True)
    u = v / 10
    (gradient,) = torch.autograd.grad((10 * u / (1 + u**6) ** (1 / 6)).sum(), v)
    assert bool((gradient > 0).all()) == right


def test_a_mask_on_the_output_does_not_keep_nan_out_of_the_gradient() -> None:
    raw = torch.tensor([0.0, 10.0, 100.0], requires_grad=True)
    value = torch.where(raw > 20, raw, torch.log(1 + torch.exp(raw)))
    value.sum().backward()
    assert value.isfinite().all() and raw.grad is not None and raw.grad.isnan().tolist() == [False, False, True]


@pytest.mark.parametrize("power", [6, 8, 10])
def test_every_power_that_meets_the_contract_passes_the_soft_clamp_checks(power: int) -> None:
    def soft_clamp(logvar: Tensor, low: float = -10.0, high: float = 10.0) -> Tensor:
        u = (2 * logvar - low - high) / (high - low)
        return (low + high) / 2 + (high - low) / 2 * u / (1 + u.abs() ** power) ** (1 / power)

    with seeded(0), redirect_stdout(io.StringIO()):
        for check in (middle, bounds, gradients):
            check(soft_clamp)


@pytest.mark.parametrize("sharpness", [1.0, 2.0, 4.0])
def test_two_softplus_steps_pass_the_soft_clamp_checks_however_small_their_gradient(sharpness: float) -> None:
    def soft_clamp(logvar: Tensor, low: float = -10.0, high: float = 10.0) -> Tensor:
        raised = low + F.softplus(sharpness * (logvar - low), threshold=1e9) / sharpness
        return high - F.softplus(sharpness * (high - raised), threshold=1e9) / sharpness

    with seeded(0), redirect_stdout(io.StringIO()):
        for check in (middle, bounds, gradients):
            check(soft_clamp)
