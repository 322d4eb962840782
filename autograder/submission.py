"""A submission, read from whatever was handed in and rebuilt on the instructor's cells. Grader's side."""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import no_notebook
from autograder.boundary.limits import MAX_ATTACHED, MAX_BYTES, MAX_CELLS, MAX_MARK, MAX_PICTURES, MAX_SOURCE, MAX_TAGS
from autograder.errors import writable
from autograder.lesson import Lesson, is_answer, is_demo, is_grade, is_locked, marks
from autograder.problems import Problem

PICTURES = ("image/png", "image/jpeg")
MARKS = ("grade", "grade_id", "locked", "points", "schema_version", "solution", "task", "checksum", "cell_type")
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SubmissionError(Problem):
    """What was handed in cannot be graded at all; the message says why and what to do."""


def read_submission(path: Path) -> NotebookNode:
    """Read a notebook file, or say in one sentence why it is none."""
    return parse_submission(read_content(path), path)


def read_content(path: Path) -> bytes:
    """The notebook that was handed in, if it can be opened and is no larger than a notebook should be."""
    if not path.is_symlink():
        if path.is_dir():
            inside = _notebooks_in(path, " that holds {}")
            raise SubmissionError(f"{path} is a folder{inside}. Hand in the notebook itself.")
        if not path.exists() and (others := _notebooks_in(path.parent, "{}")):
            raise SubmissionError(f"{path} is not there; its folder holds {others}. Rename what is meant to be it.")
    return ordinary_file(path, MAX_BYTES)


def _notebooks_in(folder: Path, words: str) -> str:
    """``words`` with the names of the notebooks in a folder, '' if there are none or too many to tell apart."""
    names = sorted(each.name for each in folder.glob("*.ipynb")) if folder.is_dir() else []
    return words.format(" and ".join(map(repr, names))) if 0 < len(names) <= 3 else ""


def ordinary_file(path: Path, most: int) -> bytes:
    """What a file of a student's holds; SubmissionError if it is no ordinary file, or over ``most`` bytes."""
    # A link could hand in anything that the grader can read: another's work, or the solution.
    if path.is_symlink() or (path.exists() and not path.is_file() and not path.is_dir()):
        raise SubmissionError(f"{path} is a link or no ordinary file. Hand in the file itself.")
    try:
        if path.stat().st_size > most:
            size = f"{most >> 20} MiB" if most >> 20 else f"{most:,} bytes"
            cure = " Clear its outputs and hand it in again." if path.suffix == ".ipynb" else ""
            raise SubmissionError(f"{path} is over {size}.{cure}")
        return path.read_bytes()
    except OSError as error:
        raise SubmissionError(f"{path} cannot be opened: {error.strerror}.") from error


