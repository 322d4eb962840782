"""One mistake costs once: what uses a wrong answer is judged with a right one, and nothing else is gained by it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from inspect import Parameter, Signature, signature
from pathlib import Path

import nbformat
import pytest
from class_of_four import ROOT, grade_here
from nbgrader.apps import NbGraderAPI
from test_grading import handed_in, outcome, outputs, points
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
import autograder.exercise
from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.build import build
from autograder.classes.classroom import RECORD, grade_class, students
from autograder.course import Course
from autograder.dependence import Dependence, statements
from autograder.exercise import Check, Exercise
from autograder.failure import Failure
from autograder.grading import Grader
from autograder.lesson import Lesson, answered
from autograder.proofs.verify import Example, examples, in_one_process
from autograder.results.feedback import make_feedback
from autograder.results.report import ClassReport
from autograder.results.report_page import write_page
from autograder.results.report_rows import write_rows
from autograder.submission import rebuild
from autograder.verdict import Grade, Message, Mistake, Verdict

COURSE = Course(ROOT)
STEM = "lesson77_parts"
SECRET = "an_instructors_way_of_putting_it"
IMPATIENT = Limits(cell_seconds=2)


def _marks(**marks: object) -> str:
    plain = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    return f"# %% nbgrader={json.dumps(plain | marks)}\n"


def _answer(name: str, body: str) -> str:
    release = f"def {name}(x):\n    ### BEGIN SOLUTION\n    {body}\n    ### END SOLUTION\n"
    return f"{_marks(grade_id=name, solution=True)}{release}\n\n"


def _check(grade_id: str, worth: int, source: str) -> str:
    return f"{_marks(grade_id=grade_id, grade=True, locked=True, points=worth)}{source}\n\n"


LESSON = (
    _answer("half", f"{SECRET} = 2\n    return x / {SECRET}")
    + _check("half-values", 2, "assert half(8) == 4, 'half of 8 is 4'")
    + _answer("quarter", "return half(half(x))")
    + _check("quarter-values", 3, "four = quarter(16)\nassert four == 4, f'a quarter of 16 is 4, not {four}'")
    + _check("quarter-twice", 1, "print(four)\nassert quarter(four) == 1, 'a quarter of a quarter of 16 is 1'")
    + _answer("eighth", "return half(quarter(x))")
    + _check("eighth-values", 4, "assert eighth(16) == 2, 'an eighth of 16 is 2'")
    + _answer("next_one", "return x + 1")
    + _check("next_one-values", 5, "assert next_one(1) == 2, '2 comes after 1'")
).rstrip("\n") + "\n"
FULL = {
    "half-values": 2,
    "quarter-values": 3,
    "quarter-twice": 1,
    "eighth-values": 4,
    "next_one-values": 5,
}
WRONG = "def half(x): return x / 3"
WITH_HALF = "judged with a right half, since yours fails its checks: your mistake counts once"


def small_course(root: Path) -> Course:
    """The lesson of parts, built."""
    (root / "solutions").mkdir(parents=True)
    (root / "solutions" / f"{STEM}.py").write_text(LESSON, encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build([], root)
    return Course(root)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_course(tmp_path_factory.mktemp("parts") / "course")


@pytest.fixture(scope="module")
def lesson(original: Course) -> Lesson:
    return original.lesson(STEM)


Grading = Callable[..., Grade]


@pytest.fixture(scope="module")
def grade(lesson: Lesson, template: Template) -> Iterator[Grading]:
    """``grade({exercise: answer})`` over the reference's other answers; ``extra`` cells come first."""
    with Grader(lesson, template, IMPATIENT) as grader:
        yield lambda answers, *extra: grader.grade(handed_in(lesson, answers, extra), 1)


@pytest.fixture
def started(template: Template, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each worker that starts."""
    found: list[int] = []
    start = template.start
    monkeypatch.setattr(template, "start", lambda *given: found.append(1) or start(*given))
    return found


def notes(grade: Grade) -> dict[str, str]:
    """What is noted of each check of which something is."""
    return {check.grade_id: check.message.note for check in grade.checks if check.message.note}


# What it earns


def test_a_wrong_answer_costs_its_own_points_alone(grade: Grading) -> None:
    graded = grade({"half": WRONG})
    assert points(graded) == FULL | {"half-values": 0}
    assert notes(graded) == dict.fromkeys(("quarter-values", "quarter-twice", "eighth-values"), WITH_HALF)
    assert outcome(graded, "eighth-values") == (Verdict.ACCEPTED, f"eighth - values\n  note      {WITH_HALF}")
    assert outputs(graded, "eighth-values")[0]["text"] == f"✓ eighth - values\n  note      {WITH_HALF}\n"
    assert outcome(graded, "half-values") == (
        Verdict.WRONG_ANSWER,
        "half - values: this check does not hold\n  observed  AssertionError: half of 8 is 4",
    )


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "def half(x):\n    raise NotImplementedError",
        "def half(x: return x",
        "1 / 0",
        "import os; os._exit(0)",
        "def half(x):\n    while True: pass",
        "while True: pass",
    ],
)
def test_so_does_one_that_is_missing_stops_or_ends_its_process(grade: Grading, answer: str) -> None:
    graded = grade({"half": answer})
    assert points(graded) == FULL | {"half-values": 0}
    assert set(notes(graded).values()) == {WITH_HALF}


def test_with_one_that_cannot_be_judged_those_that_use_it_wait_for_a_person(grade: Grading) -> None:
    graded = grade({"half": "class Half:\n    def __eq__(self, _): return True\ndef half(x): return Half()"})
    assert points(graded) == FULL | dict.fromkeys(("half-values", "quarter-values", "quarter-twice", "eighth-values"))


def test_what_is_wrong_by_itself_stays_as_it_was(grade: Grading) -> None:
    quarter = "def quarter(x): return half(x)"
    graded, alone = grade({"half": WRONG, "quarter": quarter}), grade({"quarter": quarter})
    assert points(graded) == FULL | {"half-values": 0, "quarter-values": 0, "quarter-twice": 0}
    assert outcome(graded, "quarter-values") == (
        Verdict.WRONG_ANSWER,
        "quarter - values: this check does not hold\n"
        "  observed  AssertionError: a quarter of 16 is 4, not 5.333333333333333",
    )
    with_both = "judged with right half and quarter, since yours fail their checks: your mistakes count once"
    assert notes(graded) == {"eighth-values": with_both}
    assert notes(alone)["eighth-values"] == (
        "judged with a right quarter, since yours fails its checks: your mistake counts once"
    )


def test_an_answer_that_is_right_once_another_one_is_needs_no_right_one_itself(grade: Grading) -> None:
    assert notes(grade({"half": WRONG}))["eighth-values"] == WITH_HALF, "quarter has its points"


@pytest.mark.parametrize(
    ("half", "quarter", "extra"),
    [
        (WRONG, "def quarter(x): return twice(x)", ("def twice(x): return half(half(x))",)),
        (WRONG, "%matplotlib inline\nquarter = lambda x: twice(x)\ntwice = lambda x: half(half(x))", ()),
        (WRONG, "class Parts:\n    def of(self, x): return half(half(x))\ndef quarter(x): return Parts().of(x)", ()),
        (WRONG, "import functools\ntwo = functools.partial(map, half)\ndef quarter(x): return half(*two([x]))", ()),
        (f"{WRONG}\ndef twice(f, x): return f(f(x))", "def quarter(x): return twice(half, x)", ()),
    ],
    ids=["a cell of their own", "a magic and a lambda", "a class", "a library's call", "the wrong answer's own cell"],
)
def test_helpers_in_between_are_followed(grade: Grading, half: str, quarter: str, extra: tuple[str, ...]) -> None:
    graded = grade({"half": half, "quarter": quarter}, *extra)
    assert points(graded) == FULL | {"half-values": 0}


def test_an_answer_in_a_cell_below_its_stub_gives_way_too(lesson: Lesson, grade: Grading, template: Template) -> None:
    notebook = handed_in(lesson, {"half": "def half(x):\n    raise NotImplementedError"})
    own = nbformat.from_dict({"cell_type": "code", "id": "mine", "metadata": {}, "source": WRONG, "outputs": []})
    notebook.cells.insert(1, own)
    with Grader(lesson, template) as grader:
        assert points(grader.grade(notebook, 1)) == FULL | {"half-values": 0}


def test_a_check_that_only_a_person_can_decide_is_no_failure(tmp_path: Path, template: Template) -> None:
    source = LESSON.replace("assert half(8) == 4", "assert half(8) == 5")
    (tmp_path / f"{STEM}.py").write_text(source)
    lesson = Lesson.read(tmp_path / f"{STEM}.py")
    with Grader(lesson, template) as grader:
        graded = grader.grade(handed_in(lesson, {"half": WRONG}), 1)
    assert points(graded) == {
        "half-values": None,
        "quarter-values": 0,
        "quarter-twice": 0,
        "eighth-values": 0,
        "next_one-values": 5,
    }
    assert notes(graded) == {}


# What it costs


def test_no_worker_is_started_where_nothing_fails_or_what_fails_uses_nothing(
    grade: Grading, started: list[int]
) -> None:
    grade({"next_one": ""})  # the reference has its worker
    started.clear()
    grade({})
    assert len(started) == 1
    grade({"next_one": "def next_one(x): return x"})
    assert len(started) == 2


def test_one_worker_serves_all_checks_that_lack_the_same_answers(grade: Grading, started: list[int]) -> None:
    grade({"half": ""})
    started.clear()
    grade({"half": WRONG})
    assert len(started) == 1 + 1
    grade({"half": WRONG, "quarter": "def quarter(x): return half(x)"})
    assert len(started) == 2 + 1 + 2


def test_a_crash_beside_a_right_answer_changes_nothing(grade: Grading, started: list[int]) -> None:
    quarter = "def quarter(x):\n    import os\n    if half(8) == 4: os._exit(1)\n    return half(half(x))"
    grade({"half": ""})
    started.clear()
    graded = grade({"half": WRONG, "quarter": quarter})
    assert points(graded) == FULL | {"half-values": 0, "quarter-values": 0, "quarter-twice": 0}
    assert "a quarter of 16 is 4, not 1.7777777777777777" in outcome(graded, "quarter-values")[1]
    assert len(started) <= 6


def test_all_these_runs_together_may_take_as_long_as_one_submission(lesson: Lesson, template: Template) -> None:
    sleepy = "def quarter(x):\n    import time\n    if half(8) == 4: time.sleep(9)\n    return half(half(x))"
    with Grader(lesson, template, Limits(submission_seconds=3)) as grader:
        began = time.perf_counter()
        graded = grader.grade(handed_in(lesson, {"half": WRONG, "quarter": sleepy}), 1)
        took = time.perf_counter() - began
    assert points(graded) == FULL | {"half-values": 0, "quarter-values": 0, "quarter-twice": 0, "eighth-values": 0}
    assert 3 < took < 6
    assert graded.seconds < 2, "how long it took beside a right answer would tell something of that answer"


def test_checks_that_are_asked_for_alone_are_judged_alone(lesson: Lesson, template: Template) -> None:
    with Grader(lesson, template) as grader:
        graded = grader.grade(handed_in(lesson, {"half": WRONG}), 1, only={"half-values", "eighth-values"})
    assert points(graded) == {"half-values": 0, "eighth-values": 0}


# What cannot be gained by it


SPY = """
def seen():
    import inspect, linecache
    found = [str(get_ipython().user_ns.get("In")), inspect.getsource(half), str(half.__code__.co_varnames)]
    return "".join(found) + "".join(map(str, linecache.cache.values()))
"""


@pytest.mark.parametrize(
    "spy",
    [
        "def quarter(x):\n    print(seen())\n    return half(half(x))",
        "def quarter(x): raise ValueError(seen())",
        "class Number(float):\n    def __str__(self): return seen()\n"
        "def quarter(x): return {'4': seen()} if half(8) == 4 else 0",
        "def quarter(x): return seen() if x == 16 else 1",
        "def quarter(x): return half(half(x))\nprint(seen())\nraise ValueError(seen())",
    ],
    ids=["prints", "raises", "answers", "answers at first", "at its definition"],
)
def test_no_text_of_the_reference_comes_back(grade: Grading, spy: str) -> None:
    graded = grade({"half": WRONG, "quarter": spy}, SPY, "def eighth(x): print(seen()); return half(quarter(x))")
    for told in (graded.notebook, graded.checks, graded.as_record(), graded.as_json("x.ipynb")):
        assert SECRET not in str(told)
    assert points(graded)["half-values"] == 0


def test_a_spy_does_see_the_right_answer_and_can_say_no_more_than_yes_or_no(grade: Grading) -> None:
    quarter = (
        f"def quarter(x):\n    import inspect\n    return 4 if {SECRET!r} in inspect.getsource(half) else 0 * half(x)"
    )
    assert points(grade({"half": WRONG, "quarter": quarter}))["quarter-values"] == 3
    assert points(grade({"half": WRONG, "quarter": quarter.replace(SECRET, "other")}))["quarter-values"] == 0


def test_what_a_passing_check_printed_beside_a_right_answer_is_not_quoted(grade: Grading) -> None:
    assert outcome(grade({}), "quarter-twice")[1] == "quarter - twice: 4.0"
    assert outcome(grade({"half": WRONG}), "quarter-twice")[1] == f"quarter - twice\n  note      {WITH_HALF}"


@pytest.mark.parametrize("quarter", ["def quarter(x): return eighth(x) * 2", "quarter = None"])
def test_no_answer_is_built_on_a_later_one(grade: Grading, quarter: str) -> None:
    early = "def eighth(x): raise NotImplementedError"
    graded = grade({"quarter": quarter, "eighth": early}, early, "eighth = eighth")
    assert points(graded) == FULL | {"quarter-values": 0, "quarter-twice": 0, "eighth-values": 0}


def test_to_name_an_answer_without_need_gains_nothing(grade: Grading) -> None:
    graded = grade({"half": WRONG, "next_one": "def next_one(x): return half and x"})
    assert points(graded) == FULL | {"half-values": 0, "next_one-values": 0}


def test_names_of_the_submissions_do_not_decide_what_a_right_answer_is(grade: Grading) -> None:
    graded = grade({"half": f"{WRONG}\nround = print = divmod = lambda *_: None"}, "class float: pass")
    assert points(graded) == FULL | {"half-values": 0}


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + "-" * 20_000 + "1",
        "x = 1" + " + 1" * 20_000,
        "x = a" + ".b" * 20_000,
        "x = f" + "(1)" * 20_000,
        "x = " + "lambda: " * 20_000 + "1",
        "\n".join(" " * depth + "if x:" for depth in range(200)) + " pass",
        "def x(): return 'a' * 10**9, 2 ** 2 ** 40",
        "\0",
        "x = '\\d'\nwhile 1 is 1: break",
    ],
    ids=["brackets", "signs", "sums", "attributes", "calls", "lambdas", "blocks", "constants", "nul", "warnings"],
)
def test_code_that_is_hard_to_compile_hurts_nobody(
    lesson: Lesson, template: Template, source: str, recwarn: pytest.WarningsRecorder
) -> None:
    assert isinstance(statements(source), list)
    assert not recwarn.list
    with Grader(lesson, template) as grader:
        assert points(grader.grade(handed_in(lesson, {"half": WRONG}, (source,)), 1)) == FULL | {"half-values": 0}


def test_of_endless_code_as_much_is_read_as_a_lesson_could_need(lesson: Lesson) -> None:
    blob = "".join(f"x{number} = {number}\n" for number in range(200_000))
    began = time.perf_counter()
    assert needs(lesson, {}, "eighth-values", blob) == ("half", "quarter"), "short cells are read first"
    assert needs(lesson, {"quarter": f"{blob}def quarter(x): return half(half(x))"}, "quarter-values") == ()
    assert time.perf_counter() - began < 10


# What is found in the code


def needs(lesson: Lesson, answers: dict[str, str], grade_id: str, *extra: str) -> tuple[str, ...]:
    """What a check depends on if all other exercises fail."""
    notebook = rebuild(handed_in(lesson, answers, extra), lesson)
    return Dependence(lesson, notebook.cells).needs(grade_id, set(lesson.exercises.values()))


def test_names_are_followed_to_the_answers_that_they_use(lesson: Lesson) -> None:
    assert needs(lesson, {}, "half-values") == ()
    assert needs(lesson, {}, "quarter-values") == ("half",)
    assert needs(lesson, {}, "eighth-values") == ("half", "quarter")
    assert needs(lesson, {}, "next_one-values") == ()


def test_a_right_answer_that_would_be_put_in_brings_what_it_uses_itself(lesson: Lesson) -> None:
    answers = {"quarter": "def quarter(x): return x / 4", "eighth": "def eighth(x): return quarter(x) / 2"}
    assert needs(lesson, answers, "eighth-values") == ("half", "quarter")
    assert Dependence(lesson, rebuild(handed_in(lesson, answers), lesson).cells).needs("eighth-values", {"half"}) == ()


@pytest.mark.parametrize(
    "source",
    [
        "def next_one(x, half=0):\n    return x + half + 2",
        "def next_one(x):\n    half = 2\n    return [half for half in range(half)]",
        "def next_one(x):\n    return x.half + len('half')",
        "def next_one(x):\n    def half(): return 1\n    return lambda: half()",
        "def next_one(x: 'half') -> 'half':\n    'half'  # half\n    return x",
        "def next_one(x): return half(",
    ],
    ids=["a parameter", "a local name", "an attribute", "a closure", "words", "no Python"],
)
def test_what_only_looks_like_a_use_is_none(lesson: Lesson, source: str) -> None:
    assert needs(lesson, {"next_one": source}, "next_one-values") == ()


@pytest.mark.parametrize(
    "source",
    [
        "def next_one(x):\n    def inner(): return half(x)\n    return inner()",
        "def next_one(x): return [half(y) for y in [x]]",
        "def next_one(x, part=half): return part(x)",
        "@half\ndef next_one(x): return x",
        "class next_one(half): pass",
        "class next_one:\n    def __init__(self, x): self.x = half(x)",
        "next_one = half",
        "if True:\n    next_one = half",
        "from math import *\nfor next_one in [half]: pass",
        "async def next_one(x): return await half(x)",
        "def next_one(x): return other(x)\nother, one = half, 1",
        "def next_one(x):\n    global other\n    return other\nother = half",
    ],
)
def test_what_uses_it_in_other_ways_is_found(lesson: Lesson, source: str) -> None:
    assert needs(lesson, {"next_one": source}, "next_one-values") == ("half",)


# Wherever it is told


@pytest.fixture
def course(tmp_path: Path, original: Course, template: Template, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The built course, in which commands are run."""
    shutil.copytree(original.root, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    grade_here(monkeypatch, template)
    return Course(tmp_path / "course")


def hand_in(course: Course, student: str, answers: dict[str, str], stem: str = STEM) -> Path:
    """A student's right answers but for these, in submitted/."""
    lesson = course.lesson(stem)
    right = {name: lesson.cells[name].source for name in lesson.exercises.values()}
    release = nbformat.read(course.folder("release", ".", stem) / f"{stem}.ipynb", as_version=4)
    path = course.folder("submitted", student, stem) / f"{stem}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(answered(release, right | answers), path)
    return path


def run(*arguments: object) -> tuple[int, str]:
    """Exit status and standard output of a command."""
    result = CliRunner().invoke(autograder.cli.app, [*map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def recorded(course: Course, student: str, stem: str = STEM) -> dict[str, dict]:
    """What the graded notebook's record says of each check."""
    notebook = nbformat.read(course.folder("autograded", student, stem) / f"{stem}.ipynb", as_version=4)
    return notebook.metadata[RECORD]["checks"]


def test_check_tells_it_in_text_in_json_and_to_gradescope(course: Course) -> None:
    path = hand_in(course, "ben", {"half": WRONG})
    status, out = run("check", path, "--gradescope", "results.json")
    assert status == 1
    assert f"eighth - values\n  note      {WITH_HALF}\n" in out
    assert "13 of 15 points" in out
    (told,) = (test for test in json.loads(Path("results.json").read_text())["tests"] if test["number"] == "3.1")
    assert (told["status"], told["score"]) == ("passed", 4.0)
    assert told["output"] == f"eighth - values\n  note      {WITH_HALF}"
    check = json.loads(run("check", "--json", path)[1])["checks"][3]
    assert (check["grade_id"], check["points"], check["note"]) == ("eighth-values", 4.0, WITH_HALF)


def test_grade_feedback_and_report_tell_it(course: Course) -> None:
    hand_in(course, "ada", {})
    hand_in(course, "ben", {"half": WRONG})
    list(grade_class(course, STEM, students(course, STEM)))
    assert recorded(course, "ben")["eighth-values"] == {
        "points": 4.0,
        "max_points": 4.0,
        "verdict": "accepted",
        "exercise": "eighth",
        "check": "values",
        "note": WITH_HALF,
    }
    assert all("note" not in check for check in recorded(course, "ada").values())
    list(make_feedback(course, STEM, ["ben"]))
    page = (course.folder("feedback", "ben", STEM) / f"{STEM}.html").read_text()
    assert page.count(f'<dt>note</dt>\n    <dd class="note">{WITH_HALF}</dd>') == 3
    report = ClassReport.read(course, STEM)
    assert report.counted_once == {WITH_HALF: ["ben"] * 3}
    write_page(report, Path("report.html"))
    assert f'Passed, with the note "{WITH_HALF}": 3 checks of' in Path("report.html").read_text()
    write_rows(report, Path("rows.csv"))
    assert Path("rows.csv").read_text().count(WITH_HALF) == 3


def test_nbgraders_converter_and_formgraders_button_give_the_same_points(course: Course) -> None:
    hand_in(course, "ben", {"half": WRONG})
    result = NbGraderAPI(course.directory, config=course.config).autograde(STEM, "ben")
    assert result["success"], result["log"]
    told = recorded(course, "ben")
    assert {grade_id: check["points"] for grade_id, check in told.items()} == FULL | {"half-values": 0}
    assert told["eighth-values"]["note"] == WITH_HALF


def test_an_instructor_turns_it_off_by_one_line_and_what_was_graded_is_graded_again(course: Course) -> None:
    hand_in(course, "ben", {"half": WRONG})
    assert [each.score for each in grade_class(course, STEM, ["ben"])] == [13]
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.Autograder.count_once = False\n")
    off = Course(course.root)
    (outcome,) = grade_class(off, STEM, ["ben"])
    assert (outcome.score, outcome.grade is None) == (5, False)
    assert all("note" not in check for check in recorded(off, "ben").values())


def test_the_configuration_says_how() -> None:
    assert "# c.Autograder.count_once = False" in (ROOT / "nbgrader_config.py").read_text().splitlines()


# In a notebook


half, quarter, eighth, next_one = (Exercise(name, reread="Parts") for name in ("half", "quarter", "eighth", "next_one"))


def gives(exercise: Exercise, names: str, expected: float) -> Check:
    """A check of what an answer gives for 16; the learner's objects come under these names."""

    def values(first: LearnerObject, *others: object) -> None:
        expect.close(first(16), expected, "the result")

    parameters = [Parameter(name, Parameter.POSITIONAL_ONLY, annotation="LearnerObject") for name in names.split()]
    values.__signature__ = Signature([*parameters, Parameter("rng", Parameter.POSITIONAL_ONLY)])
    values.__doc__ = "As it should be."
    return exercise.check(values)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """``kernel(cell)`` runs a learner's cell and then all checks of the parts: what each failing one notes."""
    monkeypatch.setattr(autograder.exercise, "_passed", {})
    names: dict[str, object] = {"__name__": "__main__"}
    checks = [
        gives(half, "half", 8),
        gives(quarter, "quarter", 4),
        gives(eighth, "eighth half", 2),
        gives(next_one, "next_one", 17),
    ]

    def run(cell: str) -> dict[str, str]:
        exec(cell, names)
        found = {}
        for check in checks:
            try:
                check(*(names[name] for name in list(signature(check.function).parameters)[:-1]))
            except Failure as failure:
                found[check.exercise] = failure.message.note
        return found

    return run


RIGHT = """
def half(x): return x / 2
def quarter(x): return half(half(x))
def eighth(x): return half(quarter(x))
def next_one(x): return x + 1
"""


def test_a_failing_check_says_which_answer_to_mend_first(kernel: Callable[[str], dict[str, str]]) -> None:
    assert kernel(RIGHT) == {}
    assert kernel(WRONG) == {
        "half": "",
        "quarter": "quarter uses half, which fails its own checks: mend that first.",
        "eighth": "eighth uses half, which fails its own checks: mend that first.",
    }
    assert kernel("def half(x): return x / 2\ndef quarter(x): return helper(x)\ndef helper(x): return half(x)") == {
        "quarter": "",
        "eighth": "eighth uses quarter, which fails its own checks: mend that first.",
    }


def test_it_names_all_those_that_wait_for_no_other(kernel: Callable[[str], dict[str, str]]) -> None:
    both = "def half(x): return x\ndef quarter(x): return x\ndef eighth(x): return half(quarter(x))"
    assert kernel(RIGHT + both)["eighth"] == (
        "eighth uses half and quarter, which fail their own checks: mend those first."
    )
    in_a_circle = "def half(x): return quarter(x) if x > 1e9 else x\ndef quarter(x): return half(x) * 3"
    assert kernel(in_a_circle)["eighth"] == (
        "eighth uses half and quarter, which fail their own checks: mend those first."
    )


@pytest.mark.parametrize(
    "cell",
    [
        "class next_one:\n    def __new__(cls, x): return cls.of(x)\n    @staticmethod\n    def of(x): return half(x)",
        "import functools\n@functools.lru_cache\ndef next_one(x): return [half(y) for y in [x]][0]",
        "class Helper:\n    def __call__(self, x): return half(x)\nhelper = Helper()\n"
        "def next_one(x): return helper(x)",
        "class Base:\n    @property\n    def it(self): return half(self.x)\nclass Helper(Base): pass\n"
        "def next_one(x):\n    helper = Helper()\n    helper.x = x\n    return helper.it",
    ],
    ids=["a class", "a decorator", "an object", "an inherited property"],
)
def test_it_looks_into_classes_objects_and_decorated_functions(
    kernel: Callable[[str], dict[str, str]], cell: str
) -> None:
    found = kernel(RIGHT + WRONG + "\n" + cell)
    assert found["next_one"] == "next_one uses half, which fails its own checks: mend that first."


def test_what_an_answer_does_not_use_is_not_named(kernel: Callable[[str], dict[str, str]]) -> None:
    assert kernel(RIGHT + WRONG + "\ndef next_one(half): return half.real")["next_one"] == ""
    assert kernel("import torch\ndef next_one(x): return torch.nn.functional.relu(torch.zeros(()))")["next_one"] == ""


def test_a_note_is_a_part_of_what_is_shown() -> None:
    message = Message(
        "it is wrong", "1", "2", Mistake("far", "far off."), "Parts", exercise="eighth", note="see there."
    )
    assert str(message) == (
        "eighth: it is wrong\n  expected  1\n  observed  2\n  likely    far off.\n  note      see there.\n"
        '  hint      Read "Parts" again.'
    )
    assert "\033[1m  note      \033[0msee there." in Failure(message)._render_traceback_()
    assert Message.read(message.as_record()) == message


def test_what_an_earlier_notebook_failed_is_no_reason_in_the_next() -> None:
    lesson = COURSE.lesson("lesson02_estimators")
    earlier, later = (first_wrong(lesson.stem, name) for name in ("normal_score", "score_function_gradient"))
    assert in_one_process(lesson, earlier.submission(lesson), 11, earlier.touched(lesson))
    said = in_one_process(lesson, later.submission(lesson), 11, later.touched(lesson))
    assert any(message.verdict is not Verdict.ACCEPTED for message in said.values())
    assert {message.note for message in said.values()} == {""}


def test_in_a_lesson_s_own_notebook_it_is_said_too() -> None:
    lesson, example = COURSE.lesson("lesson02_estimators"), first_wrong("lesson02_estimators", "normal_score")
    said = in_one_process(lesson, example.submission(lesson), 11)
    told = {grade_id: message.note for grade_id, message in said.items() if message.note}
    for exercise in ("score_function_gradient", "baseline_gradient", "estimator_variances"):
        note = f"{exercise} uses normal_score, which fails its own checks: mend that first."
        assert note in told.values()
    assert {grade_id.partition("-")[0] for grade_id in told} == {
        "score_function_gradient",
        "baseline_gradient",
        "estimator_variances",
    }


# All lessons


def used_exercises() -> Iterator[tuple[str, str]]:
    """The exercises of the course that others use."""
    for stem in COURSE.stems:
        lesson = COURSE.lesson(stem)
        dependence = Dependence(lesson, rebuild(lesson.source, lesson).cells)
        exercises = dict.fromkeys(lesson.exercises.values())
        used = {each for grade_id in lesson.exercises for each in dependence.needs(grade_id, set(exercises))}
        yield from ((stem, exercise) for exercise in exercises if exercise in used)


USED = [
    ("lesson02_estimators", "normal_score"),
    ("lesson02_estimators", "score_function_gradient"),
    ("lesson02_estimators", "pathwise_gradient"),
    ("lesson04_kl_elbo", "gaussian_kl"),
    ("lesson04_kl_elbo", "bayes_elbo"),
    ("lesson06_vae", "ReparameterizationLayer"),
    ("lesson06_vae", "VAE"),
    ("lesson07_mixed_precision_gpu", "autocast_for"),
    ("lesson10_discrete", "gumbel_max"),
    ("lesson10_discrete", "gumbel_softmax"),
    ("lesson12_frontiers", "q_sample"),
    ("lesson13_capstone", "build_model"),
    ("lesson13_capstone", "train_model"),
]
SLOW = {"lesson06_vae", "lesson13_capstone"}


def first_wrong(stem: str, exercise: str) -> Example:
    """A wrong answer to the exercise that is no more than wrong."""
    return next(
        example
        for example in examples(COURSE, stem)
        if example.answers.keys() == {exercise}
        and example.fails
        and {told.verdict for told in example.fails.values()} == {Verdict.WRONG_ANSWER}
    )


def test_the_exercises_that_others_use_are_known() -> None:
    assert [*used_exercises()] == USED


@pytest.mark.parametrize(
    ("stem", "exercise"),
    [pytest.param(*each, marks=[pytest.mark.slow] if each[0] in SLOW else [], id=each[1]) for each in USED],
)
def test_a_wrong_answer_that_others_use_loses_its_own_points_and_nothing_else(
    stem: str, exercise: str, template: Template
) -> None:
    lesson, example = COURSE.lesson(stem), first_wrong(stem, exercise)
    with Grader(lesson, template) as grader:
        graded = grader.grade(example.submission(lesson), 11)
    lost = {check.grade_id: str(check.message) for check in graded.checks if check.points != check.max_points}
    assert lost.keys() == example.fails.keys(), lost
    assert {check.verdict for check in graded.checks} == {Verdict.ACCEPTED, Verdict.WRONG_ANSWER}


def test_a_lessons_points_are_the_same_by_grade_and_by_nbgraders_converter(
    tmp_path: Path, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    monkeypatch.chdir(tmp_path)
    stem = "lesson04_kl_elbo"
    (tmp_path / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / f"{stem}.py", tmp_path / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    build([], tmp_path)
    course, example = Course(tmp_path), first_wrong(stem, "gaussian_kl")
    for student in ("ada", "ben"):
        hand_in(course, student, example.answers, stem)
    assert all(outcome.grade for outcome in grade_class(course, stem, ["ada"]))
    result = NbGraderAPI(course.directory, config=course.config).autograde(stem, "ben")
    assert result["success"], result["log"]
    for student in ("ada", "ben"):
        told = recorded(course, student, stem)
        assert {each for each, check in told.items() if check["points"] != check["max_points"]} == example.fails.keys()
        noted = {check["note"] for check in told.values() if "note" in check}
        assert noted == {"judged with a right gaussian_kl, since yours fails its checks: your mistake counts once"}
        assert told["vae_loss-loss"]["what"] == (
            "The loss is reconstruction + beta * kl, of the two terms that are returned beside it."
        )
