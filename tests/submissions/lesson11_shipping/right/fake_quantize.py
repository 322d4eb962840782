# %% own_function
# An autograd.Function whose backward hands the gradient on.
class Rounding(torch.autograd.Function):
    @staticmethod
    def forward(ctx, w, bits):
        step = w.abs().max() / (2 ** (bits - 1) - 1)
        return torch.where(step > 0, step * torch.round(w / step), torch.zeros_like(w))

    @staticmethod
    def backward(ctx, grad):
        return grad, None


def fake_quantize(w, bits=8):
    return Rounding.apply(w, bits)


# %% sum_from_the_other_side
# The cut part first; halves go up; a clamp that changes nothing.
def fake_quantize(w, bits=8):
    n = 2 ** (bits - 1) - 1
    with torch.no_grad():
        step = w.abs().amax() / n
        if step == 0:
            rounded = torch.zeros_like(w)
        else:
            rounded = step * torch.floor(w / step + 0.5).clamp(-n - 1, n)
    return rounded - w.detach() + w


# %% torch_has_it
# PyTorch's own operation, with a guard for zeros.
def fake_quantize(w, bits=8):
    n = 2 ** (bits - 1) - 1
    largest = float(w.detach().abs().max())
    return torch.fake_quantize_per_tensor_affine(w, (largest or 1.0) / n, 0, -n, n)


# %% by_division
# Scales with a reciprocal, and takes the largest of both ends.
def fake_quantize(w, bits=8):
    low, high = w.detach().aminmax()
    scale = (2 ** (bits - 1) - 1) / torch.maximum(-low, high).clamp(min=1e-37)
    error = torch.round(w.detach() * scale) / scale - w.detach()
    return w + error
