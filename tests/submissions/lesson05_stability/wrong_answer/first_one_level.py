# Searches containers one level deep.
#
# fails first_nonfinite-outputs: inside

# %% grade_id="first_nonfinite"
def spoilt(output):
    parts = output.values() if isinstance(output, dict) else output if isinstance(output, (tuple, list)) else [output]
    return any(torch.is_tensor(part) and not part.isfinite().all() for part in parts)


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if spoilt(output):
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
