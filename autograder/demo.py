"""A small class to look at: example submissions handed in by made-up students. Grader's side; it runs nobody's code."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build import build
from autograder.course import CONFIG, Course
from autograder.lesson import Lesson, answered
from autograder.predictions import predictions_of
from autograder.proofs.verify import TAMPERING, Example, examples
from autograder.submission import read_submission
from autograder.verdict import Verdict

CHEATS = ("patched_allclose", "lying_tensor", "exits_process", "writes_gradebook")


def lay_out_class(course: Course, stems: Sequence[str] = ()) -> tuple[Course, dict[str, dict[str, str]]]:
    """A course of its own in build/demo/ with a class's work in submitted/.

    Also what each student handed in, by lesson: of these lessons, or of all.
    """
    root = course.root / "build" / "demo"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    shutil.copy(course.root / CONFIG, root)
    for own in (course.root / "solutions", *_own(course)):
        shutil.copytree(own, root / own.relative_to(course.root))
    demo = Course(root)
    said: dict[str, dict[str, str]] = {}
    for path in build(stems, root):
        release, said[path.stem] = read_submission(path), {}
        for student, story, notebook in _class(demo.lesson(path.stem), release, examples(course, path.stem)):
            said[path.stem][student] = story
            target = demo.folder("submitted", student, path.stem) / path.name
            target.parent.mkdir(parents=True)
            nbformat.write(notebook, target)
    return demo, said


def _own(course: Course) -> list[Path]:
    """The packages that a course has in its folder, and not with this grader."""
    packages = course.packages.folders((*course.packages.checks, *course.packages.beside))
    return [each for each in packages if course.root in each.parents and Path(__file__).parent not in each.parents]


def _class(lesson: Lesson, release: NotebookNode, known: list[Example]) -> Iterator[tuple[str, str, NotebookNode]]:
    """Student, what they handed in, their notebook."""
    right = {name: cell.source for name, cell in lesson.cells.items() if name in lesson.exercises.values()}
    # The variance in place of the standard deviation is the commonest mistake of all: it goes first.
    named = sorted(filter(_names_a_mistake, known), key=lambda example: "variance" not in example.name)
    wrong = _first_answers(named)
    half = dict(list(right.items())[: len(right) // 2])
    foresaw, erred = (_predicted(release, lesson, rightly) for rightly in (True, False))
    yield "ada", "right predictions and answers", answered(foresaw, right)
    accepted = (example for example in known if example.verdict == Verdict.ACCEPTED)
    yield (
        "ben",
        "wrong predictions, right answers in other words",
        answered(erred, right | _first_answers(accepted)),
    )
    yield "chloe", "the first half; the rest untouched", answered(release, half)
    yield "dan", "wrong predictions, and a common mistake in every exercise", answered(erred, right | wrong)
    if errors := _first_answers(filter(_stops, known)):
        yield "emil", "code that stops with errors", answered(release, right | errors)
    yield "fay", "nothing: the notebook as released", release
    for student, cheat in zip(("gus", "hana", "ivo", "juno"), CHEATS, strict=True):
        tricks = _first_answers(example for example in known if example.name == f"{TAMPERING}/{cheat}")
        if tricks:
            yield (
                student,
                f"mistakes, and a trick: {cheat.replace('_', ' ')}",
                answered(release, right | wrong | tricks),
            )


def _predicted(notebook: NotebookNode, lesson: Lesson, rightly: bool) -> NotebookNode:
    """A copy of the notebook in which every prediction is made: the right one, or the first that is wrong."""
    copied = copy.deepcopy(notebook)
    cells = {cell.source: cell for cell in copied.cells}
    for asked in predictions_of(lesson.packages.checks_of(lesson.stem)).values():
        letter = next(letter for letter in asked.options if (letter == asked.right) is rightly)
        cells[asked.cell()].source = asked.cell(letter)
    return copied


def _names_a_mistake(example: Example) -> bool:
    return example.verdict == Verdict.WRONG_ANSWER and any(told.mistake for told in example.fails.values())


def _stops(example: Example) -> bool:
    return any(told.verdict is Verdict.RUN_TIME_ERROR for told in example.fails.values())


def _first_answers(chosen: Iterable[Example]) -> dict[str, str]:
    """The first answer that some example gives to each exercise."""
    answers: dict[str, str] = {}
    for example in chosen:
        answers = example.answers | answers
    return answers
