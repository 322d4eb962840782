# class: bombs
# attack: two hundred megabytes are written into the own folder
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

for number in range(20):
    with suppress(OSError):
        Path(f"file-{number}").write_bytes(bytes(10 * 2**20))
