# %% [markdown]
# # Lesson 6: build and train a variational autoencoder
#
# **The question of this lesson: what does it take to train a model that draws, and how do you know that it is good?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 180 minutes | lessons 3 and 4; lesson 5 helps | 66 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - build a variational autoencoder from a layer that draws, an encoder and a decoder;
# - write a training loop and an evaluation that report the number they claim to report;
# - make new images, and walk from one image to another;
# - say when a measured ELBO is not an ELBO;
# - find five real mistakes in a script that runs without an error.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
# Leave the inputs of a function as they are.
# Two checks of exercise 3 train your model, and take some seconds each; all others are quick.

# %% locked="imports"
import math
from collections.abc import Iterable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from lessonkit.data import binarize, digits

# %% [markdown]
# ## The images
#
# The data are 1,797 real handwritten digits of 8 x 8 pixels: 1,437 to train on, 360 to test on.
# Each image is a row of 64 pixels.
# `binarize` makes each pixel 0 or 1, so that a pixel can be the outcome of a Bernoulli draw.
#
# A model of binary pixels gives each pixel a probability.
# Its score is the *negative log-likelihood* in nats, summed over the 64 pixels and averaged over the test images; lower is better.
#
# The simplest model gives every image the same probabilities: the share of training images in which the pixel is 1.
# Remember its score.

# %% tags=["demo"]
torch.set_num_threads(1)  # the tensors are small: sharing the work costs more than it gives
images = digits()
train, test = binarize(images.train), binarize(images.test)
share = ((train.sum(dim=0) + 1) / (len(train) + 2)).clamp(1e-3, 1 - 1e-3)  # never 0 or 1
pixels = F.binary_cross_entropy(share.expand_as(test), test, reduction="none")
baseline = pixels.sum(dim=1).mean()
print(f"train {tuple(train.shape)}, test {tuple(test.shape)}, {train.dtype}")
print(f"pixel means: {baseline:.2f} nats per test image")

# %% plot=true
# Rows of images below each other, as several cells below draw them.


def show_images(*rows: Tensor, names: tuple[str, ...], title: str) -> None:
    """Draw rows of images below each other, black where a number is 1."""
    size = (8, 0.78 * len(rows) + 0.4)
    figure, axes = plt.subplots(len(rows), 1, figsize=size, layout="constrained")
    for panel, row, name in zip(axes, rows, names, strict=True):
        side = math.isqrt(row.shape[1])
        padded = F.pad(row.detach().reshape(-1, side, side), (1, 1), value=0.5)  # grey between
        panel.imshow(torch.cat(list(padded), dim=1), cmap="gray_r", vmin=0, vmax=1)
        panel.set(xticks=[], yticks=[])
        panel.set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(title)
    plt.show()


# %% [markdown]
# ## An experiment that fails in silence
#
# An *autoencoder* squeezes an image into 8 numbers, the *code* `z`, and reads the image back from them.
# Nothing in it is random.
#
# Train one.
# Then leave the encoder away: draw codes from the standard normal distribution, and decode them.

# %% predict="clouds"

# %% tags=["demo"]
torch.manual_seed(0)
encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 8))
decoder = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Linear(128, 64))
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)
for _ in tqdm(range(50), desc="autoencoder"):
    for x in train[torch.randperm(len(train))].split(64):
        pixels = F.binary_cross_entropy_with_logits(decoder(encoder(x)), x, reduction="none")
        optimizer.zero_grad()
        pixels.sum(dim=1).mean().backward()
        optimizer.step()

copies = torch.sigmoid(decoder(encoder(test[:10])))
rows = test[:10], copies, torch.sigmoid(decoder(torch.randn(10, 8)))
title = "An autoencoder copies well, and decodes most noise into grey clouds"
show_images(*rows, names=("test images", "reconstructions", "decoded draws"), title=title)

# %% outcome="clouds"

# %% [markdown]
# *Figure 1. The top row shows ten test images, and the middle row their reconstructions, which are nearly the same.*
# *The bottom row shows ten decoded draws: a few look like digits, and most are grey clouds.*
#
# Two measurements tell more than ten pictures.
#
# - Where are the draws: how far is a draw from the nearest code of a training image, and how far is such a code from the next one?
# - What do they give: round a picture to 0 and 1; in how many pixels does it differ from the most similar training image?


# %% tags=["demo"]
def nearest(points: Tensor, others: Tensor, order: float = 2) -> float:
    """Mean distance from each point to the nearest of the others, itself left out."""
    distances = torch.cdist(points, others, p=order)
    if points is others:
        distances.fill_diagonal_(torch.inf)
    return distances.min(dim=1).values.mean().item()


def pixels_off(pictures: Tensor) -> float:
    """Mean number of pixels between a rounded picture and the nearest training image."""
    return nearest(pictures.detach().round(), train, order=1)


codes, noise = encoder(train).detach(), torch.randn(1_000, 8)
fitted = codes.mean(dim=0) + codes.std(dim=0) * noise  # draws that spread as the codes do
print(f"standard deviation of the codes: {codes.std(dim=0).min():.1f} to {codes.std(dim=0).max():.1f}")
print(f"from a code to the next code:    {nearest(codes, codes):.1f}")
print(f"from a draw to the nearest code: {nearest(noise, codes):.1f}")
print()
print(f"test images:                           {pixels_off(test):.1f} pixels off")
print(f"decoded draws from N(0, I):            {pixels_off(torch.sigmoid(decoder(noise))):.1f}")
print(f"with the mean and spread of the codes: {pixels_off(torch.sigmoid(decoder(fitted))):.1f}")

# %% [markdown]
# The autoencoder was asked to copy, and it copies.
# Nobody told it where to put the codes: they spread about four times as wide as the noise, and the draws do not come near them.
# With the mean and the spread of the codes the draws come nearer to digits, but not as near as real images.
# Nothing asked it to give a meaning to *every* code, or to use codes from a distribution that you know.
# A variational autoencoder is asked for both.

# %% [markdown]
# ## What is new, and what it costs
#
# Write $x$ for an image and $z$ for its latent code, here 8 numbers.
#
# - The *prior* is $p(z) = \mathcal{N}(0, I)$: where codes come from when there is no image.
# - The *decoder* turns $z$ into *logits*, one for each pixel; their sigmoid is the probability $p(x_i = 1 \mid z)$.
# - The *encoder* turns $x$ into `mu` and `logvar`: the normal distribution $q(z \mid x)$ of codes that suit this image.
#
# Lesson 4 gave the bound that is maximised, the ELBO:
#
# $$\log p(x) \;\ge\; \underbrace{\mathbb{E}_{z \sim q}\,[\log p(x \mid z)]}_{-\text{reconstruction}} \;-\; \underbrace{\mathrm{KL}\big(q(z \mid x)\,\|\,p(z)\big)}_{\text{kl}}.$$

# %% [markdown]
# ```text
#  x --> [ Linear, ReLU ] --> hidden --> [ fc_mu     ] --> mu ------+
#                                |                                  v
#                                +-----> [ fc_logvar ] --> logvar --> z = mu + sigma * eps
#                                          clamped                  |
#                                                                   v
#              logits <-- [ Linear ] <-- [ ReLU ] <-- [ Linear ] <--+
# ```
#
# *The encoder is above, and the decoder is below, read from right to left.*
# *The draw stands between them.*
#
# The next cell holds the loss of lesson 4.
# It is given, and locked: `vae_loss` sums over the pixels (or latents) of an image, and averages over the images of the batch, in both terms.
# The returned `kl` excludes `beta`.


