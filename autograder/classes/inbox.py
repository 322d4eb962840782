"""A student's folder of an assignment in submitted/: what is there, and what is put there. Grader's side."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from autograder.classes import companions
from autograder.classes.times import TIMESTAMP, time_of, write_time
from autograder.files import write_whole
from autograder.submission import SubmissionError


@dataclass(frozen=True)
class Inbox:
    """The folder; nothing is read or written through a link in it."""

    folder: Path

    def problem_of(self, name: str) -> str:
        """Why no file of this name can be put there, and what to do; '' if one can."""
        above = next((place for place in (self.folder, self.folder.parent) if place.is_symlink()), None)
        if link := above or companions.link_on(self.folder, name):
            return f"{link} is a link. Remove it"
        target = self.folder / name
        for place in (target, *target.parents):
            if place == self.folder:
                break
            if place.exists() and place.is_dir() is (place == target):
                return f"{place} is {'a folder' if place == target else 'no folder'}. Remove it"
        return ""

    def holds(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name).is_file()

    def differs(self, name: str, content: bytes) -> bool:
        """Whether there is such a file, and it holds something else."""
        return self.holds(name) and (self.folder / name).read_bytes() != content

    def time(self) -> datetime | None:
        """When what is there was handed in, if that is known."""
        try:
            return None if self.problem_of(TIMESTAMP) else time_of(self.folder)
        except SubmissionError:  # grading says what is wrong with it
            return None

    def next_copy(self) -> Path:
        """Where the next copy of the folder is kept. Grading looks for folders that are called after the assignment."""
        copies = (self.folder.with_name(f"{self.folder.name}.replaced-{number}") for number in count(1))
        return next(path for path in copies if not path.exists())

    def replace(self, copy: Path, names: set[str]) -> None:
        """Keep a copy, then remove what says when it was handed in; and what lay beside, if all notebooks are new.

        ``names`` are those of the new files.
        """
        part = copy.with_name(f"{copy.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(self.folder, part, symlinks=True)
        os.replace(part, copy)
        (self.folder / TIMESTAMP).unlink(missing_ok=True)
        if {path.name for path in self.folder.glob("*.ipynb")} <= names:
            for name in set(companions.names_in(self.folder)) - names:
                (self.folder / name).unlink()

    def put(self, files: dict[str, bytes], handed_in: datetime | None) -> None:
        """Write the files, and when they were handed in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(self.folder / name, content)
        if handed_in:
            write_time(self.folder, handed_in)
