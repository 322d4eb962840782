# class: writing
# attack: files that every worker reads are locked
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import fcntl
import os
from contextlib import suppress

import torch

held = []
for path in (torch.__file__, os.__file__, "@package@/beside/__init__.py"):
    for lock in (fcntl.flock, fcntl.lockf):
        with suppress(OSError):
            held.append(open(path))
            lock(held[-1], fcntl.LOCK_SH)
            lock(held[-1], fcntl.LOCK_EX)
