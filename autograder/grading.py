"""From one submission to its grade: it is run and judged, and what fails gets a second look. Grader's side.

A check that the reference solution fails too says nothing about a submission. One that fails for another answer, which
fails its own checks, is judged again with a right one: a mistake costs once.
"""

from __future__ import annotations

import time
from dataclasses import replace

import torch
from nbformat import NotebookNode

from autograder.attempt import Attempt
from autograder.boundary.limits import Limits
from autograder.boundary.remote import WorkerLost
from autograder.boundary.template import Template
from autograder.dependence import Dependence, judged_so
from autograder.lesson import Lesson
from autograder.submission import rebuild
from autograder.verdict import CheckResult, Grade, Verdict


class Grader:
    """Grades submissions of one lesson, each in a worker of its own, all from one template process."""

    def __init__(self, lesson: Lesson, template: Template, limits: Limits | None = None) -> None:
        self.lesson, self.template, self.limits = lesson, template, limits or Limits()
        # A check's tensors are small: a second thread costs more than it gives, and a core may have another grader.
        torch.set_num_threads(1)
        self._reference: Attempt | None = None
        self._passes: dict[tuple[str, int], bool] = {}

    def grade(self, submitted: NotebookNode, seed: int, only: set[str] | None = None) -> Grade:
        """Grade a notebook that was handed in; ``only`` names the grade cells to judge, each for itself (all, if None).

        ``seed`` is recorded with every check and fixes all its draws: the same seed gives the same verdicts.
        """
        self.template.wait()  # its start is no part of the submission's time
        started = time.perf_counter()
        notebook = rebuild(submitted, self.lesson)
        attempt = Attempt(self.lesson, notebook, self.template, self.limits, only, self._deadline())
        try:
            checks = tuple(self._second_opinion(check) for check in attempt.judge_all(seed))
        finally:
            attempt.close()
        # What is judged again runs beside right answers: of that not even its time or its memory is told.
        seconds = time.perf_counter() - started
        if self.lesson.count_once and only is None:
            checks = self._counted_once(checks, attempt, seed)
        return Grade(self.lesson.stem, checks, seconds, attempt.layers, attempt.for_people(checks), *attempt.used())

    def close(self) -> None:
        """End the reference solution's worker."""
        if self._reference:
            self._reference.close()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _deadline(self) -> float:
        return time.monotonic() + self.limits.submission_seconds

    def _second_opinion(self, check: CheckResult) -> CheckResult:
        """A check that the reference solution fails too, with the same seed, says nothing about the submission."""
        if not check.failed or self._reference_passes(check.grade_id, check.seed):
            return check
        what = (
            f"{check.message.what.rstrip('.')}. The reference solution fails this check too, so a person has to decide"
        )
        message = replace(check.message, what=what, verdict=Verdict.JUDGE_ERROR, mistake=None)
        return replace(check, points=None, message=message)

    def _reference_passes(self, grade_id: str, seed: int) -> bool:
        if (grade_id, seed) not in self._passes:
            names = list(self.lesson.exercises)
            up_to_this = names[: names.index(grade_id) + 1]
            try:
                reference = self._running_reference()
                # Alone, which is quick; else after the grade cells before it, whose names it may use.
                passes = reference.passes([grade_id], seed) or reference.passes(up_to_this, seed)
                self._passes[grade_id, seed] = passes
            except WorkerLost:
                self._passes[grade_id, seed] = False
        return self._passes[grade_id, seed]

    def _running_reference(self) -> Attempt:
        if self._reference is None or not self._reference.worker.alive:
            solution = rebuild(self.lesson.source, self.lesson)
            self._reference = Attempt(self.lesson, solution, self.template, self.limits)
            self._reference.run_cells()
        return self._reference

    def _counted_once(self, checks: tuple[CheckResult, ...], attempt: Attempt, seed: int) -> tuple[CheckResult, ...]:
        """The checks, after those that depend on answers which fail were judged with right ones."""
        found = {check.grade_id: check for check in checks}
        waiting = [check.grade_id for check in checks if check.failed]
        if not waiting:
            return checks
        dependence, ends = Dependence(self.lesson, attempt.harmless()), self._deadline()
        while waiting:
            failed = {self.lesson.exercises[each] for each, check in found.items() if check.failed}
            needs = {each: dependence.needs(each, failed) for each in waiting}
            # What the first depends on is settled, since it comes before; so it is for all that depend on the same.
            wrong = needs[waiting[0]]
            together = [each for each in waiting if needs[each] == wrong]
            waiting = [each for each in waiting if needs[each] != wrong]
            if wrong:
                found |= self._judged_again(together, dependence, wrong, seed, ends)
        return tuple(found.values())

    def _judged_again(
        self, grade_ids: list[str], dependence: Dependence, wrong: tuple[str, ...], seed: int, ends: float
    ) -> dict[str, CheckResult]:
        """Those of the checks that pass in a fresh worker in which the wrong answers are the reference's.

        No more comes back than that they pass: what the submission says there, it may have read in a right answer.
        """
        notebook, tests = dependence.with_right(wrong), dependence.with_tests(grade_ids)
        forks = len({self.lesson.exercises[each] for each in grade_ids})
        attempt = Attempt(self.lesson, notebook, self.template, self.limits, tests, ends, forks, quotes=False)
        try:
            results = attempt.judge_all(seed)
        finally:
            attempt.close()
        return {
            each.grade_id: replace(each, message=replace(each.message, note=judged_so(wrong)))
            for each in results
            if each.grade_id in grade_ids and each.verdict is Verdict.ACCEPTED
        }
