# %% [markdown]
# # Lesson 11: out of the lab
#
# **The question of this lesson: what becomes of the noise, of the weights and of the loss of a trained model when it leaves the lab?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 110 minutes | lessons 3, 4 and 6; lesson 8 helps | 30 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - take the randomness out of an encoder, and leave the model as you found it;
# - say what an export freezes;
# - round weights to a few bits, and train with noise or through the rounding;
# - say when such training is worth its time, and when a better scale is enough;
# - turn a loss into a score for strange images, and say where it fails.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom.
# An exercise is one function or class: replace `raise NotImplementedError` with your code, then run the check cells below it.
# Where the text says *Predict first*, write a letter between the quotes and run that cell before you go on.

# %% locked="imports"
import copy
import math
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessonkit.data import binarize, digits
from lessonkit.vae import VAE, measure, negative_elbo, train

# %% [markdown]
# ## One image, two codes
#
# The model of lesson 6 is given here, in `lessonkit.vae`: `VAE()` has 64 pixels, 128 hidden numbers and 8 latents.
# `train(model, images, epochs)` trains it.
# `measure(model, images, draws)` gives the two terms of its negative ELBO in nats per image; their sum is `nelbo`.
# `nelbo` below uses the same draws for every model, so that small differences can be seen.

# %% [markdown]
# Train one, and use its codes as a service would: encode an image, keep the code, and find the image again later by its code.

# %% predict="found_again"

# %% tags=["demo"]
torch.set_num_threads(1)  # the tensors are small: sharing the work costs more than it gives
images = digits()
train_images, test_images = binarize(images.train), binarize(images.test)


def nelbo(model: VAE) -> float:
    """-ELBO on the test images in nats per image, by the same 64 draws for every model."""
    torch.manual_seed(1)
    return measure(model, test_images, 64).nelbo


torch.manual_seed(0)
plain = VAE()
train(plain, train_images, 60, name="plain")
base = nelbo(plain)
print(f"-ELBO on the test images: {base:.2f} nats")
with torch.no_grad():
    kept, later = (plain.encode(test_images)[0] for _ in range(2))
found = test_images[torch.cdist(later, kept).argmin(dim=1)]
print(f"found again: {(found == test_images).all(dim=1).sum()} of 360")

# %% outcome="found_again"
(found == test_images).all(dim=1).sum()

# %% [markdown]
# Three of four images are not found again.
# Nothing is broken: `train` leaves the model in train mode, and there the code $z$ is a draw.
# A loss needs this draw.
# A code that is stored, compared or sent needs the opposite: one image, one code.

# %% [markdown]
# ## One image, one code
#
# The code without randomness is `mu`, the mean of $q(z \mid x)$.
# Two things stand between you and it, and a third comes after.
#
# - `encode` returns `(z, mu, logvar)`. In this course $z$ is `mu` in eval mode; in other people's models `z` may be a draw in both modes.
# - The mode. A *dropout* draws in train mode. A *batch norm* uses the batch in train mode, and changes its running statistics, which are *buffers*: numbers that are saved with the weights and not trained.

# %% [markdown]
# The third is the mode afterwards.
# `model.eval()` sets the flag `training` of *every* module to `False`, and `model.train()` to `True`. But not every module need have the same flag: in a fine-tuned model a batch norm is often kept in eval mode, *frozen*, while all else trains.

# %% [markdown]
# ### Exercise 1: `deterministic_encode`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return `mu` for images, and leave the model as it was.
#
# - `model.encode(x)` returns `(z, mu, logvar)`, each `(batch, latent)`; `z` may be a draw in both modes.
# - Return `mu` as `encode` gives it when *every* module of the model is in eval mode, in its dtype and without a graph.
# - The same `x` gives the same bits in every call.
# - Afterwards every module is in the mode that it had, also where modules differ. Weights and buffers are as before, and weights that required gradients still do.
# - Gradients are recorded again after the call, and `x` is not changed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `model.modules()` goes through the model and every module in it.
# What do you have to note of each before you call `model.eval()`?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Keep a list of pairs: a module and its flag `training`.
# Encode inside `torch.no_grad()`, and set each flag back by assignment, since `module.train(flag)` would set the modules below it too.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same care for another flag, `requires_grad`, in a model of which one weight is frozen:
#
# ```python
# layers = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
# layers[0].weight.requires_grad = False
#
# before = [(p, p.requires_grad) for p in layers.parameters()]
# layers.requires_grad_(False)  # what needs this state comes after this line
# for p, flag in before:
#     p.requires_grad = flag
# after = [p.requires_grad for p in layers.parameters()]
# print(after)  # prints [False, True, True, True]
# ```
#
# `layers.requires_grad_(True)` in place of the loop would thaw the frozen weight: one switch for all forgets who was different.
# For modes, `model.train()` is that switch.
# What do you go through, and which flag do you note?
#
# </details>


# %% answer="deterministic_encode"
def deterministic_encode(model: nn.Module, x: Tensor) -> Tensor:
    """Encode images without randomness, and leave the model as it was.

    model: its encode(x) returns (z, mu, logvar), each (batch, latent); z may be a draw in
    both modes.  x: images, (batch, pixels); not changed.
    Returns mu, (batch, latent), as encode gives it when every module of the model is in
    eval mode, in its dtype, without a graph: the same bits for the same x in every call.
    Afterwards every module is in the mode that it had, weights and buffers are as before,
    weights that required gradients still do, and gradients are recorded again.
    """
    ### BEGIN SOLUTION
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        _, mu, _ = model.encode(x)
    for module, mode in modes:
        module.training = mode
    return mu
    ### END SOLUTION


# %% checks={"values": 2, "mode": 1, "modules": 1}

# %% [markdown]
# **You should see** three lines: about the values, the mode and the modules.

# %% predict="last_bit"

# %% tags=["demo"]
codes = deterministic_encode(plain, test_images)
again = deterministic_encode(plain, test_images)
alone = torch.cat([deterministic_encode(plain, image[None]) for image in test_images])
print("the same batch twice, bits equal:", torch.equal(codes, again))
print(f"alone and in the batch: {(alone != codes).any(dim=1).sum()} of 360 codes differ,", end="")
print(f" by {(alone - codes).abs().max():.1g} at most")
found = test_images[torch.cdist(again, codes).argmin(dim=1)]
print(f"found again: {(found == test_images).all(dim=1).sum()} of 360")

# %% outcome="last_bit"
(alone - codes).abs().max()

# %% [markdown]
# A matrix product of another size may add its numbers in another order, and floating-point sums depend on the order.
# So the last bits may differ, by about $10^{-7}$ of the size.
# Never compare codes of different batches by `==`, and never promise it to others.
#
# And all 360 images are found again.

