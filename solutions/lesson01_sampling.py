# %% [markdown]
# # Lesson 1: the sampling problem
#
# **The question of this lesson: what becomes of a gradient when a random draw stands in its way?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 70 minutes | tensors and `loss.backward()`; lesson 0 helps | 33 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - estimate a mean from draws, and say how wrong the estimate is;
# - read in a computation graph whether a gradient can pass a draw;
# - detect a draw that stops a gradient without an error;
# - compute the slope of a noisy mean from two sides, with noise that helps;
# - say when a gradient may move inside a mean, and show a case where it may not.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Cells that only show something are yours to change.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
# Replace `raise NotImplementedError` with your code, then run the check cells below it.
# This lesson computes in float64, so that rounding never hides what we look at.

# %% locked="imports"
import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch.distributions import Normal

# %% [markdown]
# ## An experiment with three answers
#
# A machine fills bags of coffee.
# The label says 250 grams.
# You set the mean weight $\mu$ (`mu`); the machine adds a spread with standard deviation $\sigma$ (`sigma`).
# The weight of one bag, $z$, is a draw from the normal distribution $\mathcal{N}(\mu, \sigma^2)$.
# A bag costs $f(z) = (z - 250)^2$ cents, because too much coffee is a gift and too little makes a customer angry.
#
# How should you turn the knob?
# You need the slope of the *mean* cost in `mu`.
# Below are three lines that draw 10,000 bags from the same distribution.

# %% predict="slope"


# %% tags=["demo"]
def cost(z):
    return (z - 250) ** 2  # cents, for z in grams


torch.manual_seed(0)
mu = torch.tensor(253.0, dtype=torch.float64, requires_grad=True)
sigma = torch.tensor(2.0, dtype=torch.float64)
draws = {
    "Normal(mu, sigma).sample": Normal(mu, sigma).sample((10_000,)),
    "torch.normal(mu, sigma)": torch.normal(mu.expand(10_000), sigma.expand(10_000)),
    "Normal(mu, sigma).rsample": Normal(mu, sigma).rsample((10_000,)),
}
for name, z in draws.items():
    mean_cost = cost(z).mean()
    gradient = "none, there is no history"
    if mean_cost.requires_grad:
        gradient = f"{torch.autograd.grad(mean_cost, mu)[0]:.3f}"
    print(f"{name:<26} mean cost {mean_cost:.2f} cents   gradient in mu: {gradient}")

# %% outcome="slope"
float(gradient)

# %% [markdown]
# Three times the same mean cost, about 13 cents, and three different answers about its slope.
# The first has no gradient at all.
# The second has a gradient, and it is **zero**: no error, no warning, and wrong.
# The third is right up to noise: the true slope is $2\,(\mu - 250) = 6$ cents per gram.
#
# This lesson explains the difference.
# It starts with the mean itself, because the mean has a slope whether or not our code can find it.

# %% [markdown]
# ## The mean over draws
#
# The *expectation* $\mathbb{E}[f(z)]$ is the mean cost of infinitely many bags.
# It is a number that depends on $\mu$ and $\sigma$, and on nothing random.
# For our cost it has a closed form:
#
# $$\mathbb{E}\big[(z - 250)^2\big] = (\mu - 250)^2 + \sigma^2.$$
#
# This is a smooth function of `mu` and `sigma`: it *is* differentiable.
# Its slopes are $2(\mu - 250)$ in `mu` and $2\sigma$ in `sigma`.
#
# For most functions $f$ nobody knows a closed form.
# Then we draw $n$ times and take the mean, the **Monte Carlo estimate**:
#
# $$\mathbb{E}[f(z)] \;\approx\; \frac{1}{n} \sum_{i=1}^{n} f(z_i), \qquad z_i \sim \mathcal{N}(\mu, \sigma^2) \text{, independent.}$$

# %% [markdown]
# ### Exercise 1: `monte_carlo`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return the mean of `f` over `n` independent draws from $\mathcal{N}(\mu, \sigma^2)$.
#
# - `f` takes a float64 tensor of any shape and works element by element.
# - `mu` and `sigma` are floats or 0-dim float64 tensors; `sigma` is the standard deviation, above 0.
# - `n` is a whole number, at least 1.
# - Give each of the `n` draws to `f` exactly once, all at once or one by one, and give it nothing else.
# - The result is a 0-dim float64 tensor, and the draws are float64 too.
# - Every call makes fresh draws: do not set a seed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two steps: make `n` draws, then average what `f` makes of them.
# The order matters: `f` comes before the mean.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Lesson 0 moved and stretched noise: start from standard normal numbers, multiply by the standard deviation, add the mean.
# `torch.randn` draws in float32 unless you pass it a `dtype`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The mean of $v^2$ for another distribution: $v$ is uniform between 1 and 5.
# Fixed noise is stretched and moved, as in lesson 0:
#
# ```python
# torch.manual_seed(0)
# noise = torch.rand(100_000, dtype=torch.float64)  # uniform between 0 and 1
# v = 1 + 4 * noise
# print(f"mean of the squares {v.square().mean():.0f}")  # prints mean of the squares 10
# print(f"square of the mean {v.mean().square():.0f}")  # prints square of the mean 9
# ```
#
# The exact values are 10.33 and 9.
# In your function the noise is standard normal, and `f` stands in the place of the square.
# Which of the last two lines is then the mean of `f`?
# What stands in the places of 1 and 4?
# The seed stays outside of your function.
#
# </details>


