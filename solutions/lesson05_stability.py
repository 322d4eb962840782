# %% [markdown]
# # Lesson 5: numbers that survive
#
# **The question of this lesson: why does a correct formula return inf or NaN, and what does the repair cost?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 90 minutes | lesson 3; lesson 4 helps | 40 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - say which numbers a floating-point type can hold, and where `exp` leaves them;
# - limit a log-variance, and say what the limit costs;
# - write a loss and a mean that are right for extreme inputs;
# - recognise digits that cancel, and keep them;
# - find the first module of a model whose output is not finite.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Cells that only show something are yours to change.
# An exercise is one function: replace `raise NotImplementedError` with your code, and leave the inputs as they are.
# Then run the check cells below your answer.

# %% locked="imports"
import math
import warnings
from functools import partial
from typing import Any

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

# %% [markdown]
# ## A good loss, one step before the end
#
# A robot measures its distance to a wall.
# Its network predicts the distance as a normal distribution: a mean `mu` and a log-variance `logvar`.
# Both start at 0.
# The loss is the negative log-density of the reading $x$, without its constant:
#
# $$L = \tfrac12 \Big( \text{logvar} + \frac{(x - \mu)^2}{\exp(\text{logvar})} \Big).$$
#
# The formula is right.
# But the first reading arrives in millimetres, not in metres: $x = 1000$.

# %% predict="first_nan"

# %% tags=["demo"]
x, mu = torch.tensor(1000.0), torch.tensor(0.0)
logvar = torch.tensor(0.0)
for step in range(4):
    logvar.requires_grad_()
    loss = 0.5 * (logvar + (x - mu) ** 2 / torch.exp(logvar))
    (gradient,) = torch.autograd.grad(loss, logvar)
    print(f"step {step}: logvar {logvar.item():7.2f}   loss {loss.item():10.2f}", end="")
    print(f"   gradient {gradient.item():10.2f}")
    logvar = (logvar - 0.001 * gradient).detach()

# %% outcome="first_nan"

# %% [markdown]
# At step 1 the loss looks excellent: it fell from 500,000 to 250.
# Only the gradient is NaN, and few programs print gradients.
# One step later everything is NaN, and it stays so.
#
# What happened at step 1?
# `logvar` is about 500, so $\exp(\text{logvar})$ is too large for the number format and becomes `inf`.
# In the loss, $x^2 / \infty = 0$ does no harm.
# In the gradient stands $0 \cdot \infty$, and that has no value: NaN.
#
# This lesson is about such accidents: where they begin, how to prevent them, and what the prevention costs.

# %% [markdown]
# ## What a float can hold
#
# A floating-point number has a sign, an exponent and a few digits.
# The exponent sets the range; the digits set the precision.
# `torch.finfo` tells both.
#
# - `max` is the largest number. What exceeds it *overflows* to `inf`.
# - `smallest normal` is the smallest positive number with all its digits. What is far below it *underflows* to 0.
# - `eps` is the distance from 1 to the next number. (It is not the noise `eps` of lesson 3.)

# %% predict="largest"

# %% tags=["demo"]
print(f"{'dtype':<10}{'max':>10}{'smallest normal':>17}{'eps':>10}{'exp overflows above':>21}")
for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
    info = torch.finfo(dtype)
    name = str(dtype).removeprefix("torch.")
    print(f"{name:<10}{info.max:>10.3g}{info.smallest_normal:>17.3g}{info.eps:>10.2g}", end="")
    print(f"{math.log(info.max):>21.2f}")

# Every number that float16 has, to find the last one whose exponential is finite.
every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(torch.float16)
every = every[every.isfinite()]
variance, sigma = torch.exp(every), torch.exp(every / 2)
print("\nfloat16: exp(logvar) is finite up to    ", every[variance.isfinite()].max().item())
print("         and infinite from              ", every[variance.isinf()].min().item())
print("         exp(logvar / 2) is finite up to", every[sigma.isfinite()].max().item())
print("         exp(logvar) is 0 below         ", every[variance > 0].min().item())

# %% outcome="largest"
every[variance.isfinite()].max()

# %% [markdown]
# So float16 has room for a variance only up to `logvar` = 11.09, and for a standard deviation up to 22.17.
# The type bfloat16 has the same size in memory.
# It has the wide range of float32 instead, and pays with digits: its `eps` is 0.0078, so it keeps two to three decimal digits.
#
# Why does a network predict `logvar` at all?
# Because a logarithm is a small number.
# A variance of $10^{-4}$ or $10^{4}$ has a `logvar` of about $-9$ or $9$, and every format holds these well.
# The danger is only in the step back, `exp`.

# %% plot=true
# Draws figure 1: variance and sigma against logvar, and what float16 can hold.
logvar_grid = torch.linspace(-35, 25, 200, dtype=torch.float64)
half = torch.finfo(torch.float16)
_, axes = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
axes.plot(logvar_grid, torch.exp(logvar_grid), color="#D55E00", label="variance, exp(logvar)")
axes.plot(logvar_grid, torch.exp(logvar_grid / 2), "--", color="#0072B2", label="sigma, exp(logvar / 2)")
axes.axhspan(half.max, 1e12, color="0.85")
axes.axhspan(1e-16, half.smallest_normal * half.eps, color="0.85")
axes.text(-34, 1e8, "overflow: inf")
axes.text(4, 1e-12, "underflow: 0")
for low, high, marker in [(-10, 10, "o"), (-30, 20, "s")]:
    ends = torch.tensor([low, high], dtype=torch.float64)
    label = f"variance at {low} and {high}"
    axes.plot(ends, torch.exp(ends), marker, color="black", markersize=8, label=label)
axes.set(yscale="log", ylim=(1e-16, 1e12))
axes.set(xlabel="logvar (natural logarithm)", ylabel="value (unit of z, or its square)")
axes.set_title("[-10, 10] keeps the variance inside float16; [-30, 20] does not")
axes.legend(loc="center left", bbox_to_anchor=(0, 0.63))
plt.show()

# %% [markdown]
# *Figure 1. On a logarithmic axis, variance and standard deviation are rising lines; the variance is twice as steep.*
# *The white band between the two grey areas is what float16 can hold.*
# *The round points, at -10 and 10, are in the white band.*
# *The square points, at -30 and 20, are in the grey: one underflows, the other overflows.*

# %% [markdown]
# ## Claims tested: "-10 and 10 overflow"
#
# > **Claim, found on the web: "logvar of -10 or 10 overflows to NaN."**
#
# Two ideas are mixed in this claim: which numbers are too large, and what too large looks like.

# %% predict="overflow"

# %% tags=["demo"]
print(f"exact: exp(-10) = {math.exp(-10):.3g}, exp(10) = {math.exp(10):,.0f}")
for logvar in (-30.0, -10.0, 10.0, 12.0, 20.0):
    variance = torch.exp(torch.tensor(logvar, dtype=torch.float16))
    print(f"float16: exp({logvar:.0f}) = {variance.item():.5g}")