# %% [markdown]
# ## Claims tested: "the draw costs too much in production"
#
# > **Claim, as people write it: "At inference use mu. Without eps, you save memory and time that you cannot afford in production."**

# %% predict="way_to_mu"


# %% tags=["demo"]
def microseconds(call, repeats: int = 100) -> float:
    """The median time of a call."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1e6 * sorted(times)[repeats // 2]


def size(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


print(f"the draw: {plain.latent_dim} numbers for an image")
print(f"parameters: {size(plain):,} in all, {size(plain.hidden, plain.fc_mu):,} on the way to mu")
with torch.inference_mode():
    for batch in (1, 64, 360):
        x = test_images[:batch]
        mean, drawn = (microseconds(partial(plain.train(mode), x)) for mode in (False, True))
        print(f"batch {batch:4d}: a pass with the draw takes {drawn / mean:.2f} times one without")

# %% tags=["demo"]
with torch.no_grad():
    logits, mu, logvar = plain.eval()(test_images)
    loss = F.binary_cross_entropy_with_logits(logits, test_images, reduction="none").sum(dim=1)
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=1)
print(f"with z = mu: {(loss + kl).mean():.2f} nats, with draws: {base:.2f} nats")

# %% outcome="way_to_mu"
size(plain.hidden, plain.fc_mu) / size(plain)

# %% [markdown]
# The claim mixes three things.
#
# - *Use `mu` for a code*: **right**, as the search showed.
# - *The draw is too dear*: **wrong** here. It is eight numbers for an image, and a small part of the time. What saves memory is to ship only what is needed: the path to `mu` is less than half of the parameters.
# - *Always*: **wrong**. A likelihood needs the draw: with $z = \mu$ the number is about 3 nats too good, and is no ELBO (lesson 6). You will need it for the score below.

# %% [markdown]
# ## An export freezes the mode
#
# To run a model elsewhere you *export* it: PyTorch runs `forward` once, writes down the operations, and keeps this list, the *graph*, with the weights.
# The code around it is gone, and with it each `if self.training`.

# %% predict="frozen"


# %% tags=["demo"]
class Encoder(nn.Module):
    """What is shipped: from an image to its code."""

    def __init__(self, model: VAE) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model.encode(x)[0]


def exported(training: bool) -> torch.export.ExportedProgram:
    """The encoder in one mode, for batches of any size."""
    encoder, any_batch = Encoder(plain).train(training), ({0: torch.export.Dim("batch")},)
    return torch.export.export(encoder, (test_images[:2],), dynamic_shapes=any_batch)


def operations(program: torch.export.ExportedProgram) -> list[str]:
    """The names of the operations of a graph."""
    calls = [node for node in program.graph.nodes if node.op == "call_function"]
    return [str(node.target).removeprefix("aten.").partition(".")[0] for node in calls]


# %% tags=["demo"]
programs = {mode: exported(mode == "train") for mode in ("eval", "train")}
lists = {mode: operations(program) for mode, program in programs.items()}
print(f"{'exported in eval mode':<26}exported in train mode")
for row in range(len(lists["train"])):
    left = lists["eval"][row] if row < len(lists["eval"]) else ""
    right = lists["train"][row]
    print(f"{left:<26}{right}{'   <- draws' if 'rand' in right else ''}")
for mode, program in programs.items():
    module = program.module()
    with torch.no_grad():
        apart = (module(test_images) - module(test_images)).abs().max()
        off = (module(test_images) - codes).abs().max()
    print(f"exported in {mode} mode: two calls differ by {apart:.2g}, and from mu by {off:.2g}")
try:
    programs["train"].module().eval()
except NotImplementedError as error:
    print("eval() on it:", error)

# %% outcome="frozen"
any("rand" in name for name in lists["train"])

# %% [markdown]
# The list of train mode holds `randn_like`: this encoder draws for ever, and `.eval()` raises an error.
# The mode is frozen at export.
# Public issue trackers know this accident: in huggingface/optimum, issues 1383 and 2021 are about exports in which the draw of an image model's encoder stayed.
#
# So test what you ship, and not what you exported from: call it twice, and compare it with `mu`.
#
# *Two more traps.*
# Without `dynamic_shapes` the size of the example's batch is frozen too, and another batch raises an error.
# And the exported module shares its weights with the model: a later change of them in place changes both.

# %% [markdown]
# The next cell writes the encoder in the ONNX format, which other programs run without PyTorch.
# It needs three packages that this course does not install by itself.
# Where they are missing, the cell says how to get them, and the lesson goes on without it.

# %% tags=["demo"]
if all(find_spec(name) for name in ("onnx", "onnxscript", "onnxruntime")):
    import onnxruntime

    encoder, example = Encoder(plain).eval(), (test_images[:2],)
    shapes = ({0: torch.export.Dim("batch")},)
    with TemporaryDirectory() as folder:
        path = f"{folder}/encoder.onnx"
        torch.onnx.export(encoder, example, path, dynamo=True, dynamic_shapes=shapes, verbose=False)
        session = onnxruntime.InferenceSession(path)
    name = session.get_inputs()[0].name
    (elsewhere,) = session.run(None, {name: test_images.numpy()})
    print(f"onnxruntime and PyTorch differ by {abs(elsewhere - codes.numpy()).max():.1g} at most")
else:
    print('To try it: pip install -c constraints.txt -e ".[onnx]" in the folder of this course,')
    print("then restart the kernel. Nothing below needs it.")

# %% [markdown]
# ## Weights on a grid
#
# A weight in float32 takes 32 bits.
# Rounded to one of 255 values it takes 8 bits, and a tensor of such weights needs one more number: the *step* between the values.
#
# The simplest grid is symmetric about 0, with one step $s$ for the whole tensor $w$ and $b$ bits:
#
# $$s = \frac{\max |w|}{2^{b-1} - 1}, \qquad \hat w = s \cdot \operatorname{round}(w / s).$$
#
# One bit is for the sign, so that $2^{b-1} - 1$ steps lie to either side: 127 steps for 8 bits, 3 for 3 bits.

# %% [markdown]
# **Worked example.** $w = (-3.3,\ 1.0,\ 0.3)$ and $b = 3$: $s = 1.1$, and $\hat w = (-3.3,\ 1.1,\ 0)$.

# %% [markdown]
# $\hat w$ is still a float tensor; it only has values that fit the grid.
# That is why it is called *fake* quantisation: with it you can measure what rounding costs before you write integers.
#
# Can you train through it?
# The derivative of $\operatorname{round}$ is 0 wherever it exists, so that no weight would ever move.
# The usual answer is the *straight-through* gradient: forward, use $\hat w$; backward, act as if $\hat w = w$.
# It is no derivative of what is computed, but it points where the weight should go.
#
# The step is a constant for this gradient, though it depends on the largest weight.

# %% [markdown]
# ### Exercise 2: `fake_quantize`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Round weights to the grid, with a straight-through gradient.
#
# - `w` has any shape, and `bits` is an `int` of 2 or more.
# - The step is $\max|w| / (2^{\text{bits} - 1} - 1)$, one for the whole tensor.
# - The result is $s \cdot \operatorname{round}(w/s)$ to within $10^{-6} \max|w|$, in the shape, dtype and device of `w`. Which way a number in the middle of two values goes is free.
# - A tensor of zeros gives zeros.
# - The gradient is 1 for every element, the largest included. (Not specified for zeros.)
# - `w` is not changed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# You want a sum of two parts: one that carries the gradient, and one that carries the rounding and is cut.
# Which two parts add up to $\hat w$?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `w + (rounded - w).detach()` has the value of `rounded` and the gradient of `w`.
# For the step take `w.detach()`; and keep the divisor above 0, for a tensor of zeros.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The same gradient for another function: limit a number to $[-1, 1]$, and let every gradient pass.
#
# ```python
# v = torch.tensor([-3.0, 0.5, 2.0], requires_grad=True)
# limited = v.clamp(-1, 1)
# print(torch.autograd.grad(limited.sum(), v)[0])  # prints tensor([0., 1., 0.])
#
# passing = v + (v.clamp(-1, 1) - v).detach()
# print(passing.tolist())  # prints [-1.0, 0.5, 1.0]
# print(torch.autograd.grad(passing.sum(), v)[0])  # prints tensor([1., 1., 1.])
# ```
#
# So write the values first, without thinking of gradients: step, divide, round, multiply.
# $w = (-3.3, 1, 0.3)$ with 3 bits must give $(-3.3, 1.1, 0)$.
# Zeros make the step 0, and 0/0 is NaN: which divisor would do no harm there?
#
# </details>


# %% answer="fake_quantize"
def fake_quantize(w: Tensor, bits: int = 8) -> Tensor:
    """Round weights to a grid that is symmetric about 0, with a straight-through gradient.

    w: any shape; not changed.  bits: int, 2 or more.
    The step is max|w| / (2^(bits - 1) - 1), one for the whole tensor.
    Returns step * round(w / step), to within 1e-6 of max|w|, in the shape, dtype and device
    of w; numbers in the middle of two values may go either way.  Zeros give zeros.
    The gradient in w is 1 for every element, the largest included (not specified for zeros).
    """
    ### BEGIN SOLUTION
    step = w.detach().abs().max() / (2 ** (bits - 1) - 1)
    rounded = step * torch.round(w / step.clamp(min=torch.finfo(w.dtype).tiny))
    return w + (rounded - w).detach()
    ### END SOLUTION


# %% checks={"shape": 1, "values": 2, "gradients": 2, "zeros": 1}

# %% [markdown]
# **You should see** four lines.
#
# Round the weights of the trained model, and leave its biases as they are.

# %% predict="bits"


# %% tags=["demo"]
def rounded(model: VAE, bits: int, quantize=fake_quantize) -> VAE:
    """A copy of a model whose weights are rounded, its biases not."""
    state = model.state_dict()
    for name, value in state.items():
        if value.dim() == 2:
            state[name] = quantize(value, bits)
    result = VAE()
    result.load_state_dict(state)
    return result


for bits in (8, 6, 5, 4, 3, 2):
    print(f"{bits} bits: {nelbo(rounded(plain, bits)) - base:+7.3f} nats")

# %% outcome="bits"
nelbo(rounded(plain, 3)) - base

# %% [markdown]
# At 8 bits, and at 6, it is less than a hundredth of a nat.
# At 5 bits it can be seen, at 3 it is about two nats, and at 2 the model is gone.
#
# The largest weight decides the step, and all others pay for it.
# Two repairs need no training.
# A *step for each row* lets a row of small weights have a small step.
# A *smaller range* cuts the few largest weights off, and gives all others a finer grid; choose it for the least squared error of the weights.


# %% tags=["demo"]
def by_row(w: Tensor, bits: int) -> Tensor:
    """Rounded with a step for each row."""
    return torch.stack([fake_quantize(row, bits) for row in w])


def least_squares(w: Tensor, bits: int) -> Tensor:
    """Rounded with the one range, of 100 up to max|w|, that leaves the least squared error."""
    candidates = []
    for share in range(1, 101):
        limit = w.abs().max() * share / 100
        cut = torch.cat([w.clamp(-limit, limit).flatten(), limit[None]])  # limit is the largest now
        candidates.append(fake_quantize(cut, bits)[:-1].view_as(w))
    return min(candidates, key=lambda candidate: float((candidate - w).square().sum()))


for bits in (4, 3):
    more = [nelbo(rounded(plain, bits, way)) - base for way in (fake_quantize, by_row, least_squares)]
    print(f"{bits} bits: one step {more[0]:.2f}, a step a row {more[1]:.2f}, ", end="")
    print(f"smaller range {more[2]:.2f} nats")

# %% [markdown]
# Remember these two: they are what any training for few bits has to beat.

# %% [markdown]
# ## Noise in the place of rounding
#
# There is an older idea for training: never round, but shake.
# Where $w$ is rounded to the nearest value, the error lies between $-s/2$ and $s/2$.
# If it is spread evenly there, its mean is 0 and its variance $s^2 / 12$.
#
# So add noise of this size to the weight while you train, a fresh draw in each call:
#
# $$W' = W + \sigma \varepsilon, \qquad \sigma = \frac{s}{\sqrt{12}}, \qquad \varepsilon \sim \mathcal{N}(0, 1).$$

# %% [markdown]
# This is $z = \mu + \sigma \varepsilon$ again, with a weight for the mean.
# A model that works with shaken weights should not mind rounded ones: this is the hope, and you will test it.

# %% [markdown]
# One draw of $W'$ serves all rows of a batch, as one rounded weight would.
# When the layer is used, in eval mode, it takes the plain $W$.
#
# Here the flag `training` decides about the noise, because noise and training belong together.
# That is a choice: in reinforcement learning the same noise serves to explore, and may be wanted in eval mode, or not wanted while training.
# There it needs a switch of its own.

# %% [markdown]
# ### Exercise 3: `NoisyLinear`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Write a linear layer with noise on its weight: `NoisyLinear(in_features, out_features, bias=True, bits=8)`, derived from `nn.Linear`.
# Its parameters are those of `nn.Linear`: `weight`, and `bias` unless `bias=False`.
#
# - In train mode: $y = x W'^{\top} + b$ with $W' = W + \sigma\varepsilon$, for `x` of shape `(batch, in_features)`.
# - $\varepsilon$ is $\mathcal{N}(0, 1)$, of the weight's shape, dtype and device, another in each call and in each layer, and the same for all rows of a batch. The bias gets none.

# %% [markdown]
# - $\sigma = s / \sqrt{12}$, with the step of exercise 2 for `bits` and for the weight as it is in this call. For the gradient it is a constant.
# - In eval mode: $y = x W^{\top} + b$, with the plain weight, not rounded.
# - `forward` does not change the parameters.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# `__init__` hands the first three arguments on to `nn.Linear`, and keeps the fourth.
# `F.linear(x, weight, bias)` computes $x W^{\top} + b$ with any weight that you give it.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# In `forward`, ask `self.training` first.
# Then compute the step from `self.weight.detach()`, and add `torch.randn_like(self.weight)`, scaled, to `self.weight` in a *new* tensor.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# A neighbour: a ReLU whose *output* gets noise of a fixed size in train mode.
#
# ```python
# class Blurred(torch.nn.ReLU):
#     def __init__(self, size):
#         super().__init__()
#         self.size = size
#
#     def forward(self, numbers):
#         y = super().forward(numbers)
#         if self.training:
#             y = y + self.size * torch.randn_like(y)
#         return y
#
#
# print(Blurred(0.1).eval()(torch.tensor([-1.0, 2.0])))  # prints tensor([0., 2.])
# ```
#
# The class keeps its number, and asks the flag in each call.
# This noise has the shape of the output, so each row gets its own.
# Whose shape must yours have, so that all rows share it?
# And the sum is a new tensor: do the same, and the parameter stays what it was.
#
# </details>


# %% answer="NoisyLinear"
class NoisyLinear(nn.Linear):
    """A linear layer whose weight gets noise in train mode, as large as an error of rounding.

    x: (batch, in_features).  Returns y, (batch, out_features).
    In train mode y = x (W + sigma * eps)^T + b.  eps ~ N(0, 1) has the weight's shape, dtype
    and device, is drawn in every call of every layer, and serves all rows; the bias gets none.
    sigma = step / sqrt(12), with step = max|W| / (2^(bits - 1) - 1) of the weight as it is
    in this call; it is a constant for the gradient.
    In eval mode y = x W^T + b.  forward does not change the parameters.
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, bits: int = 8) -> None:
        ### BEGIN SOLUTION
        super().__init__(in_features, out_features, bias)
        self.bits = bits
        ### END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        ### BEGIN SOLUTION
        if not self.training:
            return super().forward(x)
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        noise = step / math.sqrt(12) * torch.randn_like(self.weight)
        return F.linear(x, self.weight + noise, self.bias)
        ### END SOLUTION


