# %% [markdown]
# # Lesson 0: how this course works
#
# **The question of this lesson: how do you find out, alone, whether your code is right?**
#
# | Time | Needs | Points | Files |
# | --- | --- | --- | --- |
# | 20 minutes | tensors and `loss.backward()` | 12 | this notebook only |

# %% [markdown]
# **You will be able to**
#
# - answer an exercise and read what its checks say;
# - recognise a test that cannot see a mistake;
# - move and stretch random numbers without touching the original;
# - choose the device that your code runs on.

# %% [markdown]
# **How to work.**
# Run the cells from top to bottom: Shift and Enter together run a cell and go to the next.
# Where the text says *Predict first*, write the letter of your answer between the quotes and run that cell before you go on.
# After the experiment a line says whether you were right, and why.
# Predictions are not graded: a wrong one teaches more than a right one.
#
# Jupyter shows some cells as one line and three dots: they only draw a figure.
# They run as others do, and a click opens them.
#
# Each exercise has three hints: the first points, the second nearly says it, and the third shows the same step on another problem.
# Try again before you open the next one.

# %% locked="imports"
import matplotlib.pyplot as plt
import torch
from torch import Tensor

# %% [markdown]
# ## Two tests that see nothing
#
# A friend writes a function that should move random numbers `eps` by `shift` and stretch them by `scale`.
# The friend tests it twice and is content.

# %% predict="friend"

# %% tags=["demo"]
torch.manual_seed(0)


def friends_affine(eps, shift, scale):
    return shift * eps + scale


eps = torch.randn(100_000)
print("test 1:", torch.equal(friends_affine(eps, 2.0, 2.0), 2.0 + 2.0 * eps))
z = friends_affine(eps, 1.0, 1.0)
print(f"test 2: mean {z.mean():.2f} and standard deviation {z.std():.2f}, for shift 1 and scale 1")
z = friends_affine(eps, 5.0, 0.5)
print(f"test 3: mean {z.mean():.2f} and standard deviation {z.std():.2f}, for shift 5 and scale 0.5")

# %% outcome="friend"

# %% [markdown]
# The first two tests pass, and the function is wrong: `shift` and `scale` have changed places.
# Where both have the same value, the mistake cannot be seen.
# The third test sees it: the mean should be 5, and the standard deviation 0.5.
#
# Such inputs are called *blind*.
# The checks of this course avoid them, and you should avoid them in your own tests:
# choose numbers that are all different, and none of them 0 or 1.

# %% [markdown]
# ## Moving and stretching
#
# Let `eps` be numbers with mean 0 and standard deviation 1.
# Multiplying by a number $s$ (`scale`) stretches them: the standard deviation becomes $|s|$.
# Adding a number $m$ (`shift`) moves them: the mean becomes $m$.
#
# $$z = m + s\,\epsilon.$$
#
# `scale` and `shift` may also be tensors.
# Then PyTorch *broadcasts*: a shape `(3,)` beside a shape `(1000, 3)` means one number for each column.

# %% [markdown]
# ### Exercise 1: `affine`
#
# *Difficulty ●○○○○ (1 of 5) · 5 minutes*
#
# Return `shift + scale * eps`.
#
# - `eps` is a tensor of any shape; `shift` and `scale` are numbers or tensors that broadcast with it.
# - The result has the broadcast shape.
# - The inputs are left as they were: other code may still need the same `eps`.
# - Gradients reach `shift` and `scale` when they are tensors that ask for them.
#
# Replace `raise NotImplementedError` with your code, run the cell, then run the three check cells below it.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# The formula above is the whole answer.
# Which of the two inputs multiplies, and which one is added?
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# Operators such as `*` and `+` make a new tensor.
# Operators such as `*=` and `+=`, and methods whose names end in an underscore, change the old one.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Two neighbours of your function, which halve a tensor.
# The first makes a new tensor, the second changes the one that it was given:
#
# ```python
# def halve(x):
#     return x / 2
#
#
# def halve_in_place(x):
#     x /= 2
#     return x
#
#
# x = torch.tensor([2.0, 6.0])
# print(halve(x), x)  # prints tensor([1., 3.]) tensor([2., 6.])
# print(halve_in_place(x), x)  # prints tensor([1., 3.]) tensor([1., 3.])
# ```
#
# Your answer is one line, like that of `halve`.
# Broadcasting needs no line of its own: `*` and `+` do it.
# Then try `affine(torch.tensor([1.0, 2.0]), 10.0, 3.0)`.
# By hand, that is 13 and 16.
#
# </details>


