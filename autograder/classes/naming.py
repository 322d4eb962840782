"""Whose a file is that was handed in, by the way its learning platform names it. Grader's side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import yaml
from nbgrader.api import Student
from nbgrader.utils import parse_utc

from autograder.classes.times import read_time
from autograder.submission import SubmissionError

# Canvas, lib/content_zipper.rb (get_filename, add_upload_submission): the sortable name in small letters without what
# is no word character, LATE, the user's number, the file's number, the file's name; "anon_" and five letters where
# marking is anonymous. The name can hold underscores and digits, but no "_<digits>_" (sanitize_user_name).
_CANVAS = re.compile(r"(?:(?!LATE_)\w+?_)??(?P<late>LATE_)?(?:anon_(?P<anon>\w+?)|(?P<user>\d+))_\d+_.+")
# Moodle, mod/assign/classes/downloader.php (get_student_prefix, load_submissionplugin_filelist): the full name, its
# underscores made spaces, "_", the participant's number in this one assignment, "_assignsubmission_file" (or
# "onlinetext", which is typed in); then a folder (older ones end in "_"), or, where "Download submissions in folders"
# is off, "_" and the file's name.
_MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?")
# Gradescope's export: submission_<number>/ for each, and one file that says whose they are, with keys as Ruby writes
# its symbols, such as ":submitters".
METADATA = "submission_metadata.yml"

# What can be a folder's name everywhere, cannot be taken for an option, and starts no formula in a spreadsheet.
_SAFE = re.compile(r"[^\W_][\w.@+-]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
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


def owners(
    path: PurePosixPath, metadata: dict[str, Any], pattern: re.Pattern[str] | None = None, wrapper: str = ""
) -> list[Owner]:
    """Who handed in the file at this path within its source: one student, or a group.

    ``metadata`` is Gradescope's; ``wrapper`` a folder around the whole source, which is nobody's.
    """
    if pattern:
        return [_by_pattern(path, pattern)]
    if metadata:
        return list(_gradescope(path, metadata))
    for part in path.parts:
        if match := _MOODLE.fullmatch(part):
            # "Participant" is everybody's name where marking is anonymous: only there the number tells them apart.
            anonymous = match["name"] == "Participant"
            return [Owner("Moodle", student=f"Participant-{match['number']}" if anonymous else "", name=match["name"])]
    if match := _CANVAS.fullmatch(path.name):
        late = bool(match["late"])
        if match["anon"]:
            return [Owner("Canvas", student=f"anon_{match['anon']}", late=late)]
        return [Owner("Canvas", lms_user_id=match["user"], late=late)]
    parts = path.parts[1:] if path.parts[0] == wrapper else path.parts
    return [Owner("name", student=parts[0] if len(parts) > 1 else path.stem)]


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
    said: dict[str, Any] = next((metadata[part] for part in path.parts if part in metadata), {})
    people = [person for person in said.get(":submitters") or [] if isinstance(person, dict)]
    if not people:
        raise SubmissionError(f"{METADATA} does not say whose it is.")
    created = said.get(":created_at")
    handed_in = parse_utc(created) if isinstance(created, datetime) else None
    for person in people:
        sid, email, name = (str(person.get(key) or "").strip() for key in (":sid", ":email", ":name"))
        yield Owner("Gradescope", student=sid, email=email, name=name, handed_in=handed_in)


class Roster:
    """The students that the gradebook knows, found by what a platform says of them."""

    def __init__(self, students: Iterable[Student]) -> None:
        self._ids: dict[str, set[str]] = {}
        self.students = {student.id for student in students}
        for student in students:
            names = student.first_name or "", student.last_name or ""
            for key in (
                ("id", student.id),
                ("lms", student.lms_user_id),
                ("email", (student.email or "").casefold()),
                ("name", _squashed(*names)),
                ("name", _squashed(*reversed(names))),
            ):
                if key[1]:
                    self._ids.setdefault(":".join(key), set()).add(student.id)

    def student(self, owner: Owner) -> str:
        """The student's id: the gradebook's if it knows them, else what the platform calls them."""
        keys = [f"id:{owner.student}", f"lms:{owner.lms_user_id}", f"email:{owner.email.casefold()}"]
        if owner.platform == "Moodle":  # says nothing else that stays the same from one assignment to the next
            keys.append(f"name:{_squashed(owner.name)}")
        found = next((self._ids[key] for key in keys if key in self._ids), set())
        if len(found) > 1:
            several = ", ".join(sorted(found))
            raise SubmissionError(f"{owner.name or owner.email!r} is more than one student: {several}. Use --pattern.")
        return next(iter(found), "") or safe(owner.student or owner.lms_user_id or owner.email or _slug(owner.name))


def safe(student: str) -> str:
    """The id as it is, if it can be a folder's name."""
    student = unicodedata.normalize("NFC", student)
    if not _SAFE.fullmatch(student) or student.endswith(".") or _RESERVED.fullmatch(student):
        raise SubmissionError(
            f"{student!r} cannot be a student's id: letters, digits and . _ @ + - only, beginning with a letter or "
            "digit, at most 64. Rename it, or say with --pattern which part is the id."
        )
    return student


def _slug(name: str) -> str:
    """A full name as an id: its words, joined by hyphens."""
    return "-".join(re.findall(r"[\w.@+]+", re.sub("['\u2019]", "", name)))[:64]


def _squashed(*names: str) -> str:
    """A full name as it compares: small letters and digits alone."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", "".join(names))).casefold()
