"""From a lesson's source to the notebook that is released, one way. Grader's side; it runs nobody's code.

solutions/<stem>.py -> build/source/<stem>/<stem>.ipynb -> nbgrader's generate_assignment -> course/<stem>/<stem>.ipynb
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import Config

from autograder.agreement import differences, entered, marked
from autograder.authoring import mistakes
from autograder.course import CONFIG, Course, only_notebook
from autograder.files import write_whole
from autograder.gradebook import opened
from autograder.lesson import LessonError, is_grade, is_locked, read_source
from autograder.migration import keep_grades

CELL_METADATA = {"jupyter", "nbgrader", "tags"}
GOES_ON = "raises-exception"
"""The tag of cells after which Jupyter goes on with *Run All*, also where they stop with an error."""


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


def follow(assignments: Sequence[str], course: Path, renamed: Mapping[str, str]) -> list[str]:
    """Fit the gradebook to lessons that changed after they were graded, and keep grades; what was done, in words.

    Raises LessonError, with everything as it was, where ``build`` could not release a lesson then.
    """
    home = Course(course)
    of_nbgrader = [name for name in assignments if name not in home.stems and home.notebooks(name)]
    stems = [name for name in assignments if name not in of_nbgrader]
    if stems or not assignments:
        sources = _sources(stems, course)
        _rehearse(sources, home.directory)
        stems = [*sources]
    said = []
    for name in (*stems, *of_nbgrader):
        if done := keep_grades(home, name, renamed):
            release = f"`nbgrader generate_assignment {quote(name)} --force`, then " if name in of_nbgrader else ""
            said += [f"{name}: what is graded follows the lesson.", *(f"  {line}" for line in done)]
            said.append(f"  Now run {release}`autograder grade {quote(name)}`.")
    return said


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
        if others := home.assignments if (course / CONFIG).is_file() else []:
            raise LessonError(
                f"{course / 'solutions'} holds no lesson, and source/ is nbgrader's to release: "
                f"`nbgrader generate_assignment {quote((stems or others)[0])}`."
            )
        raise LessonError(f"{course / 'solutions'} holds no lesson. Run this in the root of the course.")
    if unknown := [stem for stem in stems if stem not in known]:
        raise LessonError(f"No lesson is called {', '.join(map(repr, unknown))}. The lessons are: {', '.join(known)}.")
    sources, found = {}, []
    for stem in filter(_is_refused_by_nbgrader, stems or known):
        raise LessonError(
            f"solutions/{stem}.py: nbgrader takes no name with + in it, or with a blank at an end. Rename the file."
        )
    for stem in dict.fromkeys(stems or known):
        path = course / "solutions" / f"{stem}.py"
        sources[stem] = read_source(path, home.packages)
        found += [f"{_name(path, course)}, {mistake}" for mistake in mistakes(sources[stem])]
        for cell in sources[stem].cells:
            cell.metadata = _released_metadata(cell)
    if found:
        raise LessonError("\n".join(found))
    return sources


def _released_metadata(cell: NotebookNode) -> NotebookNode:
    """What a learner's notebook says of a cell; one in which a learner's work runs lets *Run All* go on."""
    kept = {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
    if cell.cell_type == "code" and (is_grade(cell) or not is_locked(cell)):
        kept["tags"] = [*kept.get("tags", ()), GOES_ON]
    return NotebookNode(kept)


def _is_refused_by_nbgrader(stem: str) -> bool:
    return "+" in stem or stem != stem.strip()


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


class _Converter(GenerateAssignment):
    """nbgrader's converter, of a lesson's one notebook."""

    def init_notebooks(self) -> None:
        self.assignments = only_notebook(self, self.coursedir.assignment_id)


def _convert(coursedir: CourseDirectory) -> None:
    """Convert one assignment, quietly; what nbgrader had to say is part of the error when it fails."""
    said = StringIO()
    log = logging.Logger("nbgrader", logging.WARNING)
    log.addHandler(logging.StreamHandler(said))
    converter = _Converter(coursedir=coursedir, config=coursedir.config, log=log, force=True)
    try:
        converter.start()
    except NbGraderException as error:
        raise LessonError(f"nbgrader could not release {coursedir.assignment_id}:\n{said.getvalue()}") from error


def _keep_submissions(sources: dict[str, NotebookNode], coursedir: CourseDirectory) -> None:
    """Refuse to change what the grades of submissions hang on, unless they were made to follow."""
    refused = []
    with opened(coursedir) as gradebook:
        for stem, source in sources.items():
            try:
                entry = gradebook.find_notebook(stem, stem)
            except MissingEntry:
                continue
            changes = differences(marked(source), entered(entry))
            if entry.submissions and changes:
                said = "".join(f"\n  {change}" for change in changes.values())
                command = f"autograder build {quote(stem)} --keep-grades"
                refused.append(
                    f"{stem} has submissions in the gradebook, and has changed since:{said}\n"
                    f"Run `{command}`: scores and comments stay with each cell that stays. "
                    "Where a cell only has another name, add `--renamed OLD=NEW`."
                )
    if refused:
        raise LessonError("\n".join(refused))


def _renew(path: Path, content: bytes) -> None:
    """Write the file where that changes it."""
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
