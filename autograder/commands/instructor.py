"""What an instructor uses: collect, grade, report, feedback, export. Grader's side."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from autograder.boundary.limits import Isolation, IsolationError, Limits
from autograder.commands.shared import Exit, Isolations, Lessons, err, explained, out
from autograder.imports import many_imports
from autograder.problems import Problem

# What a command needs is imported when it runs: to be told of the others, nobody waits for it.
if TYPE_CHECKING:
    from nbgrader.api import Gradebook

    from autograder.course import Course
    from autograder.packages import Packages


def collect(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Folders, zips or notebooks.")],
    pattern: Annotated[
        str | None,
        typer.Option(
            help="How to find the student in a path: a regular expression with (?P<student_id>...), and first_name, "
            "last_name, email, timestamp if you like. Else names as of Canvas, Moodle and Gradescope are recognised, "
            "and files or folders that are called after the student."
        ),
    ] = None,
    timestamp: Annotated[
        str | None,
        typer.Option(
            help="When it was handed in, as '2026-11-21 15:00 UTC'; 'files' takes the time of each file (in a zip of "
            "Canvas or Moodle that is when you downloaded it). Else what the platform says, or nothing."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--replace", help="Take what differs from what is there; the old one is kept beside it.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
) -> None:
    """Bring in submissions: folders and zips, as learning platforms name them, into submitted/.

    Files beside a notebook come with it. Of several attempts whose times are known the newest is taken. Exit status: 0
    all taken, 2 some were not. Nothing that is there is lost.
    """
    from autograder.classes.claims import Collected, Fate
    from autograder.classes.collect import collect as bring_in
    from autograder.course import Course

    found: list[Collected] = []
    with explained():
        course = Course.containing(Path.cwd())
        options = {"pattern": pattern, "timestamp": timestamp}
        found += bring_in(course, lesson, sources, **options, overwrite=overwrite, dry_run=dry_run)
        if not found:
            raise Problem(f"Nothing was found in {', '.join(map(str, sources))}.")
    table = Table("student", Column("file", overflow="fold"), "named by", "handed in (UTC)", "", title=lesson)
    table.title_justify = "left"
    for one in found:
        if one.fate is not Fate.REFUSED:
            when = f"{one.handed_in:%Y-%m-%d %H:%M}" if one.handed_in else ""
            cells = one.student, one.source, one.platform, f"{when} {'late' * one.late}".strip(), one.in_words
            table.add_row(*(Text(cell) for cell in cells))
    if table.row_count:
        out.print(table, soft_wrap=False)
    for one in found:
        if one.fate is Fate.REFUSED:
            err.print(Text(one.reason))
    counts = Counter(one.fate for one in found)
    said = ", ".join(f"{counts[fate]} {fate.value}" for fate in Fate if counts[fate])
    out.print(f"{said}." + " This was a dry run: nothing was written." * dry_run)
    if counts[Fate.REFUSED]:
        raise typer.Exit(Exit.UNGRADABLE)


def grade(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded already.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Submissions at the same time; else one a core.")] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Grade on the workers of this Dask scheduler, tcp://host:port."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a student, on one line, as they come.")
    ] = False,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Grade what was handed in: submitted/ into nbgrader's gradebook and autograded/.

    Exit status: 0 all graded, 2 some could not be, 130 stopped by Ctrl-C. The next run goes on where one was stopped.
    """
    with many_imports():
        from autograder.agreement import require_agreement
        from autograder.boundary import sandbox
        from autograder.classes.classroom import grade_class, students
        from autograder.classes.cluster import cluster
        from autograder.classes.progress import GradingRun
        from autograder.course import Course
        from autograder.gradebook import opened
    with explained():
        course = Course.containing(Path.cwd())
        course.notebooks(lesson)
        present = students(course, lesson)
        if unknown := sorted(set(student or []) - set(present)):
            raise Problem(f"Nothing was handed in for {lesson} by {', '.join(unknown)} (looked in submitted/).")
        if not present:
            raise Problem(
                f"Nobody has handed in {lesson}: {course.folder('submitted', 'STUDENT', lesson)}/ holds nothing yet."
            )
        if scheduler and jobs:
            raise Problem("--jobs counts processes of this machine; with --scheduler the cluster's workers count.")
        if isolation is Isolation.FULL and not scheduler and (missing := sandbox.available()):
            raise IsolationError(sandbox.refusal(missing))
        with opened(course.directory) as gradebook:
            require_agreement(course, gradebook, lesson)
        limits = Limits(isolation=isolation.value)
        who = student or present
        run = GradingRun(course, lesson, who, as_json)
        new = force or any(not course.folder("autograded", each, lesson).exists() for each in who)
        here = _executors(min(jobs or cores(), len(who)), course.packages, new)
        try:
            with (
                run,
                cluster(scheduler, isolation, run.say, course.packages) if scheduler else here as (start, at_once),
            ):
                for outcome in grade_class(course, lesson, who, start, limits=limits, at_once=at_once, force=force):
                    run.add(outcome)
        except KeyboardInterrupt:
            run.stopped()
            raise typer.Exit(Exit.INTERRUPTED) from None
        run.show()
    if run.reasons:
        raise typer.Exit(Exit.UNGRADABLE)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _executors(
    jobs: int, packages: Packages, needed: bool
) -> Iterator[tuple[Callable[[], Executor], Callable[[], int]]]:
    """What makes executors of so many processes, and how many submissions to give them at a time."""
    from autograder.classes.task import graders

    with graders(jobs, packages, needed) as start:
        # One waits for each that runs, so that no process waits while a grade is written.
        yield start, lambda: 2 * jobs


