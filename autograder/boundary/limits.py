"""What a submission may use, hold, send and show; the one place for all of it. Both sides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

MIB, GIB = 2**20, 2**30

# What is handed in.
MAX_BYTES = 50 * MIB
"""Bytes of a notebook's file."""
MAX_CELLS = 3_000
"""Cells of a notebook."""
MAX_SOURCE = 100_000
"""Characters of a cell: a longer cell of code is not run, of longer prose the rest is left out."""
MAX_TAGS = 20
"""Tags of a cell."""
MAX_MARK = 200
"""Characters of a tag, or of another mark of a cell."""
MAX_ATTACHED = 5 * MIB
"""Characters of the pictures that are attached to a cell."""
MAX_BESIDE = 100
"""Files beside a notebook."""
MAX_BESIDE_BYTES = 20 * MIB
"""Bytes of these in all."""
MAX_MIRRORED = 8 * MIB
"""Bytes of the files that one call may write where a grade cell reads them."""
MAX_OWN, MAX_OWN_BYTES = 1_000, 64 * MIB
"""Files that the course itself has beside a notebook, and bytes of them in all."""

# What crosses the boundary in one message.
MAX_MESSAGE = 64 * MIB
"""Bytes in all."""
MAX_TREE = 32 * MIB
"""Bytes of its JSON text."""
MAX_PARTS = 1_000_000
"""Values of its JSON text."""
MAX_DEPTH = 100
"""Lists, tuples and dicts within each other."""
MAX_TENSORS = 10_000
MAX_DIMS = 16
"""Dimensions of a tensor."""

MAX_REQUESTS = 200_000
"""Of one grade cell to the submission: calls, attributes, steps of an iteration."""

# How long the grader's side may take over what crosses.
ANSWERED_WITHIN = 5.0
"""Seconds that a grade cell may take beyond those of the worker, which is asked first and waited for."""

PAGE_SECONDS, PAGE_BYTES = 300.0, 4 * GIB
"""What it may take to make a feedback page, beyond the memory that is taken before."""

# What people get to see.
MAX_SAID = 5_000
"""Characters of each part of a check's message."""
MAX_OUTPUTS = 200
"""Outputs of a cell."""
MAX_TEXT = 100_000
"""Characters of an output."""
MAX_IMAGE = 4 * MIB
"""Characters of a picture, in base64."""
MAX_PIXELS = 40_000_000
"""Pixels of a picture: one of few bytes can have many, and a browser needs four bytes for each."""
MAX_SHOWN = 8 * MIB
"""Characters of all outputs of a submission, pictures included."""
MAX_PICTURES = 100
"""Pictures of a submission."""
# Readers of markdown, of formulas and of code take quadratic time on some texts.
MAX_PROSE = 10_000
"""Characters of a cell of prose that is shown as prose; a longer one is shown as text."""
MAX_PROSE_IN_ALL = 100_000
"""Characters of a submission that are shown as prose; and so on for what follows."""
MAX_FORMULA = 2_000
"""Characters of a formula that is drawn."""
MAX_FENCED = 1_000
"""Characters of code within prose that names its language: colours are up to whoever shows it."""
MAX_CODE = 20_000
"""Characters that are shown of a cell of code."""
MAX_CODE_IN_ALL = 500_000
MAX_COLOURED = 10_000
"""Characters of a cell of code in colours; a longer one is shown in one colour."""
MAX_COLOURED_IN_ALL = 200_000


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
    """Wall clock of a whole submission, and again of judging what failed a second time."""
    task_seconds: float = 900.0
    """Wall clock of all that is done for one submission; no verdict follows, and a person has to look at it."""
    cpu_seconds: int = 600
    """Processor time of one worker, all threads together."""
    memory_bytes: int = 4 * GIB
    """Address space beyond what a worker has when it starts; and what the grader has when it begins to grade."""
    file_bytes: int = GIB // 8
    """Size of one file in the scratch folder."""
    disk_bytes: int = GIB // 4
    """Size of all files in it together, whatever their names."""
    files: int = 10_000
    """How many files and folders it may hold."""
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
