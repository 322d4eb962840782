# %% [markdown]
# # Lesson 2: two ways to a gradient
#
# **The question of this lesson: which two estimators give the gradient of an expectation, and what does each of them cost?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 100 minutes | lesson 1; derivatives of $\log$ and of a square | 36 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - estimate a gradient from values of $f$ alone, with the *score function*;
# - estimate the same gradient through the draw, with the *pathwise* estimator;
# - lower the variance with a baseline, without a bias;
# - predict the variance of each estimator, measure it, and compare;
# - say when the score function is the better choice, and when it is the only one.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Cells that only show something are yours to change.
# An exercise is one function: replace `raise NotImplementedError` with your code, then run the check cells below it.
#
# In this lesson `mu` and `sigma` are the mean and the standard deviation of a normal distribution $q = \mathcal{N}(\mu, \sigma^2)$.
# They are floats, or float64 tensors without dimensions that require no gradient; `sigma` is positive.
# `z` is a draw from $q$, and `n` counts draws.
# `f` is any function that works element by element, on a tensor of any shape.
# All numbers are float64, because we compare them with closed forms.

# %% locked="imports"
import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor

# %% [markdown]
# ## An experiment with a fixed price
#
# A robot throws a ball at a basket.
# It aims at `mu`, and the ball lands at `z`, a draw from $\mathcal{N}(\mu, \sigma^2)$.
# Both are places on a line, in metres: the basket is at 0, negative numbers are in front of it, and positive ones behind.
# The cost of a throw is $z^2$.
# The robot lowers its mean cost with an estimator from reinforcement learning, which you will build in exercise 2.

# %% [markdown]
# Then somebody asks for a fixed price of 100 for each throw.
# The cost is now $z^2 + 100$.
# The best aim is the same, and so is the gradient of the mean cost in `mu`.

# %% predict="price"


# %% tags=["demo"]
def learn_to_throw(price: float, steps: int = 200, throws: int = 20) -> list[float]:
    """Lower the mean cost; return mu before the first and after every step."""
    torch.manual_seed(0)
    mu, path = torch.tensor(2.0, dtype=torch.float64, requires_grad=True), [2.0]
    optimizer = torch.optim.SGD([mu], lr=0.02)
    for _ in range(steps):
        q = torch.distributions.Normal(mu, 0.5)
        z = q.sample((throws,))
        # The gradient of this loss estimates the gradient of the mean cost.
        loss = ((z**2 + price) * q.log_prob(z)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(mu.item())
    return path


for price in (0.0, 100.0):
    path = learn_to_throw(price)
    print(f"price {price:5.0f}: mu every 40 steps, in metres:", [round(mu, 2) for mu in path[::40]])

# %% outcome="price"
max(abs(mu) for mu in path[40:])

# %% [markdown]
# Without the price, the robot finds the basket.
# With it, `mu` moves several metres away and back, and does not settle.
#
# No line of the program is wrong.
# Both estimates have the same mean, the true gradient.
# What differs is their *variance*: the mean squared distance of one estimate from that mean.
# A number that carries no information, the same 100 for every throw, has hidden the signal.
#
# So the mean of an estimator is only half of the story.
# This lesson is about both halves.

# %% [markdown]
# ## Two ways to move an expectation
#
# We want the gradient of
#
# $$\mathbb{E}_{z \sim q}[f(z)] = \int q(z)\, f(z)\, dz$$
#
# in $\mu$ and $\sigma$.
# Suppose that you have drawn some points, and $\mu$ grows a little.
# There are two ways to follow this change.
#
# 1. **Move the probabilities.**
#    Keep the points, and give each a new weight: points on the right become more probable, points on the left less.
#    You need to know how $\log q$ changes, and the *values* of $f$.
# 2. **Move the points.**
#    Keep the weights, and shift each point with $\mu$.
#    You need to know how the point moves, and the *slope* of $f$.

# %% tags=["demo"]
old_mu, new_mu, sigma = 0.0, 0.5, 1.0
points = old_mu + sigma * torch.linspace(-1.8, 1.8, 7)
q_old, q_new = torch.distributions.Normal(old_mu, sigma), torch.distributions.Normal(new_mu, sigma)
weights = (q_new.log_prob(points) - q_old.log_prob(points)).exp()

# %% plot=true
# Draws figure 1: weights that change, and points that move.
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True, sharey=True, layout="constrained")
axes[0].vlines(points, 1, weights, color="#D55E00", linewidth=3)
axes[0].plot(points, torch.ones(7), "o", color="#0072B2", label="weight before")
axes[0].plot(points, weights, "D", color="#D55E00", label="weight after")
axes[0].set(title="Score function: points stay, weights change", ylabel="weight of a point")
axes[1].plot(points, torch.ones(7), "o", color="#0072B2", label="point before")
axes[1].plot(points + new_mu - old_mu, torch.ones(7), "D", color="#D55E00", label="point after")
for point in points.tolist():
    arrow = {"arrowstyle": "->", "color": "#D55E00", "connectionstyle": "arc3,rad=-0.5"}
    axes[1].annotate("", (point + new_mu, 1.05), (point, 1.05), arrowprops=arrow)
axes[1].set(title="Pathwise: weights stay, points move")
for panel in axes:
    panel.set_xlabel("z (metres)")
    panel.legend(loc="upper left")
figure.suptitle("When mu grows from 0 to 0.5, either the weights change or the points move")
plt.show()

# %% [markdown]
# *Figure 1. Seven points between -1.8 and 1.8 are shown as circles.*
# *Left: the points stay where they are; the weights of the three points on the right rise above 1, and the other four fall below 1.*
# *Right: all weights stay at 1, and each point moves to the right by 0.5.*
#
# Both pictures describe the same new distribution.
# Each gives an estimator of the same gradient.

# %% [markdown]
# ## Move the probabilities: the score
#
# The gradient should act on $q$ only, since $f$ does not contain $\mu$ or $\sigma$.
# For that, gradient and integral must change places.

