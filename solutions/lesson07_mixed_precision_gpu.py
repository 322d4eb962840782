# %% [markdown]
# # Lesson 7: fast without lying
#
# **The question of this lesson: how does training become faster while its numbers stay true?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 120 minutes | lessons 3 and 4; lessons 5 and 6 help | 41 | this notebook, and two scripts that you run: `lessonkit/ladder.py`, `lessonkit/two_processes.py` |

# %% [markdown]
# **You will be able to**
#
# - say which numbers survive in half precision, and which need a float32 island;
# - choose the autocast context that fits a device;
# - write a training step with a gradient scaler, in the right order;
# - keep data on its device;
# - time code on a device that answers before it has finished.

# %% [markdown]
# **How to work.**
# Everything here runs on an ordinary processor; a graphics card (GPU) is welcome and not needed.
# Run the cells from top to bottom.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.
# Replace `raise NotImplementedError` with your code, then run the check cells below it.
# Where the text gives a time, the cell measures it on *your* machine.

# %% locked="imports"
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import matplotlib.pyplot as plt
import torch
from lessonkit.data import binarize, digits
from torch import Tensor, nn
from torch.nn import functional as F

# %% [markdown]
# ## An experiment that lies
#
# *Half precision* stores a number in 16 bits in place of 32.
# It needs half the memory, and many graphics cards have hardware that multiplies it faster.
# So a friend converts everything.
#
# Take an encoder whose output is close to the prior: `mu` and `logvar` are 0.01 in each of 8 latents.
# The KL of lesson 4 is $\tfrac12\sum_d(\mu_d^2 + \sigma_d^2 - 1 - \text{logvar}_d)$, with $\sigma_d^2 = \exp(\text{logvar}_d)$.
# In exact arithmetic it is small and positive.

# %% predict="half_kl"

# %% tags=["demo"]
for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
    mu = torch.full((8,), 0.01, dtype=dtype)
    logvar = torch.full((8,), 0.01, dtype=dtype)
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
    print(f"{dtype!s:15} KL = {kl.item():.3e} nats")

# %% outcome="half_kl"
kl

# %% [markdown]
# The true value is about $6 \cdot 10^{-4}$.
# Both half formats answer with a number below zero, which no KL can be, and neither warns you.
# The term $\exp(\text{logvar})$ is near 1, where their neighbouring numbers are about 0.001 and 0.008 apart.
# All that the KL is made of lies below that distance.
#
# Speed is easy.
# Speed with the same answer needs a decision for each operation: *fast here, exact there*.

# %% [markdown]
# ## Three floating-point formats
#
# A floating-point number has a few bits for its exponent and the rest for its digits.
# The exponent bits decide the *range*; the others decide the *precision*.

# %% tags=["demo"]
print("format           largest   smallest   spacing at 1   exp overflows above")
for dtype in (torch.float32, torch.float16, torch.bfloat16):
    info = torch.finfo(dtype)
    smallest = 2.0 ** (math.log2(info.smallest_normal) + math.log2(info.eps))
    numbers = f"{info.max:9.2e}  {smallest:9.1e} {info.eps:12.1e} {math.log(info.max):17.2f}"
    print(f"{dtype!s:15} {numbers}")

# %% [markdown]
# `float16` has three digits and a small range: it overflows above 65,504.
# `bfloat16` has the range of float32, and only two digits.
#
# **Autocast** makes the decision for each operation.
# Inside `with torch.autocast(device_type, dtype=...)`, matrix products run in the half format.
# Your weights stay in float32.
#
# Which format?
# Prefer bfloat16: its range needs no further care.
# Older NVIDIA cards do not have it in hardware, and PyTorch then *emulates* it, slowly.
# On those, take float16.

# %% [markdown]
# ### Exercise 1: `autocast_for`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Return a context for the forward pass on `device`, a `torch.device`.
#
# - On `cuda`: autocast with bfloat16 where the card has it natively, else with float16.
#   `torch.cuda.is_bf16_supported(including_emulation=False)` answers for the current card.
# - On every other kind of device for which `torch.amp.is_autocast_available(device.type)` is true: autocast with bfloat16.
# - On the rest: a context that leaves autocast off.
#
# Every call returns a new context; it is entered with `with`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First decide whether there is autocast at all, then the dtype, then make one context.
# `torch.autocast` wants the *kind* of device, a text.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `nullcontext()` is a context that changes nothing.
# Only one question depends on `cuda`: if the card lacks native bfloat16, the dtype is float16.
# Without `including_emulation=False` the answer is true for emulation as well.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same move with other contexts: make one, return it, and let the caller enter it.
#
# ```python
# from contextlib import nullcontext
#
#
# def gradients_for(training, reused):
#     if training:
#         kind = nullcontext
#     else:
#         kind = torch.no_grad if reused else torch.inference_mode
#     return kind()
#
#
# with gradients_for(training=False, reused=True):
#     print(torch.is_grad_enabled())  # prints False
# ```
#
# First comes the case in which nothing is to be done, then one choice, and the call last.
# Your choice is a dtype, and the call takes two arguments.
# Take care that a device without a card is never judged by what a card cannot do: Python asks the right side of `and` only where the left one is true.
#
# </details>


# %% answer="autocast_for"
def autocast_for(device: torch.device) -> AbstractContextManager:
    """Make the autocast context for the forward pass on this device.

    device: a torch.device.
    Returns a new context manager.
    On cuda: autocast with bfloat16 if the card has it natively (emulation does not count),
    else with float16.  Elsewhere: autocast with bfloat16.
    Where the kind of device has no autocast: a context that leaves autocast off.
    """
    ### BEGIN SOLUTION
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.float16 if half else torch.bfloat16)
    ### END SOLUTION


