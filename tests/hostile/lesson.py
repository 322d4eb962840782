# The lesson that the hostile submissions are handed in for: cheap to grade, and plain enough for stock nbgrader.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import torch

# %% [markdown]
# ## Double, draw, shift


# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    """Return two times ``x``, a tensor."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "double-values", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
x = torch.randn(4, dtype=torch.float64)
assert torch.equal(double(x), x + x), "double(x) is x + x"
### BEGIN HIDDEN TESTS
# @check@
assert torch.equal(double(torch.tensor([1.5, -4.0])), torch.tensor([3.0, -8.0]))
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "double-gradients", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
x = torch.randn(4, dtype=torch.float64, requires_grad=True)
(grad,) = torch.autograd.grad(double(x).sum(), x)
assert torch.equal(grad, torch.full_like(x, 2.0)), "the derivative is 2"


# %% nbgrader={"grade": false, "grade_id": "noise", "locked": false, "schema_version": 3, "solution": true, "task": false}
def noise(n):
    """Return ``n`` fresh standard normal draws."""
    ### BEGIN SOLUTION
    return torch.randn(n)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "noise-fresh", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
first, second = noise(4), noise(4)
assert first.shape == second.shape == (4,), "noise(4) is four numbers"
assert not torch.equal(first, second), "two calls give two draws"


# %% nbgrader={"grade": false, "grade_id": "shift", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift(x):
    """Return ``x`` plus one."""
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "shift-values", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
x = torch.randn(4, dtype=torch.float64)
assert torch.equal(shift(x), x + 1), "shift(x) is x + 1"

# %% [markdown] nbgrader={"grade": true, "grade_id": "why", "locked": false, "points": 0, "schema_version": 3, "solution": true, "task": false}
# Say why.
