# Does not shuffle.
#
# fails device_batches-order: "the rows come in their own order"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    yield from x.split(batch_size)
