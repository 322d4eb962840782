"""Leaves out of our own processes' start what no notebook needs. Grader's side; nothing that a learner imports."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

# jsonschema, which every reader of notebooks imports, builds a parser for internationalised addresses: 1.6 of the 2 s
# that it takes. Where this module is missing, it leaves out that one check of format, which no notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


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
