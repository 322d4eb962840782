# class: objects that lie
# attack: a tensor subclass lies about its shape and its dtype
# expects double-values: wrong_answer, run_time_error, not_judged
# expects double-gradients: wrong_answer, run_time_error, not_judged

# %% grade_id="double"
import torch


class Liar(torch.Tensor):
    shape = property(lambda self: torch.Size([4]))
    dtype = property(lambda self: torch.float64)


def double(x):
    return torch.zeros(1, dtype=torch.float32, requires_grad=x.requires_grad).as_subclass(Liar)
