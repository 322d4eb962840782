# %% near
# Other numbers, not far off.
claim = {"nll": 17.5, "kl": 6.1}


# %% more_than_is_asked
# An int, a key of its own, and another order.
claim = dict(kl=7, nll=17.2, elbo=18.2)
