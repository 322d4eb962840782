"""Lesson 7's checks with every input on a CUDA device, on the reference answers and the right examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from autograder.checks.lesson07_mixed_precision_gpu.device import DEVICE
from autograder.course import Course
from autograder.judging import run
from autograder.lesson import Lesson
from autograder.proofs.verify import Example, examples, in_one_process
from autograder.submission import runs
from autograder.verdict import Verdict

STEM = "lesson07_mixed_precision_gpu"
COURSE = Course.containing(Path(__file__).parent)
RIGHT = [None, *(example for example in examples(COURSE, STEM) if not example.fails)]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return COURSE.lesson(STEM)


@pytest.fixture(autouse=True)
def on_cuda() -> Iterator[None]:
    token = DEVICE.set("cuda")
    yield
    DEVICE.reset(token)


@pytest.mark.parametrize("example", RIGHT, ids=lambda example: example.name if example else "reference")
def test_right_answers_pass_every_check_on_the_device(lesson: Lesson, example: Example | None) -> None:
    notebook = example.submission(lesson) if example else lesson.source
    only = example.touched(lesson) if example else None
    said = in_one_process(lesson, notebook, 7, only)
    assert said
    assert not [str(message) for message in said.values() if message.verdict is not Verdict.ACCEPTED]


def test_autocast_on_the_device_raises_what_the_lesson_says(lesson: Lesson) -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in filter(runs, lesson.source.cells):
        run(cell.source, "<cell>", names)
    dtypes = names["dtypes_under_autocast"](torch.device("cuda"))  # type: ignore[operator]
    for operation in ("exp", "log", "pow", "sum", "softplus", "BCE with logits"):
        assert dtypes[operation] == "torch.float32"
    assert dtypes["matmul"] in ("torch.bfloat16", "torch.float16")
