"""How one grade cell is judged, wherever the learner's code runs. Grader's side."""

from __future__ import annotations

import ast
import builtins
import linecache
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from traceback import walk_tb
from typing import Any

from nbformat import NotebookNode

from autograder.boundary.coroutines import of_a_cell
from autograder.boundary.limits import MAX_SAID
from autograder.boundary.outputs import Overheard
from autograder.boundary.process import WorkerLost
from autograder.bounds import TimeUp
from autograder.dependence import MOST_CODE, statements
from autograder.draws import derive_seed, seeded
from autograder.errors import (
    AuthoringError,
    CannotCross,
    IsModule,
    LearnerError,
    incidents,
    of_learner,
    printable,
    quoted,
)
from autograder.exercise import listening
from autograder.failure import CAN_CROSS, Failure, explain, uncrossable
from autograder.lesson import Lesson, is_demo, marks
from autograder.magics import python, shows_its_end
from autograder.questions import run_in
from autograder.submission import runs
from autograder.verdict import Message, Verdict

HIDDEN = "BEGIN HIDDEN TESTS"
"""What the line before a hidden test holds, in nbgrader."""
CANNOT_RUN = "this check cannot run where grading runs"
"""What is said of a plain cell that asks for what only a notebook has."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""What differs from one submission to the next in a sentence that is true of all."""
_WAITS = re.compile(r"\b(async|await|asyncio)\b")
"""What is in a cell for which it matters that a notebook's loop runs."""
DOES_NOT_HOLD = "this check does not hold"
"""What is said of a cell that stopped with an exception of its own."""


def judge(
    lesson: Lesson,
    cell: NotebookNode,
    names: dict,
    problems: Mapping[str, LearnerError],
    seed: int,
    quotes: bool = True,
    cells: Sequence[NotebookNode] = (),
) -> Message:
    """Run a grade cell among ``names`` and say how it went; WorkerLost passes on.

    ``problems`` are the errors that ended answer cells, by exercise. ``seed`` fixes all that is drawn. ``quotes`` says
    whether a cell that passes may be quoted, in what it printed. ``cells`` are the notebook's, in which a name that is
    missing may be found after all.
    """
    grade_id = marks(cell)["grade_id"]
    printed, file, is_plain = Overheard(), f"<grade cell {grade_id}>", not lesson.packages.checks_of(lesson.stem)
    met = so_far if (so_far := incidents.get()) is not None else []
    token = incidents.set(met)
    try:
        loop = of_a_cell() if is_plain and _WAITS.search(cell.source) else nullcontext()
        with seeded(derive_seed(seed, grade_id)), listening() as heard, redirect_stdout(printed), loop:
            shown = _shown(run(cell.source, file, names))
    except (WorkerLost, TimeUp, KeyboardInterrupt):
        raise
    except BaseException as error:  # pytest's own are no Exceptions, and a test may leave by SystemExit
        exercise = lesson.exercises[grade_id] or grade_id
        if isinstance(error, NameError) and error.name and not dict.__contains__(names, error.name):
            message = _missing(error.name, problems, cells)
        elif (stopped := _learners(error)) and stopped.missing and dict.__contains__(names, stopped.missing):
            # In a notebook it would be there: what the answer would return then, nobody knows here.
            what, where = f"your code uses {stopped.missing}", "in your own cells"
            observed = f"only the test defines {stopped.missing}: a person has to look at it"
            if ended := _ended(stopped.missing, problems, cells):
                observed = f"its cell stopped with {ended.told}"
            message = Message(what, f"{stopped.missing} {where}", observed, verdict=Verdict.NOT_JUDGED)
        else:
            # What could not be had decides, also where the cell made another error of it.
            reason = error if isinstance(error, Failure) or not met else met[0]
            is_hidden = _in_a_hidden_test(error, cell.source, file)
            if is_plain and _asks_too_much(reason):
                message = _said_of_a_plain_cell(reason, is_hidden)
            elif is_hidden:
                message = _said_of_a_secret(reason, exercise, cells)
            else:
                message = _placed(_said_by(reason, exercise), stopped := _learners(reason), exercise, cells)
                if stopped and stopped.missing and (ended := _ended(stopped.missing, problems, cells)):
                    why = f"the cell of {stopped.missing} stopped with {ended.said}"
                    message = replace(message, observed=f"{message.observed}\n{why}")
        return titled(message, lesson, grade_id)
    finally:
        incidents.reset(token)
    if heard:
        return heard[-1]
    if met:  # the cell put up with it, as a test for any exception does: that it passed says nothing
        if is_plain and _asks_too_much(met[0]):
            message = _said_of_a_plain_cell(met[0], HIDDEN in cell.source)
        elif HIDDEN in cell.source:
            message = _said_of_a_secret(met[0], grade_id, cells)
        else:
            message = _said_by(met[0], grade_id)
        return titled(replace(message, verdict=Verdict.NOT_JUDGED), lesson, grade_id)
    passed = Message(printed.getvalue().strip() if quotes else "", verdict=Verdict.ACCEPTED)
    return titled(_credited(passed, shown, lesson.points(grade_id)), lesson, grade_id)


