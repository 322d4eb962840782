"""From a lesson's source to the notebook that is released, one way. Grader's side; it runs nobody's code.

solutions/<stem>.py -> build/source/<stem>/<stem>.ipynb -> nbgrader's generate_assignment -> course/<stem>/<stem>.ipynb
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import Config

from autograder.authoring import mistakes
from autograder.course import Course
from autograder.files import write_whole
from autograder.gradebook import opened
from autograder.lesson import LessonError, marks, read_source

CELL_METADATA = {"nbgrader", "tags"}


def build(stems: Sequence[str], course: Path) -> list[Path]:
    """Release the lessons (all, when ``stems`` is empty), enter them in the gradebook, return the notebooks' paths.

    Raises LessonError, with everything as it was, for a mistake in a source and for a lesson whose submissions
    would no longer fit.
    """
    sources, home = _sources(stems, course), Course(course).directory
    _rehearse(sources, home)
    _keep_submissions(sources, home)
    released = _generate(sources, home.root, home.config)
    paths = [_released(home, stem) for stem in released]
    for path, content in zip(paths, released.values(), strict=True):
        _renew(path, content)
    return paths


def stale(stems: Sequence[str], course: Path) -> list[str]:
    """What in the release does not follow from its source, in words; writes nothing, raises as ``build`` does."""
    sources, home = _sources(stems, course), Course(course).directory
    messages = []
    for stem, content in _rehearse(sources, home).items():
        path = _released(home, stem)
        if not path.is_file() or path.read_bytes() != content:
            state = "out of date" if path.is_file() else "missing"
            messages.append(f"{_name(path, course)} is {state}. Run `autograder build`.")
    if not stems:
        for path in sorted(_released(home, "*").parents[1].glob("*/*.ipynb")):
            if path.stem not in sources:
                messages.append(f"{_name(path, course)} has no source solutions/{path.stem}.py. Delete it.")
    return messages


def _sources(stems: Sequence[str], course: Path) -> dict[str, NotebookNode]:
    """The lessons' sources as notebooks, read and found free of authoring mistakes."""
    home = Course(course)
    known = home.stems
    if not known:
        raise LessonError(f"{course / 'solutions'} holds no lesson. Run this in the root of the course.")
    if unknown := [stem for stem in stems if stem not in known]:
        raise LessonError(f"No lesson is called {', '.join(map(repr, unknown))}. The lessons are: {', '.join(known)}.")
    sources, found = {}, []
    for stem in dict.fromkeys(stems or known):
        path = course / "solutions" / f"{stem}.py"
        sources[stem] = read_source(path, home.packages)
        found += [f"{_name(path, course)}, {mistake}" for mistake in mistakes(sources[stem])]
        for cell in sources[stem].cells:
            cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key in CELL_METADATA})
    if found:
        raise LessonError("\n".join(found))
    return sources


def _released(coursedir: CourseDirectory, stem: str) -> Path:
    """Where a lesson's released notebook stands."""
    return Path(coursedir.format_path(coursedir.release_directory, ".", stem), f"{stem}.ipynb")


def _name(path: Path, course: Path) -> str:
    return path.resolve().relative_to(course.resolve()).as_posix()


def _rehearse(sources: dict[str, NotebookNode], home: CourseDirectory) -> dict[str, bytes]:
    """What a build would release, by stem, without touching the course."""
    config = deepcopy(home.config)
    config.GenerateAssignment.no_database, config.SaveCells.enabled = True, False
    with TemporaryDirectory() as elsewhere:
        return _generate(sources, elsewhere, config)


def _generate(sources: dict[str, NotebookNode], root: str, config: Config) -> dict[str, bytes]:
    """Put the sources where nbgrader looks and run its generate_assignment; the released notebooks' bytes, by stem."""
    released = {}
    # nbgrader clears its destination first, also when it then fails. So it gets one of its own.
    with TemporaryDirectory() as release:
        coursedir = CourseDirectory(config=config, root=root, release_directory=release)
        for stem, notebook in sources.items():
            source = Path(coursedir.format_path(coursedir.source_directory, ".", stem), f"{stem}.ipynb")
            shutil.rmtree(source.parent, ignore_errors=True)
            _renew(source, nbformat.writes(notebook).encode())
            coursedir.assignment_id = stem
            _convert(coursedir)
            released[stem] = _released(coursedir, stem).read_text(encoding="utf-8").encode()
    return released


def _convert(coursedir: CourseDirectory) -> None:
    """Convert one assignment, quietly; what nbgrader had to say is part of the error when it fails."""
    said = StringIO()
    log = logging.Logger("nbgrader", logging.WARNING)
    log.addHandler(logging.StreamHandler(said))
    converter = GenerateAssignment(coursedir=coursedir, config=coursedir.config, log=log, force=True)
    try:
        converter.start()
    except NbGraderException as error:
        raise LessonError(f"nbgrader could not release {coursedir.assignment_id}:\n{said.getvalue()}") from error


def _keep_submissions(sources: dict[str, NotebookNode], coursedir: CourseDirectory) -> None:
    """Refuse to add or remove marked cells of a lesson that has submissions: their scores hang on those cells."""
    refused = []
    with opened(coursedir) as gradebook:
        for stem, source in sources.items():
            try:
                entered = gradebook.find_notebook(stem, stem)
            except MissingEntry:
                continue
            before = {cell.name for cell in entered.source_cells}
            now = {marks(cell)["grade_id"] for cell in source.cells if marks(cell)}
            if entered.submissions and before != now:
                changes = [f"'{name}' is new" for name in sorted(now - before)]
                changes += [f"'{name}' is gone" for name in sorted(before - now)]
                refused.append(
                    f"{stem} has submissions in the gradebook, so its graded and locked cells cannot change: "
                    f"{', '.join(changes)}. Restore these cells, or move the gradebook away to start a new one."
                )
    if refused:
        raise LessonError("\n".join(refused))


def _renew(path: Path, content: bytes) -> None:
    """Write the file where that changes it."""
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
