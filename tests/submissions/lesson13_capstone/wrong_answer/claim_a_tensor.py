# Claims a tensor.
#
# fails claim-units: "is no finite float"
# fails claim-measured: "is no finite float"

# %% grade_id="claim"
claim = {"nll": torch.tensor(17.3), "kl": 6.6}
