# %% [markdown]
# # Lesson 4: the price of information
#
# **The question of this lesson: what does it cost to know something, and how does a model pay for it?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 165 minutes: 110, and 55 for the optional end | `reparameterize` of lesson 3 | 57 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - compute the KL divergence between normal distributions, by formula and from draws;
# - write the evidence lower bound (ELBO), and watch it touch the truth;
# - fit a posterior by climbing that bound, and say where it is too sure;
# - write the loss of a variational autoencoder (VAE), and find a sum or a mean that silently changes `beta`.
#
# **In the optional end**: compute a whole model without draws, see which noise level a loss assumes, and make a gradient come to rest.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# An exercise is one function: replace `raise NotImplementedError` with your code, then run the check cells below it.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
#
# In all exercises: keep the dtype and the device of the inputs, never change an input in place, and let gradients reach every input that asks for them.
# All logarithms are natural, so that all prices are in *nats*.

# %% locked="imports"
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor

# %% [markdown]
# ## Six measurements, and no doubt at all
#
# A robot does not know how far one motor command moves it.
# It sends the commands `x` and measures the distances `y` in metres:
#
# $$y = w\,x + \text{noise}, \qquad \text{noise} \sim \mathcal{N}(0, 0.5^2).$$
#
# Its belief about the number $w$ (`w`) is a normal distribution with mean `mu` and standard deviation `sigma`.
# It draws `w` from the belief, as in lesson 3, and climbs the log likelihood $\log p(y \mid w)$ of its six measurements.
# The log likelihood is the logarithm of the density that the model gives to the measurements.

# %% predict="no_price"

# %% tags=["demo"]
torch.manual_seed(0)
x = torch.tensor([0.2, 0.4, 0.6, 0.8, 1.0, 1.2])  # commands
y = 2.0 * x + 0.5 * torch.randn(6)  # metres; the true w is 2

mu, logvar = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
optimizer = torch.optim.Adam([mu, logvar], lr=0.1)
for step in range(1, 1_001):
    w = mu + torch.exp(logvar / 2) * torch.randn(20, 1)
    # The constants of the log likelihood do not matter here.
    log_likelihood = -0.5 * ((y - w * x) / 0.5).square().sum(dim=1).mean()
    optimizer.zero_grad()
    (-log_likelihood).backward()
    optimizer.step()
    if step in (10, 100, 1_000):
        sigma = torch.exp(logvar / 2).item()
        print(f"step {step:4d}: mu = {mu.item():.2f}, sigma = {sigma:.3f}")

# The experiment of the robot, ten thousand times.
many_y = 2.0 * x + 0.5 * torch.randn(10_000, 6)
best = (many_y * x).sum(dim=1) / x.square().sum()
print(f"best w of each experiment: mean {best.mean():.2f}, standard deviation {best.std():.2f}")

# %% outcome="no_price"
sigma

# %% [markdown]
# After six noisy measurements the robot believes that `w` is 1.53, and it is sure to a few hundredths.
# Its `sigma` is still falling.
# The true `w` is 2, and when the experiment is repeated, the best `w` varies with a standard deviation of 0.26.
# The belief is not only wrong: it does not know that it can be wrong.
#
# The reason is the one that you met in lesson 3.
# Noise in `w` only lowers the log likelihood, so it is removed.
# Precision costs nothing here.
# This lesson gives precision a price.

# %% [markdown]
# ## The price of one belief
#
# Before it sees any data, the robot believes in the *prior* $p$: a standard normal distribution, $\mathcal{N}(0, 1)$.
# After the data it believes in $q = \mathcal{N}(\mu, \sigma^2)$.
# Write $z$ for what a belief is about; for the robot, $z$ is the number $w$.
# Such a $z$, which is never measured and which the data depend on, is called *latent* (hidden).

# %% [markdown]
# The price of $q$ is how much more probable its own draws are under $q$ than under $p$, as a mean of logarithms:
#
# $$\operatorname{KL}(q \,\|\, p) = \mathbb{E}_{z \sim q}\,[\log q(z) - \log p(z)].$$
#
# This is the *Kullback-Leibler divergence*.
# It is never negative, and it is zero only when $q$ and $p$ are the same.
# With natural logarithms its unit is the *nat*; one nat is $1 / \ln 2$, about 1.44 bits.

# %% [markdown]
# For two normal distributions the mean can be computed exactly.
# For $q = \mathcal{N}(\mu, \sigma^2)$ and $p = \mathcal{N}(0, 1)$:
#
# $$\operatorname{KL} = \tfrac{1}{2}\big(\mu^2 + \sigma^2 - 1 - \log \sigma^2\big).$$
#
# Read it as two prices.
# $\tfrac12 \mu^2$ is the price of being *somewhere else* than the prior.
# $\tfrac12 (\sigma^2 - 1 - \log \sigma^2)$ is the price of being *more or less sure* than the prior; it is zero at $\sigma = 1$.
#
# With several independent latent numbers, each has its own standard normal prior, and the prices are added.
# Together these priors are written $\mathcal{N}(0, I)$, where $I$ is the identity matrix.
# Note that $\log \sigma^2$ is `logvar`: the formula takes it as it is.

# %% [markdown]
# **Worked example.**
# Compute the price by hand for three beliefs: $\mu = 1$ and $\sigma = 1$; $\mu = 0$ and $\sigma = 0.5$; $\mu = 0$ and $\sigma = 0.01$.
# Then run the cell.

# %% tags=["demo"]
for mu, sigma in [(1.0, 1.0), (0.0, 0.5), (0.0, 0.01)]:
    price = 0.5 * (mu**2 + sigma**2 - 1 - math.log(sigma**2))
    print(f"mu = {mu}, sigma = {sigma:<5} price {price:.3f} nats")

# %% [markdown]
# ### Exercise 1: `gaussian_kl`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return the KL divergence from the standard normal prior, for each row.
#
# - `mu` and `logvar` have shape `(batch, latent)`.
# - The result has shape `(batch,)`: the sum over the latent numbers, and no sum or mean over the batch.
# - The unit is nats, and the divergence is $\operatorname{KL}(q \,\|\, p)$, with $q$ first.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the formula for one latent number first, for tensors of any shape.
# Which function turns `logvar` into the variance?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The variance is the exponential of `logvar`, without a division by 2.
# Sum over the last dimension alone, and take one half of the sum.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another formula of the same kind: the *entropy* of $\mathcal{N}(\mu, \sigma^2)$ is $\tfrac12 (1 + \log 2\pi + \log \sigma^2)$ for each latent number, and entropies are added.
#
# ```python
# logvar = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
# entropy = 0.5 * (1 + math.log(2 * math.pi) + logvar)
# print(entropy.shape)  # prints torch.Size([2, 2])
# print(entropy.sum(dim=-1))  # prints tensor([3.8379, 2.8379])
# ```
#
# One formula gives one number for each latent; one sum over the last dimension gives one number for each row.
#
# The worked example above has numbers for you.
# A row with `mu` = (1, 0) and `sigma` = (1, 0.5) costs 0.500 + 0.318 = 0.818 nats.
# Its `logvar` is (0, -1.386).
#
# </details>


