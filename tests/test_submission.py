"""What was handed in: read whatever it is, and rebuilt on the instructor's cells."""

import copy
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder.boundary.limits import MAX_BYTES
from autograder.harmless import is_harmless
from autograder.lesson import Lesson, marks
from autograder.submission import SubmissionError, read_submission, rebuild

LESSON = """\
# %% [markdown]
# # Two exercises

# %%
import math

# %% tags=["demo"]
print("demo")

# %% nbgrader={"grade": false, "grade_id": "twice", "locked": false, "schema_version": 3, "solution": true, "task": false}
def twice(x):
    return 2 * x

# %% nbgrader={"grade": true, "grade_id": "twice-values", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert twice(3) == 6

# %% [markdown] nbgrader={"grade": false, "grade_id": "rules", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Thrice is three times.

# %% nbgrader={"grade": false, "grade_id": "thrice", "locked": false, "schema_version": 3, "solution": true, "task": false}
def thrice(x):
    return 3 * x

# %% nbgrader={"grade": true, "grade_id": "thrice-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert thrice(3) == 9

# %%
n = 4
"""  # noqa: E501
STUB = "def {name}(x):\n    raise NotImplementedError"
GRADE_CELLS = {"twice-values": "assert twice(3) == 6", "thrice-values": "assert thrice(3) == 9"}


@pytest.fixture(scope="module")
def lesson(tmp_path_factory) -> Lesson:
    path = tmp_path_factory.mktemp("solutions") / "lesson78_multiples.py"
    path.write_text(LESSON, encoding="utf-8")
    return Lesson.read(path)


