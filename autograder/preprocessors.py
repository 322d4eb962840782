"""The same grading inside nbgrader's own converter, for `nbgrader autograde` and formgrader's button. Grader's side.

c.Autograde.exporter_class = "autograder.preprocessors.ReadSubmission"
c.Autograde.sanitize_preprocessors = [..., "autograder.preprocessors.RebuildSubmission", ...]
c.Autograde.autograde_preprocessors = [..., "autograder.preprocessors.JudgeSubmission", ...]
"""

from __future__ import annotations

import secrets
from itertools import count
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.agreement import require_agreement
from autograder.classes import companions
from autograder.classes.classroom import RECORD
from autograder.classes.task import template
from autograder.course import Course
from autograder.gradebook import one_transaction, opened, save
from autograder.grading import Grader
from autograder.lesson import Lesson
from autograder.submission import read_submission, rebuild


class ReadSubmission(NotebookExporter):
    """Read a notebook as `autograder grade` does, with all that it puts up with and in its words where it cannot."""

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Convert a notebook file."""
        path, known = Path(filename), ResourcesDict()
        known.update(resources or {}, metadata=ResourcesDict(name=path.stem, path=str(path.parent)))
        notebook = read_submission(path)
        # nbconvert takes no cell without an id.
        taken = {cell.id for cell in notebook.cells}
        free = (name for name in map("unnamed-{}".format, count(1)) if name not in taken)
        for cell in notebook.cells:
            cell.id = cell.id or next(free)
        converted: tuple[NotebookNode, dict[str, Any]] = self.from_notebook_node(notebook, known, **options)
        return converted


class RebuildSubmission(NbGraderPreprocessor):
    """Put the learner's answers into the instructor's notebook, in place of nbgrader's own repairs."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild one submitted notebook, if the gradebook has the cells that it is graded by."""
        directory = CourseDirectory(config=self.config)
        with opened(directory) as gradebook:
            require_agreement(Course(Path(directory.root)), gradebook, resources["nbgrader"]["assignment"])
        return rebuild(nb, _lesson(self, resources)), resources


class JudgeSubmission(NbGraderPreprocessor):
    """Run the notebook in a worker, judge it here, save the grade; in place of Execute and SaveAutoGrades."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade one rebuilt notebook."""
        lesson, about = _lesson(self, resources), resources["nbgrader"]
        course = Course(Path(CourseDirectory(config=self.config).root))
        submitted, graded, own = (
            course.folder(step, student, about["assignment"])
            for step, student in (("submitted", about["student"]), ("autograded", about["student"]), ("source", "."))
        )
        files = companions.read(submitted)
        companions.show(submitted, graded, own)  # nbgrader has copied all of it there
        with Grader(lesson, template(lesson.packages)) as grader:
            grade = grader.grade(nb, seed := secrets.randbits(48), files=files)
        with opened(CourseDirectory(config=self.config)) as gradebook, one_transaction(gradebook):
            save(gradebook, grade, about["assignment"], about["notebook"], about["student"])
        # Without the fingerprint by which `autograder grade` would take it for its own.
        grade.notebook.metadata[RECORD] = {"seed": seed} | grade.as_record()
        return grade.notebook, resources


def _lesson(preprocessor: NbGraderPreprocessor, resources: dict[str, Any]) -> Lesson:
    about = resources["nbgrader"]
    root = Path(CourseDirectory(config=preprocessor.config).root)
    return Course(root).lesson(about["assignment"], about["notebook"])
