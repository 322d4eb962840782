# class: reading
# attack: the gradebook is read
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import sqlite3

with suppress(OSError):
    print(Path("@gradebook@").read_bytes()[:100])
with suppress(sqlite3.Error):
    print(list(sqlite3.connect("file:@gradebook@?mode=ro", uri=True).execute("SELECT * FROM student")))
with suppress(OSError):
    Path("@gradebook@").open("rb").read(1)
    print(Path("@secret@").read_text())
