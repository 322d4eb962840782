"""A class graded into nbgrader's gradebook, by our command and by nbgrader's own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from class_of_four import NBGRADER, RIGHT, STEM, WRONG, hand_in, small_course, whole_class
from nbgrader.api import Gradebook

import autograder.classes.task
import autograder.gradebook
from autograder.build import build
from autograder.classes.classroom import Outcome, grade_class, students
from autograder.course import Course
from autograder.gradebook import GradebookError
from autograder.migration import keep_grades


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A course with a class's work in it, to copy: nbgrader takes seconds to make a gradebook."""
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    whole_class(course)
    return course.root


@pytest.fixture
def course(tmp_path, original):
    shutil.copytree(original, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def grade(template, monkeypatch):
    """Grade what is new: outcomes by student."""
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)

    def run(course: Course, *who: str, force: bool = False) -> dict[str, Outcome]:
        chosen = list(who) or students(course, STEM)
        return {outcome.student: outcome for outcome in grade_class(course, STEM, chosen, force=force)}

    return run


def gradebook(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def rows(course: Course) -> set[tuple]:
    """Everything that nbgrader knows about the class's grades; its row ids are random and left out."""
    with gradebook(course) as book:
        submissions = book.assignment_submissions(STEM)
        grades = [
            (s.student.id, g.name, g.auto_score, g.manual_score, g.needs_manual_grade, g.max_score)
            for s in submissions
            for notebook in s.notebooks
            for g in notebook.grades
        ]
        comments = [
            (s.student.id, c.name, c.auto_comment) for s in submissions for n in s.notebooks for c in n.comments
        ]
        return {*grades, *comments}


def test_verdicts_become_points_and_a_trick_earns_nothing(course, grade):
    grade(course)
    with gradebook(course) as book:
        scores = {s.student.id: s.score for s in book.assignment_submissions(STEM)}
    assert scores == {"ada": 3.0, "ben": 0.0, "chloe": 0.0, "dan": 0.0}


def test_a_written_answer_waits_for_a_person_unless_it_was_left_empty(course, grade):
    grade(course)
    assert ("ada", "why", None, None, True, 4.0) in rows(course)
    assert ("ben", "why", 0.0, None, False, 4.0) in rows(course)
    assert ("dan", "treble", "No response.") in rows(course)


def test_nbgrader_autograde_writes_the_same_rows(course, grade):
    grade(course)
    ours = rows(course)
    with gradebook(course) as book:
        for student in students(course, STEM):
            book.remove_student(student)
    subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", STEM, "--force"],
        cwd=course.root,
        check=True,
        capture_output=True,
    )
    assert rows(course) == ours
    ben = nbformat.read(course.folder("autograded", "ben", STEM) / f"{STEM}.ipynb", as_version=4)
    assert ben.metadata.autograder.checks["treble-floats"].verdict == "wrong_answer"


def test_what_is_graded_already_is_left_alone(course, grade):
    assert all(outcome.grade for outcome in grade(course).values())
    again = grade(course)
    assert not any(outcome.grade for outcome in again.values())
    assert again["ada"].score == 3.0


def test_a_changed_submission_is_graded_again(course, grade):
    grade(course)
    hand_in(course, "ben", {"treble": RIGHT})
    outcomes = grade(course)
    assert outcomes["ben"].score == 3.0
    assert [student for student, outcome in outcomes.items() if outcome.grade] == ["ben"]


def test_a_lost_gradebook_is_filled_again(course, grade):
    grade(course)
    (course.root / "gradebook.db").unlink()
    build([], course.root)
    assert grade(course)["ada"].score == 3.0


def test_scores_given_by_hand_stay(course, grade):
    grade(course)
    with gradebook(course) as book:
        by_hand = book.find_grade("treble-floats", STEM, STEM, "ben")
        by_hand.manual_score = 0.5
        book.db.commit()
    assert grade(course, force=True)["ben"].score == 0.5
    assert ("ben", "treble-floats", 0.0, 0.5, True, 1.0) in rows(course)


def test_a_judge_error_changes_no_score_and_asks_for_a_person(course, grade):
    grade(course, "ada")
    source = course.root / "solutions" / f"{STEM}.py"
    source.write_text(source.read_text().replace("treble(2) == 6", "treble(2) == 7"))
    outcome = grade(course, "ada")["ada"]
    assert outcome.score == 3.0
    assert ("ada", "treble-integers", 2.0, None, True, 2.0) in rows(course)


