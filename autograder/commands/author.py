"""What an author uses: new, build, site, verify, mutants, demo. Grader's side."""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from autograder.boundary.limits import Isolation, Limits
from autograder.boundary.template import Template
from autograder.commands import instructor
from autograder.commands.shared import Exit, Isolations, Lessons, err, explained, out
from autograder.problems import Problem

# What a command needs is imported when it runs, as in all of these.
if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.proofs.mutants import Judge, Score
    from autograder.proofs.stock import Tried


def new(
    course: Annotated[Path, typer.Argument(metavar="COURSE", help="A new folder; the course is called after it.")],
) -> None:
    """Lay out a small course of your own: an example lesson with its checks and tests, ready to build and grade.

    Nothing is overwritten: exit status 2 where something is there already.
    """
    from autograder.new import lay_out

    with explained():
        lay_out(course)
    out.print(f"{course}: a course with one lesson. README.md in it is your first hour. It begins with:")
    out.print(f"  cd {quote(str(course))}\n  autograder build\n  autograder verify")


def build(
    lesson: Lessons = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name what is out of date.")] = False,
    keep_grades: Annotated[
        bool, typer.Option("--keep-grades", help="Where cells changed after grading: keep what is graded, and go on.")
    ] = False,
    renamed: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="With --keep-grades: a cell of LESSON that only has another name now."),
    ] = None,
) -> None:
    """Build the student notebooks in course/ from solutions/."""
    from autograder import build as building
    from autograder.course import Course

    with explained():
        course = Course.containing(Path.cwd())
        renames = _renames(renamed or [], lesson or [], keep_grades, check)
        if keep_grades:
            for line in building.follow(lesson or [], course.root, renames):
                out.print(Text(line))
            if lesson and not (lesson := [name for name in lesson if name in course.stems]):
                return
        if not check:
            for path in building.build(lesson or [], course.root):
                out.print(f"built {path.relative_to(course.root)}")
        elif messages := building.stale(lesson or [], course.root):
            err.print("\n".join(messages))
            raise typer.Exit(Exit.NOT_FULL_MARKS)
        else:
            out.print("course/ is up to date.")


def _renames(renamed: list[str], lessons: list[str], keep_grades: bool, check: bool) -> dict[str, str]:
    """The cells that have another name now, old name to new, if the options go together."""

    if keep_grades and check:
        raise Problem("--check writes nothing: give it without --keep-grades.")
    pairs = [pair.partition("=") for pair in renamed]
    if bad := [f"{old}{sign}{new}" for old, sign, new in pairs if not (old and new)]:
        raise Problem(f"--renamed {bad[0]} is not OLD=NEW, the cell's name in the gradebook and the one in the lesson.")
    if renamed and not (keep_grades and len(lessons) == 1):
        raise Problem("--renamed goes with --keep-grades and the name of one lesson.")
    return {old: new for old, _, new in pairs}


