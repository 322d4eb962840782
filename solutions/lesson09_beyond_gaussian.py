# %% [markdown]
# # Lesson 9: other noises
#
# **The question of this lesson: which distributions have a path from their parameters to a draw, and what does the path cost?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 110 minutes | lesson 3; lessons 2 and 5 help | 34 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - draw from a distribution by reading its distribution function backwards, with a gradient in every parameter;
# - keep all digits of a draw far out in a tail;
# - find the gradient of a draw where the distribution function cannot be solved;
# - say when there is one path, and when there are many to choose from;
# - predict when a pathwise gradient is a bad idea, although it is right.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Cells that only show something are yours to change.
# An exercise is one function: replace `raise NotImplementedError` with your code, and leave the inputs as they are.
# Then run the check cells below your answer.
#
# In this lesson the noise is an *input* of your functions: they draw nothing themselves.
# So every result can be checked digit by digit.
# Exercise 7 is a question that you answer in words; a person grades it.

# %% locked="imports"
import math
from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch.distributions import Categorical, Gamma, MixtureSameFamily, Normal

# %% [markdown]
# ## A draw without a path
#
# A robot leaves a hall by one of two doors.
# With probability $w$ (`w`) it takes the right one, and is then at a place $z$ from $\mathcal{N}(2, 1)$, in metres.
# Otherwise it takes the left one, and $z$ is from $\mathcal{N}(-2, 1)$.
# This distribution of $z$ is a **mixture**, and $w$ is its *weight*.
#
# The mean place is $2w - 2(1 - w) = 4w - 2$.
# So its derivative in $w$ is 4, for every $w$.

# %% predict="blend"

# %% tags=["demo"]
torch.manual_seed(0)
n = 100_000
w = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
right, left = 2 + torch.randn(n).double(), -2 + torch.randn(n).double()
draws = {
    "choose a door": torch.where(torch.rand(n) < w, right, left),
    "blend the places": w * right + (1 - w) * left,
}
doors, places = Categorical(torch.stack([w, 1 - w])), Normal(torch.tensor([2.0, -2.0]), 1.0)
try:
    draws["MixtureSameFamily"] = MixtureSameFamily(doors, places).rsample((n,))
except NotImplementedError:
    print("MixtureSameFamily(...).rsample: NotImplementedError")
mean, deviation = 4 * 0.7 - 2, math.sqrt(1 + 16 * 0.7 * 0.3)
print(f"truth             mean {mean:.2f}   deviation {deviation:.2f}   gradient 4")
for name, z in draws.items():
    gradient = "none, there is no path"
    if z.requires_grad:
        gradient = f"{torch.autograd.grad(z.mean(), w)[0]:.3f}"
    print(f"{name:<17} mean {z.mean():.2f}   deviation {z.std():.2f}   gradient {gradient}")

# %% outcome="blend"
draws["blend the places"].std()

# %% [markdown]
# PyTorch's own mixture refuses.
# The first way has the right distribution and no gradient: `w` is used in a comparison, and a comparison carries no path (lesson 2).
# The second way has a path and the right mean, but another distribution: its standard deviation is far too small.
# No robot stands between the doors; a blend does.
#
# So is a mixture a distribution without a path?
# It is often said.
# At the end of this lesson you will draw the same numbers as in the first way, with the right gradient, and then see why you might not want it.
# We start with the distributions that make it easy.

# %% [markdown]
# ## Read the distribution function backwards
#
# The **distribution function** of a random number $X$ is
#
# $$F(x) = P(X \le x).$$
#
# It rises from 0 to 1.
# Now draw $u$ uniformly between 0 and 1, and take the $x$ with $F(x) = u$.
# Then $x \le t$ exactly when $u \le F(t)$, and the probability of that is $F(t)$.
# So $x$ is a draw from the distribution.
# This is called **inverse transform sampling**, and the function from $u$ to $x$ is the *inverse distribution function* (`icdf` in PyTorch).

# %% [markdown]
# For us the important part is what happens to a parameter.
# Keep $u$ fixed, and let a parameter $\theta$ (`theta`) move: then $x$ moves too, without any randomness.
# That is a path.
#
# Lesson 3 was the first example: for a normal distribution the inverse is $\mu + \sigma\,\Phi^{-1}(u)$, and $\Phi^{-1}(u)$ is what we called $\epsilon$.
#
# The next one is the *exponential* distribution.
# It is the waiting time for a bus, if buses come at random and `rate` of them come per minute on average; its mean is $1 / \text{rate}$.
#
# $$F(x) = 1 - e^{-\text{rate}\, x}, \qquad x > 0.$$

# %% plot=true
# Draws figure 1: two distribution functions, and where each u has its x.
grid, us = torch.linspace(0, 6, 6_001), torch.tensor([0.15, 0.35, 0.55, 0.75, 0.9])
_, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
ends = []
for rate, style, colour, marker in [(0.6, "-", "#D55E00", "o"), (1.2, "--", "#0072B2", "D")]:
    heights = 1 - torch.exp(-rate * grid)
    ends.append(grid[torch.searchsorted(heights, us)])  # the x at which F reaches u
    axes.plot(grid, heights, style, color=colour, label=f"F for rate = {rate}")
    axes.plot(ends[-1], us, marker, color=colour)
for u, before, after in zip(us, *ends, strict=True):
    axes.hlines(u, 0, before, color="0.8", linewidth=1, zorder=0)
    axes.annotate("", (after, u), (before, u), arrowprops={"arrowstyle": "->", "color": "black"})
axes.set(xlabel="x (minutes)", ylabel="u = F(x), a probability", xlim=(0, 4), ylim=(0, 1))
axes.set_title("Each u is kept: when the rate doubles, its x moves to half")
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# *Figure 1. Two rising curves: the distribution functions of exponential waiting times for rate 0.6 (solid, circles) and rate 1.2 (dashed, diamonds).*
# *At five heights u, a horizontal arrow leads from the circle to the diamond, which is at half the distance from 0.*
# *The higher u, the longer the arrow.*
#
# An even grid of $u$ is useful too.
# Pictures of a latent plane are often drawn at the places $F^{-1}\big((i + \tfrac12)/n\big)$, with $i$ from 0 to $n - 1$: they cover the distribution evenly, without a random draw.

# %% [markdown]
# ## Far out in the tail
#
# Solve $1 - e^{-\text{rate}\, x} = u$ for $x$, and you meet $\log(1 - u)$.
# On paper this is the end of the story.

# %% predict="tail"

# %% tags=["demo"]
u = torch.tensor([1e-3, 1e-8, 1e-12, 1e-15, 1e-20], dtype=torch.float64)
print("           u      -log(1 - u)")
for row in zip(u.tolist(), (-torch.log(1 - u)).tolist(), strict=True):
    print(f"{row[0]:12.0e} {row[1]:16.9g}")
u = torch.rand(1_000_000)
print("\ntorch.rand in float32 draws multiples of 2**-24:", bool((u * 2**24 % 1 == 0).all()))

# %% outcome="tail"
-torch.log(1 - torch.tensor(1e-20, dtype=torch.float64))

# %% [markdown]
# At $10^{-12}$ four digits are right, and at $10^{-20}$ none is: $1 - u$ has become 1, and $u$ is lost beside it.
# Lesson 5 met the same loss in $e^v - 1$.
# `torch.log1p(v)` computes $\log(1 + v)$ from $v$ itself, and `torch.expm1(v)` computes $e^v - 1$ without forming the 1.
# With these two, no formula of this lesson loses its digits.
#
# Does such a small $u$ occur?
# From `torch.rand` it does not: its float32 numbers are multiples of $2^{-24}$, for which $1 - u$ is exact.
# But $u$ may also be $F$ of another number, or come from a grid, and then it can be as small as a probability can.

