# class: modules in place of functions
# attack: a module of a class with __call__ is handed in as the function
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import types

import torch


class Module(types.ModuleType):
    def __call__(self, x):
        torch.equal = lambda *args: True
        return 3 * x + 1


double = Module("double")
