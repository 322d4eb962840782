"""Many seeds of every check: right answers pass each of them, wrong answers fail all that they should.

A right answer fails one run of one check with probability below 1e-9, so that a failure here is a mistake in a check.
What ``autograder verify`` proves with one seed, across the boundary too, is not repeated.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import pytest
import torch

from autograder.course import Course
from autograder.judging import judge, run
from autograder.lesson import Lesson
from autograder.proofs.verify import Example, examples, problems_of, training
from autograder.submission import runs
from autograder.verdict import Verdict

COURSE = Course.containing(Path(__file__).parent)
EXAMPLES = [(stem, example) for stem in COURSE.stems for example in examples(COURSE, stem)]
REFERENCE, RIGHT, WRONG = 1_000, 100, 100
# These fit a posterior or a small model, a second each time: a tenth as many seeds.
FIT = {"fit_posterior-mean", "fit_posterior-variance", "train_model-place"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7_200)]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors are faster on one thread, and tests run side by side."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def of_verdict(verdict: str) -> list:
    """The examples with this verdict, as parameters named lesson-example."""
    found = [(stem, example) for stem, example in EXAMPLES if example.verdict == verdict]
    return [pytest.param(stem, example, id=f"{stem}-{example.name}") for stem, example in found]


def what_is_said(lesson: Lesson, only: set[str], seeds: int, example: Example | None = None) -> Iterator[tuple]:
    """Grade cell, seed, and what it says: the reference solution with the example's answers in it.

    ``benchmarks/vae_gate.py`` measures the margin of the checks that train.
    """
    notebook = example.submission(lesson) if example else lesson.source
    names: dict[str, object] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        for cell in filter(runs, notebook.cells):
            run(cell.source, f"<cell {cell.id}>", names)
    for grade_id in sorted(only - training(lesson)):
        for seed in range(seeds // 10 if grade_id in FIT else seeds):
            yield grade_id, seed, judge(lesson, lesson.cells[grade_id], names, {}, seed)


@pytest.mark.parametrize("stem", COURSE.stems)
def test_reference_answers_pass_every_seed_of_every_check(stem: str) -> None:
    lesson = COURSE.lesson(stem)
    for grade_id, seed, said in what_is_said(lesson, set(lesson.exercises), REFERENCE):
        assert said.verdict is Verdict.ACCEPTED, f"{grade_id}, seed {seed}: {said}"


@pytest.mark.parametrize(("stem", "example"), of_verdict("accepted"))
def test_right_answers_of_another_make_pass_every_seed(stem: str, example: Example) -> None:
    lesson = COURSE.lesson(stem)
    for grade_id, seed, said in what_is_said(lesson, example.touched(lesson), RIGHT, example):
        assert said.verdict is Verdict.ACCEPTED, f"{grade_id}, seed {seed}: {said}"


@pytest.mark.parametrize(("stem", "example"), of_verdict("wrong_answer"))
def test_wrong_answers_lose_the_same_checks_by_the_same_mistakes_for_every_seed(stem: str, example: Example) -> None:
    lesson = COURSE.lesson(stem)
    for grade_id, seed, said in what_is_said(lesson, example.touched(lesson), WRONG, example):
        assert problems_of(example, {grade_id: said}) == [], f"{grade_id}, seed {seed}"
