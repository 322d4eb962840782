# Claims not finite.
#
# fails claim-units: "is no number"
# fails claim-measured: "is no number"

# %% grade_id="claim"
claim = {"nll": float("nan"), "kl": 6.6}
