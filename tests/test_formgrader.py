"""Formgrader's Autograde button: the call that it makes writes the rows that our command writes."""

import pytest
from class_of_four import STEM, hand_in, small_course, whole_class
from nbgrader.apps import NbGraderAPI

from autograder.gradebook import opened


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = small_course(tmp_path_factory.mktemp("formgrader") / "course")
    whole_class(course)
    return course


def scores(course) -> dict[str, float]:
    with opened(course.directory) as gradebook:
        return {submission.student.id: submission.score for submission in gradebook.assignment_submissions(STEM)}


def press_autograde(course, student: str) -> dict:
    """What formgrader does when its button is pressed."""
    return NbGraderAPI(course.directory, config=course.config).autograde(STEM, student)


def test_the_button_grades_in_the_graders_process(course, monkeypatch):
    monkeypatch.chdir(course.root)
    for student in ("ada", "chloe"):
        result = press_autograde(course, student)
        assert result["success"], result["log"]
    assert scores(course) == {"ada": 3.0, "chloe": 0.0}


def test_the_button_leaves_one_broken_notebook_ungraded_and_says_so(course, monkeypatch):
    monkeypatch.chdir(course.root)
    hand_in(course, "eve", {}).write_text("not a notebook")
    result = press_autograde(course, "eve")
    assert not result["success"]
    assert "Notebook does not appear to be JSON" in result["log"] + str(result.get("error"))
    assert scores(course)["ada"] == 3.0
