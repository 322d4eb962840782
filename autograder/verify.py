"""Prove the course: the reference earns everything, the release nothing, each example its verdict. Grader's side.

An example submission, tests/submissions/<lesson>/<verdict>/<name>.py, holds only the answer cells that differ from the
reference solution (``# %% grade_id="..."``), and a comment line for each grade cell that must fail:
``# fails <grade_id>: "<phrase of its message>"``.
"""

from __future__ import annotations

import copy
import importlib
import io
import linecache
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.build import stale
from autograder.checking import derive_seed, seeded
from autograder.course import Course
from autograder.errors import LearnerError
from autograder.grading import Grader, as_failure, explain_missing, python
from autograder.lesson import Lesson, LessonError, is_answer, is_grade, marks
from autograder.submission import read_submission, runs
from autograder.verdict import CheckResult, Verdict

FAILS = re.compile(r'^# fails (\S+): "(.+)"$', re.MULTILINE)
TAMPERING = "tampering"
BOUNDARY_ONLY = {TAMPERING, Verdict.TIME_LIMIT_EXCEEDED, Verdict.MEMORY_LIMIT_EXCEEDED, Verdict.OUTPUT_LIMIT_EXCEEDED}
"""Verdicts of submissions that may not share a process with their judge."""


@dataclass(frozen=True)
class Example:
    """One example submission: the answers that it changes, and which grade cells must fail with which phrase."""

    path: Path
    verdict: str
    answers: dict[str, str]
    fails: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Example:
        """Read an overlay; the folder's name is the expected verdict."""
        text = path.read_text(encoding="utf-8")
        cells = jupytext.reads(text, fmt="py:percent").cells
        answers = {cell.metadata["grade_id"]: cell.source for cell in cells if "grade_id" in cell.metadata}
        if not answers:
            raise LessonError(f'{path} changes no answer. Start each cell with `# %% grade_id="name_of_the_exercise"`.')
        return cls(path, path.parent.name, answers, dict(FAILS.findall(text)))

    def submission(self, lesson: Lesson) -> NotebookNode:
        """The reference solution with this example's answers in it."""
        if unknown := set(self.answers) - set(lesson.cells):
            raise LessonError(f"{self.path} answers {', '.join(sorted(unknown))}, which {lesson.stem} does not ask.")
        notebook = copy.deepcopy(lesson.source)
        for cell in notebook.cells:
            cell.source = self.answers.get(marks(cell).get("grade_id", ""), cell.source)
        return notebook

    def touched(self, lesson: Lesson) -> set[str]:
        """The grade cells of the exercises that it answers."""
        return {grade_id for grade_id, question in lesson.questions.items() if question in self.answers}


def examples(course: Course, stem: str) -> list[Example]:
    """The lesson's example submissions, in order."""
    return [Example.read(path) for path in sorted((course.root / "tests" / "submissions" / stem).glob("*/*.py"))]


def verify(course: Course, stem: str, grader: Grader, seed: int, full: bool = False) -> Iterator[tuple[str, list[str]]]:
    """Every claim about a lesson and its example submissions, with what is wrong with it (nothing, if it holds)."""
    yield from about_lesson(course, stem, grader, seed)
    for example in examples(course, stem):
        yield f"{example.verdict}/{example.path.stem}", try_example(example, grader, seed, full)


def about_lesson(course: Course, stem: str, grader: Grader, seed: int) -> Iterator[tuple[str, list[str]]]:
    """The claims about the lesson itself."""
    lesson = grader.lesson
    yield "the release is built from the source", stale([stem], course.root)
    yield "every exercise has hints, examples and checks of its own", list(_completeness(course, lesson))
    yield "the reference solution has full marks", _reference(lesson, grader, seed)
    yield "the untouched release has no marks", _release(course, lesson, grader, seed)


def try_example(example: Example, grader: Grader, seed: int, full: bool = False) -> list[str]:
    """What is wrong with the grading of an example submission, across the boundary and in one process."""
    lesson = grader.lesson
    only = None if full else example.touched(lesson)
    notebook = example.submission(lesson)
    across = grader.grade(notebook, seed, only).checks
    problems = list(_compare(example, across, "across the boundary"))
    if example.verdict not in BOUNDARY_ONLY:
        together = in_one_process(lesson, notebook, seed, only)
        problems += _compare(example, together, "in one process")
        problems += _same_verdicts(across, together)
    return problems


def _compare(example: Example, checks: tuple[CheckResult, ...], where: str) -> Iterator[str]:
    for grade_id in example.fails.keys() - {check.grade_id for check in checks}:
        yield f"{where}: {grade_id} should fail, and was not judged"
    for check in checks:
        phrase = example.fails.get(check.grade_id)
        if phrase is None and check.verdict is not Verdict.ACCEPTED:
            yield f"{where}: {check.grade_id} should pass, and says:\n{check.message}"
        elif phrase is not None and check.verdict is Verdict.ACCEPTED:
            yield f"{where}: {check.grade_id} should fail, and passes"
        elif phrase is not None and phrase not in check.message:
            yield f"{where}: {check.grade_id} should say {phrase!r}, and says:\n{check.message}"
        elif phrase is not None and example.verdict not in (check.verdict, TAMPERING):
            yield f"{where}: {check.grade_id} should be {example.verdict}, and is {check.verdict}"


