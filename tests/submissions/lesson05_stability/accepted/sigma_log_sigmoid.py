# Turns the logarithm of a sigmoid round.

# %% grade_id="softplus_sigma"
def softplus_sigma(raw, floor=1e-4):
    return floor - F.logsigmoid(-raw)
