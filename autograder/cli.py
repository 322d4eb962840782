"""The commands. Grader's side."""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table
from rich.text import Text

import autograder.faststart  # noqa: F401  (before anything that reads notebooks)
from autograder import build as building
from autograder import sandbox
from autograder.classroom import grade_class, students
from autograder.cluster import cluster
from autograder.course import Course
from autograder.gradebook import GradebookError, opened
from autograder.gradescope import refused, results
from autograder.lesson import LessonError
from autograder.limits import Isolation, IsolationError, Limits
from autograder.pool import ClusterError, InThisProcess, processes
from autograder.progress import GradingRun
from autograder.report import ClassReport, ReportError, write_rows
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
    except (LessonError, GradebookError, SubmissionError, IsolationError, ClusterError, ReportError) as error:
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
    gradescope: Annotated[
        Path | None, typer.Option(metavar="RESULTS", help="Write Gradescope's results.json for the one notebook here.")
    ] = None,
) -> None:
    """Grade notebook files without a gradebook. Exit status: 0 full marks, 1 not, 2 could not be graded."""
    status = Exit.FULL_MARKS
    if gradescope and len(notebooks) != 1:
        reason = f"Gradescope grades one notebook, and these are {len(notebooks)}: {', '.join(map(str, notebooks))}."
        _write_results(gradescope, refused(f"{reason} Hand in one."))
        err.print(Text(reason))
        raise typer.Exit(Exit.UNGRADABLE)
    seed = secrets.randbits(48) if seed is None else seed
    with _explained(), Template() as template:
        for path in notebooks:
            try:
                grade = _check_one(path, lesson, template, seed, Limits(isolation=isolation.value))
            except (SubmissionError, LessonError) as error:
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
            judged = all(result.verdict is not Verdict.JUDGE_ERROR for result in grade.checks)
            full = judged and grade.points == grade.max_points
            status = max(status, Exit.FULL_MARKS if full else Exit.NOT_FULL_MARKS if judged else Exit.UNGRADABLE)
    raise typer.Exit(status)


def _write_results(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _check_one(path: Path, stem: str | None, template: Template, seed: int, limits: Limits) -> Grade:
    from autograder.grading import Grader

    submitted = read_submission(path)
    # The course's configuration is a program: one that was handed in beside a notebook must not come first.
    course = Course.containing(Path.cwd(), path.parent)
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
        if scheduler and jobs:
            raise ClusterError("--jobs counts processes of this machine; with --scheduler the cluster's workers count.")
        if isolation is Isolation.FULL and not scheduler and (missing := sandbox.available()):
            raise IsolationError(sandbox.refusal(missing))
        limits = Limits(isolation=isolation.value)
        who = student or present
        run = GradingRun(course, lesson, who, as_json)
        here = _executors(min(jobs or _cores(), len(who)))
        try:
            with run, cluster(scheduler, isolation, run.say) if scheduler else here as (start, at_once):
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
def _executors(jobs: int) -> Iterator[tuple[Callable[[], Executor], Callable[[], int]]]:
    """What makes executors of so many processes, and how many submissions to give them at a time."""
    if jobs == 1:
        yield InThisProcess, lambda: 1
    else:
        with processes(jobs) as start:
            # One waits for each that runs, so that no process waits while a grade is written.
            yield start, lambda: 2 * jobs


@app.command()
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

    Exit status: 0 all taken, 2 some were not. Nothing that is there is lost.
    """
    from autograder.collect import Collected, Fate
    from autograder.collect import collect as bring_in

    found: list[Collected] = []
    with _explained():
        course = Course.containing(Path.cwd())
        options = {"pattern": pattern, "timestamp": timestamp}
        found += bring_in(course, lesson, sources, **options, overwrite=overwrite, dry_run=dry_run)
        if not found:
            raise SubmissionError(f"Nothing was found in {', '.join(map(str, sources))}.")
    table = Table("student", Column("file", overflow="fold"), "named by", "handed in (UTC)", "", title=lesson)
    table.title_justify = "left"
    for one in found:
        if one.fate is not Fate.REFUSED:
            when = f"{one.handed_in:%Y-%m-%d %H:%M}" if one.handed_in else ""
            cells = one.student, one.source, one.platform, f"{when} {'late' * one.late}".strip(), one.fate.value
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


class ExportFormat(StrEnum):
    """Whose import the exported grades are for."""

    CANVAS, MOODLE, NBGRADER = "canvas", "moodle", "nbgrader"


@app.command()
def export(
    lesson: Lessons = None,
    format: Annotated[ExportFormat, typer.Option(help="For whose import.")] = ExportFormat.NBGRADER,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")] = Path("grades.csv"),
) -> None:
    """Export the gradebook as a CSV file, by the same plugins as `nbgrader export`.

    For Canvas and Moodle, a lesson that a student did not hand in is left without a grade; nbgrader's own file has 0.
    """
    from nbgrader.plugins import CsvExportPlugin

    from autograder.exports import CanvasExportPlugin, MoodleExportPlugin

    plugins = {"canvas": CanvasExportPlugin, "moodle": MoodleExportPlugin, "nbgrader": CsvExportPlugin}
    log = logging.Logger("export", logging.WARNING)
    log.addHandler(logging.StreamHandler())
    with _explained():
        course = Course.containing(Path.cwd())
        with opened(course.directory) as gradebook:
            known = [assignment.name for assignment in gradebook.assignments]
            if unknown := sorted(set(lesson or []) - set(known)):
                there = ", ".join(sorted(known)) or "nothing"
                raise GradebookError(f"The gradebook does not know {', '.join(unknown)}. It knows: {there}.")
            if not gradebook.students:
                raise GradebookError("The gradebook holds no students yet. Run `autograder grade LESSON` first.")
            plugin = plugins[format](config=course.config, log=log, to=str(output), assignment=lesson or [])
            plugin.export(gradebook)
        out.print(f"grades: {output}")


@app.command()
def feedback(
    lesson: Annotated[str, typer.Argument(help="The lesson (nbgrader's assignment).")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make pages again that are up to date.")] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Pages at the same time; else one a core.")] = None,
) -> None:
    """Make a feedback page of each graded notebook: autograded/ and the gradebook into feedback/.

    Exit status: 0 every page is there, 2 some could not be made, 130 stopped by Ctrl-C.
    """
    from autograder.feedback import graded, make_feedback

    with _explained():
        course = Course.containing(Path.cwd())
        names = course.notebooks(lesson)
        present = graded(course, lesson)
        if unknown := sorted(set(student or []) - set(present)):
            raise SubmissionError(f"Nothing is graded for {lesson} by {', '.join(unknown)} (looked in autograded/).")
        if not present:
            where = course.folder("autograded", "STUDENT", lesson)
            raise SubmissionError(f"{where}/ holds nothing yet. Run `autograder grade {lesson}` first.")
        who = student or present
        pages, new, missing = len(who) * len(names), 0, 0
        made = make_feedback(course, lesson, who, jobs or _cores(), force=force)
        try:
            for page in track(made, lesson, pages, console=err, transient=True, disable=not err.is_terminal):
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


@app.command()
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
    from autograder.report_page import write_page

    with _explained():
        course = Course.containing(Path.cwd())
        found = ClassReport.read(course, lesson)
        page = output or course.root / "reports" / f"{lesson}.html"
        write_page(found, page)
        if rows:
            write_rows(found, rows)
        out.print(Text("\n".join(found.headline)))
        out.print(f"report: {page}")
        if rows:
            out.print(f"rows: {rows}")


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