def _same_verdicts(across: tuple[CheckResult, ...], together: tuple[CheckResult, ...]) -> Iterator[str]:
    for a, b in zip(across, together, strict=True):
        if a.verdict is not b.verdict:
            yield f"{a.grade_id} is {a.verdict} across the boundary and {b.verdict} in one process"


def _reference(lesson: Lesson, grader: Grader, seed: int) -> list[str]:
    both = {
        "across the boundary": grader.grade(lesson.source, seed).checks,
        "in one process": in_one_process(lesson, lesson.source, seed),
    }
    return [
        f"{where}: {check.grade_id}: {check.message}"
        for where, checks in both.items()
        for check in checks
        if check.verdict is not Verdict.ACCEPTED
    ]


def _release(course: Course, lesson: Lesson, grader: Grader, seed: int) -> list[str]:
    release = read_submission(course.folder("release", ".", lesson.stem) / f"{lesson.stem}.ipynb")
    both = {
        "across the boundary": grader.grade(release, seed).checks,
        "in one process": in_one_process(lesson, release, seed),
    }
    return [
        f"{where}: {check.grade_id} should say 'not implemented yet', and is {check.verdict}: {check.message}"
        for where, checks in both.items()
        for check in checks
        if check.verdict is not Verdict.WRONG_ANSWER or "not implemented yet" not in check.message
    ]


def _completeness(course: Course, lesson: Lesson) -> Iterator[str]:
    """What an exercise should have and has not."""
    wrong: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for example in examples(course, lesson.stem):
        (right if example.verdict == Verdict.ACCEPTED else wrong).update(example.answers.keys())
    hints = 0
    prose = (cell.source for cell in lesson.source.cells if cell.cell_type == "markdown")
    headings = {line.lstrip("# ") for text in prose for line in text.splitlines() if line.startswith("#")}
    checks = importlib.import_module(f"autograder.checks.{lesson.stem}")
    for cell in lesson.source.cells:
        if cell.cell_type == "markdown":
            hints += cell.source.count("<details>")
        elif is_answer(cell):
            exercise = marks(cell)["grade_id"]
            if hints < 2:
                yield f"{exercise} has {hints} hints; two are promised"
            if wrong[exercise] < 3 or right[exercise] < 2:
                yield f"{exercise} has {wrong[exercise]} wrong and {right[exercise]} right examples; it needs 3 and 2"
            hints = 0
        elif is_grade(cell):
            name = marks(cell)["grade_id"].replace("-", "_")
            if f"check.{name}(" not in cell.source:
                yield f"{marks(cell)['grade_id']} should call check.{name}"
            hint = getattr(getattr(checks, name, None), "hint", "")
            if not any(f'"{heading}"' in hint for heading in headings):
                yield f"{marks(cell)['grade_id']} hints at {hint!r}, which is no heading of the lesson"


def in_one_process(
    lesson: Lesson, notebook: NotebookNode, seed: int, only: set[str] | None = None
) -> tuple[CheckResult, ...]:
    """Judge a notebook as Jupyter and Validate do: its cells and the grade cells share this process.

    For example submissions only: nothing here protects the process from the notebook.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    problems: dict[str, LearnerError] = {}
    results = []
    for cell in notebook.cells:
        grade_id = marks(cell).get("grade_id", cell.get("id", ""))
        if runs(cell):
            try:
                with redirect_stdout(io.StringIO()):
                    _execute(cell.source, f"<cell {grade_id}>", names)
            except Exception as error:
                problems[grade_id] = LearnerError.of(error)
        elif is_grade(cell) and (only is None or grade_id in only):
            results.append(_judge(lesson, cell, names, problems, seed))
    return tuple(results)


def _judge(
    lesson: Lesson, cell: NotebookNode, names: dict[str, object], problems: dict[str, LearnerError], seed: int
) -> CheckResult:
    grade_id, printed = marks(cell)["grade_id"], io.StringIO()
    points = lesson.points(grade_id)
    try:
        with seeded(derive_seed(seed, grade_id)), redirect_stdout(printed):
            _execute(cell.source, f"<grade cell {grade_id}>", names)
    except Exception as error:
        if isinstance(error, NameError) and error.name and error.name not in names:
            error = explain_missing(error.name, problems)
        failure = as_failure(error, grade_id)
        return CheckResult(grade_id, failure.verdict, 0.0, points, str(failure), seed)
    return CheckResult(grade_id, Verdict.ACCEPTED, points, points, printed.getvalue().strip(), seed)


def _execute(source: str, name: str, names: dict[str, object]) -> None:
    """Run a cell under a name by which its lines can be quoted."""
    text = python(source)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), names)