# %% [markdown]
# **And if u is exactly 0?**
# `torch.rand` draws from $[0, 1)$: 0 is possible, in float32 once in $2^{24}$ (17 million) draws.
# Then $\log u$, which exercises 2 and 3 contain, is $-\infty$, and a training run is lost.
#
# Repair the *draw*, where the trouble is: `torch.rand(n).clamp_(min=torch.finfo(torch.float32).tiny)`.
# Do not repair the function.
# A clamp or a small number inside it changes every small $u$, not only the 0.
# So in all exercises $u$ is strictly between 0 and 1, and your function takes it as it is.

# %% [markdown]
# ### Exercise 1: `sample_exponential`
#
# *Difficulty ●○○○○ (1 of 5) · 8 minutes*
#
# Return the $x$ with $F(x) = u$, for the exponential distribution.
#
# - `rate` is positive; `u` is strictly between 0 and 1.
#   They are tensors of one dtype, whose shapes broadcast with each other.
# - The result has the broadcast shape, and the dtype and device of `u`.
# - $F(x) = u$, not $1 - u$: a larger `u` gives a larger `x`.
# - In float64 the result is right to 9 digits, for `u` from $10^{-22}$ to 0.99.
# - The gradient in `rate` is right.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Solve $u = 1 - e^{-\text{rate}\, x}$ for $x$ on paper, step by step: first for the exponential, then for its exponent.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# You have a logarithm of $1 - u$, divided by the rate, and a minus sign.
# Which function of PyTorch computes $\log(1 + v)$ from $v$?
# What is $v$ here?
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same steps for another distribution, on $0 < x < 1$, with $F(x) = \log(1 + cx) / \log(1 + c)$:
#
# - $u \log(1 + c) = \log(1 + cx)$
# - $(1 + c)^u = 1 + cx$
# - $x = ((1 + c)^u - 1) / c$
#
# ```python
# c, u = torch.tensor([3.0, 1e-20], dtype=torch.float64)
# as_it_stands = ((1 + c) ** u - 1) / c
# careful = torch.expm1(u * torch.log1p(c)) / c
# print(f"{as_it_stands:.2e} {careful:.2e}")  # prints 0.00e+00 4.62e-21
# ```
#
# Undo the outermost operation first.
# Then look for the place where a small number meets a 1: here it is $e^v - 1$.
# Where is it in yours, and which of the two functions closes that gap?
#
# </details>


# %% answer="sample_exponential"
def sample_exponential(rate: Tensor, u: Tensor) -> Tensor:
    """Return the x with F(x) = u, where F(x) = 1 - exp(-rate * x).

    rate: positive.  u: strictly between 0 and 1.  One dtype; the shapes broadcast.
    Returns x: the broadcast shape, dtype and device of u; it rises with u.
    In float64 it is right to 9 digits for u from 1e-22 to 0.99.  Differentiable in rate.
    """
    ### BEGIN SOLUTION
    return -torch.log1p(-u) / rate
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "tail": 1, "gradients": 1}

# %% [markdown]
# **You should see** four lines: about the shape, the values, the tail and the gradients.
#
# Now the gradient of a mean.
# The mean waiting time is $1 / \text{rate}$, so its derivative in the rate is $-1 / \text{rate}^2$.

# %% predict="one_draw"

# %% tags=["demo"]
torch.manual_seed(0)
rate = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
u = torch.rand(100_000, dtype=torch.float64).clamp_(min=torch.finfo(torch.float64).tiny)
x = sample_exponential(rate, u)
(slope,) = torch.autograd.grad(x.mean(), rate)
print(f"mean {x.mean():.3f}   truth {1 / 0.5:.3f}")
print(f"its derivative in the rate {slope:.3f}   truth {-1 / 0.5**2:.3f}", end="")
print(f"   mean of -x / rate {-x.mean() / rate:.3f}")

# %% outcome="one_draw"
slope

# %% [markdown]
# ## The sigmoid as a distribution function
#
# The sigmoid rises from 0 to 1, so it is a distribution function: that of the **logistic** distribution.
# `loc` moves it, and `scale`, a positive number, stretches it:
#
# $$F(x) = \operatorname{sigmoid}\Big(\frac{x - \text{loc}}{\text{scale}}\Big), \qquad \operatorname{sigmoid}(r) = \frac{1}{1 + e^{-r}}.$$
#
# It looks like a normal distribution with heavier tails.
# `scale` is *not* its standard deviation; that is $\text{scale} \cdot \pi / \sqrt3$.
# The difference of two independent numbers from exercise 3, of one scale, has this distribution.

# %% [markdown]
# ### Exercise 2: `sample_logistic`
#
# *Difficulty ●●○○○ (2 of 5) · 6 minutes*
#
# Return the $x$ with $F(x) = u$, for the logistic distribution.
#
# - `loc` is any number, `scale` is positive; `u` is strictly between 0 and 1.
#   They are tensors of one dtype, whose shapes broadcast with each other.
# - The result has the broadcast shape, and the dtype and device of `u`.
# - It rises with `u`.
#   The distribution is symmetric around `loc`, so no histogram can see a wrong sign; the check can.
# - In float64 the result is right to 9 digits, for `u` from $10^{-22}$ to 0.99.
# - The gradients in `loc` and in `scale` are right.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First solve $u = \operatorname{sigmoid}(r)$ for $r$.
# What is $u / (1 - u)$, written with $e^{r}$?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The inverse of the sigmoid is called the logit, and PyTorch has it.
# Look at its second argument, and leave it out.
# Then undo the division by `scale`, and after it the subtraction of `loc`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same three steps for the Cauchy distribution, $F(x) = \tfrac12 + \tfrac1\pi \arctan r$ with $r = (x - \text{loc}) / \text{scale}$:
#
# ```python
# loc, scale, u = torch.tensor([1.0, 2.0, 1e-20], dtype=torch.float64)
# # u - 1/2 = arctan(r) / pi, so r = tan(pi (u - 1/2)), and this is -1 / tan(pi u)
# r = -1 / torch.tan(math.pi * u)
# print(f"{loc + scale * r:.3e}")  # prints -6.366e+19
# ```
#
# Solve for $r$.
# Rewrite it so that the small `u` stands beside no other number: `u - 0.5` would lose it.
# Then undo `scale` and `loc`.
# Your $r$ is a logarithm of a quotient, so a difference of two logarithms.
# In which of them does `u` stand beside a 1?
#
# </details>


# %% answer="sample_logistic"
def sample_logistic(loc: Tensor, scale: Tensor, u: Tensor) -> Tensor:
    """Return the x with F(x) = u, where F(x) = sigmoid((x - loc) / scale).

    loc: any number.  scale: positive.  u: strictly between 0 and 1.
    One dtype; the shapes broadcast.
    Returns x: the broadcast shape, dtype and device of u; it rises with u.
    In float64 it is right to 9 digits for u from 1e-22 to 0.99.
    Differentiable in loc and scale.
    """
    ### BEGIN SOLUTION
    return loc + scale * (torch.log(u) - torch.log1p(-u))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 1, "tail": 1, "gradients": 1}

# %% [markdown]
# **You should see** four lines.
#
# A test of distributions is blind for some mistakes, as this cell shows.

# %% predict="blind"

# %% tags=["demo"]
torch.manual_seed(0)
loc, scale = torch.tensor(1.0).double(), torch.tensor(0.5).double()
u = torch.rand(100_000, dtype=torch.float64).clamp_(min=torch.finfo(torch.float64).tiny)
for name, noise in {"yours": u, "1 - u": 1 - u}.items():
    x = sample_logistic(loc, scale, noise)
    agrees = torch.allclose(torch.sigmoid((x - loc) / scale), u)
    print(f"{name}: mean {x.mean():.3f}   standard deviation {x.std():.3f}   F(x) = u: {agrees}")