# %% locked="given_loss"
def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, sigma^2) || N(0, I)) of each image in nats, shape (batch,)."""
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(dim=1)


def vae_loss(
    logits: Tensor,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    beta: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return (loss, reconstruction, kl), each the mean over the batch, in nats per image.

    logits, x: (batch, pixels).  mu, logvar: (batch, latent).
    loss = reconstruction + beta * kl.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    reconstruction = pixels.flatten(start_dim=1).sum(dim=1).mean()
    kl = gaussian_kl(mu, logvar).mean()
    return reconstruction + beta * kl, reconstruction, kl


# %% [markdown]
# ## Two heads and a draw
#
# The draw of lesson 3 becomes a layer.
# Its input is a row of *features*, the hidden numbers of the encoder.
# Two linear layers read it: the heads `fc_mu` and `fc_logvar`.
#
# Two details come from lessons 3 and 5:
#
# - The clamp to $[-10, 10]$ keeps $\sigma = \exp(\text{logvar} / 2)$ between 0.0067 and 148.
#   The loss must see the *same* `logvar` that made `z`, so clamp once and use the result everywhere.
# - *Xavier-uniform* weights are uniform between $\pm\sqrt{6 / (\text{inputs} + \text{outputs})}$: the size of the numbers stays about the same through the layer.
#   PyTorch has it as `nn.init.xavier_uniform_`.

# %% [markdown]
# ### Exercise 1: `ReparameterizationLayer`
#
# *Difficulty ●●●○○ (3 of 5) · 20 minutes*
#
# Write the layer as a module.
#
# - `ReparameterizationLayer(in_features, latent_dim)` has two heads, `self.fc_mu` and `self.fc_logvar`, each an `nn.Linear` from `in_features` to `latent_dim`.
# - The weights of both heads start Xavier-uniform, drawn anew for each head of each layer; the biases are yours to choose.
# - `forward(x)` takes `(batch, in_features)` and returns the tuple `(z, mu, logvar)`, each `(batch, latent_dim)`.
# - `mu` is the output of `fc_mu`; `logvar` is that of `fc_logvar`, clamped to $[-10, 10]$: the same in both modes, and both with their gradients.
# - In train mode `z` is a fresh draw from $\mathcal{N}(\mu, \sigma^2)$ for every element, on the device of `mu`, and gradients pass through it.
# - In eval mode `z` is `mu`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# This is the layer `GaussianSampler` of lesson 3, with two linear layers in front of it.
# What must `__init__` call before it may set an attribute that is a module?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# In `__init__`: call the parent's `__init__`, make both heads, and initialise the weight (not the bias) of each.
# In `forward`: compute the two outputs, clamp the second one at once, and let `self.training` decide between the draw and the mean.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A layer with two heads for another distribution: uniform, from `start` to `start + width`.
#
# ```python
# class UniformLayer(torch.nn.Module):
#     def __init__(self, in_features, size):
#         super().__init__()
#         self.fc_start = torch.nn.Linear(in_features, size)
#         self.fc_width = torch.nn.Linear(in_features, size)
#         torch.nn.init.orthogonal_(self.fc_start.weight)
#
#     def forward(self, x):
#         start, width = self.fc_start(x), torch.sigmoid(self.fc_width(x))
#         return start + width * torch.rand_like(start), start, width
#
#
# z, start, width = UniformLayer(4, 2)(torch.ones(3, 4))
# print(z.shape)  # prints torch.Size([3, 2])
# ```
#
# `width` is limited once, then used for the draw *and* returned.
# Functions of `torch.nn.init` whose names end in `_` fill a weight in place.
# You initialise both heads, and your draw depends on the mode.
#
# </details>


# %% answer="ReparameterizationLayer"
class ReparameterizationLayer(nn.Module):
    """Two linear heads, fc_mu and fc_logvar, and a draw from N(mu, sigma^2)."""

    def __init__(self, in_features: int, latent_dim: int) -> None:
        """Make the heads, in_features -> latent_dim, with Xavier-uniform weights, drawn anew."""
        ### BEGIN SOLUTION
        super().__init__()
        self.fc_mu = nn.Linear(in_features, latent_dim)
        self.fc_logvar = nn.Linear(in_features, latent_dim)
        for head in (self.fc_mu, self.fc_logvar):
            nn.init.xavier_uniform_(head.weight)
            nn.init.zeros_(head.bias)
        ### END SOLUTION

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (z, mu, logvar), each (batch, latent_dim), for x (batch, in_features).

        mu: the output of fc_mu.  logvar: that of fc_logvar, clamped to [-10, 10], with the
        gradient of a clamp, 0 beyond; both are the same in both modes, and carry gradients.
        z: a fresh draw in train mode, made with the clamped logvar on the device of mu, with
        gradients to mu and logvar; mu in eval mode.
        """
        ### BEGIN SOLUTION
        mu, logvar = self.fc_mu(x), self.fc_logvar(x).clamp(-10, 10)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu) if self.training else mu
        return z, mu, logvar
        ### END SOLUTION


# %% checks={"shape": 1, "device": 1, "heads": 2, "initialisation": 1, "clamp": 2, "values": 2, "noise": 2, "gradients": 3, "eval": 2}

# %% [markdown]
# **You should see** nine lines, one from each check.
#
# Look at the layer in both modes, with 2 latents.
# The second row of `x` is so large that `logvar` meets the clamp.

# %% predict="clamp"

# %% tags=["demo"]
torch.manual_seed(0)
layer = ReparameterizationLayer(4, 2)
x = torch.stack([torch.ones(4), torch.full((4,), 100.0)])
for mode in (layer.train, layer.eval):
    mode()
    z, mu, logvar = layer(x)
    print(f"training = {layer.training!s:<10} first row of x    second row of x")
    for name, part in (("mu", mu), ("logvar", logvar), ("z", z)):
        first, second = ["  ".join(f"{value:7.2f}" for value in row) for row in part.tolist()]
        print(f"    {name:<17} {first}   {second}")

# %% outcome="clamp"

# %% [markdown]
# Where `logvar` is -10, each number of `z` is that of `mu` to about two digits after the point.
# Where it is 10, each number lies typically 148 away, which is its sigma.
# The whole `z` is then further away, by the square root of the number of latents: about 210 for the 2 latents here, and 420 for 8.

# %% [markdown]
# ## The whole model
#
# The rest is ordinary: one hidden layer before the draw, and one after it.
#
# One decision matters.
# The decoder returns **logits**, any real number, and not probabilities.
# `vae_loss` applies the sigmoid inside, in a form that does not overflow (lesson 5).
# If the decoder applied one too, probabilities would be taken for logits: no pixel could get a probability below 0.5 or above 0.73, since the sigmoid of 0 is 0.5 and that of 1 is 0.73.
# Nothing would fail, and nothing would be learned well.

