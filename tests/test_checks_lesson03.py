"""A thousand seeds of lesson 3's checks: right answers pass every one of them, wrong answers fail all that they should.

A right answer fails one run of one check with probability below 1e-9, so that a failure here is a mistake in a check.
What ``autograder verify`` proves with one seed, across the boundary too, is not repeated.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch

from autograder import expect
from autograder.checking import Draws, Failure, seeded
from autograder.checks import lesson03_reparameterization as checks
from autograder.checks.location_scale import SIGMAS, WRONG_NOISE
from autograder.course import Course
from autograder.grading import python
from autograder.lesson import Lesson
from autograder.submission import runs
from autograder.verify import Example, examples

STEM = "lesson03_reparameterization"
COURSE = Course.containing(Path(__file__).parent)
EXAMPLES = examples(COURSE, STEM)
RIGHT = [example for example in EXAMPLES if example.verdict == "accepted"]
WRONG = [example for example in EXAMPLES if example.verdict == "wrong_answer"]


def slow(test: Callable) -> Callable:
    """Minutes, and longer than other tests may take."""
    return pytest.mark.slow(pytest.mark.timeout(1_800)(test))


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return COURSE.lesson(STEM)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread, and tests run side by side."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def name_of(example: Example) -> str:
    return example.path.stem


def answers(lesson: Lesson, example: Example | None = None) -> dict[str, object]:
    """The names that a notebook defines: the reference solution, with an example's answers in it."""
    notebook = example.submission(lesson) if example else lesson.source
    names: dict[str, object] = {}
    for cell in filter(runs, notebook.cells):
        exec(python(cell.source), names)
    return names


def message(grade_id: str, exercise: object, seed: int) -> str:
    """What a check says about an exercise, or '' if it passes."""
    with seeded(seed), redirect_stdout(io.StringIO()):
        try:
            getattr(checks, grade_id.replace("-", "_"))(exercise)
        except Failure as failure:
            return str(failure)
    return ""


@slow
def test_reference_answers_pass_a_thousand_seeds_of_every_check(lesson: Lesson) -> None:
    names = answers(lesson)
    for grade_id, exercise in lesson.questions.items():
        for seed in range(1_000):
            assert message(grade_id, names[exercise], seed) == "", f"seed {seed}"


@slow
@pytest.mark.parametrize("example", RIGHT, ids=name_of)
def test_right_answers_of_another_make_pass_a_thousand_seeds(lesson: Lesson, example: Example) -> None:
    names = answers(lesson, example)
    for grade_id in sorted(example.touched(lesson)):
        for seed in range(1_000):
            assert message(grade_id, names[lesson.questions[grade_id]], seed) == "", f"seed {seed}"


@slow
@pytest.mark.parametrize("example", WRONG, ids=name_of)
def test_wrong_answers_lose_the_same_checks_with_the_same_words_for_fifty_seeds(
    lesson: Lesson, example: Example
) -> None:
    names = answers(lesson, example)
    for grade_id in sorted(example.touched(lesson)):
        for seed in range(50):
            said = message(grade_id, names[lesson.questions[grade_id]], seed)
            if phrase := example.fails.get(grade_id):
                assert phrase in said, f"seed {seed}"
            else:
                assert said == "", f"seed {seed}"


def missed(off_by: float, draws: int) -> float:
    """The bound on the probability that a distribution function that is wrong by ``off_by`` passes."""
    limit = math.sqrt(math.log(2 / expect.ERROR_RATE) / (2 * draws))
    return 2 * math.exp(-2 * draws * (off_by - limit) ** 2) if off_by > limit else 1.0


@pytest.mark.parametrize("sentence", SIGMAS)
def test_a_listed_sigma_is_missed_less_than_once_in_a_million_where_no_seed_helps(sentence: str) -> None:
    """Every check of a distribution looks at 40,000 draws or more."""
    eps = torch.linspace(-6, 6, 6_001, dtype=torch.float64)
    logvar = Draws(0).uniform(0.3, 1.2, 2_000, 1)
    ratio = (logvar / 2).exp() / SIGMAS[sentence](logvar)
    off_by = float((torch.special.ndtr(eps * ratio).mean(0) - torch.special.ndtr(eps)).abs().max())
    assert missed(off_by, 40_000) < 1e-6


@pytest.mark.parametrize("sentence", WRONG_NOISE)
def test_a_listed_noise_is_missed_less_than_once_in_a_million(sentence: str) -> None:
    eps = torch.linspace(-6, 6, 6_001, dtype=torch.float64)
    off_by = float((WRONG_NOISE[sentence](eps) - torch.special.ndtr(eps)).abs().max())
    assert missed(off_by, 40_000) < 1e-6
