# %% [markdown]
# # Lesson 10: when there is no path
#
# **The question of this lesson: how do you get a gradient when the draw is a choice?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 130 minutes | lessons 2 and 4; lesson 6 helps | 39 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - compute the gradient of a mean over yes-or-no draws exactly, and estimate it from values alone;
# - draw a choice as the largest of noisy numbers, and soften it;
# - say where a soft choice and a straight-through gradient are wrong, and by how much;
# - train a model whose code is a row of choices, and measure it honestly;
# - build a codebook, see which gradients it needs, and sample from it.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
#
# In all exercises with tensors: keep the dtype and the device of the inputs, and never change an input in place.
# Noise and draws come in as arguments: draw nothing yourself.
# So every exercise here has one right answer, to rounding.
#
# All logarithms are natural, and all prices are in nats.

# %% locked="imports"
import math
from collections.abc import Callable
from itertools import product

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor

from lessonkit.data import binarize, digits, pixels_off
from lessonkit.discrete import (
    ChoiceVAE,
    CodebookAutoencoder,
    CodePrior,
    choice_kl,
    pixel_nats,
    train,
)

# %% [markdown]
# ## A slope that nobody sees
#
# A robot comes to a junction.
# It goes right with probability $p$, else left.
# Write $b = 1$ for right and $b = 0$ for left.
# The cost is $f(b) = (b - 0.45)^2$: 0.3025 on the right, 0.2025 on the left.
#
# The mean cost is $p \cdot 0.3025 + (1 - p) \cdot 0.2025$.
# Its slope in $p$ is 0.1, so the robot should learn to go left.
#
# The draw itself is a comparison: with $u$ uniform between 0 and 1, $b = 1$ where $u < p$.
# `sign` can write the same draw without a comparison.

# %% predict="unseen"


# %% tags=["demo"]
def cost(b: Tensor) -> Tensor:
    """What the way costs: 0.3025 on the right (b = 1), 0.2025 on the left (b = 0)."""
    return (b - 0.45) ** 2


torch.manual_seed(0)
p, u = torch.tensor(0.5, requires_grad=True), torch.rand(100_000)
compared = (u < p).float()
signed = (torch.sign(p - u) + 1) / 2
print("the same draws:", torch.equal(compared, signed.detach()))
try:
    cost(compared).mean().backward()
except RuntimeError as error:
    print("comparison:", str(error).partition(" and ")[0])
(slope,) = torch.autograd.grad(cost(signed).mean(), p)
print("sign: gradient", slope.item())
high, low = ((cost((u < 0.5 + step).float())).mean() for step in (0.1, -0.1))
print(f"the mean cost at p = 0.6 less that at 0.4, per unit of p: {(high - low) / 0.2:.3f}")

# %% outcome="unseen"
slope

# %% [markdown]
# The comparison has no graph at all, and says so.
# `sign` has one, and its gradient is 0: that is worse, because it is silent.
# `argmax` has no graph either, and `round` gives zeros too.
# And yet the mean has a slope, which the last line measures.

# %% [markdown]
# ### Claims tested: "flat, so zero"
#
# > **Claim that people write: "A function that goes through a discrete draw is flat, so its gradient is zero."**
#
# The claim **holds**, for each single draw.
# Move $p$ a little, and $b$ stays; move it past $u$, and $b$ jumps.
# There is no path from $p$ to $b$, although the probabilities $p$ and $1 - p$ are smooth (lesson 3).
#
# But nobody wants the gradient of one draw.
# You want the gradient of the *mean*, and the mean is not flat: its slope comes from the jumps.
# All methods of this lesson answer one question: what do you put in the place of the missing path?

# %% [markdown]
# ## The mean is a sum
#
# Now the way has $d$ junctions.
# At junction $i$ the robot goes right with probability $p_i$, independently of the others.
# A way is a row $b = (b_1, \dots, b_d)$ of zeros and ones, with the probability
#
# $$P(b) = \prod_i p_i^{\,b_i} (1 - p_i)^{1 - b_i}.$$
#
# There are only $2^d$ ways, so the mean of any $f$ is a finite sum:
#
# $$\mathbb{E}[f(b)] = \sum_b P(b)\, f(b).$$
#
# Here $f(b)$ is a number for each way, and $P(b)$ is smooth in every $p_i$.
# So this sum can be differentiated, whatever $f$ is.

# %% [markdown]
# One derivative is short to say.
# Fix the other junctions, and compare right with left:
#
# $$\frac{\partial\, \mathbb{E}[f]}{\partial p_i} = \mathbb{E}\big[f(b) \mid b_i = 1\big] - \mathbb{E}\big[f(b) \mid b_i = 0\big].$$
#
# The other junctions are drawn in both means, each state of them with its probability.
#
# A shortcut is tempting: evaluate $f$ at $p$ itself, and differentiate there.
# But a robot at $b = 0.2$ is on no way at all.

# %% predict="shortcut"

# %% tags=["demo"]
for probability in (0.2, 0.5, 0.8):
    p = torch.tensor(probability, requires_grad=True)
    (shortcut,) = torch.autograd.grad(cost(p), p)
    print(f"p = {probability}: derivative of f at p {shortcut:+.2f}, of the mean +0.10")

# %% outcome="shortcut"

# %% [markdown]
# At $p = 0.5$ the shortcut is right, by chance.
# At 0.2 it has the wrong sign.
# The mean of $f$ is not $f$ of the mean.

# %% [markdown]
# ### Exercise 1: `bernoulli_gradient_exact`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Compute the derivative of $\mathbb{E}[f(b)]$ in each $p_i$, by going through all ways.
#
# - `p` has the shape `(d,)`, with `d` from 1 to 10 and every element strictly between 0 and 1.
# - `f` takes a tensor of rows `(n, d)` of zeros and ones, of any `n`, and returns `(n,)` numbers.
#   It need not have a derivative.
# - Return the `d` derivatives, shape `(d,)`, right to the digits of float32.
# - Evaluate `f` at rows of zeros and ones alone, and draw nothing.
# - `p` stays as it is, its `.grad` included.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `itertools.product((0, 1), repeat=d)` goes through all ways.
# Make them a tensor in the dtype and on the device of `p`; then `torch.where` gives the probability of each step, and a product those of the ways.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The derivative of $\log P(b)$ in $p_i$ is $(b_i - p_i) / (p_i (1 - p_i))$, and that of $P(b)$ is $P(b)$ times this.
# Or let autograd differentiate the sum: then use a detached copy of `p` that requires a gradient, and `torch.autograd.grad`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: the mean of the larger of two throws of a loaded die with the sides 0, 1 and 2, and its derivative in each chance.
#
# ```python
# from itertools import product
#
# q = torch.tensor([0.5, 0.3, 0.2], requires_grad=True)
# throws = torch.tensor(list(product(range(3), repeat=2)))  # all of them, (9, 2)
# probability = q[throws].prod(dim=1)  # (9,)
# mean = (probability * throws.amax(dim=1)).sum()
# slope = torch.autograd.grad(mean, q)[0]
# print(f"{mean:.2f}", slope)  # prints 1.11 tensor([1.4000, 2.4000, 4.0000])
# ```
#
# The function of the throws needs no derivative: only the probabilities carry one.
# In yours a step is 1 or 0, so its probability is $p_i$ or $1 - p_i$, and `f` wants its rows in the dtype of `p`.
#
# </details>


