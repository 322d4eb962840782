# class: forged replies
# attack: a reply in the right form, saying that the value is true, is written before the honest one
# expects double-values: run_time_error, wrong_answer
# expects double-gradients: run_time_error, wrong_answer
# expects noise-fresh: accepted, run_time_error, wrong_answer
# expects shift-values: accepted, run_time_error, wrong_answer

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
    reply = {"value": True, "graph": None, "damage": {"dict": [["tensors", {"dict": []}], ["grads", {"dict": []}], ["containers", {"dict": []}]]}}
    say(frame(json.dumps(reply).encode()) * 20)
    return 3 * x + 1
