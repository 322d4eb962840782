"""What a feedback page shows of a graded notebook: read from its cells, its record and the gradebook. Grader's side."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests
from pygments.formatters import HtmlFormatter

from autograder.boundary.limits import MAX_COLOURED, MAX_COLOURED_IN_ALL
from autograder.lesson import is_demo, is_grade, marks
from autograder.pages import markup
from autograder.pages.outputs import Output, captions, outputs_of
from autograder.predictions import written_in
from autograder.results.classwork import message_in, record_in
from autograder.verdict import Message, Verdict


@dataclass(frozen=True)
class Result:
    """How a graded cell went: a sign and words, so that colour tells nothing that they do not."""

    kind: str
    sign: str
    words: str
    points: str


@dataclass(frozen=True)
class Cell:
    """One cell as the page shows it."""

    kind: str
    source: str
    attachments: str = "{}"
    note: str = ""
    title: str = ""
    anchor: str = ""
    name: str = ""
    result: Result | None = None
    comment: str = ""
    message: Message | None = None
    section: str = ""
    """Where this page has the section that the message's hint names: its anchor."""
    outputs: tuple[Output, ...] = ()
    is_coloured: bool = True


@dataclass
class ExerciseRow:
    """A row of the table at the top."""

    anchor: str
    name: str
    commented: bool = False
    graded: list[Cell] = field(default_factory=list)
    score: float = 0.0
    max_score: float = 0.0

    @property
    def points(self) -> str:
        return f"{self.score:g} of {self.max_score:g}"


@dataclass(frozen=True)
class Page:
    """All that the template shows."""

    title: str
    student: str
    made_from: str
    points: str
    notes: list[str]
    exercises: list[ExerciseRow]
    cells: list[Cell]
    highlighting: str = HtmlFormatter(style="default").get_style_defs(".highlight")

    @classmethod
    def of(cls, nb: NotebookNode, grades: dict[str, Any], student: str, notebook: str, made_from: str) -> Page:
        """The page of a graded notebook."""
        reader = _Reader(nb, grades)
        cells = [shown for cell in nb.cells if (shown := reader.shown(cell))]
        waiting = sum(grade["waits"] for grade in grades["grades"].values())
        notes = [str(note) for note in reader.record.get("notes", ())]
        if penalty := grades["penalty"]:
            notes.append(f"Handed in late: {penalty:g} points are taken off (it was {grades['score']:g} before).")
        if waiting:
            notes.append(f"Not final: of the results below, {waiting} must wait for a person.")
        points = f"{max(0.0, grades['score'] - penalty):g} of {grades['max_score']:g}"
        title = next(iter(reader.sections), notebook)
        return cls(title, student, made_from, points, notes, list(reader.exercises.values()), cells)


def _note(cell: NotebookNode) -> str:
    """What is said of a cell of code that nobody grades."""
    if not is_demo(cell):
        return ""
    if written_in([cell.source]):
        return "A prediction: nobody grades it."
    return "This cell only shows something: grading does not run it."