# %% [markdown]
# Lesson 1 asked when they may; here the question is about $q(z)\, f(z)$ as $\mu$ and $\sigma$ move, and two conditions together are enough:
#
# - **a derivative**: $q(z)$ has one in $\mu$ and $\sigma$, for almost every $z$;
# - **domination**: for all $\mu$ and $\sigma$ near the present ones, the quotients of $q(z)\, f(z)$ stay, in size, below *one* curve in $z$, and the area under this curve is finite.
#
# The normal density fulfils both for every $f$ that grows no faster than some $e^{c|z|}$, because its tails fall faster than that.
# It does not matter whether $f$ jumps, since nothing differentiates $f$.

# %% [markdown]
# Now write $\nabla q = q\, \nabla \log q$ (the chain rule for $\log$, read backwards):
#
# $$\nabla \int q(z)\, f(z)\, dz = \int q(z)\, \nabla \log q(z)\, f(z)\, dz = \mathbb{E}_{z \sim q}\big[f(z)\, \nabla \log q(z)\big].$$
#
# That is an expectation again, so draws can estimate it.
# The factor $\nabla \log q(z)$ is called the **score**.
# For the normal distribution,
#
# $$\log q(z) = -\frac{(z - \mu)^2}{2 \sigma^2} - \log \sigma - \frac{1}{2} \log 2\pi.$$

# %% [markdown]
# ### Exercise 1: `normal_score`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Differentiate $\log q(z)$ on paper, once in $\mu$ and once in $\sigma$.
# Then write both derivatives as code.
#
# - `z` is a float64 tensor of any shape; `mu` and `sigma` are floats or tensors without dimensions.
# - Return the pair: first the derivative in `mu`, then the one in `sigma`.
# - Both have the shape of `z`, and nothing is summed.
# - `sigma` is the standard deviation, and the second derivative is in `sigma` itself, not in its logarithm.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two of the three terms of $\log q$ contain $\sigma$, and one contains $\mu$.
# How many terms should each of your derivatives have?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# In `mu`: the inner derivative of $(z - \mu)^2$ brings a second minus sign, and the 2 cancels.
# In `sigma`: the derivative of $1/\sigma^2$ is $-2/\sigma^3$, and that of $\log \sigma$ is $1/\sigma$.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same for the exponential distribution, whose density is $q(z) = r e^{-r z}$ with the rate $r$.
# On paper: $\log q = \log r - r z$, so the derivative in $r$ is $1/r - z$.
# Autograd is the witness:
#
# ```python
# z = torch.tensor([0.5, 2.0])
# rate = torch.tensor(4.0, requires_grad=True)
# log_q = rate.log() - rate * z
# print(torch.autograd.grad(log_q[0], rate, retain_graph=True))  # prints (tensor(-0.2500),)
# print(torch.autograd.grad(log_q[1], rate))  # prints (tensor(-1.7500),)
# print(1 / 4 - z)  # prints tensor([-0.2500, -1.7500])
# ```
#
# Every term of $\log q$ that contains the parameter gave one term.
# Call the same witness for your two derivatives: write the normal $\log q$ in code, and compare.
#
# </details>


# %% answer="normal_score"
def normal_score(
    z: Tensor,
    mu: float | Tensor,
    sigma: float | Tensor,
) -> tuple[Tensor, Tensor]:
    """Differentiate log q(z), the log density of N(mu, sigma^2), in mu and in sigma.

    z: float64, any shape.  mu, sigma: mean and standard deviation, floats or 0-dim tensors.
    Returns (d log q / d mu, d log q / d sigma), each float64 with the shape of z.
    """
    ### BEGIN SOLUTION
    offset = z - mu
    return offset / sigma**2, offset**2 / sigma**3 - 1 / sigma
    ### END SOLUTION


# %% checks={"shape": 1, "mu": 2, "sigma": 2}

# %% [markdown]
# **You should see** three lines: about the shapes, and about each of the two derivatives.

# %% predict="score"

# %% tags=["demo"]
torch.manual_seed(0)
mu, sigma, n = 1.0, 0.5, 100_000
z = mu + sigma * torch.randn(n, dtype=torch.float64)
closed_variances = (1 / sigma**2, 2 / sigma**2)
scores = normal_score(z, mu, sigma)
for name, score, closed in zip(("mu", "sigma"), scores, closed_variances, strict=True):
    two_errors = 2 * score.std() / math.sqrt(n)
    print(f"score in {name:<6} mean {score.mean():7.4f} +- {two_errors:.4f}   ", end="")
    print(f"variance {score.var():.3f}, closed form {closed:.3f}")

# %% outcome="score"
scores[0].var()

# %% [markdown]
# The mean is zero within its error (here and below, "+-" is two standard errors).
# It must be: the probabilities always sum to 1, so what some points win, others lose.
# Therefore a constant added to $f$ does not change the mean of $f(z)\, \nabla \log q(z)$.
#
# But the variance is not zero.
# It is $1/\sigma^2$ in `mu` and $2/\sigma^2$ in `sigma`: the narrower the distribution, the larger the score.

# %% [markdown]
# **A density without domination.**
# Take the uniform distribution between 0 and $\theta$ (`theta`): its density is $1/\theta$ inside and 0 outside.
# At every $z$ but $\theta$ itself it has a derivative in $\theta$, and inside, its score is $-1/\theta$.
# With $f(z) = z$, the expectation is $\theta/2$, so its derivative is $\tfrac12$.

# %% predict="edge"

# %% tags=["demo"]
torch.manual_seed(0)
theta, n = 2.0, 100_000
z = theta * torch.rand(n, dtype=torch.float64)
score = torch.full_like(z, -1 / theta)  # the derivative of log(1 / theta)
estimates = z * score
two_errors = 2 * estimates.std() / math.sqrt(n)
print(f"mean of the score {score.mean():.3f}")
print("derivative of the mean of z: truth 0.500, ", end="")
print(f"score function {estimates.mean():.3f} +- {two_errors:.3f}")

# %% outcome="edge"
estimates.mean()

