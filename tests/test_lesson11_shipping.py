"""The numbers that lesson 11 quotes, and what its checks must not mind."""

from __future__ import annotations

import math
import re

import pytest
import torch
from class_of_four import ROOT
from torch import Tensor, nn

from autograder.checks.lesson11_shipping import local_reparameterization as local
from autograder.draws import Draws
from lessonkit.vae import VAE, reparameterize

LESSON = (ROOT / "solutions" / "lesson11_shipping.py").read_text(encoding="utf-8")
RECORD = (ROOT / "benchmarks" / "shipping.md").read_text(encoding="utf-8")
NAMES = {
    "one step a tensor": "plain, one step a tensor",
    "a step a row": "plain, a step a row",
    "range of least squared error": "plain, range of least squared error",
    "trained with normal noise": "trained with normal noise",
    "trained through the rounding": "trained through the rounding",
    "trained through the rounding, not rounded": "trained through the rounding, not rounded",
}

Cell = list[float]
"""Mean, lowest and highest."""


def table(heading: str) -> dict[str, dict[str, Cell]]:
    """A table of the record: the cells of each column, by the first column."""
    part = RECORD.partition(f"## {heading}")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    head, body = rows[0], rows[2:]
    return {
        name: {row[0]: numbers(row[column]) for row in body if len(row) > column and row[column].strip()}
        for column, name in enumerate(head)
        if column
    }


def numbers(cell: str) -> Cell:
    return [float(each) for each in re.findall(r"-?\d+\.\d+", cell)]


METHODS = table("By method")


def lost(name: str, bits: int) -> Cell:
    return METHODS[NAMES[name]][str(bits)]


def test_the_table_in_the_lesson_is_the_recorded_one() -> None:
    block = LESSON.partition('RECORDED = """\n')[2].partition('"""')[0]
    shown = {}
    for line in block.splitlines():
        if not line.startswith(" "):
            shown[line] = entries = {}
            continue
        for bits, *cell in map(str.split, line.split(",")):
            entries[bits] = [float(each) for each in cell]
    assert shown == {name: METHODS[NAMES[name]] for name in shown} and len(shown) == 5


def test_at_8_bits_rounding_costs_less_than_a_hundredth_of_a_nat() -> None:
    for name in ("one step a tensor", "a step a row", "range of least squared error"):
        assert all(abs(each) < 0.01 for each in lost(name, 8))
        assert lost(name, 6)[0] < 0.05
    mean, low, high = lost("trained with normal noise", 8)
    assert (round(mean, 2), round(low, 2), round(high, 2)) == (0.05, -0.03, 0.12)


def test_at_4_bits_noise_wins_little_and_a_step_for_each_row_more() -> None:
    plain, noise, row, through = (
        lost(name, 4)
        for name in (
            "one step a tensor",
            "trained with normal noise",
            "a step a row",
            "trained through the rounding",
        )
    )
    assert [round(each[0], 2) for each in (plain, noise)] == [0.52, 0.47]
    assert round(plain[0] - noise[0], 2) == 0.05 < noise[2] - noise[1]
    assert round(plain[0] - row[0], 2) == 0.34 and abs(row[0] - through[0]) < 0.02


def test_at_3_bits_a_smaller_range_and_training_through_the_rounding_win_2_nats() -> None:
    plain, noise = lost("one step a tensor", 3)[0], lost("trained with normal noise", 3)[0]
    through, smaller = lost("trained through the rounding", 3)[0], lost("range of least squared error", 3)[0]
    assert [round(each, 1) for each in (plain, noise, plain - noise)] == [2.9, 1.6, 1.3]
    assert [round(each, 2) for each in (through, smaller)] == [0.83, 0.77] and plain - through > 2
    assert round(lost("trained through the rounding, not rounded", 3)[0], 1) == 1.8


def test_the_recorded_units_change_no_float32_number_and_the_loss_at_8_bits() -> None:
    units = table("The same function in other units")
    assert all(cell == [0, 0, 0] or max(map(abs, cell)) < 1e-4 for cell in units["float32"].values())
    one, row = units["one step a tensor, 8 bits"]["100"], units["a step a row, 8 bits"]["100"]
    assert one[1] > 2.9 and row[2] < 0.5


def test_the_table_of_held_out_digits_is_the_recorded_one() -> None:
    recorded = table("AUROC of a digit that was held out of training")
    for name, column in (("AUROC", "-ELBO, 16 draws"), ("KL alone", "KL alone")):
        shown = numbers(next(line for line in LESSON.splitlines() if line.startswith(f"# | {name} |")))
        assert shown[:10] == [recorded[column][str(digit)][0] for digit in range(10)]
        title = {"AUROC": "-ELBO", "KL alone": "KL alone"}[name]
        assert f"Mean over the ten digits, {title}: {shown[10]:.2f}" in re.sub(r"(0\.\d\d)\d", r"\1", RECORD)


