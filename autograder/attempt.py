"""One submission's notebook, run in a worker, and its grade cells, judged here. Grader's side."""

from __future__ import annotations

import math
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from itertools import chain

import nbformat
from nbformat import NotebookNode

from autograder import figures
from autograder.boundary.calls import MOST_LEFT_OUT
from autograder.boundary.learner import current_side
from autograder.boundary.limits import ANSWERED_WITHIN, MAX_SAID, Limits
from autograder.boundary.outputs import Allowance, Room
from autograder.boundary.probes import close_figures
from autograder.boundary.process import WorkerLost
from autograder.boundary.randomness import preserved
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import NO_FILES, Template
from autograder.bounds import TimeUp, alarm
from autograder.dependence import statements
from autograder.draws import derive_seed
from autograder.errors import AuthoringError, CannotCross, LearnerError, incidents, quoted
from autograder.folder import Folder
from autograder.judging import judge, titled
from autograder.lesson import Lesson, is_answer, is_grade, marks
from autograder.names import listed
from autograder.namespace import Namespace
from autograder.questions import ASKED
from autograder.sanitise import clean
from autograder.statements import attributes_set
from autograder.submission import runs
from autograder.verdict import CheckResult, Message, Verdict, folded

_SEEDS = re.compile(r"\b(manual_)?seed\(")
_FIGURES = re.compile(r"matplotlib|pylab|seaborn|\.plot\b|\bplt\b")


