"""From a lesson's source to the notebook that is released, one way. Grader's side; it runs nobody's code.

solutions/<stem>.py -> build/source/<stem>/<stem>.ipynb -> nbgrader's generate_assignment -> course/<stem>/<stem>.ipynb
"""

from __future__ import annotations

import ast
import logging
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.lesson import LessonError, is_answer, is_grade, marks, read_source

CELL_METADATA = {"nbgrader", "tags"}
MARKS = ("grade", "grade_id", "locked", "schema_version", "solution", "task")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def lessons(course: Path) -> list[str]:
    """The stems of the lessons that have a source in ``course``, in order."""
    return sorted(path.stem for path in (course / "solutions").glob("*.py"))


def build(stems: Sequence[str], course: Path) -> list[Path]:
    """Release the lessons (all, when ``stems`` is empty), enter them in the gradebook, return the notebooks' paths.

    Raises LessonError, with everything as it was, for a mistake in a source and for a lesson whose submissions
    would no longer fit.
    """
    sources, home = _sources(stems, course), _home(course)
    _rehearse(sources, home)
    _keep_submissions(sources, home)
    released = _generate(sources, home.root, home.config)
    paths = [_released(home, stem) for stem in released]
    for path, content in zip(paths, released.values(), strict=True):
        _replace(path, content)
    return paths


def stale(stems: Sequence[str], course: Path) -> list[str]:
    """What in the release does not follow from its source, in words; writes nothing, raises as ``build`` does."""
    sources, home = _sources(stems, course), _home(course)
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
    known = lessons(course)
    if not known:
        raise LessonError(f"{course / 'solutions'} holds no lesson. Run this in the root of the course.")
    if unknown := [stem for stem in stems if stem not in known]:
        raise LessonError(f"No lesson is called {', '.join(map(repr, unknown))}. The lessons are: {', '.join(known)}.")
    sources, found = {}, []
    for stem in dict.fromkeys(stems or known):
        path = course / "solutions" / f"{stem}.py"
        sources[stem] = read_source(path)
        found += [f"{_name(path, course)}, {mistake}" for mistake in mistakes(sources[stem])]
        for cell in sources[stem].cells:
            cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key in CELL_METADATA})
    if found:
        raise LessonError("\n".join(found))
    return sources


def _home(course: Path) -> CourseDirectory:
    """The course's folders, and its nbgrader configuration with them."""
    if not (course / "nbgrader_config.py").is_file():
        raise LessonError(f"{course} holds no nbgrader_config.py. Run this in the root of the course.")
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    return CourseDirectory(config=config, root=str(course.resolve()))


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
            _replace(source, nbformat.writes(notebook).encode())
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
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
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


def _replace(path: Path, content: bytes) -> None:
    """Write the file in one step, and only when that changes it."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)


def mistakes(notebook: NotebookNode) -> Iterator[str]:
    """The authoring mistakes in a lesson's source: which cell, what is wrong, what to write instead."""
    seen: dict[str, int] = {}
    exercise = ""
    for number, cell in enumerate(notebook.cells, start=1):
        name = marks(cell).get("grade_id", "")
        label = name or next(iter(cell.source.splitlines()), "")[:60]
        found = list(_cell_mistakes(cell, exercise))
        if name in seen:
            found.append(f"the grade_id is taken by cell {seen[name]}. Every grade_id names one cell.")
        if name:
            seen.setdefault(name, number)
        if is_answer(cell):
            exercise = name
        yield from (f'cell {number} ("{label}"): {mistake}' for mistake in found)


def _cell_mistakes(cell: NotebookNode, exercise: str) -> Iterator[str]:
    """What is wrong with one cell; ``exercise`` is the answer cell before it."""
    marked = marks(cell)
    # What jupytext cannot read as metadata it keeps as such, or takes for a line of the cell before.
    if "incorrectly_encoded_metadata" in cell.metadata or re.search(r"^(# )?%+ *nbgrader=", cell.source, re.MULTILINE):
        yield "the metadata on a `# %%` line is not understood. It is JSON: true and false, no comma at the end."
    if marked and (missing := [key for key in MARKS if key not in marked]):
        yield f"its nbgrader metadata lacks {', '.join(missing)}."
        return
    if (marked.get("grade") or marked.get("task")) and not _is_worth(marked.get("points")):
        points = marked.get("points")
        yield f'a grade cell has a number of points, 0 or more, not {points!r}. Write "points": 2 in its metadata.'
    if marked:
        yield from _name_mistakes(cell, exercise)
    tree = None
    if cell.cell_type == "code":
        try:
            tree = ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            yield f"line {error.lineno} is not Python: {error.msg}."
    yield from _answer_mistakes(cell, tree)


def _is_worth(points: object) -> bool:
    return isinstance(points, int | float) and not isinstance(points, bool) and points >= 0


def _name_mistakes(cell: NotebookNode, exercise: str) -> Iterator[str]:
    """Whether the grade_id says which exercise the cell belongs to."""
    name = marks(cell)["grade_id"]
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        yield "a grade_id is 1 to 64 letters, digits, hyphens and underscores."
    elif is_answer(cell) and not name.isidentifier():
        yield "an answer cell's grade_id is the exercise's name, exactly as Python spells it."
    elif is_grade(cell) and not exercise:
        yield "a grade cell follows the answer cell of its exercise, and none comes before it."
    elif is_grade(cell) and not re.fullmatch(rf"{exercise}(-[a-z0-9]+)+", name):
        yield f"a grade cell after the answer '{exercise}' is called '{exercise}-<property>'."


def _answer_mistakes(cell: NotebookNode, tree: ast.Module | None) -> Iterator[str]:
    """Whether an answer defines what it is named after, and whether releasing the cell removes the solution."""
    begins, ends = cell.source.count(BEGIN), cell.source.count(END)
    if not is_answer(cell):
        if begins or ends:
            yield 'a solution stands in a cell that is no answer. Write "solution": true in its nbgrader metadata.'
    elif cell.cell_type == "code":
        if begins != ends or not begins:
            yield f"the solution stands between `{BEGIN}` and `{END}`; {begins} and {ends} of them were found."
        if tree and marks(cell)["grade_id"] not in _defined(tree):
            yield f"the answer does not define '{marks(cell)['grade_id']}'. Define it, or mend the grade_id."


def _defined(tree: ast.Module) -> set[str]:
    """The names that a cell's own statements bind."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in tree.body if isinstance(node, definitions)}
    assigned = (node for statement in tree.body for node in ast.walk(statement) if isinstance(statement, ast.Assign))
    return names | {node.id for node in assigned if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
