"""What rests on the word of the learner's side stands in the README, as it is today."""

from class_of_four import ROOT

from autograder.course import Course
from autograder.proofs.testimony import README, readme


def test_the_list_of_what_is_believed_is_that_of_today() -> None:
    """If this fails: python -m autograder.proofs.testimony --write."""
    assert README.read_text(encoding="utf-8") == readme(Course(ROOT))
