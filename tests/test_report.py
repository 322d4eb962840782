"""A class report: what it says first, that all of it is there, and that nothing of a learner's acts in it."""

import base64
import csv
import hashlib
import json
import math
import os
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from class_of_four import RIGHT, STEM, hand_in, small_course
from large_class import lay_out_large_class
from nbgrader.api import Gradebook
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.classes.classroom import RECORD, grade_class, students
from autograder.course import Course
from autograder.predictions import Option, Prediction
from autograder.results.classwork import GradeCell, Result, Work
from autograder.results.items import analyse, fence
from autograder.results.report import ClassReport, ReportError
from autograder.results.report_page import remark, write_page
from autograder.results.report_rows import write_rows
from autograder.verdict import Message, Mistake

TWICE = "2 * x: that is twice, not three times."
NAMING = f"""from autograder import expect
from autograder.verdict import Mistake
expect.close(treble(0.5), 1.5, "treble(0.5)", mistakes=[(Mistake("twice", {TWICE!r}), 1.0)])"""
HOSTILE = 'javascript:"><img src=x onerror=alert(1)>'
FORMULA = "=1+1"
ANSWERS = {
    "ada": {"treble": RIGHT, "why": "Because."},
    "ben": {"treble": "def treble(x):\n    return 2 * x"},
    "chloe": {"treble": "def treble(x):\n    return x + x"},
    "dan": {},
    "emil": {"treble": "def treble(x):\n    return x / 0"},
    HOSTILE: {"treble": "def treble(x):\n    raise ValueError('<script>alert(2)</script>')"},
    FORMULA: {"treble": RIGHT},
}


@pytest.fixture(scope="module")
def original(tmp_path_factory, template):
    """Seven learners are graded; fay's file cannot be, and zoe has handed in nothing."""
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    source = course.root / "solutions" / f"{STEM}.py"
    source.write_text(source.read_text().replace("assert math.isclose(treble(0.5), 1.5)", NAMING))
    for student, answers in ANSWERS.items():
        hand_in(course, student, answers)
    hand_in(course, "fay", {}).write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograder.classes.task, "template", lambda _: template)
        list(grade_class(course, STEM, students(course, STEM)))
    with book(course) as gradebook:
        gradebook.add_student("zoe")
        gradebook.update_or_create_student("ben", first_name="<b>Ben</b>", last_name="@SUM(A1)")
    return course.root


@pytest.fixture
def course(tmp_path, original, monkeypatch):
    """The graded class, in a place where it lies for this test alone."""
    root = tmp_path / "course"
    shutil.copytree(original, root)
    monkeypatch.chdir(root)
    return Course(root)


def book(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def read(course: Course) -> ClassReport:
    return ClassReport.read(course, STEM)


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error of `autograder report`."""
    result = CliRunner().invoke(autograder.cli.app, ["report", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


class Page(HTMLParser):
    """The page as a browser reads it: its tags, its text, its script."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.script, self.text, self._in = "", "", ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._in = tag

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "script":
            self.script += data
        elif self._in != "style":
            self.text += data

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


@pytest.fixture(scope="module")
def page(original):
    path = original / "reports" / "page.html"
    write_page(ClassReport.read(Course(original), STEM), path)
    return Page(path)


def test_the_command_says_first_what_the_class_got_wrong(course):
    status, out, err = run(STEM)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "8 of 9 learners handed in, 7 are graded; the median score is 0 of 7 points.",
        "Most points were lost in treble: 2.1 of 3 by a learner on average. 2 of 7 learners passed all its checks, "
        "1 left it unanswered.",
        f"The commonest mistake, made by 2 of 7 learners (treble): {TWICE}",
        f"report: {course.root}/reports/{STEM}.html",
    ]


def test_the_page_begins_with_the_same_sentences(page, original):
    place = -1
    for sentence in ClassReport.read(Course(original), STEM).headline:
        assert place < page.text.index(sentence) < page.text.index("What went wrong")
        place = page.text.index(sentence)


def test_who_made_which_mistake_is_counted_by_learners(course):
    report = read(course)
    (mistake,) = report.mistakes
    assert (mistake.text, mistake.learners, mistake.lost) == (TWICE, ["ben", "chloe"], 2.0)
    unnamed = {each.text: each.learners for each in report.unnamed}
    assert unnamed == {
        "your code stopped with an error": ["emil", HOSTILE],
        "this check does not hold": ["ben", "chloe"],
    }


def of_values(**said: list[Message]) -> ClassReport:
    """The report about learners to whom checks of one point each said this."""
    checks = [GradeCell("lesson", f"{m.exercise}-{m.check}", m.exercise, 1.0) for m in next(iter(said.values()))]
    nowhere = Path("nowhere")
    works = [
        Work(
            student=student,
            name="",
            notebook="lesson",
            score=0.0,
            penalty=0.0,
            results={check.grade_id: Result(check, 0.0, 0.0, m) for check, m in zip(checks, messages, strict=True)},
            seconds=None,
            cpu_seconds=None,
            peak_bytes=None,
            isolation=None,
            fingerprinted=True,
            graded=nowhere,
            feedback=nowhere,
        )
        for student, messages in said.items()
    ]
    return ClassReport("lesson", checks, works, [], {}, [], [])


def test_a_mistake_of_several_exercises_is_one_and_two_that_read_alike_are_two():
    same, other = Mistake("variance", "that is the variance."), Mistake("squared", "that is the variance.")

    def told(mistake: Mistake, exercise: str) -> Message:
        return Message("z is wrong", mistake=mistake, exercise=exercise, check="values")

    report = of_values(
        ada=[told(same, "sigma"), told(same, "noise"), told(other, "kl")],
        ben=[told(same, "sigma"), told(other, "noise"), told(other, "kl")],
    )
    assert [(each.learners, each.exercises, each.lost) for each in report.mistakes] == [
        (["ada", "ben"], ["sigma", "noise"], 3.0),
        (["ada", "ben"], ["noise", "kl"], 3.0),
    ]
    assert {work.student: len(work.mistakes) for work in report.works} == {"ada": 2, "ben": 2}


def test_each_check_has_its_outcomes_and_figures(course):
    report = read(course)
    outcomes = {check.grade_id: dict(counts) for check, counts in report.outcomes.items()}
    assert outcomes["treble-floats"] == {"passed": 2, "named mistake": 2, "not answered": 1, "error or limit": 2}
    assert outcomes["treble-integers"] == {"passed": 2, "other wrong answer": 2, "not answered": 1, "error or limit": 2}
    items = {check.grade_id: item for check, item in report.items.items()}
    assert items["treble-floats"].difficulty == pytest.approx(2 / 7)
    # Of the written answers ada's waits for a person, and the others are empty: those lost their 4 points.
    rest = [2 / 2, 2 / 6, 0, 0, 0, 0, 0]
    passed = [1, 1, 0, 0, 0, 0, 0]
    assert items["treble-floats"].discrimination == pytest.approx(np.corrcoef(passed, rest)[0, 1])
    assert items["why"].judged == 6


def test_who_has_no_grade_is_named_with_the_reason(course, page):
    report = read(course)
    reason = f"submitted/fay/{STEM}/{STEM}.ipynb is empty. Save the notebook in Jupyter and hand it in again."
    assert report.ungradable == {"fay": reason}
    assert report.absent == ["zoe"]
    assert reason in page.text and "zoe" in page.text
    assert report.by_hand == {"why": ["ada"]}


def test_work_that_came_after_the_grade_is_named(course):
    hand_in(course, "ben", {"treble": RIGHT})
    hand_in(course, "gus", {"treble": RIGHT})
    report = read(course)
    assert (report.outdated, report.waiting) == (["ben"], ["gus"])
    assert report.headline[0].startswith("9 of 10 learners handed in, 7 are graded;")


def test_scores_count_what_people_gave_and_late_penalties(course):
    with book(course) as gradebook:
        gradebook.find_grade("why", STEM, STEM, "ada").manual_score = 3.0
        gradebook.find_submission_notebook(STEM, STEM, "ada").late_submission_penalty = 1.5
        gradebook.db.commit()
    report = read(course)
    assert report.totals["ada"] == 3.0 + 3.0 - 1.5
    assert report.by_hand == {}


def test_a_judge_error_is_named_and_counts_for_nobody(course, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    source = course.root / "solutions" / f"{STEM}.py"
    source.write_text(source.read_text().replace("treble(2) == 6", "treble(2) == 7"))
    list(grade_class(course, STEM, ["ada", "ben"]))
    report = read(course)
    assert report.judge_errors == {"treble-integers": ["ada", "ben"]}
    assert {check.grade_id: item.judged for check, item in report.items.items()}["treble-integers"] == 5


def test_a_grade_of_an_older_version_is_read_and_stays(course):
    for path in course.root.glob("autograded/*/*/*.ipynb"):
        notebook = json.loads(path.read_text())
        record = notebook["metadata"][RECORD]
        verdicts = {name: check["verdict"] for name, check in record["checks"].items()}
        kept = {name: record[name] for name in ("fingerprint", "isolation", "seed")}
        notebook["metadata"][RECORD] = kept | {"verdicts": verdicts}
        path.write_text(json.dumps(notebook))
    report = read(course)
    assert report.totals["ada"] == 3.0
    assert report.outdated == [], "a grade's fingerprint does not depend on the rest of the record"
    assert report.headline[2] == "Which mistakes were made is not known: an older version graded 5 learners."
    assert report.unknown == ["ben", "chloe", "dan", "emil", HOSTILE], "of the others nothing was wrong"
    assert report.typical == {}
    write_page(report, course.root / "old.html")
    assert (
        f"since an older version graded it (run autograder grade {STEM} --force)" in Page(course.root / "old.html").text
    )


def test_a_record_from_before_mistakes_had_names_is_read(course):
    now = read(course)
    for path in course.root.glob("autograded/*/*/*.ipynb"):
        notebook = json.loads(path.read_text())
        record = notebook["metadata"][RECORD]
        record["checks"] = {
            name: {each: check[each] for each in ("verdict", "points", "max_points")}
            | {"what": check.get("what", ""), "mistake": check.get("mistake", {}).get("sentence", "")}
            for name, check in record["checks"].items()
        }
        path.write_text(json.dumps(notebook))
    report = read(course)
    assert (report.mistakes, report.unnamed, report.outcomes) == (now.mistakes, now.unnamed, now.outcomes)
    assert (report.headline, report.unknown) == (now.headline, [])
    (named,) = (r.message for w in report.works if w.student == "ben" for r in w.results.values() if r.mistake)
    assert (named.mistake, named.mistake_id) == (Mistake("", TWICE), "")


def test_a_graded_notebook_without_a_record_still_counts(course):
    for path in course.root.glob("autograded/*/*/*.ipynb"):
        notebook = json.loads(path.read_text())
        del notebook["metadata"][RECORD]
        path.write_text(json.dumps(notebook))
    report = read(course)
    assert report.totals["ada"] == 3.0 and report.outdated == []
    assert list(report.isolation) == [None]
    write_page(report, course.root / "bare.html")
    assert "layers that the record does not name" in Page(course.root / "bare.html").text


def test_nothing_of_a_learners_becomes_markup(page):
    assert HOSTILE in page.text and "<b>Ben</b> @SUM(A1)" in page.text
    assert [tag for tag, _ in page.tags if tag in ("b", "iframe", "object", "svg", "style", "link")] == ["style"]
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_the_page_loads_nothing_and_allows_one_script(page):
    assert all(source.startswith("data:image/svg+xml;base64,") for source in page.values("src"))
    assert all(re.match(r"#|\.\./autograded/", target) for target in page.values("href"))
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    (policy,) = page.values("content")[:1]
    assert policy.startswith("default-src 'none'; img-src data:;") and f"script-src 'sha256-{digest}';" in policy


def test_every_picture_says_in_words_what_it_shows(page):
    scores, checks = (attributes["alt"] for tag, attributes in page.tags if tag == "img")
    assert scores == "Scores of 7 learners, of 7: from 0 to 3, median 0, the middle half from 0 to 1.5. Full marks: 0."
    assert checks == (
        "What became of each of 2 checks; the table has the numbers. "
        "Passed by fewest: treble-integers (29%), treble-floats (29%)."
    )


@pytest.mark.parametrize("place", ["report.html", "../elsewhere/report.html"])
def test_links_reach_the_work_from_wherever_the_page_is(course, place):
    pages = course.folder("feedback", "ada", STEM)
    pages.mkdir(parents=True)
    (pages / f"{STEM}.html").write_text("feedback")
    path = course.root / place
    assert run(STEM, "-o", path)[0] == 0
    targets = [target for target in Page(path).values("href") if not target.startswith("#")]
    assert len(targets) == 8
    for target in targets:
        assert (path.parent / unquote(target)).is_file(), target


def test_a_name_that_looks_like_an_address_is_none(course):
    path = course.root / "autograded" / "report.html"
    write_page(read(course), path)
    targets = [target for target in Page(path).values("href") if "alert" in target]
    assert targets == [f"javascript%3A%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E/{STEM}/{STEM}.ipynb"]


def test_the_page_says_what_was_predicted_and_shows_nothing_of_what_was_written(original, page):
    asked = Prediction(
        "size", "How large?", {"a": Option("<small>", "No."), "b": Option("large", "Yes.")}, "b", None, "treble"
    )
    report = ClassReport.read(Course(original), STEM)
    said = {"ada": "b", "ben": "a", "dan": HOSTILE}
    works = [replace(work, predicted={"size": said.get(work.student, "")}) for work in report.works]
    path = original / "reports" / "predictions.html"
    write_page(replace(report, works=works, asked={STEM: {"size": asked}}), path)
    told = " ".join(Page(path).text.split())
    assert (
        "How large? 1 a: <small> treble: 0 of 1 1 b: large ✓ right treble: 1 of 1 "
        "4no prediction 1something else than an option"
    ) in told
    write_page(replace(report, asked={STEM: {"size": asked}}), path)
    assert "What they predicted" not in Page(path).text, "where nobody predicted anything"
    assert "What they predicted" not in Page(original / "reports" / "page.html").text, "where nothing is asked"


def test_the_rows_are_one_for_each_learner_and_check(course):
    status, out, _ = run(STEM, "--csv", "rows.csv")
    assert (status, out.splitlines()[-1]) == (0, "rows: rows.csv")
    with open("rows.csv", newline="", encoding="utf-8") as file:
        rows = {(row["student"], row["check"]): row for row in csv.DictReader(file)}
    assert len(rows) == 7 * 3
    ben = rows["ben", "treble-floats"]
    assert (ben["verdict"], ben["points"], ben["max_points"], ben["mistake"]) == ("wrong_answer", "0.0", "1.0", TWICE)
    assert ben["mistake_id"] == "treble/twice" and rows["ada", "treble-floats"]["mistake_id"] == ""
    assert (ben["lesson"], ben["exercise"], ben["what"]) == (STEM, "treble", "treble(0.5) is wrong")
    assert float(ben["seconds"]) > 0 and float(ben["cpu_seconds"]) > 0 and int(ben["peak_bytes"]) > 2**20
    assert ben["isolation"].startswith("process, ")
    assert rows["ada", "why"]["points"] == "", "it waits for a person"
    assert rows["dan", "treble-floats"]["what"].startswith("not implemented yet.")


def test_a_spreadsheet_finds_no_formula_in_the_rows(course):
    write_rows(read(course), course.root / "rows.csv")
    with open("rows.csv", newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert f"'{FORMULA}" in cells and "<b>Ben</b> @SUM(A1)" in cells
    assert not [cell for cell in cells if cell.lstrip()[:1] in tuple("=+@-")]


def test_a_class_that_is_not_graded_is_told_so_and_gets_no_gradebook(course):
    shutil.rmtree(course.root / "autograded")
    Path("gradebook.db").unlink()
    assert run(STEM) == (2, "", f"Nobody's {STEM} is graded yet. Run `autograder grade {STEM}`.\n")
    assert not Path("gradebook.db").exists()
    assert run("lesson00") == (2, "", f"No lesson is called 'lesson00'. The lessons are: {STEM}.\n")


def test_a_page_that_cannot_be_written_is_named_and_leaves_what_was_there(course):
    Path("taken").write_text("mine")
    status, _, err = run(STEM, "-o", "taken/report.html")
    assert (status, err) == (2, "taken/report.html cannot be written: File exists. Name another file.\n")
    assert Path("taken").read_text() == "mine"
    with pytest.raises(ReportError, match="Is a directory"):
        write_rows(read(course), course.root / "submitted")
    assert not list(course.root.glob("*.part"))


def test_difficulty_and_discrimination_are_what_the_textbook_says():
    results = np.array([[1, 1, 0.5, 1], [1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1]])
    worth = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 1.0}
    shares = {str(i): dict(zip(worth, map(float, row), strict=True)) for i, row in enumerate(results)}
    found = analyse(shares, worth)
    points = results * np.array(list(worth.values()))
    for column, name in enumerate(worth):
        rest = points.sum(1) - points[:, column]
        assert found[name].difficulty == pytest.approx(results[:, column].mean())
        assert found[name].discrimination == pytest.approx(np.corrcoef(results[:, column], rest)[0, 1])


def test_figures_that_the_results_do_not_determine_are_left_open():
    everybody = {name: {"a": 1.0, "b": float(name in "xy")} for name in "wxyz"}
    found = analyse(everybody, {"a": 1.0, "b": 1.0, "c": 1.0})
    assert (found["a"].difficulty, found["a"].discrimination) == (1.0, None)
    assert (found["c"].judged, found["c"].difficulty, found["c"].discrimination) == (0, None, None)
    two = {name: {"a": float(name == "x"), "b": float(name == "x")} for name in "xy"}
    assert analyse(two, {"a": 1.0, "b": 1.0})["a"].discrimination is None, "two learners always agree or disagree"


def test_a_check_that_misleads_is_remarked_on():
    good = {str(n): {"a": float(n % 2), "b": float(n % 2), "odd": float(n % 2 == 0), "none": 0.0} for n in range(40)}
    found = analyse(good, dict.fromkeys(["a", "b", "odd", "none"], 1.0))
    assert remark(found["odd"], 40) == "who passes it does worse elsewhere: look at the check"
    assert remark(found["none"], 40) == "nobody passed"
    noise = {str(n): {"a": float(n % 2), "b": float(n % 4 < 2)} for n in range(40)}
    assert remark(analyse(noise, {"a": 1.0, "b": 1.0})["a"], 40) == "says little about the rest"


def test_only_what_is_far_from_the_others_stands_out():
    usual = [2.0, 2.1, 2.2, 2.3, 2.4, 2.5]
    assert fence(usual) == pytest.approx(4.5), "hardly any spread: twice the median"
    assert fence([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(4.0 + 3 * 2.0)
    assert fence([1.0, 100.0]) == math.inf


@pytest.mark.slow
def test_a_cold_worker_tells_no_processor_time(course, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_WORKERS", "cold")
    path = course.folder("submitted", "ada", STEM) / f"{STEM}.ipynb"
    result = CliRunner().invoke(autograder.cli.app, ["check", "--json", str(path)])
    said = json.loads(result.stdout)
    assert (said["points"], said["cpu_seconds"], said["peak_bytes"]) == (3.0, None, None)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_class_of_sixty_is_reported_as_what_it_handed_in(tmp_path, template, monkeypatch):
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    stem = "lesson03_reparameterization"
    course = lay_out_large_class(tmp_path, stem, 60)
    list(grade_class(course, stem, students(course, stem)))
    report = ClassReport.read(course, stem)
    assert report.headline[0].startswith("60 of 62 learners handed in, 58 are graded; the median score is ")
    assert "that is the variance" in report.headline[2]
    assert set(report.ungradable) == {"learner04", "learner20"} and report.absent == ["absent01", "absent02"]
    assert {"cpu_seconds", "peak_bytes"} <= dict((w.student, of) for w, of in report.outliers)["learner12"]
    assert len(report.mistakes) > 20
    write_page(report, tmp_path / "page.html")
    assert os.path.getsize(tmp_path / "page.html") < 2**20
