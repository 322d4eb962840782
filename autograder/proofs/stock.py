"""Another course's lesson before a class is graded: cell by cell, what we give and what nbgrader gives. Grader's side.

The instructor's own notebook, and one that is named as solved, are run here as nbgrader runs them, in a kernel that may
spoil nothing beside it (``contained``). Of submissions nothing is.
"""

from __future__ import annotations

import ast
import copy
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import determine_grade

from autograder.boundary.template import copy_font_list, lay_out
from autograder.course import Course, Written
from autograder.grading import FAILS_TOO, Grader
from autograder.judging import CANNOT_RUN, HIDDEN
from autograder.lesson import Lesson, LessonError, answered, is_answer, is_grade, marks
from autograder.magics import python
from autograder.proofs.contained import kernels_in
from autograder.regions import ends_alone
from autograder.submission import read_submission, rebuild
from autograder.verdict import CheckResult, Verdict

_NO_NETWORK = "put the data beside the notebook in the course's source folder: where answers run is no network"
CURES = {
    **dict.fromkeys(("Failed to resolve", "Name or service not known", "urlopen error", "Max retries"), _NO_NETWORK),
    "No module named": "install it where grading runs, or put it beside the notebook in the course's source folder",
    "Operation not permitted": "where answers run no other program is started, and no network is there",
    "a function of the cell that calls it can": "call it from a function or a lambda of the cell, and hand that over",
    "an answer reads its public attributes": "let the answer do no more with it, or make it there",
    "cannot cross to the learner's side": "make it in the answer, or test what the answer returns",
    "modules do not cross": "import it in the grade cell",
    "does not run where grade cells are judged": "write it in Python",
    "it does not lie where tests run": "let the answer write a text, a picture or an array, or read it in the answer",
    "of the test's cannot be judged here": "let the answer make it, or return a copy that it has changed",
    "a test does not see it": "let the answer change it by a method of its class, or return it",
    "it is not sent to where tests run": "turn what the answer returns into numbers, texts or a list",
    "what it holds is not sent": "catch it in the answer",
    "cannot be judged here": "test what it has or says (an attribute, its str), or make it numbers, texts or a list",
    "pyplot has a figure of the test's": "let the answer return its axes, and look at these",
    "from a running event loop": "await it: a notebook's loop runs already",
    "gradients do not reach": "give it as a function of a beside module",
    "doctest finds no docstrings": "call the function and check what it returns",
    "its docstring is not the instructor's": "call the function and check what it returns",
    "which only a test defines": "define it in a locked cell",
    "No such file": "put the file beside the notebook in the course's source folder",
    "stopped with": "mend what stops that cell",
    "is not defined": "define it in the grade cell or in a locked cell",
    "over the": "hand over less at a time, or make it in the answer",
    "without an answer": "make it quicker, or raise the limit of time",
    "took more than": "make it quicker, or raise the limit of time",
}
NO_END = "there, a cell takes too long, or ends the kernel, and nothing is graded"
PERSON = "change the test, or leave it to a person"


@dataclass(frozen=True)
class Compared:
    """A grade cell of the reference, or of the release as nobody touched it."""

    grade_id: str
    whose: str
    ours: CheckResult
    stock: float | None
    why: str = ""
    """What nbgrader's kernel said, where it gives nothing."""

    @property
    def fate(self) -> str:
        """same, waits or differs."""
        return "waits" if self.ours.points is None else "same" if self.ours.points == self.stock else "differs"

    def __str__(self) -> str:
        points = f"{self.whose} {self.grade_id}"
        stock = "nothing that it could read" if self.stock is None else f"{self.stock:g}"
        if self.fate == "same":
            return f"{points}: {self.ours.points:g} of {self.ours.max_points:g}, the same as stock nbgrader"
        if self.fate == "differs":
            why = self.why if self.why and (self.ours.points or 0) > (self.stock or 0) else self.reason
            return f"{points}: {self.ours.points:g}, and stock nbgrader gives {stock}: {why}"
        return f"{points}: waits for a person, stock nbgrader gives {stock}. {self.reason}. Cure: {self.cure}."

    @property
    def reason(self) -> str:
        """Why, in one line."""
        message = self.ours.message
        lines = message.observed.splitlines() or [message.what.partition(FAILS_TOO)[0]]
        reason = next((line for line in lines if "stopped with" in line), lines[0]).rstrip(".")
        if not self._fails or "cannot be judged" in reason:
            return reason
        return f"It fails here: {reason}" if self.whose == "reference" else "The reference fails here too"

    @property
    def _fails(self) -> bool:
        """Whether the cell ran and does not hold, where the reference's should."""
        return self.ours.verdict is Verdict.JUDGE_ERROR and not self.ours.message.what.startswith(CANNOT_RUN)

    @property
    def cure(self) -> str:
        """What an instructor can do about a cell that waits."""
        if self._fails and self.whose != "reference":
            return "that of the reference"
        said = str(self.ours.message)
        return next((cure for words, cure in CURES.items() if words in said), PERSON)