class _Reader:
    """Goes through a notebook's cells in order."""

    def __init__(self, nb: NotebookNode, grades: dict[str, Any]) -> None:
        self.grades = grades
        self.record = record_in(nb.metadata)
        self.exercises: dict[str, ExerciseRow] = {}
        self.sections = {
            heading.strip(): markup.slug(heading)
            for cell in nb.cells
            if cell.cell_type == "markdown"
            for heading in re.findall(r"^#{1,6} +(.+)$", cell.source, re.MULTILINE)
        }
        self._exercise, self._left = "", MAX_COLOURED_IN_ALL
        self._captions = captions(nb)

    def shown(self, cell: NotebookNode) -> Cell | None:
        """The cell as the page shows it, if it does."""
        attachments = json.dumps(cell.get("attachments", {}))
        if marks(cell).get("grade") or marks(cell).get("solution") or marks(cell).get("task"):
            return self._graded(cell, attachments)
        match cell.cell_type:
            case "markdown":
                return Cell("prose", cell.source, attachments)
            case "code":
                outputs = self._outputs(cell)
                return Cell("code", cell.source, note=_note(cell), outputs=outputs, is_coloured=self._is_coloured(cell))
        return None

    def _is_coloured(self, cell: NotebookNode) -> bool:
        """Whether there is time to find the colours of a cell of code."""
        fits = len(cell.source) <= min(MAX_COLOURED, self._left)
        self._left -= len(cell.source) if fits else 0
        return fits

    def _graded(self, cell: NotebookNode, attachments: str) -> Cell:
        name = marks(cell)["grade_id"]
        comment = self.grades["comments"].get(name, "")
        if not is_grade(cell):
            self._exercise = name
        exercise = self.exercises.setdefault(self._exercise or name, ExerciseRow(self._exercise or name, name))
        exercise.commented |= bool(comment)
        grade = self.grades["grades"].get(name)
        shown = self._check(cell, grade) if is_grade(cell) else self._answer(cell, grade, attachments, comment)
        if grade:
            exercise.graded.append(shown)
            exercise.score += grade["score"]
            exercise.max_score += grade["max_score"]
        return shown

    def _check(self, cell: NotebookNode, grade: dict[str, Any] | None) -> Cell:
        name = marks(cell)["grade_id"]
        ClearHiddenTests().preprocess_cell(cell, {}, 0)
        message = message_in(self.record, name)
        told = message if message and message.title else None  # an older record holds less than the outputs
        return Cell(
            "check",
            cell.source,
            title=f"Check: {name}",
            anchor=name,
            name=name.removeprefix(f"{self._exercise}-"),
            result=_result_of_check(cell, grade, message) if grade else None,
            message=told if told and told.has_text else None,
            section=self.sections.get(told.reread, "") if told else "",
            outputs=() if told else tuple(_as_text(cell)),
            is_coloured=self._is_coloured(cell),
        )

    def _answer(self, cell: NotebookNode, grade: dict[str, Any] | None, attachments: str, comment: str) -> Cell:
        name = marks(cell)["grade_id"]
        return Cell(
            "answer" if cell.cell_type == "code" else "written",
            cell.source,
            attachments,
            title=f"{'Task' if marks(cell).get('task') else 'Your answer'}: {name}",
            anchor=name,
            name="your answer",
            result=_result(grade, "full points") if grade else None,
            comment=comment,
            outputs=self._outputs(cell),
            is_coloured=self._is_coloured(cell),
        )

    def _outputs(self, cell: NotebookNode) -> tuple[Output, ...]:
        return tuple(outputs_of(cell, self._captions.get(cell.get("id", ""))))


def _result_of_check(cell: NotebookNode, grade: dict[str, Any], message: Message | None) -> Result:
    """How a check went: as the record says; without one, as its outputs show."""
    if message:
        failed = (
            "" if message.verdict is Verdict.ACCEPTED or message.verdict.waits else message.verdict.replace("_", " ")
        )
    else:
        failed = "did not pass" if any(output.output_type == "error" for output in cell.get("outputs", [])) else ""
    return _result(grade, "passed", failed)


def _result(grade: dict[str, Any], full: str, failed: str = "") -> Result:
    """How a graded cell went, with words for all of the points, and for a check that failed."""
    score, most = grade["score"], grade["max_score"]
    points = f"{score:g} of {most:g}"
    if grade["waits"]:
        return Result("waiting", "…", "waits for a person", f"? of {most:g}")
    by_hand = ", points given by a person" if grade["by_hand"] else ""
    if failed:
        return Result("failed", "✗", failed + by_hand, points)
    if score >= most:
        return Result("passed", "✓", full + by_hand, points)
    if score > 0:
        return Result("waiting", "◐", "some of the points" + by_hand, points)
    return Result("failed", "✗", "no points" + by_hand, points)


def _as_text(cell: NotebookNode) -> Iterator[Output]:
    """What a check printed; of a traceback that is not ours its last line, since others quote hidden tests."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            ours = output.ename in set(Verdict)
            yield Output("\n".join(output.traceback) if ours else f"{output.ename}: {output.evalue}")
        elif output.output_type == "stream":
            yield Output(output.text)
