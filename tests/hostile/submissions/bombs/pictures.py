# class: bombs
# attack: forty cells draw seven pictures of three megabytes each
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import os
import struct
import zlib

from IPython.display import Image, display


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
picture = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", os.urandom(2_900_000))


def draw():
    for _ in range(7):
        display(Image(picture))


# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()

# %%
draw()
