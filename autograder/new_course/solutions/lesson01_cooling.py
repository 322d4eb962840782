# %% [markdown]
# # Lesson 1: how a cup of coffee cools
#
# **The question of this lesson: how warm is the cup in ten minutes, and what kind of cup is it?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 25 minutes | tensors and `loss.backward()` | 4 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - write down a law of cooling as code, for one cup or for many at once;
# - say which derivative tells what a measurement knows;
# - find an unknown number from five readings of a thermometer.

# %% locked="imports"
import matplotlib.pyplot as plt
import torch
from torch import Tensor

# %% [markdown]
# ## What shrinks
#
# Coffee of 80 degrees stands in a room of 20 degrees.
# After 10 minutes it has 50 degrees.

# %% predict="later"

# %% tags=["demo"]
room, distance = 20.0, 60.0  # the distance of 80 degrees to the room
for minutes in (0, 10, 20, 30):
    print(f"after {minutes:2} minutes: {room + distance:4.1f} degrees, {distance:4.1f} above the room")
    distance /= 2

# %% outcome="later"

# %% [markdown]
# Not 20 degrees, and not 25.
# Each ten minutes halve what lies *between the cup and the room*: 60, 30, 15, 7.5 degrees.
# The temperature itself is never halved, and the cup never gets colder than the room.
#
# This is Newton's law of cooling.
# With a rate $k$ (in 1/minute) the distance shrinks as $e^{-kt}$, and
#
# $$T(t) = T_\text{room} + (T_\text{start} - T_\text{room})\, e^{-k t}.$$
#
# A thin cup has a large $k$, a vacuum flask has a small one.

# %% [markdown]
# ### Exercise 1: `temperature`
#
# *Difficulty ●○○○○ (1 of 5) · 10 minutes*
#
# Return how warm the cups are.
#
# - `minutes` is a tensor of any shape: the time since the coffee was poured.
# - `start` and `room` are temperatures, `rate` is $k$ in 1/minute: tensors that broadcast with `minutes`.
# - The result has the broadcast shape.
# - Gradients reach all four.
#
# Replace `raise NotImplementedError` with your code, run the cell, then run the two check cells below it.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What is the answer at minute 0, and what is it after a whole day?
# Your line must give both.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# First compute which part of the distance is left; it lies between 0 and 1.
# Then add that part of the distance to the room.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour, worked out: a bath tub fills, and the nearer the water is to the rim, the slower it rises.
# Its level begins at `low` and comes nearer to `rim`.
# What shrinks is the distance to the rim, so the code says which part of it is left:
#
# ```python
# def level(minutes, low, rim, rate):
#     left = torch.exp(-rate * minutes)
#     return rim - (rim - low) * left
# ```
#
# Check it as in hint 1: at minute 0 `left` is 1 and the level is `low`; much later `left` is 0 and the level is `rim`.
# For the cup, ask what takes the place of the rim, and whether the rest is added or taken off.
#
# </details>


# %% answer="temperature"
def temperature(minutes: Tensor, start: Tensor, room: Tensor, rate: Tensor) -> Tensor:
    """Say how warm a cup is by Newton's law of cooling.

    minutes: time since it was poured.  start, room: temperatures in degrees.  rate: k in 1/minute.
    All are tensors that broadcast.  Returns degrees, of the broadcast shape.
    """
    ### BEGIN SOLUTION
    return room + (start - room) * torch.exp(-rate * minutes)
    ### END SOLUTION


# %% checks={"values": 2, "gradients": 2}

# %% [markdown]
# **You should see** two lines, each with a tick.
#
# ## What five readings know
#
# Somebody wrote down five readings of a thermometer, and did not say what cup it was.
# The rate is unknown, and your function carries gradients to it.
# So begin with a guess, ask how far the curve is from the readings, and go downhill.

# %% predict="readings"

# %% tags=["demo"]
minutes = torch.tensor([0.0, 5.0, 10.0, 20.0, 30.0])
readings = torch.tensor([80.2, 66.4, 56.1, 42.3, 33.0])  # degrees, made up for this lesson
start, room = torch.tensor(80.0), torch.tensor(20.0)

rate = torch.tensor(0.2, requires_grad=True)
optimizer = torch.optim.Adam([rate], lr=0.01)
for _ in range(200):
    optimizer.zero_grad()
    (temperature(minutes, start, room, rate) - readings).square().mean().backward()
    optimizer.step()

pull = (start - room) * minutes * torch.exp(-rate.detach() * minutes)  # degrees by which a reading answers to the rate
for at, degrees in zip(minutes.tolist(), pull.tolist(), strict=True):
    print(f"minute {at:2.0f}: {degrees:4.0f} degrees for each 1/minute of the rate")

# %% plot=true
# Draws figure 1: the readings, the guess and the curve that was found.
t = torch.linspace(0, 40, 200)
_, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
axes.plot(t, temperature(t, start, room, torch.tensor(0.2)), "--", label="the guess, k = 0.2 per minute")
axes.plot(t, temperature(t, start, room, rate.detach()), label=f"found, k = {rate.item():.3f} per minute")
axes.plot(minutes, readings, "o", color="black", label="five readings")
axes.axhline(room, linestyle=":", color="gray", label="the room")
axes.set(xlabel="time since it was poured (minutes)", ylabel="temperature (degrees)")
axes.set_title("Five readings and a gradient tell what kind of cup it is")
axes.legend()
plt.show()

# %% outcome="readings"
minutes[pull.argmax()]

# %% [markdown]
# *Figure 1. Temperature against time.*
# *The dashed curve of the guess falls too fast and lies below all later readings; the solid one, with the rate that was found, goes through them.*
#
# The derivative of the temperature in the rate is $-(T_\text{start} - T_\text{room})\, t\, e^{-kt}$.
# At minute 0 it is 0: every curve begins at 80 degrees, whatever the rate.
# After hours it is nearly 0 again: every cup has the temperature of the room.
# Only the readings between know the rate, best those near $t = 1/k$.
# A derivative says what a measurement can teach you, before you measure.

# %% [markdown]
# ## Recap
#
# **You built** the law of cooling, and found the rate of a cup by its gradient.
#
# **Three sentences to remember**
#
# 1. What shrinks is the distance to the room, not the temperature.
# 2. Test a formula where you know the answer: at the start, and after a long time.
# 3. Where the derivative is 0, a measurement teaches nothing.

# %% progress=true
