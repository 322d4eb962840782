"""What rests on the word of the learner's side: the checks that ask a function beside it. Grader's side.

``python -m autograder.proofs.testimony --write`` writes the table of autograder/README.md from a run of the reference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.boundary.learner import believed
from autograder.course import Course
from autograder.files import write_whole
from autograder.lesson import Lesson
from autograder.proofs.verify import one_by_one

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = (
    "<!-- testimony: written by `python -m autograder.proofs.testimony --write` -->\n",
    "<!-- end of testimony -->\n",
)


def asked_in(lesson: Lesson) -> dict[str, list[Callable]]:
    """Grade cell -> the functions beside the learner's code that its check asks, when the reference is judged."""
    found: dict[str, list[Callable]] = {}
    asked: list[Callable] = []
    token = believed.set(asked)
    try:
        for grade_id, _ in one_by_one(lesson, lesson.source, 0):
            found |= {grade_id: list(dict.fromkeys(asked))} if asked else {}
            asked.clear()
    finally:
        believed.reset(token)
    return found


def table(course: Course) -> Iterator[str]:
    """The lines of the table: what is told, and which checks believe it."""
    yield "| told by | what it tells | believed by |\n"
    yield "| --- | --- | --- |\n"
    by_function: dict[Callable, list[str]] = {}
    for stem in course.stems:
        for grade_id, functions in asked_in(course.lesson(stem)).items():
            for function in functions:
                by_function.setdefault(function, []).append(grade_id)
    for function, checks in by_function.items():
        tells = (function.__doc__ or "").strip().splitlines()[0]
        name = f"{function.__module__.removeprefix('autograder.')}.{function.__name__}"
        yield f"| `{name}` | {tells} | {', '.join(f'`{check}`' for check in checks)} |\n"


def readme(course: Course) -> str:
    """The README with the table of today."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + "".join(table(course)) + END + rest.partition(END)[2]


if __name__ == "__main__":
    written = readme(Course.containing(Path.cwd()))
    if sys.argv[1:] == ["--write"]:
        write_whole(README, written)
    else:
        print(written.partition(BEGIN)[2].partition(END)[0], end="")
