# class: forged replies
# attack: a thread reads the grader's requests from the channel and prints them
# expects double-values: run_time_error, time_limit_exceeded, wrong_answer
# expects double-gradients: run_time_error, time_limit_exceeded, wrong_answer
# expects noise-fresh: run_time_error, time_limit_exceeded, wrong_answer
# expects shift-values: run_time_error, time_limit_exceeded, wrong_answer

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
    return 3 * x + 1


def steal():
    for channel in channels:
        try:
            print(os.read(channel, 2**16))
        except OSError:
            pass


for _ in range(3):
    threading.Thread(target=steal, daemon=True).start()