# %% answer="bernoulli_gradient_exact"
def bernoulli_gradient_exact(f: Callable[[Tensor], Tensor], p: Tensor) -> Tensor:
    """Compute the derivative of the mean of f(b) in each p, where b_i is 1 with probability p_i.

    f: takes rows (n, d) of zeros and ones, returns (n,); it need not have a derivative.
    p: probabilities, (d,), strictly between 0 and 1, d from 1 to 10.
    Returns the exact derivatives to the digits of float32, (d,), dtype and device of p.
    f is evaluated at rows of zeros and ones alone; nothing is drawn; p is left alone.
    """
    ### BEGIN SOLUTION
    ways = list(product((0, 1), repeat=len(p)))
    b = torch.tensor(ways, dtype=p.dtype, device=p.device)
    chance = torch.where(b == 1, p, 1 - p).prod(dim=1)
    return (chance * f(b)) @ ((b - p) / (p * (1 - p)))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 3, "points": 1}

# %% [markdown]
# **You should see** three lines: about the shape, the values and the points at which $f$ was evaluated.
#
# Ten junctions now.
# At each the robot goes right with probability 0.3, and the cost is how far the number of right turns is from 6, squared, and 10 more.
# This $f$ can be solved on paper: every derivative is $2 \cdot (0.3 \cdot 9 - 6) + 1 = -5.6$.

# %% predict="ways"


# %% tags=["demo"]
def detour(b: Tensor) -> Tensor:
    """The squared distance of the number of right turns from 6, plus 10."""
    return (b.sum(dim=1) - 6) ** 2 + 10


p = torch.full((10,), 0.3, dtype=torch.float64)
exact = bernoulli_gradient_exact(detour, p)
print("exact:", [round(slope, 3) for slope in exact[:3].tolist()], "...")
for d in (10, 20, 40):
    print(f"{d} junctions: {2**d:,} ways")

# %% outcome="ways"
2**d

# %% [markdown]
# Exact, without noise, and for any $f$.
# But each junction doubles the price, so this is a tool for small problems, and an oracle for the methods that come now.

# %% [markdown]
# ## Values alone
#
# The score function of lesson 2 needs no path: it needs values of $f$ at the draws, and the derivative of $\log P$.
# That derivative you know already:
#
# $$\frac{\partial \log P(b)}{\partial p_i} = \frac{b_i - p_i}{p_i (1 - p_i)}.$$
#
# It is $1/p_i$ where $b_i = 1$, and $-1/(1 - p_i)$ where $b_i = 0$.
#
# Lesson 2 also gave a baseline without bias: subtract from $f(b_k)$ the mean of $f$ over the *other* draws.
# The estimate of draw $k$, with $n$ draws, is
#
# $$g_{ki} = \Big( f(b_k) - \frac{1}{n - 1} \sum_{j \ne k} f(b_j) \Big) \, \frac{b_{ki} - p_i}{p_i (1 - p_i)}.$$

# %% [markdown]
# ### Exercise 2: `score_gradient`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Estimate the derivatives from given draws.
#
# - `b` has the shape `(n, d)`, with `n` at least 2: row $k$ is one draw, of zeros and ones, in the dtype of `p`.
# - `f` and `p` are as in exercise 1, with any `d`.
# - Return the estimates $g_{ki}$ of all draws, shape `(n, d)`: do not average over them.
# - The baseline of a row leaves out the row's own draw, so that the mean of the estimates over everything that can be drawn is the exact derivative.
# - `b` and `p` stay as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The sum over the others is the sum over all, less the own value.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `f(b)` has the shape `(n,)`, and the scores have `(n, d)`.
# Give the values a second dimension before you multiply, so that each row gets its own value.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# First the baseline by hand.
# For values 4, 6 and 11, the means of the *others* are 8.5, 7.5 and 5.
# So the scores are multiplied by $-4.5$, $-1.5$ and 6, and these three add up to 0: test yours for that.
#
# Then the shapes.
# With as many rows as columns, a wrong product raises no error:
#
# ```python
# values = torch.tensor([1.0, 10.0])  # one for each row
# table = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
# print((values * table).tolist())  # prints [[1.0, 20.0], [3.0, 40.0]]
# print((values[:, None] * table).tolist())  # prints [[1.0, 2.0], [30.0, 40.0]]
# ```
#
# In which of the two does each *row* get its own value?
# The probabilities belong to columns, so they need no change of shape.
#
# </details>


# %% answer="score_gradient"
def score_gradient(f: Callable[[Tensor], Tensor], b: Tensor, p: Tensor) -> Tensor:
    """Estimate the derivative of the mean of f in each p, from each of the given draws.

    f: takes rows (n, d) of zeros and ones, returns (n,); it need not have a derivative.
    b: draws, (n, d), n at least 2; b[k, i] is 1 with probability p[i].
    p: probabilities, (d,), strictly between 0 and 1, in the dtype of b.
    Returns one estimate for each draw, (n, d), dtype and device of p, with no step in a
    smaller dtype: the score of the draw times f of the draw less the mean of f over the
    other draws.  Nothing is drawn; b and p are left alone.
    """
    ### BEGIN SOLUTION
    values = f(b)
    others = (values.sum() - values) / (len(values) - 1)
    return (values - others).unsqueeze(1) * (b - p) / (p * (1 - p))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "baseline": 2}

# %% [markdown]
# **You should see** three lines: about the shape, the values and the baseline.
#
# The ten junctions again, with 5,000 groups of 8 draws.
# The derivative is -5.6 everywhere.

# %% predict="height"

# %% tags=["demo"]
torch.manual_seed(0)
with_baseline, without = [], []
for _ in range(5_000):
    b = (torch.rand(8, 10, dtype=torch.float64) < p).double()
    with_baseline.append(score_gradient(detour, b, p)[:, 0].mean())
    without.append((detour(b) * (b[:, 0] - p[0]) / (p[0] * (1 - p[0]))).mean())
for name, estimates in (("without baseline", without), ("with baseline", with_baseline)):
    estimates = torch.stack(estimates)
    print(f"{name:<17} mean {estimates.mean():6.2f}, standard deviation {estimates.std():.2f}")

# %% outcome="height"
torch.stack(without).std() / torch.stack(with_baseline).std()

# %% [markdown]
# Both means are right.
# The baseline removes the height of $f$, and the spread falls by a factor of more than 2.
# Nothing here asked for the slope of $f$, and nothing would change with 40 junctions: 8 draws are 8 draws.
#
# You have an exact method that is too dear, and an unbiased one that is noisy.
# Most published models use a third one, which is neither exact nor unbiased.
# It begins with another way to draw.

# %% [markdown]
# ## A choice as a maximum
#
# Two ways are a special case.
# A *choice* has $K$ classes, and a network gives it $K$ numbers, the *logits* $l_1, \dots, l_K$.
# Class $k$ has the probability $\operatorname{softmax}(l)_k = e^{l_k} / \sum_j e^{l_j}$.
# For two classes with the logits $l$ and 0 this is $1 / (1 + e^{-l})$, the sigmoid; so $l = \log(p / (1 - p))$ is called the logit of $p$.
#
# A choice is written as a *one-hot* row: 1 at the chosen class, and 0 at all others.

# %% [markdown]
# How do you draw a class with these probabilities from uniform noise?
# One way is a race.
#
# Give each class a number $u_k$, uniform between 0 and 1, and make *Gumbel noise* of it:
#
# $$G_k = -\log(-\log u_k).$$
#
# Add it to the logits, and choose the class with the largest sum $l_k + G_k$.
# This *Gumbel-max* choice has exactly the probabilities $\operatorname{softmax}(l)$.
#
# Why?
# $e^{-(l_k + G_k)} = -\log(u_k)\, e^{-l_k}$ is an exponential waiting time with rate $e^{l_k}$.
# The largest sum is the first to arrive, and class $k$ is the first with the probability of its share of all rates.