# %% checks={"cuda": 2, "elsewhere": 1, "unsupported": 1}

# %% [markdown]
# **You should see** three lines.
# The first check lets your function believe in two graphics cards, an old one and a new one.

# %% [markdown]
# ## Claims tested: autocast is the same everywhere
#
# > **Claim, often assumed: "CPU autocast behaves like CUDA's, so a test on the CPU is enough."**
#
# A layer under autocast hands on a half-precision tensor.
# What happens to it next?
# PyTorch's documentation lists, for CUDA, operations that are raised to float32 by autocast: `exp`, `log`, `pow`, `sum`, `softplus` among them.

# %% predict="same_everywhere"

# %% locked="the_operations"
OPERATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "matmul": lambda h: h @ h,
    "exp": torch.exp,
    "log": torch.log,
    "pow": lambda h: h**2,
    "sum": torch.sum,
    "softplus": F.softplus,
    "BCE with logits": lambda h: F.binary_cross_entropy_with_logits(h, h.detach()),
}


def dtypes_under_autocast(device: torch.device) -> dict[str, str]:
    """The dtype of each operation's result, for a half-precision input under autocast."""
    with autocast_for(device):
        h = torch.rand(4, 4, device=device) @ torch.rand(4, 4, device=device)
        return {name: str(operation(h).dtype) for name, operation in OPERATIONS.items()}


# %% tags=["demo"]
columns = {"cpu (run here)": dtypes_under_autocast(torch.device("cpu"))}
if torch.cuda.is_available():
    columns["cuda (run here)"] = dtypes_under_autocast(torch.device("cuda"))
else:
    raised = {name: "torch.float32" for name in OPERATIONS if name != "matmul"}
    columns["cuda (documented)"] = {"matmul": "half", **raised}

print(f"{'operation':18}" + "".join(f"{name:22}" for name in columns))
for name in OPERATIONS:
    print(f"{name:18}" + "".join(f"{column[name]:22}" for column in columns.values()))

# %% outcome="same_everywhere"
int(columns["cpu (run here)"]["exp"] == "torch.bfloat16")

# %% [markdown]
# The claim is **false**.
# On CUDA, autocast lifts `exp` and `sum` to float32 by itself.
# On the CPU they stay in bfloat16, and the KL above loses all its digits.
# The last line differs from the five above it: the list is one of single operations, and it changes with versions.
#
# So do not depend on the list.
# Call `.float()` where you need float32: the same line is then right on every device.
# (If you have no CUDA card, the second column is what the documentation says; it was not run here.)

# %% [markdown]
# ## The float32 island
#
# The sampler of lesson 3 has one dangerous operation: the exponential.
# Three ways to compute $\sigma$ from a float16 `logvar`:
#
# 1. `sqrt(exp(logvar))` in float16;
# 2. `exp(logvar / 2)` in float16;
# 3. `exp(logvar.float() / 2)`, in float32, and back to float16 at the very end.
#
# The third is an **island**: a few operations in float32, surrounded by half precision.

# %% predict="island"

# %% tags=["demo"]
logvar = torch.linspace(-18, 21, 4000).half()
exact = (logvar.double() / 2).exp()
ways = {
    "sqrt(exp(logvar)) in float16": logvar.exp().sqrt(),
    "exp(logvar / 2) in float16": (logvar / 2).exp(),
    "float32 island": (logvar.float() / 2).exp(),
}
error = torch.tensor(2.5).half().exp().item() / math.exp(2.5) - 1
print(f"error of exp(logvar / 2) in float16 at logvar = 5: {error:.1e}")

# %% plot=true
# Draws figure 1: the relative error of sigma for every logvar.
looks = ("#D55E00", "o", 7), ("black", "x", 4), ("#0072B2", "s", 4)
_, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for (name, sigma), (color, marker, size) in zip(ways.items(), looks, strict=True):
    error = ((sigma.double() - exact).abs() / exact).clamp(1e-9, 10)
    style = {"color": color, "markersize": size, "fillstyle": "none", "label": name}
    axes.plot(logvar.double()[::40], error[::40], marker, **style)
axes.axvline(math.log(65504), color="black", linestyle="--")
axes.text(math.log(65504) - 0.3, 6e-7, "exp(logvar) overflows", ha="right")
axes.set(yscale="log", xlabel="logvar (natural logarithm)")
axes.set_ylabel("relative error of sigma (no unit)")
axes.set_title("Only the float32 island keeps the digits of sigma over the whole range")
axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
plt.show()

# %% outcome="island"
logvar[logvar.exp().isinf()].min()

# %% [markdown]
# *Figure 1. Circles, sqrt(exp(logvar)) in float16: errors near 0.0003 in the middle, with a cross inside most circles; growing to 1 at the left, and infinite right of the dashed line at 11.09 (drawn at 10).*
# *Crosses, exp(logvar / 2) in float16: errors up to 0.0005 everywhere.*
# *Squares, the island: errors below 0.0000001.*
#
# The first way breaks.
# The second way is worse than it looks: its error is the same for every draw of that `logvar`, so no averaging removes it.
# The island is small: one exponential for each latent number, beside a matrix product with hundreds of multiplications for each.

