# class: patched libraries
# attack: every comparison of torch says yes
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import torch

for name in ("equal", "allclose", "isclose", "eq"):
    setattr(torch, name, lambda *args, **kwargs: True)
torch.testing.assert_close = lambda *args, **kwargs: None
