# Claims what training images cost.
#
# fails claim-measured: training

# %% grade_id="claim"
claim = {"nll": 16.3, "kl": 6.6}