# %% [markdown]
# ### Exercise 2: `reparameterize_amp`
#
# *Difficulty ●●○○○ (2 of 5) · 15 minutes*
#
# Write the sampler of lesson 3 for half precision.
#
# - `mu` and `logvar` have the same shape and dtype: float16, bfloat16 or float32.
# - `exp(logvar / 2)` is computed in float32 and stays there until `z` is made, whether autocast is on or off.
# - `z` has the shape, the dtype and the device of `mu`.
# - The noise is standard normal, fresh for every element and every call; it may be drawn in float32 or in the dtype of `mu`.
# - Gradients reach `mu` and `logvar`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Which single tensor must be in float32 before the exponential?
# And which dtype has a product of a float32 and a float16 tensor?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Raise the log-variance with `.float()`, halve it, take the exponential, multiply by the noise, add the mean.
# The sum is then in float32: `.to(...)` brings it back to the dtype of the mean, once, at the end.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Here is an island around another dangerous operation, the square.
#
# ```python
# def length(v):
#     wide = v.float()
#     total = wide.square().sum().sqrt()
#     return total.to(v.dtype)
#
#
# v = torch.full((3,), 300.0, dtype=torch.float16)
# print(v.square().sum().sqrt().item(), length(v).item())  # prints inf 519.5
# ```
#
# The square of 300 is 90,000, and float16 ends at 65,504.
# One line goes up to float32, one comes back, and everything dangerous is between them.
# Both `.float()` and `.to` let gradients pass.
# Where are these two lines in your sampler?
# The standard deviation must still be in float32 when the noise multiplies it, so the way back comes later than you may think.
#
# </details>


# %% answer="reparameterize_amp"
def reparameterize_amp(mu: Tensor, logvar: Tensor) -> Tensor:
    """Draw z from N(mu, sigma^2) in half precision, with sigma in float32 until z is made.

    mu, logvar: same shape and dtype (float16, bfloat16 or float32), with or without
    autocast around the call.  sigma = exp(logvar / 2).
    Returns z: shape, dtype and device of mu; fresh noise for each element and each call,
    drawn in float32 or in the dtype of mu; gradients reach both inputs, and nothing else.
    """
    ### BEGIN SOLUTION
    sigma = torch.exp(logvar.float() / 2)
    z = mu.float() + sigma * torch.randn_like(sigma)
    return z.to(mu.dtype)
    ### END SOLUTION


# %% checks={"dtype": 1, "device": 1, "range": 2, "precision": 2, "noise": 2, "gradients": 2}

# %% [markdown]
# **You should see** six lines.
# The precision check uses a trick of its own: with one seed it draws 50,000 numbers for `logvar = 0` and for another `logvar`.
# The roundings of single draws average out in their ratio; a rounded `sigma` does not.

# %% [markdown]
# ## Claims tested: tiny noise
#
# > **Claim, found on the web: "A tiny eps underflows in half precision and breaks the trick."**
#
# In float16, a number below $3 \cdot 10^{-8}$ becomes 0.

# %% predict="tiny"

# %% tags=["demo"]
torch.manual_seed(0)
eps = torch.randn(10_000_000)
half = eps.half()
tiny = eps.abs() < torch.finfo(torch.float16).smallest_normal
expected = len(eps) * math.erf(2**-25 / math.sqrt(2))  # 2^-25 and below becomes 0
print(f"expected to become 0:            {expected:.2f} of {len(eps):,}")
print("became 0:                       ", int((half == 0).sum()))
print("below the normal range:         ", int(tiny.sum()))
print(f"largest change among those:      {(half - eps)[tiny].abs().max():.1e}")
print(f"largest change among all others: {(half - eps)[~tiny].abs().max():.1e}")

# %% outcome="tiny"
int((half == 0).sum())

# %% [markdown]
# The claim is **harmless**: true in its first half, though very rarely, and wrong in its second.
# A draw that becomes 0 was almost 0, and losing it changes $z = \mu + \sigma\epsilon$ by less than $10^{-7}\sigma$.
# The ordinary rounding of a large draw is more than ten thousand times larger, as the last line shows.
# Underflow hurts where a number is later *divided by*, or where its *logarithm* is taken.
# It also hurts gradients, as the next section shows.

# %% [markdown]
# ## Gradients that vanish
#
# Here is the model of this lesson: the VAE of lesson 6, with your sampler inside, and the loss of lesson 4.
# The loss is the sum over pixels, averaged over the batch:
#
# $$\text{loss} = \text{reconstruction} + \beta\,\text{KL}.$$


# %% locked="the_model"
class VAE(nn.Module):
    """A variational autoencoder for binary pixels; forward returns (logits, mu, logvar)."""

    def __init__(self, input_dim: int = 64, hidden_dim: int = 128, latent_dim: int = 8) -> None:
        super().__init__()
        self.hidden = nn.Linear(input_dim, hidden_dim)
        self.fc_mu = nn.Linear(hidden_dim, latent_dim)
        self.fc_logvar = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, input_dim),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = F.relu(self.hidden(x))
        mu, logvar = self.fc_mu(h), self.fc_logvar(h).clamp(-10, 10)
        return self.decoder(reparameterize_amp(mu, logvar)), mu, logvar