inf, zero = torch.tensor(math.inf), torch.tensor(0.0)
print("\ninf + 1  ", (inf + 1).item(), "  1 / inf", (1 / inf).item(), "  log(0)", torch.log(zero).item())
print("inf - inf", (inf - inf).item(), "  0 * inf", (zero * inf).item(), "  0 / 0", (zero / zero).item())

# %% outcome="overflow"
torch.exp(torch.tensor(10.0, dtype=torch.float16))

# %% [markdown]
# The claim is **wrong**.
#
# - $e^{10}$ is 22,026, and float16 holds it (rounded to 22,032).
# - $e^{-10}$ is 0.000045, a little below the smallest normal number: it loses some precision, and nothing else happens.
# - What is too large becomes `inf`, not NaN.
#   NaN comes later, from an operation without an answer: $\infty - \infty$, $0 \cdot \infty$, $0 / 0$.
#
# So the place where NaN appears is seldom the place where the trouble began.
# Look for the first `inf`, or the first 0 in a logarithm or under a fraction.

# %% [markdown]
# A clamp to $[-30, 20]$, which can be found in published code, is not safe in float16: $e^{20}$ is `inf` and $e^{-30}$ is 0.

# %% [markdown]
# ## Keep logvar in a safe range
#
# The simplest protection is a *clamp*: replace everything below `low` by `low`, and everything above `high` by `high`.
#
# $$\operatorname{clamp}(v) = \min\big(\max(v, \text{low}), \text{high}\big)$$
#
# The order matters: first the network's output is limited, then `exp` is applied.
# The other order does not help.
# If `exp` has overflowed already, a clamp afterwards changes the value `inf` into a number, but the gradient must still pass through `exp`, and there $0 \cdot \infty$ waits.

# %% [markdown]
# ### Exercise 1: `clamp_logvar`
#
# *Difficulty ●○○○○ (1 of 5) · 4 minutes*
#
# Return `logvar`, limited to the interval from `low` to `high`.
#
# - `logvar` has any shape; the result has the same shape, dtype and device.
# - `low` and `high` are numbers, and `low` is less than `high`.
# - The gradient is 1 inside the interval and 0 outside.
#   Exactly at `low` and `high` it may be anything from 0 to 1: the ways to write a clamp differ there.
# - The input is not changed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which quantity do `low` and `high` limit: the standard deviation, the variance, or its logarithm?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# PyTorch has a function with the name of this operation.
# It takes the tensor, the lower limit and the upper limit, in this order, and autograd knows its derivative.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A clamp on one side, with its gradient:
#
# ```python
# v = torch.tensor([-3.0, 0.5, 4.0], requires_grad=True)
# limited = v.clamp(min=0.0)
# limited.sum().backward()
# print(limited.tolist())  # prints [0.0, 0.5, 4.0]
# print(v.grad.tolist())  # prints [0.0, 1.0, 1.0]
# print(v.tolist())  # prints [-3.0, 0.5, 4.0]
# ```
#
# Where the limit was put in, the gradient is 0; elsewhere the number passed, and the gradient is 1.
# `v` itself is as before.
#
# Yours has a second side.
# And the limits are your arguments `low` and `high`, for `logvar` as it is: no `exp` before, and none after.
# With `low` = 0 and `high` = 2, the three numbers become 0, 0.5 and 2.
#
# </details>


# %% answer="clamp_logvar"
def clamp_logvar(logvar: Tensor, low: float = -10.0, high: float = 10.0) -> Tensor:
    """Limit every element of logvar to the interval from low to high.

    logvar: log-variance, any shape.  low, high: numbers, low < high.
    Returns a tensor of the same shape, dtype and device: logvar inside the interval,
    low or high outside.  logvar itself is not changed.
    The gradient is 1 inside the interval and 0 outside; it is unspecified at low and high.
    """
    ### BEGIN SOLUTION
    return torch.clamp(logvar, low, high)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2}

# %% [markdown]
# **You should see** three lines: about the shape, the values and the gradients.
#
# Now the robot from the beginning again, with one line changed.

# %% predict="clamped"

# %% tags=["demo"]
logvar = torch.tensor(0.0)
for step in range(4):
    logvar.requires_grad_()
    safe = clamp_logvar(logvar)
    loss = 0.5 * (safe + (x - mu) ** 2 / torch.exp(safe))
    (gradient,) = torch.autograd.grad(loss, logvar)
    print(f"step {step}: logvar {logvar.item():7.2f}   loss {loss.item():10.2f}", end="")
    print(f"   gradient {gradient.item():10.2f}")
    logvar = (logvar - 0.001 * gradient).detach()

# %% outcome="clamped"
gradient

# %% [markdown]
# There is no NaN.
# But look at the gradient: it is 0, and `logvar` stays at 500 for ever.
# The clamp made a silent failure out of a loud one.
#
# Outside the interval the clamp is constant, so its derivative is 0.
# By the chain rule, no gradient passes.

# %% [markdown]
# ## Claims tested: "clamping is free"
#
# > **Claim, often taken for granted: "Clamping is free."**
#
# Test it where the answer is known.
# The readings are drawn from $\mathcal{N}(0, 1)$, so the best `logvar` is 0.
# Four units learn it with the loss from above, by Adam.
# They start at different places: two inside the interval, two outside.

# %% predict="free"

# %% tags=["demo"]
torch.manual_seed(0)
readings = torch.randn(10_000)
starts = torch.tensor([5.0, 8.0, 11.0, 14.0])