# %% [markdown]
# Even the sign is wrong, and no error bar says so.
# When $\theta$ grows by $h$, the density in the narrow strip from $\theta$ to $\theta + h$ rises from 0 to about $1/\theta$.
# There the quotient is about $1/(\theta h)$: no curve with a finite area holds it for all small $h$.
# The strip carries probability that no draw sees.
# So before you use a score, ask whether the *edge* of the distribution moves.

# %% [markdown]
# ## The score-function estimator
#
# One draw $z$ gives one estimate of the gradient, a row of two numbers:
#
# $$\Big(\; f(z)\, \frac{\partial \log q(z)}{\partial \mu}, \quad f(z)\, \frac{\partial \log q(z)}{\partial \sigma} \;\Big).$$
#
# Its mean is the true gradient: it is *unbiased*.
# It is also called REINFORCE, or the likelihood-ratio estimator.
#
# Look at what it needs: draws, the score, and **values** of $f$.
# The function may be a step, a game, or a robot in the real world.
# Nobody differentiates it.

# %% [markdown]
# ### Exercise 2: `score_function_gradient`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Draw `n` points from $q$; return one estimate for each.
#
# - The result is a float64 tensor of shape `(n, 2)`: one row for each draw, `mu` in column 0 and `sigma` in column 1.
# - Do not average: the caller may want the mean, or the variance.
# - Both numbers of a row belong to the same draw.
# - Every row has its own draw, and every call draws afresh: do not set a seed.
# - Call `f` at your `n` draws and nowhere else: all at once, one by one, or more than once, as you like.
#   Its output need not carry a gradient.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You have the score of many draws in one call already.
# What is the shape of `f(z)`, and what is the shape of the pair once it has become one tensor?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Draw standard normal numbers in float64, scale them and shift them.
# Make one tensor of the pair of scores with `torch.stack` along dimension 1.
# Give the values of `f` a second dimension of size 1, so that they multiply both columns.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# One weight for each row of a table with two columns:
#
# ```python
# weights = torch.tensor([1.0, 10.0, 100.0])
# columns = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0, 6.0])
# table = torch.stack(columns, dim=1)
# print(table.shape, weights[:, None].shape)  # prints torch.Size([3, 2]) torch.Size([3, 1])
# print((weights[:, None] * table)[1])  # prints tensor([20., 50.])
# ```
#
# Without the second dimension, shapes `(3,)` and `(3, 2)` do not fit, and you get an error.
# With two rows they would fit, and the weights would go to the columns, without an error.
#
# What are the weights in your function, and which function gives the two columns?
# Both must come from the same draws.
#
# </details>


# %% answer="score_function_gradient"
def score_function_gradient(
    f: Callable[[Tensor], Tensor],
    mu: float | Tensor,
    sigma: float | Tensor,
    n: int,
) -> Tensor:
    """Estimate the gradient of E[f(z)], z ~ N(mu, sigma^2), once a draw, from values of f.

    f: elementwise on any shape; it need not be differentiable; called at the n draws only.
    mu, sigma: mean and standard deviation, floats or 0-dim tensors.
    n: number of draws, at least 1.
    Returns float64 of shape (n, 2): a row for each draw, columns (mu, sigma);
    nothing is averaged.
    """
    ### BEGIN SOLUTION
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return f(z).unsqueeze(1) * score
    ### END SOLUTION


# %% checks={"shape": 1, "mu": 2, "sigma": 2, "draws": 2, "constant": 1}

# %% [markdown]
# **You should see** five lines.
# The last one is about $f = 1$, for which your estimate is the score itself.
#
# Now use the estimator on four functions.
# `step` is 1 where $z$ is positive, else 0: the ball has flown too far, or it has not.
# For it, the mean is the probability $P(z > 0)$, whose derivative in $\mu$ is the density $q(0)$.


# %% tags=["demo"]
def step(z: Tensor) -> Tensor:
    """Return 1 where z is positive, else 0."""
    return (z > 0).double()


def density_at_zero(mu: float, sigma: float) -> float:
    """Return q(0), the derivative of P(z > 0) in mu."""
    return math.exp(-(mu**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))


def report(name: str, estimates: Tensor, truth: float) -> None:
    """Print mean, two standard errors and variance of the estimates."""
    two_errors = 2 * estimates.std() / math.sqrt(len(estimates))
    print(f"{name:<20} truth {truth:6.3f}   mean {estimates.mean():7.3f} +- {two_errors:.3f}", end="")
    print(f"   variance of one draw {estimates.var():10.3f}")


# %% tags=["demo"]
torch.manual_seed(0)
mu, sigma, n = 1.0, 0.5, 100_000
cases: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "f(z) = z^2": (lambda z: z**2, 2 * mu),
    "f(z) = z^2 + 100": (lambda z: z**2 + 100, 2 * mu),
    "f(z) = 100": (lambda z: torch.full_like(z, 100), 0.0),
    "f(z) = step(z)": (step, density_at_zero(mu, sigma)),
}
print("gradient in mu, by the score function:")
for name, (f, truth) in cases.items():
    report(name, score_function_gradient(f, mu, sigma, n)[:, 0], truth)

# %% [markdown]
# All four means agree with the truth within about two standard errors, even for the step.
# The variances differ by a factor of more than a thousand.

# %% [markdown]
# > **Claim tested: "Score-function variance is high when f fluctuates."**
#
# The third line tests it.
# $f = 100$ does not fluctuate at all.
# Its estimate is 100 times the score, so its variance is $100^2 / \sigma^2 = 10^4 / \sigma^2$, here 40,000.
#
# The claim is **wrong**: a function that does not fluctuate can have a high variance, because the *size* of $f(z)$ counts.
# A constant is the clearest example: its true gradient is zero, so its estimates are noise and nothing else.
# This is what happened to the robot.

