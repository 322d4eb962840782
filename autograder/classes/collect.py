"""Submissions brought in: notebooks from folders and zips into submitted/. Grader's side; it runs nobody's code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from autograder.classes.attempts import MAX_OF_ONE, Folder, beside, newest
from autograder.classes.claims import Claim, Collected, Fate, claims_of, first_of
from autograder.classes.inbox import Inbox
from autograder.classes.roster import Roster
from autograder.classes.times import TIMESTAMP, read_time
from autograder.course import Course
from autograder.gradebook import opened
from autograder.lesson import Lesson
from autograder.submission import SubmissionError, lesson_of, parse_submission

OF_THE_FILES = "files"


def collect(
    course: Course,
    assignment: str,
    sources: list[Path],
    *,
    pattern: str | None = None,
    timestamp: str | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
) -> Iterator[Collected]:
    """Bring in what ``sources`` hold of an assignment: an outcome for each notebook, and for each problem.

    ``timestamp`` is when all was handed in, or "files" for the time of each file; if it is None, what the platform
    says, or nothing. Nothing that is there is overwritten unless the new one is known to be newer, or ``overwrite`` is
    given; then the old one is kept beside it.
    """
    regex, when = _pattern(pattern), _when(timestamp)
    lessons = {name: course.lesson(assignment, name) for name in course.notebooks(assignment)}
    desk = _Desk(course, assignment, lessons, overwrite, dry_run, bool(when))
    roster = _roster(course)
    with ExitStack() as stack:
        claims: dict[str, list[Claim]] = defaultdict(list)
        for source in sources:
            for claim in claims_of(source, stack, regex, frozenset(lessons), roster):
                if isinstance(claim, Collected):
                    yield claim
                else:
                    file, owner = claim.file, claim.owner
                    time = when if isinstance(when, datetime) else file.time if when else owner.handed_in
                    claims[claim.student].append(replace(claim, owner=replace(owner, handed_in=time)))
        for _, claims_of_one in sorted(claims.items()):
            yield from desk.judge(claims_of_one)
    if not dry_run:
        _introduce(course, desk.said)


def _pattern(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        regex = re.compile(pattern)
    except re.error as error:
        raise SubmissionError(f"--pattern {pattern!r} is no regular expression: {error}.") from None
    if "student_id" not in regex.groupindex:
        raise SubmissionError(f"--pattern {pattern!r} names no student: put (?P<student_id>...) around the id in it.")
    return regex


def _when(timestamp: str | None) -> datetime | bool:
    """The time that was given; whether it is that of each file, if none was."""
    return timestamp is not None if timestamp in (None, OF_THE_FILES) else read_time(str(timestamp))


def _roster(course: Course) -> Roster:
    """The gradebook's students; none is made to look into."""
    url = course.directory.db_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return Roster([])
    with opened(course.directory) as gradebook:
        return Roster(gradebook.students)


def _introduce(course: Course, said_of: dict[str, dict[str, str]]) -> None:
    """Write what a platform said of students into the gradebook, where that says nothing yet."""
    if not said_of:
        return
    with opened(course.directory) as gradebook:
        present = {student.id: student for student in gradebook.students}
        for student, said in said_of.items():
            row = present.get(student)
            new = {key: value for key, value in said.items() if not (row and getattr(row, key))}
            gradebook.update_or_create_student(student, **new)


