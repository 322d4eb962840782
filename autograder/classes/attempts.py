"""Which of a student's files count: the newest attempt, and what lies beside its notebook. Grader's side."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.boundary.limits import MAX_BESIDE, MAX_BESIDE_BYTES
from autograder.classes import companions
from autograder.classes.claims import Claim, Collected, Fate, first_of
from autograder.submission import SubmissionError

MAX_OF_ONE = 20
Folder = tuple[Path, PurePosixPath]


def newest(attempts: list[Claim], what: str) -> Claim:
    """The attempt that counts: of those that differ the newest. SubmissionError, if that cannot be said."""
    if len({attempt.content for attempt in attempts}) == 1:
        return max(attempts, key=lambda attempt: attempt.owner.handed_in or datetime.min)
    times = [attempt.owner.handed_in for attempt in attempts]
    known = [time for time in times if time]
    latest = [attempt for attempt in attempts if known and attempt.owner.handed_in == max(known)]
    if len(known) == len(times) and len({attempt.content for attempt in latest}) == 1:
        return latest[0]
    unclear = "" if not known else ", and when is not known of all" if len(known) < len(times) else " at the same time"
    shown = first_of([attempt.shown for attempt in attempts])
    raise SubmissionError(
        f"{attempts[0].student} handed in different {what}{unclear}: {shown}. Leave the one that counts."
    )


def beside(files: list[Claim], folders: dict[Folder, bool]) -> Generator[Collected, None, dict[str, Claim]]:
    """What is taken with the notebooks of a student, by its path beside them; all else is named.

    ``folders`` are those of all attempts, each with whether its notebook counts.
    """
    student = files[0].student if files else ""
    if files and not any(folders.values()):
        shown = first_of([claim.shown for claim in files])
        yield files[0].became(Fate.REFUSED, f"{shown}: left out, as no notebook of {student} was taken.")
    elif len(files) > MAX_BESIDE:
        most = f"At most {MAX_BESIDE} are taken, so none was."
        yield files[0].became(Fate.REFUSED, f"{student} handed in {len(files)} files beside the notebook. {most}")
    elif files:
        return (yield from _taken((yield from _places(files, folders))))
    return {}


def _places(
    files: list[Claim], folders: dict[Folder, bool]
) -> Generator[Collected, None, dict[PurePosixPath, list[Claim]]]:
    """Where each file lies beside its notebook; else in what is the student's."""
    places: dict[PurePosixPath, list[Claim]] = defaultdict(list)
    for claim in files:
        path = claim.owner.path
        above = [parent for parent in path.parents if (claim.source, parent) in folders]
        if above and not folders[claim.source, above[0]]:
            yield claim.became(Fate.OLDER)
            continue
        path = path.relative_to(above[0]) if above else path
        if problem := companions.problem_of(path):
            yield claim.became(Fate.REFUSED, f"{claim.shown}: {problem}")
        else:
            places[path].append(claim)
    for path, rivals in list(places.items()):
        # Canvas numbers what is handed in again; who imports it does not.
        if rivals[0].owner.platform == "Canvas" and len(places) < MAX_BESIDE:
            places.setdefault(path.with_stem(re.sub(r"(?<=.)-\d+$", "", path.stem)), rivals)
    return places


def _taken(places: dict[PurePosixPath, list[Claim]]) -> Generator[Collected, None, dict[str, Claim]]:
    """The file that is taken for each place, as long as they are not too large."""
    taken: dict[str, Claim] = {}
    names: set[str] = set()
    left = MAX_BESIDE_BYTES
    for path in sorted(places):
        rivals = places[path]
        try:
            if len(rivals) > MAX_OF_ONE:
                raise SubmissionError(f"{rivals[0].shown} is there {len(rivals)} times.")
            rivals = [claim.read() for claim in rivals]
            best = newest(rivals, f"files called {path}")
            if any(str(each).casefold() in names for each in (path, *path.parents)):
                raise SubmissionError(f"{best.shown}: another file has its name, or that of its folder.")
            left -= len(best.content)
            if left < 0:
                left += len(best.content)
                most = f"{MAX_BESIDE_BYTES >> 20} MiB"
                raise SubmissionError(f"{best.shown}: with it, over {most} were handed in beside the notebook.")
        except SubmissionError as error:
            yield rivals[0].became(Fate.REFUSED, str(error))
            continue
        taken[str(path)] = best
        names.add(str(path).casefold())
        for claim in rivals:
            if claim is not best:
                yield claim.became(Fate.SAME if claim.content == best.content else Fate.OLDER)
    return taken