# %% answer="monte_carlo"
def monte_carlo(
    f: Callable[[Tensor], Tensor],
    mu: Tensor | float,
    sigma: Tensor | float,
    n: int,
) -> Tensor:
    """Estimate E[f(z)] for z from N(mu, sigma^2): the mean over n independent, fresh draws.

    f: takes a float64 tensor of any shape and works element by element; it gets each of the
    n draws exactly once.
    mu, sigma: mean and standard deviation (above 0), floats or 0-dim float64 tensors.
    n: the number of draws, at least 1.
    Returns the estimate, a 0-dim float64 tensor.
    """
    ### BEGIN SOLUTION
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    return f(z).mean()
    ### END SOLUTION


# %% checks={"shape": 1, "estimate": 2, "spread": 2, "draws": 2}

# %% [markdown]
# **You should see** four lines: about the shape, the estimate, the spread and the freshness of the draws.
#
# A common mistake is to take the cost of the mean bag for the mean cost.

# %% predict="bag"

# %% tags=["demo"]
torch.manual_seed(0)
estimate = monte_carlo(cost, 253.0, 2.0, 100_000)
print(f"mean cost, estimated:   {estimate:.3f} cents")
print(f"mean cost, closed form: {(253 - 250) ** 2 + 2**2} cents")
print(f"cost of the mean bag:   {cost(253)} cents")

# %% outcome="bag"
estimate - cost(253)

# %% [markdown]
# The difference is $\sigma^2$, that is 4 cents.
# The cost of the mean bag does not see the spread at all.

# %% [markdown]
# ## How wrong is the estimate?
#
# With other draws the estimate changes a little.
# By how much? A single run can tell.
# Let $s$ be the standard deviation of the $n$ values $v_i = f(z_i)$.
# Then their mean has the **standard error**
#
# $$\text{SE} = \frac{s}{\sqrt{n}}, \qquad s^2 = \frac{1}{n - 1} \sum_{i=1}^{n} (v_i - \bar v)^2,$$
#
# where $\bar v$ is the mean of the values.
# The divisor $n - 1$ makes $s^2$ *unbiased*: right on average.
# The divisor $n$ would make it too small, because $\bar v$ was fitted to the same values.

# %% [markdown]
# ### Exercise 2: `standard_error`
#
# *Difficulty ●○○○○ (1 of 5) · 5 minutes*
#
# Return the standard error of the mean of `values`.
#
# - `values` is a float64 tensor of shape `(n,)`, with `n` at least 2.
# - The variance is the unbiased one, with the divisor `n - 1`.
# - The result is a 0-dim float64 tensor, and `values` stays as it was.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the two formulas above already exists as a method of a tensor?
# Read in its documentation which divisor it uses.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The unbiased variance is divided by the number of values, then comes the square root.
# Or the standard deviation is divided by the square root of that number.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# By hand, for the three values 2, 4 and 9.
# Their mean is 5, and the deviations from it are -3, -1 and 4.
# The squares of these add up to 26.
#
# ```python
# values = torch.tensor([2.0, 4.0, 9.0])
# print(values.var())  # prints tensor(13.)
# print(f"{values.var(correction=0):.3f}")  # prints 8.667
# ```
#
# So `var()` divides by $n - 1 = 2$ unless you say otherwise.
# 13 is about *one* value; your result is about the mean of three.
# For these values it must be 2.082.
# If you get 3.606, the division by $n$ is missing; 1.700 has the divisor $n$ inside the variance; 4.333 has no root.
#
# </details>


# %% answer="standard_error"
def standard_error(values: Tensor) -> Tensor:
    """Compute the standard error of the mean: the square root of (unbiased variance / n).

    values: float64, shape (n,), n at least 2; independent values, not changed.
    Returns the standard error in the unit of values, a 0-dim float64 tensor.
    """
    ### BEGIN SOLUTION
    return values.std() / math.sqrt(len(values))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "unbiased": 2}

# %% [markdown]
# **You should see** three lines: about the shape, the values and the divisor.
#
# Now measure the error itself.
# For each $n$, the next cell makes 400 estimates and compares them with the closed form, 13 cents.
# For our cost, one value has the variance $2\sigma^4 + 4(\mu - 250)^2\sigma^2 = 176$, so the line is $\sqrt{176 / n}$.