def learn(limit, steps=300):
    """Train a logvar from each start under a limit; return its values, (steps, starts)."""
    logvar = starts.clone().requires_grad_()
    optimizer = torch.optim.Adam([logvar], lr=0.1)
    history = []
    for _ in tqdm(range(steps), leave=False):
        history.append(logvar.detach().clone())
        safe = limit(logvar)
        loss = 0.5 * (safe + readings.square().mean() / torch.exp(safe)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return torch.stack(history)


hard = learn(clamp_logvar)
print("start", starts.tolist())
print("end  ", [round(end, 2) for end in hard[-1].tolist()])

# %% outcome="free"
hard[-1, 3]

# %% [markdown]
# The claim is **wrong**.
# The units that start inside the interval find 0.
# The units that start outside have not moved at all: their gradient was exactly 0 in every step, so that not even Adam can rescale it.
#
# In a network, `logvar` is computed from an input by shared weights.
# Then a unit outside the interval gets no gradient *from that input*.
# Other inputs, for which it is inside, may pull the weights back.
# If there are none, the unit is lost.
#
# Is the price too high?
# Often not: a clamp that is hardly ever reached protects, and costs nothing.
# But count how often it is reached.

# %% [markdown]
# ## A clamp that still listens
#
# We would like a curve that is straight in the middle, bends before the bounds, and *never becomes quite flat*.
# Then a unit far outside still gets a gradient, however small, and finds its way back.
#
# A first idea is $10 \tanh(v / 10)$.
# It stays between the bounds, and its slope at 0 is 1.
# But it bends at once: for $v = 5$ it gives 4.62.
# So every ordinary `logvar` is changed by the protection.

# %% predict="level"

# %% tags=["demo"]
v = torch.tensor([5.0, 50.0, 100.0], requires_grad=True)
bent = 10 * torch.tanh(v / 10)
bent.sum().backward()
print("value   ", *(f"{value:10.4f}" for value in bent.tolist()))
print("gradient", *(f"{slope:10.3g}" for slope in v.grad.tolist()))

# %% outcome="level"
v.grad[2]

# %% [markdown]
# At 50 the tangent still has a useful gradient.
# At 100 it has rounded to exactly 1, and its gradient is exactly 0: the unit is stuck again.
# Its weak place is the middle.
# A tangent that bends later, at the bounds only, would be stuck much earlier, because it approaches its bounds like an exponential.
# A curve that approaches them like a *power* can do both: stay straight in the middle, and keep a gradient outside.

# %% [markdown]
# Write $c$ for the centre of the interval, $h$ for half its width, and $u = (v - c) / h$ for the position: $u$ is $-1$ at `low` and $1$ at `high`.
# Now you need a curve $s(u)$ with $s(u) \approx u$ for small $u$ and $s(u) \to \pm 1$ for large $|u|$.
# The result is $c + h\,s(u)$.

# %% [markdown]
# ### Exercise 2: `soft_clamp`
#
# *Difficulty ●●●○○ (3 of 5) · 12 minutes*
#
# Return a smooth version of `clamp_logvar`, element by element.
# These must hold for the default bounds, in float64:
#
# - for |logvar| < 5 the result differs from `logvar` by less than 0.05;
# - for |logvar| up to 50 it stays between the bounds (up to $10^{-6}$) and never falls as `logvar` rises;
# - for |logvar| up to 50 its gradient is more than 0, and the gradient does not jump.
#
# The result has the shape, dtype and device of `logvar`.
# Use `low` and `high` in your formula.
# For other bounds, at least 16 apart, the result stays between them (up to 0.001), and it differs from `logvar` by less than 0.05 within 1 of their centre.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# For a power, think of $u / \sqrt{1 + u^2}$.
# It has the right limits, but it bends too early: at $u = 0.5$ it is off by 0.05, which is half a unit of `logvar`.
# Which number in it decides how early?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Replace the 2 by an even power $p$, under the root and as the root.
# For $u = 0.5$, how small must $u^p$ be?
# Four is not quite enough; ten is more than you need.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# How far the curve $s(u) = u / (1 + u^p)^{1/p}$ is off at `logvar` = 5, for the default bounds:
#
# ```python
# u = 5 / 10
# for p in (2, 4):
#     s = u / (1 + u**p) ** (1 / p)
#     print(p, round(5 - 10 * s, 3))
# # prints 2 0.528
# # prints 4 0.075
# ```
#
# Less than 0.05 is asked for.
# Try other powers, even ones: for an odd $p$ and $u = -1$, you would divide by 0.
#
# There are three steps: from `logvar` to $u$, from $u$ to $s$, and back.
# For the bounds -10 and 6, the centre is -2, and `logvar` = 6 has $u = 1$.
#
# </details>


# %% answer="soft_clamp"
def soft_clamp(logvar: Tensor, low: float = -10.0, high: float = 10.0) -> Tensor:
    """Limit logvar to the interval from low to high by a smooth curve; keep a gradient.

    logvar: log-variance, any shape.  low, high: numbers, low < high.
    Returns a tensor of the same shape, dtype and device, element by element; logvar itself
    is not changed.
    For the default bounds and in float64: within 0.05 of logvar for |logvar| < 5;
    for |logvar| <= 50 between low and high (to 1e-6), never falling,
    and with a gradient that is positive and does not jump.
    For other bounds, at least 16 apart: between them (to 0.001), and within 1 of their
    centre within 0.05 of logvar.
    """
    ### BEGIN SOLUTION
    centre, half_width = (high + low) / 2, (high - low) / 2
    u = (logvar - centre) / half_width
    return centre + half_width * u / (1 + u**6) ** (1 / 6)
    ### END SOLUTION


# %% checks={"shape": 1, "middle": 2, "bounds": 1, "gradients": 3}

# %% [markdown]
# **You should see** four lines: about the shape, the middle, the bounds and the gradients.
#
# The next cells compare your curve with the hard clamp and with the hyperbolic tangent.
# The right panel has a logarithmic axis: where a gradient is 0, it cannot be drawn at all.

# %% tags=["demo"]
v = torch.linspace(-120, 120, 2_401, dtype=torch.float64)
clamps = {
    "hard clamp": clamp_logvar,
    "10 tanh(logvar / 10)": lambda v: 10 * torch.tanh(v / 10),
    "your soft_clamp": soft_clamp,
}
curves = {}
for name, clamp in clamps.items():
    at = v.clone().requires_grad_()
    value = clamp(at)
    (gradient,) = torch.autograd.grad(value.sum(), at)
    curves[name] = value.detach(), gradient

# %% plot=true
# Draws figure 2: the three clamps and their gradients.
looks = ("-", "#000000"), (":", "#D55E00"), ("--", "#0072B2")
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for (name, (value, gradient)), (style, colour) in zip(curves.items(), looks, strict=True):
    left.plot(v, value, style, color=colour, label=name, linewidth=2)
    drawable = torch.where(gradient > 0, gradient, math.nan)
    right.plot(v, drawable, style, color=colour, linewidth=2)
left.set(xlim=(-20, 20), ylabel="logvar after", title="value")
right.set(yscale="log", ylim=(1e-11, 10), ylabel="gradient", title="gradient, logarithmic axis")
for panel in (left, right):
    panel.set_xlabel("logvar before (natural logarithm)")
left.legend(loc="upper left", fontsize=9)
figure.suptitle("A soft clamp is straight in the middle, and its gradient outside is small, but not 0")
plt.show()

# %% [markdown]
# *Figure 2. Left: the hard clamp (solid) has two corners; the soft clamp (dashed) rounds them; the tangent (dotted) is closer to 0 than both.*
# *Right: the gradient of the hard clamp is 1 inside and ends at -10 and 10.*
# *That of the tangent falls like a straight line, which means exponentially.*
# *That of the soft clamp stays near 1 inside, falls below the tangent's outside, and then less and less, until it is the largest.*
#
# So the soft clamp does not win everywhere.
# Where does the tangent have the larger gradient?
# The next cell computes it from both closed forms; the curve is the one with the sixth power.

# %% tags=["demo"]
v = torch.linspace(0, 120, 120_001, dtype=torch.float64)
power, tangent = (1 + (v / 10) ** 6) ** (-7 / 6), torch.cosh(v / 10) ** -2
larger = v[tangent > power][1:]  # without 0, where both are 1
most = (tangent / power).argmax()
print(f"the tangent's gradient is larger for |logvar| from {larger.min():.1f} to {larger.max():.1f},")
print(f"    at most {tangent[most] / power[most]:.0f} times, at {v[most]:.0f}")

# %% [markdown]
# The tangent pays for its gradient outside with a bent middle: it changes every ordinary `logvar`.
# The soft clamp pays for its straight middle with a smaller gradient just outside.
#
# Right answers to this exercise differ much at the far end.
# The next cell computes two exact gradients at 50: of a curve with the sixth power, and of one made of two softplus steps, which approaches its bounds like an exponential.

# %% tags=["demo"]
print(f"sixth power:        gradient at 50 = {(1 + 5.0**6) ** (-7 / 6):.2g}")
print(f"two softplus steps: gradient at 50 = {1 / (1 + math.exp(40)):.2g}")
at = torch.tensor(50.0, dtype=torch.float64, requires_grad=True)
(yours,) = torch.autograd.grad(soft_clamp(at), at)
print(f"yours:              gradient at 50 = {yours.item():.2g}")

# %% [markdown]
# Both are positive, and the check accepts both.
# But a gradient of $4 \cdot 10^{-18}$ is useless: Adam itself adds $10^{-8}$ to the size of a gradient before it divides by it.
#
# Now the four units again, with your curve in place of the hard clamp.

# %% predict="come_back"

# %% tags=["demo"]
soft = learn(soft_clamp)
print("end, hard", [round(end, 2) for end in hard[-1].tolist()])
print("end, soft", [round(end, 2) for end in soft[-1].tolist()])

# %% plot=true
# Draws figure 3: logvar step by step, with each clamp.
_, axes = plt.subplots(figsize=(7.5, 4), layout="constrained")
for i in range(len(starts)):
    axes.plot(hard[:, i], "-", color="#D55E00", label="hard clamp" if i == 0 else None)
    axes.plot(soft[:, i], "--", color="#0072B2", label="your soft_clamp" if i == 0 else None)
axes.axhline(10, color="0.6", linewidth=1)
axes.text(210, 9.3, "upper bound", color="0.3")
axes.set(xlabel="step of Adam", ylabel="logvar (natural logarithm)")
axes.set_title("Above the bound, a hard clamp stops all learning; a soft one does not")
axes.legend(loc="center right")
plt.show()

# %% outcome="come_back"
soft[-1].abs().max()

# %% [markdown]
# *Figure 3. Solid lines: with the hard clamp, the two units that start below the bound fall to 0, and the two above it stay level at 11 and 14.*
# *Dashed lines: with the soft clamp, all four fall to 0.*
#
# The soft clamp has a range of its own.
# For $v = 70$, the position is $u = 7$.
# What is $7^6$, and what follows in float16?

# %% tags=["demo"]
print(f"7 ** 6 = {7**6:,}   largest float16: {torch.finfo(torch.float16).max:,.0f}")
u, at = torch.tensor(7.0, dtype=torch.float16), torch.tensor(70.0, dtype=torch.float16)
print("sixth power in float16, at 70:    ", (10 * u / (1 + u**6) ** (1 / 6)).item())
print("your soft_clamp in float16, at 70:", soft_clamp(at).item())
print("the right result, in float64:     ", round(soft_clamp(at.double()).item(), 3))
for dtype in (torch.float64, torch.float32):
    far = torch.tensor(500.0, dtype=dtype, requires_grad=True)
    u = far / 10
    (gradient,) = torch.autograd.grad(10 * u / (1 + u**6) ** (1 / 6), far)
    print(f"sixth power, gradient at 500 in {dtype}: {gradient.item():.2g}")

# %% [markdown]
# A repair can need a repair.
# The sixth power overflows and the fraction becomes 0, so a huge `logvar` becomes 0 instead of 10.
# Then sigma is 1 in place of $e^{10/2} \approx 148$.
# Compute protections in float32.
#
# Float32 has an end too.
# Autograd forms this gradient as a difference of two nearly equal numbers; from about 110 on their digits are used up, and what is left may be 0 or below.
# Lesson 7 shows how to do this inside a model that otherwise uses float16.

# %% [markdown]
# ## Another road to a positive number
#
# Instead of `logvar`, a network may predict a number `raw`, from which another function makes a positive `sigma`.
# The usual choice is the *softplus*:
#
# $$\operatorname{softplus}(r) = \log(1 + e^{r}).$$
#
# For very negative $r$ it is about $e^{r}$; for large $r$ it is about $r$.
# Its derivative is the *sigmoid*, $\operatorname{sigmoid}(r) = 1 / (1 + e^{-r})$, which lies between 0 and 1.
# So it grows like a straight line and cannot explode as `exp` does.
# But it comes as close to 0 as you like, and then $1 / \sigma$ overflows.
# A *floor* prevents this: sigma is never smaller than a small number such as 0.0001.

# %% [markdown]
# Computed as it is written, softplus fails: $e^{r}$ overflows in float32 above 88.7, long before the logarithm makes it small again.
# A popular repair looks convincing.

# %% predict="where"

# %% tags=["demo"]
raw = torch.tensor([0.0, 10.0, 100.0], requires_grad=True)
repaired = torch.where(raw > 20, raw, torch.log(1 + torch.exp(raw)))
repaired.sum().backward()
print("value   ", *(f"{value:9.4f}" for value in repaired.tolist()))
print("exact   ", *(f"{value:9.4f}" for value in F.softplus(raw).tolist()))
print("gradient", *(f"{slope:9.4f}" for slope in raw.grad.tolist()))
print("exact   ", *(f"{slope:9.4f}" for slope in torch.sigmoid(raw).tolist()))

# %% outcome="where"
raw.grad.isnan().sum()

# %% [markdown]
# The values are right, and one gradient is NaN.
# `torch.where` computes *both* branches for every element, and then chooses.
# In the backward pass, the branch that was not chosen gets a gradient of 0.
# This 0 is multiplied by the derivative of that branch, which is `inf`: $0 \cdot \infty$ again.
#
# So a mask on the *output* is not enough.
# Make the *argument* safe, so that no branch ever forms an infinite number.
# For example, $e^{-|r|}$ never exceeds 1:
#
# $$\log(1 + e^{r}) = \max(r, 0) + \log\big(1 + e^{-|r|}\big).$$

# %% [markdown]
# ### Exercise 3: `softplus_sigma`
#
# *Difficulty ●●○○○ (2 of 5) · 7 minutes*
#
# Return a standard deviation from `raw`, by softplus with a floor.
#
# - `raw` has any shape; the result has the same shape, dtype and device.
# - `sigma` lies between softplus(raw) and softplus(raw) + floor.
#   So you may add the floor, or take the larger of the two, or blend.
# - `sigma` is never below `floor`, when both are compared in the dtype of `raw`.
# - For |raw| up to $10^4$ in float32, `sigma` and its gradient are finite.
# - Where softplus is much larger than the floor, the gradient is sigmoid(raw).
#
# You may use what PyTorch has.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The formula above this exercise is stable, and PyTorch has a function that is stable too.
# What remains is the floor.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `torch.nn.functional` has the function under its own name.
# Adding the floor to its result keeps a gradient everywhere; cutting the result from below is right too.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another positive function with a floor: `elu(r) + 1` is $e^r$ below 0 and $r + 1$ above.
#
# ```python
# raw = torch.tensor([-2.0, 3.0])
# positive = torch.nn.functional.elu(raw) + 1
# print(positive)  # prints tensor([0.1353, 4.0000])
# print(positive + 0.25)  # prints tensor([0.3853, 4.2500])
# print(positive.clamp(min=0.25))  # prints tensor([0.2500, 4.0000])
# ```
#
# Two ways to put a floor of 0.25 under it, and both keep the rule: never below the floor, and never more than the floor too large.
# They differ in the gradient of the first number: the clamp makes it 0.
#
# Write the same for softplus, with your argument `floor`.
# The floor goes to the result, not to `raw`.
#
# </details>


# %% answer="softplus_sigma"
def softplus_sigma(raw: Tensor, floor: float = 1e-4) -> Tensor:
    """Turn any real number into a standard deviation: softplus, never below floor.

    raw: output of a network, any shape, float32 or float64.
    floor: a small positive number.
    Returns sigma, same shape, dtype and device: at least floor, and between softplus(raw)
    and softplus(raw) + floor.  Value and gradient are finite for |raw| <= 1e4;
    the gradient is sigmoid(raw) where softplus is far above floor.
    """
    ### BEGIN SOLUTION
    return F.softplus(raw) + floor
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "floor": 1, "extremes": 1, "gradients": 2}