# %% checks={"eval": 1, "sigma": 2, "noise": 2, "sharing": 1, "gradients": 2}

# %% [markdown]
# **You should see** five lines.
#
# Is the error of rounding really uniform, with variance $s^2/12$?
#
# For the first layer of the trained model, at 8 bits and at 3: how large is the mean square of the error, in units of $s^2/12$?

# %% tags=["demo"]
weight = plain.hidden[0].weight.detach()
for bits in (8, 4, 3, 2):
    step = weight.abs().max() / (2 ** (bits - 1) - 1)
    error = (fake_quantize(weight, bits) - weight) / step
    zeros = (fake_quantize(weight, bits) == 0).float().mean()
    print(f"{bits} bits: mean square {12 * error.square().mean():.2f} of s^2 / 12;", end="")
    print(f" {zeros:.0%} of the weights become 0")

# %% [markdown]
# Down to 3 bits the size is right, within 4%.
# At 2 bits nearly all weights become 0: the error of such a weight is minus the weight itself, and nothing is random about it.
#
# The size is not all.
# Noise is another in each call and has the mean 0; a rounded weight has the same error in every call.

# %% [markdown]
# ## Noise for every row, without a weight for every row
#
# In `NoisyLinear` all rows of a batch meet the same $\varepsilon$.
# Their gradients then err in the same direction, and a mean over the batch does not cancel what is common.
#
# A weight of its own for each row would be better, but costs a matrix a row.
# There is a way around it.
# Let every element of $W_b$ be a draw from $\mathcal{N}(w_{oi}, \sigma_{oi}^2)$, with another $W_b$ for each row $b$.
# The output of row $b$ is a sum of independent normal numbers, and such a sum is normal again:
#
# $$y_{bo} \sim \mathcal{N}\Big(\sum_i x_{bi} w_{oi} + b_o,\ \sum_i x_{bi}^2 \sigma_{oi}^2\Big).$$

