# class: patched libraries
# attack: the functions of the process that serves the grader are replaced
# expects double-values: run_time_error, wrong_answer
# expects double-gradients: run_time_error, wrong_answer
# expects noise-fresh: run_time_error, wrong_answer
# expects shift-values: run_time_error, wrong_answer

# %%
import sys

import torch

for module in list(sys.modules.values()):
    for name in ("_bytes", "encode", "seed_everything"):
        if getattr(module, "__name__", "").endswith(("worker", "wire", "__main__")) and hasattr(module, name):
            setattr(module, name, lambda *args, **kwargs: None)