# %% [markdown]
# **You should see** five lines: about the shape, the values, the floor, the extremes and the gradients.
#
# Which road is better, `logvar` or softplus?
# Both are in use.
# A step in `logvar` multiplies sigma, which suits quantities of unknown size, and the KL of lesson 4 needs `logvar` anyway.
# A step in `raw` adds to sigma when sigma is large, so sigma cannot explode.
# For very negative `raw`, softplus is an exponential too, and a step multiplies sigma.

# %% [markdown]
# ## Stay with the logits
#
# A decoder for black and white pixels predicts the probability $p$ that a pixel is 1.
# Its last layer gives a *logit* $\ell$, any real number, and $p = \operatorname{sigmoid}(\ell) = 1 / (1 + e^{-\ell})$.
# For a pixel $x$, 0 or 1, the loss is the negative log-likelihood
#
# $$-\big[\, x \log p + (1 - x) \log(1 - p) \,\big].$$

# %% [markdown]
# In float32, $\operatorname{sigmoid}(\ell)$ rounds to exactly 1 for $\ell$ above about 17.
# Then $1 - p = 0$, and the logarithm is $-\infty$.
# Many programs add a small number: $\log(1 - p + 10^{-8})$.

# %% predict="confident"


# %% tags=["demo"]
def plain(logits):
    return -torch.log(1 - torch.sigmoid(logits))  # the loss for x = 0


