"""The class report in a real browser, without a network: tables that a keyboard sorts, and nothing that acts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from autograder.results.classwork import GradeCell, Result, Work
from autograder.results.report import ClassReport
from autograder.results.report_page import write_page
from autograder.verdict import Message, Mistake, Verdict

pytestmark = pytest.mark.browser

CHECKS = [GradeCell("lesson", f"{exercise}-values", exercise, 2.0) for exercise in ("sigma", "noise")]
MISTAKE = Mistake("variance", "sigma = exp(logvar): that is the variance. <img src=x onerror=alert(1)>")


def work(student: str, points: tuple[float, float], penalty: float, seconds: float | None) -> Work:
    """Work with a named mistake in whatever is wrong; no points at all means that nothing was written."""
    right, stub = Message("z is right", verdict=Verdict.ACCEPTED), Message("not implemented yet", answered=False)
    wrong = Message("z is wrong", mistake=MISTAKE) if any(points) else stub
    results = {
        check.grade_id: Result(check, each, each, right if each else wrong)
        for check, each in zip(CHECKS, points, strict=True)
    }
    path = Path("nowhere")
    return Work(
        student=student,
        name="",
        notebook="lesson",
        score=sum(points) - penalty,
        penalty=penalty,
        results=results,
        seconds=seconds,
        cpu_seconds=None,
        peak_bytes=None,
        isolation=("process",),
        fingerprinted=True,
        graded=path,
        feedback=path,
    )


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Page:
    """The page of a class of four, opened offline; whatever it asks for or complains of fails the test."""
    works = [
        work("ada", (2.0, 2.0), 0.0, 10.5),
        work("ben", (2.0, 0.0), 0.5, 9.25),
        work("<script>alert(2)</script>", (0.0, 2.0), 0.0, None),
        work("dan", (0.0, 0.0), 0.0, 1.0),
    ]
    path = tmp_path / "report.html"
    write_page(ClassReport("lesson", CHECKS, works, ["zoe"], {}, [], []), path)
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.context.set_offline(True)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("dialog", lambda dialog: said.append(dialog.message))
    opened.on("request", lambda request: said.append(request.url))
    opened.goto(path.as_uri())
    yield opened
    assert said == [path.as_uri()]
    opened.close()


def column(page: Page, number: int) -> list[str]:
    """A column of the learners' table."""
    return page.locator(f"#learners + div tbody td:nth-child({number})").all_inner_texts()


def test_a_keyboard_sorts_a_table_by_any_column(page: Page) -> None:
    heading = page.locator("#learners + div th", has_text="seconds")
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, 6) == ["10.5", "9.2", "1.0", ""], "as numbers, and what is not known at the end"
    page.keyboard.press("Space")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, 6) == ["1.0", "9.2", "10.5", ""]
    page.locator("#learners + div th", has_text="learner").get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") is None
    assert column(page, 1) == ["<script>alert(2)</script>", "ada", "ben", "dan"]


def test_the_first_screen_says_what_the_class_got_wrong(page: Page) -> None:
    last = page.locator(".headline li").last
    assert last.inner_text() == f"The commonest mistake, made by 2 of 4 learners (sigma, noise): {MISTAKE}"
    box = last.bounding_box()
    assert box and box["y"] + box["height"] < 450
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_a_name_leads_to_its_row(page: Page) -> None:
    page.locator("#mistakes ~ div summary").first.click()
    page.get_by_role("link", name="ben").first.click()
    assert page.evaluate("document.querySelector(':target td').innerText") == "ben"
