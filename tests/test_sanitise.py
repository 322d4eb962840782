"""Prose of a learner's stays as it is, unless the page that it becomes could act in its reader's browser."""

import copy
import time

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from autograder.harmless import is_harmless
from autograder.lesson import Lesson
from autograder.sanitise import NOTICE, TOO_LONG, clean

PICTURE = "data:image/png;base64,iVBORw0KGgo="
HARMLESS = [
    "Because $a < b$ and $x<y$ & so on",
    "> quote\n\n- a\n- b\n\n1. x",
    "# Title\n\n| a | b |\n|:--|--:|\n| 1 | 2 |",
    "`x<y` and\n\n```python\nx = 1 < 2\n```",
    "<details><summary>Hint</summary>\n\ntext **b**\n\n</details>",
    "[link](https://x.example/z?a=1&b=2), <https://a.example>, [here](#here)",
    f"![p]({PICTURE})",
    f'<img src="{PICTURE}" alt="x">',
    "$$\\begin{align} a &= b \\\\ c &< d \\end{align}$$",
    "x <br> y <b>z</b> <sub>2</sub> &alpha; &nbsp;",
    'it\'s "quoted", ünïcode, a\\_b *c* ~~d~~',
    "code that says `<script>alert(1)</script>`",
    '```python\nclass A:\n    """Text."""\n```\n\n```\nplain\n```\n\n```unknown\nx\n```',
    "[a](mailto:me@x.example), [b](#c:d), [e](HTTP://x.example)",
]
ACTIVE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JavaScript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#x6A;avascript:alert(1)'>x</a>",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    "![x](https://elsewhere.example/p.png)",
    "<img src='data:image/svg+xml;base64,aa=='>",
    "<svg onload=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<iframe src=x></iframe>",
    "<object data=x>",
    "<embed src=x>",
    "<link rel=stylesheet href=//elsewhere.example>",
    "<base href=//elsewhere.example>",
    "<meta http-equiv=refresh content=0>",
    "<form action=x><input></form>",
    "<style>*{x:y}</style>",
    "<div style='background:url(x)'>x</div>",
    "<p class=x onclick=alert(1)>x</p>",
    "<details ontoggle=alert(1) open>x</details>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!-- --><script>alert(1)</script>",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\style{background:url(x)}{x}$",
    '$\\mmlToken{mi}[href="javascript:alert(1)"]{x}$',
    "$\\bbox[background:url(//elsewhere.example)]{x}$",
    # Entities that bleach does not know, and what browsers leave out of an address.
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='java&Tab;script&colon;alert(1)'>x</a>",
    "<a href='java&NewLine;script&#58;alert(1)'>x</a>",
    "<a href='&#1;data:text/html,x'>x</a>",
    "<a href='da&#9;ta:text/html,x'>x</a>",
    # What would lead to what lies beside the page.
    "[b](../data.csv)",
    "[c](x.html?a=b:c#d:e)",
    "[d](/a:b)",
    "[e](..%2F..%2F..%2Fsubmitted%2Fada%2Fps1%2Fpage.html)",
    "[f](http:x.html)",
    "[g](https:/x.html)",
    "[h](//x.example)",
    "[i](?x)",
    "[j](https:///x.html)",
    "<a href='\\\\x.example'>x</a>",
    "[x]\n\n[x]: ./page.svg",
    # Classes and names that the pages of formgrader give a meaning to.
    "<p class='navbar-fixed-top'>x</p>",
    "<p class='k modal-backdrop'>x</p>",
    "<p id=toc>x</p>",
]


def lesson_of(*cells) -> Lesson:
    return Lesson("lesson79_prose", new_notebook(cells=list(cells)))


@pytest.mark.parametrize("source", HARMLESS)
def test_prose_that_does_nothing_stays(source: str) -> None:
    assert is_harmless(source)


@pytest.mark.parametrize("source", ACTIVE)
def test_prose_that_could_act_is_shown_as_text(source: str) -> None:
    assert not is_harmless(source)
    notebook = new_notebook(cells=[new_markdown_cell(source)])
    clean(notebook, lesson_of())
    assert notebook.cells[0].source == f"{NOTICE}\n\n```\n{source}\n```"


def test_a_diagram_is_shown_as_its_source() -> None:
    assert not is_harmless("```mermaid\ngraph TD; A-->B\n```")


def test_a_fence_in_the_prose_does_not_end_the_text() -> None:
    notebook = new_notebook(cells=[new_markdown_cell("````\n</code>\n````\n\n<script>alert(1)</script>")])
    clean(notebook, lesson_of())
    assert notebook.cells[0].source.startswith(f"{NOTICE}\n\n```````\n````\n")
    assert is_harmless(notebook.cells[0].source)


def test_the_instructors_cells_and_all_code_stay() -> None:
    active = "<iframe src=https://video.example></iframe>"
    cells = [new_markdown_cell(active), new_code_cell("'<script>'")]
    notebook = new_notebook(cells=copy.deepcopy(cells))
    clean(notebook, lesson_of(*cells))
    assert [cell.source for cell in notebook.cells] == [active, "'<script>'"]


def test_a_raw_cell_is_shown_as_text_and_what_is_attached_and_no_picture_goes() -> None:
    attached = new_markdown_cell("x", attachments={"x.svg": {"image/svg+xml": "<svg onload=alert(1)>"}})
    notebook = new_notebook(cells=[new_raw_cell("<b>raw</b>"), attached])
    clean(notebook, lesson_of())
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "markdown"]
    assert notebook.cells[0].source == f"{NOTICE}\n\n```\n<b>raw</b>\n```"
    assert "attachments" not in notebook.cells[1]


@pytest.mark.parametrize("piece", ["[", "*a", "> ", "`a", "![", "<a ", "[a](", "_a_", "- "])
def test_prose_made_to_be_slow_takes_seconds_at_most(piece: str) -> None:
    notebook = new_notebook(cells=[new_markdown_cell(piece * (9_000 // len(piece))) for _ in range(100)])
    started = time.process_time()
    clean(notebook, lesson_of())
    assert time.process_time() - started < 20
    assert notebook.cells[-1].source.startswith(TOO_LONG)