def with_small_number(logits):
    return -torch.log(1 - torch.sigmoid(logits) + 1e-8)


def value_and_gradient(function, at):
    """The values of function and its derivatives, element by element."""
    at = at.clone().requires_grad_()
    value = function(at)
    (gradient,) = torch.autograd.grad(value.sum(), at)
    return value.detach(), gradient


for function in (plain, with_small_number):
    value, gradient = value_and_gradient(function, torch.tensor([10.0, 30.0]))
    for i, logit in enumerate((10, 30)):
        print(f"{function.__name__:<18} logit {logit}   loss {value[i].item():7.4f}", end="")
        print(f"   gradient {gradient[i].item():.4f}")

# %% outcome="confident"
value_and_gradient(with_small_number, torch.tensor([30.0]))[1]

# %% [markdown]
# The first program gives `inf`, and its gradient is NaN.
# The second one looks repaired, and that is worse.
# Its loss stops at $-\log 10^{-8} = 18.4$, and its gradient is 0: the most confident mistakes are the ones from which it learns nothing.
#
# Do not repair $p$; do without it.
# Put $p = 1 / (1 + e^{-\ell})$ into the loss and simplify:
#
# - for $x = 1$ the loss is $\log(1 + e^{-\ell})$, which is softplus($-\ell$);
# - for $x = 0$ it is $\log(1 + e^{\ell})$, which is softplus($\ell$).
#
# Can you write both as one formula in $\ell$ and $x$?
# Its derivative in $\ell$ is simple: $\operatorname{sigmoid}(\ell) - x$.

# %% [markdown]
# ### Exercise 4: `bernoulli_nll`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Return the negative log-likelihood of every pixel.
#
# - `logits` and `x` have the same shape and dtype; `x` holds zeros and ones.
# - The result has that shape and dtype: nothing is summed or averaged.
# - For |logit| up to $10^4$ the loss is finite, and its error is at most $10^{-6} \cdot \max(1, |\text{logit}|)$, in float32.
# - The gradient in `logits` is sigmoid(logit) - x, for these logits too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Nowhere in your function should a probability appear.
# Exercise 3 has the only hard part.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# PyTorch has a stable softplus, and also a stable logarithm of the sigmoid.
# It has the whole loss too: its name says "with logits", and by default it averages, which you do not want here.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# One formula for two cases, with $\operatorname{relu}(\ell) = \max(\ell, 0)$ in the place of softplus:
#
# ```python
# ell = torch.tensor([-2.0, -2.0, 3.0, 3.0])
# x = torch.tensor([0.0, 1.0, 0.0, 1.0])
# relu = torch.relu
# cases = (1 - x) * relu(ell) + x * relu(-ell)
# print(cases.tolist())  # prints [0.0, 2.0, 3.0, 0.0]
# print(torch.equal(relu(-ell), relu(ell) - ell))  # prints True
# ```
#
# `x` chooses the case, and nothing infinite was formed in the other one.
# The last line can make it shorter: put it into `cases` and simplify.
#
# Does softplus obey the same rule?
# Try it on paper: $\log(1 + e^{-\ell}) = \log\big((1 + e^{\ell})\, e^{-\ell}\big)$.
# For $\ell = 30$ your loss is 30 at $x = 0$ and nearly 0 at $x = 1$.
#
# </details>


# %% answer="bernoulli_nll"
def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """Compute the negative log-likelihood of x under Bernoulli(sigmoid(logits)), in nats.

    logits: any real numbers.  x: zeros and ones, of the same shape and dtype.
    Returns a tensor of that shape and dtype, element by element, nothing summed;
    finite for |logit| <= 1e4 and right to 1e-6 * max(1, |logit|).
    Its gradient in logits is sigmoid(logits) - x.
    """
    ### BEGIN SOLUTION
    return F.softplus(logits) - x * logits
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "extremes": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines: about the shape, the values, the extremes and the gradients.
#
# The next cells draw all three programs for $x = 0$.

# %% tags=["demo"]
logits = torch.linspace(-5, 40, 500)
programs = {
    "-log(1 - p)": plain,
    "-log(1 - p + 1e-8)": with_small_number,
    "your bernoulli_nll": lambda at: bernoulli_nll(at, torch.zeros_like(at)),
}
losses = {name: value_and_gradient(program, logits) for name, program in programs.items()}

