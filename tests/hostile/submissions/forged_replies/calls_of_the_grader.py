# class: forged replies
# attack: asks the grader to call functions that it never lent, with code for an argument
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
def double(x):
    import gc
    import json
    import socket
    import struct

    channel = next(item for item in gc.get_objects() if isinstance(item, socket.socket) and item.fileno() >= 0)
    for number in (1, 0, "eval", ["builtins", "eval"]):
        body = json.dumps({"callback": number, "args": ["__import__('os')._exit(0)"], "kwargs": {"dict": []}}).encode()
        channel.sendall(struct.pack(">II", len(body), 0) + body)
    return 2 * x
