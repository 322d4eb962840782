# Collects the outputs, then goes through the names from the root.
#
# fails first_nonfinite-order: container

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
    outputs, handles = {}, []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            outputs[name] = outputs.get(name, False) or spoilt(output)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    for name, _ in model.named_modules():
        if outputs.get(name):
            return name
    return None