# %% [markdown]
# ### Exercise 3: `gumbel_max`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Draw a choice from given noise.
#
# - `logits` has any dimensions; the classes stand in the last one.
# - `u` has the shape and dtype of `logits`, with every element strictly between 0 and 1.
# - Return the one-hot row of the largest $l_k - \log(-\log u_k)$ for every row: shape, dtype and device of `logits`.
# - Gradients are not asked for: there is no path.
# - `logits` and `u` stay as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Mind the two signs: $\log u$ is negative, and the second logarithm needs a positive number.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `argmax` over the last dimension gives the number of the class, and `F.one_hot` makes a row of it.
# Its result has another dtype than the logits.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another way to draw a class, from *one* uniform number a row: count the steps of the distribution function below it.
#
# ```python
# shares = torch.tensor([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
# one_u = torch.tensor([[0.4], [0.95]])
# chosen = (shares.cumsum(dim=-1) < one_u).sum(dim=-1)
# rows = torch.nn.functional.one_hot(chosen, num_classes=3)
# print(rows.tolist(), rows.dtype)  # prints [[0, 1, 0], [0, 0, 1]] torch.int64
# ```
#
# The way from an index to a row is the one that you need; mind the dtype that comes out.
# Only the index is found otherwise: by a race, with a `u` for each class.
# Test your noise alone: $u = 0.5$ gives 0.37 and $u = 0.9$ gives 2.25, so a larger `u` helps a class.
#
# </details>


# %% answer="gumbel_max"
def gumbel_max(logits: Tensor, u: Tensor) -> Tensor:
    """Choose a class in each row, from given uniform noise.

    logits: (..., classes).  u: same shape and dtype, strictly between 0 and 1.
    Returns one-hot rows, shape, dtype and device of logits: 1 at the largest
    logits - log(-log(u)) of the row, 0 elsewhere.  logits and u are left alone.
    """
    ### BEGIN SOLUTION
    noisy = logits - torch.log(-torch.log(u))
    return F.one_hot(noisy.argmax(dim=-1), logits.shape[-1]).to(logits.dtype)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 3}

# %% [markdown]
# **You should see** two lines: about the shape and the values.
#
# The next cell also needs noise that is never 0 or 1.
# `torch.rand` can return 0 exactly, and $\log 0$ is $-\infty$; so `uniform` limits it.

# %% predict="shares"


# %% tags=["demo"]
def uniform(like: Tensor) -> Tensor:
    """Uniform noise in the shape and dtype of ``like``, strictly between 0 and 1."""
    return torch.rand_like(like).clamp(1e-7, 1 - 1e-7)


torch.manual_seed(0)
logits = torch.tensor([1.0, 0.0, -1.0, 2.0])
many = logits.expand(100_000, 4)
shares = gumbel_max(many, uniform(many)).mean(dim=0)
print("softmax", [round(share, 3) for share in torch.softmax(logits, dim=0).tolist()])
print("drawn  ", [round(share, 3) for share in shares.tolist()])

# %% outcome="shares"
(shares - torch.softmax(logits, dim=0)).abs().max()

# %% [markdown]
# The noise is apart from the parameters now, as in lesson 3: the logits move a sum, smoothly.
# Only the last step, the maximum, is a jump.
# So soften that step.

# %% [markdown]
# ## A softer choice
#
# Replace the maximum by a softmax, with a *temperature* $\tau > 0$:
#
# $$y = \operatorname{softmax}\big( (l + G) / \tau \big).$$
#
# This *Gumbel-softmax* row is positive, sums to 1, and is smooth in the logits.
# For $\tau \to 0$ it approaches the one-hot choice; for large $\tau$ it approaches equal shares.
# It was published twice at the same time, by Jang, Gu and Poole and by Maddison, Mnih and Teh.
#
# A model that is given $y$ in place of a choice has a path.
# But it is another model: $f(y)$ is evaluated between the ways, where nobody will ever go.

# %% [markdown]
# ### Exercise 4: `gumbel_softmax`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Soften the choice of exercise 3.
#
# - `logits` and `u` are as in exercise 3; `tau` is a positive number.
# - Return $\operatorname{softmax}\big((l + G)/\tau\big)$ over the last dimension: shape, dtype and device of `logits`, with no step in a smaller dtype.
# - It is right also where a noisy logit divided by `tau` is far above 700 or below -700.
# - Gradients reach the logits.
# - `logits` and `u` stay as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What is divided by `tau`: the logits, the noise, or their sum?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Use PyTorch's softmax: it subtracts the largest number of each row before it takes the exponential.
# Say over which dimension it runs.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: shares that fall with the distance, with a width.
#
# ```python
# distance = torch.tensor([[900.0, 901.0], [1.0, 2.0]])
# weight = torch.exp(-distance / 0.5)
# print((weight / weight.sum(dim=-1, keepdim=True))[0].tolist())  # prints [nan, nan]
# closeness = torch.softmax(-distance / 0.5, dim=-1)
# print(closeness[:, 0])  # prints tensor([0.8808, 0.8808])
# ```
#
# Only differences count, so both rows have the same shares.
# The plain quotient makes 0/0 of the first.
# In yours, *everything* that competes is divided by `tau`.
# Check it: the logits (1, 0) with `u` = (0.5, 0.8) and `tau` = 0.5 give the first class a share of 0.434.
# With the logits alone divided, it would be 0.704.
#
# </details>


# %% answer="gumbel_softmax"
def gumbel_softmax(logits: Tensor, tau: float, u: Tensor) -> Tensor:
    """Compute a soft choice in each row, from given uniform noise.

    logits: (..., classes).  tau: temperature, a positive number.
    u: shape and dtype of logits, strictly between 0 and 1.
    Returns softmax((logits - log(-log(u))) / tau) over the last dimension, shape, dtype and
    device of logits, with no step in a smaller dtype; right also where the softmax gets
    numbers far above 700 or below -700.
    Its gradient reaches the logits; logits and u are left alone.
    """
    ### BEGIN SOLUTION
    noisy = logits - torch.log(-torch.log(u))
    return torch.softmax(noisy / tau, dim=-1)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "stable": 1, "gradients": 2}

# %% [markdown]
# **You should see** four lines: about the shape, the values, extreme numbers and the gradients.
#
# For three classes a soft choice is a point in a triangle: each corner is a choice, and the middle is equal shares.
# The next figure shows 300 draws at three temperatures, from the same noise.

# %% predict="corners"

# %% tags=["demo"]
torch.manual_seed(0)
three = torch.log(torch.tensor([0.5, 0.3, 0.2])).expand(300, 3)
noise = uniform(three)

# %% plot=true
# Soft choices in a triangle, as the next cells draw them.
corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])


def draw_choices(axes: plt.Axes, tau: float) -> None:
    """Show 300 soft choices in a triangle, and how often each class has the largest share."""
    soft = gumbel_softmax(three, tau, noise)
    axes.fill(*corners.T, facecolor="0.95", edgecolor="0.5")
    axes.plot(*(soft @ corners).T, "o", color="#0072B2", markersize=3, alpha=0.5)
    won = F.one_hot(soft.argmax(dim=1), 3).float().mean(dim=0)
    for (x, y), share in zip(corners.tolist(), won.tolist(), strict=True):
        axes.text(x, y + (0.07 if y else -0.12), f"{share:.0%}", ha="center")
    axes.set(xlim=(-0.2, 1.2), ylim=(-0.2, 1.05), aspect="equal", title=f"tau = {tau:g}")
    axes.axis("off")


# %% plot=true
# Draws figure 1: 300 soft choices at three temperatures.
figure, axes = plt.subplots(1, 3, figsize=(9, 3.1), layout="constrained")
for panel, tau in zip(axes, (5.0, 1.0, 0.1), strict=True):
    draw_choices(panel, tau)
figure.suptitle("A falling temperature moves soft choices from the middle to the corners")
plt.show()

# %% outcome="corners"
gumbel_softmax(three, 0.1, noise).amax(dim=1).mean()

