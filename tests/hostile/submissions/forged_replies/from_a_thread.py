# class: forged replies
# attack: a thread writes whole replies into the channel all the time
# expects noise-fresh: accepted, run_time_error, wrong_answer
# expects shift-values: accepted, run_time_error, wrong_answer
# expects double-values: run_time_error, wrong_answer
# expects double-gradients: run_time_error, wrong_answer

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


def flood():
    for _ in range(2000):
        say(frame(b'{"value": 6.0, "graph": null, "damage": {"dict": []}}'))
        time.sleep(1e-3)


threading.Thread(target=flood, daemon=True).start()
