"""A small class to look at: example submissions handed in by made-up students. Grader's side; it runs nobody's code."""

from __future__ import annotations

import shutil

import nbformat

from autograder.build import build
from autograder.course import CONFIG, Course
from autograder.submission import read_submission
from autograder.verify import Example, examples

STUDENTS = {
    "accepted": "ada",
    "wrong_answer": "ben",
    "run_time_error": "chloe",
    "tampering": "dev",
}
"""Who hands in which kind of work; emil hands in the right half of it, and fay the untouched notebook."""


def lay_out_class(course: Course) -> Course:
    """A course of its own in build/demo/, with one submission of each kind in submitted/."""
    root = course.root / "build" / "demo"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    shutil.copy(course.root / CONFIG, root)
    shutil.copytree(course.root / "solutions", root / "solutions")
    demo = Course(root)
    for path in build([], root):
        lesson = demo.lesson(path.stem)
        handed_in = {"fay": read_submission(path)}
        for verdict, student in STUDENTS.items():
            chosen = [example for example in examples(course, path.stem) if example.verdict == verdict]
            handed_in[student] = _together(chosen).submission(lesson)
        half = [cell.source for cell in lesson.source.cells]
        handed_in["emil"] = read_submission(path)
        for cell, source in zip(handed_in["emil"].cells[: len(half) // 2], half, strict=False):
            cell.source = source
        for student, notebook in handed_in.items():
            target = demo.folder("submitted", student, path.stem) / path.name
            target.parent.mkdir(parents=True)
            nbformat.write(notebook, target)
    return demo


def _together(chosen: list[Example]) -> Example:
    """One submission with the first answer that some example gives to each exercise."""
    answers: dict[str, str] = {}
    for example in chosen:
        answers = {**example.answers, **answers}
    return Example(chosen[0].path, chosen[0].verdict, answers, {})