print(f"closed forms: mean 1, standard deviation {0.5 * math.pi / math.sqrt(3):.3f}")

# %% outcome="blind"
agrees

# %% [markdown]
# ## The largest of many
#
# Draw $n$ exponential numbers of rate 1, keep the *largest*, and subtract $\log n$.
# For large $n$ the result has the **Gumbel** distribution:
#
# $$F(x) = \exp\Big(-\exp\Big(-\frac{x - \text{loc}}{\text{scale}}\Big)\Big),$$
#
# with loc 0 and scale 1.
# Its tail on the right is long, like that of one exponential number.
# Its tail on the left is very short.
# The mean is not `loc`, but $\text{loc} + 0.5772\,\text{scale}$ (Euler's number gamma), and the standard deviation is $\text{scale} \cdot \pi / \sqrt6$.
#
# Lesson 10 needs it: the index of the largest of several shifted Gumbel numbers is a draw from a softmax.

# %% [markdown]
# ### Exercise 3: `sample_gumbel`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Return the $x$ with $F(x) = u$, for the Gumbel distribution above.
#
# - `loc` is any number, `scale` is positive; `u` is strictly between 0 and 1.
#   They are tensors of one dtype, whose shapes broadcast with each other.
# - The result has the broadcast shape, and the dtype and device of `u`.
# - It rises with `u`.
# - In float64 the result is right to 9 digits, for `u` from $10^{-22}$ to 0.99.
# - The gradients in `loc` and in `scale` are right.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# There are two exponentials, one inside the other, and each with a minus sign.
# Take one logarithm, turn one sign, and then the same again.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# $\log u$ is below 0, so turn its sign before you take the second logarithm.
# What is left is $-(x - \text{loc}) / \text{scale}$.
# Add nothing inside the logarithms.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Peel another one, $F(x) = \exp(-x^{-a})$ for $x > 0$, layer by layer:
#
# - $\log u = -x^{-a}$: the outer exponential is gone, and both sides are below 0.
# - $-\log u = x^{-a}$: now both are above 0.
# - $(-\log u)^{-1/a} = x$.
#
# ```python
# a, u = 2.0, torch.tensor([0.1, 0.5, 0.9])
# x = (-torch.log(u)) ** (-1 / a)
# print(torch.exp(-(x**-a)))  # prints tensor([0.1000, 0.5000, 0.9000])
# ```
#
# The last line puts $x$ back into $F$, and finds `u`.
# Test yours in this way.
# It has the same first two lines; in the third, another exponential is to be undone, and its exponent has a sign too.
#
# </details>


# %% answer="sample_gumbel"
def sample_gumbel(loc: Tensor, scale: Tensor, u: Tensor) -> Tensor:
    """Return the x with F(x) = u, where F(x) = exp(-exp(-(x - loc) / scale)).

    loc: any number.  scale: positive.  u: strictly between 0 and 1.
    One dtype; the shapes broadcast.
    Returns x: the broadcast shape, dtype and device of u; it rises with u.
    In float64 it is right to 9 digits for u from 1e-22 to 0.99.
    Differentiable in loc and scale.
    """
    ### BEGIN SOLUTION
    return loc - scale * torch.log(-torch.log(u))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 1, "tail": 1, "gradients": 1}

# %% [markdown]
# **You should see** four lines.
#
# Published programs often write $-\log(-\log(u + c) + c)$ with a small number $c$, to be safe at $u = 0$.
#
# (The first $u$ is the smallest that `torch.rand` draws in float32, next to 0.)

# %% predict="padding"

# %% tags=["demo"]
torch.manual_seed(0)
waits = -torch.log1p(-torch.rand(20_000, 1_000))
largest = waits.max(dim=1).values - math.log(1_000)
print("largest of 1,000, less log 1,000: ", end="")
print(f"mean {largest.mean():.3f}   standard deviation {largest.std():.3f}")
print("Gumbel, closed forms:             ", end="")
print(f"mean 0.577   standard deviation {math.pi / math.sqrt(6):.3f}\n")

zero, one = torch.zeros(()).double(), torch.ones(()).double()
for number in (2.0**-24, 1e-12, 1e-20, 1e-22):
    u = torch.tensor(number, dtype=torch.float64)
    padded = [-torch.log(-torch.log(u + c) + c).item() for c in (1e-20, 1e-8)]
    print(f"u = {number:.1e}   yours {sample_gumbel(zero, one, u):.4f}", end="")
    print(f"   c = 1e-20: {padded[0]:.4f}   c = 1e-8: {padded[1]:.4f}")

# %% outcome="padding"

# %% [markdown]
# With $c = 10^{-20}$ the draws of `torch.rand` do not change, and a smaller $u$ does.
# With $c = 10^{-8}$ every draw below about $10^{-7}$ is wrong, and the left tail ends at $-2.91$.
# A clamp of the draw itself has no such side effect.

# %% [markdown]
# ## A law on the unit interval
#
# Shares and probabilities lie between 0 and 1.
# The usual distribution for them is the Beta distribution, but nobody can solve its $F$ for $x$.
# The **Kumaraswamy** distribution looks much like it, has two positive parameters $a$ and $b$ too, and can be solved:
#
# $$F(x) = 1 - (1 - x^a)^b, \qquad 0 < x < 1.$$
#
# On paper, $x = \big(1 - (1 - u)^{1/b}\big)^{1/a}$.

# %% predict="steep"

