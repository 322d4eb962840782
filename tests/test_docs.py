"""What the README files say is so."""

import importlib
import io
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
import torch
from class_of_four import ROOT
from matplotlib.image import imread

import autograder.cli
from autograder.checks.lesson00_start import affine
from autograder.checks.lesson03_reparameterization import reparameterize
from autograder.course import Course
from autograder.draws import seeded
from autograder.failure import Failure
from autograder.lesson import marks
from autograder.reading.content import Front

COURSE = Course(ROOT)
NUMBERS = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text(name), re.DOTALL)


@pytest.mark.parametrize("command", [command.callback.__name__ for command in autograder.cli.app.registered_commands])
def test_the_readme_names_every_command(command):
    assert f"| `autograder {command}" in text("README.md")


def test_autograder_alone_says_in_ten_lines_who_does_what():
    told = subprocess.run([sys.executable, "-m", "autograder"], capture_output=True, text=True, check=True).stdout
    assert (
        told
        == """\
autograder COMMAND ...             autograder COMMAND --help tells its options
learners     lab                   open the lessons in JupyterLab
             check                 grade a notebook as your instructor would
             status                see your points in every lesson
instructors  collect, grade        bring in what a class handed in; grade it
             report, feedback      a page about the class; one for each learner
             export                the grades, as Canvas and Moodle import them
authors      new, build, site      begin a course; make its notebooks, and its pages to read
             verify, mutants       prove the checks, on examples and on changes
             demo                  a made-up class, graded, and the page about it
"""
    )
    named = re.findall(r"[a-z]+", "".join(line[13:33] for line in told.splitlines()[1:]))
    assert sorted(named) == sorted(command.callback.__name__ for command in autograder.cli.app.registered_commands)


def test_every_make_command_in_the_readme_exists():
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", text("README.md"))) <= targets


@pytest.mark.parametrize("stem", COURSE.stems)
def test_no_line_of_code_is_wider_than_jupyterlab_shows_beside_its_file_browser(stem):
    release = nbformat.reads(text(f"course/{stem}/{stem}.ipynb"), as_version=4)
    code = [cell.source for cell in release.cells if cell.cell_type == "code"]
    assert [line for source in code for line in source.splitlines() if len(line) > 105] == []


@pytest.mark.parametrize("stem", COURSE.stems)
def test_the_readmes_name_every_lesson_and_its_points(stem):
    lesson = COURSE.lesson(stem)
    # With those of answers in words, which a person gives.
    points = sum(float(marks(cell).get("points", 0)) for cell in lesson.source.cells)
    assert stem in text("README.md")
    row = next(line for line in text("course/README.md").splitlines() if f"[{stem}]" in line)
    (minutes,) = re.findall(r"^\d+ minutes", Front.of(lesson).facts["Time"])
    assert row.endswith(f"| {minutes} | {points:g} |")
    assert f"| {points:g} |" in lesson.source.cells[0].source


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "course/README.md", "solutions/README.md", "autograder/README.md"]
)
def test_every_linked_file_exists(name):
    for target in re.findall(r"\]\((?!https:)([^)#]+)\)", text(name)):
        assert ((ROOT / name).parent / target).exists(), target


def test_the_two_messages_in_the_learners_readme_are_what_a_learner_reads(capsys):
    affine.values(lambda eps, shift, scale: shift + scale * eps)
    assert capsys.readouterr().out.strip() in text("course/README.md")
    with pytest.raises(Failure) as failure:
        affine.values(lambda eps, shift, scale: scale + shift * eps)
    said = "\n".join(f"      {line.strip()}" for line in f"✗ {failure.value}".splitlines())
    written = text("course/README.md").partition("    ✗ affine")[2].partition("\n\n")[0]
    assert NUMBERS.sub("#", " ".join(said.split())) == NUMBERS.sub("#", " ".join(f"✗ affine{written}".split()))


def test_the_message_in_the_readme_is_what_a_learner_reads_word_for_word():
    def variance_for_sigma(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
        return mu + torch.exp(logvar) * torch.randn_like(mu)

    with seeded(1), pytest.raises(Failure) as failure:
        reparameterize.gradients(variance_for_sigma)
    shown = [line.removeprefix("    ") for line in text("README.md").splitlines() if line.startswith("    ")][:5]
    assert "\n".join(shown) == str(failure.value)


def test_the_picture_in_the_readme_is_what_its_command_draws(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    two_gradients = importlib.import_module("two_gradients")
    kept, drawn = (imread(io.BytesIO(each)) for each in (two_gradients.PICTURE.read_bytes(), two_gradients.draw()))
    assert kept.shape == drawn.shape
    assert abs(kept - drawn).mean() < 0.002, "another picture; other libraries may smooth lines differently"
    z = np.random.default_rng(1).standard_normal(1_000_000)
    variances = (((z - 3) ** 2 * z).var(), (2 * (z - 3)).var())
    assert two_gradients.ratio(3) == pytest.approx(variances[0] / variances[1], rel=0.03)


def test_the_cells_and_the_check_in_the_authors_readme_stand_in_the_course():
    cells, check, wrong, _ = (block.strip() for block in blocks("solutions/README.md", "python"))
    lesson = text("solutions/lesson03_reparameterization.py")
    module = text("autograder/checks/lesson03_reparameterization/noise_from.py")
    for part in cells.split("\n\n\n"):
        assert part in lesson
    for part in (*check.split("\n\n\n"), wrong):
        assert part in module


def test_the_prediction_in_the_authors_readme_stands_in_the_course():
    (table,) = blocks("solutions/README.md", "toml")
    *_, cells = blocks("solutions/README.md", "python")
    assert table in text("autograder/checks/lesson00_start/predictions.toml")
    assert cells in text("solutions/lesson00_start.py")


def test_the_config_lines_in_the_readme_are_those_of_this_course_and_of_a_new_one():
    (lines,) = blocks("README.md", "python")
    assert lines in text("nbgrader_config.py")
    assert lines in text("autograder/new_course/nbgrader_config.py")
    assert text("autograder/new_course/jupytext.toml") == text("jupytext.toml")
