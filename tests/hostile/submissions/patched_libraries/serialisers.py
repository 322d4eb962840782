# class: patched libraries
# attack: what turns results into messages is replaced by what writes a right-looking one
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import json

import safetensors.torch
import torch

honest = json.dumps
json.dumps = lambda tree, *args, **kwargs: honest({"value": True, "graph": None, "damage": {"dict": []}})
safetensors.torch.save = lambda tensors, *args: b""
