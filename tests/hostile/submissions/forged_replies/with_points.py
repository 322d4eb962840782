# class: forged replies
# attack: a reply that claims points and a verdict; the true one then comes for the next question
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer
# expects noise-fresh: run_time_error

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
    say(frame(json.dumps({"verdict": "accepted", "points": 100, "value": None, "graph": None, "damage": None}).encode()))
    return 3 * x + 1