# %% [markdown]
# ## Move the points: the pathwise estimator
#
# In lesson 1, finite differences with common noise had a small variance.
# Now we take the same idea to its limit.
# Draw $\epsilon$ (`eps`) from $\mathcal{N}(0, 1)$ first, and set $z = \mu + \sigma\, \epsilon$.
# With $\epsilon$ fixed, $z$ is an ordinary function of $\mu$ and $\sigma$, with
#
# $$\frac{\partial z}{\partial \mu} = 1, \qquad \frac{\partial z}{\partial \sigma} = \epsilon.$$
#
# So, for a smooth $f$ with derivative $f'$, one draw gives the row
#
# $$\big(\; f'(z), \quad f'(z)\, \epsilon \;\big).$$
#
# Its mean is the true gradient too.
# In code, autograd computes both numbers: you write $z = \mu + \sigma\, \epsilon$ and ask for the gradient of $f(z)$.

# %% [markdown]
# There is one difficulty.
# If all `n` draws share one tensor `mu`, autograd adds their gradients up: you get one number, the gradient of the sum.
# You cannot compute a variance from a sum alone.
#
# A second difficulty: an $f$ without a path.
# A comparison such as `z > 0` returns a tensor that carries no graph, and `autograd.grad` refuses it.
# Every draw then has the slope zero, so zeros are the honest answer of this estimator.
# We will see what they are worth.

# %% [markdown]
# ### Exercise 3: `pathwise_gradient`
#
# *Difficulty ●●●○○ (3 of 5) · 18 minutes*
#
# Draw `n` points and return one estimate for each, through autograd.
#
# - The result is a float64 tensor of shape `(n, 2)` as before: row by row, `mu` in column 0 and `sigma` in column 1.
# - Row $i$ holds the derivatives of $f(z_i)$ alone.
# - Where the output of `f` carries no graph (`requires_grad` is `False`), return zeros of that shape.
# - Every row has its own draw, and every call draws afresh.
# - Call `f` at your `n` draws and nowhere else; leave `mu` and `sigma` as they are.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# How can a sum over draws have a gradient with `n` entries?
# What would `mu` have to be?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Give every draw its own copy: two tensors of length `n`, filled with `mu` and with `sigma`, that require a gradient.
# The sum of `f(z)` then has a derivative in each copy, and each copy meets only its own draw.
# Before you call `torch.autograd.grad`, look at `requires_grad` of the output of `f`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Three values $a\,t^2$, and their slopes in $a$: once with one shared $a$, once with a copy for each:
#
# ```python
# t = torch.tensor([1.0, 2.0, 3.0])
# shared = torch.tensor(0.5, requires_grad=True)
# print(torch.autograd.grad((shared * t**2).sum(), shared))  # prints (tensor(14.),)
# copies = torch.full((3,), 0.5, requires_grad=True)
# print(torch.autograd.grad((copies * t**2).sum(), copies))  # prints (tensor([1., 4., 9.]),)
# ```
#
# The slopes are $t^2$.
# The shared $a$ has only their sum; the copies keep them apart, because each value knows one copy.
# You need copies of two numbers.
# `torch.autograd.grad` takes both at once, as a tuple, and returns a tuple.
#
# </details>


# %% answer="pathwise_gradient"
def pathwise_gradient(
    f: Callable[[Tensor], Tensor],
    mu: float | Tensor,
    sigma: float | Tensor,
    n: int,
) -> Tensor:
    """Estimate the gradient of E[f(z)], z ~ N(mu, sigma^2), once a draw, through the draw.

    f: elementwise on any shape; called at the n draws only.
    mu, sigma: mean and standard deviation, floats or 0-dim tensors.
    n: number of draws, at least 1.
    Returns float64 of shape (n, 2): a row for each draw, columns (mu, sigma);
    nothing is averaged. Zeros where the output of f carries no graph.
    """
    ### BEGIN SOLUTION
    mus = torch.full((n,), float(mu), dtype=torch.float64, requires_grad=True)
    sigmas = torch.full((n,), float(sigma), dtype=torch.float64, requires_grad=True)
    values = f(mus + sigmas * torch.randn(n, dtype=torch.float64))
    if not values.requires_grad:
        return torch.zeros(n, 2, dtype=torch.float64)
    return torch.stack(torch.autograd.grad(values.sum(), (mus, sigmas)), dim=1)
    ### END SOLUTION


# %% checks={"shape": 1, "mu": 2, "sigma": 3, "draws": 2, "step": 1}

# %% [markdown]
# **You should see** five lines, the last about functions without a graph.
#
# The four functions again, now with your new estimator.

# %% predict="jump"

# %% tags=["demo"]
torch.manual_seed(0)
print("gradient in mu, by the pathwise estimator:")
for name, (f, truth) in cases.items():
    report(name, pathwise_gradient(f, mu, sigma, n)[:, 0], truth)

# %% outcome="jump"
pathwise_gradient(step, mu, sigma, n)[:, 0].abs().max()

# %% [markdown]
# The first three lines are right, and their variances are far smaller than before.
# A constant in $f$ changes nothing, because it has no slope.
#
# The last line says $0 \pm 0$.
# It looks certain, and it is wrong.
# The step has the slope zero wherever you look; its gradient comes from the points that *jump* when $\mu$ moves.
# No point jumps in an infinitely small move, so no draw reports it.
#
# The next cell tries three functions of PyTorch that have jumps too.
# Their outputs do carry a graph.

# %% tags=["demo"]
z = torch.tensor([0.3, 1.2, 1.9], dtype=torch.float64, requires_grad=True)
for jumping in (torch.sign, torch.round, torch.floor):
    (slopes,) = torch.autograd.grad(jumping(z).sum(), z)
    print(f"{jumping.__name__:<6} carries a graph: {jumping(z).requires_grad}", end="")
    print(f"   slopes at three points: {slopes.tolist()}")

# %% [markdown]
# `torch.sign`, `torch.round` and `torch.floor` pass zeros back, in silence.
# Training with them gives no error, and nothing is learned.

# %% [markdown]
# > **Claims tested: "The pathwise variance is exactly zero for linear f", and "One eps gives the exact gradient."**
#
# Take $f(z) = z$.
# Its expectation is $\mu$, so the true gradient is $(1, 0)$.