@dataclass(frozen=True)
class Tried:
    """A notebook of an assignment: as an author solved it, and as nobody touched it."""

    written: Written
    lesson: Lesson
    reference: NotebookNode
    untouched: NotebookNode
    hides_nothing: bool = False
    """Whether it was read from the release, in which there are no hidden tests."""
    ends_alone: Sequence[tuple[str, str]] = ()
    """(cell, warning): of marks that end what nothing begins."""

    def compare(self, grader: Grader) -> Iterator[Compared]:
        """Every grade cell of both, through our grader and through nbgrader's."""
        for whose, notebook in (("reference", self.reference), ("untouched", self.untouched)):
            given = by_stock(notebook, self.lesson.files, grader.limits.cell_seconds)
            for check in grader.grade(notebook, 1).checks:
                yield Compared(check.grade_id, whose, check, *given.get(check.grade_id, (None, NO_END)))


def tried(course: Course, assignment: str, reference: Path | None = None) -> Iterator[Tried]:
    """The notebooks of an assignment: from its source or, beside a solved ``reference``, from its release."""
    step = "source" if reference is None or course.has_source_of(assignment) else "release"
    names = course.notebooks(assignment, step)
    if reference and not reference.is_dir() and len(names) > 1:
        raise LessonError(
            f"{assignment} has the notebooks {', '.join(names)}: "
            "give --reference a folder that holds each of them, solved."
        )
    for name in names:
        lesson = course.lesson(assignment, name, step)
        alone = [*ends_alone(lesson.source, course.config)]
        untouched, solved = copy.deepcopy(lesson.source), lesson.source
        if step == "source":
            untouched = _cleared(untouched, course, f"{assignment}/{name}")
        if reference:
            path = reference / f"{name}.ipynb" if reference.is_dir() else reference
            solved = rebuild(read_submission(path), lesson)
            answers = {marks(cell)["grade_id"]: cell.source for cell in solved.cells if is_answer(cell)}
            lesson = replace(lesson, source=answered(lesson.source, answers))
        lesson = replace(lesson, source=answered(lesson.source, _told(lesson)))
        yield Tried(Written(assignment, name), lesson, solved, untouched, step == "release", alone)


def _cleared(notebook: NotebookNode, course: Course, title: str) -> NotebookNode:
    """The notebook as nbgrader releases it: of its solutions nothing is left."""
    try:
        cleared: NotebookNode = ClearSolutions(config=course.config).preprocess(notebook, {})[0]
    except RuntimeError as error:
        raise LessonError(f"{title}: nbgrader itself cannot release it. It says: {error}") from None
    return cleared


def _told(lesson: Lesson) -> dict[str, str]:
    """The grade cells, nothing in them hidden: to who wrote them, all is said."""
    return {name: lesson.cells[name].source.replace(HIDDEN, "TESTS") for name in lesson.exercises}