# %% [markdown]
# ### Exercise 2: `VAE`
#
# *Difficulty ●●○○○ (2 of 5) · 20 minutes*
#
# Write the model.
#
# - `VAE(input_dim, hidden_dim, latent_dim)` keeps `latent_dim` as an attribute of that name.
# - `encode(x)` is an `nn.Linear` to `hidden_dim`, a ReLU and your `ReparameterizationLayer`; it returns `(z, mu, logvar)`.
# - `decode(z)` is an `nn.Linear` to `hidden_dim`, a ReLU and an `nn.Linear` to `input_dim`; it returns logits.
# - `forward(x)` encodes, decodes `z`, and returns `(logits, mu, logvar)`.
#
# Exercise 1 is a part of this model, so a mistake there is a mistake here as well.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Every layer is made once, in `__init__`; `encode`, `decode` and `forward` only use them.
# Which of the three values of `encode` does the decoder need?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Two `nn.Sequential` can hold the layers on both sides of the draw.
# `forward` calls `encode`, hands its first value to `decode`, and returns the logits with the other two values.
# The mode needs no line of code here: the layer inside knows it.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A skeleton, with the shape of what each part makes of a batch.
# Fill in the gaps:
#
# ```python
# # __init__
# super().__init__()
# self.latent_dim = ...
# self.before = torch.nn.Sequential(...)  # (batch, input_dim) -> (batch, hidden_dim)
# self.sampler = ...  # -> (z, mu, logvar), each (batch, latent_dim)
# self.after = torch.nn.Sequential(...)  # (batch, latent_dim) -> (batch, input_dim)
#
# # forward
# z, mu, logvar = ...
# return ...
# ```
#
# `before` ends in a ReLU.
# `after` ends in a linear layer, because logits may be negative.
#
# Then count: `sum(p.numel() for p in VAE(64, 128, 8).parameters())` is 19,792: five linear layers, with their biases.
# If you get less, a layer or a bias is missing.
#
# </details>


# %% answer="VAE"
class VAE(nn.Module):
    """A variational autoencoder, one hidden layer on each side; decode returns logits."""

    def __init__(self, input_dim: int, hidden_dim: int, latent_dim: int) -> None:
        """Make the layers; latent_dim is kept as an attribute."""
        ### BEGIN SOLUTION
        super().__init__()
        self.latent_dim = latent_dim
        self.hidden = nn.Sequential(nn.Linear(input_dim, hidden_dim), nn.ReLU())
        self.sampler = ReparameterizationLayer(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, input_dim),
        )
        ### END SOLUTION

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (z, mu, logvar), each (batch, latent_dim), for x (batch, input_dim).

        By a linear layer, a ReLU and a ReparameterizationLayer.
        """
        ### BEGIN SOLUTION
        return self.sampler(self.hidden(x))
        ### END SOLUTION

    def decode(self, z: Tensor) -> Tensor:
        """Return logits, (batch, input_dim), for codes (batch, latent_dim).

        By a linear layer, a ReLU and a linear layer.
        """
        ### BEGIN SOLUTION
        return self.decoder(z)
        ### END SOLUTION

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (logits, mu, logvar) by encode and decode: the logits of z, and what z came from.

        All three carry gradients.
        """
        ### BEGIN SOLUTION
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar
        ### END SOLUTION


# %% checks={"shape": 1, "logits": 2, "train": 2, "eval": 1, "gradients": 3}

# %% [markdown]
# **You should see** five lines.
#
# A model that knows nothing yet should give each pixel a probability near one half.
# Each of the 64 pixels then costs about $\ln 2$, which is 44.4 nats for an image.

# %% predict="untrained"

# %% tags=["demo"]
torch.manual_seed(0)
model = VAE(64, 128, 8)
logits, mu, logvar = model(train)
loss, reconstruction, kl = vae_loss(logits, train, mu, logvar)
print(f"loss {loss:.2f} = reconstruction {reconstruction:.2f} + kl {kl:.2f} nats per image")
print(f"64 ln 2 = {64 * torch.tensor(2.0).log():.2f}")

# %% outcome="untrained"
loss

# %% [markdown]
# This is a good test for every new model: the loss before training can be computed on paper.
# A number that is 64 times smaller, or 64 times larger, shows at once that a sum and a mean were mixed up.

# %% [markdown]
# ## One pass over the data
#
# An *epoch* is one pass over the training images, in batches.
# For each batch: clear the old gradients, compute the loss, go backward, take a step.
#
# Three small things often go wrong, and none gives an error.
#
# - The model may still be in eval mode from the last evaluation.
#   Then `z` is `mu`, and the noise is missing.
# - The last batch is usually short: 1,437 images in batches of 64 leave 29.
#   The mean of the batch means counts these 29 as much as 64 others.
# - Adding up the *tensor* `loss` keeps every graph in memory; `loss.item()` is a plain number.

# %% [markdown]
# ### Exercise 3: `train_epoch`
#
# *Difficulty ●●●○○ (3 of 5) · 25 minutes*
#
# Train a model for one epoch and return its mean loss.
#
# - `batches` gives tensors `(n, input_dim)`, where `n` may differ; go through it once, for it may be a generator.
# - `optimizer` is any optimiser of `torch.optim` that holds the model's parameters.
# - Put the model into train mode first, and leave it in it.
# - Each batch gives one step along the gradient of its `vae_loss` with this `beta`, at `logits, mu, logvar = model(x)`, called once.
# - Return a float: the mean loss **per image** over all images, `beta` included, each as it was before the step of its batch.

# %% [markdown]
# ### What your model must reach
#
# The last two checks train *your* `VAE` with *your* `train_epoch`, by a fixed recipe:
# binarized digits, 1,437 of them to train on; 64 pixels, 128 hidden, 8 latent; batches of 64, shuffled anew in every epoch; Adam with learning rate 1e-3; `beta` left at 1; at most 100 epochs.
# Pixels are in another order, which makes no difference to linear layers.

# %% [markdown]
# After every 10 epochs the check measures $-\log p(x)$ on the 360 other images, in nats per image.
# It stops as soon as its limit is met, and it gives up after 50 epochs if the result is still above 20 nats.
# It uses your `decode` alone: $p(x)$ is the mean of $p(x \mid z)$ over draws `z` from the prior, so the check draws 20,000 codes, lets `decode` give their logits, and takes the mean itself.
# (Such a mean is a good measurement, and far too dear for each step of a training.)
# So `decode` must be a function of `z`: the same row gives the same logits, alone or among others.
#
# - At most 19.0 nats: the first check passes.
# - At most 18.6 nats: the second check passes too.
#
# A right solution meets the first limit after 30 to 50 epochs and the second after 40 to 70; after all 100 it would have between 17.7 and 18.3 nats.
# Its negative ELBO, which is a bound on this number, is then about 0.8 nats higher.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two numbers must be kept over the epoch: the sum of all losses of single images, and how many images there were.
# `vae_loss` gives the mean of a batch; how do you get the sum back?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Multiply the batch's mean loss, as a plain number, by the number of its images, and add it to the sum.
# The order of the four steps for a batch is: `zero_grad`, loss, `backward`, `step`.
# After the loop, divide the one number by the other.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The mean of four numbers that come in two groups:
#
# ```python
# groups = [torch.tensor([2.0, 4.0, 6.0]), torch.tensor([10.0])]
# total, count = 0.0, 0
# for group in groups:
#     total += group.mean().item() * len(group)
#     count += len(group)
# print(total / count)  # prints 5.5
# print(sum(group.mean().item() for group in groups) / len(groups))  # prints 7.0
# ```
#
# The first is right: (2 + 4 + 6 + 10) / 4.
# The second counts the 10 as much as the other three together.
#
# Your groups are batches, and the mean of a group is the loss that `vae_loss` returns first.
# Take its number before the step; take the gradient from the tensor.
# And in which mode must the model be before the loop?
#
# </details>


