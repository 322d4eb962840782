# class: writing
# attack: files are left in the folders that everybody can write
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

for folder in ("/tmp", "/dev/shm", "/var/tmp", "@course@", "@course@/.."):
    with suppress(OSError):
        Path(folder, "left-@mark@").write_text("x")
