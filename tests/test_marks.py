"""Short marks in a lesson's source: what they stand for, and what is said when they are wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import pytest
from class_of_four import ROOT
from jupytext.cli import jupytext as command
from nbformat import NotebookNode

from autograder.authoring import mistakes
from autograder.lesson import LessonError, is_demo, read_source
from autograder.packages import Packages

CHECKS = '''\
from autograder.exercise import Exercise

exercise = Exercise("double", reread="Twice")


@exercise.check
def values(double, rng):
    """Every number is doubled."""


@exercise.check(reread="Types")
def type_(double, Helper, rng):
    """The type stays."""


def helper(double, rng):
    """No check."""


@exercise.wrong(values="that is the square.")
def square(x):
    return x**2
'''
LESSON = """\
# %% locked="imports"
import math

# %% [markdown]
# ## Twice

# %% answer="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% checks={"values": 2, "type": 1}

# %% [markdown] answer="why" points=4
# Say why.

# %% progress=true
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """A course's own package of checks, for one lesson of one exercise."""
    folder = tmp_path / "arithmetic_checks" / "lesson_doubling"
    folder.mkdir(parents=True)
    (folder / "double.py").write_text(CHECKS, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in [name for name in sys.modules if name.startswith("arithmetic_checks")]:
        monkeypatch.delitem(sys.modules, name)
    return Packages(str(tmp_path), checks=("arithmetic_checks",))


def read(packages: Packages, text: str) -> NotebookNode:
    path = Path(packages.root) / "lesson_doubling.py"
    path.write_text(text, encoding="utf-8")
    return read_source(path, packages)


def nbgrader(**marks: object) -> dict:
    plain = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return plain | marks


def test_short_marks_stand_for_nbgraders_cells(packages: Packages) -> None:
    cells = read(packages, LESSON).cells
    assert [cell.metadata.get("nbgrader") for cell in cells] == [
        nbgrader(grade_id="imports", locked=True),
        None,
        nbgrader(grade_id="double", solution=True),
        nbgrader(grade_id="double-values", grade=True, locked=True, points=2),
        nbgrader(grade_id="double-type", grade=True, locked=True, points=1),
        nbgrader(grade_id="why", grade=True, solution=True, points=4),
        None,
    ]


def test_a_grade_cell_calls_its_check_with_the_answers_that_the_check_asks_for(packages: Packages) -> None:
    values, type_ = read(packages, LESSON).cells[3:5]
    start = "from arithmetic_checks.lesson_doubling import double as check\n"
    assert values.source == start + "check.values(double)"
    assert type_.source == start + "check.type_(double, Helper)"


def test_the_last_line_counts_the_checks_of_all_exercises_in_the_lessons_order(packages: Packages) -> None:
    last = read(packages, LESSON).cells[-1]
    assert last.metadata.tags == ["demo"]
    assert last.source == (
        "from autograder.exercise import progress\n\n"
        'progress(\n    "arithmetic_checks.lesson_doubling",\n    "double",\n)'
    )


PLOT = "\n# %% plot=true\n# Draws the doubles of 0 to 9.\nplt.plot(range(10), doubles)\n"


def test_a_plot_is_folded_behind_the_line_that_says_what_it_draws(packages: Packages) -> None:
    plot = read(packages, LESSON + PLOT).cells[-1]
    assert plot.source.startswith("# Draws the doubles of 0 to 9.\n")
    assert plot.metadata.jupyter == {"source_hidden": True} and is_demo(plot)
    with pytest.raises(LessonError, match="a plot begins with a comment that says what it draws"):
        read(packages, LESSON + PLOT.replace("# Draws the doubles of 0 to 9.\n", ""))


def test_nobody_has_to_open_a_folded_cell_to_understand_another(packages: Packages) -> None:
    folded = PLOT + "doubles = [0, 2]\ndef draw(): plt.plot(doubles)\nfor x in doubles: plt.plot(x)\n"
    calls, reads = '# %% tags=["demo"]\ndraw()\nfor x in (1, 2): x\n', '# %% tags=["demo"]\ndoubles[1]\n'
    anew, exercise = '# %% tags=["demo"]\ndoubles = [0, 2]\n', "# %%\ndraw()\n"

    def said(*cells: str) -> list[str]:
        return list(mistakes(read(packages, LESSON + folded + "".join(cells))))

    assert said(calls) == said(anew, reads) == []
    told = "which a folded cell makes. Make it in a cell that is shown."
    assert said(calls, reads) == [f'cell 10 ("doubles[1]"): it uses doubles, {told}']
    assert said(exercise) == [f'cell 9 ("draw()"): it uses draw, {told}']


def test_nbgraders_own_metadata_stays_as_it_is(packages: Packages) -> None:
    long = '# %% nbgrader={"grade": true, "grade_id": "t", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}\nassert True\n'  # noqa: E501
    assert read(packages, long).cells[0].metadata.nbgrader == nbgrader(grade=True, grade_id="t", locked=True, points=2)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"values": 2', '"vlaues": 2', "double has no check called 'vlaues'. Its checks are: values, type."),
        ('# %% answer="double"', "# %%", "checks follow the answer cell of their exercise, and none"),
        ('# %% answer="double"', '# %% answer="triple"', "holds no checks of triple. Write them in a module"),
        ('"type": 1}', '"type": 1}\nprint(1)', "a cell of checks is empty: each check says by its parameters"),
        ('answer="double"', "answer=3", 'answer=3 is not understood. Write answer="name", checks={"property": points}'),
        ("progress=true", "progress=1.5", "progress=1.5 is not understood."),
    ],
    ids=["a misspelt check", "no answer", "no module", "a cell with text", "no name", "no mark"],
)  # fmt: skip
def test_a_mark_that_is_wrong_is_named_with_its_cell_and_what_to_write(
    packages: Packages, before: str, after: str, said: str
) -> None:
    with pytest.raises(LessonError) as refused:
        read(packages, LESSON.replace(before, after))
    assert said in str(refused.value)
    assert "lesson_doubling.py, cell " in str(refused.value)


def test_a_lesson_without_a_package_of_checks_is_told_where_to_name_it(packages: Packages) -> None:
    with pytest.raises(LessonError, match="no package holds the checks of this lesson"):
        read(Packages(packages.root), LESSON)


def test_opening_and_saving_a_source_as_a_notebook_keeps_its_marks(tmp_path: Path) -> None:
    """JupyterLab reads and writes a script with the settings of jupytext.toml."""
    script = tmp_path / "lesson.py"
    for stem in ("lesson03_reparameterization", "lesson06_vae"):
        script.write_text((ROOT / "solutions" / f"{stem}.py").read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "jupytext.toml").write_text((ROOT / "jupytext.toml").read_text(encoding="utf-8"), encoding="utf-8")
        notebook = tmp_path / "lesson.ipynb"
        command([str(script), "--to", "notebook", "-o", str(notebook), "--quiet"])
        before = jupytext.read(script)
        command([str(notebook), "--to", "py:percent", "-o", str(script), "--quiet"])
        after = jupytext.read(script)
        shorts = [
            [{key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"} for cell in each.cells]
            for each in (before, after)
        ]
        assert shorts[0] == shorts[1]
        assert [cell.source for cell in before.cells] == [cell.source for cell in after.cells]
