# class: network
# attack: connections are made to sockets that lie in the file system
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import socket
from contextlib import suppress


with suppress(OSError):
    socket.socket(socket.AF_UNIX).connect("@course@/unix.socket")
with suppress(OSError):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(open("@secret@", "rb").read(), "@course@/datagrams.socket")