# %% [markdown]
# So draw $y$ itself: one number for each row and output.
# This is the *local reparameterization trick* (Kingma, Salimans and Welling, 2015): the noise moves from the weights to where it acts.
#
# Variances add, standard deviations do not.
# And look at a row of zeros: its variance is 0, and the slope of the root at 0 is infinite.
#
# **Worked example.** $x = (3, -4)$, both $\sigma = 0.1$: the variance is $9 \cdot 0.01 + 16 \cdot 0.01 = 0.25$, the standard deviation 0.5.

# %% [markdown]
# ### Exercise 4: `local_reparameterization`
#
# *Difficulty ●●●○○ (3 of 5) · 15 minutes*
#
# Draw what a linear layer with random weights gives, with weights of its own for every row, without drawing weights.
#
# - `x` is `(batch, in)`, `weight` and `sigma` are `(out, in)`, `bias` is `(out,)`; every `sigma` is above 0.
# - The result is `(batch, out)`, in the dtype and on the device of `x`: normal, with mean $x W^{\top} + b$ and variance $x^2 (\sigma^2)^{\top}$, squares element by element.

# %% [markdown]
# - The noise is independent from row to row, from output to output and from call to call.
# - Gradients reach all four arguments, and these are not changed.
# - A row of zeros gives the bias, to within $10^{-5}$, and all gradients stay finite.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Two matrix products, one for the mean and one for the variance.
# Then the sentence of lesson 3: a mean, plus a standard deviation times noise.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `x.square() @ sigma.square().T` is the variance.
# Add a number to it, before the root, which changes nothing but keeps the root away from 0; how small may it be, if its own root has to be below $10^{-5}$?
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# The slow way, to test yours against: two rows of two inputs, one output, and weights of its own for each row and try.
#
# ```python
# x = torch.tensor([[3.0, -4.0], [0.0, 0.0]])
# sd = torch.tensor([0.1, 0.1])  # of the two weights of one output
# maker = torch.Generator().manual_seed(0)
# weights = sd * torch.randn(100_000, 2, 2, generator=maker)
# y = (x * weights).sum(dim=-1)  # (tries, rows)
# print([f"{s:.2f}" for s in y.std(dim=0)])  # prints ['0.50', '0.00']
# v = torch.zeros(1, requires_grad=True)
# print(torch.autograd.grad(v.square().sqrt(), v)[0])  # prints tensor([nan])
# ```
#
# Yours has to give these standard deviations without `weights`: one normal number for each row and output.
# The last line is the row of zeros: an infinite slope, times 0.
#
# </details>


