# %% weights
# A mean of both temperatures, with weights that change.
def temperature(minutes, start, room, rate):
    left = torch.exp(-rate * minutes)
    return left * start + (1 - left) * room


# %% half_lives
# Counted in halvings.
def temperature(minutes, start, room, rate):
    halvings = rate * minutes / torch.log(torch.tensor(2.0, dtype=rate.dtype))
    return room - (room - start) * 0.5**halvings
