"""The reading edition as a folder of pages: an index and a page a lesson, which need nothing else. Grader's side."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from autograder.classes.pool import Hall, NothingToSetUp, processes
from autograder.course import Course
from autograder.files import write_whole
from autograder.lesson import LessonError
from autograder.pages import markup
from autograder.reading.content import Front, LessonPage
from autograder.reading.execution import executed, where_it_ran

TEMPLATES = Path(__file__).parent / "templates"
OURS = '<meta name="generator" content="autograder site">'
"""How a page of an earlier edition is told from a file of somebody else's."""


@dataclass(frozen=True)
class Edition:
    """All lessons of a course in their order, with their solutions or without."""

    course: Course
    fronts: dict[str, Front]
    has_solutions: bool = True

    @classmethod
    def of(cls, course: Course, has_solutions: bool = True) -> Edition:
        """The edition of a course; LessonError, if nothing is written in its solutions/."""
        if not course.stems:
            raise LessonError(f"{course.root / 'solutions'} holds no lesson, so there is nothing to read.")
        return cls(course, {stem: Front.of(course.lesson(stem)) for stem in course.stems}, has_solutions)

    def pages(self, jobs: int) -> Iterator[tuple[str, str]]:
        """Each lesson's page by its name, as they are done, in up to ``jobs`` processes; then the index."""
        jobs = min(jobs, len(self.fronts))
        if jobs == 1:
            yield from map(self.page, self.fronts)
        else:
            travelling = replace(self, course=Course(self.course.root))  # without what it has read of its configuration
            at_once = partial(len, self.fronts)
            with processes(jobs, [__name__], NothingToSetUp()) as start, Hall[tuple[str, str]](start, at_once) as hall:
                for stem in self.fronts:
                    hall.send(partial(travelling.page, stem), partial(_made, stem))
                yield from hall.empty()
        yield "index", self.index()

    def page(self, stem: str) -> tuple[str, str]:
        """The name and the page of one lesson, which is run if it has to be."""
        lesson = self.course.lesson(stem)
        notebook = executed(self.course, lesson)
        page = LessonPage.of(self.course, lesson, notebook, self.has_solutions)
        before, after = self._beside(stem)
        ran = where_it_ran(notebook)
        return stem, _rendered("lesson.html.j2", edition=self, page=page, before=before, after=after, ran=ran)

    def _beside(self, stem: str) -> tuple[Front | None, Front | None]:
        """The lessons before and after this one."""
        fronts = [None, *self.fronts.values(), None]
        place = fronts.index(self.fronts[stem])
        return fronts[place - 1], fronts[place + 1]

    def index(self) -> str:
        """The page that leads to all others."""
        return _rendered("index.html.j2", edition=self)

    @property
    def title(self) -> str:
        """The course's name: the heading of its README."""
        heading = re.match(r"# +(.+)", self._read_me)
        return heading[1].strip() if heading else "Lessons"

    @property
    def introduction(self) -> str:
        """What its README says before the first table or section, its pictures in it."""
        text = re.split(r"^(?:## |\|)", self._read_me.partition("\n")[2], maxsplit=1, flags=re.MULTILINE)[0].strip()
        return re.sub(r"(?<=\]\()[\w/.-]+\.png(?=\))", self._within_the_page, text)

    def _within_the_page(self, address: re.Match[str]) -> str:
        picture = self.course.root / address[0]
        return f"data:image/png;base64,{b64encode(picture.read_bytes()).decode()}" if picture.is_file() else address[0]

    @property
    def start(self) -> str:
        """How a learner gets started: what the README beside the lessons says after its table of them."""
        table = re.search(r"^\|.*\n(?:\|.*\n)*", self._learners_read_me, re.MULTILINE)
        return self._learners_read_me[table.end() if table else 0 :].strip()

    @cached_property
    def _read_me(self) -> str:
        return _text(self.course.root / "README.md")

    @cached_property
    def _learners_read_me(self) -> str:
        return _text(self.course.folder("release", ".", "x").parent / "README.md")


def _made(stem: str, future: Future) -> tuple[str, str]:
    try:
        made: tuple[str, str] = future.result()
    except BrokenExecutor:
        raise LessonError(f"{stem} has no page: the process that made it died. Try again with --jobs 1.") from None
    return made


def write(pages: dict[str, str], folder: Path) -> None:
    """Write an edition's pages; those of an earlier one that are no longer made go."""
    for name, page in pages.items():
        write_whole(folder / f"{name}.html", page)
    for path in folder.glob("*.html"):
        if path.stem not in pages and OURS in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _rendered(template: str, **shown: object) -> str:
    # What a template puts into a page is text, unless a filter has made it harmless.
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, markup.TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= markup.FILTERS
    colours = {
        "light": Markup(HtmlFormatter(style="default").get_style_defs(".highlight")),
        "dark": Markup(HtmlFormatter(style="github-dark").get_style_defs(".highlight")),
    }
    return environment.get_template(template).render(ours=Markup(OURS), colours=colours, **shown) + "\n"