# %% tags=["demo"]
a, b = (torch.tensor(2.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
x = (1 - (1 - torch.tensor(1e-20, dtype=torch.float64)) ** (1 / b)) ** (1 / a)
print("value", x.item(), "  gradients in a and b", [g.item() for g in torch.autograd.grad(x, (a, b))])

u = torch.arange(1, 2_000) / 2**24  # the smallest float32 draws, all of them
inner = 1 - (1 - u) ** (1 / torch.tensor(50.0))
lost = int((inner == 0).sum())
print(f"float32, b = 50: the {lost} smallest draws give exactly 0: ", end="")
print(f"one draw in {2**24 / (lost + 1):,.0f}")

# %% outcome="steep"
x

# %% [markdown]
# The value is 0, and the gradient in $b$ is NaN.
# A root is infinitely steep at 0, and what comes from inside it is 0: $\infty \cdot 0$ again (lesson 5).
# One such draw is enough to turn all weights into NaN.
# In float32 it needs no exotic $u$: with $b = 50$ it is one ordinary draw in about 670,000.
#
# Two subtractions from 1 must go.
# Write the inner power as $(1 - u)^{1/b} = e^{v}$ with $v = \log(1 - u) / b$.
# Then $1 - e^{v}$ is what you need, and both steps have a function that keeps the digits.

# %% [markdown]
# ### Exercise 4: `sample_kumaraswamy`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return the $x$ with $F(x) = u$, for the Kumaraswamy distribution.
#
# - `a` and `b` are positive; `u` is strictly between 0 and 1.
#   They are tensors of one dtype, whose shapes broadcast with each other.
# - The result has the broadcast shape, and the dtype and device of `u`.
# - It rises with `u`.
# - In float64 the result is right to 9 digits, for `u` from $10^{-22}$ to 0.99.
# - The gradients in `a` and in `b` are right, and finite, for these `u` too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Nowhere in your function should 1 be added or subtracted.
# "Far out in the tail" names two functions that do it for you.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `log1p` gives $\log(1 - u)$; divide it by `b`.
# `expm1` of that is $e^{v} - 1$; turn its sign.
# What is left is one root.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same repair for another formula, $(1 + v)^{1/3} - 1$, where $v$ is tiny:
#
# ```python
# v = torch.tensor(1e-20, dtype=torch.float64, requires_grad=True)
# # (1 + v)^(1/3) is exp(w), with w = log(1 + v) / 3
# w = torch.log1p(v) / 3
# root = torch.expm1(w)
# slope = torch.autograd.grad(root, v)[0]
# print(f"{root.item():.2e} {slope.item():.3f}")  # prints 3.33e-21 0.333
# ```
#
# As it stands, the formula gives 0.
# The power has become an exponential, and both ones have gone into a function.
# Yours has two more minus signs and an outer root.
# Write its three steps one below the other, and print each for $u = 10^{-20}$: none may be 0.
#
# </details>


# %% answer="sample_kumaraswamy"
def sample_kumaraswamy(a: Tensor, b: Tensor, u: Tensor) -> Tensor:
    """Return the x with F(x) = u, where F(x) = 1 - (1 - x^a)^b.

    a, b: positive.  u: strictly between 0 and 1.  One dtype; the shapes broadcast.
    Returns x: the broadcast shape, dtype and device of u; it rises with u.
    In float64 it is right to 9 digits for u from 1e-22 to 0.99, and its gradients in
    a and b are right and finite there.
    """
    ### BEGIN SOLUTION
    return (-torch.expm1(torch.log1p(-u) / b)) ** (1 / a)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 1, "tail": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines.
#
# PyTorch has this distribution, written as the formula stands.
# What does its `icdf` give for the same $u$?

# %% tags=["demo"]
u = torch.tensor([1e-20, 0.3], dtype=torch.float64)
for name, function in {
    "PyTorch": lambda: torch.distributions.Kumaraswamy(a, b).icdf(u),
    "yours": lambda: sample_kumaraswamy(a, b, u),
}.items():
    x = function()
    gradients = torch.autograd.grad(x.sum(), (a, b))
    print(f"{name:<8} x {x.tolist()}   gradients of the sum {[g.item() for g in gradients]}")

# %% [markdown]
# The repair is published (Wasserman and Mateos, 2025), and the issue about PyTorch's version is open (pytorch#139019).
# An earlier program, that of the stick-breaking VAE, has $(1 - u^{1/b})^{1/a}$ and draws $u$ from 0.01 to 0.99.
# That is the right law with $1 - u$ in place of $u$, and both of its tails are cut off.

# %% [markdown]
# > **Claim, found on the web: "Any distribution with a known distribution function can be reparameterized."**
#
# Test it on two: a coin, which is 1 with probability $p$, and the Gamma distribution, whose $F$ PyTorch has as `torch.special.gammainc`.

# %% predict="any_inverse"

# %% tags=["demo"]
torch.manual_seed(0)
p = torch.tensor(0.3, requires_grad=True)
u = torch.rand(5)
coin = (u > 1 - p).float()  # the inverse of a step: 0 up to u = 1 - p, and 1 above
print("coin:", coin.tolist(), "  requires grad:", coin.requires_grad)

shape = torch.tensor(2.0, requires_grad=True)
try:
    torch.special.gammainc(shape, torch.tensor(1.5)).backward()
except (RuntimeError, NotImplementedError) as error:
    print("Gamma, F differentiated in its shape:", str(error).splitlines()[0])
try:
    Gamma(2.0, 1.0).icdf(torch.tensor(0.5))
except NotImplementedError:
    print("Gamma(2, 1).icdf: NotImplementedError")

# %% outcome="any_inverse"
coin.requires_grad

# %% [markdown]
# The claim is **half true**.
#
# - A discrete distribution has a known $F$, and it is a staircase: $x$ stays when the parameter moves a little, and then jumps.
#   No gradient passes.
#   Lesson 10 is about these.
# - A Gamma distribution has a smooth, rising $F$, so the path exists.
#   But nobody can write the inverse down, and PyTorch can neither invert $F$ nor differentiate it in its shape.
#
# So it takes an $F$ that is *continuous and rising*, and one more idea.

# %% [markdown]
# ## When nobody can solve for x
#
# Keep $u$ fixed, and let $\theta$ move.
# Then $x$ moves in such a way that $F$ stays what it is:
#
# $$F(x(\theta); \theta) = u.$$
#
# Differentiate both sides in $\theta$.
# The right side does not move; the left side moves in two ways, through $x$ and directly:
#
# $$\frac{\partial F}{\partial x} \frac{dx}{d\theta} + \frac{\partial F}{\partial \theta} = 0.$$
#
# $\partial F / \partial x$ is the density.
# Solve for $dx/d\theta$, and look at what has vanished: $u$, and the inverse.
# You need a draw $x$, from wherever it comes, and the two derivatives of $F$ there.
# This is the **implicit** gradient (Figurnov, Mohamed and Mnih, 2018).

# %% [markdown]
# ### Exercise 5: `implicit_gradient`
#
# *Difficulty ●●●●○ (4 of 5) · 20 minutes*
#
# Return $dx/d\theta$ at fixed $F$, for every element.
#
# - `cdf(x, theta)` works element by element on two tensors of one shape; autograd can differentiate it in both.
# - `x` and `theta` are tensors of one shape and dtype.
#   The result has the shape, dtype and device of `x`.
# - Element $i$ of the result belongs to element $i$ of `x` and `theta` alone.
# - In float64 it is right to 6 digits, wherever the density is above 0.001.
# - `x` and `theta` are numbers here, also if they require grad or a path leads from `theta` to `x`.
#   Both are left as they were, with `requires_grad` and `.grad`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `torch.autograd.grad` can give both derivatives at once.
# The sum of `cdf(x, theta)` over all elements has a derivative in each element of `x`, and this element meets no other.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Make two copies with `detach().clone().requires_grad_()`, and give these to `cdf`.
# Then one derivative is divided by the other, element by element.
# Which one is the density?
# Do not forget the sign.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same move for an area $a b^2$: how must $b$ move with $a$, so that the area stays?
#
# ```python
# a = torch.tensor([1.0, 2.0], requires_grad=True)
# b = torch.tensor([3.0, 5.0], requires_grad=True)
# area = a * b.square()
# slopes = torch.autograd.grad(area.sum(), (a, b))
# print(*(slope.tolist() for slope in slopes))  # prints [9.0, 25.0] [6.0, 20.0]
# ```
#
# One call gives the slopes of all elements, because element $i$ of the area meets element $i$ of `a` and `b` alone.
# On paper, $b = \sqrt{\text{area} / a}$ has $db/da = -b / (2a)$: here $-1.5$ and $-1.25$.
# Which quotient of the two rows gives these numbers?
# In yours, `x` follows and `theta` leads, as $b$ follows $a$ here.
#
# </details>


# %% answer="implicit_gradient"
def implicit_gradient(
    cdf: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    theta: Tensor,
) -> Tensor:
    """Return dx/dtheta where cdf(x, theta) stays what it is, element by element.

    cdf: elementwise on two tensors of one shape, differentiable in both.
    x, theta: tensors of one shape and dtype, taken as numbers whatever their history;
    they are left as they were, requires_grad and .grad included.
    Returns -(dF/dtheta) / (dF/dx): shape, dtype and device of x; in float64 right to
    6 digits where the density dF/dx is above 0.001.
    """
    ### BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()
    theta = theta.detach().clone().requires_grad_()
    by_x, by_theta = torch.autograd.grad(cdf(x, theta).sum(), (x, theta))
    return -by_theta / by_x
    ### END SOLUTION


# %% checks={"shape": 1, "values": 3, "gamma": 1, "mixture": 1, "arguments": 1}

# %% [markdown]
# **You should see** five lines: about the shape, the values, a Gamma distribution, a mixture, and the arguments.
#
# For a Gamma distribution with shape $a$ and rate 1 we need an $F$ that autograd understands.
# There is a series in which all terms are positive, so nothing cancels:
#
# $$F(x) = \frac{x^a e^{-x}}{\Gamma(a + 1)} \Big( 1 + \frac{x}{a + 1} + \frac{x^2}{(a + 1)(a + 2)} + \dots \Big).$$
#
# The mean of this distribution is $a$, and the mean of $\log x$ is the digamma function of $a$.
# Their derivatives in $a$ are 1 and the trigamma function.


# %% tags=["demo"]
def gamma_cdf(x: Tensor, a: Tensor) -> Tensor:
    """F of a Gamma distribution with shape a and rate 1, by 200 terms of its series."""
    n = torch.arange(1, 200, dtype=x.dtype)
    terms = torch.cumprod(x.unsqueeze(-1) / (a.unsqueeze(-1) + n), dim=-1)
    return torch.exp(a * torch.log(x) - x - torch.lgamma(a + 1)) * (1 + terms.sum(dim=-1))


torch.manual_seed(0)
a = torch.full((20_000,), 2.5, dtype=torch.float64)
x = Gamma(a, 1.0).sample()
dx = implicit_gradient(gamma_cdf, x, a)
for name, estimates, truth in [
    ("x", dx, 1.0),
    ("log x", dx / x, torch.special.polygamma(1, a[0]).item()),
]:
    two_errors = 2 * estimates.std() / math.sqrt(len(x))
    print(f"derivative in a of the mean of {name:<6} truth {truth:.4f}   ", end="")
    print(f"estimate {estimates.mean():.4f} +- {two_errors:.4f}")

# %% [markdown]
# PyTorch has `Gamma(a, 1).rsample()`, with a gradient of its own.
#
# A third way decides: move $a$ a little, and find the $x$ with the same $F$ by Newton's method.

# %% predict="library"


# %% tags=["demo"]
def follow(x: Tensor, a: Tensor, to: Tensor, steps: int = 6) -> Tensor:
    """The x with gamma_cdf(x, to) equal to gamma_cdf(x, a), by Newton's method."""
    u, at = gamma_cdf(x, a), x
    for _ in range(steps):
        density = torch.exp((to - 1) * torch.log(at) - at - torch.lgamma(to))
        at = at - (gamma_cdf(at, to) - u) / density
    return at


torch.manual_seed(0)
for shape in (0.5, 2.5, 20.0):
    a = torch.full((1_000,), shape, dtype=torch.float64, requires_grad=True)
    x = Gamma(a, 1.0).rsample()
    (of_torch,) = torch.autograd.grad(x.sum(), a)
    x, a, h = x.detach(), a.detach(), 1e-5 * shape
    decided = (follow(x, a, a + h) - follow(x, a, a - h)) / (2 * h)
    ours = implicit_gradient(gamma_cdf, x, a)
    worst = [(each / decided - 1).abs().max().item() for each in (ours, of_torch)]
    print(f"a = {shape:<4}: largest relative error, yours {worst[0]:.0e}, PyTorch's {worst[1]:.0e}")

# %% outcome="library"
worst[1]

# %% [markdown]
# Yours agrees with the third way to seven digits, which is as far as that way is exact.
# PyTorch's is a fast approximation, right to about three digits here.
# But do not take a library for the truth because it is a library.
#
# **A limit of the formula.**
# Where the density has underflowed, the quotient is $0 / 0$.
# For an exponential distribution the derivative is $-x/\text{rate}$, also at $x = 800$:


# %% tags=["demo"]
def exponential_cdf(x: Tensor, rate: Tensor) -> Tensor:
    """F of an exponential distribution."""
    return -torch.expm1(-rate * x)


x, rate = torch.tensor([1.0, 30.0, 800.0], dtype=torch.float64), torch.ones(3, dtype=torch.float64)
print("truth   ", (-x / rate).tolist())
print("implicit", implicit_gradient(exponential_cdf, x, rate).tolist())

# %% [markdown]
# ## One number has one path, two have many
#
# There are always several ways to write a draw.
# From one $u$ you can take the inverse of $F$, or put $1 - u$ in its place; or you take a draw from a library and the implicit gradient.
# Do they give the same $dx/d\theta$, at the same $x$?
#
# > **Claim, found on the web: "The choice of the transformation is an engineering decision: take the one with the more stable gradients."**

# %% predict="many_ways"

# %% tags=["demo"]
torch.manual_seed(0)
u = torch.rand(1_000, dtype=torch.float64) * 0.98 + 0.01
zeros, twos = torch.zeros_like(u), torch.full_like(u, 2)
families = {
    "exponential rate": (sample_exponential, exponential_cdf),
    "logistic scale": (
        lambda scale, u: sample_logistic(zeros, scale, u),
        lambda x, scale: torch.sigmoid(x / scale),
    ),
    "Kumaraswamy b": (
        lambda b, u: sample_kumaraswamy(twos, b, u),
        lambda x, b: -torch.expm1(b * torch.log1p(-(x**2))),
    ),
}
for name, (sample, cdf) in families.items():
    theta = torch.full_like(u, 1.5).requires_grad_()
    x = sample(theta, u)
    mirrored = sample(theta, 1 - u)  # the other map: it falls as u rises
    explicit = torch.autograd.grad(x.sum(), theta)[0]
    falling = torch.autograd.grad(mirrored.sum(), theta)[0]
    at_x, at_mirrored = (implicit_gradient(cdf, at, theta) for at in (x, mirrored))
    apart = max((explicit - at_x).abs().max(), (falling - at_mirrored).abs().max()).item()
    print(f"{name:<17} explicit, falling and implicit differ by at most {apart:.0e}")

# %% outcome="many_ways"
apart

# %% [markdown]
# They agree to rounding, and they must.
# If $x$ follows from $u$ by *any* continuous one-to-one map, rising or falling, then $F(x(\theta); \theta)$ is $u$ or $1 - u$, and stays.
# So $dx/d\theta$ is the implicit gradient, whatever the map.
# The claim is **wrong for one number**: the distribution and its parameter leave no choice, beyond rounding.

# %% [markdown]
# For *two* numbers it is right.
# Take $z = (z_1, z_2)$, normal, with variances 1 and correlation $r$.
# It can be written as $z = L\,\epsilon$ (Cholesky factor, lesson 3), or as $z = S\,\epsilon$ with a symmetric $S$:
#
# $$L = \begin{pmatrix} 1 & 0 \\ r & \sqrt{1 - r^2} \end{pmatrix}, \qquad S = \begin{pmatrix} p & q \\ q & p \end{pmatrix}, \quad p, q = \tfrac12 \big(\sqrt{1 + r} \pm \sqrt{1 - r}\big).$$


# %% tags=["demo"]
def cholesky(r: Tensor, eps: Tensor) -> Tensor:
    """Draws with correlation r, (n, 2), by the lower triangular factor."""
    return torch.stack([eps[:, 0], r * eps[:, 0] + (1 - r**2).sqrt() * eps[:, 1]], dim=1)


def symmetric(r: Tensor, eps: Tensor) -> Tensor:
    """The same law, by the symmetric root."""
    p, q = ((1 + r).sqrt() + (1 - r).sqrt()) / 2, ((1 + r).sqrt() - (1 - r).sqrt()) / 2
    return torch.stack([p * eps[:, 0] + q * eps[:, 1], q * eps[:, 0] + p * eps[:, 1]], dim=1)


def per_draw(values: Tensor, r: Tensor) -> Tensor:
    """The derivative of every value in its own r."""
    return torch.autograd.grad(values.sum(), r, retain_graph=True)[0]


# %% tags=["demo"]
torch.manual_seed(0)
eps = torch.randn(200_000, 2, dtype=torch.float64)
r = torch.full((len(eps),), 0.9, dtype=torch.float64, requires_grad=True)
for name, draw in {"Cholesky": cholesky, "symmetric": symmetric}.items():
    z = draw(r, eps)
    for f, values, truth in (("z1 z2", z[:, 0] * z[:, 1], 1), ("z2^2", z[:, 1] ** 2, 0)):
        slopes = per_draw(values, r)
        two_errors = 2 * slopes.std() / math.sqrt(len(slopes))
        print(f"{name:<10} d/dr of the mean of {f:<6} truth {truth}   ", end="")
        print(f"mean {slopes.mean():6.3f} +- {two_errors:.3f}   variance of one draw {slopes.var():.2f}")

# %% [markdown]
# Both are unbiased, with different variances.
# The closed forms, with $s = 1 - r^2$:
#
# | variance of one draw | Cholesky | symmetric |
# | --- | --- | --- |
# | $f = z_1 z_2$ | $1 + 1/s$ | $1$ |
# | $f = z_2^2$ | $16 r^2 + 4 (1 - 2 r^2)^2 / s$ | $1/s$ |
#
# Why is there a choice?
# In one dimension, probability can only move left or right, and $F$ says how much of it must pass each place.
# In two dimensions the points may also move *round*, along the lines of equal density, and the distribution does not notice.
# Each map adds another such motion.


# %% tags=["demo"]
def velocity(draw, r: float, z: Tensor) -> Tensor:
    """How fast the points z, (n, 2), move when r grows, if they are drawn by this map."""
    at = torch.tensor(r, dtype=torch.float64)
    factor = draw(at, torch.eye(2, dtype=torch.float64)).mT
    eps = torch.linalg.solve(factor, z.mT).mT
    return torch.autograd.functional.jvp(lambda r: draw(r, eps), at, torch.ones_like(at))[1]


maps = {
    "Cholesky": (cholesky, lambda r: 1 + 1 / (1 - r**2), "-", "#D55E00", "o"),
    "symmetric root": (symmetric, lambda r: torch.ones_like(r), "--", "#0072B2", "D"),
}
rs, measured = torch.linspace(0, 0.9, 7, dtype=torch.float64), {}
for name, (draw, *_) in maps.items():
    measured[name] = []
    for value in rs.tolist():
        r = torch.full((50_000,), value, dtype=torch.float64, requires_grad=True)
        z = draw(r, eps[:50_000])
        measured[name].append(per_draw(z[:, 0] * z[:, 1], r).var().item())

# %% plot=true
# Draws figure 2: where each path sends the draws, and the variances that follow.
r0, fine = 0.6, torch.linspace(0, 0.93, 100, dtype=torch.float64)
angles = torch.arange(0, 2 * math.pi, math.pi / 12, dtype=torch.float64)
circle = torch.stack([angles.cos(), angles.sin()], dim=1)
z = 1.5 * symmetric(torch.tensor(r0).double(), circle)
figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.7), layout="constrained")
for panel, (name, (draw, variance, style, colour, marker)) in zip(panels, maps.items(), strict=False):
    panel.plot(*torch.cat([z, z[:1]]).T, color="0.7", linewidth=1)
    arrows = {"angles": "xy", "scale_units": "xy", "scale": 2, "width": 0.009}
    panel.quiver(*z.T, *velocity(draw, r0, z).T, color=colour, **arrows)
    panel.set(title=f"dz/dr by {name}, r = {r0}", xlabel="z1", ylabel="z2", aspect="equal")
    panel.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    panels[2].plot(fine, variance(fine), style, color=colour, label=name)
    panels[2].plot(rs, measured[name], marker, color=colour)
