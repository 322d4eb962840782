"""A small course of one's own, laid out ready to build, verify and grade. Grader's side; it runs nobody's code."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from autograder.lesson import LessonError

EXAMPLE = Path(__file__).parent / "new_course"
_PLACEHOLDER = "mycourse"


def lay_out(folder: Path) -> None:
    """Copy the example course to a new folder, called after it: as a whole, or LessonError and nothing.

    Nothing is overwritten.
    """
    folder = folder.absolute()
    name = folder.name
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?", name):
        known = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_0123456789").lower() or _PLACEHOLDER
        raise LessonError(
            f"{name!r} cannot be the name of a course: its checks are a Python package of that name, so it is made of "
            f"letters, digits and _, and begins with a letter. For example: autograder new {known}"
        )
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise LessonError(
                f"{folder} is there already, with something in it. Nothing was written: name a new folder."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as elsewhere:
            made = Path(elsewhere, name)
            for path in (path for path in EXAMPLE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
                target = made / str(path.relative_to(EXAMPLE)).replace(_PLACEHOLDER, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = path.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
                target.write_text(text, encoding="utf-8", newline="\n")
            folder.mkdir(exist_ok=True)  # an empty one stays: it may be where somebody is
            for path in made.iterdir():
                path.rename(folder / path.name)
    except OSError as error:
        raise LessonError(f"{folder} could not be laid out: {error.strerror}. Nothing was written.") from error
