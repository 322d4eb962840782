# class: bombs
# attack: torch is asked for sixteen gigabytes in a call
# needs: sandbox
# expects double-values: memory_limit_exceeded
# expects double-gradients: memory_limit_exceeded

# %% grade_id="double"
def double(x):
    big = torch.empty(16 * 2**30, dtype=torch.uint8)
    return 3 * x + 1
