# class: objects that lie
# attack: a tensor over foreign storage, with strides of nought and elements that overlap
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import torch


def double(x):
    return torch.as_strided(3 * x + 1, (4,), (0,))