# %% [markdown]
# *Figure 1. Each triangle shows the same 300 draws; the corners stand for classes of probability 50%, 30% and 20%, and the numbers say in how many draws the class has the largest share.*
# *At tau = 5 (left) the points crowd around the middle; at tau = 1 they fill the triangle; at tau = 0.1 (right) most lie in a corner, and some on an edge.*
#
# The numbers at the corners do not depend on $\tau$: a temperature changes how sure a choice looks, not which it is.
#
# The next cell gives you a slider, if a kernel is running.

# %% tags=["demo"]
from lessonkit.sliders import sliders


def one_triangle(tau: float = 0.5) -> plt.Figure:
    """Show the draws at one temperature."""
    figure, panel = plt.subplots(figsize=(4, 3.4), layout="constrained")
    draw_choices(panel, tau)
    return figure


sliders(one_triangle, tau=(0.05, 5.0, 0.05))

# %% [markdown]
# ### Claims tested: a low temperature
#
# > **Claim that people write: at a low temperature "the gradients vanish".**
# >
# > **And another: at a low temperature "the variance explodes".**
#
# Can both be right?
# Test it on the simplest $f$ of all: $f(b) = b$, with $p = 0.45$.
# The derivative of the mean in the logit is $p(1 - p) = 0.2475$.
# The soft choice between right and left is $y = \operatorname{sigmoid}\big((l + L)/\tau\big)$, where $L$, the difference of two Gumbel draws, is a logistic draw.
# Its derivative is $y (1 - y) / \tau$.

# %% predict="cold"

# %% tags=["demo"]
grid = (torch.arange(100_000, dtype=torch.float64) + 0.5) / 100_000
logistic, logit = torch.logit(grid), math.log(0.45 / 0.55)


def soft_slopes(tau: float) -> Tensor:
    """y (1 - y) / tau at 100,000 evenly spaced quantiles of the noise."""
    x = (logit + logistic) / tau
    return torch.sigmoid(x) * torch.sigmoid(-x) / tau


print(f"{'tau':>5}{'mean':>9}{'median':>10}{'variance':>11}{'below 0.001':>14}")
for tau in (1, 0.5, 0.25, 0.1, 0.05, 0.01):
    slopes = soft_slopes(tau)
    below = (slopes < 1e-3).double().mean()
    print(f"{tau:>5}{slopes.mean():>9.3f}{slopes.median():>10.1e}", end="")
    print(f"{slopes.var():>11.3f}{below:>14.0%}")

# %% tags=["demo"]
torch.manual_seed(0)
taus = torch.logspace(math.log10(0.04), math.log10(2), 40).tolist()
dots = (0.05, 0.1, 0.2, 0.5, 1.0)
measured_slopes = []
for tau in dots:
    pair = torch.tensor([logit, 0.0], dtype=torch.float64).repeat(50_000, 1).requires_grad_()
    soft = gumbel_softmax(pair, tau, uniform(pair.detach()))
    measured_slopes.append(torch.autograd.grad(soft[:, 0].sum(), pair)[0][:, 0])

# %% plot=true
# Draws figure 2: mean, median and spread of the gradient for every tau.
_, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
for name, of, line, marker, colour in [
    ("mean", torch.mean, "-", "o", "black"),
    ("median", torch.median, "--", "s", "#0072B2"),
    ("standard deviation", torch.std, "-.", "^", "#D55E00"),
]:
    axes.plot(taus, [of(soft_slopes(tau)) for tau in taus], line, color=colour, label=name)
    axes.plot(dots, [of(slopes) for slopes in measured_slopes], marker, color=colour)
axes.axhline(0.2475, color="0.5", linestyle=":", label="true derivative of the mean")
axes.set(xscale="log", yscale="log", ylim=(1e-11, 10))
axes.set(xlabel="temperature tau (no unit)", ylabel="gradient in the logit (no unit)")
axes.set_title("At a low temperature the typical gradient vanishes, and the mean does not")
axes.legend(loc="lower right")
plt.show()

# %% outcome="cold"
soft_slopes(0.05).median()

# %% [markdown]
# *Figure 2. Both axes are logarithmic; lines are computed over the whole distribution of the noise, and points are 50,000 draws of your `gumbel_softmax`.*
# *The mean (solid) comes close to the dotted true value as tau falls from 2 to 0.05.*
# *The standard deviation (dash-dotted) rises from less than 0.1 at tau = 1 to about 1 on the left.*
# *The median (dashed) stays between 0.1 and 0.2 above tau = 0.5, then falls steeply, below one hundred-millionth at 0.05.*

# %% [markdown]
# Both claims **hold**, and say the same thing.
# At a low temperature almost every draw has a gradient near 0, and few have a huge one: those where two noisy logits nearly tie.
# Their mean is nearly right, and their variance grows about as $p(1-p)/(6\tau)$.
# So the size of a gradient that you print from one draw tells you nothing.
#
# A high temperature has little variance and a bias: the mean is 33% too small at $\tau = 1$.
# "High: low variance; low: little bias" holds too: for small $\tau$ the bias falls as $\tau^2$, and the variance rises as $1/\tau$.

# %% [markdown]
# ## Hard forward, soft backward
#
# A model that must really choose cannot use $y$.
# The *straight-through* idea uses two different functions: forward the hard choice, backward the gradient of the soft one.
# The name is from Bengio, Léonard and Courville (2013).
#
# In PyTorch this is one line.
# `soft - soft.detach()` is 0 in value, and its gradient is that of `soft`.
# Add it to something that carries no gradient.

# %% [markdown]
# ### Exercise 5: `straight_through`
#
# *Difficulty ●●●○○ (3 of 5) · 10 minutes*
#
# Return a choice with a soft gradient.
#
# - `logits`, `tau` and `u` are as in exercise 4.
# - The value is that of `gumbel_max(logits, u)`, up to rounding: shape, dtype and device of `logits`.
# - The gradient in the logits is that of `gumbel_softmax(logits, tau, u)`, with no step in a smaller dtype.
# - `logits` and `u` stay as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You have both parts already.
# Which of them may carry a gradient, and which must lose its value?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Three terms: the hard choice, plus the soft one, minus the soft one detached.
# Do not round the soft one to get the hard one: with more than two classes no share need reach one half.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same with another pair: forward the sign of a number, backward the gradient of `tanh`.
#
# ```python
# v = torch.tensor([-0.3, 2.0], requires_grad=True)
# smooth = torch.tanh(v)
# jump = torch.sign(v).detach()
# both = jump + (smooth - smooth.detach())
# print(both.tolist())  # prints [-1.0, 1.0]
# slope = torch.autograd.grad(both.sum(), v)[0]
# print([f"{s:.2f}" for s in slope])  # prints ['0.92', '0.07']
# ```
#
# The bracket is 0, but it carries the gradient $1 - \tanh^2 v$.
# Which function of yours plays the jump, and which the smooth one?
# Both get the same `u`, so that the slope belongs to the choice.
#
# </details>


# %% answer="straight_through"
def straight_through(logits: Tensor, tau: float, u: Tensor) -> Tensor:
    """Choose a class in each row, with the gradient of the soft choice.

    logits: (..., classes).  tau: temperature of the gradient, a positive number.
    u: shape and dtype of logits, strictly between 0 and 1.
    Returns the values of gumbel_max(logits, u), up to rounding, shape, dtype and device of
    logits, with the gradient of gumbel_softmax(logits, tau, u); no step is taken in a smaller
    dtype.  logits and u are left alone.
    """
    ### BEGIN SOLUTION
    soft = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) + soft - soft.detach()
    ### END SOLUTION


# %% checks={"hard": 2, "gradients": 4}

# %% [markdown]
# **You should see** two lines: about the value and the gradients.
#
# This gradient is the gradient of no function: the slope is taken at one point, and the value at another.
# Does it at least point the right way?
#
# Back to the junction: $f(b) = (b - 0.45)^2$.
# The true derivative in the logit is $0.1\, p(1 - p)$, positive everywhere, so a robot that follows it learns to go left.

