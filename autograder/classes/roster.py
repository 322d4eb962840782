"""Who is meant by what a learning platform says: the gradebook's students. Grader's side."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from nbgrader.api import Student

from autograder.classes.naming import Owner
from autograder.submission import SubmissionError

# What can be a folder's name everywhere, cannot be taken for an option, and starts no formula in a spreadsheet.
_SAFE = re.compile(r"[^\W_][\w.@+-]{0,63}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_CURE = "Call the file or its folder after the student's id, or use --pattern."


class Roster:
    """The students that the gradebook knows, found by what a platform says of them."""

    def __init__(self, students: Iterable[Student]) -> None:
        self._ids: dict[str, set[str]] = {}
        self._names: dict[str, tuple[str, str]] = {}
        for student in students:
            names = student.first_name or "", student.last_name or ""
            if any(names):
                self._names[student.id] = names
            for key in (
                ("id", student.id),
                ("folded", student.id.casefold()),
                ("lms", student.lms_user_id),
                ("email", (student.email or "").casefold()),
                ("name", _squashed(*names)),
                ("name", _squashed(*reversed(names))),
            ):
                if key[1]:
                    self._ids.setdefault(":".join(key), set()).add(student.id)

    def student(self, readings: tuple[Owner, ...]) -> tuple[str, Owner]:
        """The student's id, and the reading that names them: the gradebook's, else what the platform calls them.

        SubmissionError, if the gradebook does not decide between several, or a name alone makes nobody new.
        """
        known = {
            student: owner
            for owner in reversed(readings)
            for student in self._find(owner)
            if len(readings) == 1 or self._agrees(student, owner)
        }
        if len(known) == 1:
            return next(iter(known.items()))
        if len(readings) > 1:
            called = " or ".join(owner.called for owner in readings)
            knows = f"more than one of them ({', '.join(sorted(known))})" if known else "none of them"
            raise SubmissionError(f"this may be of {called}, and the gradebook knows {knows}. {_CURE}")
        (owner,) = readings
        if known:
            several = ", ".join(sorted(known))
            raise SubmissionError(f"{owner.name or owner.email!r} is more than one student: {several}. Use --pattern.")
        if owner.doubt:
            raise SubmissionError(owner.doubt)
        return safe(owner.student or owner.lms_user_id or owner.email or _slug(owner.name)), owner

    def knows(self, student: str) -> bool:
        """Whether this is the id of one of them."""
        return f"id:{student}" in self._ids

    def knows_none_of(self, people: Iterable[tuple[Owner, ...]]) -> bool:
        """Whether these are names of nobody, though the gradebook has names."""
        return bool(self._names) and not any(self._find(owner) for readings in people for owner in readings)

    def _find(self, owner: Owner) -> set[str]:
        keys = [f"id:{owner.student}", f"lms:{owner.lms_user_id}", f"email:{owner.email.casefold()}"]
        if owner.platform == "Moodle":  # says nothing else that stays the same from one assignment to the next
            keys.append(f"name:{_squashed(owner.name)}")
        if owner.platform in ("name", "pattern"):  # what a person took for the id may be anything of the student's
            folded = owner.student.casefold()
            keys += [f"folded:{folded}", f"lms:{owner.student}", f"email:{folded}", f"name:{_squashed(owner.student)}"]
        return next((self._ids[key] for key in keys if key in self._ids), set())

    def _agrees(self, student: str, owner: Owner) -> bool:
        """Whether the name before Canvas' number may be this student's."""
        names = self._names.get(student)
        return (
            not names
            or not owner.lms_user_id
            or _squashed(owner.account)
            in {_squashed(*names, owner.lms_user_id), _squashed(*reversed(names), owner.lms_user_id)}
        )


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
