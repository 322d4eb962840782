# class: forged replies
# attack: a reply that changes the check's own tensors, so that the wrong answer fits them
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
import torch

from autograder.boundary.parcel import pack


def double(x):
    zero = {"tensor": {"grad": False, "name": "0"}}
    damage = {"dict": [["tensors", {"dict": [["0", {"tensor": {"grad": False, "name": "1"}}]]}], ["grads", {"dict": []}], ["containers", {"dict": []}]]}
    tensors = {"0": torch.zeros(4, dtype=torch.float64), "1": torch.zeros(4, dtype=torch.float64)}
    table, numbers = pack(tensors)
    say(frame(json.dumps({"value": zero, "graph": None, "damage": damage, "tensors": table}).encode(), numbers))
    return 0 * x
