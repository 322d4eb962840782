"""Where a course keeps its files: any nbgrader course, this one included. Grader's side."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from traitlets.config.loader import Config, PyFileConfigLoader

from autograder.autotests import instantiated
from autograder.boundary.limits import MAX_OWN, MAX_OWN_BYTES
from autograder.headers import surrounded
from autograder.lesson import Lesson, LessonError
from autograder.packages import Packages
from autograder.regions import refuse_open_ones

if TYPE_CHECKING:
    from nbgrader.converters import BaseConverter
    from nbgrader.coursedir import CourseDirectory

CONFIG = "nbgrader_config.py"


class Written(NamedTuple):
    """A notebook that a course has the source of."""

    assignment: str
    notebook: str

    @property
    def title(self) -> str:
        """What people call it: a lesson's one notebook has the lesson's name."""
        return self.assignment if self.notebook == self.assignment else f"{self.assignment}/{self.notebook}"


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
        from nbgrader.coursedir import CourseDirectory  # only here: a learner who checks a notebook starts without it

        return CourseDirectory(config=self.config)

    @cached_property
    def _places(self) -> CourseDirectory:
        """To make one takes longer than to read what a student has handed in."""
        return self.directory

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one assignment in a step of the work: source, release, submitted, autograded, feedback."""
        directory = self._places
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
        return self.stems or self._assignments_in("source")

    def notebooks(self, assignment: str, step: str = "source") -> list[str]:
        """The names of an assignment's notebooks: for a lesson its own, else what lies in nbgrader's source folder.

        Or in its folder of released ones, with the step "release".
        """
        found = [assignment] if assignment in self.stems else self._notebooks_in(step, assignment)
        if not found:
            raise LessonError(self.why_not(assignment))
        return found

    def written(self, *assignments: str) -> list[Written]:
        """The notebooks of these assignments, or of all."""
        return [Written(name, each) for name in assignments or self.assignments for each in self.notebooks(name)]

    def _assignments_in(self, step: str) -> list[str]:
        return sorted({path.parent.name for path in self.folder(step, ".", "x").parent.glob("*/*.ipynb")})

    def _notebooks_in(self, step: str, assignment: str) -> list[str]:
        return sorted(path.stem for path in self.folder(step, ".", assignment).glob("*.ipynb"))

    def why_not(self, assignment: str = "") -> str:
        """Why there is no source of this assignment, or of any, and what to do."""
        if self.stems:
            return f"No lesson is called {assignment!r}. The lessons are: {', '.join(self.stems)}."
        folder = self.folder("source", ".", assignment or "ASSIGNMENT")
        source, released = f"{os.path.relpath(folder, self.root)}/ holds no notebook", self._assignments_in("release")
        if released and assignment in ("", *released):
            verify = f"autograder verify {quote(assignment or released[0])} --reference SOLVED.ipynb"
            return (
                f"{source}, and what is released has neither solutions nor hidden tests. Put the notebook there that "
                f"it was made from; or verify the release: `{verify}`."
            )
        if known := self._assignments_in("source") or released:
            return f"No assignment is called {assignment!r}: {source}. The assignments are: {', '.join(known)}."
        return f"This course has no assignment yet: {source}, and no lesson lies in solutions/."

    def has_source_of(self, assignment: str) -> bool:
        """Whether there is something that an assignment in the gradebook could be compared with."""
        try:
            return bool(self.notebooks(assignment))
        except LessonError:
            return False

    def lesson(self, assignment: str, notebook: str | None = None, step: str = "source") -> Lesson:
        """A lesson as its author wrote it: solutions/<stem>.py, else nbgrader's source notebook.

        Or as it was released, with the step "release".
        """
        notebook = notebook or assignment
        if notebook not in self.notebooks(assignment, step):
            raise LessonError(f"{assignment} has no notebook called {notebook!r}.")
        script = self.root / "solutions" / f"{notebook}.py"
        source = script if script.is_file() else self.folder(step, ".", assignment) / f"{notebook}.ipynb"
        files = {} if source == script else beside(source.parent)
        # Stock nbgrader judges every check as the submission is: so is a notebook of its source folder, if not asked.
        once = self._own.get("count_once", source == script)
        lesson = Lesson.read(source, self.packages, once, files)
        if source == script:
            return lesson
        refuse_open_ones(lesson.source, os.path.relpath(source, self.root), self.config)
        if step == "source":
            lesson = surrounded(lesson, self.config)
        return instantiated(lesson, source.parent, self.config)


def is_plain(path: Path, folder: Path) -> bool:
    """Whether what lies below a folder is a file that somebody put there, rather than a tool for itself."""
    return path.is_file() and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)


def beside(folder: Path) -> dict[str, bytes]:
    """What lies beside a course's notebooks, as far as a submission's folder takes it: the smaller files first."""
    paths = [path for path in folder.rglob("*") if is_plain(path, folder) and path.suffix != ".ipynb"]
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