class _Desk:
    """Looks at what each student handed in, and puts it into submitted/."""

    def __init__(
        self,
        course: Course,
        assignment: str,
        lessons: dict[str, Lesson],
        overwrite: bool,
        dry_run: bool,
        times_given: bool,
    ) -> None:
        self.course, self.assignment, self.overwrite, self.dry_run = course, assignment, overwrite, dry_run
        self._lessons, self._times_given = lessons, times_given
        # All lessons are asked, as some cells are called alike in several.
        others = (stem for stem in course.stems if stem != assignment)
        self._all = lessons | {stem: course.lesson(stem) for stem in others}
        self.said: dict[str, dict[str, str]] = {}

    def judge(self, claims: list[Claim]) -> Iterator[Collected]:
        """What becomes of what is one student's: a line for each notebook, and for each problem."""
        notebooks = [claim for claim in claims if claim.file.is_notebook]
        if not notebooks or len(notebooks) > MAX_OF_ONE:
            claim = (notebooks or claims)[0]
            more = f" {claim.student} handed in {len(claims)} files." if len(claims) > 1 else ""
            problem = "is one notebook too many." if notebooks else "is not a notebook (.ipynb)."
            yield claim.became(Fate.REFUSED, f"{claim.shown} {problem}{more}")
            return
        attempts: dict[str, list[Claim]] = defaultdict(list)
        for claim in notebooks:
            try:
                attempt = claim.read()
                attempts[self._recognised(attempt)].append(attempt)
            except SubmissionError as error:
                yield claim.became(Fate.REFUSED, str(error))
        chosen: dict[str, Claim] = {}
        folders: dict[Folder, bool] = {}
        left_out: list[Collected] = []
        for name, rivals in attempts.items():
            try:
                best = chosen[f"{name}.ipynb"] = newest(rivals, "notebooks")
            except SubmissionError as error:
                yield rivals[0].became(Fate.REFUSED, str(error))
                continue
            for attempt in rivals:
                counts = attempt.content == best.content
                folders[attempt.folder] = counts or folders.get(attempt.folder, False)
                if attempt is not best:
                    left_out.append(attempt.became(Fate.SAME if counts else Fate.OLDER))
        companions = yield from beside([claim for claim in claims if not claim.file.is_notebook], folders)
        if chosen:
            yield from self._deliver(chosen, companions)
        yield from left_out

    def _recognised(self, claim: Claim) -> str:
        """Which notebook of the assignment it is."""
        notebook = parse_submission(claim.content, claim.file.shown)
        try:
            name = lesson_of(notebook, self._all)
        except SubmissionError:
            by_hand = f"If it is, put it into {self.course.folder('submitted', 'STUDENT', self.assignment)}/ by hand."
            raise SubmissionError(
                f"{claim.shown} is no lesson of this course: no cell of it belongs to one. {by_hand}"
            ) from None
        if name not in self._lessons:
            raise SubmissionError(f"{claim.shown} is {name}, not {self.assignment}.")
        return name

    def _deliver(self, notebooks: dict[str, Claim], companions: dict[str, Claim]) -> Iterator[Collected]:
        """Put a student's files into their folder, where that loses nothing."""
        student = next(iter(notebooks.values())).student
        inbox = Inbox(self.course.folder("submitted", student, self.assignment))
        now = max((claim.owner.handed_in for claim in notebooks.values() if claim.owner.handed_in), default=None)
        refused = self._refused(inbox, notebooks | companions, now)
        if first := next((name for name in notebooks if name in refused), None):
            refused[first] += f" With it was left: {first_of(list(companions))}." if companions else ""
            refused = {name: reason for name, reason in refused.items() if name in notebooks}
            companions = {}
        files = notebooks | companions
        for name, reason in refused.items():
            yield files.pop(name).became(Fate.REFUSED, reason)
        new = {name: claim.content for name, claim in files.items() if not inbox.holds(name)}
        changed = {name: claim.content for name, claim in files.items() if inbox.differs(name, claim.content)}
        before, time_counts = inbox.time(), self._times_given and not refused.keys() & notebooks.keys()
        timed = bool(now and now != before and (new or changed or time_counts or not (before or refused)))
        kept = inbox.next_copy() if changed else None
        if not self.dry_run:
            if kept:
                inbox.replace(kept, {*files})
            if new or changed or timed:
                inbox.put(new | changed, now if timed or kept else None)
        taken = tuple(name for name in companions if name in new | changed)
        for name, claim in files.items():
            if name in notebooks:
                if said := claim.owner.known():
                    self.said[student] = said
                was_written = name in new or name in changed or taken
                fate = Fate.THERE if not timed else Fate.TIMED
                fate = Fate.REPLACED if kept and was_written else Fate.TAKEN if was_written else fate
                yield claim.became(fate, kept=kept if was_written else None, beside=taken)
                taken = ()

    def _refused(self, inbox: Inbox, files: dict[str, Claim], now: datetime | None) -> dict[str, str]:
        """Why which of the files cannot be put there."""
        before, found = inbox.time(), {}
        newer = self.overwrite or (before and now and now > before)
        why = "that one is as new or newer" if before and now else "which is newer is not known"
        for name, claim in files.items():
            if problem := inbox.problem_of(name) or inbox.problem_of(TIMESTAMP):
                found[name] = f"{problem}, then collect again."
            elif not newer and inbox.differs(name, claim.content):
                differs = f"{claim.shown} differs from {inbox.folder / name}, and {why}."
                found[name] = f"{differs} --replace takes it, and keeps the old one."
        return found