def report(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PAGE", help="The page; else reports/LESSON.html.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--csv", metavar="ROWS", help="Also write one row for each learner and check.")
    ] = None,
) -> None:
    """Say what the class got wrong: one page for the instructor, from gradebook and graded notebooks."""
    from autograder.classes.classroom import students
    from autograder.course import Course
    from autograder.gradebook import opened
    from autograder.results.report import ClassReport
    from autograder.results.report_page import write_page
    from autograder.results.report_rows import write_rows

    with explained():
        course = Course.containing(Path.cwd())
        # To look into a gradebook that is not there would make one.
        if students(course, lesson, "autograded"):
            with opened(course.directory) as gradebook:
                _compare(course, gradebook, lesson)
        found = ClassReport.read(course, lesson)
        page = output or course.root / "reports" / f"{lesson}.html"
        write_page(found, page)
        if rows:
            write_rows(found, rows)
        out.print(Text("\n".join(found.headline)))
        out.print(f"report: {page}")
        if rows:
            out.print(f"rows: {rows}")


def feedback(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make pages again that are up to date.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Pages at the same time; else one a core.")] = None,
) -> None:
    """Make a feedback page of each graded notebook: autograded/ and the gradebook into feedback/.

    Exit status: 0 every page is there, 2 some could not be made, 130 stopped by Ctrl-C.
    """
    from rich.progress import track

    from autograder.agreement import require_agreement
    from autograder.classes.classroom import students
    from autograder.course import Course
    from autograder.gradebook import opened
    from autograder.results.classwork import graded_before
    from autograder.results.feedback import make_feedback

    with explained():
        course = Course.containing(Path.cwd())
        names = course.notebooks(lesson)
        present = students(course, lesson, "autograded")
        if unknown := sorted(set(student or []) - set(present)):
            raise Problem(f"Nothing is graded for {lesson} by {', '.join(unknown)} (looked in autograded/).")
        if not present:
            where = course.folder("autograded", "STUDENT", lesson)
            raise Problem(f"{where}/ holds nothing yet. Run `autograder grade {lesson}` first.")
        with opened(course.directory) as gradebook:
            require_agreement(course, gradebook, lesson)
        before = graded_before(course, lesson, student or present)
        for each in before:
            err.print(Text(f"{each}: {_GRADED_BEFORE.format(quote(lesson))}"))
        who = [each for each in student or present if each not in before]
        pages, new, missing = len(student or present) * len(names), 0, len(before) * len(names)
        made = make_feedback(course, lesson, who, jobs or cores(), force=force)
        try:
            for page in track(made, escape(lesson), pages, console=err, transient=True, disable=not err.is_terminal):
                new += page.is_new
                missing += bool(page.reason)
                if page.reason:
                    err.print(Text(f"{page.student}: {page.reason}"))
        except KeyboardInterrupt:
            err.print("Stopped. The pages that were made stay. Run the same command again to go on.")
            raise typer.Exit(Exit.INTERRUPTED) from None
        err.print(f"{new} new, {pages - new - missing} were up to date" + (f", {missing} missing" if missing else ""))
        out.print(f"feedback: {course.folder('feedback', '*', lesson)}")
    if missing:
        raise typer.Exit(Exit.UNGRADABLE)


_GRADED_BEFORE = "graded before the lesson changed. Run `autograder grade {}`."


def _compare(course: Course, gradebook: Gradebook, lesson: str) -> None:
    """Refuse to go on with another lesson than was graded; name whose grades are older than the lesson."""
    from autograder.agreement import require_agreement
    from autograder.classes.classroom import students
    from autograder.results.classwork import graded_before

    require_agreement(course, gradebook, lesson)
    if before := graded_before(course, lesson, students(course, lesson, "autograded")):
        who = ", ".join(before[:3]) + f" and {len(before) - 3} more" * (len(before) > 3)
        err.print(Text(f"{lesson}, {who}: {_GRADED_BEFORE.format(quote(lesson))}"))


class ExportFormat(StrEnum):
    """Whose import the exported grades are for."""

    CANVAS, MOODLE, NBGRADER = "canvas", "moodle", "nbgrader"


def export(
    lesson: Lessons = None,
    format: Annotated[ExportFormat, typer.Option(help="For whose import.")] = ExportFormat.NBGRADER,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("grades.csv"),
) -> None:
    """Export the gradebook as a CSV file, by the same plugins as `nbgrader export`.

    For Canvas and Moodle, a lesson that a student did not hand in is left without a grade; nbgrader's own file has 0.
    """
    from nbgrader.plugins import CsvExportPlugin

    from autograder.course import Course
    from autograder.gradebook import opened
    from autograder.results.exports import CanvasExportPlugin, MoodleExportPlugin

    plugins = {"canvas": CanvasExportPlugin, "moodle": MoodleExportPlugin, "nbgrader": CsvExportPlugin}
    log = logging.Logger("export", logging.WARNING)
    log.addHandler(logging.StreamHandler())
    with explained():
        course = Course.containing(Path.cwd())
        with opened(course.directory) as gradebook:
            known = [assignment.name for assignment in gradebook.assignments]
            if unknown := sorted(set(lesson or []) - set(known)):
                there = ", ".join(sorted(known)) or "nothing"
                raise Problem(f"The gradebook does not know {', '.join(unknown)}. It knows: {there}.")
            if not gradebook.students:
                raise Problem("The gradebook holds no students yet. Run `autograder grade LESSON` first.")
            for name in filter(course.has_source_of, lesson or known):
                _compare(course, gradebook, name)
            plugin = plugins[format](config=course.config, log=log, to=str(output), assignment=lesson or [])
            plugin.export(gradebook)
        out.print(f"grades: {output}")
