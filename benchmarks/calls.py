"""What the calls of one submission cost: messages, bytes and processor time; now, and in an earlier state.

Prints ratios, in which a busy machine matters less; ``--write`` writes them into benchmarks/calls.md.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Annotated

import typer
from record import measured, table
from sides import BEFORE, STEM, Side, sides

PROGRAM = """
import json, sys, time
from unittest.mock import patch
from autograder.boundary import frames
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template
from autograder.course import Course
from autograder.classes import preloaded
from autograder.grading import Grader
from autograder.submission import read_submission
from pathlib import Path

spent = dict.fromkeys(["messages", "bytes", "calls", "worker", "all"], 0)

def counted(function):
    def measured(*arguments, **named):
        outer, started = spent["calls"], time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            spent["calls"] = outer + time.process_time() - started
    return measured

def sending(channel, tree, blob=b"", deadline=None):
    spent["messages"] += 1
    spent["bytes"] += len(blob)
    return send(channel, tree, blob, deadline)

def receiving(*arguments):
    tree, blob = receive(*arguments)
    spent["bytes"] += len(blob)
    return tree, blob

send, receive = frames.send, frames.receive
stem, path, rounds = sys.argv[1:]
course = Course(Path.cwd())
notebook, found = read_submission(Path(path)), []
for name in ("lookup", "call", "backward"):
    setattr(RemoteWorker, name, counted(getattr(RemoteWorker, name)))
with Template(course.packages) as template, Grader(course.lesson(stem), template) as grader:
    with patch.object(frames, "send", sending), patch.object(frames, "receive", receiving):
        for _ in range(int(rounds)):
            spent = dict.fromkeys(spent, 0)
            started = time.process_time()
            grade = grader.grade(notebook, seed=1)
            assert grade.points == grade.max_points
            spent["all"], spent["worker"] = time.process_time() - started, grade.cpu_seconds
            found.append(spent)
print(json.dumps(found[1:]))
"""
WHAT = {
    "messages to the worker": "messages",
    "bytes of tensors, both ways": "bytes",
    "the grader's processor time in look-ups, calls and gradients": "calls",
    "the worker's processor time": "worker",
    "the grader's processor time in all": "all",
}


def main(
    before: Annotated[str, typer.Option(help="The commit to compare with.")] = BEFORE,
    rounds: Annotated[int, typer.Option(min=1, help="How often each side grades, in turn.")] = 5,
    write: Annotated[bool, typer.Option("--write", help="Write the record, benchmarks/calls.md.")] = False,
) -> None:
    """Measure what a submission's calls cost beside an earlier state of this repository."""
    spent: dict[str, list[dict[str, float]]] = {"before": [], "now": []}
    with sides(before) as found:
        for _ in range(rounds):
            for name, side in found.items():
                spent[name] += of_one_process(side)
    rows = []
    for what, key in WHAT.items():
        then, now = (statistics.median(each[key] for each in spent[name]) for name in ("before", "now"))
        unit = 1000 if key in ("calls", "worker", "all") else 1
        rows.append([what, f"{then * unit:,.0f}", f"{now * unit:,.0f}", f"{now / then:.2f}"])
    text = "\n".join(
        [
            "# What the calls of a submission cost",
            "",
            f"The reference solution of lesson 3, graded by this state and by commit {before}, in turn; medians. Times "
            "are milliseconds of processor time.",
            "",
            *table(["of one submission", "before", "now", "before = 1"], rows),
            "",
            measured(__file__),
        ]
    )
    print(text)
    if write:
        Path(__file__).with_suffix(".md").write_text(f"{text}\n", encoding="utf-8")


def of_one_process(side: Side, submissions: int = 7) -> list[dict[str, float]]:
    """What each of some submissions takes that one process grades, after its first."""
    notebook = f"submitted/student000/{STEM}/{STEM}.ipynb"
    return json.loads(side.says(PROGRAM, STEM, notebook, str(submissions)))


if __name__ == "__main__":
    typer.run(main)