def site(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The folder to write; else site/.")] = None,
    without_solutions: Annotated[
        bool, typer.Option("--without-solutions", help="For a class: hints and checks stay, solutions are left out.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(min=1, help="Lessons at the same time; else one a core.")] = None,
) -> None:
    """Make the reading edition: an index and a page a lesson, run and with its figures, that need no network.

    A lesson whose code has not changed is not run again: what its cells gave is kept in build/site/.
    """
    from rich.progress import track

    from autograder.course import Course
    from autograder.reading.edition import Edition, write

    with explained():
        course = Course.containing(Path.cwd())
        folder = output or course.root / "site"
        if folder.exists() and not folder.is_dir():
            raise Problem(f"{folder} is a file. Name a folder with -o.")
        edition = Edition.of(course, has_solutions=not without_solutions)
        made, count = edition.pages(jobs or instructor.cores()), len(edition.fronts) + 1
        try:
            pages = dict(track(made, "site", count, console=err, transient=True, disable=not err.is_terminal))
        except KeyboardInterrupt:
            err.print("Stopped. Nothing was written; lessons that were run are not run again.")
            raise typer.Exit(Exit.INTERRUPTED) from None
        write(pages, folder)
        out.print(f"{len(pages)} pages: {folder / 'index.html'}")


def verify(
    lesson: Lessons = None,
    exercise: Annotated[str | None, typer.Option(help="Try only the examples that answer this exercise.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Judge every exercise of every example submission.")] = False,
    seed: Annotated[int | None, typer.Option(help="Replay the draws of an earlier run.")] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="SOLVED",
            help="The solved notebook (or a folder with one for each) of an assignment whose source has no solutions, "
            "or that is here as released only. It runs as nbgrader would run it: take one that you trust.",
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Examples tried at the same time; else one a core.")] = None,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Prove the course: reference, release and every example submission get what they deserve.

    Of an assignment without checks of ours: whether each grade cell gives what stock nbgrader gives, or waits, and why.
    For that, its notebook is run in a kernel too, with its commands for the system.
    """
    from autograder.classes.task import graders
    from autograder.course import Course
    from autograder.lesson import LessonError
    from autograder.proofs.side_by_side import Proof, side_by_side
    from autograder.proofs.stock import tried

    seed = secrets.randbits(48) if seed is None else seed
    failed = 0
    with explained():
        course = Course.containing(Path.cwd())
        others = [name for name in lesson or course.assignments if name not in course.stems]
        stems = [name for name in lesson or course.stems if name not in others]
        if reference and (stems or len(others) != 1):
            raise Problem("--reference goes with the name of one assignment, that has no checks of ours.")
        if exercise and others:
            raise Problem(f"--exercise goes with lessons in solutions/, and {', '.join(others)} is none.")
        if not (others or stems):
            raise Problem(course.why_not())
        stems = _that_ask(course, stems, exercise) if stems else []
        theirs, refused = {}, 0
        for name in others:
            try:
                theirs[name] = list(tried(course, name, reference))
            except LessonError as error:  # the others are verified nevertheless
                err.print(Text(str(error)))
                refused += 1
    limits = Limits(isolation=isolation.value)
    if theirs:
        with explained(), Template(course.packages) as template:
            for assignment, notebooks in theirs.items():
                failed += _compared(assignment, notebooks, template, limits)
    if stems:
        proof = Proof(course.root, limits, seed, full, exercise)
        with explained(), graders(jobs or instructor.cores(), course.packages, needed=True) as start:
            for stem, claim, problems in side_by_side(proof, stems, start):
                failed += bool(problems)
                out.print(Text(f"{'✗' if problems else '✓'} {stem}: {claim}", style="red" if problems else "green"))
                for problem in problems:
                    out.print(Text(f"    {problem}"))
    if failed:
        err.print(f"{failed} claims do not hold. Replay with: autograder verify --seed {seed}")
        raise typer.Exit(Exit.NOT_FULL_MARKS)
    if refused:
        raise typer.Exit(Exit.UNGRADABLE)


def _compared(assignment: str, notebooks: list[Tried], template: Template, limits: Limits) -> int:
    """Say of each grade cell of an assignment what we give and what nbgrader gives; how many differ."""
    from autograder.grading import Grader
    from autograder.proofs.stock import judges_nothing, runs_nothing

    fates: Counter[str] = Counter()
    for each in notebooks:
        lesson, title = each.lesson, each.written.title
        if not lesson.exercises:
            out.print(Text(f"✓ {title}: no grade cells that run"))
            continue
        if each.hides_nothing:
            out.print(Text(f"! {title}: read from its release: what hidden tests ask is not tried.", style="yellow"))
        for grade_id, warning in [*each.ends_alone, *runs_nothing(lesson), *judges_nothing(lesson)]:
            out.print(Text(f"! {title}: {grade_id}: {warning}.", style="yellow"))
        with Grader(lesson, template, limits, each.reference) as grader:
            for cell in each.compare(grader):
                fates[cell.fate] += 1
                mark, style = {"same": ("✓", "green"), "waits": ("?", "yellow")}.get(cell.fate, ("✗", "red"))
                out.print(Text(f"{mark} {title}: {cell}", style=style))
    counts = (f"{fates['same']} the same as stock nbgrader", f"{fates['waits']} wait", f"{fates['differs']} differ")
    out.print(Text(f"{assignment}: {', '.join(counts)}"))
    return fates["differs"]


def _that_ask(course: Course, lessons: list[str], exercise: str | None) -> list[str]:
    """The lessons that have this exercise; all, if none is named."""

    if others := [name for name in lessons if name not in course.stems and course.notebooks(name)]:
        raise Problem(f"{', '.join(others)}: only a lesson in solutions/ has exercises with checks of ours.")
    if not lessons:
        raise Problem("There is no lesson in solutions/, and of others no mutants are made.")
    stems = [stem for stem in lessons if exercise in (None, *course.lesson(stem).exercises.values())]
    if not stems:
        raise Problem(f"{', '.join(lessons)}: no exercise is called {exercise}.")
    return stems


def mutants(
    lesson: Lessons = None,
    exercise: Annotated[str | None, typer.Option(help="Judge only the mutants of this exercise.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Store the scores in benchmarks/mutants.md.")] = False,
    seed: Annotated[int, typer.Option(help="What the checks draw from.")] = 7,
    isolation: Isolations = Isolation.STRONGEST,
) -> None:
    """Judge every small change of the reference solutions, and list those that pass without a reason."""
    from autograder.course import Course
    from autograder.proofs import mutants as judging

    limits = Limits(isolation=isolation.value)
    open_ends = 0
    with explained():
        if exercise and write:
            raise Problem("--write stores the scores of whole lessons: give it without --exercise.")
        course = Course.containing(Path.cwd())
        stems = _that_ask(course, lesson or course.stems, exercise)
    with explained(), Template(course.packages) as template:
        for stem in stems:
            judge = judging.Judge(course, stem, template, limits, seed)
            scores = [_scored(judge, name) for name in judge.exercises if exercise in (None, name)]
            open_ends += sum(len(score.holes) + len(score.stale) for score in scores)
            if write:
                out.print(f"written: {judging.write_table(course, stem, scores).relative_to(course.root)}")
    if open_ends:
        err.print(f"{open_ends} to mend: a check, or a reason in benchmarks/mutants/<lesson>.toml.")
        raise typer.Exit(Exit.NOT_FULL_MARKS)


def _scored(judge: Judge, exercise: str) -> Score:
    """Judge the mutants of an exercise, with a bar meanwhile and a line at the end."""
    from rich.progress import Progress

    title, count = f"{judge.lesson.stem} {exercise}", len(judge.mutants(exercise))
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task(title, total=count)
        for score in judge.score(exercise):
            progress.update(bar, completed=len(score.fates))
    told = dict.fromkeys(score.holes, "passes every check")
    told |= {name: f"has a reason, and {why}" for name, why in score.stale.items()}
    total, killed, equivalent, holes = score.counts
    line = f"{title}: {total} mutants, {killed} killed, {equivalent} equivalent, {holes} hole{'s' * (holes != 1)}"
    out.print(Text(f"{'✗' if told else '✓'} {line}", style="red" if told else "green"))
    for name, what in told.items():
        # As it would stand in the file of reasons.
        out.print(Text(f"    {json.dumps(name, ensure_ascii=False)},  # {what}"))
    return score


def demo(lesson: Lessons = None) -> None:
    """Make up a class of the example submissions in build/demo/, grade it, and name the page about it."""
    from autograder.classes.classroom import grade_class
    from autograder.classes.progress import GradingRun
    from autograder.course import Course
    from autograder.demo import lay_out_class
    from autograder.results.feedback import make_feedback

    with explained():
        course, handed_in = lay_out_class(Course.containing(Path.cwd()), lesson or [])
        os.chdir(course.root)
        for stem, stories in handed_in.items():
            out.print(f"{stem}, handed in by {len(stories)} made-up learners:")
            for student, story in stories.items():
                out.print(f"  {student:<8}{story}")
            with GradingRun(course, stem, [*stories]) as run:
                for outcome in grade_class(course, stem, run.who):
                    run.add(outcome)
            if run.reasons or run.waiting:
                run.show()
            for page in make_feedback(course, stem, run.who):
                if page.reason:
                    err.print(Text(f"{page.student}: {page.reason}"))
            instructor.report(stem)
    out.print("Open it: what the class got wrong, who made which mistake, and links to what each learner reads.")
