"""What lesson 6 says in words: its numbers, the lines of its broken script, what its gate sees, and its error rates."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from class_of_four import ROOT
from torch import Tensor, nn

from autograder import expect
from autograder.boundary.learner import hold
from autograder.checks.lesson06_vae import (
    VAE,
    ReparameterizationLayer,
    evaluate,
    generate,
    interpolate,
    repaired_step,
    train_epoch,
)
from autograder.checks.lesson06_vae.diagnosis import LINES
from autograder.checks.lesson06_vae.ReparameterizationLayer import INITIALISATIONS, uniform
from autograder.course import Course
from autograder.draws import Draws
from autograder.exercise import Exercise
from autograder.failure import Failure
from autograder.lesson import Lesson
from autograder.submission import runs
from autograder.verdict import Mistake
from lessonkit.data import Images

STEM = "lesson06_vae"


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return Course.containing(Path(__file__).parent).lesson(STEM)


def test_the_lines_of_the_broken_script_are_numbered_without_a_gap(lesson: Lesson) -> None:
    lines = [line for line in lesson.cells["broken_script"].source.splitlines() if line]
    assert [int(line.rpartition("# ")[2]) for line in lines] == list(range(1, 16))


@pytest.mark.parametrize(
    ("bug", "words"),
    [
        ("log-std read as log-variance", "torch.exp(log_std / 2)"),
        ("uniform noise", "torch.rand_like"),
        ("sampler never called", "z = mu"),
        ("sigmoid twice", "torch.sigmoid(model.decode(z))"),
        ("reconstruction averaged over pixels", 'reduction="mean"'),
    ],
)
def test_every_bug_is_on_the_line_that_the_check_expects(lesson: Lesson, bug: str, words: str) -> None:
    lines = lesson.cells["broken_script"].source.splitlines()
    assert [line.rpartition("# ")[2] for line in lines if words in line] == [str(LINES[bug])]


def test_the_keys_of_the_diagnosis_stand_in_the_exercise(lesson: Lesson) -> None:
    prose = "\n".join(cell.source for cell in lesson.source.cells if cell.cell_type == "markdown")
    for bug in LINES:
        assert f'`"{bug}"`' in prose


def test_the_points_in_the_title_table_are_those_of_the_grade_cells(lesson: Lesson) -> None:
    total = sum(lesson.points(grade_id) for grade_id in lesson.exercises)
    assert re.search(rf"\| {total:g} \| this notebook only", lesson.source.cells[0].source)


def test_numbers_in_the_prose_are_right() -> None:
    assert (round(math.exp(-5), 4), round(math.exp(5))) == (0.0067, 148)
    assert round(1 / (1 + math.exp(-1)), 2) == 0.73
    assert round(64 * math.log(2), 1) == 44.4
    assert 1437 % 64 == 29


def test_the_prose_states_the_limits_of_the_gate(lesson: Lesson) -> None:
    (prose,) = (cell.source for cell in lesson.source.cells if cell.source.startswith("After every 10 epochs"))
    for limit in (train_epoch.LEARNS, train_epoch.FULL):
        assert f"At most {limit:.1f} nats" in prose
        assert any(f"at most {limit:.1f} nats" in check.established for check in train_epoch.exercise.checks.values())
    assert f"still above {train_epoch.GIVEN_UP:g} nats" in prose


class Steps(nn.Module):
    """One of two images, by the sign of the first latent, each pixel right with probability 0.9."""

    def __init__(self, *_: int) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.images = torch.tensor([[0.0, 1.0], [1.0, 1.0]]).repeat(1, 32)
        self.unused = nn.Parameter(torch.zeros(()))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The code is no use: decode looks at its sign only, which is that of its noise."""
        self.seen.append(x)
        return (mu := torch.zeros(len(x), 8)), mu, mu

    def decode(self, z: Tensor) -> Tensor:
        """The logits of one of the two images."""
        self.seen.append(z)
        return (2 * self.images[(z[:, 0] > 0).long()] - 1) * math.log(9) + self.unused


def test_the_gate_measures_the_likelihood_of_a_mixture() -> None:
    model = Steps()
    found = train_epoch.measured_nll(hold(model), model.images, Draws(0))
    own, other = 64 * math.log(0.9), 32 * math.log(0.9) + 32 * math.log(0.1)
    assert found == pytest.approx(-math.log((math.exp(own) + math.exp(other)) / 2), abs=0.05)


def test_the_gate_shows_no_test_image_to_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = torch.zeros(10, 64), torch.ones(10, 64)
    models = []

    def made(*sizes: int) -> Steps:
        models.append(Steps(*sizes))
        return models[-1]

    monkeypatch.setattr(train_epoch, "gate_images", lambda split, rng: (train, test))
    with pytest.raises(Failure):
        train_epoch.judge_gate(hold(lambda *_: 0.0), hold(made), Draws(0), 1.0)
    images = [x for x in models[0].seen if x.shape[1] == 64]
    assert images
    assert all(torch.equal(x, train) for x in images)


def missed(off_by: float, draws: int) -> float:
    """The bound on the probability that a distribution function that is wrong by ``off_by`` passes."""
    limit = math.sqrt(math.log(2 / expect.ERROR_RATE) / (2 * draws))
    return 2 * math.exp(-2 * draws * (off_by - limit) ** 2) if off_by > limit else 1.0


