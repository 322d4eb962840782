"""What a submission may use; the one place for the defaults. Grader's side."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

GIB = 2**30


class Isolation(StrEnum):
    """How far a worker locks itself in."""

    NONE = "none"
    PROCESS = "process"
    FULL = "full"
    STRONGEST = "strongest"


class IsolationError(Exception):
    """The isolation that was asked for cannot be had here; the message says what is missing."""


@dataclass(frozen=True)
class Limits:
    """Limits of one submission."""

    cell_seconds: float = 30.0
    """Wall clock of one cell of the submission, or of one grade cell with all its calls."""
    submission_seconds: float = 300.0
    """Wall clock of a whole submission."""
    cpu_seconds: int = 600
    """Processor time of one worker, all threads together."""
    memory_bytes: int = 4 * GIB
    """Address space beyond what a worker has when it starts."""
    file_bytes: int = GIB // 8
    """Size of one file in the scratch folder."""
    open_files: int = 256
    """Open files at a time."""
    threads: int = 64
    """Threads at a time, where the worker has a user of its own; the address space bounds them elsewhere."""
    output_characters: int = 16 * 2**20
    """Text printed in one cell or call before the worker is stopped; far less than this is kept and shown."""
    isolation: str = "strongest"
    """How far a worker locks itself in: none, process, full (refuse without all layers), or strongest to be had."""

    def for_worker(self) -> dict[str, float | str]:
        """What a worker has to know, as a plain value."""
        return asdict(self)
