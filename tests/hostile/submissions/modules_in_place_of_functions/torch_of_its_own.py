# class: modules in place of functions
# attack: a module called torch, whose comparisons say yes, is put in place of torch
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import sys
import types

import torch as real


class Fake(types.ModuleType):
    def __getattr__(self, name):
        return (lambda *args, **kwargs: True) if name in ("equal", "allclose") else getattr(real, name)


sys.modules["torch"] = torch = Fake("torch")
