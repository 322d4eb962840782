# class: reading
# attack: the grader's memory is searched for secrets
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import re

with suppress(OSError):
    with open("/proc/@grader@/mem", "rb") as memory:
        read = 0
        for line in Path("/proc/@grader@/maps").read_text().splitlines():
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if " rw" not in line or read > 400 * 2**20:
                continue
            with suppress(OSError, OverflowError, ValueError):
                memory.seek(start)
                data = memory.read(min(end - start, 64 * 2**20))
                read += len(data)
                for found in set(re.findall(rb"canary-[a-z]+-[0-9a-f]{16}", data)):
                    print(found.decode())
