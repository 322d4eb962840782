"""What a learner uses: lab, check, status. Grader's side."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from autograder.boundary.limits import Isolation, Limits
from autograder.boundary.template import Template
from autograder.commands.shared import Exit, Isolations, err, explained, out
from autograder.problems import Problem
from autograder.results.gradescope import refused, results
from autograder.verdict import Grade, Verdict, folded

# What a command needs is imported when it runs: to be told of the others, nobody waits for it.
if TYPE_CHECKING:
    from nbformat import NotebookNode

    from autograder.classes.companions import Files
    from autograder.classes.pool import Hall
    from autograder.course import Course, Written
    from autograder.packages import Packages


def lab() -> None:
    """Copy the lessons that are not in work/ yet, and open JupyterLab there."""
    from autograder.course import Course, is_plain

    with explained():
        course = Course.containing(Path.cwd())
        released = course.folder("release", ".", "*").parent
        if not any(released.glob("*/*.ipynb")):
            command = "autograder build" if course.stems else "nbgrader generate_assignment ASSIGNMENT"
            raise Problem(f"Nothing is released yet: {released}/ holds no notebook. Run `{command}`.")
        for source in sorted(path for path in released.glob("*/**/*") if is_plain(path, released)):
            target = course.work / source.relative_to(released)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        out.print(f"Your notebooks are in {course.work}. They are never overwritten.")
    # A course's own checks are found where the notebooks run, too.
    importable = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), course.packages.root]))
    jupyterlab = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={course.work}"]
    os.execve(sys.executable, jupyterlab, os.environ | {"PYTHONPATH": importable})


def check(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK...", help="Notebook files.")],
    lesson: Annotated[str | None, typer.Option(help="Which lesson they are; else it is recognised.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a notebook, on one line.")] = False,
    seed: Annotated[int | None, typer.Option(help="Replay the draws of an earlier check.")] = None,
    isolation: Isolations = Isolation.STRONGEST,
    gradescope: Annotated[
        Path | None, typer.Option(metavar="RESULTS", help="Write Gradescope's results.json for the one notebook here.")
    ] = None,
) -> None:
    """Grade notebook files without a gradebook. Exit status: 0 full marks, 1 not, 2 could not be graded."""
    from autograder.course import Course
    from autograder.submission import SubmissionError

    status = Exit.FULL_MARKS
    if gradescope and len(notebooks) != 1:
        reason = f"Gradescope grades one notebook, and these are {len(notebooks)}: {', '.join(map(str, notebooks))}."
        _write_results(gradescope, refused(f"{reason} Hand in one."))
        err.print(Text(reason))
        raise typer.Exit(Exit.UNGRADABLE)
    seed = secrets.randbits(48) if seed is None else seed
    with explained(), _halls() as hall:
        for path in notebooks:
            try:
                # The course's configuration is a program: one handed in beside a notebook must not come first.
                course = Course.containing(Path.cwd(), path.parent)
                limits = Limits(isolation=isolation.value)
                grade = _check_one(course, path, lesson, seed, limits, bool(gradescope), hall)
            except Problem as error:
                status = Exit.UNGRADABLE
                if as_json:
                    print(json.dumps({"notebook": str(path), "error": str(error)}))
                # A mistake in the course is not the learner's: without a file Gradescope tells the instructor.
                if gradescope and isinstance(error, SubmissionError):
                    _write_results(gradescope, refused(str(error)))
                err.print(Text(str(error)))
                continue
            if gradescope:
                _write_results(gradescope, results(grade))
            if as_json:
                print(json.dumps(grade.as_json(str(path))))
            else:
                _show(path, grade)
            judged = all(not result.verdict.waits for result in grade.checks)
            full = judged and grade.points == grade.max_points
            status = max(status, Exit.FULL_MARKS if full else Exit.NOT_FULL_MARKS if judged else Exit.UNGRADABLE)
    raise typer.Exit(status)


def _write_results(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _halls() -> Iterator[Callable[[Packages], Hall[Grade]]]:
    """Where notebooks are graded: for each course one process that grades, from when it is first asked for."""
    from autograder.classes.pool import Hall
    from autograder.classes.task import graders

    with ExitStack() as stack:

        @cache
        def hall(packages: Packages) -> Hall[Grade]:
            start = stack.enter_context(graders(1, packages, True))
            return stack.enter_context(Hall(start, lambda: 1))

        yield hall


def _check_one(
    course: Course,
    path: Path,
    assignment: str | None,
    seed: int,
    limits: Limits,
    alone: bool,
    hall: Callable[[Packages], Hall[Grade]],
) -> Grade:
    """``alone``: whether all that lies in the notebook's folder was handed in with it."""
    from autograder.submission import SubmissionError, parse_submission, read_content

    content = read_content(path)
    submitted = parse_submission(content, path)
    # What grades is imported by its process while this one reads the lesson.
    grading = hall(course.packages)
    from autograder.classes import companions
    from autograder.classes.task import Task, as_sent, grade

    written = _written(course, assignment, path, submitted)
    files: Files = {}
    # As in nbgrader's folders; any other may hold whatever else its owner has.
    if alone or path.resolve().parent.name == written.assignment:
        try:
            files = companions.read(path.resolve().parent)
        except SubmissionError as error:
            err.print(Text(f"Checked without the files beside it: {error}"))
    grading.send(partial(grade, Task(content, path, as_sent(course.lesson(*written)), seed, limits, files)), _graded)
    return next(grading.empty())


