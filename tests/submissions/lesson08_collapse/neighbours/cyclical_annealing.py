# %% whole_rise
# A rising part of whole steps.
# fails values: "beta for"
# fails reset: "beta for"
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    rise = int(ratio * period)
    return beta_max * min(1.0, (step % period) / rise)


# %% two_cycles
# Resets once.
# fails reset: "beta for"
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    within = step if step < period else step - period
    return beta_max * min(1.0, within / period / ratio)


# %% limit_one
# fails values: "beta for"
# fails reset: "beta for"
# fails plateau: "beta for"
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    return min(1.0, beta_max * (step % period) / period / ratio)


# %% another_default
# fails values: "beta for"
# fails reset: "beta for"
# fails plateau: "beta for"
def cyclical_annealing(step, period, ratio=1.0, beta_max=1.0):
    return beta_max * min(1.0, (step % period) / period / ratio)
