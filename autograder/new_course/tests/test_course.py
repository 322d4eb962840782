"""The lessons hold what they promise, and learners read the sentences that they should."""

from pathlib import Path

import pytest
import torch
from mycourse_checks.lesson01_cooling import temperature

from autograder.boundary.template import Template
from autograder.course import Course
from autograder.failure import Failure
from autograder.grading import Grader
from autograder.proofs.verify import verify

COURSE = Course(Path(__file__).parents[1])
SEED = 7  # a failure is a change's, never chance's


@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_lesson_and_its_example_submissions_get_what_they_deserve(stem: str) -> None:
    with Template(COURSE.packages) as template, Grader(COURSE.lesson(stem), template) as grader:
        wrong = {claim: problems for claim, problems in verify(COURSE, stem, grader, SEED) if problems}
    assert wrong == {}


def test_a_cup_that_cools_down_to_zero_is_told_what_shrinks() -> None:
    with pytest.raises(Failure) as failure:
        temperature.values(lambda minutes, start, room, rate: start * torch.exp(-rate * minutes))
    assert str(failure.value).splitlines()[-2:] == [
        "  likely    start * exp(-rate * minutes) cools down to 0 degrees: "
        "what shrinks is start - room, the distance to the room.",
        '  hint      Read "What shrinks" again.',
    ]
