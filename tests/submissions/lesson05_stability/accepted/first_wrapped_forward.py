# Puts a wrapper around every forward method, and takes it off again.

# %% grade_id="first_nonfinite"
def tensors(output):
    if torch.is_tensor(output):
        yield output
    elif isinstance(output, dict):
        for value in output.values():
            yield from tensors(value)
    elif isinstance(output, (tuple, list)):
        for value in output:
            yield from tensors(value)


def spoilt(output):
    return any(not torch.isfinite(t).all() for t in tensors(output))


def first_nonfinite(model, x):
    found = []

    def wrap(name, module):
        forward = module.forward

        def wrapped(*args, **kwargs):
            output = forward(*args, **kwargs)
            if spoilt(output):
                found.append(name)
            return output

        module.forward = wrapped

    for name, module in model.named_modules():
        wrap(name, module)
    try:
        model(x)
    finally:
        for module in model.modules():
            del module.forward
    return found[0] if found else None
