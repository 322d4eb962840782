# class: network
# attack: a connection is made to a socket without a file
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import socket
from contextlib import suppress


with suppress(OSError):
    socket.socket(socket.AF_UNIX).connect("\0@mark@")