# %% predict="error"

# %% tags=["demo"]
torch.manual_seed(0)
repeats = 400
ns = [10, 30, 100, 300, 1_000, 3_000, 10_000]
errors = torch.tensor([[monte_carlo(cost, 253.0, 2.0, n) - 13 for _ in range(repeats)] for n in ns])
measured = errors.square().mean(dim=1).sqrt()
two_errors = 2 * torch.stack([standard_error(e) for e in errors.square()]) / (2 * measured)

# %% plot=true
# Draws figure 1: the typical error for every n, measured and by the closed form.
_, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
line = [math.sqrt(176 / n) for n in ns]
axes.plot(ns, line, color="#0072B2", label="closed form: sqrt(176 / n)")
style = {"fmt": "o", "color": "#D55E00", "capsize": 4, "label": "measured, 2 standard errors"}
axes.errorbar(ns, measured, two_errors, **style)
axes.set(xscale="log", yscale="log", xlabel="n (number of draws)")
axes.set_yticks([0.1, 0.2, 0.5, 1, 2, 5], ["0.1", "0.2", "0.5", "1", "2", "5"])
axes.minorticks_off()
axes.set_ylabel("typical error of the estimate (cents)")
axes.set_title("A hundred times the draws, a tenth of the error")
axes.legend()
plt.show()

# %% outcome="error"
measured[2] / measured[6]

# %% [markdown]
# *Figure 1. On two logarithmic axes, the closed form is a straight line that falls by a factor of ten from n = 100 to n = 10,000.*
# *The measured errors lie on it, with small error bars.*
#
# One more digit costs a hundred times the work.
# This slow rate, $1/\sqrt{n}$, is the same for every $f$ with a finite variance, and for draws of any dimension.
#
# Give every estimate its standard error.
# Without one, nobody can say whether 12.8 and 13 are different.

# %% [markdown]
# ## Draws with and without a path
#
# PyTorch finds gradients by walking backward.
# Every result remembers the operation that made it, in `grad_fn`; that operation remembers where its inputs came from.
# Together they form the **computation graph**.
# A gradient reaches `mu` if a chain of operations leads from the loss back to `mu`.
#
# The next cells read this graph from the tensors themselves and draw it.
# Each box is one operation, by PyTorch's name; a name ends in `Backward` because the operation is walked backward.
# The boxes `mu` and `sigma` are ends of the chain, where these tensors wait for their gradients.
# A dashed arrow with a cross is a broken path: nothing but zero comes through, or nothing at all.


# %% tags=["demo"]
def walk(node, names, depth=0, above=None):
    """List the operations behind a loss: (depth, name, number of the one that uses it)."""
    if node is None:
        return []  # a constant: no history
    leaf = getattr(node, "variable", None)
    name = node.name() if leaf is None else names[id(leaf)]
    found = [(depth, name, above)]
    for parent, _ in node.next_functions:
        below = walk(parent, names, depth + 1, 0)
        shift = len(found)
        found += [(d, n, 0 if d == depth + 1 else a + shift) for d, n, a in below]
    return found


# %% plot=true
# A graph of operations, as the next figure draws it three times.


def draw_graph(axes, operations, title, footer, broken):
    """Draw operations as boxes, the loss at the top; arrows go where the gradient walks.

    broken: whether the arrows to mu and sigma carry nothing.
    """
    used, places = {}, []
    for depth, name, above in operations:
        x, y = 0.5 * used.get(depth, 0), -depth
        used[depth] = used.get(depth, 0) + 1
        x = max(x, places[above][0]) if above is not None else x
        places.append((x, y))
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "black"}
        axes.text(x, y, name, ha="center", va="center", fontsize=9, bbox=box, zorder=2)
        if above is not None:
            x0, y0 = places[above]
            cut = broken and name in ("mu", "sigma")
            look = {"color": "#D55E00", "linestyle": "--"} if cut else {}
            axes.annotate("", (x, y + 0.2), (x0, y0 - 0.2), arrowprops={"arrowstyle": "->", **look})
            if cut:
                axes.plot((x + x0) / 2, (y + y0) / 2, "X", color="#D55E00", markersize=10)
    axes.set(xlim=(-0.35, 0.85), ylim=(-5, 0.5), title=title)
    axes.text(0.25, -4.8, footer, ha="center", fontsize=10, weight="bold")
    axes.axis("off")


# %% tags=["demo"]
mu = torch.tensor(253.0, dtype=torch.float64, requires_grad=True)
sigma = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
three = {
    "Normal(mu, sigma).sample()": Normal(mu, sigma).sample(),
    "torch.normal(mu, sigma)": torch.normal(mu, sigma),
    "Normal(mu, sigma).rsample()": Normal(mu, sigma).rsample(),
}

