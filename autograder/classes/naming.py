"""Whose a file is that was handed in, by the way its learning platform names it. Grader's side."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import yaml
from nbgrader.utils import parse_utc

from autograder.classes.times import read_time
from autograder.submission import SubmissionError

# Canvas, lib/content_zipper.rb (get_filename, add_upload_submission): the sortable name in small letters without what
# is no word character, LATE, the user's number, the file's number, the file's name; "anon_" and five letters where
# marking is anonymous. The name can hold underscores and digits, but no "_<digits>_" (sanitize_user_name). So it can
# end in "_<digits>", and the file's name can begin with them: then there are several ways to read it.
_CANVAS = re.compile(r"(?P<late>LATE_)?(?:anon_(?P<anon>[^\W_]+)|(?P<user>[1-9]\d*))_[1-9]\d*_(?P<file>.+)", re.DOTALL)
# Moodle, mod/assign/classes/downloader.php (get_student_prefix, load_submissionplugin_filelist): the full name, its
# underscores made spaces, "_", the participant's number in this one assignment, "_assignsubmission_file" (or
# "onlinetext", which is typed in); then a folder (older ones end in "_"), or, where "Download submissions in folders"
# is off, "_" and the file's name. Of teams: the team's name and "-" before the student's; or the team's name alone,
# without a number for those who are in none.
_MOODLE = re.compile(r"(?P<name>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.DOTALL)
_TEAM = re.compile(
    r"\d|\b(team|group|gruppe?|groupe|grupo|gruppo|grup|grupa|equipo|[eé]quipe|squadra|skupina|ryhm[aä])\b",
    re.IGNORECASE,
)
# What Moodle calls everybody where marking is anonymous (its string "participant", without what is no letter).
# fmt: off
_PARTICIPANT = {
    "participant", "participante", "partecipante", "teilnehmer", "teilnehmerin", "teilnehmende",
    "deelnemer", "deltager", "deltagare", "deltaker", "osallistuja", "uczestnik", "účastník",
    "résztvevő", "katılımcı", "udeleženec", "sudionik", "polaznik", "dalyvis", "dalībnieks",  # noqa: RUF001
    "osaleja", "peserta", "участник", "учасник", "учесник", "συμμετέχων", "משתתף", "مشارك", "参与者",
    "參與者", "参加者", "참가자",
}
# fmt: on
# Gradescope's export: submission_<number>/ for each, and one file that says whose they are, with keys as Ruby writes
# its symbols, such as ":submitters".
METADATA = "submission_metadata.yml"
# Browsers number what they save a second time, and add an ending where they take a notebook for text.
_NUMBERED = r"(?: ?\(\d+\))?"
_NOTEBOOK = re.compile(
    rf"(?P<stem>.*?){_NUMBERED}\.ipynb{_NUMBERED}(?:\.(?:txt|json))?{_NUMBERED}", re.IGNORECASE | re.DOTALL
)

# A name that is kept: nbgrader's own export neither quotes nor guards what it writes.
_PERSON = re.compile(r"[^\W\d_][\w .'\u2019-]{0,127}")


@dataclass(frozen=True)
class Owner:
    """What a platform says of the student who handed in a file; what it does not say is empty."""

    platform: str
    student: str = ""
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    handed_in: datetime | None = None  # UTC, without a time zone, as nbgrader keeps times
    late: bool = False
    path: PurePosixPath = field(default_factory=PurePosixPath)
    """Where the file lies in what is this student's."""
    account: str = ""
    """What tells two people of one name apart within a source."""
    doubt: str = ""
    """Why nobody new is made of this, if the gradebook does not know it."""

    @property
    def called(self) -> str:
        """What the platform calls them."""
        return repr(self.name or self.student) if not self.lms_user_id else f"Canvas' user {self.lms_user_id}"

    def known(self) -> dict[str, str]:
        """What the gradebook can keep of them."""
        names = {"first_name": self.first_name, "last_name": self.last_name}
        if self.name and not any(names.values()):
            first, _, last = self.name.rpartition(" ")
            names = {"first_name": first, "last_name": last}
        said = {key: value for key, value in names.items() if _PERSON.fullmatch(value)}
        if re.fullmatch(r"\w[\w.+-]*@[\w.-]+", self.email):
            said["email"] = self.email
        if self.lms_user_id:
            said["lms_user_id"] = self.lms_user_id
        return said


