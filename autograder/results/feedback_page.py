"""A feedback page: what a student reads of a graded notebook, as nbgrader's converter makes it. Grader's side.

c.GenerateFeedback.exporter_class = "autograder.results.feedback_page.FeedbackPage"
c.GenerateFeedback.preprocessors = ["autograder.results.feedback_page.ReadGrades"]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import TemplateExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

from autograder import harmless, verdict
from autograder.pages import markup, mathml, outputs
from autograder.results import classwork, feedback_content

TEMPLATES = Path(__file__).parent / "templates"
MADE_FROM = "<!-- made from {} -->"


class ReadGrades(NbGraderPreprocessor):
    """What the gradebook and the notebook say, as the page shows it; in place of nbgrader's GetGrades."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Prepare the page of one graded notebook."""
        about, file = resources["nbgrader"], resources["metadata"]
        with Gradebook(about["db_url"]) as gradebook:
            grades = grades_of(gradebook, about["assignment"], about["notebook"], about["student"])
        content = Path(file["path"], f"{file['name']}.ipynb").read_bytes()
        resources["page"] = feedback_content.Page.of(
            nb, grades, about["student"], about["notebook"], digest(content, grades)
        )
        return nb, resources


class FeedbackPage(TemplateExporter):
    """One HTML file that needs no script and no network."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_file")
    def _template_file_default(self) -> str:
        return "feedback.html.j2"

    @default("template_paths")
    def _template_paths_default(self) -> list[str]:
        return [str(TEMPLATES), str(markup.TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        # What a template puts into a page is text, unless a filter has made it harmless.
        environment.autoescape = True
        return environment

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, and what turns prose, code and outputs into markup."""
        yield from super().default_filters()
        yield from markup.FILTERS.items()


def grades_of(gradebook: Gradebook, assignment: str, notebook: str, student: str) -> dict[str, Any]:
    """What the gradebook says about a student's notebook; MissingEntry, if it does not know it."""
    entry = gradebook.find_submission_notebook(notebook, assignment, student)
    return {
        "score": entry.score,
        "max_score": entry.max_score,
        "penalty": entry.late_submission_penalty or 0.0,
        "grades": {
            row.name: {
                "score": row.score,
                "max_score": row.max_score,
                "waits": bool(row.needs_manual_grade) and row.manual_score is None,
                "by_hand": row.manual_score is not None or bool(row.extra_credit),
            }
            for row in entry.grades
        },
        "comments": {row.name: row.comment for row in entry.comments if row.comment},
    }


def digest(content: bytes, grades: dict[str, Any]) -> str:
    """Changes with all that a page is made from: the graded notebook, the gradebook, and what makes pages."""
    return hashlib.sha256(_maker() + content + json.dumps(grades, sort_keys=True).encode()).hexdigest()


@cache
def _maker() -> bytes:
    modules = (classwork, feedback_content, markup, mathml, outputs, harmless, verdict)
    code = (__file__, *(str(module.__file__) for module in modules))
    files = [*map(Path, code), *sorted(TEMPLATES.glob("feedback.*")), *sorted(markup.TEMPLATES.iterdir())]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()
