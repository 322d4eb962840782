# %% stack
# Keeps a list of what is left to search, and one hook for all modules.
def first_nonfinite(model, x):
    names = {module: name for name, module in model.named_modules()}
    found = []

    def hook(module, args, output):
        todo = [output]
        while todo:
            item = todo.pop()
            if isinstance(item, dict):
                todo += item.values()
            elif isinstance(item, (list, tuple)):
                todo += item
            elif isinstance(item, torch.Tensor) and not item.isfinite().all():
                found.append(names[module])

    handles = [module.register_forward_hook(hook) for module in names]
    try:
        model(x)
    finally:
        while handles:
            handles.pop().remove()
    return next(iter(found), None)
