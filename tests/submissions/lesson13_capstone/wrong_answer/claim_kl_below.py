# Claims kl below.
#
# fails claim-units: "kl is no part of nll"
# fails claim-measured: "kl is no part of nll"

# %% grade_id="claim"
claim = {"nll": 17.3, "kl": -6.6}
