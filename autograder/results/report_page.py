"""The class report as one page that needs nothing else: tables, pictures, links to the work. Grader's side."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import statistics
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import matplotlib
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.results.classwork import (
    JUDGE_ERROR,
    NAMED,
    NOT_JUDGED,
    OUTCOMES,
    PASSED,
    STOPPED,
    UNANSWERED,
    UNKNOWN,
    WRONG,
)
from autograder.results.items import Item
from autograder.results.report import ClassReport, many, number, write

# Okabe and Ito's palette, told apart by people who see few colours; the hatching needs none.
LOOKS = {
    PASSED: ("#0072B2", ""),
    NAMED: ("#E69F00", "///"),
    WRONG: ("#D55E00", "..."),
    STOPPED: ("#CC79A7", "xx"),
    UNANSWERED: ("#DDDDDD", ""),
    JUDGE_ERROR: ("#000000", ""),
    NOT_JUDGED: ("#555555", ""),
    UNKNOWN: ("#FFFFFF", ""),
}
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "hatch.linewidth": 0.5,
    "svg.hashsalt": "report",
    "text.parse_math": False,
}
FEW = 30
"""Below so many learners the figures of an item analysis are rough."""


def write_page(report: ClassReport, path: Path) -> None:
    """Write the report to ``path``; links are relative to it."""
    # Everything is escaped, wherever it comes from; nothing in the template is marked as safe.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"digest": _digest, "many": many, "number": number, "mebibytes": lambda size: size / 2**20}
    page = environment.get_template("report.html.j2").render(
        report=report,
        made=datetime.now().astimezone(),
        scores=_picture(_scores(report)),
        scores_in_words=scores_in_words(report),
        checks=_picture(_checks(report)) if report.outcomes else "",
        checks_in_words=checks_in_words(report),
        outcomes=[name for name in OUTCOMES if name != PASSED and any(c[name] for c in report.outcomes.values())],
        remark=lambda item: remark(item, len(report.totals)),
        places={work.student: f"learner-{number}" for number, work in reversed([*enumerate(report.works)])},
        several=len({work.notebook for work in report.works}) > 1,
        link=lambda target: _link(target, path),
        few=FEW,
    )
    write(path, page)


def _digest(script: str) -> str:
    """What the page's policy names its one script by: no other runs, however it got in."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _link(target: Path, page: Path) -> str:
    """The way from the page to a file, if it is there: as an address, in which nothing of a name acts."""
    if not target.is_file():
        return ""
    return quote(os.fsencode(os.path.relpath(target.resolve(), page.parent.resolve())))


def remark(item: Item, learners: int) -> str:
    """What an instructor should know of a check's figures."""
    if item.difficulty == 0:
        return "nobody passed"
    if item.discrimination is not None and item.discrimination < 0:
        return "who passes it does worse elsewhere: look at the check"
    if item.discrimination is not None and item.discrimination < 0.2 and learners >= FEW:
        return "says little about the rest"
    return ""


def scores_in_words(report: ClassReport) -> str:
    """What the picture of the scores shows."""
    scores = sorted(report.totals.values())
    said = f"Scores of {many(len(scores), 'learner')}, of {number(report.max_score)}: from {number(scores[0])} to "
    said += f"{number(scores[-1])}, median {number(statistics.median(scores))}"
    if len(scores) >= 4:
        low, _, high = statistics.quantiles(scores, n=4, method="inclusive")
        said += f", the middle half from {number(low)} to {number(high)}"
    full = sum(score >= report.max_score for score in scores)
    return f"{said}. Full marks: {full}."


def checks_in_words(report: ClassReport) -> str:
    """What the picture of the checks shows."""
    judged = {check.grade_id: _share(counts) for check, counts in report.outcomes.items() if sum(counts.values())}
    hardest = sorted(judged, key=lambda name: judged[name])[:3]
    said = ", ".join(f"{name} ({judged[name]:.0%})" for name in hardest)
    return f"What became of each of {many(len(judged), 'check')}; the table has the numbers. Passed by fewest: {said}."


def _share(counts: Any) -> float:
    return counts[PASSED] / sum(counts.values())


def _picture(figure: Figure) -> str:
    """The figure as an address that holds it: in an image no script runs, and nothing is loaded."""
    with matplotlib.rc_context(STYLE), io.BytesIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
        return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()


def _scores(report: ClassReport) -> Figure:
    """How many learners scored how much."""
    scores, most = list(report.totals.values()), report.max_score
    width = max(1, round(most / 20))
    edges = [index * width - width / 2 for index in range(int(most / width) + 2)]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11, 2.6), layout="constrained")
        axes = figure.add_subplot()
        axes.hist(scores, bins=edges, color=LOOKS[PASSED][0], edgecolor="white")
        middle = statistics.median(scores)
        axes.axvline(middle, color="black", linewidth=1.5, linestyle="--", label=f"median {number(middle)}")
        axes.set(xlabel=f"score, of {number(most)} points", ylabel="learners", xlim=(edges[0], edges[-1]))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False, loc="upper left")
    return figure


def _checks(report: ClassReport) -> Figure:
    """What became of each check, one bar a check, exercises apart."""
    names, places, place, before = [], [], 0.0, ""
    for check in report.outcomes:
        place += 1.6 if before and check.exercise != before else 1.0
        before = check.exercise
        names.append(check.grade_id)
        places.append(place)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11, 1.0 + 0.24 * place), layout="constrained")
        axes = figure.add_subplot()
        counts = list(report.outcomes.values())
        left = [0.0] * len(counts)
        for outcome in OUTCOMES:
            if any(each[outcome] for each in counts):
                colour, hatch = LOOKS[outcome]
                widths = [100 * each[outcome] / max(1, sum(each.values())) for each in counts]
                axes.barh(
                    places, widths, left=left, color=colour, hatch=hatch, edgecolor="white", height=0.8, label=outcome
                )
                left = [start + width for start, width in zip(left, widths, strict=True)]
        axes.set(xlim=(0, 100), xlabel="% of learners", ylim=(place + 0.7, 0.3))
        axes.set_yticks(places, names)
        axes.tick_params(left=False)
        figure.legend(loc="outside upper center", ncols=len(OUTCOMES), frameon=False)
    return figure
