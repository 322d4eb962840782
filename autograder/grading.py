"""From one submission to its grade: cells run in a worker, grade cells are judged here. Grader's side."""

from __future__ import annotations

import ast
import builtins
import io
import math
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import lru_cache
from typing import Any

import nbformat
import torch
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from autograder.boundary.learner import current_side
from autograder.boundary.limits import Limits
from autograder.boundary.remote import RemoteWorker, WorkerLost
from autograder.boundary.template import Template
from autograder.checking import Failure, derive_seed, explain, seeded
from autograder.errors import LearnerError
from autograder.lesson import Lesson, LessonError, is_answer, is_grade, marks
from autograder.sanitise import clean
from autograder.submission import rebuild, runs
from autograder.verdict import CheckResult, Grade, Verdict


class Grader:
    """Grades submissions of one lesson, each in a worker of its own, all from one template process."""

    def __init__(self, lesson: Lesson, template: Template, limits: Limits | None = None) -> None:
        self.lesson, self.template, self.limits = lesson, template, limits or Limits()
        # A check's tensors are small: a second thread costs more than it gives, and a core may have another grader.
        torch.set_num_threads(1)
        self._reference: _Attempt | None = None
        self._passes: dict[tuple[str, int], bool] = {}

    def grade(self, submitted: NotebookNode, seed: int, only: set[str] | None = None) -> Grade:
        """Grade a notebook that was handed in; ``only`` names the grade cells to judge (all, if None).

        ``seed`` is recorded with every check and fixes all its draws: the same seed gives the same verdicts.
        """
        self.template.wait()  # its start is no part of the submission's time
        started = time.perf_counter()
        attempt = _Attempt(self.lesson, rebuild(submitted, self.lesson), self.template, self.limits, only)
        try:
            checks = tuple(self._second_opinion(check) for check in attempt.judge_all(seed))
        finally:
            attempt.close()
        seconds = time.perf_counter() - started
        return Grade(self.lesson.stem, checks, seconds, attempt.layers, attempt.for_people(checks), *attempt.used())

    def close(self) -> None:
        """End the reference solution's worker."""
        if self._reference:
            self._reference.close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _second_opinion(self, check: CheckResult) -> CheckResult:
        """A check that the reference solution fails too, with the same seed, says nothing about the submission."""
        if check.verdict is Verdict.ACCEPTED or self._reference_passes(check.grade_id, check.seed):
            return check
        message = f"This check fails on the reference solution too, so a person has to decide.\n{check.message}"
        return replace(check, verdict=Verdict.JUDGE_ERROR, points=None, message=message, mistake="")

    def _reference_passes(self, grade_id: str, seed: int) -> bool:
        if (grade_id, seed) not in self._passes:
            names = list(self.lesson.questions)
            up_to_this = names[: names.index(grade_id) + 1]
            try:
                reference = self._running_reference()
                # Alone, which is quick; else after the grade cells before it, whose names it may use.
                passes = reference.passes([grade_id], seed) or reference.passes(up_to_this, seed)
                self._passes[grade_id, seed] = passes
            except WorkerLost:
                self._passes[grade_id, seed] = False
        return self._passes[grade_id, seed]

    def _running_reference(self) -> _Attempt:
        if self._reference is None or not self._reference.worker.alive:
            self._reference = _Attempt(
                self.lesson, rebuild(self.lesson.source, self.lesson), self.template, self.limits, timed=False
            )
            self._reference.run_cells()
        return self._reference