# %% predict="line"

# %% tags=["demo"]
torch.manual_seed(0)
mu, sigma, n = 1.0, 0.5, 100_000
one_draw = pathwise_gradient(lambda z: z, mu, sigma, 1)
print("f(z) = z, one draw by the pathwise estimator:", one_draw)
report("pathwise, mu", pathwise_gradient(lambda z: z, mu, sigma, n)[:, 0], 1)
report("pathwise, sigma", pathwise_gradient(lambda z: z, mu, sigma, n)[:, 1], 0)
report("score, mu", score_function_gradient(lambda z: z, mu, sigma, n)[:, 0], 1)
report("score, sigma", score_function_gradient(lambda z: z, mu, sigma, n)[:, 1], 0)
closed = [0, 1, 2 + mu**2 / sigma**2, 10 + 2 * mu**2 / sigma**2]
print("variance of one draw, closed forms from top to bottom:", closed)

# %% outcome="line"
pathwise_gradient(lambda z: z, mu, sigma, n)[:, 1].var()

# %% [markdown]
# Both claims are **half true**.
#
# - In $\mu$ the variance is exactly zero: every row says 1.
#   In $\sigma$ each row says $\epsilon$, so the variance is 1, for every $\mu$ and $\sigma$.
# - One $\epsilon$ gives the exact gradient *of that draw's loss*.
#   For the expectation it is an unbiased estimate, no more: the single row above has some other number than 0 in its second column.
#
# The score function has $2 + \mu^2/\sigma^2$ in $\mu$ and $10 + 2\mu^2/\sigma^2$ in $\sigma$.

# %% [markdown]
# ## A baseline from the other draws
#
# The score has mean zero.
# So you may subtract any number $b$ from $f$, and the mean of $(f(z) - b)\, \nabla \log q(z)$ is still the true gradient.
# The number is called a **baseline**.
# It must not depend on the draw $z$ that it is used for; otherwise the mean can change.

# %% [markdown]
# A natural choice of $b$ is the mean of $f$.
# We do not know it, but the other draws estimate it.
# For draw $i$ of $n$,
#
# $$b_i = \frac{1}{n - 1} \sum_{j \neq i} f(z_j).$$
#
# This is called *leave-one-out*: the own value $f(z_i)$ is left out.
# Why is that needed?
# With the mean over *all* draws, $f(z_i)$ is subtracted from itself in part, and the mean of the estimate shrinks by the factor $(n-1)/n$.

# %% [markdown]
# ### Exercise 4: `baseline_gradient`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return score-function estimates with a leave-one-out baseline.
#
# - The result is a float64 tensor of shape `(n, 2)` as before; `n` is at least 2.
# - For row $i$, subtract $b_i$, the mean of `f` over the other `n - 1` draws, from $f(z_i)$.
#   Then multiply by the score.
# - The same baseline serves both columns.
# - Every call draws afresh, and `f` is called at these `n` draws and nowhere else.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need the sum of all values but one, for each of the `n` values.
# Is there a way without a loop?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The sum of the others is the whole sum minus the own value.
# Divide by how many others there are.
# You cannot call `score_function_gradient` here: you need its draws, and it keeps them to itself.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: the *product* of all values but one, for each of them, without a loop.
#
# ```python
# values = torch.tensor([2.0, 3.0, 4.0])
# print(values.prod() / values)  # prints tensor([12.,  8.,  6.])
# ```
#
# The whole is one number; the own value goes out of it by broadcasting.
# A division undoes a product.
# What undoes a sum?
# For the values 3, 5 and 10, your baselines must be 7.5, 6.5 and 4, so that $-4.5$, $-1.5$ and 6 multiply the scores.
# If the baselines are 6, 6 and 6, the own value is still in them.
# The rest is exercise 2 again, with these differences in place of the values.
#
# </details>


# %% answer="baseline_gradient"
def baseline_gradient(
    f: Callable[[Tensor], Tensor],
    mu: float | Tensor,
    sigma: float | Tensor,
    n: int,
) -> Tensor:
    """Estimate the gradient of E[f(z)] by the score function with a leave-one-out baseline.

    f: elementwise on any shape; it need not be differentiable; called at the n draws only.
    mu, sigma: mean and standard deviation, floats or 0-dim tensors.
    n: number of draws, at least 2.
    Returns float64 of shape (n, 2): a row for each draw, columns (mu, sigma);
    nothing is averaged.
    The baseline of a row is the mean of f over the other n - 1 draws,
    the same in both columns.
    """
    ### BEGIN SOLUTION
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    values = f(z)
    baseline = (values.sum() - values) / (n - 1)
    score = torch.stack(normal_score(z, mu, sigma), dim=1)
    return (values - baseline).unsqueeze(1) * score
    ### END SOLUTION


# %% checks={"shape": 1, "mu": 2, "sigma": 2, "draws": 2, "constant": 1}

# %% [markdown]
# **You should see** five lines.
#
# Give the robot your estimator, with the fixed price of 100.

# %% predict="baseline"

# %% tags=["demo"]
torch.manual_seed(0)
for price in (0.0, 100.0):
    mu, path = 2.0, [2.0]
    for _ in range(200):
        gradient = baseline_gradient(lambda z, price=price: z**2 + price, mu, 0.5, 20).mean(dim=0)
        mu -= 0.02 * gradient[0].item()
        path.append(mu)
    print(f"price {price:5.0f}: mu every 40 steps, in metres:", [round(mu, 2) for mu in path[::40]])

# %% outcome="baseline"
max(abs(mu) for mu in path[150:])

# %% [markdown]
# The price does no harm any more, because it is subtracted exactly.
#
# What does the own value cost, if you leave it in?
# The next cell takes very few draws, where it matters most.
# It compares the mean of many estimates with the truth, $2\mu = 2$.