# %% answer="gaussian_kl"
def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Compute KL(N(mu, sigma^2) || N(0, I)) for each row, in nats.

    mu, logvar: mean and log-variance (natural logarithm of sigma^2), shape (batch, latent).
    Returns shape (batch,): summed over the latent dimension, neither summed nor averaged
    over the batch.
    """
    ### BEGIN SOLUTION
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=-1)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2}

# %% [markdown]
# **You should see** three lines: about the shape, the values and the gradients.
#
# Give the robot its price.
# The next cell climbs the expected log likelihood *minus* the KL.
# The data are the same.

# %% predict="with_price"

# %% tags=["demo"]
torch.manual_seed(0)
mu, logvar = torch.zeros(1, 1, requires_grad=True), torch.zeros(1, 1, requires_grad=True)
optimizer = torch.optim.Adam([mu, logvar], lr=0.02)
for _ in range(1_000):
    w = mu + torch.exp(logvar / 2) * torch.randn(20, 1)
    log_likelihood = -0.5 * ((y - w * x) / 0.5).square().sum(dim=1).mean()
    loss = gaussian_kl(mu, logvar).sum() - log_likelihood
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"belief: mu = {mu.item():.2f}, sigma = {torch.exp(logvar / 2).item():.2f}")
print(f"price paid: {gaussian_kl(mu, logvar).item():.2f} nats")

# %% outcome="with_price"
torch.exp(logvar / 2)

# %% [markdown]
# The belief keeps a spread near 0.25, close to what the repeated experiments show.
# You did not tell the robot this number: it follows from the noise, from the number of measurements and from the prior.
#
# One caution for later.
# Near the prior the formula subtracts numbers that are almost equal.
# In low precision the difference disappears:

# %% tags=["demo"]
mu, logvar = torch.full((1, 1), 0.01), torch.full((1, 1), 0.01)
for dtype in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
    print(f"{dtype!s:<15} {gaussian_kl(mu.to(dtype), logvar.to(dtype)).item():.3e} nats")

# %% [markdown]
# The true price is about 0.000075 nats.
# The formats bfloat16 and float16 keep about three decimal digits or fewer, and the answer stands in the fifth decimal place of numbers near 1.
# With the formula as it stands above, both print zero, or a price that is far off or even negative; which one depends on the order in which your code adds its terms.
# The formula is right, and its result is lost to *cancellation*.
#
# The checks of this lesson compute in float64, where enough digits are left; they ask for the formula and for nothing more.
# Lesson 5 shows which repair keeps the digits, and that a popular one, `torch.expm1`, is only half of one.

# %% [markdown]
# ## The price of changing your mind
#
# The prior need not be standard.
# It may be yesterday's belief, the prior of a hierarchical model, or the exact posterior that you compare yourself with.
# For $q = \mathcal{N}(\mu_q, \sigma_q^2)$ and $p = \mathcal{N}(\mu_p, \sigma_p^2)$, each latent number costs
#
# $$\operatorname{KL}(q \,\|\, p) = \frac{1}{2}\left(
# \frac{\sigma_q^2}{\sigma_p^2} + \frac{(\mu_q - \mu_p)^2}{\sigma_p^2} - 1 - \log\frac{\sigma_q^2}{\sigma_p^2}\right).$$
#
# It is the formula of exercise 1, measured in units of $p$: differences are divided by $\sigma_p$.
# In the code the numbers are called `mu_q`, `logvar_q`, `mu_p` and `logvar_p`.

# %% [markdown]
# ### Exercise 2: `gaussian_kl_between`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return the KL divergence of `q` from `p`, for each row.
#
# - All four arguments have shape `(batch, latent)`.
# - The result has shape `(batch,)`: the sum over the latent numbers, in nats.
# - `q` comes first: draws are taken from `q`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A ratio of variances is the exponential of a difference of log-variances.
# Which difference is it?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Take the difference of the log-variances, that of `q` minus that of `p`, once.
# It appears twice: inside the exponential, and by itself with a minus.
# The squared difference of the means is divided by the variance of `p`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same move for two *exponential* distributions with the rates $a$ (of $q$) and $b$ (of $p$).
# There $\operatorname{KL} = b/a - 1 - \log(b/a)$, and the logarithms of the rates are given:
#
# ```python
# log_a, log_b = torch.tensor([0.0, 400.0]), torch.tensor([0.0, 399.0])
# d = log_b - log_a
# print(d.exp() - 1 - d)  # prints tensor([0.0000, 0.3679])
# ratio = log_b.exp() / log_a.exp()
# print(ratio - 1 - ratio.log())  # prints tensor([0., nan])
# ```
#
# The ratio is never formed: each rate alone would overflow, and their quotient does not.
# Your formula has the same three terms, with another $d$, one more for the means, and one half in front.
# If $q$ and $p$ are the same, it gives 0.
#
# </details>


# %% answer="gaussian_kl_between"
def gaussian_kl_between(
    mu_q: Tensor,
    logvar_q: Tensor,
    mu_p: Tensor,
    logvar_p: Tensor,
) -> Tensor:
    """Compute KL(q || p) for each row, in nats.

    q = N(mu_q, sigma_q^2) and p = N(mu_p, sigma_p^2).
    mu_q, logvar_q, mu_p, logvar_p: means and log-variances, all of shape (batch, latent).
    Returns shape (batch,): summed over the latent dimension, neither summed nor averaged
    over the batch.
    """
    ### BEGIN SOLUTION
    difference = logvar_q - logvar_p
    distance = (mu_q - mu_p).square() / logvar_p.exp()
    return 0.5 * (difference.exp() + distance - 1 - difference).sum(dim=-1)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2}

# %% [markdown]
# **You should see** three lines.
#
# The KL divergence is not a distance, because it has a direction.

# %% predict="direction"

# %% tags=["demo"]
zero = torch.zeros(1, 1)
narrow, wide = torch.full((1, 1), 2 * math.log(0.1)), torch.zeros(1, 1)
print(f"q narrow, p wide: {gaussian_kl_between(zero, narrow, zero, wide).item():6.2f} nats")
print(f"q wide, p narrow: {gaussian_kl_between(zero, wide, zero, narrow).item():6.2f} nats")

# %% outcome="direction"
gaussian_kl_between(zero, wide, zero, narrow)

# %% [markdown]
# Being too narrow costs a logarithm: every factor of ten in sigma costs at most $\ln 10$, about 2.3 nats.
# Being too wide costs a square: draws from $q$ fall where $p$ is almost zero.
#
# So whoever minimises $\operatorname{KL}(q \,\|\, p)$ over $q$ prefers to be too narrow.
# Keep this in mind: it returns as a picture in the section "Climbing the bound".

# %% [markdown]
# ## When there is no formula
#
# For most pairs of distributions nobody has a formula.
# But the definition is a mean, and a mean can be estimated from draws.
# Take $n$ draws $z_1, \dots, z_n$ from $q$:
#
# $$\widehat{\operatorname{KL}} = \frac{1}{n}\sum_{i=1}^{n} \big[\log q(z_i) - \log p(z_i)\big].$$
#
# The estimate is *unbiased*: its mean is the KL.
# A single term can be negative, although the KL cannot.
# These terms must stay as they are; an absolute value would make the mean too large.
#
# If $z = \mu + \sigma\,\epsilon$, the gradient travels through the draws too.

# %% [markdown]
# ### Exercise 3: `monte_carlo_kl`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Estimate the KL of exercise 1 from draws.
# The prior is $\mathcal{N}(0, I)$ again.
#
# - `mu` and `logvar` have shape `(batch, latent)`; `n` is the number of draws, at least 1.
# - The result has shape `(batch,)`: the mean over the draws of $\log q(z) - \log p(z)$, summed over the latent numbers.
# - Every row, every latent number and every call has noise of its own; do not set a seed.
# - The gradients in `mu` and `logvar` are unbiased too, so `z` keeps its path.
# - The closed form is not accepted here, because it is no estimate.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Lesson 3 had a function with the shape `(k, batch, latent)`.
# You need the draws, and two log densities at the same draws.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The log density of a normal distribution is minus one half of three terms: the squared distance over the variance, the log-variance, and the logarithm of $2\pi$.
# `torch.distributions.Normal` has `rsample` and `log_prob`, if you prefer them.
# Sum over the last dimension, then average over the first.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Two exponential distributions again: $q$ with the rates `a`, and $p$ with the rate 1.
# The log density is $\log a - a z$.
#
# ```python
# torch.manual_seed(0)
# a = torch.tensor([[2.0, 4.0]], requires_grad=True)  # (batch, latent)
# z = torch.empty(50_000, 1, 2).exponential_() / a  # (n, batch, latent), with a path to a
# log_q, log_p = a.log() - a * z, -z
# per_latent = (log_q - log_p).mean(dim=0)
# print(f"{per_latent.sum().item():.1f}")  # prints 0.8
# ```
#
# The exact KL is 0.83.
# Both densities are taken at the *same* `z`, which came from $q$.
# Yours are normal, and so is the noise.
# To test one log density: at $z = \mu$ and $\sigma = 1$ it is $-0.919$.
#
# </details>


# %% answer="monte_carlo_kl"
def monte_carlo_kl(mu: Tensor, logvar: Tensor, n: int) -> Tensor:
    """Estimate KL(N(mu, sigma^2) || N(0, I)) for each row from draws, in nats.

    mu, logvar: mean and log-variance, shape (batch, latent).
    n: number of draws, at least 1.
    Returns shape (batch,): the mean of log q(z) - log p(z) over n draws z from
    q = N(mu, sigma^2), fresh at every call, for every row and for every latent number;
    summed over the latent dimension; unbiased, and so are its gradients in mu and logvar.
    Not the closed form (but a part of it may be computed exactly).
    """
    ### BEGIN SOLUTION
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    z = mu + torch.exp(logvar / 2) * eps
    log_q = -0.5 * ((z - mu).square() / logvar.exp() + logvar + math.log(2 * math.pi))
    log_p = -0.5 * (z.square() + math.log(2 * math.pi))
    return (log_q - log_p).sum(dim=-1).mean(dim=0)
    ### END SOLUTION


# %% checks={"shape": 1, "draws": 2, "values": 2, "gradients": 3}

# %% [markdown]
# **You should see** four lines: about the shape, the draws, the values and the gradients.
#
# Now compare the estimate with the closed form, for a belief that costs little and for one that costs much.
# Each estimate is made 2,000 times.

# %% predict="negative"

# %% tags=["demo"]
torch.manual_seed(0)
print("true price   n   mean of estimates   their std   negative")
for mean, sigma in [(0.3, 0.8), (2.0, 0.2)]:
    mu, logvar = torch.full((2_000, 1), mean), torch.full((2_000, 1), 2 * math.log(sigma))
    truth = gaussian_kl(mu, logvar)[0]
    for n in (1, 100):
        estimate = monte_carlo_kl(mu, logvar, n)
        negative = (estimate < 0).float().mean()
        print(f"{truth:10.3f} {n:4d} {estimate.mean():19.3f} {estimate.std():11.3f} {negative:10.0%}")

# %% outcome="negative"
(monte_carlo_kl(0 * mu + 0.3, 0 * mu + 2 * math.log(0.8), 1) < 0).float().mean()

# %% [markdown]
# For the cheap belief, a quarter of the single draws is negative, and the mean is still right.
# With 100 times as many draws, the standard deviation is ten times smaller.
#
# Where a closed form exists, as for two normal distributions, it has no noise at all.
# So a VAE mostly uses the formula for the KL, and draws only for the other term of its loss.

# %% [markdown]
# ## A bound that touches the truth
#
# Return to the robot, now with several weights.
# The data are `x` with shape `(N, D)` and `y` with shape `(N,)`; the weights are a vector $w$ with $D$ numbers:
#
# $$w \sim \mathcal{N}(0, I), \qquad y \mid w \sim \mathcal{N}(x\,w,\ \text{noise\_sigma}^2\, I).$$
#
# How well does the *model as a whole* explain the data?
# The answer is the **evidence** $p(y)$: the density of the data with the weights averaged out over the prior.
# In most models it cannot be computed.
# But it has a lower bound that can, the *evidence lower bound*, or **ELBO**.

# %% [markdown]
# Take any belief $q(w)$.
# Write $\log p(y) = \log p(y \mid w) + \log p(w) - \log p(w \mid y)$, which is Bayes' rule, and take the mean over draws $w$ from $q$.
# Add and subtract $\log q(w)$:
#
# $$\log p(y) = \underbrace{\mathbb{E}_q[\log p(y \mid w)] - \operatorname{KL}\big(q(w) \,\|\, p(w)\big)}_{\text{ELBO}} \;+\; \operatorname{KL}\big(q(w) \,\|\, p(w \mid y)\big).$$
#
# The last term is the KL from the exact *posterior* $p(w \mid y)$.
# It cannot be negative.
# So the ELBO is never above the log evidence, and it touches it exactly when $q$ is the posterior.
#
# The ELBO itself is what the robot has climbed already: how well the data are explained, minus the price.

# %% [markdown]
# ### Exercise 4: `bayes_elbo`
#
# *Difficulty ●●●○○ (3 of 5) · 20 minutes*
#
# Return the ELBO of this regression for the belief $q(w) = \mathcal{N}(\mu, \sigma^2)$ with independent weights (*mean field*).
#
# - `x`: `(N, D)`; `y`: `(N,)`; `mu` and `logvar`: `(D,)`; `noise_sigma`: a float, the standard deviation of the noise.
# - The log likelihood is the *sum* over all $N$ observations, and its expectation is estimated with `n` fresh draws of `w`.
#   If you can compute the expectation exactly, you may, and `n` is then not used.
# - All constants count, so that the bound can touch the log evidence.
# - The result is one number, a 0-dim tensor in nats, with unbiased gradients in `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The KL needs nothing new: `mu` and `logvar` with one more dimension are a batch of one.
# For the other term, what are the shapes of `n` draws of the weights, and of their `n` predictions?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The draws have shape `(n, D)`; the matrix product with the transposed `x` gives predictions of shape `(n, N)`.
# Take the normal log density of `y` there, with its constants: the logarithm of $2\pi$ and that of the noise.
# Sum over the observations, average over the draws, and subtract the price.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A skeleton, with the shape of each line:
#
# ```python
# w = ...  # n draws of the weights: (n, D)
# predictions = ...  # for every draw and every row of x: (n, N)
# log_density = ...  # of y there: (n, N)
# log_likelihood = log_density.sum(dim=...).mean(dim=...)  # ()
# price = ...  # ()
# return ...
# ```
#
# `y` has the shape `(N,)` and broadcasts with `(n, N)`.
# Each number of `log_density` has its own $-\log \text{noise\_sigma} - \tfrac12 \log 2\pi$.
#
# For a test, let `x` be 0 of shape `(1, 1)`, `y` = (1,), `mu` = `logvar` = (0,), and the noise 1.
# The draws do not matter there, and the ELBO is $-\tfrac12 - 0.919 = -1.419$.
#
# </details>


# %% answer="bayes_elbo"
def bayes_elbo(
    x: Tensor,
    y: Tensor,
    mu: Tensor,
    logvar: Tensor,
    noise_sigma: float,
    n: int,
) -> Tensor:
    """Estimate the ELBO of Bayesian linear regression for q(w) = N(mu, sigma^2), in nats.

    Model: w ~ N(0, I), y | w ~ N(x w, noise_sigma^2 I).
    x: (N, D).  y: (N,).  mu, logvar: (D,).  noise_sigma: float, a standard deviation.
    n: number of draws of w from q, at least 1, fresh at every call and for every weight
    (exact expectations are accepted).
    Returns a 0-dim tensor: the mean over draws of the log likelihood summed over N,
    minus KL(q || N(0, I)); all constants are included.  Its gradients in mu and logvar
    are unbiased.
    """
    ### BEGIN SOLUTION
    eps = torch.randn(n, *mu.shape, dtype=mu.dtype, device=mu.device)
    w = mu + torch.exp(logvar / 2) * eps
    errors = (y - w @ x.T) / noise_sigma
    constant = math.log(noise_sigma) + 0.5 * math.log(2 * math.pi)
    log_likelihood = (-0.5 * errors.square() - constant).sum(dim=-1).mean()
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
    return log_likelihood - kl
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "evidence": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines.
# The third one says that your bound touches the log evidence.
#
# Look at it yourself.
# For this model the posterior and the evidence are known exactly.
# The *precision* matrix of the posterior is $\Lambda = I + x^\top x / \text{noise\_sigma}^2$, and its mean is $\Lambda^{-1} x^\top y / \text{noise\_sigma}^2$.
# The design below is *orthogonal*: the columns of `x` are perpendicular.
# Then $\Lambda$ is diagonal, and a belief with independent weights can be exactly right.

# %% tags=["demo"]
torch.manual_seed(1)
noise_sigma = 0.6
x = 2.5 * torch.linalg.qr(torch.randn(8, 2, dtype=torch.float64)).Q  # perpendicular columns
noise = noise_sigma * torch.randn(8, dtype=torch.float64)
y = x @ torch.tensor([1.0, -0.5], dtype=torch.float64) + noise


def exact_posterior(x: Tensor, y: Tensor, noise_sigma: float) -> tuple[Tensor, Tensor]:
    """Return the mean and the precision matrix Lambda of the exact posterior."""
    precision = torch.eye(x.shape[1], dtype=x.dtype) + x.T @ x / noise_sigma**2
    return torch.linalg.solve(precision, x.T @ y / noise_sigma**2), precision


mean, precision = exact_posterior(x, y, noise_sigma)
# The covariance of y, the weights averaged out over the prior.
covariance = x @ x.T + noise_sigma**2 * torch.eye(8, dtype=torch.float64)
marginal = torch.distributions.MultivariateNormal(torch.zeros_like(y), covariance)
evidence = marginal.log_prob(y)
best_logvar = -torch.log(precision.diagonal())
elbo = bayes_elbo(x, y, mean, best_logvar, noise_sigma, 10_000)
elbo_of_prior = bayes_elbo(x, y, 0 * mean, 0 * mean, noise_sigma, 10_000)
print(f"log evidence                    {evidence:.3f} nats")
print(f"ELBO at the exact posterior     {elbo:.3f} nats")
print(f"ELBO of the prior, as a belief  {elbo_of_prior:.3f} nats")

# %% [markdown]
# The first two numbers agree, up to the noise of 10,000 draws.
# The prior as a belief pays nothing, but its draws explain the data badly: its bound is 21 nats lower.
#
# The next two cells draw the ELBO of beliefs that are near the posterior.


# %% plot=true
# The ELBO along a line of beliefs, as the next figure draws it twice.


def elbo_panel(axes: plt.Axes, steps: Tensor, beliefs: list, xlabel: str) -> None:
    """Draw the ELBO along a line of beliefs (mu, logvar), and the log evidence above it."""
    mu, logvar = (torch.stack(values) for values in zip(*beliefs, strict=True))
    best = mean.expand_as(mu), best_logvar.expand_as(mu)
    closed = evidence - gaussian_kl_between(mu, logvar, *best)
    axes.axhline(evidence, color="black", linestyle="--", label="log evidence")
    axes.plot(steps, closed, color="#0072B2", label="ELBO, closed form")
    repeats = torch.tensor(
        [[bayes_elbo(x, y, *belief, noise_sigma, 100) for _ in range(20)] for belief in beliefs[::8]]
    )
    heights, errors = repeats.mean(dim=1), 2 * repeats.std(dim=1) / math.sqrt(20)
    style = {"fmt": "o", "color": "#D55E00", "capsize": 4, "label": "your bayes_elbo"}
    axes.errorbar(steps[::8], heights, errors, **style)
    axes.set(xlabel=xlabel, ylabel="ELBO (nats)")


# %% plot=true
# Draws figure 1: the ELBO along two lines through the posterior.
torch.manual_seed(0)
steps = torch.linspace(-2, 2, 49, dtype=torch.float64)
unit, sigmas = torch.tensor([1.0, 0.0], dtype=torch.float64), torch.exp(best_logvar / 2)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True, layout="constrained")
elbo_panel(
    axes[0],
    steps,
    [(mean + s * sigmas * unit, best_logvar) for s in steps],
    "first mean: offset from the posterior\n(posterior standard deviations)",
)
elbo_panel(
    axes[1],
    2**steps,
    [(mean, best_logvar + 2 * s * math.log(2) * unit) for s in steps],
    "first sigma\n(posterior standard deviations)",
)
axes[1].set_xscale("log", base=2)
axes[0].legend(loc="lower center")
figure.suptitle("The ELBO touches the log evidence at the posterior, and only there")
plt.show()

# %% [markdown]
# *Figure 1. Left: as the first mean moves away from the posterior, the ELBO falls like a parabola below the dashed line of the log evidence.*
# *Right: as the first sigma becomes smaller or larger, on a logarithmic axis, the ELBO falls on both sides, and faster for a sigma that is too large.*
# *Both curves touch the dashed line at the exact posterior.*
# *Measured points with error bars of two standard errors lie along the curves.*
#
# A measured point may lie a little above the dashed line.
# The bound holds for the mean of your estimates, not for each of them.

# %% [markdown]
# ## Climbing the bound
#
# In most models nobody knows the posterior.
# But the ELBO can be estimated, and its gradient too.
# So make it larger by gradient ascent: this is **variational inference**.
# Every nat that the ELBO gains is a nat by which $q$ comes closer to the posterior, because their sum is the log evidence, which does not change.
#
# The family of $q$ matters.
# With independent weights, $q$ has no way to say that two weights are uncertain *together*.

# %% [markdown]
# ### Exercise 5: `fit_posterior`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Fit the belief of exercise 4 by `steps` steps of the optimiser Adam on the ELBO.
#
# - Return `(mu, logvar)`, two tensors of shape `(D,)`, in the dtype and on the device of `x`.
# - Where the fit starts, its learning rate and its number of draws are your choice.
# - The checks use $D = 3$, $N = 20$ and 1,000 steps, with two columns that are almost the same.
#   `mu` must be within half a posterior standard deviation of the exact mean.
#   `logvar` must be within 0.4 of its best value.

# %% [markdown]
# From zeros, a learning rate of 0.03 and 32 draws a step reach this with a wide margin.
# You may call your `bayes_elbo`; then a mistake there is a mistake here too.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The loop is that of the robot: zero the gradients, compute the loss, go backward, step.
# An optimiser goes *down*.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Make two leaf tensors of zeros that require a gradient, with the dtype and the device of the data.
# The loss is minus the ELBO.
# After the loop, detach both from their history.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Climbing a hill whose top is known, with the same optimiser:
#
# ```python
# top = torch.tensor([2.0, -4.0], dtype=torch.float64)
# place = torch.zeros(2, dtype=top.dtype, requires_grad=True)
# optimizer = torch.optim.Adam([place], lr=0.1)
# for _ in range(500):
#     height = 7 - (place - top).square().sum()
#     optimizer.zero_grad()
#     (-height).backward()
#     optimizer.step()
# print(place.detach().round())  # prints tensor([ 2., -4.], dtype=torch.float64)
# print(place.requires_grad, place.detach().requires_grad)  # prints True False
# ```
#
# Without the minus, the place would run away from the top.
# You climb with two such tensors, both in the list of the optimiser.
# Which function is your `height`?
# It draws anew in every step, so it stands inside the loop.
#
# </details>


# %% answer="fit_posterior"
def fit_posterior(
    x: Tensor,
    y: Tensor,
    noise_sigma: float,
    steps: int,
) -> tuple[Tensor, Tensor]:
    """Fit q(w) = N(mu, sigma^2) to the posterior of exercise 4, where the ELBO is highest.

    x: (N, D).  y: (N,).  noise_sigma: float, a standard deviation.
    steps: how many steps an optimiser such as Adam may take (an exact fit needs none).
    Returns (mu, logvar), each of shape (D,), in x's dtype and on its device: close to that
    place, as far as the steps allow.
    """
    ### BEGIN SOLUTION
    mu = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device, requires_grad=True)
    logvar = torch.zeros_like(mu, requires_grad=True)
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -bayes_elbo(x, y, mu, logvar, noise_sigma, 32)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mu.detach(), logvar.detach()
    ### END SOLUTION


# %% checks={"shape": 1, "mean": 2, "variance": 2}

# %% [markdown]
# **You should see** three lines.
#
# Now the two columns of `x` point almost the same way: the cosine of the angle between them is 0.9.
# The robot has two motors that nearly always run together, so it can hardly tell which of the two moves it.

# %% predict="mean_field"

# %% tags=["demo"]
torch.manual_seed(2)
x = math.sqrt(20) * torch.linalg.qr(torch.randn(20, 2, dtype=torch.float64)).Q
x[:, 1] = 0.9 * x[:, 0] + math.sqrt(1 - 0.9**2) * x[:, 1]  # cosine 0.9
noise = torch.randn(20, dtype=torch.float64)  # noise_sigma = 1
y = x @ torch.tensor([1.0, 0.5], dtype=torch.float64) + noise
mean, precision = exact_posterior(x, y, 1.0)
mu, logvar = fit_posterior(x, y, 1.0, 1_000)

covariance = torch.linalg.inv(precision)
print("means:  exact", mean.numpy().round(2), " fitted", mu.numpy().round(2))
for name, sigmas in {
    "exact posterior, sqrt((Lambda^-1)_jj)": covariance.diagonal().sqrt(),
    "best mean field, 1 / sqrt(Lambda_jj)": precision.diagonal().rsqrt(),
    "fitted": torch.exp(logvar / 2),
}.items():
    print(f"sigmas: {name:<37}", sigmas.numpy().round(3))

# %% tags=["demo"]
angle = torch.linspace(0, 2 * math.pi, 200, dtype=torch.float64)
circle = torch.stack([angle.cos(), angle.sin()])
radius = math.sqrt(-2 * math.log(0.05))  # holds 95% of a normal distribution in the plane
exact = mean[:, None] + radius * torch.linalg.cholesky(covariance) @ circle
fitted = mu[:, None] + radius * torch.exp(logvar / 2)[:, None] * circle

# %% plot=true
# Draws figure 2: the exact posterior and your fit.
_, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
axes.plot(*exact, color="#0072B2", label="exact posterior, 95%")
axes.plot(*fitted, "--", color="#D55E00", label="your mean-field fit, 95%")
axes.plot(*mean, "+", color="#0072B2", markersize=12, markeredgewidth=2, label="exact mean")
axes.plot(*mu, "o", color="#D55E00", markerfacecolor="none", label="fitted mean")
axes.set(
    xlabel="first weight (metres per unit of command)",
    ylabel="second weight\n(metres per unit of command)",
    aspect="equal",
)
axes.set_title("Mean field finds the centre, and is too sure around it")
axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
plt.show()

# %% outcome="mean_field"
(torch.exp(logvar / 2) / covariance.diagonal().sqrt()).max()

# %% [markdown]
# *Figure 2. The exact posterior is a long narrow ellipse that falls to the right: the sum of the weights is known well, their difference is not.*
# *The dashed mean-field fit is a circle with the same centre, half as wide and half as high as the ellipse.*
# *It crosses the ellipse where a horizontal and a vertical line through the centre do, and leaves both long ends of it outside.*

# %% [markdown]
# The fit is not a failure of the optimiser.
# The best variance of an independent $q$ is $1 / \Lambda_{jj}$: the variance of one weight *when the others are known*.
# The variance of one weight alone, $(\Lambda^{-1})_{jj}$, is larger.
# Draws that fall where the posterior is almost zero are expensive, and a $q$ that is too narrow is cheap: this is the direction of the KL again.

# %% [markdown]
# ## Two sums that must agree
#
# A VAE brings the bound to images.
# The robot had one belief, about all of its data; in a VAE every image $x$ has latent numbers $z$ and a belief $q(z)$ of its own.
# Two networks, which you will build in lesson 6, do the work: the *encoder* computes `mu` and `logvar` of the belief from the image, and the *decoder* computes from a draw of $z$ how probable each image is.
#
# Our images are black and white.
# The decoder returns one real number for each pixel, its *logit*; the probability of white is the sigmoid of the logit.

# %% [markdown]
# The *reconstruction* term is the negative log likelihood of Bernoulli pixels.
# Each pixel costs
#
# $$-x \log \operatorname{sigmoid}(\text{logit}) - (1 - x) \log\big(1 - \operatorname{sigmoid}(\text{logit})\big).$$
#
# PyTorch computes it safely in one function: `F.binary_cross_entropy_with_logits` (`F` is `torch.nn.functional`).
# The loss is minus the ELBO, with a weight $\beta$ on the KL:
#
# $$\text{loss} = \text{reconstruction} + \beta\,\operatorname{KL}.$$
#
# Both terms must be counted *per image*: summed over the pixels or the latents, then averaged over the batch.

# %% [markdown]
# ### Exercise 6: `vae_loss`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return the three numbers `(loss, reconstruction, kl)`, each a 0-dim tensor.
#
# - `logits` and `x` have the same shape, `(batch, ...)`: all dimensions but the first are pixels; `x` lies between 0 and 1, and grey pixels are allowed.
# - `mu` and `logvar` have shape `(batch, latent)`; `beta` is a float.
# - `reconstruction`: nats per image, the sum over all pixels and the mean over the batch, right for logits of any size.
# - `kl`: nats per image, the sum over the latents and the mean over the batch, *without* `beta`.
# - `loss`: reconstruction plus `beta` times KL.
# - Gradients of the loss reach `logits`, `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What is the unit of each term?
# If one says "nats per image" and the other "nats per batch" or "nats per pixel", their sum has no meaning.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The function of PyTorch averages over everything unless you choose another `reduction`.
# Ask it for no reduction, flatten each image, sum over the pixels, and average last.
# It takes logits: no sigmoid before it.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Three ways to reduce the same errors, 1 for each of 15 pixels, in two images:
#
# ```python
# errors = torch.ones(2, 3, 5)
# print(errors.mean())  # prints tensor(1.)
# print(errors.sum())  # prints tensor(30.)
# print(errors.sum(dim=(1, 2)).mean())  # prints tensor(15.)
# ```
#
# The units are: per pixel, per batch, per image.
# Only the last may be added to a KL per image.
# `sum(dim=(1, 2))` knows how many dimensions there are; you do not, so flatten first.
#
# A number to test with: logits of 0 mean probability 0.5, and every pixel costs $\ln 2$.
# For images of 784 pixels, the reconstruction is then 543.43, whatever the size of the batch.
#
# </details>


# %% answer="vae_loss"
def vae_loss(
    logits: Tensor,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    beta: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the loss of a VAE with Bernoulli pixels and its two terms, in nats per image.

    logits, x: shape (batch, ...); all dimensions but the first are pixels.
    x: in [0, 1], grey pixels too.  logits: of any size, where a sigmoid rounds to 1 too.
    mu, logvar: shape (batch, latent).  beta: float, the weight of the KL.
    Returns (loss, reconstruction, kl), 0-dim tensors: the Bernoulli negative log likelihood
    summed over pixels, and KL(q || N(0, I)) summed over latents, both averaged over the
    batch; loss = reconstruction + beta * kl.
    """
    ### BEGIN SOLUTION
    per_pixel = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    reconstruction = per_pixel.flatten(1).sum(dim=1).mean()
    kl = gaussian_kl(mu, logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl
    ### END SOLUTION


# %% checks={"shape": 1, "reconstruction": 2, "kl": 2, "loss": 2, "gradients": 2}

# %% [markdown]
# **You should see** five lines.
#
# Now a laboratory.
# Three small VAEs are trained on real digits in black and white, with batches of 16.
# All three say "reconstruction + KL", without any `beta`.
# They differ only in how the reconstruction is reduced:
#
# - **per image**: your `vae_loss` with `beta=1`;
# - **sum beside mean**: the sum over pixels *and* batch, next to the batch mean of the KL;
# - **mean beside mean**: the mean over pixels and batch, next to the batch mean of the KL.

# %% predict="reductions"

# %% tags=["demo"]
from lessonkit.data import binarize, digits
from torch import nn
from tqdm.auto import tqdm

torch.set_num_threads(1)  # layers this small are slower on several threads
images = digits()
train, test = binarize(images.train), binarize(images.test)


class TinyVAE(nn.Module):
    """64 pixels -> 64 hidden -> 8 latents -> 64 hidden -> 64 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.decoder = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        return self.decoder(z), mu, logvar


# %% tags=["demo"]
def train_history(model: TinyVAE, reduce, epochs: int, progress: tqdm) -> list:
    """Train on reduce(reconstruction, pixels, batch) + kl; return both test terms."""
    optimizer, history = torch.optim.Adam(model.parameters(), lr=2e-3), []
    for _ in range(epochs):
        for rows in torch.randperm(len(train)).split(16):
            x = train[rows]
            logits, mu, logvar = model(x)
            _, reconstruction, kl = vae_loss(logits, x, mu, logvar, 1.0)
            loss = reduce(reconstruction, 64, len(x)) + kl
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            logits, mu, logvar = model(test)
            _, reconstruction, kl = vae_loss(logits, test, mu, logvar, 1.0)
        history.append((reconstruction.item(), kl.item()))
        progress.update()
        progress.set_postfix(reconstruction=f"{reconstruction:.1f}", kl=f"{kl:.2f}")
    return history


# %% tags=["demo"]
epochs = 10
reductions = {
    "per image": lambda per_image, pixels, batch: per_image,
    "sum beside mean": lambda per_image, pixels, batch: per_image * batch,
    "mean beside mean": lambda per_image, pixels, batch: per_image / pixels,
}
histories = {}
with tqdm(total=3 * epochs, desc="epochs") as progress:
    for name, reduce in reductions.items():
        torch.manual_seed(0)
        histories[name] = torch.tensor(train_history(TinyVAE(), reduce, epochs, progress))

print("on test images, nats per image:   reconstruction      KL    -ELBO")
for name, history in histories.items():
    reconstruction, kl = history[-1].tolist()
    print(f"{name:<32} {reconstruction:15.1f} {kl:7.2f} {reconstruction + kl:8.1f}")

# %% plot=true
# Draws figure 3: both terms on the test images, epoch by epoch.
styles = {
    "per image": ("-", "#0072B2", "o"),
    "sum beside mean": ("--", "#D55E00", "s"),
    "mean beside mean": (":", "#009E73", "^"),
}
figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
for column, title in enumerate(["reconstruction", "KL"]):
    for name, (line, color, marker) in styles.items():
        values = histories[name][:, column]
        style = {"color": color, "marker": marker, "markersize": 4, "label": name}
        axes[column].plot(range(1, epochs + 1), values, line, **style)
    axes[column].set(title=title, xlabel="epoch", ylabel="nats per test image")
axes[0].set_ylim(bottom=0)
axes[1].set_ylim(bottom=-1)
axes[1].legend(loc="center right", bbox_to_anchor=(1.0, 0.42))
figure.suptitle("A sum or a mean decides what is paid for the latents: too much, some, or nothing")
plt.show()

# %% outcome="reductions"
histories["sum beside mean"][-1, 1] / histories["per image"][-1, 1]

# %% [markdown]
# *Figure 3. Left: the reconstruction of "sum beside mean" (dashed, squares) falls lowest, "per image" (solid, circles) is in the middle, and "mean beside mean" (dotted, triangles) stays high and flat.*
# *Right: the KL of "sum beside mean" rises far above the others, "per image" stays at a moderate value, and "mean beside mean" is at zero.*
#
# No program stopped, and all three losses fell.
# Yet the second model pays five times the price of the first, and the third has *collapsed*: its latents carry nothing.
# Only "per image" makes the ELBO itself large.

# %% [markdown]
# Where do the factors come from?
# Multiply a loss by a constant, and its minimum stays where it is.
# So divide each loss until the reconstruction is per image, and read off the weight of the KL, the **effective beta**:
#
# | reduction of the reconstruction | effective `beta` | here |
# | --- | --- | --- |
# | per image | 1 | 1 |
# | sum over pixels and batch | 1 / batch | 1/16 = 0.0625 |
# | mean over pixels and batch | pixels | 64 |

# %% [markdown]
# With "sum beside mean", the effective `beta` changes whenever you change the batch size.
# The last batch of an epoch is often smaller, and it has a `beta` of its own.

# %% [markdown]
# ## Claims tested
#
# > **Claim, found on the web, as a line of code: the loss is `F.binary_cross_entropy_with_logits(logits, x, reduction='sum') + 0.1 * kl.mean()`, "a beta-VAE with beta = 0.1".**
#
# The line mixes a sum over the batch with a mean over the batch.
# If the claim were right, its gradients would point where those of `vae_loss` with `beta=0.1` point.

# %% predict="web_beta"


# %% tags=["demo"]
def from_the_web(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    return reconstruction + 0.1 * gaussian_kl(mu, logvar).mean()


torch.manual_seed(0)
model = TinyVAE().double()
weights = list(model.parameters())
print("gradient of the line, divided by the batch size, minus gradient of vae_loss:")
for batch in (16, 128):
    x = train[:batch].double()
    logits, mu, logvar = model(x)
    line = from_the_web(logits, x, mu, logvar)
    web = torch.autograd.grad(line, weights, retain_graph=True)
    for beta in (0.1, 0.1 / batch):
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        yours = torch.autograd.grad(loss, weights, retain_graph=True)
        worst = max((w / batch - v).abs().max().item() for w, v in zip(web, yours, strict=True))
        print(f"batch {batch:3d}, beta = {beta:<10.6g} largest difference {worst:.1e}")

# %% outcome="web_beta"
worst

# %% [markdown]
# The claim is **wrong**.
# At batch 16 the line trains with `beta` = 0.1 / 16 = 0.00625, and its gradient is 16 times larger besides.
# At batch 128, `beta` is 0.00078.
# Whoever tunes `beta` with such a line tunes the batch size at the same time.
#
# The habit that prevents this: give every term a unit, "nats per image", and print both terms separately.
# A reconstruction of 300 nats for an image of 64 pixels cannot be per image: guessing each pixel with probability one half costs $64 \ln 2$, about 44.4 nats.

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
# **You built** the KL divergence in closed form and from draws, a bound on the evidence, a fit that climbs it, and the loss of a VAE.
#
# **Three sentences to remember**
#
# 1. The ELBO is how well the data are explained, minus the price of the belief, and it touches the log evidence exactly at the posterior.
# 2. A belief with independent parts finds the centre and is too sure around it.
# 3. Give every term of a loss the same unit, nats per image: a sum beside a mean is a hidden `beta`.

# %% [markdown]
# **Where it returns.**
# Lesson 5 keeps the KL right in low precision, and keeps `logvar` in a safe range.
# Lesson 6 trains a VAE with the loss of exercise 6.
# Lesson 8 asks when paying nothing for information is the cheapest way, and what to do then.

# %% [markdown]
# **Further reading**
#
# - D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes*, 2014.
# - D. M. Blei, A. Kucukelbir and J. D. McAuliffe, *Variational Inference: A Review for Statisticians*, Journal of the American Statistical Association, 2017.
# - M. E. Tipping and C. M. Bishop, *Probabilistic Principal Component Analysis*, Journal of the Royal Statistical Society B, 1999.
# - G. Roeder, Y. Wu and D. Duvenaud, *Sticking the Landing: Simple, Lower-Variance Gradient Estimators for Variational Inference*, 2017.
# - I. Higgins and others, *beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, 2017.

# %% [markdown]
# ## Optional: three roads further
#
# The main road of this lesson ends here, and no exercise of another lesson needs what follows.
# (Lesson 8 comes back to the second and the third section, in two sentences.)
# Each of the three sections stands by itself:
#
# - a whole model in closed form: an oracle that needs no training;
# - the noise level that squared error assumes, which is a `beta`;
# - a gradient of the ELBO that comes to rest at the posterior.
#
# Their exercises are 18 of the lesson's 57 points.

# %% [markdown]
# ## A whole model in closed form (optional)
#
# The smallest VAE has no network.
# Each row $x_i$ of the data has its own latent vector $z_i$ with $K$ numbers and its own belief, and the decoder is a matrix $W$ (`W`) of shape `(D, K)`:
#
# $$z_i \sim \mathcal{N}(0, I_K), \qquad x_i \mid z_i \sim \mathcal{N}(W z_i,\ \text{noise\_sigma}^2\, I_D), \qquad q(z_i) = \mathcal{N}(\mu_i, \sigma_i^2).$$

# %% [markdown]
# This model is called *probabilistic principal component analysis*.
# Its ELBO needs no draws.
# The mean of the squared error under $q$ has two parts, the error of the mean and the spread around it:
#
# $$\mathbb{E}_q\,\|x - W z\|^2 = \|x - W\mu\|^2 + \sum_{k} \sigma_k^2\, \|W_k\|^2,$$
#
# where $W_k$ is column $k$.
# The second part is the *trace term*.

# %% [markdown]
# ### Exercise 7: `linear_gaussian_elbo`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return the exact ELBO of this model for each row, without draws.
#
# - `x`: `(N, D)`; `W`: `(D, K)`; `mu` and `logvar`: `(N, K)`; `noise_sigma`: a float, the standard deviation of the noise.
# - The result has shape `(N,)`: one ELBO for each row, in nats, neither summed nor averaged over the rows.
# - All constants count: the normal density of $D$ pixels has $D$ times $\log \text{noise\_sigma}$ and $D/2$ times $\log 2\pi$.
# - Gradients reach `W`, `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# There are three parts: the expected squared error, the constants of the density of `x`, and the price.
# Two of them you have written before.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The means of the rows are the matrix product of `mu` with the transposed `W`.
# The trace term is the matrix product of the variances, `(N, K)`, with the squared lengths of the columns of `W`, `(K,)`.
# Divide both by twice the square of `noise_sigma`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The trace term for one pixel and one row: the mean of $(a \cdot z)^2$, where $a$ has two numbers.
#
# ```python
# torch.manual_seed(0)
# mu, variance = torch.tensor([1.0, 0.0]), torch.tensor([4.0, 1.0])
# a = torch.tensor([1.0, 2.0])
# z = mu + variance.sqrt() * torch.randn(100_000, 2)
# print(f"{(z @ a).square().mean():.0f}")  # prints 9
# print((mu @ a).square(), variance @ a.square())  # prints tensor(1.) tensor(8.)
# ```
#
# The square of the mean is 1; the spread adds 8.
# Variances of independent numbers add up with *squared* weights.
#
# With many pixels, sum both parts over the pixels.
# For the second part, this means: sum the squares of `W` over one of its dimensions.
# Over which?
#
# </details>


# %% answer="linear_gaussian_elbo"
def linear_gaussian_elbo(
    x: Tensor,
    W: Tensor,
    noise_sigma: float,
    mu: Tensor,
    logvar: Tensor,
) -> Tensor:
    """Compute the exact ELBO of a linear-Gaussian VAE for each row of x, without sampling.

    Model: z ~ N(0, I_K), x | z ~ N(W z, noise_sigma^2 I_D).
    Belief: q(z) = N(mu, sigma^2), independent latents.
    x: (N, D).  W: (D, K).  noise_sigma: float, a standard deviation.
    mu, logvar: (N, K), one belief for each row.
    Returns shape (N,), in nats with all constants: E_q[log p(x | z)] - KL(q || N(0, I))
    for each row, neither summed nor averaged over rows.
    """
    ### BEGIN SOLUTION
    errors = (x - mu @ W.T).square().sum(dim=-1)
    trace = logvar.exp() @ W.square().sum(dim=0)
    constant = x.shape[-1] * (math.log(noise_sigma) + 0.5 * math.log(2 * math.pi))
    log_likelihood = -0.5 * (errors + trace) / noise_sigma**2 - constant
    return log_likelihood - gaussian_kl(mu, logvar)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "evidence": 2, "gradients": 2}

# %% [markdown]
# **You should see** four lines.
#
# This function is an *oracle*: a right answer that needs no training.
# Programs that train can be tested against it.
# Here it answers a question about the gap.
# In both models below, $q$ is the best one with independent latents.

# %% predict="tight"

# %% tags=["demo"]
torch.manual_seed(3)
perpendicular = torch.linalg.qr(torch.randn(6, 2, dtype=torch.float64)).Q * 1.5
first, second = perpendicular.T
oblique = torch.stack([first, 0.8 * first + 0.6 * second], dim=1)
for name, W in {"perpendicular columns": perpendicular, "oblique columns": oblique}.items():
    z, noise = torch.randn(500, 2, dtype=torch.float64), torch.randn(500, 6, dtype=torch.float64)
    x = z @ W.T + 0.5 * noise
    precision = torch.eye(2, dtype=torch.float64) + W.T @ W / 0.5**2
    mu = torch.linalg.solve(precision, W.T @ x.T / 0.5**2).T
    logvar = -torch.log(precision.diagonal()).expand(500, 2)
    covariance = W @ W.T + 0.5**2 * torch.eye(6, dtype=torch.float64)
    marginal = torch.distributions.MultivariateNormal(torch.zeros_like(x[0]), covariance)
    evidence = marginal.log_prob(x)
    elbo = linear_gaussian_elbo(x, W, 0.5, mu, logvar)
    print(f"{name:<22} log evidence {evidence.mean():.3f}   ELBO {elbo.mean():.3f}", end="")
    print(f"   gap {(evidence - elbo).mean():.3f}")

# %% outcome="tight"
(evidence - elbo).mean()

# %% [markdown]
# With perpendicular columns the gap is zero for every row.
# With oblique columns the posterior is tilted, and independent latents cannot say so.
# The gap that remains is the price of the family, and no training removes it.

# %% [markdown]
# ## Squared error has a noise level (optional)
#
# Many programs train with "squared error + KL".
# Where does squared error come from?
# Let the decoder give the mean $\hat{x}$ (`x_hat`) of each pixel, with normal noise of standard deviation $\sigma$ (here `sigma` is the noise of a pixel, not that of a latent).
# The negative log likelihood of one pixel is
#
# $$-\log \mathcal{N}(x;\, \hat{x}, \sigma^2) = \frac{(x - \hat{x})^2}{2\sigma^2} + \log \sigma + \tfrac12 \log 2\pi.$$
#
# An image is many pixels, and its negative log likelihood is the sum over all of them.
# The parameter is $\log \sigma$ (`log_sigma`), so that every real number is allowed.

# %% [markdown]
# ### Exercise 8: `gaussian_nll`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return this negative log likelihood for each image.
#
# - `x_hat` and `x` have the same shape, `(batch, ...)`: the first dimension counts images, all others are pixels.
# - `log_sigma` is a 0-dim tensor: the natural logarithm of the *standard deviation*, one for all pixels.
# - The result has shape `(batch,)`: the sum over all pixels, with all constants, in nats.
# - Gradients reach `x_hat` and `log_sigma`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the three terms for one pixel as one tensor of the shape of `x`, before you sum.
# Then each term counts once for each pixel by itself.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The variance is the exponential of twice `log_sigma`.
# `flatten(1)` makes every image one row of pixels, whatever its dimensions were.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same task for *Laplace* noise, whose negative log density of a pixel is $|x - \hat{x}|/b + \log b + \log 2$.
# The parameter is $\log b$:
#
# ```python
# def laplace_nll(x_hat, x, log_b):
#     per_pixel = (x - x_hat).abs() / log_b.exp() + log_b + math.log(2)
#     return per_pixel.sum(dim=(1, 2))
#
#
# x, x_hat = torch.ones(2, 3, 3), torch.zeros(2, 3, 3)
# print(laplace_nll(x_hat, x, torch.tensor(0.0)))  # prints tensor([15.2383, 15.2383])
# ```
#
# By hand: 9 pixels, each $1 + \log 2 = 1.693$.
# The number `log_b` broadcasts, so it counts once for each pixel.
#
# For your function, the same images and `log_sigma` = 0 give $9 \cdot (0.5 + 0.919) = 12.77$.
#
# </details>


# %% answer="gaussian_nll"
def gaussian_nll(x_hat: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """Compute -log N(x; x_hat, sigma^2) for each image, in nats, with its constants.

    x_hat, x: means and pixels, same shape (batch, ...); every dimension but the first
    counts pixels.
    log_sigma: natural logarithm of the standard deviation, a 0-dim tensor for all pixels.
    Returns shape (batch,): the sum over the pixels of each image, not over the batch.
    """
    ### BEGIN SOLUTION
    errors = (x - x_hat) / log_sigma.exp()
    per_pixel = 0.5 * errors.square() + log_sigma + 0.5 * math.log(2 * math.pi)
    return per_pixel.flatten(1).sum(dim=1)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2}

# %% [markdown]
# **You should see** three lines.
#
# Now compare with plain squared error.
# The two agree, up to a constant, when $2\sigma^2 = 1$.
# So "squared error + KL" silently assumes $\sigma^2 = \tfrac12$: a noise of 0.71 in every pixel.
# For any other noise, multiply $\frac{1}{2\sigma^2}\|x - \hat{x}\|^2 + \operatorname{KL}$ by $2\sigma^2$:
#
# $$\|x - \hat{x}\|^2 + \beta \operatorname{KL}, \qquad \beta = 2\sigma^2.$$
#
# The weight $\beta$ (`beta`) of the KL *is* a noise level.

# %% predict="pixel_noise"

# %% tags=["demo"]
from lessonkit.data import digits

images = digits().train  # (1437, 64), pixels between 0 and 1
x_hat = images.mean(dim=0).expand_as(images)
log_sigma = torch.tensor(math.log(0.71), requires_grad=True)
optimizer = torch.optim.Adam([log_sigma], lr=0.05)
for _ in range(200):
    loss = gaussian_nll(x_hat, images, log_sigma).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

sigma = log_sigma.exp().item()
print(f"fitted sigma             {sigma:.4f}   beta = 2 sigma^2 = {2 * sigma**2:.3f}")
print(f"root mean squared error  {(images - x_hat).square().mean().sqrt():.4f}")
log_root_half = torch.tensor(0.5 * math.log(0.5))
for name, value in {"with that sigma": log_sigma.detach(), "with sigma^2 = 1/2": log_root_half}.items():
    print(f"loss {name:<18} {gaussian_nll(x_hat, images, value).mean():7.2f} nats per image")

# %% outcome="pixel_noise"
2 * sigma**2

# %% [markdown]
# The best `sigma` is the root of the mean squared error: that is where the derivative in `log_sigma` is zero.
# Already for this poor prediction it is 0.27, far below 0.71; so `beta` is 0.15, not 1.
# Both fall further as the prediction improves.
#
# So with pixels between 0 and 1, plain squared error weighs the KL too heavily: the latents are then used less than the data deserve.
# A negative loss is no mistake here.
# A *density* can be larger than 1, so its logarithm can be positive.

# %% [markdown]
# ## Sticking the landing (optional)
#
# Look at the noise of the gradient itself.
# The whole integrand of the ELBO is $\log p(y, z) - \log q(z)$, where $p(y, z)$ is the *joint* density of data and latents, called `log_joint(z)` below.
# With $z = \mu + \sigma\,\epsilon$, the parameters act on $\log q(z)$ in two ways:
#
# - through the draw $z$: the **path**;
# - as the `mu` and `logvar` inside the formula of $\log q$: the **score**.
#
# Lesson 2 showed that the score has the mean zero.
# So it can be left out: the gradient stays unbiased.
# Hold `mu` and `logvar` inside $\log q$ (*stop* their gradient), and keep the path through $z$.

# %% [markdown]
# What is gained?
# Suppose that $q$ has reached the posterior.
# Then $\log p(y, z) - \log q(z)$ is the same number for *every* $z$, namely the log evidence.
# Its slope in $z$ is zero, so the path gradient is zero for every single draw.
# The optimiser can come to rest: the estimator *sticks the landing*.
#
# The ordinary gradient still shakes there, because of the score.
#
# In code, `detach()` stops a gradient.
# Take care what you detach: `mu` and `logvar` inside $\log q$, and never `z`.

# %% [markdown]
# ### Exercise 9: `stl_elbo_gradient`
#
# *Difficulty ●●●●○ (4 of 5) · 20 minutes*
#
# Return the sticking-the-landing gradient of the ELBO for each draw.
#
# - `log_joint` is a function: it takes `z` of shape `(n, D)` and returns `(n,)`, one log density for each row.
#   It need not be normalised, and PyTorch can differentiate it.
# - `mu` and `logvar` have shape `(D,)`; `eps` has shape `(n, D)` and is already drawn; nothing random happens here.
# - Return the pair `(grad_mu, grad_logvar)`, each of shape `(n, D)`: row $i$ is the gradient of $\log p(y, z_i) - \log q(z_i)$ in `mu` and `logvar`, through $z_i$ alone.
# - It points *up* the ELBO; nothing is summed or averaged over the draws.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# One backward pass adds up the gradients of all draws.
# To keep them apart, give every draw a copy of the parameters: expand `mu` and `logvar` to the shape of `eps` first.
# Or differentiate in `z` only, and apply the chain rule of lesson 3 by hand.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The slope of the integrand in `z` is the gradient of `log_joint(z).sum()` in `z`, minus that of $\log q(z)$.
# With its parameters held, the slope of $\log q$ is minus the distance from the mean, divided by the variance: simply minus the noise over sigma.
# The slope itself is the gradient in `mu`; for `logvar`, multiply by the derivative of `z` in `logvar`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Three draws $z = a + \epsilon$, and $(z - a)^2$.
# So $a$ acts in two places, and one can be held:
#
# ```python
# a = torch.zeros(3, requires_grad=True)  # a copy for each draw
# eps = torch.tensor([-1.0, 0.0, 2.0])
# z = a + eps
# plain, held = (z - a) ** 2, (z - a.detach()) ** 2
# print(torch.autograd.grad(plain.sum(), a, retain_graph=True))  # prints (tensor([0., 0., 0.]),)
# print(torch.autograd.grad(held.sum(), a))  # prints (tensor([-2.,  0.,  4.]),)
# ```
#
# Equal values, different gradients: `held` keeps only the path through `z`.
# The copies keep the draws apart.
#
# Where do `mu` and `logvar` stand in your $\log q$?
# Hold them at each of these places, and not in `z`.
#
# </details>


# %% answer="stl_elbo_gradient"
def stl_elbo_gradient(
    log_joint,
    mu: Tensor,
    logvar: Tensor,
    eps: Tensor,
) -> tuple[Tensor, Tensor]:
    """Compute the sticking-the-landing gradient of the ELBO for each z = mu + sigma * eps.

    log_joint: function from z of shape (n, D) to (n,), differentiable;
    row i depends on z[i] alone.
    mu, logvar: mean and log-variance of q, shape (D,).  eps: the noise, shape (n, D).
    Returns (grad_mu, grad_logvar), each of shape (n, D) and of eps's dtype: for each draw,
    the gradient of log_joint(z) - log q(z) through z alone, with mu and logvar held constant
    inside log q; upward, not averaged.
    """
    ### BEGIN SOLUTION
    mus = mu.detach().expand_as(eps).clone().requires_grad_()
    logvars = logvar.detach().expand_as(eps).clone().requires_grad_()
    z = mus + torch.exp(logvars / 2) * eps
    held_mu, held_logvar = mu.detach(), logvar.detach()
    log_q = -0.5 * ((z - held_mu).square() / held_logvar.exp() + held_logvar).sum(dim=-1)
    elbos = log_joint(z) - log_q
    return torch.autograd.grad(elbos.sum(), [mus, logvars])
    ### END SOLUTION


# %% checks={"shape": 1, "values": 3, "optimum": 2}

# %% [markdown]
# **You should see** three lines.
# The last one says that at the optimum every draw gives exactly zero.
#
# Is it always better?
# Take $q = \mathcal{N}(\mu, \sigma^2)$ and the target $p = \mathcal{N}(0, 1)$, and look at one draw, $z = \mu + \sigma\,\epsilon$.
# The gradient of $\log p(z) - \log q(z)$ in $\mu$ has three parts:
#
# | part | from | value |
# | --- | --- | --- |
# | path through $\log p$ | the slope of $-\tfrac12 z^2$ | $-z$ |
# | path through $-\log q$ | the slope of $\frac{(z - \mu)^2}{2\sigma^2}$ in $z$ | $\frac{z - \mu}{\sigma^2} = \frac{\epsilon}{\sigma}$ |
# | minus the score | the same in $\mu$, with $z$ held | $-\frac{z - \mu}{\sigma^2} = -\frac{\epsilon}{\sigma}$ |

# %% [markdown]
# The *ordinary* estimator adds all three.
# The last two cancel in every draw, since $\log q(z) = -\tfrac12 \epsilon^2 - \log \sigma$ and constants, without any $\mu$.
# So $-z$ is left, with the mean $-\mu$ and the variance $\sigma^2$.
#
# *Sticking the landing* leaves out the score: $-z + \epsilon / \sigma$.
# With $z = \mu + \sigma\,\epsilon$ this is $-\mu + (1/\sigma - \sigma)\,\epsilon$: the same mean, and the variance $(1/\sigma - \sigma)^2$.

# %% predict="landing"

# %% tags=["demo"]
torch.manual_seed(0)
n, mu = 2_000, torch.tensor([0.5], dtype=torch.float64)
sigmas = torch.tensor([0.4, 0.5, 0.6, 0.71, 0.85, 1.0, 1.2, 1.4], dtype=torch.float64)
measured = {"ordinary": [], "sticking the landing": []}
for sigma in sigmas:
    eps, logvar = torch.randn(n, 1, dtype=torch.float64), 2 * sigma.log().expand(1)
    grad_mu, _ = stl_elbo_gradient(lambda z: -0.5 * z.square().sum(dim=-1), mu, logvar, eps)
    measured["sticking the landing"].append(grad_mu.var().item())
    measured["ordinary"].append((-(mu + sigma * eps)).var().item())

# %% plot=true
# Draws figure 4: both variances for every sigma, measured and by the closed forms.
_, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
grid = torch.linspace(0.38, 1.45, 300)
lines = {
    "ordinary": (grid**2, "-", "#0072B2", "s"),
    "sticking the landing": ((1 / grid - grid) ** 2, "--", "#D55E00", "o"),
}
for name, (closed, dashes, color, marker) in lines.items():
    axes.plot(grid, closed, dashes, color=color, label=f"{name}: closed form")
    errors = 2 * math.sqrt(2 / (n - 1)) * torch.tensor(measured[name])
    style = {"fmt": marker, "color": color, "capsize": 4}
    style["label"] = f"{name}: measured, 2 standard errors"
    axes.errorbar(sigmas, measured[name], errors, **style)
axes.axvline(1 / math.sqrt(2), color="gray", linestyle=":")
axes.text(0.73, 2.5, "sigma = 1 / sqrt(2)")
axes.set(xlabel="sigma of q (the target has sigma 1)", ylabel="variance of the gradient in mu")
axes.set_title(
    "Sticking the landing has zero variance at the optimum,\n"
    "and more variance than the ordinary gradient for a small sigma"
)
axes.legend()
plt.show()

# %% outcome="landing"
measured["sticking the landing"][0] / measured["ordinary"][0]

# %% [markdown]
# *Figure 4. The ordinary variance (solid line, squares) grows from 0.16 to 2 as sigma grows from 0.4 to 1.4.*
# *The variance of sticking the landing (dashed line, circles) falls steeply from 4.4 at sigma 0.4 to 0 at sigma 1, then rises slowly.*
# *The lines cross at one over the square root of 2, about 0.71; the dashed line is the higher one on the left of it.*
#
# So it is not always better.
# On this example it wins for $\sigma > 1/\sqrt{2}$, and loses while $q$ is much too narrow.
# A method that is excellent at the end of training can be poor at its beginning.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
