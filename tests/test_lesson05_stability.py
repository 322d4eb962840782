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


@pytest.mark.parametrize(("dtype", "error"), [(torch.float16, 0.03), (torch.bfloat16, 0.08)])
def test_expm1_keeps_the_digits_that_the_kl_near_the_prior_loses(dtype: torch.dtype, error: float) -> None:
    v = torch.tensor(0.01, dtype=dtype)
    exact = 0.5 * (math.expm1(0.01) - 0.01 + 0.01**2)
    assert -0.5 * (1 + v - v**2 - torch.exp(v)) == 0
    assert abs(0.5 * (torch.expm1(v) - v + v**2).item() / exact - 1) < error


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
