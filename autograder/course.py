"""Where a course keeps its files: any nbgrader course, this one included. Grader's side."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.boundary.limits import MAX_OWN, MAX_OWN_BYTES
from autograder.lesson import Lesson, LessonError
from autograder.packages import Packages

if TYPE_CHECKING:
    from nbgrader.converters import BaseConverter

CONFIG = "nbgrader_config.py"


@dataclass(frozen=True)
class Course:
    """A folder with an nbgrader_config.py, and what that says about the folders in it."""

    root: Path

    @classmethod
    def containing(cls, *places: Path) -> Course:
        """The course that one of ``places`` lies in, looked for from each place upwards."""
        for place in places:
            for folder in (place.resolve(), *place.resolve().parents):
                if (folder / CONFIG).is_file():
                    return cls(folder)
        where = " or ".join(str(place) for place in places)
        raise LessonError(f"No course at or above {where}: no folder there holds {CONFIG}. Go to the course's folder.")

    @cached_property
    def config(self) -> Config:
        """nbgrader's configuration, with every folder below this course's root."""
        if not (self.root / CONFIG).is_file():
            raise LessonError(f"{self.root} holds no {CONFIG}. Run this in the root of the course.")
        config = PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        config.CourseDirectory.root = str(self.root.resolve())
        return config

    @property
    def directory(self) -> CourseDirectory:
        """nbgrader's own view of the folders."""
        return CourseDirectory(config=self.config)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one assignment in a step of the work: source, release, submitted, autograded, feedback."""
        directory = self.directory
        return Path(directory.format_path(getattr(directory, f"{step}_directory"), student, assignment))

    @cached_property
    def packages(self) -> Packages:
        """The packages of this course's own code."""
        named = self._own
        return Packages(str(self.root.resolve()), tuple(named.get("checks", ())), tuple(named.get("beside", ())))

    @property
    def _own(self) -> Config:
        """What the configuration says for us: ``c.Autograder``."""
        return self.config.get("Autograder", Config())

    @property
    def work(self) -> Path:
        """Where a learner works."""
        return self.root / "work"

    @cached_property
    def stems(self) -> list[str]:
        """The lessons that are written in solutions/, in order."""
        return sorted(path.stem for path in (self.root / "solutions").glob("*.py"))

    @property
    def assignments(self) -> list[str]:
        """The lessons in solutions/; where there are none, the assignments in nbgrader's source folder."""
        if self.stems:
            return self.stems
        source = self.folder("source", ".", "x").parent
        return sorted({path.parent.name for path in source.glob("*/*.ipynb")})

    def notebooks(self, assignment: str) -> list[str]:
        """The names of an assignment's notebooks: for a lesson its own, else what lies in nbgrader's source folder."""
        if assignment in self.stems:
            return [assignment]
        found = sorted(path.stem for path in self.folder("source", ".", assignment).glob("*.ipynb"))
        if not found:
            known = ", ".join(self.stems) or f"none in {self.root / 'solutions'}"
            raise LessonError(f"No lesson is called {assignment!r}. The lessons are: {known}.")
        return found

    def has_source_of(self, assignment: str) -> bool:
        """Whether there is something that an assignment in the gradebook could be compared with."""
        try:
            return bool(self.notebooks(assignment))
        except LessonError:
            return False

    def lesson(self, assignment: str, notebook: str | None = None) -> Lesson:
        """A lesson as its author wrote it: solutions/<stem>.py, else nbgrader's source notebook."""
        notebook = notebook or assignment
        if notebook not in self.notebooks(assignment):
            raise LessonError(f"{assignment} has no notebook called {notebook!r}.")
        script = self.root / "solutions" / f"{notebook}.py"
        source = script if script.is_file() else self.folder("source", ".", assignment) / f"{notebook}.ipynb"
        files = {} if source == script else beside(source.parent)
        # Stock nbgrader judges every check as the submission is: so is a notebook of its source folder, if not asked.
        once = self._own.get("count_once", source == script)
        return Lesson.read(source, self.packages, once, files)


def beside(folder: Path) -> dict[str, bytes]:
    """What lies beside a course's notebooks, as far as a submission's folder takes it: the smaller files first."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ipynb"]
    paths = [path for path in paths if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)]
    found, left = {}, MAX_OWN_BYTES
    for path in sorted(paths, key=lambda path: path.stat().st_size)[:MAX_OWN]:
        left -= path.stat().st_size
        if left < 0:
            break
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def only_notebook(converter: BaseConverter, name: str) -> dict[str, list[str]]:
    """What one of nbgrader's converters shall convert, by folder: one notebook of the assignment.

    nbgrader would search for it, and take `[` and `*` in a path for patterns.
    """
    directory = converter.coursedir
    folder = converter._format_source(directory.assignment_id, directory.student_id)
    return {folder: [os.path.join(folder, f"{name}.ipynb")]}
