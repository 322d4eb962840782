"""What a check says, where it is read, and what it leaves alone."""

from __future__ import annotations

import importlib
import linecache
import pickle
import random
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from autograder.boundary.learner import LearnerObject, hold
from autograder.checking import Draws, Failure, check, derive_seed, progress, replay, seeded
from autograder.course import Course
from autograder.errors import LearnerError
from autograder.verdict import Verdict

COURSE = Course.containing(Path(__file__).parent)
FULL = """\
reparameterize - gradients: dz/dlogvar is wrong
  expected  0.5 * (z - mu), e.g. -0.3127 at [0, 2]
  observed  -0.6254 at [0, 2]   (192 of 192 elements differ)
  likely    sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2).
  hint      Lesson 3, "Why the network predicts log-variance\""""


def full() -> Failure:
    return Failure(
        "dz/dlogvar is wrong",
        "0.5 * (z - mu), e.g. -0.3127 at [0, 2]",
        "-0.6254 at [0, 2]   (192 of 192 elements differ)",
        "sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2).",
        title="reparameterize - gradients",
        hint='Lesson 3, "Why the network predicts log-variance"',
    )


@check("double", "values", hint="Read the docstring again.")
def doubles(double: LearnerObject, rng: Draws) -> None:
    """Every number is doubled.

    The rest of the docstring is not printed.
    """
    x = rng.normal(3)
    if not torch.equal(double(x), 2 * x):
        raise Failure("the result is wrong", "2 * x", "something else")


def said(function: object) -> str:
    with pytest.raises(Failure) as caught:
        doubles(function)
    return str(caught.value)


def test_a_failure_reads_in_four_short_parts() -> None:
    assert str(full()) == FULL


def test_a_part_with_nothing_to_say_is_left_out() -> None:
    assert str(Failure("z is wrong", observed="3")) == "z is wrong\n  observed  3"


def test_lines_below_the_first_stay_in_their_column() -> None:
    assert str(Failure("z is wrong", observed="3\n4")) == "z is wrong\n  observed  3\n            4"


def test_jupyter_shows_the_same_words_in_colour() -> None:
    lines = full()._render_traceback_()
    assert lines[0] == "\033[1;31m✗ reparameterize - gradients: dz/dlogvar is wrong\033[0m"
    assert lines[3].startswith("\033[1m  likely    sigma = exp(logvar)")
    plain = [line.translate(str.maketrans("", "", "\033")) for line in lines]
    for code in ("[1;31m", "[1m", "[0m"):
        plain = [line.replace(code, "") for line in plain]
    assert " ".join(" ".join(plain).split()) == " ".join(f"✗ {FULL}".split())
    assert max(map(len, plain)) <= 78, "JupyterLab breaks longer lines inside words"
    assert plain[4].startswith(" " * 12) and lines[4].startswith("\033[1m"), "what was folded keeps column and weight"


def test_a_failure_survives_pickling() -> None:
    copy = pickle.loads(pickle.dumps(full()))
    assert str(copy) == FULL
    assert copy.verdict is Verdict.WRONG_ANSWER


