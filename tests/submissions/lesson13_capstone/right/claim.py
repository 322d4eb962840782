# %% near
# Other numbers, not far off.
claim = {"nll": 17.5, "kl": 6.1}


# %% more_than_is_asked
# An int, a key of its own, and another order.
claim = dict(kl=7, nll=17.2, elbo=18.2)


# %% of_numpy
# NumPy's float64 is a float.
import numpy as np

claim = {"nll": np.float64(17.3), "kl": np.mean([6.5, 6.7])}
