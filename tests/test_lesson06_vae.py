"""What lesson 6 says in words: its numbers, the lines of its broken script, and the error rates of its checks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autograder import expect
from autograder.checks.lesson06_vae.diagnosis import LINES
from autograder.checks.lesson06_vae.ReparameterizationLayer import INITIALISATIONS, uniform
from autograder.course import Course
from autograder.lesson import Lesson
from autograder.verdict import Mistake

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
