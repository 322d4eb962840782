"""Submissions brought in, as people have them from their learning platforms."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from class_of_four import RIGHT, STEM, hand_in, small_course
from nbgrader.apps import ZipCollectApp
from rich.console import Console
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.commands import instructor
from autograder.course import Course
from autograder.gradebook import opened

RUNNER = CliRunner()
OTHER = "lesson79_halving"
OTHER_LESSON = """\
# %% nbgrader={"grade": false, "grade_id": "halve", "locked": false, "schema_version": 3, "solution": true, "task": false}
def halve(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
"""  # noqa: E501


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    course = small_course(tmp_path_factory.mktemp("original") / "course")
    (course.root / "solutions" / f"{OTHER}.py").write_text(OTHER_LESSON)
    return course.root


@pytest.fixture
def course(tmp_path, original, monkeypatch, template):
    shutil.copytree(original, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(instructor, "out", Console(highlight=False, soft_wrap=True, width=200))
    monkeypatch.setattr(autograder.classes.task, "template", lambda _: template)
    monkeypatch.setattr(instructor, "cores", lambda: 1)
    return Course(tmp_path / "course")


@pytest.fixture
def notebook(course) -> str:
    """A notebook that deserves what can be had without a person."""
    path = hand_in(course, "somebody", {"treble": RIGHT})
    content = path.read_text()
    shutil.rmtree(course.root / "submitted")
    return content


def collect(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    result = RUNNER.invoke(autograder.cli.app, ["collect", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def folder(course: Course, files: dict[str, str], name: str = "handed-in") -> Path:
    """A folder beside the course with these files in it."""
    root = course.root.parent / name
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
    return root


def zipped(course: Course, files: dict[str, str], name: str = "export.zip") -> Path:
    """A zip beside the course with these files in it."""
    path = course.root.parent / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, content in files.items():
            archive.writestr(inside, content)
    return path


def handed_in(course: Course) -> dict[str, str]:
    """Who has which notebook in submitted/."""
    return {path.parts[-3]: path.read_text() for path in course.root.glob(f"submitted/*/{STEM}/{STEM}.ipynb")}


def timestamp(course: Course, student: str) -> str | None:
    path = course.folder("submitted", student, STEM) / "timestamp.txt"
    return path.read_text() if path.exists() else None


def student_rows(course: Course) -> dict[str, tuple]:
    with opened(course.directory) as gradebook:
        return {s.id: (s.first_name, s.last_name, s.email, s.lms_user_id) for s in gradebook.students}


METADATA = """\
submission_409194023:
  :submitters:
  - :name: Ada Lovelace
    :sid: '123456789'
    :email: ada@example.edu
  :created_at: 2026-04-26 17:34:00.861687000 Z
  :score: 2.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    output: |-
      :submitters:
submission_500000001:
  :submitters:
  - :name: Ben Bitdiddle
    :sid: ''
    :email: ben@example.edu
  - :name: '=cmd|x!a1'
    :sid: '222'
"""
NAMED = {
    "files called after students": (["ada.ipynb", "ben@x.org.ipynb"], {"ada", "ben@x.org"}),
    "folders called after students": ([f"ada/{STEM}.ipynb", "ben/exercises/mine.ipynb"], {"ada", "ben"}),
    "nbgrader's own folders": ([f"ada/{STEM}/{STEM}.ipynb", f"ben/{STEM}/{STEM}.ipynb"], {"ada", "ben"}),
    "a folder around it all": (["all of them/ada.ipynb", "all of them/ben.ipynb"], {"ada", "ben"}),
    "a folder that is called like the zip": ([f"export/ada/{STEM}.ipynb", "__MACOSX/export/ada/._x.ipynb"], {"ada"}),
    "one student": ([f"ada/{STEM}.ipynb", "ada/plot.png"], {"ada"}),
    "Canvas": (
        [f"lovelaceada_12345_67890_{STEM}-1.ipynb", f"o_bit2ben_LATE_12346_67891_{STEM}.ipynb"],
        {"12345", "12346"},
    ),
    "Canvas, anonymous": (
        [f"anon_Xy12z_99_{STEM}.ipynb", f"LATE_anon_abcde_98_{STEM}.ipynb"],
        {"anon_Xy12z", "anon_abcde"},
    ),
    "Moodle": (
        [f"Ada Lovelace_123_assignsubmission_file/{STEM}.ipynb", "Ben O'Bit_124_assignsubmission_file/a/b.ipynb"],
        {"Ada-Lovelace", "Ben-OBit"},
    ),
    "Moodle, older": ([f"Åsa Öberg_123_assignsubmission_file_/{STEM}.ipynb"], {"Åsa-Öberg"}),
    "Moodle, not in folders": ([f"Ada Lovelace_123_assignsubmission_file_{STEM}.ipynb"], {"Ada-Lovelace"}),
    "Moodle, anonymous": (
        [f"Participant_{n}_assignsubmission_file/{STEM}.ipynb" for n in (7, 8)],
        {"Participant-7", "Participant-8"},
    ),
}


@pytest.mark.parametrize("way", NAMED)
def test_a_zip_is_taken_in_however_its_files_are_named(course, notebook, way):
    paths, students = NAMED[way]
    status, _, err = collect(STEM, zipped(course, dict.fromkeys(paths, notebook)))
    assert (status, err) == (0, "")
    assert handed_in(course) == dict.fromkeys(students, notebook)


def test_gradescopes_list_says_who_and_when_and_a_group_gets_a_copy_each(course, notebook):
    files = {"assignment_1_export/submission_metadata.yml": METADATA}
    files |= {f"assignment_1_export/submission_{n}/x.ipynb": notebook for n in (409194023, 500000001, 7)}
    status, out, err = collect(STEM, zipped(course, files))
    assert status == 2
    assert err == (
        "export.zip:assignment_1_export/submission_7/x.ipynb: submission_metadata.yml does not say whose it is.\n"
    )
    assert out.endswith("3 taken, 1 not taken.\n")
    assert handed_in(course).keys() == {"123456789", "ben@example.edu", "222"}
    assert timestamp(course, "123456789") == "2026-04-26 17:34:00.861687 UTC"
    assert timestamp(course, "222") is None
    assert student_rows(course) == {
        "123456789": ("Ada", "Lovelace", "ada@example.edu", None),
        "ben@example.edu": ("Ben", "Bitdiddle", "ben@example.edu", None),
    }, "a name that could be a formula is not kept"


def test_the_table_shows_what_became_of_each_file(course, notebook):
    status, out, _ = collect(STEM, zipped(course, {f"bitben_LATE_12_34_{STEM}.ipynb": notebook}))
    assert status == 0
    assert f"│ 12      │ export.zip:bitben_LATE_12_34_{STEM}.ipynb │ Canvas   │ late            │ taken │" in out


def test_a_student_whom_the_gradebook_knows_keeps_that_id(course, notebook):
    with opened(course.directory) as gradebook:
        gradebook.add_student("ada", lms_user_id="12345", first_name="Ada", last_name="Lovelace")
        gradebook.add_student("ben", email="Ben@example.edu")
    files = {"submission_metadata.yml": METADATA, "submission_500000001/x.ipynb": notebook}
    canvas = zipped(course, {f"lovelaceada_12345_1_{STEM}.ipynb": notebook}, "canvas.zip")
    moodle = zipped(course, {f"LOVELACE Ada_9_assignsubmission_file/{STEM}.ipynb": notebook}, "moodle.zip")
    assert collect(STEM, canvas)[0] == 0
    assert handed_in(course).keys() == {"ada"}
    assert "there already" in collect(STEM, moodle)[1]
    assert collect(STEM, zipped(course, files, "gradescope.zip"))[0] == 0
    assert handed_in(course).keys() == {"ada", "ben", "222"}
    assert student_rows(course)["ben"] == ("Ben", "Bitdiddle", "Ben@example.edu", None), "what was known stays"


def test_two_students_of_one_name_are_not_mixed_up(course, notebook):
    with opened(course.directory) as gradebook:
        for student in ("ada1", "ada2"):
            gradebook.add_student(student, first_name="Ada", last_name="Lovelace")
    path = f"Ada Lovelace_9_assignsubmission_file/{STEM}.ipynb"
    status, _, err = collect(STEM, zipped(course, {path: notebook}))
    assert (status, err) == (
        2,
        f"export.zip:{path}: 'Ada Lovelace' is more than one student: ada1, ada2. Use --pattern.\n",
    )


def test_canvas_number_goes_into_the_gradebook_for_the_way_back(course, notebook):
    collect(STEM, zipped(course, {f"lovelaceada_12345_1_{STEM}.ipynb": notebook}))
    assert student_rows(course) == {"12345": (None, None, None, "12345")}


def test_a_pattern_says_it_for_anything_else(course, notebook):
    source = folder(
        course, {"group 1/ps_bitdiddle_attempt_2016-01-30 15:00:00_x.ipynb": notebook, "notes.ipynb": notebook}
    )
    pattern = r"_(?P<student_id>\w+?)_attempt_(?P<timestamp>[0-9: -]+)_"
    status, out, err = collect(STEM, source, "--pattern", pattern)
    assert (status, err) == (2, "handed-in/notes.ipynb: --pattern does not match this path.\n")
    assert "│ bitdiddle │" in out and "│ pattern  │ 2016-01-30 15:00 │ taken │" in out
    assert timestamp(course, "bitdiddle") == "2016-01-30 15:00:00.000000 UTC"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pattern", "(.*)"], "--pattern '(.*)' names no student: put (?P<student_id>...) around the id in it."),
        (
            ["--pattern", "(?P<student_id>"],
            "--pattern '(?P<student_id>' is no regular expression: missing ), unterminated subpattern at position 0.",
        ),
        (["--timestamp", "soon"], "'soon' is no date and time. Write it as '2026-11-21 15:00 UTC'."),
        (
            ["--timestamp", "2026-11-21 15:00 MARS"],
            "'2026-11-21 15:00 MARS' is no date and time. Write it as '2026-11-21 15:00 UTC'.",
        ),
    ],
)
def test_an_option_that_cannot_be_meant_stops_it(course, notebook, arguments, message):
    status, out, err = collect(STEM, folder(course, {"ada.ipynb": notebook}), *arguments)
    assert (status, out, err) == (2, "", message + "\n")
    assert handed_in(course) == {}


def test_a_source_that_is_none_is_named(course):
    nowhere, text, empty = course.root / "nowhere", course.root / "text.txt", course.root / "empty"
    text.write_text("no zip")
    empty.mkdir()
    assert (
        collect(STEM, nowhere)[2] == f"{nowhere} is not there. Name the folder or the zip that holds the submissions.\n"
    )
    assert collect(STEM, text)[2] == f"{text} is no folder and no zip that can be opened (File is not a zip file).\n"
    assert collect(STEM, empty)[2] == f"Nothing was found in {empty}.\n"
    assert collect("lesson00", empty)[2] == f"No lesson is called 'lesson00'. The lessons are: {STEM}, {OTHER}.\n"


def other_lesson() -> str:
    cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "halve"}}, "source": "", "outputs": []}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


NO_CELLS = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
ID = "cannot be a student's id: letters, digits and . _ @ + - only, beginning with a letter or digit, at most 64."
BAD = {
    "nothing in it": (
        {"bob.ipynb": ""},
        "handed-in/bob.ipynb is empty. Save the notebook in Jupyter and hand it in again.",
    ),
    "not JSON": (
        {"bob.ipynb": "print(1)"},
        "handed-in/bob.ipynb is not a Jupyter notebook (Notebook does not appear to be JSON: 'print(1)'). "
        "Hand in the .ipynb file.",
    ),
    "another kind of file": ({"bob/answers.py": "x = 1"}, "handed-in/bob/answers.py is not a notebook (.ipynb)."),
    "another lesson": ({"bob.ipynb": other_lesson()}, f"handed-in/bob.ipynb is {OTHER}, not {STEM}."),
    "no lesson": (
        {"bob.ipynb": NO_CELLS},
        "handed-in/bob.ipynb is no lesson of this course: no cell of it belongs to one. "
        f"If it is, put it into {{root}}/submitted/STUDENT/{STEM}/ by hand.",
    ),
    "nobody's": (
        {f"{STEM}.ipynb": "{}"},
        f"handed-in/{STEM}.ipynb: this does not say whose it is. Call the file or its folder after the student, "
        "or use --pattern.",
    ),
    "an option for a name": (
        {"--help.ipynb": "{}"},
        f"handed-in/--help.ipynb: '--help' {ID} Rename it, or say with --pattern which part is the id.",
    ),
    "a formula for a name": (
        {"=cmd|x!a1.ipynb": "{}"},
        f"handed-in/=cmd|x!a1.ipynb: '=cmd|x!a1' {ID} Rename it, or say with --pattern which part is the id.",
    ),
    "a name that moves the cursor": (
        {"\x1b[2J.ipynb": "{}"},
        f"handed-in/\\x1b[2J.ipynb: '\\x1b[2J' {ID} Rename it, or say with --pattern which part is the id.",
    ),
    "a name that Windows keeps for itself": (
        {"con.ipynb": "{}"},
        f"handed-in/con.ipynb: 'con' {ID} Rename it, or say with --pattern which part is the id.",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_named_with_the_reason_and_the_rest_is_taken(course, notebook, what):
    files, reason = BAD[what]
    status, out, err = collect(STEM, folder(course, {"ada.ipynb": notebook} | files))
    assert (status, err) == (2, reason.format(root=course.root) + "\n")
    assert out.endswith("1 taken, 1 not taken.\n")
    assert handed_in(course) == {"ada": notebook}


def test_two_different_notebooks_of_one_student_are_left_to_a_person(course, notebook):
    source = folder(course, {"ada/a.ipynb": notebook, "ada/b.ipynb": notebook + " ", "ben.ipynb": notebook})
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ben"})
    assert err == (
        "ada handed in different notebooks: handed-in/ada/a.ipynb, handed-in/ada/b.ipynb. Leave the one that counts.\n"
    )


def test_a_flood_of_files_costs_the_student_who_sent_it_one_line(course, notebook):
    files = {f"ada/{n}.ipynb": "" for n in range(30)} | {f"ben/{n}.txt": "" for n in range(30)} | {"c.ipynb": notebook}
    status, _, err = collect(STEM, folder(course, files))
    assert (status, handed_in(course).keys()) == (2, {"c"})
    assert err.splitlines() == [
        "handed-in/ada/0.ipynb is one notebook too many. ada handed in 30 files.",
        "handed-in/ben/0.txt is not a notebook (.ipynb). ben handed in 30 files.",
    ]


def test_a_name_without_end_is_refused_at_once(course, notebook):
    source = zipped(course, {"ada.ipynb": notebook, "anon_" * 12_000 + ".ipynb": notebook})
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ada"})
    assert err.startswith("export.zip:anon_anon_") and err.endswith("...: this name is too long.\n")
    assert len(err) < 600


def test_the_same_notebook_twice_is_no_problem(course, notebook):
    assert (
        collect(STEM, folder(course, {"ada/a.ipynb": notebook, "ada/b.ipynb": notebook, "ben.ipynb": notebook}))[0] == 0
    )
    assert handed_in(course) == {"ada": notebook, "ben": notebook}


def test_links_are_not_followed(course, notebook):
    source = folder(course, {"ada.ipynb": notebook})
    secret = folder(course, {"x/ben.ipynb": notebook}, "elsewhere")
    (source / "ben.ipynb").symlink_to(secret / "x" / "ben.ipynb")
    (source / "chloe").symlink_to(secret / "x")
    os.mkfifo(source / "dan.ipynb")
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ada"})
    said = "this is a link or no ordinary file. Put the notebook itself there."
    assert err.splitlines() == [f"handed-in/{name}: {said}" for name in ("ben.ipynb", "dan.ipynb", "chloe")]


def test_nothing_is_written_through_a_link_in_submitted(course, notebook):
    elsewhere = folder(course, {"mine.txt": "mine"}, "elsewhere")
    (course.root / "submitted").mkdir()
    (course.root / "submitted" / "ada").symlink_to(elsewhere)
    status, _, err = collect(STEM, folder(course, {"ada.ipynb": notebook}))
    assert (status, err) == (2, f"{course.root}/submitted/ada is a link. Remove it, then collect again.\n")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["mine.txt"]


def test_tricks_in_a_zip_reach_nothing_outside(course, notebook, monkeypatch):
    monkeypatch.setattr("autograder.classes.sources.MAX_BYTES", 2**20)
    source = zipped(course, {"ada.ipynb": notebook, "../ben.ipynb": notebook, "/etc/chloe.ipynb": notebook})
    with zipfile.ZipFile(source, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("C:\\x\\dan.ipynb", notebook)
        link = zipfile.ZipInfo("emil.ipynb")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("fay.ipynb", bytes(2**21))
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ada"})
    assert err.splitlines() == [
        "export.zip:../ben.ipynb: its path leads out of the zip.",
        "export.zip:/etc/chloe.ipynb: its path leads out of the zip.",
        "export.zip:C:/x/dan.ipynb: its path leads out of the zip.",
        "export.zip:emil.ipynb: this is a link. Put the notebook itself there.",
        "export.zip:fay.ipynb: this is over 1 MiB. Its outputs have to be cleared.",
    ]
    assert not (course.root.parent / "ben.ipynb").exists()


def test_a_zip_that_lies_about_a_size_or_is_damaged_costs_that_file(course, notebook, monkeypatch):
    monkeypatch.setattr("autograder.classes.sources.MAX_BYTES", 2**20)
    large, small = (2**21).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    source = zipped(course, {"ada.ipynb": notebook, "ben.ipynb": notebook, "chloe.ipynb": "0" * 2**21})
    content = source.read_bytes()
    assert content.count(large) == 2
    start = content.index(b"ben.ipynb") + 200
    source.write_bytes((content[:start] + bytes(50) + content[start + 50 :]).replace(large, small))
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ada"})
    ben, chloe = err.splitlines()
    assert ben.startswith("export.zip:ben.ipynb cannot be unpacked: ")
    assert chloe.startswith("export.zip:chloe.ipynb cannot be unpacked: ")


def test_a_zip_is_never_unpacked_without_end(course, notebook, monkeypatch):
    monkeypatch.setattr("autograder.classes.sources.MAX_TOTAL", 2 * len(notebook) + 10)
    source = zipped(course, {f"{name}.ipynb": notebook for name in ("ada", "ben", "chloe")})
    status, _, err = collect(STEM, source)
    assert (status, handed_in(course).keys()) == (2, {"ada", "ben"})
    assert err == "export.zip:chloe.ipynb is left out: unpacked, the zip is over 0 GiB.\n"
    monkeypatch.setattr("autograder.classes.sources.MAX_FILES", 2)
    assert collect(STEM, source)[2] == f"{source} holds more than 2 files. Is it the right one?\n"


def test_what_is_there_is_not_overwritten_by_something_that_may_be_older(course, notebook):
    first = folder(course, {"ada.ipynb": notebook}, "first")
    second = folder(course, {"ada.ipynb": notebook + "\n"}, "second")
    collect(STEM, first)
    assert "│ there already │" in collect(STEM, first)[1]
    there = course.folder("submitted", "ada", STEM) / f"{STEM}.ipynb"
    status, _, err = collect(STEM, second)
    assert (status, err) == (
        2,
        f"second/ada.ipynb differs from {there}, and which is newer is not known. "
        "--replace takes it, and keeps the old one.\n",
    )
    assert there.read_text() == notebook


def test_a_newer_one_is_taken_and_the_old_one_kept_where_grading_does_not_look(course, notebook):
    new = notebook.replace("x + x + x", "x + 2 * x")
    first, second = (folder(course, {"ada.ipynb": text}, name) for name, text in (("first", notebook), ("second", new)))
    collect(STEM, first, "--timestamp", "2026-11-21 15:00 UTC")
    status, _, err = collect(STEM, second, "--timestamp", "2026-11-21 14:00 UTC")
    assert (status, "that one is as new or newer" in err) == (2, True)
    status, out, _ = collect(STEM, second, "--timestamp", "2026-11-21T17:00+01:00")
    assert (status, "│ taken, the old one is kept │" in out) == (0, True)
    assert handed_in(course) == {"ada": new}
    assert timestamp(course, "ada") == "2026-11-21 16:00:00.000000 UTC"
    kept = course.root / "submitted" / "ada" / f"{STEM}.replaced-1"
    assert (kept / f"{STEM}.ipynb").read_text() == notebook
    assert (kept / "timestamp.txt").read_text() == "2026-11-21 15:00:00.000000 UTC"
    graded = RUNNER.invoke(autograder.cli.app, ["grade", STEM])
    assert "│ ada     │ 3 of 7 │ 2 accepted │" in graded.stdout
    assert sorted(path.parent.name for path in course.root.glob("autograded/*/*/*.ipynb")) == [STEM]


def test_replace_takes_anything_and_loses_nothing(course, notebook):
    for text in ("", "\n", "\n\n"):
        status, _, _ = collect(STEM, folder(course, {"ada.ipynb": notebook + text}), "--replace")
        assert status == 0
    kept = sorted(course.root.glob(f"submitted/ada/{STEM}.replaced-*/{STEM}.ipynb"))
    assert [path.read_text() for path in kept] == [notebook, notebook + "\n"]
    assert handed_in(course) == {"ada": notebook + "\n\n"}


def test_a_dry_run_says_the_same_and_writes_nothing(course, notebook):
    source = zipped(course, {f"lovelaceada_12345_1_{STEM}.ipynb": notebook, "bob.ipynb": ""})
    before = sorted(course.root.rglob("*")), (course.root / "gradebook.db").read_bytes()
    status, out, err = collect(STEM, source, "--dry-run")
    assert (sorted(course.root.rglob("*")), (course.root / "gradebook.db").read_bytes()) == before
    assert out.endswith("1 taken, 1 not taken. This was a dry run: nothing was written.\n")
    again = collect(STEM, source)
    assert (status, err) == (again[0], again[2])
    assert out.replace(" This was a dry run: nothing was written.", "") == again[1]


def test_the_files_own_times_are_taken_when_asked_for_and_where_they_make_sense(course, notebook):
    source = folder(course, {"ada.ipynb": notebook, "ben.ipynb": notebook})
    os.utime(source / "ada.ipynb", (1_700_000_000, 1_700_000_000))
    os.utime(source / "ben.ipynb", (0, 0))
    collect(STEM, source, "--timestamp", "files")
    assert timestamp(course, "ada") == "2023-11-14 22:13:20.000000 UTC"
    assert timestamp(course, "ben") is None, "1970 is no time at which anybody hands in"


def nbgrader(course: Course, *arguments: object, cwd: Path | None = None) -> str:
    command = [sys.executable, "-m", "nbgrader", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd or course.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_nbgraders_zip_collect_brings_in_the_same(course, notebook):
    archive = course.root / "downloaded" / STEM / "archive"
    archive.mkdir(parents=True)
    zipped(course, {f"lovelaceada_12345_67890_{STEM}-1.ipynb": notebook}).rename(archive / "canvas.zip")
    pattern = rf".*/[^/]*?_(LATE_)?(?P<student_id>\d+)_\d+_(?P<file_id>{STEM}).*"
    app = ZipCollectApp()  # in this process: to start nbgrader takes seconds
    app.initialize([STEM, f"--FileNameCollectorPlugin.named_regexp={pattern}"])
    app.start()
    assert handed_in(course) == {"12345": notebook}
    assert "3 of 7" in RUNNER.invoke(autograder.cli.app, ["grade", STEM]).stdout


@pytest.mark.slow
def test_nbgraders_exchange_goes_all_the_way(course, notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    exchange, learner = tmp_path / "exchange", tmp_path / "learner"
    for path in (exchange, learner):
        path.mkdir(mode=0o777)
    root, name = f"--Exchange.root={exchange}", f"--course={course.directory.course_id}"
    nbgrader(course, "release_assignment", STEM, root)
    nbgrader(course, "fetch_assignment", STEM, root, name, cwd=learner)
    (learner / STEM / f"{STEM}.ipynb").chmod(0o644)
    (learner / STEM / f"{STEM}.ipynb").write_text(notebook)
    nbgrader(course, "submit", STEM, root, name, "--student=ada", cwd=learner)
    nbgrader(course, "collect", STEM, root)
    assert handed_in(course) == {"ada": notebook}
    assert timestamp(course, "ada").endswith(" UTC")
    assert "3 of 7" in RUNNER.invoke(autograder.cli.app, ["grade", STEM]).stdout

    assert RUNNER.invoke(autograder.cli.app, ["feedback", STEM]).exit_code == 0
    nbgrader(course, "release_feedback", STEM, root)
    nbgrader(course, "fetch_feedback", STEM, root, name, cwd=learner)
    (page,) = learner.glob(f"{STEM}/feedback/*/{STEM}.html")
    assert "3 of 7" in page.read_text(encoding="utf-8")


def test_a_students_own_file_called_like_gradescopes_list_swaps_no_work(course, notebook):
    own = "submission_1:\n  :submitters:\n  - :sid: ben\n"
    source = folder(course, {"ada/submission_metadata.yml": own, "ada/x.ipynb": notebook, "ben/x.ipynb": notebook})
    collect(STEM, source)
    assert set(handed_in(course)) == {"ada", "ben"}


def test_a_list_that_repeats_itself_by_alias_is_refused(course, notebook):
    lines = ["a: &a [x, x]"] + [f"{n}: &{n} [*{m}, *{m}]" for m, n in zip("abcdefgh", "bcdefghi", strict=True)]
    files = {"submission_metadata.yml": "\n".join(lines), "submission_1/x.ipynb": notebook}
    status, _, err = collect(STEM, folder(course, files))
    assert status == 2
    assert "submission_metadata.yml cannot be read: it repeats parts of itself by alias" in err