def test_passing_prints_what_was_established(capsys: pytest.CaptureFixture[str]) -> None:
    doubles(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ double - values: Every number is doubled.\n"


def test_failing_adds_the_title_and_the_hint() -> None:
    assert said(lambda x: 3 * x) == (
        "double - values: the result is wrong\n"
        "  expected  2 * x\n"
        "  observed  something else\n"
        "  hint      Read the docstring again."
    )


def test_an_answer_not_written_yet_is_told_so() -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    assert said(double) == (
        "double: not implemented yet. Write your answer in its cell, run that cell, then run this check again."
    )


def test_an_exception_shows_its_message_and_is_a_run_time_error() -> None:
    with pytest.raises(Failure) as caught:
        doubles(lambda x: x / "2")
    assert caught.value.verdict is Verdict.RUN_TIME_ERROR
    assert str(caught.value) == (
        "double - values: your code stopped with an error\n"
        "  expected  double returns a result for these inputs\n"
        "  observed  TypeError: unsupported operand type(s) for /: 'Tensor' and 'str'\n"
        "  hint      Read the docstring again."
    )


def test_an_exception_quotes_the_line_of_the_learners_cell() -> None:
    source = "def double(x):\n    y = x\n    return y * missing\n"
    linecache.cache["<cell double>"] = (len(source), None, source.splitlines(keepends=True), "<cell double>")
    names: dict[str, object] = {}
    exec(compile(source, "<cell double>", "exec"), names)
    assert (
        "  observed  NameError: name 'missing' is not defined\n            line 3 of your cell: return y * missing\n"
    ) in said(names["double"])


def test_a_syntax_error_is_described_by_its_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("x = (1,\ny = 2", "<cell double>", "exec")
    assert str(LearnerError.of(caught.value)) == "SyntaxError: '(' was never closed (line 1 of your cell: x = (1,)"


def test_the_same_seed_gives_a_check_the_same_inputs_and_the_learner_the_same_noise() -> None:
    seen = []

    @check("sample", "values")
    def record(sample: LearnerObject, rng: Draws) -> None:
        """Nothing."""
        seen.append((rng.normal(4), sample()))

    for _ in range(2):
        with seeded(3):
            record(lambda: torch.randn(4, dtype=torch.float64))
    assert torch.equal(seen[0][0], seen[1][0])
    assert torch.equal(seen[0][1], seen[1][1])


def test_the_inputs_of_a_check_differ_from_the_noise_that_the_learner_draws() -> None:
    @check("sample", "values")
    def compare(sample: LearnerObject, rng: Draws) -> None:
        """Nothing."""
        assert not torch.isclose(rng.normal(1_000), sample()).any()

    with seeded(3):
        compare(lambda: torch.randn(1_000, dtype=torch.float64))


def test_without_a_seed_the_inputs_differ_from_run_to_run() -> None:
    seen = []

    @check("sample", "values")
    def record(sample: LearnerObject, rng: Draws) -> None:
        """Nothing."""
        seen.append(rng.normal(4))

    record(len)
    record(len)
    assert not torch.equal(*seen)


def test_a_check_leaves_the_random_state_as_it_was() -> None:
    def state() -> tuple:
        return torch.get_rng_state().tolist(), str(np.random.get_state()), random.getstate()

    def double(x: torch.Tensor) -> torch.Tensor:
        torch.rand(3), np.random.rand(3), random.random()
        return 2 * x

    before = state()
    doubles(double)
    assert state() == before


def test_replaying_a_seed_gives_torch_numpy_and_random_the_same_numbers() -> None:
    def draw() -> list[float]:
        return [float(torch.rand(())), float(np.random.rand()), random.random()]

    with seeded(0):
        replay(5)
        first = draw()
        replay(5)
        assert draw() == first


def test_seeds_of_different_cells_have_nothing_to_do_with_each_other() -> None:
    seeds = {derive_seed(seed, name) for seed in range(20) for name in ("a-shape", "a-values")}
    assert len(seeds) == 40


def test_draws_have_the_shape_dtype_and_range_asked_for() -> None:
    rng = Draws(0)
    assert rng.normal(2, 3).shape == (2, 3)
    assert rng.normal(2, dtype=torch.float32).dtype == torch.float32
    values = rng.uniform(-2, 5, 1_000)
    assert -2 <= values.min() < -1.9
    assert 4.9 < values.max() <= 5


def test_a_check_holds_a_learners_function_and_may_only_call_it() -> None:
    function = hold(lambda x: x)
    assert function(3) == 3
    for attempt in (lambda: function == 3, lambda: bool(function), lambda: list(function), lambda: len(function)):
        with pytest.raises(Exception, match="it cannot be compared, counted, iterated or used as a truth value"):
            attempt()


def test_a_name_that_holds_nothing_to_call_is_told_so() -> None:
    @check("double", "values", hint='Lesson 0, "Start"')
    def double_values(double: LearnerObject, rng: Draws) -> None:
        """Twice the number."""
        assert double(2) == 4

    double_values(lambda x: 2 * x)
    with pytest.raises(Failure) as failure:
        double_values(4.0)
    assert str(failure.value) == (
        "double - values: double is nothing that can be called\n"
        "  expected  a function or class called double\n"
        "  observed  4.0\n"
        '  hint      Lesson 0, "Start"'
    )


@check("triple", "values")
def triples(triple: LearnerObject, rng: Draws) -> None:
    """Every number is tripled."""
    if triple(2.0) != 6.0:
        raise Failure("the result is wrong")


@pytest.mark.parametrize("stem", COURSE.stems)
def test_the_exercises_that_are_open_are_listed_in_the_order_of_the_lesson(stem: str, capsys, monkeypatch):
    monkeypatch.setattr("autograder.checking._passed", {})
    progress(importlib.import_module(f"autograder.checks.{stem}"))
    _, _, listed = " ".join(capsys.readouterr().out.split()).partition("still open: ")
    exercises = Counter(grade_id.partition("-")[0] for grade_id in COURSE.lesson(stem).exercises)
    assert listed == ", ".join(f"{exercise} ({count})" for exercise, count in exercises.items())


def test_a_learner_sees_how_many_checks_of_a_lesson_have_passed_and_where_some_are_open(capsys):
    lesson = ModuleType("autograder.checks.lesson99_arithmetic")
    lesson.doubles, lesson.triples, lesson.Draws = doubles, triples, Draws
    doubles(lambda x: 2 * x)
    with pytest.raises(Failure):
        triples(lambda x: x)
    capsys.readouterr()
    progress(lesson)
    assert capsys.readouterr().out == (
        "lesson99_arithmetic  ██████████··········  1 of 2 checks passed\nstill open: triple (1)\n"
    )
    triples(lambda x: 3 * x)
    capsys.readouterr()
    progress(lesson)
    assert capsys.readouterr().out == "lesson99_arithmetic  ████████████████████  2 of 2 checks passed\n"
