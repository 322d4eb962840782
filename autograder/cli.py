"""The commands. Grader's side."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from autograder import build as building
from autograder.classroom import Outcome, grade_class, students
from autograder.course import Course
from autograder.demo import lay_out_class
from autograder.gradebook import GradebookError
from autograder.grading import Grader
from autograder.lesson import LessonError
from autograder.submission import SubmissionError, read_submission, recognise
from autograder.template import Template
from autograder.verdict import Grade, Verdict
from autograder.verify import verify as verify_lesson

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Lessons = Annotated[
    list[str] | None, typer.Argument(metavar="[LESSON]...", help="Lessons by name; all if none is given.")
]


class Exit:
    """Exit statuses that scripts rely on."""

    FULL_MARKS, NOT_FULL_MARKS, UNGRADABLE = 0, 1, 2


@app.callback()
def main() -> None:
    """Build the course, check and grade notebooks, prove the course."""


@contextmanager
def _explained() -> Iterator[None]:
    """Known problems are told in words, not in tracebacks."""
    try:
        yield
    except (LessonError, GradebookError, SubmissionError) as error:
        err.print(Text(str(error)))
        raise typer.Exit(Exit.UNGRADABLE) from None


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
) -> None:
    """Grade notebook files without a gradebook. Exit status: 0 full marks, 1 not, 2 could not be graded."""
    status = Exit.FULL_MARKS
    seed = secrets.randbits(48) if seed is None else seed
    with _explained(), Template() as template:
        for path in notebooks:
            try:
                grade = _check_one(path, lesson, template, seed)
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


def _check_one(path: Path, stem: str | None, template: Template, seed: int) -> Grade:
    submitted = read_submission(path)
    course = Course.containing(path.parent, Path.cwd())
    if stem is None:
        stem = path.stem if path.stem in course.stems else ""
        candidates = [stem] if stem else course.stems
        stem = recognise(submitted, {name: course.lesson(name) for name in candidates})
    with Grader(course.lesson(stem), template) as grader:
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
) -> None:
    """Grade what was handed in: submitted/ into nbgrader's gradebook and autograded/."""
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
        with Template() as template:
            outcomes = list(grade_class(course, lesson, student or present, template, force=force))
        _show_class(course, lesson, outcomes)
    if any(outcome.reason for outcome in outcomes):
        raise typer.Exit(Exit.UNGRADABLE)


def _show_class(course: Course, lesson: str, outcomes: list[Outcome]) -> None:
    table = Table("student", Column("points", justify="right"), "verdicts", title=lesson, title_justify="left")
    for outcome in outcomes:
        score = "" if outcome.reason else f"{outcome.score:g} of {outcome.max_score:g}"
        table.add_row(outcome.student, score, _in_short(outcome))
    out.print(table)
    for outcome in outcomes:
        if outcome.reason:
            err.print(Text(f"{outcome.student}: {outcome.reason}"))
    out.print(f"gradebook: {course.directory.db_url}")
    out.print(f"graded notebooks: {course.folder('autograded', '*', lesson)}")


def _in_short(outcome: Outcome) -> str:
    if outcome.grade is None:
        return "could not be graded" if outcome.reason else "graded already"
    counts = Counter(result.verdict.replace("_", " ") for result in outcome.grade.checks)
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


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
) -> None:
    """Prove the course: reference, release and every example submission get what they deserve."""
    seed = secrets.randbits(48) if seed is None else seed
    failed = 0
    with _explained(), Template() as template:
        course = Course.containing(Path.cwd())
        for stem in lesson or course.stems:
            with Grader(course.lesson(stem), template) as grader:
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
        work = course.root / "work"
        for source in sorted(course.folder("release", ".", "*").parent.glob("*/*.ipynb")):
            target = work / source.parent.name / source.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        out.print(f"Your notebooks are in {work}. They are never overwritten.")
    os.execvp(sys.executable, [sys.executable, "-m", "jupyterlab", f"--notebook-dir={work}"])


@app.command()
def demo() -> None:
    """Lay out a small class from the example submissions in build/demo/, grade it, and say where to look."""
    with _explained():
        course, stories = lay_out_class(Course.containing(Path.cwd()))
        for student, story in stories.items():
            out.print(f"{student:<8}{story}")
        os.chdir(course.root)
        for stem in course.stems:
            with Template() as template:
                outcomes = list(grade_class(course, stem, students(course, stem), template))
            _show_class(course, stem, outcomes)
            feedback(stem)
