"""A learner's prose as pages may show it: what could act in a reader's browser is shown as text. Grader's side."""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode

from autograder.boundary.limits import (
    MAX_CODE,
    MAX_CODE_IN_ALL,
    MAX_FENCED,
    MAX_PROSE,
    MAX_PROSE_IN_ALL,
    MAX_TEXT,
)
from autograder.lesson import Lesson
from autograder.submission import pictures_in

NOTICE = "*Shown as text: as a page, this cell could act in its reader's browser or load from elsewhere.*"
TOO_LONG = "*Shown as text: this cell, or all prose that was handed in, is too long to be shown as a page.*"
# Of all code, such lines take a reader of code longest.
_BLANK = re.compile(r"^[^\S\n]+$", re.MULTILINE)


def clean(notebook: NotebookNode, lesson: Lesson) -> None:
    """Make the learner's cells harmless to show, in place, and no longer than people read; the instructor's stay."""
    own = {cell.id: cell.source for cell in lesson.source.cells}
    prose, code = MAX_PROSE_IN_ALL, MAX_CODE_IN_ALL
    for cell in notebook.cells:
        if own.get(cell.id) == cell.source:
            continue
        if cell.cell_type == "code":
            cell.source = _shown_code(cell.source, min(MAX_CODE, code))
            code = max(0, code - len(cell.source))
            continue
        prose -= len(cell.source)
        if pictures := pictures_in(cell.pop("attachments", None)):
            cell.attachments = pictures
        is_long = prose < 0 or len(cell.source) > MAX_PROSE
        if cell.cell_type == "raw" or is_long or not _is_harmless(cell.source, cell.get("attachments")):
            cell.cell_type = "markdown"
            cell.source = f"{TOO_LONG if is_long else NOTICE}\n\n{_fenced(cell.source[:MAX_TEXT])}"
            cell.pop("attachments", None)


def _shown_code(source: str, most: int) -> str:
    """What is shown of a cell of code."""
    if len(source) > MAX_FENCED:
        source = _BLANK.sub("", source)
    return source if len(source) <= most else f"{source[:most]}\n# [cut: {len(source):,} characters were handed in]"


def _is_harmless(source: str, attachments: dict[str, Any] | None) -> bool:
    # What reads markdown is imported for prose of a learner's: where there is none, nobody waits for it.
    from autograder.harmless import is_harmless

    return is_harmless(source, attachments)


def _fenced(source: str) -> str:
    """The source as a code block, in a fence longer than any that it holds."""
    fence = "`" * (3 + max(map(len, re.findall("`+", source)), default=0))
    return f"{fence}\n{source}\n{fence}"
