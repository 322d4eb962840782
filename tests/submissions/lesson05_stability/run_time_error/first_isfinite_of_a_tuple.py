# Asks isfinite about whatever comes.
#
# fails first_nonfinite-outputs: "TypeError"

# %% grade_id="first_nonfinite"
def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if not torch.isfinite(output).all():
                found.append(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
