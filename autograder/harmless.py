"""Whether prose that becomes a page does anything there but to be read; what could act is left out. Grader's side."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from bleach.linkifier import Linker
from bleach.sanitizer import Cleaner
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import STANDARD_TYPES

from autograder.boundary.limits import MAX_FENCED, MAX_PROSE

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
_IN_FULL = re.compile(r"#|https?://[^/\\]|mailto:")
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


def is_harmless(source: str, attachments: dict[str, Any] | None = None) -> bool:
    """Whether the page that markdown becomes holds nothing but text, formatting, links and embedded pictures."""
    if len(source) > MAX_PROSE:
        return False
    try:
        page = MarkdownWithMath(renderer=_Reader(escape=False, attachments=attachments or {})).render(source)
        cleaned = _cleaner().clean(page)
        # Parsed and written by the same library twice, once leaving things out: any difference is a thing left out.
        # What neither knows (svg), both turn into text.
        whole = cleaned == Linker(callbacks=[], url_re=_NO_LINKS).linkify(page)
        return whole and cleaned.count("&lt;") == page.count("&lt;") and not _ACTIVE_MATHS.search(unescape(page))
    except Exception:  # two parsers on hostile text: what they cannot read is shown as text
        return False


class _Reader(IPythonRenderer):
    """Markdown's renderer, which refuses long code that asks for colours."""

    def block_code(self, code: str, info: str | None = None) -> str:
        """A fence."""
        if info and len(code) > MAX_FENCED:
            raise ValueError("too long")
        return str(super().block_code(code, info))


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
    """Whether a link is into this page, or names a page elsewhere in full, as a browser reads it: with every entity.

    Any other leads to what is served beside the page: in formgrader, to what a learner handed in.
    """
    return _IN_FULL.match(_UNSEEN.sub("", unescape(address)).lower()) is not None


class _AsIs:
    """Styles pass as they are: `_allowed` lets none through but the alignment of a table's cells."""

    def sanitize_css(self, style: str) -> Any:
        """The style itself."""
        return style