def run(source: str, name: str, names: dict) -> Any:
    """Run a cell in this process, under a name by which its lines can be quoted; what it shows at its end, or None."""
    text = python(source)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    tree = ast.parse(text, name)
    if not tree.body or not isinstance(last := tree.body[-1], ast.Expr) or not shows_its_end(source):
        run_in(tree, name, names)
        return None
    run_in(ast.Module(tree.body[:-1], []), name, names)
    return run_in(ast.Expression(last.value), name, names)


def _shown(value: Any) -> str:
    """What a notebook shows of the value in the last line of a cell; its own exceptions pass on, as they do there."""
    return "" if value is None else repr(value)


def _credited(passed: Message, shown: str, points: float) -> Message:
    """The message of a cell that ran to its end: a number that it shows there is what it gives, as nbgrader reads it.

    A negative one is none to nbgrader.
    """
    try:
        credit = float(shown)
    except ValueError:
        return passed
    if not credit >= 0 or credit == points:
        return passed
    if credit < points:
        verdict = Verdict.PARTIALLY_ACCEPTED if credit else Verdict.WRONG_ANSWER
        return Message(f"{credit:g} of {points:g} points", observed=passed.what, credit=credit, verdict=verdict)
    what = f"this cell gives {credit:g} points, and it is worth {points:g}"
    return Message(what, f"a number up to {points:g} in the last line of the grade cell", verdict=Verdict.JUDGE_ERROR)


def titled(message: Message, lesson: Lesson, grade_id: str) -> Message:
    """The message with a title that names exercise and property; an answer that is not there yet has no property."""
    if message.check or not message.answered:
        return message
    exercise = lesson.exercises[grade_id] or grade_id
    return replace(message, exercise=exercise, check=grade_id.removeprefix(exercise).lstrip("-"))


def _missing(name: str, problems: Mapping[str, LearnerError], cells: Sequence[NotebookNode]) -> Message:
    """Why a submission has no such name: its answer cell stopped, or no cell that ran defines it."""
    if problem := problems.get(name):
        return _placed(explain(problem, name), problem, name, cells)
    if problem := _ended(name, problems, cells):
        stopped = Message(
            f"{name} is not defined", f"a cell that defines {name}", f"its cell stopped with {problem.told}"
        )
        return explain(problem, name) if problem.is_stub else replace(stopped, verdict=Verdict.RUN_TIME_ERROR)
    expected, observed = f"a cell that defines {name}", "no cell that ran defines this name"
    if place := shown_only(name, cells):
        expected, observed = f"{name} in its own cell", f"{name} is defined in {place}"
    return Message(f"{name} is not defined", expected, observed, verdict=Verdict.RUN_TIME_ERROR)


def _ended(name: str, problems: Mapping[str, LearnerError], cells: Sequence[NotebookNode]) -> LearnerError | None:
    """What ended the cell that would have defined a name."""
    for cell in cells:
        problem = problems.get(marks(cell).get("grade_id", cell.id))
        if problem and any(name in each.defines for each in statements(cell.source)):
            return problem
    return None


def _placed(message: Message, error: LearnerError | None, exercise: str, cells: Sequence[NotebookNode]) -> Message:
    """The message; of a name that was not found, also where the notebook has it and what to do."""
    name = error.missing if error else ""
    place = shown_only(name, cells) if name else ""
    if not place:
        return message
    return replace(
        message,
        what=f"your code uses {name}, which is not there when it is graded",
        expected=f"{name} in the cell of {exercise}, or in a cell of your own: copy it there",
        observed=f"{message.observed}\n{name} is defined in {place}",
        reread="",
    )


def shown_only(name: str, cells: Sequence[NotebookNode]) -> str:
    """The cell that defines a name but only shows something, by the heading above it ('' if there is none)."""
    heading, number, read = "the start", 0, 0
    for cell in cells:
        if cell.cell_type == "markdown" and (found := re.findall(r"^#{1,6} +(.+)$", cell.source, re.MULTILINE)):
            heading, number = quoted(found[-1].strip(), 80), 0
        number += cell.cell_type == "code"
        read += len(cell.source) if is_demo(cell) else 0
        if is_demo(cell) and read <= MOST_CODE and any(name in each.defines for each in statements(cell.source)):
            return f"code cell {number} below {heading}, which only shows something: grading does not run it"
    return ""


