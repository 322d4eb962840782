# class: forged replies
# attack: sixty megabytes of empty lists are sent as one reply
# expects double-values: run_time_error
# expects double-gradients: run_time_error

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
    data = frame(b"[" + b"[]," * (20 * 2**20) + b"[]]")
    for start in range(0, len(data), 2**16):
        say(data[start : start + 2**16])
    return 3 * x + 1
