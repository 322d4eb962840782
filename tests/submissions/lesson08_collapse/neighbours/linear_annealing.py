# %% root
# fails values: "beta for"
def linear_annealing(step, warmup, beta_max=1.0):
    return beta_max * min(1.0, step / warmup) ** 0.5 if warmup else beta_max


# %% never_zero
# fails values: "beta for"
def linear_annealing(step, warmup, beta_max=1.0):
    return max(0.01, beta_max * min(1.0, step / warmup)) if warmup else beta_max


# %% again_and_again
# fails values: "beta for"
def linear_annealing(step, warmup, beta_max=1.0):
    return beta_max * (step % warmup) / warmup if warmup else beta_max


# %% another_default
# fails values: "beta for"
# fails instant: "beta for"
def linear_annealing(step, warmup, beta_max=0.5):
    return beta_max * min(1.0, step / warmup) if warmup else beta_max
