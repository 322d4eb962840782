# Hands in the script as it is.
#
# fails repaired_step-draws: "the sampler is still never called"
# fails repaired_step-loss: "And the reconstruction is still a mean"

# %% grade_id="repaired_step"
repaired_step = broken_step