def test_the_worked_examples() -> None:
    w = torch.tensor([-3.3, 1.0, 0.3])
    step = w.abs().max() / 3
    assert (step * (w / step).round()).tolist() == pytest.approx([-3.3, 1.1, 0])
    x, sigma = torch.tensor([3.0, -4.0]), torch.tensor([0.1, 0.1])
    assert (x.square() @ sigma.square()).sqrt().item() == pytest.approx(0.5)
    assert [2 ** (bits - 1) - 1 for bits in (8, 3)] == [127, 3]


def test_an_error_of_rounding_has_variance_one_twelfth_of_a_squared_step() -> None:
    error = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000 - 0.5
    assert error.square().mean().item() == pytest.approx(1 / 12, rel=1e-6)


def test_the_variance_of_a_mean_of_equally_correlated_numbers() -> None:
    n, v, c = 7, 3.0, 0.8
    covariance = torch.full((n, n), c) + (v - c) * torch.eye(n)
    assert covariance.mean().item() == pytest.approx(v / n + c * (n - 1) / n)


def test_a_sum_of_normal_weights_has_the_variance_of_the_local_trick() -> None:
    x, sigma = torch.tensor([[0.7, -1.2]], dtype=torch.float64), torch.tensor([[0.5, 2.0]], dtype=torch.float64)
    # What one weight adds is x sigma eps; the covariance of independent ones is diagonal.
    assert (x.square() @ sigma.square().mT).item() == pytest.approx(((x * sigma) ** 2).sum().item())


def test_a_factor_passes_a_relu() -> None:
    torch.manual_seed(0)
    model, x = VAE().double().eval(), torch.rand(5, 64).double()
    before = model(x)[0]
    with torch.no_grad():
        for layer in (model.hidden[0], model.decoder[0]):
            layer.weight[:13] *= 100
            layer.bias[:13] *= 100
        for layer in (model.fc_mu, model.fc_logvar, model.decoder[2]):
            layer.weight[:, :13] /= 100
    assert torch.allclose(model(x)[0], before, rtol=1e-10, atol=1e-10)


def size(*modules: nn.Module) -> int:
    return sum(each.numel() for module in modules for each in module.parameters())


def test_the_way_to_mu_is_less_than_half_of_the_model() -> None:
    model = VAE()
    assert (size(model), size(model.hidden, model.fc_mu)) == (19_792, 9_352)


class Encoder(nn.Module):
    """As in the lesson."""

    def __init__(self) -> None:
        super().__init__()
        self.model = VAE(4, 3, 2, reparameterize)

    def forward(self, x: Tensor) -> Tensor:
        return self.model.encode(x)[0]


@pytest.mark.parametrize(("training", "draws"), [(False, False), (True, True)])
def test_an_export_freezes_the_mode(training: bool, draws: bool) -> None:
    x, any_batch = torch.rand(2, 4), ({0: torch.export.Dim("batch")},)
    program = torch.export.export(Encoder().train(training), (x,), dynamic_shapes=any_batch)
    assert any("randn_like" in str(node.target) for node in program.graph.nodes) is draws
    module = program.module()
    assert torch.equal(module(torch.ones(3, 4)), module(torch.ones(3, 4))) is not draws
    with pytest.raises(NotImplementedError):
        module.eval()


def test_an_export_without_dynamic_shapes_freezes_the_batch_and_shares_the_weights() -> None:
    encoder = Encoder().eval()
    module = torch.export.export(encoder, (torch.rand(2, 4),)).module()
    with pytest.raises((AssertionError, RuntimeError)):
        module(torch.rand(3, 4))
    before = module(torch.ones(2, 4))
    with torch.no_grad():
        encoder.model.fc_mu.bias += 1
    assert torch.allclose(module(torch.ones(2, 4)), before + 1)


def test_a_number_of_1e_30_in_the_root_is_a_number_in_float32_too() -> None:
    guard = torch.tensor(1e-30)
    assert guard > 0 and guard.sqrt() < 1e-5 and math.sqrt(1e-10) == pytest.approx(1e-5)


def test_uniform_noise_of_variance_1_is_seen_among_24_000_numbers() -> None:
    at = torch.linspace(-2, 2, 4_001, dtype=torch.float64)
    uniform = ((at / 3**0.5 + 1) / 2).clamp(0, 1)
    off = (torch.special.ndtr(at) - uniform).abs().max().item()
    assert off == pytest.approx(0.057, abs=5e-4)
    limit = math.sqrt(math.log(8 / 1e-10) / (2 * 24_000))
    assert 2 * math.exp(-2 * 24_000 * (off - limit) ** 2) < 1e-20


def test_no_wrong_scale_of_the_local_noise_passes_for_the_right_one() -> None:
    for seed in range(300):
        x, _, sigma, _ = local.above_one(Draws(seed))
        deviation = (x.square() @ sigma.square().mT).sqrt()
        for mistake in (local.SIGMA_AS_VARIANCE, local.X_UNSQUARED, local.UNSCALED):
            assert (local.SCALES[mistake](x, sigma) < 0.89 * deviation).all()
        assert (local.SCALES[local.NO_ROOT](x, sigma) > 2 * deviation).all()
        assert (local.SCALES[local.DEVIATIONS_ADD](x, sigma) / deviation).mean() > 1.5
