# class: reading
# attack: links to a secret are made in the own folder and read there
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import os

for make in (os.symlink, os.link):
    with suppress(OSError):
        make("@secret@", make.__name__)
        print(Path(make.__name__).read_text())
