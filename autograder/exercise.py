"""What an exercise is: its checks, and the wrong answers by which its mistakes are recognised.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from inspect import Parameter, signature
from typing import Any, TypeVar

from autograder.boundary.copies import noting
from autograder.boundary.learner import LearnerObject, current_side, hold, local
from autograder.boundary.randomness import preserved, seed_everything
from autograder.draws import Draws, derive_seed
from autograder.errors import CannotCross, LearnerError
from autograder.failure import Failure, describe_value, explain, uncrossable
from autograder.names import followed, listed
from autograder.unanswered import watch_notebook
from autograder.verdict import Message, Mistake, Verdict

# The first check of a notebook imports this module, and cells that need an answer stand below its checks.
watch_notebook()

Answer = TypeVar("Answer", bound=Callable[..., Any])

_running: ContextVar[Check] = ContextVar("running")
_heard: ContextVar[list[Message] | None] = ContextVar("heard", default=None)
_passed: dict[tuple[str, str], bool] = {}
"""Whether this check of this exercise passed when it last ran in this process."""


@dataclass(frozen=True)
class Told:
    """What a failing check says of a wrong answer: a mistake, or no more than words of its message."""

    mistake: Mistake | None = None
    words: str = ""
    verdict: Verdict = Verdict.WRONG_ANSWER


def unnamed(words: str = "") -> Told:
    """The check fails, names no mistake, and these words stand in its message."""
    return Told(words=words)


def stops(words: str = "") -> Told:
    """The answer stops with an error, and these words stand in the message."""
    return Told(words=words, verdict=Verdict.RUN_TIME_ERROR)


@dataclass(frozen=True)
class WrongAnswer:
    """An example of a wrong answer: its definition, and what each check that it fails says of it."""

    definition: Callable[..., Any]
    fails: dict[str, Told]

    @property
    def name(self) -> str:
        """The name of the wrong answer, which is that of its mistake too."""
        return self.definition.__name__

    def source(self, exercise: str) -> str:
        """Its text as it would stand in the answer cell."""
        lines = inspect.getsource(sys.modules[self.definition.__module__]).splitlines()
        if not (node := _definitions("\n".join(lines)).get(self.name)):
            raise ValueError(f"{self.definition.__module__} does not define {self.name} at its top level.")
        # The decorator is ours; others belong to the answer.
        own = [each for each in node.decorator_list if ".wrong(" not in ast.unparse(each)]
        head = lines[node.lineno - 1].replace(self.name, exercise, 1)
        body = lines[node.lineno : node.end_lineno]
        return "\n".join([*(f"@{ast.unparse(each)}" for each in own), head, *body])


@cache
def _definitions(module: str) -> dict[str, ast.FunctionDef | ast.ClassDef]:
    """What this source defines at its top level, by name: read once for all wrong answers in it."""
    body = ast.parse(module).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


@dataclass(frozen=True)
class Check:
    """One property of an exercise: ``function(*learner_objects, rng)`` raises Failure where it does not hold.

    A text that it returns is said too when it holds: what was measured, for the learner and for who grades.
    """

    exercise: str
    name: str
    function: Callable[..., str | None]
    reread: str = ""
    trains: bool = False
    """Whether it trains for seconds: ``verify`` runs it across the boundary alone, where an example names it."""

    @cached_property
    def established(self) -> str:
        """What passing says: the first line of the docstring."""
        return (self.function.__doc__ or "").strip().splitlines()[0]

    def __call__(self, *learner: Any) -> None:
        """Judge the learner's objects; says so when the property holds, raises Failure when not."""
        about: dict[str, Any] = {"exercise": self.exercise, "check": self.name}
        _passed[self.exercise, self.name] = False
        rng, parameters = Draws.begin(), signature(self.function).parameters.values()
        token = _running.set(self)
        try:
            with preserved(), noting():
                measured = self.function(*map(_held, parameters, learner), rng)
        except Failure as failure:
            raise self._failure(replace(failure.message, reread=self.reread, **about), learner) from None
        except CannotCross as value:
            raise self._failure(replace(uncrossable(value), reread=self.reread, **about), learner) from None
        except LearnerError as error:
            message = explain(error, self.exercise, self.name)
            message = replace(message, reread=self.reread if message.answered else "")
            raise self._failure(message, learner) from None
        finally:
            _running.reset(token)
        _passed[self.exercise, self.name] = True
        what = f"{self.established} {measured}" if measured else self.established
        _say(Message(what, verdict=Verdict.ACCEPTED, **about))

    def _failure(self, message: Message, learner: tuple) -> Failure:
        """The message as an exception, which also says what else of the learner's is to be mended first."""
        answers = zip(signature(self.function).parameters, map(local, learner), strict=False)
        here = {name: answer for name, answer in answers if answer is not None}
        return Failure(replace(message, note=_mend_first(self.exercise, here)))


