# class: network
# attack: sockets of every other family are opened and used to look around
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import socket
from contextlib import suppress


opened = []
for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        with suppress(OSError):
            opened.append(socket.socket(family, kind))
if opened:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", @tcp@), timeout=0.5)
