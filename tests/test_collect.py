"""Submissions brought in, as people have them from their learning platforms."""

import json
import os
import shutil
import stat
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path, PurePosixPath

import pytest
from class_of_four import NBGRADER, RIGHT, STEM, grade_here, hand_in, small_course
from nbgrader.apps import ZipCollectApp
from rich.console import Console
from typer.testing import CliRunner

import autograder.classes.task
import autograder.cli
from autograder.classes.naming import Naming
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
    grade_here(monkeypatch, template)
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
    command = [*NBGRADER, *map(str, arguments)]
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


def enter(course: Course, **students: dict[str, str]) -> None:
    """Put these students into the gradebook."""
    with opened(course.directory) as gradebook:
        for student, about in students.items():
            gradebook.add_student(student, **about)


ENDS_IN_A_NUMBER = f"lovelace_12_345_678_{STEM}.ipynb"
NAME_OR_NUMBER = "Call the file or its folder after the student's id, or use --pattern."


@pytest.mark.parametrize(
    ("known", "student"),
    [
        ({"ada": {"lms_user_id": "345"}}, "ada"),
        ({"ada": {"lms_user_id": "345"}, "ben": {"lms_user_id": "99"}}, "ada"),
        (
            {
                "ada": {"lms_user_id": "345", "last_name": "Lovelace"},
                "ben": {"lms_user_id": "12", "first_name": "Ben", "last_name": "Bitdiddle"},
            },
            None,
        ),
        (
            {
                "ada": {"lms_user_id": "12", "last_name": "Lovelace"},
                "ben": {"lms_user_id": "345", "first_name": "Ben", "last_name": "Bitdiddle"},
            },
            "ada",
        ),
    ],
)
def test_of_a_canvas_name_that_can_be_read_in_two_ways_the_gradebook_knows_which(course, notebook, known, student):
    enter(course, **known)
    status, _, err = collect(STEM, zipped(course, {ENDS_IN_A_NUMBER: notebook}))
    if student:
        assert (status, err, handed_in(course)) == (0, "", {student: notebook})
    else:  # "Lovelace" ends in _12 for one of them alone, but the number 345 has another name before it
        assert (status, handed_in(course)) == (2, {})


@pytest.mark.parametrize(
    ("known", "knows"),
    [
        ({}, "none of them"),
        ({"ada": {"lms_user_id": "345"}, "ben": {"lms_user_id": "12"}}, "more than one of them (ada, ben)"),
    ],
)
def test_a_canvas_name_that_nobody_can_read_is_refused(course, notebook, known, knows):
    enter(course, **known)
    before = student_rows(course)
    status, _, err = collect(STEM, zipped(course, {ENDS_IN_A_NUMBER: notebook}))
    assert (status, handed_in(course), student_rows(course)) == (2, {}, before)
    assert err == (
        f"export.zip:{ENDS_IN_A_NUMBER}: this may be of Canvas' user 12 or Canvas' user 345, "
        f"and the gradebook knows {knows}. {NAME_OR_NUMBER}\n"
    )


def test_a_students_own_file_whose_name_looks_like_canvas_stays_theirs(course, notebook):
    files = {f"{name}/{STEM}.ipynb": notebook for name in ("ada", "ben")} | {"ada/data_2026_11_x.csv": "1"}
    status, out, _ = collect(STEM, zipped(course, files))
    assert (status, handed_in(course).keys()) == (0, {"ada", "ben"})
    assert "taken, with data_2026_11_x.csv" in out


def test_a_lesson_whose_name_begins_with_digits_is_no_number_of_canvas():
    path = PurePosixPath("lovelaceada_12345_67890_1_intro-2.ipynb")
    ((reading,),) = Naming((path,), frozenset({"1_intro"})).owners(path)
    assert reading.lms_user_id == "12345"
    ((*readings,),) = Naming((path,), frozenset({"intro"})).owners(path)
    assert [each.lms_user_id for each in readings] == ["12345", "67890"]
    ((reading,),) = Naming((), frozenset()).owners(PurePosixPath("lovelaceada_12345_67890_01_intro.ipynb"))
    assert reading.lms_user_id == "12345", "no number begins with 0"


