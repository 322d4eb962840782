"""The commands. Grader's side."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import autograder.faststart  # noqa: F401  (before anything that reads notebooks)
from autograder import build as building
from autograder import sandbox
from autograder.classroom import grade_class, students
from autograder.course import Course
from autograder.gradebook import GradebookError
from autograder.lesson import LessonError
from autograder.limits import Isolation, IsolationError, Limits
from autograder.pool import InThisProcess, processes
from autograder.progress import GradingRun
from autograder.submission import SubmissionError, read_submission, recognise
from autograder.template import Template
from autograder.verdict import Grade, Verdict

# What needs torch is imported by the commands that need it, so that the others start at once.
app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Lessons = Annotated[
    list[str] | None, typer.Argument(metavar="[LESSON]...", help="Lessons by name; all if none is given.")
]


class Exit:
    """Exit statuses that scripts rely on."""

    FULL_MARKS, NOT_FULL_MARKS, UNGRADABLE, INTERRUPTED = 0, 1, 2, 130


@app.callback()
def main() -> None:
    """Build the course, check and grade notebooks, prove the course."""


@contextmanager
def _explained() -> Iterator[None]:
    """Known problems are told in words, not in tracebacks."""
    try:
        yield
    except (LessonError, GradebookError, SubmissionError, IsolationError) as error:
        err.print(Text(str(error)))
        raise typer.Exit(Exit.UNGRADABLE) from None


Isolations = Annotated[
    Isolation, typer.Option(help="How far submissions are locked in; full refuses to start where a layer is missing.")
]


@app.command()
def build(
    lesson: Lessons = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name what is out of date.")] = False,
) -> None:
    """Build the student notebooks in course/ from solutions/."""
    with _explained():
        course = Course.containing(Path.cwd())
        if not check:
            for path in building.build(lesson or [], course.root):
                out.print(f"built {path.relative_to(course.root)}")
        elif messages := building.stale(lesson or [], course.root):
            err.print("\n".join(messages))
            raise typer.Exit(Exit.NOT_FULL_MARKS)
        else:
            out.print("course/ is up to date.")


@app.command()
def check(
    notebooks: Annotated[list[Path], typer.Argument(metavar="NOTEBOOK...", help="Notebook files.")],
    lesson: Annotated[str | None, typer.Option(help="Which lesson they are; else it is recognised.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a notebook, on one line.")] = False,
    seed: Annotated[int | None, typer.Option(help="Replay the draws of an earlier check.")] = None,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Grade notebook files without a gradebook. Exit status: 0 full marks, 1 not, 2 could not be graded."""
    status = Exit.FULL_MARKS
    seed = secrets.randbits(48) if seed is None else seed
    with _explained(), Template() as template:
        for path in notebooks:
            try:
                grade = _check_one(path, lesson, template, seed, Limits(isolation=isolation.value))
            except (SubmissionError, LessonError) as error:
                status = Exit.UNGRADABLE
                if as_json:
                    print(json.dumps({"notebook": str(path), "error": str(error)}))
                err.print(Text(str(error)))
                continue
            if as_json:
                print(json.dumps(grade.as_json(str(path))))
            else:
                _show(path, grade)
            judged = all(result.verdict is not Verdict.JUDGE_ERROR for result in grade.checks)
            full = judged and grade.points == grade.max_points
            status = max(status, Exit.FULL_MARKS if full else Exit.NOT_FULL_MARKS if judged else Exit.UNGRADABLE)
    raise typer.Exit(status)


def _check_one(path: Path, stem: str | None, template: Template, seed: int, limits: Limits) -> Grade:
    from autograder.grading import Grader

    submitted = read_submission(path)
    course = Course.containing(path.parent, Path.cwd())
    if stem is None:
        stem = path.stem if path.stem in course.stems else ""
        candidates = [stem] if stem else course.stems
        stem = recognise(submitted, {name: course.lesson(name) for name in candidates})
    with Grader(course.lesson(stem), template, limits) as grader:
        return grader.grade(submitted, seed)


def _show(path: Path, grade: Grade) -> None:
    """A table of the checks, then the message of each that did not pass."""
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
    for message in dict.fromkeys(r.message for r in grade.checks if r.verdict is not Verdict.ACCEPTED):
        out.print(Text(message + "\n"))
    total = f"{grade.points:g} of {grade.max_points:g} points in {grade.seconds:.1f} s"
    out.print(f"{total}; isolation: {', '.join(grade.isolation)}")


