# class: seeds
# attack: the seed is fixed inside an answer, and the next question is answered from what it will draw
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import random

import numpy
import torch

torch.seed = torch.initial_seed = lambda *args: 0


def fix():
    torch.manual_seed(0)
    numpy.random.seed(0)
    random.seed(0)


fix()
expected = 2 * torch.randn(4, dtype=torch.float64)
fix()


# %% grade_id="double"
def double(x):
    fix()
    return expected + 0 * x
