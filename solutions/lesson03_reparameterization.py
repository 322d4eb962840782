# %% [markdown]
# # Lesson 3: z = mu + sigma * eps
#
# **The question of this lesson: how can a gradient travel through a random draw?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 90 minutes | tensors and `loss.backward()`; lessons 0 to 2 help | 38 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - write a random draw so that gradients pass through it;
# - say what must hold for every single draw, and use it to find a wrong sampler;
# - compute the backward pass by hand, without autograd;
# - take many draws at once, and none in evaluation mode;
# - draw noise that has a direction, with a gradient for the direction too.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Cells that only show something are yours to change.
# An exercise is one function or class: replace `raise NotImplementedError` with your code.
# Leave the inputs of a function as they are: never change them in place.
# Then run the check cells below your answer.
# A check that passes prints one line; a check that fails says what was expected, what was observed, and where to read again.

# %% locked="imports"
import math

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

# %% [markdown]
# ## An experiment that fails in silence
#
# A robot must move its hand to a cup.
# It encodes the move as a *translation*: three numbers in metres (forward, left, up).
# Because its camera is not perfect, it does not store one translation but a normal distribution.
# The mean is `trans_mu`, and the standard deviation is `trans_sigma`.
# We draw a translation `z`, measure the squared distance to the cup, and let gradient descent move `trans_mu`.

# %% predict="silence"

# %% tags=["demo"]
torch.manual_seed(0)
cup = torch.tensor([0.30, -0.10, 0.05])  # metres: forward, left, up
trans_mu = torch.zeros(3, requires_grad=True)
trans_sigma = torch.full((3,), 0.02)
optimizer = torch.optim.SGD([trans_mu], lr=0.05)
for _ in range(200):
    z = torch.normal(trans_mu, trans_sigma)
    loss = (z - cup).square().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print("history of z:", z.grad_fn.name())
print("gradient:    ", trans_mu.grad)
print("trans_mu:    ", trans_mu.detach(), " the cup is at", cup)

# %% outcome="silence"
trans_mu.abs().max()

# %% [markdown]
# Nothing moved, and nothing warned you.
# `torch.normal` does record a step in the history of `z` (its `grad_fn`).
# But the gradient of that step is written as zeros.
# A gradient of zeros is worse than a missing gradient, because training continues and learns nothing.
#
# The method `sample()` of `torch.distributions` fails more openly.
# Its result has no history at all, so `backward()` would stop with an error:

# %% tags=["demo"]
z = torch.distributions.Normal(trans_mu, trans_sigma).sample()
print("history of z:         ", z.grad_fn)
print("z requires a gradient:", z.requires_grad)

# %% [markdown]
# ## Move the randomness out of the way
#
# Both calls hide two steps in one: *make noise* and *place the noise*.
# Only the second step depends on $\mu$ (`mu`, the mean) and $\sigma$ (`sigma`, the standard deviation).
# So make the noise first.
# Draw $\epsilon$ (`eps`) from the standard normal distribution: mean 0, standard deviation 1.
# Then place it:
#
# $$z = \mu + \sigma\,\epsilon, \qquad \epsilon \sim \mathcal{N}(0, 1).$$
#
# Now $z$ has mean $\mu$ and standard deviation $\sigma$, as before.
# This is the **reparameterization trick**.
# The function `affine(eps, shift, scale)` of lesson 0 is the trick already: `shift` is `mu` and `scale` is `sigma`.

# %% [markdown]
# ```text
# before:   mu, sigma -----> [ random draw ] ---------> z ---> loss
#                                  X  the gradient stops here
#
# after:    mu, sigma -----> [ mu + sigma * eps ] ----> z ---> loss
#                                  ^
#                                 eps, drawn first; it needs no gradient
# ```
#
# *Before: the draw stands between the parameters and the loss.*
# *After: the draw stands at the side, and an ordinary sum and product stand on the path.*

# %% [markdown]
# **Worked example.**
# The robot's `trans_mu` and `trans_sigma` are below, in metres.
# Here `eps` is already drawn; it has no unit.
# Compute `z` by hand, and the two derivatives $\partial z / \partial \mu$ and $\partial z / \partial \sigma$.
# Then run the cell.

# %% tags=["demo"]
trans_mu = torch.tensor([0.30, -0.10, 0.05], requires_grad=True)
trans_sigma = torch.tensor([0.01, 0.01, 0.05], requires_grad=True)  # the height is the least certain
eps = torch.tensor([0.5, -1.0, 2.0])

z = trans_mu + trans_sigma * eps
z.sum().backward()  # the sum lets one call give the derivative of every z

print("z        ", z.detach())
print("dz/dmu   ", trans_mu.grad)
print("dz/dsigma", trans_sigma.grad)

# %% [markdown]
# The derivatives are $1$ and $\epsilon$.
# They are not zeros, and they need no statistics: they hold for this draw and for every draw.
#
# The noise does not depend on the parameters.
# So, for a smooth function $f$ (lesson 1 says how smooth), the gradient may move inside the mean:
#
# $$\nabla_{\mu,\sigma}\; \mathbb{E}_{z}\,[f(z)] \;=\; \mathbb{E}_{\epsilon}\,\big[\nabla_{\mu,\sigma}\, f(\mu + \sigma\,\epsilon)\big].$$
#
# One draw gives a noisy gradient whose mean is the true one.
# That is all that stochastic gradient descent needs.

