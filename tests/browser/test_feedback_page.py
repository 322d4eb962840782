"""A feedback page in a real browser, with the network off: it asks for nothing, and it fits."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from class_of_four import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from autograder.classes.classroom import RECORD
from autograder.course import Course
from autograder.lesson import is_grade, marks
from autograder.results.feedback_content import Page
from autograder.results.feedback_page import FeedbackPage
from autograder.verdict import Message, Mistake

if TYPE_CHECKING:
    from playwright.sync_api import Browser

COURSE = Course(ROOT)
HOSTILE = "<script>alert(1)</script><img src=https://elsewhere.example onerror=alert(1)>"

pytestmark = pytest.mark.browser


def page_of(stem: str) -> str:
    """A lesson's page: every check of it failed, and a learner put markup everywhere."""
    notebook = copy.deepcopy(COURSE.lesson(stem).source)
    said = Message("z is wrong", "1.2345 " * 20, HOSTILE, Mistake("it", "It is."), exercise="f", check="x")
    graded = [marks(cell)["grade_id"] for cell in notebook.cells if is_grade(cell)]
    grades = {name: {"score": 0.0, "max_score": 1.0, "waits": False, "by_hand": False} for name in graded}
    notebook.metadata[RECORD] = {"checks": {name: said.as_record() for name in graded}}
    notebook.cells.append(new_markdown_cell(HOSTILE))
    notebook.cells.append(new_code_cell("x", outputs=[new_output("stream", text=HOSTILE)]))
    known = {"score": 0.0, "max_score": 1.0, "penalty": 0.0, "grades": grades, "comments": {}}
    made = Page.of(notebook, known, HOSTILE, stem, "")
    return FeedbackPage().from_notebook_node(notebook, {"page": made})[0]


@pytest.mark.parametrize("width", [360, 1000])
@pytest.mark.parametrize("stem", COURSE.stems)
def test_a_page_asks_for_nothing_runs_nothing_and_fits(browser: Browser, tmp_path: Path, stem: str, width: int) -> None:
    file = tmp_path / "page.html"
    file.write_text(page_of(stem), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("dialog", lambda dialog: (seen.append("dialog"), dialog.dismiss()))
    page.goto(file.as_uri())
    assert seen == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # A formula that a browser cannot draw has no height.
    assert (
        page.evaluate("[...document.querySelectorAll('math')].filter(f => f.getBoundingClientRect().height < 4).length")
        == 0
    )
    context.close()