# %% answer="train_epoch"
def train_epoch(
    model: nn.Module,
    batches: Iterable[Tensor],
    optimizer: torch.optim.Optimizer,
    beta: float = 1.0,
) -> float:
    """Train for one epoch, one step for each batch, and return the mean loss per image.

    model: model(x), called once for each batch, returns (logits, mu, logvar); it is put into
    train mode, and stays in it.
    batches: tensors (n, input_dim), where n may differ; consumed once.
    beta: the weight of the KL term in vae_loss, for the gradient and for the result.
    Returns a float, in nats: the mean over images, not over batches, each before its step.
    """
    ### BEGIN SOLUTION
    model.train()
    total, count = 0.0, 0
    for x in batches:
        logits, mu, logvar = model(x)
        loss, _, _ = vae_loss(logits, x, mu, logvar, beta)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
    ### END SOLUTION


# %% checks={"result": 1, "mean": 2, "steps": 3, "beta": 1, "mode": 1}

# %% checks={"gate": 3, "target": 2}

# %% [markdown]
# **You should see** seven lines; the last two come after some seconds each.
#
# If only the last two fail, read the KL in their message: that of your encoder, on the training images.
# A healthy KL is between 5 and 7 nats.
# Near 0, the code says nothing about the image: this is called *posterior collapse*.
# Far above 12, the KL term hardly counts.

# %% [markdown]
# ## Measure it honestly
#
# The loss of `train_epoch` is measured while the model changes.
# For a fair number, take test images, a model that does not change, and eval mode.
#
# But in eval mode your layer returns `mu` as `z`, and the ELBO is a mean over *draws*.
# $\mathbb{E}_{z \sim q}\,[\log p(x \mid z)]$ is not $\log p(x \mid z = \mu)$: the decoder has been trained to read noisy codes, and a code without noise is easier than all of them.
# So an evaluation must draw `z` itself, from the `mu` and `logvar` that `encode` returns.
#
# One draw for each image is enough: it has the right mean, and 360 images make the noise small.

# %% [markdown]
# ### Exercise 4: `evaluate`
#
# *Difficulty ●●●○○ (3 of 5) · 20 minutes*
#
# Measure a model on the images `x`, `(batch, input_dim)`.
#
# - Return three floats `(elbo, reconstruction, kl)`, each a mean over the images, in nats.
# - `reconstruction` is the mean of $-\log p(x \mid z)$, summed over pixels, at a fresh draw `z` from $q(z \mid x)$ for each image (or several draws, averaged).
# - `kl` is the closed form; `elbo` is `-(reconstruction + kl)`, a negative number; there is no `beta` in it.
# - The model is in eval mode, with all its layers, while `encode` and `decode` work, and afterwards in the mode in which it came.
# - No graph is recorded, and gradients are enabled afterwards as before.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `model.training` tells the mode; what must you do with it before you change the mode?
# Do not use the `z` of `encode`, and do not use `forward`: say why.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Keep the mode, switch to eval, and work under `torch.no_grad()`.
# Take `mu` and `logvar` from `encode`, and draw with the formula of lesson 3.
# `vae_loss` at `beta` 1 then gives both terms; `.item()` makes floats.
# `model.train(mode)` accepts the mode that you kept.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Another measurement in eval mode that leaves no trace:
#
# ```python
# def spread(model, x):
#     mode = model.training
#     model.eval()
#     with torch.no_grad():
#         result = model(x).std().item()
#     model.train(mode)
#     return result
#
#
# model = torch.nn.Dropout(0.5)
# print(spread(model, torch.ones(1_000)))  # prints 0.0
# print(model.training, torch.is_grad_enabled())  # prints True True
# ```
#
# In train mode, dropout would have spread the ones.
# Your frame is the same.
# Inside it, the `z` of `encode` has no noise, since the mode is eval.
# So which two of its three values do you take, and which line of lesson 3 makes a draw of them?
# `decode` gets that draw.
#
# </details>