def test_a_late_submission_gets_the_configured_penalty(course, grade):
    (course.root / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Half(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return score / 2\n"
    )
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nimport sys\nsys.path.insert(0, '.')\nc.AssignLatePenalties.plugin_class = 'late.Half'\n")
    with gradebook(course) as book:
        book.update_or_create_assignment(STEM, duedate="2020-01-01 00:00:00 UTC")
    stamp = course.folder("submitted", "ada", STEM) / "timestamp.txt"
    stamp.write_text("2020-01-02 00:00:00 UTC")
    here = os.getcwd()
    os.chdir(course.root)
    try:
        assert grade(Course(course.root), "ada")["ada"].score == 1.5
        stamp.write_text("2019-12-31 00:00:00 UTC")
        assert grade(Course(course.root), "ada", force=True)["ada"].score == 3.0
    finally:
        os.chdir(here)


def test_a_notebook_that_cannot_be_graded_is_named_and_the_rest_is_graded(course, grade):
    path = hand_in(course, "ben", {"treble": WRONG})
    path.write_text("not a notebook")
    outcomes = grade(course)
    assert outcomes["ben"].reason.endswith("Hand in the .ipynb file.")
    assert outcomes["ada"].score == 3.0
    with gradebook(course) as book:
        assert {s.student.id for s in book.assignment_submissions(STEM)} == {"ada", "chloe", "dan"}


def test_the_graded_notebook_shows_the_verdicts_and_no_hidden_test(course, grade):
    grade(course)
    path = course.folder("autograded", "ben", STEM) / f"{STEM}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    text = path.read_text()
    assert "HIDDEN" not in text and "treble(41)" not in text
    cell = next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "treble-integers"
    )
    assert cell.outputs[0].traceback == [
        "treble - integers: this check does not hold",
        "  observed  AssertionError: three times two is six",
    ]
    assert notebook.metadata.autograder.isolation[0] == "process"
    assert notebook.metadata.autograder.checks["treble-floats"].verdict == "wrong_answer"


def test_files_handed_in_beside_the_notebook_are_copied_but_no_link_is_followed(course, grade, tmp_path):
    folder = course.folder("submitted", "ada", STEM)
    (folder / "data.csv").write_text("1,2")
    secret = tmp_path / "secret.txt"
    secret.write_text("the instructor's")
    (folder / "link.txt").symlink_to(secret)
    grade(course, "ada")
    graded = course.folder("autograded", "ada", STEM)
    assert sorted(path.name for path in graded.iterdir()) == ["data.csv", f"{STEM}.ipynb"]


def test_a_folder_that_is_a_link_is_named_and_not_followed(course, grade):
    linked = course.folder("submitted", "zoe", STEM)
    linked.parent.mkdir()
    linked.symlink_to(course.folder("submitted", "ada", STEM))
    assert grade(course, "zoe")["zoe"].reason == f"{linked} is a link. Put the submission itself there."


def test_a_crash_while_writing_leaves_the_gradebook_as_it_was(course, grade, monkeypatch):
    before = rows(course)

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(autograder.gradebook, "_save_answer", broken)
    with pytest.raises(KeyboardInterrupt):
        grade(course, "ada")
    assert rows(course) == before
    assert not Path(course.folder("autograded", "ada", STEM)).exists()


# What nbgrader's own converter makes of what was handed in


def variants(course: Course) -> dict[str, bytes]:
    """A right answer's file, spoiled in ways that do not matter: by a student's name."""
    path = hand_in(course, "plain", {"treble": RIGHT, "why": "Because."})
    plain = path.read_text(encoding="utf-8")

    def changed(change: Callable[[dict], object]) -> bytes:
        notebook = json.loads(plain)
        change(notebook)
        return json.dumps(notebook).encode()

    v3 = nbformat.convert(nbformat.reads(plain, as_version=4), 3)
    return {
        "mark": b"\xef\xbb\xbf" + plain.encode(),
        "windows": plain.replace("\n", "\r\n").encode(),
        "nulls": changed(lambda notebook: [cell.update(metadata=None) for cell in notebook["cells"]]),
        "odd-ids": changed(lambda notebook: [cell.update(id="not an id!") for cell in notebook["cells"]]),
        "no-ids": changed(lambda notebook: [cell.pop("id") for cell in notebook["cells"]]),
        "same-ids": changed(lambda notebook: [cell.update(id="same") for cell in notebook["cells"]]),
        "no-metadata": changed(lambda notebook: notebook.update(metadata=None)),
        "version-3": json.dumps(v3).encode(),
    }


