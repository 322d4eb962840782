"""Whether the solved lesson shows what its predictions say is right: it is run as Jupyter runs it. Grader's side."""

from __future__ import annotations

import copy
from tempfile import TemporaryDirectory

from nbclient import NotebookClient

from autograder.lesson import Lesson
from autograder.predictions import Prediction, predictions_of, told_in


def shown(lesson: Lesson) -> list[str]:
    """The predictions whose outcome, in a run of the solved lesson, is not that the right option is right."""
    known = predictions_of(lesson.packages.checks_of(lesson.stem))
    said = outcomes(lesson, known) if known else {}
    return [
        f"{name}: to somebody who predicts {known[name].right}, the solved lesson says:\n{words}"
        for name, words in said.items()
        if not words.startswith("✓")
    ]


def outcomes(lesson: Lesson, known: dict[str, Prediction]) -> dict[str, str]:
    """What a run of the solved lesson says of each prediction, to somebody who predicts all of them right."""
    notebook = copy.deepcopy(lesson.source)
    cells = {cell.source: cell for cell in notebook.cells}
    for asked in known.values():
        cells[asked.cell()].source = asked.cell(asked.right)
    with TemporaryDirectory(prefix="lesson-") as folder:
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}})
        client.extra_arguments = ["--log-level=ERROR"]  # a kernel warns about its transport each time
        client.execute()
    found = {told_in(cell.source): cell for cell in notebook.cells if cell.cell_type == "code"}
    return {name: "".join(output.get("text", "") for output in found[name].outputs) for name in known}
