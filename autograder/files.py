"""Files that are there as a whole or not at all. Grader's side."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file in one step; whatever stops it, what was there before stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    # The name of a folder, and so of a learner, need not be text.
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
