"""Every lesson holds what it promises, and every example submission gets what it deserves."""

from pathlib import Path

import pytest

from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader
from autograder.proofs.verify import verify

COURSE = Course(Path(__file__).parents[1])
SEED = 7  # a failure is a change's, never chance's


@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_lesson_and_its_example_submissions_get_what_they_deserve(stem: str) -> None:
    with Template(COURSE.packages) as template, Grader(COURSE.lesson(stem), template) as grader:
        wrong = {claim: problems for claim, problems in verify(COURSE, stem, grader, SEED) if problems}
    assert wrong == {}