panels[2].set(xlabel="correlation r", ylim=(0, 8), title="f = z1 z2")
panels[2].set_ylabel("variance of one draw's gradient in r")
panels[2].legend(title="lines: closed forms\npoints: 50,000 draws")
figure.suptitle("Two numbers have many paths: the same distributions, other arrows, another variance")
plt.show()

# %% [markdown]
# *Figure 2. Left and middle: 24 points on an ellipse of equal density, with an arrow for how each moves when r grows.*
# *By the Cholesky factor all arrows are vertical; by the symmetric root they point in from the long sides, and out at both ends.*
# *Both make the same narrower ellipse of it.*
# *Right: the variance of the gradient over r.*
# *That of Cholesky (solid, circles) rises from 2 to 6 at r = 0.9; that of the symmetric root (dashed, diamonds) stays at 1.*
#
# Jankowiak and Obermeyer (2018) choose among such paths on purpose, to lower the variance.

# %% [markdown]
# ## A heavy tail
#
# A price, an income or a file size is positive, and sometimes huge.
# The **log-normal** distribution is a usual model: $\log x$ is normal, with mean `mu` and standard deviation `sigma`.
# Its path is short:
#
# $$x = e^{\mu + \sigma \epsilon}, \qquad \frac{\partial x}{\partial \mu} = x, \qquad \frac{\partial x}{\partial \sigma} = x\,\epsilon.$$
#
# `mu` is not the mean of $x$.
# Half of the draws are below $e^{\mu}$, so that is the median; the mean is $e^{\mu + \sigma^2/2}$, which can be far above.