@pytest.mark.parametrize(("mistake", "cdf"), INITIALISATIONS)
def test_a_listed_initialisation_is_missed_less_than_once_in_a_million(
    mistake: Mistake, cdf: Callable[[int, int], expect.Cdf]
) -> None:
    weights = torch.linspace(-0.5, 0.5, 10_001, dtype=torch.float64)
    right = uniform((6 / 450) ** 0.5)(weights)
    off_by = float((cdf(300, 150)(weights) - right).abs().max())
    assert missed(off_by, 45_000) < 1e-6, mistake.name


def test_uniform_noise_is_missed_less_than_once_in_a_million() -> None:
    assert missed(0.5, 40_000) < 1e-6


def test_the_mean_kl_is_the_information_and_the_distance_of_the_mixture_from_the_prior() -> None:
    z = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    beliefs = torch.distributions.Normal(torch.tensor([[-0.6], [1.5], [0.2]]).double(), 0.7)
    prior = torch.distributions.Normal(torch.zeros((), dtype=torch.float64), 1.0)
    log_q, log_p = beliefs.log_prob(z), prior.log_prob(z)
    log_mixture = torch.logsumexp(log_q, 0) - math.log(3)
    information = torch.trapezoid(log_q.exp() * (log_q - log_mixture), z).mean()
    rest = torch.trapezoid(log_mixture.exp() * (log_mixture - log_p), z)
    mean_kl = torch.distributions.kl_divergence(beliefs, prior).mean()
    assert float(information + rest) == pytest.approx(float(mean_kl), abs=1e-6)
    assert 0 < information < min(mean_kl, math.log(3))
    assert rest > 0
    assert math.log(1437) == pytest.approx(7.27, abs=0.005)


@pytest.mark.parametrize(("latents", "away"), [(1, 148), (2, 210), (8, 420)])
def test_a_clamped_logvar_of_10_puts_z_as_far_away_as_the_lesson_says(latents: int, away: int) -> None:
    noise = math.exp(10 / 2) * torch.randn(100_000, latents, generator=torch.Generator().manual_seed(0))
    assert float(noise.square().sum(1).mean().sqrt()) == pytest.approx(away, rel=0.01)


def said(check: Callable, *answers: object) -> str:
    """What a check says of answers that fail it."""
    with pytest.raises(Failure) as failure:
        check(*answers)
    return str(failure.value)


class NoModule:
    """What a learner writes who forgets nn.Module."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes


@pytest.mark.parametrize("exercise", [ReparameterizationLayer.exercise, VAE.exercise])
def test_a_class_that_is_no_module_is_told_what_to_write(exercise: Exercise) -> None:
    for check in exercise.checks.values():
        assert said(check, NoModule) == (
            f"{exercise.name} - {check.name}: {exercise.name} makes no module\n"
            f"  expected  class {exercise.name}(nn.Module)\n"
            "  observed  an object that is no module\n"
            "  likely    the class is not derived from nn.Module, so it has no parameters that train, and no modes. "
            "Write (nn.Module) after its name.\n"
            f'  hint      Read "{check.reread}" again.'
        )


def test_an_error_in_an_answer_says_for_which_inputs() -> None:
    def stops(*_: object, **__: object) -> None:
        raise ValueError("no")

    expected = [
        (train_epoch.exercise, "a model, batches of 5 and 6 and 1 images, and an optimizer"),
        (evaluate.exercise, "a model and 8 images"),
        (generate.exercise, "a model and n = 5"),
        (interpolate.exercise, "a model, two images and steps = 5"),
        (repaired_step.exercise, "a model, 400 images, and an optimizer"),
    ]
    for exercise, inputs in expected:
        first = next(iter(exercise.checks.values()))
        assert f"expected  {exercise.name} returns a result for {inputs}\n" in said(first, stops)


def test_the_optional_training_uses_the_learners_functions_and_draws_what_they_give(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = torch.rand(64, 784)
    monkeypatch.setattr("lessonkit.data.mnist", lambda: Images(few, few[:, 0].long(), few[:16], few[:16, 0].long()))
    names: dict[str, Any] = {}
    rows: list[Tensor] = []
    for cell in lesson.source.cells:
        # What grading runs, and the cells of that section, with the learner's yes.
        if runs(cell) or "class ConvVAE" in cell.source or "with_mnist = False" in cell.source:
            exec(cell.source.replace("with_mnist = False", "with_mnist = True"), names)
        elif "if with_mnist:" in cell.source:
            names["show_images"] = lambda *shown, **_: rows.extend(shown)
            exec(cell.source, names)
    assert [tuple(row.shape) for row in rows] == [(10, 784)] * 4
    assert torch.equal(rows[0], names["others"][:10]) and torch.allclose(rows[1][0], rows[3][0])


def test_the_table_of_the_optional_training_is_that_of_the_record(lesson: Lesson) -> None:
    record = (ROOT / "benchmarks" / "larger_pictures.md").read_text(encoding="utf-8")
    prose = next(cell.source for cell in lesson.source.cells if "larger_pictures.md" in cell.source)
    rows = [line for line in prose.splitlines() if re.match(r"\| [^|]*(lesson|VAE)", line)]
    assert len(rows) == 6 and all(row in record for row in rows)
