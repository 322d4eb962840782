# Claims swapped.
#
# fails claim-units: swapped
# fails claim-measured: swapped

# %% grade_id="claim"
claim = {"nll": 6.6, "kl": 17.3}