# %% [markdown]
# ### Exercise 6: `sample_lognormal`
#
# *Difficulty ●○○○○ (1 of 5) · 5 minutes*
#
# Return the $x$ whose logarithm is $\mu + \sigma\,\epsilon$.
#
# - `mu` and `eps` are any numbers, `sigma` is positive.
#   They are tensors of one dtype, whose shapes broadcast with each other.
# - The result has the broadcast shape, and the dtype and device of `eps`.
# - In float64 the result is right to 9 digits, for exponents from $-15$ to 15: clamp nothing.
# - The gradients in `mu` and in `sigma` are right.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First make the normal number, as in lesson 3, then one more step.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Here `sigma` is the standard deviation itself, not its logarithm.
# `exp` is taken of the whole sum, and nothing is subtracted from it.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: the $x$ whose *cube root* is $\mu + \sigma\epsilon$.
#
# ```python
# mu = torch.tensor(1.0, requires_grad=True)
# sigma = torch.tensor(0.5, requires_grad=True)
# eps = torch.tensor([-1.0, 0.0, 2.0])
# normal = mu + sigma * eps
# x = normal**3
# print(x.tolist())  # prints [0.125, 1.0, 8.0]
# print(torch.autograd.grad(x[2], (mu, sigma)))  # prints (tensor(12.), tensor(24.))
# ```
#
# The name says what is normal: here the cube root of $x$, in yours its logarithm.
# So take the function that undoes the logarithm.
# The gradients come by themselves, as long as nothing is clamped: $3 \cdot 2^2 = 12$, and this times $\epsilon = 2$.
#
# </details>


# %% answer="sample_lognormal"
def sample_lognormal(mu: Tensor, sigma: Tensor, eps: Tensor) -> Tensor:
    """Return the x whose logarithm is mu + sigma * eps.

    mu, sigma: mean and standard deviation (above 0) of log x.  eps: the noise.
    One dtype; the shapes broadcast.
    Returns x: the broadcast shape, dtype and device of eps.
    In float64 it is right to 9 digits for exponents from -15 to 15.
    Differentiable in mu and sigma.
    """
    ### BEGIN SOLUTION
    return torch.exp(mu + sigma * eps)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 1, "gradients": 2}

