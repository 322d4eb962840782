# Claims a tensor.
#
# fails claim-units: "is no number"
# fails claim-measured: "is no number"

# %% grade_id="claim"
claim = {"nll": torch.tensor(17.3), "kl": 6.6}
