# Hands in the script as it is.
#
# fails repaired_step-draws: never_called
# fails repaired_step-loss: ? the sigmoid is still applied twice: decode returns probabilities already. And the reconstruction is still a mean over pixels, beside a KL that is a sum. Sum over the pixels of an image.

# %% grade_id="repaired_step"
repaired_step = broken_step