# %% answer="evaluate"
def evaluate(model: nn.Module, x: Tensor) -> tuple[float, float, float]:
    """Measure the ELBO of a model on images x, with z drawn from q(z | x).

    model: encode(x) -> (z, mu, logvar), where z is mu in eval mode; decode(z) -> logits.
    x: images, (batch, input_dim).
    Returns floats (elbo, reconstruction, kl): means over images, in nats;
    elbo = -(reconstruction + kl).
    The model is in eval mode meanwhile, with all its layers, and in its old mode afterwards.
    No graph is recorded; gradients are enabled afterwards as before.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
    ### END SOLUTION


# %% checks={"result": 1, "values": 2, "draws": 3, "mode": 1, "grad": 1}

# %% [markdown]
# **You should see** five lines.
#
# Now the whole run, by the recipe, with both terms measured on the test images after every epoch.

# %% predict="terms"

# %% tags=["demo"]
torch.manual_seed(0)
model = VAE(64, 128, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
history = [evaluate(model, test)]
bar = tqdm(range(100), desc="training")
for _ in bar:
    train_epoch(model, train[torch.randperm(len(train))].split(64), optimizer)
    history.append(evaluate(model, test))
    elbo, reconstruction, kl = history[-1]
    bar.set_postfix_str(f"{reconstruction:.2f} + kl {kl:.2f} = {-elbo:.2f}")
elbos = torch.tensor([evaluate(model, test)[0] for _ in range(100)])
print(f"-ELBO, mean of 100 evaluations:       {-elbos.mean():.2f} nats per test image")
print(f"standard deviation of one evaluation: {elbos.std():.2f} nats")

# %% plot=true
# Draws figure 2: both terms and their sum, epoch by epoch.
elbo, reconstruction, kl = torch.tensor(history).T
_, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(-elbo, color="black", label="-ELBO, the sum")
axes.plot(reconstruction, "--", color="#0072B2", label="reconstruction")
axes.plot(kl, "-.", color="#D55E00", label="KL")
axes.axhline(baseline, color="gray", linestyle=":", label="pixel means, for comparison")
axes.set(xlabel="epoch", ylabel="nats per test image", ylim=(0, 50), xlim=(0, 100))
axes.set_title("The KL rises, and pays for a reconstruction that falls further")
axes.legend()
plt.show()

# %% outcome="terms"
history[-1][2] - history[0][2]

# %% [markdown]
# *Figure 2. Over 100 epochs the sum (solid line) falls from about 46 to below 19 nats, and passes the dotted line of the pixel means early.*
# *The reconstruction (dashed line) falls throughout, but for small ups and downs.*
# *The KL (dash-dotted line) stays near 1 nat for the first epochs, then rises to about 6.*
#
# A nat of KL is worth its price while it saves more than one nat of reconstruction.
# At first the decoder cannot read the code, so the code says little; then both learn to use it.

# %% [markdown]
# Is each nat of KL a nat of information about the image?
# Not quite.
# Let $q(z)$ be the mixture of the beliefs of all images: their codes, without a note of which image each belongs to.
# Then the mean KL over the images has two parts:
#
# $$\text{mean of } \mathrm{KL}\big(q(z \mid x)\,\|\,p(z)\big) = I(x; z) + \mathrm{KL}\big(q(z)\,\|\,p(z)\big).$$
#
# The first, $I(x; z)$, is the *mutual information*: how much a code says about which image it came from.
# The second is how far all codes together are from the prior, and it is never negative.
# So the KL is an upper bound on the information.

# %% predict="parts"

# %% tags=["demo"]
torch.manual_seed(0)
model.eval()
with torch.no_grad():
    _, mu, logvar = model.encode(train)
beliefs = torch.distributions.Normal(mu, torch.exp(logvar / 2))
z = beliefs.sample()  # one code for each image
of_own_image = beliefs.log_prob(z).sum(dim=1)
of_each_image = beliefs.log_prob(z[:, None]).sum(dim=2)  # (code, image)
of_mixture = torch.logsumexp(of_each_image, dim=1) - torch.tensor(len(train)).log()
of_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)
print(f"mean KL              {(of_own_image - of_prior).mean():.2f} nats per training image")
print(f"information          {(of_own_image - of_mixture).mean():.2f}")
print(f"mixture from prior   {(of_mixture - of_prior).mean():.2f}")
print(f"log of the number of images, which no information exceeds: {torch.tensor(len(train)).log():.2f}")

# %% outcome="parts"
(of_own_image - of_mixture).mean() / (of_own_image - of_prior).mean()

# %% [markdown]
# In our run the KL was about 6.5 nats: 5.2 of information, and 1.2 because the codes of all images together are not spread as the prior is.
# The second part carries no information, and `generate` will feel it: draws from the prior fall where few codes are.

# %% [markdown]
# ## New images
#
# To make a new image you need no encoder: draw a code from the prior, and decode it.
# The sigmoid of the logits gives probabilities.
#
# Show the probabilities rather than a Bernoulli draw of each pixel: they are the mean of all such draws, and carry no extra noise.

# %% [markdown]
# ### Exercise 5: `generate`
#
# *Difficulty ●○○○○ (1 of 5) · 8 minutes*
#
# Make `n` new images.
#
# - Draw a fresh `z` from the prior $\mathcal{N}(0, I)$ for each image; `model.latent_dim` is the number of latents.
# - Return the probabilities, `(n, input_dim)`: the sigmoid of the model's logits.
# - The result carries no graph, and gradients are enabled afterwards as before.
# - You may assume that the model's weights are float32 and on the CPU.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# What stands in the place of `mu` and `sigma` when there is no image?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The prior has mean 0 and standard deviation 1 in every latent, so `torch.randn` with the right shape is the draw.
# Decode it, apply the sigmoid, and do both under `torch.no_grad()`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Four points of another prior, uniform between 0 and 1, through a small decoder for rates:
#
# ```python
# decoder = torch.nn.Linear(3, 5)
# with torch.no_grad():
#     z = torch.rand(4, 3)  # four points, three latents
#     rates = torch.exp(decoder(z))
# print(rates.shape, rates.requires_grad)  # prints torch.Size([4, 5]) False
# print(torch.is_grad_enabled())  # prints True
# ```
#
# Every point has three numbers of its own.
# One number for all three would keep the points on one line.
# `exp` makes rates of any real number.
# What makes probabilities of logits?
#
# Three things change for you: the prior, the number of latents, which the model knows, and that last function.
#
# </details>


# %% answer="generate"
def generate(model: nn.Module, n: int) -> Tensor:
    """Make n new images: decode draws from the prior N(0, I).

    Uses model.latent_dim and model.decode(z) -> logits.
    Returns probabilities in [0, 1], shape (n, input_dim), without a graph; gradients are
    enabled afterwards as before.
    Every call draws afresh.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "prior": 2}

# %% [markdown]
# **You should see** three lines.

# %% predict="sharper"

# %% tags=["demo"]
torch.manual_seed(3)
model.eval()
with torch.no_grad():
    reconstructions = torch.sigmoid(model(test[:10])[0])
rows = test[:10], reconstructions, generate(model, 10)
title = "The variational autoencoder copies less sharply, and most of its draws are digits"
show_images(*rows, names=("test images", "reconstructions", "prior draws"), title=title)
print(f"test images:                {pixels_off(test):.1f} pixels off")
print(f"decoded draws from N(0, I): {pixels_off(generate(model, 1_000)):.1f}")

# %% outcome="sharper"

# %% [markdown]
# *Figure 3. The top row shows the same ten test images as figure 1, the middle row their reconstructions, greyer at the edges of the strokes.*
# *The bottom row shows ten decoded draws from the prior: most can be read as a digit, and some lie between two digits.*
#
# By the count of pixels, the draws are now nearly as close to the training images as real test images are.
# (The count sees neither variety nor blur.)
#
# Grey is not a defect.
# A grey pixel says "I do not know": its probability is near one half, and the likelihood rewards saying so.

# %% [markdown]
# ## From one image to another
#
# A code is a point in a space of 8 dimensions, and one can walk in it.
# Take two images $a$ and $b$, encode both, and decode points on the straight line between their means:
#
# $$\mu(t) = \mu_a + t\,(\mu_b - \mu_a), \qquad 0 \le t \le 1.$$
#
# Here the mean is the right choice: the walk should be the same every time.

# %% [markdown]
# ### Exercise 6: `interpolate`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Walk from image `a` to image `b` in `steps` equal steps of `t`, both ends included.
#
# - `a` and `b` are single images of shape `(input_dim,)`; `steps` is at least 2.
# - Return the probabilities, `(steps, input_dim)`, without a graph; gradients are enabled afterwards as before.
# - The first row reconstructs `a` and the last row `b`, both from `mu`, whatever mode the model is in.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# In train mode one of the three values of `encode` changes from call to call.
# Which of them is the same in both modes?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `torch.stack([a, b])` makes a batch of two; take its `mu`.
# `torch.linspace(0, 1, steps)` gives the values of `t`; as a column, they broadcast against a row of latents.
# Decode all points in one call, and apply the sigmoid.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A walk from red to blue, in five colours:
#
# ```python
# red, blue = torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
# t = torch.linspace(0, 1, 5)[:, None]
# walk = (1 - t) * red + t * blue
# print(t.shape, walk.shape)  # prints torch.Size([5, 1]) torch.Size([5, 3])
# print(walk[:, 0].tolist())  # prints [1.0, 0.75, 0.5, 0.25, 0.0]
# ```
#
# The column `t` and the row `red` broadcast to a table: one colour for each `t`.
#
# This walk mixes what is *shown*.
# Yours mixes what is decoded: two means, one for each image.
# Which two rows take the places of `red` and `blue`?
# And which two functions come after the walk, in which order?
#
# </details>


