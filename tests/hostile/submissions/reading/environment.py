# class: reading
# attack: the environment of this process and of its parents is printed
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import ctypes
import os

print(dict(os.environ))
ctypes.CDLL(None).getenv.restype = ctypes.c_char_p
print(ctypes.CDLL(None).getenv(b"GRADER_TOKEN"))
for process in ("self", os.getppid(), 1):
    with suppress(OSError):
        print(Path(f"/proc/{process}/environ").read_bytes())
