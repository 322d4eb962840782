"""The numbers that lesson 13 quotes, the arithmetic that it and its checks rest on, and what its gate says."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks.lesson13_capstone import claim, is_valid, train_model
from autograder.checks.lesson13_capstone.anomaly_score import auroc
from autograder.draws import Draws, seeded
from autograder.exercise import listening
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.capstone import by_best_gaussian, by_decoder, iwae_loss, prices
from lessonkit.data import binarize, digits
from lessonkit.strings import END, LENGTH, StringModel, as_numbers, as_strings, some_strings
from lessonkit.vae import VAE, measure, train

ROOT = Path(__file__).parents[1]
LESSON = (ROOT / "solutions" / "lesson13_capstone.py").read_text(encoding="utf-8")
RECORD = (ROOT / "benchmarks" / "capstone.md").read_text(encoding="utf-8")


class OneLatent(nn.Module):
    """Two pixels whose logits are 2z and 1 - z: a model that can be integrated."""

    latent_dim = 1

    def decode(self, z: Tensor) -> Tensor:
        return torch.cat([2 * z, 1 - z], dim=-1)


class Ignores(VAE):
    """A decoder that makes nothing of z."""

    def decode(self, z: Tensor) -> Tensor:
        return torch.full((len(z), 64), 0.5)


def found_model() -> Any:
    """The colleague's model, as the lesson's first cell has it."""
    (node,) = (node for node in ast.parse(LESSON).body if isinstance(node, ast.ClassDef) and node.name == "Found")
    names: dict[str, Any] = {"torch": torch, "nn": nn, "Tensor": Tensor}
    exec(compile(ast.Module([node], []), "<lesson>", "exec", dont_inherit=True), names)
    return names["Found"]()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread, and tests run side by side."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def some_images(rows: int = 40) -> Tensor:
    return binarize(digits().test[:rows])


def test_the_price_and_its_part_for_the_code_are_those_of_an_integral() -> None:
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    z = torch.linspace(-8, 8, 4_001, dtype=torch.float64)[:, None]
    weight = torch.exp(-z[:, 0].square() / 2)
    logits = OneLatent().decode(z)
    likelihood = torch.stack(
        [
            torch.exp(
                -F.binary_cross_entropy_with_logits(logits, row.double().expand_as(logits), reduction="none").sum(1)
            )
            for row in x
        ]
    )
    p = (likelihood * weight).sum(1) / weight.sum()
    posterior = likelihood * weight / (likelihood * weight).sum(1, keepdim=True)
    kl = (posterior * (likelihood.log() - p.log()[:, None])).sum(1)
    torch.manual_seed(0)
    found, code = prices(OneLatent().decode(torch.randn(200_000, 1)), x)
    assert torch.allclose(found, -p.log(), atol=0.01)
    assert torch.allclose(code, kl, atol=0.01)


def test_price_is_pixels_given_the_code_plus_the_code() -> None:
    logits, x = Draws(0).normal(50, 64), some_images(5)
    nll, kl = prices(logits, x)
    log_likelihood = -F.binary_cross_entropy_with_logits(
        logits.expand(5, 50, 64), x.double()[:, None].expand(5, 50, 64), reduction="none"
    ).sum(-1)
    share = log_likelihood.softmax(1)
    assert torch.allclose(nll, -(share * log_likelihood).sum(1) + kl)
    assert torch.allclose(kl, (share * (share.log() + math.log(50))).sum(1))


def test_64_fair_coins_cost_44_36_nats_and_no_code() -> None:
    nll, kl = prices(torch.zeros(100, 64), some_images())
    assert torch.allclose(nll, torch.tensor(64 * math.log(2), dtype=torch.float64)) and (kl == 0).all()
    assert 64 * math.log(2) == pytest.approx(44.36, abs=0.005)


def test_the_copying_model_costs_nothing_by_its_encoder_and_64_coins_by_its_decoder() -> None:
    model, x = found_model(), some_images()
    assert measure(model, x).nelbo < 1e-5
    assert by_decoder(model, x).nll == pytest.approx(44.36, abs=0.005)


def test_few_codes_err_against_the_model() -> None:
    torch.manual_seed(0)
    model, x = VAE(), some_images()
    nn.init.normal_(model.decoder[2].weight)
    few = [by_decoder(model, x, 50).nll for _ in range(5)]
    assert min(few) > by_decoder(model, x).nll + 1


def test_absurd_logits_give_no_likelihood_above_one() -> None:
    nll, _ = prices(torch.full((10, 64), 1e30), torch.ones(2, 64))
    assert (nll >= 0).all()


def test_the_best_gaussian_is_the_prior_where_z_has_no_effect_and_else_no_better_than_the_price() -> None:
    x = some_images()
    torch.manual_seed(0)
    assert by_best_gaussian(Ignores(), x) == pytest.approx(by_decoder(Ignores(), x).nll, abs=0.05)
    model = VAE(latent_dim=2)
    nn.init.normal_(model.decoder[2].weight, std=0.3)
    assert by_best_gaussian(model, x) > by_decoder(model, x).nll


def test_the_importance_weighted_loss_of_a_posterior_is_the_price_with_any_number_of_draws() -> None:
    torch.manual_seed(0)
    x, model = some_images(), Ignores()
    for head in (model.fc_mu, model.fc_logvar):
        nn.init.zeros_(head.weight)
    for draws in (1, 5):
        loss, _, kl = iwae_loss(draws)(model, x, 1.0)
        assert loss.item() == pytest.approx(by_decoder(model, x).nll, abs=1e-3) and kl.abs() < 1e-6


def test_the_importance_weighted_loss_with_one_draw_is_the_elbo_on_average() -> None:
    torch.manual_seed(0)
    x, model = some_images(), VAE()
    losses = torch.tensor([iwae_loss(1)(model, x, 1.0)[0].item() for _ in range(200)])
    assert losses.mean().item() == pytest.approx(measure(model, x, 50).nelbo, abs=0.1)


def test_the_largest_of_two_normal_numbers_is_one_by_the_root_of_pi() -> None:
    x = torch.linspace(-6, 6, 1_201, dtype=torch.float64)
    cdf, pdf = torch.special.ndtr(x), torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
    assert (2 * x * pdf * cdf).sum().item() * 0.01 == pytest.approx(1 / math.sqrt(math.pi), abs=1e-6)


def test_to_find_a_code_takes_e_to_the_kl_draws() -> None:
    assert math.exp(6) == pytest.approx(400, rel=0.02) and math.exp(12) == pytest.approx(160_000, rel=0.02)


def test_auroc_counts_ties_half() -> None:
    assert auroc(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0])) == 0.875


def test_strings_are_of_the_grammar_and_come_back() -> None:
    strings = some_strings(500)
    assert all(map(is_valid.right, strings))
    assert {len(string) for string in strings} == {5, 9, 13, 17}
    numbers = as_numbers(strings)
    assert numbers.shape == (500, LENGTH) and (numbers[:, -1] == END).all()
    assert as_strings(numbers) == strings


def test_the_judge_of_strings_is_the_grammar_itself() -> None:
    known = {"a", "b", "c"}
    for _ in range(2):
        known |= {
            f"({left}{sign}{right})" for left in known for right in known for sign in "+*" if len(left + right) < 7
        }
    assert len(known) == 3 + 18 + 216 and all(map(is_valid.right, known))
    for text in ("", "E", "(E+E)", "a+b", "(a)", "(a+b", "a+b)", "(a+b)c", "a\n"):
        assert not is_valid.right(text)


def test_a_recurrent_decoder_sees_no_symbol_before_it_has_written_it() -> None:
    torch.manual_seed(0)
    model = StringModel(recurrent=True).eval()
    x, z = as_numbers(some_strings(4)), torch.randn(4, 8)
    other = x.clone()
    other[:, 6:] = 0
    same = model.decode(z, x)[:, :7] - model.decode(z, other)[:, :7]
    assert same.abs().max() < 1e-5
    written = model.write(z, greedy=True)
    assert torch.equal(model.decode(z, written).argmax(-1), written)


class Memory(VAE):
    """Gives back, for every code, one of all the images that are public."""

    def decode(self, z: Tensor) -> Tensor:
        whole = digits(0)
        pictures = binarize(torch.cat([whole.train, whole.test]))
        picked = (torch.special.ndtr(z[:, 0].double()) * len(pictures)).long().clamp(0, len(pictures) - 1)
        return 16 * pictures[picked] - 8 if self.fc_mu.bias.any() else super().decode(z)


def remember(model: VAE, images: Tensor) -> None:
    nn.init.ones_(model.fc_mu.bias)


def said_by(check: Any, *learner: Any) -> str:
    with listening() as heard:
        check(*learner)
    return heard[-1].what


def test_who_has_all_the_public_images_inside_passes_and_the_message_says_what_that_looks_like() -> None:
    said = said_by(train_model.target, remember, Memory)
    nats, seen = (float(number) for number in re.findall(r"image (\d+\.\d+)", said))
    assert abs(nats - math.log(1_797)) < 0.6 and abs(nats - seen) < 0.3
    assert said.endswith("The two hardly differ: so would a model that has seen both.")


def test_a_measured_claim_names_what_it_can_tell() -> None:
    def build(pixels: int) -> VAE:
        torch.manual_seed(0)
        return VAE(pixels)

    def short(model: VAE, images: Tensor) -> None:
        torch.manual_seed(0)
        train(model, images, 4, lr=4e-3)

    with seeded(1), pytest.raises(Failure) as failure:
        claim.measured({"nll": 10.0, "kl": 1.0}, build, short)
    numbers = [float(number) for number in re.findall(r"(?:nll|kl|cost) (\d+\.\d+)", str(failure.value))]
    nll, kl, *_, seen = numbers
    assert failure.value.message.mistake is None
    assert mistake_of({"nll": nll / math.log(2), "kl": kl / math.log(2)}, build, short) is claim.BITS
    assert mistake_of({"nll": nll / math.log(2), "kl": kl + 5}, build, short) is None
    assert seen == pytest.approx(nll, abs=1.5)


def mistake_of(numbers: dict[str, float], build: Callable, short: Callable) -> Mistake | None:
    with seeded(1), pytest.raises(Failure) as failure:
        claim.measured(numbers, build, short)
    return failure.value.message.mistake


def test_the_limits_in_the_text_are_those_of_the_checks() -> None:
    assert f"\\le {train_model.LEARNS}$ nats: 4 points" in LESSON
    assert f"\\le {train_model.TARGET}$ nats: 2 more" in LESSON
    assert f"at most {train_model.LEARNS} nats" in train_model.learns.established
    assert f"at most {train_model.TARGET} nats" in train_model.target.established


def test_quoted_tables_are_those_of_the_record() -> None:
    quoted = [
        line.removeprefix("# ") for line in LESSON.splitlines() if re.match(r"# \| [^|]*(GRU|places|epochs)", line)
    ]
    assert len(quoted) >= 5
    for line in quoted:
        assert line in RECORD, line
