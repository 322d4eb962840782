# Claims a list.
#
# fails claim-units: "claim is no dict"
# fails claim-measured: "claim is no dict"

# %% grade_id="claim"
claim = [17.3, 6.6]
