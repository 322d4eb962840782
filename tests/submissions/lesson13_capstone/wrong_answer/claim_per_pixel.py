# Claims per pixel.
#
# fails claim-units: per_pixel
# fails claim-measured: per_pixel

# %% grade_id="claim"
claim = {"nll": 0.27, "kl": 6.6}
