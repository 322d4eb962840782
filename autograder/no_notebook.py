"""What a file is that should be a notebook and is none: what, where, what to do. Grader's side."""

from __future__ import annotations

import json
import re

# What a file begins with, and what is said of it.
_KINDS = {
    rb"PK\x03\x04|PK\x05\x06|\x1f\x8b|7z\xbc\xaf|Rar!": (
        "is an archive, not a notebook. Unpack it, and hand in the notebook (.ipynb) that it holds."
    ),
    rb"%PDF": "is a PDF, not a notebook. Hand in the notebook (.ipynb) that it was made from.",
    rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)": (
        "is a web page (HTML), not a notebook. Download the notebook itself: in Jupyter and in Colab by File, Download."
    ),
    rb"version https://git-lfs": (
        "only stands for a notebook that Git LFS keeps elsewhere. Run `git lfs pull`, and hand in what is there then."
    ),
}
_CONFLICT = re.compile(r"^<{7}( .*)?$", re.MULTILINE)
# Alone on a line, or as in what browsers and Google Drive save: URL=..., <string>..., "url": "...".
_LINK = re.compile(r"(?:^|[=>\"])\s*(https?://[^\s\"'<>]+)", re.MULTILINE)
_MAX_LINK_FILE = 1_000
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_EXCERPT = 60
_SAVE_AS_UTF_8 = "Save it with the encoding UTF-8 and hand it in again."


def said_of(content: bytes, error: ValueError) -> str:
    """What to say, after its name, of a file that ``error`` says is no JSON text."""
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        return "is empty. Save the notebook in Jupyter and hand it in again."
    for beginning, said in _KINDS.items():
        if re.match(beginning, content, re.IGNORECASE):
            return said
    if encoding := _other_encoding(content):
        return f"is {encoding}, and a notebook is UTF-8. {_SAVE_AS_UTF_8}"
    if isinstance(error, UnicodeDecodeError):
        if _CONTROL.search(content[:1_000]):
            return "is not text: is it a notebook (.ipynb)?"
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        return f"is not UTF-8 (line {line}: byte 0x{byte:02x}). {_SAVE_AS_UTF_8}"
    return _said_of_text(content.decode("utf-8-sig"), error)


def said_of_json(found: object, text: str) -> str:
    """What to say, after its name, of a file that is JSON and no notebook."""
    if link := _link_in(text):
        return link
    kind = 'object without "nbformat"' if isinstance(found, dict) else "list" if isinstance(found, list) else "value"
    return f"is not a Jupyter notebook (it is a JSON {kind}). Hand in the .ipynb file."


def _other_encoding(content: bytes) -> str:
    """The encoding of a text that is not UTF-8 but as long as each character is two bytes, or four; else ''."""
    encoding = json.detect_encoding(content)
    try:
        first = content.decode(encoding).removeprefix("\ufeff")[:1]
    except UnicodeDecodeError:
        return ""
    return encoding[:6].upper() if encoding.startswith(("utf-16", "utf-32")) and first.isascii() else ""


def _said_of_text(text: str, error: ValueError) -> str:
    if conflict := _CONFLICT.search(text):
        line, mark = text.count("\n", 0, conflict.start()) + 1, conflict[0][:_EXCERPT]
        choose = "Keep one of the two versions (`git checkout --ours` or `--theirs`, then the file's name)"
        return f"holds a merge conflict (line {line}: {mark!r}). {choose} and hand it in again."
    if isinstance(error, json.JSONDecodeError) and text.lstrip().startswith("{"):
        if _is_cut_off(text, error):
            last = text.rstrip().count("\n") + 1
            return f"is only the beginning of a notebook: it ends in line {last}. Save it and hand it in as a whole."
        where = f"line {error.lineno}: {error.msg}, at {text[error.pos :].split(chr(10))[0][:_EXCERPT]!r}"
        return f"is a damaged notebook ({where}). Hand in a copy that Jupyter opens."
    if link := _link_in(text):
        return link
    reason = f"Notebook does not appear to be JSON: {text.strip()[:_EXCERPT]!r}"
    return f"is not a Jupyter notebook ({reason}). Hand in the .ipynb file."


def _is_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Whether what is there is right as far as it goes."""
    rest = text[error.pos :].strip()
    unfinished_word = any(word.startswith(rest) for word in ("true", "false", "null"))
    return not rest or error.msg.startswith("Unterminated string") or unfinished_word


def _link_in(text: str) -> str:
    """What to say of a small file that holds where the notebook is; else ''."""
    link = _LINK.search(text) if len(text) <= _MAX_LINK_FILE else None
    if link is None:
        return ""
    download = "Download the notebook from there (in Colab by File, Download, Download .ipynb) and hand that in."
    return f"holds a link ({link[1][:_EXCERPT]}), not the notebook. {download}"
