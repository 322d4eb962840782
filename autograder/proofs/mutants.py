"""Which small changes of the reference solutions no check rejects, and why each may pass. Grader's side.

``benchmarks/mutants/<lesson>.toml`` holds the reasons, by exercise:

    [[reparameterize]]
    reason = "-eps has the distribution of eps."
    mutants = ["return mu [+ → -] sigma * eps", "eps = [ → -]…"]

with the names of the mutants, in which … stands for anything.
``benchmarks/mutants.md`` holds the score.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.attempt import Attempt
from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.course import Course
from autograder.files import write_whole
from autograder.lesson import LessonError, answered, is_answer, marks
from autograder.proofs.mutation import Mutant, mutants
from autograder.proofs.verify import training
from autograder.submission import rebuild
from autograder.verdict import Verdict

HEAD = """# What becomes of small changes of the reference solutions

Written by `autograder mutants --write`; do not edit.
A mutant is a reference solution with one small change. It is killed when a check of its exercise rejects it.
One that survives is as right as the reference, for the reason given here and in `mutants/`, or it shows a hole.
"""


@dataclass(frozen=True)
class Score:
    """What became of the mutants of one exercise."""

    exercise: str
    fates: dict[str, str]
    """Mutant -> the check that rejected it ('' if none did)."""
    reasons: dict[str, str]
    """Mutants, by a name in which … stands for anything -> why they may pass."""

    def reason(self, name: str) -> str:
        """Why a mutant may pass ('' if nobody said so)."""
        return next((why for pattern, why in self.reasons.items() if _fits(pattern, name)), "")

    @property
    def survivors(self) -> list[str]:
        """The mutants that passed every check."""
        return [name for name, check in self.fates.items() if not check]

    @property
    def holes(self) -> list[str]:
        """The survivors for which nobody gave a reason."""
        return [name for name in self.survivors if not self.reason(name)]

    @property
    def stale(self) -> dict[str, str]:
        """The names that explain nothing, with what is wrong with each."""
        found = {}
        for pattern in self.reasons:
            checks = [check for name, check in self.fates.items() if _fits(pattern, name)]
            if all(checks):
                found[pattern] = f"is rejected by {checks[0]}" if checks else "is no mutant of the reference solution"
        return found

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many mutants there are, and how many of them are killed, equivalent, and holes."""
        survivors, holes = len(self.survivors), len(self.holes)
        return len(self.fates), len(self.fates) - survivors, survivors - holes, holes


class Judge:
    """Judges mutants of one lesson, each in a worker of its own."""

    def __init__(self, course: Course, stem: str, template: Template, limits: Limits, seed: int) -> None:
        self.lesson = course.lesson(stem)
        self._template, self._limits, self._seed = template, limits, seed
        self._trains = training(self.lesson)
        self.reasons = _reasons(course.root / "benchmarks" / "mutants" / f"{stem}.toml", set(self.exercises))
        """Exercise -> the names in the file of reasons -> why these mutants may pass."""

    @property
    def exercises(self) -> list[str]:
        """The exercises that are answered with code, in the lesson's order."""
        graded = set(self.lesson.exercises.values())
        code = (cell for cell in self.lesson.source.cells if is_answer(cell) and cell.cell_type == "code")
        return [name for name in (marks(cell)["grade_id"] for cell in code) if name in graded]

    def mutants(self, exercise: str) -> list[Mutant]:
        """The mutants of the reference solution of an exercise."""
        try:
            return list(mutants(self.lesson.cells[exercise].source))
        except SyntaxError as error:
            raise LessonError(f"{self.lesson.stem}: the answer cell {exercise} is no plain Python: {error}.") from None

    def score(self, exercise: str) -> Iterator[Score]:
        """The score of an exercise, as it grows with each mutant."""
        if check := self.rejected_by(exercise, self.lesson.cells[exercise].source):
            stem = self.lesson.stem
            raise LessonError(f"{check} rejects the reference solution. Run `autograder verify {stem}` first.")
        score = Score(exercise, {}, self.reasons.get(exercise, {}))
        yield score
        for mutant in self.mutants(exercise):
            score.fates[mutant.name] = self.rejected_by(exercise, mutant.source)
            yield score

    def rejected_by(self, exercise: str, source: str) -> str:
        """The grade cell that an answer to an exercise fails first ('' if none); those that train a model come last."""
        own = [grade_id for grade_id, of in self.lesson.exercises.items() if of == exercise]
        notebook = answered(self.lesson.source, {exercise: source})
        for trains in (False, True):
            part = [grade_id for grade_id in own if (grade_id in self._trains) is trains]
            if part and (failed := self._first_failure(notebook, part)):
                return failed
        return ""

    def _first_failure(self, notebook: NotebookNode, grade_ids: list[str]) -> str:
        rebuilt = rebuild(notebook, self.lesson)
        attempt = Attempt(self.lesson, rebuilt, self._template, self._limits, grade_ids.__contains__)
        try:
            for result in attempt.judge_all(self._seed):
                if result.verdict is not Verdict.ACCEPTED:
                    return result.grade_id
                if result.grade_id == grade_ids[-1]:  # what comes after it need not run
                    break
            return ""
        finally:
            attempt.close()


def _fits(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), name) is not None


def _reasons(path: Path, exercises: set[str]) -> dict[str, dict[str, str]]:
    """Why mutants may pass, by exercise and the names in the file."""
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} is no TOML: {error}.") from None
    if unknown := content.keys() - exercises:
        raise LessonError(f"{path} explains {', '.join(sorted(unknown))}, which {path.stem} does not ask.")
    found: dict[str, dict[str, str]] = {}
    for exercise, entries in content.items():
        found[exercise] = {}
        for entry in entries if isinstance(entries, list) else [entries]:
            match entry:
                case {"reason": str(reason), "mutants": [_, *_] as names} if reason:
                    found[exercise] |= dict.fromkeys(map(str, names), reason)
                case _:
                    raise LessonError(f"{path}: each [[{exercise}]] needs a `reason` and a list of `mutants`.")
    return found


def write_table(course: Course, stem: str, scores: list[Score]) -> Path:
    """Write a lesson's section of benchmarks/mutants.md; those of other lessons stay as they are."""
    path = course.root / "benchmarks" / "mutants.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    sections[stem] = _section(scores)
    parts = [HEAD, *(f"## {name}\n\n{sections[name].strip()}\n" for name in sorted(sections))]
    write_whole(path, "\n".join(parts))
    return path


def _section(scores: list[Score]) -> str:
    totals = [sum(column) for column in zip(*(score.counts for score in scores), strict=True)]
    rows = [*((score.exercise, *score.counts) for score in scores), ("all", *totals)]
    lines = ["| exercise | mutants | killed | equivalent | holes |", "| --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    for score in scores:
        by_reason: dict[str, list[str]] = {}
        for name in score.survivors:
            by_reason.setdefault(score.reason(name) or "Hole.", []).append(name)
        if by_reason:
            lines += ["", f"**{score.exercise}**", ""]
        for reason, names in by_reason.items():
            lines += [f"- {reason}", *(f"  - `{name}`" for name in names)]
    return "\n".join(lines)