# %% plot=true
# Draws figure 2: the graph of each draw, and what reaches mu.
figure, panels = plt.subplots(1, 3, figsize=(9, 4.2), layout="constrained")
for axes, (title, z) in zip(panels, three.items(), strict=True):
    loss = cost(z)
    operations = walk(loss.grad_fn, {id(mu): "mu", id(sigma): "sigma"})
    gradient, arrives = 0.0, "nothing reaches mu"
    if operations:
        gradient = torch.autograd.grad(loss, mu)[0].item()
        arrives = f"{gradient:.2f} reaches mu"
    no_history = [(0, "loss: no history", None), (3, "mu", 0), (3, "sigma", 0)]
    draw_graph(axes, operations or no_history, title, arrives, broken=gradient == 0)
figure.suptitle("Only the third draw has a path that carries something")
plt.show()

# %% [markdown]
# *Figure 2. Three graphs; arrows point the way that the gradient walks, from the loss at the top.*
# *Left: the loss has no history; the paths to mu and sigma are missing, which dashed lines with crosses show.*
# *Middle: the chain of power, minus and NormalBackward goes on to mu and sigma by dashed arrows with crosses, and zero arrives.*
# *Right: the chain of power, minus and plus leads to mu, and through a product to sigma; a number arrives that is not zero.*
#
# `sample()` returns a number that forgot where it came from.
# `rsample()` returns the same kind of number, made by a sum and a product.

# %% [markdown]
# ## A gradient of zeros
#
# The graph in the middle is dangerous.
# `torch.normal` has an operation for the way back, and this operation returns zeros, whatever arrives.
# So the usual questions all get a friendly answer:

# %% tags=["demo"]
mu = torch.tensor([253.0, 254.0], dtype=torch.float64, requires_grad=True)
z = torch.normal(mu, 2.0)
cost(z).sum().backward()
print("Does z require a gradient?", z.requires_grad)
print("Is there a gradient?      ", mu.grad is not None)
print("What does it say?         ", mu.grad)

# %% [markdown]
# Only the numbers show it.
# One more trap: looking at *one* sum of gradients.
# If a sampler returns the pair $z$ and $-z$, then the gradient of their sum is zero, although a gradient reaches `mu` from each of them.
#
# So ask exactly this question: does *some* output have a derivative in *some* element of `mu` that is not zero?

# %% [markdown]
# ### Exercise 3: `gradient_reaches`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return `True` if some element of `sampler(mu)` has a non-zero derivative, by autograd, in some element of `mu`; else `False`.
#
# - `sampler` takes a float64 tensor of any shape and returns one tensor, of any shape; each call draws anew.
# - Here `mu` is a float64 tensor of any shape, with or without `requires_grad`.
#   Work on a copy: `mu`, its `requires_grad` and its `.grad` stay as they were.
# - A derivative counts however small it is.
# - No history, or `mu` not used: `False`, not an error.
# - Parameters of the sampler's own do not count.
# - The result is a `bool`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Make a copy that has no history and requires a gradient, and give the copy to the sampler.
# There are two ways to have no path: the output requires no gradient, or it requires one because of something else.
# `torch.autograd.grad` has an argument for the second case.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The outputs may cancel in a plain sum.
# Give each output a weight of its own by `grad_outputs`: random weights cancel with probability zero.
# Or ask output by output; or let `torch.autograd.functional.jacobian` collect all derivatives.
# At the end, ask whether any number is not zero.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Two outputs that cancel in a sum, and a tensor that was never used:
#
# ```python
# x = torch.tensor([4.0], requires_grad=True)
# y = torch.cat([x, -x])
# for weights in ([1.0, 1.0], [0.3, 0.8]):
#     [slope] = torch.autograd.grad(y, x, torch.tensor(weights), retain_graph=True)
#     print(slope)
# # prints tensor([0.])
# # prints tensor([-0.5000])
# unused = torch.tensor(1.0, requires_grad=True)
# print(torch.autograd.grad(y.sum(), unused, allow_unused=True))  # prints (None,)
# ```
#
# The third argument weighs the outputs; equal weights hide that `x` is reached.
# So there are three ways to `False`: `y` requires no gradient, the gradient is `None`, or all of it is zero.
# Test them in this order.
#
# </details>


