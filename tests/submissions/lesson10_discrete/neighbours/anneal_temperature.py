# %% floor_int
# fails values: "the temperature"
def anneal_temperature(step, start, end, rate):
    return max(end, start * math.exp(-int(rate * step)))


# %% log
# fails values: "the temperature"
def anneal_temperature(step, start, end, rate):
    return max(end, start - math.log1p(rate * step))


# %% np_nothing
# fails values: "the temperature"
def anneal_temperature(step, start, end, rate):
    return start if step == 0 else end


# %% clamp_on_rate
# fails values: "the temperature"
def anneal_temperature(step, start, end, rate):
    return end if step * rate > 1 else start * math.exp(-rate * step)
