"""The pages that people read of a graded notebook, and what in them would run."""

from __future__ import annotations

import copy
from html.parser import HTMLParser
from pathlib import Path

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.lesson import marks

TEMPLATES = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
PAYLOAD = "payload"


def page_of(notebook: NotebookNode, template: str) -> str:
    """The page that nbgrader makes of a graded notebook: its ``feedback`` or its ``formgrade`` page."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if marks(cell):
            cell.metadata.nbgrader |= {"score": 0, "points": 1, "comment": None}
    config = Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    config.HTMLExporter.extra_template_paths = [str(TEMPLATES.parent / "static/node_modules/bootstrap/dist/css")]
    about = {"score": 0, "max_score": 0, "late_penalty": 0, "notebook": "n", "assignment": "a", "student": "s"}
    shown = {"base_url": "", "mathjax_url": "", "submission_id": "1", "index": 0, "total": 1, "notebook_path": "n"}
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, {"nbgrader": about, "notebook_id": "n", **shown})
    return page


def live_markup(page: str) -> list[str]:
    """Scripts, attributes and links of the page that hold the attackers' payload."""
    search = _Search()
    search.feed(page)
    search.close()
    return search.found


def _acts(attribute: str) -> bool:
    return attribute.startswith("on") or attribute in ("href", "src", "srcdoc", "action", "formaction", "data", "style")


class _Search(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags.append(tag)
        self.found += [f"<{tag} {name}={value!r}>" for name, value in attrs if _acts(name) and PAYLOAD in str(value)]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._tags.pop()

    def handle_endtag(self, tag: str) -> None:
        while tag in self._tags and self._tags.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if PAYLOAD in data and self._tags and self._tags[-1] in ("script", "style"):
            self.found.append(f"<{self._tags[-1]}>{data[:80]}")
        # MathJax makes links of this, but not within code.
        if PAYLOAD in data and r"\href" in data and not {"code", "pre"} & set(self._tags):
            self.found.append(data[:80])

    def handle_comment(self, data: str) -> None:
        if PAYLOAD in data:
            self.found.append(f"<!--{data[:80]}-->")
