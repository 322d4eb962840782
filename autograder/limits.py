"""What a submission may use; the one place for the defaults. Grader's side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one submission."""

    cell_seconds: float = 30.0
    """Wall clock of one cell of the submission, or of one grade cell with all its calls."""