# %% answer="interpolate"
def interpolate(model: nn.Module, a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Decode points on the straight line from mu of image a to mu of image b.

    a, b: single images, shape (input_dim,).
    steps: the number of points, at least 2, both ends included.
    Returns probabilities, shape (steps, input_dim), without a graph; gradients are enabled
    afterwards as before.
    Row 0 is the reconstruction of a from its mu, and the last row that of b, in both modes.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        _, mu, _ = model.encode(torch.stack([a, b]))
        t = torch.linspace(0, 1, steps).unsqueeze(1)
        return torch.sigmoid(model.decode(mu[0] + t * (mu[1] - mu[0])))
    ### END SOLUTION


# %% checks={"shape": 1, "ends": 2, "line": 2}

# %% [markdown]
# **You should see** three lines.
#
# For comparison, the lower row of the next figure blends the *pixels* of the two images.

# %% predict="middle"

# %% tags=["demo"]
zero, three = test[images.test_labels == 0][0], test[images.test_labels == 3][0]
t = torch.linspace(0, 1, 11).unsqueeze(1)
rows = interpolate(model, zero, three, 11), zero + t * (three - zero)
title = "A walk in the latent space moves strokes; a walk in pixels fades them"
show_images(*rows, names=("latent", "pixels"), title=title)

torch.manual_seed(0)
pairs = test[torch.randint(len(test), (500, 2))]
walked = torch.stack([interpolate(model, a, b, 3)[1] for a, b in pairs])
print("the middle between two test images, mean of 500 pairs, rounded:")
print(f"latent: {pixels_off(walked):.1f} pixels off")
print(f"pixels: {pixels_off(pairs.mean(dim=1)):.1f} pixels off")

# %% outcome="middle"
pixels_off(pairs.mean(dim=1)) - pixels_off(walked)

# %% [markdown]
# *Figure 4. Both rows go from a 0 to a 3.*
# *In the upper row, the 0 closes in the middle and opens at the left: strokes move.*
# *In the lower row, the 0 becomes paler while the 3 appears through it: the image in the middle is half of each.*
#
# Both middles have grey pixels.
# But rounded, the middle of a latent walk is about as near to a training image as a real test image is, and the middle of two images is not.

# %% [markdown]
# ### The latent plane
#
# With 2 latents in place of 8, the whole latent space fits into a picture.
# The next cell trains such a model, for 60 epochs, with your functions.

# %% predict="plane"

# %% tags=["demo"]
torch.manual_seed(0)
plane = VAE(64, 128, 2)
optimizer = torch.optim.Adam(plane.parameters(), lr=2e-3)
for _ in tqdm(range(60), desc="two latents"):
    train_epoch(plane, train[torch.randperm(len(train))].split(64), optimizer)
print(f"-ELBO with 2 latents: {-evaluate(plane, test)[0]:.2f} nats per test image")

# %% tags=["demo"]
plane.eval()
with torch.no_grad():
    _, places, _ = plane.encode(test)

grid = torch.linspace(-2.4, 2.4, 9)  # one tile every 0.6
rows, columns = torch.meshgrid(grid.flip(0), grid, indexing="ij")  # largest on top
with torch.no_grad():
    logits = plane.decode(torch.stack([columns, rows], dim=-1).reshape(-1, 2))

# %% plot=true
# Draws figure 5 (the plane of codes, and 81 points of it, decoded), and what the sliders below move.
edge = 2.7


def draw_places(axes: plt.Axes) -> None:
    """Write each test image's label at its mu."""
    colours = plt.get_cmap("tab10")
    for point, label in zip(places, images.test_labels.tolist(), strict=True):
        axes.text(*point, str(label), color=colours(label), fontsize=9, ha="center", va="center")
    axes.set(xlim=(-edge, edge), ylim=(-edge, edge), aspect="equal")
    axes.set(xlabel="latent 1 (no unit)", ylabel="latent 2 (no unit)")


def draw_code(latent_1: float = 0.0, latent_2: float = 0.0) -> plt.Figure:
    """Show one point of the plane, and the image that it gives."""
    with torch.no_grad():
        image = torch.sigmoid(plane.decode(torch.tensor([[latent_1, latent_2]])))
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
    draw_places(left)
    left.plot(latent_1, latent_2, "X", color="black", markersize=16, markeredgecolor="white")
    right.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    right.set(xticks=[], yticks=[], title=f"z = ({latent_1:.1f}, {latent_2:.1f})")
    return figure


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4.7), layout="constrained")
draw_places(left)
left.set_title("mu of the test images, written as their label")
tiles = F.pad(torch.sigmoid(logits).reshape(9, 9, 8, 8), (1, 1, 1, 1))  # white around each
picture = tiles.permute(0, 2, 1, 3).reshape(90, 90)
right.imshow(picture, cmap="gray_r", extent=(-edge, edge, -edge, edge))
right.set(xlabel="latent 1 (no unit)", title="81 points of the plane, decoded")
figure.suptitle("Digits that look alike share a region, and regions meet without gaps")
plt.show()


# %% outcome="plane"
evaluate(model, test)[0] - evaluate(plane, test)[0]

# %% [markdown]
# *Figure 5. Left: each test image stands at its mu, written as its label.*
# *Most labels form a region of their own; some regions overlap.*
# *Right: the same plane, decoded at 9 times 9 points: neighbouring pictures differ by little, and most look like a digit.*
#
# The ELBO is about 2 nats worse than with 8 latents: two numbers carry less about an image.
#
# The next cell gives you two sliders, if a kernel is running.
# Move them: the cross on the left is `z`, and the picture on the right is what the decoder makes of it.

# %% tags=["demo"]
from lessonkit.sliders import sliders

sliders(draw_code, latent_1=(-2.4, 2.4, 0.2), latent_2=(-2.4, 2.4, 0.2))

# %% [markdown]
# ## Claims tested
#
# > **Claim, found on the web: at inference, use mu instead of sampling; this is crucial in generation.**
#
# *Inference* can mean three things here: encoding an image, generating images, and measuring the ELBO.
# The next cell does the last two, once with draws and once with means.

# %% predict="mean_code"

# %% tags=["demo"]
torch.manual_seed(0)
model.eval()
with torch.no_grad():
    logits, mu, logvar = model(test)  # in eval mode: z = mu
    at_mu, _, _ = vae_loss(logits, test, mu, logvar)
    at_zero = torch.sigmoid(model.decode(torch.zeros(16, model.latent_dim)))
elbos = torch.tensor([evaluate(model, test)[0] for _ in range(100)])
print(f"z drawn: -ELBO     {-elbos.mean():.2f} nats")
print(f"z = mu:  a number  {at_mu:.2f} nats, {-elbos.mean() - at_mu:.2f} lower")
print("different images from z = 0:     ", len(at_zero.unique(dim=0)), "of 16")
print("different images from the prior: ", len(generate(model, 16).unique(dim=0)), "of 16")

# %% outcome="mean_code"
-elbos.mean() - at_mu

# %% [markdown]
# The claim mixes three cases, and is right about one of them.
#
# - **Encoding** may use `mu`: a representation, a reconstruction or a walk should not change from call to call.
# - **Generation** samples the prior.
#   Its mean gives one image, again and again.
# - **The ELBO** needs draws.
#   With `z = mu` the number is about 3 nats lower, and it is no bound on anything: it charges for noise in the KL term and leaves the noise out of the reconstruction.
#
# So no check of this lesson asks your `evaluate` how good your model is.

# %% [markdown]
# ## A script that runs and is wrong
#
# Each of the following five mistakes was found in public code.
# The next two cells put all five into one script.
#
# The first cell holds a model that is **right**, but has habits of its own.
# Read its docstrings: its encoder gives `log_std`, the logarithm of the *standard deviation*, and its decoder gives *probabilities*.