# %% answer="local_reparameterization"
def local_reparameterization(x: Tensor, weight: Tensor, sigma: Tensor, bias: Tensor) -> Tensor:
    """Draw the output of a linear layer with random weights, others for every row of x.

    x: (batch, in).  weight, sigma: (out, in), sigma above 0.  bias: (out,).  None is changed.
    Returns (batch, out), in the dtype and on the device of x: independent normal numbers,
    fresh in every call, with mean x W^T + b and variance x^2 (sigma^2)^T.
    Gradients reach all four arguments.  A row of zeros gives the bias, to within 1e-5, and
    leaves all gradients finite.
    """
    ### BEGIN SOLUTION
    mean = x @ weight.T + bias
    variance = x.square() @ sigma.square().T
    return mean + torch.sqrt(variance + 1e-30) * torch.randn_like(mean)
    ### END SOLUTION


# %% checks={"distribution": 2, "independence": 1, "gradients": 1, "zeros": 1}

# %% [markdown]
# **You should see** four lines.
#
# Now compare the two kinds of noise by what a training feels: the variance of the gradient, summed over all parameters.
# The weights are those of the trained model, the noise is that of 4 bits, and the draw of $z$ is kept the same, so that only the weights are noisy.

# %% predict="batch_noise"


# %% tags=["demo"]
class LocalLinear(nn.Linear):
    """The same noise as NoisyLinear in size, another for every row."""

    bits = 4

    def forward(self, x: Tensor) -> Tensor:
        step = self.weight.detach().abs().max() / (2 ** (self.bits - 1) - 1)
        sigma = (step / math.sqrt(12)).expand_as(self.weight)
        return local_reparameterization(x, self.weight, sigma, self.bias)


def with_layers(make: Callable[[int, int], nn.Linear]) -> VAE:
    """A new model, the same from call to call, with linear layers of another kind."""
    torch.manual_seed(0)
    model = VAE()
    for name, layer in list(model.named_modules()):
        if isinstance(layer, nn.Linear):
            new = make(layer.in_features, layer.out_features)
            new.load_state_dict(layer.state_dict())
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, new)
    return model


# %% tags=["demo"]
def gradient_variance(make: Callable[[int, int], nn.Linear], batch: int, draws: int = 100) -> float:
    """The variance of the gradient, summed over all parameters, of the noise on the weights alone."""
    model = with_layers(make)
    model.load_state_dict(plain.state_dict())
    torch.manual_seed(2)
    eps = torch.randn(batch, model.latent_dim)
    model.draw = lambda mu, logvar: mu + torch.exp(logvar / 2) * eps
    parameters, found = list(model.parameters()), []
    for _ in range(draws):
        slopes = torch.autograd.grad(negative_elbo(model, train_images[:batch])[0], parameters)
        found.append(torch.cat([slope.flatten() for slope in slopes]))
    return torch.stack(found).var(dim=0).sum().item()


batches = [16, 64, 256]
kinds = (partial(NoisyLinear, bits=4), LocalLinear)
shared, local = ([gradient_variance(make, batch) for batch in batches] for make in kinds)
for batch, one, other in zip(batches, shared, local, strict=True):
    print(f"batch {batch:3d}: shared {one:5.1f}, local {other:5.2f}, ratio {one / other:4.1f}")

# %% plot=true
# Draws figure 1: the variance of the gradient for every batch.
_, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(batches, shared, "o", color="#D55E00", markersize=8, label="one W' for the batch, measured")
axes.plot(batches, local, "s", color="#0072B2", markersize=8, label="local, measured")
falling = [local[0] * 16 / batch for batch in batches]
axes.plot(batches, falling, "--", color="#0072B2", label="1 / batch")
axes.axhline(shared[-1], color="#D55E00", linestyle=":", label="no slope at all")
axes.set(xscale="log", yscale="log")
axes.set(xlabel="images in a batch", ylabel="variance of the gradient (nats²)")
axes.set_xticks(batches, batches)
axes.set_xticks([], minor=True)
axes.set_title("Shared weight noise does not average out over the batch; local noise does")
axes.legend(fontsize=9)
plt.show()

# %% outcome="batch_noise"
(local[0] / local[-1]) / (shared[0] / shared[-1])

# %% [markdown]
# *Figure 1. Both axes are logarithmic.*
# *The circles, for one noisy weight a batch, fall from about 44 to 35 only, and lie near a horizontal dotted line.*
# *The squares, for local noise, fall from about 13 to 0.9, along the dashed line of 1 / batch.*

# %% [markdown]
# Two rows that share $\varepsilon$ have correlated gradients.
# The variance of a mean of $n$ such numbers is $v / n + c\,(n - 1) / n$, with their variance $v$ and their covariance $c$.
# The second part does not fall with $n$.
#
# Local noise is not cheaper than a shared draw: it needs two matrix products for one.
# It is cheaper than a matrix for every row, and it makes a better gradient.

# %% [markdown]
# ## Claims tested: "noise in training makes INT8 lose least"
#
# > **Claim, found on the web: "Train with W + sigma · eps, and quantisation to INT8 loses least."**
#
# INT8 means whole numbers of 8 bits.
# Here is what six ways of dividing the digits gave, with 100 epochs each: the loss after rounding, less that of the plain float32 model, in nats per image.
# The way `trained through the rounding` uses $\hat w$ in each step, with the straight-through gradient.

# %% predict="int8"

# %% tags=["demo"]
# For each number of bits: the mean, the lowest and the highest of six splits.
# Measured by benchmarks/shipping.py (torch 2.13.0).
RECORDED = """
one step a tensor
    8 -0.0004 -0.0070 0.0031, 6 0.0166 -0.0022 0.0377, 5 0.0982 0.0275 0.1940
    4 0.5197 0.3098 0.9106, 3 2.8715 2.1477 3.6542, 2 25.3145 24.3909 26.1721
a step a row
    8 -0.0001 -0.0029 0.0028, 6 0.0092 -0.0099 0.0192, 5 0.0575 0.0013 0.0821
    4 0.1838 0.1348 0.2275, 3 1.1053 0.7945 1.3215, 2 11.5780 9.8407 12.9274
range of least squared error
    8 0.0020 -0.0035 0.0083, 6 0.0188 -0.0043 0.0542, 5 0.0834 0.0327 0.1262
    4 0.2048 0.1303 0.3075, 3 0.7713 0.7028 0.8498, 2 4.1289 3.7656 5.2283
trained with normal noise
    8 0.0477 -0.0324 0.1189, 4 0.4706 0.3860 0.5873, 3 1.5854 1.3351 1.8040
trained through the rounding
    8 0.0028 -0.0082 0.0177, 4 0.1934 0.1384 0.2483, 3 0.8252 0.6630 1.0847
"""

