# Hands in the script as it is.
#
# fails repaired_step-draws: sampler_never_called
# fails repaired_step-loss: sigmoid_and_mean

# %% grade_id="repaired_step"
repaired_step = broken_step
