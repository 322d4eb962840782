"""How one grade cell is judged, wherever the learner's code runs. Grader's side."""

from __future__ import annotations

import io
import linecache
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.boundary.remote import WorkerLost
from autograder.draws import derive_seed, seeded
from autograder.errors import CannotCross, LearnerError
from autograder.exercise import listening
from autograder.failure import Failure, explain, uncrossable
from autograder.lesson import Lesson, marks
from autograder.verdict import Message, Verdict


def judge(
    lesson: Lesson,
    cell: NotebookNode,
    names: dict,
    problems: Mapping[str, LearnerError],
    seed: int,
    quotes: bool = True,
) -> Message:
    """Run a grade cell among ``names`` and say how it went; WorkerLost passes on.

    ``problems`` are the errors that ended answer cells, by exercise. ``seed`` fixes all that is drawn. ``quotes`` says
    whether a cell that passes may be quoted, in what it printed.
    """
    grade_id = marks(cell)["grade_id"]
    printed = io.StringIO()
    try:
        with seeded(derive_seed(seed, grade_id)), listening() as heard, redirect_stdout(printed):
            run(cell.source, f"<grade cell {grade_id}>", names)
    except WorkerLost:
        raise
    except Exception as error:
        if isinstance(error, NameError) and error.name and error.name not in names:
            return titled(_missing(error.name, problems), lesson, grade_id)
        return titled(_said_by(error, lesson.exercises[grade_id] or grade_id), lesson, grade_id)
    passed = Message(printed.getvalue().strip() if quotes else "", verdict=Verdict.ACCEPTED)
    return heard[-1] if heard else titled(passed, lesson, grade_id)


def run(source: str, name: str, names: dict) -> None:
    """Run a cell in this process, under a name by which its lines can be quoted."""
    text = python(source)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), names)


@lru_cache(maxsize=1024)
def python(source: str) -> str:
    """A cell's source with IPython's magics as plain Python."""
    return TransformerManager().transform_cell(source)


def titled(message: Message, lesson: Lesson, grade_id: str) -> Message:
    """The message with a title that names exercise and property; an answer that is not there yet has no property."""
    if message.check or not message.answered:
        return message
    exercise = lesson.exercises[grade_id] or grade_id
    return replace(message, exercise=exercise, check=grade_id.removeprefix(exercise).lstrip("-"))


def _missing(name: str, problems: Mapping[str, LearnerError]) -> Message:
    """Why a submission has no such name: its answer cell stopped, or no cell defines it."""
    if problem := problems.get(name):
        return explain(problem, name)
    expected, observed = f"a cell that defines {name}", "no cell that ran defines this name"
    return Message(f"{name} is not defined", expected, observed, verdict=Verdict.RUN_TIME_ERROR)


def _said_by(error: Exception, exercise: str) -> Message:
    """Any exception of a grade cell as a message; the cell's own source is never shown."""
    if isinstance(error, LearnerError):
        return explain(error, exercise)
    if isinstance(error, Failure):
        return error.message
    if isinstance(error, CannotCross):
        return uncrossable(error)
    observed = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Message("this check does not hold", observed=observed)