def vae_loss(
    logits: Tensor,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    beta: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """(loss, reconstruction, kl) in nats a sample; kl is without beta.

    Computed in the dtype of the inputs.
    """
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    reconstruction = pixels.sum(1).mean()
    kl = (0.5 * (mu.square() + logvar.exp() - 1 - logvar)).sum(1).mean()
    return reconstruction + beta * kl, reconstruction, kl


# %% [markdown]
# A gradient travels backwards through every layer, and in each it is stored in the half format of that layer.
# The gradient at the output of the first layer is a good place to look: one number for each image and each hidden unit.
#
# Its size also depends on the loss: the average over a batch of 512 images divides each image's share by 512.

# %% predict="too_small"

# %% tags=["demo"]
torch.manual_seed(0)
train = binarize(digits().train)
model, x = VAE(), train[:512]
kept: list[Tensor] = []


def keep_gradient(module: nn.Module, inputs: tuple, output: Tensor) -> None:
    output.register_hook(kept.append)


model.hidden.register_forward_hook(keep_gradient)
logits, mu, logvar = model(x)
vae_loss(logits, x, mu, logvar)[0].backward()
gradient = kept[0][kept[0] != 0]  # units that ReLU switched off have exactly 0


def lost(values: Tensor, dtype: torch.dtype) -> str:
    """The share of the values that is 0, or has lost some of its digits, in this format."""
    zero = (values.to(dtype) == 0).double().mean()
    small = (values.abs() < torch.finfo(dtype).smallest_normal).double().mean()
    return f"{zero:7.3%} become 0, {small:6.1%} lose digits"


print("float16, loss as it is:       ", lost(gradient, torch.float16))
print("float16, loss times 2^10:     ", lost(gradient * 2**10, torch.float16))
print("bfloat16, loss as it is:      ", lost(gradient, torch.bfloat16))

# %% plot=true
# Draws figure 2: how large the gradients are, before and after the loss is multiplied.
bins = torch.linspace(-30, 5, 71)
_, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
curves = [(1, "loss as it is", "#D55E00", "-"), (2**10, "loss times 1,024", "#0072B2", "--")]
for factor, label, color, style in curves:
    heights = torch.histogram((gradient * factor).abs().log2(), bins)[0] / len(gradient)
    axes.stairs(heights * 100, bins, label=label, color=color, linestyle=style, linewidth=2)
axes.axvspan(-30, -14, color="0.85", zorder=0)
top = axes.get_ylim()[1]
axes.text(-29.5, top * 0.86, "float16 loses digits here,\nand has only 0 below -25")
axes.set_xlabel("log2 of the gradient's size (the gradient is in nats)")
axes.set_ylabel("share of all gradients (%)")
axes.set_title("Multiplying the loss moves its gradients out of float16's gap")
axes.legend(loc="upper right")
plt.show()

# %% outcome="too_small"
(gradient.abs() < torch.finfo(torch.float16).smallest_normal).double().mean()

# %% [markdown]
# *Figure 2. Two histograms of the same shape on a logarithmic axis.*
# *The solid one, for the loss as it is, reaches into the grey region left of -14, where float16 loses digits.*
# *The dashed one, for the loss times 1,024, stands ten steps further to the right, almost all of it outside the grey region.*
#
# Multiplying the loss by $S$ multiplies every gradient by $S$.
# Choose a power of two, and the multiplication is exact.
# Before the optimizer moves, divide by $S$, in float32.
# This is **loss scaling**.
# bfloat16 has no such gap, so it needs no scaler.

# %% [markdown]
# ## When a step must be skipped
#
# Which $S$?
# Too small, and gradients vanish; too large, and they overflow to inf.
# `torch.amp.GradScaler` searches while it trains:
#
# - `scaler.scale(loss)` multiplies the loss by the present scale;
# - `scaler.unscale_(optimizer)` divides the gradients by it, and notes whether one is inf or nan;
# - `scaler.step(optimizer)` unscales if that was not done yet; then it calls `optimizer.step()`, *unless* an inf or nan was found: that step is **skipped**;
# - `scaler.update()` halves the scale after a skipped step, and doubles it after many clean ones (2,000 by default).
#
# A scaler made with `enabled=False` does nothing of this, and the same code runs.
# Use that with bfloat16.

# %% [markdown]
# ## One training step
#
# The order follows from what each line needs:
#
# ```text
# zero_grad       gradients of the last step must not be added
# autocast:       model(x), and nothing after it
# float32:        .float() on what the loss takes
# scale           then backward(), outside autocast
# unscale         only if you clip: a limit means true gradients
# clip
# scaler.step     in place of optimizer.step
# scaler.update
# ```
#
# *Clipping* limits the norm of all gradients together: a long gradient vector is shortened to length `clip`, and its direction stays.
# On gradients that still carry the factor $S$, the limit would be $S$ times too strict.

# %% [markdown]
# ### Exercise 3: `amp_train_step`
#
# *Difficulty ●●●●○ (4 of 5) · 25 minutes*
#
# Make one step, and return the loss.
#
# - `model(x)` returns `(logits, mu, logvar)`; call it once, under `autocast_for(x.device)`, in the mode that it is in.
# - The loss is that of `vae_loss`, computed from float32 tensors; `backward()` runs outside autocast.
# - `scaler` may be enabled or disabled; the same code serves both.
# - `clip` is `None`, or the largest allowed norm of all true (unscaled) gradients together.
# - Gradients left over from before the call have no effect.
# - If scaled gradients overflow, the weights stay as they were; `scaler.update()` is called either way.
# - The result is a Python `float`: the loss with `beta`, not scaled.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The list above is nearly the program, line by line.
# `scaler` replaces two of the usual lines: the one with `backward`, and the one with `step`.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Inside the `with` statement stands one line, the call of the model.
# After it, three tensors get `.float()` on their way into the loss.
# `nn.utils.clip_grad_norm_` clips, and only after `scaler.unscale_`; `scaler.step` notices that this was done.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The step with gaps:
#
# ```python
# ...  # old gradients go
# with ...:
#     outputs = ...  # the only line in here
# loss = ...  # all three outputs, in float32
# ...  # backward, from what the scaler makes of the loss
# if ...:  # only with a limit
#     ...  # remove the scale
#     ...  # limit the norm
# ...  # in the place of optimizer.step()
# ...  # the scaler learns from this step
# return ...  # which loss, and as what?
# ```
#
# Why this order?
# Take the scale 1024, a true gradient of 0.5 and `clip` = 1.
# Clipped first, 512 becomes 1, and after the division 0.001 is left.
# Divided first, it stays 0.5, as it should.
#
# </details>


# %% answer="amp_train_step"
def amp_train_step(
    model: nn.Module,
    x: Tensor,
    optimizer: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    beta: float = 1.0,
    clip: float | None = None,
) -> float:
    """Make one training step in mixed precision.

    model: model(x) gives (logits, mu, logvar); called once, under autocast_for(x.device),
    in the mode that it and its layers are in.
    x: pixels, (batch, input).
    optimizer: of the model's parameters; left-over gradients have no effect.
    scaler: scales the loss, skips the step after an overflow, is updated; may be disabled.
    beta: weight of the KL.  clip: largest norm of all unscaled gradients together, or None.
    Returns the loss, reconstruction + beta * kl from float32 tensors (see vae_loss), as a
    float, not scaled.
    """
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    with autocast_for(x.device):
        logits, mu, logvar = model(x)
    loss, _, _ = vae_loss(logits.float(), x, mu.float(), logvar.float(), beta)
    scaler.scale(loss).backward()
    if clip is not None:
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    scaler.step(optimizer)
    scaler.update()
    return loss.item()
    ### END SOLUTION


# %% checks={"forward": 2, "backward": 1, "loss": 2, "precision": 3, "step": 2, "fresh": 1, "clip": 2, "overflow": 2, "update": 1}

# %% [markdown]
# **You should see** nine lines.
#
# Now watch the scaler search.
# The CPU can play an old graphics card: here autocast uses float16.
# The scaler starts at $2^{10}$ and doubles its scale after every 4 clean steps.

# %% predict="scale"

# %% tags=["demo"]
torch.manual_seed(0)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=4)
scales, skipped = [], []
for step in range(100):
    scales.append(math.log2(scaler.get_scale()))
    with torch.autocast("cpu", dtype=torch.float16):
        logits, mu, logvar = model(train[:64])
    loss, _, _ = vae_loss(logits.float(), train[:64], mu.float(), logvar.float())
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() < 2.0 ** scales[-1]:
        skipped.append(step)
