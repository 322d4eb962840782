# %% [markdown]
# # Lesson 12: the same trick elsewhere
#
# **The question of this lesson: which famous methods differentiate through a random draw, and which only make one?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 170 minutes: 105 for flows and diffusion, 65 for policies and labels | lessons 4 and 6; lesson 8 helps | 40 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - build a transformation that can be undone, and say what it does to a density;
# - write the loss and the sampling step of a diffusion model, and say how good its loss can be;
# - compute the log-probability of an action that went through `tanh`, without losing its digits;
# - write the loss of a classifier with a noisy code;
# - say for each method whether it needs the *path* through the draw, or only the *line* that makes it.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# An exercise is one function: replace `raise NotImplementedError` with your code, then run the check cells below it.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
#
# In all exercises: keep the dtype and the device of the inputs, and never change an input in place.
# All logarithms are natural, so that all prices are in *nats*.
# The lesson has two halves; stop after the first if you want, and run the cells again from the top later.

# %% locked="imports"
import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from lessonkit.data import binarize, digits, pixels_off
from lessonkit.frontiers import STEPS, NoiseModel, best_noise, centres, ring, schedule, shares
from lessonkit.vae import VAE, reparameterize, train, vae_loss

Net = Callable[[Tensor], tuple[Tensor, Tensor]]  # the type of a net in exercises 1 and 2

# %% [markdown]
# ## One line, two programs
#
# You know the line `z = mu + sigma * eps`.
# Here are two programs, each with such a line and one weight to learn.
#
# - The first predicts a mean from an input, draws `z` around it, and wants `z` to be 1.
# - The second mixes an input with noise, and wants to predict the noise from the mixture.

# %% predict="detached"

# %% tags=["demo"]
torch.set_num_threads(1)  # the tensors are small: sharing the work costs more than it gives


def first(w: Tensor, x: Tensor, eps: Tensor, cut: bool) -> Tensor:
    z = w * x + 0.5 * eps
    return ((z.detach() if cut else z) - 1).square().mean() + 0 * w  # 0 * w: w is always in the graph


def second(w: Tensor, x: Tensor, eps: Tensor, cut: bool) -> Tensor:
    x_t = math.sqrt(0.7) * x + math.sqrt(0.3) * eps
    return (w * (x_t.detach() if cut else x_t) - eps).square().mean()


torch.manual_seed(0)
x, eps = torch.randn(1_000), torch.randn(1_000)
for program in (first, second):
    for cut in (False, True):
        w = torch.tensor(0.4, requires_grad=True)
        (gradient,) = torch.autograd.grad(program(w, x, eps, cut), w)
        way = "detached" if cut else "as it is"
        print(f"{program.__name__:<6} {way} gradient {gradient.item():.4f}")

# %% outcome="detached"

# %% [markdown]
# The first program loses its gradient, and the second does not notice.
# In the first, the weight stands *before* the draw, so that its gradient has to come back through it.
# In the second, nothing before the draw is learned.
#
# So there are two things to tell apart.
# The **line** makes a random number from noise and two given numbers.
# The **path** is the derivative that comes back through the line.
# Four families of methods have the line.
# At the end of this lesson you will know which of them need the path.

# %% [markdown]
# ## A line that can be undone
#
# Read $z = \mu + \sigma \varepsilon$ as a map from $\varepsilon$ to $z$.
# It can be undone, and it stretches every coordinate by $\sigma$.
# A map that stretches makes a density thinner by the same factor:
#
# $$\log q(z) = \log p(\varepsilon) - \sum_d \log \sigma_d.$$
#
# Here $p$ is the density of the noise, and $q$ that of the result.
# In general, for a map with the Jacobian matrix $J$ of all its derivatives, the sum is $\log |\det J|$, which people call `log_det`.
#
# > **Claim, found on the web: "The reparameterization of a VAE is a simple affine flow."**

# %% tags=["demo"]
torch.manual_seed(0)
mu, logvar, eps = (torch.randn(4, 3, dtype=torch.float64) for _ in range(3))
sigma = torch.exp(logvar / 2)
z = mu + sigma * eps
log_p = -0.5 * (eps.square() + math.log(2 * math.pi)).sum(dim=1)  # of the noise
by_the_map = log_p - sigma.log().sum(dim=1)
by_the_formula = torch.distributions.Normal(mu, sigma).log_prob(z).sum(dim=1)
print("largest difference:", f"{(by_the_map - by_the_formula).abs().max().item():.0e}")

# %% [markdown]
# The claim **holds**, to rounding.
# A *flow* is a chain of such maps, with more freedom: shift and scale of one part of the numbers may be any function of the other part.
#
# Cut the $d$ columns of $z$ in two parts, $a$ and $b$.
# The part $a$ has the first $\lfloor d/2 \rfloor$ columns and passes unchanged.
# A function `net` of $a$ gives a shift $m$ and a log-scale $s$, one of each for every column of $b$:
#
# $$a' = a, \qquad b' = b \cdot e^{s(a)} + m(a).$$
#
# This is an *affine coupling* (Dinh, Sohl-Dickstein and Bengio, 2017).
# Its Jacobian is triangular: $\partial a' / \partial b = 0$.
# So its determinant is the product of the diagonal, and `log_det` is the sum of $s$ over the columns of $b$, whatever `net` is.

# %% [markdown]
# ### Exercise 1: `affine_coupling`
#
# *Difficulty ●●●○○ (3 of 5) · 18 minutes*
#
# Apply one coupling to each row.
#
# - `z` has shape `(batch, d)`, $d \ge 2$.
#   The first `d // 2` columns pass; if $d$ is odd, the second part is the longer one.
# - `net` is a function; `net(a)` returns the pair `(shift, log_scale)`, each of the shape of the second part.
#   It wants exactly the first part.
# - Return the pair `(z', log_det)`: `z'` has the shape of `z`, with its columns in the same places; `log_det` has shape `(batch,)`.
# - Gradients of both reach `z`, through `net` too, and whatever `net` has learned.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Split the columns with two slices at `d // 2`.
# `chunk(2)` makes the *first* part the longer one.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The second part times the exponential of the log-scale, plus the shift; then `torch.cat` along dimension 1.
# The log-determinant needs no matrix: sum the log-scale over its columns.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# One row of two numbers, with a sine and a square in the place of `net`: $x$ passes, and $y$ is stretched by $e^{\sin x}$ and shifted by $x^2$.
#
# ```python
# def wave(point):
#     x, y = point
#     return torch.stack([x, y * torch.exp(torch.sin(x)) + x**2])
#
#
# point = torch.tensor([0.5, 2.0])
# jacobian = torch.autograd.functional.jacobian(wave, point)
# print(f"{jacobian.det().log():.4f} {math.sin(0.5):.4f}")  # prints 0.4794 0.4794
# ```
#
# The shift does not count, and neither does the derivative of $\sin x$: the log-determinant is the log-scale itself.
# In yours, $x$ and $y$ are groups of columns, and `net` gives both ingredients at once.
# Each row has its own log-determinant: over which dimension do you add?
#
# </details>


# %% answer="affine_coupling"
def affine_coupling(z: Tensor, net: Net) -> tuple[Tensor, Tensor]:
    """Stretch and shift the second part of each row by what net makes of the first part.

    z: shape (batch, d), d >= 2.  The first part has d // 2 columns, the second the others.
    net: net(first) returns (shift, log_scale), each of the shape of the second part.
    Returns (z', log_det).  z', of the shape of z: the first part as it is, then
    second * exp(log_scale) + shift.  log_det, shape (batch,): log |det dz'/dz| of each row.
    Gradients of both reach z and whatever net depends on.
    """
    ### BEGIN SOLUTION
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, b * log_scale.exp() + shift], dim=1), log_scale.sum(dim=1)
    ### END SOLUTION


# %% checks={"values": 2, "determinant": 2, "odd": 1, "gradients": 2}

# %% [markdown]
# **You should see** four lines: about the values, the log-determinant, an odd number of columns, and the gradients.
#
# Do you believe in the triangular Jacobian?
# The next cell asks autograd for the whole matrix, and takes its determinant.

# %% tags=["demo"]
torch.manual_seed(0)
layer = nn.Linear(2, 6, dtype=torch.float64)
row = torch.randn(5, dtype=torch.float64)


def wavy(a: Tensor) -> tuple[Tensor, Tensor]:
    """A shift and a log-scale for three columns."""
    shift, log_scale = layer(a).chunk(2, dim=1)
    return shift, torch.sin(3 * log_scale)


jacobian = torch.autograd.functional.jacobian(lambda row: affine_coupling(row[None], wavy)[0][0], row)
print("is dz'/dz zero above the diagonal?", bool((jacobian.triu(1) == 0).all()))
print(f"log |det| of the matrix: {jacobian.detach().det().abs().log().item():.12f}")
print(f"your log_det:            {affine_coupling(row[None], wavy)[1].item():.12f}")

# %% [markdown]
# ## And back
#
# To undo a coupling, you need no inverse of `net`.
# The first part is still there, so `net` can be asked again:
#
# $$a = a', \qquad b = (b' - m(a')) \cdot e^{-s(a')}.$$
#
# First the shift is taken away, and then the scale.
# The inverse shrinks what the coupling stretched: its `log_det` is minus the sum of $s$.