# %% locked="found_model"
class FoundVAE(nn.Module):
    """A right model with habits of its own."""

    def __init__(self, input_dim: int, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(input_dim, hidden_dim)
        self.heads = nn.Linear(hidden_dim, 2 * latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, input_dim),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return (mu, log_std), each (batch, latent): the mean, and log sigma."""
        mu, log_std = self.heads(torch.relu(self.hidden(x))).chunk(2, dim=1)
        return mu, log_std

    def decode(self, z: Tensor) -> Tensor:
        """Return the probability of each pixel, (batch, pixels)."""
        return torch.sigmoid(self.decoder(z))


# %% locked="broken_script"
def sample(mu, log_std):  # 1
    sigma = torch.exp(log_std / 2)  # 2
    eps = torch.rand_like(sigma)  # 3
    return mu + sigma * eps  # 4


def broken_step(model, x, optimizer):  # 5
    mu, log_std = model.encode(x)  # 6
    z = mu  # 7
    probabilities = torch.sigmoid(model.decode(z))  # 8
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)  # 9
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="mean")  # 10
    loss = reconstruction + kl.mean()  # 11
    optimizer.zero_grad()  # 12
    loss.backward()  # 13
    optimizer.step()  # 14
    return loss.item()  # 15


# %% [markdown]
# The number at the end of each line is its line number.
# Run the script: is there a sign that something is wrong?

# %% tags=["demo"]
torch.manual_seed(0)
found = FoundVAE(64, 128, 8)
optimizer = torch.optim.Adam(found.parameters(), lr=1e-3)
for epoch in range(1, 31):
    batches = train[torch.randperm(len(train))].split(64)
    losses = [broken_step(found, x, optimizer) for x in batches]
    if epoch in (1, 5, 10, 20, 30):
        print(f"epoch {epoch:>2}: loss {sum(losses) / len(losses):.4f}")
mu, log_std = found.encode(test)
sigma = log_std.exp()
print(f"mu lies between {mu.min():.2f} and {mu.max():.2f}")
print(f"sigma lies between {sigma.min():.2f} and {sigma.max():.2f}")

# %% [markdown]
# The loss is small, falls, and settles: the curve of a good run.
# But it ends near $\ln 2 = 0.69$, which is what a pixel costs when the model knows nothing about it.
# And every image has nearly the same code: `mu` is near 0 and `sigma` near 1.
#
# Work in this order, as for every model that trains and does not learn.
#
# 1. Compute by hand what the loss should be before training.
# 2. Read the docstring of every function that is called, and compare the units.
# 3. For each random number: from which distribution, and does it reach the result?
# 4. For each sum and each mean: over what?

# %% [markdown]
# ### Exercise 7: `repaired_step`
#
# *Difficulty ●●●●○ (4 of 5) · 25 minutes*
#
# Write `broken_step` again, without the five mistakes.
#
# - `model` has the interface of `FoundVAE`: `encode` gives `(mu, log_std)`, `decode` gives probabilities.
# - Minimise reconstruction plus KL: the Bernoulli negative log-likelihood summed over pixels, the KL summed over latents, both averaged over the batch.
# - `z` is one fresh draw from $\mathcal{N}(\mu, \sigma^2)$ for every image, and gradients pass through it.
# - Take one step of `optimizer`; gradients that were there before the call have no effect.
# - Return the loss before the step, as a float.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Go through the lines of the script, and ask of each whether it is right for *this* model.
# Nine of the fifteen lines need no thought, and one of the long lines is right.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `log_std` needs no division by 2 to become sigma.
# Noise comes from `randn_like`, and the draw must be what is decoded.
# The decoder's output goes into the cross-entropy as it is, with `reduction="none"`; then sum over pixels and average over images, as the KL line does.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Step 1 of the list above: what should the loss be before training?
# A decoder that knows nothing says 0.5 for each of 64 pixels, here for two images:
#
# ```python
# p, x = torch.full((2, 64), 0.5), torch.zeros(2, 64)
# cross_entropy = torch.nn.functional.binary_cross_entropy
# print(f"{cross_entropy(p, x):.2f}")  # prints 0.69
# print(f"{cross_entropy(p, x, reduction='sum') / 2:.2f}")  # prints 44.36
# print(f"{torch.sigmoid(p)[0, 0]:.2f}")  # prints 0.62
# ```
#
# Which of the first two numbers has the unit of the KL?
# The third is what one more sigmoid makes of 0.5.
#
# Then test a draw: $(z - \mu)/\sigma$ must have mean 0 and standard deviation 1.
#
# </details>


# %% answer="repaired_step"
def repaired_step(model: nn.Module, x: Tensor, optimizer: torch.optim.Optimizer) -> float:
    """Take one right training step and return the loss before it.

    model: encode(x) -> (mu, log_std), log_std = log sigma; decode(z) -> probabilities.
    x: images, (batch, pixels).  optimizer: of the model's parameters; takes one step, in which
    old gradients have no part.
    z is one fresh draw from N(mu, sigma^2) for each image.
    Returns the loss, a float in nats per image: reconstruction (summed over pixels) plus KL
    (summed over latents), both averaged over the batch.
    """
    ### BEGIN SOLUTION
    mu, log_std = model.encode(x)
    z = mu + torch.exp(log_std) * torch.randn_like(mu)
    probabilities = model.decode(z)
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    reconstruction = F.binary_cross_entropy(probabilities, x, reduction="none").sum(dim=1)
    loss = (reconstruction + kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% checks={"draws": 2, "loss": 2, "step": 2}

# %% [markdown]
# **You should see** three lines.
# The same run, repaired:

# %% tags=["demo"]
torch.manual_seed(0)
found = FoundVAE(64, 128, 8)
optimizer = torch.optim.Adam(found.parameters(), lr=1e-3)
for _ in tqdm(range(30), desc="repaired"):
    batches = train[torch.randperm(len(train))].split(64)
    losses = [repaired_step(found, x, optimizer) for x in batches]
mu, log_std = found.encode(test)
sigma = log_std.exp()
print(f"epoch 30: loss {sum(losses) / len(losses):.2f} nats per image")
print(f"mu lies between {mu.min():.2f} and {mu.max():.2f}")
print(f"sigma lies between {sigma.min():.2f} and {sigma.max():.2f}")

# %% [markdown]
# The repaired loss is much *larger* than the broken one.
# It is in nats per image, and the broken one was a mean over pixels: numbers with different units cannot be compared.
# A small loss says nothing until you know what it measures.

# %% [markdown]
# ### Exercise 8: `diagnosis`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Say where the mistakes are.
# `diagnosis` is a dict from mistake to line number: the number (an `int`) of the line of the broken script that must change.
# Its keys are these five:
#
# - `"log-std read as log-variance"`
# - `"uniform noise"`
# - `"sampler never called"`
# - `"sigmoid twice"`
# - `"reconstruction averaged over pixels"`
#
# Each mistake has one line, and each line has at most one mistake.
# Put the line numbers in the place of the zeros, and remove the line below the dict.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Compare your repaired step with the script, line by line.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Two mistakes are in the function that nobody calls.
# Of the other three, one decides what is decoded, one changes what was decoded, and one is a reduction.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A shorter script, with one mistake: it should return the mean of the squares.
#
# ```python
# def mean_square(x):  # 1
#     total = x.sum()  # 2
#     return total / x.numel()  # 3
#
#
# found = {"squares forgotten": 2}
# print(mean_square(torch.tensor([3.0, 4.0])))  # prints tensor(3.5000)
# ```
#
# The harm shows in line 3, which returns 3.5 where 12.5 is right.
# But the line that must *change* is line 2.
#
# Ask the same of your five.
# If you repaired the script line by line, where does your version differ from it?
# For a function that is never called: which line should have called it?
#
# </details>


# %% answer="diagnosis"
diagnosis = {
    "log-std read as log-variance": 0,
    "uniform noise": 0,
    "sampler never called": 0,
    "sigmoid twice": 0,
    "reconstruction averaged over pixels": 0,
}
### BEGIN SOLUTION
diagnosis = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
### END SOLUTION


# %% checks={"sampler": 2, "loss": 2}

# %% [markdown]
# **You should see** two lines.
#
# Notice how the mistakes hide each other.
# While the sampler is never called, its two mistakes have no effect, and no experiment can find them.

# %% predict="hidden"


# %% tags=["demo"]
def half_repaired_step(model, x, optimizer):
    mu, log_std = model.encode(x)
    probabilities = torch.sigmoid(model.decode(sample(mu, log_std)))  # line 7 is repaired
    kl = 0.5 * (mu**2 + torch.exp(2 * log_std) - 1 - 2 * log_std).sum(dim=1)
    loss = F.binary_cross_entropy(probabilities, x, reduction="mean") + kl.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


for step in (broken_step, half_repaired_step):
    torch.manual_seed(0)
    found = FoundVAE(64, 128, 8)
    optimizer = torch.optim.Adam(found.parameters(), lr=1e-3)
    for _ in tqdm(range(30), desc=step.__name__):
        batches = train[torch.randperm(len(train))].split(64)
        losses = [step(found, x, optimizer) for x in batches]
    print(f"{step.__name__:18}  epoch 30: loss {sum(losses) / len(losses):.3f}")

# %% outcome="hidden"

# %% [markdown]
# The loss ends where it ended before.
# A hurried person would conclude that line 7 was right, and put it back.
# So find mistakes by reading and by computing, and not only by looking at one number.

# %% [markdown]
# ## Larger pictures (optional)
#
# Nothing here is graded; it takes a download, and then about a minute.
#
# None of your functions asks how many pixels an image has.
# MNIST has 60,000 handwritten digits of 28 by 28 pixels, and your layer, your loop, your measurement and your walk take them as they are.
# Only the network is new.
#
# A *convolution* looks at a picture through a small window, with the same weights at every place.
# With a stride of 2 the window moves by two pixels, so that each layer halves both sides: 28, 14, 7.
# A *transposed convolution* goes the other way.


# %% tags=["demo"]
class ConvVAE(nn.Module):
    """Rows of 784 pixels -> 14 x 14 -> 7 x 7 -> latents, and back to 784 logits."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.hidden = nn.Sequential(
            nn.Unflatten(1, (1, 28, 28)),
            nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.draw = ReparameterizationLayer(32 * 7 * 7, latent_dim)
        self.decode = nn.Sequential(
            nn.Linear(latent_dim, 32 * 7 * 7),
            nn.ReLU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),
            nn.Flatten(),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.draw(self.hidden(x))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        z, mu, logvar = self.encode(x)
        return self.decode(z), mu, logvar


# %% [markdown]
# The digits of 8 by 8 pixels cost less than 19 nats, and about 6 of them were KL.
# A picture of 28 by 28 has twelve times as many pixels.
#
# **Predict first.**
# Does a picture cost twelve times as many nats?
# And its code?
#
# Set `with_mnist = True` to find out.
# `mnist()` downloads the pictures once; where you have the four files already, `mnist("their/folder")` reads them.
# `fashion_mnist` in its place gives as many pictures of clothes.

# %% tags=["demo"]
from lessonkit.data import mnist

with_mnist = False
if with_mnist:
    larger = mnist()
    many, others = binarize(larger.train), binarize(larger.test)
    torch.manual_seed(0)
    wide = ConvVAE(16)
    optimizer = torch.optim.Adam(wide.parameters(), lr=2e-3)
    for epoch in range(1, 6):
        batches = many[torch.randperm(len(many))].split(128)
        train_epoch(wide, tqdm(batches, desc=f"epoch {epoch}"), optimizer)
        elbo, _, kl = evaluate(wide, others)
        print(f"epoch {epoch}: -ELBO {-elbo:.1f} nats per test image, of which KL {kl:.1f}")
else:
    print("No picture was downloaded. Set with_mnist = True in this cell, and run it again.")

# %% plot=true
# Draws figure 6, where there are pictures: test images, reconstructions, new images, and a walk.
if with_mnist:
    wide.eval()
    shown, copies = others[:10], torch.sigmoid(wide(others[:10])[0])
    walk = interpolate(wide, others[0], others[1], 10)
    names = "test images", "reconstructions", "new images", "a walk"
    title = "Copies and a walk look like digits; not every new image does"
    show_images(shown, copies, generate(wide, 10), walk, names=names, title=title)

# %% [markdown]
# *Figure 6, if you said yes. Top row: ten test images. Second row: their reconstructions, the same digits with soft edges, but for one or two.*
# *Third row: ten new images, of which some are digits and others lie between digits. Last row: a walk from a 7 to a 2, through a shape that is neither.*
#
# This was recorded on one core, for the solution, and for its `VAE(784, 400, 16)` with the same training (`benchmarks/larger_pictures.md`):
#
# | model | weights | epoch | -ELBO | KL | processor, s |
# | --- | --- | --- | --- | --- | --- |
# | the lesson's | 93,825 | 1 | 110.8 | 23.5 | 10 |
# | the lesson's | 93,825 | 3 | 92.7 | 26.7 | 31 |
# | the lesson's | 93,825 | 5 | 89.0 | 26.9 | 51 |
# | VAE(784, 400, 16) | 648,016 | 1 | 106.5 | 23.1 | 5 |
# | VAE(784, 400, 16) | 648,016 | 3 | 96.1 | 24.6 | 13 |
# | VAE(784, 400, 16) | 648,016 | 5 | 92.8 | 25.7 | 22 |

# %% [markdown]
# Twelve times the pixels cost less than five times the nats, and so does the code.
# Most of the new pixels can be told from their neighbours, and a pixel that can be told costs next to nothing.
#
# **Claim tested**: "pictures need convolutions".
# They need a seventh of the weights, twice the time, and win by 3.8 nats after five epochs; after one epoch they lose.
# That is one seed, and one network of each kind.
#
# Not every new image is a digit, for a draw from the prior need not land where codes of images are.
# Lesson 8 measures what that costs, and lesson 12 learns a prior that fits better.

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
# **You built** a layer that draws, a variational autoencoder around it, the loop that trains it, the evaluation that measures it, new images, a walk between images, and a repaired script.
#
# **Three sentences to remember**
#
# 1. Both terms of the loss are summed within an image and averaged over images; nothing else has the right balance.
# 2. Encoding may use `mu`, generation draws from the prior, and the ELBO needs draws from `q`.
# 3. A model that runs and whose loss falls may still have learned nothing: compute what the loss should be, and look at the KL.

# %% [markdown]
# **Where it returns.**
# Lesson 7 trains this model in half precision and on a graphics card.
# Lesson 8 asks what happens when the KL goes to zero, splits the KL into its two parts, and has a bound that is tighter than the ELBO.
# Lesson 13 measures a model of your own by its decoder alone, as the gate here does.
#
# **Further reading**
#
# - D. P. Kingma and M. Welling, *Auto-Encoding Variational Bayes*, 2014.
# - D. J. Rezende, S. Mohamed and D. Wierstra, *Stochastic Backpropagation and Approximate Inference in Deep Generative Models*, 2014.
# - Y. Burda, R. Grosse and R. Salakhutdinov, *Importance Weighted Autoencoders*, 2016.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
