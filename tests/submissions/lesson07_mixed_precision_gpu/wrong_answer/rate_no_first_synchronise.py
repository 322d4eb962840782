# Waits only at the end.
#
# fails throughput-synchronise: "no synchronise before the first reading"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed
