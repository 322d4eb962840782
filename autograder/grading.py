"""From one submission to its grade: it is run and judged, and what fails gets a second look. Grader's side.

A check that the reference solution fails too says nothing about a submission. One that fails for another answer, which
fails its own checks, is judged again with a right one: a mistake costs once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import torch
from nbformat import NotebookNode

from autograder.attempt import Attempt, most_workers
from autograder.boundary.limits import GIB, Limits
from autograder.boundary.process import WorkerLost
from autograder.boundary.template import NO_FILES, Template
from autograder.bounds import TimeUp, alarm, keep_freed_memory, memory
from autograder.dependence import Dependence, judged_so
from autograder.lesson import Lesson
from autograder.namespace import DRAWS
from autograder.submission import SubmissionError, rebuild
from autograder.verdict import CheckResult, Grade, Verdict

FAILS_TOO = ". The reference solution fails this check too"
"""What is said where nothing follows about the submission."""


class Grader:
    """Grades submissions of one lesson, each in a worker of its own, all from one template process."""

    def __init__(
        self,
        lesson: Lesson,
        template: Template,
        limits: Limits | None = None,
        solved: NotebookNode | None = None,
    ) -> None:
        """``solved`` is a notebook with right answers: the lesson's own, if none is given."""
        self.lesson, self.template, self.limits = lesson, template, limits or Limits()
        self._solved = solved or lesson.source
        # A check's tensors are small: a second thread costs more than it gives, and a core may have another grader.
        torch.set_num_threads(1)
        keep_freed_memory()
        self._reference: Attempt | None = None
        self._passes: dict[tuple[str, int], bool] = {}
        self._results: dict[int, dict[str, CheckResult]] = {}
        self._draws = any(DRAWS.search(cell.source) for cell in lesson.source.cells if cell.cell_type == "code")

    def grade(
        self,
        submitted: NotebookNode,
        seed: int,
        only: set[str] | None = None,
        files: Mapping[str, bytes] = NO_FILES,
    ) -> Grade:
        """Grade a notebook that was handed in; ``only`` names the grade cells to judge, each for itself (all, if None).

        Of a notebook of which a part is judged nothing runs that comes after that part.
        ``seed`` is recorded with every check and fixes all its draws: the same seed gives the same verdicts. ``files``
        were handed in beside the notebook: they lie where it runs.
        """
        self.template.wait()  # its start is no part of the submission's time
        try:
            with alarm(self.limits.task_seconds), memory(self.limits.memory_bytes):
                return self._grade(submitted, seed, only, files)
        except TimeUp:
            self.template.lose()
            took = f"more than {self.limits.task_seconds:g} s"
        except MemoryError:
            took = f"more than {self.limits.memory_bytes / GIB:g} GiB of the grader's memory"
        raise SubmissionError(f"To grade this notebook takes {took}: a person has to look at it.")

    def _grade(self, submitted: NotebookNode, seed: int, only: set[str] | None, files: Mapping[str, bytes]) -> Grade:
        started, ends = time.perf_counter(), self.deadline()
        notebook = rebuild(submitted, self.lesson)
        wanted = None if only is None else only.__contains__
        last = self.lesson.last(only or set())
        attempt = Attempt(self.lesson, notebook, self.template, self.limits, wanted, ends, files=files)
        try:
            checks = tuple(map(self._second_opinion, [*attempt.judge_all(seed, last)]))
        finally:
            attempt.close()
        # What is judged again runs beside right answers: of that not even its time or its memory is told.
        seconds = time.perf_counter() - started
        if self.lesson.count_once and only is None and any(check.failed for check in checks):
            checks = _Rejudging(self, checks, attempt, seed, files).results()
        shown, used = attempt.for_people(checks), attempt.used()
        return Grade(self.lesson.stem, checks, seconds, attempt.layers, shown, *used, notes=attempt.notes)

    def close(self) -> None:
        """End the reference solution's worker."""
        if self._reference:
            self._reference.close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def deadline(self) -> float:
        """When a submission that begins now has taken all its time."""
        return time.monotonic() + self.limits.submission_seconds

    def _second_opinion(self, check: CheckResult) -> CheckResult:
        """A check that the reference solution fails too, with the same seed, says nothing about the submission."""
        is_plain = not self.lesson.packages.checks_of(self.lesson.stem)
        may_be_ours = check.failed or (is_plain and check.verdict is Verdict.NOT_JUDGED)
        if not may_be_ours or self._reference_passes(check.grade_id, check.seed):
            return check
        what = f"{check.message.what.rstrip('.')}{FAILS_TOO}, so a person has to decide"
        message = replace(check.message, what=what, verdict=Verdict.JUDGE_ERROR, mistake=None)
        return replace(check, points=None, message=message)

    def _reference_passes(self, grade_id: str, seed: int) -> bool:
        if not self.lesson.packages.checks_of(self.lesson.stem):
            return self.of_reference(seed)[grade_id].verdict is Verdict.ACCEPTED
        if (grade_id, seed) not in self._passes:
            names = list(self.lesson.exercises)
            up_to_this = names[: names.index(grade_id) + 1]
            for _ in range(2):  # the first may have gone with its template
                try:
                    reference = self._running_reference()
                    # Alone, which is quick; else after the grade cells before it, whose names it may use.
                    passes = reference.passes([grade_id], seed) or reference.passes(up_to_this, seed)
                    self._passes[grade_id, seed] = passes
                    break
                except WorkerLost:
                    continue
            else:  # a machine that is too busy, perhaps: the next submission tries again
                return False
        return self._passes[grade_id, seed]

    def of_reference(self, seed: int) -> dict[str, CheckResult]:
        """What the reference solution gets, from beginning to end: once, or for each seed where the lesson draws."""
        seed = seed if self._draws else 0
        if seed not in self._results:
            attempt = Attempt(self.lesson, rebuild(self._solved, self.lesson), self.template, self.limits)
            try:
                self._results = {seed: {check.grade_id: check for check in attempt.judge_all(seed)}}
            finally:
                attempt.close()
        return self._results[seed]

    def _running_reference(self) -> Attempt:
        if self._reference is None or not self._reference.worker.alive:
            solution = rebuild(self._solved, self.lesson)
            self._reference = Attempt(self.lesson, solution, self.template, self.limits)
            self._reference.run_cells()
        return self._reference


class _Rejudging:
    """The failed checks of a submission, judged again with right answers in the places of wrong ones that they use.

    Each set of wrong answers has one worker. Nothing comes back from there but that a check passes: whatever else the
    submission says, it may have read in a right answer.
    """

    def __init__(
        self,
        grader: Grader,
        checks: tuple[CheckResult, ...],
        attempt: Attempt,
        seed: int,
        files: Mapping[str, bytes],
    ) -> None:
        self._grader, self._seed, self._files = grader, seed, files
        self._found = {check.grade_id: check for check in checks}
        self._waiting = dict.fromkeys(check.grade_id for check in checks if check.failed)
        self._dependence = Dependence(grader.lesson, attempt.harmless())
        self._ends, self._workers = grader.deadline(), most_workers(grader.lesson)

    def results(self) -> tuple[CheckResult, ...]:
        """All checks, after the failed ones had this second chance, in the lesson's order."""
        while self._waiting and self._workers:
            first = next(iter(self._waiting))
            # What the first uses comes before it, so its own second chance is over.
            if wrong := self._needs(first):
                self._judge(wrong)
            self._waiting.pop(first, None)
        return tuple(self._found.values())

    def _needs(self, grade_id: str) -> tuple[str, ...]:
        """The wrong answers, as far as is known now, on which a check depends that still waits."""
        failed = {check.grade_id for check in self._found.values() if check.failed}
        exercises = {self._grader.lesson.exercises[each] for each in failed}
        return self._dependence.needs(grade_id, exercises) if grade_id in self._waiting else ()

    def _judge(self, wrong: tuple[str, ...]) -> None:
        """Judge all checks that depend on just these wrong answers."""
        read = self._dependence.tests_read_by(self._waiting)
        attempt = Attempt(
            self._grader.lesson,
            self._dependence.with_right(wrong),
            self._grader.template,
            self._grader.limits,
            wanted=lambda grade_id: grade_id in read or self._needs(grade_id) == wrong,
            ends=self._ends,
            workers=self._workers,
            quotes=False,
            files=self._files,
        )
        try:
            for result in attempt.judge_all(self._seed):
                if self._needs(result.grade_id) == wrong:
                    self._waiting.pop(result.grade_id)
                    if result.verdict is Verdict.ACCEPTED:
                        message = replace(result.message, note=judged_so(wrong))
                        self._found[result.grade_id] = replace(result, message=message)
        finally:
            attempt.close()
            self._workers = attempt.workers_left
