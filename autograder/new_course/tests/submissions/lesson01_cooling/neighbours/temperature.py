# %% rate_of_halving
# fails values: "the temperature is wrong"
# fails gradients: "the derivative in minutes is wrong"
# The distance shrinks, and the room is where it should be: none of the listed mistakes was made.
def temperature(minutes, start, room, rate):
    return room + (start - room) * 0.5 ** (rate * minutes)