# %% answer="affine"
def affine(eps: Tensor, shift: Tensor | float, scale: Tensor | float) -> Tensor:
    """Move eps by shift and stretch it by scale.

    eps: a tensor of any shape.  shift, scale: numbers, or tensors that broadcast with eps.
    Returns shift + scale * eps, a new tensor of the broadcast shape.
    The inputs are not changed.
    """
    ### BEGIN SOLUTION
    return shift + scale * eps
    ### END SOLUTION


# %% checks={"values": 2, "inputs": 1, "gradients": 2}

# %% [markdown]
# **You should see** three lines, each with a tick.
# Each line says what was established.
# If Python says `NameError: name 'affine' is not defined` instead, you have not run the cell with your answer yet.
#
# Now make a mistake on purpose, because you will meet such messages often.
# Exchange `shift` and `scale` in your answer, run the cell, then run the first check again.
#
# A failing check has up to five parts.
# The first line says which property does not hold.
# *expected* and *observed* compare numbers, with their place in the tensor.
# *likely* appears when the check has recognised a common mistake.
# *hint* names the section to read again.
# Then repair your answer.

# %% tags=["demo"]
torch.manual_seed(0)
eps = torch.randn(20_000, 1)
shift, scale = torch.tensor([-3.0, 0.0, 4.0]), torch.tensor([0.5, 1.0, 2.0])
z = affine(eps, shift, scale)

# %% plot=true
# Draws figure 1: the density of each column of z.
_, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
curves = zip(shift.tolist(), scale.tolist(), ("-", "--", ":"), strict=True)
for column, (m, s, style) in enumerate(curves):
    height, edges = torch.histogram(z[:, column], bins=60, density=True)
    axes.plot((edges[1:] + edges[:-1]) / 2, height, style, label=f"shift {m:g}, scale {s:g}")
axes.set(xlabel="z (no unit)", ylabel="density (1 / unit of z)")
axes.set_title("The same noise, moved and stretched in three ways")
axes.legend()
plt.show()

# %% [markdown]
# *Figure 1. Three bell curves made from the same 20,000 numbers.*
# *The solid one stands at -3 and is narrow, the dashed one stands at 0, the dotted one stands at 4 and is wide.*
#
# Remember this line of code.
# Random numbers with any mean and any standard deviation come from *fixed* noise, and gradients reach the mean and the standard deviation.
# Lesson 3 gives this line its name and builds the course on it.

# %% [markdown]
# ## Where your code runs
#
# A tensor lives on a *device*: the processor (`cpu`), an NVIDIA graphics card (`cuda`), or the graphics part of an Apple chip (`mps`).
# Two tensors can only meet on the same device.
# So choose a device once, and create everything there.
#
# Which devices does your computer have?

# %% tags=["demo"]
print("cuda:", torch.cuda.is_available())
print("mps: ", torch.backends.mps.is_available())
print("a device is an object, not a text:", repr(torch.device("cpu")))

# %% [markdown]
# ### Exercise 2: `pick_device`
#
# *Difficulty ●●○○○ (2 of 5) · 10 minutes*
#
# Return the device to use.
#
# - `preferred` is `None` or one of the texts `"cuda"`, `"mps"`, `"cpu"`.
# - With `None`, take `cuda` if it is available, else `mps` if that is available, else `cpu`.
# - Otherwise take the preferred device if it is available; the processor always is.
# - If the preferred device is not available, raise a `ValueError` whose message names every device that is.
# - The result is a `torch.device`.

