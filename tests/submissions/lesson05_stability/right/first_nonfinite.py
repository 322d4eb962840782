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


# %% global_hook
# Uses one hook for every module there is, in a context.
from contextlib import ExitStack


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
    names = {id(module): name for name, module in model.named_modules()}
    answer = []

    def hook(module, args, output):
        if not answer and id(module) in names and spoilt(output):
            answer.append(names[id(module)])

    with ExitStack() as stack:
        stack.callback(nn.modules.module.register_module_forward_hook(hook).remove)
        model(x)
    return answer[0] if answer else None


# %% in_a_copy
# Watches a copy of the model.
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


# %% stops_early
# Stops the model by an exception of its own at the first bad output.
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


class Found(Exception):
    pass


def first_nonfinite(model, x):
    handles = []
    for name, module in model.named_modules():

        def hook(module, args, output, name=name):
            if spoilt(output):
                raise Found(name)

        handles.append(module.register_forward_hook(hook))
    try:
        model(x)
    except Found as found:
        return found.args[0]
    finally:
        for handle in handles:
            handle.remove()
    return None


# %% tree_flatten
# Flattens outputs with PyTorch's own trees.
from torch.utils._pytree import tree_leaves


def first_nonfinite(model, x):
    record, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, out, name=name: record.append((name, tree_leaves(out))))
        )
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    for name, leaves in record:
        for leaf in leaves:
            if torch.is_tensor(leaf) and leaf.is_floating_point() and not (leaf.abs() < torch.inf).all():
                return name
    return None


# %% wrapped_forward
# Puts a wrapper around every forward method, and takes it off again.
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


# %% exit_stack
# Uses pattern matching and an ExitStack.
from contextlib import ExitStack


def first_nonfinite(model, x):
    first = None

    def tensors(o):
        match o:
            case Tensor():
                yield o
            case dict():
                for v in o.values():
                    yield from tensors(v)
            case list() | tuple():
                for v in o:
                    yield from tensors(v)

    def watch(name, module, args, output):
        nonlocal first
        if first is None and any(not t.isfinite().all().item() for t in tensors(output)):
            first = name

    with ExitStack() as stack, torch.no_grad():
        for name, module in model.named_modules():
            handle = module.register_forward_hook(partial(watch, name))
            stack.callback(handle.remove)
        model(x)
    return first