BROKEN = {
    "merged": ("plain\n<<<<<<< HEAD\n", "holds a merge conflict (line 2: '<<<<<<< HEAD')."),
    "cut": ('{"nbformat": 4,', "is only the beginning of a notebook: it ends in line 1."),
}


def test_nbgrader_autograde_reads_what_was_handed_in_as_our_command_does(course, grade):
    shutil.rmtree(course.root / "submitted")
    for student, content in variants(course).items():
        path = hand_in(course, student, {})
        path.write_bytes(content)
    for student, (text, _) in BROKEN.items():
        hand_in(course, student, {}).write_text(text)
    hand_in(course, "renamed", {}).rename(course.folder("submitted", "renamed", STEM) / "mine.ipynb")
    outcomes = grade(course)
    reasons = {student: outcome.reason for student, outcome in outcomes.items() if outcome.reason}
    assert reasons.keys() == {*BROKEN, "renamed"}
    path = course.folder("submitted", "renamed", STEM) / f"{STEM}.ipynb"
    assert reasons["renamed"] == (f"{path} is not there; its folder holds 'mine.ipynb'. Rename what is meant to be it.")
    assert {outcome.score for outcome in outcomes.values() if not outcome.reason} == {3.0}
    ours = rows(course)
    with gradebook(course) as book:
        for student in outcomes.keys() - reasons.keys():
            book.remove_student(student)
    command = [*NBGRADER, "autograde", STEM, "--force"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=False)
    assert {row for row in rows(course) if row[0] not in reasons} == ours
    for student, (_, reason) in BROKEN.items():
        assert f"SubmissionError: {course.folder('submitted', student, STEM)}/{STEM}.ipynb {reason}" in done.stderr
    assert "Skipping unknown notebook" in done.stderr, "nbgrader takes no notebook of another name either"


# A lesson that changed after it was graded


def edit(course: Course, old: str, new: str) -> None:
    """Change the lesson's source in one place."""
    source = course.root / "solutions" / f"{STEM}.py"
    text = source.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    source.write_text(text.replace(old, new), encoding="utf-8")


def test_a_lesson_that_changes_while_it_is_graded_writes_nothing(course, grade):
    before = rows(course)
    edit(course, '"treble-floats"', '"treble-halves"')
    with pytest.raises(GradebookError) as refused:
        grade(course, "ada")
    assert str(refused.value) == (
        f"The gradebook knows {STEM} without treble-halves. Run `autograder build {STEM} --keep-grades`."
    )
    assert rows(course) == before


def test_what_people_gave_stays_with_the_cells_that_stay(course, grade):
    grade(course)
    with gradebook(course) as book:
        for name, score in {"treble-integers": 1.5, "treble-floats": 0.5, "why": 3.0}.items():
            book.find_grade(name, STEM, STEM, "ada").manual_score = score
        book.find_comment("why", STEM, STEM, "ada").manual_comment = "Well said."
        book.db.commit()
    edit(course, '"treble-integers"', '"treble-whole"')
    edit(course, '"treble-floats"', '"treble-halves"')
    edit(course, '"why", "locked": false, "points": 4', '"why", "locked": false, "points": 8')
    assert keep_grades(course, STEM, {"treble-integers": "treble-whole"}) == [
        "'treble-whole' was 'treble-integers'",
        "'treble-halves' is new (1 point)",
        "'why' is worth 8 points, and was worth 4",
        "  what people gave stays as it is: ada 3",
        "'treble-floats' is gone (1 point)",
        f"What is gone is kept in reports/{STEM}-removed-1.csv",
    ]
    build([], course.root)
    grade(course)
    assert {row for row in rows(course) if row[0] == "ada"} == {
        ("ada", "treble-whole", 2.0, 1.5, True, 2.0),
        ("ada", "treble-halves", 1.0, None, False, 1.0),
        ("ada", "why", None, 3.0, True, 8.0),
        ("ada", "treble", None),
        ("ada", "why", None),
    }
    with gradebook(course) as book:
        assert book.find_comment("why", STEM, STEM, "ada").manual_comment == "Well said."
        assert book.find_submission(STEM, "ada").score == 5.5
