# Claims no kl.
#
# fails claim-units: "claim has no "kl""
# fails claim-measured: "claim has no "kl""

# %% grade_id="claim"
claim = {"nll": 17.3}