print(f"{len(skipped)} of 100 steps were skipped")
print("all weights are finite:", all(p.isfinite().all().item() for p in model.parameters()))

# %% plot=true
# Draws figure 3: the scale step by step, and the steps that were skipped.
_, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.step(range(100), scales, where="post", color="#0072B2", label="scale")
crosses = {"color": "#D55E00", "markersize": 9, "label": "skipped steps"}
axes.plot(skipped, [scales[step] for step in skipped], "X", **crosses)
axes.set(xlabel="training step", ylabel="log2 of the scale")
axes.set_title("The scale climbs until gradients overflow, and then steps back")
axes.legend(loc="lower right")
plt.show()

# %% outcome="scale"
len(skipped)

# %% [markdown]
# *Figure 3. A staircase rises from 2^10 by one power of two every four steps.*
# *At the first cross, a skipped step, it falls by one; from then on it climbs and falls in turn.*
#
# Nobody told the scaler where float16 ends; it found the edge by falling over it.
# A skipped step costs one batch.
# A step that was *not* skipped would have put nan into the weights, and nothing repairs that.
#
# `loss.item()` has a price as well: it waits until the device has finished.
# In a loop that must be fast, add the losses up on the device and ask once for each epoch.

# %% [markdown]
# ## Data that stays on the device
#
# A `DataLoader` collects a batch row by row in Python, on the CPU, and then copies it to the device.
# For a small model this may take longer than the training step itself.
# If the data fits into the device's memory, put all of it there once.
# Then a batch is one indexing operation on the device:
#
# ```text
# DataLoader:   row, row, row, ... -> stack -> copy -> step
# resident:     x[index]                            -> step
# ```
#
# The index must live on the device too.
# An index on the CPU is copied for every batch.

# %% [markdown]
# ### Exercise 4: `device_batches`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Yield one epoch of shuffled batches.
#
# - `x` has one row for each example, and any further dimensions.
# - Every row comes exactly once; all batches have `batch_size` rows but the last, which has the rest.
#   No batch is empty.
# - Every call draws a new order for the single rows.
# - `generator` lives on the device of `x` and then decides the order alone; or it is `None`, and PyTorch's own random state decides.
# - `x` is left as it was.
# - The order is drawn on the device of `x`, and no tensor is made on, or copied to, another device.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# A shuffled order of $n$ rows is called a *permutation*, and PyTorch has a function for it.
# Look at the arguments of `torch.randperm`.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Pass both `generator=` and `device=` on.
# `order.split(size)` cuts a tensor into parts of this size, the last one shorter, and each part is an index into `x`.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: pieces of rows that are drawn *with* repetition, so that a row may come twice.
#
# ```python
# def with_repeats(data, size, pieces):
#     for _ in range(pieces):
#         chosen = torch.randint(len(data), (size,), device=data.device)
#         yield data.index_select(0, chosen)
#
#
# drawn = with_repeats(torch.ones(5, 2), size=3, pieces=2)
# print([tuple(piece.shape) for piece in drawn])  # prints [(3, 2), (3, 2)]
# ```
#
# The index is born where the data are, and each piece gets a new one.
# Yours needs every row once.
# So draw *one* order for the whole epoch, before the loop, and cut it: seven rows in parts of 3 have the lengths 3, 3 and 1.
# The loop then goes over the parts.
#
# </details>


