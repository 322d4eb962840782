# Skips outputs that are no tensors.
#
# fails first_nonfinite-outputs: "a tensor within a tuple, a list or a dict was missed"

# %% grade_id="first_nonfinite"
def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if torch.is_tensor(output) and not output.isfinite().all():
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
