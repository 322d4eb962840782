# class: bombs
# attack: two thousand files are made
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress

with suppress(OSError):
    for number in range(2000):
        open(f"file-{number}", "w").close()
