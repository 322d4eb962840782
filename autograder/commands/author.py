"""What an author uses: build, verify, demo. Grader's side."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from autograder import build as building
from autograder.boundary.limits import Isolation, Limits
from autograder.boundary.template import Template
from autograder.classes.classroom import grade_class, students
from autograder.classes.progress import GradingRun
from autograder.commands import instructor
from autograder.commands.shared import Exit, Isolations, Lessons, err, explained, out
from autograder.course import Course
from autograder.lesson import LessonError


def build(
    lesson: Lessons = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name what is out of date.")] = False,
) -> None:
    """Build the student notebooks in course/ from solutions/."""
    with explained():
        course = Course.containing(Path.cwd())
        if not check:
            for path in building.build(lesson or [], course.root):
                out.print(f"built {path.relative_to(course.root)}")
        elif messages := building.stale(lesson or [], course.root):
            err.print("\n".join(messages))
            raise typer.Exit(Exit.NOT_FULL_MARKS)
        else:
            out.print("course/ is up to date.")


def verify(
    lesson: Lessons = None,
    exercise: Annotated[str | None, typer.Option(help="Try only the examples that answer this exercise.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Judge every exercise of every example submission.")] = False,
    seed: Annotated[int | None, typer.Option(help="Replay the draws of an earlier run.")] = None,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Prove the course: reference, release and every example submission get what they deserve."""
    from autograder.grading import Grader
    from autograder.verify import verify as verify_lesson

    seed = secrets.randbits(48) if seed is None else seed
    failed = 0
    with explained():
        course = Course.containing(Path.cwd())
        stems = [stem for stem in lesson or course.stems if exercise in (None, *course.lesson(stem).exercises.values())]
        if not stems:
            raise LessonError(f"{', '.join(lesson or course.stems)}: no exercise is called {exercise}.")
    with explained(), Template(course.packages) as template:
        for stem in stems:
            with Grader(course.lesson(stem), template, Limits(isolation=isolation.value)) as grader:
                for claim, problems in verify_lesson(course, stem, grader, seed, full, exercise):
                    failed += bool(problems)
                    out.print(Text(f"{'✗' if problems else '✓'} {stem}: {claim}", style="red" if problems else "green"))
                    for problem in problems:
                        out.print(Text(f"    {problem}"))
    if failed:
        err.print(f"{failed} claims do not hold. Replay with: autograder verify --seed {seed}")
        raise typer.Exit(Exit.NOT_FULL_MARKS)


def demo() -> None:
    """Lay out a small class from the example submissions in build/demo/, grade it, and say where to look."""
    from autograder.demo import lay_out_class

    with explained():
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
            instructor.feedback(stem)
