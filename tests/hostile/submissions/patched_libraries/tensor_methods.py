# class: patched libraries
# attack: every tensor equals every other and is true
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import torch

for name in ("__eq__", "__bool__", "equal", "allclose", "all", "any"):
    setattr(torch.Tensor, name, lambda *args, **kwargs: True)
