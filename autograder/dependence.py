"""On which other exercises the checks of a submission depend, found in the code of its cells. Grader's side.

Nothing of a submission is run here: what its names stand for is read off the compiled cells.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from nbformat import NotebookNode

from autograder import names
from autograder.lesson import Lesson, is_answer, marks
from autograder.statements import Statement, read_statements
from autograder.submission import runs

Node = TypeVar("Node", bound=Hashable)

MOST_CODE = 100_000
"""How many characters of a submission are read, its short cells first: several times a lesson."""
_COMMAND = re.compile(r"^[ \t]*[!?%,;/]|\?[ \t]*$|=[ \t]*[!%]", re.MULTILINE)
MOST_COMMANDS = 20
"""So many of IPython's commands are read in a cell: it reads the whole cell again for each."""


def statements(source: str) -> list[Statement]:
    """The statements of a submission's cell; none, if it is no Python, or has more of IPython's commands than that."""
    return [] if len(_COMMAND.findall(source)) > MOST_COMMANDS else read_statements(source)


class Dependence:
    """Which answers the checks of a submission use, through however many names.

    An answer uses answers to exercises before its own: those after it are not there when it is judged.
    """

    def __init__(self, lesson: Lesson, cells: Sequence[NotebookNode]) -> None:
        """``cells`` are those of a rebuilt submission; one of whose source nothing should be read has none."""
        self._lesson, self._cells = lesson, cells
        self._defines: dict[str, set[str]] = {}
        self._uses: dict[str, set[str]] = defaultdict(set)
        self._read()
        self._tests = {grade_id: statements(lesson.cells[grade_id].source) for grade_id in lesson.exercises}
        answers = [marks(cell)["grade_id"] for cell in lesson.source.cells if is_answer(cell) and runs(cell)]
        self._reference = {exercise: statements(lesson.cells[exercise].source) for exercise in answers}

    def _read(self) -> None:
        """Read the submission's cells, as far as they are not too long."""
        read = 0
        for cell in sorted(filter(runs, self._cells), key=lambda cell: len(cell.source)):
            read += len(cell.source)
            code = statements(cell.source) if read <= MOST_CODE else []
            self._defines[cell.id] = _defined(code)
            _add_uses(self._uses, code)

    def needs(self, grade_id: str, failed: set[str]) -> tuple[str, ...]:
        """Which of the failed exercises the check depends on, in the lesson's order.

        Those on which their right answers depend are among them.
        """
        before = list(self._reference)
        own = self._lesson.exercises[grade_id]
        failed_before = [each for each in before[: before.index(own) if own in before else None] if each in failed]
        right: dict[str, set[str]] = defaultdict(set)
        for exercise in failed_before:
            _add_uses(right, self._reference[exercise])
        start = self._free({grade_id, *self.tests_read_by([grade_id])})
        used = reached(start, lambda name: self._uses.get(name, set()) | right.get(name, set()))
        return tuple(exercise for exercise in failed_before if used & self._names(exercise))

    def tests_read_by(self, grade_ids: Iterable[str]) -> set[str]:
        """The grade cells that define names which these read, or those read which define them, and so on."""
        order = list(self._tests)

        def read_by(grade_id: str) -> Iterator[str]:
            free = self._free([grade_id])
            return (each for each in order[: order.index(grade_id)] if free & _defined(self._tests[each]))

        return reached((each for grade_id in grade_ids for each in read_by(grade_id)), read_by)

    def with_right(self, exercises: Iterable[str]) -> NotebookNode:
        """The submission's cells, the reference's answers to these exercises in the places of its own.

        A wrong answer runs before the right one: other cells may use what else it defines.
        """
        cells: list[NotebookNode] = []
        asked: set[str] = set()
        for cell in self._cells:
            cells.append(cell)
            here = {exercise for exercise in exercises if marks(cell).get("grade_id") == exercise}
            asked |= here
            again = {each for each in asked if self._names(each) & self._defines.get(cell.id, set())}
            cells += [self._right(exercise, len(cells)) for exercise in exercises if exercise in here | again]
        return NotebookNode(cells=cells)

    def _right(self, exercise: str, number: int) -> NotebookNode:
        source = self._lesson.cells[exercise].source
        return NotebookNode(cell_type="code", id=f"right {number}", metadata=NotebookNode(), source=source, outputs=[])

    def _names(self, exercise: str) -> set[str]:
        """By what others know an answer: the names that the reference's defines and its own checks read."""
        tests = [grade_id for grade_id, of in self._lesson.exercises.items() if of == exercise]
        return _defined(self._reference[exercise]) & self._free(tests)

    def _free(self, grade_ids: Iterable[str]) -> set[str]:
        """The names that these grade cells read and do not define, each for itself."""
        codes = (self._tests[grade_id] for grade_id in grade_ids)
        return {name for code in codes for statement in code for name in statement.reads - _defined(code)}


def _defined(code: Iterable[Statement]) -> set[str]:
    return {name for statement in code for name in statement.defines}


def _add_uses(uses: dict[str, set[str]], code: Iterable[Statement]) -> None:
    for statement in code:
        for name in statement.defines:
            uses[name] |= statement.reads


def reached(start: Iterable[Node], step: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """All that repeated steps lead to, the start included."""
    found: set[Node] = set()
    waiting = list(start)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += step(each)
    return found


def judged_so(exercises: Sequence[str]) -> str:
    """What is said of a check that passes once the answers to these exercises are right."""
    if len(exercises) == 1:
        return f"judged with a right {exercises[0]}, since yours fails its checks: your mistake counts once"
    return f"judged with right {names.listed(exercises)}, since yours fail their checks: your mistakes count once"