def _learners(error: BaseException) -> LearnerError | None:
    """The error of the learner's code that an exception is, or that a check has put into its words."""
    behind: BaseException | None = error
    while behind:
        if isinstance(behind := of_learner(behind) or behind, LearnerError):
            return behind
        behind = behind.__context__
    return None


def _said_by(error: BaseException, exercise: str) -> Message:
    """Any exception of a grade cell as a message; the cell's own source is never shown."""
    if isinstance(error, CannotCross):
        return uncrossable(error)
    if isinstance(behind := of_learner(error) or error.__cause__ or error, LearnerError):
        return explain(behind, exercise)
    if isinstance(error, Failure):
        return error.message
    text = _text_of(error)
    if isinstance(error, MemoryError) or "can't allocate memory" in text:
        what = "to judge what your code returned takes more memory than the grader has for it"
        return Message(what, verdict=Verdict.MEMORY_LIMIT_EXCEEDED)
    # The instructor's words, but they may hold a text that the learner's code has returned.
    said = "\n".join(map(printable, text.split("\n")))
    return Message(DOES_NOT_HOLD, observed=": ".join(filter(None, [type(error).__name__, said])))


def _asks_too_much(reason: BaseException) -> bool:
    """Whether a plain cell asks for what a notebook has, and we have not; a check of ours that does is our mistake."""
    return isinstance(reason, AuthoringError | CannotCross) and not isinstance(reason, IsModule)


def _said_of_a_plain_cell(reason: BaseException, is_hidden: bool) -> Message:
    """Why a plain grade cell cannot be judged; of a hidden one no words that could tell what is hidden."""
    if is_hidden and isinstance(reason, CannotCross):
        what, observed = "what it returned cannot be judged here", "another value: a person has to look at it"
    elif isinstance(reason, CannotCross):
        what, observed = f"{reason} cannot be judged here: {reason.why}", ""
    else:
        what, observed = CANNOT_RUN, "" if is_hidden else _ADDRESS.sub("", str(reason))
    return Message(what, observed=observed, verdict=Verdict.NOT_JUDGED)


def _text_of(error: BaseException) -> str:
    """What an exception says, as much as is told; it may hold an object of the learner's, whose text is a call."""
    try:
        return str(error)[: MAX_SAID + 1]
    except (WorkerLost, TimeUp, KeyboardInterrupt):
        raise
    except BaseException:
        return "(its text cannot be read)"


def _stands_in(cells: Sequence[NotebookNode], error: LearnerError) -> bool:
    """Whether an error's line was in a cell of the submission before anything ran."""
    lines = (cell.source.splitlines()[error.line - 1 : error.line] for cell in cells if runs(cell))
    return any(line.strip() == error.code for here in lines for line in here)


def _in_a_hidden_test(error: BaseException, source: str, file: str) -> bool:
    """Whether an exception comes from what the instructor hides of a grade cell, or from below that."""
    lines = python(source).splitlines()
    hidden = next((at for at, line in enumerate(lines, 1) if HIDDEN in line), math.inf)
    return any(at >= hidden for frame, at in walk_tb(error.__traceback__) if frame.f_code.co_filename == file)


def _said_of_a_secret(error: BaseException, exercise: str, cells: Sequence[NotebookNode]) -> Message:
    """An exception of a hidden test as a message in which nothing of the learner's could tell the test's inputs."""
    if isinstance(error, CannotCross):
        what, observed = f"what {exercise} returned cannot be judged here", "another value: a person has to look at it"
        return Message(what, CAN_CROSS, observed, verdict=Verdict.NOT_JUDGED)
    stopped = _learners(error)
    if stopped and not stopped.is_stub:
        kind = stopped.kind if hasattr(builtins, stopped.kind) else "an exception of its own kind"
        what, expected = "your code stopped with an error in a hidden test", f"{exercise} returns a result"
        observed = f"{kind}. What it says is not shown: it could tell what is hidden"
        if _stands_in(cells, stopped):
            observed += f"\n{stopped.where}"
        return Message(what, expected, observed, verdict=explain(stopped, exercise).verdict)
    if stopped or isinstance(error, AssertionError):
        return _said_by(error, exercise)
    return Message(DOES_NOT_HOLD, observed=f"{type(error).__name__} in a hidden test")
