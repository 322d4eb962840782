# Looks at the output of the model only.
#
# fails first_nonfinite-order: container
# fails first_nonfinite-outputs: inside

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
    return "" if spoilt(model(x)) else None
