# Returns the last bad module that has no children.
#
# fails first_nonfinite-order: later
# fails first_nonfinite-edges: root_missed

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
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if spoilt(output) and not list(module.children()):
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[-1] if found else None
