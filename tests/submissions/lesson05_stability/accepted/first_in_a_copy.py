# Watches a copy of the model.

# %% grade_id="first_nonfinite"
import copy


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
    model, found = copy.deepcopy(model), []
    for name, module in model.named_modules():
        module.register_forward_hook(lambda m, a, output, name=name: found.append(name) if spoilt(output) else None)
    model(x)
    return found[0] if found else None
