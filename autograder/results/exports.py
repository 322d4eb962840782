"""Grades as Canvas and Moodle import them, by nbgrader's export plugins. Grader's side.

    nbgrader export --exporter=autograder.results.exports.CanvasExportPlugin --to=grades.csv

A lesson that a student did not hand in is no zero: it stays without a grade. (nbgrader's own CsvExportPlugin writes 0.)
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), in the wide forms of East Asia too.
_FORMULA = re.compile(r"\s*[=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}-]")
# An id must stay as it is to be found again: without brackets, quotes, ! and | a formula can call nothing.
_HARMLESS_ID = re.compile(r"[+@-]?[\w.@+-]*")


def text(value: str | None) -> str:
    """A cell of text that no spreadsheet runs, and that stays one cell whatever separates cells there."""
    flat = " ".join(re.sub(r"[;\x00-\x1f\x7f\u2028\u2029]", " ", value or "").split())
    return f"'{flat}" if _FORMULA.match(flat) else flat


def identifier(value: str | None) -> str:
    """A cell with an id, unchanged wherever that is safe."""
    value = (value or "").strip()
    return value if _HARMLESS_ID.fullmatch(value) else text(value)


class _OneRowAStudent(ExportPlugin):
    """A table of students and lessons; subclasses say how a platform wants it."""

    NO_GRADE = ""
    titles = Dict(help="What the platform calls a lesson, by the lesson's name.").tag(config=True)
    to = Unicode("grades.csv", help="The file to write.").tag(config=True)

    def header(self, students: list[Student]) -> dict[str, Callable[[Student], str]]:
        """The columns that say who a student is."""
        raise NotImplementedError

    def before(self, who: int, assignments: list[Assignment]) -> Iterator[list[str]]:
        """Rows between the header and the students; ``who`` is how many columns say who a student is."""
        yield from ()

    def export(self, gradebook: Gradebook) -> None:
        """Write the table. Who still waits for a person's grade is named in the log."""
        assignments = [a for a in gradebook.assignments if not self.assignment or a.name in map(str, self.assignment)]
        assignments.sort(key=lambda assignment: assignment.name)
        students = [s for s in gradebook.students if not self.student or s.id in map(str, self.student)]
        who = self.header(students)
        with Path(self.to or "grades.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*who, *(text(self.titles.get(a.name, a.name)) for a in assignments)])
            rows.writerows(self.before(len(who), assignments))
            for student in students:
                row = [column(student) for column in who.values()]
                rows.writerow([*row, *(self._grade(gradebook, assignment, student) for assignment in assignments)])
        self.log.info("Exported the grades of %s students to %s", len(students), self.to)

    def _grade(self, gradebook: Gradebook, assignment: Assignment, student: Student) -> str:
        try:
            submission: SubmittedAssignment = gradebook.find_submission(assignment.name, student.id)
        except MissingEntry:
            return self.NO_GRADE
        if submission.needs_manual_grade:
            self.log.warning("%s: %s waits for a person's grade; exported as it is now.", student.id, assignment.name)
        return f"{max(0.0, submission.score - (submission.late_submission_penalty or 0.0)):.10g}"


class CanvasExportPlugin(_OneRowAStudent):
    """A CSV file for Canvas' gradebook, *Import*.

    Columns and their order: instructure/canvas-lms, lib/gradebook_importer.rb (row_has_student_headers?,
    update_column_count, process_student). A student is found by ID, Canvas' own number; else by SIS User ID or SIS
    Login ID; else by name. A lesson is found by its title, or by "Title (number)"; another title makes a new
    assignment there. An empty cell is no grade, and takes away one that Canvas has.
    """

    def header(self, students: list[Student]) -> dict[str, Callable[[Student], str]]:
        """The student's names and ids; all three columns of ids must be there, filled or not."""
        return {
            "Student": _canvas_name,
            "ID": lambda student: identifier(student.lms_user_id),
            "SIS User ID": lambda student: identifier(student.id),
            "SIS Login ID": lambda student: identifier(student.id),
            "Section": lambda student: "",
        }

    def before(self, who: int, assignments: list[Assignment]) -> Iterator[list[str]]:
        """What each lesson is worth, for those that are new to Canvas."""
        points = (f"{assignment.max_score:.10g}" for assignment in assignments)
        yield ["    Points Possible", *[""] * (who - 1), *points]


def _canvas_name(student: Student) -> str:
    """Last name, first name. A student who is called like the row of points would be read as it."""
    name = ", ".join(filter(None, (text(student.last_name), text(student.first_name))))
    return "" if "Points Possible" in name else name


class MoodleExportPlugin(_OneRowAStudent):
    """A CSV file for Moodle's *Grades*, *Import*, *CSV file*.

    On Moodle's next page one column is mapped to the user and each lesson's to a grade item. What Moodle does with it:
    moodle/moodle, grade/import/csv/classes/load_data.php. "-" is no grade there, as in Moodle's own export; an empty
    cell is that only for a grade item that exists already (import_new_grade_item, update_grade_item). A row whose
    user's cell is empty is given to the student of the row before it (map_user_data_with_value): so a column that would
    have such a gap is left out. One row whose user Moodle does not know stops the whole import.
    """

    NO_GRADE = "-"

    def header(self, students: list[Student]) -> dict[str, Callable[[Student], str]]:
        """The student's names and ids, as Moodle's own export calls them."""
        who: dict[str, Callable[[Student], str]] = {
            "First name": lambda student: text(student.first_name),
            "Last name": lambda student: text(student.last_name),
            "Username": lambda student: identifier(student.id),
        }
        for title, field in (("ID number", "lms_user_id"), ("Email address", "email")):
            without = [student.id for student in students if not getattr(student, field)]
            if not without:
                who[title] = lambda student, field=field: identifier(getattr(student, field))  # type: ignore[misc]
            elif len(without) < len(students):
                some = ", ".join(without[:3]) + ", ..." * (len(without) > 3)
                self.log.warning(
                    "The column %r is left out: %s of %s have none (%s).", title, len(without), len(students), some
                )
        return who