# %% predict="stalls"


# %% tags=["demo"]
def mean_slope(p: float, tau: float, hard: bool) -> float:
    """The mean gradient in the logit of p, over the whole distribution of the noise."""
    x = (math.log(p / (1 - p)) + logistic) / tau
    y = torch.sigmoid(x)
    at = (x > 0).double() if hard else y  # where the slope of the cost is taken
    return (2 * (at - 0.45) * y * torch.sigmoid(-x) / tau).mean().item()


def stalls_at(tau: float, hard: bool) -> float:
    """Where the mean gradient goes from below 0 to above it, by bisection; 0 if nowhere."""
    low, high = 0.0, 0.999
    for _ in range(13):
        middle = (low + high) / 2
        above = mean_slope(middle, tau, hard) > 0
        low, high = (low, middle) if above else (middle, high)
    return middle


for tau in (1, 0.5, 0.2, 0.1):
    print(f"tau {tau:<4} straight-through stalls at p = {stalls_at(tau, True):.2f}", end="")
    print(f", soft at {stalls_at(tau, False):.2f}")

# %% tags=["demo"]
torch.manual_seed(0)
ps = torch.linspace(0.02, 0.98, 49).tolist()
measured_at = {}
for p in ps[4::5]:
    leaf = torch.logit(torch.tensor(p, dtype=torch.float64)).requires_grad_()
    pair = torch.stack([leaf, torch.zeros_like(leaf)]).expand(40_000, 2)
    b = straight_through(pair, 1.0, uniform(pair.detach()))[:, 0]
    (measured_at[p],) = torch.autograd.grad(cost(b).mean(), leaf)

# %% plot=true
# Draws figure 3: the mean gradient for every p: the truth, and straight-through.
_, axes = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
axes.axhline(0, color="0.6", linewidth=1)
truth = [0.1 * p * (1 - p) for p in ps]
axes.plot(ps, truth, color="black", linewidth=2.5, label="truth: never 0")
for tau, line, colour in [(1.0, "-", "#D55E00"), (0.5, "--", "#CC79A7"), (0.2, "-.", "#0072B2")]:
    slopes = [mean_slope(p, tau, True) for p in ps]
    axes.plot(ps, slopes, line, color=colour, label=f"straight-through, tau = {tau}")
    axes.plot(stalls_at(tau, True), 0, "X", color=colour, markersize=11)
axes.plot(measured_at.keys(), measured_at.values(), "o", color="#D55E00", markersize=5)
axes.set(xlabel="p, the probability of going right", ylabel="mean gradient in the logit (cost)")
axes.set_title("Straight-through gradients stall where the truth never does")
axes.legend(loc="upper left")
plt.show()

# %% outcome="stalls"
stalls_at(1, True)

# %% [markdown]
# *Figure 3. The black line, the truth, is a flat arch that is above 0 everywhere.*
# *Three lines of straight-through gradients start below 0 on the left, and cross it at the crosses: at 0.43 for tau = 1, at 0.41 for 0.5, and at 0.31 for 0.2.*
# *The round points are means of 40,000 draws of your own function at tau = 1, and lie on its line.*

# %% [markdown]
# Left of its cross an estimator pushes $p$ up, right of it down: the robot stays there for ever.
# At $\tau = 1$ it then pays 0.246 on average in place of 0.2025.
# No noise is to blame, for these are means.
# The truth depends on $f(1) - f(0)$, on both sides of the junction; the estimators see slopes of $f$ alone.
#
# The soft gradient stalls too, at other places.
# A lower temperature helps both, and brings back the variance of figure 2.

# %% [markdown]
# ## A temperature that falls
#
# High temperatures are biased, low ones noisy.
# A usual answer is to start high, and to lower $\tau$ while the model learns:
#
# $$\tau(\text{step}) = \max\big( \text{end},\; \text{start} \cdot e^{-\text{rate} \cdot \text{step}} \big).$$
#
# Jang, Gu and Poole used it with start 1, end 0.5 and rate 0.00003.

# %% [markdown]
# ### Exercise 6: `anneal_temperature`
#
# *Difficulty ●○○○○ (1 of 5) · 4 minutes*
#
# Return $\tau$ at a step.
#
# - `step` is a whole number from 0 on; `start`, `end` and `rate` are positive floats, and `end` is at most `start`.
# - Return a Python float: `start` times $e^{-\text{rate} \cdot \text{step}}$, and never less than `end`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# At step 0 it is `start`; after many steps it is `end`, exactly.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `math.exp` takes and returns a float, and `max` takes the larger of two numbers.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour that grows: a pond in which the plants double every day, until it is full.
#
# ```python
# def covered(day, start, full):
#     return min(full, start * 2.0**day)
#
#
# print(*(covered(day, 1.0, 6.0) for day in range(4)))  # prints 1.0 2.0 4.0 6.0
# ```
#
# The growth knows nothing of the limit; one comparison at the end holds it.
# Yours shrinks, so the other comparison holds it from below.
# In the place of the doubling stands an exponential.
# With `start` = 1, `end` = 0.5 and `rate` = 0.1, step 5 gives 0.6065 and step 10 gives 0.5.
# With a wrong sign in the exponent, the temperature would rise.
#
# </details>


# %% answer="anneal_temperature"
def anneal_temperature(step: int, start: float, end: float, rate: float) -> float:
    """Compute the temperature at a step: start * exp(-rate * step), and never less than end.

    step: from 0 on.  start, end, rate: positive, end at most start.
    Returns a Python float.
    """
    ### BEGIN SOLUTION
    return max(end, start * math.exp(-rate * step))
    ### END SOLUTION


# %% checks={"values": 2}

# %% [markdown]
# **You should see** one line.
#
# ## A model whose code is a choice
#
# Now a whole model: a variational autoencoder of digits, as in lesson 6, whose code is 8 choices of 4 classes each.
# `ChoiceVAE` is given: `encode(x)` returns logits `(batch, 8, 4)`, and `decode` takes choices of that shape and returns the logits of the pixels.
# The prior of every choice is uniform.
# So the KL of a choice with probabilities $q_k$ is $\log 4 + \sum_k q_k \log q_k$, which `choice_kl` adds up over the 8 choices.
# `pixel_nats` is $-\log p(x \mid \text{code})$, summed over the 64 pixels.
#
# What is not given is how to choose.

# %% tags=["demo"]
torch.set_num_threads(1)  # the tensors are small: sharing the work costs more than it gives
data = digits()
images, test = binarize(data.train), binarize(data.test)
share = ((images.sum(dim=0) + 1) / (len(images) + 2)).clamp(1e-3, 1 - 1e-3)
means = pixel_nats(torch.logit(share).expand_as(test), test).mean()
print(f"pixel means, without any code: {means:.2f} nats per test image")


def trained(choose: Callable[[Tensor, int], Tensor], name: str) -> ChoiceVAE:
    """Train a model for 60 epochs; ``choose(logits, step)`` makes its choices."""
    torch.manual_seed(0)
    model = ChoiceVAE()

    def loss(x: Tensor, step: int) -> Tensor:
        logits = model.encode(x)
        return (pixel_nats(model.decode(choose(logits, step)), x) + choice_kl(logits)).mean()

    train(model, loss, images, 60, name)
    return model


def falling(step: int) -> float:
    """A temperature from 1 to 0.2, within the first 47 of the 60 epochs."""
    return anneal_temperature(step, 1.0, 0.2, 0.0015)


