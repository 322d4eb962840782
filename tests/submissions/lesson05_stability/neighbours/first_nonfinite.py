# %% pair
# Returns more than the name.
# fails order: "the answer is wrong"
# fails outputs: "the answer is wrong"
# fails edges: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return (found[0], "nan") if found else None


# %% a_list
# Returns all names.
# fails order: "the answer is wrong"
# fails outputs: "the answer is wrong"
# fails edges: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found


# %% always_none
# Finds nothing.
# fails order: "the answer is wrong"
# fails outputs: "the answer is wrong"
# fails edges: "the answer is wrong"
def first_nonfinite(model, x):
    model(x)
    return None


# %% always_root
# Finds the root.
# fails order: "the answer is wrong"
# fails outputs: "the answer is wrong"
# fails edges: "the answer is wrong"
def first_nonfinite(model, x):
    model(x)
    return ""


# %% sorted_names
# The first in the alphabet.
# fails order: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return sorted(found)[0] if found else None


# %% norm
# The norm of an output overflows.
# fails edges: "the answer is wrong"
# fails outputs: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o.float().norm()))
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% isinf_only_positive
# Forgets -inf.
# fails order: "the answer is wrong"
# fails outputs: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return bool((o.isnan() | (o == math.inf)).any())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% first_part_only
# Looks at the first part of a tuple.
# fails outputs: inside
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return spoilt(o[0])
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% another_error
# Raises an error of its own in place of the model's.
# fails hooks: "the model's error did not pass on"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    except Exception as error:
        raise RuntimeError("the model failed") from error
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% forward_wrapped
# Leaves wrappers around the forward methods.
# fails hooks: "methods of the modules are replaced after the search"
def first_nonfinite(model, x):
    found = []

    def wrap(name, module):
        forward = module.forward

        def wrapped(*args, **kwargs):
            out = forward(*args, **kwargs)
            if any(not torch.isfinite(t).all() for t in torch.utils._pytree.tree_leaves(out) if torch.is_tensor(t)):
                found.append(name)
            return out

        module.forward = wrapped

    for name, module in model.named_modules():
        wrap(name, module)
    model(x)
    return found[0] if found else None


# %% children_and_root
# Watches the children and the root.
# fails order: "the answer is wrong"
def spoilt(o):
    return any(not torch.isfinite(t).all() for t in torch.utils._pytree.tree_leaves(o) if torch.is_tensor(t))


def first_nonfinite(model, x):
    found = []
    pairs = [*model.named_children(), ("", model)]
    handles = [m.register_forward_hook(lambda m, a, o, n=n: found.append(n) if spoilt(o) else None) for n, m in pairs]
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% leaves_and_root
# Watches the modules without children, and the root.
# fails order: "the answer is wrong"
def spoilt(o):
    return any(not torch.isfinite(t).all() for t in torch.utils._pytree.tree_leaves(o) if torch.is_tensor(t))


def first_nonfinite(model, x):
    found = []
    pairs = [(n, m) for n, m in model.named_modules() if not n or not list(m.children())]
    handles = [m.register_forward_hook(lambda m, a, o, n=n: found.append(n) if spoilt(o) else None) for n, m in pairs]
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% root_called_root
# Another name for the root.
# fails edges: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return (found[0] or "root") if found else None


# %% frozen
# Freezes the parameters.
# fails hooks: "the parameters of the model changed after the search"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model.requires_grad_(False)
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% zero_grad
# Takes the gradients away.
# fails hooks: "the gradients of the parameters changed after the search"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model.zero_grad()
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% the_text_none
# The text None.
# fails outputs: "the answer is wrong"
# fails edges: "the answer is wrong"
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else "None"


# %% isnan_and_no_containers
# Two mistakes.
# fails order: isnan
# fails outputs: isnan
# fails edges: isnan
def spoilt(o):
    if torch.is_tensor(o):
        return bool(torch.isnan(o).any())
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles:
            h.remove()
    return found[0] if found else None


# %% removed_if_found
# Removes hooks only where something was found.
# fails hooks: hooks_left
def spoilt(o):
    if torch.is_tensor(o):
        return not bool(torch.isfinite(o).all())
    if isinstance(o, dict):
        return any(spoilt(v) for v in o.values())
    if isinstance(o, (list, tuple)):
        return any(spoilt(v) for v in o)
    return False


def first_nonfinite(model, x):
    found, handles = [], []
    for name, module in model.named_modules():
        handles.append(
            module.register_forward_hook(lambda m, a, o, name=name: found.append(name) if spoilt(o) else None)
        )
    try:
        model(x)
    finally:
        for h in handles if found else []:
            h.remove()
    return found[0] if found else None
