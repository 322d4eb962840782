"""Prove the course: the reference earns everything, the release nothing, each example what it deserves. Grader's side.

Wrong answers stand with the checks of their exercise. tests/submissions/<lesson>/ holds the rest:

right/<exercise>.py     right answers of other makes, below each other: ``# %% <name>``, then the answer
neighbours/<exercise>.py  wrong answers near a mistake that they do not make, so that it is not named: the same, with
                        ``# fails <check>: <name of the mistake>`` or ``"words"`` above each answer
<verdict>/<name>.py     answers to several exercises, or with more than a definition: ``# %% grade_id="..."``
                        and a comment for each grade cell that must fail, ``# fails <grade_id>: <name of the mistake>``,
                        or ``# fails <grade_id>: "words of the message"`` where no mistake is named
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.build import stale
from autograder.course import Course
from autograder.errors import LearnerError
from autograder.exercise import Exercise, Told, exercise_of, forget
from autograder.grading import Grader
from autograder.judging import judge, run
from autograder.lesson import Lesson, LessonError, answered, is_answer, is_grade, marks
from autograder.predictions import predictions_of
from autograder.proofs.hints import wrong_hints
from autograder.proofs.shown import shown
from autograder.submission import read_submission, runs
from autograder.verdict import Message, Verdict

FAILS = re.compile(r'^# fails (\S+): (?:"(?P<words>.+)"|(?P<mistake>\w+))$', re.MULTILINE)
TAMPERING = "tampering"
COLLECTIONS = {"right": Verdict.ACCEPTED, "neighbours": Verdict.WRONG_ANSWER}
BOUNDARY_ONLY = {TAMPERING, Verdict.TIME_LIMIT_EXCEEDED, Verdict.MEMORY_LIMIT_EXCEEDED, Verdict.OUTPUT_LIMIT_EXCEEDED}
"""Verdicts of submissions that may not share a process with their judge."""

Messages = dict[str, Message]
"""What was said in each grade cell."""


@dataclass(frozen=True)
class Example:
    """One example submission: the answers that it changes, and what each grade cell that must fail says."""

    name: str
    verdict: str
    answers: dict[str, str]
    fails: dict[str, Told]

    def submission(self, lesson: Lesson) -> NotebookNode:
        """The reference solution with this example's answers in it."""
        if unknown := set(self.answers) - set(lesson.cells):
            raise LessonError(f"{self.name} answers {', '.join(sorted(unknown))}, which {lesson.stem} does not ask.")
        return answered(lesson.source, self.answers)

    def touched(self, lesson: Lesson) -> set[str]:
        """The grade cells of the exercises that it answers, less those which train and of which it says nothing."""
        own = {grade_id for grade_id, exercise in lesson.exercises.items() if exercise in self.answers}
        return {grade_id for grade_id in own if grade_id in self.fails or grade_id not in training(lesson)}


def exercises(lesson: Lesson) -> dict[str, Exercise]:
    """The lesson's exercises that have checks of their own, in its order."""
    package = lesson.packages.checks_of(lesson.stem)
    names = dict.fromkeys(lesson.exercises.values()) if package else {}
    return {name: exercise_of(package, name) for name in names}


def training(lesson: Lesson) -> set[str]:
    """The grade cells whose check trains a model for seconds."""
    return {
        f"{name}-{check.name}"
        for name, exercise in exercises(lesson).items()
        for check in exercise.checks.values()
        if check.trains
    }


@cache
def examples(course: Course, stem: str) -> list[Example]:
    """The lesson's wrong answers, right answers, and other example submissions, in order."""
    folder = course.root / "tests" / "submissions" / stem
    lesson = course.lesson(stem)
    found = [example for exercise in exercises(lesson).values() for example in _wrong(exercise)]
    for path in sorted(folder.glob("*/*.py")):
        found += _collection(path, lesson) if path.parent.name in COLLECTIONS else [_overlay(path, lesson)]
    return found


def _wrong(exercise: Exercise) -> Iterator[Example]:
    for wrong in exercise.wrong_answers:
        fails = {f"{exercise.name}-{check}": told for check, told in wrong.fails.items()}
        name = f"{exercise.name}/{wrong.name}"
        yield Example(name, Verdict.WRONG_ANSWER, {exercise.name: wrong.source(exercise.name)}, fails)


def _collection(path: Path, lesson: Lesson) -> list[Example]:
    """Answers to the exercise that the file is called after."""
    exercise, verdict = path.stem, COLLECTIONS[path.parent.name]
    found = []
    for number, cell in enumerate(jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells):
        lines = [(f"{exercise}-{check}", words, name) for check, words, name in FAILS.findall(cell.source)]
        told = {grade_id: _told(path, lesson, grade_id, words, name, verdict) for grade_id, words, name in lines}
        name = f"{exercise}/{cell.metadata.get('title', number)}"
        found.append(Example(name, verdict, {exercise: cell.source}, told))
    return found