# %% plot=true
# Draws figure 1: z against sigma for nine fixed values of eps.
fixed_eps = torch.linspace(-2, 2, 9)


def draw_paths(mu: float = 0.30, sigma: float = 0.05) -> plt.Figure:
    """Draw z against sigma for nine fixed values of eps; mark the chosen sigma."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    sigmas = torch.linspace(0, 0.1, 2)
    for e in fixed_eps:
        axes.plot(sigmas, mu + sigmas * e, color="#0072B2", linewidth=1)
        axes.text(0.101, mu + 0.1 * e, f"eps = {e:+.1f}", va="center", fontsize=9)
    axes.plot([sigma] * 9, mu + sigma * fixed_eps, "o", color="#D55E00", label="draws at this sigma")
    axes.set(xlabel="sigma (metres)", ylabel="z (metres)", xlim=(0, 0.116), ylim=(0, 0.65))
    axes.set_title("With eps fixed, each draw moves on its own straight line")
    axes.legend(loc="upper left")
    return figure


draw_paths()
plt.show()

# %% [markdown]
# *Figure 1. Nine straight lines start at z = mu, where sigma is zero, and spread like a fan.*
# *Each line is one fixed value of eps, and eps is its slope.*
# *Round points mark the draws at sigma = 0.05.*
#
# The next cell gives you two sliders (they need a running kernel).
# Move `mu`: all points move by the same distance.
# Move `sigma`: each point moves on its line, away from `mu` or back to it.

# %% tags=["demo"]
from lessonkit.sliders import sliders

sliders(draw_paths, mu=(0.2, 0.4, 0.05), sigma=(0.0, 0.1, 0.01))

# %% [markdown]
# ## Why the network predicts log-variance
#
# A linear layer can output any real number, also a negative one.
# A standard deviation must be positive.
# So the network outputs the natural logarithm of the *variance*, called `logvar`:
#
# $$\text{logvar} = \log \sigma^2 \qquad\Longleftrightarrow\qquad \sigma = \exp(\text{logvar} / 2).$$
#
# The division by 2 takes the square root: $\exp(\text{logvar})$ is the variance $\sigma^2$.
#
# Every real `logvar` gives a valid $\sigma$.
# A fixed step in `logvar` multiplies $\sigma$ by a fixed factor: adding $2 \ln 2$ doubles it.
# The loss of lesson 4 needs $\log \sigma^2$ too.
#
# Here is the robot's `trans_logvar`, and the way back:

# %% tags=["demo"]
trans_logvar = 2 * torch.log(trans_sigma.detach())
print("trans_logvar               ", trans_logvar)
print("exp(trans_logvar / 2)      ", torch.exp(trans_logvar / 2), " metres")
print("with 2 ln 2 added to logvar", torch.exp((trans_logvar + 2 * math.log(2)) / 2), " metres")

# %% tags=["demo"]
logvar_grid = torch.linspace(-4, 4, 200)
standard_deviation, variance = torch.exp(logvar_grid / 2), torch.exp(logvar_grid)

# %% plot=true
# Draws figure 2: standard deviation and variance against logvar.
_, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
axes.plot(logvar_grid, standard_deviation, color="#0072B2", label="standard deviation, exp(logvar / 2)")
axes.plot(logvar_grid, variance, "--", color="#D55E00", label="variance, exp(logvar)")
axes.plot(0, 1, "ko")
axes.annotate("the same only here", (0, 1), (0.3, 0.4))
axes.set_xlabel("logvar (natural logarithm)")
axes.set_ylabel("metres (solid), square metres (dashed)")
axes.set_yscale("log")
axes.set_title("Standard deviation and variance agree only at logvar = 0")
axes.legend()
plt.show()

# %% [markdown]
# *Figure 2. On a logarithmic axis, the standard deviation (solid line) and the variance (dashed line) are straight lines.*
# *They cross at logvar = 0, where both are 1.*
# *Everywhere else they differ.*
#
# Remember this point when you test your own code.
# With `logvar = 0` you cannot see whether you forgot the division by 2.
# The checks in this lesson never use that input alone.

# %% [markdown]
# ## What must hold for every draw
#
# Write $z = \mu + \exp(\text{logvar}/2)\,\epsilon$ and differentiate, with $\epsilon$ as a constant:
#
# $$\frac{\partial z}{\partial \mu} = 1, \qquad
# \frac{\partial z}{\partial\, \text{logvar}} = \frac{1}{2}\,\sigma\,\epsilon = \frac{z - \mu}{2}.$$
#
# The last step is useful: the right-hand side contains no $\epsilon$.
# So anybody who sees `z` and `mu` can test the gradient, draw by draw, without knowing the noise.
#
# Two more facts hold when the same noise is used again:
#
# - adding $c$ to `mu` adds $c$ to `z`;
# - adding $2 \ln 2$ to `logvar` doubles `z - mu`.
#
# The checks of this lesson are made of such facts.

# %% [markdown]
# ### Exercise 1: `reparameterize`
#
# *Difficulty ●●○○○ (2 of 5) · 15 minutes*
#
# Put the two ideas together: return one draw `z` from $\mathcal{N}(\mu, \sigma^2)$ for every element.
#
# - `mu` and `logvar` have the same shape, usually `(batch, latent)`: one row for each example, one column for each *latent* number, as numbers are called that a model draws and nobody measures.
#   More dimensions are allowed.
# - `z` has that shape too, and the dtype and the device of `mu`.
# - Every element has its own noise, and every call makes fresh noise: do not set a seed.
# - Gradients reach `mu` and `logvar`, and the inputs are not changed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write three steps: the standard deviation, the noise, and the place of the noise.
# Which of the three needs no gradient?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The standard deviation is the exponential of half the log-variance.
# PyTorch has functions whose names end in `_like`: they copy shape, dtype and device from a tensor.
# Take the one that draws from the *normal* distribution, not from the uniform one.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another draw by the same recipe: uniform between $c - w$ and $c + w$, where the network gives $c$ and $\log w$.
#
# ```python
# c = torch.tensor([10.0, 20.0], requires_grad=True)
# logw = torch.tensor([0.0, 0.0], requires_grad=True)
# w = torch.exp(logw)
# noise = 2 * torch.rand_like(c) - 1  # between -1 and 1
# z = c + w * noise
# z.sum().backward()
# print(c.grad)  # prints tensor([1., 1.])
# print(torch.equal(logw.grad, noise))  # prints True
# ```
#
# The noise requires no gradient; `c` and `logw` get theirs, because only `+`, `*` and `exp` lie between them and `z`.
# You need other noise, and another way from the second number to the width: `logvar` is the logarithm of $\sigma^2$, not of $\sigma$.
#
# </details>


# %% answer="reparameterize"
def reparameterize(mu: Tensor, logvar: Tensor) -> Tensor:
    """Draw z from N(mu, sigma^2), element by element, so that gradients reach mu and logvar alone.

    mu, logvar: mean and log-variance, same shape and dtype: (batch, latent), or more dimensions.
    Returns z: shape, dtype and device of mu, with no step in a smaller dtype; fresh noise for
    each element and each call.
    """
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar / 2)
    eps = torch.randn_like(mu)
    return mu + sigma * eps
    ### END SOLUTION


# %% checks={"shape": 1, "device": 1, "values": 2, "noise": 2, "gradients": 3}

# %% [markdown]
# **You should see** five lines, one from each check.
# Each line says what was established, for example about the shape, the device or the gradients.
#
# The experiment from the beginning can run again, now with your function.
# This time both `trans_mu` and `trans_logvar` can learn.

# %% predict="spread"

# %% tags=["demo"]
torch.manual_seed(0)
trans_mu = torch.zeros(1, 3, requires_grad=True)
trans_logvar = torch.full((1, 3), 2 * math.log(0.10), requires_grad=True)
optimizer = torch.optim.Adam([trans_mu, trans_logvar], lr=0.02)
for _ in range(500):
    z = reparameterize(trans_mu, trans_logvar)
    loss = (z - cup).square().sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print("trans_mu:", trans_mu.detach(), " the cup is at", cup)
print("sigma:   ", torch.exp(trans_logvar / 2).detach(), " metres, at the start 0.10")

# %% outcome="spread"
torch.exp(trans_logvar / 2).max()

# %% [markdown]
# The mean now goes to the cup.
# The spread becomes smaller too: noise only increases this loss, so gradient descent removes it.
# Nothing in the loss rewards the robot for staying uncertain.
# Lesson 4 adds that reward.
#
# The optimiser is Adam this time, but that is not the reason.
# Put `z = torch.normal(trans_mu, torch.exp(trans_logvar / 2))` into the loop and run the cell again: nothing moves.
# Both lines draw from the same distribution.
# The only difference is *where* the random draw stands.
#
# In PyTorch's own words, your function is `Normal(mu, sigma).rsample()`; the `r` stands for "reparameterized".

# %% [markdown]
# ## Reading the noise back
#
# The trick can be turned around.
# Who knows `z`, `mu` and `logvar` can compute the noise that was used:
# subtract the mean, then divide by the standard deviation.
#
# This is a strong tool for finding mistakes.
# Whatever `mu` and `logvar` are, the recovered noise must look the same: mean 0, standard deviation 1, different in every row and in every column.
# If it does not, the sampler is wrong, and the *way* in which it differs says how.
# The checks of exercise 1 read your noise back in this way.

# %% [markdown]
# ### Exercise 2: `noise_from`
#
# *Difficulty ●○○○○ (1 of 5) · 8 minutes*
#
# Return the noise `eps` for which `z` equals `mu` plus `sigma` times `eps`.
#
# - `z`, `mu` and `logvar` have the same shape.
# - `eps` has that shape too, and the same dtype.
# - There is nothing random in this function.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Solve $z = \mu + \sigma\,\epsilon$ for $\epsilon$ on paper.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Start from the difference between the draw and its mean.
# Which quantity has the same unit as that difference: the standard deviation or the variance?
# Divide by that one.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Degrees Fahrenheit are $F = 32 + 1.8\,C$, for $C$ degrees Celsius.
# To find $C$, undo the last step first:
#
# ```python
# fahrenheit = torch.tensor([32.0, 50.0])
# print((fahrenheit - 32) / 1.8)  # prints tensor([ 0., 10.])
# print(fahrenheit - 32 / 1.8)  # prints tensor([14.2222, 32.2222])
# ```
#
# The second line forgot the brackets: a division comes before a minus.
#
# Your formula has the same shape; only its two numbers have other names.
# Test it with $z = 7$, $\mu = 3$ and `logvar` $= \ln 4$, where the variance is 4 and the standard deviation 2.
# The noise is 2.
# If you get 1, you divided by the variance.
#
# </details>


# %% answer="noise_from"
def noise_from(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Recover the noise eps that gives z = mu + sigma * eps.

    z, mu, logvar: draw, mean and log-variance, same shape: (batch, latent), or more dimensions.
    Returns eps: shape and dtype of z, with no step in a smaller dtype; it has no unit.
    """
    ### BEGIN SOLUTION
    return (z - mu) / torch.exp(logvar / 2)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2}

