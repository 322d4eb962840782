"""What an exercise is, what its checks say, how they know a mistake, and what they leave alone."""

from __future__ import annotations

import linecache
import pickle
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from autograder import expect
from autograder.boundary.learner import LearnerObject, hold
from autograder.course import Course
from autograder.draws import Draws, derive_seed, replay, seeded
from autograder.errors import LearnerError
from autograder.exercise import Exercise, exercise_of, listening, progress, unnamed
from autograder.failure import Failure, describe_value
from autograder.verdict import Message, Mistake, Verdict

COURSE = Course.containing(Path(__file__).parent)
FULL = """\
reparameterize - gradients: dz/dlogvar is wrong
  expected  0.5 * (z - mu), e.g. -0.3127 at [0, 2]
  observed  -0.6254 at [0, 2]   (192 of 192 elements differ)
  likely    sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2).
  hint      Read "Why the network predicts log-variance" again."""
VARIANCE = Mistake(
    "variance_as_sigma", "sigma = exp(logvar): that is the variance. The standard deviation is exp(logvar / 2)."
)


def full() -> Failure:
    return Failure(
        Message(
            "dz/dlogvar is wrong",
            "0.5 * (z - mu), e.g. -0.3127 at [0, 2]",
            "-0.6254 at [0, 2]   (192 of 192 elements differ)",
            VARIANCE,
            "Why the network predicts log-variance",
            exercise="reparameterize",
            check="gradients",
        )
    )


exercise = Exercise("double", reread="Twice as much")


@exercise.check
def doubles(double: LearnerObject, rng: Draws) -> None:
    """Every number is doubled.

    The rest of the docstring is not printed.
    """
    x = rng.normal(3)

    def found(answer: LearnerObject) -> Any:
        return answer(x.clone())

    expect.close(found(double), 2 * x, "the result", rule="2 * x", mistakes=exercise.mistaken(found))


@exercise.wrong(doubles="x ** 2: that is the square. Multiply by 2.")
def squares(x):
    return x**2


@exercise.wrong(doubles="x / 0: it stops.")
def halves(x):
    return x / [][0]


@exercise.wrong(doubles=unnamed("the result is wrong"))
def triples(x):
    return 3 * x


def said(function: object) -> str:
    with pytest.raises(Failure) as caught:
        doubles(function)
    return str(caught.value)


def test_a_failure_reads_in_four_short_parts() -> None:
    assert str(full()) == FULL


def test_a_message_is_made_again_from_its_record() -> None:
    message = full().message
    assert Message.read(message.as_record()) == message
    passed = Message("Every number is doubled.", verdict=Verdict.ACCEPTED, exercise="double", check="values")
    assert Message.read(passed.as_record()) == passed
    not_yet = Message("not implemented yet.", exercise="double", answered=False)
    assert Message.read(not_yet.as_record()) == not_yet


def test_a_record_from_before_mistakes_had_names_holds_their_sentence() -> None:
    message = Message.read({"what": "z is wrong", "mistake": "the sign is turned.", "verdict": "wrong_answer"})
    assert message.mistake == Mistake("", "the sign is turned.")
    assert Message.read({"what": "z is wrong", "mistake": "", "verdict": "wrong_answer"}).mistake is None


def test_a_mistake_is_known_by_its_exercise_and_its_name() -> None:
    assert full().message.mistake_id == "reparameterize/variance_as_sigma"


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
    assert copy.message == full().message