# %% [markdown]
# ### Exercise 2: `affine_coupling_inverse`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Undo `affine_coupling`.
#
# - `z` and `net` are as in exercise 1; here `z` is what the coupling returned.
# - Return the pair `(z, log_det)`: what went in, and the log-determinant *of the inverse*, shape `(batch,)`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which of the two steps of the coupling was the last?
# Undo it first.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Subtract the shift from the second part, and multiply with the exponential of *minus* the log-scale.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Celsius and Fahrenheit are such a pair: one stretches and shifts, the other takes both back.
#
# ```python
# celsius = torch.tensor([0.0, 100.0])
# fahrenheit = celsius * 1.8 + 32
# back = (fahrenheit - 32) / 1.8
# print(back.tolist())  # prints [0.0, 100.0]
# print(f"{math.log(1.8) + math.log(1 / 1.8):.1f}")  # prints 0.0
# ```
#
# What was done last is undone first.
# The two log-slopes add up to 0, since back and forth together stretch nothing.
# Test yours so: give the coupling's result to the inverse.
# The first return value must be what you began with, and the two log-determinants must cancel in every row.
# Which part does `net` see on the way back?
#
# </details>


# %% answer="affine_coupling_inverse"
def affine_coupling_inverse(z: Tensor, net: Net) -> tuple[Tensor, Tensor]:
    """Undo affine_coupling(., net).

    z: what the coupling returned, shape (batch, d), d >= 2.  net: as there.
    Returns (what went into the coupling, log_det); log_det, shape (batch,), is
    log |det| of the inverse's own Jacobian for each row.
    """
    ### BEGIN SOLUTION
    half = z.shape[1] // 2
    a, b = z[:, :half], z[:, half:]
    shift, log_scale = net(a)
    return torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=1), -log_scale.sum(dim=1)
    ### END SOLUTION


# %% checks={"values": 2, "determinant": 1}

# %% [markdown]
# **You should see** two lines.
#
# One coupling leaves half of the numbers as they are.
# A chain of couplings changes all of them, *if* the parts change places in between.
#
# Lesson 8 ended with a gap: the codes of all images together, the *aggregate*, are not distributed as the prior is.
# The KL pays for this distance, and samples from the prior suffer from it.
# Lesson 8 could only push the codes to the prior.
# A flow moves the prior to the codes.

# %% [markdown]
# The flow `f` turns a code `z` into `u = f(z)`, and wants `u` to look like noise.
# The new prior is then
#
# $$\log p(z) = \log \mathcal{N}(f(z); 0, I) + \log\Big|\det \frac{\partial f}{\partial z}\Big|.$$
#
# To train it, take the model of lesson 6 as it is, draw fresh codes, and make $\log p(z)$ large.
# To draw a code, draw `u` and go back through the inverse.


