# class: reading
# attack: what the checks say is read from their compiled files
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import marshal


def texts(code):
    for constant in code.co_consts:
        if hasattr(constant, "co_consts"):
            yield from texts(constant)
        else:
            yield repr(constant)


for path in Path("@package@", "checks", "__pycache__").glob("*.pyc"):
    with suppress(Exception):
        print(*texts(marshal.loads(path.read_bytes()[16:])), sep="\n")
