# class: reading
# attack: all objects and all memory of this process are searched for secrets
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import gc
import re

for item in gc.get_objects():
    with suppress(Exception):
        if isinstance(item, dict | list | tuple) and len(item) < 1000:
            for found in re.findall(r"canary-[a-z]+-[0-9a-f]{16}", str([part for part in item if isinstance(part, str)])):
                print(found)
with suppress(OSError), open("/proc/self/mem", "rb") as memory:
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        with suppress(OSError, OverflowError, ValueError):
            if "[heap]" in line or "[stack]" in line:
                memory.seek(start)
                print(*set(re.findall(rb"canary-[a-z]+-[0-9a-f]{16}", memory.read(end - start))))
