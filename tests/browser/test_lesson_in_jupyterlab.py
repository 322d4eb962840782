"""Lessons as a learner sees them: checks' messages and Validate in lesson 3, every lesson from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course import Course
from autograder.lesson import answered, marks
from autograder.predictions import predictions_of

if TYPE_CHECKING:
    from conftest import OpenNotebook

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

STEM = "lesson03_reparameterization"
ROOT = Path(__file__).resolve().parents[2]
VARIANCE_AS_SIGMA = """def reparameterize(mu, logvar):
    sigma = torch.exp(logvar)
    return mu + sigma * torch.randn_like(mu)"""
RIGHT = VARIANCE_AS_SIGMA.replace("torch.exp(logvar)", "torch.exp(logvar / 2)")
# As Jupyter shows it: folded, so that no word is broken on a small screen.
LIKELY = """\
  likely    sigma = exp(logvar): that is the variance. The standard deviation
            is exp(logvar / 2).
"""
TRACEBACK = re.compile(r"Traceback|File .*line \d+|-----|Cell In\[")
ESCAPES = re.compile(r"\x1b|\[\d+(;\d+)*m")


@pytest.fixture
def released() -> NotebookNode:
    """The notebook that learners get."""
    return nbformat.read(ROOT / "course" / STEM / f"{STEM}.ipynb", as_version=4)


def solution(stem: str) -> NotebookNode:
    """The released notebook of a lesson with every answer of the reference solution."""
    notebook = nbformat.read(ROOT / "course" / stem / f"{stem}.ipynb", as_version=4)
    cells = Course(ROOT).lesson(stem).cells
    return answered(notebook, {name: cell.source for name, cell in cells.items() if marks(cell).get("solution")})


@pytest.fixture
def solved() -> NotebookNode:
    """Lesson 3, solved."""
    return solution(STEM)


Open = Callable[[NotebookNode], "OpenNotebook"]


def test_a_known_mistake_is_named_under_the_check_and_without_a_traceback(
    open_notebook: Open, released: NotebookNode, shots: Path
) -> None:
    notebook = open_notebook(released)
    notebook.run("import matplotlib.pyplot as plt")
    notebook.write("def reparameterize(mu", VARIANCE_AS_SIGMA)
    assert notebook.run("def reparameterize(mu") == ""

    assert notebook.run("check.shape(reparameterize)").startswith("✓ reparameterize - shape: ")
    message = notebook.run("check.gradients(reparameterize)")
    notebook.page.screenshot(path=shots / "mistake.png")

    head, expected, observed, _, _, hint = message.splitlines()
    assert head == "✗ reparameterize - gradients: dz/dlogvar is wrong"
    assert expected.startswith("  expected  0.5 * (z - mu), e.g. ")
    assert observed.startswith("  observed  ")
    assert LIKELY in message
    assert hint == '  hint      Read "What must hold for every draw" again.'
    assert not TRACEBACK.search(message)


def test_a_student_reads_the_mistake_corrects_it_and_validates(
    open_notebook: Open, released: NotebookNode, solved: NotebookNode, shots: Path
) -> None:
    solved.cells = [
        stub if marks(stub).get("grade_id") == "reparameterize" else cell
        for cell, stub in zip(solved.cells, released.cells, strict=True)
    ]
    notebook = open_notebook(solved)
    notebook.run("import matplotlib.pyplot as plt")
    assert "not implemented yet" in notebook.run("def reparameterize(mu") + notebook.run("check.values(reparameterize)")
    notebook.write("def reparameterize(mu", VARIANCE_AS_SIGMA)
    notebook.run("def reparameterize(mu")
    assert LIKELY in notebook.run("check.values(reparameterize)")

    notebook.write("def reparameterize(mu", RIGHT)
    notebook.run("def reparameterize(mu")
    for name in ("shape", "device", "values", "noise", "gradients"):
        line = notebook.run(f"check.{name}(reparameterize)").strip()
        assert line.startswith(f"✓ reparameterize - {name}: "), line
    assert notebook.run("import progress").splitlines()[0].endswith("5 of 21 checks passed")
    notebook.page.screenshot(path=shots / "corrected.png")

    assert "Success! Your notebook passes all the tests." in notebook.validate().inner_text()
    notebook.page.screenshot(path=shots / "validate_solved.png")


def test_validate_shows_the_message_of_the_check_that_fails(
    open_notebook: Open, solved: NotebookNode, shots: Path
) -> None:
    notebook = open_notebook(solved)
    notebook.write("def reparameterize(mu", VARIANCE_AS_SIGMA)
    dialog = notebook.validate()
    notebook.page.screenshot(path=shots / "validate_mistake.png")

    text = dialog.inner_text()
    assert text.count("The following cell failed:") == 2
    assert text.count("that is the variance.") == 2
    assert "✗ reparameterize - values: " in text and "✗ reparameterize - gradients: " in text
    assert not TRACEBACK.search(text)
    assert not ESCAPES.search(text)


def test_run_all_goes_through_a_lesson_with_three_wrong_answers(
    open_notebook: Open, solved: NotebookNode, released: NotebookNode, shots: Path
) -> None:
    stub = next(cell.source for cell in released.cells if marks(cell).get("grade_id") == "reparameterize_many")
    notebook = open_notebook(
        answered(
            solved,
            {
                "reparameterize": VARIANCE_AS_SIGMA,
                "noise_from": "def noise_from(z, mu, logvar):\n    return z.nothing",
                "reparameterize_many": stub,
            },
        )
    )
    notebook.run_all()
    notebook.photograph(shots / "three_wrong")

    shown = notebook.cell("import progress").locator(".jp-OutputArea").inner_text()
    *_, line = shown.splitlines()
    assert re.search(r"still open: reparameterize \(\d\), noise_from \(\d\), reparameterize_many \(\d\)", line), shown


def test_a_folded_plot_says_what_it_draws_and_opens_by_a_click(
    open_notebook: Open, released: NotebookNode, shots: Path
) -> None:
    notebook = open_notebook(released)
    plot = notebook.cell("def draw_paths")
    notebook.cell("import matplotlib.pyplot as plt").scroll_into_view_if_needed()
    line = notebook.page.get_by_text("# Draws figure 1: z against sigma for nine fixed values of eps.").first
    line.scroll_into_view_if_needed()
    assert not plot.locator(".cm-content").is_visible()
    notebook.page.screenshot(path=shots / "folded.png")
    line.click()
    plot.locator(".cm-content").wait_for(state="visible")
    notebook.page.screenshot(path=shots / "opened.png")


def test_a_prediction_is_answered_under_the_experiment(
    open_notebook: Open, released: NotebookNode, shots: Path
) -> None:
    notebook = open_notebook(released)
    notebook.run("import matplotlib.pyplot as plt")
    asked = predictions_of(f"autograder.checks.{STEM}")["silence"]
    wrong = next(letter for letter in asked.options if letter != asked.right)
    notebook.write("prediction_silence", asked.cell(wrong))
    assert notebook.run("prediction_silence") == ""
    notebook.run("cup = torch.tensor")
    # As a learner goes through a notebook: the cell that answers is folded, and comes after the experiment.
    notebook.page.keyboard.press("Shift+Enter")
    notebook.page.keyboard.press("Shift+Enter")
    notebook.page.get_by_text(f"✗ You predicted {wrong}: ").wait_for()
    notebook.page.screenshot(path=shots / "prediction.png")


@pytest.mark.parametrize("stem", Course(ROOT).stems)
def test_a_solved_lesson_runs_from_top_to_bottom_and_shows_its_figures(
    open_notebook: Open, stem: str, shots: Path
) -> None:
    lesson = solution(stem)
    notebook = open_notebook(lesson)
    notebook.run_all()
    notebook.photograph(shots / stem)

    page = notebook.page
    assert page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    code = [cell.source for cell in lesson.cells if cell.cell_type == "code"]
    figures = sum("\nplt.show()" in source for source in code)
    assert page.locator(".jp-RenderedImage img").count() >= figures
    sliders = sum(call.count("=(") for source in code for call in re.findall(r"^sliders\((.*)\)", source, re.MULTILINE))
    assert page.locator(".widget-slider").count() == sliders
    assert page.locator(".jp-RenderedMarkdown mjx-merror").count() == 0
