# Never comes to an end.
# fails device_batches-rows: "repeats rows"
# fails device_batches-order: same_order
# fails device_batches-edges: "repeats rows"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator=None):
    while True:
        yield x[:batch_size]
