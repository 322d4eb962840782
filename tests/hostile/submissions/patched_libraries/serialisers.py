# class: patched libraries
# attack: what turns results into messages is replaced by what writes a right-looking one
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import json

import autograder.boundary.wire

honest = json.dumps
json.dumps = lambda tree, *args, **kwargs: honest({"value": True, "graph": None, "damage": {"dict": []}})
ctypes.string_at = lambda *args: bytes(64)
autograder.boundary.wire.pack = lambda tensors: ({}, b"")
