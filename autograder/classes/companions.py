"""The files that were handed in beside a notebook: which there are, and where they may lie. Grader's side.

They are bytes here: a submission's own process alone opens them, and a browser gets none that could act in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from autograder.boundary.limits import MAX_BESIDE, MAX_BESIDE_BYTES
from autograder.classes.times import TIMESTAMP
from autograder.submission import SubmissionError, ordinary_file

Files = Mapping[str, bytes]
"""By their paths in the submission's folder, with "/" between the parts."""

MAX_PATH = 200
MAX_DEPTH = 8
HARMLESS = {".csv", ".jpeg", ".jpg", ".png", ".tsv", ".txt"}
"""The endings of what may be served to a browser: it is text or a picture there, whatever it holds."""
_IN_NO_NAME = set('<>:"|?*\\')


def problem_of(path: PurePosixPath) -> str:
    """Why no file may lie at this path beside a notebook; '' if one may."""
    if not path.parts or not all(map(_counts, path.parts)):
        return "it is hidden."
    if path.parts[0].casefold() == TIMESTAMP:
        return "this would say when the work was handed in. Say it with --timestamp."
    if len(os.fsencode(str(path))) > MAX_PATH or len(path.parts) > MAX_DEPTH:
        return f"its path has more than {MAX_PATH} bytes or {MAX_DEPTH} parts."
    for part in path.parts:
        if not part.isprintable() or _IN_NO_NAME & set(part) or part[-1] in ". ":
            return f"{part!r} cannot be a file's name everywhere."
    return ""


def names_in(folder: Path) -> Iterator[str]:
    """The paths of what lies beside a submission's notebooks: no links, and nothing that is hidden."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(filter(_counts, folders))
        for name in sorted(filter(_counts, files)):
            path = Path(place, name)
            inside = path.relative_to(folder).as_posix()
            if path.suffix != ".ipynb" and inside != TIMESTAMP and path.is_file() and not path.is_symlink():
                yield inside


def _counts(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__"


def read(folder: Path) -> Files:
    """What lies beside a submission's notebooks; SubmissionError, if that is more than a submission may bring."""
    found: dict[str, bytes] = {}
    left, cure = MAX_BESIDE_BYTES, "Take out what grading does not need, then grade again."
    for name in names_in(folder):
        size = (folder / name).stat().st_size
        if len(found) == MAX_BESIDE:
            raise SubmissionError(f"{folder} holds more than {MAX_BESIDE} files beside the notebook. {cure}")
        if size > left:
            most = f"{MAX_BESIDE_BYTES >> 20} MiB"
            raise SubmissionError(f"{folder} holds more than {most} beside the notebook, with {name!r}. {cure}")
        found[name] = ordinary_file(folder / name, left)
        left -= size
    return found


def link_on(folder: Path, name: str) -> Path | None:
    """The first link on the way from a folder to what lies in it, if there is one."""
    parts = PurePosixPath(name).parts
    way = (folder.joinpath(*parts[:length]) for length in range(1, len(parts) + 1))
    return next((place for place in way if place.is_symlink()), None)


def show(submitted: Path, graded: Path, own: Path) -> None:
    """Leave of what was handed in beside the notebooks only what is harmless in a graded folder; copy that there.

    Formgrader serves that folder from Jupyter's address: a page or a drawing there could act in a grader's name. What
    the course itself has of the same name, in ``own``, stays as it is.
    """
    for name in names_in(submitted):
        if Path(name).suffix.lower() in HARMLESS and not (own / name).is_file() and not link_on(graded, name):
            with suppress(OSError):  # a folder of that name, from an earlier attempt
                (graded / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(submitted / name, graded / name)
    for place, _, files in os.walk(graded):
        for path in (Path(place, file) for file in files):
            name = path.relative_to(graded).as_posix()
            harmless = path.suffix.lower() in HARMLESS | {".ipynb"} and not (submitted / name).is_symlink()
            if not harmless and not (own / name).is_file() and os.path.lexists(submitted / name):
                path.unlink()