@dataclass
class Exercise:
    """One exercise of a lesson, named after the function or class that answers it.

    ``reread`` is the heading in the lesson that a hint sends the learner back to.
    """

    name: str
    reread: str
    checks: dict[str, Check] = field(default_factory=dict)
    wrong_answers: list[WrongAnswer] = field(default_factory=list)

    def check(
        self, function: Callable[..., str | None] | None = None, *, reread: str = "", trains: bool = False
    ) -> Any:  # a Check, or a decorator that makes one
        """Make ``function(*learner_objects, rng)`` a check of a property; its docstring says what passing establishes.

        The property is called after the function, less the underscore that keeps its name apart from one of Python's.
        """
        if function is None:
            return lambda function: self._add(function, reread, trains)
        return self._add(function, reread, trains)

    def _add(self, function: Callable[..., str | None], reread: str, trains: bool) -> Check:
        name = function.__name__.removesuffix("_")
        check = Check(self.name, name, function, reread or self.reread, trains)
        self.checks[name] = check
        return check

    def wrong(
        self, said: Mistake | str | Told | None = None, /, *checks: str, **fails: Mistake | str | Told
    ) -> Callable[[Answer], Answer]:
        """Make a definition a wrong answer, with what each check that it fails has to say of it.

        ``wrong(said)`` is said by every check, ``wrong(said, "values", "gradients")`` by these two; what
        ``values=said`` says of one check comes first. A sentence makes the answer the mistake itself, of its name; a
        mistake that is shared stands for itself.
        """
        by_check = (dict.fromkeys(checks or self.checks, said) if said else {}) | fails

        def decorate(definition: Answer) -> Answer:
            if len({said for said in by_check.values() if isinstance(said, str)}) > 1:
                raise ValueError(f"{definition.__name__} is one mistake: one sentence says it. Give others a Mistake.")
            told = {check: _told(said, definition.__name__) for check, said in by_check.items()}
            self.wrong_answers.append(WrongAnswer(definition, told))
            return definition

        return decorate

    @property
    def mistakes(self) -> set[Mistake]:
        """The mistakes that wrong answers are told, and those which its module and the expectations have names for."""
        module = sys.modules[next(iter(self.checks.values())).function.__module__]
        named = [*vars(module).values(), *vars(sys.modules["autograder.expect"]).values()]
        told = [told.mistake for wrong in self.wrong_answers for told in wrong.fails.values()]
        return {each for each in (*named, *told) if isinstance(each, Mistake)}

    def mistaken(self, probe: Callable[[Any], Any], inputs: Draws | None = None) -> Iterator[tuple[Mistake, Any]]:
        """What ``probe(answer)`` gives for each wrong answer that the check which runs now names, with its mistake.

        Lazily, so that a right answer waits for none of it. One that stops under the probe recognises nothing. A probe
        that follows from the check's ``inputs``, and from nothing of the learner's, is run once for all learners who
        are judged with one seed; a check may have one such probe.
        """
        check = _running.get()
        for wrong in self.wrong_answers:
            told = wrong.fails.get(check.name)
            if told and told.mistake:
                values = _kept(check, inputs.seed, probe, wrong) if inputs else _tried(probe, wrong.definition)
                for value in values:
                    yield told.mistake, value


