# %% [markdown]
# # Lesson 8: when the latent goes quiet
#
# **The question of this lesson: why does a model stop using its code, when is it right to do so, and how do you see it?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 120 minutes | lessons 4 and 6; lesson 5 helps | 42 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - say which `beta` a loss really has, whatever its sums and means are;
# - see which latents of a model carry something, and predict when each falls silent;
# - write the three usual treatments of a silent code, and say what each of them can do;
# - say when a silent code is the best answer;
# - write a bound that is tighter than the ELBO.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# An exercise is one function: replace `raise NotImplementedError` with your code, then run the check cells below it.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
#
# In all exercises: keep the dtype and the device of tensors, and never change an argument in place.
# All logarithms are natural, so that all prices are in *nats*.

# %% locked="imports"
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from lessonkit.data import binarize, digits, pixels_off
from lessonkit.vae import VAE, measure, reparameterize, train, vae_loss

# %% [markdown]
# ## A loss that falls, and a code that is silent
#
# The model of lesson 6 is given here, in `lessonkit.vae`: `VAE()` has 64 pixels, 128 hidden numbers and 8 latents.
# `train(model, images, epochs)` is your training loop, and `vae_loss` your loss.
# `measure(model, images)` draws `z`, and gives the two terms of the negative ELBO, whose sum is `nelbo`, in nats per image.
#
# The next cell changes one line of the loss.
# It takes the reconstruction from `F.binary_cross_entropy_with_logits(logits, x)`, as many programs do.

# %% predict="quiet"

# %% tags=["demo"]
torch.set_num_threads(1)  # the tensors are small: sharing the work costs more than it gives
images = digits()
train_images, test_images = binarize(images.train), binarize(images.test)


def mean_over_pixels(model, x, beta):
    """The loss of the next run, and its two terms in nats per image."""
    logits, mu, logvar = model(x)
    _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
    return F.binary_cross_entropy_with_logits(logits, x) + beta * kl, reconstruction, kl


torch.manual_seed(0)
quiet = VAE()
before = mean_over_pixels(quiet, test_images, 1.0)[0].item()
train(quiet, train_images, 30, loss=mean_over_pixels)
after = mean_over_pixels(quiet, test_images, 1.0)[0].item()
print(f"loss before {before:.3f}, after {after:.3f}")

# %% tags=["demo"]
share = ((train_images.sum(dim=0) + 1) / (len(train_images) + 2)).clamp(1e-3, 1 - 1e-3)
by_pixel = F.binary_cross_entropy(share.expand_as(test_images), test_images, reduction="none")
print(f"pixel means, no model:  {by_pixel.sum(dim=1).mean():.2f} nats per test image")

terms = measure(quiet, test_images)
print(f"this model:             {terms.nelbo:.2f}, of which KL {terms.kl:.3f}")
with torch.no_grad():
    pictures = torch.sigmoid(quiet(test_images)[0])
print(f"largest standard deviation of a pixel over 360 reconstructions: {pictures.std(dim=0).max():.3f}")

# %% outcome="quiet"
terms.kl

# %% [markdown]
# The loss fell, and nothing was learned but the mean image.
# The KL is 0.00 nats: every image gets the same belief, which is the prior.
# The reconstructions of all 360 images are nearly one and the same picture.
# This is *posterior collapse*: $q(z \mid x)$, the approximate posterior, has become $p(z)$, whatever $x$ is.
#
# The code is not broken, and the optimiser did not fail.
# It was asked the wrong question.

# %% [markdown]
# ## The beta that you really have
#
# Every loss of this family has the form
#
# $$\text{reconstruction} + \text{weight} \cdot \text{KL}.$$
#
# The weight means something only when both terms are counted per image: the reconstruction summed over the pixels, the KL summed over the latents, with its factor $\tfrac12$.
# Otherwise multiply the whole loss by a number until the *reconstruction* is in nats per image.
# This moves no minimum.
# What then stands before the true KL is the **effective beta**.

# %% [markdown]
# Three things change it.
#
# - A *mean* over the pixels makes the reconstruction smaller, by the number of pixels. The KL then weighs more.
# - A *mean* over the latents makes the KL smaller, by the number of latents. The KL then weighs less.
# - A KL without its $\tfrac12$ is twice the true one.
#
# **Worked example.**
# The loss above has weight 1, a mean over 64 pixels and a sum over the latents.
# Multiplied by 64, its reconstruction is per image, and the KL has the factor 64.
# So it trained with `beta` = 64.

# %% [markdown]
# ### Exercise 1: `effective_beta`
#
# *Difficulty ●○○○○ (1 of 5) · 6 minutes*
#
# Return the effective beta of a loss, as a plain number.
#
# - `weight` is what the program multiplies its KL with.
# - `pixels` and `latent` count the pixels of an image and the latents.
# - `pixel_mean` says whether the reconstruction is averaged over the pixels (`True`) or summed (`False`).
# - `latent_mean` says the same of the KL and the latents.
# - `half` is `False` if the factor $\tfrac12$ of the KL was forgotten.
#
# Both terms are averaged over the batch, so that its size does not matter.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Start from `weight`.
# Which of the three things makes the KL weigh more, and which less?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Multiply by the number of pixels if there is a mean over them, divide by the number of latents if there is a mean over these, and double if the half is missing.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Do it once with numbers: the program takes a mean over 64 pixels and a mean over 2 latents, with weight 1.
#
# ```python
# pixel_nats = torch.full((64,), 0.2)  # the reconstruction of each pixel
# kl = torch.tensor([0.3, 0.1])  # of each latent
#
# factor = pixel_nats.sum() / pixel_nats.mean()  # makes the first term nats per image
# second_term = factor * 1.0 * kl.mean()  # the weight is 1
# print(f"{factor:.1f} {second_term / kl.sum():.1f}")  # prints 64.0 32.0
# ```
#
# So this loss has `beta` = 32.
# Where does the 32 come from?
# Change one `mean()` to `sum()`, or double `kl` in the second term alone, as a program without its $\tfrac12$ does, and watch the last number.
#
# </details>


# %% answer="effective_beta"
def effective_beta(
    weight: float,
    pixels: int,
    latent: int,
    pixel_mean: bool,
    latent_mean: bool,
    half: bool = True,
) -> float:
    """Return the weight of the true KL once the reconstruction is in nats per image.

    The loss is reconstruction + weight * kl, both averaged over the batch.
    weight: float.  pixels, latent: how many an image has.
    pixel_mean: the reconstruction is averaged over the pixels (else it is summed).
    latent_mean: the kl is averaged over the latents (else it is summed).
    half: the kl has its factor 1/2 (else it is twice the true one).
    Returns beta, a plain number.
    """
    ### BEGIN SOLUTION
    beta = weight * (pixels if pixel_mean else 1) / (latent if latent_mean else 1)
    return beta if half else 2 * beta
    ### END SOLUTION


# %% checks={"values": 2, "half": 1}

# %% [markdown]
# **You should see** two lines: about the values and about the half.
#
# A public course trains on images of 784 pixels with 5 latents.
# Its loss is the *mean* squared error plus 0.1 times the *mean* of the KL, and people read it as "beta = 0.1".

# %% predict="which_beta"

# %% tags=["demo"]
print("weight 1, mean over 64 pixels:         ", effective_beta(1.0, 64, 8, True, False))
print("weight 1, means over both:             ", effective_beta(1.0, 64, 8, True, True))
print(f"weight 0.1, means over 784 and 5:       {effective_beta(0.1, 784, 5, True, True):.2f}")
print("weight 1/2, sums, and a forgotten half:", effective_beta(0.5, 784, 20, False, False, half=False))

# %% outcome="which_beta"
effective_beta(0.1, 784, 5, True, True)

# %% [markdown]
# It is about 16, if a squared error is taken for nats.
# A squared error with a noise of variance 1 is *twice* its share of nats (end of lesson 4), so that the number is then about 8.
# Neither is 0.1.
#
# So before you treat a silent code, compute `beta`.
# The rest of this lesson has sums over pixels and latents everywhere, so that the weight that you see is the one that you have.

# %% [markdown]
# ## Which latents speak?
#
# One number for the KL hides a lot.
# The KL is a sum over the latents, so look at its parts: one price for each latent, averaged over images.
#
# $$\operatorname{KL}_d = \frac1n \sum_{i=1}^{n} \tfrac12 \big(\mu_{id}^2 + \sigma_{id}^2 - 1 - \log \sigma_{id}^2\big),$$
#
# where $i$ counts the images and $d$ the latents.
# A latent with $\operatorname{KL}_d = 0$ is silent: for every image its belief is the prior.
#
# The order matters: first the KL of each image, then the mean.
# The KL of the averaged `mu` and `logvar` is smaller, because the formula is convex in both: images that pull in opposite directions would cancel.

