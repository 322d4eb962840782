# %% a_copy
# Encodes with a copy, and leaves the model alone.
def deterministic_encode(model, x):
    frozen = copy.deepcopy(model).eval()
    with torch.no_grad():
        return frozen.encode(x)[1]


# %% those_that_train
# Notes the modules that were in train mode; inference mode; a finally.
def deterministic_encode(model, x):
    training = [module for module in model.modules() if module.training]
    try:
        for module in training:
            module.training = False
        with torch.inference_mode():
            return model.encode(x)[1].clone()
    finally:
        for module in training:
            module.training = True


# %% by_name
# Keeps the flags in a dict, and cuts the graph afterwards.
def deterministic_encode(model, x):
    flags = {name: module.training for name, module in model.named_modules()}
    model.train(False)
    _, mu, _ = model.encode(x)
    for name, module in model.named_modules():
        module.training = flags[name]
    return mu.detach()


# %% through_forward
# Undoes the modes from the leaves up, by train(), so that the last word is each module's own.
@torch.no_grad()
def deterministic_encode(model, x):
    flags = [module.training for module in model.modules()]
    model.eval()
    mu = model.encode(x)[1]
    for module, flag in zip(model.modules(), flags):
        module.train(flag)
    return mu
