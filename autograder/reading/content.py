"""What a lesson's page shows: read from its solved notebook and its checks. Grader's side."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions
from traitlets.config.loader import Config

from autograder.authoring import BEGIN, END
from autograder.course import Course
from autograder.lesson import Lesson, is_answer, is_folded, is_grade, marks
from autograder.marks import sentences
from autograder.pages import markup
from autograder.pages.outputs import Output, captions, outputs_of
from autograder.predictions import predictions_of, told_in, written_in

QUOTES = "Not shown: it quotes an answer."
TELLING = 12
"""A line of a solution with fewer characters may stand anywhere."""
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{2,3}) +(.+?) *$", re.MULTILINE)
_QUESTION = re.compile(r"^\*\*The question of this lesson: (.+)\*\*$", re.MULTILINE)
_TABLE = re.compile(r"^\|(.+)\|\n\|[-:| ]+\|\n\|(.+)\|$", re.MULTILINE)
# Where an object lies, and the file that a kernel makes of a cell: another one in each run.
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
_CELL_FILE = re.compile(r"\S*ipykernel_\d+/\d+\.py")


@dataclass(frozen=True)
class Front:
    """What the first cell of a lesson says of it."""

    stem: str
    title: str
    question: str
    facts: dict[str, str]
    """The one row of its table, by heading: Time, Needs, Points, Files."""
    points: float

    @classmethod
    def of(cls, lesson: Lesson) -> Front:
        """The front of a lesson; what it does not say is empty."""
        source = next((cell.source for cell in lesson.source.cells if cell.cell_type == "markdown"), "")
        title = re.search(r"^# +(.+?) *$", source, re.MULTILINE)
        question = _QUESTION.search(source)
        table = _TABLE.search(source)
        names, values = (_columns(table[1]), _columns(table[2])) if table else ([], [])
        points = sum(float(marks(cell).get("points") or 0) for cell in lesson.cells.values())
        return cls(
            lesson.stem,
            title[1] if title else lesson.stem,
            question[1] if question else "",
            dict(zip(names, values, strict=False)),
            points,
        )


@dataclass(frozen=True)
class Heading:
    """A line of the list of contents."""

    level: int
    text: str

    @property
    def anchor(self) -> str:
        """Where it leads."""
        return markup.slug(self.text)


@dataclass(frozen=True)
class Check:
    """A property that a right answer has: its name and points, and in a sentence or in code what must hold."""

    name: str
    points: float
    holds: str
    source: str


@dataclass(frozen=True)
class Block:
    """One cell as the page shows it, or the checks that follow an answer."""

    kind: str
    source: str = ""
    attachments: str = "{}"
    is_folded: bool = False
    name: str = ""
    points: float = 0.0
    solution: str = ""
    outputs: tuple[Output, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class LessonPage:
    """All that the template of a lesson shows."""

    front: Front
    opening: Block | None
    """The cell with the title, where the lesson begins with one."""
    blocks: list[Block]
    """All other cells."""
    has_solutions: bool

    @classmethod
    def of(cls, course: Course, lesson: Lesson, executed: NotebookNode, has_solutions: bool = True) -> LessonPage:
        """The page of a lesson, from its notebook after it ran."""
        reader = _Reader(lesson, executed, course.config, has_solutions)
        blocks = list(reader.blocks())
        opening = blocks.pop(0) if blocks and blocks[0].source.startswith("# ") else None
        return cls(Front.of(lesson), opening, blocks, has_solutions)

    @cached_property
    def contents(self) -> list[Heading]:
        """The page's headings, in order."""
        prose = (_FENCED.sub("", block.source) for block in self.blocks if block.kind == "prose")
        return [Heading(len(level), text) for source in prose for level, text in _HEADING.findall(source)]


class _Reader:
    """Goes through a notebook's cells in order."""

    def __init__(self, lesson: Lesson, executed: NotebookNode, config: Config, has_solutions: bool) -> None:
        self._lesson, self._cells, self._has_solutions = lesson, executed.cells, has_solutions
        self._captions = captions(executed)
        self._clear = ClearSolutions(config=config)
        self._predictions = predictions_of(lesson.packages.checks_of(lesson.stem))
        self._secret = set() if has_solutions else self._lines_of_solutions()

    def blocks(self) -> Iterator[Block]:
        """What the page shows; checks that follow each other are one list."""
        waiting: list[Check] = []
        for cell in self._cells:
            if is_grade(cell):
                waiting.append(self._check(marks(cell)["grade_id"]))
                continue
            if waiting:
                yield Block("checks", checks=tuple(waiting))
                waiting = []
            if block := self._block(cell):
                yield block
        if waiting:
            yield Block("checks", checks=tuple(waiting))

    def _block(self, cell: NotebookNode) -> Block | None:
        attachments = json.dumps(cell.get("attachments", {}))
        if is_answer(cell):
            return self._answer(cell, attachments)
        match cell.cell_type:
            case "markdown":
                return Block("prose", cell.source, attachments)
            case "code" if written_in([cell.source]):
                return None  # here nobody writes; question and options stand above it
            case "code" if asked := self._predictions.get(told_in(cell.source)):
                return Block("outcome", asked.answers)
            case "code":
                return Block("code", cell.source, is_folded=is_folded(cell), outputs=tuple(self._outputs(cell)))
        return None

    def _answer(self, cell: NotebookNode, attachments: str) -> Block:
        return Block(
            "answer" if cell.cell_type == "code" else "written",
            self._stub(cell),
            attachments,
            name=marks(cell)["grade_id"],
            points=float(marks(cell).get("points") or 0),
            solution=_without_marks(cell.source) if self._has_solutions else "",
            outputs=tuple(self._outputs(cell)),
        )

    def _stub(self, cell: NotebookNode) -> str:
        """An answer as it is released."""
        released, _ = self._clear.preprocess_cell(copy.deepcopy(cell), {"language": "python"}, 0)
        return str(released.source)

    def _check(self, grade_id: str) -> Check:
        lesson = self._lesson
        exercise, package = lesson.exercises[grade_id], lesson.packages.checks_of(lesson.stem)
        name = grade_id.removeprefix(f"{exercise}-")
        is_ours = bool(package) and f"from {package} import {exercise} as check" in lesson.shown[grade_id]
        holds = sentences(package, exercise).get(name, "") if is_ours else ""
        return Check(name, lesson.points(grade_id), holds, "" if holds else lesson.shown[grade_id])

    def _outputs(self, cell: NotebookNode) -> Iterator[Output]:
        for output in outputs_of(cell, self._captions.get(cell.get("id", ""))):
            text = _CELL_FILE.sub("the cell", _ADDRESS.sub("0x…", output.text))
            plain = strip_ansi(text)
            yield replace(output, text=QUOTES if any(line in plain for line in self._secret) else text)

    def _lines_of_solutions(self) -> set[str]:
        """The lines of the answers that are nowhere in what is released."""
        answers = [cell for cell in self._cells if is_answer(cell)]
        others = [cell.source for cell in self._cells if not is_answer(cell)]
        shown = {line.strip() for source in (*others, *map(self._stub, answers)) for line in source.splitlines()}
        lines = {line.strip() for cell in answers for line in _without_marks(cell.source).splitlines()}
        return {line for line in lines - shown if len(line) >= TELLING}


def _without_marks(source: str) -> str:
    """A solution without the lines that say where it begins and ends."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))


def _columns(row: str) -> list[str]:
    return [column.strip() for column in row.split("|")]