# %% [markdown]
# **You should see** three lines.
#
# > **Claim, found on the web: "A log-normal latent makes the gradients explode, because of the exp."**
#
# Test it.
# The gradient of the mean in `mu` is the mean itself, and each draw estimates it by $x$.
# We take 200 runs of 1,000 draws, at `mu` = 0.

# %% predict="below"

# %% tags=["demo"]
torch.manual_seed(0)
mu = torch.zeros(200, 1_000, dtype=torch.float64)
eps = torch.randn(200, 1_000, dtype=torch.float64)
print("sigma   truth   runs below   median run   smallest   largest run   deviation of a draw / truth")
for sigma in (1.0, 2.0, 3.0):
    means = sample_lognormal(mu, torch.tensor(sigma).double(), eps).mean(dim=1)
    truth, relative = math.exp(sigma**2 / 2), math.sqrt(math.exp(sigma**2) - 1)
    below = (means < truth).double().mean()
    print(f"{sigma:<7} {truth:5.2f}   {below:10.0%}   {means.median():10.2f}", end="")
    print(f"   {means.min():8.2f}   {means.max():11.2f}   {relative:10.1f}")

# %% tags=["demo"]
torch.manual_seed(1)
n, runs = 100_000, 8
eps, counts = torch.randn(runs, n, dtype=torch.float64), torch.arange(1, n + 1)
running = {}
for sigma in (1.0, 2.0, 3.0):
    x = sample_lognormal(torch.zeros(()).double(), torch.tensor(sigma).double(), eps)
    running[sigma] = x.cumsum(dim=1) / counts / math.exp(sigma**2 / 2)

# %% plot=true
# Draws figure 3: the mean of the draws so far, eight times for each sigma.
shown = torch.logspace(1, 5, 300).long().unique().clamp(max=n) - 1
figure, panels = plt.subplots(1, 3, figsize=(10.5, 3.6), sharey=True, layout="constrained")
for panel, (sigma, means) in zip(panels, running.items(), strict=True):
    panel.plot(counts[shown], means[:, shown].T, color="#0072B2", linewidth=0.9, alpha=0.8)
    panel.axhline(1, color="black", linestyle="--", linewidth=1.5)
    panel.set(xscale="log", yscale="log", ylim=(0.03, 8), xlabel="number of draws")
    panel.set_title(f"sigma = {sigma:.0f}")
panels[0].set_ylabel("mean of the draws so far / truth")
panels[0].text(12, 1.15, "truth")
title = "The heavier the tail, the longer the mean of the draws stays below the truth, and then jumps"
figure.suptitle(title)
plt.show()

# %% outcome="below"
below

# %% [markdown]
# *Figure 3. Three panels with eight thin lines each: the mean of the draws so far, divided by the truth, over the number of draws, on logarithmic axes.*
# *The dashed line is the truth.*
# *For sigma = 1 the lines soon lie on it.*
# *For sigma = 2 they need about ten thousand draws.*
# *For sigma = 3 all start well below it, some by a factor of ten or more, rise in sudden jumps, and still differ after 100,000 draws.*

# %% [markdown]
# The claim points at something real, and names the **wrong cause**.
# The gradient of a draw is $x$, and its mean is finite for every `sigma`: nothing explodes by itself.
# But the deviation of one draw, divided by the truth, is $\sqrt{e^{\sigma^2} - 1}$: 1.3, 7.3 and 90 for `sigma` 1, 2 and 3.
#
# So with a heavy tail most runs see too small a gradient, and a few see a far too large one.
# That is the tail's doing.
# With `sigma` = 0.1 the same `exp` is harmless.
# Watch `sigma`, and be careful with means over few draws: they are unbiased, and more often too low than too high.

# %% [markdown]
# ## Two hills and a valley
#
# Back to the robot and its two doors.
# In one dimension the mixture has an ordinary distribution function, which is smooth and rising:
#
# $$F(z; w) = w\,\Phi(z - 2) + (1 - w)\,\Phi(z + 2),$$
#
# where $\Phi$ (`torch.special.ndtr`) is the distribution function of $\mathcal{N}(0, 1)$.
# It is linear in $w$.
# So nothing keeps you from drawing in the first way of this lesson, by choosing a door, and using your `implicit_gradient` afterwards.

# %% predict="doors"


# %% tags=["demo"]
def two_doors_cdf(z: Tensor, w: Tensor) -> Tensor:
    """F of the robot's place."""
    return w * torch.special.ndtr(z - 2) + (1 - w) * torch.special.ndtr(z + 2)


torch.manual_seed(0)
n = 100_000
w = torch.full((n,), 0.7, dtype=torch.float64)
z = torch.where(torch.rand(n) < w, 2.0, -2.0) + torch.randn(n, dtype=torch.float64)
for name, estimates, truth in [
    ("mean place", implicit_gradient(two_doors_cdf, z, w), 4.0),
    ("mean of z^2", implicit_gradient(two_doors_cdf, z, w) * 2 * z, 0.0),
]:
    two_errors = 2 * estimates.std() / math.sqrt(n)
    print(f"derivative in w of the {name:<12} truth {truth:.3f}   ", end="")
    print(f"estimate {estimates.mean():.3f} +- {two_errors:.3f}")

# %% outcome="doors"
implicit_gradient(two_doors_cdf, z, w).mean()

# %% [markdown]
# There is the gradient that PyTorch refuses.
# A mixture in one dimension *is* reparameterizable.
# What has no path is one way to draw it: *choosing a component first*.
#
# Now the price.
# Take two normal distributions with deviation 1, whose centres are $d$ apart, at $\pm d/2$.
# Let the weight of the right one be $w = \operatorname{sigmoid}(\ell)$, and ask for the derivative in the logit $\ell$ of the mean of $z$.
# The truth is $w (1 - w)\, d$.
# The rival is the score function of lesson 2, $z\; \partial \log p(z) / \partial \ell$.

# %% predict="valley"


# %% tags=["demo"]
def pieces(z: Tensor, d: Tensor | float, w: float) -> tuple[Tensor, Tensor, Tensor]:
    """Density of z, and the derivatives in the logit of density and distribution function."""
    right, left = z - d / 2, z + d / 2
    at_right, at_left = (torch.exp(-(part**2) / 2) / math.sqrt(2 * math.pi) for part in (right, left))
    steeper = w * (1 - w) * (torch.special.ndtr(right) - torch.special.ndtr(left))
    return w * at_right + (1 - w) * at_left, w * (1 - w) * (at_right - at_left), steeper


def exact_variances(d: float, w: float) -> tuple[float, float]:
    """Variance of one draw's gradient, (implicit, score function), by the trapezoidal rule."""
    z = torch.linspace(-d / 2 - 12, d / 2 + 12, 20_001, dtype=torch.float64)
    p, by_logit, steeper = pieces(z, d, w)
    squares = [steeper**2 / p, (z * by_logit) ** 2 / p]
    implicit, score = (torch.trapezoid(each, z).item() - (w * (1 - w) * d) ** 2 for each in squares)
    return implicit, score


weight, low, high = 0.4, 2.0, 4.0
for _ in range(50):
    middle = (low + high) / 2
    implicit, score = exact_variances(middle, weight)
    low, high = (middle, high) if implicit < score else (low, middle)
crossing = low
print(f"the two variances are equal at a distance of {crossing:.3f}")


# %% tags=["demo"]
def two_hills_cdf(d: float, z: Tensor, logit: Tensor) -> Tensor:
    """F of two hills at a distance d; the logit is that of the right one's weight."""
    right, left = torch.special.ndtr(z - d / 2), torch.special.ndtr(z + d / 2)
    return torch.sigmoid(logit) * right + torch.sigmoid(-logit) * left


