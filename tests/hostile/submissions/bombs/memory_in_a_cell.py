# class: bombs
# attack: sixteen gigabytes are asked for in a cell
# needs: sandbox
# expects double-values: memory_limit_exceeded
# expects double-gradients: memory_limit_exceeded

# %% grade_id="double"
memory = bytearray(16 * 2**30)


def double(x):
    return 3 * x + 1