@app.command()
def grade(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Submissions at the same time; else one a core.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a student, on one line, as they come.")
    ] = False,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Grade what was handed in: submitted/ into nbgrader's gradebook and autograded/.

    Exit status: 0 all graded, 2 some could not be, 130 stopped by Ctrl-C. The next run goes on where one was stopped.
    """
    with _explained():
        course = Course.containing(Path.cwd())
        course.notebooks(lesson)
        present = students(course, lesson)
        if unknown := sorted(set(student or []) - set(present)):
            raise SubmissionError(f"Nothing was handed in for {lesson} by {', '.join(unknown)} (looked in submitted/).")
        if not present:
            raise SubmissionError(
                f"Nobody has handed in {lesson}: {course.folder('submitted', 'STUDENT', lesson)}/ holds nothing yet."
            )
        if isolation is Isolation.FULL and (missing := sandbox.available()):
            raise IsolationError(sandbox.refusal(missing))
        limits = Limits(isolation=isolation.value)
        who = student or present
        run = GradingRun(course, lesson, who, as_json)
        try:
            with run, _executors(min(jobs or _cores(), len(who))) as (start, at_once):
                for outcome in grade_class(course, lesson, who, start, limits=limits, at_once=at_once, force=force):
                    run.add(outcome)
        except KeyboardInterrupt:
            run.stopped()
            raise typer.Exit(Exit.INTERRUPTED) from None
        run.show()
    if run.reasons:
        raise typer.Exit(Exit.UNGRADABLE)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _executors(jobs: int) -> Iterator[tuple[Callable[[], Executor], int]]:
    """What makes executors of so many processes, and how many submissions to give them at a time."""
    if jobs == 1:
        yield InThisProcess, 1
    else:
        with processes(jobs) as start:
            # One waits for each that runs, so that no process waits while a grade is written.
            yield start, 2 * jobs


@app.command()
def feedback(lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")]) -> None:
    """Make nbgrader's feedback pages from the graded notebooks."""
    with _explained():
        course = Course.containing(Path.cwd())
        course.notebooks(lesson)
        command = [sys.executable, "-m", "nbgrader", "generate_feedback", lesson, "--force"]
        done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise GradebookError(f"nbgrader could not make the feedback for {lesson}:\n{done.stderr}")
        out.print(f"feedback: {course.folder('feedback', '*', lesson)}")


@app.command()
def verify(
    lesson: Lessons = None,
    full: Annotated[bool, typer.Option("--full", help="Judge every exercise of every example submission.")] = False,
    seed: Annotated[int | None, typer.Option(help="Replay the draws of an earlier run.")] = None,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Prove the course: reference, release and every example submission get what they deserve."""
    from autograder.grading import Grader
    from autograder.verify import verify as verify_lesson

    seed = secrets.randbits(48) if seed is None else seed
    failed = 0
    with _explained(), Template() as template:
        course = Course.containing(Path.cwd())
        for stem in lesson or course.stems:
            with Grader(course.lesson(stem), template, Limits(isolation=isolation.value)) as grader:
                for claim, problems in verify_lesson(course, stem, grader, seed, full):
                    failed += bool(problems)
                    out.print(Text(f"{'✗' if problems else '✓'} {stem}: {claim}", style="red" if problems else "green"))
                    for problem in problems:
                        out.print(Text(f"    {problem}"))
    if failed:
        err.print(f"{failed} claims do not hold. Replay with: autograder verify --seed {seed}")
        raise typer.Exit(Exit.NOT_FULL_MARKS)


@app.command()
def lab() -> None:
    """Copy the lessons that are not in work/ yet, and open JupyterLab there."""
    with _explained():
        course = Course.containing(Path.cwd())
        for source in sorted(course.folder("release", ".", "*").parent.glob("*/*.ipynb")):
            target = course.work / source.parent.name / source.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        out.print(f"Your notebooks are in {course.work}. They are never overwritten.")
    os.execvp(sys.executable, [sys.executable, "-m", "jupyterlab", f"--notebook-dir={course.work}"])


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a lesson, on one line.")] = False,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Show how far you are: every lesson's points so far, from the notebooks in work/.

    Exit status: 0, or 2 when a notebook could not be graded.
    """
    from autograder.status import as_table, standing

    seed, found = secrets.randbits(48), []
    # Closed, not entered: the template starts with the first notebook that there is anything to grade in.
    with _explained(), closing(Template()) as template, err.status("") as now:
        course = Course.containing(Path.cwd())
        for stem in course.stems:
            now.update(f"grading {stem}")
            found.append(standing(course, stem, template, seed, Limits(isolation=isolation.value)))
            if as_json:
                print(json.dumps(found[-1].as_json()), flush=True)
    if not as_json:
        out.print(as_table(found), soft_wrap=False)
    if not course.work.exists():
        err.print("There is no folder work/ yet: `autograder lab` puts the lessons there.")
    if any(each.error for each in found):
        raise typer.Exit(Exit.UNGRADABLE)


@app.command()
def demo() -> None:
    """Lay out a small class from the example submissions in build/demo/, grade it, and say where to look."""
    from autograder.demo import lay_out_class

    with _explained():
        course, stories = lay_out_class(Course.containing(Path.cwd()))
        for student, story in stories.items():
            out.print(f"{student:<8}{story}")
        os.chdir(course.root)
        for stem in course.stems:
            who = students(course, stem)
            with GradingRun(course, stem, who) as run:
                for outcome in grade_class(course, stem, who):
                    run.add(outcome)
            run.show()
            feedback(stem)
