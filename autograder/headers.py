"""The header and footer that nbgrader puts around a course's own notebooks when it releases them. Grader's side."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from traitlets.config.loader import Config

from autograder.lesson import Lesson, LessonError, read_cells


def surrounded(lesson: Lesson, config: Config) -> Lesson:
    """The lesson as it is released: with the cells of header and footer, if there are any; LessonError, if not read."""
    paths = [config.IncludeHeaderFooter.get(name, "") for name in ("header", "footer")]
    if not any(paths):
        return lesson
    header, footer = (_cells(Path(config.CourseDirectory.root) / path) if path else [] for path in paths)
    cells = [*header, *copy.deepcopy(lesson.source.cells), *footer]
    return replace(lesson, source=read_cells(nbformat.v4.new_notebook(cells=cells)))


def _cells(path: Path) -> list[NotebookNode]:
    try:
        return list(nbformat.read(path, as_version=4).cells)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as error:
        raise LessonError(f"{path}: cannot be read as a header or footer of notebooks: {error}") from error