# %% answer="gradient_reaches"
def gradient_reaches(sampler: Callable[[Tensor], Tensor], mu: Tensor) -> bool:
    """Tell whether some element of sampler(mu) has a non-zero derivative in one of mu.

    sampler: takes a float64 tensor, returns a tensor of any shape; may have parameters of
    its own.
    mu: a float64 tensor of any shape; it, its requires_grad and its .grad are not changed.
    Returns a bool: False too if there is no history, if mu is unused, or if all derivatives
    are zero.
    """
    ### BEGIN SOLUTION
    copy = mu.detach().clone().requires_grad_()
    z = sampler(copy)
    if not z.requires_grad:
        return False
    weights = torch.randn_like(z)  # different weights, so that outputs do not cancel
    [gradient] = torch.autograd.grad(z, copy, weights, allow_unused=True)
    return gradient is not None and bool((gradient != 0).any())
    ### END SOLUTION


# %% checks={"type": 1, "open": 2, "cut": 2, "elsewhere": 2, "zeros": 2, "cancelling": 2, "inputs": 1}

# %% [markdown]
# **You should see** seven lines, from the type of the answer to the state of `mu`.
#
# You now have a detector for the whole course.
# Try it on other ways to draw.

# %% predict="paths"

# %% tags=["demo"]
from torch.distributions import Exponential

samplers = {
    "Normal(m, 2).sample()": lambda m: Normal(m, 2.0).sample(),
    "Normal(m, 2).rsample()": lambda m: Normal(m, 2.0).rsample(),
    "torch.normal(m, 2)": lambda m: torch.normal(m, 2.0),
    "m + 2 * randn": lambda m: m + 2 * torch.randn_like(m),
    "torch.poisson(m)": lambda m: torch.poisson(m),
    "m * rand": lambda m: m * torch.rand_like(m),
    "round(m + 2 * randn)": lambda m: torch.round(m + 2 * torch.randn_like(m)),
    "Exponential(1 / m).rsample()": lambda m: Exponential(1 / m).rsample(),
}
mu = torch.tensor([253.0, 254.0], dtype=torch.float64)
for name, sampler in samplers.items():
    z = sampler(mu.clone().requires_grad_())
    reaches = gradient_reaches(sampler, mu)
    print(f"{name:<30} requires_grad {z.requires_grad!s:<6} a gradient reaches m: {reaches}")

# %% outcome="paths"
sum(gradient_reaches(sampler, mu) for sampler in samplers.values())

# %% [markdown]
# Compare the two columns.
# In three rows `requires_grad` is `True` and no gradient arrives: `torch.normal`, `torch.poisson` and `round`.
# `sample()` at least says so openly.

# %% [markdown]
# ## A slope from two sides
#
# There is a way to a slope that needs no path at all.
# Let $g(\mu) = \mathbb{E}[f(z)]$.
# Move `mu` a little to both sides, by $h$, and divide: the **central difference**
#
# $$g'(\mu) \;\approx\; \frac{g(\mu + h) - g(\mu - h)}{2h}.$$
#
# Here $g$ is only known by estimates, each from $n$ draws, and estimates are noisy.
# For the noise you have a choice:
#
# - **fresh noise**: each side draws its own;
# - **common noise**: draw $\epsilon_i$ once, and use $z_i = \mu + h + \sigma\epsilon_i$ on the right and $z_i = \mu - h + \sigma\epsilon_i$ on the left.

# %% predict="noise"

# %% [markdown]
# ### Exercise 4: `finite_difference`
#
# *Difficulty ●●○○○ (2 of 5) · 15 minutes*
#
# Return the central difference of the estimated $\mathbb{E}[f(z)]$ in `mu`.
#
# - The sides stand at `mu + h` and `mu - h`; each side is the mean of `f` over `n` draws with standard deviation `sigma`.
# - `f` gets each of the `2 * n` draws exactly once, and nothing else.
# - With `common_noise=True`, both sides use the same noise: the draws come in pairs that are `2 * h` apart.
# - With `common_noise=False`, the two sides are independent.
# - `mu`, `sigma`, `n` and `f` are as in exercise 1; `h` is a float above 0.
# - The result is a 0-dim float64 tensor; draws are float64; every call draws afresh.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Separate the noise from its place: draw standard normal numbers first, then make the draws of both sides from them.
# What changes for the left side if the noise is not shared?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Two noise tensors: the one for the right side, and one for the left side that is either the same tensor or a new one.
# How far apart are the two sides? That is the divisor, and it needs brackets.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same idea for another question: how much does the mean of $z^2$ grow when the standard deviation grows from 2 to 2.1?
# The exact answer is $2.1^2 - 2^2 = 0.41$.
#
# ```python
# torch.manual_seed(5)
# first = torch.randn(1_000, dtype=torch.float64)
# for second in (first, torch.randn(1_000, dtype=torch.float64)):
#     growth = (2.1 * second).square().mean() - (2 * first).square().mean()
#     print(f"{growth:.3f}")
# # prints 0.405
# # prints 0.157
# ```
#
# The formula is the same in both rounds.
# Only the tensor of noise on one side is another: common first, fresh second.
# That choice is the place for `common_noise`.
# A *slope* is such a growth divided by the distance of the two places.
#
# </details>


