"""What it costs to start: the help, one notebook checked, a class of one graded; now, and in an earlier state.

Prints ratios, in which a busy machine matters less; ``--write`` writes them into benchmarks/start.md.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from record import measured, table
from sides import BEFORE, STEM, Cost, Side, in_turn, sides

NOTEBOOK = f"submitted/student000/{STEM}/{STEM}.ipynb"
COMMANDS = {
    "autograder --help": ("--help",),
    "autograder check NOTEBOOK": ("check", NOTEBOOK),
    "autograder grade LESSON, one submission": ("grade", STEM, "--force", "--jobs", "1"),
    "autograder grade LESSON, nothing new": ("grade", STEM, "--jobs", "1"),
}
PROCESSES = {
    "a command, before it does anything": "autograder.cli",
    "a process that grades": "autograder.classes.preloaded",
    "the process that workers are forked from": "autograder.boundary.forks",
}


def main(
    before: Annotated[str, typer.Option(help="The commit to compare with.")] = BEFORE,
    rounds: Annotated[int, typer.Option(min=1, help="How often each command runs on each side.")] = 5,
    write: Annotated[bool, typer.Option("--write", help="Write the record, benchmarks/start.md.")] = False,
) -> None:
    """Measure what a start costs beside an earlier state of this repository."""
    with sides(before) as found:
        lines = [
            "# What a start costs",
            "",
            f"Each command of this state and of commit {before}, in turn, {rounds} times in one run; the medians' "
            "ratios. Processor time is that of all processes that a command starts, until the last has ended.",
            "",
            *of_commands(found, rounds),
            "",
            "How many modules a process imports before its first task:",
            "",
            *of_processes(found),
            "",
            measured(__file__),
        ]
    text = "\n".join(lines)
    print(text)
    if write:
        Path(__file__).with_suffix(".md").write_text(f"{text}\n", encoding="utf-8")


def of_commands(found: dict[str, Side], rounds: int) -> list[str]:
    """A row for each command."""
    rows = []
    for name, arguments in COMMANDS.items():
        cost = in_turn(partial(_run, arguments), found, rounds)
        ratios = [f"{now / then:.2f}" for now, then in zip(cost["now"], cost["before"], strict=True)]
        rows.append([f"`{name}`", *ratios, *(f"{seconds:.2f}" for seconds in cost["now"])])
    return table(["command", "processor, before = 1", "clock, before = 1", "processor, s", "clock, s"], rows)


def _run(arguments: tuple[str, ...], side: Side) -> Cost:
    return side.costs("-m", "autograder", *arguments)


def of_processes(found: dict[str, Side]) -> list[str]:
    """A row for each process."""
    count = "import sys, {}; print(len(sys.modules))"
    rows = [
        [name, *(side.says(count.format(module)).strip() for side in found.values())]
        for name, module in PROCESSES.items()
    ]
    return table(["process", *found], rows)


if __name__ == "__main__":
    typer.run(main)
