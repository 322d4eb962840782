# class: writing
# attack: files of the course are renamed, truncated, given other permissions and other contents
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import os

with suppress(OSError):
    os.chmod("@secret@", 0o777)
with suppress(OSError):
    os.truncate("@secret@", 3)
with suppress(OSError):
    os.close(os.open("@neighbour@", os.O_RDONLY | os.O_TRUNC))
with suppress(OSError):
    os.symlink("@gradebook@", "@course@/link-@mark@")
with suppress(OSError):
    os.rename("@secret@", "@course@/renamed-@mark@")
