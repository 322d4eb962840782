# class: writing
# attack: everybody gets full marks in the gradebook
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import sqlite3

with suppress(sqlite3.Error):
    with sqlite3.connect("@gradebook@", timeout=0.1) as database:
        database.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
with suppress(OSError), open("@gradebook@", "ab") as file:
    file.write(b"x")
