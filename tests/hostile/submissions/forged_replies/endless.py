# class: forged replies
# attack: a reply that is written a byte at a time and never ends
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %%
import json
import os
import socket
import stat
import struct
import threading
import time

channels = []
for number in range(64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            channels.append(number)
    except OSError:
        pass


def frame(body, blob=b""):
    return struct.pack(">II", len(body), len(blob)) + body + blob


def say(data):
    for channel in channels:
        try:
            os.write(channel, data)
        except OSError:
            pass


# %% grade_id="double"
def double(x):
    say(struct.pack(">II", 10**6, 0))
    while True:
        say(b" ")
        time.sleep(1e-3)