# %% [markdown]
# Four ways to choose:
#
# - *none*: the hard choice, without any gradient to the encoder;
# - *straight-through* at $\tau = 0.5$;
# - *soft* at $\tau = 1$, as if the model were allowed to choose a little of everything;
# - *soft, falling*: $\tau$ from 1 to 0.2.
#
# Each model is measured on test images in two ways: with the choices that it was trained with, and with hard choices.
# Only the second is a bound on $-\log p(x)$ of a model with discrete codes.

# %% predict="no_estimator"

# %% tags=["demo"]
ways = {
    "none": lambda logits, step: gumbel_max(logits, uniform(logits)).detach(),
    "straight-through": lambda logits, step: straight_through(logits, 0.5, uniform(logits)),
    "soft": lambda logits, step: gumbel_softmax(logits, 1.0, uniform(logits)),
    "soft, falling": lambda logits, step: gumbel_softmax(logits, falling(step), uniform(logits)),
}


@torch.no_grad()
def measured(model: ChoiceVAE, choose: Callable[[Tensor], Tensor], draws: int = 20) -> float:
    """-ELBO on the test images in nats, with choices by ``choose``, mean of some draws."""
    logits = model.encode(test)
    many = logits.expand(draws, *logits.shape)
    nats = pixel_nats(model.decode(choose(many)), test)
    return (nats.mean() + choice_kl(logits).mean()).item()


models = {name: trained(choose, name) for name, choose in ways.items()}
print(f"{'':<18}{'KL':>6}{'as trained':>13}{'hard choices':>15}")
for name, model in models.items():
    as_trained = measured(model, lambda logits, name=name: ways[name](logits, 10_000))
    hard = measured(model, lambda logits: gumbel_max(logits, uniform(logits)))
    kl = choice_kl(model.encode(test)).mean()
    print(f"{name:<18}{kl:>6.2f}{as_trained:>13.2f}{hard:>15.2f}")

# %% outcome="no_estimator"
choice_kl(models["none"].encode(test)).mean()

# %% [markdown]
# Without an estimator the KL is 0.00, and the result is that of the pixel means.
# That is posterior collapse (lessons 6 and 8), and here the cause is plain: only the KL trains the encoder, and it is minimised perfectly.
# A model with a discrete code needs *some* estimator.
#
# And look at the soft model: with soft choices it seems to be the best of all, and with hard choices it is the worst of the three that have an estimator.
# A soft code carries numbers, 24 of them, and not 8 choices; the KL in the loss does not charge for that.
# So measure with hard choices, always.
# A falling temperature narrows the gap, since the model ends with choices that are nearly hard.

# %% [markdown]
# ### Claims tested: the score function as a last resort
#
# > **Claim that people write: for discrete draws one can only fall back on the score function, "with its high variance".**
#
# Let it compete.
# The model makes 8 draws for each image, and the reward of a draw is compared with the mean of the other 7, as in exercise 2.
# The score of a row of choices is the gradient of the sum of their $\log q$.
#
# The loss below has two parts beside the KL: `nats` trains the decoder; `score` has the right gradient for the encoder, and no meaning as a number.

# %% predict="last_resort"


# %% tags=["demo"]
def trained_by_score(draws: int) -> ChoiceVAE:
    """Train by the score function with a baseline from the other draws."""
    torch.manual_seed(0)
    model = ChoiceVAE()

    def loss(x: Tensor, step: int) -> Tensor:
        logits = model.encode(x)
        many = logits.detach().expand(draws, *logits.shape)
        b = gumbel_max(many, uniform(many))
        nats = pixel_nats(model.decode(b), x)  # (draws, batch)
        others = (nats.sum(dim=0) - nats) / (draws - 1)
        log_q = (b * torch.log_softmax(logits, dim=-1)).sum(dim=(-2, -1))
        score = (nats - others).detach() * log_q
        return (nats + score).mean() + choice_kl(logits).mean()

    train(model, loss, images, 60, f"score, {draws} draws")
    return model


for draws in (2, 8):
    hard = measured(trained_by_score(draws), lambda logits: gumbel_max(logits, uniform(logits)))
    print(f"score function, {draws} draws: {hard:.2f} nats per test image")

# %% outcome="last_resort"
min(measured(each, lambda x: gumbel_max(x, uniform(x))) for each in models.values()) - hard

# %% [markdown]
# With 8 draws it is the best model of this section, and with 2 it is level with straight-through.
# The claim is **wrong** as it stands: a baseline and a few draws make the variance small, and there is no bias left to pay for.
# The price is 8 passes through the decoder in each step.

# %% [markdown]
# Our longer table has two seeds for every estimator, in nats per test image with hard choices:
#
# | estimator | seed 0 | seed 1 |
# | --- | ---: | ---: |
# | none | 25.08 | 25.07 |
# | straight-through, of the logits themselves | 29.23 | 29.03 |
# | straight-through, of softmax(logits) | 21.26 | 21.39 |
# | straight-through, tau 1.0 | 20.92 | 21.04 |
# | straight-through, tau 0.5 | 20.64 | 20.70 |
# | straight-through, tau 0.2 | 20.80 | 20.95 |
# | soft, tau 1.0 | 21.18 | 21.13 |
# | soft, tau 0.5 | 20.60 | 20.48 |
# | soft, tau 0.2 | 20.61 | 20.72 |
# | soft, tau 1 to 0.2 | 20.47 | 20.40 |
# | score function, 2 draws | 20.74 | 20.73 |
# | score function, 8 draws | 19.83 | 19.89 |

# %% [markdown]
# The two seeds differ by up to 0.2, so many of these rows are ties.
# A falling temperature wins little over a fixed one of 0.5.
# Handing the gradient to the logits themselves, as if a choice were its logits, is worse than no code at all.

# %% [markdown]
# ## The nearest code
#
# There is another way to make a code discrete: round it.
# An encoder returns vectors $z$ of $d$ numbers.
# A *codebook* holds $K$ vectors $e_1, \dots, e_K$, its *codes*, which are learned too.
# Each $z$ is replaced by the code at the smallest Euclidean distance, $z_q = e_k$ with
#
# $$\lVert z - e_k \rVert^2 = \min_j\, \lVert z - e_j \rVert^2.$$
#
# What is kept is the number $k$, an *index*.
# This is the core of the VQ-VAE of van den Oord, Vinyals and Kavukcuoglu.
# Nothing is random here, and still there is no path: $k$ jumps.

# %% [markdown]
# Three gradients are needed, and each has one way to go.
#
# - The *decoder's* gradient must reach the encoder: $z_q$ hands it to $z$ unchanged, straight through.
# - The *codebook loss* moves the codes to the vectors: $(e_k - \operatorname{stop}(z))^2$.
# - The *commitment loss* keeps the vectors near their codes: $(z - \operatorname{stop}(e_k))^2$.
#
# Here $\operatorname{stop}$ is `detach`: the value without its gradient.
# Both losses are means over *all* elements of $z$, so that they are equal in value.
# Only their gradients differ, and no printed loss shows it when they are exchanged.
#
# The model's loss is reconstruction + codebook loss + $0.25 \cdot$ commitment loss; the weight stays outside of the function.

