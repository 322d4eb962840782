"""The whole reading edition in a real browser, without a network: it fits, it folds, and a keyboard reaches it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from class_of_four import ROOT

from autograder.course import Course
from autograder.lesson import is_answer
from autograder.reading.edition import Edition, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COURSE = Course(ROOT)
NAMES = ["index", *COURSE.stems]

# What was not run before is run now.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All lessons, as `make site` makes them."""
    folder = tmp_path_factory.mktemp("site")
    write(dict(Edition.of(COURSE).pages(jobs=2)), folder)
    return folder


@pytest.fixture
def opened(browser: Browser, site: Path) -> Iterator[Callable[..., Page]]:
    """``opened(name, width=390)``: a page, offline. Whatever it asks for or complains of fails the test."""
    contexts, said = [], []

    def open_page(name: str, **options: object) -> Page:
        width = options.pop("width", 1280)
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto((site / f"{name}.html").as_uri())
        said.remove((site / f"{name}.html").as_uri())
        return page

    yield open_page
    assert said == []
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_with_every_fold_open_and_draws_every_formula(opened, name: str, width: int) -> None:
    page = opened(name, width=width)
    closed = page.locator("details:not([open]) > summary")
    for _ in range(closed.count()):
        closed.first.click()
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    invisible = "[...document.querySelectorAll('math, img')].filter(f => f.getBoundingClientRect().height < 4).length"
    assert page.evaluate(invisible) == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere_and_every_picture_has_words(opened, site: Path, name: str) -> None:
    page = opened(name)
    for link in page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        target, _, place = link.partition("#")
        assert target.startswith("https:") or not target or (site / target).is_file(), link
        if place:
            text = (site / (target or f"{name}.html")).read_text(encoding="utf-8")
            assert len(re.findall(rf'\bid="{re.escape(place)}"', text)) == 1, link
    words = page.locator("img").evaluate_all("pictures => pictures.map(picture => picture.alt)")
    assert [each for each in words if len(each) < 10 or "without a description" in each] == []
    assert len(words) > 0 or name == "index"


def test_a_line_of_code_does_not_scroll_on_a_wide_screen_and_scrolls_in_its_box_on_a_phone(opened) -> None:
    wider = "[...document.querySelectorAll('.code .highlight pre')].filter(p => p.scrollWidth > p.clientWidth).length"
    assert opened("lesson00_start", width=1280).evaluate(wider) == 0
    assert opened("lesson00_start", width=390).evaluate(wider) > 0


@pytest.mark.parametrize("name", ["lesson00_start", "lesson06_vae"])
def test_a_keyboard_alone_opens_every_fold_and_scrolls_every_wide_line(opened, name: str) -> None:
    page = opened(name, width=390)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    folds = page.locator("details").count()
    seen: set[str] = set()
    for _ in range(1000):
        page.keyboard.press("Tab")
        tag = page.evaluate("document.activeElement.tagName")
        if tag == "BODY":
            break
        seen.add(tag)
        if tag == "SUMMARY":
            page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == folds > 5
    assert "PRE" in seen, "what scrolls sideways can be reached"


def contrast(page: Page, selector: str) -> float:
    """WCAG's contrast of a text with the page behind it."""
    script = """selector => {
        const light = colour => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
            const linear = parts.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        };
        const clear = /rgba\\(0, 0, 0, 0\\)|transparent/;
        const written = [...document.querySelectorAll(selector)].filter(element => element.innerText.trim());
        return Math.min(...written.slice(0, 400).map(element => {
            let behind = element;
            while (clear.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
            const lights = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)];
            return (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
        }));
    }"""
    return float(page.evaluate(script, selector))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_code_can_be_read_in_the_light_and_in_the_dark(opened, scheme: str) -> None:
    page = opened("lesson03_reparameterization", color_scheme=scheme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")
    for selector in ("p", "li", "a", "summary", ".label", ".note", "pre", ".highlight span"):
        assert contrast(page, selector) >= 4.5, selector


def test_a_printed_page_is_light_holds_the_lesson_and_leaves_the_ways_out(opened) -> None:
    page = opened("lesson00_start", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".contents").is_visible() and not page.locator(".ways").first.is_visible()
    assert page.locator("h1").is_visible() and page.locator(".checks").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_the_edition_is_the_same_when_it_is_made_again(site: Path) -> None:
    again = dict(Edition.of(COURSE).pages(jobs=1))
    assert again == {path.stem: path.read_text(encoding="utf-8") for path in site.glob("*.html")}


def test_without_solutions_no_page_holds_a_line_that_only_a_solution_has() -> None:
    for name, page in Edition.of(COURSE, has_solutions=False).pages(jobs=2):
        if name != "index":
            shown = unescape(re.sub(r"<[^>]+>", "", page))
            assert [line for line in lines_of_solutions(name) if line in shown] == [], name
            assert "raise NotImplementedError" in shown and "Hint 1" in shown


def lines_of_solutions(stem: str) -> set[str]:
    """What stands in a lesson's answers and nowhere in its released notebook."""
    released = (COURSE.folder("release", ".", stem) / f"{stem}.ipynb").read_text(encoding="utf-8")
    seen = "\n".join(cell.source for cell in nbformat.reads(released, as_version=4).cells)
    answers = [cell.source for cell in COURSE.lesson(stem).source.cells if is_answer(cell)]
    lines = {line.strip() for source in answers for line in source.splitlines()}
    found = {line for line in lines if len(line) >= 12 and line not in seen and "SOLUTION" not in line}
    assert found
    return found
