# class: other processes
# attack: the process from which workers come is killed
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


os.kill(os.getppid(), signal.SIGKILL)