class Attempt:
    """One notebook and the worker that runs it; a new worker takes over when the submission kills its own."""

    def __init__(
        self,
        lesson: Lesson,
        notebook: NotebookNode,
        template: Template,
        limits: Limits,
        wanted: Callable[[str], bool] | None = None,
        ends: float = math.inf,
        workers: int | None = None,
        quotes: bool = True,
        files: Mapping[str, bytes] = NO_FILES,
    ) -> None:
        """``wanted`` says of a grade cell, when its turn comes, whether it is judged (all are, if None).

        ``ends`` is the moment at which its time is over, ``workers`` how many of them it may have.
        Without ``quotes`` no message holds a text that came from the worker, if the check passes.
        ``files`` lie in the folder that it works in.
        """
        self.lesson, self.notebook, self._wanted = lesson, notebook, wanted
        self._ends, self._quotes, self._seconds = ends, quotes, limits.cell_seconds
        files = {**files, **lesson.files}  # of two with one name the course's, as nbgrader has it
        self._start: Callable[[], RemoteWorker] = lambda: RemoteWorker(template, limits, self._ends, files)
        self._folder = Folder(lesson, lambda: self.namespace.get(ASKED))
        self._has_figures = any(_FIGURES.search(cell.source) for cell in lesson.source.cells)
        self.workers_left = most_workers(lesson) if workers is None else workers
        self._workers: list[RemoteWorker] = []
        self._deadly: set[str] = set()
        self.problems: dict[str, LearnerError] = {}
        self._not_given: list[str] = []
        """Names that cells of the notebook did not find here, since only a test defines them, and what follows."""
        self._ours = {cell.id: cell.source for cell in lesson.source.cells}
        self._left_out: dict[str, str] = {}
        self._allowance = Allowance()
        self._exercise = ""
        self.worker = self._fork()
        self.layers = self.worker.layers
        self.namespace = Namespace(lesson, lambda: self.worker)

    def judge_all(self, seed: int, last: str | None = None) -> Iterator[CheckResult]:
        """Run every cell and judge every grade cell, in order; a crash costs the exercise that it happened in.

        After the grade cell ``last`` nothing more runs.
        """
        lost: dict[str, WorkerLost] = {}
        self.namespace.seed = seed
        for cell in self.notebook.cells:
            if runs(cell):
                self._exercise = marks(cell).get("grade_id", "") if is_answer(cell) else self._exercise
                try:
                    self.run(cell)
                except WorkerLost as loss:
                    cell.outputs = [_as_error(loss.verdict.value, loss.message)]
                    self._deadly.add(cell.id)
                    lost.setdefault(self._exercise if is_answer(cell) else cell.id, loss)
                    self._replace(cell)
            elif is_grade(cell) and (self._wanted is None or self._wanted(marks(cell)["grade_id"])):
                grade_id = marks(cell)["grade_id"]
                exercise = self.lesson.exercises[grade_id]
                try:
                    if exercise in lost or not self.worker.alive:
                        raise lost.get(exercise) or next(reversed(lost.values()))
                    result = self.judge(cell, seed)
                    self._replace(cell)  # where a signal of the cell's has interrupted a call
                except WorkerLost as loss:
                    lost[exercise] = loss
                    message = titled(Message(loss.message, verdict=loss.verdict), self.lesson, grade_id)
                    result = self._result(grade_id, message, seed)
                    self._replace(cell)
                yield result
                if grade_id == last:
                    return

    def run_cells(self) -> None:
        """Run every cell that grading runs."""
        for cell in filter(runs, self.notebook.cells):
            self.run(cell)

    def run(self, cell: NotebookNode) -> None:
        """Run one cell in the worker and keep its outputs for people."""
        try:
            seed = self.namespace.seed_of(cell)
            if self.worker.lends and (names := self.namespace.wanted(cell)):
                with self._folder.at():
                    self.namespace.give(names)
            outputs, problem = self.worker.run(cell.source, self._is_ours(cell), seed, self._allowance)
        except LearnerError as error:  # what is nested too deeply for Python's compiler breaks IPython's report of it
            outputs, problem = [], error
        self._note(marks(cell).get("grade_id", "an answer") if is_answer(cell) else "a cell of your own")
        if problem:
            self.problems[marks(cell).get("grade_id", cell.id)] = problem
            by_test = problem.missing in self.namespace.of_tests and dict.__contains__(self.namespace, problem.missing)
            if self.worker.lends and (by_test or problem.missing in self._not_given):
                self._not_given += [problem.missing]
                self._not_given += [name for each in statements(cell.source) for name in each.defines]
            shown = {"ename": problem.named, "evalue": quoted(problem.message), "traceback": [str(problem)]}
            outputs += self._allowance.kept([{"output_type": "error"} | shown])
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        self._follow(cell, problem is not None and problem.is_a(ImportError))

    def _follow(self, cell: NotebookNode, lacks: bool) -> None:
        """Let the names of grade cells follow: what a cell of the instructor's defines is known here too."""
        self.worker.begin()
        try:
            with alarm(self._seconds + ANSWERED_WITHIN), self._folder.at():
                self.namespace.follow(cell, lacks)
        except TimeUp:
            self.worker.give_up()
            what = f"stopped: a cell of the lesson took more than {self._seconds:g} s where grading runs"
            raise WorkerLost(Verdict.TIME_LIMIT_EXCEEDED, what) from None

    def judge(self, cell: NotebookNode, seed: int) -> CheckResult:
        """Run a grade cell in this process, the names that it does not define being looked up in the worker."""
        grade_id = marks(cell)["grade_id"]
        self.worker.stream.is_shared = self.worker.lends and bool(_SEEDS.search(cell.source))
        self.worker.begin(derive_seed(seed, grade_id))
        token, met = current_side.set(self.worker), incidents.set([])
        try:
            if self._not_given and self._folder.works_with_files(cell.source):
                # What those cells would have written, nobody knows; remembered, as all that could not be had.
                AuthoringError(f"cells before this one use {self._not_given[0]}, which only a test defines")
            self._close_figures()
            # The worker has the time of a cell; what is made here of its answers has a little more.
            with (
                alarm(self._seconds + ANSWERED_WITHIN),
                self._folder.at(cell.source if self.worker.lends else "", self.worker),
                self.namespace.judging(cell.source if self.worker.lends else ""),
                self._pyplot(cell),
            ):
                message = judge(
                    self.lesson, cell, self.namespace, self.problems, seed, self._quotes, self.notebook.cells
                )
            if self.worker.loss:  # also where the cell put up with it
                raise self.worker.loss
            self._note(self.lesson.exercises[grade_id])
            return self._result(grade_id, message, seed)
        except TimeUp:
            self.worker.give_up()
            what = f"stopped: to judge what your code returned took more than {self._seconds:g} s"
            raise WorkerLost(Verdict.TIME_LIMIT_EXCEEDED, what) from None
        finally:
            current_side.reset(token)
            incidents.reset(met)

    def _pyplot(self, cell: NotebookNode) -> AbstractContextManager:
        """Whose pyplot is asked where a plain grade cell asks for what is drawn."""
        draws = "matplotlib.pyplot" in sys.modules or _FIGURES.search(cell.source)
        if not (self._has_figures and self.worker.lends and draws):
            return nullcontext()
        handed = figures.are_handed_over(cell.source, self.namespace.own())
        return (figures.theirs if handed else figures.shared)(self.worker)

    def _close_figures(self) -> None:
        """Of a plain grade cell's calls; those of other cells are closed already."""
        if self._has_figures and self.worker.lends:
            with preserved(), suppress(LearnerError, CannotCross):
                self.worker.call_beside(close_figures, (), {})

    def passes(self, grade_ids: list[str], seed: int) -> bool:
        """Whether the last of these grade cells is passed, when they are judged in order."""
        results = [self.judge(self.lesson.cells[grade_id], seed) for grade_id in grade_ids]
        return results[-1].verdict is Verdict.ACCEPTED

    def harmless(self) -> list[NotebookNode]:
        """The cells without outputs; of one that ended a worker, or did not get to run, nothing is left."""
        return [
            NotebookNode(cell, source="" if cell.id in self._deadly else cell.source, outputs=[])
            for cell in self.notebook.cells
        ]

    def for_people(self, checks: tuple[CheckResult, ...]) -> NotebookNode:
        """The notebook with its outputs and each check's message under its grade cell, without hidden tests."""
        by_id = {check.grade_id: check for check in checks}
        for cell in self.notebook.cells:
            if is_grade(cell) and cell.cell_type == "code":
                grade_id = marks(cell)["grade_id"]
                check = by_id.get(grade_id)
                cell.outputs = [_as_output(check.message)] if check and check.message.has_text else []
                cell.source = self.lesson.shown[grade_id]
        clean(self.notebook, self.lesson)
        return self.notebook

    @property
    def notes(self) -> tuple[str, ...]:
        """What people are told of the run as a whole: what in the submission's cells did not run."""
        places: dict[str, list[str]] = defaultdict(list)
        for what, place in self._left_out.items():
            places[place].append(quoted(what, 80))
        why = "grading leaves out magics, commands of the system, compilers and debuggers"
        return tuple(f"In {place}, {listed(each)} did not run: {why}." for place, each in places.items())

    def close(self) -> None:
        """End the worker."""
        self.worker.close()
        self.namespace.restore()
        self._folder.close()

    def used(self) -> tuple[float | None, int | None]:
        """Processor seconds of all workers that have ended, and the most memory of one; None where it is not known."""
        seconds = [worker.ended.cpu_seconds for worker in self._workers if worker.ended.cpu_seconds is not None]
        peaks = [worker.ended.peak_bytes for worker in self._workers if worker.ended.peak_bytes is not None]
        return sum(seconds) if seconds else None, max(peaks, default=None)

    def _is_ours(self, cell: NotebookNode) -> bool:
        """Whether a cell is as the instructor wrote it."""
        return self._ours.get(cell.id) == cell.source

    def _note(self, place: str) -> None:
        """Remember where something stands that did not run; each is told once."""
        for what in self.worker.left_out:
            if len(self._left_out) < MOST_LEFT_OUT:
                self._left_out.setdefault(what, place)

    def _fork(self) -> RemoteWorker:
        self.workers_left -= 1
        self._workers.append(self._start())
        if not self.lesson.packages.checks_of(self.lesson.stem):
            answers = (cell.source for cell in self.lesson.source.cells if is_answer(cell) and cell.cell_type == "code")
            settable = chain.from_iterable(map(attributes_set, answers))
            self._workers[-1].lend(lambda: self._folder.path if self.lesson.files else "", settable)
        return self._workers[-1]

    def _replace(self, until: NotebookNode) -> None:
        """A fresh worker in which the cells before ``until`` have run again, except those that killed one."""
        while self.workers_left and not self.worker.alive and time.monotonic() < self._ends:
            self.worker = self._fork()
            for cell in self.notebook.cells:
                if cell is until:
                    return
                if runs(cell) and cell.id not in self._deadly:
                    try:
                        seed, nowhere = self.namespace.seed_of(cell), Allowance(Room(characters=0, pictures=0))
                        self.worker.run(cell.source, self._is_ours(cell), seed, nowhere)
                    except WorkerLost:
                        self._deadly.add(cell.id)
                        break

    def _result(self, grade_id: str, message: Message, seed: int) -> CheckResult:
        points, message = self.lesson.points(grade_id), _cut(message)
        earned = None if message.verdict.waits else points if message.verdict is Verdict.ACCEPTED else message.credit
        return CheckResult(grade_id, earned, points, message, seed)


def most_workers(lesson: Lesson) -> int:
    """How many workers a submission may have: one for each exercise that may end its worker, and one more."""
    return len(set(lesson.exercises.values())) + 1


def _cut(message: Message) -> Message:
    """The message, no part longer than people read: a grade cell may quote a text of any length."""
    what, expected, observed = (
        text if len(text) <= MAX_SAID else f"{text[:MAX_SAID]} ..."
        for text in (message.what, message.expected, message.observed)
    )
    return replace(message, what=what, expected=expected, observed=observed)


def _as_output(message: Message) -> NotebookNode:
    if message.verdict is Verdict.ACCEPTED:
        return NotebookNode(output_type="stream", name="stdout", text=f"✓ {message}\n")
    return _as_error(message.verdict.value, str(message))


def _as_error(name: str, message: str) -> NotebookNode:
    lines = folded(message)
    # nbformat.v4.new_output would check each against the schema, which costs more than to judge the cell.
    return NotebookNode(output_type="error", ename=name, evalue=lines[0], traceback=lines)