# %% plot=true
# Draws figure 4: the three losses and their gradients.
looks = ("-", "#000000"), (":", "#D55E00"), ("--", "#0072B2")
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for (name, (value, gradient)), (style, colour) in zip(losses.items(), looks, strict=True):
    finite = torch.where(value.isfinite(), value, math.nan)
    left.plot(logits, finite, style, color=colour, label=name, linewidth=2)
    right.plot(logits, gradient, style, color=colour, linewidth=2)
left.set(xlabel="logit (x = 0)", ylabel="loss (nats)", title="loss")
right.set(xlabel="logit (x = 0)", ylabel="gradient in the logit", title="gradient")
right.set_ylim(-0.2, 1.4)
left.legend(fontsize=9)
figure.suptitle("A small number inside the log hides large mistakes, and stops learning from them")
plt.show()

# %% [markdown]
# *Figure 4. Left: the loss from logits (dashed) rises as a straight line; the plain logarithm (solid) ends near 17, where it becomes infinite; with a small number inside (dotted) it stays level at 18.4.*
# *Right: the gradient from logits rises to 1 and stays there.*
# *The plain one ends; the dotted one becomes ragged and falls to 0.*
#
# At the start of training, all logits are near 0, and each pixel costs $\ln 2$ nats.

# %% predict="batch"

# %% tags=["demo"]
print(f"one image: 784 ln 2 = {784 * math.log(2):.1f} nats")
for batch in (100, 120, 121):
    per_pixel = torch.full((batch, 784), math.log(2), dtype=torch.float16)
    in_half, in_single = per_pixel.sum().item(), per_pixel.float().sum().item()
    print(f"batch {batch}: float16 sum {in_half:>6,.0f}   float32 sum {in_single:,.0f}")

# %% outcome="batch"
in_half

# %% [markdown]
# At 121 images.
# No formula is wrong here, and no single number is large: the *sum* is.
# Add in float32, or divide early.
# (The mean over the batch of the sum over pixels is the loss of lesson 4, so the division changes nothing else.)

# %% [markdown]
# ## When digits cancel
#
# Overflow is loud.
# *Cancellation* is quiet: two nearly equal numbers are subtracted, and their common digits vanish.
# What remains are the rounding errors.
#
# The KL of lesson 4, for one latent number, is $\tfrac12 (e^{v} - 1 - v + \mu^2)$, with $v$ for `logvar`.
# Near the prior, $\mu$ and $v$ are small, and $e^{v} - 1 - v$ is about $v^2 / 2$: first the 1 cancels, then $v$.
#
# For the first of the two, PyTorch has `torch.expm1(v)`: it computes $e^{v} - 1$ *without* forming the 1.

# %% predict="cancels"

# %% tags=["demo"]
for mean, v in [(0.01, 0.01), (0.005, 0.005), (0.0, 0.005)]:
    exact = 0.5 * (math.expm1(v) - v + mean**2)
    print(f"mu = {mean}, logvar = {v}: exact {exact:.3g} nats")
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        mu, logvar = torch.tensor(mean, dtype=dtype), torch.tensor(v, dtype=dtype)
        formula = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar))
        with_expm1 = 0.5 * (torch.expm1(logvar) - logvar + mu**2)
        error = abs(with_expm1.item() / exact - 1)
        print(f"    {dtype!s:<15} formula {formula.item():>9.3g}", end="")
        print(f"   with expm1 {with_expm1.item():>9.3g} (off by {error:.2%})")

# %% outcome="cancels"

# %% [markdown]
# By the formula, both 16-bit formats print $-0$: all digits are gone.
# So a latent number that begins to be used still looks unused.
#
# `expm1` saves the digits from the 1, and that is half of a repair.
# $e^{v} - 1$ is nearly $v$, and $v$ is subtracted from it: a second cancellation.
# The first belief hides it, because $\mu^2$ is most of its KL.
# For the other two, bfloat16 has the same number for $e^{v} - 1$ and for $v$: their difference is 0.
# It loses a third of the KL, and then all of it.

# %% [markdown]
# Two repairs are whole.
#
# - **Compute in float32**: `logvar.float()` first, then `expm1`.
#   The second cancellation remains, but float32 has digits to spare.
# - **A series near 0**: $e^{v} - 1 - v = \frac{v^2}{2} + \frac{v^3}{6} + \frac{v^4}{24} + \dots$
#   No two numbers cancel, so every format keeps its own digits.
#   Further out, where $|v|$ is more than about 0.5, take `expm1` again.
#
# The next cell computes $e^{v} - 1 - v$ for every $v$ that bfloat16 has between 0.001 and 1, in four ways.

# %% tags=["demo"]
every = torch.arange(2**15, dtype=torch.int32).to(torch.int16).view(torch.bfloat16)
v = every[(every >= 0.001) & (every <= 1)]
exact = torch.expm1(v.double()) - v.double()
ways = {
    "exp(v) - 1 - v": torch.exp(v) - 1 - v,
    "expm1(v) - v": torch.expm1(v) - v,
    "series, three terms": v * v * (1 / 2 + v * (1 / 6 + v / 24)),
    "expm1(v) - v in float32": torch.expm1(v.float()) - v.float(),
}

# %% plot=true
# Draws figure 5: the relative error of the four ways.
looks = ("x", "#000000"), ("^", "#D55E00"), ("s", "#009E73"), ("o", "#0072B2")
_, axes = plt.subplots(figsize=(8, 4.4), layout="constrained")
for (name, value), (marker, colour) in zip(ways.items(), looks, strict=True):
    error = (value.double() / exact - 1).abs()
    axes.plot(v.double(), error, marker, color=colour, markersize=2.5, label=name)
axes.set(xscale="log", yscale="log", ylim=(1e-8, 1e5))
axes.set(xlabel="v, a logvar in bfloat16 (natural logarithm)", ylabel="relative error (1: all is lost)")
axes.set_title("Near 0, expm1 alone loses the digits too; a series or float32 keeps them")
axes.legend(markerscale=2.5, loc="upper right", fontsize=9)
plt.show()

# %% [markdown]
# *Figure 5. Both axes are logarithmic.*
# *Crosses: the formula as it stands is off by a factor of up to thousands near 0.*
# *Triangles: with `expm1` the error is near 1 on the left, where the result is 0 or one step of the format, and falls to a few hundredths on the right.*
# *Squares: the series stays below one hundredth, the precision of bfloat16, until it lacks a term near $v = 1$.*
# *Round points: in float32 the error is below one thousandth everywhere.*
#
# The gradient in $v$, which is $\tfrac12 (e^{v} - 1)$, is lost with the digits.
# Autograd computes $e^{v}$ for it, and the 1 is back:

