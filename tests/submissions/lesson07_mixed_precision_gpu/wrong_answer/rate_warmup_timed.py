# Starts the clock before the warm-up.
#
# fails throughput-rate: "the warm-up is inside the timing"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    wait()
    start = time.perf_counter()
    for _ in range(warmup + repeats):
        step()
    wait()
    return repeats * samples / (time.perf_counter() - start)