# %% [markdown]
# **You should see** two lines, about the shape and about the values.
#
# Now use your function as a detector.
# Below are four samplers, and three of them are wrong.
#
# In the table, `std` is the standard deviation of all numbers.
# `std over rows` is the standard deviation down one column, from example to example.
# All use `logvar = -2`, so $\sigma = e^{-1}$, about 0.37.

# %% predict="detector"

# %% tags=["demo"]
torch.manual_seed(0)
mu, logvar = torch.randn(10_000, 3), torch.full((10_000, 3), -2.0)
sigma = torch.exp(logvar / 2)
samplers = {
    "yours": reparameterize(mu, logvar),
    "A": mu + torch.exp(logvar) * torch.randn_like(mu),
    "B": mu + sigma * torch.rand_like(mu),
    "C": mu + sigma * torch.randn(3),
}
print(f"{'sampler':<9}{'mean':>8}{'std':>8}{'std over rows':>16}")
for name, z in samplers.items():
    eps = noise_from(z, mu, logvar)
    over_rows = eps.std(dim=0).mean()
    print(f"{name:<9}{eps.mean():>8.2f}{eps.std():>8.2f}{over_rows:>16.2f}")

# %% outcome="detector"
noise_from(samplers["A"], mu, logvar).std()

# %% [markdown]
# Sampler A used the variance as the scale, so its noise is too narrow by the factor $\sigma$.
# Sampler B drew uniform noise: all its values lie between 0 and 1.
# Sampler C used one noise vector for the whole batch: from row to row nothing changes.
#
# None of the three gives an error, and in all three the path to `mu` and `logvar` is open.
# Only the noise shows the mistake.

