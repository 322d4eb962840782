# class: crashes
# attack: the process leaves with success in a cell of its own
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import os

os._exit(0)