def _told(said: Mistake | str | Told, name: str) -> Told:
    if isinstance(said, Told):
        return said
    return Told(said if isinstance(said, Mistake) else Mistake(name, said))


_values: dict[tuple[str, str], tuple[int, dict[str, list[Any]]]] = {}
"""By exercise and check: the seed of its inputs when it last ran, and what its probe then gave for wrong answers."""


def _kept(check: Check, seed: int, probe: Callable[[Any], Any], wrong: WrongAnswer) -> list[Any]:
    """What ``_tried`` gives, now or before, with draws that follow from the seed: never from who came before."""
    name = check.exercise, check.name
    if name not in _values or _values[name][0] != seed:
        _values[name] = seed, {}
    values = _values[name][1]
    if wrong.name not in values:
        with preserved():
            seed_everything(derive_seed(seed, wrong.name))
            values[wrong.name] = _tried(probe, wrong.definition)
    return values[wrong.name]


def _tried(probe: Callable[[Any], Any], answer: Callable[..., Any]) -> list[Any]:
    """The one value of the probe, or none: here, whatever side the learner's code is on, and in silence."""
    token = current_side.set(None)
    try:
        with preserved(), redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [probe(hold(answer))]
    except Exception:
        return []
    finally:
        current_side.reset(token)


def _held(parameter: Parameter, value: Any) -> Any:
    """What the check gets for a parameter; one that is declared a LearnerObject must be something to call."""
    value = hold(value)
    if "LearnerObject" in str(parameter.annotation) and not isinstance(value, LearnerObject):
        expected = f"a function or class called {parameter.name}"
        raise Failure(f"{parameter.name} is nothing that can be called", expected, describe_value(value))
    return value


def _mend_first(exercise: str, answers: dict[str, Any]) -> str:
    """That these answers use others which fail their checks ('' if they do not); of those, the ones at the bottom."""
    failing = dict.fromkeys(name for (name, _), passed in _passed.items() if not passed and name != exercise)
    used = followed(answers) if failing else {}
    wrong = [name for name in failing if name in used]
    first = [name for name in wrong if followed({name: used[name]}).keys().isdisjoint({*wrong} - {name})] or wrong
    if len(first) == 1:
        return f"{exercise} uses {first[0]}, which fails its own checks: mend that first."
    return f"{exercise} uses {listed(first)}, which fail their own checks: mend those first." if first else ""


def forget() -> None:
    """As in a kernel that has just started: no check has run."""
    _passed.clear()


def _say(message: Message) -> None:
    """Say that a check passed: to who listens, else on the screen."""
    heard = _heard.get()
    if heard is None:
        # Jupyter breaks longer lines inside words.
        print(textwrap.fill(f"✓ {message.head}", width=92, subsequent_indent="  "))
    else:
        heard.append(message)


@contextmanager
def listening() -> Iterator[list[Message]]:
    """The checks that pass inside say so to the list that this gives."""
    heard: list[Message] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def exercise_of(package: str, name: str) -> Exercise:
    """The exercise of this name in a lesson's package of checks."""
    found: Exercise = importlib.import_module(f"{package}.{name}").exercise
    return found


def progress(package: str, *names: str) -> None:
    """Tell a learner how many of a lesson's checks have passed since the kernel started, and which exercises are open.

    ``names`` are the lesson's exercises in its order, in a package of checks.
    """
    done = {name: [_passed.get((name, check), False) for check in exercise_of(package, name).checks] for name in names}
    count, passed = sum(map(len, done.values())), sum(map(sum, done.values()))
    filled = round(20 * passed / count)
    bar = "█" * filled + "·" * (20 - filled)
    print(f"{package.rpartition('.')[2]}  {bar}  {passed} of {count} checks passed")
    still_open = ", ".join(f"{name} ({len(of) - sum(of)})" for name, of in done.items() if not all(of))
    if still_open:
        print(textwrap.fill(f"still open: {still_open}", width=92, subsequent_indent="  "))