TEAM = (
    "may be a team or a name that stands for anybody: the gradebook knows no such student. "
    "Put it into a folder called after the id of each student whose it is."
)
ADA = {"ada": {"first_name": "Ada", "last_name": "Lovelace"}}
MOODLE = {
    "a team by its number": ({}, ["Team 1_45"], set(), ["Team 1"]),
    "those in no team": ({}, ["Default group", "Red Foxes_3"], set(), ["Default group", "Red Foxes"]),
    "a team by one word": ({}, ["Alpha_45"], set(), ["Alpha"]),
    "a team in a course whose students have names": (ADA, ["Red Foxes_45"], set(), ["Red Foxes"]),
    "a member of a team": (ADA, ["Team 1-Ada Lovelace_123"], {"ada"}, []),
    "a member of a team of one word": (ADA, ["Alpha-Ada Lovelace_123"], {"ada"}, []),
    "a late student beside one who is known": (ADA, ["Ada Lovelace_1", "Zoe New_2"], {"ada", "Zoe-New"}, []),
    "names with hyphens beside others": ({}, ["Anna-Maria Lopez_1", "Ben Bit_2"], {"Anna-Maria-Lopez", "Ben-Bit"}, []),
    "a person of one word whom the gradebook knows": ({"cher": {"last_name": "Cher"}}, ["Cher_1"], {"cher"}, []),
    "a name without spaces": ({}, ["王小明_5"], {"王小明"}, []),
}


@pytest.mark.parametrize("what", MOODLE)
def test_a_team_of_moodles_becomes_no_student(course, notebook, what):
    known, names, students, refused = MOODLE[what]
    enter(course, **known)
    files = {f"{name}_assignsubmission_file/{STEM}.ipynb": notebook for name in names}
    status, _, err = collect(STEM, zipped(course, files))
    assert handed_in(course).keys() == students
    assert status == (2 if refused else 0)
    shown = {name.partition("_")[0]: f"export.zip:{name}_assignsubmission_file/{STEM}.ipynb" for name in names}
    assert err.splitlines() == [f"{shown[name]}: {name!r} {TEAM}" for name in refused]


def test_a_member_of_a_team_whom_the_gradebook_does_not_know_is_refused(course, notebook):
    path = f"Team 1-Ada Lovelace_123_assignsubmission_file/{STEM}.ipynb"
    status, _, err = collect(STEM, zipped(course, {path: notebook}))
    assert (status, handed_in(course)) == (2, {})
    assert err == (
        f"export.zip:{path}: this may be of 'Team 1-Ada Lovelace' or 'Ada Lovelace', "
        f"and the gradebook knows none of them. {NAME_OR_NUMBER}\n"
    )


@pytest.mark.parametrize(
    "names",
    [
        ["Teilnehmerin_123", "Teilnehmerin_124"],
        ["Teilnehmerin_123", "Participante_124"],
        ["Kursbesucher_7", "Kursbesucher_8"],
        ["Участник_1"],
        ["Team 1-Participant_5", "Team 1-Participant_6"],
    ],
)
def test_where_marking_is_anonymous_in_any_language_nobody_is_taken_for_another(course, notebook, names):
    files = {f"{name}_assignsubmission_file/{STEM}.ipynb": notebook for name in names}
    status, _, err = collect(STEM, zipped(course, files))
    assert (status, err) == (0, "")
    assert handed_in(course).keys() == {name.rpartition("-")[2].replace("_", "-") for name in names}
    assert not any(row[1] for row in student_rows(course).values()), "such a name is nobody's"


def test_two_people_of_one_name_of_whom_the_gradebook_knows_one_are_left_to_a_person(course, notebook):
    enter(course, **ADA)
    files = {f"Ada Lovelace_{n}_assignsubmission_file/{STEM}.ipynb": notebook for n in (1, 2)}
    status, _, err = collect(STEM, zipped(course, files))
    assert (status, handed_in(course)) == (2, {})
    one, two = (f"export.zip:{path}" for path in files)
    assert err == (
        f"{one}, {two}: by their names these are of several people, and all would be ada. "
        "Call each folder after its student's id.\n"
    )


def test_a_student_of_whom_only_what_programs_leave_is_there_is_named(course, notebook):
    files = {
        f"ada/{STEM}.ipynb": notebook,
        f"ada/.ipynb_checkpoints/{STEM}-checkpoint.ipynb": notebook,
        f"ben/.ipynb_checkpoints/{STEM}-checkpoint.ipynb": notebook,
    }
    said = "nothing else lies in its folder, and this is no notebook that somebody handed in.\n"
    for source, shown in (
        (zipped(course, files), f"export.zip:ben/.ipynb_checkpoints/{STEM}-checkpoint.ipynb: "),
        (folder(course, files), "handed-in/ben/.ipynb_checkpoints: "),
    ):
        status, _, err = collect(STEM, source)
        assert (status, err, handed_in(course).keys()) == (2, shown + said, {"ada"})


@pytest.mark.parametrize("name", ["ada.IPYNB", "ada.ipynb.txt", "ada (1).ipynb", "ada.ipynb.json", "ada.ipynb (2).txt"])
def test_a_notebook_is_one_however_a_browser_saved_it(course, notebook, name):
    assert collect(STEM, zipped(course, {name: notebook}))[0] == 0
    assert handed_in(course) == {"ada": notebook}
    assert "there already" in collect(STEM, folder(course, {name: notebook}) / name)[1], "also as the source itself"


ATTEMPT = r"^(?P<student_id>\w+?)_attempt_(?P<timestamp>[0-9: -]*)_"


def test_of_two_attempts_whose_times_are_known_the_newest_is_taken_and_the_other_named(course, notebook):
    old, new = "ada_attempt_2026-11-20 15:00:00_x.ipynb", "ada_attempt_2026-11-21 15:00:00_x.ipynb"
    files = {new: notebook + " ", old: notebook}
    status, out, err = collect(STEM, zipped(course, files), "--pattern", ATTEMPT)
    assert (status, err) == (0, "")
    assert handed_in(course) == {"ada": notebook + " "}
    assert timestamp(course, "ada") == "2026-11-21 15:00:00.000000 UTC"
    assert f"│ export.zip:{old} │ pattern  │ 2026-11-20 15:00 │ an older attempt, left out │" in out
    assert out.endswith("1 taken, 1 an older attempt, left out.\n")


@pytest.mark.parametrize(
    ("times", "unclear"),
    [
        (["2026-11-20 15:00:00", "2026-11-20 15:00"], " at the same time"),
        (["2026-11-20 15:00:00", ""], ", and when is not known of all"),
        (["", " "], ""),
    ],
)
def test_of_two_attempts_whose_order_is_not_known_none_is_taken(course, notebook, times, unclear):
    paths = [f"ada_attempt_{time}_x.ipynb" for time in times]
    source = zipped(course, {path: notebook + " " * n for n, path in enumerate(paths)})
    pattern = ATTEMPT.replace("(?P<timestamp>[0-9: -]*)", "(?: |(?P<timestamp>[0-9: -]*))")
    status, _, err = collect(STEM, source, "--pattern", pattern)
    assert (status, handed_in(course)) == (2, {})
    shown = ", ".join(f"export.zip:{path}" for path in paths)
    assert err == f"ada handed in different notebooks{unclear}: {shown}. Leave the one that counts.\n"


def test_the_same_notebook_of_one_student_again_is_named(course, notebook):
    files = {"ada/a.ipynb": notebook, "ada/b.ipynb": notebook, "ben.ipynb": notebook}
    assert collect(STEM, folder(course, files))[1].endswith("2 taken, 1 the same again.\n")


def test_a_time_that_is_given_later_is_written_for_work_that_is_there_and_its_penalty_follows(
    course, notebook, monkeypatch
):
    plugin = course.root / "late.py"
    plugin.write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Half(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return score / 2\n"
    )
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.AssignLatePenalties.plugin_class = 'late.Half'\n")
    monkeypatch.syspath_prepend(str(course.root))
    source = zipped(course, {"ada.ipynb": notebook})
    collect(STEM, source)
    with opened(course.directory) as gradebook:
        gradebook.update_or_create_assignment(STEM, duedate=datetime(2026, 11, 20))
    assert "3 of 7" in RUNNER.invoke(autograder.cli.app, ["grade", STEM]).stdout
    status, out, _ = collect(STEM, source, "--timestamp", "2026-11-21 15:00 +0200", "--dry-run")
    assert (status, timestamp(course, "ada")) == (0, None)
    status, again, _ = collect(STEM, source, "--timestamp", "2026-11-21 15:00 +0200")
    assert again == out.replace(" This was a dry run: nothing was written.", "")
    assert "│ 2026-11-21 13:00 │ there already, its time is written │" in out
    assert timestamp(course, "ada") == "2026-11-21 13:00:00.000000 UTC"
    assert "1.5 of 7" in RUNNER.invoke(autograder.cli.app, ["grade", STEM]).stdout
    assert collect(STEM, source, "--timestamp", "2026-11-21 13:00 UTC")[1].endswith("1 there already.\n")


def test_a_time_is_not_written_for_other_work_than_was_collected(course, notebook):
    collect(STEM, zipped(course, {"ada.ipynb": notebook}))
    status, _, _ = collect(STEM, zipped(course, {"ada.ipynb": notebook + " "}), "--timestamp", "2026-11-21 15:00")
    assert (status, timestamp(course, "ada")) == (2, None)


def test_a_time_that_cannot_be_read_is_mended(course, notebook):
    source = zipped(course, {"ada.ipynb": notebook})
    collect(STEM, source)
    (course.folder("submitted", "ada", STEM) / "timestamp.txt").write_text("soon")
    assert "its time is written" in collect(STEM, source, "--timestamp", "2026-11-21 15:00")[1]
    assert timestamp(course, "ada") == "2026-11-21 15:00:00.000000 UTC"


@pytest.mark.parametrize("written", ["05.11.2026", "2026-11-21 15:00 CESTT"])
def test_a_time_that_may_be_two_or_that_nobody_knows_stops_it(course, notebook, written):
    status, out, err = collect(STEM, folder(course, {"ada.ipynb": notebook}), "--timestamp", written)
    assert (status, out, handed_in(course)) == (2, "", {})
    assert err.startswith(f"{written!r} ")


def beside(course: Course, student: str) -> dict[str, str]:
    """What lies beside the student's notebook."""
    root = course.folder("submitted", student, STEM)
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: path.read_text() for name, path in found.items() if name != f"{STEM}.ipynb"}


BESIDE = {
    "a folder": ("ada/{}", ["helpers.py", "data/a.csv", "sketch.png"]),
    "nbgrader's own folders": (f"ada/{STEM}/{{}}", ["helpers.py", "data/a.csv", "sketch.png"]),
    "Canvas": ("lovelaceada_12345_67890_{}", ["helpers.py", "a.csv"]),
    "Moodle": ("Ada Lovelace_123_assignsubmission_file/{}", ["helpers.py", "data/a.csv"]),
    "Moodle, not in folders": ("Ada Lovelace_123_assignsubmission_file_{}", ["helpers.py", "a.csv"]),
}


@pytest.mark.parametrize("way", BESIDE)
def test_files_beside_a_notebook_come_with_it(course, notebook, way):
    path, names = BESIDE[way]
    files = {path.format(name): name for name in names} | {path.format(f"{STEM}.ipynb"): notebook}
    status, out, err = collect(STEM, zipped(course, files))
    assert (status, err) == (0, "")
    assert f"taken, with {', '.join(sorted(names))}" in out
    (student,) = handed_in(course)
    assert beside(course, student) == {name: name for name in names}


def test_a_file_elsewhere_in_what_a_student_handed_in_comes_too(course, notebook):
    files = {f"ada/solved/{STEM}.ipynb": notebook, "ada/solved/a.py": "a", "ada/b.py": "b", "ada/more/c.py": "c"}
    assert collect(STEM, zipped(course, files))[0] == 0
    assert beside(course, "ada") == {"a.py": "a", "b.py": "b", "more/c.py": "c"}


def test_what_canvas_numbers_because_it_came_again_can_still_be_imported(course, notebook):
    files = {f"adaada_12_34_{STEM}-1.ipynb": notebook, "adaada_12_35_helpers-1.py": "x = 1"}
    assert collect(STEM, zipped(course, files))[0] == 0
    assert beside(course, "12") == {"helpers.py": "x = 1", "helpers-1.py": "x = 1"}