# %% tags=["demo"]
torch.manual_seed(0)
mu, sigma, repeats = 1.0, 0.5, 40_000
for n in (2, 5, 20):
    z = mu + sigma * torch.randn(repeats, n, dtype=torch.float64)
    score, values = normal_score(z, mu, sigma)[0], z**2
    with_own = ((values - values.mean(dim=1, keepdim=True)) * score).mean(dim=1)
    two_errors = 2 * with_own.std() / math.sqrt(repeats)
    print(f"n = {n:2}: own value included, mean {with_own.mean():.3f} +- {two_errors:.3f}", end="")
    print(f"   (n-1)/n times the truth: {(n - 1) / n * 2 * mu:.3f}")

# %% [markdown]
# With two draws, half of the gradient is lost.
# The direction is right, so training still works, only slower; so this mistake is easily overlooked.
# With your leave-one-out baseline the factor is 1 for every $n$.

# %% [markdown]
# ## What one draw costs
#
# Now we measure the price of each estimator: the variance of *one* draw's gradient in $\mu$.
# The mean of $n$ draws has this variance divided by $n$.
# So if one estimator has 100 times the variance of another, it needs 100 times the draws for the same error.
#
# From $n$ estimates $g_1, \dots, g_n$ with mean $\bar g$, the *unbiased* variance is
#
# $$\frac{1}{n - 1} \sum_{i=1}^{n} (g_i - \bar g)^2.$$

# %% [markdown]
# ### Exercise 5: `estimator_variances`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return the variances of both estimators, without a baseline.
#
# - The result is the pair `(var_score, var_pathwise)` of float64 tensors without dimensions.
# - Both are for the gradient in `mu`, per draw: not of the mean of the draws.
# - Use the unbiased variance of `n` estimates; `n` is at least 2.
# - The two estimators may share the same `n` draws, or have `n` draws each.
#   Call `f` at these draws and nowhere else.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You have both estimators already, and they were written so that they do not average.
# Which column is the gradient in `mu`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Take column 0 of each result, and its `var()`.
# Read in the documentation of `torch.var` what it divides by if you give no other argument.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A table whose first column is in question, with numbers that you can check by hand:
#
# ```python
# table = torch.tensor([[1.0, 0.0], [2.0, 0.0], [6.0, 0.0]])
# first = table[:, 0]
# print(first.var())  # prints tensor(7.)
# print(f"{first.var(correction=0):.3f}")  # prints 4.667
# print(f"{first.var() / 3:.3f}")  # prints 2.333
# ```
#
# The mean is 3, and the squared deviations 4, 1 and 9 add up to 14.
# Divided by $n - 1$, that is 7: the variance of one value.
# 4.667 is biased, and 2.333 belongs to the mean of three values.
# Which one is asked for?
# You need it for two tables, and return the pair.
#
# </details>


# %% answer="estimator_variances"
def estimator_variances(
    f: Callable[[Tensor], Tensor],
    mu: float | Tensor,
    sigma: float | Tensor,
    n: int,
) -> tuple[Tensor, Tensor]:
    """Measure the variance of one draw's gradient in mu, for both estimators.

    f: elementwise on any shape; called at n draws that both share, or at n draws for each.
    mu, sigma: mean and standard deviation, floats or 0-dim tensors.
    n: number of draws, at least 2.
    Returns (var_score, var_pathwise), 0-dim float64: unbiased (divided by n - 1),
    not of the mean.
    """
    ### BEGIN SOLUTION
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_path.var()
    ### END SOLUTION


# %% checks={"shape": 1, "score": 2, "pathwise": 2, "draws": 1}

# %% [markdown]
# **You should see** four lines.
#
# For $f(z) = z^2$ the variances have closed forms, because all moments of a normal distribution are known.
# The next cell writes them down, for the gradient in $\mu$ with one draw.
# It also has the *best* constant baseline, $b = \mu^2 + 3\sigma^2$.
# Note that this is not the mean of $f$, which is $\mu^2 + \sigma^2$.
# Your leave-one-out baseline stands for the mean of $f$: with 4,000 draws the two are nearly the same.

# %% predict="vanishing"

# %% tags=["demo"]
closed_forms: dict[str, Callable[[float | Tensor, float | Tensor], float | Tensor]] = {
    "score function": lambda mu, sigma: mu**4 / sigma**2 + 14 * mu**2 + 15 * sigma**2,
    "with the mean of f as baseline": lambda mu, sigma: 8 * mu**2 + 10 * sigma**2,
    "with the best constant baseline": lambda mu, sigma: 8 * mu**2 + 6 * sigma**2,
    "pathwise": lambda mu, sigma: 4 * sigma**2,
}


def measure(mu: float, sigma: float, n: int = 4_000) -> list[float]:
    """Measure the four variances once, from n draws for each."""
    best = mu**2 + 3 * sigma**2
    by_score, by_path = estimator_variances(lambda z: z**2, mu, sigma, n)
    with_mean = baseline_gradient(lambda z: z**2, mu, sigma, n)[:, 0].var()
    with_best = score_function_gradient(lambda z: z**2 - best, mu, sigma, n)[:, 0].var()
    return [by_score.item(), with_mean.item(), with_best.item(), by_path.item()]


torch.manual_seed(0)
mu, repeats = 1.0, 20
sigmas = torch.logspace(-1.5, 0.5, 9)
runs = torch.tensor([[measure(mu, sigma) for _ in range(repeats)] for sigma in sigmas.tolist()])
measured, two_errors = runs.mean(dim=1), 2 * runs.std(dim=1) / math.sqrt(repeats)

# %% plot=true
# Draws figure 2: the variances for every sigma, measured and by the closed forms.
styles = [
    ("#D55E00", "-", "o"),
    ("#E69F00", "--", "s"),
    ("#009E73", "-.", "^"),
    ("#0072B2", ":", "D"),
]
grid = torch.logspace(-1.6, 0.6, 200)
_, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
for i, (name, closed) in enumerate(closed_forms.items()):
    color, line, marker = styles[i]
    axes.plot(grid, closed(mu, grid), line, color=color, label=name)
    style = {"fmt": marker, "color": color, "capsize": 4, "markersize": 5}
    axes.errorbar(sigmas, measured[:, i], two_errors[:, i], **style)
