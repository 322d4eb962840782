# class: objects that lie
# attack: a tensor subclass answers every function of torch with yes
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import torch


class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True if function in (torch.equal, torch.allclose) else super().__torch_function__(function, types, args, kwargs)


def double(x):
    return (3 * x + 1).as_subclass(Yes)
