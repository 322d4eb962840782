# %% guard_at_the_end
def linear_annealing(step, warmup, beta_max=1.0):
    if step >= warmup:
        return beta_max
    return beta_max * step / warmup


# %% numpy
def linear_annealing(step, warmup, beta_max=1.0):
    import numpy as np

    return beta_max if warmup == 0 else beta_max * np.clip(step / warmup, 0, 1)


# %% minimum_of_two
# Limits the line itself.
def linear_annealing(step, warmup, beta_max=1.0):
    return min(beta_max, beta_max / warmup * step) if warmup > 0 else beta_max


# %% exception
def linear_annealing(step, warmup, beta_max=1.0):
    try:
        share = step / warmup
    except ZeroDivisionError:
        share = 1.0
    return float(min(share, 1.0) * beta_max)


# %% whole_zero
# Gives the int 0 at the start.
def linear_annealing(step, warmup, beta_max=1.0):
    if warmup and step == 0:
        return 0
    return beta_max * (1 if not warmup else min(step, warmup) / warmup)
