# %% children_flags_only
# Puts back the flags of the modules in the model, and not its own.
# fails mode: "a mode is not as before"
# fails modules: "a mode is not as before"
def deterministic_encode(model, x):
    flags = [(m, m.training) for m in model.children()]
    was = model.training
    model.eval()
    with torch.no_grad():
        mu = model.encode(x)[1]
    for m, f in flags:
        m.training = f
    return mu


# %% mixed
# Adds some of logvar.
# fails values: "is wrong"
def deterministic_encode(model, x):
    m = copy.deepcopy(model).eval()
    with torch.no_grad():
        z, mu, lv = m.encode(x)
    return mu + 0.01 * lv


# %% float16
# Rounds mu to float16.
# fails values: "is wrong"
def deterministic_encode(model, x):
    m = copy.deepcopy(model).eval()
    return m.encode(x)[1].detach().half().double()
