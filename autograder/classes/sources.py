"""What a source of submissions holds: the files of a folder, a zip, or one notebook. Grader's side; runs nobody's code.

Nothing is followed out of a source, nothing is unpacked to disk, and no more is read than a notebook may hold.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from autograder.boundary.limits import MAX_BYTES
from autograder.classes.naming import is_notebook
from autograder.classes.times import sensible
from autograder.submission import SubmissionError, read_content

MAX_FILES = 50_000
MAX_TOTAL = 4 * 2**30
# What operating systems, Jupyter and Python leave in folders and zips.
_LITTER = re.compile(r"\.(?!ipynb$).*|__MACOSX|__pycache__|Thumbs\.db|desktop\.ini", re.DOTALL)


@dataclass(frozen=True)
class SourceFile:
    """A file in a source: its path there, what people call it, and how to read it."""

    path: PurePosixPath
    shown: Path
    read: Callable[[], bytes]
    time: datetime | None
    problem: str = ""
    is_litter: bool = False
    """What no person put there; a folder of it stands for all that it holds."""

    @property
    def is_notebook(self) -> bool:
        return is_notebook(self.path)


def files_in(source: Path, stack: ExitStack) -> Iterator[SourceFile]:
    """The files of a folder, a zip, or one notebook; nothing is followed out of it, and nothing unpacked."""
    if source.is_dir():
        yield from _in_folder(source)
    elif is_notebook(PurePosixPath(source.name)):
        yield _on_disk(source, PurePosixPath(source.name), _printable(source))
    elif source.is_file():
        try:
            archive = stack.enter_context(zipfile.ZipFile(source))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise SubmissionError(f"{source} is no folder and no zip that can be opened ({error}).") from None
        yield from _in_zip(archive, source)
    else:
        raise SubmissionError(f"{source} is not there. Name the folder or the zip that holds the submissions.")


def _in_folder(source: Path) -> Iterator[SourceFile]:
    found = 0
    for folder, folders, files in os.walk(source, onerror=_unreadable):
        litter = [name for name in folders + files if _LITTER.fullmatch(name)]
        folders[:] = sorted(set(folders) - set(litter))
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in sorted(files) + links + sorted(set(litter) - set(files)):
            found += 1
            if found > MAX_FILES:
                raise SubmissionError(f"{source} holds more than {MAX_FILES} files. Is it the right folder?")
            path = Path(folder) / name
            inside = PurePosixPath(path.relative_to(source).as_posix())
            shown = _printable(Path(source.resolve().name) / inside)
            yield _litter(inside, shown) if name in litter else _on_disk(path, inside, shown)


def _unreadable(error: OSError) -> None:
    raise SubmissionError(f"{error.filename} cannot be opened: {error.strerror}.")


def _litter(path: PurePosixPath, shown: Path) -> SourceFile:
    return SourceFile(path, shown, bytes, None, is_litter=True)


def _on_disk(path: Path, inside: PurePosixPath, shown: Path) -> SourceFile:
    if path.is_symlink() or not path.is_file():
        reason = "this is a link or no ordinary file. Put the notebook itself there."
        return SourceFile(inside, shown, bytes, None, reason)
    time = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return SourceFile(inside, shown, lambda: read_content(path), sensible(time))


def _in_zip(archive: zipfile.ZipFile, source: Path) -> Iterator[SourceFile]:
    if len(archive.infolist()) > MAX_FILES:
        raise SubmissionError(f"{source} holds more than {MAX_FILES} files. Is it the right one?")
    read = _Reader(archive, source)
    for member in archive.infolist():
        # Some programs on Windows write backslashes.
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if member.is_dir():
            continue
        shown = _printable(Path(f"{source.name}:{path}"))
        if any(_LITTER.fullmatch(part) for part in path.parts if part != ".."):
            yield _litter(path, shown)
            continue
        problem = ""
        if not path.parts or path.is_absolute() or ".." in path.parts or PureWindowsPath(path).drive:
            problem = "its path leads out of the zip."
        elif stat.S_ISLNK(member.external_attr >> 16):
            problem = "this is a link. Put the notebook itself there."
        elif member.file_size > MAX_BYTES:
            problem = f"this is over {MAX_BYTES >> 20} MiB.{_cure(path)}"
        try:
            time = sensible(datetime(*member.date_time).astimezone())
        except ValueError:
            time = None
        yield SourceFile(path, shown, partial(read, member), time, problem)


class _Reader:
    """Reads members of one zip, never more than it should: a small zip can hold any amount."""

    def __init__(self, archive: zipfile.ZipFile, source: Path) -> None:
        self._archive, self._source, self._left = archive, source, MAX_TOTAL

    def __call__(self, member: zipfile.ZipInfo) -> bytes:
        shown = _printable(Path(f"{self._source.name}:{member.filename}"))
        try:
            with self._archive.open(member) as file:
                content = file.read(MAX_BYTES + 1)  # the size that the zip states may be a lie
        except Exception as error:  # a damaged or encrypted member raises any of a dozen kinds
            raise SubmissionError(f"{shown} cannot be unpacked: {error}.") from None
        self._left -= len(content)
        if len(content) > MAX_BYTES:
            raise SubmissionError(f"{shown} is over {MAX_BYTES >> 20} MiB.{_cure(PurePosixPath(member.filename))}")
        if self._left < 0:
            raise SubmissionError(f"{shown} is left out: unpacked, the zip is over {MAX_TOTAL >> 30} GiB.")
        return content


def _cure(path: PurePosixPath) -> str:
    return " Its outputs have to be cleared." if is_notebook(path) else ""


def _printable(path: Path) -> Path:
    """The path without what could move a terminal's cursor or turn text around."""
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(path))
    return Path(text if len(text) <= 500 else f"{text[:500]}...")