# %% [markdown]
# ### Exercise 2: `kl_per_dimension`
#
# *Difficulty ●○○○○ (1 of 5) · 8 minutes*
#
# Return the mean price of each latent.
#
# - `mu` and `logvar` have shape `(batch, latent)`.
# - The result has shape `(latent,)`: the mean over the batch of the KL of each latent from $\mathcal{N}(0, 1)$, in nats.
# - Gradients reach `mu` and `logvar`.
#
# Its sum is the mean of `gaussian_kl` of lesson 4.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The formula of lesson 4 for one latent number gives a tensor of the shape of `mu`.
# Over which of its two dimensions do you average?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The variance is the exponential of `logvar`, and $\log \sigma^2$ is `logvar` itself.
# Average over dimension 0, and sum over nothing.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same order with a simpler price, the square, for two images and two columns:
#
# ```python
# place = torch.tensor([[-2.0, 1.0], [2.0, 1.0]])
# price = place.square()  # one price for each image and each column
# print(price.mean(dim=0))  # prints tensor([4., 1.])
# print(place.mean(dim=0).square())  # prints tensor([0., 1.])
# ```
#
# The first print is the mean price.
# In the second the two images of column 0 have cancelled before the price was taken.
# Your price has three more terms, and is again a tensor of the shape of `mu` until the last step.
# Test it by hand: with `logvar` = 0 a latent costs $\mu^2/2$, so means of $-2$ and 2 cost 2 nats, and not 0.
#
# </details>


# %% answer="kl_per_dimension"
def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """Compute the mean over the batch of KL(N(mu, sigma^2) || N(0, 1)) of each latent.

    mu, logvar: mean and log-variance, shape (batch, latent).
    Returns shape (latent,), in nats: averaged over the batch, and not reduced over the
    latents.  Gradients reach mu and logvar.
    """
    ### BEGIN SOLUTION
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).mean(dim=0)
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2}

# %% [markdown]
# **You should see** three lines.
#
# Another number is often reported: how many latents are *active*.
# A latent is called active if its mean $\mu_d$ changes from image to image: if the variance of $\mu_d$ over the images is more than a threshold, usually 0.01 (Burda and others, 2016).

# %% [markdown]
# ### Exercise 3: `active_units`
#
# *Difficulty ●○○○○ (1 of 5) · 8 minutes*
#
# Count the active latents.
#
# - `mu` has shape `(n, latent)`, one row for each image, at least two.
# - The result is an `int`: how many latents have a variance of `mu` over the rows that exceeds `threshold`, which is 0.01 unless given.
# - The divisor of the variance may be $n$ or $n - 1$.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A latent whose mean is 3 for every image says nothing.
# Does your quantity know that?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Take the variance over dimension 0, compare it with the threshold, and count what is true.
# A sum of truth values is a tensor: make an `int` of it.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: count the columns in which largest and smallest number are more than 0.5 apart.
#
# ```python
# table = torch.tensor([[3.0, 1.0, 0.2], [3.0, 4.0, 0.3]])  # two rows
# reach = table.amax(dim=0) - table.amin(dim=0)  # one number for each column
# wide = reach > 0.5
# print(wide.tolist(), int(wide.count_nonzero()))  # prints [False, True, False] 1
# ```
#
# The first column has the largest numbers, and no reach at all.
# Three steps: one number for each column, a comparison, a count.
# Only the first step of yours is another.
# For it, ask of each column how far its numbers are spread, and not how large they are.
#
# </details>


# %% answer="active_units"
def active_units(mu: Tensor, threshold: float = 0.01) -> int:
    """Count the latents whose mean varies from image to image.

    mu: means of q(z | x), shape (n, latent), n >= 2 images.
    Returns an int: the number of latents whose variance of mu over the images is more than
    threshold, with the divisor n or n - 1.
    """
    ### BEGIN SOLUTION
    return int((mu.var(dim=0) > threshold).sum())
    ### END SOLUTION


# %% checks={"result": 1, "values": 2, "threshold": 1}

# %% [markdown]
# **You should see** three lines.
#
# Look at two models with both numbers: one trained at `beta` = 1, one at `beta` = 4.

# %% predict="active"