# %% tags=["demo"]
lost, grid_bits = {}, (8, 6, 5, 4, 3, 2)
for line in RECORDED.strip().splitlines():
    if not line.startswith(" "):
        lost[line] = entries = []
        continue
    entries += [tuple(map(float, entry.split())) for entry in line.split(",")]
print(f"{'mean loss in nats, by bits':<30}", *(f"{each:6d}" for each in grid_bits))
for name, entries in lost.items():
    means = {each: f"{round(mean, 2) + 0:6.2f}" for each, mean, _, _ in entries}
    print(f"{name:<30}", *(means.get(each, "     -") for each in grid_bits))

# %% plot=true
# Draws figure 2: what every way of rounding loses, for every number of bits.
styles = {
    "one step a tensor": ("#000000", "o-"),
    "a step a row": ("#0072B2", "s-"),
    "range of least squared error": ("#009E73", "D-"),
    "trained with normal noise": ("#D55E00", "^--"),
    "trained through the rounding": ("#CC79A7", "v--"),
}
_, axes = plt.subplots(figsize=(8, 4.8), layout="constrained")
for number, (name, (color, style)) in enumerate(styles.items()):
    bits, mean, low, high = zip(*lost[name], strict=True)
    bits = [each + 0.06 * (number - 2) for each in bits]
    axes.plot(bits, mean, style, color=color, label=name, markersize=6)
    axes.vlines(bits, low, high, color=color, linewidth=2)
axes.axhspan(-0.05, 0.05, color="0.9", label="less than 0.05 nats")
axes.set_yscale("symlog", linthresh=0.1)
axes.set(xlim=(8.4, 1.6), ylim=(-0.05, 60))
axes.set(xlabel="bits of a weight", ylabel="nats lost per image (symlog axis)")
axes.set_title("At 8 bits there is nothing to win; below, a better scale does as well as training")
axes.legend(fontsize=9)
plt.show()

# %% outcome="int8"

# %% [markdown]
# *Figure 2. Bits fall from 8 on the left to 2 on the right; the vertical axis is linear up to 0.1 nats and logarithmic above.*
# *The points are means of six splits, the vertical lines go from the lowest to the highest.*
# *At 8 and 6 bits the three ways without training (solid lines) are in the grey band around 0.*
# *At 4 bits and at 3 the line of one step a tensor is highest, training with noise (triangles up, dashed) is below it, and a step a row, the smaller range and training through the rounding are lowest.*

# %% [markdown]
# Read it from the left.
#
# - **8 bits**: rounding costs less than 0.01 nats in every split. There is nothing to win. Training with noise ends 0.05 above, within a range from $-0.03$ to 0.12: another training, another result.
# - **4 bits**: noise gains 0.05 on plain rounding (0.47 for 0.52), within its range. A step for each row gains 0.34, without any training. Training through the rounding gains as much.
# - **3 bits**: noise gains 1.3 nats (1.6 for 2.9). Training through the rounding (0.83) and the smaller range without training (0.77) gain 2 or more.

# %% [markdown]
# Test it yourself at 3 bits, on this split, with 60 epochs.

# %% predict="fits_grid"


# %% tags=["demo"]
class RoundedLinear(nn.Linear):
    """A linear layer that computes with its rounded weight."""

    bits = 3

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, fake_quantize(self.weight, self.bits), self.bias)


ways = {"with noise": partial(NoisyLinear, bits=3), "through the rounding": RoundedLinear}
print(f"plain, 3 bits: {nelbo(rounded(plain, 3)) - base:+.2f} nats")
for way, make in ways.items():
    model, result = with_layers(make), VAE()
    train(model, train_images, 60, name=way)
    result.load_state_dict(model.state_dict())  # in plain layers, which neither shake nor round
    at_3, in_float = nelbo(rounded(result, 3)) - base, nelbo(result) - base
    print(f"trained {way}: {at_3:+.2f} at 3 bits, {in_float:+.2f} in float32")

# %% outcome="fits_grid"
in_float

# %% [markdown]
# **Conclusion.**
# For the weights of this model, the claim is **wrong**: at INT8 nothing is lost, with or without noise.
# At fewer bits noise helps, and less than a better scale, which costs no training.
# Training through the rounding helps most when you have only one step for a tensor.
# But such a model is worse in float32, by about a nat here and 1.8 in the recorded runs: it fits the grid, and not the weights.

# %% [markdown]
# Do not carry the first sentence to other models.
# PyTorch's tutorial on static quantisation reports MobileNetV2, weights and activations at INT8: accuracy 71.9% in float, 56.7% with one scale for each tensor, 67.3% with a scale for each channel and ranges from histograms, and 71.5% when trained for it.

# %% [markdown]
# ## The same function in other units
#
# Is "how many bits a model needs" a property of the function that it computes?
#
# A ReLU lets a positive factor pass: $\operatorname{ReLU}(c\,a) = c \operatorname{ReLU}(a)$ for $c > 0$.
# So multiply what enters a hidden unit by $c$, and divide what leaves it by $c$: the function is the same.
# Do so with 13 of the 128 units of both hidden layers.

# %% predict="units"


# %% tags=["demo"]
def rescaled(model: VAE, factor: float, units: int = 13) -> VAE:
    """The same function, with some hidden units in other units."""
    result = copy.deepcopy(model)
    with torch.no_grad():
        for layer in (result.hidden[0], result.decoder[0]):
            layer.weight[:units] *= factor
            layer.bias[:units] *= factor
        for layer in (result.fc_mu, result.fc_logvar, result.decoder[2]):
            layer.weight[:, :units] /= factor
    return result


for factor in (1, 10, 100):
    same = rescaled(plain, factor)
    one, rows = (nelbo(rounded(same, 8, way)) - base for way in (fake_quantize, by_row))
    print(f"c = {factor:3d}: float32 {nelbo(same) - base:+.4f}, ", end="")
    print(f"INT8 one step {one:+.3f}, a step a row {rows:+.3f}")

# %% outcome="units"
one - rows

# %% [markdown]
# In float32 nothing changes.
# At INT8 the same function loses more than 3 nats at $c = 100$, and a step for each row saves most of them.
#
# So bits are no property of a function, but of the numbers that it is written in.
# Where a model loses at INT8, look at the sizes of its weights before you train it again.