@pytest.fixture
def handed_in(lesson: Lesson) -> NotebookNode:
    """The released notebook, both exercises answered by a comment in their cells."""
    notebook = copy.deepcopy(lesson.source)
    for cell in notebook.cells:
        if marks(cell).get("solution"):
            cell.source = STUB.format(name=cell.id)
        if marks(cell):
            marks(cell)["checksum"] = compute_checksum(cell)
    for name in ("twice", "thrice"):
        cell_of(notebook, name).source = f"# my {name}"
    return notebook


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell that nbgrader calls ``name``."""
    return next(cell for cell in notebook.cells if marks(cell).get("grade_id") == name)


def own(source: str, name: str = "mine", kind: str = "code", **metadata: Any) -> NotebookNode:
    """A cell that the learner added."""
    return nbformat.from_dict({"cell_type": kind, "source": source, "id": name, "metadata": metadata})


def answer(name: str, source: str) -> NotebookNode:
    """Another cell that claims to be the answer ``name``."""
    return own(source, f"copy-of-{name}", nbgrader={"grade_id": name, "solution": True, "grade": False})


def texts(notebook: NotebookNode) -> list[str]:
    """The sources, in order."""
    return [cell.source for cell in notebook.cells]


def written(tmp_path: Path, content: Any) -> Path:
    """A file with this content: bytes, text, or what JSON makes of it."""
    path = tmp_path / "submission.ipynb"
    content = content if isinstance(content, bytes | str) else json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def notebook_of(*cells: Any, **fields: Any) -> dict:
    """The JSON object of a notebook."""
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | fields


CODE = {"cell_type": "code", "id": "a", "metadata": {}, "source": "x = 1", "outputs": [], "execution_count": None}
UTF_8 = "{{path}} {} Save it with the encoding UTF-8 and hand it in again."
# Python says it in other words since 3.13.
COMMA = (
    "line 2: Illegal trailing comma before end of object, at ','"
    if sys.version_info >= (3, 13)
    else "line 3: Expecting property name enclosed in double quotes, at '}}'"
)
NOTEBOOKS_NOT = {
    "empty": ("", "{path} is empty. Save the notebook in Jupyter and hand it in again."),
    "blank": (" \n\n", "{path} is empty. Save the notebook in Jupyter and hand it in again."),
    "binary": (b"\x89PNG\r\n\x1a\n", "{path} is not text: is it a notebook (.ipynb)?"),
    "a byte order mark alone": (b"\xef\xbb\xbf", "{path} is empty. Save the notebook in Jupyter and hand it in again."),
    "a list": ("[]", "{path} is not a Jupyter notebook (it is a JSON list). Hand in the .ipynb file."),
    "a number": ("3", "{path} is not a Jupyter notebook (it is a JSON value). Hand in the .ipynb file."),
    "some other object": (
        '{"cells": []}',
        '{path} is not a Jupyter notebook (it is a JSON object without "nbformat"). Hand in the .ipynb file.',
    ),
    "a script": (
        "print('hi')",
        "{path} is not a Jupyter notebook (Notebook does not appear to be JSON: \"print('hi')\"). "
        "Hand in the .ipynb file.",
    ),
    "a number of endless digits": (
        "1" * 100_000,
        "{path} is not a Jupyter notebook (Notebook does not appear to be JSON: " + repr("1" * 60) + "). "
        "Hand in the .ipynb file.",
    ),
    **{
        f"cut off {where}": (
            json.dumps(notebook_of(CODE), indent=1)[:length],
            f"{{path}} is only the beginning of a notebook: it ends in line {line}. Save it and hand it in as a whole.",
        )
        for where, length, line in (("after a bracket", 1, 1), ("in a string", 26, 3), ("after a comma", 18, 2))
    },
    "cut off in a word": (
        '{"nbformat": 4,\n"x": fal',
        "{path} is only the beginning of a notebook: it ends in line 2. Save it and hand it in as a whole.",
    ),
    "merged badly": (
        json.dumps(notebook_of(CODE), indent=1).replace(' "cells": [\n', ' "cells": [\n<<<<<<< HEAD\n'),
        "{path} holds a merge conflict (line 6: '<<<<<<< HEAD'). Keep one of the two versions "
        "(`git checkout --ours` or `--theirs`, then the file's name) and hand it in again.",
    ),
    "a comma too many": (
        '{"nbformat": 4,\n"cells": [],\n}',
        f"{{path}} is a damaged notebook ({COMMA}). Hand in a copy that Jupyter opens.",
    ),
    "in UTF-16": (json.dumps(notebook_of(CODE)).encode("utf-16"), UTF_8.format("is UTF-16, and a notebook is UTF-8.")),
    "in UTF-16 without a mark": ('{"a"'.encode("utf-16-be"), UTF_8.format("is UTF-16, and a notebook is UTF-8.")),
    "in UTF-32": (json.dumps(notebook_of(CODE)).encode("utf-32"), UTF_8.format("is UTF-32, and a notebook is UTF-8.")),
    "in Latin-1": ('{"nbformat": 4,\n"é": 1}'.encode("latin-1"), UTF_8.format("is not UTF-8 (line 2: byte 0xe9).")),
    "a zip": (
        b"PK\x03\x04\x14\x00",
        "{path} is an archive, not a notebook. Unpack it, and hand in the notebook (.ipynb) that it holds.",
    ),
    "a PDF": (b"%PDF-1.7\n", "{path} is a PDF, not a notebook. Hand in the notebook (.ipynb) that it was made from."),
    "a web page": (
        "\ufeff\n<!DOCTYPE html>\n<html>",
        "{path} is a web page (HTML), not a notebook. "
        "Download the notebook itself: in Jupyter and in Colab by File, Download.",
    ),
    "a pointer of Git LFS": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
        "{path} only stands for a notebook that Git LFS keeps elsewhere. "
        "Run `git lfs pull`, and hand in what is there then.",
    ),
    **{
        label: (
            content,
            "{path} holds a link (https://colab.research.google.com/drive/1x), not the notebook. "
            "Download the notebook from there (in Colab by File, Download, Download .ipynb) and hand that in.",
        )
        for label, content in {
            "a link": "https://colab.research.google.com/drive/1x\n",
            "a link as Windows saves it": "[InternetShortcut]\r\nURL=https://colab.research.google.com/drive/1x\r\n",
            "a link as Drive saves it": {"url": "https://colab.research.google.com/drive/1x", "doc_id": "1x"},
        }.items()
    },
    "a script that names a link": (
        "# https://example.org\nprint(1)",
        "{path} is not a Jupyter notebook (Notebook does not appear to be JSON: "
        "'# https://example.org\\nprint(1)'). Hand in the .ipynb file.",
    ),
    "a hundred thousand brackets": ("[" * 100_000, "{path} is nested too deeply to be a notebook."),
    **{
        label: (
            content,
            "{path} is a damaged notebook: its cells cannot be read. Open it in Jupyter, save it, hand it in again.",
        )
        for label, content in {
            "cells that are a number": notebook_of(cells=3),
            "no cells": {"nbformat": 4},
            "of a format to come": notebook_of(nbformat=99),
            "of a format that is a word": notebook_of(nbformat="four"),
            "an old notebook without sheets": {"nbformat": 3, "metadata": {}, "worksheets": 3},
        }.items()
    },
}


@pytest.mark.parametrize(("content", "message"), NOTEBOOKS_NOT.values(), ids=NOTEBOOKS_NOT.keys())
def test_what_is_no_notebook_is_said_in_a_sentence(tmp_path: Path, content: Any, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(SubmissionError) as refused:
        read_submission(path)
    assert str(refused.value) == message.format(path=path)


def refusal(path: Path) -> str:
    """Why the file at ``path`` cannot be read."""
    with pytest.raises(SubmissionError) as refused:
        read_submission(path)
    return str(refused.value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "none.ipynb"
    assert refusal(path) == f"{path} cannot be opened: No such file or directory."


def test_a_notebook_of_another_name_in_its_place_is_named_and_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    for name in ("lesson (1).ipynb", "my [last] try.ipynb"):
        written(tmp_path, notebook_of(CODE)).rename(tmp_path / name)
    assert refusal(path) == (
        f"{path} is not there; its folder holds 'lesson (1).ipynb' and 'my [last] try.ipynb'. "
        "Rename what is meant to be it."
    )


def test_a_folder_is_said_to_be_one_with_the_notebooks_in_it(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    path.mkdir()
    assert refusal(path) == f"{path} is a folder. Hand in the notebook itself."
    written(path, notebook_of(CODE))
    assert refusal(path) == f"{path} is a folder that holds 'submission.ipynb'. Hand in the notebook itself."


def test_a_link_that_leads_nowhere_is_a_link(tmp_path: Path) -> None:
    path, _ = tmp_path / "lesson.ipynb", written(tmp_path, notebook_of(CODE))
    path.symlink_to(tmp_path / "nowhere")
    assert refusal(path) == f"{path} is a link or no ordinary file. Hand in the file itself."


def test_line_ends_of_windows_do_not_matter(tmp_path: Path) -> None:
    text = json.dumps(notebook_of(CODE | {"source": ["a = 1\r\n", "b = 2"]}), indent=1)
    assert texts(read_submission(written(tmp_path, text.replace("\n", "\r\n")))) == ["a = 1\nb = 2"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.ipynb"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SubmissionError) as refused:
        read_submission(path)
    assert str(refused.value) == f"{path} is over 50 MiB. Clear its outputs and hand it in again."


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (CODE | {"source": ["a\n", "b"]}, {"source": "a\nb"}),
        (CODE | {"source": [1, "a", None]}, {"source": "a"}),
        (CODE | {"source": None}, {"source": ""}),
        (CODE | {"source": "\ud800"}, {"source": "?"}),
        (CODE | {"outputs": 3, "execution_count": "x"}, {"outputs": [], "execution_count": None}),
        (CODE | {"metadata": None}, {"metadata": {}}),
        (CODE | {"metadata": [1]}, {"metadata": {}}),
        (CODE | {"metadata": {"nbgrader": [1], "tags": "demo"}}, {"metadata": {}}),
        (
            CODE | {"metadata": {"nbgrader": {"grade_id": ["a"], "x": 1}, "tags": [1, "t"]}},
            {"metadata": {"tags": ["t"]}},
        ),
        (CODE | {"metadata": {"nbgrader": {"grade_id": "a"}}}, {"metadata": {"nbgrader": {"grade_id": "a"}}}),
        (CODE | {"id": "not an id"}, {"id": ""}),
        (CODE | {"id": 5}, {"id": ""}),
        (CODE | {"cell_type": "video"}, {"cell_type": "raw"}),
        (CODE | {"cell_type": ["code"]}, {"cell_type": "raw"}),
        ({}, {"cell_type": "raw", "source": "", "metadata": {}}),
    ],
)
def test_a_cell_with_odd_parts_is_read_as_far_as_it_can_be(tmp_path: Path, cell: dict, read: dict) -> None:
    (found,) = read_submission(written(tmp_path, notebook_of(cell, None, 3))).cells
    assert {key: found[key] for key in read} == read


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    assert texts(read_submission(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(notebook_of(CODE)).encode()))) == [
        "x = 1"
    ]


def test_notebooks_of_older_formats_are_read(tmp_path: Path) -> None:
    old = {key: value for key, value in CODE.items() if key != "id"}
    assert texts(read_submission(written(tmp_path, notebook_of(old, nbformat_minor=0)))) == ["x = 1"]
    cell = {
        "cell_type": "code",
        "input": "y = 2",
        "language": "python",
        "outputs": [],
        "collapsed": False,
        "metadata": {},
    }
    ancient = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": [cell]}]}
    assert texts(read_submission(written(tmp_path, ancient))) == ["y = 2"]


def test_a_submission_as_it_should_be_keeps_its_answers_in_the_lesson(lesson: Lesson, handed_in: NotebookNode) -> None:
    rebuilt = rebuild(handed_in, lesson)
    nbformat.validate(rebuilt)
    assert texts(rebuilt) == [
        "# Two exercises",
        "import math",
        'print("demo")',
        "# my twice",
        "assert twice(3) == 6",
        "Thrice is three times.",
        "# my thrice",
        "assert thrice(3) == 9",
        "n = 4",
    ]


def test_a_deleted_answer_is_an_empty_one_and_all_else_comes_back(lesson: Lesson) -> None:
    rebuilt = rebuild(nbformat.from_dict(notebook_of()), lesson)
    expected = texts(lesson.source)
    expected[3] = expected[6] = ""
    assert texts(rebuilt) == expected


@pytest.mark.parametrize("spoil", ["edit", "delete", "duplicate", "unmark", "turn into an answer", "rename", "move"])
@pytest.mark.parametrize("name", GRADE_CELLS)
def test_whatever_is_done_to_a_grade_cell_the_instructors_is_there_once(
    lesson: Lesson, handed_in: NotebookNode, name: str, spoil: str
) -> None:
    expected = texts(rebuild(handed_in, lesson))
    cell = cell_of(handed_in, name)
    match spoil:
        case "edit":
            cell.source = "pass"
        case "delete":
            handed_in.cells.remove(cell)
        case "duplicate":
            handed_in.cells.append(copy.deepcopy(cell))
        case "unmark":
            del cell.metadata["nbgrader"]
        case "turn into an answer":
            marks(cell).update(grade=False, solution=True, locked=False)
        case "rename":
            cell.id = marks(cell)["grade_id"] = "bonus"
        case "move":
            handed_in.cells.insert(0, handed_in.cells.pop(handed_in.cells.index(cell)))
    assert texts(rebuild(handed_in, lesson)) == expected


@pytest.mark.parametrize(
    "spoil", ["solution false", "grade true", "locked", "renamed", "unmarked", "id lost", "points"]
)
def test_a_relabelled_answer_is_still_the_answer(lesson: Lesson, handed_in: NotebookNode, spoil: str) -> None:
    expected = rebuild(handed_in, lesson)
    cell = cell_of(handed_in, "twice")
    match spoil:
        case "solution false":
            marks(cell).update(solution=False)
        case "grade true":
            marks(cell).update(solution=False, grade=True)
        case "locked":
            marks(cell).update(locked=True)
        case "renamed":
            marks(cell).update(grade_id="thrice")
        case "unmarked":
            del cell.metadata["nbgrader"]
        case "id lost":
            cell.id = ""
        case "points":
            marks(cell).update(grade=True, points="lots")
            handed_in.cells.append(answer("twice", STUB.format(name="twice")))
            marks(handed_in.cells[-1])["checksum"] = compute_checksum(handed_in.cells[-1])
    assert rebuild(handed_in, lesson) == expected


def test_an_answer_that_lost_every_mark_still_runs_in_its_place(lesson: Lesson, handed_in: NotebookNode) -> None:
    for cell in handed_in.cells:
        cell.metadata, cell.id = NotebookNode(), ""
    rebuilt = texts(rebuild(handed_in, lesson))
    assert rebuilt.index("# my twice") < rebuilt.index("assert twice(3) == 6")
    assert rebuilt.index("# my thrice") < rebuilt.index("assert thrice(3) == 9")
    assert len([text for text in rebuilt if text == "import math"]) == 1


@pytest.mark.parametrize(
    ("sources", "run"),
    [
        (["stub", "# 1"], ["# 1"]),
        (["# 1", "stub"], ["# 1"]),
        (["# 1", "# 2"], ["# 1", "# 2"]),
        (["# 1", "stub", "# 2", ""], ["# 1", "# 2"]),
        (["stub", "stub"], ["stub"]),
    ],
)
def test_of_a_repeated_answer_all_but_the_stubs_run_in_order(
    lesson: Lesson, handed_in: NotebookNode, sources: list[str], run: list[str]
) -> None:
    place = handed_in.cells.index(cell_of(handed_in, "twice"))
    stub = answer("twice", STUB.format(name="twice"))
    marks(stub)["checksum"] = compute_checksum(stub)
    cells = [copy.deepcopy(stub) if source == "stub" else answer("twice", source) for source in sources]
    cells[0].id = "twice"
    handed_in.cells[place : place + 1] = cells
    rebuilt = texts(rebuild(handed_in, lesson))
    assert rebuilt[3 : rebuilt.index("assert twice(3) == 6")] == [
        stub.source if source == "stub" else source for source in run
    ]


def test_the_learners_own_cells_stay_where_they_were(lesson: Lesson, handed_in: NotebookNode) -> None:
    for place, name in ((9, "end"), (7, "after thrice"), (4, "after twice"), (0, "start")):
        handed_in.cells.insert(place, own(f"# {name}"))
    assert texts(rebuild(handed_in, lesson)) == texts(handed_in)


def test_the_learners_edits_of_unlocked_cells_stay_and_of_locked_ones_do_not(
    lesson: Lesson, handed_in: NotebookNode
) -> None:
    handed_in.cells[1].source = "import math, os"
    cell_of(handed_in, "rules").source = "Thrice is whatever I say."
    rebuilt = texts(rebuild(handed_in, lesson))
    assert "import math, os" in rebuilt
    assert "Thrice is three times." in rebuilt


def test_a_demo_stays_a_demo(lesson: Lesson, handed_in: NotebookNode) -> None:
    handed_in.cells[2].metadata = NotebookNode()
    assert rebuild(handed_in, lesson).cells[2].metadata.tags == ["demo"]


def test_a_moved_answer_returns_to_its_place(lesson: Lesson, handed_in: NotebookNode) -> None:
    expected = texts(rebuild(handed_in, lesson))
    handed_in.cells.reverse()
    assert texts(rebuild(handed_in, lesson)) == expected


def test_the_kernel_is_the_lessons(lesson: Lesson, handed_in: NotebookNode) -> None:
    handed_in.metadata = nbformat.from_dict({"kernelspec": {"name": "julia-1.10", "language": "julia"}})
    assert rebuild(handed_in, lesson).metadata == lesson.source.metadata


@pytest.mark.parametrize("name", ["", "same", "twice", "extra-1"])
def test_cell_ids_are_valid_and_unique_whatever_they_were(lesson: Lesson, handed_in: NotebookNode, name: str) -> None:
    handed_in.cells += [own(f"# {number}", name, kind) for number, kind in enumerate(["markdown", "raw", "markdown"])]
    rebuilt = rebuild(handed_in, lesson)
    nbformat.validate(rebuilt)
    assert len({cell.id for cell in rebuilt.cells}) == len(rebuilt.cells) == 12


def test_what_was_handed_in_is_left_as_it_was(lesson: Lesson, handed_in: NotebookNode) -> None:
    before = copy.deepcopy(handed_in)
    rebuild(handed_in, lesson)
    assert handed_in == before


@pytest.mark.parametrize("seed", range(300))
def test_no_damage_breaks_a_rebuild(lesson: Lesson, handed_in: NotebookNode, seed: int) -> None:
    """300 notebooks damaged in up to twelve ways each, from fixed seeds."""
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 12)):
        damage(handed_in, dice)
    rebuilt = rebuild(handed_in, lesson)
    nbformat.validate(rebuilt)
    grades = [(cell.id, cell.source) for cell in rebuilt.cells if marks(cell).get("grade")]
    assert grades == list(GRADE_CELLS.items())
    assert [marks(cell)["grade_id"] for cell in rebuilt.cells if marks(cell)] == list(lesson.cells)
    assert rebuild(rebuilt, lesson) == rebuilt
    assert own_lines(rebuilt) == own_lines(handed_in)


def own_lines(notebook: NotebookNode) -> set[str]:
    """The lines that only the learner can have written."""
    return {line for text in texts(notebook) for line in re.findall("# own .*", text)}


def damage(notebook: NotebookNode, dice: random.Random) -> None:
    """Do one thing to a notebook that a learner, a tool or an attacker might."""
    cells = notebook.cells
    cell = dice.choice(cells) if cells else own("# own first")
    match dice.randrange(10):
        case 0:
            dice.shuffle(cells)
        case 1 if cells:
            if "# own" not in cell.source:
                cells.remove(cell)
        case 2:
            cells.insert(dice.randint(0, len(cells)), copy.deepcopy(cell))
        case 3:
            cell.metadata = NotebookNode()
        case 4 if "# own" not in cell.source:
            cell.id = dice.choice(["", "twice", "same", "extra-1", "two words"])
        case 5 if "# own" not in cell.source:
            names = [*GRADE_CELLS, "twice", "thrice", "rules", "unknown", 3]
            cell.metadata = nbformat.from_dict({"nbgrader": {"grade_id": dice.choice(names), "grade": False}})
        case 6 if "# own" not in cell.source:
            flags = {key: dice.choice([True, False]) for key in ("solution", "locked")}
            cell.metadata = nbformat.from_dict({"nbgrader": {**marks(cell), **flags}})
        case 7:
            cells.insert(dice.randint(0, len(cells)), own(f"# own {dice.random()}", dice.choice(["", "mine"])))
        case 8:
            cell.cell_type = dice.choice(["code", "markdown", "raw"])
        case 9 if "# own" not in cell.source:
            cell.source = dice.choice(["", "import math", "n = 4", "# my twice", cell.source])


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_that_was_made_a_cell_of_another_type_is_still_the_answer(lesson, handed_in, kind: str) -> None:
    answer = cell_of(handed_in, "twice")
    answer.source, answer.cell_type = "def twice(x): return x + x", kind
    found = cell_of(rebuild(handed_in, lesson), "twice")
    assert (found.cell_type, found.source) == ("code", "def twice(x): return x + x")


def test_a_cell_of_the_right_type_stands_before_a_copy_of_another(lesson, handed_in) -> None:
    cell_of(handed_in, "twice").source = "def twice(x): return 2 * x"
    note = copy.deepcopy(cell_of(handed_in, "twice"))
    note.cell_type, note.source = "markdown", "My first try was wrong."
    handed_in.cells.insert(0, note)
    assert cell_of(rebuild(handed_in, lesson), "twice").source == "def twice(x): return 2 * x"


WRITTEN = """\
# %% [markdown] nbgrader={"grade": true, "grade_id": "why", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# Say why.
"""  # noqa: E501
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="


def test_a_written_answer_keeps_its_type_and_the_pictures_attached_to_it(tmp_path: Path) -> None:
    path = tmp_path / "lesson78_words.py"
    path.write_text(WRITTEN, encoding="utf-8")
    lesson = Lesson.read(path)
    notebook = copy.deepcopy(lesson.source)
    why = cell_of(notebook, "why")
    why.source = "![sketch](attachment:sketch.png)"
    why.attachments = {"sketch.png": {"image/png": DOT}, "page": {"text/html": "<script>"}, "odd": {"image/png": "<>"}}
    found = cell_of(rebuild(notebook, lesson), "why")
    assert found.source == why.source
    assert found.attachments == {"sketch.png": {"image/png": DOT}}
    assert is_harmless(found.source, found.attachments)
    assert not is_harmless(found.source)
    why.cell_type = "code"
    assert cell_of(rebuild(notebook, lesson), "why").cell_type == "markdown"
