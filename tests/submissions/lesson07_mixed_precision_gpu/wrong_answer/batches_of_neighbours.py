# Shuffles the batches and not the rows.
#
# fails device_batches-order: "neighbours stay together"

# %% grade_id="device_batches"
def device_batches(x, batch_size, generator):
    whole = len(x) // batch_size
    order = torch.randperm(whole, generator=generator, device=x.device)
    for k in range(whole):
        yield x[order[k] * batch_size + torch.arange(batch_size, device=x.device)]
    if len(x) % batch_size:
        yield x[whole * batch_size :]
