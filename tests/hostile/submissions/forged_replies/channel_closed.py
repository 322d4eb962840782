# class: forged replies
# attack: the channel is closed under the grader's request
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
    for channel in channels:
        os.close(channel)
    return 3 * x + 1
