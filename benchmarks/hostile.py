"""The hostile corpus with isolation on, with isolation off, and its attacks on the grade against stock nbgrader.

Every attack is bounded by itself, so that it may run unprotected; whatever it does is put right afterwards.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Column, Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hostile"))

from corpus import STEM, Attack, Surroundings, corpus

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import Lesson, answered, marks

ON_THE_GRADE = (
    "patched libraries",
    "transformers and hooks",
    "modules in place of functions",
    "objects that lie",
)
STOCK_EVERY = 2  # a stock notebook takes seconds; every second attack is enough to compare


@dataclass(frozen=True)
class Result:
    """What one attack achieved."""

    attack: str
    gained: float
    leaked: list[str]
    changed: list[str]
    left: list[str]

    def __bool__(self) -> bool:
        return bool(self.gained > 0 or self.leaked or self.changed or self.left)


def deserved(attack: Attack, lesson: Lesson) -> float:
    """The points that the honest answers of the submission are worth."""
    honest = (name for name in lesson.exercises if "accepted" in attack.expects.get(name, {"accepted"}))
    return sum(map(lesson.points, honest))


def ours(surroundings: Surroundings, isolation: str) -> Iterator[Result]:
    """Every attack under this project's engine."""
    limits = Limits(cell_seconds=2, isolation=isolation)
    with Template(surroundings.course.packages) as template:
        for attack in corpus():
            with Grader(surroundings.lesson, template, limits) as grader:
                grade = grader.grade(attack.submission(surroundings.lesson, surroundings.places), seed=1)
                neighbour = grader.grade(surroundings.neighbour, seed=1)
            changed = surroundings.harmed() + ([] if neighbour.points == 8 else ["the neighbour's points"])
            left = surroundings.left_over(template.scratch)
            gained = grade.points - deserved(attack, surroundings.lesson)
            name = f"{attack.path.parent.name}/{attack.path.stem}"
            yield Result(name, gained, surroundings.leaked(grade), changed, left)
            if changed or left:
                surroundings.repair(template.scratch)


def stock(surroundings: Surroundings) -> Iterator[Result]:
    """The attacks on the grade under `nbgrader autograde`, with the same cells and nbgrader's own configuration."""
    root = surroundings.root.parent / "stock"
    (root / "source" / STEM).mkdir(parents=True)
    shutil.copy(surroundings.root / "build" / "source" / STEM / f"{STEM}.ipynb", root / "source" / STEM)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    nbgrader(root, "generate_assignment")
    release = nbformat.read(root / "release" / STEM / f"{STEM}.ipynb", as_version=4)
    attacks = [attack for attack in corpus() if attack.kind in ON_THE_GRADE][::STOCK_EVERY]
    for attack in attacks:
        attacking = attack.submission(surroundings.lesson, surroundings.places)
        sources = {marks(cell)["grade_id"]: cell.source for cell in attacking.cells if marks(cell).get("solution")}
        notebook = answered(release, sources)
        notebook.cells = (
            attacking.cells[: len(attacking.cells) - len(surroundings.lesson.source.cells)] + notebook.cells
        )
        target = root / "submitted" / f"{attack.path.parent.name}-{attack.path.stem}" / STEM / f"{STEM}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    nbgrader(root, "autograde")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        scores = {row.student.id: row.score for row in gradebook.assignment_submissions(STEM)}
    for attack in attacks:
        name = f"{attack.path.parent.name}-{attack.path.stem}"
        yield Result(name, scores.get(name, 0.0) - deserved(attack, surroundings.lesson), [], [], [])


def nbgrader(root: Path, command: str) -> None:
    """Run one of nbgrader's commands; that a submission cannot be graded is no failure of it."""
    options = ["--ExecutePreprocessor.timeout=10", "--Execute.timeout=10"] if command == "autograde" else []
    subprocess.run(
        [sys.executable, "-m", "nbgrader", command, STEM, *options], cwd=root, check=False, capture_output=True
    )


def main() -> None:
    """Run all three, and print one table and what each attack achieved."""
    console = Console()
    right = [
        Column(name, justify="right")
        for name in ("attacks", "gained points", "points", "leaked", "harmed others", "left over")
    ]
    table = Table("graded by", *right)
    with TemporaryDirectory() as folder, Surroundings(Path(folder)) as surroundings:
        surroundings.remember()
        for name, results in {
            "autograder, isolation on": ours(surroundings, "strongest"),
            "autograder, isolation none": ours(surroundings, "none"),
            "stock nbgrader, attacks on the grade": stock(surroundings),
        }.items():
            done = list(results)
            winners = [result for result in done if result.gained > 0]
            counts = [
                sum(map(bool, column)) for column in zip(*((r.leaked, r.changed, r.left) for r in done), strict=True)
            ]
            points = sum(result.gained for result in winners)
            shown = ["-"] * 3 if name.startswith("stock") else map(str, counts)
            table.add_row(name, str(len(done)), str(len(winners)), f"{points:g}", *shown)
            for result in filter(None, done):
                console.print(f"{name}: {result}"[:300], markup=False, highlight=False, soft_wrap=True)
    console.print(table)


if __name__ == "__main__":
    main()
