"""Every claim of the course, proven: each example gets its verdict, in one process and across the boundary.

All with one seed, so that a failure is a change's and never chance's; ``test_seeds`` tries many.
"""

import pytest
from class_of_four import ROOT
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course import Course
from autograder.grading import Grader
from autograder.proofs.shown import shown
from autograder.proofs.verify import about_lesson, examples, try_example
from autograder.verdict import Verdict

COURSE = Course(ROOT)
SEED = 11
EXAMPLES = [(stem, example) for stem in COURSE.stems for example in examples(COURSE, stem)]
NAMES = [f"{stem}-{example.name}" for stem, example in EXAMPLES]
# Who uses up the time of an answer takes that long.
LONG = {Verdict.TIME_LIMIT_EXCEEDED.value: [pytest.mark.slow]}
AND_SLOW = [pytest.param(*each, marks=LONG.get(each[1].verdict, [])) for each in EXAMPLES]


@pytest.fixture(scope="module")
def graders(template):
    """A grader for each lesson, made when it is first asked for."""
    made: dict[str, Grader] = {}

    def grader(stem: str) -> Grader:
        if stem not in made:
            made[stem] = Grader(COURSE.lesson(stem), template)
        return made[stem]

    yield grader
    for grader in made.values():
        grader.close()


@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_lesson_holds_what_it_promises(stem, graders):
    for claim, problems in about_lesson(COURSE, stem, graders(stem), SEED):
        assert problems == [], claim


@pytest.mark.slow
@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_run_of_the_solved_lesson_shows_what_its_predictions_call_right(stem):
    assert shown(COURSE.lesson(stem)) == []


@pytest.mark.parametrize(("stem", "example"), AND_SLOW, ids=NAMES)
def test_an_example_submission_gets_its_verdict(stem, example, graders):
    assert try_example(example, graders(stem), SEED) == []


@pytest.mark.slow
@pytest.mark.parametrize(("stem", "example"), EXAMPLES, ids=NAMES)
def test_an_example_submission_leaves_the_other_exercises_alone(stem, example, graders):
    assert try_example(example, graders(stem), SEED, full=True) == []


def test_verify_tries_the_examples_of_one_exercise_alone_where_that_is_asked(monkeypatch):
    monkeypatch.chdir(ROOT)
    said = CliRunner().invoke(app, ["verify", "lesson00_start", "--exercise", "affine", "--seed", str(SEED)])
    assert said.exit_code == 0, said.output
    assert "every exercise has hints, which are true and not the answer" in said.output
    # In order, whichever of the processes tried which of them.
    tried = [line.partition(": ")[2] for line in said.output.splitlines() if "/" in line]
    assert tried == [example.name for example in examples(COURSE, "lesson00_start") if "affine" in example.answers]
    assert "pick_device/" not in said.output


def test_verify_says_where_no_exercise_is_called_so(monkeypatch):
    monkeypatch.chdir(ROOT)
    said = CliRunner().invoke(app, ["verify", "lesson00_start", "--exercise", "affin"])
    assert said.exit_code != 0
    assert "lesson00_start: no exercise is called affin." in said.output