NOT_BESIDE = {
    "timestamp.txt": "this would say when the work was handed in. Say it with --timestamp.",
    "Timestamp.TXT": "this would say when the work was handed in. Say it with --timestamp.",
    "a?b.txt": "'a?b.txt' cannot be a file's name everywhere.",
    "a\x1b[2J.txt": "'a\\x1b[2J.txt' cannot be a file's name everywhere.",
    "x" * 210: "its path has more than 200 bytes or 8 parts.",
    "/".join("abcdefghi"): "its path has more than 200 bytes or 8 parts.",
}


@pytest.mark.parametrize("name", NOT_BESIDE)
def test_a_file_that_cannot_lie_beside_a_notebook_is_named_and_the_rest_is_taken(course, notebook, name):
    files = {f"ada/{STEM}.ipynb": notebook, f"ada/{name}": "2026-01-01", "ada/data.csv": "1"}
    status, _, err = collect(STEM, zipped(course, files))
    shown = name.replace("\x1b", "\\x1b")
    assert (status, err) == (2, f"export.zip:ada/{shown}: {NOT_BESIDE[name]}\n")
    assert (handed_in(course), beside(course, "ada")) == ({"ada": notebook}, {"data.csv": "1"})


def test_too_many_or_too_large_files_are_named_and_the_notebook_is_taken(course, notebook, monkeypatch):
    monkeypatch.setattr("autograder.classes.attempts.MAX_BESIDE", 3)
    monkeypatch.setattr("autograder.classes.attempts.MAX_BESIDE_BYTES", 2**20)
    files = {f"ada/{STEM}.ipynb": notebook} | {f"ada/{n}.txt": "" for n in range(4)}
    files |= {f"ben/{STEM}.ipynb": notebook, "ben/a.py": "a", "ben/film.mov": "0" * 2**20, "ben/z.py": "z"}
    status, _, err = collect(STEM, zipped(course, files))
    assert (status, handed_in(course).keys()) == (2, {"ada", "ben"})
    assert err.splitlines() == [
        "ada handed in 4 files beside the notebook. At most 3 are taken, so none was.",
        "export.zip:ben/film.mov: with it, over 1 MiB were handed in beside the notebook.",
    ]
    assert (beside(course, "ada"), beside(course, "ben")) == ({}, {"a.py": "a", "z.py": "z"})


def test_files_beside_a_notebook_that_is_not_taken_are_named(course, notebook):
    files = {"ada.ipynb": notebook, "ben/x.ipynb": "", "ben/helpers.py": ""}
    status, _, err = collect(STEM, zipped(course, files))
    assert (status, handed_in(course).keys()) == (2, {"ada"})
    assert "export.zip:ben/helpers.py: left out, as no notebook of ben was taken.\n" in err


def test_files_that_want_one_place_are_named(course, notebook):
    files = {f"ada/{STEM}.ipynb": notebook, "ada/a/b.py": "1", "ada/a": "2", "ada/data.csv": "3", "ada/Data.csv": "4"}
    status, _, err = collect(STEM, zipped(course, files))
    assert (status, handed_in(course)) == (2, {"ada": notebook})
    assert beside(course, "ada") == {"Data.csv": "4", "a": "2"}
    said = "another file has its name, or that of its folder."
    assert err.splitlines() == [f"export.zip:ada/a/b.py: {said}", f"export.zip:ada/data.csv: {said}"]


def test_a_file_that_was_missing_is_added_and_one_that_differs_needs_to_be_newer(course, notebook):
    files = {f"ada/{STEM}.ipynb": notebook}
    collect(STEM, zipped(course, files))
    status, out, _ = collect(STEM, zipped(course, files | {"ada/helpers.py": "1"}))
    assert (status, "taken, with helpers.py" in out) == (0, True)
    changed = files | {"ada/helpers.py": "2", "ada/more.py": "3"}
    there = course.folder("submitted", "ada", STEM) / "helpers.py"
    status, _, err = collect(STEM, zipped(course, changed))
    assert (status, err) == (
        2,
        f"export.zip:ada/helpers.py differs from {there}, and which is newer is not known. "
        "--replace takes it, and keeps the old one.\n",
    )
    assert beside(course, "ada") == {"helpers.py": "1", "more.py": "3"}
    assert collect(STEM, zipped(course, changed), "--replace")[0] == 0
    assert beside(course, "ada") == {"helpers.py": "2", "more.py": "3"}
    kept = course.root / "submitted" / "ada" / f"{STEM}.replaced-1"
    assert (kept / "helpers.py").read_text() == "1"


