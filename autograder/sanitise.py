"""A learner's prose as pages may show it: what could act in a reader's browser is shown as text. Grader's side."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from bleach.linkifier import Linker
from bleach.sanitizer import Cleaner
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

from autograder.boundary.wire import MAX_TEXT
from autograder.lesson import Lesson
from autograder.submission import pictures_in

NOTICE = "*Shown as text: as a page, this cell could act in its reader's browser or load from elsewhere.*"
# A reader of markdown takes quadratic time on some texts.
MAX_PROSE = 10_000
MAX_PROSE_IN_ALL = 200_000
# What markdown turns into, and what lessons use beside it.
TAGS = frozenset(
    re.findall(
        r"\w+",
        "a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p "
        "pre s span strong sub summary sup table tbody td tfoot th thead tr u ul var",
    )
)
PLAIN = {"title", "alt", "width", "height", "colspan", "rowspan", "start", "align", "open"}
# Those that markdown writes itself. Others could lay a learner's text over the buttons of a page that has such classes.
CLASSES = frozenset(STANDARD_TYPES.values()) | {"highlight", "anchor-link", "task-list-item"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SCHEMES = {"http:", "https:", "mailto:"}
_PICTURE = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
_ALIGNED = re.compile(r"text-align:\s*(left|right|center);?")
_LANGUAGE = re.compile(r"language-[\w+#.-]+")
# What a browser leaves out of an address.
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0]+")
# What MathJax turns into links, attributes and styles, or loads.
_ACTIVE_MATHS = re.compile(
    r"\\(href|style|class|cssId|require|mmlToken|bbox|unicode|data|html[A-Za-z]*|csname)(?![A-Za-z])"
)
_NO_LINKS = re.compile(r"(?!)")


def clean(notebook: NotebookNode, lesson: Lesson) -> None:
    """Make the learner's markdown and raw cells harmless to show, in place; the instructor's stay as they are."""
    own = {cell.id: cell.source for cell in lesson.source.cells}
    left = MAX_PROSE_IN_ALL
    for cell in notebook.cells:
        if cell.cell_type == "code" or own.get(cell.id) == cell.source:
            continue
        left -= len(cell.source)
        if pictures := pictures_in(cell.pop("attachments", None)):
            cell.attachments = pictures
        if cell.cell_type == "raw" or left < 0 or not is_harmless(cell.source, cell.get("attachments")):
            cell.cell_type, cell.source = "markdown", f"{NOTICE}\n\n{_fenced(cell.source[:MAX_TEXT])}"
            cell.pop("attachments", None)


def is_harmless(source: str, attachments: dict[str, Any] | None = None) -> bool:
    """Whether the page that markdown becomes holds nothing but text, formatting, links and embedded pictures."""
    if len(source) > MAX_PROSE:
        return False
    try:
        page = MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=attachments or {})).render(source)
        cleaned = _cleaner().clean(page)
        # Parsed and written by the same library twice, once leaving things out: any difference is a thing left out.
        # What neither knows (svg), both turn into text.
        whole = cleaned == Linker(callbacks=[], url_re=_NO_LINKS).linkify(page)
        return whole and cleaned.count("&lt;") == page.count("&lt;") and not _ACTIVE_MATHS.search(unescape(page))
    except Exception:  # two parsers on hostile text: what they cannot read is shown as text
        return False


def harmless(page: str) -> str:
    """A piece of a page, in which all that could act or load is turned into text or left out."""
    return _cleaner().clean(page)


def _cleaner() -> Cleaner:
    return Cleaner(tags=TAGS, attributes=_allowed, protocols={"http", "https", "mailto", "data"}, css_sanitizer=_AsIs())


def _allowed(tag: str, name: str, value: str) -> bool:
    match name:
        case "src":
            return tag == "img" and bool(_PICTURE.fullmatch(value))
        case "href":
            return tag == "a" and _leads_to_a_page(value)
        case "style":
            return tag in ("td", "th") and bool(_ALIGNED.fullmatch(value))
        case "class":
            return all(each in CLASSES or _LANGUAGE.fullmatch(each) for each in value.split())
        case "id":
            return tag in HEADINGS
    return name in PLAIN


def _leads_to_a_page(address: str) -> bool:
    """Whether a link is to this page, this site or a page elsewhere, as a browser reads it: with every entity."""
    scheme = re.match(r"[^/?#]*?:", _UNSEEN.sub("", unescape(address)).lower())
    return scheme is None or scheme[0] in SCHEMES


class _AsIs:
    """Styles pass as they are: `_allowed` lets none through but the alignment of a table's cells."""

    def sanitize_css(self, style: str) -> Any:
        """The style itself."""
        return style


def _fenced(source: str) -> str:
    """The source as a code block, in a fence longer than any that it holds."""
    fence = "`" * (3 + max(map(len, re.findall("`+", source)), default=0))
    return f"{fence}\n{source}\n{fence}"
