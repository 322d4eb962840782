# class: transformers and hooks
# attack: a trace function replaces what every function called double returns
# expects double-values: wrong_answer, time_limit_exceeded, run_time_error
# expects double-gradients: wrong_answer, time_limit_exceeded, run_time_error

# %%
import sys
import threading


def trace(frame, event, argument):
    if "x" in frame.f_locals and event == "return":
        frame.f_locals["x"] = 2
    print(frame.f_code.co_filename, frame.f_code.co_consts) if "assert" in str(frame.f_code.co_names) else None
    return trace


sys.settrace(trace)
threading.settrace(trace)