class _Attempt:
    """One notebook and the worker that runs it; a new worker takes over when the submission kills its own."""

    def __init__(
        self,
        lesson: Lesson,
        notebook: NotebookNode,
        template: Template,
        limits: Limits,
        only: set[str] | None = None,
        timed: bool = True,
    ) -> None:
        self.lesson, self.notebook, self.only = lesson, notebook, only
        self._ends = time.monotonic() + limits.submission_seconds if timed else math.inf
        self._start: Callable[[], RemoteWorker] = lambda: RemoteWorker(template, limits, self._ends)
        self._forks_left = len(set(lesson.questions.values())) + 1
        self._workers: list[RemoteWorker] = []
        self._deadly: set[str] = set()
        self.problems: dict[str, LearnerError] = {}
        self._question = ""
        self.worker = self._fork()
        self.layers = self.worker.layers
        self.namespace = _Namespace(self)
        for source in _imports(lesson):
            try:
                exec(source, self.namespace)
            except ImportError as error:
                message = f"{lesson.stem}: `{source}` fails where grading runs: {error}. Install it there."
                raise LessonError(message) from error

    def judge_all(self, seed: int) -> list[CheckResult]:
        """Run every cell and judge every grade cell, in order; a crash costs the question that it happened in."""
        results: list[CheckResult] = []
        lost: dict[str, WorkerLost] = {}
        for cell in self.notebook.cells:
            if runs(cell):
                self._question = marks(cell).get("grade_id", "") if is_answer(cell) else self._question
                try:
                    self.run(cell)
                except WorkerLost as loss:
                    cell.outputs = [_as_error(loss.verdict.value, loss.message)]
                    self._deadly.add(cell.id)
                    lost.setdefault(self._question if is_answer(cell) else cell.id, loss)
                    self._replace(cell)
            elif is_grade(cell) and (self.only is None or marks(cell)["grade_id"] in self.only):
                grade_id = marks(cell)["grade_id"]
                question = self.lesson.questions[grade_id]
                try:
                    if question in lost or not self.worker.alive:
                        raise lost.get(question) or next(reversed(lost.values()))
                    results.append(self.judge(cell, seed))
                except WorkerLost as loss:
                    lost[question] = loss
                    message = str(Failure(loss.message, title=_title(grade_id)))
                    results.append(self._result(grade_id, loss.verdict, message, seed, loss.message))
                    self._replace(cell)
        return results

    def run_cells(self) -> None:
        """Run every cell that grading runs."""
        for cell in filter(runs, self.notebook.cells):
            self.run(cell)

    def run(self, cell: NotebookNode) -> None:
        """Run one cell in the worker and keep its outputs for people."""
        outputs, problem = self.worker.run(cell.source)
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        if problem:
            self.problems[marks(cell).get("grade_id", cell.id)] = problem
            shown = {"ename": problem.kind, "evalue": problem.message, "traceback": [str(problem)]}
            cell.outputs.append(NotebookNode(output_type="error", **shown))

    def judge(self, cell: NotebookNode, seed: int) -> CheckResult:
        """Run a grade cell in this process, the names that it does not define being looked up in the worker."""
        grade_id = marks(cell)["grade_id"]
        own_seed = derive_seed(seed, grade_id)
        printed = io.StringIO()
        self.worker.begin(own_seed)
        token = current_side.set(self.worker)
        try:
            with seeded(own_seed), redirect_stdout(printed):
                exec(compile(python(cell.source), f"<grade cell {grade_id}>", "exec"), self.namespace)
        except WorkerLost:
            raise
        except Exception as error:
            failure = as_failure(error, grade_id)
            return self._result(grade_id, failure.verdict, str(failure), seed, failure.what, failure.likely)
        finally:
            current_side.reset(token)
        return self._result(grade_id, Verdict.ACCEPTED, printed.getvalue().strip(), seed)

    def passes(self, grade_ids: list[str], seed: int) -> bool:
        """Whether the last of these grade cells is passed, when they are judged in order."""
        results = [self.judge(self.lesson.cells[grade_id], seed) for grade_id in grade_ids]
        return results[-1].verdict is Verdict.ACCEPTED

    def for_people(self, checks: tuple[CheckResult, ...]) -> NotebookNode:
        """The notebook with its outputs and each check's message under its grade cell, without hidden tests."""
        by_id = {check.grade_id: check for check in checks}
        for cell in self.notebook.cells:
            if is_grade(cell) and cell.cell_type == "code":
                check = by_id.get(marks(cell)["grade_id"])
                cell.outputs = [_as_output(check)] if check and check.message else []
                ClearHiddenTests().preprocess_cell(cell, {}, 0)
        clean(self.notebook, self.lesson)
        return self.notebook

    def close(self) -> None:
        """End the worker."""
        self.worker.close()

    def used(self) -> tuple[float | None, int | None]:
        """Processor seconds of all workers that have ended, and the most memory of one; None where it is not known."""
        seconds = [worker.ended.cpu_seconds for worker in self._workers if worker.ended.cpu_seconds is not None]
        peaks = [worker.ended.peak_bytes for worker in self._workers if worker.ended.peak_bytes is not None]
        return sum(seconds) if seconds else None, max(peaks, default=None)

    def _fork(self) -> RemoteWorker:
        self._forks_left -= 1
        self._workers.append(self._start())
        return self._workers[-1]

    def _replace(self, until: NotebookNode) -> None:
        """A fresh worker in which the cells before ``until`` have run again, except those that killed one."""
        while self._forks_left and not self.worker.alive and time.monotonic() < self._ends:
            self.worker = self._fork()
            for cell in self.notebook.cells:
                if cell is until:
                    return
                if runs(cell) and cell.id not in self._deadly:
                    try:
                        self.worker.run(cell.source)
                    except WorkerLost:
                        self._deadly.add(cell.id)
                        break

    def _result(
        self, grade_id: str, verdict: Verdict, message: str, seed: int, what: str = "", mistake: str = ""
    ) -> CheckResult:
        points = self.lesson.points(grade_id)
        earned = points if verdict is Verdict.ACCEPTED else 0.0
        return CheckResult(grade_id, verdict, earned, points, message, seed, what, mistake)


class _Namespace(dict):
    """A grade cell's global names: the instructor's are here, the submission's are asked for each time."""

    def __init__(self, attempt: _Attempt) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self._attempt = attempt

    def __missing__(self, name: str) -> Any:
        # A name that Python itself defines is never the submission's.
        if hasattr(builtins, name):
            raise KeyError(name)
        try:
            return self._attempt.worker.lookup(name)
        except KeyError:
            raise explain_missing(name, self._attempt.problems) from None


def explain_missing(name: str, problems: dict[str, LearnerError]) -> Failure:
    """Why a submission has no such name: its answer cell stopped (``problems``), or no cell defines it."""
    if problem := problems.get(name):
        return explain(problem, name, "")
    observed = "no cell that ran defines this name"
    return Failure(f"{name} is not defined", f"a cell that defines {name}", observed, verdict=Verdict.RUN_TIME_ERROR)


def _imports(lesson: Lesson) -> list[str]:
    """The import statements of the instructor's ordinary cells, which grade cells may rely on."""
    cells = (cell for cell in lesson.source.cells if runs(cell) and not is_answer(cell))
    trees = (ast.parse(python(cell.source)) for cell in cells)
    return [ast.unparse(node) for tree in trees for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


@lru_cache(maxsize=1024)
def python(source: str) -> str:
    """A cell's source with IPython's magics as plain Python."""
    return TransformerManager().transform_cell(source)


def as_failure(error: Exception, grade_id: str) -> Failure:
    """Any exception of a grade cell as a failure with a title; the cell's own source is never shown."""
    exercise, title = grade_id.partition("-")[0], _title(grade_id)
    if isinstance(error, LearnerError):
        return explain(error, exercise, title)
    if isinstance(error, Failure):
        error.title = error.title or title
        return error
    observed = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure("this check does not hold", observed=observed, title=title)


def _title(grade_id: str) -> str:
    exercise, _, property_ = grade_id.partition("-")
    return f"{exercise} - {property_}" if property_ else exercise


def _as_output(check: CheckResult) -> NotebookNode:
    if check.verdict is Verdict.ACCEPTED:
        return NotebookNode(output_type="stream", name="stdout", text=check.message + "\n")
    return _as_error(check.verdict.value, check.message)


def _as_error(name: str, message: str) -> NotebookNode:
    lines = message.splitlines()
    # nbformat.v4.new_output would check each against the schema, which costs more than to judge the cell.
    return NotebookNode(output_type="error", ename=name, evalue=lines[0], traceback=lines)
