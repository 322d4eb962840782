"""A class as its instructor grades it, by formgrader's buttons in JupyterLab."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from class_of_four import STEM, small_course, whole_class
from conftest import served, sync_api

from autograder.gradebook import opened

if TYPE_CHECKING:
    from autograder.course import Course

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PATIENCE = 90_000


class Formgrader:
    """Formgrader in a tab of JupyterLab."""

    def __init__(self, page: sync_api.Page) -> None:
        self.page = page
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader").click()
        self.frame = page.frame_locator("iframe")

    def submissions(self) -> None:
        """The list of who has handed in the lesson."""
        # From a notebook only this link leads on.
        self.frame.get_by_role("link", name="Manual Grading").first.click()
        self.frame.get_by_role("link", name="Manage Assignments").click()
        self.frame.locator("tr", has_text=STEM).locator(".num-submissions a").click()

    def press(self, button: str, student: str) -> str:
        """Press a student's button, and close what it says: its title."""
        self.frame.locator("tr", has_text=student).locator(f".{button} a").click()
        title = self.frame.locator(".modal-title")
        title.wait_for(timeout=PATIENCE)
        said = title.inner_text()
        self.frame.get_by_role("button", name="OK").click()
        title.wait_for(state="hidden")
        return said

    def score(self, student: str) -> str:
        """The score that the list shows."""
        return self.frame.locator("tr", has_text=student).locator(".score").inner_text()

    def open_submission(self, student: str) -> None:
        """The student's notebook, to be graded by hand."""
        self.submissions()
        self.frame.locator("tr", has_text=student).locator(".student-name a").click()
        self.frame.get_by_role("link", name=STEM, exact=True).last.click()
        self.frame.locator(".live-notebook").wait_for(timeout=PATIENCE)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A lesson with a written answer, handed in by four."""
    made = small_course(tmp_path_factory.mktemp("class") / "course")
    whole_class(made)
    return made


@pytest.fixture
def formgrader(course: Course, browser: sync_api.Browser) -> Iterator[Formgrader]:
    """JupyterLab in the course's folder, formgrader open."""
    with served(course.root, course.root) as lab:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(f"{lab.address}/lab?reset")
        yield Formgrader(page)
        page.close()


def written_answer(course: Course, student: str) -> tuple[float | None, bool]:
    """What the gradebook holds of an answer that a person grades: the score given by hand, and whether one is due."""
    with opened(course.directory) as gradebook:
        row = gradebook.find_grade("why", STEM, STEM, student)
        return row.manual_score, row.needs_manual_grade


def test_autograde_then_grade_an_answer_by_hand_then_autograde_again_then_give_feedback(
    formgrader: Formgrader, course: Course, shots: Path
) -> None:
    formgrader.submissions()
    assert [formgrader.press("autograde", student) for student in ("ada", "chloe")] == ["Success", "Success"]
    assert (formgrader.score("ada"), formgrader.score("chloe")) == ("3 / 7", "0 / 7")
    assert written_answer(course, "ada") == (None, True)
    formgrader.page.screenshot(path=shots / "formgrader_submissions.png")

    formgrader.open_submission("chloe")
    message = formgrader.frame.locator(".output_error", has_text="three times two is six")
    assert message.inner_text().startswith("treble - integers: this check does not hold")
    assert "treble(41)" not in formgrader.frame.locator("#notebook").first.inner_text()
    formgrader.page.screenshot(path=shots / "formgrader_message.png")

    formgrader.open_submission("ada")
    score = formgrader.frame.locator("#why")
    score.fill("2.5")
    score.press("Tab")
    sync_api.expect(score).not_to_have_class("needs_manual_grade")
    comment = formgrader.frame.locator(".comment").last
    comment.fill("Say more about the proof.")
    comment.press("Tab")
    formgrader.page.wait_for_load_state("networkidle")
    formgrader.page.screenshot(path=shots / "formgrader_by_hand.png")
    assert written_answer(course, "ada")[0] == 2.5

    formgrader.submissions()
    assert formgrader.score("ada") == "5.5 / 7"
    assert formgrader.press("autograde", "ada") == "Success"
    assert formgrader.score("ada") == "5.5 / 7"

    assert formgrader.press("generate-feedback", "ada") == "Success"
    page = (course.folder("feedback", "ada", STEM) / f"{STEM}.html").read_text(encoding="utf-8")
    assert "Say more about the proof." in page
    assert "5.5" in page
