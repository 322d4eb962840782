"""A folder that looks the same on both sides: files that somebody writes there, told as names and bytes. Both sides.

Nothing is followed, run or made executable; a name that leads out of the folder is no name.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.boundary.limits import MAX_BESIDE, MAX_MIRRORED, MAX_OWN, MAX_OWN_BYTES
from autograder.errors import CannotCross

_DEEP = 8
Stamp = tuple[int, int, int]


class Mirror:
    """One side's folder, and what of it the other side has."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._told: dict[str, Stamp] = {}
        self._first = self._found()

    def begin(self, common: Iterable[str]) -> None:
        """The other side has nothing but these, as they were at first."""
        self._told = {name: self._first[name] for name in common if name in self._first}

    def changes(self) -> dict[str, Any]:
        """What was written and removed here since the other side was told."""
        found = self._found()
        new = [name for name, stamp in found.items() if self._told.get(name) != stamp]
        if len(new) > MAX_BESIDE or sum(found[name][0] for name in new) > MAX_MIRRORED:
            raise CannotCross("a value over the limit of what crosses")
        gone = [name for name in self._told if name not in found]
        self._told = found
        folders = [name for name in new if name.endswith("/")]
        files = [[name, b64encode((self.root / name).read_bytes()).decode()] for name in new if name not in folders]
        return {"folders": folders, "files": files, "gone": gone} if new or gone else {}

    def apply(self, changes: Any, accepts: Callable[[str, bytes], bool]) -> None:
        """Do here what was done there; ``accepts`` says of each file whether it may lie here."""
        folders, files, gone = ([*changes.get(kind, ())] for kind in ("folders", "files", "gone"))
        if len(folders) + len(files) > MAX_BESIDE:
            raise ValueError("more files than the limit")
        for name in map(self._inside, folders):
            name.mkdir(parents=True, exist_ok=True)
        for told, text in files:
            target, content = self._inside(told), b64decode(text, validate=True)
            if accepts(told, content):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                target.write_bytes(content)
        for told in gone:
            if told in self._told and accepts(told, b""):
                target = self._inside(told)
                with suppress(OSError):  # a folder that is not empty here
                    target.rmdir() if told.endswith("/") else target.unlink(missing_ok=True)
        found = self._found()
        if len(found) > MAX_OWN or sum(size for size, *_ in found.values()) > MAX_OWN_BYTES:
            raise ValueError("more files than the limit")
        self._told = {name: found[name] for name in found if name in self._told or name in [*folders, *dict(files)]}

    def _inside(self, name: Any) -> Path:
        path = PurePosixPath(name)
        if len(name) > 200 or not name.isprintable() or path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError("no name of a file")
        if any(part.startswith(".") for part in path.parts):  # no honest side tells of these
            raise ValueError("a hidden file")
        target = self.root
        for part in path.parts:
            if (target := target / part).is_symlink():
                raise ValueError("a link")
        return target

    def _found(self) -> dict[str, Stamp]:
        return dict(self._walk(self.root, ""))

    def _walk(self, folder: Path, prefix: str) -> Iterator[tuple[str, Stamp]]:
        if prefix.count("/") > _DEEP:
            raise CannotCross("a value over the limit of what crosses")
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith((".", "__pycache__")) or not entry.name.isprintable():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield f"{prefix}{entry.name}/", (0, 0, 0)
                    yield from self._walk(Path(entry.path), f"{prefix}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    told = entry.stat(follow_symlinks=False)
                    yield f"{prefix}{entry.name}", (told.st_size, told.st_mtime_ns, told.st_ino)