# %% [markdown]
# <details><summary>Hint 1</summary>
#
# First make a list of the names that are available, the best one first.
# Both cases can be answered from that list.
#
# </details>
#
# <details><summary>Hint 2</summary>
#
# The cell above shows the two questions to ask, and how a `torch.device` is made from a text.
# `", ".join(names)` puts the names of a list into a message.
#
# </details>
#
# <details><summary>Hint 3</summary>
#
# Ways to travel, the best first, each with whether it goes today:
#
# ```python
# goes = {"train": False, "bus": True, "bicycle": True}
# names = [name for name in goes if goes[name]]
# print(names)  # prints ['bus', 'bicycle']
# print(names[0])  # prints bus
# print("train" in names)  # prints False
# print("take: " + ", ".join(names))  # prints take: bus, bicycle
# ```
#
# A dict keeps its order, so the list has the best way first.
# Write such a list for the three devices; where does `True` stand without a question?
# The last three lines are your three cases: nothing preferred, something preferred, and the text of the error.
# What you return is not the name but the device of that name.
#
# </details>


# %% answer="pick_device"
def pick_device(preferred: str | None = None) -> torch.device:
    """Choose the device to compute on: the preferred one, or the best that there is.

    preferred: None, "cuda", "mps" or "cpu".
    Returns a torch.device: preferred if it is available;
    for None: cuda, else mps, else cpu.
    Raises ValueError, naming the available devices, if preferred is not available.
    """
    ### BEGIN SOLUTION
    available = ["cuda"] if torch.cuda.is_available() else []
    available += ["mps"] if torch.backends.mps.is_available() else []
    available += ["cpu"]
    if preferred is None:
        preferred = available[0]
    if preferred not in available:
        raise ValueError(f"{preferred} is not available here; choose from: {', '.join(available)}")
    return torch.device(preferred)
    ### END SOLUTION


# %% checks={"type": 1, "order": 2, "preferred": 2, "error": 2}

# %% [markdown]
# **You should see** four lines.
# The checks let your function believe that it runs on other computers: one with `cuda`, one with `mps`, one with both, one with neither.
# So your answer is tested for a graphics card even if you have none.

# %% tags=["demo"]
device = pick_device()
x = torch.ones(3, device=device)
print("this computer computes on:", x.device)

# %% [markdown]
# ## Checking the whole notebook
#
# Three ways to check everything at once:
#
# - *Run*, then *Restart Kernel and Run All Cells*: it finds names that you defined earlier and deleted since.
#   It goes on to the end whatever fails; a cell that needs an open exercise says which one, in a line.
# - The button *Validate* above the notebook: it runs everything afresh and lists each check that fails.
# - In a terminal where the course's environment is active, `autograder check` and the notebook's path: it grades as your instructor would.
#   If you began with `make lab`, then `. .venv/bin/activate` in the course's folder makes it active.
#
# To hand in, save the notebook and give this file to your instructor.
# Only your answers count: the tests are put back from the original, and each draws new numbers.
# Grading does not run the course's cells that only draw or print, and it leaves out lines that begin with `%` or `!`.
# So define what an answer uses in the cell of the answer, or in a cell that you add.

# %% [markdown]
# ## Claims tested
#
# > **Claim, often heard: "It ran without an error, so it works."**

# %% predict="copy"

# %% tags=["demo"]
eps = torch.tensor([1.0, 2.0, 3.0])
stretched = eps  # a second name for the same numbers
stretched *= 10
print("stretched:", stretched)
print("eps:      ", eps)

# %% outcome="copy"
eps[0]

# %% [markdown]
# There is no error, and `eps` is gone.
# `stretched` was never a copy: `*=` changes the numbers that both names stand for.
# The claim is **wrong**: an error is one sign of a mistake, and most mistakes in this course give none.
# This is why every exercise has checks, and why one of yours above looks at the inputs after the call.

# %% [markdown]
# ## Recap
#
# **You built** the function that moves and stretches noise, and the one that chooses a device.
#
# **Three sentences to remember**
#
# 1. Test with inputs that can see: all different, and none of them 0 or 1.
# 2. Leave the inputs of a function as they are.
# 3. Create tensors on the device where the others are.
#
# **Where it returns.**
# Lesson 1 asks what a random draw does to a gradient.
# Lesson 3 uses `affine` for its answer.
# Lesson 7 asks what changes when the device is a graphics card.

# %% [markdown]
# ## How far you are
#
# The line below counts the checks that have passed since the kernel started; `autograder status` in a terminal counts the points of all lessons.

# %% progress=true
