# class: bombs
# attack: three hundred megabytes are written into files that have no name any more, and room for more is reserved
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import os
from contextlib import suppress

held = []
for number in range(30):
    with suppress(OSError):
        held.append(open(f"file-{number}", "wb"))
        os.unlink(f"file-{number}")
        held[-1].write(bytes(10 * 2**20))
with suppress(OSError):
    for number in range(100):
        os.posix_fallocate(os.open(f"room-{number}", os.O_CREAT | os.O_RDWR), 0, 100 * 2**20)