# %% answer="device_batches"
def device_batches(
    x: Tensor,
    batch_size: int,
    generator: torch.Generator | None,
) -> Iterator[Tensor]:
    """Yield the rows of x once, in a new random order, in batches on the device of x.

    x: (n, ...), n at least 1, left as it was.
    batch_size: rows of each batch; the last batch has what is left, and none is empty.
    generator: on the device of x, decides the order; None uses PyTorch's own random state.
    Neither the order nor the rows ever visit another device.
    """
    ### BEGIN SOLUTION
    order = torch.randperm(len(x), generator=generator, device=x.device)
    for index in order.split(batch_size):
        yield x[index]
    ### END SOLUTION


# %% checks={"rows": 2, "order": 2, "edges": 1, "device": 1}

# %% [markdown]
# **You should see** four lines.
# The last check runs your function on the `meta` device, where tensors have shapes and no numbers; whatever touches the CPU is seen there without a graphics card.
#
# How long does one epoch of batches take, without any training?

# %% tags=["demo"]
from torch.utils.data import DataLoader

sources = {
    "DataLoader": lambda: DataLoader(train, batch_size=64, shuffle=True),
    "device_batches": lambda: device_batches(train, 64, None),
}
for name, epoch in sources.items():
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        rows = sum(len(batch) for batch in epoch())
        seconds.append(time.perf_counter() - start)
    print(f"{name:15} {rows / min(seconds):12,.0f} rows a second")

# %% [markdown]
# Both deliver the same rows.
# Keep these numbers in mind: no training loop can be faster than its data.

# %% [markdown]
# ## A clock that tells the truth
#
# A graphics card works *asynchronously*.
# A call puts work into a queue and returns at once; Python runs ahead.
# `torch.cuda.synchronize()` waits until the queue is empty.
#
# You can see the effect without a graphics card.
# Here a second thread plays the device: the loop only puts matrix products into its queue.

# %% predict="clock"

# %% tags=["demo"]
a = torch.rand(400, 400)
with ThreadPoolExecutor(max_workers=1) as device_queue:
    for honest in (False, True):
        start = time.perf_counter()
        jobs = [device_queue.submit(torch.matmul, a, a) for _ in range(200)]
        if honest:
            [job.result() for job in jobs]  # synchronize
        elapsed = time.perf_counter() - start
        label = "with waiting:   " if honest else "without waiting:"
        print(f"{label} {200 / elapsed:12,.0f} products a second")
        [job.result() for job in jobs]

# %% outcome="clock"

# %% [markdown]
# The first line is no measurement of a matrix product.
# It is the speed at which Python fills a queue.
#
# Three rules for an honest rate:
#
# - **Warm up.** The first calls allocate memory, choose algorithms, compile; they are not what you want to know.
# - **Wait before each reading of the clock.** Before the first, or the rest of the warm-up is timed; before the last, or the queue is still full.
# - **Divide all samples by all the time.** The mean of single rates gives short steps too much weight.

# %% [markdown]
# ### Exercise 5: `throughput`
#
# *Difficulty ●●○○○ (2 of 5) · 12 minutes*
#
# Measure how many samples a second `step` processes.
#
# - Call `step()` `warmup` times without timing it, then `repeats` times with timing.
#   `warmup` may be 0.
# - Each call processes `samples` samples.
# - Read `time.perf_counter()`.
#   If `device.type` is `cuda`, call `torch.cuda.synchronize(device)` before each reading; on the CPU there is nothing to wait for, and the call would be an error.
# - Return `repeats * samples / elapsed`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two loops, two readings of the clock.
# Where do the two waits belong?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# After the warm-up: wait, then read.
# After the timed loop: wait, then read again.
# `step` may be called in a plain `for` loop whose variable is not used.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour that times every call alone, and a way to see the order of events without a graphics card:
#
# ```python
# def single_times(step, calls, wait, clock):
#     seconds = []
#     for _ in range(calls):
#         wait()
#         start = clock()
#         step()
#         wait()
#         seconds.append(clock() - start)
#     return seconds
#
#
# log = []
#
#
# def note(word):
#     log.append(word)
#     return 0
#
#
# single_times(lambda: note("step"), 1, lambda: note("wait"), lambda: note("clock"))
# print(*log)  # prints wait clock step wait clock
# ```
#
# With 10 calls this reads the clock 20 times.
# Yours reads it twice, whatever `repeats` is.
# Write down the row of words that yours should give with 2 calls of warm-up and 3 timed ones.
#
# </details>


# %% answer="throughput"
def throughput(
    step: Callable[[], object],
    samples: int,
    warmup: int,
    repeats: int,
    device: torch.device,
) -> float:
    """Measure samples per second of step().

    samples: processed by each call of step.
    warmup: calls that are not timed, 0 or more.  repeats: timed calls, 1 or more.
    device: where step works; on cuda, torch.cuda.synchronize(device) comes before each
    reading of the clock, which is time.perf_counter().
    Returns repeats * samples / elapsed seconds, as a float.
    """

    ### BEGIN SOLUTION
    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    for _ in range(warmup):
        step()
    start = now()
    for _ in range(repeats):
        step()
    return repeats * samples / (now() - start)
    ### END SOLUTION


# %% checks={"rate": 2, "synchronise": 2, "calls": 1}

# %% [markdown]
# **You should see** three lines.
# The checks drive the clock themselves, so that they know the true rate.

# %% [markdown]
# ## How fast could it be?
#
# A rate alone says little.
# Compare it with what the device could do: the **roofline**.
# Two things limit a training step: the arithmetic, and the traffic between memory and arithmetic.
# The slower of the two decides.
#
# *Arithmetic first.*
# For a VAE with layers 784-400-20-400-784, count the multiplications and additions.
# A weight $w$ takes part in one multiplication and one addition forward.
# Backward it takes part in four: two for the gradient of the weight, two for the gradient of its input.
# Only the first layer needs no gradient of its input.

