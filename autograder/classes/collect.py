"""Submissions brought in: notebooks from folders and zips into submitted/. Grader's side; it runs nobody's code."""

from __future__ import annotations

import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.classes.naming import METADATA, Owner, Roster, owners, read_metadata
from autograder.classes.sources import SourceFile, files_in
from autograder.classes.times import TIMESTAMP, read_time, time_of, write_time
from autograder.course import Course
from autograder.files import write_whole
from autograder.gradebook import opened
from autograder.lesson import Lesson
from autograder.submission import SubmissionError, lesson_of, parse_submission

MAX_OF_ONE = 20
MAX_NAME = 255
OF_THE_FILES = "files"


class Fate(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "taken, the old one is kept"
    THERE = "there already"
    REFUSED = "not taken"


@dataclass(frozen=True)
class Collected:
    """One file, and what became of it. ``reason`` is a sentence where it was not taken."""

    source: str
    fate: Fate
    student: str = ""
    platform: str = ""
    handed_in: datetime | None = None
    late: bool = False
    kept: Path | None = None
    reason: str = ""


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
    """Bring in what ``sources`` hold of an assignment: an outcome for each notebook taken, and for each problem.

    ``timestamp`` is when all was handed in, or "files" for the time of each file; if it is None, what the platform
    says, or nothing. Nothing that is there is overwritten unless the new one is known to be newer, or ``overwrite`` is
    given; then the old one is kept beside it.
    """
    regex, when = _pattern(pattern), _when(timestamp)
    lessons = {name: course.lesson(assignment, name) for name in course.notebooks(assignment)}
    desk = _Desk(course, assignment, lessons, overwrite, dry_run)
    roster = _roster(course)
    with ExitStack() as stack:
        claims: dict[str, list[tuple[SourceFile, Owner]]] = defaultdict(list)
        for source in sources:
            files = list(files_in(source, stack))
            metadata = _metadata(files)
            files = [file for file in files if file.path.name != METADATA]
            wrapper = _wrapper(files, source, set(lessons))
            for file in files:
                try:
                    if file.problem:
                        raise SubmissionError(file.problem)
                    if max(map(len, file.path.parts)) > MAX_NAME:  # possible in a zip only
                        raise SubmissionError("this name is too long.")
                    for owner in owners(file.path, metadata, regex, wrapper):
                        if owner.platform == "name" and owner.student in lessons:
                            raise SubmissionError(_NOBODYS)
                        time = when if isinstance(when, datetime) else file.time if when else owner.handed_in
                        claims[roster.student(owner)].append((file, replace(owner, handed_in=time)))
                except SubmissionError as error:
                    yield Collected(str(file.shown), Fate.REFUSED, reason=f"{file.shown}: {error}")
        for student, files_of in sorted(claims.items()):
            yield from desk.judge(student, files_of)
    if not dry_run:
        _introduce(course, desk.said)


_NOBODYS = "this does not say whose it is. Call the file or its folder after the student, or use --pattern."


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


def _metadata(files: Iterable[SourceFile]) -> dict[str, Any]:
    """Gradescope's list of who handed in what, above the folders of all notebooks; a student's own file is none."""
    found = [file for file in files if file.path.name == METADATA and len(file.path.parts) <= 2 and not file.problem]
    outermost = min(found, key=lambda file: len(file.path.parts), default=None)
    notebooks = [file.path for file in files if file.is_notebook]
    above = outermost.path.parent if outermost else PurePosixPath()
    if outermost is None or any(above not in path.parents or path.parent == above for path in notebooks):
        return {}
    return read_metadata(outermost.read())


def _wrapper(files: list[SourceFile], source: Path, names: set[str]) -> str:
    """The one folder that everything lies in, if that is no student's but the whole export's; else nothing."""
    paths = [file.path for file in files if not file.problem]
    tops = {path.parts[0] for path in paths}
    if len(tops) != 1 or any(len(path.parts) == 1 for path in paths):
        return ""
    notebooks = [path for path in paths if path.suffix == ".ipynb"]
    of_one_student = len(notebooks) == 1 or any(len(path.parts) == 2 and path.stem in names for path in notebooks)
    top = tops.pop()
    return "" if of_one_student and top != source.stem else top


class _Desk:
    """Looks at what each student handed in, and puts it into submitted/."""

    def __init__(
        self, course: Course, assignment: str, lessons: dict[str, Lesson], overwrite: bool, dry_run: bool
    ) -> None:
        self.course, self.assignment, self.overwrite, self.dry_run = course, assignment, overwrite, dry_run
        self._lessons = lessons
        # All lessons are asked, as some cells are called alike in several.
        others = (stem for stem in course.stems if stem != assignment)
        self._all = lessons | {stem: course.lesson(stem) for stem in others}
        self.said: dict[str, dict[str, str]] = {}

    def judge(self, student: str, files: list[tuple[SourceFile, Owner]]) -> Iterator[Collected]:
        """What becomes of what is this student's: a line for each notebook that is taken, and for each problem."""
        notebooks = [(file, owner) for file, owner in files if file.is_notebook]
        if not notebooks or len(notebooks) > MAX_OF_ONE:
            file, owner = (notebooks or files)[0]
            more = f" {student} handed in {len(files)} files." if len(files) > 1 else ""
            problem = "is one notebook too many." if notebooks else "is not a notebook (.ipynb)."
            yield self._refused(student, file, owner, f"{file.shown} {problem}{more}")
            return
        chosen: dict[str, tuple[SourceFile, Owner, bytes]] = {}
        rivals: dict[str, list[str]] = defaultdict(list)
        for file, owner in notebooks:
            try:
                content = file.read()
                name = self._recognised(file, content)
            except SubmissionError as error:
                yield self._refused(student, file, owner, str(error))
                continue
            first, _, already = chosen.setdefault(name, (file, owner, content))
            if content != already:
                rivals[name] = [*(rivals[name] or [str(first.shown)]), str(file.shown)]
        for name, (file, owner, content) in chosen.items():
            if name in rivals:
                reason = (
                    f"{student} handed in different notebooks: {', '.join(rivals[name])}. Leave the one that counts."
                )
                yield self._refused(student, file, owner, reason)
            else:
                yield self._take(student, name, file, owner, content)

    def _recognised(self, file: SourceFile, content: bytes) -> str:
        """Which notebook of the assignment it is."""
        notebook = parse_submission(content, file.shown)
        try:
            name = lesson_of(notebook, self._all)
        except SubmissionError:
            by_hand = f"If it is, put it into {self.course.folder('submitted', 'STUDENT', self.assignment)}/ by hand."
            raise SubmissionError(
                f"{file.shown} is no lesson of this course: no cell of it belongs to one. {by_hand}"
            ) from None
        if name not in self._lessons:
            raise SubmissionError(f"{file.shown} is {name}, not {self.assignment}.")
        return name

    def _take(self, student: str, name: str, file: SourceFile, owner: Owner, content: bytes) -> Collected:
        folder = self.course.folder("submitted", student, self.assignment)
        target = folder / f"{name}.ipynb"
        about = Collected(str(file.shown), Fate.TAKEN, student, owner.platform, owner.handed_in, owner.late)
        for place in (folder, folder.parent, target):
            if place.is_symlink():
                return self._refused(student, file, owner, f"{place} is a link. Remove it, then collect again.")
        if said := owner.known():
            self.said[student] = said
        kept = None
        if target.exists():
            if target.read_bytes() == content:
                return replace(about, fate=Fate.THERE)
            before, now = time_of(folder), owner.handed_in
            if not self.overwrite and not (before and now and now > before):
                why = "that one is as new or newer" if before and now else "which is newer is not known"
                reason = f"{file.shown} differs from {target}, and {why}. --replace takes it, and keeps the old one."
                return self._refused(student, file, owner, reason)
            kept = next(
                path for n in count(1) if not (path := folder.with_name(f"{folder.name}.replaced-{n}")).exists()
            )
        if not self.dry_run:
            self._put(folder, target, content, owner.handed_in, kept)
        return replace(about, fate=Fate.REPLACED if kept else Fate.TAKEN, kept=kept)

    @staticmethod
    def _put(folder: Path, target: Path, content: bytes, handed_in: datetime | None, kept: Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stamp = folder / TIMESTAMP
        if kept:
            # Grading looks for folders that are called after the assignment, and so at no such copy.
            part = kept.with_name(f"{kept.name}.part")
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(folder, part, symlinks=True)
            os.replace(part, kept)
            stamp.unlink(missing_ok=True)
        write_whole(target, content)
        if handed_in:
            write_time(folder, handed_in)

    @staticmethod
    def _refused(student: str, file: SourceFile, owner: Owner, reason: str) -> Collected:
        return Collected(str(file.shown), Fate.REFUSED, student, owner.platform, late=owner.late, reason=reason)