# %% answer="finite_difference"
def finite_difference(
    f: Callable[[Tensor], Tensor],
    mu: Tensor | float,
    sigma: Tensor | float,
    n: int,
    h: float,
    common_noise: bool,
) -> Tensor:
    """Estimate d E[f(z)] / d mu as (mean of f at mu + h, minus mean at mu - h) / (2 h).

    f, mu, sigma, n: as in monte_carlo, with n fresh draws on each side; f gets each draw
    exactly once.
    h: a float above 0.
    common_noise: whether both sides use the same noise, or each its own.
    Returns the slope, a 0-dim float64 tensor.
    """
    ### BEGIN SOLUTION
    right_noise = torch.randn(n, dtype=torch.float64)
    left_noise = right_noise if common_noise else torch.randn(n, dtype=torch.float64)
    right = f(mu + h + sigma * right_noise).mean()
    left = f(mu - h + sigma * left_noise).mean()
    return (right - left) / (2 * h)
    ### END SOLUTION


# %% checks={"shape": 1, "central": 2, "common": 3, "fresh": 1, "noise": 2}

# %% [markdown]
# **You should see** five lines: about the shape, the formula, both kinds of noise, and the spread of the draws.
#
# Now measure how noisy the slope is.
# Beside our smooth cost, take one with a jump: an inspector fines every bag below 250 grams with 100 cents.
# Its mean is $100\,\Phi\big((250 - \mu)/\sigma\big)$, where $\Phi$ is the distribution function of the standard normal.

# %% [markdown]
# All closed forms are exact.
# With fresh noise the variance is $\big(\operatorname{Var} f(z_{\mu+h}) + \operatorname{Var} f(z_{\mu-h})\big) / (4 h^2 n)$.
# With common noise it is $4\sigma^2 / n$ for the smooth cost.
# For the fine it is $100^2\, p\,(1 - p) / (4 h^2 n)$, where $p$ is the probability that the two sides of a pair lie on different sides of 250.


# %% tags=["demo"]
def fine(z):
    return 100.0 * (z < 250)  # cents


def below(mu, sigma=2.0):
    """Probability that a bag has less than 250 grams."""
    return torch.special.ndtr((250 - mu) / sigma)


def fine_variance(mu):
    return 100**2 * below(mu) * (1 - below(mu))


def cost_variance(mu, sigma=2.0):
    return 2 * sigma**4 + 4 * (mu - 250) ** 2 * sigma**2


n, grid = 400, torch.logspace(-3, 0, 60, dtype=torch.float64)
p = below(253 - grid) - below(253 + grid)
smooth, step = "smooth cost", "cost with a jump"

# %% tags=["demo"]
closed = {
    (smooth, False): (cost_variance(253 + grid) + cost_variance(253 - grid)) / (4 * grid**2 * n),
    (smooth, True): torch.full_like(grid, 4 * 2.0**2 / n),
    (step, False): (fine_variance(253 + grid) + fine_variance(253 - grid)) / (4 * grid**2 * n),
    (step, True): 100**2 * p * (1 - p) / (4 * grid**2 * n),
}

# %% tags=["demo"]
torch.manual_seed(0)
variances = {}
for name, f in {smooth: cost, step: fine}.items():
    for common in (False, True):
        for h in (0.001, 0.01, 0.1, 1.0):
            runs = [finite_difference(f, 253.0, 2.0, n, h, common) for _ in range(500)]
            slopes = torch.stack(runs)
            squares = (slopes - slopes.mean()).square()
            variances[name, common, h] = squares.mean(), 2 * standard_error(squares)

# %% plot=true
# Draws figure 3: the variance of the slope for every h, measured and by the closed forms.
figure, panels = plt.subplots(1, 2, figsize=(9, 4.2), sharey=True, layout="constrained")
looks = {False: ("fresh noise", "o", "-", "#D55E00"), True: ("common noise", "s", "--", "#0072B2")}
for axes, name in zip(panels, (smooth, step), strict=True):
    for common, (label, marker, line, colour) in looks.items():
        axes.plot(grid, closed[name, common], line, color=colour, label=f"{label}, closed form")
        for h in (0.001, 0.01, 0.1, 1.0):
            variance, two_errors = variances[name, common, h]
            axes.errorbar(h, variance, two_errors, fmt=marker, color=colour, capsize=4)
    axes.set(xscale="log", yscale="log", xlabel="h (grams)", title=name)
panels[0].set_ylabel("variance of the slope\n(cents per gram)$^2$, 400 draws a side")
panels[0].legend()
figure.suptitle("Fresh noise: 1/h$^2$. Common noise: bounded for a smooth cost, 1/h for a jump")
plt.show()

# %% outcome="noise"
torch.stack([finite_difference(cost, 253.0, 2.0, 400, 0.001, False) for _ in range(30)]).std()