def parse_submission(content: bytes, path: Path) -> NotebookNode:
    """The notebook that a file holds; ``path`` is what messages call it."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise SubmissionError(f"{path} is nested too deeply to be a notebook.") from None
    except ValueError as error:
        raise SubmissionError(f"{path} {no_notebook.said_of(content, error)}") from error
    if not isinstance(found, dict) or "nbformat" not in found:
        raise SubmissionError(f"{path} {no_notebook.said_of_json(found, content.decode('utf-8-sig'))}")
    return _notebook(_cells(found, path))


def _cells(content: dict, path: Path) -> list[NotebookNode]:
    """The cells of a notebook of any age, cleaned."""
    try:
        if content["nbformat"] != 4:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        cells = [cell for cell in content["cells"] if isinstance(cell, dict)]
        if len(cells) <= MAX_CELLS:
            return [_clean(cell) for cell in cells]
    except RecursionError:
        raise SubmissionError(f"{path} is nested too deeply to be a notebook.") from None
    except Exception as error:  # nbformat raises half a dozen kinds, also KeyError and AttributeError
        message = (
            f"{path} is a damaged notebook: its cells cannot be read. Open it in Jupyter, save it, hand it in again."
        )
        raise SubmissionError(message) from error
    raise SubmissionError(
        f"{path} has {len(cells):,} cells, and up to {MAX_CELLS:,} are read. Delete what is not needed of them."
    )


def _notebook(cells: list[NotebookNode], metadata: dict | None = None) -> NotebookNode:
    kept = nbformat.from_dict(metadata or {})
    return NotebookNode({"nbformat": 4, "nbformat_minor": 5, "metadata": kept, "cells": cells})


def _clean(cell: dict) -> NotebookNode:
    """The parts of a handed-in cell that matter, of the types they should have."""
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown") else "raw"
    source, metadata, name = cell.get("source"), cell.get("metadata"), cell.get("id")
    lines = source if isinstance(source, list) else [source]
    metadata = metadata if isinstance(metadata, dict) else {}
    own, tags = metadata.get("nbgrader"), metadata.get("tags")
    own = {key: own[key] for key in MARKS if _is_mark(own.get(key))} if isinstance(own, dict) else {}
    tags = [tag for tag in tags if isinstance(tag, str) and _is_mark(tag)] if isinstance(tags, list) else []
    kept = ({"nbgrader": own} if own else {}) | ({"tags": tags[:MAX_TAGS]} if tags else {})
    text = writable("".join(line for line in lines if isinstance(line, str))).replace("\r\n", "\n")
    clean = NotebookNode(
        {
            "cell_type": kind,
            "metadata": nbformat.from_dict(kept),
            "source": text if len(text) <= MAX_SOURCE else _too_long(kind, text),
            "id": name if isinstance(name, str) and _CELL_ID.fullmatch(name) else "",
        }
    )
    if kind == "code":
        clean.outputs, clean.execution_count = [], None
    elif pictures := pictures_in(cell.get("attachments")):
        clean.attachments = pictures
    return clean


def _is_mark(value: object) -> bool:
    """Whether a mark is one that Jupyter and nbgrader would write."""
    return len(value) <= MAX_MARK if isinstance(value, str) else isinstance(value, int | float)


def _too_long(kind: str, text: str) -> str:
    """What stands for a cell that is too long: code that says so when it runs, the beginning of prose."""
    if kind == "code":
        told = f"this cell has {len(text):,} characters, and up to {MAX_SOURCE:,} are run"
        return f"raise ValueError({told!r})"
    note = f"\n\n[cut: {len(text):,} characters were handed in]"
    return text[: MAX_SOURCE - len(note)] + note


def pictures_in(attachments: object) -> dict[str, dict[str, str]]:
    """The pictures among what is attached to a cell, if they are not too many to carry."""
    pictures = {
        name: {kind: data for kind, data in kinds.items() if kind in PICTURES and _is_base64(data)}
        for name, kinds in (attachments.items() if isinstance(attachments, dict) else ())
        if isinstance(name, str) and isinstance(kinds, dict)
    }
    pictures = {name: kinds for name, kinds in pictures.items() if kinds}
    size = sum(len(name) + sum(map(len, kinds.values())) for name, kinds in pictures.items())
    return pictures if size <= MAX_ATTACHED and len(pictures) <= MAX_PICTURES else {}


def _is_base64(data: object) -> bool:
    return isinstance(data, str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", data) is not None


def lesson_of(notebook: NotebookNode, lessons: dict[str, Lesson]) -> str:
    """The stem of the lesson whose answer cells the notebook holds most of."""
    names = {_name(cell) for cell in notebook.cells}
    shared = {stem: len(names & set(lesson.cells)) for stem, lesson in lessons.items()}
    best = max(shared, key=lambda stem: shared[stem], default="")
    if not best or shared[best] == 0:
        raise SubmissionError(
            f"This notebook is no lesson of this course: none of its cells belongs to {', '.join(lessons) or 'one'}. "
            "Hand in the notebook that you opened from the course, or name the lesson with --lesson."
        )
    return best


def rebuild(submitted: NotebookNode, lesson: Lesson) -> NotebookNode:
    """The lesson's notebook with the learner's work in it.

    Grade cells and locked cells are the instructor's. Answer cells, unlocked ordinary cells and cells that the learner
    added are what was handed in, in their places; so deleted, repeated, moved or relabelled cells break nothing.
    """
    known = {cell.id: cell for cell in lesson.source.cells}
    submitted_cells = [_clean(cell) for cell in submitted.cells]
    found: dict[str, NotebookNode] = {}
    earlier: dict[str, list[NotebookNode]] = defaultdict(list)
    extras: dict[str, list[NotebookNode]] = defaultdict(list)
    anchor = ""
    for cell, name in zip(submitted_cells, _homes(submitted_cells, known), strict=True):
        if name is None or (name in found and not marks(known[name])):
            extras[anchor] += [cell] if not is_grade(cell) else []
        elif name not in found:
            found[name], anchor = cell, name
        elif is_answer(known[name]):
            # A repeated answer: all of them run in order, as a notebook would, except untouched stubs.
            first, found[name] = _later_answer(found[name], cell)
            earlier[name] += first
    taken, names = set(known), map("extra-{}".format, count(1))
    cells = [_as_extra(cell, taken, names) for cell in extras[""]]
    for name, original in known.items():
        cells += [_as_extra(cell, taken, names) for cell in earlier[name]]
        cells.append(_merge(original, found.get(name)))
        cells += [_as_extra(cell, taken, names) for cell in extras[name]]
    return _notebook(cells, copy.deepcopy(lesson.source.metadata))


def _name(cell: NotebookNode) -> str | None:
    name = marks(cell).get("grade_id")
    return name if isinstance(name, str) else None


def _homes(cells: list[NotebookNode], known: dict[str, NotebookNode]) -> list[str | None]:
    """For each submitted cell the id of the lesson's cell that it stands for, if any: by its id, name or text."""

    def fits(cell: NotebookNode, name: str | None) -> bool:
        return name in known and known[name].cell_type == cell.cell_type

    homes = [next((name for name in (cell.id, _name(cell)) if fits(cell, name)), None) for cell in cells]
    taken = set(homes)
    free = {name: original for name, original in known.items() if not marks(original) and name not in taken}
    for index, cell in enumerate(cells):
        if homes[index] is None and cell.source.strip():
            same = (name for name, original in free.items() if fits(cell, name) and original.source == cell.source)
            homes[index] = next(same, None)
            free.pop(homes[index] or "", None)
            taken.add(homes[index])
    # An answer that was made a cell of another type is still the answer, where no cell of the right type is.
    for index, cell in enumerate(cells):
        named = next((name for name in (cell.id, _name(cell)) if name in known and is_answer(known[name])), None)
        if homes[index] is None and named not in taken:
            homes[index] = named
            taken.add(named)
    return homes


def _as_extra(cell: NotebookNode, taken: set[str], names: Iterator[str]) -> NotebookNode:
    """The learner's own cell, under an id that no other cell has: its own, or the next of ``names``."""
    if not cell.id or cell.id in taken:
        cell.id = next(name for name in names if name not in taken)
    taken.add(cell.id)
    cell.metadata.pop("nbgrader", None)
    return cell


def _later_answer(first: NotebookNode, second: NotebookNode) -> tuple[list[NotebookNode], NotebookNode]:
    """(what runs before the answer, the answer): the later one, unless it is an untouched stub or nothing."""
    if _untouched(second) or not second.source.strip():
        return [], first
    return [] if _untouched(first) else [first], second


def _untouched(cell: NotebookNode) -> bool:
    """Whether the cell still is as it was released; nbgrader writes a checksum of it into the release."""
    from nbgrader.utils import compute_checksum  # only here, where an answer stands twice: it takes half a second

    try:
        return marks(cell).get("checksum") == compute_checksum(cell)
    except (KeyError, TypeError, ValueError, AttributeError):  # relabelled by hand
        return False


def _merge(original: NotebookNode, submitted: NotebookNode | None) -> NotebookNode:
    merged = copy.deepcopy(original)
    if is_locked(original):
        return merged
    if submitted is not None:
        merged.source = submitted.source
        if "attachments" in submitted and merged.cell_type == "markdown":
            merged.attachments = submitted.attachments
    elif is_answer(original):
        merged.source = ""
    return merged


def runs(cell: NotebookNode) -> bool:
    """Whether grading runs the cell on the learner's side."""
    return cell.cell_type == "code" and not is_grade(cell) and not is_demo(cell)
