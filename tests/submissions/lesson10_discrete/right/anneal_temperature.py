# %% torch
def anneal_temperature(step, start, end, rate):
    return max(end, (start * torch.exp(torch.tensor(-rate * step, dtype=torch.float64))).item())


# %% branch
def anneal_temperature(step, start, end, rate):
    tau = start / math.e ** min(700.0, rate * step)
    if tau < end:
        return end
    return tau


# %% when_it_ends
def anneal_temperature(step, start, end, rate):
    if rate * step >= math.log(start / end):
        return float(end)
    return start * math.exp(-rate) ** step
