# Uses NumPy.

# %% grade_id="standard_error"
import numpy as np


def standard_error(values):
    return torch.tensor(np.std(values.numpy(), ddof=1) / np.sqrt(values.numel()), dtype=torch.float64)
