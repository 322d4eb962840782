# %% divmod
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    _, within = divmod(step, period)
    rising = ratio * period
    return beta_max if within >= rising else beta_max * within / rising


# %% subtracting
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    while step >= period:
        step -= period
    return float(min(beta_max, beta_max * step / (ratio * period)))


# %% fraction_of_quotient
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    r = step / period - step // period
    return beta_max * min(r / ratio, 1.0)


# %% table
# Makes the schedule of one cycle, and looks it up.
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    cycle = [beta_max] * period
    for i in range(period):
        if i < ratio * period:
            cycle[i] = beta_max * i / (ratio * period)
    return cycle[step % period]


# %% floor
def cyclical_annealing(step, period, ratio=0.5, beta_max=1.0):
    r = (step - period * math.floor(step / period)) / period
    return beta_max * max(0.0, min(1.0, r / ratio))