def _graded(future: Future[Grade]) -> Grade:
    try:
        return future.result()
    except BrokenExecutor:
        raise Problem("This notebook could not be graded: the process that graded it died.") from None


def _written(course: Course, assignment: str | None, path: Path, submitted: NotebookNode) -> Written:
    """Which of the course's notebooks this is: as it was said, or by its file's name, or by its cells."""
    from autograder.submission import lesson_of

    asked = course.written(*filter(None, [assignment]))
    if not asked:
        raise Problem(course.why_not())
    named = [each for each in asked if each.notebook == path.stem]
    if len(named or asked) == 1 and (named or assignment):
        return (named or asked)[0]
    lessons = {each.title: course.lesson(*each) for each in named or asked}
    title = lesson_of(submitted, lessons)
    return next(each for each in asked if each.title == title)


def _show(path: Path, grade: Grade) -> None:
    """A table of the checks, then the message of each that did not pass, or not without help."""
    table = Table(
        "check", "verdict", Column("points", justify="right"), title=f"{path}: {grade.lesson}", title_justify="left"
    )
    for result in grade.checks:
        mark = "✓" if result.verdict is Verdict.ACCEPTED else "✗"
        points = "?" if result.points is None else f"{result.points:g}"
        style = "green" if result.verdict is Verdict.ACCEPTED else "red"
        verdict = Text(f"{mark} {result.verdict.replace('_', ' ')}", style=style)
        table.add_row(result.grade_id, verdict, f"{points} of {result.max_points:g}")
    out.print(table)
    messages = dict.fromkeys(result.message for result in grade.checks)
    for message in (each for each in messages if each.verdict is not Verdict.ACCEPTED or each.note):
        lines = folded(message, out.width) if out.is_terminal else [str(message)]
        out.print(Text("\n".join([*lines, ""])))
    for note in grade.notes:
        out.print(Text(f"{note}\n"))
    total = f"{grade.points:g} of {grade.max_points:g} points in {grade.seconds:.1f} s"
    out.print(f"{total}; isolation: {', '.join(grade.isolation)}")


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a lesson, on one line.")] = False,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Show how far you are: every lesson's points so far, from the notebooks in work/.

    Exit status: 0, or 2 when a notebook could not be graded.
    """
    from autograder.course import Course
    from autograder.status import as_table, standing

    seed, found = secrets.randbits(48), []
    # Closed, not entered: the template starts with the first notebook that there is anything to grade in.
    with explained():
        course = Course.containing(Path.cwd())
        if not (written := course.written()):
            raise Problem(course.why_not())
    with explained(), closing(Template(course.packages)) as template, err.status("") as now:
        for each in written:
            now.update(f"grading {each.title}")
            found.append(standing(course, each, template, seed, Limits(isolation=isolation.value)))
            if as_json:
                print(json.dumps(found[-1].as_json()), flush=True)
    if not as_json:
        out.print(as_table(found), soft_wrap=False)
    if not course.work.exists():
        err.print("There is no folder work/ yet: `autograder lab` puts the lessons there.")
    if any(each.error for each in found):
        raise typer.Exit(Exit.UNGRADABLE)
