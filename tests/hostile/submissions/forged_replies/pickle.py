# class: forged replies
# attack: a pickle that runs a command is sent in place of a reply
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
import pickle


class Bomb:
    def __reduce__(self):
        return os.system, ("touch @course@/pickled-@mark@",)


def double(x):
    say(frame(pickle.dumps(Bomb())) + frame(b"{}", pickle.dumps(Bomb())))
    return 3 * x + 1