axes.set(xscale="log", yscale="log", xlabel="sigma (metres)")
axes.set_ylabel("variance of one draw's gradient\nin mu (square metres)")
axes.set_title("As sigma shrinks, score-function variance explodes and pathwise variance vanishes")
axes.legend(title="f(z) = z^2, mu = 1\nlines: closed forms\npoints: measured, 2 standard errors")
plt.show()

# %% outcome="vanishing"
measured[0, 3]

# %% [markdown]
# *Figure 2. Four lines against sigma, both axes logarithmic, with measured points on them.*
# *The score function (solid) falls, reaches its lowest point near sigma = 0.5, and rises again.*
# *The two baselines (dashed, and dash-dotted) are flat on the left, at 8, and differ only on the right.*
# *The pathwise line (dotted) is straight and lies below all others, down to 0.004 on the left.*
# *Error bars show two standard errors from 20 repeats; most are smaller than the markers.*

# %% [markdown]
# > **Claim tested: "A baseline fixes the score function."**
#
# It is **half true**, and the figure shows both halves.
# For $\sigma \to 0$:
#
# - without a baseline, the variance grows like $\mu^4/\sigma^2$, without a limit;
# - with one, it stays finite: this half is true;
# - but it goes to $8\mu^2$, not to zero, even with the *best* constant.
#   The pathwise variance, $4\sigma^2$, does go to zero.
#
# A baseline removes the height of $f$.
# It cannot remove the slope: near $\mu$ a smooth $f$ is a straight line, the score function must find its slope from random differences, and the pathwise estimator reads it directly.

# %% tags=["demo"]
print("variance in mu, at mu = 1            sigma = 1          0.1         0.01")
for name, closed in closed_forms.items():
    row = [f"{closed(1.0, sigma):>13.4f}" for sigma in (1.0, 0.1, 0.01)]
    print(f"{name:<33}" + "".join(row))

# %% [markdown]
# **More dimensions make it worse.**
# The draws of the later lessons are vectors of many numbers.
# Take $D$ of them, all with mean 0 and the same $\sigma$, and $f(z) = z_1^2 + \dots + z_D^2$.
# The gradient in $\mu_1$ has the pathwise variance $4\sigma^2$, whatever $D$ is.
# The score function has $\sigma^2 (D + 2)(D + 4)$: the noise of *all* the numbers multiplies each score.

# %% tags=["demo"]
torch.manual_seed(0)
sigma, n = 0.5, 20_000
for dimensions in (1, 10, 100):
    z = sigma * torch.randn(n, dimensions, dtype=torch.float64)
    by_score = z.square().sum(dim=1) * normal_score(z, 0.0, sigma)[0][:, 0]
    by_path = 2 * z[:, 0]
    closed = sigma**2 * (dimensions + 2) * (dimensions + 4)
    print(f"D = {dimensions:3}: score {by_score.var():8.1f} (closed form {closed:8.1f})", end="")
    print(f"   pathwise {by_path.var():.2f} (closed form {4 * sigma**2:.2f})")

# %% [markdown]
# ## When the score function wins
#
# > **Claim tested: "The pathwise estimator always has the lower variance."**
#
# The pathwise estimate is a *slope*.
# So look for a function whose values are small and whose slopes are large.
# $f(z) = \cos(c\, z)$ is one: its values stay between $-1$ and $1$, and its slopes grow with $c$.
# Take $\mu = \sigma = 1$; the variances have closed forms again.

# %% predict="cosine"


# %% tags=["demo"]
def cosine_variances(c: Tensor) -> tuple[Tensor, Tensor]:
    """Variances in mu for f(z) = cos(c z), mu = sigma = 1: (score function, pathwise)."""
    squared_mean = (c * torch.exp(-(c**2) / 2) * torch.sin(c)) ** 2
    damping = torch.exp(-2 * c**2) * torch.cos(2 * c)
    by_score = (1 + (1 - 4 * c**2) * damping) / 2 - squared_mean
    by_path = c**2 * (1 - damping) / 2 - squared_mean
    return by_score, by_path


fine = torch.linspace(0.2, 12, 100_000, dtype=torch.float64)
score_line, path_line = cosine_variances(fine)
crossing = fine[path_line > score_line][0].item()
above = bool((path_line > score_line)[fine > crossing].all())
print(f"the lines cross at c = {crossing:.3f}; the pathwise line stays above after that: {above}")
by_score, by_path = cosine_variances(torch.tensor(10.0))
print(f"at c = 10: score function {by_score:.2f}, pathwise {by_path:.2f}")

# %% tags=["demo"]
torch.manual_seed(0)
cs = torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
runs = torch.empty(len(cs), 20, 2)
for i, c in enumerate(cs):
    for j in range(20):
        variances = estimator_variances(lambda z, c=c: torch.cos(c * z), 1.0, 1.0, 4_000)
        runs[i, j] = torch.stack(variances)
measured, two_errors = runs.mean(dim=1), 2 * runs.std(dim=1) / math.sqrt(20)

# %% plot=true
# Draws figure 3: both variances for every c, measured and by the closed forms.
_, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
series = [("score function", score_line, styles[0]), ("pathwise", path_line, styles[3])]
for i, (name, line, (color, dashes, marker)) in enumerate(series):
    axes.plot(fine, line, dashes, color=color, label=f"{name}: closed form")
    style = {"fmt": marker, "color": color, "capsize": 4}
    style["label"] = f"{name}: measured, 2 standard errors"
    axes.errorbar(cs, measured[:, i], two_errors[:, i], **style)
axes.axvline(crossing, color="black", linewidth=0.8)
axes.annotate(f"c = {crossing:.3f}", (crossing, 0.005), (1.15, 0.005))
axes.set(xscale="log", yscale="log", xlabel="c (radians per metre)")
axes.set_ylabel("variance of one draw's gradient\nin mu (per square metre)")
axes.set_title("For cos(c z), the score function wins once the function changes fast")
axes.legend(framealpha=1)
plt.show()

