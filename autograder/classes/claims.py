"""The files of a source, each with the student whose it is; and what becomes of them. Grader's side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.classes.naming import MAY_BE_A_TEAM, METADATA, Naming, Owner, is_notebook, read_metadata, stem_of
from autograder.classes.roster import Roster
from autograder.classes.sources import SourceFile, files_in
from autograder.submission import SubmissionError

MAX_NAME = 255
_NOBODYS = "this does not say whose it is. Call the file or its folder after the student, or use --pattern."
_SEVERAL = "by their names these are of several people, and all would be {}. Call each folder after its student's id."
_ONLY_LITTER = "nothing else lies in its folder, and this is no notebook that somebody handed in."


class Fate(StrEnum):
    """What became of a file."""

    TAKEN = "taken"
    REPLACED = "taken, the old one is kept"
    TIMED = "there already, its time is written"
    THERE = "there already"
    OLDER = "an older attempt, left out"
    SAME = "the same again"
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
    beside: tuple[str, ...] = ()
    """The files that were taken with this notebook."""
    reason: str = ""

    @property
    def in_words(self) -> str:
        """What became of it, and what was taken with it."""
        return f"{self.fate}, with {first_of(self.beside)}" if self.beside else str(self.fate)


def first_of(names: Sequence[str]) -> str:
    """The names, or the first ten and how many more there are."""
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


@dataclass(frozen=True)
class Claim:
    """A file, and whose it is."""

    student: str
    file: SourceFile
    owner: Owner
    source: Path
    content: bytes = b""
    """Once it is read."""

    @property
    def shown(self) -> str:
        """What people call it."""
        return str(self.file.shown)

    @property
    def folder(self) -> tuple[Path, PurePosixPath]:
        """Where it lies in what is this student's."""
        return self.source, self.owner.path.parent

    def read(self) -> Claim:
        """The same with its content; SubmissionError, if that cannot be had."""
        return replace(self, content=self.file.read())

    def became(self, fate: Fate, reason: str = "", **more: Any) -> Collected:
        """What became of it."""
        owner, refused = self.owner, fate is Fate.REFUSED
        when = None if refused else owner.handed_in
        return Collected(self.shown, fate, self.student, owner.platform, when, owner.late, reason=reason, **more)


def claims_of(
    source: Path, stack: ExitStack, pattern: re.Pattern[str] | None, lessons: frozenset[str], roster: Roster
) -> Iterator[Claim | Collected]:
    """Whose each file of a source is; a problem, where that cannot be said."""
    everything = list(files_in(source, stack))
    files = [file for file in everything if not file.is_litter]
    metadata = _metadata(files)
    files = [file for file in files if file.path.name != METADATA]
    paths = tuple(file.path for file in files if not file.problem)
    naming = Naming(paths, lessons, metadata, pattern, _wrapper(paths, source, lessons, roster))
    read: list[tuple[SourceFile, tuple[Owner, ...]]] = []
    for file in files:
        try:
            if file.problem:
                raise SubmissionError(file.problem)
            if max(map(len, file.path.parts)) > MAX_NAME:  # possible in a zip only
                raise SubmissionError("this name is too long.")
            read += [(file, readings) for readings in naming.owners(file.path)]
        except SubmissionError as error:
            yield _nobodys(file, error)
    yield from _known(source, read, lessons, roster)
    for file in _only_litter(everything, naming.wrapper):
        yield _nobodys(file, _ONLY_LITTER)


def _known(
    source: Path, read: list[tuple[SourceFile, tuple[Owner, ...]]], lessons: frozenset[str], roster: Roster
) -> Iterator[Claim | Collected]:
    """The students of these files, by the gradebook."""
    named = [readings for _, readings in read if _is_named(readings)]
    strangers = bool(named) and roster.knows_none_of(named)
    stems = {lesson.casefold() for lesson in lessons}
    found: dict[str, list[Claim]] = defaultdict(list)
    for file, readings in read:
        try:
            if readings[0].platform == "name" and readings[0].student.casefold() in stems:
                raise SubmissionError(_NOBODYS)
            if strangers and _is_named(readings):
                readings = tuple(replace(each, doubt=MAY_BE_A_TEAM.format(readings[0].name)) for each in readings)
            student, owner = roster.student(readings)
            found[student].append(Claim(student, file, owner, source))
        except SubmissionError as error:
            yield _nobodys(file, error)
    for student, claims in found.items():
        if len({claim.owner.account for claim in claims} - {""}) < 2:
            yield from claims
        else:
            shown = first_of([claim.shown for claim in claims])
            yield claims[0].became(Fate.REFUSED, f"{shown}: {_SEVERAL.format(student)}")


def _is_named(readings: tuple[Owner, ...]) -> bool:
    return readings[0].platform == "Moodle" and bool(readings[0].name)


def _nobodys(file: SourceFile, reason: object) -> Collected:
    return Collected(str(file.shown), Fate.REFUSED, reason=f"{file.shown}: {reason}")


def _only_litter(files: Iterable[SourceFile], wrapper: str) -> Iterator[SourceFile]:
    """One file of each folder in which lies nothing that a person put there."""
    first: dict[str, SourceFile] = {}
    for file in sorted(files, key=lambda file: file.is_litter):
        parts = file.path.parts[1:] if file.path.parts[:1] == (wrapper,) else file.path.parts
        if len(parts) > 1 and parts[0] != "__MACOSX" and not parts[0].startswith("."):
            first.setdefault(parts[0], file)
    return (file for file in first.values() if file.is_litter)


def _metadata(files: Iterable[SourceFile]) -> dict[str, Any]:
    """Gradescope's list of who handed in what, above the folders of all notebooks; a student's own file is none."""
    found = [file for file in files if file.path.name == METADATA and len(file.path.parts) <= 2 and not file.problem]
    outermost = min(found, key=lambda file: len(file.path.parts), default=None)
    notebooks = [file.path for file in files if file.is_notebook]
    above = outermost.path.parent if outermost else PurePosixPath()
    if outermost is None or any(above not in path.parents or path.parent == above for path in notebooks):
        return {}
    return read_metadata(outermost.read())


def _wrapper(paths: tuple[PurePosixPath, ...], source: Path, names: frozenset[str], roster: Roster) -> str:
    """The one folder that everything lies in, if that is no student's but the whole export's; else nothing."""
    tops = {path.parts[0] for path in paths}
    if len(tops) != 1 or any(len(path.parts) == 1 for path in paths):
        return ""
    notebooks = [path for path in paths if is_notebook(path)]
    of_one_student = len(notebooks) == 1 or any(len(path.parts) == 2 and stem_of(path) in names for path in notebooks)
    top = tops.pop()
    return "" if roster.knows(top) or (of_one_student and top != source.stem) else top
