# class: patched libraries
# attack: torch draws zeros, and the derivative of everything is two
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer, run_time_error
# expects noise-fresh: wrong_answer

# %%
import torch

torch.randn = lambda *args, **kwargs: torch.zeros(4, dtype=torch.float64, requires_grad=True)
torch.autograd.grad = lambda outputs, inputs, *args, **kwargs: (torch.full_like(inputs, 2.0),)


# %% grade_id="noise"
def noise(n):
    return torch.zeros(n)
