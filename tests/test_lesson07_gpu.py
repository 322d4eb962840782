"""Lesson 7's checks with every input on a CUDA device, on the reference answers and the right examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from autograder.checking import seeded
from autograder.checks import lesson07_mixed_precision_gpu as checks
from autograder.course import Course
from autograder.grading import python
from autograder.lesson import Lesson
from autograder.submission import runs
from autograder.verify import Example, examples

STEM = "lesson07_mixed_precision_gpu"
COURSE = Course.containing(Path(__file__).parent)
RIGHT = [None, *(example for example in examples(COURSE, STEM) if example.verdict == "accepted")]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return COURSE.lesson(STEM)


@pytest.fixture(autouse=True)
def on_cuda() -> Iterator[None]:
    token = checks.DEVICE.set("cuda")
    yield
    checks.DEVICE.reset(token)


@pytest.mark.parametrize("example", RIGHT, ids=lambda example: example.path.stem if example else "reference")
def test_right_answers_pass_every_check_on_the_device(lesson: Lesson, example: Example | None) -> None:
    notebook = example.submission(lesson) if example else lesson.source
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in filter(runs, notebook.cells):
        exec(python(cell.source), names)
    for grade_id in sorted(example.touched(lesson) if example else lesson.exercises):
        with seeded(7):
            getattr(checks, grade_id.replace("-", "_"))(names[lesson.exercises[grade_id]])


def test_autocast_on_the_device_raises_what_the_lesson_says(lesson: Lesson) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in filter(runs, lesson.source.cells):
        exec(python(cell.source), names)
    dtypes = names["dtypes_under_autocast"](torch.device("cuda"))  # type: ignore[operator]
    for operation in ("exp", "log", "pow", "sum", "softplus", "BCE with logits"):
        assert dtypes[operation] == "torch.float32"
    assert dtypes["matmul"] in ("torch.bfloat16", "torch.float16")
