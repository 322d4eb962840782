# Claims not finite.
#
# fails claim-units: "is no finite float"
# fails claim-measured: "is no finite float"

# %% grade_id="claim"
claim = {"nll": float("nan"), "kl": 6.6}
