# Never waits.
#
# fails throughput-synchronise: "no synchronise at all"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed
