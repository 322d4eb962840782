"""A submission, read from whatever was handed in and rebuilt on the instructor's cells. Grader's side."""

from __future__ import annotations

import copy
from collections import defaultdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder.lesson import Lesson, is_answer, is_demo, is_grade, is_locked, marks

MAX_BYTES = 50 * 2**20


class SubmissionError(Exception):
    """What was handed in cannot be graded at all; the message says why and what to do."""


def read_submission(path: Path) -> NotebookNode:
    """Read a notebook file, or say in one sentence why it is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SubmissionError(f"{path} is over {MAX_BYTES >> 20} MiB. Clear its outputs and hand it in again.")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SubmissionError(f"{path} cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SubmissionError(f"{path} is not text: is it a notebook (.ipynb)?") from error
    if not text.strip():
        raise SubmissionError(f"{path} is empty. Save the notebook in Jupyter and hand it in again.")
    try:
        notebook = nbformat.reads(text, as_version=4)
        cells = [_clean(cell) for cell in notebook.cells]
    except RecursionError:
        raise SubmissionError(f"{path} is nested too deeply to be a notebook.") from None
    except Exception as error:  # nbformat raises half a dozen kinds, also KeyError and AttributeError
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SubmissionError(f"{path} is not a Jupyter notebook ({reason[:200]}). Hand in the .ipynb file.") from error
    return nbformat.v4.new_notebook(cells=cells)


def _clean(cell: NotebookNode) -> NotebookNode:
    """The parts of a handed-in cell that matter, of the types they should have."""
    kind = cell.cell_type if cell.cell_type in ("code", "markdown", "raw") else "raw"
    source = "".join(cell.source) if isinstance(cell.source, list) else str(cell.source)
    metadata = cell.get("metadata", {})
    own = metadata.get("nbgrader", {})
    kept: dict[str, Any] = {"nbgrader": dict(own)} if isinstance(own, dict) and own else {}
    tags = metadata.get("tags", [])
    kept |= {"tags": [tag for tag in tags if isinstance(tag, str)]} if isinstance(tags, list) and tags else {}
    clean = nbformat.from_dict({"cell_type": kind, "metadata": kept, "source": source, "id": str(cell.get("id", ""))})
    if kind == "code":
        clean.outputs, clean.execution_count = [], None
    return clean


def recognise(notebook: NotebookNode, lessons: dict[str, Lesson]) -> str:
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
    found: dict[str, NotebookNode] = {}
    extras: dict[str, list[NotebookNode]] = defaultdict(list)
    anchor = ""
    for cell in submitted.cells:
        name = _home(cell, known)
        if name is None:
            if not _is_instructors(cell):
                extras[anchor].append(_as_extra(cell))
            continue
        if name in found and not is_locked(known[name]):
            # A repeated answer cell: run all of them in order, as a notebook would, except untouched stubs.
            cell, found[name] = _later_answer(found[name], cell)
            extras[anchor] += [_as_extra(cell)] if cell.source.strip() else []
        else:
            found[name] = cell
        anchor = name
    cells = list(extras.pop("", []))
    for name, original in known.items():
        cells.append(_merge(original, found.get(name)))
        cells += extras.get(name, [])
    rebuilt = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(lesson.source.metadata))
    _number(rebuilt.cells)
    return rebuilt


def _name(cell: NotebookNode) -> str | None:
    name = marks(cell).get("grade_id")
    return name if isinstance(name, str) else None


def _home(cell: NotebookNode, known: dict[str, NotebookNode]) -> str | None:
    """The lesson's cell that a submitted cell stands for: by its nbgrader name, else by its cell id."""
    for name in (_name(cell), cell.id):
        if name in known and known[name].cell_type == cell.cell_type:
            return name
    same = (name for name, original in known.items() if not marks(original) and original.source == cell.source)
    return next(same, None) if cell.source.strip() else None


def _is_instructors(cell: NotebookNode) -> bool:
    """Marked as a test: a copy or a renamed one of the instructor's, not work of the learner's."""
    return is_grade(cell)


def _as_extra(cell: NotebookNode) -> NotebookNode:
    extra = copy.deepcopy(cell)
    extra.metadata.pop("nbgrader", None)
    return extra


def _later_answer(first: NotebookNode, second: NotebookNode) -> tuple[NotebookNode, NotebookNode]:
    """(the cell to demote, the cell to keep): the later one is kept unless it is an untouched stub."""
    nothing = nbformat.v4.new_code_cell("")
    if _untouched(second):
        return nothing, first
    return (nothing if _untouched(first) else first), second


def _untouched(cell: NotebookNode) -> bool:
    """Whether the cell still is as it was released; nbgrader writes a checksum of it into the release."""
    try:
        return marks(cell).get("checksum") == compute_checksum(cell)
    except (KeyError, TypeError, AttributeError):  # relabelled by hand
        return False


def _merge(original: NotebookNode, submitted: NotebookNode | None) -> NotebookNode:
    merged = copy.deepcopy(original)
    if is_locked(original):
        return merged
    if submitted is not None:
        merged.source = submitted.source
    elif is_answer(original):
        merged.source = ""
    return merged


def _number(cells: list[NotebookNode]) -> None:
    """Give the learner's own cells ids that clash with no other."""
    taken = {cell.id for cell in cells if _name(cell)}
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        if cell.id in seen or not cell.id or (cell.id in taken and not _name(cell)):
            cell.id = f"extra-{index}"
        seen.add(cell.id)


def runs(cell: NotebookNode) -> bool:
    """Whether grading runs the cell on the learner's side."""
    return cell.cell_type == "code" and not is_grade(cell) and not is_demo(cell)
