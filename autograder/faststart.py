"""Leaves out of our own processes' start what no notebook needs. Grader's side; nothing that a learner imports."""

import sys

# jsonschema, which every reader of notebooks imports, builds a parser for internationalised addresses: 1.6 of the 2 s
# that it takes. Where this module is missing, it leaves out that one check of format, which no notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