# %% [markdown]
# ## A score for every image
#
# A model of digits says what a digit costs: $-\text{ELBO}$, in nats.
# A camera that fails, a letter among the digits, a digit upside down: do they cost more?
# Then the cost is a score for strange images, an *anomaly score*.
#
# For a service the score must be *steady*: the same image gets the same score tomorrow, alone or in a batch.
# But it needs draws.

# %% [markdown]
# The way out is the **common noise** of lesson 1 (in other texts: *common random numbers*).
# Use the same 16 $\varepsilon_k$ for every image and in every call:
#
# $$\text{score}(x) = \frac1{16} \sum_{k=1}^{16} -\log p(x \mid \mu + \sigma \varepsilon_k) + \operatorname{KL}\big(q(z \mid x)\,\|\,p(z)\big).$$

# %% [markdown]
# Two wrong ways look right.
#
# - `torch.manual_seed(0)` inside the function: the score is steady, and everybody else's random numbers start again at each call. Use a generator of your own: `torch.Generator().manual_seed(0)`, handed on as `torch.randn(..., generator=generator)`.
# - Noise of shape `(16, batch, latent)`: steady as long as the batch is the same. In another batch an image has another place, and gets another score.

# %% [markdown]
# ### Exercise 5: `anomaly_score`
#
# *Difficulty ●●●●○ (4 of 5) · 20 minutes*
#
# Score images: high means strange.
#
# - `model.encode(x)` gives `(z, mu, logvar)`, each `(batch, latent)`, where `z` may be a draw or not; `model.decode(z)` gives logits, for `z` with any number of dimensions before the last. Pixels are 0 or 1.
# - The result is `(batch,)`, in the dtype of `x` and in nats: the mean over 16 draws $z_k = \mu + \sigma\varepsilon_k$ of $-\log p(x \mid z_k)$, summed over the pixels, plus the KL in closed form.

# %% [markdown]
# - The $\varepsilon_k$ are $\mathcal{N}(0, 1)$, all different, and the same for every image and in every call: an image has the same score alone and in any batch, up to rounding.
# - The scores do not depend on the global random state, and leave it as it was.
# - The model is in eval mode while it is asked, and in its old mode afterwards (it is all in one mode). No graph is left, gradients are recorded again, and `x` is not changed.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# Let the noise have the shape `(16, 1, latent)`.
# What is the shape of `mu + sigma * eps`, and of the logits?
# Make $z$ yourself from `mu` and `logvar`: the `z` that `encode` gives may be anything.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# `F.binary_cross_entropy_with_logits(..., reduction="none")` wants both arguments of one shape: `x.expand_as(logits)`.
# Sum over the last dimension, average over the first.
# The KL of lesson 4 is summed over the latents, and is the same for all draws.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Common noise for a smaller job: the mean size of a number that is shaken four times.
#
# ```python
# def shaken_size(numbers):
#     own = torch.Generator().manual_seed(7)
#     shake = torch.randn(4, 1, generator=own)  # one column, shared by all numbers
#     return (numbers + shake).abs().mean(dim=0)
#
#
# three = shaken_size(torch.tensor([0.0, 1.0, 2.0]))
# alone = shaken_size(torch.tensor([1.0]))
# print(torch.allclose(three[1], alone[0]))  # prints True
# ```
#
# With `torch.randn(4, len(numbers))`, the 1 would meet other noise alone than among three.
#
# Your noise has three dimensions: draws, images and latents.
# Which of them has the length 1?
# The mode of the model is the one thing that you must put back yourself.
#
# </details>


# %% answer="anomaly_score"
def anomaly_score(model: nn.Module, x: Tensor) -> Tensor:
    """Score images by an estimate of -ELBO, the same for an image in every call and batch.

    model: encode(x) gives (z, mu, logvar), each (batch, latent); decode(z) gives logits,
    (..., pixels) for z of shape (..., latent).  x: pixels 0 or 1, (batch, pixels); not changed.
    Returns (batch,), in nats and in the dtype of x: the mean over 16 draws mu + sigma * eps of
    -log p(x | z), summed over the pixels, plus the closed-form KL.  The 16 eps ~ N(0, 1) are
    all different, and the same for every image and in every call; they do not depend on the
    global random state, and leave it as it was.
    The model, all of it in one mode, is asked in eval mode and is in its old mode afterwards.
    No graph is left, and gradients are recorded again.
    """
    ### BEGIN SOLUTION
    was_training = model.training
    model.eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = model.encode(x)
        eps = torch.randn(16, 1, mu.shape[1], generator=generator).to(mu)
        logits = model.decode(mu + torch.exp(logvar / 2) * eps)
        targets = x.expand_as(logits)
        losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=-1)
        kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=-1)
    model.train(was_training)
    return losses.mean(dim=0) + kl
    ### END SOLUTION


# %% checks={"values": 2, "draws": 2, "same": 2, "state": 1}

# %% [markdown]
# **You should see** four lines.
#
# How much does the second wrong way matter?
# The next cell gives each place of a batch noise of its own, and turns the batch around.

# %% predict="by_place"


