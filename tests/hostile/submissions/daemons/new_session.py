# class: daemons
# attack: a program is started in a session of its own
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import subprocess
import sys

with suppress(OSError):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(15)", "@mark@"], start_new_session=True)
