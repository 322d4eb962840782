"""Leaves out of our own processes' start what no notebook needs. Grader's side; nothing that a learner imports."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from autograder.imports import PutOff

# What others do without where it is missing.
# jsonschema, which every reader of notebooks imports, checks formats of texts that no notebook asks for: for
# internationalised addresses alone it builds a parser, 1.6 of the 2 s that it takes.
# jupytext opens texts in JupyterLab, for which it imports Jupyter's server.
for needless in (
    "rfc3987_syntax",
    "rfc3986_validator",
    "isoduration",
    "jupytext.sync_contentsmanager",
    "jupytext.async_contentsmanager",
):
    sys.modules.setdefault(needless, None)  # type: ignore[arg-type]
# nbgrader asks a JupyterHub by it, where one is configured.
sys.modules.setdefault("requests", PutOff("requests"))


def leave_out_pages(package: str = "nbgrader") -> None:
    """Whatever is imported of nbgrader, it imports its web pages too, half of all that it takes: no server runs here.

    What a page consists of can be imported all the same.
    """
    found = find_spec(package)
    for place in found.submodule_search_locations or () if found else ():
        for page in ("assignment_list", "course_list", "formgrader", "validate_assignment"):
            stand_in = ModuleType(f"{package}.server_extensions.{page}")
            vars(stand_in).update(__path__=[str(Path(place, "server_extensions", page))])
            vars(stand_in).update(load_jupyter_server_extension=None)
            sys.modules.setdefault(stand_in.__name__, stand_in)


leave_out_pages()