# %% tags=["demo"]
def score_by_place(x: Tensor) -> Tensor:
    """As anomaly_score, with noise of its own for each place of the batch."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        _, mu, logvar = plain.eval().encode(x)
        eps = torch.randn(16, *mu.shape, generator=generator)
        logits = plain.decode(mu + torch.exp(logvar / 2) * eps)
        loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    return loss.sum(dim=-1).mean(dim=0) + 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(dim=-1)


usual = anomaly_score(plain, test_images)
turned = anomaly_score(plain, test_images.flip(0)).flip(0)
by_place = score_by_place(test_images) - score_by_place(test_images.flip(0)).flip(0)
print(f"digits score {usual.mean():.1f} nats, with a standard deviation of {usual.std():.1f}")
print(f"common noise: turned around, a score changes by {(usual - turned).abs().max():.1g} at most")
print(f"noise by place: by {by_place.abs().mean():.2f} on average, {by_place.abs().max():.1f} at most")

# %% outcome="by_place"
by_place.abs().mean()

# %% [markdown]
# ## What the score sees
#
# How good is a score?
# Take a strange image and a usual one at random.
# The **AUROC** is the probability that the strange one has the higher score: 1 is perfect, 0.5 is a coin.

# %% predict="bar"


# %% tags=["demo"]
def auroc(strange: Tensor, usual: Tensor) -> float:
    """The probability that a strange image has the higher score; ties count half."""
    difference = strange[:, None] - usual
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


grid = test_images.reshape(-1, 8, 8)
torch.manual_seed(0)
bar = torch.zeros(1, 8, 8)
bar[0, :, 3:5] = 1
strange = {
    "turned by 90 degrees": torch.rot90(grid, 1, (1, 2)).flatten(1),
    "mirrored": grid.flip(2).flatten(1),
    "dots by pixel means": torch.bernoulli(train_images.mean(dim=0).expand(360, 64)),
    "blank": torch.zeros(1, 64),
    "a vertical bar": bar.flatten(1),
}
for name, pictures in strange.items():
    scores = anomaly_score(plain, pictures)
    print(f"{name:<21} {scores.mean():5.1f} nats   AUROC {auroc(scores, usual):.2f}")

# %% outcome="bar"
anomaly_score(plain, strange["a vertical bar"]).mean() - usual.mean()

# %% [markdown]
# The bar was never seen, and costs 10 to 11 nats, where digits cost about 19: it looks more usual than nearly all digits.
# (Another seed of your generator moves these numbers by half a nat.)

# %% [markdown]
# A harder and more honest test holds one digit out of the training, and asks whether it is found among the others.
# This is recorded for two splits, by digit:
#
# | held out | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | mean |
# | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
# | AUROC | 0.93 | 0.60 | 0.93 | 0.81 | 0.95 | 0.96 | 0.86 | 0.95 | 0.81 | 0.83 | 0.86 |
# | KL alone | 0.16 | 0.58 | 0.55 | 0.35 | 0.53 | 0.31 | 0.56 | 0.48 | 0.25 | 0.38 | 0.41 |
#
# The same method finds a 5, and hardly a 1.
# A mean over digits hides this; a single digit may show anything.
# And the KL alone is worse than a coin on average.

# %% [markdown]
# ## Claims tested: "what is strange costs more"
#
# > **Claim, as people write it: "The model has learned the normal data, so anomalies have a low likelihood."**
#
# A sensor flips each pixel with probability 0.1, and the model is trained on what it sends.
# One day somebody cleans the sensor: images come without any flips.
# The model has never seen such images.

# %% predict="clean"


# %% tags=["demo"]
def flipped(x: Tensor, probability: float, seed: int) -> Tensor:
    """Images of which each pixel is flipped with this probability."""
    generator = torch.Generator().manual_seed(seed)
    return (x != (torch.rand(x.shape, generator=generator) < probability)).to(x.dtype)


noisy_train, noisy_test = flipped(train_images, 0.1, 0), flipped(test_images, 0.1, 1)
torch.manual_seed(0)
sensor = VAE()
train(sensor, noisy_train, 60, name="noisy sensor")
seen, noisy, clean = (anomaly_score(sensor, x) for x in (noisy_train, noisy_test, test_images))
print(f"noisy test digits {noisy.mean():.1f} nats, clean digits {clean.mean():.1f} nats")
print(f"AUROC of the clean digits: {auroc(clean, noisy):.3f}")
apart = [(scores - seen.mean()).abs() for scores in (clean, noisy)]
print(f"two-sided, |score - mean over training|: {auroc(*apart):.2f}")
mirrored = anomaly_score(plain, strange["mirrored"])
centre = anomaly_score(plain, train_images).mean()
two_sided = auroc((mirrored - centre).abs(), (usual - centre).abs())
print(f"mirrored digits, plain model: {auroc(mirrored, usual):.2f} one-sided, {two_sided:.2f} two-sided")

# %% plot=true
# Draws figure 3: the scores of the three groups of images.
_, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
bins = torch.linspace(5, 60, 45).tolist()
groups = [
    (seen, "noisy, trained on", "0.55", "//"),
    (noisy, "noisy, test", "#D55E00", ""),
    (clean, "clean, never seen", "#0072B2", ".."),
]
for scores, name, color, hatch in groups:
    style = {"histtype": "step", "hatch": hatch, "color": color, "linewidth": 2, "label": name}
    axes.hist(scores, bins, density=True, **style)
    axes.axvline(scores.mean(), color=color, linestyle="--")
axes.set(xlabel="anomaly score (nats per image)", ylabel="share of images per nat")
axes.set_title("Images that the model has never seen cost less than those it was trained on")
axes.legend()
plt.show()

# %% outcome="clean"
auroc(clean, noisy)

# %% [markdown]
# *Figure 3. Three histograms on one axis of nats.*
# *Those of the noisy digits, trained on and test, lie over each other, with means near 31 nats (dashed lines).*
# *That of the clean digits lies left of both, with a mean near 22.*
#
# The claim is **wrong**.
# The clean digits are the strangest images of that day, and get the *lowest* scores: an AUROC near 0.
# Without flips there is less to describe, so they need fewer nats; that is all the score sees.
# Nalisnick and others (2019) found this in large models: those trained on photographs of objects gave house numbers a higher likelihood.
# Serrà and others (2020) connect it with how simple an image is.

# %% [markdown]
# A two-sided score finds most of the clean digits, and mirrored ones a little less well than before.
#
# What to do with a score, then?
#
# 1. Say which anomalies you expect, and measure each kind for itself.
# 2. Look at the low scores too.
# 3. Keep a simple rival beside it, such as the amount of ink.

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
# **You built** an encoder without randomness, rounded weights with a straight-through gradient, a layer with noise on its weight, noise for every row without a weight for every row, and a steady score for strange images.
#
# **Three sentences to remember**
#
# 1. A code takes `mu`, a likelihood takes draws; and an export freezes whichever mode the model was in.
# 2. Before you train for fewer bits, find a better scale: bits belong to the numbers, not to the function.
# 3. A score of nats measures how simple an image is as well as how strange, so measure each kind of anomaly for itself.

# %% [markdown]
# **Where it returns.**
# Lesson 12 uses noise that is added on purpose, and asks where its path is needed.
# Lesson 13 judges your own model by its decoder alone, and asks for a score that finds digits which it has never seen.

# %% [markdown]
# **Further reading**
#
# - D. P. Kingma, T. Salimans and M. Welling, *Variational Dropout and the Local Reparameterization Trick*, 2015.
# - Y. Bengio, N. Léonard and A. Courville, *Estimating or Propagating Gradients Through Stochastic Neurons for Conditional Computation*, 2013 (straight-through).
# - R. Krishnamoorthi, *Quantizing deep convolutional networks for efficient inference: A whitepaper*, 2018 (the symmetric grid; a scale for each channel).
# - B. Jacob and others, *Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference*, 2018.
# - A. Défossez, Y. Adi and G. Synnaeve, *Differentiable Model Compression via Pseudo Quantization Noise*, 2022 (noise on the weights).

# %% [markdown]
# - E. Nalisnick and others, *Do Deep Generative Models Know What They Don't Know?*, 2019.
# - J. Serrà and others, *Input complexity and out-of-distribution detection with likelihood-based generative models*, 2020.
# - J. An and S. Cho, *Variational Autoencoder based Anomaly Detection using Reconstruction Probability*, 2015 (a score without the KL).

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
