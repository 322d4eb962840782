# Skips the warm-up.
#
# fails throughput-rate: "the rate is wrong"
# fails throughput-calls: "the warm-up is missing"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed
