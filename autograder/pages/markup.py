"""Other people's prose, code, outputs and pictures, as markup in which nothing acts. Grader's side."""

from __future__ import annotations

import ast
import base64
import json
import re
import struct
import warnings
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.boundary.limits import MAX_PIXELS
from autograder.harmless import harmless
from autograder.pages import mathml

TEMPLATES = Path(__file__).parent / "templates"
# A formula of so many characters may be wider than a phone.
LONG = 30
# Characters that no text needs: formulas wait between them until the text around them is known to be harmless.
_OPEN, _CLOSE = "\ue000", "\ue001"
_FORMULA = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_TAG_OR_FORMULA = re.compile(rf"""<[a-zA-Z/](?:"[^"]*"|'[^']*'|[^"'>])*>|{_FORMULA.pattern}""")


class _WithFormulas(IPythonRenderer):
    """Markdown's renderer, which puts formulas aside."""

    def __init__(self, attachments: dict[str, Any]) -> None:
        super().__init__(escape=False, attachments=attachments)
        self.formulas: list[tuple[str, bool]] = []

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        """A heading that links lead to."""
        plain = _FORMULA.sub(lambda formula: self.formulas[int(formula[1])][0], re.sub(r"<[^>]+>", "", text))
        return f'<h{level} id="{escape(slug(unescape(plain)))}">{text}</h{level}>\n'

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


def slug(heading: str) -> str:
    """The anchor of a heading, from its source or from its text, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


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
        page = harmless(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # two parsers on other people's text
        return Markup(f"<pre>{escape(source)}</pre>")
    return Markup(_TAG_OR_FORMULA.sub(fill, page))


def line(source: str) -> Markup:
    """Markdown that stands in a line of something else: a heading, a cell of a table."""
    return Markup(re.sub(r"\A<p>(.*)</p>\s*\Z", r"\1", str(prose(source)), flags=re.DOTALL))


def _with_alternative(image: str) -> str:
    """The tag of a picture with words that stand for it."""
    if re.search(r' alt="[^"]', image):
        return image
    return image.replace(' alt=""', "").replace("<img ", '<img alt="A picture without a description" ', 1)


@lru_cache(maxsize=2048)
def code(source: str, is_coloured: bool = True) -> Markup:
    """Code, in the colours of its language."""
    if not is_coloured:
        return Markup(f'<div class="highlight"><pre>{escape(source)}</pre></div>')
    return Markup(Highlight2HTML(pygments_lexer="ipython3")(source))


def terminal(text: str) -> Markup:
    """What was printed, with the terminal's bold and colours."""
    return Markup(ansi2html(text))


def is_drawable(png: str) -> bool:
    """Whether this is a PNG picture, in base64, that a browser can show."""
    try:
        start, width, height = struct.unpack(">16sII", base64.b64decode(png[:32]))
    except (ValueError, struct.error):
        return False
    return bool(start.startswith(b"\x89PNG\r\n\x1a\n") and width * height <= MAX_PIXELS)


def words_for_figure(source: str) -> str:
    """Words for a figure that has no caption: the titles that the cell which draws it gives to it."""
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


FILTERS = {"prose": prose, "line": line, "code": code, "terminal": terminal}
"""What a template turns other people's texts into markup with."""
