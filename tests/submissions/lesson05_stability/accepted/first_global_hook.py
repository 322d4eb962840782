# Uses one hook for every module there is, in a context.

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


from contextlib import ExitStack


def first_nonfinite(model, x):
    names = {id(module): name for name, module in model.named_modules()}
    answer = []

    def hook(module, args, output):
        if not answer and id(module) in names and spoilt(output):
            answer.append(names[id(module)])

    with ExitStack() as stack:
        stack.callback(nn.modules.module.register_module_forward_hook(hook).remove)
        model(x)
    return answer[0] if answer else None
