"""Predictions: asked before a cell runs, answered after it, kept, never graded, and counted for the instructor."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from class_of_four import ROOT
from nbformat import NotebookNode

from autograder.lesson import Lesson, LessonError, read_source
from autograder.packages import Packages
from autograder.predictions import (
    NONE,
    OTHER,
    Option,
    Prediction,
    PredictionError,
    outcome,
    predictions_of,
    told_in,
    written_in,
)
from autograder.results.classwork import GradeCell, Result, Work
from autograder.results.forecasts import Choice, Forecast, forecast
from autograder.submission import rebuild, runs
from autograder.verdict import Message, Verdict

TABLE = """\
[error]
question = "How many draws make the error ten times smaller?"
right = "b"
a = ["10 times as many", "Ten times the draws make it only 3.2 times smaller."]
b = ["100 times as many", "The error falls like one over the square root of the number of draws."]
shown = [8, 12]
exercise = "double"
"""
LESSON = """\
# %% [markdown]
# ## Twice

# %% predict="error"

# %% tags=["demo"]
ratio = 9.7

# %% outcome="error"
ratio

# %% answer="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
"""
ERROR = Prediction(
    "error",
    "How many draws make the error ten times smaller?",
    {
        "a": Option("10 times as many", "Ten times the draws make it only 3.2 times smaller."),
        "b": Option("100 times as many", "The error falls like one over the square root of the number of draws."),
    },
    "b",
    (8.0, 12.0),
    "double",
)
ASK = 'prediction_error = ""  # write "a" or "b", then run this cell'
TELL = """\
# Says what came of your prediction.
from autograder.predictions import outcome

outcome("course_checks.lesson_doubling", "error", globals(), ratio)"""
ITS_RIGHT = "b: 100 times as many. The error falls like one over the square root of the number of draws."


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """A course's own package of checks, for one lesson with one prediction."""
    folder = tmp_path / "course_checks" / "lesson_doubling"
    folder.mkdir(parents=True)
    (folder / "predictions.toml").write_text(TABLE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    for name in [name for name in sys.modules if name.startswith("course_checks")]:
        monkeypatch.delitem(sys.modules, name)
    return Packages(str(tmp_path), checks=("course_checks",))


def read(packages: Packages, text: str, table: str = TABLE) -> NotebookNode:
    folder = Path(packages.root)
    (folder / "course_checks" / "lesson_doubling" / "predictions.toml").write_text(table, encoding="utf-8")
    (folder / "lesson_doubling.py").write_text(text, encoding="utf-8")
    return read_source(folder / "lesson_doubling.py", packages)


def test_a_prediction_is_a_question_a_line_for_the_answer_and_after_the_run_what_came_of_it(packages: Packages) -> None:
    _, prompt, asks, _, tells, _ = read(packages, LESSON).cells
    assert prompt.source == (
        "**Predict first.**\nHow many draws make the error ten times smaller?\n\n"
        "- **a** · 10 times as many\n- **b** · 100 times as many"
    )
    assert asks.source == ASK
    assert tells.source == TELL
    assert (told_in(tells.source), told_in(asks.source)) == ("error", "")
    assert tells.metadata.jupyter.source_hidden, "what is read is the sentence below it"
    assert asks.metadata.tags == tells.metadata.tags == ["demo"], "grading runs neither"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("b", f"✓ You predicted {ITS_RIGHT}"),
        (" B) ", f"✓ You predicted {ITS_RIGHT}"),
        (
            "a",
            "✗ You predicted a: 10 times as many.\nTen times the draws make it only 3.2 times smaller.\n"
            f"It is {ITS_RIGHT}",
        ),
        ("", f"You predicted nothing, which costs nothing.\nIt is {ITS_RIGHT}"),
        ("c", f'You predicted something else than "a" or "b", which costs nothing.\nIt is {ITS_RIGHT}'),
        (2, f'You predicted something else than "a" or "b", which costs nothing.\nIt is {ITS_RIGHT}'),
    ],
)
def test_afterwards_a_learner_reads_whether_it_was_right_and_why(said: object, told: str) -> None:
    assert ERROR.told(said, torch.tensor(9.7, requires_grad=True)) == told


@pytest.mark.parametrize(
    ("value", "named"), [(3.2159, "3.216"), (torch.tensor(20), "20.0"), (None, "NoneType"), (float("nan"), "nan")]
)
def test_a_run_that_shows_something_else_is_not_said_to_show_what_is_right(value: object, named: str) -> None:
    assert ERROR.told("b", value) == (
        f"This run gave {named} where 8 to 12 was to be expected, so it decides nothing. "
        "Do the cells above hold your final answers, and did all of them run?"
    )


def test_the_outcome_is_told_where_the_cell_of_the_prediction_never_ran(
    packages: Packages, capsys: pytest.CaptureFixture
) -> None:
    outcome(f"{packages.checks[0]}.lesson_doubling", "error", {}, 9.7)
    assert capsys.readouterr().out == (
        "You predicted nothing, which costs nothing.\n"
        "  It is b: 100 times as many. The error falls like one over the square root of the number of\n"
        "  draws.\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('question = "How', 'asks = "How', "[error]: asks is not understood."),
        ('right = "b"', 'right = "c"', "[error]: right is the letter of one of its options."),
        ('right = "b"\n', "", "[error]: right is the letter of one of its options."),
        ('b = ["100', 'c = ["100', "[error]: its options are a, b, ... in this order."),
        ("10 times as many", "", "[error]: a is the option, and the sentence that is said of it: two texts."),
        ("[8, 12]", "[12, 8]", "[error]: shown is the least and the greatest number."),
        ("[error]", "[an error]", "predictions.toml is no TOML: "),
    ],
)
def test_a_table_that_is_not_whole_is_named_with_its_place(packages: Packages, old: str, new: str, told: str) -> None:
    with pytest.raises(LessonError, match=r"lesson_doubling\.py, .*predictions\.toml") as raised:
        read(packages, LESSON, TABLE.replace(old, new, 1))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('predict="error"', 'predict="eror"', "cell 2: predict='eror': the table knows the predictions error."),
        ("\nratio\n", "\n", "cell 4: outcome='error': a cell with the run's number goes with `shown` in the table."),
        ('# %% outcome="error"\nratio\n', "", "the prediction error is in the table, and no cell has outcome='error'."),
        ('# %% predict="error"\n', "", "cell 3: outcome='error' stands once, after predict='error'."),
        (
            'predict="error"\n',
            'predict="error"\nHow many?\n',
            "cell 2: predict='error' stands once, on an empty cell: question and options are in the table.",
        ),
    ],
)
def test_a_prediction_that_is_asked_or_told_wrongly_is_named(packages: Packages, old: str, new: str, told: str) -> None:
    with pytest.raises(LessonError) as raised:
        read(packages, LESSON.replace(old, new, 1))
    assert str(raised.value).endswith(f"lesson_doubling.py, {told}")


def test_the_table_has_the_order_of_the_lesson(packages: Packages) -> None:
    both = TABLE + TABLE.replace("[error]", "[size]")
    lesson = LESSON.replace('# %% predict="error"\n', '# %% predict="size"\n\n# %% predict="error"\n')
    lesson += '\n# %% outcome="size"\nratio\n'
    with pytest.raises(LessonError, match=r"in another order than the lesson: size, error\.$"):
        read(packages, lesson, both)


def test_what_was_predicted_is_kept_where_a_submission_is_rebuilt_and_is_not_run(packages: Packages) -> None:
    lesson = Lesson("lesson_doubling", read(packages, LESSON), packages)
    submitted = read(packages, LESSON)
    said = ASK.replace('""', '"a"')
    submitted.cells[2].source = said
    rebuilt = rebuild(submitted, lesson).cells
    assert [cell.source for cell in rebuilt if "prediction" in cell.source] == [said, TELL]
    assert not any(runs(cell) for cell in rebuilt[:-1])
    older = read(packages, LESSON)
    del older.cells[1:3]
    assert rebuild(older, lesson).cells[2].source == ASK, "one that was released before the question is not refused"


def test_predictions_are_read_and_never_run() -> None:
    cells = [
        'x = 1\nprediction_error = "a"  # surely',
        "prediction_error = ''",
        'prediction_bag = __import__("os").getcwd()',
        'print("prediction_error = no")\n    prediction_late = "b"',
        "prediction_slope = '<script>alert(1)</script>'",
    ]
    assert written_in(cells) == {"error": "a", "slope": "<script>alert(1)</script>"}
    assert [ERROR.chosen(each) for each in ("", "  ", "a", "<script>alert(1)</script>")] == [NONE, NONE, "a", OTHER]


def test_the_class_report_counts_what_was_predicted_and_who_then_solved_the_exercise() -> None:
    check = GradeCell("lesson", "double-values", "double", 2)
    passed = Result(check, 2, 2, Message("", verdict=Verdict.ACCEPTED))
    wrong = Result(check, 0, 0, Message("no", verdict=Verdict.WRONG_ANSWER))
    nobody = Work("", "", "lesson", 2, 0, {}, None, None, None, None, True, Path(), Path())
    said = [("a", passed), ("a", wrong), ("b", passed), ("B", passed), ("", wrong), ("z", wrong)]
    works = [replace(nobody, predicted={"error": each}, results={"double-values": result}) for each, result in said]
    assert forecast(ERROR, "lesson", [*works, replace(nobody, notebook="another")]) == Forecast(
        ERROR.question,
        "double",
        [Choice("a: 10 times as many", False, 2, 1), Choice("b: 100 times as many", True, 2, 2)],
        none=1,
        other=1,
    )


def test_every_lesson_asks_for_predictions_and_the_right_one_has_no_favourite_place() -> None:
    stems = [path.stem for path in (ROOT / "solutions").glob("lesson*.py")]
    tables = {stem: predictions_of(f"autograder.checks.{stem}") for stem in stems}
    assert {stem: len(table) for stem, table in tables.items() if len(table) < 5} == {"lesson00_start": 2}
    right = Counter(asked.right for table in tables.values() for asked in table.values() if len(asked.options) == 3)
    assert max(right.values()) - min(right.values()) < 10, "or a learner predicts without reading"


def test_a_broken_table_says_where_it_is_to_who_runs_the_cell(packages: Packages) -> None:
    table = Path(packages.root) / "course_checks" / "lesson_doubling" / "predictions.toml"
    table.write_text("[error]\n")
    with pytest.raises(PredictionError, match=r"predictions.toml, \[error\]: it has no question\."):
        predictions_of("course_checks.lesson_doubling")