# %% [markdown]
# ## The backward pass by hand
#
# What does autograd do when it meets your function?
# It receives $\partial L / \partial z$, the gradient of the loss $L$ at the draw; we call it `grad_z`.
# It must hand back $\partial L / \partial \mu$ and $\partial L / \partial\,\text{logvar}$.
# The chain rule multiplies by the derivatives of the section "What must hold for every draw":
#
# $$\frac{\partial L}{\partial \mu} = \frac{\partial L}{\partial z} \cdot \frac{\partial z}{\partial \mu},
# \qquad
# \frac{\partial L}{\partial\, \text{logvar}} = \frac{\partial L}{\partial z} \cdot \frac{\partial z}{\partial\, \text{logvar}}.$$
#
# The noise is the one that was used in the forward pass.
# In the backward pass it is a constant, kept in memory: nothing is drawn again.

# %% [markdown]
# ### Exercise 3: `reparameterize_backward`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Write the backward pass without autograd.
# Do not call `backward()` or `torch.autograd`; use arithmetic only.
#
# - `grad_z`, `eps` and `logvar` have the same shape.
# - Return the pair `(grad_mu, grad_logvar)`; both have that shape and that dtype.
# - Each element has its own `mu` and its own `logvar`, so nothing is summed or averaged.
#
# `mu` is not among the arguments.
# Before you start, say why it is not needed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The function never needs `z` either: you have `eps` and `logvar`.
# Write both derivatives of $z$ in terms of these two.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The first derivative is one, so the first gradient passes unchanged.
# The second derivative is a product of three factors: a number that comes from the division inside the exponential,
# the standard deviation, and the noise.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another formula, $y = u + t\,v^2$, where $u$ and $v$ are learned and $t$ is constant.
# The chain rule multiplies what arrives by $\partial y/\partial u = 1$ and by $\partial y/\partial v = 2\,t\,v$:
#
# ```python
# def backward(grad_y, t, v):
#     return grad_y, grad_y * 2 * t * v
#
#
# u = torch.tensor(1.0, requires_grad=True)
# v = torch.tensor(3.0, requires_grad=True)
# t, grad_y = torch.tensor(4.0), torch.tensor(10.0)
# (u + t * v**2).backward(grad_y)
# print(u.grad, v.grad)  # prints tensor(10.) tensor(240.)
# print(backward(grad_y, t, v.detach()))  # prints (tensor(10.), tensor(240.))
# ```
#
# Compare your function with autograd in the same way, outside of it.
# What is the derivative of $\exp(\text{logvar}/2)$ in `logvar`?
# It has two factors.
#
# </details>