# %% tags=["demo"]
first, heads, decoder = 784 * 400, 2 * 400 * 20, 20 * 400 + 400 * 784
flop = 6 * (first + heads + decoder) - 2 * first
print(f"{flop / 1e6:.2f} million operations a sample")
print(f"{60_000 * flop / 1e9:.0f} billion operations an epoch of 60,000 samples")

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def product_rate(n: int) -> float:
    """Operations a second of a product of two n x n matrices."""
    a = torch.rand(n, n, device=device)
    return 2 * n**3 * throughput(lambda: a @ a, 1, 2, 5, device)


widths = (128, 256, 512) if device.type == "cpu" else (4096, 8192)
peak = max(product_rate(n) for n in widths for _ in range(3))
roof = peak / flop
print(f"matrix products on {device}: {peak / 1e9:,.0f} billion operations a second")
print(f"the flat part of the roof: {roof:,.0f} samples a second in float32")

# %% [markdown]
# *Now the traffic.*
# However small the batch, each step moves all the weights.
# A weight is read forward, and read again backward for the gradient of its input (not in the first layer).
# Its gradient is written once.
# Adam reads the weight, its gradient and two running means, and writes the weight and the two means.
# Together each weight costs ten moves of 4 bytes, and nine in the first layer.
#
# A step therefore takes at least bytes / bandwidth seconds, and a batch of $B$ samples shares them:
#
# $$\text{samples a second} \;\le\; \min\Big(B \cdot \frac{\text{bandwidth}}{\text{bytes of a step}},\; \text{flat part}\Big).$$
#
# The first term rises with the batch: it is the **slope** of the roof.
# What the batch itself moves is left out, so this is a limit from above.

# %% tags=["demo"]
step_bytes = 4 * (10 * (first + heads + decoder) - first)


def copy_rate(n: int) -> float:
    """Bytes a second that are read or written while n float32 numbers are copied."""
    a, b = torch.rand(n, device=device), torch.empty(n, device=device)
    return throughput(lambda: b.copy_(a), 2 * 4 * n, 2, 5, device)


# As many numbers as the model and its optimizer hold, and more than any cache holds.
sizes = (4 * (first + heads + decoder), 2**25)
bandwidth = max(copy_rate(n) for n in sizes for _ in range(3))
slope = bandwidth / step_bytes
print(f"{step_bytes / 1e6:.1f} million bytes a step, {bandwidth / 1e9:,.0f} billion bytes a second")
print(f"the slope of the roof: at most {slope:,.0f} steps a second")
print(f"slope and flat part meet at a batch of {roof / slope:,.0f}")

# %% [markdown]
# Now train on random pixels and measure, at several batch sizes, in float32 and under autocast.
# Each point is the mean of four measurements, with two standard errors.
# Close other programs first: whatever else the machine does is in the time.


# %% tags=["demo"]
from tqdm.auto import tqdm


