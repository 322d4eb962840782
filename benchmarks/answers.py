"""Judge answers that nobody listed, from a file, and count what becomes of them.

    python benchmarks/answers.py answers.json [LESSON ...] [--messages FILE]

The file is a JSON list of objects: ``lesson``, ``exercise``, ``kind`` (right or wrong), ``name``, ``source``, and
perhaps ``before`` (a cell that stands before the answer) and ``more`` (answers to other exercises). The reference
answers all else. ``--messages`` writes all that was said, to be read: no sentence after "likely" may be untrue.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from nbformat import NotebookNode, v4
from rich.console import Console
from rich.table import Table

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.course import Course
from autograder.grading import Grader
from autograder.lesson import Lesson, answered
from autograder.verdict import Message, Verdict

SEED = 7
out = Console()


def submission(lesson: Lesson, answer: dict[str, Any]) -> NotebookNode:
    """The reference solution with the answer in it."""
    notebook = answered(lesson.source, {answer["exercise"]: answer["source"]} | (answer.get("more") or {}))
    if answer.get("before"):
        place = next(i for i, cell in enumerate(notebook.cells) if cell.id == answer["exercise"])
        notebook.cells.insert(place, v4.new_code_cell(answer["before"]))
    return notebook


def judged(grader: Grader, answer: dict[str, Any]) -> dict[str, Message]:
    """What each check of the answer's exercise said."""
    lesson = grader.lesson
    only = {grade_id for grade_id, exercise in lesson.exercises.items() if exercise == answer["exercise"]}
    return {check.grade_id: check.message for check in grader.grade(submission(lesson, answer), SEED, only).checks}


def main(
    answers: Path,
    lessons: Annotated[list[str] | None, typer.Argument(help="Lessons by name; all if none is given.")] = None,
    messages: Annotated[Path | None, typer.Option(help="Write what was said of each answer to this file.")] = None,
) -> None:
    """Count what becomes of the answers."""
    course = Course.containing(Path(__file__))
    given = json.loads(answers.read_text(encoding="utf-8"))
    counts: dict[str, Counter[str]] = {}
    said = []
    with Template(course.packages) as template:
        for stem in lessons or course.stems:
            counts[stem] = Counter()
            with Grader(course.lesson(stem), template, Limits(cell_seconds=60)) as grader:
                for answer in (each for each in given if each["lesson"] == stem):
                    found = judged(grader, answer)
                    failed = {name: each for name, each in found.items() if each.verdict is not Verdict.ACCEPTED}
                    counts[stem].update(outcomes(answer["kind"], failed))
                    title = f"## {stem} {answer['exercise']}/{answer['name']} ({answer['kind']})"
                    said.append(
                        "\n\n".join([title, answer["source"], *(map(str, failed.values())), f"{len(failed)} fail"])
                    )
    table = Table("lesson", "right", "rejected", "wrong", "passed", "named")
    for stem, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        table.add_row(stem, *(str(count[name]) for name in ("right", "rejected", "wrong", "passed", "named")))
    out.print(table)
    if messages:
        messages.write_text("\n\n\n".join(said) + "\n", encoding="utf-8")


def outcomes(kind: str, failed: dict[str, Message]) -> list[str]:
    """Under what an answer counts."""
    if kind == "right":
        return ["right", *(["rejected"] if failed else [])]
    named = any(message.mistake for message in failed.values())
    return ["wrong", *([] if failed else ["passed"]), *(["named"] if named else [])]


if __name__ == "__main__":
    typer.run(main)
