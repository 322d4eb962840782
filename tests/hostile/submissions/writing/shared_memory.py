# class: writing
# attack: shared memory and semaphores are left behind
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

from multiprocessing import resource_tracker, shared_memory

resource_tracker.register = lambda *args: None
with suppress(Exception):
    memory = shared_memory.SharedMemory("left-@mark@", create=True, size=4096)