def _overlay(path: Path, lesson: Lesson) -> Example:
    """Answers that are laid over the reference; the folder's name is the expected verdict."""
    text, verdict = path.read_text(encoding="utf-8"), path.parent.name
    cells = jupytext.reads(text, fmt="py:percent").cells
    answers = {cell.metadata["grade_id"]: cell.source for cell in cells if "grade_id" in cell.metadata}
    if not answers:
        raise LessonError(f'{path} changes no answer. Start each cell with `# %% grade_id="name_of_the_exercise"`.')
    fails = {
        grade_id: _told(path, lesson, grade_id, words, name, verdict) for grade_id, words, name in FAILS.findall(text)
    }
    return Example(f"{verdict}/{path.stem}", verdict, answers, fails)


def _told(path: Path, lesson: Lesson, grade_id: str, words: str, name: str, verdict: str) -> Told:
    """What a ``fails`` line says of a grade cell."""
    known = exercises(lesson).get(lesson.exercises.get(grade_id, ""))
    mistake = next((each for each in known.mistakes if each.name == name), None) if known else None
    if not known or (name and not mistake):
        raise LessonError(f"{path}: {grade_id} is no check of {lesson.stem}, or knows no mistake called {name!r}.")
    return Told(mistake, words, Verdict(verdict) if verdict in list(Verdict) else Verdict.WRONG_ANSWER)


