# class: bombs
# attack: a file of a terabyte is made, with nothing in it
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import os
from contextlib import suppress

with suppress(OSError), open("sparse", "wb") as file:
    os.ftruncate(file.fileno(), 2**40)