torch.manual_seed(0)
distances, n = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0], 400_000
fine = torch.linspace(0.8, 8.2, 75).tolist()
lines = torch.tensor([exact_variances(d, weight) for d in fine])
dots = []
print("distance   truth   implicit: mean   variance   largest   score function: mean   variance")
for d in distances:
    z = torch.where(torch.rand(n) < weight, d / 2, -d / 2) + torch.randn(n, dtype=torch.float64)
    logits = torch.full_like(z, math.log(weight / (1 - weight)))
    implicit = implicit_gradient(partial(two_hills_cdf, d), z, logits)
    p, by_logit, _ = pieces(z, d, weight)
    score = z * by_logit / p
    dots.append((implicit.var().item(), score.var().item()))
    print(f"{d:8.0f}   {weight * (1 - weight) * d:5.2f}   {implicit.mean():14.3f}", end="")
    print(f"   {dots[-1][0]:8.3g}   {implicit.max():7.0f}", end="")
    print(f"   {score.mean():20.3f}   {dots[-1][1]:8.3g}")

# %% plot=true
# Draws figure 4: both variances for every distance of the hills.
_, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
for i, (name, style, colour, marker) in enumerate(
    [("implicit, through the draw", "-", "#0072B2", "o"), ("score function", "--", "#D55E00", "D")]
):
    axes.plot(fine, lines[:, i], style, color=colour, label=name)
    axes.plot(distances, [dot[i] for dot in dots], marker, color=colour)
axes.axvline(crossing, color="0.5", linewidth=0.8)
axes.annotate(f"d = {crossing:.2f}", (crossing, 0.002), (crossing + 0.15, 0.002))
axes.set(yscale="log", ylim=(3e-4, 2e3))
axes.set_xlabel("distance d of the two hills (in their standard deviations)")
axes.set_ylabel("variance of one draw's gradient\nin the logit of the weight")
axes.set_title("The price of a valley: close hills favour the path, distant hills the score function")
axes.legend(title="lines: by integration\npoints: 400,000 draws", loc="upper left")
plt.show()

# %% outcome="valley"
crossing

# %% [markdown]
# *Figure 4. Two lines over the distance d of the hills, from 1 to 8; the vertical axis is logarithmic.*
# *The variance of the implicit gradient (solid, circles) rises steeply, from below 0.001 at d = 1 to several hundred at d = 8.*
# *That of the score function (dashed, diamonds) is nearly flat, from 0.1 to 0.4.*
# *They cross at d = 3.16.*

# %% [markdown]
# Both are unbiased at every distance.
# But when $w$ grows, probability must move from the left hill to the right one, and the only way leads *through the valley*.
# Hardly any draw is there, and each of these few must carry the whole stream: $dz/d\ell$ is a flow divided by a density, and in the valley the density is tiny.
# At $d = 8$ most draws say nearly 0, and a rare one says more than a thousand.
#
# Lesson 2 had two cases where the pathwise gradient loses: fast waves, and steps.
# A valley is the third.

# %% [markdown]
# **In more dimensions** there is no single $F$ to invert.
# But you can go one coordinate after the other: the first by its own $F$, the second by its $F$ *given the first*, and so on.
# Graves (2016) derives the gradient of mixtures in this way.
# TensorFlow Probability does it on request (`MixtureSameFamily` with `reparameterize=True`).
# Pyro has it for normal mixtures in two and more dimensions (`MixtureOfDiagNormals`).
# PyTorch itself has none (pytorch#39178, open).
#
# None of them can avoid the valley: whoever moves probability from hill to hill along a path must cross it.

# %% [markdown]
# We measured Pyro's gradient in two and in four dimensions, with the setting of figure 4.
# The record, for Pyro 1.9.2, is in `benchmarks/pyro_mixture.md`.
# At a distance of 1 to 4 its variances are those of figure 4 to two digits; at 8 they are in the hundreds as well.

# %% [markdown]
# ### Exercise 7: is a mixture reparameterizable?
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes · graded by a person*
#
# A colleague says: "You cannot reparameterize a mixture, since choosing a component has no gradient."
# Answer in six to ten sentences, in the four parts below, of one point each.

# %% [markdown]
# 1. What is right in this? Name the step that has no path, and say what becomes of the gradient in the weight.
# 2. Why is there a gradient in one dimension all the same (half a point), and how do you get it (half a point)?
# 3. What is its exact value for $f(z) = z$ and components with means $m_1$ (of weight $w$) and $m_0$, per unit of $w$?
# 4. When is this gradient a bad idea, and why (half a point)? What would you take in its place (half a point)?
#
# If nobody grades your work, compare your four parts with the section above.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Separate two things: the distribution of $z$, and one way to draw from it.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For part 3, write the mean of $z$ with $w$, $m_1$ and $m_0$, and differentiate.
# For part 4, look at figure 4.
#
# </details>

# %% [markdown] answer="mixture" points=4
# ### BEGIN SOLUTION
# *A model answer, with what each point is for.*
#
# 1. The colleague is right about *one way to draw*. Choosing first is a comparison such as `u < w`, or the draw of an index; no path leads from there to $w$, so its gradient is missing, or 0 in silence. *(One point: the step, and missing or 0.)*
# 2. The distribution is another matter. In one dimension $F(z; w) = w F_1(z) + (1 - w) F_0(z)$ is smooth in $w$, and continuous and rising in $z$, so each $u$ has one $z$, which moves smoothly with $w$. *(Half: smooth in the weight, or continuous and rising in z.)* The implicit gradient $-(\partial F / \partial w) / p(z)$ gives it, however $z$ was drawn; so does the inverse of $F$, found by bisection. *(Half: either.)*
# 3. The mean is $w m_1 + (1 - w) m_0$. So the gradient is $m_1 - m_0$. *(One point. In the logit of the weight it is $w (1 - w) (m_1 - m_0)$: right too, if the answer says so.)*
# 4. When the components are far apart. Probability must cross a valley of small density, so a few rare draws carry the whole gradient: its variance explodes, although it is unbiased. *(Half: far apart, because of the small density between them.)* There I would take the score function with a baseline, or the exact sum over the components. *(Half: either.)*
# ### END SOLUTION

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
# **You built** four inverse distribution functions that keep their digits, a gradient for draws that nobody can invert, and the log-normal path.
#
# **Three sentences to remember**
#
# 1. A continuous, rising $F$ is a path: keep $u$ and move the parameter, or divide $-\partial F / \partial \theta$ by the density.
# 2. One number that is drawn from one $u$ has one pathwise gradient; two numbers have many, with different variances.
# 3. Unbiased is not cheap: a heavy tail or a valley puts the whole gradient into a few rare draws.

# %% [markdown]
# **Where it returns.**
# Lesson 10 takes Gumbel and logistic noise, and asks what to do where there is no path at all.
# The score function, which wins beyond the valley, wins there too.
#
# **Further reading**
#
# - M. Figurnov, S. Mohamed and A. Mnih, *Implicit Reparameterization Gradients*, NeurIPS 2018.
# - M. Jankowiak and F. Obermeyer, *Pathwise Derivatives Beyond the Reparameterization Trick*, ICML 2018.
# - A. Graves, *Stochastic Backpropagation through Mixture Density Distributions*, 2016.
# - E. Nalisnick and P. Smyth, *Stick-Breaking Variational Autoencoders*, ICLR 2017.
# - M. Wasserman and G. Mateos, *Stabilizing the Kumaraswamy Distribution*, Transactions on Machine Learning Research, 2025.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.
# The 4 points of exercise 7 are for a person to give, and are in neither.

# %% progress=true