# %% tags=["demo"]
def beliefs(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """mu and logvar of images, without a graph."""
    with torch.no_grad():
        return model.encode(x)[1:]


def trained(epochs: int, beta=1.0, name: str = "training", **options) -> VAE:
    """A new model, trained on the digits from seed 0."""
    torch.manual_seed(0)
    model = VAE()
    train(model, train_images, epochs, beta, name=name, **options)
    return model


models = {1: trained(60, 1.0, "beta 1"), 4: trained(40, 4.0, "beta 4")}
for beta, model in models.items():
    mu, logvar = beliefs(model, test_images)
    prices = " ".join(f"{price:5.2f}" for price in sorted(kl_per_dimension(mu, logvar).tolist()))
    print(f"beta {beta}: {active_units(mu)} active of 8, KL by latent {prices}")

# %% outcome="active"
active_units(beliefs(models[4], test_images)[0])

# %% [markdown]
# At `beta` = 4 several latents count as active, and all eight together carry a tenth of a nat or less.
# Active is a low bar.
#
# How low?
# Suppose that a latent has the same $\sigma$ for all images, and that the codes of all images together are spread as the prior is.
# Then $\operatorname{Var}(\mu_d) + \sigma_d^2 = 1$, and the formula of the KL becomes
#
# $$\operatorname{KL}_d = -\tfrac12 \log\big(1 - \operatorname{Var}(\mu_d)\big), \qquad \operatorname{Var}(\mu_d) = 1 - e^{-2 \operatorname{KL}_d}.$$
#
# A variance of 0.01 is then a KL of 0.005 nats.
# So look at the prices, and not only at the count.

# %% [markdown]
# ## Where each latent falls silent
#
# Is a silent latent an accident of the training, or the best answer?
# There is a model for which the answer is exact: the linear VAE.
# Its decoder is a matrix, its pixels are normal with a fixed variance $\sigma_x^2$, and its encoder is a matrix too.
#
# Look along one direction in which the pixels vary with variance $\lambda$.
# Suppose that the latent leaves a mean squared error $D$ in this direction, $D \le \lambda$.
#
# - The reconstruction costs $D / (2\sigma_x^2)$.
# - To get from $\lambda$ down to $D$ takes $\tfrac12 \log(\lambda / D)$ nats at least (this is the *rate* of a normal source).

# %% [markdown]
# So minimise, over $D$,
#
# $$\frac{D}{2\sigma_x^2} + \beta \cdot \tfrac12 \log\frac{\lambda}{D}.$$
#
# The derivative $\frac{1}{2\sigma_x^2} - \frac{\beta}{2D}$ is zero at $D = \beta\sigma_x^2$.
# If this is less than $\lambda$, the latent pays $\tfrac12 \log\frac{\lambda}{\beta \sigma_x^2}$.
# If it is more, the best $D$ is $\lambda$ itself: the latent pays nothing and says nothing.
#
# $$\operatorname{KL}_d = \max\Big(0,\ \tfrac12 \log \frac{\lambda_d}{\beta\sigma_x^2}\Big).$$
#
# The directions that count are those of the largest eigenvalues $\lambda_1 \ge \lambda_2 \ge \dots$ of the covariance of the pixels.

# %% [markdown]
# The next cell prints the eigenvalues of the grey digits.
# The noise is $\sigma_x^2 = 0.1$.
#
# Run it, and compute from the eigenvalues the `beta` at which each of the first four latents falls silent, before you go on.

# %% tags=["demo"]
grey = images.train.double()
grey = grey - grey.mean(dim=0)
covariance, noise = grey.T @ grey / len(grey), 0.1
eigenvalues = torch.linalg.eigvalsh(covariance).flip(0)[:8]
print("largest eigenvalues:", *(f"{value:.3f}" for value in eigenvalues))

# %% [markdown]
# Now train linear VAEs, for twelve values of `beta`.
# All means over $z$ are known in closed form, and all means over images are in the covariance, so that there are no draws and no batches.
# Without noise, an optimiser that uses the curvature (L-BFGS) comes to rest quickly.
# Your two functions then measure each model on the images.


# %% tags=["demo"]
def linear_vae(beta: float) -> tuple[Tensor, Tensor]:
    """Train a linear VAE of 8 latents; return mu and logvar of the images."""
    torch.manual_seed(0)
    options = {"dtype": torch.float64}
    encoder, decoder = (0.1 * torch.randn(8, 64, **options) for _ in range(2))
    logvar = torch.zeros(8, **options)
    weights = [weight.requires_grad_() for weight in (encoder, decoder, logvar)]
    optimizer = torch.optim.LBFGS(weights, max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        left = torch.eye(64, **options) - decoder.T @ encoder  # what the model misses of x
        error = torch.trace(left @ covariance @ left.T) + decoder.square().sum(1) @ logvar.exp()
        mean_square = torch.einsum("dp,pq,dq->d", encoder, covariance, encoder)
        kl = 0.5 * (mean_square + logvar.exp() - 1 - logvar).sum()
        optimizer.zero_grad()
        value = error / (2 * noise) + beta * kl
        value.backward()
        return value

    optimizer.step(loss)
    mu = grey @ encoder.detach().T
    return mu, logvar.detach().expand_as(mu)


betas = torch.tensor([1, 1.5, 2, 2.5, 3, 3.5, 4.5, 5, 5.7, 6.2, 6.6, 7.2])
fitted = [linear_vae(beta) for beta in tqdm(betas.tolist(), desc="linear VAEs")]
measured = torch.stack([kl_per_dimension(*each).sort(descending=True).values for each in fitted])

# %% tags=["demo"]
formula = (0.5 * torch.log(eigenvalues / (betas[:, None] * noise))).clamp(min=0)
print(f"largest difference from the formula: {(measured - formula).abs().max():.3f} nats")
print("beta   KL      active   latents with lambda > beta * noise")
for beta, (mu, logvar) in zip(betas.tolist(), fitted, strict=True):
    above = int((eigenvalues > beta * noise).sum())
    total = kl_per_dimension(mu, logvar).sum()
    print(f"{beta:<6.1f} {total:.3f}   {active_units(mu)}        {above}")

# %% plot=true
# Draws figure 1: each latent's KL for every beta, trained and by the formula.
grid = torch.linspace(1, 7.5, 400)
markers = "os^Dv<>p"
figure, axes = plt.subplots(figsize=(8, 4.4), layout="constrained")
for d, value in enumerate(eigenvalues):
    color = plt.get_cmap("viridis")(d / 9)
    line = (0.5 * torch.log(value / (grid * noise))).clamp(min=0)
    axes.plot(grid, line, color=color, label=f"λ = {value:.3f}")
    axes.plot(betas, measured[:, d], markers[d], color=color, markersize=6)
for value in eigenvalues[:4]:
    axes.axvline(value / noise, color="0.8", linestyle=":", zorder=0)
axes.set(xlabel="beta (no unit)", ylabel="KL of one latent (nats)", xlim=(0.9, 7.5))
axes.set_title("Each latent falls silent where the formula says, at beta = λ / 0.1")
axes.legend(title="lines: formula\npoints: trained", fontsize=9)
plt.show()

# %% [markdown]
# *Figure 1. Eight falling lines, one for each latent: its KL by the formula, against `beta` from 1 to 7.5.*
# *Each line reaches zero at its own place and stays there; the last four places, from right to left, are 6.9, 6.4, 5.5 and 4.0, marked by dotted verticals.*
# *The points of the trained models lie on the lines.*

# %% [markdown]
# So collapse is not an accident here.
# It is the **optimum**, and you can say beforehand at which `beta` it comes.
# (That a latent of the linear model collapses exactly when its eigenvalue is at most `beta` times the noise is a theorem of Wang and Ziyin, 2022.)
#
# At `beta` = 7.2 nothing is left.
# No optimiser, and no trick, could help such a model to use its code.

# %% [markdown]
# ## Claims tested: "the trick prevents collapse"
#
# > **Claims, found on the web: "The reparameterization trick solves posterior collapse." "The KL term prevents collapse." "The optimiser tends to ignore the KL term."**
#
# Test all three on the digits, with five runs of the same model.
#
# - The trick, at `beta` = 1, and at `beta` = 6.
# - `beta` = 0: without the KL term.
# - Without any gradient through the draw: `z` is detached, at `beta` = 1. Then the reconstruction trains the decoder alone.
# - The gradient through `mu` alone: the noise term is detached.

# %% predict="five_runs"


# %% tags=["demo"]
def no_gradient(mu, logvar):
    """A draw from which nothing comes back."""
    return reparameterize(mu, logvar).detach()


def gradient_of_mu(mu, logvar):
    """A draw whose noise term is held."""
    return mu + (reparameterize(mu, logvar) - mu).detach()


torch.manual_seed(0)
cut, half_cut = VAE(draw=no_gradient), VAE(draw=gradient_of_mu)
train(cut, train_images, 30, name="no gradient")
train(half_cut, train_images, 60, name="mu alone")
models[6] = trained(40, 6.0, "beta 6")
models[0] = trained(40, 0.0, "beta 0")
runs = {"the trick, beta 1": models[1], "the trick, beta 6": models[6], "the trick, beta 0": models[0]}
runs |= {"no gradient through z, beta 1": cut, "gradient through mu alone, beta 1": half_cut}
for name, model in runs.items():
    terms = measure(model, test_images)
    print(f"{name:<34} KL {terms.kl:7.3f}   -ELBO {terms.nelbo:7.2f} nats")

# %% outcome="five_runs"
measure(models[6], test_images).kl

# %% [markdown]
# All three claims are **wrong**, or at least badly worded.
#
# - *The trick prevents collapse*: at `beta` = 6 the trick is there, and the KL is 0.00.
# - *The KL term prevents collapse*: without it there is no collapse at all, and the KL is near 200 nats. Raise its weight, and the code falls silent.
# - *The optimiser ignores the KL term*: where the model collapses, the KL is minimised perfectly.
#
# What is true?
# **Some gradient must reach the encoder through the draw.**
# Without any, the KL alone trains the encoder, and minimises itself to 0, already at `beta` = 1.

# %% [markdown]
# The trick is one way to get that gradient, and not the only one.
# Lesson 2 had another: the score function, with a baseline.
# We recorded runs of 60 epochs from three seeds; `benchmarks/collapse.py` makes them again.
# Each cell gives the lowest and the highest of the three, in nats per test image.
#
# | gradient | beta 1: KL | -ELBO | beta 6: KL | -ELBO |
# | --- | --- | --- | --- | --- |
# | the trick | 5.53 to 5.62 | 19.0 to 19.1 | 0.00 to 0.01 | 25.1 |
# | score function, leave-one-out baseline over the batch | 4.24 to 4.63 | 19.9 to 20.1 | 0.00 | 25.1 |
# | none | 0.00 | 25.1 | 0.00 | 25.1 |
# | through mu alone | 3.87 to 4.00 | 21.6 to 21.8 | 0.00 | 25.1 |

# %% [markdown]
# So the right statement has three parts: *some* estimator is necessary; the trick is a good one, better by about a nat here than the score function; and it protects from nothing.

# %% [markdown]
# ## Raise the price slowly
#
# At the start of a training the decoder cannot read the code yet, so each nat of KL is paid for nothing.
# The encoder may give up before the decoder has learned to listen.
# A popular treatment begins with a low price: **annealing**, or warm-up.
# The weight of the KL rises from 0 to its final value, and then stays.
# (Bowman and others, 2016, did so for texts; the straight line is that of Sønderby and others, 2016.)
#
# A schedule counts *steps*, one for each batch.
# Here an epoch has 23 of them.

# %% [markdown]
# ### Exercise 4: `linear_annealing`
#
# *Difficulty ●○○○○ (1 of 5) · 6 minutes*
#
# Return `beta` at a step, as a plain number.
#
# - `step` counts from 0, and `warmup` is the length of the warm-up in steps; both are ints, 0 or more.
# - `beta` rises in a straight line from 0 at step 0 to `beta_max` at `step = warmup`, and is `beta_max` after that.
# - Without a warm-up, `warmup = 0`, it is `beta_max` at every step, also at step 0.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Compute the share of the warm-up that is over, and limit the share.
# What becomes of it when there is no warm-up?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The share is the step divided by `warmup`, and never more than 1; then multiply by `beta_max`.
# Treat `warmup = 0` first, in a line of its own: a small number added to the divisor gives 0 at step 0.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour that goes the other way: a number that falls in a straight line from `start` to 0, and stays there.
#
# ```python
# def fading(step, length, start):
#     if length == 0:
#         return 0.0
#     return start * max(0.0, 1 - step / length)
#
#
# print(*(fading(step, 4, 2.0) for step in (0, 1, 4, 9)))  # prints 2.0 1.5 0.0 0.0
# ```
#
# The first two lines answer the case in which there is no way to go: the end is reached at once.
# What is the end in your schedule?
# Then ask the same four steps of yours, with a warm-up of 4 and `beta_max` = 2: they should give 0, 0.5, 2 and 2.
#
# </details>


# %% answer="linear_annealing"
def linear_annealing(step: int, warmup: int, beta_max: float = 1.0) -> float:
    """Return beta at a step: a straight line up to beta_max, then constant.

    step: 0, 1, 2, ...  warmup: the number of steps of the rise, 0 or more.
    Returns a plain number: 0 at step 0, beta_max at step = warmup and after it, on a straight
    line between; beta_max at every step if warmup is 0.
    """
    ### BEGIN SOLUTION
    if warmup == 0:
        return beta_max
    return beta_max * min(1.0, step / warmup)
    ### END SOLUTION


# %% checks={"values": 2, "instant": 1}

# %% [markdown]
# **You should see** two lines.

# %% [markdown]
# ## Again and again
#
# If one slow start helps, why not several?
# A **cyclical** schedule (Fu and others, 2019) divides the training into cycles.
# In each, `beta` rises from 0 to `beta_max` during the first part, and is held for the rest.
# Then the next cycle begins at 0 again.
#
# With $r$, the share of the present cycle that is over, $0 \le r < 1$:
#
# $$\beta = \beta_{\max} \cdot \min\big(1,\ r / \text{ratio}\big).$$

# %% [markdown]
# ### Exercise 5: `cyclical_annealing`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Return `beta` at a step, as a plain number.
#
# - `step` counts from 0; a cycle has `period` steps, at least 1.
# - `ratio` is the share of a cycle in which `beta` rises: more than 0, at most 1.
# - In each cycle, `beta` is 0 at the first step, rises in a straight line to `beta_max` after `ratio * period` steps, and is `beta_max` for the rest.
# - At `step = period` the second cycle begins, so `beta` is 0 again.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Python has an operator for the remainder of a division.
# What does it give for the step and the period?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The share of the cycle is the remainder divided by the period.
# Divide it by `ratio`, limit the result to 1, and multiply by `beta_max` last: the plateau is at `beta_max`, and not at 1.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A lamp is on for the first part of each period.
# It starts again by itself, without a loop and without a memory:
#
# ```python
# def lamp(second, period, part):
#     position = second % period  # counts up, and begins again at 0
#     return 1 if position < part * period else 0
#
#
# print(*(lamp(second, 4, 0.5) for second in range(6)))  # prints 1 1 0 0 1 1
# ```
#
# Yours knows its position in the same way, and makes a ramp of it in place of a jump.
# On paper, with `period` = 4, `ratio` = 0.5 and `beta_max` = 3, the steps 0 to 5 give 0, 1.5, 3, 3, 0, 1.5.
#
# </details>


# %% answer="cyclical_annealing"
def cyclical_annealing(step: int, period: int, ratio: float = 0.5, beta_max: float = 1.0) -> float:
    """Return beta at a step of a schedule that starts again every period steps.

    step: 0, 1, 2, ...  period: steps of a cycle, at least 1.
    ratio: the share of a cycle in which beta rises, 0 < ratio <= 1.
    Returns a plain number: in each cycle 0 at its first step, then a straight line up to
    beta_max after ratio * period steps, and beta_max for the rest of the cycle.
    """
    ### BEGIN SOLUTION
    r = (step % period) / period
    return beta_max * min(1.0, r / ratio)
    ### END SOLUTION


# %% checks={"values": 2, "reset": 1, "plateau": 1}

# %% [markdown]
# **You should see** three lines.

# %% [markdown]
# ## A floor under the price
#
# The third treatment changes the price itself.
# **Free bits** (Kingma, Salimans and others, 2016) give each latent an allowance, the *floor*, in nats.
# A latent pays for its floor whether it uses it or not:
#
# $$\text{price} = \sum_d \max\big(\operatorname{KL}_d,\ \text{floor}\big).$$
#
# Below the floor, information is free, and so there is no reason to be silent.
# The gradient of the price is 0 for a latent below the floor, and that of its KL above.

# %% [markdown]
# Two details decide what you get.
#
# - **What is averaged before the maximum?** Here $\operatorname{KL}_d$ is the mean over the batch, and the maximum comes after it. A maximum for each image, and then the mean, would charge images one by one.
# - **One floor for each latent, or one for their sum?** Some published code floors the sum. Then one loud latent uses up the allowance of all others, and they may stay silent.

# %% [markdown]
# ### Exercise 6: `free_bits`
#
# *Difficulty ●●○○○ (2 of 5) · 8 minutes*
#
# Return the price with a floor for each latent.
#
# - `kl_per_dim` has shape `(latent,)`: what `kl_per_dimension` returns.
# - `floor` is a number of nats, 0 or more.
# - The result is a 0-dim tensor: the sum over the latents of the larger of KL and floor.
# - Its gradient in `kl_per_dim` is 1 above the floor and 0 below; at the floor it may be anything between.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which is first: the maximum or the sum?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `clamp` with a lower limit takes the larger of each number and the limit, and its gradient is the one that is asked for.
# Then sum.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour with a *ceiling*: three tasks, and none can earn more than 2 points.
#
# ```python
# points = torch.tensor([0.5, 3.0, 1.0], requires_grad=True)
# each = torch.minimum(points, torch.tensor(2.0)).sum()
# all_together = torch.minimum(points.sum(), torch.tensor(2.0))
# print(each.item(), all_together.item())  # prints 3.5 2.0
# print(torch.autograd.grad(each, points)[0])  # prints tensor([1., 0., 1.])
# ```
#
# The order of limit and sum makes two different rules.
# The limit cuts the gradient of exactly those which it holds.
# You need a floor, so the other of the two comparisons.
# With KLs of 0.1 and 3 and a floor of 0.25, the price is 3.25, and the gradient is 0 and 1.
#
# </details>


# %% answer="free_bits"
def free_bits(kl_per_dim: Tensor, floor: float) -> Tensor:
    """Compute the KL term with a floor under each latent.

    kl_per_dim: KL of each latent in nats, averaged over a batch, shape (latent,).
    floor: nats for each latent, 0 or more.
    Returns a 0-dim tensor: the sum over latents of the larger of the KL and the floor.
    Its gradient in kl_per_dim is 1 for a latent above the floor and 0 for one below
    (unspecified at the floor).
    """
    ### BEGIN SOLUTION
    return kl_per_dim.clamp(min=floor).sum()
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 3}

# %% [markdown]
# **You should see** three lines.
#
# Now treat the patient: the digits at `beta` = 6, where the code is silent.
# Annealing takes 20 of 40 epochs; the cycles are 10 epochs long; the floor is 0.25 nats.

# %% predict="cure"


# %% tags=["demo"]
def with_floor(model, x, beta):
    """The loss with 0.25 free nats for each latent, and its two terms."""
    logits, mu, logvar = model(x)
    _, reconstruction, kl = vae_loss(logits, x, mu, logvar)
    price = free_bits(kl_per_dimension(mu, logvar), 0.25)
    return reconstruction + beta * price, reconstruction, kl


epoch = 23  # batches
treated = {
    "no treatment": models[6],
    "annealing": trained(40, lambda step: linear_annealing(step, 20 * epoch, 6.0), "annealing"),
    "cyclical": trained(40, lambda step: cyclical_annealing(step, 10 * epoch, 0.5, 6.0), "cyclical"),
    "free bits": trained(40, 6.0, "free bits", loss=with_floor),
}
for name, model in treated.items():
    terms = measure(model, test_images)
    objective = terms.reconstruction + 6 * terms.kl
    print(f"{name:<14} KL {terms.kl:5.2f}   -ELBO {terms.nelbo:5.2f}", end="")
    print(f"   reconstruction + 6 KL {objective:5.2f} nats")

# %% outcome="cure"
measure(treated["free bits"], test_images).kl - measure(treated["cyclical"], test_images).kl

# %% [markdown]
# ## Claims tested: "annealing is the cure"
#
# > **Claim, found on the web: "The cure for posterior collapse is KL annealing."**
#
# The runs that you have just made test it.
#
# - Both schedules end at `beta` = 6, where a silent code is the optimum, and they end there too. A schedule changes the *way*; the objective at the end of the way is the same.
# - Free bits change the *objective*, and the code comes back. The model is then worse by the loss with `beta` = 6, and better by the ELBO.
#
# So the claim is **wrong** where collapse is the optimum.
# There the cure is another objective: a floor, or simply a smaller `beta`.

# %% [markdown]
# When can annealing help?
# At the edge, where two solutions cost almost the same, it decides which one is found.
# When does nothing help?
# When the model is well.
# From `benchmarks/collapse.py`, two seeds each:
#
# | model | treatment | KL | -ELBO | reconstruction + beta KL | active, above 0.01 | latents below 0.05 nats |
# | --- | --- | --- | --- | --- | --- | --- |
# | 8 latents, beta 3.5 | none | 0.32 to 0.42 | 23.8 to 24.2 | 24.8 to 25.0 | 5 to 8 | 5 to 6 |
# | 8 latents, beta 3.5 | annealing, half of the epochs | 0.65 to 0.74 | 23.0 to 23.3 | 24.9 to 25.0 | 4 to 5 | 4 |
# | 8 latents, beta 3.5 | cyclical, four cycles | 0.74 to 0.79 | 23.0 to 23.1 | 24.9 to 25.0 | 5 to 7 | 3 to 4 |
# | 32 latents, beta 1 | none | 5.75 to 5.91 | 19.1 to 19.3 | 19.1 to 19.3 | 31 to 32 | 19 to 21 |
# | 32 latents, beta 1 | annealing, half of the epochs | 6.88 to 6.89 | 19.1 to 19.2 | 19.1 to 19.2 | 32 | 13 to 15 |
# | 32 latents, beta 1 | cyclical, four cycles | 7.00 to 7.03 | 19.1 to 19.2 | 19.1 to 19.2 | 32 | 13 to 17 |
# | 32 latents, beta 1 | free bits, 0.1 | 6.18 to 6.19 | 20.1 to 20.4 | 20.1 to 20.4 | 32 | 0 |
# | 32 latents, beta 1 | free bits, 0.25 | 8.54 to 8.57 | 20.9 to 21.1 | 20.9 to 21.1 | 32 | 0 |

# %% [markdown]
# At `beta` = 3.5, the loss hardly tells the solutions apart, and a schedule ends at one with more KL and a better ELBO.
# With 32 latents at `beta` = 1, a schedule ends with a nat more of KL, and the same ELBO.
# At `beta` = 1 the digits are healthy, and a floor under each of 32 latents is a tax: many of them have nothing to say, and must pay all the same.
# (Look at the last two columns too: 31 or 32 of 32 latents count as active, while 19 to 21 of them carry less than 0.05 nats.)

# %% [markdown]
# ## KL is not determined by the data
#
# Is a silent code a failure at all?
# Take the simplest data: one number $x \sim \mathcal{N}(0, 4)$.
# The model has one latent, and its decoder is $\mathcal{N}(wz, v)$ with $w^2 = 4 - v$.
# For every $v$ from 0 to 4 the model gives $x$ exactly its distribution: $w^2 + v = 4$.
# With the exact posterior as $q$, the bound is tight, and
#
# $$\operatorname{KL} = \tfrac12 \log \frac4v, \qquad \text{reconstruction} = \tfrac12 \log(2\pi e\, v).$$

# %% predict="flat"

# %% tags=["demo"]
torch.manual_seed(0)
entropy = 0.5 * math.log(2 * math.pi * math.e * 4)
rows = []
for v in (4.0, 3.0, 2.0, 1.0, 0.1, 0.001):
    w, x = math.sqrt(4 - v), 2 * torch.randn(200_000, dtype=torch.float64)
    mu, logvar = w * x / 4, torch.full_like(x, math.log(v / 4))  # the exact posterior
    error = x - w * reparameterize(mu, logvar)
    reconstruction = (error.square() / (2 * v)).mean() + 0.5 * math.log(2 * math.pi * v)
    kl = kl_per_dimension(mu[:, None], logvar[:, None])[0]
    rows.append((v, reconstruction.item(), kl.item()))
    print(f"v {v:<6} KL {kl:5.2f}  reconstruction {reconstruction:6.3f}", end="")
    print(f"  -ELBO {reconstruction + kl:.3f}")
print(f"entropy of the data: {entropy:.4f} nats, which no model can beat")

# %% plot=true
# Draws figure 2: both terms and their sum against the KL.
_, reconstructions, kls = torch.tensor(rows).T
grid = torch.linspace(0, 4.3, 100)
figure, axes = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
axes.plot(grid, torch.full_like(grid, entropy), color="black", label="-ELBO = entropy of the data")
axes.plot(kls, reconstructions + kls, "o", color="black", label="-ELBO, measured")
axes.plot(grid, entropy - grid, "--", color="#0072B2", label="reconstruction")
axes.plot(kls, reconstructions, "s", color="#0072B2", label="reconstruction, measured")
axes.set(xlabel="KL (nats)", ylabel="nats per data point")
axes.set_title("The same score for every KL: the data do not say how much a code should carry")
axes.legend(loc="lower left")
plt.show()

# %% outcome="flat"
max(r + kl for _, r, kl in rows) - min(r + kl for _, r, kl in rows)

# %% [markdown]
# *Figure 2. Over the KL, from 0 to about 4 nats, the negative ELBO (solid line, circles) is flat at 2.11 nats, the entropy of the data.*
# *The reconstruction (dashed line, squares) falls by one nat for each nat of KL.*
#
# At $v = 4$ the latent is silent, at $v = 0.001$ it carries 4 nats, and the score is the same every time.
# A decoder that can model the data by itself *may* leave its latent alone, at no cost.
# So a KL in a table is nothing to compare your own with: it may differ, and both models may be perfect.

# %% [markdown]
# ## A collapse that is right
#
# Now data with structure: chains of 64 bits.
# The first bit is a fair coin, and each bit equals the one before it, but for a flip with probability 0.1.
# The decoder gets `z`, and may look at the bit *before* the one that it predicts: its logit is that of the VAE plus $a_i$ times the previous bit.
# Such a decoder is *autoregressive*.
#
# Long stretches of equal bits look like something that a code could describe.

# %% predict="crutch"


# %% tags=["demo"]
def chains(n: int) -> Tensor:
    """n chains of 64 bits, each bit the one before it or, with probability 0.1, the other."""
    flips = (torch.rand(n, 64) < 0.1).float()
    flips[:, 0] = (torch.rand(n) < 0.5).float()
    return flips.cumsum(dim=1) % 2


class Bits(VAE):
    """A VAE whose decoder sees the bit before the one that it predicts."""

    def __init__(self) -> None:
        super().__init__(64, 128, 4)
        self.of_previous = nn.Parameter(torch.zeros(64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(logits, mu, logvar)."""
        z, mu, logvar = self.encode(x)
        previous = F.pad(2 * x[:, :-1] - 1, (1, 0))  # -1 or 1, and 0 before the first
        return self.decode(z) + self.of_previous * previous, mu, logvar


# %% tags=["demo"]
torch.manual_seed(0)
train_bits, test_bits = chains(5_000), chains(1_000)
changed = (test_bits[:, 1:] != test_bits[:, :-1]).double().sum(dim=1).mean()
law = math.log(2) - changed * math.log(0.1) - (63 - changed) * math.log(0.9)
print(f"the true law scores {law:.2f} nats on the test chains")

runs = {
    "no treatment": {},
    "annealing": {"beta": lambda step: linear_annealing(step, 10 * 40)},  # 40 batches an epoch
    "free bits": {"loss": with_floor},
}
for name, options in runs.items():
    torch.manual_seed(0)
    options |= {"after_epoch": lambda model: measure(model, test_bits, 2), "name": name}
    history = train(Bits(), train_bits, 30, lr=0.01, batch=128, **options)
    for epoch in (5, 10, 20, 30):
        terms = history[epoch - 1]
        print(f"{name:<13} epoch {epoch:2d}: KL {terms.kl:.2f}   -ELBO {terms.nelbo:.2f}")

# %% outcome="crutch"

# %% [markdown]
# Without a treatment the latents are used for some epochs, and then given up: the KL falls from almost 3 nats to nearly 0, *while the score improves* to that of the true law.
# No code can improve on that: the code was a crutch, until the decoder had learned the law.
#
# With annealing the code is kept for longer, the score is worse meanwhile, and in the end the code is given up all the same.
# Free bits keep one nat for ever, and pay a tenth of a nat for it.

# %% [markdown]
# So a silent code need not be an illness.
# Ask first what the code is *for*.
# If you need it, choose a decoder or an objective that needs it too.
# (X. Chen and others, 2017, speak of *information preference*: what the decoder can model by itself, it does.)

# %% [markdown]
# ## What the KL is made of
#
# A KL that is not 0 can be silent in another way.
# Lesson 6 split the mean KL in two (Hoffman and Johnson, 2016).
# Let $q(z)$ be the mixture of the beliefs of all images, the *aggregate*:
#
# $$\text{mean of } \operatorname{KL}\big(q(z \mid x)\,\|\,p(z)\big) = I(x; z) + \operatorname{KL}\big(q(z)\,\|\,p(z)\big).$$
#
# The first part is information about the image.
# It cannot exceed the logarithm of the number of images, $\ln 1437 = 7.27$: to name one of 1,437 images takes no more.
# The second part says nothing about any image.
# It is the distance of all codes together from the prior, and whoever draws from the prior pays for it.

# %% [markdown]
# The next cells train models at other values of `beta`, and measure both parts on the training images.
# They also decode 1,000 draws, once from the prior and once from the aggregate.
# As in lesson 6, *pixels off* counts the pixels between a rounded picture and the nearest training image.

# %% predict="information"


# %% tags=["demo"]
@torch.no_grad()
def parts_of_kl(model: VAE) -> dict[str, float]:
    """Information, distance of the aggregate from the prior, and what draws of both decode to."""
    mu, logvar = beliefs(model.eval(), train_images)
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    z = q.sample()  # one code for each image: draws from the aggregate
    own = q.log_prob(z).sum(dim=1)
    aggregate = q.log_prob(z[:, None]).sum(dim=2).logsumexp(dim=1) - math.log(len(mu))
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)
    found = {"information": own - aggregate, "distance": aggregate - prior}
    found = {name: part.mean().item() for name, part in found.items()}
    some = {"prior": torch.randn(1_000, 8), "aggregate": z[torch.randperm(len(z))[:1_000]]}
    for name, codes in some.items():
        found[name] = pixels_off(torch.sigmoid(model.decode(codes)), train_images)
    return found


for beta in (0.1, 0.5, 2, 3):
    models[beta] = trained(40, float(beta), f"beta {beta}")
torch.manual_seed(0)
parts = {beta: parts_of_kl(models[beta]) for beta in (0, 0.1, 0.5, 1, 2, 3)}
print("beta    information   distance from prior   pixels off: prior, aggregate")
for beta, part in parts.items():
    print(f"{beta:<8} {part['information']:9.2f} {part['distance']:18.2f}", end="")
    print(f" {part['prior']:21.1f} {part['aggregate']:8.1f}")

# %% plot=true
# Draws figure 3: the two parts of the KL, and how far decoded draws are from images.
shown = [beta for beta in parts if beta]  # at beta 0 the bar would be ten times as high
information, distance, prior, aggregate = (
    [parts[beta][name] for beta in shown] for name in ("information", "distance", "prior", "aggregate")
)
places = range(len(shown))
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
left.bar(places, information, color="#0072B2", label="information about the image")
left.bar(places, distance, bottom=information, color="#E69F00", hatch="//", label="aggregate from prior")
left.axhline(math.log(1437), color="black", linestyle=":", label="ln 1437")
left.set(xlabel="beta (no unit)", ylabel="KL (nats)", title="the two parts of the KL")
right.plot(places, prior, "o-", color="#D55E00", label="draws from the prior")
right.plot(places, aggregate, "s--", color="#0072B2", label="draws from the aggregate")
right.fill_between(places, aggregate, prior, color="0.85")
right.set(xlabel="beta (no unit)", ylabel="pixels off", ylim=(0, 5.5), title="decoded draws")
for axes in (left, right):
    axes.set_xticks(places, shown)
    axes.legend(fontsize=9)
figure.suptitle("Beyond ln 1437, a KL buys only distance from the prior, and samples pay for it")
plt.show()

# %% outcome="information"
parts[0.1]["information"]

# %% [markdown]
# *Figure 3. Left: stacked bars of the KL for `beta` from 0.1 to 3. The lower part, the information, never exceeds the dotted line at 7.27 nats; the upper, hatched part is larger than it at 0.1 and nearly gone at 2.*
# *Right: decoded draws from the prior (circles) and from the aggregate (squares). At 0.1 the prior's are about twice as far off as the aggregate's, and from 2 on they meet; the gap between is shaded.*
#
# The gap *is* the second part: the decoder knows the codes that it has seen, and the prior draws others.
# (Fewer pixels off is no praise by itself: an average image is near to many. Look at the gap.)

# %% [markdown]
# ## Claims tested: "the trick gives a continuous latent space"
#
# > **Claim, found on the web: "The trick gives a continuous latent space."**
#
# Take two test images, and decode the point half way between their codes.
# In a space without gaps, the picture should be a digit.

# %% predict="gaps"

# %% tags=["demo"]
torch.manual_seed(0)
pairs = test_images[torch.randint(len(test_images), (1_000, 2))]
print(f"test images themselves:        {pixels_off(test_images, train_images):.1f} pixels off")
for beta in (0, 1, 2):
    first, second = (beliefs(models[beta], pairs[:, side])[0] for side in (0, 1))
    with torch.no_grad():
        middle = torch.sigmoid(models[beta].decode((first + second) / 2))
        draws = torch.sigmoid(models[beta].decode(torch.randn(1_000, 8)))
    off = [pixels_off(pictures, train_images) for pictures in (middle, draws)]
    print(f"beta {beta}: middle of two codes {off[0]:.1f}   prior {off[1]:.1f}")

# %% outcome="gaps"

# %% [markdown]
# The claim is **wrong** about the cause.
# At `beta` = 0 the trick is the same, and draws from the prior are far from any digit, middles further off than at 1 and 2.
# It is the KL that brings the codes together, until they fill the prior without gaps.
# The trick only lets you train such a model.

# %% [markdown]
# ## Many draws for one image
#
# The ELBO is a bound on $\log p(x)$.
# How far below it is, nobody sees.
# More draws make the bound tighter (Burda, Grosse and Salakhutdinov, 2016).
#
# For one image, take $k$ draws $z_1, \dots, z_k$ from $q(z \mid x)$, and give each its **weight**
#
# $$w_i = \frac{p(x \mid z_i)\, p(z_i)}{q(z_i \mid x)}.$$
#
# The mean of a weight is exactly $p(x)$: the density of $q$ cancels under the integral.
# The mean of $\log w_i$ is the ELBO.
# Always compute $\log w_i$: for images of many pixels the weights themselves are too small for a float.

# %% [markdown]
# In logarithms, with Bernoulli pixels,
#
# $$\log w_i = \log p(x \mid z_i) + \log p(z_i) - \log q(z_i \mid x).$$
#
# Each of the three is a sum: over the pixels, over the latents, over the latents.
# Both densities of $z$ are normal, and both have the constant $-\tfrac12 \log 2\pi$ for each latent:
#
# $$\log \mathcal{N}(z; \mu, \sigma^2) = -\tfrac12 \Big( \frac{(z - \mu)^2}{\sigma^2} + \log \sigma^2 + \log 2\pi \Big).$$
#
# Here the closed form of the KL is of no use.
# It is the mean of $\log q - \log p$ over all draws, and a weight needs both *at its own draw*.

# %% [markdown]
# ### Exercise 7: `log_weights`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Return the log-weight of each draw and each image.
#
# - `logits` has shape `(k, batch, pixels)`: what the decoder gave for each draw.
# - `x` has shape `(batch, pixels)`, with pixels 0 and 1.
# - `z` has shape `(k, batch, latent)`: the draws. They are given; draw nothing.
# - `mu` and `logvar` have shape `(batch, latent)`.
# - The result has shape `(k, batch)`, with all constants, and is right for logits of any size.
# - Gradients reach `logits`, `z`, `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Write three lines, one for each logarithm, each of shape `(k, batch)`.
# Which of them are the same function of lesson 2 or 4, with other numbers?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The log-likelihood is minus `F.binary_cross_entropy_with_logits` without a reduction, summed over the last dimension.
# That function wants both arguments of one shape: `x.expand_as(logits)`.
# The prior is the normal density with mean 0 and `logvar` 0; `mu` and `logvar` broadcast against `z`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same weight with other densities: two draws, one image, two latents.
# The prior has the density $e^{-z}$, and $q$ has $r e^{-rz}$, with its own $r$ for each image and latent.
#
# ```python
# z = torch.tensor([[[0.5, 2.0]], [[1.0, 1.0]]])  # (draws, images, latents)
# r = torch.tensor([[2.0, 0.5]])  # (images, latents)
# log_p = -z.sum(dim=-1)
# log_q = (r.log() - r * z).sum(dim=-1)  # r broadcasts over the draws
# print((log_p - log_q).round(decimals=2).tolist())  # prints [[-0.5], [0.5]]
# ```
#
# Each term is evaluated at the draw, and the last dimension is summed away.
# Put the logarithm of a normal density in the place of both, and add the term of the pixels.
# Which sign does a *loss* of pixels need here?
#
# </details>


# %% answer="log_weights"
def log_weights(logits: Tensor, x: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Compute log p(x | z) + log p(z) - log q(z | x) for each draw and image, in nats.

    logits: of Bernoulli pixels, any size, shape (k, batch, pixels).
    x: pixels, 0 or 1, (batch, pixels).
    z: the given draws, (k, batch, latent).  mu, logvar: of q, (batch, latent); the prior
    is N(0, I).
    Returns shape (k, batch): summed over pixels and latents, each at its own z, with all
    constants.  Gradients reach logits, z, mu and logvar.
    """
    ### BEGIN SOLUTION
    pixels = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=-1)
    distance = (z - mu).square() / logvar.exp()
    log_belief = -0.5 * (distance + logvar + math.log(2 * math.pi)).sum(dim=-1)
    return -pixels.sum(dim=-1) + log_prior - log_belief
    ### END SOLUTION


# %% checks={"shape": 1, "values": 3, "draws": 1, "gradients": 2}

# %% [markdown]
# **You should see** four lines.

# %% [markdown]
# ## A tighter bound
#
# The mean of $k$ weights is an estimate of $p(x)$ without bias, and its noise falls as $k$ grows.
# Its logarithm is the bound:
#
# $$L_k = \log \Big( \frac1k \sum_{i=1}^{k} w_i \Big).$$
#
# By Jensen's inequality its mean is never above $\log p(x)$; at $k = 1$ it is the ELBO, and with every further draw it rises or stays.
#
# The order decides: the logarithm of a mean, and not the mean of logarithms, which is the ELBO again for every $k$.

# %% [markdown]
# ### Exercise 8: `iwae_bound`
#
# *Difficulty ●○○○○ (1 of 5) · 6 minutes*
#
# Return the bound of each image.
#
# - `log_weights` has shape `(k, batch)`; the result has shape `(batch,)`.
# - It is right for log-weights near $-2000$, beside others near 0, and when some draws of an image have weight 0, a log-weight of $-\infty$.
#   (An image whose weights are all 0 is not tested.)
# - The gradient of each bound in the log-weights of its image is their softmax over the draws.
#
# Inside `iwae_bound`, the name `log_weights` is the argument, and not the function of exercise 7.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# It is `log_mean_exp` of lesson 5, over one of the two dimensions.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `torch.logsumexp` over dimension 0, minus the logarithm of the number of draws.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: three numbers are known by their logarithms only.
# Which share has each in their sum?
#
# ```python
# logs = torch.tensor([-2000.0, -2001.0, -math.inf])
# print((logs.exp() / logs.exp().sum()).tolist())  # prints [nan, nan, nan]
# shares = (logs - torch.logsumexp(logs, dim=0)).exp()
# print(shares)  # prints tensor([0.7311, 0.2689, 0.0000])
# ```
#
# The numbers themselves are too small for a float, and their logarithms are not.
# Dividing by the sum has become a subtraction.
# A mean is a sum that is divided by something else: what is subtracted then?
# For log-weights of 0 and $\log 3$ the bound is $\log 2$.
#
# </details>


# %% answer="iwae_bound"
def iwae_bound(log_weights: Tensor) -> Tensor:
    """Compute log of the mean of exp(log_weights) over the draws, for each image.

    log_weights: shape (k, batch), any size; some of an image's may be -inf, not all.
    Returns shape (batch,).  The gradient of each is the softmax of its log-weights over the
    draws.
    """
    ### BEGIN SOLUTION
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 1, "extremes": 2, "gradients": 1}

# %% [markdown]
# **You should see** four lines.
#
# Measure the model of `beta` = 1 with more and more draws.

# %% predict="tighter"

# %% tags=["demo"]
model = models[1]
torch.manual_seed(0)
with torch.no_grad():
    mu, logvar = beliefs(model, test_images)
    z = mu + torch.exp(logvar / 2) * torch.randn(500, *mu.shape)
    weights = log_weights(model.decode(z), test_images, z, mu, logvar)  # (500, 360)
for k in (1, 2, 5, 20, 100, 500):
    bounds = [iwae_bound(each).mean() for each in weights.split(k)]  # every draw is used once
    print(f"k = {k:3d}: bound {torch.stack(bounds).mean():.2f} nats")

# %% outcome="tighter"
bounds[0] - weights.mean()

# %% [markdown]
# The ELBO is about 0.7 nats below the bound of 500 draws.
# So the ELBO tells the truth about this model to less than a nat, and model comparisons by less than that should use the tighter bound.

# %% [markdown]
# ## More draws, less signal
#
# Is the tighter bound the better loss?
# For the decoder, yes.
# For the *encoder*, something strange happens.
# As $k$ grows, the bound approaches $\log p(x)$, which does not depend on $q$ at all.
# The gradient in `mu` goes to 0, and its noise falls more slowly.
# So the *signal to noise*, the mean of the gradient over its standard deviation, falls (Rainforth and others, 2018).

# %% [markdown]
# The repair is known (Tucker and others, 2019).
# As *sticking the landing* does (at the end of lesson 4), it takes the gradient through each $z_i$ alone.
# Each has the *square* of its share $\bar w_i$, the softmax of the log-weights:
#
# $$\sum_i \bar w_i^{\,2}\, \frac{\partial \log w_i}{\partial z_i}\, \frac{\partial z_i}{\partial \mu}.$$
#
# It is called *doubly reparameterized*, and at $k = 1$ it is sticking the landing.
#
# We compare the two on one number: $z \sim \mathcal{N}(0, 1)$, $x \mid z \sim \mathcal{N}(z, 1)$, the datum $x = 2$, and $q = \mathcal{N}(0.7, 0.8^2)$.

# %% predict="signal"


# %% tags=["demo"]
def toy_weights(z: Tensor, mu: Tensor) -> Tensor:
    """log p(2 | z) + log p(z) - log q(z | 2), for q = N(mu, 0.8^2)."""
    joint = -0.5 * z.square() - 0.5 * (2 - z).square() - math.log(2 * math.pi)
    return joint + 0.5 * ((z - mu) / 0.8).square() + math.log(0.8) + 0.5 * math.log(2 * math.pi)


torch.manual_seed(0)
repeats, draws = 40_000, (1, 2, 4, 8, 16, 32, 64)
signal = {"ordinary": [], "doubly reparameterized": []}
evidence = -0.5 * 2**2 / 2 - 0.5 * math.log(2 * math.pi * 2)  # x ~ N(0, 2)
for k in draws:
    eps = torch.randn(k, repeats, dtype=torch.float64)
    mu = torch.full((repeats,), 0.7, dtype=torch.float64, requires_grad=True)
    bound = iwae_bound(toy_weights(mu + 0.8 * eps, mu))
    (ordinary,) = torch.autograd.grad(bound.sum(), mu)
    z = (mu + 0.8 * eps).detach().requires_grad_()
    weights = toy_weights(z, mu.detach())
    (slope,) = torch.autograd.grad(weights.sum(), z)
    repaired = (torch.softmax(weights.detach(), dim=0).square() * slope).sum(dim=0)
    for name, gradient in zip(signal, (ordinary, repaired), strict=True):
        signal[name].append((gradient.mean() / gradient.std()).item())
    gap = evidence - bound.mean()
    print(f"k = {k:3d}: log p(x) - bound {gap:.4f}", end="")
    print(f"   mean gradient {ordinary.mean():.4f} and {repaired.mean():.4f}")

# %% plot=true
# Draws figure 4: signal to noise for every k.
figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
styles = {
    "ordinary": ("#D55E00", "o", "--", -0.5, "1/√k"),
    "doubly reparameterized": ("#0072B2", "s", "-", 0.5, "√k"),
}
k = torch.tensor(draws, dtype=torch.float64)
for name, (color, marker, dashes, slope, words) in styles.items():
    found = torch.tensor(signal[name], dtype=torch.float64)
    height = (found / k**slope)[2:].log().mean().exp()  # of the line nearest to k >= 4
    label = f"{name}, measured (2 standard errors)"
    error = 2 * ((1 + found**2 / 2) / repeats).sqrt()
    axes.errorbar(k, found, error, fmt=marker, color=color, capsize=4, label=label)
    axes.plot(k, height * k**slope, dashes, color=color, label=f"a line that goes as {words}")
axes.set(xscale="log", yscale="log", ylim=(5e-3, 60))
axes.set(xlabel="k, draws for one image", ylabel="signal to noise of the gradient in mu")
axes.set_title("With more draws, the ordinary gradient loses its signal; the repaired one gains")
axes.legend(fontsize=9)
plt.show()

# %% outcome="signal"
signal["doubly reparameterized"][-1] / signal["doubly reparameterized"][0]

# %% [markdown]
# *Figure 4. On logarithmic axes, the signal to noise of the ordinary gradient (circles) falls along a dashed line that goes as $1/\sqrt k$, from about 0.4 at one draw to a few hundredths at 64.*
# *That of the doubly reparameterized gradient (squares) rises, from four draws on along a solid line that goes as $\sqrt k$, to about 10 at 64.*
#
# Both have the same mean, as the printed numbers show, within their noise.
# So a tighter bound can make a worse teacher for the encoder, and an encoder that learns nothing is silent too.

# %% [markdown]
# ## An alarm for codes that move away
#
# The opposite of silence is drift: codes that move further and further from the prior.
# Watch the mean norm of the codes, epoch by epoch:
#
# $$r_t = \frac{1}{n_t} \sum_i \lVert \mu_i \rVert,$$
#
# where $i$ counts the $n_t$ rows of epoch $t$, and $\lVert \mu_i \rVert$ is the Euclidean norm of row $i$.
# The alarm rings when $r_t$ has grown by more than a factor within a window of epochs: $r_t > \text{factor} \cdot r_{t - \text{window}}$.
#
# As a product, and with *greater than*, the rule is also right for codes that are all zero; a ratio would be 0/0 there.

# %% [markdown]
# ### Exercise 9: `drift_alarm`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Find the first epoch at which the codes have grown too fast.
#
# - `mu_history` is a list of tensors: entry $t$ holds the means of epoch $t$, shape `(n_t, latent)`, and $n_t$ may differ.
# - `window` is a number of epochs, at least 1; `factor` is a number above 1.
# - $r_t$ is the mean over the rows of the Euclidean norm of each row.
# - Return the first $t \ge$ `window` with $r_t >$ `factor` $\cdot\ r_{t - \text{window}}$, as an `int`.
# - Return `None` if there is none, also if the list is too short.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First make a list of numbers, one for each epoch.
# Over which dimension is the norm taken, and over which the mean?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Begin the loop at `window`: an index below 0 would count from the end of the list.
# Return from inside the loop; after it, return `None`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: the first entry whose largest number is below that of the entry just before.
#
# ```python
# def first_fall(history):
#     tops = [entry.max().item() for entry in history]  # one number for each entry
#     for now in range(1, len(tops)):
#         if tops[now] < tops[now - 1]:
#             return now
#     return None
#
#
# history = [torch.tensor([5.0, 1.0]), torch.tensor([7.0]), torch.tensor([6.0])]
# print(first_fall(history))  # prints 2
# ```
#
# First a list of plain numbers, then one loop that leaves at the first hit.
# Three things are yours: the number for each entry, how far back you look, and the factor.
# For the number: rows (3, 4) and (-3, -4) have $r = 5$, although their mean row is 0.
#
# </details>


# %% answer="drift_alarm"
def drift_alarm(mu_history: list[Tensor], window: int, factor: float) -> int | None:
    """Find the first epoch whose codes are much larger than those of window epochs before.

    mu_history: for each epoch a tensor (n_t, latent); n_t may differ from epoch to epoch.
    window: epochs, at least 1.  factor: above 1.
    With r[t] the mean over the rows of their Euclidean norm, returns the first t >= window
    with r[t] > factor * r[t - window], as an int; None if there is none.
    """
    ### BEGIN SOLUTION
    r = [mu.norm(dim=1).mean().item() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window]:
            return t
    return None
    ### END SOLUTION


# %% checks={"values": 2, "rows": 1, "window": 1, "none": 1}

# %% [markdown]
# **You should see** four lines.

# %% [markdown]
# ## Claims tested: "the learning rate is too high"
#
# > **Claim, found on the web: "If mu keeps growing, the learning rate is too high."**
#
# Four runs test it: two learning rates, ten times apart, and two values of `beta`.

# %% predict="codes_grow"

# %% tags=["demo"]
print(f"norm of a draw from the prior: about {math.sqrt(8):.1f}")
for beta in (0.0, 1.0):
    for lr in (1e-3, 1e-2):
        torch.manual_seed(0)
        options = {"lr": lr, "name": f"beta {beta:g}, lr {lr:g}"}
        options["after_epoch"] = lambda model: beliefs(model, test_images)[0]
        history = train(VAE(), train_images, 25, beta, **options)
        norms = [mu.norm(dim=1).mean().item() for mu in history]
        after = " ".join(f"{norms[epoch - 1]:5.1f}" for epoch in (1, 5, 10, 25))
        print(f"beta {beta:g}, lr {lr:<5g}: norm after epochs 1, 5, 10, 25: {after}", end="")
        early, late = drift_alarm(history, 5, 1.5), drift_alarm(history[9:], 10, 1.2)
        print(f"   alarms: {early}, after epoch 10: {late}")

# %% outcome="codes_grow"

# %% [markdown]
# The claim is **wrong** here.
# Ten times the learning rate makes the codes *smaller* at `beta` = 0, and hardly changes them at `beta` = 1.
# `beta` changes them five- to sevenfold: without the KL nothing holds them.
# So look at `beta` first, the effective one.
#
# There is a second lesson in the alarms.
# A healthy run doubles its codes while it learns to use them, so an alarm over the first epochs rings for everybody.
# Start it later, or compare with $\sqrt{\text{latent}}$, the size of a draw from the prior.

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
# **You built** the effective beta of any loss, the price of each latent, a count of active ones, two schedules and a floor, the log-weights of a tighter bound, the bound itself, and an alarm.
#
# **Three sentences to remember**
#
# 1. Collapse is first of all an optimum: compute `beta`, and ask what the code is for, before you treat it.
# 2. A schedule changes the way, a floor or a smaller `beta` changes the goal.
# 3. A KL is information plus distance from the prior, and its size alone says nothing about the quality of a model.

# %% [markdown]
# **Where it returns.**
# Lesson 10 meets a model without any gradient through the draw again: its code is silent too.
# Lesson 12 moves the prior to the codes, and wins back about half of the second part of the KL.
# Lesson 13 cuts a bound into model, family and encoder, and trains a rival with the bound of exercise 8.

# %% [markdown]
# **Further reading**
#
# - S. R. Bowman and others, *Generating Sentences from a Continuous Space*, 2016.
# - C. K. Sønderby and others, *Ladder Variational Autoencoders*, 2016.
# - D. P. Kingma, T. Salimans and others, *Improving Variational Inference with Inverse Autoregressive Flow*, 2016 (free bits).
# - Y. Burda, R. Grosse and R. Salakhutdinov, *Importance Weighted Autoencoders*, 2016.
# - H. Fu and others, *Cyclical Annealing Schedule: A Simple Approach to Mitigating KL Vanishing*, 2019.
# - J. Lucas, G. Tucker, R. Grosse and M. Norouzi, *Don't Blame the ELBO! A Linear VAE Perspective on Posterior Collapse*, 2019.
# - Z. Wang and L. Ziyin, *Posterior Collapse of a Linear Latent Variable Model*, 2022.

# %% [markdown]
# - A. A. Alemi and others, *Fixing a Broken ELBO*, 2018.
# - M. D. Hoffman and M. J. Johnson, *ELBO surgery: yet another way to carve up the variational evidence lower bound*, 2016.
# - X. Chen and others, *Variational Lossy Autoencoder*, 2017.
# - J. He and others, *Lagging Inference Networks and Posterior Collapse in Variational Autoencoders*, 2019.
# - A. Razavi and others, *Preventing Posterior Collapse with delta-VAEs*, 2019.
# - T. Rainforth and others, *Tighter Variational Bounds are Not Necessarily Better*, 2018.
# - G. Tucker and others, *Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives*, 2019.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
