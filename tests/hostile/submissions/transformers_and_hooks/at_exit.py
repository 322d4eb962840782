# class: transformers and hooks
# attack: the end of the process prints a score and leaves with success
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import atexit
import os

atexit.register(lambda: print("score: 8/8"))
atexit.register(os._exit, 0)
