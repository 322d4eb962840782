# Waits for a graphics card on a processor.
#
# fails throughput-rate: "Torch not compiled with CUDA enabled"
# fails throughput-calls: "Torch not compiled with CUDA enabled"

# %% grade_id="throughput"
def throughput(step, samples, warmup, repeats, device):
    for _ in range(warmup):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    torch.cuda.synchronize()
    elapsed = time.perf_counter() - start
    return repeats * samples / elapsed
