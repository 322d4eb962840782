"""The reading edition, through its front door: a small course becomes pages that need nothing else."""

from __future__ import annotations

import base64
import copy
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from class_of_four import ROOT
from markup import Attributes, loads, text
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_output
from typer.testing import CliRunner

import autograder.cli
from autograder.course import Course
from autograder.reading.content import LessonPage
from autograder.reading.execution import digest

README = """\
# A small course

Two lessons.

![One dot.](figures/dot.png) ![Nothing.](figures/gone.png)

| lesson |
| --- |

## Where things are
"""
LEARNERS_README = """\
# The lessons

| lesson | time |
| --- | --- |
| lesson1 | too long |

The first is the core.

## From nothing to your first check

Open the first lesson, or read [below](#in-a-hosted-notebook).

### In a hosted notebook
"""
FIRST = r'''# %% [markdown]
# # Lesson 1: thrice
#
# **The question of this lesson: what is three times $x$?**
#
# | Time | Needs | Points |
# | --- | --- | --- |
# | 20 minutes | `math` | 7 |

# %% [markdown]
# ## Numbers and $x_1$
#
# ### Exercise 1: `treble`
#
# ```
# ## No heading
# ```
#
# <details><summary>Hint 1</summary>
#
# Add $x$ to *itself*.
#
# </details>


# %% answer="treble"
def treble(x):
    """Return three times x."""
    ### BEGIN SOLUTION
    twice_as_much = x + x
    return twice_as_much + x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "treble-two", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert treble(2) == 6
### BEGIN HIDDEN TESTS
assert treble(41) == 123
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "treble-half", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert treble(0.5) == 1.5

# %% jupyter={"source_hidden": true}
import base64
import inspect
import sys

from IPython.display import Image, display

print("printed", end=" ")
sys.stdout.flush()
print("twice")
display(Image(base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==")))
print(object())

# %% [markdown]
# *Figure 1. One dot.*

# %%
print(inspect.getsource(treble))

# %% [markdown] answer="why" points=4
# Because the sum of three is a product.
'''  # noqa: E501
SECOND = "# %% [markdown]\n# # Lesson 2: the end\n"
DOT = re.search(r'b64decode\("([^"]+)"\)', FIRST)[1]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two lessons, of which the first was run already."""
    root = tmp_path_factory.mktemp("site") / "course"
    (root / "solutions").mkdir(parents=True)
    (root / "course").mkdir()
    (root / "solutions" / "lesson1.py").write_text(FIRST, encoding="utf-8")
    (root / "solutions" / "lesson2.py").write_text(SECOND, encoding="utf-8")
    (root / "README.md").write_text(README, encoding="utf-8")
    (root / "figures").mkdir()
    (root / "figures" / "dot.png").write_bytes(base64.b64decode(DOT))
    (root / "course" / "README.md").write_text(LEARNERS_README, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return Course(root)


@pytest.fixture(scope="module")
def pages(course: Course) -> dict[str, str]:
    """The pages, as the command writes them."""
    status, out, _ = run(course, "--jobs", "1")
    assert (status, out) == (0, f"3 pages: {course.root}/site/index.html\n")
    return written(course.root / "site")


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is shown was kept."""
    monkeypatch.setattr(NotebookClient, "execute", None)
    yield


