# Claims wrong sign.
#
# fails claim-units: sign
# fails claim-measured: sign

# %% grade_id="claim"
claim = {"nll": -17.3, "kl": 6.6}