# %% tags=["demo"]
class ShiftAndScale(nn.Module):
    """Shift and log-scale of 4 columns from 4 others; both are 0 at the start."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 8))
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)

    def forward(self, a: Tensor) -> tuple[Tensor, Tensor]:
        shift, log_scale = self.layers(a).chunk(2, dim=1)
        return shift, torch.tanh(log_scale)  # a scale between 1/e and e


def to_noise(z: Tensor, nets: nn.ModuleList) -> tuple[Tensor, Tensor]:
    """f(z) and its log-determinant: couplings, with the halves exchanged after each."""
    total = z.new_zeros(len(z))
    for net in nets:
        z, log_det = affine_coupling(z, net)
        z, total = z.roll(4, dims=1), total + log_det
    return z, total


def from_noise(u: Tensor, nets: nn.ModuleList) -> Tensor:
    """The code that to_noise turns into u."""
    for net in reversed(nets):
        u, _ = affine_coupling_inverse(u.roll(4, dims=1), net)
    return u


# %% tags=["demo"]
images = digits()
train_images, test_images = binarize(images.train), binarize(images.test)
torch.manual_seed(0)
model = VAE()
train(model, train_images, 100, name="VAE")
normal = torch.distributions.Normal(0.0, 1.0)
with torch.no_grad():
    mu, logvar = model.encode(train_images)[1:]
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample()  # one code for each image: draws from the aggregate
    aggregate = q.log_prob(z[:, None]).sum(dim=2).logsumexp(dim=1) - math.log(len(mu))
    prior = normal.log_prob(z).sum(dim=1)
    own = q.log_prob(z).sum(dim=1)
print(f"KL of the training images {(own - prior).mean():.2f} nats, ", end="")
print(f"of which the distance of the aggregate from the prior {(aggregate - prior).mean():.2f}")

# %% predict="at_most"

# %% tags=["demo"]
nets = nn.ModuleList([ShiftAndScale() for _ in range(6)])
optimizer = torch.optim.Adam(nets.parameters(), lr=1e-3)
bar = tqdm(range(100), desc="flow")
for _ in bar:
    for rows in torch.randperm(len(mu)).split(64):
        u, log_det = to_noise(reparameterize(mu[rows], logvar[rows]), nets)
        loss = (0.5 * u.square().sum(dim=1) - log_det).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    bar.set_postfix_str(f"-log p(z) without its constant {loss.item():.2f}")


# %% tags=["demo"]
@torch.no_grad()
def price(log_prior: Callable[[Tensor], Tensor], draws: int = 20) -> tuple[float, float]:
    """Reconstruction and KL of the test images under a prior, both from draws, in nats."""
    mu, logvar = model.encode(test_images)[1:]
    q, found = torch.distributions.Normal(mu, torch.exp(logvar / 2)), []
    for _ in range(draws):
        z = q.sample()
        kl = (q.log_prob(z).sum(dim=1) - log_prior(z)).mean()
        found.append((vae_loss(model.decode(z), test_images, mu, logvar)[1].item(), kl.item()))
    return tuple(sum(column) / draws for column in zip(*found, strict=True))


def by_flow(z: Tensor) -> Tensor:
    """log p(z) of the new prior."""
    u, log_det = to_noise(z, nets)
    return normal.log_prob(u).sum(dim=1) + log_det


@torch.no_grad()
def off(codes: Tensor) -> float:
    """How many pixels decoded codes are off from the nearest training image."""
    return pixels_off(torch.sigmoid(model.decode(codes)), train_images)


# %% tags=["demo"]
torch.manual_seed(0)
u = torch.randn(1_000, 8)
with torch.no_grad():
    rows = {
        "N(0, I)": (lambda z: normal.log_prob(z).sum(dim=1), u),
        "your flow": (by_flow, from_noise(u, nets)),
    }
print("prior        KL   negative ELBO   pixels off of its samples")
for name, (log_prior, codes) in rows.items():
    reconstruction, kl = price(log_prior)
    print(f"{name:<10}{kl:5.2f}{reconstruction + kl:16.2f}{off(codes):28.2f}")
some = reparameterize(mu, logvar)[torch.randperm(len(mu))[:1_000]]
print(f"draws from the aggregate{off(some):35.2f}")

# %% outcome="at_most"

# %% [markdown]
# The new prior saves about half a nat, half of what could be saved: the KL is the information about the image plus the distance of the aggregate from the prior, and only the distance can shrink.
# No decoder and no encoder was changed.
# The samples are better too: their distance to the nearest training image goes more than a third of the way to that of draws from the aggregate itself.
#
# A flow needs the path twice over: the gradient comes back through every coupling, and the determinant *is* made of derivatives.

# %% [markdown]
# ## Noise in a hundred steps
#
# A diffusion model takes the line to the extreme.
# It mixes data $x_0$ with noise, a little more in each of $T$ steps, until nothing is left of the data (Sohl-Dickstein and others, 2015).
# A *schedule* says how much is left: $\bar\alpha_t$ (`alpha_bar[t]`) falls from nearly 1 to nearly 0.
# After step $t$,
#
# $$x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1 - \bar\alpha_t}\, \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, I).$$
#
# It is `mu + sigma * eps` again, with a `mu` and a `sigma` that nobody learns.
# The roots are there for the variance: if $x_0$ has variance 1, so has $x_t$, since $\bar\alpha_t + (1 - \bar\alpha_t) = 1$.
#
# Indices count from 0, so `alpha_bar[0]` is *after* one step, and already a little noisy.

# %% [markdown]
# ### Exercise 3: `q_sample`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Mix every row with its noise.
#
# - `x0` and `eps` have the same shape, `(batch, ...)`: after the batch comes at least one dimension, or several, as in images.
# - `t` has shape `(batch,)` and dtype int64: each row has its own step, from 0 to $T - 1$.
# - `alpha_bar` has shape `(T,)`.
# - Return $x_t$, of the shape of `x0`. Draw nothing.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `alpha_bar[t]` has shape `(batch,)`.
# How must it look so that it multiplies *rows*?
# Beware of a batch that is as long as a row: a wrong shape then raises no error.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Give `alpha_bar[t]` one dimension of length 1 for every dimension of `x0` after the first, with `reshape`.
# Then both factors are square roots.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: take from each of two pictures its own dark level.
# The batch is as long as a row, so that a wrong shape raises no error:
#
# ```python
# pictures = torch.full((2, 2, 2), 10.0)
# dark = torch.tensor([1.0, 5.0])  # one for each picture
# wrong, right = pictures - dark, pictures - dark.reshape(-1, 1, 1)
# print(wrong[0].tolist())  # prints [[9.0, 5.0], [9.0, 5.0]]
# print(right[0].tolist())  # prints [[9.0, 9.0], [9.0, 9.0]]
# ```
#
# In `wrong` the levels went to the columns.
# Here two ones are enough, because `pictures` has three dimensions.
# Yours may have any number, so count them: `(2,) + (1,) * 3` is `(2, 1, 1, 1)` in Python.
# Only then come the two roots.
#
# </details>


# %% answer="q_sample"
def q_sample(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Mix each row with its noise: sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps.

    x0, eps: data and given noise, shape (batch, ...), one dimension or more after the batch.
    t: int64, shape (batch,), the index into alpha_bar of each row, from 0.
    alpha_bar: shape (T,), between 0 and 1.
    Returns x_t, of the shape of x0.
    """
    ### BEGIN SOLUTION
    a = alpha_bar[t].reshape(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps
    ### END SOLUTION


# %% checks={"values": 2, "images": 1, "ends": 1}

# %% [markdown]
# **You should see** three lines.
#
# The data of this part are points in the plane: eight normal distributions on a ring of radius 1.33, each with a standard deviation of 0.1.
# `ring(n)` draws `n` points, and `schedule()` gives an `alpha_bar` of 100 steps.

# %% tags=["demo"]
alpha_bar = schedule()
torch.manual_seed(0)
x0 = ring(600)
noised = {}
for step in (0, 10, 30, 50, 99):
    noised[step] = q_sample(x0, torch.full((600,), step), torch.randn_like(x0), alpha_bar)

# %% plot=true
# Draws figure 1: the ring after each number of steps.
figure, panels = plt.subplots(1, 5, figsize=(10.5, 2.5), sharex=True, sharey=True, layout="constrained")
for axes, (step, x_t) in zip(panels, noised.items(), strict=True):
    axes.plot(*x_t.T, ".", color="#0072B2", markersize=2)
    axes.set_title(f"t = {step}, alpha_bar {alpha_bar[step]:.3f}", fontsize=9)
    axes.set(xlabel="first coordinate", aspect="equal")
panels[0].set_ylabel("second coordinate")
figure.suptitle("Within a hundred steps, the line turns eight spots into one cloud of noise")
plt.show()

# %% [markdown]
# *Figure 1. The same 600 points at $t$ = 0, 10, 30, 50 and 99: eight small spots on a ring, then a broad ring, then three times a round cloud, in which no ring is to be seen.*
#
# A network is to go the other way.
# Its whole training is this: mix data with noise, and predict the noise from the mixture (Ho, Jain and Abbeel, 2020).

# %% [markdown]
# ### Exercise 4: `noise_prediction_loss`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return the loss of one batch.
#
# - `x0`, `t` and `alpha_bar` are as in exercise 3; `model` is a function.
# - Draw one fresh $\varepsilon \sim \mathcal{N}(0, I)$ of the shape of `x0`: a number for every element, in every call anew.
# - Mix with it, and call `model(x_t, t)` once, with `t` as it came.
#   It returns a prediction of the shape of `x0`.
# - The loss is the mean, over *all* elements, of the squared difference between the prediction and the $\varepsilon$ that made $x_t$.
# - Its gradient reaches the weights of the model.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Four lines: draw, mix, predict, compare.
# The noise stands in two of them.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `torch.randn_like(x0)`, then `q_sample`, then the model.
# `F.mse_loss` with its defaults is the mean of the squared differences over all elements.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: dim each image by a random factor, and let a model guess the factor.
#
# ```python
# def dimming_loss(model, images):
#     factor = torch.rand(len(images), 1)
#     guess = model(images * factor)
#     return (guess - factor).square().mean()
#
#
# white = torch.ones(64, 4)
# brightness = lambda seen: seen.mean(dim=1, keepdim=True)
# print(f"{dimming_loss(brightness, white):.3f}")  # prints 0.000
# ```
#
# This model sees the factor in the white image, so its loss is 0.
# With `torch.rand` written a second time in the last line of the function, the loss would be near 1/6: the model would be asked for a number that it never met.
# Draw once, and use it twice.
#
# </details>


# %% answer="noise_prediction_loss"
def noise_prediction_loss(
    model: Callable[[Tensor, Tensor], Tensor], x0: Tensor, t: Tensor, alpha_bar: Tensor
) -> Tensor:
    """Compute the mean squared error of the model's noise prediction, for one fresh eps.

    model: called once, as model(x_t, t), with t as it came; returns the shape of x0.
    x0: shape (batch, ...).  t: int64, (batch,).  alpha_bar: (T,).
    eps ~ N(0, 1), of the shape of x0, fresh for every element and call, makes x_t and is
    what the model is to predict.
    Returns a 0-dim tensor: the mean over all elements.  Its gradient reaches the model.
    """
    ### BEGIN SOLUTION
    eps = torch.randn_like(x0)
    x_t = q_sample(x0, t, eps, alpha_bar)
    return (model(x_t, t) - eps).square().mean()
    ### END SOLUTION


# %% checks={"values": 2, "noise": 2, "inputs": 1, "gradients": 1}

# %% [markdown]
# **You should see** four lines.
#
# Train a network, `NoiseModel()` of `lessonkit.frontiers`: three hidden layers of 128, with $t$ as an input beside $x_t$.

# %% predict="floor"

# %% tags=["demo"]
torch.manual_seed(0)
network, losses = NoiseModel(), []
optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 4_000)
bar = tqdm(range(4_000), desc="diffusion")
for step in bar:
    loss = noise_prediction_loss(network, ring(256), torch.randint(STEPS, (256,)), alpha_bar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    cooling.step()
    losses.append(loss.item())
    if step % 200 == 199:
        bar.set_postfix_str(f"loss {sum(losses[-200:]) / 200:.3f}")
print(f"mean loss of the last 500 steps: {sum(losses[-500:]) / 500:.3f}")

# %% outcome="floor"
sum(losses[-500:]) / 500

# %% [markdown]
# ## The best possible loss
#
# The loss stops near a quarter.
# Is that a bad network?
#
# The best prediction of $\varepsilon$ from $x_t$ is its conditional mean, $\mathbb{E}[\varepsilon \mid x_t]$: a mean is what a squared error asks for.
# What remains is the variance of $\varepsilon$ given $x_t$: no network can remove it.
# It is the **floor** of the loss.
#
# For a mixture of normal distributions the conditional mean is a formula.
# Given that $x_0$ came from centre $c_k$ with standard deviation $s$, both $x_t$ and $\varepsilon$ are normal, and with $v = \bar\alpha s^2 + 1 - \bar\alpha$
#
# $$\mathbb{E}[\varepsilon \mid x_t, k] = \frac{\sqrt{1 - \bar\alpha}}{v} \big(x_t - \sqrt{\bar\alpha}\, c_k\big).$$
#
# Average over $k$ with the probability of each centre given $x_t$, a softmax.
# `best_noise` does both.

# %% tags=["demo"]
steps = torch.arange(0, STEPS, 3)


@torch.no_grad()
def loss_at(predict: Callable[[Tensor, int], Tensor], n: int = 4_000) -> Tensor:
    """The loss of a prediction at every third step."""
    torch.manual_seed(1)  # both predictions see the same points and the same noise
    found = []
    for step in steps.tolist():
        x0, eps = ring(n), torch.randn(n, 2)
        x_t = q_sample(x0, torch.full((n,), step), eps, alpha_bar)
        found.append((predict(x_t, step) - eps).square().mean())
    return torch.stack(found)


def exact(x_t: Tensor, step: int) -> Tensor:
    """The best prediction for the ring."""
    return best_noise(x_t, alpha_bar[step], centres())


def by_network(x_t: Tensor, step: int) -> Tensor:
    """The prediction of the network."""
    return network(x_t, torch.full((len(x_t),), step))


floor, reached = loss_at(exact), loss_at(by_network)
print(f"floor {floor.mean():.4f}   network {reached.mean():.4f}   excess {(reached - floor).mean():.4f}")

# %% plot=true
# Draws figure 2: the error of the network, and the floor, for every t.
figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
axes.plot(steps, floor, color="#0072B2", label="floor: the exact conditional mean")
axes.plot(steps, reached, "o", color="#D55E00", markersize=5, label="network, 4,000 steps")
axes.axhline(1, color="0.6", linestyle=":", label="predicting 0")
axes.set(xlabel="t (steps of noise, from 0)", ylabel="mean squared error of eps (no unit)")
axes.set_ylim(0, 1.1)
axes.set_title("Nearly all of the loss is noise that nobody can predict")
axes.legend()
plt.show()

# %% [markdown]
# *Figure 2. The loss against the noise level.*
# *The line is the floor: 0.9 at $t = 0$, where $x_t$ shows almost nothing of the noise, a dip to 0.33 at 6, between 0.5 and 0.6 from 15 to 25, and then down to 0 at the end, where $x_t$ is almost all noise.*
# *The points of the network lie on the line, or a little above it for small $t$.*

# %% [markdown]
# So a loss of a quarter is not bad training.
# Nearly all of it, 98 parts of 100, is noise that cannot be predicted, and only the *excess* above the floor tells how good the network is.
# After 1,000, 2,000 and 4,000 steps of such trainings the excess was 0.075, 0.025 and 0.005, and 0.2, 0.6 and 0.9 of the samples lay near a centre.
# In the loss this is the difference between 0.32, 0.27 and 0.25.
#
# The optimal loss as a diagnosis is published (arXiv 2506.13763).

# %% [markdown]
# ## Claims tested: "diffusion does not rely on the trick"
#
# > **Claim, found on the web: "Diffusion models add noise, but they do not rely on the reparameterization trick."**

# %% predict="no_path"


# %% tags=["demo"]
def gradients_of(cut: bool) -> list[Tensor]:
    """Gradients of the network's weights, for the same data and the same noise."""
    torch.manual_seed(2)
    x0, t = ring(256).requires_grad_(), torch.randint(STEPS, (256,))
    seen = (lambda x_t, t: network(x_t.detach(), t)) if cut else network
    loss = noise_prediction_loss(seen, x0, t, alpha_bar)
    return torch.autograd.grad(loss, list(network.parameters()))


same = [torch.equal(a, b) for a, b in zip(gradients_of(True), gradients_of(False), strict=True)]
print(f"{sum(same)} of {len(same)} gradients are equal, bit by bit")

# %% outcome="no_path"
sum(same) / len(same)

# %% [markdown]
# The claim is **right about the path, and wrong about the line**.
# The line `mu + sigma * eps` makes every training example, in one step in place of $t$ steps.
# The path through it is not used, because nothing before it is learned.
#
# That is a choice.
# Ho, Jain and Abbeel write that they ignore that the variances of the steps could be learned by reparameterization, and fix them.
# Kingma, Salimans, Poole and Ho (2021) learn the schedule: then the path is needed again.

# %% [markdown]
# ## The way back
#
# To draw a new point, start from pure noise and go back, one step at a time.
# A step from $t$ to $t - 1$ needs two numbers.
# How much of the signal did this one step keep?
#
# $$\alpha = \bar\alpha_t / \bar\alpha_{t-1}, \qquad \beta = 1 - \alpha,$$
#
# and before the first step nothing is lost: for $t = 0$, $\bar\alpha_{t-1}$ is 1.
# With a predicted noise $\hat\varepsilon$, the mean and the variance of the step are
#
# $$m = \frac{1}{\sqrt{\alpha}} \Big(x_t - \frac{\beta}{\sqrt{1 - \bar\alpha_t}}\, \hat\varepsilon\Big), \qquad v = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t}\, \beta.$$
#
# This is the mean and the variance of $x_{t-1}$ given $x_t$ *and* the $x_0$ that $\hat\varepsilon$ implies.
# For $t = 0$ the variance is 0 by itself: the last step adds no noise.

# %% [markdown]
# ### Exercise 5: `reverse_step`
#
# *Difficulty ●●●●○ (4 of 5) · 18 minutes*
#
# Take one step back.
#
# - `x`, `eps_hat` and `noise` have the same shape, any shape: $x_t$, the predicted noise, and given noise from $\mathcal{N}(0, I)$.
# - `t` is an `int` from 0 to $T - 1$, `alpha_bar` has shape `(T,)`.
# - Return $m + \sqrt{v} \cdot$ `noise`, of the shape of `x`.
# - For `t = 0`, `noise` has no effect.
# - Take $\alpha$ and $\beta$ from `alpha_bar` alone: it may be any falling schedule, for example every tenth number of a longer one.
#
# A frequent bug of diffusion programs is an index here: in Python, `alpha_bar[-1]` is no error.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write the number before `alpha_bar[t]` first, with the case `t = 0` apart.
# All else follows from it and `alpha_bar[t]`.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# With `previous`, which is 1 at `t = 0`: $\alpha$ is a quotient, $\beta$ is one minus it, and the two formulas can be written as they stand.
# The noise is multiplied with the *root* of the variance.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The index first, with a battery: `left` says what is left after each hour, and before the first hour it is full.
#
# ```python
# left = torch.tensor([0.9, 0.72, 0.36])
# full = torch.tensor(1.0)
# wrong = torch.stack([left[hour] / left[hour - 1] for hour in range(3)])
# print(wrong)  # prints tensor([2.5000, 0.8000, 0.5000])
# before = torch.stack([full if hour == 0 else left[hour - 1] for hour in range(3)])
# print(left / before)  # prints tensor([0.9000, 0.8000, 0.5000])
# ```
#
# The first print is the bug: at hour 0 it takes the *last* number.
# Check yours with this list as `alpha_bar` and `t` = 1: $\alpha$ = 0.8, $\beta$ = 0.2, and the noise is multiplied by 0.267, the root of 0.0714.
#
# </details>


# %% answer="reverse_step"
def reverse_step(x: Tensor, t: int, eps_hat: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Take one step back, from x_t to x_{t-1}.

    x, eps_hat, noise: x_t, the predicted noise, given N(0, 1) noise; all of one shape, any.
    t: an int, from 0.  alpha_bar: shape (T,), any falling schedule; before index 0 it is 1.
    With alpha = alpha_bar[t] / alpha_bar[t-1] and beta = 1 - alpha, returns mean + sd * noise:
    mean = (x - beta / sqrt(1 - alpha_bar[t]) * eps_hat) / sqrt(alpha),
    sd^2 = (1 - alpha_bar[t-1]) / (1 - alpha_bar[t]) * beta, which is 0 at t = 0.
    """
    ### BEGIN SOLUTION
    now = alpha_bar[t]
    previous = alpha_bar[t - 1] if t > 0 else torch.ones_like(now)
    alpha = now / previous
    beta = 1 - alpha
    mean = (x - beta / (1 - now).sqrt() * eps_hat) / alpha.sqrt()
    return mean + ((1 - previous) / (1 - now) * beta).sqrt() * noise
    ### END SOLUTION


# %% checks={"values": 2, "last": 2, "subset": 1}

# %% [markdown]
# **You should see** three lines.
#
# Because your step takes $\alpha$ from a quotient, it can jump.
# Give it ten of the hundred numbers of `alpha_bar`, and it goes back in ten steps.
# The network, however, still has to be told *which* noise level it sees: the index in the long schedule.
#
# How good are samples?
# `shares(x)` says which share of the points lies within 3 standard deviations of a centre, and which within 1.
# For points of the ring these are 0.989 and 0.393.

# %% predict="narrow"

# %% tags=["demo"]
Step = Callable[[Tensor, int, Tensor, Tensor, Tensor], Tensor]


@torch.no_grad()
def sample(predict, n: int, jumps: int = STEPS, step_back: Step = reverse_step, told=None) -> Tensor:
    """Go back from noise in this many steps; ``told`` is what predict gets for each."""
    index = torch.linspace(STEPS - 1, 0, jumps).round().long().flip(0)  # ends at the last
    short, told = alpha_bar[index], index if told is None else told
    x = torch.randn(n, 2)
    for t in reversed(range(jumps)):
        x = step_back(x, t, predict(x, int(told[t])), torch.randn(n, 2), short)
    return x


torch.manual_seed(0)
print("within           3 sd   1 sd")
for name, points in {
    "the ring": ring(20_000),
    "exact, 100 steps": sample(exact, 5_000),
    "network, 100": sample(by_network, 5_000),
    "network, 20": sample(by_network, 5_000, 20),
    "20, told 0 to 19": sample(by_network, 5_000, 20, told=range(20)),
}.items():
    print(f"{name:<16}", *(f"{share:6.3f}" for share in shares(points)))

# %% outcome="narrow"

# %% [markdown]
# With the exact prediction nearly all points are within 3, and too many within 1: the spots are too narrow.
# The network leaves a tenth of its points between the spots, for small $t$ is where its excess is largest.
#
# The last line is the bug: the network is told the place in the *short* schedule.
# Nothing breaks, and the first share even looks better than without the bug.
# The second gives it away: more than half of the points are within 1, where the ring has 39 of 100.

# %% [markdown]
# How many steps does it take, and which variance is best?
# Two other steps are in use, both with the mean that you know or one near it.
#
# - With the variance $\beta$ in place of $v$: Ho, Jain and Abbeel tried both, and found the results similar.
# - Without noise: the step of J. Song, Meng and Ermon (2021), called DDIM. It computes the $x_0$ that $\hat\varepsilon$ implies, and mixes it with the same $\hat\varepsilon$ at the level before.
#
# To see the steps alone, use the *exact* prediction, so that no network errs.


# %% tags=["demo"]
def with_beta(x: Tensor, t: int, eps_hat: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Your mean, with variance beta; no noise in the last step."""
    mean = reverse_step(x, t, eps_hat, 0 * noise, alpha_bar)
    return mean + (1 - alpha_bar[t] / alpha_bar[t - 1]).sqrt() * noise if t else mean


def ddim(x: Tensor, t: int, eps_hat: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """No noise: the implied x0, mixed with the same noise at the level before."""
    x0 = (x - (1 - alpha_bar[t]).sqrt() * eps_hat) / alpha_bar[t].sqrt()
    previous = alpha_bar[t - 1] if t else torch.ones(())
    return previous.sqrt() * x0 + (1 - previous).sqrt() * eps_hat


torch.manual_seed(0)
jumps = (2, 5, 10, 20, 50, 100)
kinds = {"your variance": reverse_step, "variance beta": with_beta, "no noise (DDIM)": ddim}
found = {name: [shares(sample(exact, 5_000, n, step)) for n in jumps] for name, step in kinds.items()}
for name, values in found.items():
    print(f"{name:<16}", "  ".join(f"{wide:.2f} {narrow:.2f}" for wide, narrow in values))

# %% plot=true
# Draws figure 3: how near the samples are to the centres, for every number of steps.
figure, panels = plt.subplots(1, 2, figsize=(9.5, 4), sharex=True, layout="constrained")
looks = {
    "your variance": ("#0072B2", "o-"),
    "variance beta": ("#D55E00", "s--"),
    "no noise (DDIM)": ("#009E73", "^:"),
}
for axes, column, sds, truth in zip(panels, (0, 1), (3, 1), (0.9889, 0.3935), strict=True):
    for name, (color, look) in looks.items():
        axes.plot(jumps, [pair[column] for pair in found[name]], look, color=color, label=name)
    axes.axhline(truth, color="black", label="the ring itself")
    axes.set(xscale="log", xlabel="number of steps", ylim=(0, 1.03))
    axes.set_ylabel(f"share within {sds} sd of a centre")
    axes.set_xticks(jumps, jumps)
    axes.minorticks_off()
panels[1].legend()
title = "Within 3 sd, more steps look simply better; within 1 sd, the variances err on opposite sides"
figure.suptitle(title)
plt.show()

# %% [markdown]
# *Figure 3. Shares of 5,000 samples against the number of steps, with the exact prediction.*
# *Left, within 3 standard deviations: all three curves rise, and come near the black line of the ring at 50 to 100 steps.*
# *Right, within 1: your variance and DDIM rise above the line and stay there, their spots are too narrow; with variance beta the curve comes from below, its spots are too wide.*
#
# So "within 3" alone would praise the sampler whose spots are too small.
# Print both shares wherever you judge samples.
# The best variance is known too (Bao and others, 2022); for data of variance about 1 it lies between the two.

# %% [markdown]
# ## The perfect minimiser memorises
#
# Your training data are finite.
# Suppose that they are 50 points, and that a network minimises the loss on *them* perfectly.
# Then it predicts the conditional mean for a mixture of 50 points with spread 0, and `best_noise` is again its formula.

# %% predict="memory"

# %% tags=["demo"]
torch.manual_seed(0)
points = ring(50)


def perfect(x_t: Tensor, step: int) -> Tensor:
    """The best prediction for these 50 points."""
    return best_noise(x_t, alpha_bar[step], points, sd=0.0)


def nearest(x: Tensor) -> float:
    """Median distance to the nearest of the 50 points."""
    return torch.cdist(x, points).min(dim=1).values.median().item()


copies, general = sample(perfect, 1_000), sample(by_network, 1_000)
print(f"median distance to the nearest training point: perfect minimiser {nearest(copies):.3f}")
print(f"     fresh points of the ring {nearest(ring(1_000)):.3f}", end="")
print(f"   network that saw fresh points only {nearest(general):.3f}")

# %% plot=true
# Draws figure 4: the samples of both, and the points that they learned from.
figure, panels = plt.subplots(1, 2, figsize=(9, 4.5), sharex=True, sharey=True, layout="constrained")
titles = {"the perfect minimiser of 50 points": copies, "the network of fresh points": general}
for axes, (title, drawn) in zip(panels, titles.items(), strict=True):
    axes.plot(*drawn.T, ".", color="#0072B2", markersize=3, label="1,000 samples")
    circles = {"color": "#D55E00", "fillstyle": "none", "markersize": 8, "label": "50 training points"}
    axes.plot(*points.T, "o", **circles)
    axes.set(title=title, xlabel="first coordinate", aspect="equal")
panels[0].set_ylabel("second coordinate")
panels[0].legend(loc="center")
figure.suptitle("Whoever reaches the floor of finite data draws the data again")
plt.show()

# %% outcome="memory"
nearest(copies)

# %% [markdown]
# *Figure 4. Left: all 1,000 samples of the perfect minimiser sit inside the rings around the 50 training points. Right: the samples of the network fill eight round spots, between the training points too.*
#
# That the best denoiser of a finite set can only repeat it is known (Gu and others, 2023).
# A network of the same size, trained on the same 50 points, stays above that floor: its loss was 0.243 where the floor is 0.227.
# Its samples are 0.06 away from the nearest training point, about as far as fresh data, 0.07 (`benchmarks/frontiers.md`).
# A diffusion model draws something new because it does *not* reach this floor.

# %% [markdown]
# ## Four names for one prediction
#
# Other people's networks predict other things from $x_t$.
# With $a = \bar\alpha_t$, all of them are the same knowledge:
#
# - `"x0"`: the data. From the line, $\varepsilon = (x_t - \sqrt{a}\, x_0) / \sqrt{1 - a}$.
# - `"v"`: the mixture $v = \sqrt{a}\, \varepsilon - \sqrt{1 - a}\, x_0$. Together with the line, $\varepsilon = \sqrt{a}\, v + \sqrt{1 - a}\, x_t$.
# - `"score"`: the gradient of the log-density of $x_t$, $s = -\varepsilon / \sqrt{1 - a}$.
#
# Signs and roots are easy to lose here, and a sampler with a wrong one still draws *something*.

# %% [markdown]
# ### Exercise 6: `to_eps`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Turn the output of such a network into a noise prediction.
#
# - `output` and `x` have the same shape, any: what the network said, and the $x_t$ that it saw.
# - `alpha_bar_t` is one number between 0 and 1 for all of them, a `float` or a 0-dim tensor.
# - `target` is `"eps"`, `"x0"`, `"v"` or `"score"`: what the network was trained to predict.
# - Return the prediction of $\varepsilon$, of the shape of `x`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Three of the four formulas stand in the text above.
# For the score, solve its formula for $\varepsilon$; what becomes of the sign?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `alpha_bar_t ** 0.5` is right for a float and for a tensor.
# The score is multiplied with the root of $1 - a$, and its sign is turned.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Go forward once with numbers, and you know what all four cases must give.
# With $a = 0.36$ the two roots are 0.6 and 0.8; let $x_0 = 2$ and $\varepsilon = 1$.
#
# ```python
# data, true_eps = 2.0, 1.0
# seen = 0.6 * data + 0.8 * true_eps
# v = 0.6 * true_eps - 0.8 * data
# score = -true_eps / 0.8
# print(f"{seen:.2f} {v:.2f} {score:.2f}")  # prints 2.00 -1.00 -1.25
# ```
#
# So for `x` = 2 the outputs 1 (`"eps"`), 2 (`"x0"`), $-1$ (`"v"`) and $-1.25$ (`"score"`) all mean the same: your function must return 1 four times.
# A lost sign or root shows at once.
#
# </details>


# %% answer="to_eps"
def to_eps(output: Tensor, x: Tensor, alpha_bar_t: float | Tensor, target: str) -> Tensor:
    """Turn what a network predicts into the noise eps in x = sqrt(a) x0 + sqrt(1 - a) eps.

    output, x: the prediction and x_t, of one shape, any.
    alpha_bar_t: a, a float or a 0-dim tensor, between 0 and 1.
    target: what output is.  "eps": the noise; "x0": the data;
    "v": sqrt(a) eps - sqrt(1 - a) x0; "score": -eps / sqrt(1 - a).
    Returns eps, of the shape of x.
    """
    ### BEGIN SOLUTION
    signal, noise = alpha_bar_t**0.5, (1 - alpha_bar_t) ** 0.5
    if target == "x0":
        return (x - signal * output) / noise
    if target == "v":
        return signal * output + noise * x
    if target == "score":
        return -noise * output
    return output
    ### END SOLUTION


# %% checks={"x0": 1, "v": 1, "score": 1}

# %% [markdown]
# **You should see** three lines.
#
# If all four are the same knowledge, does it matter which one you train?
# We trained the same network on three of them, with two seeds each (recorded in `benchmarks/frontiers.md`).
#
# | trained to predict | `"eps"` | `"x0"` | `"v"` |
# | --- | --- | --- | --- |
# | error in $\varepsilon$ at $t = 0$ | 0.013, 0.012 | 2.8, 3.2 | 0.007, 0.011 |
# | error in $\varepsilon$, mean over $t$ | 0.005, 0.006 | 0.060, 0.068 | 0.006, 0.008 |
# | samples within 3 standard deviations | 0.91, 0.89 | 0.62, 0.60 | 0.90, 0.85 |

# %% [markdown]
# The error is the mean squared distance from the exact prediction, after `to_eps`.
# At $t = 0$, $\sqrt{1 - a}$ is 1/32, and to divide by it makes an error in `x0` 32 times as large.
# So the identity is exact, and the networks differ: a target is a choice of which noise levels count.

# %% [markdown]
# ## The same bound, and it is tight
#
# A diffusion model is a VAE with many layers: the encoder is the line, and has nothing to learn.
# So it has an ELBO.
# How far below $\log p(x)$ is it?
#
# Take data for which everything is known: $x_0 \sim \mathcal{N}(0, 4)$.
# Then each $x_k$ is normal with variance $V_k = 4\bar\alpha_k + 1 - \bar\alpha_k$, and the true way back, $x_{k-1}$ given $x_k$, is normal with variance $w_k = V_{k-1}\beta_k / V_k$.
# Use the exact mean, and a variance $r_k$ of your choice.
# The gap between the negative ELBO and the entropy of the data is a sum of KL divergences (lesson 4):
#
# $$\operatorname{KL}\big(\mathcal{N}(0, V_T)\,\|\,\mathcal{N}(0, 1)\big) + \sum_k \tfrac12 \Big(\frac{w_k}{r_k} - 1 - \log \frac{w_k}{r_k}\Big).$$

# %% [markdown]
# The cell below has `alpha_bar` fall as $e^{-6 (k/T)^2}$, for $k$ from 0 to $T$.
# The last step back, $k = 1$, has the best variance in all columns: the posterior variance would be 0 there, and its price infinite.

# %% predict="chain"

# %% tags=["demo"]
print("    T   best variance   beta     posterior variance")
for T in (2, 10, 20, 50, 100, 1_000):
    a = torch.exp(-6 * torch.linspace(0, 1, T + 1, dtype=torch.float64).square())
    V, beta = 4 * a + 1 - a, 1 - a[1:] / a[:-1]
    best = V[:-1] * beta / V[1:]
    posterior = (1 - a[:-1]) / (1 - a[1:]) * beta
    posterior[0] = best[0]
    prior = 0.5 * (V[-1] - 1 - V[-1].log())
    gaps = []
    for chosen in (best, torch.cat([best[:1], beta[1:]]), posterior):
        ratio = best / chosen
        gaps.append((prior + 0.5 * (ratio - 1 - ratio.log()).sum()).item())
    print(f"{T:5d}   {gaps[0]:.5f}      {gaps[1]:.5f}   {gaps[2]:.3f}")

# %% outcome="chain"
gaps[2]

# %% [markdown]
# With the best variance the gap is the same at every $T$: 0.00001 nats, all of it the first term, the end of the line that is not quite $\mathcal{N}(0, 1)$.
# So the bound is tight with two steps, if data and reverse steps are normal.
# With $\beta$ the gap falls as $1/T$, from about ten steps on.
# With the posterior variance it stays near 1.4 nats for every long chain: it is a lower bound of the best variance, and right only for data without any spread.
#
# This ends the first half of the lesson.

# %% [markdown]
# ## A policy that is paid for randomness
#
# A robot chooses an action between $-1$ and 1, for example a steering angle.
# Its policy draws $u = \mu + \sigma\varepsilon$ and squashes it: $a = \tanh u$.
# Such a policy is trained with a reward, plus a bonus for its entropy, minus the mean of $\log \pi(a)$ (Haarnoja and others, 2018).
#
# So we need the log-density of $a$, and you know how: `tanh` is a map that can be undone, and stretches by its derivative, $1 - \tanh^2 u$.
#
# $$\log \pi(a) = \sum_d \Big( \log \mathcal{N}(u_d; \mu_d, \sigma_d^2) - \log\big(1 - \tanh^2 u_d\big) \Big).$$
#
# If actions reach from $-k$ to $k$, then $a = k \tanh u$, and each coordinate stretches by $k$ more: subtract $\log k$ for each.

# %% [markdown]
# The danger is in the correction.
# In float32, $\tanh u$ rounds to 1 from $|u| = 9.01$ on, and the logarithm of 0 is $-\infty$.
#
# Many programs write $\log(1 - \tanh^2 u + 10^{-6})$, the authors' own among them.

# %% predict="border"

# %% tags=["demo"]
print("   u     exact   as it stands   with 1e-6   its slope (exact: -2)")
for value in (2.0, 5.0, 7.0, 9.0, 12.0):
    u = torch.tensor(value, requires_grad=True)
    exact_value = 2 * (math.log(2) - value - math.log1p(math.exp(-2 * value)))
    plain = torch.log(1 - torch.tanh(u).square())
    padded = torch.log(1 - torch.tanh(u).square() + 1e-6)
    (slope,) = torch.autograd.grad(padded, u)
    print(f"{value:4.0f}{exact_value:10.3f}{plain.item():15.3f}", end="")
    print(f"{padded.item():12.3f}{slope.item():12.3f}")

# %% outcome="border"
slope

# %% [markdown]
# The small number never gives infinity.
# It gives a wrong number in silence, and then no gradient: a policy that is stuck at the border gets no signal to come back.
#
# The repair is the one of lesson 5: make the argument safe, not the result.
# With $\tanh u = (1 - e^{-2u}) / (1 + e^{-2u})$ you get, exactly,
#
# $$\log\big(1 - \tanh^2 u\big) = 2 \big( \log 2 - u - \operatorname{softplus}(-2u) \big),$$
#
# where $\operatorname{softplus}(x) = \log(1 + e^x)$.

# %% [markdown]
# ### Exercise 7: `squashed_gaussian`
#
# *Difficulty ●●●●○ (4 of 5) · 22 minutes*
#
# Return an action, and its log-density.
#
# - `mu`, `log_std` and `eps` have the same shape, `(..., d)`: mean and *log of the standard deviation* of $u$, and given noise.
#   `log_std` lies between $-3$ and 1.
# - `scale` is the positive number $k$, by default 1.
# - The action is $k \tanh(\mu + \sigma\varepsilon)$, of the shape of `mu`.
# - The log-density of the action is a sum over the last dimension, and has the shape `(...)` without it.
# - It is finite and right to $10^{-5}$ for $|u|$ up to 200, in float32, and its gradients are right there too.
# - Gradients of both reach `mu` and `log_std`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Keep `u`, and never go back from the action to it.
# The log-density of `u` is that of a normal distribution; which of its terms depend on `eps`, and which on `log_std`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# For each coordinate: minus half of `eps` squared, minus `log_std`, minus half of $\log 2\pi$; minus the safe form of the correction; minus $\log k$.
# Then one sum over the last dimension.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same with another map, $a = 3 e^u$, which stretches by $3 e^u$:
#
# ```python
# normal = torch.distributions.Normal(0.5, 0.4)
# u = torch.tensor([0.9, -0.2])
# action = 3 * u.exp()
# log_density = (normal.log_prob(u) - u - math.log(3)).sum(dim=-1)
# rival = torch.distributions.LogNormal(0.5 + math.log(3), 0.4).log_prob(action).sum()
# print(torch.isclose(log_density, rival).item())  # prints True
# ```
#
# The logarithm of the stretch is $u + \log 3$, written from `u` and never from `action`.
# PyTorch knows this distribution, and agrees.
# Your stretch is $k (1 - \tanh^2 u)$, and the text has its logarithm in a form that is safe.
# Collect all terms of each coordinate first, and sum once.
#
# </details>


# %% answer="squashed_gaussian"
def squashed_gaussian(
    mu: Tensor,
    log_std: Tensor,
    eps: Tensor,
    scale: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Squash u = mu + exp(log_std) * eps to an action, and return its log-density.

    mu, log_std, eps: shape (..., d), log_std between -3 and 1.  scale: a positive number.
    Returns (action, log_prob).  action = scale * tanh(u), of the shape of mu.
    log_prob, of the shape (...) without the last dimension: the log-density of the action,
    summed over that dimension, in nats; finite and right to 1e-5 for |u| up to 200 in
    float32, gradients included.  Gradients of both reach mu and log_std.
    """
    ### BEGIN SOLUTION
    u = mu + log_std.exp() * eps
    log_normal = -0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    log_prob = (log_normal - log_slope - math.log(scale)).sum(dim=-1)
    return scale * torch.tanh(u), log_prob
    ### END SOLUTION


# %% checks={"shape": 1, "action": 1, "density": 1, "scale": 1, "stable": 2, "gradients": 2}

# %% [markdown]
# **You should see** six lines.
#
# Now pay a policy for nothing but randomness: no reward, only the entropy, minus the mean of `log_prob`.
# The best would be a uniform action, with the entropy $\ln 2 = 0.693$ nats.
# A course on reinforcement learning has this as a test (Berkeley CS285: an actor that is paid for entropy alone must reach about 0.69).
#
# Train three policies with one coordinate: with your `log_prob`; with the density of $u$ alone, where the correction was forgotten; and with yours, but with `u` detached in the density, so that the path is cut.

# %% predict="coin"


# %% tags=["demo"]
def corrected(mu: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    return squashed_gaussian(mu, log_std, eps)[1]


def forgotten(mu: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    return (-0.5 * eps.square() - log_std - 0.5 * math.log(2 * math.pi)).sum(dim=-1)


def path_cut(mu: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
    u = (mu + log_std.exp() * eps).detach()
    log_slope = 2 * (math.log(2) - u - F.softplus(-2 * u))
    distance = ((u - mu) / log_std.exp()).square()
    return (-0.5 * distance - log_std - 0.5 * math.log(2 * math.pi) - log_slope).sum(dim=-1)


def trained_on_entropy(log_density, seed: int = 0, steps: int = 3_000) -> tuple[float, float]:
    """mu and log_std of a policy that only wants its log-density small."""
    torch.manual_seed(seed)
    weights = torch.zeros(2, 1, 1, requires_grad=True)
    optimizer = torch.optim.Adam([weights], lr=0.02)
    for _ in tqdm(range(steps), desc=log_density.__name__, leave=False):
        optimizer.zero_grad()
        log_density(*weights.expand(2, 256, 1), torch.randn(256, 1)).mean().backward()
        optimizer.step()
    return tuple(weights.flatten().tolist())


# %% tags=["demo"]
def entropy(mu: float, log_std: float) -> float:
    """Entropy of the action, from a fine grid of eps, in nats."""
    eps = torch.linspace(-8, 8, 20_001, dtype=torch.float64)[:, None]
    density = torch.exp(-0.5 * eps[:, 0].square()) / math.sqrt(2 * math.pi)
    given = (torch.full_like(eps, number) for number in (mu, log_std))
    return -torch.trapezoid(density * squashed_gaussian(*given, eps)[1], eps[:, 0]).item()


policies = {density: trained_on_entropy(density) for density in (corrected, forgotten, path_cut)}
for density, (mean, log_std) in policies.items():
    print(f"{density.__name__:<10} mu {mean:6.2f}   log_std {log_std:7.2f}", end="")
    print(f"   entropy {entropy(mean, log_std):.3g} nats")
best = max((entropy(0.0, math.log(std)), std) for std in torch.linspace(0.7, 1.1, 41).tolist())
print(f"best of all: std {best[1]:.2f}, entropy {best[0]:.4f}; uniform: {math.log(2):.4f}")

# %% plot=true
# Draws figure 5: the actions of both policies.
torch.manual_seed(0)
figure, panels = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
names = {corrected: "with the correction", forgotten: "correction forgotten"}
for axes, (density, title) in zip(panels, names.items(), strict=True):
    mean, log_std = policies[density]
    actions = torch.tanh(mean + math.exp(log_std) * torch.randn(20_000, dtype=torch.float64))
    share, edges = torch.histogram(actions, 40, range=(-1.0, 1.0))
    style = {"width": 0.05, "align": "edge", "color": "#0072B2", "label": "20,000 actions"}
    axes.bar(edges[:-1], share / len(actions), **style)
    axes.axhline(0.025, color="#D55E00", linestyle="--", label="uniform")
    axes.set(title=title, xlabel="action (no unit)", ylabel="share of actions in a bar")
    axes.set_xticks([-1, -0.5, 0, 0.5, 1])
panels[0].legend()
figure.suptitle("Paid for randomness without the correction, a policy becomes a coin with two sides")
plt.show()

# %% outcome="coin"
entropy(*policies[forgotten])

# %% [markdown]
# *Figure 5. Left: with the correction the actions are spread almost evenly, near the dashed line of the uniform distribution, with a few more around $-0.85$ and $0.85$ and fewer at the two ends. Right: without it only the two outermost bars are left, each with about half of the actions.*

# %% [markdown]
# The correction pays for *even* actions.
# Without it, the entropy of $u$ can grow for ever: `log_std` rises by the learning rate in every step, and every action is $\pm 1$.
# The entropy that the policy was to have falls without bound.
#
# The path matters as well.
# With `u` detached, the density is right, and its gradient is one whose mean is zero: $\mathbb{E}[\nabla \log \pi] = 0$ (lesson 2).
# So `mu` and `log_std` walk at random, and end at another entropy with every seed (`benchmarks/frontiers.md`).
#
# Here $|u|$ is small, and the versions with a small number would end in the same place: they break where policies saturate.

# %% [markdown]
# ## Claims tested: "does the scale belong into log_prob?"
#
# > **Claim, found on the web: "The scale of the action is a constant, so log_prob may leave it out."**
#
# Its gradient is zero, that is true.
# But many programs also tune the weight of the entropy, until the entropy has a *target*, for example $-1$ nat.
#
# The cell finds the standard deviation at which the entropy is $-1$, with $\mu = 0$: for a policy whose `log_prob` knows $k$, and for one whose `log_prob` leaves it out.


# %% tags=["demo"]
def std_for(target: float) -> float:
    """The standard deviation of u at which the entropy of tanh(u) has this value."""
    low, high = -6.0, -0.2
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if entropy(0.0, middle) < target else (low, middle)
    return math.exp(low)


weights = [torch.tensor([[0.3]], requires_grad=True), torch.tensor([[-0.5]], requires_grad=True)]
log_probs = [squashed_gaussian(*weights, torch.ones(1, 1), k)[1] for k in (1.0, 2.0)]
slopes = [torch.autograd.grad(log_prob, weights) for log_prob in log_probs]
print("same gradients at k = 1 and k = 2:", all(map(torch.equal, *slopes)))
print(f"left out: std of u {std_for(-1.0):.3f} for every k")
for k in (2.0, 0.4):
    print(f"k = {k}:  std of u {std_for(-1.0 - math.log(k)):.3f} if log_prob knows k")

# %% [markdown]
# The claim is **right for a fixed weight, and wrong for a target**.
# With a fixed weight no gradient changes.
# With a target, the same number asks for another policy: more than twice as wide at $k = 0.4$, and half as wide at $k = 2$.
# So say in which unit a target is meant, and let `log_prob` be the log-density of the action that you return.

# %% [markdown]
# ## A code that is paid for labels
#
# The last family is a classifier with a noisy code (Alemi and others, 2017).
# An encoder gives `mu` and `logvar`, the code is $z = \mu + \sigma\varepsilon$, and a classifier makes *logits* of `z`, one number for each class.
# As in a VAE, the code has a price:
#
# $$\text{loss} = \underbrace{-\log p(y \mid z)}_{\text{cross-entropy}} + \beta \cdot \operatorname{KL}\big(q(z \mid x)\,\|\,\mathcal{N}(0, I)\big).$$
#
# The method is called the *variational information bottleneck*: the code should keep what the label needs, and forget the rest.

# %% [markdown]
# ### Exercise 8: `vib_loss`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Return the loss and its two terms.
#
# - `logits` has shape `(batch, classes)` and may be of any size; `y` has shape `(batch,)` and dtype int64: the labels.
# - `mu` and `logvar` have shape `(batch, latent)`; `beta` is a number.
# - Return the tuple `(loss, cross_entropy, kl)`: three 0-dim tensors, in nats, each the mean over the batch.
# - The KL is a sum over the latents, and does not contain `beta`.
# - `loss = cross_entropy + beta * kl`, and its gradient reaches `logits`, `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# It is `vae_loss` of lesson 4 with another first term.
# PyTorch has that term as one function, which wants the logits as they are.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `F.cross_entropy(logits, y)` is the mean over the batch.
# The KL is that of lesson 4: a sum over dimension 1, then a mean.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour with simpler terms: a squared error, plus a price for the size of the code.
#
# ```python
# guess, truth = torch.tensor([1.0, 3.0]), torch.tensor([1.0, 1.0])
# code = torch.tensor([[1.0, -1.0, 1.0], [2.0, 0.0, 0.0]])
# error = (guess - truth).square().mean()  # one number for each example
# price = code.abs().sum(dim=1).mean()  # three numbers for each example
# total = error + 0.1 * price
# print(error.item(), price.item(), total.item())  # prints 2.0 2.5 2.25
# ```
#
# Several numbers of one example are added up; then the examples are averaged.
# The first term of yours takes the logits as they are: logits (2, 0) and the label 0 cost 0.127 nats.
# After a softmax of your own it would be 0.383.
#
# </details>


# %% answer="vib_loss"
def vib_loss(
    logits: Tensor,
    y: Tensor,
    mu: Tensor,
    logvar: Tensor,
    beta: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the loss of a classifier whose noisy code has a price.

    logits: any size, shape (batch, classes).  y: labels, int64, (batch,).
    mu, logvar: of the code, (batch, latent).  beta: the weight of the kl, a number.
    Returns (loss, cross_entropy, kl), 0-dim, in nats, each the mean over the batch:
    loss = cross_entropy + beta * kl; kl = KL(q || N(0, I)), summed over the latents, without
    beta.  The gradient of the loss reaches logits, mu and logvar.
    """
    ### BEGIN SOLUTION
    cross_entropy = F.cross_entropy(logits, y)
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=1).mean()
    return cross_entropy + beta * kl, cross_entropy, kl
    ### END SOLUTION


# %% checks={"terms": 2, "loss": 1, "gradients": 1}

# %% [markdown]
# **You should see** three lines.
#
# Train it on 200 digits with their labels, a small set on which a classifier becomes too sure.

# %% predict="label"


# %% tags=["demo"]
class Classifier(nn.Module):
    """Encoder 64-128-8, and a linear classifier of the code."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(64, 128), nn.ReLU())
        self.fc_mu, self.fc_logvar, self.classes = nn.Linear(128, 8), nn.Linear(128, 8), nn.Linear(8, 10)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.hidden(x)
        return self.fc_mu(hidden), self.fc_logvar(hidden)


def bottleneck(beta: float, seed: int = 0) -> Classifier:
    """A classifier of 200 digits, trained for 150 epochs; with beta 0 its code is mu, without noise."""
    torch.manual_seed(seed)
    x, y, classifier = images.train[:200], images.train_labels[:200], Classifier()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    for _ in tqdm(range(150), desc=f"beta {beta:g}", leave=False):
        for rows in torch.randperm(len(x)).split(50):
            mu, logvar = classifier.encode(x[rows])
            z = reparameterize(mu, logvar) if beta else mu
            optimizer.zero_grad()
            vib_loss(classifier.classes(z), y[rows], mu, logvar, beta)[0].backward()
            optimizer.step()
    return classifier


# %% tags=["demo"]
@torch.no_grad()
def judged(classifier: Classifier, beta: float) -> tuple[float, ...]:
    """Accuracy, nats per label, calibration error and KL on the test images; 64 draws are averaged."""
    mu, logvar = classifier.encode(images.test)
    torch.manual_seed(0)
    z = reparameterize(*(each.expand(64, *each.shape) for each in (mu, logvar))) if beta else mu[None]
    p = classifier.classes(z).softmax(-1).mean(0)
    sure, guess = p.max(1)
    right = (guess == images.test_labels).float()
    nll = F.nll_loss(p.log(), images.test_labels)
    bins = (sure * 10).long().clamp(max=9)  # ten groups by how sure it was
    off = sum((right[bins == b] - sure[bins == b]).sum().abs() for b in range(10)) / len(p)
    kl = vib_loss(p.log(), images.test_labels, mu, logvar, 1.0)[2] if beta else math.nan
    return float(right.mean()), float(nll), float(off), float(kl)


print("beta    accuracy   nats per label   calibration error   KL (nats)")
for beta in (0, 1e-3, 1e-2, 1e-1, 1.0):
    accuracy, nll, off, kl = judged(bottleneck(beta), beta)
    print(f"{beta:<8g}{accuracy:8.3f}{nll:17.3f}{off:20.3f}{kl:12.1f}")

# %% outcome="label"
kl

# %% [markdown]
# At `beta` = 1 the code is silent: a nat of KL would have to earn a nat of the label, and the label has 2.3 at most.
# A useful `beta` is between 0.001 and 0.1 here, unlike in a VAE, where 64 pixels pay for the code.
#
# One split is one split.
# Over five, the means were (in brackets the standard deviation over splits; recorded in `benchmarks/frontiers.md`):
#
# | beta | accuracy | nats per label | calibration error |
# | --- | --- | --- | --- |
# | 0 | 0.915 (0.019) | 0.34 (0.10) | 0.043 (0.015) |
# | 0.001 | 0.919 (0.019) | 0.26 (0.07) | 0.030 (0.006) |
# | 0.01 | 0.926 (0.011) | 0.29 (0.05) | 0.072 (0.015) |
# | 0.1 | 0.928 (0.013) | 0.44 (0.05) | 0.206 (0.022) |

# %% [markdown]
# So a small price makes the probabilities better, and hardly the guesses.
# A larger one makes the classifier less sure than it is right.

# %% [markdown]
# ## Claims tested: "it disentangles"
#
# > **Claim, found on the web: "A VAE layer in an agent forces the model to disentangle the user's intents, and improves the stability on long contexts."**
#
# No number is given.
# Take the ten digits for ten intents.
# If each intent had a coordinate of its own, then two trainings would find the same coordinates, in another order perhaps and with other signs.

# %% [markdown]
# So train three times, match the coordinates of two codes one to one as well as possible, and take the mean of the absolute correlations.
# What is a high number?
# Compare with *chance*: turn the second code by a random rotation first, which gives it arbitrary coordinates in the same space.

# %% predict="rotated"

# %% tags=["demo"]
from scipy.optimize import linear_sum_assignment


def correlations(a: Tensor, b: Tensor) -> Tensor:
    """|correlation| of each column of a with each column of b."""
    (a, b) = ((each - each.mean(0)) / each.std(0) for each in (a, b))
    return (a.T @ b / (len(a) - 1)).abs()


def matched(a: Tensor, b: Tensor) -> float:
    """Mean |correlation| of the best one-to-one matching."""
    table = correlations(a, b)
    return table[linear_sum_assignment(table, maximize=True)].mean().item()


def shared_space(a: Tensor, b: Tensor) -> float:
    """Mean canonical correlation: 1 if each is a linear function of the other."""
    bases = [torch.linalg.qr(each - each.mean(0))[0] for each in (a, b)]
    return torch.linalg.svdvals(bases[0].T @ bases[1]).mean().item()


# %% tags=["demo"]
codes = []
for seed in range(3):
    classifier = bottleneck(1e-2, seed)
    with torch.no_grad():
        codes.append(classifier.encode(images.test)[0])
torch.manual_seed(0)
print("trainings   coordinates matched   turned at random   spaces compared")
for i, j in ((0, 1), (0, 2), (1, 2)):
    a, b = codes[i], codes[j]
    white = torch.linalg.qr(b - b.mean(0))[0]  # the space of b, with columns that are not correlated
    turned = [matched(a, white @ torch.linalg.qr(torch.randn(8, 8))[0]) for _ in range(100)]
    chance, spread = torch.tensor(turned).mean(), torch.tensor(turned).std()
    print(f"{i} and {j}{matched(a, b):22.2f}", end="")
    print(f"{chance:17.2f} ± {spread:.2f}{shared_space(a, b):16.2f}")

# %% outcome="rotated"
matched(a, b) - chance

# %% [markdown]
# The claim is **not supported**.
# Two trainings find nearly the same *space*: the last column is near 0.9.
# Their coordinates agree at about 0.6 to 0.7, where arbitrary coordinates agree at 0.55 to 0.6.
# That is hardly more than chance, and far from what own coordinates would give.
# The reason is an old one: a rotated code carries the same information.
# (Locatello and others, 2019, prove for learning *without* labels that disentangled codes cannot be found without further assumptions. Here are labels, so this is the same argument about rotations, and our measurement. What little agreement there is may come from the diagonal $\sigma$ of the encoder, which prefers some axes: Rolinek and others, 2019.)
#
# What holds: a price on the code can make the probabilities better when labels are few.
# Stability on long contexts cannot be tested here, and no test is given there.

# %% [markdown]
# ## Path or line?
#
# Here is the answer to the question of this lesson.
#
# | method | the line | is the path used? |
# | --- | --- | --- |
# | VAE (lesson 6) | $z = \mu + \sigma\varepsilon$ | yes: through `z` to the encoder |
# | flow | many couplings, of which the line is the simplest | yes: through every coupling, and the determinant is made of derivatives |
# | diffusion | $x_t = \sqrt{\bar\alpha_t}\,x_0 + \sqrt{1 - \bar\alpha_t}\,\varepsilon$ | no, unless the schedule is learned |
# | squashed policy | $u = \mu + \sigma\varepsilon$, then `tanh` | yes: through the action and through its log-density |
# | bottleneck | $z = \mu + \sigma\varepsilon$ | yes: through `z` to the encoder |
#
# To find out in any program, put `.detach()` behind the draw, and compare the gradients.

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
# **You built** a coupling and its inverse, the mixing line, the loss and the backward step of a diffusion model, a translator for what networks predict, a squashed policy with its log-density, and the loss of an information bottleneck.
#
# **Three sentences to remember**
#
# 1. A map that stretches makes the density thinner: every log-density of a transformed draw needs its `log_det`.
# 2. A loss means nothing without its floor; the perfect minimiser of finite data repeats the data.
# 3. Detach the draw and compare the gradients: that tells the line from the path.

# %% [markdown]
# **Where it returns.**
# Lesson 13 asks for a model of your own, and says how to know whether it is any good.
#
# **Further reading**
#
# - L. Dinh, J. Sohl-Dickstein and S. Bengio, *Density estimation using Real NVP*, 2017.
# - J. Sohl-Dickstein and others, *Deep Unsupervised Learning using Nonequilibrium Thermodynamics*, 2015.
# - J. Ho, A. Jain and P. Abbeel, *Denoising Diffusion Probabilistic Models*, 2020.
# - Y. Song and others, *Score-Based Generative Modeling through Stochastic Differential Equations*, 2021.
# - J. Song, C. Meng and S. Ermon, *Denoising Diffusion Implicit Models*, 2021.
# - D. P. Kingma, T. Salimans, B. Poole and J. Ho, *Variational Diffusion Models*, 2021.
# - F. Bao, C. Li, J. Zhu and B. Zhang, *Analytic-DPM*, 2022 (the best variance of a step back).

# %% [markdown]
# - X. Gu and others, *On Memorization in Diffusion Models*, 2023.
# - T. Haarnoja, A. Zhou, P. Abbeel and S. Levine, *Soft Actor-Critic*, 2018 (appendix C: the correction).
# - A. A. Alemi, I. Fischer, J. V. Dillon and K. Murphy, *Deep Variational Information Bottleneck*, 2017.
# - F. Locatello and others, *Challenging Common Assumptions in the Unsupervised Learning of Disentangled Representations*, 2019.
# - M. Rolinek, D. Zietlow and G. Martius, *Variational Autoencoders Pursue PCA Directions (by Accident)*, 2019.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
