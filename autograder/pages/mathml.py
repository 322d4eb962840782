"""Formulas as MathML, which browsers draw without a script, a font or a network. Grader's side."""

from __future__ import annotations

import html
import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

from autograder.boundary.limits import MAX_FORMULA

# All others are left out: `href` and `style` are what \href and \style become.
ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        "accent accentunder columnalign display displaystyle fence form linethickness lspace mathcolor mathvariant "
        "maxsize minsize movablelimits rspace scriptlevel separator stretchy width xmlns",
    )
)
PRIMES = "\N{PRIME}\N{DOUBLE PRIME}\N{TRIPLE PRIME}"
THIN = "0.167em"
TIGHT = {"lspace": "0", "rspace": "0"}
BRACES = {"\N{BOTTOM CURLY BRACKET}": "under", "\N{TOP CURLY BRACKET}": "over"}
SIGNS = ("+", "\N{MINUS SIGN}", "±")
CLOSING = (")", "]", "}", "|", "!", "∂", "∇")
_ESCAPED = re.compile(r"\\([_%&#${}])")
_ALIGNED = re.compile(r"\\(begin|end)\{(?:align|aligned|split)\}")
# MathML's operators that TeX treats like letters.
_LETTERS = frozenset("∇∂!)]")


@lru_cache(maxsize=4096)
def mathml(tex: str, display: Literal["inline", "block"] = "inline") -> str:
    """A formula as markup that holds nothing but MathML; one that cannot be read is shown as its source."""
    try:
        if len(tex) > MAX_FORMULA:
            raise ValueError("too long")
        formula = convert_to_element(_ALIGNED.sub(r"\\\1{align*}", tex), display=display)
        _mend(formula)
        return tostring(formula, encoding="unicode")
    except Exception:  # whatever a converter of other people's text raises, RecursionError included
        return f"<code>{html.escape(tex)}</code>"


def _mend(element: Element) -> None:
    """What the converter gets wrong: characters, upright letters, the space around the names of functions."""
    for child in element:
        _mend(child)
    element.attrib = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
    # The converter writes characters as numbers, to be put in after the rest is escaped: then it is no longer escaped.
    written, element.text = element.text or "", html.unescape(element.text or "")
    match element.tag:
        case "mi" if element.text == "~":
            element.tag, element.text = "mo", "\N{TILDE OPERATOR}"
        case "mi" if (
            written.startswith("&#") and element.text.isascii()
        ) or "\u0391" <= element.text <= "\u03a9":  # Greek capitals
            element.attrib["mathvariant"] = "normal"
        case "mo" if (element.text.isalpha() and len(element.text) > 1) or element.text == "∞":
            element.tag = "mi"
        case "mo" if element.text == "|":
            element.attrib |= TIGHT
        case "mtext":
            element.text = _ESCAPED.sub(r"\1", element.text)
        case "munder" | "mover" if element[1].text in BRACES:
            # Chromium cuts wide braces off. The page's style draws a line instead.
            element.tag, element.attrib = "mrow", {"class": BRACES[element[1].text or ""]}
            del element[1]
        case "msup" if element[1].text and element[1].text in PRIMES:
            # A prime is drawn raised already.
            element.tag, element[1].tag, element[1].attrib = "mrow", "mo", TIGHT
    if element.tag in ("math", "mrow", "mtd", "msqrt", "mstyle"):
        _space(element)


def _space(row: Element) -> None:
    """Signs are told from differences, and names of functions from what they stand beside."""
    for place, (left, right) in reversed(list(enumerate(pairwise(row), start=1))):
        if _is_apart(left, right):
            row.insert(place, Element("mspace", width=THIN))
        elif right.text in SIGNS and left.tag == "mo" and left.text not in CLOSING:
            right.attrib["form"] = "prefix"


def _is_apart(left: Element, right: Element) -> bool:
    """Whether TeX puts a thin space between the two: beside the name of a function, but not before its bracket."""
    return (_is_function(left) and _is_letter(right)) or (_is_letter(left) and _is_function(right))


def _is_function(element: Element) -> bool:
    core = element
    while core.tag in ("msub", "msup", "msubsup", "munder", "mover", "munderover", "mrow") and len(core):
        if core.tag == "mrow" and len(core) > 1:
            return False
        core = core[0]
    return core.tag == "mi" and len(core.text or "") > 1 and (core.text or "").isalpha()


def _is_letter(element: Element) -> bool:
    return element.text in _LETTERS if element.tag == "mo" else element.tag != "mspace"