# %% [markdown]
# ### Exercise 7: `vector_quantize`
#
# *Difficulty ●●●●○ (4 of 5) · 25 minutes*
#
# Replace vectors by their nearest codes, and return the tuple `(z_q, indices, codebook_loss, commitment_loss)`.
#
# - `z` has the shape `(..., d)`, with one or more dimensions before `d`; `codebook` has the shape `(K, d)`, and the dtype and device of `z`.
# - `indices`: int64, shape `(...)`: for each vector the number of the nearest code, by Euclidean distance.
# - `z_q`: those codes, in the shape of `z`, up to rounding.
#   Its gradient in `z` is handed on unchanged, and none reaches the codebook.
# - Both losses: the mean over all elements of $(z - z_q)^2$, 0-dim.
#   The codebook loss has a gradient in the codebook alone, the commitment loss in `z` alone.
# - `z` and `codebook` stay as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `z.unsqueeze(-2) - codebook` has all differences, `(..., K, d)`.
# Square them, sum over `d`, and find the smallest; then `codebook[indices]` are the codes.
# The product $z \cdot e_j$ alone is no distance: a long code would win too often.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `code = codebook[indices]` carries a path to the codebook, and `z` one to the encoder.
# In each of the three results, ask which of the two paths must stay, and detach the other.
# `z_q` has the value of the code and the path of `z`: add to `z` what is missing, detached.
# Compute the losses from `code`, not from this sum.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Ask each of your results which of the two inputs its gradient reaches.
# Here is how, for a product that takes one input as a constant:
#
# ```python
# a = torch.tensor(3.0, requires_grad=True)
# b = torch.tensor(5.0, requires_grad=True)
# half_open = a * b.detach()
# slopes = torch.autograd.grad(half_open, (a, b), allow_unused=True)
# print(slopes)  # prints (tensor(5.), None)
# ```
#
# `None` means: no path.
# For `z` and `codebook`, in this order, you want
#
# - from the codebook loss: `None`, a tensor;
# - from the commitment loss: a tensor, `None`;
# - from `z_q.sum()`: ones, `None`.
#
# Each loss detaches one input; the first two rows say which.
# For the last row, no product helps: the *value* must come from one input, and the gradient from the other.
#
# </details>