# %% answer="reparameterize_backward"
def reparameterize_backward(grad_z: Tensor, eps: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the gradients of the loss in mu and logvar for z = mu + sigma * eps, without autograd.

    grad_z: gradient of the loss in z.  eps: the noise of the forward pass.  logvar: log-variance.
    All three have the same shape: (batch, latent), or more dimensions.
    Returns (grad_mu, grad_logvar), each with that shape and dtype, with no step in a smaller one;
    nothing is summed.
    """
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar / 2)
    return grad_z, grad_z * eps * sigma / 2
    ### END SOLUTION


# %% checks={"shape": 1, "mu": 2, "logvar": 3}

# %% [markdown]
# **You should see** three lines: about the shapes and about each of the two gradients.
# The checks compare your numbers with autograd in float64.
#
# The gradient in `logvar` contains the factor $\sigma$.

# %% predict="small_sigma"

# %% tags=["demo"]
torch.manual_seed(0)
eps = torch.randn(100_000, dtype=torch.float64)
for sigma in (1.0, 0.1, 0.01):
    logvar = torch.full_like(eps, 2 * math.log(sigma))
    _, grad_logvar = reparameterize_backward(torch.ones_like(eps), eps, logvar)
    print(f"sigma {sigma:<5} std of grad_logvar {grad_logvar.std():.4f}   sigma / 2 = {sigma / 2}")

# %% outcome="small_sigma"
grad_logvar.std()

# %% [markdown]
# The typical gradient is $\sigma / 2$.
# With the same gradient at `z`, a latent number with a small $\sigma$ sends only a small gradient to its `logvar`.
# That is why the experiment after exercise 1 used Adam: it rescales each gradient by its own typical size.
# Put `torch.optim.SGD` with `lr=0.05` there, and at the end `sigma` is still near 0.09 metres.

# %% [markdown]
# ## Many draws at once
#
# One draw gives a noisy gradient.
# The mean over $k$ independent draws has the same expected value, and its standard deviation is smaller by the factor $\sqrt{k}$.
#
# The draws need a dimension of their own, and in this course it comes first: `(k, batch, latent)`.
# Then `z[0]` is one complete draw for the batch, and `z.mean(dim=0)` is the mean over draws.
#
# Each of the $k$ draws needs its own noise.
# Copying one draw $k$ times has the right shape and brings nothing: the mean of equal numbers is that number.

# %% [markdown]
# ### Exercise 4: `reparameterize_many`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return `k` independent draws for every element.
#
# - `mu` and `logvar` have shape `(batch, latent)`; `k` is a whole number, at least 1.
# - The result has shape `(k, batch, latent)`, also for `k = 1`, and the dtype and the device of `mu`.
# - Every element of the result has its own noise, and every call makes fresh noise.
# - Gradients reach `mu` and `logvar` through all `k` draws.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Only the noise needs the new dimension.
# What does broadcasting do with shapes `(k, batch, latent)` and `(batch, latent)`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `torch.randn` takes a shape: put `k` before the shape of the mean.
# Give it the dtype and the device of the mean too, because without them it uses the defaults.
# The rest of the formula does not change.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Five noisy copies of a table of two rows, with uniform noise:
#
# ```python
# table = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
# noise = torch.rand(5, *table.shape, dtype=table.dtype)
# noisy = table + noise
# print(noisy.shape)  # prints torch.Size([5, 2, 3])
# print(torch.equal(noisy[0], noisy[1]))  # prints False
# copies = (table + torch.rand_like(table)).expand(5, 2, 3)
# print(torch.equal(copies[0], copies[1]))  # prints True
# ```
#
# `*table.shape` puts the sizes 2 and 3 in line behind the 5.
# The last two lines have the right shape and one noise for all five.
#
# Where does `k` stand in your function?
# And which step of exercise 1 stays exactly as it was?
#
# </details>


# %% answer="reparameterize_many"
def reparameterize_many(mu: Tensor, logvar: Tensor, k: int) -> Tensor:
    """Draw k independent samples from N(mu, sigma^2), so that gradients reach mu and logvar alone.

    mu, logvar: mean and log-variance, shape (batch, latent).  k: number of draws, at least 1.
    Returns z of shape (k, batch, latent), with the dtype and device of mu, and no step in a
    smaller dtype; fresh noise for each element and each call.
    """
    ### BEGIN SOLUTION
    eps = torch.randn(k, *mu.shape, dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "noise": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines: about the shape, the values, the noise and the gradients.
#
# Now measure how much the extra draws help.
# For the squared distance $f(z) = (z - c)^2$ to a point $c$ and one draw, the gradient in `mu` is $2 (z - c)$.
# Its standard deviation is $2 \sigma$, so for the mean of $k$ draws it is $2 \sigma / \sqrt{k}$.
# The next cell measures it from 400 repeated gradients, which are the rows of one batch.

# %% predict="draws"

# %% tags=["demo"]
torch.manual_seed(0)
repeats, sigma, c = 400, 0.5, 1.0
ks = torch.tensor([1, 4, 16, 64, 256])
measured = []
for k in ks.tolist():
    mu = torch.zeros(repeats, 1, requires_grad=True)
    z = reparameterize_many(mu, torch.full_like(mu, 2 * math.log(sigma)), k)
    (z - c).square().mean(dim=0).sum().backward()
    measured.append(mu.grad.std())
measured = torch.stack(measured)

# %% plot=true
# Draws figure 3: the noise of the gradient for every k, measured and by the closed form.
_, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
axes.plot(ks, 2 * sigma / ks.sqrt(), color="#0072B2", label="closed form: 2 sigma / sqrt(k)")
two_errors = 2 * measured / math.sqrt(2 * (repeats - 1))
style = {"fmt": "o", "color": "#D55E00", "capsize": 4, "label": "measured, 2 standard errors"}
axes.errorbar(ks, measured, two_errors, **style)
axes.set(xscale="log", yscale="log", xlabel="k (number of draws)")
axes.set_ylabel("standard deviation\nof the gradient in mu (metres)")
axes.set_xticks(ks, ks.tolist())
axes.set_title("Four times the draws halve the noise of the gradient")
axes.legend()
plt.show()

# %% outcome="draws"
measured[0] / measured[2]

# %% [markdown]
# *Figure 3. On two logarithmic axes, the closed form is a straight line that falls from 1 at k = 1 to 1/16 at k = 256.*
# *The measured points with their error bars lie along it.*
#
# Half the noise costs four times the draws; a tenth costs one hundred times.
# This is why the models of lesson 6, variational autoencoders, are mostly trained with $k = 1$: another *example* in the batch brings noise down as well, and it brings new data.
# Lesson 8 has a bound that becomes tighter with more draws.

# %% [markdown]
# ## A layer that knows its mode
#
# While training, the *encoder* (the network that gives `mu` and `logvar`) must draw: the noise is part of the loss.
# When the robot is at work, the same image should always give the same answer, and the mean is the natural one.
#
# PyTorch has a place for this difference.
# Every `nn.Module` has an attribute `training`, which is `True` or `False`.
# `model.train()` and `model.eval()` set it in the model and in all modules inside it.
# `nn.Dropout` reads it too.
#
# A caution: the mean is a choice for *encoding*.
# To generate new data, or to estimate the bound of lesson 4, you still need draws.

# %% [markdown]
# ### Exercise 5: `GaussianSampler`
#
# *Difficulty ●●○○○ (2 of 5) · 7 minutes*
#
# Write a module without parameters.
#
# - In train mode, `forward(mu, logvar)` returns a draw, exactly as in exercise 1.
# - In eval mode, it returns `mu` as it came in, at every call.
# - The mode is the one that PyTorch keeps, so that `train()` and `eval()` on a larger model switch the sampler too.
#
# You may call your `reparameterize`; then a mistake there is a mistake here as well.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You need no attribute of your own and no `__init__`.
# Which attribute does every module have already?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Ask `self.training` in `forward`, each time it is called.
# If it is true, return a draw; if it is false, return the mean as it came in.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A layer that is twice as loud in training:
#
# ```python
# class Louder(torch.nn.Module):
#     def forward(self, x):
#         return 2 * x if self.training else x
#
#
# model = torch.nn.Sequential(Louder())
# x = torch.tensor([3.0])
# print(model.train()(x))  # prints tensor([6.])
# print(model.eval()(x))  # prints tensor([3.])
# print(model.eval()(x) is x)  # prints True
# ```
#
# The mode was set on the outer model, and the layer inside knew it.
# No line of `Louder` stores a mode: that is why.
#
# In your layer, `forward` gets two tensors.
# Which of its two results is a draw, and which is an argument as it came?
#
# </details>


# %% answer="GaussianSampler"
class GaussianSampler(nn.Module):
    """Sample from N(mu, sigma^2) in train mode; return mu in eval mode. No parameters."""

    def forward(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """Return a fresh draw while training, else mu, whatever logvar is.

        mu, logvar: mean and log-variance, same shape: (batch, latent), or more dimensions.
        Returns z: shape, dtype and device of mu, with no step in a smaller dtype, and a path to
        mu, and to logvar while training; the mode is that of train() and eval().
        """
        ### BEGIN SOLUTION
        if not self.training:
            return mu
        return mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        ### END SOLUTION


# %% checks={"train": 2, "eval": 2, "mode": 1}

# %% [markdown]
# **You should see** three lines: one for each mode, and one for the switch between them.
#
# The robot below contains your sampler as a part.
# Notice that only the *robot* is switched, never the sampler itself.

# %% tags=["demo"]
robot = nn.ModuleDict({"sampler": GaussianSampler()})
trans_mu = torch.tensor([[0.30, -0.10, 0.05]])
trans_logvar = 2 * torch.log(torch.tensor([[0.01, 0.01, 0.05]]))

robot.train()
print("train:", robot["sampler"](trans_mu, trans_logvar), robot["sampler"](trans_mu, trans_logvar))
robot.eval()
print("eval: ", robot["sampler"](trans_mu, trans_logvar), robot["sampler"](trans_mu, trans_logvar))

# %% [markdown]
# ## Noise with a direction
#
# A camera is least certain along its own line of sight.
# If it looks down at the table at 45 degrees, an error forward comes together with an error downward.
# One `sigma` for each axis cannot say this: it makes the errors of the axes independent.
#
# Replace the scale by a matrix.
# Let $L$ (`scale_tril`) be lower triangular, with a positive diagonal, and let $\epsilon$ be a *vector* of independent standard normal numbers:
#
# $$z = \mu + L\,\epsilon, \qquad \operatorname{Cov}(z) = L\,L^{\top}.$$
#
# $L$ is called the *Cholesky factor* of the covariance.
# A diagonal $L$ with $\sigma$ on its diagonal gives the formula of exercise 1 again.

# %% [markdown]
# Written out for one row $i$ of $z$:
#
# $$z_i = \mu_i + \sum_j L_{ij}\,\epsilon_j, \qquad \frac{\partial z_i}{\partial L_{ij}} = \epsilon_j.$$
#
# The path is as simple as before: sums and products, with the noise as a constant.
# So the gradient reaches $L$, and a network can learn the direction of its own uncertainty.
#
# Why lower triangular?
# With a positive diagonal, every covariance matrix without a zero direction has exactly one such factor.
# So the network learns no number twice.

# %% [markdown]
# ### Exercise 6: `sample_full_covariance`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return one draw of $\mu + L\,\epsilon$ for every row of the batch.
#
# - `mu` has shape `(batch, latent)`.
# - `scale_tril` has shape `(batch, latent, latent)`: each example has its own $L$.
#   It is the factor itself, not the covariance, and its entries above the diagonal are zero.
# - The result has shape `(batch, latent)`, and the dtype and the device of `mu`.
# - Every row has its own noise vector, and every call makes fresh noise.
# - Gradients reach `mu` and `scale_tril`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# This is a product of a matrix and a vector, once for each example, not a product element by element.
# Which shape must the noise have so that `@` reads it as a batch of column vectors?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Draw the noise with the shape of the mean and give it a last dimension of size 1.
# Multiply from the left with the factor, then remove that dimension again.
# `torch.einsum` can do the same in one line, if you like index notation: sum over the second index of the factor.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Two matrices, one for each row of `x`: the first exchanges two numbers, the second doubles them.
#
# ```python
# matrices = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[2.0, 0.0], [0.0, 2.0]]])
# x = torch.tensor([[1.0, 5.0], [3.0, 4.0]])
# columns = x[:, :, None]
# product = matrices @ columns
# print(product.shape)  # prints torch.Size([2, 2, 1])
# print(product[:, :, 0].tolist())  # prints [[5.0, 1.0], [6.0, 8.0]]
# print((matrices @ x)[1].tolist())  # prints [[2.0, 10.0], [6.0, 8.0]]
# ```
#
# The last line ran without an error, and is wrong: `@` took all of `x` for one matrix.
# What takes the place of `x` in your function, and what is still missing after the product?
#
# </details>


# %% answer="sample_full_covariance"
def sample_full_covariance(mu: Tensor, scale_tril: Tensor) -> Tensor:
    """Draw z = mu + L eps from N(mu, L L^T), so that gradients reach mu and L, and nothing else.

    mu: mean, shape (batch, latent).
    scale_tril: L, lower triangular with a positive diagonal, shape (batch, latent, latent);
    the factor, not L L^T.
    Returns z: shape, dtype and device of mu, with no step in a smaller dtype; a fresh noise
    vector for each row and each call.
    """
    ### BEGIN SOLUTION
    eps = torch.randn_like(mu)
    return mu + (scale_tril @ eps.unsqueeze(-1)).squeeze(-1)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "noise": 2, "gradients": 3}

# %% [markdown]
# **You should see** four lines: about the shape, the values, the noise and the gradients.
#
# Now let the robot's camera look down at the table at 45 degrees.
# Its error is 5 centimetres along the line of sight and 1 centimetre across it.
# The next cell builds the covariance, takes its Cholesky factor, and compares the covariance with the one measured from your draws.

# %% tags=["demo"]
torch.manual_seed(0)
sight = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)  # columns: along the sight, across it
covariance = sight @ torch.diag(torch.tensor([0.05**2, 0.01**2])) @ sight.T  # square metres
scale_tril = torch.linalg.cholesky(covariance)

n = 20_000
cup_forward_up = torch.tensor([0.30, 0.05]).expand(n, 2)
tilted = sample_full_covariance(cup_forward_up, scale_tril.expand(n, 2, 2))
print("L, in centimetres:\n", 100 * scale_tril)
print("L L^T, in square centimetres:\n", 1e4 * scale_tril @ scale_tril.T)
print("measured covariance, in square centimetres:\n", 1e4 * tilted.T.cov())

# %% tags=["demo"]
straight = cup_forward_up + covariance.diag().sqrt() * torch.randn_like(cup_forward_up)

# %% plot=true
# Draws figure 4: draws with one sigma for each axis, and with a full factor.
figure, axes = plt.subplots(1, 2, figsize=(8, 4.2), sharex=True, sharey=True, layout="constrained")
axes[0].plot(*straight[:600].T, "s", color="#D55E00", markersize=3, alpha=0.5)
axes[0].set_title("one sigma for each axis")
axes[1].plot(*tilted[:600].T, "o", color="#0072B2", markersize=3, alpha=0.5)
axes[1].set_title("a full factor L")
for panel in axes:
    panel.plot(0.30, 0.05, "k+", markersize=14, markeredgewidth=2, label="mu")
    panel.set(xlabel="forward (metres)", ylabel="up (metres)", aspect="equal")
    panel.legend(loc="upper right")
figure.suptitle("The same spread on each axis, but only a full factor can tilt")
plt.show()

# %% [markdown]
# *Figure 4. Left: 600 draws with one sigma for each axis fill a round cloud around mu.*
# *Right: 600 draws with the full factor lie in a narrow band that falls to the right, along the line of sight.*
# *The spread along each single axis is the same in both.*
#
# The price is size.
# For $d$ latent numbers, a diagonal has $d$ entries and a full $L$ has $d(d+1)/2$: that is 6 for $d = 3$, but 5,050 for $d = 100$.
# This is one reason why variational autoencoders mostly use a diagonal.

# %% [markdown]
# ## Claims tested
#
# > **Claim, found on the web: "The latent distribution must be differentiable."**
#
# Two distributions test it.
# The first is Bernoulli: $z$ is 1 with probability $p$, else 0.
# Its probabilities $p$ and $1 - p$ are as smooth as functions can be.
# For $f(z) = (z - 0.45)^2$ the expectation is $p\,f(1) + (1 - p)\,f(0)$, with the derivative $f(1) - f(0)$.
#
# The second is uniform on the interval from 0 to $\theta$ (`theta`).
# Its density is $1/\theta$ inside and 0 outside: it jumps, and the place of the jump depends on $\theta$.

# %% predict="smooth"

# %% tags=["demo"]
torch.manual_seed(0)
p = torch.tensor(0.3, requires_grad=True)
u = torch.rand(200_000)  # noise that does not depend on p

z = (u < p).float()  # 1 with probability p: a correct draw
true_gradient = (1 - 0.45) ** 2 - (0 - 0.45) ** 2
print(f"true gradient: {true_gradient:.4f}")
print(f"u < p:           mean {z.mean():.3f} for p = 0.3, requires a gradient: {z.requires_grad}")

z = torch.bernoulli(p.expand(200_000))
(z - 0.45).square().mean().backward()
print(f"torch.bernoulli: mean {z.mean():.3f} for p = 0.3, gradient in p: {p.grad:.4f}")

# %% tags=["demo"]
theta = torch.tensor(2.0, requires_grad=True)
z = theta * u  # uniform on (0, theta)
z.square().mean().backward()
standard_error = (2 * theta * u.square()).std().item() / math.sqrt(len(u))
print(f"gradient of the mean of z^2: {theta.grad.item():.4f}, standard error {standard_error:.4f}")
print(f"closed form, 2 theta / 3:    {2 * theta.item() / 3:.4f}")

# %% outcome="smooth"
theta.grad

# %% [markdown]
# The claim is **wrong in both directions**.
#
# - The Bernoulli probabilities are smooth, but each draw is a step: move $p$ a little, and $z$ stays or jumps.
#   There is no path.
#   The first draw carries no history; the second gives a gradient of zero in silence.
# - The uniform density jumps, but each draw moves smoothly: $z = \theta\,u$ has the derivative $u$.
#   There is a path, and its gradient agrees with the closed form $2\theta/3$, the derivative of $\mathbb{E}[z^2] = \theta^2/3$.
#
# What must be differentiable is the **path** from the parameters to the draw, with the noise fixed.
# Lesson 10 treats draws without a path.

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
# **You built** a sampler that lets gradients through, a detector that reads the noise back, the backward pass by hand, many draws at once, a layer that follows the mode of its model, and a sampler with a full covariance.
#
# **Three sentences to remember**
#
# 1. Draw the noise first; then `mu + sigma * eps` is an ordinary function, with a path for the gradient.
# 2. `sigma` is `exp(logvar / 2)`, and for every draw dz/dmu = 1 and dz/dlogvar = (z - mu) / 2.
# 3. A gradient of zeros is as wrong as a missing one, and it gives no error.

# %% [markdown]
# **Where it returns.**
# Lesson 4 puts a price on information, so that `sigma` does not shrink to zero.
# Lesson 5 keeps `logvar` in a safe range.
# Lesson 6 trains a variational autoencoder with your sampler inside.
# Lessons 9 and 10 leave the normal distribution, and then leave the path.
#
# **Further reading**
#
# - D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes*, 2014.
# - D. J. Rezende, S. Mohamed and D. Wierstra, *Stochastic Backpropagation and Approximate Inference in Deep Generative Models*, 2014.
# - S. Mohamed, M. Rosca, M. Figurnov and A. Mnih, *Monte Carlo Gradient Estimation in Machine Learning*, Journal of Machine Learning Research, 2020.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
