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
    _refuse_name(folder.name)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            where = f"{folder} is there already, with something in it."
            raise LessonError(f"{where} Nothing was written: name a new folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as made:
            _copy(Path(made), folder.name)
            folder.mkdir(exist_ok=True)  # an empty one stays: it may be where somebody is
            for path in Path(made).iterdir():
                path.rename(folder / path.name)
    except OSError as error:
        raise LessonError(f"{folder} could not be laid out: {error.strerror}. Nothing was written.") from error


def _refuse_name(name: str) -> None:
    """Refuse what can be the name of no package."""
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?", name):
        other = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_0123456789").lower() or _PLACEHOLDER
        raise LessonError(
            f"{name!r} cannot be the name of a course: its checks are a Python package called after it, so it is made "
            f"of letters, digits and _, from a letter to a letter or digit. For example: autograder new {other}"
        )


def _copy(made: Path, name: str) -> None:
    """Every file of the example, with the course's name in its text and in its path."""
    for path in EXAMPLE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            target = made / str(path.relative_to(EXAMPLE)).replace(_PLACEHOLDER, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
            target.write_text(text, encoding="utf-8", newline="\n")