# %% tags=["demo"]
for dtype in (torch.bfloat16, torch.float32):
    logvar = torch.tensor(0.005, dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(0.5 * (torch.expm1(logvar) - logvar), logvar)
    print(f"{dtype!s:<15} gradient {gradient.item():.4f}   exact {0.5 * math.expm1(0.005):.4f}")

# %% [markdown]
# So near the prior bfloat16 is wrong by more than half in the gradient, `expm1` or not.
# For a KL the simple rule is: `.float()` first.
# Lesson 7 does so inside a model that otherwise uses 16 bits.
#
# `torch.log1p(v)` computes $\log(1 + v)$ in the same way.
# Whenever you see "exp minus 1" or "log of 1 plus", use these two, and look at what is subtracted next.

# %% [markdown]
# ## The mean of very small numbers
#
# Lesson 8 needs the logarithm of a mean of probabilities of images.
# For an image of 784 pixels, a probability of $e^{-110}$ is nothing unusual.
# You have the logarithms, the *log-weights* $w_1, \dots, w_n$, and want
#
# $$\log\Big( \frac1n \sum_{i=1}^{n} e^{w_i} \Big).$$

# %% predict="underflow"

# %% tags=["demo"]
log_weights = torch.tensor([-111.0, -110.0, -109.0])
print("exp           ", torch.exp(log_weights).tolist())
print("log(mean(exp))", torch.log(torch.exp(log_weights).mean()).item())

# %% outcome="underflow"
torch.log(torch.exp(log_weights).mean())

# %% [markdown]
# All three exponentials underflow to 0, and the logarithm of 0 is $-\infty$.
#
# The repair is to choose another unit.
# Let $m$ be the largest $w_i$.
# Divide every exponential by $e^{m}$, and put $m$ back at the end:
#
# $$\log\Big( \frac1n \sum_i e^{w_i} \Big) = m + \log\Big( \frac1n \sum_i e^{w_i - m} \Big).$$
#
# Now the largest exponential is $e^0 = 1$.
# Nothing overflows, and what underflows is too small to matter.
# One case is left: if all $w_i$ are $-\infty$, then $m = -\infty$, and $w_i - m = -\infty + \infty$ is NaN.

# %% [markdown]
# ### Exercise 5: `log_mean_exp`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Return the logarithm of the mean of the exponentials over one dimension.
#
# - `values` has any shape; `dim` is one of its dimensions, possibly negative.
# - The result has the shape of `values` without `dim`, and the same dtype and device.
# - It is right for values near 1000 and $-1000$, in float32.
# - Entries of $-\infty$ count as probabilities of 0.
#   If a whole slice is $-\infty$, its result is $-\infty$; the gradient of such a slice is not specified.
# - The gradient is the *softmax* of `values` over `dim`: each exponential divided by the sum of all.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A mean is a sum divided by $n$.
# What does this division become after the logarithm?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# PyTorch has a stable function for the logarithm of a sum of exponentials, also for entries of $-\infty$.
# It lacks one term, which depends only on the size of the dimension.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A *weighted* mean: the logarithm of $\sum_i p_i\, e^{w_i}$, where the $p_i$ add up to 1.
#
# ```python
# p = torch.tensor([0.25, 0.75])
# w = torch.tensor([2.0, 6.0]).log()
# print(torch.logsumexp(p.log() + w, dim=0).exp())  # prints tensor(5.)
# print(torch.logsumexp(p.log() + w - 1000, dim=0))  # prints tensor(-998.3906)
# ```
#
# By hand: $0.25 \cdot 2 + 0.75 \cdot 6 = 5$, and $\log 5 - 1000 = -998.39$.
# A factor in front of an exponential became a term beside its exponent.
#
# In your mean all factors are equal.
# What is that one factor, for a slice along `dim`, and what is its logarithm?
# Since it is the same for all terms, it can also leave the sum.
#
# </details>


# %% answer="log_mean_exp"
def log_mean_exp(values: Tensor, dim: int) -> Tensor:
    """Compute log(mean(exp(values))) over dim, without overflow or underflow.

    values: log-weights, any shape; entries may be -inf.
    dim: the dimension to average over, possibly negative.
    Returns a tensor of the shape of values without dim, same dtype and device;
    -inf for a slice of -inf only.  Its gradient in values is softmax(values) over dim
    (not specified for a slice of -inf only).
    """
    ### BEGIN SOLUTION
    return torch.logsumexp(values, dim) - math.log(values.shape[dim])
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "extremes": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines: about the shape, the values, the extremes and the gradients.
#
# The gradient is a softmax: the largest log-weight takes the largest share.

# %% predict="share"

# %% tags=["demo"]
log_weights.requires_grad_()
answer = log_mean_exp(log_weights, 0)
answer.backward()
print(f"log_mean_exp {answer.item():.3f}   mean of the log-weights {log_weights.mean().item():.3f}")
print("gradient    ", [round(share, 3) for share in log_weights.grad.tolist()])

# %% outcome="share"
log_weights.grad[2]

# %% [markdown]
# The result is larger than the mean of the log-weights.
# That is always so when the weights differ, because the logarithm is concave (Jensen's inequality).
# The difference is what the bound of lesson 8 gains over the ELBO.

# %% [markdown]
# ## Who was the first?
#
# A model of fifty modules prints NaN.
# Where did it begin?
# NaN spreads: after the first bad number, almost every later output is bad too.
# So look for the *first* module, in order of execution, whose output is not finite.
#
# PyTorch lets you look without changing the model.
# A *forward hook* is a function that PyTorch calls each time a module has finished:
#
# ```python
# def hook(module, args, output): ...
#
# handle = module.register_forward_hook(hook)
# handle.remove()
# ```
#
# Remove every hook at the end, also after an error.
# A forgotten hook runs for ever.

# %% [markdown]
# The modules of a model form a tree.
# `model.named_modules()` gives every module with its full name, for example `"encoder.layers.2"`.
# It also gives the model itself, and the name of this *root* is the empty string `""`.

# %% predict="root"

# %% tags=["demo"]
encoder = nn.Sequential()
encoder.add_module("body", nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
encoder.add_module("head", nn.Linear(4, 2))

finished = []
handles = [
    module.register_forward_hook(lambda module, args, output, name=name: finished.append(name))
    for name, module in encoder.named_modules()
]
encoder(torch.ones(1, 4))
for handle in handles:
    handle.remove()
print("named_modules:     ", [name for name, _ in encoder.named_modules()])
print("order of finishing:", finished)

# %% outcome="root"
finished.index("")

# %% [markdown]
# A container finishes after its children, and the root finishes last.
# That is the order you want: if a child's output is bad, its containers have bad outputs too, but the child is the one to look at.
# The root is named only when it spoils the numbers itself, outside its children.
#
# Two more traps are worth knowing.
#
# - The order in which modules were *registered* need not be the order in which they run.
# - An output need not be a tensor.
#   It can be a tuple, a list or a dict, with more of these inside, and it can hold whole numbers, truth values or `None`.

# %% [markdown]
# ### Exercise 6: `first_nonfinite`
#
# *Difficulty ●●●●○ (4 of 5) · 14 minutes*
#
# Run the model on `x`, and find the first module, in order of finishing, whose output contains NaN or an infinite number.
#
# - Return its name in `named_modules()`; the root's name is `""`.
#   If all outputs are finite, return `None`.
# - A module may run several times; each run counts.
# - Tuples, lists and dicts are searched, however deep.
#   Whatever is no tensor counts as finite.
# - Afterwards the model is as before: no hook of yours stays, also when the model raises an error.
#   The error itself passes on to the caller.
#   Mode, weights and gradients are not touched.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need three parts: a function that says whether an output is finite (it calls itself), a hook that remembers a name, and a place that removes all hooks.
# Which Python statement runs a block even after an error?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Register a hook on every pair of `named_modules()`, so that each hook knows its own name.
# A hook made in a loop must take the name as an argument, or it will see the last one; `functools.partial` helps.
# Let the hooks append bad names to a list, and ask at the end whether the list is empty: the name `""` counts as false.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The hooks are those of the cell above; new are the search in an output and the removal after an error.
# A neighbour of the search, which finds the largest number:
#
# ```python
# def largest(output):
#     if isinstance(output, torch.Tensor):
#         return output.max().item()
#     if isinstance(output, dict):
#         return largest(list(output.values()))
#     if isinstance(output, (list, tuple)):
#         return max(map(largest, output), default=-math.inf)
#     return -math.inf  # no tensor
#
#
# print(largest((torch.tensor([1.0, 5.0]), {"a": [torch.tensor(7.0), None]})))  # prints 7.0
# ```
#
# Which Python function joins truth values as `max` joins numbers, and what does it say of an empty list?
#
# The removal:
#
# ```python
# try:
#     ...
# finally:
#     ...
# ```
#
# </details>


# %% answer="first_nonfinite"
def first_nonfinite(model: nn.Module, x: Tensor) -> str | None:
    """Find the first submodule, in order of finishing, whose output on x is not finite.

    model: called as model(x); its outputs may be tensors, or tuples, lists and dicts of
    these, nested.
    Returns its name in model.named_modules() (the root's is ""; a container comes after its
    children), or None if all is finite.  What is no tensor counts as finite.
    If the model raises, the error passes on.  In either case no hook of this function stays
    on the model, and its mode, weights and gradients are not touched.
    """

    ### BEGIN SOLUTION
    def is_finite(output: Any) -> bool:
        if isinstance(output, Tensor):
            return bool(torch.isfinite(output).all())
        parts = output.values() if isinstance(output, dict) else output
        return not isinstance(output, (dict, tuple, list)) or all(map(is_finite, parts))

    def watch(name: str, module: nn.Module, args: Any, output: Any) -> None:
        if not is_finite(output):
            bad.append(name)

    bad: list[str] = []
    modules = model.named_modules()
    handles = [module.register_forward_hook(partial(watch, name)) for name, module in modules]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return bad[0] if bad else None
    ### END SOLUTION


# %% checks={"order": 2, "outputs": 2, "edges": 1, "hooks": 2}

# %% [markdown]
# **You should see** four lines: about the order, the kinds of outputs, the edges and the hooks.
#
# Use it on a network in float16 whose weights are too large.
# With 64 inputs, a standard deviation of about 1/8 keeps the size of the numbers; here it is 1.
# The inputs lie between 0 and 1, and each layer of 64 makes the numbers five to six times larger.
# Layers and activations take turns, so the layers are modules 0, 2, 4 and so on.
# Which one is the first to overflow?

# %% tags=["demo"]
torch.manual_seed(0)
layers = [part for _ in range(8) for part in (nn.Linear(64, 64), nn.ReLU())]
network = nn.Sequential(*layers)
for layer in layers[::2]:
    nn.init.normal_(layer.weight, std=1.0)
network.half()
h = torch.rand(16, 64).half()
print("first bad output:", repr(first_nonfinite(network, h)))
for number, layer in enumerate(layers):
    h = layer(h)
    if number % 2 == 0:
        print(f"layer {number}: largest output {h.abs().max().item():.3g}")

# %% [markdown]
# Your function names the place in one call.
# The list shows how the numbers grow until they leave float16: first `inf`, and later NaN, when infinities of both signs are added.
#
# One kind of accident stays hidden from it.
# In the experiment at the beginning, all *outputs* were finite at step 1; only the gradient was NaN.
# For the backward pass, PyTorch has `torch.autograd.detect_anomaly()`.
# It stops at the first backward function that returns NaN, and names it.
# It makes every step slow, so use it only to search.

# %% tags=["demo"]
logvar = torch.tensor(500.0, requires_grad=True)
with warnings.catch_warnings():
    # detect_anomaly warns that it is slow, and prints where the forward call was.
    warnings.simplefilter("ignore")
    try:
        with torch.autograd.detect_anomaly():
            loss = 0.5 * (logvar + 1000.0**2 / torch.exp(logvar))
            print("loss:", loss.item())
            loss.backward()
    except RuntimeError as error:
        print("detect_anomaly:", str(error).splitlines()[0])

# %% [markdown]
# The name begins with the operation: here the backward step of `exp`.
# Now you know what to look for: a number that was `inf` on the way, and vanished from the result.
#
# A plan for the next NaN:
#
# 1. Is it in the outputs? `first_nonfinite` names the module.
# 2. Only in the gradients? `detect_anomaly` names the operation.
# 3. Look *before* that place for an overflow, a 0 under a logarithm or a fraction, or a `torch.where` with a bad branch.
# 4. Mend the formula, not the symptom: `nan_to_num` on a loss hides the place.

# %% [markdown]
# ## What surprised you?
#
# Look at your predictions again.
# Which one was furthest from what you saw?
# Write two or three sentences in the cell below: what you expected, what happened, and what you think now.
# Nobody grades this.

# %% [markdown]
# *Your sentences:*

# %% [markdown]
# ## Recap
#
# **You built** a clamp and a soft clamp for `logvar`, a positive sigma with a floor, a loss that stays with the logits, a stable mean of exponentials, and a detector for the first bad number.
#
# **Three sentences to remember**
#
# 1. Overflow gives `inf`; NaN comes later, from inf - inf, 0 * inf or 0 / 0, and often in the gradient first.
# 2. A clamp protects the value and stops the gradient; count how often it is reached.
# 3. Make the argument safe, not the result: stay with logarithms and logits as long as you can.

# %% [markdown]
# **Where it returns.**
# Lesson 6 clamps `logvar` between the encoder and its sampler, and keeps the decoder's logits until the loss.
# Lesson 7 trains in 16 bits, and keeps `exp` and the KL in float32.
# Lesson 8 needs `log_mean_exp` for a tighter bound.
# Lesson 9 uses `log1p` and `expm1` to reach far into the tails of a distribution.
#
# **Further reading**
#
# - D. Goldberg, *What Every Computer Scientist Should Know About Floating-Point Arithmetic*, ACM Computing Surveys, 1991.
# - P. Blanchard, D. J. Higham and N. J. Higham, *Accurately computing the log-sum-exp and softmax functions*, IMA Journal of Numerical Analysis, 2021.
# - P. Micikevicius and others, *Mixed Precision Training*, 2018.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