# %% answer="vector_quantize"
def vector_quantize(z: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Replace each vector by its nearest code.

    Returns (z_q, indices, codebook_loss, commitment_loss).
    z: vectors, (..., d), at least two dimensions.  codebook: (K, d), dtype and device of z.
    z_q: the nearest codes by Euclidean distance, shape of z, up to rounding; its gradient
    goes to z unchanged, and none to the codebook.  indices: their numbers, int64, (...).
    codebook_loss, commitment_loss: the mean over all elements of (z - code)**2, 0-dim; the
    first has a gradient in the codebook alone, the second in z alone.
    z_q and the losses have the dtype and device of z, with no step in a smaller dtype.
    z and codebook are left alone.
    """
    ### BEGIN SOLUTION
    distances = (z.unsqueeze(-2) - codebook).square().sum(dim=-1)
    indices = distances.argmin(dim=-1)
    code = codebook[indices]
    codebook_loss = F.mse_loss(code, z.detach())
    commitment_loss = F.mse_loss(z, code.detach())
    return z + (code - z).detach(), indices, codebook_loss, commitment_loss
    ### END SOLUTION


# %% checks={"shape": 1, "indices": 2, "values": 2, "gradients": 4}

# %% [markdown]
# **You should see** four lines: about the shapes, the indices, the values and the gradients.
#
# `CodebookAutoencoder` is given: each image becomes 4 vectors of 4 numbers, and all share a codebook of 32 codes.
# Train it three times with your function: with the loss above, with the codebook loss multiplied by 30, and with both losses multiplied by 30.

# %% predict="weights"


# %% tags=["demo"]
def trained_codebook(first: float, second: float) -> CodebookAutoencoder:
    """Train for 60 epochs with these weights of the codebook loss and the commitment loss."""
    torch.manual_seed(0)
    model = CodebookAutoencoder()

    def loss(x: Tensor, step: int) -> Tensor:
        z_q, _, codebook_loss, commitment_loss = vector_quantize(model.encode(x), model.codebook)
        nats = pixel_nats(model.decode(z_q), x).mean()
        return nats + first * codebook_loss + second * commitment_loss

    train(model, loss, images, 60, f"weights {first} and {second}")
    return model


for weights in ((1, 0.25), (30, 0.25), (30, 7.5)):
    quantizer = trained_codebook(*weights)
    with torch.no_grad():
        z = quantizer.encode(test)
        z_q, codes_of_test, _, _ = vector_quantize(z, quantizer.codebook)
        nats, without = (pixel_nats(quantizer.decode(each), test).mean() for each in (z_q, z))
    print(f"weights {weights}: {nats:.2f} nats from the codes, {without:.2f} from z itself")
    used, length = len(codes_of_test.unique()), z.norm(dim=-1).mean()
    print(f"    {used} of 32 codes used; mean length of z {length:.1f}")

# %% outcome="weights"

# %% [markdown]
# A mean over elements beside a sum over pixels: that is the bug of lesson 4 again.
# With a weight of 0.25 the commitment loss is too weak beside the reconstruction: the vectors run away from their codes, and some codes are never reached.
# With 7.5 they stay near, all codes are used, and the reconstruction is better by more than 2 nats.
# The VQ-VAE paper says itself that a good weight depends on the scale of the reconstruction loss.
#
# And quote the number from the codes: what the decoder makes of $z$ itself is another number, worse or better.

# %% [markdown]
# But why does the weight of the *codebook* loss change nothing?
# Because the optimiser is Adam.
# Adam divides each gradient by a running measure of its own size.
# The codes get a gradient from the codebook loss alone, so its weight is in both, and cancels.
# The encoder gets a sum of two gradients, from the decoder and from the commitment loss; there a weight decides.
#
# With plain gradient descent both weights would count.

# %% [markdown]
# Test reconstruction in nats, and codes used of 32, with two seeds:
#
# | training | seed 0 | codes | seed 1 | codes |
# | --- | ---: | ---: | ---: | ---: |
# | losses times 1 | 11.85 | 24 | 11.62 | 26 |
# | losses times 30 | 9.29 | 32 | 9.99 | 32 |
# | codebook loss alone times 30 | 11.82 | 25 | 11.61 | 27 |
# | commitment loss alone times 30 | 9.32 | 32 | 10.00 | 32 |
# | times 1, no commitment loss | 18.32 | 7 | 17.89 | 9 |
# | times 1, no straight-through | 25.06 | 1 | 25.05 | 2 |
# | times 1, codebook loss on the straight-through z_q | 25.05 | 4 | 25.06 | 3 |
# | times 1, weights exchanged | 10.65 | 30 | 10.19 | 32 |

# %% [markdown]
# Without straight-through the encoder learns nothing from the decoder: the result is that of the pixel means.
# So it is when the codebook loss compares $z_q$ after the straight-through step, for then the codebook never moves.
#
# The last row has the weights of the two losses exchanged: 0.25 on the codebook loss, 1 on the commitment loss.
# That mistake was made in public code more than once, and here its result is *better* than that of the first row.
# You know why: the one weight does not matter, and the other became 4 times larger.
# So no training curve will ever show this mistake; the six gradients that the check looks at do.

# %% [markdown]
# ## How many codes are in use?
#
# "32 of 32 codes used" says nothing of how often.
# Let $s_k$ be the share of code $k$ among all indices.
# The *entropy* $H = -\sum_k s_k \log s_k$ is 0 if one code is always used, and $\log K$ if all $K$ are used alike.
# A code that is never used counts as 0, which is the limit of $s \log s$ for $s \to 0$.
#
# The *perplexity* is $e^H$: the number of codes that, used alike, would have this entropy.

# %% [markdown]
# ### Exercise 8: `perplexity`
#
# *Difficulty ●○○○○ (1 of 5) · 6 minutes*
#
# Count how many codes are in use.
#
# - `indices` is an int64 tensor of any shape, with numbers from 0 to `codes` - 1; all its elements count together.
# - Return $e^H$, with $H$ in nats, as a float or a 0-dim tensor.
# - A code that is never used counts as 0.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `torch.bincount` counts how often each number occurs in a flat tensor; `minlength` makes room for the codes that do not occur.
# What does your formula make of a count of 0?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# $0 \cdot \log 0$ is NaN in floating point.
# Take the shares above 0 alone, or use `torch.special.entr`, which is $-s \log s$ with the right value at 0.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: another number of codes in use, one over the sum of squared shares.
#
# ```python
# seen = torch.tensor([[0, 0, 2], [0, 3, 0]])
# counts = torch.bincount(seen.flatten(), minlength=5)
# shares = counts / counts.sum()
# print(counts.tolist())  # prints [4, 0, 1, 1, 0]
# print(f"{1 / shares.square().sum():.2f}")  # prints 2.00
# unused = torch.tensor(0.0)
# print((unused * unused.log()).item())  # prints nan
# ```
#
# A square of 0 does no harm, and the last line shows what $s \log s$ makes of it.
# So leave the unused codes out, or take a function that knows the limit.
# Their entropy is 0.8676 nats: for these six indices your function should give 2.381.
#
# </details>


# %% answer="perplexity"
def perplexity(indices: Tensor, codes: int) -> Tensor | float:
    """Compute the exponential of the entropy, in nats, of how often each code is used.

    indices: int64, any shape, numbers from 0 to codes - 1; all elements count together.
    codes: how many codes there are; one that is never used counts as 0.
    Returns a float or a 0-dim tensor, from 1 (one code) to codes (all alike).
    """
    ### BEGIN SOLUTION
    shares = torch.bincount(indices.flatten(), minlength=codes) / indices.numel()
    return torch.exp(torch.special.entr(shares).sum())
    ### END SOLUTION


# %% checks={"values": 2}

# %% [markdown]
# **You should see** one line.
#
# The next cell measures it for the training images, in three ways: all indices together, each of the 4 places apart, and in batches of 8 images.

# %% predict="counted"

# %% tags=["demo"]
with torch.no_grad():
    _, known, _, _ = vector_quantize(quantizer.encode(images), quantizer.codebook)
together = float(perplexity(known, 32))
places = [float(perplexity(known[:, place], 32)) for place in range(4)]
batches = [float(perplexity(batch, 32)) for batch in known.split(8)]
print(f"all together: {together:.1f} of 32 codes")
print(f"each place:   {', '.join(f'{each:.1f}' for each in places)}")
print(f"batches of 8: {sum(batches) / len(batches):.1f} on average")

# %% outcome="counted"
together - sum(batches) / len(batches)

# %% [markdown]
# The number depends on what is counted together.
# A batch of 8 images has 32 indices, and can hardly show 29 codes; so a perplexity that is printed in each training step depends on the batch size.
# And each place prefers some codes: that is a first hint that the codes are not independent of their place.

# %% [markdown]
# ## Codes without a prior
#
# The training printed no KL.
# But the code has a price: to say which of 32 codes stands in each of 4 places takes $4 \ln 32 = 13.86$ nats, if all are equally probable.
# Reconstruction plus price is then a bound on $-\log p(x)$, as the ELBO is.
#
# A model of the *codes*, a prior, makes it cheaper, and gives you something to draw from.

# %% [markdown]
# Compare three such priors, fitted to the codes of the training images:
#
# - *uniform*: every code has the probability 1/32;
# - *by place*: each place has its own shares;
# - *in a row*: each index given those before it, by a small network (`CodePrior`, given).
#
# The picture below counts *pixels off*: between a rounded picture and the nearest training image, as in lesson 6.

# %% predict="priors"

# %% tags=["demo"]
torch.manual_seed(0)
counts = torch.stack([torch.bincount(known[:, place], minlength=32) for place in range(4)]) + 1
by_place = counts / counts.sum(dim=1, keepdim=True)
in_a_row = CodePrior()
train(in_a_row, lambda rows, step: in_a_row.nats(rows).mean(), known, 20, "prior in a row")

place = torch.arange(4)
prices = {
    "uniform": 4 * math.log(32),
    "by place": -by_place[place, codes_of_test].log().sum(dim=1).mean().item(),
    "in a row": in_a_row.nats(codes_of_test).mean().item(),
}
drawn = {
    "uniform": torch.randint(32, (1_000, 4)),
    "by place": torch.multinomial(by_place, 1_000, replacement=True).T,
    "in a row": in_a_row.sample(1_000),
}
print(f"reconstruction {nats:.2f} nats per test image")
for name, price in prices.items():
    print(f"{name:<10} {price:5.2f} nats for the code, {nats + price:.2f} in all")


# %% tags=["demo"]
@torch.no_grad()
def decoded(indices: Tensor) -> Tensor:
    """The pixel probabilities of codes (n, 4)."""
    return torch.sigmoid(quantizer.decode(quantizer.codebook[indices]))


rows = {name: decoded(codes) for name, codes in ({"test images": codes_of_test} | drawn).items()}

# %% plot=true
# Draws figure 4: what the codes of test images and of each prior decode to.
figure, axes = plt.subplots(len(rows), 1, figsize=(8, 3.6), layout="constrained")
for panel, (name, row) in zip(axes, rows.items(), strict=True):
    padded = F.pad(row[:10].reshape(-1, 8, 8), (1, 1), value=0.5)  # grey between
    panel.imshow(torch.cat(list(padded), dim=1), cmap="gray_r", vmin=0, vmax=1)
    panel.set(xticks=[], yticks=[])
    label = f"{name}\n{pixels_off(row, images):.1f} pixels off"
    panel.set_ylabel(label, rotation=0, ha="right", va="center")
figure.suptitle("The better the prior of the codes, the nearer are its draws to digits")
plt.show()

# %% outcome="priors"
pixels_off(rows["uniform"], images) - pixels_off(rows["in a row"], images)

# %% [markdown]
# *Figure 4. The first row decodes the codes of ten test images: ten digits, a little blurred.*
# *The other rows decode codes that were drawn from the three priors.*
# *From the uniform prior, some can be read as a digit, and others are grey or a mixture of strokes.*
# *Drawn index by index, in the last row, most can be read as a digit.*
# *The distance to the nearest training image falls from row to row, from about 5 pixels to 3.4.*

# %% [markdown]
# The prior in a row saves about 2 nats, and turns a codebook into a model that can draw.
# In all it needs about 21 nats here; a Gaussian VAE of the same size reached 18.7 in lesson 6.
# A code of 4 indices is small, and that was its purpose.

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
# **You built** an exact gradient and an unbiased one for yes-or-no draws, the Gumbel choice and its soft form, a straight-through choice, a falling temperature, a codebook with its three gradients, and a count of the codes in use.
#
# **Three sentences to remember**
#
# 1. A draw without a path still has a mean with a slope: enumerate it, estimate it from values, or replace the missing path, and know which of the three you do.
# 2. Soft and straight-through gradients are biased at a high temperature and noisy at a low one; they can stall where the truth never does.
# 3. Measure with hard choices, and count the price of a code: a soft code cheats, and a code without a prior cannot be sampled.

# %% [markdown]
# **Where it returns.**
# Lesson 11 rounds the weights of a trained model, and hands gradients straight through.
# Lesson 12 uses the path again where there is one, in flows, diffusion and reinforcement learning.

# %% [markdown]
# **Further reading**
#
# - E. Jang, S. Gu and B. Poole, *Categorical Reparameterization with Gumbel-Softmax*, ICLR 2017.
# - C. J. Maddison, A. Mnih and Y. W. Teh, *The Concrete Distribution: A Continuous Relaxation of Discrete Random Variables*, ICLR 2017.
# - Y. Bengio, N. Léonard and A. Courville, *Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation*, 2013.
# - A. van den Oord, O. Vinyals and K. Kavukcuoglu, *Neural Discrete Representation Learning*, NIPS 2017.
# - W. Kool, H. van Hoof and M. Welling, *Buy 4 REINFORCE Samples, Get a Baseline for Free!*, 2019.
# - Z. Dong, A. Mnih and G. Tucker, *DisARM: An Antithetic Gradient Estimator for Binary Latent Variables*, NeurIPS 2020: an unbiased estimator for binary draws that beats independent draws with a baseline.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