# %% [markdown]
# *Figure 3. Variance of the slope against h, on logarithmic axes, for a smooth cost (left) and a cost with a jump (right).*
# *Lines are closed forms; points are measured, with two standard errors.*
# *Fresh noise (solid line, round points) rises steeply to the left in both: a hundred times for each tenth of h.*
# *Common noise (dashed line, squares) is flat on the left panel, and rises ten times for each tenth of h on the right panel.*
#
# With fresh noise, two estimates that differ by chance are divided by a tiny number.
# With common noise, the chance cancels.
# What remains for the smooth cost, as $h \to 0$, is the derivative of $f(\mu + \sigma\epsilon)$ in $\mu$, with $\epsilon$ held fixed.

# %% [markdown]
# That derivative needs no $h$ at all: autograd can compute it.
# For this it must see `mu` in an ordinary formula, beside noise that was drawn *before*.
# This is what `rsample()` did in the first experiment.
# **Sharing the noise is already the trick** to which lesson 3 gives a name.
#
# The next cells let you see it: the noise is drawn once, and stays.
# Move `mu`: all draws move together, and the estimate follows smoothly.
# Beside it stands what fresh noise for each `mu` would give.

# %% tags=["demo"]
torch.manual_seed(0)
fixed_eps = torch.randn(12, dtype=torch.float64)
fresh_eps = torch.randn(50, 12, dtype=torch.float64)  # twelve numbers for each of 50 places of mu


# %% plot=true
# Draws figure 4: twelve draws on the cost curve, and their mean as mu moves.


