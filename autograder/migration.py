"""A lesson changes after it was graded: the gradebook follows, and grades stay. Grader's side; it runs nobody's code.

nbgrader refuses to add or remove cells of a notebook with submissions, and leaves old scores where points change.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)

from autograder.agreement import ANSWER, CHECK, TASK, WRITTEN, Marked, differences, entered, marked
from autograder.course import Course
from autograder.files import write_whole
from autograder.gradebook import one_transaction, opened
from autograder.lesson import LessonError
from autograder.results.exports import identifier, text

# Which cell of the gradebook a grade hangs on, and which one a comment.
_GRADED = {CHECK: GradeCell, WRITTEN: GradeCell, TASK: TaskCell}
_COMMENTED = {ANSWER: SolutionCell, WRITTEN: SolutionCell, TASK: TaskCell}
# What a grade and a comment hold.
_GIVEN = ("auto_score", "manual_score", "extra_credit", "manual_comment")
_SHOWN = 3


def keep_grades(course: Course, assignment: str, renamed: Mapping[str, str]) -> list[str]:
    """Fit the gradebook to the lesson as it is now; what was done, in words.

    A cell that stays, or is ``renamed`` (old name to new), keeps its scores and comments; where its points change, what
    a check gave is scaled, what a person gave is not. What hung on a cell that is gone is written to a file first.
    """
    said, removed, left = [], [], dict(renamed)
    with opened(course.directory) as gradebook, one_transaction(gradebook):
        for name in course.notebooks(assignment):
            try:
                notebook = gradebook.find_notebook(name, assignment)
            except MissingEntry:
                continue
            follower = _Follower(gradebook, notebook, marked(course.lesson(assignment, name).source))
            said += [*follower.rename(left), *follower.follow()]
            removed += follower.removed
        if left:
            asked = ", ".join(f"{old}={new}" for old, new in left.items())
            what = "the first is a cell in the gradebook that the lesson has no more, the second one that is new"
            raise LessonError(f"--renamed {asked} does not fit {assignment}: {what}.")
        if removed:
            said.append(f"What is gone is kept in {_written(course, assignment, removed).relative_to(course.root)}")
    return said


class _Follower:
    """Fits one notebook's cells in the gradebook, and what hangs on them, to its source."""

    def __init__(self, gradebook: Gradebook, notebook: Notebook, now: dict[str, Marked]) -> None:
        self._db, self._notebook, self._now = gradebook.db, notebook, now
        self.removed: list[list[Any]] = []

    def rename(self, left: dict[str, str]) -> Iterator[str]:
        """Rename cells, and take them off what is ``left`` to rename."""
        before = entered(self._notebook)
        for old, new in [*left.items()]:
            if old in before and old not in self._now and new in self._now and new not in before:
                for cell in (*self._cells(old).values(), self._source_cell(old)):
                    cell.name = new
                del left[old]
                yield f"'{new}' was '{old}'"

    def follow(self) -> Iterator[str]:
        """Add, change and remove cells; what was done, in words."""
        before = entered(self._notebook)
        for name, difference in differences(self._now, before).items():
            yield difference
            old, new = before.get(name), self._now.get(name)
            cells = self._cells(name)
            self._fit_cells(name, cells, new)
            self._fit_rows(cells, old, new)
            if old and new and new.kind in _GRADED:
                yield from self._fit_scores(cells[_GRADED[new.kind]], old, new)

    def _fit_cells(self, name: str, cells: dict[type[BaseCell], BaseCell], new: Marked | None) -> None:
        """Add the cells that are missing; what is no longer wanted goes with the last of its rows."""
        if new is None:
            self._db.delete(self._source_cell(name))
            return
        if self._source_cell(name) is None:
            self._db.add(SourceCell(name=name, notebook=self._notebook, cell_type=new.cell_type, locked=False))
        graded = {"max_score": new.points, "cell_type": new.cell_type}
        for kinds in (_GRADED, _COMMENTED):
            kind = kinds.get(new.kind)
            if kind and kind not in cells:
                cells[kind] = kind(name=name, notebook=self._notebook, **(graded if kind is not SolutionCell else {}))
                self._db.add(cells[kind])
        self._db.flush()

    def _fit_rows(self, cells: dict[type[BaseCell], BaseCell], old: Marked | None, new: Marked | None) -> None:
        """Every submission has a grade, or a comment, for each cell that takes one, and no other."""
        for kind, carriers in ((Grade, _GRADED), (Comment, _COMMENTED)):
            before = cells[carriers[old.kind]] if old and old.kind in carriers else None
            after = cells[carriers[new.kind]] if new and new.kind in carriers else None
            for row in self._rows(kind, before) if before is not after else ():
                if after:
                    row.cell_id = after.id
                else:
                    self._remove(row)
            if after and not before:
                self._db.add_all(kind(cell_id=after.id, notebook=each) for each in self._notebook.submissions)
        self._db.flush()
        wanted = {carriers.get(new.kind) for carriers in (_GRADED, _COMMENTED)} if new else set()
        for kind in cells.keys() - wanted:
            self._db.expire(cells[kind])
            self._db.delete(cells[kind])
        self._db.flush()

    def _fit_scores(self, cell: BaseCell, old: Marked, new: Marked) -> Iterator[str]:
        """Scale what a check gave to what it is worth now, where it still is a check; name what people gave."""
        worth = new.points or 0.0
        factor = worth / old.points if old.kind == new.kind and old.points else None
        cell.max_score, by_hand = worth, []
        for row in self._rows(Grade, cell):
            if row.manual_score is not None:
                over = row.manual_score > worth
                by_hand.append((not over, f"{row.student.id} {row.manual_score:g}{' (more than it is worth)' * over}"))
            if row.auto_score is not None:
                row.auto_score = None if factor is None else row.auto_score * factor
                row.needs_manual_grade |= factor is None
        if by_hand:
            shown = ", ".join(said for _, said in sorted(by_hand)[:_SHOWN])
            more = f" and {len(by_hand) - _SHOWN} more" * (len(by_hand) > _SHOWN)
            yield f"  what people gave stays as it is: {shown}{more}"

    def _remove(self, row: Grade | Comment) -> None:
        given = [getattr(row, name, None) for name in _GIVEN]
        if any(value is not None for value in given):
            self.removed.append([row.student.id, self._notebook.name, row.cell.name, *given])
        self._db.delete(row)

    def _cells(self, name: str) -> dict[type[BaseCell], BaseCell]:
        """What the gradebook has under a name, by kind."""
        cells = (*self._notebook.grade_cells, *self._notebook.solution_cells, *self._notebook.task_cells)
        return {type(cell): cell for cell in cells if cell.name == name}

    def _source_cell(self, name: str) -> SourceCell | None:
        return next((cell for cell in self._notebook.source_cells if cell.name == name), None)

    def _rows(self, kind: type[Grade | Comment], cell: BaseCell | None) -> list[Grade | Comment]:
        return self._db.query(kind).filter(kind.cell_id == cell.id).all() if cell else []


def _written(course: Course, assignment: str, removed: list[list[Any]]) -> Path:
    """A new file with what hung on cells that are gone, where a class's reports are."""
    names = (course.root / "reports" / f"{assignment}-removed-{n}.csv" for n in count(1))
    path = next(path for path in names if not path.exists())
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["student", "notebook", "cell", *_GIVEN])
    for student, notebook, cell, auto, manual, extra, comment in removed:
        rows.writerow([identifier(student), text(notebook), text(cell), auto, manual, extra, text(comment)])
    write_whole(path, table.getvalue())
    return path
