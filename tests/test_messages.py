"""What grading a submission sends to its process: counted, since seconds depend on the machine."""

from collections import Counter
from unittest.mock import patch

import pytest
from class_of_four import ROOT
from sides import across_the_boundary

from autograder.boundary import frames
from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader

STEM = "lesson03_reparameterization"


@pytest.fixture
def sent():
    """The messages that the grader sends, by what they ask for; and the bytes of tensors, both ways."""
    found: Counter[str] = Counter()
    send, receive = frames.send, frames.receive

    def sending(channel, tree, blob=b"", deadline=None) -> None:
        found[tree.get("do", "else")] += 1
        found["bytes"] += len(blob)
        send(channel, tree, blob, deadline)

    def receiving(*arguments):
        tree, blob = receive(*arguments)
        found["bytes"] += len(blob)
        return tree, blob

    with patch.object(frames, "send", sending), patch.object(frames, "receive", receiving):
        yield found


def test_a_submission_takes_a_message_for_each_call_and_few_others(template: Template, sent: Counter[str]) -> None:
    lesson = Course(ROOT).lesson(STEM)
    with Grader(lesson, template) as grader:
        grade = grader.grade(lesson.source, seed=1)
    assert grade.points == grade.max_points
    # Six names in seven cells that run; each call and each gradient is one that a check needs.
    assert (sent["run"], sent["lookup"]) == (7, 6)
    assert sent["call"] <= 176 and sent["backward"] <= 12
    assert sum(count for kind, count in sent.items() if kind not in ("bytes", "else")) <= 201
    assert sent["bytes"] <= 8_870_800  # two inputs of 40,000 numbers and what comes of them, for each statistical check


CHANGING = """
def f(): return 1
def other(): return 2
def change():
    global f
    f = other
def fail():
    global f
    del f
    raise ValueError
"""


def test_a_name_is_looked_up_once_until_it_stands_for_something_else(template: Template, sent: Counter[str]) -> None:
    with across_the_boundary(template, CHANGING) as get:
        assert [get("f")(), get("f")()] == [1, 1]
        assert sent["lookup"] == 1
        get("change")()
        assert get("f")() == 2
        with pytest.raises(Exception, match="ValueError"):
            get("fail")()
        with pytest.raises(KeyError, match="f"):
            get("f")


def test_a_call_says_nothing_that_goes_without_saying(template: Template) -> None:
    trees = []

    def sending(channel, tree, blob=b"", deadline=None) -> None:
        trees.append(tree)
        send(channel, tree, blob, deadline)

    send = frames.send
    with across_the_boundary(template, "def f(x): return x") as get, patch.object(frames, "send", sending):
        get("f")(1)
    assert list(trees[-1]) == ["do", "target", "args", "grad", "seed"]
