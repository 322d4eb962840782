# class: other processes
# attack: the own group of processes is killed
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


os.killpg(0, signal.SIGKILL)
