"""A feedback page: what a student reads of a graded notebook, as nbgrader's converter makes it. Grader's side.

c.GenerateFeedback.exporter_class = "autograder.results.feedback_page.FeedbackPage"
c.GenerateFeedback.preprocessors = ["autograder.results.feedback_page.ReadGrades"]
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters import Highlight2HTML, ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from pygments.formatters import HtmlFormatter
from traitlets import default

from autograder import sanitise
from autograder.lesson import is_demo, is_grade, marks
from autograder.results import mathml
from autograder.verdict import Verdict

TEMPLATES = Path(__file__).parent / "templates"
# A picture of few bytes can be one of many: a browser needs four for each pixel.
MAX_PIXELS = 40_000_000
# A formula of so many characters may be wider than a phone.
LONG = 30
MADE_FROM = "<!-- made from {} -->"
# Characters that no text needs: formulas wait between them until the text around them is known to be harmless.
_OPEN, _CLOSE = "\ue000", "\ue001"
_FORMULA = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_TAG_OR_FORMULA = re.compile(rf"""<[a-zA-Z/](?:"[^"]*"|'[^']*'|[^"'>])*>|{_FORMULA.pattern}""")
_PART = re.compile(r"  (expected|observed|likely|hint) +(.*)")


class ReadGrades(NbGraderPreprocessor):
    """What the gradebook and the notebook say, as the page shows it; in place of nbgrader's GetGrades."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Prepare the page of one graded notebook."""
        about, file = resources["nbgrader"], resources["metadata"]
        with Gradebook(about["db_url"]) as gradebook:
            grades = standing(gradebook, about["assignment"], about["notebook"], about["student"])
        content = Path(file["path"], f"{file['name']}.ipynb").read_bytes()
        resources["page"] = Page.of(nb, grades, about["student"], about["notebook"], fingerprint(content, grades))
        return nb, resources


class FeedbackPage(TemplateExporter):
    """One HTML file that needs no script and no network."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_file")
    def _template_file_default(self) -> str:
        return "feedback.html.j2"

    @default("template_paths")
    def _template_paths_default(self) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        # What a template puts into a page is text, unless a filter has made it harmless.
        environment.autoescape = True
        return environment

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, and what turns prose, code and outputs into markup."""
        yield from super().default_filters()
        yield from {"prose": prose, "code": code, "terminal": terminal}.items()


def standing(gradebook: Gradebook, assignment: str, notebook: str, student: str) -> dict[str, Any]:
    """What the gradebook says about a student's notebook; MissingEntry, if it does not know it."""
    entry = gradebook.find_submission_notebook(notebook, assignment, student)
    return {
        "score": entry.score,
        "max_score": entry.max_score,
        "penalty": entry.late_submission_penalty or 0.0,
        "grades": {
            row.name: {
                "score": row.score,
                "max_score": row.max_score,
                "waits": bool(row.needs_manual_grade) and row.manual_score is None,
                "by_hand": row.manual_score is not None or bool(row.extra_credit),
            }
            for row in entry.grades
        },
        "comments": {row.name: row.comment for row in entry.comments if row.comment},
    }


def fingerprint(content: bytes, grades: dict[str, Any]) -> str:
    """Changes with all that a page is made from: the graded notebook, the gradebook, and what makes pages."""
    return hashlib.sha256(_maker() + content + json.dumps(grades, sort_keys=True).encode()).hexdigest()


@cache
def _maker() -> bytes:
    code = (__file__, mathml.__file__, sanitise.__file__)
    files = [*map(Path, code), *sorted(TEMPLATES.glob("feedback.*"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).digest()


@dataclass(frozen=True)
class Result:
    """How a graded cell went: a sign and words, so that colour tells nothing that they do not."""

    kind: str
    sign: str
    words: str
    points: str


@dataclass(frozen=True)
class Message:
    """A check's message: its first line, and the parts below it by name."""

    head: str
    parts: list[tuple[str, str]]

    @classmethod
    def read(cls, text: str) -> Message:
        """A message as `checking.Failure` writes it; other text is all head."""
        head: list[str] = []
        parts: list[tuple[str, str]] = []
        for line in text.strip("\n").splitlines():
            if match := _PART.fullmatch(line):
                parts.append((match[1], match[2]))
            elif parts:
                parts[-1] = (parts[-1][0], f"{parts[-1][1]}\n{line.removeprefix(' ' * 12)}")
            else:
                head.append(line)
        return cls("\n".join(head), parts)


@dataclass(frozen=True)
class Output:
    """Text that a cell printed, or a picture with the text that stands for it."""

    text: str
    label: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell as the page shows it."""

    kind: str
    source: str
    attachments: str = "{}"
    note: str = ""
    title: str = ""
    anchor: str = ""
    name: str = ""
    result: Result | None = None
    comment: str = ""
    message: Message | None = None
    section: str = ""
    outputs: tuple[Output, ...] = ()


@dataclass
class Exercise:
    """A row of the table at the top."""

    anchor: str
    name: str
    commented: bool = False
    graded: list[Cell] = field(default_factory=list)
    score: float = 0.0
    max_score: float = 0.0

    @property
    def points(self) -> str:
        return f"{self.score:g} of {self.max_score:g}"


@dataclass(frozen=True)
class Page:
    """All that the template shows."""

    title: str
    student: str
    made_from: str
    points: str
    notes: list[str]
    exercises: list[Exercise]
    cells: list[Cell]
    highlighting: str = HtmlFormatter(style="default").get_style_defs(".highlight")

    @classmethod
    def of(cls, nb: NotebookNode, grades: dict[str, Any], student: str, notebook: str, made_from: str) -> Page:
        """The page of a graded notebook."""
        reader = _Reader(nb, grades)
        cells = [shown for cell in nb.cells if (shown := reader.shown(cell))]
        waiting = sum(grade["waits"] for grade in grades["grades"].values())
        notes = []
        if penalty := grades["penalty"]:
            notes.append(f"Handed in late: {penalty:g} points are taken off (it was {grades['score']:g} before).")
        if waiting:
            notes.append(f"Not final: of the results below, {waiting} must wait for a person.")
        points = f"{max(0.0, grades['score'] - penalty):g} of {grades['max_score']:g}"
        title = next(iter(reader.sections), notebook)
        return cls(title, student, made_from, points, notes, list(reader.exercises.values()), cells)


class _Reader:
    """Goes through a notebook's cells in order."""

    def __init__(self, nb: NotebookNode, grades: dict[str, Any]) -> None:
        self.grades = grades
        self.exercises: dict[str, Exercise] = {}
        self.sections = {
            heading.strip(): heading.strip().replace(" ", "-")
            for cell in nb.cells
            if cell.cell_type == "markdown"
            for heading in re.findall(r"^#{1,6} +(.+)$", cell.source, re.MULTILINE)
        }
        self._exercise = ""
        self._captions = {
            cell.id: caption[1]
            for cell, below in pairwise(nb.cells)
            if (caption := re.match(r"\*(Figure .+)\*$", below.source, re.MULTILINE))
        }

    def shown(self, cell: NotebookNode) -> Cell | None:
        """The cell as the page shows it, if it does."""
        attachments = json.dumps(cell.get("attachments", {}))
        if marks(cell).get("grade") or marks(cell).get("solution") or marks(cell).get("task"):
            return self._graded(cell, attachments)
        match cell.cell_type:
            case "markdown":
                return Cell("prose", cell.source, attachments)
            case "code":
                note = "This cell only shows something: grading does not run it." if is_demo(cell) else ""
                return Cell("code", cell.source, note=note, outputs=tuple(self._outputs(cell)))
        return None

    def _graded(self, cell: NotebookNode, attachments: str) -> Cell:
        name = marks(cell)["grade_id"]
        comment = self.grades["comments"].get(name, "")
        if not is_grade(cell):
            self._exercise = name
        exercise = self.exercises.setdefault(self._exercise or name, Exercise(self._exercise or name, name))
        exercise.commented |= bool(comment)
        grade = self.grades["grades"].get(name)
        result = _result(cell, grade) if grade else None
        if is_grade(cell):
            ClearHiddenTests().preprocess_cell(cell, {}, 0)
            message = _message(cell)
            shown = Cell(
                "check",
                cell.source,
                title=f"Check: {name}",
                anchor=name,
                name=name.removeprefix(f"{self._exercise}-"),
                result=result,
                message=message,
                section=self._section(message),
            )
        else:
            shown = Cell(
                "answer" if cell.cell_type == "code" else "written",
                cell.source,
                attachments,
                title=f"{'Task' if marks(cell).get('task') else 'Your answer'}: {name}",
                anchor=name,
                name="your answer",
                result=result,
                comment=comment,
                outputs=tuple(self._outputs(cell)),
            )
        if grade:
            exercise.graded.append(shown)
            exercise.score += grade["score"]
            exercise.max_score += grade["max_score"]
        return shown

    def _section(self, message: Message | None) -> str:
        """The anchor of the section that a hint names, where this notebook has it."""
        hint = dict(message.parts).get("hint", "") if message else ""
        named = re.search(r'"(.+?)"', hint)
        return self.sections.get(named[1], "") if named else ""

    def _outputs(self, cell: NotebookNode) -> Iterator[Output]:
        for output in cell.get("outputs", []):
            match output.output_type:
                case "stream":
                    yield Output(output.text, "error output" if output.name == "stderr" else "")
                case "error":
                    yield Output("\n".join(output.traceback) or f"{output.ename}: {output.evalue}", "stopped")
                case _ if "image/png" in output.data:
                    yield _figure(output.data["image/png"], self._captions.get(cell.get("id")) or _title(cell.source))
                case _ if "text/plain" in output.data:
                    yield Output(output.data["text/plain"])


def _result(cell: NotebookNode, grade: dict[str, Any]) -> Result:
    score, full = grade["score"], grade["max_score"]
    points = f"{score:g} of {full:g}"
    if grade["waits"]:
        return Result("waiting", "…", "waits for a person", f"? of {full:g}")
    stopped = next((output.ename for output in cell.get("outputs", []) if output.output_type == "error"), "")
    by_hand = ", points given by a person" if grade["by_hand"] else ""
    if is_grade(cell) and stopped and stopped != Verdict.JUDGE_ERROR:
        words = stopped.replace("_", " ") if stopped in set(Verdict) else "did not pass"
        return Result("failed", "✗", words + by_hand, points)
    if score >= full:
        return Result("passed", "✓", ("passed" if is_grade(cell) else "full points") + by_hand, points)
    if score > 0:
        return Result("waiting", "◐", "some of the points" + by_hand, points)
    return Result("failed", "✗", "no points" + by_hand, points)


def _message(cell: NotebookNode) -> Message | None:
    """What a check said; of a traceback that is not ours its last line, since others quote hidden tests."""
    for output in cell.outputs:
        if output.output_type == "error":
            ours = output.ename in set(Verdict)
            return Message.read(strip_ansi("\n".join(output.traceback) if ours else f"{output.ename}: {output.evalue}"))
    said = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    # One line, which a check has broken to fit a notebook's width.
    return Message.read(said.removeprefix("✓ ").replace("\n  ", " ")) if said.strip() else None


def _figure(png: str, text: str) -> Output:
    try:
        start, width, height = struct.unpack(">16sII", base64.b64decode(png[:32]))
        if start.startswith(b"\x89PNG\r\n\x1a\n") and width * height <= MAX_PIXELS:
            return Output(text, picture=png)
    except (ValueError, struct.error):
        pass
    return Output(f"{text} (not shown: too large, or no PNG picture)")


def _title(source: str) -> str:
    """Words for a figure that has no caption: the titles that its cell gives to it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strings in a learner's code
            calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        calls = []
    titles = []
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        named = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        said = [keyword.value for keyword in call.keywords if keyword.arg == "title"]
        said += call.args[:1] if named in ("suptitle", "set_title", "title") else []
        titles += [node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "A figure that the cell above draws" + (f": {'; '.join(titles)}" if titles else "")


class _WithFormulas(IPythonRenderer):
    """Markdown's renderer, which puts formulas aside."""

    def __init__(self, attachments: dict[str, Any]) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.formulas: list[tuple[str, bool]] = []

    def _aside(self, tex: str, block: bool) -> str:
        self.formulas.append((tex, block))
        return f"{_OPEN}{len(self.formulas) - 1}{_CLOSE}"

    def inline_math(self, body: str) -> str:
        """A formula in a line."""
        return self._aside(body, block=False)

    def block_math(self, body: str) -> str:
        """A formula on lines of its own."""
        return self._aside(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        """An environment outside of dollars."""
        return self._aside(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


@lru_cache(maxsize=2048)
def prose(source: str, attachments: str = "{}") -> Markup:
    """Markdown as markup that does nothing and loads nothing, its formulas as MathML."""
    source = source.replace(_OPEN, "").replace(_CLOSE, "")
    renderer = _WithFormulas(json.loads(attachments))

    def fill(match: re.Match[str]) -> str:
        if match[1] is None:  # a tag: in its attributes a formula stays text
            tag = _FORMULA.sub(lambda inner: escape(f"${renderer.formulas[int(inner[1])][0]}$"), match[0])
            return _with_alternative(tag) if tag.startswith("<img ") else tag
        tex, block = renderer.formulas[int(match[1])]
        kind = "formula" if block else "long" if len(tex) > LONG else ""
        drawn = mathml.mathml(tex, "block" if block else "inline")
        return f'<span class="{kind}">{drawn}</span>' if kind else drawn

    try:
        page = sanitise.harmless(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # two parsers on other people's text
        return Markup(f"<pre>{escape(source)}</pre>")
    return Markup(_TAG_OR_FORMULA.sub(fill, page))


def _with_alternative(image: str) -> str:
    """The tag of a picture with words that stand for it."""
    if re.search(r' alt="[^"]', image):
        return image
    return image.replace(' alt=""', "").replace("<img ", '<img alt="A picture without a description" ', 1)


@lru_cache(maxsize=2048)
def code(source: str) -> Markup:
    """Code in the colours of its language."""
    return Markup(Highlight2HTML(pygments_lexer="ipython3")(source))


def terminal(text: str) -> Markup:
    """What was printed, with the terminal's bold and colours."""
    return Markup(ansi2html(text))
