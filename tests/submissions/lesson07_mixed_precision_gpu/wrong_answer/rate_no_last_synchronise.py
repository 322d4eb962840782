# Waits only after the warm-up.
#
# fails throughput-synchronise: "no synchronise before the last reading"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed
