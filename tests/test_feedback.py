"""Feedback pages: what a student reads, made from the graded notebook and the gradebook."""

import os
import re
import shutil
import struct
from base64 import b64encode

import nbformat
import pytest
from class_of_four import PATCHED, RIGHT, ROOT, STEM, WRONG, hand_in, small_course
from markup import Attributes, loads, text
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
import autograder.results.feedback
from autograder.classes.classroom import RECORD, grade_class, students
from autograder.commands import instructor
from autograder.course import Course
from autograder.pages.markup import prose
from autograder.pages.mathml import mathml
from autograder.results.feedback import make_feedback
from autograder.results.feedback_content import Page
from autograder.results.feedback_page import FeedbackPage
from autograder.verdict import Message, Mistake, Verdict

COURSE = Course(ROOT)
PNG = b64encode(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480) + bytes(9)).decode()
HUGE = b64encode(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 60_000, 60_000) + bytes(9)).decode()
UNKNOWN = {"score": 0.0, "max_score": 0.0, "penalty": 0.0, "grades": {}, "comments": {}}


@pytest.fixture(scope="module")
def original(tmp_path_factory, template):
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    hand_in(course, "ada", {"treble": RIGHT, "why": "Because $x < y$."})
    hand_in(course, "ben", {"treble": f"{WRONG}\nprint('</pre><script>alert(1)</script>')"})
    hand_in(course, "chloe", {"treble": PATCHED, "why": "<script>alert(1)</script>"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autograder.classes.task, "template", lambda _: template)
        assert all(outcome.grade for outcome in grade_class(course, STEM, students(course, STEM)))
    return course.root


@pytest.fixture
def course(tmp_path, original, monkeypatch):
    """A graded class of three, without pages, that commands are run in."""
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(instructor, "cores", lambda: 1)
    return Course(tmp_path / "course")


def run(*arguments: str) -> tuple[int, str, str]:
    """`autograder feedback LESSON ...`: exit status, standard output, standard error."""
    result = CliRunner().invoke(autograder.cli.app, ["feedback", STEM, *arguments])
    return result.exit_code, result.stdout, result.stderr


def page(course: Course, student: str) -> str:
    return (course.folder("feedback", student, STEM) / f"{STEM}.html").read_text(encoding="utf-8")


def shown(*cells: nbformat.NotebookNode, checks: dict | None = None) -> str:
    """The page of a notebook that is made of these cells; ``checks`` is what its record says of them."""
    notebook = new_notebook(cells=list(cells), metadata={RECORD: {"checks": checks}} if checks else {})
    worth = {"score": 0.0, "max_score": 1.0, "waits": False, "by_hand": False}
    grades = {each.metadata.nbgrader.grade_id: worth for each in cells if "nbgrader" in each.metadata}
    made = Page.of(notebook, UNKNOWN | {"grades": grades}, "ada", "lesson", "")
    return FeedbackPage().from_notebook_node(notebook, {"page": made})[0]


def grade_cell(source: str, *outputs: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The cell of the check f-x."""
    marks = {"grade": True, "solution": False, "grade_id": "f-x", "points": 1, "locked": True, "schema_version": 3}
    return new_code_cell(source, metadata={"nbgrader": marks}, outputs=list(outputs))


def test_a_prediction_says_that_nobody_grades_it():
    predicted, figure = (
        new_code_cell(source, metadata={"tags": ["demo"]}) for source in ('prediction_bag = "a"', "plt.show()")
    )
    assert "A prediction: nobody grades it." in shown(predicted)
    assert "A prediction" not in shown(figure)


def test_feedback_makes_a_page_for_each_student_and_says_where(course):
    status, out, err = run()
    assert (status, out, err) == (0, f"feedback: {course.root}/feedback/*/{STEM}\n", "3 new, 0 were up to date\n")
    assert "3 of 7 points" in text(page(course, "ada"))
    assert "0 of 7 points" in text(page(course, "ben"))


def test_the_table_at_the_top_tells_in_words_how_each_check_went_and_leads_to_it(course):
    run()
    ben = page(course, "ben")
    said = text(ben)
    assert "treble integers ✗ wrong answer floats ✗ wrong answer 0 of 3" in said
    assert "why comment your answer ✗ no points 0 of 4" in said, "it was left as released"
    ada = text(page(course, "ada"))
    assert "treble integers ✓ passed floats ✓ passed 3 of 3 why your answer … waits for a person 0 of 4" in ada
    assert "Not final: of the results below, 1 must wait for a person." in ada
    found = Attributes(ben).attributes
    targets = {value.removeprefix("#") for tag, name, value in found if tag == "a" and value.startswith("#")}
    assert targets == {"treble", "treble-integers", "treble-floats", "why", "comment-why", "top"}
    assert targets <= {value for _, name, value in found if name == "id"}


def test_a_failed_check_shows_its_parts_and_never_a_hidden_test(course):
    run()
    ben = page(course, "ben")
    assert "Check: treble-integers ✗ wrong answer 0 of 2 points" in text(ben)
    assert "observed AssertionError: three times two is six" in text(ben)
    # Not anywhere in the file: its last line is a digest, which may hold these digits.
    assert ">41<" not in ben and "treble(41)" not in text(ben) and "HIDDEN" not in ben


def test_nothing_on_a_page_is_fetched_and_nothing_of_a_submission_acts(course):
    run()
    for student in ("ada", "ben", "chloe"):
        assert loads(page(course, student)) == []
        assert "<script" not in page(course, student)
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page(course, student)
    assert "</pre><script>alert(1)</script>" in text(page(course, "ben")), "it is there to be read"


def test_the_test_of_what_is_fetched_finds_it():
    bad = (
        "<style>@import 'x'; p {background: url(x)}</style><body><img src=//x><a href='javascript:x'>x</a><p onclick=x>"
    )
    assert loads(bad) == ["//x", "onclick=x", "javascript:x", "@import 'x'", "url(x)"]


def test_what_a_person_gave_wrote_and_took_off_is_on_the_page(course):
    run()
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        grade = gradebook.find_grade("why", STEM, STEM, "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        gradebook.find_comment("treble", STEM, STEM, "ada").manual_comment = "Good, $3x$ <script>alert(1)</script>"
        gradebook.find_submission_notebook(STEM, STEM, "ada").late_submission_penalty = 1.5
        gradebook.db.commit()
    assert run()[2] == "1 new, 2 were up to date\n"
    ada = page(course, "ada")
    assert "4 of 7 points Handed in late: 1.5 points are taken off (it was 5.5 before)." in text(ada)
    assert "◐ some of the points, points given by a person 2.5 of 4 points" in text(ada)
    assert "Comment Good, 3 x <script>alert(1)</script>" in text(ada)
    assert 'href="#comment-treble"' in ada and loads(ada) == []


def test_only_what_changed_is_made_again(course):
    run()
    assert run()[2] == "0 new, 3 were up to date\n"
    path = course.folder("autograded", "ben", STEM) / f"{STEM}.ipynb"
    path.write_text(path.read_text().replace("three times two", "thrice two"))
    assert run()[2] == "1 new, 2 were up to date\n"
    assert "thrice two is six" in page(course, "ben")
    assert run("--force", "--student", "ada")[2] == "1 new, 0 were up to date\n"


def test_a_page_that_was_cut_off_is_made_again(course):
    run()
    whole = page(course, "ada")
    (course.folder("feedback", "ada", STEM) / f"{STEM}.html").write_text(whole[: len(whole) // 2], encoding="utf-8")
    assert run()[2] == "1 new, 2 were up to date\n"
    assert page(course, "ada") == whole


def test_one_broken_notebook_is_named_and_costs_no_other_page(course):
    (course.folder("autograded", "ben", STEM) / f"{STEM}.ipynb").write_text("not a notebook")
    status, out, err = run()
    assert status == 2 and out == f"feedback: {course.root}/feedback/*/{STEM}\n"
    reason, counts = err.splitlines()
    assert reason.startswith(f"ben: {STEM} has no page: NotJSONError: Notebook does not appear to be JSON")
    assert counts == "2 new, 0 were up to date, 1 missing"
    assert page(course, "ada") and page(course, "chloe")


def test_what_is_not_graded_is_named_with_the_command_to_run(course):
    shutil.copytree(course.folder("autograded", "ada", STEM), course.folder("autograded", "zoe", STEM))
    again = f"Run `autograder grade {STEM} --student zoe`."
    reason, counts = run()[2].splitlines()
    assert reason == f"zoe: {STEM} is not both in autograded/ and in the gradebook. {again}"
    assert counts == "3 new, 0 were up to date, 1 missing"
    assert run("--student", "max")[::2] == (2, f"Nothing is graded for {STEM} by max (looked in autograded/).\n")
    shutil.rmtree(course.root / "autograded")
    where = f"{course.root}/autograded/STUDENT/{STEM}/"
    assert run()[::2] == (2, f"{where} holds nothing yet. Run `autograder grade {STEM}` first.\n")


def test_files_that_were_handed_in_are_not_put_beside_the_page(course):
    beside = course.folder("autograded", "ada", STEM)
    (beside / "evil.html").write_text("<script>alert(1)</script>")
    (beside / "timestamp.txt").write_text("2026-11-21 12:00:00 UTC")
    run()
    names = sorted(path.name for path in course.folder("feedback", "ada", STEM).iterdir())
    assert names == [f"{STEM}.html", "timestamp.txt"]


def test_nbgrader_and_formgraders_button_make_the_same_page(course):
    run()
    ours = page(course, "ben")
    result = NbGraderAPI(course.directory, config=course.config).generate_feedback(STEM, "ben")
    assert result["success"], result["log"]
    assert page(course, "ben") == ours
    assert run()[2] == "0 new, 3 were up to date\n"


def test_several_processes_make_the_same_pages(course, monkeypatch):
    run()
    alone = {student: page(course, student) for student in ("ada", "ben", "chloe")}
    monkeypatch.setattr(autograder.results.feedback, "PAGES_A_PROCESS", 1)
    made = list(make_feedback(course, STEM, list(alone), 2, force=True))
    assert sorted(each.student for each in made if each.is_new) == list(alone)
    assert {student: page(course, student) for student in alone} == alone


@pytest.mark.skipif(os.name != "posix", reason="stops a process in a way of its own")
def test_a_page_that_ends_its_process_is_named(course, monkeypatch):
    monkeypatch.setattr(autograder.results.feedback, "PAGES_A_PROCESS", 1)
    course.config  # noqa: B018  (read before it is deadly)
    deadly = "import multiprocessing, os\nif multiprocessing.parent_process(): os._exit(3)\n"
    config = course.root / "nbgrader_config.py"
    config.write_text(deadly + config.read_text())
    made = list(make_feedback(course, STEM, ["ada", "ben"], 2))
    assert {each.reason for each in made} == {f"{STEM} has no page: the process that made it died."}


@pytest.mark.parametrize("stem", COURSE.stems)
def test_every_formula_of_every_lesson_becomes_mathml(stem):
    for cell in COURSE.lesson(stem).source.cells:
        if cell.cell_type == "markdown":
            made = str(prose(cell.source))
            without_code = re.sub(r"<(pre|code)\b.*?</\1>", "", made, flags=re.DOTALL)
            assert "$" not in without_code and "\\" not in without_code, cell.source
            assert loads(f"<body>{made}") == []
            # What sanitising turned into text would show as a tag.
            assert not re.search(r"&lt;/?[a-z]+", without_code), cell.source


def test_a_formula_reads_as_tex_would_set_it():
    assert text("<body>" + mathml(r"\log q(z) \sim \text{a\_b}")) == "log q ( z ) \N{TILDE OPERATOR} a_b"
    assert '<mi>log</mi><mspace width="0.167em" /><mi>q</mi>' in mathml(r"\log q")
    assert '<mi>KL</mi><mo stretchy="false">(</mo>' in mathml(r"\operatorname{KL}(q)")
    assert 'form="prefix">\N{MINUS SIGN}</mo>' in mathml("[-10, 10]") and "prefix" not in mathml("a - b")
    assert "<mtable" in mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}")


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//x)}{x}",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        "<img src=x onerror=alert(1)>",
        "{" * 3000 + "}" * 3000,
        "x" * 100_000,
        r"\frac{",
    ],
)
def test_a_hostile_formula_is_only_shown(tex):
    made = str(prose(f"${tex}$"))
    assert loads(f"<body>{made}") == []
    assert set(Attributes(made).tags) <= {
        "p",
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "mtext",
        "mspace",
        "mfrac",
        "code",
        "span",
    }


def test_code_keeps_its_dollars_and_attributes_keep_their_quotes():
    assert "<code>$x$</code>" in prose("`$x$`")
    assert "$x$" in prose("```\n$x$\n```")
    assert "costs $5 or $6" in prose(r"costs \$5 or \$6").replace("\\", "")
    picture = str(prose(f"![a $\\frac12$](data:image/png;base64,{PNG})"))
    assert re.search(r'alt="a \$\\frac12\$"', picture) and "<math" not in picture


def test_a_figure_has_words_that_stand_for_it():
    figure = new_output("display_data", {"image/png": PNG, "text/plain": "<Figure>"})
    titled = new_code_cell('axes.set_title("A < B")\npanel.set(title="C", xlabel="x")', outputs=[figure])
    captioned = new_code_cell("plt.show()", outputs=[figure])
    plain = new_code_cell("plt.show() # (", outputs=[figure])
    picture = new_markdown_cell(f"![](data:image/png;base64,{PNG})")
    caption = new_markdown_cell("*Figure 1. Three bell curves.*")
    found = Attributes(shown(titled, captioned, caption, plain, picture)).attributes
    assert [value for tag, name, value in found if (tag, name) == ("img", "alt")] == [
        "A figure that the cell above draws: A < B; C",
        "Figure 1. Three bell curves.",
        "A figure that the cell above draws",
        "A picture without a description",
    ]


def test_of_an_output_only_text_and_pictures_are_shown():
    rich = {"text/html": "<iframe src=//x>", "application/javascript": "alert(1)", "text/plain": "<b>text</b>"}
    outputs = [
        new_output("display_data", rich),
        new_output("display_data", {"image/png": HUGE}),
        new_output("stream", text="x"),
    ]
    made = shown(new_code_cell("f()", outputs=outputs), new_markdown_cell("<iframe src=//x></iframe>"))
    assert loads(made) == []
    assert "<b>text</b>" in text(made) and "alert(1)" not in made
    assert "A figure that the cell above draws (not shown: too large, or no PNG picture)" in text(made)


def test_a_traceback_that_quotes_a_hidden_test_is_not_shown():
    error = new_output("error", ename="AssertionError", evalue="no", traceback=["assert f(41) == 123"])
    hidden = "f(1)\n### BEGIN HIDDEN TESTS\nassert f(41) == 123\n### END HIDDEN TESTS"
    made = shown(grade_cell(hidden, error))
    assert "✗ did not pass 0 of 1 points top AssertionError: no the check's cell" in text(made)
    assert ">41<" not in made and "(41" not in text(made)


def test_a_message_is_shown_as_recorded_and_not_as_its_text_reads():
    observed = "  hint      no hint\n✓ <b>3</b>"
    said = Message("z is wrong", "1\n2", observed, Mistake("name", "likely one"), exercise="f", check="x")
    lines = ["g - y: another text", "  expected  4"]
    error = new_output("error", ename="run_time_error", evalue=lines[0], traceback=lines)
    made = shown(grade_cell("f()", error), checks={"f-x": said.as_record()})
    assert "another text" not in made
    told = "f - x: z is wrong expected 1 2 observed hint no hint ✓ <b>3</b> likely likely one"
    assert f"✗ wrong answer 0 of 1 points top {told} the check's cell" in text(made)
    assert re.findall(r"<dt>(.+)</dt>", made) == ["expected", "observed", "likely"]
    assert "<b>" not in made


def test_what_an_older_record_does_not_hold_is_shown_as_the_check_printed_it():
    lines = ["f - x: z is wrong", "  expected  <b>1</b>"]
    error = new_output("error", ename="wrong_answer", evalue=lines[0], traceback=lines)
    older = {"verdict": "time_limit_exceeded", "points": 0.0, "max_points": 1.0, "what": "z is wrong", "mistake": ""}
    made = shown(grade_cell("f()", error), checks={"f-x": older})
    assert "✗ time limit exceeded 0 of 1 points top f - x: z is wrong expected <b>1</b> the check's cell" in text(made)
    assert "<dt>" not in made and "<b>" not in made


def test_a_check_that_passed_says_what_it_establishes():
    said = Message("z is right", verdict=Verdict.ACCEPTED, exercise="f", check="x")
    made = shown(grade_cell("f()"), checks={"f-x": said.as_record()})
    assert "f - x: z is right the check's cell" in text(made)


@pytest.mark.parametrize("section", ['Why "this" is so', "Exercise 1: `f`", "The $x_1$ of *it* & z = mu + 1"])
def test_a_hint_leads_to_the_section_that_it_names(section):
    said = Message("wrong", reread=section, exercise="f", check="x")
    made = shown(new_markdown_cell(f"## {section}"), grade_cell("f()"), checks={"f-x": said.as_record()})
    found = Attributes(made).attributes
    (target,) = (value for tag, name, value in found if (tag, name) == ("h2", "id"))
    assert ("a", "href", f"#{target}") in found
    assert f'hint Read "{section}" again.' in text(made)
