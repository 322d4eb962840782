# class: writing
# attack: the work of another is overwritten and deleted
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

with suppress(OSError):
    Path("@neighbour@").write_text("{}")
with suppress(OSError):
    Path("@neighbour@").unlink()