def rate_of(batch: int, half: bool, repeats: int) -> float:
    """Samples a second of a training step of the large VAE."""
    model = VAE(784, 400, 20).to(device)
    optimizer = torch.optim.Adam(model.parameters())
    pixels = torch.rand(batch, 784, device=device).round()

    def step() -> None:
        with autocast_for(device) if half else nullcontext():
            logits, mu, logvar = model(pixels)
        loss = vae_loss(logits.float(), pixels, mu.float(), logvar.float())[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return throughput(step, batch, 1, repeats, device)


sizes = [8, 32, 128, 512] if device.type == "cpu" else [32, 128, 512, 2048, 8192, 32768]
rates = {False: [], True: []}
for half, size in tqdm([(half, size) for half in rates for size in sizes], desc="measuring"):
    rates[half].append([rate_of(size, half, 1 + 32 // size) for _ in range(4)])

# %% plot=true
# Draws figure 4: samples per second for every batch size, and the roofline.
_, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for half, color, style in ((False, "#0072B2", "o-"), (True, "#D55E00", "s--")):
    four = torch.tensor(rates[half])
    two_errors = four.std(1)  # two standard errors of a mean of four: one deviation
    label = f"measured, {'autocast' if half else 'float32'}"
    axes.errorbar(sizes, four.mean(1), two_errors, fmt=style, color=color, capsize=4, label=label)
grid = torch.logspace(math.log10(sizes[0]), math.log10(sizes[-1]), 200)
axes.plot(grid, (slope * grid).clamp(max=roof), "k:", label="roofline, float32")
axes.set(xscale="log", yscale="log")
axes.set(xlabel="batch size (samples)", ylabel="samples per second")
axes.set_xticks(sizes, [str(size) for size in sizes])
axes.minorticks_off()
title = "A small batch is under the slope of the roof, a large one under its flat part"
axes.set_title(f"{title} ({device.type})")
axes.legend()
plt.show()

# %% [markdown]
# *Figure 4. Batch size from left to right, samples per second upwards, both logarithmic.*
# *Round points are float32, squares are autocast.*
# *The dotted line is the float32 roofline: it rises with the batch, as fast as the memory delivers the weights, and is level from where the arithmetic is the limit.*
#
# Under the slope, a larger batch costs nearly nothing: the weights are moved anyway.
# Under the flat part, twice the batch takes twice the time.
# The points stay below the roof, most of all where the batch is small.
# Besides the traffic a step has other fixed costs, above all the start of every operation, and the roof does not count them.
#
# Is the autocast line above the other one?
# Graphics cards with bfloat16 in hardware are built for that, and large batches use it best.
# On many CPUs it is *below*: a CPU without bfloat16 instructions has to convert every number.
# The format promises nothing; the machine decides, and you measure.

# %% [markdown]
# ## Does it still learn the same?
#
# Speed counts only if the result stays.
# Train twice from the same weights, with the same order of batches and the same noise: once in float32, once under autocast.

# %% predict="apart"


# %% tags=["demo"]
def train_vae(half: bool, epochs: int = 8) -> list[float]:
    """Mean training loss of each epoch."""
    torch.manual_seed(0)
    model, source = VAE(hidden_dim=64), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    scaler = torch.amp.GradScaler("cpu", enabled=False)  # bfloat16 needs none
    step, history = (amp_train_step if half else float32_step), []
    for _ in tqdm(range(epochs), desc="autocast" if half else "float32", leave=False):
        losses = []
        for x in device_batches(train, 64, source):
            losses.append(step(model, x, optimizer, scaler))
        history.append(sum(losses) / len(losses))
    return history


def float32_step(model, x, optimizer, scaler):
    logits, mu, logvar = model(x)
    loss = vae_loss(logits, x, mu, logvar)[0]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


histories = {half: train_vae(half) for half in (False, True)}
for epoch in (0, 2, 4, 7):
    full, half = histories[False][epoch], histories[True][epoch]
    print(f"epoch {epoch + 1:2}:  float32 {full:.2f}   autocast {half:.2f} nats")
apart = max(abs(a - b) for a, b in zip(histories[False], histories[True], strict=True))
gained = histories[False][-2] - histories[False][-1]
print(f"the largest difference: {apart:.3f} nats; the last epoch gained {gained:.3f} nats")

# %% outcome="apart"
apart / gained

# %% [markdown]
# The small differences of half precision grow while training, and here they stay far below what training gains in one epoch.
# This comparison belongs to every change that makes something faster.

# %% [markdown]
# ## The ladder
#
# A script climbs from a plain loop to a fast one, one change a rung: `DataLoader`, data on the device, TF32, bfloat16 autocast, fused Adam, `torch.compile`, CUDA graph.
# Every rung stands beside the flat part of its roofline, and every rung must reach the loss of the first.
# In a terminal where the course's environment is active (`. .venv/bin/activate` in the folder of the course):
#
# ```text
# python -m lessonkit.ladder --quick            seconds, to see that it runs
# python -m lessonkit.ladder                    to measure
# python -m lessonkit.ladder --compile          with the compiler's rungs
# python -m lessonkit.ladder --write ladder.md  adds a table with machine, versions and date
# ```
#
# Rungs that your device does not have are left out, and the script says so.

# %% [markdown]
# Which rung gains most on *your* machine: the data, the format, or the optimizer?
# Write down what you expect, then run the script, and compare.
#
# **A recorded table belongs here**, from a named graphics card, beside yours.
# It does not stand here yet: nobody has measured one with this version, and numbers that were not measured are not printed.
# `--write` makes it on a machine that has a card.
#
# Two terms that you will meet there.
# *TF32* is a format inside NVIDIA cards: float32 outside, 10 bits of digits inside a matrix product.
# A *CUDA graph* records the launches of a whole step and repeats them with one call, so that small batches no longer wait for Python.

# %% [markdown]
# ## One more GPU
#
# Two devices can share a batch.
# Each has a copy of the model, computes the gradient of its own half, and then they average.
# With halves of equal size, the mean of the two means is the mean of all:
#
# $$\frac{1}{2}\left(\frac{2}{N}\sum_{i \in A} g_i + \frac{2}{N}\sum_{i \in B} g_i\right) = \frac{1}{N}\sum_{i} g_i.$$
#
# Here $g_i$ is the gradient of sample $i$, and $A$ and $B$ are the halves of the batch of $N$.
# Two processes on your CPU can show it, in the same terminal:
#
# ```text
# torchrun --nproc-per-node 2 -m lessonkit.two_processes
# ```
#
# It prints the largest difference between the gradients of two processes and those of one.

# %% predict="halves"

# %% outcome="halves"

# %% [markdown]
# It is not exactly 0 on most machines: float32 sums in another order round differently.
# The script prints the largest gradient beside it: the difference is less than a hundred-thousandth of that.
#
# Three things break the equality, and all three are easy to do:
#
# - a *sum* over the batch in the loss: the average over processes then makes it half as large;
# - parts of unequal size: the mean of the means is no longer the mean;
# - the same seed for the noise in each process: the halves then share their `eps`, and their noise no longer averages out.

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
# **You built** a context for every device, a sampler with a float32 island, a training step with a scaler, batches that stay on their device, and an honest clock.
#
# **Three sentences to remember**
#
# 1. Matrix products may run in half precision; exponentials, logarithms and losses want float32, and `.float()` says so on every device.
# 2. Scale, backward, unscale, clip, `scaler.step`, `scaler.update`: the order is the meaning.
# 3. Wait before you read the clock, and compare the loss before you praise the speed.

# %% [markdown]
# **Where it returns.**
# Lessons 8 and 10 train many small models in a row.
# Lesson 11 measures what a draw costs in a trained model.
#
# **Further reading**
#
# - P. Micikevicius and others, *Mixed Precision Training*, 2018.
# - S. Williams, A. Waterman and D. Patterson, *Roofline: An Insightful Visual Performance Model for Multicore Architectures*, 2009.
# - S. Li and others, *PyTorch Distributed: Experiences on Accelerating Data Parallel Training*, 2020.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
