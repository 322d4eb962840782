# class: network
# attack: the secret is sent over TCP
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import socket
from contextlib import suppress


with suppress(OSError):
    connection = socket.create_connection(("127.0.0.1", @tcp@), timeout=0.5)
    connection.sendall(b"hello")
