"""What a class's grades say, read from gradebook and graded notebooks, for an instructor. Grader's side."""

from __future__ import annotations

import os
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.classes.classroom import students, to_be_graded
from autograder.course import Course
from autograder.files import write_whole
from autograder.gradebook import opened
from autograder.predictions import Prediction, predictions_of
from autograder.problems import Problem
from autograder.results.classwork import (
    JUDGE_ERROR,
    PASSED,
    STOPPED,
    UNANSWERED,
    WRONG,
    GradeCell,
    Result,
    Work,
    checks_of,
    graded_work,
)
from autograder.results.forecasts import Forecast, forecast
from autograder.results.items import Item, analyse, fence
from autograder.verdict import Mistake


class ReportError(Problem):
    """There is nothing to report, or nowhere to write it; the message says what to do."""


@dataclass(frozen=True)
class Finding:
    """What checks said of answers: of whose, in which exercises, and the points that those checks did not give."""

    text: str
    learners: list[str]
    exercises: list[str]
    lost: float

    @property
    def common(self) -> bool:
        """Whether it was said to more than one learner."""
        return len(self.learners) > 1


@dataclass(frozen=True)
class ClassReport:
    """A class's work on one lesson."""

    lesson: str
    checks: list[GradeCell]
    works: list[Work]
    absent: list[str]
    """Who is in the gradebook and has handed in nothing."""
    ungradable: dict[str, str]
    """Whose submission cannot be graded, and why."""
    waiting: list[str]
    """Whose submission is not graded yet."""
    outdated: list[str]
    """Whose submission changed after the grade, or the checks did."""
    asked: dict[str, dict[str, Prediction]] = field(default_factory=dict)
    """The predictions of each notebook."""

    @classmethod
    def read(cls, course: Course, lesson: str) -> ClassReport:
        """Read gradebook and graded notebooks; ReportError if nobody's work on the lesson is graded."""
        lessons = {name: course.lesson(lesson, name) for name in course.notebooks(lesson)}
        checks = [check for name, each in lessons.items() for check in checks_of(name, each)]
        handed_in = students(course, lesson)
        works: list[Work] = []
        known: set[str] = set()
        # To look into a gradebook that is not there would make one.
        if students(course, lesson, "autograded"):
            with opened(course.directory) as gradebook:
                works = sorted(
                    graded_work(course, gradebook, lesson, checks), key=lambda work: (work.student, work.notebook)
                )
                known = {student.id for student in gradebook.students}
        if not works:
            raise ReportError(f"Nobody's {lesson} is graded yet. Run `autograder grade {lesson}`.")
        done = {(work.student, work.notebook): work for work in works}
        ungradable: dict[str, str] = {}
        waiting: dict[str, None] = {}
        outdated: dict[str, None] = {}
        for name in lessons:
            for student, reason in to_be_graded(course, lesson, name, handed_in).items():
                work = done.get((student, name))
                if reason:
                    # The folder is the course's own, as its instructor knows.
                    short = reason.replace(f"{course.root}{os.sep}", "")
                    ungradable[student] = f"{ungradable.get(student, '')} {short}".lstrip()
                elif work is None:
                    waiting[student] = None
                elif work.fingerprinted:
                    outdated[student] = None
        absent = sorted(known - set(handed_in) - {work.student for work in works})
        asked = {name: predictions_of(each.packages.checks_of(each.stem)) for name, each in lessons.items()}
        return cls(lesson, checks, works, absent, ungradable, list(waiting), list(outdated), asked)

    @cached_property
    def totals(self) -> dict[str, float]:
        """Every graded learner's score, in all notebooks of the lesson together."""
        totals: dict[str, float] = defaultdict(float)
        for work in self.works:
            totals[work.student] += work.score
        return dict(totals)

    @cached_property
    def max_score(self) -> float:
        """The most that a learner can score."""
        return sum(check.max_points for check in self.checks)

    @cached_property
    def outcomes(self) -> dict[GradeCell, Counter[str]]:
        """How often each check had each outcome."""
        counts: dict[GradeCell, Counter[str]] = {check: Counter() for check in self.checks if not check.by_hand}
        for _, result in self._results:
            if not result.check.by_hand:
                counts[result.check][result.outcome] += 1
        return counts

    @cached_property
    def items(self) -> dict[GradeCell, Item]:
        """The item analysis: of what the checks said, and of what a person gave where a person grades."""
        shares: dict[str, dict[str, float]] = defaultdict(dict)
        for student, result in self._results:
            points = result.points if result.check.by_hand else result.checked_points
            if points is not None and result.check.max_points:
                shares[student][_key(result.check)] = points / result.check.max_points
        found = analyse(shares, {_key(check): check.max_points for check in self.checks})
        return {check: found[_key(check)] for check in self.checks}

    @cached_property
    def mistakes(self) -> list[Finding]:
        """Every mistake that a check named, made by most learners first."""
        told: dict[Mistake, list[tuple[str, Result]]] = defaultdict(list)
        for student, result in self._results:
            if result.mistake:
                told[result.mistake].append((student, result))
        return _by_learners(self._finding(mistake.sentence, found) for mistake, found in told.items())

    @cached_property
    def unnamed(self) -> list[Finding]:
        """What the checks of each exercise said of answers in which they recognised no mistake."""
        told: dict[tuple[str, str], list[tuple[str, Result]]] = defaultdict(list)
        for student, result in self._results:
            if result.message and result.message.what and result.outcome in (WRONG, STOPPED):
                told[result.message.what, result.check.exercise].append((student, result))
        return _by_learners(self._finding(what, found) for (what, _), found in told.items())

    @cached_property
    def counted_once(self) -> dict[str, list[str]]:
        """What checks say that passed with a right answer in the place of another one: whose they are, one a check."""
        told: dict[str, list[str]] = defaultdict(list)
        for student, result in self._results:
            if result.message and result.message.note:
                told[result.message.note].append(student)
        return dict(sorted(told.items(), key=lambda pair: -len(pair[1])))

    @cached_property
    def forecasts(self) -> list[Forecast]:
        """What learners predicted, in the lesson's order, where anybody did."""
        found = [forecast(each, name, self.works) for name, asked in self.asked.items() for each in asked.values()]
        return [each for each in found if each.made]

    @cached_property
    def lost(self) -> dict[str, float]:
        """The points that a learner lost in each exercise, on average, by what the checks said."""
        lost = dict.fromkeys((check.exercise for check in self.checks if not check.by_hand), 0.0)
        for _, result in self._results:
            if result.checked_points is not None and not result.check.by_hand:
                lost[result.check.exercise] += (result.check.max_points - result.checked_points) / len(self.totals)
        return lost

    @cached_property
    def fences(self) -> dict[str, float]:
        """For seconds, cpu_seconds and peak_bytes what a notebook has to exceed to stand out."""
        return {name: fence(self._values(name)) for name in ("seconds", "cpu_seconds", "peak_bytes")}

    @cached_property
    def typical(self) -> dict[str, float]:
        """The medians of seconds, cpu_seconds and peak_bytes, where they are known."""
        found = {name: self._values(name) for name in self.fences}
        return {name: statistics.median(values) for name, values in found.items() if values}

    @cached_property
    def outliers(self) -> list[tuple[Work, set[str]]]:
        """The notebooks that took far more than the others, and of what, the slowest first."""
        found = [
            (work, {n for n, most in self.fences.items() if (getattr(work, n) or 0) > most}) for work in self.works
        ]
        return sorted(((w, of) for w, of in found if of), key=lambda pair: -(pair[0].seconds or 0))

    @cached_property
    def limits_hit(self) -> Counter[str]:
        """How many learners ran into a limit, by the verdict."""
        hit = {(student, result.verdict) for student, result in self._results if result.verdict}
        return Counter(verdict.replace("_", " ") for _, verdict in hit if verdict.endswith("limit_exceeded"))

    @cached_property
    def isolation(self) -> dict[tuple[str, ...] | None, list[str]]:
        """Which layers kept submissions apart, and whose; the commonest first."""
        found: dict[tuple[str, ...] | None, list[str]] = defaultdict(list)
        for work in self.works:
            found[work.isolation].append(work.student)
        return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))

    @cached_property
    def judge_errors(self) -> dict[str, list[str]]:
        """The checks that fail on the reference solution too, and for whom."""
        found: dict[str, list[str]] = defaultdict(list)
        for student, result in self._results:
            if result.outcome == JUDGE_ERROR:
                found[result.check.grade_id].append(student)
        return dict(found)

    @cached_property
    def by_hand(self) -> dict[str, list[str]]:
        """The answers that wait for a person, and whose."""
        found: dict[str, list[str]] = defaultdict(list)
        for student, result in self._results:
            if result.points is None:
                found[result.check.grade_id].append(student)
        return dict(found)

    @cached_property
    def unknown(self) -> list[str]:
        """Whose record does not hold what was wrong: it was graded by other means, or an older version."""
        return [w.student for w in self.works if any(not (r.is_known or r.check.by_hand) for r in w.results.values())]

    @property
    def headline(self) -> list[str]:
        """The class in three sentences: who handed in and the median, the exercise and the mistake that hurt most."""
        return [self._who(), self._hardest(), self._commonest()]

    def _finding(self, text: str, told: list[tuple[str, Result]]) -> Finding:
        """What these learners were told of these results."""
        found = {result.check.exercise for _, result in told}
        exercises = dict.fromkeys(check.exercise for check in self.checks if check.exercise in found)
        lost = sum(result.check.max_points - (result.checked_points or 0.0) for _, result in told)
        return Finding(text, sorted({student for student, _ in told}), list(exercises), lost)

    def _who(self) -> str:
        handed_in = len(set(self.totals) | set(self.ungradable) | set(self.waiting))
        known = handed_in + len(self.absent)
        who = many(known, "learner") if known == handed_in else f"{handed_in} of {many(known, 'learner')}"
        graded = "" if len(self.totals) == handed_in else f", {len(self.totals)} are graded"
        median = statistics.median(self.totals.values())
        return f"{who} handed in{graded}; the median score is {number(median)} of {many(self.max_score, 'point')}."

    def _hardest(self) -> str:
        exercise = max(self.lost, key=lambda name: self.lost[name], default="")
        if not exercise or not self.lost[exercise]:
            return "No check took a point from anybody."
        worth = sum(check.max_points for check in self.checks if check.exercise == exercise and not check.by_hand)
        own = [{r.outcome for r in work.results.values() if r.check.exercise == exercise} for work in self.works]
        passed, empty = own.count({PASSED}), own.count({UNANSWERED})
        left = f", {empty} left it unanswered" if empty else ""
        return (
            f"Most points were lost in {exercise}: {number(self.lost[exercise])} of {number(worth)} by a learner on "
            f"average. {passed} of {many(len(self.totals), 'learner')} passed all its checks{left}."
        )

    def _commonest(self) -> str:
        if not self.mistakes and self.unknown:
            return (
                f"Which mistakes were made is not known: an older version graded {many(len(self.unknown), 'learner')}."
            )
        if not self.mistakes:
            return "No check recognised a mistake that it knows."
        first = self.mistakes[0]
        who = f"{len(first.learners)} of {many(len(self.totals), 'learner')}"
        return f"The commonest mistake, made by {who} ({', '.join(first.exercises)}): {first.text}"

    @cached_property
    def _results(self) -> list[tuple[str, Result]]:
        """Every result, with the learner whose it is."""
        return [(work.student, result) for work in self.works for result in work.results.values()]

    def _values(self, name: str) -> list[float]:
        return [value for work in self.works if (value := getattr(work, name)) is not None]


def _key(check: GradeCell) -> str:
    return f"{check.notebook}/{check.grade_id}"


def _by_learners(found: Iterable[Finding]) -> list[Finding]:
    return sorted(found, key=lambda finding: (-len(finding.learners), -finding.lost, finding.text))


def write(path: Path, content: str) -> None:
    """Write a file as a whole, or leave what was there; ReportError if that cannot be done."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {error.strerror}. Name another file.") from error


def many(count: float, noun: str) -> str:
    """A number with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def number(value: float) -> str:
    """A number as people write it: one digit after the point at most."""
    return f"{round(value, 1):g}"