def run(course: Course, *arguments: str) -> tuple[int, str, str]:
    """`autograder site ...` in the course: exit status, standard output, standard error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(course.root)
        result = CliRunner().invoke(autograder.cli.app, ["site", *arguments])
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_each_lesson_is_a_page_and_an_index_leads_to_them_in_order(pages):
    assert sorted(pages) == ["index", "lesson1", "lesson2"]
    links = [value for tag, name, value in Attributes(pages["index"]).attributes if (tag, name) == ("a", "href")]
    assert [link for link in links if link.endswith(".html")] == ["lesson1.html", "lesson2.html"]
    assert '<a rel="next" href="lesson2.html">Lesson 2: the end →</a>' in pages["lesson1"]
    assert '<a rel="prev" href="lesson1.html">← Lesson 1: thrice</a>' in pages["lesson2"]
    assert (
        "rel=" not in pages["index"] and 'rel="prev"' not in pages["lesson1"] and 'rel="next"' not in pages["lesson2"]
    )


def test_the_index_says_what_the_lessons_say_and_how_to_get_started(pages):
    said = text(pages["index"])
    assert "A small course Two lessons." in said and "Where things are" not in said and "too long" not in said
    assert "Lesson 1: thrice what is three times x ? 20 minutes 7 math" in said
    assert "The first is the core. From nothing to your first check Open the first lesson, or read below" in said
    assert leads_nowhere(pages["index"]) == []


def test_the_index_holds_the_pictures_of_the_readme(pages):
    assert f'<img src="data:image/png;base64,{DOT}" alt="One dot.">' in pages["index"]
    assert '<img alt="Nothing.">' in pages["index"]


def leads_nowhere(page: str) -> list[str]:
    """The links into the page that lead to nothing on it, or to more than one thing."""
    found = Attributes(page).attributes
    ids = [value for _, name, value in found if name == "id"]
    links = {value[1:] for tag, name, value in found if (tag, name) == ("a", "href") and value.startswith("#")}
    return [link for link in links if ids.count(link) != 1]


def test_the_list_of_contents_leads_to_every_heading(pages):
    contents = re.search(r'<nav class="contents".*?</nav>', pages["lesson1"], re.DOTALL)[0]
    assert "<code>treble</code>" in contents and "<math" in contents
    assert text(f"<body>{contents}") == "In this lesson Numbers and x 1 Exercise 1: treble"
    assert leads_nowhere(pages["lesson1"]) == []


def test_pages_load_nothing_and_run_nothing(pages):
    for page in pages.values():
        assert loads(page) == []
        assert "<script" not in page
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page


def test_a_solution_is_folded_under_its_stub_with_what_a_right_answer_must_hold(pages):
    said = text(pages["lesson1"])
    assert "Your answer starts from this def treble ( x ): " in said
    assert said.index("raise NotImplementedError") < said.index("Solution of treble") < said.index("twice_as_much")
    assert '<details class="source"><summary>Solution of treble</summary>' in pages["lesson1"]
    assert "What must hold for a right answer two (2 points) the check's cell" in said and "half (1 point)" in said
    assert "Your answer in words (4 points) YOUR ANSWER HERE An answer to why Because the sum of three" in said
    assert said.count("BEGIN SOLUTION") == 1, "where the lesson itself prints it"
    assert "HIDDEN" not in said and "123" not in said


def test_outputs_are_one_text_and_pictures_with_words_and_hidden_code_is_folded(pages):
    assert "<summary>The code of this cell</summary>" in pages["lesson1"]
    assert "<pre>printed twice\n</pre>" in pages["lesson1"]
    assert 'alt="Figure 1. One dot."' in pages["lesson1"]
    assert "object at 0x…" in text(pages["lesson1"])


def test_of_our_checks_a_page_shows_the_sentence_that_passing_says():
    lesson = Course(ROOT).lesson("lesson00_start")
    checks = [block.checks for block in LessonPage.of(Course(ROOT), lesson, lesson.source).blocks if block.checks]
    assert [(check.name, check.points, check.source) for check in checks[0]] == [
        ("values", 2, ""),
        ("inputs", 1, ""),
        ("gradients", 2, ""),
    ]
    assert checks[0][0].holds == "shift + scale * eps, for numbers and for tensors that broadcast."


def test_a_prediction_is_a_question_and_what_is_said_of_each_option_is_folded():
    lesson = Course(ROOT).lesson("lesson00_start")
    blocks = LessonPage.of(Course(ROOT), lesson, lesson.source).blocks
    asked = next(at for at, block in enumerate(blocks) if block.source.startswith("**Predict first.**"))
    told = next(block for block in blocks[asked:] if block.kind == "outcome")
    assert "- **b** · It is wrong, and both tests pass" in blocks[asked].source
    assert "- ✗ **a** · It is right, and both tests pass. Both pass, but it multiplies" in told.source
    assert "- ✓ **b** · It is wrong, and both tests pass. `shift` and `scale` have changed places" in told.source
    assert not any("prediction_" in block.source or "import outcome" in block.source for block in blocks)


def test_without_solutions_neither_cells_nor_outputs_give_an_answer(course, pages, nothing_runs, tmp_path):
    status, _, _ = run(course, "--without-solutions", "--jobs", "1", "-o", str(tmp_path / "class"))
    page = written(tmp_path / "class")["lesson1"]
    said = text(page)
    assert status == 0 and "twice_as_much" in pages["lesson1"]
    assert "twice_as_much" not in page and "sum of three" not in page and "Solution of" not in said
    assert "printed Not shown: it quotes an answer." in said and "printed twice" in said
    assert "Hint 1 Add x to itself ." in said and "two (2 points)" in said


def test_a_widget_is_shown_by_its_figure_alone():
    lesson = Course(ROOT).lesson("lesson00_start")
    bar = {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "  0%|   | 0/50 [00:00<?, ?it/s]"}
    notebook = copy.deepcopy(lesson.source)
    streams = [new_output("stream", text="a"), new_output("display_data", bar), new_output("stream", text="b")]
    notebook.cells = [new_code_cell("fit()", outputs=streams)]
    (block,) = LessonPage.of(Course(ROOT), lesson, notebook).blocks
    assert [output.text for output in block.outputs] == ["ab"]


def test_a_site_is_the_same_when_it_is_made_again_and_runs_nothing_that_has_not_changed(course, pages, nothing_runs):
    assert run(course, "--jobs", "1")[0] == 0
    assert written(course.root / "site") == pages


@pytest.mark.slow
def test_several_processes_that_run_everything_again_make_the_same_site(course, pages, tmp_path):
    shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns("build", "site"))
    assert run(Course(tmp_path / "course"), "--jobs", "2")[0] == 0
    assert written(tmp_path / "course" / "site") == pages


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["lesson03_reparameterization", "lesson05_stability"])
def test_a_lesson_that_draws_and_trains_is_the_same_page_when_it_is_run_again(tmp_path, stem):
    made = []
    for place in ("here", "there"):
        root = tmp_path / place
        (root / "solutions").mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / f"{stem}.py", root / "solutions")
        shutil.copy(ROOT / "nbgrader_config.py", root)
        assert run(Course(root), "--jobs", "1")[0] == 0
        made.append(written(root / "site"))
    assert made[0] == made[1]


def test_a_page_of_a_lesson_that_is_gone_goes_and_other_files_stay(course, pages, nothing_runs, tmp_path):
    for name, content in {"lesson9": pages["lesson2"], "mine": "<p>mine</p>"}.items():
        (tmp_path / f"{name}.html").write_text(content, encoding="utf-8")
    run(course, "--jobs", "1", "-o", str(tmp_path))
    assert sorted(written(tmp_path)) == ["index", "lesson1", "lesson2", "mine"]


@pytest.mark.parametrize(
    ("change", "is_run_again"),
    [
        (("A *new* prose", "markdown"), False),
        (("print(1)", "code"), True),
    ],
)
def test_a_lesson_is_run_again_when_its_code_changes_and_not_when_its_prose_does(change, is_run_again):
    lesson = Course(ROOT).lesson("lesson00_start")
    changed = Course(ROOT).lesson("lesson00_start")
    source, kind = change
    next(cell for cell in reversed(changed.source.cells[:8]) if cell.cell_type == kind).source = source
    assert (digest(changed) != digest(lesson)) is is_run_again


def test_a_lesson_that_does_not_run_is_named_and_nothing_is_written(course, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(course.root, root, ignore=shutil.ignore_patterns("site", "solutions"))
    (root / "solutions").mkdir()
    (root / "solutions" / "lesson3.py").write_text("# %%\n1 / 0\n", encoding="utf-8")
    status, out, err = run(Course(root), "--jobs", "1")
    assert (status, out) == (2, "") and not (root / "site").exists()
    assert err.startswith("lesson3 does not run to its end, so it has no page:\n")
    assert "ZeroDivisionError: division by zero" in err and "\x1b" not in err


def test_a_course_without_lessons_is_told_so(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    assert run(Course(tmp_path))[::2] == (2, f"{tmp_path}/solutions holds no lesson, so there is nothing to read.\n")


def test_a_file_in_place_of_the_folder_is_named_before_anything_runs(course, nothing_runs):
    where = course.root / "README.md"
    assert run(course, "-o", str(where))[::2] == (2, f"{where} is a file. Name a folder with -o.\n")


def test_what_is_kept_of_a_run_is_the_notebook_with_its_outputs(course, pages):
    kept = nbformat.read(course.root / "build" / "site" / "lesson1.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in kept.cells)
