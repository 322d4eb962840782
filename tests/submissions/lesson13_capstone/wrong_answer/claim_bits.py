# Claims both in bits.
#
# fails claim-measured: bits

# %% grade_id="claim"
claim = {"nll": 24.9, "kl": 9.5}
