"""A right answer that also writes into its arguments loses the checks that mind this, and no other: not in one of them
does what it did become the truth that it is compared with.
"""

from __future__ import annotations

import ast

import pytest
import torch  # noqa: F401  (the answers use it)
from class_of_four import ROOT

from autograder import expect
from autograder.course import Course
from autograder.grading import Grader
from autograder.lesson import Lesson, answered
from autograder.proofs.verify import in_one_process, training
from autograder.verdict import Message, Verdict

COURSE = Course(ROOT)
SMASH = """

import functools as _functools

def _smashing(function):
    @_functools.wraps(function)
    def smashed(*args, **kwargs):
        apart = [each.clone() if isinstance(each, torch.Tensor) else each for each in args]
        result = function(*apart, **kwargs)
        for each in args:
            if isinstance(each, torch.Tensor) and each.is_floating_point() and not each.is_meta:
                each.data.mul_(0.5).add_(0.125)
        return result
    return smashed

"""


def smashing(lesson: Lesson) -> dict[str, str]:
    """The reference's answers, each with a second life in which it smashes its arguments."""
    answers = {}
    for name in dict.fromkeys(lesson.exercises.values()):
        source = lesson.cells[name].source
        kind = next((node for node in ast.parse(source).body if getattr(node, "name", "") == name), None)
        if kind is None:  # an answer that is no function
            continue
        target = f"{name}.forward" if isinstance(kind, ast.ClassDef) else name
        answers[name] = f"{source}{SMASH}{target} = _smashing({target})\n"
    return answers


def minds_it(message: Message) -> bool:
    """Whether a failing check is one of what becomes of arguments."""
    in_own_words = ("mu after the call is wrong", "the rows have changed")
    return message.mistake == expect.IN_PLACE or message.what.startswith(in_own_words)


@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_right_answer_that_smashes_its_arguments_loses_the_checks_that_mind_it_alone(stem: str, template) -> None:
    lesson = COURSE.lesson(stem)
    for name, source in smashing(lesson).items():
        only = {grade_id for grade_id, of in lesson.exercises.items() if of == name} - training(lesson)
        notebook = answered(lesson.source, {name: source})
        with Grader(lesson, template) as grader:
            across = {check.grade_id: check.message for check in grader.grade(notebook, 3, only).checks}
        for said in (across, in_one_process(lesson, notebook, 3, only)):
            lost = {grade_id: message for grade_id, message in said.items() if message.verdict is not Verdict.ACCEPTED}
            minded = {grade_id for grade_id, message in lost.items() if minds_it(message)}
            assert lost.keys() == minded, "\n".join(map(str, lost.values()))
