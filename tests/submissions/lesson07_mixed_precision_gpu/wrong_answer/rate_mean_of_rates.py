# The mean of the rates of single steps.
#
# fails throughput-rate: "the mean of rates"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    rates = []
    for _ in range(repeats):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        rates.append(samples / (time.perf_counter() - start))
    return sum(rates) / len(rates)