def test_passing_prints_what_was_established(capsys: pytest.CaptureFixture[str]) -> None:
    doubles(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ double - doubles: Every number is doubled.\n"


def test_failing_adds_the_title_and_the_hint() -> None:
    assert said(lambda x: torch.zeros(3)).splitlines()[0] == "double - doubles: the result is wrong"
    assert said(lambda x: torch.zeros(3)).splitlines()[-1] == '  hint      Read "Twice as much" again.'


def test_a_wrong_answer_recognises_the_mistake_that_it_is() -> None:
    assert "  likely    x ** 2: that is the square. Multiply by 2.\n" in said(lambda x: x * x)


def test_a_wrong_answer_that_has_no_sentence_or_stops_itself_recognises_nothing() -> None:
    assert "likely" not in said(lambda x: 3 * x)
    assert "likely" not in said(lambda x: x / 2)


def test_a_right_answer_waits_for_no_wrong_one() -> None:
    ran = []
    counted = Exercise("count", reread="Counting")

    @counted.check
    def values(count: LearnerObject, rng: Draws) -> None:
        """One."""
        expect.close(count(), 1, "the count", mistakes=counted.mistaken(lambda answer: answer()))

    @counted.wrong(values="two: it counts twice.")
    def twice():
        ran.append(None)
        return 2

    values(lambda: 1)
    assert ran == []
    with pytest.raises(Failure, match="it counts twice"):
        values(lambda: 2)
    assert ran == [None]


def test_a_wrong_answer_draws_prints_and_warns_without_a_trace(capsys: pytest.CaptureFixture[str], recwarn) -> None:
    noisy = Exercise("draw", reread="Drawing")

    @noisy.check
    def values(draw: LearnerObject, rng: Draws) -> None:
        """Zero."""
        expect.close(draw(), 0, "the number", mistakes=noisy.mistaken(lambda answer: answer()))

    @noisy.wrong(values="one: that is not zero.")
    def one():
        torch.manual_seed(3)
        print("one", torch.rand(2))
        torch.tensor(torch.ones(1))
        return 1

    torch.manual_seed(0)
    before = torch.get_rng_state().tolist()
    with pytest.raises(Failure, match="that is not zero"):
        values(lambda: 1)
    assert torch.get_rng_state().tolist() == before
    assert capsys.readouterr().out == ""
    assert len(recwarn) == 0


def test_what_a_wrong_answer_gives_is_measured_once_for_all_learners_of_a_seed() -> None:
    exercise, measured = Exercise("noisy_mean", reread=""), []

    @exercise.check
    def values(noisy_mean: LearnerObject, rng: Draws) -> None:
        x = rng.normal(3)

        def found(answer: LearnerObject) -> Any:
            measured.append(float(answer(x)))
            return measured[-1]

        learners = float(noisy_mean(x))
        known = dict(exercise.mistaken(found, rng))
        raise Failure(f"{learners} is wrong", mistake=next(iter(known)))

    @exercise.wrong("the noise is not halved.")
    def whole_noise(x):
        return x.mean() + torch.randn(())

    def judged(seed: int, draws_before: int) -> None:
        torch.randn(draws_before)
        with seeded(seed), pytest.raises(Failure, match="the noise is not halved"):
            values(lambda x: x.sum() + torch.randn(draws_before).sum())

    for seed, draws_before in [(1, 0), (1, 5), (2, 1), (1, 2)]:
        judged(seed, draws_before)
    first, other, again = measured
    assert first == again != other, "another learner came before, and drew"


def test_a_wrong_answer_is_one_mistake_with_one_sentence() -> None:
    with pytest.raises(ValueError, match="mixed is one mistake: one sentence says it"):

        @exercise.wrong(doubles="one thing.", values="another thing.")
        def mixed(x):
            return x


def test_the_text_of_a_wrong_answer_has_the_name_of_the_exercise_and_no_mark_of_ours() -> None:
    answers = {answer.name: answer.source("double") for answer in exercise.wrong_answers}
    assert answers["squares"] == "def double(x):\n    return x**2"
    sampler = exercise_of("autograder.checks.lesson03_reparameterization", "GaussianSampler")
    always = next(answer for answer in sampler.wrong_answers if answer.name == "always_mu")
    assert always.source("GaussianSampler").startswith("class GaussianSampler(nn.Module):\n")


def test_an_answer_not_written_yet_is_told_so() -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    assert said(double) == (
        "double: not implemented yet. Write your answer in its cell, run that cell, then run this check again."
    )


def test_an_exception_shows_its_message_and_is_a_run_time_error() -> None:
    with pytest.raises(Failure) as caught:
        doubles(lambda x: x / "2")
    assert caught.value.message.verdict is Verdict.RUN_TIME_ERROR
    assert str(caught.value) == (
        "double - doubles: your code stopped with an error\n"
        "  expected  double returns a result for a tensor of shape (3,) and dtype torch.float64\n"
        "  observed  TypeError: “unsupported operand type(s) for /: 'Tensor' and 'str'”\n"
        '  hint      Read "Twice as much" again.'
    )


def test_an_exception_quotes_the_line_of_the_learners_cell() -> None:
    source = "def double(x):\n    y = x\n    return y * missing\n"
    linecache.cache["<cell double>"] = (len(source), None, source.splitlines(keepends=True), "<cell double>")
    names: dict[str, object] = {}
    exec(compile(source, "<cell double>", "exec"), names)
    assert (
        "  observed  NameError: “name 'missing' is not defined”\n            line 3 of your cell: return y * missing\n"
    ) in said(names["double"])


def test_a_syntax_error_is_described_by_its_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("x = (1,\ny = 2", "<cell double>", "exec")
    assert str(LearnerError.of(caught.value)) == "SyntaxError: “'(' was never closed” (line 1 of your cell: x = (1,)"


def test_the_same_seed_gives_a_check_the_same_inputs_and_the_learner_the_same_noise() -> None:
    seen = []

    @Exercise("sample", reread="Sampling").check
    def record(sample: LearnerObject, rng: Draws) -> None:
        """Nothing."""
        seen.append((rng.normal(4), sample()))

    for _ in range(2):
        with seeded(3):
            record(lambda: torch.randn(4, dtype=torch.float64))
    assert torch.equal(seen[0][0], seen[1][0])
    assert torch.equal(seen[0][1], seen[1][1])


def test_the_inputs_of_a_check_differ_from_the_noise_that_the_learner_draws() -> None:
    @Exercise("sample", reread="Sampling").check
    def compare(sample: LearnerObject, rng: Draws) -> None:
        """Nothing."""
        assert not torch.isclose(rng.normal(1_000), sample()).any()

    with seeded(3):
        compare(lambda: torch.randn(1_000, dtype=torch.float64))


def test_without_a_seed_the_inputs_differ_from_run_to_run() -> None:
    seen = []

    @Exercise("sample", reread="Sampling").check
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
    with pytest.raises(Failure) as failure:
        doubles(4.0)
    assert str(failure.value) == (
        "double - doubles: double is nothing that can be called\n"
        "  expected  a function or class called double\n"
        "  observed  4.0\n"
        '  hint      Read "Twice as much" again.'
    )


@pytest.mark.parametrize("stem", COURSE.stems)
def test_the_exercises_that_are_open_are_listed_in_the_order_of_the_lesson(stem: str, capsys, monkeypatch):
    monkeypatch.setattr("autograder.exercise._passed", {})
    lesson = COURSE.lesson(stem)
    exec(lesson.source.cells[-1].source, {})
    _, _, listed = " ".join(capsys.readouterr().out.split()).partition("still open: ")
    exercises = Counter(lesson.exercises.values())
    assert listed == ", ".join(f"{exercise} ({count})" for exercise, count in exercises.items())


def test_a_learner_sees_how_many_checks_of_a_lesson_have_passed_and_where_some_are_open(capsys, monkeypatch):
    monkeypatch.setattr("autograder.exercise._passed", {})
    once = Exercise("once", reread="Once")

    @once.check
    def values(once: LearnerObject, rng: Draws) -> None:
        """Every number is left as it is."""

    for name, each in {"double": exercise, "once": once}.items():
        module = ModuleType(f"lesson99_arithmetic.{name}")
        module.exercise = each
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(sys.modules, "lesson99_arithmetic", ModuleType("lesson99_arithmetic"))
    doubles(lambda x: 2 * x)
    capsys.readouterr()
    progress("lesson99_arithmetic", "double", "once")
    assert capsys.readouterr().out == (
        "lesson99_arithmetic  ██████████··········  1 of 2 checks passed\nstill open: once (1)\n"
    )
    with pytest.raises(Failure):
        doubles(lambda x: 3 * x)
    progress("lesson99_arithmetic", "double", "once")
    assert "0 of 2 checks passed\nstill open: double (1), once (1)\n" in capsys.readouterr().out
    doubles(lambda x: 2 * x)
    values(len)
    capsys.readouterr()
    progress("lesson99_arithmetic", "double", "once")
    assert capsys.readouterr().out == "lesson99_arithmetic  ████████████████████  2 of 2 checks passed\n"


@pytest.mark.parametrize("stem", COURSE.stems)
def test_within_an_exercise_a_mistake_of_one_name_has_one_sentence(stem: str) -> None:
    for name in dict.fromkeys(COURSE.lesson(stem).exercises.values()):
        mistakes = exercise_of(COURSE.packages.checks_of(stem), name).mistakes
        assert {name: count for name, count in Counter(each.name for each in mistakes).items() if count > 1} == {}


def test_an_installed_package_gives_no_answer_away() -> None:
    """No wrong answer is without a check that it fails: right ones stand with the tests."""
    for stem in COURSE.stems:
        for name in dict.fromkeys(COURSE.lesson(stem).exercises.values()):
            for answer in exercise_of(COURSE.packages.checks_of(stem), name).wrong_answers:
                assert answer.fails, f"{stem}/{name}/{answer.name}"


def test_only_the_stub_itself_is_an_answer_not_written_yet() -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError("the operator aten::double has no kernel")

    assert "  observed  NotImplementedError: “the operator aten::double has no kernel" in said(double)


def test_an_error_in_the_learners_own_backward_is_explained_as_one_in_its_forward() -> None:
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

        @staticmethod
        def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
            return grad / [][0]

    slopes = Exercise("slopes", reread="Slopes")

    @slopes.check
    def gradients(slopes: LearnerObject, rng: Draws) -> None:
        """The gradient is 2."""
        x = rng.normal(3).requires_grad_()
        expect.gradients(slopes(x), {"x": x})

    with pytest.raises(Failure) as failure:
        gradients(Twice.apply)
    assert failure.value.message.verdict is Verdict.RUN_TIME_ERROR
    assert "  observed  IndexError: “list index out of range”" in str(failure.value)


def test_what_a_check_measured_is_said_behind_what_it_establishes() -> None:
    exercise = Exercise("double", reread="")

    @exercise.check
    def values(double: LearnerObject, rng: Draws) -> str:
        """double(2) is 4."""
        return f"Measured: {double(2)}."

    with listening() as heard:
        values(lambda x: 2 * x)
    assert heard[-1].what == "double(2) is 4. Measured: 4."
    assert heard[-1].verdict is Verdict.ACCEPTED


def test_a_named_tuple_is_called_one_whatever_side_it_comes_from(learner: Any) -> None:
    source = "from collections import namedtuple\npair = namedtuple('Price', 'nll kl')(1.0, 2.0)"
    with learner(source) as get:
        assert describe_value(get("pair")) == "a named tuple of 2"
    assert describe_value((1.0, 2.0)) == "a tuple of 2"