MAY_BE_A_TEAM = (
    "{!r} may be a team or a name that stands for anybody: the gradebook knows no such student. Put it into a folder "
    "called after the id of each student whose it is."
)


@dataclass(frozen=True)
class Naming:
    """How the files of one source are named: what one name leaves open, the others may tell."""

    paths: tuple[PurePosixPath, ...]
    lessons: frozenset[str] = frozenset()
    """What the assignment's notebooks are called."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """Gradescope's."""
    pattern: re.Pattern[str] | None = None
    wrapper: str = ""
    """A folder around the whole source, which is nobody's."""

    def owners(self, path: PurePosixPath) -> list[tuple[Owner, ...]]:
        """Who handed in the file at this path: one student, or a group; of each all ways to read it, the first first.

        SubmissionError, if it does not say so.
        """
        if self.pattern:
            return [(_by_pattern(path, self.pattern),)]
        if self.metadata:
            return [(owner,) for owner in _gradescope(path, self.metadata)]
        for place, part in enumerate(path.parts):
            if match := _MOODLE.fullmatch(part):
                inside = path.parts[place + 1 :] or (match["file"] or part,)
                return [self._moodle(match, PurePosixPath(*inside))]
        parts = path.parts[1:] if path.parts[0] == self.wrapper else path.parts
        folder = self._by_name(parts[0], PurePosixPath(*parts[1:])) if len(parts) > 1 else ()
        users = self._canvas_users.get(path.parent, set()) if folder else {""}
        if users and (readings := tuple(_canvas(path.name))):
            if re.sub(r"-\d+$", "", stem_of(readings[0].path)) in self.lessons:  # Canvas numbers what comes again
                readings = readings[:1]
            return [readings if len(users) > 1 else (*readings, *folder)]
        return [folder or self._by_name(stem_of(path), PurePosixPath(path.name))]

    def _by_name(self, name: str, path: PurePosixPath) -> tuple[Owner, ...]:
        """The student's id is all of the name, or what is left of it without the name of the lesson."""
        names = {name: None}
        for lesson in self.lessons:
            lessons = rf"(?:^|[\W_]+){re.escape(lesson)}(?:[\W_]+|$)"
            left, found = re.subn(lessons, "_", name, flags=re.IGNORECASE)
            if found and left.strip("_"):
                names[left.strip("_")] = None
        return tuple(Owner("name", student=each, path=path) for each in names)

    @cached_property
    def _canvas_users(self) -> dict[PurePosixPath, set[str]]:
        """The folders in which every notebook is named as by Canvas, and whose these are."""
        found: dict[PurePosixPath, list[str]] = defaultdict(list)
        for path in filter(is_notebook, self.paths):
            found[path.parent].append(next((owner.account for owner in _canvas(path.name)), ""))
        return {folder: set(users) for folder, users in found.items() if all(users)}

    @cached_property
    def _moodle_names(self) -> dict[str, set[str | None]]:
        """The names that Moodle's folders have, each with its numbers."""
        found: dict[str, set[str | None]] = defaultdict(set)
        for match in (_MOODLE.fullmatch(part) for path in self.paths for part in path.parts):
            if match:
                found[match["name"]].add(match["number"])
        return found

    @cached_property
    def _has_members(self) -> bool:
        """Whether all of Moodle's names may be those of a team and of one in it."""
        return all("-" in name for name in self._moodle_names)

    @cached_property
    def _has_teams(self) -> bool:
        """Whether Moodle names whole teams here: who is in none has no number then."""
        return any(None in numbers for numbers in self._moodle_names.values())

    def _moodle(self, match: re.Match[str], path: PurePosixPath) -> tuple[Owner, ...]:
        name, number = match["name"], match["number"]
        one_word = " " not in name and name.lower() != name.upper()  # Chinese names have no space
        label = name.rpartition("-")[2].strip()
        if unicodedata.normalize("NFC", label).casefold() not in _PARTICIPANT:
            label = name if one_word and len(self._moodle_names[name]) > 1 else ""
        if number and label:  # only here the number tells them apart: it is another one in each assignment
            return (Owner("Moodle", student=f"{label}-{number}", path=path, account=number),)
        names = [name]
        if _TEAM.search(name) or self._has_members:
            names += [name[place + 1 :].strip() for place, letter in enumerate(name) if letter == "-"]
        doubt = MAY_BE_A_TEAM.format(name) if one_word or self._has_teams or _TEAM.search(name) else ""
        return tuple(Owner("Moodle", name=each, path=path, account=number or name, doubt=doubt) for each in names)