def by_stock(notebook: NotebookNode, files: Mapping[str, bytes], seconds: float) -> dict[str, tuple[float | None, str]]:
    """What nbgrader gives each grade cell of a notebook run from its beginning to its end, and why not all."""
    ran, given = copy.deepcopy(notebook), {}
    with tempfile.TemporaryDirectory(prefix="autograder-stock-") as folder:
        work, own = Path(folder, "work"), Path(folder, "own")
        work.mkdir()
        lay_out(files, work)
        own.mkdir()
        copy_font_list(str(own))
        client = NotebookClient(
            ran,
            timeout=int(seconds),
            allow_errors=True,
            kernel_name="python3",
            kernel_manager_class=kernels_in(folder),
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(work)}},
        )
        try:
            client.execute(env=os.environ | dict.fromkeys(("TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), str(own)))
        except Exception:  # a cell without an end, a kernel that died, and what nbclient makes of one that did
            return {}
    for cell in filter(is_grade, ran.cells):
        try:
            points = determine_grade(cell)[0]
        except ValueError:  # more than the maximum
            points = None
        given[marks(cell)["grade_id"]] = points, _complaint(cell)
    return given


def _complaint(cell: NotebookNode) -> str:
    """What a cell that ran in a kernel says of its failure: there, all that it prints to stderr is one."""
    for output in cell.outputs:
        if output.output_type == "error":
            return f"there, {output.ename}: {output.evalue.splitlines()[0] if output.evalue else ''}".rstrip(": ")
        if output.output_type == "stream" and output.name == "stderr":
            return f"there, what a cell prints to stderr costs its points: {output.text.splitlines()[0]}"
    return ""


def judges_nothing(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """(grade cell, warning): what in its code passes, or may pass, whatever an answer does."""
    for cell in filter(is_grade, lesson.source.cells):
        try:
            tree = ast.parse(python(cell.source))
        except SyntaxError as error:
            yield marks(cell)["grade_id"], f"it is no Python: {error.msg}"
            continue
        for warning in dict.fromkeys(filter(None, map(_warning, sorted(ast.walk(tree), key=_line)))):
            yield marks(cell)["grade_id"], warning


def runs_nothing(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """(cell, warning): commands of the system in the instructor's cells, which do nothing where grading runs."""
    for number, cell in enumerate(lesson.source.cells, 1):
        if cell.cell_type != "code" or is_grade(cell) or is_answer(cell):
            continue
        name = marks(cell).get("grade_id")
        try:
            calls = [each for each in ast.walk(ast.parse(python(cell.source))) if isinstance(each, ast.Call)]
        except SyntaxError:
            continue
        for command in dict.fromkeys(filter(None, map(_command, calls))):
            why = "does nothing when a submission is graded, where no program starts and no network is"
            cure = "put what it fetches or makes beside the notebook in the course's source folder"
            yield f"cell {number}" + (f" ({name})" if name else ""), f"`{command[:60]}` {why}: {cure}"


def _command(call: ast.Call) -> str:
    """The command of the system that a piece of a cell runs, as it stands there; '' of any other, and of installers."""
    words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if not isinstance(call.func, ast.Attribute) or ast.unparse(call.func.value) != "get_ipython()" or not words:
        return ""
    if call.func.attr in ("system", "getoutput"):
        return (
            "" if re.match(r"\s*(python3? -m )?(pip|conda|mamba|apt|apt-get)\b", words[0]) else f"!{words[0].strip()}"
        )
    is_shell = call.func.attr == "run_cell_magic" and words[0] in ("bash", "sh", "script", "system", "perl", "ruby")
    return f"%%{words[0]}" if is_shell else ""


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _warning(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name == "unittest.main":
            return "unittest.main() says of a failure what nbgrader does not read: assert its result.wasSuccessful()"
        if name == "doctest.testmod":
            return f"{name}() finds no docstrings of a submission here: call the function and check what it returns"
        if name == "doctest.run_docstring_examples":
            return f"{name}() prints what fails, and passes: call the function and check what it returns"
        caught = ast.unparse(node.args[0]) if node.args else ""
        if name.split(".")[-1] in ("raises", "assertRaises", "assert_raises") and caught in (
            "Exception",
            "BaseException",
        ):
            return f"{name}({caught}) passes for any mistake that stops: name the exception"
    return ""
