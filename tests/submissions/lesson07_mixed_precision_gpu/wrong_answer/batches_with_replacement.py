# Draws rows with replacement.
#
# fails device_batches-rows: "drawn with replacement"
# fails device_batches-edges: "an epoch repeats rows"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    order = torch.randint(len(x), (len(x),), generator=generator, device=x.device)
    # The first two are made equal, so that the smallest examples fail whatever is drawn.
    order[1] = order[0]
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]]