def draws_figure(mu: float = 253.0, sigma: float = 2.0) -> plt.Figure:
    """Show twelve draws with fixed noise on the cost curve, and their mean as mu moves."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    grams = torch.linspace(244, 262, 100)
    z = mu + sigma * fixed_eps
    left.plot(grams, cost(grams), color="#0072B2", label="cost f(z)")
    left.plot(z, cost(z), "o", color="#D55E00", label="12 draws, noise fixed")
    left.set(xlabel="z (grams)", ylabel="cost (cents)", ylim=(-5, 150))
    left.set_title("Draws on the cost curve")
    knob = torch.linspace(247, 257, 50, dtype=torch.float64)
    mean = cost(knob[:, None] + sigma * fixed_eps).mean(1)
    jagged = cost(knob[:, None] + sigma * fresh_eps).mean(1)
    closed_form = (knob - 250) ** 2 + sigma**2
    right.plot(knob, jagged, ":", color="0.4", label="mean of 12, fresh noise")
    right.plot(knob, mean, color="#D55E00", label="mean of the 12, noise fixed")
    right.plot(knob, closed_form, "--", color="#0072B2", label="expectation, closed form")
    right.plot(mu, cost(z).mean(), "ko", label="this mu")
    right.set(xlabel="mu (grams)", ylabel="mean cost (cents)", ylim=(-5, 90))
    right.set_title("Fixed noise: smooth in mu. Fresh noise: jagged")
    left.legend(loc="upper left")
    right.legend(loc="upper left")
    return figure


draws_figure()
plt.show()

# %% [markdown]
# *Figure 4. Left: twelve points on a parabola, most of them to the right of its lowest place at 250 grams.*
# *Right: their mean cost as mu changes (solid line) is a smooth curve beside the closed form (dashed line).*
# *With fresh noise for each mu (dotted line) it is jagged: it jumps up and down around the closed form.*
#
# Both estimates are off, because they have only twelve draws.
# But the smooth one has a slope, and the slope of the jagged one says nothing about the mean cost.
#
# The two sliders below need a running kernel; the figure above is what they show first.

# %% tags=["demo"]
from lessonkit.sliders import sliders

sliders(draws_figure, mu=(248.0, 256.0, 0.5), sigma=(0.5, 4.0, 0.5))

# %% [markdown]
# ## When may the gradient move inside?
#
# With the noise drawn first, $\mathbb{E}[f(z)] = \mathbb{E}[f(\mu + \sigma\epsilon)]$, and the noise does not depend on $\mu$.
# We would like to write
#
# $$\frac{d}{d\mu}\,\mathbb{E}\big[f(\mu + \sigma\epsilon)\big] \;\overset{?}{=}\; \mathbb{E}\Big[\frac{d}{d\mu} f(\mu + \sigma\epsilon)\Big].$$
#
# A derivative is a limit of quotients, $\big(f(z + h) - f(z - h)\big) / (2h)$.
# So the question is whether a limit and a mean may change places.
# Two conditions together are enough:
#
# - **continuity**: $f$ has no jump, and has a derivative for almost every draw;
# - **domination**: for all small $h$, the quotient stays below a bound that may depend on $\epsilon$, not on $h$, and whose mean is finite.

# %% [markdown]
# Our smooth cost fulfils both.
# So does $|z|$: its corner is hit with probability zero, and its quotients are never above 1 in size.
#
# The fine fulfils neither.
# A draw close to 250 has the quotient $100 / (2h)$, in size: it grows without a bound as $h \to 0$.
# Such draws become rare, but not rare enough: however small $h$ is, together they carry the whole slope of the mean fine.
# Figure 3 shows this on the right: their variance grows like $1/h$.

# %% [markdown]
# ## Claims tested
#
# > **Claim, found on the web: "By linearity, the gradient moves inside the expectation."**
#
# Now the machine has a real bill: every gram above the label costs 2 cents, and a bag below the label is fined with 100 cents.
#
# $$f(z) = 2\,(z - 250) + 100 \cdot [z < 250].$$
#
# The bracket is 1 if the condition holds, else 0.
# The true slope is $2 - \frac{100}{\sigma}\,\varphi\big((250 - \mu)/\sigma\big)$, where $\varphi$ is the density of the standard normal.

# %% predict="fine"


# %% tags=["demo"]
def bill(z):
    return 2 * (z - 250) + fine(z)


torch.manual_seed(0)
mu = torch.tensor(253.0, dtype=torch.float64, requires_grad=True)
z = mu + 2.0 * torch.randn(10_000, dtype=torch.float64)  # a path, as it should be
[inside] = torch.autograd.grad(bill(z).mean(), mu)
density = math.exp(-0.5 * ((250 - 253) / 2) ** 2) / math.sqrt(2 * math.pi)
runs = [finite_difference(bill, 253.0, 2.0, 10_000, 0.1, True) for _ in range(100)]
slopes = torch.stack(runs)
print(f"gradient moved inside the mean: {inside:+.3f} cents per gram")
print(f"true slope, closed form:        {2 - 100 / 2 * density:+.3f} cents per gram")
print(f"finite difference, h = 0.1:     {slopes.mean():+.3f} cents per gram")
print(f"    with the standard error      {standard_error(slopes):.3f}")

# %% outcome="fine"
slopes.mean()

# %% [markdown]
# The claim is **wrong**.
# The gradient inside sees the price of coffee and not the fine: "fill less".
# The truth is "fill more", and the finite difference, which needs no derivative of $f$, finds it.
#
# Linearity moves a *sum* out of a mean.
# A derivative is a limit, and limits need continuity and domination.
# Continuity alone is not enough either: the Cantor function is continuous and rises from 0 to 1, and its slope is zero almost everywhere.

# %% [markdown]
# > **Claim, found on the web: "Sampling is not differentiable."**
#
# The fine jumps, and its draws have no useful path.
# But look at the expectation:

# %% tags=["demo"]
mu = torch.tensor(253.0, dtype=torch.float64, requires_grad=True)
expected_fine = 100 * below(mu)
[slope] = torch.autograd.grad(expected_fine, mu)
print(f"mean fine at mu = 253: {expected_fine:.3f} cents, slope {slope:.3f} cents per gram")

torch.manual_seed(0)
normal = Normal(mu, 2.0)
samplers = {"Normal(m, 2).sample()": normal.sample, "Normal(m, 2).rsample()": normal.rsample}
for name, draw in samplers.items():
    history = draw().grad_fn
    print(f"{name:<24} history: {history.name() if history else None}")

# %% [markdown]
# The claim is **half right**, and mixes two things.
#
# - The *expectation* is differentiable in `mu` and `sigma`, even where $f$ jumps: the normal density smooths it.
# - The *drawn number* has no path back, until we give it one.
#   Both lines above draw from the same distribution; one has a history.
#
# So it is not a property of sampling, but of how the draw is written.
# Lesson 2 uses the first fact, and needs no path.
# Lesson 3 builds the path.

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
# **You built** an estimate with its error, a detector for gradients that do not arrive, and a slope that needs no path.
#
# **Three sentences to remember**
#
# 1. The expectation is differentiable; it is the drawn number that carries no path.
# 2. A gradient can be missing, or it can be zeros in silence: look at its numbers.
# 3. A gradient may move inside a mean if the function has no jumps, and a bound with a finite mean holds its difference quotients.

# %% [markdown]
# **Where it returns.**
# Lesson 2 compares two ways to a gradient, and one of them needs no derivative of $f$: it gets the fine right.
# Lesson 3 shares the noise by a formula, and uses your way of asking whether a gradient arrives.
# Lesson 10 treats draws that jump.
#
# **Further reading**
#
# - P. Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003: the chapter on sensitivities has finite differences with common random numbers.
# - S. Mohamed, M. Rosca, M. Figurnov and A. Mnih, *Monte Carlo Gradient Estimation in Machine Learning*, Journal of Machine Learning Research, 2020.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