# %% outcome="cosine"
crossing

# %% [markdown]
# *Figure 3. Two lines against c, both axes logarithmic.*
# *The score function (solid line, circles) starts a little below 1 and ends flat at 0.5.*
# *The pathwise line (dotted, diamonds) rises steadily, crosses the other at c = 1.064, and is near 50 at c = 10.*
# *Measured points with error bars lie on both lines.*
#
# The claim is **wrong**.
# For large $c$ the score function approaches $1/(2\sigma^2)$, and the pathwise variance grows like $c^2/2$.
# Neither estimator is always better: compare values with slopes.

# %% [markdown]
# ## When the pathwise estimator is blind
#
# A step is the extreme case: all of its change happens in one point, and no draw falls exactly there.
# So the pathwise estimator reports zero, as you saw.
# The next figure shows it for many aims `mu`.
# It compares both estimates with the truth: the derivative of the chance that the ball flies too far, $P(z > 0)$, which is the density $q(0)$.

# %% predict="aims"

# %% tags=["demo"]
torch.manual_seed(0)
sigma, n = 0.5, 4_000
aims = torch.linspace(-1.5, 1.5, 13).tolist()
estimators = {"score function": score_function_gradient, "pathwise": pathwise_gradient}
estimates = {}
for name, estimator in estimators.items():
    estimates[name] = torch.stack([estimator(step, mu, sigma, n)[:, 0] for mu in aims])
    ends = estimates[name][[0, 6, 12]].var(dim=1)
    print(f"{name:<14} variance of one draw at mu = -1.5, 0, 1.5:", [round(v, 2) for v in ends.tolist()])

# %% plot=true
# Draws figure 4: both estimates for every mu, and the truth.
fine_aims = torch.linspace(-1.6, 1.6, 200).tolist()
truth = [density_at_zero(mu, sigma) for mu in fine_aims]
_, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.plot(fine_aims, truth, color="black", label="truth: q(0)")
for (name, found), (color, _, marker) in zip(estimates.items(), (styles[0], styles[3]), strict=True):
    two_errors = 2 * found.std(dim=1) / math.sqrt(n)
    style = {"fmt": marker, "color": color, "capsize": 4}
    style["label"] = f"{name}: mean of {n:,}, 2 standard errors"
    axes.errorbar(aims, found.mean(dim=1), two_errors, **style)
axes.set(xlabel="mu (metres)", ylabel="gradient of P(z > 0) in mu\n(per metre)", ylim=(-0.1, 1.15))
axes.set_title("For a step, the pathwise gradient is zero everywhere, with error bars of zero")
axes.legend(loc="upper left")
plt.show()

# %% outcome="aims"
sum(way * score_function_gradient(step, 1.5 * way, sigma, n)[:, 0].std() for way in (1, -1))

# %% [markdown]
# *Figure 4. The true gradient is a bell-shaped line, 0.8 high at mu = 0.*
# *The score-function points (circles) follow it, with error bars that grow from left to right.*
# *The pathwise points (diamonds) lie on zero for every mu, and their error bars have no length.*

# %% [markdown]
# Why do the bars of the score function grow?
# Its estimate is the score where $z > 0$, and 0 elsewhere.
# On the left nearly every throw falls short, and nearly every estimate is 0.
# On the right nearly every throw gives the whole score, with its variance $1/\sigma^2 = 4$: a constant $f = 1$ with a gradient near zero, and noise.
#
# No statistic of the pathwise estimates can reveal this: the variance is zero too.
# You must know it from the function.
# **A small variance is not a proof of a right answer.**

# %% [markdown]
# **Which one to take?**
#
# | | score function | pathwise |
# | --- | --- | --- |
# | needs from $f$ | values | a slope almost everywhere, and no jumps |
# | needs from $q$ | a log density to differentiate, and no edge that moves | a path, such as $\mu + \sigma\,\epsilon$ |
# | a constant added to $f$ | adds variance | changes nothing |
# | small $\sigma$, smooth $f$ | variance grows like $f^2/\sigma^2$ | variance vanishes |
# | many dimensions | worse and worse | no change, for a sum |
# | fast changes, small values | better | worse |

# %% [markdown]
# The losses of this course are smooth, their dimensions are many, and their `sigma` becomes small.
# So from lesson 3 on, we take the path.

# %% [markdown]
# ## What surprised you?
#
# Look at your predictions again.
# Which one was furthest from what you saw?
# Write two or three sentences in the cell below: what you expected, what happened, and what you think now.
# Nobody grades this.
# A wrong prediction is a good result: it shows you which section to read again.

# %% [markdown]
# *Your sentences:*

# %% [markdown]
# ## Recap
#
# **You built** the score of a normal distribution, two estimators of the same gradient, a baseline without bias, and a measurement of what each estimator costs.
#
# **Three sentences to remember**
#
# 1. The score function needs only values of $f$: its mean is right even for a step, and its variance grows with the size of $f$ and with $1/\sigma^2$.
# 2. The pathwise estimator needs slopes: for smooth $f$ and small $\sigma$ its variance is far smaller, and for a step it is wrong in silence.
# 3. A baseline must leave out the own draw; it removes the height of $f$, not the slope.

# %% [markdown]
# **Where it returns.**
# Lesson 3 makes the path, `mu + sigma * eps`, into a layer.
# Lesson 4 estimates a bound with it, and lesson 6 trains with it.
# Lesson 10 returns to draws without a path, where the score function and its baselines come back.
#
# **Further reading**
#
# - R. J. Williams, *Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning*, Machine Learning, 1992.
# - S. Mohamed, M. Rosca, M. Figurnov and A. Mnih, *Monte Carlo Gradient Estimation in Machine Learning*, Journal of Machine Learning Research, 2020.
# - W. Kool, H. van Hoof and M. Welling, *Buy 4 REINFORCE Samples, Get a Baseline for Free!*, 2019.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