def _canvas(name: str) -> Iterator[Owner]:
    """All ways to read a file's name as Canvas', the one with the shortest name of a user first."""
    for start in [0, *(match.end() for match in re.finditer("_", name))]:
        before = name[:start]
        if re.search(r"_\d+_", before[:-1]) or not re.fullmatch(r"\w*", before):
            return
        match = _CANVAS.match(name, start)
        if match and not (match["anon"] and before) and not before.endswith("LATE_"):
            student, user = f"anon_{match['anon']}" if match["anon"] else "", match["user"] or ""
            late, path = bool(match["late"]), PurePosixPath(match["file"])
            yield Owner("Canvas", student, lms_user_id=user, late=late, path=path, account=before + (student or user))


def stem_of(path: PurePosixPath) -> str:
    """A file's name without what says that it is a notebook, and without a browser's "(1)"."""
    match = _NOTEBOOK.fullmatch(path.name)
    return match["stem"] if match else path.stem


def is_notebook(path: PurePosixPath) -> bool:
    """Whether this is the name of a notebook, also as browsers save it."""
    return _NOTEBOOK.fullmatch(path.name) is not None


def _by_pattern(path: PurePosixPath, pattern: re.Pattern[str]) -> Owner:
    match = pattern.search(str(path))
    if not match:
        raise SubmissionError("--pattern does not match this path.")
    said = {key: value or "" for key, value in match.groupdict().items()}
    return Owner(
        "pattern",
        student=said["student_id"],
        first_name=said.get("first_name", ""),
        last_name=said.get("last_name", ""),
        email=said.get("email", ""),
        handed_in=read_time(said["timestamp"]) if said.get("timestamp") else None,
        path=PurePosixPath(str(path)[match.end() :].lstrip("/") or path.name),
    )


class _Plain(yaml.SafeLoader):
    """Plain values alone; what Ruby marks as an object of its own is read as the mapping, list or text that it is."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """No aliases: each could double what the lines before it hold."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it repeats parts of itself by alias")
        return super().compose_node(parent, index)


def _unmarked(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Plain.add_multi_constructor("!", _unmarked)


def read_metadata(content: bytes) -> dict[str, Any]:
    """Gradescope's submission_metadata.yml, by folder."""
    try:
        found = yaml.load(content, _Plain)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SubmissionError(f"{METADATA} cannot be read: {str(error).splitlines()[0]}.") from None
    if not isinstance(found, dict):
        raise SubmissionError(f"{METADATA} names no submissions.")
    return {str(folder): said for folder, said in found.items() if isinstance(said, dict)}


def _gradescope(path: PurePosixPath, metadata: dict[str, Any]) -> Iterator[Owner]:
    place = next((place for place, part in enumerate(path.parts) if part in metadata), 0)
    said: dict[str, Any] = metadata.get(path.parts[place], {})
    inside = PurePosixPath(*(path.parts[place + 1 :] or path.parts))
    people = [person for person in said.get(":submitters") or [] if isinstance(person, dict)]
    if not people:
        raise SubmissionError(f"{METADATA} does not say whose it is.")
    created = said.get(":created_at")
    handed_in = parse_utc(created) if isinstance(created, datetime) else None
    for person in people:
        sid, email, name = (str(person.get(key) or "").strip() for key in (":sid", ":email", ":name"))
        yield Owner("Gradescope", student=sid, email=email, name=name, handed_in=handed_in, path=inside)
