"""The same grading inside nbgrader's own converter, for `nbgrader autograde` and formgrader's button. Grader's side.

c.Autograde.sanitize_preprocessors = [..., "autograder.preprocessors.RebuildSubmission", ...]
c.Autograde.autograde_preprocessors = [..., "autograder.preprocessors.JudgeSubmission", ...]
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.classes.classroom import RECORD
from autograder.classes.task import template
from autograder.course import Course
from autograder.gradebook import one_transaction, opened, save
from autograder.grading import Grader
from autograder.lesson import Lesson
from autograder.submission import rebuild


class RebuildSubmission(NbGraderPreprocessor):
    """Put the learner's answers into the instructor's notebook, in place of nbgrader's own repairs."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild one submitted notebook."""
        return rebuild(nb, _lesson(self, resources)), resources


class JudgeSubmission(NbGraderPreprocessor):
    """Run the notebook in a worker, judge it here, save the grade; in place of Execute and SaveAutoGrades."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade one rebuilt notebook."""
        lesson = _lesson(self, resources)
        with Grader(lesson, template(lesson.packages)) as grader:
            grade = grader.grade(nb, seed := secrets.randbits(48))
        about = resources["nbgrader"]
        with opened(CourseDirectory(config=self.config)) as gradebook, one_transaction(gradebook):
            save(gradebook, grade, about["assignment"], about["notebook"], about["student"])
        # Without the fingerprint by which `autograder grade` would take it for its own.
        grade.notebook.metadata[RECORD] = {"seed": seed} | grade.as_record()
        return grade.notebook, resources


def _lesson(preprocessor: NbGraderPreprocessor, resources: dict[str, Any]) -> Lesson:
    about = resources["nbgrader"]
    root = Path(CourseDirectory(config=preprocessor.config).root)
    return Course(root).lesson(about["assignment"], about["notebook"])