def verify(
    course: Course, stem: str, grader: Grader, seed: int, full: bool = False, exercise: str | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Every claim about a lesson and its example submissions, with what is wrong with it (nothing, if it holds).

    Given an ``exercise``, only the examples that answer it are tried.
    """
    yield from about_lesson(course, stem, grader, seed, full)
    for example in to_try(course, stem, exercise):
        yield example.name, try_example(example, grader, seed, full)


def to_try(course: Course, stem: str, exercise: str | None) -> list[Example]:
    """The example submissions that answer an exercise; all, if it is None."""
    return [example for example in examples(course, stem) if exercise in (None, *example.answers)]


def about_lesson(
    course: Course, stem: str, grader: Grader, seed: int, full: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """The claims about the lesson itself."""
    lesson = grader.lesson
    yield "the release is built from the source", stale([stem], course.root)
    yield "every exercise has examples and checks of its own", list(_completeness(course, lesson))
    yield "every exercise has hints, which are true and not the answer", list(wrong_hints(lesson))
    yield "the reference solution has full marks", _reference(lesson, grader, seed)
    yield "the untouched release has no marks", _release(course, lesson, grader, seed)
    if full:
        yield "the solved lesson shows what its predictions call right", shown(lesson)


def try_example(example: Example, grader: Grader, seed: int, full: bool = False) -> list[str]:
    """What is wrong with the grading of an example submission, across the boundary and in one process."""
    lesson, notebook = grader.lesson, example.submission(grader.lesson)
    across = _said(grader, notebook, seed, example.touched(lesson))
    if full:
        across = _said(grader, notebook, seed) | across
    judged = {"across the boundary": across}
    if example.verdict not in BOUNDARY_ONLY:
        # In one process there is no right answer with which another exercise could be judged. What trains for seconds
        # is judged there only with ``full``.
        trains = set() if full else training(lesson)
        alone = {grade_id for grade_id, message in across.items() if not message.note} - trains
        judged["in one process"] = in_one_process(lesson, notebook, seed, alone)
    problems = [f"{where}: {problem}" for where, said in judged.items() for problem in problems_of(example, said)]
    problems += [f"{grade_id} should fail, and was not judged" for grade_id in example.fails.keys() - across.keys()]
    return problems + list(_different(*judged.values()) if len(judged) > 1 else ())


def _said(grader: Grader, notebook: NotebookNode, seed: int, only: set[str] | None = None) -> Messages:
    return {check.grade_id: check.message for check in grader.grade(notebook, seed, only).checks}


def problems_of(example: Example, said: Messages) -> list[str]:
    """What is wrong with what was said of an example."""
    problems = []
    for grade_id, message in said.items():
        told = example.fails.get(grade_id)
        if told:
            problems += [f"{grade_id} {problem}" for problem in _misjudged(told, message, example.verdict)]
        elif message.verdict is not Verdict.ACCEPTED:
            problems.append(f"{grade_id} should pass, and says:\n{message}")
    return problems


def _misjudged(told: Told, message: Message, verdict: str) -> Iterator[str]:
    """What a message to a wrong answer should be, and is not."""
    if message.verdict is Verdict.ACCEPTED:
        yield "should fail, and passes"
    elif message.mistake != told.mistake:
        wanted = f"name {told.mistake.name} ({told.mistake})" if told.mistake else "name no mistake"
        named = f" (names {message.mistake.name})" if message.mistake else ""
        yield f"should {wanted}, and says:\n{message}{named}"
    elif told.words not in str(message):
        yield f"should say {told.words!r}, and says:\n{message}"
    elif verdict != TAMPERING and message.verdict is not told.verdict:
        yield f"should be {told.verdict}, and is {message.verdict}"


def _different(across: Messages, together: Messages) -> Iterator[str]:
    for grade_id, other in together.items():
        message = across[grade_id]
        if (message.verdict, message.mistake) != (other.verdict, other.mistake):
            yield f"{grade_id} is judged in two ways. Across the boundary:\n{message}\nIn one process:\n{other}"


def _both(lesson: Lesson, grader: Grader, notebook: NotebookNode, seed: int) -> Iterator[tuple[str, str, Message]]:
    """Where a notebook was judged, the grade cell, and what was said there."""
    for where, said in (
        ("across the boundary", _said(grader, notebook, seed)),
        ("in one process", in_one_process(lesson, notebook, seed)),
    ):
        for grade_id, message in said.items():
            yield where, grade_id, message


def _reference(lesson: Lesson, grader: Grader, seed: int) -> list[str]:
    return [
        f"{where}: {grade_id}: {message}"
        for where, grade_id, message in _both(lesson, grader, lesson.source, seed)
        if message.verdict is not Verdict.ACCEPTED
    ]


def _release(course: Course, lesson: Lesson, grader: Grader, seed: int) -> list[str]:
    release = read_submission(course.folder("release", ".", lesson.stem) / f"{lesson.stem}.ipynb")
    return [
        f"{where}: {grade_id} should say 'not implemented yet', and is {message.verdict}: {message}"
        for where, grade_id, message in _both(lesson, grader, release, seed)
        if message.answered or message.verdict is not Verdict.WRONG_ANSWER
    ]


def _completeness(course: Course, lesson: Lesson) -> Iterator[str]:
    """What an exercise should have and has not."""
    known = exercises(lesson)
    count = Counter((name, bool(each.fails)) for each in examples(course, lesson.stem) for name in each.answers)
    prose = [cell.source for cell in lesson.source.cells if cell.cell_type == "markdown"]
    headings = {line.lstrip("# ") for text in prose for line in text.splitlines() if line.startswith("#")}
    for cell in lesson.source.cells:
        if cell.cell_type == "code" and is_answer(cell):
            name = marks(cell)["grade_id"]
            wrong, right = count[name, True], count[name, False]
            if wrong < 3 or right < 2:
                yield f"{name} has {wrong} wrong and {right} right examples; it needs 3 and 2"
    for name, exercise in known.items():
        graded = {grade_id for grade_id, of in lesson.exercises.items() if of == name}
        for check in exercise.checks.values():
            if f"{name}-{check.name}" not in graded:
                yield f"{name} has a check {check.name}, and no grade cell for it"
            if check.reread not in headings:
                yield f"{name}-{check.name} sends back to {check.reread!r}, which is no heading of the lesson"
        if unknown := {check for wrong in exercise.wrong_answers for check in wrong.fails} - exercise.checks.keys():
            yield f"wrong answers of {name} fail {', '.join(sorted(unknown))}, which are no checks of it"
    for asked in predictions_of(lesson.packages.checks_of(lesson.stem)).values():
        if asked.exercise and asked.exercise not in known:
            yield f"the prediction {asked.name} names {asked.exercise}, which is no exercise of the lesson"


def in_one_process(lesson: Lesson, notebook: NotebookNode, seed: int, only: set[str] | None = None) -> Messages:
    """Judge a notebook as Jupyter and Validate do: its cells and the grade cells share this process.

    For example submissions only: nothing here protects the process from the notebook.
    """
    return dict(one_by_one(lesson, notebook, seed, only))


def one_by_one(
    lesson: Lesson, notebook: NotebookNode, seed: int, only: set[str] | None = None
) -> Iterator[tuple[str, Message]]:
    """The same, each grade cell with its message as it has been judged."""
    forget()
    names: dict[str, object] = {"__name__": "__main__"}
    last = lesson.last(only or set())
    problems: dict[str, LearnerError] = {}
    for cell in notebook.cells:
        grade_id = marks(cell).get("grade_id", cell.get("id", ""))
        if runs(cell):
            try:
                with redirect_stdout(io.StringIO()):
                    run(cell.source, f"<cell {grade_id}>", names)
            except Exception as error:
                problems[grade_id] = LearnerError.of(error)
        elif is_grade(cell) and (only is None or grade_id in only):
            yield grade_id, judge(lesson, cell, names, problems, seed, cells=notebook.cells)
            if grade_id == last:
                break