def test_a_newer_attempt_brings_its_own_files_and_the_old_ones_are_kept_with_the_old_notebook(course, notebook):
    first = zipped(course, {f"ada/{STEM}.ipynb": notebook, "ada/old.py": "1"}, "first.zip")
    second = zipped(course, {f"ada/{STEM}.ipynb": notebook + " ", "ada/new.py": "2"}, "second.zip")
    collect(STEM, first)
    status, _, err = collect(STEM, second)
    assert (status, err.endswith(" With it was left: new.py.\n"), beside(course, "ada")) == (2, True, {"old.py": "1"})
    assert collect(STEM, second, "--replace")[0] == 0
    assert beside(course, "ada") == {"new.py": "2"}
    kept = course.root / "submitted" / "ada" / f"{STEM}.replaced-1"
    assert sorted(path.name for path in kept.iterdir()) == [f"{STEM}.ipynb", "old.py"]


def test_an_older_attempts_files_stay_with_it(course, notebook):
    both = []
    for day, text in ((20, notebook), (21, notebook + " ")):
        root = folder(course, {f"ada/{STEM}.ipynb": text, f"ada/of_{day}.py": ""}, f"day-{day}")
        for path in root.rglob("*.*"):
            os.utime(path, (datetime(2025, 11, day).timestamp(),) * 2)
        both.append(root)
    status, out, _ = collect(STEM, *both, "--timestamp", "files")
    assert (status, handed_in(course)) == (0, {"ada": notebook + " "})
    assert beside(course, "ada").keys() == {"of_21.py", "timestamp.txt"}
    assert "day-20/ada/of_20.py" in out


def test_no_file_is_written_through_a_link_beside_a_notebook(course, notebook):
    source = zipped(course, {f"ada/{STEM}.ipynb": notebook, "ada/data/a.csv": "1"})
    elsewhere = folder(course, {"mine.txt": "mine"}, "elsewhere")
    there = course.folder("submitted", "ada", STEM)
    there.mkdir(parents=True)
    (there / "data").symlink_to(elsewhere)
    status, _, err = collect(STEM, source)
    assert (status, err) == (2, f"{there}/data is a link. Remove it, then collect again.\n")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["mine.txt"]


@pytest.mark.parametrize(
    "path",
    [
        "Ada.ipynb",
        "345.ipynb",
        "Ada-Lovelace.ipynb",
        "ada@x.org/x.ipynb",
        f"{STEM}_ada.ipynb",
        f"ada - {STEM.title()}.ipynb",
        f"ada_{STEM}/x.ipynb",
        "ada/part.ipynb",
    ],
)
def test_one_whom_the_gradebook_knows_is_no_new_student_however_a_person_called_the_file(course, notebook, path):
    enter(course, ada={"lms_user_id": "345", "email": "ada@x.org", "first_name": "Ada", "last_name": "Lovelace"})
    files = {path: notebook} | ({"ada/other.ipynb": notebook} if path.startswith("ada/") else {})
    assert collect(STEM, zipped(course, files))[0] == 0
    assert handed_in(course) == {"ada": notebook}


def test_a_name_with_the_lessons_in_it_is_refused_where_the_gradebook_does_not_know_whose_it_is(course, notebook):
    status, _, err = collect(STEM, zipped(course, {f"ada_{STEM}.ipynb": notebook, "ben.ipynb": notebook}))
    assert (status, handed_in(course).keys()) == (2, {"ben"})
    assert err == (
        f"export.zip:ada_{STEM}.ipynb: this may be of 'ada_{STEM}' or 'ada', and the gradebook knows none of them. "
        f"{NAME_OR_NUMBER}\n"
    )
