# Claims coins.
#
# fails claim-units: "nll is no price"
# fails claim-measured: "nll is no price"

# %% grade_id="claim"
claim = {"nll": 45.0, "kl": 0.0}
